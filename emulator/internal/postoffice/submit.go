package postoffice

import "strings"

// UnknownError names recipients that no table knows. A client refuses such a message
// before it is sent.
type UnknownError struct{ Addresses []Address }

func (e *UnknownError) Error() string {
	return "cannot send to " + joinAddresses(e.Addresses, ", ") + ": unknown address"
}

func joinAddresses(list []Address, sep string) string {
	var b strings.Builder
	for i := range list {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(list[i].String())
	}
	return b.String()
}

// Unposted is a mailbag that a client could not reach.
type Unposted struct {
	Bag     string
	Address Address // one recipient behind it
	Err     error
}

// Text is what the DOS client prints. Q87408
func (u Unposted) Text() string {
	return "ERROR MAILING TO MAILBAG:\nMailbag: " + u.Bag + "\nAddress: " + u.Address.String() + "\nPress any key to continue..."
}

// Sent tells what became of a submission.
type Sent struct {
	MAI    uint32
	Bags   []string // mailbags that have the message
	Failed []Unposted
}

// Texts of a client whose submission failed. Q87381 Q87411
const (
	TextAttachments = "Error in sending attachment(s)."
	TextTransmit    = "Error in transmitting mail or server disk is full."
)

// posting is one mailbag and a recipient behind it.
type posting struct {
	bag string
	to  Address
}

func addPosting(list []posting, bag string, to Address) []posting {
	for i := range list {
		if list[i].bag == bag {
			return list // two records of one mailbag never point to the same message. Q77926
		}
	}
	return append(list, posting{bag, to})
}

// Submit sends a message as a mail client does: attachments, message, then for each
// mailbag KEY, MBG, KEY. Mail for other postoffices and gateways goes to their outbound
// mailbags. Q148515 Q107767 Q87416 m.Date is set when it is zero.
func (o *Office) Submit(r *Routes, m *Message) (Sent, error) {
	if u, ok := r.localUser(m.From); ok && m.From.Friendly == "" && u.FullName != u.Mailbox {
		m.From.Friendly = u.FullName // inferred: a dumped message has room for Administrator behind the sender. Q87379
	}
	var list []posting
	var unknown []Address
	var err error
	m.Recipients(func(a *Address) {
		t := r.Resolve(*a)
		switch {
		case t.Bag != "":
			list = addPosting(list, t.Bag, *a)
		case t.Kind == ToGroup:
			bags, merr := o.groupBags(t.TID)
			if merr != nil && err == nil {
				err = merr
			}
			for _, bag := range bags {
				list = addPosting(list, bag, *a)
			}
		default:
			unknown = append(unknown, *a)
		}
	})
	if err != nil {
		return Sent{}, err
	}
	if len(unknown) > 0 || len(list) == 0 {
		return Sent{}, &UnknownError{unknown}
	}
	return o.sendTo(r, m, list)
}

// localUser returns the user of this postoffice that an address names.
func (r *Routes) localUser(a Address) (Access, bool) {
	network, name, box, ok := a.Split()
	if !ok || a.Type != "" || !strings.EqualFold(network, r.Network) || !strings.EqualFold(name, r.Name) {
		return Access{}, false
	}
	return r.User(box)
}

// sendTo stores a message and posts it to the mailbags of the list.
func (o *Office) sendTo(r *Routes, m *Message, list []posting) (Sent, error) {
	now := Wall(o.Task.Now())
	if m.Date.IsZero() {
		m.Date = now
	}
	if m.HopLimit == 0 {
		m.HopLimit = r.HopLimit
	}
	m.References = uint16(len(list)) // Q104423
	id, size, err := o.Store(m, AttachmentsFirst)
	if err != nil {
		return Sent{}, err
	}
	sent := Sent{MAI: id}
	h := NewHeader(m, id, size)
	h.Time = now // the sending client's clock. Q119089
	for _, p := range list {
		if err := o.Post(p.bag, &h); err != nil {
			sent.Failed = append(sent.Failed, Unposted{p.bag, p.to, err})
			continue
		}
		sent.Bags = append(sent.Bags, p.bag)
	}
	if n := len(sent.Failed); n > 0 {
		if err := o.Release(id, n); err != nil && !IsMissing(err) {
			return sent, err
		}
	}
	return sent, nil
}

// NewHeader summarizes a stored message for mailbags. The time is left to the caller: it
// is that of whoever delivers. Q119089 Q137676
func NewHeader(m *Message, id uint32, size int) Header {
	h := Header{
		Sender: shortName(m.From), Subject: clip(m.Subject, headerLayout.max(headerSubject)), MAI: id,
		Attachments: uint16(len(m.Attachments)), Size: m.TotalSize(size), Priority: m.Priority, Life: lifeOrdinary,
	}
	if m.Priority == '5' {
		h.Life = lifeUrgent // invented: which priority counts as urgent; priorities order as in ASCII, Q104280
	}
	return h
}

// shortName is the mailbox name that a list of messages shows. inferred: for gateway
// addresses the user part.
func shortName(a Address) string {
	s := a.Addr
	if _, _, box, ok := a.Split(); ok {
		s = box
	} else if i := strings.IndexByte(s, '@'); i > 0 {
		s = s[:i]
	}
	return clip(s, headerLayout.max(headerSender))
}

func clip(s string, n int) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	return s[:min(len(s), n)]
}

// groupBags returns the mailbags of a group's local members. External members are not
// served that way. Q87396
func (o *Office) groupBags(tid uint32) ([]string, error) {
	file, data, err := o.TableFile("MEM", hexID(tid), "MEM")
	if err != nil {
		return nil, err
	}
	ids, err := DecodeMEM(file, data)
	bags := make([]string, len(ids))
	for i, id := range ids {
		bags[i] = hexID(id)
	}
	return bags, err
}

// Put submits a message as FFAPI programs do: MAI, ATT, P1, then a header in INQUEUE3
// whose name leads to both MAI and P1. Q85058 Q100826 recipients are those to be served
// here; nil means all of the message. On failure what was made is erased.
func (o *Office) Put(m *Message, recipients []Address) (id uint32, err error) {
	if recipients == nil {
		m.Recipients(func(a *Address) { recipients = append(recipients, *a) })
	} else {
		m.Restrict(recipients)
	}
	m.References = 1
	if m.HopLimit == 0 {
		m.HopLimit = defaultHops
	}
	id, size, err := o.Store(m, MessageFirst)
	if err != nil {
		return 0, err
	}
	h := NewHeader(m, id, size)
	h.Time = Wall(o.Task.Now())
	if err = o.PostInqueue(&h, m.From, recipients); err != nil {
		o.Release(id, 1)
		return 0, err
	}
	return id, nil
}

// PostInqueue hands a stored message to the mailer of this postoffice: envelope, then
// header in INQUEUE3. External ends a hop with it. Q100826 On failure the P1 is erased.
func (o *Office) PostInqueue(h *Header, from Address, recipients []Address) error {
	e := Envelope{MAI: h.MAI, From: from, Recipients: make([]Recipient, len(recipients))}
	for i, a := range recipients {
		e.Recipients[i].Address = a
	}
	err := o.WriteEnvelope(&e)
	if err == nil {
		err = o.Post(Inqueue3, h)
	}
	if err != nil {
		o.Task.Remove(o.EnvelopePath(h.MAI))
	}
	return err
}
