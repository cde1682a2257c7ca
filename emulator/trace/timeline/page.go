package timeline

import (
	"bufio"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math/bits"
	"strings"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("timeline").Parse(pageText))

const (
	pageRows  = 1500
	pageSlots = 8
	pageWidth = 58 // characters of a lane at most
	pageWaits = 96 // of one with a prompt
	colours   = 8
)

// Sizes of the drawing in pixels. charWide is that of the widest of the usual
// monospaced fonts at the page's size.
const (
	rowHigh  = 20
	leftHigh = 26
	timeWide = 108
	slotWide = 9
	charWide = 7.3
	lanePad  = 14

	stripWide  = 1000
	stripHigh  = 16
	stripNames = 90
	stripLanes = 40
	tickWide   = 80 // of a clock below it
)

// page is what the template prints. Strings are raw: the template escapes.
type page struct {
	Title, Summary, Started string
	TimeHead                string
	Untimed                 bool
	Notes                   []string
	Cycle                   *pageCycle
	Cycles                  int
	Waits                   []pageWait
	WaitsMore               int
	Strip                   strip
	Lanes                   []pageLane
	Width, Height, HeadHigh int
	Bands                   []shape // waits
	Bars                    []shape
	Lines                   []line
	Marks                   []line // over everything else
	Arrows                  []shape
}

type pageCycle struct {
	Ring, Since, End string
	Edges            []pageEdge
}

type pageEdge struct {
	Edge
	Held, Waits string
}

type pageWait struct {
	Row  int
	Text string
	Time string
}

type pageLane struct {
	Name        string
	X, Wide     int
	TextX, Mark int
	Class       string
}

// shape is a box, or an arrow from X to X2.
type shape struct {
	X, X2, Y, Wide, High int
	Class, Title         string
}

// line is a row of text.
type line struct {
	Row       int
	Y, X      int
	Base      int
	Time      string
	Text      string
	Title     string
	Class     string
	Full      bool   // across all lanes
	Later     string // time since the row before, when that is long
	LineClass string
}

type strip struct {
	High  int
	Lanes []stripLane
	Ticks []tick
}

type stripLane struct {
	Name  string
	Y     int
	Base  int
	Boxes []shape
}

type tick struct {
	X    int
	Text string
	End  string
}

// HTML draws the run as one page that needs nothing beside itself: no script,
// no font, no network. Each event's line of the text trace shows when the
// pointer rests on it.
func (t *Timeline) HTML(w io.Writer) error {
	v := t.view(pageRows, false)
	p := &page{Title: plain(t.o.Title), Summary: t.summary(v), Started: t.o.Start.Format("2006-01-02 15:04:05 -0700"), TimeHead: t.timeHead(), Untimed: t.o.Untimed, Notes: t.notes, Cycles: len(t.cycles)}
	if c := t.cycle(); c != nil {
		p.Cycle = &pageCycle{Ring: ring(c.Edges), Since: t.clock(c.At), End: t.cycleEnd(c)}
		for _, e := range c.Edges {
			e.PC, e.Program, e.File, e.HeldBy = plain(e.PC), plain(e.Program), plain(e.File), plain(e.HeldBy)
			p.Cycle.Edges = append(p.Cycle.Edges, pageEdge{e, t.clock(e.HeldSince), t.clock(e.Since)})
		}
	}
	p.Strip = t.strip(v)
	t.layout(p, v)
	b := bufio.NewWriterSize(w, 64<<10)
	if err := pageTemplate.Execute(b, p); err != nil {
		return err
	}
	return b.Flush()
}

// layout gives everything in the drawing its place.
func (t *Timeline) layout(p *page, v *view) {
	bars := v.bars(pageSlots)
	slots, chars := map[*lane]int{}, map[*lane]int{}
	for _, b := range bars {
		slots[b.lane] = max(slots[b.lane], b.slot+1)
	}
	for i := range v.rows {
		if r := &v.rows[i]; r.x != nil {
			chars[r.x.lane] = max(chars[r.x.lane], width(r.short()))
		}
	}
	lanes := map[*lane]*pageLane{}
	x := timeWide
	for i, l := range v.lanes {
		name := plain(l.name)
		inner := slotWide*slots[l] + 6
		wide := lanePad + inner + int(charWide*float64(max(chars[l], width(name), 12))) + lanePad
		pl := &pageLane{Name: name, X: x, Wide: wide, TextX: x + lanePad + inner, Mark: x + lanePad}
		if i%2 == 1 {
			pl.Class = "odd"
		}
		lanes[l] = pl
		x += wide
	}
	p.Width = x

	across := timeWide + lanePad // where a text across all lanes begins
	if len(v.lanes) > 0 {
		across = lanes[v.lanes[0]].TextX
	}
	tops := make([]int, len(v.rows)) // of each row
	y := 6
	var before int64
	for i := range v.rows {
		r := &v.rows[i]
		if r.left > 0 {
			p.Marks = append(p.Marks, line{Y: y, Base: y + 17, X: across, Text: t.leftWords(r), Class: "left", Full: true})
			y += leftHigh
		}
		ln := line{Row: i, Time: t.clock(r.time), Text: r.mark, X: across, Class: "mark", Full: true}
		if gap := r.time - before; i > 0 && gap >= 60e9 && !t.o.Untimed {
			ln.Later = "+" + lasting(gap)
			y += 14
		}
		before = r.time
		tops[i] = y
		ln.Y, ln.Base = y, y+14
		if x := r.x; x != nil {
			l := lanes[x.lane]
			ln.X, ln.Text, ln.Title, ln.Full = l.TextX, r.short(), t.line(&x.Event), false
			ln.Class = classOf(x)
			if x.Op == "prompt" {
				p.wait(ln, x.wait)
			}
		} else if r.cycle != nil {
			ln.Class, ln.Title = "mark cycle", ln.Text
		}
		if ln.Full {
			p.Marks = append(p.Marks, ln)
		} else {
			p.Lines = append(p.Lines, ln)
		}
		y += rowHigh
	}
	p.Height = y + 10
	for _, l := range v.lanes {
		p.Lanes = append(p.Lanes, *lanes[l])
	}
	t.drawBars(p, v, bars, lanes, tops)
	t.drawWaits(p, v, bars, lanes, tops)
}

// short is what of the words a lane has room for.
func (r *row) short() string {
	if r.x.Op == "prompt" {
		return cut(r.words(), pageWaits)
	}
	return cut(r.words(), pageWidth)
}

// waitsListed bounds the list of prompts above the drawing.
const waitsListed = 12

func (p *page) wait(ln line, w *Wait) {
	if len(p.Waits) == waitsListed {
		p.WaitsMore++
		return
	}
	text := plain(w.PC) + "/" + waitWords(w)
	if w.Answer != "" {
		text += "; " + w.Answer
	} else if w.last == 0 {
		text += "; to the end"
	}
	p.Waits = append(p.Waits, pageWait{ln.Row, text, ln.Time})
}

func classOf(x *entry) string {
	switch {
	case x.Op == "prompt" && x.wait.cycle:
		return "prompt cycle"
	case x.Op == "prompt":
		return "prompt"
	case x.Op == "answer":
		return "answer"
	case x.Op == "power-off", x.Op == "boot":
		return "power"
	case x.Result != "":
		return "failed"
	case x.Op == "open", x.Op == "create":
		return "opens"
	case x.file == nil:
		return "other"
	}
	return "event"
}

func (t *Timeline) drawBars(p *page, v *view, bars []bar, lanes map[*lane]*pageLane, tops []int) {
	colour := 0
	for _, b := range bars {
		if b.file.colour == 0 {
			b.file.colour = colour%colours + 1
			colour++
		}
		title := plain(b.PC+"/"+b.Program+" holds "+b.File) + " from " + t.clock(b.From)
		if b.lasts {
			title += " to the end"
		} else {
			title += " to " + t.clock(b.Until) + " (" + b.End + ")"
		}
		class := fmt.Sprint("f", b.file.colour)
		if b.waited {
			class += " waited"
		}
		top := tops[b.begin] + 3
		p.Bars = append(p.Bars, shape{X: lanes[b.lane].Mark + b.slot*slotWide, Y: top, Wide: slotWide - 3,
			High: tops[b.end] + rowHigh - 3 - top, Class: class, Title: title})
	}
	for _, b := range bars { // another page of the same timeline begins anew
		b.file.colour = 0
	}
}

func (t *Timeline) drawWaits(p *page, v *view, bars []bar, lanes map[*lane]*pageLane, tops []int) {
	for i := range v.rows {
		r := &v.rows[i]
		if r.x == nil || r.x.Op != "prompt" {
			continue
		}
		w := r.x.wait
		end := len(v.rows) - 1
		if w.last != 0 {
			for end = i; end+1 < len(v.rows) && v.rows[end+1].n <= w.last; {
				end++
			}
		}
		class := "wait"
		if w.cycle {
			class = "wait cycle"
		}
		l := lanes[w.lane]
		p.Bands = append(p.Bands, shape{X: l.X + 3, Y: tops[i], Wide: l.Wide - 6, High: tops[end] + rowHigh - tops[i], Class: class,
			Title: plain(w.PC+"/") + waitWords(w) + " since " + t.clock(w.From)})
		for _, b := range bars {
			if b.Hold != w.holder || b.begin > i || b.end < i || b.lane == w.lane {
				continue
			}
			to := lanes[b.lane].Mark + b.slot*slotWide
			from := l.TextX - 4
			if to > from {
				from = l.TextX + int(charWide*float64(width(r.short()))) + 4
			} else {
				to += slotWide - 3
			}
			p.Arrows = append(p.Arrows, shape{X: from, X2: to, Y: tops[i] + rowHigh/2, Class: class, Title: "waits for " + plain(b.PC)})
		}
	}
}

// strip is the whole run on a linear scale.
func (t *Timeline) strip(v *view) strip {
	span := max(t.end-t.start, 1)
	at := func(ns int64) int {
		return stripNames + int(float64(stripWide-stripNames)*min(max(float64(ns-t.start)/float64(span), 0), 1))
	}
	var s strip
	for i, l := range v.lanes {
		if i == stripLanes {
			break
		}
		y := 4 + i*stripHigh
		sl := stripLane{Name: cut(plain(l.name), 13), Y: y, Base: y + 12}
		box := func(from, to int64, class, title string) {
			x := at(from)
			sl.Boxes = append(sl.Boxes, shape{X: x, Y: y + 2, Wide: max(at(to)-x, 2), High: stripHigh - 4, Class: class, Title: title})
		}
		t.drawBusy(l, box)
		for _, o := range l.spans {
			box(o.from, o.until, "off", "off "+t.clock(o.from)+" to "+t.clock(o.until))
		}
		if l.off != 0 {
			box(l.off, t.end, "off", "off since "+t.clock(l.off))
		}
		for _, w := range t.waits {
			if w.lane == l {
				class := "wait"
				if w.cycle {
					class = "wait cycle"
				}
				box(w.From, until(w.Until, w.last != 0, t.end), class, waitWords(w)+" since "+t.clock(w.From))
			}
		}
		s.Lanes = append(s.Lanes, sl)
	}
	s.High = 4 + len(s.Lanes)*stripHigh + 18
	for i := range int64(5) {
		ns := t.start + span/4*i
		if i == 4 {
			ns = t.end
		}
		if n := len(s.Ticks); n > 0 && at(ns)-s.Ticks[n-1].X < tickWide {
			continue // of a run that took no time there is one place
		}
		s.Ticks = append(s.Ticks, tick{at(ns), strings.TrimSuffix(t.clock(ns), ".000"), []string{"start", "middle", "middle", "middle", "end"}[i]})
	}
	return s
}

// drawBusy joins bins of equal shade.
func (t *Timeline) drawBusy(l *lane, box func(from, to int64, class, title string)) {
	if l.order >= len(t.busy.lanes) {
		return
	}
	bins := t.busy.lanes[l.order]
	for i := 0; i < len(bins); {
		j := i + 1
		shade := t.shade(bins[i])
		for j < len(bins) && t.shade(bins[j]) == shade {
			j++
		}
		if shade > 0 {
			box(t.start+int64(i)*t.busy.width, t.start+int64(j)*t.busy.width, fmt.Sprint("busy", shade), "")
		}
		i = j
	}
}

// shade is 0 for nothing and else 1 to 4, by the logarithm.
func (t *Timeline) shade(n uint32) int {
	if n == 0 {
		return 0
	}
	return 1 + 3*bits.Len32(n)/(bits.Len32(t.busy.max)+1)
}
