package invariant

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain returns s without anything that a terminal would obey: names of files
// and programs may come from strangers.
func plain(s string) string {
	ok := true
	for i := 0; i < len(s) && ok; i++ {
		ok = s[i] >= ' ' && s[i] < 0x7f
	}
	if ok {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r < 0x80 && (r < ' ' || r == 0x7f), r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// numberless returns s with each number as "#", so that a signature does not
// depend on it.
func numberless(s string) string {
	s = plain(s)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			b.WriteByte(s[i])
		} else if i == 0 || s[i-1] < '0' || s[i-1] > '9' {
			b.WriteByte('#')
		}
	}
	return b.String()
}

// withoutCount is "COMPANY/HUB SMTP" of "12 messages in COMPANY/HUB SMTP".
// Numbers behind the count are names.
func withoutCount(s string) string {
	s = plain(s)
	digits := 0
	for digits < len(s) && s[digits] >= '0' && s[digits] <= '9' {
		digits++
	}
	if digits == 0 {
		return s
	}
	rest := strings.TrimPrefix(s[digits:], " ")
	for _, unit := range []string{"messages in ", "message in "} {
		if where, ok := strings.CutPrefix(rest, unit); ok {
			return where
		}
	}
	return rest
}
