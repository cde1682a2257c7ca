package program

import (
	"io"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/mmff"
	"gwkit/emulator/internal/rfc822"
)

// outcome is what became of an attempt to send.
type outcome uint8

const (
	sent        outcome = iota
	tryLater            // the attempt counts towards -Q. Q99718
	translation         // to OUTBAD.API. Q129713
	refused             // the smart host will not have it: back to the sender
)

// outMessage is a message on its way to the smart host.
type outMessage struct {
	m      mmff.Message
	from   string   // reverse-path; empty for <>
	to     []string // forward-paths
	failed []refusal
	files  *outFiles
	last   bool // of its file
}

type refusal struct{ to, reply string }

// sendOne is one turn of the outbound phase. It reports whether a message
// left, so that the next one is fetched. Q137043, Q108375
func (g *gate) sendOne() bool {
	name := g.path(fileFromNC)
	info, err := g.t.Stat(name)
	if err != nil {
		// No message is waiting to be sent: fetch one. Q108375
		args := append(g.args[:0], "-d"+g.drive[:1], "-h")
		if !g.o.NoEncapsulation {
			args = append(args, "-j") // inferred: what -RE leaves out. Q87040
		}
		args = append(args, "-n1")
		if g.o.LogSent {
			args = append(args, "-ms")
		}
		if g.o.MailerDisable {
			// inferred: mail that waits in INQUEUE3 for EXTERNAL must not be
			// taken by the next look for outgoing mail. Q128512
			args = append(args, "-md")
		}
		if g.o.CompatV20 {
			args = append(args, "-v20") // as for SMTPPUT: all programs or none. Q131422
		}
		g.args = append(args, g.lowerPath(fileFromNC))
		rc, ok := g.spawn("SMTPGET", g.args...)
		switch {
		case !ok:
			g.log.say(classError, msgNCSystem) // Q100925
			return false
		case rc == mmff.NumberMemory:
			g.log.sayf(classError, msgGetError, rc, mmff.TextMemory) // Q156166
			return false
		case rc == mmff.NumberFileOpen:
			g.log.say(classError, "Error SMTPGet 52 "+mmff.TextFileOpen) // Q128434
			g.log.say(classError, "NC_Incoming system error")
			return false
		case rc != 0:
			g.log.say(classError, msgNCSystem)
			return false
		}
		if info, err = g.t.Stat(name); err != nil {
			return false // nothing to send
		}
	}
	if info.Size == 0 {
		return false // a file left empty silences outbound mail. Q111839
	}
	g.log.say(classInfo, msgDetected)
	f, data, err := g.openFile(&g.message, fileFromNC)
	if err != nil {
		g.fileError(fileFromNC, err)
		g.log.say(classError, msgNCSystem)
		return false
	}
	o := outFiles{mail: f}
	defer o.close()
	return g.sendFile(data, &o)
}

// outFiles are the files that stay open while a message is on its way.
//
// inferred: FROM_NC.API is open until its last message is converted, because
// memory does not hold a large one. invented: SMTP_OUT.TXT is closed after
// FROM_NC.API is deleted; no article tells the order, and in no other one can
// each of two gateways hold what the other waits for. Q132060
type outFiles struct{ mail, text *dos.File }

func (o *outFiles) converted() {
	if o.mail != nil {
		o.mail.Close()
		o.mail = nil
	}
}

func (o *outFiles) settled() {
	if o.text != nil {
		o.text.Close()
		o.text = nil
	}
}

func (o *outFiles) close() {
	o.converted()
	o.settled()
}

// sendFile sends the messages of FROM_NC.API, one with SMTPGET's -n1.
func (g *gate) sendFile(data []byte, files *outFiles) bool {
	r := mmff.NewReader(data, mmff.CR, nil)
	for {
		var o outMessage
		err := r.Next(&o.m)
		if err == io.EOF {
			break
		}
		if err != nil {
			// The file stays and blocks the queue until it is removed by
			// hand. Q100703, Q98159
			g.log.say(classError, msgMMFF)
			g.log.say(classError, msgNCProtocol)
			return false
		}
		start, end := r.Offsets()
		raw := data[start:end]
		o.files, o.last = files, end == len(data)
		result := g.transmit(&o)
		switch {
		case result != sent:
			files.close()
		case !o.last:
			files.settled()
		}
		switch result {
		case sent:
			g.t.PC().Cycles["out"]++
		case refused:
			if !g.notify(&o) && !g.saveBad(raw) {
				return false
			}
		case translation:
			g.log.say(classError, msgTranslate)
			g.log.say(classError, msgNCProtocol)
			if !g.saveBad(raw) {
				return false
			}
		case tryLater:
			g.attempts++
			if g.attempts < g.o.Attempts {
				return false
			}
			g.log.sayf(classWarning, msgRetry, strings.ToLower(g.drive)+`\SMTP\outbad.api`) // spelled as printed. Q129239
			if !g.saveBad(raw) {
				return false
			}
		}
	}
	g.attempts = 0
	for _, f := range []string{fileFromNC, fileOutEnv, fileOutText} {
		if name := g.path(f); f == fileFromNC || g.t.Exists(name) {
			if err := g.t.Remove(name); err != nil {
				// The message would go out again: a duplicate, as when two
				// gateways share the directory. Q132060
				g.fileError(f, err)
				g.log.say(classError, msgNCSystem)
				return false
			}
		}
		files.close()
	}
	return true
}

// saveBad appends a message to OUTBAD.API. Q129713, Q98159
func (g *gate) saveBad(raw []byte) bool {
	if err := g.t.Append(g.path(fileOutBad), raw, dos.Write); err != nil {
		g.fileError(fileOutBad, err)
		return false // FROM_NC.API stays: nothing is lost
	}
	g.t.PC().Cycles["outbad"]++
	return true
}

// transmit connects to the smart host, converts the message and sends it, in
// the order of the sample log: the addresses are translated after HELO.
// Q112286
func (g *gate) transmit(o *outMessage) outcome {
	g.log.say(classInfo, msgConnecting)
	g.log.flush()
	c, ok := g.connect()
	if !ok {
		return tryLater
	}
	if !c.greet() {
		return c.giveUp(tryLater)
	}
	if err := g.convert(o); err != nil {
		if err != errUndeliverable {
			g.fileError(fileOutText, err)
			return c.giveUp(tryLater)
		}
		return c.giveUp(translation)
	}
	if o.last {
		o.files.converted()
	}
	g.log.say(classInfo, msgTransmitting)
	result := c.transfer(o)
	if c.broken {
		return result
	}
	c.quit()
	return result
}

// convert makes SMTP_OUT.822, the envelope, and SMTP_OUT.TXT, header and
// text. Q129713
func (g *gate) convert(o *outMessage) error {
	m := &o.m
	from, ok := g.amap.outbound(&m.From, "local")
	if !ok || from == "" {
		return errUndeliverable
	}
	o.from = from
	if _, _, box, ok := m.From.CSI(); ok && strings.EqualFold(box, postmaster) {
		o.from = "" // Postmaster becomes <>, to stop ping-pong. Q98067
	}
	list := m.Recipients
	if len(list) == 0 {
		list = append(append(list, m.To...), m.Cc...)
	}
	for i := range list {
		addr, ok := g.amap.outbound(&list[i], "remote")
		if !ok || addr == "" {
			continue // stripped. Q101461
		}
		if g.v.FriendlyInPath && list[i].Friendly != "" {
			addr += " (" + list[i].Friendly + ")" // Q101461
		}
		o.to = append(o.to, addr)
	}
	if len(o.to) == 0 {
		return errUndeliverable
	}
	env := g.buf[:0]
	env = append(append(append(env, "MAIL FROM:<"...), o.from...), ">\r\n"...)
	for _, to := range o.to {
		env = append(append(append(env, "RCPT TO:<"...), to...), ">\r\n"...)
	}
	g.buf = env
	if err := g.writeFile(fileOutEnv, env); err != nil {
		return err
	}
	g.buf2 = g.outText(g.buf2[:0], m)
	return g.writeFile(fileOutText, g.buf2)
}

// outText appends header and body of an outgoing message. What a client keeps
// beside subject and text, such as the hours of a meeting request, has no field
// here and is lost. Q107205
//
// inferred: Date and Subject come behind the recipients, because the false end
// of header behind one of those takes them into the body (Q101461); the sample,
// which has Date first, passed through PMDF, which orders anew (Q111857).
//
// invented: the rest of the order, the Message-Id, and that Encoding is always
// there; the fields themselves are those of a message made by the gateway.
// Q111857
func (g *gate) outText(dst []byte, m *mmff.Message) []byte {
	now := g.t.Now()
	dst = append(dst, "From: "...)
	dst = append(dst, g.headerFor(&m.From)...)
	dst = append(dst, "\r\n"...)
	dst, broken := g.appendRecipients(dst, "To", m.To, false)
	dst, _ = g.appendRecipients(dst, "Cc", m.Cc, broken)
	dst = append(dst, "Date: "...)
	dst = rfc822.AppendDate(dst, now, g.o.ZoneNumeric && g.v.ZoneOption) // Q115452, Q192054
	dst = append(dst, "\r\nSubject: "...)
	dst = g.out.Apply(dst, []byte(m.Subject)) // Q101461
	dst = append(dst, "\r\nMessage-Id: "...)
	dst = rfc822.AppendID(dst, now, g.cfg.HostName)
	dst = append(dst, "\r\nX-Mailer: Microsoft Mail V3.0\r\n"...) // Q111857
	if m.Receipt {
		dst = append(append(append(dst, "Return-Receipt-To: <"...), g.plain(&m.From)...), ">\r\n"...) // inferred from the inbound side. Q109615
	}

	text := g.content[:0]
	if mmff.IsEnvelope(m) {
		text = crlf(text, m.Text)
	} else {
		text = rfc822.AppendWrapped(text, m.Text) // Q111860
	}
	if n := len(text); n > 0 && text[n-1] != '\n' {
		text = append(text, '\r', '\n')
	}
	g.content = text
	text = g.out.Apply(text[:0], text)
	parts := []rfc822.Part{{Lines: rfc822.CountLines(text), Keyword: rfc822.KeywordText}}
	var bodies [][]byte
	var infos []rfc822.AttachmentInfo
	for i := range m.Attachments {
		a := &m.Attachments[i]
		if a.Hidden && !g.o.HiddenAttachments {
			continue // dropped unless -HA. Q99696
		}
		info := rfc822.AttachmentInfo{Name: a.Name, Size: len(a.Data), Year: a.Stamp.Year, Month: a.Stamp.Month,
			Day: a.Stamp.Day, Hour: a.Stamp.Hour, Minute: a.Stamp.Minute}
		if a.Stamp.Year == 0 {
			// invented: an attachment without a date gets today's.
			info.Year, info.Month, info.Day, info.Hour, info.Minute = now.Year(), int(now.Month()), now.Day(), now.Hour(), now.Minute()
		}
		infos = append(infos, info)
		if textAttachment(a.Data) {
			bodies = append(bodies, a.Data)
			parts = append(parts, rfc822.Part{Lines: rfc822.CountLines(a.Data), Keyword: rfc822.KeywordText})
			continue
		}
		bodies = append(bodies, rfc822.AppendPart(nil, a.Name, a.Data))
		parts = append(parts, rfc822.Part{Lines: rfc822.PartLines(len(a.Data)), Keyword: rfc822.KeywordUuencode})
	}
	dst = append(dst, rfc822.FieldEncoding+": "...)
	dst = rfc822.AppendEncoding(dst, parts)
	dst = append(dst, "\r\n"...)
	for i := range infos { // after Encoding, or the names are lost. Q111857
		dst = append(dst, rfc822.FieldAttachment+": "...)
		dst = rfc822.AppendAttachment(dst, infos[i])
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	dst = append(dst, text...)
	for _, b := range bodies {
		dst = append(append(dst, "\r\n"...), b...)
	}
	return dst
}

// textAttachment says whether an attachment travels as text: 7-bit characters
// in lines that SMTP carries unchanged. Q87045, Q118530
//
// inferred: lines must end in CR LF and be short enough, or the receiver would
// get other bytes than were sent.
func textAttachment(data []byte) bool {
	if !rfc822.Is7Bit(data) || len(data) == 0 {
		return false
	}
	col := 0
	for i, b := range data {
		switch {
		case b == '\n':
			if i == 0 || data[i-1] != '\r' {
				return false
			}
			col = 0
		case b == '\r' && (i+1 == len(data) || data[i+1] != '\n'):
			return false
		default:
			if col++; col > rfc822.ListColumn-2 {
				return false
			}
		}
	}
	return col == 0
}

// plain is the bare Internet form of an address for a header.
func (g *gate) plain(a *mmff.Address) string {
	if strings.EqualFold(a.Type, "SMTP") {
		addr, _ := g.amap.cutName(a)
		return addr
	}
	quiet := gateLog{level: classError, t: g.t}
	m := g.amap
	m.log = &quiet
	addr, _ := m.outbound(a, "local")
	return addr
}

// headerFor is an address with its friendly name, reduced to seven bits and
// quoted where it must be. Q98208, Q101461
func (g *gate) headerFor(a *mmff.Address) string {
	addr, name := g.plain(a), a.Friendly
	if name == "" && strings.EqualFold(a.Type, "SMTP") {
		_, name = g.amap.cutName(a) // inferred: it is a name like any other
	}
	if name == "" {
		return "<" + addr + ">"
	}
	return rfc822.QuotePhrase(sevenBitName(name)) + " <" + addr + ">"
}

// appendRecipients appends a recipient field, long lists in further lines
// (Q112761). Recipients without an Internet address are stripped; before 3.0.7
// the first of them ends the header, and those behind it are in the body.
// Q101461
//
// invented: that they stand there in a field of their own.
func (g *gate) appendRecipients(dst []byte, name string, list []mmff.Address, broken bool) ([]byte, bool) {
	var items []string
	field := func() {
		if len(items) > 0 {
			dst = rfc822.AppendList(dst, name, items)
		}
		items = items[:0]
	}
	for i := range list {
		addr, ok := g.amap.outbound(&list[i], "local")
		switch {
		case ok && addr != "":
			items = append(items, g.headerFor(&list[i]))
		case g.v.FalseEndOfHeader && !broken:
			field()
			dst = append(dst, "\r\n"...)
			broken = true
		}
	}
	field()
	return dst, broken
}

// notify tells the sender which recipients the smart host refused, as a
// message from Postmaster that SMTPPUT submits. Q127727, Q108052
//
// invented: that the gateway itself makes it, and all of its text but the
// first line; without SMTPPUT the message goes to OUTBAD.API.
func (g *gate) notify(o *outMessage) bool {
	if o.m.From.Type != "CSI" && o.m.From.Type != "" || o.from == "" {
		return false // never a report about a report
	}
	now := g.t.Now()
	var text []byte
	text = append(text, "The following recipients could not be reached...\r\r"...) // Q127727
	for _, f := range o.failed {
		text = append(append(append(append(text, f.to...), "  "...), f.reply...), '\r')
	}
	text = append(append(text, mmff.HeaderRule...), '\r')
	text = append(text, o.m.Text...)
	n := mmff.Message{
		From: mmff.Address{Type: "CSI", Addr: g.dir.Local() + "/" + postmaster},
		To:   []mmff.Address{o.m.From}, Subject: "Undeliverable: " + o.m.Subject, Text: text,
		Attachments: o.m.Attachments,
		Date:        mmff.Stamp{Year: now.Year(), Month: int(now.Month()), Day: now.Day(), Hour: now.Hour(), Minute: now.Minute(), Second: now.Second()},
	}
	g.buf = mmff.Append(g.buf[:0], &n, mmff.Extended, mmff.CR)
	if err := g.writeFile(fileToNC, g.buf); err != nil {
		g.fileError(fileToNC, err)
		return false
	}
	return g.put() == nil
}
