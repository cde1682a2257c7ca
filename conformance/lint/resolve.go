package lint

import (
	"context"
	"errors"
	"net"
	"strings"

	"gwkit/conformance/names"
)

// resolve chooses whom to ask for names: a name server that was given, or else
// the zone file. A file that cannot be read answers nothing.
func (in *Installation) resolve() {
	if in.NameServer != "" {
		in.Resolver, in.NamesAt = names.Server(in.NameServer), Place{File: in.NameServer}
		return
	}
	if in.Resolver != nil {
		return
	}
	for _, t := range in.Zones {
		z, err := names.ParseZone(t.File, []byte(strings.Join(t.Lines, "\n")+"\n"), in.ZoneOrigin)
		if err != nil {
			in.Unread = append(in.Unread, Mistake{Place{File: t.File}, err.Error()})
			continue
		}
		// inferred: of several zone files the first is that of the gateways.
		in.Resolver, in.NamesAt = z, Place{File: t.File}
		return
	}
}

// readHosts reads a hosts file: an address and its names on each line.
func readHosts(t Text) []names.HostsLine {
	list, _ := names.ParseHosts([]byte(strings.Join(t.Lines, "\n")))
	return list
}

// failuresMax is how many questions in a row may go unanswered before the rest
// is not asked: a dead server costs a bounded time, whatever it is asked for.
const failuresMax = 3

// patience remembers answers and stops to ask one who does not answer.
type patience struct {
	ask       names.Resolver
	addresses map[string]reply[string]
	mx        map[string]reply[names.MX]
	failures  int
	last      error
}

type reply[T any] struct {
	list []T
	err  error
}

func newPatience(ask names.Resolver) *patience {
	return &patience{ask: ask, addresses: map[string]reply[string]{}, mx: map[string]reply[names.MX]{}}
}

func (p *patience) Addresses(ctx context.Context, name string) ([]string, error) {
	return asked(p, p.addresses, name, func() ([]string, error) { return p.ask.Addresses(ctx, name) })
}

func (p *patience) Exchangers(ctx context.Context, name string) ([]names.MX, error) {
	return asked(p, p.mx, name, func() ([]names.MX, error) { return p.ask.Exchangers(ctx, name) })
}

func asked[T any](p *patience, known map[string]reply[T], name string, ask func() ([]T, error)) ([]T, error) {
	key := strings.ToLower(name)
	if r, ok := known[key]; ok {
		return r.list, r.err
	}
	if p.failures >= failuresMax {
		return nil, p.last
	}
	list, err := ask()
	var silent net.Error
	switch {
	case errors.As(err, &silent) && silent.Timeout() || errors.Is(err, context.DeadlineExceeded):
		p.failures++
		p.last = err
	case err == nil:
		p.failures = 0
	}
	known[key] = reply[T]{list, err}
	return list, err
}
