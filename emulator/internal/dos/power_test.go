package dos

import (
	"testing"
	"time"
)

// TestPowerCutInWrite: what was written stays, the stamp does not come, the
// program does not tidy up.
func TestPowerCutInWrite(t *testing.T) {
	r := newRig(t)
	pc := r.pc(PCOptions{Name: "GW1"}, func(t *Task) int {
		f, _ := t.Create(`M:\SMTP\X`, Compat)
		defer t.Remove(`M:\SMTP\Y`)
		defer f.Close()
		t.Sleep(10 * time.Second)
		f.Write([]byte("first."))
		f.Write([]byte("second"))
		t.WriteFile(`M:\SMTP\Y`, nil, Compat)
		return 0
	})
	must(t, r.v.WriteFile(`\SMTP\Y`, nil, 0))
	r.fail(`torn-write keep=3 nth=2`)
	r.fail(`crash op=write nth=2`)
	r.run(time.Minute)
	wantPhase(t, pc, Off)
	if got := r.content(`\SMTP\X`); got != "first.sec" {
		t.Errorf("file holds %q, want the bytes written so far", got)
	}
	if i, _ := r.v.Stat(`\SMTP\X`); !i.ModTime().Equal(time.Date(1995, 1, 5, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("time stamp %v was set by a dead program", i.ModTime())
	}
	if _, err := r.v.Stat(`\SMTP\Y`); err != nil {
		t.Errorf("the dead program tidied up: %v", err)
	}
	if n := r.ops("close"); n != nil {
		t.Errorf("closes in the trace: %v", n)
	}
}

func TestTornAndLostWrites(t *testing.T) {
	r := newRig(t)
	r.fail(`torn-write keep=2 times=1`)
	var n int
	var err error
	r.pc(PCOptions{Name: "GW1"}, func(t *Task) int {
		f, _ := t.Create(`M:\SMTP\X`, Compat)
		n, err = f.Write([]byte("abcd"))
		f.Write([]byte("ef"))
		f.Close()
		return 0
	})
	r.run(time.Minute)
	if n != 4 || err != nil {
		t.Errorf("the program saw %d, %v; want to be deceived", n, err)
	}
	if got := r.content(`\SMTP\X`); got != "ab\x00\x00ef" {
		t.Errorf("file holds %q", got)
	}
}

func TestReboot(t *testing.T) {
	r := newRig(t)
	must(t, r.v.WriteFile(`\SMTP\L`, make([]byte, 100), 0))
	starts := 0
	pc := r.pc(PCOptions{Name: "GW1"}, func(t *Task) int {
		starts++
		t.Print("start\r\n")
		f, err := t.Open(`M:\SMTP\L`, ReadWrite|DenyNone)
		if err == nil {
			err = f.Lock(0, 10)
		}
		if err != nil {
			t.Print(err.Error())
		}
		t.ChangeDir(`M:\SMTP`)
		t.Key(-1)
		return 7
	})
	var other []error
	r.pc(PCOptions{Name: "GW2", Retries: -1}, func(t *Task) int {
		f, _ := t.Open(`M:\SMTP\L`, ReadWrite|DenyNone)
		for i := 0; i < 4; i++ {
			t.Sleep(30 * time.Second)
			_, err := f.ReadAt(make([]byte, 5), 5)
			other = append(other, err)
		}
		return 0
	})
	r.run(40 * time.Second)
	pc.Reboot()
	wantPhase(t, pc, Booting)
	pc.Key('x') // nobody reads it
	r.run(10 * time.Minute)
	wantPhase(t, pc, Running)
	if starts != 2 {
		t.Errorf("program started %d times, want 2", starts)
	}
	if txt := pc.Screen().Text(); txt[0] != "start" || txt[1] != "" {
		t.Errorf("screen after the reboot: %q", txt[:3])
	}
	for i, want := range []error{LockViolation, LockViolation, LockViolation, LockViolation} {
		if other[i] != want {
			t.Errorf("read %d: %v, want %v: the lock lingers, then the new one stands", i, other[i], want)
		}
	}
	if h := r.v.Holders(`\SMTP\L`); len(h) != 1 || h[0].Stale || h[0].PC != "GW1" {
		t.Errorf("holders %+v", h)
	}
	pc.PowerOff()
	if h := r.v.Holders(`\SMTP\L`); len(h) != 1 || !h[0].Stale {
		t.Errorf("holders after the power cut %+v", h)
	}
	r.run(SessionTime + time.Second)
	if h := r.v.Holders(`\SMTP\L`); h != nil {
		t.Errorf("the server never noticed: %+v", h)
	}
	pc.PowerOff() // twice is no harm
	pc.Key('x')
	wantPhase(t, pc, Off)
}

func TestDeadHandlesHaveNoEffect(t *testing.T) {
	r := newRig(t)
	var kept *File
	pc := r.pc(PCOptions{Name: "GW1"}, func(t *Task) int {
		kept, _ = t.Create(`M:\SMTP\X`, Compat)
		t.Key(-1)
		return 0
	})
	r.run(time.Second)
	pc.PowerOff()
	r.run(time.Second)
	defer func() {
		if recover() == nil {
			t.Error("a write of a dead task returned")
		}
		if got := r.content(`\SMTP\X`); got != "" {
			t.Errorf("a dead task wrote %q", got)
		}
	}()
	kept.Write([]byte("ghost"))
}

// TestBatchLoop: a program started again after its end runs on the same PC,
// without a power cut between.
func TestBatchLoop(t *testing.T) {
	r := newRig(t)
	runs := 0
	pc := r.pc(PCOptions{Name: "GW1"}, func(t *Task) int {
		runs++
		t.Print("run\r\n")
		t.Sleep(time.Second)
		return runs
	})
	pc.OnEnd(func() {
		if runs < 3 {
			r.k.After(time.Second, func() { pc.Start("GW1.EXE") })
		}
	})
	r.run(time.Minute)
	if runs != 3 || pc.State().Code != 3 {
		t.Errorf("%d runs, %+v", runs, pc.State())
	}
	if got := pc.Screen().Text()[2]; got != "run" {
		t.Errorf("third line %q: the screen goes on", got)
	}
	if off := r.ops("power-off"); off != nil {
		t.Errorf("power cuts: %v", off)
	}
	pc.Reboot()
	r.run(2 * time.Minute)
	pc.Start("GW1.EXE") // it is on: that is a power cut
	pc.Start("GW1.EXE")
	r.run(time.Minute)
	if runs != 5 {
		t.Errorf("%d runs after a reboot and two starts", runs)
	}
	wantPhase(t, pc, Ended)
}
