package invariant

import (
	"strings"

	"gwkit/emulator/trace"
)

// Checker reads the events of one run after another and judges each. It is for
// one goroutine.
type Checker struct {
	volume func(pc string, letter byte) string

	// Names keep their numbers from run to run, so a search pays for them once.
	whos    []actor
	whoByID map[string]int32
	pcs     []computer
	pcByID  map[string]int32
	vols    []volume
	volByID map[string]int32
	further []string // names of parts behind partNames
	last    int32    // who acted last: most often the same again

	// The run.
	events  int
	seen    Condition
	meets   int   // events of a PC while another was inside the same \SMTP\
	open    int32 // message parts open on all volumes
	foreign []processing
	results []Result
	next    []int32 // scratch of the search for cycles
}

// nearby is how many actors are looked for without the map: two gateway PCs
// with three programs each, and two more.
const nearby = 8

type actor struct {
	name string // "GW1/SMTPGET"
	pc   int32
}

type computer struct {
	name string
	vols [26]int32 // number of the volume + 1 behind a letter; 0: not asked yet, -1: none
	open int32     // message parts open
}

// volume is one \SMTP\ directory.
type volume struct {
	name  string
	parts []part
	open  int32   // handles to parts
	by    []int32 // of them, by PC
}

type part struct {
	maker   int32 // actor + 1; 0: nobody knows
	exists  bool
	flagged int32 // PC + 1 that was last reported to have this part open though another made it
	open    []opening
}

type opening struct {
	who   int32
	since int64
}

// processing is a PC at work on the part of another.
type processing struct {
	who, maker int32
	vol, part  int32
	verb       string
	event      int
	count      int
}

// NewChecker returns a Checker for runs on one site. For volume see
// History.Volume; it must answer the same in all runs.
func NewChecker(volume func(pc string, letter byte) string) *Checker {
	return &Checker{volume: volume, whoByID: map[string]int32{}, pcByID: map[string]int32{}, volByID: map[string]int32{}}
}

// Reset forgets the run but not the site.
func (c *Checker) Reset() {
	c.events, c.seen, c.meets, c.open, c.foreign = 0, 0, 0, 0, c.foreign[:0]
	for i := range c.pcs {
		c.pcs[i].open = 0
	}
	for i := range c.vols {
		v := &c.vols[i]
		v.open = 0
		clear(v.by)
		for j := range v.parts {
			p := &v.parts[j]
			p.maker, p.exists, p.flagged, p.open = 0, false, 0, p.open[:0]
		}
	}
}

// Together returns how many events on message parts PCs had while another PC
// had a part open in the same \SMTP\.
func (c *Checker) Together() int { return c.meets }

// Check judges the events since Reset with what else h tells of the run, in
// the order of All. h.Events is not judged again; it adds to texts. The slice
// is good until the next Check.
func (c *Checker) Check(h *History) []Result {
	if c.results == nil {
		c.results = make([]Result, len(All))
	}
	for i := range All {
		c.results[i] = Result{Invariant: All[i].Name}
		All[i].check(c, h, &c.results[i])
	}
	return c.results
}

// Event implements trace.Sink.
func (c *Checker) Event(e *trace.Event) {
	c.events++
	if name := inSMTP(e.Object); name != "" {
		n := partOf(name)
		if n == notAPart {
			n = c.furtherPart(name)
		}
		if n != notAPart {
			c.partEvent(e, n)
		}
	}
	// Of all other events only these few matter.
	if op := e.Op; len(op) > 3 {
		switch op[0] {
		case 'p':
			switch op {
			case "prompt":
				c.seen |= PromptShown
			case "power-off":
				c.powerOff(e.Who)
			}
		case 'a':
			if op == "answer" {
				c.seen |= PromptAnswered
			}
		case 'b':
			if op == "boot" {
				c.powerOff(e.Who)
			}
		}
	}
}

func (c *Checker) furtherPart(name string) int {
	if !isFurtherPart(name) {
		return notAPart
	}
	for i := range c.further {
		if strings.EqualFold(c.further[i], name) {
			return len(partNames) + i
		}
	}
	c.further = append(c.further, strings.ToUpper(name))
	return len(partNames) + len(c.further) - 1
}

func (c *Checker) partName(n int32) string {
	if int(n) < len(partNames) {
		return partNames[n]
	}
	return c.further[int(n)-len(partNames)]
}

// partEvent follows an operation on a message part.
func (c *Checker) partEvent(e *trace.Event, n int) {
	w := c.who(e.Who)
	pc := c.whos[w].pc
	vi := c.volumeOf(pc, e.Object[0])
	if vi < 0 {
		return
	}
	v := &c.vols[vi]
	p := v.part(n)
	for int(pc) >= len(v.by) {
		v.by = append(v.by, 0)
	}
	here, all := v.open-v.by[pc], c.open-c.pcs[pc].open
	if here > 0 {
		c.meets++
		c.seen |= Together
	}
	if all > here {
		c.seen |= Abreast
	}

	foreign := p.exists && p.maker != 0 && c.whos[p.maker-1].pc != pc
	ok := e.Result == ""
	if foreign && (ok || e.Result != "file not found") {
		c.seen |= SawForeignPart
	}
	switch e.Op {
	case "close":
		// The handle is free whatever the result.
		c.closed(v, p, w, pc)
	case "open":
		if ok {
			c.process(foreign, "opens", w, vi, n, p)
			c.opened(v, p, w, pc, e.Time)
		}
	case "create":
		if ok {
			c.note(foreign, "overwrites", w, vi, n, p)
			p.maker, p.exists, p.flagged = w+1, true, 0
			c.opened(v, p, w, pc, e.Time)
		}
	case "read":
		if ok {
			c.process(foreign, "reads", w, vi, n, p)
		}
	case "write", "truncate":
		if ok {
			c.process(foreign, "writes", w, vi, n, p)
		}
	case "remove":
		if ok {
			c.note(foreign, "removes", w, vi, n, p)
			p.gone()
		}
	case "rename":
		if ok {
			c.note(foreign, "renames", w, vi, n, p)
			p.gone()
		}
	}
	if e.Result == "file not found" {
		p.gone() // somebody without a trace has removed it
	}
}

// process notes work through a handle, once for each part and PC: what follows
// an open is no further violation.
func (c *Checker) process(foreign bool, verb string, w, vi int32, n int, p *part) {
	if pc := c.whos[w].pc; foreign && p.flagged != pc+1 {
		p.flagged = pc + 1
		c.note(true, verb, w, vi, n, p)
	}
}

func (c *Checker) note(foreign bool, verb string, w, vi int32, n int, p *part) {
	if !foreign {
		return
	}
	maker := p.maker - 1
	for i := range c.foreign {
		f := &c.foreign[i]
		if f.who == w && f.maker == maker && f.vol == vi && f.part == int32(n) && f.verb == verb {
			f.count++
			return
		}
	}
	c.foreign = append(c.foreign, processing{w, maker, vi, int32(n), verb, c.events - 1, 1})
}

func (p *part) gone() { p.maker, p.exists, p.flagged = 0, false, 0 }

func (v *volume) part(n int) *part {
	for n >= len(v.parts) {
		v.parts = append(v.parts, part{})
	}
	return &v.parts[n]
}

func (c *Checker) opened(v *volume, p *part, w, pc int32, now int64) {
	p.open = append(p.open, opening{w, now})
	v.open++
	v.by[pc]++
	c.open++
	c.pcs[pc].open++
}

// closed ends the latest open of an actor, if one is known.
func (c *Checker) closed(v *volume, p *part, w, pc int32) {
	for i := len(p.open) - 1; i >= 0; i-- {
		if p.open[i].who == w {
			p.open = append(p.open[:i], p.open[i+1:]...)
			v.open--
			v.by[pc]--
			c.open--
			c.pcs[pc].open--
			return
		}
	}
}

// powerOff takes a PC out of every \SMTP\. Its handles linger at the server,
// but the PC is not inside any more.
func (c *Checker) powerOff(who string) {
	pc, ok := c.pcByID[pcOf(who)]
	if !ok || c.pcs[pc].open == 0 {
		return
	}
	for i := range c.vols {
		v := &c.vols[i]
		if int(pc) >= len(v.by) || v.by[pc] == 0 {
			continue
		}
		for j := range v.parts {
			p := &v.parts[j]
			kept := p.open[:0]
			for _, o := range p.open {
				if c.whos[o.who].pc != pc {
					kept = append(kept, o)
				}
			}
			p.open = kept
		}
		v.open -= v.by[pc]
		v.by[pc] = 0
	}
	c.open -= c.pcs[pc].open
	c.pcs[pc].open = 0
}

// who numbers an actor.
func (c *Checker) who(name string) int32 {
	if int(c.last) < len(c.whos) && c.whos[c.last].name == name {
		return c.last
	}
	// The emulator gives one string for one actor, so comparing a few is
	// cheaper than a map.
	for i := range c.whos[:min(len(c.whos), nearby)] {
		if c.whos[i].name == name {
			c.last = int32(i)
			return c.last
		}
	}
	w, ok := c.whoByID[name]
	if !ok {
		w = int32(len(c.whos))
		c.whos = append(c.whos, actor{name, c.pc(pcOf(name))})
		c.whoByID[name] = w
	}
	c.last = w
	return w
}

func (c *Checker) pc(name string) int32 {
	i, ok := c.pcByID[name]
	if !ok {
		i = int32(len(c.pcs))
		c.pcs = append(c.pcs, computer{name: name})
		c.pcByID[name] = i
	}
	return i
}

// volumeOf numbers the volume behind a drive letter of a PC, -1 for none that
// PCs share.
func (c *Checker) volumeOf(pc int32, letter byte) int32 {
	i := letter&^0x20 - 'A'
	if i >= 26 {
		return -1
	}
	known := &c.pcs[pc].vols[i]
	if *known == 0 {
		*known = -1
		if name := volumeName(c.volume, c.pcs[pc].name, 'A'+i); name != "" {
			v, ok := c.volByID[name]
			if !ok {
				v = int32(len(c.vols))
				c.vols = append(c.vols, volume{name: name})
				c.volByID[name] = v
			}
			*known = v + 1
		}
	}
	if *known < 0 {
		return -1
	}
	return *known - 1
}

// volumeName applies History.Volume. Without it C: is a PC's own disk, as on
// every PC of the articles.
func volumeName(volume func(string, byte) string, pc string, letter byte) string {
	switch {
	case volume != nil:
		return volume(pc, letter)
	case letter == 'C':
		return ""
	}
	return string([]byte{letter, ':'})
}

// pcOf returns "GW1" of "GW1/SMTPGET".
func pcOf(who string) string {
	if i := strings.IndexByte(who, '/'); i >= 0 {
		return who[:i]
	}
	return who
}
