package fault

// tornWrite lets the first bytes of a write through, keep= of them, and drops
// the rest. The program believes the write was made.
type tornWrite struct {
	match
	keep int
}

func newTornWrite(m match, a *arguments) Fault {
	return &tornWrite{m, a.number("keep", 0, countMax, 0)}
}

func (f *tornWrite) String() string { return f.text("torn-write", "keep", numberOrNone(f.keep)) }

func (f *tornWrite) At(p *Point) Effect {
	// A write that is short enough is whole and does not use up times=.
	if p.Size <= f.keep || !f.hit(p) {
		return Effect{}
	}
	return Effect{Cut: p.Size - f.keep}
}
