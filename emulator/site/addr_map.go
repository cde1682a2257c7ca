package site

import (
	"errors"
	"fmt"
	"strings"
)

// Mapping is one entry of the address map: mail of a postoffice leaves with
// the domain, mail for the domain goes to the postoffice.
type Mapping struct {
	Postoffice string // NET/PO, case kept
	Domain     string // case kept
}

// FormatAddrMap prints ADDR_MAP.CFG: one mapping per line, postoffice then
// domain, in order (Q136116, Q111840).
func FormatAddrMap(entries []Mapping) []byte {
	var b strings.Builder
	for _, m := range entries {
		b.WriteString(m.Postoffice)
		b.WriteString("   ") // white space of any width separates them. Q136116
		b.WriteString(m.Domain)
		b.WriteString("\r\n")
	}
	return []byte(b.String())
}

// ParseAddrMap reads ADDR_MAP.CFG, which administrators also edit by hand
// (Q111840). The order of the lines is kept because the first match counts.
// Whether a name or domain makes sense is not judged here. The error lists
// every line in error as "line N: ...".
//
// invented: blank lines and lines that start with a semicolon are ignored; no
// article mentions either.
func ParseAddrMap(data []byte) ([]Mapping, error) {
	var entries []Mapping
	var faults []error
	eachLine(data, func(n int, line string) {
		words := strings.Fields(line)
		if len(words) != 2 {
			faults = append(faults, fmt.Errorf("line %d: want network/postoffice and domain, have %q", n, line))
			return
		}
		if network, name, ok := strings.Cut(words[0], "/"); !ok || network == "" || name == "" {
			faults = append(faults, fmt.Errorf("line %d: want network/postoffice, have %q", n, words[0]))
			return
		}
		entries = append(entries, Mapping{Postoffice: words[0], Domain: words[1]})
	})
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return entries, nil
}
