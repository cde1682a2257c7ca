package emulator

import (
	"strings"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
)

// SpotKind says what kind of place a message can wait at.
type SpotKind int

// The places where mail waits on its way.
const (
	SpotHost    SpotKind = iota // at the smart host for a gateway PC that can be called now
	SpotLater                   // at the smart host, put off after a call that failed
	SpotGateway                 // in the SMTP mailbag of a gateway postoffice, or in FROM_NC.API
	SpotAccess                  // in the SMTP mailbag of a downstream postoffice
	SpotRoute                   // in the outbound mailbag for another postoffice
	SpotInqueue                 // in INQUEUE3 or INQUEUE, before the mailer
	SpotBad                     // in OUTBAD.API: given up; its Count is 1 or 0. Q129239
)

// Spot is one place where mail waits.
type Spot struct {
	Kind SpotKind
	At   string // NET/PO, or the name of the smart host
	For  string // PC that is called, NET/PO that a mailbag is for, name of an inqueue

	of   *office
	bag  string
	host int
	dest string
}

// Gauge reads from a running World how much mail waits where and which PCs are
// at work. Reading changes nothing, also not the digest.
type Gauge struct {
	w     *World
	spots []Spot
}

// NewGauge looks for all places where mail of this site can wait.
func (w *World) NewGauge() (*Gauge, error) {
	g := &Gauge{w: w}
	for i := range w.site.SmartHosts {
		h := &w.site.SmartHosts[i]
		for _, kind := range []SpotKind{SpotHost, SpotLater} {
			seen := map[string]bool{}
			for _, r := range h.Routes {
				name, ip := r.To, r.To
				if pc := w.site.PC(r.To); pc != nil {
					name, ip = pc.Name, pc.IP
				}
				if !seen[ip] {
					seen[ip] = true
					g.spots = append(g.spots, Spot{Kind: kind, At: h.Name, For: name, host: i, dest: ip + ":25"})
				}
			}
		}
	}
	for _, of := range w.offices {
		bags, err := of.view.Mailbags()
		if err != nil {
			return nil, err
		}
		for i := range bags {
			s := Spot{At: of.ref, For: bags[i].Owner, of: of, bag: bags[i].Name}
			switch kind := bags[i].Kind; {
			case kind == postoffice.ToGateway && of.po.Gateway != "":
				s.Kind = SpotGateway
			case kind == postoffice.ToGateway:
				s.Kind = SpotAccess
			case kind == postoffice.ToOffice:
				s.Kind = SpotRoute
			case s.bag == postoffice.Inqueue3 || s.bag == postoffice.Inqueue:
				s.Kind, s.For = SpotInqueue, s.bag
			default:
				continue
			}
			g.spots = append(g.spots, s)
		}
		if of.po.Gateway != "" {
			g.spots = append(g.spots, Spot{Kind: SpotBad, At: of.ref, For: "OUTBAD.API", of: of})
		}
	}
	return g, nil
}

// Spots lists the places in a fixed order.
func (g *Gauge) Spots() []Spot { return g.spots }

// Read appends how many messages wait at each place, in the order of Spots.
func (g *Gauge) Read(counts []int) []int {
	g.w.do(func() {
		from := len(counts)
		for i := range g.spots {
			counts = append(counts, g.count(&g.spots[i]))
		}
		for i, h := range g.w.hosts {
			h.Lengths(func(dest string, waiting, later int) {
				for j := range g.spots {
					s := &g.spots[j]
					if s.of != nil || s.host != i || s.dest != dest {
						continue
					}
					if s.Kind == SpotLater {
						counts[from+j] = later
					} else {
						counts[from+j] = waiting - later
					}
				}
			})
		}
	})
	return counts
}

func (g *Gauge) count(s *Spot) int {
	n := 0
	switch s.Kind {
	case SpotHost, SpotLater:
		return 0 // see Read
	case SpotBad:
		if _, err := s.of.volume.Attr(`\SMTP\OUTBAD.API`); err == nil {
			n = 1
		}
		return n
	case SpotGateway:
		if size, _ := s.of.volume.Size(`\SMTP\FROM_NC.API`); size > 0 {
			n = 1
		}
	}
	return n + s.of.view.Live(s.bag)
}

// PCActivity is what a PC is about.
type PCActivity int

// The activities.
const (
	PCOff    PCActivity = iota // switched off, or its program has ended
	PCIdle                     // waits for a call or for its next turn
	PCBusy                     // at work
	PCHalted                   // shows a critical error and waits for a key
)

// Activity appends what each PC is about, in the order of PCs.
func (g *Gauge) Activity(out []PCActivity) []PCActivity {
	g.w.do(func() {
		idle := map[string]bool{}
		for _, x := range g.w.k.Waits() {
			// A gateway waits for a call, EXTERNAL for a key or the end of its rest.
			if x.For == "accept" || x.For == "key" {
				pc, _, _ := strings.Cut(x.Process, "/")
				idle[pc] = true
			}
		}
		for _, m := range g.w.pcs {
			a := PCOff
			switch m.pc.State().Phase {
			case dos.Prompt:
				a = PCHalted
			case dos.Running:
				if a = PCBusy; idle[m.conf.Name] {
					a = PCIdle
				}
			}
			out = append(out, a)
		}
	})
	return out
}

// Journey is what became of one message of a load so far.
type Journey struct {
	Inbound   bool
	Offered   time.Duration // since the start of the run
	Delivered bool
	Refused   bool // the user could not send it
	Returned  bool
	Copies    int
	Delay     time.Duration // from offer to first arrival
}

// Journeys lists the messages of all loads in the order of their offers. Mail
// that lies in a mailbag unread has arrived.
func (w *World) Journeys() (out []Journey) {
	w.do(func() {
		look := account{w: w, msgs: append([]tracked(nil), w.account.msgs...)}
		for _, of := range w.offices {
			w.lookInto(of, &look, func(int, string) {})
		}
		start := w.k.Start()
		for i := range look.msgs {
			t := &look.msgs[i]
			out = append(out, Journey{t.dir == inbound, t.at.Sub(start), t.delivered > 0, t.refused, t.returned, int(t.delivered), t.delay})
		}
	})
	return out
}

// RunQueues has all smart hosts try what waits there now, as a host does that
// comes up again.
func (w *World) RunQueues() {
	w.do(func() {
		for _, h := range w.hosts {
			h.RunQueue()
		}
	})
}
