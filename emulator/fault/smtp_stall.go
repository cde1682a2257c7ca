package fault

// smtpStall keeps the session open and never answers. Q101682
type smtpStall struct{ match }

func newSMTPStall(m match, _ *arguments) Fault { return &smtpStall{m} }

func (f *smtpStall) String() string { return f.text("smtp-stall") }

func (f *smtpStall) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Net: NetStall}
}
