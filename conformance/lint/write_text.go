package lint

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Most that the text shows of a thing that can be long.
const (
	groupsMax = 12 // inputs that were missing
	idsMax    = 6  // rules of one
	unreadMax = 10
)

// writeText writes the findings by file, then what was not judged and what
// would make it so, then the totals.
func writeText(w io.Writer, name string, r *Report) {
	file := ""
	told := map[*Rule]bool{} // whose remedy stands above, in this file
	for i, f := range r.Findings {
		if i == 0 || f.Place.File != file {
			if i > 0 {
				fmt.Fprintln(w)
			}
			file = f.Place.File
			clear(told)
			fmt.Fprintln(w, printable(file))
		}
		fmt.Fprintf(w, "  %-9s %-7s %-20s %s\n", f.Place.within(), f.Severity, f.Rule.ID, printable(f.Message))
		if !told[f.Rule] || f.Remedy != f.Rule.Remedy {
			fmt.Fprintf(w, "  %-9s %s: %s\n", "", strings.Join(f.Rule.Articles, " "), printable(f.Remedy))
		}
		told[f.Rule] = true
	}
	switch {
	case r.Nothing():
		fmt.Fprintf(w, "%s: nothing was judged: there is no postoffice, PC or log in it, or none that a rule had enough of\n", printable(name))
	case len(r.Findings) == 0:
		fmt.Fprintf(w, "%s: no findings\n", printable(name))
	}
	r.writeMissing(w)
	for _, o := range r.Off {
		fmt.Fprintf(w, "turned off: %s (%s)\n", o.Rule.ID, printable(o.Reason))
	}
	for i, m := range r.Unread {
		if i == 0 {
			fmt.Fprintln(w, "\ncannot be read:")
		}
		if i == unreadMax {
			fmt.Fprintf(w, "  and %d more\n", len(r.Unread)-i)
			break
		}
		fmt.Fprintf(w, "  %s: %s\n", printable(m.At.File), printable(m.Message))
	}
	fmt.Fprintf(w, "\n%s\n", r.Summary())
}

// Nothing reports whether no rule could judge, which is not the same as no
// findings.
func (r *Report) Nothing() bool {
	return len(r.Judged) == 0 && len(r.NoSubject) == 0 && len(r.NotJudged) > 0
}

// within returns the place inside a file.
func (p Place) within() string {
	switch {
	case p.InRecord:
		return fmt.Sprintf("+%#x", p.Offset)
	case p.Line > 0 && p.Column > 0:
		return fmt.Sprintf("%d:%d", p.Line, p.Column)
	case p.Line > 0:
		return fmt.Sprint(p.Line)
	}
	return "-"
}

// writeMissing groups what was not judged by what was missing: those things
// first that would let most rules judge.
func (r *Report) writeMissing(w io.Writer) {
	if len(r.NotJudged) == 0 {
		return
	}
	groups := groupMissing(r.NotJudged)
	fmt.Fprintf(w, "\nnot judged, or in part only: %s, for want of\n", count(len(r.lacking()), "rule"))
	for i, g := range groups {
		if i == groupsMax {
			fmt.Fprintf(w, "  and %s more; --format json lists all\n", count(len(groups)-i, "thing"))
			break
		}
		ids, more := g.rules, ""
		if len(ids) > idsMax {
			ids, more = ids[:idsMax], fmt.Sprintf(" and %d more", len(g.rules)-idsMax)
		}
		fmt.Fprintf(w, "  %s: %s%s\n", printable(g.text()), strings.Join(ids, " "), more)
	}
	fmt.Fprintln(w, "words in parentheses are keys of a deployment file: gwcheck init, gwcheck doc --deploy")
}

// Missing is what several rules lacked.
type Missing struct {
	Text  string // "EXTERNAL.INI of MTA1 and 2 more"; keys of a deployment file in parentheses
	Rules []string
}

// Missing returns what was not judged by what was missing: those things first
// that would let most rules judge.
func (r *Report) Missing() []Missing {
	var list []Missing
	for _, g := range groupMissing(r.NotJudged) {
		list = append(list, Missing{g.text(), g.rules})
	}
	return list
}

// missingGroup is one input that several rules lacked, of one subject or more.
type missingGroup struct {
	before, subject, after string // "the users of ", "COMPANY/HUB", " (users)"
	subjects               int
	rules                  []string
}

func (g *missingGroup) text() string {
	others := ""
	if g.subjects > 1 {
		others = fmt.Sprintf(" and %d more", g.subjects-1)
	}
	return g.before + g.subject + others + g.after
}

// groupMissing brings together what the same rules lacked of several
// computers or postoffices.
func groupMissing(list []NotJudged) []*missingGroup {
	byText := map[string]*missingGroup{}
	var single []*missingGroup
	for _, n := range list {
		g := byText[n.Missing]
		if g == nil {
			g = &missingGroup{subjects: 1}
			g.before, g.subject, g.after = cutSubject(n.Missing)
			byText[n.Missing] = g
			single = append(single, g)
		}
		g.rules = append(g.rules, n.Rule.ID)
	}
	var groups []*missingGroup
	alike := map[string]*missingGroup{}
	for _, g := range single {
		key := g.before + "\x00" + g.after + "\x00" + strings.Join(g.rules, " ")
		if first := alike[key]; first != nil && g.subject != "" {
			first.subjects++
			continue
		}
		alike[key] = g
		groups = append(groups, g)
	}
	slices.SortStableFunc(groups, func(a, b *missingGroup) int {
		return cmp.Or(cmp.Compare(len(b.rules), len(a.rules)), cmp.Compare(a.before, b.before))
	})
	return groups
}

// cutSubject finds whose an input is: the name behind the first " of " that
// has one, which begins with a capital letter as those of computers and
// postoffices do.
func cutSubject(text string) (before, subject, after string) {
	for from := 0; ; {
		i := strings.Index(text[from:], " of ")
		if i < 0 {
			return text, "", ""
		}
		from += i + len(" of ")
		if from < len(text) && text[from] >= 'A' && text[from] <= 'Z' {
			end := strings.IndexAny(text[from:], " :,;(")
			if end < 0 {
				end = len(text) - from
			}
			return text[:from], text[from : from+end], text[from+end:]
		}
	}
}

// Summary is the line with the totals. Its numbers of rules add up.
func (r *Report) Summary() string {
	t := r.totals()
	text := fmt.Sprintf("%s, %s, %d info; of %s %d judged, %d in part, %d not, %d without a subject",
		count(t.Error, "error"), count(t.Warning, "warning"), t.Info, count(t.Rules, "rule"), t.Judged, t.Part, t.NotJudged, t.NoSubject)
	if t.Off > 0 {
		text += fmt.Sprintf(", %d turned off", t.Off)
	}
	if len(r.Unread) > 0 {
		text += fmt.Sprintf(", %s could not be read", count(len(r.Unread), "file"))
	}
	return text
}
