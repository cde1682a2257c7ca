package postoffice

import (
	"errors"
	"slices"
	"strings"

	"gwkit/emulator/internal/dos"
)

// FFAPIBatch is the number of inqueue items that an FFAPI program delivers in one run;
// the rest wait without an error. Q115490
const FFAPIBatch = 50

// ErrMemory is what FFAPI programs make of a damaged envelope: Insufficient memory. Q105290
var ErrMemory = errors.New("cannot deliver: insufficient memory")

// Locking says how a mailer keeps others from its inqueue. Q103960
type Locking uint8

const (
	LockFile Locking = iota // creates INQUEUE3.0LK and holds it open, denying all
	LockV20                 // opens the MBG denying others to read, and ignores lock files: option -V20
	LockNone                // no protection: for old or broken set-ups
)

// Mailer delivers what waits in INQUEUE3 into mailbags: of users, groups' members, other
// postoffices and gateways. The code is part of External and of every FFAPI Put and Get
// program. Q115490 Q136379
type Mailer struct {
	Office  *Office
	Routes  *Routes
	Program string // name in SYSTEM.LOG
	Queue   string // mailbag to empty; "" is INQUEUE3
	Batch   int    // items at most, 0 for no limit
	Locking Locking

	// EnvelopeFirst deletes the P1 before the inqueue is updated, as FFAPI 3.0 does.
	// When that update then fails, the next pass finds no P1 and reports [021] for mail
	// that was delivered. External from 3.2 on deletes it last. Q136379
	EnvelopeFirst bool
	// FFAPI makes the mailer speak and fail like the gateway programs: their texts in
	// SYSTEM.LOG (Q119685 Q147253) and ErrMemory for a damaged envelope (Q105290).
	FFAPI bool
	// Full17 reports a full mailbag as [017], as the Exchange connector does; MS Mail's
	// own programs call it contention, [008]. Q138054 Q147253
	Full17 bool
	// PostmasterToAdmin delivers mail for a missing POSTMASTER mailbox to the first user,
	// the administrator. Q135034 Otherwise it is unknown. Q175447
	PostmasterToAdmin bool
	Receive           bool              // option -MR: write RECV.LOG. Q128512
	Line              func(text string) // session log lines; nil for none

	mbg     *dos.File // the inqueue, open while Run works; nil for External with its lock file
	mbgFile string
}

// Result counts what a run did.
type Result struct {
	Items  int  // inqueue items dealt with
	Posted int  // headers written into mailbags
	Failed int  // recipients reported as failed
	Left   int  // live items not looked at: over the batch
	Busy   bool // another mailer holds the inqueue; nothing was done
}

func (m *Mailer) line(text string) {
	if m.Line != nil {
		m.Line(text)
	}
}

// Run makes one pass over the inqueue. Items that fail are reported and removed; the
// error is one that stops the pass: the inqueue cannot be read, or ErrMemory.
func (m *Mailer) Run() (res Result, err error) {
	if m.Queue == "" {
		m.Queue = Inqueue3
	}
	o := m.Office
	lock := o.Path(lockDir, m.Queue, lockExt)
	if m.Locking == LockFile {
		// A lock file that nobody holds does not block: it is opened, used, deleted. Q128913
		f, err := o.Task.Create(lock, modeLock)
		if err != nil {
			// No rights and locked by another look the same. Q117152
			return Result{Busy: true}, nil
		}
		defer func() {
			f.Close()
			if rerr := o.remove(lock); err == nil && rerr != nil && !IsMissing(rerr) {
				err = rerr
			}
		}()
	}
	m.line("Delivering new mail to " + m.Routes.Local() + ".") // Q100826
	items, left, key, err := m.begin()
	if err != nil {
		if m.Locking == LockV20 && IsContention(err) {
			return Result{Busy: true}, nil
		}
		m.fileError(err)
		return res, err
	}
	release := func() {
		if m.mbg != nil {
			key.Close()
			m.mbg.Close()
			m.mbg = nil
		}
	}
	defer release() // the inqueue is closed last. Q85058
	if m.Locking == LockFile && !m.FFAPI {
		// The lock file is all that External relies on: a program that locks as
		// version 2.0 did gets at the inqueue meanwhile. Q103960
		// inferred: so it does not keep the MBG open while it delivers.
		release()
	}
	if len(items) == 0 {
		return res, nil
	}
	m.line("Processing received mail queue at: " + string([]byte{o.Drive}) + ": " + m.Routes.Local() + ".")
	res.Left = left
	for i := range items {
		res.Items++
		if err := m.item(&items[i], &res); err != nil {
			return res, err
		}
	}
	m.line("Delivering of mail from " + m.Queue + " is complete.")
	return res, nil
}

// begin opens the inqueue, KEY, then MBG (Q85058), and lists at most a batch of it. left is
// how many more there are.
func (m *Mailer) begin() (items []Item, left int, key *dos.File, err error) {
	o := m.Office
	name := o.bagFiles(m.Queue)
	keyFile := name.key
	m.mbgFile = name.mbg
	mode := modePoll
	if m.Locking == LockV20 {
		mode = modeV20
	}
	if key, err = o.open(keyFile, modePoll, mailbagTries, mailbagWait); err != nil {
		return nil, 0, nil, err
	}
	if m.mbg, err = o.open(m.mbgFile, mode, mailbagTries, mailbagWait); err != nil {
		key.Close()
		return nil, 0, nil, err
	}
	list, err := o.listing(key, m.mbg, keyFile, m.mbgFile, m.Batch)
	if items = list.all(); list != nil {
		left = list.left
	}
	if err != nil && len(items) == 0 {
		key.Close()
		m.mbg.Close()
		return nil, 0, nil, err
	}
	return items, left, key, nil
}

// fileError prints a refused operation as External does. Q103960
func (m *Mailer) fileError(err error) {
	var fe *FileError
	var code dos.Error
	if !errors.As(err, &fe) || !errors.As(err, &code) {
		return
	}
	verb, end := "Error opening", `"`
	if IsMissing(err) {
		verb, end = "Error finding", `",`
	}
	m.line(`File I/O: ` + verb + ` "` + fe.File + end + ` error code=` + decimal(int(code)))
}

func decimal(n int) string {
	if n >= 10 {
		return decimal(n/10) + string([]byte{byte('0' + n%10)})
	}
	return string([]byte{byte('0' + n)})
}

// delivery is one item on its way.
type delivery struct {
	item     *Item
	envelope *Envelope
	message  *Message
	size     int
	failures []Failure
	posted   int
}

// item delivers one inqueue item.
func (m *Mailer) item(it *Item, res *Result) error {
	o := m.Office
	if it.Err != nil {
		// A record that leads nowhere: nobody to report to, so it is only logged.
		m.report(&delivery{item: it, failures: []Failure{{Code: 12}}}, res)
		return m.finish(&delivery{item: it}, false)
	}
	m.line("INQUEUE file: " + o.MessagePath(it.MAI)) // Q100826
	d := &delivery{item: it}
	var perr, merr error
	d.envelope, perr = o.ReadEnvelope(it.MAI)
	var empty errNoRecipients
	if perr != nil && IsContention(perr) {
		m.fileError(perr)
		return nil // stays for the next pass
	}
	d.message, d.size, merr = o.readMessage(it.MAI, true)
	if merr != nil && IsContention(merr) {
		m.fileError(merr)
		return nil // Q113165
	}
	switch {
	case perr == nil && len(d.pending()) == 0:
		return m.finish(d, true) // an earlier pass served all and could not say so
	case perr == nil && merr == nil:
		m.deliver(d, res)
	case perr != nil && IsMissing(perr):
		d.fail(Failure{Code: 21}, nil)
	case errors.As(perr, &empty):
		d.fail(Failure{Code: 24}, nil)
	case perr != nil && IsCorrupt(perr):
		if m.FFAPI {
			return ErrMemory // Q105290
		}
		d.fail(Failure{Code: 24}, nil)
	case perr != nil:
		m.fileError(perr)
		return nil
	case IsMissing(merr):
		m.line(o.MessagePath(it.MAI) + " was not found.")
		d.fail(Failure{Code: 16}, d.pending()) // without the file's name, which dispatch adds. Q99204
	case IsCorrupt(merr):
		d.fail(Failure{Code: 12}, d.pending())
	default:
		m.fileError(merr)
		return nil
	}
	if len(d.failures) > 0 {
		m.report(d, res)
	}
	if merr != nil {
		m.line("Error opening FIPS file. Failure to open file.") // Q99204
	}
	return m.finish(d, perr == nil || !IsMissing(perr))
}

func (d *delivery) fail(f Failure, addresses []Address) {
	f.Addresses = addresses
	d.failures = append(d.failures, f)
}

func (d *delivery) pending() []Address {
	var list []Address
	for i := range d.envelope.Recipients {
		if r := &d.envelope.Recipients[i]; !r.Done {
			list = append(list, r.Address)
		}
	}
	return list
}

// post is one mailbag to be served, with the envelope lines behind it.
type post struct {
	bag    string
	local  bool
	behind []int
}

// deliver posts a header into every mailbag that the envelope leads to.
func (m *Mailer) deliver(d *delivery, res *Result) {
	posts := m.plan(d)
	if len(posts) == 0 {
		return
	}
	// The counter grows before the first header points to the message, so that a user
	// who deletes at once does not erase it under the others. inferred: Q104423
	if _, err := m.Office.AddReferences(d.item.MAI, len(posts)); err != nil {
		m.fileError(err)
		for _, p := range posts {
			d.fail(Failure{Code: 12}, d.addresses(p.behind))
		}
		return
	}
	h := NewHeader(d.message, d.item.MAI, d.size)
	h.Time = Wall(m.Office.Task.Now()) // Q137676
	for _, p := range posts {
		err := m.Office.Post(p.bag, &h)
		if err != nil {
			m.fileError(err)
			d.fail(m.postFailure(err), d.addresses(p.behind))
			continue
		}
		d.posted++
		res.Posted++
		for _, i := range p.behind {
			r := &d.envelope.Recipients[i]
			r.Done = true
			if p.local && m.Receive {
				m.Office.LogTransfer("RECV", h.Size, d.message.From, r.Address) // Q128512
			}
		}
	}
	if n := len(posts) - d.posted; n > 0 {
		m.Office.AddReferences(d.item.MAI, -n)
	}
}

func (m *Mailer) postFailure(err error) Failure {
	switch {
	case errors.Is(err, ErrFull) && m.Full17:
		return Failure{Code: 17}
	case m.FFAPI && !m.Office.Overrun:
		return Failure{Text: textFFAPIContention} // components 3.04.0010. Q147253
	}
	return Failure{Code: 8}
}

func (d *delivery) addresses(lines []int) []Address {
	list := make([]Address, len(lines))
	for i, n := range lines {
		list[i] = d.envelope.Recipients[n].Address
	}
	return list
}

// plan finds the mailbags of all recipients still to be served, in the order of the
// envelope, and notes those that lead nowhere.
func (m *Mailer) plan(d *delivery) []post {
	var posts []post
	var unknown, beyond []Address
	add := func(bag string, local bool, line int) {
		for i := range posts {
			if posts[i].bag == bag {
				if !slices.Contains(posts[i].behind, line) {
					posts[i].behind = append(posts[i].behind, line)
				}
				return
			}
		}
		posts = append(posts, post{bag, local, []int{line}})
	}
	// A message that was here before goes round in circles. Q128627
	here := m.Routes.Local()
	circular := slices.ContainsFunc(d.message.Trace, func(s string) bool { return strings.EqualFold(s, here) })
	hops := len(d.message.Trace) + 1
	for i := range d.envelope.Recipients {
		r := &d.envelope.Recipients[i]
		if r.Done {
			continue
		}
		switch t := m.resolve(r.Address); t.Kind {
		case ToUser, ToSystem:
			add(t.Bag, true, i)
		case ToGroup:
			bags, err := m.Office.groupBags(t.TID)
			if err != nil {
				m.fileError(err)
				d.fail(Failure{Code: 7}, []Address{r.Address}) // an empty MEM is no error. Q117895
				continue
			}
			r.Done = len(bags) == 0
			for _, bag := range bags {
				add(bag, true, i)
			}
		case ToSpecial:
			r.Done = true // External's business; users do not see it. Q112879
		case ToOffice, ToGateway:
			if circular || d.message.HopLimit > 0 && hops >= int(d.message.HopLimit) && t.Kind == ToOffice {
				beyond = append(beyond, r.Address)
				continue
			}
			add(t.Bag, false, i)
		default:
			unknown = append(unknown, r.Address)
		}
	}
	if len(unknown) > 0 {
		f := Failure{Code: 2}
		if m.FFAPI {
			f = Failure{Text: textFFAPIUnknown} // Q119685
		}
		d.fail(f, unknown)
	}
	if len(beyond) > 0 {
		f := Failure{Code: 3, Detail: append(slices.Clone(d.message.Trace), here)} // Q147471
		if circular {
			f.Code = 4
		}
		d.fail(f, beyond)
	}
	return posts
}

func (m *Mailer) resolve(a Address) Target {
	t := m.Routes.Resolve(a)
	if t.Kind == Unknown && m.PostmasterToAdmin && len(m.Routes.Users) > 0 {
		network, name, box, ok := a.Split()
		if ok && strings.EqualFold(box, Postmaster) && strings.EqualFold(network+"/"+name, m.Routes.Local()) {
			return Target{Kind: ToUser, Bag: m.Routes.Users[0].MBG, Name: m.Routes.Users[0].Mailbox}
		}
	}
	return t
}

func (m *Mailer) report(d *delivery, res *Result) {
	f := &Failed{Subject: d.item.Subject, Message: d.message, Failures: d.failures}
	switch {
	case d.message != nil:
		f.From, f.Subject = d.message.From, d.message.Subject
	case d.envelope != nil:
		f.From = d.envelope.From
	default:
		f.From.Friendly = d.item.Sender
	}
	for i := range d.failures {
		res.Failed += max(1, len(d.failures[i].Addresses))
	}
	p := Reporter{m.Office, m.Routes, m.Program, m.Line}
	if err := p.Report(f); err != nil {
		m.fileError(err)
	}
}

// finish removes the item from the inqueue and deletes its envelope, in the order of the
// program's version; then the inqueue's reference to the message goes.
func (m *Mailer) finish(d *delivery, hasEnvelope bool) error {
	o := m.Office
	if hasEnvelope && m.EnvelopeFirst {
		m.removeEnvelope(d.item.MAI)
	}
	var err error
	if m.mbg == nil {
		err = o.Delete(m.Queue, d.item)
	} else {
		err = o.deleteHeld(m.Queue, d.item, m.mbg, m.mbgFile)
	}
	if err != nil {
		m.fileError(err)
		if d.envelope != nil && !m.EnvelopeFirst {
			// invented: that all are served is then kept in the P1, for the next pass
			// meets the item again; External does not deliver it twice. Q136379
			for i := range d.envelope.Recipients {
				d.envelope.Recipients[i].Done = true
			}
			if err := o.WriteEnvelope(d.envelope); err != nil {
				m.fileError(err)
			}
		}
		return nil
	}
	if d.item.Err != nil {
		return nil
	}
	if hasEnvelope && !m.EnvelopeFirst {
		m.removeEnvelope(d.item.MAI)
	}
	if err := o.Release(d.item.MAI, 1); err != nil && !IsMissing(err) {
		m.fileError(err)
	}
	return nil
}

func (m *Mailer) removeEnvelope(id uint32) {
	if err := m.Office.remove(m.Office.EnvelopePath(id)); err != nil {
		m.fileError(err)
	}
}
