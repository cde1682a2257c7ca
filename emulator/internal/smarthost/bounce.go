package smarthost

import "strings"

// failure is a recipient that cannot have the message: what we said last and
// what the answer was.
type failure struct{ to, said, reply string }

// subjectOf names what went wrong in the words of Sendmail.
//
// invented: no article shows returned mail of the smart host; subjects and
// form are those of the Sendmail of the time.
func subjectOf(failed []failure) string {
	for _, f := range failed {
		if !strings.HasPrefix(f.said, "RCPT") || !strings.HasPrefix(f.reply, "55") {
			return "Service unavailable"
		}
	}
	return "User unknown"
}

// giveBack returns a message to its sender for some recipients. Returned mail
// that fails goes to the postmaster of this host and no further: no message is
// ever returned for it. peer is the address of the host that refused, if any.
func (h *Host) giveBack(m *Message, subject, peer string, failed []failure) {
	for _, f := range failed {
		h.k.Emit(h.name, "return", about(m, f.to), f.reply, len(m.Data))
	}
	postmaster := "postmaster@" + h.name
	if m.From == "" {
		h.counters.Dropped++
		h.rest(m, postmaster)
		return
	}
	h.counters.Returned++
	b := h.message("", []string{m.From})
	b.Returned = true
	date := b.date.Format(dateForm)
	var t strings.Builder
	t.Write(h.received(nil, b, "", ""))
	field := func(parts ...string) {
		for _, p := range parts {
			t.WriteString(p)
		}
		t.WriteString("\r\n")
	}
	field("Date: ", date)
	field("From: MAILER-DAEMON@", h.name, " (Mail Delivery Subsystem)")
	field("Subject: Returned mail: ", subject)
	field("Message-Id: <", b.date.UTC().Format("0601021504"), ".", b.ID, "@", h.name, ">")
	field("To: ", m.From)
	field()
	field("   ----- Transcript of session follows -----")
	if peer != "" {
		field("While talking to ", peer, ":")
	}
	for _, f := range failed {
		if f.said != "" {
			field(">>> ", f.said)
			field("<<< ", f.reply)
			field("554 <", f.to, ">... ", subject)
		} else {
			field(f.reply)
		}
	}
	field()
	field("   ----- Unsent message follows -----")
	b.Data = append(append(h.body(t.Len()+len(m.Data)), t.String()...), m.Data...)
	b.Label = h.cfg.Label(b)
	h.k.Emit(h.name, "submit", b.Label, "returned mail", len(b.Data))
	h.route(b)
	h.Release(b)
}
