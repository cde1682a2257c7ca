package lint

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoutesAsDescribed(t *testing.T) {
	two := func() *routing { return &routing{complete: true, list: []route{{to: "A/HUB"}, {to: "A/LAB"}}} }
	type line struct {
		To, Kind, Via     string
		Typed, Indirectly bool
	}
	hub := line{"A/HUB", "drive", "", true, false}
	tests := []struct {
		name, text string
		into       *routing
		want       []line
		complete   bool
	}{
		{"in order", "drive, modem via A/HUB", two(), []line{hub, {"A/LAB", "modem", "A/HUB", true, true}}, true},
		{"by name", "a/lab: indirect via A/HUB, A/HUB: direct", two(), []line{hub, {"A/LAB", "", "A/HUB", true, true}}, true},
		{"a hub without its name", "LAN, indirect", two(), []line{hub, {"A/LAB", "", "", false, true}}, true},
		{"fewer than there are", "drive", two(), []line{{To: "A/HUB"}, {To: "A/LAB"}}, true},
		{"a word nobody knows", "drive, pigeon", two(), []line{{To: "A/HUB"}, {To: "A/LAB"}}, true},
		{"via without a hub", "drive, indirect via", two(), []line{{To: "A/HUB"}, {To: "A/LAB"}}, true},
		{"without a drive, named", "A/HUB: drive", &routing{}, []line{hub}, true},
		{"without a drive, in order", "drive, drive", &routing{}, nil, false},
		{"one that the drive lacks", "A/HUB: drive, A/NEW: drive", two(), []line{hub, {To: "A/LAB"}}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.into.describe(Know(test.text, Place{}))
			var got []line
			for _, x := range test.into.list {
				got = append(got, line{x.to, x.kind, x.via, x.typed, x.indirectly})
			}
			if diff := cmp.Diff(test.want, got); diff != "" || test.into.complete != test.complete {
				t.Errorf("complete %v, -want +got:\n%s", test.into.complete, diff)
			}
		})
	}
}

func TestPathsBetweenPostoffices(t *testing.T) {
	j := &Judge{Installation: &Installation{}, rule: &Rule{}, report: &Report{}, missing: map[string]bool{}}
	add := func(name, routes string) *Postoffice {
		po := &Postoffice{Network: "A", Name: name, Said: map[string]Fact[string]{}}
		if routes != "" {
			po.Said["routeTypes"] = Know(routes, Place{})
		}
		j.Postoffices = append(j.Postoffices, po)
		return po
	}
	a := add("A", "A/B: drive, A/C: indirect via A/B, A/D: indirect via A/B, A/E: indirect via A/B, A/F: indirect via A/X")
	add("B", "A/A: drive, A/C: drive, A/D: indirect via A/A, A/E: indirect via A/C")
	c := add("C", "")
	d, e, f := add("D", ""), add("E", ""), add("F", "")
	for _, test := range []struct {
		name         string
		to           *Postoffice
		path         string
		again, known bool
	}{
		{"through a hub", c, "A/A A/B A/C", false, true},
		{"in a circle", d, "A/A A/B A/A", true, true},
		{"into the unknown", e, "A/A A/B A/C", false, false},
		{"through a hub that is not here", f, "A/A", false, true},
		{"to itself", a, "A/A", false, true},
	} {
		path, again, known := j.path(a, test.to)
		if refs(path) != test.path || again != test.again || known != test.known {
			t.Errorf("%s: %s, again %v, known %v", test.name, refs(path), again, known)
		}
	}
}

func TestRightsOfAccounts(t *testing.T) {
	for _, test := range []struct {
		text, lack string
		ok         bool
	}{
		{"full", "", true}, {"[RWCEMF]", "", true}, {"SRWCEMFA", "", true}, {"read", "WCEM", true}, {"RWCEM", "F", true},
		{"none of these", "", false}, {"", "", false},
	} {
		if lack, ok := lackingRights(test.text); lack != test.lack || ok != test.ok {
			t.Errorf("%q: %q, %v", test.text, lack, ok)
		}
	}
}

// What people write in a deployment file is read by small parsers of this
// package.
func FuzzDescriptions(f *testing.F) {
	for _, s := range []string{"A/B: indirect via A/C, drive", "modem via A/B", "06:30:00", "3.2a", "[RWCEMF]", ",:,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, complete := range []bool{false, true} {
			r := &routing{complete: complete, list: []route{{to: "A/B"}}}
			r.describe(Know(text, Place{}))
			for _, x := range r.list {
				if x.via != "" && !x.indirectly {
					t.Errorf("route %+v through a hub is not indirect", x)
				}
			}
			if complete && len(r.list) != 1 {
				t.Errorf("%d routes of one record", len(r.list))
			}
		}
		if n, ok := minuteOfDay(text); ok && (n < 0 || n >= 24*60) {
			t.Errorf("minute %d", n)
		}
		if v, ok := parseVersion(text); ok && len(v) < 2 {
			t.Errorf("version %v", v)
		}
		if lack, ok := lackingRights(text); lack != "" && !ok {
			t.Errorf("lacks %s of what is not understood", lack)
		}
	})
}
