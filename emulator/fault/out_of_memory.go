package fault

// outOfMemory keeps a program from being started. Q156166, Q105290
type outOfMemory struct{ match }

func newOutOfMemory(m match, _ *arguments) Fault { return &outOfMemory{m} }

func (f *outOfMemory) String() string { return f.text("out-of-memory") }

func (f *outOfMemory) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Err: errNotEnoughMemory}
}
