// Package names asks for the addresses and mail exchangers of host names: a
// DNS server, a zone file or a hosts file, behind one small interface.
//
// Goals: the same question has the same answer whichever source an
// administrator can give; an answer says where it came from; a server that is
// silent costs a bounded time.
//
// Non-goals: recursion, caching, changing anything.
package names

import "context"

// MX is a mail exchanger; the lowest preference is tried first.
type MX struct {
	Preference uint16
	Host       string // without the last dot
}

// Resolver answers questions about names. A name that does not exist has no
// answers and no error; an error means that nobody could say.
type Resolver interface {
	Addresses(ctx context.Context, name string) ([]string, error)
	Exchangers(ctx context.Context, name string) ([]MX, error)
}

// HostsLine is a line of a hosts file.
type HostsLine struct {
	IP    string
	Names []string
	Line  int
}
