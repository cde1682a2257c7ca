package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gwkit/conformance/explore"
	"gwkit/conformance/trial"
	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
	"gwkit/emulator/trace/timeline"
)

// traceFlags say how the run of a schedule is told event by event.
type traceFlags struct {
	file, format string
	all          bool
}

// traceFlagNames are the flags of traceFlags, repeatFlags all that mean
// something with a schedule: it says the rest itself.
var (
	traceFlagNames = []string{"trace", "trace-format", "trace-all"}
	repeatFlags    = append([]string{"max-steps", "save", "format"}, traceFlagNames...)
)

func (t *traceFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&t.file, "trace", "", "with a schedule: write its run to `FILE`; - is standard output, and then the report goes to standard error")
	flags.StringVar(&t.format, "trace-format", "text", "with --trace: "+strings.Join(timeline.Formats, ", "))
	flags.BoolVar(&t.all, "trace-all", false, "with --trace: draw every event, not only what several PCs have to do with")
}

// check refuses what would have no effect.
func (t *traceFlags) check(flags *pflag.FlagSet) error {
	if !slices.Contains(timeline.Formats, t.format) {
		return fmt.Errorf("unknown --trace-format %q: want one of: %s", t.format, strings.Join(timeline.Formats, ", "))
	}
	if name := given(flags, traceFlagNames); name != "" && t.file == "" {
		return fmt.Errorf("cannot use --%s without --trace: say where the trace goes, such as --trace -", name)
	}
	return nil
}

// given returns the first flag of names that is on the command line, or "".
func given(flags *pflag.FlagSet, names []string) (name string) {
	flags.Visit(func(f *pflag.Flag) {
		if name == "" && slices.Contains(names, f.Name) {
			name = f.Name
		}
	})
	return name
}

// others returns the first flag on the command line that is not one of names.
func others(flags *pflag.FlagSet, names []string) (name string) {
	flags.Visit(func(f *pflag.Flag) {
		if name == "" && !slices.Contains(names, f.Name) {
			name = f.Name
		}
	})
	return name
}

// repeat replays a schedule, explains what it breaks, and saves or draws it when
// it is told to.
func (f *exploreFlags) repeat(cmd *cobra.Command, name string, data []byte) error {
	if flag := others(cmd.Flags(), repeatFlags); flag != "" {
		return fmt.Errorf("cannot use --%s with schedule %s: it is one run, and says all about it", flag, name)
	}
	if f.format == "json" {
		return fmt.Errorf("cannot use --format json with schedule %s: it is explained in words; --trace - --trace-format json has its events", name)
	}
	if err := f.trace.check(cmd.Flags()); err != nil {
		return err
	}
	sc, s, err := openSchedule(name, data)
	if err != nil {
		return err
	}
	if sc.Timed {
		return fmt.Errorf("cannot repeat timed schedule %s here, but this does: %s; and this says when it was too late: gwcheck explore --reseed-from %s",
			name, sc.Command(quote(schedule.Beside(name, sc.Site))), quote(name))
	}
	r, err := trial.Replay(s, sc, f.trial)
	if err != nil {
		return fmt.Errorf("cannot follow schedule %s: %w", name, err)
	}
	findings := r.Findings(sc)
	err = f.draw(cmd.OutOrStdout(), r, sc)
	r.Close()
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if f.trace.file == "-" {
		out = cmd.ErrOrStderr()
	}
	if len(findings) == 0 {
		_, err := fmt.Fprintf(out, "%s: nothing is broken\n", name)
		return err
	}
	c := trial.Config{Site: s, Trial: f.trial}
	if err := c.Report(out, findings[0]); err != nil {
		return err
	}
	for _, x := range findings[1:] {
		fmt.Fprintf(out, "\n%s is broken, too: %s\n", x.Invariant, x.Text)
	}
	if f.save != "" {
		keep := store{dir: f.save}
		if site.ShapeOf(s.Name) == nil {
			keep.site = string(s.Marshal())
		}
		if err := keep.findings(&c, &trial.Answer{Result: &explore.Result{}, Findings: findings}); err != nil {
			return err
		}
		fmt.Fprintf(out, "\nsaved in %s\nrepeat: gwcheck run --scripts %s\n", f.save, quote(f.save))
	}
	return status(exitFail)
}

// draw writes the trace of a run where --trace says.
func (f *exploreFlags) draw(out io.Writer, r *trial.Run, sc *schedule.Schedule) error {
	if f.trace.file == "" {
		return nil
	}
	var b bytes.Buffer
	if err := r.Draw(&b, f.trace.format, fmt.Sprintf("%s: %d in and %d out, under a schedule", sc.Site, sc.In, sc.Out), f.trace.all); err != nil {
		return err
	}
	if f.trace.file == "-" {
		_, err := out.Write(b.Bytes())
		return err
	}
	return saveFile(filepath.Dir(f.trace.file), filepath.Base(f.trace.file), b.Bytes())
}
