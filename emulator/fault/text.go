package fault

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// textMax bounds the text of a fault, in bytes.
const textMax = 2000

// Parse reads the text of a fault. The error names the column, counted in
// bytes from 1.
func Parse(text string) (Fault, error) {
	if len(text) > textMax {
		return nil, fmt.Errorf("cannot read fault: %d bytes, want at most %d", len(text), textMax)
	}
	words, err := split(text)
	if err != nil {
		return nil, fmt.Errorf("cannot read fault: %w", err)
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("cannot read fault: column 1: want the name of a kind")
	}
	name := words[0]
	if name.key != "" || name.quoted {
		return nil, fmt.Errorf("cannot read fault: column %d: want the name of a kind before the first key", name.column)
	}
	kind, ok := lookup(name.value)
	if !ok {
		return nil, fmt.Errorf("cannot read fault: column %d: unknown kind %q", name.column, name.value)
	}
	a := &arguments{kind: kind, end: len(text) + 1}
	for _, w := range words[1:] {
		if w.key == "" {
			return nil, fmt.Errorf("cannot read fault: column %d: want key=value, have %q", w.column, w.value)
		}
		for _, other := range a.words {
			if other.key == w.key {
				return nil, fmt.Errorf("cannot read fault: column %d: second %q", w.column, w.key)
			}
		}
		a.words = append(a.words, w)
	}
	m := a.match()
	f := kind.build(m, a)
	a.unused()
	if a.err != nil {
		return nil, fmt.Errorf("cannot read fault: %w", a.err)
	}
	// Escapes make a text longer: what Parse takes, String prints and Parse
	// takes again.
	if n := len(f.String()); n > textMax {
		return nil, fmt.Errorf("cannot read fault: it prints as %d bytes, want at most %d", n, textMax)
	}
	return f, nil
}

// word is one key=value of a text; a word without = has no key.
type word struct {
	column     int
	key, value string
	quoted     bool
	used       bool
}

func split(text string) ([]word, error) {
	var words []word
	for i := 0; i < len(text); {
		if text[i] == ' ' || text[i] == '\t' {
			i++
			continue
		}
		w := word{column: i + 1}
		start := i
		for i < len(text) && text[i] != ' ' && text[i] != '\t' && text[i] != '=' && text[i] != '"' {
			i++
		}
		if i < len(text) && text[i] == '=' {
			w.key = text[start:i]
			if w.key == "" {
				return nil, fmt.Errorf("column %d: want a key before =", start+1)
			}
			i++
			start = i
		}
		if i < len(text) && text[i] == '"' && i == start {
			end := closing(text, i)
			value, err := strconv.Unquote(text[i:end])
			if err != nil {
				return nil, fmt.Errorf("column %d: want a text in double quotes", i+1)
			}
			w.value, w.quoted = value, true
			i = end
			if i < len(text) && text[i] != ' ' && text[i] != '\t' {
				return nil, fmt.Errorf("column %d: want a blank after the closing quote", i+1)
			}
		} else {
			for i < len(text) && text[i] != ' ' && text[i] != '\t' {
				i++
			}
			w.value = text[start:i]
			if w.value == "" {
				return nil, fmt.Errorf("column %d: want a value for %q", i+1, w.key)
			}
		}
		for j := 0; j < len(w.value); j++ {
			if c := w.value[j]; c < ' ' || c == 0x7F {
				return nil, fmt.Errorf("column %d: control characters are not allowed", w.column)
			}
		}
		words = append(words, w)
	}
	return words, nil
}

// closing returns the index after the quote that closes the one at i.
func closing(text string, i int) int {
	for j := i + 1; j < len(text); j++ {
		switch text[j] {
		case '\\':
			j++
		case '"':
			return j + 1
		}
	}
	return len(text)
}

// arguments hands the words of a text to the kind that reads them. The first
// mistake is kept; a read after it returns zero.
type arguments struct {
	kind  *Kind
	words []word
	end   int // column after the text
	err   error
}

func (a *arguments) fail(column int, format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("column %d: %s", column, fmt.Sprintf(format, args...))
	}
}

func (a *arguments) take(key string) *word {
	for i := range a.words {
		if a.words[i].key == key {
			a.words[i].used = true
			return &a.words[i]
		}
	}
	return nil
}

// need is take for a key that has no default.
func (a *arguments) need(key string) *word {
	w := a.take(key)
	if w == nil {
		a.fail(a.end, "want %s=", key)
		return &word{column: a.end}
	}
	return w
}

func (a *arguments) unused() {
	for _, w := range a.words {
		if !w.used {
			a.fail(w.column, "%s has no key %q", a.kind.Name, w.key)
		}
	}
}

// number reads a count; a word that is absent gives other.
func (a *arguments) number(key string, low, high, other int) int {
	w := a.take(key)
	if w == nil {
		return other
	}
	n, err := strconv.Atoi(w.value)
	if err != nil || n < low || n > high {
		a.fail(w.column, "want %s to be a number from %d to %d", key, low, high)
		return other
	}
	return n
}

// span reads a duration; a word that is absent gives 0. Durations have two
// forms that mean the same, so they are printed again by spanText.
func (a *arguments) span(key string, low time.Duration) time.Duration {
	w := a.take(key)
	if w == nil {
		return 0
	}
	d, err := time.ParseDuration(w.value)
	if err != nil || d < low || d > spanMax {
		a.fail(w.column, "want %s to be a duration such as 90s or 10m", key)
		return 0
	}
	return d
}

// spanMax keeps sums of durations far from overflow.
const spanMax = 10 * 365 * 24 * time.Hour

func (a *arguments) yes(key string) bool {
	w := a.take(key)
	if w == nil || w.value == "no" {
		return false
	}
	if w.value != "yes" {
		a.fail(w.column, "want %s to be yes or no", key)
	}
	return true
}

// match reads the keys that every kind has.
func (a *arguments) match() match {
	m := match{ops: a.kind.ops, nth: 1, every: 1, usual: a.kind.times}
	if w := a.take("at"); w != nil {
		m.at = newPattern(w.value)
	}
	if w := a.take("who"); w != nil {
		m.who = newPattern(w.value)
	}
	if w := a.take("op"); w != nil {
		m.given, m.ops = true, 0
		for _, name := range strings.Split(w.value, ",") {
			bit := opOf(name)
			if bit == otherOp || bit&a.kind.ops == 0 {
				a.fail(w.column, "%s does not apply to operation %q, want some of %s", a.kind.Name, name, strings.Join(a.kind.ops.names(), ","))
			}
			m.ops |= bit
		}
	}
	m.from = int64(a.span("from", 0))
	m.until = int64(a.span("until", 1))
	if w := a.take("until"); w != nil && m.until <= m.from {
		a.fail(w.column, "want until to be after from")
	}
	m.nth = a.number("nth", 1, countMax, 1)
	m.every = a.number("every", 1, countMax, 1)
	m.times = a.number("times", 0, countMax, a.kind.times)
	return m
}

const countMax = 1_000_000_000

// text prints a fault: the kind, its own keys, then those of every kind that
// are not at their default, in a fixed order.
func (m *match) text(kind string, own ...string) string {
	var b strings.Builder
	b.WriteString(kind)
	put := func(key, value string) {
		b.WriteByte(' ')
		b.WriteString(key)
		b.WriteByte('=')
		b.WriteString(quote(value))
	}
	for i := 0; i+1 < len(own); i += 2 {
		if own[i+1] != "" {
			put(own[i], own[i+1])
		}
	}
	if m.at.text != "" {
		put("at", m.at.text)
	}
	if m.who.text != "" {
		put("who", m.who.text)
	}
	if m.given {
		put("op", strings.Join(m.ops.names(), ","))
	}
	if m.from != 0 {
		put("from", spanText(time.Duration(m.from)))
	}
	if m.until != 0 {
		put("until", spanText(time.Duration(m.until)))
	}
	if m.nth != 1 {
		put("nth", strconv.Itoa(m.nth))
	}
	if m.every != 1 {
		put("every", strconv.Itoa(m.every))
	}
	if m.times != m.usual {
		put("times", strconv.Itoa(m.times))
	}
	return b.String()
}

// quote puts a value in double quotes when it would not be one word.
func quote(value string) string {
	if value == "" || value[0] == '"' {
		return strconv.Quote(value)
	}
	for i := 0; i < len(value); i++ {
		if c := value[i]; c <= ' ' || c == 0x7F || c == '"' {
			return strconv.Quote(value)
		}
	}
	return value
}

// spanText prints a duration without empty parts: 10m, not 10m0s.
func spanText(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

func spanOrNone(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return spanText(d)
}

func numberOrNone(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func yesOrNone(yes bool) string {
	if yes {
		return "yes"
	}
	return ""
}
