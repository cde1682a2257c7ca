package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// shapeSpan is how long each shape is offered more than it carries. Six virtual
// hours times four stand for a day: a gateway has neither a night nor a rush
// hour of its own, and what it carries in one hour it carries in the next.
const shapeSpan = 6 * time.Hour

// shapeRow is one row of the table of capacities.
type shapeRow struct {
	shape      string
	wait       int    // -w of the senders; 0: as printed
	documented string // messages of 8 KB a day
	offered    int    // a day, half of them each way
	halts      bool   // ask when mail stops, not how much passes
}

// A medium organization, up to 20,000 a day, has a dedicated pair or an
// additional gateway, a larger one several of either. Q134339
var shapeRows = []shapeRow{
	{"single", 0, "10,000", 16_000, false},
	{"multiple", 0, "20,000", 30_000, false},
	{"multiple:downstream=14", 0, "20,000", 30_000, false},
	{"dedicated", 0, "20,000", 30_000, false},
	{"dedicated", 15, "20,000", 30_000, false},
	{"multiple-dedicated", 0, "more", 50_000, false},
	{"multiple-dedicated", 15, "more", 50_000, false},
	{"dedicated-shared", 0, "", 8_000, true},
}

// shapeSeeds is how many loads of random arrivals look for the halt.
const shapeSeeds = 5

// benchShapes prints the capacity of every shape by the same model. Nothing
// here depends on the machine.
func benchShapes(t *table, _ bool) error {
	text, err := shapeTable()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.out, "\n%s", text)
	return err
}

// shapeTable measures all shapes, two at a time.
func shapeTable() (string, error) {
	lines, errs := make([]string, len(shapeRows)), make([]error, len(shapeRows))
	var wg sync.WaitGroup
	for worker := range 2 {
		wg.Go(func() {
			for i := worker; i < len(shapeRows); i += 2 {
				lines[i], errs[i] = shapeRows[i].line()
			}
		})
	}
	wg.Wait()
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "8 KB messages a day\tdocumented\tin\tout\ttogether\tdelivered")
	for i, line := range lines {
		if errs[i] != nil {
			return "", fmt.Errorf("%s: %w", shapeRows[i].shape, errs[i])
		}
		if shapeRows[i].halts {
			w.Flush() // one sentence, no columns
		}
		fmt.Fprintln(w, line)
	}
	w.Flush()
	return b.String(), nil
}

// flow counts the messages that smart hosts exchanged with gateways, and when
// the last passed each way.
type flow struct {
	in, out         int
	lastIn, lastOut time.Duration
	start           int64
}

func (f *flow) Event(e *trace.Event) {
	if f.start == 0 {
		f.start = e.Time
	}
	switch e.Op {
	case "receive":
		f.out++
		f.lastOut = time.Duration(e.Time - f.start)
	case "send":
		f.in++
		f.lastIn = time.Duration(e.Time - f.start)
	}
}

func (r *shapeRow) line() (string, error) {
	if r.halts {
		return r.haltLine()
	}
	name := r.shape
	if r.wait > 0 {
		name += fmt.Sprintf(", senders -w%d", r.wait)
	}
	f, m, err := r.measure("even", 0)
	if err != nil {
		return "", err
	}
	day := float64(virtualDay) / float64(shapeSpan)
	return fmt.Sprintf("%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f", name, r.documented,
		float64(f.in)*day, float64(f.out)*day, float64(f.in+f.out)*day, float64(m.Messages.Delivered)*day), nil
}

// haltLine says after how long the first direction stops for good.
func (r *shapeRow) haltLine() (string, error) {
	first, last, halted := shapeSpan, time.Duration(0), 0
	for seed := range shapeSeeds {
		f, m, err := r.measure("poisson", uint64(seed+1))
		if err != nil {
			return "", err
		}
		prompts := 0
		for _, pc := range m.PCs {
			prompts += len(pc.Prompt)
		}
		if prompts == 0 {
			continue
		}
		halted++
		at := min(f.lastIn, f.lastOut)
		first, last = min(first, at), max(last, at)
	}
	if halted == 0 {
		return fmt.Sprintf("%s: no halt within %v", r.shape, shapeSpan), nil
	}
	return fmt.Sprintf("%s: at %d a day the first direction halts after %.0f to %.0f minutes, in %d of %d runs", r.shape, r.offered,
		first.Minutes(), last.Minutes(), halted, shapeSeeds), nil
}

func (r *shapeRow) measure(arrivals string, seed uint64) (*flow, *emulator.Summary, error) {
	s, err := site.Shape(r.shape)
	if err != nil {
		return nil, nil, err
	}
	if r.wait > 0 {
		for i := range s.PCs {
			s.PCs[i].Run = strings.Replace(s.PCs[i].Run, "SMTPGATE -w120", fmt.Sprintf("SMTPGATE -w%d", r.wait), 1)
		}
	}
	f := &flow{}
	w, err := emulator.New(s, emulator.Options{Trace: f, Seed: seed})
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	n := int(int64(r.offered) * int64(shapeSpan) / int64(virtualDay) / 2)
	if err := w.AddLoad(emulator.Load{For: shapeSpan, In: n, Out: n, Size: 8 << 10, Arrivals: arrivals, Read: true}); err != nil {
		return nil, nil, err
	}
	if stop := w.Run(shapeSpan); stop != emulator.StopTime && !r.halts {
		return nil, nil, fmt.Errorf("the run stopped: %v: %v", stop, w.Err())
	}
	return f, w.Summary(), nil
}

// The lines of a document between which the table stands.
const (
	tableBegin = "<!-- make capacity writes this table -->\n```\n"
	tableEnd   = "```\n<!-- end of table -->\n"
)

// replaceTable puts a table between the two lines of a document.
func replaceTable(document, table string) (string, error) {
	before, rest, ok := strings.Cut(document, tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		return "", fmt.Errorf("cannot find the place of the table")
	}
	return before + tableBegin + table + tableEnd + after, nil
}

// writeTable measures the shapes and writes the table into a document.
func writeTable(name string, out io.Writer) error {
	text, err := shapeTable()
	if err != nil {
		return err
	}
	fmt.Fprint(out, text)
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	changed, err := replaceTable(string(data), text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := os.WriteFile(name+".tmp", []byte(changed), 0o644); err != nil {
		return err
	}
	return os.Rename(name+".tmp", name)
}
