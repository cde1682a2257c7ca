package emulator

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// busyDigest runs three busy hours with faults and returns digest and steps.
func busyDigest(t *testing.T, seed uint64, sink trace.Sink) string {
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(s, Options{Seed: seed, Trace: sink})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, f := range []string{"net-refuse at=11.1.16.15:25 from=30m until=40m", "smtp-reply reply=\"451 later\" at=RCPT times=3", "sharing-violation at=M:\\KEY\\INQUEUE3.KEY every=7"} {
		if err := w.AddFault(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.AddLoad(Load{For: 2 * time.Hour, In: 60, Out: 60, Size: 3000, Arrivals: "poisson", Read: true}); err != nil {
		t.Fatal(err)
	}
	w.Run(time.Hour)
	w.PowerOff("GW1")
	w.Run(5 * time.Minute)
	w.PowerOn("GW1")
	if stop := w.Run(2 * time.Hour); stop != StopTime {
		t.Fatalf("Run = %v: %v", stop, w.Err())
	}
	m := w.Summary().Messages
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	return fmt.Sprintf("%016x after %d steps, %+v", w.Digest(), w.Steps(), m)
}

func TestEqualRunsHaveOneDigest(t *testing.T) {
	old := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(old)
	first := busyDigest(t, 1, nil)
	t.Log(first)
	n := 6
	if testing.Short() {
		n = 2
	}
	for i := 0; i < n; i++ {
		runtime.GOMAXPROCS(1 + i%2)
		var sink trace.Sink
		if i%2 == 1 {
			sink = &trace.Recorder{Limit: 1000}
		}
		if again := busyDigest(t, 1, sink); again != first {
			t.Fatalf("run %d: %s, want %s", i, again, first)
		}
	}
	if other := busyDigest(t, 2, nil); other == first {
		t.Error("another seed gave the same digest")
	}
}

// An idle PC more changes nobody's trace but its own.
func TestAnIdlePCChangesNobodysTrace(t *testing.T) {
	run := func(extra bool) []string {
		s, _ := site.Shape("single")
		if extra {
			s.PCs = append(s.PCs, site.PC{Name: "IDLE", Drives: s.PCs[0].Drives, Path: []string{`C:\GATE`}, Config: site.DefaultConfig})
		}
		rec := &trace.Recorder{}
		w, err := New(s, Options{Trace: rec})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		w.AddLoad(Load{For: time.Hour, In: 5, Out: 5})
		w.Run(time.Hour)
		var out []string
		for _, e := range rec.Events() {
			out = append(out, fmt.Sprint(e.Time, e.Who, e.Op, e.Object, e.Result, e.Size))
		}
		return out
	}
	a, b := run(false), run(true)
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("%d events alone, %d with an idle PC", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("event %d: %s, with an idle PC %s", i, a[i], b[i])
		}
	}
}

// Up to the time of Reseed a run is what it was; then its latencies are others,
// and the mail comes when it came.
func TestReseedDrawsOnlyTheRestAnew(t *testing.T) {
	type mark struct{ before, after uint64 }
	play := func(seed uint64) (m mark, offered int) {
		s, err := site.Shape("dedicated-shared")
		if err != nil {
			t.Fatal(err)
		}
		w, err := New(s, Options{Seed: 1, Jitter: 0.5})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.AddLoad(Load{For: time.Hour, In: 30, Out: 30, Arrivals: "poisson"}); err != nil {
			t.Fatal(err)
		}
		w.Run(10 * time.Minute)
		m.before = w.Digest()
		if seed != 0 {
			w.Reseed(seed)
		}
		w.Run(20 * time.Minute)
		m.after = w.Digest()
		return m, w.Summary().Messages.Offered
	}
	kept, offered := play(0)
	one, n := play(7)
	if one.before != kept.before || one.after == kept.after || n != offered {
		t.Errorf("%+v with %d messages, %+v with %d", kept, offered, one, n)
	}
	if again, _ := play(7); again != one {
		t.Errorf("%+v, then %+v", one, again)
	}
	if two, _ := play(8); two.after == one.after {
		t.Error("two seeds draw the same")
	}
}
