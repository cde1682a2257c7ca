package program

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
)

func TestExternalReachesIndirectPostofficeThroughHub(t *testing.T) {
	for _, c := range []struct {
		name   string
		drives func(a, h, b *dos.Volume) []*dos.Volume
		cycles int
	}{
		// The hub's dispatch comes after A's in drive order: one turn is enough.
		{"hub after source", func(a, h, b *dos.Volume) []*dos.Volume { return []*dos.Volume{a, h, b} }, 1},
		{"hub before source", func(a, h, b *dos.Volume) []*dos.Volume { return []*dos.Volume{h, a, b} }, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			a, h, b := w.install(officeConfig("A", "H", "B>H")), w.install(officeConfig("H", "A", "B")), w.install(officeConfig("B", "H", "A>H"))
			w.send(a, "NET/A/bob", "far", "NET/B/bob", "NET/H/bob")
			w.external(time.Duration(c.cycles*5-4)*time.Minute, "", c.drives(a, h, b)...)
			w.wantBox(b, "bob", "bob: far")
			w.wantBox(h, "bob", "bob: far")
			if trace := w.message(b, "bob").Trace; strings.Join(trace, " ") != "NET/A NET/H" {
				t.Errorf("trace %q", trace)
			}
			if c.cycles == 2 { // not yet there after the first turn
				if got := w.items(b, "bob")[0].Time; got.Before(mtaStart.Add(5 * time.Minute)) {
					t.Errorf("delivered at %v", got)
				}
			}
			w.wantClean(a, 0)
			w.wantClean(h, 1)
		})
	}
}

func TestExternalServesAccessComponent(t *testing.T) {
	w := newMTAWorld(t)
	gc := officeConfig("G", "D")
	gc.SMTP = postoffice.SMTPGateway
	dc := officeConfig("D", "G")
	dc.SMTP, dc.Forward = postoffice.SMTPAccess, "NET/G"
	g, d := w.install(gc), w.install(dc)
	w.send(d, "NET/D/bob", "out", "SMTP:joe@host.com", "NET/G/bob")
	w.do(g, func(_ *dos.Task, o *postoffice.Office, _ *postoffice.Routes) error {
		_, err := o.Put(&postoffice.Message{From: postoffice.Address{Type: "SMTP", Addr: "joe@host.com"},
			To: addressList([]string{"NET/D/bob"}), Subject: "in"}, nil)
		return err
	})
	w.external(30*time.Second, "-p010", g, d)
	// What waited in the inqueue is not sent on in the same turn. Q96060
	w.wantBox(g, "NET/D", "joe: in")
	w.wantBox(g, "SMTP", "bob: out")
	w.wantBox(g, "bob", "bob: out")
	w.wantBox(d, "SMTP")
	w.run(5 * time.Minute)
	w.wantBox(d, "bob", "joe: in")
	// The gateway's own mailbag is left for SMTPGET.
	w.wantBox(g, "SMTP", "bob: out")
	m := w.message(g, "SMTP")
	if n := len(m.To); n != 2 || m.To[0].Served || !m.To[1].Served {
		t.Errorf("the copy in the gateway's mailbag is for %+v", m.To)
	}
}

// The gateway postoffice was defined anew: the access component names its old
// mailbag. The mail stays, without error and report. Q135031
func TestExternalLeavesQueueWithStaleHub(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(n *postoffice.Network)
		out   bool
	}{
		{"sound", func(*postoffice.Network) {}, true},
		{"old mailbag", func(n *postoffice.Network) { n.HubMBG = "000000FF" }, false},
		{"unknown postoffice", func(n *postoffice.Network) { n.HubName = "X" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			gc, dc := officeConfig("G", "D"), officeConfig("D", "G")
			gc.SMTP, dc.SMTP, dc.Forward = postoffice.SMTPGateway, postoffice.SMTPAccess, "NET/G"
			g, d := w.install(gc), w.install(dc)
			list, err := postoffice.DecodeNetworks("NETWORK.GLB", []byte(w.text(d, `\GLB\NETWORK.GLB`)))
			if err != nil {
				t.Fatal(err)
			}
			var data []byte
			for i := range list {
				if list[i].Name == "SMTP" {
					c.spoil(&list[i])
				}
				data = list[i].Append(data)
			}
			if err := d.WriteFile(`\GLB\NETWORK.GLB`, data, 0); err != nil {
				t.Fatal(err)
			}
			w.send(d, "NET/D/bob", "out", "SMTP:joe@host.com")
			w.external(26*time.Hour, "", g, d)
			if c.out {
				w.wantBox(g, "SMTP", "bob: out")
				w.wantBox(d, "SMTP")
				return
			}
			w.wantBox(d, "SMTP", "bob: out")
			w.wantBox(d, "bob")
			if _, err := d.Stat(`\LOG\SYSTEM.LOG`); err == nil {
				t.Error("SYSTEM.LOG exists")
			}
		})
	}
}

func TestTwoExternalsDoNotSendTwice(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	for i := 0; i < 30; i++ {
		w.send(a, "NET/A/bob", fmt.Sprintf("m%02d", i), "NET/B/bob")
	}
	slow := dos.Timing{PerOperation: 20 * time.Millisecond}
	for i := 0; i < 2; i++ {
		w.pc(dos.PCOptions{CommandF: true, Timing: slow}, a, b).Start("EXTERNAL", "-q1")
	}
	w.run(15 * time.Minute)
	got := w.box(b, "bob")
	sort.Strings(got) // two mailers and two senders keep no order among them
	if len(got) != 30 {
		t.Fatalf("%d messages: %q", len(got), got)
	}
	for i, s := range got {
		if want := fmt.Sprintf("bob: m%02d", i); s != want {
			t.Errorf("message %d is %q, want %q", i, s, want)
		}
	}
	w.wantClean(a, 0)
	w.wantClean(b, 30)
}

func TestExternalSkipsLockedMailbag(t *testing.T) {
	for _, c := range []struct {
		name, file string
		held       bool
		sent       bool
	}{
		{"held by another", ".0LK", true, false},
		{"stale", ".0LK", false, true},
		{"old lock", ".001", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
			w.send(a, "NET/A/bob", "locked", "NET/B/bob")
			file := `P1\` + w.bag(a, "NET/B") + c.file
			if !c.held {
				if err := a.WriteFile(`\`+file, nil, 0); err != nil {
					t.Fatal(err)
				}
			} else {
				w.client = func(t *dos.Task) int {
					t.Create("M:"+file, dos.DenyAll)
					t.Sleep(time.Hour)
					return 0
				}
				w.pc(dos.PCOptions{}, a).Start("MAIL")
				w.run(time.Second)
			}
			pc := w.external(6*time.Minute, "-q1", a, b)
			want := []string{}
			if c.sent {
				want = append(want, "bob: locked")
			}
			w.wantBox(b, "bob", want...)
			screen := strings.Join(pc.Screen().Text(), "\n") + strings.Join(pc.Screen().History(), "\n")
			if got := strings.Contains(screen, "Mail bag is locked by: M:"+file); got == c.sent {
				t.Errorf("lock line shown: %v\n%s", got, screen)
			}
			if !c.sent && w.items(a, "NET/B")[0].Retries != 0 {
				t.Error("an attempt was counted")
			}
		})
	}
}

func TestExternalReturnsMailAfterThreeAttempts(t *testing.T) {
	for _, c := range []struct {
		name, subject, fault string
		lines                []string
	}{
		{"inqueue locked", "x", `sharing-violation at=N:\KEY\INQUEUE3.KEY op=open`, []string{"[005] Mail retry count exceeded sending to:", "NET /B"}},
		{"message gone", "x", "", []string{"[005] Mail retry count exceeded sending to:", "NET /B", "[016] Message was not sent due to missing message file.", `Missing file is M:MAI\`}},
		{"attachment gone", "att", "", []string{"[005] Mail retry count exceeded sending to:", "[018] Message was not sent due to missing attachment."}},
		{"inqueue missing", "x", "", []string{"[001] unable to deliver.", "Missing mailbag when sending to NET/B from NET/A"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
			m := &postoffice.Message{From: postoffice.Address{Addr: "NET/A/bob"}, To: addressList([]string{"NET/B/bob"}), Subject: c.subject}
			if c.subject == "att" {
				m.Attachments = []postoffice.Attachment{{Name: "A.TXT", Data: []byte("a")}}
			}
			w.submit(a, m)
			switch c.name {
			case "inqueue locked":
				w.fault(c.fault)
			case "inqueue missing":
				if err := b.Remove(`\KEY\INQUEUE3.KEY`); err != nil {
					t.Fatal(err)
				}
			default:
				dir := map[string]string{"message gone": `\MAI\`, "attachment gone": `\ATT\`}[c.name]
				var file string
				a.Walk(func(path string, i dos.Info) error {
					if strings.HasPrefix(path, dir) && i.Attr&dos.Directory == 0 && !strings.HasSuffix(path, ".MSM") {
						file = path
					}
					return nil
				})
				if err := a.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
			w.external(7*time.Minute, "-l", a, b)
			if it := w.items(a, "NET/B"); len(it) != 1 || it[0].Retries != 2 {
				t.Fatalf("after two turns: %+v", it)
			}
			w.wantBox(a, "bob")
			w.run(5 * time.Minute)
			w.wantBox(a, "NET/B")
			w.wantBox(a, "bob", "POSTMASTER: Mail failure")
			text := string(w.message(a, "bob").Text)
			log := w.text(a, `\LOG\SYSTEM.LOG`)
			for _, s := range c.lines {
				if !strings.Contains(text, s) || !strings.Contains(log, s) {
					t.Errorf("%q is missing in report or log\n%s\n%s", s, text, log)
				}
			}
			if !strings.Contains(log, "External program has detected a mail problem.") {
				t.Errorf("SYSTEM.LOG: %s", log)
			}
			w.wantBox(b, "bob")
			if c.name == "inqueue locked" {
				w.wantClean(b, 0)
				s := w.text(a, `\LOG\SESSION.LOG`)
				for _, want := range []string{`File I/O: Error opening "N:KEY\INQUEUE3.KEY" error code=32`, ".P1 failed\r\n"} {
					if strings.Count(s, want) < 3 {
						t.Errorf("%q not three times in\n%s", want, s)
					}
				}
			}
		})
	}
}

// The in-queue of the destination is free again before the limit: nobody hears
// of it.
func TestExternalRetriesLockedInqueue(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "late", "NET/B/bob")
	w.client = func(t *dos.Task) int {
		t.Open(`M:\KEY\INQUEUE3.KEY`, dos.ReadWrite|dos.DenyAll)
		t.Sleep(4 * time.Minute)
		return 0
	}
	w.pc(dos.PCOptions{}, b).Start("MAIL")
	w.external(time.Minute, "", a, b)
	if it := w.items(a, "NET/B"); len(it) != 1 || it[0].Retries != 1 {
		t.Fatalf("items: %+v", it)
	}
	w.run(6 * time.Minute)
	w.wantBox(b, "bob", "bob: late")
	w.wantBox(a, "bob")
	w.wantClean(a, 0)
	w.wantClean(b, 1)
}

func TestExternalReturnsMailWhoseUsefulLifeIsOver(t *testing.T) {
	for _, c := range []struct {
		name     string
		priority byte
		left     time.Duration // the last turn at which it still waits
	}{
		{"ordinary", 0, 24 * time.Hour},
		{"urgent", '5', 2 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
			w.external(time.Minute, "", a, b)
			b.SetOnline(false)
			w.submit(a, &postoffice.Message{From: postoffice.Address{Addr: "NET/A/bob"}, To: addressList([]string{"NET/B/bob"}), Subject: "old", Priority: c.priority})
			w.run(c.left - 5*time.Minute)
			w.wantBox(a, "NET/B", "bob: old")
			if n := w.items(a, "NET/B")[0].Retries; n != 0 {
				t.Errorf("%d attempts counted while the drive is in error", n)
			}
			w.run(15 * time.Minute)
			w.wantBox(a, "NET/B")
			w.wantBox(a, "bob", "POSTMASTER: Mail failure")
			if s := string(w.message(a, "bob").Text); !strings.Contains(s, "Useful life exceeded sending to NET /B") {
				t.Errorf("report: %s", s)
			}
		})
	}
}

func TestExternalLostDriveAndReturn(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	pc := w.external(time.Minute, "-l", a, b)
	b.SetOnline(false)
	w.send(a, "NET/A/bob", "wait", "NET/B/bob")
	w.run(5 * time.Minute)
	pc.Key(0)
	pc.Key(keyF2)
	w.run(time.Second)
	status := func() string {
		for i := len(pc.Screen().Text()) - 1; i >= 0; i-- {
			if f := strings.Fields(pc.Screen().Text()[i]); len(f) > 3 && f[0] == "NET" && f[1] == "B" {
				return f[3]
			}
		}
		return "no row"
	}
	if s := status(); s != "ERROR" {
		t.Errorf("status %s, want ERROR", s)
	}
	w.run(10 * time.Minute)
	if it := w.items(a, "NET/B"); len(it) != 1 || it[0].Retries != 0 {
		t.Errorf("items: %+v", it)
	}
	b.SetOnline(true)
	w.run(10 * time.Minute)
	w.wantBox(b, "bob", "bob: wait")
	if s := w.text(a, `\LOG\SESSION.LOG`); !strings.Contains(s, "Drive in error: N:") || strings.Count(s, "Testing permanent drive: N:") < 3 {
		t.Errorf("SESSION.LOG:\n%s", s)
	}
	pc.Key(0)
	pc.Key(keyF2)
	w.run(time.Second)
	if s := status(); s != "OK" {
		t.Errorf("status %s, want OK", s)
	}
}

// EXTERNAL traps critical errors: nobody is asked, the log says what it was, and the other
// drives go on. Q117427 Q132413
func TestExternalTrapsCriticalErrors(t *testing.T) {
	w := newMTAWorld(t)
	a, b, c := w.install(officeConfig("A", "B", "C")), w.install(officeConfig("B", "A")), w.install(officeConfig("C", "A"))
	pc := w.pc(dos.PCOptions{}, a, b, c)
	pc.Start("EXTERNAL", "-l")
	w.run(time.Minute)
	b.SetOnline(false)
	w.send(a, "NET/A/bob", "wait", "NET/B/bob")
	w.send(a, "NET/A/bob", "go", "NET/C/bob")
	w.run(time.Hour)
	if s := pc.State(); s.Phase == dos.Prompt || pc.Prompts > 0 {
		t.Fatalf("state %+v, %d prompts", s, pc.Prompts)
	}
	w.wantBox(c, "bob", "bob: go")
	s := w.text(a, `\LOG\SESSION.LOG`)
	if ok, _ := regexp.MatchString(`(?m)^\S+ \S+ A critical error has occurred\r\n\S+ \S+ Error Code=1[09]0D, Device Error=000c\r\n\S+ \S+ Drive in error: N:\r$`, s); !ok {
		t.Errorf("SESSION.LOG:\n%s", s)
	}
	b.SetOnline(true)
	w.run(10 * time.Minute)
	w.wantBox(b, "bob", "bob: wait")
}

func TestExternalFullDisk(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	pc := w.external(time.Minute, "/MinKDiskFull=600000", a, b)
	w.send(a, "NET/A/bob", "big", "NET/B/bob")
	w.run(20 * time.Minute)
	if it := w.items(a, "NET/B"); len(it) != 1 || it[0].Retries != 0 {
		t.Fatalf("items: %+v", it)
	}
	pc.Key(0)
	pc.Key(keyF2)
	w.run(time.Second)
	if s := strings.Join(pc.Screen().Text(), "\n"); !strings.Contains(s, "FULL") {
		t.Errorf("screen:\n%s", s)
	}
	w.external(time.Minute, "/MinKDiskFull=1000", a, b) // a second one with another limit
	w.wantBox(b, "bob", "bob: big")
}

func TestExternalDiskFullFaultStopsAndRecovers(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "one", "NET/B/bob")
	w.fault(`disk-full at=N:\MAI\ until=8m`)
	w.external(7*time.Minute, "", a, b)
	if it := w.items(a, "NET/B"); len(it) != 1 || it[0].Retries != 0 {
		t.Fatalf("items: %+v", it)
	}
	w.run(10 * time.Minute)
	w.wantBox(b, "bob", "bob: one")
	w.wantClean(b, 1)
}

func TestExternalSizeLimit(t *testing.T) {
	for _, c := range []struct {
		name, to string
		returned bool
	}{
		{"user", "NET/B/bob", true},
		{"system", "NET/B/$SYSTEM", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			ac := officeConfig("A", "B")
			ac.Externals[0].MaxSize = 5000
			a, b := w.install(ac), w.install(officeConfig("B", "A"))
			w.submit(a, &postoffice.Message{From: postoffice.Address{Addr: "NET/A/bob"}, To: addressList([]string{c.to}), Subject: "long", Text: make([]byte, 6000)})
			w.send(a, "NET/A/Admin", "short", c.to)
			w.external(time.Minute, "", a, b)
			if c.returned {
				w.wantBox(a, "bob", "POSTMASTER: Mail failure")
				w.wantBox(b, "bob", "Admin: short")
				if s := string(w.message(a, "bob").Text); !strings.Contains(s, "[009] Mail maximum size exceeded sending to:\rNET /B.\r") {
					t.Errorf("report: %q", s)
				}
			} else {
				w.wantBox(a, "bob")
				w.wantBox(b, "SYSTEM", "bob: long", "Admin: short")
			}
		})
	}
}

// Examples of Q199800, with the mailer off so that nothing comes back.
func TestExternalBatch(t *testing.T) {
	for _, c := range []struct {
		name string
		wait [3]int
		left [3]int
	}{
		{"few, some, some", [3]int{3, 10, 15}, [3]int{0, 0, 0}},
		{"fifty at once", [3]int{50, 2, 6}, [3]int{0, 2, 6}},
		{"room for 43", [3]int{7, 4, 75}, [3]int{0, 0, 32}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			a := w.install(officeConfig("S", "A", "B", "C"))
			vols := []*dos.Volume{a}
			for i, name := range []string{"A", "B", "C"} {
				vols = append(vols, w.install(officeConfig(name, "S")))
				w.do(a, func(_ *dos.Task, o *postoffice.Office, r *postoffice.Routes) error {
					for n := 0; n < c.wait[i]; n++ {
						m := &postoffice.Message{From: postoffice.Address{Addr: "NET/S/bob"}, To: addressList([]string{"NET/" + name + "/bob"}), Subject: fmt.Sprint(n)}
						if _, err := o.Submit(r, m); err != nil {
							return err
						}
					}
					return nil
				})
			}
			w.external(time.Minute, "-0", vols...)
			for i, name := range []string{"A", "B", "C"} {
				if n := len(w.items(a, "NET/"+name)); n != c.left[i] {
					t.Errorf("%d left for %s, want %d", n, name, c.left[i])
				}
				if n := len(w.items(vols[i+1], "bob")); n != c.wait[i]-c.left[i] {
					t.Errorf("%d arrived at %s", n, name)
				}
			}
		})
	}
}

func TestExternalHopLimitAndLoop(t *testing.T) {
	t.Run("limit", func(t *testing.T) {
		w := newMTAWorld(t)
		a, h, b := w.install(officeConfig("A", "H", "B>H")), w.install(officeConfig("H", "A", "B")), w.install(officeConfig("B", "H", "A>H"))
		w.submit(a, &postoffice.Message{From: postoffice.Address{Addr: "NET/A/bob"}, To: addressList([]string{"NET/B/bob"}), Subject: "far", HopLimit: 2})
		w.external(12*time.Minute, "", a, h, b)
		w.wantBox(b, "bob")
		w.wantBox(a, "bob", "POSTMASTER: Mail failure")
		if s := string(w.message(a, "bob").Text); !strings.Contains(s, "[003] Message hop count exceeded. Message followed the following route:\rNET/A\rNET/H\r") {
			t.Errorf("report: %q", s)
		}
	})
	t.Run("circle", func(t *testing.T) {
		w := newMTAWorld(t)
		// A believes B is behind H, H believes B is behind A.
		a, h := w.install(officeConfig("A", "H", "B>H")), w.install(officeConfig("H", "A", "B>A"))
		w.send(a, "NET/A/bob", "round", "NET/B/bob")
		w.external(20*time.Minute, "", a, h)
		w.wantBox(a, "bob", "POSTMASTER: Mail failure")
		if s := string(w.message(a, "bob").Text); !strings.Contains(s, "[004] Message circular route detected...") {
			t.Errorf("report: %q", s)
		}
	})
}

func TestExternalLeavesDamagedMailbagAndServesOthers(t *testing.T) {
	w := newMTAWorld(t)
	a, b, c := w.install(officeConfig("A", "B", "C")), w.install(officeConfig("B", "A")), w.install(officeConfig("C", "A"))
	w.send(a, "NET/A/bob", "m", "NET/B/bob", "NET/C/bob")
	key := `\KEY\` + w.bag(a, "NET/B") + ".KEY"
	if err := a.WriteFile(key, make([]byte, 100), 0); err != nil {
		t.Fatal(err)
	}
	w.external(time.Minute, "-l", a, b, c)
	w.wantBox(c, "bob", "bob: m")
	if s := w.text(a, `\LOG\SESSION.LOG`); !strings.Contains(s, "A Critical error has occurred M:"+key[1:]+"\r\n") || !strings.Contains(s, "Drive in error: M:\r\n") {
		t.Errorf("SESSION.LOG:\n%s", s)
	}
}

func TestExternalSendOnlyDrive(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "there", "NET/B/bob")
	w.send(b, "NET/B/bob", "back", "NET/A/bob")
	w.external(6*time.Minute, "-dm -wn", a, b)
	w.wantBox(b, "INQUEUE3", "bob: there")
	w.wantBox(b, "NET/A", "bob: back")
	w.wantBox(a, "bob")
}
