package fault

import "time"

// smtpDelay holds the answer to a verb back. Q101682
type smtpDelay struct {
	match
	delay time.Duration
}

func newSMTPDelay(m match, a *arguments) Fault {
	a.need("delay")
	return &smtpDelay{m, a.span("delay", 1)}
}

func (f *smtpDelay) String() string { return f.text("smtp-delay", "delay", spanText(f.delay)) }

func (f *smtpDelay) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Delay: f.delay}
}
