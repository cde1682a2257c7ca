package capacity

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/site"
)

func groupsText(list []Group) (out []string) {
	for _, g := range list {
		var names []string
		for _, ref := range g.Postoffices {
			names = append(names, strings.TrimPrefix(ref, "COMPANY/"))
		}
		out = append(out, g.Gateway+": "+strings.Join(names, " ")+" "+itoa(g.In+g.Out))
	}
	return out
}

func TestGroupsAreEvenAndMoveLittle(t *testing.T) {
	v := func(words ...string) []Share {
		list, err := ParseShares(words)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for _, row := range []struct {
		name, shape string
		volumes     []Share
		pairs       bool
		count       int
		want        []string
	}{
		{"a second gateway takes the large one", "single", v("COMPANY/SALES=60", "COMPANY/ENGINEER=30", "COMPANY/HUB=10"), false, 2,
			[]string{"GW1: HUB ENGINEER 80", "GW2: SALES 120"}},
		{"of equals only one moves", "single", v("COMPANY/SALES=40", "COMPANY/ENGINEER=40"), false, 2,
			[]string{"GW1: ENGINEER 80", "GW2: SALES 80"}},
		{"a third gateway leaves the even groups alone", "multiple", v("COMPANY/SALES=10", "COMPANY/ENGINEER=10", "COMPANY/LEGAL=10", "COMPANY/FINANCE=10"), false, 3,
			[]string{"GW1: ENGINEER 20", "GW2: LEGAL FINANCE 40", "GW3: SALES 20"}},
		{"a pair in place of a gateway", "single", v("COMPANY/SALES=40", "COMPANY/HUB=10"), true, 1,
			[]string{"GW1 and GW2: HUB SALES ENGINEER 100"}},
		{"two pairs", "dedicated", v("COMPANY/SALES=40", "COMPANY/ENGINEER=30"), true, 2,
			[]string{"GW1 and GW2: ENGINEER 60", "GW3 and GW4: SALES 80"}},
		{"the sender gets a postoffice of its own", "dedicated-shared", v("COMPANY/SALES=40", "COMPANY/HUB=1"), true, 1,
			[]string{"GW1 and GW2: HUB SALES ENGINEER 82"}},
		{"no letter left", "single:downstream=13", v("COMPANY/SALES=40", "COMPANY/ENGINEER=40", "COMPANY/PO05=1", "COMPANY/PO13=1"), false, 2, nil},
		{"more postoffices than letters", "single:downstream=30", v("COMPANY/SALES=40", "COMPANY/ENGINEER=40", "COMPANY/PO29=1", "COMPANY/PO30=1"), false, 3, nil},
		{"pairs without letters", "dedicated:downstream=13", v("COMPANY/SALES=40", "COMPANY/ENGINEER=40", "COMPANY/PO05=1", "COMPANY/PO13=1"), true, 2, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			build := withGateways
			if row.pairs {
				build = withPairs
			}
			s := shape(t, row.shape)
			before := string(s.Marshal())
			c, groups, err := build(s, row.volumes, row.count)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(row.want, groupsText(groups)); row.want != nil && d != "" {
				t.Error(d)
			}
			if string(s.Marshal()) != before {
				t.Error("the site itself was changed")
			}
			checkPaths(t, c, row.volumes)
		})
	}
}

// checkPaths looks whether mail has a way: every postoffice has a receiver and a
// sender, and EXTERNAL PCs that reach it together with their postoffices.
func checkPaths(t *testing.T, s *site.Site, volumes []Share) {
	t.Helper()
	l := Load{In: 1000, Out: 1000, Size: 537, Shares: volumes}
	if err := l.check(s); err != nil {
		t.Fatal(err)
	}
	if a := reckon(s, &l); len(a.Nowhere) > 0 {
		t.Errorf("nobody takes %v", a.Nowhere)
	}
	owners := map[string]string{}
	for i := range s.PCs {
		pc := &s.PCs[i]
		if o, ok := gatewayOptions(s, pc); ok {
			if other := owners[pc.Drive(o.Drive)]; other != "" {
				t.Errorf("%s and %s are on one postoffice", other, pc.Name)
			}
			owners[pc.Drive(o.Drive)] = pc.Name
		}
	}
	for _, sh := range volumes {
		in := s.PC(receiverOf(s, sh.Postoffice))
		for _, hub := range []string{in.Drive('M'), gatewayOf(s, sh.Postoffice)} {
			if !strings.EqualFold(hub, sh.Postoffice) && len(transfersOf(s, sh.Postoffice, hub)) == 0 {
				t.Errorf("no EXTERNAL PC reaches %s and %s", sh.Postoffice, hub)
			}
			for _, ref := range []string{hub, sh.Postoffice} {
				if names := mailersOf(s, ref); len(names) != 1 {
					t.Errorf("the mailers %v run on %s, want one", names, ref)
				}
			}
		}
	}
}

func TestReshapingThatCannotBe(t *testing.T) {
	for _, row := range []struct {
		name  string
		shape string
		edit  func(*site.Site)
		pairs bool
		count int
		want  string
	}{
		{"gateways beside pairs", "dedicated", nil, false, 2, "no gateway that works both ways"},
		{"fewer pairs than gateways", "multiple", nil, true, 1, "more gateways than pairs"},
		{"more gateways than postoffices", "single", nil, false, 4, "fewer postoffices with mail than gateways"},
		{"no gateway", "single", func(s *site.Site) { s.PC("GW1").Run = "" }, true, 1, "the site has no gateway"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := shape(t, row.shape)
			if row.edit != nil {
				row.edit(s)
			}
			build := withGateways
			if row.pairs {
				build = withPairs
			}
			l := Load{In: 100, Out: 100, Size: 1}
			if err := l.check(s); err != nil {
				t.Fatal(err)
			}
			if _, _, err := build(s, l.perDay(), row.count); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %q", err, row.want)
			}
		})
	}
}

func TestOptionsAreReplacedOrAdded(t *testing.T) {
	for _, row := range []struct{ run, letter, value, want string }{
		{"SMTPGATE -w120 -q180 -md", "w", "15", "SMTPGATE -w15 -q180 -md"},
		{"SMTPGATE -W120", "w", "15", "SMTPGATE -W15"},
		{"SMTPGATE -md", "q", "720", "SMTPGATE -md -q720"},
		{"EXTERNAL -p010", "n", "1", "EXTERNAL -p010 -n1"},
		{"EXTERNAL /N5 -p010", "n", "1", "EXTERNAL /N1 -p010"},
		{"EXTERNAL -p010", "p", "011", "EXTERNAL -p011"},
		{"WAIT -w", "w", "1", "WAIT -w -w1"},
	} {
		if got := withText(row.run, row.letter, row.value); got != row.want {
			t.Errorf("%s with -%s%s: %s, want %s", row.run, row.letter, row.value, got, row.want)
		}
	}
}

// A shorter wait must not shorten the time for which a gateway tries. Q99718
func TestAShorterWaitTriesAsLong(t *testing.T) {
	s := shape(t, "single")
	l := Load{In: 100, Out: 100, Size: 537}
	if err := l.check(s); err != nil {
		t.Fatal(err)
	}
	for want, step := range []string{"GW1 -w60 -q360", "GW1 -w30 -q720", "GW1 -w15 -q1440", "GW1 -w5 -q4320"} {
		next := s.Clone()
		next = shorterWait(next, next.PC("GW1"), &l)
		if got := stepsOf(s, next); len(got) != 1 || got[0] != step {
			t.Fatalf("step %d: %q, want %q", want, got, step)
		}
		s = next
	}
	if next := shorterWait(s, s.PC("GW1"), &l); next != nil {
		t.Errorf("below the last rung: %s", next.PC("GW1").Run)
	}
}

// Applied by hand, line by line, the edits make the file that --write writes.
func TestEditsMakeTheChangedSite(t *testing.T) {
	for _, row := range []struct {
		name  string
		build func(s *site.Site) (*site.Site, []Group, error)
		shape string
	}{
		{"another gateway", func(s *site.Site) (*site.Site, []Group, error) {
			return withGateways(s, []Share{{"COMPANY/SALES", 1, 1}, {"COMPANY/ENGINEER", 1, 1}}, 2)
		}, "single"},
		{"a pair", func(s *site.Site) (*site.Site, []Group, error) {
			return withPairs(s, []Share{{"COMPANY/SALES", 1, 1}, {"COMPANY/HUB", 1, 1}}, 1)
		}, "single"},
		{"more pairs", func(s *site.Site) (*site.Site, []Group, error) {
			return withPairs(s, []Share{{"COMPANY/SALES", 1, 1}, {"COMPANY/LEGAL", 1, 1}, {"COMPANY/FINANCE", 1, 1}}, 3)
		}, "multiple-dedicated"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := complete(shape(t, row.shape))
			if err != nil {
				t.Fatal(err)
			}
			want, _, err := row.build(s)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimRight(string(s.Marshal()), "\n"), "\n")
			list := edits(s, want)
			for i := len(list) - 1; i >= 0; i-- { // from below, so that the numbers hold
				e := &list[i]
				from, to := e.Line-1, e.Line
				switch e.What {
				case "add":
					from = to
				case "remove":
					if strings.Count(e.Path, ".") == 1 && strings.HasPrefix(e.Path, "smtp.") { // a whole block
						for to < len(lines) && strings.HasPrefix(lines[to], "    ") {
							to++
						}
					}
				}
				lines = append(lines[:from], append(append([]string(nil), e.New...), lines[to:]...)...)
			}
			got, err := site.Parse("edited", []byte(strings.Join(lines, "\n")+"\n"))
			if err != nil {
				t.Fatalf("%v\n%s", err, strings.Join(lines, "\n"))
			}
			if d := cmp.Diff(string(want.Marshal()), string(got.Marshal())); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWidenedDrives(t *testing.T) {
	for _, row := range []struct {
		run, drives string
		letter      byte
		want        string
		ok          bool
	}{
		{"EXTERNAL -p010", "", 'P', "EXTERNAL -p010", true},
		{"EXTERNAL -p010 -DMO", "MNO", 'P', "EXTERNAL -p010 -DMP", true},
		{"EXTERNAL -dm -p010", "M", 'N', "EXTERNAL -dmn -p010", true},
		{"EXTERNAL -dmo", "MNO", 'Q', "", false},
		{"EXTERNAL /dmo", "MNO", 'L', "", false},
	} {
		if got, ok := widened(row.run, row.drives, row.letter); got != row.want || ok != row.ok {
			t.Errorf("%s and %c: %q, %v, want %q, %v", row.run, row.letter, got, ok, row.want, row.ok)
		}
	}
}
