package explore

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what to search and when to stop.
type Config struct {
	Strategy    string        // see the package doc; "": portfolio
	Seed        uint64        // of the campaign
	Schedules   int           // at most; 0: no bound
	MaxTime     time.Duration // of the wall clock; 0: no bound
	Workers     int           // Subjects that run at a time, as far as there is work for them; 0: 1. An exhaustive search uses one
	Shard       int           // this process runs shard Shard of Shards, from 1
	Shards      int           // 0: the whole campaign
	Check       int           // one in so many schedules is run twice; 0: none
	Stop        Stop          // at a violation
	Kinds       []string      // invariants, for StopEach
	Sometimes   []string      // names of the bits of Outcome.Sometimes
	Preemptions int           // exhaustive: at most so many; negative: no bound
	Decisions   int           // exhaustive: only the first so many are varied; 0: all
	Reduce      string        // exhaustive: "", "none", "cache", "sleep"; see search

	// Progress is called now and then from one goroutine; nil: never.
	Progress func(Progress)

	// Found is told, from the same goroutine, of each kind of violation when its
	// earliest schedule is known, and what that schedule's choices are about
	// (Result.Shared); nil: nobody.
	Found func(f Found, shared []string)
}

// Cancelled is Result.Stopped of a campaign that its context ended.
const Cancelled = "cancelled"

// Stop says which violation ends a campaign.
type Stop int

const (
	StopNever Stop = iota
	StopFirst      // any
	StopEach       // when each invariant of Config.Kinds has been broken
)

// Progress is how far a campaign is.
type Progress struct {
	Schedules  int
	Rate       float64        // schedules a second
	Violations map[string]int // schedules by invariant
	Left       time.Duration  // until the bound of schedules or of time; 0: unknown
}

// The sizes of a campaign. invented: by trial.
const (
	chunkSize   = 64 // schedules that a worker takes at a time
	workersMax  = 256
	warmRounds  = 8  // at most, while each learns something new
	warmRuns    = 16 // of a round
	warmSeed    = 0x57A3
	progressGap = 250 * time.Millisecond
)

// Run searches. A cancelled context ends it early with what was found. An error
// means that the search itself is broken: a Subject that cannot be built, does
// not repeat itself in an exhaustive search, panics, or reports one.
func Run(ctx context.Context, c Config, factory func() (Subject, error)) (*Result, error) {
	if c.Strategy == "" {
		c.Strategy = Portfolio
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("cannot explore: %w", err)
	}
	g := &campaign{Config: c, begun: time.Now(), tally: newTally(&c)}
	if c.Shards > 0 {
		g.tally.Shard = fmt.Sprintf("%d/%d", c.Shard, c.Shards)
	}
	first, err := g.worker(factory)
	if err != nil {
		return nil, err
	}
	defer first.close()
	if err := g.warmUp(ctx, first); err != nil {
		return nil, err
	}
	if c.Strategy == Exhaustive {
		err = g.exhaust(ctx, first)
	} else {
		err = g.sample(ctx, first, factory)
	}
	if err != nil {
		return nil, err
	}
	r := g.tally
	r.Wall = time.Since(g.begun).Seconds()
	r.Shared, r.Expected = g.shared, g.expected
	return r.result(), nil
}

func (c *Config) check() error {
	if c.Strategy != Exhaustive {
		if _, err := kindOf(c.Strategy, 0); err != nil {
			return err
		}
		if c.Schedules <= 0 && c.MaxTime <= 0 {
			return fmt.Errorf("%s needs a number of schedules or a time", c.Strategy)
		}
	} else if c.Shards > 1 {
		return fmt.Errorf("an exhaustive search cannot be divided into shards")
	}
	switch {
	case c.Shards < 0 || c.Shards > 0 && (c.Shard < 1 || c.Shard > c.Shards):
		return fmt.Errorf("shard %d of %d does not exist", c.Shard, c.Shards)
	case len(c.Sometimes) > 64:
		return fmt.Errorf("more than 64 conditions")
	case c.Schedules < 0 || c.Check < 0 || c.Decisions < 0 || c.Workers < 0:
		return fmt.Errorf("a bound is negative")
	case c.Stop == StopEach && len(c.Kinds) == 0:
		return fmt.Errorf("no invariants named whose violation would end it")
	}
	return nil
}

// campaign is a Config at work.
type campaign struct {
	Config
	begun    time.Time
	tally    *tally
	shared   []string
	expected int // decisions of a run
	warmed   int // runs before the first schedule
	told     time.Time
}

// warmUp learns the shared objects and how many decisions a run needs, from the
// same runs whatever the strategy, shard or number of workers.
func (g *campaign) warmUp(ctx context.Context, w *worker) error {
	known := map[string]bool{}
	l, learns := w.subject.(Learner)
	g.expected = firstExpects
	var decisions [warmRuns]int
	for round := range warmRounds {
		news := false
		for i := range warmRuns {
			if ctx.Err() != nil {
				return nil
			}
			n := round*warmRuns + i
			k := byDefault
			if i > 0 {
				k = mixture[n%len(mixture)]
			}
			w.chooser.begin(k, warmSeed, n, g.expected)
			w.drive.begin(&w.chooser)
			o, err := w.run(&w.drive, -1-n)
			if err != nil {
				return err
			}
			g.warmed++
			decisions[i] = len(w.drive.choices)
			for _, name := range o.Learned {
				news = news || !known[name]
				known[name] = true
			}
		}
		slices.Sort(decisions[:])
		g.expected = max(decisions[warmRuns/2], 2)
		if !learns || !news {
			break
		}
		g.learn(known)
		l.Learn(g.shared)
	}
	return nil
}

// learn sorts the known objects.
func (g *campaign) learn(known map[string]bool) {
	g.shared = g.shared[:0:0]
	for name := range known {
		g.shared = append(g.shared, name)
	}
	slices.Sort(g.shared)
}

// one runs schedule index of a strategy.
func (g *campaign) one(w *worker, index int) (row, error) {
	k, err := kindOf(g.Strategy, index)
	if err != nil {
		return row{}, err
	}
	w.drive.keep = g.Check > 0 && index%g.Check == g.Check-1
	w.chooser.begin(k, g.Seed, index, g.expected)
	w.drive.begin(&w.chooser)
	o, err := w.run(&w.drive, index)
	if err != nil {
		return row{}, err
	}
	r := w.row(index, k, &o)
	r.found = time.Since(g.begun)
	if w.drive.keep {
		w.chooser.begin(k, g.Seed, index, g.expected)
		w.repeat.keep = true
		w.repeat.begin(&w.chooser)
		p, err := w.run(&w.repeat, index)
		if err != nil {
			return row{}, err
		}
		r.compare(&w.drive, &w.repeat, p.Digest == o.Digest)
	}
	return r, nil
}

// ends says why a campaign ends now, by the wall clock.
func (g *campaign) ends(ctx context.Context) string {
	switch {
	case ctx.Err() != nil:
		return Cancelled
	case g.MaxTime > 0 && time.Since(g.begun) >= g.MaxTime:
		return "time"
	}
	return ""
}

// enough says that the violations found end the campaign.
func (g *campaign) enough() bool {
	switch g.Stop {
	case StopFirst:
		return len(g.tally.Violations) > 0
	case StopEach:
		for _, k := range g.Kinds {
			if g.tally.Find(k) == nil {
				return false
			}
		}
		return true
	}
	return false
}

// chunk is a worker's part of a campaign.
type chunk struct {
	number int
	rows   []row
	ended  string // "": it is whole
	err    error
}

// sample runs drawn schedules. Workers take chunks in order; the rows are added
// up in order of schedules, and those behind the violation that ends the
// campaign are dropped, so that the result does not depend on the workers. Only
// a bound of time can: then whatever was run counts.
func (g *campaign) sample(ctx context.Context, first *worker, factory func() (Subject, error)) error {
	var (
		next   atomic.Int64
		over   atomic.Bool
		wait   sync.WaitGroup
		chunks = make(chan chunk)
	)
	most := min(g.Workers, workersMax)
	if n := quota(g.Schedules, g.Shard, g.Shards); n > 0 {
		most = min(most, (n+chunkSize-1)/chunkSize) // the others would find nothing to do
	}
	var (
		hiring sync.Mutex
		hired  []*worker
	)
	hire := func() (*worker, error) { // nil: it is not needed any more
		hiring.Lock()
		defer hiring.Unlock()
		if over.Load() || g.ends(ctx) != "" {
			return nil, nil
		}
		w, err := g.worker(factory)
		if err == nil {
			hired = append(hired, w)
		}
		return w, err
	}
	defer func() {
		for _, w := range hired {
			w.close()
		}
	}()
	for i := range max(most, 1) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			w, err := first, error(nil)
			if i > 0 {
				if w, err = hire(); err != nil { // while the first ones work
					chunks <- chunk{err: err}
				}
			}
			for w != nil && !over.Load() {
				c := g.chunk(ctx, w, int(next.Add(1)-1), &over)
				if len(c.rows) == 0 && c.ended == "" && c.err == nil {
					return // behind the last schedule
				}
				chunks <- c
				if c.ended != "" || c.err != nil {
					return
				}
			}
		}()
	}
	go func() { wait.Wait(); close(chunks) }()

	early := map[int]chunk{} // that came before their turn
	turn, done := 0, false
	var err error
	for c := range chunks {
		if err == nil && c.err != nil && !done {
			err = c.err
			over.Store(true)
		}
		if done || err != nil {
			continue
		}
		early[c.number] = c
		for !done {
			c, ok := early[turn]
			if !ok {
				break
			}
			delete(early, turn)
			turn++
			if done = g.take(&c); done {
				g.tally.Stopped = "violation"
				over.Store(true)
			}
		}
		g.progress()
	}
	if err != nil || done {
		return err
	}
	// What is left lies behind a chunk that time cut short.
	rest := make([]int, 0, len(early))
	for n := range early {
		rest = append(rest, n)
	}
	slices.Sort(rest)
	g.tally.Stopped = "schedules"
	for _, n := range rest {
		if c := early[n]; g.take(&c) {
			g.tally.Stopped = "violation"
			return nil
		}
	}
	if why := g.ends(ctx); why != "" && !g.whole() {
		g.tally.Stopped = why
	}
	return nil
}

// whole says that all schedules of this shard were run.
func (g *campaign) whole() bool {
	if g.Schedules == 0 {
		return false
	}
	return g.tally.Schedules >= quota(g.Schedules, g.Shard, g.Shards)
}

// quota says how many of a campaign's schedules are those of a shard.
func quota(schedules, shard, shards int) int {
	if shards < 2 {
		return schedules
	}
	chunks, rest := schedules/chunkSize, schedules%chunkSize
	n := chunks / shards * chunkSize
	switch last := chunks % shards; {
	case shard-1 < last:
		n += chunkSize
	case shard-1 == last:
		n += rest
	}
	return n
}

// chunk runs one chunk of this shard.
func (g *campaign) chunk(ctx context.Context, w *worker, number int, over *atomic.Bool) chunk {
	c := chunk{number: number}
	clear(w.shown)
	lo := number * chunkSize
	if g.Shards > 0 {
		lo = (number*g.Shards + g.Shard - 1) * chunkSize
	}
	for i := lo; i < lo+chunkSize && (g.Schedules == 0 || i < g.Schedules); i++ {
		if c.ended = g.ends(ctx); c.ended != "" || over.Load() {
			return c
		}
		r, err := g.one(w, i)
		if err != nil {
			c.err = err
			return c
		}
		c.rows = append(c.rows, r)
		if g.Stop == StopFirst && len(r.violations) > 0 {
			return c
		}
	}
	return c
}

// take adds the rows of a chunk, as far as the violation that ends the campaign.
func (g *campaign) take(c *chunk) (done bool) {
	for i := range c.rows {
		g.add(&c.rows[i])
		if len(c.rows[i].violations) > 0 && g.enough() {
			return true
		}
	}
	return false
}

// add takes the next row, and tells of what it is the first to show.
func (g *campaign) add(r *row) {
	before := len(g.tally.Violations)
	g.tally.add(r)
	if g.Found != nil {
		for _, f := range g.tally.Violations[before:] {
			g.Found(f, g.shared)
		}
	}
}

func (g *campaign) progress() {
	if g.Progress == nil || g.tally.Schedules == 0 || time.Since(g.told) < progressGap {
		return
	}
	g.told = time.Now()
	t, spent := g.tally, time.Since(g.begun)
	p := Progress{Schedules: t.Schedules, Rate: float64(t.Schedules) / spent.Seconds(), Violations: map[string]int{}}
	for _, b := range t.Broken {
		p.Violations[b.Invariant] = b.Schedules
	}
	if g.MaxTime > 0 {
		p.Left = g.MaxTime - spent
	}
	if g.Schedules > 0 && p.Rate > 0 {
		n := quota(g.Schedules, g.Shard, g.Shards)
		left := time.Duration(float64(n-t.Schedules) / p.Rate * float64(time.Second))
		if p.Left == 0 || left < p.Left {
			p.Left = left
		}
	}
	p.Left = max(p.Left, 0)
	g.Progress(p)
}
