package invariant

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gwkit/emulator/trace"
)

// columnsMax is the width of an explanation.
const columnsMax = 100

// Explain describes how a run came to a halt: the PCs that wait and for whom,
// the mail that is pending, and the last operations of each PC. Lines end in
// LF, have at most 100 columns and no control characters. last is how many
// operations of each PC are shown; since when somebody waits is a time, or the
// step of an explored run, which the lines of the last operations begin with.
func Explain(h *History, last int) string {
	var b strings.Builder
	start := h.Start
	if start == 0 && len(h.Events) > 0 {
		start = h.Events[0].Time
	}
	clock := func(ns int64, step uint64) string {
		switch {
		case h.Untimed && step != 0:
			return fmt.Sprint("step ", step)
		case h.Untimed || ns == 0:
			return "-"
		}
		return string(trace.Clock(nil, ns-start))
	}
	c := h.checker()
	shown := map[string]bool{}
	c.cycles(h, func(first int) {
		title := "each waits for a file that the next holds:"
		cycle := c.cycle(h, first)
		if len(cycle) == 1 {
			title = "waits for a file that it holds itself:"
		}
		table(&b, title, cycle, clock)
		for i := range cycle {
			shown[cycle[i].PC] = true
		}
	})
	var others []Wait
	for i := range h.PCs {
		if p := &h.PCs[i]; p.Phase == PhasePrompt && !shown[p.Name] {
			w := c.wait(h, p)
			if w.File == "" {
				w.File = p.Prompt
			}
			others = append(others, w)
		}
	}
	if len(others) > 0 {
		table(&b, "at a prompt:", others, clock)
	}
	if len(h.Pending) > 0 {
		line(&b, "pending:")
		for _, p := range h.Pending {
			line(&b, "  "+plain(p))
		}
	}
	for i := range h.PCs {
		lastOf(&b, h, h.PCs[i].Name, last, start)
	}
	return b.String()
}

// line writes one line, cut to the width.
func line(b *strings.Builder, s string) {
	b.WriteString(cut(strings.TrimRight(s, " "), columnsMax))
	b.WriteByte('\n')
}

// cut shortens s to at most n columns and shows that it did.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n-3]) + "..."
}

// table writes waits in columns.
func table(b *strings.Builder, title string, waits []Wait, clock func(ns int64, step uint64) string) {
	line(b, title)
	rows := [][]string{{"PC", "program", "operation", "file", "held by", "held since", "waits since"}}
	for i := range waits {
		w := &waits[i]
		by := plain(w.HeldBy)
		if by == "" {
			by = "nobody"
		}
		rows = append(rows, []string{plain(w.PC), plain(w.Program), plain(w.Op), plain(w.File), by, clock(w.HeldSince, w.HeldStep), clock(w.Since, w.Step)})
	}
	// The widest columns give way until the table fits.
	width := make([]int, len(rows[0]))
	total := 0
	for i := range width {
		for _, r := range rows {
			width[i] = min(max(width[i], utf8.RuneCountInString(r[i])), columnsMax)
		}
		total += 2 + width[i]
	}
	for ; total > columnsMax; total-- {
		widest := 0
		for i := range width {
			if width[i] > width[widest] {
				widest = i
			}
		}
		width[widest]--
	}
	for _, r := range rows {
		s := ""
		for i := range r {
			cell := cut(r[i], width[i])
			s += "  " + cell + strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
		}
		line(b, s)
	}
}

// lastOf writes the last operations of a PC.
func lastOf(b *strings.Builder, h *History, pc string, n int, start int64) {
	var at []int
	for i := len(h.Events) - 1; i >= 0 && len(at) < n; i-- {
		if pcOf(h.Events[i].Who) == pc {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return
	}
	line(b, "last operations of "+plain(pc)+":")
	for i := len(at) - 1; i >= 0; i-- {
		e := h.Events[at[i]]
		e.Who, e.Op, e.Object, e.Result = plain(e.Who), plain(e.Op), plain(e.Object), plain(e.Result)
		line(b, "  "+string(trace.AppendText(nil, &e, start)))
	}
}
