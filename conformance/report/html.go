package report

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"slices"
)

//go:embed page.html
var page string

// The page has no script and loads nothing, so it opens from a bundle on a
// machine without a network; html/template escapes by context.
var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"took": took,
	"open": func(v Verdict) bool { return v == Fail || v == Error || v == Unknown },
	"ran":  func(s Script) bool { return s.Verdict != Skip },
	// What asks for a reader first, what did not run last.
	"ranked": func(all []Script) []Script {
		rank := []Verdict{Fail, Error, Unknown, Pass, Skip}
		return slices.SortedStableFunc(slices.Values(all), func(a, b Script) int {
			return cmp.Compare(slices.Index(rank, a.Verdict), slices.Index(rank, b.Verdict))
		})
	},
}).Parse(page))

func writeHTML(w io.Writer, r *Result) error { return pageTemplate.Execute(w, r) }
