package names

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// recordsMax bounds a zone file: $GENERATE makes many records of one line.
const recordsMax = 200_000

// Zone is a zone file.
type Zone struct {
	name    string
	apexes  []string
	records map[string][]dns.RR // by owner
	exists  map[string]bool     // owners and what is above them in the zone
}

// ParseZone reads a zone file. The name stands before errors; the origin is
// that of the first lines and may be empty when the file tells it. $INCLUDE is
// refused: an administrator gives one file.
func ParseZone(name string, data []byte, origin string) (*Zone, error) {
	if origin != "" {
		if _, ok := dns.IsDomainName(origin); !ok {
			return nil, fmt.Errorf("cannot read zone file %s: origin %q is not a host name", name, origin)
		}
		origin = dns.CanonicalName(origin)
	}
	z := &Zone{name: name, records: map[string][]dns.RR{}, exists: map[string]bool{}}
	zp := dns.NewZoneParser(bytes.NewReader(data), origin, name)
	zp.SetDefaultTTL(3600) // a file that tells none is a fault of no interest here
	n := 0
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		if n++; n > recordsMax {
			return nil, fmt.Errorf("cannot read zone file %s: more than %d records", name, recordsMax)
		}
		owner := dns.CanonicalName(rr.Header().Name)
		if rr.Header().Rrtype == dns.TypeSOA {
			z.apexes = append(z.apexes, owner)
		}
		z.records[owner] = append(z.records[owner], rr)
	}
	if err := zp.Err(); err != nil {
		// The library's sentence begins with the file's name and ends with
		// the line and column.
		return nil, fmt.Errorf("cannot read zone file %w", err)
	}
	if len(z.apexes) == 0 && n > 0 {
		z.apexes = []string{z.common(origin)}
	}
	for owner := range z.records {
		for name := owner; !z.exists[name] && z.covers(name); name = parent(name) {
			z.exists[name] = true
			if name == "." {
				break
			}
		}
	}
	return z, nil
}

// common returns the name that all owners are below: what a file without a SOA
// record speaks of.
func (z *Zone) common(origin string) string {
	top := origin
	for owner := range z.records {
		if top == "" {
			top = owner
		}
		for !dns.IsSubDomain(top, owner) {
			top = parent(top)
		}
	}
	return strings.TrimPrefix(top, "*.")
}

// parent returns the name above; the root is above itself.
func parent(name string) string {
	if i, end := dns.NextLabel(name, 0); !end {
		return name[i:]
	}
	return "."
}

// covers reports whether the zone file speaks of a name.
func (z *Zone) covers(name string) bool {
	for _, apex := range z.apexes {
		if dns.IsSubDomain(apex, name) {
			return true
		}
	}
	return false
}

// Addresses implements Resolver.
func (z *Zone) Addresses(_ context.Context, name string) ([]string, error) {
	a, err := z.ask(name, dns.TypeA)
	return a.addresses, err
}

// Exchangers implements Resolver.
func (z *Zone) Exchangers(_ context.Context, name string) ([]MX, error) {
	a, err := z.ask(name, dns.TypeMX)
	return a.exchangers, err
}

func (z *Zone) ask(name string, kind uint16) (answers, error) {
	var a answers
	asked, err := wire(name)
	if err != nil {
		return a, err
	}
	for range aliasMax + 1 {
		list, err := z.lookup(asked)
		if err != nil {
			return a, err
		}
		alias := ""
		for _, rr := range list {
			if c, ok := rr.(*dns.CNAME); ok {
				alias = dns.CanonicalName(c.Target)
			} else if rr.Header().Rrtype == kind {
				a.add(rr)
			}
		}
		if alias == "" || len(a.addresses)+len(a.exchangers) > 0 {
			a.sort()
			return a, nil
		}
		asked = alias
	}
	return answers{}, fmt.Errorf("cannot look up %s in zone file %s: %w", plain(name), z.name, errAliases)
}

// lookup returns the records of a name, made from a wildcard where the name
// itself is not there (RFC 1034 4.3.3): the wildcard below the closest name
// above that exists.
func (z *Zone) lookup(name string) ([]dns.RR, error) {
	if !z.covers(name) {
		return nil, fmt.Errorf("zone file %s does not speak of %s", z.name, plain(name))
	}
	for up := name; z.covers(up) && up != "."; up = parent(up) {
		if z.delegated(up) {
			return nil, fmt.Errorf("zone file %s leaves %s to other servers", z.name, plain(up))
		}
	}
	if z.exists[name] {
		return z.records[name], nil
	}
	for up := parent(name); ; up = parent(up) {
		if z.exists[up] || up == "." || !z.covers(up) {
			return z.records["*."+strings.TrimPrefix(up, ".")], nil
		}
	}
}

// delegated reports whether a name has servers of its own without being the
// top of the zone.
func (z *Zone) delegated(name string) bool {
	ns, soa := false, false
	for _, rr := range z.records[name] {
		ns = ns || rr.Header().Rrtype == dns.TypeNS
		soa = soa || rr.Header().Rrtype == dns.TypeSOA
	}
	for _, apex := range z.apexes {
		soa = soa || apex == name
	}
	return ns && !soa
}
