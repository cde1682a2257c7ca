package golive

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"unicode"

	"gwkit/conformance/report"
)

// Formats are the written forms.
var Formats = []string{"html", "json", "text"}

// Write writes a report in the named form.
func Write(format string, w io.Writer, r *Report) error {
	switch format {
	case "html":
		return page.Execute(w, r)
	case "json":
		return report.JSON(w, r)
	case "text":
		return r.text(w)
	}
	return fmt.Errorf("cannot write a go-live report as %q: want one of %s", format, strings.Join(Formats, ", "))
}

//go:embed page.html
var pageText string

// The page has no script and loads nothing; html/template escapes by context.
var page = template.Must(template.New("page").Parse(pageText))

// Most that the text shows of each list; the JSON form has all.
const (
	warningsMax  = 8
	notJudgedMax = 10
	idsMax       = 4
)

func (r *Report) text(out io.Writer) error {
	w := &lines{w: out}
	name := r.Name
	if name == "" {
		name = r.File
	}
	w.print("go-live of %s (%s), %s", name, r.File, r.At.Format("2006-01-02 15:04 UTC"))
	w.print("verdict: %s: %s", strings.ToUpper(r.Verdict), r.Reason)
	w.items("blocking", r.Blocking, len(r.Blocking))
	w.items("could not be judged", r.Open, len(r.Open))
	w.items("warnings", r.Warnings, warningsMax)
	w.print("")
	w.print("judged")
	for _, p := range r.Parts {
		w.print("  %-14s %-8s %s", p.Name, p.Verdict, p.Summary)
	}
	w.print("  took %.0f s, %.1f s of it computing; the rest was waiting for the deployment", r.WallSeconds, r.CPUSeconds)
	if len(r.NotJudged) > 0 {
		w.print("")
		w.print("not judged, for want of")
		for i, t := range r.NotJudged {
			if i == notJudgedMax {
				w.print("  and %d things more; --format json lists all", len(r.NotJudged)-i)
				break
			}
			ids, more := t.For, ""
			if len(ids) > idsMax {
				ids, more = ids[:idsMax], fmt.Sprintf(" and %d more", len(t.For)-idsMax)
			}
			w.print("  %s: %s%s", t.What, strings.Join(ids, " "), more)
		}
		w.print("words in parentheses are keys of the deployment file: gwcheck doc --deploy")
	}
	for i, o := range r.Off {
		if i == 0 {
			w.print("")
			w.print("turned off by the deployment file")
		}
		w.print("  %-16s %s", o.Rule, o.Reason)
	}
	if r.Results != "" {
		w.print("")
		w.print("details: %s", r.Results)
	}
	return w.err
}

// lines writes lines and keeps the first error. What came from mail or files
// cannot move the terminal's cursor.
type lines struct {
	w   io.Writer
	err error
}

func (l *lines) print(format string, args ...any) {
	if l.err != nil {
		return
	}
	text := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " "))
	_, l.err = fmt.Fprintln(l.w, text)
}

func (l *lines) items(title string, items []Item, most int) {
	if len(items) == 0 {
		return
	}
	l.print("")
	l.print("%s", title)
	for i, x := range items {
		if i == most {
			l.print("  and %d more; --format json lists all", len(items)-i)
			break
		}
		l.print("  %-16s %s", x.ID, x.Message)
		if x.Where != "" {
			l.print("  %-16s at %s", "", x.Where)
		}
		if x.Change != "" {
			l.print("  %-16s %s: %s", "", strings.Join(x.Articles, " "), x.Change)
		} else if len(x.Articles) > 0 {
			l.print("  %-16s %s", "", strings.Join(x.Articles, " "))
		}
	}
}
