package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var folderOfDrives = map[string]string{
	"COMPANY_HUB/glb/master.glb":    "",
	"COMPANY_HUB/SMTP/LOCAL.CFG":    "LocalDomain=.company.com\r\nHostName=gw.company.com\r\nSmartHost=10.0.0.2\r\nPostOffice=COMPANY/HUB\r\nPostOffice=COMPANY/SALES\r\n",
	"COMPANY_HUB/SMTP/ADDR_MAP.CFG": "COMPANY/HUB   hub.company.com\r\nCOMPANY/SALES sales.company.com\r\n",
	"COMPANY_SALES/GLB/MASTER.GLB":  "",
	"attic/GLB/MASTER.GLB":          "",
	"attic 'n more #1/README":       "",
	"PC_GW1/AUTOEXEC.BAT":           "@ECHO OFF\r\nNET USE M: \\\\SERVER\\COMPANY_HUB\r\nNET USE N: \\\\SERVER\\ELSEWHERE\r\nREM SMTPGATE -old\r\nCALL C:\\GATE\\START.BAT\r\n",
	"PC_GW1/GATE/START.BAT":         "@ECHO OFF\r\nC:\\DOS\\COMMAND.COM /F /C SMTPGATE -w60 -p001\r\n",
	"PC_GW1/GATE/SMTPPUT.EXE":       "",
	"PC_GW1/LANMAN/PROTOCOL.INI":    "[TCPIP]\r\nIPADDRESS0 = 10 0 0 1\r\n",
	"PC_MTA1/GATE/START.BAT":        "EXTERNAL -p010 -n7\r\n",
}

func TestGuessFindsPostofficesAndPCs(t *testing.T) {
	dir := tree(t, folderOfDrives)
	text, err := Guess(dir, dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(filepath.Join(dir, "deploy.yaml"), text)
	if err != nil {
		t.Fatal(err)
	}
	hub, sales := d.Postoffice("COMPANY/HUB"), d.Postoffice("COMPANY/SALES")
	if len(d.Postoffices) != 3 || hub == nil || sales == nil || hub.Gateway != "smtp" || sales.Via != "COMPANY/HUB" || hub.Drive != "COMPANY_HUB" {
		t.Errorf("postoffices: %+v", d.Postoffices)
	}
	gw, mta := d.PC("GW1"), d.PC("MTA1")
	if gw == nil || mta == nil {
		t.Fatalf("PCs: %+v", d.PCs)
	}
	if gw.Role != RoleReceive || gw.IP != "10.0.0.1" || len(gw.Drives) != 1 || gw.Drives[0].Postoffice != "COMPANY/HUB" {
		t.Errorf("GW1: %+v", gw)
	}
	if c := d.Command(gw); c.Line != "SMTPGATE -w60 -p001" || c.Pos.Line != 2 || c.Pos.Column != 26 {
		t.Errorf("the command of GW1: %+v", c)
	}
	if c := d.Command(mta); c.Program != "EXTERNAL" || d.RoleOf(mta) != RoleExternal {
		t.Errorf("the command of MTA1: %+v", c)
	}
	if d.SmartHost.IP != "10.0.0.2" || d.Allow != (Allow{Read: true}) {
		t.Errorf("smart host %+v, allow %+v", d.SmartHost, d.Allow)
	}
	for _, want := range []string{"# guess: made from the name of the folder", "# guess: SMTPPUT.EXE is on its disk and SMTPGET.EXE is not", "(from START.BAT:2)"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no comment %q in:\n%s", want, text)
		}
	}
}

func TestGuessOfOneDriveAndOfNone(t *testing.T) {
	dir := tree(t, folderOfDrives)
	text, err := Guess(filepath.Join(dir, "COMPANY_HUB"), dir)
	if err != nil || !strings.Contains(string(text), "# No disk of a PC was found") {
		t.Errorf("%v\n%s", err, text)
	}
	for _, c := range []struct{ name, path, want string }{
		{"nothing", filepath.Join(dir, "attic 'n more #1"), "cannot find a postoffice"},
		{"a file", filepath.Join(dir, "attic 'n more #1", "README"), "not a folder"},
		{"not there", filepath.Join(dir, "no"), "no such file"},
	} {
		if _, err := Guess(c.path, dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestSiteHasTheConfigurationOfTheDeployment(t *testing.T) {
	dir := tree(t, folderOfDrives)
	d, err := Parse(filepath.Join(dir, "deploy.yaml"), []byte(`version: 1
gatewayVersion: 3.0.6
postoffices:
  - {name: COMPANY/HUB, drive: COMPANY_HUB, gateway: smtp, users: [ADMIN, {name: sparky, external: false}]}
  - {name: COMPANY/SALES, via: COMPANY/HUB}
pcs:
  - {name: GW1, ip: 10.0.0.1, role: receive, drives: {M: COMPANY/HUB}, disk: PC_GW1}
  - {name: MTA1, drives: {M: COMPANY/HUB, N: COMPANY/SALES}, disk: PC_MTA1}
test: {mailboxes: [{postoffice: COMPANY/SALES, user: margb}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Site()
	if err != nil {
		t.Fatal(err)
	}
	gw := s.PC("GW1")
	if s.GatewayVersion != "3.0.6" || gw == nil || gw.Run != "SMTPGATE -w60 -p001" || strings.Join(gw.Local, " ") != "SMTPGATE.EXE SMTPPUT.EXE" {
		t.Errorf("GW1: %+v", gw)
	}
	if c := s.Gateway("COMPANY/HUB"); c == nil || c.HostName != "gw.company.com" || len(c.Map) != 2 {
		t.Errorf("configuration: %+v", c)
	}
	if u, ok := s.Postoffice("COMPANY/HUB").User("sparky"); !ok || !u.NoExternal {
		t.Errorf("sparky: %+v", u)
	}
	if got := strings.Join(s.Postoffice("COMPANY/SALES").Users, " "); got != "ADMIN POSTMASTER margb" {
		t.Errorf("users of SALES: %s", got)
	}
	if h := s.SmartHost("10.0.0.2"); h == nil || len(h.Routes) != 2 || h.Routes[0].To != "GW1" {
		t.Errorf("smart host: %+v", h)
	}
	// What the drive does not have is an error and not a guess.
	d.Postoffices[0].Drive = "nowhere"
	if _, err := d.Site(); err == nil {
		t.Error("a site without LOCAL.CFG")
	}
}

// network is a record of NETWORK.GLB, office one of an XTN file. Q148666
func network(name, xtn, hub string) string {
	b := make([]byte, 122)
	b[0] = 1
	copy(b[2:], name)
	copy(b[0x0D:], xtn)
	hubNet, hubPO, _ := strings.Cut(hub, "/")
	copy(b[0x2A:], hubNet)
	copy(b[0x35:], hubPO)
	return string(b)
}

func office(name string) string {
	b := make([]byte, 698)
	b[0] = 1
	copy(b[1:], name)
	copy(b[0x0C:], "00000003")
	return string(b)
}

// Where SMTP mail goes to is told by the downstream postoffice; the address map
// of a dedicated receiver names the same postoffices. Q132060, Q118561
func TestGuessReadsTheHubOfADownstreamPostoffice(t *testing.T) {
	const map4 = "A/IN in.example\r\nA/OUT out.example\r\nA/PO po.example\r\n"
	dir := tree(t, map[string]string{
		"A_IN/GLB/MASTER.GLB": "", "A_IN/SMTP/ADDR_MAP.CFG": map4,
		"A_IN/GLB/NETWORK.GLB":  network("A", "00000001", "") + network("SMTP", "", ""),
		"A_IN/XTN/00000001.XTN": office("OUT") + office("PO") + office("FAR"),
		"A_OUT/GLB/MASTER.GLB":  "", "A_OUT/SMTP/ADDR_MAP.CFG": map4,
		"A_PO/GLB/MASTER.GLB": "", "A_PO/GLB/NETWORK.GLB": network("A", "00000001", "") + network("SMTP", "", "A/OUT"),
	})
	text, err := Guess(dir, dir)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(filepath.Join(dir, "deploy.yaml"), text)
	if err != nil {
		t.Fatal(err)
	}
	if po := d.Postoffice("A/PO"); po == nil || po.Via != "A/OUT" {
		t.Errorf("A/PO: %+v", po)
	}
	// FAR is known from an XTN file only.
	if far := d.Postoffice("A/FAR"); len(d.Postoffices) != 4 || far == nil || far.Drive != "" || far.Gateway != "" {
		t.Errorf("postoffices: %+v", d.Postoffices)
	}
	// One drive: a postoffice does not list itself as external.
	text, err = Guess(filepath.Join(dir, "A_IN"), dir)
	if err != nil {
		t.Fatal(err)
	}
	if d, err = Parse("deploy.yaml", text); err != nil || len(d.Postoffices) != 4 || d.Postoffices[0].Ref() != "A/IN" || d.Postoffices[0].Drive == "" {
		t.Errorf("%v\n%s", err, text)
	}
}
