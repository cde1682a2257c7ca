package explore

import (
	"fmt"
	"slices"

	"gwkit/emulator/schedule"
)

// Steps writes a recorded run as a person reads it: who runs until when. pcs are
// the PCs that matter; what other hosts did is left out, and a replay lets them
// run when the PC of a step waits for them. The record must have texts.
//
// A PC that was left while it waited for such a host is let run up to its next
// operation on a shared object: what it does before that nobody else sees. The
// steps say less than the choices, so whether they lead to the same end is for
// a run to tell.
func Steps(moments []Moment, pcs []string) []schedule.Step {
	var (
		steps []schedule.Step
		pc    string
		begun int
	)
	end := func(to int) {
		if pc == "" {
			return
		}
		s := until(moments, begun, to, pc)
		if s.Op == "" {
			// By itself it would not wake.
			if m := &moments[begun]; m.Options[m.Choice].Early {
				steps = append(steps, schedule.Step{PC: pc, Wake: true})
			}
		}
		steps = append(steps, s)
	}
	for i := range moments {
		m := &moments[i]
		next := schedule.PC(m.Options[m.Choice].Who)
		if !slices.Contains(pcs, next) || next == pc {
			continue
		}
		end(i)
		pc, begun = next, i
	}
	end(len(moments))
	return steps
}

// until makes a step of the moments from begun up to to, in which pc ran. It ends
// at the operation that pc came to do later.
func until(moments []Moment, begun, to int, pc string) schedule.Step {
	for i := to; i < len(moments); i++ {
		o, ready := find(moments[i].Options, pc)
		if !ready || o.Object == "" {
			continue
		}
		s := schedule.Step{PC: pc, Op: o.Op, Object: o.Object, Nth: 1}
		for j := begun; j < to; j++ {
			m := &moments[j]
			if o := &m.Options[m.Choice]; schedule.PC(o.Who) == pc && o.Op == s.Op && o.Object == s.Object {
				s.Nth++
			}
		}
		return s
	}
	return schedule.Step{PC: pc}
}

// find returns what a PC would do, and whether it can without being woken.
func find(options []schedule.Option, pc string) (schedule.Option, bool) {
	for i := range options {
		if o := &options[i]; !o.Early && schedule.PC(o.Who) == pc {
			return *o, true
		}
	}
	return schedule.Option{}, false
}

// Text prints steps, one a line.
func Text(steps []schedule.Step) string {
	var b []byte
	for _, s := range steps {
		b = fmt.Appendln(b, s)
	}
	return string(b)
}
