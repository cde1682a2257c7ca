package emulator

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/internal/sim"
)

// Load is mail that arrives by itself.
type Load struct {
	For      time.Duration // over which it is spread, from now on
	In, Out  int           // messages from and to the Internet
	Size     int           // bytes of text; 0: 537, the size of Q137043
	Arrivals string        // "even" (""), "poisson" or "burst"

	// Read lets users read and delete their mail every ten minutes, so that
	// mailbags do not fill up.
	Read bool

	// Shares divide the load between postoffices by weight. Without any, each
	// user in turn has a message.
	Shares []Share
}

// Share is the part of a load that one postoffice has each way. ADMIN takes
// part only where there is nobody else.
type Share struct {
	Postoffice string // NET/PO
	In, Out    int    // weights
}

// burst is how many messages of the arrival pattern "burst" come at once.
const burst = 20

// readEvery is how often users look into their mailbags. invented: often
// enough that a mailbag of 4096 headers does not fill under any load that one
// gateway carries.
const readEvery = 10 * time.Minute

type load struct {
	Load
	body []byte // CR LF lines
	text []byte // the same in CR lines
	buf  []byte // the message in hand
}

// AddLoad starts a load now.
func (w *World) AddLoad(l Load) error {
	switch l.Arrivals {
	case "", "even", "poisson", "burst":
	default:
		return fmt.Errorf("cannot make arrivals %q: want even, poisson or burst", l.Arrivals)
	}
	if l.Size == 0 {
		l.Size = 537
	}
	if l.In < 0 || l.Out < 0 || l.Size < 0 || l.For <= 0 && l.In+l.Out > 0 {
		return fmt.Errorf("cannot make a load of %d in and %d out of %d bytes over %v", l.In, l.Out, l.Size, l.For)
	}
	next, err := w.pickers(&l)
	if err != nil {
		return err
	}
	if l.In > 0 && len(w.hosts) == 0 {
		return fmt.Errorf("cannot make a load: the site has no smart host")
	}
	x := &load{Load: l, body: loadText(l.Size)}
	x.text = bytes.ReplaceAll(x.body, []byte("\r\n"), []byte("\r"))
	w.do(func() {
		w.loads = append(w.loads, x)
		if l.In > 0 {
			w.generate("load/in", x, l.In, func(i int) { w.sendIn(x, next[inbound](i)) })
		}
		if l.Out > 0 {
			w.generate("load/out", x, l.Out, func(i int) { w.sendOut(x, next[outbound](i)) })
		}
		if l.Read {
			w.k.After(readEvery, w.readAll)
		}
	})
	return nil
}

// loadUser is a mailbox that the load uses.
type loadUser struct {
	of   *office
	name string
	smtp string // address on the Internet
}

// served lists the users that mail from outside can reach, postoffice by
// postoffice in turn, so that the load is spread evenly.
func (w *World) served() []loadUser {
	var by [][]loadUser
	for _, of := range w.offices {
		domain := w.domainOf(of.ref)
		if domain == "" {
			continue
		}
		var list []loadUser
		for _, u := range of.po.Users {
			if d, _ := of.po.User(u); d.NoExternal || strings.EqualFold(u, "POSTMASTER") {
				continue
			}
			list = append(list, loadUser{of, u, u + "@" + domain})
		}
		by = append(by, list)
	}
	var out []loadUser
	for i := 0; ; i++ {
		more := false
		for _, list := range by {
			if i < len(list) {
				out = append(out, list[i])
				more = true
			}
		}
		if !more {
			return out
		}
	}
}

// domainOf is the domain by which the smart hosts know a postoffice: of its
// mappings the last one counts, because a shared company domain stands first.
// Q111840
func (w *World) domainOf(ref string) string {
	domain := ""
	for i := range w.site.SMTP {
		for _, m := range w.site.SMTP[i].Map {
			if strings.EqualFold(m.Postoffice, ref) && (domain == "" || w.routed(m.Domain)) {
				domain = m.Domain
			}
		}
	}
	return domain
}

func (w *World) routed(domain string) bool {
	for i := range w.site.SmartHosts {
		for _, r := range w.site.SmartHosts[i].Routes {
			if strings.EqualFold(r.Domain, domain) {
				return true
			}
		}
	}
	return false
}

// loadText makes a text of size bytes in lines of at most 64.
func loadText(size int) []byte {
	const line = "The quick brown fox jumps over the lazy dog, 0123456789 times.\r\n"
	b := make([]byte, 0, size+2)
	for len(b)+len(line) <= size {
		b = append(b, line...)
	}
	for len(b)+2 < size {
		b = append(b, '.')
	}
	return append(b, '\r', '\n')
}

// generate sends n messages over the load's span.
func (w *World) generate(name string, l *load, n int, send func(i int)) {
	begin := w.k.Now()
	gap := float64(l.For) / float64(n)
	r := w.k.Rand(name)
	w.helpers++
	w.k.Go(name, func(p *sim.Proc) {
		defer func() { w.helpers-- }()
		next := begin
		for i := 0; i < n; i++ {
			switch l.Arrivals {
			case "poisson":
				next = next.Add(time.Duration(-math.Log(1-r.Float64()) * gap))
			case "burst":
				next = begin.Add(time.Duration(float64(i/burst*burst) * gap))
			default:
				// The middle of its slot, so that in and out do not start at
				// the same instant as everything else.
				next = begin.Add(time.Duration((float64(i) + 0.5) * gap))
			}
			p.Sleep(next.Sub(p.Now()))
			send(i)
		}
	})
}

// outsider is who sends or gets message n on the Internet.
func outsider(n int) string { return "user" + strconv.Itoa(n%97) + "@outside.example" }

// sendIn lets a message from the Internet enter the first smart host. Ten
// bytes of header come from a sender outside.
func (w *World) sendIn(l *load, to loadUser) {
	n := w.account.offer(inbound, len(l.body))
	from := outsider(n)
	b := append(l.buf[:0], "Date: "...)
	b = w.k.Clock().AppendFormat(b, "Mon, 02 Jan 06 15:04:05 MST")
	b = append(b, "\r\nFrom: "...)
	b = append(b, from...)
	b = append(b, "\r\nTo: "...)
	b = append(b, to.smtp...)
	b = append(b, "\r\nSubject: "...)
	b = appendToken(b, n)
	b = append(b, "\r\n\r\n"...)
	b = append(b, l.body...)
	l.buf = b
	w.hosts[0].Release(w.hosts[0].Submit(from, []string{to.smtp}, b))
}

// sendOut lets a user send a message to the Internet.
func (w *World) sendOut(l *load, from loadUser) {
	n := w.account.offer(outbound, len(l.body))
	m := &postoffice.Message{
		From:    postoffice.Address{Addr: from.of.ref + "/" + from.name},
		To:      []postoffice.Address{{Type: "SMTP", Addr: outsider(n)}},
		Subject: string(appendToken(nil, n)), Text: l.text,
	}
	w.jobs++
	from.of.client.add(w.k, func(c *client) error { return c.submit(m) }, func(err error) {
		w.jobs--
		if err != nil {
			w.account.msgs[n].refused = true
			w.k.Emit(from.of.ref, "refused", m.Subject, err.Error(), 0)
		}
	})
}

// readAll lets every user of the site read and delete his mail, and comes
// back while there is a load.
func (w *World) readAll() {
	for _, of := range w.offices {
		w.jobs++
		of.client.add(w.k, func(c *client) error { return w.readOffice(of, c) }, func(err error) {
			w.jobs--
			if err != nil {
				w.k.Emit(of.ref, "read", "", err.Error(), 0)
			}
		})
	}
	w.k.After(readEvery, w.readAll)
}

// readOffice reads the mail of one postoffice's users.
func (w *World) readOffice(of *office, c *client) error {
	if err := c.tables(); err != nil {
		return err
	}
	for i := range c.routes.Users {
		u := &c.routes.Users[i]
		if !u.Active {
			continue
		}
		waiting, err := c.office.Waiting(u.MBG)
		if err != nil {
			return err
		}
		if !waiting {
			continue
		}
		items, err := c.office.List(u.MBG)
		if err != nil {
			return err
		}
		for j := range items {
			it := &items[j]
			if it.Err != nil {
				continue
			}
			known := w.account.inside(&it.Header, func() []byte {
				m, err := of.view.Message(it.MAI)
				if err != nil {
					return nil
				}
				return m.Text
			})
			if !known {
				continue // not of the load: a test may want to see it
			}
			w.account.leaving(&it.Header, true)
			if err := c.office.DeleteItem(u.MBG, it); err != nil {
				return err
			}
			w.account.leaving(&it.Header, false)
		}
	}
	return nil
}

// atRest says whether no message is on its way.
func (w *World) atRest() bool {
	if w.helpers > 0 || w.jobs > 0 {
		return false
	}
	for _, h := range w.hosts {
		if !h.Idle() {
			return false
		}
	}
	for _, of := range w.offices {
		if w.moving(of) {
			return false
		}
	}
	return true
}

// transient are the gateway's files that hold a message on its way.
var transient = []string{`\SMTP\FROM_NC.API`, `\SMTP\SMTP_IN.ENV`, `\SMTP\SMTP_IN.822`}

// moving says whether a postoffice has mail on its way.
func (w *World) moving(of *office) bool {
	bags, err := of.view.Mailbags()
	if err != nil {
		return false // unreadable: nothing will come of waiting
	}
	for _, b := range bags {
		if b.Live > 0 && b.Kind != postoffice.ToUser && b.Kind != postoffice.ToSystem {
			return true
		}
	}
	if of.po.Gateway == "" {
		return false
	}
	for _, f := range transient {
		if _, err := of.volume.Attr(f); err == nil {
			return true
		}
	}
	return false
}
