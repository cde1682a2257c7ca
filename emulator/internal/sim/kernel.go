// Package sim is the simulation kernel: virtual time, processes, choices and
// the streams between hosts.
//
// # Goals
//
// One scheduler loop owns the clock. Processes are straight-line functions on
// coroutines (iter.Pull); exactly one runs at any moment, and it gives up
// control only inside a kernel call: Sleep, Yield, waiting on a Cond, a stream
// operation. Timers order by time, then by the sequence in which they were
// set. Every decision is one call of Choose; random numbers come from streams
// keyed by seed and name. So the same inputs give the same run, and the digest
// of its events says so.
//
// The same kernel runs paced by the wall clock with real sockets at its edge
// (Serve, ListenReal, DialReal), so no program exists twice. A foreign server
// that insists on goroutines and net.Conn (Foreign) is driven in lock-step: it
// runs only while the kernel waits for it, at one instant of virtual time.
//
// # Non-goals
//
// No parallelism inside a kernel; run many kernels instead. No DOS, no mail.
//
// # Rules for callers
//
//   - Only a process calls the methods of its own *Proc, and only while it runs.
//   - A killed process unwinds by panic with a private sentinel. Its deferred
//     functions run, but every kernel call of a dead process panics again
//     without effect: a power cut must not tidy up.
//   - No mutex, channel, real I/O or time.Sleep inside a process.
//
// # Why
//
// Coroutines instead of goroutines with channels: a third of the cost, and a
// blocked system is an empty timer queue instead of a hang. Instead of state
// machines: programs read like the documents that describe them.
package sim

import (
	"fmt"
	"runtime/debug"
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/trace"
)

// Time is virtual nanoseconds since the Unix epoch.
type Time int64

// Add returns t moved by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns t - u.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Forever is later than any time a run reaches.
const Forever = Time(1<<63 - 1)

// Chooser makes the decisions of a run: a number from 0 to n-1. The label
// names the decision ("tie", "arrival"), for schedules that a person reads.
type Chooser interface {
	Choose(n int, label string) int
}

// Options of a kernel. The zero value is a run that starts at the Unix epoch
// in UTC with seed 0, always takes the first choice and has no budget.
type Options struct {
	Start    time.Time  // virtual start; its location is the zone of the PCs
	Seed     uint64     // key of all random streams
	Chooser  Chooser    // nil: always 0, which is order of time, then sequence
	Ties     bool       // ask the chooser which of several events due at one instant runs first
	MaxSteps uint64     // events handled before the run stops with StopSteps; 0: no limit
	Sink     trace.Sink // receives the events; nil: digest only
	Faults   Faults     // asked at every stream operation; nil: none
}

// Faults is asked before an operation what goes wrong with it.
type Faults interface {
	Active() bool
	At(*fault.Point) fault.Effect
}

// Stop says why a run ended.
type Stop int

// The reasons. StopBlocked is a deadlock: processes live, none can ever run.
const (
	StopTime    Stop = iota // the time given was reached
	StopIdle                // no process lives and no timer is set
	StopBlocked             // processes wait for what can no longer happen
	StopSteps               // the step budget ran out
	StopHalted              // Halt was called
	StopPanic               // a process panicked: see Err
)

var stopNames = [...]string{"time reached", "idle", "blocked", "step budget used up", "halted", "internal error"}

func (s Stop) String() string { return stopNames[s] }

// Kernel runs processes in virtual time.
type Kernel struct {
	now, start Time
	limit      Time // no process moves the clock past this without the scheduler
	loc        *time.Location
	seed       uint64
	seq        uint64
	steps      uint64
	maxSteps   uint64
	switches   uint64
	timers     timerHeap
	chooser    Chooser
	ties       bool
	tied       []timer
	sink       trace.Sink
	event      trace.Event
	events     uint64
	digest     trace.Digest
	faults     Faults
	live       []*Proc // every process not yet ended, in order of creation
	doomed     []*Proc
	spare      []*coroutine // of processes that have ended
	cur        *Proc
	halt       bool
	err        error
	rands      map[string]*Rand
	net        *Net
	real       *pacer // nil in virtual time
	explore    *Exploring
	nextID     int
}

// New returns a kernel.
func New(o Options) *Kernel {
	if o.Start.IsZero() {
		o.Start = time.Unix(0, 0).UTC()
	}
	k := &Kernel{
		now: Time(o.Start.UnixNano()), loc: o.Start.Location(), seed: o.Seed, chooser: o.Chooser,
		ties: o.Ties && o.Chooser != nil, maxSteps: o.MaxSteps, sink: o.Sink, faults: o.Faults,
		rands: map[string]*Rand{},
	}
	k.start = k.now
	k.net = newNet(k)
	return k
}

// Now returns the virtual time.
func (k *Kernel) Now() Time { return k.now }

// Start returns the virtual time at which the run began.
func (k *Kernel) Start() Time { return k.start }

// Clock returns the virtual time in the zone of the run.
func (k *Kernel) Clock() time.Time { return time.Unix(0, int64(k.now)).In(k.loc) }

// Steps returns how many events the run has handled, Switches how many of
// them changed the running process.
func (k *Kernel) Steps() uint64    { return k.steps }
func (k *Kernel) Switches() uint64 { return k.switches }

// Digest returns the running digest of all emitted events.
func (k *Kernel) Digest() uint64 { return k.digest.Sum() }

// Err returns what stopped the run when Run said StopPanic: a *PanicError.
func (k *Kernel) Err() error { return k.err }

// Net returns the network between the hosts of this run.
func (k *Kernel) Net() *Net { return k.net }

// SetSink replaces the sink of trace events; nil turns the trace off. The
// digest runs on either way.
func (k *Kernel) SetSink(s trace.Sink) { k.sink = s }

// Emit records one event at the present instant.
func (k *Kernel) Emit(who, op, object, result string, size int) {
	k.emit(who, op, object, result, size, "")
}

// EmitPrompt is Emit for a prompt, with the operation that met the error.
func (k *Kernel) EmitPrompt(who, during, object, result string) {
	k.emit(who, "prompt", object, result, 0, during)
}

func (k *Kernel) emit(who, op, object, result string, size int, during string) {
	k.events++
	k.digest.Uint(uint64(k.now) ^ uint64(size)<<40)
	k.digest.String(who)
	k.digest.String(op)
	k.digest.String(object)
	if result != "" {
		k.digest.String(result)
	}
	if k.sink != nil {
		k.event = trace.Event{Step: k.events, Time: int64(k.now), Who: who, Op: op, Object: object, Result: result, Size: size, During: during}
		k.sink.Event(&k.event)
	}
}

// Choose makes one decision. n below 2 is no decision and returns 0.
func (k *Kernel) Choose(n int, label string) int {
	if n < 2 || k.chooser == nil {
		return 0
	}
	c := k.chooser.Choose(n, label)
	if c < 0 || c >= n {
		panic(fmt.Sprintf("the chooser answered %d to a choice of %d (%s)", c, n, label))
	}
	k.digest.Uint(uint64(c))
	return c
}

// Halt makes the present Run return StopHalted before the next event.
func (k *Kernel) Halt() {
	k.halt = true
	k.limit = k.now
}

// At calls fn on the scheduler at time t, or now if t has passed. fn must not
// block; it may wake and start processes.
func (k *Kernel) At(t Time, fn func()) {
	if t < k.now {
		t = k.now
	}
	k.push(timer{at: t, fn: fn})
}

// After is At with a span instead of a time.
func (k *Kernel) After(d time.Duration, fn func()) { k.At(k.now.Add(d), fn) }

func (k *Kernel) push(t timer) {
	k.seq++
	t.seq = k.seq
	k.timers.push(t)
}

// Run handles events until the virtual time reaches until, nothing can happen
// any more, a budget runs out or a process panics. It may be called again to
// go on.
func (k *Kernel) Run(until Time) Stop {
	k.halt = false
	if k.explore != nil {
		return k.runExplored(until)
	}
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
		t, ok := k.take(until)
		if !ok {
			if k.timers.len() > 0 || (until != Forever && k.hasLive()) {
				if until > k.now {
					k.now = until
				}
				if k.timers.len() == 0 {
					return StopBlocked
				}
				return StopTime
			}
			if k.hasLive() {
				return StopBlocked
			}
			return StopIdle
		}
		k.dispatch(t)
	}
}

func (k *Kernel) dispatch(t timer) {
	if t.at > k.now {
		k.now = t.at
	}
	k.steps++
	if t.fn != nil {
		t.fn()
		return
	}
	k.resume(t.p)
}

func (k *Kernel) hasLive() bool {
	for _, p := range k.live {
		if !p.daemon {
			return true
		}
	}
	return false
}

// take pops the next live timer due by until.
func (k *Kernel) take(until Time) (timer, bool) {
	for k.timers.len() > 0 {
		if k.timers.min().stale() {
			k.timers.pop()
			continue
		}
		if k.timers.min().at > until {
			return timer{}, false
		}
		t := k.timers.pop()
		if !k.ties || k.timers.len() == 0 || k.timers.min().at > t.at {
			return t, true
		}
		// Several events at one instant: the chooser says which runs first.
		k.tied = append(k.tied[:0], t)
		for k.timers.len() > 0 && k.timers.min().at <= t.at {
			if u := k.timers.pop(); !u.stale() {
				k.tied = append(k.tied, u)
			}
		}
		c := k.Choose(len(k.tied), "tie")
		t = k.tied[c]
		for i, u := range k.tied {
			if i != c {
				k.timers.push(u) // keeps its sequence number
			}
		}
		return t, true
	}
	return timer{}, false
}

func (k *Kernel) resume(p *Proc) {
	p.gen++
	k.switches++
	k.cur = p
	more := k.enter(p)
	k.cur = nil
	if !more {
		k.remove(p)
	}
}

func (k *Kernel) remove(p *Proc) {
	p.ended = true
	for i, q := range k.live {
		if q == p {
			k.live = append(k.live[:i], k.live[i+1:]...)
			break
		}
	}
	p.done.Broadcast(k)
}

// reap unwinds the processes that were killed since the last event.
func (k *Kernel) reap() {
	for i := 0; i < len(k.doomed); i++ { // unwinding one may doom another
		if p := k.doomed[i]; !p.ended {
			k.unwind(p)
			k.remove(p)
		}
	}
	clear(k.doomed)
	k.doomed = k.doomed[:0]
}

// Close ends every process without letting it act again. The kernel must not
// be used afterwards.
func (k *Kernel) Close() {
	for len(k.live) > 0 {
		for _, p := range append([]*Proc(nil), k.live...) {
			k.Kill(p)
		}
		k.reap()
	}
	k.dropSpare()
	k.net.closeReal()
}

// PanicError is a panic of a process: our own mistake, never a user's.
type PanicError struct {
	Process string
	Value   any
	Stack   []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("internal error: process %s panicked: %v\n%s", e.Process, e.Value, e.Stack)
}

type killed struct{}

// body runs a process function, swallows its kill and keeps its panic. The
// runtime loses the stack of a panic that crosses next (golang/go#67712), so
// it is captured here.
func (p *Proc) body(fn func(*Proc)) {
	defer func() {
		r := recover()
		if _, ok := r.(killed); ok || r == nil {
			return
		}
		if p.dead {
			return // a deferred function of a killed process failed: no effect
		}
		if p.k.err == nil {
			p.k.err = &PanicError{p.name, r, debug.Stack()}
		}
	}()
	fn(p)
}

// Seed returns the seed of the run.
func (k *Kernel) Seed() uint64 { return k.seed }
