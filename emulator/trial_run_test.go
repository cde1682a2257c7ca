package emulator

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

func newTrial(t *testing.T, shape string, o TrialOptions, edits ...func(*site.Site)) *Trial {
	t.Helper()
	s, err := site.Shape(shape)
	if err != nil {
		t.Fatal(err)
	}
	for _, edit := range edits {
		edit(s)
	}
	tr, err := NewTrial(s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr
}

func run(t *testing.T, tr *Trial, d schedule.Decider) Ending {
	t.Helper()
	e, err := tr.Run(d, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTrialMistakesAreNamed(t *testing.T) {
	for _, row := range []struct {
		name  string
		shape string
		o     TrialOptions
		edit  func(*site.Site)
		want  string
	}{
		{"no gateway PC", "single", TrialOptions{}, func(s *site.Site) { s.PCs[0].Run = "EXTERNAL" },
			"cannot explore a site without a PC that runs SMTPGATE: name the PCs"},
		{"a PC with nothing to run", "single", TrialOptions{PCs: []string{"GW1"}}, func(s *site.Site) { s.PCs[0].Run = "" },
			"cannot explore a site without a PC that runs SMTPGATE: name the PCs"},
		{"unknown PC", "single", TrialOptions{PCs: []string{"GW1", "GW7"}}, nil, `the site has no PC "GW7"`},
		{"operator", "single", TrialOptions{Operator: "me"}, nil, `unknown operator "me": want retry or nobody`},
		{"fault", "single", TrialOptions{Faults: []string{"torn-write keep=x"}}, nil, "keep"},
		{"fault of the site", "single", TrialOptions{}, func(s *site.Site) { s.Faults = []string{"earthquake"} }, "earthquake"},
		{"too many messages", "single", TrialOptions{In: 600, Out: 401}, nil, "cannot try 600 messages in and 401 out: want at most 1000"},
		{"fewer than none", "single", TrialOptions{In: -1, Out: 3}, nil, "cannot try -1 messages in and 3 out: want at most 1000"},
		{"no route", "single", TrialOptions{}, func(s *site.Site) { s.SmartHosts[0].Routes = nil },
			"cannot explore with mail from the Internet: the smart host routes no user's domain to one of the PCs"},
		{"the route leads to another PC", "dedicated", TrialOptions{PCs: []string{"GW2"}}, nil,
			"cannot explore with mail from the Internet: the smart host routes no user's domain to one of the PCs"},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			s, err := site.Shape(row.shape)
			if err != nil {
				t.Fatal(err)
			}
			if row.edit != nil {
				row.edit(s)
			}
			tr, err := NewTrial(s, row.o)
			if err == nil {
				tr.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("have %q, want %q", err, row.want)
			}
			if after := runtime.NumGoroutine(); after > before {
				t.Errorf("%d goroutines before, %d after", before, after)
			}
		})
	}
}

// Left alone, every layout brings all mail to its place, as it was sent.
func TestEveryShapeComesToRestByDefault(t *testing.T) {
	for _, row := range []struct {
		shape   string
		in, out int
		size    int
	}{
		{"single", 0, 0, 0}, {"multiple", 0, 0, 0}, {"dedicated", 0, 0, 0}, {"multiple-dedicated", 0, 0, 0}, {"dedicated-shared", 0, 0, 0},
		{"multiple", 5, 5, 3000}, {"multiple-dedicated", 6, 6, 20}, {"dedicated-shared", 3, 9, 9000},
		{"single", 3, 0, 0}, {"single", 0, 3, 0}, {"single", 60, 60, 0}, {"dedicated", 50, 50, 0},
	} {
		t.Run(row.shape, func(t *testing.T) {
			tr := newTrial(t, row.shape, TrialOptions{In: row.in, Out: row.out, Size: row.size})
			e := run(t, tr, schedule.Default{})
			if !e.Rest || e.Stop != StopRest || e.Stuck || len(e.Pending) > 0 {
				t.Errorf("%+v", e)
			}
			in, out := 0, 0
			for _, m := range e.Messages {
				if m.Copies != 1 || m.Altered != 0 || m.Returned || len(m.Places) > 0 {
					t.Errorf("%+v", m)
				}
				if m.Inbound {
					in++
				} else {
					out++
				}
			}
			if want := [2]int{max(row.in, 1), max(row.out, 1)}; row.in+row.out == 0 && [2]int{in, out} != want || row.in+row.out > 0 && (in != row.in || out != row.out) {
				t.Errorf("%d in, %d out", in, out)
			}
			for _, p := range e.PCs {
				if p.Phase != "running" || p.Prompts > 0 || p.Cycles == 0 || p.WaitsFor != "" {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

// shared runs a trial until it knows what its PCs share.
func shared(t *testing.T, tr *Trial) []string {
	t.Helper()
	names := map[string]bool{}
	for i := 0; i < 30; i++ {
		run(t, tr, &walk{uint64(i)})
		tr.Conflicts(func(n string) { names[n] = true })
		tr.Watch(slices.Sorted(maps.Keys(names)))
	}
	return slices.Sorted(maps.Keys(names))
}

func TestEqualSchedulesGiveEqualRuns(t *testing.T) {
	for _, shape := range []string{"multiple-dedicated", "dedicated-shared"} {
		t.Run(shape, func(t *testing.T) {
			o := TrialOptions{In: 2, Out: 2, Faults: []string{`smtp-reply reply="451 later" at=RCPT times=1`}}
			reused := newTrial(t, shape, o)
			names := shared(t, reused)
			if len(names) == 0 && shape == "dedicated-shared" {
				t.Fatal("nothing is shared")
			}
			digests := map[uint64]bool{}
			for i := 100; i < 110; i++ {
				have := run(t, reused, &walk{uint64(i)})
				again := run(t, reused, &walk{uint64(i)})
				fresh := newTrial(t, shape, o)
				fresh.Watch(names)
				want := run(t, fresh, &walk{uint64(i)})
				for _, d := range []string{cmp.Diff(want, have), cmp.Diff(want, again)} {
					if d != "" {
						t.Fatalf("walk %d (-fresh +reused):\n%s", i, d)
					}
				}
				digests[have.Digest] = true
			}
			if len(digests) < 2 {
				t.Errorf("%d digests in 10 walks: the schedule has no say", len(digests))
			}
		})
	}
}

// Two PCs with one address: who claimed it in an earlier run must not matter.
func TestARunDoesNotSeeTheAddressesOfTheLast(t *testing.T) {
	twins := func(s *site.Site) { s.PC("GW2").IP = s.PC("GW1").IP }
	o := TrialOptions{In: 1, Out: 1}
	tr := newTrial(t, "dedicated-shared", o, twins)
	first := run(t, tr, &walk{1})
	for i := 0; i < 5; i++ {
		run(t, tr, &walk{uint64(i)})
	}
	if d := cmp.Diff(first, run(t, tr, &walk{1})); d != "" {
		t.Error(d)
	}
}

// The trace of a run is one of its events, whatever ran before.
func TestARunIsTraced(t *testing.T) {
	tr := newTrial(t, "single", TrialOptions{})
	var a, b trace.Recorder
	if _, err := tr.Run(schedule.Default{}, &a); err != nil {
		t.Fatal(err)
	}
	run(t, tr, &walk{3})
	if _, err := tr.Run(schedule.Default{}, &b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(a.Events(), b.Events()); d != "" || len(a.Events()) == 0 {
		t.Errorf("%d events: %s", len(a.Events()), d)
	}
}

func TestAlteredMailIsCounted(t *testing.T) {
	for _, row := range []struct {
		name    string
		in, out int
		fault   string
		bySite  bool
		copies  int
	}{
		{"outgoing text torn", 0, 1, `torn-write at=M:\SMTP\SMTP_OUT.TXT keep=300`, false, 1},
		{"incoming text torn", 1, 0, `torn-write at=M:\SMTP\SMTP_IN.822 keep=500`, false, 1},
		{"by a fault of the site", 0, 1, `torn-write at=M:\SMTP\SMTP_OUT.TXT keep=300`, true, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := TrialOptions{In: row.in, Out: row.out, Size: 2000}
			edit := func(s *site.Site) {}
			if row.bySite {
				edit = func(s *site.Site) { s.Faults = []string{row.fault} }
			} else {
				o.Faults = []string{row.fault}
			}
			tr := newTrial(t, "single", o, edit)
			for i := 0; i < 2; i++ {
				if m := run(t, tr, schedule.Default{}).Messages[0]; m.Copies != row.copies || m.Altered != row.copies {
					t.Errorf("run %d: %+v", i, m)
				}
			}
		})
	}
}

// What counts as the text that was sent, both ways.
func TestIntact(t *testing.T) {
	tr := newTrial(t, "single", TrialOptions{In: 1, Out: 1, Size: 100})
	sent := string(tr.texts[1])
	for _, row := range []struct {
		name    string
		body    string
		altered int
	}{
		{"as sent", sent, 0},
		{"with another blank line at the end", sent + "\r\n", 0},
		{"cut", sent[:len(sent)-10], 1},
		{"one character", strings.Replace(sent, "line 2", "line Z", 1), 1},
		{"a line before", "x\r\n" + sent, 1},
		{"twice", sent + sent, 1},
		{"that of another message", string(tr.texts[0]), 1},
		{"empty", "", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			tr.copies = make([]copies, 2)
			tr.outside([]byte("From: x\r\nSubject: " + string(appendToken(nil, 1)) + "\r\nTo: y\r\n\r\n" + row.body))
			if tr.copies[1] != (copies{1, row.altered}) || tr.copies[0] != (copies{}) {
				t.Errorf("%+v", tr.copies)
			}
		})
	}
	for _, other := range []string{"", "Subject: x\r\n\r\ny", "A: b\r\nSubject: gwemu-0000002\r\n\r\ny", "A: b\r\nSubject: hello\r\n\r\n" + sent} {
		tr.copies = make([]copies, 2)
		if tr.outside([]byte(other)); tr.copies[0] != (copies{}) || tr.copies[1] != (copies{}) {
			t.Errorf("%q counts: %+v", other, tr.copies)
		}
	}
	in := strings.ReplaceAll(string(tr.texts[0]), "\r\n", "\r")
	for text, want := range map[string]bool{"From: x\r-----\r" + in: true, in + "\r": true, in[:len(in)-5]: false, in + "x": false, "": false} {
		if have := tr.intact(0, []byte(text)); have != want {
			t.Errorf("%q: %v", text, have)
		}
	}
}

func TestMailFlowsAgainAfterResume(t *testing.T) {
	for _, row := range []struct {
		shape   string
		in, out int
	}{{"single", 1, 1}, {"dedicated-shared", 2, 1}, {"multiple", 1, 0}, {"multiple", 0, 1}} {
		t.Run(row.shape, func(t *testing.T) {
			tr := newTrial(t, row.shape, TrialOptions{In: row.in, Out: row.out})
			run(t, tr, &walk{5})
			if e := run(t, tr, schedule.Default{}); !e.Rest {
				t.Fatalf("%+v", e)
			}
			tr.Resume()
			if err := tr.Offer(); err != nil {
				t.Fatal(err)
			}
			const more = 2 // one each way, whatever was tried
			e := tr.Look()
			if len(e.Messages) != row.in+row.out+more {
				t.Fatalf("%d messages", len(e.Messages))
			}
			for _, m := range e.Messages[row.in+row.out:] {
				if m.Copies != 0 {
					t.Errorf("already there: %+v", m)
				}
			}
			if s := tr.World().Run(2 * time.Hour); s != StopTime {
				t.Errorf("Run = %v: %v", s, tr.World().Err())
			}
			for _, m := range tr.Look().Messages {
				if m.Copies != 1 || m.Altered != 0 || len(m.Places) > 0 {
					t.Errorf("%+v", m)
				}
			}
			if _, err := tr.Run(schedule.Default{}, nil); err == nil || !strings.Contains(err.Error(), "a trial cannot begin again after Resume") {
				t.Errorf("another run: %v", err)
			}
		})
	}
}

func TestTheStepBoundEndsARun(t *testing.T) {
	tr := newTrial(t, "single", TrialOptions{MaxSteps: 60, In: 2, Out: 2})
	for i := 0; i < 2; i++ {
		e := run(t, tr, schedule.Default{})
		if e.Stop != StopSteps || e.Rest || e.Steps != 60 {
			t.Errorf("%v after %d steps, rest %v", e.Stop, e.Steps, e.Rest)
		}
	}
	tr = newTrial(t, "single", TrialOptions{Rounds: 1, In: 2, Out: 2})
	e := run(t, tr, schedule.Default{})
	if e.Stop != StopHalted || e.Rest || e.Stalled || len(e.Messages) != 4 {
		t.Errorf("one round: %+v", e)
	}
	if p := e.Messages[1].Places; len(p) != 1 || p[0] != notSent || !slices.Contains(e.Pending, notSent) {
		t.Errorf("mail that nobody has sent yet: %+v, pending %v", e.Messages[1], e.Pending)
	}
}

// A PC that waits at its prompt keeps the mail of its direction from moving while
// the other one goes on: no bound is needed to say that it stays so.
func TestMailThatStandsStillEndsARun(t *testing.T) {
	tr := newTrial(t, "dedicated", TrialOptions{PCs: []string{"GW1"}, In: 5, Out: 2})
	e := run(t, tr, schedule.Default{})
	if !e.Stalled || e.Rest || e.Stuck || len(e.Pending) == 0 {
		t.Errorf("nobody fetches outgoing mail: %+v", e)
	}
	for _, m := range e.Messages {
		if m.Copies == 0 && len(m.Places) == 0 {
			t.Errorf("nowhere: %+v", m)
		}
	}
}

// Two gateways on one directory end at their prompts, each with what the other
// waits for. While somebody answers Retry nothing less than that stops them;
// with nobody one prompt does, and the other PC may bring the rest of the mail to
// its place. Q132060
func TestStuckRunsSayWhoHoldsWhat(t *testing.T) {
	for _, operator := range []string{OperatorRetry, OperatorNobody} {
		t.Run(operator, func(t *testing.T) {
			tr := newTrial(t, "dedicated-shared", TrialOptions{In: 2, Out: 2, Operator: operator})
			tr.Watch(shared(t, tr))
			stuck, answered := 0, 0
			for i := 0; i < 200; i++ {
				e := run(t, tr, &walk{uint64(i)})
				for _, p := range e.PCs {
					if p.Phase != "prompt" && p.Prompts > 0 {
						answered++
					}
				}
				if !e.Stuck {
					continue
				}
				stuck++
				if e.Rest || e.Stop != StopHalted {
					t.Fatalf("walk %d: %+v", i, e)
				}
				for j, p := range e.PCs {
					other := e.PCs[1-j].Name + "/"
					if p.Phase != "prompt" || p.WaitsFor == "" || p.Op == "" || p.Since == 0 || !strings.HasPrefix(p.Prompt, "Sharing violation") {
						t.Fatalf("walk %d: %+v", i, p)
					}
					if operator == OperatorNobody {
						continue
					}
					of := tr.w.offices[0].volume.Holders(strings.TrimPrefix(p.WaitsFor, "M:"))
					if !strings.HasPrefix(p.HeldBy, other) || len(of) != 1 || of[0].PC+"/" != other {
						t.Fatalf("walk %d: %+v, open: %+v", i, p, of)
					}
				}
			}
			if stuck == 0 || stuck == 200 {
				t.Errorf("%d of 200 walks are stuck", stuck)
			}
			if (answered > 0) != (operator == OperatorRetry) {
				t.Errorf("%d PCs got an answer", answered)
			}
		})
	}
}

// overtake keeps EXTERNAL from INQUEUE3 until the gateway has written a record into
// it and not yet closed the file; from then on EXTERNAL goes first.
type overtake struct{ now bool }

func (d *overtake) Decide(options []schedule.Option, _ bool) int {
	external := func(o *schedule.Option) bool { return o.Who == "MTA1/EXTERNAL" }
	for i := range options {
		o := &options[i]
		d.now = d.now || o.Who == "GW1/SMTPPUT" && o.Op == "close" && strings.HasSuffix(o.Object, `\MBG\INQUEUE3.MBG`)
		if d.now && external(o) && !o.Early {
			return i
		}
	}
	for i := range options {
		o := &options[i]
		if d.now && !o.Early || !d.now && !(external(o) && o.Op == "open" && strings.HasSuffix(o.Object, `\KEY\INQUEUE3.KEY`)) {
			return i
		}
	}
	return 0
}

// Where EXTERNAL runs, mail rests only where EXTERNAL takes it no further. An item
// that the mailer has delivered and not yet deleted from INQUEUE3, because the
// writer still has the KEY, is no second copy.
func TestMailRestsBehindExternal(t *testing.T) {
	tr := newTrial(t, "single", TrialOptions{PCs: []string{"GW1", "MTA1"}, In: 1})
	d := &overtake{}
	tr.Watch(append(shared(t, tr), `COMPANY/HUB:\KEY\INQUEUE3.KEY`, `COMPANY/HUB:\MBG\INQUEUE3.MBG`))
	e := run(t, tr, d)
	if !d.now {
		t.Fatal("EXTERNAL did not overtake SMTPPUT: the run shows nothing")
	}
	if f := e.Messages[0]; f.Copies != 1 || f.Altered > 0 || len(f.Places) > 0 {
		t.Errorf("the run ended with %d copies, %d altered, also in %v", f.Copies, f.Altered, f.Places)
	}
	if !e.Rest || len(e.Pending) > 0 {
		t.Errorf("the run ended with mail on its way: %v", e.Pending)
	}
}
