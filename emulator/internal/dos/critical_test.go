package dos

import (
	"strings"
	"testing"
	"time"

	"gwkit/emulator/internal/sim"
)

const lostText = "This device does not exist on the network. reading drive M Abort, Retry Fail?"

func hasLine(s *Screen, text string) bool {
	for _, l := range s.Text() {
		if strings.Contains(l, text) {
			return true
		}
	}
	return false
}

// TestLostDrive plays Q136041: the drive goes, the PC waits, a key decides.
func TestLostDrive(t *testing.T) {
	rows := []struct {
		name     string
		key      byte
		back     bool // drive is back when the key is pressed
		commandF bool
		want     string // what the program saw
		phase    Phase
		code     int
	}{
		{"fail returns the error", 'f', false, false, "Fail on INT 24", Ended, 0},
		{"retry after the drive is back goes on", 'R', true, false, "data", Ended, 0},
		{"retry without the drive asks again", 'r', false, false, "", Prompt, 0},
		{"abort ends the program", 'a', false, false, "", Ended, abortCode},
		{"another key is no answer", 'x', true, false, "", Prompt, 0},
		{"COMMAND /F answers by itself", 0, false, true, "Fail on INT 24", Ended, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t)
			must(t, r.v.WriteFile(`\SMTP\X`, []byte("data"), 0))
			saw := ""
			pc := r.pc(PCOptions{Name: "GW1", CommandF: row.commandF}, func(t *Task) int {
				t.Sleep(time.Second)
				b, err := t.ReadFile(`M:\SMTP\X`, Compat)
				if saw = string(b); err != nil {
					saw = err.Error()
				}
				return 0
			})
			r.run(500 * time.Millisecond)
			r.v.SetOnline(false)
			r.run(time.Minute)
			if !hasLine(pc.Screen(), lostText) {
				t.Errorf("the prompt is missing on the screen:\n%s", strings.Join(pc.Screen().Text(), "\n"))
			}
			if !row.commandF {
				wantPhase(t, pc, Prompt)
				w := r.k.Waits()
				if len(w) != 1 || w[0].Wait != pc.State().Wait || w[0].Object != `M:\SMTP\X` || w[0].For != "key" {
					t.Errorf("wait-for list is %+v, state %+v", w, pc.State())
				}
				r.v.SetOnline(row.back)
				pc.Key(row.key)
				r.run(time.Minute)
			}
			wantPhase(t, pc, row.phase)
			if saw != row.want {
				t.Errorf("program saw %q, want %q", saw, row.want)
			}
			if pc.State().Code != row.code {
				t.Errorf("return code %d, want %d", pc.State().Code, row.code)
			}
		})
	}
}

// TestDeadlock is the heart of Q132060: two gateways, two fixed names, each
// holds one file and wants the other. Both wait; both name the holder; a
// reboot of one lets the other go on.
func TestDeadlock(t *testing.T) {
	r := newRig(t)
	must(t, r.v.WriteFile(`\SMTP\A.TMP`, nil, 0))
	must(t, r.v.WriteFile(`\SMTP\B.TMP`, nil, 0))
	work := func(first, second string) func(*Task) int {
		return func(t *Task) int {
			f, err := t.Open(first, ReadWrite)
			if err != nil {
				return 1
			}
			t.Sleep(time.Second)
			g, err := t.Open(second, ReadWrite)
			if err != nil {
				return 2
			}
			g.Close()
			f.Close()
			return 0
		}
	}
	one := r.pc(PCOptions{Name: "GW1"}, work(`M:\SMTP\A.TMP`, `M:\SMTP\B.TMP`))
	two := r.pc(PCOptions{Name: "GW2"}, work(`m:/smtp/b.tmp`, `m:/smtp/a.tmp`))
	r.run(10 * time.Second)
	wantPhase(t, one, Prompt)
	wantPhase(t, two, Prompt)
	if got := r.k.Run(sim.Forever); got != sim.StopBlocked {
		t.Errorf("the kernel says %v, want blocked", got)
	}
	if got, want := one.State().Wait, (sim.Wait{For: "file", Object: `M:\SMTP\B.TMP`, HeldBy: "GW2/GW2"}); got != want {
		t.Errorf("GW1 waits for %+v, want %+v", got, want)
	}
	if got, want := two.State().Wait, (sim.Wait{For: "file", Object: `M:\SMTP\A.TMP`, HeldBy: "GW1/GW1"}); got != want {
		t.Errorf("GW2 waits for %+v, want %+v", got, want)
	}
	if !hasLine(one.Screen(), "Sharing violation reading drive M") || !hasLine(one.Screen(), "Abort, Retry, Fail?") {
		t.Errorf("screen:\n%s", strings.Join(one.Screen().Text(), "\n"))
	}
	two.PowerOff()
	one.Key('R')
	r.run(2 * time.Second)
	wantPhase(t, one, Prompt) // the server has not noticed that GW2 is dead
	if h := r.v.Holders(`\SMTP\B.TMP`); len(h) != 1 || !h[0].Stale || h[0].PC != "GW2" {
		t.Errorf("holders of B.TMP: %+v", h)
	}
	r.run(SessionTime)
	one.Key('R')
	r.run(2 * time.Second)
	wantPhase(t, one, Ended)
	if c := one.State().Code; c != 0 {
		t.Errorf("GW1 ended with %d", c)
	}
	if one.Prompts != 2 {
		t.Errorf("GW1 showed %d prompts, want 2", one.Prompts)
	}
}

func TestShareRetriesOutlastAShortHold(t *testing.T) {
	r := newRig(t)
	must(t, r.v.WriteFile(`\SMTP\A.TMP`, nil, 0))
	hold := func(d time.Duration) func(*Task) int {
		return func(t *Task) int {
			f, _ := t.Open(`M:\SMTP\A.TMP`, ReadWrite|DenyAll)
			t.Sleep(d)
			f.Close()
			return 0
		}
	}
	r.pc(PCOptions{Name: "GW1"}, hold(500*time.Millisecond))
	var patient, hasty error
	r.pc(PCOptions{Name: "GW2"}, func(t *Task) int {
		var f *File
		if f, patient = t.Open(`M:\SMTP\A.TMP`, Read|DenyNone); patient == nil {
			f.Close()
		}
		return 0
	})
	r.pc(PCOptions{Name: "GW3", Retries: -1}, func(t *Task) int {
		_, hasty = t.Open(`M:\SMTP\A.TMP`, Read|DenyNone)
		return 0
	})
	r.run(5 * time.Second)
	if patient != nil {
		t.Errorf("with retries: %v, want success", patient)
	}
	if hasty != SharingViolation {
		t.Errorf("without retries: %v, want %v", hasty, SharingViolation)
	}
}

// TestAbortClosesHandles: DOS closes what the aborted child left open, its
// deferred functions act no more, and the parent goes on with an error code.
func TestAbortClosesHandles(t *testing.T) {
	r := newRig(t)
	must(t, r.v.WriteFile(`\MAILEXE\CHILD.EXE`, nil, 0))
	child := &Program{Name: "CHILD.EXE", Memory: 5000, Main: func(t *Task, _ []string) int {
		f, _ := t.Create(`M:\SMTP\LEFT.TMP`, Compat)
		f.Write([]byte("left"))
		defer func() { t.Remove(`M:\SMTP\PRECIOUS`) }()
		t.Open(`M:\SMTP\HELD`, ReadWrite)
		t.WriteFile(`M:\SMTP\NEVER`, nil, Compat)
		return 0
	}}
	must(t, r.v.WriteFile(`\SMTP\HELD`, nil, 0))
	must(t, r.v.WriteFile(`\SMTP\PRECIOUS`, nil, 0))
	r.pc(PCOptions{Name: "GW2"}, func(t *Task) int {
		t.Open(`M:\SMTP\HELD`, ReadWrite)
		t.Sleep(time.Hour)
		return 0
	})
	rc, free := -9, 0
	pc := r.pc(PCOptions{Name: "GW1", Programs: func(f string) *Program { return child }}, func(t *Task) int {
		t.Sleep(time.Second)
		before, _ := t.FreeMemory()
		rc, _ = t.Spawn("CHILD")
		after, _ := t.FreeMemory()
		free = before - after
		return 0
	})
	r.run(10 * time.Second)
	wantPhase(t, pc, Prompt)
	if s := pc.State(); s.Program != "CHILD" || s.Prompt != "Sharing violation reading drive M" {
		t.Errorf("state %+v", s)
	}
	pc.Key('a')
	r.run(10 * time.Second)
	wantPhase(t, pc, Ended)
	if rc != abortCode || free != 0 {
		t.Errorf("parent saw %d and lost %d bytes, want %d and 0", rc, free, abortCode)
	}
	if h := r.v.Holders(`\SMTP\LEFT.TMP`); h != nil {
		t.Errorf("LEFT.TMP is still open: %+v", h)
	}
	if _, err := r.v.Stat(`\SMTP\PRECIOUS`); err != nil {
		t.Errorf("the aborted program acted: %v", err)
	}
	if _, err := r.v.Stat(`\SMTP\NEVER`); err == nil {
		t.Error("the aborted program went on")
	}
}

func TestFaultsOfOperations(t *testing.T) {
	rows := []struct {
		name, fault string
		act         func(t *Task) error
		want        error
		phase       Phase
	}{
		{"plain error", `dos-error code=5 op=remove`, func(t *Task) error { return t.Remove(`M:\SMTP\X`) }, AccessDenied, Ended},
		{"critical error waits", `drive-lost op=open`, func(t *Task) error { _, e := t.Open(`M:\SMTP\X`, Read); return e }, nil, Prompt},
		{"sharing violation", `sharing-violation op=open`, func(t *Task) error { _, e := t.Open(`M:\SMTP\X`, Read); return e }, SharingViolation, Ended},
		{"disk full cuts the write", `disk-full free=3`, func(t *Task) error { return t.Append(`M:\SMTP\X`, []byte("12345"), Compat) }, DiskFull, Ended},
		{"out of memory", `out-of-memory`, func(t *Task) error { _, e := t.Spawn("GW1"); return e }, NotEnoughMemory, Ended},
		{"power fails", `crash op=remove`, func(t *Task) error { return t.Remove(`M:\SMTP\X`) }, nil, Off},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t)
			must(t, r.v.WriteFile(`\SMTP\X`, []byte("ab"), 0))
			var got error
			pc := r.pc(PCOptions{Name: "GW1"}, func(t *Task) int {
				t.Sleep(time.Second)
				got = row.act(t)
				return 0
			})
			r.run(500 * time.Millisecond)
			r.fail(row.fault)
			r.run(30 * time.Second)
			wantPhase(t, pc, row.phase)
			if got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
			want := "ab"
			if row.name == "disk full cuts the write" {
				want = "ab123"
			}
			if s := r.content(`\SMTP\X`); s != want {
				t.Errorf("file holds %q, want %q", s, want)
			}
		})
	}
}
