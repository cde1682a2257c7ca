package drive_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gwkit/conformance/drive"
	"gwkit/emulator"
	"gwkit/emulator/site"
)

// The emulator writes a tree and this package reads it. They share no code, so
// that what both say is what the articles say; where articles say nothing they
// agree by an invention, which the sources mark.

// saved runs a site with some mail and returns its trees by NET_PO.
func saved(t *testing.T) (*emulator.World, func(ref string) *drive.Tree) {
	t.Helper()
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.PCs {
		if strings.HasPrefix(s.PCs[i].Run, "SMTPGATE") {
			s.PCs[i].Run += " -ms"
		}
	}
	w, err := emulator.New(s, emulator.Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	for i := range 3 {
		for _, m := range []emulator.Mail{
			{From: "COMPANY/SALES/margb", To: []string{"COMPANY/SALES/ADMIN"}, Subject: fmt.Sprint("local ", i), Text: "hello\n"},
			{From: "COMPANY/SALES/margb", To: []string{fmt.Sprint("user", i, "@outside.example")}, Subject: fmt.Sprint("out ", i), Text: "hello\n"},
		} {
			if err := w.Submit(m); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.DeleteMail("COMPANY/SALES", "ADMIN", 1); err != nil {
		t.Fatal(err)
	}
	if err := w.Inject("root@outside.example", []string{"margb@sales.company.com"}, []byte("Subject: in\r\n\r\nhello\r\n")); err != nil {
		t.Fatal(err)
	}
	w.Run(2 * time.Hour)
	dir := t.TempDir()
	if err := w.SaveTo(filepath.Join(dir, "after")); err != nil {
		t.Fatal(err)
	}
	return w, func(ref string) *drive.Tree {
		return drive.OpenDir(filepath.Join(dir, "after", strings.ReplaceAll(ref, "/", "_")))
	}
}

func TestATreeOfTheEmulatorReadsAsItWasMade(t *testing.T) {
	w, tree := saved(t)
	sales, hub := tree("COMPANY/SALES"), tree("COMPANY/HUB")

	networks, problems, err := sales.Networks()
	if err != nil || problems != nil {
		t.Fatal(err, problems)
	}
	var smtp, own *drive.Network
	for i := range networks {
		switch n := &networks[i]; n.Name {
		case "SMTP":
			smtp = n
		case "COMPANY":
			own = n
		}
	}
	if smtp == nil || own == nil || !smtp.Active() || !own.Active() || own.XTN == "" || own.MBG != "" || smtp.MBG == "" {
		t.Fatalf("networks %+v", networks)
	}
	if smtp.HubNetwork != "COMPANY" || smtp.HubPostoffice != "HUB" {
		t.Errorf("the SMTP record names hub %s/%s", smtp.HubNetwork, smtp.HubPostoffice)
	}
	offices, problems, err := sales.Offices(own.XTN)
	if err != nil || problems != nil {
		t.Fatal(err, problems)
	}
	var names []string
	for _, o := range offices {
		names = append(names, o.Name)
		if o.Name == "HUB" && o.MBG != smtp.HubMBG {
			t.Errorf("HUB's mailbag is %s in the XTN file and %s in NETWORK.GLB", o.MBG, smtp.HubMBG)
		}
	}
	if slices.Sort(names); strings.Join(names, " ") != "ENGINEER HUB" {
		t.Errorf("postoffices known at SALES: %v", names)
	}
	if m, err := sales.Master(); err != nil || m.Security > 1 || len(m.Texts) < 2 || m.Texts[0] != "COMPANY" || m.Texts[1] != "SALES" {
		t.Errorf("Master = %+v, %v", m, err)
	}

	// The administrator's mailbag is the first one of a postoffice. Q135868
	items, err := w.Mailbag("COMPANY/SALES", "ADMIN")
	if err != nil || len(items) != 2 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	live := liveSubjects(t, sales, "00000000")
	if strings.Join(live, "|") != "local 0|local 2" {
		t.Errorf("live mail of ADMIN: %q", live)
	}
	control, err := sales.Control()
	if err != nil || control.Letter < 6 || control.Mailbag < 3 {
		t.Errorf("Control = %+v, %v", control, err)
	}

	// Every file of a whole tree has a documented size, and what the
	// mailbags name is there.
	for _, tr := range []*drive.Tree{sales, hub} {
		n := 0
		err := tr.Walk(".", func(e drive.Entry) error {
			if e.Err != nil {
				t.Error(e.Err)
			}
			n++
			if r := drive.SizeRuleFor(e.Path); r != nil && !e.Dir && !r.Allows(e.Size) {
				t.Errorf("%s has %d bytes, want %s", tr.At(e.Path), e.Size, r.Formula)
			}
			bag, ok := strings.CutSuffix(e.Name, ".MBG")
			if !ok {
				return nil
			}
			return tr.Mailbag(bag, func(m drive.Mail) error {
				for _, p := range m.Problems {
					t.Errorf("%s: %s", tr.Name(), p)
				}
				if m.Deleted {
					return nil
				}
				_, err := tr.Stat("MAI/MA" + m.MAI[7:] + "/" + m.MAI + ".MAI")
				return err
			})
		})
		if err != nil || n < 100 {
			t.Errorf("%d entries, %v", n, err)
		}
	}
}

func liveSubjects(t *testing.T, tree *drive.Tree, bag string) []string {
	t.Helper()
	var list []string
	err := tree.Mailbag(bag, func(m drive.Mail) error {
		if !m.DeletedKnown {
			t.Errorf("%s: it is not known what is deleted", bag)
		}
		if !m.Deleted {
			list = append(list, m.Subject)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestConfigurationAndLogsOfTheEmulatorAreRead(t *testing.T) {
	_, tree := saved(t)
	hub := tree("COMPANY/HUB")
	data, err := hub.Read("smtp/local.cfg", 1<<16)
	if err != nil {
		t.Fatal(err)
	}
	c, err := drive.ParseLocal(data)
	if err != nil || c.SmartHost.Text != "11.1.16.15" || c.SmartHost.Line == 0 || len(c.Postoffices) == 0 {
		t.Errorf("LOCAL.CFG = %+v, %v", c, err)
	}
	if data, err = hub.Read("SMTP/ADDR_MAP.CFG", 1<<16); err != nil {
		t.Fatal(err)
	}
	entries, bad := drive.ParseAddrMap(data)
	again, err := site.ParseAddrMap(data)
	if err != nil || bad != nil || len(entries) != len(again) {
		t.Fatalf("ADDR_MAP.CFG: %v %v %v", entries, bad, err)
	}
	for i, e := range entries {
		if e.Postoffice.Text != again[i].Postoffice || e.Domain.Text != again[i].Domain {
			t.Errorf("entry %d: %+v, the gateway reads %+v", i, e, again[i])
		}
	}

	f, _, err := hub.OpenFile("LOG/SMTPGATE.LOG")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := map[drive.Class]int{}
	err = drive.ReadLog(f, func(l drive.LogLine) error {
		n[l.Class]++
		switch l.Class {
		case drive.NoLog:
			t.Errorf("line %d is no line of a log: %q", l.Number, l.Text)
		case drive.Idling:
			if l.Free <= 0 || l.Largest <= 0 {
				t.Errorf("line %d: %d free, largest %d", l.Number, l.Free, l.Largest)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []drive.Class{drive.Banner, drive.Idling, drive.Spawning, drive.Spawned, drive.Accept, drive.Call, drive.Sent, drive.Received} {
		if n[c] == 0 {
			t.Errorf("the log has no line of class %q: %v", c, n)
		}
	}
	sent, _, err := hub.OpenFile("LOG/SENT.LOG")
	if err != nil {
		t.Fatal(err)
	}
	defer sent.Close()
	told := 0
	err = drive.ReadMailLog(sent, func(drive.MailLine) error { told++; return nil },
		func(n int, text string) error {
			t.Errorf("SENT.LOG:%d is not understood: %q", n, text)
			return nil
		})
	if err != nil || told != 3 {
		t.Errorf("SENT.LOG: %d messages, %v", told, err)
	}
}

func TestAttributesOfAServedFolder(t *testing.T) {
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w, err := emulator.New(s, emulator.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetAttr(`COMPANY/HUB:\GLB\CONTROL.GLB`, "+h +r"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	found := false
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "CONTROL.GLB" && strings.Contains(p, "HUB") {
			found = true
			e, err := drive.OpenDir(filepath.Dir(filepath.Dir(p))).Stat(`\GLB\CONTROL.GLB`)
			if err != nil || !e.AttrKnown || e.Attr&(drive.Hidden|drive.ReadOnly) != drive.Hidden|drive.ReadOnly {
				t.Errorf("attributes %q known %v, %v", e.Attr, e.AttrKnown, err)
			}
		}
		return err
	})
	if err != nil || !found {
		t.Fatal(found, err)
	}
}
