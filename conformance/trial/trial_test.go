package trial

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/conformance/explore"
	"gwkit/conformance/invariant"
	"gwkit/emulator"
	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
)

// part is n, or less of it in a short run: the race detector makes each switch
// between processes twenty times as expensive.
func part(n int) int {
	if testing.Short() {
		return n / 8
	}
	return n
}

func shape(t *testing.T, name string) *site.Site {
	t.Helper()
	s, err := site.Shape(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func campaign(t *testing.T, c Config) *Answer {
	t.Helper()
	a, err := Explore(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Two gateways on one postoffice come to wait for a file of each other; nothing
// in the programs knows that. Q132060
func TestTheSharedPostofficeEndsInADeadlock(t *testing.T) {
	c := Config{Site: shape(t, "dedicated-shared"), Search: explore.Config{Schedules: part(400), Workers: 2, Check: 20}, Shrink: 3000}
	a := campaign(t, c)
	if a.Verdict != invariant.Fail || len(a.Findings) == 0 || a.Findings[0].Invariant != "no_deadlock" {
		t.Fatalf("verdict %v, findings %v", a.Verdict, a.Findings)
	}
	if a.Result.Checks.Done == 0 || a.Result.Checks.Mismatched > 0 {
		t.Errorf("repeated runs: %+v", a.Result.Checks)
	}
	f := a.Findings[0]
	if len(f.Cycle) != 2 || f.Cycle[0].PC == f.Cycle[1].PC || !strings.HasPrefix(f.Cycle[0].HeldBy, f.Cycle[1].PC+"/") {
		t.Errorf("the cycle is %+v", f.Cycle)
	}
	if n := len(f.Schedule.Steps); n == 0 || n > 4 || f.Schedule.In+f.Schedule.Out != 1 {
		t.Errorf("the schedule is not small:\n%s", f.Schedule.Marshal())
	}

	// The text of the schedule alone repeats it.
	sc, err := schedule.Parse("saved", f.Schedule.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	r, err := Replay(c.Site, sc, emulator.TrialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.Violates("no_deadlock")) == 0 {
		t.Error("the saved schedule does not repeat the deadlock")
	}
	if got := r.Findings(sc); len(got) == 0 || got[0].Invariant != "no_deadlock" {
		t.Errorf("findings of the replay: %v", got)
	}

	// Nothing less than a reboot of both lets mail flow both ways, and that does.
	ways, err := c.WaysOut(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range ways {
		if all := strings.Contains(w.Name, " and "); (w.In && w.Out) != all {
			t.Errorf("%s: inbound %v, outbound %v", w.Name, w.In, w.Out)
		}
	}
	var report, page bytes.Buffer
	if err := c.Report(&report, f); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"each waits for a file that the next holds", "Abort, Retry, Fail?", "reboot GW", "Q132060 asks for a reboot of both gateways"} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, report.String())
		}
	}
	if err := c.Timeline(&page, f); err != nil || !strings.Contains(page.String(), "wait cycle") {
		t.Errorf("the page does not show the cycle: %v", err)
	}
}

// The same search on a postoffice each, and what a near miss looks like: both
// PCs on one postoffice, but one message and a schedule that interrupts nobody.
func TestTheRecommendedLayoutsHold(t *testing.T) {
	for _, name := range []string{"single", "multiple", "dedicated", "multiple-dedicated"} {
		a := campaign(t, Config{Site: shape(t, name), Trial: Options{In: 2, Out: 2}, Search: explore.Config{Schedules: part(150), Workers: 2}})
		if a.Verdict != invariant.Pass {
			t.Errorf("%s: %v %s %v", name, a.Verdict, a.Reason, a.Result.Violations)
		}
		a = campaign(t, Config{Site: shape(t, name), Search: explore.Config{Strategy: explore.Exhaustive, Preemptions: 1}})
		if a.Verdict != invariant.Pass || !a.Result.Complete {
			t.Errorf("%s, all schedules: %v %s, complete %v %s", name, a.Verdict, a.Reason, a.Result.Complete, a.Result.Missing)
		}
	}
	x, err := New(shape(t, "dedicated-shared"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if o := x.Run(schedule.Default{}); len(o.Violations) > 0 || o.Err != nil {
		t.Errorf("an undisturbed run breaks %v, %v", o.Violations, o.Err)
	}
}

func TestTheAnswerDoesNotDependOnTheWorkers(t *testing.T) {
	result := func(workers int) *explore.Result {
		a := campaign(t, Config{Site: shape(t, "dedicated-shared"), Search: explore.Config{Schedules: part(300), Workers: workers, Seed: 7}})
		a.Result.Wall, a.Result.Rate, a.Result.First.Wall = 0, 0, 0
		return a.Result
	}
	var one, two bytes.Buffer
	if err := result(1).Write(&one); err != nil {
		t.Fatal(err)
	}
	if err := result(2).Write(&two); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(one.String(), two.String()); d != "" {
		t.Errorf("one worker and two:\n%s", d)
	}
}

func TestACampaignThatSawNothingIsUnknown(t *testing.T) {
	met := []explore.Condition{{Name: "together", Count: 1}}
	for _, row := range []struct {
		name   string
		r      explore.Result
		shared bool
		want   invariant.Verdict
	}{
		{"no schedule", explore.Result{}, false, invariant.Unknown},
		{"never together", explore.Result{Schedules: 10}, true, invariant.Unknown},
		{"together", explore.Result{Schedules: 10, Sometimes: met}, true, invariant.Pass},
		{"a postoffice each", explore.Result{Schedules: 10}, false, invariant.Pass},
		{"does not repeat itself", explore.Result{Schedules: 10, Sometimes: met, Checks: explore.Checks{Done: 5, Mismatched: 1}}, true, invariant.Unknown},
		{"one run cut short", explore.Result{Schedules: 10, Sometimes: met, Statistics: explore.Statistics{Bounds: []explore.Bounded{{Bound: "rounds", Count: 1}}}}, true, invariant.Unknown},
		{"only step bounds", explore.Result{Schedules: 10, Sometimes: met, Statistics: explore.Statistics{Bounds: []explore.Bounded{{Bound: "steps", Count: 10}}}}, true, invariant.Unknown},
		{"a shard is missing", explore.Result{Schedules: 10, Sometimes: met, NoShards: []string{"2/2"}}, true, invariant.Unknown},
		{"a shard is missing, and broken", explore.Result{Schedules: 10, Violations: []explore.Found{{}}, NoShards: []string{"2/2"}}, true, invariant.Fail},
		{"interrupted", explore.Result{Schedules: 10, Sometimes: met, Stopped: explore.Cancelled}, true, invariant.Unknown},
		{"broken", explore.Result{Schedules: 10, Violations: []explore.Found{{}}}, true, invariant.Fail},
	} {
		row.r.MustMeet = row.shared
		if got, why := Judge(&row.r); got != row.want {
			t.Errorf("%s: %v (%s), want %v", row.name, got, why, row.want)
		}
	}
	share := func(name string, pcs ...string) bool { return Share(shape(t, name), pcs) }
	if !share("dedicated-shared", "GW1", "gw2") || share("dedicated-shared", "GW1", "MTA1") || share("dedicated", "GW1", "GW2") || share("multiple", "GW1", "GW2") {
		t.Error("which gateways share a postoffice is wrong")
	}
}

func TestAMismatchIsToldFromOne(t *testing.T) {
	r := &explore.Result{Schedules: 100, Checks: explore.Checks{Done: 3, Mismatched: 3, Mismatches: []explore.Mismatch{
		{Index: 9, Decision: 3, Was: "GW1/SMTPGATE open A", Is: "GW2/SMTPGET close B"}, {Index: 19, Decision: 7, Was: "GW1/SMTPGATE open A"}, {Index: 29}}}}
	var b bytes.Buffer
	if err := Judged(r).Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{" schedule 10 first differs at decision 3: GW1/SMTPGATE open A; when repeated GW2/SMTPGET close B\n",
		" schedule 20 first differs at decision 7: GW1/SMTPGATE open A; when repeated it was over\n",
		" schedule 30 made the same decisions and ended in another way\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestAScheduleThatDoesNotFitIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"let GW1 until remove COMPANY/HUB:\\SMTP\\NOFILE.X\n": "step 1",
		"let GW9 until open COMPANY/HUB:\\SMTP\\X\n":          "GW9 cannot run",
	} {
		sc, err := schedule.Parse("s", []byte("gwkit schedule 1\nsite dedicated-shared\nmessages 0 in 1 out\npcs GW1 GW2\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		r, err := Replay(shape(t, "dedicated-shared"), sc, Options{})
		if err == nil {
			r.Close()
			t.Errorf("%s: it fits", text)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// What no steps lead to is kept as choices, and their text alone repeats it.
func TestAFindingWithoutStepsCanBeRepeated(t *testing.T) {
	c := Config{Site: shape(t, "dedicated-shared"), Trial: Options{Operator: emulator.OperatorNobody}, Search: explore.Config{Schedules: 200, Workers: 2}}
	a := campaign(t, c) // nothing looks for steps
	if len(a.Findings) < 2 {
		t.Fatalf("findings %v", a.Findings)
	}
	for _, f := range a.Findings {
		if f.Schedule.Steps != nil || f.Schedule.Choices == nil {
			t.Errorf("%s: steps %v, choices %v", f.Invariant, f.Schedule.Steps, f.Schedule.Choices)
		}
		sc, err := schedule.Parse("saved", f.Schedule.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		r, err := Replay(c.Site, sc, emulator.TrialOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Violates(f.Invariant)) == 0 {
			t.Errorf("the choices do not repeat %s:\n%s", f.Invariant, f.Schedule.Marshal())
		}
		for _, again := range r.Findings(sc) {
			if again.Schedule.Steps != nil || again.Schedule.Choices == nil {
				t.Errorf("%s of the replay: steps %v, choices %v", again.Invariant, again.Schedule.Steps, again.Schedule.Choices)
			}
		}
		r.Close()
		if !strings.Contains(string(f.Script("")), "\nchoices ") {
			t.Errorf("the script has no choices:\n%s", f.Script(""))
		}
		sc.Choices = append(sc.Choices, 999)
		if r, err := Replay(c.Site, sc, emulator.TrialOptions{}); err == nil {
			r.Close()
			t.Error("choices that do not fit are accepted")
		}
	}
	sc := a.Findings[0].Schedule
	d, err := Doom(t.Context(), c.Site, &sc, Options{}, 3, 10, 1, 1)
	if err != nil || d.Points[len(d.Points)-1].Share != 1 {
		t.Errorf("%v %+v", err, d)
	}
}

// What a search finds reads as a handful of steps, whatever the seed. No steps of
// the PCs lead to the duplicates of seeds 0, 1 and 5 as they were found: a host
// matters, or steps that wait for each other.
func TestFindingsReadAsSteps(t *testing.T) {
	for seed := range uint64(part(8)) {
		a := campaign(t, Config{Site: shape(t, "dedicated-shared"), Search: explore.Config{Schedules: 2000, Workers: 2, Seed: seed}, Shrink: 5000})
		if len(a.Findings) < 3 {
			t.Errorf("seed %d: findings %v", seed, a.Findings)
		}
		for _, f := range a.Findings {
			if n := len(f.Schedule.Steps); n < 1 || n > 2 {
				t.Errorf("seed %d, %s:\n%s", seed, f.Invariant, f.Schedule.Marshal())
			}
		}
	}
}

// What is broken without any interruption says so, with and without shrinking.
func TestAFailingDefaultInterruptsNobody(t *testing.T) {
	for _, runs := range []int{0, 500} {
		c := Config{Site: shape(t, "dedicated"), Trial: Options{PCs: []string{"GW1"}, Out: 1}, Search: explore.Config{Schedules: 20}, Shrink: runs}
		a := campaign(t, c)
		if len(a.Findings) != 1 {
			t.Fatalf("findings %v", a.Findings)
		}
		var b bytes.Buffer
		if err := c.Report(&b, a.Findings[0]); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "\nschedule\n  nobody is interrupted\n") || strings.Contains(b.String(), "choices") {
			t.Errorf("shrunk by %d runs:\n%s", runs, b.String())
		}
	}
}

// Where nobody answers, one PC at its prompt is broken without a circle, and is
// told even when other schedules end in one. So is mail that stands still.
func TestAPromptWithoutACircleIsAFinding(t *testing.T) {
	c := Config{Site: shape(t, "dedicated-shared"), Trial: Options{Operator: emulator.OperatorNobody}, Search: explore.Config{Schedules: 300, Workers: 2}, Shrink: 500}
	a := campaign(t, c)
	if a.Result.Find("no_deadlock") == nil {
		t.Fatal("no schedule ends in a circle: this shows nothing")
	}
	told := 0
	for _, f := range a.Findings {
		if f.Invariant != "no_prompt_forever" {
			continue
		}
		told++
		if len(f.Cycle) > 0 || !strings.Contains(f.Text, "waits for") || strings.Contains(f.Text, "deadlock") {
			t.Errorf("cycle %v, %s", f.Cycle, f.Text)
		}
		r, err := c.Replay(f)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Violates("no_deadlock")) > 0 || len(r.Violates("no_prompt_forever")) == 0 {
			t.Errorf("its schedule shows something else:\n%s", f.Schedule.Marshal())
		}
		r.Close()
	}
	if told != 1 {
		t.Errorf("%d findings of no_prompt_forever", told)
	}
	for _, v := range a.Result.Violations {
		want := ""
		switch {
		case v.Invariant == "no_prompt_forever" && v.Signature == invariant.OfDeadlock:
			want = "no_deadlock"
		case v.Invariant == "progress" && v.Follows != "no_deadlock":
			want = "no_prompt_forever"
		case v.Invariant == "progress":
			want = "no_deadlock"
		}
		if v.Follows != want {
			t.Errorf("%s (%s) follows %q, want %q", v.Invariant, v.Signature, v.Follows, want)
		}
	}
	// Only gateways that are off keep mail from moving: nothing else tells it.
	a = campaign(t, Config{Site: shape(t, "dedicated"), Trial: Options{PCs: []string{"GW1"}, Out: 1}, Search: explore.Config{Schedules: 20}})
	if len(a.Findings) != 1 || a.Findings[0].Invariant != "progress" {
		t.Errorf("findings %v of %v", a.Findings, a.Result.Violations)
	}
}

func TestACancelledCampaignKeepsWhatItFound(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := Config{Site: shape(t, "dedicated-shared"), Search: explore.Config{Workers: 1, MaxTime: time.Minute}, Shrink: 3000}
	var told []string
	c.OnFound = func(f *Finding) {
		told = append(told, f.Invariant)
		if f.Invariant == "no_deadlock" {
			cancel()
		}
	}
	a, err := Explore(ctx, c)
	if err != nil || a.Result.Stopped != explore.Cancelled || a.Verdict != invariant.Fail || len(a.Findings) == 0 || a.Findings[0].Invariant != "no_deadlock" {
		t.Fatalf("%v, %+v", err, a)
	}
	r, err := c.Replay(a.Findings[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.Violates("no_deadlock")) == 0 || len(told) < 2 {
		t.Errorf("told of %v; kept:\n%s", told, a.Findings[0].Schedule.Marshal())
	}
}

func TestAnInterruptedCampaignThatBrokeNothingIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := Config{Site: shape(t, "dedicated"), Search: explore.Config{Workers: 1, Schedules: 1_000_000}}
	c.Search.Progress = func(explore.Progress) { cancel() }
	a, err := Explore(ctx, c)
	if err != nil || a.Verdict != invariant.Unknown {
		t.Fatalf("%v, %+v", err, a)
	}
	var b bytes.Buffer
	if err := a.Text(&b); err != nil || !strings.Contains(b.String(), " of 1,000,000 schedules") || !strings.Contains(b.String(), "interrupted after") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// After the last interruption that matters every redrawn run fails, at the
// beginning not.
func TestThePointOfNoReturn(t *testing.T) {
	sc, err := schedule.Parse("s", []byte(`gwkit schedule 1
site dedicated-shared
messages 0 in 1 out
pcs GW1 GW2
let GW2 until open COMPANY/HUB:\SMTP\SMTP_OUT.TXT
let GW1 until write COMPANY/HUB:\SMTP\SMTP_OUT.822
`))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Doom(t.Context(), shape(t, "dedicated-shared"), sc, Options{}, 6, 40, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if first, last := d.Points[0], d.Points[len(d.Points)-1]; first.Share >= 0.9 || last.Share != 1 || d.NoReturn < 0 {
		t.Errorf("%+v", d)
	}
}
