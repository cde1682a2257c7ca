package explore

import (
	"context"
	"fmt"
	"math/bits"
	"strings"
	"time"

	"gwkit/emulator/schedule"
)

// search enumerates schedules depth first, each by running from the start: the
// next schedule repeats the last one up to the deepest decision that has an
// option left.
//
// # What it leaves out
//
// "sleep", the default without bounds, are sleep sets (Godefroid): once an
// option of a decision has been searched, it is passed over in the branches
// beside it until an operation that conflicts with it has run, because before
// that the branch only repeats in another order what was searched. Of each set
// of equivalent schedules one is run. With a bound this is not sound (the one
// that is run may need more preemptions than the one left out), so bounds are
// refused.
//
// "cache", the default within bounds, keeps a hash of the happens-before order
// at each decision (see order), who is running, how the sleepers line up, and
// the preemptions that are left. When all of these have been seen, the rest has
// been or will be searched from there. It is sound because operations that do
// not conflict commute: two beginnings with the same order of conflicting
// operations, in each process and between them, lead to the same state, whatever
// the interleaving; and what remains of the bound, and what costs of it, is part
// of the key. Where an option leads is hashed as well, before it is taken: the
// state behind it follows from the order up to and including it, so that no run
// is needed to find out that it is known. A wake moves the clock, which every process may read, so it is
// ordered with everything. Forced operations are part of the order, too.
//
// "none" leaves nothing out.
type search struct {
	preemptions int // allowed; negative: no bound
	decisions   int // allowed; 0: no bound
	sleeps      bool
	cached      map[uint64]uint8 // 1 + the most preemptions left
	order       *order

	frames []frame
	behind []uint64 // cache: keys of the states behind the options of all frames
	depth  int      // decisions of this run
	left   int      // preemptions
	asleep []schedule.Option
	known  bool // the rest of this run has been searched: it ends by default
	pruned bool // known, because of what is left out
	wide   bool // a decision had more than 64 options
	differ int  // the decision at which the Subject did not repeat itself, from 1
}

// frame is a decision of the present path.
type frame struct {
	todo, done uint64 // options
	dear       uint64 // those that cost of the bound
	choice     int16
	options    int16
	left       int // preemptions, before the choice
	behind     int // where its keys begin
}

const (
	widest    = 64
	cachedMax = 1 << 21 // entries; some 80 MB
)

func newSearch(c *Config, o *order) (*search, error) {
	s := &search{preemptions: c.Preemptions, decisions: c.Decisions, order: o}
	bounded := s.preemptions >= 0 || s.decisions > 0
	reduce := c.Reduce
	if reduce == "" {
		if reduce = "sleep"; bounded {
			reduce = "cache"
		}
	}
	switch {
	case reduce == "sleep" && bounded:
		return nil, fmt.Errorf("sleep sets are sound without bounds only")
	case reduce == "sleep":
		s.sleeps = true
	case reduce == "cache":
		s.cached = map[uint64]uint8{}
	case reduce != "none":
		return nil, fmt.Errorf("unknown reduction %q: want none, cache or sleep", reduce)
	}
	return s, nil
}

// begin prepares for the next run.
func (s *search) begin() {
	s.depth, s.left, s.asleep, s.known, s.pruned = 0, s.preemptions, s.asleep[:0], false, false
}

// Decide implements schedule.Decider.
func (s *search) Decide(options []schedule.Option, running bool) int {
	if s.known || s.differ > 0 {
		return 0
	}
	n := s.depth
	s.depth++
	if n < len(s.frames) {
		f := &s.frames[n]
		if int(f.options) != len(options) {
			s.differ = n + 1
			return 0
		}
		s.advance(options, running, f)
		return int(f.choice)
	}
	if s.decisions > 0 && n >= s.decisions {
		s.known = true
		return 0
	}
	if s.cached != nil && s.seen(options, running, n) {
		s.known, s.pruned = true, true
		return 0
	}
	f := frame{options: int16(len(options)), left: s.left, behind: len(s.behind)}
	for i := range options {
		if i == widest {
			s.wide = true
			break
		}
		c := cost(options, running, i)
		if c <= s.left || s.preemptions < 0 {
			f.todo |= 1 << i
		}
		f.dear |= uint64(c) << i
	}
	for i := range s.asleep {
		for j := range min(len(options), widest) {
			if options[j].Proc == s.asleep[i].Proc {
				f.todo &^= 1 << j
			}
		}
	}
	if s.cached != nil {
		line := s.line(options, n)
		for i := range min(len(options), widest) {
			sum, process := s.order.after(&options[i])
			s.behind = append(s.behind, mix(sum+process*salt3)^line)
		}
	}
	if !s.take(&f) { // an order of these was searched
		s.behind = s.behind[:f.behind]
		s.known, s.pruned = true, true
		return 0
	}
	s.frames = append(s.frames, f)
	s.advance(options, running, &f)
	return int(f.choice)
}

// take makes the first option that is left, and leads to something new, the
// choice; false: there is none.
func (s *search) take(f *frame) bool {
	for f.todo != 0 {
		f.choice = int16(bits.TrailingZeros64(f.todo))
		f.todo &^= 1 << f.choice
		if s.cached == nil || !s.met(s.behind[f.behind+int(f.choice)], f.left-int(f.dear>>f.choice&1)) {
			return true
		}
	}
	return false
}

// cost is what an option takes from the bound: leaving a process that can go on,
// and waking one before its time. The default is free.
func cost(options []schedule.Option, running bool, i int) int {
	if i > 0 && (running || options[i].Early) {
		return 1
	}
	return 0
}

// advance goes on with the choice of a frame.
func (s *search) advance(options []schedule.Option, running bool, f *frame) {
	c := &options[f.choice]
	if s.preemptions >= 0 {
		s.left -= cost(options, running, int(f.choice))
	}
	if !s.sleeps {
		return
	}
	s.wakeFor(c)
	for done := f.done; done != 0; done &= done - 1 {
		if o := &options[bits.TrailingZeros64(done)]; !conflict(o, c) {
			s.asleep = append(s.asleep, *o)
		}
	}
}

// wakeFor wakes those that conflict with an operation which runs now.
func (s *search) wakeFor(c *schedule.Option) {
	keep := s.asleep[:0]
	for i := range s.asleep {
		if o := &s.asleep[i]; !conflict(o, c) && o.Proc != c.Proc {
			keep = append(keep, *o)
		}
	}
	s.asleep = keep
}

// forced takes notice of an operation that nobody decided about. When it sleeps,
// what follows has been searched.
func (s *search) forced(o *schedule.Option) {
	if !s.sleeps || s.known {
		return
	}
	for i := range s.asleep {
		if s.asleep[i].Proc == o.Proc {
			// Options from here on belong to a path that needs no frames.
			s.known, s.pruned = true, true
			return
		}
	}
	s.wakeFor(o)
}

// seen looks the state at a decision up, and enters it.
func (s *search) seen(options []schedule.Option, running bool, n int) bool {
	h := s.order.sum
	if running {
		h += s.order.of(&options[0]) * salt4
	}
	return s.met(mix(h)^s.line(options, n), s.left)
}

// line hashes what the order of operations does not tell of the state at
// decision n: how the sleepers line up.
func (s *search) line(options []schedule.Option, n int) uint64 {
	h := uint64(salt6)
	for i := range options {
		if options[i].Early {
			h = mix(h + s.order.of(&options[i]))
		}
	}
	if s.decisions > 0 {
		// Behind the last decision the default decides, which depends on the line
		// of the ready ones, too.
		h = mix(h + uint64(n))
		for i := range options {
			h = mix(h + s.order.of(&options[i]))
		}
	}
	return h
}

// met says that a state was there before with as many preemptions left, and
// enters it.
func (s *search) met(h uint64, preemptions int) bool {
	left := uint8(1)
	if s.preemptions >= 0 {
		left += uint8(min(preemptions, 254))
	}
	before, ok := s.cached[h]
	if before >= left {
		return true
	}
	if ok || len(s.cached) < cachedMax {
		s.cached[h] = left
	}
	return false
}

// next turns to the next schedule; false: there is none.
func (s *search) next() bool {
	for n := len(s.frames); n > 0; n = len(s.frames) {
		f := &s.frames[n-1]
		f.done |= 1 << f.choice
		if s.take(f) {
			return true
		}
		s.frames, s.behind = s.frames[:n-1], s.behind[:f.behind]
	}
	return false
}

// exhaust runs an exhaustive search to its end or to a bound.
func (g *campaign) exhaust(ctx context.Context, w *worker) error {
	t := g.tally
	s, err := newSearch(&g.Config, &w.drive.order)
	if err != nil {
		return fmt.Errorf("cannot explore: %w", err)
	}
	w.drive.search = s
	known := map[string]bool{}
	for _, o := range g.shared {
		known[o] = true
	}
	l, learns := w.subject.(Learner)
	for index := 0; ; index++ {
		if t.Stopped = g.ends(ctx); t.Stopped == "" && g.Schedules > 0 && index >= g.Schedules {
			t.Stopped = "schedules"
		}
		if t.Stopped != "" {
			break
		}
		clear(w.shown)
		w.drive.keep = g.Check > 0 && index%g.Check == g.Check-1
		s.begin()
		w.drive.begin(s)
		o, err := w.run(&w.drive, index)
		if err != nil {
			return err
		}
		if s.differ > 0 || s.depth < len(s.frames) {
			return fmt.Errorf("cannot search on: schedule %d does not repeat the one before: decision %d differs", index, max(s.differ, s.depth+1))
		}
		r := w.row(index, byChoices, &o)
		r.found, r.cut = time.Since(g.begun), s.pruned
		if w.drive.keep {
			if err := w.again(&r, &o); err != nil {
				return err
			}
		}
		g.add(&r)
		g.progress()
		if len(r.violations) > 0 && g.enough() {
			t.Stopped = "violation"
			break
		}
		if learns && g.news(known, o.Learned) {
			// There are more decision points: what was searched is a part only.
			l.Learn(g.shared)
			s, _ = newSearch(&g.Config, &w.drive.order)
			w.drive.search = s
			continue
		}
		if !s.next() {
			t.Stopped = "complete"
			break
		}
	}
	g.claim(s)
	return nil
}

// again repeats a schedule from its choices and compares.
func (w *worker) again(r *row, o *Outcome) error {
	w.repeat.keep = true
	w.repeat.begin(NewPlayback(append(Choices(nil), w.drive.choices...)))
	p, err := w.run(&w.repeat, r.index)
	if err != nil {
		return err
	}
	r.compare(&w.drive, &w.repeat, p.Digest == o.Digest)
	return nil
}

// news adds what a run learned; true: there was something new.
func (g *campaign) news(known map[string]bool, learned []string) bool {
	any := false
	for _, o := range learned {
		any = any || !known[o]
		known[o] = true
	}
	if any {
		g.learn(known)
	}
	return any
}

// claim says what the search covers.
func (g *campaign) claim(s *search) {
	t := g.tally
	var within []string
	if g.Preemptions >= 0 {
		within = append(within, count(g.Preemptions, "preemption"))
	}
	if g.Decisions > 0 {
		within = append(within, "the first "+count(g.Decisions, "decision"))
	}
	for _, b := range sortedKeys(t.bounds) {
		if b != "steps" {
			within = append(within, b)
		}
	}
	t.Within = strings.Join(within, ", ")
	var missing []string
	if t.Stopped != "complete" {
		missing = append(missing, "ended early: "+t.Stopped)
	}
	if n := t.bounds["steps"]; n > 0 {
		missing = append(missing, count(n, "run")+" ended by the bound of steps")
	}
	if s.wide {
		missing = append(missing, fmt.Sprintf("a decision with more than %d options", widest))
	}
	if t.Checks.Mismatched > 0 {
		missing = append(missing, count(t.Checks.Mismatched, "schedule")+" did not repeat itself")
	}
	t.Missing = strings.Join(missing, "; ")
	t.Complete = len(missing) == 0
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
