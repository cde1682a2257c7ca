package report

import (
	_ "embed"
	"html/template"
	"io"
)

//go:embed page.html
var page string

// The page has no script and loads nothing, so it opens from a bundle on a
// machine without a network; html/template escapes by context.
var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"took": took,
	"open": func(v Verdict) bool { return v == Fail || v == Error || v == Unknown },
}).Parse(page))

func writeHTML(w io.Writer, r *Result) error { return pageTemplate.Execute(w, r) }
