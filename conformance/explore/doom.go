package explore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"gwkit/emulator/schedule"
)

// DoomPoint is how a failing run goes on when everything from one place on is
// drawn anew.
type DoomPoint struct {
	At        int     // decisions of the failing run that are kept, or seconds
	Last      Done    // what they ended with
	Redraws   int     // runs
	Failed    int     // of these, those that fail in the same way
	Share     float64 // Failed/Redraws
	Low, High float64 // Wilson interval of the share, 95 percent
}

// Done is an operation as an operator knows it. The zero value is the beginning.
type Done struct {
	Who    string // "GW1/SMTPGATE"
	Op     string // "remove"
	Object string // `COMPANY/HUB:\SMTP\FROM_NC.API`
	Step   uint64 // of the trace; 0: not known
}

// String says the operation.
func (d Done) String() string {
	if d.Who == "" {
		return "the beginning"
	}
	s := strings.TrimSpace(d.Who + " " + d.Op + " " + d.Object)
	if d.Step != 0 {
		s += fmt.Sprintf(" (step %d)", d.Step)
	}
	return s
}

// Doomed is the history of a failing run.
type Doomed struct {
	Violation   Violation
	Timed       bool // places are seconds of virtual time, not decisions
	End         int  // of the failing run: its decisions, or when it failed
	By          int  // timed: runs that fail later than this do not count
	Points      []DoomPoint
	NoReturn    int  // the first point from which on every run failed; -1: none
	Interrupted bool // nothing is known of NoReturn
}

// Doom looks for the point of no return of a failing run: it keeps the first T
// of its choices, draws the rest redraws times, and counts how many still fail,
// for points values of T from 0 to the last choice and for those between that
// tell the very decision. A cancelled context ends it early. The Subject must
// know what is shared already (Learner).
func Doom(ctx context.Context, c Choices, v Violation, subject Subject, points, redraws int, seed uint64) (*Doomed, error) {
	w := &worker{subject: subject, shown: map[key]bool{}}
	rec := NewRecorder(NewPlayback(c), true)
	w.drive.begin(rec)
	o, err := w.run(&w.drive, 0)
	if err != nil {
		return nil, err
	}
	if _, ok := o.violates(v); !ok {
		return nil, fmt.Errorf("cannot look for the point of no return: the schedule does not show %s (%s)", v.Invariant, v.Signature)
	}
	all := slices.Clone(rec.Choices)
	d := &Doomed{Violation: v, End: len(all)}
	err = d.Look(ctx, points, redraws, 1, func(t, n int) (bool, error) {
		r := &redraw{keep: all[:t]}
		r.chooser.begin(byRandom, seed+uint64(t)<<32, n, len(all))
		w.drive.begin(r)
		o, err := w.run(&w.drive, n)
		_, failed := o.violates(v)
		return failed, err
	})
	if err != nil {
		return nil, err
	}
	last := []Done{{}} // by decisions made
	for i := range rec.Moments {
		if m := &rec.Moments[i]; len(m.Options) > 1 {
			o := &m.Options[m.Choice]
			last = append(last, Done{Who: o.Who, Op: o.Op, Object: o.Object})
		}
	}
	for i := range d.Points {
		d.Points[i].Last = last[d.Points[i].At]
	}
	return d, nil
}

// Look fills the points of a run whose End is known: as many as points say, and
// then the ones that halve the gap before the point of no return until it is
// one wide. try draws the n-th run anew from a place on and says whether it
// fails; so many workers call it at a time. A point that a cancelled context
// cut short is left out.
func (d *Doomed) Look(ctx context.Context, points, redraws, workers int, try func(at, n int) (bool, error)) error {
	if points < 2 || redraws < 1 {
		return fmt.Errorf("cannot look for the point of no return: want 2 points and 1 redraw at least, not %d and %d", points, redraws)
	}
	d.NoReturn = -1
	look := func(at int) error {
		p, err := pointAt(ctx, at, redraws, workers, try)
		if err != nil {
			return err
		}
		i, _ := slices.BinarySearchFunc(d.Points, at, func(p DoomPoint, at int) int { return cmp.Compare(p.At, at) })
		d.Points = slices.Insert(d.Points, i, p)
		return nil
	}
	err := error(nil)
	for i, last := 0, -1; i < points && err == nil; i++ {
		if t := i * d.End / (points - 1); t != last {
			last, err = t, look(t)
		}
	}
	for err == nil {
		i := d.certain()
		if i == 0 || i == len(d.Points) || d.Points[i].At-d.Points[i-1].At < 2 {
			break
		}
		err = look((d.Points[i-1].At + d.Points[i].At) / 2)
	}
	if ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())) {
		d.Interrupted = true
		return nil
	}
	if i := d.certain(); err == nil && i < len(d.Points) {
		d.NoReturn = d.Points[i].At
	}
	return err
}

// certain is the index of the first point from which on every run failed.
func (d *Doomed) certain() int {
	i := len(d.Points)
	for i > 0 && d.Points[i-1].Failed == d.Points[i-1].Redraws {
		i--
	}
	return i
}

// pointAt draws the rest of a run anew so many times.
func pointAt(ctx context.Context, at, redraws, workers int, try func(at, n int) (bool, error)) (DoomPoint, error) {
	var next, failed atomic.Int64
	var wait sync.WaitGroup
	errs := make([]error, redraws)
	for range max(1, min(workers, redraws)) {
		wait.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= redraws {
					return
				}
				fails, err := try(at, n)
				if errs[n] = err; fails {
					failed.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return DoomPoint{}, ctx.Err()
	}
	for _, err := range errs {
		if err != nil {
			return DoomPoint{}, err
		}
	}
	p := DoomPoint{At: at, Redraws: redraws, Failed: int(failed.Load())}
	p.Share = float64(p.Failed) / float64(p.Redraws)
	p.Low, p.High = wilson(p.Failed, p.Redraws)
	return p, nil
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

// place prints where a point is.
func (d *Doomed) place(at int) string {
	if d.Timed {
		return fmt.Sprintf("%02d:%02d:%02d", at/3600, at/60%60, at%60)
	}
	return fmt.Sprint(at)
}

// Table writes the points as text.
func (d *Doomed) Table(w io.Writer) error {
	var b strings.Builder
	kept := "decision"
	if d.Timed {
		kept = "until"
	}
	fmt.Fprintf(&b, "%8s  still fails           of  95%% interval   last operation before\n", kept)
	for _, p := range d.Points {
		fmt.Fprintf(&b, "%8s  %5.1f%% %-10s %5d  %5.1f%%..%5.1f%%  %s\n", d.place(p.At), 100*p.Share,
			strings.Repeat("#", int(p.Share*10+0.5)), p.Redraws, 100*p.Low, 100*p.High, p.Last)
	}
	b.WriteString(d.verdict() + "\n")
	if d.Timed {
		fmt.Fprintf(&b, "still fails: the latencies from there on are drawn anew, and it halts by %s all the same; the run itself halted at %s\n", d.place(d.By), d.place(d.End))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// verdict says in one sentence when it was too late.
func (d *Doomed) verdict() string {
	i := d.certain()
	what, end := "decision "+d.place(d.NoReturn), "decision "+d.place(d.End)
	if d.Timed {
		what, end = d.place(d.NoReturn), d.place(d.End)
	}
	switch {
	case d.Interrupted:
		return "interrupted: nothing is said about the point of no return"
	case i == len(d.Points):
		return "no return: none before the end at " + end
	case i == 0:
		return "no return: every run failed, from the beginning on"
	}
	p, before := d.Points[i], d.Points[i-1]
	return fmt.Sprintf("no return: after %s of %s every run failed, after %s %.1f%%; last operation before: %s", what, d.place(d.End), d.place(before.At), 100*before.Share, p.Last)
}

// ticks is how many labels the axis of a plot has, beside the first.
const ticks = 6

// SVG writes the points as a plot: the share with its interval over the places.
// The pointer on a point tells its operation.
func (d *Doomed) SVG(w io.Writer) error {
	const left, top, wide, high = 60, 46, 560, 240
	x := func(at int) float64 { return left + float64(wide*at)/float64(max(d.End, 1)) }
	y := func(share float64) float64 { return top + high*(1-share) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", left+wide+30, top+high+54)
	fmt.Fprintf(&b, "<title>share of runs that still fail when the rest is drawn anew</title>\n")
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/>`+"\n")
	for i := 0; i <= 4; i++ {
		s := float64(i) / 4
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%d%%</text>`+"\n",
			left, y(s), left+wide, y(s), left-6, y(s)+4, 25*i)
	}
	for i, last := 0, -1; i <= ticks; i++ {
		if at := i * d.End / ticks; at != last {
			fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#999"/><text class="tick" x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
				x(at), top+high, x(at), top+high+5, x(at), top+high+18, d.place(at))
			last = at
		}
	}
	var band, back, line strings.Builder
	for i, p := range d.Points {
		fmt.Fprintf(&band, "%.1f,%.1f ", x(p.At), y(p.High))
		q := d.Points[len(d.Points)-1-i]
		fmt.Fprintf(&back, "%.1f,%.1f ", x(q.At), y(q.Low))
		fmt.Fprintf(&line, "%.1f,%.1f ", x(p.At), y(p.Share))
	}
	fmt.Fprintf(&b, `<polygon points="%s" fill="#c33" fill-opacity="0.15"/>`+"\n", strings.TrimSpace(band.String()+back.String()))
	fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="#c33" stroke-width="2"/>`+"\n", strings.TrimSpace(line.String()))
	for _, p := range d.Points {
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="4" fill="#c33"><title>%s: %.1f%% of %d; last before: %s</title></circle>`+"\n",
			x(p.At), y(p.Share), d.place(p.At), 100*p.Share, p.Redraws, html.EscapeString(p.Last.String()))
	}
	if i := d.certain(); d.NoReturn >= 0 {
		at := x(d.NoReturn)
		fmt.Fprintf(&b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#333" stroke-dasharray="4 3"/><text x="%d" y="16">no return: %s</text><text x="%d" y="34">%s</text>`+"\n",
			at, top, at, top+high, left, d.place(d.NoReturn), left, html.EscapeString(d.Points[i].Last.String()))
	}
	kept := fmt.Sprintf("decisions kept, of %d", d.End)
	if d.Timed {
		kept = fmt.Sprintf("virtual time kept; the run halted at %s", d.place(d.End))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n</svg>\n", left+wide/2, top+high+40, kept)
	_, err := io.WriteString(w, b.String())
	return err
}
