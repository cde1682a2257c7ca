// Command bench measures the emulator and prints each figure beside its target,
// and the figures that the articles document beside the simulated ones.
//
// Goals: one table that says on any machine whether a figure is out of bounds;
// a limit holds after calibration by a loop of which the reference machine's
// time is known. Non-goals: exact numbers. On a busy machine a figure is easily
// half as much again; differences below 1.3 mean nothing.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"gwkit/emulator/bench/yardstick"
	"gwkit/emulator/heap"
)

// figure is one row of the table.
type figure struct {
	name     string
	value    float64
	unit     string
	expected string  // on the reference machine
	limit    float64 // what a regression may reach there; 0: none
	atLeast  bool    // the limit is a lower one
	exact    bool    // the limit does not depend on the machine
	note     string
}

// table prints figures as they come, a group at a time.
type table struct {
	out    io.Writer
	factor float64 // of this machine's time to the reference machine's
	floor  float64 // the same by what the figures are made of: see floors
	over   int
}

func (t *table) group(title string, figures ...figure) {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\n%s\tmeasured\texpected\tlimit\t\n", title)
	for _, f := range figures {
		limit, verdict := "", ""
		if f.limit != 0 {
			limit = number(f.limit) + " " + f.unit
			switch {
			case f.within(t.factor):
			case f.within(t.floor):
				verdict = "over, as the floors are;"
			default:
				verdict = "OUT OF BOUNDS;"
				t.over++
			}
		}
		fmt.Fprintf(w, "%s\t%s %s\t%s\t%s\t%s\n", f.name, number(f.value), f.unit, f.expected, limit, strings.TrimSpace(verdict+" "+f.note))
	}
	w.Flush()
}

// within says whether a figure keeps its limit on a machine that takes so much
// more time.
func (f *figure) within(factor float64) bool {
	bound := f.limit
	if f.atLeast {
		if !f.exact {
			bound /= factor
		}
		return f.value >= bound
	}
	if !f.exact {
		bound *= factor
	}
	return f.value <= bound
}

func (t *table) skip(title, why string) { fmt.Fprintf(t.out, "\n%s: skipped, %s\n", title, why) }

// number prints three digits that mean something.
func number(x float64) string {
	switch {
	case x == float64(int64(x)) || x >= 1000:
		return fmt.Sprintf("%.0f", x)
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// median returns the middle of n measurements.
func median(n int, measure func() float64) float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = measure()
	}
	slices.Sort(all)
	return all[n/2]
}

// perStep returns nanoseconds and allocations for each of n steps of fn.
func perStep(n int, fn func()) (ns, allocs float64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	fn()
	d := time.Since(begin)
	runtime.ReadMemStats(&after)
	return float64(d) / float64(n), float64(after.Mallocs-before.Mallocs) / float64(n)
}

// groups are the parts of the table in order.
var groups = []struct {
	name string
	run  func(t *table, full bool) error
}{
	{"day", benchDay},
	{"many", benchMany},
	{"served", benchServed},
	{"smtp", benchVirtualSMTP},
	{"documents", benchDocuments},
	{"shapes", benchShapes},
	{"disk", benchDisk},
	{"kernel", benchKernel}, // last: 100,000 processes leave their descriptors in the heap
}

func main() {
	heap.Let(heap.Room)
	full := flag.Bool("full", false, "run the million messages, not a tenth of them")
	only := flag.String("only", "", "groups to run, separated by commas: day, many, served, smtp, documents, shapes, disk, kernel")
	readme := flag.String("readme", "", "only write the capacity of the shapes into this file")
	flag.Parse()
	if *readme != "" {
		if err := writeTable(*readme, os.Stdout); err != nil {
			fmt.Fprintf(os.Stderr, "bench: cannot write the capacity of the shapes: %v\n", err)
			os.Exit(1)
		}
		return
	}
	t := &table{out: os.Stdout, factor: yardstick.Loop()}
	fmt.Printf("%d processors, Go %s; times here are %.2f of those of the reference machine, limits are scaled by that\n",
		runtime.NumCPU(), strings.TrimPrefix(runtime.Version(), "go"), t.factor)
	t.floors()
	for _, g := range groups {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), g.name) {
			continue
		}
		if err := g.run(t, *full); err != nil {
			fmt.Fprintf(os.Stderr, "bench: cannot measure %s: %v\n", g.name, err)
			os.Exit(1)
		}
	}
	if t.over > 0 {
		fmt.Printf("\n%d figures are out of bounds\n", t.over)
	}
}
