package trial

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator"
)

func byTheClock(t *testing.T, c TimedConfig) *Timed {
	t.Helper()
	r, err := ByTheClock(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// On one postoffice it is a matter of hours, whoever sits at the PCs; on
// postoffices of their own days bring nothing. Q132060
func TestByTheClockOnlyTheSharedPostofficeHalts(t *testing.T) {
	c := TimedConfig{Site: shape(t, "dedicated-shared"), Seeds: part(8), In: 2000, Out: 2000, Days: 2, Operator: emulator.OperatorRetry, Workers: 2}
	r := byTheClock(t, c)
	if r.Halt.Count != c.Seeds || r.Verdict != "fail" || !r.Broken() || r.Contacts != c.Seeds {
		t.Errorf("%+v", r)
	}
	if *r.Halt.Min > *r.Halt.Median || *r.Halt.Median > *r.Halt.Max || *r.FirstPrompt.Min > *r.Halt.Min || *r.Halt.Max > 6*60*60 {
		t.Errorf("times are out of order: %v", r)
	}
	if testing.Short() { // days without a halt take the race detector a minute
		return
	}
	c.Operator, c.Seeds, c.In, c.Out = emulator.OperatorNobody, 2, 500, 500
	if r := byTheClock(t, c); r.FirstPrompt.Count != c.Seeds || !r.Broken() {
		t.Errorf("nobody comes: %+v", r)
	} else if r.VirtualDays > 1.5*float64(c.Seeds) {
		t.Errorf("runs go on for %v days after a prompt that nobody answers", r.VirtualDays)
	}
	c.Site, c.Days, c.Operator = shape(t, "dedicated"), 2, emulator.OperatorRetry
	if r := byTheClock(t, c); r.FirstPrompt.Count > 0 || r.Halt.Count > 0 || r.Halt.Min != nil || r.Verdict != "pass" || r.VirtualDays != 4 {
		t.Errorf("a postoffice each: %+v", r)
	}
}

// As in a search: where gateways share a postoffice and never met nothing was
// tried; where the layout keeps them apart they need not.
func TestTimedRunsWithoutAContactAreUnknown(t *testing.T) {
	for _, row := range []struct {
		site string
		pcs  []string
		want string
	}{
		{"dedicated-shared", nil, "unknown"},
		{"dedicated-shared", []string{"GW1", "MTA1"}, "pass"},
		{"dedicated", nil, "pass"},
		{"single", nil, "pass"},
	} {
		r := byTheClock(t, TimedConfig{Site: shape(t, row.site), PCs: row.pcs, Seeds: 3, In: 1, Out: 1, Days: 1, Operator: emulator.OperatorRetry})
		if r.Verdict != row.want || r.Contacts > 0 || (r.Reason != "") != (row.want == "unknown") {
			t.Errorf("%s %v: %s %s, %d contacts", row.site, row.pcs, r.Verdict, r.Reason, r.Contacts)
		}
		var b bytes.Buffer
		if err := r.Text(&b); err != nil || !strings.Contains(b.String(), "first prompt  in none of 3 within 1 day\n") || strings.Contains(b.String(), "not in") {
			t.Errorf("%v\n%s", err, b.String())
		}
	}
}

func TestTimedRunsDoNotDependOnTheWorkers(t *testing.T) {
	figures := func(workers int) string {
		r := byTheClock(t, TimedConfig{Site: shape(t, "dedicated-shared"), Seeds: 4, Seed: 9, In: 2000, Out: 2000, Days: 1, Operator: emulator.OperatorRetry, Workers: workers})
		r.Wall, r.Rate = 0, 0
		var b bytes.Buffer
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	one := figures(1)
	if d := cmp.Diff(one, figures(2)); d != "" {
		t.Errorf("one worker and two:\n%s", d)
	}
	if !strings.Contains(one, `"seed": 12`) {
		t.Errorf("seeds do not follow one another:\n%s", one)
	}
}

func TestTimedRunsThatMakeNoSenseAreRefused(t *testing.T) {
	good := TimedConfig{Site: shape(t, "single"), Seeds: 1, In: 1, Out: 1, Days: 1}
	for name, change := range map[string]func(*TimedConfig){
		"no seed":            func(c *TimedConfig) { c.Seeds = 0 },
		"no load":            func(c *TimedConfig) { c.In, c.Out = 0, 0 },
		"no day":             func(c *TimedConfig) { c.Days = 0 },
		"a century":          func(c *TimedConfig) { c.Days = daysMax + 1 },
		"less than no load":  func(c *TimedConfig) { c.In = -1 },
		"too much load":      func(c *TimedConfig) { c.Out = perDayMax + 1 },
		"bad fault":          func(c *TimedConfig) { c.Faults = []string{"nonsense"} },
		"no such PC":         func(c *TimedConfig) { c.PCs = []string{"GW1", "GW7"} },
		"the gateway is off": func(c *TimedConfig) { c.PCs = []string{"MTA1"} },
		"bad arrivals":       func(c *TimedConfig) { c.Arrivals = "late" },
		"bad operator":       func(c *TimedConfig) { c.Operator = "bob" },
		"nobody's site":      func(c *TimedConfig) { c.Site = c.Site.Clone(); c.Site.PCs = c.Site.PCs[1:] },
		"negative seeds":     func(c *TimedConfig) { c.Seeds = -1 },
	} {
		c := good
		change(&c)
		if _, err := ByTheClock(t.Context(), c); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	byTheClock(t, good)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ByTheClock(ctx, good); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestInterruptedTimedRunsKeepWhatIsOver(t *testing.T) {
	for site, want := range map[string]string{"dedicated-shared": "fail", "single": "unknown"} {
		ctx, cancel := context.WithCancel(t.Context())
		c := TimedConfig{Site: shape(t, site), Seeds: 50, In: 500, Out: 500, Days: 1, Operator: emulator.OperatorRetry, Progress: func(done int) {
			if done == 2 {
				cancel()
			}
		}}
		r, err := ByTheClock(ctx, c)
		if err != nil || r.Verdict != want || r.Seeds != 2 || len(r.Runs) != 2 || r.Runs[1].Seed != 1 {
			t.Errorf("%s: %v %+v", site, err, r)
		} else if want == "unknown" && !strings.HasPrefix(r.Reason, "interrupted after 2 of 50 seeds") {
			t.Error(r.Reason)
		}
	}
}

func TestTimesThatDidNotComeAreTheLatest(t *testing.T) {
	s := func(x float64) *Seconds { v := Seconds(x); return &v }
	for _, row := range []struct {
		name string
		in   []*Seconds
		want Until
	}{
		{"none", []*Seconds{nil, nil}, Until{}},
		{"all", []*Seconds{s(3), s(1), s(2)}, Until{3, s(1), s(2), s(3)}},
		{"most", []*Seconds{nil, s(2), s(1)}, Until{2, s(1), s(2), nil}},
		{"few", []*Seconds{nil, s(2), nil}, Until{1, s(2), nil, nil}},
	} {
		if d := cmp.Diff(row.want, until(row.in)); d != "" {
			t.Errorf("%s:\n%s", row.name, d)
		}
	}
}

func TestWhichGatewaysHaltTogether(t *testing.T) {
	for name, want := range map[string][][]string{
		"dedicated-shared": {{"GW1", "GW2"}},
		"dedicated":        {{"GW1", "GW2"}},
		"single":           {{"GW1"}},
	} {
		if d := cmp.Diff(want, together(shape(t, name))); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
	s := shape(t, "multiple-dedicated")
	for i := range s.PCs[0].Drives {
		if s.PCs[0].Drives[i].Letter == 'M' {
			s.PCs[0].Drives[i].Postoffice = s.Drive("GW2", 'M')
		}
	}
	if d := cmp.Diff([][]string{{"GW1", "GW2"}}, together(s)); d != "" {
		t.Errorf("two of four share one:\n%s", d)
	}
}
