package emulator

import (
	"testing"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
	"gwkit/emulator/trace/timeline"
)

// A timeline reads from the events who holds a file; the World knows it. Two
// gateways run on one postoffice until both wait for a key, or time is up.
// Q132060
func TestTheTimelineFindsWhoTheWorldSaysIsWaitedFor(t *testing.T) {
	if timeline.SessionTime != dos.SessionTime {
		t.Errorf("the timeline ends a session after %v, a server after %v", timeline.SessionTime, dos.SessionTime)
	}
	waits := 0
	for seed := range uint64(6) {
		s, err := site.Shape("dedicated-shared")
		if err != nil {
			t.Fatal(err)
		}
		var events trace.Recorder
		w, err := New(s, Options{Seed: seed, Trace: &events})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := w.AddLoad(Load{For: time.Hour, In: 200, Out: 200, Size: 8 << 10, Arrivals: "poisson", Read: true}); err != nil {
			t.Fatal(err)
		}
		prompts := func() (n int) {
			for _, x := range w.Waits() {
				if x.For == "file" {
					n++
				}
			}
			return n
		}
		w.RunUntil(func() bool { return prompts() == 2 }, time.Hour)
		tl := timeline.Build(events.Events(), timeline.Options{Start: s.Start, Drive: s.Drive})
		standing := map[string]timeline.Wait{}
		for _, x := range tl.Waits() {
			if x.Until == 0 {
				standing[x.PC+"/"+x.Program] = x
			}
		}
		if len(standing) != prompts() {
			t.Errorf("seed %d: %d waits in the timeline, %d in the World", seed, len(standing), prompts())
		}
		ring := map[string]string{} // who waits for whom, as the World says
		for _, x := range w.Waits() {
			if x.For != "file" {
				continue
			}
			waits++
			ring[x.Process] = x.HeldBy
			if got := standing[x.Process]; got.File != x.Object || got.HeldBy != x.HeldBy {
				t.Errorf("seed %d: the World has %+v, the timeline %+v", seed, x, got)
			}
		}
		for _, e := range tl.Cycle() {
			if ring[e.PC+"/"+e.Program] == "" {
				t.Errorf("seed %d: %v waits for nobody", seed, e)
			}
		}
	}
	if waits == 0 {
		t.Error("nobody waited: the test has tested nothing")
	}
}
