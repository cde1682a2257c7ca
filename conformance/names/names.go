// Package names asks for the addresses and mail exchangers of host names: a
// DNS server, a zone file or a hosts file, behind one small interface.
//
// Goals: the same question has the same answer whichever source an
// administrator can give; an answer says where it came from; a server that is
// silent costs a bounded time.
//
// Non-goals: recursion, caching, changing anything; addresses of IP version 6,
// which no host of such an installation has.
//
// # Use
//
//	r := names.Server("192.0.2.53")               // or
//	r, err := names.ParseZone("company.zone", data, "company.com")
//	lines, problems := names.ParseHosts(data)     // names.Hosts(lines) is a Resolver
//	mx, err := r.Exchangers(ctx, "sales.company.com")
//
// Names are written with or without the last dot and in any case.
package names

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// MX is a mail exchanger; the lowest preference is tried first.
type MX struct {
	Preference uint16
	Host       string // without the last dot; "" says that no mail is wanted
}

// Resolver answers questions about names. A name that does not exist has no
// answers and no error; an error means that nobody could say. Addresses are
// sorted, exchangers by preference and name.
type Resolver interface {
	Addresses(ctx context.Context, name string) ([]string, error)
	Exchangers(ctx context.Context, name string) ([]MX, error)
}

// ErrNoExchangers is the answer of a hosts file to a question for exchangers.
var ErrNoExchangers = errors.New("a hosts file has no mail exchangers")

// aliasMax is how many aliases are followed. Two are already a fault of the
// zone; servers follow eight or more.
const aliasMax = 8

var errAliases = errors.New("the aliases lead in a circle or too far")

// wire returns a name as it is asked for.
func wire(name string) (string, error) {
	if _, ok := dns.IsDomainName(name); !ok || name == "" || strings.ContainsAny(name, " \t\r\n") {
		return "", fmt.Errorf("cannot ask for %q: not a host name", name)
	}
	return dns.CanonicalName(name), nil
}

// plain returns a name as people write it.
func plain(name string) string { return strings.TrimSuffix(name, ".") }

// answers sorts what records tell of the type asked for.
type answers struct {
	addresses  []string
	exchangers []MX
}

func (a *answers) add(rr dns.RR) {
	switch rr := rr.(type) {
	case *dns.A:
		a.addresses = append(a.addresses, rr.A.String())
	case *dns.MX:
		a.exchangers = append(a.exchangers, MX{rr.Preference, plain(rr.Mx)})
	}
}

func (a *answers) sort() {
	slices.Sort(a.addresses)
	a.addresses = slices.Compact(a.addresses)
	slices.SortFunc(a.exchangers, func(x, y MX) int {
		return cmp.Or(cmp.Compare(x.Preference, y.Preference), strings.Compare(x.Host, y.Host))
	})
}
