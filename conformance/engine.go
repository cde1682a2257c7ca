package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"time"

	"gwkit/conformance/report"
	"gwkit/conformance/target"
)

// Options say how to run scripts. The zero value runs them on the emulator
// with seed 0, one per processor.
type Options struct {
	Target target.Target // nil: the emulator

	Seed uint64

	// Schedule is a list of choices such as "0.2.1": the answers of the
	// chooser in order, 0 after the last. Empty: the choices follow from the
	// seed; seed 0 always takes the first one.
	Schedule string

	Jobs int // scripts at once; 0: one per processor

	// Timeout is the wall-clock budget of one script; 0 is a minute. A
	// script that needs more gets the verdict unknown.
	Timeout time.Duration

	grace time.Duration // after Timeout; 0 is the constant

	// MaxSteps is the step budget of each run of a world; 0: the target's
	// own. Running out gives the verdict unknown.
	MaxSteps uint64

	// Verbose keeps the log of every phase and the last events of a script
	// that did not pass.
	Verbose bool

	// Update rewrites the expected files of golden and m-cmp in the script
	// instead of failing. Save receives the new script.
	Update bool
	Save   func(s *Script, data []byte) error

	// Command begins the line that repeats a verdict; empty: "gwcheck run".
	Command string

	// Ended is called after each script, from one goroutine at a time; it may
	// be nil.
	Ended func(report.Script)
}

const defaultTimeout = time.Minute

// Run runs scripts and returns the result, scripts sorted by id. When ctx ends
// the scripts that are under way are given up and the others not begun; their
// verdict is unknown.
func Run(ctx context.Context, scripts []*Script, o Options) *report.Result {
	if wrong := clashes(Commands()); len(wrong) > 0 {
		panic("internal error: command table: " + strings.Join(wrong, ", "))
	}
	if o.Target == nil {
		o.Target = target.Emulator()
	}
	if o.Jobs <= 0 {
		o.Jobs = runtime.GOMAXPROCS(0)
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.grace <= 0 {
		o.grace = grace
	}
	if o.Command == "" {
		o.Command = "gwcheck run"
	}
	var (
		mu      sync.Mutex
		results []report.Script
		wg      sync.WaitGroup
		next    = make(chan *Script)
	)
	for range min(o.Jobs, max(len(scripts), 1)) {
		wg.Go(func() {
			for s := range next {
				r := runScript(ctx, s, &o)
				mu.Lock()
				results = append(results, r)
				if o.Ended != nil {
					o.Ended(r)
				}
				mu.Unlock()
			}
		})
	}
	for _, s := range scripts {
		next <- s
	}
	close(next)
	wg.Wait()
	return report.New(o.Target.Name(), o.Seed, results)
}

// grace is how long a script may take to notice that its budget is used up
// before it is abandoned: long enough for a machine that is busy with others.
const grace = time.Minute

// runScript runs one script, on a goroutine that can be left behind when the
// script does not end.
func runScript(ctx context.Context, s *Script, o *Options) report.Script {
	r := report.Script{
		ID:       s.ID,
		Summary:  s.Summary,
		Articles: s.Articles,
		Tags:     s.Tags,
		File:     s.File,
		Repeat:   repeatCommand(s, o),
	}
	if err := s.Err(); err != nil {
		first, _, more := strings.Cut(err.Error(), "\n")
		r.Verdict, r.Reason, r.Line = report.Error, first, lineOf(s.File, first)
		if more {
			r.Log = err.Error()
		}
		return r
	}
	chooser, err := newChooser(o.Schedule, o.Seed)
	if err != nil {
		r.Verdict, r.Reason = report.Error, err.Error()
		return r
	}
	if ctx.Err() != nil {
		r.Verdict, r.Reason = report.Unknown, "interrupted before it began"
		return r
	}
	began := time.Now()
	p := newPlay(ctx, s, o, chooser, began.Add(o.Timeout))
	if why := s.lacks(o.Target, p.conditions()); why != "" {
		r.Verdict, r.Reason = report.Skip, why
		return r
	}
	done := make(chan outcome, 1)
	go func() {
		var out outcome
		defer func() { done <- out }()
		out = p.perform()
	}()
	abandoned := time.NewTimer(o.Timeout + o.grace)
	defer abandoned.Stop()
	var out outcome
	select {
	case out = <-done:
	case <-abandoned.C:
		out = outcome{verdict: report.Error, reason: fmt.Sprintf("internal error: the script did not stop %s after its time limit and was abandoned", o.grace)}
	}
	r.Seconds = time.Since(began).Seconds()
	r.Verdict, r.Reason, r.Line, r.Log = out.verdict, out.reason, out.line, out.log
	r.VirtualSeconds, r.Digest = out.virtual.Seconds(), out.digest
	return r
}

// repeatCommand returns the command line that gives the same verdict again.
func repeatCommand(s *Script, o *Options) string {
	var b strings.Builder
	b.WriteString(o.Command)
	if name := o.Target.Name(); name != "emulator" {
		b.WriteString(" --target " + shellWord(name))
	}
	fmt.Fprintf(&b, " --seed %d", o.Seed)
	if o.Schedule != "" {
		b.WriteString(" --schedule " + shellWord(o.Schedule))
	}
	b.WriteString(" " + shellWord(s.ID))
	return b.String()
}

// shellWord quotes what a shell would split or expand.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=,+@%", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// list is a chooser that gives listed answers, and the first one after them.
type list struct {
	choices []int
	at      int
}

func (l *list) Choose(n int, _ string) int {
	if l.at >= len(l.choices) {
		return 0
	}
	choice := min(l.choices[l.at], n-1)
	l.at++
	return choice
}

// dice is a chooser that follows from a seed.
type dice struct{ *rand.Rand }

func (d dice) Choose(n int, _ string) int { return d.IntN(n) }

// newChooser makes a fresh chooser for one script. Nil always takes the first
// answer, which is what seed 0 without a schedule means.
func newChooser(schedule string, seed uint64) (func() target.Chooser, error) {
	if schedule == "" {
		if seed == 0 {
			return func() target.Chooser { return nil }, nil
		}
		return func() target.Chooser { return dice{rand.New(rand.NewPCG(seed, seed))} }, nil
	}
	choices, err := ParseSchedule(schedule)
	if err != nil {
		return nil, err
	}
	return func() target.Chooser { return &list{choices: choices} }, nil
}

// choiceMax bounds one choice of a schedule; no question has more answers.
const choiceMax = 1 << 20

// ParseSchedule reads a list of choices such as "0.2.1".
func ParseSchedule(text string) ([]int, error) {
	var choices []int
	offset := 0
	for part := range strings.SplitSeq(strings.TrimSpace(text), ".") {
		n := 0
		for _, c := range part {
			if c < '0' || c > '9' || n > choiceMax {
				n = -1
				break
			}
			n = n*10 + int(c-'0')
		}
		if part == "" || n < 0 || n > choiceMax {
			return nil, fmt.Errorf("cannot read schedule: column %d: want a number, have %.20q", offset+1, part)
		}
		choices = append(choices, n)
		offset += len(part) + 1
	}
	return choices, nil
}
