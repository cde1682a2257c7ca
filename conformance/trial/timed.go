package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"gwkit/conformance/invariant"
	"gwkit/emulator"
	"gwkit/emulator/fault"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// TimedConfig is a number of runs by the clock under one load, each with
// latencies of its own: not what is possible, but how long it takes.
type TimedConfig struct {
	Site     *site.Site
	Name     string   // of the site on a command line; "": Site.Name
	Seeds    int      // runs
	Seed     uint64   // of the first; the next ones follow
	In, Out  int      // messages a day
	Size     int      // bytes of text; 0: 8192
	Arrivals string   // as in emulator.Load; "": poisson
	Days     int      // virtual days after which a run ends
	Operator string   // OperatorRetry or OperatorNobody ("")
	PCs      []string // that are switched on; nil: all
	Faults   []string // texts of faults, beside the site's own
	Workers  int      // runs at once; 0: 1
	Progress func(done int)

	jitter float64
}

// Installation is the site with the faults, and with nothing to run for the PCs
// that are off: what gwemu run needs to repeat a run.
func (c *TimedConfig) Installation() (*site.Site, error) {
	s := c.Site.Clone()
	for _, name := range c.PCs {
		if s.PC(name) == nil {
			return nil, fmt.Errorf("the site has no PC %q", name)
		}
	}
	for i := range s.PCs {
		pc := &s.PCs[i]
		if c.PCs != nil && !slices.ContainsFunc(c.PCs, func(n string) bool { return strings.EqualFold(n, pc.Name) }) {
			pc.Run = ""
		}
	}
	for _, text := range c.Faults {
		if _, err := fault.Parse(text); err != nil {
			return nil, err
		}
		s.Faults = append(s.Faults, text)
	}
	return s, nil
}

// Timed is what came of timed runs, version 1 of its JSON form.
type Timed struct {
	Version  int     `json:"version"`
	Mode     string  `json:"mode"` // "timed"
	Site     string  `json:"site"`
	Seeds    int     `json:"seeds"`
	Seed     uint64  `json:"seed"`
	PerDay   int     `json:"perDay"` // each way; the larger one when they differ
	In       int     `json:"perDayIn"`
	Out      int     `json:"perDayOut"`
	Size     int     `json:"size"`
	Days     int     `json:"days"`
	Jitter   float64 `json:"jitter"`
	Operator string  `json:"operator"`

	Arrivals string   `json:"arrivals"`
	PCs      []string `json:"pcs,omitempty"` // that are switched on; missing: all
	Faults   []string `json:"faults,omitempty"`

	FirstPrompt Until      `json:"firstPrompt"`
	Halt        Until      `json:"halt"`
	Contacts    int        `json:"contacts"` // runs in which two PCs were inside \SMTP\ of one postoffice at once
	MustMeet    bool       `json:"mustMeet"` // without such a contact they show nothing
	Runs        []TimedRun `json:"runs"`     // by seed
	Verdict     string     `json:"verdict"`
	Reason      string     `json:"reason,omitempty"` // of unknown
	Repeat      string     `json:"repeat"`           // shows the run that broke first, or the first run

	VirtualDays float64 `json:"virtualDays"` // of all runs
	Wall        float64 `json:"wallSeconds"`
	Rate        float64 `json:"ratePerSecond"` // runs
}

// TimedRun is one seed. A time that is missing did not come.
type TimedRun struct {
	Seed   uint64   `json:"seed"`
	Prompt *Seconds `json:"firstPromptSeconds,omitempty"` // a gateway stopped at a critical error
	Halt   *Seconds `json:"haltSeconds,omitempty"`        // all gateways of a postoffice wait and nobody ends it
	Met    bool     `json:"met"`                          // two PCs were inside \SMTP\ of one postoffice at once
	days   float64
	over   bool // not cut short
}

// Until says when something came about in the runs. Runs in which it did not
// count as the latest; a figure that is missing is one of those.
type Until struct {
	Count  int      `json:"count"` // runs in which it came
	Min    *Seconds `json:"minSeconds,omitempty"`
	Median *Seconds `json:"medianSeconds,omitempty"`
	Max    *Seconds `json:"maxSeconds,omitempty"`
}

// Seconds of virtual time since the start of a run.
type Seconds float64

func seconds(d time.Duration) *Seconds {
	s := Seconds(d.Seconds())
	return &s
}

// TimedJitter is how far the latencies of timed runs are off: each is between
// half and one and a half of what the site says. invented: the spread; real
// networks are not even.
const TimedJitter = 0.5

const (
	timedSize = 8 << 10
	daysMax   = 3650
	perDayMax = 1_000_000
	// aloneSpan is how long a run goes on after a prompt that nobody answers:
	// whether the other gateway stops as well shows within hours; later mail
	// only piles up.
	aloneSpan = 24 * time.Hour
	// settleSpan is how long gateways must wait before it is called a halt: a
	// transfer PC holds a file for seconds.
	settleSpan = 10 * time.Minute
)

// ByTheClock performs timed runs. The result does not depend on Workers, but
// for the wall-clock figures. A cancelled context ends it with the runs that are
// over.
func ByTheClock(ctx context.Context, c TimedConfig) (*Timed, error) {
	c.jitter = TimedJitter
	if err := c.begin(); err != nil {
		return nil, err
	}
	began := time.Now()
	r := &Timed{Version: 1, Mode: "timed", Site: c.Site.Name, Seeds: c.Seeds, Seed: c.Seed, PerDay: max(c.In, c.Out), In: c.In, Out: c.Out,
		Size: c.Size, Days: c.Days, Jitter: TimedJitter, Operator: c.Operator, Arrivals: c.Arrivals, PCs: c.PCs, Faults: c.Faults,
		Runs: make([]TimedRun, c.Seeds)}
	err := c.all(ctx, r.Runs)
	if r.Runs = slices.DeleteFunc(r.Runs, func(x TimedRun) bool { return !x.over }); err != nil && (len(r.Runs) == 0 || !errors.Is(err, ctx.Err())) {
		return nil, err
	}
	r.Seeds = len(r.Runs)
	var prompts, halts []*Seconds
	for i := range r.Runs {
		x := &r.Runs[i]
		prompts, halts = append(prompts, x.Prompt), append(halts, x.Halt)
		r.VirtualDays += x.days
		if x.Met {
			r.Contacts++
		}
	}
	r.FirstPrompt, r.Halt = until(prompts), until(halts)
	r.MustMeet = Share(c.Site, Gateways(c.Site))
	v := invariant.Pass
	switch {
	case r.Broken():
		v = invariant.Fail
	case r.Seeds < c.Seeds:
		v, r.Reason = invariant.Unknown, fmt.Sprintf("interrupted after %d of %s, and those broke nothing", r.Seeds, seeds(c.Seeds))
	case r.Contacts == 0 && r.MustMeet: // as Judge has it
		v = invariant.Unknown
		r.Reason = fmt.Sprintf(`in %s of %s no two PCs were inside \SMTP\ at once: a larger --per-day or more --days bring them together`, seeds(r.Seeds), days(r.Days))
	}
	r.Verdict = v.String()
	r.Repeat = c.repeat(r)
	r.Wall = time.Since(began).Seconds()
	r.Rate = float64(r.Seeds) / r.Wall
	return r, nil
}

// begin fills in what was left out and refuses what makes no sense.
func (c *TimedConfig) begin() error {
	if c.Size == 0 {
		c.Size = timedSize
	}
	if c.Operator == "" {
		c.Operator = emulator.OperatorNobody
	}
	if c.Name == "" {
		c.Name = c.Site.Name
	}
	if c.Arrivals == "" {
		c.Arrivals = timedArrivals
	}
	if c.Seeds < 1 || c.In < 0 || c.Out < 0 || c.In+c.Out < 1 || c.Days < 1 {
		return fmt.Errorf("cannot run %d seeds of %d messages in and %d out a day for %d days: want at least one of each", c.Seeds, c.In, c.Out, c.Days)
	}
	if most := max(c.In, c.Out); c.Days > daysMax || most > perDayMax {
		return fmt.Errorf("cannot run %d messages a day for %d days: want at most %d a day each way and %d days", most, c.Days, perDayMax, daysMax)
	}
	s, err := c.Installation()
	if err != nil {
		return err
	}
	c.Site = s
	if len(Gateways(c.Site)) == 0 {
		return fmt.Errorf("cannot wait for a halt: no PC of %s that is switched on runs SMTPGATE", c.Name)
	}
	return nil
}

// Broken reports whether the site came to a halt, or to a prompt that nobody
// answers.
func (r *Timed) Broken() bool {
	return r.Halt.Count > 0 || r.Operator == emulator.OperatorNobody && r.FirstPrompt.Count > 0
}

// all performs the runs.
func (c *TimedConfig) all(ctx context.Context, runs []TimedRun) error {
	var next, done atomic.Int64
	var wait sync.WaitGroup
	errs := make([]error, len(runs))
	for range max(1, min(c.Workers, len(runs))) {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(runs) || ctx.Err() != nil {
					return
				}
				runs[i], errs[i] = c.one(ctx, c.Seed+uint64(i))
				if n := done.Add(1); c.Progress != nil {
					c.Progress(int(n))
				}
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// limit is the span of a run.
func (c *TimedConfig) limit() time.Duration { return time.Duration(c.Days) * 24 * time.Hour }

// world builds the site of a run with its load. sink may be nil.
func (c *TimedConfig) world(seed uint64, sink trace.Sink) (*emulator.World, error) {
	w, err := emulator.New(c.Site, emulator.Options{Seed: seed, Jitter: c.jitter, Operator: c.Operator, Trace: sink})
	if err != nil {
		return nil, err
	}
	if err := w.AddLoad(emulator.Load{For: c.limit(), In: c.In * c.Days, Out: c.Out * c.Days, Size: c.Size, Arrivals: c.Arrivals, Read: true}); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// one performs a run until its gateways halt.
func (c *TimedConfig) one(ctx context.Context, seed uint64) (TimedRun, error) {
	return c.play(ctx, seed, anew{end: c.limit()})
}

// anew draws the latencies of a run from another seed from a time on, if it is on.
type anew struct {
	on   bool
	at   time.Duration
	seed uint64
	end  time.Duration // of the run
}

func (c *TimedConfig) play(ctx context.Context, seed uint64, turn anew) (TimedRun, error) {
	run := TimedRun{Seed: seed}
	checker := invariant.NewChecker(c.Site.Drive)
	w, err := c.world(seed, checker)
	if err != nil {
		return run, err
	}
	defer w.Close()
	if turn.on {
		w.Run(turn.at)
		w.Reseed(turn.seed)
	}
	limit := turn.end
	v := vigil{w: w, groups: together(c.Site), run: &run, end: limit}
	over := func() bool { return ctx.Err() != nil || w.Elapsed() >= v.end }
	stop := emulator.StopTime
	for !over() {
		halted := false
		if _, stop = w.RunUntil(func() bool { halted = v.look(c.Operator); return halted || over() }, limit); !halted {
			break
		}
		at, before := w.Elapsed(), v.prompts
		loose, s := w.RunUntil(func() bool { return !v.look(c.Operator) || v.prompts != before }, settleSpan)
		if stop = s; !loose {
			run.Halt = seconds(at)
			break
		}
	}
	run.days = w.Elapsed().Hours() / 24
	run.Met = checker.Together() > 0
	run.over = run.Halt != nil || ctx.Err() == nil
	if stop == emulator.StopError {
		return run, w.Err()
	}
	return run, nil
}

// vigil watches the gateways of a run.
type vigil struct {
	w       *emulator.World
	groups  [][]string
	run     *TimedRun
	prompts int           // so far, of all gateways that are watched
	end     time.Duration // of the run
}

// look reports whether all gateways of a group are at a prompt, and notes the
// first prompt.
func (v *vigil) look(operator string) bool {
	v.prompts = 0
	halted := false
	for _, pcs := range v.groups {
		all := true
		for _, name := range pcs {
			s, err := v.w.State(name)
			all = all && err == nil && s.Phase == invariant.PhasePrompt
			v.prompts += s.Prompts
		}
		halted = halted || all
	}
	if v.prompts > 0 && v.run.Prompt == nil {
		now := v.w.Elapsed()
		v.run.Prompt = seconds(now)
		if operator == emulator.OperatorNobody {
			v.end = min(v.end, now+aloneSpan)
		}
	}
	return halted
}

// timedArrivals is how the load comes unless told.
const timedArrivals = "poisson"

// together lists the gateways that share a postoffice; when none do, all of
// them.
func together(s *site.Site) [][]string {
	by := map[string][]string{}
	var offices []string
	all := Gateways(s)
	for _, name := range all {
		office := s.Drive(name, 'M')
		if by[office] == nil {
			offices = append(offices, office)
		}
		by[office] = append(by[office], name)
	}
	var out [][]string
	for _, o := range offices {
		if len(by[o]) > 1 {
			out = append(out, by[o])
		}
	}
	if out == nil {
		out = [][]string{all}
	}
	return out
}

// until sorts times; those that did not come are the latest.
func until(times []*Seconds) Until {
	var u Until
	for _, t := range times {
		if t != nil {
			u.Count++
		}
	}
	slices.SortFunc(times, func(a, b *Seconds) int {
		switch {
		case a == nil && b == nil:
			return 0
		case a == nil || b != nil && *a > *b:
			return 1
		case b == nil || *a < *b:
			return -1
		}
		return 0
	})
	u.Min, u.Median, u.Max = times[0], times[len(times)/2], times[len(times)-1]
	return u
}

// repeat is the command that shows the run that broke first. Its load is
// offered over whole days, so that the messages come when they came here.
func (c *TimedConfig) repeat(r *Timed) string {
	span, seed := c.Days, c.Seed
	best := r.Halt.Min
	if best == nil {
		best = r.FirstPrompt.Min
	}
	for i := range r.Runs {
		x := &r.Runs[i]
		if best != nil && (x.Halt == best || x.Prompt == best) {
			seed, span = x.Seed, min(c.Days, int(*best/(24*60*60))+1)
			break
		}
	}
	return fmt.Sprintf("gwemu run %s --for %dd --seed %d --in %d --out %d --size %d --arrivals %s --jitter %g --operator %s",
		c.Name, span, seed, c.In*span, c.Out*span, c.Size, c.Arrivals, TimedJitter, c.Operator)
}

// Write prints the JSON form.
func (r *Timed) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Text writes the figures for people.
func (r *Timed) Text(out io.Writer) error {
	var b strings.Builder
	load := fmt.Sprintf("%d messages a day each way", r.In)
	if r.In != r.Out {
		load = fmt.Sprintf("%d messages in and %d out a day", r.In, r.Out)
	}
	fmt.Fprintf(&b, "%s by the clock: %s, %s, %d bytes, latencies drawn within %.0f %%, operator %s, at most %s\n",
		r.Site, seeds(r.Seeds), load, r.Size, 100*r.Jitter, r.Operator, days(r.Days))
	if r.PCs != nil {
		fmt.Fprintf(&b, "  switched on   %s\n", strings.Join(r.PCs, ", "))
	}
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "  fault         %s\n", f)
	}
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(name string, u *Until) {
		if u.Count == 0 {
			fmt.Fprintf(w, "  %s\tin none of %d within %s\n", name, r.Seeds, days(r.Days))
			return
		}
		fmt.Fprintf(w, "  %s\tin %d of %d\tmin %s\tmedian %s\tmax %s\n", name, u.Count, r.Seeds, r.span(u.Min), r.span(u.Median), r.span(u.Max))
	}
	row("first prompt", &r.FirstPrompt)
	row("halt", &r.Halt)
	if err := w.Flush(); err != nil {
		return err
	}
	if r.MustMeet {
		fmt.Fprintf(&b, "  two PCs inside \\SMTP\\ at once in %d of %d\n", r.Contacts, r.Seeds)
	}
	fmt.Fprintf(&b, "  %.1f virtual days in %.1f s, %.1f runs a second\nverdict: %s", r.VirtualDays, r.Wall, r.Rate, r.Verdict)
	switch {
	case r.Halt.Count > 0:
		fmt.Fprintf(&b, ": %d of %d runs came to a halt that nobody's Retry ends", r.Halt.Count, r.Seeds)
	case r.Reason != "":
		fmt.Fprintf(&b, ": %s", r.Reason)
	case r.Broken():
		fmt.Fprintf(&b, ": in %d of %d runs a gateway waits at a prompt, and nobody comes", r.FirstPrompt.Count, r.Seeds)
	}
	fmt.Fprintf(&b, "\nrepeat: %s\n", r.Repeat)
	_, err := io.WriteString(out, b.String())
	return err
}

// span prints a virtual time.
func (r *Timed) span(s *Seconds) string {
	if s == nil {
		return "not in " + days(r.Days)
	}
	return s.String()
}

func seeds(n int) string {
	if n == 1 {
		return "1 seed"
	}
	return fmt.Sprintf("%d seeds", n)
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// String prints a span to the second.
func (s Seconds) String() string {
	return time.Duration(float64(s) * float64(time.Second)).Round(time.Second).String()
}
