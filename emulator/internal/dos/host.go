package dos

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sort"
	"strings"
	"syscall"
	"time"
)

// sidecar is the file in the host directory that keeps what an ordinary
// directory cannot: attributes and slot order. It is no 8.3 name, so no
// program of the emulator sees it. Without it attributes come from the
// owner's write bit and slots from the order of names.
const (
	sidecar       = ".gwkit-volume"
	sidecarHeader = "gwkit volume 1"
)

// hostStore writes each change of a volume through to ordinary files, host
// first: what the host refuses has not happened. Its errors become DiskFull,
// WriteProtect or GeneralFailure. Nothing leads outside the directory, not
// even a symbolic link.
type hostStore struct {
	root    *os.Root
	dir     string
	skipped []string
	changed []*node // by the rollback in hand
	err     error   // of a rollback, told by Flush
}

// OpenHostVolume returns a volume whose files are those of a host directory.
// What is there is the tree at the start, except names that are not 8.3
// (Skipped lists them), links and devices. Other programs may read the files
// while the volume is in use, but not change them. Close ends it.
func OpenHostVolume(dir string, o VolumeOptions) (*Volume, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open host volume: %w", err)
	}
	v := NewVolume(o)
	v.host = &hostStore{root: root, dir: dir}
	order, err := v.host.readSidecar(v.cp)
	if err == nil {
		err = v.host.load(v, v.root, ".", `\`, order)
	}
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("cannot open host volume %s: %w", dir, err)
	}
	return v, nil
}

// Skipped lists the host files that are not in the tree, sorted.
func (v *Volume) Skipped() []string {
	if v.host == nil {
		return nil
	}
	return append([]string(nil), v.host.skipped...)
}

// Flush writes what the host files themselves cannot hold and reports what
// went wrong in a rollback. A volume in memory has nothing to flush.
func (v *Volume) Flush() error {
	h := v.host
	if h == nil {
		return nil
	}
	err := h.err
	h.err = nil
	if e := h.writeSidecar(v); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("cannot flush host volume %s: %w", h.dir, err)
	}
	return nil
}

// Close flushes and lets the host directory go. The volume must not be used
// afterwards.
func (v *Volume) Close() error {
	if v.host == nil {
		return nil
	}
	err := v.Flush()
	if e := v.host.root.Close(); err == nil {
		err = e
	}
	return err
}

// rank is an entry of the sidecar.
type rank struct {
	at   int
	attr Attr
}

var attrLetters = [...]struct {
	letter byte
	attr   Attr
}{{'R', ReadOnly}, {'H', Hidden}, {'S', System}, {'A', Archive}}

func (h *hostStore) readSidecar(cp *codePage) (map[string]rank, error) {
	b, err := h.root.ReadFile(sidecar)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	order := map[string]rank{}
	in := bufio.NewScanner(bytes.NewReader(b))
	for line := 1; in.Scan(); line++ {
		text := in.Text()
		if line == 1 {
			if text != sidecarHeader {
				return nil, fmt.Errorf("%s:1: want %q", sidecar, sidecarHeader)
			}
			continue
		}
		letters, path, ok := strings.Cut(text, " ")
		clean, e := cleanPath(`\`, path, cp, false, false)
		if !ok || e != 0 || clean != path {
			return nil, fmt.Errorf(`%s:%d: want attributes and a path like "A \GLB\CONTROL.GLB"`, sidecar, line)
		}
		r := rank{at: line}
		if letters != "-" {
			for i := 0; i < len(letters); i++ {
				a := Attr(0)
				for _, l := range attrLetters {
					if l.letter == letters[i] {
						a = l.attr
					}
				}
				if a == 0 {
					return nil, fmt.Errorf("%s:%d: unknown attribute %q; want R, H, S, A or -", sidecar, line, letters[i])
				}
				r.attr |= a
			}
		}
		order[path] = r
	}
	return order, in.Err()
}

func (h *hostStore) writeSidecar(v *Volume) error {
	var b bytes.Buffer
	b.WriteString(sidecarHeader + "\n")
	v.Walk(func(path string, i Info) error {
		none := true
		for _, l := range attrLetters {
			if i.Attr&l.attr != 0 {
				b.WriteByte(l.letter)
				none = false
			}
		}
		if none {
			b.WriteByte('-')
		}
		b.WriteString(" " + path + "\n")
		return nil
	})
	temp := sidecar + ".new"
	if err := h.root.WriteFile(temp, b.Bytes(), 0o644); err != nil {
		return err
	}
	return h.root.Rename(temp, sidecar)
}

// load reads one host directory. Contents are read when they are first needed.
func (h *hostStore) load(v *Volume, d *node, hostDir, dosDir string, order map[string]rank) error {
	f, err := h.root.Open(hostDir)
	if err != nil {
		return err
	}
	list, err := f.ReadDir(-1)
	f.Close()
	if err != nil {
		return err
	}
	type found struct {
		n  *node
		at int
	}
	var all []found
	sort.Slice(list, func(i, j int) bool { return list[i].Name() < list[j].Name() })
	for _, x := range list {
		hostPath := x.Name()
		if hostDir != "." {
			hostPath = hostDir + "/" + hostPath
		}
		name, ok := canonical(x.Name(), v.cp, false, false)
		if !ok || !x.IsDir() && !x.Type().IsRegular() {
			if hostPath != sidecar && hostPath != sidecar+".new" {
				h.skipped = append(h.skipped, hostPath)
			}
			continue
		}
		i, err := x.Info()
		if err != nil {
			return err
		}
		n := &node{name: name, mtime: dosTime(i.ModTime().Unix()), attr: Archive}
		if name != x.Name() {
			n.hostName = x.Name()
		}
		if x.IsDir() {
			n.attr, n.kids = Directory, map[string]*node{}
		} else {
			n.size, n.cold = i.Size(), i.Size() > 0
			v.used += n.clusters()
		}
		path := strings.TrimSuffix(dosDir, `\`) + `\` + name
		at := len(order) + 2 + len(all)
		if r, ok := order[path]; ok {
			at = r.at
			n.attr = r.attr | n.attr&Directory
		}
		if i.Mode()&0o200 == 0 && !n.isDir() {
			n.attr |= ReadOnly
		}
		all = append(all, found{n, at})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].at < all[j].at })
	for _, x := range all {
		if twin := d.kids[x.n.name]; twin != nil {
			return fmt.Errorf("%s and %s are one DOS name", h.path(twin), strings.TrimPrefix(hostDir+"/", "./")+x.n.last())
		}
		v.link(d, x.n)
		if x.n.isDir() {
			p := strings.TrimSuffix(dosDir, `\`) + `\` + x.n.name
			if err := h.load(v, x.n, h.path(x.n), p, order); err != nil {
				return err
			}
		}
	}
	return nil
}

// last returns the node's name in the host directory.
func (n *node) last() string {
	if n.hostName != "" {
		return n.hostName
	}
	return n.name
}

func (h *hostStore) path(n *node) string { return h.in(n.parent, n.last()) }

// in returns the host path of a name in directory d.
func (h *hostStore) in(d *node, name string) string {
	if d.parent == nil {
		return name
	}
	return h.in(d.parent, d.last()) + "/" + name
}

// hostError turns a failure of the host into the DOS error a program can meet.
func hostError(err error) Error {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return DiskFull
	case runtime.GOOS == "windows" && errors.Is(err, syscall.Errno(112)): // ERROR_DISK_FULL
		return DiskFull
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return WriteProtect
	case errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrNotExist):
		return AccessDenied // somebody else changed the directory
	}
	return GeneralFailure
}

func (h *hostStore) create(d, n *node) Error {
	f, err := h.root.OpenFile(h.in(d, n.name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		n.hostFile = f
		if n.attr&ReadOnly != 0 {
			err = h.root.Chmod(h.in(d, n.name), 0o444)
		}
	}
	return hostError(err)
}

func (h *hostStore) mkdir(d, n *node) Error {
	return hostError(h.root.Mkdir(h.in(d, n.name), 0o755))
}

func (h *hostStore) remove(n *node) Error {
	h.letGo(n)
	return hostError(h.root.Remove(h.path(n)))
}

func (h *hostStore) rename(n, d *node, name string) Error {
	to := h.in(d, name)
	if _, err := h.root.Lstat(to); err == nil && !(d == n.parent && strings.EqualFold(n.last(), name)) {
		return AccessDenied
	}
	h.letGo(n)
	if err := h.root.Rename(h.path(n), to); err != nil {
		return hostError(err)
	}
	n.hostName = ""
	return 0
}

func (h *hostStore) setAttr(n *node, a Attr) Error {
	if n.isDir() || (a^n.attr)&ReadOnly == 0 {
		return 0
	}
	return hostError(h.root.Chmod(h.path(n), hostMode(a)))
}

func hostMode(a Attr) fs.FileMode {
	if a&ReadOnly != 0 {
		return 0o444
	}
	return 0o644
}

func (h *hostStore) open(n *node) error {
	if n.hostFile != nil || !n.linked {
		return nil
	}
	f, err := h.root.OpenFile(h.path(n), os.O_RDWR, 0)
	if err == nil {
		n.hostFile = f
	}
	return err
}

func (h *hostStore) write(n *node, b []byte, off int64) (int, Error) {
	if err := h.open(n); err != nil {
		return 0, hostError(err)
	}
	if n.hostFile == nil {
		return len(b), 0 // removed in a rollback while an observer had it open
	}
	c, err := n.hostFile.WriteAt(b, off)
	return c, hostError(err)
}

func (h *hostStore) truncate(n *node, size int64) Error {
	if err := h.open(n); err != nil {
		return hostError(err)
	}
	if n.hostFile == nil {
		return 0
	}
	return hostError(n.hostFile.Truncate(size))
}

func (h *hostStore) letGo(n *node) error {
	f := n.hostFile
	n.hostFile = nil
	if f == nil {
		return nil
	}
	return f.Close()
}

// closed lets the host file go when nobody has it open, and gives it the time of
// the directory entry: whoever closes last need not be who wrote.
func (h *hostStore) closed(n *node) Error {
	if n.opens != nil || n.hostFile == nil {
		return 0
	}
	e := hostError(h.letGo(n))
	if n.linked && e == 0 {
		e = h.stamp(n)
	}
	return e
}

func (h *hostStore) stamp(n *node) Error {
	t := time.Unix(n.mtime, 0)
	return hostError(h.root.Chtimes(h.path(n), t, t))
}

// warm reads the content of a file into its pages.
func (h *hostStore) warm(v *Volume, n *node) Error {
	f, err := h.root.Open(h.path(n))
	if err != nil {
		return ReadFault
	}
	defer f.Close()
	var pages []pageRef
	size := int64(0)
	for size < n.size { // what grew meanwhile is not ours
		pg := v.pool.get()
		c, err := io.ReadFull(f, pg[:min(pageSize, n.size-size)])
		if c > 0 {
			pages = append(pages, pageRef{page: pg})
			size += int64(c)
		} else {
			v.pool.put(pageRef{page: pg})
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			for _, p := range pages {
				v.pool.put(p)
			}
			return ReadFault
		}
	}
	v.used += int64(len(pages)) - n.clusters()
	n.pages, n.size, n.cold = pages, size, false
	return 0
}

// The rest serves Rollback. A host failure there cannot be undone: the first
// one is kept for Flush.

func (h *hostStore) undo(n *node, e Error) {
	if e != 0 && h.err == nil {
		h.err = fmt.Errorf("cannot roll back %s: %w", n.path(), e)
	}
}

// restore makes a file or directory again that was removed.
func (h *hostStore) restore(_ *Volume, n *node) {
	n.hostName = ""
	if n.isDir() {
		h.undo(n, h.mkdir(n.parent, n))
		return
	}
	h.undo(n, h.create(n.parent, n))
	h.dirty(n)
}

// dirty notes a file to be written again at the end of the rollback.
func (h *hostStore) dirty(n *node) { h.changed = append(h.changed, n) }

// rewrite brings the host files to the state of the tree.
func (h *hostStore) rewrite(_ *Volume) {
	for _, n := range h.changed {
		if !n.linked || n.isDir() {
			continue
		}
		e := hostError(h.root.Chmod(h.path(n), 0o644))
		if !n.cold && e == 0 {
			if e = h.truncate(n, n.size); e == 0 {
				for i := range n.pages {
					off := int64(i) * pageSize
					if _, e = h.write(n, n.pages[i].page[:min(pageSize, n.size-off)], off); e != 0 {
						break
					}
				}
			}
		}
		h.undo(n, e)
		h.letGo(n)
		if n.attr&ReadOnly != 0 {
			h.undo(n, hostError(h.root.Chmod(h.path(n), 0o444)))
		}
		h.undo(n, h.stamp(n))
	}
	h.changed = h.changed[:0]
}
