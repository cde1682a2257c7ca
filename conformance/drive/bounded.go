package drive

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
)

// Bounded returns a file system on which no operation lasts longer than a
// limit: a share whose server is gone keeps those that ask for ever. What
// lasts longer is os.ErrDeadlineExceeded, and so is everything after it, at
// once, so that the whole is bounded too. The operation itself cannot be
// ended; its goroutine stays behind until the system lets it go.
func Bounded(fsys fs.FS, limit time.Duration) fs.FS {
	return &bounded{fsys: fsys, limit: limit}
}

// AnswerTime is how long Folder waits for an answer: longer than a server that
// is only slow, and than the time-outs of a mount that gives up by itself after
// a few tries.
const AnswerTime = 15 * time.Second

// Folder returns a folder of this machine, mounted or local, bounded.
func Folder(dir string) fs.FS { return Bounded(os.DirFS(dir), AnswerTime) }

// Stat is os.Stat, bounded.
func Stat(path string) (fs.FileInfo, error) {
	return within(&bounded{limit: AnswerTime}, "stat", path, func() (fs.FileInfo, error) { return os.Stat(path) })
}

type bounded struct {
	fsys  fs.FS
	limit time.Duration
	dead  atomic.Bool
}

// within runs one operation. What it returns must not be shared with the
// caller otherwise, as the operation may end after within did.
func within[T any](b *bounded, verb, name string, do func() (T, error)) (T, error) {
	type result struct {
		v   T
		err error
	}
	var none T
	late := func() error {
		return &fs.PathError{Op: verb, Path: name, Err: fmt.Errorf("no answer within %s: %w", b.limit, os.ErrDeadlineExceeded)}
	}
	if b.dead.Load() {
		return none, late()
	}
	done := make(chan result, 1)
	go func() {
		v, err := do()
		done <- result{v, err}
	}()
	timer := time.NewTimer(b.limit)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.v, r.err
	case <-timer.C:
		b.dead.Store(true)
		return none, late()
	}
}

func (b *bounded) Open(name string) (fs.File, error) {
	f, err := within(b, "open", name, func() (fs.File, error) {
		// A pipe keeps whoever opens it until somebody writes, which is no
		// fault of the drive.
		if info, err := fs.Stat(b.fsys, name); err != nil {
			return nil, err
		} else if !info.Mode().IsRegular() && !info.IsDir() {
			return nil, &fs.PathError{Op: "open", Path: name, Err: errNotPlain}
		}
		return b.fsys.Open(name)
	})
	if err != nil {
		return nil, err
	}
	return &boundedFile{b, f, name}, nil
}

func (b *bounded) Stat(name string) (fs.FileInfo, error) {
	return within(b, "stat", name, func() (fs.FileInfo, error) { return fs.Stat(b.fsys, name) })
}

type boundedFile struct {
	b    *bounded
	f    fs.File
	name string
}

func (f *boundedFile) Stat() (fs.FileInfo, error) { return within(f.b, "stat", f.name, f.f.Stat) }

func (f *boundedFile) Read(p []byte) (int, error) {
	data, err := within(f.b, "read", f.name, func() ([]byte, error) {
		own := make([]byte, min(len(p), 256<<10)) // p is the caller's again when this is late
		n, err := f.f.Read(own)
		return own[:n], err
	})
	return copy(p, data), err
}

// Close does not wait: closing a file of a dead share can hang as well.
func (f *boundedFile) Close() error {
	if f.b.dead.Load() {
		go f.f.Close()
		return nil
	}
	_, err := within(f.b, "close", f.name, func() (struct{}, error) { return struct{}{}, f.f.Close() })
	return err
}

func (f *boundedFile) ReadDir(n int) ([]fs.DirEntry, error) {
	d, ok := f.f.(fs.ReadDirFile)
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: f.name, Err: fs.ErrInvalid}
	}
	want := n
	if n <= 0 {
		want = batch // the limit is for a batch, not for a million entries
	}
	var all []fs.DirEntry
	for {
		list, err := within(f.b, "readdir", f.name, func() ([]fs.DirEntry, error) { return d.ReadDir(want) })
		for _, e := range list {
			all = append(all, boundedEntry{e, f.b})
		}
		switch {
		case n > 0:
			return all, err
		case err == io.EOF:
			return all, nil
		case err != nil || len(list) == 0:
			return all, err
		}
	}
}

// boundedEntry asks for its information when that is wanted.
type boundedEntry struct {
	fs.DirEntry
	b *bounded
}

func (e boundedEntry) Info() (fs.FileInfo, error) {
	return within(e.b, "stat", e.Name(), e.DirEntry.Info)
}
