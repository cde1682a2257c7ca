package explore

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/schedule"
)

// apart: two processes of n operations each, every one on an object of its own.
func apart(n int) func() *toy {
	return func() *toy {
		return &toy{names: []string{"A", "B"}, hosts: []script{{"GW1/GATE", pads(n, 0)}, {"GW2/GATE", pads(n, 1)}}}
	}
}

// together: the same on one object, all writes.
func together(processes, n int) func() *toy {
	return func() *toy {
		t := &toy{names: []string{"A"}}
		for i := range processes {
			t.hosts = append(t.hosts, script{fmt.Sprintf("GW%d/GATE", i+1), slices.Repeat([]op{write(0, i+1)}, n)})
		}
		return t
	}
}

func TestExhaustiveCountsAsByHand(t *testing.T) {
	for _, row := range []struct {
		name        string
		make        func() *toy
		preemptions int
		decisions   int
		reduce      string
		want        int
	}{
		{"2+2 operations interleave in 4!/(2!2!) ways", together(2, 2), -1, 0, "none", 6},
		{"all conflict: none can be left out", together(2, 2), -1, 0, "sleep", 6},
		{"3+3: 6!/(3!3!)", together(2, 3), -1, 0, "none", 20},
		{"three of two: 6!/(2!2!2!)", together(3, 2), -1, 0, "none", 90},
		{"AABB BBAA", together(2, 2), 0, 0, "none", 2},
		{"and ABBA BAAB", together(2, 2), 1, 0, "none", 4},
		{"and ABAB BABA", together(2, 2), 2, 0, "none", 6},
		{"first decision: A or B", together(2, 3), -1, 1, "none", 2},
		{"two decisions: AA AB BA BB", together(2, 3), -1, 2, "none", 4},
		{"nothing conflicts: one is all", apart(3), -1, 0, "sleep", 1},
		{"though there are 6!/(3!3!)", apart(3), -1, 0, "none", 20},
		{"R1 W1 and R2 W2", lostUpdate, -1, 0, "none", 6},
		{"of which two pairs differ in the order of the reads only", lostUpdate, -1, 0, "sleep", 4},
		{"and the same by caching", lostUpdate, -1, 0, "cache", 4},
		{"three of three in order of priority: 3! without interruption", together(3, 3), 0, 0, "none", 6},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := run(t, Config{Strategy: Exhaustive, Preemptions: row.preemptions, Decisions: row.decisions, Reduce: row.reduce}, row.make)
			if !r.Complete {
				t.Fatalf("not complete: %s", r.Missing)
			}
			if n := r.Schedules - r.Statistics.Pruned; n != row.want {
				t.Errorf("%d schedules (and %d cut short), want %d", n, r.Statistics.Pruned, row.want)
			}
		})
	}
}

func TestAClaimNamesItsBoundsAndGaps(t *testing.T) {
	r := run(t, Config{Strategy: Exhaustive, Preemptions: 1, Decisions: 4}, together(2, 3))
	if !r.Complete || r.Within != "1 preemption, the first 4 decisions" || r.Stopped != "complete" {
		t.Errorf("complete %v within %q, stopped by %s", r.Complete, r.Within, r.Stopped)
	}
	r = run(t, Config{Strategy: Exhaustive, Preemptions: -1, Reduce: "none", Schedules: 5}, together(2, 3))
	if r.Complete || r.Missing != "ended early: schedules" || r.Schedules != 5 {
		t.Errorf("complete %v after %d schedules: %q", r.Complete, r.Schedules, r.Missing)
	}
	r = run(t, Config{Strategy: Exhaustive, Decisions: 1, Preemptions: -1}, together(65, 1))
	if r.Complete || !strings.Contains(r.Missing, "more than 64 options") {
		t.Errorf("complete %v with 65 options: %q", r.Complete, r.Missing)
	}
}

// The documented shape of the search: two processes that hold and wait are found
// within two preemptions, all of them, after few schedules.
func TestCachingMakesABoundedSearchSmall(t *testing.T) {
	var n [2]int
	for i, reduce := range []string{"none", "cache"} {
		r := run(t, Config{Strategy: Exhaustive, Preemptions: 2, Reduce: reduce}, func() *toy { return philosophers(4) })
		if !r.Complete || r.Find("no_deadlock") == nil {
			t.Fatalf("%s: complete %v, found %v", reduce, r.Complete, r.Violations)
		}
		n[i] = r.Schedules
	}
	t.Logf("%d schedules, %d with caching", n[0], n[1])
	if n[1] > n[0]*3/4 {
		t.Errorf("%d schedules with caching, %d without", n[1], n[0])
	}
}

// randomToy draws a small Subject: reads, writes, increments, locks, listings,
// changes of names and sleeps of two or three processes.
func randomToy(seed uint64) *toy {
	g := rng(seed)
	t := &toy{names: []string{"A", "B", "C"}, judge: func(t *toy, dead bool) []Violation {
		// Everything that can differ is a violation of its own.
		return []Violation{{Invariant: "end", Signature: fmt.Sprint(t.val, t.reg, t.holder, dead)}}
	}}
	for p := range 2 + g.below(2) {
		var ops []op
		held := -1
		for range 2 + g.below(3) {
			o := g.below(3)
			switch g.below(7) {
			case 0, 1:
				ops = append(ops, read(o, g.below(4)))
			case 2:
				ops = append(ops, write(o, p+1))
			case 3:
				ops = append(ops, increment(o, g.below(4)))
			case 4:
				if held < 0 {
					ops, held = append(ops, lock(o)), o
				} else {
					ops, held = append(ops, unlock(held)), -1
				}
			case 5:
				name := o
				ops = append(ops, op{name: "create", object: name, dir: 1, access: schedule.Writes,
					do: func(t *toy, _ int) bool { t.listing |= 1 << name; return true }})
			case 6:
				list := op{name: "list", object: -1, dir: 1, access: schedule.Reads, do: func(t *toy, me int) bool { t.reg[me][3] = t.listing; return true }}
				if g.below(2) == 0 {
					list.sleep = 1 + g.below(3)
				}
				ops = append(ops, list)
			}
		}
		t.hosts = append(t.hosts, script{fmt.Sprintf("GW%d/GATE", p+1), ops})
	}
	return t
}

// ends are all ends that a search reaches.
func ends(t *testing.T, c Config, seed uint64) (map[string]bool, *Result) {
	t.Helper()
	c.Strategy, c.Schedules = Exhaustive, 4000
	if testing.Short() {
		c.Schedules = 600
	}
	r := run(t, c, func() *toy { return randomToy(seed) })
	all := map[string]bool{}
	for _, v := range r.Violations {
		all[v.Signature] = true
	}
	return all, r
}

// What is left out reaches no other end: over many small Subjects, with and
// without bounds, the reduced search sees the same ends as the whole one.
func TestReductionLosesNoEnd(t *testing.T) {
	compared, saved := 0, 0
	seeds := uint64(150)
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		for _, c := range []struct {
			reduce      string
			preemptions int
			decisions   int
		}{{"sleep", -1, 0}, {"cache", -1, 0}, {"cache", 0, 0}, {"cache", 1, 0}, {"cache", 2, 0}, {"cache", -1, 3}, {"cache", 1, 4}} {
			config := Config{Preemptions: c.preemptions, Decisions: c.decisions, Reduce: "none"}
			want, whole := ends(t, config, seed)
			if !whole.Complete {
				continue // too large for the whole of it
			}
			config.Reduce = c.reduce
			got, part := ends(t, config, seed)
			if !part.Complete {
				t.Errorf("seed %d: %+v is not complete: %s", seed, c, part.Missing)
			}
			compared++
			saved += whole.Schedules - part.Schedules
			if !maps.Equal(got, want) {
				t.Fatalf("seed %d, %+v: %s", seed, c, cmp.Diff(want, got))
			}
			a, _ := whole.Statistics.Traces.Count()
			b, _ := part.Statistics.Traces.Count()
			if c.decisions == 0 && a != b {
				t.Errorf("seed %d, %+v: %d traces, %d in the whole", seed, c, b, a)
			}
			if n := part.Schedules - part.Statistics.Pruned; c.reduce == "sleep" && n != a {
				t.Errorf("seed %d: %d schedules for %d traces", seed, n, a)
			}
			if part.Schedules > whole.Schedules {
				t.Errorf("seed %d, %+v: %d schedules, %d in the whole", seed, c, part.Schedules, whole.Schedules)
			}
		}
	}
	t.Logf("%d searches compared, %d schedules saved", compared, saved)
	if compared < 4*int(seeds) || saved < 50*int(seeds) {
		t.Error("too few to say anything")
	}
}

// Two orders of operations that do not conflict have one fingerprint, and two
// orders of operations that do have two, however Subjects number things.
func TestFingerprintIsThatOfTheOrder(t *testing.T) {
	type event struct {
		proc   int
		id     int32
		dir    int32
		access schedule.Access
	}
	const r, w = schedule.Reads, schedule.Writes
	for _, row := range []struct {
		name string
		a, b []event
		same bool
	}{
		{"objects apart", []event{{1, 1, 0, w}, {2, 2, 0, w}}, []event{{2, 2, 0, w}, {1, 1, 0, w}}, true},
		{"numbered otherwise", []event{{1, 1, 0, w}, {2, 2, 0, w}}, []event{{1, 7, 0, w}, {2, 3, 0, w}}, true},
		{"two reads", []event{{1, 1, 0, r}, {2, 1, 0, r}}, []event{{2, 1, 0, r}, {1, 1, 0, r}}, true},
		{"read and write", []event{{1, 1, 0, r}, {2, 1, 0, w}}, []event{{2, 1, 0, w}, {1, 1, 0, r}}, false},
		{"two writes", []event{{1, 1, 0, w}, {2, 1, 0, w}}, []event{{2, 1, 0, w}, {1, 1, 0, w}}, false},
		{"two changes of names", []event{{1, 1, 5, w}, {2, 2, 5, w}}, []event{{2, 2, 5, w}, {1, 1, 5, w}}, true},
		{"two listings", []event{{1, 0, 5, r}, {2, 0, 5, r}}, []event{{2, 0, 5, r}, {1, 0, 5, r}}, true},
		{"listing and change", []event{{1, 0, 5, r}, {2, 2, 5, w}}, []event{{2, 2, 5, w}, {1, 0, 5, r}}, false},
		{"wake and anything", []event{{1, 0, 0, 0}, {2, 2, 0, w}}, []event{{2, 2, 0, w}, {1, 0, 0, 0}}, false},
	} {
		sum := func(all []event) uint64 {
			var o order
			o.reset()
			for _, e := range all {
				p := schedule.Option{Who: fmt.Sprintf("GW%d/X", e.proc), Proc: e.proc, ID: e.id, Dir: e.dir, Access: e.access, Op: "wake"}
				o.event(&p)
			}
			return o.sum
		}
		if got := sum(row.a) == sum(row.b); got != row.same {
			t.Errorf("%s: same %v, want %v", row.name, got, row.same)
		}
		p := schedule.Option{ID: row.a[0].id, Dir: row.a[0].dir, Access: row.a[0].access, Op: "wake"}
		q := schedule.Option{ID: row.a[1].id, Dir: row.a[1].dir, Access: row.a[1].access, Op: "wake"}
		if row.name != "numbered otherwise" && conflict(&p, &q) == row.same {
			t.Errorf("%s: conflict %v", row.name, !row.same)
		}
	}
	rename := schedule.Option{ID: 1, To: 2, Access: w}
	if !conflict(&rename, &schedule.Option{ID: 2, Access: r}) || conflict(&rename, &schedule.Option{ID: 3, Access: w}) {
		t.Error("a rename conflicts with a read of its new name, and with nothing else")
	}
}
