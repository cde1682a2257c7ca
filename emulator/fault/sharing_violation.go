package fault

// sharingViolation is a file that somebody outside the site holds. With
// critical=yes it is the critical error that a compatibility-mode open gets;
// without, the error code that an open with a deny mode gets. Q103960
type sharingViolation struct {
	match
	critical bool
}

func newSharingViolation(m match, a *arguments) Fault {
	return &sharingViolation{m, a.yes("critical")}
}

func (f *sharingViolation) String() string {
	return f.text("sharing-violation", "critical", yesOrNone(f.critical))
}

func (f *sharingViolation) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Err: errSharingViolation, Critical: f.critical}
}
