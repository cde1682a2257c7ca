package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gwkit/conformance/peer"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		peer.RemoveBuilt()
		os.Exit(code)
	}))
}

// testApp is the program with its surroundings in memory.
type testApp struct {
	*app
	out, errOut *bytes.Buffer
	signal      chan os.Signal
	env         map[string]string
}

func newTestApp(stdin string) *testApp {
	t := &testApp{out: &bytes.Buffer{}, errOut: &bytes.Buffer{}, signal: make(chan os.Signal, 2), env: map[string]string{}}
	t.app = &app{
		in: strings.NewReader(stdin), out: t.out, errOut: t.errOut,
		env: func(name string) string { return t.env[name] }, clock: time.Now,
		build: buildWorld, openDrive: openDrive,
		signals: func() (<-chan os.Signal, func()) { return t.signal, func() {} },
		force:   func(int) {},
		alone:   func() {},
	}
	return t
}

// brokenSite has two mistakes and, once they are gone, a fault nobody knows.
const brokenSite = "version: 1\npostoffices:\n  - name: COMPANY/HUB\n    usres: [ADMIN]\npcs:\n  - name: GW1\n    drives: {M: COMPANY/NOWHERE}\n"

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	broken := write("broken.yaml", brokenSite)
	explored := write("explored.schedule", "gwkit schedule 1\nsite single\nmessages 0 in 1 out\n")
	timed := write("timed.schedule", "gwkit schedule 1\nsite single\ntimed seed 3 for 24h\nmessages 5 in 0 out\n")
	schedule := write("bad.schedule", "0.1 # fine\n0.x\n")
	long := write("a long name.text", "hello")
	taken := filepath.Join(dir, "taken")
	if err := os.Mkdir(taken, 0o755); err != nil {
		t.Fatal(err)
	}
	shape := newTestApp("")
	if shape.main([]string{"shapes", "single"}) != statusOK {
		t.Fatal(shape.errOut)
	}
	good := write("good.yaml", shape.out.String())
	badFault := write("fault.yaml", strings.Replace(shape.out.String(), "faults: []", "faults: ['disk-fool at=M:']", 1)+"")
	if !strings.Contains(shape.out.String(), "faults: []") {
		badFault = write("fault.yaml", shape.out.String()+"faults: ['disk-fool at=M:']\n")
	}

	for _, row := range []struct {
		name   string
		args   []string
		status int
		out    string // regular expression
		err    string // regular expression; empty: nothing on standard error
	}{
		{"help", nil, 0, `(?s)Usage:.*serve`, ``},
		{"shapes", []string{"shapes"}, 0, `(?m)^dedicated-shared +.*Q132060`, ``},
		{"shapes as JSON", []string{"shapes", "--format", "json"}, 0, `"name": "single"`, ``},
		{"one shape", []string{"shapes", "dedicated"}, 0, `(?m)^version: 1$`, ``},
		{"shape with a typing error", []string{"shapes", "dedicatd"}, 2, `^$`, `did you mean dedicated\?`},
		{"parameters of shapes", []string{"shapes"}, 0, `(?m)^ +gateways +.*from 2 to 14`, ``},
		{"shape with parameters", []string{"shapes", "multiple:gateways=3,downstream=12"}, 0, `(?m)^  - name: COMPANY/PO12$`, ``},
		{"shape with a bad parameter", []string{"shapes", "multiple:gateways=99"}, 2, `^$`, `gateways=99, want a number from 2 to 14; for example multiple:gateways=3`},
		{"run a shape with a bad parameter", []string{"run", "single:upstream=3"}, 2, `^$`, `unknown parameter "upstream", want downstream`},
		{"shape with parameters and a typing error", []string{"shapes", "singel:downstream=3"}, 2, `^$`, `did you mean single\?`},
		{"shape as a drawing", []string{"shapes", "dedicated-shared", "--format", "text"}, 0, `(?m)^!! GW1 and GW2 share COMPANY/HUB`, ``},
		{"shape as a flowchart", []string{"shapes", "single", "--format", "mermaid"}, 0, `^flowchart LR\n`, ``},
		{"site file as a graph", []string{"shapes", good, "--format", "dot"}, 0, `^digraph site {\n`, ``},
		{"site file as a site file", []string{"shapes", good}, 0, `(?m)^version: 1$`, ``},
		{"site file with mistakes", []string{"shapes", broken, "--format", "dot"}, 2, `^$`, `2 mistakes`},
		{"list as a drawing", []string{"shapes", "--format", "dot"}, 2, `^$`, `cannot print the list as dot`},
		{"site as JSON", []string{"shapes", "single", "--format", "json"}, 2, `^$`, `cannot print a site as json: want yaml, text, mermaid, dot`},
		{"faults", []string{"faults"}, 0, `disk-full at=M: from=10m until=20m`, ``},
		{"faults as JSON", []string{"faults", "--format=json"}, 0, `"example": "clock offset=-1h who=GW1"`, ``},
		{"version", []string{"version"}, 0, `^gwemu .* go1\.`, ``},
		{"version flag", []string{"--version"}, 0, `^gwemu .* go1\.`, ``},
		{"version as JSON", []string{"version", "--format", "json"}, 0, `"program": "gwemu"`, ``},
		{"completion", []string{"completion", "bash"}, 0, `__start_gwemu`, ``},
		{"completion of SITE", []string{"__complete", "run", ""}, 0, `(?m)^multiple-dedicated\t`, `Completion ended`},
		{"manual", []string{"man"}, 0, `(?m)^\.TH GWEMU 1`, ``},
		{"schema", []string{"man", "--schema"}, 0, `urn:gwkit:gwemu-run:1`, ``},

		{"unknown command", []string{"rn"}, 2, `^$`, `^gwemu: cannot find command "rn"; did you mean "run"\?`},
		{"unknown subcommand", []string{"fault", "ad"}, 2, `^$`, `did you mean "add"\?`},
		{"unknown flag", []string{"run", "single", "--sed", "3"}, 2, `^$`, `unknown flag --sed; did you mean --seed\?`},
		{"unknown flag like nothing", []string{"run", "single", "--qqqqqqqq"}, 2, `^$`, `unknown flag --qqqqqqqq\. See`},
		{"unknown short flag", []string{"run", "single", "-x"}, 2, `^$`, `unknown flag -x in -x`},
		{"flag without value", []string{"run", "single", "--seed"}, 2, `^$`, `--seed needs a value`},
		{"bad size", []string{"run", "single", "--size", "8q"}, 2, `^$`, `cannot read --size "8q": want a size`},
		{"size too large", []string{"run", "single", "--size", "1G"}, 2, `^$`, `want at most 64M`},
		{"bad span", []string{"run", "single", "--for", "-1h"}, 2, `^$`, `cannot read --for`},
		{"bad count", []string{"run", "single", "--in", "-5"}, 2, `^$`, `cannot read --in`},
		{"bad seed", []string{"run", "single", "--seed", "x"}, 2, `^$`, `cannot read --seed "x"`},
		{"bad choice", []string{"run", "single", "--arrivals", "poison"}, 2, `^$`, `did you mean poisson\?`},
		{"no site", []string{"run"}, 2, `^$`, `want SITE`},
		{"two sites", []string{"run", "single", "multiple"}, 2, `^$`, `"multiple" is one argument too many`},
		{"site that is nowhere", []string{"run", "singel"}, 2, `^$`, `did you mean single\?`},
		{"site file that is nowhere", []string{"run", "./nowhere.yaml"}, 2, `^$`, `cannot read site ./nowhere.yaml: no such file`},
		{"site that is a folder", []string{"run", taken}, 2, `^$`, `cannot read site`},
		{"site with mistakes", []string{"run", broken}, 2, `^$`, `(?s)broken.yaml:4:5: .*usres.*broken.yaml:7:.*NOWHERE.*gwemu: cannot read site .*: \d+ mistakes`},
		{"site with a bad fault", []string{"run", badFault}, 2, `^$`, `fault.yaml:\d+:\d+: cannot read fault: .*disk-fool.*\n.*1 mistake\n`},
		{"a schedule of explore", []string{"run", "single", "--schedule", explored}, 2, `^$`, `explored.schedule: want choices such as 0.2.1, have an explored run .*: gwcheck explore .*explored.schedule --trace`},
		{"a timed schedule", []string{"run", "single", "--schedule", timed}, 2, `^$`, `have a timed run .*: gwemu run single --for 24h --seed 3 --in 5 --out 0`},
		{"a form of no trace", []string{"run", "single", "--for", "1m", "--trace-format", "html"}, 2, `^$`, `cannot use --trace-format without --trace: say where`},
		{"all of no trace", []string{"run", "single", "--for", "1m", "--trace-all"}, 2, `^$`, `cannot use --trace-all without --trace`},
		{"bad schedule", []string{"run", "single", "--schedule", schedule}, 2, `^$`, `bad.schedule:2:3: want a decision`},
		{"no schedule", []string{"run", "single", "--schedule", "nowhere.s"}, 2, `^$`, `cannot read schedule: .*nowhere.s`},
		{"save to what exists", []string{"run", "single", "--save", taken}, 2, `^$`, `exists already`},
		{"output to a folder", []string{"run", "single", "--for", "1m", "-o", taken}, 2, `^$`, `is a directory`},
		{"trace to nowhere", []string{"run", "single", "--for", "1m", "--trace", filepath.Join(dir, "no", "t")}, 2, `^$`, `cannot write`},

		{"serve with a bad speed", []string{"serve", "single", "--speed", "NaN"}, 2, `^$`, `cannot read --speed`},
		{"serve with a bad address", []string{"serve", "single", "--smtp", "a:b:c"}, 2, `^$`, `cannot read --smtp "a:b:c"`},
		{"serve with a bad gateway", []string{"serve", "single", "--smtp", "off", "--gateway", "GW1"}, 2, `^$`, `want PC=ADDRESS`},
		{"serve for an unknown gateway", []string{"serve", "single", "--smtp", "off", "--gateway", "GW9=:0"}, 2, `^$`, `no such PC; gateways are GW1`},
		{"serve for a PC without TCP/IP", []string{"serve", "single", "--smtp", "off", "--gateway", "MTA1=:0"}, 2, `^$`, `the PC has no ip`},
		{"serve with a bad relay", []string{"serve", "single", "--relay", "host"}, 2, `^$`, `want HOST:PORT`},

		{"control that is no address", []string{"screen", "--control", "localhost/8025"}, 2, `^$`, `cannot use --control`},
		{"control without a scheme", []string{"screen", "--control", "127.0.0.1:1"}, 2, `^$`, `cannot reach the deployment at http://127.0.0.1:1`},
		{"control that does not answer", []string{"screen", "--control", "http://127.0.0.1:1"}, 2, `^$`, `cannot reach the deployment at http://127.0.0.1:1`},
		{"fault without text", []string{"fault", "add"}, 2, `^$`, `want the text of a fault`},
		{"fault of no kind", []string{"fault", "add", "disk-fll", "at=M:"}, 2, `^$`, `did you mean disk-full\?`},
		{"fault with a bad key", []string{"fault", "add", "disk-full", "foo=M:"}, 2, `^$`, `an example: disk-full at=M:`},
		{"both control and drive", []string{"mail", "--control", "http://x", "--drive", dir}, 2, `^$`, `control drive`},
		{"mail from nowhere", []string{"mail", "--drive", filepath.Join(dir, "none")}, 2, `^$`, `cannot read drives`},
		{"mail from a folder without drives", []string{"mail", "--drive", dir}, 2, `^$`, `has no postoffice`},
		{"mail from a file that is no archive", []string{"mail", "--drive", broken}, 2, `^$`, `it is no zip archive`},
		{"mail number zero", []string{"mail", "A/B", "c", "--read", "0"}, 2, `^$`, `counted from 1`},
		{"raw mail without number", []string{"mail", "A/B", "c", "--raw"}, 2, `^$`, `--raw wants --read`},
		{"read without mailbag", []string{"mail", "COMPANY/HUB", "--read", "1"}, 2, `^$`, `want POSTOFFICE and MAILBAG`},
		{"submit from nobody", []string{"submit", "--to", "a@b"}, 2, `^$`, `want --from`},
		{"submit from a bad address", []string{"submit", "--from", "a", "--to", "a@b"}, 2, `^$`, `want NETWORK/POSTOFFICE/MAILBOX`},
		{"submit to nobody", []string{"submit", "--from", "A/B/c"}, 2, `^$`, `without a recipient`},
		{"submit to a bad address", []string{"submit", "--from", "A/B/c", "--to", "bob"}, 2, `^$`, `cannot send mail to "bob"`},
		{"submit a long name", []string{"submit", "--from", "A/B/c", "--to", "a@b", "--attach", long}, 2, `^$`, `want at most 8 before the dot; give it another name with --attach '.*'=NAME.EXT`},
		{"submit under a long name", []string{"submit", "--from", "A/B/c", "--to", "a@b", "--attach", long + "=TOOLONGNAME.TXT"}, 2, `^$`, `"TOOLONGNAME" has 11 characters`},
		{"submit a device", []string{"submit", "--from", "A/B/c", "--to", "a@b", "--attach", long + "=CON.TXT"}, 2, `^$`, `CON is the name of a device`},
		{"snapshot into its own tree", []string{"snapshot", "--drive", dir, filepath.Join(dir, "s.zip")}, 2, `^$`, `it is inside`},
		{"snapshot onto a folder", []string{"snapshot", taken}, 2, `^$`, `exists already`},
		{"key without keys", []string{"key", "GW1"}, 2, `^$`, `want KEYS`},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newTestApp("")
			if got := a.main(row.args); got != row.status {
				t.Errorf("status %d, want %d", got, row.status)
			}
			if !regexp.MustCompile(row.out).MatchString(a.out.String()) {
				t.Errorf("standard output does not match %q:\n%s", row.out, a.out)
			}
			if row.err == "" && a.errOut.Len() > 0 || !regexp.MustCompile(row.err).MatchString(a.errOut.String()) {
				t.Errorf("standard error does not match %q:\n%s", row.err, a.errOut)
			}
		})
	}
}

func TestManualHasEveryCommandFlagAndStatus(t *testing.T) {
	a := newTestApp("")
	root := a.command()
	text := manual(root)
	for _, c := range root.Commands() {
		if !documented(c) {
			continue
		}
		if !strings.Contains(text, ".SS "+escapeRoff(c.Name())) {
			t.Errorf("no section for %s", c.Name())
		}
		for _, name := range flagNames(c) {
			if name != "help" && !strings.Contains(text, escapeRoff("--"+name)) {
				t.Errorf("no --%s of %s", name, c.Name())
			}
		}
	}
	for _, s := range statuses {
		if !strings.Contains(text, escapeRoff(s.text)) {
			t.Errorf("no exit status %d", s.status)
		}
	}
	if again := manual(newTestApp("").command()); again != text {
		t.Error("two manuals differ")
	}
}

func TestRoffCharactersAreEscaped(t *testing.T) {
	for in, want := range map[string]string{
		`M:\SMTP`: `M:\eSMTP`, "--for": `\-\-for`, ".TH evil": `\&.TH evil`, "'x": `\&'x`, "plain": "plain",
	} {
		if got := escapeRoff(in); got != want {
			t.Errorf("escapeRoff(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestOutputHasItsNameOnlyWhenComplete(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	o, err := createOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	o.WriteString("half")
	if exists(name) {
		t.Error("the name is there before commit")
	}
	o.discard()
	if left, _ := os.ReadDir(filepath.Dir(name)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if o, err = createOutput(name); err != nil {
		t.Fatal(err)
	}
	o.WriteString("whole")
	if err := o.commit(); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(name); string(data) != "whole" {
		t.Errorf("file has %q", data)
	}
	if left, _ := os.ReadDir(filepath.Dir(name)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
	if null, err := createOutput(os.DevNull); err != nil || null.name != "" {
		t.Errorf("%s is not written in place: %v", os.DevNull, err)
	} else if err := null.commit(); err != nil {
		t.Error(err)
	}
}
