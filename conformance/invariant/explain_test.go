package invariant

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestExplainADeadlock(t *testing.T) {
	h := halted(StopBlocked, false, gw1, gw2, PC{Name: "MTA1", Program: "EXTERNAL", Phase: "prompt", Prompt: "Not ready reading drive N", Since: 4e9})
	h.Pending = []string{"2 messages in COMPANY/HUB SMTP"}
	want := `each waits for a file that the next holds:
  PC   program   operation  file                  held by       held since    waits since
  GW1  SMTPGATE  read       M:\SMTP\FROM_NC.API   GW2/SMTPGATE  00:00:01.000  00:00:02.000
  GW2  SMTPGATE  write      M:\SMTP\SMTP_OUT.TXT  GW1/SMTPGATE  00:00:00.000  00:00:03.000
at a prompt:
  PC    program   operation  file                       held by  held since  waits since
  MTA1  EXTERNAL  read       Not ready reading drive N  nobody   -           00:00:03.000
pending:
  2 messages in COMPANY/HUB SMTP
last operations of GW1:
  000003 00:00:02.000 GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation
last operations of GW2:
  000004 00:00:03.000 GW2/SMTPGATE prompt M:\SMTP\SMTP_OUT.TXT: sharing violation
`
	if d := cmp.Diff(want, Explain(h, 1)); d != "" {
		t.Error(d)
	}
	if got := Explain(&History{PCs: []PC{gw2runs}}, 5); got != "" {
		t.Errorf("nothing to explain: %q", got)
	}
}

// In an explored run the clock stands still: the steps say what came when.
func TestExplainAnUntimedDeadlock(t *testing.T) {
	h := halted(StopBlocked, false, gw1, gw2, PC{Name: "MTA1", Program: "EXTERNAL", Phase: "prompt", Prompt: "Not ready reading drive N", Since: 4e9})
	h.Untimed = true
	want := `each waits for a file that the next holds:
  PC   program   operation  file                  held by       held since  waits since
  GW1  SMTPGATE  read       M:\SMTP\FROM_NC.API   GW2/SMTPGATE  step 2      step 3
  GW2  SMTPGATE  write      M:\SMTP\SMTP_OUT.TXT  GW1/SMTPGATE  step 1      step 4
at a prompt:
  PC    program   operation  file                       held by  held since  waits since
  MTA1  EXTERNAL  read       Not ready reading drive N  nobody   -           -
`
	if d := cmp.Diff(want, Explain(h, 0)); d != "" {
		t.Error(d)
	}
}

// tame fails when a text holds what a terminal obeys, or a line is too wide.
func tame(t *testing.T, text string) {
	t.Helper()
	for _, l := range strings.Split(text, "\n") {
		if !utf8.ValidString(l) || strings.ContainsFunc(l, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("line %q holds a control character", l)
		}
	}
}

func TestHostileNamesAreEscaped(t *testing.T) {
	evil := "\x1b]0;x\x07\u202e\xff\u009b" + strings.Repeat("long", 40)
	h := &History{Stop: StopRest, Healed: true, Volume: shared,
		Messages: []Message{{Token: evil, Rests: []Rest{{Where: evil, Final: true, Count: 2, Altered: evil}, {Where: evil}}}, {Token: evil}},
		Pending:  []string{"1 message in " + evil},
		PCs: []PC{{Name: evil, Program: evil, Phase: "prompt", Prompt: evil, WaitsFor: `M:\SMTP\` + evil, HeldBy: evil + "/" + evil},
			{Name: "X", Program: evil, Phase: "prompt", Prompt: evil, Op: evil}}}
	h.Events = events(`
		GW1/SMTPGATE create M:\SMTP\TO_NC.API
		GW2/SMTPGATE open M:\SMTP\TO_NC.API`)
	h.Events[0].Who, h.Events[1].Who, h.Events[1].Result = evil, "X/"+evil, ""
	h.Events[1].Op = "remove"
	text := Explain(h, 3)
	tame(t, text)
	for _, l := range strings.Split(text, "\n") {
		if utf8.RuneCountInString(l) > columnsMax {
			t.Errorf("%d columns: %s", utf8.RuneCountInString(l), l)
		}
	}
	if !strings.Contains(text, `\x1b]0;x\x07\u202e\xff\u009b`) {
		t.Errorf("the name is not shown: %s", text)
	}
	for _, r := range h.Check() {
		if r.Verdict != Fail {
			t.Errorf("%s: %v", r.Invariant, r.Verdict)
		}
		for _, v := range r.Violations {
			tame(t, v.Signature)
			tame(t, v.Text)
		}
	}
}
