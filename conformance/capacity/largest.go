package capacity

import (
	"context"

	"gwkit/emulator/site"
)

// The search for the largest load: factors to the declared one. It ends when
// the bounds are as near as that.
const (
	factorMost = 16
	factorNear = 1.04

	// loadLeast is the least that is tried, and loadEnough where a search may
	// end: fewer messages a day tell nothing of what a site carries.
	loadLeast  = 100
	loadEnough = 2000
)

// largest finds the largest load of the mix that an ordinary day carries, by
// short simulations, and returns the smallest one that was not carried; nil:
// none was tried. day is that of the declared load.
func (j *judge) largest(a *Answer, s *site.Site, day *Day) (*Day, error) {
	total := float64(j.l.In + j.l.Out)
	carried, refused, f := 0.0, 0.0, 1.3
	var limit *Day
	switch {
	case day.Carried:
		carried = 1
	case day.broken:
		return day, nil // a site that halts or loses mail carries nothing
	default:
		refused, limit = 1, day
		// Near what passed.
		f = float64(day.In.Delivered+day.Out.Delivered) / float64(max(day.In.Offered+day.Out.Offered, 1))
		f = min(max(f, 0.1), 0.97)
	}
	for refused == 0 || carried == 0 || refused/carried > factorNear {
		if carried >= factorMost && carried*total >= loadEnough || f*total > loadMax/5 {
			a.AtLeast = true
			break
		}
		if f*total < loadLeast {
			if refused > 0 {
				break // a site that carries hardly anything
			}
			f = loadLeast / total
		}
		l := j.l.scaled(f)
		d, err := j.probe(j.ctx, s, &l, "how much the site carries")
		if err != nil {
			return nil, err
		}
		if d.Carried {
			carried = f
		} else {
			refused, limit = f, d
		}
		switch {
		case refused == 0:
			f = carried * 1.6
		case carried == 0:
			f = refused * 0.7
		default:
			f = (carried + refused) / 2
		}
	}
	a.SimulatedPerDay = int(total * carried)
	return limit, nil
}

// probe is a judged look of some hours.
func (j *judge) probe(ctx context.Context, s *site.Site, l *Load, what string) (*Day, error) {
	r, err := j.simulate(ctx, s, l, probeOf(l), what)
	if err != nil {
		return nil, err
	}
	d := newDay(s, r)
	d.judge(l, j.o.MaxDelay, nil)
	return d, nil
}
