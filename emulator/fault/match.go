package fault

import (
	"strings"
)

// opSet is a set of operations, one bit each, so that the injector rejects an
// operation nobody is interested in with one comparison.
type opSet uint32

const (
	otherOp opSet = 1 << 31
	anyOp   opSet = 1<<32 - 1
)

// opNames are in the order of their bits.
var opNames = [...]string{
	OpOpen, OpCreate, OpRead, OpWrite, OpRename, OpRemove, OpClose, OpLock, OpUnlock, OpFind,
	OpAttr, OpMkdir, OpRmdir, OpTruncate, OpSpawn, OpConnect, OpSend, OpRecv, OpSMTP, OpSession, OpClock,
}

// opOf returns the bit of an operation. A switch on constants beats a map.
func opOf(op string) opSet {
	switch op {
	case OpOpen:
		return 1 << 0
	case OpCreate:
		return 1 << 1
	case OpRead:
		return 1 << 2
	case OpWrite:
		return 1 << 3
	case OpRename:
		return 1 << 4
	case OpRemove:
		return 1 << 5
	case OpClose:
		return 1 << 6
	case OpLock:
		return 1 << 7
	case OpUnlock:
		return 1 << 8
	case OpFind:
		return 1 << 9
	case OpAttr:
		return 1 << 10
	case OpMkdir:
		return 1 << 11
	case OpRmdir:
		return 1 << 12
	case OpTruncate:
		return 1 << 13
	case OpSpawn:
		return 1 << 14
	case OpConnect:
		return 1 << 15
	case OpSend:
		return 1 << 16
	case OpRecv:
		return 1 << 17
	case OpSMTP:
		return 1 << 18
	case OpSession:
		return 1 << 19
	case OpClock:
		return 1 << 20
	}
	return otherOp
}

func ops(names ...string) (set opSet) {
	for _, name := range names {
		set |= opOf(name)
	}
	return set
}

// names lists the operations of a set.
func (s opSet) names() []string {
	var list []string
	for _, name := range opNames {
		if s&opOf(name) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// Groups of operations that kinds apply to.
var (
	fileOps = ops(OpOpen, OpCreate, OpRead, OpWrite, OpRename, OpRemove, OpClose, OpLock, OpUnlock, OpFind,
		OpAttr, OpMkdir, OpRmdir, OpTruncate)
	netOps = ops(OpConnect, OpSend, OpRecv)
)

// pattern is a text with * and ?, in upper case; "" matches everything.
type pattern struct {
	text   string // as written
	upper  string
	prefix bool // no wildcard but an open end: only a prefix is compared
	plain  bool // no wildcard at all
}

func newPattern(text string) pattern {
	p := pattern{text: text, upper: strings.ToUpper(text)}
	body := p.upper
	if strings.HasSuffix(body, ":") || strings.HasSuffix(body, `\`) {
		body += "*"
	}
	p.upper = body
	switch i := strings.IndexAny(body, "*?"); {
	case i < 0:
		p.plain = true
	case i == len(body)-1 && body[i] == '*':
		p.prefix, p.upper = true, body[:i]
	}
	return p
}

func (p *pattern) match(s string) bool {
	switch {
	case p.text == "":
		return true
	case p.plain:
		return len(s) == len(p.upper) && foldPrefix(s, p.upper)
	case p.prefix:
		return foldPrefix(s, p.upper)
	}
	return glob(p.upper, s)
}

// reaches reports whether a text that begins with prefix can match: a * takes
// whatever is left of the prefix.
func (p *pattern) reaches(prefix string) bool {
	text := strings.ToUpper(p.text)
	for i := 0; i < len(prefix); i++ {
		switch {
		case i == len(text):
			// An open end goes on, as newPattern says.
			return i > 0 && (text[i-1] == ':' || text[i-1] == '\\') || p.text == ""
		case text[i] == '*':
			return true
		case text[i] != '?' && text[i] != upperByte(prefix[i]):
			return false
		}
	}
	return true
}

// matchWho also lets "GW1" match "GW1/SMTPGET".
func (p *pattern) matchWho(who string) bool {
	if p.match(who) {
		return true
	}
	i := strings.IndexByte(who, '/')
	return i > 0 && p.match(who[:i])
}

// foldPrefix reports whether s begins with an upper-case prefix, ASCII case
// ignored.
func foldPrefix(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := 0; i < len(prefix); i++ {
		if upperByte(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

func upperByte(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 0x20
	}
	return c
}

// glob matches with one level of backtracking, which is enough for * that
// matches any text: linear in practice, never exponential.
func glob(pat, s string) bool {
	i, j, star, mark := 0, 0, -1, 0
	for j < len(s) {
		switch {
		case i < len(pat) && pat[i] == '*':
			star, mark = i, j
			i++
		case i < len(pat) && (pat[i] == '?' || pat[i] == upperByte(s[j])):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(pat) && pat[i] == '*' {
		i++
	}
	return i == len(pat)
}

// match says which operations a fault hits. It is part of every kind.
type match struct {
	at, who     pattern
	ops         opSet // what the fault is asked about
	given       bool  // op= was written
	from, until int64 // nanoseconds; until 0 is for ever
	nth         int   // first operation that is hit, from 1
	every       int   // then each of that many, from 1
	times       int   // 0: without limit
	usual       int   // times without times=, for printing

	seen, hits int
}

func (m *match) applies() opSet { return m.ops }

func (m *match) matching() *match { return m }

// covers reports whether an operation is one of those the fault is about.
func (m *match) covers(p *Point) bool {
	return m.ops&opOf(p.Op) != 0 && p.Time >= m.from && (m.until == 0 || p.Time < m.until) &&
		m.at.match(p.Object) && m.who.matchWho(p.Who)
}

// hit counts an operation and reports whether the fault strikes.
func (m *match) hit(p *Point) bool {
	if !m.covers(p) {
		return false
	}
	m.seen++
	if m.seen < m.nth || (m.seen-m.nth)%m.every != 0 || m.times > 0 && m.hits >= m.times {
		return false
	}
	m.hits++
	return true
}
