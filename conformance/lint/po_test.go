package lint

import (
	"context"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"gwkit/conformance/deploy"
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
