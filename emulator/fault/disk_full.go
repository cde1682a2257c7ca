package fault

// diskFull lets matching writes use free bytes more and then fails. A write
// that crosses the limit is cut there, as MS-DOS does.
type diskFull struct {
	match
	free int // bytes at the start, as written
	left int
}

func newDiskFull(m match, a *arguments) Fault {
	free := a.number("free", 0, countMax, 0)
	return &diskFull{match: m, free: free, left: free}
}

func (f *diskFull) String() string { return f.text("disk-full", "free", numberOrNone(f.free)) }

func (f *diskFull) At(p *Point) Effect {
	if f.left > 0 {
		if p.Op != OpWrite || !f.covers(p) {
			return Effect{}
		}
		if p.Size <= f.left {
			f.left -= p.Size
			return Effect{}
		}
	}
	if !f.hit(p) {
		return Effect{}
	}
	e := Effect{Err: errDiskFull, Cut: p.Size - f.left}
	f.left = 0
	return e
}
