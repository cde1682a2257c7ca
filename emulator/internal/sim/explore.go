package sim

import (
	"time"

	"gwkit/emulator/schedule"
)

// Exploring lets a Decider choose which process runs next, at the grain of one
// operation on something that several processes use. Virtual time loses its
// meaning as a measure: a process that sleeps may be woken before its time,
// which stands for others being slow, and the clock moves only when nothing
// else can happen. Time-outs and timers run off in order, none early.
//
// Decision points are the operations announced with Proc.At on an object that
// Shared marks; everything between two of them is one atomic step, because it
// touches nothing that another process sees. Streams between two processes are
// no decision points: each has one reader and one writer and keeps their order,
// so no interleaving of its operations can be told from another. Only who
// listens when somebody connects can.
type Exploring struct {
	Decider schedule.Decider

	// Shared says which objects, by number, are decision points. Objects
	// beyond its end are none. nil: all are.
	Shared []bool

	// Quiet is asked when nothing is ready and time would have to move, and
	// before a sleeper is woken; true ends the run with StopHalted.
	Quiet func() bool

	// Read and Changed get, by object number, which processes read it and
	// which changed it: a bit for each process, by number modulo 64. Numbers
	// beyond their end are not recorded.
	Read, Changed []uint64

	// Number gives an address on the network its number among the objects;
	// nil: 0, no object.
	Number func(address string) int32

	Decisions  int // made so far
	Operations int // announced so far

	options []schedule.Option
	procs   []*Proc
	ready   []timer // due, in order
	chosen  *Proc
	running *Proc // was left at an operation so that others come to theirs
}

// Explore hands the choice of the next process to x; nil gives it back to the
// clock. Call it between two runs.
func (k *Kernel) Explore(x *Exploring) {
	if old := k.explore; old != nil {
		for _, t := range old.ready {
			k.timers.push(t)
		}
		old.ready, old.chosen = old.ready[:0], nil
	}
	k.explore = x
}

// At announces the operation that p is about to do on a numbered object; to is
// a second one or 0, dir the directory whose names it lists or changes or 0. In
// an explored run another process may run first.
func (p *Proc) At(op, object string, id, to, dir int32, access schedule.Access) {
	x := p.k.explore
	if x == nil {
		return
	}
	x.Operations++
	if access != schedule.None {
		for _, n := range [...]int32{id, to, dir} {
			if n != 0 {
				x.note(p, n, access)
			}
		}
	}
	if !x.shared(id) && !x.shared(to) && !x.shared(dir) {
		return
	}
	p.op, p.object, p.objectID, p.toID, p.dirID, p.access = op, object, id, to, dir, access
	p.k.decide(p)
	p.op, p.objectID, p.toID, p.dirID, p.access = "", 0, 0, 0, schedule.None
}

// AtAddress is At for an address on the network: who connects to it reads
// whether somebody listens, who begins or ends to listen writes.
func (p *Proc) AtAddress(op, address string, access schedule.Access) {
	if x := p.k.explore; x != nil && x.Number != nil {
		p.At(op, address, x.Number(address), 0, 0, access)
	}
}

// Explored reports whether a Decider chooses what runs.
func (k *Kernel) Explored() bool { return k.explore != nil }

func (x *Exploring) note(p *Proc, id int32, access schedule.Access) {
	if int(id) >= len(x.Read) {
		return
	}
	bit := uint64(1) << (p.id & 63)
	if access == schedule.Writes {
		x.Changed[id] |= bit
	} else {
		x.Read[id] |= bit
	}
}

func (x *Exploring) shared(id int32) bool {
	return id != 0 && (x.Shared == nil || int(id) < len(x.Shared) && x.Shared[id])
}

// decide asks, with p running, who goes on; p waits while it is another.
//
// A ready process that is not at a shared operation runs on to its next one
// first, and nobody is asked: nobody else sees what it does before, so in
// whatever order that happens the run is the same.
func (k *Kernel) decide(p *Proc) {
	x := k.explore
	switch {
	case len(x.ready) > 0 && x.ready[0].p == x.running && !x.ready[0].stale():
		// p was only brought to its operation; the one that ran stands first.
		k.seq++
		x.ready = append(x.ready, timer{at: k.now, seq: k.seq, p: p, gen: p.gen})
		p.park()
		return
	case k.gather() && !x.local():
		x.running = nil
		x.options, x.procs = x.options[:0], x.procs[:0]
		x.add(p, false)
		x.addReady()
		x.addSleepers(k)
		q := x.procs[x.choose(true)]
		if q == p {
			return
		}
		x.chosen = q
	default:
		x.running = p
	}
	// p keeps its place as the one that has been ready longest.
	k.seq++
	x.ready = append(x.ready, timer{})
	copy(x.ready[1:], x.ready)
	x.ready[0] = timer{at: k.now, seq: k.seq, p: p, gen: p.gen}
	p.park()
}

// local reports whether a ready process is not at a shared operation.
func (x *Exploring) local() bool {
	for i := range x.ready {
		if t := &x.ready[i]; t.p.op == "" && !t.stale() {
			return true
		}
	}
	return false
}

// choose asks the Decider, also when there is nothing to choose: it sees every
// operation.
func (x *Exploring) choose(running bool) int {
	if len(x.options) > 1 {
		x.Decisions++
	}
	c := x.Decider.Decide(x.options, running)
	if c < 0 || c >= len(x.options) {
		panic("the decider chose an option that there is not")
	}
	return c
}

func (x *Exploring) add(p *Proc, early bool) {
	x.procs = append(x.procs, p)
	o := schedule.Option{Who: p.name, Op: p.op, Object: p.object, Proc: p.id, ID: p.objectID, To: p.toID, Dir: p.dirID, Access: p.access, Early: early}
	if o.Op == "" {
		o.Op, o.Object = "go", ""
		if early {
			o.Op = "wake"
		}
	}
	x.options = append(x.options, o)
}

// addReady adds what is due and drops what no longer is.
func (x *Exploring) addReady() {
	live := x.ready[:0]
	for _, t := range x.ready {
		if t.stale() {
			continue
		}
		live = append(live, t)
		x.add(t.p, false)
	}
	x.ready = live
}

// firstLocal returns the index of the first process that is not at a shared
// operation, -1 when all are.
func (x *Exploring) firstLocal() int {
	for i, p := range x.procs {
		if p.op == "" {
			return i
		}
	}
	return -1
}

// addSleepers adds the sleeping processes in order of their time.
func (x *Exploring) addSleepers(k *Kernel) {
	from := len(x.procs)
	for _, p := range k.live {
		if !p.sleeping || p.dead || p.ended {
			continue
		}
		x.add(p, true)
		for i := len(x.procs) - 1; i > from && x.procs[i-1].due > x.procs[i].due; i-- {
			x.procs[i-1], x.procs[i] = x.procs[i], x.procs[i-1]
			x.options[i-1], x.options[i] = x.options[i], x.options[i-1]
		}
	}
}

// gather moves the processes that are due from the timers to the ready ones.
// It reports false when a timer of another kind is due first.
func (k *Kernel) gather() bool {
	x := k.explore
	for k.timers.len() > 0 && k.timers.min().at <= k.now {
		t := k.timers.min()
		if t.stale() {
			k.timers.pop()
			continue
		}
		if t.fn != nil {
			return false
		}
		t.p.sleeping = false
		x.ready = append(x.ready, *t)
		k.timers.pop()
	}
	return true
}

// runExplored is Run while a Decider chooses.
func (k *Kernel) runExplored(until Time) Stop {
	x := k.explore
	for {
		k.reap()
		k.limit = until
		switch {
		case k.err != nil:
			return StopPanic
		case k.halt:
			return StopHalted
		case k.maxSteps > 0 && k.steps >= k.maxSteps:
			return StopSteps
		}
		if q := x.chosen; q != nil {
			x.chosen = nil
			if !q.dead && !q.ended {
				k.go1(q)
				continue
			}
		}
		if !k.gather() {
			k.dispatch(k.timers.pop())
			continue
		}
		x.options, x.procs = x.options[:0], x.procs[:0]
		x.addReady()
		if i := x.firstLocal(); i >= 0 {
			k.go1(x.procs[i])
			continue
		}
		if len(x.procs) > 0 {
			running := x.procs[0] == x.running // it stands first since it was left
			x.running = nil
			x.addSleepers(k)
			k.go1(x.procs[x.choose(running)])
			continue
		}
		if x.Quiet != nil && x.Quiet() {
			return StopHalted
		}
		for k.timers.len() > 0 && k.timers.min().stale() {
			k.timers.pop()
		}
		if k.timers.len() == 0 {
			if k.hasLive() {
				return StopBlocked
			}
			return StopIdle
		}
		next := k.timers.min()
		if next.at > until {
			k.now = max(k.now, until)
			return StopTime
		}
		if next.p != nil && next.p.sleeping {
			x.addSleepers(k)
			if x.procs[0] == next.p {
				if q := x.procs[x.choose(false)]; q != next.p {
					k.go1(q)
					continue
				}
			}
		}
		k.now = max(k.now, next.at)
	}
}

// go1 resumes a ready or sleeping process. Its timers are stale from here on.
func (k *Kernel) go1(p *Proc) {
	p.sleeping = false
	k.steps++
	k.resume(p)
}

// sleepExplored is Sleep while a Decider chooses.
func (p *Proc) sleepExplored(d time.Duration) {
	if d <= 0 {
		return
	}
	k := p.k
	p.due = k.now.Add(d)
	k.push(timer{at: p.due, p: p, gen: p.gen})
	p.sleeping = true
	p.park()
	p.sleeping = false
}

// Reset makes the kernel as good as new at time start, keeping what costs time
// to make. All processes are ended; listeners and connections are gone.
func (k *Kernel) Reset(start Time) {
	for len(k.live) > 0 {
		for _, p := range k.live {
			k.Kill(p)
		}
		k.reap()
	}
	clear(k.timers.v)
	k.timers.v = k.timers.v[:0]
	k.start, k.now, k.limit, k.seq, k.steps, k.switches, k.events, k.nextID = start, start, start, 0, 0, 0, 0, 0
	k.digest.Reset()
	k.halt, k.err = false, nil
	clear(k.rands)
	k.net.reset()
	if x := k.explore; x != nil {
		clear(x.ready)
		x.ready, x.chosen, x.running, x.Decisions, x.Operations = x.ready[:0], nil, nil, 0, 0
	}
}
