package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gwkit/conformance"
	"gwkit/conformance/capacity"
	"gwkit/conformance/deploy"
	"gwkit/conformance/golive"
	"gwkit/conformance/lint"
	"gwkit/conformance/probe"
	"gwkit/conformance/report"
	"gwkit/conformance/target"
)

// goliveFlags are the flags of gwcheck golive.
type goliveFlags struct {
	scripts, save string
	noScripts     bool
	budget        time.Duration
	outputs       outputs
}

func newGolive() *cobra.Command {
	f := goliveFlags{outputs: outputs{formats: golive.Formats}}
	cmd := &cobra.Command{
		Use:   "golive DEPLOY",
		Short: "judge a deployment before it goes live: one page, one verdict",
		Long: `Judge a deployment before it goes live: its configuration (lint), the declared
volume (capacity), the live checks, and the scripts that apply to it. The result
is one page: the verdict, what blocks it, what was not judged and what would
make it so. What is done to the deployment is what its file allows.

The verdict is yes only when mail was seen to pass in each direction that the
deployment has; for that the file has to allow messages and to name a test
mailbox.

--format may be given several times; -o names the file of the --format before
it. All details are kept in a folder, see --save.

Exit status:
  0  yes
  1  no: something blocks it
  2  usage error or unreadable input
  3  unknown: nothing blocks it, but not all of it could be judged`,
		Example: `  gwcheck init /mnt/maildata -o deploy.yaml
  gwcheck golive deploy.yaml
  gwcheck golive deploy.yaml --format html -o golive.html --format text`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("cannot judge %d deployments: give one deployment file (gwcheck init prints a first one)", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.scripts, "scripts", "", "take the scripts of this folder instead of the built-in ones")
	flags.BoolVar(&f.noScripts, "no-scripts", false, "leave the scripts out")
	flags.DurationVar(&f.budget, "budget", capacityBudget, "wall-clock time for the simulation of the volume")
	flags.StringVar(&f.save, "save", "", "folder for the details (default: gwcheck-results/ and the time)")
	flags.Var(formatFlag{&f.outputs}, "format", "form of the page: "+strings.Join(golive.Formats, ", "))
	flags.VarP(fileFlag{&f.outputs}, "output", "o", "file for the --format before it")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(golive.Formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (f *goliveFlags) run(cmd *cobra.Command, name string) error {
	if err := f.outputs.check(); err != nil {
		return err
	}
	began := time.Now()
	cpu := cpuSeconds()
	d, err := loadDeployment(name)
	if err != nil {
		return err
	}
	resolver, err := resolverOf(d)
	if err != nil {
		return err
	}
	var chosen []*conformance.Script
	if !f.noScripts {
		s, err := loadSuite(f.scripts, false)
		if err != nil {
			return err
		}
		chosen = s.scripts
	}
	in, done, err := openInstallation(name)
	if err != nil {
		return err
	}
	defer done()
	dir, err := report.Reserve(f.save, began)
	if err != nil {
		return err
	}
	defer os.Remove(dir) // fails when it has been written
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	found := &golive.Found{Name: d.Name, File: name, At: began, Fail: lint.Error, Results: dir}
	if in.Fail != "" {
		found.Fail = in.Fail
	}
	found.In, found.Out = directions(d)

	// The simulation computes while the live checks wait.
	volume := make(chan struct{})
	go func() {
		defer close(volume)
		found.Capacity, found.CapacityWhy = f.volume(ctx, d)
	}()
	found.Lint = lint.Run(ctx, in, lint.Options{Off: in.Off})
	run := runFlags{target: name, timeout: time.Minute, jobs: 1, brief: true} // the page says why what was skipped
	result, folder := run.judge(ctx, stderr, stderr, d, target.Deployment(ctx, d), resolver, probe.Checks, chosen)
	<-volume
	live := func(row report.Script) int {
		return slices.IndexFunc(probe.Checks, func(c probe.Check) bool { return c.ID == row.ID })
	}
	for _, row := range result.Scripts {
		if probe.Lookup(row.ID) != nil {
			found.Live = append(found.Live, row)
		} else {
			found.Scripts = append(found.Scripts, row)
		}
	}
	// In their own order a cause stands before what follows from it.
	slices.SortFunc(found.Live, func(a, b report.Script) int { return live(a) - live(b) })
	found.Interrupted = ctx.Err() != nil
	found.WallSeconds, found.CPUSeconds = time.Since(began).Seconds(), cpuSeconds()-cpu
	page := golive.Compose(found)
	if len(f.outputs.list) == 0 {
		f.outputs.list = []output{{format: "text"}}
	}
	for _, out := range f.outputs.list {
		write := func(w io.Writer) error { return golive.Write(out.format, w, page) }
		if out.file == "" {
			err = write(cmd.OutOrStdout())
		} else {
			err = report.WriteFile(out.file, write)
		}
		if err != nil {
			return err
		}
	}
	// What was found out is told before anything else can go wrong.
	if err := f.keep(d, folder, page, found); err != nil {
		return err
	}
	switch page.Verdict {
	case golive.No:
		return status(exitFail)
	case golive.Unknown:
		return status(exitUnknown)
	}
	return nil
}

// keep writes the folder with the details: that of a run, and the page, the
// findings and the simulated volume besides.
func (f *goliveFlags) keep(d *deploy.Deployment, folder *report.Folder, page *golive.Report, found *golive.Found) error {
	add := func(name string, write func(io.Writer) error) error {
		var b strings.Builder
		if err := write(&b); err != nil {
			return err
		}
		folder.Files[name] = []byte(b.String())
		return nil
	}
	for _, format := range golive.Formats {
		ext := map[string]string{"text": "txt"}[format]
		if ext == "" {
			ext = format
		}
		if err := add("golive."+ext, func(w io.Writer) error { return golive.Write(format, w, page) }); err != nil {
			return err
		}
	}
	if err := add("lint.json", func(w io.Writer) error { return lint.Write("json", w, found.File, found.Lint) }); err != nil {
		return err
	}
	if found.Capacity != nil {
		if err := add("capacity.html", found.Capacity.HTML); err != nil {
			return err
		}
	}
	return keepRun(found.Results, d, folder)
}

// directions returns the live checks that see mail pass, for the directions
// that a deployment has.
func directions(d *deploy.Deployment) (in, out string) {
	for i := range d.PCs {
		switch d.RoleOf(&d.PCs[i]) {
		case deploy.RoleBoth:
			return "live.inbound", "live.outbound"
		case deploy.RoleReceive:
			in = "live.inbound"
		case deploy.RoleSend:
			out = "live.outbound"
		}
	}
	return in, out
}

// volume simulates the declared volume, or says why it cannot.
func (f *goliveFlags) volume(ctx context.Context, d *deploy.Deployment) (*capacity.Answer, string) {
	load, ok := declaredLoad(d)
	if !ok {
		return nil, "the declared volume (volume: {in, out})"
	}
	s, err := d.Site()
	if err != nil {
		return nil, strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	ctx, cancel := context.WithTimeout(ctx, f.budget)
	defer cancel()
	o := capacity.Options{PeakShare: capacity.PeakDefault, Outage: capacity.OutageDefault, Jobs: 1}
	if p := d.Volume.PeakHour; p > 0 {
		o.PeakShare = p
	}
	a, err := capacity.Judge(ctx, s, load, o)
	if err != nil {
		return nil, err.Error()
	}
	a.Repeat = fmt.Sprintf("gwcheck capacity %s", quote(d.File))
	return a, ""
}

// declaredLoad is the volume that a deployment file declares: for the whole, or
// for its postoffices, or both, when those of the postoffices are the shares.
func declaredLoad(d *deploy.Deployment) (capacity.Load, bool) {
	l := capacity.Load{In: d.Volume.In, Out: d.Volume.Out, Size: d.Volume.SizeBytes}
	for i := range d.Postoffices {
		po := &d.Postoffices[i]
		if po.Volume.In+po.Volume.Out > 0 {
			l.Shares = append(l.Shares, capacity.Share{Postoffice: po.Ref(), In: po.Volume.In, Out: po.Volume.Out})
		}
	}
	if l.Shares == nil && slices.ContainsFunc(d.Postoffices, func(po deploy.Postoffice) bool { return po.Users == nil }) {
		l.Shares = evenShares(d)
	} else if l.In+l.Out == 0 {
		for _, s := range l.Shares {
			l.In, l.Out = l.In+s.In, l.Out+s.Out
		}
	}
	if l.Size == 0 {
		l.Size, _ = parseBytes(capacitySize)
	}
	return l, l.In+l.Out > 0
}

// evenShares gives the same volume to each postoffice that has people.
//
// invented: where neither volumes nor users are declared all have the same. A
// gateway postoffice with others behind it is taken to have no people unless
// they are declared: of a dedicated pair it would have mail that its gateway
// never sends. Q132060
func evenShares(d *deploy.Deployment) (list []capacity.Share) {
	behind := slices.ContainsFunc(d.Postoffices, func(po deploy.Postoffice) bool { return po.Gateway == "" })
	for i := range d.Postoffices {
		po := &d.Postoffices[i]
		if len(po.Users) > 0 || po.Users == nil && !(behind && po.Gateway != "") {
			list = append(list, capacity.Share{Postoffice: po.Ref(), In: 1, Out: 1})
		}
	}
	return list
}

// isDeployment reports whether a file is a deployment file and no site file.
func isDeployment(name string) bool {
	data, err := os.ReadFile(name)
	if err != nil || len(data) > deploymentMax {
		return false
	}
	if _, err := deploy.Parse(name, data); err == nil {
		return true
	}
	return slices.ContainsFunc(strings.Split(string(data), "\n"), func(line string) bool {
		key, _, ok := strings.Cut(line, ":")
		return ok && slices.Contains(deployKeys, key)
	})
}
