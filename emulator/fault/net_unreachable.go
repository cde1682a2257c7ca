package fault

// netUnreachable is a host that cannot be reached, or no longer. Q115492, Q99857
type netUnreachable struct{ match }

func newNetUnreachable(m match, _ *arguments) Fault { return &netUnreachable{m} }

func (f *netUnreachable) String() string { return f.text("net-unreachable") }

func (f *netUnreachable) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Net: NetUnreachable}
}
