package lint

import (
	"testing"
	"testing/fstest"
)

// A file that a deployment file names is not found a second time in its folder.
func TestAFileThatADescriptionNamesIsReadOnce(t *testing.T) {
	in, err := FromFolder(fstest.MapFS{
		"deploy.yaml": {Data: []byte("version: 1\npcs:\n  - name: GW1\n    role: both\n    files: {inventory: dir.txt}\n")},
		"dir.txt":     {Data: []byte(" Directory of C:\\GATE\r\n\r\nSMTPGATE EXE        71,585 01-05-95   3:09a\r\n")},
	}, "x")
	if err != nil {
		t.Fatal(err)
	}
	if len(in.PCs) != 1 || len(in.PCs[0].Programs.Value) != 1 {
		t.Errorf("%d PCs with %+v", len(in.PCs), in.PCs[0].Programs.Value)
	}
}
