package dos

import (
	"strings"
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
)

// Times of power and sessions.
const (
	// SessionTime is how long a server keeps the open files and locks of a PC
	// that died. invented: a little more than a NetBIOS keep-alive round.
	SessionTime = 90 * time.Second

	// defaultBootDelay passes from power-on to the program. invented: memory
	// test, CONFIG.SYS and network log-on of a 386.
	defaultBootDelay = 60 * time.Second

	// shareRetries and shareRetryDelay: SHARE tries a conflict again before
	// anybody hears of it. Three is DOS's default; the delay is a counting
	// loop that depends on the processor. invented: 300 ms.
	shareRetries    = 3
	shareRetryDelay = 300 * time.Millisecond
)

const (
	defaultFiles  = 8      // FILES= when CONFIG.SYS has none. Q128570
	reservedFiles = 3      // CON, AUX and PRN
	defaultMemory = 440000 // bytes free before the first program. Q137042
	keyBuffer     = 15     // keys the BIOS holds
	placesMax     = 256    // names of each generation remembered with their meaning
)

// Timing is charged for operations on network drives only.
type Timing struct {
	PerOperation time.Duration
	PerKilobyte  time.Duration // for each 1024 bytes moved
}

// Program is an executable: the table of programs stands for machine code.
type Program struct {
	Name   string // "SMTPGET.EXE"
	Memory int    // bytes resident while it runs
	Main   func(t *Task, args []string) int
}

// PCOptions of a PC. Only Name is needed.
type PCOptions struct {
	Name, IP   string
	Files      int                        // FILES= of CONFIG.SYS; 0: 8. Q128570
	NoShare    bool                       // SHARE is not loaded: its own disk does not judge opens; servers always do
	CommandF   bool                       // COMMAND /F answers Fail to every critical error. Q136041
	Path       []string                   // directories searched for programs, `C:\EXE`
	FreeMemory int                        // conventional memory in bytes; 0: 440000
	Timing     Timing                     // latency of network drives
	Jitter     float64                    // each latency is drawn between 1-Jitter and 1+Jitter of it; 0: it is not
	TZ         *time.Location             // of the PC's clock; nil: the kernel's
	Disk       *Volume                    // C:; nil: none
	Programs   func(file string) *Program // by upper-case file name; nil result: no program of ours
	Faults     sim.Faults                 // nil: none
	BootDelay  time.Duration              // power-on to program at Reboot; 0: 60 s
	Fresh      bool                       // Task.Keep keeps nothing
	Retries    int                        // silent retries of a sharing conflict; 0: 3, negative: none
	Number     Number                     // of files, for explored runs; nil: operations are no decision points
	Patient    bool                       // somebody answers Retry to a sharing violation as soon as the file is free
}

// Phase of a PC.
type Phase uint8

// The phases. A PC in Prompt waits for a person to answer a critical error.
const (
	Off Phase = iota
	Booting
	Running
	Prompt
	Ended
)

var phaseNames = [...]string{"off", "booting", "running", "prompt", "ended"}

func (p Phase) String() string { return phaseNames[p] }

// State says what a PC is doing.
type State struct {
	Phase   Phase
	Program string   // innermost program running, or the last that ended
	Prompt  string   // in phase Prompt: the message, `Sharing violation reading drive M`
	Wait    sim.Wait // in phase Prompt: what it waits for
	Op      string   // in phase Prompt: the operation that failed, "open"
	Code    int      // in phase Ended: the return code
}

// PC is one computer. All methods may be called from the scheduler and from
// other processes; none of them blocks.
type PC struct {
	Cycles  map[string]int // turns of the programs' main loops, counted by them
	Spawns  int            // programs started or tried
	Prompts int            // critical errors shown

	k        *sim.Kernel
	o        PCOptions
	tz       *time.Location
	timed    bool
	drives   [26]*drive
	current  byte // index of the current drive
	home     byte // the one after a boot
	places   places
	patterns places
	whos     map[*Program]string
	spawned  map[string]*place // by the name that a program is spawned with
	shell    string            // likewise, of COMMAND

	proc     *sim.Proc
	task     *Task // innermost
	program  string
	args     []string
	phase    Phase
	prompt   string
	promptOp string
	promptAt *place
	wait     sim.Wait
	code     int
	gen      int // grows at each power cut
	online   bool

	screen    Screen
	keys      []byte
	keyed     sim.Cond
	onKey     func()
	onEnd     func()
	files     []*File
	slab      []File
	slabs     [][]File // of explored runs
	slabsUsed int
	filesMax  int
	stale     []*handle
	memory    int
	point     fault.Point // of the operation in hand
	kept      map[string]any
}

// drive is a letter in use.
type drive struct {
	letter  byte
	v       *Volume
	network bool
	cwd     string // `\` or `\A\B`
}

// NewPC returns a PC that is switched off.
func NewPC(k *sim.Kernel, o PCOptions) *PC {
	if o.Files == 0 {
		o.Files = defaultFiles
	}
	if o.FreeMemory == 0 {
		o.FreeMemory = defaultMemory
	}
	if o.BootDelay == 0 {
		o.BootDelay = defaultBootDelay
	}
	if o.Retries == 0 {
		o.Retries = shareRetries
	}
	pc := &PC{
		k: k, o: o, tz: o.TZ, timed: o.Timing != Timing{}, current: 'Z' - 'A',
		Cycles: map[string]int{}, whos: map[*Program]string{}, spawned: map[string]*place{}, shell: o.Name + "/COMMAND",
	}
	if pc.tz == nil {
		pc.tz = k.Clock().Location()
	}
	pc.screen.Clear()
	if o.Disk != nil {
		pc.setDrive('C', o.Disk, false)
		pc.current = 'C' - 'A'
	}
	pc.home = pc.current
	return pc
}

// Name returns the PC's name, IP its address or "".
func (pc *PC) Name() string { return pc.o.Name }
func (pc *PC) IP() string   { return pc.o.IP }

// Online says whether the PC is on and has its address to itself: of two PCs of
// one address only the first to come up is on the network.
func (pc *PC) Online() bool { return pc.online }

// Map gives a letter to a volume of a server. Without a disk C: the first
// letter mapped is the current drive.
func (pc *PC) Map(letter byte, v *Volume) {
	pc.setDrive(letter, v, true)
	if pc.drives[pc.current] == nil {
		pc.current = pc.index(letter)
		pc.home = pc.current
	}
}

// Unmap takes a letter away. Files open on it stay open.
func (pc *PC) Unmap(letter byte) {
	pc.drives[pc.index(letter)] = nil
	pc.forgetPlaces()
}

// Drive returns the volume behind a letter, nil for none.
func (pc *PC) Drive(letter byte) *Volume {
	if i, ok := driveIndex(letter); ok && pc.drives[i] != nil {
		return pc.drives[i].v
	}
	return nil
}

func (pc *PC) setDrive(letter byte, v *Volume, network bool) {
	i := pc.index(letter)
	pc.drives[i] = &drive{letter: 'A' + i, v: v, network: network, cwd: `\`}
	pc.forgetPlaces()
}

func (pc *PC) index(letter byte) byte {
	i, ok := driveIndex(letter)
	if !ok {
		panic("dos: a drive letter is A to Z, not " + string(rune(letter)))
	}
	return i
}

func driveIndex(letter byte) (byte, bool) {
	i := letter&^0x20 - 'A'
	return i, i < 26
}

// Start switches the PC on: a process finds the program along the PATH and
// runs it at once. A PC whose program has ended runs this one next, as from
// its prompt or batch file; any other that is on loses power first.
func (pc *PC) Start(program string, args ...string) {
	pc.program, pc.args = program, args
	if pc.phase == Ended {
		pc.launch()
		return
	}
	p := pc.down()
	pc.boot()
	pc.kill(p) // last: it may be the caller
}

// OnEnd sets what happens when the program started has returned, for a batch
// file that goes on; nil is nothing. It outlasts power cuts, in which no
// program returns.
func (pc *PC) OnEnd(fn func()) { pc.onEnd = fn }

// Discard ends the PC for a run that is rolled back: its files are closed
// without a trace on the volume, and it is as if it had never been switched on.
// The kernel has ended its process.
func (pc *PC) Discard() {
	for i, f := range pc.files {
		f.release()
		f.closed = true
		pc.files[i] = nil
	}
	pc.files = pc.files[:0]
	for _, h := range pc.stale {
		h.release()
	}
	pc.stale, pc.keys, pc.task, pc.proc, pc.onKey, pc.onEnd = nil, pc.keys[:0], nil, nil, nil, nil
	pc.phase, pc.prompt, pc.promptOp, pc.wait, pc.code, pc.online = Off, "", "", sim.Wait{}, 0, false
	pc.keyed = sim.Cond{}
	pc.Spawns, pc.Prompts, pc.filesMax = 0, 0, 0
	pc.discardFiles()
	clear(pc.Cycles)
	pc.memory = pc.o.FreeMemory
	pc.screen.Clear()
	pc.gen++
	pc.homeDrives()
}

// homeDrives makes the root the current directory of every drive. The meaning of
// names is kept where it already was.
func (pc *PC) homeDrives() {
	for _, d := range pc.drives {
		if d != nil && d.cwd != `\` {
			d.cwd = `\`
			pc.forgetPlaces()
		}
	}
}

// PowerOff cuts the power. The program never acts again and nothing is tidied
// up; servers keep its files open for SessionTime.
func (pc *PC) PowerOff() { pc.kill(pc.down()) }

// Reboot is a power cut after which the PC comes up again: after BootDelay the
// screen is clear, the network knows the PC anew and the program given to
// Start runs from the beginning.
func (pc *PC) Reboot() {
	p := pc.down()
	pc.phase = Booting
	gen := pc.gen
	pc.k.After(pc.o.BootDelay, func() {
		if pc.gen == gen {
			pc.boot()
		}
	})
	pc.kill(p)
}

// down cuts the power but for the process itself, which the caller kills
// last: it may be the one that is running.
func (pc *PC) down() *sim.Proc {
	p := pc.proc
	pc.proc = nil
	pc.gen++
	if pc.phase == Off {
		return p
	}
	pc.k.Emit(pc.o.Name, "power-off", "", "", 0)
	pc.phase, pc.task, pc.keys, pc.onKey = Off, nil, nil, nil
	var dead []*handle
	for i, f := range pc.files {
		if f.at.d.network && !f.gone {
			f.stale = true
			dead = append(dead, &f.handle)
		} else {
			f.release()
		}
		f.closed = true
		pc.files[i] = nil
	}
	pc.files = pc.files[:0]
	if len(dead) > 0 {
		pc.stale = append(pc.stale, dead...)
		pc.k.After(SessionTime, func() {
			for _, h := range dead {
				h.release()
			}
		})
	}
	if pc.online {
		pc.k.Net().PowerOff(pc.o.IP)
		pc.online = false
	}
	return p
}

func (pc *PC) kill(p *sim.Proc) {
	if p != nil {
		pc.k.Kill(p)
	}
}

// boot runs the program in a new process.
func (pc *PC) boot() {
	// invented: at log-on the server sees that the name is new and closes the
	// old session.
	for _, h := range pc.stale {
		h.release()
	}
	pc.stale = nil
	pc.screen.Clear()
	if pc.o.IP != "" {
		if pc.online = pc.k.Net().Claim(pc.o.IP, pc.o.Name); pc.online {
			pc.k.Net().PowerOn(pc.o.IP)
		} else {
			pc.screen.Print("TCP/IP not loaded: another host has the address " + pc.o.IP + "\r\n") // invented: the text
		}
	}
	if pc.current != pc.home {
		pc.current = pc.home
		pc.forgetPlaces()
	}
	pc.memory = pc.o.FreeMemory
	pc.homeDrives()
	pc.k.Emit(pc.o.Name, "boot", pc.program, "", 0)
	pc.launch()
}

func (pc *PC) launch() {
	pc.phase, pc.code = Running, 0
	pc.proc = pc.k.Go(pc.o.Name, pc.session)
}

// session is COMMAND.COM: it runs the one program and shows its prompt again.
func (pc *PC) session(p *sim.Proc) {
	t := &Task{pc: pc, proc: p, program: "COMMAND", who: pc.shell}
	p.SetName(t.who)
	pc.task = t
	code, err := t.spawn(pc.program, pc.args, 0)
	if err != nil {
		code = 1
		if err == FileNotFound {
			t.Print("Bad command or file name\r\n")
		} else {
			t.Print(err.Error() + "\r\n")
		}
	}
	pc.phase, pc.code, pc.onKey = Ended, code, nil
	if pc.onEnd != nil {
		pc.onEnd()
	}
}

// Key presses a key. A PC that is off ignores it; a full buffer too.
func (pc *PC) Key(b byte) {
	if pc.phase == Off || pc.phase == Booting || len(pc.keys) >= keyBuffer {
		return
	}
	pc.keys = append(pc.keys, b)
	pc.keyed.Broadcast(pc.k)
	if pc.onKey != nil && pc.phase == Running {
		pc.onKey()
	}
}

// OnKey sets what happens at each key beside filling the buffer, so that a
// program can stop waiting for something else; nil is nothing. Keys for a
// critical error do not count. It lasts until the program or the power ends.
func (pc *PC) OnKey(fn func()) { pc.onKey = fn }

// inTheWay names who has the file of the prompt open at present: whoever it was
// when the prompt came may have closed it since.
func (pc *PC) inTheWay() string {
	n, e := pc.promptAt.node()
	if e != 0 {
		return ""
	}
	for h := n.opens; h != nil; h = h.next {
		if h.pc != nil && (h.pc != pc || h.stale) {
			return h.who
		}
	}
	return ""
}

// SetPatient changes PCOptions.Patient.
func (pc *PC) SetPatient(on bool) { pc.o.Patient = on }

// Screen returns the screen.
func (pc *PC) Screen() *Screen { return &pc.screen }

// Proc returns the process that runs the program, nil when the PC is off.
func (pc *PC) Proc() *sim.Proc { return pc.proc }

// State returns what the PC is doing.
func (pc *PC) State() State {
	s := State{Phase: pc.phase, Program: strings.ToUpper(pc.program)}
	if pc.task != nil && pc.task.parent != nil {
		s.Program = pc.task.program
	}
	switch pc.phase {
	case Prompt:
		s.Prompt, s.Wait, s.Op = pc.prompt, pc.wait, pc.promptOp
		if s.Wait.For == "file" {
			s.Wait.HeldBy = pc.inTheWay()
		}
	case Ended:
		s.Code = pc.code
	}
	return s
}

// HandlesMax returns the most handles of FILES= ever in use, with the three
// of DOS.
func (pc *PC) HandlesMax() int { return pc.filesMax + reservedFiles }

// place is a name with its meaning, so that the same text is understood once.
type place struct {
	d     *drive
	full  string // `M:\SMTP\X.Y`: the object of events
	clean string // `\SMTP\X.Y`
	base  string // `X.Y`, "" for the root
	err   Error  // the text is no name
	want  pattern
	wild  bool
	dir   *node // directory of base, good while the volume has this shape
	shape uint64
	last  *node // what the name stood for when it was last asked

	object    string // name and numbers in an explored run, "" until needed
	id, dirID int32
}

// places remembers names in two generations: most names are those of one
// message and never come back, the others move on when the old ones go. So few
// are kept, and the look-up finds them in the processor's cache.
type places struct{ young, old map[string]*place }

func (c *places) get(name string) *place {
	p := c.young[name]
	if p == nil {
		if p = c.old[name]; p != nil {
			c.add(name, p)
		}
	}
	return p
}

func (c *places) add(name string, p *place) {
	if c.young == nil {
		c.young, c.old = map[string]*place{}, map[string]*place{}
	}
	if len(c.young) >= placesMax {
		clear(c.old)
		c.young, c.old = c.old, c.young
	}
	c.young[name] = p
}

func (c *places) forget() {
	clear(c.young)
	clear(c.old)
}

func (pc *PC) forgetPlaces() {
	pc.places.forget()
	pc.patterns.forget()
}

// place returns the meaning of a program's name.
func (pc *PC) place(name string) *place {
	if p := pc.places.get(name); p != nil {
		return p
	}
	return pc.newPlace(&pc.places, name, false)
}

// placeOf is place for a name that is made where it is used.
func (pc *PC) placeOf(name []byte) *place {
	if p := pc.places.young[string(name)]; p != nil {
		return p
	}
	return pc.place(string(name))
}

func (pc *PC) newPlace(cache *places, name string, wild bool) *place {
	p := &place{full: name, wild: wild}
	cache.add(name, p)
	rest, i := name, pc.current
	if len(name) >= 2 && name[1] == ':' {
		var ok bool
		if i, ok = driveIndex(name[0]); !ok {
			p.err = InvalidDrive
			return p
		}
		rest = name[2:]
	}
	if name == "" {
		p.err = PathNotFound
		return p
	}
	d := pc.drives[i]
	if d == nil {
		p.err = InvalidDrive
		return p
	}
	p.d = d
	var store [128]byte
	full, e := appendClean(append(store[:0], d.letter, ':'), d.cwd, rest, d.v.cp, true, wild)
	if e != 0 {
		p.err = e
		return p
	}
	p.full = string(full)
	p.clean = p.full[2:]
	_, p.base = splitPath(p.clean)
	if wild {
		var ok bool
		if p.want, ok = newPattern(p.base, d.v.cp); !ok {
			p.err = FileNotFound
		}
	}
	return p
}

// parent returns the directory that holds the last element.
func (p *place) parent() (*node, Error) {
	if p.err != 0 {
		return nil, p.err
	}
	if v := p.d.v; p.dir == nil || p.shape != v.shape {
		d, _, e := v.dirOf(p.clean)
		if e != 0 {
			return nil, e
		}
		p.dir, p.shape = d, v.shape
	}
	return p.dir, 0
}

// node returns what the name stands for.
func (p *place) node() (*node, Error) {
	d, e := p.parent()
	if e != 0 {
		return nil, e
	}
	if p.base == "" {
		return d, 0
	}
	if n := p.in(d); n != nil {
		return n, 0
	}
	return nil, FileNotFound
}

// in returns the entry of the last element in its directory, nil for none. Most
// names stand for what they stood for before; the entry itself knows.
func (p *place) in(d *node) *node {
	if n := p.last; n != nil && n.linked && n.parent == d && n.name == p.base {
		return n
	}
	p.last = d.kids[p.base]
	return p.last
}
