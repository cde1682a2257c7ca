// Package message reads and writes mail as it is on the Internet, without the
// emulator's parsers, so that two mistakes cannot cancel.
package message

import (
	"fmt"
	"strings"
)

// Message is mail that has reached the Internet.
type Message struct {
	Header      []Field      // in order, folded lines joined
	Body        string       // everything after the empty line, LF line ends
	Attachments []Attachment // uuencoded parts of the body
}

// Field is one field of a header.
type Field struct{ Name, Value string }

// Attachment is a uuencoded part of a body.
type Attachment struct {
	Name string
	Data []byte
	Err  string // why it could not be decoded; "" if it was
}

// Read splits a message. What is no header ends the header, as at the
// receiving end of the time.
func Read(data []byte) Message {
	var m Message
	text := strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\r", "\n")
	for text != "" {
		line, rest, _ := strings.Cut(text, "\n")
		if line == "" {
			text = rest
			break
		}
		if (line[0] == ' ' || line[0] == '\t') && len(m.Header) > 0 {
			last := &m.Header[len(m.Header)-1]
			last.Value = strings.TrimSpace(last.Value + " " + strings.TrimSpace(line))
			text = rest
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(name, " \t") {
			break
		}
		m.Header = append(m.Header, Field{name, strings.TrimSpace(value)})
		text = rest
	}
	m.Body = text
	m.Attachments = readAttachments(text)
	return m
}

// Values returns the values of a header field, in order.
func (m *Message) Values(name string) []string {
	var values []string
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			values = append(values, f.Value)
		}
	}
	return values
}

// First returns the value of the first field of a name; "" without one.
func (m *Message) First(name string) string {
	if values := m.Values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// readAttachments decodes every "begin 644 NAME" part of a body.
func readAttachments(body string) []Attachment {
	var found []Attachment
	all := strings.Split(body, "\n")
	for i := 0; i < len(all); i++ {
		name, ok := beginLine(all[i])
		if !ok {
			continue
		}
		a := Attachment{Name: name, Err: "it has no end line"}
		for i++; i < len(all); i++ {
			if strings.TrimRight(all[i], " ") == "end" {
				a.Err = ""
				break
			}
			data, ok := uudecodeLine(all[i])
			if !ok {
				a.Err = fmt.Sprintf("it has a bad line: %.80q", all[i])
				break
			}
			a.Data = append(a.Data, data...)
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

// Uuencode returns the lines of a file, from begin to end. Zero is a grave
// accent: blanks at the end of a line may be lost.
func Uuencode(name string, data []byte) []string {
	lines := []string{"begin 644 " + name}
	digit := func(v byte) byte {
		if v &= 0x3f; v == 0 {
			return '`'
		}
		return v + 0x20
	}
	for len(data) > 0 {
		row := data[:min(45, len(data))]
		data = data[len(row):]
		line := []byte{digit(byte(len(row)))}
		for i := 0; i < len(row); i += 3 {
			var g [3]byte
			copy(g[:], row[i:])
			line = append(line, digit(g[0]>>2), digit(g[0]<<4|g[1]>>4), digit(g[1]<<2|g[2]>>6), digit(g[2]))
		}
		lines = append(lines, string(line))
	}
	return append(lines, "`", "end")
}
