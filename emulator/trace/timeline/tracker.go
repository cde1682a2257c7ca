package timeline

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gwkit/emulator/trace"
)

// SessionTime is how long a server keeps the files of a PC that lost power and
// did not come back. It is the emulated server's own value.
const SessionTime = 90 * time.Second

// Hold is one file held open. Times are virtual nanoseconds since the Unix
// epoch, as in trace.Event.
type Hold struct {
	PC, Program string
	Op          string // "open" or "create"
	File        string // `M:\SMTP\FROM_NC.API`
	From        int64
	Until       int64  // 0: held to the end of the trace
	End         string // "close", "boot", "session", "power-off" on the PC's own disk; "" when it lasts

	file        *file
	lane        *lane
	slot        int    // lowest number free on its PC when it began
	first, last uint64 // ordinals of the events; last 0: it lasts
	expires     int64  // of a PC without power; 0: it has power
	waited      bool   // somebody waited for it
}

// Wait is a PC at the prompt of a critical error.
type Wait struct {
	PC, Program string
	Op          string // what it tried: "remove"; of a trace that does not say "open", until its end tells
	File        string
	Reason      string // "sharing violation"
	HeldBy      string // "GW2/SMTPGET" when the wait began; "" for nobody known
	From        int64
	Until       int64  // 0: it waits at the end of the trace
	Answer      string // "retry", "fail", "abort", "power-off"; "" while it waits

	file        *file
	lane        *lane
	holder      *Hold // nil: nobody has the file open
	first, last uint64
	cycle       bool
}

// Edge of a wait cycle: a program waits for a file that another holds.
type Edge struct {
	PC, Program string
	Op          string // "open"
	File        string // `M:\SMTP\FROM_NC.API`, as the waiting PC names it
	HeldBy      string // "GW2/SMTPGET"
	HeldSince   int64  // virtual nanoseconds since the Unix epoch
	Since       int64
}

// String says the edge as a sentence.
func (e Edge) String() string {
	return plain(e.PC) + "/" + plain(e.Program) + " waits to " + e.Op + " " + plain(e.File) + ", held by " + plain(e.HeldBy)
}

// Cycle is a ring of edges: who holds the file of one waits in the next.
type Cycle struct {
	At    int64 // when the last prompt closed it
	Until int64 // when a key or a power cut opened it; 0: it stands at the end
	Edges []Edge

	first, last uint64
	waits       []*Wait
}

// file is one file, whatever the PCs call its drive.
type file struct {
	key    string // volume and path
	own    bool   // on a PC's own disk
	by     *lane  // who touched it first
	shared bool   // more than one PC touched it
	change bool   // somebody changed it, or was refused it
	holds  []*Hold
	colour int // in a page, from 1
}

// lane is a PC, or a host.
type lane struct {
	name     string
	order    int
	programs []*program // innermost last
	holds    []*Hold
	wait     *Wait
	last     *Wait // answered a moment ago, for its operation
	files    map[string]*file

	off   int64 // time of the power cut, 0: on
	spans []span
}

// program is one that runs.
type program struct {
	name  string
	from  int64
	until int64
	over  bool
	lane  *lane
}

// span of a lane that the overview shows.
type span struct {
	from, until int64
	kind        string // "off"
}

type whoIs struct {
	lane    *lane
	program string
}

// The bounds of what a tracker remembers of a run without end.
const (
	filesMax  = 1 << 17 // names told apart; later ones count as used by one PC
	cyclesMax = 64
	spansMax  = 1000 // power cuts of one PC
	holdsMax  = 255  // FILES= goes no higher: a trace with more lacks the closes
)

// tracker follows the state of all PCs through the events. Its memory is
// bounded by what is open at a time and by the number of names.
type tracker struct {
	drive   func(pc string, letter byte) string
	lanes   []*lane
	byName  map[string]*lane
	byWho   map[string]whoIs
	files   map[string]*file
	cycles  []*Cycle
	stale   []*Hold // of PCs without power
	n       uint64  // events so far
	now     int64   // place of the last event; see Options.Untimed
	clock   int64   // its time
	untimed bool

	tooManyFiles bool

	// What a writer under way wants to hear of.
	holdEnded    func(*Hold)
	waitBegan    func(*Wait)
	waitEnded    func(*Wait)
	programEnded func(*program)
	laneBegan    func(*lane)
}

func newTracker(o *Options) *tracker {
	drive := o.Drive
	if drive == nil {
		drive = sameLetters
	}
	return &tracker{drive: drive, untimed: o.Untimed, byName: map[string]*lane{}, byWho: map[string]whoIs{}, files: map[string]*file{}}
}

// sameLetters stands in for a drive map: a letter is one drive for all PCs, but
// A: to C: are each PC's own.
func sameLetters(_ string, letter byte) string {
	if letter <= 'C' {
		return ""
	}
	return string(rune(letter))
}

// who splits "GW1/SMTPGET".
func (t *tracker) who(e *trace.Event) whoIs {
	// What a user could not submit or read is told by postoffice, and that
	// name has a slash as well.
	if e.Op == "refused" || e.Op == "read" && e.Object == "" {
		return whoIs{t.lane(e.Who), ""}
	}
	w, ok := t.byWho[e.Who]
	if !ok {
		pc, program, _ := strings.Cut(e.Who, "/")
		w = whoIs{t.lane(pc), program}
		t.byWho[e.Who] = w
	}
	return w
}

func (t *tracker) lane(name string) *lane {
	l := t.byName[name]
	if l == nil {
		l = &lane{name: name, order: len(t.lanes), files: map[string]*file{}}
		t.byName[name] = l
		t.lanes = append(t.lanes, l)
		if t.laneBegan != nil {
			t.laneBegan(l)
		}
	}
	return l
}

// file returns what the object of an event such as `M:\SMTP\X` stands for, nil
// when it is no file. Who finds nothing there has not touched it.
func (t *tracker) file(l *lane, e *trace.Event) *file {
	object := e.Object
	if len(object) < 3 || object[1] != ':' || object[2] != '\\' {
		return nil
	}
	touched := !missing(e.Result)
	if f := l.files[object]; f != nil {
		f.touch(l, touched)
		return f
	}
	letter := object[0]
	if letter >= 'a' && letter <= 'z' {
		letter -= 'a' - 'A'
	}
	volume := t.drive(l.name, letter)
	own := volume == ""
	if own {
		volume = l.name + "|" + string(rune(letter))
	}
	key := volume + "|" + strings.ToUpper(object[2:])
	f := t.files[key]
	if f == nil {
		f = &file{key: key, own: own}
		if len(t.files) >= filesMax {
			t.tooManyFiles = true
			return f // known as long as this event and its hold
		}
		t.files[key] = f
	}
	l.files[object] = f
	f.touch(l, touched)
	return f
}

func missing(result string) bool { return result == "file not found" || result == "path not found" }

// contested reports whether PCs can be in each other's way: what all of them
// only read tells nothing.
func (f *file) contested() bool { return f.shared && f.change }

func changes(e *trace.Event) bool {
	switch e.Op {
	case "create", "write", "remove", "rename", "truncate", "lock":
		return e.Result == ""
	case "prompt":
		return true
	}
	return e.Result == "sharing violation" || e.Result == "lock violation"
}

func (f *file) touch(l *lane, touched bool) {
	switch {
	case !touched:
	case f.by == nil:
		f.by = l
	case f.by != l:
		f.shared = true
	}
}

// seen is what one event turned out to be.
type seen struct {
	whoIs
	file *file
	hold *Hold // which it began or ended
	wait *Wait // which it began or ended
	ran  *program
}

// event takes the next event.
func (t *tracker) event(e *trace.Event) seen {
	t.n++
	t.clock, t.now = e.Time, e.Time
	if t.untimed {
		t.now = int64(e.Step)
	}
	if len(t.stale) > 0 {
		t.expire(e.Time)
	}
	s := seen{whoIs: t.who(e)}
	l := s.lane
	s.file = t.file(l, e)
	if s.file != nil {
		s.file.change = s.file.change || changes(e)
	}
	switch e.Op {
	case "open", "create":
		if e.Result == "" && s.file != nil {
			s.hold = t.begin(e, s)
		}
	case "close":
		s.hold = t.closed(s)
	case "spawn":
		if e.Result == "" {
			s.ran = &program{name: programOf(e.Object), from: t.now, lane: l}
			l.programs = append(l.programs, s.ran)
		}
	case "exit":
		t.exit(l, s.program)
	case "prompt":
		s.wait = t.prompt(e, s)
	case "answer":
		s.wait = l.wait
		t.answered(l, e.Result)
	case "power-off":
		s.wait = l.wait
		t.powerOff(l)
	case "boot":
		t.boot(l)
	}
	if l.last != nil && e.Op != "answer" && e.Op != "prompt" {
		// The operation is told when it is over. Q136041
		if e.Object == l.last.File && s.program == l.last.Program {
			l.last.Op = e.Op
		}
		l.last = nil
	}
	return s
}

// programOf returns "SMTPGET" for `C:\GATE\SMTPGET.EXE`.
func programOf(path string) string {
	path = path[strings.LastIndexAny(path, `\:/`)+1:]
	if i := strings.IndexByte(path, '.'); i >= 0 {
		path = path[:i]
	}
	return path
}

func (t *tracker) begin(e *trace.Event, s seen) *Hold {
	if len(s.lane.holds) == holdsMax {
		t.end(s.lane.holds[0], t.now, "unknown")
	}
	h := &Hold{PC: s.lane.name, Program: s.program, Op: e.Op, File: e.Object, From: t.now, file: s.file, lane: s.lane, first: t.n}
	for slices.ContainsFunc(s.lane.holds, func(o *Hold) bool { return o.slot == h.slot }) {
		h.slot++
	}
	s.lane.holds = append(s.lane.holds, h)
	s.file.holds = append(s.file.holds, h)
	return h
}

// closed ends the hold that a close is about: the program's own if it has one.
func (t *tracker) closed(s seen) *Hold {
	if s.file == nil {
		return nil
	}
	var found *Hold
	for _, h := range s.lane.holds {
		if h.file.key == s.file.key && h.expires == 0 && (found == nil || h.Program == s.program) {
			found = h
		}
	}
	if found != nil {
		t.end(found, t.now, "close")
	}
	return found
}

func (t *tracker) end(h *Hold, now int64, why string) {
	h.Until, h.End, h.last = max(now, h.From), why, t.n
	drop := func(o *Hold) bool { return o == h }
	h.lane.holds = slices.DeleteFunc(h.lane.holds, drop)
	h.file.holds = slices.DeleteFunc(h.file.holds, drop)
	if t.holdEnded != nil {
		t.holdEnded(h)
	}
}

func (t *tracker) exit(l *lane, name string) {
	for i := len(l.programs) - 1; i >= 0; i-- {
		if l.programs[i].name == name {
			t.unwind(l, i)
			return
		}
	}
}

// unwind ends all programs from the i-th on, innermost first.
func (t *tracker) unwind(l *lane, i int) {
	for len(l.programs) > i {
		p := l.programs[len(l.programs)-1]
		l.programs = l.programs[:len(l.programs)-1]
		p.until, p.over = max(t.now, p.from), true
		if t.programEnded != nil {
			t.programEnded(p)
		}
	}
}

func (t *tracker) powerOff(l *lane) {
	t.answered(l, "power-off")
	t.unwind(l, 0)
	for _, h := range slices.Clone(l.holds) {
		switch {
		case h.expires != 0:
		case h.file.own: // a disk in the PC has no session
			t.end(h, t.now, "power-off")
		default:
			h.expires = t.clock + int64(SessionTime)
			t.stale = append(t.stale, h)
		}
	}
	l.off = t.now
}

// expire ends the sessions of PCs that did not come back.
func (t *tracker) expire(now int64) {
	kept := t.stale[:0]
	for _, h := range t.stale {
		switch {
		case h.Until != 0 || h.End != "":
		case now >= h.expires:
			at := h.expires
			if t.untimed {
				at = t.now
			}
			t.end(h, at, "session")
		default:
			kept = append(kept, h)
		}
	}
	clear(t.stale[len(kept):])
	t.stale = kept
}

// boot: the server sees that the name is new and closes the old session.
func (t *tracker) boot(l *lane) {
	for _, h := range slices.Clone(l.holds) {
		t.end(h, t.now, "boot")
	}
	t.answered(l, "power-off")
	t.unwind(l, 0)
	if l.off != 0 && len(l.spans) < spansMax {
		l.spans = append(l.spans, span{l.off, t.now, "off"})
	}
	l.off = 0
}

// prompt begins a wait and looks whether it closes a cycle.
func (t *tracker) prompt(e *trace.Event, s seen) *Wait {
	t.answered(s.lane, "") // a retry that failed again has been answered before
	w := &Wait{PC: s.lane.name, Program: s.program, Op: cmp.Or(e.During, "open"), File: e.Object, Reason: e.Result, From: t.now,
		file: s.file, lane: s.lane, first: t.n}
	s.lane.wait, s.lane.last = w, nil
	if w.violation() && w.file != nil {
		for _, h := range w.file.holds {
			// In its own way stands a PC only with what it held before a
			// power cut.
			if h.lane != s.lane || h.expires != 0 {
				w.holder, w.HeldBy, h.waited = h, h.PC+"/"+h.Program, true
				break
			}
		}
	}
	if t.waitBegan != nil {
		t.waitBegan(w)
	}
	t.findCycle(w)
	return w
}

// violation reports whether another's hold is in the way; a dead server or a
// bad disk is nobody's.
func (w *Wait) violation() bool {
	return w.Reason == "sharing violation" || w.Reason == "lock violation"
}

func (t *tracker) answered(l *lane, answer string) {
	w := l.wait
	if w == nil {
		return
	}
	w.Until, w.Answer, w.last = max(t.now, w.From), answer, t.n
	l.wait = nil
	if answer == "retry" || answer == "fail" {
		l.last = w
	}
	for _, c := range t.cycles {
		if c.last == 0 && slices.Contains(c.waits, w) {
			c.Until, c.last = t.now, t.n
		}
	}
	if t.waitEnded != nil {
		t.waitEnded(w)
	}
}

// findCycle follows who waits for whom from a PC that begins to wait. Only
// then can a cycle form, because a PC that waits opens nothing.
func (t *tracker) findCycle(start *Wait) {
	var path []Edge
	var waits []*Wait
	visited := map[*lane]bool{}
	var walk func(w *Wait) bool
	walk = func(w *Wait) bool {
		if !w.violation() || w.file == nil {
			return false
		}
		visited[w.lane] = true
		waits = append(waits, w)
		for _, h := range w.file.holds {
			next := h.lane.wait
			if h.lane == w.lane || h.expires != 0 || next == nil {
				continue
			}
			path = append(path, Edge{w.PC, w.Program, w.Op, w.File, h.PC + "/" + h.Program, h.From, w.From})
			if next == start || !visited[h.lane] && walk(next) {
				h.waited = true
				return true
			}
			path = path[:len(path)-1]
		}
		waits = waits[:len(waits)-1]
		return false
	}
	if !walk(start) {
		return
	}
	for _, w := range waits {
		w.cycle = true
	}
	// It begins with the PC that waits longest.
	first := 0
	for i, e := range path {
		if cmp.Or(cmp.Compare(e.Since, path[first].Since), cmp.Compare(e.PC, path[first].PC)) < 0 {
			first = i
		}
	}
	edges := append(slices.Clone(path[first:]), path[:first]...)
	c := &Cycle{At: t.now, Edges: edges, first: t.n, waits: waits}
	if len(t.cycles) == cyclesMax { // the first ones and the last
		t.cycles = slices.Delete(t.cycles, cyclesMax/2, cyclesMax/2+1)
	}
	t.cycles = append(t.cycles, c)
}
