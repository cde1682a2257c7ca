package site

import (
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// small is a site that the tests below change.
const small = `version: 1
start: 1993-02-23T08:50:03-08:00
timing: benchmark
postoffices:
  - name: COMPANY/HUB
    users: [ADMIN, {name: sparky, fullName: Sparky Smith, external: false}]
    gateway: smtp
  - name: COMPANY/SALES
    users: [ADMIN, margb]
    via: COMPANY/HUB
pcs:
  - name: GW1
    ip: 11.1.16.16
    drives: {M: COMPANY/HUB}
    local: [SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]
    path: ['C:\GATE']
    config: {files: 40, share: true, commandF: false, freeMemory: 440000}
    run: SMTPGATE -w120 -q180 -md -cd -lacsy -p001
  - name: MTA1
    drives: {M: COMPANY/HUB, N: COMPANY/SALES}
    run: EXTERNAL -p010
smtp:
  COMPANY/HUB:
    hostName: msmailgwy.company.com
    domainSuffix: .company.com
    smartHost: 11.1.16.15
    map: [{postoffice: COMPANY/HUB, domain: hub.company.com}, {postoffice: COMPANY/SALES, domain: sales.company.com}]
smartHosts:
  - {name: mail.company.com, ip: 11.1.16.15, routes: {hub.company.com: GW1}, aliases: {sparky@company.com: sparky@hub.company.com}}
gatewayVersion: 3.0.9
faults: []
files: {}
`

func TestParseReadsEverything(t *testing.T) {
	s, err := Parse("small.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	want := &Site{
		Version: 1, Start: time.Date(1993, 2, 23, 16, 50, 3, 0, time.UTC), TZ: "PST8",
		Timing: Timing{Model: TimingBenchmark},
		Postoffices: []Postoffice{
			{Network: "COMPANY", Name: "HUB", Users: []string{"ADMIN", "sparky"},
				UserDetails: []UserDetail{{"sparky", "Sparky Smith", true}}, Gateway: "smtp", Access: true},
			{Network: "COMPANY", Name: "SALES", Users: []string{"ADMIN", "margb"}, Via: "COMPANY/HUB", Access: true},
		},
		PCs: []PC{
			{Name: "GW1", IP: "11.1.16.16", Drives: []DriveMap{{'M', "COMPANY/HUB"}},
				Local: []string{"SMTPGATE.EXE", "SMTPGET.EXE", "SMTPPUT.EXE"}, Path: []string{`C:\GATE`},
				Config: PCConfig{40, true, false, 440000, false, ""}, Run: "SMTPGATE -w120 -q180 -md -cd -lacsy -p001"},
			{Name: "MTA1", Drives: []DriveMap{{'M', "COMPANY/HUB"}, {'N', "COMPANY/SALES"}},
				Local: []string{"EXTERNAL.EXE"}, Path: []string{`C:\GATE`}, Config: DefaultConfig, Run: "EXTERNAL -p010"},
		},
		SMTP: []GatewayConfig{{Postoffice: "COMPANY/HUB", HostName: "msmailgwy.company.com", DomainSuffix: ".company.com",
			SmartHost: "11.1.16.15", Postoffices: []string{"COMPANY/HUB", "COMPANY/SALES"},
			Map: []Mapping{{"COMPANY/HUB", "hub.company.com"}, {"COMPANY/SALES", "sales.company.com"}}}},
		SmartHosts: []SmartHost{{Name: "mail.company.com", IP: "11.1.16.15", Routes: []Route{{"hub.company.com", "GW1"}},
			Aliases: []Alias{{"sparky@company.com", "sparky@hub.company.com"}}}},
		GatewayVersion: "3.0.9",
	}
	if diff := cmp.Diff(want, s, ignorePositions); diff != "" {
		t.Errorf("site (-want +have):\n%s", diff)
	}
	if _, offset := s.Start.Zone(); offset != -8*3600 {
		t.Errorf("start has offset %d", offset)
	}
	for path, want := range map[string]string{
		"pcs[0].run":                           "small.yaml:18:10",
		"pcs[1]":                               "small.yaml:19:5",
		"pcs[1].config.files":                  "small.yaml:19:5",
		"smtp.COMPANY/HUB.smartHost":           "small.yaml:26:16",
		"smtp.COMPANY/HUB.map[1].domain":       "small.yaml:27:99",
		"postoffices[1].via":                   "small.yaml:10:10",
		"pcs[0].drives.M":                      "small.yaml:14:17",
		"smartHosts[0].routes.hub.company.com": "small.yaml:29:55",
		"nothing":                              "small.yaml",
	} {
		if have := s.Where(path).String(); have != want {
			t.Errorf("%s was written at %s, want %s", path, have, want)
		}
	}
	if p := s.PCs[1].Pos; p.Line != 19 {
		t.Errorf("MTA1 is at %s", p)
	}
}

// edit replaces a text that must occur in small.
func edit(t *testing.T, pairs ...string) []byte {
	t.Helper()
	text := small
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q does not occur", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return []byte(text)
}

func TestEachMistakeIsReported(t *testing.T) {
	tests := []struct{ name, from, to, want string }{
		{"unknown key", "postoffices:\n", "postofices:\n", `4:1: unknown key "postofices", did you mean "postoffices"?`},
		{"unknown key inside", "hostName:", "hostname:", `24:5: unknown key "hostname", did you mean "hostName"?`},
		{"unknown key without a near one", "via: COMPANY/HUB", "xyzzy: 1", `10:5: unknown key "xyzzy", want one of name, users, groups, gateway, via, access`},
		{"second key", "timing: benchmark", "timing: none\ntiming: none", `4:1: second key "timing", the first is in line 3`},
		{"version", "version: 1", "version: 2", `1:10: version: want a number from 1 to 1, have "2"`},
		{"no version", "version: 1\n", "\n", `2:1: missing key "version"`},
		{"version is text", "version: 1", "version: one", `1:10: version: want a number from 1 to 1, have "one"`},
		{"start", "1993-02-23T08:50:03-08:00", "1993-02-30T08:50:03-08:00", `2:8: start: want a time from 1980 to 2099 such as 1993-02-23T08:50:03-08:00, have "1993-02-30T08:50:03-08:00"`},
		{"start before DOS", "1993-02-23T", "1979-02-23T", `2:8: start: want a time from 1980 to 2099 such as 1993-02-23T08:50:03-08:00, have "1979-02-23T08:50:03-08:00"`},
		{"timing", "timing: benchmark", "timing: fast", `3:9: timing: want benchmark, none or {perOperation: 20ms, perKilobyte: 800ms}, have "fast"`},
		{"timing is a list", "timing: benchmark", "timing: [none]", `3:9: timing: want benchmark, none or {perOperation: 20ms, perKilobyte: 800ms}, have a list`},
		{"duration", "timing: benchmark", "timing: {perOperation: 20}", `3:24: timing.perOperation: want a duration such as 20ms, have "20"`},
		{"list wanted", "users: [ADMIN, margb]", "users: ADMIN", `9:12: postoffices[1].users: want a list, have "ADMIN"`},
		{"text wanted", "gateway: smtp", "gateway: [smtp]", `7:14: postoffices[0].gateway: want a text, have a list`},
		{"mapping wanted", "config: {files: 40, share: true, commandF: false, freeMemory: 440000}", "config: 40", `17:13: pcs[0].config: want a mapping, have "40"`},
		{"mapping wanted in a list", "  - name: MTA1\n    drives: {M: COMPANY/HUB, N: COMPANY/SALES}\n    run: EXTERNAL -p010\n", "  - MTA1\n", `19:5: pcs[1]: want a mapping, have "MTA1"`},
		{"boolean wanted", "share: true", "share: maybe", `17:32: pcs[0].config.share: want true or false, have "maybe"`},
		{"stack", "commandF: false,", "commandF: false, stack: novel,", `17:62: unknown TCP/IP stack "novel", did you mean "novell"?`},
		{"number wanted", "files: 40", "files: many", `17:21: pcs[0].config.files: want a number from 8 to 255, have "many"`},
		{"empty list entry", "users: [ADMIN, margb]", "users: [ADMIN, null]", `9:12: postoffices[1].users[1]: want a value, have nothing`},
		{"postoffice without network", "name: COMPANY/SALES\n", "name: COMPANY\n", `8:11: want a name of the form NETWORK/POSTOFFICE
20:33: unknown postoffice "COMPANY/SALES", did you mean "COMPANY/HUB"?
27:76: unknown postoffice "COMPANY/SALES", did you mean "COMPANY/HUB"?`},
		{"long postoffice", "name: COMPANY/SALES\n", "name: COMPANY/SALESOFFICE\n", `8:11: postoffice name "SALESOFFICE" has 11 characters, want at most 10
20:33: unknown postoffice "COMPANY/SALES", did you mean "COMPANY/HUB"?
27:76: unknown postoffice "COMPANY/SALES", did you mean "COMPANY/HUB"?`},
		{"long network", "name: COMPANY/SALES\n", "name: COMPANYNAME/SALES\n", `8:11: network name "COMPANYNAME" has 11 characters, want at most 10
20:33: unknown postoffice "COMPANY/SALES", did you mean "COMPANYNAME/SALES"?
27:76: unknown postoffice "COMPANY/SALES", did you mean "COMPANYNAME/SALES"?`},
		{"long user", "[ADMIN, margb]", "[ADMIN, margberesford]", `9:20: user name "margberesford" has 13 characters, want at most 10`},
		{"bad user", "[ADMIN, margb]", "[ADMIN, 'marg b']", `9:20: bad user name "marg b", want letters and digits`},
		{"user twice", "[ADMIN, margb]", "[ADMIN, admin]", `9:20: second user "admin" of postoffice "COMPANY/SALES"`},
		{"user without name", "{name: sparky, fullName: Sparky Smith, external: false}", "{fullName: X}", `6:20: missing key "name"`},
		{"long full name", "Sparky Smith", "Sparky Alexander Montgomery Smith", `6:20: bad full name "Sparky Alexander Montgomery Smith", want at most 30 printable characters`},
		{"group without name", "    via: COMPANY/HUB", "    groups: [{members: [margb]}]\n    via: COMPANY/HUB", `10:14: missing key "name"`},
		{"group twice", "    via: COMPANY/HUB", "    groups: [{name: ALL, members: [margb]}, {name: all}]\n    via: COMPANY/HUB", `10:52: second group "all" of postoffice "COMPANY/SALES"`},
		{"group and user", "    via: COMPANY/HUB", "    groups: [{name: MargB}]\n    via: COMPANY/HUB", `10:21: group "MargB" has the name of a user`},
		{"long group", "    via: COMPANY/HUB", "    groups: [{name: ALLTHEOTHERS}]\n    via: COMPANY/HUB", `10:21: group name "ALLTHEOTHERS" has 12 characters, want at most 10`},
		{"member of another postoffice", "    via: COMPANY/HUB", "    groups: [{name: ALL, members: [admin, sparky, marg]}]\n    via: COMPANY/HUB", `10:43: group "ALL" has the member "sparky", who is no user of postoffice "COMPANY/SALES", want one of ADMIN, margb
10:51: group "ALL" has the member "marg", who is no user of postoffice "COMPANY/SALES", did you mean "margb"?`},
		{"member twice", "    via: COMPANY/HUB", "    groups: [{name: ALL, members: [margb, MARGB]}]\n    via: COMPANY/HUB", `10:43: second member "MARGB" of group "ALL"`},
		{"empty member", "    via: COMPANY/HUB", "    groups: [{name: ALL, members: [margb, null]}]\n    via: COMPANY/HUB", `10:35: postoffices[1].groups[0].members[1]: want a value, have nothing`},
		{"postoffice without name", "    via: COMPANY/HUB\n", "    via: COMPANY/HUB\n  - users: [ADMIN]\n", `11:5: missing key "name"`},
		{"postoffice twice", "name: COMPANY/SALES\n", "name: company/hub\n", `8:11: second postoffice "company/hub", the first is in line 5
10:10: postoffice "company/hub" is via itself
20:33: unknown postoffice "COMPANY/SALES", did you mean "COMPANY/HUB"?
27:76: unknown postoffice "COMPANY/SALES", did you mean "COMPANY/HUB"?`},
		{"unknown gateway", "gateway: smtp", "gateway: x400", `7:14: unknown gateway "x400", want smtp`},
		{"via nowhere", "via: COMPANY/HUB", "via: COMPANY/HUBB", `10:10: unknown postoffice "COMPANY/HUBB", did you mean "COMPANY/HUB"?`},
		{"via itself", "via: COMPANY/HUB", "via: company/sales", `10:10: postoffice "COMPANY/SALES" is via itself`},
		{"pc twice", "name: MTA1", "name: gw1", `19:11: second PC "gw1", the first is in line 12`},
		{"pc name", "name: MTA1", "name: MTA 1", `19:11: bad PC name "MTA 1", want at most 15 letters and digits`},
		{"ip", "ip: 11.1.16.16", "ip: 11.1.16.256", `13:9: bad IP address "11.1.16.256", want four numbers with dots`},
		{"ip of the other kind", "ip: 11.1.16.16", "ip: '::1'", `13:9: bad IP address "::1", want four numbers with dots`},
		{"drive letter", "{M: COMPANY/HUB}", "{C: COMPANY/HUB}", `14:14: bad drive letter "C", want D to Z`},
		{"drive letters", "{M: COMPANY/HUB}", "{MN: COMPANY/HUB}", `14:14: bad drive letter "MN", want D to Z`},
		{"drive letter twice", "{M: COMPANY/HUB}", "{M: COMPANY/HUB, 'm:': COMPANY/HUB}", `14:30: second drive letter "m:"`},
		{"drive nowhere", "{M: COMPANY/HUB}", "{M: COMPANY/BUB}", `14:17: unknown postoffice "COMPANY/BUB", did you mean "COMPANY/HUB"?`},
		{"program", "SMTPGET.EXE", "SMTPGETT.EXE", `15:27: unknown program "SMTPGETT.EXE", did you mean "SMTPGET.EXE"?`},
		{"program twice", "SMTPGET.EXE", "smtpgate.exe", `15:27: second program "SMTPGATE.EXE"`},
		{"path", `['C:\GATE']`, `[GATE]`, `16:12: bad directory "GATE", want one such as C:\GATE`},
		{"command", "run: EXTERNAL -p010", "run: EXTERNEL -p010", `21:10: cannot run "EXTERNEL", did you mean "EXTERNAL"?`},
		{"option value", "-w120", "-wait", `18:10: cannot read option "-wait": want a number from 0 to 32767`},
		{"command too long", "run: EXTERNAL -p010", "run: EXTERNAL" + strings.Repeat(" -p010", 22), `21:10: cannot split command: 132 characters of arguments, MS-DOS passes at most 126`},
		{"config of no postoffice", "  COMPANY/HUB:\n", "  COMPANY/HUBS:\n", `7:14: gateway postoffice "COMPANY/HUB" has no entry under smtp
23:3: unknown postoffice "COMPANY/HUBS", did you mean "COMPANY/HUB"?`},
		{"config of a downstream postoffice", "    gateway: smtp\n", "", `22:3: postoffice "COMPANY/HUB" is no gateway postoffice, it needs "gateway: smtp"`},
		{"no host name", "    hostName: msmailgwy.company.com\n", "", `23:3: missing key "hostName"`},
		{"empty host name", "hostName: msmailgwy.company.com", "hostName:", `24:5: smtp.COMPANY/HUB.hostName: want a value, have nothing`},
		{"host name", "msmailgwy.company.com", "ms mail", `24:15: bad host name "ms mail"`},
		{"suffix", "domainSuffix: .company.com", "domainSuffix: company.com", `25:19: bad domain suffix "company.com", want one that begins with a dot`},
		{"smart host by name", "smartHost: 11.1.16.15", "smartHost: mail.company.com", `26:16: bad IP address "mail.company.com", want four numbers with dots`},
		{"mapping nowhere", "{postoffice: COMPANY/SALES,", "{postoffice: COMPANY/SALE,", `27:76: unknown postoffice "COMPANY/SALE", did you mean "COMPANY/SALES"?`},
		{"mapping without domain", "{postoffice: COMPANY/HUB, domain: hub.company.com}", "{postoffice: COMPANY/HUB}", `27:11: missing key "domain"`},
		{"route nowhere", "hub.company.com: GW1", "hub.company.com: GW2", `29:55: unknown PC "GW2", did you mean "GW1"?`},
		{"route to a pc without ip", "hub.company.com: GW1", "hub.company.com: MTA1", `29:55: PC "MTA1" has no ip to send mail to`},
		{"alias", "sparky@company.com: sparky@hub.company.com", "sparky: sparky@hub.company.com", `29:88: bad address "sparky", want user@domain`},
		{"smart host ip", "{name: mail.company.com, ip: 11.1.16.15,", "{name: mail.company.com,", `29:5: missing key "ip"`},
		{"gateway version", "gatewayVersion: 3.0.9", "gatewayVersion: 3.0.4", `30:17: unknown gateway version "3.0.4", did you mean "3.0.1"?`},
		{"empty fault", "faults: []", "faults: ['']", `31:10: want the text of a fault, have ""`},
		{"file key", "files: {}", "files: {'COMPANY/HUB:\\X': a}", `32:9: bad file "COMPANY/HUB:\\X", want 'M:NETWORK/POSTOFFICE:\DIR\NAME.EXT'`},
		{"file name", "files: {}", "files: {'M:COMPANY/HUB:\\SMTP\\ADDRESS_MAP.CFG': a}", `32:9: bad file "M:COMPANY/HUB:\\SMTP\\ADDRESS_MAP.CFG": "ADDRESS_MAP.CFG" is no name of the form 8.3`},
		{"file that climbs out", "files: {}", "files: {'M:COMPANY/HUB:\\..\\X': a}", `32:9: bad file "M:COMPANY/HUB:\\..\\X": ".." is no name of the form 8.3`},
		{"file without backslash", "files: {}", "files: {'M:COMPANY/HUB:X': a}", `32:9: bad file "M:COMPANY/HUB:X": want a path that begins with a backslash`},
		{"file nowhere", "files: {}", "files: {'M:COMPANY/XXXXXX:\\X': a}", `32:9: unknown postoffice "COMPANY/XXXXXX", want one of COMPANY/HUB, COMPANY/SALES`},
		{"file with control characters", "files: {}", "files: {'M:COMPANY/HUB:\\X': \"a\\0\"}", `32:9: file "M:COMPANY/HUB:\\X": want text of printable characters`},
		{"anchor", "via: COMPANY/HUB", "via: &x COMPANY/HUB", `10:10: anchors are not allowed in a site file`},
		{"alias node", "via: COMPANY/HUB", "via: *x", `10:10: aliases are not allowed in a site file`},
		{"merge key", "    via: COMPANY/HUB", "    <<: {via: COMPANY/HUB}", `10:5: merge keys are not allowed in a site file`},
		{"tag", "via: COMPANY/HUB", "via: !!str COMPANY/HUB", `10:10: tags are not allowed in a site file`},
		{"time zone", "gatewayVersion", "tz: PST 8\ngatewayVersion", `30:5: bad time zone "PST 8", want a DOS value such as PST8PDT`},
		{"second document", "faults: []\nfiles: {}", "---\nfaults: []", `32:1: second document, a site file has one`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Parse("x", edit(t, tt.from, tt.to))
			if err == nil {
				t.Fatalf("parses as\n%s", s.Marshal())
			}
			want := "x:" + strings.ReplaceAll(tt.want, "\n", "\nx:")
			if have := err.Error(); have != want {
				t.Errorf("have\n%s\nwant\n%s", have, want)
			}
		})
	}
}

func TestLineEndsAndByteOrderMark(t *testing.T) {
	want, err := Parse("x", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"CR LF":           strings.ReplaceAll(small, "\n", "\r\n"),
		"byte order mark": "\uFEFF" + small,
		"rulers":          strings.ReplaceAll(small, "pcs:\n", "# "+strings.Repeat("-[", 2000)+"\npcs:\n"),
		"document marks":  "---\n" + small + "...\n",
	} {
		have, err := Parse("x", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, have, ignorePositions); diff != "" {
			t.Errorf("%s changes the site:\n%s", name, diff)
		}
	}
}

func TestAllMistakesAreReportedInOrder(t *testing.T) {
	_, err := Parse("bad.yaml", []byte(`version: 1
timing: fast
pcs:
  - name: GW1
    drives: {M: COMPANY/HUB}
    ipp: 1.2.3.4
    run: SMTPGATE -wx -qy
smartHosts: none
postoffices:
  - {name: COMPANY/SALESDEPARTMENT, via: COMPANY/HUB}
colour: blue
`))
	want := `bad.yaml:2:9: timing: want benchmark, none or {perOperation: 20ms, perKilobyte: 800ms}, have "fast"
bad.yaml:5:17: unknown postoffice "COMPANY/HUB", want one of COMPANY/SALESDEPARTMENT
bad.yaml:6:5: unknown key "ipp", did you mean "ip"?
bad.yaml:7:10: cannot read option "-qy": want a number from 1 to 32767
bad.yaml:7:10: cannot read option "-wx": want a number from 0 to 32767
bad.yaml:8:13: smartHosts: want a list, have "none"
bad.yaml:10:12: postoffice name "SALESDEPARTMENT" has 15 characters, want at most 10
bad.yaml:10:42: unknown postoffice "COMPANY/HUB", want one of COMPANY/SALESDEPARTMENT
bad.yaml:11:1: unknown key "colour", want one of version, start, tz, timing, postoffices, pcs, smtp, smartHosts, gatewayVersion, faults, files`
	if err == nil || err.Error() != want {
		t.Errorf("have\n%v\nwant\n%s", err, want)
	}
	if m, ok := err.(Mistakes); !ok || len(m) != 9 {
		t.Errorf("error is a %T", err)
	}
}

func TestDefaults(t *testing.T) {
	s, err := Parse("min.yaml", []byte("version: 1\nstart: 1994-06-01T00:00:00+05:30\npcs:\n  - {name: A}\n  - {name: B, local: [], config: {files: 8}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := &Site{
		Version: 1, Start: time.Date(1994, 5, 31, 18, 30, 0, 0, time.UTC), TZ: "LCL-5:30",
		Timing: Timing{Model: TimingBenchmark}, GatewayVersion: "3.0.9",
		PCs: []PC{
			{Name: "A", Path: []string{`C:\GATE`}, Config: PCConfig{40, true, false, 440000, false, ""}},
			{Name: "B", Path: []string{`C:\GATE`}, Config: PCConfig{8, true, false, 440000, false, ""}},
		},
	}
	if diff := cmp.Diff(want, s, ignorePositions); diff != "" {
		t.Errorf("site (-want +have):\n%s", diff)
	}
}

func TestMarshalOfUnusualSitesParsesBack(t *testing.T) {
	tests := []struct {
		name string
		edit func(*Site)
	}{
		{"nothing", func(s *Site) { *s = Site{} }},
		{"timing none", func(s *Site) { s.Timing = Timing{Model: TimingNone} }},
		{"timing of one's own", func(s *Site) { s.Timing = Timing{TimingCustom, 20 * time.Millisecond, 1500 * time.Millisecond} }},
		{"zone", func(s *Site) { s.TZ, s.PCs[0].TZ = "PST8PDT", "EST5EDT" }},
		{"fraction of a second", func(s *Site) { s.Start = s.Start.Add(250 * time.Millisecond) }},
		{"version that looks like a number", func(s *Site) { s.GatewayVersion = "3.0" }},
		{"users that look like something else", func(s *Site) {
			s.Postoffices[0].Users = []string{"true", "null", "42", "1e3", "0x1F", "no", "nan", "0o7", "y", "007"}
			s.Postoffices[0].UserDetails = []UserDetail{{"42", `O'Hara "Bo": #1`, false}, {"no", "", true}}
		}},
		{"no access component", func(s *Site) { s.Postoffices[1].Access = false }},
		{"access component of its own", func(s *Site) { s.Postoffices[2].Via, s.Postoffices[2].Access = "", true }},
		{"pc with all there is", func(s *Site) {
			pc := &s.PCs[1]
			pc.Local, pc.Path = []string{}, []string{`C:\`, `M:\MAILEXE`}
			pc.Config = PCConfig{8, false, true, 0, true, "novell-old"}
			pc.Loop, pc.StartAfter = true, 90*time.Second
		}},
		{"groups", func(s *Site) {
			s.Postoffices[0].Groups = []Group{{Name: "ALL", FullName: "All: of us", Members: []string{"ADMIN", s.Postoffices[0].Users[1]}}, {Name: "NOBODY", Members: []string{}}}
		}},
		{"idle pc", func(s *Site) { s.PCs[1].Run = ""; s.PCs[1].Drives = nil }},
		{"list of served postoffices", func(s *Site) { s.SMTP[0].Postoffices = []string{"COMPANY/SALES"} }},
		{"served by nobody", func(s *Site) { s.SMTP[0].Postoffices = []string{}; s.SMTP[0].DomainSuffix = "" }},
		{"domains that look like something else", func(s *Site) {
			for _, d := range []string{"~", "-x", "#y", "a#b", "'q'", "&a", "*b", "!c", "%d", "?", "-", "{e}", "=", "a=b", "1_0", ".inf", "a: b", "|", "true"} {
				s.SMTP[0].Map = append(s.SMTP[0].Map, Mapping{"COMPANY/HUB", strings.ReplaceAll(d, " ", "")})
				s.SmartHosts[0].Routes = append(s.SmartHosts[0].Routes, Route{strings.ReplaceAll(d, " ", ""), "GW1"})
			}
			sort.Slice(s.SmartHosts[0].Routes, func(i, j int) bool { return s.SmartHosts[0].Routes[i].Domain < s.SmartHosts[0].Routes[j].Domain })
		}},
		{"faults", func(s *Site) {
			s.Faults = []string{`smtp-reply reply="451 try again: later" at=RCPT`, `slow at=M:\SMTP\*.API`, "# not a comment", "ünïcode", " lead", "trail "}
		}},
		{"files", func(s *Site) {
			for i, text := range []string{"", "\n", "a", "a\n", "a\n\n", "a\n\nb", " a\nb", "a \nb", "a\tb\n", "; comment\nCOMPANY/HUB   hub\n", "é", "\u2028", "---\n", "# x", "a: b\nc: 'd'", "\\"} {
				s.Files = append(s.Files, FileOverride{Postoffice: "COMPANY/HUB", Path: `\SMTP\F` + string(rune('A'+i)) + ".TXT", Text: text})
			}
			s.Files = append(s.Files, FileOverride{Postoffice: "COMPANY/SALES", Path: `\GLB\MASTER.GLB`, Absent: true})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := Shape("single")
			tt.edit(s)
			printed := s.Marshal()
			again, err := Parse("again", printed)
			if err != nil {
				t.Fatalf("%v\n%s", err, printed)
			}
			complete(s)
			s.Version = FileVersion
			if diff := cmp.Diff(s, again, ignorePositions); diff != "" {
				t.Errorf("site (-before +after):\n%s\n%s", diff, printed)
			}
			if diff := cmp.Diff(string(printed), string(again.Marshal())); diff != "" {
				t.Errorf("second print (-first +second):\n%s", diff)
			}
		})
	}
}

func TestHostileTextIsRefused(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "x:1:1: the file is empty"},
		{"comment", "# nothing\n", "x:1:1: the file is empty"},
		{"text", "hello", `x:1:1: site file: want a mapping, have "hello"`},
		{"list", "- a", "x:1:1: site file: want a mapping, have a list"},
		{"deep", strings.Repeat("[", 100000), "x:1:65: nested too deep"},
		{"deep blocks", strings.Repeat("- ", 100000), "x:1:2001: nested too deep"},
		{"long", strings.Repeat("a: b\n", 100000), "x:10001:2: more than 10000 keys"},
		{"large", strings.Repeat("a", 1<<20+1), "x:1:1: file has 1048577 bytes, want at most 1048576"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("x", []byte(tt.text))
			if err == nil || err.Error() != tt.want {
				t.Errorf("have %v, want %s", err, tt.want)
			}
		})
	}
}

func TestSyntaxErrorHasItsPosition(t *testing.T) {
	_, err := Parse("x", []byte("version: 1\npcs: [a, b\ntz: PST8\n"))
	m, ok := err.(Mistakes)
	if !ok || len(m) != 1 || m[0].Pos.Line < 2 {
		t.Errorf("have %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	for _, row := range Shapes {
		s, _ := Shape(row.Name)
		f.Add(s.Marshal())
	}
	f.Add([]byte("version: 1\nfiles:\n  'M:A/B:\\X': |+\n    a\n\n"))
	f.Add([]byte("version: 1\npostoffices: [{name: a/b, users: [{name: x, fullName: 'y'}]}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("fuzz", data)
		if err != nil {
			if m, ok := err.(Mistakes); !ok || len(m) == 0 {
				t.Fatalf("error is %v", err)
			}
			return
		}
		printed := s.Marshal()
		again, err := Parse("fuzz", printed)
		if err != nil {
			t.Fatalf("%v\n%s", err, printed)
		}
		if diff := cmp.Diff(s, again, ignorePositions); diff != "" {
			t.Fatalf("site (-before +after):\n%s\n%s", diff, printed)
		}
	})
}
