package dos

import "fmt"

// Mark is a point to roll back to. It is good until DropJournal, or until a
// rollback to an earlier mark.
type Mark struct {
	at   int
	used int64
	id   uint64 // identity of the journal, so that a stale mark is noticed
}

// journal records the inverse of each mutation. An epoch runs from one mark
// to the next: a file's state is saved at its first change in an epoch, a page
// at its first overwriting, and what was made within the epoch needs neither.
type journal struct {
	on    bool
	epoch uint32
	id    uint64
	log   []undo
	named []snapshot
}

type snapshot struct {
	name string
	mark Mark
}

type undoKind uint8

const (
	undoLink   undoKind = iota // the node was put into its directory
	undoUnlink                 // the node was taken out of its slot
	undoRename                 // it was name in slot index of dir
	undoState                  // it had this size, time and attributes
	undoPage                   // its page index was this
)

type undo struct {
	kind  undoKind
	attr  Attr
	index int
	node  *node
	dir   *node
	name  string
	size  int64
	mtime int64
	page  pageRef
}

func (j *journal) add(u undo) { j.log = append(j.log, u) }

// touch saves a node's state before its first change in this epoch.
func (v *Volume) touch(n *node) {
	j := &v.journal
	if !j.on || n.touched == j.epoch || n.born == j.epoch {
		return
	}
	n.touched, n.base = j.epoch, n.size
	j.add(undo{kind: undoState, node: n, size: n.size, mtime: n.mtime, attr: n.attr})
}

// Mark starts the journal if need be and returns the present point.
func (v *Volume) Mark() Mark {
	j := &v.journal
	if !j.on {
		j.on = true
		j.id++
	}
	j.epoch++
	return Mark{len(j.log), v.used, j.id}
}

// Rollback undoes everything since the mark, in constant time for each
// operation. All opens and locks on the volume are dropped: roll back only
// when the PCs are off. A mark that is no longer good panics.
func (v *Volume) Rollback(m Mark) {
	j := &v.journal
	if !j.on || m.id != j.id || m.at > len(j.log) {
		panic("dos: rollback to a mark that is no longer good")
	}
	for i := len(j.log) - 1; i >= m.at; i-- {
		v.undo(&j.log[i])
		j.log[i] = undo{}
	}
	j.log = j.log[:m.at]
	v.used = m.used
	for len(j.named) > 0 && j.named[len(j.named)-1].mark.at > m.at {
		j.named = j.named[:len(j.named)-1]
	}
	j.epoch++
	if v.host != nil {
		v.host.rewrite(v)
	}
}

func (v *Volume) undo(u *undo) {
	n := u.node
	for n.opens != nil {
		n.opens.gone = true
		n.opens.detach()
	}
	n.locks = n.locks[:0]
	switch u.kind {
	case undoLink:
		if v.host != nil {
			v.host.undo(n, v.host.remove(n))
		}
		v.unlink(n)
		v.releasePages(n)
		if !n.isDir() {
			v.free = append(v.free, n)
		}
	case undoUnlink:
		n.parent.slots[n.slot] = n
		v.place(n.parent, n, n.slot)
		if v.host != nil {
			v.host.restore(v, n)
		}
	case undoRename:
		if v.host != nil {
			v.host.undo(n, v.host.rename(n, u.dir, u.name))
		}
		if n.parent == u.dir {
			v.move(n, u.dir, u.name)
			return
		}
		v.unlink(n)
		n.name = u.name
		u.dir.slots[u.index] = n
		v.place(u.dir, n, u.index)
	case undoState:
		keep := int(clustersFor(u.size))
		for i := keep; i < len(n.pages); i++ {
			v.pool.put(n.pages[i])
			n.pages[i] = pageRef{}
		}
		if len(n.pages) > keep {
			n.pages = n.pages[:keep]
		}
		n.size, n.mtime, n.attr = u.size, u.mtime, u.attr
		if v.host != nil {
			v.host.dirty(n)
		}
	case undoPage:
		for len(n.pages) <= u.index {
			n.pages = append(n.pages, pageRef{})
		}
		v.pool.put(n.pages[u.index])
		n.pages[u.index] = u.page
	}
}

// DropJournal forgets all marks and snapshots and stops recording.
func (v *Volume) DropJournal() {
	j := &v.journal
	for i := range j.log {
		u := &j.log[i]
		v.pool.put(u.page)
		if u.kind == undoUnlink && !u.node.linked {
			v.releasePages(u.node)
		}
		*u = undo{}
	}
	j.on, j.log, j.named = false, j.log[:0], nil
	j.epoch++ // a file of the last epoch is no newer than the next mark
}

// Snapshot names the present state; a name used before moves here.
func (v *Volume) Snapshot(name string) {
	j := &v.journal
	for i := range j.named {
		if j.named[i].name == name {
			j.named = append(j.named[:i], j.named[i+1:]...)
			break
		}
	}
	j.named = append(j.named, snapshot{name, v.Mark()})
}

// Restore rolls back to a snapshot, which stays; later ones are gone.
func (v *Volume) Restore(name string) error {
	for i, s := range v.journal.named {
		if s.name == name {
			v.journal.named = v.journal.named[:i+1]
			v.Rollback(s.mark)
			return nil
		}
	}
	return fmt.Errorf("cannot restore snapshot %q: there is none of that name", name)
}

// Snapshots lists the names, oldest first.
func (v *Volume) Snapshots() []string {
	var out []string
	for _, s := range v.journal.named {
		out = append(out, s.name)
	}
	return out
}
