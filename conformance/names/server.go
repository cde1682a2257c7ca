package names

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/miekg/dns"
)

// tryFor is how long a server may take for one try, and tries how often it is
// asked over UDP, where a question can be lost.
const (
	tryFor = 1500 * time.Millisecond
	tries  = 2
)

// Server returns a Resolver that asks one DNS server: an address, or an address
// and port. It asks the server to ask others, as a PC does. A question costs
// at most five seconds for each alias on the way, and ends at once with the
// context.
func Server(address string) Resolver {
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, "53")
	}
	return server(address)
}

type server string

func (s server) Addresses(ctx context.Context, name string) ([]string, error) {
	a, err := s.ask(ctx, name, dns.TypeA)
	return a.addresses, err
}

func (s server) Exchangers(ctx context.Context, name string) ([]MX, error) {
	a, err := s.ask(ctx, name, dns.TypeMX)
	return a.exchangers, err
}

func (s server) ask(ctx context.Context, name string, kind uint16) (answers, error) {
	var a answers
	asked, err := wire(name)
	if err != nil {
		return a, err
	}
	for range aliasMax + 1 {
		reply, err := s.exchange(ctx, asked, kind)
		if err != nil {
			return a, fmt.Errorf("cannot ask %s for %s: %w", string(s), plain(name), err)
		}
		// The server sends the aliases it followed and then the answer.
		for range len(reply.Answer) + 1 {
			alias := ""
			for _, rr := range reply.Answer {
				if dns.CanonicalName(rr.Header().Name) != asked {
					continue
				}
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
			if !owns(reply.Answer, asked) {
				break
			}
		}
	}
	return answers{}, fmt.Errorf("cannot ask %s for %s: %w", string(s), plain(name), errAliases)
}

func owns(list []dns.RR, name string) bool {
	for _, rr := range list {
		if dns.CanonicalName(rr.Header().Name) == name {
			return true
		}
	}
	return false
}

// exchange asks one question over UDP, and over TCP when the answer is cut.
func (s server) exchange(ctx context.Context, name string, kind uint16) (reply *dns.Msg, err error) {
	for range tries {
		reply, err = s.once(ctx, "udp", name, kind)
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	if err == nil && reply.Truncated {
		reply, err = s.once(ctx, "tcp", name, kind)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	case reply.Rcode == dns.RcodeNameError:
		reply.Answer = aliasesOnly(reply.Answer)
		return reply, nil
	case reply.Rcode != dns.RcodeSuccess:
		return nil, fmt.Errorf("the server answers %s", dns.RcodeToString[reply.Rcode])
	}
	return reply, nil
}

// aliasesOnly keeps the aliases that lead to a name that does not exist.
func aliasesOnly(list []dns.RR) []dns.RR {
	var keep []dns.RR
	for _, rr := range list {
		if _, ok := rr.(*dns.CNAME); ok {
			keep = append(keep, rr)
		}
	}
	return keep
}

func (s server) once(ctx context.Context, network, name string, kind uint16) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	c := dns.Client{Net: network, Timeout: tryFor}
	conn, err := c.DialContext(ctx, string(s))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	// The library looks at the context's deadline only.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	q := new(dns.Msg)
	q.SetQuestion(name, kind)
	reply, _, err := c.ExchangeWithConnContext(ctx, q, conn)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("timeout: no answer within %s", tryFor) // whichever of the two bounds came first
	}
	if err != nil {
		return nil, err
	}
	if len(reply.Question) != 1 || dns.CanonicalName(reply.Question[0].Name) != name || reply.Question[0].Qtype != kind || !reply.Response {
		return nil, fmt.Errorf("the server answers another question")
	}
	return reply, nil
}
