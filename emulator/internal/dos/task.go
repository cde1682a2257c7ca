package dos

import (
	"io"
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
)

// Task is a running program on a PC. Each operation passes the gate: yield,
// fault, latency, volume, trace. Errors are of type Error. When the PC loses
// power, or a person aborts the program, the call does not return.
//
// A Task is for the process that runs it.
type Task struct {
	pc      *PC
	proc    *sim.Proc
	parent  *Task
	program string // "SMTPGET"
	who     string // "GW1/SMTPGET"
	path    string // `M:\MAILEXE\SMTPGET.EXE`
	memory  int    // bytes it allocated

	aborted  bool
	critical bool           // the error in hand is one for INT 24h
	crash    bool           // power fails after the write in hand
	holder   *handle        // who is in the way of the open in hand
	op       string         // in hand
	target   *place         // the new name of a rename in hand
	gentle   bool           // the open or close in hand disturbs no other reader
	trap     func(Critical) // the program's own handler of critical errors; nil: DOS asks
}

// PC returns the computer, Proc the process.
func (t *Task) PC() *PC         { return t.pc }
func (t *Task) Proc() *sim.Proc { return t.proc }

// Program returns the program's name without extension, "SMTPGET"; Who adds
// the PC: "GW1/SMTPGET".
func (t *Task) Program() string { return t.program }
func (t *Task) Who() string     { return t.who }

// Path returns the full name of the program's file, as DOS passes it behind
// the environment: `M:\MAILEXE\SMTPGET.EXE`.
func (t *Task) Path() string { return t.path }

// Screen returns the PC's screen. Drawing takes no time.
func (t *Task) Screen() *Screen { return &t.pc.screen }

// Print writes to the screen; LF alone is not enough for a new line.
func (t *Task) Print(text string) {
	t.alive()
	t.pc.screen.Print(text)
}

// Now returns the PC's clock in its time zone, right or wrong. Q118784
func (t *Task) Now() time.Time {
	t.alive()
	now := time.Unix(0, int64(t.pc.k.Now())).In(t.pc.tz)
	if f := t.pc.o.Faults; f != nil && f.Active() {
		p := &t.pc.point
		*p = fault.Point{Who: t.who, Op: fault.OpClock, Time: int64(t.pc.k.Now() - t.pc.k.Start())}
		now = now.Add(f.At(p).Clock)
	}
	return now
}

// Keep returns what an earlier run of a program on this PC left under a name,
// else what fresh makes. It is our economy, not the machine's: buffers are
// reused where DOS would load a program anew, so nothing that a result depends
// on may be kept there.
func (t *Task) Keep(name string, fresh func() any) any {
	if t.pc.o.Fresh {
		return fresh()
	}
	x, ok := t.pc.kept[name]
	if !ok {
		if t.pc.kept == nil {
			t.pc.kept = map[string]any{}
		}
		x = fresh()
		t.pc.kept[name] = x
	}
	return x
}

// Sleep lets d pass.
func (t *Task) Sleep(d time.Duration) {
	t.alive()
	t.proc.Sleep(d)
}

// Work is Sleep for time in which the processor is busy.
func (t *Task) Work(d time.Duration) { t.Sleep(d) }

// Key waits for a key: for at most timeout, for ever when it is negative.
func (t *Task) Key(timeout time.Duration) (byte, bool) {
	t.alive()
	pc := t.pc
	deadline := pc.k.Now().Add(timeout)
	for len(pc.keys) == 0 {
		rest := time.Duration(-1)
		if timeout >= 0 {
			if rest = deadline.Sub(pc.k.Now()); rest <= 0 {
				return 0, false
			}
		}
		pc.keyed.Wait(t.proc, sim.Wait{For: "key", Object: t.program}, rest)
	}
	return pc.key(), true
}

// The ways of opening.
type opening uint8

const (
	openOld   opening = iota // 3Dh: the file must exist
	openAny                  // 3Ch: create or truncate
	openFresh                // 5Bh: the file must not exist
)

// Open opens an existing file.
func (t *Task) Open(name string, m Mode) (*File, error) {
	return t.open(fault.OpOpen, name, m, openOld)
}

// Create makes a file or empties the one that is there, and opens it for
// reading and writing. m gives the share mode; its access is ignored.
func (t *Task) Create(name string, m Mode) (*File, error) {
	return t.open(fault.OpCreate, name, m&^3|ReadWrite, openAny)
}

// CreateNew is Create that fails with FileExists when the file is there.
func (t *Task) CreateNew(name string, m Mode) (*File, error) {
	return t.open(fault.OpCreate, name, m&^3|ReadWrite, openFresh)
}

func (t *Task) open(op, name string, m Mode, how opening) (*File, error) {
	at := t.pc.place(name)
	for {
		var n *node
		t.gentle = how == openOld && m.gentle()
		e, _ := t.enter(op, at, 0)
		if e == 0 {
			n, e = t.openNode(at, m, how)
		}
		if t.again(at, &e, how != openOld) {
			continue
		}
		if e != 0 {
			return nil, t.leave(op, at, e, 0)
		}
		f := t.pc.newFile()
		f.t, f.at, f.mode, f.pc, f.who = t, at, m, t.pc, t.who
		f.index = int32(len(t.pc.files))
		t.pc.files = append(t.pc.files, f)
		t.pc.filesMax = max(t.pc.filesMax, len(t.pc.files))
		f.attach(at.d.v, n)
		at.last = n
		t.leave(op, at, 0, 0)
		return f, nil
	}
}

// openNode applies the rules of an open on the volume.
func (t *Task) openNode(at *place, m Mode, how opening) (*node, Error) {
	pc := t.pc
	if !m.valid() {
		return nil, InvalidFunction
	}
	for try := 0; ; try++ {
		if len(pc.files)+reservedFiles >= pc.o.Files {
			return nil, TooManyOpenFiles // Q128570
		}
		d, e := at.parent()
		if e != 0 {
			return nil, e
		}
		v, n := at.d.v, at.in(d)
		switch {
		case at.base == "":
			return nil, AccessDenied
		case n == nil && how == openOld:
			return nil, FileNotFound
		case n == nil:
			return v.create(d, at.base, 0)
		case how == openFresh:
			return nil, FileExists
		case n.isDir(), n.attr&ReadOnly != 0 && m.writes():
			return nil, AccessDenied
		}
		w, holder := n.judge(pc, m, pc.o.NoShare && !at.d.network)
		if w == allowed {
			if how == openAny {
				e = v.truncate(n, 0)
			}
			return n, e
		}
		if try >= pc.o.Retries {
			t.critical, t.holder = w == critical, holder
			return nil, SharingViolation
		}
		t.proc.Sleep(shareRetryDelay)
		if at.d.network && at.d.v.offline {
			t.critical = true
			return nil, NetworkDeviceGone
		}
	}
}

// change is an operation on a name that opens nothing.
func (t *Task) change(op, name string, fn func(t *Task, at *place) Error) error {
	at := t.pc.place(name)
	for {
		e, _ := t.enter(op, at, 0)
		if e == 0 {
			e = fn(t, at)
		}
		if !t.again(at, &e, true) {
			return t.leave(op, at, e, 0)
		}
	}
}

// Remove deletes a file. One that is open, also by this PC, is a
// SharingViolation, a read-only one AccessDenied. A file that another PC has
// open in compatibility mode is a critical error.
func (t *Task) Remove(name string) error { return t.change(fault.OpRemove, name, removeAt) }

func removeAt(t *Task, at *place) Error {
	n, e := at.node()
	if e != 0 {
		return e
	}
	if e = at.d.v.remove(n); e == SharingViolation {
		t.obstructed(n)
	}
	return e
}

// obstructed makes the error in hand a critical one when another PC has the
// file open in compatibility mode. inferred: a deletion or a new name asks
// SHARE as a compatibility-mode open would, for the whole file; programs that
// open with a deny mode expect an error code and get one. Q132060
func (t *Task) obstructed(n *node) {
	for h := n.opens; h != nil; h = h.next {
		if h.pc != nil && (h.pc != t.pc || h.stale) && h.mode.share() == Compat {
			t.critical, t.holder = true, h
			return
		}
	}
}

// Rename renames or moves a file within a drive. A target that exists is
// AccessDenied, one that is open a SharingViolation, like an open source.
func (t *Task) Rename(old, new string) error {
	at, to := t.pc.place(old), t.pc.place(new)
	for {
		t.target = to
		e, _ := t.enter(fault.OpRename, at, 0)
		t.target = nil
		if e == 0 {
			e = t.renameAt(at, to)
		}
		if !t.again(at, &e, true) {
			return t.leave(fault.OpRename, at, e, 0)
		}
	}
}

func (t *Task) renameAt(at, to *place) Error {
	n, e := at.node()
	if e != 0 {
		return e
	}
	d, e := to.parent()
	switch {
	case e != 0:
		return e
	case to.d.v != at.d.v:
		return NotSameDevice
	case to.base == "":
		return AccessDenied
	}
	if e = at.d.v.rename(n, d, to.base); e == SharingViolation {
		t.obstructed(n)
	}
	return e
}

// Mkdir makes a directory; what is there already is AccessDenied.
func (t *Task) Mkdir(name string) error { return t.change(opMkdir, name, mkdirAt) }

func mkdirAt(_ *Task, at *place) Error {
	d, e := at.parent()
	if e != 0 {
		return e
	}
	if at.base == "" {
		return AccessDenied
	}
	return at.d.v.mkdir(d, at.base)
}

// Rmdir removes an empty directory that is not the current one.
func (t *Task) Rmdir(name string) error { return t.change(opRmdir, name, rmdirAt) }

func rmdirAt(_ *Task, at *place) Error {
	n, e := at.node()
	if e == FileNotFound {
		e = PathNotFound
	}
	if e != 0 {
		return e
	}
	if at.d.cwd == at.clean {
		return CurrentDirectory
	}
	return at.d.v.rmdir(n)
}

// SetAttr sets the attributes of a file or directory.
func (t *Task) SetAttr(name string, a Attr) error {
	return t.change(opAttr, name, func(_ *Task, at *place) Error {
		n, e := at.node()
		if e != 0 {
			return e
		}
		return at.d.v.setAttr(n, a)
	})
}

// Stat returns the entry of a file or directory.
func (t *Task) Stat(name string) (Info, error) {
	at := t.pc.place(name)
	for {
		var i Info
		e, _ := t.enter(fault.OpFind, at, 0)
		if e == 0 {
			var n *node
			if n, e = at.node(); e == 0 {
				i = at.d.v.info(n)
			}
		}
		if !t.again(at, &e, false) {
			return i, t.leave(fault.OpFind, at, e, 0)
		}
	}
}

// Exists reports whether Stat finds the name.
func (t *Task) Exists(name string) bool {
	_, err := t.Stat(name)
	return err == nil
}

// Find returns the entries that match a name with * and ?, in slot order,
// without hidden and system files. No match is no error; a directory that is
// not there is PathNotFound. It is one operation however many match.
func (t *Task) Find(pattern string) ([]Info, error) {
	at := t.pc.patterns.get(pattern)
	if at == nil {
		at = t.pc.newPlace(&t.pc.patterns, pattern, true)
	}
	for {
		var out []Info
		e, _ := t.enter(fault.OpFind, at, 0)
		if e == 0 {
			out, e = at.matches()
		}
		if !t.again(at, &e, false) {
			return out, t.leave(fault.OpFind, at, e, len(out))
		}
	}
}

func (p *place) matches() ([]Info, Error) {
	d, e := p.parent()
	if e != 0 {
		return nil, e
	}
	var out []Info
	for _, k := range d.slots {
		if k != nil && k.attr&(Hidden|System) == 0 && p.want.match(k.name) {
			out = append(out, p.d.v.info(k))
		}
	}
	return out, 0
}

// FreeSpace returns the free bytes of a drive.
func (t *Task) FreeSpace(drive byte) (int64, error) {
	at := t.pc.place(string([]byte{drive, ':', '\\'}))
	for {
		var free int64
		e, _ := t.enter(opSpace, at, 0)
		if e == 0 {
			if e = at.err; e == 0 {
				free = at.d.v.Free()
			}
		}
		if !t.again(at, &e, false) {
			return free, t.leave(opSpace, at, e, 0)
		}
	}
}

// ChangeDir sets the current directory of the drive in path; the current drive
// stays.
func (t *Task) ChangeDir(path string) error {
	return t.change(opChdir, path, func(t *Task, at *place) Error {
		n, e := at.node()
		if e == FileNotFound || e == 0 && !n.isDir() {
			e = PathNotFound
		}
		if e == 0 {
			at.d.cwd = at.clean
			t.pc.forgetPlaces()
		}
		return e
	})
}

// SetDrive makes a letter the current drive. It is no operation on the drive.
func (t *Task) SetDrive(letter byte) error {
	t.alive()
	i, ok := driveIndex(letter)
	if !ok || t.pc.drives[i] == nil {
		return InvalidDrive
	}
	t.pc.current = i
	t.pc.forgetPlaces()
	return nil
}

// ReadFile opens, reads and closes a file.
func (t *Task) ReadFile(name string, m Mode) ([]byte, error) { return t.ReadFileInto(nil, name, m) }

// ReadFileInto is ReadFile into the memory of buf, when that is large enough.
func (t *Task) ReadFileInto(buf []byte, name string, m Mode) ([]byte, error) {
	f, err := t.Open(name, m)
	if err != nil {
		return nil, err
	}
	size := int(f.Size())
	b := buf[:0]
	if size > cap(b) || b == nil {
		b = make([]byte, 0, size)
	}
	b = b[:size]
	n, err := 0, error(nil)
	if len(b) > 0 {
		n, err = f.ReadAt(b, 0)
	}
	if n == len(b) || err == io.EOF {
		err = nil
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return b[:n], err
}

// WriteFile creates or empties a file, writes data and closes it.
func (t *Task) WriteFile(name string, data []byte, m Mode) error {
	f, err := t.Create(name, m)
	if err != nil {
		return err
	}
	return f.finish(data)
}

// Append writes data at the end of a file, which it makes if need be.
func (t *Task) Append(name string, data []byte, m Mode) error {
	f, err := t.Open(name, m&^3|ReadWrite)
	if err == FileNotFound {
		f, err = t.CreateNew(name, m)
	}
	if err != nil {
		return err
	}
	f.pos = f.Size()
	return f.finish(data)
}

func (f *File) finish(data []byte) error {
	var err error
	if len(data) > 0 {
		_, err = f.Write(data)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
