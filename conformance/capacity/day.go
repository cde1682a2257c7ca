package capacity

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gwkit/emulator/site"
)

// newDay makes the figures of a record.
func newDay(s *site.Site, r *record) *Day {
	d := &Day{Name: r.sc.name, What: r.sc.what, VirtualSeconds: r.span.Seconds(), Stopped: r.stopped, FromSeconds: r.sc.from.Seconds(),
		ToSeconds: r.sc.to.Seconds(), CaughtUp: -1, PCs: r.pcs, Lost: r.lost, Digest: r.digest, Stages: stages(s, r)}
	for i, inbound := range []bool{true, false} {
		w := &d.In
		if !inbound {
			w = &d.Out
		}
		d.waiting[i] = r.onTheWay(inbound)
		q := quarter(r)
		w.Growth = slope(r.at[q:], d.waiting[i][q:])
		w.OnTheWay = d.waiting[i][len(r.at)-1]
		from, to := r.sc.from, r.sc.to
		if to == 0 {
			to = r.span
		}
		list, _ := r.delays(inbound, from, to)
		w.DelaySeconds = delayOf(list)
		_, w.Delivered = r.delays(inbound, 0, r.span+1)
		for k := range r.journeys {
			if r.journeys[k].Inbound == inbound {
				w.Offered++
			}
		}
	}
	d.trouble = troubleOf(r)
	m := &r.summary.Messages
	d.broken = m.Lost+m.Duplicated > 0 || slices.ContainsFunc(r.pcs, func(p PCUse) bool { return p.Halted != "" })
	slices.SortStableFunc(d.Stages, func(a, b Stage) int {
		switch {
		case a.Mean > b.Mean:
			return -1
		case a.Mean < b.Mean:
			return 1
		}
		return 0
	})
	d.Stages = slices.DeleteFunc(d.Stages, func(x Stage) bool { return x.Max == 0 && x.End == 0 })
	d.series(r)
	return d
}

func delayOf(list []time.Duration) Delay {
	if len(list) == 0 {
		return Delay{}
	}
	at := func(q float64) float64 { return list[min(int(q*float64(len(list))), len(list)-1)].Seconds() }
	return Delay{at(0.5), at(0.95), list[len(list)-1].Seconds()}
}

// seriesWindow is what the delays of a point are taken from.
const seriesWindow = 30 * time.Minute

func (d *Day) series(r *record) {
	x := &d.Series
	x.In, x.Out = d.waiting[0], d.waiting[1]
	for i := range d.Stages {
		x.Stages = append(x.Stages, d.Stages[i].counts)
	}
	if x.Stages == nil {
		x.Stages = [][]int{}
	}
	// The journeys are in the order of their offers.
	var way [2][]int
	for i := range r.journeys {
		k := 1
		if r.journeys[i].Inbound {
			k = 0
		}
		way[k] = append(way[k], i)
	}
	var next [2]int
	for _, t := range r.at {
		x.AtSeconds = append(x.AtSeconds, t.Seconds())
		for k, list := range []*[]float64{&x.DelayIn, &x.DelayOut} {
			var part []time.Duration
			for n := next[k]; n < len(way[k]); n++ {
				m := &r.journeys[way[k][n]]
				if m.Offered > t {
					break
				}
				if m.Offered <= t-seriesWindow {
					next[k] = n + 1
					continue
				}
				if delay := m.Delay; m.Delivered {
					part = append(part, delay)
				} else if !m.Refused && !m.Returned {
					part = append(part, r.span-m.Offered)
				}
			}
			if len(part) == 0 {
				*list = append(*list, -1)
				continue
			}
			slices.Sort(part)
			*list = append(*list, part[len(part)/2].Seconds())
		}
	}
}

// troubleOf says what must not happen to mail; "" when it did not.
func troubleOf(r *record) string {
	var words []string
	for _, x := range []struct {
		n    int
		what string
	}{{r.summary.Messages.Lost, "lost"}, {r.summary.Messages.Duplicated, "delivered twice"}, {r.summary.Messages.Returned, "returned"},
		{r.summary.Messages.Refused, "refused at the sender's postoffice"}} {
		if x.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	for i, p := range r.spots {
		if n := len(r.counts); r.counts[n-1][i] > 0 && strings.HasSuffix(p.For, "OUTBAD.API") {
			words = append(words, "mail was given up to OUTBAD.API at "+p.At)
		}
	}
	for i := range r.pcs {
		if r.pcs[i].Halted != "" {
			words = append(words, r.pcs[i].PC+" waits for a key: "+r.pcs[i].Halted)
		}
	}
	return strings.Join(words, ", ")
}

// tolerance is what the mail on its way may differ by: 2 % of the day's mail of
// a direction, and a dozen messages because they come in turns.
//
// invented: both figures.
func tolerance(perDay int) float64 { return max(12, 0.02*float64(perDay)) }

// judge decides whether a day was carried. first is the ordinary day; nil: this
// is it.
func (d *Day) judge(l *Load, maxDelay time.Duration, first *Day) {
	fail := func(format string, args ...any) {
		d.Carried = false
		if d.Reason == "" {
			d.Reason = fmt.Sprintf(format, args...)
		}
	}
	d.Carried = true
	d.In.perDay, d.Out.perDay = l.In, l.Out
	if d.trouble != "" {
		fail("%s", d.trouble)
	}
	ways := []struct {
		name string
		w    *Way
		n    int
	}{{"in", &d.In, l.In}, {"out", &d.Out, l.Out}}
	if first == nil {
		for _, x := range ways {
			if x.w.Growth > tolerance(x.n) {
				fail("mail going %s piles up by %.0f messages an hour", x.name, x.w.Growth/24)
			}
			if p95 := time.Duration(x.w.DelaySeconds.P95 * float64(time.Second)); maxDelay > 0 && p95 > maxDelay {
				fail("5 of 100 messages going %s take more than %v, the limit is %v", x.name, p95.Round(time.Second), maxDelay)
			}
		}
		if d.Stopped {
			fail("mail piles up")
		}
		return
	}
	if !first.Carried {
		fail("the ordinary day is not carried")
	}
	if d.Stopped {
		fail("more mail waits than can be simulated")
		return
	}
	q := len(first.Series.AtSeconds) / 4
	caught := d.ToSeconds
	for i, x := range ways {
		ordinary := 0
		for _, n := range first.waiting[i][q:] {
			ordinary = max(ordinary, n)
		}
		limit := float64(ordinary) + tolerance(x.n)
		last := -1
		for k, t := range d.Series.AtSeconds {
			if t > d.ToSeconds && float64(d.waiting[i][k]) > limit {
				last, caught = k, max(caught, t)
			}
		}
		if last == len(d.Series.AtSeconds)-1 {
			fail("%d messages going %s are still on their way at the end, %d are ordinary", d.waiting[i][last], x.name, ordinary)
			caught = -1
			break
		}
	}
	if caught >= 0 {
		d.CaughtUp = caught - d.ToSeconds
	}
}

// bottleneck names what limits on this day.
func (d *Day) bottleneck(s *site.Site) Bottleneck {
	return bottleneckOf(s, d.Stages, d.PCs, !d.Carried && d.Name != "outage" && d.Name != "peak")
}
