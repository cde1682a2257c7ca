package program

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/mmff"
	"gwkit/emulator/internal/rfc822"
)

const (
	postmaster        = "Postmaster" // Q98067
	encapsulationUser = mmff.EncapsulationUser
)

// errUndeliverable is the reason of a refusal whose lines are logged already.
var errUndeliverable = errors.New("undeliverable")

// deliver turns SMTP_IN.822 into TO_NC.API and submits it, in the documented
// steps. Q115493
func (c *call) deliver() error {
	c.log.say(classInfo, msgSending)
	data, err := c.readFile(&c.message, fileInbound)
	if err != nil {
		return err
	}
	fields, body := rfc822.Fields(data)
	if c.log.level >= classDebug {
		for i := range fields {
			for line := range fields[i].Lines {
				c.log.say(classDebug, msgHeader, string(line))
			}
		}
		c.log.say(classDebug, msgHeader)
	}
	m, err := c.translate(fields)
	if err != nil {
		return err
	}
	parts, _ := rfc822.BodyParts(fields, rfc822.FieldAttachment)
	text, files := c.splitBody(body, parts)

	// The header goes to API_OUT.TMP, which is closed so that its size is
	// known, and opened again for the text. Q115493
	if err := c.writeAPIOut(fields, text); err != nil {
		return err
	}
	if m.Text, err = c.readFile(&c.content, fileAPIOut); err != nil {
		return err
	}
	m.Attachments = files
	if inner, ok := c.unwrap(m); ok {
		m = inner
	}
	c.subject = m.Subject
	return c.submit(m)
}

// sendReceipt answers a request for a receipt. It goes to the originator of the
// envelope, not to the address in the field. Q113824
//
// invented: the text, and that it is a message of Postmaster which SMTPPUT
// submits; its originator therefore leaves as <>, so that no receipt ever
// answers a receipt (Q98067). One that cannot be submitted is dropped.
func (c *call) sendReceipt() {
	now := c.t.Now()
	r := mmff.Message{
		From:    mmff.Address{Type: "CSI", Addr: c.dir.Local() + "/" + postmaster},
		To:      []mmff.Address{{Type: "SMTP", Addr: c.from.Addr}},
		Subject: "Return receipt: " + c.subject,
		Date: mmff.Stamp{Year: now.Year(), Month: int(now.Month()), Day: now.Day(),
			Hour: now.Hour(), Minute: now.Minute(), Second: now.Second()},
	}
	r.Text = append(r.Text, "Your message was delivered to\r"...)
	for _, to := range c.to {
		r.Text = append(append(append(r.Text, "  "...), to.csi...), '\r')
	}
	c.submit(&r)
}

// translate builds the message from envelope and header fields.
func (c *call) translate(fields []rfc822.Field) (*mmff.Message, error) {
	c.receipt = false
	now := c.t.Now()
	m := &mmff.Message{Date: mmff.Stamp{Year: now.Year(), Month: int(now.Month()), Day: now.Day(),
		Hour: now.Hour(), Minute: now.Minute(), Second: now.Second()}}
	commas := rfc822.CommasKept
	if c.v.CommaSplits {
		commas = rfc822.CommasSplit
	}
	var from *rfc822.Address
	var fromAddr mmff.Address
	for i := range fields {
		f := &fields[i]
		switch {
		case f.Is("From"):
			list, _ := rfc822.ParseList(f.Unfold(), commas) // best effort: the gateway is lenient
			if len(list) == 0 || from != nil {
				continue
			}
			from = &list[0]
			a, err := c.headerAddress(msgRemote, from)
			if err != nil {
				return nil, err
			}
			fromAddr = a
		case f.Is("To"), f.Is("Cc"):
			list, _ := rfc822.ParseList(f.Unfold(), commas)
			for j := range list {
				a, err := c.headerAddress(msgLocal, &list[j])
				if err != nil {
					return nil, err
				}
				if f.Is("To") {
					m.To = append(m.To, a)
				} else {
					m.Cc = append(m.Cc, a)
				}
			}
		case f.Is("Subject"):
			if m.Subject != "" {
				// The first subject is never released. Q134371
				c.leaked += len(m.Subject) + 1
			}
			m.Subject = string(c.in.Apply(nil, []byte(f.Unfold()))) // Q101461
			if !c.memory.holds(c.leaked, len(m.Subject)+1) {
				c.log.say(classError, msgToMail)
				return nil, deliveryError{errUndeliverable}
			}
		case f.Is("Return-Receipt-To"), f.Is("Rr"):
			c.receipt = true // even when the field is empty. Q113824, Q109615
		}
	}
	m.From = c.originator(from, fromAddr)
	for _, r := range c.to {
		a := mmff.Address{Type: "CSI", Addr: r.csi}
		if !c.dir.mayReceive(r.csi) {
			c.log.sayf(classError, msgInvalidBox, r.csi[strings.LastIndexByte(r.csi, '/')+1:])
			c.log.say(classError, msgToMailRights) // Q99856
			return nil, deliveryError{errUndeliverable}
		}
		m.Recipients = append(m.Recipients, a)
	}
	if len(m.To) == 0 {
		// Apparently-To and blind copies: the envelope is all there is.
		m.To = append(m.To, m.Recipients...)
	}
	if c.v.LongAliasFails {
		// invented: how 3.0.8 spoils the file; that SMTPPUT then answers 201
		// is documented. Q135926
		for i := range m.To {
			if len(m.To[i].Friendly) > 10 {
				m.Recipients = append(m.Recipients, mmff.Address{Type: "CSI", Addr: c.dir.Local() + "/" + m.To[i].Friendly})
			}
		}
	}
	return m, nil
}

// headerAddress maps an address of To, Cc or From. One that maps to a mailbox
// that cannot exist fails the whole message before 3.0.8, and so does one of To
// or Cc that is no user, even when the envelope is accurate. Q108054
//
// inferred: Cc like To; and only users of the own postoffice can be missed, as at
// RCPT (Q105290).
func (c *call) headerAddress(what string, a *rfc822.Address) (mmff.Address, error) {
	smtp := mmff.Address{Type: "SMTP", Addr: a.Addr, Friendly: a.Name()}
	if a.Addr == "" {
		// A fragment of a comment split at its comma. Q108052
		return mmff.Address{Type: "SMTP", Addr: strings.TrimSpace(a.Raw)}, nil
	}
	csi, ok := c.amap.inbound(what, headerText(a))
	if !ok {
		return smtp, nil
	}
	box := csi[strings.LastIndexByte(csi, '/')+1:]
	if !validMailbox(box) || what == msgLocal && !c.dir.mayExist(csi) {
		c.log.sayf(classError, msgInvalidBox, box)
		if c.v.HeaderMustTranslate {
			c.log.say(classError, msgToMail)
			return smtp, deliveryError{errUndeliverable}
		}
		return smtp, nil
	}
	return mmff.Address{Type: "CSI", Addr: csi, Friendly: a.Name()}, nil
}

// originator picks the one From of Microsoft Mail: MAIL FROM, so that reports
// work, or with -F the From field, so that replies do. Q99713 When both are the
// same address the field is taken, because it has the name. Q112286
func (c *call) originator(from *rfc822.Address, field mmff.Address) mmff.Address {
	use := from != nil && field.Addr != ""
	if use && (c.o.From822 && c.v.From822 || strings.EqualFold(from.Addr, c.from.Addr)) {
		return field
	}
	switch {
	case c.from.Addr == "":
		// The empty path becomes Postmaster, to stop ping-pong; inferred: of
		// the gateway's own postoffice. Q98067
		return mmff.Address{Type: "CSI", Addr: c.dir.Local() + "/" + postmaster}
	case c.fromCSI != "":
		return mmff.Address{Type: "CSI", Addr: c.fromCSI}
	}
	return mmff.Address{Type: "SMTP", Addr: c.from.Addr}
}

// splitBody separates the text of a message from its attachments, by the
// Encoding field or, without one, by the look for BEGIN and END, as often as they
// come (Q87045). Q111857, Q118595 What is in no known encoding stays in the text.
// Q118487
func (c *call) splitBody(body []byte, parts []rfc822.BodyPart) (text []byte, files []mmff.Attachment) {
	if parts == nil {
		rest := body
		for {
			before, section, after, ok := rfc822.FindBeginEnd(rest)
			if !ok {
				break
			}
			f := rfc822.UudecodeSection(section)
			if f.Name == "" {
				f.Name = rfc822.DefaultAttachmentName(len(files) + 1)
			}
			files = append(files, mmff.Attachment{Name: f.Name, Data: f.Data})
			text, rest = append(text, before...), after
		}
		if files == nil {
			return body, nil
		}
		return append(text, rest...), files
	}
	plain := make([]rfc822.Part, len(parts))
	for i := range parts {
		plain[i] = parts[i].Part
	}
	cut, rest := rfc822.CutParts(body, plain)
	if len(cut) == 1 && len(rest) == 0 && parts[0].Keyword == rfc822.KeywordText {
		return cut[0], nil // the usual case: one part of text
	}
	for i, b := range cut {
		p := &parts[i]
		if i == 0 && p.Keyword == rfc822.KeywordText || !p.Decodable() {
			text = append(text, b...)
			continue
		}
		a := mmff.Attachment{Name: p.Info.Name, Data: b}
		// Later senders write 00-00-1980 for a date they do not know.
		if p.Info.Month > 0 && p.Info.Day > 0 {
			a.Stamp = mmff.Stamp{Year: p.Info.Year, Month: p.Info.Month, Day: p.Info.Day, Hour: p.Info.Hour, Minute: p.Info.Minute}
		}
		if p.Keyword == rfc822.KeywordUuencode {
			f, _, err := rfc822.Uudecode(b)
			if err != nil {
				text = append(text, b...) // nothing is lost: it stays readable as text
				continue
			}
			a.Data = f.Data
		}
		files = append(files, a)
	}
	return append(text, rest...), files
}

// writeAPIOut makes the TEXT part: the header without Received lines (they
// stay with -T), a rule of 78 dashes, the text, all in the CR lines of FFAPI.
// Q115493, Q87651, Q116466, Q85055
func (c *call) writeAPIOut(fields []rfc822.Field, text []byte) error {
	buf := c.buf2[:0]
	for i := range fields {
		if fields[i].Is("Received") && !c.o.KeepReceived {
			continue
		}
		for rest := fields[i].Raw; len(rest) > 0; {
			var line []byte
			line, rest, _ = rfc822.NextLine(rest)
			buf = append(append(buf, line...), '\r')
		}
	}
	buf = append(append(buf, mmff.HeaderRule...), '\r')
	if err := c.writeFile(fileAPIOut, buf); err != nil {
		c.buf2 = buf
		return err
	}
	buf = mmff.Lines(buf[:0], text, mmff.CR)
	buf = c.in.Apply(buf[:0], buf) // Q101461
	c.buf2 = buf
	f, err := c.t.Open(c.path(fileAPIOut), dos.ReadWrite)
	if err != nil {
		return err
	}
	if _, err = f.Seek(0, 2); err == nil {
		err = writeChunks(f, buf)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// unwrap takes the original out of a message that another gateway
// encapsulated. Q87039, Q136116
func (c *call) unwrap(m *mmff.Message) (*mmff.Message, bool) {
	probe := *m
	probe.To = m.Recipients
	if c.o.NoEncapsulation || !mmff.IsEnvelope(&probe) {
		return nil, false
	}
	inner, err := mmff.Decapsulate(&probe)
	if err != nil {
		return nil, false
	}
	return &inner, true
}

// submit writes TO_NC.API and spawns SMTPPUT. Q115493
func (c *call) submit(m *mmff.Message) error {
	c.buf = mmff.Append(c.buf[:0], m, mmff.Extended, mmff.CR)
	if err := c.writeFile(fileToNC, c.buf); err != nil {
		return err
	}
	return c.put()
}

// put runs SMTPPUT over TO_NC.API. inferred: the options that both programs
// know are handed on.
func (g *gate) put() error {
	args := append(g.args[:0], "-d"+g.drive[:1], "-h", "-f0")
	if g.o.MailerDisable {
		args = append(args, "-md") // Q128512
	}
	if g.o.LogReceived {
		args = append(args, "-mr")
	}
	if g.o.CompatV20 {
		args = append(args, "-v20")
	}
	if g.o.NetBIOSNotify {
		args = append(args, "-x")
	}
	g.args = append(args, g.lowerPath(fileToNC))
	rc, ok := g.spawn("SMTPPUT", g.args...)
	switch {
	case !ok:
		return deliveryError{errUndeliverable}
	case rc == mmff.NumberMemory:
		g.log.sayf(classError, "Error SMTPPUT: %d - %s", rc, mmff.TextMemory) // Q156166
	case rc == mmff.NumberSubmit:
		g.log.sayf(classError, msgPutError, fmt.Sprintf("%d- X - X - %s", rc, mmff.TextSubmit)) // Q128570
	case rc != 0:
		g.log.say(classError, "ERROR SMTPPUT") // Q115495
	default:
		return nil
	}
	return deliveryError{errUndeliverable}
}

// readFile reads a temporary file in chunks into a buffer that is reused; a
// compatibility-mode open, as all of the gateway's own. inferred: those are
// the opens of its C library. Q132060
func (g *gate) readFile(buf *[]byte, file string) ([]byte, error) {
	f, data, err := g.openFile(buf, file)
	if err == nil {
		f.Close()
	}
	return data, err
}

// openFile is readFile that leaves the file open.
func (g *gate) openFile(buf *[]byte, file string) (*dos.File, []byte, error) {
	f, err := g.t.Open(g.path(file), dos.Read)
	if err != nil {
		return nil, nil, err
	}
	data := (*buf)[:0]
	for {
		if cap(data)-len(data) < chunk {
			data = append(make([]byte, 0, 2*cap(data)+2*chunk), data...)
		}
		n, err := f.Read(data[len(data) : len(data)+chunk])
		data = data[:len(data)+n]
		switch {
		case err != nil && err != io.EOF:
			f.Close()
			return nil, nil, err
		case n < chunk || err != nil:
			*buf = data
			return f, data, nil
		}
	}
}

// writeFile creates or replaces a temporary file in chunks.
func (g *gate) writeFile(file string, data []byte) error {
	f, err := g.t.Create(g.path(file), dos.Write)
	if err != nil {
		return err
	}
	err = writeChunks(f, data)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func writeChunks(f *dos.File, data []byte) error {
	for len(data) > 0 {
		n := min(len(data), chunk)
		if _, err := f.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// crlf turns CR lines into CRLF lines.
func crlf(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '\r')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:i]...), '\r', '\n')
		text = text[i+1:]
		if len(text) > 0 && text[0] == '\n' {
			text = text[1:]
		}
	}
}
