package drive

import (
	"bytes"
	"fmt"
	"strings"
)

// blanks stand around words. The end of a line with CR LF is one of them.
const blanks = " \t\r\v\f"

// Value is a word of a text file with its place; line and column count from 1,
// the column in bytes.
type Value struct {
	Text         string
	Line, Column int
}

// Local is LOCAL.CFG.
type Local struct {
	Domain, HostName, SmartHost Value   // Line 0: not there
	Postoffices                 []Value // NET/PO
}

// SyntaxUnknown is the error of a LOCAL.CFG that is not written as we know it.
// No article shows the inside of that file, so this says nothing about whether
// the gateway can read it.
type SyntaxUnknown struct {
	Line, Column int
	Text         string // what stands there
}

func (e *SyntaxUnknown) Error() string {
	return fmt.Sprintf("line %d: syntax unknown: %q", e.Line, e.Text)
}

// ParseLocal reads LOCAL.CFG. invented: the syntax, a key and a value with "="
// between, where the keys are the words that the gateway's log prints for the
// same values (Q112286); with a *SyntaxUnknown comes what was read before it.
// Of a key that occurs twice the first counts.
func ParseLocal(data []byte) (Local, error) {
	var c Local
	var err error
	eachLine(data, func(n, column int, line string) bool {
		key, value, ok := strings.Cut(line, "=")
		v := Value{strings.Trim(value, blanks), n, column + len(key) + 1 + len(value) - len(strings.TrimLeft(value, blanks))}
		var to *Value
		switch strings.ToLower(strings.Trim(key, blanks)) {
		case "localdomain":
			to = &c.Domain
		case "hostname":
			to = &c.HostName
		case "smarthost":
			to = &c.SmartHost
		case "postoffice":
			if ok {
				c.Postoffices = append(c.Postoffices, v)
				return true
			}
		}
		if !ok || to == nil {
			err = &SyntaxUnknown{n, column, shorten(line)}
			return false
		}
		if to.Line == 0 {
			*to = v
		}
		return true
	})
	return c, err
}

// MapEntry is a line of ADDR_MAP.CFG.
type MapEntry struct {
	Postoffice, Domain Value
}

// LineProblem is a line that cannot be read.
type LineProblem struct {
	Line, Column int
	Text         string
}

// ParseAddrMap reads ADDR_MAP.CFG: a postoffice, blanks and a domain on each
// line. Q136116. A line that is not so is a problem and is left out.
func ParseAddrMap(data []byte) ([]MapEntry, []LineProblem) {
	var list []MapEntry
	var problems []LineProblem
	eachLine(data, func(n, column int, line string) bool {
		words := Words(line)
		switch {
		case len(words) != 2:
			problems = append(problems, LineProblem{n, column, fmt.Sprintf("want a postoffice and a domain, have %q", shorten(line))})
			return true
		case !strings.Contains(words[0].Text, "/"):
			problems = append(problems, LineProblem{n, column, fmt.Sprintf("want network/postoffice, have %q", shorten(words[0].Text))})
			return true
		}
		for i := range words {
			words[i].Line, words[i].Column = n, words[i].Column+column-1
		}
		list = append(list, MapEntry{words[0], words[1]})
		return true
	})
	return list, problems
}

// Words cuts a line at blanks; columns count from 1, lines are 0.
func Words(line string) []Value {
	var list []Value
	for at := 0; ; {
		line := line[at:]
		start := len(line) - len(strings.TrimLeft(line, blanks))
		if start == len(line) {
			return list
		}
		end := strings.IndexAny(line[start:], blanks)
		if end < 0 {
			end = len(line) - start
		}
		list = append(list, Value{Text: line[start : start+end], Column: at + start + 1})
		at += start + end
	}
}

// eachLine calls fn with each line of a DOS text file that is neither blank nor
// a remark, without the blanks at both ends, until fn returns false. The byte
// 1Ah ends such a file wherever it stands.
func eachLine(data []byte, fn func(n, column int, line string) bool) {
	if i := bytes.IndexByte(data, 0x1A); i >= 0 {
		data = data[:i]
	}
	for n := 1; len(data) > 0; n++ {
		raw, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		text := strings.TrimRight(string(raw), blanks)
		line := strings.TrimLeft(text, blanks)
		if line == "" || line[0] == ';' {
			continue
		}
		if !fn(n, len(text)-len(line)+1, line) {
			return
		}
	}
}

// shorten keeps what a sentence can quote.
func shorten(s string) string {
	const max = 60
	if len(s) > max {
		return s[:max] + "..."
	}
	return s
}
