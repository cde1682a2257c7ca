package probe

import (
	"fmt"
	"strings"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/drive"
	"gwkit/emulator/site"
)

// What the original says. Q112286, Q107087, Q99855
const (
	greetingText = "All set, fire away"
	heloText     = "Hi there, pleased to meet you"
)

// stranger names a peer that is no such gateway by its greeting, or returns
// "".
func stranger(greeting string) string {
	for _, product := range []string{"Postfix", "Sendmail", "Exim", "Microsoft ESMTP", "qmail", "PMDF", "OpenSMTPD", "Lotus"} {
		if strings.Contains(strings.ToLower(greeting), strings.ToLower(product)) {
			return product
		}
	}
	if strings.Contains(strings.ToUpper(greeting), "ESMTP") {
		return "a mail server that speaks ESMTP"
	}
	return ""
}

// eachGateway runs a session with each receiving gateway that has not turned
// out to be dead already.
func (e *exam) eachGateway(fn func(g gateway, s *Session) error) {
	list := e.gateways()
	if len(list) == 0 {
		e.skip("no PC with role both or receive has an address")
	}
	for _, g := range list {
		if e.ctx.Err() != nil {
			return
		}
		e.withGateway(g, fn)
	}
}

func (e *exam) withGateway(g gateway, fn func(g gateway, s *Session) error) {
	if why := e.dead[g.address]; why != "" && e.check.ID != "live.tcp25" {
		e.skip("%s %s (see live.tcp25)", g.Name, why)
		return
	}
	err := e.phone.call(e.ctx, e.check.ID, g.address, e.session(), func(s *Session) error { return fn(g, s) })
	switch trouble(err) {
	case "":
		if err != nil {
			e.unsure("%s: %v", g.Name, err)
		}
	case Interrupted:
	case Unreachable:
		e.dead[g.address] = "cannot be called"
		e.fail("%s %s %s: the gateway is down, or hangs silently if its log still moves (Q115492, Q131150)", g.Name, g.address, err)
	case Silent:
		e.dead[g.address] = "does not answer"
		e.fail("%s %s %s: another call is in progress, or the gateway has stopped behind its stack (Q87046, Q131150)", g.Name, g.address, err)
	case Garbage, Flood:
		e.dead[g.address] = "speaks no SMTP"
		e.fail("%s %s is no such gateway: it %s; the original greets with \"220 %s\"", g.Name, g.address, err, greetingText)
	default:
		e.fail("%s %s %s", g.Name, g.address, err)
	}
}

// open reads the greeting and says HELO.
func (s *Session) open220(p *Prober, helo bool) (Reply, error) {
	r, err := s.greeting()
	if err != nil || !helo {
		return r, err
	}
	if r.Code != 220 && s.dry == nil {
		return r, nil
	}
	h, err := s.ask("HELO "+p.helo, 250)
	if err == nil && h.Code != 250 {
		err = fmt.Errorf("HELO is answered with %q", h)
	}
	return r, err
}

func tcp25(e *exam) {
	e.eachGateway(func(g gateway, s *Session) error {
		began := time.Now()
		r, err := s.greeting()
		if err != nil {
			return err
		}
		e.measure(g.Name, "seconds until 220", "%.1f", time.Since(began).Seconds())
		e.say(g.Name, "greeting code", "%d", r.Code)
		if r.Code != 220 {
			e.fail("%s greets with %q, want 220 (Q115492)", g.Name, r)
			return nil
		}
		q, err := s.ask("QUIT", 221)
		if err != nil {
			return err
		}
		e.say(g.Name, "answer to QUIT", "%d", q.Code)
		if q.Code != 221 {
			e.fail("%s answers QUIT with %q, want 221 (Q112286)", g.Name, q)
		}
		return nil
	})
}

func banner(e *exam) {
	e.eachGateway(func(g gateway, s *Session) error {
		r, err := s.greeting()
		if err != nil {
			return err
		}
		h, err := s.ask("HELO "+e.helo, 250)
		if err != nil {
			return err
		}
		if e.o.Plan != nil {
			return nil
		}
		e.say(g.Name, "greeting", "%s", r.Text)
		e.say(g.Name, "answer to HELO", "%d %s", h.Code, strings.ReplaceAll(h.Text, e.helo, "CLIENT"))
		switch who := stranger(r.Text); {
		case strings.Contains(r.Text, greetingText):
		case who != "":
			e.fail("%s is no such gateway but %s: it greets with %q; the original says \"220 %s\" (Q112286)", g.Name, who, r, greetingText)
			return nil
		default:
			e.unsure("%s greets with %q, which no article prints", g.Name, r)
			return nil
		}
		if h.Code != 250 {
			e.fail("%s answers HELO with %q, want 250 (Q112286)", g.Name, h)
		}
		// With host names in both replies it is 3.0.1 or later. Q102107
		named := !strings.HasPrefix(r.Text, greetingText) && !strings.HasPrefix(h.Text, heloText)
		e.say(g.Name, "host name in 220 and 250", "%s", yes(named))
		v := e.d.GatewayVersion
		if v != "" && named != site.AtLeast(v, "3.0.1") {
			e.fail("%s behaves as a version %s does, and the deployment file says %s (Q102107)", g.Name, sinceOrBefore(named, "3.0.1"), v)
		}
		return nil
	})
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func sinceOrBefore(since bool, version string) string {
	if since {
		return "from " + version
	}
	return "before " + version
}

func ehlo(e *exam) {
	e.eachGateway(func(g gateway, s *Session) error {
		if _, err := s.greeting(); err != nil {
			return err
		}
		r, err := s.ask("EHLO "+e.helo, 500)
		if err != nil {
			return err
		}
		if e.o.Plan != nil {
			s.ask("RSET", 503)
			s.ask("HELO "+e.helo, 250)
			return nil
		}
		e.say(g.Name, "answer to EHLO", "%d", r.Code)
		if r.Code < 400 {
			e.fail("%s is no such gateway: it speaks ESMTP and answers EHLO with %q; the original answers \"550 Huh?\" or \"500 Huh?\" (Q100352, Q99854)", g.Name, r)
			return nil
		}
		if s.hungUp(hangUpWait) {
			e.say(g.Name, "after a refused EHLO", "hangs up")
			if v := e.d.GatewayVersion; v != "" && site.AtLeast(v, "3.0.2") {
				e.fail("%s hangs up after EHLO as versions before 3.0.2 do, and the deployment file says %s (Q100352)", g.Name, v)
			}
			return nil
		}
		e.say(g.Name, "after a refused EHLO", "goes on")
		if v := e.d.GatewayVersion; v != "" && !site.AtLeast(v, "3.0.2") {
			e.fail("%s goes on after EHLO as versions from 3.0.2 do, and the deployment file says %s (Q100352)", g.Name, v)
		}
		// A relay that follows RFC 1425 says RSET next; what then happens no
		// article tells. Q101461
		rset, err := s.ask("RSET", 503)
		if err != nil {
			e.say(g.Name, "RSET after a refused EHLO", "%s", err)
			return nil
		}
		e.say(g.Name, "RSET after a refused EHLO", "%d", rset.Code)
		h, err := s.ask("HELO "+e.helo, 250)
		if err != nil {
			e.say(g.Name, "HELO after that", "%s", err)
			return nil
		}
		e.say(g.Name, "HELO after that", "%d", h.Code)
		if h.Code != 250 {
			e.fail("%s answers HELO after a refused EHLO with %q, want 250 (Q100352)", g.Name, h)
		}
		return nil
	})
}

// hangUpWait is how long a peer may take to close a connection after its last
// word.
const hangUpWait = time.Second

func unknownVerb(e *exam) {
	e.eachGateway(func(g gateway, s *Session) error {
		if _, err := s.open220(e.Prober, true); err != nil {
			return err
		}
		r, err := s.ask("XTST", 500)
		if err != nil {
			return err
		}
		if e.o.Plan != nil {
			return nil
		}
		e.say(g.Name, "answer to an unknown command", "%d", r.Code)
		// It usually hangs up; both are documented. Q99854
		e.say(g.Name, "hangs up after an unknown command", "%s", yes(s.hungUp(hangUpWait)))
		if r.Code != 500 {
			e.fail("%s answers an unknown command with %q; the original says \"500 Huh?\" (Q99854)", g.Name, r)
		}
		return nil
	})
}

func sequence(e *exam) {
	e.eachGateway(func(g gateway, s *Session) error {
		if _, err := s.greeting(); err != nil {
			return err
		}
		r, err := s.ask("HELO", 250)
		if err != nil || e.o.Plan != nil {
			return err
		}
		e.say(g.Name, "answer to HELO without a name", "%d", r.Code)
		if r.Code != 250 {
			e.fail("%s answers HELO without a name with %q, want 250 and a warning in the log (Q105130)", g.Name, r)
		}
		return nil
	})
	e.eachGateway(func(g gateway, s *Session) error {
		if _, err := s.open220(e.Prober, true); err != nil {
			return err
		}
		r, err := s.ask("DATA", 503)
		if err != nil {
			return err
		}
		if e.o.Plan != nil {
			_, err := s.endData()
			return err
		}
		e.say(g.Name, "answer to DATA before MAIL", "%d", r.Code)
		if r.Code == 354 {
			// Never leave a peer in the middle of something.
			if _, err := s.endData(); err != nil {
				return err
			}
		}
		if r.Code != 503 {
			e.fail("%s answers DATA before MAIL with %q, want \"503 Bad command sequence\" (Q99855)", g.Name, r)
			return nil
		}
		open := !s.hungUp(hangUpWait)
		e.say(g.Name, "goes on after 503", "%s", yes(open))
		if !open {
			e.fail("%s hangs up after 503; the original waits for another command (Q99855)", g.Name)
		}
		return nil
	})
	e.eachGateway(func(g gateway, s *Session) error {
		if _, err := s.open220(e.Prober, true); err != nil {
			return err
		}
		r, err := s.askEnded("QUIT", "\n", 221)
		if err != nil || e.o.Plan != nil {
			return err
		}
		e.say(g.Name, "answer to QUIT that ends in LF", "%d", r.Code)
		if r.Code != 221 {
			e.fail("%s answers a QUIT that ends in LF with %q, want 221 and a warning in the log (Q99853)", g.Name, r)
		}
		return nil
	})
}

func nullSender(e *exam) {
	e.eachGateway(func(g gateway, s *Session) error {
		if _, err := s.open220(e.Prober, true); err != nil {
			return err
		}
		r, err := s.ask("MAIL FROM:<>", 250)
		if err != nil || e.o.Plan != nil {
			return err
		}
		e.say(g.Name, "answer to MAIL FROM:<>", "%d", r.Code)
		if r.Code != 250 {
			e.fail("%s answers MAIL FROM:<> with %q, want \"250 Sender OK\" (Q107087)", g.Name, r)
		}
		return nil
	})
}

// recipient is a forward-path that live.rcpt asks for.
type recipient struct {
	address string
	name    string // in statements
	want    int    // 0: nothing is expected
	why     string
}

// domainsMax bounds the domains that are asked for.
const domainsMax = 24

func rcpt(e *exam) {
	for _, g := range e.gateways() {
		list := e.recipients(g.PC)
		for len(list) > 0 && e.ctx.Err() == nil {
			part := list[:min(len(list), rcptMax)]
			list = list[len(part):]
			e.withGateway(g, func(g gateway, s *Session) error { return e.askRecipients(g, s, part) })
			if e.dead[g.address] != "" {
				break
			}
		}
	}
	if len(e.gateways()) == 0 {
		e.skip("no PC with role both or receive has an address")
	}
}

func (e *exam) askRecipients(g gateway, s *Session, list []recipient) error {
	if _, err := s.open220(e.Prober, true); err != nil {
		return err
	}
	if r, err := s.ask("MAIL FROM:<>", 250); err != nil || r.Code != 250 {
		if err == nil {
			e.unsure("%s answers MAIL FROM:<> with %q, so no recipient was asked for", g.Name, r)
		}
		return err
	}
	for _, to := range list {
		r, err := s.ask("RCPT TO:<"+to.address+">", max(to.want, 250))
		if err != nil {
			return err
		}
		if e.o.Plan != nil {
			continue
		}
		e.say(g.Name, to.name, "%d", r.Code)
		if to.want != 0 && r.Code != to.want {
			e.fail("%s answers RCPT TO:<%s> with %q, want %d: %s", g.Name, to.address, r, to.want, to.why)
		}
	}
	return nil
}

// recipients returns whom to ask a gateway for: the test mailboxes, Postmaster
// of each domain, and addresses that nobody may have.
func (e *exam) recipients(pc *deploy.PC) (list []recipient) {
	served := map[string]bool{}
	var domains []string
	for _, ref := range gatewayPostoffices(e.d, pc) {
		c, err := e.config(ref)
		if err != nil {
			e.skip("the address map of %s cannot be read: %v", ref, err)
			continue
		}
		for _, m := range c.Map {
			domain := strings.ToLower(m.Domain)
			if !served[domain] && plainDomain(domain) {
				served[domain] = true
				domains = append(domains, domain)
			}
		}
	}
	if e.o.Plan != nil && len(domains) == 0 {
		e.o.Plan(fmt.Sprintf(`# * is each domain of SMTP\ADDR_MAP.CFG, at most %d, and with test mailboxes and the rest %d in a session`, domainsMax, rcptMax))
		domains = []string{"*"}
		for _, box := range e.d.Test.Mailboxes {
			_, domain, _ := strings.Cut(box.Address, "@")
			served[strings.ToLower(domain)] = true
		}
	}
	for _, box := range e.d.Test.Mailboxes {
		if _, domain, ok := strings.Cut(box.Address, "@"); ok && (served[strings.ToLower(domain)] || len(domains) == 0) {
			list = append(list, recipient{box.Address, "RCPT of the test mailbox " + box.Address, 250, "a mailbox for tests must be reachable (Q107089, Q100705)"})
		}
	}
	if len(domains) > domainsMax {
		e.skip("%d domains: asked for the first %d", len(domains), domainsMax)
		domains = domains[:domainsMax]
	}
	for _, domain := range domains {
		// Where there is no Postmaster nobody hears of mail that fails;
		// lint says so, this only tells. Q135034
		list = append(list, recipient{"postmaster@" + domain, "RCPT of postmaster@" + domain, 0, ""})
	}
	if len(domains) > 0 {
		list = append(list, recipient{drive.ProbeUser + "@" + domains[0], "RCPT of a user of 12 characters", 550, "a mailbox has at most 10 characters (Q107089, Q88779)"})
	}
	return append(list, recipient{drive.ProbeOutside, "RCPT of a domain outside", 550, "the domain is in no address map (Q100705)"})
}

// gatewayPostoffices returns the gateway postoffices a PC has a drive of.
func gatewayPostoffices(d *deploy.Deployment, pc *deploy.PC) (list []string) {
	for _, m := range pc.Drives {
		if po := d.Postoffice(m.Postoffice); po != nil && po.Gateway != "" {
			list = append(list, po.Ref())
		}
	}
	return list
}

func plainDomain(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7F || strings.ContainsRune(`\"<>,;:()[]@`, r) })
}

// config reads LOCAL.CFG and ADDR_MAP.CFG of a postoffice, or takes what the
// deployment file says.
func (e *exam) config(ref string) (*site.GatewayConfig, error) {
	po := e.d.Postoffice(ref)
	if po == nil {
		return nil, fmt.Errorf("unknown postoffice %s", ref)
	}
	if po.SMTP != nil {
		return po.SMTP, nil
	}
	return e.readConfig(po)
}
