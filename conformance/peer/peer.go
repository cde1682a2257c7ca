// Package peer starts real programs for tests: the emulator as a process of its
// own, Postfix, dnsmasq, Samba. On loopback only, each in a folder of its own.
//
// Goals: a test says which program it needs; one that is missing is a named
// skip, and a failure in CI (GWKIT_PEERS=required); everything that was started
// ends with the test, and says why when it did not work.
//
// Non-goals: anything but tests. No other code imports this package.
package peer

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Find returns the path of a program of others, or skips the test by name.
func Find(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/usr/bin"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return filepath.Join(dir, name)
		}
	}
	absent(t, "the peer program %s is not installed", name)
	return ""
}

// absent skips a test, except in CI.
func absent(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("GWKIT_PEERS") == "required" {
		t.Fatalf(format, args...)
	}
	t.Skipf("not run: "+format, args...)
}

// FreePort returns a loopback port that was free a moment ago.
func FreePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Eventually polls until fn returns "" and fails with its last complaint.
func Eventually(t *testing.T, limit time.Duration, fn func() string) {
	t.Helper()
	last := ""
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if last = fn(); last == "" {
			return
		}
	}
	t.Fatalf("after %v: %s", limit, last)
}

// listens waits until something accepts at a loopback port.
func listens(t *testing.T, port int) {
	t.Helper()
	Eventually(t, 20*time.Second, func() string {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err.Error()
		}
		c.Close()
		return ""
	})
}

// dirOthersWalk returns a folder that programs with few rights can walk into,
// which t.TempDir is not.
func dirOthersWalk(t *testing.T, pattern string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", pattern)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// needRoot skips a test that is not run by root.
func needRoot(t *testing.T, program string) {
	t.Helper()
	if os.Getuid() != 0 {
		absent(t, "%s must be started by root", program)
	}
}

// uidOf returns the number of a system user.
func uidOf(t *testing.T, name string) int {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(u.Uid)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// background starts a program and ends it with the test; what it said is shown
// when the test failed.
func background(t *testing.T, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	var log safeBuffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(program), log.String())
		}
	})
}

// safeBuffer takes the output of a process while a test may look at it.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
