package capacity

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
)

//go:embed page.html
var page string

// The page has no script and loads nothing, so it opens anywhere;
// html/template escapes by context what came from a site file.
var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"span":    span,
	"plots":   plotsOf,
	"percent": func(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) },
	"number":  func(f float64) string { return fmt.Sprintf("%.1f", f) },
	"count":   count,
	"join":    strings.Join,
	"lines":   func(x *Advice, name string) string { return strings.Join(x.editText(name), "\n") },
}).Parse(page))

// HTML writes an answer as one page with its plots.
func (a *Answer) HTML(w io.Writer) error {
	return pageTemplate.Execute(w, struct {
		*Answer
		Best      *Advice
		Simulated string
	}{a, a.best(), a.simulated()})
}

// plot is one drawing, as what an SVG of the page has in it.
type plot struct {
	Title         string
	Width, Height int
	Lines         []plotLine
	YTicks        []plotTick
	XTicks        []plotTick
	Event         *plotBand
	EventName     string
}

type plotLine struct {
	Name, Class, Points string
}

type plotTick struct {
	At    int
	Label string
}

type plotBand struct{ X, Width int }

// The drawing area within an SVG.
const (
	plotWidth, plotHeight        = 760, 220
	plotLeft, plotRight, plotTop = 62, 20, 14
	plotBottom                   = 24
)

// linesMost is how many stages a plot shows.
const linesMost = 4

// plotsOf are the two drawings of a day: what waits where, and the delays.
func plotsOf(d *Day) []plot {
	x := &d.Series
	lines := []namedCounts{{"in, on the way", toFloats(x.In)}, {"out, on the way", toFloats(x.Out)}}
	for i := range d.Stages {
		if i == linesMost {
			break
		}
		lines = append(lines, namedCounts{d.Stages[i].Name, toFloats(x.Stages[i])})
	}
	delays := []namedCounts{{"in", minutes(x.DelayIn)}, {"out", minutes(x.DelayOut)}}
	return []plot{
		draw("messages that wait", d, lines, func(v float64) string { return fmt.Sprintf("%.0f", v) }),
		draw("delay of what was offered then, minutes (median)", d, delays, func(v float64) string { return fmt.Sprintf("%.0f", v) }),
	}
}

type namedCounts struct {
	name   string
	values []float64 // below 0: none
}

func toFloats(list []int) []float64 {
	out := make([]float64, len(list))
	for i, n := range list {
		out[i] = float64(n)
	}
	return out
}

func minutes(list []float64) []float64 {
	out := make([]float64, len(list))
	for i, s := range list {
		out[i] = s / 60
	}
	return out
}

func draw(title string, d *Day, lines []namedCounts, label func(float64) string) plot {
	p := plot{Title: title, Width: plotWidth, Height: plotHeight}
	most := 1.0
	for _, l := range lines {
		for _, v := range l.values {
			most = max(most, v)
		}
	}
	most = 3 * math.Ceil(most/3) // so that the three lines have whole numbers
	end := max(d.VirtualSeconds, 1)
	px := func(t float64) int { return plotLeft + int(t/end*float64(plotWidth-plotLeft-plotRight)) }
	py := func(v float64) int {
		return plotHeight - plotBottom - int(v/most*float64(plotHeight-plotTop-plotBottom))
	}
	for i, l := range lines {
		var b strings.Builder
		for k, v := range l.values {
			if v >= 0 {
				fmt.Fprintf(&b, "%d,%d ", px(d.Series.AtSeconds[k]), py(v))
			}
		}
		p.Lines = append(p.Lines, plotLine{l.name, fmt.Sprintf("l%d", i), strings.TrimSpace(b.String())})
	}
	for i := range 4 {
		v := most * float64(i) / 3
		p.YTicks = append(p.YTicks, plotTick{py(v), label(v)})
	}
	for h := 0.0; h*3600 <= end; h += 4 {
		p.XTicks = append(p.XTicks, plotTick{px(h * 3600), fmt.Sprintf("%.0f h", h)})
	}
	if d.ToSeconds > 0 {
		p.Event = &plotBand{px(d.FromSeconds), px(d.ToSeconds) - px(d.FromSeconds)}
		p.EventName = d.Name
	}
	return p
}
