package rfc822

import (
	"bytes"
	"strings"
)

// Field is one header field.
type Field struct {
	Name string // as written, without the colon
	Raw  []byte // all lines with their line ends; a slice of the input
	body int    // offset of the text after the colon in Raw
}

// Split cuts a message at the first empty line, which belongs to neither part. Lines may
// end in CRLF or LF. A message without an empty line is all header.
func Split(data []byte) (header, body []byte) {
	rest := data
	for len(rest) > 0 {
		line, next, _ := NextLine(rest)
		if len(line) == 0 {
			return data[:len(data)-len(rest)], next
		}
		rest = next
	}
	return data, nil
}

// Fields cuts a message into its header fields, in order and with duplicates, and the
// rest: the body after the empty line that ends the header.
//
// invented: a line that is neither field nor continuation also ends the header and
// starts the body, as relays of the time treated it; nothing is lost that way.
func Fields(data []byte) (fields []Field, body []byte) {
	rest := data
	for len(rest) > 0 {
		line, next, _ := NextLine(rest)
		if len(line) == 0 {
			return fields, next
		}
		colon := nameEnd(line)
		if colon < 0 {
			return fields, rest
		}
		f := Field{Name: string(bytes.TrimRight(line[:colon], " \t")), body: colon + 1}
		end := len(data) - len(next)
		for len(next) > 0 && (next[0] == ' ' || next[0] == '\t') {
			_, next, _ = NextLine(next)
			end = len(data) - len(next)
		}
		start := len(data) - len(rest)
		f.Raw = data[start:end:end]
		fields = append(fields, f)
		rest = next
	}
	return fields, nil
}

// nameEnd returns the offset of the colon of a field line, -1 when it is none. Blanks
// before the colon are allowed, as RFC 822 does in section 3.4.2.
func nameEnd(line []byte) int {
	for i, c := range line {
		switch {
		case c == ':':
			if len(bytes.TrimRight(line[:i], " \t")) == 0 {
				return -1
			}
			return i
		case c == ' ' || c == '\t':
			rest := bytes.TrimLeft(line[i:], " \t")
			if i == 0 || len(rest) == 0 || rest[0] != ':' {
				return -1
			}
		case c <= ' ' || c >= 0x7F:
			return -1
		}
	}
	return -1
}

// Is compares the field's name without regard to case.
func (f Field) Is(name string) bool { return strings.EqualFold(f.Name, name) }

// Unfold returns the value on one line: line ends are removed, the white space that
// follows them stays (RFC 822, section 3.1.1), blanks at both ends go.
func (f Field) Unfold() string {
	value := f.Raw[f.body:]
	first, rest, _ := NextLine(value)
	if len(rest) == 0 {
		return string(bytes.Trim(first, " \t"))
	}
	out := make([]byte, 0, len(value))
	out = append(out, first...)
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = NextLine(rest)
		out = append(out, line...)
	}
	return string(bytes.Trim(out, " \t"))
}

// Lines goes through the field's lines without line ends, as the gateway logs them after
// "Header: ". Q112286
func (f Field) Lines(yield func(line []byte) bool) {
	for rest := f.Raw; len(rest) > 0; {
		var line []byte
		line, rest, _ = NextLine(rest)
		if !yield(line) {
			return
		}
	}
}

// Get returns the unfolded value of the first field with that name.
func Get(fields []Field, name string) (value string, ok bool) {
	for _, f := range fields {
		if f.Is(name) {
			return f.Unfold(), true
		}
	}
	return "", false
}
