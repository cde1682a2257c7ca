package rfc822

import (
	"bytes"
	"fmt"
)

const bytesPerLine = 45 // the character M

// UuencodeLines is the number of lines from begin to end for a file of size bytes.
func UuencodeLines(size int) int { return (size+bytesPerLine-1)/bytesPerLine + 3 }

// blankBefore and blankAfter surround an encoded part and count as its lines.
//
// invented: the arrangement. The sample counts 29 lines for a file of 1024 bytes, where
// 23 data lines, begin, the zero-length line and end make 26 (Q111857). The separator of
// parts does not count by RFC 1154, and a part starts with the begin line by Q118595, so
// the other three are taken for blank lines, which no decoder minds. A three-line table
// in front, as some PC encoders write it, would fit as well but would stay behind as
// text when the part is found by its BEGIN line.
const (
	blankBefore = 1
	blankAfter  = 2
)

// PartLines is the count in the Encoding field for an attachment of size bytes: 29 for
// 1024. Q111857
func PartLines(size int) int { return blankBefore + UuencodeLines(size) + blankAfter }

// AppendPart appends a file as one part of a body, PartLines lines with CRLF. The blank
// line between parts is not included.
func AppendPart(dst []byte, name string, data []byte) []byte {
	dst = appendBlank(dst, blankBefore)
	dst = AppendUuencode(dst, name, data)
	return appendBlank(dst, blankAfter)
}

func appendBlank(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, '\r', '\n')
	}
	return dst
}

// uuChars writes zero as a back-quote, since relays remove blanks at line ends.
const uuChars = "`!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_"

// AppendUuencode appends "begin 644 name", data lines, a zero-length line and end, with
// CRLF: the format of uuencode(5). Q118487 Q118530 Line ends in the name become blanks.
func AppendUuencode(dst []byte, name string, data []byte) []byte {
	dst = append(dst, "begin 644 "...)
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '\r' || c == '\n' {
			c = ' '
		}
		dst = append(dst, c)
	}
	dst = append(dst, '\r', '\n')
	for len(data) > 0 {
		n := min(len(data), bytesPerLine)
		dst = appendLine(dst, data[:n])
		data = data[n:]
	}
	return append(dst, "`\r\nend\r\n"...)
}

func appendLine(dst, line []byte) []byte {
	dst = append(dst, uuChars[len(line)])
	for ; len(line) >= 3; line = line[3:] {
		a, b, c := line[0], line[1], line[2]
		dst = append(dst, uuChars[a>>2], uuChars[(a<<4|b>>4)&63], uuChars[(b<<2|c>>6)&63], uuChars[c&63])
	}
	if len(line) > 0 {
		var b byte
		if len(line) > 1 {
			b = line[1]
		}
		a := line[0]
		dst = append(dst, uuChars[a>>2], uuChars[(a<<4|b>>4)&63], uuChars[(b<<2)&63], uuChars[0])
	}
	return append(dst, '\r', '\n')
}

// File is a decoded uuencoded file.
type File struct {
	Name string // third word of the begin line to its end; may be empty
	Mode string // second word
	Data []byte
}

// Uudecode finds the first line "begin mode name" and decodes up to its end line. Text
// before it is skipped; rest is what follows the end line. Lines may end in CRLF or LF,
// zero may be a blank or a back-quote.
//
// An error names the line, from 1; the file then holds what was decoded before it. Lines
// shorter than their length character promises are bad, and so is a missing end: a
// checker must see damage. Longer lines are good, since some encoders add a checksum.
func Uudecode(data []byte) (f File, rest []byte, err error) {
	number := 0
	found := false
	rest = data
	for len(rest) > 0 && !found {
		var line []byte
		line, rest, _ = NextLine(rest)
		number++
		f.Mode, f.Name, found = beginLine(line)
	}
	if !found {
		return File{}, nil, fmt.Errorf("cannot uudecode: no begin line in %d lines", number)
	}
	f.Data = make([]byte, 0, len(rest)*3/4)
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = NextLine(rest)
		number++
		if string(bytes.TrimRight(line, " \t")) == "end" {
			return f, rest, nil
		}
		f.Data, err = decodeLine(f.Data, line)
		if err != nil {
			return f, rest, fmt.Errorf("cannot uudecode: line %d: %w", number, err)
		}
	}
	return f, nil, fmt.Errorf("cannot uudecode: line %d: data ends without end", number+1)
}

// beginLine reads "begin 644 name": the mode is three or four octal digits.
func beginLine(line []byte) (mode, name string, ok bool) {
	if !bytes.HasPrefix(line, []byte("begin ")) {
		return "", "", false
	}
	m, n, found := bytes.Cut(bytes.TrimLeft(line[6:], " "), []byte(" "))
	if !found || len(m) < 3 || len(m) > 4 {
		return "", "", false
	}
	for _, c := range m {
		if c < '0' || c > '7' {
			return "", "", false
		}
	}
	// A CR inside a line becomes a blank, as AppendUuencode would write it.
	n = bytes.ReplaceAll(n, []byte{'\r'}, []byte{' '})
	return string(m), string(bytes.Trim(n, " \t")), true
}

// decodeLine appends the bytes of one data line. An empty line is a zero-length line
// whose blank was lost on the way.
func decodeLine(dst, line []byte) ([]byte, error) {
	if len(line) == 0 {
		return dst, nil
	}
	if line[0] < ' ' || line[0] > '`' {
		return dst, fmt.Errorf("bad length character %q", line[0])
	}
	n := int(line[0]-' ') & 63
	need := (n + 2) / 3 * 4
	chars := line[1:]
	if len(chars) < need {
		return dst, fmt.Errorf("bad length: %d bytes need %d characters, found %d", n, need, len(chars))
	}
	for i, c := range chars[:need] {
		if c < ' ' || c > '`' {
			return dst, fmt.Errorf("bad character %q in column %d", c, i+2)
		}
	}
	return appendDecoded(dst, chars[:need], n), nil
}

// appendDecoded turns groups of four characters into three bytes each, n in all.
func appendDecoded(dst, chars []byte, n int) []byte {
	for ; n > 0 && len(chars) >= 4; chars = chars[4:] {
		a, b, c, d := (chars[0]-' ')&63, (chars[1]-' ')&63, (chars[2]-' ')&63, (chars[3]-' ')&63
		three := [3]byte{a<<2 | b>>4, b<<4 | c>>2, c<<6 | d}
		k := min(n, 3)
		dst = append(dst, three[:k]...)
		n -= k
	}
	return dst
}
