package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/names"
)

// slowRelay is how long a smart host may take for a word before the gateway's
// mail suffers: it serves nobody meanwhile. Q101682
const slowRelay = 10 * time.Second

// relayName is what statements call the smart host, so that a run against
// another one can be compared.
const relayName = "smart host"

func smartHost(e *exam) {
	address := e.relay()
	if address == "" {
		e.skip("the deployment file gives no address of a smart host")
		return
	}
	err := e.phone.call(e.ctx, e.check.ID, address, e.session(), func(s *Session) error {
		began := time.Now()
		r, err := s.greeting()
		if err != nil {
			return err
		}
		if r.Code != 220 {
			e.fail("the smart host greets with %q, want 220 (Q115492)", r)
			return nil
		}
		// The gateway knows HELO only. Q100352
		h, err := s.ask("HELO "+e.helo, 250)
		if err != nil {
			return err
		}
		if e.o.Plan != nil {
			return nil
		}
		e.say(relayName, "greeting code", "%d", r.Code)
		e.say(relayName, "answer to HELO", "%d", h.Code)
		if h.Code != 250 {
			e.fail("the smart host answers HELO with %q: the gateway knows no EHLO and cannot send (Q88777, Q100352)", h)
		}
		q, err := s.ask("QUIT", 221)
		if err != nil {
			return err
		}
		spent := time.Since(began)
		e.say(relayName, "answer to QUIT", "%d", q.Code)
		e.measure(relayName, "seconds of a session", "%.1f", spent.Seconds())
		if spent > slowRelay {
			e.fail("the smart host needs %s for greeting, HELO and QUIT: the gateway serves nobody meanwhile (Q101682, Q137043)", round(spent))
		}
		return nil
	})
	switch trouble(err) {
	case Interrupted:
	case "":
		if err != nil {
			e.unsure("smart host: %v", err)
		}
	case Unreachable:
		e.fail("the smart host %s %s: outbound mail waits, and is given up after -Q attempts (Q99852, Q129239)", address, err)
	case Silent:
		e.fail("the smart host %s %s: the gateway waits as long for each message (Q101682)", address, err)
	default:
		e.fail("the smart host %s %s (Q115492)", address, err)
	}
}

// backbone asks the relay whether it would take encapsulated mail; no mail is
// sent. Q136116
func backbone(e *exam) {
	address, alias := e.relay(), e.d.Test.Backbone
	if address == "" || alias == "" {
		e.skip("the deployment file gives no address of a smart host, or no test.backbone")
		return
	}
	err := e.phone.call(e.ctx, e.check.ID, address, e.session(), func(s *Session) error {
		if _, err := s.open220(e.Prober, true); err != nil {
			return err
		}
		if r, err := s.ask("MAIL FROM:<>", 250); err != nil || r.Code != 250 {
			if err == nil {
				e.unsure("the smart host answers MAIL FROM:<> with %q", r)
			}
			return err
		}
		r, err := s.ask("RCPT TO:<XXENC@"+alias+">", 250)
		if err != nil || e.o.Plan != nil {
			return err
		}
		e.say(relayName, "RCPT of XXENC@"+alias, "%d", r.Code)
		if r.Code/100 != 2 {
			e.fail("the smart host answers RCPT TO:<XXENC@%s> with %q: encapsulated mail does not reach that postoffice (Q136116, Q87039)", alias, r)
		}
		return nil
	})
	if err != nil && trouble(err) != Interrupted {
		e.unsure("the smart host %s %v", address, err)
	}
}

// nameWait bounds one question about a name.
const nameWait = 10 * time.Second

func dns(e *exam) {
	if e.o.Resolver == nil {
		e.skip("the deployment file gives no zone, no hosts file and no name server")
		return
	}
	for i := range e.d.Postoffices {
		po := &e.d.Postoffices[i]
		if po.Gateway == "" {
			continue
		}
		c, err := e.config(po.Ref())
		if e.o.Plan != nil {
			e.o.Plan("ask a name server for the addresses of the gateway's name, the mail exchangers of each mapped domain, and the addresses of the first exchanger, or of a domain that has none, of " + po.Ref())
			continue
		}
		if err != nil {
			e.skip("%s: %v", po.Ref(), err)
			continue
		}
		pcs := gatewaysOf(e.d, po.Ref())
		e.nameOfGateway(c.HostName, pcs)
		asked := map[string]bool{}
		for _, m := range c.Map {
			domain := strings.ToLower(m.Domain)
			if asked[domain] || e.ctx.Err() != nil {
				continue
			}
			asked[domain] = true
			if len(asked) > domainsMax {
				e.skip("%d domains: asked for the first %d", len(c.Map), domainsMax)
				break
			}
			e.routeOf(domain, pcs)
		}
	}
}

// gatewaysOf returns the PCs that run a gateway on a postoffice.
func gatewaysOf(d *deploy.Deployment, ref string) (list []*deploy.PC) {
	for i := range d.PCs {
		pc := &d.PCs[i]
		if slices.ContainsFunc(gatewayPostoffices(d, pc), func(r string) bool { return strings.EqualFold(r, ref) }) && d.RoleOf(pc) != deploy.RoleExternal {
			list = append(list, pc)
		}
	}
	return list
}

func (e *exam) ask(name string, what string, fn func(ctx context.Context) error) bool {
	ctx, stop := context.WithTimeout(e.ctx, nameWait)
	defer stop()
	err := fn(ctx)
	switch {
	case err == nil:
		return true
	case e.ctx.Err() != nil:
	case errors.Is(err, context.DeadlineExceeded):
		e.unsure("nobody says the %s of %s within %s", what, name, nameWait)
	default:
		e.unsure("nobody says the %s of %s: %v", what, name, err)
	}
	return false
}

func (e *exam) nameOfGateway(name string, pcs []*deploy.PC) {
	if !plainDomain(name) {
		e.skip("the gateway has no name in LOCAL.CFG")
		return
	}
	var addresses []string
	if !e.ask(name, "addresses", func(ctx context.Context) (err error) { addresses, err = e.o.Resolver.Addresses(ctx, name); return err }) {
		return
	}
	slices.Sort(addresses)
	e.say(name, "addresses", "%s", none(strings.Join(addresses, " ")))
	var receivers []string
	for _, pc := range pcs {
		if pc.IP == "" {
			continue
		}
		if role := e.d.RoleOf(pc); role == deploy.RoleSend && slices.Contains(addresses, pc.IP) {
			e.fail("%s leads to %s, which only sends: mail that arrives there is lost or refused (Q132060)", name, pc.Name)
		} else if role != deploy.RoleSend {
			receivers = append(receivers, pc.IP)
		}
	}
	switch {
	case len(addresses) == 0:
		e.fail("%s, the gateway's name in LOCAL.CFG, has no address (Q101459)", name)
	case len(receivers) > 0 && !slices.ContainsFunc(receivers, func(ip string) bool { return slices.Contains(addresses, ip) }):
		e.fail("%s, the gateway's name in LOCAL.CFG, leads to %s, and the gateway has %s (Q101459)", name, strings.Join(addresses, ", "), strings.Join(receivers, ", "))
	}
}

func none(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (e *exam) routeOf(domain string, pcs []*deploy.PC) {
	var list []names.MX
	if !e.ask(domain, "mail exchangers", func(ctx context.Context) (err error) { list, err = e.o.Resolver.Exchangers(ctx, domain); return err }) {
		return
	}
	slices.SortStableFunc(list, func(a, b names.MX) int { return int(a.Preference) - int(b.Preference) })
	var hosts []string
	for _, mx := range list {
		hosts = append(hosts, mx.Host)
	}
	e.say(domain, "mail exchangers", "%s", none(strings.Join(hosts, " ")))
	if len(hosts) == 0 {
		var addresses []string
		if e.ask(domain, "addresses", func(ctx context.Context) (err error) {
			addresses, err = e.o.Resolver.Addresses(ctx, domain)
			return err
		}) {
			e.say(domain, "addresses", "%s", none(strings.Join(addresses, " ")))
			if len(addresses) == 0 {
				e.fail("%s has neither a mail exchanger nor an address: nobody can send mail there (Q101459, Q100705)", domain)
			}
		}
		return
	}
	var addresses []string
	if !e.ask(hosts[0], "addresses", func(ctx context.Context) (err error) {
		addresses, err = e.o.Resolver.Addresses(ctx, hosts[0])
		return err
	}) {
		return
	}
	e.say(domain, "its first exchanger leads to", "%s", e.leadsTo(addresses, pcs))
	where := e.leadsTo(addresses, pcs)
	want := e.d.Policy.ReceiveMail
	switch {
	case strings.HasPrefix(where, "sender "):
		e.fail("the mail exchanger of %s is %s, which only sends (Q132060)", domain, hosts[0])
	case where == "nowhere":
		e.fail("the mail exchanger of %s, %s, has no address (Q101459)", domain, hosts[0])
	case where == "elsewhere" && e.d.SmartHost.IP != "":
		e.fail("the mail exchanger of %s, %s, is %s: neither the smart host %s nor a gateway (Q101459)", domain, hosts[0], strings.Join(addresses, ", "), e.d.SmartHost.IP)
	case want == "smarthost" && where == "gateway":
		e.fail("the mail exchanger of %s is the gateway itself, and the policy says smarthost: a gateway that is busy answers nobody (Q87046, Q101459)", domain)
	case want == "gateway" && where == "smart host":
		e.fail("the mail exchanger of %s is the smart host, and the policy says gateway (Q101459)", domain)
	}
}

// leadsTo says whose addresses these are.
func (e *exam) leadsTo(addresses []string, pcs []*deploy.PC) string {
	if len(addresses) == 0 {
		return "nowhere"
	}
	if ip := e.d.SmartHost.IP; ip != "" && slices.Contains(addresses, ip) {
		return "smart host"
	}
	for _, pc := range pcs {
		if pc.IP != "" && slices.Contains(addresses, pc.IP) {
			if e.d.RoleOf(pc) == deploy.RoleSend {
				return fmt.Sprintf("sender %s", pc.Name)
			}
			return "gateway"
		}
	}
	return "elsewhere"
}
