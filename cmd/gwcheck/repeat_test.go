package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stuck is a schedule that ends in a halt, as explore saves it.
const stuck = `gwkit schedule 1
site dedicated-shared
messages 0 in 1 out
pcs GW1 GW2
shared COMPANY/HUB:\SMTP\FROM_NC.API
let GW2 until open COMPANY/HUB:\SMTP\FROM_NC.API
let GW1 until remove COMPANY/HUB:\SMTP\FROM_NC.API
`

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A schedule is drawn in every form that gwemu run has.
func TestTheRunOfAScheduleIsDrawn(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "s.schedule", stuck)
	for format, want := range map[string]string{
		"text":    `GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation`,
		"json":    `"op":"prompt","object":"M:\\SMTP\\FROM_NC.API","result":"sharing violation","during":"remove"`,
		"columns": `waits to remove M:\SMTP\FROM_NC.API, held by GW2/SMTPGATE since step `,
		"mermaid": "sequenceDiagram\n",
		"html":    `to remove <code>M:\SMTP\FROM_NC.API</code>`,
		"chrome":  `"ph":"X"`,
	} {
		code, stdout, stderr := program("explore", "s.schedule", "--trace", format, "--trace-format", format)
		text, err := os.ReadFile(format)
		if code != exitFail || err != nil || !strings.Contains(string(text), want) || !strings.Contains(stdout, "no_deadlock is broken") {
			t.Errorf("%s: %d %v %s\n%s", format, code, err, stderr, text)
		}
	}
	code, stdout, stderr := program("explore", "s.schedule", "--trace", "-", "--trace-all")
	if code != exitFail || !strings.HasPrefix(stdout, "000001 ") || strings.Contains(stdout, "broken") || !strings.Contains(stderr, "no_deadlock is broken") {
		t.Errorf("the trace does not have standard output for itself: %d\n%.300s\n%.300s", code, stdout, stderr)
	}
	// What is saved is what a search saves.
	if code, stdout, stderr := program("explore", "s.schedule", "--save", "kept"); code != exitFail || !strings.Contains(stdout, "saved in kept\n") {
		t.Fatal(code, stderr, stdout)
	}
	if code, stdout, stderr := program("run", "--scripts", "kept", "--results", t.TempDir()); code != exitPass {
		t.Errorf("the saved script does not pass: %d %s\n%s", code, stderr, stdout)
	}
}

func TestFlagsThatMeanNothingAreRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "s.schedule", stuck)
	put(t, "timed.schedule", "gwkit schedule 1\nsite dedicated-shared\ntimed seed 1 for 24h arrivals poisson jitter 0.5\nmessages 2000 in 2000 out\noperator retry\n")
	put(t, "odd.schedule", "gwkit schedule 1\nsite dedicated-shared\ntimed seed 1 for 36h\nmessages 2000 in 2000 out\n")
	put(t, "other.txtar", "# Summary: x\nsite dedicated-shared\nreplay s\n-- s --\n"+stuck)
	for _, row := range []struct {
		name string
		args []string
		want string
	}{
		{"a load beside a schedule", []string{"s.schedule", "--in", "3"}, "cannot use --in with schedule s.schedule"},
		{"JSON of a schedule", []string{"s.schedule", "--format", "json"}, "--trace - --trace-format json has its events"},
		{"a form of no trace", []string{"s.schedule", "--trace-format", "html"}, "cannot use --trace-format without --trace"},
		{"an unknown form", []string{"s.schedule", "--trace", "x", "--trace-format", "xml"}, "want one of: chrome, columns, html, json, mermaid, text"},
		{"a trace of a search", []string{"single", "--trace", "x"}, "cannot use --trace with a search"},
		{"a timed schedule", []string{"timed.schedule"}, "gwemu run dedicated-shared --for 24h --seed 1 --in 2000 --out 2000 --arrivals poisson --jitter 0.5 --operator retry; and this says"},
		{"JSON of the point of no return", []string{"--reseed-from", "s.schedule", "--format", "json"}, "cannot use --format with --reseed-from"},
		{"a strategy", []string{"--reseed-from", "s.schedule", "--strategy", "pct"}, "cannot use --strategy with --reseed-from"},
		{"jobs for what follows one another", []string{"--reseed-from", "s.schedule", "-j", "2"}, "cannot use --jobs"},
		{"points of nothing", []string{"single", "--points", "3"}, "cannot use --points without --reseed-from"},
		{"half days", []string{"--reseed-from", "odd.schedule"}, "want whole days such as 24h"},
		{"a script that does more", []string{"--reseed-from", "other.txtar"}, "other.txtar:2: cannot take the schedule of a script that does not begin with: replay FILE"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := program(append([]string{"explore"}, row.args...)...)
			if code != exitUsage || !strings.Contains(stderr, row.want) || stdout != "" {
				t.Errorf("status %d, want %q:\n%s%s", code, row.want, stderr, stdout)
			}
		})
	}
}

// A saved script has its schedule in it.
func TestThePointOfNoReturnOfASavedScript(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "found.txtar", "# Summary: x\n# KB: Q132060\nreplay found.schedule\nviolates no_deadlock\n-- found.schedule --\n"+stuck)
	code, stdout, stderr := program("explore", "--reseed-from", "found.txtar", "--redraws", "30")
	if code != exitPass || !strings.Contains(stdout, `last operation before: GW2/SMTPGATE open COMPANY/HUB:\SMTP\FROM_NC.API (step `) {
		t.Errorf("%d %s\n%s", code, stderr, stdout)
	}
	svg, err := os.ReadFile("found.svg")
	if err != nil || !strings.Contains(string(svg), `class="tick"`) || !strings.Contains(string(svg), `no return: 10</text>`) {
		t.Errorf("%v\n%s", err, svg)
	}
}

// A timed run that halts has a minute after which it was too late.
func TestThePointOfNoReturnOfATimedRun(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := program("explore", "--timed", "dedicated-shared", "--per-day", "5000", "--schedules", "3", "--days", "1")
	const file = "dedicated-shared.explore/halt.schedule"
	if code != exitFail || !strings.Contains(stdout, "gwcheck explore --reseed-from "+file+"\n") {
		t.Fatalf("%d %s\n%s", code, stderr, stdout)
	}
	ask := func(more ...string) string {
		t.Helper()
		code, stdout, stderr := program(append([]string{"explore", "--reseed-from", file, "--points", "3", "--redraws", "10"}, more...)...)
		if code != exitPass {
			t.Fatalf("%d %s\n%s", code, stderr, stdout)
		}
		return stdout
	}
	one := ask("-j", "1")
	if !strings.Contains(one, "\n00:00:00 ") || !strings.Contains(one, "\nno return: after 00:") || !strings.Contains(one, `COMPANY/HUB:\SMTP\`) || !strings.Contains(one, "the run itself halted at 00:") {
		t.Errorf("%s", one)
	}
	if two := ask("-j", "2"); two != one {
		t.Errorf("one worker and two:\n%s\n%s", one, two)
	}
	if svg, err := os.ReadFile(strings.TrimSuffix(file, ".schedule") + ".svg"); err != nil || !strings.Contains(string(svg), "virtual time kept") {
		t.Errorf("%v\n%s", err, svg)
	}
}

// Ctrl-C: nothing is claimed, and the plot of an earlier run stays.
func TestAnInterruptedPointOfNoReturnClaimsNothing(t *testing.T) {
	dir := t.TempDir()
	file, plot := filepath.Join(dir, "s.schedule"), filepath.Join(dir, "s.svg")
	put(t, file, stuck)
	put(t, plot, "old")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errOut bytes.Buffer
	code := run(ctx, []string{"explore", "--reseed-from", file}, &out, &errOut)
	if code != exitUnknown || !strings.Contains(out.String(), "interrupted: nothing is said about the point of no return") || strings.Contains(out.String(), "no return:") {
		t.Errorf("%d %s\n%s", code, errOut.String(), out.String())
	}
	if text, err := os.ReadFile(plot); err != nil || string(text) != "old" {
		t.Errorf("%v %s", err, text)
	}
}
