package explore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gwkit/emulator/schedule"
)

// Load is what a Subject has to do and with what; a smaller one is easier to
// read.
type Load struct {
	In, Out int // messages
	Size    int // bytes of each
	PCs     []string
	Faults  []string
}

func (l Load) clone() Load {
	l.PCs, l.Faults = slices.Clone(l.PCs), slices.Clone(l.Faults)
	return l
}

// ShrinkConfig is a violation to be shown with less.
type ShrinkConfig struct {
	Load      Load
	Violation Violation // its invariant and signature are kept
	Choices   Choices   // the schedule that shows it
	Shared    []string  // Result.Shared of the campaign that found it
	Seed      uint64
	Schedules int // searched for each smaller load; 0: 500
	Runs      int // at most in all; 0: 50,000
	SizeMin   int // no smaller messages; 0: 1
}

// Shrunk is the smallest that was found so far.
type Shrunk struct {
	Load      Load
	Violation Violation
	Choices   Choices
	Steps     []schedule.Step // nil: no steps lead there; then Choices does
	Shared    []string        // what Choices is about
	Runs      int             // that were needed
	Exhausted bool            // the runs were used up, or the context was cancelled
}

const (
	shrinkSchedules = 500
	shrinkRuns      = 50_000
)

// Shrink makes a violation smaller: first the load, where each smaller one is
// searched again because choices do not carry over; then the deviations from the
// default schedule; then the steps that a person reads; last the size of
// messages. Each candidate is verified by a run. subject builds a Subject for a
// load, and refuses by an error one that makes no sense. save gets the best so
// far whenever it improves; nil: nobody. A cancelled context ends it with the
// best so far, which is the violation as it was given when nothing was run.
func Shrink(ctx context.Context, c ShrinkConfig, subject func(Load) (Subject, error), save func(*Shrunk)) (*Shrunk, error) {
	if c.Schedules <= 0 {
		c.Schedules = shrinkSchedules
	}
	if c.Runs <= 0 {
		c.Runs = shrinkRuns
	}
	c.SizeMin = max(c.SizeMin, 1)
	s := &shrinker{ShrinkConfig: c, ctx: ctx, make: subject, save: save}
	t, err := s.open(c.Load.clone(), c.Shared)
	if err != nil {
		return nil, fmt.Errorf("cannot shrink: %w", err)
	}
	s.trial = t
	defer func() { s.trial.w.close() }()
	s.best = Shrunk{Load: t.load, Violation: c.Violation, Choices: slices.Clone(c.Choices), Shared: c.Shared}
	for _, pass := range []func() error{s.begin, s.loads, s.deviations, s.steps, s.sizes} {
		if err = pass(); err != nil {
			break
		}
	}
	switch {
	case errors.Is(err, errSpent):
		s.best.Exhausted = true
		s.keep()
	case err != nil:
		return nil, err
	}
	best := s.best
	return &best, nil
}

// begin verifies what there is to shrink.
func (s *shrinker) begin() error {
	v, err := s.plays(s.trial, s.best.Choices)
	switch {
	case err != nil:
		return err
	case v == nil:
		return fmt.Errorf("cannot shrink: the schedule does not show %s (%s)", s.Violation.Invariant, s.Violation.Signature)
	}
	s.best.Violation = *v
	s.keep()
	return nil
}

var errSpent = errors.New("the runs are used up")

type shrinker struct {
	ShrinkConfig
	ctx   context.Context
	make  func(Load) (Subject, error)
	save  func(*Shrunk)
	best  Shrunk
	runs  int
	trial *trial // of best, but for the size
}

// trial is a Subject for one load.
type trial struct {
	load   Load
	w      *worker
	shared []string
}

func (s *shrinker) open(l Load, shared []string) (*trial, error) {
	subject, err := s.make(l)
	if err != nil {
		return nil, err
	}
	if learner, ok := subject.(Learner); ok {
		learner.Learn(shared)
	}
	return &trial{load: l, w: &worker{subject: subject, shown: map[key]bool{}}, shared: shared}, nil
}

// keep hands the best on.
func (s *shrinker) keep() {
	s.best.Runs = s.runs
	if s.save != nil {
		b := s.best
		s.save(&b)
	}
}

// try runs a Decider; nil: it does not show the violation.
func (s *shrinker) try(t *trial, d schedule.Decider) (*Violation, error) {
	if s.runs >= s.Runs || s.ctx.Err() != nil {
		return nil, errSpent
	}
	s.runs++
	t.w.drive.begin(d)
	o, err := t.w.run(&t.w.drive, s.runs)
	if err != nil {
		return nil, err
	}
	if v, ok := o.violates(s.Violation); ok {
		return &v, nil
	}
	return nil, nil
}

func (s *shrinker) plays(t *trial, c Choices) (*Violation, error) {
	return s.try(t, NewPlayback(c))
}

// loads tries smaller loads until none of them shows the violation.
func (s *shrinker) loads() error {
	for again := true; again; {
		again = false
		for _, l := range smaller(s.trial.load) {
			t, err := s.open(l, nil)
			if err != nil {
				continue // it makes no sense
			}
			found, err := s.searches(t)
			if !found {
				t.w.close()
			}
			if err != nil {
				return err
			}
			if found {
				s.trial.w.close()
				s.trial, again = t, true
				break
			}
		}
	}
	return nil
}

// smaller lists loads with less, those with much less first.
func smaller(l Load) []Load {
	var all []Load
	add := func(change func(*Load)) {
		m := l.clone()
		change(&m)
		all = append(all, m)
	}
	for _, n := range lower(l.In, 0) {
		add(func(m *Load) { m.In = n })
	}
	for _, n := range lower(l.Out, 0) {
		add(func(m *Load) { m.Out = n })
	}
	for i := range l.PCs {
		if len(l.PCs) > 1 {
			add(func(m *Load) { m.PCs = slices.Delete(m.PCs, i, i+1) })
		}
	}
	for i := range l.Faults {
		add(func(m *Load) { m.Faults = slices.Delete(m.Faults, i, i+1) })
	}
	return all
}

// lower lists numbers below n: least, half, one less.
func lower(n, least int) []int {
	var all []int
	for _, m := range []int{least, n / 2, n - 1} {
		if m >= least && m < n && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	return all
}

// searches looks for the violation with another load.
func (s *shrinker) searches(t *trial) (bool, error) {
	if s.runs >= s.Runs || s.ctx.Err() != nil {
		return false, errSpent
	}
	g := &campaign{Config: Config{Strategy: Portfolio, Seed: s.Seed}}
	if err := g.warmUp(s.ctx, t.w); err != nil {
		return false, err
	}
	s.runs += g.warmed
	t.shared = g.shared
	for i := range s.Schedules {
		k, _ := kindOf(Portfolio, i)
		t.w.chooser.begin(k, s.Seed, i, g.expected)
		v, err := s.try(t, &t.w.chooser)
		if err != nil {
			return false, err
		}
		if v != nil {
			s.best = Shrunk{Load: t.load, Violation: *v, Choices: slices.Clone(t.w.drive.choices), Shared: t.shared}
			s.keep()
			return true, nil
		}
	}
	return false, nil
}

// deviations makes choices the default, as many as it can at a time.
func (s *shrinker) deviations() error {
	c := s.best.Choices
	var at []int
	for i, v := range c {
		if v != 0 {
			at = append(at, i)
		}
	}
	_, err := reduce(at, func(keep []int) (bool, error) {
		d := make(Choices, len(c))
		for _, i := range keep {
			d[i] = c[i]
		}
		v, err := s.plays(s.trial, d)
		if v == nil || err != nil {
			return false, err
		}
		s.best.Violation, s.best.Choices = *v, trimmed(d)
		s.keep()
		return true, nil
	})
	return err
}

func trimmed(c Choices) Choices {
	for len(c) > 0 && c[len(c)-1] == 0 {
		c = c[:len(c)-1]
	}
	return c
}

// reduce is ddmin: it drops parts of list, large ones first, while ok.
func reduce[T any](list []T, ok func([]T) (bool, error)) ([]T, error) {
	for size := len(list); size > 0; size /= 2 {
		for lo := 0; lo < len(list); {
			hi := min(lo+size, len(list))
			less := slices.Concat(list[:lo], list[hi:])
			good, err := ok(less)
			if err != nil {
				return list, err
			}
			if good {
				list = less
			} else {
				lo = hi
			}
		}
	}
	return list, nil
}

// steps writes the schedule as steps, and drops, merges and simplifies them.
func (s *shrinker) steps() error {
	t := s.trial
	r := NewRecorder(NewPlayback(s.best.Choices), true)
	if _, err := s.try(t, r); err != nil {
		return err
	}
	if done, err := s.short(t, r.Moments); done || err != nil {
		return err
	}
	ok := func(list []schedule.Step) (bool, error) { return s.follows(t, list) }
	list := Steps(r.Moments, s.best.Load.PCs)
	good, err := s.fit(t, list)
	if err == nil && !good {
		// What the other hosts did matters: they get steps, too.
		list = Steps(r.Moments, hosts(r.Moments))
		good, err = s.fit(t, list)
	}
	if err != nil {
		return err
	}
	for n := -1; good && n != size(list); {
		n = size(list)
		if list, err = reduce(list, ok); err != nil {
			return err
		}
		if list, err = simplify(list, ok); err != nil {
			return err
		}
	}
	if !good || len(list) > 2 {
		return s.pairs(t, r.Moments)
	}
	return nil
}

// oneStepMax bounds how many schedules of one step are tried.
const oneStepMax = 300

// short tries schedules of no step, and of one: a PC until it comes to something
// that it did in the run. Most findings need no more, though what a search finds
// has a dozen.
func (s *shrinker) short(t *trial, moments []Moment) (bool, error) {
	if good, err := s.follows(t, nil); good || err != nil {
		return good, err
	}
	for _, step := range comesTo(moments, t.load.PCs) {
		if good, err := s.follows(t, []schedule.Step{step}); good || err != nil {
			return good, err
		}
	}
	return false, nil
}

// pairs tries schedules of two steps, one PC and then another, when what a search
// came to takes more.
func (s *shrinker) pairs(t *trial, moments []Moment) error {
	all := comesTo(moments, t.load.PCs)
	if i := slices.IndexFunc(all, func(s schedule.Step) bool { return s.Nth > 1 }); i >= 0 {
		all = all[:i]
	}
	for _, a := range all {
		for _, b := range all {
			if a.PC == b.PC {
				continue
			}
			if good, err := s.follows(t, []schedule.Step{a, b}); good || err != nil {
				return err
			}
		}
	}
	return nil
}

// comesTo lists a step for each operation of the PCs, those without a count
// first.
func comesTo(moments []Moment, pcs []string) []schedule.Step {
	var all []schedule.Step
	times := map[schedule.Step]int{}
	for i := range moments {
		o := &moments[i].Options[moments[i].Choice]
		step := schedule.Step{PC: schedule.PC(o.Who), Op: o.Op, Object: o.Object}
		if o.Object == "" || !slices.Contains(pcs, step.PC) {
			continue
		}
		times[step]++
		step.Nth = times[step]
		all = append(all, step)
	}
	slices.SortStableFunc(all, func(a, b schedule.Step) int { return a.Nth - b.Nth })
	return all[:min(len(all), oneStepMax)]
}

// fit tries steps. One that a PC cannot do to its end, because it waits for what
// another PC does in a later step, becomes one that ends by itself.
func (s *shrinker) fit(t *trial, list []schedule.Step) (bool, error) {
	for {
		p := schedule.NewReplay(list, t.load.PCs...)
		v, err := s.try(t, p)
		if err != nil {
			return false, err
		}
		k := p.Misfit()
		if k < 0 {
			if v == nil {
				return false, nil
			}
			return s.follows(t, list)
		}
		if list[k].Op == "" {
			return false, nil
		}
		list[k] = schedule.Step{PC: list[k].PC}
	}
}

// hosts lists all that had an option.
func hosts(moments []Moment) []string {
	var all []string
	for i := range moments {
		for j := range moments[i].Options {
			if pc := schedule.PC(moments[i].Options[j].Who); !slices.Contains(all, pc) {
				all = append(all, pc)
			}
		}
	}
	return all
}

// size is what a pass must lower to be worth another.
func size(list []schedule.Step) int {
	n := 0
	for _, s := range list {
		n += 2 + s.Nth
		if s.Op != "" {
			n++
		}
	}
	return n
}

// simplify makes each step end at the first such operation, or by itself.
func simplify(list []schedule.Step, ok func([]schedule.Step) (bool, error)) ([]schedule.Step, error) {
	for i := range list {
		for _, simple := range []schedule.Step{{PC: list[i].PC}, {PC: list[i].PC, Op: list[i].Op, Object: list[i].Object, Nth: 1}} {
			if simple == list[i] || list[i].Op == "" {
				continue
			}
			l := slices.Clone(list)
			l[i] = simple
			good, err := ok(l)
			if err != nil {
				return list, err
			}
			if good {
				list = l
			}
		}
	}
	return list, nil
}

// follows says whether steps fit and show the violation; then they are the best.
func (s *shrinker) follows(t *trial, list []schedule.Step) (bool, error) {
	p := schedule.NewReplay(list, t.load.PCs...)
	v, err := s.try(t, p)
	if v == nil || err != nil || p.Err() != nil {
		return false, err
	}
	if list == nil {
		list = []schedule.Step{} // no step is needed, which is not: there are none
	}
	s.best.Load, s.best.Violation, s.best.Shared = t.load, *v, t.shared
	s.best.Steps, s.best.Choices = list, trimmed(slices.Clone(t.w.drive.choices))
	s.keep()
	return true, nil
}

// sizes tries smaller messages: with the same steps, which do not depend on
// sizes, or else with the same choices.
func (s *shrinker) sizes() error {
	for again := true; again; {
		again = false
		for _, n := range lower(s.best.Load.Size, s.SizeMin) {
			l := s.best.Load.clone()
			l.Size = n
			t, err := s.open(l, s.best.Shared)
			if err != nil {
				continue // it makes no sense
			}
			again, err = s.still(t)
			t.w.close()
			if err != nil {
				return err
			}
			if again {
				break
			}
		}
	}
	return nil
}

// still says whether the best schedule shows the violation in t as well.
func (s *shrinker) still(t *trial) (bool, error) {
	if s.best.Steps != nil {
		return s.follows(t, s.best.Steps)
	}
	v, err := s.plays(t, s.best.Choices)
	if v == nil || err != nil {
		return false, err
	}
	s.best.Load, s.best.Violation = t.load, *v
	s.keep()
	return true, nil
}
