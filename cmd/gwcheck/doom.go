package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gwkit/conformance"
	"gwkit/conformance/trial"
	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
)

// reseedFlags are the flags that mean something with --reseed-from, onlyReseed
// those that mean nothing without it.
var (
	reseedFlags = []string{"reseed-from", "points", "redraws", "seed", "save", "max-steps", "jobs"}
	onlyReseed  = []string{"points", "redraws"}
)

// timedRedraws is how many runs of a timed schedule there are from each place
// unless told: each begins at the beginning.
const timedRedraws = 50

// checkReseed refuses flags that would have no effect.
func (f *exploreFlags) checkReseed(flags *pflag.FlagSet) error {
	if f.reseed == "" {
		if name := given(flags, onlyReseed); name != "" {
			return fmt.Errorf("cannot use --%s without --reseed-from FILE", name)
		}
		return nil
	}
	switch name := others(flags, reseedFlags); name {
	case "":
		return nil
	case "format":
		return fmt.Errorf("cannot use --format with --reseed-from: it prints a table and saves a plot")
	default:
		return fmt.Errorf("cannot use --%s with --reseed-from: the file says what runs, and the rest is drawn at random", name)
	}
}

// doom says from which place on a failing run could not be saved.
func (f *exploreFlags) doom(cmd *cobra.Command) error {
	data, err := readBounded(f.reseed)
	if err != nil {
		return err
	}
	sc, s, err := openFailing(f.reseed, data)
	if err != nil {
		return err
	}
	if !sc.Timed && cmd.Flags().Changed("jobs") {
		return fmt.Errorf("cannot use --jobs with --reseed-from %s: the runs of a schedule follow one another; those of a timed one need not", f.reseed)
	}
	if sc.Timed && !cmd.Flags().Changed("redraws") {
		f.redraws = timedRedraws
	}
	d, err := trial.Doom(cmd.Context(), s, sc, f.trial, f.points, f.redraws, f.search.Workers, f.search.Seed)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if err := d.Table(out); err != nil {
		return err
	}
	if d.Interrupted {
		return unfinished("interrupted; no plot was written")
	}
	var b bytes.Buffer
	if err := d.SVG(&b); err != nil {
		return err
	}
	name := strings.TrimSuffix(filepath.Base(f.reseed), filepath.Ext(f.reseed)) + ".svg"
	dir := f.save
	if dir == "" {
		dir = filepath.Dir(f.reseed)
	}
	if err := saveFile(dir, name, b.Bytes()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "plot: %s\n", filepath.Join(dir, name))
	return err
}

// openFailing reads a schedule file, or the schedule that a saved script replays.
func openFailing(name string, data []byte) (*schedule.Schedule, *site.Site, error) {
	if !strings.EqualFold(filepath.Ext(name), ".txtar") {
		return openSchedule(name, data)
	}
	return conformance.Parse(filepath.ToSlash(name), data).Replayed()
}
