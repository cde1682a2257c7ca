package fault

import (
	"strconv"
	"time"
)

// netSlow delays bytes as a line of bps= bits a second does.
type netSlow struct {
	match
	bps int
}

func newNetSlow(m match, a *arguments) Fault {
	a.need("bps")
	return &netSlow{m, a.number("bps", 1, countMax, 1)}
}

func (f *netSlow) String() string { return f.text("net-slow", "bps", strconv.Itoa(f.bps)) }

func (f *netSlow) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	seconds := float64(p.Size) * 8 / float64(f.bps)
	return Effect{Delay: time.Duration(min(seconds, spanMax.Seconds()) * float64(time.Second))}
}
