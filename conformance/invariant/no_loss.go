package invariant

// A refused message is the sender's still, so it is not lost. Q115495
var noLoss = Invariant{
	Name:     "no_loss",
	Sentence: "A message that was accepted is delivered, waits somewhere or is reported to its sender, unless an article documents its loss.",
	Article:  "Q115495",
	check: func(_ *Checker, h *History, r *Result) {
		r.Verdict = Pass
		if len(h.Messages) == 0 {
			r.unknown("no message was offered")
		}
		for i := range h.Messages {
			if m := &h.Messages[i]; !m.somewhere() && h.dropped(m.Token) == nil {
				r.broken(m.signature("is lost"), -1, func() string { return m.text("was accepted and is nowhere") })
			}
		}
	},
}

// somewhere reports whether a message has a known fate.
func (m *Message) somewhere() bool {
	if m.Refused || m.Returned {
		return true
	}
	for i := range m.Rests {
		if m.Rests[i].Count > 0 {
			return true
		}
	}
	return false
}

// dropped returns the documented loss of a message.
func (h *History) dropped(token string) *Drop {
	for i := range h.Drops {
		if d := &h.Drops[i]; d.Token == token && d.Article != "" {
			return d
		}
	}
	return nil
}

// signature is the same for all messages of a direction.
func (m *Message) signature(what string) string {
	if m.Inbound {
		return "inbound message " + what
	}
	return "outbound message " + what
}

func (m *Message) text(what string) string {
	if m.Inbound {
		return "inbound message " + plain(m.Token) + " " + what
	}
	return "outbound message " + plain(m.Token) + " " + what
}
