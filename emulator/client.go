package emulator

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gwkit/emulator/internal/charset"
	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/internal/sim"
)

// Mail is a message as a user writes it.
type Mail struct {
	From        string   // NET/PO/MAILBOX
	To, Cc      []string // NET/PO/MAILBOX, user@domain, or TYPE:address
	Subject     string   // UTF-8; the postoffice keeps code page 850
	Text        string   // UTF-8, lines end in LF or CR LF
	Priority    string   // a digit or letter; "" is ordinary
	Receipt     bool
	Attachments []Attachment
}

// Attachment is one file sent along.
type Attachment struct {
	Name   string
	Data   []byte
	Hidden bool // not shown to users, such as WINMAIL.DAT. Q99696
}

// Item is one message in a mailbag.
type Item struct {
	Slot        int
	MAI         string // eight hex digits
	From        string // NET/PO/MAILBOX or TYPE:address
	To, Cc      []string
	Subject     string
	Priority    string
	Time        time.Time // clock of whoever delivered it
	Size        int       // bytes, attachments included
	Text        string    // UTF-8, lines end in LF
	Attachments []Attachment
	Receipt     bool
	Read        bool
	Err         error // why the message cannot be read; what its header tells is there all the same
}

// client is the workstation of a postoffice: it works off jobs one after the
// other.
type client struct {
	pc     *dos.PC
	office *postoffice.Office // of the running task
	routes *postoffice.Routes
	task   *dos.Task
	queue  []job
	wake   sim.Cond
}

type job struct {
	fn   func(c *client) error
	done func(error)
}

func (w *World) newClient(name string, v *dos.Volume) *client {
	c := &client{}
	c.pc = w.adHoc(name, v, c.main)
	return c
}

func (c *client) main(t *dos.Task) {
	c.task = t
	c.office = postoffice.At(t, 'M')
	for {
		for len(c.queue) == 0 {
			c.wake.Wait(t.Proc(), sim.Wait{For: "work"}, -1)
		}
		j := c.queue[0]
		c.queue = append(c.queue[:0], c.queue[1:]...)
		j.done(j.fn(c))
	}
}

// add queues a job; done is called in virtual time when it has ended.
func (c *client) add(k *sim.Kernel, fn func(c *client) error, done func(error)) {
	c.queue = append(c.queue, job{fn, done})
	c.wake.Signal(k)
}

// clientLimit is how long a user's action may take before it has failed.
const clientLimit = time.Minute

// ask runs a job on the workstation of a postoffice and waits for it.
func (w *World) ask(of *office, fn func(c *client) error) error {
	var err error
	if !w.k.Do(clientLimit, func(finish func()) {
		w.jobs++
		of.client.add(w.k, fn, func(e error) { err = e; w.jobs--; finish() })
	}) {
		return fmt.Errorf("cannot work on postoffice %s: its drive does not answer", of.ref)
	}
	return err
}

// load reads the address lists when they have changed since.
func (c *client) tables() error {
	if c.routes != nil {
		return nil
	}
	m, err := c.office.Master()
	if err != nil {
		return err
	}
	c.routes, err = c.office.LoadRoutes(m)
	return err
}

// contentionTries is how often a client tries a mailbag that is in use, a
// second apart. Q86100 gives two seconds for the Windows client's spooler.
const contentionTries = 10

// Submit sends a message as its user does, through the postoffice of the
// sender.
func (w *World) Submit(m Mail) error {
	of, msg, err := w.compose(&m)
	if err != nil {
		return err
	}
	return w.ask(of, func(c *client) error { return c.submit(msg) })
}

func (c *client) submit(m *postoffice.Message) error {
	if err := c.tables(); err != nil {
		return err
	}
	for try := 1; ; try++ {
		sent, err := c.office.Submit(c.routes, m)
		switch {
		case err == nil && len(sent.Failed) == 0:
			return nil
		case err == nil:
			return fmt.Errorf("cannot send to %s: %w", sent.Failed[0].Address.String(), sent.Failed[0].Err)
		case try == contentionTries || !postoffice.IsContention(err):
			return err
		}
		c.task.Sleep(time.Second)
	}
}

// compose turns a Mail into a message of its sender's postoffice.
func (w *World) compose(m *Mail) (*office, *postoffice.Message, error) {
	ref, box, ok := cutMailbox(m.From)
	if !ok {
		return nil, nil, fmt.Errorf("cannot send mail from %q: want NETWORK/POSTOFFICE/MAILBOX", m.From)
	}
	of, err := w.office(ref)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot send mail from %q: %w", m.From, err)
	}
	w.do(func() { // tables that cannot be read are for the workstation to say
		if r, e := of.view.Routes(); e == nil {
			err = sender(m.From, box, r)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	msg, err := message(m)
	return of, msg, err
}

// sender refuses who could not have signed on.
func sender(from, box string, r *postoffice.Routes) error {
	if _, ok := r.User(box); !ok {
		return fmt.Errorf("cannot send mail from %q: no such mailbox", from)
	}
	return nil
}

func message(m *Mail) (*postoffice.Message, error) {
	msg := &postoffice.Message{From: address(m.From), Subject: string(codePage(m.Subject)), Receipt: m.Receipt,
		Text: codePage(strings.ReplaceAll(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\n", "\r"))}
	if len(m.Priority) > 1 {
		return nil, fmt.Errorf("cannot send mail with priority %q: want one digit or letter", m.Priority)
	}
	if m.Priority != "" {
		msg.Priority = m.Priority[0]
	}
	for _, to := range m.To {
		msg.To = append(msg.To, address(to))
	}
	for _, cc := range m.Cc {
		msg.Cc = append(msg.Cc, address(cc))
	}
	if len(m.To)+len(m.Cc) == 0 {
		return nil, errors.New("cannot send mail without a recipient")
	}
	for _, a := range m.Attachments {
		msg.Attachments = append(msg.Attachments, postoffice.Attachment{Name: a.Name, Hidden: a.Hidden, Data: a.Data})
	}
	return msg, nil
}

// codePage turns UTF-8 into the postoffice's code page; what it lacks becomes
// a question mark.
func codePage(text string) []byte {
	out, _ := charset.CP850.AppendBytes(nil, text)
	return out
}

// address reads the three ways a user may write one. Q116466, Q94410
func address(s string) postoffice.Address {
	if kind, addr, ok := strings.Cut(s, ":"); ok && kind != "" && !strings.ContainsAny(kind, "@/ ") {
		if strings.EqualFold(kind, "CSI") || strings.EqualFold(kind, "MS") {
			return postoffice.Address{Addr: addr}
		}
		return postoffice.Address{Type: strings.ToUpper(kind), Addr: addr}
	}
	if strings.Contains(s, "@") {
		return postoffice.Address{Type: "SMTP", Addr: s}
	}
	return postoffice.Address{Addr: s}
}

// cutMailbox splits NET/PO/MAILBOX.
func cutMailbox(s string) (ref, box string, ok bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 || strings.Count(s, "/") != 2 {
		return "", "", false
	}
	return s[:i], s[i+1:], s[i+1:] != ""
}

// Mailbag lists a mailbag without anybody noticing. box is a mailbox name,
// INQUEUE3, INQUEUE, SYSTEM, SMTP, or NET/PO for the queue to another
// postoffice. A message that cannot be read is an item with an error.
func (w *World) Mailbag(po, box string) (items []Item, err error) {
	w.do(func() {
		var of *office
		if of, err = w.office(po); err == nil {
			items, err = readMailbag(of.view, box, w.zone)
		}
	})
	return items, err
}

// findBag returns the hexid of a mailbag by the name people use.
func findBag(v postoffice.View, box string) (string, error) {
	switch up := strings.ToUpper(box); up {
	case "INQUEUE3", "INQUEUE", "SYSTEM":
		return up, nil
	}
	r, err := v.Routes()
	if err != nil {
		return "", err
	}
	if u, ok := r.User(box); ok {
		return u.MBG, nil
	}
	if strings.Contains(box, "/") {
		if x, ok := r.Office(box); ok {
			return x.MBG, nil
		}
	} else if n, ok := r.Gateway(box); ok {
		return n.MBG, nil
	}
	return "", fmt.Errorf("postoffice %s has no mailbag %q", r.Local(), box)
}

func readMailbag(v postoffice.View, box string, zone *time.Location) ([]Item, error) {
	bag, err := findBag(v, box)
	if err != nil {
		return nil, err
	}
	list, err := v.Items(bag)
	out := make([]Item, 0, len(list))
	for i := range list {
		h := &list[i]
		if h.Err != nil {
			out = append(out, Item{Slot: h.Slot, Err: h.Err})
			continue
		}
		it := Item{Slot: h.Slot, MAI: fmt.Sprintf("%08X", h.MAI), Subject: utf8(h.Subject), Size: int(h.Size), Read: h.Read,
			From: h.Sender, Time: time.Date(h.Time.Year(), h.Time.Month(), h.Time.Day(), h.Time.Hour(), h.Time.Minute(), h.Time.Second(), 0, zone)}
		if h.Priority != 0 {
			it.Priority = string(rune(h.Priority))
		}
		m, err := v.Message(h.MAI)
		if err != nil {
			it.Err = err
			out = append(out, it)
			continue
		}
		it.From = addressText(&m.From)
		it.Subject = utf8(m.Subject)
		it.Receipt = m.Receipt
		for j := range m.To {
			it.To = append(it.To, addressText(&m.To[j]))
		}
		for j := range m.Cc {
			it.Cc = append(it.Cc, addressText(&m.Cc[j]))
		}
		it.Text = strings.ReplaceAll(strings.ReplaceAll(utf8(string(m.Text)), "\r\n", "\n"), "\r", "\n")
		for _, a := range m.Attachments {
			it.Attachments = append(it.Attachments, Attachment{Name: a.Name, Data: a.Data, Hidden: a.Hidden})
		}
		out = append(out, it)
	}
	return out, err
}

func utf8(s string) string { return string(charset.CP850.AppendUTF8(nil, []byte(s))) }

func addressText(a *postoffice.Address) string {
	if a.Type != "" {
		return a.Type + ":" + a.Addr
	}
	return a.Addr
}

// DeleteMail deletes an item as its user does.
func (w *World) DeleteMail(po, box string, slot int) error {
	of, err := w.office(po)
	if err != nil {
		return err
	}
	return w.ask(of, func(c *client) error {
		bag, err := findBag(of.view, box)
		if err != nil {
			return err
		}
		items, err := c.office.List(bag)
		if err != nil {
			return err
		}
		for i := range items {
			if items[i].Slot == slot {
				return c.office.DeleteItem(bag, &items[i])
			}
		}
		return fmt.Errorf("mailbag %s of %s has no item in slot %d", box, po, slot)
	})
}
