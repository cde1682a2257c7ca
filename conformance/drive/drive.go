// Package drive reads a postoffice's database from outside, as a checker:
// any folder, mounted share or archive that holds one.
//
// Goals: nothing is ever written, locked or opened in a way that others notice;
// names match without regard to case, as DOS has them; sizes and counts are
// bounded; what a record says comes with the offset it was read at.
//
// Non-goals: the emulator's own codecs, which this must not share mistakes
// with; fields whose place no article tells.
//
// # Use
//
//	t := drive.OpenDir(dir) // or Open(fsys, name)
//	err := t.List("SMTP", func(e drive.Entry) error { ... })
//	networks, problems, err := t.Networks()
//	err = t.Mailbag("INQUEUE3", func(m drive.Mail) error { ... })
//
// Paths are written as DOS has them, with slashes of either kind and in any
// case, from the root of the database: "GLB/MASTER.GLB", `\SMTP\LOCAL.CFG`.
// A file that is missing is an error that is fs.ErrNotExist.
//
// # What is refused
//
// Only plain files are opened: a pipe or device in the tree would hold the
// reader for ever. Two files whose names differ in case only are one DOS name
// and neither is chosen; the error is a *Twins. A walk does not go through
// symbolic links.
package drive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Tree is the database of one postoffice, read-only. It keeps nothing of what
// it read but the attributes of a sidecar, so it may be asked again while
// programs change the drive. It must not be used by several goroutines at once.
type Tree struct {
	fsys fs.FS
	name string
	attr *sidecar // nil: not read yet
}

// Open returns the tree below the root of fsys. The name stands before paths in
// places and errors: the folder as the user wrote it.
func Open(fsys fs.FS, name string) *Tree { return &Tree{fsys: fsys, name: name} }

// OpenDir returns the tree in a folder, each of whose answers takes a bounded
// time.
func OpenDir(dir string) *Tree { return Open(Folder(dir), dir) }

// Name returns the name given to Open.
func (t *Tree) Name() string { return t.name }

// At returns the name under which a person can open a file of the tree.
func (t *Tree) At(dosPath string) string {
	p := clean(dosPath)
	switch {
	case p == ".":
		return t.name
	case t.name == "" || t.name == ".":
		return p
	case strings.HasSuffix(t.name, "/") || strings.HasSuffix(t.name, `\`):
		return t.name + p
	}
	return t.name + "/" + p
}

// Twins is the error of a name that two files share but for the case of their
// letters. A DOS program sees one of them and nobody can say which.
type Twins struct{ First, Second string }

func (e *Twins) Error() string {
	return fmt.Sprintf("%s and %s are one DOS name", e.First, e.Second)
}

var errNotPlain = errors.New("not a plain file")

// clean returns a path with slashes, "." for the root.
func clean(p string) string {
	p = path.Clean("/" + strings.ReplaceAll(p, `\`, "/"))
	if p == "/" {
		return "."
	}
	return p[1:]
}

// fold returns a name as DOS shows it. Letters of code pages are left alone:
// nobody tells which page a server wrote them in.
func fold(name string) string {
	for i := 0; i < len(name); i++ {
		if 'a' <= name[i] && name[i] <= 'z' {
			b := []byte(name)
			for ; i < len(b); i++ {
				if 'a' <= b[i] && b[i] <= 'z' {
					b[i] -= 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}

// lookAhead is how many names of a directory are compared before the name is
// tried as it is. A directory with more is not searched for twins.
const lookAhead = 8192

// batch is how many names of a directory are in memory at once.
const batch = 512

// resolve returns the path of a file as the file system spells it.
func (t *Tree) resolve(dosPath string) (string, error) {
	p := clean(dosPath)
	if p == "." {
		return p, nil
	}
	real := "."
	for _, part := range strings.Split(p, "/") {
		name, err := t.find(real, part)
		if err != nil {
			return "", err
		}
		real = path.Join(real, name)
	}
	return real, nil
}

// find returns the name in a directory that equals want but for case.
func (t *Tree) find(dir, want string) (string, error) {
	folded, found, looked := fold(want), "", 0
	stop := errors.New("stop")
	err := t.each(dir, func(e fs.DirEntry) error {
		if fold(e.Name()) == folded {
			if found != "" {
				return &Twins{path.Join(dir, found), path.Join(dir, e.Name())}
			}
			found = e.Name()
		}
		if looked++; looked >= lookAhead {
			return stop
		}
		return nil
	})
	switch {
	case err == stop && found == "":
		for _, name := range []string{folded, want, strings.ToLower(want)} {
			if _, err := fs.Stat(t.fsys, path.Join(dir, name)); err == nil {
				return name, nil
			}
		}
		// A name of mixed case in a huge directory.
		err = t.each(dir, func(e fs.DirEntry) error {
			if fold(e.Name()) == folded {
				found = e.Name()
				return stop
			}
			return nil
		})
	}
	switch {
	case found != "" && (err == nil || err == stop):
		return found, nil
	case err != nil && err != stop:
		return "", err
	}
	return "", fs.ErrNotExist
}

// each calls fn with the entries of a directory, in batches and in the order
// the file system has them.
func (t *Tree) each(dir string, fn func(fs.DirEntry) error) error {
	info, err := fs.Stat(t.fsys, dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New("not a directory")
	}
	f, err := t.fsys.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	d, ok := f.(fs.ReadDirFile)
	if !ok {
		return errors.New("not a directory")
	}
	for {
		list, err := d.ReadDir(batch)
		for _, e := range list {
			if e := fn(e); e != nil {
				return e
			}
		}
		if err == io.EOF || err == nil && len(list) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fail says what could not be done, with the path a person knows.
func (t *Tree) fail(verb, dosPath string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err // the path is told once, as the user wrote it
	}
	return fmt.Errorf("cannot %s %s: %w", verb, t.At(dosPath), err)
}

// OpenFile opens a plain file for reading. The caller closes it.
func (t *Tree) OpenFile(dosPath string) (fs.File, Entry, error) {
	real, err := t.resolve(dosPath)
	if err != nil {
		return nil, Entry{}, t.fail("open", dosPath, err)
	}
	f, e, err := t.open(real)
	if err != nil {
		return nil, e, t.fail("open", dosPath, err)
	}
	return f, e, nil
}

func (t *Tree) open(real string) (fs.File, Entry, error) {
	info, err := fs.Stat(t.fsys, real)
	if err != nil {
		return nil, Entry{}, err
	}
	e := t.entry(real, info)
	if !info.Mode().IsRegular() {
		return nil, e, errNotPlain
	}
	f, err := t.fsys.Open(real)
	return f, e, err
}

// Read returns the content of a file of at most max bytes; a longer one is an
// error.
func (t *Tree) Read(dosPath string, max int64) ([]byte, error) {
	f, e, err := t.OpenFile(dosPath)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if e.Size > max {
		return nil, t.fail("read", dosPath, fmt.Errorf("%d bytes are more than %d", e.Size, max))
	}
	data, err := io.ReadAll(io.LimitReader(f, max+1))
	if err == nil && int64(len(data)) > max {
		err = fmt.Errorf("more than %d bytes", max)
	}
	if err != nil {
		return nil, t.fail("read", dosPath, err)
	}
	return data, nil
}

// Stat describes a file or directory.
func (t *Tree) Stat(dosPath string) (Entry, error) {
	real, err := t.resolve(dosPath)
	if err == nil {
		var info fs.FileInfo
		if info, err = fs.Stat(t.fsys, real); err == nil {
			return t.entry(real, info), nil
		}
	}
	return Entry{}, t.fail("look at", dosPath, err)
}

// Has reports whether there is a file or directory of this name. A name that
// cannot be looked at is an error, not an absence.
func (t *Tree) Has(dosPath string) (bool, error) {
	_, err := t.Stat(dosPath)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
