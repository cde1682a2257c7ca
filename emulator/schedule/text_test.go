package schedule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const example = `gwkit schedule 1
site dedicated-shared
messages 1 in 1 out of 400 bytes
operator nobody
pcs GW1 GW2
fault stall GW1
let GW1 until remove COMPANY/HUB:\SMTP\FROM_NC.API
let GW2 until create COMPANY/HUB:\SMTP\SMTP_OUT.TXT #2
let GW2 wake early
let GW1 while it can
`

func TestScheduleFileRoundTrip(t *testing.T) {
	want := &Schedule{Site: "dedicated-shared", Operator: "nobody", PCs: []string{"GW1", "GW2"}, In: 1, Out: 1, Size: 400, Faults: []string{"stall GW1"},
		Steps: []Step{
			{PC: "GW1", Op: "remove", Object: `COMPANY/HUB:\SMTP\FROM_NC.API`, Nth: 1},
			{PC: "GW2", Op: "create", Object: `COMPANY/HUB:\SMTP\SMTP_OUT.TXT`, Nth: 2},
			{PC: "GW2", Wake: true}, {PC: "GW1"}}}
	got, err := Parse("x", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(example, string(got.Marshal())); d != "" {
		t.Error(d)
	}
}

func TestChoicesStandInPlaceOfSteps(t *testing.T) {
	for _, text := range []string{"0", "0x17.2.1"} {
		s, err := Parse("x", []byte("gwkit schedule 1\nsite single\nmessages 0 in 1 out\nshared A\nchoices "+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if s.Choices == nil || s.Choices.String() != text || !strings.HasSuffix(string(s.Marshal()), "\nshared A\nchoices "+text+"\n") {
			t.Errorf("%s: %v\n%s", text, s.Choices, s.Marshal())
		}
	}
}

func TestATimedScheduleNamesItsCommand(t *testing.T) {
	const text = "gwkit schedule 1\nsite single\ntimed seed 7 for 48h arrivals poisson jitter 0.5\nmessages 4 in 2 out of 900 bytes\noperator nobody\n"
	s, err := Parse("x", []byte(text))
	if err != nil || string(s.Marshal()) != text {
		t.Fatalf("%v\n%s", err, s.Marshal())
	}
	if got, want := s.Command("my.yaml"), "gwemu run my.yaml --for 48h --seed 7 --in 4 --out 2 --size 900 --arrivals poisson --jitter 0.5 --operator nobody"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestParseNamesTheLine(t *testing.T) {
	const head = "gwkit schedule 1\nsite single\n"
	for _, row := range []struct{ text, want string }{
		{"", "x: cannot read schedule: empty"},
		{"hello", "x:1: want"},
		{"gwkit schedule 1\n", "x: cannot read schedule: no line with the site"},
		{head + "let GW1", "x:3: want: let PC until"},
		{head + "let", "x:3: want: let PC until"},
		{head + "let GW1 until open", "x:3: want: let PC until"},
		{head + "let GW1 until open A #0", "x:3: want a number from 1"},
		{head + "let GW1 wake late", "x:3: want: let PC until"},
		{head + "messages 1 in", "x:3: want: messages"},
		{head + "operator bob", `x:3: unknown operator "bob"`},
		{head + "pcs", "x:3: pcs without a name"},
		{head + "fault", "x:3: fault without"},
		{head + "colour red", `x:3: unknown word "colour"`},
		{head + "timed seed 1 for 48h\nlet GW1 while it can", "x: cannot read schedule: a timed run has no steps"},
		{head + "timed seed 1 for 48h\nchoices 1", "x: cannot read schedule: a timed run has no steps"},
		{head + "timed seed 1 for 48h jitter 2", "x:3: want: timed seed N for SPAN [arrivals HOW] [jitter FACTOR]"},
		{head + "timed seed 1 for 48h arrivals", "x:3: want: timed seed N for SPAN [arrivals HOW] [jitter FACTOR]"},
		{head + "choices", "x:3: cannot read choices"},
		{head + "choices 1.x", "x:3: cannot read choices"},
		{head + "choices 1\nchoices 2", "x:4: a second line of choices"},
		{head + "choices 1\nlet GW1 while it can", "x: cannot read schedule: want steps or choices, not both"},
		{head + strings.Repeat("let GW1 while it can\n", stepsMax+1), "x:10003: more than 10000 steps"},
		{strings.Repeat("#", FileMax+1), "x: cannot read schedule: larger"},
	} {
		if _, err := Parse("x", []byte(row.text)); err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%.60q: error %v, want %q", row.text, err, row.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte("gwkit schedule 1\nsite s\ntimed seed 7 for 48h\n"))
	f.Add([]byte("gwkit schedule 1\nsite s\ntimed seed 7 for 48h arrivals poisson jitter 0.5\n"))
	f.Add([]byte("gwkit schedule 1\nsite s\nseed 7\nlet A until open B #1 #2\n"))
	f.Add([]byte("gwkit schedule 1\nsite s\nshared A\nchoices 0x3.2.1\n"))
	f.Add([]byte("gwkit schedule 1\nsite s\nlet A until  open  B\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("f", data)
		if err != nil {
			return
		}
		again, err := Parse("f", s.Marshal())
		if err != nil {
			t.Fatalf("what was printed is refused: %v\n%s", err, s.Marshal())
		}
		if d := cmp.Diff(s, again); d != "" {
			t.Errorf("printed and read again:\n%s", d)
		}
	})
}

// With one option there is nothing to decide, but what is done counts.
func TestReplayPassesForcedOperations(t *testing.T) {
	r := NewReplay([]Step{{PC: "GW2", Op: "open", Object: "A", Nth: 2}})
	one := []Option{{Who: "GW2/X", Op: "open", Object: "A"}}
	if r.Decide(one, true) != 0 || r.at != 0 || r.decisions != 0 {
		t.Error("a forced operation was taken for a decision")
	}
	two := []Option{{Who: "GW1/X", Op: "read", Object: "B"}, {Who: "GW2/X", Op: "read", Object: "B"}}
	if r.Decide(two, true) != 1 {
		t.Error("GW2 does not run")
	}
	if r.Err() == nil {
		t.Error("the run ended before its schedule, and nobody said so")
	}
	two[1] = Option{Who: "GW2/X", Op: "open", Object: "A"}
	if r.Decide(two, false) != 0 || r.Err() != nil {
		t.Errorf("GW2 goes on, though it is about to open A: %v", r.Err())
	}
}
