package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"gwkit/conformance/trial"
	"gwkit/emulator"
	"gwkit/emulator/site"
)

func runJSON(t *testing.T, args ...string) *emulator.Summary {
	t.Helper()
	a := newTestApp("")
	if status := a.main(append([]string{"run", "--format", "json"}, args...)); status != statusOK {
		t.Fatalf("status %d: %s", status, a.errOut)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(emulator.SummarySchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:gwkit:gwemu-run:1", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("urn:gwkit:gwemu-run:1")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(document); err != nil {
		t.Errorf("the summary does not follow its schema: %v", err)
	}
	delete(document.(map[string]any), "repeat")
	if compiled.Validate(document) == nil {
		t.Error("the schema does not miss a key")
	}
	s := &emulator.Summary{}
	if err := json.Unmarshal(a.out.Bytes(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRunAccountsForEveryMessageAndRepeats(t *testing.T) {
	s := runJSON(t, "single", "--for", "1h", "--in", "5", "--out", "5", "--size", "2k", "--seed", "7", "--arrivals", "poisson", "--until-idle")
	if m := s.Messages; m.Offered != 10 || m.Delivered != 10 || m.Lost != 0 || m.Duplicated != 0 {
		t.Errorf("messages %+v", m)
	}
	want := "gwemu run single --for 1h --seed 7 --in 5 --out 5 --size 2k --arrivals poisson --until-idle"
	if s.Repeat != want {
		t.Errorf("repeat %q, want %q", s.Repeat, want)
	}
	again := runJSON(t, strings.Fields(s.Repeat)[2:]...)
	if again.Digest != s.Digest || again.Steps != s.Steps {
		t.Errorf("the repeated run has digest %s after %d steps, want %s after %d", again.Digest, again.Steps, s.Digest, s.Steps)
	}
}

func TestRepeatIsTheLastLineOfText(t *testing.T) {
	a := newTestApp("")
	if a.main([]string{"run", "single", "--for", "10m", "--in", "1"}) != statusOK {
		t.Fatal(a.errOut)
	}
	lines := strings.Split(strings.TrimSpace(a.out.String()), "\n")
	if last := lines[len(lines)-1]; !strings.HasSuffix(last, "gwemu run single --for 10m --seed 0 --in 1 --size 8k") {
		t.Errorf("last line %q", last)
	}
}

func TestRunEndsWithTheDocumentedStatus(t *testing.T) {
	for _, row := range []struct {
		name   string
		args   []string
		status int
		err    string
	}{
		{"no load", []string{"single", "--for", "1m"}, statusOK, "note: there was no load"},
		{"step budget", []string{"single", "--for", "1h", "--in", "1", "--max-steps", "50"}, statusBudget, "the step budget of 50 (--max-steps) is used up"},
		{"time to rest", []string{"single", "--for", "1m", "--out", "20", "--until-idle", "--drain", "1m"}, statusBudget, "the mail does not rest (--drain)"},
		{"wall clock", []string{"single", "--for", "1000d", "--max-wall", "1s"}, statusBudget, "the wall-clock budget of 1s (--max-wall) is used up"},
		{"decisions left over", []string{"single", "--for", "1m", "--in", "1", "--schedule", "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"}, statusOK, "were not asked for"},
		{"decision that does not fit", []string{"single", "--for", "1h", "--in", "3", "--out", "3", "--ties", "--schedule", "0.999"}, statusUsage, "cannot follow schedule 0.999: decision 2 is 999"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := newTestApp("")
			if row.name == "wall clock" { // every look at the clock takes a second
				now := time.Unix(0, 0)
				a.clock = func() time.Time { now = now.Add(time.Second); return now }
			}
			if got := a.main(append([]string{"run"}, row.args...)); got != row.status {
				t.Errorf("status %d, want %d", got, row.status)
			}
			if !strings.Contains(a.errOut.String(), row.err) {
				t.Errorf("standard error lacks %q:\n%s", row.err, a.errOut)
			}
			if a.out.Len() == 0 {
				t.Error("no summary")
			}
		})
	}
}

func TestRunThatIsInterruptedPrintsHowFarItCame(t *testing.T) {
	a := newTestApp("")
	a.signal <- os.Interrupt
	if got := a.main([]string{"run", "single", "--for", "36500d"}); got != statusInterrupted {
		t.Errorf("status %d: %s", got, a.errOut)
	}
	if !strings.Contains(a.out.String(), "digest") {
		t.Errorf("no summary: %s", a.out)
	}
}

// TestJudge has one input for each verdict, because a World that behaves does
// not lose mail.
func TestJudge(t *testing.T) {
	clean := emulator.Messages{Offered: 3, Accepted: 3, Delivered: 2, Waiting: 1}
	prompt := "Sharing violation reading drive M, Abort, Retry, Fail?"
	for _, row := range []struct {
		name   string
		s      emulator.Summary
		end    ending
		cause  error
		status int
		text   string
	}{
		{"clean", emulator.Summary{Messages: clean}, ending{}, nil, statusOK, ""},
		{"lost", emulator.Summary{Messages: emulator.Messages{Offered: 1, Accepted: 1, Lost: 1}}, ending{}, nil, statusFailed, "1 message lost"},
		{"duplicated", emulator.Summary{Messages: emulator.Messages{Offered: 2, Accepted: 2, Delivered: 2, Duplicated: 2}}, ending{}, nil, statusFailed, "2 messages duplicated"},
		{"does not add up", emulator.Summary{Messages: emulator.Messages{Offered: 2, Accepted: 1}}, ending{}, nil, statusFailed, "internal error"},
		{"prompt", emulator.Summary{Messages: clean, PCs: []emulator.PCState{{Name: "GW1", Prompt: prompt}}}, ending{}, nil, statusFailed, "GW1 waits for a key: " + prompt},
		{"lost and out of steps", emulator.Summary{Messages: emulator.Messages{Offered: 1, Accepted: 1, Lost: 1}}, ending{stop: emulator.StopSteps}, nil, statusFailed, "lost"},
		{"blocked with mail", emulator.Summary{Messages: clean}, ending{stop: emulator.StopBlocked}, nil, statusFailed, "nothing can happen any more"},
		{"our mistake", emulator.Summary{Messages: clean}, ending{stop: emulator.StopError}, errors.New("it broke"), statusFailed, "internal error: it broke"},
		{"our mistake without a cause", emulator.Summary{Messages: clean}, ending{stop: emulator.StopError}, nil, statusFailed, "internal error"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := &runFlags{untilIdle: true}
			got := f.judge(&fakeWorld{err: row.cause}, &row.s, row.end, &watcher{})
			status, text := statusOK, ""
			if got != nil {
				status, text = got.status, got.Error()
			}
			if status != row.status || !strings.Contains(text, row.text) {
				t.Errorf("status %d %q, want %d %q", status, text, row.status, row.text)
			}
		})
	}
}

func TestTraceSaveAndOutput(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	a := newTestApp("")
	if a.main([]string{"run", "single", "--for", "30m", "--in", "2", "--trace", "-"}) != statusOK {
		t.Fatal(a.errOut)
	}
	if !strings.HasPrefix(a.out.String(), "00000") || strings.Contains(a.out.String(), "digest ") || !strings.Contains(a.errOut.String(), "digest") {
		t.Errorf("the trace does not have standard output for itself: %.200s", a.out)
	}
	b := newTestApp("")
	if b.main([]string{"run", "single", "--for", "30m", "--in", "2", "--trace", in("t.json"), "--trace-format", "json", "--save", in("s.zip"), "-o", in("sum")}) != statusOK {
		t.Fatal(b.errOut)
	}
	if b.out.Len() > 0 {
		t.Errorf("standard output %q", b.out)
	}
	for _, name := range []string{"t.json", "s.zip", "sum"} {
		if info, err := os.Stat(in(name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 3 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSiteFromStandardInput(t *testing.T) {
	s, _ := site.Shape("single")
	a := newTestApp(string(s.Marshal()))
	if got := a.main([]string{"run", "-", "--for", "1m", "--in", "1"}); got != statusOK {
		t.Errorf("status %d: %s", got, a.errOut)
	}
}

func TestWordsAreQuotedForAShell(t *testing.T) {
	for in, want := range map[string]string{"single": "single", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$x": "'$x'", "./d/é.yaml": "'./d/é.yaml'"} {
		if got := quoteWord(in); got != want {
			t.Errorf("quoteWord(%q) = %s, want %s", in, got, want)
		}
	}
}

// The command that gwcheck explore --timed prints shows the run that it means.
func TestRunShowsATimedRunThatHalts(t *testing.T) {
	s, err := site.Shape("dedicated-shared")
	if err != nil {
		t.Fatal(err)
	}
	r, err := trial.ByTheClock(t.Context(), trial.TimedConfig{Site: s, Seeds: 3, Seed: 40, In: 2000, Out: 2000, Days: 3, Operator: emulator.OperatorRetry})
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(r.Repeat)
	if words[0] != "gwemu" || r.Halt.Min == nil {
		t.Fatalf("%+v", r)
	}
	dir := t.TempDir()
	events := filepath.Join(dir, "events")
	a := newTestApp("")
	if status := a.main(append(words[1:], "--trace", events)); status != statusFailed {
		t.Fatalf("status %d: %s%s", status, a.out, a.errOut)
	}
	for _, pc := range []string{"GW1", "GW2"} {
		if !strings.Contains(a.errOut.String(), pc+" waits for a key: Sharing violation") {
			t.Errorf("%s does not wait:\n%s", pc, a.errOut)
		}
	}
	// The last prompt is when the halt was seen, to the second.
	text, err := os.ReadFile(events)
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.Contains(line, " prompt ") {
			last = strings.Fields(line)[1]
		}
	}
	at, err := time.Parse("15:04:05.000", last)
	if err != nil {
		t.Fatal(err)
	}
	since := at.Sub(at.Truncate(24 * time.Hour)).Seconds()
	if d := float64(*r.Halt.Min) - since; d < 0 || d > 1 {
		t.Errorf("the last prompt is at %s, the halt was seen at %s", last, r.Halt.Min)
	}
}

func TestJitterAndOperatorRepeat(t *testing.T) {
	args := []string{"single", "--for", "1h", "--in", "5", "--out", "5", "--seed", "7"}
	plain := runJSON(t, args...)
	s := runJSON(t, append(args, "--jitter", "0.25", "--operator", "retry")...)
	if want := "gwemu run single --for 1h --seed 7 --in 5 --out 5 --size 8k --jitter 0.25 --operator retry"; s.Repeat != want {
		t.Errorf("repeat %q, want %q", s.Repeat, want)
	}
	if again := runJSON(t, strings.Fields(s.Repeat)[2:]...); again.Digest != s.Digest || again.Digest == plain.Digest {
		t.Errorf("digests: without jitter %s, with %s, repeated %s", plain.Digest, s.Digest, again.Digest)
	}
	for _, bad := range [][]string{{"--jitter", "1.5"}, {"--jitter", "-0.1"}, {"--jitter", "NaN"}, {"--jitter", "much"}, {"--operator", "me"}} {
		a := newTestApp("")
		if status := a.main(append([]string{"run", "single", "--for", "1m"}, bad...)); status != statusUsage {
			t.Errorf("%v: status %d %s", bad, status, a.errOut)
		}
	}
}
