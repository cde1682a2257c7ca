package invariant

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/trace"
)

// shared: all PCs of the tests have one postoffice as M:, but for GW3.
func shared(pc string, letter byte) string {
	switch {
	case letter == 'C':
		return ""
	case pc == "GW3":
		return "COMPANY/SALES"
	}
	return "COMPANY/HUB"
}

// events reads lines of "WHO OP [OBJECT][: RESULT]", one a second.
func events(text string) (out []trace.Event) {
	for _, l := range strings.Split(strings.TrimSpace(text), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		l, result, _ := strings.Cut(l, ": ")
		w := append(strings.Fields(l), "", "")
		n := len(out) + 1
		out = append(out, trace.Event{Step: uint64(n), Time: int64(n) * 1e9, Who: w[0], Op: w[1], Object: w[2], Result: result})
	}
	return out
}

func watched(text string) *History { return &History{Events: events(text), Volume: shared} }

func mail(m ...Message) *History { return &History{Messages: m} }

var (
	delivered = []Rest{{Where: "COMPANY/HUB sparky", Final: true, Count: 1}}
	waiting   = []Rest{{Where: `COMPANY/HUB \SMTP\FROM_NC.API`, Count: 1}}
)

// halted is the state that Q132060 describes, and who is in it.
func halted(stop string, healed bool, pcs ...PC) *History {
	return &History{Stop: stop, Healed: healed, PCs: pcs, Volume: shared, Events: events(`
		GW1/SMTPGATE create M:\SMTP\SMTP_OUT.TXT
		GW2/SMTPGATE create M:\SMTP\FROM_NC.API
		GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation
		GW2/SMTPGATE prompt M:\SMTP\SMTP_OUT.TXT: sharing violation`)}
}

var (
	gw1 = PC{Name: "GW1", Program: "SMTPGATE", Phase: "prompt", Prompt: "Sharing violation reading drive M",
		WaitsFor: `M:\SMTP\FROM_NC.API`, HeldBy: "GW2/SMTPGATE", Since: 3e9}
	gw2 = PC{Name: "GW2", Program: "SMTPGATE", Phase: "prompt", Prompt: "Sharing violation writing drive M",
		WaitsFor: `M:\SMTP\SMTP_OUT.TXT`, HeldBy: "GW1/SMTPGATE", Since: 4e9}
	gw2runs = PC{Name: "GW2", Program: "SMTPGATE", Phase: "running"}
	noDrive = PC{Name: "GW1", Program: "SMTPGET", Phase: "prompt", Prompt: "Not ready reading drive M"}
)

// cases: each invariant has a history that violates it and a near miss.
var cases = []struct {
	invariant string
	name      string
	h         *History
	want      Verdict
	signature []string // of the violations
}{
	{"accounted", "a lost message is in no book", mail(Message{Token: "a", Inbound: true}), Fail,
		[]string{"resting places do not add up to the messages offered"}},
	{"accounted", "a message in the books twice", mail(Message{Token: "a", Rests: waiting}, Message{Token: "a", Rests: waiting}), Fail,
		[]string{"outbound message is in the books twice"}},
	{"accounted", "a place without copies", mail(Message{Token: "a", Returned: true, Rests: []Rest{{Where: "x"}}}), Fail,
		[]string{"outbound message has a resting place without name or copy"}},
	{"accounted", "every kind of rest, in any order", mail(Message{Token: "d", Rests: delivered}, Message{Token: "c", Rests: waiting},
		Message{Token: "b", Returned: true}, Message{Token: "a", Refused: true}), Pass, nil},
	{"accounted", "in hand when the steps ran out", &History{Messages: []Message{{Token: "a"}}, Stop: StopSteps}, Unknown, nil},
	{"accounted", "in hand when the steps ran out, and in the books twice", &History{Messages: []Message{{Token: "a"}, {Token: "a"}}, Stop: StopSteps}, Fail,
		[]string{"outbound message is in the books twice"}},
	{"accounted", "nothing was offered", mail(), Unknown, nil},

	{"no_loss", "accepted and nowhere", mail(Message{Token: "a"}, Message{Token: "b"}, Message{Token: "c", Inbound: true}), Fail,
		[]string{"outbound message is lost", "inbound message is lost"}},
	{"no_loss", "a place without copies is nowhere", mail(Message{Token: "a", Rests: []Rest{{Where: "x"}}}), Fail,
		[]string{"outbound message is lost"}},
	{"no_loss", "nowhere when mail stands still", &History{Messages: []Message{{Token: "a"}}, Stop: StopStalled, Healed: true}, Fail,
		[]string{"outbound message is lost"}},
	{"no_loss", "nowhere when the steps ran out", &History{Messages: []Message{{Token: "a"}}, Stop: StopSteps}, Unknown, nil},
	{"no_loss", "nowhere when the rounds ran out", &History{Messages: []Message{{Token: "a"}}, Stop: StopRounds}, Unknown, nil},
	{"no_loss", "somewhere when the rounds ran out", &History{Messages: []Message{{Token: "a", Rests: waiting}}, Stop: StopRounds}, Pass, nil},
	{"no_loss", "refused, returned or waiting is not lost", mail(Message{Token: "a", Refused: true}, Message{Token: "b", Returned: true},
		Message{Token: "c", Rests: waiting}), Pass, nil},
	{"no_loss", "nothing was offered", mail(), Unknown, nil},

	{"no_duplicate", "two copies in one mailbag", mail(Message{Token: "a", Inbound: true, Rests: []Rest{{Where: "bag", Final: true, Count: 2}}}), Fail,
		[]string{"inbound message is delivered more than once"}},
	{"no_duplicate", "two mailbags with a copy each", mail(Message{Token: "a", Rests: append(slices.Clone(delivered), delivered...)}), Fail,
		[]string{"outbound message is delivered more than once"}},
	{"no_duplicate", "delivered, and a copy on its way", mail(Message{Token: "a", Rests: append(slices.Clone(delivered), waiting...)}), Pass, nil},
	{"no_duplicate", "refused, but delivered once", mail(Message{Token: "a", Refused: true, Rests: delivered}), Pass, nil},
	{"no_duplicate", "nothing was offered", mail(), Unknown, nil},

	{"no_alteration", "the text of another message", mail(Message{Token: "a", Rests: []Rest{{Where: "x", Count: 1, Altered: "text of gwemu-0000012"}}}), Fail,
		[]string{"outbound message is altered: text of gwemu-#"}},
	{"no_alteration", "intact everywhere", mail(Message{Token: "a", Rests: append(slices.Clone(delivered), waiting...)}), Pass, nil},
	{"no_alteration", "nothing was offered", mail(), Unknown, nil},

	{"no_foreign_part", "a gateway sends the message that another fetched", watched(`
		GW1/SMTPGET create M:\SMTP\FROM_NC.API
		GW1/SMTPGET close M:\SMTP\FROM_NC.API
		GW2/SMTPGATE find M:\SMTP\FROM_NC.API
		GW2/SMTPGATE open M:\SMTP\FROM_NC.API
		GW2/SMTPGATE read M:\SMTP\FROM_NC.API
		GW2/SMTPGATE close M:\SMTP\FROM_NC.API
		GW2/SMTPGATE remove M:\SMTP\FROM_NC.API`), Fail,
		[]string{"GW2/SMTPGATE opens FROM_NC.API of GW1/SMTPGET", "GW2/SMTPGATE removes FROM_NC.API of GW1/SMTPGET"}},
	{"no_foreign_part", "a part is overwritten", watched(`
		GW1/SMTPGATE create M:\SMTP\SMTP_IN.822
		GW1/SMTPGATE close M:\SMTP\SMTP_IN.822
		GW2/SMTPGATE create M:\SMTP\SMTP_IN.822
		GW2/SMTPGATE write M:\SMTP\SMTP_IN.822`), Fail,
		[]string{"GW2/SMTPGATE overwrites SMTP_IN.822 of GW1/SMTPGATE"}},
	{"no_foreign_part", "a part of unusual name is renamed", watched(`
		GW1/SMTPGATE create M:\SMTP\SMTP_OUT.BAK
		GW2/SMTPGATE rename m:\smtp\smtp_out.bak`), Fail,
		[]string{"GW2/SMTPGATE renames SMTP_OUT.BAK of GW1/SMTPGATE"}},
	{"no_foreign_part", "a handle from before writes", watched(`
		GW1/SMTPGATE create M:\SMTP\OUTBAD.API
		GW2/SMTPGATE write M:\SMTP\OUTBAD.API
		GW2/SMTPGATE read M:\SMTP\OUTBAD.API`), Fail,
		[]string{"GW2/SMTPGATE writes OUTBAD.API of GW1/SMTPGATE"}},
	{"no_foreign_part", "asking and failing is not processing", watched(`
		GW1/SMTPGATE create M:\SMTP\API_OUT.TMP
		GW2/SMTPGATE find M:\SMTP\API_OUT.TMP
		GW2/SMTPGATE open M:\SMTP\API_OUT.TMP: sharing violation
		GW2/SMTPGATE remove M:\SMTP\API_OUT.TMP: sharing violation`), Pass, nil},
	{"no_foreign_part", "a part made anew belongs to its new maker", watched(`
		GW1/SMTPGATE create M:\SMTP\SMTP_OUT.TXT
		GW1/SMTPGATE close M:\SMTP\SMTP_OUT.TXT
		GW1/SMTPGATE remove M:\SMTP\SMTP_OUT.TXT
		GW2/SMTPGATE create M:\SMTP\SMTP_OUT.TXT
		GW2/SMTPGATE open M:\SMTP\SMTP_OUT.TXT`), Pass, nil},
	{"no_foreign_part", "somebody without a trace removed it", watched(`
		GW1/SMTPGET create M:\SMTP\FROM_NC.API
		GW2/SMTPGATE find M:\SMTP\FROM_NC.API: file not found
		GW2/SMTPGET create M:\SMTP\FROM_NC.API
		GW2/SMTPGATE open M:\SMTP\FROM_NC.API`), Pass, nil},
	{"no_foreign_part", "one PC, two programs, a power cut", watched(`
		GW1/SMTPGATE create M:\SMTP\TO_NC.API
		GW1 power-off
		GW1 boot SMTPGATE
		GW1/SMTPPUT open M:\SMTP\TO_NC.API
		GW1/SMTPPUT remove M:\SMTP\TO_NC.API`), Pass, nil},
	{"no_foreign_part", "the same name on another postoffice", watched(`
		GW1/SMTPGATE create M:\SMTP\TO_NC.API
		GW3/SMTPPUT open M:\SMTP\TO_NC.API`), Pass, nil},
	{"no_foreign_part", "no part: configuration and a local disk", watched(`
		GW1/SMTPGATE create M:\SMTP\LOCAL.CFG
		GW1/SMTPGATE create C:\SMTP\TO_NC.API
		GW2/SMTPGATE open M:\SMTP\LOCAL.CFG
		GW2/SMTPGATE open C:\SMTP\TO_NC.API`), Pass, nil},
	{"no_foreign_part", "no events", &History{}, Unknown, nil},

	{"no_deadlock", "each waits for the other", halted(StopBlocked, false, gw2, gw1), Fail,
		[]string{"GW1/SMTPGATE waits for FROM_NC.API of GW2/SMTPGATE; GW2/SMTPGATE waits for SMTP_OUT.TXT of GW1/SMTPGATE"}},
	{"no_deadlock", "a circle is one whatever ended the run", halted(StopSteps, false, gw1, gw2), Fail,
		[]string{"GW1/SMTPGATE waits for FROM_NC.API of GW2/SMTPGATE; GW2/SMTPGATE waits for SMTP_OUT.TXT of GW1/SMTPGATE"}},
	{"no_deadlock", "a PC waits for itself", halted(StopRest, false, PC{Name: "GW1", Program: "SMTPPUT", Phase: "prompt", WaitsFor: `M:\GLB\CONTROL.GLB`, HeldBy: "GW1/SMTPGATE"}), Fail,
		[]string{`GW1/SMTPPUT waits for \GLB\CONTROL.GLB of GW1/SMTPGATE`}},
	{"no_deadlock", "the holder goes on", halted(StopBlocked, false, gw1, gw2runs), Pass, nil},
	{"no_deadlock", "a third waits for the circle", halted(StopBlocked, false,
		PC{Name: "GW0", Program: "SMTPGET", Phase: "prompt", WaitsFor: `M:\SMTP\FROM_NC.API`, HeldBy: "GW2/SMTPGATE"}, gw1, gw2), Fail,
		[]string{"GW1/SMTPGATE waits for FROM_NC.API of GW2/SMTPGATE; GW2/SMTPGATE waits for SMTP_OUT.TXT of GW1/SMTPGATE"}},
	{"no_deadlock", "nobody knows the PCs", &History{}, Unknown, nil},

	{"no_prompt_forever", "nobody answers any more", halted(StopRest, false, noDrive, gw2runs), Fail,
		[]string{"GW1/SMTPGET waits at Not ready reading drive M"}},
	{"no_prompt_forever", "the holder goes on, and nothing changes", halted(StopTime, true, gw1, gw2runs), Fail,
		[]string{"GW1/SMTPGATE waits for FROM_NC.API of GW2/SMTPGATE"}},
	{"no_prompt_forever", "a deadlock is named as such", halted(StopTime, false, gw1, gw2), Fail, []string{"deadlock"}},
	{"no_prompt_forever", "a third waits for the circle", halted(StopRounds, false,
		PC{Name: "GW0", Program: "SMTPGET", Phase: "prompt", WaitsFor: `M:\SMTP\FROM_NC.API`, HeldBy: "GW2/SMTPGATE"}, gw1, gw2), Fail,
		[]string{"deadlock", "GW0/SMTPGET waits for FROM_NC.API of GW2/SMTPGATE"}},
	{"no_prompt_forever", "a budget ran out", halted(StopSteps, false, gw1, gw2runs), Unknown, nil},
	{"no_prompt_forever", "a prompt that was answered", halted(StopRest, true, gw2runs), Pass, nil},
	{"no_prompt_forever", "nobody knows the PCs", &History{}, Unknown, nil},

	{"progress", "mail stays where it is", &History{Healed: true, Messages: []Message{{Token: "a"}},
		Pending: []string{"1 message in COMPANY/HUB SMTP", "12 messages in COMPANY/HUB SMTP", `COMPANY/HUB \SMTP\FROM_NC.API`}}, Fail,
		[]string{"pending: COMPANY/HUB SMTP", `pending: COMPANY/HUB \SMTP\FROM_NC.API`}},
	{"progress", "mail is on its way and there was no time", &History{Messages: []Message{{Token: "a"}}, Pending: []string{"1 message in COMPANY/HUB SMTP"}}, Unknown, nil},
	{"progress", "mail is on its way and the rounds ran out", &History{Stop: StopRounds, Pending: []string{"1 message in COMPANY/HUB SMTP"}}, Unknown, nil},
	{"progress", "all is done", &History{Healed: true, Messages: []Message{{Token: "a", Rests: delivered}}}, Pass, nil},
	{"progress", "nothing was offered", &History{Healed: true}, Unknown, nil},
}

func TestInvariantsJudge(t *testing.T) {
	seen := map[string]map[Verdict]bool{}
	for _, tt := range cases {
		t.Run(tt.invariant+"/"+tt.name, func(t *testing.T) {
			in := Find(tt.invariant)
			if in == nil {
				t.Fatalf("there is no invariant %q", tt.invariant)
			}
			if seen[in.Name] == nil {
				seen[in.Name] = map[Verdict]bool{}
			}
			seen[in.Name][tt.want] = true
			r := in.Check(tt.h)
			var got []string
			for _, v := range r.Violations {
				got = append(got, v.Signature)
				if v.Text == "" || v.Count < 1 || v.Event >= len(tt.h.Events) {
					t.Errorf("incomplete violation %+v", v)
				}
			}
			if r.Verdict != tt.want {
				t.Errorf("verdict %v, want %v: %+v", r.Verdict, tt.want, r)
			}
			if d := cmp.Diff(tt.signature, got); d != "" {
				t.Error(d)
			}
			if (r.Reason != "") != (r.Verdict == Unknown) {
				t.Errorf("%v for the reason %q", r.Verdict, r.Reason)
			}
			all := tt.h.Check()
			if i := slices.IndexFunc(all, func(x Result) bool { return x.Invariant == in.Name }); i < 0 || !cmp.Equal(all[i], r) {
				t.Errorf("judged with all others: %+v, alone: %+v", all, r)
			}
		})
	}
	for i := range All {
		if s := seen[All[i].Name]; !s[Fail] || !s[Pass] {
			t.Errorf("%s lacks a history that violates it, or a near miss", All[i].Name)
		}
	}
}

func TestATableIsSortedAndComplete(t *testing.T) {
	if !sort.SliceIsSorted(All, func(i, j int) bool { return All[i].Name < All[j].Name }) {
		t.Error("All is not sorted")
	}
	if !sort.SliceIsSorted(Conditions, func(i, j int) bool { return Conditions[i].Name < Conditions[j].Name }) {
		t.Error("Conditions is not sorted")
	}
	var bits Condition
	for _, c := range Conditions {
		bits |= c.Bit
	}
	if bits != conditionsEnd-1 {
		t.Errorf("conditions %b have no row, or one too many", bits^(conditionsEnd-1))
	}
	if Find("no_such") != nil || Find("zzz") != nil {
		t.Error("found what is not there")
	}
	var b bytes.Buffer
	if err := WriteMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	for i := range All {
		if row := fmt.Sprintf("| %s | %s | %s |\n", All[i].Name, All[i].Sentence, All[i].Article); !strings.Contains(b.String(), row) || All[i].Article == "" {
			t.Errorf("no row %q", row)
		}
	}
	for _, c := range Conditions {
		if !strings.Contains(b.String(), "| "+c.Name+" | "+c.Sentence+" |\n") {
			t.Errorf("no row for %s", c.Name)
		}
	}
}

func TestADeadlockIsTold(t *testing.T) {
	h := halted(StopBlocked, false, gw2, gw1)
	want := []Wait{
		{PC: "GW1", Program: "SMTPGATE", Op: "read", File: `M:\SMTP\FROM_NC.API`, HeldBy: "GW2/SMTPGATE", HeldSince: 2e9, Since: 3e9, HeldStep: 2, Step: 3},
		{PC: "GW2", Program: "SMTPGATE", Op: "write", File: `M:\SMTP\SMTP_OUT.TXT`, HeldBy: "GW1/SMTPGATE", HeldSince: 1e9, Since: 4e9, HeldStep: 1, Step: 4},
	}
	if d := cmp.Diff(want, Find("no_deadlock").Check(h).Violations[0].Cycle); d != "" {
		t.Error(d)
	}
	// A checker that was fed while the run went on knows it without events, but
	// for the steps.
	for i := range want {
		want[i].HeldStep, want[i].Step = 0, 0
	}
	c := h.checker()
	h.Events = nil
	for _, r := range c.Check(h) {
		if r.Invariant == "no_deadlock" {
			if d := cmp.Diff(want, r.Violations[0].Cycle); d != "" {
				t.Error(d)
			}
		}
	}
}

func TestSignaturesIgnoreTimesAndCounts(t *testing.T) {
	once := `
		GW1/SMTPGET create M:\SMTP\FROM_NC.API
		GW2/SMTPGATE remove M:\SMTP\FROM_NC.API`
	a := Find("no_foreign_part").Check(watched(once))
	b := Find("no_foreign_part").Check(watched("GW1 boot SMTPGATE\n" + once + once))
	if len(a.Violations) != 1 || len(b.Violations) != 1 || a.Violations[0].Signature != b.Violations[0].Signature {
		t.Fatalf("%+v and %+v", a, b)
	}
	if a, b := a.Violations[0], b.Violations[0]; a.Count != 1 || b.Count != 2 || a.Event != 1 || b.Event != 2 {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestConditionsAreMet(t *testing.T) {
	for _, tt := range []struct {
		name string
		h    *History
		want Condition
	}{
		{"two PCs in one directory", watched(`
			GW1/SMTPGATE create M:\SMTP\SMTP_IN.ENV
			GW2/SMTPGATE find M:\SMTP\FROM_NC.API: file not found`), Together},
		{"one after the other", watched(`
			GW1/SMTPGATE create M:\SMTP\SMTP_IN.ENV
			GW1/SMTPGATE close M:\SMTP\SMTP_IN.ENV
			GW2/SMTPGATE find M:\SMTP\FROM_NC.API: file not found`), 0},
		{"a PC without power is not inside", watched(`
			GW1/SMTPGATE create M:\SMTP\SMTP_IN.ENV
			GW1 power-off
			GW2/SMTPGATE find M:\SMTP\FROM_NC.API: file not found`), 0},
		{"given for a history without events", &History{Together: 1}, Together},
		{"both read the configuration", watched(`
			GW1/SMTPGATE open M:\SMTP\LOCAL.CFG
			GW2/SMTPGATE open M:\SMTP\LOCAL.CFG`), 0},
		{"two postoffices", watched(`
			GW1/SMTPGATE create M:\SMTP\SMTP_IN.ENV
			GW3/SMTPGATE find M:\SMTP\FROM_NC.API: file not found`), Abreast},
		{"a part of the other", watched(`
			GW1/SMTPGATE create M:\SMTP\SMTP_IN.ENV
			GW1/SMTPGATE close M:\SMTP\SMTP_IN.ENV
			GW2/SMTPGATE find M:\SMTP\SMTP_IN.ENV`), SawForeignPart},
		{"its own part", watched(`
			GW1/SMTPGET create M:\SMTP\FROM_NC.API
			GW1/SMTPGATE find M:\SMTP\FROM_NC.API`), 0},
		{"a prompt without an answer", watched(`GW1/SMTPGET prompt M:\GLB\MASTER.GLB: not ready`), PromptShown},
		{"a prompt and its answer", watched(`
			GW1/SMTPGET prompt M:\SMTP\FROM_NC.API: sharing violation
			GW1/SMTPGET answer M:\SMTP\FROM_NC.API: retry`), PromptShown | PromptAnswered},
		{"a key is no answer", watched(`GW1/SMTPGET key x`), 0},
		{"a refused message", mail(Message{Token: "a", Refused: true}), MessageRefused},
		{"an accepted message", mail(Message{Token: "a", Rests: delivered}), 0},
		{"mail both ways", mail(Message{Token: "a", Rests: delivered}, Message{Token: "b", Inbound: true, Rests: delivered}), BothDirections},
		{"one way only waits", mail(Message{Token: "a", Rests: delivered}, Message{Token: "b", Inbound: true, Rests: waiting}), 0},
	} {
		if got := tt.h.Conditions(); got != tt.want {
			t.Errorf("%s: %b, want %b", tt.name, got, tt.want)
		}
	}
}

func TestACampaignThatMetNobodyIsUnknown(t *testing.T) {
	verdicts := func(n int, v Verdict) []Result {
		out := make([]Result, len(All))
		for i := range out {
			out[i].Verdict = v
		}
		return out[:n]
	}
	all := len(All)
	for _, tt := range []struct {
		name     string
		gateways int
		runs     func(c *Campaign)
		want     Verdict
		reason   string
	}{
		{"no run", 2, func(*Campaign) {}, Unknown, "there was no run"},
		{"two gateways that never met", 2, func(c *Campaign) { c.Add(verdicts(all, Pass), BothDirections) }, Unknown, `in 1 runs no two PCs were inside \SMTP\ at once`},
		{"two gateways that met once", 2, func(c *Campaign) {
			c.Add(verdicts(all, Pass), 0)
			c.Add(verdicts(all, Pass), Together)
		}, Pass, ""},
		{"a postoffice each, at work at once", 2, func(c *Campaign) { c.Add(verdicts(all, Pass), Abreast) }, Pass, ""},
		{"one gateway can meet nobody", 1, func(c *Campaign) { c.Add(verdicts(all, Pass), 0) }, Pass, ""},
		{"a failure counts whoever met", 2, func(c *Campaign) { c.Add(verdicts(all, Fail), 0) }, Fail, ""},
		{"no run could be judged", 1, func(c *Campaign) { c.Add(verdicts(all, Unknown), Together) }, Unknown, "no run could be judged"},
		{"some runs could not be judged", 2, func(c *Campaign) {
			var o Campaign
			o.Add(verdicts(all, Unknown), Together)
			c.Add(verdicts(all, Pass), 0)
			c.Merge(&o)
		}, Pass, "1 of 2 runs could not be judged"},
	} {
		c := Campaign{Gateways: tt.gateways}
		tt.runs(&c)
		j := c.Judge()
		if len(j) != all || j[0].Verdict != tt.want || j[0].Reason != tt.reason || c.Verdict() != tt.want {
			t.Errorf("%s: %v, %+v", tt.name, c.Verdict(), j)
		}
	}
}

func TestAResetCheckerForgetsTheRun(t *testing.T) {
	broken := halted(StopBlocked, false, gw1, gw2)
	broken.Events = append(broken.Events, events(`
		GW2/SMTPGATE create M:\SMTP\TO_NC.API
		GW1/SMTPGATE remove M:\SMTP\TO_NC.API
		GW2/SMTPGATE create M:\SMTP\SMTP_IN.BAK`)...)
	clean := watched(`
		GW1/SMTPGATE open M:\SMTP\TO_NC.API
		GW1/SMTPGATE close M:\SMTP\TO_NC.API
		GW2/SMTPGATE open M:\SMTP\SMTP_OUT.TXT`)
	c := NewChecker(shared)
	feed := func(h *History) ([]Result, Condition, int) {
		c.Reset()
		for i := range h.Events {
			c.Event(&h.Events[i])
		}
		return slices.Clone(c.Check(h)), c.Conditions(h), c.Together()
	}
	for _, h := range []*History{clean, broken, clean, broken} {
		r, seen, _ := feed(h)
		if d := cmp.Diff(h.Check(), r); d != "" || seen != h.Conditions() {
			t.Errorf("fresh and reset checker differ: %s, conditions %b and %b", d, h.Conditions(), seen)
		}
	}
	if _, _, n := feed(broken); n != 6 {
		t.Errorf("together %d times, want 6", n)
	}
}
