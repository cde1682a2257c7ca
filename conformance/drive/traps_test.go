//go:build !windows

package drive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestATreeOfTrapsEnds(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "GLB"), 0o755))
	must(syscall.Mkfifo(filepath.Join(dir, "GLB", "MASTER.GLB"), 0o644))
	must(os.Symlink("LOOP.GLB", filepath.Join(dir, "GLB", "LOOP.GLB")))
	must(os.Symlink("..", filepath.Join(dir, "GLB", "UP")))
	must(os.Symlink("NOWHERE", filepath.Join(dir, "GLB", "DANGLES.GLB")))
	must(os.WriteFile(filepath.Join(dir, "GLB", "TID.GLB"), []byte{1, 0, 0, 0}, 0o444))
	tree := OpenDir(dir)
	done := make(chan []string, 1)
	go func() {
		var lines []string
		_, err := tree.Master()
		lines = append(lines, text(err))
		_, err = tree.Read("GLB/LOOP.GLB", 10)
		lines = append(lines, text(err))
		err = tree.Walk(".", func(e Entry) error {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s dir=%v link=%v %v", e.Path, e.Attr, e.Dir, e.Link, text(e.Err))))
			return nil
		})
		done <- append(lines, text(err))
	}()
	select {
	case lines := <-done:
		for i := range lines {
			lines[i] = strings.ReplaceAll(lines[i], dir, "DIR")
		}
		want := []string{
			"cannot open DIR/GLB/MASTER.GLB: not a plain file",
			"cannot open DIR/GLB/LOOP.GLB: too many levels of symbolic links",
			"GLB  dir=true link=false",
			"GLB/DANGLES.GLB  dir=false link=true cannot look at DIR/GLB/DANGLES.GLB: no such file or directory",
			"GLB/LOOP.GLB  dir=false link=true cannot look at DIR/GLB/LOOP.GLB: too many levels of symbolic links",
			"GLB/MASTER.GLB  dir=false link=false",
			"GLB/TID.GLB R dir=false link=false",
			"GLB/UP  dir=true link=true",
			"",
		}
		slices.Sort(lines[2:]) // a directory has no order of its own
		slices.Sort(want[2:])
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Error(diff)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the reader hangs")
	}
}

func TestUnreadableFilesAreErrors(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("everything is readable for this user")
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "GLB"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "GLB", "TID.GLB"), []byte("1234"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDir(dir).TID(); !errors.Is(err, fs.ErrPermission) || !strings.Contains(text(err), "GLB/TID.GLB") {
		t.Errorf("TID = %v", err)
	}
}
