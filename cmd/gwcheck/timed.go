package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gwkit/conformance/trial"
)

// timedFlags are the flags that mean something with --timed; the others are
// about schedules. onlyTimed are those that mean nothing without it.
var (
	timedFlags = []string{"timed", "per-day", "days", "schedules", "seed", "operator", "jobs", "format"}
	onlyTimed  = []string{"per-day", "days"}
)

// timedSeeds is how many runs there are unless told.
const timedSeeds = 31

// checkTimed refuses flags that would have no effect.
func (f *exploreFlags) checkTimed(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(flag *pflag.Flag) {
		switch {
		case err != nil:
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
	switch {
	case x.begin != nil:
		return fmt.Errorf("cannot use --timed with script %s: its load is no load per day; name a site", word)
	case x.schedule != nil:
		return fmt.Errorf("cannot use --timed with schedule %s: there the clock decides nothing; name a site", word)
	}
	out, errOut := cmd.OutOrStdout(), cmd.ErrOrStderr()
	c := trial.TimedConfig{Site: x.site, Name: quote(word), Seeds: f.search.Schedules, Seed: f.search.Seed, PerDay: f.perDay, Days: f.days,
		Operator: f.trial.Operator, Workers: f.search.Workers}
	live := isTerminal(errOut)
	if live {
		c.Progress = func(done int) { fmt.Fprintf(errOut, "%s%d of %d seeds", clearLine, done, c.Seeds) }
	}
	r, err := trial.ByTheClock(cmd.Context(), c)
	if live {
		fmt.Fprint(errOut, clearLine)
	}
	if err != nil {
		return err
	}
	if f.format == "json" {
		err = r.Write(out)
	} else {
		err = r.Text(out)
	}
	if err != nil {
		return err
	}
	if r.Broken() {
		return status(exitFail)
	}
	return nil
}
