package names

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// HostsLine is a line of a hosts file.
type HostsLine struct {
	IP     string
	Names  []string
	Line   int // from 1
	Column int // of the address, from 1
}

// HostsProblem is a line that cannot be read.
type HostsProblem struct {
	Line int
	Text string
}

// ParseHosts reads a hosts file: an address and names on each line, and
// remarks after "#". A line that is not so is a problem and left out.
func ParseHosts(data []byte) ([]HostsLine, []HostsProblem) {
	var list []HostsLine
	var problems []HostsProblem
	file, _, _ := strings.Cut(string(data), "\x1A") // the end of a DOS text file
	for i, line := range strings.Split(file, "\n") {
		text, _, _ := strings.Cut(line, "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		at := HostsLine{IP: words[0], Names: words[1:], Line: i + 1, Column: strings.Index(line, words[0]) + 1}
		addr, err := netip.ParseAddr(words[0])
		switch {
		case err != nil:
			problems = append(problems, HostsProblem{at.Line, fmt.Sprintf("want an IP address, have %q", cut(words[0]))})
		case len(at.Names) == 0:
			problems = append(problems, HostsProblem{at.Line, fmt.Sprintf("no name for %s", addr)})
		default:
			list = append(list, at)
		}
	}
	return list, problems
}

// Hosts returns a Resolver that looks names up in the lines of a hosts file.
func Hosts(lines []HostsLine) Resolver { return hosts(lines) }

type hosts []HostsLine

func (h hosts) Addresses(_ context.Context, name string) ([]string, error) {
	asked, err := wire(name)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, l := range h {
		for _, n := range l.Names {
			if w, err := wire(n); err == nil && w == asked && !strings.Contains(l.IP, ":") {
				list = append(list, l.IP)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

func (h hosts) Exchangers(context.Context, string) ([]MX, error) { return nil, ErrNoExchangers }

func cut(s string) string {
	if len(s) > 60 {
		return s[:60] + "..."
	}
	return s
}
