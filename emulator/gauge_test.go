package emulator

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/postoffice"
)

func newGauge(t *testing.T, w *World) *Gauge {
	t.Helper()
	g, err := w.NewGauge()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// What the gauge counts is what the summary finds by looking into every file.
func TestTheGaugeCountsWhatTheSummaryFinds(t *testing.T) {
	for _, shape := range []string{"single", "multiple", "dedicated"} {
		t.Run(shape, func(t *testing.T) {
			w := newShape(t, shape, Options{})
			if err := w.AddLoad(Load{For: 3 * time.Hour, In: 1200, Out: 1200, Size: 8 << 10, Read: true}); err != nil {
				t.Fatal(err)
			}
			g := newGauge(t, w)
			for range 6 {
				w.Run(30 * time.Minute)
				counted := 0
				for _, n := range g.Read(nil) {
					counted += n
				}
				found := w.Summary().Messages.Waiting
				// A message in the hands of a PC is in two places for a moment, or in one
				// that only the summary knows.
				if d := counted - found; d < -3 || d > 3 {
					t.Errorf("%v: %d counted, %d found: %v", w.Elapsed(), counted, found, w.Summary().Waiting)
				}
			}
		})
	}
}

func TestReadingTheGaugeChangesNothing(t *testing.T) {
	run := func(read bool) uint64 {
		w := newShape(t, "single", Options{})
		if err := w.AddLoad(Load{For: time.Hour, In: 100, Out: 100, Read: true}); err != nil {
			t.Fatal(err)
		}
		g := newGauge(t, w)
		for range 120 {
			w.Run(30 * time.Second)
			if read {
				g.Read(nil)
				g.Activity(nil)
				w.Journeys()
			}
		}
		return w.Digest()
	}
	if a, b := run(false), run(true); a != b {
		t.Errorf("digests %016x and %016x", a, b)
	}
}

func TestActivityTellsIdleFromBusyFromHalted(t *testing.T) {
	w := newShape(t, "single", Options{})
	g := newGauge(t, w)
	w.Run(time.Minute)
	if a := g.Activity(nil); a[0] != PCIdle || a[1] != PCIdle {
		t.Errorf("after a minute without mail: %v", a)
	}
	w.Run(62*time.Second + 500*time.Millisecond) // in the middle of SMTPGET's look
	if a := g.Activity(nil); a[0] != PCBusy {
		t.Errorf("while SMTPGET runs: %v", a)
	}
	if err := w.AddFault(`drive-lost at=M: who=GW1`); err != nil {
		t.Fatal(err)
	}
	w.Run(10 * time.Minute)
	if err := w.PowerOff("MTA1"); err != nil {
		t.Fatal(err)
	}
	w.Run(time.Second)
	if a := g.Activity(nil); a[0] != PCHalted || a[1] != PCOff {
		t.Errorf("without the drive: %v", a)
	}
}

func TestJourneysAddUpToTheSummary(t *testing.T) {
	w := newShape(t, "single", Options{})
	if err := w.AddLoad(Load{For: 2 * time.Hour, In: 200, Out: 200}); err != nil { // nobody reads
		t.Fatal(err)
	}
	w.Run(2 * time.Hour)
	arrived := [2]int{}
	for _, j := range w.Journeys() {
		if j.Delivered && j.Inbound {
			arrived[inbound]++
		} else if j.Delivered {
			arrived[outbound]++
		}
		if j.Offered < 0 || j.Offered > 2*time.Hour || j.Delay < 0 {
			t.Fatalf("%+v", j)
		}
	}
	s := w.Summary()
	if arrived[inbound] != s.Directions["in"].Delivered || arrived[outbound] != s.Directions["out"].Delivered || arrived[inbound] == 0 {
		t.Errorf("journeys %v, summary %+v", arrived, s.Directions)
	}
}

func TestSharesDivideTheLoad(t *testing.T) {
	w := newShape(t, "single", Options{})
	l := Load{For: 4 * time.Hour, In: 90, Out: 40, Read: true, Shares: []Share{
		{Postoffice: "company/sales", In: 2, Out: 1}, {Postoffice: "COMPANY/ENGINEER", In: 1}, {Postoffice: "COMPANY/HUB"}}}
	next, err := w.pickers(&l)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for i := range 90 {
		got["in "+next[inbound](i).smtp]++
	}
	for i := range 40 {
		got["out "+next[outbound](i).smtp]++
	}
	want := map[string]int{"in margb@sales.company.com": 60, "in tomk@engineer.company.com": 30, "out margb@sales.company.com": 40}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := w.AddLoad(l); err != nil {
		t.Fatal(err)
	}
	if rest := w.RunToRest(8 * time.Hour); rest != StopRest || w.Summary().Messages.Delivered != 130 {
		t.Fatalf("%v: %+v", rest, w.Summary().Messages)
	}
}

func TestSharesThatCannotBe(t *testing.T) {
	for _, row := range []struct {
		name   string
		shares []Share
		want   string
	}{
		{"unknown postoffice", []Share{{Postoffice: "COMPANY/MARS", In: 1, Out: 1}}, `postoffice "COMPANY/MARS" has no user whom mail from outside reaches`},
		{"below zero", []Share{{Postoffice: "COMPANY/SALES", In: 2, Out: -1}}, "a share below 0"},
		{"nobody sends", []Share{{Postoffice: "COMPANY/SALES", In: 2}}, "no postoffice has a share of the mail out"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newShape(t, "single", Options{})
			err := w.AddLoad(Load{For: time.Hour, In: 1, Out: 1, Shares: row.shares})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %q", err, row.want)
			}
		})
	}
}

// The order is part of a run: each gets its part, as evenly as can be.
func TestWeightedTurns(t *testing.T) {
	by := [][]loadUser{{{name: "a"}, {name: "b"}}, {{name: "x"}}, {{name: "nobody"}}}
	next := weighted(by, []int{2, 1, 0})
	got := ""
	for i := range 9 {
		got += next(i).name
	}
	if want := "axbaxbaxb"; got != want {
		t.Errorf("turns %s, want %s", got, want)
	}
}

// Calls that failed are put off; a host that comes up again tries at once.
func TestRunQueuesEndsTheWait(t *testing.T) {
	w := newShape(t, "single", Options{})
	if err := w.AddFault("net-unreachable who=mail.company.com until=1h"); err != nil {
		t.Fatal(err)
	}
	if err := w.AddLoad(Load{For: 30 * time.Minute, In: 30, Read: true}); err != nil {
		t.Fatal(err)
	}
	g := newGauge(t, w)
	later := func() (n int) {
		for i, c := range g.Read(nil) {
			if g.Spots()[i].Kind == SpotLater {
				n += c
			}
		}
		return n
	}
	w.Run(time.Hour)
	if n := later(); n != 30 {
		t.Fatalf("%d put off, want 30", n)
	}
	w.RunQueues()
	w.Run(time.Second)
	if n := later(); n != 0 {
		t.Errorf("%d still put off", n)
	}
}

// A run may end while a reader deletes what he has read: that is one copy. The
// next one with its token is a second.
func TestAnItemBeingDeletedIsNotCountedAgain(t *testing.T) {
	w := newShape(t, "single", Options{})
	n := w.account.offer(inbound, 1)
	h := &postoffice.Header{Subject: string(appendToken(nil, n)), Time: w.Now()}
	see := func() uint16 {
		w.account.inside(h, func() []byte { return nil })
		return w.account.msgs[n].delivered
	}
	if got := see(); got != 1 {
		t.Fatalf("read once: %d", got)
	}
	w.account.leaving(h, true)
	if got := see(); got != 1 {
		t.Errorf("seen while it is deleted: %d", got)
	}
	w.account.leaving(h, false)
	if got := see(); got != 2 {
		t.Errorf("seen again: %d", got)
	}
}
