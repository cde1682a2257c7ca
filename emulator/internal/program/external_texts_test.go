package program

import (
	"strings"
	"testing"
	"time"

	"gwkit/emulator/internal/dos"
)

// What EXTERNAL says depends on -V and -Q1.
func TestExternalSaysMoreWithOptions(t *testing.T) {
	const retrieval, failure = "Postoffice record retrieval failed, file: 00000001", "Failure initializing postoffice list at NET/B"
	for _, c := range []struct {
		name, args string
		spoil      func(a, b *dos.Volume) error
		want, not  []string
	}{
		{"statistics", "-l", func(a, _ *dos.Volume) error { return a.SetAttr(`\XTN\00000001.XTN`, dos.ReadOnly) },
			[]string{`Unable to access M:XTN\00000001.XTN. Check the access rights.`}, []string{"Statistics update failed."}}, // Q130067
		{"statistics, -v", "-l -v", func(a, _ *dos.Volume) error { return a.SetAttr(`\XTN\00000001.XTN`, dos.ReadOnly) },
			[]string{`Unable to access M:XTN\00000001.XTN. Check the access rights.`, "Statistics update failed."}, nil},
		{"options", "-l", nil, nil, []string{"Options:"}}, // Q117802
		{"options, -v", "-l -v", nil, []string{"Options: -l -v"}, nil},
		{"options, -q1", "-l -q1", nil, []string{"Options: -l -q1"}, nil},
		{"no XTN", "-l", func(_, b *dos.Volume) error { return b.Remove(`\XTN\00000001.XTN`) }, nil, []string{retrieval, failure}}, // Q103383
		{"no XTN, -v", "-l -v", func(_, b *dos.Volume) error { return b.Remove(`\XTN\00000001.XTN`) }, []string{retrieval}, []string{failure}},
		{"no XTN, -q1", "-l -q1", func(_, b *dos.Volume) error { return b.Remove(`\XTN\00000001.XTN`) }, []string{retrieval, failure}, nil},
		{"disk limits of the file", "-l -v", func(a, _ *dos.Volume) error { // Q105166
			return a.WriteFile(`\INI\EXTERNAL.INI`, []byte("[External]\r\nDrivesDirectPO=MN\r\nMinKDiskFull=1\r\nMinKDiskNotFull=2\r\n"), 0)
		}, []string{"Options: /DrivesDirectPO=MN -l -v"}, []string{"MinKDisk"}},
		{"disk limits of the command line", "-l -v /MinKDiskFull=1", nil, []string{"Options: -l -v /MinKDiskFull=1"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newMTAWorld(t)
			a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
			w.send(a, "NET/A/bob", "m", "NET/B/bob")
			if c.spoil != nil {
				if err := c.spoil(a, b); err != nil {
					t.Fatal(err)
				}
			}
			w.external(time.Minute, c.args, a, b)
			s := w.text(a, `\LOG\SESSION.LOG`)
			for _, want := range c.want {
				if !strings.Contains(s, want+"\r\n") {
					t.Errorf("no line %q", want)
				}
			}
			for _, not := range c.not {
				if strings.Contains(s, not) {
					t.Errorf("there is %q", not)
				}
			}
			if t.Failed() {
				t.Log(s)
			}
		})
	}
}

// Without the right to write its log EXTERNAL does not start. Q117152
func TestExternalNeedsItsLog(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	if err := a.WriteFile(`\LOG\SESSION.LOG`, nil, dos.ReadOnly); err != nil {
		t.Fatal(err)
	}
	w.send(a, "NET/A/bob", "m", "NET/B/bob")
	pc := w.external(time.Minute, "-l", a, b)
	if s := strings.Join(append(pc.Screen().History(), pc.Screen().Text()...), "\n"); !strings.Contains(s, "Error writing to the log file.") {
		t.Errorf("screen:\n%s", s)
	}
	w.wantBox(b, "bob")
	w.wantBox(a, "NET/B", "bob: m")
}

// The two forms of a refused operation, as Q103960 prints them.
func TestExternalFileErrors(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "m", "NET/B/bob")
	if err := b.Remove(`\KEY\INQUEUE3.KEY`); err != nil {
		t.Fatal(err)
	}
	w.external(time.Minute, "-l", a, b)
	if s, want := w.text(a, `\LOG\SESSION.LOG`), `File I/O: Error finding "N:KEY\INQUEUE3.KEY", error code=2`; !strings.Contains(s, want+"\r\n") {
		t.Errorf("no line %q in\n%s", want, s)
	}
}

// An outbound KEY that somebody holds is said like one that is damaged; the drive is not
// in error for it. Q127002
func TestExternalSaysLockedKey(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "m", "NET/B/bob")
	bag := w.bag(a, "NET/B")
	w.client = func(t *dos.Task) int {
		t.Open(`M:\KEY\`+bag+`.KEY`, dos.ReadWrite|dos.DenyAll)
		t.Sleep(4 * time.Minute)
		return 0
	}
	w.pc(dos.PCOptions{}, a).Start("MAIL")
	w.external(time.Minute, "-l", a, b)
	s := w.text(a, `\LOG\SESSION.LOG`)
	if want := `A Critical error has occurred M:KEY\` + bag + ".KEY\r\n"; !strings.Contains(s, want) || strings.Contains(s, "Drive in error") {
		t.Errorf("want %q and no drive in error:\n%s", want, s)
	}
	w.run(5 * time.Minute)
	w.wantBox(b, "bob", "bob: m")
}

// A lock file that its holder deletes between our steps: the mailbag is passed over, with
// the line of Q103960.
func TestExternalLosesLockFile(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "m", "NET/B/bob")
	bag := w.bag(a, "NET/B")
	w.fault(`dos-error code=2 op=open times=1 at=M:\P1\` + bag + `.0LK`)
	w.external(time.Minute, "-l", a, b)
	w.wantBox(b, "bob")
	if s, want := w.text(a, `\LOG\SESSION.LOG`), `File I/O: Error opening "M:P1\`+bag+`.0LK", error code=2`; !strings.Contains(s, want+"\r\n") {
		t.Errorf("no line %q in\n%s", want, s)
	}
	w.run(5 * time.Minute)
	w.wantBox(b, "bob", "bob: m")
}

// EXTERNAL reads definitions while nobody may write them: the tables of a postoffice have to
// wait for a program that writes its XTN file, though it denies nobody anything. Q117562
func TestExternalDeniesDefinitions(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "m", "NET/B/bob")
	w.client = func(t *dos.Task) int {
		t.Open(`M:\XTN\00000001.XTN`, dos.ReadWrite|dos.DenyNone)
		t.Sleep(4 * time.Minute)
		return 0
	}
	w.pc(dos.PCOptions{}, b).Start("MAIL")
	w.external(time.Minute, "-l -v", a, b)
	w.wantBox(b, "bob")
	if s, want := w.text(a, `\LOG\SESSION.LOG`), "Postoffice record retrieval failed, file: 00000001"; !strings.Contains(s, want) {
		t.Errorf("no line %q in\n%s", want, s)
	}
	w.run(12 * time.Minute)
	w.wantBox(b, "bob", "bob: m")
}

// With /? or /h EXTERNAL shows its version, and moves no mail. Q128628
func TestExternalShowsItsVersion(t *testing.T) {
	for _, arg := range []string{"/?", "/h"} {
		w := newMTAWorld(t)
		a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
		w.send(a, "NET/A/bob", "m", "NET/B/bob")
		pc := w.external(time.Minute, arg, a, b)
		if s := strings.Join(append(pc.Screen().History(), pc.Screen().Text()...), "\n"); !strings.Contains(s, extBanner) {
			t.Errorf("%s: screen:\n%s", arg, s)
		}
		w.wantBox(a, "NET/B", "bob: m")
	}
}
