package sim

import (
	"testing"
	"time"
)

// A wait that is woken long before its time-out leaves a timer behind. They
// must not pile up, and sweeping them must not disturb the order of the rest.
func TestStaleTimersDoNotPileUp(t *testing.T) {
	k := New(Options{})
	defer k.Close()
	var c Cond
	most, woken := 0, 0
	k.Go("waiter", func(p *Proc) {
		p.Daemon()
		for c.Wait(p, Wait{For: "read"}, time.Hour) {
			woken++
			most = max(most, k.timers.len())
		}
	})
	var order []int
	for i := range 100 {
		k.After(time.Duration(100-i)*time.Second, func() { order = append(order, 100-i) })
	}
	k.Go("waker", func(p *Proc) {
		for range 10_000 {
			p.Sleep(10 * time.Millisecond)
			c.Signal(k)
		}
	})
	k.Run(k.Now().Add(30 * time.Minute))
	if woken != 10_000 {
		t.Errorf("woken %d times, want 10000", woken)
	}
	if most > 4*sweepMin {
		t.Errorf("%d timers at most, of which about 100 live", most)
	}
	for i, n := range order {
		if n != i+1 {
			t.Fatalf("timer %d went off as number %d", n, i+1)
		}
	}
	if len(order) != 100 {
		t.Errorf("%d of 100 timers went off", len(order))
	}
}
