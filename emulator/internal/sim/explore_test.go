package sim

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/schedule"
)

// script is a Decider that takes the process named next and, after the last
// name, the default. "!" at the end of a name wants it woken early. It notes
// what it was asked.
type script struct {
	t     testing.TB
	names []string
	asked []string
}

func (s *script) Decide(options []schedule.Option, running bool) int {
	var b strings.Builder
	for i := range options {
		o := &options[i]
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s", o.Who, o.Op)
		if o.Object != "" {
			fmt.Fprintf(&b, " %s", o.Object)
		}
	}
	if running {
		b.WriteString("; runs")
	}
	s.asked = append(s.asked, b.String())
	if len(options) < 2 || len(s.names) == 0 {
		return 0
	}
	name, early := strings.CutSuffix(s.names[0], "!")
	s.names = s.names[1:]
	for i := range options {
		if options[i].Who == name && options[i].Early == early {
			return i
		}
	}
	s.t.Errorf("%s is none of: %s", name, b.String())
	return 0
}

// reads announces an operation on the object that the tests share.
func reads(p *Proc) { p.At("read", "X", 1, 0, 0, schedule.Reads) }

// adder adds to a shared number in two operations, as a program does that reads
// a counter from a file and writes it back.
func adder(k *Kernel, tr *transcript, name string, n *int) *Proc {
	return k.Go(name, func(p *Proc) {
		p.At("read", "N", 1, 0, 0, schedule.Reads)
		v := *n
		p.At("write", "N", 1, 0, 0, schedule.Writes)
		*n = v + 1
		tr.say("%s writes %d", name, *n)
	})
}

func TestADeciderInterleavesTwoProcesses(t *testing.T) {
	for _, row := range []struct {
		name      string
		names     []string
		n         int
		lines     []string
		decisions int
	}{
		{"by default one is not interrupted", nil, 2, []string{"0s a writes 1", "0s b writes 2"}, 2},
		{"the second first", []string{"b", "b"}, 2, []string{"0s b writes 1", "0s a writes 2"}, 2},
		{"both read before one writes", []string{"a", "b", "b"}, 1, []string{"0s b writes 1", "0s a writes 1"}, 3},
		{"in turns", []string{"a", "b", "a"}, 1, []string{"0s a writes 1", "0s b writes 1"}, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			k, tr := newTest(Options{})
			defer k.Close()
			n := 0
			x := &Exploring{Decider: &script{t: t, names: row.names}}
			k.Explore(x)
			adder(k, tr, "a", &n)
			adder(k, tr, "b", &n)
			if got := k.Run(Forever); got != StopIdle {
				t.Errorf("Run = %v: %v", got, k.Err())
			}
			if n != row.n || x.Decisions != row.decisions {
				t.Errorf("number %d, %d decisions; want %d and %d", n, x.Decisions, row.n, row.decisions)
			}
			tr.want(t, row.lines...)
		})
	}
}

func TestADeciderSeesOperationsAndWhoCouldRunInstead(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	n := 0
	s := &script{t: t, names: []string{"b"}}
	k.Explore(&Exploring{Decider: s, Shared: []bool{false, true}})
	adder(k, tr, "a", &n)
	adder(k, tr, "b", &n)
	k.Run(Forever)
	want := []string{
		"a read N, b read N; runs", // b is taken
		"b write N, a read N; runs",
		"a read N",        // b has ended: one option, which is asked about all the same
		"a write N; runs", // and so is this
	}
	if d := cmp.Diff(want, s.asked); d != "" {
		t.Errorf("asked (-want +got):\n%s", d)
	}
}

// Who is not at a shared operation comes to its next one before anybody is
// asked: nobody sees in which order that happens. The one that ran until then
// stands first, and still counts as running.
func TestLocalStepsAreNoDecisions(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	s := &script{t: t}
	x := &Exploring{Decider: s, Shared: []bool{false, true}}
	k.Explore(x)
	var c Cond
	for _, name := range []string{"b", "c"} {
		k.Go(name, func(p *Proc) {
			c.Wait(p, Wait{For: "a"}, -1)
			p.At("open", "private", 2, 0, 0, schedule.Writes)
			tr.say("%s works", name)
			reads(p)
			tr.say("%s reads", name)
		})
	}
	k.Go("d", func(p *Proc) { c.Wait(p, Wait{For: "a"}, -1); tr.say("d works and ends") })
	k.Go("a", func(p *Proc) {
		reads(p)
		c.Broadcast(k)
		p.At("open", "X", 1, 0, 0, schedule.Reads)
		tr.say("a opens")
	})
	if got := k.Run(Forever); got != StopIdle {
		t.Errorf("Run = %v: %v", got, k.Err())
	}
	want := []string{
		"a read X; runs",
		"a open X, b read X, c read X; runs",
		"b read X, c read X", // a has ended: nobody is interrupted
		"c read X",
	}
	if d := cmp.Diff(want, s.asked); d != "" {
		t.Errorf("asked (-want +got):\n%s", d)
	}
	if x.Decisions != 2 {
		t.Errorf("%d decisions, want 2", x.Decisions)
	}
	tr.want(t, "0s b works", "0s c works", "0s d works and ends", "0s a opens", "0s b reads", "0s c reads")
}

func TestWhatIsNotSharedIsNoDecision(t *testing.T) {
	for _, row := range []struct {
		name         string
		shared       []bool
		id, to, dir  int32
		access       schedule.Access
		asked        bool
		read, change uint64 // of object id: a bit for process 1
	}{
		{"all are shared without a list", nil, 2, 0, 0, schedule.Reads, true, 2, 0},
		{"private object", []bool{false, true}, 2, 0, 0, schedule.Writes, false, 0, 2},
		{"number beyond the list", []bool{false, true}, 7, 0, 0, schedule.Writes, false, 0, 0},
		{"no object", nil, 0, 0, 0, schedule.Writes, false, 0, 0},
		{"the second object is shared", []bool{false, true}, 2, 1, 0, schedule.Writes, true, 0, 2},
		{"the directory is shared", []bool{false, true}, 2, 0, 1, schedule.Reads, true, 2, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			k := New(Options{})
			defer k.Close()
			s := &script{t: t}
			x := &Exploring{Decider: s, Shared: row.shared, Read: make([]uint64, 4), Changed: make([]uint64, 4)}
			k.Explore(x)
			k.Go("a", func(p *Proc) { p.At("open", "X", row.id, row.to, row.dir, row.access) })
			k.Run(Forever)
			if asked := strings.Contains(strings.Join(s.asked, "\n"), "open X"); asked != row.asked {
				t.Errorf("asked %v", s.asked)
			}
			if int(row.id) < len(x.Read) && row.id != 0 && (x.Read[row.id] != row.read || x.Changed[row.id] != row.change) {
				t.Errorf("read %b, changed %b", x.Read[row.id], x.Changed[row.id])
			}
		})
	}
}

func TestASleeperWokenEarlyDoesNotMoveTheClock(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	s := &script{t: t, names: []string{"b!", "c!"}}
	k.Explore(&Exploring{Decider: s})
	k.Go("a", func(p *Proc) { p.Sleep(time.Minute); tr.say("a") })
	k.Go("b", func(p *Proc) { p.Sleep(time.Hour); tr.say("b"); p.Sleep(time.Hour); tr.say("b again") })
	k.Go("c", func(p *Proc) { p.Sleep(24 * time.Hour); tr.say("c") })
	k.Go("ready", reads)
	if got := k.Run(Forever); got != StopIdle {
		t.Errorf("Run = %v: %v", got, k.Err())
	}
	tr.want(t, "0s b", "0s c", "1m0s a", "1h0m0s b again")
	if s.asked[1] != "ready read X, a wake, b wake, c wake" {
		t.Errorf("second choice %q: sleepers come in order of their time, behind what is ready", s.asked[1])
	}
}

// A sleep that was cut short leaves a timer behind, which must not cut the next
// one short too.
func TestAnEarlyWakeDoesNotShortenTheNextSleep(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	k.Explore(&Exploring{Decider: &script{t: t, names: []string{"a!"}}})
	k.Go("a", func(p *Proc) { p.Sleep(10 * time.Second); tr.say("first"); p.Sleep(30 * time.Second); tr.say("second") })
	k.Go("b", func(p *Proc) { reads(p); p.Sleep(40 * time.Second); tr.say("b") })
	k.Run(Forever)
	tr.want(t, "0s first", "30s second", "40s b")
}

// What the options of a decision are, and in which order.
func TestTheOrderOfOptions(t *testing.T) {
	for _, row := range []struct {
		name  string
		names []string
		start func(k *Kernel)
		want  []string
	}{
		{"who gave way is the next", []string{"a", "b"}, func(k *Kernel) {
			k.Go("a", func(p *Proc) { reads(p); p.At("open", "X", 1, 0, 0, schedule.Reads) })
			k.Go("b", reads)
			k.Go("c", reads)
		}, []string{"a read X, b read X, c read X; runs", "a open X, b read X, c read X; runs", "a open X, c read X", "c read X"}},
		{"sleepers by their time", nil, func(k *Kernel) {
			k.Go("late", func(p *Proc) { p.Sleep(time.Hour) })
			k.Go("soon", func(p *Proc) { p.Sleep(time.Second) })
			k.Go("c", reads)
		}, []string{"c read X, soon wake, late wake; runs", "soon wake, late wake", "late wake"}},
		{"who is due sleeps no more", nil, func(k *Kernel) {
			for _, name := range []string{"a", "b"} {
				k.Go(name, func(p *Proc) { p.Sleep(time.Second); reads(p) })
			}
		}, []string{"a wake, b wake", "a read X, b read X; runs", "b read X"}},
		{"an operation that is done is forgotten", nil, func(k *Kernel) {
			k.Go("a", func(p *Proc) { reads(p); p.Sleep(time.Second) })
			k.Go("b", reads)
		}, []string{"a read X, b read X; runs", "b read X, a wake", "a wake"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			k := New(Options{})
			defer k.Close()
			s := &script{t: t, names: row.names}
			k.Explore(&Exploring{Decider: s})
			row.start(k)
			if got := k.Run(Forever); got != StopIdle {
				t.Errorf("Run = %v: %v", got, k.Err())
			}
			if d := cmp.Diff(row.want, s.asked); d != "" {
				t.Errorf("asked (-want +got):\n%s", d)
			}
		})
	}
}

// A wait that ends by a signal at the instant of its time-out ends once.
func TestASignalBeatsATimeOutThatIsDue(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	k.Explore(&Exploring{Decider: &script{t: t}})
	var c Cond
	// Its timer is the older one: it runs first, with the time-out due already.
	k.Go("other", func(p *Proc) { p.Sleep(time.Second); c.Signal(k); p.Sleep(time.Minute) })
	k.Go("waiter", func(p *Proc) {
		tr.say("signalled: %v", c.Wait(p, Wait{For: "read"}, time.Second))
		tr.say("woken again: %v", c.Wait(p, Wait{For: "read"}, time.Second))
	})
	k.Run(k.Start().Add(30 * time.Second))
	tr.want(t, "1s signalled: true", "2s woken again: false")
}

// last always takes the last option: the sleeper whose time is furthest away.
type last struct{}

func (last) Decide(o []schedule.Option, _ bool) int { return len(o) - 1 }

func TestTimeOutsAreNeverEarlyAndTimersKeepTheirOrder(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	var never Cond
	k.Explore(&Exploring{Decider: last{}})
	k.Go("waiter", func(p *Proc) {
		if never.Wait(p, Wait{For: "read"}, 20*time.Second) {
			tr.say("signalled")
		}
		tr.say("timed out")
	})
	for _, d := range []time.Duration{30, 10, 20} {
		k.After(d*time.Second, func() { tr.say("timer %d", d) })
	}
	k.After(0, func() { tr.say("timer now") })
	k.Go("sleeper", func(p *Proc) {
		for i := 0; i < 3; i++ {
			p.Sleep(15 * time.Second)
			tr.say("slept")
		}
	})
	if got := k.Run(Forever); got != StopIdle {
		t.Errorf("Run = %v: %v", got, k.Err())
	}
	var timers []string
	for _, l := range tr.lines {
		if !strings.HasSuffix(l, "slept") {
			timers = append(timers, l)
		}
	}
	want := []string{"0s timer now", "10s timer 10", "20s timer 20", "20s timed out", "30s timer 30"}
	if d := cmp.Diff(want, timers); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// A timer that is due while a process announces an operation runs first: it is
// older.
func TestATimerDueNowRunsBeforeTheOperation(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	s := &script{t: t}
	k.Explore(&Exploring{Decider: s})
	k.Go("a", func(p *Proc) {
		p.k.After(0, func() { tr.say("timer") })
		p.At("open", "X", 1, 0, 0, schedule.Reads)
		tr.say("open")
	})
	k.Run(Forever)
	tr.want(t, "0s timer", "0s open")
	if d := cmp.Diff([]string{"a open X; runs"}, s.asked); d != "" {
		t.Error(d)
	}
}

func TestQuietEndsARun(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	asked := 0
	k.Explore(&Exploring{Decider: schedule.Default{}, Quiet: func() bool {
		asked++
		tr.say("quiet?")
		return asked == 2
	}})
	k.Go("a", func(p *Proc) {
		for {
			p.At("read", "X", 1, 0, 0, schedule.Reads)
			tr.say("a")
			p.Sleep(time.Second)
		}
	})
	if got := k.Run(Forever); got != StopHalted || k.Now().Sub(k.Start()) != time.Second {
		t.Errorf("Run = %v at %v", got, k.Now().Sub(k.Start()))
	}
	tr.want(t, "0s a", "0s quiet?", "1s a", "1s quiet?")
	if got := k.Run(k.Now().Add(500 * time.Millisecond)); got != StopTime {
		t.Errorf("the next Run = %v, want time reached: the run can go on", got)
	}
}

func TestAnExploredRunStopsAsOthersDo(t *testing.T) {
	for _, row := range []struct {
		name  string
		steps uint64
		main  func(p *Proc)
		want  Stop
	}{
		{"all wait", 0, func(p *Proc) { var c Cond; c.Wait(p, Wait{For: "key"}, -1) }, StopBlocked},
		{"all have ended", 0, func(p *Proc) {}, StopIdle},
		{"only a daemon waits", 0, func(p *Proc) { p.Daemon(); var c Cond; c.Wait(p, Wait{}, -1) }, StopIdle},
		{"time", 0, func(p *Proc) { p.Sleep(2 * time.Hour) }, StopTime},
		{"steps", 100, func(p *Proc) {
			for {
				p.Sleep(time.Second)
			}
		}, StopSteps},
		{"halt", 0, func(p *Proc) { p.k.Halt(); p.Sleep(time.Second) }, StopHalted},
		{"panic", 0, func(p *Proc) { panic("oh") }, StopPanic},
	} {
		t.Run(row.name, func(t *testing.T) {
			k := New(Options{MaxSteps: row.steps})
			defer k.Close()
			k.Explore(&Exploring{Decider: schedule.Default{}})
			k.Go("a", row.main)
			if got := k.Run(k.Start().Add(time.Hour)); got != row.want {
				t.Errorf("Run = %v, want %v (%v)", got, row.want, k.Err())
			}
		})
	}
}

func TestAProcessIsKilledAtItsDecision(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	k.Explore(&Exploring{Decider: &script{t: t}})
	var victim, sleeper *Proc
	victim = k.Go("victim", func(p *Proc) {
		defer tr.say("unwound")
		p.At("write", "X", 1, 0, 0, schedule.Writes)
		tr.say("written")
	})
	k.Go("killer", func(p *Proc) {
		k.Kill(victim)
		k.Kill(sleeper)
		p.At("read", "X", 1, 0, 0, schedule.Reads)
		tr.say("killer reads")
		p.Sleep(time.Second)
		tr.say("killer is left")
	})
	sleeper = k.Go("sleeper", func(p *Proc) { p.Sleep(time.Minute); tr.say("slept") })
	if got := k.Run(Forever); got != StopIdle {
		t.Errorf("Run = %v: %v", got, k.Err())
	}
	tr.want(t, "0s killer reads", "0s unwound", "1s killer is left")
	if !victim.Ended() || !sleeper.Ended() {
		t.Error("the dead are not unwound")
	}
}

// The one that was chosen is killed before it goes on.
func TestTheChosenOneMayDieFirst(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	var b *Proc
	k.Explore(&Exploring{Decider: decideThen{&script{t: t, names: []string{"a", "b"}}, func(o []schedule.Option) {
		if o[0].Op == "open" {
			k.Kill(b)
		}
	}}})
	k.Go("a", func(p *Proc) {
		reads(p)
		p.At("open", "X", 1, 0, 0, schedule.Reads)
		tr.say("a goes on")
	})
	b = k.Go("b", func(p *Proc) { reads(p); tr.say("b") })
	if got := k.Run(Forever); got != StopIdle {
		t.Errorf("Run = %v: %v", got, k.Err())
	}
	tr.want(t, "0s a goes on")
}

type decideThen struct {
	schedule.Decider
	then func([]schedule.Option)
}

func (d decideThen) Decide(o []schedule.Option, running bool) int {
	c := d.Decider.Decide(o, running)
	d.then(o)
	return c
}

// explored plays a small site of every kind of event and returns its digest.
func explored(k *Kernel, d schedule.Decider) uint64 {
	x := &Exploring{Decider: d, Number: func(a string) int32 { return 3 }}
	k.Explore(x)
	if k.Net().Claim("1.1.1.1", "server") {
		k.Net().PowerOn("1.1.1.1")
	}
	k.Go("server", func(p *Proc) {
		p.AtAddress("listen", "1.1.1.1:25", schedule.Writes)
		l, err := k.Net().Listen("1.1.1.1:25")
		if err != nil {
			k.Emit(p.name, "listen", "", err.Error(), 0)
			return
		}
		s, err := l.Accept(p, time.Minute)
		k.Emit(p.name, "accept", "", fmt.Sprint(err), 0)
		for err == nil {
			var b [10]byte
			n := 0
			n, err = s.Read(p, b[:], time.Second)
			k.Emit(p.name, "read", string(b[:n]), fmt.Sprint(err), n)
		}
	})
	for _, name := range []string{"a", "b"} {
		k.Go(name, func(p *Proc) {
			s, err := k.Net().Dial(p, "2.2.2.2:1", "1.1.1.1:25", time.Second)
			k.Emit(name, "dial", "", fmt.Sprint(err), 0)
			for i := 0; i < 5; i++ {
				p.At("write", "X", 1, 0, 0, schedule.Writes)
				k.Emit(name, "write", "X", "", k.Rand(name).Intn(1000))
				p.Sleep(time.Duration(i) * time.Second)
			}
			if err == nil {
				s.Write(p, []byte(name))
			}
			var c Cond
			c.Wait(p, Wait{For: "key"}, -1)
		})
	}
	k.Go("other", func(p *Proc) { k.Emit("other", "claim", fmt.Sprint(k.Net().Claim("1.1.1.2", p.Name())), "", 0) })
	k.Run(Forever)
	return k.Digest()
}

func TestResetMakesTheKernelAsGoodAsNew(t *testing.T) {
	before := runtime.NumGoroutine()
	start := time.Date(1995, 1, 5, 8, 0, 0, 0, time.UTC)
	fresh := New(Options{Start: start, Seed: 4})
	want := explored(fresh, last{})
	other := New(Options{Start: start, Seed: 4})
	if explored(other, schedule.Default{}) == want {
		t.Fatal("the digest does not see the schedule")
	}
	other.Close()
	fresh.Close()

	// Coroutines are kept for the next run, and no more of them than one needs.
	kept := 0
	k := New(Options{Start: start, Seed: 4})
	for i, d := range []schedule.Decider{last{}, schedule.Default{}, last{}, last{}} {
		have := explored(k, d)
		if d == (last{}) && have != want {
			t.Errorf("run %d: digest %x, want %x", i, have, want)
		}
		k.Net().PowerOff("1.1.1.2") // a run may leave anything behind
		k.Net().Claim("1.1.1.2", "somebody else")
		k.After(time.Hour, func() { t.Error("a timer of an earlier run") })
		k.Reset(Time(start.UnixNano()))
		if x := k.explore; len(x.ready) != 0 || x.chosen != nil || x.Decisions != 0 || k.Steps() != 0 || k.Switches() != 0 || len(k.Waits()) != 0 {
			t.Errorf("run %d: left over: %+v", i, x)
		}
		if n := runtime.NumGoroutine(); i == 0 {
			kept = n
		} else if n > kept {
			t.Errorf("run %d: %d goroutines after the first run, %d after this", i, kept, n)
		}
	}
	if got := k.Run(Forever); got != StopIdle {
		t.Errorf("after Reset: %v", got)
	}
	k.Close()
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after Close", before, after)
	}
}

func TestResetAfterAPanicGoesOn(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	k.Explore(&Exploring{Decider: schedule.Default{}})
	k.Go("a", func(p *Proc) { panic("oh") })
	if got := k.Run(Forever); got != StopPanic {
		t.Fatalf("Run = %v", got)
	}
	k.Reset(k.Start().Add(time.Hour))
	k.Go("b", func(p *Proc) { tr.say("b") }) // an hour later, which is the beginning now
	if got := k.Run(Forever); got != StopIdle || k.Err() != nil {
		t.Errorf("Run = %v, %v", got, k.Err())
	}
	tr.want(t, "0s b")
}

func TestExploreNilGoesOnInOrderOfTime(t *testing.T) {
	k, tr := newTest(Options{})
	defer k.Close()
	n := 0
	x := &Exploring{Decider: schedule.Default{}, Quiet: func() bool { return true }}
	k.Explore(x)
	late := k.Go("late", func(p *Proc) { p.Sleep(20 * time.Second); tr.say("late"); p.Sleep(time.Hour); tr.say("late again") })
	k.Go("early", func(p *Proc) { p.Sleep(10 * time.Second); tr.say("early") })
	if got := k.Run(Forever); got != StopHalted {
		t.Fatalf("Run = %v", got)
	}
	// Stop once more, with one process chosen, one that gave way to it, and
	// the sleepers.
	adder(k, tr, "a", &n)
	x.Decider = decideThen{&script{t: t, names: []string{"a", "late!"}}, func(o []schedule.Option) {
		if o[0].Op == "read" {
			k.Halt()
		}
	}}
	if got := k.Run(Forever); got != StopHalted || x.chosen != late {
		t.Fatalf("Run = %v, chosen %+v", got, x.chosen)
	}
	k.Explore(nil)
	if k.Explored() {
		t.Error("still explored")
	}
	if got := k.Run(k.Start().Add(30 * time.Second)); got != StopTime {
		t.Errorf("Run = %v: %v", got, k.Err())
	}
	tr.want(t, "0s a writes 1", "10s early", "20s late")

	// And back again: nobody is chosen any more.
	k.Explore(x)
	k.Go("z", func(p *Proc) { tr.say("z") })
	if got := k.Run(Forever); got != StopHalted {
		t.Errorf("Run = %v: %v", got, k.Err())
	}
	tr.want(t, "0s a writes 1", "10s early", "20s late", "30s z")
}

type fixed int

func (f fixed) Decide([]schedule.Option, bool) int { return int(f) }

func TestADeciderOutOfRangeIsASentence(t *testing.T) {
	const want = "the decider chose an option that there is not"
	for _, c := range []int{-1, 2, 99} {
		t.Run(fmt.Sprint("from the scheduler ", c), func(t *testing.T) {
			k := New(Options{})
			defer k.Close()
			x := &Exploring{Decider: schedule.Default{}}
			k.Explore(x)
			k.Go("a", func(p *Proc) { reads(p); x.Decider = fixed(c) }) // and it ends
			k.Go("b", reads)
			k.Go("c", reads)
			defer func() {
				if r := recover(); r != want {
					t.Errorf("panic %v", r)
				}
			}()
			k.Run(Forever)
			t.Error("no panic")
		})
	}
	for _, c := range []int{-1, 1, 99} {
		t.Run(fmt.Sprint("from a process ", c), func(t *testing.T) {
			k := New(Options{})
			defer k.Close()
			x := &Exploring{Decider: schedule.Default{}}
			k.Explore(x)
			k.Go("a", func(p *Proc) {
				x.Decider = fixed(c)
				p.At("open", "X", 1, 0, 0, schedule.Reads)
			})
			if got := k.Run(Forever); got != StopPanic || !strings.Contains(fmt.Sprint(k.Err()), want) {
				t.Errorf("Run = %v, %v", got, k.Err())
			}
		})
	}
}

// Who connects reads whether somebody listens: only that order matters.
func TestConnectingIsADecision(t *testing.T) {
	for _, row := range []struct {
		name  string
		names []string
		want  string
	}{
		{"listening first", []string{"server"}, "0s dial <nil>"},
		{"connecting first", []string{"client"}, "0s dial connection refused"},
	} {
		t.Run(row.name, func(t *testing.T) {
			k, tr := newTest(Options{})
			defer k.Close()
			k.Explore(&Exploring{Decider: &script{t: t, names: row.names}, Number: func(a string) int32 {
				if a != "1.1.1.1:25" {
					t.Errorf("number of %q", a)
				}
				return 1
			}})
			k.Net().PowerOn("1.1.1.1")
			k.Go("server", func(p *Proc) {
				p.AtAddress("listen", "1.1.1.1:25", schedule.Writes)
				k.Net().Listen("1.1.1.1:25")
			})
			k.Go("client", func(p *Proc) {
				_, err := k.Net().Dial(p, "2.2.2.2:1", "1.1.1.1:25", time.Second)
				tr.say("dial %v", err)
			})
			k.Run(Forever)
			tr.want(t, row.want)
		})
	}
}
