package fault

import "strconv"

// dosError ends an operation with any DOS error code; critical=yes makes it a
// critical error. It is for what no other kind says.
type dosError struct {
	match
	code     int
	critical bool
}

func newDOSError(m match, a *arguments) Fault {
	a.need("code")
	return &dosError{m, a.number("code", 1, 0xFFFF, 0), a.yes("critical")}
}

func (f *dosError) String() string {
	return f.text("dos-error", "code", strconv.Itoa(f.code), "critical", yesOrNone(f.critical))
}

func (f *dosError) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Err: uint16(f.code), Critical: f.critical}
}
