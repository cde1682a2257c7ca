package capacity

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/site"
)

var update = flag.Bool("update", false, "rewrite golden files")

// long skips what simulates days.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("some seconds of simulation")
	}
	t.Parallel()
}

func answer(t *testing.T, s *site.Site, l Load, o Options) *Answer {
	t.Helper()
	if o.Jobs == 0 {
		o.Jobs = 2
	}
	a, err := Judge(context.Background(), s, l, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// both is a load of n messages a day of 32 KB, half each way.
func both(n int) Load { return Load{In: n / 2, Out: n / 2, Size: 32 << 10} }

// What a site carries does not follow from how little it is asked for.
func TestASmallLoadIsNoCapacity(t *testing.T) {
	long(t)
	a := answer(t, shape(t, "single"), Load{In: 1, Size: 8192}, Options{})
	if !a.Carries || a.SimulatedPerDay < loadEnough {
		t.Errorf("%s: %d a day, at least %v", a.Verdict, a.SimulatedPerDay, a.AtLeast)
	}
}

// Just below what the site is said to carry the day is carried, just above it
// is not.
func TestNearMisses(t *testing.T) {
	for _, row := range []struct {
		shape string
		start int
	}{{"single", 1000}, {"dedicated", 1000}} {
		t.Run(row.shape, func(t *testing.T) {
			long(t)
			s := shape(t, row.shape)
			j := &judge{ctx: context.Background(), l: both(row.start), sem: make(chan struct{}, 2)}
			if err := j.l.check(s); err != nil {
				t.Fatal(err)
			}
			a := &Answer{}
			limit, err := j.largest(a, s, &Day{Carried: true})
			if err != nil || a.AtLeast || limit == nil {
				t.Fatalf("%+v, %v", a, err)
			}
			for _, near := range []struct {
				factor float64
				want   bool
			}{{0.95, true}, {1.15, false}} {
				l := both(int(float64(a.SimulatedPerDay) * near.factor))
				if err := l.check(s); err != nil {
					t.Fatal(err)
				}
				r, err := simulate(context.Background(), s, &l, dayOf(&l))
				if err != nil {
					t.Fatal(err)
				}
				d := newDay(s, r)
				if d.judge(&l, 0, nil); d.Carried != near.want {
					t.Errorf("%d of %d a day: carried %v: %s; in %+v, out %+v", l.In+l.Out, a.SimulatedPerDay, d.Carried, d.Reason, d.In, d.Out)
				}
			}
		})
	}
}

// The bottleneck follows from what limits, not from the shape's name.
func TestTheBottleneckIsWhereMailPilesUp(t *testing.T) {
	for _, row := range []struct {
		name, shape string
		edit        func(*site.Site)
		load        Load
		want        string
		kind        string
	}{
		{"the sender waits too long", "dedicated", nil, Load{In: 1000, Out: 5000, Size: 537}, "gateway GW2 outbound cycle", kindOutbound},
		{"the receiver is busy", "dedicated", nil, Load{In: 3600, Out: 100, Size: 40 << 10}, "gateway GW1 inbound serving", kindInbound},
		{"EXTERNAL moves 50 a turn", "single", func(s *site.Site) { s.PC("MTA1").Run = "EXTERNAL -p010 -n60" }, Load{In: 2400, Out: 100, Size: 537}, "EXTERNAL MTA1 cycle", kindTransfer},
		{"nobody sends", "single", func(s *site.Site) { s.PC("GW1").Local = []string{"SMTPGATE.EXE", "SMTPPUT.EXE"} }, Load{In: 100, Out: 1000, Size: 537},
			"outbound mail at COMPANY/HUB, from which no PC sends", kindOutbound},
		{"two mailers are off", "single", func(s *site.Site) { s.PC("MTA1").Run = "EXTERNAL -p010 -md" }, Load{In: 1000, Out: 100, Size: 537},
			"inqueue of COMPANY/HUB, where no mailer runs", kindMailer},
		{"two gateways on one postoffice", "dedicated-shared", nil, Load{In: 2000, Out: 2000, Size: 8 << 10}, "SMTPGATE GW1 halted at a prompt", kindHalted},
	} {
		t.Run(row.name, func(t *testing.T) {
			long(t)
			s := shape(t, row.shape)
			if row.edit != nil {
				row.edit(s)
			}
			if err := row.load.check(s); err != nil {
				t.Fatal(err)
			}
			r, err := simulate(context.Background(), s, &row.load, probeOf(&row.load))
			if err != nil {
				t.Fatal(err)
			}
			d := newDay(s, r)
			if d.judge(&row.load, 0, nil); d.Carried {
				t.Fatalf("carried: in %+v, out %+v", d.In, d.Out)
			}
			if b := d.bottleneck(s); b.Name != row.want || b.Kind != row.kind || b.Evidence == "" {
				t.Errorf("%+v, want %s (%s)\n%s", b, row.want, row.kind, d.Reason)
			}
		})
	}
}

// The advice is a site file, and that file carries the load.
func TestTheAdviceCarries(t *testing.T) {
	for _, row := range []struct {
		name, shape string
		load        Load
		kind        string
		golden      string // the text of the answer
	}{
		{"options", "dedicated", Load{In: 100, Out: 1250, Size: 64 << 10}, kindOptions, "dedicated.txt"},
		{"another gateway", "single", Load{In: 1200, Out: 1200, Size: 50 << 10}, kindGateways, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			long(t)
			a := answer(t, shape(t, row.shape), row.load, Options{NoLargest: row.golden == ""})
			golden(t, row.golden, a)
			best := a.best()
			if a.Carries || a.Verdict != No || best == nil || a.Changed == nil {
				t.Fatalf("%s: %s; %+v", a.Verdict, a.Reason, a.Advice)
			}
			if best.Kind != row.kind || len(best.Edits) == 0 || len(best.Days) != 3 {
				t.Errorf("%+v", best)
			}
			for _, x := range a.Advice {
				if x.Carries != (x.changed != nil) || x.Why == "" {
					t.Errorf("%+v", x)
				}
			}
			changed, err := site.Parse("changed.yaml", a.Changed.Marshal())
			if err != nil {
				t.Fatal(err)
			}
			again := answer(t, changed, row.load, Options{NoAdvice: true, NoLargest: true})
			if !again.Carries || again.Verdict != Yes {
				t.Errorf("the changed site: %s: %s", again.Verdict, again.Reason)
			}
			for i, d := range again.Days {
				if d.In.DelaySeconds != best.Days[i].In || d.Out.DelaySeconds != best.Days[i].Out {
					t.Errorf("%s: %+v, the advice said %+v", d.Name, d, best.Days[i])
				}
			}
		})
	}
}

func golden(t *testing.T, name string, a *Answer) {
	t.Helper()
	if name == "" {
		return
	}
	a.Repeat = "gwcheck capacity dedicated --in 100 --out 1250 --size 64k"
	var b bytes.Buffer
	if err := a.Text(&b); err != nil {
		t.Fatal(err)
	}
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), b.String()); d != "" {
		t.Errorf("run with -update if this is meant:\n%s", d)
	}
}

// An outage longer than a gateway tries sends mail to OUTBAD.API; the advice is a
// higher -Q. Q99718, Q129239
func TestAnOutageThatIsTooLongForTheAttempts(t *testing.T) {
	long(t)
	s := shape(t, "single")
	s.PC("GW1").Run = "SMTPGATE -w60 -q30 -md -cd -lacsy -p001"
	a := answer(t, s, Load{In: 300, Out: 300, Size: 537}, Options{Outage: 2 * time.Hour, NoLargest: true})
	if a.Verdict != No || !strings.Contains(a.Reason, "OUTBAD.API") || a.Measured.Kind != kindGivenUp {
		t.Fatalf("%s: %s; %+v", a.Verdict, a.Reason, a.Measured)
	}
	best := a.best()
	if best == nil || best.Change != "GW1 -q360" {
		t.Fatalf("%+v", a.Advice)
	}
	if got := a.Changed.PC("GW1").Run; got != "SMTPGATE -w60 -q360 -md -cd -lacsy -p001" {
		t.Error(got)
	}
}

// Jobs change the time that it takes and nothing else.
func TestTheAnswerIsDeterministic(t *testing.T) {
	long(t)
	text := func(jobs int) string {
		s := shape(t, "single")
		s.PC("GW1").Run = "SMTPGATE -w60 -q30 -md -cd -lacsy -p001"
		a := answer(t, s, Load{In: 200, Out: 200, Size: 537, Arrivals: "poisson", Seed: 7}, Options{Jobs: jobs, NoLargest: true})
		a.Runs = 0 // plans that were given up midway count
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	a, b := text(1), text(3)
	if a != b {
		t.Errorf("with 1 job\n%.3000s\nwith 3\n%.3000s", a, b)
	}
	if !strings.Contains(a, `"change":"GW1 -q360"`) {
		t.Errorf("no advice was found: %.3000s", a)
	}
}

func TestALimitOnDelaysIsALimit(t *testing.T) {
	long(t)
	l := Load{In: 200, Out: 200, Size: 537}
	if err := l.check(shape(t, "single")); err != nil {
		t.Fatal(err)
	}
	r, err := simulate(context.Background(), shape(t, "single"), &l, dayOf(&l))
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[time.Duration]bool{0: true, time.Minute: false, time.Hour: true} {
		d := newDay(shape(t, "single"), r)
		if d.judge(&l, limit, nil); d.Carried != want {
			t.Errorf("limit %v: carried %v: %s", limit, d.Carried, d.Reason)
		}
	}
}

func TestABudgetThatRunsOutIsUnknown(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	a, err := Judge(ctx, shape(t, "single"), Load{In: 5000, Out: 5000, Size: 537}, Options{})
	if err != nil || a.Verdict != Unknown || a.Carries || a.Reason != "the time for it was used up" {
		t.Fatalf("%+v, %v", a, err)
	}
	var b bytes.Buffer
	if err := a.Text(&b); err != nil || !strings.Contains(b.String(), "UNKNOWN: the time for it was used up") || !strings.Contains(b.String(), "arithmetic") {
		t.Errorf("%v\n%s", err, b.String())
	}
	if err := a.HTML(&b); err != nil {
		t.Error(err)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	for _, row := range []struct {
		name string
		o    Options
		want string
	}{
		{"peak below the average", Options{PeakShare: 0.01}, "cannot take a peak hour"},
		{"peak above all", Options{PeakShare: 1.5}, "cannot take a peak hour"},
		{"no outage", Options{Outage: time.Second}, "cannot take an outage"},
		{"delay", Options{MaxDelay: -1}, "cannot take a limit"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := Judge(context.Background(), shape(t, "single"), both(10), row.o); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %q", err, row.want)
			}
		})
	}
}

// A site that was built by hand has no lines, and its edits say where by path.
func TestASiteBuiltByHand(t *testing.T) {
	long(t)
	s := shape(t, "single")
	s.Name, s.Positions = "deploy.yaml", nil
	s.PC("GW1").Run = "SMTPGATE -w60 -q30 -md -cd -lacsy -p001"
	s.PC("MTA1").Path = nil // completed
	a := answer(t, s, Load{In: 100, Out: 100, Size: 537}, Options{Outage: 2 * time.Hour, NoLargest: true})
	best := a.best()
	if best == nil {
		t.Fatalf("%s: %+v", a.Reason, a.Advice)
	}
	want := []string{"deploy.yaml: change pcs[0].run", "    run: SMTPGATE -w60 -q360 -md -cd -lacsy -p001"}
	if d := cmp.Diff(want, best.editText(a.Shape)); d != "" {
		t.Error(d)
	}
}

// Growth is that of a line: what comes in turns is none.
func TestSlope(t *testing.T) {
	at := make([]time.Duration, 200)
	teeth, grows := make([]int, 200), make([]int, 200)
	for i := range at {
		at[i] = time.Duration(i) * 5 * time.Minute
		teeth[i], grows[i] = i%7*10, i
	}
	if got := slope(at, teeth); got > 10 || got < -10 {
		t.Errorf("a saw grows by %v a day", got)
	}
	if got := slope(at, grows); got < 287.9 || got > 288.1 {
		t.Errorf("one in five minutes is %v a day", got)
	}
	if got := slope(at[:1], grows[:1]); got != 0 {
		t.Errorf("one point grows by %v", got)
	}
}

func TestSpark(t *testing.T) {
	for _, row := range []struct {
		counts []int
		width  int
		want   string
	}{
		{[]int{0, 1, 2, 3, 4, 5, 6, 7, 8}, 9, " ▁▂▃▄▅▆▇█"},
		{[]int{0, 8, 0, 0, 0, 0}, 3, "█  "},
		{[]int{4, 2}, 4, "██▄▄"},
		{[]int{0, 0}, 2, "  "},
		{nil, 3, "   "},
	} {
		if got := spark(row.counts, row.width); got != row.want {
			t.Errorf("%v: %q, want %q", row.counts, got, row.want)
		}
	}
}

// What a site file can say must not become markup.
func TestThePageEscapes(t *testing.T) {
	const evil = `<script>alert("x")</script>`
	a := &Answer{Shape: evil, Verdict: No, Reason: evil, Bottleneck: evil, Measured: Bottleneck{Name: evil, Evidence: evil}, Repeat: evil,
		Shares: []Share{{Postoffice: evil}}, Arithmetic: Arithmetic{Gateways: []Gateway{{PC: evil, Role: evil}}, Nowhere: []string{evil}, Class: evil},
		Advice: []Advice{{Kind: kindGateways, Change: evil, Steps: []string{evil}, Carries: true, Why: evil, Groups: []Group{{evil, []string{evil}, 1, 1}},
			Edits: []Edit{{evil, 1, "change", evil, evil, []string{evil, evil}}}}},
		Days: []*Day{{Name: evil, What: evil, Reason: evil, Stages: []Stage{{Name: evil}}, PCs: []PCUse{{PC: evil, Program: evil, Halted: evil}},
			Series: Series{AtSeconds: []float64{0, 60}, In: []int{1, 2}, Out: []int{3, 4}, Stages: [][]int{{5, 6}}, DelayIn: []float64{-1, 2}, DelayOut: []float64{3, -1}}}}}
	var b bytes.Buffer
	if err := a.HTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if strings.Contains(page, "<script") || strings.Contains(page, `alert("x")`) {
		t.Error("the page has markup of the site")
	}
	if n := strings.Count(page, "&lt;script&gt;"); n < 20 {
		t.Errorf("%d texts arrived", n)
	}
	for _, part := range []string{"<svg viewBox=\"0 0 760 220\"", "<polyline class=\"l0\"", "default-src 'none'"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	for _, part := range []string{"http:", "https:", "src="} {
		if strings.Contains(page, part) {
			t.Errorf("the page loads something: %s", part)
		}
	}
}
