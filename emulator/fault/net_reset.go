package fault

// netReset breaks a connection. With after= it does so when that many bytes
// have been sent to the address.
type netReset struct {
	match
	after int // bytes, as written
	sent  int
}

func newNetReset(m match, a *arguments) Fault {
	return &netReset{match: m, after: a.number("after", 0, countMax, 0)}
}

func (f *netReset) String() string { return f.text("net-reset", "after", numberOrNone(f.after)) }

func (f *netReset) At(p *Point) Effect {
	if f.sent < f.after {
		if !f.covers(p) {
			return Effect{}
		}
		f.sent += p.Size
		if f.sent < f.after {
			return Effect{}
		}
	}
	if !f.hit(p) {
		return Effect{}
	}
	f.sent = 0
	return Effect{Net: NetReset}
}
