package emulator

import (
	"bytes"
	"slices"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/trace"
)

// Ending is what a run of a Trial left behind.
type Ending struct {
	Stop       Stop
	Rest       bool // all mail came to rest
	Stuck      bool // every PC waits at a prompt, or has ended
	Stalled    bool // the clock moved on and on, and no mail did
	Seconds    float64
	Steps      uint64
	Decisions  int    // with more than one option
	Operations int    // on files and addresses that others can use
	Digest     uint64 // of everything that happened
	State      uint64 // of where mail and PCs ended up
	Messages   []Fate
	PCs        []PCEnd
	Pending    []string // places with mail that is still on its way, such as "COMPANY/HUB SMTP"
}

// Fate is what became of one message.
type Fate struct {
	Token    string
	Inbound  bool
	Copies   int      // that arrived: on the Internet, or in a mailbag that nobody takes it further from
	Altered  int      // of these, not what was sent
	Places   []string // where it is beside that
	Returned bool     // a report about it exists
}

// PCEnd is a PC at the end of a run.
type PCEnd struct {
	PCState
	WaitsFor string // in a prompt: the file
	Op       string // that met it: "open"
	HeldBy   string // "GW2/SMTPGATE", "" nobody any more
	Since    int64  // virtual nanoseconds since the Unix epoch
}

// copies counts what arrived of a message while a run goes on.
type copies struct{ arrived, altered int }

// outside sees a message that reached the Internet.
func (t *Trial) outside(data []byte) {
	head, body, ok := bytes.Cut(data, []byte("\r\n\r\n"))
	if !ok {
		return
	}
	i := bytes.Index(head, []byte("\nSubject: "))
	if i < 0 {
		return
	}
	n, ok := tokenAt(head[i+len("\nSubject: "):])
	if !ok || n >= len(t.texts) {
		return
	}
	t.copies[n].arrived++
	if !bytes.Equal(bytes.TrimRight(body, "\r\n"), bytes.TrimRight(t.texts[n], "\r\n")) {
		t.copies[n].altered++
	}
}

// transientFiles are what a gateway keeps while it works. Mail that the first
// holds is still on its way.
var transientFiles = []string{`\SMTP\FROM_NC.API`, `\SMTP\TO_NC.API`, `\SMTP\API_OUT.TMP`, `\SMTP\SMTP_IN.ENV`, `\SMTP\SMTP_IN.822`,
	`\SMTP\SMTP_OUT.822`, `\SMTP\SMTP_OUT.TXT`, `\SMTP\OUTBAD.API`}

// notSent is where mail from the Internet is that a run ended before.
const notSent = "the Internet, not sent yet"

// ending looks where everything rests.
func (t *Trial) ending(stop Stop) Ending {
	w := t.w
	e := Ending{Stop: stop, Rest: t.rest, Stuck: t.stuck, Stalled: t.stalled, Steps: w.k.Steps(), Decisions: t.x.Decisions, Operations: t.x.Operations, Digest: w.k.Digest(),
		Seconds: w.k.Now().Sub(t.start).Seconds()}
	if t.rest {
		e.Stop = StopRest
	}
	e.Messages = make([]Fate, len(t.texts))
	for n := range e.Messages {
		f := &e.Messages[n]
		f.Token, f.Inbound = t.tokens[n], w.account.msgs[n].dir == inbound
		f.Copies, f.Altered = t.copies[n].arrived, t.copies[n].altered
		f.Returned = w.account.msgs[n].returned
	}
	for _, a := range t.arrivals[t.arrived:] {
		e.place(a.n, notSent)
		e.pend(notSent)
	}
	for i, of := range w.offices {
		if t.bags[i] != nil {
			t.lookInto(of, t.bags[i], &e)
		}
	}
	for _, h := range w.hosts {
		for _, it := range h.Queue() {
			where := "queue of " + h.Name()
			eachToken(it.Message.Data, func(n int) { e.place(n, where) })
			e.pend(where)
		}
	}
	var waits []Waiting
	e.PCs = make([]PCEnd, 0, len(t.pcs))
	for _, m := range t.pcs {
		s := m.pc.State()
		p := PCEnd{PCState: m.state()}
		if s.Phase == dos.Prompt {
			if waits == nil {
				waits = w.Waits()
			}
			p.WaitsFor, p.HeldBy, p.Op = s.Wait.Object, s.Wait.HeldBy, s.Op
			for _, x := range waits {
				if strings.HasPrefix(x.Process, p.Name+"/") {
					p.Since = x.Since.UnixNano()
				}
			}
		}
		e.PCs = append(e.PCs, p)
	}
	var d trace.Digest
	for i := range e.Messages {
		f := &e.Messages[i]
		d.Uint(uint64(f.Copies)<<8 | uint64(f.Altered))
		for _, p := range f.Places {
			d.String(p)
		}
	}
	for i := range e.PCs {
		d.String(e.PCs[i].Phase)
		d.String(e.PCs[i].Program)
		d.String(e.PCs[i].WaitsFor)
		d.String(e.PCs[i].HeldBy)
	}
	e.State = d.Sum()
	return e
}

func (e *Ending) place(n int, where string) {
	if n < len(e.Messages) && !slices.Contains(e.Messages[n].Places, where) {
		e.Messages[n].Places = append(e.Messages[n].Places, where)
	}
}

func (e *Ending) pend(where string) {
	if !slices.Contains(e.Pending, where) {
		e.Pending = append(e.Pending, where)
	}
}

// lookInto finds the messages on one postoffice.
func (t *Trial) lookInto(of *office, bags []mailbag, e *Ending) {
	for i := range bags {
		b := &bags[i]
		if of.view.Live(b.Name) == 0 {
			continue
		}
		items, _ := of.view.Items(b.Name)
		for j := range items {
			h := &items[j]
			if h.Err != nil {
				continue
			}
			name := b.Owner
			if name == "" {
				name = b.Name
			}
			where := of.ref + " " + name
			n, ok := tokenAt(h.Subject)
			if !ok || n >= len(e.Messages) {
				m, err := of.view.Message(h.MAI)
				if err != nil {
					continue
				}
				report := strings.HasPrefix(h.Subject, "Undeliverable:")
				eachToken(m.Text, func(n int) {
					if n < len(e.Messages) && report {
						e.Messages[n].Returned = true
					}
				})
				continue
			}
			f := &e.Messages[n]
			if !f.Inbound || b.moves {
				e.place(n, where)
				e.pend(where)
				continue
			}
			f.Copies++
			m, err := of.view.Message(h.MAI)
			if err != nil || !t.intact(n, m.Text) {
				f.Altered++
			}
		}
	}
	if of.po.Gateway == "" {
		return
	}
	for _, path := range transientFiles {
		if _, ok := of.volume.Size(path); !ok {
			continue
		}
		data, err := of.volume.ReadFile(path)
		if err != nil {
			continue
		}
		where := of.ref + " " + path
		if path == transientFiles[0] {
			e.pend(where)
		}
		eachToken(data, func(n int) { e.place(n, where) })
	}
}

// intact compares the text of a message that came in, which follows the header
// and a rule, with what was sent.
func (t *Trial) intact(n int, text []byte) bool {
	sent := bytes.ReplaceAll(t.texts[n], []byte("\r\n"), []byte("\r"))
	return bytes.HasSuffix(bytes.TrimRight(text, "\r"), bytes.TrimRight(sent, "\r"))
}

// Look tells where everything is now, after Resume.
func (t *Trial) Look() Ending { return t.ending(StopTime) }
