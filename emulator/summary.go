package emulator

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"gwkit/emulator/internal/postoffice"
)

//go:embed schema/summary.json
var summarySchema []byte

// SummarySchema returns the JSON schema of a Summary.
func SummarySchema() []byte { return summarySchema }

// Summary is the result of a run, version 1 of its JSON form.
type Summary struct {
	Version        int     `json:"version"`
	Site           string  `json:"site"`
	Seed           uint64  `json:"seed"`
	VirtualSeconds float64 `json:"virtualSeconds"`
	WallSeconds    float64 `json:"wallSeconds"` // filled in by who measured it
	Steps          uint64  `json:"steps"`
	Digest         string  `json:"digest"`
	Repeat         string  `json:"repeat"` // filled in by who knows the command

	Messages   Messages             `json:"messages"`
	Directions map[string]Direction `json:"directions"` // "in", "out"
	PCs        []PCState            `json:"pcs"`
	Waiting    []Resting            `json:"waiting"`
}

// Messages counts the messages of all loads by what became of them. Offered
// is Refused plus Accepted; Accepted is Delivered plus Waiting plus Returned
// plus Lost. Duplicated are those of Delivered that arrived more than once.
type Messages struct {
	Offered    int `json:"offered"`
	Accepted   int `json:"accepted"`
	Refused    int `json:"refused"`
	Delivered  int `json:"delivered"`
	Waiting    int `json:"waiting"`
	Returned   int `json:"returned"`
	Duplicated int `json:"duplicated"`
	Lost       int `json:"lost"`
}

// Check reports an accounting that does not add up: our own mistake.
func (m *Messages) Check() error {
	if m.Offered != m.Refused+m.Accepted || m.Accepted != m.Delivered+m.Waiting+m.Returned+m.Lost {
		return fmt.Errorf("internal error: messages do not add up: %+v", *m)
	}
	return nil
}

// Direction is the mail one way. Delays are from offer to arrival.
type Direction struct {
	Offered      int   `json:"offered"`
	Delivered    int   `json:"delivered"`
	PerDay       int   `json:"perDay"`
	DelaySeconds Delay `json:"delaySeconds"`
}

// Delay in seconds.
type Delay struct {
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
}

// Resting is a place with messages that wait.
type Resting struct {
	Where string `json:"where"`
	Count int    `json:"count"`
}

// Summary accounts for every message of the loads and returns the result so
// far.
func (w *World) Summary() *Summary {
	s := &Summary{}
	w.do(func() { w.summarize(s) })
	return s
}

func (w *World) summarize(s *Summary) {
	span := w.k.Now().Sub(w.k.Start())
	*s = Summary{Version: 1, Site: w.site.Name, Seed: w.k.Seed(), VirtualSeconds: span.Seconds(),
		Steps: w.k.Steps(), Digest: fmt.Sprintf("%016x", w.k.Digest()), Directions: map[string]Direction{}}
	for _, m := range w.pcs {
		s.PCs = append(s.PCs, m.state())
	}

	// Look where the tokens rest, on a copy of what is known: looking changes
	// nothing.
	seen := append([]tracked(nil), w.account.msgs...)
	places := map[int]string{}
	order := map[string]int{}
	place := func(n int, where string) {
		if n < 0 || n >= len(seen) {
			return
		}
		if _, ok := places[n]; !ok {
			places[n] = where
		}
	}
	look := account{w: w, msgs: seen}
	for _, of := range w.offices {
		w.lookInto(of, &look, place)
	}
	for _, h := range w.hosts {
		where := "queue of " + h.Name()
		for _, it := range h.Queue() {
			eachToken(it.Message.Data, func(n int) { place(n, where) })
		}
	}

	delays := [2][]time.Duration{}
	var dirs [2]Direction
	for n := range seen {
		t := &seen[n]
		s.Messages.Offered++
		dirs[t.dir].Offered++
		switch {
		case t.delivered > 0:
			s.Messages.Delivered++
			dirs[t.dir].Delivered++
			delays[t.dir] = append(delays[t.dir], t.delay)
			if t.delivered > 1 {
				s.Messages.Duplicated++
			}
		case t.refused:
			s.Messages.Refused++
			continue
		case t.returned:
			s.Messages.Returned++
		case places[n] != "":
			s.Messages.Waiting++
			order[places[n]]++
		default:
			s.Messages.Lost++
		}
		s.Messages.Accepted++
	}
	for i, name := range []string{"in", "out"} {
		d := &dirs[i]
		if span > 0 {
			d.PerDay = int(float64(d.Delivered) * float64(24*time.Hour) / float64(span))
		}
		d.DelaySeconds = delayOf(delays[i])
		s.Directions[name] = *d
	}
	s.Waiting = []Resting{}
	for where, count := range order {
		s.Waiting = append(s.Waiting, Resting{where, count})
	}
	sort.Slice(s.Waiting, func(i, j int) bool { return s.Waiting[i].Where < s.Waiting[j].Where })
}

func delayOf(d []time.Duration) Delay {
	if len(d) == 0 {
		return Delay{}
	}
	slices.Sort(d)
	at := func(q float64) float64 { return d[min(int(q*float64(len(d))), len(d)-1)].Seconds() }
	return Delay{at(0.5), at(0.95), d[len(d)-1].Seconds()}
}

// lookInto finds the tokens on one postoffice.
func (w *World) lookInto(of *office, look *account, place func(n int, where string)) {
	bags, err := of.view.Mailbags()
	if err != nil {
		return
	}
	for _, b := range bags {
		if b.Live == 0 {
			continue
		}
		items, err := of.view.Items(b.Name)
		if err != nil && len(items) == 0 {
			continue
		}
		for i := range items {
			h := &items[i]
			if h.Err != nil {
				continue
			}
			text := func() []byte {
				m, err := of.view.Message(h.MAI)
				if err != nil {
					return nil
				}
				return m.Text
			}
			if b.Kind == postoffice.ToUser {
				look.inside(&h.Header, text)
				continue
			}
			name := b.Owner
			if name == "" {
				name = b.Name
			}
			where := of.ref + " " + name
			if n, ok := tokenAt(h.Subject); ok {
				place(n, where)
			} else {
				eachToken(text(), func(n int) { place(n, where) })
			}
		}
	}
	if of.po.Gateway == "" {
		return
	}
	for _, f := range []string{`\SMTP\FROM_NC.API`, `\SMTP\OUTBAD.API`, `\SMTP\TO_NC.API`} {
		if data, err := of.volume.ReadFile(f); err == nil {
			eachToken(data, func(n int) { place(n, of.ref+" "+f) })
		}
	}
}

// Text prints the summary for people.
func (s *Summary) Text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	m := &s.Messages
	span := time.Duration(s.VirtualSeconds * float64(time.Second)).Round(time.Second)
	fmt.Fprintf(w, "%s: %v of virtual time", s.Site, span)
	if s.WallSeconds > 0 {
		fmt.Fprintf(w, " in %.2f s", s.WallSeconds)
	}
	fmt.Fprintf(w, ", %d steps, seed %d\n", s.Steps, s.Seed)
	fmt.Fprintf(w, "messages\t%d offered, %d accepted, %d refused\n", m.Offered, m.Accepted, m.Refused)
	fmt.Fprintf(w, "\t%d delivered, %d waiting, %d returned, %d duplicated, %d lost\n", m.Delivered, m.Waiting, m.Returned, m.Duplicated, m.Lost)
	for _, r := range s.Waiting {
		fmt.Fprintf(w, "\twaiting: %d in %s\n", r.Count, r.Where)
	}
	for _, d := range []struct{ key, name string }{{"in", "inbound"}, {"out", "outbound"}} {
		x := s.Directions[d.key]
		if x.Offered == 0 {
			continue
		}
		fmt.Fprintf(w, "%s\t%d of %d delivered, %d a day, delay median %s, 95%% %s, maximum %s\n", d.name, x.Delivered, x.Offered, x.PerDay,
			seconds(x.DelaySeconds.Median), seconds(x.DelaySeconds.P95), seconds(x.DelaySeconds.Max))
	}
	for _, p := range s.PCs {
		state := p.Phase
		if p.Prompt != "" {
			state += ": " + p.Prompt
		}
		fmt.Fprintf(w, "%s\t%s %s, %d cycles, %d spawns, %d prompts, at most %d handles\n", p.Name, strings.ToUpper(p.Program), state,
			p.Cycles, p.Spawns, p.Prompts, p.HandlesMax)
	}
	fmt.Fprintf(w, "digest\t%s\n", s.Digest)
	if s.Repeat != "" {
		fmt.Fprintf(w, "repeat\t%s\n", s.Repeat)
	}
	return w.Flush()
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}
