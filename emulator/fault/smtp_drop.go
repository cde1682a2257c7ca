package fault

// smtpDrop closes the session instead of an answer. Q100706
type smtpDrop struct{ match }

func newSMTPDrop(m match, _ *arguments) Fault { return &smtpDrop{m} }

func (f *smtpDrop) String() string { return f.text("smtp-drop") }

func (f *smtpDrop) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Net: NetClose}
}
