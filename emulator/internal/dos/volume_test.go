package dos

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/afero"
)

// onBothStores runs a test on a volume in memory and on one in a host
// directory.
func onBothStores(t *testing.T, fn func(t *testing.T, mk func(VolumeOptions) *Volume)) {
	t.Run("memory", func(t *testing.T) { fn(t, NewVolume) })
	t.Run("host", func(t *testing.T) {
		fn(t, func(o VolumeOptions) *Volume {
			v, err := OpenHostVolume(t.TempDir(), o)
			must(t, err)
			t.Cleanup(func() { must(t, v.Close()) })
			return v
		})
	})
}

// dump prints the whole tree in slot order with a digest of content.
func dump(v *Volume) string {
	var b strings.Builder
	v.Walk(func(path string, i Info) error {
		fmt.Fprintf(&b, "%-24s %s", path, attrText(i.Attr))
		if i.Attr&Directory == 0 {
			c, err := v.ReadFile(path)
			if err != nil {
				return err
			}
			if len(c) > 40 {
				c = append(c[:40:40], "..."...)
			}
			fmt.Fprintf(&b, " %s %5d %q", i.Time.Format("15:04:05"), i.Size, c)
		}
		b.WriteByte('\n')
		return nil
	})
	return b.String()
}

func attrText(a Attr) string {
	out := []byte("-----")
	for i, x := range []struct {
		a Attr
		c byte
	}{{Directory, 'd'}, {ReadOnly, 'r'}, {Hidden, 'h'}, {System, 's'}, {Archive, 'a'}} {
		if a&x.a != 0 {
			out[i] = x.c
		}
	}
	return string(out)
}

func names(v *Volume, dir string) string {
	list, _ := v.List(dir)
	var out []string
	for _, i := range list {
		out = append(out, i.Name)
	}
	return strings.Join(out, " ")
}

func TestVolumeRules(t *testing.T) {
	onBothStores(t, func(t *testing.T, mk func(VolumeOptions) *Volume) {
		v := mk(VolumeOptions{})
		must(t, v.Mkdir("GLB", 0))
		must(t, v.Mkdir(`\KEY`, 0))
		must(t, v.WriteFile(`\GLB\CONTROL.GLB`, []byte("one"), System))
		must(t, v.WriteFile(`/glb/b`, nil, ReadOnly))
		open, err := v.Open(`\GLB\CONTROL.GLB`)
		must(t, err)
		rows := []struct {
			name string
			do   func() error
			want error // nil: success
		}{
			{"no parent is made", func() error { return v.WriteFile(`\NO\X`, nil, 0) }, PathNotFound},
			{"create makes none either", func() error { _, err := v.Create(`\NO\X`); return err }, PathNotFound},
			{"a file is no directory", func() error { return v.WriteFile(`\GLB\B\X`, nil, 0) }, PathNotFound},
			{"long names are refused in set-up", func() error { return v.WriteFile(`\CONTROLLER.GLB`, nil, 0) }, InvalidParameter},
			{"missing file", func() error { _, err := v.ReadFile(`\X`); return err }, FileNotFound},
			{"missing is fs.ErrNotExist", func() error { _, err := v.Stat(`\X`); return err }, fs.ErrNotExist},
			{"directory is no file", func() error { _, err := v.ReadFile(`\GLB`); return err }, AccessDenied},
			{"directory is not written", func() error { return v.WriteFile(`\GLB`, nil, 0) }, AccessDenied},
			{"mkdir over a file", func() error { return v.Mkdir(`\GLB\B`, 0) }, fs.ErrExist},
			{"mkdir over a directory", func() error { return v.Mkdir(`\glb`, 0) }, fs.ErrExist},
			{"mkdir without parent", func() error { return v.Mkdir(`\NO\X`, 0) }, PathNotFound},
			{"mkdirall through a file", func() error { return v.MkdirAll(`\GLB\B\C`, 0) }, PathNotFound},
			{"mkdirall twice", func() error { return errors.Join(v.MkdirAll(`\P\Q\R`, 0), v.MkdirAll(`/p/q/r/`, 0)) }, nil},
			{"directory with files stays", func() error { return v.Remove(`\GLB`) }, AccessDenied},
			{"root stays", func() error { return v.Remove(`\`) }, AccessDenied},
			{"read-only file stays", func() error { return v.Remove(`\GLB\B`) }, AccessDenied},
			{"read-only file is not opened for writing", func() error { _, err := v.OpenFile(`\GLB\B`, os.O_RDWR, 0); return err }, AccessDenied},
			{"read-only file is not truncated", func() error { _, err := v.Create(`\GLB\B`); return err }, AccessDenied},
			{"open file stays", func() error { return v.Remove(`\GLB\CONTROL.GLB`) }, SharingViolation},
			{"open file keeps its name", func() error { return v.Rename(`\GLB\CONTROL.GLB`, `\X`) }, SharingViolation},
			{"open target", func() error { return v.Rename(`\GLB\B`, `\GLB\CONTROL.GLB`) }, SharingViolation},
			{"close", func() error { return open.Close() }, nil},
			{"close twice", func() error { return open.Close() }, InvalidHandle},
			{"read after close", func() error { _, err := open.Read(make([]byte, 1)); return err }, fs.ErrClosed},
			{"existing target", func() error { return v.Rename(`\GLB\B`, `\GLB\CONTROL.GLB`) }, AccessDenied},
			{"its own name is an existing target", func() error { return v.Rename(`\GLB\B`, `\GLB\b`) }, AccessDenied},
			{"directory does not move", func() error { return v.Rename(`\KEY`, `\GLB\KEY`) }, AccessDenied},
			{"directory is renamed in its place", func() error { return v.Rename(`\KEY`, `\KEYS`) }, nil},
			{"exclusive create of what is there", func() error { _, err := v.OpenFile(`\GLB\B`, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666); return err }, FileExists},
			{"no owners", func() error { return v.Chown(`\GLB\B`, 1, 1) }, InvalidFunction},
			{"above the root", func() error { _, err := v.Stat(`\..\X`); return err }, PathNotFound},
			{"a device", func() error { return v.WriteFile(`\NUL`, nil, 0) }, AccessDenied},
			{"directory bit is not set", func() error { return v.SetAttr(`\GLB\B`, Directory) }, AccessDenied},
			{"removeall of nothing", func() error { return v.RemoveAll(`\NOTHING`) }, nil},
			{"set-up writes over read-only", func() error { return v.WriteFile(`\GLB\B`, []byte("2"), Hidden) }, nil},
		}
		for _, row := range rows {
			if err := row.do(); !errors.Is(err, row.want) || (row.want == nil) != (err == nil) {
				t.Errorf("%s: %v, want %v", row.name, err, row.want)
			}
		}
		want := `\GLB                     d----
\GLB\CONTROL.GLB         ---sa 00:00:00     3 "one"
\GLB\B                   --h-a 00:00:00     1 "2"
\KEYS                    d----
\P                       d----
\P\Q                     d----
\P\Q\R                   d----
`
		if d := cmp.Diff(want, dump(v)); d != "" {
			t.Error(d)
		}
		must(t, v.RemoveAll(`\`))
		if got := dump(v); got != "" || v.Free() != defaultCapacity {
			t.Errorf("after RemoveAll: %q, %d free", got, v.Free())
		}
	})
}

func TestSlotOrder(t *testing.T) {
	onBothStores(t, func(t *testing.T, mk func(VolumeOptions) *Volume) {
		v := mk(VolumeOptions{})
		for _, n := range []string{"D", "A", "C", "B"} {
			must(t, v.WriteFile(n, nil, 0))
		}
		must(t, v.Remove("A"))
		must(t, v.Remove("C"))
		must(t, v.Rename("B", "Z")) // keeps its slot
		must(t, v.WriteFile("E", nil, 0))
		must(t, v.WriteFile("F", nil, 0))
		must(t, v.WriteFile("G", nil, 0))
		if got, want := names(v, `\`), "D E F Z G"; got != want {
			t.Errorf("order %q, want %q: the first free slot is taken", got, want)
		}
		must(t, v.Mkdir("S", 0))
		must(t, v.Rename("D", `S\D`))
		must(t, v.WriteFile("H", nil, 0))
		if got, want := names(v, `\`), "H E F Z G S"; got != want {
			t.Errorf("order %q, want %q: moving frees the slot", got, want)
		}
	})
}

func TestDiskFull(t *testing.T) {
	onBothStores(t, func(t *testing.T, mk func(VolumeOptions) *Volume) {
		v := mk(VolumeOptions{Capacity: 3 * pageSize})
		must(t, v.WriteFile("A", make([]byte, pageSize+1), 0))
		f, err := v.Create("B")
		must(t, err)
		n, err := f.Write(make([]byte, pageSize+100))
		if n != pageSize || !errors.Is(err, DiskFull) {
			t.Errorf("wrote %d, %v; want %d and disk full", n, err, pageSize)
		}
		if n, err := f.WriteAt([]byte("x"), pageSize-1); n != 1 || err != nil {
			t.Errorf("overwriting: %d, %v", n, err)
		}
		if err := f.Truncate(pageSize + 1); !errors.Is(err, DiskFull) {
			t.Errorf("extending: %v", err)
		}
		if _, err := f.WriteAt([]byte("x"), 2*pageSize); !errors.Is(err, DiskFull) {
			t.Errorf("writing behind the end: %v", err)
		}
		must(t, f.Close())
		must(t, v.Remove("A"))
		if got := v.Free(); got != 2*pageSize {
			t.Errorf("free %d, want %d", got, 2*pageSize)
		}
	})
}

func TestStampsComeOnClose(t *testing.T) {
	onBothStores(t, func(t *testing.T, mk func(VolumeOptions) *Volume) {
		now := time.Date(1995, 1, 5, 8, 0, 1, 0, time.UTC)
		v := mk(VolumeOptions{Clock: func() time.Time { return now }})
		at := func() string { i, _ := v.Stat("X"); return i.ModTime().Format("15:04:05") }
		f, err := v.Create("X")
		must(t, err)
		now = now.Add(10 * time.Second)
		f.Write([]byte("x"))
		if at() != "08:00:00" {
			t.Errorf("stamp %s while open", at())
		}
		must(t, f.Close())
		if at() != "08:00:10" {
			t.Errorf("stamp %s after close, want the even second 08:00:10", at())
		}
		now = now.Add(time.Minute)
		g, _ := v.OpenFile("X", os.O_RDWR, 0)
		must(t, g.Close())
		if at() != "08:00:10" {
			t.Errorf("stamp %s after a close without a write", at())
		}
		must(t, v.Chtimes("X", now, time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)))
		if i, _ := v.Stat("X"); i.ModTime().Year() != 1980 {
			t.Errorf("stamp %v, want the first the FAT can hold", i.ModTime())
		}
	})
}

func TestObserverReadsListingAsItWas(t *testing.T) {
	v := NewVolume(VolumeOptions{})
	for i := range 10 {
		must(t, v.WriteFile(hexName(i), nil, 0))
	}
	d, err := v.Open(`\`)
	must(t, err)
	first, err := d.Readdirnames(4)
	must(t, err)
	for i := range 10 {
		must(t, v.Remove(hexName(i)))
	}
	rest, err := d.Readdirnames(-1)
	must(t, err)
	if len(first)+len(rest) != 10 {
		t.Errorf("saw %d and %d names", len(first), len(rest))
	}
	if _, err := d.Readdir(1); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	must(t, d.Close())
}

// step is one random operation in a form every file system can run.
type step struct {
	op   int
	a, b string
	off  int64
	n    int
}

func randomSteps(seed uint64, count int) []step {
	r := seed*2 + 1
	next := func(n int) int { r = r*6364136223846793005 + 1442695040888963407; return int(r>>33) % n }
	name := func() string {
		dirs := []string{"", "D1/", "D2/", "D1/SUB/"}
		return "/" + dirs[next(len(dirs))] + string(rune('A'+next(5))) + ".TMP"
	}
	out := make([]step, count)
	for i := range out {
		out[i] = step{next(9), name(), name(), int64(next(9000)), next(6000)}
	}
	return out
}

// play runs a step and returns what a program sees of it.
func play(f afero.Fs, s step, i int) string {
	open := func(flag int, fn func(afero.File) string) string {
		h, err := f.OpenFile(s.a, flag, 0o666)
		if err != nil {
			return verdictOf(err)
		}
		out := fn(h)
		if err := h.Close(); err != nil {
			return "close " + verdictOf(err)
		}
		return out
	}
	data := bytes.Repeat([]byte{byte('a' + i%26)}, s.n)
	switch s.op {
	case 0:
		return open(os.O_RDWR|os.O_CREATE|os.O_TRUNC, func(h afero.File) string { n, err := h.Write(data); return fmt.Sprint(n, verdictOf(err)) })
	case 1:
		return open(os.O_RDWR|os.O_CREATE|os.O_EXCL, func(h afero.File) string { n, err := h.Write(data); return fmt.Sprint(n, verdictOf(err)) })
	case 2:
		return open(os.O_RDWR, func(h afero.File) string {
			n, err := h.WriteAt(data, s.off)
			return fmt.Sprint(n, verdictOf(err))
		})
	case 3:
		return open(os.O_RDWR|os.O_APPEND, func(h afero.File) string { n, err := h.Write(data); return fmt.Sprint(n, verdictOf(err)) })
	case 4:
		return open(os.O_RDWR, func(h afero.File) string { return verdictOf(h.Truncate(s.off)) })
	case 5:
		return verdictOf(f.Remove(s.a))
	case 6:
		if ok, _ := afero.Exists(f, s.b); ok {
			return "skipped: DOS refuses an existing target"
		}
		return verdictOf(f.Rename(s.a, s.b))
	case 7:
		b, err := afero.ReadFile(f, s.a)
		return fmt.Sprintf("%q %s", b, verdictOf(err))
	default:
		return open(os.O_RDONLY, func(h afero.File) string {
			b := make([]byte, s.n)
			n, err := h.ReadAt(b, s.off)
			if n == 0 && s.n == 0 {
				return ""
			}
			return fmt.Sprintf("%q %s", b[:n], verdictOf(err))
		})
	}
}

func verdictOf(err error) string {
	switch {
	case err == nil:
		return "ok"
	case err == io.EOF:
		return "eof"
	case errors.Is(err, fs.ErrNotExist):
		return "not there"
	case errors.Is(err, fs.ErrExist):
		return "there"
	}
	return "error"
}

func tree(t *testing.T, f afero.Fs, root string) string {
	t.Helper()
	var b strings.Builder
	must(t, afero.Walk(f, root, func(p string, i os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		if !i.IsDir() {
			c, err := afero.ReadFile(f, p)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s %q\n", strings.TrimPrefix(strings.ReplaceAll(p, `\`, "/"), "/"), c)
		}
		return nil
	}))
	return b.String()
}

// TestAgainstOtherFileSystems plays random operations on both our stores, on
// the host through afero, and on afero's memory file system where that one is
// right. Deliberate differences, which the steps stay clear of or which the
// rules test holds: names are folded and 8.3; rename refuses an existing
// target and any open file; remove refuses an open file; read-only is
// enforced, also for root; listings come in slot order; stamps have two
// seconds and come on close; no owners; parents are never made.
//
// afero's memory file system (v1.15.0) also makes missing parents, replaces
// what is created over, reports reading at the end differently, and lets
// go of directories with files: it gets only the steps where the host
// succeeded, without reads.
func TestAgainstOtherFileSystems(t *testing.T) {
	for seed := uint64(1); seed <= 12; seed++ {
		steps := randomSteps(seed, 200)
		host := afero.NewBasePathFs(afero.NewOsFs(), t.TempDir())
		naive := afero.NewMemMapFs()
		ours := NewVolume(VolumeOptions{})
		written, err := OpenHostVolume(t.TempDir(), VolumeOptions{})
		must(t, err)
		for _, f := range []afero.Fs{host, naive, ours, written} {
			must(t, f.MkdirAll("/D1/SUB", 0o777))
			must(t, f.Mkdir("/D2", 0o777))
		}
		for i, s := range steps {
			want := play(host, s, i)
			for n, f := range []afero.Fs{ours, written} {
				if got := play(f, s, i); got != want {
					t.Fatalf("seed %d, step %d %+v, store %d: %.80s, the host says %.80s", seed, i, s, n, got, want)
				}
			}
			if s.op < 7 && !strings.Contains(want, "there") {
				play(naive, s, i)
			}
		}
		want := tree(t, host, "/")
		for n, f := range []afero.Fs{ours, written, afero.NewBasePathFs(afero.NewOsFs(), written.host.dir), naive} {
			if d := cmp.Diff(want, tree(t, f, "/")); d != "" {
				t.Fatalf("seed %d, file system %d differs:\n%s", seed, n, d)
			}
		}
		must(t, written.Close())
		os.Remove(written.host.dir + "/" + sidecar)
	}
}

func TestObserverFile(t *testing.T) {
	onBothStores(t, func(t *testing.T, mk func(VolumeOptions) *Volume) {
		v := mk(VolumeOptions{Label: "MAIL"})
		var c []check
		f, err := v.OpenFile("X", os.O_RDWR|os.O_CREATE, 0o666)
		must(t, err)
		n, err := f.WriteString("hello")
		c = append(c, check{"write", fmt.Sprint(n, err), "5 <nil>"}, check{"name", f.Name() + v.Name() + v.Label(), "Xdos.VolumeMAIL"})
		pos, err := f.Seek(-3, io.SeekCurrent)
		c = append(c, check{"seek", fmt.Sprint(pos, err), "2 <nil>"})
		_, err = f.Seek(-9, io.SeekCurrent)
		c = append(c, check{"seek before the begin", errors.Is(err, SeekError), true})
		b := make([]byte, 10)
		n, err = f.Read(b)
		c = append(c, check{"read", fmt.Sprintf("%s %v", b[:n], err), "llo <nil>"})
		n, err = f.Read(b)
		c = append(c, check{"read at the end", fmt.Sprint(n, err), "0 EOF"})
		_, err = f.ReadAt(b, -1)
		c = append(c, check{"read before the begin", errors.Is(err, fs.ErrInvalid), true})
		_, err = f.WriteAt(b, -1)
		c = append(c, check{"write before the begin", errors.Is(err, fs.ErrInvalid), true}, check{"sync", f.Sync(), nil})
		c = append(c, check{"truncate below nothing", errors.Is(f.Truncate(-1), fs.ErrInvalid), true})
		i, err := f.Stat()
		must(t, err)
		f.WriteAt([]byte("longer than before"), 0)
		c = append(c, check{"stat is a snapshot", fmt.Sprintln(i.Name(), i.Size(), i.Mode(), i.IsDir(), i.Sys().(Info).Attr), fmt.Sprintln("X", 5, "-rw-rw-rw-", false, Archive)})
		must(t, f.Close())
		for what, err := range map[string]error{
			"seek": second(f.Seek(0, 0)), "sync": f.Sync(), "stat": second(f.Stat()), "list": second(f.Readdir(1)), "truncate": f.Truncate(0), "write": second(f.Write(b)),
		} {
			c = append(c, check{what + " after close", errors.Is(err, fs.ErrClosed), true})
		}
		must(t, v.Chmod("X", 0o444))
		a, err := v.Attr("X")
		c = append(c, check{"read-only", fmt.Sprint(a, err), fmt.Sprint(ReadOnly|Archive, nil)})
		i, _ = v.Stat("X")
		c = append(c, check{"mode", i.Mode(), "-r--r--r--"})
		i, _ = v.Stat("")
		c = append(c, check{"mode of the root", i.Mode(), "drwxrwxrwx"})
		must(t, v.Chmod("X", 0o644))
		_, err = v.OpenFile("R", os.O_RDWR|os.O_CREATE, 0o444)
		must(t, err)
		a, _ = v.Attr("R")
		c = append(c, check{"made read-only", a, ReadOnly | Archive})
		_, err = v.List("X")
		c = append(c, check{"list of a file", errors.Is(err, PathNotFound), true}, check{"error text", Error(999).Error(), "Unknown error"})
		w, err := v.OpenFile("X", os.O_WRONLY, 0)
		must(t, err)
		_, err = w.Read(b)
		c = append(c, check{"read from a write handle", errors.Is(err, AccessDenied), true})
		must(t, w.Close())
		verify(t, c)
	})
}
