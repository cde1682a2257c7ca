package rfc822

import (
	"fmt"
	"strings"
)

// Commas says how commas in comments are taken.
type Commas int

const (
	// CommasKept is correct: a comma in a comment is text. SMTPGATE 3.0.8 and later.
	// Q108052 Q101461
	CommasKept Commas = iota
	// CommasSplit is the defect of 3.0 to 3.0.7: a comma in a comment ends the address,
	// so that user@dom (Doe, John) becomes two. Q108052
	CommasSplit
)

// Address is one mailbox of a header field.
type Address struct {
	Phrase  string // display name before <...>, quotes removed
	Route   string // source route without its colon, "@a,@b"; usually empty
	Addr    string // user@domain as written, percent hack and bangs included
	Comment string // text of the comments, joined by a blank
	Group   string // name of the group around it
	Raw     string // the list element as written, comments included. Q112286
}

// Name is the friendly name: the phrase, else the comment.
func (a Address) Name() string {
	if a.Phrase != "" {
		return a.Phrase
	}
	return a.Comment
}

// ParseList reads the unfolded value of an address field. Elements that hold no address
// are left out, except in broken text, where the gateway takes what is there.
//
// The error names the first offence against RFC 822 by offset; the list is the best
// effort in any case, so a lenient caller ignores the error.
func ParseList(value string, commas Commas) ([]Address, error) {
	p := listParser{s: value, commas: commas}
	p.run()
	return p.list, p.err
}

type listParser struct {
	s      string
	commas Commas
	list   []Address
	group  string
	err    error
}

func (p *listParser) fail(offset int, what string) {
	if p.err == nil {
		p.err = fmt.Errorf("cannot read address list: %s at offset %d", what, offset)
	}
}

// run cuts the list at commas, and at the colon and semicolon of groups. Quoted strings
// and angle brackets hide them; comments do, unless the defect is on.
func (p *listParser) run() {
	s := p.s
	start, angle, inGroup := 0, -1, false
	for i := 0; i < len(s); {
		switch s[i] {
		case '"':
			i = p.skipQuoted(i)
			continue
		case '(':
			i = p.skipComment(i)
			continue
		case '<':
			if angle < 0 {
				angle = i
			}
		case '>':
			if angle < 0 {
				p.fail(i, "> without <")
			}
			angle = -1
		case '\\':
			i++
		case ',':
			if angle < 0 {
				p.element(start, i)
				start = i + 1
			}
		case ':':
			if angle < 0 && !inGroup && groupName(s[start:i]) {
				inGroup, p.group = true, strings.Trim(stripQuotes(s[start:i]), " \t")
				start = i + 1
			}
		case ';':
			if angle < 0 && inGroup {
				p.element(start, i)
				inGroup, p.group = false, ""
				start = i + 1
			}
		}
		i++
	}
	if angle >= 0 {
		p.fail(angle, "< without >")
	}
	if inGroup {
		p.fail(len(s), "group without ;")
	}
	p.element(start, len(s))
}

// groupName tells a group from a stray colon: only words may stand before it.
func groupName(s string) bool {
	s = strings.Trim(s, " \t")
	return s != "" && strings.IndexByte(s, '@') < 0
}

// skipQuoted returns the offset behind the quoted string at i.
func (p *listParser) skipQuoted(i int) int {
	if end := quotedEnd(p.s, i); end >= 0 {
		return end
	}
	p.fail(i, "quote without end")
	return i + 1
}

func quotedEnd(s string, i int) int {
	for j := i + 1; j < len(s); j++ {
		switch s[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return -1
}

// skipComment returns the offset behind the comment at i, or just behind its parenthesis
// when it has no end. With the defect a comment does not hide commas: the offset is that
// of the first one in it. Q108052
func (p *listParser) skipComment(i int) int {
	end := commentEnd(p.s, i)
	if end < 0 {
		p.fail(i, "comment without end")
		return i + 1
	}
	if p.commas == CommasSplit {
		if comma := strings.IndexByte(p.s[i:end], ','); comma >= 0 {
			p.fail(i+comma, "comma in comment")
			return i + comma
		}
	}
	return end
}

func commentEnd(s string, i int) int {
	depth := 0
	for j := i; j < len(s); j++ {
		switch s[j] {
		case '\\':
			j++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return j + 1
			}
		}
	}
	return -1
}

// element reads one mailbox.
func (p *listParser) element(from, to int) {
	raw := strings.Trim(p.s[from:to], " \t\r\n")
	if raw == "" {
		return
	}
	a := parseMailbox(raw)
	a.Raw, a.Group = raw, p.group
	if a.Addr == "" && a.Phrase == "" {
		return // only comments
	}
	p.list = append(p.list, a)
}

// parseMailbox reads phrase <route:addr>, addr (comment) or bare words.
func parseMailbox(s string) Address {
	var a Address
	var words, inside strings.Builder
	angle := false
	seenAngle := false
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '(':
			end := commentEnd(s, i)
			text := s[i+1:]
			if end >= 0 {
				text = s[i+1 : end-1]
			} else {
				end = len(s) // the defect leaves halves of comments. Q108052
			}
			text = strings.Trim(unescape(text), " \t\r\n")
			if a.Comment != "" && text != "" {
				a.Comment += " "
			}
			a.Comment += text
			i = end
		case c == '"':
			end := quotedEnd(s, i)
			if end < 0 {
				end = i + 1
			}
			if angle {
				inside.WriteString(s[i:end])
			} else {
				words.WriteString(s[i:end])
			}
			i = end
		case c == '<' && !angle && !seenAngle:
			angle, seenAngle = true, true
			i++
		case c == '>' && angle:
			angle = false
			i++
		case c == '\\' && i+1 < len(s):
			if angle {
				inside.WriteString(s[i : i+2])
			} else {
				words.WriteString(s[i : i+2])
			}
			i += 2
		default:
			if angle {
				inside.WriteByte(c)
			} else {
				words.WriteByte(c)
			}
			i++
		}
	}
	if !seenAngle {
		a.Addr = squeeze(words.String())
		return a
	}
	a.Phrase = strings.Join(strings.Fields(stripQuotes(words.String())), " ")
	a.Route, a.Addr = cutRoute(squeeze(inside.String()))
	return a
}

// squeeze removes white space around the dots and at-signs of an address, which RFC 822
// allows, and reduces it elsewhere to one blank. Quoted parts stay as they are.
func squeeze(s string) string {
	if !strings.ContainsAny(s, " \t\r\n") {
		return s
	}
	var b strings.Builder
	pending := false
	glue := true // no blank wanted before the next character
	for i := 0; i < len(s); {
		c := s[i]
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			pending = true
			i++
			continue
		}
		special := c == '.' || c == '@' || c == ',' || c == ':'
		if pending && !glue && !special {
			b.WriteByte(' ')
		}
		pending, glue = false, special
		end := i + 1
		switch {
		case c == '"':
			if e := quotedEnd(s, i); e >= 0 {
				end = e
			}
		case c == '\\' && i+1 < len(s):
			end = i + 2
		}
		b.WriteString(s[i:end])
		i = end
	}
	return b.String()
}

// cutRoute separates @a,@b:user@domain.
func cutRoute(s string) (route, addr string) {
	if strings.HasPrefix(s, "@") {
		if i := strings.IndexByte(s, ':'); i >= 0 {
			return s[:i], s[i+1:]
		}
	}
	return "", s
}

// stripQuotes removes the quotes of quoted strings and their backslashes.
func stripQuotes(s string) string {
	if strings.IndexByte(s, '"') < 0 && strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// SplitAddr cuts an address at its last at-sign outside quotes. The percent hack stays
// in the user part. Without an at-sign all is user and ok is false.
func SplitAddr(addr string) (user, domain string, ok bool) {
	at := -1
	for i := 0; i < len(addr); i++ {
		switch addr[i] {
		case '\\':
			i++
		case '@':
			at = i
		case '"':
			if end := quotedEnd(addr, i); end >= 0 {
				i = end - 1
			}
		}
	}
	if at < 0 {
		return addr, "", false
	}
	return addr[:at], addr[at+1:], true
}

// String writes the address for a header field: Phrase <addr>, addr (Comment) or addr.
// Comments beside a phrase are dropped.
func (a Address) String() string {
	addr := a.Addr
	if a.Route != "" {
		return strings.TrimLeft(QuotePhrase(a.Phrase)+" <"+a.Route+":"+addr+">", " ")
	}
	switch {
	case a.Phrase != "":
		return QuotePhrase(a.Phrase) + " <" + addr + ">"
	case a.Comment != "":
		return addr + " (" + escapeComment(a.Comment) + ")"
	}
	return addr
}

func escapeComment(s string) string {
	if !strings.ContainsAny(s, `()\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '(' || s[i] == ')' || s[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
