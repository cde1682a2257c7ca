package explore

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResultHasTheKeysOfItsContract(t *testing.T) {
	r := run(t, Config{Seed: 1, Schedules: 300, Check: 9, Sometimes: []string{"ends"}}, lostUpdate)
	r.Site = "dedicated-shared"
	r.Violations[0].Script, r.Violations[0].Cycle = "found.txtar", []Wait{{"GW1", "SMTPGET", "A", "GW2"}}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	want := func(where string, in any, keys string) {
		t.Helper()
		m, ok := in.(map[string]any)
		for _, k := range strings.Fields(keys) {
			if _, has := m[k]; !ok || !has {
				t.Errorf("%s has no %s: %v", where, k, slices.Sorted(maps.Keys(m)))
			}
		}
	}
	first := func(key string) any {
		if l, ok := doc[key].([]any); ok && len(l) > 0 {
			return l[0]
		}
		return nil
	}
	want("result", doc, "version site strategy schedules complete ratePerSecond firstViolation violations sometimes digestChecks")
	want("first violation", doc["firstViolation"], "schedules wallSeconds")
	want("violation", first("violations"), "invariant count schedule script cycle")
	want("cycle", first("violations").(map[string]any)["cycle"].([]any)[0], "pc program waitsFor heldBy")
	want("sometimes", first("sometimes"), "condition count")
	want("digest checks", doc["digestChecks"], "done mismatched")

	again, err := ReadResult("r.json", bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	var c bytes.Buffer
	if err := again.Write(&c); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b.String(), c.String()); d != "" {
		t.Errorf("written, read and written again:\n%s", d)
	}
}

func TestResultReaderRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":       ``,
		"no JSON":       `hello`,
		"version":       `{"version":2}`,
		"two":           `{"version":1}{"version":1}`,
		"shard":         `{"version":1,"shard":"3/2"}`,
		"negative":      `{"version":1,"schedules":-1}`,
		"no invariant":  `{"version":1,"violations":[{"count":1}]}`,
		"choices":       `{"version":1,"violations":[{"invariant":"x","count":1,"schedule":"1x99999999999"}]}`,
		"classes":       `{"version":1,"statistics":{"steps":{"min":3,"max":3,"classes":[[2,1]]}}}`,
		"out of order":  `{"version":1,"statistics":{"steps":{"min":2,"max":3,"classes":[[3,1],[2,1]]}}}`,
		"estimate":      `{"version":1,"statistics":{"states":{"count":99999,"exact":false,"values":"AAAAAAAAAAE="}}}`,
		"half a value":  `{"version":1,"statistics":{"states":{"count":1,"exact":true,"values":"AAAA"}}}`,
		"not counted":   `{"version":1,"violations":[{"invariant":"x","count":3}],"broken":[{"invariant":"x","schedules":2}]}`,
		"found nowhere": `{"version":1,"strategies":[{"strategy":"pct","found":[{"index":-4}]}]}`,
	} {
		if _, err := ReadResult("x.json", strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), "x.json: cannot read result: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := ReadResult("x.json", strings.NewReader(`{"version":1}`)); err != nil {
		t.Errorf("the least result: %v", err)
	}
}

// A schedule that breaks a guarantee in two ways counts once, one that breaks it
// in another way than the one before counts as well.
func TestBrokenCountsSchedules(t *testing.T) {
	toys := func() *toy {
		p := lostUpdate()
		p.judge = func(t *toy, _ bool) []Violation {
			all := []Violation{{Invariant: "always", Signature: "a"}, {Invariant: "always", Signature: "b"}}
			if t.val[0] != 2 {
				return append(all, Violation{Invariant: "lost", Signature: "X"}, Violation{Invariant: "late", Signature: "X", Follows: "lost"})
			}
			return append(all, Violation{Invariant: "late", Signature: "X"})
		}
		return p
	}
	r := run(t, Config{Strategy: "random", Seed: 1, Schedules: 200}, toys)
	lost := r.Find("lost").Count
	if d := cmp.Diff([]Broken{{"always", 200}, {"late", 200}, {"lost", lost}}, r.Broken); d != "" {
		t.Error(d)
	}
	var late []int
	for _, v := range r.Violations {
		if v.Invariant == "late" {
			late = append(late, v.Count)
		}
	}
	if len(late) != 2 || late[0]+late[1] != 200 {
		t.Errorf("what follows and what stands for itself are one: %v", late)
	}
	if r.Broke("never") != 0 {
		t.Error("it counts what was not broken")
	}
}

// A shard has whole chunks and the campaign's rest falls to one of them.
func TestQuotasAddUp(t *testing.T) {
	for _, all := range []int{0, 1, 63, 64, 65, 200, 1000, 6400} {
		for _, shards := range []int{0, 1, 2, 3, 7} {
			sum := 0
			for i := range max(shards, 1) {
				sum += quota(all, i+1, shards)
			}
			if sum != all {
				t.Errorf("%d schedules in %d shards: %d", all, shards, sum)
			}
		}
	}
}

func TestDistinctIsExactAndThenEstimates(t *testing.T) {
	for _, n := range []int{0, 1, 1000, distinctMax, distinctMax + 1, 3 * distinctMax, 10 * distinctMax} {
		var whole, even, odd Distinct
		for i := range n {
			h := mix(uint64(i + 1))
			whole.Add(h)
			whole.Add(h)
			if i%2 == 0 {
				even.Add(h)
			} else {
				odd.Add(h)
			}
		}
		got, exact := whole.Count()
		if exact != (n <= distinctMax) || exact && got != n || math.Abs(float64(got-n)) > 0.03*float64(n) {
			t.Errorf("%d values: %d, exact %v", n, got, exact)
		}
		even.trim()
		odd.trim()
		even.merge(&odd)
		if m, e := even.Count(); m != got || e != exact {
			t.Errorf("%d values in two sets: %d, exact %v; in one: %d, exact %v", n, m, e, got, exact)
		}
		b, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		var again Distinct
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatal(err)
		}
		if m, e := again.Count(); m != got || e != exact {
			t.Errorf("%d values through JSON: %d, exact %v", n, m, e)
		}
	}
}

func TestDistributionKeepsTheMiddle(t *testing.T) {
	for v := range 100_000 {
		if l := least(place(v)); l > v || float64(v-l) > 0.032*float64(v) || place(l) != place(v) {
			t.Fatalf("%d is in class %d, which begins with %d", v, place(v), l)
		}
	}
	if c := place(math.MaxInt32); c >= 1024 {
		t.Fatalf("class %d of the largest number", c)
	}
	var d, e Distribution
	for i := range 101 {
		d.Add(i * 10)
		e.Add(5000)
	}
	if m := d.Median(); m < 484 || m > 500 || d.Min != 0 || d.Max != 1000 {
		t.Errorf("median %d, from %d to %d", m, d.Min, d.Max)
	}
	d.merge(&e)
	if d.Total != 202 || d.Max != 5000 || d.Min != 0 {
		t.Errorf("merged: %d, from %d to %d", d.Total, d.Min, d.Max)
	}
	if (&Distribution{}).Median() != 0 {
		t.Error("nothing has a middle")
	}
}

func TestChoicesAsText(t *testing.T) {
	for _, row := range []struct {
		c    Choices
		text string
	}{
		{nil, "0"}, {Choices{0, 0, 0}, "0"}, {Choices{1}, "1"}, {Choices{0, 2, 1}, "0.2.1"},
		{Choices{0, 0, 0, 2, 2, 1, 0, 0}, "0x3.2x2.1"}, {Choices{65535}, "65535"},
	} {
		if got := row.c.String(); got != row.text {
			t.Errorf("%v prints %q, want %q", []uint16(row.c), got, row.text)
		}
		back, err := ParseChoices(row.text)
		if err != nil || back.String() != row.text {
			t.Errorf("%q reads as %v, %v", row.text, back, err)
		}
	}
	for _, text := range []string{"", ".", "a", "1..2", "65536", "1x", "1x0", "x3", "-1", "1x2000000", "1x1048576.1"} {
		if c, err := ParseChoices(text); err == nil {
			t.Errorf("%q reads as %v", text, c)
		}
	}
	p := NewPlayback(Choices{9})
	lostUpdate().Run(p)
	if p.Err() == nil {
		t.Error("a choice without an option is not noted")
	}
	p = NewPlayback(Choices{0, 0, 0, 0, 0, 0, 0, 0, 1})
	lostUpdate().Run(p)
	if p.Err() == nil {
		t.Error("a schedule that is longer than the run is not noted")
	}
}

func FuzzParseChoices(f *testing.F) {
	for _, s := range []string{"0", "0x3.2x2.1", "1x1048576", "..", "9x9x9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseChoices(text)
		if err != nil {
			return
		}
		d, err := ParseChoices(c.String())
		if err != nil || !slices.Equal(c, d) {
			t.Errorf("%q: %v, then %v, %v", text, c, d, err)
		}
	})
}

func FuzzReadResult(f *testing.F) {
	r, err := Run(f.Context(), Config{Seed: 1, Schedules: 40, Check: 9, Sometimes: []string{"ends"}}, func() (Subject, error) { return lostUpdate(), nil })
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"version":1}`))
	f.Add([]byte(`{"version":1,"statistics":{"steps":{"min":2,"max":3,"classes":[[2,1],[3,1]]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ReadResult("f", bytes.NewReader(data))
		if err != nil {
			return
		}
		var b, c bytes.Buffer
		if err := r.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := ReadResult("f", bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, b.Bytes())
		}
		if err := again.Write(&c); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), c.Bytes()) {
			t.Errorf("written again:\n%s", cmp.Diff(b.String(), c.String()))
		}
		if _, err := Merge([]*Result{r}); err != nil {
			t.Errorf("cannot merge with nothing: %v", err)
		}
	})
}
