package explore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/schedule"
)

func run(t *testing.T, c Config, make func() *toy) *Result {
	t.Helper()
	r, err := Run(t.Context(), c, func() (Subject, error) { return make(), nil })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plain is a result without what the clock says, as JSON.
func plain(t *testing.T, r *Result) string {
	t.Helper()
	c := *r
	c.Wall, c.Rate = 0, 0
	if c.First != nil {
		c.First = &First{Schedules: c.First.Schedules}
	}
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEachStrategyFindsTheFault(t *testing.T) {
	for _, row := range []struct {
		strategy, invariant string
		make                func() *toy
		within              int // schedules
	}{
		{"random", "no_lost_update", lostUpdate, 20},
		{"sticky", "no_lost_update", lostUpdate, 60},
		{"pct", "no_lost_update", lostUpdate, 20},
		{"delay", "no_lost_update", lostUpdate, 20},
		{"portfolio", "no_lost_update", lostUpdate, 20},
		{"random", "no_deadlock", func() *toy { return philosophers(8) }, 100},
		{"sticky", "no_deadlock", func() *toy { return philosophers(8) }, 100},
		{"pct", "no_deadlock", func() *toy { return philosophers(8) }, 100},
		{"delay", "no_deadlock", func() *toy { return philosophers(8) }, 200},
		{"portfolio", "no_deadlock", func() *toy { return philosophers(8) }, 100},
		{"random", "no_window", hardened, 500},
		{"sticky", "no_window", hardened, 2000},
		{"pct", "no_window", hardened, 2000},
		{"delay", "no_window", hardened, 2000},
		{"portfolio", "no_window", hardened, 2000},
		{"random", "no_early", sleeper, 100},
		{"sticky", "no_early", sleeper, 500},
		{"pct", "no_early", sleeper, 100},
		{"delay", "no_early", sleeper, 500},
		{"portfolio", "no_early", sleeper, 100},
	} {
		t.Run(row.strategy+" "+row.invariant, func(t *testing.T) {
			var needed []int
			for seed := range uint64(9) {
				r := run(t, Config{Strategy: row.strategy, Seed: seed, Schedules: row.within, Stop: StopFirst}, row.make)
				f := r.Find(row.invariant)
				if f == nil {
					t.Fatalf("seed %d: not found within %d schedules", seed, row.within)
				}
				if r.First.Schedules != f.Index+1 || r.Stopped != "violation" || r.Schedules != f.Index+1 {
					t.Errorf("seed %d: found at index %d, first %+v, %d schedules, stopped by %s", seed, f.Index, r.First, r.Schedules, r.Stopped)
				}
				needed = append(needed, f.Index+1)
				// The choices show it again, and so does the number of the schedule.
				for name, d := range map[string]schedule.Decider{"choices": NewPlayback(f.Schedule), "number": decider(t, r, f.Index)} {
					o := row.make().Run(d)
					if _, ok := o.violates(f.Violation); !ok {
						t.Errorf("seed %d: the %s of schedule %d do not repeat it", seed, name, f.Index)
					}
				}
			}
			slices.Sort(needed)
			t.Logf("schedules needed: median %d, most %d", needed[len(needed)/2], needed[len(needed)-1])
		})
	}
}

func decider(t *testing.T, r *Result, index int) schedule.Decider {
	t.Helper()
	d, err := NewDecider(r.Strategy, r.Seed, index, r.Expected)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheDefaultOrderIsAControl(t *testing.T) {
	for name, make := range map[string]func() *toy{"lost update": lostUpdate, "philosophers": func() *toy { return philosophers(8) }, "hardened": hardened, "sleeper": sleeper} {
		if r := run(t, Config{Strategy: "default", Schedules: 3}, make); len(r.Violations) != 0 {
			t.Errorf("%s: %+v without an interruption", name, r.Violations)
		}
	}
}

func TestACorrectSubjectShowsNothing(t *testing.T) {
	for _, s := range Strategies() {
		c := Config{Strategy: s, Schedules: 3000, Preemptions: 2, Check: 10, Sometimes: []string{"ends", "deadlock"}}
		r := run(t, c, ordered)
		if len(r.Violations) != 0 || r.First != nil {
			t.Errorf("%s: found %+v", s, r.Violations)
		}
		if want := s == Exhaustive; r.Complete != want {
			t.Errorf("%s: complete %v after %d schedules: %s", s, r.Complete, r.Schedules, r.Missing)
		}
		if r.Checks.Done == 0 || r.Checks.Mismatched != 0 {
			t.Errorf("%s: digest checks %+v", s, r.Checks)
		}
		want := []Condition{{"ends", r.Schedules}, {"deadlock", 0}}
		if d := cmp.Diff(want, r.Sometimes); d != "" {
			t.Errorf("%s: %s", s, d)
		}
	}
}

func TestTheResultDoesNotDependOnWorkers(t *testing.T) {
	for name, c := range map[string]Config{
		"all":           {Seed: 3, Schedules: 1000, Check: 7, Sometimes: []string{"ends", "deadlock"}},
		"until found":   {Seed: 4, Schedules: 5000, Stop: StopFirst},
		"until each":    {Seed: 4, Schedules: 5000, Stop: StopEach, Kinds: []string{"no_deadlock"}},
		"random":        {Strategy: "random", Seed: 5, Schedules: 500},
		"less than one": {Seed: 6, Schedules: 10},
	} {
		for toyName, make := range map[string]func() *toy{"philosophers": func() *toy { return philosophers(8) }, "hardened": hardened} {
			c.Workers = 1
			one := plain(t, run(t, c, make))
			for _, j := range []int{2, 3} {
				c.Workers = j
				if d := cmp.Diff(one, plain(t, run(t, c, make))); d != "" {
					t.Errorf("%s, %s: one worker and %d differ:\n%s", name, toyName, j, d)
				}
			}
		}
	}
}

func TestShardsMergedAreTheWhole(t *testing.T) {
	for _, strategy := range []string{Portfolio, "random"} {
		c := Config{Strategy: strategy, Seed: 9, Schedules: 1500, Check: 50, Sometimes: []string{"ends", "deadlock"}}
		toys := func() *toy { return philosophers(6) }
		whole := run(t, c, toys)
		for _, n := range []int{1, 2, 3} {
			var parts []*Result
			sum := 0
			for i := range n {
				c.Shard, c.Shards = i+1, n
				// Through a file, as shards come.
				var b bytes.Buffer
				r := run(t, c, toys)
				sum += r.Schedules
				if err := r.Write(&b); err != nil {
					t.Fatal(err)
				}
				r, err := ReadResult("shard.json", &b)
				if err != nil {
					t.Fatal(err)
				}
				parts = append(parts, r)
			}
			slices.Reverse(parts)
			m, err := Merge(parts)
			if err != nil {
				t.Fatal(err)
			}
			if sum != 1500 {
				t.Errorf("%s: %d shards ran %d schedules of 1500", strategy, n, sum)
			}
			if d := cmp.Diff(plain(t, whole), plain(t, m)); d != "" {
				t.Errorf("%s: %d shards merged differ from the whole:\n%s", strategy, n, d)
			}
		}
	}
}

func TestMergeRefusesWhatDoesNotBelongTogether(t *testing.T) {
	shard := func(change func(*Config)) *Result {
		c := Config{Seed: 1, Schedules: 128, Shard: 1, Shards: 2}
		change(&c)
		return run(t, c, lostUpdate)
	}
	first := shard(func(*Config) {})
	for name, r := range map[string]*Result{
		"twice":    first,
		"seed":     shard(func(c *Config) { c.Seed, c.Shard = 2, 2 }),
		"strategy": shard(func(c *Config) { c.Strategy, c.Shard = "random", 2 }),
		"whole":    shard(func(c *Config) { c.Shard, c.Shards = 0, 0 }),
	} {
		if _, err := Merge([]*Result{first, r}); err == nil {
			t.Errorf("%s: merged", name)
		}
	}
	if _, err := Merge(nil); err == nil {
		t.Error("nothing: merged")
	}
	if _, err := Merge([]*Result{first, shard(func(c *Config) { c.Shard = 2 })}); err != nil {
		t.Errorf("two shards of one campaign: %v", err)
	}
}

func TestADigestMismatchIsFound(t *testing.T) {
	r := run(t, Config{Strategy: "random", Seed: 1, Schedules: 300, Check: 10}, unsteady)
	if r.Checks.Done != 30 || r.Checks.Mismatched == 0 || len(r.Checks.Mismatches) == 0 {
		t.Fatalf("checks: %+v", r.Checks)
	}
	for _, m := range r.Checks.Mismatches {
		if m.Index%10 != 9 || m.Decision != 3 || !strings.HasPrefix(m.Was, "GW") || !strings.Contains(m.Is, "/GATE touch GW") {
			t.Errorf("%+v: the third operation was hidden", m)
		}
	}
	// The same operations, and another end.
	n := uint64(0)
	r, err := Run(t.Context(), Config{Strategy: "random", Schedules: 100, Check: 50}, func() (Subject, error) {
		p := lostUpdate()
		return subjectFunc{func(d schedule.Decider) Outcome { o := p.Run(d); n++; o.Digest = n; return o }, p}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Mismatch{{Index: 49}, {Index: 99}}, r.Checks.Mismatches); d != "" {
		t.Error(d)
	}
	if _, err := Run(t.Context(), Config{Strategy: Exhaustive, Preemptions: -1}, func() (Subject, error) { return unsteady(), nil }); err == nil || !strings.Contains(err.Error(), "does not repeat") {
		t.Errorf("an exhaustive search went on: %v", err)
	}
}

func TestACancelledCampaignKeepsWhatItFound(t *testing.T) {
	for _, strategy := range []string{Portfolio, Exhaustive} {
		ctx, cancel := context.WithCancel(t.Context())
		c := Config{Strategy: strategy, Seed: 1, MaxTime: time.Minute, Workers: 2, Preemptions: -1, Reduce: "none"}
		var runs atomic.Int64
		built, closed := 0, 0
		r, err := Run(ctx, c, func() (Subject, error) {
			built++
			p := philosophers(8)
			p.closed = &closed
			return subjectFunc{func(d schedule.Decider) Outcome {
				if runs.Add(1) == 2000 {
					cancel()
				}
				return p.Run(d)
			}, p}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.Stopped != "cancelled" || r.Complete || r.Schedules < 1 || strategy == Portfolio && len(r.Violations) == 0 {
			t.Errorf("%s: stopped by %s after %d schedules with %d violations, complete %v", strategy, r.Stopped, r.Schedules, len(r.Violations), r.Complete)
		}
		if closed != built || strategy == Exhaustive && built != 1 {
			t.Errorf("%s: %d Subjects closed of %d", strategy, closed, built)
		}
		if strategy == Exhaustive && !strings.Contains(r.Missing, "cancelled") {
			t.Errorf("it does not say why it is not complete: %q", r.Missing)
		}
	}
}

type subjectFunc struct {
	run func(schedule.Decider) Outcome
	*toy
}

func (f subjectFunc) Run(d schedule.Decider) Outcome { return f.run(d) }

func TestWhatIsFoundIsToldAtOnce(t *testing.T) {
	for _, strategy := range []string{Portfolio, Exhaustive} {
		var told []Found
		c := Config{Strategy: strategy, Seed: 1, Schedules: 500, Workers: 2, Preemptions: 2, Found: func(f Found, _ []string) { told = append(told, f) }}
		r := run(t, c, func() *toy { return philosophers(2) })
		if len(told) != 1 || len(r.Violations) != 1 {
			t.Fatalf("%s: told of %v, found %v", strategy, told, r.Violations)
		}
		want := r.Violations[0]
		want.Count = 1 // it was the first
		if d := cmp.Diff(want, told[0]); d != "" {
			t.Errorf("%s: %s", strategy, d)
		}
	}
}

func TestTheTimeEndsACampaign(t *testing.T) {
	told := 0
	r := run(t, Config{Seed: 1, MaxTime: 400 * time.Millisecond, Workers: 2, Progress: func(p Progress) {
		if told++; p.Schedules < 1 || p.Left < 0 || p.Left > 400*time.Millisecond || p.Rate <= 0 {
			t.Errorf("progress %+v", p)
		}
	}}, func() *toy { return philosophers(4) })
	if r.Stopped != "time" || r.Schedules < 64 || r.Wall < 0.4 || told == 0 || r.Rate <= 0 {
		t.Errorf("stopped by %s after %d schedules in %.1f s, told %d times", r.Stopped, r.Schedules, r.Wall, told)
	}
}

func TestWhatIsSharedIsLearnt(t *testing.T) {
	factory := func() (Subject, error) {
		p := philosophers(6)
		p.shared = map[string]bool{}
		return toyLearner{p}, nil
	}
	c := Config{Seed: 2, Schedules: 500}
	r, err := Run(t.Context(), c, factory)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"A", "B"}, r.Shared); d != "" || len(r.LateShared) != 0 {
		t.Errorf("shared: %v, late: %v", r.Shared, r.LateShared)
	}
	f := r.Find("no_deadlock")
	if f == nil {
		t.Fatal("nothing found")
	}
	// The choices are about the learnt objects.
	s, _ := factory()
	s.(Learner).Learn(r.Shared)
	o := s.Run(NewPlayback(f.Schedule))
	if _, ok := o.violates(f.Violation); !ok {
		t.Error("the choices do not show it to a Subject that has learnt the same")
	}
	c.Workers = 2
	r2, err := Run(t.Context(), c, factory)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(plain(t, r), plain(t, r2)); d != "" {
		t.Errorf("two workers learn something else:\n%s", d)
	}
	r, err = Run(t.Context(), Config{Strategy: Exhaustive, Preemptions: 2}, factory)
	if err != nil || !r.Complete || r.Find("no_deadlock") == nil {
		t.Errorf("exhaustive: complete %v, %d violations, %v", r.Complete, len(r.Violations), err)
	}
}

// rarely learns of an object only where hardened breaks.
type rarely struct {
	*toy
	learnt []string
}

func (r *rarely) Learn(objects []string) { r.learnt = slices.Clone(objects) }

func (r *rarely) Run(d schedule.Decider) Outcome {
	o := r.toy.Run(d)
	if len(o.Violations) > 0 && !slices.Contains(r.learnt, "late") {
		o.Learned = []string{"late"}
	}
	return o
}

func TestWhatIsLearntLateIsReported(t *testing.T) {
	var r *rarely
	factory := func() (Subject, error) { r = &rarely{toy: hardened()}; return r, nil }
	got, err := Run(t.Context(), Config{Strategy: "random", Seed: 1, Schedules: 1000}, factory)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"late"}, got.LateShared); d != "" || len(got.Shared) > 0 || len(r.learnt) > 0 {
		t.Errorf("shared %v, late %v, the Subject learnt %v", got.Shared, got.LateShared, r.learnt)
	}
	// An exhaustive search begins again.
	got, err = Run(t.Context(), Config{Strategy: Exhaustive, Preemptions: 2}, factory)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"late"}, r.learnt); d != "" || !got.Complete || got.Find("no_window").Count < 2 {
		t.Errorf("complete %v (%s), the Subject learnt %v, found %+v", got.Complete, got.Missing, r.learnt, got.Violations)
	}
}

func TestAnErrorNamesTheSchedule(t *testing.T) {
	for name, row := range map[string]struct {
		subject func(n int) Outcome
		want    string
	}{
		"error": {func(int) Outcome { return Outcome{Err: errors.New("disk on fire")} }, "disk on fire"},
		"panic": {func(int) Outcome { panic("out of cheese") }, "internal error: schedule -1 (choices 0) panicked: out of cheese"},
		"late":  {func(n int) Outcome { return Outcome{Err: map[bool]error{true: errors.New("gone")}[n > 100]} }, "could not be judged: gone"},
	} {
		for _, strategy := range []string{"random", Exhaustive} {
			if strategy == Exhaustive && name == "late" {
				continue // it is over before that
			}
			n := 0
			_, err := Run(t.Context(), Config{Strategy: strategy, Schedules: 1000}, func() (Subject, error) {
				return subjectFunc{run: func(schedule.Decider) Outcome { n++; return row.subject(n) }, toy: &toy{}}, nil
			})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s, %s: error %v, want %q", name, strategy, err, row.want)
			}
		}
	}
}

func TestAConfigThatMakesNoSenseIsRefused(t *testing.T) {
	for name, c := range map[string]Config{
		"strategy":       {Strategy: "guess", Schedules: 1},
		"no end":         {},
		"shard":          {Schedules: 1, Shard: 3, Shards: 2},
		"negative":       {Schedules: -1, MaxTime: 1},
		"each of none":   {Schedules: 1, Stop: StopEach},
		"divided":        {Strategy: Exhaustive, Shard: 1, Shards: 2},
		"sleep in bound": {Strategy: Exhaustive, Preemptions: 1, Reduce: "sleep"},
		"reduction":      {Strategy: Exhaustive, Reduce: "magic"},
		"conditions":     {Schedules: 1, Sometimes: make([]string, 65)},
	} {
		if _, err := Run(t.Context(), c, func() (Subject, error) { return lostUpdate(), nil }); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Run(t.Context(), Config{Schedules: 1}, func() (Subject, error) { return nil, errors.New("no site") }); err == nil || !strings.Contains(err.Error(), "no site") {
		t.Errorf("a factory that fails: %v", err)
	}
	if _, err := NewDecider(Exhaustive, 1, 1, 1); err == nil {
		t.Error("a schedule of an exhaustive search has a number only")
	}
}

func TestStatisticsCountWhatWasRun(t *testing.T) {
	r := run(t, Config{Strategy: "random", Seed: 1, Schedules: 500}, lostUpdate)
	s := r.Statistics
	// One process after the other, or both reads first and either write last.
	if n, exact := s.Traces.Count(); n != 4 || !exact {
		t.Errorf("%d traces, want 4", n)
	}
	if n, exact := s.States.Count(); n != 2 || !exact {
		t.Errorf("%d final states, want X=1 and X=2", n)
	}
	if s.Operations.Min != 4 || s.Operations.Median() != 4 || s.Operations.Max != 4 || s.Operations.Total != 500 {
		t.Errorf("operations %+v", s.Operations)
	}
	if s.Decisions.Min != 2 || s.Decisions.Max != 3 {
		t.Errorf("decisions %d to %d, want 2 to 3", s.Decisions.Min, s.Decisions.Max)
	}
	short := func() *toy { p := philosophers(4); p.maximum = 10; return p }
	r = run(t, Config{Strategy: "random", Schedules: 100}, short)
	if d := cmp.Diff([]Bounded{{"steps", 100, 1}}, r.Statistics.Bounds); d != "" {
		t.Error(d)
	}
	r = run(t, Config{Strategy: Exhaustive, Schedules: 10_000, Preemptions: 1}, short)
	if r.Complete || !strings.Contains(r.Missing, "steps") {
		t.Errorf("complete %v, %q, though runs were cut", r.Complete, r.Missing)
	}
}

func TestMergeSaysWhichShardsAreMissing(t *testing.T) {
	c := Config{Seed: 1, Schedules: 640, Shards: 4}
	var parts []*Result
	for _, i := range []int{3, 1} {
		c.Shard = i
		parts = append(parts, run(t, c, lostUpdate))
	}
	m, err := Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"2/4", "4/4"}, m.NoShards); d != "" || m.Planned != 640 || m.Schedules >= 640 {
		t.Errorf("%d of %d schedules: %s", m.Schedules, m.Planned, d)
	}
	if m, err = Merge([]*Result{m}); err != nil || len(m.NoShards) != 2 {
		t.Errorf("merged again: %v, %v", m.NoShards, err)
	}
	for _, text := range []string{"2/8"} {
		if i, n, err := shardOf(text); i != 2 || n != 8 || err != nil {
			t.Errorf("%s: %d of %d, %v", text, i, n, err)
		}
	}
	for _, text := range []string{"2", "0/8", "9/8", "a/b", "1/99999999", "/"} {
		if _, _, err := shardOf(text); err == nil {
			t.Errorf("there is no shard %q", text)
		}
	}
}
