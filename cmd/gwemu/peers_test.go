package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The programs of others that talk to a served deployment, on loopback only:
// swaks hands mail to Postfix, Postfix relays it to the gateway; the gateway's
// own mail goes to Postfix, which delivers it to a maildir, and uudecode
// restores what was attached. In CI (GWKIT_PEERS=required) a missing program
// is a failure.

// peer returns the path of a peer program, or skips the test by name.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		for _, dir := range []string{"/usr/sbin", "/usr/bin"} {
			if _, e := os.Stat(filepath.Join(dir, name)); e == nil {
				return filepath.Join(dir, name)
			}
		}
		if os.Getenv("GWKIT_PEERS") == "required" {
			t.Fatalf("the peer program %s is missing", name)
		}
		t.Skipf("not run: the peer program %s is not installed", name)
	}
	return path
}

// freePort returns a loopback port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// eventually polls until fn returns "" and fails with its last complaint.
func eventually(t *testing.T, limit time.Duration, fn func() string) {
	t.Helper()
	last := ""
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if last = fn(); last == "" {
			return
		}
	}
	t.Fatalf("after %v: %s", limit, last)
}

type postfix struct {
	conf, maildir string
	port          int
}

// startPostfix starts an instance of its own: SMTP on a loopback port, mail
// for the gateway's domains relayed to it, mail for outside.example into a
// maildir.
func startPostfix(t *testing.T, gatewayPort int) *postfix {
	program := peer(t, "postfix")
	if u, err := user.Current(); err != nil || u.Uid != "0" {
		if os.Getenv("GWKIT_PEERS") == "required" {
			t.Fatal("Postfix must be started by root")
		}
		t.Skip("not run: Postfix must be started by root")
	}
	owner, err := user.Lookup("postfix")
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir: Postfix wants to walk the path with few rights.
	dir, err := os.MkdirTemp("", "gwkit-postfix-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &postfix{conf: filepath.Join(dir, "conf"), maildir: filepath.Join(dir, "mail", "root"), port: freePort(t)}
	for _, d := range []string{"conf", "queue", "data", "mail"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	uid := atoi(t, owner.Uid)
	for _, d := range []string{"data", "mail"} {
		if err := os.Chown(filepath.Join(dir, d), uid, -1); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(p.conf, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.outside.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
relay_domains = hub.company.com sales.company.com engineer.company.com
transport_maps = inline:{ {hub.company.com = smtp:[127.0.0.1]:%[2]d} {sales.company.com = smtp:[127.0.0.1]:%[2]d} {engineer.company.com = smtp:[127.0.0.1]:%[2]d} }
smtp_destination_concurrency_limit = 1
smtp_host_lookup = native
smtp_tls_security_level = none
virtual_mailbox_domains = outside.example
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = static:root/
virtual_uid_maps = static:%[3]d
virtual_gid_maps = static:%[3]d
virtual_minimum_uid = 1
maillog_file = %[1]s/data/mail.log
maillog_file_prefixes = %[1]s
alias_maps =
message_size_limit = 20000000
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 2s
`, dir, gatewayPort, uid))
	write("master.cf", fmt.Sprintf(`127.0.0.1:%d inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
local     unix  - n n - - local
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
`, p.port))
	out, err := exec.Command(program, "-c", p.conf, "start").CombinedOutput()
	if err != nil {
		t.Fatalf("postfix start: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(program, "-c", p.conf, "stop").CombinedOutput(); err != nil {
			t.Logf("postfix stop: %v\n%s", err, out)
		}
		if t.Failed() {
			if log, err := os.ReadFile(filepath.Join(dir, "data", "mail.log")); err == nil {
				t.Logf("Postfix's log:\n%s", log)
			}
		}
	})
	eventually(t, 20*time.Second, func() string {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.port))
		if err != nil {
			return err.Error()
		}
		c.Close()
		return ""
	})
	return p
}

func atoi(t *testing.T, s string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// served is a running gwemu serve.
type served struct {
	t       *testing.T
	program string
	control string
	drive   string
	cmd     *exec.Cmd
	stderr  bytes.Buffer
}

var httpLine = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// startServe builds gwemu and serves the shape single with the gateway at a
// port, at 60 virtual seconds a second.
func startServe(t *testing.T, gatewayPort, relayPort int) *served {
	dir := t.TempDir()
	s := &served{t: t, program: filepath.Join(dir, "gwemu"), drive: filepath.Join(dir, "drives")}
	build := exec.Command("go", "build", "-o", s.program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	s.cmd = exec.Command(s.program, "serve", "single", "--drive", s.drive, "--smtp", "127.0.0.1:0",
		"--gateway", fmt.Sprintf("GW1=127.0.0.1:%d", gatewayPort), "--relay", fmt.Sprintf("127.0.0.1:%d", relayPort),
		"--speed", "60", "--http", "127.0.0.1:0")
	s.cmd.Stderr = &s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for s.control == "" && lines.Scan() {
		s.control = httpLine.FindString(lines.Text())
	}
	go func() {
		for lines.Scan() { // keeps the pipe empty
		}
	}()
	t.Cleanup(s.stop)
	if s.control == "" {
		s.stop()
		t.Fatalf("gwemu serve printed no address: %s", s.stderr.String())
	}
	return s
}

// stop ends the server as Ctrl-C does.
func (s *served) stop() {
	if s.cmd.ProcessState != nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGINT)
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("gwemu serve ended with %v: %s", err, s.stderr.String())
	}
}

// run runs a gwemu command and returns what it prints.
func (s *served) run(args ...string) (string, error) {
	cmd := exec.Command(s.program, args...)
	cmd.Env = append(os.Environ(), "GWEMU_CONTROL="+s.control)
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("gwemu %s: %w: %s", strings.Join(args, " "), err, bad.String())
	}
	return out.String(), nil
}

func TestSwaksAndPostfixReachADownstreamUser(t *testing.T) {
	swaks := peer(t, "swaks")
	port := freePort(t)
	p := startPostfix(t, port)
	s := startServe(t, port, p.port)
	body := "first line\n.a line with a dot\n\ncaf\xe9 with an 8-bit letter\nlast line"
	cmd := exec.Command(swaks, "--server", "127.0.0.1", "--port", fmt.Sprint(p.port), "--from", "root@outside.example",
		"--to", "margb@sales.company.com", "--header", "Subject: from swaks", "--body", body)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("swaks: %v\n%s", err, out)
	}
	read := []string{"mail", "COMPANY/SALES", "margb", "--read", "1"}
	var got string
	eventually(t, 60*time.Second, func() string {
		out, err := s.run(read...)
		if err != nil {
			return err.Error()
		}
		got = out
		if !strings.Contains(out, "from swaks") {
			return "the mailbag has: " + out
		}
		return ""
	})
	// Without a table the byte E9 is what code page 850 has there. Q101461
	want := strings.ReplaceAll(body, "\xe9", "Ú")
	if !strings.Contains(got, want) {
		t.Errorf("the message differs:\n%q\nwant in it:\n%q", got, want)
	}
	// The tree that is left behind is whole: the same message without a server.
	s.stop()
	out, err := s.run("mail", "--drive", s.drive, "COMPANY/SALES", "margb", "--read", "1")
	_, text, _ := strings.Cut(got, "\n\n") // the date above is shown in another zone
	if err != nil || !strings.HasSuffix(out, text) {
		t.Errorf("after the end: %v\n%q\nwant\n%q", err, out, got)
	}
}

func TestAttachmentsReachAMaildirAndUudecodeRestoresThem(t *testing.T) {
	uudecode := peer(t, "uudecode")
	port := freePort(t)
	p := startPostfix(t, port)
	s := startServe(t, port, p.port)
	dir := t.TempDir()
	binary := make([]byte, 5000)
	for i := range binary {
		binary[i] = byte(i * 7)
	}
	text := []byte("a text attachment\r\nof two lines\r\n")
	for name, data := range map[string][]byte{"DATA.BIN": binary, "NOTES.TXT": text} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "body"), []byte("see attached\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.run("submit", "--from", "COMPANY/SALES/margb", "--to", "root@outside.example", "--subject", "two files",
		"--text", filepath.Join(dir, "body"), "--attach", filepath.Join(dir, "NOTES.TXT"), "--attach", filepath.Join(dir, "DATA.BIN")); err != nil {
		t.Fatal(err)
	}
	var mail []byte
	eventually(t, 90*time.Second, func() string {
		files, _ := filepath.Glob(filepath.Join(p.maildir, "new", "*"))
		if len(files) == 0 {
			return "the maildir is empty"
		}
		var err error
		if mail, err = os.ReadFile(files[0]); err != nil {
			return err.Error()
		}
		return ""
	})
	for _, want := range []string{"Subject: two files\n", "Encoding: 1 TEXT, 2 TEXT, ", "X-MS-Attachment: NOTES.TXT 33 ", "X-MS-Attachment: DATA.BIN 5000 ",
		"see attached\n", "a text attachment\nof two lines\n", "From: "} {
		if !bytes.Contains(mail, []byte(want)) {
			t.Errorf("the mail lacks %q:\n%s", want, mail)
		}
	}
	in := filepath.Join(dir, "mail")
	if err := os.WriteFile(in, mail, 0o644); err != nil {
		t.Fatal(err)
	}
	restored := filepath.Join(dir, "restored")
	if out, err := exec.Command(uudecode, "-o", restored, in).CombinedOutput(); err != nil {
		t.Fatalf("uudecode: %v\n%s", err, out)
	}
	if got, err := os.ReadFile(restored); err != nil || !bytes.Equal(got, binary) {
		t.Errorf("uudecode gave %d bytes, %v; want the %d that were sent", len(got), err, len(binary))
	}
}
