package capacity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gwkit/emulator/site"
)

// Edit is one thing to change in a site file.
type Edit struct {
	File string   `json:"file"`
	Line int      `json:"line"` // that is changed, or after which lines are added; 0: unknown
	What string   `json:"what"` // change, add, remove
	Path string   `json:"path"` // pcs[0].run
	Old  string   `json:"old"`
	New  []string `json:"new"` // lines of the site file
}

// edits lists what makes one site the other, which is complete: its positions
// are those of its printed form.
func edits(from, to *site.Site) (list []Edit) {
	text := strings.Split(strings.TrimRight(string(to.Marshal()), "\n"), "\n")
	e := &editor{from: from, to: to, text: text}
	for i := range to.Postoffices {
		p := &to.Postoffices[i]
		k := slices.IndexFunc(from.Postoffices, func(x site.Postoffice) bool { return strings.EqualFold(x.Ref(), p.Ref()) })
		if k < 0 {
			e.add("postoffices", len(from.Postoffices), i)
			continue
		}
		old, path := &from.Postoffices[k], fmt.Sprintf("postoffices[%d]", k)
		e.scalar(path+".gateway", old.Gateway, p.Gateway)
		e.scalar(path+".via", old.Via, p.Via)
	}
	for i := range to.PCs {
		p := &to.PCs[i]
		k := slices.IndexFunc(from.PCs, func(x site.PC) bool { return strings.EqualFold(x.Name, p.Name) })
		if k < 0 {
			// Behind the PC that it stands behind in the new file.
			after := len(from.PCs)
			for n := i - 1; n >= 0; n-- {
				if x := slices.IndexFunc(from.PCs, func(x site.PC) bool { return strings.EqualFold(x.Name, to.PCs[n].Name) }); x >= 0 {
					after = x + 1
					break
				}
			}
			e.add("pcs", after, i)
			continue
		}
		old, path := &from.PCs[k], fmt.Sprintf("pcs[%d]", k)
		e.lines(path+".drives", fmt.Sprint(drivesText(old)), fmt.Sprint(drivesText(p)), fmt.Sprintf("pcs[%d].drives", i))
		e.lines(path+".local", strings.Join(old.Local, ", "), strings.Join(p.Local, ", "), fmt.Sprintf("pcs[%d].local", i))
		e.scalar(path+".run", old.Run, p.Run)
	}
	for i := range to.SMTP {
		c := &to.SMTP[i]
		old := from.Gateway(c.Postoffice)
		key := "smtp." + c.Postoffice
		if old == nil {
			e.block(lastLine(from, "smtp."), key, e.section(to.Where(key).Line))
			continue
		}
		e.mappings(key, old.Map, c.Map)
	}
	for i := range from.SMTP {
		if c := &from.SMTP[i]; to.Gateway(c.Postoffice) == nil {
			e.list = append(e.list, Edit{from.Name, from.Where("smtp." + c.Postoffice).Line, "remove", "smtp." + c.Postoffice, c.Postoffice, []string{}})
		}
	}
	for i := range to.SmartHosts {
		if i >= len(from.SmartHosts) {
			break
		}
		for _, r := range to.SmartHosts[i].Routes {
			path := fmt.Sprintf("smartHosts[%d].routes", i)
			k := slices.IndexFunc(from.SmartHosts[i].Routes, func(x site.Route) bool { return strings.EqualFold(x.Domain, r.Domain) })
			line := "      " + r.Domain + ": " + r.To
			switch {
			case k < 0:
				e.list = append(e.list, Edit{from.Name, lastLine(from, path), "add", path + "." + r.Domain, "", []string{line}})
			case from.SmartHosts[i].Routes[k].To != r.To:
				e.list = append(e.list, Edit{from.Name, from.Where(path + "." + r.Domain).Line, "change", path + "." + r.Domain, from.SmartHosts[i].Routes[k].To, []string{line}})
			}
		}
	}
	slices.SortStableFunc(e.list, func(a, b Edit) int { return cmp.Compare(a.Line, b.Line) })
	return e.list
}

type editor struct {
	from, to *site.Site
	text     []string
	list     []Edit
}

// mappings are the entries of an address map that go and come. Those that stay
// keep their order, which matters. Q111840
func (e *editor) mappings(key string, old, now []site.Mapping) {
	for i, m := range old {
		if !slices.Contains(now, m) {
			path := fmt.Sprintf("%s.map[%d]", key, i)
			e.list = append(e.list, Edit{e.from.Name, e.from.Where(path).Line, "remove", path, m.Postoffice + " " + m.Domain, []string{}})
		}
	}
	var lines []string
	for _, m := range now {
		if !slices.Contains(old, m) {
			lines = append(lines, fmt.Sprintf("      - {postoffice: %s, domain: %s}", m.Postoffice, m.Domain))
		}
	}
	if lines != nil {
		e.block(lastLine(e.from, key+".map"), key+".map", lines)
	}
}

// scalar is a value that is another one.
func (e *editor) scalar(path, old, now string) {
	if old == now {
		return
	}
	what, line := "change", e.from.Where(path).Line
	lines := []string{strings.Repeat(" ", 4) + path[strings.LastIndexByte(path, '.')+1:] + ": " + quote(now)}
	switch {
	case now == "":
		what, lines = "remove", []string{}
	case old == "":
		what, line = "add", lastLine(e.from, path[:strings.LastIndexByte(path, '.')])
	}
	e.list = append(e.list, Edit{e.from.Name, line, what, path, old, lines})
}

// quote is a value in a site file.
func quote(text string) string {
	if strings.Contains(text, "  ") || strings.ContainsAny(text, `:#'"{}[]`) {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return text
}

// lines is a value of one or more lines, taken from the printed form.
func (e *editor) lines(path, old, now, newPath string) {
	if old == now {
		return
	}
	lines := e.section(e.to.Where(newPath).Line)
	e.list = append(e.list, Edit{e.from.Name, e.from.Where(path).Line, "change", path, old, lines})
}

// add is a new entry of a list.
func (e *editor) add(key string, after, i int) {
	e.block(lastLine(e.from, fmt.Sprintf("%s[%d]", key, after-1)), fmt.Sprintf("%s[%d]", key, i), e.section(e.to.Where(fmt.Sprintf("%s[%d]", key, i)).Line))
}

func (e *editor) block(line int, path string, lines []string) {
	e.list = append(e.list, Edit{e.from.Name, line, "add", path, "", lines})
}

// section are the lines that begin at one and are further in.
func (e *editor) section(line int) []string {
	if line < 1 || line > len(e.text) {
		return []string{}
	}
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	out := []string{e.text[line-1]}
	for _, text := range e.text[line:] {
		if indent(text) <= indent(out[0]) {
			break
		}
		out = append(out, text)
	}
	for i, text := range out { // without the explanations of the printed form
		if k := strings.Index(text, " #"); k >= 0 {
			out[i] = strings.TrimRight(text[:k], " ")
		}
	}
	return out
}

// lastLine is the last line of what a path names; 0 when nothing is there.
func lastLine(s *site.Site, path string) int {
	line := 0
	for p, at := range s.Positions {
		if strings.HasPrefix(p, path) {
			line = max(line, at.Line)
		}
	}
	return line
}

func drivesText(p *site.PC) string {
	var words []string
	for _, d := range p.Drives {
		words = append(words, string(rune(d.Letter))+": "+d.Postoffice)
	}
	return strings.Join(words, ", ")
}
