package fault

import "time"

// clock makes the clock of a PC wrong by a fixed offset. All dates that the
// programs write come from it. Q118784, Q115452
type clock struct {
	match
	offset time.Duration
}

func newClock(m match, a *arguments) Fault {
	f := &clock{match: m}
	a.need("offset")
	f.offset = a.span("offset", -spanMax)
	return f
}

func (f *clock) String() string { return f.text("clock", "offset", spanText(f.offset)) }

func (f *clock) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Clock: f.offset}
}
