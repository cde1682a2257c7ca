package emulator

import (
	"strings"
	"testing"

	"gwkit/emulator/site"
)

func TestMistakesOfFaultsAreNotHiddenByOthers(t *testing.T) {
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	s.Faults = []string{"disk-fool at=M:", "disk-full at=Q:", "crash at=M: who=NOPC", "net-refuse at=11.1.16.15:25"}
	text := strings.Replace(string(s.Marshal()), "gatewayVersion: 3.0.9", "gatewayVersion: 9.9", 1)
	text = strings.Replace(text, "-w120", "-wsoon", 1)
	_, err = ReadSite("bad.yaml", []byte(text))
	if err == nil {
		t.Fatal("no mistakes")
	}
	var have []string
	for _, line := range strings.Split(err.Error(), "\n") {
		_, message, _ := strings.Cut(line, ": ")
		have = append(have, message)
		if !strings.HasPrefix(line, "bad.yaml:") || strings.Count(line[:len(line)-len(message)], ":") != 3 {
			t.Errorf("no position: %s", line)
		}
	}
	want := []string{
		`cannot read option "-wsoon": want a number from 0 to 32767`,
		`unknown gateway version "9.9", did you mean "3.0"?`,
		`cannot read fault: column 1: unknown kind "disk-fool"`,
		`fault "disk-full at=Q:": at=Q: names nothing: want a file on C:, M:, N:, O:`,
		`fault "crash at=M: who=NOPC": who=NOPC names nobody: want one of GW1, MTA1, WS1, WS2, WS3, mail.company.com`,
	}
	if strings.Join(have, "\n") != strings.Join(want, "\n") {
		t.Errorf("have\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

// What a misspelled list would hold is not known.
func TestFaultsOfAMisspelledListAreNotDangling(t *testing.T) {
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	s.Faults = []string{"crash who=GW1"}
	_, err = ReadSite("bad.yaml", []byte(strings.Replace(string(s.Marshal()), "\npcs:", "\npc:", 1)))
	if err == nil || strings.Contains(err.Error(), "who=GW1") {
		t.Errorf("have %v, want the misspelled key alone", err)
	}
}

func TestAFaultThatNamesNothingIsRefused(t *testing.T) {
	w := newShape(t, "single", Options{})
	const want = `fault "disk-full at=Q:": at=Q: names nothing: want a file on C:, M:, N:, O:`
	if err := w.AddFault("disk-full at=Q:"); err == nil || err.Error() != want {
		t.Errorf("AddFault = %v, want %s", err, want)
	}
	if _, err := NewTrial(w.Site(), TrialOptions{In: 1, Faults: []string{"disk-full at=Q:"}}); err == nil || err.Error() != want {
		t.Errorf("NewTrial = %v, want %s", err, want)
	}
	if f := w.Faults(); len(f) != 0 {
		t.Errorf("faults are %q", f)
	}
}
