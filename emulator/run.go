package emulator

import (
	"time"

	"gwkit/emulator/internal/sim"
)

// Stop says why time stopped.
type Stop int

// The reasons.
const (
	StopTime    Stop = iota // the span is over
	StopRest                // all mail rests
	StopIdle                // nothing is left that could happen
	StopBlocked             // processes wait for what can no longer happen
	StopSteps               // the step budget ran out
	StopHalted              // ended from outside
	StopError               // internal error: see Err
)

var stopNames = [...]string{"time reached", "at rest", "idle", "blocked", "step budget used up", "halted", "internal error"}

func (s Stop) String() string { return stopNames[s] }

func stopOf(s sim.Stop) Stop {
	return [...]Stop{sim.StopTime: StopTime, sim.StopIdle: StopIdle, sim.StopBlocked: StopBlocked,
		sim.StopSteps: StopSteps, sim.StopHalted: StopHalted, sim.StopPanic: StopError}[s]
}

// Run lets d of virtual time pass.
func (w *World) Run(d time.Duration) Stop {
	end := w.k.Now().Add(d)
	for {
		s := stopOf(w.k.Run(end))
		if s != StopHalted || w.k.Now() >= end {
			return s
		}
	}
}

// watch is how often RunUntil looks at its condition.
const watch = time.Second

// RunUntil lets virtual time pass until cond holds, for at most limit. cond is
// looked at once every virtual second.
func (w *World) RunUntil(cond func() bool, limit time.Duration) (bool, Stop) {
	return w.runUntil(cond, limit, watch)
}

func (w *World) runUntil(cond func() bool, limit, every time.Duration) (bool, Stop) {
	for end := w.k.Now().Add(limit); ; {
		if cond() {
			return true, StopTime
		}
		left := end.Sub(w.k.Now())
		if left <= 0 {
			return false, StopTime
		}
		if s := w.Run(min(left, every)); s != StopTime {
			return cond(), s
		}
	}
}

// RunToRest lets virtual time pass until all mail rests: in mailbags of users,
// outside, in OUTBAD.API, or returned. It gives up after limit.
func (w *World) RunToRest(limit time.Duration) Stop {
	ok, s := w.runUntil(func() bool { return w.atRest() }, limit, 10*time.Second)
	if ok {
		return StopRest
	}
	return s
}

// Err returns the cause of StopError.
func (w *World) Err() error { return w.k.Err() }

// Reseed draws the latencies anew from now on, by another seed. The load goes on
// as it was drawn.
func (w *World) Reseed(seed uint64) { w.do(func() { w.k.Reseed(seed) }) }

// Now returns the virtual time in the zone of the site.
func (w *World) Now() (t time.Time) {
	w.do(func() { t = w.k.Clock() })
	return t
}

// Elapsed returns the virtual time since the start.
func (w *World) Elapsed() (d time.Duration) {
	w.do(func() { d = w.k.Now().Sub(w.k.Start()) })
	return d
}

// Digest returns the digest of everything that happened so far.
func (w *World) Digest() (d uint64) {
	w.do(func() { d = w.k.Digest() })
	return d
}

// Steps returns the number of kernel events so far.
func (w *World) Steps() (n uint64) {
	w.do(func() { n = w.k.Steps() })
	return n
}

// Waiting is one process that waits, for what, and who holds that.
type Waiting struct {
	Process, For, Object, HeldBy string
	Since                        time.Time
}

// Waits lists the processes that wait.
func (w *World) Waits() (out []Waiting) {
	w.do(func() {
		for _, x := range w.k.Waits() {
			out = append(out, Waiting{x.Process, x.For, x.Object, x.HeldBy, time.Unix(0, int64(x.Since)).In(w.zone)})
		}
	})
	return out
}

// do runs fn where it may touch the World: at once, or while Serve runs on the
// kernel's own goroutine.
func (w *World) do(fn func()) {
	if w.serving && w.k.Call(fn) {
		return
	}
	fn()
}
