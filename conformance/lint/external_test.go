package lint

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mta returns a judge of an installation with one EXTERNAL on drives M and N.
func mta(line, ini string) *Judge {
	pc := &PC{Name: "MTA1", Drives: map[byte]string{'M': "A/HUB", 'N': "A/SALES"}, Files: map[string]Text{}, Said: map[string]Fact[string]{}}
	if c, ok := runLine(line, Place{File: "x", Line: 1, Column: 1}); ok {
		pc.Commands = []Command{c}
	}
	if ini != "" {
		pc.Files["EXTERNAL.INI"] = ReadText("EXTERNAL.INI", []byte(ini))
	}
	in := &Installation{PCs: []*PC{pc}, Complete: true, AllPCs: true, Postoffices: []*Postoffice{{Network: "A", Name: "HUB"}, {Network: "A", Name: "SALES"}}}
	return &Judge{Installation: in, rule: &Rule{ID: "test.rule"}, report: &Report{}, missing: map[string]bool{}}
}

func TestOptionsOfExternal(t *testing.T) {
	tests := []struct {
		name, line, ini, key, want string
		given, known               bool
	}{
		{"line only", "EXTERNAL -n7", "", "IntervalRegular", "7", true, true},
		{"long form", "EXTERNAL /IntervalRegular=7", "", "IntervalRegular", "7", true, true},
		{"file only", "EXTERNAL", "[External]\nIntervalRegular=9\n", "IntervalRegular", "9", true, true},
		{"line before file", "EXTERNAL -n7", "[External]\nIntervalRegular=9\n", "IntervalRegular", "7", true, true},
		{"instance before all", "EXTERNAL /InstanceName=B", "[External-b]\nintervalregular=8\n[External]\nIntervalRegular=9\n", "IntervalRegular", "8", true, true},
		{"other instance", "EXTERNAL /InstanceName=B", "[External-C]\nIntervalRegular=8\n[External]\n", "IntervalRegular", "", false, true},
		{"last one counts", "EXTERNAL -n7 -n8", "", "IntervalRegular", "8", true, true},
		{"not said anywhere", "EXTERNAL", "[External]\n", "IntervalRegular", "", false, true},
		{"no file known", "EXTERNAL -dmn", "", "IntervalRegular", "", false, false},
		{"next word", "EXTERNAL -bt 06:00", "[External]\n", "-BT", "06:00", true, true},
		{"of the idle process", `DISPATCH -n60 -i"C:\MTA\EXTERNAL.EXE -dmn -n3"`, "", "IntervalRegular", "3", true, true},
		{"one word in quotes", `DISPATCH -i"EXTERNAL" -n60`, "[External]\n", "IntervalRegular", "", false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			j := mta(test.line, test.ini)
			list := j.externals()
			if len(list) != 1 {
				t.Fatalf("have %d instances, want 1", len(list))
			}
			s, known := list[0].option(j, test.key)
			if s.value != test.want || s.given != test.given || known != test.known {
				t.Errorf("have %q, given %v, known %v", s.value, s.given, known)
			}
			if missing := len(j.report.NotJudged) > 0; missing == known {
				t.Errorf("not judged: %v", j.report.NotJudged)
			}
		})
	}
}

func TestOtherIdleProcessesAreNoExternal(t *testing.T) {
	if list := mta(`DISPATCH -i"REQMAIN -t"`, "").externals(); len(list) != 0 {
		t.Errorf("have %d instances", len(list))
	}
}

func TestWhatExternalServes(t *testing.T) {
	tests := []struct {
		name, line, ini string
		full, wan       string
		all             bool
	}{
		{"a range", "EXTERNAL -dmn", "", "A/HUB A/SALES", "", true},
		{"one letter", "EXTERNAL -dn", "", "A/SALES", "", true},
		{"only M without a section", "EXTERNAL", "[Dispatch]\n", "A/HUB", "", true},
		{"drives as described", "EXTERNAL", "", "A/HUB A/SALES", "", true},
		{"sent to only", "EXTERNAL -dmn -wn", "", "A/HUB", "A/SALES", true},
		{"a server nobody knows", "EXTERNAL", "[External]\nDrivesDirectPO=M\nDrivesUNC=\\\\S\\MAIL\n", "A/HUB", "", false},
		{"a letter of nothing", "EXTERNAL -dm -wx", "", "A/HUB", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			j := mta(test.line, test.ini)
			v := j.externals()[0].serves(j)
			if diff := cmp.Diff([]string{test.full, test.wan}, []string{refs(v.full), refs(v.wan)}); diff != "" || v.all != test.all {
				t.Errorf("all %v, -want +got:\n%s", v.all, diff)
			}
		})
	}
}

func refs(list []*Postoffice) string {
	var names []string
	for _, po := range list {
		names = append(names, po.Ref())
	}
	return strings.Join(names, " ")
}

func TestVersionsOfExternal(t *testing.T) {
	for _, test := range []struct {
		text   string
		than   []int
		before bool
	}{
		{"3.2", []int{3, 2}, false},
		{"3.2.9", []int{3, 2, 18}, true},
		{"3.2.18", []int{3, 2, 9}, false},
		{"3.2a", []int{3, 2, 9}, false},
		{"3.2a", []int{3, 2, 10}, true},
		{"3.0a", []int{3, 2}, true},
		{"3.04.0010", []int{3, 4, 10}, false},
		{"3.04.0000", []int{3, 4, 10}, true},
		{"3.5", []int{3, 5, 20}, true},
	} {
		v, ok := parseVersion(test.text)
		if !ok || v.before(test.than...) != test.before {
			t.Errorf("%s before %v: %v, %v", test.text, test.than, v.before(test.than...), ok)
		}
	}
	for _, wrong := range []string{"", "new", "3", "3..2", "3.2-9"} {
		if v, ok := parseVersion(wrong); ok {
			t.Errorf("%q is read as %v", wrong, v)
		}
	}
}
