package main

import (
	"bytes"
	"io"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gwkit/conformance/peer"
	"gwkit/emulator"
	"gwkit/emulator/site"
)

// lockedBuffer is written by the server while the test reads.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// background serves a site in this process until end is called.
func background(t *testing.T, args ...string) (out *lockedBuffer, end func() int) {
	t.Helper()
	a := newTestApp("")
	out = &lockedBuffer{}
	a.app.out = out
	status := make(chan int, 1)
	go func() { status <- a.main(append([]string{"serve"}, args...)) }()
	end = func() int {
		a.signal <- syscall.SIGTERM
		select {
		case s := <-status:
			if s != statusOK {
				t.Errorf("serve: %s", a.errOut)
			}
			return s
		case <-time.After(20 * time.Second):
			t.Fatal("serve does not end")
			return -1
		}
	}
	peer.Eventually(t, 20*time.Second, func() string {
		if strings.Contains(out.String(), "http://") {
			return ""
		}
		return "serve prints " + out.String()
	})
	return out, end
}

func TestServeMovesMailBetweenRealPrograms(t *testing.T) {
	drives := filepath.Join(t.TempDir(), "drives")
	out, end := background(t, "single", "--smtp", ":0", "--http", "0", "--gateway", "GW1=127.0.0.1:0", "--drive", drives, "--speed", "max")
	ended := false
	defer func() {
		if !ended {
			end()
		}
	}()
	lines := out.String()
	smart := regexp.MustCompile(`(?m)^smart host mail\.company\.com +smtp (127\.0\.0\.1:\d+)$`).FindStringSubmatch(lines)
	gateway := regexp.MustCompile(`(?m)^gateway GW1 +smtp (127\.0\.0\.1:\d+)$`).FindStringSubmatch(lines)
	control := regexp.MustCompile(`(?m)^control +http (http://127\.0\.0\.1:\d+/)$`).FindStringSubmatch(lines)
	if smart == nil || gateway == nil || control == nil {
		t.Fatalf("listeners:\n%s", lines)
	}
	command := func(stdin string, args ...string) (int, string) {
		a := newTestApp(stdin)
		a.env[controlEnv] = control[1]
		status := a.main(args)
		return status, a.out.String() + a.errOut.String()
	}
	must := func(want string, args ...string) {
		t.Helper()
		if status, text := command("", args...); status != statusOK || !strings.Contains(text, want) {
			t.Errorf("gwemu %v: status %d, lacks %q:\n%s", args, status, want, text)
		}
	}

	// A second server on the same folder would write over what this one writes.
	if status, text := command("", "serve", "single", "--drive", drives, "--smtp", ":0", "--http", ":0"); status != statusFailed || !strings.Contains(text, errHeld.Error()) {
		t.Errorf("a second server: status %d: %s", status, text)
	}

	// From a real client through the smart host to a user.
	body := "Subject: from outside\r\n\r\nhello margb\r\n"
	if err := smtp.SendMail(smart[1], nil, "bob@example.com", []string{"margb@sales.company.com"}, []byte(body)); err != nil {
		t.Fatal(err)
	}
	peer.Eventually(t, 30*time.Second, func() string {
		if _, text := command("", "mail", "COMPANY/SALES", "margb"); !strings.Contains(text, "from outside") {
			return text
		}
		return ""
	})
	must("hello margb", "mail", "COMPANY/SALES", "margb", "--read", "1")

	// From a user to the Internet.
	if status, text := command("bye\n", "submit", "--from", "COMPANY/SALES/margb", "--to", "bob@example.com", "--subject", "to outside", "--text", "-"); status != statusOK {
		t.Fatal(text)
	}
	peer.Eventually(t, 30*time.Second, func() string {
		r, err := http.Get(control[1] + "api/v1/outside")
		if err != nil {
			return err.Error()
		}
		defer r.Body.Close()
		data, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(data), `"to": "bob@example.com"`) {
			return "outside: " + string(data)
		}
		return ""
	})

	must("", "screen", "GW1")
	must("MTA1", "screen")
	must("", "fault", "add", "disk-full", "at=M:", "from=1000h")
	must("disk-full at=M: from=1000h", "fault", "list")
	must("", "fault", "remove", "disk-full", "from=1000h", "at=M:")
	must("", "fault", "clear")
	must("", "key", "GW1", "enter")
	must("", "reboot", "GW1")
	if status, text := command("", "reboot", "GW9"); status != statusFailed || !strings.Contains(text, `no PC "GW9"`) {
		t.Errorf("status %d: %s", status, text)
	}
	bundle := filepath.Join(t.TempDir(), "bundle")
	must("", "snapshot", bundle)
	must("margb", "mail", "--drive", bundle)

	ended = true
	if end() != statusOK {
		t.Fatal("not ended cleanly")
	}
	// The drives were written: the mail is there for the next deployment.
	if status, text := command("", "mail", "--drive", drives, "COMPANY/SALES", "margb", "--read", "1"); status != statusOK || !strings.Contains(text, "hello margb") {
		t.Errorf("status %d: %s", status, text)
	}
}

func TestServeEndsWithAPageOpen(t *testing.T) {
	out, end := background(t, "single", "--smtp", "off", "--http", ":0")
	address := regexp.MustCompile(`http://\S+`).FindString(out.String())
	r, err := http.Get(address + "api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if got := end(); got != statusOK {
		t.Errorf("status %d", got)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestPortInUseIsNamed(t *testing.T) {
	out, end := background(t, "single", "--smtp", ":0", "--http", ":0")
	defer end()
	port := regexp.MustCompile(`smtp (\S+)`).FindStringSubmatch(out.String())[1]
	a := newTestApp("")
	if got := a.main([]string{"serve", "single", "--smtp", port, "--http", "off"}); got != statusUsage ||
		!strings.Contains(a.errOut.String(), "cannot listen on "+port+" for smart host mail.company.com") || !strings.Contains(a.errOut.String(), "--smtp chooses another") {
		t.Errorf("status %d: %s", got, a.errOut)
	}
}

// stuckWorld does not stop when it is told to.
type stuckWorld struct {
	fakeWorld
	release chan struct{}
}

func (s *stuckWorld) Serve(_ <-chan struct{}, o emulator.ServeOptions) emulator.Stop {
	go o.SMTP.Accept()
	<-s.release
	return emulator.StopHalted
}
func (s *stuckWorld) Close() error { return nil }

func TestSecondSignalForces(t *testing.T) {
	a := newTestApp("")
	stuck := &stuckWorld{release: make(chan struct{})}
	a.build = func(*site.Site, emulator.Options) (world, error) { return stuck, nil }
	forced := make(chan int, 1)
	a.force = func(status int) { forced <- status; close(stuck.release) }
	now := time.Now()
	a.clock = func() time.Time { now = now.Add(echo); return now }
	a.signal <- os.Interrupt
	a.signal <- os.Interrupt
	a.main([]string{"serve", "single", "--smtp", ":0", "--http", "off"})
	if got := <-forced; got != statusInterrupted {
		t.Errorf("forced with %d", got)
	}
}

// timeout -s INT sends a signal twice.
func TestASignalThatComesTwiceIsOne(t *testing.T) {
	a := newTestApp("")
	stuck := &stuckWorld{release: make(chan struct{})}
	a.build = func(*site.Site, emulator.Options) (world, error) { return stuck, nil }
	a.force = func(status int) { t.Errorf("forced with %d", status) }
	now := time.Now()
	a.clock = func() time.Time { return now }
	a.signal = make(chan os.Signal)
	go func() {
		a.signal <- os.Interrupt
		a.signal <- os.Interrupt
		close(stuck.release)
	}()
	if got := a.main([]string{"serve", "single", "--smtp", ":0", "--http", "off"}); got != 0 {
		t.Errorf("status %d: %s", got, a.errOut)
	}
}

// brokenWorld stops by itself.
type brokenWorld struct{ stuckWorld }

func (b *brokenWorld) Serve(_ <-chan struct{}, o emulator.ServeOptions) emulator.Stop {
	return emulator.StopError
}

func TestServeThatStopsByItselfHasFailed(t *testing.T) {
	a := newTestApp("")
	a.build = func(*site.Site, emulator.Options) (world, error) {
		return &brokenWorld{stuckWorld{fakeWorld: fakeWorld{err: io.ErrUnexpectedEOF}}}, nil
	}
	if got := a.main([]string{"serve", "single", "--smtp", ":0", "--http", "off"}); got != statusFailed || !strings.Contains(a.errOut.String(), "internal error: the deployment stopped") {
		t.Errorf("status %d: %s", got, a.errOut)
	}
}

func TestListenersAreOnLoopbackUnlessToldOtherwise(t *testing.T) {
	for in, want := range map[string]string{
		"2525": "127.0.0.1:2525", ":2525": "127.0.0.1:2525", "0": "127.0.0.1:0", "0.0.0.0:25": "0.0.0.0:25", "[::]:25": "[::]:25", "localhost:25": "localhost:25",
		"": "", "a:b:c": "", "127.0.0.1:": "", "127.0.0.1:99999": "", "host:smtpx": "",
	} {
		got, err := listenAddress("--smtp", in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("listenAddress(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}
