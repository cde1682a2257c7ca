package invariant

import (
	"fmt"
	"testing"

	"gwkit/emulator/trace"
)

// ordinary is an explored run in which nothing goes wrong: two gateways with a
// postoffice each, a message out and one in by turns, 400 events, with the
// files of the postoffice between those of \SMTP\.
func ordinary() *History {
	h := &History{Stop: StopRest, Healed: true, Volume: func(pc string, letter byte) string {
		if pc == "GW2" {
			return "COMPANY/SALES"
		}
		return "COMPANY/HUB"
	}, PCs: []PC{{Name: "GW1", Program: "SMTPGATE", Phase: "running"}, {Name: "GW2", Program: "SMTPGATE", Phase: "running"}}}
	turns := []string{
		"/SMTPGATE find M:\\SMTP\\FROM_NC.API: file not found", "/SMTPGATE spawn C:\\GATE\\SMTPGET.EXE", "/SMTPGET create M:\\SMTP\\FROM_NC.API",
		"/SMTPGET write M:\\SMTP\\FROM_NC.API", "/SMTPGET close M:\\SMTP\\FROM_NC.API", "/SMTPGATE open M:\\SMTP\\FROM_NC.API",
		"/SMTPGATE read M:\\SMTP\\FROM_NC.API", "/SMTPGATE close M:\\SMTP\\FROM_NC.API", "/SMTPGATE create M:\\SMTP\\SMTP_OUT.822",
		"/SMTPGATE write M:\\SMTP\\SMTP_OUT.822", "/SMTPGATE close M:\\SMTP\\SMTP_OUT.822", "/SMTPGATE remove M:\\SMTP\\FROM_NC.API",
		"/SMTPGATE remove M:\\SMTP\\SMTP_OUT.822", "/SMTPGATE connect 11.1.16.15:25", "/SMTPGATE create M:\\SMTP\\SMTP_IN.ENV",
		"/SMTPGATE close M:\\SMTP\\SMTP_IN.ENV", "/SMTPGATE remove M:\\SMTP\\SMTP_IN.ENV",
	}
	for _, f := range []string{"CONTROL", "MASTER", "ACCESS", "ACCESS2", "NETWORK", "GROUP", "C850SORT"} {
		for _, op := range []string{"open", "read", "close"} {
			turns = append(turns, "/SMTPGET "+op+" M:\\GLB\\"+f+".GLB")
		}
	}
	for len(h.Events) < 400 {
		for _, t := range turns {
			for _, pc := range []string{"GW1", "GW2"} {
				h.Events = append(h.Events, events(pc+t)...)
			}
		}
	}
	h.Events = h.Events[:400]
	// Strings are shared as the emulator shares them: one for each name on a
	// PC, one for each actor.
	shared := map[string]string{}
	share := func(pc, s string) string {
		if shared[pc+s] == "" {
			shared[pc+s] = s
		}
		return shared[pc+s]
	}
	for i := range h.Events {
		e := &h.Events[i]
		e.Time = int64(i+1) * 1e6
		e.Who, e.Op, e.Object, e.Result = share("", e.Who), share("", e.Op), share(pcOf(e.Who), e.Object), share("", e.Result)
	}
	for i := 0; i < 8; i++ {
		h.Messages = append(h.Messages, Message{Token: fmt.Sprintf("gwemu-%07d", i), Inbound: i%2 == 0, Rests: delivered})
	}
	return h
}

func runOnce(c *Checker, h *History) ([]Result, Condition) {
	c.Reset()
	var sink trace.Sink = c
	for i := range h.Events {
		sink.Event(&h.Events[i])
	}
	return c.Check(h), c.Conditions(h)
}

func TestARunThatBreaksNothingCostsNoAllocation(t *testing.T) {
	h := ordinary()
	c := NewChecker(h.Volume)
	r, seen := runOnce(c, h)
	for i := range r {
		if r[i].Verdict != Pass {
			t.Errorf("%+v", r[i])
		}
	}
	if want := Abreast | BothDirections; seen != want {
		t.Errorf("conditions %b, want %b", seen, want)
	}
	if n := testing.AllocsPerRun(100, func() { runOnce(c, h) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The target is 20 us for a run of 400 events.
func BenchmarkRun(b *testing.B) {
	h := ordinary()
	c := NewChecker(h.Volume)
	b.ReportAllocs()
	for b.Loop() {
		runOnce(c, h)
	}
	b.ReportMetric(float64(len(h.Events)), "events/op")
}
