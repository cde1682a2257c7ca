package capacity

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/site"
)

// The tables of Q137043: 537 bytes, a cycle of -W seconds.
func TestTheTablesOfTheArticle(t *testing.T) {
	for _, row := range []struct {
		name                     string
		wait                     int
		whole, only, printed, in int
	}{
		{"default", 120, 4320, 3840, 1800, 34560},
		{"shortest", 15, 34560, 17280, 14400, 34560},
		{"longest", 600, 864, 842, 360, 34560},
	} {
		t.Run(row.name, func(t *testing.T) {
			g := Gateway{Role: RoleBoth, WaitSeconds: row.wait, Seconds: secondsFor(537)}
			g.reckon()
			have := [4]int{g.OutWholeCycle, g.OutWaitOnly, g.OutPrinted, g.InPerDay}
			if want := [4]int{row.whole, row.only, row.printed, row.in}; have != want {
				t.Errorf("whole cycle, wait only, printed, in: %v, want %v", have, want)
			}
		})
	}
}

func TestTheTimeOfAMessage(t *testing.T) {
	for size, want := range map[int]float64{537: 2.5, 8192: 8.64} { // Q137043; Q132060, Q134339
		if got := secondsFor(size); math.Abs(got-want) > 1e-9 {
			t.Errorf("%d bytes: %v s, want %v", size, got, want)
		}
	}
}

func TestAGatewayHasTheMailOfItsPostoffices(t *testing.T) {
	for _, row := range []struct {
		shape string
		want  []string // PC, role, declared in and out
	}{
		{"single", []string{"GW1 both 600 300"}},
		{"multiple", []string{"GW1 both 360 180", "GW2 both 240 120"}},
		{"dedicated", []string{"GW1 receive 600 0", "GW2 send 0 300"}},
		{"dedicated-shared", []string{"GW1 receive 600 0", "GW2 send 0 300"}},
		{"multiple-dedicated", []string{"GW1 receive 300 0", "GW2 send 0 150", "GW3 receive 300 0", "GW4 send 0 150"}},
	} {
		t.Run(row.shape, func(t *testing.T) {
			s := shape(t, row.shape)
			l := Load{In: 600, Out: 300, Size: 537}
			if err := l.check(s); err != nil {
				t.Fatal(err)
			}
			a := reckon(s, &l)
			var have []string
			for _, g := range a.Gateways {
				have = append(have, strings.Join([]string{g.PC, string(g.Role), itoa(g.In), itoa(g.Out)}, " "))
			}
			if d := cmp.Diff(row.want, have); d != "" || len(a.Nowhere) > 0 {
				t.Errorf("%s%v", d, a.Nowhere)
			}
		})
	}
}

func TestMailThatNobodyTakesIsNamed(t *testing.T) {
	s := shape(t, "single")
	s.PC("GW1").Local = []string{"SMTPGATE.EXE", "SMTPPUT.EXE"} // it cannot send
	s.SmartHosts[0].Routes = s.SmartHosts[0].Routes[:2]         // without sales.company.com
	l := Load{In: 300, Out: 300, Size: 537}
	if err := l.check(s); err != nil {
		t.Fatal(err)
	}
	a := reckon(s, &l)
	want := []string{"100 a day from COMPANY/HUB", "100 a day for COMPANY/SALES", "100 a day from COMPANY/SALES", "100 a day from COMPANY/ENGINEER"}
	if d := cmp.Diff(want, a.Nowhere); d != "" || a.WholeCycle != 0 {
		t.Errorf("%s%d a day", d, a.WholeCycle)
	}
}

func TestVolumes(t *testing.T) {
	for _, row := range []struct {
		word string
		want Share
		err  string
	}{
		{"COMPANY/SALES=400", Share{"COMPANY/SALES", 400, 400}, ""},
		{"COMPANY/SALES=400/0", Share{"COMPANY/SALES", 400, 0}, ""},
		{"COMPANY/SALES", Share{}, "want NETWORK/POSTOFFICE=N"},
		{"SALES=4", Share{}, "want NETWORK/POSTOFFICE=N"},
		{"COMPANY/SALES=-4", Share{}, "want NETWORK/POSTOFFICE=N"},
		{"COMPANY/SALES=4/", Share{}, "want NETWORK/POSTOFFICE=N"},
		{"COMPANY/SALES=99999999", Share{}, "numbers up to 1000000"},
		{"COMPANY/SALES=1000001", Share{}, "numbers up to 1000000"},
	} {
		t.Run(row.word, func(t *testing.T) {
			list, err := ParseShares([]string{row.word})
			switch {
			case row.err != "":
				if err == nil || !strings.Contains(err.Error(), row.err) {
					t.Errorf("error %v, want %q", err, row.err)
				}
			case err != nil || list[0] != row.want:
				t.Errorf("%v, %v, want %v", list, err, row.want)
			}
		})
	}
	if _, err := ParseShares([]string{"A/B=1", "a/b=2"}); err == nil {
		t.Error("two volumes of one postoffice are taken")
	}
}

func TestLoadsThatCannotBe(t *testing.T) {
	for _, row := range []struct {
		name string
		load Load
		want string
	}{
		{"nothing", Load{Size: 1}, "want some"},
		{"below zero", Load{In: -1, Out: 5, Size: 1}, "want some"},
		{"too much", Load{In: 1_000_000, Out: 1, Size: 1}, "want at most 1000000"},
		{"no size", Load{In: 1}, "messages of 0 bytes"},
		{"arrivals", Load{In: 1, Size: 1, Arrivals: "never"}, `unknown arrivals "never"`},
		{"unknown postoffice", Load{In: 1, Size: 1, Shares: []Share{{"COMPANY/MARS", 1, 1}}}, `"COMPANY/MARS": the site has none`},
		{"nobody gets", Load{In: 1, Size: 1, Shares: []Share{{"COMPANY/SALES", 0, 1}}}, "add up to 0 in and 1 out"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := row.load.check(shape(t, "single")); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %q", err, row.want)
			}
		})
	}
}

// Users of gateway postoffices that only ADMIN and POSTMASTER work on have no
// mail; and the parts add up to the whole.
func TestTheLoadIsDividedByUsers(t *testing.T) {
	l := Load{In: 500, Out: 100, Size: 1}
	if err := l.check(shape(t, "single")); err != nil {
		t.Fatal(err)
	}
	want := []Share{{"COMPANY/HUB", 166, 33}, {"COMPANY/SALES", 167, 33}, {"COMPANY/ENGINEER", 167, 34}}
	if d := cmp.Diff(want, l.perDay()); d != "" {
		t.Error(d)
	}
	l = Load{In: 500, Out: 100, Size: 1}
	if err := l.check(shape(t, "dedicated")); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Share{{"COMPANY/SALES", 250, 50}, {"COMPANY/ENGINEER", 250, 50}}, l.perDay()); d != "" {
		t.Error(d)
	}
}

func shape(t testing.TB, name string) *site.Site {
	t.Helper()
	s, err := site.Shape(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func itoa(n int) string {
	if n == 0 {
		return "0"
	}
	return count(n)
}
