package explore

import (
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"gwkit/emulator/schedule"
)

// worker is a Subject and what it needs, reused for each schedule.
type worker struct {
	subject Subject
	drive   drive
	repeat  drive // of a schedule that is run twice
	chooser chooser
	shown   map[key]bool // violations of this chunk whose choices are kept
}

func (g *campaign) worker(factory func() (Subject, error)) (*worker, error) {
	s, err := factory()
	if err != nil {
		return nil, fmt.Errorf("cannot explore: %w", err)
	}
	if l, ok := s.(Learner); ok && g.shared != nil {
		l.Learn(g.shared)
	}
	return &worker{subject: s, shown: map[key]bool{}}, nil
}

func (w *worker) close() {
	if c, ok := w.subject.(io.Closer); ok {
		c.Close()
	}
}

// drive is the Decider that a Subject sees: it lets a strategy decide, keeps
// the choices and the order of operations.
type drive struct {
	by      schedule.Decider
	order   order
	choices Choices
	prints  []print // of each operation shown, when keep
	keep    bool
	search  *search // exhaustive: also sees the forced operations
}

func (d *drive) begin(by schedule.Decider) {
	d.by, d.choices, d.prints = by, d.choices[:0], d.prints[:0]
	d.order.reset()
}

// print is an operation of a run that is compared with another one.
type print struct {
	hash     uint64 // of the options and the choice
	did      string // "GW1/SMTPGATE open COMPANY/HUB:\\SMTP\\FROM_NC.API"
	decision int    // from 1; of a forced one, that of the next
}

func (d *drive) note(options []schedule.Option, choice int) {
	if d.keep {
		o := &options[choice]
		d.prints = append(d.prints, print{fingerprint(options, choice), strings.TrimRight(o.Who+" "+o.Op+" "+o.Object, " "), len(d.choices) + 1})
	}
}

// Decide implements schedule.Decider.
func (d *drive) Decide(options []schedule.Option, running bool) int {
	if len(options) == 1 {
		if d.search != nil {
			d.search.forced(&options[0])
		}
		d.note(options, 0)
		d.order.event(&options[0])
		d.by.Decide(options, running) // a replay counts what was done
		return 0
	}
	i := d.by.Decide(options, running)
	if uint(i) >= uint(len(options)) {
		i = 0
	}
	d.note(options, i)
	d.choices = append(d.choices, uint16(i))
	d.order.event(&options[i])
	return i
}

// fingerprint hashes a decision as it was taken.
func fingerprint(options []schedule.Option, choice int) uint64 {
	h := uint64(choice)
	for i := range options {
		o := &options[i]
		h = mix(h + uint64(o.Proc)<<32 + uint64(uint32(o.ID)))
		h = mix(h + hashText(o.Who) + hashText(o.Op)*3 + uint64(uint32(o.Dir))<<8 + uint64(o.Access))
	}
	return h
}

// run runs one schedule. A panic of the Subject becomes an error that says
// which schedule it was.
func (w *worker) run(d *drive, index int) (o Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: schedule %d (choices %s) panicked: %v\n%s", index, d.choices, p, debug.Stack())
		}
	}()
	o = w.subject.Run(d)
	if o.Err != nil {
		return o, fmt.Errorf("schedule %d (choices %s) could not be judged: %w", index, d.choices, o.Err)
	}
	return o, nil
}

// row takes down what the last run of w came to.
func (w *worker) row(index int, by kind, o *Outcome) row {
	r := row{index: index, by: by, steps: o.Steps, operations: o.Operations, decisions: len(w.drive.choices),
		sometimes: o.Sometimes, state: o.State, trace: w.drive.order.sum, bound: o.Bound, late: o.Learned}
	if len(o.Violations) > 0 {
		r.violations = slices.Clone(o.Violations)
		for _, v := range o.Violations {
			if k := v.key(); !w.shown[k] {
				w.shown[k] = true
				r.choices = slices.Clone(w.drive.choices)
			}
		}
	}
	return r
}

// compare notes whether a run that was repeated differs, and where first.
func (r *row) compare(was, is *drive, same bool) {
	r.checked = true
	a, b := was.prints, is.prints
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			r.differs = &Mismatch{r.index, b[i].decision, "", b[i].did}
		case i >= len(b):
			r.differs = &Mismatch{r.index, a[i].decision, a[i].did, ""}
		case a[i].hash != b[i].hash:
			r.differs = &Mismatch{r.index, min(a[i].decision, b[i].decision), a[i].did, b[i].did}
		default:
			continue
		}
		return
	}
	if !same {
		r.differs = &Mismatch{Index: r.index}
	}
}
