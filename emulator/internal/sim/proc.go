package sim

import (
	"time"

	"gwkit/emulator/schedule"
)

// Proc is a simulated process. Its methods are for the process itself.
type Proc struct {
	k         *Kernel
	name      string
	id        int
	gen       uint32 // grows at each resume: older timers of this process are stale
	fn        func(*Proc)
	c         *coroutine // nil: it never ran
	dead      bool
	ended     bool
	daemon    bool
	waiting   bool
	signalled bool
	wait      Wait
	since     Time
	done      Cond

	// In an explored run: whether it sleeps, until when, and the operation it
	// is about to do.
	sleeping              bool
	due                   Time
	op, object            string
	objectID, toID, dirID int32
	access                schedule.Access
}

// Wait says what a blocked process waits for and who holds it, if anybody.
type Wait struct {
	For    string // "key", "accept", "read", "file", "program"
	Object string // the file, address or program
	HeldBy string // PC or process that holds it, "" when nobody does
}

// Waiting is one line of the wait-for list.
type Waiting struct {
	Process string
	Wait
	Since Time
}

// Go starts a process. It runs for the first time when the scheduler reaches
// the present instant again, after events already due.
func (k *Kernel) Go(name string, fn func(*Proc)) *Proc {
	k.nextID++
	p := &Proc{k: k, name: name, id: k.nextID, fn: fn}
	k.live = append(k.live, p)
	k.push(timer{at: k.now, p: p, gen: p.gen})
	return p
}

// Daemon marks a process that does not keep a run alive: when only daemons
// are left and nothing is due, the run is idle, not blocked.
func (p *Proc) Daemon() { p.daemon = true }

// Kernel returns the kernel that runs p.
func (p *Proc) Kernel() *Kernel { return p.k }

// Name returns the name given to Go.
func (p *Proc) Name() string { return p.name }

// SetName renames the process: a PC that spawns a program shows as that
// program until it ends.
func (p *Proc) SetName(name string) { p.name = name }

// Dead reports whether p was killed.
func (p *Proc) Dead() bool { return p.dead }

// Ended reports whether p has returned or was unwound.
func (p *Proc) Ended() bool { return p.ended }

// Now returns the virtual time.
func (p *Proc) Now() Time { return p.k.now }

// Check panics with the kill sentinel when p is dead. Layers above call it
// before they let an operation of p have an effect.
func (p *Proc) Check() {
	if p.dead {
		panic(killed{})
	}
}

// Kill ends a process at once, as a power cut does: it never acts again. It
// may be called from any process, also from p itself, or from the scheduler.
func (k *Kernel) Kill(p *Proc) {
	if p.ended || p.dead {
		return
	}
	p.dead = true
	p.gen++
	p.waiting = false
	if k.cur == p {
		panic(killed{})
	}
	k.doomed = append(k.doomed, p)
	k.limit = min(k.limit, k.now) // the scheduler unwinds it before time moves
}

// Sleep lets d of virtual time pass. When nothing else is due before that,
// the clock moves on without a switch; an event due at the same instant runs
// first.
func (p *Proc) Sleep(d time.Duration) {
	k := p.k
	p.Check()
	if k.explore != nil {
		p.sleepExplored(d)
		return
	}
	if d < 0 {
		d = 0
	}
	t := k.now.Add(d)
	for k.timers.len() > 0 && k.timers.min().at <= t && k.timers.min().stale() {
		k.timers.pop()
	}
	if t <= k.limit && (k.timers.len() == 0 || k.timers.min().at > t) && (k.maxSteps == 0 || k.steps < k.maxSteps) {
		k.now = t
		k.steps++
		return
	}
	k.push(timer{at: t, p: p, gen: p.gen})
	p.park()
}

// Yield is a point at which another process may run first. It costs nothing
// unless the kernel asks its chooser about ties.
func (p *Proc) Yield() {
	p.Check()
	if p.k.ties {
		p.k.push(timer{at: p.k.now, p: p, gen: p.gen})
		p.park()
	}
}

func (p *Proc) park() {
	p.Check()
	if !p.c.yield(struct{}{}) {
		p.dead = true
	}
	p.Check()
}

// Join waits until q has ended.
func (p *Proc) Join(q *Proc) {
	for !q.ended {
		q.done.Wait(p, Wait{For: "program", Object: q.name}, -1)
	}
}

// Cond is something processes wait for. The zero value is ready. Waiters wake
// in the order in which they came.
type Cond struct {
	ws    []waiter
	first [1]waiter // where ws begins: most have one waiter at most
}

type waiter struct {
	p   *Proc
	gen uint32
}

// Wait blocks p until the condition is broadcast, or for timeout of virtual
// time; a negative timeout waits for ever. It reports false on time-out. The
// caller checks its own predicate again.
func (c *Cond) Wait(p *Proc, w Wait, timeout time.Duration) bool {
	p.Check()
	if timeout == 0 {
		return false
	}
	k := p.k
	if c.ws == nil {
		c.ws = c.first[:0]
	}
	c.ws = append(c.ws, waiter{p, p.gen})
	var at Time
	if timeout > 0 {
		at = k.now.Add(timeout)
		k.push(timer{at: at, p: p, gen: p.gen})
	}
	p.waiting, p.wait, p.since = true, w, k.now
	p.signalled = false
	p.park()
	p.waiting = false
	if p.signalled {
		return true
	}
	c.drop(p)
	return false
}

func (c *Cond) drop(p *Proc) {
	for i := range c.ws {
		if c.ws[i].p == p {
			c.ws = append(c.ws[:i], c.ws[i+1:]...)
			return
		}
	}
}

// Broadcast wakes all waiters at the present instant.
func (c *Cond) Broadcast(k *Kernel) {
	for _, w := range c.ws {
		c.wake(k, w)
	}
	c.ws = c.ws[:0]
}

// Signal wakes the first waiter that still waits.
func (c *Cond) Signal(k *Kernel) {
	for len(c.ws) > 0 {
		w := c.ws[0]
		c.ws = append(c.ws[:0], c.ws[1:]...)
		if c.wake(k, w) {
			return
		}
	}
}

// Waiters returns how many processes wait.
func (c *Cond) Waiters() int { return len(c.ws) }

func (c *Cond) wake(k *Kernel, w waiter) bool {
	p := w.p
	if p.gen != w.gen || p.dead || p.ended {
		return false
	}
	p.gen++ // a time-out still queued is stale from here on
	p.signalled = true
	k.push(timer{at: k.now, p: p, gen: p.gen})
	return true
}

// Waits lists the blocked processes in order of creation.
func (k *Kernel) Waits() []Waiting {
	var out []Waiting
	for _, p := range k.live {
		if p.waiting {
			out = append(out, Waiting{p.name, p.wait, p.since})
		}
	}
	return out
}
