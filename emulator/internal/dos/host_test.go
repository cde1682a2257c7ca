package dos

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHostVolumeLoadsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b.txt": "lower", "GLB/CONTROL.GLB": "12345", "A": "", "page.html": "no 8.3", ".hidden": "x", "GLB/NUL.TXT": ""} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	must(t, os.Chmod(filepath.Join(dir, "A"), 0o444))
	when := time.Date(1995, 3, 4, 5, 6, 8, 0, time.UTC)
	for _, n := range []string{"A", "b.txt", "GLB/CONTROL.GLB"} {
		must(t, os.Chtimes(filepath.Join(dir, n), when, when))
	}
	if runtime.GOOS != "windows" {
		must(t, os.Symlink("/etc/passwd", filepath.Join(dir, "LINK")))
	}
	v, err := OpenHostVolume(dir, VolumeOptions{})
	must(t, err)
	want := `\A                       -r--a 05:06:08     0 ""
\GLB                     d----
\GLB\CONTROL.GLB         ----a 05:06:08     5 "12345"
\B.TXT                   ----a 05:06:08     5 "lower"
`
	if d := cmp.Diff(want, dump(v)); d != "" {
		t.Error(d)
	}
	if got, want := v.Free(), int64(defaultCapacity-2*pageSize); got != want {
		t.Errorf("free %d, want %d", got, want)
	}
	skipped := strings.Join(v.Skipped(), " ")
	for _, n := range []string{"page.html", ".hidden", "GLB/NUL.TXT"} {
		if !strings.Contains(skipped, n) {
			t.Errorf("skipped are %q, want %s among them", skipped, n)
		}
	}
	must(t, v.WriteFile(`\B.TXT`, []byte("changed"), 0))
	if b, _ := os.ReadFile(filepath.Join(dir, "b.txt")); string(b) != "changed" {
		t.Errorf("the host's b.txt holds %q: a lower-case host name must serve", b)
	}
	must(t, v.Close())
}

func TestHostVolumeKeepsOrderAndAttributes(t *testing.T) {
	dir := t.TempDir()
	v, err := OpenHostVolume(dir, VolumeOptions{})
	must(t, err)
	must(t, v.Mkdir("Z", 0))
	must(t, v.WriteFile(`\Z\Y`, []byte("y"), Hidden|System))
	must(t, v.WriteFile(`\Z\X`, nil, ReadOnly))
	must(t, v.WriteFile("A", nil, 0))
	must(t, v.SetAttr("A", 0))
	before := dump(v)
	must(t, v.Close())
	must(t, os.WriteFile(filepath.Join(dir, "NEW"), nil, 0o644))
	w, err := OpenHostVolume(dir, VolumeOptions{})
	must(t, err)
	if got := names(w, `\`); got != "Z A NEW" {
		t.Errorf("order %q, want new files after those known", got)
	}
	must(t, w.Remove("NEW"))
	if d := cmp.Diff(before, dump(w)); d != "" {
		t.Error(d)
	}
	must(t, w.Close())
}

func TestHostVolumeRefusesBadDirectories(t *testing.T) {
	rows := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"wrong header", map[string]string{sidecar: "gwkit volume 2\n"}, ":1: want"},
		{"no path", map[string]string{sidecar: sidecarHeader + "\nA\n"}, ":2: want attributes"},
		{"path outside", map[string]string{sidecar: sidecarHeader + "\n- \\..\\X\n"}, ":2: want attributes"},
		{"unknown attribute", map[string]string{sidecar: sidecarHeader + "\nRX \\A\n"}, `:2: unknown attribute 'X'`},
		{"two files of one name", map[string]string{"a.txt": "", "A.TXT": ""}, "one DOS name"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			for n, text := range row.files {
				must(t, os.WriteFile(filepath.Join(dir, n), []byte(text), 0o644))
			}
			if list, _ := os.ReadDir(dir); len(list) != len(row.files) {
				t.Skip("the host folds names itself")
			}
			_, err := OpenHostVolume(dir, VolumeOptions{})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, want %q in it", err, row.want)
			}
		})
	}
	if _, err := OpenHostVolume(filepath.Join(t.TempDir(), "none"), VolumeOptions{}); err == nil {
		t.Error("a directory that is not there was opened")
	}
}

// TestHostSeesWritesAtOnce: other programs read while ours run.
func TestHostSeesWritesAtOnce(t *testing.T) {
	v, err := OpenHostVolume(t.TempDir(), VolumeOptions{})
	must(t, err)
	f, err := v.Create("LOG")
	must(t, err)
	f.Write([]byte("one "))
	read := func() string { b, _ := os.ReadFile(filepath.Join(v.host.dir, "LOG")); return string(b) }
	if read() != "one " {
		t.Errorf("host sees %q before the close", read())
	}
	f.Write([]byte("two"))
	must(t, f.Truncate(5))
	if read() != "one t" {
		t.Errorf("host sees %q", read())
	}
	must(t, f.Close())
	must(t, v.Close())
}

// The host's files have the times of the drive, whoever closes a file last, and
// also when nothing was written into it.
func TestHostFilesHaveTheTimesOfTheDrive(t *testing.T) {
	when := time.Date(1993, 2, 23, 8, 50, 4, 0, time.UTC)
	v, err := OpenHostVolume(t.TempDir(), VolumeOptions{Clock: func() time.Time { return when }})
	must(t, err)
	must(t, v.WriteFile("KEY", []byte("old"), 0))
	reader, err := v.Open("KEY")
	must(t, err)
	writer, err := v.OpenFile("KEY", os.O_RDWR, 0)
	must(t, err)
	writer.Write([]byte("new"))
	must(t, writer.Close())
	must(t, reader.Close())
	empty, err := v.Create("LOCK")
	must(t, err)
	must(t, empty.Close())
	for _, name := range []string{"KEY", "LOCK"} {
		i, err := os.Stat(filepath.Join(v.host.dir, name))
		must(t, err)
		if !i.ModTime().Equal(when) {
			t.Errorf("%s has the time %v on the host, want %v", name, i.ModTime().UTC(), when)
		}
	}
	must(t, v.Close())
}

// TestHostFailures: what the host refuses has not happened, and the program
// meets a DOS error. The file is closed behind the volume's back, so that
// every write fails, whoever runs the test.
func TestHostFailures(t *testing.T) {
	v, err := OpenHostVolume(t.TempDir(), VolumeOptions{})
	must(t, err)
	f, err := v.Create("X")
	must(t, err)
	f.Write([]byte("kept"))
	n, _ := v.at("", "X")
	must(t, n.hostFile.Close())
	if c, err := f.Write([]byte("lost")); c != 0 || !errors.Is(err, GeneralFailure) {
		t.Errorf("write: %d, %v", c, err)
	}
	if err := f.Truncate(0); !errors.Is(err, GeneralFailure) {
		t.Errorf("truncate: %v", err)
	}
	if b, _ := v.ReadFile("X"); string(b) != "kept" {
		t.Errorf("the volume believes %q", b)
	}
	n.hostFile = nil
	must(t, f.Close())
	must(t, os.WriteFile(filepath.Join(v.host.dir, "Y"), nil, 0o644))
	if err := v.WriteFile("Y", nil, 0); !errors.Is(err, AccessDenied) {
		t.Errorf("create over a stranger's file: %v", err)
	}
	if err := v.Rename("X", "Y"); !errors.Is(err, AccessDenied) {
		t.Errorf("rename over a stranger's file: %v", err)
	}
	must(t, os.Remove(filepath.Join(v.host.dir, "X")))
	if err := v.Remove("X"); !errors.Is(err, AccessDenied) {
		t.Errorf("remove of what is gone: %v", err)
	}
	if got := names(v, `\`); got != "X" {
		t.Errorf("the volume believes in %q", got)
	}
	must(t, v.Close())
}

func TestHostErrors(t *testing.T) {
	rows := []struct {
		err  error
		want Error
	}{
		{nil, 0}, {os.ErrPermission, WriteProtect}, {os.ErrExist, AccessDenied}, {os.ErrNotExist, AccessDenied},
		{errors.New("odd"), GeneralFailure},
	}
	for _, row := range rows {
		if got := hostError(row.err); got != row.want {
			t.Errorf("%v becomes %v, want %v", row.err, got, row.want)
		}
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		must(t, err)
		defer f.Close()
		if _, err := f.Write([]byte("x")); hostError(err) != DiskFull {
			t.Errorf("a full host disk becomes %v", hostError(err))
		}
	}
}

// TestRollbackOfHostFiles: files that were there before, never read by us,
// come back whatever was done to them.
func TestRollbackOfHostFiles(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"CUT", "GONE", "grown", "OVER", "MOVED", "SAME", "RO"} {
		must(t, os.WriteFile(filepath.Join(dir, n), []byte(strings.Repeat(n+" ", 2000)), 0o644))
	}
	must(t, os.Mkdir(filepath.Join(dir, "D"), 0o755))
	v, err := OpenHostVolume(dir, VolumeOptions{})
	must(t, err)
	before := v.Free()
	m := v.Mark()
	must(t, v.WriteFile("CUT", nil, 0))
	must(t, v.Remove("GONE"))
	f, err := v.OpenFile("GROWN", os.O_RDWR|os.O_APPEND, 0)
	must(t, err)
	f.WriteString("more")
	must(t, f.Close())
	must(t, v.WriteFile("OVER", []byte("new"), Hidden))
	must(t, v.Rename("MOVED", `D\ELSE`))
	must(t, v.SetAttr("RO", ReadOnly))
	must(t, v.Remove("SAME"))
	must(t, v.WriteFile("SAME", []byte("another"), 0))
	must(t, v.Mkdir("NEW", 0))
	must(t, v.WriteFile(`NEW\X`, []byte("x"), 0))
	v.Rollback(m)
	must(t, v.Flush())
	if v.Free() != before {
		t.Errorf("free %d, was %d", v.Free(), before)
	}
	for _, n := range []string{"CUT", "GONE", "GROWN", "OVER", "MOVED", "SAME", "RO"} {
		name := n
		if n == "GROWN" {
			name = "grown"
		}
		want := strings.Repeat(name+" ", 2000)
		if b, err := v.ReadFile(n); string(b) != want {
			t.Errorf("%s holds %.20q... in the volume, %v", n, b, err)
		}
		if b, err := os.ReadFile(filepath.Join(dir, name)); string(b) != want {
			t.Errorf("%s holds %.20q... on the host, %v", n, b, err)
		}
		if a, _ := v.Attr(n); a != Archive {
			t.Errorf("%s has attributes %v", n, a)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "NEW")); err == nil {
		t.Error("NEW is still there")
	}
	must(t, v.Close())
}
