package mmff

import (
	"bytes"
	"strconv"
	"strings"
)

// Form is one of the MMFF types that the gateway meets. Q87223
type Form int

const (
	Basic        Form = iota // default of every FFAPI program
	Extended                 // -h on Get
	Encapsulated             // -j on Get. Q108375
)

// Terminator is the line end of a file, numbered like the option -F. Q104280
type Terminator int

const (
	CR   Terminator = iota // -F0, the default of FFAPI. Q85055
	LF                     // -F1
	CRLF                   // -F2
)

// String returns the bytes of the terminator; an unknown value counts as CR, as an
// absent option does.
func (t Terminator) String() string {
	switch t {
	case LF:
		return "\n"
	case CRLF:
		return "\r\n"
	}
	return "\r"
}

// DefaultVersion is the VERSION of a file that names none. Q118785
const DefaultVersion = "3.00"

// HeaderRule is the line of 78 dashes between header text and body in the TEXT part.
// Q87651 Q94410 Q116466
const HeaderRule = "------------------------------------------------------------------------------"

// Stamp is a date and time of day as the file shows it, without a time zone.
type Stamp struct {
	Year, Month, Day     int // Year 0: the file names no date; Put takes the current one. Q118785
	Hour, Minute, Second int
	// NoTime: the file names a date but no time; Put takes the current one. Q118785
	NoTime bool
}

// Address is a recipient or originator.
type Address struct {
	Type     string // canonical address type such as CSI or SMTP, see Types; empty counts as CSI
	Addr     string // NETWORK/PO/MAILBOX for CSI, user@domain for SMTP. Q94410
	Friendly string // display name; lost in the basic format
}

// String returns the address with its prefix, CSI:NET/PO/BOX, as TO and FROM lines
// show it.
func (a Address) String() string {
	if a.Type == "" {
		return "CSI:" + a.Addr
	}
	return a.Type + ":" + a.Addr
}

// CSI splits the address of a Microsoft Mail user into its three parts. ok is false
// for other types and for a text without exactly three parts, none of them empty.
func (a Address) CSI() (network, postoffice, mailbox string, ok bool) {
	if a.Type != "" && !strings.EqualFold(a.Type, "CSI") {
		return "", "", "", false
	}
	return splitCSI(a.Addr)
}

func splitCSI(addr string) (network, postoffice, mailbox string, ok bool) {
	network, rest, _ := strings.Cut(addr, "/")
	postoffice, mailbox, _ = strings.Cut(rest, "/")
	ok = network != "" && postoffice != "" && mailbox != "" && strings.IndexByte(mailbox, '/') < 0
	return network, postoffice, mailbox, ok
}

// Types lists the address types in the spelling that files show. PCM and MS are not
// among them: FFAPI answers them with error 151. Q94410 Q106623
var Types = []string{"CSI", "Fax", "MCI", "MHS", "MSMail", "Profs", "SMTP", "SNADS", "X400"}

func canonicalType(prefix string) (string, bool) {
	for _, t := range Types {
		if strings.EqualFold(t, prefix) {
			return t, true
		}
	}
	return "", false
}

// ParseAddress reads [type:]address. The number of a failure is 142 (bad address) or
// 151 (unknown service); the position fields of the error are zero. Q85043 Q106623
func ParseAddress(s string) (Address, error) {
	a, number := parseAddress(s)
	switch number {
	case 0:
		return a, nil
	case NumberUnknownService:
		return Address{}, &ParseError{Number: number, Text: textUnknownService + a.Type}
	}
	return Address{}, &ParseError{Number: number, Text: textBadAddress}
}

// parseAddress returns the error number, 0 for none; with 151 the type found is in
// Address.Type.
func parseAddress(s string) (Address, int) {
	s = strings.Trim(s, " \t")
	if s == "" {
		return Address{}, NumberBadAddress
	}
	typ, addr, found := strings.Cut(s, ":")
	if !found {
		typ, addr = "CSI", s
	}
	canonical, known := canonicalType(typ)
	if !known {
		return Address{Type: typ}, NumberUnknownService
	}
	addr = strings.Trim(addr, " \t")
	if addr == "" {
		return Address{}, NumberBadAddress
	}
	if canonical == "CSI" {
		// Only the shape is checked. Names over ten characters fail later, in Put's
		// look-up, with 201. Q136116 Q135926
		if _, _, _, ok := splitCSI(addr); !ok {
			return Address{}, NumberBadAddress
		}
	}
	return Address{Type: canonical, Addr: addr}, 0
}

// Attachment is one attached file.
type Attachment struct {
	Name   string // 8.3 file name. Q104280
	Size   int    // bytes; Decode sets it to len(Data), Append ignores it
	Stamp  Stamp  // creation date of the file; extended only. Q87223
	Type   string // file type; extended only. Q87223
	Hidden bool   // not shown to users, such as WINMAIL.DAT; extended only. Q99696
	Data   []byte
}

// Message is one message of a file.
type Message struct {
	Form    Form   // set by the reader
	Version string // N.NN; empty is written as DefaultVersion
	To      []Address
	From    Address
	Date    Stamp
	Subject string
	// Priority is a digit 1-9 or a letter; 1-5, R, C, F and T are reserved. Q104280
	Priority    string
	Attachments []Attachment
	Text        []byte // with the terminators of the file. Q118785

	// The rest exists only in the extended and encapsulated formats.

	Cc []Address
	// Recipients are those this file is meant for, when they are not simply all of
	// To and Cc: a message for a local user and an Internet user shows both in its
	// header, but the gateway serves one of them.
	Recipients []Address
	ID         uint32 // mail identifier, eight hex digits as in 0000008a. Q118787
	Receipt    bool   // a return receipt is asked for. Q113824
	Class      string // message class; empty is ordinary mail. Q107355
}

// reset empties m and keeps the memory of its lists.
func (m *Message) reset() {
	*m = Message{
		To:          m.To[:0],
		Cc:          m.Cc[:0],
		Recipients:  m.Recipients[:0],
		Attachments: m.Attachments[:0],
	}
}

// Normalize returns m as the reader would return it after Append wrote it in the
// given form: defaults filled in and everything the form or a text line cannot hold
// removed. In the basic format Cc recipients become To recipients (Q87223) and
// friendly names, seconds and file details are lost. For Encapsulated it describes
// the message inside the envelope.
func Normalize(m *Message, form Form) Message {
	inner := form
	if form == Encapsulated {
		inner = Extended
	}
	n := Message{
		Form:     inner,
		Version:  m.Version,
		From:     normalAddress(m.From, inner),
		Date:     normalStamp(m.Date, inner),
		Subject:  clean(m.Subject),
		Priority: strings.Trim(clean(m.Priority), " \t"),
		Text:     normalData(m.Text),
	}
	if !validVersion(n.Version) {
		n.Version = DefaultVersion
	}
	n.To = normalAddresses(n.To, m.To, inner)
	if inner == Basic {
		n.To = normalAddresses(n.To, m.Cc, inner)
	} else {
		n.Cc = normalAddresses(nil, m.Cc, inner)
		n.Recipients = normalAddresses(nil, m.Recipients, inner)
		n.ID, n.Receipt = m.ID, m.Receipt
		n.Class = strings.Trim(clean(m.Class), " \t")
	}
	for i := range m.Attachments {
		a := &m.Attachments[i]
		b := Attachment{Name: attachmentName(a.Name, i), Size: len(a.Data), Data: normalData(a.Data)}
		if inner != Basic {
			b.Stamp = normalStamp(a.Stamp, inner)
			b.Type = strings.Trim(clean(a.Type), " \t")
			b.Hidden = a.Hidden
		}
		n.Attachments = append(n.Attachments, b)
	}
	return n
}

func normalData(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

func normalAddresses(dst, src []Address, form Form) []Address {
	for _, a := range src {
		dst = append(dst, normalAddress(a, form))
	}
	return dst
}

func normalAddress(a Address, form Form) Address {
	n := Address{Type: "CSI", Addr: strings.Trim(clean(a.Addr), " \t")}
	if a.Type != "" {
		n.Type = a.Type
		if t, ok := canonicalType(a.Type); ok {
			n.Type = t
		}
	}
	if form != Basic {
		n.Friendly = clean(a.Friendly)
	}
	return n
}

func normalStamp(s Stamp, form Form) Stamp {
	if form == Basic {
		s.Second = 0
	}
	if s.NoTime {
		s.Hour, s.Minute, s.Second = 0, 0, 0
	}
	if s.Year == 0 {
		s.Month, s.Day, s.NoTime = 0, 0, false
	}
	return s
}

// clean replaces the bytes that would end a header line.
func clean(s string) string {
	if strings.IndexByte(s, '\r') < 0 && strings.IndexByte(s, '\n') < 0 {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if c == '\r' || c == '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}

// attachmentName names the unnamed after its position, like the gateway names foreign
// parts. Q99716
func attachmentName(name string, i int) string {
	name = strings.Trim(clean(name), " \t")
	if name == "" {
		return "ATT" + strconv.Itoa(i+1)
	}
	return name
}

// Lines returns text with every line terminator replaced by that of term: CR, LF and
// CRLF all count as one line end. It appends to dst.
func Lines(dst, text []byte, term Terminator) []byte {
	if term == CR && bytes.IndexByte(text, '\n') < 0 {
		return append(dst, text...)
	}
	end := term.String()
	cr, lf := -1, -1 // the next of each from the start of text; its length for none
	for len(text) > 0 {
		if cr < 0 {
			cr = indexOr(text, '\r')
		}
		if lf < 0 {
			lf = indexOr(text, '\n')
		}
		i := min(cr, lf)
		dst = append(dst, text[:i]...)
		if i == len(text) {
			return dst
		}
		dst = append(dst, end...)
		if cr == i && lf == i+1 && lf < len(text) {
			i++
		}
		text = text[i+1:]
		cr, lf = cr-i-1, lf-i-1
	}
	return dst
}

// indexOr is the place of c in b, the length of b when there is none.
func indexOr(b []byte, c byte) int {
	if i := bytes.IndexByte(b, c); i >= 0 {
		return i
	}
	return len(b)
}

// InLines is Lines into a buffer of its own, or text itself when its lines end in term
// already.
func InLines(text []byte, term Terminator) []byte {
	if term == CR && bytes.IndexByte(text, '\n') < 0 {
		return text
	}
	return Lines(make([]byte, 0, len(text)+len(text)/32+16), text, term)
}
