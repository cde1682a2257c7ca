package site

import (
	"fmt"
	"strings"
)

// canvas is a drawing in characters that grows as it is drawn on.
type canvas struct{ rows [][]byte }

func (c *canvas) put(x, y int, text string) {
	for len(c.rows) <= y {
		c.rows = append(c.rows, nil)
	}
	for len(c.rows[y]) < x+len(text) {
		c.rows[y] = append(c.rows[y], ' ')
	}
	copy(c.rows[y][x:], text)
}

func (c *canvas) column(x, from, to int) {
	for y := from; y <= to; y++ {
		c.put(x, y, "|")
	}
}

// box draws a box as the article does and returns the row below it.
func (c *canvas) box(x, y, width int, lines ...string) int {
	c.put(x+1, y, strings.Repeat("_", width-2))
	for i, line := range lines {
		c.put(x, y+1+i, fmt.Sprintf("| %-*s |", width-4, line))
	}
	y += len(lines) + 1
	c.put(x+1, y, strings.Repeat("-", width-2))
	return y + 1
}

func (c *canvas) bytes() []byte {
	var b strings.Builder
	for _, row := range c.rows {
		b.WriteString(strings.TrimRight(string(row), " "))
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

// arrow is a line between two things with the direction of the mail, left to
// right when it leaves the site.
func arrow(in, out bool, width int) string {
	head := "---"
	switch {
	case in && out:
		head = "<->"
	case in:
		head = "-<-"
	case out:
		head = "->-"
	}
	left := (width - len(head)) / 2
	return strings.Repeat("-", left) + head + strings.Repeat("-", width-left-len(head))
}

// boxesEach is how many downstream postoffices have a box each.
const boxesEach = 6

// drawText draws as Q132060 does: downstream postoffices, External, gateway
// postoffices, gateway PCs, smart host, from left to right, a part for each
// group.
func drawText(p *plan) []byte {
	var out []byte
	for i := range p.groups {
		if i > 0 {
			out = append(out, '\n')
		}
		out = append(out, p.groups[i].text(p)...)
	}
	out = append(out, '\n')
	for _, t := range p.transfer {
		out = append(out, fmt.Sprintf("External %s: %s%s\n", t.name, drivesText(t.drives), map[bool]string{false: "; leaves the mailer to others"}[t.mailer])...)
	}
	for _, ref := range p.alone {
		out = append(out, fmt.Sprintf("%s has no way to SMTP\n", ref)...)
	}
	for _, w := range p.warnings {
		out = append(out, fmt.Sprintf("!! %s\n", w)...)
	}
	return out
}

func drivesText(drives []DriveMap) string {
	var list []string
	for _, d := range drives {
		list = append(list, string(d.Letter)+" "+d.Postoffice)
	}
	return strings.Join(list, ", ")
}

func widest(words ...string) int {
	n := 0
	for _, w := range words {
		n = max(n, len(w))
	}
	return n
}

func (g *group) text(p *plan) []byte {
	c := &canvas{}
	const wire = 9 // between two columns
	// The columns.
	down := widest(append(g.downstream, "Downstream PO")...) + 4
	bar := down + wire
	if len(g.downstream) == 0 {
		down, bar = 0, 0
	}
	office, pc := widest("Gateway PO"), widest("SMTP Gateway")
	host := widest("Smart Host")
	for i := range g.gateways {
		v := &g.gateways[i]
		office = max(office, len(v.ref))
		host = widest(strings.Repeat(" ", host), v.host, p.hostText(v.host))
		for _, x := range v.pcs {
			pc = widest(strings.Repeat(" ", pc), x.name, x.ip)
		}
	}
	office, pc, host = office+4, pc+4, host+4
	atOffice := bar + 1 + wire
	atPC := atOffice + office + wire
	atHost := atPC + pc + wire

	first, last := -1, 0 // rows where something meets External
	meet := func(y int) {
		if first < 0 {
			first = y
		}
		first, last = min(first, y), max(last, y)
	}
	y := 0
	switch n := len(g.downstream); {
	case n == 0:
	case n > boxesEach:
		lines := append([]string{fmt.Sprint(n, " downstream")}, g.downstream...)
		c.box(0, 0, down, lines...)
		c.put(down, 2, arrow(true, true, wire))
		meet(2)
	default:
		for _, ref := range g.downstream {
			c.put(down, y+2, arrow(true, true, wire))
			meet(y + 2)
			y = c.box(0, y, down, "Downstream PO", ref)
		}
	}
	y = 0
	hostRows := map[string][2]int{} // by IP: row of the box's foot, row of the last line to it
	var hosts []string
	for i := range g.gateways {
		v := &g.gateways[i]
		top := y
		c.box(atOffice, y, office, "Gateway PO", v.ref)
		if bar > 0 {
			c.put(bar+1, y+2, arrow(v.in, v.out, wire))
			meet(y + 2)
		}
		for j, x := range v.pcs {
			at := y + 2
			c.box(atPC, y, pc, "SMTP Gateway", x.name, direction(x.in, x.out), x.ip)
			c.put(atOffice+office, at, arrow(x.in, x.out, wire))
			if j > 0 { // the same postoffice once more
				c.column(atOffice+office, top+3, at-1)
				c.put(atOffice+office, at, "+")
			}
			c.put(atPC+pc, at, arrow(x.in, x.out, wire))
			if rows, known := hostRows[v.host]; known {
				c.put(atHost, at, "--+")
				hostRows[v.host] = [2]int{rows[0], at}
			} else {
				hosts = append(hosts, v.host)
				foot := c.box(atHost, y, host, "Smart Host", p.hostText(v.host), v.host)
				hostRows[v.host] = [2]int{foot, at}
			}
			y += 7
		}
		if len(v.pcs) == 0 {
			c.put(atOffice+office, y+2, "   (no gateway PC)")
			y += 5
		}
	}
	for _, ip := range hosts {
		if rows := hostRows[ip]; rows[1] > rows[0] {
			c.column(atHost+2, rows[0], rows[1]-1)
		}
	}
	if bar > 0 && first >= 0 {
		c.column(bar, first, last)
		c.put(max(bar-4, 0), last+1, "External")
	}
	return c.bytes()
}
