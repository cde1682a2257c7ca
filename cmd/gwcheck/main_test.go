package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/conformance/peer"
	"gwkit/conformance/report"
)

// TestMain lets the test binary be the program, for tests that need a process.
func TestMain(m *testing.M) {
	if os.Getenv("GWCHECK_IS_THE_TEST") == "1" {
		main()
		return
	}
	// Tests with real programs wait most of their time.
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		f.Value.Set("6")
	}
	code := m.Run()
	peer.RemoveBuilt()
	os.Exit(code)
}

// folder writes scripts with the standard header.
func folder(t *testing.T, scripts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name+".txtar"), []byte("# Summary: a test\n# KB: Q132060\n# Tags: test\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	passing = "stop\n"
	failing = "cmp a b\n-- a --\n1\n-- b --\n2\n"
	broken  = "nonsense\n"
	skipped = "skip 'not today'\n"
)

// program runs the program in this process.
func program(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(context.Background(), args, &out, &err)
	return code, out.String(), err.String()
}

func TestExitStatus(t *testing.T) {
	all := folder(t, map[string]string{"a_pass": passing, "a_skip": skipped, "b_fail": failing, "c_error": broken,
		"d_unknown": "site single\nadvance 24h\n"})
	explored, notOne := filepath.Join(t.TempDir(), "s.schedule"), filepath.Join(t.TempDir(), "notes.txt")
	put(t, explored, stuck)
	put(t, notOne, strings.Repeat("This is no schedule. ", 1000))
	tests := []struct {
		name string
		args []string
		want int
		out  string // part of standard output or error
	}{
		{"all passed", []string{"run", "a_*"}, 0, "2 scripts: 1 pass, 0 fail, 0 unknown, 1 skip, 0 error"},
		{"a check failed", []string{"run", "a_*", "b_*"}, 1, "1 fail"},
		{"failed and error", []string{"run", "b_*", "c_*"}, 1, "1 fail, 0 unknown, 0 skip, 1 error"},
		{"error", []string{"run", "a_*", "c_*"}, 3, `unknown command "nonsense"`},
		{"unknown", []string{"run", "d_*", "--max-steps", "100"}, 3, "the step budget is used up"},
		{"unknown flag", []string{"run", "--fromat", "json"}, 2, "unknown flag: --fromat (did you mean --format?)"},
		{"unknown command", []string{"rnu"}, 2, `unknown command "rnu" (did you mean "run"?)`},
		{"unknown script", []string{"run", "a_pas"}, 2, `no script has it (did you mean "a_pass"?)`},
		{"unknown tag", []string{"run", "--tag", "x"}, 2, `cannot select tag "x"`},
		{"nothing selected", []string{"run", "a_*", "--shape", "single"}, 2, "no script meets all of the conditions"},
		{"unreadable folder", []string{"run", "--scripts", filepath.Join(all, "no")}, 2, filepath.Join(all, "no") + ": no such file"},
		{"target that is a file", []string{"run", "--target", "deploy.yaml"}, 2, "cannot read deployment"},
		{"unknown target", []string{"run", "--target", "mars"}, 2, "want one of: emulator"},
		{"unknown format", []string{"run", "--format", "pdf"}, 2, "want one of: github, html, json, junit, text"},
		{"file without a format", []string{"run", "-o", "x"}, 2, "want a --format before it"},
		{"two forms on standard output", []string{"run", "--format", "json", "--format", "text"}, 2, "cannot write json and text to standard output together"},
		{"bad shard", []string{"run", "--shard", "3/2"}, 2, `cannot use shard "3/2"`},
		{"bad schedule", []string{"run", "--schedule", "0..1"}, 2, "cannot read schedule: column 3"},
		{"a schedule of explore", []string{"run", "--schedule", explored}, 2, ": gwcheck explore " + explored + " --trace run.html"},
		{"no schedule", []string{"run", "--schedule", notOne}, 2, notOne + `: cannot read schedule: column 1: want a number, have "This is no schedule"`},
		{"no schedule file", []string{"run", "--schedule", filepath.Join(all, "no.txt")}, 2, "cannot read schedule"},
		{"no jobs", []string{"run", "-j", "0"}, 2, "cannot run 0 scripts at once"},
		{"bad number", []string{"run", "--seed", "x"}, 2, `cannot read --seed "x": want a whole number, 0 or more`},
		{"explain nothing", []string{"explain"}, 2, "cannot explain nothing"},
		{"explain the unknown", []string{"explain", "Q1"}, 2, `cannot explain "Q1"`},
		{"unknown list", []string{"list", "stars"}, 2, `cannot list "stars"`},
		{"unknown schema", []string{"doc", "--schema", "x"}, 2, "want one of: gwemu-run, capacity, deploy, diff, explore"},
		{"no document", []string{"doc"}, 2, "give one of"},
		{"too many arguments", []string{"version", "now"}, 2, "unknown command"},
		{"help", []string{"run", "--help"}, 0, "a verdict is unknown or error, and none failed"},
		{"long help", nil, 0, "1  a check failed, or there is an error-level finding"},
		{"version", []string{"version"}, 0, "gwcheck "},
		{"completion", []string{"completion", "bash"}, 0, "bash completion"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := tt.args
			if len(args) > 0 && args[0] == "run" {
				args = append(args, "--results", t.TempDir())
				if !strings.Contains(strings.Join(args, " "), "--scripts") {
					args = append(args, "--scripts", all)
				}
			}
			code, stdout, stderr := program(args...)
			if code != tt.want || !strings.Contains(stdout+stderr, tt.out) {
				t.Errorf("exit status %d, want %d with %q\n%s%s", code, tt.want, tt.out, stdout, stderr)
			}
			if code == exitUsage && (strings.Contains(stderr, "Usage:") || !strings.HasPrefix(stderr, "gwcheck: ")) {
				t.Errorf("the mistake is told as:\n%s", stderr)
			}
		})
	}
}

// The statuses once more, seen from outside.
func TestExitStatusOfTheProcess(t *testing.T) {
	dir := folder(t, map[string]string{"a_pass": passing, "b_fail": failing, "c_error": broken})
	for glob, want := range map[string]int{"a_*": 0, "b_*": 1, "x_*": 2, "c_*": 3} {
		cmd := exec.Command(os.Args[0], "run", glob, "--scripts", dir, "--results", t.TempDir())
		cmd.Env = append(os.Environ(), "GWCHECK_IS_THE_TEST=1", "GORACE=atexit_sleep_ms=0")
		out, err := cmd.CombinedOutput()
		code := 0
		var exited *exec.ExitError
		if errors.As(err, &exited) {
			code = exited.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if code != want {
			t.Errorf("%s: exit status %d, want %d\n%s", glob, code, want, out)
		}
		if bytes.Contains(out, []byte("\x1b")) {
			t.Errorf("%s: a pipe gets terminal codes: %q", glob, out)
		}
	}
}

func TestTextShowsTheFailingPhaseAndHowToRepeatIt(t *testing.T) {
	dir := folder(t, map[string]string{"b_fail": "\n# all is well\nenv A=b\n\n# not so here\n" + failing})
	_, stdout, _ := program("run", "--scripts", dir, "--results", t.TempDir(), "--seed", "4")
	want := "fail    b_fail  " + dir + "/b_fail.txtar:9: a and b differ\n" +
		"        # not so here\n" +
		"        > cmp a b\n" +
		"        diff a b\n"
	if !strings.HasPrefix(stdout, want) {
		t.Errorf("got:\n%s\nwant the beginning:\n%s", stdout, want)
	}
	if !strings.Contains(stdout, "        repeat: gwcheck run --scripts "+dir+" --seed 4 b_fail\n1 script: 0 pass, 1 fail") {
		t.Errorf("got:\n%s", stdout)
	}
}

func TestOutputsGoWhereTheyAreSent(t *testing.T) {
	dir := folder(t, map[string]string{"a_pass": passing})
	to := t.TempDir()
	junit, page := filepath.Join(to, "out.xml"), filepath.Join(to, "out.html")
	code, stdout, stderr := program("run", "--scripts", dir, "--results", to, "--format", "junit", "-o", junit, "--format", "html", "-o", page)
	if code != 0 || !strings.Contains(stdout, "1 script: 1 pass") || stderr != "" {
		t.Errorf("%d\n%s%s", code, stdout, stderr)
	}
	for name, part := range map[string]string{junit: "<testsuites", page: "<!DOCTYPE html>"} {
		data, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(data, []byte(part)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, stdout, stderr = program("run", "--scripts", dir, "--results", to, "--format", "json")
	var r report.Result
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || r.Totals.Pass != 1 || stderr != "" {
		t.Errorf("%v %+v %s", err, r, stderr)
	}
}

func TestFailedRunsWhatFailedLast(t *testing.T) {
	dir := folder(t, map[string]string{"a_pass": passing, "b_fail": failing, "c_error": broken})
	to := t.TempDir()
	failed := func(args ...string) string {
		_, stdout, stderr := program(append([]string{"run", "--scripts", dir, "--results", to}, args...)...)
		lines := strings.Split(strings.TrimSpace(stdout), "\n")
		return lines[len(lines)-1] + stderr
	}
	if got := failed("--failed"); got != "0 scripts: 0 pass, 0 fail, 0 unknown, 0 skip, 0 error" {
		t.Errorf("before anything ran: %s", got)
	}
	failed()
	if got := failed("--failed"); got != "2 scripts: 0 pass, 1 fail, 0 unknown, 0 skip, 1 error" {
		t.Errorf("after a run: %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "b_fail.txtar"), []byte("# Summary: mended\nstop\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	failed("b_fail")
	if got := failed("--failed"); got != "1 script: 0 pass, 0 fail, 0 unknown, 0 skip, 1 error" {
		t.Errorf("after one was mended: %s", got)
	}
	if err := os.WriteFile(filepath.Join(to, "failed.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := program("run", "--scripts", dir, "--results", to, "--failed"); code != exitUsage || !strings.Contains(stderr, "cannot tell what failed") {
		t.Errorf("damaged memory: %d %s", code, stderr)
	}
}

func TestShardsAreThePartsOfTheWhole(t *testing.T) {
	dir := folder(t, map[string]string{"a_one": passing, "a_two": passing, "a_three": passing})
	var got []string
	for _, shard := range []string{"1/2", "2/2"} {
		_, stdout, _ := program("run", "--scripts", dir, "--results", t.TempDir(), "--shard", shard)
		for _, l := range strings.Split(stdout, "\n") {
			if id, ok := strings.CutPrefix(l, "pass"); ok {
				got = append(got, strings.Fields(id)[0])
			}
		}
	}
	if len(got) != 3 {
		t.Errorf("the shards ran %v", got)
	}
}

func TestScheduleFromAFile(t *testing.T) {
	dir := folder(t, map[string]string{"a_pass": failing})
	file := filepath.Join(t.TempDir(), "schedule")
	if err := os.WriteFile(file, []byte("0.2.1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, stdout, _ := program("run", "--scripts", dir, "--results", t.TempDir(), "--schedule", file)
	if !strings.Contains(stdout, "--seed 0 --schedule 0.2.1 a_pass") {
		t.Error(stdout)
	}
}

func TestUpdateRewritesTheUsersScript(t *testing.T) {
	dir := folder(t, map[string]string{"a_cmp": "site single\ncmp M:\\SMTP\\LOCAL.CFG want\n-- want --\nold\n"})
	code, stdout, _ := program("run", "--scripts", dir, "--results", t.TempDir(), "--update")
	data, err := os.ReadFile(filepath.Join(dir, "a_cmp.txtar"))
	if code != 0 || err != nil || !bytes.Contains(data, []byte("msmailgwy")) || bytes.Contains(data, []byte("old")) {
		t.Errorf("%d %v\n%s\n%s", code, err, stdout, data)
	}
	if code, _, _ := program("run", "--update"); code != exitUsage {
		t.Errorf("built-in scripts are updated: %d", code)
	}
}

func TestListFollowsItsSchema(t *testing.T) {
	code, stdout, stderr := program("list", "--format", "json")
	if code != 0 {
		t.Fatal(stderr)
	}
	follows(t, "list", stdout)
}

func TestExplain(t *testing.T) {
	for id, want := range map[string]string{
		"Q128512":                 "inbound_mailer_disabled: an incoming message waits",
		"128512":                  "support: ",
		"inbound_mailer_disabled": "file: testdata/scripts/inbound_mailer_disabled.txtar",
		"SMTPGATE -W":             "Seconds to wait for calls",
		"EXTERNAL -N":             "Minutes between cycles",
		"net-refuse":              "a connection is refused",
		"single":                  "print it: gwemu shapes single",
		"mailbag":                 "mailbag COMPANY/HUB INQUEUE3 count 1",
		"live.outbound":           "do it: gwcheck run --target DEPLOY live.outbound",
		"no_deadlock":             "Q132060: Gateway shapes",
	} {
		if code, stdout, stderr := program("explain", id); code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%s: %d, want %q\n%s%s", id, code, want, stdout, stderr)
		}
	}
}

func TestListsAndManual(t *testing.T) {
	for _, args := range [][]string{{"list"}, {"list", "articles"}, {"list", "options"}, {"list", "faults"}, {"list", "shapes"}, {"doc", "--scripts-readme"}} {
		if code, stdout, stderr := program(args...); code != 0 || strings.Count(stdout, "\n") < 3 {
			t.Errorf("%v: %d\n%s%s", args, code, stdout, stderr)
		}
	}
	_, manual, _ := program("doc", "--man")
	var sections []string
	for _, l := range strings.Split(manual, "\n") {
		if title, ok := strings.CutPrefix(l, ".SH "); ok {
			sections = append(sections, title)
		}
	}
	if diff := cmp.Diff([]string{"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES"}, sections); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(manual, "a verdict is unknown or error, and none failed") || strings.Contains(manual, "testwork") {
		t.Error("the manual page lacks the exit statuses, or has flags of testscript")
	}
}
