package capacity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

// The rhythm of a simulation. What PCs are about is sampled at an interval that
// divides none of the programs' own, and mail is counted every tenth time.
const (
	tick       = 31 * time.Second
	ticksCount = 10
)

// stepsMax bounds one simulation. A day with 10,000 messages takes about two
// million steps.
const stepsMax = 400_000_000

// heldMax bounds the text that waits in one simulation.
const heldMax = 512 << 20

// scenario is a run to be made.
type scenario struct {
	name     string
	what     string
	segments []segment
	from, to time.Duration // the event: a peak, an outage; both 0 without
	outage   bool
}

// segment is a span with so many messages, evenly or as the load says.
type segment struct {
	span    time.Duration
	in, out int
}

const day = 24 * time.Hour

// before is the ordinary time before an event.
const before = time.Hour

func ordinary(l *Load, span time.Duration) segment {
	return segment{span, int(int64(l.In) * int64(span) / int64(day)), int(int64(l.Out) * int64(span) / int64(day))}
}

func dayOf(l *Load) scenario {
	return scenario{name: "day", what: "an ordinary day, the mail spread over 24 hours", segments: []segment{{day, l.In, l.Out}}}
}

// peakOf is a day in which one hour has a share of the mail and the other 23
// divide the rest.
func peakOf(l *Load, share float64) scenario {
	in, out := int(float64(l.In)*share+0.5), int(float64(l.Out)*share+0.5)
	rest := func(n, hours int) int { return n * hours / 23 }
	return scenario{name: "peak", what: fmt.Sprintf("a day with a peak hour that has %.0f %% of its mail", 100*share),
		segments: []segment{
			{before, rest(l.In-in, 1), rest(l.Out-out, 1)},
			{time.Hour, in, out},
			{22 * time.Hour, rest(l.In-in, 22), rest(l.Out-out, 22)},
		}, from: before, to: before + time.Hour}
}

// outageOf is an hour, an outage of the smart host, and the day after it.
func outageOf(l *Load, lasts time.Duration) scenario {
	return scenario{name: "outage", what: fmt.Sprintf("an outage of the smart host of %s, and the day after it", hours(lasts)),
		segments: []segment{ordinary(l, before), ordinary(l, lasts), ordinary(l, day)},
		from:     before, to: before + lasts, outage: true}
}

// probeOf is a short look at whether mail piles up.
func probeOf(l *Load) scenario {
	const span = 8 * time.Hour
	return scenario{name: "probe", segments: []segment{ordinary(l, span)}}
}

// clear is how many waiting messages make it clear that mail piles up.
func (sc *scenario) clear(l *Load) int {
	if sc.name == "probe" {
		return 200 + (l.In+l.Out)/20
	}
	return 500 + (l.In+l.Out)/8
}

func hours(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return d.String()
}

// record is what was seen of one simulation.
type record struct {
	sc       scenario
	span     time.Duration // less than asked for if it was stopped
	stopped  bool          // early, because too much mail waits
	at       []time.Duration
	spots    []emulator.Spot
	counts   [][]int // at each time, in the order of spots
	journeys []emulator.Journey
	pcs      []PCUse
	lost     int // calls of the smart host that failed
	summary  *emulator.Summary
	digest   string
}

// errSteps and errMemory are budgets that ran out.
var (
	errSteps  = errors.New("the step budget of a simulation is used up")
	errMemory = errors.New("more mail waits than a simulation may hold")
)

// simulate runs a scenario. An error of the context is the caller's budget.
func simulate(ctx context.Context, s *site.Site, l *Load, sc scenario) (*record, error) {
	s = s.Clone()
	if sc.outage {
		// The host is off: nobody reaches it, and it calls nobody. What arrives for
		// it waits at the senders, which this queue stands for.
		for i := range s.SmartHosts {
			h := &s.SmartHosts[i]
			s.Faults = append(s.Faults,
				fmt.Sprintf("net-unreachable at=%s:25 from=%v until=%v", h.IP, sc.from, sc.to),
				fmt.Sprintf("net-unreachable who=%s from=%v until=%v", h.Name, sc.from, sc.to))
		}
	}
	m := newMeter(s)
	w, err := emulator.New(s, emulator.Options{Trace: m, Seed: l.Seed, MaxSteps: stepsMax})
	if err != nil {
		return nil, err
	}
	defer w.Close()
	g, err := w.NewGauge()
	if err != nil {
		return nil, err
	}
	r := &record{sc: sc, spots: g.Spots()}
	var activity []emulator.PCActivity
	look := func() int {
		r.at = append(r.at, w.Elapsed())
		counts := g.Read(nil)
		r.counts = append(r.counts, counts)
		sum := 0
		for _, n := range counts {
			sum += n
		}
		return sum
	}
	ticks := 0
	begun := time.Duration(0)
	look()
run:
	for i, seg := range sc.segments {
		if err := w.AddLoad(l.over(seg.span, seg.in, seg.out, i == 0)); err != nil {
			return nil, err
		}
		if sc.outage && begun == sc.to {
			// inferred: a host that comes up again looks into its queue.
			w.RunQueues()
		}
		for begun += seg.span; w.Elapsed() < begun; {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			switch stop := w.Run(min(tick, begun-w.Elapsed())); stop {
			case emulator.StopTime:
			case emulator.StopSteps:
				return nil, errSteps
			default:
				return nil, fmt.Errorf("the simulation stopped: %v: %w", stop, w.Err())
			}
			activity = g.Activity(activity[:0])
			m.sample(activity)
			if ticks++; ticks%ticksCount != 0 {
				continue
			}
			waiting := look()
			if sc.from == 0 && waiting > sc.clear(l) || int64(waiting)*int64(l.Size) > heldMax {
				r.stopped = true // what is clear need not be looked at to the end
				break run
			}
		}
	}
	look()
	r.span = w.Elapsed()
	r.summary = w.Summary()
	if err := r.summary.Messages.Check(); err != nil {
		return nil, err
	}
	r.pcs, r.lost = m.finish(r.summary), m.lost
	r.journeys, r.digest = w.Journeys(), r.summary.Digest
	return r, nil
}

// onTheWay counts the messages of one direction that are offered and have not
// arrived, at each of the record's times.
func (r *record) onTheWay(inbound bool) []int {
	var offered, done []time.Duration
	for i := range r.journeys {
		j := &r.journeys[i]
		if j.Inbound != inbound || j.Refused {
			continue
		}
		offered = append(offered, j.Offered)
		switch {
		case j.Delivered:
			done = append(done, j.Offered+j.Delay)
		case j.Returned:
			done = append(done, j.Offered)
		}
	}
	slices.Sort(offered)
	slices.Sort(done)
	out := make([]int, len(r.at))
	a, b := 0, 0
	for i, t := range r.at {
		for a < len(offered) && offered[a] <= t {
			a++
		}
		for b < len(done) && done[b] <= t {
			b++
		}
		out[i] = a - b
	}
	return out
}

// delays are the sorted delays of what was offered from one time to another.
// What is on its way counts with the time so far.
func (r *record) delays(inbound bool, from, to time.Duration) (list []time.Duration, arrived int) {
	for i := range r.journeys {
		j := &r.journeys[i]
		if j.Inbound != inbound || j.Offered < from || j.Offered >= to || j.Refused || j.Returned {
			continue
		}
		d := j.Delay
		if !j.Delivered {
			d = r.span - j.Offered
		} else {
			arrived++
		}
		list = append(list, d)
	}
	slices.Sort(list)
	return list, arrived
}
