package explore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Merge adds the shards of a campaign up; the result is that of the whole, or
// says which shards it lacks. They must be of one campaign, each there once.
func Merge(shards []*Result) (*Result, error) {
	if len(shards) == 0 {
		return nil, errors.New("cannot merge: no results")
	}
	shards = slices.Clone(shards)
	first := shards[0]
	want := first.identity()
	seen := map[string]string{}
	for i, r := range shards {
		name := r.title(i)
		for j, is := range r.identity() {
			if is.value != want[j].value {
				return nil, fmt.Errorf("cannot merge: %s is of another campaign than %s: %s %s, not %s", name, first.title(0), is.name, is.value, want[j].value)
			}
		}
		switch {
		case len(shards) > 1 && r.Shard == "":
			return nil, fmt.Errorf("cannot merge: %s is no shard but a whole campaign", name)
		case seen[r.Shard] != "":
			return nil, fmt.Errorf("cannot merge: %s is shard %s, and so is %s", name, r.Shard, seen[r.Shard])
		}
		seen[r.Shard] = name
	}
	m := &Result{Version: 1, Setting: first.Setting, Strategy: first.Strategy, Seed: first.Seed, Planned: first.Planned, Expected: first.Expected,
		Shared: first.Shared, Within: first.Within, Missing: first.Missing, Complete: first.Complete && len(shards) == 1, Stopped: first.Stopped,
		NoShards: first.NoShards}
	_, n, _ := shardOf(first.Shard)
	for i := range n {
		if s := fmt.Sprintf("%d/%d", i+1, n); seen[s] == "" {
			m.NoShards = append(m.NoShards, s)
		}
	}
	for _, r := range shards {
		if err := m.join(r); err != nil {
			return nil, fmt.Errorf("cannot merge: %w", err)
		}
	}
	m.LateShared = slices.Compact(slices.Sorted(slices.Values(m.LateShared)))
	m.tidy()
	if len(m.Violations) > foundMax {
		m.Violations, m.Kinds = m.Violations[:foundMax], true
	}
	return m, nil
}

// title names result i in an error.
func (r *Result) title(i int) string {
	if r.name != "" {
		return r.name
	}
	return fmt.Sprintf("result %d", i+1)
}

// fact is something in which the shards of a campaign agree.
type fact struct{ name, value string }

// identity tells one campaign from another.
func (r *Result) identity() []fact {
	_, shards, _ := shardOf(r.Shard)
	conditions := make([]string, len(r.Sometimes))
	for i := range conditions {
		conditions[i] = r.Sometimes[i].Name
	}
	return []fact{
		{"site", quoted(r.Site)}, {"the site's text has the sum", quoted(r.SiteSum)},
		{"messages in", fmt.Sprint(r.In)}, {"messages out", fmt.Sprint(r.Out)}, {"bytes of a message", fmt.Sprint(r.Size)},
		{"PCs", quoted(r.PCs...)}, {"operator", quoted(r.Operator)}, {"faults", quoted(r.Faults...)},
		{"step limit", fmt.Sprint(r.MaxSteps)}, {"seed of the runs", fmt.Sprint(r.RunSeed)},
		{"strategy", quoted(r.Strategy)}, {"seed", fmt.Sprint(r.Seed)}, {"schedules in all", fmt.Sprint(r.Planned)}, {"number of shards", fmt.Sprint(shards)},
		{"expected decisions", fmt.Sprint(r.Expected)}, {"files used by two", quoted(r.Shared...)}, {"conditions", quoted(conditions...)},
	}
}

// quoted prints names so that none runs into the next.
func quoted(names ...string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Trim(fmt.Sprintf("%q", names), "[]")
}

// join adds one shard.
func (m *Result) join(r *Result) error {
	m.Schedules += r.Schedules
	m.Wall = max(m.Wall, r.Wall)
	m.Kinds = m.Kinds || r.Kinds
	if r.Stopped != "schedules" {
		m.Stopped = r.Stopped
	}
	if r.First != nil && (m.First == nil || r.First.Schedules < m.First.Schedules) {
		f := *r.First
		m.First = &f
	}
	for _, f := range r.Violations {
		i := slices.IndexFunc(m.Violations, func(g Found) bool { return g.key() == f.key() })
		if i < 0 {
			m.Violations = append(m.Violations, f)
			continue
		}
		g := &m.Violations[i]
		if f.Index < g.Index {
			f.Count += g.Count
			*g = f
		} else {
			g.Count += f.Count
		}
	}
	for _, b := range r.Broken {
		m.broke(b.Invariant, b.Schedules)
	}
	for i, c := range r.Sometimes {
		if i == len(m.Sometimes) {
			m.Sometimes = append(m.Sometimes, Condition{Name: c.Name})
		}
		m.Sometimes[i].Count += c.Count
	}
	m.Checks.Done += r.Checks.Done
	m.Checks.Mismatched += r.Checks.Mismatched
	m.Checks.Mismatches = append(m.Checks.Mismatches, r.Checks.Mismatches...)
	slices.SortFunc(m.Checks.Mismatches, func(a, b Mismatch) int { return a.Index - b.Index })
	m.Checks.Mismatches = m.Checks.Mismatches[:min(len(m.Checks.Mismatches), mismatchMax)]
	for _, s := range r.Strategies {
		m.joinShare(s)
	}
	a, b := &m.Statistics, &r.Statistics
	a.Steps.merge(&b.Steps)
	a.Operations.merge(&b.Operations)
	a.Decisions.merge(&b.Decisions)
	a.States.merge(&b.States)
	a.Traces.merge(&b.Traces)
	a.Pruned += b.Pruned
	for _, x := range b.Bounds {
		i := slices.IndexFunc(a.Bounds, func(y Bounded) bool { return x.Bound == y.Bound })
		if i < 0 {
			i = len(a.Bounds)
			a.Bounds = append(a.Bounds, Bounded{Bound: x.Bound})
		}
		a.Bounds[i].Count += x.Count
	}
	if a.Bounds == nil {
		a.Bounds = []Bounded{}
	}
	m.LateShared = append(m.LateShared, r.LateShared...)
	return nil
}

// joinShare adds what a strategy did. After how many of its schedules it found
// something follows from the number of the schedule in the campaign.
func (m *Result) joinShare(s Share) {
	i := slices.IndexFunc(m.Strategies, func(x Share) bool { return x.Strategy == s.Strategy })
	if i < 0 {
		i = len(m.Strategies)
		m.Strategies = append(m.Strategies, Share{Strategy: s.Strategy, Found: []After{}})
	}
	to := &m.Strategies[i]
	to.Schedules += s.Schedules
	to.Violating += s.Violating
	for _, a := range s.Found {
		a.After = m.after(s.Strategy, a.Index)
		j := slices.IndexFunc(to.Found, func(x After) bool { return x.Invariant == a.Invariant && x.Signature == a.Signature })
		if j < 0 {
			to.Found = append(to.Found, a)
		} else if a.Index < to.Found[j].Index {
			to.Found[j] = a
		}
	}
	slices.SortStableFunc(to.Found, func(a, b After) int { return a.Index - b.Index })
	order := Strategies()
	slices.SortFunc(m.Strategies, func(a, b Share) int {
		return slices.Index(order, a.Strategy) - slices.Index(order, b.Strategy)
	})
}

// after counts the schedules of a strategy up to index.
func (m *Result) after(strategy string, index int) int {
	if m.Strategy != Portfolio {
		return index + 1
	}
	round := 0 // in one pass through the mixture
	for _, k := range mixture {
		if kindName(k) == strategy {
			round++
		}
	}
	n := index / len(mixture) * round
	for _, k := range mixture[:index%len(mixture)] {
		if kindName(k) == strategy {
			n++
		}
	}
	if strategy == kindNames[byDefault] {
		n++ // schedule 0
	}
	return n
}

// resultMax bounds the size of a result file.
const resultMax = 64 << 20

// Write writes a result as JSON.
func (r *Result) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// ReadResult reads what Write writes. name stands in errors.
func ReadResult(name string, rd io.Reader) (*Result, error) {
	data, err := io.ReadAll(io.LimitReader(rd, resultMax+1))
	if err != nil {
		return nil, fmt.Errorf("%s: cannot read result: %w", name, err)
	}
	if len(data) > resultMax {
		return nil, fmt.Errorf("%s: cannot read result: larger than %d bytes", name, resultMax)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	r := &Result{name: name}
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("%s: cannot read result: near byte %d: %w", name, d.InputOffset(), err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%s: cannot read result: more than one document", name)
	}
	if err := r.validate(); err != nil {
		return nil, fmt.Errorf("%s: cannot read result: %w", name, err)
	}
	r.tidy()
	return r, nil
}

// validate refuses what no campaign writes and Merge could not add up.
func (r *Result) validate() error {
	if r.Version != 1 {
		return fmt.Errorf("version %d, want 1", r.Version)
	}
	if _, _, err := shardOf(r.Shard); err != nil {
		return err
	}
	if r.Schedules < 0 || r.Planned < 0 || r.Wall < 0 || r.Checks.Done < 0 || r.Checks.Mismatched < 0 {
		return errors.New("a count is negative")
	}
	for i := range r.Violations {
		if f := &r.Violations[i]; f.Invariant == "" || f.Count < 1 || f.Index < 0 {
			return fmt.Errorf("violation %d has no invariant, count or index", i+1)
		} else if r.Broke(f.Invariant) < f.Count {
			return fmt.Errorf("%s is broken in %d schedules, but \"broken\" counts %d: an older gwcheck wrote it", f.Invariant, f.Count, r.Broke(f.Invariant))
		}
	}
	for _, s := range r.Strategies {
		for _, a := range s.Found {
			if a.Index < 0 {
				return fmt.Errorf("strategy %s found something in schedule %d", s.Strategy, a.Index)
			}
		}
	}
	return nil
}
