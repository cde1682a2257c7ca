package invariant

// A refused message is the sender's still, so it is not lost. Q115495
var noLoss = Invariant{
	Name:     "no_loss",
	Sentence: "A message that was accepted is delivered, waits somewhere or is reported to its sender.",
	Article:  "Q115495",
	check: func(_ *Checker, h *History, r *Result) {
		r.Verdict = Pass
		if len(h.Messages) == 0 {
			r.unknown("no message was offered")
		}
		for i := range h.Messages {
			switch m := &h.Messages[i]; {
			case m.somewhere():
			case h.cut():
				r.unknown(m.text("is nowhere, but the run ended by a budget"))
			default:
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
