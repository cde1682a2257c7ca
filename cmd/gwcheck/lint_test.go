package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gwkit/conformance/lint"
	"gwkit/emulator"
	"gwkit/emulator/site"
)

// installed writes files below a new folder.
func installed(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const deployment = `version: 1
postoffices: [{name: COMPANY/HUB, gateway: smtp, drive: hub}]
pcs: [{name: GW1, drives: {M: COMPANY/HUB}, run: SMTPGATE -md -mr}]
lint: {fail: warning, off: [{rule: opt.log, reason: logs are elsewhere}]}
`

func TestLintExitStatus(t *testing.T) {
	dir := installed(t, map[string]string{
		"deploy.yaml":            deployment,
		"gone.yaml":              strings.ReplaceAll(strings.Replace(deployment, "drive: hub", "drive: nowhere", 1), " -mr", ""),
		"wrong-rule.yaml":        strings.Replace(deployment, "opt.log", "opt.lag", 1),
		"broken.yaml":            "version: 1\nsmtpp: x\n",
		"broken-deploy.yaml":     "version: 1\nallow: [fly]\n",
		"hub/SMTP/ADDR_MAP.CFG":  "COMPANY/HUB hub.company.com\r\n",
		"hub/SMTP/LOCAL.CFG":     "HostName=gw.company.com\r\nSmartHost=11.1.16.15\r\nPostOffice=COMPANY/HUB\r\n",
		"flat/ADDR_MAP.CFG":      "COMPANY/HUB hub.company.com\r\nCOMPANY/HUB HUB.company.com\r\n",
		"clean/AUTOEXEC.BAT":     "SET TZ=PST8PDT\r\n",
		"clean/PC_GW1/START.BAT": "SMTPGATE -md\r\n",
		"neither.yaml":           "version: 1\nfoo: 1\n",
		"nothing/.keep":          "",
		"no.zip":                 "PK",
	})
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, row := range []struct {
		name string
		args []string
		want int
		out  string
	}{
		{"a shape", []string{"single"}, 0, "0 errors, 0 warnings"},
		{"the forbidden shape", []string{"dedicated-shared"}, 1, "deploy.shared-po"},
		{"only another family", []string{"dedicated-shared", "--rule", "map"}, 0, "single: no findings\n"},
		{"the rule turned off", []string{"dedicated-shared", "--off", "deploy.shared-po=on purpose"}, 0, "turned off: deploy.shared-po (on purpose)"},
		{"a lower threshold", []string{"single", "--fail", "info"}, 1, "sys.comspec"},
		{"strict", []string{"single", "--strict"}, 3, "not judged"},
		{"threshold of the deployment file", []string{at("deploy.yaml"), "--rule", "opt"}, 1, "deploy.yaml\n  3:63"},
		{"threshold given here", []string{at("deploy.yaml"), "--rule", "opt", "--fail", "error"}, 0, "turned off: opt.log (logs are elsewhere)"},
		{"a drive that cannot be read", []string{at("gone.yaml"), "--rule", "opt.mr-md"}, 3, "cannot be read:\n  " + at("nowhere")},
		{"a folder", []string{at("flat"), "--rule", "map", "--fail", "warning"}, 1, "map.shadowed"},
		{"no argument", nil, 2, "cannot judge 0 installations"},
		{"nothing of that name", []string{"singel"}, 2, "it is no file or folder, and no built-in site"},
		{"unknown rule", []string{"single", "--rule", "map.ordre"}, 2, `did you mean "map.order"?`},
		{"unknown rule turned off", []string{"single", "--off", "x=y"}, 2, `cannot turn off rule "x"`},
		{"no reason", []string{"single", "--off", "map.order"}, 2, "want ID=REASON"},
		{"unknown rule in the file", []string{at("wrong-rule.yaml")}, 2, `wrong-rule.yaml:4:36: cannot turn off rule "opt.lag": there is none, did you mean "opt.log"?`},
		{"unknown severity", []string{"single", "--fail", "fatal"}, 2, "want error, warning or info"},
		{"bad site file", []string{at("broken.yaml")}, 2, "broken.yaml:2:1"},
		{"bad deployment file", []string{at("broken-deploy.yaml")}, 2, "broken-deploy.yaml:2:"},
		{"neither a site nor a deployment file", []string{at("neither.yaml")}, 2, "as a site or deployment file"},
		{"an empty folder", []string{at("nothing")}, 3, "nothing was judged"},
		{"a candidate turned off", []string{"dedicated-shared", "--off", "LR40=on purpose"}, 0, "turned off: deploy.shared-po (on purpose)"},
		{"bad bundle", []string{at("no.zip")}, 2, "cannot read bundle"},
		{"unknown format", []string{"single", "--format", "junit"}, 2, "want one of: text, json, sarif, github"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := program(append([]string{"lint"}, row.args...)...)
			want := strings.Replace(row.out, "single: no findings\n", "dedicated-shared: no findings\n", 1)
			if code != row.want || !strings.Contains(stdout+stderr, want) {
				t.Errorf("exit status %d, want %d with %q\n%s%s", code, row.want, want, stdout, stderr)
			}
		})
	}
}

func TestLintWritesSeveralForms(t *testing.T) {
	out := filepath.Join(t.TempDir(), "lint.json")
	code, stdout, stderr := program("lint", "dedicated-shared", "--format", "json", "-o", out, "--format", "github")
	if code != exitFail || !strings.Contains(stdout, "::error file=dedicated-shared,line=28,col=10,title=deploy.shared-po Q132060::") {
		t.Fatalf("%d\n%s%s", code, stdout, stderr)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	follows(t, "lint", string(data))
	var doc struct {
		Version   int
		Findings  []struct{ Rule, Severity, Article, File, Message, Remedy string }
		NotJudged []struct{ Rule, Missing string }
		Totals    struct{ Error, Warning, Info int }
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Version != 1 || doc.Totals.Error != 1 || len(doc.NotJudged) == 0 || doc.Findings[0].Remedy == "" {
		t.Errorf("%+v", doc)
	}
}

func TestAnInterruptedLintIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	if code := run(ctx, []string{"lint", "single"}, &out, &errs); code != exitUnknown {
		t.Errorf("exit status %d\n%s%s", code, out.String(), errs.String())
	}
}

func TestReadingThatIsNotAllowedIsNotDone(t *testing.T) {
	dir := installed(t, map[string]string{
		"deploy.yaml":           strings.Replace(deployment, "version: 1\n", "version: 1\nallow: [probe]\n", 1),
		"hub/SMTP/ADDR_MAP.CFG": "COMPANY/HUB hub.company.com\r\nCOMPANY/B HUB.company.com\r\n",
	})
	code, stdout, _ := program("lint", filepath.Join(dir, "deploy.yaml"), "--rule", "map")
	if code != exitUnknown || !strings.Contains(stdout, "hub: reading is not allowed (allow)") || strings.Contains(stdout, "map.shadowed  ") {
		t.Errorf("%d\n%s", code, stdout)
	}
}

func TestLintOfABundle(t *testing.T) {
	name := filepath.Join(t.TempDir(), "customer.zip")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for path, text := range map[string]string{"case-17/COMPANY_HUB/SMTP/ADDR_MAP.CFG": "A/B c.d\r\nA/C C.D\r\n", "case-17/PC_GW1/CONFIG.SYS": "FILES=20\r\n", "case-17/PC_GW1/START.BAT": "SMTPGATE\r\n"} {
		w, err := z.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	code, stdout, stderr := program("lint", name)
	for _, want := range []string{name + "/case-17/PC_GW1/CONFIG.SYS\n  1:7       error   sys.files", "COMPANY_HUB/SMTP/ADDR_MAP.CFG\n  "} {
		if code != exitFail || !strings.Contains(stdout, want) {
			t.Errorf("%d, want %q\n%s%s", code, want, stdout, stderr)
		}
	}
}

func TestRulesAreListedAndExplained(t *testing.T) {
	code, stdout, _ := program("list", "rules")
	if code != 0 || strings.Count(stdout, "\n") != len(lint.Rules) {
		t.Errorf("%d\n%s", code, stdout)
	}
	for id, want := range map[string]string{"deploy.shared-po": "needs: postoffice of each gateway PC", "Q136116": "map.backbone: "} {
		if code, stdout, stderr := program("explain", id); code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%s: %d, want %q\n%s%s", id, code, want, stdout, stderr)
		}
	}
	_, stdout, _ = program("list", "--format", "json")
	var doc struct {
		Rules    []struct{ ID string }
		Articles []struct {
			ID    string
			Rules []string
		}
		Totals struct{ Rules int }
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(doc.Articles, func(a struct {
		ID    string
		Rules []string
	}) bool {
		return a.ID == "Q132060"
	})
	if len(doc.Rules) != len(lint.Rules) || doc.Totals.Rules != len(doc.Rules) || i < 0 || !slices.Contains(doc.Articles[i].Rules, "deploy.shared-po") {
		t.Errorf("%d rules, totals %+v", len(doc.Rules), doc.Totals)
	}
}

// TestSavedDrivesAreCleanOfErrors builds each shape, saves its drives and
// judges the folder: what the emulator writes is what the rules want to see.
func TestSavedDrivesAreCleanOfErrors(t *testing.T) {
	for _, row := range site.Shapes {
		t.Run(row.Name, func(t *testing.T) {
			s, err := site.Shape(row.Name)
			if err != nil {
				t.Fatal(err)
			}
			w, err := emulator.New(s, emulator.Options{})
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "saved")
			if err := w.SaveTo(dir); err != nil {
				t.Fatal(err)
			}
			before := treeOf(t, dir)
			in, err := lint.FromFolder(os.DirFS(dir), dir)
			if err != nil {
				t.Fatal(err)
			}
			r := lint.Run(context.Background(), in, lint.Options{})
			shared := false
			for _, f := range r.Findings {
				shared = shared || f.Rule.ID == "deploy.shared-po"
				if f.Severity == lint.Error && f.Rule.ID != "deploy.shared-po" {
					t.Errorf("%s: %s: %s", f.Place, f.Rule.ID, f.Message)
				}
			}
			if shared != (row.Name == "dedicated-shared") || len(r.Unread) > 0 {
				t.Errorf("deploy.shared-po fires: %v; unread: %v", shared, r.Unread)
			}
			if treeOf(t, dir) != before {
				t.Error("reading changed the drives")
			}
		})
	}
}

// treeOf describes all files below a folder: names, sizes, times and contents.
func treeOf(t *testing.T, dir string) string {
	t.Helper()
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(sum, path, info.Size(), info.ModTime(), info.Mode())
		if !d.IsDir() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			sum.Write(data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}
