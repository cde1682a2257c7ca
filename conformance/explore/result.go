package explore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Result is what a campaign did and found; its JSON form is what shards leave
// behind for Merge.
type Result struct {
	Version int `json:"version"`
	Setting
	Strategy  string   `json:"strategy"`
	Seed      uint64   `json:"seed"`
	Shard     string   `json:"shard,omitempty"`         // "2/8"
	NoShards  []string `json:"missingShards,omitempty"` // that a merged result lacks
	Schedules int      `json:"schedules"`
	Planned   int      `json:"planned"`           // schedules of the whole campaign at most; 0: no bound
	Complete  bool     `json:"complete"`          // of an exhaustive search
	Within    string   `json:"within,omitempty"`  // the bounds that the claim is about
	Missing   string   `json:"missing,omitempty"` // why it is not complete
	Stopped   string   `json:"stopped"`           // "schedules", "time", "violation", "cancelled", "complete"
	Rate      float64  `json:"ratePerSecond"`
	Wall      float64  `json:"wallSeconds"`
	Expected  int      `json:"expectedDecisions"` // learnt from the first runs; NewDecider needs it

	Verdict string `json:"verdict"`          // pass, fail, unknown; with Reason and Repeat filled by the caller
	Reason  string `json:"reason,omitempty"` // of unknown
	Repeat  string `json:"repeat"`           // the command that repeats the campaign

	First      *First      `json:"firstViolation,omitempty"`
	Violations []Found     `json:"violations"`          // the earliest first
	Broken     []Broken    `json:"broken"`              // by invariant
	Kinds      bool        `json:"moreKinds,omitempty"` // more signatures than are kept
	Sometimes  []Condition `json:"sometimes"`
	Checks     Checks      `json:"digestChecks"`
	Strategies []Share     `json:"strategies"`
	Statistics Statistics  `json:"statistics"`

	Shared     []string `json:"shared,omitempty"`     // objects learnt before the first schedule
	LateShared []string `json:"lateShared,omitempty"` // and later ones, which were no decision points

	name string // of the file that it was read from
}

// Setting is what a campaign runs, as far as only the caller knows, who fills it.
// The shards of a campaign agree in it.
type Setting struct {
	Site     string   `json:"site"`
	SiteSum  string   `json:"siteSum,omitempty"` // of its text: a name alone may mean another one
	In       int      `json:"in"`                // messages
	Out      int      `json:"out"`
	Size     int      `json:"sizeBytes,omitempty"` // of each; missing: the default
	PCs      []string `json:"pcs"`                 // that are switched on
	Off      []string `json:"pcsOff,omitempty"`    // and those that are not, with their programs: "MTA1/EXTERNAL"
	Operator string   `json:"operator,omitempty"`
	Faults   []string `json:"faults,omitempty"`
	MaxSteps uint64   `json:"maxSteps,omitempty"` // of one run; missing: the default
	RunSeed  uint64   `json:"runSeed,omitempty"`
	MustMeet bool     `json:"mustMeet,omitempty"` // without a contact of two PCs it shows nothing
}

// First says how long it took to find something.
type First struct {
	Schedules int     `json:"schedules"` // numbers from 1; of the whole campaign, also in a shard
	Wall      float64 `json:"wallSeconds"`
}

// Found is one kind of violation and the earliest schedule that shows it.
type Found struct {
	Violation
	Count    int     `json:"count"`    // schedules
	Index    int     `json:"index"`    // of the earliest, from 0
	By       string  `json:"strategy"` // that decided it
	Schedule Choices `json:"schedule"`
	Script   string  `json:"script"` // filled by the caller
	Cycle    []Wait  `json:"cycle"`  // filled by the caller
}

// Broken counts the schedules that break an invariant, in whatever way.
type Broken struct {
	Invariant string `json:"invariant"`
	Schedules int    `json:"schedules"`
}

// Wait is one edge of a cycle of processes that wait for each other.
type Wait struct {
	PC       string `json:"pc"`
	Program  string `json:"program"`
	WaitsFor string `json:"waitsFor"`
	HeldBy   string `json:"heldBy"`
}

// Condition is something that should come true in some run; one that never does
// says that the search missed part of the behaviour.
type Condition struct {
	Name  string `json:"condition"`
	Count int    `json:"count"` // schedules
}

// Checks are the schedules that were run twice.
type Checks struct {
	Done       int        `json:"done"`
	Mismatched int        `json:"mismatched"`
	Mismatches []Mismatch `json:"mismatches,omitempty"` // the first few
}

// Mismatch is a schedule that did not repeat itself.
type Mismatch struct {
	Index    int    `json:"index"`         // from 0
	Decision int    `json:"decision"`      // the first that differs, or that follows the operation which does, from 1; 0: none does, only the digest
	Was      string `json:"was,omitempty"` // what was done there first: "GW1/SMTPGATE open COMPANY/HUB:\\SMTP\\FROM_NC.API"; "": the run was over
	Is       string `json:"is,omitempty"`  // and when it was repeated
}

// Share is what one strategy did.
type Share struct {
	Strategy  string  `json:"strategy"`
	Schedules int     `json:"schedules"`
	Planned   int     `json:"planned"`   // schedules of the whole campaign at most; 0: no bound
	Violating int     `json:"violating"` // schedules
	Found     []After `json:"found"`
}

// After says after how many of its own schedules a strategy found something.
type After struct {
	Invariant string `json:"invariant"`
	Signature string `json:"signature"`
	Index     int    `json:"index"` // of the schedule in the campaign
	After     int    `json:"after"` // schedules of the strategy, this one included
}

// Statistics describe the runs.
type Statistics struct {
	Steps      Distribution `json:"steps"`
	Operations Distribution `json:"operations"`
	Decisions  Distribution `json:"decisions"`
	Bounds     []Bounded    `json:"bounds"`
	States     Distinct     `json:"states"` // final ones
	Traces     Distinct     `json:"traces"` // orders of conflicting operations
	Pruned     int          `json:"pruned"` // schedules of an exhaustive search cut short as known
}

// Bounded says how many runs a bound ended.
type Bounded struct {
	Bound string  `json:"bound"`
	Count int     `json:"count"`
	Share float64 `json:"share"`
}

const (
	foundMax    = 1000 // kinds of violations kept
	mismatchMax = 20
	shardsMax   = 10_000
)

// row is what one schedule adds to the result.
type row struct {
	index             int
	by                kind
	steps, operations int
	decisions         int
	sometimes         uint64
	state, trace      uint64
	bound             string
	violations        []Violation
	choices           Choices // when there are violations that its chunk has not shown before
	found             time.Duration
	checked, cut      bool
	differs           *Mismatch // of one that was checked
	late              []string
}

// tally adds rows up in order of their schedules.
type tally struct {
	Result
	kinds  map[key]int // index in Violations
	by     [kinds + 1]*Share
	bounds map[string]int
	late   map[string]bool
}

func newTally(c *Config) *tally {
	t := &tally{kinds: map[key]int{}, bounds: map[string]int{}, late: map[string]bool{}}
	t.Version, t.Strategy, t.Seed, t.Planned = 1, c.Strategy, c.Seed, c.Schedules
	for _, name := range c.Sometimes {
		t.Sometimes = append(t.Sometimes, Condition{Name: name})
	}
	return t
}

// add takes the next row.
func (t *tally) add(r *row) {
	t.Schedules++
	s := &t.Statistics
	s.Steps.Add(r.steps)
	s.Operations.Add(r.operations)
	s.Decisions.Add(r.decisions)
	s.States.Add(mix(r.state))
	s.Traces.Add(r.trace)
	if r.cut {
		s.Pruned++
	}
	if r.bound != "" {
		t.bounds[r.bound]++
	}
	for i := range t.Sometimes {
		if r.sometimes>>i&1 != 0 {
			t.Sometimes[i].Count++
		}
	}
	for _, o := range r.late {
		t.late[o] = true
	}
	if r.checked {
		t.Checks.Done++
		if r.differs != nil {
			t.Checks.Mismatched++
			if len(t.Checks.Mismatches) < mismatchMax {
				t.Checks.Mismatches = append(t.Checks.Mismatches, *r.differs)
			}
		}
	}
	i := min(r.by, kinds)
	if t.by[i] == nil {
		t.by[i] = &Share{Strategy: kindName(r.by), Found: []After{}}
	}
	share := t.by[i]
	share.Schedules++
	if len(r.violations) == 0 {
		return
	}
	share.Violating++
	if t.First == nil {
		t.First = &First{r.index + 1, r.found.Seconds()}
	}
	for i, v := range r.violations {
		k := v.key()
		if !slices.ContainsFunc(r.violations[:i], func(w Violation) bool { return w.Invariant == v.Invariant }) {
			t.broke(v.Invariant, 1)
		}
		if slices.ContainsFunc(r.violations[:i], func(w Violation) bool { return w.key() == k }) {
			continue
		}
		j, known := t.kinds[k]
		switch {
		case known:
			t.Violations[j].Count++
		case len(t.Violations) == foundMax:
			t.Kinds = true
			continue
		default:
			t.kinds[k] = len(t.Violations)
			t.Violations = append(t.Violations, Found{Violation: v, Count: 1, Index: r.index,
				By: kindName(r.by), Schedule: r.choices, Cycle: []Wait{}})
		}
		if !slices.ContainsFunc(share.Found, func(a After) bool { return a.Invariant == v.Invariant && a.Signature == v.Signature }) {
			share.Found = append(share.Found, After{v.Invariant, v.Signature, r.index, share.Schedules})
		}
	}
}

func kindName(k kind) string {
	if k < kinds {
		return kindNames[k]
	}
	return Exhaustive
}

// result closes the tally.
func (t *tally) result() *Result {
	r := &t.Result
	s := &r.Statistics
	s.States.trim()
	s.Traces.trim()
	s.Bounds = make([]Bounded, 0, len(t.bounds))
	for b, n := range t.bounds {
		s.Bounds = append(s.Bounds, Bounded{Bound: b, Count: n})
	}
	for o := range t.late {
		r.LateShared = append(r.LateShared, o)
	}
	for _, share := range t.by {
		if share != nil {
			r.Strategies = append(r.Strategies, *share)
		}
	}
	r.tidy()
	return r
}

// tidy sorts what has no order of its own and fills what follows from the rest.
func (r *Result) tidy() {
	slices.Sort(r.LateShared)
	b := r.Statistics.Bounds
	slices.SortFunc(b, func(x, y Bounded) int { return cmp.Compare(x.Bound, y.Bound) })
	for i := range b {
		b[i].Share = float64(b[i].Count) / float64(max(r.Schedules, 1))
	}
	slices.SortStableFunc(r.Violations, func(x, y Found) int { return cmp.Compare(x.Index, y.Index) })
	if r.PCs == nil {
		r.PCs = []string{}
	}
	if r.Violations == nil {
		r.Violations = []Found{}
	}
	slices.SortFunc(r.Broken, func(x, y Broken) int { return cmp.Compare(x.Invariant, y.Invariant) })
	if r.Broken == nil {
		r.Broken = []Broken{}
	}
	if r.Sometimes == nil {
		r.Sometimes = []Condition{}
	}
	if r.Strategies == nil {
		r.Strategies = []Share{}
	}
	if r.Wall > 0 {
		r.Rate = float64(r.Schedules) / r.Wall
	}
}

// broke counts schedules that break an invariant.
func (r *Result) broke(invariant string, schedules int) {
	for i := range r.Broken {
		if r.Broken[i].Invariant == invariant {
			r.Broken[i].Schedules += schedules
			return
		}
	}
	r.Broken = append(r.Broken, Broken{invariant, schedules})
}

// Broke returns how many schedules break an invariant.
func (r *Result) Broke(invariant string) int {
	for _, b := range r.Broken {
		if b.Invariant == invariant {
			return b.Schedules
		}
	}
	return 0
}

// Quota is how many schedules this shard of the campaign was to run; 0: no bound.
func (r *Result) Quota() int {
	shard, shards, _ := shardOf(r.Shard)
	return quota(r.Planned, shard, shards)
}

// shardOf reads "2/8"; "" is the whole.
func shardOf(text string) (shard, shards int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	i, n, _ := strings.Cut(text, "/")
	shard, err = strconv.Atoi(i)
	if err == nil {
		shards, err = strconv.Atoi(n)
	}
	if err != nil || shard < 1 || shard > shards || shards > shardsMax {
		return 0, 0, fmt.Errorf("there is no shard %q", text)
	}
	return shard, shards, nil
}

// Find returns the first violation of an invariant, or nil.
func (r *Result) Find(invariant string) *Found {
	for i := range r.Violations {
		if r.Violations[i].Invariant == invariant {
			return &r.Violations[i]
		}
	}
	return nil
}

func sortedKeys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }
