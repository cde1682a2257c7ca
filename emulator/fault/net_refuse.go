package fault

// netRefuse is a host where nobody listens. Q99852
type netRefuse struct{ match }

func newNetRefuse(m match, _ *arguments) Fault { return &netRefuse{m} }

func (f *netRefuse) String() string { return f.text("net-refuse") }

func (f *netRefuse) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Net: NetRefuse}
}
