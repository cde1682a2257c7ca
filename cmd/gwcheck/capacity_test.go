package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gwkit/emulator/site"
)

// A load that is nothing for the site, and one that is too much.
var (
	littleLoad = []string{"--in", "60", "--out", "60", "--size", "537"}
	tooMuch    = []string{"--in", "100", "--out", "4000", "--size", "537"}
)

func capacityArgs(args ...string) []string { return append([]string{"capacity"}, args...) }

func TestCapacityMistakesExitWithTwo(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.yaml")
	if err := os.WriteFile(broken, []byte("version: 1\npostoffices:\n  - name: COMPANY/HUB\n    uesrs: [x]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"no site", littleLoad, "cannot judge nothing"},
		{"unknown site", append([]string{"sinlge"}, littleLoad...), "no built-in site of that name"},
		{"broken site file", append([]string{broken}, littleLoad...), `broken.yaml:4:5: unknown key "uesrs"`},
		{"bad parameter", append([]string{"multiple:gateways=1"}, littleLoad...), "gateways=1"},
		{"no load", []string{"single"}, "want some"},
		{"bad size", []string{"single", "--in", "1", "--size", "8kb"}, `cannot read size "8kb"`},
		{"no size", []string{"single", "--in", "1", "--size", "0"}, `cannot read size "0"`},
		{"bad volume", append([]string{"single", "--volume", "SALES=3"}, littleLoad...), `cannot read volume "SALES=3"`},
		{"unknown volume", append([]string{"single", "--volume", "COMPANY/MARS=3"}, littleLoad...), "the site has none of that name"},
		{"bad peak", append([]string{"single", "--peak", "2"}, littleLoad...), "cannot take a peak hour"},
		{"bad outage", append([]string{"single", "--outage", "1s"}, littleLoad...), "cannot take an outage"},
		{"bad arrivals", append([]string{"single", "--arrivals", "x"}, littleLoad...), `unknown arrivals "x"`},
		{"no jobs", append([]string{"single", "-j", "0"}, littleLoad...), "cannot run 0 simulations at once"},
		{"no time", append([]string{"single", "--budget", "0s"}, littleLoad...), "cannot judge within 0s"},
		{"unknown format", append([]string{"single", "--format", "pdf"}, littleLoad...), "want one of: html, json, text"},
		{"file without a format", append([]string{"single", "-o", "x"}, littleLoad...), "want a --format before it"},
		{"unknown flag", append([]string{"single", "--sise", "1"}, littleLoad...), "did you mean --size?"},
		{"write over itself", append([]string{broken, "--write", broken}, littleLoad...), "cannot write the change over"},
		{"write without advice", append([]string{"single", "--no-advice", "--write", "x"}, littleLoad...), "cannot write a change with --no-advice"},
		{"two sites", append([]string{"single", "dedicated"}, littleLoad...), "accepts at most 1 arg"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, stdout, stderr := program(capacityArgs(tt.args...)...)
			if code != exitUsage || !strings.Contains(stderr, tt.want) || stdout != "" {
				t.Errorf("exit status %d, want 2 with %q\n%s%s", code, tt.want, stdout, stderr)
			}
		})
	}
}

func TestCapacityExitStatus(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want int
		out  string
	}{
		{"carries", append([]string{"single"}, littleLoad...), exitPass, "YES: "},
		{"does not", append([]string{"dedicated", "--no-advice"}, tooMuch...), exitFail, "NO: day: mail going out piles up"},
		{"not judged", append([]string{"single", "--budget", "1ns"}, littleLoad...), exitUnknown, "UNKNOWN: the time for it was used up"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if testing.Short() && tt.want != exitUnknown {
				t.Skip("some seconds of simulation")
			}
			code, stdout, stderr := program(capacityArgs(tt.args...)...)
			if code != tt.want || !strings.Contains(stdout, tt.out) || !strings.Contains(stdout, "repeat      gwcheck capacity ") {
				t.Errorf("exit status %d, want %d with %q\n%s%s", code, tt.want, tt.out, stdout, stderr)
			}
		})
	}
}

func TestCapacityInterruptedSaysWhatIsKnown(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errOut bytes.Buffer
	if code := run(ctx, capacityArgs(append([]string{"single"}, tooMuch...)...), &out, &errOut); code != exitUnknown || !strings.Contains(out.String(), "UNKNOWN: it was interrupted") {
		t.Errorf("exit status %d\n%s%s", code, out.String(), errOut.String())
	}
}

// All forms at once: text to the screen, the page, the document by its schema,
// and the changed site, which carries the load.
func TestCapacityWritesEveryForm(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds of simulation")
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	args := capacityArgs(append([]string{"dedicated", "--format", "text", "--format", "json", "-o", file("a.json"), "--format", "html", "-o", file("a.html"),
		"--write", file("changed.yaml")}, tooMuch...)...)
	code, stdout, stderr := program(args...)
	if code != exitFail || !strings.Contains(stdout, "change      GW2 -w60 -q360") || stderr != "" {
		t.Fatalf("exit status %d\n%s%s", code, stdout, stderr)
	}
	data, err := os.ReadFile(file("a.json"))
	if err != nil {
		t.Fatal(err)
	}
	follows(t, "capacity", string(data))
	var doc struct {
		Version, OfferedPerDay, ArithmeticPerDay, SimulatedPerDay int
		Carries                                                   bool
		Shape, Bottleneck, Repeat                                 string
		Advice                                                    []struct{ Carries bool }
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Version != 1 || doc.Shape != "dedicated" || doc.OfferedPerDay != 4100 || doc.Carries || doc.Bottleneck != "gateway GW2 outbound cycle" ||
		doc.SimulatedPerDay < 3000 || doc.SimulatedPerDay >= 4100 || len(doc.Advice) != 1 || !doc.Advice[0].Carries ||
		doc.Repeat != "gwcheck capacity dedicated --in 100 --out 4000 --size 537" {
		t.Errorf("%+v", doc)
	}
	if page, err := os.ReadFile(file("a.html")); err != nil || !bytes.Contains(page, []byte("</html>")) {
		t.Errorf("page: %v", err)
	}
	changed, err := os.ReadFile(file("changed.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := site.Parse("changed.yaml", changed)
	if err != nil || !strings.Contains(s.PC("GW2").Run, "-w60 -q360") {
		t.Fatalf("%v\n%s", err, changed)
	}
	if code, stdout, _ := program(capacityArgs(append([]string{file("changed.yaml"), "--no-advice"}, tooMuch...)...)...); code != exitPass {
		t.Errorf("the changed site: exit status %d\n%s", code, stdout)
	}
}

// What was not judged follows the schema as well.
func TestCapacityUnknownFollowsItsSchema(t *testing.T) {
	code, stdout, stderr := program(capacityArgs(append([]string{"multiple", "--budget", "1ns", "--format", "json"}, tooMuch...)...)...)
	if code != exitUnknown || stderr != "" {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	follows(t, "capacity", stdout)
}
