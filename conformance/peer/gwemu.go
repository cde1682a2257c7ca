package peer

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Gwemu is a running gwemu serve.
type Gwemu struct {
	Program string
	Control string // http://127.0.0.1:PORT
	t       *testing.T
	cmd     *exec.Cmd
	stderr  bytes.Buffer
}

var built struct {
	once sync.Once
	path string
	err  error
}

// BuildGwemu builds the program once for all tests of a package.
func BuildGwemu(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		dir, err := os.MkdirTemp("", "gwkit-gwemu-")
		if err != nil {
			built.err = err
			return
		}
		built.path = filepath.Join(dir, "gwemu")
		if out, err := exec.Command("go", "build", "-o", built.path, "gwkit/cmd/gwemu").CombinedOutput(); err != nil {
			built.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// RemoveBuilt removes what BuildGwemu made; for TestMain.
func RemoveBuilt() {
	if built.path != "" {
		os.RemoveAll(filepath.Dir(built.path))
	}
}

var httpLine = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// Serve starts gwemu serve with arguments; its control interface takes a free
// port.
func Serve(t *testing.T, args ...string) *Gwemu {
	t.Helper()
	g := &Gwemu{t: t, Program: BuildGwemu(t)}
	g.cmd = exec.Command(g.Program, append([]string{"serve", "--http", "127.0.0.1:0"}, args...)...)
	g.cmd.Stderr = &g.stderr
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for g.Control == "" && lines.Scan() {
		g.Control = httpLine.FindString(lines.Text())
	}
	go func() {
		for lines.Scan() { // keeps the pipe empty
		}
	}()
	t.Cleanup(g.Stop)
	if g.Control == "" {
		g.Stop()
		t.Fatalf("gwemu serve printed no address: %s", g.stderr.String())
	}
	return g
}

// Stop ends it as Ctrl-C does; more than once does no harm.
func (g *Gwemu) Stop() {
	if g.cmd.ProcessState != nil {
		return
	}
	g.cmd.Process.Signal(syscall.SIGINT)
	if err := g.cmd.Wait(); err != nil {
		g.t.Errorf("gwemu serve ended with %v: %s", err, g.stderr.String())
	}
}

// Run runs a control command and returns what it prints.
func (g *Gwemu) Run(args ...string) (string, error) {
	cmd := exec.Command(g.Program, args...)
	cmd.Env = append(os.Environ(), "GWEMU_CONTROL="+g.Control)
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("gwemu %s: %w: %s", strings.Join(args, " "), err, bad.String())
	}
	return out.String(), nil
}
