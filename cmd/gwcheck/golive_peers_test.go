package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/conformance/peer"
	"gwkit/emulator/site"
)

// The real deployment of these tests: gwemu serve as a process, with its drives
// on disk and its sockets, Postfix as relay and as catcher, dnsmasq for the
// names. gwcheck knows of them what a deployment file says, and nothing else.

// installation is a deployment to be looked at.
type installation struct {
	t         *testing.T
	dir       string              // deploy.yaml and drives
	shape     string              // served
	site      func(string) string // edits the site file
	serve     []string            // further arguments of gwemu serve
	dns       string
	smartHost string                // host:port that gwcheck is told; "" Postfix
	relay     func(port int) string // what stands before Postfix, for gwcheck and the gateway
	deploy    func(string) string   // edits the deployment file
	before    func(*installation)   // when the drives are there and nothing runs
	serving   func(*installation)   // when all run
	emulator  *peer.Gwemu
	postfix   *peer.Postfix
	noLog     bool // the gateway has not run yet
	imposter  bool // gwcheck is told the port of Postfix
	scripts   bool // run those that apply as well
	ownSink   bool // outbound mail is caught by gwcheck itself
}

// layout is what a deployment file says of a shape.
type layout struct {
	domains          map[string]string // domain -> PC that receives its mail
	postoffices, pcs string            // "": from gwcheck init; {GW1} is the address of a PC
	mailboxes        []string          // NET/PO user address
}

var layouts = map[string]layout{
	"single": {
		domains: map[string]string{"hub.company.com": "GW1", "sales.company.com": "GW1", "engineer.company.com": "GW1"},
		postoffices: `  - {name: COMPANY/HUB, drive: drives/COMPANY_HUB, gateway: smtp, users: [ADMIN, POSTMASTER, sparky]}
  - {name: COMPANY/SALES, drive: drives/COMPANY_SALES, via: COMPANY/HUB, users: [ADMIN, margb]}
  - {name: COMPANY/ENGINEER, drive: drives/COMPANY_ENGINEER, via: COMPANY/HUB, users: [ADMIN, tomk]}
`,
		pcs: `  - {name: GW1, role: both, ip: 11.1.16.16, address: {GW1}, drives: {M: COMPANY/HUB}, disk: drives/PC_GW1}
  - {name: MTA1, role: external, drives: {M: COMPANY/HUB, N: COMPANY/SALES, O: COMPANY/ENGINEER}, disk: drives/PC_MTA1}
`,
		mailboxes: []string{"COMPANY/SALES margb margb@sales.company.com", "COMPANY/HUB sparky sparky@hub.company.com"},
	},
	"dedicated": {
		domains:   map[string]string{"receive.company.com": "GW1", "send.company.com": "GW1", "sales.company.com": "GW1", "engineer.company.com": "GW1"},
		mailboxes: []string{"COMPANY/SALES margb margb@sales.company.com", "COMPANY/ENGINEER tomk tomk@engineer.company.com"},
	},
	"multiple": {
		domains: map[string]string{"hub1.company.com": "GW1", "sales.company.com": "GW1", "engineer.company.com": "GW1",
			"hub2.company.com": "GW2", "legal.company.com": "GW2", "finance.company.com": "GW2"},
		mailboxes: []string{"COMPANY/SALES margb margb@sales.company.com", "COMPANY/LEGAL annet annet@legal.company.com"},
	},
}

// zone is what dnsmasq says when all is well.
func (l *layout) zone() string {
	lines := []string{"local=/company.com/", "host-record=msmailgwy.company.com,11.1.16.16", "host-record=msmailgw1.company.com,11.1.16.16",
		"host-record=msmailgw2.company.com,11.1.16.17", "host-record=mail.company.com,11.1.16.15"}
	for _, domain := range slices.Sorted(maps.Keys(l.domains)) {
		lines = append(lines, "mx-host="+domain+",mail.company.com,10")
	}
	return strings.Join(lines, "\n")
}

var goodNames = func() string { l := layouts["single"]; return l.zone() }()

// start brings the deployment up and writes its file.
func (in *installation) start() (file string) {
	t := in.t
	t.Helper()
	in.dir = t.TempDir()
	drives := filepath.Join(in.dir, "drives")
	shape := in.shape
	if shape == "" {
		shape = "single"
	}
	plan, ok := layouts[shape]
	if !ok {
		plan = layouts["single"] // its variants have the same names
	}
	ports, relay := map[string]int{}, map[string]int{}
	for domain, pc := range plan.domains {
		if ports[pc] == 0 {
			ports[pc] = peer.FreePort(t)
		}
		relay[domain] = ports[pc]
	}
	o := peer.PostfixOptions{Virtual: "example.com", Relay: relay}
	sink := peer.FreePort(t)
	if in.ownSink {
		o.Virtual, relay["example.com"] = "", sink
	}
	in.postfix = peer.StartPostfix(t, o)
	s, err := site.Shape(shape)
	if err != nil {
		t.Fatal(err)
	}
	text := string(s.Marshal())
	if in.site != nil {
		text = changed(t, text, in.site)
	}
	served := filepath.Join(in.dir, "served.yaml")
	if err := os.WriteFile(served, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if in.before != nil {
		// The drives are made by a run that ends at once.
		g := peer.Serve(t, served, "--drive", drives, "--smtp", "127.0.0.1:0")
		g.Stop()
		in.before(in)
	}
	host := fmt.Sprintf("127.0.0.1:%d", in.postfix.Port)
	if in.relay != nil {
		host = in.relay(in.postfix.Port)
	}
	args := append([]string{served, "--drive", drives, "--smtp", "127.0.0.1:0", "--relay", host, "--speed", "60"}, in.serve...)
	for pc, port := range ports {
		args = append(args, "--gateway", fmt.Sprintf("%s=127.0.0.1:%d", pc, port))
	}
	in.emulator = peer.Serve(t, args...)
	names := in.dns
	if names == "" {
		names = plan.zone()
	}
	server := peer.StartDNS(t, names)
	smartHost := in.smartHost
	if smartHost == "" {
		smartHost = host
	}
	if in.imposter {
		ports["GW1"] = in.postfix.Port
	}
	if !in.noLog { // a deployment that has run for a while
		peer.Eventually(t, 60*time.Second, func() string {
			logs, _ := filepath.Glob(filepath.Join(drives, "*", "LOG", "SMTPGATE.LOG"))
			if len(logs) == 0 {
				return "no gateway has written a log"
			}
			return ""
		})
	}
	description := in.describe(&plan, ports, smartHost, server)
	if in.ownSink {
		description = changed(t, description, replace("{maildir: "+in.postfix.Maildir+"}", fmt.Sprintf("{listen: '127.0.0.1:%d'}", sink)))
	}
	if in.deploy != nil {
		description = changed(t, description, in.deploy)
	}
	file = filepath.Join(in.dir, "deploy.yaml")
	if err := os.WriteFile(file, []byte(description), 0o644); err != nil {
		t.Fatal(err)
	}
	if in.serving != nil {
		in.serving(in)
	}
	return file
}

// describe writes the deployment file: what gwcheck init sees, or a text, and
// what no drive can tell.
func (in *installation) describe(plan *layout, ports map[string]int, smartHost, names string) string {
	in.t.Helper()
	boxes := ""
	for _, line := range plan.mailboxes {
		w := strings.Fields(line)
		boxes += fmt.Sprintf("    - {postoffice: %s, user: %s, address: %s}\n", w[0], w[1], w[2])
	}
	test := fmt.Sprintf(`names: {server: "%s"}
test:
  mailboxes:
%s  outside: root@example.com
  submit: {command: "%s submit --from {from} --to {to} --subject {subject} --text {file} --control %s", attach: "--attach {attachment}"}
  catch: {maildir: %s}
patience: 1m
`, names, boxes, in.emulator.Program, in.emulator.Control, in.postfix.Maildir)
	text := ""
	if plan.postoffices != "" {
		text = fmt.Sprintf(`version: 1
name: the deployment of CI
allow: [read, probe, message]
speed: 60
postoffices:
%spcs:
%ssmartHost: {name: mail.company.com, ip: 11.1.16.15, address: "%s", greets: ehlo}
%s`, plan.postoffices, plan.pcs, smartHost, test)
		for pc, port := range ports {
			text = strings.ReplaceAll(text, "{"+pc+"}", fmt.Sprintf("127.0.0.1:%d", port))
		}
		return text
	}
	code, first, stderr := program("init", filepath.Join(in.dir, "drives"))
	if code != 0 {
		in.t.Fatalf("init: status %d: %s", code, stderr)
	}
	pc := ""
	for line := range strings.Lines(strings.ReplaceAll(first, "'"+in.dir+"/drives", "'drives")) {
		if name, ok := strings.CutPrefix(line, "  - name: '"); ok {
			pc, _, _ = strings.Cut(name, "'")
		}
		switch address := "    # address: 127.0.0.1:2526"; {
		case strings.HasPrefix(line, "allow:"):
			line = "allow: [read, probe, message]\nspeed: 60\n"
		case strings.HasPrefix(line, address) && ports[pc] != 0:
			line = fmt.Sprintf("    address: 127.0.0.1:%d\n", ports[pc])
		case strings.HasPrefix(line, "  # address:"):
			line = fmt.Sprintf("  address: %q\n  greets: ehlo\n", smartHost)
		}
		text += line
	}
	return text + test
}

// changed applies an edit that must change something.
func changed(t *testing.T, text string, edit func(string) string) string {
	t.Helper()
	after := edit(text)
	if after == text {
		t.Fatal("an edit of the test changes nothing")
	}
	return after
}

func replace(old, new string) func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, old, new) }
}

// scripted is a host that answers each line by a function until it says "".
func scripted(t *testing.T, greeting string, answer func(line string) string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.WriteString(c, greeting)
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					reply := answer(strings.TrimRight(string(buf[:n]), "\r\n"))
					io.WriteString(c, reply)
					if reply == "" || strings.HasPrefix(reply, "221") {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// between stands before a mail server: it answers a line itself, or passes it on
// and the answer back, each after a while.
func between(t *testing.T, port int, own func(line string) string, delay time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	session := func(c net.Conn) {
		defer c.Close()
		server, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return
		}
		defer server.Close()
		go func() {
			defer c.Close()
			buf := make([]byte, 4096)
			for {
				n, err := server.Read(buf)
				if err != nil {
					return
				}
				time.Sleep(delay)
				c.Write(buf[:n])
			}
		}()
		in := bufio.NewReader(c)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if reply := own(line); reply != "" {
				io.WriteString(c, reply)
			} else {
				io.WriteString(server, line)
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go session(c)
		}
	}()
	return l.Addr().String()
}

// breaks is the table of what is broken and what must be found: a pattern of
// the rule or check and a pattern of what it says.
var breaks = []struct {
	name string
	make func(t *testing.T, in *installation)
	want []string
	code int
}{
	{"nothing", func(_ *testing.T, in *installation) {
		in.scripts = true
		in.deploy = replace("test:", "shape: single\nvolume: {in: 500, out: 500, size: 8k}\ntest:")
	}, []string{`verdict: YES`, `volume +yes`}, 0},
	{"nothing, at a dedicated pair", func(_ *testing.T, in *installation) {
		in.shape = "dedicated"
		in.deploy = func(s string) string { return s + "volume: {in: 500, out: 500, size: 8k}\n" }
	}, []string{`verdict: YES`, `volume +yes`, `GW2 keeps no log`}, 0},
	{"nothing, at two gateways", func(_ *testing.T, in *installation) {
		in.shape = "multiple"
		in.deploy = func(s string) string { return s + "volume: {in: 500, out: 500, size: 8k}\n" }
	}, []string{`verdict: YES`, `volume +yes`}, 0},
	{"nothing, and mail is caught by gwcheck itself", func(_ *testing.T, in *installation) {
		in.scripts, in.ownSink = true, true
		in.deploy = replace("test:", "shape: single\ntest:")
	}, []string{`verdict: YES`, `scripts +yes +[1-9]\d* pass, 0 fail, 0 unknown`}, 0},
	{"too much mail", func(_ *testing.T, in *installation) {
		in.deploy = replace("test:", "volume: {in: 6000, out: 6000, size: 8k}\ntest:")
	}, []string{`capacity +12000 messages a day are not carried.*GW1`, `Q132060 Q137043: (another gateway|a dedicated pair)`}, 1},
	{"wrong MX", func(_ *testing.T, in *installation) {
		in.dns = changed(in.t, goodNames, replace("mx-host=sales.company.com,mail.company.com,10", "mx-host=sales.company.com,old.company.com,10"))
	}, []string{`live\.dns +.*sales\.company\.com`}, 1},
	{"no MX", func(_ *testing.T, in *installation) {
		in.dns = changed(in.t, goodNames, replace("\nmx-host=sales.company.com,mail.company.com,10", ""))
	}, []string{`map\.mx-missing +.*sales\.company\.com`}, 1},
	{"gateway down", func(_ *testing.T, in *installation) {
		in.noLog = true
		in.site = replace("    run: SMTPGATE -w120", "    startAfter: 20h\n    run: SMTPGATE -w120")
	}, []string{`(?s)live\.tcp25 +.*the gateway is down.*live\.inbound`}, 1},
	{"a Postfix in place of the gateway", func(_ *testing.T, in *installation) { in.imposter = true }, []string{`live\.banner +.*no such gateway`}, 1},
	{"one-way mail", func(_ *testing.T, in *installation) {
		in.site = replace("local: [SMTPGATE.EXE, SMTPGET.EXE, SMTPPUT.EXE]", "local: [SMTPGATE.EXE, SMTPPUT.EXE]")
	}, []string{`deploy\.exe-dir +.*SMTPGET`, `live\.outbound +.*does not fetch`}, 1},
	{"second gateway on the drive", func(_ *testing.T, in *installation) {
		in.deploy = replace("smartHost:", "  - {name: GW2, role: both, ip: 11.1.16.17, drives: {M: COMPANY/HUB}, run: SMTPGATE -w120 -p002}\nsmartHost:")
	}, []string{`deploy\.shared-po +GW2 works on COMPANY/HUB`}, 1},
	{"second gateway that the file does not name", func(_ *testing.T, in *installation) {
		in.shape = "dedicated-shared"
		in.deploy = replace("role: both,", "role: receive,")
	}, []string{`live\.outbound +.*GW1 of COMPANY/HUB only receives; another gateway works there`}, 1},
	{"read-only drive", func(_ *testing.T, in *installation) {
		in.before = func(in *installation) {
			err := filepath.WalkDir(filepath.Join(in.dir, "drives", "COMPANY_HUB"), func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
					return err
				}
				return os.Chmod(path, 0o444)
			})
			if err != nil {
				in.t.Fatal(err)
			}
		}
	}, []string{`po\.attrs +.*read-only`, `live\.inbound +`}, 1},
	{"drive vanishes", func(t *testing.T, in *installation) {
		in.serving = func(in *installation) {
			mount := filepath.Join(in.dir, "mount")
			if err := os.Symlink(filepath.Join(in.dir, "drives", "COMPANY_SALES"), mount); err != nil {
				t.Fatal(err)
			}
			go func() { // as soon as the relay has the marked message
				for range 600 {
					if log, _ := os.ReadFile(in.postfix.Log); bytes.Contains(log, []byte("to=<margb@")) {
						break
					}
					time.Sleep(50 * time.Millisecond)
				}
				os.Remove(mount)
			}()
		}
		in.deploy = replace("drive: drives/COMPANY_SALES,", "drive: mount,")
	}, []string{`live\.inbound +.*mount is not there`}, 1},
	{"FILES=20", func(_ *testing.T, in *installation) {
		in.site = replace("config: {files: 40,", "config: {files: 20,")
	}, []string{`sys\.files +.*FILES=20`}, 1},
	{"stale FROM_NC.API", func(t *testing.T, in *installation) {
		in.noLog = true
		in.site = replace("    run: SMTPGATE -w120", "    startAfter: 20h\n    run: SMTPGATE -w120")
		in.before = func(in *installation) {
			name := filepath.Join(in.dir, "drives", "COMPANY_HUB", "SMTP", "FROM_NC.API")
			if err := os.WriteFile(name, []byte("VERSION:3.00\r\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			old := time.Date(1993, 2, 22, 12, 0, 0, 0, time.UTC)
			if err := os.Chtimes(name, old, old); err != nil {
				t.Fatal(err)
			}
		}
	}, []string{`po\.stale +.*FROM_NC\.API`}, 1},
	{"wrong order of the address map", func(_ *testing.T, in *installation) {
		in.site = replace("      - {postoffice: COMPANY/SALES, domain: sales.company.com}",
			"      - {postoffice: COMPANY/SALES, domain: sales.company.com}\n      - {postoffice: COMPANY/SALES, domain: company.com}")
		in.deploy = replace("patience:", "policy: {visibleDomain: company.com}\nlint: {fail: warning}\npatience:")
	}, []string{`map\.order +.*COMPANY/SALES`}, 1},
	{"clock off by hours", func(_ *testing.T, in *installation) {
		in.site = replace("faults: []", "faults: ['clock offset=-5h who=GW1']")
	}, []string{`verdict: YES.*warning`, `log\.clock +.*5.* behind`}, 0},
	{"slow relay", func(t *testing.T, in *installation) {
		in.relay = func(port int) string {
			return between(t, port, func(string) string { return "" }, 3600*time.Millisecond)
		}
	}, []string{`live\.smarthost +the smart host needs 1\d.* for greeting, HELO and QUIT`, `live\.outbound`}, 1},
	{"relay that says nothing", func(t *testing.T, in *installation) {
		in.smartHost = scripted(t, "", func(string) string { time.Sleep(8 * time.Second); return "250 well\r\n" })
	}, []string{`live\.smarthost +.*says nothing for`}, 1},
	{"relay speaks EHLO only", func(t *testing.T, in *installation) {
		in.relay = func(port int) string {
			return between(t, port, func(line string) string {
				if strings.HasPrefix(strings.ToUpper(line), "HELO") {
					return "502 5.5.1 use EHLO\r\n"
				}
				return ""
			}, 0)
		}
	}, []string{`live\.smarthost +.*HELO.*502`, `live\.outbound +.*the gateway has fetched it and cannot send it|live\.outbound +.*OUTBAD`}, 1},
	{"mailbox missing", func(_ *testing.T, in *installation) {
		in.site = replace("users: [ADMIN, margb]", "users: [ADMIN, other]")
	}, []string{`live\.rcpt +.*margb@sales\.company\.com|live\.inbound +.*margb`}, 1},
	{"INQUEUE3 never emptied", func(_ *testing.T, in *installation) {
		in.site = replace("    run: EXTERNAL -p010", "    run: null")
		in.deploy = func(s string) string {
			i := strings.Index(s, "  - {name: MTA1")
			return s[:i] + s[strings.Index(s, "smartHost:"):]
		}
	}, []string{`deploy\.external +`, `live\.inbound +.*INQUEUE3`}, 1},
}

func TestGoLiveNamesWhatIsBroken(t *testing.T) {
	if testing.Short() {
		t.Skip("real programs are for the full tests")
	}
	for _, b := range breaks {
		t.Run(strings.ReplaceAll(b.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			in := &installation{t: t}
			b.make(t, in)
			file := in.start()
			began := time.Now()
			args := []string{"golive", file, "--save", filepath.Join(in.dir, "result")}
			if !in.scripts {
				args = append(args, "--no-scripts")
			}
			code, stdout, stderr := program(args...)
			t.Logf("%.0f s\n%s%s", time.Since(began).Seconds(), stdout, stderr)
			if code != b.code {
				t.Errorf("status %d, want %d", code, b.code)
			}
			if _, err := os.Stat(filepath.Join(in.dir, "result", "transcripts", "script.txt")); in.scripts && err != nil {
				t.Errorf("the sessions of scripts are not kept: %v", err)
			}
			for _, want := range b.want {
				if !regexp.MustCompile(want).MatchString(stdout) {
					t.Errorf("the report lacks %q", want)
				}
			}
		})
	}
}

// The drives read through Samba give the findings that they give on disk.
func TestDrivesThroughSambaAreJudgedTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("real programs are for the full tests")
	}
	drives := filepath.Join(t.TempDir(), "drives")
	g := peer.Serve(t, "dedicated-shared", "--drive", drives, "--smtp", "127.0.0.1:0", "--speed", "60")
	peer.Eventually(t, 30*time.Second, func() string {
		if _, err := os.Stat(filepath.Join(drives, "COMPANY_HUB", "LOG", "SMTPGATE.LOG")); err != nil {
			return err.Error()
		}
		return ""
	})
	g.Stop()
	share := peer.StartSamba(t, drives)
	copied := filepath.Join(t.TempDir(), "drives")
	if err := os.Mkdir(copied, 0o755); err != nil {
		t.Fatal(err)
	}
	share.CopyTo(t, copied)
	// What a copy loses, the times of the files, some rules cannot judge.
	findings := func(dir string) string {
		code, stdout, stderr := program("lint", dir, "--format", "json")
		if code != exitFail {
			t.Errorf("status %d: %s", code, stderr)
		}
		var r struct{ Findings json.RawMessage }
		if err := json.Unmarshal([]byte(stdout), &r); err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(r.Findings), dir, "drives")
	}
	text := findings(drives)
	if diff := cmp.Diff(text, findings(copied)); diff != "" {
		t.Errorf("on disk and through Samba:\n%s", diff)
	}
	if !strings.Contains(text, "deploy.shared-po") {
		t.Errorf("the shared postoffice is not found:\n%s", text)
	}
}
