package dos

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// asciiName maps a byte to its canonical form in a name, 0 when DOS does not
// allow it there. invented: a blank is refused; DOS lets it through, and no
// program of the product makes one.
var asciiName = func() (t [128]byte) {
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c
	}
	for c := byte('A'); c <= 'Z'; c++ {
		t[c], t[c+'a'-'A'] = c, c
	}
	for _, c := range []byte("!#$%&'()-@^_`{}~") {
		t[c] = c
	}
	return t
}()

// canonical returns the 8.3 name s in upper case. A name already canonical is
// returned as it is, without allocation. With cut a long base or extension is
// shortened, as DOS does; otherwise it is refused. ok is false for what is no
// name. wild lets * and ? pass.
func canonical(s string, cp *codePage, cut, wild bool) (name string, ok bool) {
	if simple(s) {
		return s, !device(s)
	}
	var buf [12 * utf8.UTFMax]byte
	out := buf[:0]
	count, limit, dot := 0, 8, false
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
			up, known := cp.upper[r]
			if !known {
				return "", false
			}
			r = up
		} else if r == '.' {
			if dot || i == 0 {
				return "", false
			}
			dot, count, limit = true, 0, 3
			out = append(out, '.')
			i++
			continue
		} else if !wild || r != '*' && r != '?' {
			if r = rune(asciiName[r]); r == 0 {
				return "", false
			}
		}
		i += n
		if count++; count > limit {
			if !cut {
				return "", false
			}
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	if dot && count == 0 { // "X." is X
		out = out[:len(out)-1]
	}
	name = string(out)
	return name, name != "" && !device(name)
}

// simple reports whether s is canonical ASCII already.
func simple(s string) bool {
	dot := -1
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '.' {
			if dot >= 0 {
				return false
			}
			dot = i
		} else if c == 0 || c >= 128 || asciiName[c] != c {
			return false
		}
	}
	if dot < 0 {
		return len(s) > 0 && len(s) <= 8
	}
	return dot > 0 && dot <= 8 && len(s)-dot >= 2 && len(s)-dot <= 4
}

// device reports whether a name means a character device whatever its
// extension. invented: such names are refused; devices are not emulated, and on a
// host directory they could be worse.
func device(name string) bool {
	if i := strings.IndexByte(name, '.'); i >= 0 {
		name = name[:i]
	}
	switch len(name) {
	case 3:
		return name == "CON" || name == "NUL" || name == "AUX" || name == "PRN"
	case 4:
		return (name[:3] == "COM" || name[:3] == "LPT") && name[3] >= '1' && name[3] <= '9'
	case 6:
		return name == "CLOCK$"
	}
	return false
}

// pattern is a name with wild cards in the eleven-character form of FindFirst.
type pattern [11]rune

func newPattern(s string, cp *codePage) (p pattern, ok bool) {
	name, ok := canonical(s, cp, true, true)
	if !ok {
		return p, false
	}
	return fields(name), true
}

// fields spreads a name over the eleven positions; * fills its field with ?.
func fields(name string) (p pattern) {
	for i := range p {
		p[i] = ' '
	}
	i, end := 0, 8
	for _, r := range name {
		switch {
		case r == '.':
			i, end = 8, 11
		case r == '*':
			for ; i < end; i++ {
				p[i] = '?'
			}
		case i < end:
			p[i] = r
			i++
		}
	}
	return p
}

// match reports whether a canonical name fits; ? also fits a blank.
func (p *pattern) match(name string) bool {
	f := fields(name)
	for i := range p {
		if p[i] != '?' && p[i] != f[i] {
			return false
		}
	}
	return true
}

// nextElement cuts the first element off a path with slashes of either kind.
func nextElement(path string) (element, rest string) {
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' || path[i] == '/' {
			return path[:i], path[i+1:]
		}
	}
	return path, ""
}

// cleanPath returns path as `\A\B` in canonical form, starting from the
// directory cwd (`\` or `\A`) unless path is absolute. The last element may
// hold wild cards when wild is set. DOS knows . and .. as elements; .. of the
// root is no path.
func cleanPath(cwd, path string, cp *codePage, cut, wild bool) (string, Error) {
	var store [128]byte
	out, e := appendClean(store[:0], cwd, path, cp, cut, wild)
	if string(out) == path {
		return path, e
	}
	return string(out), e
}

// appendClean appends the clean path to dst.
func appendClean(dst []byte, cwd, path string, cp *codePage, cut, wild bool) ([]byte, Error) {
	at, out := len(dst), dst
	if path == "" || path[0] != '\\' && path[0] != '/' {
		out = append(out, strings.TrimSuffix(cwd, `\`)...)
	}
	for path != "" {
		var e string
		e, path = nextElement(path)
		switch e {
		case "", ".":
			continue
		case "..":
			i := bytes.LastIndexByte(out[at:], '\\')
			if i < 0 {
				return dst, PathNotFound
			}
			out = out[:at+i]
			continue
		}
		var name string
		if wild && path == "" {
			name = e // judged by newPattern
		} else {
			var ok bool
			if name, ok = canonical(e, cp, cut, false); !ok {
				if device(name) {
					return dst, AccessDenied
				}
				if path == "" {
					return dst, FileNotFound
				}
				return dst, PathNotFound
			}
		}
		out = append(append(out, '\\'), name...)
	}
	// A path longer than INT 21h takes.
	if len(out)-at > 66*utf8.UTFMax {
		return dst, PathNotFound
	}
	if len(out) == at {
		out = append(out, '\\')
	}
	return out, 0
}

// splitPath cuts a clean path into its directory and last element; the root
// has none.
func splitPath(clean string) (dir, base string) {
	i := strings.LastIndexByte(clean, '\\')
	if i <= 0 {
		return `\`, clean[i+1:]
	}
	return clean[:i], clean[i+1:]
}
