package program

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/trace"
)

func TestExternalReturnCodes(t *testing.T) {
	for _, c := range []struct {
		name, args string
		after      time.Duration // then it must have ended
		code       int
	}{
		{"one pass", "-0", 10 * time.Second, exitCycles},
		{"time has passed", "-bt 09:00", time.Second, exitBreakAbsolute},
		{"time", "-bt10:01", 3*time.Minute + time.Second, exitBreakAbsolute},
		{"time and date", "-bt10:01 -bd06-01-93", 4 * time.Minute, exitBreakTimeDate},
		{"date", "-bd06-01-93", time.Second, exitBreakDate},
		{"span", "-br0:0:7", 7*time.Minute + time.Second, exitBreakRelative},
		{"bad option", "-nx", time.Second, exitError},
		{"no drive", "-dx", time.Second, exitError},
		{"home outside the range", "-dm -hn", time.Second, exitError},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			a := w.install(officeConfig("A", "B"))
			drives := []*dos.Volume{a}
			if c.name == "no drive" {
				drives = nil
			}
			pc := w.external(c.after, c.args, drives...)
			if c.name == "no drive" {
				w.run(time.Minute)
			}
			s := pc.State()
			if c.name == "no drive" {
				if s.Phase != dos.Running {
					t.Errorf("state %+v: a drive in the range is tried again", s)
				}
				return
			}
			if s.Phase != dos.Ended || s.Code != c.code {
				t.Errorf("state %+v, want ended with %d", s, c.code)
			}
		})
	}
	t.Run("no drive at all", func(t *testing.T) {
		w := newMTAWorld(t)
		pc := w.external(time.Second, "-p010")
		if s := pc.State(); s.Phase != dos.Ended || s.Code != exitError {
			t.Errorf("state %+v", s)
		}
	})
}

func TestExternalOperatorEndsIt(t *testing.T) {
	w := newMTAWorld(t)
	a := w.install(officeConfig("A", "B"))
	pc := w.external(time.Minute, "-l", a)
	press := func(keys string) {
		for i := 0; i < len(keys); i++ {
			pc.Key(keys[i])
		}
		w.run(time.Minute)
	}
	press(" xn")
	if s := pc.State(); s.Phase != dos.Running {
		t.Fatalf("after N: %+v", s)
	}
	press("\x1by")
	if s := pc.State(); s.Phase != dos.Ended || s.Code != exitOperator {
		t.Fatalf("after Y: %+v", s)
	}
	s := w.text(a, `\LOG\SESSION.LOG`)
	if strings.Count(s, "Press Y to exit, N to continue.\r\n") != 2 || strings.Count(s, "Shutting down ...\r\n") != 1 {
		t.Errorf("SESSION.LOG:\n%s", s)
	}
}

func TestExternalMailerDisabled(t *testing.T) {
	for _, option := range []string{"-md", "/MailerDisable"} {
		w := newMTAWorld(t)
		a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
		w.send(a, "NET/A/bob", "there", "NET/B/bob")
		w.external(time.Hour, option, a, b)
		w.wantBox(b, "INQUEUE3", "bob: there")
		w.wantBox(b, "bob")
		w.wantBox(a, "NET/B")
	}
}

func TestExternalDispatchDisabled(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "there", "NET/B/bob")
	w.external(time.Hour, "/DispatchDisable", a, b)
	w.wantBox(a, "NET/B", "bob: there")
}

// A user defined while External runs is known when FLAG.GLB has changed and the
// interval of -U is over; with -U0 never. Q131116, Q103421
func TestExternalReadsChangedLists(t *testing.T) {
	for _, c := range []struct {
		name, args string
		flag       bool
		known      bool
	}{
		{"flag changed", "", true, true},
		{"flag unchanged", "", false, false},
		{"never", "-u0", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			config := officeConfig("B", "A")
			config.Users = append(config.Users, postoffice.User{Name: "new"})
			a, b := w.install(officeConfig("A", "B")), w.install(config)
			const path = `\GLB\ACCESS2.GLB`
			full := w.text(b, path)
			if err := b.WriteFile(path, []byte(full[:len(full)-69]), 0); err != nil {
				t.Fatal(err)
			}
			w.external(time.Minute, c.args, a, b)
			if err := b.WriteFile(path, []byte(full), 0); err != nil {
				t.Fatal(err)
			}
			if c.flag {
				if err := b.WriteFile(`\GLB\FLAG.GLB`, postoffice.EncodeFlag(2), 0); err != nil {
					t.Fatal(err)
				}
			}
			w.run(5 * time.Minute)
			w.send(a, "NET/A/bob", "hello", "NET/B/new")
			w.run(10 * time.Minute)
			if c.known {
				w.wantBox(b, "new", "bob: hello")
				w.wantBox(a, "bob")
			} else {
				w.wantBox(b, "new")
				w.wantBox(a, "bob", "POSTMASTER: Mail failure")
			}
		})
	}
}

func TestExternalStatusTable(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B", "C")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "there", "NET/B/bob")
	pc := w.external(time.Minute, "", a, b)
	pc.Key(0)
	pc.Key(keyF2)
	w.run(time.Second)
	var got []string
	for _, s := range pc.Screen().Text() {
		if got != nil || s == extTable {
			got = append(got, s)
		}
	}
	want := []string{
		"Network    Postoffice Serial#  Status R#    Sent   MTD   YTD",
		"NET        B          22-00001 OK       0      1     1     1",
		"NET        C                   NO-REF   0      0     0     0",
		"NET        A          22-00001 OK       0      0     0     0",
	}
	if d := cmp.Diff(want, got[:min(len(got), len(want))]); d != "" {
		t.Errorf("table (-want +got):\n%s", d)
	}
}

func TestExternalStartStates(t *testing.T) {
	for _, c := range []struct {
		name, fault, status, line string
	}{
		{"master locked", `sharing-violation at=N:\GLB\MASTER.GLB until=7m`, "START", ""},
		{"lists locked", `sharing-violation at=N:\GLB\NETWORK.GLB until=7m`, "UNINIT", "Failure initializing postoffice list at NET/B"},
		{"definition locked", `sharing-violation at=N:\XTN\00000001.XTN until=7m`, "UNINIT", "Postoffice record retrieval failed, file: 00000001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
			w.send(a, "NET/A/bob", "m", "NET/B/bob")
			w.fault(c.fault)
			pc := w.external(4*time.Minute, "-dmn -v -q1", a, b)
			if s := strings.Join(append(pc.Screen().History(), pc.Screen().Text()...), "\n"); !strings.Contains(s, c.line) {
				t.Errorf("no line %q in\n%s", c.line, s)
			}
			w.wantBox(b, "bob")
			pc.Key(0)
			pc.Key(keyF3)
			w.run(time.Second)
			if s := strings.Join(pc.Screen().Text(), "\n"); !strings.Contains(s, c.status) {
				t.Errorf("no status %s on\n%s", c.status, s)
			}
			w.run(12 * time.Minute)
			w.wantBox(b, "bob", "bob: m")
		})
	}
}

func TestExternalMakesSemaphore(t *testing.T) {
	w := newMTAWorld(t)
	a := w.install(officeConfig("A", "B"))
	w.external(time.Minute, "", a)
	if n := len(w.text(a, `\GLB\RNETSEM.GLB`)); n != 4 {
		t.Errorf("%d bytes, want 4", n)
	}
}

func TestExternalStatisticsFailureDoesNotStopMail(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "m", "NET/B/bob")
	if err := a.SetAttr(`\XTN\00000001.XTN`, dos.ReadOnly); err != nil {
		t.Fatal(err)
	}
	w.external(time.Minute, "-l -v", a, b)
	w.wantBox(b, "bob", "bob: m")
	w.wantBox(a, "NET/B")
	want := `Unable to access M:XTN\00000001.XTN. Check the access rights.`
	if s := w.text(a, `\LOG\SESSION.LOG`); !strings.Contains(s, want) || !strings.Contains(s, "Statistics update failed.") {
		t.Errorf("SESSION.LOG:\n%s", s)
	}
}

func TestExternalWithoutNameSaysSo(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "m", "NET/B/bob")
	w.fault(`dos-error at=N:\GLB\CONTROL.GLB code=5`)
	w.external(time.Minute, "-l", a, b)
	if s := w.text(a, `\LOG\SESSION.LOG`); !strings.Contains(s, "Unable to Generate file prefix due to critical error.\r\n") || !strings.Contains(s, "Mail transfer failed.\r\n") {
		t.Errorf("SESSION.LOG:\n%s", s)
	}
	if it := w.items(a, "NET/B"); len(it) != 1 || it[0].Retries != 1 {
		t.Errorf("items: %+v", it)
	}
}

// The delete bit cannot be written: the item is sent at each turn. Q120220
func TestExternalSendsAgainWithoutDeleteBit(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "m", "NET/B/bob")
	w.fault(`dos-error at=M:\KEY\` + w.bag(a, "NET/B") + `.KEY op=write code=5 until=9m`)
	w.external(16*time.Minute, "", a, b)
	w.wantBox(b, "bob", "bob: m", "bob: m", "bob: m")
	w.wantBox(a, "NET/B")
}

func TestExternalSkipsDrivesWithoutPostoffice(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	plain := dos.NewVolume(dos.VolumeOptions{Clock: w.k.Clock})
	w.send(a, "NET/A/bob", "m", "NET/B/bob")
	pc := w.external(time.Minute, "-p010", plain, a, b)
	w.wantBox(b, "bob", "bob: m")
	if s := strings.Join(pc.Screen().Text(), "\n"); strings.Contains(s, "permanent drive: M:") || !strings.Contains(s, "permanent drive: N:") {
		t.Errorf("screen:\n%s", s)
	}
}

func TestExternalSurvivesPowerCut(t *testing.T) {
	for nth := 1; nth <= 40; nth += 3 {
		w := newMTAWorld(t)
		a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
		w.send(a, "NET/A/bob", "m", "NET/B/bob")
		w.fault("crash at=M: nth=" + strconv.Itoa(nth+20) + " times=1")
		pc := w.external(2*time.Minute, "", a, b)
		w.faults.Clear()
		pc.Reboot()
		w.run(12 * time.Minute)
		if n := len(w.items(b, "bob")); n < 1 || n > 2 {
			t.Errorf("crash %d: %d copies arrived, want one or two", nth, n)
		}
		w.wantBox(a, "NET/B")
	}
}

func TestExternalIsDeterministic(t *testing.T) {
	run := func() uint64 {
		w := newMTAWorld(t)
		a, h, b := w.install(officeConfig("A", "H", "B>H")), w.install(officeConfig("H", "A", "B")), w.install(officeConfig("B", "H", "A>H"))
		w.send(a, "NET/A/bob", "far", "NET/B/bob")
		slow := dos.Timing{PerOperation: 30 * time.Millisecond}
		w.pc(dos.PCOptions{Timing: slow}, a, h).Start("EXTERNAL", "-l")
		w.pc(dos.PCOptions{Timing: slow}, h, b).Start("EXTERNAL", "-l")
		w.run(time.Hour)
		w.wantBox(b, "bob", "bob: far")
		return w.k.Digest()
	}
	if x, y := run(), run(); x != y {
		t.Errorf("two runs differ: %x and %x", x, y)
	}
}

// An idle day must cost little: the tables are not read again.
func TestExternalIdleDay(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	rec := &trace.Recorder{}
	w.k.SetSink(rec)
	pc := w.external(24*time.Hour, "-p010", a, b)
	if n := pc.Cycles["cycle"]; n < 286 || n > 289 {
		t.Errorf("%d turns", n)
	}
	tables, ops := 0, 0
	for _, e := range rec.Events() {
		ops++
		if e.Op == "open" && strings.HasSuffix(e.Object, "NETWORK.GLB") {
			tables++
		}
	}
	if tables != 2 {
		t.Errorf("NETWORK.GLB was opened %d times, want twice", tables)
	}
	if perTurn := ops / 288; perTurn > 70 {
		t.Errorf("%d operations a turn", perTurn)
	}
	w.wantClean(a, 0)
}

func BenchmarkExternalIdleDay(b *testing.B) {
	for range b.N {
		w := newMTAWorld(b)
		w.external(24*time.Hour, "-p010", w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A")))
	}
}

// A thousand messages through a hub.
func BenchmarkExternalThousandMessages(b *testing.B) {
	for range b.N {
		b.StopTimer()
		w := newMTAWorld(b)
		a, h, z := w.install(officeConfig("A", "H", "B>H")), w.install(officeConfig("H", "A", "B")), w.install(officeConfig("B", "H", "A>H"))
		w.do(a, func(_ *dos.Task, o *postoffice.Office, r *postoffice.Routes) error {
			for range 1000 {
				m := &postoffice.Message{From: postoffice.Address{Addr: "NET/A/bob"}, To: addressList([]string{"NET/B/bob"}), Subject: "m", Text: make([]byte, 8000)}
				if _, err := o.Submit(r, m); err != nil {
					return err
				}
			}
			return nil
		})
		b.StartTimer()
		w.external(3*time.Hour, "-p010", a, h, z)
		if n := len(w.items(z, "bob")); n != 1000 {
			b.Fatalf("%d messages arrived", n)
		}
	}
}

func TestExternalV20IgnoresLockFile(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
	}{
		{"", nil},
		{"-v20", []string{"bob: m"}},
	} {
		w := newMTAWorld(t)
		a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
		w.client = func(t *dos.Task) int {
			t.Create(`M:\P1\INQUEUE3.0LK`, dos.DenyAll)
			t.Sleep(time.Hour)
			return 0
		}
		w.pc(dos.PCOptions{}, b).Start("MAIL")
		w.run(time.Second)
		w.send(a, "NET/A/bob", "m", "NET/B/bob")
		w.external(6*time.Minute, c.args, a, b)
		w.wantBox(b, "bob", c.want...)
	}
}

func TestParseSwitches(t *testing.T) {
	for _, c := range []struct {
		name, args string
		want       externalSwitches
	}{
		{"none", "", externalSwitches{}},
		{"send-only range", "-Wnp", externalSwitches{wan: "NOP"}},
		{"send-only letter by key", "/DrivesWAN=q", externalSwitches{wan: "Q"}},
		{"sizes", "/MinKDiskFull=500 /minkdisknotfull=1000 /MaxLanMailSize=64",
			externalSwitches{fullBelow: 500 * 1024, openAbove: 1000 * 1024, maxSize: 64 * 1024}},
		{"no dispatch", "/DispatchDisable", externalSwitches{dispatchDisable: true}},
		{"range upside down", "-Wpn", externalSwitches{ignored: []string{"-Wpn"}}},
		{"no number", "/MinKDiskFull=", externalSwitches{ignored: []string{"/MinKDiskFull="}}},
		{"negative", "/MinKDiskFull=-1", externalSwitches{ignored: []string{"/MinKDiskFull=-1"}}},
		{"others", "-a -= x -", externalSwitches{ignored: []string{"-a", "-=", "x", "-"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := parseSwitches(strings.Fields(c.args))
			if d := cmp.Diff(c.want, got, cmp.AllowUnexported(externalSwitches{})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func FuzzParseSwitches(f *testing.F) {
	for _, s := range []string{"-Wnp", "/DrivesWAN=q", "/MinKDiskFull=500", "-=", "/w", "-a x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		args := strings.Fields(s)
		got := parseSwitches(args)
		if len(got.ignored) > len(args) || got.fullBelow < 0 || got.openAbove < 0 || got.maxSize < 0 {
			t.Errorf("%q: %+v", args, got)
		}
		for i := range got.wan {
			if c := got.wan[i]; c < 'A' || c > 'Z' {
				t.Errorf("%q: drive %q", args, c)
			}
		}
	})
}

// The session log of a home postoffice that is away for a while goes on.
func TestExternalKeepsLogWhileHomeIsLost(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.external(time.Minute, "-l", a, b)
	a.SetOnline(false)
	w.run(10 * time.Minute)
	a.SetOnline(true)
	w.run(10 * time.Minute)
	s := w.text(a, `\LOG\SESSION.LOG`)
	for _, want := range []string{"06-01-93 10:03 Drive in error: M:\r\n", "06-01-93 10:03 N: NET/B: Checking for dispatch mail...\r\n", "06-01-93 10:18 M: NET/A: Checking"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in\n%s", want, s)
		}
	}
}

func TestExternalTakesNextSuffix(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "m", "NET/B/bob")
	if err := a.WriteFile(`\P1\LOCKP1ID.PBB`, nil, 0); err != nil {
		t.Fatal(err)
	}
	rec := &trace.Recorder{}
	w.k.SetSink(rec)
	w.external(time.Minute, "", a, b)
	w.wantBox(b, "bob", "bob: m")
	made := map[string]bool{}
	for _, e := range rec.Events() {
		if e.Op == "create" && e.Result == "" && strings.HasPrefix(e.Object, `M:\P1\`) {
			made[e.Object[len(e.Object)-3:]] = true
		}
	}
	if d := cmp.Diff(map[string]bool{"0LK": true, "PBC": true}, made); d != "" {
		t.Errorf("files in P1 (-want +got):\n%s", d)
	}
	if _, err := a.Stat(`\P1\LOCKP1ID.PBB`); err != nil {
		t.Error("the suffix of another was deleted")
	}
}

// An item whose recipients no table leads here goes back at once; one whose
// message is damaged after the attempts.
func TestExternalReturnsUselessItems(t *testing.T) {
	for _, c := range []struct {
		name  string
		turns time.Duration
		spoil func(data []byte)
		line  string
	}{
		{"damaged", 12 * time.Minute, func(data []byte) { data[len(data)-20] ^= 1 }, "[012] This corrupt message cannot be delivered."},
		{"no recipient", time.Minute, nil, "[002] Mail was received that was addressed to unknown addresses."},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
			if c.spoil == nil {
				w.do(a, func(_ *dos.Task, o *postoffice.Office, _ *postoffice.Routes) error {
					m := &postoffice.Message{References: 1, From: postoffice.Address{Addr: "NET/A/bob"}, To: addressList([]string{"NET/X/bob"})}
					id, size, err := o.Store(m, postoffice.AttachmentsFirst)
					if err == nil {
						h := postoffice.NewHeader(m, id, size)
						h.Time = postoffice.Wall(mtaStart)
						err = o.Post(w.bag(a, "NET/B"), &h)
					}
					return err
				})
			} else {
				w.send(a, "NET/A/bob", "m", "NET/B/bob")
				file := postoffice.At(nil, 'M').MessagePath(w.items(a, "NET/B")[0].MAI)[2:]
				data := []byte(w.text(a, `\`+file))
				c.spoil(data)
				if err := a.WriteFile(`\`+file, data, 0); err != nil {
					t.Fatal(err)
				}
			}
			w.external(c.turns, "", a, b)
			w.wantBox(a, "NET/B")
			w.wantBox(a, "bob", "POSTMASTER: Mail failure")
			if s := string(w.message(a, "bob").Text); !strings.Contains(s, c.line) {
				t.Errorf("report: %q", s)
			}
		})
	}
}

// The drive of the destination goes away in the middle of a copy: no attempt is
// counted, and the mail arrives when it is back. It arrives twice when the
// header was in the inqueue already and only the answer was lost.
func TestExternalDriveLostInTheMiddle(t *testing.T) {
	twice := 0
	for nth := 1; nth <= 25; nth++ {
		w := newMTAWorld(t)
		a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
		pc := w.external(time.Minute, "", a, b)
		w.send(a, "NET/A/bob", "m", "NET/B/bob")
		w.fault("drive-lost at=N: from=2m until=7m nth=" + strconv.Itoa(nth))
		w.run(25 * time.Minute)
		switch n := len(w.items(b, "bob")); n {
		case 1:
		case 2:
			twice++
		default:
			t.Errorf("operation %d: %d copies", nth, n)
		}
		w.wantBox(a, "NET/B")
		w.wantBox(a, "bob")
		if s := pc.State(); s.Phase != dos.Running {
			t.Errorf("operation %d: %+v", nth, s)
		}
	}
	if twice > 3 {
		t.Errorf("two copies at %d of 25 operations", twice)
	}
}
