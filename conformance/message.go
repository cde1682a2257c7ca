package conformance

import (
	"strings"
)

// message is mail that reached the Internet, read without the emulator's
// parsers so that two mistakes cannot cancel.
type message struct {
	header      []headerField // in order, folded lines joined
	body        string        // everything after the empty line, LF line ends
	attachments []attached    // uuencoded parts of the body
}

type headerField struct{ name, value string }

type attached struct {
	name string
	data []byte
	err  string // why it could not be decoded
}

// readMessage splits a message. What is no header ends the header, as at the
// receiving end of the time.
func readMessage(data []byte) message {
	var m message
	text := unixLines(string(data))
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		if line == "" {
			text = rest
			break
		}
		if (line[0] == ' ' || line[0] == '\t') && len(m.header) > 0 {
			last := &m.header[len(m.header)-1]
			last.value += " " + strings.TrimSpace(line)
			text = rest
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(name, " \t") {
			break
		}
		m.header = append(m.header, headerField{name, strings.TrimSpace(value)})
		text = rest
	}
	m.body = text
	m.attachments = readAttachments(text)
	return m
}

// values returns the values of a header field, in order.
func (m *message) values(name string) []string {
	var values []string
	for _, f := range m.header {
		if strings.EqualFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return values
}

// readAttachments decodes every "begin 644 NAME" part of a body.
func readAttachments(body string) []attached {
	var found []attached
	all := strings.Split(body, "\n")
	for i := 0; i < len(all); i++ {
		name, ok := beginLine(all[i])
		if !ok {
			continue
		}
		a := attached{name: name, err: "it has no end line"}
		for i++; i < len(all); i++ {
			if strings.TrimRight(all[i], " ") == "end" {
				a.err = ""
				break
			}
			data, ok := uudecodeLine(all[i])
			if !ok {
				a.err = "it has a bad line: " + visible(all[i])
				break
			}
			a.data = append(a.data, data...)
		}
		found = append(found, a)
	}
	return found
}

// beginLine reads "begin MODE NAME"; the mode is three or four octal digits.
func beginLine(line string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(line, "begin ")
	mode, name, found := strings.Cut(rest, " ")
	if !ok || !found || len(mode) < 3 || len(mode) > 4 || strings.Trim(mode, "01234567") != "" {
		return "", false
	}
	name = strings.TrimSpace(name)
	return name, name != ""
}

// uudecodeLine decodes one line; a blank and a grave accent are both zero.
// Blanks that were lost at the end of a line are put back.
func uudecodeLine(line string) ([]byte, bool) {
	if line == "" {
		return nil, true
	}
	value := func(c byte) (byte, bool) { return (c - 0x20) & 0x3f, c >= 0x20 && c <= 0x60 }
	n, ok := value(line[0])
	if !ok {
		return nil, false
	}
	digits := []byte(line[1:])
	for len(digits) < (int(n)+2)/3*4 {
		digits = append(digits, ' ')
	}
	var data []byte
	for i := 0; len(data) < int(n); i += 4 {
		var v [4]byte
		for k := range v {
			if v[k], ok = value(digits[i+k]); !ok {
				return nil, false
			}
		}
		data = append(data, v[0]<<2|v[1]>>4, v[1]<<4|v[2]>>2, v[2]<<6|v[3])
	}
	return data[:n], true
}
