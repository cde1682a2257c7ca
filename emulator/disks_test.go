package emulator

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gwkit/emulator/internal/dos"
)

func TestZoneOf(t *testing.T) {
	for _, tt := range []struct {
		tz     string
		name   string
		offset int // seconds east
		ok     bool
	}{
		{"PST8PDT", "PST", -8 * 3600, true},
		{"EST5", "EST", -5 * 3600, true},
		{"MET-1MST", "MET", 3600, true},
		{"NST3:30NDT", "NST", -3*3600 - 1800, true},
		{"GMT0", "GMT", 0, true},
		{"", "", 0, false},
		{"PST", "", 0, false},
		{"8PST", "", 0, false},
		{"PST99", "", 0, false},
		{"PST8:99", "", 0, false},
		{"PST-", "", 0, false},
	} {
		z, err := zoneOf(tt.tz, time.Time{})
		if (err == nil) != tt.ok {
			t.Errorf("zoneOf(%q) = %v", tt.tz, err)
			continue
		}
		if !tt.ok {
			continue
		}
		if name, offset := time.Unix(0, 0).In(z).Zone(); name != tt.name || offset != tt.offset {
			t.Errorf("zoneOf(%q) = %s %d, want %s %d", tt.tz, name, offset, tt.name, tt.offset)
		}
	}
}

func TestPathsOfDrives(t *testing.T) {
	w := newShape(t, "single", Options{})
	for _, tt := range []struct {
		path string
		ok   bool
	}{
		{`M:\SMTP\LOCAL.CFG`, true}, {`m:/smtp/local.cfg`, true}, {`M:SMTP\LOCAL.CFG`, true},
		{`COMPANY/HUB:\SMTP\LOCAL.CFG`, true}, {`GW1:M:\SMTP\LOCAL.CFG`, true}, {`GW1:C:\GATE\SMTPGATE.EXE`, true},
		{`MTA1:N:\GLB\MASTER.GLB`, true}, {`COMPANY/SALES:\GLB\MASTER.GLB`, true},
		{`COMPANY/SALES:\SMTP\LOCAL.CFG`, false}, {`Q:\X`, false}, {`NOBODY:M:\X`, false}, {`NO/PO:\X`, false}, {`no drive`, false}, {``, false}, {`:`, false},
	} {
		_, err := w.ReadFile(tt.path)
		if (err == nil) != tt.ok || w.FileExists(tt.path) != tt.ok {
			t.Errorf("ReadFile(%q) = %v, exists %v; want it there: %v", tt.path, err, w.FileExists(tt.path), tt.ok)
		}
	}
	if err := w.SetAttr(`M:\SMTP\LOCAL.CFG`, "+r +h"); err != nil {
		t.Error(err)
	}
	list, err := w.ListDir(`M:\SMTP`)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, i := range list {
		found = found || i.Name == "LOCAL.CFG" && i.Attr == "ahr"
	}
	if !found {
		t.Errorf("%+v", list)
	}
	for _, bad := range []string{"r", "+x", "*r", "+"} {
		if err := w.SetAttr(`M:\SMTP\LOCAL.CFG`, bad); err == nil {
			t.Errorf("SetAttr took %q", bad)
		}
	}
}

// What a server leaves that ends while it makes a drive is no drive, and the next
// one begins again.
func TestADriveIsMadeWholeOrNotAtAll(t *testing.T) {
	s := quickSite(t)
	ref := s.Postoffices[0].Ref()
	dir, half := t.TempDir(), t.TempDir()
	err := installFolder(dir, folderOf(ref), dos.VolumeOptions{}, func(v *dos.Volume) error {
		if err := v.MkdirAll(`\ATT`, 0); err != nil {
			return err
		}
		if err := v.WriteFile(`\ATT\POPULATE.MSM`, nil, 0); err != nil {
			return err
		}
		if err := os.CopyFS(half, os.DirFS(dir)); err != nil { // as when the power fails now
			return err
		}
		return dos.DiskFull
	})
	if !errors.Is(err, dos.DiskFull) || !strings.Contains(err.Error(), filepath.Join(dir, folderOf(ref))) {
		t.Errorf("installFolder = %v, want a full disk and the folder", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("a drive that could not be made left %v", left)
	}
	if left, _ := os.ReadDir(half); len(left) != 1 {
		t.Fatalf("nothing was interrupted: %v", left)
	}
	for _, dir := range []string{dir, half} {
		w, err := New(s, Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, folderOf(ref), "GLB", "TID.GLB")); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, newFolders)); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", newFolders, err)
		}
	}
}

func TestFoldersOfOthersAreLeftAlone(t *testing.T) {
	s := quickSite(t)
	dir := t.TempDir()
	own := filepath.Join(dir, folderOf(s.Postoffices[0].Ref()), "LETTER.TXT")
	if err := os.MkdirAll(filepath.Dir(own), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := New(s, Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "no postoffice") || !strings.Contains(err.Error(), filepath.Dir(own)) {
		t.Errorf("New = %v, want words about the folder", err)
	}
	if b, err := os.ReadFile(own); string(b) != "mine" {
		t.Errorf("the file holds %q: %v", b, err)
	}
}
