package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gwkit/conformance/peer"
)

// onDisk serves the shape single from a folder and returns the folder and the
// port of its gateway.
func onDisk(t *testing.T) (dir string, gateway int) {
	t.Helper()
	if testing.Short() {
		t.Skip("not run: starts a server")
	}
	dir, gateway = t.TempDir(), peer.FreePort(t)
	g := peer.Serve(t, "single", "--drive", filepath.Join(dir, "drives"), "--speed", "60", "--smtp", fmt.Sprint("127.0.0.1:", peer.FreePort(t)), "--gateway", fmt.Sprint("GW1=127.0.0.1:", gateway))
	// The gateway answers once it has been through its start.
	peer.Eventually(t, 20*time.Second, func() string {
		if data, err := os.ReadFile(filepath.Join(dir, "drives", "COMPANY_HUB", "LOG", "SMTPGATE.LOG")); err != nil || !bytes.Contains(data, []byte("SMTP_accept")) {
			return "the gateway does not wait for calls"
		}
		return ""
	})
	t.Cleanup(g.Stop)
	return dir, gateway
}

func TestFromInitToAVerdict(t *testing.T) {
	dir, gateway := onDisk(t)
	file := filepath.Join(dir, "deploy.yaml")
	if code, _, stderr := program("init", filepath.Join(dir, "drives"), "-o", file); code != 0 {
		t.Fatalf("init: %d %s", code, stderr)
	}
	if code, _, stderr := program("init", filepath.Join(dir, "drives"), "-o", file); code != 2 || !strings.Contains(stderr, "it is there already") {
		t.Errorf("init writes over a file: %d %s", code, stderr)
	}
	first := filepath.Join(dir, "first")
	code, stdout, stderr := program("run", "--target", file, "live.*", "--save", first)
	if code != 0 || !strings.Contains(stdout, "pass    live.dbread") || !strings.Contains(stdout, "this needs probe") {
		t.Errorf("%d\n%s%s", code, stdout, stderr)
	}
	// Now with sessions.
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), "allow: [read]", "speed: 60\nallow: [read, probe]", 1)
	text = strings.Replace(text, "    # address: 127.0.0.1:2526", fmt.Sprintf("    address: '127.0.0.1:%d'", gateway), 1)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	second := filepath.Join(dir, "second")
	code, stdout, stderr = program("run", "--target", file, "live.[tbelu]*", "--save", second, "--beside-emulator")
	if !strings.Contains(stdout, "pass    live.banner") || !strings.Contains(stdout, "pass    live.ehlo") || !strings.Contains(stdout, "this deployment -> the emulator with its configuration:\n0 differences") || code != 0 {
		t.Errorf("%d\n%s%s", code, stdout, stderr)
	}
	for _, name := range []string{"result.json", "junit.xml", "report.html", "transcripts/live.ehlo.txt", "deployment.yaml", "opened.txt", "emulator.json", "emulator.diff.txt"} {
		if _, err := os.Stat(filepath.Join(second, name)); err != nil {
			t.Error(err)
		}
	}
	code, stdout, _ = program("diff", first, second)
	if code != 1 || !strings.Contains(stdout, "live.banner  verdict: skip -> pass") {
		t.Errorf("diff: %d\n%s", code, stdout)
	}
	if code, stdout, _ = program("diff", second, second); code != 0 || stdout != "0 differences\n" {
		t.Errorf("diff of one run: %d\n%s", code, stdout)
	}
	if code, _, stderr := program("diff", second, dir); code != 2 || !strings.Contains(stderr, "cannot read result") {
		t.Errorf("diff of what is no run: %d %s", code, stderr)
	}
	code, stdout, _ = program("run", "--target", file, "--dry-run")
	if code != 0 || !strings.Contains(stdout, fmt.Sprintf("connect 127.0.0.1:%d", gateway)) || !strings.Contains(stdout, "send EHLO ") || !strings.Contains(stdout, `LOG\SMTPGATE.LOG`) {
		t.Errorf("dry run: %d\n%s", code, stdout)
	}
}

func TestDeploymentFilesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, text string
		args       []string
		want       string
	}{
		{"mistakes with places", "version: 1\nallow: [raed]\npcs: [{nam: x}]\n", nil, "bad.yaml:2:9: allow: unknown word \"raed\""},
		{"a zone that is not there", "version: 1\nnames: {zone: none}\n", nil, "cannot read names"},
		{"an unknown rule", "version: 1\nlint: {off: [{rule: nosuch.rule, reason: x}]}\n", nil, "bad.yaml:2:21: cannot turn off rule \"nosuch.rule\": there is none"},
		{"a site file", "version: 1\npostoffices: [{name: A/B, users: [x]}]\npcs: [{name: P}]\ntiming: none\n", nil, "is a site file; gwcheck init"},
		{"a schedule", "version: 1\n", []string{"--schedule", "0.1"}, "cannot use --schedule"},
		{"nothing chosen", "version: 1\n", []string{"--article", "Q1"}, "no script has it"},
	} {
		file := filepath.Join(dir, "bad.yaml")
		if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		code, _, stderr := program(append([]string{"run", "--target", file, "--save", filepath.Join(dir, "out")}, c.args...)...)
		if code != 2 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: %d %s", c.name, code, stderr)
		}
	}
	if code, _, stderr := program("run", "--dry-run"); code != 2 || !strings.Contains(stderr, "without --target FILE") {
		t.Errorf("%d %s", code, stderr)
	}
}

func TestCtrlCKeepsWhatIsKnown(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "d.yaml")
	// A host that takes calls and says nothing.
	silent := peer.FreePort(t)
	l := listenSilently(t, silent)
	defer l()
	text := fmt.Sprintf("version: 1\nallow: [probe]\npcs: [{name: G, role: both, address: '127.0.0.1:%d'}]\nsmartHost: {address: '127.0.0.1:1'}\n", silent)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer stop()
	var stdout, stderr bytes.Buffer
	root := newRoot()
	root.SetArgs([]string{"run", "--target", file, "--save", filepath.Join(dir, "out")})
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	began := time.Now()
	code := exit(root.ExecuteContext(ctx), &stderr)
	if spent := time.Since(began); code != exitUnknown || spent > 2500*time.Millisecond {
		t.Errorf("status %d after %s\n%s%s", code, spent, &stdout, &stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "out", "result.json")); err != nil {
		t.Error(err)
	}
	if !strings.Contains(stdout.String(), "unknown live.tcp25") {
		t.Errorf("%s", &stdout)
	}
}

// listenSilently takes calls on a port and says nothing.
func listenSilently(t *testing.T, port int) (stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
		}
	}()
	return func() { l.Close(); <-done }
}

// What a deployment file says of people and passwords is in no file of a result
// folder, whatever said it there: a finding, a session, a command that failed.
func TestNoFileOfAResultFolderTellsWhatIsPrivate(t *testing.T) {
	dir := t.TempDir()
	home := filepath.Join(dir, "home", "jsmith")
	drive := filepath.Join(home, "hub")
	for _, sub := range []string{"GLB", "KEY", "LOG", "MBG", "P1", "XTN", "SMTP"} {
		if err := os.MkdirAll(filepath.Join(drive, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"SMTP/LOCAL.CFG": "HostName=gw.hub.example\r\nSmartHost=10.0.0.2\r\nPostOffice=A/HUB\r\n", "SMTP/ADDR_MAP.CFG": "A/HUB hub.example\r\n",
		"LOG/SMTPGATE.LOG": "08:50:03 - Tue Feb 23 08:50:03 1993 x\r\n08:50:04 - ERROR margb is an invalid Courier Mailbox\r\n",
	} {
		if err := os.WriteFile(filepath.Join(drive, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	port := peer.FreePort(t)
	defer listenSilently(t, port)()
	file := filepath.Join(home, "deploy.yaml")
	text := fmt.Sprintf(`version: 1
name: the works
allow: [read, probe, message]
patience: 300ms
postoffices:
  - {name: A/HUB, drive: hub, gateway: smtp, serialNumber: 12-345678, sharedGroups: [Directorate], internetGroups: [allstaff], users: [ADMIN, margb, {name: tomk, fullName: Thomas Knight}]}
  - {name: A/SALES, drive: '//admin:s3cret@127.0.0.1/sales'}
pcs: [{name: G, role: both, address: '127.0.0.1:%d', drives: {M: A/HUB}, run: SMTPGATE -w120 -p001}]
smartHost: {name: mail.hub.example, address: '127.0.0.1:%d'}
volume: {in: 10, out: 10}
test:
  mailboxes: [{postoffice: A/HUB, user: margb, address: margaret.obrien@hub.example}]
  outside: wellknown@outside.example
  submit: {command: '%s/mailer --password hunter2 -u jdoe {to}', attach: '--key x9yz {attachment}'}
  catch: {maildir: '%s'}
`, port, port, home, home)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"run", "--target", file, "live.*"}, {"golive", file, "--no-scripts"}} {
		out := filepath.Join(dir, args[0])
		code, _, stderr := program(append(args, "--save", out)...)
		if code == 2 {
			t.Fatalf("%v: %s", args, stderr)
		}
		files := 0
		err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			data, err := os.ReadFile(path)
			for _, secret := range []string{"margb", "margaret", "tomk", "knight", "345678", "directorate", "allstaff", "s3cret", "wellknown", "hunter2", "jdoe", "x9yz", "jsmith"} {
				if i := strings.Index(strings.ToLower(string(data)), secret); i >= 0 {
					t.Errorf("%s has %s: %q", path, secret, data[max(0, i-60):min(len(data), i+60)])
				}
			}
			return err
		})
		if err != nil || files < 7 {
			t.Errorf("%d files in %s: %v", files, out, err)
		}
	}
}

// cancelled ends a context a moment after a text was written.
type cancelled struct {
	bytes.Buffer
	at   string
	stop func()
}

func (c *cancelled) Write(p []byte) (int, error) {
	n, err := c.Buffer.Write(p)
	if c.at != "" && strings.Contains(c.String(), c.at) {
		c.at = ""
		time.AfterFunc(300*time.Millisecond, c.stop)
	}
	return n, err
}

// A comparison that was cut short tells of no differences.
func TestAnInterruptedComparisonIsNone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "d.yaml")
	text := `version: 1
allow: [read, probe]
patience: 20s
postoffices: [{name: A/HUB, gateway: smtp, users: [ADMIN], smtp: {hostName: gw.example, smartHost: 10.0.0.2, map: [{postoffice: A/HUB, domain: hub.example}]}}]
pcs: [{name: GW1, role: both, ip: 10.0.0.1, address: '127.0.0.1:1', drives: {M: A/HUB}, run: SMTPGATE -w120 -p001}]
smartHost: {name: mail.example, ip: 10.0.0.2}
`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	stdout := cancelled{at: " scripts: ", stop: stop}
	var stderr bytes.Buffer
	root := newRoot()
	root.SetArgs([]string{"run", "--target", file, "live.[benrsu]*", "--save", filepath.Join(dir, "out"), "--beside-emulator"})
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	exit(root.ExecuteContext(ctx), &stderr)
	if strings.Contains(stdout.String(), "difference") || !strings.Contains(stderr.String(), "interrupted before its checks had ended") {
		t.Errorf("%s\n%s", stdout.String(), stderr.String())
	}
}
