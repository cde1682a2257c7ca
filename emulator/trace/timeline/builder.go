package timeline

import (
	"fmt"
	"io"
	"slices"
	"time"

	"gwkit/emulator/trace"
)

// Options of a timeline. The zero value is usable.
type Options struct {
	// Title stands above the drawing: the site, the seed, the command.
	Title string

	// Start is the virtual begin of the run, which clocks count from and
	// whose zone dates are printed in. Zero: the first event, UTC.
	Start time.Time

	// Drive names the volume behind a PC's drive, such as "COMPANY/HUB", so
	// that equal names on two PCs are known to be one file or two; "" is a
	// disk of the PC's own. nil: a letter above C is one volume for all.
	Drive func(pc string, letter byte) string

	// Untimed says that the run was explored: its clock stands still while much
	// happens, so places are the steps of the trace, in Marks as well.
	Untimed bool

	// All shows every event instead of what several PCs have to do with.
	All bool

	// Limit is how many events are remembered for a drawing, Rows how many
	// a drawing shows. 0: 40,000, and what suits the form.
	Limit int
	Rows  int

	// Marks are sentences of the caller's own, such as a phase of a script
	// or an invariant that broke.
	Marks []Mark
}

// Mark is a sentence at a virtual time, in nanoseconds since the Unix epoch. It
// stands before the first event that is later.
type Mark struct {
	Time int64 // or a step
	Text string
}

const (
	limitDefault = 40_000
	marksMax     = 200
)

// entry is an event with what the tracker made of it.
type entry struct {
	trace.Event
	n  uint64 // ordinal in what the builder was given, from 1
	at int64  // place in the drawing
	seen
}

// anchor reports whether the event is always of interest, and what happened
// around it too.
func (e *entry) anchor() bool {
	switch e.Op {
	case "prompt", "answer", "power-off", "boot":
		return true
	}
	return false
}

// Builder makes a timeline of a run under way. It is a trace.Sink.
type Builder struct {
	o    Options
	t    *tracker
	head []entry // the first events
	ring []entry // the last, oldest at begin
	from int
	kept []entry // those before and around prompts
	due  int     // how many more belong to the last anchor
	busy activity

	start int64
}

// NewBuilder returns a builder that has seen nothing.
func NewBuilder(o Options) *Builder {
	if o.Limit <= 0 {
		o.Limit = limitDefault
	}
	o.Limit = max(o.Limit, 64)
	b := &Builder{o: o, t: newTracker(&o)}
	switch {
	case o.Untimed:
		b.busy.width = 1
	case !o.Start.IsZero():
		b.start = o.Start.UnixNano()
	}
	return b
}

// Event implements trace.Sink.
func (b *Builder) Event(e *trace.Event) {
	if b.t.n == 0 && b.o.Start.IsZero() {
		b.o.Start = time.Unix(0, e.Time).UTC()
		if !b.o.Untimed {
			b.start = e.Time
		}
	}
	s := b.t.event(e)
	b.busy.add(s.lane.order, b.t.now-b.start)
	x := entry{*e, b.t.n, b.t.now, s}
	switch {
	case len(b.head) < b.o.Limit/8:
		b.head = append(b.head, x)
		return
	case x.anchor():
		b.keep(x)
		return
	case b.due > 0 && len(b.kept) < b.room():
		b.due--
		b.kept = append(b.kept, x)
		return
	}
	b.push(x)
}

// room is how many events around prompts are kept.
func (b *Builder) room() int { return b.o.Limit / 2 }

// keep takes over the events before an anchor and itself. A run with thousands
// of prompts keeps more of the first; the last ones are in the ring.
func (b *Builder) keep(x entry) {
	spare := b.room() - len(b.kept)
	if spare <= 0 {
		b.due = 0
		b.push(x)
		return
	}
	last := b.recent()
	n := min(len(last), spare-1, max(spare/4, 32))
	b.kept = append(append(b.kept, last[len(last)-n:]...), x)
	b.ring, b.from = b.ring[:0], 0
	b.due = min(n/4+8, b.room()/16+8)
}

func (b *Builder) push(x entry) {
	if len(b.ring) < b.o.Limit/4 {
		b.ring = append(b.ring, x)
		return
	}
	b.ring[b.from] = x
	b.from = (b.from + 1) % len(b.ring)
}

// recent returns the ring, oldest first.
func (b *Builder) recent() []entry {
	return append(slices.Clone(b.ring[b.from:]), b.ring[:b.from]...)
}

// Timeline is a run that can be drawn.
type Timeline struct {
	o       Options
	start   int64 // virtual nanoseconds since the Unix epoch, or a step
	end     int64
	seen    uint64 // events of the run
	entries []entry
	lanes   []*lane
	cycles  []*Cycle
	marks   []Mark
	busy    activity
	waits   []*Wait
	notes   []string
}

// Build reads the events of a run, in their order.
func Build(events []trace.Event, o Options) *Timeline {
	b := NewBuilder(o)
	for i := range events {
		b.Event(&events[i])
	}
	return b.Timeline()
}

// Timeline returns what the events so far show. The builder is used up.
func (b *Builder) Timeline() *Timeline {
	t := &Timeline{o: b.o, start: b.start, end: max(b.t.now, b.start), seen: b.t.n, lanes: b.t.lanes, cycles: b.t.cycles, busy: b.busy}
	if t.o.Title == "" {
		t.o.Title = "timeline"
	}
	if t.o.Start.IsZero() {
		t.o.Start = time.Unix(0, b.start).UTC()
	}
	t.entries = append(append(b.head, b.kept...), b.recent()...)
	// An anchor may come between the events that the ring held and those
	// that were kept.
	slices.SortFunc(t.entries, func(x, y entry) int {
		if x.n < y.n {
			return -1
		}
		return 1
	})
	t.marks = slices.Clone(t.o.Marks)
	slices.SortStableFunc(t.marks, func(x, y Mark) int {
		switch {
		case x.Time < y.Time:
			return -1
		case x.Time > y.Time:
			return 1
		}
		return 0
	})
	if len(t.marks) > marksMax {
		t.notes = append(t.notes, fmt.Sprintf("%d marks after the first %d are left out", len(t.marks)-marksMax, marksMax))
		t.marks = t.marks[:marksMax]
	}
	if b.t.tooManyFiles {
		t.notes = append(t.notes, fmt.Sprintf("more than %d file names: who shares the later ones is not known", filesMax))
	}
	for i := range t.entries {
		if w := t.entries[i].wait; w != nil && t.entries[i].Op == "prompt" {
			t.waits = append(t.waits, w)
		}
	}
	return t
}

// Cycle returns the wait cycle that stands at the end of the run, or else the
// last that there was; nil for none. Each edge waits for the next one's PC, the
// last for the first's.
func (t *Timeline) Cycle() []Edge {
	if c := t.cycle(); c != nil {
		return slices.Clone(c.Edges)
	}
	return nil
}

func (t *Timeline) cycle() *Cycle {
	for i := len(t.cycles) - 1; i >= 0; i-- {
		if t.cycles[i].last == 0 {
			return t.cycles[i]
		}
	}
	if n := len(t.cycles); n > 0 {
		return t.cycles[n-1]
	}
	return nil
}

// Cycles returns all wait cycles in the order in which they formed, the first
// and the last ones when there were many.
func (t *Timeline) Cycles() []Cycle {
	var out []Cycle
	for _, c := range t.cycles {
		out = append(out, Cycle{At: c.At, Until: c.Until, Edges: slices.Clone(c.Edges)})
	}
	return out
}

// Waits returns the prompts that the timeline remembers, in order.
func (t *Timeline) Waits() []Wait {
	var out []Wait
	for _, w := range t.waits {
		c := *w
		c.file, c.lane, c.holder = nil, nil, nil
		out = append(out, c)
	}
	return out
}

// Formats lists what NewWriter writes, sorted.
var Formats = []string{"chrome", "columns", "html", "json", "mermaid", "text"}

// NewWriter returns a writer of the named format: those of trace.NewWriter and
// chrome event by event, the drawings at Close.
func NewWriter(w io.Writer, format string, o Options) (trace.Writer, error) {
	switch format {
	case "chrome":
		return newPerfetto(w, o), nil
	case "columns":
		return &drawing{NewBuilder(o), w, (*Timeline).Text}, nil
	case "html":
		return &drawing{NewBuilder(o), w, (*Timeline).HTML}, nil
	case "mermaid":
		return &drawing{NewBuilder(o), w, (*Timeline).Mermaid}, nil
	case "", "text", "json":
		return trace.NewWriter(w, format, o.Start.UnixNano())
	}
	return nil, fmt.Errorf("cannot write a trace as %q: the formats are chrome, columns, html, json, mermaid and text", format)
}

type drawing struct {
	*Builder
	w    io.Writer
	draw func(*Timeline, io.Writer) error
}

func (d *drawing) Close() error { return d.draw(d.Timeline(), d.w) }
