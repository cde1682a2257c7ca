package sim

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/trace"
)

type transcript struct {
	k     *Kernel
	lines []string
}

func (t *transcript) say(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf("%v ", t.k.now.Sub(t.k.start))+fmt.Sprintf(format, args...))
}

func (t *transcript) want(tb testing.TB, lines ...string) {
	tb.Helper()
	if d := cmp.Diff(lines, t.lines); d != "" {
		tb.Errorf("transcript (-want +got):\n%s", d)
	}
}

func newTest(o Options) (*Kernel, *transcript) {
	k := New(o)
	return k, &transcript{k: k}
}

func TestTimersRunByTimeThenSequence(t *testing.T) {
	k, tr := newTest(Options{})
	k.Go("a", func(p *Proc) {
		p.Sleep(2 * time.Second)
		tr.say("a")
		p.Sleep(time.Second)
		tr.say("a again")
	})
	k.Go("b", func(p *Proc) {
		p.Sleep(time.Second)
		tr.say("b")
		p.Sleep(time.Second)
		tr.say("b, set after a's timer")
		p.Sleep(time.Second)
		tr.say("b again")
	})
	if got := k.Run(Forever); got != StopIdle {
		t.Errorf("Run = %v, want idle", got)
	}
	tr.want(t, "1s b", "2s a", "2s b, set after a's timer", "3s a again", "3s b again")
}

func TestASparseRunHardlySwitches(t *testing.T) {
	k := New(Options{})
	k.Go("alone", func(p *Proc) {
		for i := 0; i < 1000; i++ {
			p.Sleep(time.Millisecond)
		}
	})
	k.Run(Forever)
	if k.Switches() != 1 || k.Steps() < 1000 {
		t.Errorf("switches %d, steps %d; want 1 switch and at least 1000 steps", k.Switches(), k.Steps())
	}
}

func TestRunStopsAtItsTimeAndGoesOn(t *testing.T) {
	k, tr := newTest(Options{})
	k.Go("p", func(p *Proc) {
		p.Sleep(3 * time.Second)
		tr.say("woke")
	})
	end := k.Start().Add(2 * time.Second)
	if got := k.Run(end); got != StopTime || k.Now() != end {
		t.Errorf("Run = %v at %v, want time reached at 2s", got, k.Now().Sub(k.Start()))
	}
	if got := k.Run(Forever); got != StopIdle {
		t.Errorf("second Run = %v, want idle", got)
	}
	tr.want(t, "3s woke")
}

func TestBlockedRunNamesWhoWaitsForWhat(t *testing.T) {
	k := New(Options{})
	defer k.Close()
	var key Cond
	k.Go("GW1/SMTPGATE", func(p *Proc) {
		key.Wait(p, Wait{For: "key", Object: `M:\SMTP\TO_NC.API`, HeldBy: "GW2/SMTPPUT"}, -1)
	})
	if got := k.Run(Forever); got != StopBlocked {
		t.Fatalf("Run = %v, want blocked", got)
	}
	want := []Waiting{{"GW1/SMTPGATE", Wait{"key", `M:\SMTP\TO_NC.API`, "GW2/SMTPPUT"}, k.Start()}}
	if d := cmp.Diff(want, k.Waits()); d != "" {
		t.Error(d)
	}
}

func TestCondWakesInOrderAndTimesOut(t *testing.T) {
	k, tr := newTest(Options{})
	var c Cond
	for _, n := range []string{"first", "second"} {
		k.Go(n, func(p *Proc) { tr.say("%s %v", n, c.Wait(p, Wait{}, -1)) })
	}
	k.Go("impatient", func(p *Proc) { tr.say("impatient %v", c.Wait(p, Wait{}, time.Second)) })
	k.After(2*time.Second, func() { c.Signal(k) })
	k.After(3*time.Second, func() { c.Broadcast(k) })
	k.Run(Forever)
	tr.want(t, "1s impatient false", "2s first true", "3s second true")
	if c.Waiters() != 0 {
		t.Errorf("%d waiters left", c.Waiters())
	}
}

func TestKilledProcessHasNoEffectAnyMore(t *testing.T) {
	k, tr := newTest(Options{})
	p := k.Go("victim", func(p *Proc) {
		defer func() {
			tr.say("deferred function runs, dead %v", p.Dead())
			p.Sleep(time.Hour) // must not let time pass
			tr.say("unreachable")
		}()
		for {
			p.Sleep(time.Second)
			tr.say("alive")
		}
	})
	k.Go("killer", func(q *Proc) {
		q.Sleep(2500 * time.Millisecond)
		k.Kill(p)
		tr.say("killed")
		q.Sleep(time.Second)
		tr.say("killer ends, victim ended %v", p.Ended())
	})
	if got := k.Run(Forever); got != StopIdle {
		t.Errorf("Run = %v, want idle", got)
	}
	tr.want(t, "1s alive", "2s alive", "2.5s killed", "2.5s deferred function runs, dead true", "3.5s killer ends, victim ended true")
}

func TestProcessMayKillItself(t *testing.T) {
	k, tr := newTest(Options{})
	k.Go("p", func(p *Proc) {
		k.Kill(p)
		tr.say("unreachable")
	})
	if got := k.Run(Forever); got != StopIdle {
		t.Errorf("Run = %v, want idle", got)
	}
	tr.want(t)
}

func TestPanicNamesTheProcessAndKeepsItsStack(t *testing.T) {
	k := New(Options{})
	defer k.Close()
	k.Go("GW1/SMTPPUT", func(p *Proc) { panicHere() })
	if got := k.Run(Forever); got != StopPanic {
		t.Fatalf("Run = %v, want internal error", got)
	}
	var pe *PanicError
	if !errors.As(k.Err(), &pe) || pe.Process != "GW1/SMTPPUT" || !strings.Contains(pe.Error(), "panicHere") {
		t.Errorf("error %v", k.Err())
	}
}

func panicHere() { panic("a broken invariant") }

func TestStepBudgetStopsALoop(t *testing.T) {
	k := New(Options{MaxSteps: 500})
	defer k.Close()
	k.Go("loop", func(p *Proc) {
		for {
			p.Sleep(0)
		}
	})
	if got := k.Run(Forever); got != StopSteps {
		t.Errorf("Run = %v, want step budget used up", got)
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	k := New(Options{})
	var c Cond
	for i := 0; i < 50; i++ {
		k.Go("waiter", func(p *Proc) { c.Wait(p, Wait{}, -1) })
	}
	k.Run(Forever)
	k.Go("never started", func(p *Proc) {})
	k.Close()
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

type listChooser struct {
	list []int
	asks []string
}

func (c *listChooser) Choose(n int, label string) int {
	c.asks = append(c.asks, fmt.Sprint(label, " ", n))
	if len(c.list) == 0 {
		return 0
	}
	x := c.list[0]
	c.list = c.list[1:]
	return x
}

func TestTiesGoThroughTheChooser(t *testing.T) {
	for _, tt := range []struct {
		name string
		list []int
		want []string
	}{
		{"first choice is order of start", nil, []string{"0s a", "0s b", "0s c"}},
		{"last first", []int{2, 1}, []string{"0s c", "0s b", "0s a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ch := &listChooser{list: tt.list}
			k, tr := newTest(Options{Chooser: ch, Ties: true})
			for _, n := range []string{"a", "b", "c"} {
				k.Go(n, func(p *Proc) { tr.say("%s", n) })
			}
			k.Run(Forever)
			tr.want(t, tt.want...)
			if d := cmp.Diff([]string{"tie 3", "tie 2"}, ch.asks); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRandomStreamsAreKeyedByNameAndSeed(t *testing.T) {
	draw := func(seed uint64, names ...string) (out []uint64) {
		k := New(Options{Seed: seed})
		for _, n := range names {
			out = append(out, k.Rand(n).Uint64())
		}
		return out
	}
	a := draw(1, "a", "b")
	if b := draw(1, "x", "b"); b[1] != a[1] {
		t.Error("another consumer changed the draw of b")
	}
	if a[0] == a[1] || a[0] == draw(2, "a")[0] {
		t.Error("streams are not independent")
	}
}

// workload is a small busy run: sleepers, streams, kills.
func workload(seed uint64, sink trace.Sink) (uint64, uint64) {
	k := New(Options{Seed: seed, Sink: sink})
	defer k.Close()
	n := k.Net()
	n.Link = Link{Delay: 3 * time.Millisecond, BytesPerSecond: 9600}
	l, _ := n.Listen("11.1.16.15:25")
	k.Go("server", func(p *Proc) {
		p.Daemon()
		for {
			s, err := l.Accept(p, -1)
			if err != nil {
				return
			}
			var b [16]byte
			for {
				m, err := s.Read(p, b[:], time.Minute)
				if err != nil {
					k.Emit("server", "end", s.Remote(), err.Error(), 0)
					break
				}
				k.Emit("server", "read", s.Remote(), "", m)
				s.Write(p, b[:m])
			}
			s.Close(p)
		}
	})
	for i := 0; i < 5; i++ {
		name := fmt.Sprint("client", i)
		k.Go(name, func(p *Proc) {
			r := k.Rand(name)
			for j := 0; j < 20; j++ {
				p.Sleep(r.Duration(time.Second))
				s, err := n.Dial(p, name, "11.1.16.15:25", time.Second)
				if err != nil {
					k.Emit(name, "dial", "", err.Error(), 0)
					continue
				}
				s.Write(p, []byte("hello from here"))
				var b [64]byte
				m, err := s.Read(p, b[:], time.Second)
				k.Emit(name, "got", "", fmt.Sprint(err), m)
				s.Close(p)
			}
		})
	}
	k.Run(Forever)
	return k.Digest(), k.Steps()
}

func TestEqualRunsHaveEqualDigests(t *testing.T) {
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	d, steps := workload(1, nil)
	for i := 0; i < 20; i++ {
		runtime.GOMAXPROCS(1 + i%2)
		var sink trace.Sink
		if i%3 == 0 {
			sink = &trace.Recorder{}
		}
		if d2, s2 := workload(1, sink); d2 != d || s2 != steps {
			t.Fatalf("run %d: digest %x steps %d, want %x and %d", i, d2, s2, d, steps)
		}
	}
	if d2, _ := workload(2, nil); d2 == d {
		t.Error("another seed gave the same digest")
	}
}

func TestStreams(t *testing.T) {
	type side func(p *Proc, s Stream, tr *transcript)
	read := func(p *Proc, s Stream, tr *transcript) {
		var b [64]byte
		n, err := s.Read(p, b[:], 10*time.Second)
		tr.say("read %q %v", b[:n], err)
	}
	for _, tt := range []struct {
		name   string
		link   Link
		client side
		server side
		want   []string
	}{
		{"bytes arrive after the delay, and at line speed", Link{time.Second, 10},
			func(p *Proc, s Stream, tr *transcript) { s.Write(p, []byte("0123456789")); tr.say("written") },
			read, []string{"3s written", "4s read \"0123456789\" <nil>"}},
		{"half close: end of file one way, data the other", Link{},
			func(p *Proc, s Stream, tr *transcript) { s.CloseWrite(p); read(p, s, tr) },
			func(p *Proc, s Stream, tr *transcript) { read(p, s, tr); s.Write(p, []byte("late")) },
			[]string{`0s read "" EOF`, `0s read "late" <nil>`}},
		{"reset", Link{},
			func(p *Proc, s Stream, tr *transcript) { s.Reset(p) }, read,
			[]string{`0s read "" connection reset by peer`}},
		{"time-out", Link{},
			func(p *Proc, s Stream, tr *transcript) { p.Sleep(time.Minute) }, read,
			[]string{`10s read "" timed out`}},
		{"closing with unread data resets the peer", Link{},
			func(p *Proc, s Stream, tr *transcript) {
				s.Write(p, []byte("x"))
				p.Sleep(2 * time.Second)
				read(p, s, tr)
			},
			func(p *Proc, s Stream, tr *transcript) { p.Sleep(time.Second); s.Close(p) },
			[]string{`2s read "" connection reset by peer`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, tr := newTest(Options{})
			defer k.Close()
			k.net.Link = tt.link
			l, err := k.net.Listen("b:25")
			if err != nil {
				t.Fatal(err)
			}
			k.Go("server", func(p *Proc) {
				if s, err := l.Accept(p, -1); err == nil {
					tt.server(p, s, tr)
				}
			})
			k.Go("client", func(p *Proc) {
				s, err := k.net.Dial(p, "a:1024", "b:25", time.Second)
				if err != nil {
					tr.say("dial: %v", err)
					return
				}
				tt.client(p, s, tr)
			})
			k.Run(Forever)
			tr.want(t, tt.want...)
		})
	}
}

func TestDialFailures(t *testing.T) {
	k, tr := newTest(Options{})
	k.net.PowerOn("up")
	l, _ := k.net.Listen("busy:25")
	if _, err := k.net.Listen("busy:25"); err != ErrInUse {
		t.Errorf("second Listen = %v, want address in use", err)
	}
	k.Go("client", func(p *Proc) {
		for _, a := range []string{"nowhere:25", "up:25"} {
			_, err := k.net.Dial(p, "a:1", a, 5*time.Second)
			tr.say("%s %v", a, err)
		}
		for i := 0; ; i++ {
			if _, err := k.net.Dial(p, "a:1", "busy:25", 5*time.Second); err != nil {
				tr.say("after %d: %v", i, err)
				break
			}
		}
		l.Close(k)
		_, err := k.net.Dial(p, "a:1", "busy:25", 5*time.Second)
		tr.say("closed: %v", err)
	})
	k.Run(Forever)
	tr.want(t, "5s nowhere:25 timed out", "5s up:25 connection refused", "5s after 5: connection refused", "10s closed: timed out")
}

func TestPowerCutIsSilentAndRebootResets(t *testing.T) {
	k, tr := newTest(Options{})
	l, _ := k.net.Listen("gw:25")
	k.Go("gw", func(p *Proc) { l.Accept(p, -1) })
	k.Go("peer", func(p *Proc) {
		s, err := k.net.Dial(p, "host:1", "gw:25", time.Second)
		if err != nil {
			tr.say("dial: %v", err)
			return
		}
		var b [8]byte
		_, err = s.Read(p, b[:], 5*time.Second)
		tr.say("while off: %v", err)
		_, err = s.Write(p, []byte("lost"))
		tr.say("write: %v", err)
		_, err = s.Read(p, b[:], time.Minute)
		tr.say("after reboot: %v", err)
	})
	k.After(time.Second, func() { k.net.PowerOff("gw") })
	k.After(10*time.Second, func() { k.net.PowerOn("gw") })
	k.Run(Forever)
	tr.want(t, "5s while off: timed out", "5s write: <nil>", "10s after reboot: connection reset by peer")
}

func TestReadReportsEndOfFileOnce(t *testing.T) {
	if !errors.Is(netError(io.EOF, ErrReset), io.EOF) {
		t.Error("end of file was mapped to something else")
	}
}
