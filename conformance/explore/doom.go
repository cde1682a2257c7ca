package explore

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gwkit/emulator/schedule"
)

// DoomPoint is how a failing run goes on when everything from one decision on
// is drawn anew.
type DoomPoint struct {
	Decision  int     // decisions of the failing run that are kept
	Redraws   int     // runs
	Failed    int     // of these, those that fail in the same way
	Share     float64 // Failed/Redraws
	Low, High float64 // Wilson interval of the share, 95 percent
}

// Doomed is the history of a failing run.
type Doomed struct {
	Violation Violation
	Decisions int         // of the failing run, as recorded
	Points    []DoomPoint // in order of decisions
	NoReturn  int         // decisions kept at the first point from which on every run failed; -1: none
}

// Doom looks for the point of no return of a failing run: it keeps the first T
// of its choices, draws the rest redraws times, and counts how many still fail,
// for points values of T from 0 to the last choice. A cancelled context leaves
// points out. The Subject must know what is shared already (Learner).
func Doom(ctx context.Context, c Choices, v Violation, subject Subject, points, redraws int, seed uint64) (*Doomed, error) {
	if points < 2 || redraws < 1 {
		return nil, fmt.Errorf("cannot look for the point of no return: want 2 points and 1 redraw at least, not %d and %d", points, redraws)
	}
	w := &worker{subject: subject, shown: map[key]bool{}}
	w.drive.begin(NewPlayback(c))
	o, err := w.run(&w.drive, 0)
	if err != nil {
		return nil, err
	}
	if _, ok := o.violates(v); !ok {
		return nil, fmt.Errorf("cannot look for the point of no return: the schedule does not show %s (%s)", v.Invariant, v.Signature)
	}
	all := slices.Clone(w.drive.choices)
	d := &Doomed{Violation: v, Decisions: len(all), NoReturn: -1}
	last := -1
	for i := range points {
		t := i * len(all) / (points - 1)
		if t == last {
			continue
		}
		last = t
		p := DoomPoint{Decision: t}
		for j := range redraws {
			if ctx.Err() != nil {
				break
			}
			r := &redraw{keep: all[:t]}
			r.chooser.begin(byRandom, seed+uint64(t)<<32, j, len(all))
			w.drive.begin(r)
			o, err := w.run(&w.drive, j)
			if err != nil {
				return nil, err
			}
			p.Redraws++
			if _, ok := o.violates(v); ok {
				p.Failed++
			}
		}
		if p.Redraws == 0 {
			break
		}
		p.Share = float64(p.Failed) / float64(p.Redraws)
		p.Low, p.High = wilson(p.Failed, p.Redraws)
		d.Points = append(d.Points, p)
	}
	for i := len(d.Points) - 1; i >= 0 && d.Points[i].Failed == d.Points[i].Redraws; i-- {
		d.NoReturn = d.Points[i].Decision
	}
	return d, nil
}

// redraw keeps the beginning of a schedule and draws the rest.
type redraw struct {
	keep    Choices
	at      int
	chooser chooser
}

// Decide implements schedule.Decider.
func (r *redraw) Decide(options []schedule.Option, running bool) int {
	if len(options) < 2 {
		return 0
	}
	if r.at < len(r.keep) {
		r.at++
		return int(r.keep[r.at-1])
	}
	return r.chooser.Decide(options, running)
}

// wilson is the interval that holds a share with 95 percent, seen k of n.
func wilson(k, n int) (low, high float64) {
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	mid := p + z*z/(2*m)
	half := z * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max((mid-half)/(1+z*z/m), 0), min((mid+half)/(1+z*z/m), 1)
}

// Table writes the points as text.
func (d *Doomed) Table(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "decision  still fails           of  95%% interval\n")
	for _, p := range d.Points {
		fmt.Fprintf(&b, "%8d  %5.1f%% %-10s %5d  %5.1f%%..%5.1f%%\n", p.Decision, 100*p.Share,
			strings.Repeat("#", int(p.Share*10+0.5)), p.Redraws, 100*p.Low, 100*p.High)
	}
	if d.NoReturn >= 0 {
		fmt.Fprintf(&b, "no return: after decision %d of %d every run failed\n", d.NoReturn, d.Decisions)
	} else {
		fmt.Fprintf(&b, "no return: none before the end at decision %d\n", d.Decisions)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// SVG writes the points as a plot: the share with its interval over decisions.
func (d *Doomed) SVG(w io.Writer) error {
	const left, top, wide, high = 60, 20, 560, 240
	x := func(decision int) float64 { return left + float64(wide*decision)/float64(max(d.Decisions, 1)) }
	y := func(share float64) float64 { return top + high*(1-share) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", left+wide+20, top+high+50)
	fmt.Fprintf(&b, "<title>share of runs that still fail when the rest is drawn anew</title>\n")
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n")
	for i := 0; i <= 4; i++ {
		s := float64(i) / 4
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%d%%</text>`+"\n",
			left, y(s), left+wide, y(s), left-6, y(s)+4, 25*i)
	}
	var band, back, line strings.Builder
	for i, p := range d.Points {
		fmt.Fprintf(&band, "%.1f,%.1f ", x(p.Decision), y(p.High))
		q := d.Points[len(d.Points)-1-i]
		fmt.Fprintf(&back, "%.1f,%.1f ", x(q.Decision), y(q.Low))
		fmt.Fprintf(&line, "%.1f,%.1f ", x(p.Decision), y(p.Share))
	}
	fmt.Fprintf(&b, `<polygon points="%s" fill="#c33" fill-opacity="0.15"/>`+"\n", strings.TrimSpace(band.String()+back.String()))
	fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="#c33" stroke-width="2"/>`+"\n", strings.TrimSpace(line.String()))
	if d.NoReturn >= 0 {
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#333" stroke-dasharray="4 3"/><text x="%.1f" y="%d" text-anchor="middle">no return: %d</text>`+"\n",
			x(d.NoReturn), top, x(d.NoReturn), top+high, x(d.NoReturn), top-6, d.NoReturn)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">decisions kept, of %d</text>`+"\n</svg>\n", left+wide/2, top+high+36, d.Decisions)
	_, err := io.WriteString(w, b.String())
	return err
}
