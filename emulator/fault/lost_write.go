package fault

// lostWrite drops a whole write that the program believes was made.
type lostWrite struct{ match }

func newLostWrite(m match, _ *arguments) Fault { return &lostWrite{m} }

func (f *lostWrite) String() string { return f.text("lost-write") }

func (f *lostWrite) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Cut: p.Size}
}
