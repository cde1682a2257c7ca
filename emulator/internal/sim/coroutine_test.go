package sim

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"gwkit/emulator/schedule"
)

type firstOption struct{}

func (firstOption) Decide([]schedule.Option, bool) int { return 0 }

// The processes of explored runs share coroutines and notice nothing: killed ones
// unwind with their deferred functions, and Close leaves no goroutine.
func TestExploredRunsKeepCoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	k := New(Options{})
	k.Explore(&Exploring{Decider: firstOption{}})
	var first []string
	kept := 0
	for run := 0; run < 5; run++ {
		var said []string
		say := func(s string) { said = append(said, s) }
		var never Cond
		k.Go("ends", func(p *Proc) { p.Sleep(time.Second); say("end") })
		k.Go("waits", func(p *Proc) {
			defer say("unwound")
			defer func() {
				defer func() { say("no waiting while it unwinds"); recover() }()
				never.Wait(p, Wait{For: "work"}, -1)
				say("a dead process waited")
			}()
			never.Wait(p, Wait{For: "work"}, -1)
			say("a killed process went on")
		})
		k.Go("panics", func(p *Proc) { panic("mistake") })
		if stop := k.Run(Forever); stop != StopPanic {
			t.Fatalf("run %d stopped: %v", run, stop)
		}
		k.err = nil
		if stop := k.Run(Forever); stop != StopBlocked {
			t.Fatalf("run %d stopped: %v", run, stop)
		}
		late := k.Go("late", func(*Proc) { say("a killed process began") })
		k.Reset(0)
		if !late.Ended() {
			t.Errorf("run %d: a process that never ran has not ended", run)
		}
		if run == 0 {
			first, kept = said, len(k.spare)
			if want := []string{"end", "no waiting while it unwinds", "unwound"}; !slices.Equal(said, want) {
				t.Errorf("said %q, want %q", said, want)
			}
		}
		if !slices.Equal(said, first) || len(k.spare) != kept {
			t.Errorf("run %d said %q with %d coroutines kept, the first %q with %d", run, said, len(k.spare), first, kept)
		}
	}
	if kept == 0 {
		t.Error("no coroutine was kept")
	}
	k.Close()
	for i := 0; runtime.NumGoroutine() > before && i < 100; i++ {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines after Close, %d before", n, before)
	}
}
