package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gwkit/conformance"
	"gwkit/conformance/deploy"
	"gwkit/conformance/lint"
	"gwkit/conformance/names"
	"gwkit/conformance/probe"
	"gwkit/conformance/report"
	"gwkit/conformance/target"
	"gwkit/emulator/site"
)

// deploymentMax bounds a deployment file; its reader has a bound of its own.
const deploymentMax = 2 << 20

// loadDeployment reads a deployment file.
func loadDeployment(name string) (*deploy.Deployment, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read deployment: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, deploymentMax))
	if err != nil {
		return nil, fmt.Errorf("cannot read deployment: %w", err)
	}
	d, err := deploy.Parse(name, data)
	if err != nil {
		if _, siteErr := site.Parse(name, data); siteErr == nil {
			return nil, fmt.Errorf("cannot read deployment: %s is a site file; gwcheck init prints a deployment file", name)
		}
		return nil, fmt.Errorf("cannot read deployment:\n%w", err)
	}
	if err := lint.CheckOff(d); err != nil {
		return nil, fmt.Errorf("cannot read deployment:\n%w", err)
	}
	return d, nil
}

// namesMax bounds a zone or hosts file.
const namesMax = 16 << 20

// resolverOf returns who answers questions about names; nil: nobody is named.
func resolverOf(d *deploy.Deployment) (names.Resolver, error) {
	read := func(file string) ([]byte, error) {
		// A pipe would keep us until somebody writes.
		if info, err := os.Stat(d.Path(file)); err == nil && !info.Mode().IsRegular() {
			return nil, fmt.Errorf("cannot read names: %s is not a plain file", d.Path(file))
		}
		f, err := os.Open(d.Path(file))
		if err != nil {
			return nil, fmt.Errorf("cannot read names: %w", err)
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, namesMax))
	}
	switch n := d.Names; {
	case n.Server != "":
		return names.Server(n.Server), nil
	case n.Zone != "":
		data, err := read(n.Zone)
		if err != nil {
			return nil, err
		}
		zone, err := names.ParseZone(d.Path(n.Zone), data, n.Origin)
		if err != nil {
			return nil, err
		}
		return zone, nil
	case n.Hosts != "":
		data, err := read(n.Hosts)
		if err != nil {
			return nil, err
		}
		lines, _ := names.ParseHosts(data)
		return names.Hosts(lines), nil
	}
	return nil, nil
}

// liveChecks returns the live checks that a selection asks for, and the
// selection without what only they meet. skip is set when no script is asked
// for.
func liveChecks(sel *conformance.Selection) (checks []probe.Check, skip bool) {
	matches := func(c *probe.Check) bool {
		if len(sel.Shapes) > 0 || sel.IDs != nil && !slices.Contains(sel.IDs, c.ID) {
			return false
		}
		glob := len(sel.Globs) == 0 || slices.ContainsFunc(sel.Globs, func(g string) bool { ok, _ := path.Match(g, c.ID); return ok })
		article := len(sel.Articles) == 0 || slices.ContainsFunc(sel.Articles, func(a string) bool {
			return slices.Contains(c.Articles, "Q"+strings.TrimPrefix(strings.ToUpper(a), "Q"))
		})
		tag := len(sel.Tags) == 0 || slices.ContainsFunc(sel.Tags, func(t string) bool { return t == "live" || t == string(c.Kind) })
		return glob && article && tag
	}
	for i := range probe.Checks {
		if matches(&probe.Checks[i]) {
			checks = append(checks, probe.Checks[i])
		}
	}
	live := func(globs []string, is func(string) bool) []string { return slices.DeleteFunc(slices.Clone(globs), is) }
	globs := live(sel.Globs, func(g string) bool {
		return slices.ContainsFunc(probe.Checks, func(c probe.Check) bool { ok, _ := path.Match(g, c.ID); return ok }) && strings.HasPrefix(g, "live")
	})
	tags := live(sel.Tags, func(t string) bool {
		return t == "live" || t == string(probe.Passive) || t == string(probe.Probe) || t == string(probe.Message)
	})
	skip = len(sel.Globs) > 0 && len(globs) == 0 || len(sel.Tags) > 0 && len(tags) == 0
	sel.Globs, sel.Tags = globs, tags
	return checks, skip
}

// onlyLive takes articles out of a selection that live checks cite and no
// script does, and reports whether none is left of those asked for.
func onlyLive(s *suite, sel *conformance.Selection) bool {
	asked := len(sel.Articles)
	sel.Articles = slices.DeleteFunc(slices.Clone(sel.Articles), func(a string) bool {
		id := "Q" + strings.TrimPrefix(strings.ToUpper(a), "Q")
		return slices.ContainsFunc(probe.Checks, func(c probe.Check) bool { return slices.Contains(c.Articles, id) }) &&
			!slices.ContainsFunc(s.scripts, func(x *conformance.Script) bool { return slices.Contains(x.Articles, id) })
	})
	return asked > 0 && len(sel.Articles) == 0
}

// runDeployment judges a real deployment: live checks first, then the scripts
// that apply.
func (f *runFlags) runDeployment(cmd *cobra.Command) error {
	d, err := loadDeployment(f.target)
	if err != nil {
		return err
	}
	if f.schedule != "" || f.update {
		return fmt.Errorf("cannot use --schedule or --update on a deployment: what it does is not ours to choose")
	}
	resolver, err := resolverOf(d)
	if err != nil {
		return err
	}
	checks, liveOnly := liveChecks(&f.selection)
	var s *suite
	var chosen []*conformance.Script
	if !liveOnly {
		if s, err = loadSuite(f.scripts, f.builtin); err != nil {
			return err
		}
		if !onlyLive(s, &f.selection) {
			if chosen, err = conformance.Select(s.scripts, f.selection); err != nil {
				return err
			}
		}
	}
	if len(checks)+len(chosen) == 0 {
		return fmt.Errorf("cannot run: neither a live check nor a script meets all of the conditions")
	}
	ctx := cmd.Context()
	t := target.Deployment(ctx, d)
	if f.dryRun {
		return f.plan(ctx, cmd.OutOrStdout(), d, t, resolver, checks, chosen)
	}
	dir, err := report.Reserve(f.save, time.Now())
	if err != nil {
		return err
	}
	defer os.Remove(dir) // fails when it has been written
	result, folder := f.judge(ctx, cmd.OutOrStdout(), cmd.ErrOrStderr(), d, t, resolver, checks, chosen)
	var differ []report.Difference
	compared := true
	if f.beside && ctx.Err() == nil {
		if differ, err = f.compareWithEmulator(ctx, cmd.OutOrStdout(), d, resolver, checks, result, folder); err != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "gwcheck: %v\n", err)
			compared = false
		}
	}
	if err := f.outputs.write(cmd.OutOrStdout(), result); err != nil {
		return err
	}
	if err := keepRun(dir, d, folder); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "results: %s\n", dir)
	switch {
	case result.Totals.Fail > 0 || len(differ) > 0:
		return status(exitFail)
	case result.Totals.Unknown+result.Totals.Error > 0 || !compared:
		return status(exitUnknown)
	}
	return nil
}

// judge runs what was chosen and gathers the folder of the run.
func (f *runFlags) judge(ctx context.Context, stdout, stderr io.Writer, d *deploy.Deployment, t target.Target, resolver names.Resolver, checks []probe.Check, chosen []*conformance.Script) (*report.Result, *report.Folder) {
	p := newProgress(stdout, stderr, f.outputs.textToStdout(), chosen)
	p.total += len(checks)
	p.brief = f.brief
	for _, c := range checks {
		p.text.Width = max(p.text.Width, len(c.ID))
	}
	shown := func(row report.Script) {
		if row.Verdict == report.Pass && !f.verbose {
			row.Log = ""
		}
		p.ended(row)
	}
	prober := probe.New(d, probe.Options{
		Resolver: resolver,
		Ask:      func(text string) { fmt.Fprintf(stderr, "%s%s\n", p.clear(), text) },
		Waiting:  p.waiting,
		Ended:    shown,
	})
	rows := prober.Run(ctx, checks)
	prober.Close() // each script catches mail itself, where the file says
	if len(chosen) > 0 {
		o := conformance.Options{
			Target:   t,
			Seed:     f.seed,
			Jobs:     1, // one session at a time, and one script that waits
			Timeout:  max(f.timeout, 4*d.Patience),
			MaxSteps: f.maxSteps,
			Verbose:  f.verbose,
			Command:  f.repeat(),
			Ended:    p.ended,
		}
		rows = append(rows, conformance.Run(ctx, chosen, o).Scripts...)
	}
	result := report.New(t.Name(), f.seed, rows)
	p.finish(result)
	return result, &report.Folder{Result: result, Files: folderFiles(prober, t)}
}

// folderFiles are what a run keeps besides its result: the sessions word for
// word, and which files were opened.
func folderFiles(p *probe.Prober, t target.Target) map[string][]byte {
	files := map[string][]byte{}
	said := p.Transcripts()
	if scripts, ok := t.(interface{ Transcripts() []probe.Transcript }); ok {
		said = append(said, scripts.Transcripts()...)
	}
	for _, t := range said {
		name := "transcripts/" + t.Check + ".txt"
		files[name] = append(files[name], t.String()+"\n"...)
	}
	if opened := p.Opened(); len(opened) > 0 {
		files["opened.txt"] = []byte(strings.Join(opened, "\n") + "\n")
	}
	return files
}

// keepRun writes the folder of a run without what is nobody's business, and
// the deployment file with it.
func keepRun(dir string, d *deploy.Deployment, f *report.Folder) error {
	file, err := readBounded(d.File)
	if err != nil {
		return fmt.Errorf("cannot keep results: %w", err)
	}
	r, err := deploy.NewRedactor(file)
	if err != nil {
		return err
	}
	kept := &report.Folder{Files: map[string][]byte{}}
	if kept.Files["deployment.yaml"], err = r.YAML(); err != nil {
		return err
	}
	for name, data := range f.Files {
		switch path.Ext(name) {
		case ".json":
			if data, err = r.JSON(data); err != nil {
				return err
			}
		case ".html":
			data = r.HTML(data)
		default:
			data = []byte(r.Text(string(data)))
		}
		kept.Files[name] = data
	}
	data, err := json.Marshal(f.Result)
	if err == nil {
		data, err = r.JSON(data)
	}
	if err == nil {
		err = json.Unmarshal(data, &kept.Result)
	}
	if err != nil {
		return fmt.Errorf("internal error: %w", err)
	}
	return report.WriteFolder(dir, kept)
}

// plan tells what would be opened and sent, and does none of it.
func (f *runFlags) plan(ctx context.Context, out io.Writer, d *deploy.Deployment, t target.Target, resolver names.Resolver, checks []probe.Check, chosen []*conformance.Script) error {
	var failed error
	tell := func(line string) {
		if _, err := fmt.Fprintln(out, line); err != nil && failed == nil {
			failed = err
		}
	}
	p := probe.New(d, probe.Options{Resolver: resolver, Plan: tell})
	for _, row := range p.Run(ctx, checks) {
		if row.Verdict == report.Skip && row.Reason != "" && strings.HasPrefix(row.Reason, "not allowed") {
			tell("# " + row.ID + ": " + row.Reason)
		}
	}
	for _, s := range chosen {
		for _, line := range conformance.Plan(s, t) {
			tell(line)
		}
	}
	return failed
}

// besideSpeed is how fast the emulated deployment runs.
const besideSpeed = 60

// compareWithEmulator builds the deployment's configuration in the emulator,
// lets the same live checks look at it, and returns where the two differ.
func (f *runFlags) compareWithEmulator(ctx context.Context, out io.Writer, d *deploy.Deployment, resolver names.Resolver, checks []probe.Check, result *report.Result, folder *report.Folder) (_ []report.Difference, err error) {
	s, err := d.Site()
	if err != nil {
		return nil, fmt.Errorf("cannot compare with the emulator: %w", err)
	}
	dir, err := os.MkdirTemp("", "gwcheck-beside-")
	if err != nil {
		return nil, fmt.Errorf("cannot compare with the emulator: %w", err)
	}
	defer os.RemoveAll(dir)
	sink, err := target.FreeAddress()
	if err != nil {
		return nil, fmt.Errorf("cannot compare with the emulator: %w", err)
	}
	served, err := target.Serve(s, dir, sink, besideSpeed)
	if err != nil {
		return nil, fmt.Errorf("cannot compare with the emulator: %w", err)
	}
	defer func() { err = errors.Join(err, served.Close()) }()
	twin := d.Twin(deploy.Twin{Gateways: served.Gateways, SmartHost: served.SmartHost, Drives: served.Drives, Disks: served.Disks, Sink: sink, Speed: besideSpeed})
	prober := probe.New(twin, probe.Options{Resolver: resolver, Submit: func(_ context.Context, m probe.Outgoing) error {
		mail := target.Mail{From: m.From, To: []string{m.To}, Subject: m.Subject, Text: m.Text}
		for _, a := range m.Attachments {
			mail.Attachments = append(mail.Attachments, target.Attachment{Name: a.Name, Data: a.Data})
		}
		return served.Submit(mail)
	}})
	defer prober.Close()
	other := report.New(s.Name, f.seed, prober.Run(ctx, checks))
	if ctx.Err() != nil {
		return nil, fmt.Errorf("cannot compare with the emulator: interrupted before its checks had ended")
	}
	mine := report.New(result.Target, result.Seed, slices.DeleteFunc(slices.Clone(result.Scripts), func(r report.Script) bool { return probe.Lookup(r.ID) == nil }))
	list := report.Compare(mine, other)
	var text strings.Builder
	report.WriteDifferences(&text, list)
	if f.outputs.textToStdout() {
		fmt.Fprintf(out, "\nthis deployment -> the emulator with its configuration:\n%s", text.String())
	}
	folder.Files["emulator.diff.txt"] = []byte(text.String())
	var data strings.Builder
	if err := report.JSON(&data, other); err != nil {
		return nil, err
	}
	folder.Files["emulator.json"] = []byte(data.String())
	return list, nil
}
