package dos

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/afero"
)

var _ afero.Fs = (*Volume)(nil)

// Name implements afero.Fs.
func (v *Volume) Name() string { return "dos.Volume" }

// Create makes or empties a file, as OpenFile with O_RDWR|O_CREATE|O_TRUNC.
func (v *Volume) Create(name string) (afero.File, error) {
	return v.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

// Open opens a file or directory for reading.
func (v *Volume) Open(name string) (afero.File, error) { return v.OpenFile(name, os.O_RDONLY, 0) }

// OpenFile opens with the flags of package os. A permission without the
// owner's write bit makes a new file read-only. Parents are never made.
func (v *Volume) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	n, e := v.openNode(name, flag, perm)
	if e != 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: e}
	}
	f := &observer{path: name, appends: flag&os.O_APPEND != 0}
	switch flag & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR) {
	case os.O_WRONLY:
		f.mode = Write | DenyNone
	case os.O_RDWR:
		f.mode = ReadWrite | DenyNone
	default:
		f.mode = Read | DenyNone
	}
	f.attach(v, n)
	return f, nil
}

func (v *Volume) openNode(name string, flag int, perm os.FileMode) (*node, Error) {
	d, base, e := v.target(name)
	if e != 0 {
		if e == InvalidParameter && flag&os.O_CREATE == 0 {
			e = FileNotFound
		}
		return nil, e
	}
	writes := flag&(os.O_WRONLY|os.O_RDWR) != 0
	n := d.kids[base]
	if base == "" {
		n = d
	}
	switch {
	case n == nil && flag&os.O_CREATE == 0:
		return nil, FileNotFound
	case n == nil:
		a := Attr(0)
		if perm&0o200 == 0 {
			a = ReadOnly
		}
		return v.create(d, base, a)
	case flag&os.O_CREATE != 0 && flag&os.O_EXCL != 0:
		return nil, FileExists
	case n.isDir() && (writes || flag&os.O_CREATE != 0), writes && n.attr&ReadOnly != 0:
		return nil, AccessDenied
	}
	if flag&os.O_TRUNC != 0 && writes {
		if e := v.truncate(n, 0); e != 0 {
			return nil, e
		}
	}
	return n, 0
}

func (v *Volume) act(op, path string, fn func(n *node) Error) error {
	n, err := v.at(op, path)
	if err != nil {
		return err
	}
	if e := fn(n); e != 0 {
		return &fs.PathError{Op: op, Path: path, Err: e}
	}
	return nil
}

// Mkdir makes a directory; its parent must exist. The permission is ignored.
func (v *Volume) Mkdir(name string, _ os.FileMode) error {
	d, base, e := v.target(name)
	if e == 0 {
		switch {
		case base == "" || d.kids[base] != nil:
			e = FileExists // INT 21h/39h says AccessDenied; Go's callers look for this
		default:
			e = v.mkdir(d, base)
		}
	}
	if e != 0 {
		return &fs.PathError{Op: "mkdir", Path: name, Err: e}
	}
	return nil
}

// MkdirAll makes a directory and the parents it lacks.
func (v *Volume) MkdirAll(name string, perm os.FileMode) error {
	clean, e := cleanPath(`\`, name, v.cp, false, false)
	if e != 0 {
		return &fs.PathError{Op: "mkdir", Path: name, Err: e}
	}
	for i := 1; i <= len(clean) && len(clean) > 1; i++ {
		if i < len(clean) && clean[i] != '\\' {
			continue
		}
		err := v.Mkdir(clean[:i], perm)
		if errors.Is(err, FileExists) {
			if n, _ := v.find(clean[:i]); n != nil && n.isDir() {
				continue
			}
			err = &fs.PathError{Op: "mkdir", Path: name, Err: PathNotFound}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Remove removes a file that nobody has open, or an empty directory.
func (v *Volume) Remove(name string) error { return v.act("remove", name, v.removeAny) }

func (v *Volume) removeAny(n *node) Error {
	if n.isDir() {
		return v.rmdir(n)
	}
	return v.remove(n)
}

// RemoveAll removes a file or directory and all it holds, read-only or not,
// except what is open. A name that is not there is no error.
func (v *Volume) RemoveAll(name string) error {
	n, err := v.at("remove", name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		if e := v.removeTree(n); e != 0 {
			err = &fs.PathError{Op: "remove", Path: name, Err: e}
		}
	}
	return err
}

func (v *Volume) removeTree(n *node) Error {
	for _, k := range append([]*node(nil), n.slots...) {
		if k != nil {
			if e := v.removeTree(k); e != 0 {
				return e
			}
		}
	}
	if n.parent == nil {
		return 0
	}
	if n.attr&ReadOnly != 0 && !n.isDir() {
		if e := v.setAttr(n, n.attr&^ReadOnly); e != 0 {
			return e
		}
	}
	return v.removeAny(n)
}

// Rename renames or moves a file. An existing or open target refuses it.
func (v *Volume) Rename(oldname, newname string) error {
	return v.act("rename", oldname, func(n *node) Error {
		d, base, e := v.target(newname)
		if e != 0 {
			return e
		}
		if base == "" {
			return AccessDenied
		}
		return v.rename(n, d, base)
	})
}

// Stat returns a snapshot of an entry; Sys is its Info.
func (v *Volume) Stat(name string) (os.FileInfo, error) {
	n, err := v.at("stat", name)
	if err != nil {
		return nil, err
	}
	return entry{v.info(n)}, nil
}

// Chmod sets the read-only attribute from the owner's write bit.
func (v *Volume) Chmod(name string, mode os.FileMode) error {
	return v.act("chmod", name, func(n *node) Error {
		a := n.attr &^ ReadOnly
		if mode&0o200 == 0 {
			a |= ReadOnly
		}
		return v.setAttr(n, a)
	})
}

// Chown is refused: DOS knows no owners.
func (v *Volume) Chown(name string, _, _ int) error {
	return v.act("chown", name, func(*node) Error { return InvalidFunction })
}

// Chtimes sets the time of the last change, in steps of two seconds.
func (v *Volume) Chtimes(name string, _, mtime time.Time) error {
	return v.act("chtimes", name, func(n *node) Error {
		v.touch(n)
		n.mtime = dosTime(mtime.Unix())
		if v.host != nil {
			return v.host.stamp(n)
		}
		return 0
	})
}

// entry is an Info in the form of io/fs.
type entry struct{ i Info }

func (e entry) Name() string       { return e.i.Name }
func (e entry) Size() int64        { return e.i.Size }
func (e entry) ModTime() time.Time { return e.i.Time }
func (e entry) IsDir() bool        { return e.i.Attr&Directory != 0 }
func (e entry) Sys() any           { return e.i }
func (e entry) Mode() fs.FileMode {
	m := fs.FileMode(0o666)
	if e.i.Attr&ReadOnly != 0 {
		m = 0o444
	}
	if e.IsDir() {
		m |= fs.ModeDir | 0o111
	}
	return m
}

// observer is an open file of the afero face.
type observer struct {
	handle
	path    string
	pos     int64
	appends bool
	list    []os.FileInfo // rest of a directory listing, taken at its first read
	listed  bool
}

func (f *observer) fail(op string, e Error) error {
	return &fs.PathError{Op: op, Path: f.path, Err: e}
}

func (f *observer) usable(op string, allowed bool) error {
	switch {
	case f.gone:
		return f.fail(op, InvalidHandle)
	case f.node.isDir() || !allowed:
		return f.fail(op, AccessDenied)
	}
	return nil
}

func (f *observer) Name() string { return f.path }

func (f *observer) Close() error {
	if e := f.close(); e != 0 {
		return f.fail("close", e)
	}
	return nil
}

func (f *observer) Read(b []byte) (int, error) {
	n, err := f.ReadAt(b, f.pos)
	f.pos += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

func (f *observer) ReadAt(b []byte, off int64) (int, error) {
	if err := f.usable("read", f.mode.reads()); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, f.fail("read", InvalidParameter)
	}
	n, e := f.v.readAt(f.node, b, off)
	if e != 0 {
		return n, f.fail("read", e)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *observer) Write(b []byte) (int, error) {
	if f.appends && !f.gone {
		f.pos = f.node.size
	}
	n, err := f.WriteAt(b, f.pos)
	f.pos += int64(n)
	return n, err
}

func (f *observer) WriteString(s string) (int, error) { return f.Write([]byte(s)) }

func (f *observer) WriteAt(b []byte, off int64) (int, error) {
	if err := f.usable("write", f.mode.writes()); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, f.fail("write", InvalidParameter)
	}
	n, e := f.v.writeAt(f.node, b, off)
	f.wrote = f.wrote || n > 0
	if e != 0 {
		return n, f.fail("write", e)
	}
	return n, nil
}

func (f *observer) Seek(off int64, whence int) (int64, error) {
	if f.gone {
		return 0, f.fail("seek", InvalidHandle)
	}
	pos, e := seek(f.pos, f.node.size, off, whence)
	if e != 0 {
		return 0, f.fail("seek", e)
	}
	if f.node.isDir() && pos == 0 {
		f.listed = false
	}
	f.pos = pos
	return pos, nil
}

// seek computes a position as INT 21h/42h does; before the begin is an error.
func seek(pos, size, off int64, whence int) (int64, Error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		off += pos
	case io.SeekEnd:
		off += size
	default:
		return 0, InvalidFunction
	}
	if off < 0 {
		return 0, SeekError
	}
	return off, 0
}

func (f *observer) Truncate(size int64) error {
	if err := f.usable("truncate", f.mode.writes()); err != nil {
		return err
	}
	if size < 0 {
		return f.fail("truncate", InvalidParameter)
	}
	f.wrote = true
	if e := f.v.truncate(f.node, size); e != 0 {
		return f.fail("truncate", e)
	}
	return nil
}

func (f *observer) Sync() error {
	if f.gone {
		return f.fail("sync", InvalidHandle)
	}
	return nil
}

func (f *observer) Stat() (os.FileInfo, error) {
	if f.gone {
		return nil, f.fail("stat", InvalidHandle)
	}
	return entry{f.v.info(f.node)}, nil
}

// Readdir returns entries in slot order from a listing taken at the first
// call, so that files deleted between two calls confuse nobody.
func (f *observer) Readdir(count int) ([]os.FileInfo, error) {
	if f.gone {
		return nil, f.fail("readdir", InvalidHandle)
	}
	if !f.node.isDir() {
		return nil, f.fail("readdir", PathNotFound)
	}
	if !f.listed {
		f.list, f.listed = nil, true
		for _, k := range f.node.slots {
			if k != nil {
				f.list = append(f.list, entry{f.v.info(k)})
			}
		}
	}
	n := len(f.list)
	if count > 0 {
		if n == 0 {
			return nil, io.EOF
		}
		n = min(n, count)
	}
	out := f.list[:n:n]
	f.list = f.list[n:]
	return out, nil
}

func (f *observer) Readdirnames(n int) ([]string, error) {
	list, err := f.Readdir(n)
	var out []string
	for _, i := range list {
		out = append(out, i.Name())
	}
	return out, err
}
