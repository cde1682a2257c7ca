package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/internal/sim"
	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// TrialOptions say what a Trial runs. The zero value is every gateway PC of
// the site with one message each way.
type TrialOptions struct {
	PCs      []string // that are switched on; nil: those that run SMTPGATE
	In, Out  int      // messages each way; both 0: one each
	Size     int      // bytes of text; 0: 200
	Operator string   // OperatorRetry ("") or OperatorNobody
	Seed     uint64
	Faults   []string // texts of faults that are there from the start, beside the site's own
	MaxSteps uint64   // of one run; 0: 50,000
	Rounds   int      // times that a run may let the clock move; 0: 40 for each PC and message, and 40 more
}

// Who answers critical errors of sharing violations.
const (
	OperatorRetry  = "retry"  // somebody answers Retry as soon as the file is free
	OperatorNobody = "nobody" // the prompt stays
)

// Defaults of a Trial.
const (
	trialSize   = 200
	trialSteps  = 50_000
	trialRounds = 40
)

// A run in which no mail moves while the clock moves so many times for each PC
// stands still for ever: an idle gateway needs a few of them for a cycle, and the
// smart host tries again each minute. invented: the figure.
const trialStill = 40

// trialArrival is when mail from the Internet arrives unless a schedule wakes
// it earlier: after the PCs have started.
const trialArrival = 30 * time.Second

// trialRetry is how long the smart host of a trial waits before it tries a
// gateway again that did not answer. invented: a real one waits half an hour, in
// which idle gateways would use up the rounds of a run.
const trialRetry = time.Minute

// Trial repeats one short run of a site from the same beginning, each time
// under another schedule. Its mail is there when a run begins; only the PCs
// named run, the smart host answers without mhale/smtpd, and operations take
// no time: the schedule alone says who is slow.
//
// The beginning is restored by rolling back the drives, so that a run costs
// what its own operations cost.
type Trial struct {
	w        *World
	o        TrialOptions
	x        sim.Exploring
	pcs      []*machine
	marks    []dos.Mark // of all volumes
	volumes  []*dos.Volume
	start    sim.Time
	account  []tracked
	texts    [][]byte // of the messages, in CR LF lines
	tokens   []string // that name them
	arrivals []arrival
	letter   []byte // that arrives
	numbers  map[string]int32
	byVolume []map[string]numbered
	names    []string // of the objects by number
	watched  map[string]bool
	dirs     []bool      // which of them are directories
	bags     [][]mailbag // by postoffice; nil: no PC reaches it
	rounds   int
	still    int    // of these, since mail moved
	mail     uint64 // fingerprint of where mail is
	runs     int
	resumed  bool
	rest     bool
	stuck    bool
	stalled  bool
	arrived  int // of arrivals, that have come
	copies   []copies
}

// mailbag is one of a postoffice; one of the PCs may take the mail in it further.
type mailbag struct {
	postoffice.Mailbag
	moves bool
}

type numbered struct {
	id     int32
	object string
}

type arrival struct {
	n        int
	from, to string
}

// objectsMax bounds the objects that a Trial numbers; what comes later is no
// decision point.
const objectsMax = 4096

// NewTrial builds a site and its mail, ready for Run.
func NewTrial(s *site.Site, o TrialOptions) (*Trial, error) {
	if o.In == 0 && o.Out == 0 {
		o.In, o.Out = 1, 1
	}
	if o.In < 0 || o.Out < 0 || o.In+o.Out > 1000 {
		return nil, fmt.Errorf("cannot try %d messages in and %d out: want at most 1000", o.In, o.Out)
	}
	if o.Size <= 0 {
		o.Size = trialSize
	}
	if o.MaxSteps == 0 {
		o.MaxSteps = trialSteps
	}
	switch o.Operator {
	case "":
		o.Operator = OperatorRetry
	case OperatorRetry, OperatorNobody:
	default:
		return nil, fmt.Errorf("unknown operator %q: want %s or %s", o.Operator, OperatorRetry, OperatorNobody)
	}
	s = s.Clone()
	o.Faults = append(slices.Clone(s.Faults), o.Faults...)
	s.Faults = nil // not before the first run
	for _, text := range o.Faults {
		if _, err := parseFault(text, s); err != nil {
			return nil, err
		}
	}
	t := &Trial{x: sim.Exploring{Shared: make([]bool, objectsMax)}, o: o, numbers: map[string]int32{}, names: []string{""}, dirs: []bool{false}}
	s.Timing = site.Timing{Model: site.TimingNone}
	w, err := New(s, Options{Seed: o.Seed, MaxSteps: o.MaxSteps, trial: t})
	if err != nil {
		return nil, err
	}
	t.w = w
	if err := t.load(); err != nil {
		w.Close()
		return nil, err
	}
	return t, nil
}

// load chooses the PCs, puts the outgoing mail into place, and marks the
// beginning.
func (t *Trial) load() error {
	w := t.w
	for _, m := range w.pcs {
		on := strings.EqualFold(m.conf.Program(), "SMTPGATE")
		if t.o.PCs != nil {
			on = slices.ContainsFunc(t.o.PCs, func(n string) bool { return strings.EqualFold(n, m.conf.Name) })
		}
		if on && m.line != "" {
			t.pcs = append(t.pcs, m)
		}
		m.gen++ // not before the first run
	}
	for _, name := range t.o.PCs {
		if _, err := w.machine(name); err != nil {
			return err
		}
	}
	if len(t.pcs) == 0 {
		return errors.New("cannot explore a site without a PC that runs SMTPGATE: name the PCs")
	}
	if t.o.Rounds == 0 {
		t.o.Rounds = trialRounds * len(t.pcs) * (1 + t.o.In + t.o.Out)
	}
	to, from, err := t.users()
	if err != nil {
		return err
	}
	w.Run(0) // the workstations start
	for i := 0; i < t.o.In+t.o.Out; i++ {
		text := t.compose()
		if i < t.o.In {
			w.account.offer(inbound, len(text))
			t.arrivals = append(t.arrivals, arrival{i, outsider(i), to[i%len(to)].smtp})
			continue
		}
		n := w.account.offer(outbound, len(text))
		if err := t.submit(n, from[i%len(from)]); err != nil {
			return err
		}
	}
	for _, of := range w.offices {
		of.client.pc.PowerOff()
		if !t.reached(of.ref) {
			t.bags = append(t.bags, nil)
			continue
		}
		bags, err := of.view.Mailbags()
		if err != nil {
			return err
		}
		list := make([]mailbag, len(bags))
		for i := range bags {
			list[i] = mailbag{bags[i], t.moves(of.ref, &bags[i])}
		}
		t.bags = append(t.bags, list)
	}
	w.k.Reset(w.k.Now())
	t.start = w.k.Now()
	t.account = slices.Clone(w.account.msgs)
	for _, of := range w.offices {
		of.client.pc.Discard()
		t.volumes = append(t.volumes, of.volume)
	}
	for _, m := range w.pcs {
		t.volumes = append(t.volumes, m.pc.Drive('C'))
	}
	for _, v := range t.volumes {
		t.marks = append(t.marks, v.Mark())
	}
	t.x.Quiet = t.quiet
	t.x.Number = t.address
	t.x.Read, t.x.Changed = make([]uint64, objectsMax), make([]uint64, objectsMax)
	return nil
}

// reached says whether one of the PCs has a drive on a postoffice.
func (t *Trial) reached(ref string) bool {
	return slices.ContainsFunc(t.pcs, func(m *machine) bool { return m.reaches(ref) })
}

func (m *machine) reaches(ref string) bool {
	return slices.ContainsFunc(m.conf.Drives, func(d site.DriveMap) bool { return strings.EqualFold(d.Postoffice, ref) })
}

// moves says whether a PC takes mail out of a mailbag of a postoffice: a gateway out
// of its own, EXTERNAL out of INQUEUE3 and of those for other postoffices that it
// serves or sends to. What it serves is what its options and its EXTERNAL.INI say.
func (t *Trial) moves(ref string, b *postoffice.Mailbag) bool {
	if b.Kind == postoffice.ToGateway {
		return true
	}
	for _, m := range t.pcs {
		o, ok := m.external()
		if !ok || !m.leads(o.Direct, ref) {
			continue
		}
		if b.Name == postoffice.Inqueue3 && !o.MailerDisable ||
			b.Kind == postoffice.ToOffice && !o.DispatchDisable && m.leads(o.Direct+o.WAN, b.Owner) {
			return true
		}
	}
	return false
}

// leads says whether one of the drives with these letters is on a postoffice.
func (m *machine) leads(letters, ref string) bool {
	return slices.ContainsFunc(m.conf.Drives, func(d site.DriveMap) bool {
		return strings.IndexByte(letters, d.Letter) >= 0 && strings.EqualFold(d.Postoffice, ref)
	})
}

// users lists who gets mail from the Internet, through one of the PCs, and who
// sends: users of a postoffice that one of the PCs fetches mail from.
func (t *Trial) users() (to, from []loadUser, err error) {
	w := t.w
	on := map[string]bool{}
	fetch := map[string]bool{} // postoffices
	for _, m := range t.pcs {
		on[strings.ToUpper(m.conf.Name)] = true
		for _, d := range m.conf.Drives {
			if d.Letter == 'M' && slices.ContainsFunc(m.conf.Local, func(f string) bool { return strings.EqualFold(f, "SMTPGET.EXE") }) {
				fetch[strings.ToUpper(d.Postoffice)] = true
			}
		}
	}
	for _, u := range w.served() {
		_, domain, _ := strings.Cut(u.smtp, "@")
		for i := range w.site.SmartHosts {
			for _, r := range w.site.SmartHosts[i].Routes {
				if strings.EqualFold(r.Domain, domain) && on[strings.ToUpper(r.To)] {
					to = append(to, u)
				}
			}
		}
	}
	for _, of := range w.offices {
		if len(fetch) > 0 && !fetch[strings.ToUpper(of.ref)] || of.po.Gateway == "" || !t.reached(of.ref) {
			continue
		}
		for _, name := range of.po.Users {
			if d, _ := of.po.User(name); !d.NoExternal && !strings.EqualFold(name, "POSTMASTER") {
				from = append(from, loadUser{of: of, name: name})
				break
			}
		}
	}
	switch {
	case t.o.In > 0 && len(to) == 0:
		err = errors.New("cannot explore with mail from the Internet: the smart host routes no user's domain to one of the PCs")
	case t.o.Out > 0 && len(from) == 0:
		err = errors.New("cannot explore with mail to the Internet: no gateway postoffice of the PCs has a user")
	}
	return to, from, err
}

// compose makes the text of the next message, in which every line names it.
func (t *Trial) compose() []byte {
	n := len(t.texts)
	t.tokens = append(t.tokens, string(appendToken(nil, n)))
	var b []byte
	for i := 1; len(b) < t.o.Size; i++ {
		b = appendToken(b, n)
		b = append(b, " line "...)
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, '\r', '\n')
	}
	t.texts = append(t.texts, b)
	return b
}

// address numbers an address on the network.
func (t *Trial) address(a string) int32 {
	id, ok := t.numbers[a]
	if !ok {
		id = t.number(a)
		t.numbers[a] = id
	}
	return id
}

func (t *Trial) number(name string) int32 {
	if len(t.names) >= objectsMax {
		return 0
	}
	t.x.Shared[len(t.names)] = t.watched[name]
	t.names = append(t.names, name)
	t.dirs = append(t.dirs, false)
	return int32(len(t.names) - 1)
}

// file numbers a file of a postoffice; those of other drives are nobody else's.
func (t *Trial) file(v *dos.Volume, path string) (int32, string) {
	for i, of := range t.w.offices {
		if of.volume != v {
			continue
		}
		for len(t.byVolume) <= i {
			t.byVolume = append(t.byVolume, map[string]numbered{})
		}
		n, ok := t.byVolume[i][path]
		if !ok {
			n.object = of.ref + ":" + path
			n.id = t.number(n.object)
			if a, err := v.Attr(path); err == nil && n.id != 0 {
				t.dirs[n.id] = a&dos.Directory != 0
			}
			t.byVolume[i][path] = n
		}
		return n.id, n.object
	}
	return 0, path
}

// Conflicts calls fn for each object that was no decision point of the last
// run though two PCs used it so that their order matters: one changed it and
// another read or changed it.
func (t *Trial) Conflicts(fn func(name string)) {
	for i := 1; i < len(t.names); i++ {
		if !t.x.Shared[i] && (meet(t.x.Changed[i], t.x.Read[i]) || !t.dirs[i] && meet(t.x.Changed[i], t.x.Changed[i])) {
			fn(t.names[i])
		}
	}
}

// meet reports whether a process of a and another one of b exist.
func meet(a, b uint64) bool {
	return a != 0 && b != 0 && (a|b)&(a|b-1) != 0 && (a != b || a&(a-1) != 0)
}

// Watch makes the operations on the objects of these names the decision points
// of the runs to come. Before the first call there is none.
func (t *Trial) Watch(names []string) {
	t.watched = map[string]bool{}
	for _, n := range names {
		t.watched[n] = true
	}
	for i, n := range t.names {
		t.x.Shared[i] = t.watched[n]
	}
}

// Start returns when each run begins, in virtual nanoseconds since the Unix
// epoch.
func (t *Trial) Start() int64 { return int64(t.start) }

// Site returns the site of the trial.
func (t *Trial) Site() *site.Site { return t.w.site }

// World returns the world as the last run left it. The next run takes it away.
func (t *Trial) World() *World { return t.w }

// Close ends the trial.
func (t *Trial) Close() error {
	t.w.k.Explore(nil)
	return t.w.Close()
}

// Run runs the trial once under a decider, from the beginning. sink may be nil.
func (t *Trial) Run(d schedule.Decider, sink trace.Sink) (Ending, error) {
	if err := t.reset(sink); err != nil {
		return Ending{}, err
	}
	w := t.w
	t.x.Decider = d
	w.k.Explore(&t.x)
	for _, m := range t.pcs {
		w.start(m)
	}
	if len(t.arrivals) > 0 {
		w.k.Go(w.hosts[0].Name()+"/arrival", t.arrive)
	}
	stop := stopOf(w.k.Run(sim.Forever))
	return t.ending(stop), w.k.Err()
}

// reset restores the beginning.
func (t *Trial) reset(sink trace.Sink) error {
	w := t.w
	w.k.Explore(&t.x)
	if t.resumed {
		return errors.New("internal error: a trial cannot begin again after Resume")
	}
	if t.runs++; t.runs > 1 {
		w.k.Reset(t.start)
		for _, m := range w.pcs {
			m.pc.Discard()
		}
		for i, v := range t.volumes {
			v.Rollback(t.marks[i])
		}
		w.account.msgs = append(w.account.msgs[:0], t.account...)
	}
	clear(t.x.Read[:len(t.names)])
	clear(t.x.Changed[:len(t.names)])
	w.k.SetSink(sink)
	w.outside, w.jobs, w.helpers, w.conns = w.outside[:0], 0, 0, 0
	w.faults.Clear()
	for _, text := range t.o.Faults {
		f, err := fault.Parse(text)
		if err != nil {
			return err
		}
		w.faults.Add(f)
	}
	for _, h := range w.hosts {
		if err := h.Restart(); err != nil {
			return err
		}
	}
	t.rounds, t.still, t.mail, t.arrived = 0, 0, 0, 0
	t.rest, t.stuck, t.stalled = false, false, false
	t.copies = append(t.copies[:0], make([]copies, len(t.texts))...)
	return nil
}

// Resume gives the clock back after a run: what follows happens in order of
// time, nobody answers prompts but by Key, and users can send mail again. The
// trial cannot run once more.
func (t *Trial) Resume() {
	t.w.k.Explore(nil)
	t.resumed, t.rest, t.stuck = true, false, false
	for _, m := range t.w.pcs {
		m.pc.SetPatient(false)
	}
	for _, of := range t.w.offices {
		of.client = t.w.newClient("AGAIN", of.volume)
	}
}

// Offer hands in one more message each way, after Resume. Look counts them
// behind the first ones.
func (t *Trial) Offer() error {
	to, from, err := t.users()
	if err != nil {
		return err
	}
	if len(to) > 0 {
		n := t.offer(inbound)
		t.deliver(arrival{n, outsider(n), to[0].smtp})
	}
	if len(from) > 0 {
		return t.submit(t.offer(outbound), from[0])
	}
	return nil
}

// offer makes the text of another message and returns its number.
func (t *Trial) offer(d direction) int {
	t.copies = append(t.copies, copies{})
	return t.w.account.offer(d, len(t.compose()))
}

// submit sends message n as its user does.
func (t *Trial) submit(n int, u loadUser) error {
	m := &postoffice.Message{
		From:    postoffice.Address{Addr: u.of.ref + "/" + u.name},
		To:      []postoffice.Address{{Type: "SMTP", Addr: outsider(n)}},
		Subject: t.tokens[n], Text: bytes.ReplaceAll(t.texts[n], []byte("\r\n"), []byte("\r")),
	}
	if err := t.w.ask(u.of, func(c *client) error { return c.submit(m) }); err != nil {
		return fmt.Errorf("cannot submit the mail to explore with: %w", err)
	}
	return nil
}

// arrive is the Internet: it hands the mail to the first smart host.
func (t *Trial) arrive(p *sim.Proc) {
	p.Daemon()
	for _, a := range t.arrivals {
		p.Sleep(trialArrival)
		t.deliver(a)
		t.arrived++
	}
}

func (t *Trial) deliver(a arrival) {
	b := append(append(t.letter[:0], "From: "...), a.from...)
	b = append(append(b, "\r\nTo: "...), a.to...)
	b = append(b, "\r\nSubject: "...)
	b = appendToken(b, a.n)
	b = append(append(b, "\r\n\r\n"...), t.texts[a.n]...)
	t.letter = b
	t.w.hosts[0].Submit(a.from, []string{a.to}, b)
}

// quiet is asked when nothing can happen at the present instant. PCs that are
// stuck do not keep mail from coming.
func (t *Trial) quiet() bool {
	t.stuck = true
	for _, m := range t.pcs {
		switch m.pc.State().Phase {
		case dos.Prompt, dos.Ended, dos.Off:
		default:
			t.stuck = false
		}
	}
	if t.stuck && t.arrived == len(t.arrivals) {
		return true
	}
	settled, mail := t.look()
	if t.rest = settled; t.rest {
		return true
	}
	t.rounds++
	if t.still++; mail != t.mail {
		t.mail, t.still = mail, 0
	}
	t.stalled = t.still >= trialStill*len(t.pcs)
	return t.stalled || t.rounds > t.o.Rounds
}

// look says whether no message is on its way, and gives a fingerprint that
// changes when one moves.
func (t *Trial) look() (settled bool, mail uint64) {
	w := t.w
	settled = t.arrived == len(t.arrivals)
	var d trace.Digest
	d.Uint(uint64(t.arrived))
	for i := range t.copies {
		d.Uint(uint64(t.copies[i].arrived))
	}
	for _, h := range w.hosts {
		settled = settled && h.Idle()
		h.Lengths(func(_ string, waiting, _ int) { d.Uint(uint64(waiting)) })
	}
	for i, of := range w.offices {
		if t.bags[i] == nil {
			continue
		}
		for _, f := range transient {
			size, there := of.volume.Size(f)
			settled = settled && !there
			d.Uint(uint64(size))
		}
		for j := range t.bags[i] {
			if b := &t.bags[i][j]; b.moves {
				n := of.view.Live(b.Name)
				settled = settled && n == 0
				d.Uint(uint64(n))
			}
		}
	}
	return settled, d.Sum()
}
