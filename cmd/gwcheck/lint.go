package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gwkit/conformance"
	"gwkit/conformance/deploy"
	"gwkit/conformance/drive"
	"gwkit/conformance/lint"
	"gwkit/conformance/report"
	"gwkit/emulator/site"
)

// lintFlags are the flags of gwcheck lint.
type lintFlags struct {
	rules   []string
	off     []string
	fail    string
	strict  bool
	outputs outputs
}

func newLint() *cobra.Command {
	f := lintFlags{outputs: outputs{formats: lint.Formats}}
	cmd := &cobra.Command{
		Use:   "lint SITE|DEPLOY|DIR|BUNDLE.zip",
		Short: "find mistakes in the configuration of an installation, without touching it",
		Long: `Judge how an installation is configured. It may be a built-in site, a site
file, a deployment file, a folder of copies or of drives, or a bundle. Nothing
is written or locked.

Each finding names the place, the rule, its article and what to change. What a
rule lacked is listed as not judged: no finding does not mean clean there.

--fail says which severity makes the exit status 1: error unless told here or in
the deployment file. A rule that was not judged does not fail, unless --strict
is given; then, and when a file could not be read, no rule at all could judge or
the run was ended, the status is 3.

--format may be given several times; -o names the file of the --format before
it. What has no file goes to standard output.

` + exitHelp,
		Example: `  gwcheck lint dedicated-shared
  gwcheck lint deploy.yaml --fail warning --off opt.log='logs are kept elsewhere'
  gwcheck lint ./drives --rule map --rule sys.files
  gwcheck lint customer.zip --format sarif -o lint.sarif --format text`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("cannot judge %d installations: give one site, deployment file, folder or bundle", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.rules, "rule", nil, "only this rule, or this family such as map")
	flags.StringArrayVar(&f.off, "off", nil, "ID=REASON: turn a rule off; the reason appears in the report")
	flags.StringVar(&f.fail, "fail", "", "lowest severity that fails: error, warning or info (default error)")
	flags.BoolVar(&f.strict, "strict", false, "a rule that was not judged makes the exit status 3")
	flags.Var(formatFlag{&f.outputs}, "format", "form of the report: "+strings.Join(lint.Formats, ", "))
	flags.VarP(fileFlag{&f.outputs}, "output", "o", "file for the --format before it")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(lint.Formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (f *lintFlags) run(cmd *cobra.Command, name string) error {
	if err := f.outputs.check(); err != nil {
		return err
	}
	if f.fail != "" && !slices.Contains(lint.Severities, lint.Severity(f.fail)) {
		return fmt.Errorf("cannot fail at %q: want error, warning or info", f.fail)
	}
	o := lint.Options{Off: map[string]string{}}
	for _, id := range f.rules {
		if !knownRule(id, true) {
			return fmt.Errorf("cannot use rule %q: there is none%s", id, nearRule(id))
		}
		o.Only = append(o.Only, id)
	}
	in, done, err := openWhile(cmd.Context(), name)
	if err != nil {
		return err
	}
	defer done()
	for id, reason := range in.Off {
		o.Off[id] = reason
	}
	for _, text := range f.off {
		id, reason, ok := strings.Cut(text, "=")
		if !ok || strings.TrimSpace(reason) == "" {
			return fmt.Errorf("cannot turn off %q: want ID=REASON", text)
		}
		if !knownRule(id, false) {
			return fmt.Errorf("cannot turn off rule %q: there is none%s", id, nearRule(id))
		}
		o.Off[id] = reason
	}
	r, err := runWhile(cmd.Context(), in, o)
	if err != nil {
		return err
	}
	write := func(format string, w io.Writer) error { return lint.Write(format, w, in.Name, r) }
	if len(f.outputs.list) == 0 {
		f.outputs.list = []output{{format: "text"}}
	}
	for _, out := range f.outputs.list {
		if out.file == "" {
			err = write(out.format, cmd.OutOrStdout())
		} else {
			err = report.WriteFile(out.file, func(w io.Writer) error { return write(out.format, w) })
		}
		if err != nil {
			return err
		}
	}
	return lintStatus(cmd.Context(), r, f.threshold(in), f.strict)
}

// threshold returns the severity that fails.
func (f *lintFlags) threshold(in *lint.Installation) lint.Severity {
	switch {
	case f.fail != "":
		return lint.Severity(f.fail)
	case in.Fail != "":
		return in.Fail
	}
	return lint.Error
}

// lintStatus gives the exit status of a report.
func lintStatus(ctx context.Context, r *lint.Report, fail lint.Severity, strict bool) error {
	for _, found := range r.Findings {
		if found.Severity.AtLeast(fail) {
			return status(exitFail)
		}
	}
	if ctx.Err() != nil || len(r.Unread) > 0 || r.Nothing() || strict && len(r.NotJudged) > 0 {
		return status(exitUnknown)
	}
	return nil
}

// knownRule says whether an id is that of a rule or of a candidate that one
// covers, or of a family.
func knownRule(id string, family bool) bool {
	if lint.RuleByID(id) != nil {
		return true
	}
	return family && slices.ContainsFunc(lint.Rules, func(r lint.Rule) bool { return strings.HasPrefix(r.ID, id+".") })
}

func nearRule(id string) string {
	var ids []string
	for _, r := range lint.Rules {
		ids = append(ids, r.ID)
	}
	if near := conformance.Nearest(id, ids); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return " (see: gwcheck list rules)"
}

// endingMax is how long an interrupted command waits for what is under way.
const endingMax = time.Second

// openWhile opens an installation until it is interrupted: a drive that is gone
// may hold its reader for as long as the system likes.
func openWhile(ctx context.Context, name string) (*lint.Installation, func(), error) {
	type opened struct {
		in   *lint.Installation
		done func()
		err  error
	}
	c := make(chan opened, 1)
	go func() {
		in, done, err := openInstallation(name)
		c <- opened{in, done, err}
	}()
	select {
	case o := <-c:
		return o.in, o.done, o.err
	case <-ctx.Done():
		return nil, nil, unfinished("interrupted while reading " + name + "; nothing was judged")
	}
}

// unfinished is an error with the status of a verdict that is unknown.
type unfinished string

func (u unfinished) Error() string { return string(u) }

// runWhile judges until it is interrupted: then with what the rules found so
// far, unless one of them does not come back.
func runWhile(ctx context.Context, in *lint.Installation, o lint.Options) (*lint.Report, error) {
	c := make(chan *lint.Report, 1)
	go func() { c <- lint.Run(ctx, in, o) }()
	select {
	case r := <-c:
		return r, nil
	case <-ctx.Done():
	}
	select {
	case r := <-c:
		return r, nil
	case <-time.After(endingMax):
		return nil, unfinished("interrupted while a drive did not answer")
	}
}

// openInstallation reads what the user named. Done closes it after use.
func openInstallation(name string) (in *lint.Installation, done func(), err error) {
	done = func() {}
	info, err := os.Stat(name)
	switch {
	case err != nil && site.ShapeOf(name) != nil:
		s, err := site.Shape(name)
		if err != nil {
			return nil, done, err
		}
		// A shape's places are those of the site file that gwemu shapes prints.
		return lint.FromSite(s, s.Marshal()), done, nil
	case err != nil:
		if errors.Is(err, fs.ErrNotExist) {
			var shapes []string
			for _, s := range site.Shapes {
				shapes = append(shapes, s.Name)
			}
			return nil, done, fmt.Errorf("cannot judge %q: it is no file or folder, and no built-in site (%s)", name, strings.Join(shapes, ", "))
		}
		return nil, done, fmt.Errorf("cannot judge: %w", err)
	case info.IsDir():
		in, err = lint.FromFolder(drive.Folder(name), name)
		return in, done, err
	case strings.EqualFold(filepath.Ext(name), ".zip"):
		return openBundle(name)
	}
	data, err := readBounded(name)
	if err != nil {
		return nil, done, err
	}
	in, err = parseInstallation(name, data)
	return in, done, err
}

// bundleEntriesMax bounds the directory of a bundle.
const bundleEntriesMax = 500000

// openBundle reads an archive. One that holds a single folder is that folder.
func openBundle(name string) (*lint.Installation, func(), error) {
	done := func() {}
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, done, fmt.Errorf("cannot read bundle %s: %w", name, err)
	}
	if len(z.File) > bundleEntriesMax {
		z.Close()
		return nil, done, fmt.Errorf("cannot read bundle %s: more than %d entries", name, bundleEntriesMax)
	}
	var root fs.FS = z
	entries, err := fs.ReadDir(z, ".")
	if err == nil && len(entries) == 1 && entries[0].IsDir() {
		inside := entries[0].Name()
		if below, err := fs.ReadDir(z, inside); err == nil && !slices.ContainsFunc(below, func(e fs.DirEntry) bool { return strings.EqualFold(e.Name(), "GLB") }) {
			if sub, err := fs.Sub(z, inside); err == nil {
				root, name = sub, name+"/"+inside
			}
		}
	}
	in, err := lint.FromFolder(root, name)
	if err != nil {
		z.Close()
		return nil, done, err
	}
	return in, func() { z.Close() }, nil
}

// parseInstallation reads a site file or a deployment file. What is neither is
// told the mistakes of the kind that it has the keys of, or else that it has
// fewer of.
func parseInstallation(name string, data []byte) (*lint.Installation, error) {
	s, siteErr := conformance.ReadSite(name, data)
	if siteErr == nil {
		return lint.FromSite(s, data), nil
	}
	d, deployErr := deploy.Parse(name, data)
	if deployErr == nil {
		if err := lint.CheckOff(d); err != nil {
			return nil, fmt.Errorf("cannot read deployment file %s:\n%w", name, err)
		}
		return lint.FromDeployment(d, lint.OnDisk(d), data), nil
	}
	hasKey := func(keys []string) bool {
		return slices.ContainsFunc(strings.Split(string(data), "\n"), func(line string) bool {
			key, _, ok := strings.Cut(line, ":")
			return ok && slices.Contains(keys, key)
		})
	}
	lines := func(err error) int { return strings.Count(err.Error(), "\n") }
	switch {
	case hasKey(deployKeys):
		return nil, fmt.Errorf("cannot read deployment file %s:\n%w", name, deployErr)
	case hasKey(siteKeys) || lines(siteErr) < lines(deployErr):
		return nil, fmt.Errorf("cannot read site %s:\n%w", name, siteErr)
	case lines(deployErr) < lines(siteErr):
		return nil, fmt.Errorf("cannot read deployment file %s:\n%w", name, deployErr)
	}
	return nil, fmt.Errorf("cannot read %s as a site or deployment file:\n%w", name, siteErr)
}

// siteKeys are upper keys that only a site file has.
var siteKeys = []string{"start", "tz", "timing", "smtp", "smartHosts", "faults", "files"}

// deployKeys are upper keys that only a deployment file has.
var deployKeys = []string{"allow", "allowWrite", "smartHost", "names", "network", "peers", "policy", "volume", "messages", "test", "patience", "lint", "shape", "speed"}
