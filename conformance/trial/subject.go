// Package trial brings a site, the search over its schedules and the
// guarantees together: it runs a site under explored schedules, judges every
// run, shrinks what it finds to a few lines, and explains it.
//
// Goals: one call from a site to an answer (Explore); a finding that a person
// can read, repeat (a schedule file, a script) and act on (which way out lets
// mail flow again); the same answer for the same seed whatever the number of
// workers. Explore says what is possible; ByTheClock, with drawn latencies and a
// load per day, how long it takes.
//
// Non-goals: flags and terminals (cmd/gwcheck); how decisions are searched
// (conformance/explore); what is guaranteed (conformance/invariant).
//
// # Why
//
// The World does not report its own success: messages carry tokens, and where
// the tokens rest at the end of a run is looked up on the drives. Q132060 says
// that two gateways on one postoffice end in a halt; nothing here knows that.
package trial

import (
	"cmp"
	"slices"

	"gwkit/conformance/explore"
	"gwkit/conformance/invariant"
	"gwkit/emulator"
	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// Subject is a site as the search sees it. It implements explore.Subject,
// explore.Learner and io.Closer.
type Subject struct {
	t       *emulator.Trial
	checker *invariant.Checker
	h       invariant.History
	rests   []invariant.Rest
	rec     *trace.Recorder // nil: events are judged as they come and not kept
}

// New builds a site for exploring.
func New(s *site.Site, o emulator.TrialOptions) (*Subject, error) {
	t, err := emulator.NewTrial(s, o)
	if err != nil {
		return nil, err
	}
	x := &Subject{t: t, checker: invariant.NewChecker(t.Site().Drive)}
	x.h.Volume, x.h.Untimed = t.Site().Drive, true
	return x, nil
}

// Close implements io.Closer.
func (s *Subject) Close() error { return s.t.Close() }

// Learn implements explore.Learner.
func (s *Subject) Learn(objects []string) { s.t.Watch(objects) }

// Run implements explore.Subject.
func (s *Subject) Run(d schedule.Decider) explore.Outcome {
	_, o := s.run(d)
	return o
}

// run is Run that also gives the ending.
func (s *Subject) run(d schedule.Decider) (emulator.Ending, explore.Outcome) {
	s.checker.Reset()
	var sink trace.Sink = s.checker
	if s.rec != nil {
		*s.rec = trace.Recorder{Limit: eventsMax}
		sink = trace.Tee{s.checker, s.rec}
	}
	e, err := s.t.Run(d, sink)
	o := explore.Outcome{Err: err, Steps: int(e.Steps), Operations: e.Operations, Digest: e.Digest, State: e.State}
	if err != nil {
		return e, o
	}
	s.t.Conflicts(func(name string) { o.Learned = append(o.Learned, name) })
	s.history(&e)
	switch s.h.Stop {
	case invariant.StopSteps, invariant.StopRounds:
		o.Bound = s.h.Stop
	}
	for _, r := range s.checker.Check(&s.h) {
		if r.Verdict != invariant.Fail {
			continue
		}
		for _, v := range r.Violations {
			o.Violations = append(o.Violations, explore.Violation{Invariant: r.Invariant, Signature: v.Signature, Text: v.Text})
		}
	}
	if len(o.Violations) > 1 {
		slices.SortStableFunc(o.Violations, func(a, b explore.Violation) int { return cmp.Compare(rank(a.Invariant), rank(b.Invariant)) })
	}
	for i := range o.Violations {
		o.Violations[i].Follows = follows(o.Violations, i)
	}
	o.Sometimes = uint64(s.checker.Conditions(&s.h))
	return e, o
}

// eventsMax bounds what is kept of a run that is explained.
const eventsMax = 100_000

// gravity orders the invariants: what an operator wants to hear of first.
var gravity = []string{"no_deadlock", "no_prompt_forever", "no_loss", "no_alteration", "no_duplicate", "accounted", "progress", "no_foreign_part"}

func rank(name string) int {
	if i := slices.Index(gravity, name); i >= 0 {
		return i
	}
	return len(gravity)
}

// follows names the violation of the same run in which violation i is told as
// well: mail cannot move past a halt, and a circle of waits is a prompt for ever.
func follows(all []explore.Violation, i int) string {
	by := map[string][]string{"progress": {"no_deadlock", "no_prompt_forever"}, "accounted": {"no_loss"}}[all[i].Invariant]
	if all[i].Invariant == "no_prompt_forever" && all[i].Signature == invariant.OfDeadlock {
		by = []string{"no_deadlock"}
	}
	for _, name := range by {
		if slices.ContainsFunc(all, func(v explore.Violation) bool { return v.Invariant == name }) {
			return name
		}
	}
	return ""
}

// history turns an ending into what the invariants read.
func (s *Subject) history(e *emulator.Ending) {
	h := &s.h
	h.Messages, h.PCs, s.rests, h.Events = h.Messages[:0], h.PCs[:0], s.rests[:0], nil
	h.Start, h.Pending = s.t.Start(), e.Pending
	if s.rec != nil {
		h.Events = s.rec.Events()
	}
	switch {
	case e.Stop == emulator.StopSteps:
		h.Stop = invariant.StopSteps
	case e.Rest:
		h.Stop = invariant.StopRest
	case e.Stuck || e.Stop == emulator.StopBlocked || e.Stop == emulator.StopIdle:
		h.Stop = invariant.StopBlocked
	case e.Stalled:
		h.Stop = invariant.StopStalled
	default:
		h.Stop = invariant.StopRounds
	}
	h.Healed = h.Stop != invariant.StopSteps && h.Stop != invariant.StopRounds
	n := 0
	for i := range e.Messages {
		n += 1 + len(e.Messages[i].Places)
	}
	s.rests = slices.Grow(s.rests, n)
	for i := range e.Messages {
		f := &e.Messages[i]
		from := len(s.rests)
		if f.Copies > 0 {
			r := invariant.Rest{Where: arrived(f.Inbound), Final: true, Count: f.Copies}
			if f.Altered > 0 {
				r.Altered = "not the text that was sent"
			}
			s.rests = append(s.rests, r)
		}
		for _, p := range f.Places {
			s.rests = append(s.rests, invariant.Rest{Where: p, Count: 1})
		}
		h.Messages = append(h.Messages, invariant.Message{Token: f.Token, Inbound: f.Inbound, Returned: f.Returned, Rests: s.rests[from:len(s.rests):len(s.rests)]})
	}
	for i := range e.PCs {
		p := &e.PCs[i]
		h.PCs = append(h.PCs, invariant.PC{Name: p.Name, Program: p.Program, Phase: p.Phase, Prompt: p.Prompt, Op: p.Op,
			WaitsFor: p.WaitsFor, HeldBy: p.HeldBy, Since: p.Since})
	}
}

func arrived(inbound bool) string {
	if inbound {
		return "the postoffice"
	}
	return "the Internet"
}

// Conditions are the names of the bits of explore.Outcome.Sometimes.
func Conditions() []string {
	var out []string
	for i := 0; ; i++ {
		j := slices.IndexFunc(invariant.Conditions, func(c invariant.ConditionRow) bool { return c.Bit == 1<<i })
		if j < 0 {
			return out
		}
		out = append(out, invariant.Conditions[j].Name)
	}
}

func newRecorder() *trace.Recorder { return &trace.Recorder{Limit: eventsMax} }
