package explore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Merge adds the shards of a campaign up; the result is that of the whole. The
// shards must be of one campaign, each there once.
func Merge(shards []*Result) (*Result, error) {
	if len(shards) == 0 {
		return nil, errors.New("cannot merge: no results")
	}
	shards = slices.Clone(shards)
	first := shards[0]
	seen := map[string]bool{}
	for i, r := range shards {
		switch {
		case r.Site != first.Site || r.Strategy != first.Strategy || r.Seed != first.Seed || r.Expected != first.Expected || !slices.Equal(r.Shared, first.Shared):
			return nil, fmt.Errorf("cannot merge: result %d is of another campaign (%s, %s, seed %d) than the first (%s, %s, seed %d)",
				i+1, r.Site, r.Strategy, r.Seed, first.Site, first.Strategy, first.Seed)
		case len(shards) > 1 && (r.Shard == "" || seen[r.Shard]):
			return nil, fmt.Errorf("cannot merge: result %d is shard %q, which is there already or is none", i+1, r.Shard)
		case len(r.Sometimes) != len(first.Sometimes):
			return nil, fmt.Errorf("cannot merge: result %d has %d conditions, the first has %d", i+1, len(r.Sometimes), len(first.Sometimes))
		}
		seen[r.Shard] = true
	}
	m := &Result{Version: 1, Site: first.Site, Strategy: first.Strategy, Seed: first.Seed, Expected: first.Expected,
		Shared: first.Shared, Within: first.Within, Missing: first.Missing, Complete: first.Complete && len(shards) == 1, Stopped: first.Stopped}
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
		if m.Sometimes[i].Name != c.Name {
			return fmt.Errorf("condition %d is %q in one shard and %q in another", i+1, m.Sometimes[i].Name, c.Name)
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
	r := &Result{}
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
	if r.Schedules < 0 || r.Wall < 0 || r.Checks.Done < 0 || r.Checks.Mismatched < 0 {
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
