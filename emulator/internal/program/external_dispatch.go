package program

import (
	"errors"
	"sort"
	"strings"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
)

// The quantity rule: a mailbag with fewer than five items is sent at once; the
// others of one network share a batch of 50. Q199800
const (
	dispatchNow   = 5
	dispatchBatch = 50
)

// outboundQueue is an outbound mailbag and where its mail goes next.
type outboundQueue struct {
	bag    string
	group  string                  // the XTN file or gateway it belongs to
	def    *postoffice.OfficeRoute // of the postoffice that it is copied to
	target *servedOffice           // the same, as we serve it
	to     postoffice.OfficeRoute  // whose limits count: retries and size
	record int                     // of def in its XTN file, -1 until looked for
	lock   string                  // M:P1\0000000E.0LK
	older  string                  // pattern of the locks of 2.1
}

// link finds for every outbound mailbag the postoffice that its mail is copied
// to. The order is that of the XTN files' ids, then of their records, then of
// the gateways. Q199800
func (x *external) link() {
	for _, p := range x.offices {
		p.queues = p.queues[:0]
		if p.routes == nil || p.wan {
			continue
		}
		r := p.routes
		for i := range r.Offices {
			o := &r.Offices[i]
			def := o
			switch o.Route {
			case postoffice.RouteDrive:
			case postoffice.RouteIndirect:
				// An indirect postoffice has a mailbag of its own, which is taken to the
				// hub. inferred: Q77926, Q135031
				def = definition(r, o.HubNetwork+"/"+o.HubName)
			default:
				continue // by modem, X.25 or a gateway
			}
			x.addQueue(p, def, *o, o.MBG, o.XTN)
		}
		sort.SliceStable(p.queues, func(i, j int) bool { return p.queues[i].group < p.queues[j].group })
		for _, n := range r.Networks {
			// A gateway without hub fields is one of this postoffice: its mailbag
			// belongs to the gateway program. One with them is an access component,
			// and its mail goes to the hub. When the mailbag in the record is no longer
			// the hub's, the mail stays: no error, no return. Q118561, Q135031
			if !n.Active || n.MBG == "" || n.HubName == "" {
				continue
			}
			def := definition(r, n.HubNetwork+"/"+n.HubName)
			if def == nil || def.MBG != n.HubMBG {
				continue
			}
			x.addQueue(p, def, *def, n.MBG, "gateway "+n.Name)
		}
	}
}

func (x *external) addQueue(p *servedOffice, def *postoffice.OfficeRoute, to postoffice.OfficeRoute, bag, group string) {
	if def == nil || def.Route != postoffice.RouteDrive {
		return // a hub that is not direct is none. Q123825
	}
	t := x.find(def.Network + "/" + def.Name)
	if t == nil || t == p {
		return // NO-REF: its queue is left alone. Q118448
	}
	p.queues = append(p.queues, outboundQueue{
		bag: bag, group: group, def: def, target: t, to: to, record: -1,
		lock: p.office.Path("P1", bag, queueLockType), older: p.office.Path("P1", bag, "0??"),
	})
}

// dispatch sends what waits in the outbound mailbags of a postoffice.
func (x *external) dispatch(p *servedOffice) {
	x.say(p.checking)
	pass := dispatchPass{x: x, p: p}
	for i := 0; i < len(p.queues) && !p.lost(); {
		j := i
		for j < len(p.queues) && p.queues[j].group == p.queues[i].group {
			j++
		}
		pass.group(p.queues[i:j])
		i = j
	}
	if !pass.found {
		x.say(extNoMail)
	}
}

// dispatchPass is one look at the outbound mailbags of one postoffice.
type dispatchPass struct {
	x     *external
	p     *servedOffice
	found bool
	sent  int // the number in Sending mail (n)
}

// group looks at the mailbags of one XTN file, or at that of one gateway. The
// look ends when the batch is full; what was not looked at has its turn next
// time. inferred: this reading fits the examples of Q199800 but for a sum.
func (d *dispatchPass) group(queues []outboundQueue) {
	type share struct{ queue, items int }
	var batch []share
	room := dispatchBatch
	for i := range queues {
		if room == 0 || d.p.lost() {
			break
		}
		if n := min(d.visit(&queues[i], 0), room); n > 0 {
			batch = append(batch, share{i, n})
			room -= n
		}
	}
	for _, s := range batch {
		if d.p.lost() {
			break
		}
		d.visit(&queues[s.queue], s.items)
	}
}

// visit locks a mailbag and sends up to most items, the oldest first (Q103421).
// With most 0 it sends all when they are few, and else returns how many wait.
//
// The lock is taken before the mailbag is read, at every look, so that no two
// Externals collect the same item. Q103421, Q100828, Q128913
func (d *dispatchPass) visit(q *outboundQueue, most int) (waiting int) {
	x, p := d.x, d.p
	lock, ok := d.lock(q)
	if !ok {
		return 0
	}
	sent := 0
	if some, err := p.office.Waiting(q.bag); err != nil {
		x.badBag(p, err)
	} else if some {
		waiting, sent = d.serve(q, most)
	}
	d.unlock(q, lock) // last of all, after the clean-up. Q136004
	if sent > 0 {
		x.flush()
		x.deliver(q.target) // Q100826
	}
	return waiting
}

// lock takes a mailbag in three steps: it creates P1\<mailbag>.0LK, looks for locks
// of an older kind, <mailbag>.0XX, and opens its file, denying all. A file that is
// there already is no obstacle unless somebody holds it; lack of rights looks
// the same and is passed over in silence. Q128913, Q119642, Q117152
func (d *dispatchPass) lock(q *outboundQueue) (*dos.File, bool) {
	x := d.x
	f, err := x.t.Create(q.lock, dos.DenyNone) // invented: the mode
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		d.locked(q, "create", err)
		return nil, false
	}
	list, err := x.t.Find(q.older)
	older := ""
	for i := range list {
		if !strings.HasSuffix(list[i].Name, queueLockType) {
			older = list[i].Name
		}
	}
	switch {
	case err != nil:
		x.fault(&postoffice.FileError{Verb: "find", File: q.older, Err: err})
	case older == "":
		if f, err = x.t.Open(q.lock, dos.ReadWrite|dos.DenyAll); err == nil {
			return f, true
		}
		d.locked(q, "open", err)
		return nil, false
	case x.debug:
		x.say(extLocked + q.lock[:len(`M:P1\`)] + older)
	}
	d.dropLock(q) // invented: no article says who deletes it then
	return nil, false
}

// locked is a lock file that is refused. Between the first step and the last its
// holder may delete it: code 2. Q103960
func (d *dispatchPass) locked(q *outboundQueue, verb string, err error) {
	x := d.x
	switch {
	case x.fault(&postoffice.FileError{Verb: verb, File: q.lock, Err: err}):
	case verb == "open" && errors.Is(err, dos.FileNotFound):
		x.say(extFileOpen + q.lock + extFindCode + "2")
	case x.debug:
		x.say(extLocked + q.lock) // Q129456; invented: that it takes -Q1
	}
}

// unlock closes and deletes the lock file. On a lost drive only the handle goes.
func (d *dispatchPass) unlock(q *outboundQueue, f *dos.File) {
	if err := f.Close(); err != nil {
		if !d.p.lost() {
			d.x.fault(&postoffice.FileError{Verb: "close", File: q.lock, Err: err})
		}
		return
	}
	d.dropLock(q)
}

func (d *dispatchPass) dropLock(q *outboundQueue) {
	if d.p.lost() {
		return
	}
	if err := d.x.t.Remove(q.lock); err != nil {
		d.x.fault(&postoffice.FileError{Verb: "delete", File: q.lock, Err: err})
	}
}

// badBag is a mailbag that is missing or damaged. The other mailbags of the
// drive go on, from 3.2. Q118619, Q103421, Q127002
func (x *external) badBag(p *servedOffice, err error) {
	if x.fault(err) {
		return
	}
	switch {
	case postoffice.IsMissing(err), postoffice.IsCorrupt(err):
		x.say(extCritical + fileOf(err))
		x.inError(p)
	case postoffice.IsContention(err):
		x.say(extCritical + fileOf(err)) // a KEY that somebody holds. Q127002
	default:
		x.fileError(err)
	}
	p.fails()
}

// serve works on a locked mailbag that has mail.
func (d *dispatchPass) serve(q *outboundQueue, most int) (waiting, sent int) {
	x, p := d.x, d.p
	suffix, ok := d.suffix()
	if !ok {
		return 0, 0
	}
	items, err := p.office.List(q.bag)
	if err != nil {
		x.badBag(p, err)
	}
	postoffice.SortByAge(items)
	items = d.live(q, items)
	switch {
	case len(items) == 0, q.target.status != statusOK, p.lost():
		// What is for a drive in error or full stays. Q118619, Q103421
	case most == 0 && len(items) >= dispatchNow:
		waiting = len(items)
	default:
		if most > 0 {
			items = items[:min(most, len(items))]
		}
		d.found = true
		for i := range items {
			done, stop := d.item(q, &items[i], suffix)
			if done {
				sent++
			}
			if stop {
				break
			}
		}
	}
	if !p.lost() {
		name := p.office.Path("P1", "LOCKP1ID", suffix)
		if err := x.t.Remove(name); err != nil {
			x.fault(&postoffice.FileError{Verb: "delete", File: name, Err: err})
		}
	}
	return waiting, sent
}

// suffix takes the first free ending for the envelopes of this look, by
// creating LOCKP1ID.PBB, then .PBC and so on up to .PZZ. Q119642, Q128913
// invented: it is taken as long as the file is there, held open or not.
func (d *dispatchPass) suffix() (string, bool) {
	x := d.x
	for i := 1*26 + 1; i < 26*26; i++ {
		s := string([]byte{'P', byte('A' + i/26), byte('A' + i%26)})
		name := d.p.office.Path("P1", "LOCKP1ID", s)
		f, err := x.t.CreateNew(name, dos.DenyAll)
		if err == nil {
			err = f.Close()
		}
		if err == nil {
			return s, true
		}
		if !errors.Is(err, dos.FileExists) && !postoffice.IsContention(err) {
			x.fault(&postoffice.FileError{Verb: "create", File: name, Err: err})
			return "", false
		}
	}
	return "", false
}

// live drops damaged records and returns to their senders the items whose
// useful life is over: 24 hours, urgent ones 2. Q173203, Q96455 invented: it
// is looked at before each dispatch, also when the target is in error.
func (d *dispatchPass) live(q *outboundQueue, items []postoffice.Item) []postoffice.Item {
	now := postoffice.Wall(d.x.t.Now())
	kept := items[:0]
	for i := range items {
		it := &items[i]
		switch {
		case it.Err != nil:
			// The original looped on a record that is garbage (Q173099). invented: we
			// leave it where it is.
			d.x.badBag(d.p, it.Err)
		case it.Life > 0 && !it.Time.IsZero() && now.Sub(it.Time) > time.Duration(it.Life)*time.Hour:
			m, err := d.p.office.ReadMessage(it.MAI)
			if err != nil && d.x.fault(err) {
				return kept
			}
			d.giveBack(q, it, m, postoffice.Failure{Text: extUsefulLife + q.name()})
		default:
			kept = append(kept, *it)
		}
	}
	return kept
}

// name prints the postoffice as reports do. invented: one blank before the
// slash; the samples pad the network to lengths that differ. Q136004, Q131852
func (q *outboundQueue) name() string { return q.to.Network + " /" + q.to.Name }

// giveBack reports an item to its sender and removes it.
func (d *dispatchPass) giveBack(q *outboundQueue, it *postoffice.Item, m *postoffice.Message, failures ...postoffice.Failure) {
	x, p := d.x, d.p
	f := postoffice.Failed{Subject: it.Subject, Message: m, Failures: failures}
	if m != nil {
		f.From = m.From
	} else if u, ok := p.routes.User(it.Sender); ok {
		// The header has only the mailbox of the sender. invented: that a user of that
		// name at this postoffice is the one.
		f.From = postoffice.Address{Addr: p.name + "/" + u.Mailbox, Friendly: u.FullName}
	} else {
		f.From.Friendly = it.Sender
	}
	r := postoffice.Reporter{Office: p.office, Routes: p.routes, Program: extProgram, Line: func(text string) { x.say(text) }}
	if err := r.Report(&f); err != nil && !x.fault(err) {
		x.fileError(err)
	}
	if p.lost() {
		return
	}
	if err := p.office.DeleteItem(q.bag, it); err != nil && !x.fault(err) {
		x.fileError(err)
	}
}

// definition returns the record of NETWORK/PO in the tables, nil if there is
// none. Its address is kept: the totals in it are brought up to date.
func definition(r *postoffice.Routes, name string) *postoffice.OfficeRoute {
	for i := range r.Offices {
		if o := &r.Offices[i]; strings.EqualFold(o.Network+"/"+o.Name, name) {
			return o
		}
	}
	return nil
}
