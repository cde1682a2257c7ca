package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"gwkit/emulator"
	sched "gwkit/emulator/schedule"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
	"gwkit/emulator/trace/timeline"
)

// The budgets of a run that names none. A day with 10,000 messages takes about
// two million steps.
const (
	stepsDefault = 200_000_000
	wallDefault  = 30 * time.Minute
	drainDefault = 24 * time.Hour
)

// runFlags are the flags of run.
type runFlags struct {
	span      spanFlag
	seed      uint64
	in, out   countFlag
	size      sizeFlag
	arrivals  choiceFlag
	keep      bool
	untilIdle bool
	drain     spanFlag

	schedule string
	ties     bool
	jitter   float64
	operator choiceFlag
	maxSteps uint64
	maxWall  spanFlag

	trace       string
	traceFormat choiceFlag
	traceAll    bool
	save        string
	format      *choiceFlag
	output      string
}

func (a *app) runCommand() *cobra.Command {
	f := &runFlags{
		span: spanFlag(24 * time.Hour), size: 8 << 10, drain: spanFlag(drainDefault), maxWall: spanFlag(wallDefault),
		arrivals:    choiceFlag{"even", []string{"even", "poisson", "burst"}},
		operator:    choiceFlag{emulator.OperatorNobody, []string{emulator.OperatorNobody, emulator.OperatorRetry}},
		traceFormat: choiceFlag{"text", []string{"text", "json", "columns", "mermaid", "html", "chrome"}},
		format:      formatFlag(),
	}
	cmd := &cobra.Command{
		Use:   "run SITE",
		Short: "run a site in virtual time and print what came of it",
		Long: "Run builds a site, lets virtual time pass and prints a summary. SITE is a site file, - for standard input,\n" +
			"or the name of a shape; a file that has the name of a shape is written ./NAME.\n\n" +
			"The load is --in messages from the Internet and --out messages to it, offered over the time of --for. The\n" +
			"run lasts that long, and with --until-idle until all mail rests, but no longer than --drain after it. Same\n" +
			"site, load, seed and schedule: same digest. The last line of the summary is the command that repeats the run.\n\n" +
			"--trace tells the run event by event, or draws it: columns is text with a column for each PC, mermaid a\n" +
			"sequence diagram, html a page that needs no network, chrome the slices that Perfetto shows. The drawings show\n" +
			"what several PCs have to do with: who holds which file, who waits at a prompt for whom, and the wait cycle if\n" +
			"there is one. Of a long run they keep what is near prompts and near the end, and say what they leave out.",
		Example: "  gwemu run single --in 5000 --out 5000 --until-idle\n" +
			"  gwemu run dedicated-shared --in 20 --out 20 --trace - | tail\n" +
			"  gwemu run dedicated-shared --in 3000 --out 3000 --for 1h --trace run.html --trace-format html\n" +
			"  gwemu run dedicated-shared --for 1d --in 500 --out 500 --arrivals poisson --jitter 0.5 --operator retry\n" +
			"  gwemu run deploy.yaml --schedule 0.2.1 --format json -o summary.json --save after.zip",
		Args:              exactly("SITE"),
		ValidArgsFunction: siteArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range []string{"trace-format", "trace-all"} {
				if f.trace == "" && cmd.Flags().Changed(name) {
					return usage("cannot use --%s without --trace: say where the trace goes, such as --trace - or --trace run.html", name)
				}
			}
			return a.run(f, args[0])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(&f.span, "for", "virtual time to run, over which the load is offered")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of everything random")
	flags.Var(&f.in, "in", "messages from the Internet")
	flags.Var(&f.out, "out", "messages to the Internet")
	flags.Var(&f.size, "size", "size of a message's text: 537, 8k, 5M")
	flags.Var(&f.arrivals, "arrivals", "how the load is spread")
	flags.BoolVar(&f.keep, "keep", false, "users leave their mail in the mailbag instead of reading and deleting it")
	flags.BoolVar(&f.untilIdle, "until-idle", false, "stop when all mail rests")
	flags.Var(&f.drain, "drain", "with --until-idle: virtual time the mail may take to rest after --for")
	flags.StringVar(&f.trace, "trace", "", "write one line per event to `FILE`; - is standard output, and then the summary goes to standard error")
	flags.Var(&f.traceFormat, "trace-format", "form of the trace; columns, mermaid and html are drawings, chrome opens in Perfetto")
	flags.BoolVar(&f.traceAll, "trace-all", false, "draw every event, not only what several PCs have to do with")
	flags.StringVar(&f.schedule, "schedule", "", "replay the choices of an earlier run: a `FILE`, or the choices themselves as in 0.2.1")
	flags.BoolVar(&f.ties, "ties", false, "let the schedule decide the order of events of one instant as well")
	flags.Float64Var(&f.jitter, "jitter", 0, "draw each latency of a network drive this far around what the site says: with 0.5 from half to one and a half of it (`FACTOR`, 0 to 1)")
	flags.Var(&f.operator, "operator", "who answers Abort, Retry, Fail? after a sharing violation: nobody, or somebody who presses R as soon as the file is free")
	flags.StringVar(&f.save, "save", "", "write every drive and log to this folder, or archive when it ends in .zip (`DIR|FILE.zip`)")
	flags.Uint64Var(&f.maxSteps, "max-steps", stepsDefault, "step budget; 0 is without limit")
	flags.Var(&f.maxWall, "max-wall", "wall-clock budget; 0s is without limit")
	flags.Var(f.format, "format", "form of the summary")
	flags.StringVarP(&f.output, "output", "o", "", "write the summary to this file instead of standard output")
	return cmd
}

// run is the whole of gwemu run.
func (a *app) run(f *runFlags, arg string) error {
	s, err := a.loadSite(arg)
	if err != nil {
		return err
	}
	plan, err := a.loadSchedule(f.schedule)
	if err != nil {
		return err
	}
	if f.save == "-" {
		return usage("cannot save to standard output: want a folder, or an archive whose name ends in .zip")
	}
	if f.save != "" && !strings.HasSuffix(strings.ToLower(f.save), ".zip") && exists(f.save) {
		return usage("cannot save to %s: it exists already", f.save)
	}
	o := emulator.Options{Seed: f.seed, Ties: f.ties, MaxSteps: f.maxSteps, Jitter: f.jitter, Operator: f.operator.value}
	if plan != nil {
		o.Chooser = plan
	}
	events, err := a.openTrace(f, arg, s)
	if err != nil {
		return err
	}
	if events != nil {
		defer events.discard()
		o.Trace = events
	}
	a.alone()
	w, err := a.build(s, o)
	if err != nil {
		return buildError(err)
	}
	defer w.Close()

	began := a.clock()
	watch := &watcher{clock: a.clock, began: began, budget: time.Duration(f.maxWall), plan: plan}
	defer watch.listen(a.signals())()
	end, err := f.pass(w, watch)
	if err != nil {
		return err
	}

	result := w.Summary()
	result.Site = arg
	result.WallSeconds = a.clock().Sub(began).Seconds()
	result.Repeat = f.command(arg)
	verdict := f.judge(w, result, end, watch)

	if events != nil {
		if err := events.commit(); err != nil {
			return usage("cannot write the trace: %w", err)
		}
	}
	if f.save != "" {
		if err := w.SaveTo(f.save); err != nil {
			return usage("%w", err)
		}
	}
	if err := a.printSummary(f, result); err != nil {
		return err
	}
	if plan != nil && verdict == nil && plan.unused() > 0 {
		fmt.Fprintf(a.errOut, "gwemu: note: %d of the %d decisions of schedule %s were not asked for\n", plan.unused(), len(plan.decisions), plan.name)
	}
	if f.in == 0 && f.out == 0 && verdict == nil {
		fmt.Fprintln(a.errOut, "gwemu: note: there was no load; give --in N and --out N messages")
	}
	if verdict != nil {
		return verdict
	}
	return nil
}

// buildError tells a site that cannot be built from our own mistakes.
func buildError(err error) error {
	if strings.Contains(err.Error(), "internal error") {
		return failed("%w", err)
	}
	return usage("%w", err)
}

// watcher ends a run from outside: the wall clock, a signal, a schedule that
// does not fit.
type watcher struct {
	clock  func() time.Time
	began  time.Time
	budget time.Duration // 0: none
	plan   *schedule     // nil: none

	interrupted atomic.Bool
	late        bool
}

// listen waits for a signal until the function returned is called. The first
// one is noted and soon gives signals back to their default, so that a second one
// ends the program even if virtual time stands still.
func (w *watcher) listen(signals <-chan os.Signal, restore func()) (end func()) {
	finished := make(chan struct{})
	go func() {
		defer restore()
		select {
		case <-signals:
			w.interrupted.Store(true)
		case <-finished:
			return
		}
		select {
		case <-time.After(echo):
		case <-finished:
		}
	}()
	return func() { close(finished) }
}

func (w *watcher) stop() bool {
	// A look at the wall clock decides only whether the run goes on, never
	// what happens in it.
	w.late = w.late || w.budget > 0 && w.clock().Sub(w.began) > w.budget
	return w.interrupted.Load() || w.late || w.plan != nil && w.plan.misfit != nil
}

// ending is how a run came to its end.
type ending struct {
	stop      emulator.Stop
	undrained bool // the mail did not rest within the time for it
}

// pass lets the virtual time of the run pass.
func (f *runFlags) pass(w world, watch *watcher) (ending, error) {
	span, load := time.Duration(f.span), f.in > 0 || f.out > 0
	if load {
		err := w.AddLoad(emulator.Load{For: span, In: int(f.in), Out: int(f.out), Size: int(f.size),
			Arrivals: f.arrivals.value, Read: !f.keep})
		if err != nil {
			return ending{}, usage("%w", err)
		}
	}
	if !f.untilIdle {
		_, stop := w.RunUntil(watch.stop, span)
		return ending{stop: stop}, nil
	}
	limit := time.Duration(f.drain)
	if load {
		if stopped, stop := w.RunUntil(watch.stop, span); stopped || stop != emulator.StopTime {
			return ending{stop: stop}, nil
		}
	} else {
		limit += span
	}
	// In slices, so that a signal is noticed.
	const slice = 10 * time.Minute
	for limit > 0 {
		d := min(slice, limit)
		if stop := w.RunToRest(d); stop != emulator.StopTime || watch.stop() {
			return ending{stop: stop}, nil
		}
		limit -= d
	}
	return ending{emulator.StopTime, true}, nil
}

// judge decides the exit status. Failure comes before a budget that ran out: a
// message that was lost stays lost.
func (f *runFlags) judge(w world, s *emulator.Summary, end ending, watch *watcher) *failure {
	if end.stop == emulator.StopError {
		err := w.Err()
		if err == nil {
			return failed("internal error: the run stopped and left no cause")
		}
		if strings.Contains(err.Error(), "internal error") {
			return failed("%w", err)
		}
		return failed("internal error: %w", err)
	}
	if err := s.Messages.Check(); err != nil {
		return failed("%w", err)
	}
	if watch.plan != nil && watch.plan.misfit != nil {
		return usage("cannot follow schedule %s: %w", watch.plan.name, watch.plan.misfit)
	}
	var faults []string
	if n := s.Messages.Lost; n > 0 {
		faults = append(faults, count(n, "message")+" lost")
	}
	if n := s.Messages.Duplicated; n > 0 {
		faults = append(faults, count(n, "message")+" duplicated")
	}
	for _, pc := range s.PCs {
		if pc.Prompt != "" {
			faults = append(faults, fmt.Sprintf("%s waits for a key: %s", pc.Name, pc.Prompt))
		}
	}
	switch {
	case len(faults) > 0:
		return failed("cannot call the run clean: %s", strings.Join(faults, "; "))
	case watch.interrupted.Load():
		return &failure{statusInterrupted, fmt.Errorf("cannot finish the run: interrupted")}
	case watch.late:
		return &failure{statusBudget, fmt.Errorf("cannot finish the run: the wall-clock budget of %s (--max-wall) is used up", f.maxWall.String())}
	case end.stop == emulator.StopSteps:
		return &failure{statusBudget, fmt.Errorf("cannot finish the run: the step budget of %d (--max-steps) is used up", f.maxSteps)}
	case end.undrained:
		return &failure{statusBudget, fmt.Errorf("cannot finish the run: %s after --for the mail does not rest (--drain), %d waiting", f.drain.String(), s.Messages.Waiting)}
	case f.untilIdle && end.stop == emulator.StopBlocked && s.Messages.Waiting > 0:
		return failed("cannot call the run clean: %s, and nothing can happen any more", count(s.Messages.Waiting, "message")+" waiting")
	}
	return nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// command prints the command line that repeats the run. What only chooses
// where results go is left out.
func (f *runFlags) command(arg string) string {
	words := []string{"gwemu", "run", arg, "--for", f.span.String(), "--seed", strconv.FormatUint(f.seed, 10)}
	add := func(on bool, more ...string) {
		if on {
			words = append(words, more...)
		}
	}
	add(f.in > 0, "--in", f.in.String())
	add(f.out > 0, "--out", f.out.String())
	if f.in > 0 || f.out > 0 {
		words = append(words, "--size", f.size.String())
		add(f.arrivals.value != "even", "--arrivals", f.arrivals.value)
		add(f.keep, "--keep")
	}
	add(f.untilIdle, "--until-idle")
	add(f.untilIdle && time.Duration(f.drain) != drainDefault, "--drain", f.drain.String())
	add(f.schedule != "", "--schedule", f.schedule)
	add(f.ties, "--ties")
	add(f.jitter != 0, "--jitter", strconv.FormatFloat(f.jitter, 'g', -1, 64))
	add(f.operator.value != emulator.OperatorNobody, "--operator", f.operator.value)
	add(f.maxSteps != stepsDefault, "--max-steps", strconv.FormatUint(f.maxSteps, 10))
	for i, word := range words {
		words[i] = quoteWord(word)
	}
	return strings.Join(words, " ")
}

// quoteWord quotes a word for a POSIX shell where that is needed.
func quoteWord(word string) string {
	plain := word != "" && strings.IndexFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,=+@%", r))
	}) < 0
	if plain {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (a *app) loadSchedule(arg string) (*schedule, error) {
	if arg == "" {
		return nil, nil
	}
	data, name := []byte(arg), arg
	if !inlineSchedule(arg) {
		var err error
		if data, err = a.readInput(arg); err != nil {
			return nil, usage("cannot read schedule: %w", err)
		}
	}
	if sched.Is(data) {
		return nil, usage("cannot read schedule: %w", sched.Elsewhere(name, quoteWord(name), data))
	}
	decisions, err := parseSchedule(name, data)
	if err != nil {
		return nil, usage("cannot read schedule: %w", err)
	}
	return &schedule{name: name, decisions: decisions}, nil
}

// printSummary writes the result where it belongs. A trace on standard output
// has it for itself.
func (a *app) printSummary(f *runFlags, s *emulator.Summary) error {
	write := func(w io.Writer) error {
		if f.format.value == "json" {
			return printJSON(w, s)
		}
		return s.Text(w)
	}
	if f.trace == "-" && (f.output == "" || f.output == "-") {
		return write(a.errOut)
	}
	return a.writeOutput(f.output, write)
}

// traceFile is a trace under way.
type traceFile struct {
	trace.Writer
	buffer *bufio.Writer
	file   *output // nil: standard output
	done   bool
}

// openTrace begins the trace; it is nil without a name.
func (a *app) openTrace(f *runFlags, arg string, s *site.Site) (*traceFile, error) {
	name := f.trace
	if name == "" {
		return nil, nil
	}
	t := &traceFile{}
	dest := a.out
	if name != "-" {
		file, err := createOutput(name)
		if err != nil {
			return nil, usage("%w", err)
		}
		t.file, dest = file, file
	}
	t.buffer = bufio.NewWriterSize(dest, 1<<16)
	w, err := timeline.NewWriter(t.buffer, f.traceFormat.value, timeline.Options{Title: f.command(arg), Start: s.Start, Drive: s.Drive, All: f.traceAll})
	if err != nil {
		t.discard()
		return nil, usage("%w", err)
	}
	t.Writer = w
	return t, nil
}

func (t *traceFile) commit() error {
	err := t.Writer.Close()
	if e := t.buffer.Flush(); err == nil {
		err = e
	}
	if err != nil || t.file == nil {
		return err
	}
	t.done = true
	return t.file.commit()
}

// discard gives an unfinished trace file up.
func (t *traceFile) discard() {
	if t.file != nil && !t.done {
		t.done = true
		t.file.discard()
	}
}
