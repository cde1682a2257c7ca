package postoffice

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"time"
)

// Address is a sender or recipient. Its stored form is NETWORK/PO/MAILBOX, a NUL, two
// bytes of marks and the friendly name. inferred: from the dump of Q104423
type Address struct {
	Type     string // gateway type such as SMTP; empty for Microsoft Mail
	Addr     string // NETWORK/PO/MAILBOX, or the gateway's form. Q94410
	Friendly string
	// Served says that this copy of the message is not for this recipient: he is only
	// shown. invented: no document says how a hub knows whom an item still has to
	// reach; a mark beside the address keeps a second copy from doubling the mail.
	Served bool
}

const (
	markAlways   = 0x80 // set in the dump of Q104423
	markFriendly = 0x40 // inferred: set where a friendly name follows
	markServed   = 0x01 // invented
)

// String returns the address as reports print it.
func (a Address) String() string {
	if a.Type == "" {
		return a.Addr
	}
	return a.Type + ":" + a.Addr
}

// Split returns the parts of a Microsoft Mail address.
func (a Address) Split() (network, name, mailbox string, ok bool) {
	if a.Type != "" {
		return "", "", "", false
	}
	network, rest, _ := strings.Cut(a.Addr, "/")
	name, mailbox, _ = strings.Cut(rest, "/")
	ok = network != "" && name != "" && mailbox != "" && !strings.Contains(mailbox, "/")
	return network, name, mailbox, ok
}

// Same compares without regard to case and friendly name.
func (a Address) Same(b Address) bool {
	return strings.EqualFold(a.Type, b.Type) && strings.EqualFold(a.Addr, b.Addr)
}

// Attachment is one file sent along.
type Attachment struct {
	ID     uint32 // names the ATT file; 0 until stored
	Name   string
	Time   time.Time // of the file, as wall time
	Size   uint32    // bytes; Store sets it to len(Data)
	Type   string    // file type. Q87223
	Hidden bool      // not shown to users, such as WINMAIL.DAT. Q148515
	Data   []byte    // read by Office.ReadAttachments
}

// Message is the content of a MAI file.
type Message struct {
	References  uint16 // mailbags that point to it. Q104423
	HopLimit    uint16
	Trace       []string // NETWORK/PO of postoffices passed, oldest first. Q147471
	From        Address
	To, Cc      []Address
	Hidden      []Address // served, but in neither list, such as an SMTP envelope's
	Date        time.Time // wall time
	Priority    byte      // 1-9 or a letter; 0 for none. 1-5, R, C, F, T are reserved. Q104280
	Subject     string
	Attachments []Attachment
	Receipt     bool   // a receipt is asked for. Q113824
	Class       string // message class; empty is ordinary mail
	Text        []byte // lines end in CR

	// Sealed is the text as it stands in the file, if the message was read so; then Text is
	// empty. See Office.ReadSealed.
	Sealed []byte
}

// unseal gives a message that was read sealed its text.
func (m *Message) unseal() {
	if m.Sealed != nil {
		m.Text = unscramble(make([]byte, 0, len(m.Sealed)), m.Sealed)
		m.Sealed = nil
	}
}

// Recipients calls fn for everybody the message is for, To first.
func (m *Message) Recipients(fn func(*Address)) {
	for _, list := range [...][]Address{m.To, m.Cc, m.Hidden} {
		for i := range list {
			fn(&list[i])
		}
	}
}

// Restrict marks all recipients but those of keep as served elsewhere, and hides those
// of keep that neither To nor Cc shows.
func (m *Message) Restrict(keep []Address) {
	found := make([]bool, len(keep))
	m.Recipients(func(a *Address) {
		a.Served = true
		for i := range keep {
			if keep[i].Same(*a) {
				a.Served = found[i] // the same address twice is served once
				found[i] = true
			}
		}
	})
	for i := range keep {
		if !found[i] {
			a := keep[i]
			a.Served = false
			m.Hidden = append(m.Hidden, a)
		}
	}
}

// TotalSize is what headers and logs show: the message and its attachments.
func (m *Message) TotalSize(stored int) uint32 {
	n := uint32(stored)
	for i := range m.Attachments {
		n += m.Attachments[i].Size
	}
	return n
}

// Encode returns the MAI file. NULs in addresses are dropped.
func (m *Message) Encode() []byte {
	size := 256 + len(m.Text) + len(m.Sealed) + len(m.Subject) + 64*len(m.Attachments)
	m.Recipients(func(a *Address) { size += a.storedLen() + 6 })
	return m.append(make([]byte, 0, size))
}

// append puts the file into b, which is empty.
func (m *Message) append(b []byte) []byte {
	m.From.withoutNUL()
	m.Recipients((*Address).withoutNUL)
	// The dump's first six bytes are not printed; from 0x06 on it is followed. Four length
	// bytes fill them and allow any size. invented
	b = append(b, elementMessage, 0x84, 0, 0, 0, 0)
	b = appendInteger(b, vendorCounter, m.References)
	b = appendInteger(b, vendor32, 2)
	b = appendInteger(b, vendorHops, m.HopLimit)
	b = appendInteger(b, vendor37, 10)
	b = appendAddresses(b, elementField, fieldFrom, []Address{m.From})
	b = appendAddresses(b, elementField, fieldTo, m.To)
	if len(m.Cc) > 0 {
		b = appendAddresses(b, elementField, fieldCc, m.Cc)
	}
	if !m.Date.IsZero() {
		b = append(b, elementField, 1+2+14, fieldDate, elementDate, 14)
		b = m.Date.AppendFormat(b, "20060102150405")
	}
	if m.Priority != 0 {
		b = append(b, elementVendor, 4, vendorPriority, elementText, 1, m.Priority)
		scramble(b[len(b)-1:])
	}
	b = appendFieldText(b, elementField, fieldSubject, m.Subject)
	for i := range m.Attachments {
		b = m.Attachments[i].append(b)
	}
	if len(m.Hidden) > 0 {
		b = appendAddresses(b, elementVendor, vendorHidden, m.Hidden)
	}
	for _, po := range m.Trace {
		b = appendFieldText(b, elementVendor, vendorTrace, po)
	}
	if m.Receipt {
		b = appendInteger(b, vendorReceipt, 1)
	}
	if m.Class != "" {
		b = appendFieldText(b, elementVendor, vendorClass, m.Class)
	}
	size := len(m.Text)
	if m.Sealed != nil {
		size = len(m.Sealed)
	}
	b = appendLength(append(b, elementField), 1+stringSize(size))
	b = append(b, fieldText, elementText)
	b = appendLength(b, size)
	if m.Sealed != nil {
		b = append(b, m.Sealed...)
	} else {
		at := len(b)
		b = append(b, m.Text...)
		scramble(b[at:])
	}
	binary.BigEndian.PutUint32(b[2:], uint32(len(b)+9-6))
	b = append(b, elementVendor, 7, vendorSum, elementInteger, 4)
	return binary.LittleEndian.AppendUint32(b, checksum(b[bodyOffset:len(b)-5]))
}

// checksum covers everything but the head with the counter, and the sum itself; the size
// is part of it. Q107756
func checksum(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

func (a *Attachment) append(dst []byte) []byte {
	var fixed [20]byte
	le := binary.LittleEndian
	le.PutUint32(fixed[0:], a.ID)
	le.PutUint32(fixed[4:], a.Size)
	le.PutUint16(fixed[8:], uint16(flag(a.Hidden)))
	if t := a.Time; !t.IsZero() {
		le.PutUint16(fixed[10:], uint16(t.Year()))
		fixed[12], fixed[13] = byte(t.Month()), byte(t.Day())
		fixed[14], fixed[15], fixed[16] = byte(t.Hour()), byte(t.Minute()), byte(t.Second())
	}
	dst = append(dst, elementVendor)
	dst = appendLength(dst, 1+2+len(fixed)+stringSize(len(a.Name))+stringSize(len(a.Type)))
	dst = append(dst, vendorAttachment, elementInteger, byte(len(fixed)))
	dst = append(dst, fixed[:]...)
	return appendString(appendString(dst, a.Name), a.Type)
}

// References reads the counter without decoding the rest.
func References(file string, head []byte) (uint16, error) {
	if len(head) < bodyOffset || head[0] != elementMessage || head[6] != elementVendor {
		return 0, &CorruptError{file, 0, "no message begins here"}
	}
	return binary.LittleEndian.Uint16(head[counterOffset:]), nil
}

// hasAttachments says whether a MAI file names attachments, as far as it can be read.
func hasAttachments(data []byte) bool {
	for off := 6; off < len(data); {
		code, body, next, ok := element(data, off)
		if !ok || len(body) == 0 {
			return false
		}
		if code == elementVendor && body[0] == vendorAttachment {
			return true
		}
		off = next
	}
	return false
}

// DecodeMessage reads a MAI file; file names it in errors.
func DecodeMessage(file string, data []byte) (*Message, error) {
	var d messageDecoder
	return d.decode(file, data)
}

// messageDecoder holds the buffers for reading a MAI file.
type messageDecoder struct {
	m     *Message
	plain []byte // string in hand
	text  []byte // the message's text goes here if reuse
	reuse bool
	seal  bool // with reuse: leave the text as it is in the file
}

func (d *messageDecoder) decode(file string, data []byte) (*Message, error) {
	bad := func(off int, why string) (*Message, error) {
		return nil, &CorruptError{file, int64(off), why}
	}
	refs, err := References(file, data)
	if err != nil {
		return nil, err
	}
	if data[1] != 0x84 || int64(binary.BigEndian.Uint32(data[2:])) != int64(len(data)-6) {
		return bad(1, fmt.Sprintf("the length is not that of a file of %d bytes", len(data)))
	}
	if len(data) < bodyOffset+9 {
		return bad(len(data), "the file ends early")
	}
	end := len(data) - 9
	if string(data[end:end+5]) != string([]byte{elementVendor, 7, vendorSum, elementInteger, 4}) {
		return bad(end, "no checksum")
	}
	if binary.LittleEndian.Uint32(data[end+5:]) != checksum(data[bodyOffset:end]) {
		return bad(end, "wrong checksum")
	}
	m := &Message{References: refs}
	d.m = m
	seen := 0
	for off := 6; off < end; {
		code, body, next, ok := element(data[:end], off)
		if !ok || len(body) == 0 || code != elementField && code != elementVendor {
			return bad(off, "no element")
		}
		if why := d.element(code, body); why != "" {
			return bad(off, why)
		}
		if code == elementField {
			seen |= 1 << (body[0] & 31)
		}
		off = next
	}
	if seen&(1<<fieldFrom) == 0 || seen&(1<<fieldTo) == 0 {
		return bad(end, "sender or recipients are missing")
	}
	return m, nil
}

func (d *messageDecoder) element(code byte, body []byte) (why string) {
	m := d.m
	id, rest := body[0], body[1:]
	if code == elementVendor && len(rest) == 4 && rest[0] == elementInteger && rest[1] == 2 {
		switch v := binary.LittleEndian.Uint16(rest[2:]); id {
		case vendorHops:
			m.HopLimit = v
		case vendorReceipt:
			m.Receipt = v != 0
		}
		return ""
	}
	switch {
	case code == elementField && id == fieldDate:
		c, b, next, ok := element(rest, 0)
		if !ok || c != elementDate || next != len(rest) {
			return "bad date"
		}
		m.Date, ok = parseDate(b)
		if !ok {
			return "bad date"
		}
		return ""
	case code == elementVendor && id == vendorAttachment:
		return m.decodeAttachment(rest)
	}
	count, ok := countStrings(rest)
	if !ok {
		return "no string"
	}
	switch {
	case code == elementField && id == fieldFrom:
		var from [1]Address
		a, ok := d.addresses(from[:0], rest)
		if !ok || len(a) != 1 {
			return "bad sender"
		}
		m.From = a[0]
		return ""
	case code == elementField && id == fieldTo:
		m.To, ok = d.addresses(make([]Address, 0, count), rest)
	case code == elementField && id == fieldCc:
		m.Cc, ok = d.addresses(make([]Address, 0, count), rest)
	case code == elementVendor && id == vendorHidden:
		m.Hidden, ok = d.addresses(make([]Address, 0, count), rest)
	case count != 1:
		return "one string expected"
	case code == elementField && id == fieldText:
		_, s, _, _ := element(rest, 0)
		switch {
		case len(s) == 0:
			m.Text = nil
		case d.seal:
			d.text = append(d.text[:0], s...)
			m.Sealed = d.text
		case d.reuse:
			d.text = unscramble(d.text[:0], s)
			m.Text = d.text
		default:
			m.Text = unscramble(make([]byte, 0, len(s)), s)
		}
	default:
		plain, _ := d.next(rest, 0)
		switch {
		case code == elementField && id == fieldSubject:
			m.Subject = string(plain)
		case code == elementVendor && id == vendorTrace:
			m.Trace = append(m.Trace, string(plain))
		case code == elementVendor && id == vendorClass:
			m.Class = string(plain)
		case code == elementVendor && id == vendorPriority:
			if len(plain) != 1 || plain[0] == 0 {
				return "bad priority"
			}
			m.Priority = plain[0]
		}
	}
	if !ok {
		return "bad address"
	}
	return ""
}

// next decodes the string at off, which is there; the result is good until the next call.
func (d *messageDecoder) next(b []byte, off int) (plain []byte, next int) {
	_, s, next, _ := element(b, off)
	d.plain = unscramble(d.plain[:0], s)
	return d.plain, next
}

// addresses appends the addresses of a field, whose strings are known to be sound.
func (d *messageDecoder) addresses(list []Address, b []byte) ([]Address, bool) {
	for off := 0; off < len(b); {
		var p []byte
		p, off = d.next(b, off)
		a, ok := decodePlain(p)
		if !ok {
			return nil, false
		}
		list = append(list, a)
	}
	return list, true
}

// parseDate reads 14 digits.
func parseDate(b []byte) (time.Time, bool) {
	if len(b) == 14 {
		n := func(at, size int) int {
			v := 0
			for _, c := range b[at : at+size] {
				if c < '0' || c > '9' {
					return 1 << 30
				}
				v = 10*v + int(c-'0')
			}
			return v
		}
		year, month, day, hour, minute, second := n(0, 4), n(4, 2), n(6, 2), n(8, 2), n(10, 2), n(12, 2)
		if year < 1<<30 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour < 24 && minute < 60 && second < 60 {
			return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC), true
		}
	}
	t, err := time.Parse("20060102150405", string(b))
	return t, err == nil
}

func (m *Message) decodeAttachment(b []byte) (why string) {
	code, f, next, ok := element(b, 0)
	if !ok || code != elementInteger || len(f) != 20 {
		return "bad attachment"
	}
	names, why := decodeStrings(b[next:])
	if why != "" || len(names) != 2 {
		return "bad attachment"
	}
	le := binary.LittleEndian
	m.Attachments = append(m.Attachments, Attachment{
		ID: le.Uint32(f), Size: le.Uint32(f[4:]), Hidden: le.Uint16(f[8:]) != 0, Name: string(names[0]), Type: string(names[1]),
		Time: wallTime(int(le.Uint16(f[10:])), int(f[12]), int(f[13]), int(f[14]), int(f[15]), int(f[16])),
	})
	return ""
}
