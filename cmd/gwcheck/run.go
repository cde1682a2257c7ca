package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gwkit/conformance"
	"gwkit/conformance/report"
	"gwkit/conformance/target"
	"gwkit/emulator/schedule"
)

// runFlags are the flags of gwcheck run.
type runFlags struct {
	target, scripts, shard, schedule, results string
	builtin, failed, verbose, update          bool
	save                                      string
	dryRun, beside                            bool
	brief                                     bool // progress does not show what is skipped
	selection                                 conformance.Selection
	jobs                                      int
	seed, maxSteps                            uint64
	timeout                                   time.Duration
	outputs                                   outputs
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [GLOB...]",
		Short: "run scripts and say how the target behaves",
		Long: `Run scripts: all built-in ones on the built-in emulator unless told otherwise.
A GLOB is matched against script ids.

--format may be given several times; -o names the file of the --format before
it. What has no file goes to standard output.

With --target FILE a real deployment is judged, as its deployment file describes
it and as far as that file allows: live checks first, then the scripts that
apply. Nothing is written to it unless the file says so. The run is kept in a
folder: result.json, junit.xml, report.html, transcripts, the deployment file
without users and commands. --dry-run tells what would be opened and sent.

` + exitHelp,
		Example: `  gwcheck run
  gwcheck run 'inbound_*' --tag dialogue
  gwcheck run --article Q132060 -v
  gwcheck run --shard 2/8 --format junit -o results.xml --format text
  gwcheck run --scripts ./mine --failed
  gwcheck run --target deploy.yaml --dry-run
  gwcheck run --target deploy.yaml 'live.*' --beside-emulator`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.selection.Globs = args
			return f.run(cmd)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.target, "target", "emulator", "what to judge: emulator, or a deployment file")
	flags.StringVar(&f.scripts, "scripts", "", "run the scripts of this folder instead of the built-in ones")
	flags.BoolVar(&f.builtin, "builtin", false, "with --scripts: run the built-in ones as well")
	flags.StringSliceVar(&f.selection.Tags, "tag", nil, "only scripts with this tag")
	flags.StringSliceVar(&f.selection.Articles, "article", nil, "only scripts that cite this article")
	flags.StringSliceVar(&f.selection.Shapes, "shape", nil, "only scripts about this built-in site")
	flags.IntVarP(&f.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "scripts at once")
	flags.StringVar(&f.shard, "shard", "", "i/n: run the i-th of n parts")
	flags.BoolVar(&f.failed, "failed", false, "only scripts that did not pass last time")
	flags.StringVar(&f.results, "results", "", "folder that remembers what failed (default: in the user's cache folder)")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the choices that documents leave open; 0 takes the first of each")
	flags.StringVar(&f.schedule, "schedule", "", "choices such as 0.2.1, or a file with them, instead of those of the seed")
	flags.DurationVar(&f.timeout, "timeout", time.Minute, "wall-clock limit of one script; more is the verdict unknown")
	flags.Uint64Var(&f.maxSteps, "max-steps", 0, "step limit of one simulation; more is the verdict unknown (0: the target's own)")
	flags.Var(formatFlag{&f.outputs}, "format", "form of the result: "+strings.Join(report.Formats(), ", "))
	flags.VarP(fileFlag{&f.outputs}, "output", "o", "file for the --format before it")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "show every phase, and the last events of what did not pass")
	flags.BoolVar(&f.update, "update", false, "with --scripts: write what the scripts expect anew (golden, m-cmp)")
	flags.StringVar(&f.save, "save", "", "with --target FILE: folder for the results (default: gwcheck-results/ and the time)")
	flags.BoolVar(&f.dryRun, "dry-run", false, "with --target FILE: list every file that would be opened and every command that would be sent")
	flags.BoolVar(&f.beside, "beside-emulator", false, "with --target FILE: look at the emulator with the same configuration as well, and tell the differences")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.Formats(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (f *runFlags) run(cmd *cobra.Command) error {
	if err := f.outputs.check(); err != nil {
		return err
	}
	if target.IsFile(f.target) {
		var err error
		if f.selection.Shard, f.selection.Shards, err = parseShard(f.shard); err != nil {
			return err
		}
		return f.runDeployment(cmd)
	}
	t, err := target.ByName(f.target)
	if err != nil {
		return err
	}
	if f.dryRun || f.beside || f.save != "" {
		return fmt.Errorf("cannot use --dry-run, --beside-emulator or --save without --target FILE")
	}
	if f.builtin && f.scripts == "" {
		return fmt.Errorf("cannot use --builtin without --scripts")
	}
	if f.update && (f.scripts == "" || f.builtin) {
		return fmt.Errorf("cannot use --update without --scripts, or with --builtin: built-in scripts are in the program")
	}
	if f.jobs < 1 {
		return fmt.Errorf("cannot run %d scripts at once", f.jobs)
	}
	if f.selection.Shard, f.selection.Shards, err = parseShard(f.shard); err != nil {
		return err
	}
	schedule, err := readSchedule(f.schedule)
	if err != nil {
		return err
	}
	s, err := loadSuite(f.scripts, f.builtin)
	if err != nil {
		return err
	}
	memory, err := openMemory(f.results, f.failed)
	if err != nil {
		return err
	}
	if f.failed {
		f.selection.IDs = memory.failed(s)
	}
	chosen, err := conformance.Select(s.scripts, f.selection)
	if err != nil {
		return err
	}
	if len(chosen) == 0 && f.selection.Shards == 0 && !f.failed {
		return fmt.Errorf("cannot run: no script meets all of the conditions")
	}
	result := f.perform(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), t, schedule, s, chosen)
	if err := f.outputs.write(cmd.OutOrStdout(), result); err != nil {
		return err
	}
	if err := memory.remember(s, result); err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "gwcheck: %v\n", err) // the verdicts stand all the same
	}
	switch {
	case result.Totals.Fail > 0:
		return status(exitFail)
	case result.Totals.Unknown+result.Totals.Error > 0:
		return status(exitUnknown)
	}
	return nil
}

// perform runs the scripts and shows how they come along.
func (f *runFlags) perform(ctx context.Context, stdout, stderr io.Writer, t target.Target, schedule string, s *suite, chosen []*conformance.Script) *report.Result {
	p := newProgress(stdout, stderr, f.outputs.textToStdout(), chosen)
	o := conformance.Options{
		Target:   t,
		Seed:     f.seed,
		Schedule: schedule,
		Jobs:     f.jobs,
		Timeout:  f.timeout,
		MaxSteps: f.maxSteps,
		Verbose:  f.verbose,
		Update:   f.update,
		Save:     s.save,
		Command:  f.repeat(),
		Ended:    p.ended,
	}
	result := conformance.Run(ctx, chosen, o)
	p.finish(result)
	return result
}

// repeat returns the beginning of the command that repeats a verdict; the
// engine adds seed, schedule and script.
func (f *runFlags) repeat() string {
	command := "gwcheck run"
	if f.scripts != "" {
		command += " --scripts " + quote(f.scripts)
	}
	if f.maxSteps != 0 {
		command += " --max-steps " + strconv.FormatUint(f.maxSteps, 10)
	}
	return command
}

func quote(s string) string {
	if strings.ContainsAny(s, " '\"$&|;<>()*?[]#~`\\\t\n") {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// save writes a script of the user's folder anew.
func (s *suite) save(script *conformance.Script, data []byte) error {
	name := filepath.Join(s.dir, filepath.Base(script.File))
	return report.WriteFile(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// parseShard reads i/n.
func parseShard(text string) (shard, shards int, err error) {
	if text == "" {
		return 0, 0, nil
	}
	i, n, ok := strings.Cut(text, "/")
	shard, err1 := strconv.Atoi(i)
	shards, err2 := strconv.Atoi(n)
	if !ok || err1 != nil || err2 != nil || shard < 1 || shard > shards {
		return 0, 0, fmt.Errorf("cannot use shard %q: want i/n such as 2/8, i from 1 to n", text)
	}
	return shard, shards, nil
}

// scheduleMax bounds a schedule file.
const scheduleMax = 16 << 20

// readSchedule takes choices such as 0.2.1, or reads them from a file.
func readSchedule(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if strings.Trim(text, "0123456789.") == "" {
		_, err := conformance.ParseSchedule(text)
		return text, err
	}
	file, err := os.Open(text)
	if err != nil {
		return "", fmt.Errorf("cannot read schedule: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, scheduleMax))
	if err != nil {
		return "", fmt.Errorf("cannot read schedule: %w", err)
	}
	if schedule.Is(data) {
		return "", fmt.Errorf("cannot read schedule: %w", schedule.Elsewhere(text, quote(text), data))
	}
	choices := strings.TrimSpace(string(data))
	if _, err := conformance.ParseSchedule(choices); err != nil {
		return "", fmt.Errorf("%s: %w", text, err)
	}
	return choices, nil
}
