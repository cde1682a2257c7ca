package main

import (
	"archive/zip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDOSNames(t *testing.T) {
	for name, good := range map[string]bool{
		"A": true, "REPORT.TXT": true, "report.txt": true, "A_B~1.Z": true, "12345678.123": true, "WINMAIL.DAT": true,
		"": false, ".TXT": false, "A.": false, "123456789.TXT": false, "A.TEXT": false, "A.B.C": false, "A B.TXT": false, "A/B.TXT": false,
		`A\B`: false, "..": false, "A:B": false, "CON": false, "con.txt": false, "LPT1.X": false, "COM9": false, "É.TXT": false, "A\x00": false, "A*": false,
	} {
		if err := checkDOSName(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzSavedNameStaysInItsFolder(f *testing.F) {
	for _, s := range []string{"A.TXT", "../../x", "CON", "", "a\x00b", `C:\X`, ".gwemu-x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		used := map[string]bool{}
		for n := 1; n <= 3; n++ {
			got, err := savedName(name, 1, func(s string) bool { return used[s] })
			if err != nil {
				t.Fatal(err)
			}
			if checkDOSName(got) != nil || !filepath.IsLocal(got) || used[got] {
				t.Fatalf("savedName(%q) = %q", name, got)
			}
			used[got] = true
		}
	})
}

func TestAttachmentsAreSavedUnderSafeNamesAndOverwriteNothing(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	items := []itemView{{Attachments: []attachmentView{
		{Name: "A.TXT", Data: []byte("1")}, {Name: "a.txt", Data: []byte("2")}, {Name: `..\..\EVIL.EXE`, Data: []byte("3")},
		{Name: "../evil", Data: []byte("4")}, {Name: "NUL", Data: []byte("5")}, {Name: "LONGNAME.TXT", Data: []byte("6")}, {Name: "LONGNAME.TXT", Data: []byte("7")},
	}}}
	if err := newTestApp("").saveAttachments(dir, items); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		data, _ := os.ReadFile(filepath.Join(dir, f.Name()))
		got[f.Name()] = string(data)
	}
	want := map[string]string{"A.TXT": "1", "A~1.TXT": "2", "ATT00003.BIN": "3", "ATT00004.BIN": "4", "ATT00005.BIN": "5", "LONGNAME.TXT": "6", "LONGNA~1.TXT": "7"}
	for name, data := range want {
		if got[name] != data {
			t.Errorf("%s has %q, want %q", name, got[name], data)
		}
	}
	if len(got) != len(want) {
		t.Errorf("files %v", got)
	}
	if beside, _ := os.ReadDir(parent); len(beside) != 1 {
		t.Errorf("beside the folder: %v", beside)
	}
}

func TestAttachmentsDoNotFollowLinksOutOfTheFolder(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "target")
	if err := os.Symlink(outside, filepath.Join(dir, "A.TXT")); err != nil {
		t.Skip("no symbolic links here")
	}
	items := []itemView{{Attachments: []attachmentView{{Name: "A.TXT", Data: []byte("x")}}}}
	if err := newTestApp("").saveAttachments(dir, items); err != nil {
		t.Fatal(err)
	}
	if exists(outside) || !exists(filepath.Join(dir, "A~1.TXT")) {
		t.Error("the link was followed")
	}
}

func TestMailCannotControlATerminal(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttext\r\n": "plain\ttext\n", "\x1b]0;owned\a": "^[]0;owned^G", "a\rb": "a^Mb", "\u009b31m": `\x9b31m`, "\x7f": `\x7f`,
		"\u202egnp.exe": `\u202egnp.exe`, "Ü ☺": "Ü ☺",
	} {
		if got := printable(in); got != want {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
	a := newTestApp("")
	it := itemView{From: "A/B/c", Subject: "x\nFrom: y\x1b[2J", Text: "t\x1b"}
	if err := printItem(a.out, &it, false); err != nil {
		t.Fatal(err)
	}
	if got := a.out.String(); strings.Contains(got, "\x1b") || strings.Contains(got, "\nFrom: y") {
		t.Errorf("printed %q", got)
	}
	b := newTestApp("")
	if err := printItem(b.out, &itemView{Text: "Ú\x1b"}, true); err != nil {
		t.Fatal(err)
	}
	if got := b.out.String(); !strings.HasSuffix(got, "\xe9\x1b\n") {
		t.Errorf("raw %q", got)
	}
}

// savedRun keeps the drives of a run with mail in them.
func savedRun(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	a := newTestApp("")
	if a.main([]string{"run", "single", "--for", "1h", "--in", "3", "--keep", "--until-idle", "--save", path}) != statusOK {
		t.Fatal(a.errOut)
	}
	return path
}

func TestMailIsReadFromSavedDrives(t *testing.T) {
	for _, name := range []string{"tree", "tree.zip"} {
		t.Run(name, func(t *testing.T) {
			path := savedRun(t, name)
			ask := func(status int, want string, args ...string) {
				t.Helper()
				a := newTestApp("")
				if got := a.main(append([]string{"mail", "--drive", path}, args...)); got != status || !strings.Contains(a.out.String()+a.errOut.String(), want) {
					t.Errorf("mail %v: status %d, want %d; lacks %q:\n%s%s", args, got, status, want, a.out, a.errOut)
				}
			}
			ask(0, "COMPANY/SALES     ADMIN       1\n")
			ask(0, "ADMIN  1\n", "company/sales")
			ask(0, "gwemu-000000", "COMPANY/SALES", "ADMIN")
			ask(0, "Subject:  gwemu-000000", "COMPANY/SALES", "ADMIN", "--read", "1")
			ask(0, `"text": "Return-Path: `, "COMPANY/SALES", "ADMIN", "--read", "1", "--format", "json")
			ask(2, "has none of that number", "COMPANY/SALES", "ADMIN", "--read", "9")
			ask(2, "cannot find postoffice", "COMPANY/NOWHERE", "margb")
			ask(2, "no mailbag", "COMPANY/SALES", "nobody")
		})
	}
}

// What is damaged is named, and the rest is read.
func TestDamageHidesNoOtherMail(t *testing.T) {
	path := savedRun(t, "tree")
	ask := func(status int, out, errOut string, args ...string) {
		t.Helper()
		a := newTestApp("")
		if got := a.main(append([]string{"mail", "--drive", path}, args...)); got != status || !strings.Contains(a.out.String(), out) || !strings.Contains(a.errOut.String(), errOut) {
			t.Errorf("mail %v: status %d, want %d; want %q and %q:\n%s%s", args, got, status, out, errOut, a.out, a.errOut)
		}
	}
	for range 2 { // two more messages, the first of which is damaged below
		a := newTestApp("hello\n")
		if a.main([]string{"submit", "--drive", path, "--from", "COMPANY/HUB/sparky", "--to", "COMPANY/HUB/POSTMASTER", "--subject", "local", "--text", "-"}) != statusOK {
			t.Fatal(a.errOut)
		}
	}
	var bag mailbagView
	a := newTestApp("")
	if a.main([]string{"mail", "--drive", path, "COMPANY/HUB", "POSTMASTER", "--format", "json"}) != statusOK || json.Unmarshal(a.out.Bytes(), &bag) != nil || len(bag.Items) != 2 {
		t.Fatalf("%s%s", a.out, a.errOut)
	}
	mai := bag.Items[0].MAI
	file := filepath.Join(path, "COMPANY_HUB", "MAI", "MA"+mai[7:], mai+".MAI")
	if err := os.WriteFile(file, []byte("no message"), 0o644); err != nil {
		t.Fatal(err)
	}
	why := "cannot read message 1 of mailbag COMPANY/HUB/POSTMASTER: cannot read \\MAI\\MA" + mai[7:] + "\\" + mai + ".MAI at offset 0x0"
	ask(2, "local", why, "COMPANY/HUB", "POSTMASTER")
	ask(2, "", why, "COMPANY/HUB", "POSTMASTER", "--read", "1")
	ask(0, "hello", "", "COMPANY/HUB", "POSTMASTER", "--read", "2")
	ask(2, `"error": "cannot read `, why, "COMPANY/HUB", "POSTMASTER", "--format", "json")
	ask(0, "POSTMASTER  2\n", "", "COMPANY/HUB")

	if err := os.WriteFile(filepath.Join(path, "COMPANY_ENGINEER", "GLB", "MASTER.GLB"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	why = "COMPANY_ENGINEER: cannot read \\GLB\\MASTER.GLB at offset 0x0: 0 bytes"
	ask(2, "COMPANY/HUB    POSTMASTER  2\n", why)
	ask(0, "hello", "", "COMPANY/HUB", "POSTMASTER", "--read", "2")
	ask(2, "", why, "COMPANY/ENGINEER", "tomk")
	if err := os.Remove(filepath.Join(path, "COMPANY_SALES", "KEY", "00000000.KEY")); err != nil {
		t.Fatal(err)
	}
	ask(2, "COMPANY/SALES  margb", "cannot read mailbag COMPANY/SALES/ADMIN")
}

func TestSubmitToSavedDrives(t *testing.T) {
	path := savedRun(t, "tree")
	a := newTestApp("hello\nworld\n")
	if got := a.main([]string{"submit", "--drive", path, "--from", "COMPANY/SALES/margb", "--to", "COMPANY/SALES/margb", "--subject", "local", "--text", "-"}); got != statusOK {
		t.Fatalf("status %d: %s", got, a.errOut)
	}
	b := newTestApp("")
	if b.main([]string{"mail", "--drive", filepath.Join(path, "COMPANY_SALES"), "margb", "--read", "1"}) != statusOK || !strings.Contains(b.out.String(), "hello\nworld\n") {
		t.Errorf("mailbag: %s%s", b.out, b.errOut)
	}
	snapshot := filepath.Join(t.TempDir(), "s.zip")
	c := newTestApp("")
	if c.main([]string{"snapshot", "--drive", path, snapshot}) != statusOK {
		t.Fatal(c.errOut)
	}
	d := newTestApp("")
	if d.main([]string{"submit", "--drive", snapshot, "--from", "COMPANY/SALES/margb", "--to", "a@b"}) != statusUsage || !strings.Contains(d.errOut.String(), "it is an archive") {
		t.Errorf("an archive was changed: %s", d.errOut)
	}
}

func TestArchivesOfStrangersStayInTheirFolder(t *testing.T) {
	for _, row := range []struct {
		name, entry string
		mode        os.FileMode
		want        string
	}{
		{"up", "../evil", 0o644, "leads out"},
		{"absolute", "/tmp/evil", 0o644, "leads out"},
		{"backslash", `..\evil`, 0o644, "leads out"},
		{"drive", "C:evil", 0o644, "leads out"},
		{"link", "link", os.ModeSymlink | 0o777, "no ordinary file"},
		{"twice", "GLB/MASTER.GLB", 0o644, "exists"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			name := filepath.Join(dir, "a.zip")
			f, err := os.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			z := zip.NewWriter(f)
			z.Create("GLB/MASTER.GLB")
			h := &zip.FileHeader{Name: row.entry, Modified: time.Unix(0, 0)}
			h.SetMode(row.mode)
			w, err := z.CreateHeader(h)
			if err != nil {
				t.Fatal(err)
			}
			w.Write([]byte("/etc/passwd"))
			z.Close()
			f.Close()
			inner := filepath.Join(dir, "inner")
			if err := os.Mkdir(inner, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := unpack(name, inner); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %q", err, row.want)
			}
			if left, _ := os.ReadDir(dir); len(left) != 2 {
				t.Errorf("beside the folder: %v", left)
			}
		})
	}
}

func TestFaultTextGetsItsQuotesBack(t *testing.T) {
	for _, row := range []struct {
		words []string
		want  string
	}{
		{[]string{"disk-full at=M:"}, "disk-full at=M:"},
		{[]string{"disk-full", "at=M:"}, "disk-full at=M:"},
		{[]string{"smtp-reply", `reply=451 try "again"`, "at=RCPT"}, `smtp-reply reply="451 try \"again\"" at=RCPT`},
	} {
		if got, err := faultText(row.words); err != nil || got != row.want {
			t.Errorf("%q: %q, %v; want %q", row.words, got, err, row.want)
		}
	}
}
