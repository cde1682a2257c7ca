package drive

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func file(data string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(data), Mode: 0o644} }

func TestNamesMatchWithoutRegardToCase(t *testing.T) {
	tree := Open(fstest.MapFS{"glb/Master.glb": file("one"), "SMTP/LOCAL.CFG": file("two")}, "m")
	for _, tt := range []struct{ path, want, err string }{
		{"GLB/MASTER.GLB", "one", ""},
		{`\smtp\local.cfg`, "two", ""},
		{"SMTP/LOCAL.CFG", "two", ""},
		{"SMTP/NOT.CFG", "", "cannot open m/SMTP/NOT.CFG: file does not exist"},
		{"SMTP/../GLB/MASTER.GLB", "one", ""},
		{"../../GLB/MASTER.GLB", "one", ""}, // nothing leads above the root
		{"SMTP", "", "cannot open m/SMTP: not a plain file"},
		{"SMTP/LOCAL.CFG/X", "", "cannot open m/SMTP/LOCAL.CFG/X: not a directory"},
	} {
		data, err := tree.Read(tt.path, 100)
		if string(data) != tt.want || text(err) != tt.err {
			t.Errorf("Read(%q) = %q, %v; want %q, %q", tt.path, data, err, tt.want, tt.err)
		}
	}
	if _, err := tree.Read("SMTP/NOT.CFG", 100); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", err)
	}
	if _, err := tree.Read("SMTP/LOCAL.CFG", 2); err == nil {
		t.Error("a file longer than the bound was read")
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestTwinsAreNotChosenBetween(t *testing.T) {
	tree := Open(fstest.MapFS{"GLB/MASTER.GLB": file("one"), "GLB/master.glb": file("two"), "GLB/TID.GLB": file("1234")}, "m")
	var twins *Twins
	if _, err := tree.Read("GLB/Master.Glb", 100); !errors.As(err, &twins) {
		t.Errorf("Read = %v, want *Twins", err)
	}
	var found []string
	if err := tree.FindTwins("glb", func(w *Twins) error { found = append(found, w.Error()); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"GLB/MASTER.GLB and GLB/master.glb are one DOS name"}, found); diff != "" {
		t.Error(diff)
	}
	if _, err := tree.Read("GLB/TID.GLB", 100); err != nil {
		t.Errorf("a file beside twins: %v", err)
	}
}

func TestAFileInAHugeDirectoryIsFound(t *testing.T) {
	m := fstest.MapFS{}
	for i := range lookAhead + 10 {
		m[fmt.Sprintf("MAI/MA0/%08X.MAI", i)] = file("")
	}
	m["MAI/MA0/zZ.mai"] = file("mixed")
	tree := Open(m, "m")
	for _, name := range []string{"0000200A.mai", "ZZ.MAI"} {
		if name == "0000200A.mai" {
			name = fmt.Sprintf("%08x.mai", lookAhead+5)
		}
		if _, err := tree.Stat("MAI/MA0/" + name); err != nil {
			t.Error(err)
		}
	}
	if ok, err := tree.Has("MAI/MA0/NONE.MAI"); ok || err != nil {
		t.Errorf("Has = %v, %v", ok, err)
	}
	n := 0
	if err := tree.List("MAI/MA0", func(Entry) error { n++; return nil }); err != nil || n != lookAhead+11 {
		t.Errorf("List told %d entries, %v", n, err)
	}
}

func TestAttributesComeFromTheSidecar(t *testing.T) {
	m := fstest.MapFS{"GLB/MASTER.GLB": file("x"), "GLB/TID.GLB": file("x"), "GLB/RO.GLB": {Data: []byte("x"), Mode: 0o444}}
	attrs := func() string {
		var b strings.Builder
		err := Open(m, "m").List("GLB", func(e Entry) error {
			fmt.Fprintf(&b, "%s %q %v\n", e.Name, e.Attr.String(), e.AttrKnown)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if diff := cmp.Diff("MASTER.GLB \"\" false\nRO.GLB \"R\" false\nTID.GLB \"\" false\n", attrs()); diff != "" {
		t.Errorf("without:\n%s", diff)
	}
	m[SidecarName] = file("gwkit volume 1\nRH \\GLB\\MASTER.GLB\nA \\GLB\\TID.GLB\nA \\GLB\\RO.GLB\n")
	if diff := cmp.Diff("MASTER.GLB \"RH\" true\nRO.GLB \"RA\" true\nTID.GLB \"A\" true\n", attrs()); diff != "" {
		t.Errorf("with:\n%s", diff)
	}
	m[SidecarName] = file("something else\n")
	if !strings.Contains(attrs(), "MASTER.GLB \"\" false") {
		t.Error("a sidecar that is none was believed")
	}
	err := Open(m, "m").List(".", func(e Entry) error {
		if e.Path != "GLB" {
			t.Errorf("the root has %s", e.Path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSizesOfFiles(t *testing.T) {
	for _, tt := range []struct {
		path string
		size int64
		want bool
	}{
		{"GLB/MASTER.GLB", 176, true}, {"GLB/MASTER.GLB", 175, false},
		{`\glb\network.glb`, 0, true}, {"GLB/NETWORK.GLB", 122 * 3, true}, {"GLB/NETWORK.GLB", 123, false},
		{"GLB/GROUP.GLB", 4, true}, {"GLB/GROUP.GLB", 55, true}, {"GLB/GROUP.GLB", 51, false}, {"GLB/GROUP.GLB", 0, false},
		{"KEY/0000002E.KEY", 560, true}, {"KEY/0000002E.KEY", 0, false},
		{"MBG/INQUEUE3.MBG", 116 * 7, true}, {"MBG/INQUEUE3.MBG", 100, false},
		{"GRP/ADMIN.GRP", 0, false}, {"GRP/ADMIN.GRP", 8, true},
		{"MEM/00000001.MEM", 2000, true}, {"MEM/00000001.MEM", 2004, false},
	} {
		r := SizeRuleFor(tt.path)
		if r == nil {
			t.Errorf("no rule for %s", tt.path)
			continue
		}
		if got := r.Allows(tt.size); got != tt.want {
			t.Errorf("%s of %d bytes: %v, want %v (%s)", tt.path, tt.size, got, tt.want, r.Formula)
		}
	}
	if SizeRuleFor("MAI/MA0/00000000.MAI") != nil {
		t.Error("a message has a fixed size")
	}
}
