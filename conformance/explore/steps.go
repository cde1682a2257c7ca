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
// The steps say less than the choices, so whether they lead to the same end is
// for a run to tell.
func Steps(moments []Moment, pcs []string) []schedule.Step {
	var (
		steps []schedule.Step
		pc    string
		begun int
	)
	for i := range moments {
		m := &moments[i]
		o := &m.Options[m.Choice]
		next := schedule.PC(o.Who)
		if !slices.Contains(pcs, next) {
			continue
		}
		_, ready := find(m.Options, next)
		if next != pc {
			if pc != "" {
				steps = append(steps, until(moments[begun:i+1], pc))
			}
			pc, begun = next, i
		} else if !ready {
			// It slept and is woken: to run on by itself it would not do that.
			steps = append(steps, schedule.Step{PC: pc})
			begun = i
		}
		if !ready {
			steps = append(steps, schedule.Step{PC: pc, Wake: true})
		}
	}
	if pc != "" {
		steps = append(steps, schedule.Step{PC: pc})
	}
	return steps
}

// until makes a step of a segment; its last moment is the one at which another
// PC went on. What a replay counts are the moments at which the PC runs: those at
// which another host went first do not happen there.
func until(segment []Moment, pc string) schedule.Step {
	o, ready := find(segment[len(segment)-1].Options, pc)
	if !ready || o.Object == "" {
		return schedule.Step{PC: pc}
	}
	s := schedule.Step{PC: pc, Op: o.Op, Object: o.Object}
	for i := range segment {
		m := &segment[i]
		o := &m.Options[m.Choice]
		if i == len(segment)-1 || schedule.PC(o.Who) == pc && o.Op == s.Op && o.Object == s.Object {
			s.Nth++
		}
	}
	return s
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
