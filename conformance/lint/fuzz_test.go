package lint

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"gwkit/emulator/site"
)

// at checks that a place is inside of a text.
func at(t *testing.T, text *Text, p Place) {
	t.Helper()
	if p.Line < 1 || p.Line > len(text.Lines) || p.Column < 1 || p.Column > len(text.Lines[p.Line-1])+1 {
		t.Errorf("place %s is outside of the %d lines", p, len(text.Lines))
	}
}

func FuzzBatch(f *testing.F) {
	for _, s := range []string{"@ECHO OFF\r\nPATH C:\\DOS;%PATH%\r\nLH LOAD TCPIP\r\nIF NOT EXIST M:\\X GOTO A\r\nCALL B\r\n:A\r\nSMTPGATE -md\r\nGOTO A\r\n",
		"command /f /csmtpgate -br1:00\nFOR %%A IN (1) DO @EXTERNAL\n", "@", "@@\nIF", "FOR\n", "LH", "IF a== b c\nIF a ==b c\n", "B\nA\n", "set path\npath=\npath=c:\\\n"} {
		f.Add(s, "SMTPGATE\r\nA\r\n")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		one, two := textOf("A.BAT", a), textOf("B.BAT", b)
		files := map[string]Text{"AUTOEXEC.BAT": {File: "A.BAT", Lines: one.Lines}, "A.BAT": one, "B.BAT": two}
		boot := ReadBoot(files)
		for _, s := range boot.Statements {
			where := &one
			if s.At.File == "B.BAT" {
				where = &two
			}
			at(t, where, s.At)
			if len(s.Words) == 0 {
				t.Error("a statement without words")
			}
		}
		if len(boot.Statements) > bootMax {
			t.Errorf("%d statements", len(boot.Statements))
		}
		pc := &PC{Files: files, Drives: map[byte]string{}, Said: map[string]Fact[string]{}}
		SetUp(pc)
		in := &Installation{PCs: []*PC{pc}, Said: map[string]Fact[string]{}}
		inferRoles(in)
		Run(context.Background(), in, Options{Only: []string{"opt", "sys", "deploy"}})
	})
}

func FuzzSettings(f *testing.F) {
	for _, s := range []string{"FILES=40\r\nSHELL=C:\\COMMAND.COM /F", "[TCPGLOBAL]\n hostname = x ; y\n", "=\n[", "Link Driver X\n\tFrame Y\n", " =;", "\x84=\x81"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := textOf("F", s)
		for _, x := range text.Settings() {
			at(t, &text, x.At)
			at(t, &text, x.ValueAt)
			if line := text.Lines[x.At.Line-1]; !strings.HasPrefix(line[x.ValueAt.Column-1:], x.Value) || !strings.HasPrefix(line[x.At.Column-1:], x.Key) {
				t.Errorf("%+v is not at its place in %q", x, line)
			}
		}
		for _, x := range text.NetSections() {
			at(t, &text, x.At)
			for _, o := range x.Options {
				at(t, &text, o.At)
			}
		}
	})
}

func FuzzConfigurationFiles(f *testing.F) {
	f.Add(string(site.FormatLocalCfg(site.Config{LocalDomain: ".a", HostName: "b", SmartHost: "1.2.3.4", Postoffices: []string{"A/B"}})))
	f.Add(string(site.FormatAddrMap([]site.Mapping{{Postoffice: "A/B", Domain: "c"}})))
	f.Add(" = \n;\nA/ b\n/B c\nA/B c d")
	f.Add("root: a,b,<c@d>\n\te\n#\n:\n")
	f.Fuzz(func(t *testing.T, s string) {
		text := textOf("F", s)
		c := ReadLocalCfg(text)
		for _, v := range append([]Fact[string]{c.Domain, c.HostName, c.SmartHost}, c.Postoffices...) {
			if v.Known {
				at(t, &text, v.At)
			}
		}
		lines, mistakes := ReadAddrMap(text)
		for _, l := range lines {
			at(t, &text, l.At)
			at(t, &text, l.DomainAt)
		}
		for _, m := range append(mistakes, c.Mistakes...) {
			at(t, &text, m.At)
		}
		for _, a := range ReadAliases(text) {
			at(t, &text, a.At)
		}
		// Where both readers take a file, they read the same.
		if maps, err := site.ParseAddrMap([]byte(s)); err == nil && strings.IndexByte(s, '\r') < 0 && len(text.Lines) < linesMax && len(mistakes) == 0 {
			if len(maps) != len(lines) {
				t.Errorf("%d entries, the site reads %d", len(lines), len(maps))
			}
		}
	})
}

func FuzzInventory(f *testing.F) {
	f.Add(" Directory of C:\\GATE\n\nSMTPGATE EXE   71585 01-05-95  3:00a\n")
	f.Add("C:\\GATE\\SMTPPUT.EXE 66,751 19.04.93\nx.exe\n.EXE\n Directory of \n")
	f.Add("Largest executable program size 583K (597,312 bytes)\n")
	f.Fuzz(func(t *testing.T, s string) {
		text := textOf("F", s)
		programs, _ := ReadInventory(text)
		for _, p := range programs {
			at(t, &text, p.At)
			if p.Name == "" || p.Size < 0 || p.Date != "" && len(p.Date) != len("1993-02-23") {
				t.Errorf("%+v", p)
			}
		}
		for _, l := range text.Lines {
			if n, ok := readMemory(l); ok && n <= 0 && strings.ContainsAny(l, "123456789") && n < 0 {
				t.Errorf("%q is %d", l, n)
			}
		}
	})
}

func FuzzFolder(f *testing.F) {
	f.Add("ADDR_MAP.CFG", "A/B c\n", "LOCAL.CFG", "HostName=x\n")
	f.Add("PC_A/AUTOEXEC.BAT", "SMTPGATE -wx\n", "A_B/GLB/NETWORK.GLB", "\x00\x01")
	f.Add("x.zone", "$ORIGIN a.\n@ IN MX 1 b.\n", "SMTPGATE.LOG", "Idling: 1 bytes, largest 2\n")
	f.Add("deploy.yaml", "version: 1\npostoffices: [{name: A/B, gateway: smtp, drive: A_B}]\nnames: {server: 127.0.0.1:1}\n", "A_B/SMTP/ADDR_MAP.CFG", "A/B c\n")
	f.Add("hosts", "1.2.3.4 a b\n", "A_B/SMTP/SMTPIN.TBL", "x")
	f.Fuzz(func(t *testing.T, name1, data1, name2, data2 string) {
		if len(data1)+len(data2) > 1<<16 {
			return
		}
		folder := fstest.MapFS{}
		for _, x := range [][2]string{{name1, data1}, {name2, data2}} {
			if validName(x[0]) {
				folder[x[0]] = &fstest.MapFile{Data: []byte(x[1]), Mode: 0o644, ModTime: fixtureTime}
			}
		}
		in, err := FromFolder(folder, "f")
		if err != nil {
			return // a site or deployment file that is none
		}
		Run(context.Background(), in, Options{})
	})
}

func validName(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if part == "" || part == "." || part == ".." || len(part) > 100 {
			return false
		}
	}
	return true
}
