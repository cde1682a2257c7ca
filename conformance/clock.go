package conformance

import (
	"fmt"
	"strings"
	"time"

	"gwkit/conformance/target"
)

// A run is cut into slices so that the wall-clock budget is looked at and
// sessions move on. A slice changes nothing in the world.
const (
	longSlice  = time.Hour
	shortSlice = 200 * time.Millisecond // while a session is under way
)

// clock returns the rig's clock.
func (p *play) clock() (target.Clock, error) {
	rig, err := p.open()
	if err != nil {
		return nil, err
	}
	clock, ok := rig.(target.Clock)
	if !ok {
		return nil, internalError{"the target names the power clock and has none"}
	}
	return clock, nil
}

// pass lets virtual time pass.
func (p *play) pass(d time.Duration) (target.Stop, error) {
	clock, err := p.clock()
	if err != nil {
		return "", err
	}
	end := p.rig.Elapsed() + d
	for {
		before := p.rig.Elapsed()
		left := end - before
		if left <= 0 {
			return target.StopTime, nil
		}
		slice := longSlice
		if len(p.underWay()) > 0 {
			slice = shortSlice
		}
		stop := clock.Run(min(left, slice))
		if err := p.checkStop(stop); err != nil {
			return stop, err
		}
		for _, s := range p.underWay() {
			s.advance(min(pollTime, max(end-p.rig.Elapsed(), 0)))
		}
		if p.rig.Elapsed() == before {
			return stop, nil // idle or blocked: there is no more time to pass
		}
	}
}

// until lets virtual time pass until cond holds, at most for limit. cond is
// asked at the beginning and at the end as well.
func (p *play) until(limit time.Duration, cond func() (bool, error)) (bool, error) {
	clock, err := p.clock()
	if err != nil {
		return false, err
	}
	end := p.rig.Elapsed() + limit
	for {
		ok, err := cond()
		if ok || err != nil {
			return ok, err
		}
		before := p.rig.Elapsed()
		left := end - before
		if left <= 0 {
			return false, nil
		}
		var stop target.Stop
		if len(p.underWay()) > 0 {
			stop = clock.Run(min(left, shortSlice))
			for _, s := range p.underWay() {
				s.advance(min(pollTime, max(end-p.rig.Elapsed(), 0)))
			}
		} else {
			_, stop = clock.RunUntil(func() bool {
				ok, err = cond()
				return ok || err != nil
			}, min(left, longSlice))
			if ok || err != nil {
				return ok, err
			}
		}
		if err := p.checkStop(stop); err != nil {
			return false, err
		}
		if p.rig.Elapsed() == before {
			return cond() // idle or blocked: nothing will change any more
		}
	}
}

// pending says what keeps the mail from resting.
func (p *play) pending() string {
	s, ok := p.rig.(target.Schedule)
	if !ok {
		return ""
	}
	var b strings.Builder
	for _, w := range s.Waits() {
		b.WriteString("\n" + waitLine(w))
	}
	if sink, ok := p.rig.(target.Sink); ok {
		for _, q := range sink.Queue() {
			fmt.Fprintf(&b, "\n%s has mail for %s, tried %d times: %s", q.Host, q.To, q.Tries, q.Reason)
		}
	}
	return b.String()
}
