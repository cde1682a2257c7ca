package fault

// netStall is a line on which nothing moves, without a sign of it. Q101682
type netStall struct{ match }

func newNetStall(m match, _ *arguments) Fault { return &netStall{m} }

func (f *netStall) String() string { return f.text("net-stall") }

func (f *netStall) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Net: NetStall}
}
