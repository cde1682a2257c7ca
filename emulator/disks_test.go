package emulator

import (
	"testing"
	"time"
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
