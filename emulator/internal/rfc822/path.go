package rfc822

import (
	"fmt"
	"strings"
)

// Path is the argument of MAIL or RCPT.
type Path struct {
	Route string // source route, "@a,@b"
	Addr  string // user@domain; empty for <>
	Bare  bool   // written without < >
	Rest  string // text behind the >, such as ESMTP parameters, which the gateway predates
	Raw   string // argument behind FROM: or TO: without outer blanks
}

// NoReturnPath says whether the gateway logs WARNING No return path for this reverse
// path: empty, or without angle brackets. Q107087
func (p Path) NoReturnPath() bool { return p.Bare || p.Addr == "" }

// ParsePath reads what follows the verb, From:<root@company.com> or To:<...>. keyword is
// FROM or TO; letters may be in either case (Q112286 prints From and FROM) and blanks may
// surround the colon. An address without brackets is taken, as the gateway does. Q107087
func ParsePath(args, keyword string) (Path, error) {
	s := strings.Trim(args, " \t")
	if len(s) < len(keyword) || !strings.EqualFold(s[:len(keyword)], keyword) {
		return Path{}, fmt.Errorf("cannot read path %q: no %s:", args, keyword)
	}
	s = strings.TrimLeft(s[len(keyword):], " \t")
	if !strings.HasPrefix(s, ":") {
		return Path{}, fmt.Errorf("cannot read path %q: no colon after %s", args, keyword)
	}
	s = strings.Trim(s[1:], " \t")
	p := Path{Raw: s}
	if !strings.HasPrefix(s, "<") {
		p.Bare = true
		p.Route, p.Addr = cutRoute(s)
		return p, nil
	}
	end := -1
	for i := 1; i < len(s) && end < 0; i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			if e := quotedEnd(s, i); e >= 0 {
				i = e - 1
			}
		case '>':
			end = i
		}
	}
	if end < 0 {
		return Path{}, fmt.Errorf("cannot read path %q: < without >", args)
	}
	p.Route, p.Addr = cutRoute(inside(s[1:end]))
	p.Rest = strings.Trim(s[end+1:], " \t")
	return p, nil
}

// inside takes the outer blanks off what stands in angle brackets, but for one that a
// backslash quotes.
func inside(s string) string {
	s = strings.TrimLeft(s, " \t")
	t := strings.TrimRight(s, " \t")
	if quotes := len(t) - len(strings.TrimRight(t, `\`)); quotes%2 == 1 && len(t) < len(s) {
		t = s[:len(t)+1]
	}
	return t
}
