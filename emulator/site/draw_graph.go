package site

import (
	"fmt"
	"strings"
)

// graph gives the things of a plan short names that every language takes.
type graph struct {
	*plan
	ids map[string]string // "po COMPANY/HUB" -> "p1"
	b   strings.Builder
}

func newGraph(p *plan) *graph {
	g := &graph{plan: p, ids: map[string]string{}}
	for i := range p.site.Postoffices {
		g.ids["po "+strings.ToUpper(p.site.Postoffices[i].Ref())] = fmt.Sprint("p", i+1)
	}
	for i := range p.site.PCs {
		g.ids["pc "+p.site.PCs[i].Name] = fmt.Sprint("c", i+1)
	}
	for i := range p.hosts {
		g.ids["host "+p.hosts[i].IP] = fmt.Sprint("h", i+1)
	}
	return g
}

func (g *graph) po(ref string) string  { return g.ids["po "+strings.ToUpper(ref)] }
func (g *graph) pc(name string) string { return g.ids["pc "+name] }
func (g *graph) host(ip string) string { return g.ids["host "+ip] }

func (g *graph) line(format string, args ...any) {
	fmt.Fprintf(&g.b, format, args...)
	g.b.WriteByte('\n')
}

// transferText is what the label of an EXTERNAL PC says below its name.
func (t *transferView) text() string {
	if t.mailer {
		return "transfer and mailer"
	}
	return "transfer only"
}

// drawMermaid writes a flowchart. A plan holds no quotes, brackets or line
// ends: Parse takes no such name.
func drawMermaid(p *plan) []byte {
	g := newGraph(p)
	g.line("flowchart LR")
	for i := range p.groups {
		x := &p.groups[i]
		g.line("  subgraph g%d[\"group %d\"]", i+1, i+1)
		for _, ref := range x.downstream {
			g.line("    %s[(\"Downstream PO<br>%s\")]", g.po(ref), ref)
		}
		for j := range x.gateways {
			v := &x.gateways[j]
			class := ""
			if len(v.pcs) > 1 {
				class = ":::wrong"
			}
			g.line("    %s[(\"Gateway PO<br>%s\")]%s", g.po(v.ref), v.ref, class)
			for _, c := range v.pcs {
				g.line("    %s[\"%s<br>%s<br>%s<br>on %s\"]%s", g.pc(c.name), c.name, direction(c.in, c.out), c.ip, v.ref, class)
			}
		}
		g.line("  end")
	}
	for _, ref := range p.alone {
		g.line("  %s[(\"%s<br>no way to SMTP\")]", g.po(ref), ref)
	}
	for i := range p.transfer {
		t := &p.transfer[i]
		g.line("  %s{{\"External %s<br>%s\"}}", g.pc(t.name), t.name, t.text())
	}
	for i := range p.hosts {
		g.line("  %s([\"Smart Host<br>%s<br>%s\"])", g.host(p.hosts[i].IP), p.hosts[i].Name, p.hosts[i].IP)
	}
	g.edges(func(from, to string, in, out bool) {
		switch {
		case in && out:
			g.line("  %s <--> %s", from, to)
		case in:
			g.line("  %s --> %s", to, from)
		case out:
			g.line("  %s --> %s", from, to)
		default:
			g.line("  %s -.- %s", from, to)
		}
	})
	for i, w := range p.warnings {
		g.line("  w%d[\"%s\"]:::wrong", i+1, w)
	}
	if len(p.warnings) > 0 {
		g.line("  classDef wrong stroke:#c00,stroke-width:3px,color:#c00")
	}
	return []byte(g.b.String())
}

// drawDot writes a graph for Graphviz.
func drawDot(p *plan) []byte {
	g := newGraph(p)
	g.line("digraph site {")
	g.line("  rankdir=LR;")
	g.line("  node [shape=box];")
	node := func(indent, id, attributes string, label ...string) {
		if attributes != "" {
			attributes = ", " + attributes
		}
		g.line("%s%s [label=\"%s\"%s];", indent, id, strings.Join(label, `\n`), attributes)
	}
	const wrong = "color=red, fontcolor=red, penwidth=3"
	for i := range p.groups {
		x := &p.groups[i]
		g.line("  subgraph cluster%d {", i+1)
		g.line("    label=\"group %d\";", i+1)
		for _, ref := range x.downstream {
			node("    ", g.po(ref), "shape=cylinder", "Downstream PO", ref)
		}
		for j := range x.gateways {
			v := &x.gateways[j]
			look, box := "shape=cylinder", ""
			if len(v.pcs) > 1 {
				look, box = "shape=cylinder, "+wrong, wrong
			}
			node("    ", g.po(v.ref), look, "Gateway PO", v.ref)
			for _, c := range v.pcs {
				node("    ", g.pc(c.name), box, c.name, direction(c.in, c.out), c.ip, "on "+v.ref)
			}
		}
		g.line("  }")
	}
	for _, ref := range p.alone {
		node("  ", g.po(ref), "shape=cylinder", ref, "no way to SMTP")
	}
	for i := range p.transfer {
		t := &p.transfer[i]
		node("  ", g.pc(t.name), "shape=hexagon", "External "+t.name, t.text())
	}
	for i := range p.hosts {
		node("  ", g.host(p.hosts[i].IP), "shape=ellipse", "Smart Host", p.hosts[i].Name, p.hosts[i].IP)
	}
	g.edges(func(from, to string, in, out bool) {
		dir := "none"
		switch {
		case in && out:
			dir = "both"
		case in:
			dir = "back"
		case out:
			dir = "forward"
		}
		g.line("  %s -> %s [dir=%s];", from, to, dir)
	})
	for i, w := range p.warnings {
		node("  ", fmt.Sprint("w", i+1), "shape=note, "+wrong, w)
	}
	g.line("}")
	return []byte(g.b.String())
}

// edges goes over all lines of the drawing: postoffice and External PC,
// postoffice and gateway PC, gateway PC and smart host.
func (g *graph) edges(line func(from, to string, in, out bool)) {
	direct := map[string]*gatewayView{}
	for i := range g.groups {
		for j := range g.groups[i].gateways {
			v := &g.groups[i].gateways[j]
			direct[g.po(v.ref)] = v
		}
	}
	for i := range g.transfer {
		t := &g.transfer[i]
		for _, d := range t.drives {
			po := g.po(d.Postoffice)
			if v := direct[po]; v != nil {
				line(g.pc(t.name), po, v.in, v.out)
			} else {
				line(po, g.pc(t.name), true, true)
			}
		}
	}
	for i := range g.groups {
		for j := range g.groups[i].gateways {
			v := &g.groups[i].gateways[j]
			for _, c := range v.pcs {
				line(g.po(v.ref), g.pc(c.name), c.in, c.out)
				if host := g.host(v.host); host != "" {
					line(g.pc(c.name), host, c.in, c.out)
				}
			}
		}
	}
}
