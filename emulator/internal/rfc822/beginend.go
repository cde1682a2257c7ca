package rfc822

import "bytes"

// FindBeginEnd finds uuencoded text as the gateway does without an Encoding field: from
// a line that starts with BEGIN and a blank to a later line that starts with END, be it
// ENDEAVOR. Prose between such lines is taken for a file as well, a confirmed defect
// without a fix. Q118595 inferred: letters in either case, since uuencode writes lower
// case.
//
// before and after are the text around it; section includes both lines.
func FindBeginEnd(body []byte) (before, section, after []byte, ok bool) {
	begin := -1
	for rest := body; len(rest) > 0; {
		line, next, _ := NextLine(rest)
		switch {
		case begin < 0:
			if hasWord(line, "BEGIN ") {
				begin = len(body) - len(rest)
			}
		case hasWord(line, "END"):
			end := len(body) - len(next)
			return body[:begin], body[begin:end], next, true
		}
		rest = next
	}
	return body, nil, nil, false
}

// hasWord compares the start of a line without regard to case; word is in capitals.
func hasWord(line []byte, word string) bool {
	if len(line) < len(word) {
		return false
	}
	for i := 0; i < len(word); i++ {
		c := line[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// UudecodeSection decodes a section of FindBeginEnd without asking whether it makes
// sense, as the gateway does: prose becomes garbage, a proper file itself. Q118595
//
// inferred: a line yields what its first character promises, or less when it is too
// short. The name is empty unless the first line is begin, mode, name; Mode is then
// empty too.
func UudecodeSection(section []byte) File {
	var f File
	line, rest, _ := NextLine(section)
	if len(line) > 5 {
		line = append([]byte("begin"), line[5:]...)
		f.Mode, f.Name, _ = beginLine(line)
	}
	f.Data = make([]byte, 0, len(rest)*3/4)
	for len(rest) > 0 {
		line, rest, _ = NextLine(rest)
		if hasWord(line, "END") {
			break
		}
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			continue
		}
		n := int(line[0]-' ') & 63
		chars := line[1:]
		if short := len(chars) % 4; short != 0 && len(chars) < (n+2)/3*4 {
			// A last group that lost its blanks. The slice is capped so that
			// appending cannot touch the input.
			chars = append(chars[:len(chars):len(chars)], "   "[:4-short]...)
		}
		f.Data = appendDecoded(f.Data, chars, n)
	}
	return f
}
