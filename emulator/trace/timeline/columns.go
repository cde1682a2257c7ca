package timeline

import (
	"bufio"
	"io"
	"strings"
)

const (
	textRows  = 1000
	textSlots = 4
	textWidth = 56 // characters of a column at most
)

// Text draws the run as columns of text, one for each PC, time downwards. A
// bar | in front of a column is a file held open.
func (t *Timeline) Text(w io.Writer) error {
	v := t.view(textRows, true)
	b := bufio.NewWriter(w)
	b.WriteString(plain(t.o.Title) + "\n" + t.summary(v) + "\n")
	for _, n := range t.notes {
		b.WriteString("note: " + n + "\n")
	}
	t.textCycle(b)
	b.WriteString("\n")

	bars := v.bars(textSlots)
	slots, wide := map[*lane]int{}, map[*lane]int{}
	for _, l := range v.lanes {
		wide[l] = max(width(plain(l.name)), 12)
	}
	for _, x := range bars {
		slots[x.lane] = max(slots[x.lane], x.slot+1)
	}
	for i := range v.rows {
		if r := &v.rows[i]; r.x != nil && r.x.Op != "prompt" {
			wide[r.x.lane] = max(wide[r.x.lane], min(width(r.words()), textWidth))
		}
	}
	put := func(time string, cell func(l *lane) (bars, text string)) {
		var line strings.Builder
		line.WriteString(time)
		pad(&line, 12)
		at := 12
		for _, l := range v.lanes {
			x, text := cell(l)
			line.WriteString("  " + x)
			at += 2 + slots[l]
			if slots[l] > 0 {
				pad(&line, at)
				line.WriteByte(' ')
				at++
			}
			line.WriteString(cut(text, wide[l]))
			at += wide[l]
			pad(&line, at)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	put(t.timeHead(), func(l *lane) (string, string) { return "", plain(l.name) })
	put(strings.Repeat("-", 12), func(l *lane) (string, string) {
		return strings.Repeat("-", slots[l]), strings.Repeat("-", wide[l])
	})
	live := bars
	for i := range v.rows {
		r := &v.rows[i]
		if r.left > 0 {
			b.WriteString("  ... " + t.leftWords(r) + "\n")
		}
		if r.x == nil {
			b.WriteString(t.clock(r.time) + "  *** " + r.mark + "\n")
			continue
		}
		for len(live) > 0 && live[0].end < i {
			live = live[1:]
		}
		put(t.clock(r.time), func(l *lane) (string, string) {
			var x [textSlots]byte
			for s := range x {
				x[s] = ' '
			}
			for j := range live {
				if y := &live[j]; y.begin > i {
					break
				} else if y.lane == l && y.end >= i {
					x[y.slot] = '|'
				}
			}
			text := ""
			if r.x.lane == l {
				text = r.words()
				if r.x.Op == "prompt" {
					text = plain(r.x.program + " WAITS") // and all about it in the next line
				}
			}
			return strings.TrimRight(string(x[:slots[l]]), " "), text
		})
		if r.x.Op == "prompt" {
			b.WriteString(t.clock(r.time) + "  *** " + plain(r.x.wait.PC) + "/" + waitWords(r.x.wait) + t.heldSince(r.x.wait) + "\n")
		}
	}
	return b.Flush()
}

func pad(b *strings.Builder, to int) {
	for n := to - width(b.String()); n > 0; n-- {
		b.WriteByte(' ')
	}
}

func (t *Timeline) leftWords(r *row) string {
	return number(r.left) + " events left out (" + t.clock(r.from) + " to " + t.clock(max(r.time, r.from)) + ")"
}

// textCycle names the wait cycle.
func (t *Timeline) textCycle(b *bufio.Writer) {
	c := t.cycle()
	if c == nil {
		return
	}
	b.WriteString("wait cycle since " + t.clock(c.At) + t.cycleEnd(c) + ": " + ring(c.Edges) + "\n")
	for _, e := range c.Edges {
		b.WriteString("  " + e.String() + " since " + t.clock(e.HeldSince) + "; waits since " + t.clock(e.Since) + "\n")
	}
	if n := len(t.cycles); n > 1 {
		b.WriteString("  " + number(uint64(n-1)) + " more in this run\n")
	}
}

func (t *Timeline) heldSince(w *Wait) string {
	if w.holder == nil {
		return ""
	}
	return " since " + t.clock(w.holder.From)
}

func (t *Timeline) cycleEnd(c *Cycle) string {
	if c.last == 0 {
		return " to the end"
	}
	return " until " + t.clock(c.Until)
}
