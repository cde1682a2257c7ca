package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gwkit/conformance"
	"gwkit/conformance/capacity"
	"gwkit/conformance/report"
	"gwkit/emulator/site"
)

// capacityFlags are the flags of gwcheck capacity.
type capacityFlags struct {
	in, out  int
	size     string
	arrivals string
	seed     uint64
	volumes  []string
	peak     float64
	outage   time.Duration
	maxDelay time.Duration
	budget   time.Duration
	jobs     int
	noAdvice bool
	write    string
	outputs  outputs
}

// capacityExit is exitHelp in the words of this command.
const capacityExit = `Exit status:
  0  the site carries the load
  1  it does not
  2  usage error or unreadable input
  3  it could not be judged within --budget`

// The defaults that the command which repeats a judgement leaves out.
const (
	capacitySize   = "8k"
	capacityBudget = 10 * time.Minute
)

func newCapacity() *cobra.Command {
	var f capacityFlags
	cmd := &cobra.Command{
		Use:   "capacity SITE|DEPLOY --in N --out N",
		Short: "does a site carry a volume of mail, where does it limit, and what to change",
		Long: `Capacity answers whether a site carries so many messages a day: by the
arithmetic of Q137043, Q132060 and Q134339, each reading where they differ, and
by simulating the site in virtual time: an ordinary day, a day with a peak hour,
and a day after an outage of the smart host. It names the bottleneck by what was
measured. When the answer is no, it looks for the smallest change that carries
the load (options, another EXTERNAL PC, another gateway with a grouping of the
postoffices, dedicated pairs), simulates it, and prints what to edit.

SITE is a built-in shape, a site file, or a deployment file, whose declared
volume holds where no flag says otherwise. Messages are divided between the
postoffices by the number of their users (ADMIN and POSTMASTER left out), or by
--volume. 10,000 messages take about 3 seconds for each simulated day; a no
takes longer than a yes, because changes are tried.

A day is carried when the mail on its way does not grow by more than 2 % of the
day's mail; a peak or an outage when the mail on its way is back at the ordinary
by the end (22 and 24 hours later); and nothing may be lost, doubled, returned,
refused or given up.

` + capacityExit,
		Example: `  gwcheck capacity single --in 4000 --out 4000
  gwcheck capacity dedicated --in 6000 --out 6000 --format html -o capacity.html
  gwcheck capacity multiple:gateways=3,downstream=9 --in 9000 --out 9000 --size 20k
  gwcheck capacity site.yaml --in 5000 --out 7000 --volume COMPANY/SALES=400/900 --volume COMPANY/LEGAL=100
  gwcheck capacity site.yaml --in 8000 --out 8000 --max-delay 30m --write changed.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.in, "in", 0, "messages a day from the Internet")
	flags.IntVar(&f.out, "out", 0, "messages a day to the Internet")
	flags.StringVar(&f.size, "size", capacitySize, "size of a message's text: 537, 8k, 1M")
	flags.StringArrayVar(&f.volumes, "volume", nil, "volume of a postoffice, `NET/PO=N` or =IN/OUT; only the relation of all counts, and who has none has no mail")
	flags.StringVar(&f.arrivals, "arrivals", "even", "how the mail of an hour is spread: even, poisson, burst")
	flags.Float64Var(&f.peak, "peak", capacity.PeakDefault, "share of the day's mail that the peak hour has (the default is ours: no article gives one)")
	flags.DurationVar(&f.outage, "outage", capacity.OutageDefault, "how long the smart host is away")
	flags.DurationVar(&f.maxDelay, "max-delay", 0, "95 of 100 messages of an ordinary day have to be faster; 0: no limit")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of everything random")
	flags.DurationVar(&f.budget, "budget", capacityBudget, "wall-clock time for all of it")
	flags.IntVarP(&f.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "simulations at once")
	flags.BoolVar(&f.noAdvice, "no-advice", false, "do not look for a change that carries the load")
	flags.StringVar(&f.write, "write", "", "write the site with the change that carries the load to this `FILE`")
	flags.Var(capacityFormat{&f.outputs}, "format", "form of the answer: "+strings.Join(capacityFormats, ", ")+"; repeatable, each with its -o")
	flags.VarP(fileFlag{&f.outputs}, "output", "o", "file of the --format before it")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(capacityFormats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

var capacityFormats = []string{"html", "json", "text"}

// capacityFormat is formatFlag for the forms of this command.
type capacityFormat struct{ *outputs }

func (f capacityFormat) Type() string   { return "FORMAT" }
func (f capacityFormat) String() string { return "" }

func (f capacityFormat) Set(format string) error {
	if !slices.Contains(capacityFormats, format) {
		return fmt.Errorf("want one of: %s", strings.Join(capacityFormats, ", "))
	}
	f.list = append(f.list, output{format: format})
	return nil
}

func (f *capacityFlags) run(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("cannot judge nothing: name a site, such as single, or a site file")
	}
	size, err := parseBytes(f.size)
	if err != nil {
		return err
	}
	shares, err := capacity.ParseShares(f.volumes)
	if err != nil {
		return err
	}
	switch {
	case f.jobs < 1:
		return fmt.Errorf("cannot run %d simulations at once", f.jobs)
	case f.budget <= 0:
		return fmt.Errorf("cannot judge within %v: want some time", f.budget)
	case f.write != "" && f.noAdvice:
		return fmt.Errorf("cannot write a change with --no-advice")
	case f.write != "" && sameFile(f.write, args[0]):
		return fmt.Errorf("cannot write the change over %s: name another file", args[0])
	}
	if err := f.outputs.check(); err != nil {
		return err
	}
	l := capacity.Load{In: f.in, Out: f.out, Size: size, Arrivals: f.arrivals, Seed: f.seed, Shares: shares}
	var s *site.Site
	if isDeployment(args[0]) {
		s, err = f.deployment(cmd, args[0], &l)
	} else {
		s, err = loadSite(args[0])
	}
	if err != nil {
		return err
	}
	errOut := cmd.ErrOrStderr()
	o := capacity.Options{PeakShare: f.peak, Outage: f.outage, MaxDelay: f.maxDelay, Jobs: f.jobs, NoAdvice: f.noAdvice}
	began := time.Now()
	live := isTerminal(errOut)
	if live {
		o.Progress = func(done int, what string) {
			fmt.Fprintf(errOut, "%s%d simulations, %s: %s", clearLine, done, time.Since(began).Round(time.Second), shortened(what, 60))
		}
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), f.budget)
	defer cancel()
	a, err := capacity.Judge(ctx, s, l, o)
	if live {
		fmt.Fprint(errOut, clearLine)
	}
	if err != nil {
		return err
	}
	a.Repeat, a.WallSeconds = f.command(args[0]), time.Since(began).Seconds()
	if err := f.show(cmd.OutOrStdout(), a); err != nil {
		return err
	}
	if f.write != "" {
		if err := f.writeChange(errOut, a); err != nil {
			return err
		}
	}
	switch a.Verdict {
	case capacity.No:
		return status(exitFail)
	case capacity.Unknown:
		return status(exitUnknown)
	}
	return nil
}

// deployment returns the site with the configuration of a deployment, and puts
// what its file declares where no flag says otherwise.
func (f *capacityFlags) deployment(cmd *cobra.Command, name string, l *capacity.Load) (*site.Site, error) {
	d, err := loadDeployment(name)
	if err != nil {
		return nil, err
	}
	declared, _ := declaredLoad(d)
	given := cmd.Flags().Changed
	if !given("in") && !given("out") {
		l.In, l.Out = declared.In, declared.Out
		f.in, f.out = l.In, l.Out
	}
	if !given("size") {
		l.Size = declared.Size
		f.size = strconv.Itoa(l.Size)
	}
	if !given("volume") {
		l.Shares = declared.Shares
	}
	if p := d.Volume.PeakHour; p > 0 && !given("peak") {
		f.peak = p
	}
	return d.Site()
}

// show writes all forms, text unless one is asked for.
func (f *capacityFlags) show(stdout io.Writer, a *capacity.Answer) error {
	list := f.outputs.list
	if len(list) == 0 || f.outputs.textToStdout() && !slices.Contains(list, output{format: "text"}) {
		list = append(slices.Clone(list), output{format: "text"})
	}
	for _, out := range list {
		write := func(w io.Writer) error {
			switch out.format {
			case "json":
				return report.JSON(w, a)
			case "html":
				return a.HTML(w)
			}
			return a.Text(w)
		}
		var err error
		if out.file != "" {
			err = report.WriteFile(out.file, write)
		} else {
			err = write(stdout)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeChange writes the changed site, if there is one.
func (f *capacityFlags) writeChange(errOut io.Writer, a *capacity.Answer) error {
	if a.Changed == nil {
		fmt.Fprintf(errOut, "gwcheck: note: %s was not written, there is no change that carries the load or none is needed\n", f.write)
		return nil
	}
	data := a.Changed.Marshal()
	if _, err := conformance.ReadSite(f.write, data); err != nil {
		return fmt.Errorf("internal error: the changed site cannot be read: %w", err)
	}
	return report.WriteFile(f.write, func(w io.Writer) error { _, err := io.Copy(w, bytes.NewReader(data)); return err })
}

// command is what gives the same answer again.
func (f *capacityFlags) command(name string) string {
	c := fmt.Sprintf("gwcheck capacity %s --in %d --out %d", quote(name), f.in, f.out)
	add := func(flag, value string) { c += " --" + flag + " " + quote(value) }
	if f.size != capacitySize {
		add("size", f.size)
	}
	for _, v := range f.volumes {
		add("volume", v)
	}
	if f.arrivals != "even" {
		add("arrivals", f.arrivals)
	}
	if f.peak != capacity.PeakDefault {
		add("peak", strconv.FormatFloat(f.peak, 'g', -1, 64))
	}
	if f.outage != capacity.OutageDefault {
		add("outage", f.outage.String())
	}
	if f.maxDelay != 0 {
		add("max-delay", f.maxDelay.String())
	}
	if f.seed != 0 {
		add("seed", strconv.FormatUint(f.seed, 10))
	}
	if f.noAdvice {
		c += " --no-advice"
	}
	return c
}

// parseBytes reads a size such as 537, 8k or 1M.
func parseBytes(text string) (int, error) {
	bad := fmt.Errorf("cannot read size %q: want a number of bytes, such as 537, 8k or 1M", text)
	digits, unit := text, 1
	if n := len(text); n > 0 {
		switch text[n-1] {
		case 'k', 'K':
			digits, unit = text[:n-1], 1<<10
		case 'm', 'M':
			digits, unit = text[:n-1], 1<<20
		}
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > 1<<30 || strings.HasPrefix(digits, "+") || n*unit > 1<<30 {
		return 0, bad
	}
	return n * unit, nil
}

// sameFile compares two names of files.
func sameFile(a, b string) bool {
	x, err := filepath.Abs(a)
	y, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && x == y
}

func shortened(text string, most int) string {
	if len(text) > most {
		return text[:most-3] + "..."
	}
	return text
}
