package lint

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// DocumentVersion is the version of the JSON form. Keys may be added without a
// new one.
const DocumentVersion = 1

// Formats are the forms that Write knows.
var Formats = []string{"text", "json", "sarif", "github"}

// Write writes a report in a form. Name says what was judged.
func Write(format string, w io.Writer, name string, r *Report) error {
	b := bufio.NewWriter(w)
	var err error
	switch format {
	case "text":
		writeText(b, name, r)
	case "json":
		err = writeJSON(b, name, r)
	case "sarif":
		err = writeSARIF(b, r)
	case "github":
		writeGitHub(b, r)
	default:
		return fmt.Errorf("cannot write format %q: want one of: %s", format, strings.Join(Formats, ", "))
	}
	if err != nil {
		return err
	}
	return b.Flush()
}

// documentTotals are counts of findings and of rules; those of rules add up.
type documentTotals struct {
	Error     int `json:"error"`
	Warning   int `json:"warning"`
	Info      int `json:"info"`
	Rules     int `json:"rules"`     // that were asked for
	Judged    int `json:"judged"`    // for all subjects
	Part      int `json:"part"`      // for some, and lacked something for others
	NotJudged int `json:"notJudged"` // that lacked something for all
	NoSubject int `json:"noSubject"` // that nothing here is about
	Off       int `json:"off"`
}

type documentFinding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Article  string   `json:"article"`
	Articles []string `json:"articles"`
	File     string   `json:"file"`
	Line     int      `json:"line"`   // 0: the file as a whole
	Column   int      `json:"column"` // 0: unknown
	Offset   *int64   `json:"offset,omitempty"`
	Message  string   `json:"message"`
	Remedy   string   `json:"remedy"`
}

type documentMissing struct {
	Rule    string `json:"rule"`
	Missing string `json:"missing"`
}

type documentOff struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
}

type documentUnread struct {
	File    string `json:"file"`
	Message string `json:"message"`
}

// writeJSON writes the document piece by piece, so that a large one is not
// kept a second time.
func writeJSON(w io.Writer, name string, r *Report) error {
	p := &pieces{w: w}
	p.raw("{\n  \"version\": %d,\n  \"name\": ", DocumentVersion)
	p.value(name)
	p.raw(",\n  \"totals\": ")
	p.value(r.totals())
	list(p, "findings", r.Findings, func(f Finding) any { return f.document() })
	list(p, "notJudged", r.NotJudged, func(n NotJudged) any { return documentMissing{n.Rule.ID, n.Missing} })
	list(p, "off", r.Off, func(o TurnedOff) any { return documentOff{o.Rule.ID, o.Reason} })
	list(p, "unread", r.Unread, func(m Mistake) any { return documentUnread{m.At.File, m.Message} })
	p.raw("\n}\n")
	return p.err
}

// pieces writes parts of a JSON document and keeps the first error.
type pieces struct {
	w   io.Writer
	err error
}

func (p *pieces) raw(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *pieces) value(v any) {
	if p.err != nil {
		return
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if p.err = e.Encode(v); p.err == nil {
		p.raw("%s", strings.TrimSuffix(b.String(), "\n"))
	}
}

func list[T any](p *pieces, key string, all []T, row func(T) any) {
	p.raw(",\n  %q: [", key)
	for i, x := range all {
		if i > 0 {
			p.raw(",")
		}
		p.raw("\n    ")
		p.value(row(x))
	}
	if len(all) > 0 {
		p.raw("\n  ")
	}
	p.raw("]")
}

func (f *Finding) document() documentFinding {
	d := documentFinding{f.Rule.ID, f.Severity, f.Rule.Articles[0], f.Rule.Articles, f.Place.File, f.Place.Line, f.Place.Column, nil, f.Message, f.Remedy}
	if f.Place.InRecord {
		d.Offset = &f.Place.Offset
	}
	return d
}

func (r *Report) totals() documentTotals {
	t := documentTotals{Error: r.Count(Error), Warning: r.Count(Warning), Info: r.Count(Info), Rules: r.Rules, Judged: len(r.Judged), NoSubject: len(r.NoSubject), Off: len(r.Off)}
	for _, rule := range r.lacking() {
		if slices.Contains(r.Judged, rule) {
			t.Part++
			t.Judged--
		} else {
			t.NotJudged++
		}
	}
	return t
}

// lacking returns the rules that lacked something, each once, in order.
func (r *Report) lacking() []*Rule {
	var rules []*Rule
	for _, n := range r.NotJudged {
		if len(rules) == 0 || rules[len(rules)-1] != n.Rule {
			rules = append(rules, n.Rule)
		}
	}
	return rules
}

// writeGitHub writes workflow commands: an annotation for each finding and for
// each rule that is turned off, then what was not judged and the totals.
func writeGitHub(w io.Writer, r *Report) {
	levels := map[Severity]string{Error: "error", Warning: "warning", Info: "notice"}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "::%s file=%s", levels[f.Severity], githubProperty(f.Place.File))
		if f.Place.Line > 0 {
			fmt.Fprintf(w, ",line=%d", f.Place.Line)
			if f.Place.Column > 0 {
				fmt.Fprintf(w, ",col=%d", f.Place.Column)
			}
		}
		body := f.Message
		if f.Place.InRecord {
			body = fmt.Sprintf("offset %#x: %s", f.Place.Offset, body)
		}
		fmt.Fprintf(w, ",title=%s::%s\n", githubProperty(f.Rule.ID+" "+f.Rule.Articles[0]), githubText(body+"\nremedy: "+f.Remedy))
	}
	for _, o := range r.Off {
		fmt.Fprintf(w, "::notice title=%s::%s\n", githubProperty("turned off: "+o.Rule.ID), githubText(o.Reason))
	}
	for _, m := range r.Unread {
		fmt.Fprintf(w, "::warning file=%s,title=cannot be read::%s\n", githubProperty(m.At.File), githubText(m.Message))
	}
	r.writeMissing(w)
	fmt.Fprintln(w, r.Summary())
}

var (
	githubTextEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubPropertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func githubText(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return githubTextEscapes.Replace(strings.Join(lines, "\n"))
}

func githubProperty(s string) string { return githubPropertyEscapes.Replace(printable(s)) }

// printable replaces what a terminal would obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0 || r == 0x2028 || r == 0x2029 || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}
