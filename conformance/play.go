package conformance

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gwkit/conformance/report"
	"gwkit/conformance/target"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// play is one script under way: the site it describes, the rig it opened, and
// what its commands left open.
type play struct {
	ctx      context.Context
	script   *Script
	options  *Options
	choosers func() target.Chooser
	deadline time.Time // wall clock

	ts   *testscript.TestScript // of the command that runs now
	work string                 // folder of the attached files

	site     *site.Site
	rig      target.Rig // nil until a command needs it
	recorder *trace.Recorder

	sessions []*session
	holds    map[string]func()
	explored *explored // nil: nothing was explored

	out     strings.Builder // what the command printed
	printed bool
	refusal string // why the command was refused, as "!" demanded

	virtual time.Duration // of rigs that are closed
	digests []string
	beyond  string            // why the script cannot go on here; it is skipped
	verdict report.Verdict    // set by a command that knows it is no plain failure
	updates map[string]string // attached file -> new text
}

// outcome is what a script came to.
type outcome struct {
	verdict report.Verdict
	reason  string
	line    int
	log     string
	virtual time.Duration
	digest  string
}

func newPlay(ctx context.Context, s *Script, o *Options, choosers func() target.Chooser, deadline time.Time) *play {
	return &play{ctx: ctx, script: s, options: o, choosers: choosers, deadline: deadline,
		holds: map[string]func(){}, updates: map[string]string{}}
}

func (p *play) conditions() conditions {
	return conditions{target: p.options.Target, site: func() *site.Site { return p.site }}
}

// eventsKept is how many of the last events a verbose report shows.
const eventsKept = 40

// perform runs the script and closes what it opened. testscript gets a
// goroutine of its own, because it ends a script by ending its goroutine.
func (p *play) perform() (out outcome) {
	dir, err := os.MkdirTemp("", "gwcheck-")
	if err != nil {
		return outcome{verdict: report.Error, reason: fmt.Sprintf("cannot unpack the script: %v", err)}
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, p.script.ID+".txtar")
	if err := os.WriteFile(file, p.script.source(), 0o600); err != nil {
		return outcome{verdict: report.Error, reason: fmt.Sprintf("cannot unpack the script: %v", err)}
	}
	t := &runner{verbose: p.options.Verbose}
	done := make(chan string, 1) // the stack of a panic, or ""
	go func() {
		var stack string
		defer func() { done <- stack }()
		defer func() {
			if r := recover(); r != nil {
				stack = fmt.Sprintf("%v\n%s", r, debug.Stack())
			}
		}()
		testscript.RunT(t, testscript.Params{
			Files:     []string{file},
			Cmds:      p.commands(),
			Setup:     p.setup,
			Condition: p.conditions().holds,
		})
	}()
	stack := <-done
	out = p.judge(t, file, stack)
	if err := p.finish(); err != nil && out.verdict == report.Pass {
		out.verdict, out.reason = report.Fail, fmt.Sprintf("%s: %v", p.script.File, err)
		if isInternal(err) {
			out.verdict = report.Error
		}
	}
	if out.verdict == report.Pass && len(p.updates) > 0 {
		if err := p.save(); err != nil {
			out.verdict, out.reason = report.Error, err.Error()
		}
	}
	if p.options.Verbose && out.verdict != report.Pass && out.verdict != report.Skip {
		out.log += p.lastEvents()
	}
	out.virtual = p.virtual
	if len(p.digests) > 0 {
		h := fnv.New64a()
		for _, d := range p.digests {
			h.Write([]byte(d))
		}
		out.digest = fmt.Sprintf("%016x", h.Sum64())
	}
	return out
}

// setup takes everything of the host out of the script's environment, so that
// it can neither depend on it nor print it.
func (p *play) setup(env *testscript.Env) error {
	p.work = env.WorkDir
	var kept []string
	for _, v := range env.Vars {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "WORK", "/", ":", "$", "devnull", "exe":
			kept = append(kept, v)
		}
	}
	env.Vars = kept
	return nil
}

// runner is what testscript takes for a test.
type runner struct {
	verbose bool
	log     strings.Builder
	failed  bool
	fatal   string
	skipped *string
}

func (t *runner) Run(_ string, f func(testscript.T)) { f(t) }
func (t *runner) Parallel()                          {}
func (t *runner) Verbose() bool                      { return t.verbose }
func (t *runner) Log(args ...any)                    { fmt.Fprintln(&t.log, args...) }

func (t *runner) Skip(args ...any) {
	text := strings.TrimSpace(fmt.Sprint(args...))
	t.skipped = &text
	exitGoroutine()
}

func (t *runner) Fatal(args ...any) {
	t.failed = true
	t.fatal = strings.TrimSpace(fmt.Sprint(args...))
	exitGoroutine()
}

func (t *runner) FailNow() {
	t.failed = true
	exitGoroutine()
}

var failLine = regexp.MustCompile(`(?m)^FAIL: (.*?):(\d+): `)

// judge turns what testscript says into a verdict.
func (p *play) judge(t *runner, file, stack string) outcome {
	log := p.readableLog(t.log.String(), file)
	out := outcome{verdict: report.Pass, log: log}
	if !p.options.Verbose {
		out.log = failingPhase(log)
	}
	switch {
	case stack != "":
		reason, _, _ := strings.Cut(stack, "\n")
		out.verdict, out.reason = report.Error, "internal error: "+reason
		out.log += stack
	case t.skipped != nil:
		out.verdict, out.reason, out.log = report.Skip, *t.skipped, ""
		if out.reason == "" {
			out.reason = "the script says so"
		}
	case t.fatal != "":
		out.verdict, out.reason = report.Error, t.fatal
	case t.failed && p.beyond != "":
		out.verdict, out.reason, out.log = report.Skip, p.beyond, ""
	case t.failed:
		out.verdict, out.reason = report.Fail, p.script.File+": failed"
		if p.verdict != "" {
			out.verdict = p.verdict
		}
		if at := failLine.FindAllStringSubmatchIndex(log, -1); len(at) > 0 {
			last := at[len(at)-1]
			out.line, _ = strconv.Atoi(log[last[4]:last[5]])
			out.reason, _, _ = strings.Cut(log[last[0]+len("FAIL: "):], "\n")
		}
	default:
		if !p.options.Verbose {
			out.log = ""
		}
	}
	return out
}

var phaseTime = regexp.MustCompile(`(?m)^(#.*) \(\d+\.\d{3}s\)$`)

// readableLog takes the host out of a log: the temporary file name, the
// environment, the times of phases. Lines stand as their author wrote them.
func (p *play) readableLog(log, file string) string {
	log = strings.ReplaceAll(log, "FAIL: "+file+":", "FAIL: "+p.script.File+":")
	if i := strings.Index(log, "WORK="); p.options.Verbose && i == 0 {
		if _, rest, ok := strings.Cut(log, "\n\n"); ok {
			log = rest
		}
	}
	log = phaseTime.ReplaceAllString(log, "$1")
	for _, l := range p.script.lines {
		if l.text != l.original {
			log = strings.ReplaceAll(log, "> "+l.text+"\n", "> "+l.original+"\n")
		}
	}
	return strings.TrimSuffix(strings.TrimRight(log, "\n"), "\nPASS") + "\n"
}

var headerLine = regexp.MustCompile(`^# (Summary|KB|Tags):`)

// failingPhase returns what follows the last phase comment, with it.
func failingPhase(log string) string {
	lines := strings.SplitAfter(log, "\n")
	start := 0
	for i, l := range lines {
		if strings.HasPrefix(l, "#") {
			start = i
			if headerLine.MatchString(l) {
				start = i + 1
			}
		}
	}
	return strings.Join(lines[start:], "")
}

// lineOf returns the line number in a message that begins with file:line.
func lineOf(file, message string) int {
	rest, ok := strings.CutPrefix(message, file+":")
	if !ok {
		return 0
	}
	number, _, _ := strings.Cut(rest, ":")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}

func (p *play) lastEvents() string {
	if p.recorder == nil || len(p.recorder.Events()) == 0 {
		return ""
	}
	buf := []byte("last events:\n")
	start := int64(0)
	if p.site != nil {
		start = p.site.Start.UnixNano()
	}
	for _, e := range p.recorder.Events() {
		buf = trace.AppendText(buf, &e, start)
		if buf[len(buf)-1] != '\n' {
			buf = append(buf, '\n')
		}
	}
	return string(buf)
}

// open returns the rig, and opens it when this is the first command that needs
// one.
func (p *play) open() (target.Rig, error) {
	if p.rig != nil {
		return p.rig, nil
	}
	if p.site == nil {
		return nil, usagef("the script has no site yet: begin with a line such as: site single")
	}
	o := target.Options{Seed: p.options.Seed, Chooser: p.choosers(), MaxSteps: p.options.MaxSteps}
	o.Ties = o.Chooser != nil
	if p.options.Verbose {
		p.recorder = &trace.Recorder{Limit: eventsKept}
		o.Trace = p.recorder
	}
	rig, err := p.options.Target.Open(p.site, o)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s on %s: %w", p.site.Name, p.options.Target.Name(), err)
	}
	p.rig = rig
	return rig, nil
}

// closeRig ends the run that is under way and keeps what is told of it.
func (p *play) closeRig() error {
	if p.rig == nil {
		return nil
	}
	for _, name := range sortedKeys(p.holds) {
		p.holds[name]()
	}
	clear(p.holds)
	p.virtual += p.rig.Elapsed()
	if s, ok := p.rig.(target.Schedule); ok {
		p.digests = append(p.digests, fmt.Sprintf("%016x", s.Digest()))
	}
	err := errors.Join(p.rig.Err(), p.rig.Close())
	p.rig = nil
	return err
}

// finish ends a script. Sessions that nobody asked about are asked now, so
// that no dialogue goes wrong in silence.
func (p *play) finish() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = internalError{fmt.Sprintf("%v\n%s", r, debug.Stack())}
		}
	}()
	for _, s := range p.sessions {
		switch {
		case s.ended && s.err != nil && !s.asked:
			err = errors.Join(err, fmt.Errorf("session %s: %w", s.name, s.err))
		case !s.ended:
			err = errors.Join(err, fmt.Errorf("session %s has not ended: it waits at %s", s.name, s.where()))
		}
		s.abort()
	}
	p.sessions = nil
	if e := p.closeRig(); e != nil {
		return e // an inner failure explains the others
	}
	return err
}

// checkBudget ends a script that has used up its wall-clock time.
func (p *play) checkBudget() error {
	if p.ctx.Err() != nil {
		return budgetError{"interrupted"}
	}
	if time.Now().After(p.deadline) {
		return budgetError{fmt.Sprintf("the time limit of %s is used up", p.options.Timeout)}
	}
	return nil
}

// checkStop turns the reasons to stop that are no result of a command into
// errors.
func (p *play) checkStop(stop target.Stop) error {
	switch stop {
	case target.StopBudget:
		return budgetError{"the step budget is used up"}
	case target.StopInternal:
		return internalError{fmt.Sprint(p.rig.Err())}
	}
	return p.checkBudget()
}
