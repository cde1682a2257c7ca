package probe

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/message"
)

// letter is a marked message for a test mailbox.
type letter struct {
	from, to string // addresses of the deployment file
	subject  string
	body     []string // lines
	date     time.Time
	file     *message.Attachment // nil: none
}

// testFile is what a marked message carries: all bytes there are, so that no
// side takes it for text and leaves it as it is. Q118530
func testFile() message.Attachment {
	data := make([]byte, 256)
	for i := range data {
		data[i] = byte(i)
	}
	return message.Attachment{Name: "GWCHECK.DAT", Data: data}
}

// letterMax bounds what is sent.
const letterMax = 16 << 10

// data returns the message as it is transferred, dots doubled, with the last
// line.
func (l *letter) data() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\n", l.from, l.to, l.subject, l.date.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	body := l.body
	if l.file != nil {
		file := message.Uuencode(l.file.Name, l.file.Data)
		// What each part of the body is: so many lines of text, then the file.
		// Q118968, Q118487
		fmt.Fprintf(&b, "Encoding: %d TEXT, %d UUENCODE\r\n", len(l.body), len(file))
		fmt.Fprintf(&b, "X-MS-Attachment: %s %d %s\r\n", l.file.Name, len(l.file.Data), l.date.Format("01-02-2006 15:04"))
		body = append(append(slices.Clone(l.body), ""), file...)
	}
	b.WriteString("\r\n")
	for _, line := range body {
		if strings.HasPrefix(line, ".") {
			line = "." + line
		}
		b.WriteString(line + "\r\n")
	}
	b.WriteString(".\r\n")
	return b.Bytes()
}

// checkData refuses a message that could harm a gateway: a second Subject line
// leaks its memory (Q134371), a missing end makes it wait (Q105289).
func checkData(data []byte) error {
	if len(data) > letterMax {
		return errRule{fmt.Sprintf("send a message of %d bytes", len(data))}
	}
	rest, ok := bytes.CutSuffix(data, []byte("\r\n.\r\n"))
	if !ok || bytes.Contains(rest, []byte("\r\n.\r\n")) {
		return errRule{"send a message that does not end with one dot alone"}
	}
	if bytes.IndexByte(data, 0) >= 0 || bytes.Count(data, []byte("\n")) != bytes.Count(data, []byte("\r\n")) || bytes.Count(data, []byte("\r")) != bytes.Count(data, []byte("\r\n")) {
		return errRule{"send lines that do not end with CR LF"}
	}
	header, _, _ := bytes.Cut(append([]byte("\r\n"), data...), []byte("\r\n\r\n"))
	if n := bytes.Count(bytes.ToUpper(header), []byte("\r\nSUBJECT:")); n != 1 {
		return errRule{fmt.Sprintf("send a message with %d Subject lines", n)}
	}
	return nil
}

// deliver hands a letter to the relay. may says which addresses the deployment
// file names; nothing is ever sent to another one.
func (s *Session) deliver(l *letter, helo string, may func(address string) bool) (Reply, error) {
	if !may(l.to) {
		return Reply{}, errRule{"send mail to " + l.to + ", which the deployment file does not name"}
	}
	data := l.data()
	if err := checkData(data); err != nil {
		return Reply{}, err
	}
	r, err := s.greeting()
	if err != nil || r.Code != 220 {
		return r, err
	}
	for _, c := range []struct {
		line string
		want int
	}{{"HELO " + helo, 250}, {"MAIL FROM:<" + l.from + ">", 250}, {"RCPT TO:<" + l.to + ">", 250}, {"DATA", 354}} {
		if r, err = s.ask(c.line, c.want); err != nil || r.Code/100 != c.want/100 {
			return r, err
		}
	}
	if s.dry != nil {
		s.dry("send the message: Subject: " + l.subject)
		return Reply{Code: 250}, nil
	}
	if err := s.send(data, fmt.Sprintf("(message of %d bytes, Subject: %s)", len(data), l.subject)); err != nil {
		return Reply{}, err
	}
	return s.reply(s.wait.Session)
}
