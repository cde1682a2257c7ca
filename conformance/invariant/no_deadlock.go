package invariant

import "strings"

// Two PCs that each wait for a file of the other go on only when somebody
// reboots both. Q132060
var noDeadlock = Invariant{
	Name:     "no_deadlock",
	Sentence: "No PCs wait at prompts in a circle, each for a file that the next holds.",
	Article:  "Q132060",
	check: func(c *Checker, h *History, r *Result) {
		r.Verdict = Pass
		if len(h.PCs) == 0 {
			r.unknown("the state of the PCs is not known")
		}
		c.cycles(h, func(first int) {
			cycle := c.cycle(h, first)
			var b strings.Builder
			for i := range cycle {
				if i > 0 {
					b.WriteString("; ")
				}
				b.WriteString(cycle[i].sentence())
			}
			r.broken(b.String(), -1, b.String).Cycle = cycle
		})
	},
}

// sentence is one part of a signature.
func (w *Wait) sentence() string {
	s := plain(w.PC+"/"+w.Program) + " waits for " + plain(shortName(w.File))
	if w.HeldBy != "" {
		s += " of " + plain(w.HeldBy)
	}
	return s
}

// shortName is FROM_NC.API for a message part, else the path without drive.
func shortName(file string) string {
	if name := inSMTP(file); name != "" {
		return strings.ToUpper(name)
	}
	if len(file) > 2 && file[1] == ':' {
		return file[2:]
	}
	return file
}

// holder returns the index of the PC that keeps p at its prompt, or goesOn.
func (h *History) holder(p *PC) int32 {
	if p.Phase != PhasePrompt || p.WaitsFor == "" || p.HeldBy == "" {
		return goesOn
	}
	name := pcOf(p.HeldBy)
	for i := range h.PCs {
		if h.PCs[i].Name == name {
			return int32(i)
		}
	}
	return goesOn
}

// Marks of the search for cycles, beside the indices of PCs.
const (
	goesOn  = -1 // waits for no PC
	visited = -2 // on a circle that was found
)

// cycles calls found for each circle of waits with the index of one of its
// PCs, the first by name.
func (c *Checker) cycles(h *History, found func(first int)) {
	c.next = c.next[:0]
	waits := false
	for i := range h.PCs {
		n := h.holder(&h.PCs[i])
		c.next = append(c.next, n)
		waits = waits || n >= 0
	}
	if !waits {
		return
	}
	// Each PC waits for at most one other, so from a PC on a circle the way
	// leads back to it within as many steps as there are PCs.
	for i := range c.next {
		j, first := int32(i), i
		for n := 0; n < len(c.next); n++ {
			if j = c.next[j]; j < 0 || int(j) == i {
				break
			}
			if h.PCs[j].Name < h.PCs[first].Name {
				first = int(j)
			}
		}
		if int(j) != i {
			continue
		}
		found(first)
		for j = int32(i); j >= 0; {
			c.next[j], j = visited, c.next[j]
		}
	}
}

// cycle lists the waits of the circle that a PC is on.
func (c *Checker) cycle(h *History, first int) []Wait {
	var out []Wait
	for i := first; ; {
		out = append(out, c.wait(h, &h.PCs[i]))
		if i = int(h.holder(&h.PCs[i])); i == first || i < 0 {
			return out
		}
	}
}

// wait describes a PC at a prompt.
func (c *Checker) wait(h *History, p *PC) Wait {
	w := Wait{PC: p.Name, Program: p.Program, Op: p.Op, File: p.WaitsFor, HeldBy: p.HeldBy, Since: p.Since}
	if w.Op == "" {
		w.Op = "read"
		if strings.Contains(p.Prompt, " writing drive ") {
			w.Op = "write"
		}
	}
	w.HeldSince, w.HeldStep = c.heldSince(h, p)
	for i := len(h.Events) - 1; i >= 0; i-- {
		if e := &h.Events[i]; e.Op == "prompt" && pcOf(e.Who) == p.Name {
			w.Step = e.Step
			break
		}
	}
	return w
}

// heldSince looks for the open that is in a PC's way, 0 when nothing tells.
func (c *Checker) heldSince(h *History, p *PC) (since int64, step uint64) {
	if p.HeldBy == "" || len(p.WaitsFor) < 3 {
		return 0, 0
	}
	at := volumeName(h.Volume, p.Name, p.WaitsFor[0]&^0x20)
	for _, o := range h.Holds() {
		if o.Who == p.HeldBy && o.Volume == at && strings.EqualFold(o.Path, p.WaitsFor[2:]) {
			return o.Since, h.Events[o.Event].Step
		}
	}
	// Without events there is what the pass over them has kept.
	n := partOf(inSMTP(p.WaitsFor))
	v, ok := c.volByID[at]
	if !ok || n == notAPart || n >= len(c.vols[v].parts) {
		return 0, 0
	}
	for _, o := range c.vols[v].parts[n].open {
		if c.whos[o.who].name == p.HeldBy {
			return o.since, 0
		}
	}
	return 0, 0
}
