package probe

import (
	"fmt"
	"strings"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/emulator/site"
)

// Times of the original's clock that patience is made of.
const (
	busy      = 90 * time.Second // one run of SMTPGET or SMTPPUT and an outbound session: 47 s and 41 s in the sample logs. Q118970, Q112286
	answer    = 60 * time.Second // the longest pause within a session
	relayTime = 60 * time.Second // inferred: what a smart host needs to take mail and pass it on
	shortest  = 5 * time.Second  // of our clock: hosts and networks have delays that no speed shortens
)

// Patience is how long to wait for a message, and why.
type Patience struct {
	Wait  time.Duration // of our clock
	Parts []string      // what the wait is made of, in the original's time
	Cut   bool          // the file's patience is shorter
}

// String says what the wait is made of.
func (p Patience) String() string {
	text := fmt.Sprintf("%s (%s)", round(p.Wait), strings.Join(p.Parts, ", "))
	if p.Cut {
		text += ", cut to the patience of the deployment file"
	}
	return text
}

// ours turns a time of the deployment's clock into one of ours.
func ours(d *deploy.Deployment, t time.Duration) time.Duration {
	return max(time.Duration(float64(t)/d.Speed), shortest)
}

// session returns the bounds of a session. The greeting may take as long as
// the gateway is busy with something else. Q87046
func (p *Prober) session() Wait {
	g := min(ours(p.d, busy), p.d.Patience)
	r := min(ours(p.d, answer), p.d.Patience)
	return Wait{Greeting: g, Reply: r, Session: g + 2*r}
}

// gatewayOptions returns the options of a gateway PC; what cannot be read has
// the documented defaults.
func (p *Prober) gatewayOptions(pc *deploy.PC) site.GatewayOptions {
	o, err := site.ParseGateway(p.d.Command(pc).Args, site.DefaultGatewayVersion)
	if err != nil || o.WaitSeconds == 0 {
		o, _ = site.ParseGateway(nil, site.DefaultGatewayVersion)
	}
	return o
}

// waitOf returns the longest -W of the gateways that work on a postoffice: a
// receiver of a dedicated pair may have 32767 seconds, which nobody else waits.
// Q99718, Q132060
func (p *Prober) waitOf(ref string) (wait time.Duration) {
	for _, pc := range gatewaysOf(p.d, ref) {
		wait = max(wait, time.Duration(p.gatewayOptions(pc).WaitSeconds)*time.Second)
	}
	if wait == 0 {
		wait = 2 * time.Minute // Q99718
	}
	return wait
}

// external returns the longest cycle of EXTERNAL, and whether EXTERNAL delivers
// what a gateway puts into INQUEUE3. Q148707, Q128512
func (p *Prober) external() (cycle time.Duration, mailer bool) {
	for i := range p.d.PCs {
		pc := &p.d.PCs[i]
		switch c := p.d.Command(pc); c.Program {
		case "SMTPGATE":
			mailer = mailer || p.gatewayOptions(pc).MailerDisable
		case "EXTERNAL":
			if o, err := site.ParseExternal(c.Args); err == nil {
				cycle = max(cycle, time.Duration(o.WaitMinutes)*time.Minute)
			}
		}
	}
	if cycle == 0 {
		cycle = 5 * time.Minute // Q148707
	}
	return cycle, mailer
}

// hops is how often EXTERNAL has to carry a message between a postoffice and
// its gateway postoffice. Q87030
func hops(d *deploy.Deployment, ref string) (n int) {
	for po := d.Postoffice(ref); po != nil && po.Via != "" && n < len(d.Postoffices); po = d.Postoffice(po.Via) {
		n++
	}
	return n
}

// patience adds up what a message may take between the relay and a mailbox,
// each cycle twice: one may have just begun, and one may have been full.
func (p *Prober) patience(ref string, outbound bool) Patience {
	external, mailer := p.external()
	var total time.Duration
	var parts []string
	add := func(d time.Duration, format string, args ...any) {
		total += d
		parts = append(parts, fmt.Sprintf(format, args...))
	}
	add(relayTime, "relay %s", relayTime)
	if outbound {
		wait := 2 * time.Minute // Q99718
		if list := route(p.d, p.d.Postoffice(ref)); len(list) > 0 {
			wait = p.waitOf(list[len(list)-1].Ref())
		}
		add(2*wait, "-W %s twice", wait)
	}
	add(2*busy, "sessions %s", 2*busy)
	n := hops(p.d, ref)
	if po := p.d.Postoffice(ref); n == 0 && !outbound && len(inRoute(p.d, po)) > len(route(p.d, po)) {
		n++ // from the postoffice of a dedicated receiver
	}
	if mailer && !outbound {
		n++ // EXTERNAL delivers from INQUEUE3. Q128512
	}
	if n > 0 {
		add(time.Duration(2*n)*external, "EXTERNAL every %s, %d times", external, 2*n)
	}
	all := Patience{Wait: ours(p.d, total), Parts: parts}
	if all.Wait > p.d.Patience {
		all.Wait, all.Cut = p.d.Patience, true
	}
	return all
}
