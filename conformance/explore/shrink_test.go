package explore

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/schedule"
)

var crowded = Load{In: 4, Out: 3, Size: 64, PCs: []string{"GW1", "MTA1", "GW2", "MTA2"}, Faults: []string{"stall", "cut"}}

// failing finds a schedule of a load that deadlocks.
func failing(t *testing.T, l Load) (*Result, *Found) {
	t.Helper()
	r, err := Run(t.Context(), Config{Strategy: "random", Seed: 5, Schedules: 2000, Stop: StopFirst}, func() (Subject, error) { return loaded(l) })
	if err != nil {
		t.Fatal(err)
	}
	f := r.Find("no_deadlock")
	if f == nil {
		t.Fatal("nothing found to shrink")
	}
	return r, f
}

func TestShrinkGivesTheKnownSteps(t *testing.T) {
	_, f := failing(t, crowded)
	var saved []Shrunk
	s, err := Shrink(t.Context(), ShrinkConfig{Load: crowded, Violation: f.Violation, Choices: f.Schedule, Seed: 1, SizeMin: 8},
		loaded, func(b *Shrunk) { saved = append(saved, *b) })
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Load{In: 1, Size: 8, PCs: []string{"GW1", "GW2"}, Faults: []string{}}, s.Load); d != "" {
		t.Error(d)
	}
	// One PC holds what it has opened first and is about to open the other; then
	// the other PC runs into the end by itself.
	got := Text(s.Steps)
	if got != "GW1 until open B\n" && got != "GW2 until open A\n" {
		t.Errorf("steps:\n%s", got)
	}
	if s.Exhausted || s.Runs < 10 || s.Runs > 20_000 {
		t.Errorf("%d runs, exhausted %v", s.Runs, s.Exhausted)
	}
	t.Logf("%d runs: %d choices (%d deviations) became %d steps and %s", s.Runs, len(f.Schedule), f.Schedule.Deviations(), len(s.Steps), s.Choices)
	if len(saved) < 3 || cmp.Diff(*s, saved[len(saved)-1]) != "" && saved[len(saved)-1].Runs > s.Runs {
		t.Errorf("saved %d times", len(saved))
	}
	for i, b := range saved {
		if b.Steps != nil && !shows(t, b.Load, schedule.NewReplay(b.Steps), f.Violation) || !shows(t, b.Load, NewPlayback(b.Choices), f.Violation) {
			t.Errorf("what was saved as number %d does not show it: %+v", i, b)
		}
	}
	// As a file, as it is saved.
	file := schedule.Schedule{Site: "toy", Operator: "retry", PCs: s.Load.PCs, In: s.Load.In, Size: s.Load.Size, Steps: s.Steps}
	read, err := schedule.Parse("toy.txt", file.Marshal())
	if err != nil || !shows(t, s.Load, schedule.NewReplay(read.Steps), f.Violation) {
		t.Errorf("the schedule file does not show it: %v\n%s", err, file.Marshal())
	}
}

func shows(t *testing.T, l Load, d schedule.Decider, v Violation) bool {
	t.Helper()
	s, err := loaded(l)
	if err != nil {
		t.Fatal(err)
	}
	o := s.Run(d)
	_, ok := o.violates(v)
	return ok
}

func TestShrinkNeedsAFailingSchedule(t *testing.T) {
	_, f := failing(t, crowded)
	c := ShrinkConfig{Load: crowded, Violation: f.Violation, Choices: f.Schedule}
	other := c
	other.Violation.Signature = "C D"
	if _, err := Shrink(t.Context(), other, loaded, nil); err == nil {
		t.Error("another signature was shrunk")
	}
	other = c
	other.Choices = nil
	if _, err := Shrink(t.Context(), other, loaded, nil); err == nil {
		t.Error("the default schedule was shrunk")
	}
	if _, err := Shrink(t.Context(), c, func(Load) (Subject, error) { return nil, errors.New("no site") }, nil); err == nil || !strings.Contains(err.Error(), "no site") {
		t.Errorf("without a Subject: %v", err)
	}
}

func TestShrinkStopsWithTheBestSoFar(t *testing.T) {
	_, f := failing(t, crowded)
	c := ShrinkConfig{Load: crowded, Violation: f.Violation, Choices: f.Schedule, Runs: 200}
	s, err := Shrink(t.Context(), c, loaded, nil)
	if err != nil || !s.Exhausted || s.Runs > 200+warmRounds*warmRuns || !shows(t, s.Load, NewPlayback(s.Choices), f.Violation) {
		t.Errorf("bound of runs: %+v, %v", s, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	c.Runs = 0
	s, err = Shrink(ctx, c, loaded, func(*Shrunk) {
		if n++; n == 3 {
			cancel()
		}
	})
	if err != nil || !s.Exhausted || !shows(t, s.Load, NewPlayback(s.Choices), f.Violation) {
		t.Errorf("cancelled: %+v, %v", s, err)
	}
	cancel()
	saved := 0
	s, err = Shrink(ctx, c, loaded, func(*Shrunk) { saved++ })
	if err != nil || !s.Exhausted || saved != 1 || s.Violation != f.Violation || !slices.Equal(s.Choices, f.Schedule) {
		t.Errorf("cancelled before it began: %+v, %v, saved %d times", s, err, saved)
	}
}

func TestStepsReplayToTheSameEnd(t *testing.T) {
	same := 0
	for _, make := range []func() *toy{lostUpdate, func() *toy { return philosophers(5) }, hardened, sleeper} {
		for i := range 200 {
			d, err := NewDecider("sticky", 11, i, 20)
			if err != nil {
				t.Fatal(err)
			}
			r := NewRecorder(d, true)
			want := make().Run(r)
			steps := Steps(r.Moments, []string{"GW1", "GW2"})
			p := schedule.NewReplay(steps)
			got := make().Run(p)
			if len(want.Violations) > 0 && len(got.Violations) > 0 || want.State == got.State {
				same++
			} else {
				t.Logf("schedule %d ends otherwise:\n%s", i, Text(steps))
			}
		}
	}
	// Steps say less than choices; in these subjects they say enough.
	if same != 800 {
		t.Errorf("%d of 800 end alike", same)
	}
}

func TestReplayOfSteps(t *testing.T) {
	for _, row := range []struct {
		name, steps string
		make        func() *toy
		broken      bool
		err         string
	}{
		{"deadlock", "GW1 until open B\nGW2 while it can", func() *toy { return philosophers(2) }, true, ""},
		{"one after the other", "GW1 while it can\nGW2 while it can", func() *toy { return philosophers(2) }, false, ""},
		{"second time", "GW1 until touch P1 #4\nGW2 while it can", func() *toy { return philosophers(2) }, true, ""},
		{"woken", "GW2 while it can\nGW2 wake early\nGW2 while it can\nGW1 while it can", sleeper, true, ""},
		{"not woken", "GW2 while it can\nGW1 while it can\nGW2 while it can", sleeper, false, ""},
		{"awake already", "GW1 wake early\nGW1 while it can", sleeper, false, ""},
		{"unknown PC", "GW9 until open A", sleeper, false, "the run ended"},
		{"never comes", "GW1 until open Z", sleeper, false, "the run ended"},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := "gwkit schedule 1\nsite toy\nlet " + strings.ReplaceAll(row.steps, "\n", "\nlet ")
			s, err := schedule.Parse("steps", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			p := schedule.NewReplay(s.Steps)
			o := row.make().Run(p)
			if got := len(o.Violations) > 0; got != row.broken {
				t.Errorf("broken %v, want %v", got, row.broken)
			}
			if err := p.Err(); (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
				t.Errorf("error %v, want %q", err, row.err)
			}
		})
	}
}

func TestDoomFindsThePointOfNoReturn(t *testing.T) {
	make := func() *toy {
		p := philosophers(4)
		p.hosts = p.hosts[:2]
		return p
	}
	r := run(t, Config{Strategy: "random", Seed: 5, Schedules: 2000, Stop: StopFirst}, make)
	f := r.Find("no_deadlock")
	if f == nil {
		t.Fatal("nothing found")
	}
	// The run is doomed when both have opened their first, and neither the second.
	rec := NewRecorder(NewPlayback(f.Schedule), true)
	make().Run(rec)
	doomed, opened := 0, map[string]bool{}
	for i, m := range rec.Moments {
		o := m.Options[m.Choice]
		if o.Op == "open" && len(opened) < 2 {
			if opened[o.Object] = true; len(opened) == 2 {
				doomed = i + 1
			}
		}
	}
	d, err := Doom(t.Context(), f.Schedule, f.Violation, make(), 1000, 60, 1)
	if err != nil {
		t.Fatal(err)
	}
	if d.NoReturn != doomed {
		t.Errorf("no return after decision %d of %d, want %d", d.NoReturn, d.End, doomed)
	}
	first, last := d.Points[0], d.Points[len(d.Points)-1]
	if first.Share > 0.9 || last.Share != 1 || last.High != 1 || last.Low < 0.9 || first.Low > first.Share || first.High < first.Share {
		t.Errorf("first %+v, last %+v", first, last)
	}
	var text, svg bytes.Buffer
	if err := errors.Join(d.Table(&text), d.SVG(&svg)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "no return: after decision") || strings.Count(text.String(), "\n") != len(d.Points)+2 {
		t.Errorf("table:\n%s", text.String())
	}
	x := xml.NewDecoder(&svg)
	tags := map[string]int{}
	for {
		tok, err := x.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			tags[e.Name.Local]++
		}
	}
	if tags["polyline"] != 1 || tags["polygon"] != 1 || tags["svg"] != 1 {
		t.Errorf("plot: %v", tags)
	}
	if _, err := Doom(t.Context(), nil, f.Violation, make(), 10, 10, 1); err == nil {
		t.Error("a schedule that does not fail has a point of no return")
	}
	if _, err := Doom(t.Context(), f.Schedule, f.Violation, make(), 1, 10, 1); err == nil {
		t.Error("one point is enough")
	}
}

func TestWilson(t *testing.T) {
	for _, row := range []struct {
		k, n      int
		low, high float64
	}{{0, 10, 0, 0.2775}, {5, 10, 0.2366, 0.7634}, {10, 10, 0.7225, 1}, {90, 100, 0.8256, 0.9448}} {
		low, high := wilson(row.k, row.n)
		if low < row.low-1e-3 || low > row.low+1e-3 || high < row.high-1e-3 || high > row.high+1e-3 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", row.k, row.n, low, high, row.low, row.high)
		}
	}
}

func TestReduceKeepsWhatIsNeeded(t *testing.T) {
	list := make([]int, 100)
	for i := range list {
		list[i] = i
	}
	got, err := reduce(list, func(l []int) (bool, error) {
		return slices.Contains(l, 17) && slices.Contains(l, 18) && slices.Contains(l, 90), nil
	})
	if d := cmp.Diff([]int{17, 18, 90}, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

// A grid that is too wide finds the place by halving; a context that ends
// between two points claims nothing.
func TestLookHalvesTheGapAndClaimsNothingWhenInterrupted(t *testing.T) {
	d := &Doomed{End: 1000}
	tried := 0
	err := d.Look(t.Context(), 3, 4, 2, func(at, n int) (bool, error) { return at >= 777 || n == 0, nil })
	if err != nil || d.NoReturn != 777 || len(d.Points) > 15 {
		t.Errorf("%v %+v", err, d)
	}
	if !slices.IsSortedFunc(d.Points, func(a, b DoomPoint) int { return a.At - b.At }) {
		t.Errorf("points are out of order: %+v", d.Points)
	}
	ctx, cancel := context.WithCancel(t.Context())
	d = &Doomed{End: 1000}
	err = d.Look(ctx, 3, 4, 1, func(int, int) (bool, error) {
		if tried++; tried == 6 {
			cancel()
		}
		return false, nil
	})
	var b bytes.Buffer
	if e := d.Table(&b); err != nil || e != nil || !d.Interrupted || d.NoReturn != -1 || len(d.Points) != 1 || strings.Contains(b.String(), "no return:") {
		t.Errorf("%v %v %+v\n%s", err, e, d, b.String())
	}
	broken := errors.New("broken")
	if err := (&Doomed{End: 10}).Look(t.Context(), 3, 4, 2, func(int, int) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}
