// Command bench measures the explorer and prints each figure beside its target;
// with -campaign it searches the built-in shapes and says what was found.
//
// Goals: the figures of exploring, in one table. Non-goals: exact numbers; see
// the emulator's bench, which measures everything below.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"gwkit/conformance/explore"
	"gwkit/conformance/report"
	"gwkit/conformance/trial"
	"gwkit/emulator"
	"gwkit/emulator/bench/yardstick"
	"gwkit/emulator/heap"
	"gwkit/emulator/site"
)

func main() {
	campaign := flag.Int("campaign", 0, "search each shape with so many schedules, and do not measure")
	readme := flag.String("readme", "", "with -campaign: write the table into this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	heap.Let(heap.Room)
	err := error(nil)
	if *campaign > 0 {
		err = runCampaign(ctx, *campaign, *readme)
	} else {
		err = measure(ctx)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func shape(name string) *site.Site {
	s, err := site.Shape(name)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return s
}

func search(ctx context.Context, name string, in, out int, c explore.Config) (*trial.Answer, error) {
	return trial.Explore(ctx, trial.Config{Site: shape(name), Trial: trial.Options{In: in, Out: out}, Search: c})
}

// searchAll is search with every PC switched on, EXTERNAL too.
func searchAll(ctx context.Context, name string, in, out int, c explore.Config) (*trial.Answer, error) {
	s := shape(name)
	var pcs []string
	for i := range s.PCs {
		if s.PCs[i].Run != "" {
			pcs = append(pcs, s.PCs[i].Name)
		}
	}
	return trial.Explore(ctx, trial.Config{Site: s, Trial: trial.Options{In: in, Out: out, PCs: pcs}, Search: c})
}

// What exploring cost the model of reference/performance.md, section 6: so many
// operations in a run of which so many were made, and at least had to be made, a
// second.
const (
	modelOperations = 130
	modelRate       = 47_000
	modelRateMin    = 20_000
)

// costRow judges the cost of an operation in nanoseconds: it is to be within
// twice what the model needed. The limit of section 6 itself, which is wider,
// is printed beside it. The factors are those of this machine.
func costRow(ns, loop, floor float64) (name, value, target string) {
	expected, widest := 1e9/modelRate/float64(modelOperations), 1e9/modelRateMin/float64(modelOperations)
	target = fmt.Sprintf("%.0f ns, twice the model's %.0f; its own limit %.0f: ", 2*expected, expected, widest)
	switch {
	case ns <= 2*expected*loop:
		target += "kept"
	case ns <= 2*expected*floor:
		target += "kept by what it is made of, not by the loop"
	case ns <= widest*floor:
		target += "MISSED, but within its own limit"
	default:
		target += "MISSED"
	}
	return "cost of an operation", fmt.Sprintf("%.0f ns, %.0f on the reference machine", ns, ns/floor), target
}

func measure(ctx context.Context) error {
	loop := yardstick.Loop()
	floor := yardstick.Together(yardstick.Floors(), loop)
	fmt.Printf("times here are %.2f of those of the reference machine by a loop, %.2f by what the figures are made of; the limit of a cost is scaled by that\n", loop, floor)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	row := func(name, value, target string) { fmt.Fprintf(w, "%s\t%s\t%s\n", name, value, target) }
	fmt.Fprintf(w, "exploring dedicated-shared, one message each way; %d processors\tmeasured\ttarget\n", runtime.NumCPU())

	rate := func(workers int) (float64, *explore.Result, error) {
		var all []float64
		var last *explore.Result
		for range 3 {
			a, err := search(ctx, "dedicated-shared", 1, 1, explore.Config{Schedules: 4000, Workers: workers})
			if err != nil {
				return 0, nil, err
			}
			all, last = append(all, a.Result.Rate), a.Result
		}
		slices.Sort(all)
		return all[1], last, nil
	}
	one, r, err := rate(1)
	if err != nil {
		return err
	}
	operations := r.Statistics.Operations.Median()
	row("schedules a second, one core", fmt.Sprintf("%.0f", one), "5000")
	row("operations of a run, median", fmt.Sprint(operations), fmt.Sprintf("none; the model had about %d", modelOperations))
	row(costRow(1e9/one/float64(operations), loop, floor))
	if runtime.NumCPU() > 1 {
		two, _, err := rate(2)
		if err != nil {
			return err
		}
		row("gain of the second core", fmt.Sprintf("%.2f", two/one), "1.4")
	}

	const seeds = 20
	first := func(strategy string) (schedules, wall float64, found int, err error) {
		var n, t []float64
		for seed := range uint64(seeds) {
			a, err := search(ctx, "dedicated-shared", 1, 1, explore.Config{Strategy: strategy, Seed: seed, Schedules: 20_000, Workers: 1, Preemptions: 2,
				Stop: explore.StopEach, Kinds: []string{"no_deadlock"}})
			if err != nil {
				return 0, 0, 0, err
			}
			if f := a.Result.Find("no_deadlock"); f != nil {
				n, t = append(n, float64(f.Index+1)), append(t, a.Result.Wall)
				found++
			}
		}
		if found == 0 {
			return 0, 0, 0, nil
		}
		slices.Sort(n)
		slices.Sort(t)
		return n[len(n)/2], t[len(t)/2], found, nil
	}
	for _, s := range []string{explore.Portfolio, "random", "sticky", "pct", "delay", explore.Exhaustive} {
		n, wall, found, err := first(s)
		if err != nil {
			return err
		}
		target := ""
		if s == explore.Portfolio {
			target = "1 s"
		}
		if s == explore.Exhaustive { // which draws nothing
			row("first deadlock, exhaustive to 2 preemptions, in its order", fmt.Sprintf("%.0f schedules, %.3f s", n, wall), "")
			continue
		}
		row("first deadlock, "+s+", median of 20 seeds", fmt.Sprintf("%.0f schedules, %.3f s, found in %d of %d", n, wall, found, seeds), target)
	}
	for _, name := range []string{"dedicated-shared", "dedicated"} {
		a, err := search(ctx, name, 1, 1, explore.Config{Strategy: explore.Exhaustive, Preemptions: 2})
		if err != nil {
			return err
		}
		row(name+", exhaustive, 2 preemptions", fmt.Sprintf("%d schedules, %.1f s, complete %v", a.Result.Schedules, a.Result.Wall, a.Result.Complete), "it ends")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return timed(ctx, os.Stdout)
}

// timed prints how long a shared postoffice works at several loads: only a
// matter of time (Q132060), in figures.
func timed(ctx context.Context, out io.Writer) error {
	const seeds = 31
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\ndedicated-shared by the clock, 8 KB, drawn latencies\tfirst prompt\thalt (somebody answers Retry)")
	for _, rate := range []int{500, 2000, 5000} {
		r, err := trial.ByTheClock(ctx, trial.TimedConfig{Site: shape("dedicated-shared"), Seeds: seeds, In: rate, Out: rate, Days: 14, Operator: emulator.OperatorRetry, Workers: runtime.NumCPU()})
		if err != nil {
			return err
		}
		middle := func(u *trial.Until) string {
			if u.Median == nil {
				return "not in 14 days"
			}
			return u.Median.String()
		}
		fmt.Fprintf(w, "%d messages a day each way, median of %d seeds\t%s\t%s\n", rate, seeds, middle(&r.FirstPrompt), middle(&r.Halt))
	}
	return w.Flush()
}

// The marks around the table in the README.
const (
	tableBegin = "<!-- make explore writes this table -->\n```\n"
	tableEnd   = "```\n<!-- end of the campaign -->\n"
)

// runCampaign searches the shapes of Q132060: random schedules of three messages
// each way, of the gateways alone and, a tenth as many, together with EXTERNAL;
// and all schedules of one message each way within two preemptions.
func runCampaign(ctx context.Context, schedules int, readme string) error {
	var page bytes.Buffer
	w := tabwriter.NewWriter(&page, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "shape\tgateways, 3 messages each way\tbroken\tEXTERNAL as well\tbroken\tgateways, 1 each way, all to 2 preemptions\tbroken")
	for _, name := range []string{"single", "multiple", "dedicated", "multiple-dedicated", "dedicated-shared"} {
		a, err := search(ctx, name, 3, 3, explore.Config{Schedules: schedules, Workers: runtime.GOMAXPROCS(0), Check: 1000})
		if err != nil {
			return fmt.Errorf("cannot search %s: %w", name, err)
		}
		b, err := searchAll(ctx, name, 3, 3, explore.Config{Schedules: schedules / 10, Workers: runtime.GOMAXPROCS(0), Check: 1000})
		if err != nil {
			return fmt.Errorf("cannot search %s with EXTERNAL: %w", name, err)
		}
		x, err := search(ctx, name, 1, 1, explore.Config{Strategy: explore.Exhaustive, Preemptions: 2, Check: 100, MaxTime: 5 * time.Minute})
		if err != nil {
			return fmt.Errorf("cannot search all of %s: %w", name, err)
		}
		all := fmt.Sprintf("%d, complete", x.Result.Schedules)
		if !x.Result.Complete {
			all = fmt.Sprintf("%d, not complete: %s", x.Result.Schedules, x.Result.Missing)
		}
		fmt.Fprintf(w, "%s\t%d, %s\t%s\t%d, %s\t%s\t%s\t%s\n", name, a.Result.Schedules, a.Verdict, broken(a), b.Result.Schedules, b.Verdict, broken(b), all, broken(x))
		fmt.Fprintf(os.Stderr, "%s: %d schedules, %.0f a second; %d with EXTERNAL, %.0f a second\n", name, a.Result.Schedules, a.Result.Rate, b.Result.Schedules, b.Result.Rate)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	os.Stdout.Write(page.Bytes())
	if readme == "" {
		return nil
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(text), tableBegin)
	_, tail, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the table: want the lines %q and %q", readme, tableBegin, tableEnd)
	}
	return report.WriteFile(readme, func(w io.Writer) error {
		_, err := io.WriteString(w, head+tableBegin+page.String()+tableEnd+tail)
		return err
	})
}

// broken lists invariants with how many schedules break them.
func broken(a *trial.Answer) string {
	var parts []string
	for _, b := range a.Result.Broken {
		if slices.ContainsFunc(a.Result.Violations, func(v explore.Found) bool { return v.Invariant == b.Invariant && v.Follows == "" }) {
			parts = append(parts, fmt.Sprintf("%s %d", b.Invariant, b.Schedules))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
