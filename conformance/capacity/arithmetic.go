package capacity

import (
	"fmt"
	"slices"
	"strings"

	"gwkit/emulator/site"
)

const daySeconds = 86400

// cycleMessages is how many messages leave in one cycle at most. Q137043
const cycleMessages = 6

// secondsFor is the time of one message, either way. Two documented points fix
// a line: 2.5 seconds for 537 bytes (Q137043), and 10,000 messages of about 8
// KB in a day (Q132060, Q134339).
//
// inferred: that it is a line, and that 8 KB are 8192 bytes.
func secondsFor(size int) float64 {
	const (
		smallBytes, smallSeconds = 537, 2.5
		largeBytes, largeSeconds = 8192, daySeconds / 10_000.0
	)
	return smallSeconds + float64(size-smallBytes)*(largeSeconds-smallSeconds)/(largeBytes-smallBytes)
}

// Role is what a gateway PC can do, by the programs on its disk. Q132060
type Role string

// The roles.
const (
	RoleBoth    Role = "both"
	RoleReceive Role = "receive"
	RoleSend    Role = "send"
	RoleNone    Role = "none"
)

// Gateway is the arithmetic of one gateway PC. Where the documents differ there
// is a figure for each reading. Figures a day.
type Gateway struct {
	PC          string  `json:"pc"`
	Role        Role    `json:"role"`
	Postoffice  string  `json:"postoffice"`
	WaitSeconds int     `json:"waitSeconds"` // -W
	Attempts    int     `json:"attempts"`    // -Q
	GivesUp     int     `json:"givesUpSeconds"`
	In          int     `json:"in"` // declared messages that it has to take
	Out         int     `json:"out"`
	Seconds     float64 `json:"messageSeconds"`

	InPerDay int `json:"inPerDay"` // if it did nothing else. Q137043

	// Sent in a day when it has nothing else to do: with -W as the whole cycle,
	// the article's tables; with -W as the time to wait for a call, the log of
	// Q112286; and as Q137043 prints its totals, which are active seconds by six
	// and do not follow from its own factors.
	OutWholeCycle int `json:"outWholeCyclePerDay"`
	OutWaitOnly   int `json:"outWaitOnlyPerDay"`
	OutPrinted    int `json:"outPrintedPerDay"`

	// Busy is the part of a day that the declared mail takes, 1 being all of it.
	Busy float64 `json:"busy"`

	// Factor times the declared load is what it carries by each reading.
	FactorWholeCycle float64 `json:"factorWholeCycle"`
	FactorWaitOnly   float64 `json:"factorWaitOnly"`
}

// Arithmetic is the answer of the documents. Figures are messages a day of the
// declared mix.
type Arithmetic struct {
	MessageSeconds float64   `json:"messageSeconds"`
	Gateways       []Gateway `json:"gateways"`
	WholeCycle     int       `json:"wholeCyclePerDay"`
	WaitOnly       int       `json:"waitOnlyPerDay"`
	Printed        int       `json:"printedPerDay"`

	// Class is what Q134339 says about an organization of this many gateways, and
	// ClassPerDay its figure; 0: more than 20,000.
	Class       string `json:"class"`
	ClassPerDay int    `json:"classPerDay"`

	// Nowhere lists mail that no gateway PC can take.
	Nowhere []string `json:"nowhere"`
}

// Reckon does the arithmetic for a site and a complete load.
func reckon(s *site.Site, l *Load) Arithmetic {
	t := secondsFor(l.Size)
	a := Arithmetic{MessageSeconds: t, Nowhere: []string{}, Gateways: []Gateway{}}
	at := map[string]int{}
	for i := range s.PCs {
		pc := &s.PCs[i]
		o, ok := gatewayOptions(s, pc)
		if !ok {
			continue
		}
		at[strings.ToUpper(pc.Name)] = len(a.Gateways)
		a.Gateways = append(a.Gateways, Gateway{PC: pc.Name, Role: roleOf(pc), Postoffice: pc.Drive(o.Drive),
			WaitSeconds: o.WaitSeconds, Attempts: o.Attempts, GivesUp: o.WaitSeconds * o.Attempts, Seconds: t})
	}
	for _, sh := range l.perDay() {
		if sh.In > 0 {
			if i, ok := at[strings.ToUpper(receiverOf(s, sh.Postoffice))]; ok {
				a.Gateways[i].In += sh.In
			} else {
				a.Nowhere = append(a.Nowhere, fmt.Sprintf("%d a day for %s", sh.In, sh.Postoffice))
			}
		}
		if sh.Out > 0 {
			senders := sendersOf(s, sh.Postoffice)
			for _, name := range senders {
				a.Gateways[at[strings.ToUpper(name)]].Out += sh.Out / len(senders)
			}
			if len(senders) == 0 {
				a.Nowhere = append(a.Nowhere, fmt.Sprintf("%d a day from %s", sh.Out, sh.Postoffice))
			}
		}
	}
	total := float64(l.In + l.Out)
	whole, only, printed := bigFactor, bigFactor, bigFactor
	for i := range a.Gateways {
		g := &a.Gateways[i]
		p := g.reckon()
		whole, only, printed = min(whole, g.FactorWholeCycle), min(only, g.FactorWaitOnly), min(printed, p)
	}
	if len(a.Nowhere) > 0 {
		whole, only, printed = 0, 0, 0
	}
	a.WholeCycle, a.WaitOnly, a.Printed = perDay(total*whole), perDay(total*only), perDay(total*printed)
	a.Class, a.ClassPerDay = classOf(a.Gateways)
	return a
}

// bigFactor is that of a gateway which nobody asks for anything.
const bigFactor = 1e6

// perDay rounds down to a whole message.
func perDay(n float64) int { return int(n + 1e-6) }

// reckon fills in what follows from -W, role, size and load, and returns the
// factor by the printed totals.
func (g *Gateway) reckon() (printed float64) {
	t, w := g.Seconds, float64(g.WaitSeconds)
	active := cycleMessages * t
	if g.Role == RoleBoth || g.Role == RoleReceive {
		g.InPerDay = perDay(daySeconds / t)
	}
	if g.Role == RoleBoth || g.Role == RoleSend {
		// A cycle is never shorter than what is done in it. Q137043
		whole := daySeconds / max(w, active) * cycleMessages
		g.OutWholeCycle = perDay(whole)
		g.OutWaitOnly = perDay(daySeconds / (w + active) * cycleMessages)
		g.OutPrinted = perDay(whole * t / cycleMessages)
	}
	// One message at any moment, either way. Q132060
	g.Busy = float64(g.In+g.Out) * t / daySeconds
	factor := func(out int) float64 {
		f := bigFactor
		if g.Busy > 0 {
			f = 1 / g.Busy
		}
		if g.Out > 0 {
			f = min(f, float64(out)/float64(g.Out))
		}
		if g.In > 0 && g.InPerDay == 0 {
			f = 0
		}
		return f
	}
	g.FactorWholeCycle, g.FactorWaitOnly = factor(g.OutWholeCycle), factor(g.OutWaitOnly)
	return factor(g.OutPrinted)
}

// classOf is the volume class of an organization: up to 10,000 a day one
// gateway, up to 20,000 a dedicated pair or an additional gateway, more:
// several of either. Q134339
func classOf(list []Gateway) (string, int) {
	both, send := 0, 0
	for i := range list {
		switch list[i].Role {
		case RoleBoth:
			both++
		case RoleSend:
			send++
		}
	}
	switch n := both + 2*send; {
	case n <= 1:
		return "one gateway: up to 10,000 a day", 10_000
	case n == 2 && send == 1:
		return "a dedicated pair: up to 20,000 a day", 20_000
	case n == 2:
		return "an additional gateway: up to 20,000 a day", 20_000
	}
	return "several gateways or pairs: more than 20,000 a day", 0
}

// gatewayOptions reads the command line of a gateway PC.
func gatewayOptions(s *site.Site, pc *site.PC) (o site.GatewayOptions, ok bool) {
	program, args, err := site.SplitCommand(pc.Run)
	if err != nil || program != "SMTPGATE" {
		return o, false
	}
	o, err = site.ParseGateway(args, s.GatewayVersion)
	return o, err == nil
}

// externalOptions reads the command line of a transfer PC.
func externalOptions(pc *site.PC) (o site.ExternalOptions, ok bool) {
	program, args, err := site.SplitCommand(pc.Run)
	if err != nil || program != "EXTERNAL" {
		return o, false
	}
	o, err = site.ParseExternal(args)
	return o, err == nil
}

// roleOf tells by the programs that can be spawned. Q132060
func roleOf(pc *site.PC) Role {
	server := slices.ContainsFunc(pc.Path, func(dir string) bool { return len(dir) > 0 && dir[0] != 'C' })
	get := server || slices.Contains(pc.Local, "SMTPGET.EXE")
	put := server || slices.Contains(pc.Local, "SMTPPUT.EXE")
	switch {
	case get && put:
		return RoleBoth
	case put:
		return RoleReceive
	case get:
		return RoleSend
	}
	return RoleNone
}

// receiverOf is the PC that the smart host calls with mail for a postoffice.
func receiverOf(s *site.Site, ref string) string {
	for i := range s.SmartHosts {
		for _, r := range s.SmartHosts[i].Routes {
			if !strings.EqualFold(r.Domain, domainOf(s, ref)) {
				continue
			}
			for j := range s.PCs {
				if strings.EqualFold(s.PCs[j].Name, r.To) || s.PCs[j].IP == r.To {
					return s.PCs[j].Name
				}
			}
		}
	}
	return ""
}

// domainOf is the last domain of a postoffice that a smart host knows: a shared
// one stands first. Q111840
func domainOf(s *site.Site, ref string) string {
	domain := ""
	for i := range s.SMTP {
		for _, m := range s.SMTP[i].Map {
			if strings.EqualFold(m.Postoffice, ref) && (domain == "" || routed(s, m.Domain)) {
				domain = m.Domain
			}
		}
	}
	return domain
}

func routed(s *site.Site, domain string) bool {
	for i := range s.SmartHosts {
		for _, r := range s.SmartHosts[i].Routes {
			if strings.EqualFold(r.Domain, domain) {
				return true
			}
		}
	}
	return false
}

// gatewayOf is the gateway postoffice that a postoffice sends its SMTP mail
// to, along its forward postoffices.
func gatewayOf(s *site.Site, ref string) string {
	p := s.Postoffice(ref)
	for range s.Postoffices {
		if p == nil || p.Gateway != "" {
			break
		}
		p = s.Postoffice(p.Via)
	}
	if p == nil || p.Gateway == "" {
		return ""
	}
	return p.Ref()
}

// sendersOf are the PCs that send from the gateway postoffice of a postoffice.
func sendersOf(s *site.Site, ref string) (names []string) {
	hub := gatewayOf(s, ref)
	if hub == "" {
		return nil
	}
	for i := range s.PCs {
		pc := &s.PCs[i]
		o, ok := gatewayOptions(s, pc)
		if r := roleOf(pc); ok && (r == RoleBoth || r == RoleSend) && strings.EqualFold(pc.Drive(o.Drive), hub) {
			names = append(names, pc.Name)
		}
	}
	return names
}
