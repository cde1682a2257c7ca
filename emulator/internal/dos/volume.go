package dos

import (
	"os"
	"time"
)

// Attr are the attribute bits of a directory entry.
type Attr uint8

// The attributes. Directory cannot be set or cleared.
const (
	ReadOnly  Attr = 0x01
	Hidden    Attr = 0x02
	System    Attr = 0x04
	Directory Attr = 0x10
	Archive   Attr = 0x20
)

// Info is a snapshot of a directory entry.
type Info struct {
	Name string
	Size int64 // bytes; 0 for a directory
	Attr Attr
	Time time.Time // of the last change, in steps of two seconds
}

// defaultCapacity of a volume. invented: a usual server disk of 1994.
const defaultCapacity = 512 << 20

// VolumeOptions of a new volume. The zero value is an empty disk of 512 MB in
// code page 437 whose clock stands at the beginning of 1980.
type VolumeOptions struct {
	Label    string
	Capacity int64            // bytes, counted in clusters of 4 KB; 0: 512 MB
	Pool     *Pool            // nil: a pool of its own
	Clock    func() time.Time // stamps files; nil: 1980-01-01 00:00 UTC
	CodePage int              // 437 (also 0) or 850
}

// Volume is one drive's tree. Tasks reach it through a PC's drive letters; its
// own methods are for set-up and observers: no gate, no latency, no share
// modes. Paths are `\A\B` or `/A/B`, starting at the root either way.
//
// A Volume belongs to one kernel and is not safe for concurrent use.
type Volume struct {
	label    string
	pool     *Pool
	clock    func() time.Time
	loc      *time.Location
	cp       *codePage
	root     *node
	capacity int64  // pages
	used     int64  // pages
	shape    uint64 // changes when a directory comes, goes or moves
	offline  bool
	free     []*node
	patient  []*PC // at a prompt until a file is free
	journal  journal
	host     *hostStore // nil: memory only
}

// node is a file or directory. It keeps its identity while it lives, whatever
// its name.
type node struct {
	name   string
	parent *node
	kids   map[string]*node // nil for a file
	slots  []*node          // of a directory; nil entries are free
	hint   int              // no slot below it is free
	slot   int              // where it rests in parent.slots
	attr   Attr
	linked bool
	cold   bool // content still rests in the host file only
	size   int64
	mtime  int64 // Unix seconds, even
	pages  []pageRef
	opens  *handle
	locks  []lock

	touched uint32 // journal epoch in which its state was last saved
	born    uint32 // journal epoch in which it was made
	base    int64  // its size at the begin of the epoch touched

	hostName string   // name in the host directory if it differs
	hostFile *os.File // open from the first change until nobody has the file open
}

func (n *node) isDir() bool { return n.kids != nil }

// NewVolume returns an empty volume in memory.
func NewVolume(o VolumeOptions) *Volume {
	v := &Volume{label: o.Label, pool: o.Pool, clock: o.Clock, cp: codePageOf(o.CodePage)}
	if v.pool == nil {
		v.pool = &Pool{}
	}
	if v.clock == nil {
		v.clock = func() time.Time { return dosEpoch }
	}
	v.loc = v.clock().Location()
	if o.Capacity == 0 {
		o.Capacity = defaultCapacity
	}
	v.capacity = o.Capacity / pageSize
	v.root = &node{name: `\`, kids: map[string]*node{}, attr: Directory, linked: true}
	return v
}

// dosEpoch is the earliest time a directory entry can hold.
var dosEpoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// stamp returns the present time as a directory entry holds it.
func (v *Volume) stamp() int64 { return dosTime(v.clock().Unix()) }

func dosTime(unix int64) int64 {
	if min := dosEpoch.Unix(); unix < min {
		return min
	}
	return unix &^ 1
}

func (v *Volume) info(n *node) Info {
	return Info{Name: n.name, Size: n.size, Attr: n.attr, Time: time.Unix(n.mtime, 0).In(v.loc)}
}

// find returns the node at a clean path.
func (v *Volume) find(clean string) (*node, Error) {
	d, base, e := v.dirOf(clean)
	if e != 0 {
		return nil, e
	}
	if base == "" {
		return d, 0
	}
	if n := d.kids[base]; n != nil {
		return n, 0
	}
	return nil, FileNotFound
}

// dirOf returns the directory that holds the last element of a clean path. For
// the root it returns the root and "".
func (v *Volume) dirOf(clean string) (*node, string, Error) {
	d, rest := v.root, clean[1:]
	for {
		e, more := nextElement(rest)
		if more == "" {
			return d, e, 0
		}
		n := d.kids[e]
		if n == nil || !n.isDir() {
			return nil, "", PathNotFound
		}
		d, rest = n, more
	}
}

// path returns the full path of a node, `\` for the root.
func (n *node) path() string {
	if n.parent == nil {
		return `\`
	}
	if n.parent.parent == nil {
		return `\` + n.name
	}
	return n.parent.path() + `\` + n.name
}

// newNode returns a file node; the caller links it.
func (v *Volume) newNode(name string, a Attr) *node {
	var n *node
	if l := len(v.free); l > 0 {
		n = v.free[l-1]
		v.free = v.free[:l-1]
		*n = node{pages: n.pages[:0], locks: n.locks[:0]}
	} else {
		n = &node{}
	}
	n.name, n.attr, n.mtime = name, a, v.stamp()
	n.born = v.journal.epoch
	return n
}

// link puts a node into the first free slot of d.
func (v *Volume) link(d, n *node) {
	s := d.hint
	for s < len(d.slots) && d.slots[s] != nil {
		s++
	}
	if s == len(d.slots) {
		d.slots = append(d.slots, n)
	} else {
		d.slots[s] = n
	}
	d.hint = s + 1
	v.place(d, n, s)
}

func (v *Volume) place(d, n *node, slot int) {
	n.parent, n.slot, n.linked = d, slot, true
	d.kids[n.name] = n
	if n.isDir() {
		v.shape++
	}
}

// unlink takes a node out of its directory.
func (v *Volume) unlink(n *node) {
	d := n.parent
	d.slots[n.slot] = nil
	d.hint = min(d.hint, n.slot)
	delete(d.kids, n.name)
	n.linked = false
	if n.isDir() {
		v.shape++
	}
}

// create makes an empty file; there is none of that name.
func (v *Volume) create(d *node, name string, a Attr) (*node, Error) {
	n := v.newNode(name, a&^Directory|Archive)
	if v.host != nil {
		if e := v.host.create(d, n); e != 0 {
			return nil, e
		}
	}
	v.link(d, n)
	if v.journal.on {
		v.journal.add(undo{kind: undoLink, node: n})
	}
	return n, 0
}

func (v *Volume) mkdir(d *node, name string) Error {
	if d.kids[name] != nil {
		return AccessDenied
	}
	n := v.newNode(name, Directory)
	n.kids = map[string]*node{}
	if v.host != nil {
		if e := v.host.mkdir(d, n); e != 0 {
			return e
		}
	}
	v.link(d, n)
	if v.journal.on {
		v.journal.add(undo{kind: undoLink, node: n})
	}
	return 0
}

// leave takes a PC from those that wait for a file.
func (v *Volume) leave(pc *PC) {
	for i, x := range v.patient {
		if x == pc {
			v.patient = append(v.patient[:i], v.patient[i+1:]...)
			return
		}
	}
}

// remove deletes a file that nobody has open.
func (v *Volume) remove(n *node) Error {
	switch {
	case n.isDir(), n.attr&ReadOnly != 0:
		return AccessDenied
	case n.opens != nil:
		return SharingViolation
	}
	return v.drop(n)
}

// rmdir deletes an empty directory.
func (v *Volume) rmdir(n *node) Error {
	if !n.isDir() {
		return PathNotFound
	}
	if n.parent == nil || len(n.kids) > 0 {
		return AccessDenied
	}
	return v.drop(n)
}

// drop unlinks a node and frees what the journal does not need.
func (v *Volume) drop(n *node) Error {
	if v.host != nil {
		if n.cold && v.journal.on { // a rollback must be able to write it again
			if e := v.host.warm(v, n); e != 0 {
				return e
			}
		}
		if e := v.host.remove(n); e != 0 {
			return e
		}
	}
	v.used -= n.clusters()
	if v.journal.on {
		v.unlink(n)
		v.journal.add(undo{kind: undoUnlink, node: n})
		if n.born == v.journal.epoch { // no mark will ever show its content
			v.releasePages(n)
			n.size = 0
		}
		return 0
	}
	v.unlink(n)
	v.releasePages(n)
	if !n.isDir() {
		v.free = append(v.free, n)
	}
	return 0
}

// clusters returns how many clusters a file takes.
func (n *node) clusters() int64 {
	if n.cold {
		return clustersFor(n.size)
	}
	return int64(len(n.pages))
}

func clustersFor(size int64) int64 { return (size + pageSize - 1) / pageSize }

func (v *Volume) releasePages(n *node) {
	for i := range n.pages {
		v.pool.put(n.pages[i])
		n.pages[i] = pageRef{}
	}
	n.pages = n.pages[:0]
}

// rename moves a file, or renames a directory in its place. An existing or
// open target refuses it, as does an open source; INT 21h/56h moves no
// directories.
func (v *Volume) rename(n, d *node, name string) Error {
	switch {
	case n.parent == nil, n.isDir() && d != n.parent:
		return AccessDenied
	case n.opens != nil:
		return SharingViolation
	}
	if t := d.kids[name]; t != nil {
		if t.opens != nil {
			return SharingViolation
		}
		return AccessDenied
	}
	if v.host != nil {
		if e := v.host.rename(n, d, name); e != 0 {
			return e
		}
	}
	if v.journal.on {
		v.journal.add(undo{kind: undoRename, node: n, dir: n.parent, index: n.slot, name: n.name})
	}
	v.move(n, d, name)
	return 0
}

// move gives the entry a new name: in its slot within one directory, in the
// first free slot of another.
func (v *Volume) move(n, d *node, name string) {
	if d == n.parent {
		delete(d.kids, n.name)
		n.name = name
		v.place(d, n, n.slot)
		return
	}
	v.unlink(n)
	n.name = name
	v.link(d, n)
}

func (v *Volume) setAttr(n *node, a Attr) Error {
	if a&Directory != n.attr&Directory && a&Directory != 0 || n.parent == nil {
		return AccessDenied
	}
	a = a&^Directory | n.attr&Directory
	if v.host != nil {
		if e := v.host.setAttr(n, a); e != 0 {
			return e
		}
	}
	v.touch(n)
	n.attr = a
	return 0
}

// closed ends a row of writes to a file: the time stamp is set now, when the
// directory entry is written, and the host file is let go when nobody has the
// file open.
func (v *Volume) closed(n *node, wrote bool) Error {
	if wrote && n.linked {
		v.touch(n)
		n.mtime = v.stamp()
		n.attr |= Archive
	}
	if v.host != nil {
		return v.host.closed(n)
	}
	return 0
}

// Free returns the bytes still free.
func (v *Volume) Free() int64 { return max(v.capacity-v.used, 0) * pageSize }

// Label returns the volume label.
func (v *Volume) Label() string { return v.label }

// SetOnline takes the volume's server off the network or brings it back.
// Operations of tasks on a mapped letter meet a critical error meanwhile
// (Q136041). Open files stay open.
func (v *Volume) SetOnline(on bool) { v.offline = !on }

// Online reports whether tasks can reach the volume.
func (v *Volume) Online() bool { return !v.offline }
