package fault

// writeProtect denies changes to files: a read-only attribute or missing
// rights (Q115495). With medium=yes the disk itself is protected, which is a
// critical error.
type writeProtect struct {
	match
	medium bool
}

func newWriteProtect(m match, a *arguments) Fault { return &writeProtect{m, a.yes("medium")} }

func (f *writeProtect) String() string {
	return f.text("write-protect", "medium", yesOrNone(f.medium))
}

func (f *writeProtect) At(p *Point) Effect {
	switch {
	case !f.hit(p):
		return Effect{}
	case f.medium:
		return Effect{Err: errWriteProtect, Critical: true}
	}
	return Effect{Err: errAccessDenied}
}
