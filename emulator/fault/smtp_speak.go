package fault

import "strings"

// Dialect is a way of hosts of the time to speak SMTP to the gateway.
type Dialect struct {
	Name    string
	Summary string
	Article string
}

// Dialects are the values of as= of smtp-speak, sorted by name.
var Dialects = []Dialect{
	{"bare-lf", "lines end in LF without CR", "Q99853"},
	{"ehlo", "begins with EHLO and falls back to HELO where it can", "Q100352"},
	{"no-brackets", "addresses stand without angle brackets", "Q107087"},
	{"no-helo-name", "HELO has no host name", "Q105130"},
	{"out-of-order", "sends MAIL before HELO", "Q99855"},
	{"strict-greeting", "hangs up when a greeting lacks the host name", "Q102107"},
	{"unknown-command", "asks with a command the gateway does not know", "Q99854"},
}

// smtpSpeak chooses the dialect of a session that the smart host begins.
type smtpSpeak struct {
	match
	as string
}

func newSMTPSpeak(m match, a *arguments) Fault {
	w := a.need("as")
	var names []string
	for _, d := range Dialects {
		if d.Name == w.value {
			return &smtpSpeak{m, w.value}
		}
		names = append(names, d.Name)
	}
	a.fail(w.column, "want as to be one of %s", strings.Join(names, ", "))
	return &smtpSpeak{match: m}
}

func (f *smtpSpeak) String() string { return f.text("smtp-speak", "as", f.as) }

func (f *smtpSpeak) At(p *Point) Effect {
	if !f.hit(p) {
		return Effect{}
	}
	return Effect{Speak: f.as}
}
