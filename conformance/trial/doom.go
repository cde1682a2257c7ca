package trial

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/explore"
	"gwkit/emulator"
	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// Doom draws a failing schedule anew from later and later decisions on and
// says from where on nothing helped. Of a timed schedule it draws the latencies
// anew from later and later seconds on, workers runs at a time.
func Doom(ctx context.Context, s *site.Site, sc *schedule.Schedule, o emulator.TrialOptions, points, redraws, workers int, seed uint64) (*explore.Doomed, error) {
	if sc.Timed {
		return doomByTheClock(ctx, s, sc, points, redraws, workers, seed)
	}
	r, err := Replay(s, sc, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	findings := r.Findings(sc)
	if len(findings) == 0 {
		return nil, errors.New("cannot look for the point of no return: the schedule breaks nothing")
	}
	f := findings[0]
	x := r.Subject
	by := &stepper{by: follower(sc), rec: x.rec}
	rec := explore.NewRecorder(by, false)
	x.run(rec)
	steps := by.steps(x.rec.Events())
	x.rec = nil
	d, err := explore.Doom(ctx, slices.Clone(rec.Choices), explore.Violation{Invariant: f.Invariant, Signature: f.signature}, x, points, redraws, seed)
	if err != nil {
		return nil, err
	}
	for i := range d.Points {
		if p := &d.Points[i]; p.At > 0 && p.At <= len(steps) {
			p.Last.Step = steps[p.At-1]
		}
	}
	return d, nil
}

// stepper notes how far the trace is at each decision.
type stepper struct {
	by     schedule.Decider
	rec    *trace.Recorder
	events []int // before each decision
	chosen []schedule.Option
}

// Decide implements schedule.Decider.
func (s *stepper) Decide(options []schedule.Option, running bool) int {
	i := s.by.Decide(options, running)
	if len(options) > 1 {
		s.events, s.chosen = append(s.events, len(s.rec.Events())), append(s.chosen, options[i])
	}
	return i
}

// steps finds in the trace what was decided: the first thing that the chosen
// process did. 0: it has left no line.
func (s *stepper) steps(events []trace.Event) []uint64 {
	out := make([]uint64, len(s.chosen))
	for i := range s.chosen {
		for j := s.events[i]; j < len(events); j++ {
			if e := &events[j]; e.Who == s.chosen[i].Who {
				out[i] = e.Step
				break
			}
		}
	}
	return out
}

// lateSpan is how much later than the failing run one that was drawn anew may
// halt and still count: in the same collision the second PC may stop a moment
// later. Any shared postoffice halts some day; the question is about this halt.
// invented: the span.
const lateSpan = time.Minute

// doomByTheClock keeps a timed run up to later and later seconds.
func doomByTheClock(ctx context.Context, s *site.Site, sc *schedule.Schedule, points, redraws, workers int, seed uint64) (*explore.Doomed, error) {
	c, err := timedOf(s, sc)
	if err != nil {
		return nil, err
	}
	run, err := c.one(ctx, sc.Seed)
	switch {
	case err != nil:
		return nil, err
	case ctx.Err() != nil:
		return &explore.Doomed{Timed: true, NoReturn: -1, Interrupted: true}, nil
	case run.Halt == nil:
		return nil, fmt.Errorf("cannot look for the point of no return: the run does not halt in %s", sc.For)
	}
	end := time.Duration(float64(*run.Halt) * float64(time.Second))
	d := &explore.Doomed{Timed: true, End: int(end / time.Second), By: int((end + lateSpan) / time.Second)}
	err = d.Look(ctx, points, redraws, workers, func(at, n int) (bool, error) {
		run, err := c.play(ctx, sc.Seed, anew{on: true, at: time.Duration(at) * time.Second, seed: seed + uint64(at)<<32 + uint64(n), end: end + lateSpan})
		return run.Halt != nil, err
	})
	if err != nil || d.Interrupted {
		return d, err
	}
	return d, c.lastBefore(d, sc.Seed)
}

// timedOf reads the conditions of a timed schedule.
func timedOf(s *site.Site, sc *schedule.Schedule) (*TimedConfig, error) {
	span, err := time.ParseDuration(sc.For)
	days := int(span / (24 * time.Hour))
	if err != nil || days < 1 || span%(24*time.Hour) != 0 || sc.In%days != 0 || sc.Out%days != 0 {
		return nil, fmt.Errorf("cannot repeat a timed run of %d messages in and %d out over %q: want whole days such as 24h, and as many messages on each", sc.In, sc.Out, sc.For)
	}
	c := &TimedConfig{Site: s, Seeds: 1, Seed: sc.Seed, In: sc.In / days, Out: sc.Out / days, Size: sc.Size, Arrivals: sc.Arrivals, Days: days, Operator: sc.Operator, PCs: sc.PCs, Faults: sc.Faults,
		jitter: sc.Jitter}
	return c, c.begin()
}

// Halted is the schedule of a run that halted: the one in the middle when most
// did, else the first; nil when none did. site is its name for the schedule.
func (c *TimedConfig) Halted(r *Timed, site string) *schedule.Schedule {
	at := r.Halt.Median
	if at == nil {
		at = r.Halt.Min
	}
	for i := range r.Runs {
		if x := &r.Runs[i]; at != nil && x.Halt == at {
			days := int(*at/(24*60*60)) + 1
			return &schedule.Schedule{Site: site, Timed: true, Seed: x.Seed, For: fmt.Sprintf("%dh", 24*days), Arrivals: r.Arrivals, Jitter: r.Jitter,
				In: r.In * days, Out: r.Out * days, Size: r.Size, Operator: r.Operator}
		}
	}
	return nil
}

// lastBefore notes what the PCs last did, on a drive that they share, before each
// point.
func (c *TimedConfig) lastBefore(d *explore.Doomed, seed uint64) error {
	l := &lastDone{site: c.Site, start: c.Site.Start.UnixNano(), points: d.Points}
	w, err := c.world(seed, l)
	if err != nil {
		return err
	}
	defer w.Close()
	if w.Run(time.Duration(d.End+1)*time.Second) == emulator.StopError {
		return w.Err()
	}
	for ; l.at < len(d.Points); l.at++ {
		d.Points[l.at].Last = l.last
	}
	return nil
}

// lastDone is a sink that remembers the last operation of a gateway in \SMTP\.
type lastDone struct {
	site   *site.Site
	start  int64
	points []explore.DoomPoint
	at     int // the first point that is still to come
	last   explore.Done
}

// Event implements trace.Sink.
func (l *lastDone) Event(e *trace.Event) {
	for l.at < len(l.points) && e.Time-l.start > int64(l.points[l.at].At)*int64(time.Second) {
		l.points[l.at].Last = l.last
		l.at++
	}
	if len(e.Object) < 3 || !strings.HasPrefix(e.Object[2:], `\SMTP\`) {
		return
	}
	pc := l.site.PC(schedule.PC(e.Who))
	if pc == nil || pc.Program() != "SMTPGATE" {
		return
	}
	if drive := l.site.Drive(pc.Name, e.Object[0]); drive != "" {
		l.last = explore.Done{Who: e.Who, Op: e.Op, Object: drive + ":" + e.Object[2:], Step: e.Step}
	}
}
