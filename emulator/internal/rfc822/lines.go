package rfc822

import "bytes"

// LineEnd tells how a line ended.
type LineEnd int

const (
	EndNone LineEnd = iota // data ended first
	EndCRLF
	EndLF // LF without CR: the gateway takes it with a warning. Q99853
)

// NextLine cuts the first line off data. A CR that is not followed by LF is part of the
// line.
func NextLine(data []byte) (line, rest []byte, end LineEnd) {
	i := bytes.IndexByte(data, '\n')
	if i < 0 {
		return data, nil, EndNone
	}
	rest = data[i+1:]
	if i > 0 && data[i-1] == '\r' {
		return data[:i-1], rest, EndCRLF
	}
	return data[:i], rest, EndLF
}

// CountLines counts lines; a last line without line end counts.
func CountLines(data []byte) int {
	n := bytes.Count(data, []byte{'\n'})
	if len(data) > 0 && data[len(data)-1] != '\n' {
		n++
	}
	return n
}

// Is7Bit says whether data is all 7-bit ASCII, so that the gateway includes it as text
// instead of uuencoding it. Control characters are ASCII too. Q87045 Q118530
func Is7Bit(data []byte) bool {
	for _, c := range data {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// WrapColumn is the last column of text that clients send through FFAPI gateways.
// Q111860
const WrapColumn = 78

// AppendWrapped appends text with a hard CRLF after column 78 of every longer line;
// words are not looked at. Existing line ends become CRLF. Encapsulated mail is exempt:
// do not call this for it. Q111860
//
// text may use CR, LF or CRLF as line end.
func AppendWrapped(dst, text []byte) []byte {
	cr, lf := -1, -1 // the next of each from the start of text; its length for none
	for len(text) > 0 {
		if cr < 0 {
			cr = indexOr(text, '\r')
		}
		if lf < 0 {
			lf = indexOr(text, '\n')
		}
		i := min(cr, lf)
		line := text[:i]
		for len(line) > WrapColumn {
			dst = append(dst, line[:WrapColumn]...)
			dst = append(dst, '\r', '\n')
			line = line[WrapColumn:]
		}
		dst = append(dst, line...)
		if i == len(text) {
			return dst
		}
		dst = append(dst, '\r', '\n')
		if cr == i && lf == i+1 && lf < len(text) {
			i++
		}
		text = text[i+1:]
		cr, lf = cr-i-1, lf-i-1
	}
	return dst
}

// indexOr is the place of c in b, the length of b when there is none.
func indexOr(b []byte, c byte) int {
	if i := bytes.IndexByte(b, c); i >= 0 {
		return i
	}
	return len(b)
}

// AppendStuffed appends data for transmission after DATA: a dot at the start of a line
// is doubled, a missing last line end is supplied as CRLF. The final dot is not written.
// Lines that end in LF alone keep it.
func AppendStuffed(dst, data []byte) []byte {
	for len(data) > 0 {
		if data[0] == '.' {
			dst = append(dst, '.')
		}
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			dst = append(dst, data...)
			return append(dst, '\r', '\n')
		}
		dst = append(dst, data[:i+1]...)
		data = data[i+1:]
	}
	return dst
}

// Unstuff removes the doubled dot of one received line. end is true for the line that is
// a single dot and ends the data.
func Unstuff(line []byte) (text []byte, end bool) {
	if len(line) == 0 || line[0] != '.' {
		return line, false
	}
	if len(line) == 1 {
		return nil, true
	}
	return line[1:], false
}
