package lint

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is read as text: far above any file of a gateway PC.
const (
	textMax  = 1 << 20 // bytes of a text file
	linesMax = 20000
)

// dosEOF ends a DOS text file wherever it stands.
const dosEOF = 0x1A

// ReadText splits a text file into lines: CR LF, LF or CR end one, a DOS end
// of file ends all. Bytes that are no UTF-8 become the characters of the same
// code, so that columns count bytes of the original file.
func ReadText(file string, data []byte) Text {
	data = data[:min(len(data), textMax)]
	if i := bytes.IndexByte(data, dosEOF); i >= 0 {
		data = data[:i]
	}
	s := string(data)
	if !utf8.ValidString(s) {
		// inferred: files of these years are in a code page of one byte; what
		// the other characters are is of no matter here.
		r := make([]rune, 0, len(data))
		for _, c := range data {
			r = append(r, rune(c))
		}
		s = string(r)
	}
	s = strings.TrimPrefix(s, "\uFEFF")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	t := Text{File: file}
	t.Ends, t.EndsLine = lineEnds(data)
	if s == "" {
		return t
	}
	t.Lines = strings.SplitN(strings.TrimSuffix(s, "\n"), "\n", linesMax+1)
	if len(t.Lines) > linesMax {
		t.Lines = t.Lines[:linesMax]
	}
	return t
}

// lineEnds says how lines end, and the first that ends otherwise.
func lineEnds(data []byte) (ends string, odd int) {
	for i, line := 0, 1; i < len(data); i++ {
		end := ""
		switch {
		case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
			end = "CR LF"
			i++
		case data[i] == '\r':
			end = "CR"
		case data[i] == '\n':
			end = "LF"
		default:
			continue
		}
		if ends == "" {
			ends = end
		} else if end != ends {
			return "mixed", line
		}
		line++
	}
	return ends, 0
}

// At returns the place of a column, both counted from 1.
func (t *Text) At(line, column int) Place { return Place{File: t.File, Line: line, Column: column} }

// Words splits a line at blanks into words with their places.
func (t *Text) Words(line int) []Arg {
	var words []Arg
	text := t.Lines[line-1]
	for i := 0; i < len(text); {
		if isBlank(text[i]) {
			i++
			continue
		}
		end := i
		for end < len(text) && !isBlank(text[end]) {
			end++
		}
		words = append(words, Arg{text[i:end], t.At(line, i+1)})
		i = end
	}
	return words
}

// indent returns the length of the blanks that begin a text.
func indent(s string) int { return len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace)) }

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\f' || c == '\v' }

// Setting is a "key = value" line.
type Setting struct {
	Section string // as written, without brackets; empty before the first
	Key     string // as written
	Value   string // without blanks around it and without a comment
	At      Place  // of the key
	ValueAt Place
}

// Settings reads the "key = value" lines of an INI file, and of CONFIG.SYS,
// whose sections are those of a start menu. Lines that begin with a semicolon
// or REM, and those without an equals sign, are left out.
func (t *Text) Settings() []Setting {
	var list []Setting
	section := ""
	for i, line := range t.Lines {
		text := strings.TrimSpace(line)
		switch {
		case text == "" || text[0] == ';' || isRemark(text):
			continue
		case text[0] == '[':
			name, _, _ := strings.Cut(text[1:], "]")
			section = strings.TrimSpace(name)
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		s := Setting{Section: section, Key: strings.TrimSpace(key), Value: strings.TrimSpace(value)}
		s.At = t.At(i+1, 1+indent(key))
		s.ValueAt = t.At(i+1, 2+len(key)+indent(value))
		// A comment may stand behind a value. inferred: PROTOCOL.INI as the
		// setup programs write it
		if j := strings.Index(s.Value, ";"); j > 0 && isBlank(s.Value[j-1]) {
			s.Value = strings.TrimSpace(s.Value[:j])
		}
		list = append(list, s)
	}
	return list
}

func isRemark(line string) bool {
	return len(line) >= 3 && strings.EqualFold(line[:3], "REM") && (len(line) == 3 || isBlank(line[3]))
}

// Setting returns the last setting of a key, whose section name begins with
// the prefix given; both are compared without case.
func (t *Text) Setting(section, key string) (Setting, bool) {
	var found Setting
	ok := false
	for _, s := range t.Settings() {
		if strings.EqualFold(s.Key, key) && len(s.Section) >= len(section) && strings.EqualFold(s.Section[:len(section)], section) {
			found, ok = s, true
		}
	}
	return found, ok
}

// NetSection is a main line of NET.CFG with its indented lines.
type NetSection struct {
	Title   string // "Link Driver NE2000", "Protocol TCPIP", blanks made single
	At      Place
	Options []NetOption
}

// NetOption is an indented line of NET.CFG: a word and what follows it.
type NetOption struct {
	Name, Value string
	At          Place
}

// NetSections reads NET.CFG: a line that begins in the first column opens a
// section, indented ones belong to it; a semicolon or # begins a comment.
func (t *Text) NetSections() []NetSection {
	var list []NetSection
	for i, line := range t.Lines {
		if j := strings.IndexAny(line, ";#"); j >= 0 {
			line = line[:j]
		}
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if !isBlank(line[0]) {
			list = append(list, NetSection{Title: strings.Join(fields, " "), At: t.At(i+1, 1)})
			continue
		}
		if len(list) == 0 {
			continue
		}
		// "key = value" occurs as well as "key value".
		value := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(strings.Join(fields[1:], " ")), "="))
		last := &list[len(list)-1]
		last.Options = append(last.Options, NetOption{fields[0], value, t.At(i+1, 1+indent(line))})
	}
	return list
}
