package drive

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"
)

// Attr are the DOS attributes of a file.
type Attr uint8

// The attributes, with the values DOS gives them.
const (
	ReadOnly Attr = 0x01
	Hidden   Attr = 0x02
	System   Attr = 0x04
	Archive  Attr = 0x20
)

// String returns the letters of the attributes, such as "RH".
func (a Attr) String() string {
	var b strings.Builder
	for _, l := range letters {
		if a&l.attr != 0 {
			b.WriteByte(l.letter)
		}
	}
	return b.String()
}

var letters = [...]struct {
	letter byte
	attr   Attr
}{{'R', ReadOnly}, {'H', Hidden}, {'S', System}, {'A', Archive}}

// Entry is a file or directory.
type Entry struct {
	Path    string // below the root, with slashes, as the file system spells it
	Name    string // as DOS shows it: in capitals
	Size    int64  // bytes
	ModTime time.Time
	Dir     bool
	Link    bool // reached through a symbolic link; Walk does not enter it
	Mode    fs.FileMode

	// Attr are the DOS attributes where somebody keeps them: Windows, or
	// the sidecar of a served folder. Elsewhere only ReadOnly is told, of a
	// file that nobody may write to.
	Attr      Attr
	AttrKnown bool

	// Err says why the rest is not known.
	Err error
}

func (t *Tree) entry(real string, info fs.FileInfo) Entry {
	e := Entry{Path: real, Name: fold(path.Base(real)), Size: info.Size(), ModTime: info.ModTime(), Dir: info.IsDir(), Mode: info.Mode()}
	if e.Dir {
		e.Size = 0
	}
	if a, ok := hostAttr(info); ok {
		e.Attr, e.AttrKnown = a, true
		return e
	}
	if s := t.sidecar(); s.known {
		e.Attr, e.AttrKnown = Archive, true
		if a, ok := s.special[fold(real)]; ok {
			e.Attr = a
		}
	}
	// An archive that kept no mode has none at all.
	if perm := info.Mode().Perm(); !e.Dir && perm != 0 && perm&0o222 == 0 {
		e.Attr |= ReadOnly
	}
	return e
}

// List calls fn with the entries of a directory, in the order the file system
// has them and without keeping them. What vanishes meanwhile is left out; what
// cannot be looked at has its Err set. The error of fn ends the list and is
// returned as it is.
func (t *Tree) List(dir string, fn func(Entry) error) error {
	real, err := t.resolve(dir)
	if err != nil {
		return t.fail("list", dir, err)
	}
	var own error
	err = t.list(real, func(e Entry) error {
		own = fn(e)
		return own
	})
	if own != nil {
		return own
	}
	if err != nil {
		return t.fail("list", dir, err)
	}
	return nil
}

func (t *Tree) list(real string, fn func(Entry) error) error {
	return t.each(real, func(d fs.DirEntry) error {
		p := path.Join(real, d.Name())
		if real == "." && isSidecar(d.Name()) {
			return nil // it is no DOS name and no part of the drive
		}
		link := d.Type()&fs.ModeSymlink != 0
		var info fs.FileInfo
		var err error
		if link {
			info, err = fs.Stat(t.fsys, p)
		} else {
			info, err = d.Info()
		}
		switch {
		case errors.Is(err, fs.ErrNotExist) && !link:
			return nil
		case err != nil:
			return fn(Entry{Path: p, Name: fold(d.Name()), Dir: d.IsDir(), Link: link, Err: t.fail("look at", p, err)})
		}
		e := t.entry(p, info)
		e.Link = link
		return fn(e)
	})
}

// depthMax bounds a walk: a database is three directories deep, and a program
// directory beside it is not much deeper.
const depthMax = 16

// Walk calls fn with every entry below a directory, a directory before what is
// in it. A directory that cannot be read is told again with its Err set.
func (t *Tree) Walk(dir string, fn func(Entry) error) error {
	real, err := t.resolve(dir)
	if err != nil {
		return t.fail("list", dir, err)
	}
	return t.walk(real, depthMax, fn)
}

func (t *Tree) walk(real string, depth int, fn func(Entry) error) error {
	var own error
	var dirs []string
	err := t.list(real, func(e Entry) error {
		if e.Dir && !e.Link && e.Err == nil {
			dirs = append(dirs, e.Path)
		}
		own = fn(e)
		return own
	})
	if own != nil {
		return own
	}
	if err != nil {
		return fn(Entry{Path: real, Name: fold(path.Base(real)), Dir: true, Err: t.fail("list", real, err)})
	}
	for _, d := range dirs {
		if depth == 0 {
			return fn(Entry{Path: d, Name: fold(path.Base(d)), Dir: true, Err: t.fail("list", d, errors.New("too deep"))})
		}
		if err := t.walk(d, depth-1, fn); err != nil {
			return err
		}
	}
	return nil
}

// FindTwins calls fn for each name of a directory that an earlier one equals
// but for case. It reads the directory twice and keeps a number for each name.
func (t *Tree) FindTwins(dir string, fn func(*Twins) error) error {
	real, err := t.resolve(dir)
	if err != nil {
		return t.fail("list", dir, err)
	}
	seen, again := map[uint64]bool{}, map[uint64]bool{}
	err = t.each(real, func(d fs.DirEntry) error {
		h := hash(fold(d.Name()))
		if seen[h] {
			again[h] = true
		}
		seen[h] = true
		return nil
	})
	if err != nil {
		return t.fail("list", dir, err)
	}
	if len(again) == 0 {
		return nil
	}
	first := map[string]string{}
	var own error
	err = t.each(real, func(d fs.DirEntry) error {
		name := fold(d.Name())
		if !again[hash(name)] {
			return nil
		}
		if other, ok := first[name]; ok {
			own = fn(&Twins{path.Join(real, other), path.Join(real, d.Name())})
			return own
		}
		first[name] = d.Name()
		return nil
	})
	if own != nil {
		return own
	}
	if err != nil {
		return t.fail("list", dir, err)
	}
	return nil
}

func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// sidecar is what a folder served by the emulator keeps beside the files,
// because an ordinary folder cannot hold it.
type sidecar struct {
	known   bool
	special map[string]Attr // folded paths whose attributes are not just Archive
}

// SidecarName is the file of attributes in a folder that gwemu serve keeps.
const SidecarName = ".gwkit-volume"

const (
	sidecarHeader = "gwkit volume 1"
	sidecarMax    = 64 << 20
)

func isSidecar(name string) bool { return name == SidecarName || name == SidecarName+".new" }

// sidecar reads the sidecar once. One that cannot be read leaves attributes
// unknown: it is the emulator's file, not the administrator's.
func (t *Tree) sidecar() *sidecar {
	if t.attr != nil {
		return t.attr
	}
	t.attr = &sidecar{}
	f, err := t.fsys.Open(SidecarName)
	if err != nil {
		return t.attr
	}
	defer f.Close()
	if i, err := f.Stat(); err != nil || !i.Mode().IsRegular() || i.Size() > sidecarMax {
		return t.attr
	}
	if s, ok := readSidecar(bufio.NewScanner(f)); ok {
		t.attr = s
	}
	return t.attr
}

func readSidecar(in *bufio.Scanner) (*sidecar, bool) {
	if !in.Scan() || in.Text() != sidecarHeader {
		return nil, false
	}
	s := &sidecar{known: true, special: map[string]Attr{}}
	for in.Scan() {
		words, file, ok := bytes.Cut(in.Bytes(), []byte(" "))
		if !ok {
			return nil, false
		}
		var a Attr
		for _, c := range words {
			for _, l := range letters {
				if l.letter == c {
					a |= l.attr
				}
			}
		}
		if a != Archive {
			s.special[fold(strings.TrimPrefix(strings.ReplaceAll(string(file), `\`, "/"), "/"))] = a
		}
	}
	return s, in.Err() == nil
}
