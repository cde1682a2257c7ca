package fault

import "time"

// slow makes operations take delay= longer, and kilobyte= for each 1024 bytes
// that are moved.
type slow struct {
	match
	delay, kilobyte time.Duration
}

func newSlow(m match, a *arguments) Fault {
	f := &slow{match: m, delay: a.span("delay", 0), kilobyte: a.span("kilobyte", 0)}
	if f.delay == 0 && f.kilobyte == 0 {
		a.fail(a.end, "want delay= or kilobyte=")
	}
	return f
}

func (f *slow) String() string {
	return f.text("slow", "delay", spanOrNone(f.delay), "kilobyte", spanOrNone(f.kilobyte))
}

func (f *slow) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	// The product of a long span and a large size could overflow as integers.
	moved := time.Duration(float64(f.kilobyte) * (float64(p.Size) / 1024))
	return Effect{Delay: f.delay + min(moved, spanMax)}
}
