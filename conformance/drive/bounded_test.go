package drive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"
)

// sick is a share that does not answer some question.
type sick struct {
	fs.FS
	wait chan struct{}
	on   string // "open", "read", "readdir"
}

func (s sick) Open(name string) (fs.File, error) {
	if s.on == "open" && name != "." {
		<-s.wait
	}
	f, err := s.FS.Open(name)
	return sickFile{f, s}, err
}

type sickFile struct {
	fs.File
	s sick
}

func (f sickFile) Read(b []byte) (int, error) {
	if f.s.on == "read" {
		<-f.s.wait
	}
	return f.File.Read(b)
}

func (f sickFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if f.s.on == "readdir" {
		<-f.s.wait
	}
	return f.File.(fs.ReadDirFile).ReadDir(n)
}

func TestAShareThatDoesNotAnswerCostsABoundedTime(t *testing.T) {
	good := fstest.MapFS{"GLB/TID.GLB": file("\x01\x00\x00\x00"), "MBG/A.MBG": file("")}
	for _, on := range []string{"open", "read", "readdir"} {
		t.Run(on, func(t *testing.T) {
			wait := make(chan struct{})
			t.Cleanup(func() { close(wait) })
			tree := Open(Bounded(sick{good, wait, on}, 30*time.Millisecond), "m")
			start := time.Now()
			for range 100 {
				if _, err := tree.TID(); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatalf("TID = %v", err)
				}
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("took %v", d)
			}
			_, err := tree.TID()
			if want := "m/GLB/TID.GLB: no answer within 30ms: i/o timeout"; err == nil || err.Error()[len(err.Error())-len(want):] != want {
				t.Errorf("%v, want %q at its end", err, want)
			}
		})
	}
}

func TestABoundedTreeReadsAsTheOther(t *testing.T) {
	m := fstest.MapFS{"GLB/TID.GLB": file("\x01\x00\x00\x00")}
	for i := range 2000 {
		m[fmt.Sprintf("MAI/MA0/%07X0.MAI", i)] = file("")
	}
	b := Bounded(m, time.Minute)
	if err := fstest.TestFS(b, "GLB/TID.GLB"); err != nil {
		t.Error(err)
	}
	list, err := fs.ReadDir(b, "MAI/MA0")
	if err != nil || len(list) != 2000 {
		t.Errorf("%d entries, %v", len(list), err)
	}
	if v, err := Open(b, "m").TID(); err != nil || v != 1 {
		t.Errorf("TID = %d, %v", v, err)
	}
	f, err := b.Open("GLB/TID.GLB")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(f); err != nil || len(data) != 4 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

// A pipe is refused at once and leaves the rest of the drive alone.
func TestAPipeIsRefusedBeforeItIsOpened(t *testing.T) {
	dir := t.TempDir()
	if err := exec.Command("mkfifo", filepath.Join(dir, "pipe")).Run(); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	root := Bounded(os.DirFS(dir), 2*time.Second)
	began := time.Now()
	if _, err := root.Open("pipe"); !errors.Is(err, errNotPlain) || time.Since(began) > time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	if data, err := fs.ReadFile(root, "file"); err != nil || string(data) != "x" {
		t.Errorf("%q %v", data, err)
	}
}
