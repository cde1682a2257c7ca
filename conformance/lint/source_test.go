package lint

import (
	"archive/zip"
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"gwkit/conformance/deploy"
	"gwkit/emulator/site"
)

func TestReadTextSplitsDOSLines(t *testing.T) {
	for _, row := range []struct {
		name, data string
		want       []string
	}{
		{"CR LF", "a\r\nb\r\n", []string{"a", "b"}},
		{"no last end", "a\r\nb", []string{"a", "b"}},
		{"CR alone", "a\rb", []string{"a", "b"}},
		{"end of file", "a\r\n\x1Ab", []string{"a"}},
		{"byte order mark", "\uFEFFa", []string{"a"}},
		{"code page", "\x84\n", []string{"\u0084"}},
		{"empty", "", nil},
	} {
		if diff := cmp.Diff(row.want, ReadText("f", []byte(row.data)).Lines); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}

func textOf(name, data string) Text { return ReadText(name, []byte(data)) }

func TestSettingsHaveTheirPlaces(t *testing.T) {
	text := textOf("P", "; x = y\n[TCPIP_XIF]\n  NBSESSIONS = 2 ; few\nREM a=b\nword\n[ other ]\nkey=\n")
	want := []Setting{
		{"TCPIP_XIF", "NBSESSIONS", "2", Place{File: "P", Line: 3, Column: 3}, Place{File: "P", Line: 3, Column: 16}},
		{"other", "key", "", Place{File: "P", Line: 7, Column: 1}, Place{File: "P", Line: 7, Column: 5}},
	}
	if diff := cmp.Diff(want, text.Settings()); diff != "" {
		t.Error(diff)
	}
	if s, ok := text.Setting("tcpip", "nbsessions"); !ok || s.Value != "2" {
		t.Errorf("setting is %+v, %v", s, ok)
	}
}

func TestNetSections(t *testing.T) {
	text := textOf("NET.CFG", "Link   Driver NE2000 ; card\n\tFRAME Ethernet_802.3\n   INT = 5\n# x\nProtocol TCPIP\n ip_address 11.1.16.16\n")
	want := []NetSection{
		{"Link Driver NE2000", Place{File: "NET.CFG", Line: 1, Column: 1}, []NetOption{
			{"FRAME", "Ethernet_802.3", Place{File: "NET.CFG", Line: 2, Column: 2}}, {"INT", "5", Place{File: "NET.CFG", Line: 3, Column: 4}}}},
		{"Protocol TCPIP", Place{File: "NET.CFG", Line: 5, Column: 1}, []NetOption{{"ip_address", "11.1.16.16", Place{File: "NET.CFG", Line: 6, Column: 2}}}},
	}
	if diff := cmp.Diff(want, text.NetSections()); diff != "" {
		t.Error(diff)
	}
}

func TestReadInventory(t *testing.T) {
	programs, dirs := ReadInventory(textOf("D", ` Directory of C:\GATE

SMTPGATE EXE        71,585 01-05-95   3:00a
COMMAND  COM         54645 31.05.94   6:22a
README   TXT           100 01-05-95   3:00a
 Directory of C:\
GATE         <DIR>      01-05-95   3:00a
c:\old\smtpput.exe 66751 04/19/93
M:SMTPGET.EXE 107251 1994-06-20
`))
	want := []Program{
		{"SMTPGATE.EXE", `C:\GATE`, 71585, "1995-01-05", Place{File: "D", Line: 3, Column: 1}},
		{"COMMAND.COM", `C:\GATE`, 54645, "1994-05-31", Place{File: "D", Line: 4, Column: 1}},
		{"SMTPPUT.EXE", `C:\OLD`, 66751, "1993-04-19", Place{File: "D", Line: 8, Column: 1}},
		{"M:SMTPGET.EXE", `C:\`, 107251, "1994-06-20", Place{File: "D", Line: 9, Column: 1}},
	}
	if diff := cmp.Diff(want[:3], programs[:3]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`C:\GATE`, `C:\`}, dirs); diff != "" {
		t.Error(diff)
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]string{"01-05-95": "1995-01-05", "21/08/98": "1998-08-21", "05.01.95": "1995-01-05", "1998-08-21": "1998-08-21",
		"2/1/94": "1994-02-01", "13-13-95": "", "11:26a": "", "1-2": "", "x-y-z": "", "01-05-00": "2000-01-05"} {
		if got, _ := dosDate(text); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

func TestReadMemory(t *testing.T) {
	for line, want := range map[string]int{
		"Largest executable program size       583K (597,312 bytes)": 597312,
		"  597312 largest executable program size":                   597312,
		"Largest executable program size  583K":                      583 * 1024,
		"Largest free upper memory block  12K":                       0,
	} {
		if got, _ := readMemory(line); got != want {
			t.Errorf("%q is %d, want %d", line, got, want)
		}
	}
}

func TestReadAliases(t *testing.T) {
	got := ReadAliases(textOf("a", "# aliases\nroot: postmaster, joe@hub\n\tann@hub\nx:y@z\n<bob@c>  bob@d\n"))
	want := []AliasLine{
		{"root", "postmaster", Place{File: "a", Line: 2, Column: 7}}, {"root", "joe@hub", Place{File: "a", Line: 2, Column: 19}},
		{"root", "ann@hub", Place{File: "a", Line: 3, Column: 2}}, {"x", "y@z", Place{File: "a", Line: 4, Column: 3}},
		{"<bob@c>", "bob@d", Place{File: "a", Line: 5, Column: 10}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// words of a batch walk, one line per statement.
func walk(files map[string]string) (Boot, string) {
	texts := map[string]Text{}
	for name, data := range files {
		texts[name] = textOf(name, data)
	}
	b := ReadBoot(texts)
	var out strings.Builder
	for i := range b.Statements {
		s := &b.Statements[i]
		out.WriteString(s.At.String() + " " + strings.Join(strings.Fields(strings.ToUpper(s.Words[0].Text)), " "))
		if s.Conditional {
			out.WriteString(" maybe")
		}
		if s.CommandF {
			out.WriteString(" /F")
		}
		out.WriteString("\n")
	}
	return b, out.String()
}

func TestBatchFilesAreWalkedAsMSDOSDoes(t *testing.T) {
	for _, row := range []struct {
		name  string
		files map[string]string
		want  string
		check func(*testing.T, Boot)
	}{
		{"prefixes", map[string]string{"A.BAT": "@ECHO OFF\nLH /L:1 SOCKETS\nIF NOT EXIST M:\\GLB\\MASTER.GLB GOTO OUT\nIF ERRORLEVEL 1 PAUSE\nIF %1==X ECHO Y\nFOR %%D IN (A B) DO DIR\nREM SMTPGATE\nSMTPGATE -md > NUL\n:OUT\n"},
			"A.BAT:1:2 ECHO\nA.BAT:2:9 SOCKETS\nA.BAT:3:32 GOTO maybe\nA.BAT:4:17 PAUSE maybe\nA.BAT:5:10 ECHO maybe\nA.BAT:6:21 DIR maybe\nA.BAT:8:1 SMTPGATE\n",
			func(t *testing.T, b Boot) {
				if b.Loop.Known || len(b.Commands) != 1 || len(b.Commands[0].Args) != 1 {
					t.Errorf("loop %v, commands %+v", b.Loop, b.Commands)
				}
			}},
		{"call and chain", map[string]string{"AUTOEXEC.BAT": "PATH C:\\DOS\nCALL NET\nGATE\nECHO never\n", "NET.BAT": "SET PATH=%PATH%;C:\\Gate\\\n", "GATE.BAT": "SMTPGATE -dp\n"},
			"AUTOEXEC.BAT:1:1 PATH\nAUTOEXEC.BAT:2:1 CALL\nNET.BAT:1:1 SET\nAUTOEXEC.BAT:3:1 GATE\nGATE.BAT:1:1 SMTPGATE\n",
			func(t *testing.T, b Boot) {
				if diff := cmp.Diff([]string{`C:\DOS`, `C:\GATE`}, b.Path); diff != "" || !b.Commands[0].Auto {
					t.Error(diff, b.Commands[0].Auto)
				}
				if b.Commands[0].Gateway.Drive != 'P' {
					t.Errorf("drive %c", b.Commands[0].Gateway.Drive)
				}
			}},
		{"shell", map[string]string{"GO.BAT": "c:\\dos\\command.com c:\\dos /f /c smtpgate -md\nCOMMAND /F\nEXTERNAL\n"},
			"GO.BAT:1:33 SMTPGATE /F\nGO.BAT:2:1 COMMAND /F\nGO.BAT:3:1 EXTERNAL /F\n", func(t *testing.T, b Boot) {
				if !b.Commands[0].CommandF || b.Commands[0].Auto || b.Commands[1].Program != "EXTERNAL" {
					t.Errorf("%+v", b.Commands)
				}
			}},
		{"loop by its own name", map[string]string{"RUN.BAT": "M:\nCD \\MAILEXE\nSMTPLMN -br24:00\nRUN\n"},
			"RUN.BAT:1:1 M:\nRUN.BAT:2:1 CD\nRUN.BAT:3:1 SMTPLMN\nRUN.BAT:4:1 RUN\n", func(t *testing.T, b Boot) {
				if !b.Loop.Value || b.Commands[0].Cwd != `M:\MAILEXE` || b.Commands[0].Program != "SMTPGATE" {
					t.Errorf("%+v %+v", b.Loop, b.Commands[0])
				}
			}},
		{"a label before the gateway is no loop without it", map[string]string{"RUN.BAT": ":A\nPAUSE\nGOTO A\nSMTPGATE\n"},
			"RUN.BAT:2:1 PAUSE\nRUN.BAT:3:1 GOTO\nRUN.BAT:4:1 SMTPGATE\n", func(t *testing.T, b Boot) {
				if b.Loop.Known {
					t.Errorf("loop at %s", b.Loop.At)
				}
			}},
		{"two that call each other end", map[string]string{"A.BAT": "CALL B\nSMTPGATE\n", "B.BAT": "CALL A\n"},
			"A.BAT:1:1 CALL\nB.BAT:1:1 CALL\nA.BAT:2:1 SMTPGATE\n", func(*testing.T, Boot) {}},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, got := walk(row.files)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
			row.check(t, b)
		})
	}
}

func TestOverridesOfASiteKeepTheirLines(t *testing.T) {
	source := `version: 1
postoffices:
  - name: COMPANY/HUB
    users: [ADMIN]
    gateway: smtp
pcs:
  - name: GW1
    ip: 11.1.16.16
    drives: {M: COMPANY/HUB}
    run: 'SMTPGATE -md -mr'
smtp:
  COMPANY/HUB: {hostName: h.company.com, domainSuffix: .company.com, smartHost: 11.1.16.15, map: [{postoffice: COMPANY/HUB, domain: hub.company.com}]}
smartHosts:
  - {name: mail.company.com, ip: 11.1.16.15}
files:
  'M:COMPANY/HUB:\SMTP\ADDR_MAP.CFG': |
    COMPANY/HUB  hub.company.com
    COMPANY/HUB2 HUB.company.com
`
	s, err := site.Parse("s.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range Run(context.Background(), FromSite(s, []byte(source)), Options{Only: []string{"map.shadowed", "opt.mr-md"}}).Findings {
		got = append(got, f.Place.String()+" "+f.Rule.ID)
	}
	if diff := cmp.Diff([]string{"s.yaml:10:24 opt.mr-md", "s.yaml:18:18 map.shadowed"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAFolderOfDrivesIsRecognised(t *testing.T) {
	file := func(data string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(data)} }
	in, err := FromFolder(fstest.MapFS{
		"COMPANY_HUB/GLB/NETWORK.GLB":      file(""),
		"COMPANY_HUB/smtp/addr_map.cfg":    file("COMPANY/HUB hub.company.com\r\n"),
		"COMPANY_HUB/LOG/SMTPGATE.LOG":     file("x"),
		"COMPANY_SALES/MAILDATA/GLB/X.GLB": file(""),
		"PC_GW1/GATE/SMTPGATE.EXE":         file("12345"),
		"PC_GW1/autoexec.bat":              file("SET TZ=PST8PDT\r\nSMTPGATE\r\n"),
		"notes/aliases":                    file("a: b@hub.company.com\n"),
	}, "d")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, po := range in.Postoffices {
		got = append(got, po.Ref())
	}
	if diff := cmp.Diff([]string{"COMPANY/HUB", "COMPANY/SALES"}, got); diff != "" {
		t.Error(diff)
	}
	hub := in.Postoffices[0]
	if !hub.Gateway.Value || hub.AddrMap.Value[0].DomainAt != (Place{File: "d/COMPANY_HUB/smtp/addr_map.cfg", Line: 1, Column: 13}) {
		t.Errorf("%+v", hub.AddrMap)
	}
	if len(in.PCs) != 1 || in.PCs[0].Name != "GW1" || in.PCs[0].TZ.Value != "PST8PDT" || in.PCs[0].Drives['M'] != "COMPANY/HUB" {
		t.Fatalf("%+v", in.PCs)
	}
	if p := in.PCs[0].Programs.Value; len(p) != 1 || p[0].Dir != `C:\GATE` || p[0].Size != 5 || !in.PCs[0].Local(p[0]) {
		t.Errorf("%+v", p)
	}
	if len(in.Logs) != 1 || in.Logs[0].Postoffice != "COMPANY/HUB" || len(in.Relays) != 1 {
		t.Errorf("%+v %+v", in.Logs, in.Relays)
	}
}

func TestWhatCannotBeReadIsListed(t *testing.T) {
	in, err := FromFolder(fstest.MapFS{
		"COMPANY_HUB/GLB/NETWORK.GLB":  {},
		"COMPANY_HUB/SMTP/LOCAL.CFG":   {Mode: fs.ModeNamedPipe},
		"COMPANY_HUB/SMTP/COMPANY.TBL": {},
	}, "d")
	if err != nil || len(in.Unread) != 1 || in.Unread[0].At.File != "d/COMPANY_HUB/SMTP/LOCAL.CFG" || !strings.Contains(in.Unread[0].Message, "not a plain file") {
		t.Errorf("%v %+v", err, in.Unread)
	}
	if _, err := FromFolder(fstest.MapFS{"site.yaml": {Data: []byte("version: 2\n")}}, "d"); err == nil || !strings.Contains(err.Error(), "d/site.yaml:1:") {
		t.Errorf("a bad site file gives %v", err)
	}
	if _, err := FromFolder(os.DirFS("testdata/nothing"), "testdata/nothing"); err == nil {
		t.Error("a folder that is not there is read")
	}
}

func TestDeploymentOnDisk(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("hub/MAILDATA/GLB/NETWORK.GLB", "")
	write("hub/MAILDATA/SMTP/ADDR_MAP.CFG", "COMPANY/HUB hub.company.com\n")
	write("gw/C/START.BAT", "SMTPGATE -md -mr\r\n")
	source := `version: 1
postoffices: [{name: COMPANY/HUB, gateway: smtp, drive: hub, backup: []}]
pcs: [{name: GW1, drives: {M: COMPANY/HUB}, disk: gw/C, files: {config: gone/CONFIG.SYS}}]
names: {zone: gone.zone}
`
	d, err := deploy.Parse(filepath.Join(dir, "deploy.yaml"), []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	in := FromDeployment(d, OnDisk(d), []byte(source))
	if len(in.Unread) != 2 {
		t.Errorf("want two files that cannot be read: %+v", in.Unread)
	}
	r := Run(context.Background(), in, Options{Only: []string{"opt.mr-md", "cfg.backup", "sys.files", "map"}})
	var got []string
	for _, f := range r.Findings {
		rel, _ := filepath.Rel(dir, f.Place.File)
		got = append(got, filepath.ToSlash(rel)+" "+f.Rule.ID)
	}
	if diff := cmp.Diff([]string{"deploy.yaml cfg.backup", "deploy.yaml cfg.backup", "gw/C/START.BAT opt.mr-md"}, got); diff != "" {
		t.Error(diff)
	}
	if len(r.Unread) != 2 || len(r.NotJudged) == 0 {
		t.Errorf("%+v %+v", r.Unread, r.NotJudged)
	}
}

func TestADeploymentFileInAFolderMayLeadOutOfIt(t *testing.T) {
	drive, dir := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(drive, "SMTP"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		filepath.Join(drive, "SMTP", "ADDR_MAP.CFG"): "COMPANY/HUB hub.company.com\n",
		filepath.Join(dir, "deploy.yaml"):            "version: 1\npostoffices: [{name: COMPANY/HUB, gateway: smtp, drive: '" + drive + "'}]\nnames: {server: 127.0.0.1:1}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	in, err := FromDir(dir)
	if err != nil || len(in.Postoffices) != 1 || len(in.Postoffices[0].AddrMap.Value) != 1 || len(in.Unread) != 0 || in.Resolver == nil {
		t.Errorf("%v %+v", err, in)
	}
	// A bundle does not: it comes from strangers.
	in, err = FromFolder(os.DirFS(dir), "bundle.zip")
	if err != nil || in.Postoffices[0].AddrMap.Known || len(in.Unread) != 1 || !strings.Contains(in.Unread[0].Message, "outside of bundle.zip") || in.Resolver != nil {
		t.Errorf("%v %+v", err, in.Unread)
	}
}

func TestABundleIsAFolder(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create("COMPANY_HUB/SMTP/ADDR_MAP.CFG")
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte("COMPANY/HUB x.com\nCOMPANY/B X.COM\n"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	in, err := FromFolder(r, "b.zip")
	if err != nil {
		t.Fatal(err)
	}
	report := Run(context.Background(), in, Options{Only: []string{"map.shadowed"}})
	if len(report.Findings) != 1 || report.Findings[0].Place.String() != "b.zip/COMPANY_HUB/SMTP/ADDR_MAP.CFG:2:11" {
		t.Errorf("%+v", report.Findings)
	}
}

// TestTopicsAreWhatADeploymentSays compares the table with a deployment file
// that uses every key.
func TestTopicsAreWhatADeploymentSays(t *testing.T) {
	const name = "../deploy/testdata/full.yaml"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := deploy.Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	nowhere := func(p string) (fs.FS, string, string, error) { return nil, "", p, fs.ErrNotExist }
	in := FromDeployment(d, nowhere, data)
	said := map[string]bool{}
	add := func(of string, m map[string]Fact[string]) {
		for key, f := range m {
			if !f.Known || f.At.Line == 0 {
				t.Errorf("%s of %s is not known, or of no place: %+v", key, of, f)
			}
			if before, _, ok := strings.Cut(key, "."); ok {
				key = before + ".PROGRAM"
			}
			said[of+" "+key] = true
		}
	}
	add("policy", in.Said)
	for _, po := range in.Postoffices {
		add("postoffice", po.Said)
	}
	for _, pc := range in.PCs {
		add("pc", pc.Said)
	}
	for _, relay := range in.Relays {
		add("smartHost", relay.Said)
	}
	for _, topic := range Topics {
		if key := topic.Of + " " + topic.Name; !said[key] {
			t.Errorf("topic %s is not said by a deployment that says everything", key)
		}
		delete(said, topic.Of+" "+topic.Name)
	}
	for key := range said {
		t.Errorf("%s is said and no topic", key)
	}
}

// A deployment file of one drive says nothing of PCs: rules about them have
// not been judged, whatever the drive looks like.
func TestADeploymentWithoutPCsIsNotJudgedByThem(t *testing.T) {
	d, err := deploy.Parse("d.yaml", []byte("version: 1\npostoffices: [{name: COMPANY/HUB, gateway: smtp}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := Run(context.Background(), FromDeployment(d, OnDisk(d), nil), Options{Only: []string{"deploy.external", "ext.no-mailer"}})
	if len(r.Findings) != 0 || len(r.NotJudged) != 2 {
		t.Errorf("findings %v, not judged %v", r.Findings, r.NotJudged)
	}
	if d, err = deploy.Parse("d.yaml", []byte("version: 1\npostoffices: [{name: COMPANY/HUB, gateway: smtp}]\npcs: []\n")); err != nil {
		t.Fatal(err)
	}
	r = Run(context.Background(), FromDeployment(d, OnDisk(d), nil), Options{Only: []string{"deploy.external", "ext.no-mailer"}})
	if len(r.Findings) != 2 {
		t.Errorf("no PCs at all: findings %v, not judged %v", r.Findings, r.NotJudged)
	}
}
