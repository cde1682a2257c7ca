package emulator

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gwkit/emulator/trace"
)

// Drives in a folder survive whatever ends a run: the next one finds every
// message that a user has sent, and delivers it.
func TestDrivesInAFolderLoseNothing(t *testing.T) {
	const mails = 12
	for _, tt := range []struct {
		name  string
		fault string
		after time.Duration // then the run ends
		shows string        // result or operation by which the trace shows the fault
	}{
		{"ended in the middle of a hop", "", 5*time.Minute + 500*time.Millisecond, ""},
		{"ended while the gateway sends", "", 7 * time.Minute, ""},
		{"disk full for a while", "disk-full at=M: from=2m until=9m", 12 * time.Minute, "insufficient disk space"},
		{"directory without rights", `write-protect at=M:\SMTP\* from=1m until=9m`, 12 * time.Minute, "access denied"},
		{"drive lost and back", "drive-lost at=M: from=5m until=6m", 12 * time.Minute, "fail on INT 24"},
		{"power cut of the gateway", `crash who=GW1 op=remove at=M:\SMTP\FROM_NC.API`, 15 * time.Minute, "power-off"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "drives")
			got := map[string]int{}
			s := quickSite(t)
			for i := range s.PCs {
				s.PCs[i].Config.CommandF = true // nobody is there to press a key
			}
			rec := &trace.Recorder{}
			open := func() *World {
				w, err := New(s, Options{Dir: dir, Trace: rec})
				if err != nil {
					t.Fatal(err)
				}
				return w
			}
			collect := func(w *World) {
				for _, d := range w.Outside() {
					for _, line := range strings.Split(string(d.Data), "\r\n") {
						if n, ok := strings.CutPrefix(line, "Subject: mail "); ok {
							got[n]++
						}
					}
				}
			}
			w := open()
			for i := 0; i < mails; i++ {
				if err := w.Submit(Mail{From: "COMPANY/SALES/margb", To: []string{"x@outside.example"}, Subject: fmt.Sprintf("mail %d", i), Text: strings.Repeat("line\n", 200)}); err != nil {
					t.Fatal(err)
				}
			}
			if tt.fault != "" {
				if err := w.AddFault(tt.fault); err != nil {
					t.Fatal(err)
				}
			}
			w.Run(tt.after)
			collect(w)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			before := len(got)
			if tt.fault == "" && before == mails {
				t.Error("the run ended too late: all mail had left")
			}
			if !slices.ContainsFunc(rec.Events(), func(e trace.Event) bool { return tt.shows == "" || e.Result == tt.shows || e.Op == tt.shows }) {
				t.Errorf("the trace does not show %q: the fault hit nothing", tt.shows)
			}

			d, err := OpenDrive(filepath.Join(dir, "COMPANY_HUB"))
			if err != nil {
				t.Fatal(err)
			}
			if bad := d.Check(); len(bad) > 0 {
				t.Errorf("the tree is damaged: %q", bad)
			}
			d.Close()

			w = open()
			defer w.Close()
			for i := 0; i < 6; i++ { // EXTERNAL and the gateway start anew: give them their cycles
				w.Run(30 * time.Minute)
			}
			collect(w)
			for i := 0; i < mails; i++ {
				if got[fmt.Sprint(i)] == 0 {
					t.Errorf("mail %d is lost (%d had left before the end); waits %+v", i, before, w.Waits())
				}
			}
		})
	}
}

func TestDrivesInAFolderAreOrdinaryFiles(t *testing.T) {
	dir := t.TempDir()
	w, err := New(quickSite(t), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.Run(3 * time.Minute)
	want, err := w.ReadFile(`M:\LOG\SMTPGATE.LOG`)
	if err != nil {
		t.Fatal(err)
	}
	// Another program reads the file while the run goes on.
	got, err := os.ReadFile(filepath.Join(dir, "COMPANY_HUB", "LOG", "SMTPGATE.LOG"))
	if err != nil || string(got) != string(want) || len(got) == 0 {
		t.Errorf("the host file has %d bytes, %v; the drive %d", len(got), err, len(want))
	}
	if i, err := os.Stat(filepath.Join(dir, "COMPANY_HUB", "KEY", "INQUEUE3.KEY")); err != nil || i.Size() != 560 {
		t.Errorf("INQUEUE3.KEY: %v, %v", i, err)
	}
}
