package main

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gwkit/conformance"
	"gwkit/conformance/invariant"
	"gwkit/conformance/trial"
	"gwkit/emulator/site"
)

// timedFlags are the flags that mean something with --timed; the others are
// about schedules. onlyTimed are those that mean nothing without it.
var (
	timedFlags = []string{"timed", "per-day", "days", "schedules", "seed", "operator", "fault", "pcs", "jobs", "format", "save"}
	onlyTimed  = []string{"per-day", "days"}
)

// timedSeeds is how many runs there are unless told.
const timedSeeds = 31

// checkTimed refuses flags that would have no effect.
func (f *exploreFlags) checkTimed(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(flag *pflag.Flag) {
		switch {
		case err != nil:
		case f.timed && (flag.Name == "in" || flag.Name == "out"):
			err = fmt.Errorf("cannot use --%s with --timed: the load goes on for days; give --per-day", flag.Name)
		case f.timed && !slices.Contains(timedFlags, flag.Name):
			err = fmt.Errorf("cannot use --%s with --timed: there is no schedule, the clock decides", flag.Name)
		case !f.timed && slices.Contains(onlyTimed, flag.Name):
			err = fmt.Errorf("cannot use --%s without --timed: a schedule knows no days", flag.Name)
		}
	})
	if f.timed && !flags.Changed("schedules") {
		f.search.Schedules = timedSeeds
	}
	return err
}

// byTheClock performs timed runs and prints what came of them.
func (f *exploreFlags) byTheClock(cmd *cobra.Command, word string, x *subject) error {
	if x.schedule != nil {
		return fmt.Errorf("cannot use --timed with schedule %s: it says who goes on, and by the clock nobody does; name its site", word)
	}
	out, errOut := cmd.OutOrStdout(), cmd.ErrOrStderr()
	c := trial.TimedConfig{Site: x.site, Name: quote(word), Seeds: f.search.Schedules, Seed: f.search.Seed, In: f.perDay, Out: f.perDay, Days: f.days,
		Operator: f.trial.Operator, PCs: f.trial.PCs, Faults: f.trial.Faults, Workers: f.search.Workers}
	if x.begin != nil {
		f.clocked(cmd.Flags(), x.begin, &c)
	}
	s, err := c.Installation()
	if err == nil && len(trial.Gateways(s)) == 0 {
		err = fmt.Errorf("cannot wait for a halt: no PC of %s that is switched on runs SMTPGATE", x.site.Name)
	}
	if err != nil {
		if x.begin != nil {
			return x.begin.Errorf("%w", err)
		}
		return err
	}
	if x.begin != nil {
		to := out
		if f.format == "json" {
			to = errOut
		}
		on := c.PCs
		if on == nil {
			on = x.begin.On()
		}
		if err := tell(to, x.begin.Clocked(c.In, c.Out, c.PCs), x.begin.UnusedByClock(on)); err != nil {
			return err
		}
	}
	// gwemu run takes neither a script nor faults nor PCs: it gets a site file.
	saved, dir := "", f.save
	if dir == "" {
		dir = folderName(x.name) + ".explore"
	}
	changed := len(c.Faults) > 0 || c.PCs != nil || x.begin != nil && x.begin.Changed
	if f.save != "" || changed {
		if err := saveFile(dir, timedSite, s.Marshal()); err != nil {
			return err
		}
		saved = filepath.ToSlash(filepath.Join(dir, timedSite))
		c.Name = quote(saved)
	} else if x.begin != nil {
		c.Name = quote(x.begin.Base)
	}
	live := newLive(errOut)
	c.Progress = func(done int) { live.show(fmt.Sprintf("%d of %d seeds", done, c.Seeds)) }
	r, err := trial.ByTheClock(cmd.Context(), c)
	live.clear()
	if err != nil {
		return err
	}
	if f.format == "json" {
		err = r.Write(out)
	} else {
		err = r.Text(out)
	}
	if err == nil && saved != "" && f.format != "json" {
		_, err = fmt.Fprintf(out, "saved: %s\n", saved)
	}
	if err == nil {
		err = f.saveHalted(out, &c, r, dir, s)
	}
	if err != nil {
		return err
	}
	switch r.Verdict {
	case invariant.Fail.String():
		return status(exitFail)
	case invariant.Unknown.String():
		return status(exitUnknown)
	}
	return nil
}

// saveHalted saves the schedule of a run that halted, with its site unless that
// is a shape as it is, and says when it was too late how to find out.
func (f *exploreFlags) saveHalted(out io.Writer, c *trial.TimedConfig, r *trial.Timed, dir string, s *site.Site) error {
	name := s.Name
	if shape, err := site.Shape(name); err != nil || !bytes.Equal(shape.Marshal(), s.Marshal()) {
		name = timedSite
	}
	sc := c.Halted(r, name)
	if sc == nil {
		return nil
	}
	if name == timedSite {
		if err := saveFile(dir, timedSite, s.Marshal()); err != nil {
			return err
		}
	}
	if err := saveFile(dir, haltSchedule, sc.Marshal()); err != nil || f.format == "json" {
		return err
	}
	file := filepath.ToSlash(filepath.Join(dir, haltSchedule))
	_, err := fmt.Fprintf(out, "saved: %s, the run of seed %d\nwhen was it too late: gwcheck explore --reseed-from %s\n", file, sc.Seed, quote(file))
	return err
}

// haltSchedule is the schedule of a timed run that halted.
const haltSchedule = "halt.schedule"

// timedSite is the site of timed runs in the folder of what is saved. It is not
// the site of findings, which lie there as well.
const timedSite = "timed.yaml"

// clocked takes the conditions and the load of a script, as far as the flags do
// not name others.
func (f *exploreFlags) clocked(flags *pflag.FlagSet, b *conformance.Beginning, c *trial.TimedConfig) {
	if !flags.Changed("per-day") && b.Rate.In+b.Rate.Out > 0 {
		c.In, c.Out, c.Arrivals = perDay(b.Rate.In), perDay(b.Rate.Out), b.Rate.Arrivals
	}
	c.Size = b.Trial.Size
	if !flags.Changed("operator") && b.Trial.Operator != "" {
		c.Operator = b.Trial.Operator
	}
	if on := b.On(); !flags.Changed("pcs") && len(on) < len(b.Site.PCs) {
		c.PCs = on
	}
	c.Faults = append(slices.Clone(b.Trial.Faults), c.Faults...)
}

// perDay makes whole messages of a rate; a load stays one.
func perDay(rate float64) int {
	if rate == 0 {
		return 0
	}
	return int(max(1, min(math.Round(rate), math.MaxInt32)))
}
