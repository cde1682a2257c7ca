package timeline

import (
	"bufio"
	"encoding/json"
	"io"

	"gwkit/emulator/trace"
)

// perfetto writes trace-event JSON: a process for each PC; on its first track
// programs as slices, one in another, with prompts as slices and operations as
// instants inside them; on the others the files held open, one track for each
// handle. Time is virtual, in microseconds; of an untimed run a
// step takes one.
type perfetto struct {
	w     *bufio.Writer
	t     *tracker
	start int64
	unit  float64 // of a place in microseconds
	open  bool
	err   error
	named map[[2]int]bool
	flows int
}

// newPerfetto returns a writer that prints events as they come. What lasts is
// printed when it ends, so the list is not in order of time; viewers sort.
func newPerfetto(w io.Writer, o Options) *perfetto {
	p := &perfetto{w: bufio.NewWriterSize(w, 64<<10), t: newTracker(&o), named: map[[2]int]bool{}, unit: 1e3}
	switch {
	case o.Untimed:
		p.unit = 1
	case !o.Start.IsZero():
		p.start = o.Start.UnixNano()
	default:
		p.start = -1
	}
	p.t.laneBegan = p.lane
	p.t.holdEnded = p.hold
	p.t.waitBegan = p.flow
	p.t.waitEnded = p.wait
	p.t.programEnded = p.program
	return p
}

// slice is one trace event; see the Trace Event Format of Chromium.
type slice struct {
	Phase    string         `json:"ph"`
	Name     string         `json:"name"`
	Category string         `json:"cat,omitempty"`
	Time     *float64       `json:"ts,omitempty"`
	Duration *float64       `json:"dur,omitempty"`
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	Scope    string         `json:"s,omitempty"`
	ID       int            `json:"id,omitempty"`
	Bind     string         `json:"bp,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

func (p *perfetto) put(s slice) {
	b, err := json.Marshal(s)
	if err != nil { // plain strings and numbers always marshal
		p.err = err
		return
	}
	if p.open {
		p.w.WriteString(",\n")
	} else {
		p.w.WriteString("[\n")
		p.open = true
	}
	p.w.Write(b) // the error is kept by bufio and returned by Close
}

func (p *perfetto) at(ns int64) *float64 {
	us := float64(ns-p.start) / p.unit
	return &us
}

const programTrack = 1

func (p *perfetto) lane(l *lane) {
	p.put(slice{Phase: "M", Name: "process_name", Process: l.order + 1, Args: map[string]any{"name": plain(l.name)}})
	p.track(l, programTrack, "programs")
}

func (p *perfetto) track(l *lane, id int, name string) {
	key := [2]int{l.order, id}
	if p.named[key] {
		return
	}
	p.named[key] = true
	p.put(slice{Phase: "M", Name: "thread_name", Process: l.order + 1, Thread: id, Args: map[string]any{"name": name}})
	p.put(slice{Phase: "M", Name: "thread_sort_index", Process: l.order + 1, Thread: id, Args: map[string]any{"sort_index": id}})
}

func holdTrack(h *Hold) int { return programTrack + 1 + h.slot }

func (p *perfetto) lasting(l *lane, track int, category, name string, from, until int64, args map[string]any) {
	d := float64(max(until-from, 0)) / p.unit
	p.put(slice{Phase: "X", Name: plain(name), Category: category, Time: p.at(from), Duration: &d, Process: l.order + 1, Thread: track, Args: args})
}

func (p *perfetto) hold(h *Hold) {
	p.track(h.lane, holdTrack(h), "files")
	p.lasting(h.lane, holdTrack(h), "hold", h.File, h.From, until(h.Until, h.End != "", p.t.now),
		map[string]any{"program": plain(h.Program), "by": h.Op, "end": h.End, "waited for": h.waited})
}

func until(at int64, over bool, now int64) int64 {
	if over {
		return at
	}
	return now
}

func (p *perfetto) program(x *program) {
	p.lasting(x.lane, programTrack, "program", x.name, x.from, until(x.until, x.over, p.t.now), nil)
}

func (p *perfetto) wait(w *Wait) {
	args := map[string]any{"reason": plain(w.Reason), "answer": plain(w.Answer), "wait cycle": w.cycle}
	if w.holder != nil {
		args["held by"] = plain(w.holder.PC + "/" + w.holder.Program)
	}
	p.lasting(w.lane, programTrack, "prompt", "prompt "+w.File, w.From, until(w.Until, w.last != 0, p.t.now), args)
}

// flow is an arrow from a prompt to the hold it waits for.
func (p *perfetto) flow(w *Wait) {
	if w.holder == nil {
		return
	}
	p.flows++
	h := w.holder
	p.put(slice{Phase: "s", Name: "waits for", Category: "wait", Time: p.at(w.From), Process: w.lane.order + 1, Thread: programTrack, ID: p.flows})
	p.put(slice{Phase: "f", Name: "waits for", Category: "wait", Time: p.at(w.From), Process: h.lane.order + 1, Thread: holdTrack(h), ID: p.flows, Bind: "e"})
}

// Event implements trace.Sink.
func (p *perfetto) Event(e *trace.Event) {
	if p.start == -1 {
		p.start = e.Time
	}
	s := p.t.event(e)
	p.instant(e, p.t.now, s.lane)
	if s.wait != nil && e.Op == "prompt" && s.wait.cycle {
		c := p.t.cycles[len(p.t.cycles)-1]
		p.put(slice{Phase: "i", Scope: "g", Name: "wait cycle: " + ring(c.Edges), Category: "cycle", Time: p.at(p.t.now),
			Process: s.lane.order + 1, Thread: programTrack, Args: map[string]any{"edges": sentences(c)}})
	}
}

func sentences(c *Cycle) []string {
	var out []string
	for _, e := range c.Edges {
		out = append(out, e.String())
	}
	return out
}

func (p *perfetto) instant(e *trace.Event, at int64, l *lane) {
	args := map[string]any{"who": plain(e.Who), "step": e.Step}
	if e.Object != "" {
		args["object"] = plain(e.Object)
	}
	if e.Result != "" {
		args["result"] = plain(e.Result)
	}
	if e.Size != 0 {
		args["bytes"] = e.Size
	}
	p.put(slice{Phase: "i", Scope: "t", Name: plain(e.Op), Time: p.at(at), Process: l.order + 1, Thread: programTrack, Args: args})
}

// Close prints what still lasts.
func (p *perfetto) Close() error {
	for _, l := range p.t.lanes {
		for _, x := range l.programs {
			p.program(x)
		}
		if l.wait != nil {
			p.wait(l.wait)
		}
		for _, h := range l.holds {
			p.hold(h)
		}
	}
	if !p.open {
		p.w.WriteString("[")
	}
	p.w.WriteString("\n]\n")
	if err := p.w.Flush(); err != nil {
		return err
	}
	return p.err
}

// Perfetto writes what the timeline remembers as trace-event JSON. A long run
// is better written event by event, with NewWriter and the format chrome.
func (t *Timeline) Perfetto(w io.Writer) error {
	p := newPerfetto(w, t.o)
	p.start = t.start
	p.t.now = t.end
	for _, l := range t.lanes {
		p.lane(l)
	}
	held := map[*Hold]bool{}
	for i := range t.entries {
		x := &t.entries[i]
		p.instant(&x.Event, x.at, x.lane)
		if w := x.wait; w != nil && x.Op == "prompt" {
			p.flow(w)
			p.wait(w)
			if h := w.holder; h != nil && !held[h] {
				held[h] = true
				p.hold(h)
			}
		}
		if x.ran != nil {
			p.program(x.ran)
		}
		if x.hold != nil && !held[x.hold] {
			held[x.hold] = true
			p.hold(x.hold)
		}
	}
	for _, c := range t.cycles {
		p.put(slice{Phase: "i", Scope: "g", Name: "wait cycle: " + ring(c.Edges), Category: "cycle", Time: p.at(c.At),
			Process: c.waits[0].lane.order + 1, Thread: programTrack, Args: map[string]any{"edges": sentences(c)}})
	}
	for _, m := range t.marks {
		p.put(slice{Phase: "i", Scope: "g", Name: plain(m.Text), Category: "mark", Time: p.at(m.Time), Process: 1, Thread: programTrack})
	}
	return p.Close()
}
