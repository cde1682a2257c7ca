package invariant

// A prompt goes away only by a key or a reboot. Q136041
var noPromptForever = Invariant{
	Name:     "no_prompt_forever",
	Sentence: "No PC waits at a prompt for ever.",
	Article:  "Q136041",
	check: func(c *Checker, h *History, r *Result) {
		r.Verdict = Pass
		if len(h.PCs) == 0 {
			r.unknown("the state of the PCs is not known")
		}
		// A circle of waits is for ever whatever ended the run.
		c.cycles(h, func(first int) {
			r.broken(OfDeadlock, -1, func() string { return "deadlock: " + c.round(h, first) })
		})
		for i := range h.PCs {
			p := &h.PCs[i]
			switch {
			case p.Phase != PhasePrompt || c.onCircle(i):
			case !h.Healed && !h.ended() && !c.behindCircle(i):
				if r.Verdict != Fail {
					r.unknown("a PC is at a prompt, but the run ended by a budget")
				}
			default:
				r.broken(p.waits(), -1, func() string { return p.waits() + ": " + plain(p.Prompt) })
			}
		}
	},
}

// OfDeadlock is the signature of the prompts of a circle, which no_deadlock
// describes.
const OfDeadlock = "deadlock"

// waits says what a PC at a prompt waits for.
func (p *PC) waits() string {
	if p.WaitsFor == "" {
		return plain(p.Name+"/"+p.Program) + " waits at " + numberless(p.Prompt)
	}
	w := Wait{PC: p.Name, Program: p.Program, File: p.WaitsFor, HeldBy: p.HeldBy}
	return w.sentence()
}

// onCircle reports what the search for cycles has found of a PC.
func (c *Checker) onCircle(i int) bool { return i < len(c.next) && c.next[i] == visited }

// behindCircle reports whether a PC waits for one of a circle, be it through
// others.
func (c *Checker) behindCircle(i int) bool {
	for range c.next {
		if i = int(c.next[i]); i < 0 {
			return false
		}
		if c.onCircle(i) {
			return true
		}
	}
	return false
}

// round names the PCs of a circle.
func (c *Checker) round(h *History, first int) string {
	s := ""
	for i := first; i >= 0; {
		s += plain(h.PCs[i].Name) + " waits for "
		if i = int(h.holder(&h.PCs[i])); i == first {
			break
		}
	}
	return s + plain(h.PCs[first].Name)
}
