package timeline

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// row is one line of a drawing.
type row struct {
	n     uint64 // ordinal of its first event
	time  int64
	x     *entry   // nil: a mark
	more  []*entry // merged into it: the program's next operations on the file
	mark  string
	cycle *Cycle // the mark tells a wait cycle
	left  uint64 // events before it that are left out for want of room
	from  int64  // time of the first of them
}

// view is what one drawing shows.
type view struct {
	rows    []row
	lanes   []*lane // those with something to show, the ones that wait first
	holds   []*Hold
	dropped uint64 // events left out for want of room
	private uint64 // remembered events that only one PC has to do with
}

// wanted reports whether an event belongs to the short form.
func (t *Timeline) wanted(e *entry) bool {
	if t.o.All || e.anchor() {
		return true
	}
	return e.file != nil && e.file.contested() && !(e.Op == "find" && e.Result != "")
}

// view selects what fits into so many rows, not counting marks. With merge a
// row may tell several operations, so that more events fit.
func (t *Timeline) view(rows int, merge bool) *view {
	if t.o.Rows > 0 {
		rows = t.o.Rows
	}
	if !merge {
		return t.viewOf(rows, false).finish(t)
	}
	events := rows * 4
	for {
		v := t.viewOf(events, true)
		n := len(v.rows) - 1 // the end
		if n <= rows || events <= rows {
			return v.finish(t)
		}
		events = max(rows, events*rows/n-1)
	}
}

// viewOf selects at most limit events.
func (t *Timeline) viewOf(limit int, merge bool) *view {
	v := &view{}
	list, lost := t.pick(v)
	chosen := nearest(list, limit)
	var left, next uint64 = 0, 1
	m := newMerger()
	for i, x := range list {
		left += lost[i]
		if !chosen[i] {
			left++
			continue
		}
		if left > 0 {
			m = newMerger() // what is on both sides of a hole is apart
		}
		if merge && m.merge(v, x) {
			next = x.n + 1
			continue
		}
		r := row{n: x.n, time: x.at, x: x, left: left}
		if left > 0 {
			r.from = t.timeAfter(next)
			v.dropped += left
		}
		v.rows = append(v.rows, r)
		m.add(v)
		left, next = 0, x.n+1
	}
	left += lost[len(list)]
	v.dropped += left
	v.rows = append(v.rows, row{n: t.seen + 1, time: t.end, mark: "end of the trace", left: left, from: t.timeAfter(next)})
	return v
}

func (v *view) finish(t *Timeline) *view {
	t.addMarks(v)
	t.choose(v)
	return v
}

// pick returns the events of interest, and how many were forgotten before
// each of them, and after the last.
func (t *Timeline) pick(v *view) (list []*entry, lost []uint64) {
	var gap uint64
	next := uint64(1)
	for i := range t.entries {
		x := &t.entries[i]
		gap += x.n - next
		next = x.n + 1
		if !t.wanted(x) {
			v.private++
			continue
		}
		list, lost = append(list, x), append(lost, gap)
		gap = 0
	}
	return list, append(lost, gap+t.seen+1-next)
}

func (t *Timeline) timeAfter(n uint64) int64 {
	i := sort.Search(len(t.entries), func(i int) bool { return t.entries[i].n >= n })
	if i == len(t.entries) {
		return t.end
	}
	return t.entries[i].at
}

// nearest chooses at most limit events: those of interest by themselves, and
// as many before each of them and before the end as fit; after them a quarter
// of that, after a start less. Of more events of interest than fit the first and the last half.
func nearest(list []*entry, limit int) []bool {
	chosen := make([]bool, len(list))
	if len(list) <= limit {
		for i := range chosen {
			chosen[i] = true
		}
		return chosen
	}
	distance := make([]int, len(list))
	d := 0
	for i := len(list) - 1; i >= 0; i-- {
		if d++; list[i].anchor() {
			d = 0
			if list[i].Op == "boot" { // what went before it is of no interest
				d = len(list)
			}
			distance[i] = 0
			continue
		}
		distance[i] = d
	}
	d = len(list)
	step := 4
	for i, x := range list {
		if d += step; x.anchor() {
			d, step = 0, 4
			if x.Op == "boot" { // a start is read for a moment only
				step = 40
			}
		}
		distance[i] = min(distance[i], d)
	}
	sorted := slices.Clone(distance)
	slices.Sort(sorted)
	reach := sorted[limit] // the first that does not fit
	n := 0
	for i := range list {
		if distance[i] < reach {
			chosen[i] = true
			n++
		}
	}
	for i := 0; i < len(list) && n < limit/2; i++ { // only when all of one distance are too many
		if !chosen[i] && distance[i] == reach {
			chosen[i] = true
			n++
		}
	}
	for i := len(list) - 1; i >= 0 && n < limit; i-- {
		if !chosen[i] && distance[i] == reach {
			chosen[i] = true
			n++
		}
	}
	return chosen
}

// mergedMax bounds the operations told in one row.
const mergedMax = 64

// merger adds an operation to the row before it of the same PC when the same
// program goes on with the same file, and nobody else came to that file.
type merger struct {
	last map[*lane]int // row of each lane
	file map[*file]int // row of each file
}

func newMerger() *merger { return &merger{map[*lane]int{}, map[*file]int{}} }

func (m *merger) merge(v *view, x *entry) bool {
	i, ok := m.last[x.lane]
	if !ok || x.anchor() || x.file == nil || m.file[x.file] != i {
		return false
	}
	r := &v.rows[i]
	if r.x.anchor() || r.x.Who != x.Who || r.x.Object != x.Object || len(r.more) >= mergedMax {
		return false
	}
	if last := r.last(); last.Result != "" || x.Result != "" || x.Time-last.Time > 2e9 {
		return false
	}
	r.more = append(r.more, x)
	return true
}

// add notes the row that was appended last.
func (m *merger) add(v *view) {
	i := len(v.rows) - 1
	x := v.rows[i].x
	m.last[x.lane] = i
	if x.file != nil {
		m.file[x.file] = i
	}
}

// last returns the last event of a row that has one.
func (r *row) last() *entry {
	if n := len(r.more); n > 0 {
		return r.more[n-1]
	}
	return r.x
}

// addMarks puts the caller's marks and the wait cycles between the rows.
func (t *Timeline) addMarks(v *view) {
	var out []row
	marks, cycles := t.marks, t.cycles
	for _, r := range v.rows {
		for {
			// A cycle stands behind the prompt that closed it.
			cycle := len(cycles) > 0 && cycles[0].first < r.n
			mark := len(marks) > 0 && (marks[0].Time < r.time || r.x == nil) // the end comes after everything
			if cycle && (!mark || cycles[0].At <= marks[0].Time) {
				c := cycles[0]
				out = append(out, row{n: r.n, time: c.At, mark: "wait cycle: " + ring(c.Edges), cycle: c})
				cycles = cycles[1:]
			} else if mark {
				out = append(out, row{n: r.n, time: marks[0].Time, mark: plain(marks[0].Text)})
				marks = marks[1:]
			} else {
				break
			}
		}
		out = append(out, r)
	}
	// What was left out stands before the mark, too.
	for i := len(out) - 1; i > 0; i-- {
		if out[i].left > 0 && out[i-1].x == nil && out[i-1].left == 0 {
			out[i-1].left, out[i-1].from, out[i].left = out[i].left, out[i].from, 0
		}
	}
	v.rows = out
}

// ring says "GW1 > GW2 > GW1".
func ring(edges []Edge) string {
	var b strings.Builder
	for _, e := range edges {
		b.WriteString(plain(e.PC) + " > ")
	}
	return b.String() + plain(edges[0].PC)
}

// choose finds the lanes and holds that the rows speak of.
func (t *Timeline) choose(v *view) {
	used := map[*lane]int{} // 1: those that wait or are waited for
	held := map[*Hold]bool{}
	hold := func(h *Hold) {
		if h != nil && !held[h] && (t.o.All || h.file.contested() || h.waited) {
			held[h] = true
			v.holds = append(v.holds, h)
		}
	}
	for i := range v.rows {
		r := &v.rows[i]
		if r.x == nil {
			continue
		}
		for _, x := range append([]*entry{r.x}, r.more...) {
			// A PC that only starts has nothing to show.
			if _, ok := used[x.lane]; !ok && (x.Op != "boot" || t.o.All) {
				used[x.lane] = 2
			}
			hold(x.hold)
			if w := x.wait; w != nil {
				used[w.lane] = 1
				if w.holder != nil {
					used[w.holder.lane] = 1
					hold(w.holder)
				}
			}
		}
	}
	for _, l := range t.lanes {
		for _, h := range l.holds { // open at the end
			if used[l] != 0 {
				hold(h)
			}
		}
		if used[l] != 0 {
			v.lanes = append(v.lanes, l)
		}
	}
	slices.SortStableFunc(v.lanes, func(a, b *lane) int { return used[a] - used[b] })
	slices.SortFunc(v.holds, func(a, b *Hold) int {
		if a.first < b.first {
			return -1
		}
		return 1
	})
	v.rows = slices.DeleteFunc(v.rows, func(r row) bool { return r.x != nil && used[r.x.lane] == 0 })
}

// bar is a hold as rows of a view and a slot of its lane.
type bar struct {
	*Hold
	begin, end int // indices of rows
	slot       int
	lasts      bool // to the end of the trace
}

// bars places the holds of a view. A slot is free again in the row after.
func (v *view) bars(slots int) []bar {
	var out []bar
	busy := map[*lane][]int{} // last row of each slot
	at := map[uint64]int{}
	for i := range v.rows {
		if r := &v.rows[i]; r.x != nil {
			at[r.x.n] = i
			for _, m := range r.more {
				at[m.n] = i
			}
		}
	}
	after := func(n uint64) int { return sort.Search(len(v.rows), func(i int) bool { return v.rows[i].n > n }) }
	for _, h := range v.holds {
		begin, ok := at[h.first]
		if !ok {
			begin = after(h.first)
		}
		end := len(v.rows) - 1
		if h.last != 0 {
			if end, ok = at[h.last]; !ok {
				end = after(h.last) - 1
			}
		}
		if begin > end {
			continue
		}
		b := bar{h, begin, end, -1, h.last == 0}
		for s, last := range busy[h.lane] {
			if last < begin {
				b.slot = s
				break
			}
		}
		if b.slot < 0 {
			if len(busy[h.lane]) == slots {
				continue
			}
			b.slot = len(busy[h.lane])
			busy[h.lane] = append(busy[h.lane], 0)
		}
		busy[h.lane][b.slot] = end
		out = append(out, b)
	}
	return out
}

// summary says in one sentence what is shown and what is not.
func (t *Timeline) summary(v *view) string {
	shown := uint64(0)
	for i := range v.rows {
		if v.rows[i].x != nil {
			shown += 1 + uint64(len(v.rows[i].more))
		}
	}
	s := fmt.Sprintf("%s of %s events", number(shown), number(t.seen))
	if t.o.Untimed {
		s += " of an explored run, in which time does not count"
	} else {
		s += " in " + lasting(t.end-t.start) + " of virtual time"
	}
	if !t.o.All && v.private > 0 {
		s += "; not shown: what no other PC has to do with"
	}
	if v.dropped > 0 {
		s += fmt.Sprintf("; left out for want of room: %s farther from prompts and the end", number(v.dropped))
	}
	return s
}

// words says what an event is, without its PC and time: "SMTPGET open
// M:\SMTP\X: sharing violation".
func (r *row) words() string {
	x := r.x
	var b strings.Builder
	switch {
	case x.Op == "prompt":
		return waitWords(x.wait)
	case x.Op == "answer" && x.wait != nil:
		b.WriteString("answered " + x.Result)
		return plain(b.String())
	case x.Op == "power-off", x.Op == "boot":
		b.WriteString(strings.ReplaceAll(x.Op, "-", " "))
	default:
		if x.program != "" {
			b.WriteString(x.program + " ")
		}
		op, size := x.Op, x.Size
		for _, m := range r.more {
			if m.Op != op {
				b.WriteString(opWords(op, size) + ", ")
				op, size = m.Op, 0
			}
			size += m.Size
		}
		b.WriteString(opWords(op, size))
	}
	if x.Object != "" {
		b.WriteString(" " + x.Object)
	}
	if last := r.last(); last.Result != "" {
		b.WriteString(": " + last.Result)
	}
	return plain(b.String())
}

func opWords(op string, size int) string {
	if size != 0 {
		return fmt.Sprintf("%s %d", op, size)
	}
	return op
}

// waitWords says what a prompt is about.
func waitWords(w *Wait) string {
	s := w.Program + " WAITS for " + w.File
	switch {
	case w.holder != nil:
		s += ", held by " + w.holder.PC + "/" + w.holder.Program
	case w.violation():
		s += ", held by nobody known"
	default:
		s += ": " + w.Reason
	}
	return plain(s)
}
