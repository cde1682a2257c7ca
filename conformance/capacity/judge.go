package capacity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"gwkit/emulator/site"
)

// Options of a judgement. The zero value judges by the defaults.
type Options struct {
	// PeakShare is the part of the day's mail that the peak hour has; 0:
	// PeakDefault.
	PeakShare float64

	// Outage is how long the smart host is away; 0: OutageDefault.
	Outage time.Duration

	// MaxDelay is what 95 of 100 messages of an ordinary day must keep; 0: no
	// limit.
	MaxDelay time.Duration

	Jobs      int  // simulations at once; 0: 1
	NoAdvice  bool // do not look for a change that carries the load
	NoLargest bool // do not look for the largest load that is carried

	// Progress is told what is being simulated. It is called from one goroutine
	// at a time.
	Progress func(done int, what string)
}

// PeakDefault is the share of the peak hour.
//
// invented: no article gives one. Offices write most of their mail in eight to
// ten hours, the busiest of which has more than a tenth; telephone engineers
// reckon with a sixth to an eighth.
const PeakDefault = 0.15

// OutageDefault is the length of the outage: shorter than the six hours for
// which a gateway with the default options tries. Q99718
const OutageDefault = 4 * time.Hour

// Verdicts of an answer.
const (
	Yes     = "yes"
	No      = "no"
	Unknown = "unknown" // a budget ran out
)

// Answer is what became of a judgement, version 1 of its JSON form.
type Answer struct {
	Version       int    `json:"version"`
	Shape         string `json:"shape"` // name of the shape or site file
	OfferedPerDay int    `json:"offeredPerDay"`
	InPerDay      int    `json:"inPerDay"`
	OutPerDay     int    `json:"outPerDay"`
	SizeBytes     int    `json:"sizeBytes"`
	Seed          uint64 `json:"seed"`

	Carries bool   `json:"carries"`
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`

	// ArithmeticPerDay is the least of the documents' readings that follows from
	// their own factors; Arithmetic has all of them. SimulatedPerDay is the
	// largest load of this mix that an ordinary day carries; AtLeast says that
	// the search ended there without finding one that is not carried.
	ArithmeticPerDay int        `json:"arithmeticPerDay"`
	SimulatedPerDay  int        `json:"simulatedPerDay"`
	AtLeast          bool       `json:"simulatedAtLeast"`
	Arithmetic       Arithmetic `json:"arithmetic"`

	Bottleneck string     `json:"bottleneck"`
	Measured   Bottleneck `json:"bottleneckMeasured"`

	Shares []Share  `json:"shares"`
	Days   []*Day   `json:"days"`
	Advice []Advice `json:"advice"`
	Repeat string   `json:"repeat"` // filled in by who knows the command
	Runs   int      `json:"simulations"`

	// WallSeconds is filled in by who measured it; it is the one value that
	// differs between two runs.
	WallSeconds float64 `json:"wallSeconds"`

	// Changed is the site with the first advice that carries; nil: none.
	Changed *site.Site `json:"-"`
}

// Day is one simulation and what it says.
type Day struct {
	Name           string  `json:"name"` // day, peak, outage
	What           string  `json:"what"`
	Carried        bool    `json:"carried"`
	Reason         string  `json:"reason"`
	VirtualSeconds float64 `json:"virtualSeconds"`
	Stopped        bool    `json:"stopped"` // early, because too much mail waits

	// From and to in seconds: the peak or the outage; both 0 on an ordinary day.
	FromSeconds float64 `json:"fromSeconds"`
	ToSeconds   float64 `json:"toSeconds"`

	// CaughtUp is how long after the event the mail on its way was back at the
	// ordinary; -1: it was not.
	CaughtUp float64 `json:"caughtUpSeconds"`

	In     Way     `json:"in"`
	Out    Way     `json:"out"`
	Stages []Stage `json:"stages"` // those where something waited, the fullest first
	PCs    []PCUse `json:"pcs"`
	Lost   int     `json:"callsLost"` // calls of the smart host that failed
	Series Series  `json:"series"`
	Digest string  `json:"digest"`

	waiting [2][]int // on the way, at each time of the series
	trouble string
	broken  bool // a PC halted, or mail was lost or doubled
}

// Way is the mail of one direction. Delays are those of the mail offered in the
// event, or of all mail of an ordinary day; what has not arrived counts with
// the time so far.
type Way struct {
	Offered      int     `json:"offered"`
	Delivered    int     `json:"delivered"`
	OnTheWay     int     `json:"onTheWay"` // at the end
	Growth       float64 `json:"growthPerDay"`
	DelaySeconds Delay   `json:"delaySeconds"`

	perDay int // declared
}

// Delay in seconds.
type Delay struct {
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
}

// Series is what was sampled over a day. Stages are those of the day, in its
// order; delays are medians of the mail offered in the half hour before, -1 for
// none.
type Series struct {
	AtSeconds []float64 `json:"atSeconds"`
	In        []int     `json:"in"` // on the way
	Out       []int     `json:"out"`
	Stages    [][]int   `json:"stages"`
	DelayIn   []float64 `json:"delayInSeconds"`
	DelayOut  []float64 `json:"delayOutSeconds"`
}

// judge is one judgement under way.
type judge struct {
	ctx  context.Context
	l    Load
	o    Options
	mu   sync.Mutex
	runs int
	sem  chan struct{} // one token for each simulation at once
}

// simulate counts a simulation and waits for its turn.
func (j *judge) simulate(ctx context.Context, s *site.Site, l *Load, sc scenario, what string) (*record, error) {
	select {
	case j.sem <- struct{}{}:
		defer func() { <-j.sem }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	j.mu.Lock()
	if j.o.Progress != nil {
		j.o.Progress(j.runs, what)
	}
	j.mu.Unlock()
	r, err := simulate(ctx, s, l, sc)
	j.mu.Lock()
	j.runs++
	j.mu.Unlock()
	return r, err
}

// Judge answers for a site. The error is about the site or the load; a budget
// that ran out is an Answer that says Unknown.
func Judge(ctx context.Context, s *site.Site, l Load, o Options) (*Answer, error) {
	if o.PeakShare == 0 {
		o.PeakShare = PeakDefault
	}
	if o.Outage == 0 {
		o.Outage = OutageDefault
	}
	switch {
	case o.PeakShare < 1.0/24 || o.PeakShare > 1:
		return nil, fmt.Errorf("cannot take a peak hour with %g of the day's mail: want 0.042, which is none, to 1", o.PeakShare)
	case o.Outage < time.Minute || o.Outage > 3*day:
		return nil, fmt.Errorf("cannot take an outage of %v: want 1 minute to 72 hours", o.Outage)
	case o.MaxDelay < 0:
		return nil, fmt.Errorf("cannot take a limit of %v for delays", o.MaxDelay)
	}
	if err := l.check(s); err != nil {
		return nil, err
	}
	shape := site.ShapeOf(s.Name) != nil
	if shape || s.Positions == nil {
		c, err := complete(s)
		if err != nil {
			return nil, fmt.Errorf("cannot judge site %s: %w", s.Name, err)
		}
		if !shape { // built by hand: there is no file with lines. Those of a shape are what gwemu shapes prints
			c.Positions = nil
		}
		s = c
	}
	j := &judge{ctx: ctx, l: l, o: o, sem: make(chan struct{}, max(o.Jobs, 1))}
	a := &Answer{Version: 1, Shape: s.Name, OfferedPerDay: l.In + l.Out, InPerDay: l.In, OutPerDay: l.Out, SizeBytes: l.Size, Seed: l.Seed,
		Shares: l.perDay(), Days: []*Day{}, Advice: []Advice{}}
	a.Arithmetic = reckon(s, &l)
	a.ArithmeticPerDay = min(a.Arithmetic.WholeCycle, a.Arithmetic.WaitOnly)
	err := j.answer(a, s)
	a.Runs = j.runs
	switch {
	case err == nil:
	case interrupted(err):
		if a.Verdict != No { // a no stays one, whatever the search for advice came to
			a.Verdict, a.Carries = Unknown, false
			a.Reason = budgetSentence(err)
		} else {
			a.Reason += "; " + budgetSentence(err) + " before a change was found"
		}
	default:
		return nil, fmt.Errorf("cannot judge site %s: %w", s.Name, err)
	}
	return a, nil
}

func budgetSentence(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "the time for it was used up"
	case errors.Is(err, context.Canceled):
		return "it was interrupted"
	}
	return err.Error()
}

func (j *judge) answer(a *Answer, s *site.Site) error {
	days, err := j.days(j.ctx, s, "the site as it is")
	if err != nil {
		return err
	}
	a.Days = days
	a.Carries, a.Verdict = true, Yes
	worst := days[0]
	for _, d := range slices.Backward(days) {
		if !d.Carried {
			a.Carries, a.Verdict, worst = false, No, d
			a.Reason = d.Name + ": " + d.Reason
		}
	}
	a.Measured = worst.bottleneck(s)
	a.Bottleneck = a.Measured.Name
	if a.Carries {
		a.Reason = "an ordinary day, a peak hour and an outage of the smart host are carried"
	}
	if a.Carries && j.o.NoLargest {
		return nil
	}
	if a.Carries {
		limit, err := j.largest(a, s, days[0])
		if err == nil && limit != nil { // what would limit first
			a.Measured = limit.bottleneck(s)
			a.Measured.Evidence = fmt.Sprintf("at %d a day: %s", limit.In.perDay+limit.Out.perDay, a.Measured.Evidence)
			a.Bottleneck = a.Measured.Name
		}
		return err
	}
	// The two searches know nothing of each other.
	var searches [2]error
	var wg sync.WaitGroup
	if !j.o.NoLargest {
		wg.Go(func() { _, searches[0] = j.largest(a, s, days[0]) })
	}
	if !j.o.NoAdvice {
		wg.Go(func() { searches[1] = j.advise(a, s) })
	}
	wg.Wait()
	return errors.Join(searches[:]...)
}

// days simulates the three days, at once as far as there are jobs.
func (j *judge) days(parent context.Context, s *site.Site, what string) ([]*Day, error) {
	all := []scenario{dayOf(&j.l), peakOf(&j.l, j.o.PeakShare), outageOf(&j.l, j.o.Outage)}
	records, errs := make([]*record, len(all)), make([]error, len(all))
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	var wg sync.WaitGroup
	for i, sc := range all {
		wg.Go(func() {
			if records[i], errs[i] = j.simulate(ctx, s, &j.l, sc, what+": "+sc.name); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	if err := parent.Err(); err != nil {
		return nil, err
	}
	for _, err := range errs { // the first that is a cause, not a consequence
		if err != nil && !errors.Is(err, context.Canceled) {
			return nil, err
		}
	}
	var days []*Day
	for _, r := range records {
		d := newDay(s, r)
		var first *Day
		if len(days) > 0 {
			first = days[0]
		}
		d.judge(&j.l, j.o.MaxDelay, first)
		if first != nil && first.Carried && d.Stopped {
			return nil, errMemory // it may have been caught up later
		}
		days = append(days, d)
	}
	return days, nil
}
