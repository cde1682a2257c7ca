package lint

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/drive"
)

// busyFolder has an empty FROM_NC.API that a program writes to or deletes after
// it was looked at a few times.
type busyFolder struct {
	fstest.MapFS
	left int
	then *fstest.MapFile // nil: it goes away
}

func (f *busyFolder) Stat(name string) (fs.FileInfo, error) {
	if name == "SMTP/FROM_NC.API" {
		if f.left--; f.left == 0 {
			delete(f.MapFS, name)
			if f.then != nil {
				f.MapFS[name] = f.then
			}
		}
	}
	return f.MapFS.Stat(name)
}

func TestAnEmptyFileThatIsBeingWrittenIsNoFinding(t *testing.T) {
	for _, tt := range []struct {
		name string
		left int
		then *fstest.MapFile
		want int
	}{
		{"it stays", 1 << 30, nil, 1},
		{"it gets bytes", 4, &fstest.MapFile{Data: []byte("VERSION:3.00")}, 0},
		{"it goes away", 4, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			folder := &busyFolder{MapFS: fstest.MapFS{"SMTP/FROM_NC.API": {}, "SMTP/LOCAL.CFG": {Data: []byte("x")}}, left: tt.left, then: tt.then}
			d, err := deploy.Parse("deploy.yaml", []byte("version: 1\npostoffices:\n  - {name: COMPANY/HUB, gateway: smtp, drive: hub}\n"))
			if err != nil {
				t.Fatal(err)
			}
			in := FromDeployment(d, func(string) (fs.FS, string, string, error) { return folder, ".", "hub", nil }, nil)
			began := time.Now()
			r := Run(context.Background(), in, Options{Only: []string{"po.fromnc-zero"}})
			if len(r.Findings) != tt.want {
				t.Errorf("%d findings, want %d", len(r.Findings), tt.want)
			}
			t.Logf("took %v", time.Since(began))
		})
	}
}

// denied is a drive on which our account may not look at some files.
type denied struct{ fs.FS }

func (d denied) Open(name string) (fs.File, error) {
	f, err := d.FS.Open(name)
	if dir, ok := f.(fs.ReadDirFile); ok && err == nil {
		return deniedDir{dir}, nil
	}
	return f, err
}

type deniedDir struct{ fs.ReadDirFile }

func (d deniedDir) ReadDir(n int) ([]fs.DirEntry, error) {
	list, err := d.ReadDirFile.ReadDir(n)
	for i, e := range list {
		if e.Name() == "SECRET.MAI" {
			list[i] = deniedEntry{e}
		}
	}
	return list, err
}

type deniedEntry struct{ fs.DirEntry }

func (e deniedEntry) Info() (fs.FileInfo, error) {
	return nil, &fs.PathError{Op: "stat", Path: e.Name(), Err: fs.ErrPermission}
}

// What our account may not read is no mistake of the deployment.
func TestWhatWeMayNotReadIsNotJudged(t *testing.T) {
	tree := drive.Open(denied{fstest.MapFS{"GLB/MASTER.GLB": {Data: make([]byte, 176)}, "MAI/MA0/SECRET.MAI": {}}}, "m")
	in := &Installation{Postoffices: []*Postoffice{{Network: "A", Name: "B", Tree: tree}}}
	r := Run(context.Background(), in, Options{Only: []string{"po.attrs"}})
	if len(r.Findings) != 0 || !slices.ContainsFunc(r.NotJudged, func(n NotJudged) bool { return strings.Contains(n.Missing, "MAI/MA0/SECRET.MAI of A/B") }) {
		t.Errorf("findings %v, not judged %v", r.Findings, r.NotJudged)
	}
}
