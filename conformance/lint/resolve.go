package lint

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/drive"
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

// serverPrograms adds the programs on the servers to the inventory of each PC
// that has the drive: those in MAILEXE of a database that can be read. A PC
// whose own disk is unknown stays so.
func (in *Installation) serverPrograms() {
	held := map[*Postoffice][]Program{}
	for _, po := range in.Postoffices {
		if po.Tree == nil {
			continue
		}
		// A database without the directory, or one that cannot be listed, has
		// nothing to say here.
		po.Tree.List("MAILEXE", func(e drive.Entry) error {
			if !e.Dir && e.Err == nil && (strings.HasSuffix(e.Name, ".EXE") || strings.HasSuffix(e.Name, ".COM")) {
				held[po] = append(held[po], Program{Name: e.Name, Size: e.Size, Date: programDate(e.ModTime), At: Place{File: po.Tree.At(e.Path)}})
			}
			return nil
		})
	}
	for _, pc := range in.PCs {
		if !pc.Programs.Known {
			continue
		}
		for letter := byte('A'); letter <= 'Z'; letter++ {
			programs := held[in.Postoffice(pc.Drives[letter])]
			dir := string(letter) + `:\MAILEXE`
			if len(programs) == 0 || slices.Contains(pc.Listed, dir) {
				continue
			}
			pc.Listed = append(pc.Listed, dir)
			for _, p := range programs {
				p.Dir = dir
				pc.Programs.Value = append(pc.Programs.Value, p)
			}
		}
	}
}

// programDate returns the day of a file's time. The time of a copy is as a rule
// that of the original; a later one than any release is that of copying.
func programDate(at time.Time) string {
	if at.Year() < 1985 || at.Year() > 1999 {
		return ""
	}
	return at.Format("2006-01-02")
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
