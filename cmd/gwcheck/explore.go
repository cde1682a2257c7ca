package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gwkit/conformance"
	"gwkit/conformance/explore"
	"gwkit/conformance/invariant"
	"gwkit/conformance/report"
	"gwkit/conformance/trial"
	"gwkit/emulator/site"
)

// exploreFlags are the flags of gwcheck explore.
type exploreFlags struct {
	trial        trial.Options
	search       explore.Config
	shard        string
	stop         string
	save, format string
	merge        bool
	reseed       string
	points       int
	redraws      int
	shrink       int
	trace        traceFlags

	timed        bool
	perDay, days int
}

func newExplore() *cobra.Command {
	var f exploreFlags
	cmd := &cobra.Command{
		Use:   "explore SITE|SCRIPT|SCHEDULE | --merge DIR",
		Short: "search the schedules of a site for a broken guarantee, and explain it",
		Long: `Explore runs a site again and again from the same beginning, each time with
other decisions about which PC goes on, and judges every run: is a message lost,
delivered twice, altered; does a PC touch a file that another one made; does
anybody wait for ever? What breaks is made small: as few messages as possible,
and a schedule of a few lines. It is saved as a schedule, as a script that
gwcheck run repeats, as a page with the time line, and explained.

SITE is a built-in shape or a site file. SCRIPT is the id of a built-in script or
a .txtar file: its lines up to the first that judges give the site (site, set,
pc run, m-write, m-rm), what is wrong there (fault, heal, drive, pc off) and the
load (submit, inject, load, and the messages that smtp dialogues hand over; also
that of explore and replay). The messages are the search's own. Lines that a
search cannot take in are named in the output, each with the reason. A schedule
file is repeated and explained without a search; --trace draws that run, and
--save writes what a search saves. A word that could be several of
these is a shape first, then a file, then a script. Only the PCs that run SMTPGATE
are switched on unless --pcs names others. Time does not count: the schedule says
who is slow.

With --timed the clock says it, not a schedule: not what is possible, but what is
likely. Each of --schedules seeds draws the latency of every file operation and
runs the whole site, all its PCs unless --pcs names some, under --per-day messages
each way, until its gateways halt or --days are over. Of a script the load lines
say how many a day. It prints how long it took to the first prompt and to the
halt, and the gwemu run command that shows the run that halted first; a site with
changes, faults or PCs that are off is saved for it as NAME.explore/timed.yaml. A
run that halted is saved as NAME.explore/halt.schedule.

With --reseed-from a failing run is begun as it was and drawn anew from later and
later places on: the decisions of a schedule, or for halt.schedule the seconds of
virtual time, from which on the latencies are others. It prints what share of the
runs still fails, the last operation before each place and the place after which
every run failed, and plots that beside the file.

Strategies: ` + strings.Join(explore.Strategies(), ", ") + `.
An exhaustive search derives each schedule from those before it: it is one run at
once (-j 1) and cannot be divided (--shard). All others are the same whatever -j.

A campaign in which two gateways of one postoffice were never at work in
\SMTP\ at once is unknown, not a pass.

` + exitHelp,
		Example: `  gwcheck explore dedicated-shared
  gwcheck explore dedicated --in 3 --out 3 --schedules 100000
  gwcheck explore dedicated --strategy exhaustive --preemptions 2
  gwcheck explore topology_dedicated_shared_quiet --out 1
  gwcheck explore site.yaml --shard 2/8 --format json --save part2
  gwcheck explore --timed dedicated-shared --per-day 2000 --operator retry
  gwcheck explore --timed shared_load_halts --fault 'net-refuse at=11.1.16.15:25 until=1h'
  gwcheck explore --merge results
  gwcheck explore dedicated-shared.explore/no_deadlock.schedule
  gwcheck explore dedicated-shared.explore/no_deadlock.schedule --trace run.html --trace-format html
  gwcheck explore --reseed-from dedicated-shared.explore/no_deadlock.schedule
  gwcheck explore --reseed-from dedicated-shared.explore/halt.schedule`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.trial.In, "in", 0, "messages from the Internet (1 each way unless one of --in, --out is given)")
	flags.IntVar(&f.trial.Out, "out", 0, "messages to the Internet")
	flags.StringSliceVar(&f.trial.PCs, "pcs", nil, "PCs that are switched on (default: those that run SMTPGATE; with --timed: all)")
	flags.StringVar(&f.trial.Operator, "operator", "retry", "who answers critical errors: retry (as soon as the file is free) or nobody")
	flags.StringArrayVar(&f.trial.Faults, "fault", nil, "a fault that is there from the start, as gwcheck list faults prints it")
	flags.Uint64Var(&f.trial.MaxSteps, "max-steps", 0, "step limit of one run (0: 50,000)")
	flags.StringVar(&f.search.Strategy, "strategy", explore.Portfolio, "how schedules are made")
	flags.IntVar(&f.search.Schedules, "schedules", 10_000, "at most so many; 0: no bound; with --timed: seeds, 31 unless given")
	flags.DurationVar(&f.search.MaxTime, "time", 0, "at most so long; 0: no bound")
	flags.IntVar(&f.search.Preemptions, "preemptions", 2, "with --strategy exhaustive: interruptions of a PC that could go on, at most; -1: no bound")
	flags.Uint64Var(&f.search.Seed, "seed", 0, "seed of the campaign")
	flags.IntVarP(&f.search.Workers, "jobs", "j", runtime.GOMAXPROCS(0), "runs at once; an exhaustive search has one")
	flags.StringVar(&f.shard, "shard", "", "i/n: the i-th of n parts; an exhaustive search has none")
	flags.IntVar(&f.search.Check, "check", 100, "one schedule in so many is run twice and compared; 0: none")
	flags.StringVar(&f.stop, "stop", "never", "when a guarantee is broken: never, first")
	flags.IntVar(&f.shrink, "shrink", 5000, "runs spent on making each finding small; 0: none")
	flags.StringVar(&f.save, "save", "", "folder for what was found (default: NAME.explore)")
	flags.StringVar(&f.format, "format", "text", "form of the result: text, json")
	flags.BoolVar(&f.merge, "merge", false, "merge the result files of a folder instead of searching")
	flags.StringVar(&f.reseed, "reseed-from", "", "draw the failing run of a schedule `FILE`, or of a saved script, anew from later and later places on: when was it too late?")
	flags.IntVar(&f.points, "points", 12, "with --reseed-from: places that are tried, before those around the point of no return")
	flags.IntVar(&f.redraws, "redraws", 200, "with --reseed-from: runs from each; of a timed run 50 unless given")
	f.trace.add(flags)
	flags.BoolVar(&f.timed, "timed", false, "let the clock and drawn latencies decide instead of a schedule: how long until it halts?")
	flags.IntVar(&f.perDay, "per-day", 500, "with --timed: messages a day each way (default: what a script loads, else 500)")
	flags.IntVar(&f.days, "days", 30, "with --timed: virtual days after which a run ends")
	cmd.RegisterFlagCompletionFunc("strategy", cobra.FixedCompletions(explore.Strategies(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (f *exploreFlags) run(cmd *cobra.Command, args []string) error {
	if f.format != "text" && f.format != "json" {
		return fmt.Errorf("unknown format %q: want text or json", f.format)
	}
	if err := f.checkTimed(cmd.Flags()); err != nil {
		return err
	}
	if err := f.checkReseed(cmd.Flags()); err != nil {
		return err
	}
	if err := f.checkUse(cmd.Flags()); err != nil {
		return err
	}
	stops := map[string]explore.Stop{"never": explore.StopNever, "first": explore.StopFirst}
	stop, ok := stops[f.stop]
	if !ok {
		return fmt.Errorf("unknown --stop %q: want never or first", f.stop)
	}
	f.search.Stop = stop
	var err error
	if f.search.Shard, f.search.Shards, err = parseShard(f.shard); err != nil {
		return err
	}
	if !slices.Contains(explore.Strategies(), f.search.Strategy) {
		return fmt.Errorf("unknown strategy %q: want one of: %s", f.search.Strategy, strings.Join(explore.Strategies(), ", "))
	}
	out := cmd.OutOrStdout()
	switch {
	case f.reseed != "":
		if len(args) > 0 {
			return fmt.Errorf("cannot use --reseed-from with another argument: the file names its site")
		}
		return f.doom(cmd)
	case len(args) == 0:
		return fmt.Errorf("cannot explore nothing: name a site, such as dedicated-shared, a script or a schedule file")
	case f.merge:
		return f.mergeAll(out, args[0])
	}
	x, err := openSubject(args[0])
	if err != nil {
		return err
	}
	if f.timed {
		return f.byTheClock(cmd, args[0], x)
	}
	if x.schedule != nil {
		return f.repeat(cmd, args[0], x.schedule)
	}
	if name := given(cmd.Flags(), traceFlagNames); name != "" {
		return fmt.Errorf("cannot use --%s with a search: it has many runs; name the schedule of one, such as dedicated-shared.explore/no_deadlock.schedule", name)
	}
	if x.begin != nil {
		if err := f.begin(cmd, x.begin); err != nil {
			return err
		}
	}
	return f.explore(cmd, args[0], x)
}

// checkUse refuses numbers that mean nothing, and flags that would have no
// effect.
func (f *exploreFlags) checkUse(flags *pflag.FlagSet) error {
	for _, row := range []struct {
		name  string
		value int
		least int
	}{
		{"jobs", f.search.Workers, 1}, {"schedules", f.search.Schedules, 0}, {"time", int(f.search.MaxTime), 0}, {"preemptions", f.search.Preemptions, -1},
		{"check", f.search.Check, 0}, {"shrink", f.shrink, 0}, {"in", f.trial.In, 0}, {"out", f.trial.Out, 0}, {"points", f.points, 1}, {"redraws", f.redraws, 1},
	} {
		if row.value < row.least {
			return fmt.Errorf("bad --%s %s: want at least %d", row.name, flags.Lookup(row.name).Value, row.least)
		}
	}
	exhaustive := f.search.Strategy == explore.Exhaustive
	switch {
	case flags.Changed("in") && f.trial.In+f.trial.Out == 0 || flags.Changed("out") && f.trial.In+f.trial.Out == 0:
		return fmt.Errorf("cannot explore without a message: give --in or --out one")
	case flags.Changed("preemptions") && !exhaustive:
		return fmt.Errorf("cannot use --preemptions with --strategy %s: it bounds an exhaustive search", f.search.Strategy)
	case exhaustive && flags.Changed("jobs") && f.search.Workers > 1:
		return fmt.Errorf("cannot use --jobs %d with --strategy exhaustive: each schedule follows from those before it, so there is one run at once", f.search.Workers)
	case exhaustive && f.shard != "":
		return fmt.Errorf("cannot use --shard with --strategy exhaustive: each schedule follows from those before it, so it cannot be divided")
	}
	return nil
}

// begin takes the load of a script, as far as the flags do not name another,
// and says what it took.
func (f *exploreFlags) begin(cmd *cobra.Command, b *conformance.Beginning) error {
	flags := cmd.Flags()
	if flags.Changed("in") || flags.Changed("out") {
		b.Trial.In, b.Trial.Out = f.trial.In, f.trial.Out
	}
	if err := b.CheckLoad(); err != nil {
		return err
	}
	if flags.Changed("operator") || b.Trial.Operator == "" {
		b.Trial.Operator = f.trial.Operator
	}
	if flags.Changed("pcs") {
		b.Trial.PCs = f.trial.PCs
	}
	b.Trial.Faults = append(b.Trial.Faults, f.trial.Faults...)
	b.Trial.MaxSteps = f.trial.MaxSteps
	f.trial = b.Trial
	x, err := trial.New(b.Site, f.trial)
	if err != nil {
		return b.Errorf("%w", err)
	}
	if err := x.Close(); err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if f.format == "json" { // which has that for itself
		out = cmd.ErrOrStderr()
	}
	on := f.trial.PCs
	if on == nil {
		on = trial.Gateways(b.Site)
	}
	return tell(out, b.String(), b.Unused(on))
}

// tell says what was taken from a script, and what was not.
func tell(out io.Writer, taken string, unused []string) error {
	text := taken + "\n"
	for _, l := range unused {
		text += "  " + l + "\n"
	}
	_, err := io.WriteString(out, text)
	return err
}

// explore searches, prints and saves.
func (f *exploreFlags) explore(cmd *cobra.Command, word string, x *subject) error {
	s := x.site
	out, errOut := cmd.OutOrStdout(), cmd.ErrOrStderr()
	c := trial.Config{Site: s, Trial: f.trial, Search: f.search, Shrink: f.shrink}
	live := newLive(errOut)
	c.Search.Progress = func(p explore.Progress) { live.show(progressLine(p)) }
	dir := f.save
	if dir == "" {
		dir = folderName(x.name) + ".explore"
	}
	keep := store{dir: dir}
	if site.ShapeOf(s.Name) == nil {
		keep.site = string(s.Marshal())
	}
	var saved error
	c.OnFound = func(x *trial.Finding) { // the best so far is on disk whatever happens next
		if saved == nil {
			saved = keep.schedule(x)
		}
	}
	a, err := trial.Explore(cmd.Context(), c)
	live.clear()
	if a == nil {
		return err
	}
	if saved != nil {
		return saved
	}
	if e := keep.findings(&c, a); e != nil {
		return e
	}
	a.Result.Repeat = commandLine(cmd, word)
	if f.save != "" || len(a.Findings) > 0 {
		var b bytes.Buffer
		if e := a.Result.Write(&b); e != nil {
			return e
		}
		if e := saveFile(dir, "result.json", b.Bytes()); e != nil {
			return e
		}
	}
	if f.format == "json" {
		if e := a.Result.Write(out); e != nil {
			return e
		}
	} else {
		if e := a.Text(out); e != nil {
			return e
		}
		for i, x := range a.Findings {
			fmt.Fprintln(out)
			if i > 0 { // one story is enough; the others are in the folder
				fmt.Fprintf(out, "%s is broken, too: %s\n", x.Invariant, x.Text)
				continue
			}
			if e := c.Report(out, x); e != nil {
				return e
			}
		}
		if len(a.Findings) > 0 {
			fmt.Fprintf(out, "\nsaved in %s\nrepeat: gwcheck run --scripts %s\n", dir, quote(dir))
			if others := keep.strangers(a.Findings); len(others) > 0 {
				fmt.Fprintf(out, "which also runs what was there before: %s\n", strings.Join(others, ", "))
			}
		}
	}
	if err != nil {
		return err
	}
	return verdictStatus(a.Verdict)
}

// store is the folder for what was found. What is saved first, the site, makes
// good what is saved later.
type store struct {
	dir  string
	site string // text of the site file; "" for a built-in shape, which needs none
}

// schedule writes the schedule of a finding, with the site it is about.
func (s *store) schedule(v *trial.Finding) error {
	sc := v.Schedule
	if s.site != "" {
		if err := saveFile(s.dir, siteFile, []byte(s.site)); err != nil {
			return err
		}
		sc.Site = siteFile
	}
	return saveFile(s.dir, v.Invariant+".schedule", sc.Marshal())
}

// siteFile is the name of a site that findings are about.
const siteFile = "site.yaml"

// findings writes each finding as a schedule, a script, a report and a page.
func (s *store) findings(c *trial.Config, a *trial.Answer) error {
	for _, v := range a.Findings {
		var reportText, page bytes.Buffer
		if err := c.Report(&reportText, v); err != nil {
			return err
		}
		if err := c.Timeline(&page, v); err != nil {
			return err
		}
		if err := s.schedule(v); err != nil {
			return err
		}
		for _, x := range []struct {
			name string
			data []byte
		}{
			{v.Invariant + ".txt", reportText.Bytes()},
			{v.Invariant + ".html", page.Bytes()},
			{scriptOf(v.Invariant), v.Script(s.site)},
		} {
			if err := saveFile(s.dir, x.name, x.data); err != nil {
				return err
			}
		}
		for i := range a.Result.Violations {
			if x := &a.Result.Violations[i]; x.Invariant == v.Invariant {
				x.Script = filepath.ToSlash(filepath.Join(s.dir, scriptOf(v.Invariant)))
			}
		}
	}
	return nil
}

// scriptOf is the file name of the script that repeats a finding.
func scriptOf(name string) string { return "found_" + name + ".txtar" }

// strangers lists the scripts of the folder that no finding of this search
// wrote: gwcheck run --scripts takes them as well.
func (s *store) strangers(found []*trial.Finding) (names []string) {
	files, _ := filepath.Glob(filepath.Join(s.dir, "*.txtar"))
	for _, file := range files {
		name := filepath.Base(file)
		if !slices.ContainsFunc(found, func(v *trial.Finding) bool { return scriptOf(v.Invariant) == name }) {
			names = append(names, name)
		}
	}
	return names
}

// mergeAll adds up the result files below a folder.
func (f *exploreFlags) mergeAll(out io.Writer, dir string) error {
	var shards []*explore.Result
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		r, err := explore.ReadResult(path, file)
		if err == nil && r.SiteSum == "" {
			err = fmt.Errorf("%s does not say what its campaign is of: an older gwcheck wrote it", path)
		}
		shards = append(shards, r)
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot merge: %w", err)
	}
	if len(shards) == 0 {
		return fmt.Errorf("cannot merge: no result file (*.json) in %s", dir)
	}
	r, err := explore.Merge(shards)
	if err != nil {
		return err
	}
	r.Repeat = "gwcheck explore --merge " + quote(dir)
	a := trial.Judged(r)
	if f.format == "json" {
		err = r.Write(out)
	} else {
		err = a.Text(out)
	}
	if err != nil {
		return err
	}
	return verdictStatus(a.Verdict)
}

// commandLine is the command that does the same again: what says where results
// go, or how many runs at once, makes no difference.
func commandLine(cmd *cobra.Command, word string) string {
	line := "gwcheck explore " + quote(word)
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if slices.Contains([]string{"save", "format", "jobs"}, flag.Name) {
			return
		}
		values := []string{flag.Value.String()}
		if many, ok := flag.Value.(pflag.SliceValue); ok {
			values = many.GetSlice()
		}
		for _, v := range values {
			if line += " --" + flag.Name; flag.Value.Type() != "bool" {
				line += " " + quote(v)
			}
		}
	})
	return line
}

func verdictStatus(v invariant.Verdict) error {
	switch v {
	case invariant.Fail:
		return status(exitFail)
	case invariant.Unknown:
		return status(exitUnknown)
	}
	return nil
}

func progressLine(p explore.Progress) string {
	var broken []string
	for name, n := range p.Violations {
		broken = append(broken, fmt.Sprintf("%s %d", name, n))
	}
	slices.Sort(broken)
	line := fmt.Sprintf("%d schedules, %.0f a second", p.Schedules, p.Rate)
	if p.Left > 0 { // first, because the end of the line may be cut off
		line = fmt.Sprintf("about %s left, ", p.Left.Round(time.Second)) + line
	}
	if len(broken) > 0 {
		line += ", broken: " + strings.Join(broken, ", ")
	}
	return line
}

// folderName makes the name of a subject fit for a folder.
func folderName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|=,`, r) {
			return '-'
		}
		return r
	}, name)
}

// saveFile writes a file by way of a temporary name.
func saveFile(dir, name string, data []byte) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("cannot save: %w", err)
	}
	return report.WriteFile(filepath.Join(dir, name), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
