package trial

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gwkit/conformance/explore"
	"gwkit/conformance/invariant"
	"gwkit/emulator"
	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
)

// Options of the runs are those of the emulator's trials.
type Options = emulator.TrialOptions

// Config is a campaign on one site.
type Config struct {
	Site    *site.Site
	Trial   emulator.TrialOptions
	Search  explore.Config // Sometimes and Found are filled here
	Shrink  int            // runs spent on making each finding smaller; 0: none is
	OnFound func(*Finding) // told of each finding as soon as it is there, and whenever it is smaller; nil: nobody
}

// Answer is what came of a campaign.
type Answer struct {
	Result   *explore.Result
	Verdict  invariant.Verdict
	Reason   string     // of an unknown
	Findings []*Finding // the gravest first
}

// Finding is one broken guarantee, made small.
type Finding struct {
	Invariant string
	Sentence  string // the guarantee
	Article   string
	Text      string            // what happened instead
	Schedule  schedule.Schedule // of steps, or of choices when no steps lead there or none were looked for
	Cycle     []explore.Wait
	signature string
}

// Explore searches the schedules of a site. A cancelled context ends it early
// with what was found, small or not.
func Explore(ctx context.Context, c Config) (*Answer, error) {
	c.Search.Sometimes = Conditions()
	told := map[string]bool{}
	c.Search.Found = func(v explore.Found, shared []string) {
		if c.OnFound != nil && v.Follows == "" && !told[v.Invariant] {
			told[v.Invariant] = true
			c.OnFound(c.raw(&v, shared))
		}
	}
	r, err := explore.Run(ctx, c.Search, func() (explore.Subject, error) { return New(c.Site, c.Trial) })
	if err != nil {
		return nil, err
	}
	r.Setting = c.setting()
	a := Judged(r)
	if err := a.explain(ctx, &c); err != nil {
		return a, err
	}
	return a, nil
}

// Judged is the answer of a result without its findings.
func Judged(r *explore.Result) *Answer {
	a := &Answer{Result: r}
	a.Verdict, a.Reason = Judge(r)
	r.Verdict, r.Reason = a.Verdict.String(), a.Reason
	return a
}

// setting says what the campaign runs.
func (c *Config) setting() explore.Setting {
	l := c.load()
	s := explore.Setting{Site: c.Site.Name, SiteSum: fmt.Sprintf("%.8x", sha256.Sum256(c.Site.Marshal())), In: l.In, Out: l.Out, Size: l.Size,
		PCs: l.PCs, Operator: c.operator(), Faults: l.Faults, MaxSteps: c.Trial.MaxSteps, RunSeed: c.Trial.Seed, MustMeet: Share(c.Site, l.PCs)}
	for i := range c.Site.PCs {
		pc := &c.Site.PCs[i]
		if on(l.PCs, pc.Name) {
			continue
		}
		name := pc.Name
		if p := pc.Program(); p != "" {
			name += "/" + p
		}
		s.Off = append(s.Off, name)
	}
	return s
}

func (c *Config) operator() string {
	if c.Trial.Operator == "" {
		return emulator.OperatorRetry
	}
	return c.Trial.Operator
}

func on(pcs []string, name string) bool {
	return slices.ContainsFunc(pcs, func(n string) bool { return strings.EqualFold(n, name) })
}

// Gateways names the PCs that run SMTPGATE.
func Gateways(s *site.Site) (names []string) {
	for i := range s.PCs {
		if s.PCs[i].Program() == "SMTPGATE" {
			names = append(names, s.PCs[i].Name)
		}
	}
	return names
}

// Share reports whether two of the PCs that are switched on run SMTPGATE on one
// postoffice.
func Share(s *site.Site, pcs []string) bool {
	seen := map[string]bool{}
	for _, name := range Gateways(s) {
		if !on(pcs, name) {
			continue
		}
		office := s.Drive(name, 'M')
		if seen[office] {
			return true
		}
		seen[office] = true
	}
	return false
}

// Judge gives the verdict of a campaign. Without a violation it is unknown when
// nothing ran, when a part of it is missing, when somebody or a bound cut it or
// its runs short, when runs did not repeat themselves, or when gateways share a
// postoffice and two of them were never at work in its \SMTP\ at once. PCs that
// use no common file need not meet, because their order cannot be told apart.
func Judge(r *explore.Result) (invariant.Verdict, string) {
	met := func(c invariant.Condition) int {
		for _, row := range invariant.Conditions {
			for _, s := range r.Sometimes {
				if row.Bit == c && s.Name == row.Name {
					return s.Count
				}
			}
		}
		return 0
	}
	var short []string
	for _, b := range r.Statistics.Bounds {
		short = append(short, fmt.Sprintf("the bound of %s ended %d of %d runs", b.Bound, b.Count, r.Schedules))
	}
	switch {
	case len(r.Violations) > 0:
		return invariant.Fail, ""
	case len(r.NoShards) > 0:
		return invariant.Unknown, "shards are missing: " + strings.Join(r.NoShards, ", ")
	case r.Stopped == explore.Cancelled:
		return invariant.Unknown, Interrupted(r) + ", and those broke nothing"
	case r.Schedules == 0:
		return invariant.Unknown, "no schedule was run"
	case r.Checks.Mismatched > 0:
		return invariant.Unknown, fmt.Sprintf("%d of %d schedules that were run twice did not repeat themselves", r.Checks.Mismatched, r.Checks.Done)
	case len(short) > 0:
		return invariant.Unknown, strings.Join(short, ", ") + ": what would have become of their mail nobody knows"
	case r.MustMeet && met(invariant.Together) == 0:
		return invariant.Unknown, fmt.Sprintf(`in %d schedules no two PCs were inside \SMTP\ at once`, r.Schedules)
	}
	return invariant.Pass, ""
}

// Interrupted says after how many schedules somebody ended a campaign.
func Interrupted(r *explore.Result) string {
	if q := r.Quota(); q > 0 {
		return fmt.Sprintf("interrupted after %s of %s", grouped(r.Schedules), schedules(q))
	}
	return "interrupted after " + schedules(r.Schedules)
}

// explain makes a finding of the first violation of each invariant that no other
// finding tells as well.
func (a *Answer) explain(ctx context.Context, c *Config) error {
	var firsts []*explore.Found
	for i := range a.Result.Violations {
		v := &a.Result.Violations[i]
		if v.Follows == "" && !slices.ContainsFunc(firsts, func(f *explore.Found) bool { return f.Invariant == v.Invariant }) {
			firsts = append(firsts, v)
		}
	}
	slices.SortStableFunc(firsts, func(x, y *explore.Found) int { return rank(x.Invariant) - rank(y.Invariant) })
	for _, v := range firsts {
		f, err := c.finding(ctx, a.Result, v)
		if err != nil {
			return err
		}
		a.Findings = append(a.Findings, f)
		v.Cycle = f.Cycle
	}
	return nil
}

// raw is a finding as the search made it.
func (c *Config) raw(v *explore.Found, shared []string) *Finding {
	f := &Finding{Invariant: v.Invariant, Text: v.Text, signature: v.Signature, Cycle: []explore.Wait{}}
	if row := invariant.Find(v.Invariant); row != nil {
		f.Sentence, f.Article = row.Sentence, row.Article
	}
	c.set(f, c.load(), nil, v.Schedule, shared)
	return f
}

// load is that of the campaign.
func (c *Config) load() explore.Load {
	l := explore.Load{In: c.Trial.In, Out: c.Trial.Out, Size: c.Trial.Size, PCs: c.Trial.PCs, Faults: c.Trial.Faults}
	if l.PCs == nil {
		l.PCs = Gateways(c.Site)
	}
	if l.In+l.Out == 0 {
		l.In, l.Out = 1, 1
	}
	return l
}

// set gives a finding its schedule: of steps, or of choices when there are none.
func (c *Config) set(f *Finding, l explore.Load, steps []schedule.Step, choices explore.Choices, shared []string) {
	o := c.options(l)
	f.Schedule = schedule.Schedule{Site: c.Site.Name, Operator: c.operator(), PCs: l.PCs, In: l.In, Out: l.Out, Size: l.Size, Seed: o.Seed, Faults: l.Faults, Shared: shared, Steps: steps}
	if steps == nil {
		f.Schedule.Choices = append(explore.Choices{}, choices...) // not nil, also when all are the default
	}
}

// finding makes a violation small, and repeats it.
func (c *Config) finding(ctx context.Context, r *explore.Result, v *explore.Found) (*Finding, error) {
	f := c.raw(v, r.Shared)
	if c.Shrink > 0 {
		s, err := explore.Shrink(ctx, explore.ShrinkConfig{Load: c.load(), Violation: v.Violation, Choices: v.Schedule, Shared: r.Shared, Seed: r.Seed, Runs: c.Shrink, SizeMin: 1},
			func(l explore.Load) (explore.Subject, error) {
				if l.In+l.Out == 0 {
					return nil, errors.New("without a message nothing is tried")
				}
				return New(c.Site, c.options(l))
			},
			func(best *explore.Shrunk) {
				f.Text = best.Violation.Text
				c.set(f, best.Load, best.Steps, best.Choices, best.Shared)
				if c.OnFound != nil {
					c.OnFound(f)
				}
			})
		if err != nil {
			return nil, err
		}
		f.Text = s.Violation.Text
		c.set(f, s.Load, s.Steps, s.Choices, s.Shared)
	}
	return f, c.watch(f)
}

// options are those of the trial with another load.
func (c *Config) options(l explore.Load) emulator.TrialOptions {
	o := c.Trial
	o.In, o.Out, o.Size, o.PCs, o.Faults = l.In, l.Out, l.Size, l.PCs, l.Faults
	return o
}

// watch repeats a finding once and notes the cycle of its waits.
func (c *Config) watch(f *Finding) error {
	o, err := c.Replay(f)
	if err != nil {
		return err
	}
	defer o.Close()
	f.cycleOf(o)
	return nil
}
