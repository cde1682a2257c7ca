package dos

import "time"

// Mode is the mode byte of INT 21h/3Dh: access and share mode together, such
// as ReadWrite|DenyAll.
type Mode uint8

// Access: what the opener will do.
const (
	Read      Mode = 0
	Write     Mode = 1
	ReadWrite Mode = 2
)

// Share mode: what the opener denies to others. Compat is the mode of every
// program that does not know better.
const (
	Compat    Mode = 0x00
	DenyAll   Mode = 0x10
	DenyWrite Mode = 0x20
	DenyRead  Mode = 0x30
	DenyNone  Mode = 0x40
)

func (m Mode) access() Mode { return m & 3 }
func (m Mode) share() Mode  { return m & 0x70 }
func (m Mode) reads() bool  { return m.access() != Write }
func (m Mode) writes() bool { return m.access() != Read }

// valid reports whether DOS knows the mode; others are InvalidFunction.
func (m Mode) valid() bool { return m&0x8c == 0 && m.access() != 3 && m.share() <= DenyNone }

var accessNames = [...]string{"r", "w", "rw"}
var shareNames = [...]string{"compat", "deny-all", "deny-write", "deny-read", "deny-none"}

// String prints the mode like "rw deny-write".
func (m Mode) String() string {
	if !m.valid() {
		return "invalid"
	}
	return accessNames[m.access()] + " " + shareNames[m.share()>>4]
}

// denies reports whether an open with mode m forbids access a to others.
func (m Mode) denies(a Mode) bool {
	switch m.share() {
	case DenyAll:
		return true
	case DenyWrite:
		return a.writes()
	case DenyRead:
		return a.reads()
	}
	return false
}

// verdict of SHARE on an open.
type verdict uint8

const (
	allowed  verdict = iota
	refused          // error SharingViolation
	critical         // INT 24h on the opener's PC
)

// conflict judges a second open against one that exists, by SHARE's matrix as
// the DOS programmer's references print it. same: both from one PC.
// protected: the file has the read-only attribute, which turns a read-only
// compatibility open into deny-none.
//
// A compatibility-mode open shares with other such opens of its own PC only:
// two PCs that use one fixed name meet here. inferred from Q132060
func conflict(first, second Mode, same, protected bool) verdict {
	harmless := protected && first.access() == Read && second.access() == Read
	switch {
	case first.share() == Compat && second.share() == Compat:
		if same || harmless {
			return allowed
		}
		return critical
	case second.share() == Compat:
		if harmless && (first.share() == DenyWrite || first.share() == DenyNone) {
			return allowed
		}
		return critical
	case first.share() == Compat:
		if harmless && (second.share() == DenyWrite || second.share() == DenyNone) {
			return allowed
		}
		return refused
	case first.denies(second) || second.denies(first):
		return refused
	}
	return allowed
}

// handle is one entry of a volume's open-file table.
type handle struct {
	v          *Volume
	node       *node
	next, prev *handle
	pc         *PC    // nil: an observer
	who        string // "GW1/SMTPGET"
	since      int64  // Unix seconds
	mode       Mode
	wrote      bool
	stale      bool // its PC is dead, the server does not know yet
	gone       bool // no longer in the table
}

// attach enters h at the end of the node's list.
func (h *handle) attach(v *Volume, n *node) {
	h.v, h.node, h.since = v, n, v.clock().Unix()
	if n.opens == nil {
		n.opens = h
		return
	}
	last := n.opens
	for last.next != nil {
		last = last.next
	}
	last.next, h.prev = h, last
}

// detach takes h out of the table, with its locks.
func (h *handle) detach() {
	n := h.node
	if h.prev == nil {
		n.opens = h.next
	} else {
		h.prev.next = h.next
	}
	if h.next != nil {
		h.next.prev = h.prev
	}
	h.next, h.prev, h.gone = nil, nil, true
	for _, pc := range h.v.patient {
		pc.keyed.Broadcast(pc.k)
	}
	if len(n.locks) > 0 {
		kept := n.locks[:0]
		for _, l := range n.locks {
			if l.h != h {
				kept = append(kept, l)
			}
		}
		clear(n.locks[len(kept):])
		n.locks = kept
	}
}

// close ends an open in good order.
func (h *handle) close() Error {
	if h.gone {
		return InvalidHandle
	}
	h.detach()
	if h.wrote || h.v.host != nil {
		return h.v.closed(h.node, h.wrote)
	}
	return 0
}

// release ends an open of a dead PC: nothing is stamped. invented: the file keeps
// the size it had grown to, on a local disk too, where FAT would lose it.
func (h *handle) release() {
	if h.gone {
		return
	}
	h.detach()
	if h.v.host != nil {
		h.v.host.closed(h.node)
	}
}

// judge asks SHARE about a new open and returns who is in the way. unchecked
// opens are those of a PC's own disk without SHARE loaded.
func (n *node) judge(pc *PC, m Mode, unchecked bool) (verdict, *handle) {
	if unchecked {
		return allowed, nil
	}
	for h := n.opens; h != nil; h = h.next {
		if h.pc == nil {
			continue // observers do not count
		}
		if w := conflict(h.mode, m, h.pc == pc && !h.stale, n.attr&ReadOnly != 0); w != allowed {
			return w, h
		}
	}
	return allowed, nil
}

// lock is one locked byte range.
type lock struct {
	h      *handle
	off, n int64
}

func overlap(a, an, b, bn int64) bool { return a < b+bn && b < a+an }

// lockedFor reports whether another handle has locked part of the range.
func (n *node) lockedFor(h *handle, off, size int64) *handle {
	for i := range n.locks {
		if l := &n.locks[i]; l.h != h && overlap(l.off, l.n, off, size) {
			return l.h
		}
	}
	return nil
}

// lock takes a byte range, also beyond the end of the file. Ranges may not
// overlap, not even with the handle's own.
func (h *handle) lock(off, size int64) Error {
	if off < 0 || size <= 0 {
		return InvalidFunction
	}
	for i := range h.node.locks {
		if l := &h.node.locks[i]; overlap(l.off, l.n, off, size) {
			return LockViolation
		}
	}
	h.node.locks = append(h.node.locks, lock{h, off, size})
	return 0
}

// unlock gives up a range; it must be one that was locked as such.
func (h *handle) unlock(off, size int64) Error {
	for i, l := range h.node.locks {
		if l == (lock{h, off, size}) {
			h.node.locks = append(h.node.locks[:i], h.node.locks[i+1:]...)
			return 0
		}
	}
	return LockViolation
}

// Holder says who has a file open.
type Holder struct {
	PC      string // "" for an observer
	Program string // "SMTPGET"
	Mode    Mode
	Since   time.Time
	Stale   bool // the PC is dead and the server has not noticed
}

// Holders lists who has the file open, oldest open first; nil when nobody has
// it open or there is no such file.
func (v *Volume) Holders(path string) []Holder {
	n, err := v.at("holders", path)
	if err != nil {
		return nil
	}
	var out []Holder
	for h := n.opens; h != nil; h = h.next {
		o := Holder{Mode: h.mode, Since: time.Unix(h.since, 0).In(v.loc), Stale: h.stale}
		if h.pc != nil {
			o.PC, o.Program = h.pc.o.Name, programOf(h.who)
		}
		out = append(out, o)
	}
	return out
}
