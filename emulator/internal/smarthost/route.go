package smarthost

import (
	"fmt"
	"net"
	"strings"

	"gwkit/emulator/internal/sim"
)

// configureRoutes builds the tables of destinations, aliases and mailboxes.
func (h *Host) configureRoutes() error {
	for _, r := range h.cfg.Routes {
		domain := strings.ToLower(r.Domain)
		if strings.Trim(domain, ".") == "" || !plainName(domain) {
			return fmt.Errorf("route: bad domain %q", r.Domain)
		}
		if h.routes[domain] != nil {
			return fmt.Errorf("route: second entry for %q", r.Domain)
		}
		d, err := h.destination(r.IP)
		if err != nil {
			return fmt.Errorf("route of %q: %w", r.Domain, err)
		}
		if d.host == "" {
			d.host = r.Host
		}
		h.routes[domain] = d
	}
	for _, a := range h.cfg.Aliases {
		if a.Address == "" || a.To == "" {
			return fmt.Errorf("alias %q to %q: want two addresses", a.Address, a.To)
		}
		key := h.aliasKey(a.Address)
		if h.aliases[key] != "" {
			return fmt.Errorf("alias: second entry for %q", a.Address)
		}
		h.aliases[key] = a.To
	}
	h.local[strings.ToLower(h.name)] = true
	for _, d := range h.cfg.LocalDomains {
		h.local[strings.ToLower(d)] = true
	}
	if h.cfg.LocalUsers != nil {
		h.users = map[string]bool{"postmaster": true} // RFC 822 6.3
		for _, u := range h.cfg.LocalUsers {
			h.users[strings.ToLower(u)] = true
		}
	}
	if h.cfg.Relay != "" {
		d, err := h.destination(h.cfg.Relay)
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		h.relay = d
	}
	return nil
}

// destination returns the queue for an "ip" or "ip:port".
func (h *Host) destination(address string) (*destination, error) {
	if net.ParseIP(address) != nil {
		address += ":25"
	}
	if net.ParseIP(hostPart(address)) == nil {
		return nil, fmt.Errorf("bad IP address %q", address)
	}
	if d := h.byAddress[address]; d != nil {
		return d, nil
	}
	d := &destination{address: address, armed: sim.Forever, process: h.name + "/smtp " + address}
	h.byAddress[address] = d
	h.queues = append(h.queues, d)
	return d, nil
}

// aliasRounds bounds a chain, or a ring, of aliases.
const aliasRounds = 10

// resolve turns a recipient into the address it has here: the source route
// off, aliases applied.
func (h *Host) resolve(path string) string {
	if strings.HasPrefix(path, "@") {
		if i := strings.IndexByte(path, ':'); i >= 0 {
			path = path[i+1:]
		}
	}
	for i := 0; i < aliasRounds && len(h.aliases) > 0; i++ {
		to := h.aliases[h.aliasKey(path)]
		if to == "" {
			break
		}
		path = to
	}
	return path
}

// aliasKey is the address in lower case; one without a domain is ours.
func (h *Host) aliasKey(address string) string {
	address = strings.ToLower(address)
	if strings.LastIndexByte(address, '@') < 0 {
		address += "@" + strings.ToLower(h.name)
	}
	return address
}

// lookup returns where mail for a resolved address goes. nil is a mailbox
// here, or the Internet.
//
// The exact domain comes first, then the entries for everything below a
// domain, the longest first. The name of the host itself is never routed.
func (h *Host) lookup(address string) (d *destination, local bool) {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return nil, true
	}
	domain := strings.ToLower(address[i+1:])
	if d := h.routes[domain]; d != nil {
		return d, false
	}
	if h.local[domain] {
		return nil, true
	}
	for rest := domain; ; {
		i := strings.IndexByte(rest, '.')
		if i < 0 {
			break
		}
		if d := h.routes[rest[i:]]; d != nil {
			return d, false
		}
		rest = rest[i+1:]
	}
	return h.relay, false
}

// exists reports whether the host accepts a recipient: only a mailbox here can
// be unknown.
func (h *Host) exists(path string) bool {
	if h.users == nil {
		return true
	}
	address := h.resolve(path)
	if _, local := h.lookup(address); !local {
		return true
	}
	user := address
	if i := strings.LastIndexByte(user, '@'); i >= 0 {
		user = user[:i]
	}
	return h.users[strings.ToLower(user)]
}

// route gives each recipient of an accepted message its place. Recipients that
// become equal get one copy, as in Sendmail.
func (h *Host) route(m *Message) {
	if hops(m.Data) > hopMax {
		var failed []failure
		for _, to := range m.To {
			failed = append(failed, failure{to, "", "554 too many hops"})
		}
		h.giveBack(m, "Too many hops", "", failed)
		return
	}
	var failed []failure
	var seen []string
	var touched []*destination
next:
	for _, to := range m.To {
		address := h.resolve(to)
		for _, x := range seen {
			if strings.EqualFold(x, address) {
				continue next
			}
		}
		seen = append(seen, address)
		d, _ := h.lookup(address)
		switch {
		case d != nil:
			if d.add(m, address) {
				touched = append(touched, d)
			}
			h.k.Emit(h.name, "queue", about(m, address), d.address, len(m.Data))
		case h.users != nil && !h.exists(address):
			failed = append(failed, failure{to, "", "550 <" + to + ">... User unknown"})
		default:
			h.rest(m, address)
		}
	}
	for _, d := range touched {
		h.work(d)
	}
	if len(failed) > 0 {
		h.giveBack(m, "User unknown", "", failed)
	}
}

// rest is the end of the way of one recipient's mail: a mailbox here, or the
// Internet.
func (h *Host) rest(m *Message, address string) {
	h.counters.Delivered++
	h.k.Emit(h.name, "deliver", about(m, address), "", len(m.Data))
	if h.onDeliver != nil {
		m.holders++
		h.onDeliver(m, address)
	}
}

// about names one recipient's copy of a message in an event.
func about(m *Message, address string) string { return m.Label + " " + address }
