package schedule

import (
	"fmt"
	"strings"
)

// Replay follows the steps of a schedule. After the last one nobody is
// interrupted: the PC that ran goes on as long as it or a host that it waits for
// can, then the next. At the first decision that does not fit it notes why and
// goes on like that.
type Replay struct {
	steps     []Step
	at        int
	seen      int // stops passed in the present step
	decisions int
	running   string // the PC that ran last; "" when a step stopped it
	stopped   string // the PC that the last step stopped
	pcs       map[string]bool
	err       error
}

// NewReplay returns a Decider for steps. pcs are the PCs of the schedule beside
// those that the steps name.
func NewReplay(steps []Step, pcs ...string) *Replay {
	r := &Replay{steps: steps, pcs: map[string]bool{}}
	for _, pc := range pcs {
		r.pcs[pc] = true
	}
	for i := range steps {
		r.pcs[steps[i].PC] = true
	}
	return r
}

// Err says at which decision the run first differed from the schedule, or that
// the run ended before the schedule did; nil when all steps were taken.
func (r *Replay) Err() error {
	if r.err == nil && r.at < len(r.steps) && (r.steps[r.at].Op != "" || r.steps[r.at].Wake) {
		return fmt.Errorf("the run ended after %d decisions, in step %d: let %s", r.decisions, r.at+1, r.steps[r.at])
	}
	return r.err
}

// Misfit returns the index of the step that did not fit, -1 when all did.
func (r *Replay) Misfit() int {
	if r.Err() == nil {
		return -1
	}
	return r.at
}

// Decide implements Decider. While the PC of a step waits for a host that is
// none of the schedule's PCs, that host runs.
func (r *Replay) Decide(options []Option, running bool) int {
	if len(options) < 2 {
		r.forced(&options[0])
		return 0
	}
	r.decisions++
	i := r.decide(options)
	if pc := PC(options[i].Who); r.known(pc) {
		r.running = pc
	}
	return i
}

// known says whether a host is a PC of the schedule; without steps all are.
func (r *Replay) known(pc string) bool { return len(r.pcs) == 0 || r.pcs[pc] }

func (r *Replay) decide(options []Option) int {
	for r.err == nil && r.at < len(r.steps) {
		s := &r.steps[r.at]
		i, ready := find(options, s.PC)
		if s.Wake && i >= 0 {
			if r.next(); !ready {
				return i
			}
			continue // it is awake
		}
		if !ready {
			if j := r.bystander(options); j >= 0 {
				return j
			}
			if s.Op == "" && !s.Wake {
				r.next() // it can do no more
				continue
			}
		}
		if i < 0 {
			r.err = fmt.Errorf("decision %d does not fit step %d, let %s: %s cannot run; what can: %s",
				r.decisions, r.at+1, s, s.PC, list(options))
			break
		}
		if o := &options[i]; s.Op != "" && o.Op == s.Op && o.Object == s.Object {
			if r.seen++; r.seen >= s.Nth {
				r.next()
				continue
			}
		}
		return i
	}
	if i, ready := find(options, r.running); ready {
		return i
	}
	if i := r.bystander(options); i >= 0 {
		return i
	}
	for i := range options {
		if !options[i].Early && PC(options[i].Who) != r.stopped {
			return i
		}
	}
	return 0
}

// forced counts an operation that nobody decides.
func (r *Replay) forced(o *Option) {
	if pc := PC(o.Who); r.known(pc) {
		r.running = pc
	}
	if r.err != nil || r.at >= len(r.steps) {
		return
	}
	s := &r.steps[r.at]
	if PC(o.Who) == s.PC && s.Op != "" && o.Op == s.Op && o.Object == s.Object {
		if r.seen++; r.seen >= s.Nth {
			r.next() // it cannot stop there: nobody else can run
		}
	}
}

// bystander returns a ready option that belongs to no PC of the schedule.
func (r *Replay) bystander(options []Option) int {
	for i := range options {
		if o := &options[i]; !o.Early && !r.pcs[PC(o.Who)] {
			return i
		}
	}
	return -1
}

func (r *Replay) next() {
	if s := &r.steps[r.at]; s.Op != "" {
		r.stopped, r.running = s.PC, ""
	}
	r.at, r.seen = r.at+1, 0
}

// find returns the option of a PC, and whether it is ready: one that sleeps
// counts only when there is none.
func find(options []Option, pc string) (i int, ready bool) {
	i = -1
	for j := range options {
		if PC(options[j].Who) != pc {
			continue
		}
		if !options[j].Early {
			return j, true
		}
		if i < 0 {
			i = j
		}
	}
	return i, false
}

func list(options []Option) string {
	var b strings.Builder
	for i := range options {
		if i > 0 {
			b.WriteString(", ")
		}
		o := &options[i]
		b.WriteString(o.Who)
		b.WriteByte(' ')
		b.WriteString(o.Op)
		if o.Object != "" {
			b.WriteByte(' ')
			b.WriteString(o.Object)
		}
	}
	return b.String()
}
