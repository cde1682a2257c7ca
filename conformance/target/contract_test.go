package target

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"gwkit/emulator/site"
)

// The contract: what every kind of target promises, whatever it is made of.
// A part is tested where the target has the power.
func TestContract(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			target := k.open()
			if target.Name() == "" {
				t.Error("the target has no name")
			}
			for _, part := range contract {
				t.Run(part.name, func(t *testing.T) {
					if !target.Powers().Has(part.powers) {
						t.Skipf("the target lacks %s", part.powers&^target.Powers())
					}
					s, _ := site.Shape("single")
					rig, err := target.Open(s, Options{Seed: 3})
					if err != nil {
						t.Fatal(err)
					}
					defer func() {
						if err := errors.Join(rig.Err(), rig.Close()); err != nil {
							t.Error(err)
						}
					}()
					part.test(t, target, rig)
				})
			}
		})
	}
}

var contract = []struct {
	name   string
	powers Powers
	test   func(*testing.T, Target, Rig)
}{
	{"the rig has the powers the target names", 0, func(t *testing.T, target Target, rig Rig) {
		if wrong := Missing(target, rig); len(wrong) > 0 {
			t.Errorf("names and has differ in %v", wrong)
		}
	}},
	{"time moves as far as asked", PowerClock, func(t *testing.T, _ Target, rig Rig) {
		clock := rig.(Clock)
		before, now := rig.Elapsed(), rig.Now()
		if stop := clock.Run(time.Minute); stop != StopTime {
			t.Errorf("stop is %q", stop)
		}
		if d := rig.Elapsed() - before; d != time.Minute || !rig.Now().Equal(now.Add(time.Minute)) {
			t.Errorf("%s have passed", d)
		}
		calls := 0
		ok, _ := clock.RunUntil(func() bool { calls++; return calls > 3 }, time.Hour)
		if !ok || rig.Elapsed() >= time.Hour {
			t.Errorf("until stopped at %s, %v", rig.Elapsed(), ok)
		}
		if ok, stop := clock.RunUntil(func() bool { return false }, time.Second); ok || stop != StopTime {
			t.Errorf("until in vain: %v, %q", ok, stop)
		}
		if stop := clock.RunToRest(time.Hour); stop != StopRest {
			t.Errorf("without mail the rest is %q", stop)
		}
	}},
	{"files are read in all three spellings", PowerFiles, func(t *testing.T, _ Target, rig Rig) {
		files := rig.(Files)
		for _, path := range []string{`M:\SMTP\LOCAL.CFG`, `GW1:M:\SMTP\LOCAL.CFG`, `COMPANY/HUB:\SMTP\LOCAL.CFG`} {
			data, err := files.ReadFile(path)
			if err != nil || !strings.Contains(string(data), "msmailgwy") || !files.FileExists(path) {
				t.Errorf("%s: %v", path, err)
			}
		}
		if _, err := files.ReadFile(`M:\NO.CFG`); err == nil || files.FileExists(`M:\NO.CFG`) {
			t.Error("a file that is not there is read")
		}
		if entries, err := files.ListDir(`M:\SMTP`); err != nil || len(entries) == 0 {
			t.Errorf("the directory has %d entries, %v", len(entries), err)
		}
		if items, err := files.Mailbag("COMPANY/HUB", "sparky"); err != nil || len(items) != 0 {
			t.Errorf("the mailbag has %d items, %v", len(items), err)
		}
		for _, bag := range [][2]string{{"COMPANY/HUB", "nobody"}, {"COMPANY/NOWHERE", "sparky"}} {
			if _, err := files.Mailbag(bag[0], bag[1]); err == nil {
				t.Errorf("mailbag %v is read", bag)
			}
		}
	}},
	{"files are written, held and removed", PowerWrite | PowerFiles, func(t *testing.T, _ Target, rig Rig) {
		w, files := rig.(Write), rig.(Files)
		const path = `M:\SMTP\OUR.TXT`
		if err := w.WriteFile(path, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		release, err := w.Hold("GW1", path, "rw deny-all")
		if err != nil {
			t.Fatal(err)
		}
		release()
		if err := w.SetAttr(path, "+r"); err != nil {
			t.Error(err)
		}
		if err := w.SetAttr(path, "-r"); err != nil {
			t.Error(err)
		}
		if err := w.RemoveFile(path); err != nil || files.FileExists(path) {
			t.Errorf("remove: %v", err)
		}
		if err := w.RemoveFile(path); err == nil {
			t.Error("a file that is not there is removed")
		}
	}},
	{"a session is greeted and ends", PowerSMTP, func(t *testing.T, _ Target, rig Rig) {
		c, err := rig.(SMTP).Dial("11.1.16.15", "GW1")
		if err != nil {
			t.Fatal(err)
		}
		line, err := c.Recv(5 * time.Minute)
		if err != nil || !strings.HasPrefix(line, "220") {
			t.Fatalf("greeting is %q, %v", line, err)
		}
		before := rig.Elapsed()
		if line, err := c.Recv(10 * time.Millisecond); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("silence is %q, %v", line, err)
		}
		if d := rig.Elapsed() - before; d > time.Second {
			t.Errorf("a wait of 10 ms takes %s", d)
		}
		if err := c.Send("QUIT"); err != nil {
			t.Fatal(err)
		}
		if line, err := c.Recv(time.Minute); err != nil || !strings.HasPrefix(line, "221") {
			t.Errorf("goodbye is %q, %v", line, err)
		}
		if line, err := c.Recv(time.Minute); !errors.Is(err, io.EOF) {
			t.Errorf("after the goodbye comes %q, %v", line, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}},
	{"a user's message reaches the Internet", PowerSubmit | PowerSink | PowerClock, func(t *testing.T, _ Target, rig Rig) {
		m := Mail{From: "COMPANY/HUB/sparky", To: []string{"root@example.com"}, Subject: "hello", Text: "text"}
		if err := rig.(Submit).Submit(m); err != nil {
			t.Fatal(err)
		}
		sink := rig.(Sink)
		if ok, stop := rig.(Clock).RunUntil(func() bool { return len(sink.Outside()) == 1 }, time.Hour); !ok {
			t.Fatalf("it does not (%s)", stop)
		}
		if d := sink.Outside()[0]; d.To != "root@example.com" || !strings.Contains(string(d.Data), "hello") {
			t.Errorf("delivered: %+v", d)
		}
		if err := rig.(Submit).Submit(Mail{From: "COMPANY/HUB/nobody/x", To: m.To}); err == nil {
			t.Error("a sender that is none is accepted")
		}
	}},
	{"a scripted host takes a smart host's place", PowerSink | PowerSubmit, func(t *testing.T, _ Target, rig Rig) {
		l, err := rig.(Sink).Listen("11.1.16.15")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if err := rig.(Submit).Submit(Mail{From: "COMPANY/HUB/sparky", To: []string{"root@example.com"}, Text: "text"}); err != nil {
			t.Fatal(err)
		}
		c, err := l.Accept(time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		c.Send("220 hello")
		if line, err := c.Recv(time.Minute); err != nil || !strings.HasPrefix(line, "HELO") {
			t.Errorf("the gateway says %q, %v", line, err)
		}
		c.Reset()
	}},
	{"faults are checked, set and taken out", PowerFaults, func(t *testing.T, _ Target, rig Rig) {
		f := rig.(Faults)
		const text = "net-refuse at=11.1.16.15:25"
		if err := f.AddFault(text); err != nil {
			t.Error(err)
		}
		if err := f.RemoveFault(text); err != nil {
			t.Error(err)
		}
		if err := f.RemoveFault(text); err == nil {
			t.Error("a fault is taken out twice")
		}
		if err := f.AddFault("no-such-fault"); err == nil {
			t.Error("a fault that is none is accepted")
		}
		f.ClearFaults()
		for _, online := range []bool{false, true} {
			if err := f.SetDrive("COMPANY/HUB", online); err != nil {
				t.Error(err)
			}
		}
	}},
	{"screens have 25 lines", PowerKeys, func(t *testing.T, _ Target, rig Rig) {
		if lines, err := rig.(Keys).Screen("GW1"); err != nil || len(lines) != 25 {
			t.Errorf("%d lines, %v", len(lines), err)
		}
		if _, err := rig.(Keys).Screen("NOPC"); err == nil {
			t.Error("a PC that is none has a screen")
		}
	}},
	{"PCs are switched", PowerReboot, func(t *testing.T, _ Target, rig Rig) {
		r := rig.(Reboot)
		if err := errors.Join(r.PowerOff("GW1"), r.PowerOn("GW1"), r.Reboot("GW1"), r.StartProgram("GW1", "SMTPGATE -w60 -cd -lacsy")); err != nil {
			t.Error(err)
		}
		if err := r.StartProgram("GW1", "FORMAT C:"); err == nil {
			// An unknown program is an error of the PC, seen on its screen.
			t.Log("an unknown program is only refused by the PC itself")
		}
		if err := r.Reboot("NOPC"); err == nil {
			t.Error("a PC that is none is rebooted")
		}
	}},
	{"a run repeats", PowerSchedule | PowerClock, func(t *testing.T, target Target, rig Rig) {
		s, _ := site.Shape("single")
		again, err := target.Open(s, Options{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		for _, r := range []Rig{rig, again} {
			if err := r.(Schedule).AddLoad(Load{For: 10 * time.Minute, In: 3, Out: 3, Size: 1000}); err != nil {
				t.Fatal(err)
			}
			r.(Clock).Run(20 * time.Minute)
		}
		a, b := rig.(Schedule), again.(Schedule)
		if a.Digest() != b.Digest() || a.Steps() != b.Steps() || a.Steps() == 0 {
			t.Errorf("digests %016x and %016x after %d and %d steps", a.Digest(), b.Digest(), a.Steps(), b.Steps())
		}
		if data, err := a.Report(); err != nil || !strings.Contains(string(data), `"messages"`) {
			t.Errorf("summary is %s, %v", data, err)
		}
		if state, err := a.State("GW1"); err != nil || state.Program != "SMTPGATE" || len(a.PCs()) != 2 {
			t.Errorf("state is %+v, %v", state, err)
		}
	}},
	{"a step budget ends a run", PowerClock | PowerSchedule, func(t *testing.T, target Target, _ Rig) {
		s, _ := site.Shape("single")
		rig, err := target.Open(s, Options{MaxSteps: 100})
		if err != nil {
			t.Fatal(err)
		}
		defer rig.Close()
		if stop := rig.(Clock).Run(24 * time.Hour); stop != StopBudget {
			t.Errorf("stop is %q", stop)
		}
	}},
}

func TestByName(t *testing.T) {
	for name, want := range map[string]string{"emulator": "", "./deploy.yaml": "no such file", "emulater": "want one of: emulator"} {
		_, err := ByName(name)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPowers(t *testing.T) {
	var all Powers
	for i, row := range PowerTable {
		if i > 0 && PowerTable[i-1].Name >= row.Name {
			t.Errorf("%s is not after %s", row.Name, PowerTable[i-1].Name)
		}
		if p, ok := ParsePower(row.Name); !ok || p != row.Power {
			t.Errorf("%s becomes %v", row.Name, p)
		}
		all |= row.Power
	}
	if all != AllPowers {
		t.Errorf("the table has %s", all)
	}
	if got := (PowerSMTP | PowerClock).String(); got != "clock smtp" {
		t.Errorf("got %q", got)
	}
	if _, ok := ParsePower("magic"); ok {
		t.Error("an unknown power is accepted")
	}
}
