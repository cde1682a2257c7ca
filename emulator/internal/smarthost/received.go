package smarthost

import (
	"bytes"
	"strconv"
	"time"
)

// dateForm is the date of the time, with a two-digit year and the zone's name.
// Q112286
const dateForm = "Mon, 2 Jan 06 15:04:05 MST"

// libraryDate is how the library writes it, in wall-clock time.
const libraryDate = "Mon, _2 Jan 2006 15:04:05 -0700 (MST)"

// libraryReceived is how many lines the library puts before every message.
const libraryReceived = 3

// date returns the virtual time in the zone of the host.
func (h *Host) date() time.Time { return time.Unix(0, int64(h.k.Now())).In(h.zone) }

// queueID names a message as Sendmail does.
//
// invented: a count where Sendmail has its process id, so that runs repeat.
func queueID(n int) string {
	b := []byte("AA00000")
	if n >= 100000 { // ids stay unique: the second letter is the next digit
		b[1] = 'A' + byte(n/100000%26)
		b[0] = 'A' + byte(n/2600000%26)
	}
	for i := len(b) - 1; i > 1; i-- {
		b[i] = '0' + byte(n%10)
		n /= 10
	}
	return string(b)
}

// received appends the trace field of a message. name is what the client gave
// with HELO, peer its address; both are "" for mail that came without SMTP.
//
// inferred: Q112286 shows the field of mail made on the host. invented: "from
// NAME" in front when it came over SMTP, as in Sendmail's own configuration.
func (h *Host) received(dst []byte, m *Message, name, peer string) []byte {
	switch h.cfg.Received {
	case ReceivedSendmail:
		dst = append(dst, "Received: "...)
		if peer != "" {
			dst = append(dst, "from "...)
			dst = append(dst, name...)
			dst = append(dst, ' ')
		}
		dst = append(dst, "by "...)
		dst = append(dst, h.name...)
		dst = append(dst, " (4.1/SMI-4.1)\r\n     id "...)
		dst = append(dst, m.ID...)
		dst = append(dst, "; "...)
		dst = m.date.AppendFormat(dst, dateForm)
		dst = append(dst, '\r', '\n')
	case ReceivedLibrary:
		if peer == "" {
			break // it knows no mail without a client
		}
		dst = append(dst, "Received: from "...)
		dst = append(dst, name...)
		dst = append(dst, " (unknown ["...)
		dst = append(dst, hostPart(peer)...)
		dst = append(dst, "])\r\n        by "...)
		dst = append(dst, h.name...)
		dst = append(dst, " (smtpd) with SMTP\r\n        for <"...)
		if len(m.To) > 0 {
			dst = append(dst, m.To[0]...)
		}
		dst = append(dst, ">; "...)
		dst = m.date.AppendFormat(dst, libraryDate)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

// withoutReceived cuts the library's lines off. Nothing that a client sends
// gets an LF into them, so they are always three.
func withoutReceived(data []byte) []byte {
	for i := 0; i < libraryReceived; i++ {
		data = data[bytes.IndexByte(data, '\n')+1:]
	}
	return data
}

// hopMax is how many Received fields a message may have: a loop between host
// and gateway ends.
//
// invented: the number is that of Sendmail.
const hopMax = 17

// hops counts the Received fields of a header.
func hops(data []byte) int {
	n := 0
	for len(data) > 0 && data[0] != '\r' && data[0] != '\n' {
		if len(data) >= 9 && (data[0]|0x20) == 'r' && bytes.EqualFold(data[:9], []byte("Received:")) {
			n++
		}
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			break
		}
		data = data[i+1:]
	}
	return n
}

// hostPart is the address of an "ip:port".
func hostPart(peer string) string {
	for i := len(peer) - 1; i >= 0; i-- {
		if peer[i] == ':' {
			return peer[:i]
		}
	}
	return peer
}

func days(d time.Duration) string {
	switch {
	case d%(24*time.Hour) != 0:
		return d.String()
	case d == 24*time.Hour:
		return "1 day"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + " days"
}
