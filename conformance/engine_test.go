package conformance

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gwkit/conformance/report"
	"gwkit/conformance/target"
	"gwkit/emulator/site"
)

const header = "# Summary: a test\n# KB: Q132060\n# Tags: test\n"

// judge runs one script text.
func judge(t *testing.T, text string, o Options) report.Script {
	t.Helper()
	r := Run(context.Background(), []*Script{Parse("dir/topic_test.txtar", []byte(header+text))}, o)
	if len(r.Scripts) != 1 || r.Totals.Sum() != 1 {
		t.Fatalf("result has %d scripts, %d counted", len(r.Scripts), r.Totals.Sum())
	}
	return r.Scripts[0]
}

func TestVerdicts(t *testing.T) {
	tests := []struct {
		name    string
		script  string
		options Options
		verdict report.Verdict
		reason  string // part of it
		line    int
	}{
		{"pass", "site single\nadvance 1m\n", Options{}, report.Pass, "", 0},
		{"a check that does not hold", "site single\nmailbag COMPANY/HUB sparky count 1\n", Options{}, report.Fail, "dir/topic_test.txtar:5: mailbag: want 1 of 0", 5},
		{"negated check that does not hold", "site single\n! mailbag COMPANY/HUB sparky count 1\n", Options{}, report.Pass, "", 0},
		{"negated check that holds", "site single\n! m-exists M:\\SMTP\\LOCAL.CFG\n", Options{}, report.Fail, "it is so, and should not be", 5},
		{"action that is refused", "site single\nadvance 1m\npc GW1 off\nsmtp GW1 s\n-- s --\n> 220\n", Options{}, report.Fail, "s:1: cannot connect", 7},
		{"action that should be refused", "site single\n! drive COMPANY/NOWHERE off\n", Options{}, report.Pass, "", 0},
		{"reason of a refusal", "site single\n! drive COMPANY/NOWHERE off\nstderr 'no postoffice.*NOWHERE'\n! stdout .\n", Options{}, report.Pass, "", 0},
		{"another reason", "site single\n! drive COMPANY/NOWHERE off\nstderr nonsense\n", Options{}, report.Fail, "no match", 6},
		{"action that is not refused", "site single\n! advance 1s\n", Options{}, report.Fail, "it went well", 5},
		{"refused connection as expected", "site single\nadvance 1m\npc GW1 off\nsmtp GW1 s\n-- s --\nrefused\n", Options{}, report.Pass, "", 0},
		{"builtin of testscript", "cmp a b\n-- a --\n1\n-- b --\n2\n", Options{}, report.Fail, "dir/topic_test.txtar:4: a and b differ", 4},
		{"skip", "skip 'not now'\n", Options{}, report.Skip, "not now", 0},
		{"stop", "stop\nadvance 1m\n", Options{}, report.Pass, "", 0},
		{"missing power", "site single\nadvance 1m\n", Options{Target: without(target.PowerClock)}, report.Skip, "target small lacks clock, which line 5 needs: advance", 0},
		{"missing power of a waited-for check", "site single\nuntil 1m screen GW1 x\n", Options{Target: without(target.PowerKeys)}, report.Skip, "lacks keys", 0},
		{"excused power", "site single\n[power:keys] screen GW1 x\n", Options{Target: without(target.PowerKeys)}, report.Pass, "", 0},
		{"condition on the target", "site single\n[!target:emulator] advance 1m\nsummary virtualSeconds 0\n", Options{}, report.Pass, "", 0},
		{"condition on the version", "site single\nset gatewayVersion 3.0\n[version:3.0.2] skip new\n[!version:3.0.2] skip old\n", Options{}, report.Skip, "old", 0},
		{"condition on the shape", "site single\n[shape:single] skip yes\n", Options{}, report.Skip, "yes", 0},
		{"no site", "advance 1m\n", Options{}, report.Error, "no site yet", 4},
		{"wrong argument", "site single\nadvance soon\n", Options{}, report.Error, "want a duration", 5},
		{"wrong argument, negated", "site single\n! advance soon\n", Options{}, report.Error, "want a duration", 5},
		{"misspelled fault, negated", "site single\n! fault disk-ful at=M:\n", Options{}, report.Error, "disk-ful", 5},
		{"fault that is not there, negated", "site single\n! heal net-refuse at=11.1.16.15:25\n", Options{}, report.Pass, "", 0},
		{"step budget", "site single\nadvance 24h\n", Options{MaxSteps: 500}, report.Unknown, "the step budget is used up", 5},
		{"time limit", "site single\nadvance 9999h\nadvance 9999h\nadvance 9999h\n", Options{Timeout: 30 * time.Millisecond}, report.Unknown, "the time limit of 30ms is used up", 0},
		{"panic of a target", "site single\nadvance 1m\n", Options{Target: broken{how: "panic"}}, report.Error, "internal error: the wheels came off", 5},
		{"internal error of a target", "site single\nadvance 1m\n", Options{Target: broken{how: "stop"}}, report.Error, "internal error: lost count", 5},
		{"target that does not open", "site single\nadvance 1m\n", Options{Target: broken{how: "open"}}, report.Fail, "cannot open single on broken: nobody home", 5},
		{"a port of ours that is taken", "site single\nadvance 1m\n", Options{Target: broken{how: "ours"}}, report.Error, "address already in use", 5},
		{"bad schedule", "site single\n", Options{Schedule: "0.x"}, report.Error, "cannot read schedule: column 3", 0},
		{"background session that goes wrong unnoticed", "site single\nsmtp GW1 s &a\nadvance 1m\n-- s --\n> 999\n", Options{}, report.Fail, "session a: s:1: want \"> 999\"", 0},
		{"background session that does not end", "site single\nsmtp GW1 s &a\nadvance 1m\n-- s --\nwait 1h\n", Options{}, report.Fail, "session a has not ended: it waits at s:1: wait 1h", 0},
		{"waiting for a file that is not there yet", "site single\nuntil 1m log GW1 contains 'Gateway initialized'\n", Options{}, report.Pass, "", 0},
		{"waiting in vain says what was seen", "site single\nuntil 1m m-exists M:\\X.Y\n", Options{}, report.Fail, "not within 1m0s; at last: M:\\X.Y absent", 5},
		{"until with a verb of testscript", "site single\nuntil 1m ! exists M:\\X.Y\n", Options{}, report.Pass, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := judge(t, tt.script, tt.options)
			if got.Verdict != tt.verdict || !strings.Contains(got.Reason, tt.reason) || tt.line != 0 && got.Line != tt.line {
				t.Errorf("got %s, line %d, %q\nwant %s, line %d, %q\n%s", got.Verdict, got.Line, got.Reason, tt.verdict, tt.line, tt.reason, got.Log)
			}
			if (got.Reason == "") != (tt.verdict == report.Pass) || strings.Contains(got.Reason, "\n") {
				t.Errorf("reason of %s is %q", got.Verdict, got.Reason)
			}
		})
	}
}

func TestRedirectedVerbsMeanTheDrive(t *testing.T) {
	got := judge(t, `site single
exists M:\SMTP\LOCAL.CFG
exists attached
! exists M:\SMTP\NO.CFG
grep msmailgwy M:\SMTP\LOCAL.CFG
m-write M:\SMTP\NEW.CFG attached
cmp M:\SMTP\NEW.CFG attached
rm M:\SMTP\NEW.CFG
! exists M:\SMTP\NEW.CFG
cmp M:\SMTP\LOCAL.CFG attached
-- attached --
one
two
`, Options{})
	if got.Verdict != report.Fail || got.Line != 13 {
		t.Fatalf("got %s at line %d: %s\n%s", got.Verdict, got.Line, got.Reason, got.Log)
	}
	if !strings.Contains(got.Log, "> cmp M:\\SMTP\\LOCAL.CFG attached\n") {
		t.Errorf("the log does not have the line as written:\n%s", got.Log)
	}
}

func TestOnlyTheFailingPhaseIsShown(t *testing.T) {
	text := "\n# first\nsite single\n\n# second\nadvance 1s\nmailbag COMPANY/HUB sparky count 1\n\n# third\n"
	got := judge(t, text, Options{})
	want := "# second\n> advance 1s\n> mailbag COMPANY/HUB sparky count 1\nFAIL: dir/topic_test.txtar:10: mailbag: want 1 of 0 in COMPANY/HUB sparky, have 0\n"
	if got.Log != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.Log, want)
	}
	if got.Repeat != "gwcheck run --seed 0 topic_test" {
		t.Errorf("repeat is %q", got.Repeat)
	}
	verbose := judge(t, text, Options{Verbose: true, Seed: 7, Schedule: "0.2.1"})
	for _, part := range []string{"# first\n> site single\n", "last events:\n", "GW1/SMTPGATE"} {
		if !strings.Contains(verbose.Log, part) {
			t.Errorf("the verbose log lacks %q:\n%s", part, verbose.Log)
		}
	}
	if strings.Contains(verbose.Log, "WORK=") || strings.Contains(verbose.Log, "PATH") {
		t.Errorf("the verbose log has the environment:\n%s", verbose.Log)
	}
	if verbose.Repeat != "gwcheck run --seed 7 --schedule 0.2.1 topic_test" {
		t.Errorf("repeat is %q", verbose.Repeat)
	}
}

func TestMistakesAreFoundBeforeAnythingRuns(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"unknown command", "mailbagg COMPANY/HUB x\n", `:4: unknown command "mailbagg" (did you mean "mailbag"?)`},
		{"missing blank after !", "!mailbag COMPANY/HUB x\n", `:4: unknown command "!mailbag" (did you mean "! mailbag"?)`},
		{"too few arguments", "advance\n", ":4: usage: advance DURATION"},
		{"too many arguments", "advance 1m 2m\n", ":4: usage: advance DURATION"},
		{"arity of a verb", "pc GW1 off now\n", ":4: usage: pc NAME off"},
		{"unknown verb", "pc GW1 dance\n", ":4: usage: pc NAME run"},
		{"until of no check", "until 1m advance 1m\n", ":4: until cannot wait for advance: it is no check"},
		{"until without a check", "until 1m !\n", ":4: usage: until"},
		{"arity inside until", "until 1m screen GW1\n", ":4: usage: screen PC REGEXP"},
		{"exec", "exec ls\n", ":4: exec is not available"},
		{"verb that cannot reach a drive", "cp a M:\\X\n", ":4: cp cannot reach a drive"},
		{"condition of the host", "[linux] stop\n", ":4: unknown condition [linux]"},
		{"short", "[short] stop\n", ":4: unknown condition [short]"},
		{"unknown power", "[power:magic] stop\n", ":4: unknown power in condition [power:magic]"},
		{"open quote", "pc GW1 run 'x\n", ":4: unterminated quoted argument"},
		{"file outside", "-- ../x --\n", `bad file name "../x"`},
		{"file with a variable", "-- $WORK/x --\n", `bad file name "$WORK/x"`},
		{"file twice", "-- a --\n-- a --\n", `file "a" is there twice`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := judge(t, tt.script, Options{Target: broken{how: "panic"}})
			if got.Verdict != report.Error || !strings.Contains(got.Reason, tt.want) {
				t.Errorf("got %s %q, want error %q", got.Verdict, got.Reason, tt.want)
			}
		})
	}
	for _, tt := range []struct{ name, text, want string }{
		{"no summary", "# KB: Q132060\n", "missing header line"},
		{"bad article", "# Summary: x\n# KB: 132060\n", `bad article id "132060"`},
		{"file without a name", "# Summary: x\n-- --\n", `x.txtar:2: missing file name in a "-- NAME --" line`},
		{"bad tag", "# Summary: x\n# Tags: In_bound\n", `bad tag "In_bound"`},
		{"unknown header", "# Summary: x\n# Keys: a\n", `unknown header "Keys"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := Parse("x.txtar", []byte(tt.text)).Err(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSeveralCallersAtOnce(t *testing.T) {
	// The gateway serves one call at a time: the second is greeted when the
	// first has gone. Q132060
	got := judge(t, `site single
smtp GW1 slow.txt &slow
smtp GW1 other.txt &other
! session other 20s
session slow
session other
-- slow.txt --
> 220 All set, fire away
wait 40s
< QUIT
> 221 See you later
-- other.txt --
silence 30s
> 220 All set, fire away
< QUIT
> 221 See you later
closed
`, Options{})
	if got.Verdict != report.Pass {
		t.Errorf("%s: %s\n%s", got.Verdict, got.Reason, got.Log)
	}
}

func TestUpdateWritesExpectedFiles(t *testing.T) {
	var saved string
	o := Options{Update: true, Save: func(_ *Script, data []byte) error { saved = string(data); return nil }}
	got := judge(t, "site single\nm-write M:\\SMTP\\A.TXT a\ncmp M:\\SMTP\\A.TXT b\n-- a --\nnew\n-- b --\nold\n", o)
	if got.Verdict != report.Pass {
		t.Fatalf("%s: %s", got.Verdict, got.Reason)
	}
	want := header + "site single\nm-write M:\\SMTP\\A.TXT a\ncmp M:\\SMTP\\A.TXT b\n-- a --\nnew\n-- b --\nnew\n"
	if saved != want {
		t.Errorf("saved:\n%s\nwant:\n%s", saved, want)
	}
}

func TestInterruptedRunIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := Run(ctx, []*Script{Parse("a_b.txtar", []byte(header))}, Options{})
	if r.Totals.Unknown != 1 {
		t.Errorf("totals are %s", r.Totals)
	}
}

func TestScriptThatDoesNotEndIsAbandoned(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	got := judge(t, "site single\nadvance 1m\n", Options{Target: broken{how: "hang", hang: hang}, Timeout: 100 * time.Millisecond, grace: 100 * time.Millisecond})
	if got.Verdict != report.Error || !strings.Contains(got.Reason, "was abandoned") {
		t.Errorf("got %s: %s", got.Verdict, got.Reason)
	}
}

// small is the emulator with fewer powers.
type small struct {
	target.Target
	powers target.Powers
}

func without(p target.Powers) target.Target { return small{target.Emulator(), target.AllPowers &^ p} }

func (s small) Name() string          { return "small" }
func (s small) Powers() target.Powers { return s.powers }

// broken is a target whose rig goes wrong in a way of choice.
type broken struct {
	how  string
	hang chan struct{} // how "hang" waits for it
}

func (b broken) Name() string          { return "broken" }
func (b broken) Powers() target.Powers { return target.PowerClock }
func (b broken) Open(*site.Site, target.Options) (target.Rig, error) {
	switch b.how {
	case "ours":
		return nil, target.Ours{Err: errors.New("address already in use")}
	case "open":
		return nil, errors.New("nobody home")
	}
	return &brokenRig{broken: b}, nil
}

type brokenRig struct {
	broken
	err error
}

func (r *brokenRig) Close() error           { return nil }
func (r *brokenRig) Now() time.Time         { return site.DefaultStart }
func (r *brokenRig) Elapsed() time.Duration { return 0 }
func (r *brokenRig) Err() error             { return r.err }
func (r *brokenRig) Run(time.Duration) target.Stop {
	switch r.how {
	case "panic":
		panic("the wheels came off")
	case "hang":
		<-r.hang
	}
	r.err = errors.New("lost count")
	return target.StopInternal
}
func (r *brokenRig) RunUntil(func() bool, time.Duration) (bool, target.Stop) {
	return false, r.Run(0)
}
func (r *brokenRig) RunToRest(time.Duration) target.Stop { return r.Run(0) }
