package capacity

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"gwkit/emulator/site"
)

// The command lines of a dedicated pair, as printed. Q132060
const (
	receiveRun = "SMTPGATE -w32767 -i63 -md -lascy -ci -gascy"
	sendRun    = "SMTPGATE -w120 -q180 -063 -md -ln -ci -gascy -ms"
)

// unit is a gateway, or a pair of one that receives and one that sends, with
// the postoffices that mail comes in and leaves by.
type unit struct{ inPO, outPO, inPC, outPC string }

func (u *unit) pair() bool { return u.inPC != u.outPC }

func (u *unit) name() string {
	if u.pair() {
		return u.inPC + " and " + u.outPC
	}
	return u.inPC
}

// Group is the postoffices of one gateway or pair, with what they have a day.
type Group struct {
	Gateway     string   `json:"gateway"` // PC, or both PCs of a pair
	Postoffices []string `json:"postoffices"`
	In          int      `json:"in"`
	Out         int      `json:"out"`
}

// unitsOf finds the gateways and pairs of a site.
func unitsOf(s *site.Site) (units []unit) {
	var receivers, senders []unit
	for i := range s.Postoffices {
		po := s.Postoffices[i].Ref()
		if s.Postoffices[i].Gateway == "" {
			continue
		}
		for k := range s.PCs {
			pc := &s.PCs[k]
			o, ok := gatewayOptions(s, pc)
			if !ok || !strings.EqualFold(pc.Drive(o.Drive), po) {
				continue
			}
			switch roleOf(pc) {
			case RoleBoth:
				units = append(units, unit{po, po, pc.Name, pc.Name})
			case RoleReceive:
				receivers = append(receivers, unit{inPO: po, inPC: pc.Name})
			case RoleSend:
				senders = append(senders, unit{outPO: po, outPC: pc.Name})
			}
		}
	}
	for i := range min(len(receivers), len(senders)) {
		units = append(units, unit{receivers[i].inPO, senders[i].outPO, receivers[i].inPC, senders[i].outPC})
	}
	return units
}

// builder makes a changed site.
type builder struct {
	s      *site.Site
	from   *site.Site
	volume map[string][2]int // in and out a day, by upper-case NET/PO
	err    error
}

func newBuilder(s *site.Site, daily []Share) *builder {
	b := &builder{s: s.Clone(), from: s, volume: map[string][2]int{}}
	for _, sh := range daily {
		b.volume[strings.ToUpper(sh.Postoffice)] = [2]int{sh.In, sh.Out}
	}
	return b
}

// withGateways gives a site so many complete gateways, each on a postoffice of
// its own, and divides the downstream postoffices between them. Q132060
func withGateways(s *site.Site, daily []Share, count int) (*site.Site, []Group, error) {
	b := newBuilder(s, daily)
	units := unitsOf(s)
	if len(units) == 0 || slices.ContainsFunc(units, func(u unit) bool { return u.pair() }) {
		return nil, nil, fmt.Errorf("the site has no gateway that works both ways")
	}
	model := units[0]
	for len(units) < count {
		po := b.addOffice(model.inPO, baseName(model.inPO), len(units)+1)
		pc := b.addPC(model.inPC, po)
		units = append(units, unit{po, po, pc, pc})
	}
	return b.finish(units, unitsOf(s))
}

// withPairs gives a site so many dedicated pairs. A gateway that works both ways
// becomes the receiver of one; each gateway of a pair has its own postoffice.
// Q132060
func withPairs(s *site.Site, daily []Share, count int) (*site.Site, []Group, error) {
	b := newBuilder(s, daily)
	units := unitsOf(s)
	if len(units) == 0 {
		return nil, nil, fmt.Errorf("the site has no gateway")
	}
	if len(units) > count {
		return nil, nil, fmt.Errorf("the site has more gateways than pairs to be")
	}
	old := slices.Clone(units)
	for i := range units {
		u := &units[i]
		if u.inPO != u.outPO {
			continue // a pair already
		}
		hub := u.inPO
		if u.inPC == u.outPC {
			u.outPC = b.addPC(u.inPC, hub)
		}
		// A dedicated postoffice has no users of its own: their mail could not leave
		// by the receiver. inferred
		if people(b.s.Postoffice(hub)) > 0 {
			u.inPO = b.addOffice(hub, "RECEIVE", i+1)
		}
		u.outPO = b.addOffice(hub, "SEND", i+1)
		b.dedicate(u)
		if u.inPO != hub {
			po := b.s.Postoffice(hub)
			po.Gateway, po.Via, po.Access = "", u.outPO, true
		}
	}
	model := units[0]
	for len(units) < count {
		n := len(units) + 1
		u := unit{inPO: b.addOffice(model.inPO, "RECEIVE", n), outPO: b.addOffice(model.inPO, "SEND", n)}
		u.inPC, u.outPC = b.addPC(model.inPC, u.inPO), b.addPC(model.outPC, u.outPO)
		b.dedicate(&u)
		units = append(units, u)
	}
	return b.finish(units, old)
}

// dedicate sets up both PCs of a pair. Q132060
func (b *builder) dedicate(u *unit) {
	in, out := b.s.PC(u.inPC), b.s.PC(u.outPC)
	if roleOf(in) != RoleReceive {
		in.Run, in.Local = receiveRun, []string{"SMTPGATE.EXE", "SMTPPUT.EXE"}
	}
	if roleOf(out) != RoleSend {
		out.Run, out.Local = sendRun, []string{"SMTPGATE.EXE", "SMTPGET.EXE"}
	}
	in.Drives, out.Drives = setDrive(in.Drives, 'M', u.inPO), setDrive(out.Drives, 'M', u.outPO)
}

func setDrive(list []site.DriveMap, letter byte, ref string) []site.DriveMap {
	list = slices.Clone(list)
	for i := range list {
		if list[i].Letter == letter {
			list[i].Postoffice = ref
			return list
		}
	}
	list = append(list, site.DriveMap{Letter: letter, Postoffice: ref})
	slices.SortFunc(list, func(a, b site.DriveMap) int { return cmp.Compare(a.Letter, b.Letter) })
	return list
}

// baseName is a postoffice's name without the number at its end.
func baseName(ref string) string {
	_, name, _ := strings.Cut(ref, "/")
	if base := strings.TrimRight(name, "0123456789"); base != "" {
		return base
	}
	return name
}

// nameMax is the length of a postoffice name. Q107089
const nameMax = 10

// addOffice adds a gateway postoffice beside one, with a free name.
func (b *builder) addOffice(beside, base string, number int) string {
	network, _, _ := strings.Cut(beside, "/")
	for n := number; ; n++ {
		suffix := fmt.Sprint(n)
		if n == 1 {
			suffix = ""
		}
		name := base[:min(len(base), nameMax-len(suffix))] + suffix
		ref := network + "/" + name
		if b.s.Postoffice(ref) != nil {
			continue
		}
		b.s.Postoffices = append(b.s.Postoffices, site.Postoffice{Network: network, Name: name, Users: []string{"ADMIN", "POSTMASTER"}, Gateway: "smtp", Access: true})
		return ref
	}
}

// addPC adds a gateway PC like another one.
func (b *builder) addPC(like, po string) string {
	model := *b.s.PC(like)
	for n := 1; ; n++ {
		if model.Name = fmt.Sprint("GW", n); b.s.PC(model.Name) == nil {
			break
		}
	}
	model.IP = b.freeIP(model.IP)
	model.Drives = setDrive(nil, 'M', po)
	model.Local, model.Path = slices.Clone(model.Local), slices.Clone(model.Path)
	// Behind the last gateway PC, where an administrator looks for it.
	at := len(b.s.PCs)
	for i := range b.s.PCs {
		if _, ok := gatewayOptions(b.s, &b.s.PCs[i]); ok {
			at = i + 1
		}
	}
	b.s.PCs = slices.Insert(b.s.PCs, at, model)
	return model.Name
}

func (b *builder) freeIP(ip string) string {
	a, err := netip.ParseAddr(ip)
	for range 254 {
		if err != nil {
			break
		}
		a = a.Next()
		text := a.String()
		last := a.As4()[3]
		used := last == 0 || last == 255 || b.s.SmartHost(text) != nil ||
			slices.ContainsFunc(b.s.PCs, func(p site.PC) bool { return p.IP == text })
		if !used {
			return text
		}
	}
	b.fail("no IP address is free beside %s", ip)
	return ip
}

func (b *builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

// finish divides the downstream postoffices between the units and writes the
// configuration of each. old are the units of the site as it was.
func (b *builder) finish(units, old []unit) (*site.Site, []Group, error) {
	tops, own := b.tops()
	sums := make([]int, len(units))
	for i := range units {
		for _, ref := range own[strings.ToUpper(units[i].outPO)] {
			sums[i] += b.of(ref)
		}
	}
	groups := make([]Group, len(units))
	for i := range units {
		groups[i] = Group{Gateway: units[i].name(), Postoffices: []string{}}
	}
	of := b.divide(tops, sums, units, old)
	for i, top := range tops {
		b.s.Postoffice(top).Via = units[of[i]].outPO
		groups[of[i]].Postoffices = append(groups[of[i]].Postoffices, b.below(top)...)
	}
	for i := range units {
		if len(groups[i].Postoffices)+len(own[strings.ToUpper(units[i].outPO)]) == 0 {
			b.fail("there are fewer postoffices with mail than gateways")
			break
		}
		members := append(slices.Clone(own[strings.ToUpper(units[i].outPO)]), groups[i].Postoffices...)
		groups[i].Postoffices = inOrder(b.s, members)
		for _, ref := range groups[i].Postoffices {
			v := b.volume[strings.ToUpper(ref)]
			groups[i].In, groups[i].Out = groups[i].In+v[0], groups[i].Out+v[1]
		}
		b.configure(&units[i], groups[i].Postoffices, i)
		b.reach(&units[i], groups[i].Postoffices)
	}
	b.s.SMTP = slices.DeleteFunc(b.s.SMTP, func(c site.GatewayConfig) bool {
		po := b.s.Postoffice(c.Postoffice)
		return po == nil || po.Gateway == ""
	})
	if b.err != nil {
		return nil, nil, b.err
	}
	done, err := complete(b.s)
	return done, groups, err
}

// complete is a site as its printed form gives it.
func complete(s *site.Site) (*site.Site, error) {
	done, err := site.Parse(s.Name, s.Marshal())
	if err != nil {
		return nil, fmt.Errorf("internal error: the changed site is none: %w", err)
	}
	return done, nil
}

// configure writes LOCAL.CFG and ADDR_MAP.CFG of a unit, the same for both
// gateways of a pair (Q132060), and points the smart hosts at its receiver.
func (b *builder) configure(u *unit, members []string, number int) {
	var model *site.GatewayConfig
	for _, ref := range []string{u.inPO, u.outPO} {
		if c := b.from.Gateway(ref); c != nil && model == nil {
			model = c
		}
	}
	c := site.GatewayConfig{}
	switch {
	case model != nil:
		c = *model
	case number < len(b.from.SMTP):
		c = b.from.SMTP[number]
	default:
		c = b.from.SMTP[0]
		label, rest, _ := strings.Cut(c.HostName, ".")
		c.HostName = fmt.Sprintf("%s%d.%s", strings.TrimRight(label, "0123456789"), number+1, rest)
		for slices.ContainsFunc(b.s.SMTP, func(x site.GatewayConfig) bool { return strings.EqualFold(x.HostName, c.HostName) }) {
			number++
			c.HostName = fmt.Sprintf("%s%d.%s", strings.TrimRight(label, "0123456789"), number+1, rest)
		}
	}
	c.Map, c.Postoffices = nil, nil
	served := []string{u.inPO}
	if u.outPO != u.inPO {
		served = append(served, u.outPO)
	}
	all := append(slices.Clone(served), members...)
	if model != nil { // what stays keeps its order. Q111840
		for _, m := range model.Map {
			if slices.ContainsFunc(all, func(ref string) bool { return strings.EqualFold(ref, m.Postoffice) }) {
				c.Map = append(c.Map, m)
				b.route(m.Domain, u.inPC)
			}
		}
	}
	for _, ref := range all {
		if slices.ContainsFunc(c.Map, func(m site.Mapping) bool { return strings.EqualFold(m.Postoffice, ref) }) {
			continue
		}
		domains := b.domains(ref, c.DomainSuffix)
		for _, d := range domains {
			c.Map = append(c.Map, site.Mapping{Postoffice: ref, Domain: d})
			b.route(d, u.inPC)
		}
	}
	for _, ref := range served {
		c.Postoffice = ref
		at := slices.IndexFunc(b.s.SMTP, func(x site.GatewayConfig) bool { return strings.EqualFold(x.Postoffice, ref) })
		own := c
		own.Map = slices.Clone(c.Map)
		if at < 0 {
			b.s.SMTP = append(b.s.SMTP, own)
		} else {
			b.s.SMTP[at] = own
		}
	}
	slices.SortFunc(b.s.SMTP, func(x, y site.GatewayConfig) int { return cmp.Compare(x.Postoffice, y.Postoffice) })
}

// domains are what a postoffice has in the address maps so far, or a new one.
func (b *builder) domains(ref, suffix string) (list []string) {
	for i := range b.from.SMTP {
		for _, m := range b.from.SMTP[i].Map {
			if strings.EqualFold(m.Postoffice, ref) && !slices.Contains(list, m.Domain) {
				list = append(list, m.Domain)
			}
		}
	}
	if list == nil {
		_, name, _ := strings.Cut(ref, "/")
		list = []string{strings.ToLower(name) + suffix}
	}
	return list
}

// route points every smart host that sends to gateways at a PC.
func (b *builder) route(domain, pc string) {
	for i := range b.s.SmartHosts {
		h := &b.s.SmartHosts[i]
		if len(h.Routes) == 0 {
			continue
		}
		if at := slices.IndexFunc(h.Routes, func(r site.Route) bool { return strings.EqualFold(r.Domain, domain) }); at >= 0 {
			h.Routes[at].To = pc
			continue
		}
		h.Routes = append(h.Routes, site.Route{Domain: domain, To: pc})
		slices.SortFunc(h.Routes, func(x, y site.Route) int { return cmp.Compare(x.Domain, y.Domain) })
	}
}

// reach gives each EXTERNAL PC that serves a member of a group drives for the
// gateway postoffices of the group. Where one has no letter left, other PCs
// carry between those and the members, which it goes on to serve.
func (b *builder) reach(u *unit, members []string) {
	ends := []string{u.inPO}
	if u.outPO != u.inPO {
		ends = append(ends, u.outPO)
	}
	for i := range b.s.PCs {
		pc := &b.s.PCs[i]
		o, ok := externalOptions(pc)
		if !ok || !b.carries(pc) || !slices.ContainsFunc(members, func(ref string) bool { return reaches(pc, ref) }) {
			continue
		}
		if more, ok := withDrives(*pc, o.Drives, ends); ok {
			*pc = more
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(members), func(ref string) bool {
			return !reaches(pc, ref) || slices.Contains(ends, ref) || b.carried(ref, ends)
		})
		b.addTransfers(*pc, o.Drives, ends, rest)
	}
}

// withDrives is an EXTERNAL PC that reaches more postoffices; ok is false when it
// has no letters for them.
func withDrives(pc site.PC, letters string, refs []string) (_ site.PC, ok bool) {
	for _, ref := range refs {
		if reaches(&pc, ref) {
			continue
		}
		letter := freeLetter(&pc)
		run, ok := widened(pc.Run, letters, letter)
		if letter == 0 || !ok {
			return pc, false
		}
		if pc.Run = run; letters != "" {
			letters += string(letter)
		}
		pc.Drives = setDrive(pc.Drives, letter, ref)
	}
	return pc, true
}

// carries reports whether an EXTERNAL PC takes mail to and from gateways; others
// run the mailer of their postoffices, or carry between those.
func (b *builder) carries(pc *site.PC) bool {
	return slices.ContainsFunc(b.from.Postoffices, func(po site.Postoffice) bool { return po.Gateway != "" && reaches(pc, po.Ref()) })
}

// carried reports whether one EXTERNAL PC reaches a postoffice and all others.
func (b *builder) carried(ref string, others []string) bool {
	return slices.ContainsFunc(b.s.PCs, func(pc site.PC) bool {
		_, ok := externalOptions(&pc)
		return ok && reaches(&pc, ref) && !slices.ContainsFunc(others, func(other string) bool { return !reaches(&pc, other) })
	})
}

// addTransfers adds EXTERNAL PCs like one, as many as the letters from M to Z
// ask for, that carry between postoffices and the gateway postoffices of a
// group. The mailer of the postoffices stays where it is; the gateway
// postoffices get one if they have none.
func (b *builder) addTransfers(like site.PC, letters string, ends, refs []string) {
	const room = 'Z' - 'M' + 1
	for batch := range slices.Chunk(refs, room-len(ends)) {
		b.addTransfer(&like, letters, append(slices.Clone(ends), batch...), false)
	}
	idle := slices.DeleteFunc(slices.Clone(ends), func(ref string) bool { return len(mailersOf(b.s, ref)) > 0 })
	if len(idle) > 0 {
		b.addTransfer(&like, letters, idle, true)
	}
}

func (b *builder) addTransfer(like *site.PC, letters string, refs []string, mailer bool) {
	pc := freshTransfer(b.s, like, mailer)
	if pc.IP != "" {
		pc.IP = b.freeIP(pc.IP)
	}
	pc.Drives = nil
	for i, ref := range refs {
		pc.Drives = append(pc.Drives, site.DriveMap{Letter: 'M' + byte(i), Postoffice: ref})
	}
	if letters != "" {
		pc.Run = withRange(pc.Run, 'M', pc.Drives[len(refs)-1].Letter)
	}
	b.s.PCs = append(b.s.PCs, pc)
}

// withRange returns a command line of EXTERNAL with other letters in its -D.
func withRange(run string, first, last byte) string {
	words := strings.Fields(run)
	for i, w := range words {
		if i > 0 && len(w) >= 3 && len(w) <= 4 && (w[0] == '-' || w[0] == '/') && strings.EqualFold(w[1:2], "d") {
			words[i] = w[:2] + string(w[2]&0x20|first) + string(w[2]&0x20|last)
		}
	}
	return strings.Join(words, " ")
}

// widened returns a command line of EXTERNAL whose -D, if it has one, takes in
// another letter: the next after its range, because two letters are a range and
// no list. Q96060
func widened(run, letters string, letter byte) (string, bool) {
	if letters == "" {
		return run, true
	}
	if letter != letters[len(letters)-1]+1 {
		return "", false
	}
	return withRange(run, letters[0], letter), true
}

// freeLetter is the letter after the last one, or one between; 0: none.
func freeLetter(pc *site.PC) byte {
	used := func(l byte) bool { return pc.Drive(l) != "" }
	last := byte('M')
	for _, d := range pc.Drives {
		last = max(last, d.Letter)
	}
	for l := last; l <= 'Z'; l++ {
		if !used(l) {
			return l
		}
	}
	for l := byte('M'); l < last; l++ {
		if !used(l) {
			return l
		}
	}
	return 0
}
