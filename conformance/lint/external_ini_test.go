package lint

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExternalINITellsSectionsAndPlaces(t *testing.T) {
	const text = "Stray\r\n; remark\r\n[External]\r\nIntervalUpdate = 0 ; never\r\n  LogSession\r\n ; indented\r\n" +
		"[External - MTA1]\r\nDrivesUNC=\\\\SERVER\\MAIL user\r\n[Dispatch]\r\nIdleTime=60\r\n[ExternalAffairs]\r\n"
	at := func(line, column int) Place { return Place{File: "X.INI", Line: line, Column: column} }
	want := &ExternalINI{
		At: Place{File: "X.INI"},
		Sections: []INISection{
			{At: at(1, 1), Keys: []INIKey{{Name: "Stray", At: at(1, 1), ValueAt: at(1, 1)}}},
			{Name: "External", At: at(3, 1), External: true, Keys: []INIKey{
				{Name: "IntervalUpdate", Value: "0", Set: true, At: at(4, 1), ValueAt: at(4, 18)},
				{Name: "LogSession", At: at(5, 3), ValueAt: at(5, 3)},
			}},
			{Name: "External - MTA1", At: at(7, 1), External: true, Instance: "MTA1", Keys: []INIKey{
				{Name: "DrivesUNC", Value: `\\SERVER\MAIL user`, Set: true, At: at(8, 1), ValueAt: at(8, 11)},
			}},
			{Name: "Dispatch", At: at(9, 1), Keys: []INIKey{{Name: "IdleTime", Value: "60", Set: true, At: at(10, 1), ValueAt: at(10, 10)}}},
			{Name: "ExternalAffairs", At: at(11, 1)},
		},
		BlankRemarks: []Place{at(6, 2)},
	}
	got := ParseExternalINI(ReadText("X.INI", []byte(text)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if s := got.Section("mta1"); s == nil || s.Name != "External - MTA1" {
		t.Errorf("section of mta1: %v", s)
	}
	if s := got.Section("Dispatch"); s != nil {
		t.Errorf("section of another program was found: %v", s)
	}
}

func TestExternalINIInUnicodeIsTold(t *testing.T) {
	for name, data := range map[string]string{
		"with a mark":    "\xff\xfe[\x00E\x00x\x00t\x00",
		"without a mark": "[\x00E\x00x\x00t\x00e\x00r\x00n\x00a\x00l\x00]\x00",
	} {
		if !ParseExternalINI(ReadText("X.INI", []byte(data))).Unicode {
			t.Errorf("%s: not told", name)
		}
	}
	// The file as it is installed has three bytes. Q135868
	if ini := ParseExternalINI(ReadText("X.INI", []byte("\r\n\x1a"))); ini.Unicode || len(ini.Sections) != 0 {
		t.Errorf("empty file: %+v", ini)
	}
}

func FuzzParseExternalINI(f *testing.F) {
	f.Add("[External]\r\nDrivesDirectPO=MP\r\nIntervalUpdate=5 ; minutes\r\n")
	f.Add("  ; remark\n[External-MTA1\nDrivesWAN\n=\n;\n[")
	f.Add("\xff\xfe[\x00")
	f.Add("[External -]\n\t=x;y=z")
	f.Fuzz(func(t *testing.T, data string) {
		text := ReadText("X.INI", []byte(data))
		ini := ParseExternalINI(text)
		begins := func(at Place, want string) {
			if at.Line < 1 || at.Line > len(text.Lines) || at.Column < 1 || at.Column > len(text.Lines[at.Line-1])+1 {
				t.Fatalf("%v is outside of the text", at)
			}
			if !strings.HasPrefix(text.Lines[at.Line-1][at.Column-1:], want) {
				t.Fatalf("%v: want %q in %q", at, want, text.Lines[at.Line-1])
			}
		}
		for _, at := range ini.BlankRemarks {
			begins(at, ";")
		}
		for _, s := range ini.Sections {
			begins(s.At, "")
			for _, k := range s.Keys {
				begins(k.At, k.Name)
				begins(k.ValueAt, "")
				if k.Set {
					begins(k.ValueAt, k.Value)
				}
			}
		}
	})
}
