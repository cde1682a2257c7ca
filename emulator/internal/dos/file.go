package dos

import (
	"io"

	"gwkit/emulator/fault"
)

// File is an open handle of a task. Its operations pass the gate like the
// task's own; Seek, Size and Name do not, because DOS does not leave the PC
// for them. Errors are of type Error, or io.EOF.
type File struct {
	handle
	t      *Task
	at     *place
	pos    int64
	index  int32 // in pc.files
	closed bool
}

// slabSize: files come in slabs, because one allocation for each open would be
// most of its cost. A closed File is never used again, so a late call of its
// holder hits nobody else's. 39 of them fill the 4 KB that the runtime gives.
// Only the files of explored runs serve again: Discard knows that nobody is
// left to hold one.
const slabSize = 39

func (pc *PC) newFile() *File {
	if len(pc.slab) == 0 {
		pc.newSlab()
	}
	f := &pc.slab[0]
	pc.slab = pc.slab[1:]
	return f
}

func (pc *PC) newSlab() {
	if pc.slabsUsed == len(pc.slabs) {
		pc.slab = make([]File, slabSize)
		if !pc.k.Explored() {
			return
		}
		pc.slabs = append(pc.slabs, pc.slab)
	}
	pc.slab = pc.slabs[pc.slabsUsed]
	pc.slabsUsed++
}

// discardFiles takes back the files of a run that is rolled back.
func (pc *PC) discardFiles() {
	for _, s := range pc.slabs[:pc.slabsUsed] {
		clear(s)
	}
	pc.slab, pc.slabsUsed = nil, 0
}

// Name returns the full name, `M:\SMTP\X.Y`, as it was at the open.
func (f *File) Name() string { return f.at.full }

// Size returns the present size in bytes.
func (f *File) Size() int64 {
	if f.gone {
		return 0
	}
	return f.node.size
}

func (f *File) usable() Error {
	if f.closed || f.gone {
		return InvalidHandle
	}
	return 0
}

// Seek sets the position; beyond the end is allowed, before the begin not.
func (f *File) Seek(off int64, whence int) (int64, error) {
	f.t.alive()
	if e := f.usable(); e != 0 {
		return 0, e
	}
	pos, e := seek(f.pos, f.node.size, off, whence)
	if e != 0 {
		return 0, e
	}
	f.pos = pos
	return pos, nil
}

// Read reads from the position. At the end it returns 0 and io.EOF.
func (f *File) Read(b []byte) (int, error) {
	n, err := f.read(b, f.pos)
	f.pos += int64(n)
	if n == 0 && err == nil && len(b) > 0 {
		err = io.EOF
	}
	return n, err
}

// ReadAt reads at off without moving the position.
func (f *File) ReadAt(b []byte, off int64) (int, error) {
	n, err := f.read(b, off)
	if n < len(b) && err == nil {
		err = io.EOF
	}
	return n, err
}

func (f *File) read(b []byte, off int64) (int, error) {
	t := f.t
	for {
		size := 0
		if !f.gone {
			size = int(max(min(int64(len(b)), f.node.size-off), 0))
		}
		n := 0
		e, _ := t.enter(fault.OpRead, f.at, size)
		if e == 0 {
			e = f.passable(off, int64(len(b)), f.mode.reads())
		}
		if e == 0 {
			n, e = f.v.readAt(f.node, b, off)
		}
		if !t.again(f.at, &e, false) {
			return n, t.leave(fault.OpRead, f.at, e, n)
		}
	}
}

// passable checks handle, access and locks of a transfer. SHARE tries a
// locked range again before it refuses.
func (f *File) passable(off, size int64, access bool) Error {
	for try := 0; ; try++ {
		if e := f.usable(); e != 0 {
			return e
		}
		switch {
		case !access:
			return AccessDenied
		case off < 0:
			return InvalidParameter
		}
		if len(f.node.locks) == 0 {
			return 0
		}
		if f.t.holder = f.node.lockedFor(&f.handle, off, size); f.t.holder == nil {
			return 0
		}
		if try >= f.t.pc.o.Retries {
			return LockViolation
		}
		f.t.proc.Sleep(shareRetryDelay)
	}
}

// Write writes at the position. On a full disk it writes what fits and
// returns DiskFull.
func (f *File) Write(b []byte) (int, error) {
	n, err := f.write(b, f.pos)
	f.pos += int64(n)
	return n, err
}

// WriteAt writes at off without moving the position.
func (f *File) WriteAt(b []byte, off int64) (int, error) { return f.write(b, off) }

func (f *File) write(b []byte, off int64) (int, error) {
	t := f.t
	for {
		n := 0
		e, cut := t.enter(fault.OpWrite, f.at, len(b))
		switch {
		case e == 0 && cut == 0:
			if e = f.passable(off, int64(len(b)), f.mode.writes()); e == 0 {
				n, e = f.v.writeAt(f.node, b, off)
				f.wrote = f.wrote || n > 0
			}
		case cut > 0:
			n, e = f.tear(b, off, cut, e)
		}
		if !t.again(f.at, &e, true) {
			return n, t.leave(fault.OpWrite, f.at, e, n)
		}
	}
}

// tear is a write of which cut bytes at the end do not reach the disk. Without
// an error the program believes all was written; in a power cut it never
// learns.
func (f *File) tear(b []byte, off int64, cut int, err Error) (int, Error) {
	crash := f.t.crash
	if e := f.passable(off, int64(len(b)), f.mode.writes()); e != 0 {
		return 0, e
	}
	n, e := f.v.writeAt(f.node, b[:max(len(b)-cut, 0)], off)
	f.wrote = f.wrote || n > 0
	if crash {
		f.t.pc.PowerOff()
		f.t.alive()
	}
	switch {
	case e != 0:
		return n, e
	case err != 0:
		return n, err
	}
	return len(b), 0
}

// Truncate cuts or extends the file; the position stays.
func (f *File) Truncate(size int64) error {
	t := f.t
	for {
		e, _ := t.enter(opTruncate, f.at, 0)
		if e == 0 {
			e = f.passable(min(size, f.Size()), max(size, f.Size())-min(size, f.Size()), f.mode.writes())
		}
		if e == 0 {
			f.wrote = true
			e = f.v.truncate(f.node, size)
		}
		if !t.again(f.at, &e, true) {
			return t.leave(opTruncate, f.at, e, 0)
		}
	}
}

// Lock takes a byte range, also beyond the end; another handle's reads and
// writes of it are LockViolation. Ranges may not overlap. invented: a violation is
// an error code and never a prompt, because no article shows one.
func (f *File) Lock(off, n int64) error {
	t := f.t
	for {
		e, _ := t.enter(fault.OpLock, f.at, 0)
		for try := 0; e == 0; try++ {
			if e = f.usable(); e != 0 {
				break
			}
			if e = f.lock(off, n); e != LockViolation || try >= t.pc.o.Retries {
				break
			}
			e = 0
			t.proc.Sleep(shareRetryDelay)
		}
		if !t.again(f.at, &e, true) {
			return t.leave(fault.OpLock, f.at, e, int(n))
		}
	}
}

// Unlock gives up a range taken by Lock: the same range, not a part.
func (f *File) Unlock(off, n int64) error {
	t := f.t
	for {
		e, _ := t.enter(opUnlock, f.at, 0)
		if e == 0 {
			if e = f.usable(); e == 0 {
				e = f.unlock(off, n)
			}
		}
		if !t.again(f.at, &e, true) {
			return t.leave(opUnlock, f.at, e, int(n))
		}
	}
}

// Close ends the open; the time stamp of a file that was written to is set
// now. The handle is free again whatever the result.
func (f *File) Close() error {
	t := f.t
	for {
		t.gentle = f.mode.gentle()
		e, _ := t.enter(fault.OpClose, f.at, 0)
		if e == 0 {
			e = f.usable()
			if e == 0 {
				f.forget()
				e = f.close()
			}
		}
		if t.again(f.at, &e, true) {
			continue
		}
		if !f.closed {
			f.forget()
			f.release()
		}
		return t.leave(fault.OpClose, f.at, e, 0)
	}
}

// forget gives the handle back to the PC.
func (f *File) forget() {
	pc := f.t.pc
	last := len(pc.files) - 1
	pc.files[f.index] = pc.files[last]
	pc.files[f.index].index = f.index
	pc.files[last] = nil
	pc.files = pc.files[:last]
	f.closed = true
}
