package explore

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"gwkit/emulator/schedule"
)

// kind is a strategy that decides one schedule from a seed.
type kind uint8

const (
	byDefault kind = iota
	byRandom
	bySticky
	byPCT
	byDelay
	kinds
	byChoices // no strategy: a search or a replay decides
)

var kindNames = [kinds]string{"default", "random", "sticky", "pct", "delay"}

// Names of the strategies that are none of one schedule.
const (
	Portfolio  = "portfolio"
	Exhaustive = "exhaustive"
)

// Strategies lists the names of all strategies.
func Strategies() []string {
	return append([]string{Portfolio, Exhaustive}, kindNames[:]...)
}

// mixture is the pattern of the portfolio: half of it the strategy with a
// promise, the rest cheap ones whose blind spots differ. invented: the shares.
var mixture = [16]kind{
	byPCT, byRandom, byDelay, byPCT, bySticky, byPCT, byRandom, byPCT,
	byDelay, byPCT, bySticky, byPCT, byRandom, byPCT, byDelay, byPCT,
}

// kindOf says which strategy decides schedule index. A portfolio begins with
// the default order, the control.
func kindOf(strategy string, index int) (kind, error) {
	if strategy == Portfolio || strategy == "" {
		if index == 0 {
			return byDefault, nil
		}
		return mixture[(index-1)%len(mixture)], nil
	}
	if i := slices.Index(kindNames[:], strategy); i >= 0 {
		return kind(i), nil
	}
	return 0, fmt.Errorf("unknown strategy %q: want %s", strategy, strings.Join(Strategies(), ", "))
}

// NewDecider returns the Decider of schedule index of a campaign. decisions is
// what a run is expected to need (Result.Expected).
func NewDecider(strategy string, seed uint64, index, decisions int) (schedule.Decider, error) {
	k, err := kindOf(strategy, index)
	if err != nil {
		return nil, fmt.Errorf("cannot repeat schedule %d: %w", index, err)
	}
	c := &chooser{}
	c.begin(k, seed, index, decisions)
	return c, nil
}

// The figures of the strategies. invented: all of them, by trial on toy subjects.
const (
	earlyOneIn   = 16  // random: a sleeper is woken before its time
	leaveOneIn   = 10  // sticky: the running process is left
	depthMin     = 2   // pct: orderings that a fault needs
	depthMax     = 4   //
	wakeOneIn    = 4   // pct: a change point wakes a sleeper instead
	fairFactor   = 4   // pct: fair after so many times the expected decisions
	fairMin      = 256 // decisions
	delaysMax    = 4
	lowPriority  = 16 // all below are those of change points
	firstExpects = 64 // decisions expected of a run before any has been seen
)

// chooser decides one schedule. It is reused for the next one: begin.
type chooser struct {
	kind   kind
	rng    rng
	now    int // decisions so far
	points [8]int
	marks  int    // of points
	fair   int    // decisions after which pct takes turns
	last   int    // process that had the last turn
	ranks  []rank // by process
	gen    uint32
}

// rank is the priority of a process, good when gen is that of the chooser.
type rank struct {
	prio uint64
	gen  uint32
}

// begin prepares for schedule index of a campaign.
func (c *chooser) begin(k kind, seed uint64, index, decisions int) {
	c.kind, c.now, c.last = k, 0, 0
	c.rng = rng(mix(seed) ^ mix(uint64(index)+1<<40) ^ uint64(k)<<56)
	c.rng.next()
	decisions = max(decisions, 2)
	c.marks = 0
	switch k {
	case byPCT:
		c.marks = depthMin - 1 + c.rng.below(depthMax-depthMin+1)
		c.fair = max(fairFactor*decisions, fairMin)
		if c.gen++; c.gen == 0 { // the stamps would lie after 2^32 schedules
			clear(c.ranks)
			c.gen = 1
		}
	case byDelay:
		c.marks = 1 + c.rng.below(delaysMax)
	}
	for i := range c.points[:c.marks] {
		c.points[i] = c.rng.below(decisions)
	}
}

// Decide implements schedule.Decider.
func (c *chooser) Decide(options []schedule.Option, running bool) int {
	if len(options) < 2 {
		return 0
	}
	now := c.now
	c.now++
	switch c.kind {
	case byRandom:
		return c.walk(options)
	case bySticky:
		if running && c.rng.below(leaveOneIn) != 0 {
			return 0
		}
		return c.walk(options)
	case byPCT:
		return c.first(options, now)
	case byDelay:
		for _, p := range c.points[:c.marks] {
			if p == now {
				return 1
			}
		}
	}
	return 0
}

// walk draws one of the ready ones, or now and then a sleeper.
func (c *chooser) walk(options []schedule.Option) int {
	n := countEarly(options)
	ready := len(options) - n
	switch {
	case n == 0:
		return c.rng.below(ready)
	case c.rng.below(earlyOneIn) == 0:
		return nth(options, true, c.rng.below(n))
	case ready == 0:
		return 0
	}
	return nth(options, false, c.rng.below(ready))
}

// nth returns the option that is number n of those with early.
func nth(options []schedule.Option, early bool, n int) int {
	for i := range options {
		if options[i].Early == early {
			if n == 0 {
				return i
			}
			n--
		}
	}
	return 0
}

// first returns the ready option of the highest priority. Sleepers come last of
// all, in the order in which their sleep ends; one is woken early only at a
// change point.
func (c *chooser) first(options []schedule.Option, now int) int {
	if now >= c.fair {
		return c.turn(options)
	}
	best := c.highest(options)
	for i, p := range c.points[:c.marks] {
		if p != now {
			continue
		}
		if c.rng.below(wakeOneIn) == 0 {
			if n := countEarly(options); n > 0 {
				return nth(options, true, c.rng.below(n))
			}
		}
		if best >= 0 {
			c.ranks[options[best].Proc].prio = uint64(i)
			best = c.highest(options)
		}
	}
	return max(best, 0)
}

func countEarly(options []schedule.Option) int {
	n := 0
	for i := range options {
		if options[i].Early {
			n++
		}
	}
	return n
}

// highest returns -1 when none is ready. A process gets its priority when it is
// first seen.
func (c *chooser) highest(options []schedule.Option) int {
	best, most := -1, uint64(0)
	for i := range options {
		o := &options[i]
		for o.Proc >= len(c.ranks) {
			c.ranks = append(c.ranks, rank{})
		}
		r := &c.ranks[o.Proc]
		if r.gen != c.gen {
			*r = rank{c.rng.next() | lowPriority, c.gen}
		}
		if !o.Early && (best < 0 || r.prio > most) {
			best, most = i, r.prio
		}
	}
	return best
}

// turn lets the ready processes go on in turns, so that a run ends in which the
// one of the highest priority only polls.
func (c *chooser) turn(options []schedule.Option) int {
	next, least := -1, -1
	for i := range options {
		o := &options[i]
		if o.Early {
			continue
		}
		if least < 0 || o.Proc < options[least].Proc {
			least = i
		}
		if o.Proc > c.last && (next < 0 || o.Proc < options[next].Proc) {
			next = i
		}
	}
	if next < 0 {
		next = max(least, 0)
	}
	c.last = options[next].Proc
	return next
}

// rng is a splitmix64 generator: one word of state, so that a schedule needs no
// more than its seed and number.
type rng uint64

func (r *rng) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	return mix(uint64(*r))
}

// below draws from 0 to n-1.
func (r *rng) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// mix spreads each bit of x over the whole word.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
