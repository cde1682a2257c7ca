package explore

import "gwkit/emulator/schedule"

// order keeps a fingerprint of the happens-before order of a run: each operation
// is hashed with what came before it in its process and with the conflicting
// operations before it, and the hashes are added up, so that runs which differ
// only in the order of operations that do not conflict have the same one.
//
// The hash holds no number that a Subject gives out (objects, directories,
// processes), only names of processes and shapes of the order: two Subjects of
// one factory agree on it.
type order struct {
	sum     uint64 // over all operations
	clock   uint64 // the last wake: each wake moves the clock, which all can read
	gen     uint32 // stamps below are good when equal
	procs   []chain
	seen    []int // processes of this run
	objects []accesses
	dirs    []accesses // writes: changes of names; reads: listings
}

// Each role of a hash has a salt of its own: without, an operation would cancel
// what came before it out where both are of one process.
const (
	salt1 = 0x9E3779B97F4A7C15
	salt2 = 0xC2B2AE3D27D4EB4F
	salt3 = 0x165667B19E3779F9
	salt4 = 0xD6E8FEB86659FD93
	salt5 = 0x5851F42D4C957F2D
	salt6 = 0xA0761D6478BD642F
	salt7 = 0xE7037ED1A0B428DB
	salt8 = 0x8EBC6AF09C88C6E3
)

type chain struct {
	hash, who uint64
	gen       uint32
}

type accesses struct {
	write uint64 // hash of the last write; of a directory the sum of changes
	reads uint64 // sum of the reads since; of a directory the sum of listings
	gen   uint32
}

// reset forgets the run.
func (o *order) reset() {
	o.sum, o.clock, o.seen = 0, 0, o.seen[:0]
	if o.gen++; o.gen == 0 {
		clear(o.procs)
		clear(o.objects)
		clear(o.dirs)
		o.gen = 1
	}
}

// event adds the operation of p, which runs now.
func (o *order) event(p *schedule.Option) {
	for p.Proc >= len(o.procs) {
		o.procs = append(o.procs, chain{})
	}
	c := &o.procs[p.Proc]
	if c.gen != o.gen {
		*c = chain{hash: o.identity(p), who: hashText(p.Who), gen: o.gen}
		o.seen = append(o.seen, p.Proc)
	}
	h := o.hash(p, c.hash)
	c.hash = h
	o.sum += mix(h ^ salt5)
	writes := p.Access == schedule.Writes
	if p.ID != 0 {
		at(&o.objects, p.ID, o.gen).enter(h, writes)
	}
	if p.To != 0 {
		at(&o.objects, p.To, o.gen).enter(h, writes)
	}
	if p.Dir != 0 {
		if a := at(&o.dirs, p.Dir, o.gen); writes {
			a.write += mix(h ^ salt7)
		} else {
			a.reads += mix(h ^ salt8)
		}
	}
	if moves(p) {
		o.clock = h
	}
}

// after returns what event would make of the sum, and of the process.
func (o *order) after(p *schedule.Option) (sum, process uint64) {
	h := o.hash(p, o.of(p))
	return o.sum + mix(h^salt5), h
}

// hash is that of an operation with what comes before it: in its process, whose
// hash is before, and in conflict with it.
func (o *order) hash(p *schedule.Option, before uint64) uint64 {
	h := mix(before + o.clock*salt1)
	writes := p.Access == schedule.Writes
	if p.ID != 0 {
		h = o.look(o.objects, p.ID).before(h, writes)
	}
	if p.To != 0 {
		h = o.look(o.objects, p.To).before(h, writes)
	}
	if p.Dir != 0 {
		if a := o.look(o.dirs, p.Dir); writes {
			h = mix(h + a.reads*salt3)
		} else {
			h = mix(h + a.write*salt4)
		}
	}
	if moves(p) {
		h = mix(h + o.sum*salt2)
	}
	return h
}

var untouched accesses

// look is at for reading only.
func (o *order) look(all []accesses, id int32) *accesses {
	if int(id) < len(all) && all[id].gen == o.gen {
		return &all[id]
	}
	return &untouched
}

func (a *accesses) before(h uint64, writes bool) uint64 {
	h += a.write * salt1
	if writes {
		h += a.reads * salt2
	}
	return mix(h)
}

func (a *accesses) enter(h uint64, writes bool) {
	if writes {
		a.write, a.reads = h, 0
	} else {
		a.reads += mix(h ^ salt6)
	}
}

func at(all *[]accesses, id int32, gen uint32) *accesses {
	for int(id) >= len(*all) {
		*all = append(*all, accesses{})
	}
	a := &(*all)[id]
	if a.gen != gen {
		*a = accesses{gen: gen}
	}
	return a
}

// identity is the hash of a process before its first operation: of its name,
// and how many of that name were before it.
func (o *order) identity(p *schedule.Option) uint64 {
	who, same := hashText(p.Who), uint64(0)
	for _, i := range o.seen {
		if o.procs[i].who == who {
			same++
		}
	}
	return mix(who + same)
}

// of returns the hash of a process as it stands.
func (o *order) of(p *schedule.Option) uint64 {
	if p.Proc < len(o.procs) && o.procs[p.Proc].gen == o.gen {
		return o.procs[p.Proc].hash
	}
	return o.identity(p)
}

// conflict says whether the order of two operations can matter.
func conflict(a, b *schedule.Option) bool {
	if moves(a) || moves(b) {
		return true
	}
	writes := a.Access == schedule.Writes || b.Access == schedule.Writes
	if writes && (same(a.ID, b.ID) || same(a.ID, b.To) || same(a.To, b.ID) || same(a.To, b.To)) {
		return true
	}
	// A listing and a change; two changes of names do not conflict, nor do two listings.
	return same(a.Dir, b.Dir) && (a.Access == schedule.Writes) != (b.Access == schedule.Writes)
}

// moves says that an option moves the clock.
func moves(p *schedule.Option) bool { return p.ID == 0 && p.Dir == 0 && p.Op == "wake" }

func same(a, b int32) bool { return a != 0 && a == b }

// hashText is FNV-1a.
func hashText(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
