package capacity

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

// Stage is one part of the way that mail takes: all the places where it waits
// for the same thing.
type Stage struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // inbound, retry, outbound, transfer, mailer, givenUp, halted
	PC   string `json:"pc"`   // who works on it; "" for nobody

	Mean   float64 `json:"mean"` // messages waiting
	Max    int     `json:"max"`
	End    int     `json:"end"`
	Growth float64 `json:"growthPerDay"`

	counts []int
	worst  string // the place where most wait
}

// The kinds of stages.
const (
	kindInbound  = "inbound"
	kindRetry    = "retry"
	kindOutbound = "outbound"
	kindTransfer = "transfer"
	kindMailer   = "mailer"
	kindGivenUp  = "givenUp"
	kindHalted   = "halted"
)

// stages puts the places of a record together by what mail waits for there.
func stages(s *site.Site, r *record) []Stage {
	var list []Stage
	most := map[string]int{}
	for i := range r.spots {
		name, kind, pc := stageOf(s, &r.spots[i])
		j := slices.IndexFunc(list, func(x Stage) bool { return x.Name == name })
		if j < 0 {
			j = len(list)
			list = append(list, Stage{Name: name, Kind: kind, PC: pc, counts: make([]int, len(r.at))})
		}
		sum := 0
		for k := range r.at {
			list[j].counts[k] += r.counts[k][i]
			sum += r.counts[k][i]
		}
		if sum > most[name] {
			most[name], list[j].worst = sum, placeName(&r.spots[i])
		}
	}
	from := quarter(r)
	for i := range list {
		x := &list[i]
		sum := 0
		for k := from; k < len(r.at); k++ {
			sum += x.counts[k]
			x.Max = max(x.Max, x.counts[k])
		}
		x.Mean = float64(sum) / float64(len(r.at)-from)
		x.End = x.counts[len(x.counts)-1]
		x.Growth = slope(r.at[from:], x.counts[from:])
	}
	return list
}

// quarter is the first sample after the first quarter of a record, when the
// mail is on its way everywhere.
func quarter(r *record) int {
	for i, t := range r.at {
		if t >= r.span/4 {
			return i
		}
	}
	return 0
}

// slope is the growth in a day of a line through the counts, least squares.
func slope(at []time.Duration, counts []int) float64 {
	n := float64(len(at))
	if n < 2 {
		return 0
	}
	var st, sc, stt, stc float64
	for i := range at {
		t, c := at[i].Hours()/24, float64(counts[i])
		st, sc, stt, stc = st+t, sc+c, stt+t*t, stc+t*c
	}
	d := n*stt - st*st
	if d == 0 {
		return 0
	}
	return (n*stc - st*sc) / d
}

// placeName names one place for people.
func placeName(p *emulator.Spot) string {
	switch p.Kind {
	case emulator.SpotHost:
		return fmt.Sprintf("queue of %s for %s", p.At, p.For)
	case emulator.SpotLater:
		return fmt.Sprintf("queue of %s for %s, put off", p.At, p.For)
	case emulator.SpotGateway, emulator.SpotAccess:
		return p.At + ", mailbag SMTP"
	case emulator.SpotRoute:
		return fmt.Sprintf("%s, mailbag for %s", p.At, p.For)
	}
	return p.At + ", " + p.For
}

// stageOf says what mail at a place waits for.
func stageOf(s *site.Site, p *emulator.Spot) (name, kind, pc string) {
	switch p.Kind {
	case emulator.SpotHost:
		return "gateway " + p.For + " inbound serving", kindInbound, p.For
	case emulator.SpotLater:
		return "smart host retry to " + p.For, kindRetry, p.For
	case emulator.SpotGateway:
		pcs := sendersOf(s, p.At)
		if len(pcs) == 0 {
			return "outbound mail at " + p.At + ", from which no PC sends", kindOutbound, ""
		}
		return "gateway " + strings.Join(pcs, " and ") + " outbound cycle", kindOutbound, pcs[0]
	case emulator.SpotBad:
		pcs := sendersOf(s, p.At)
		if len(pcs) == 0 {
			pcs = []string{p.At}
		}
		return "gateway " + strings.Join(pcs, " and ") + " retry limit", kindGivenUp, pcs[0]
	case emulator.SpotInqueue:
		if pcs := mailersOf(s, p.At); len(pcs) > 0 {
			return "mailer of " + strings.Join(pcs, " and "), kindMailer, pcs[0]
		}
		return "inqueue of " + p.At + ", where no mailer runs", kindMailer, ""
	}
	next := p.For
	if p.Kind == emulator.SpotAccess {
		next = ""
		if po := s.Postoffice(p.At); po != nil {
			next = po.Via
		}
	}
	pcs := transfersOf(s, p.At, next)
	if len(pcs) == 0 {
		if pcs = transfersOf(s, p.At, ""); len(pcs) == 0 {
			return "transfer from " + p.At + ", which no PC does", kindTransfer, ""
		}
	}
	return "EXTERNAL " + strings.Join(pcs, " and ") + " cycle", kindTransfer, pcs[0]
}

// transfersOf are the EXTERNAL PCs that reach one postoffice and the other.
func transfersOf(s *site.Site, from, to string) (names []string) {
	for i := range s.PCs {
		pc := &s.PCs[i]
		if _, ok := externalOptions(pc); ok && reaches(pc, from) && (to == "" || reaches(pc, to)) {
			names = append(names, pc.Name)
		}
	}
	return names
}

func reaches(pc *site.PC, ref string) bool {
	return slices.ContainsFunc(pc.Drives, func(d site.DriveMap) bool { return strings.EqualFold(d.Postoffice, ref) })
}

// mailersOf are the PCs that run the mailer on a postoffice: EXTERNAL without
// -MD, and a gateway whose SMTPPUT runs it. Q128512
func mailersOf(s *site.Site, ref string) (names []string) {
	for i := range s.PCs {
		pc := &s.PCs[i]
		if o, ok := externalOptions(pc); ok && !o.MailerDisable && reaches(pc, ref) {
			names = append(names, pc.Name)
		}
		if o, ok := gatewayOptions(s, pc); ok && !o.MailerDisable && strings.EqualFold(pc.Drive(o.Drive), ref) {
			names = append(names, pc.Name)
		}
	}
	return names
}

// bottleneckOf is the stage that limits: a PC that is halted; else, when mail
// piles up, where it grows most; else where it waits longest.
func bottleneckOf(s *site.Site, list []Stage, pcs []PCUse, grows bool) Bottleneck {
	for i := range pcs {
		if pcs[i].Halted != "" {
			return Bottleneck{Name: pcs[i].Program + " " + pcs[i].PC + " halted at a prompt", Kind: kindHalted, PC: pcs[i].PC, Evidence: pcs[i].Halted}
		}
	}
	for i := range list {
		if list[i].Kind == kindGivenUp && list[i].End > 0 {
			return Bottleneck{Name: list[i].Name, Kind: kindGivenUp, PC: list[i].PC, Evidence: "OUTBAD.API holds mail that was given up"}
		}
	}
	best := -1
	weight := func(x *Stage) float64 {
		if grows {
			return x.Growth
		}
		return x.Mean
	}
	for i := range list {
		if list[i].Kind != kindGivenUp && (best < 0 || weight(&list[i]) > weight(&list[best])) {
			best = i
		}
	}
	if best < 0 {
		return Bottleneck{}
	}
	x := &list[best]
	b := Bottleneck{Name: x.Name, Kind: x.Kind, PC: x.PC}
	b.Evidence = fmt.Sprintf("%.0f messages wait on average, %d at most", x.Mean, x.Max)
	if grows {
		b.Evidence = fmt.Sprintf("what waits grows by %.0f messages an hour", x.Growth/24)
	}
	b.Evidence += ", most of it in: " + x.worst
	for i := range pcs {
		if pcs[i].PC != x.PC {
			continue
		}
		b.Evidence += "; " + pcs[i].sentence(s)
	}
	return b
}

// Bottleneck is what limits a site.
type Bottleneck struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	PC       string `json:"pc"`
	Evidence string `json:"evidence"` // what was measured
}

// sentence says what a PC did.
func (u *PCUse) sentence(s *site.Site) string {
	pc := s.PC(u.PC)
	if o, ok := externalOptions(pc); ok {
		return fmt.Sprintf("%s works %.0f %% of the time and rests %d min after each turn", u.PC, 100*u.Busy, o.WaitMinutes)
	}
	o, ok := gatewayOptions(s, pc)
	if !ok {
		return u.PC + " does nothing"
	}
	text := fmt.Sprintf("%s works %.0f %% of the time, %.0f %% inbound and %.0f %% outbound", u.PC, 100*u.Busy, 100*u.In, 100*u.Out)
	if u.Sent > 0 {
		text += fmt.Sprintf("; %.1f messages a cycle of at most %d, -w%d", u.PerTurn, cycleMessages, o.WaitSeconds)
	}
	return text
}
