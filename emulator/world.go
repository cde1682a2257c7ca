package emulator

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/internal/program"
	"gwkit/emulator/internal/sim"
	"gwkit/emulator/internal/smarthost"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// Chooser makes the decisions of a run: a number from 0 to n-1.
type Chooser interface {
	Choose(n int, label string) int
}

// Options of a World. The zero value runs with seed 0, in memory, without a
// trace and without budget.
type Options struct {
	Seed     uint64
	Chooser  Chooser    // nil: always 0
	Ties     bool       // ask the chooser about events of one instant
	MaxSteps uint64     // kernel events before the run stops; 0: no limit
	Trace    trace.Sink // nil: digest only

	// Dir keeps the drives as ordinary files below this folder; "" keeps them
	// in memory. A tree that is there is used as it is.
	Dir string

	// Jitter draws the latency of each operation between 1-Jitter and 1+Jitter
	// times what the site's timing says; 0 draws nothing, 1 is the most.
	// invented: that it is even over that range; real drives and networks are
	// not.
	Jitter float64

	// Operator answers sharing violations on the screens: OperatorNobody ("")
	// or OperatorRetry.
	Operator string

	// Dialect is how the smart hosts talk: a profile name of package
	// smarthost; "" is the Sendmail of 1993.
	Dialect string

	fresh bool   // for tests: nothing is kept for use again
	trial *Trial // the world is that of a trial
}

// World is a running installation.
type World struct {
	site    *site.Site
	k       *sim.Kernel
	faults  fault.Set
	pool    *dos.Pool
	dir     string
	offices []*office
	pcs     []*machine
	hosts   []*smarthost.Host
	jobs    int // client work not yet done
	conns   int
	helpers int
	outside []Delivered
	account account
	loads   []*load
	zone    *time.Location
	trial   *Trial // nil: none
	jitter  float64
	patient bool
	serving bool
	closed  bool
}

// office is one postoffice: its drive and the workstation beside it.
type office struct {
	po     *site.Postoffice
	ref    string
	volume *dos.Volume
	client *client
	view   postoffice.View
}

// machine is one PC of the site.
type machine struct {
	pc   *dos.PC
	conf *site.PC
	line string // command line it runs
	gen  int    // grows when somebody switches it by hand: a start still to come is off
}

// New builds a site and switches its PCs on at the virtual start.
func New(s *site.Site, o Options) (*World, error) {
	w := &World{site: s.Clone(), dir: o.Dir, zone: s.Start.Location(), trial: o.trial, jitter: o.Jitter, patient: o.Operator == OperatorRetry}
	if o.Operator != "" && o.Operator != OperatorRetry && o.Operator != OperatorNobody {
		return nil, fmt.Errorf("unknown operator %q: want %s or %s", o.Operator, OperatorRetry, OperatorNobody)
	}
	if !(o.Jitter >= 0 && o.Jitter <= 1) { // also refuses NaN
		return nil, fmt.Errorf("cannot draw latencies with jitter %v: want 0 to 1", o.Jitter)
	}
	for i, text := range s.Faults {
		f, err := parseFault(text, s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Where(fmt.Sprintf("faults[%d]", i)), err)
		}
		w.faults.Add(f)
	}
	zone, err := zoneOf(s.TZ, s.Start)
	if err != nil {
		return nil, fmt.Errorf("cannot build site %s: %w", s.Name, err)
	}
	w.zone = zone
	var ch sim.Chooser
	if o.Chooser != nil {
		ch = o.Chooser
	}
	w.k = sim.New(sim.Options{Start: s.Start.In(zone), Seed: o.Seed, Chooser: ch, Ties: o.Ties,
		MaxSteps: o.MaxSteps, Sink: o.Trace, Faults: &w.faults})
	w.pool = &dos.Pool{Fresh: o.fresh}
	w.account.init(w)
	if err := w.build(o); err != nil {
		w.Close()
		return nil, fmt.Errorf("cannot build site %s: %w", s.Name, err)
	}
	return w, nil
}

func (w *World) build(o Options) error {
	for i := range w.site.Postoffices {
		if err := w.addOffice(i); err != nil {
			return err
		}
	}
	for _, f := range w.site.Files {
		if err := w.override(&f); err != nil {
			return fmt.Errorf("%s: %w", f.Pos, err)
		}
	}
	for i := range w.site.SmartHosts {
		if err := w.addHost(&w.site.SmartHosts[i], o); err != nil {
			return err
		}
	}
	for i := range w.site.PCs {
		if err := w.addPC(&w.site.PCs[i]); err != nil {
			return err
		}
	}
	return nil
}

// clock stamps files with the local time of the server.
func (w *World) clock() time.Time { return w.k.Clock() }

func (w *World) volumeOptions(label string) dos.VolumeOptions {
	return dos.VolumeOptions{Label: label, Pool: w.pool, Clock: w.clock}
}

// disk returns the drive C of a PC.
func (w *World) disk(pc string) (*dos.Volume, error) {
	o := w.volumeOptions("C")
	if w.dir == "" {
		return dos.NewVolume(o), nil
	}
	return openFolder(w.dir, "PC_"+strings.ToUpper(pc), o)
}

func (w *World) addOffice(i int) error {
	po := &w.site.Postoffices[i]
	v, err := w.officeVolume(po)
	if err != nil {
		return err
	}
	of := &office{po: po, ref: po.Ref(), volume: v, view: postoffice.View{Volume: v}}
	w.offices = append(w.offices, of)
	v.DropJournal()
	of.client = w.newClient(workstation(i), v)
	return nil
}

// officeVolume returns the drive of a postoffice: the one in its folder, or a new
// one.
func (w *World) officeVolume(po *site.Postoffice) (*dos.Volume, error) {
	install := func(v *dos.Volume) error {
		if err := postoffice.Install(v, w.officeConfig(po)); err != nil {
			return err
		}
		if po.Gateway == "smtp" {
			return installServerPrograms(v)
		}
		return nil
	}
	o := w.volumeOptions(po.Name)
	if w.dir == "" {
		v := dos.NewVolume(o)
		return v, install(v)
	}
	folder := folderOf(po.Ref())
	if err := installFolder(w.dir, folder, o, install); err != nil {
		return nil, err
	}
	return openFolder(w.dir, folder, o)
}

// officeConfig is what ADMIN and the installation programs entered.
func (w *World) officeConfig(po *site.Postoffice) postoffice.Config {
	c := postoffice.Config{Network: po.Network, Name: po.Name}
	for _, name := range po.Users {
		u := postoffice.User{Name: name}
		if d, ok := po.User(name); ok {
			u.FullName, u.NoMail = d.FullName, d.NoExternal
		}
		c.Users = append(c.Users, u)
	}
	for _, g := range po.Groups {
		c.Groups = append(c.Groups, postoffice.GroupConfig{Name: g.Name, FullName: g.FullName, Members: g.Members})
	}
	for j := range w.site.Postoffices {
		other := &w.site.Postoffices[j]
		if other.Ref() != po.Ref() {
			c.Externals = append(c.Externals, postoffice.ExternalConfig{Network: other.Network, Name: other.Name, Via: w.via(po, other)})
		}
	}
	switch {
	case po.Gateway == "smtp":
		c.SMTP = postoffice.SMTPGateway
		if g := w.site.Gateway(po.Ref()); g != nil {
			c.LocalCFG, c.AddrMapCFG = site.FormatLocalCfg(g.Config()), site.FormatAddrMap(g.Map)
		}
	case po.Access && po.Via != "":
		c.SMTP, c.Forward = postoffice.SMTPAccess, po.Via
	}
	return c
}

// via finds the route from one postoffice to another along the forward
// postoffices of the site: direct for a neighbour, the neighbour otherwise.
//
// invented: a site file names only the forward postoffice of each; everything
// else an administrator would define follows from that. Two postoffices
// without a path between them are direct, Q169328, unless no PC reaches both.
func (w *World) via(from, to *site.Postoffice) string {
	if strings.EqualFold(from.Via, to.Ref()) || strings.EqualFold(to.Via, from.Ref()) {
		return ""
	}
	// Down: is `to` below `from`?
	for p, hops := to, 0; p != nil && p.Via != "" && hops < len(w.site.Postoffices); hops++ {
		up := w.site.Postoffice(p.Via)
		if up == nil {
			break
		}
		if up.Ref() == from.Ref() {
			return p.Ref()
		}
		p = up
	}
	if from.Via != "" && w.connected(from, to) {
		return from.Via
	}
	if w.backbone(from, to) {
		return postoffice.SMTPName
	}
	return w.link(from, to)
}

// link is the route to a postoffice of another group: up to the own gateway
// postoffice, over to the other's, down; "" when a PC reaches both drives. Large
// shapes need it, because no PC has letters for all postoffices. Q132060
func (w *World) link(from, to *site.Postoffice) string {
	if w.together(from.Ref(), to.Ref()) {
		return ""
	}
	if from.Via != "" {
		return from.Via
	}
	if top := w.top(to); !strings.EqualFold(top, to.Ref()) && w.together(from.Ref(), top) {
		return top
	}
	return ""
}

// together says whether a PC has drives for both postoffices.
func (w *World) together(a, b string) bool {
	for i := range w.site.PCs {
		has := [2]bool{}
		for _, d := range w.site.PCs[i].Drives {
			has[0] = has[0] || strings.EqualFold(d.Postoffice, a)
			has[1] = has[1] || strings.EqualFold(d.Postoffice, b)
		}
		if has[0] && has[1] {
			return true
		}
	}
	return false
}

// backbone says whether mail between two gateway postoffices takes the way
// through the gateway. invented: it does when the address map of the one has an
// entry for the other, as Q136116 asks, and no PC reaches both drives.
func (w *World) backbone(from, to *site.Postoffice) bool {
	g := w.site.Gateway(from.Ref())
	if g == nil || from.Gateway == "" || to.Gateway == "" {
		return false
	}
	if w.together(from.Ref(), to.Ref()) {
		return false
	}
	for _, m := range g.Map {
		if strings.EqualFold(m.Postoffice, to.Ref()) {
			return true
		}
	}
	return false
}

// connected says whether two postoffices hang on the same hub.
func (w *World) connected(a, b *site.Postoffice) bool {
	return strings.EqualFold(w.top(a), w.top(b))
}

func (w *World) top(p *site.Postoffice) string {
	for hops := 0; p.Via != "" && hops < len(w.site.Postoffices); hops++ {
		up := w.site.Postoffice(p.Via)
		if up == nil {
			break
		}
		p = up
	}
	return p.Ref()
}

func (w *World) override(f *site.FileOverride) error {
	of, err := w.office(f.Postoffice)
	if err != nil {
		return err
	}
	if f.Absent {
		of.volume.SetAttr(f.Path, 0) // a read-only file goes too; a missing one is absent already
		if err := of.volume.Remove(f.Path); err != nil && !errors.Is(err, dos.FileNotFound) && !errors.Is(err, dos.PathNotFound) {
			return err
		}
		return nil
	}
	return of.volume.WriteFile(f.Path, []byte(strings.ReplaceAll(f.Text, "\n", "\r\n")), dos.Archive)
}

func (w *World) addHost(h *site.SmartHost, o Options) error {
	c := smarthost.Config{Name: h.Name, IP: h.IP, Zone: w.zone, Faults: &w.faults, Profile: o.Dialect, Label: w.account.labelOf, Native: w.trial != nil,
		MaxRecipients: 1000} // a host of the time had no limit; the gateway was tested with 300. Q112761
	if w.trial != nil {
		c.QueueInterval = trialRetry
	}
	for _, r := range h.Routes {
		route := smarthost.Route{Domain: r.Domain, IP: r.To}
		if pc := w.site.PC(r.To); pc != nil {
			route.IP = pc.IP
		}
		c.Routes = append(c.Routes, route)
	}
	for _, a := range h.Aliases {
		c.Aliases = append(c.Aliases, smarthost.Alias{Address: a.Address, To: a.To})
	}
	host, err := smarthost.New(w.k, c)
	if err != nil {
		return err
	}
	name := h.Name
	host.OnDeliver(func(m *smarthost.Message, rcpt string) {
		if !w.deliveredOutside(name, m, rcpt) {
			host.Release(m)
		}
	})
	w.hosts = append(w.hosts, host)
	return nil
}

func (w *World) addPC(c *site.PC) error {
	disk, err := w.disk(c.Name)
	if err != nil {
		return err
	}
	if err := installLocalPrograms(disk, c); err != nil {
		return err
	}
	if err := installSetup(disk, c, w.site); err != nil {
		return err
	}
	zone := w.zone
	if c.TZ != "" {
		if zone, err = zoneOf(c.TZ, w.site.Start); err != nil {
			return err
		}
	}
	po := dos.PCOptions{
		Name: c.Name, IP: c.IP, Files: c.Config.Files, NoShare: !c.Config.Share, CommandF: c.Config.CommandF,
		Path: c.Path, FreeMemory: c.Config.FreeMemory, Timing: timingOf(&w.site.Timing), TZ: zone, Disk: disk, Fresh: w.pool.Fresh,
		Programs: program.Table(w.site.GatewayVersion, c.Config.TryPut, c.Config.Stack), Faults: &w.faults,
		Jitter: w.jitter, Patient: w.patient,
	}
	if t := w.trial; t != nil {
		po.Number, po.Retries, po.Patient = t.file, -1, t.o.Operator == OperatorRetry
	}
	pc := dos.NewPC(w.k, po)
	for _, d := range c.Drives {
		of, err := w.office(d.Postoffice)
		if err != nil {
			return err
		}
		pc.Map(d.Letter, of.volume)
	}
	m := &machine{pc: pc, conf: c, line: c.Run}
	w.pcs = append(w.pcs, m)
	if c.Run == "" {
		return nil
	}
	w.startAfter(m, c.StartAfter)
	return nil
}

// startAfter starts a PC later, unless somebody switches it before.
func (w *World) startAfter(m *machine, d time.Duration) {
	gen := m.gen
	w.k.After(d, func() {
		if m.gen == gen {
			w.start(m)
		}
	})
}

func (w *World) start(m *machine) {
	name, args, err := site.SplitCommand(m.line)
	if err != nil || name == "" {
		return
	}
	m.pc.Start(name, args...)
	if m.conf.Loop {
		m.pc.OnEnd(func() { w.startAfter(m, time.Second) })
	}
}

// office returns a postoffice by NET/PO.
func (w *World) office(ref string) (*office, error) {
	for _, of := range w.offices {
		if strings.EqualFold(of.ref, ref) {
			return of, nil
		}
	}
	return nil, fmt.Errorf("the site has no postoffice %q", ref)
}

func (w *World) machine(name string) (*machine, error) {
	for _, m := range w.pcs {
		if strings.EqualFold(m.conf.Name, name) {
			return m, nil
		}
	}
	return nil, fmt.Errorf("the site has no PC %q", name)
}

// Site returns the site that was built. It must not be changed.
func (w *World) Site() *site.Site { return w.site }

// Close ends all processes and releases what the World holds. Drives kept in
// a folder are complete afterwards.
func (w *World) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	var errs []error
	w.k.Close()
	for _, h := range w.hosts {
		errs = append(errs, h.Close())
	}
	for _, of := range w.offices {
		errs = append(errs, of.volume.Close())
	}
	for _, m := range w.pcs {
		errs = append(errs, m.pc.Drive('C').Close())
	}
	return errors.Join(errs...)
}
