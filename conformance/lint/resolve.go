package lint

import (
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
