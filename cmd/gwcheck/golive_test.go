package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/conformance/capacity"
	"gwkit/conformance/deploy"
)

// The page says why what was skipped, so progress does not.
func TestGoLiveProgressIsBrief(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "deploy.yaml")
	if err := os.WriteFile(file, []byte("version: 1\nallow: [read]\npostoffices: [{name: A/B, drive: "+dir+"}]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, stdout, stderr := program("golive", file, "--save", filepath.Join(dir, "out"))
	if strings.Contains(stderr, "\nskip") || !strings.Contains(stderr, "fail    live.dbread") || !strings.Contains(stderr, " skip, 0 error\n") {
		t.Errorf("%s\n%s", stderr, stdout)
	}
	run := filepath.Join(dir, "run")
	if _, stdout, _ = program("run", "--target", file, "live.*", "--save", run); !strings.Contains(stdout, "\nskip") {
		t.Errorf("run does not show what it skips:\n%s", stdout)
	}

	// What is written for programs follows its schema.
	code, page, stderr := program("golive", file, "--save", filepath.Join(dir, "again"), "--format", "json")
	if follows(t, "golive", page); code != exitFail {
		t.Errorf("%d %s", code, stderr)
	}
	code, list, stderr := program("diff", run, filepath.Join(dir, "out"), "--format", "json")
	if follows(t, "diff", list); code != exitFail || !strings.Contains(list, `"name": "verdict"`) {
		t.Errorf("%d %s\n%s", code, stderr, list)
	}
}

// A folder that cannot be written is refused before anything is done to the
// deployment, and two runs of one second do not get in each other's way.
func TestTheResultFolderIsSureBeforeTheRun(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{"deploy.yaml": "version: 1\nallow: [read]\n", "file": ""} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"golive", "deploy.yaml", "--no-scripts"}, {"run", "--target", "deploy.yaml", "live.*"}} {
		code, stdout, stderr := program(append(args, "--save", "file/out")...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, "cannot keep results: mkdir file") {
			t.Errorf("%v: %d %q %q", args, code, stdout, stderr)
		}
		for range 3 {
			if code, _, stderr := program(args...); code == 2 {
				t.Errorf("%v: %s", args, stderr)
			}
		}
	}
	entries, err := filepath.Glob("gwcheck-results/*/result.json")
	if err != nil || len(entries) != 6 {
		t.Errorf("%v %v", entries, err)
	}
}

// A file that says nothing cannot have yes for an answer.
func TestGoLiveOfNothingIsUnknown(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "deploy.yaml")
	if err := os.WriteFile(file, []byte("version: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ := program("golive", file, "--no-scripts", "--save", filepath.Join(dir, "out"))
	if code != exitUnknown || !strings.Contains(stdout, "verdict: UNKNOWN") {
		t.Errorf("%d %s", code, stdout)
	}
}

// The gateway postoffices of a dedicated pair have no mail of their own unless
// somebody says who works there. Q132060
func TestSharesOfADedicatedPair(t *testing.T) {
	parse := func(users string) []capacity.Share {
		d, err := deploy.Parse("d.yaml", []byte("version: 1\nvolume: {in: 500, out: 500}\npostoffices:\n  - {name: A/IN, gateway: smtp"+users+"}\n  - {name: A/OUT, gateway: smtp}\n  - {name: A/PO, via: A/OUT}\n"))
		if err != nil {
			t.Fatal(err)
		}
		l, ok := declaredLoad(d)
		if !ok || l.In != 500 || l.Out != 500 {
			t.Errorf("load %+v", l)
		}
		return l.Shares
	}
	if diff := cmp.Diff([]capacity.Share{{Postoffice: "A/PO", In: 1, Out: 1}}, parse("")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]capacity.Share{{Postoffice: "A/IN", In: 1, Out: 1}, {Postoffice: "A/PO", In: 1, Out: 1}}, parse(", users: [ann]")); diff != "" {
		t.Error(diff)
	}
}
