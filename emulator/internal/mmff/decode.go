package mmff

import (
	"bytes"
	"io"
	"strings"
)

// OpenFunc returns the content of an external file that an XTEXT or XATTACH line names;
// the name may have drive and path. Q118785
type OpenFunc func(name string) ([]byte, error)

// maxAddress bounds one address. invented: 145 complains of group contents that are too
// big (Q85043) without a number; this one is above all that the gateway's peers send.
const maxAddress = 1024

// Reader reads the messages of one file in order.
type Reader struct {
	data    []byte
	pos     int
	end     string // line terminator
	open    OpenFunc
	ordinal int
	start   int
	err     error
}

// NewReader reads data whose header lines end with term. open serves XTEXT and XATTACH;
// nil refuses both. Put takes both basic and extended messages (Q135926), so the form
// is found out, not given.
func NewReader(data []byte, term Terminator, open OpenFunc) *Reader {
	return &Reader{data: data, end: term.String(), open: open}
}

// Offsets returns where the message that Next last tried to read starts and ends in the
// data; after an error the end is where reading stopped.
func (r *Reader) Offsets() (start, end int) { return r.start, r.pos }

// Next reads one message into m, whose lists are reused; text and data are slices of
// the input. It returns io.EOF after the last message, else a *ParseError: the place of
// the next message in the file is then unknown, so the same error is returned again.
func (r *Reader) Next(m *Message) error {
	if r.err != nil {
		return r.err
	}
	m.reset()
	r.start = r.pos
	if atEnd(r.data[r.pos:]) {
		r.pos = len(r.data)
		r.err = io.EOF
		return r.err
	}
	r.ordinal++
	p := parser{r: r, m: m, name: noAddress}
	if number, text := p.message(); number != 0 {
		r.err = &ParseError{Number: number, Message: r.ordinal, Line: p.line, Text: text}
		return r.err
	}
	return nil
}

// Decode reads all messages of a file. On error it returns those before the bad one.
// XTEXT and XATTACH are refused; use a Reader for them.
func Decode(data []byte, term Terminator) ([]Message, error) {
	r := NewReader(data, term, nil)
	var all []Message
	for {
		var m Message
		switch err := r.Next(&m); err {
		case nil:
			all = append(all, m)
		case io.EOF:
			return all, nil
		default:
			return all, err
		}
	}
}

// atEnd says whether only line ends and the end-of-file mark of DOS editors are left,
// as in a file typed by hand (Q85041).
func atEnd(rest []byte) bool {
	for _, c := range rest {
		if c != '\r' && c != '\n' && c != 0x1A {
			return false
		}
	}
	return true
}

// parser holds the state of one message.
type parser struct {
	r        *Reader
	m        *Message
	line     int
	seen     [tokenCount]bool
	extended bool
	name     addressList // where NAME belongs
	textSize int
	external bool // body came from XTEXT
}

type addressList int

const (
	noAddress addressList = iota
	toList
	ccList
	recipientList
	originator
)

// message reads one message; a number other than 0 is an error with its text.
func (p *parser) message() (int, string) {
	for !p.seen[tokText] && !p.seen[tokXText] {
		line, ok := p.nextLine()
		if !ok {
			return NumberPartition, textPartition + quoted(line) + "."
		}
		if number, text := p.header(line); number != 0 {
			return number, text
		}
	}
	if len(p.m.To) == 0 || !p.seen[tokFrom] {
		// invented: the number for a missing token; 143 is the one without details.
		return NumberUnknownParser, textUnknownParser
	}
	if !p.seen[tokVersion] {
		p.m.Version = DefaultVersion // Q118785
	}
	p.m.Date = finishStamp(p.m.Date, p.seen[tokTime])
	if !p.external {
		body, ok := p.take(p.textSize)
		if !ok {
			return NumberUnknownParser, textUnknownParser
		}
		p.m.Text = body
	}
	// Attachment bytes follow the body without separator, in header order. Q103801
	for i := range p.m.Attachments {
		a := &p.m.Attachments[i]
		a.Stamp = finishStamp(a.Stamp, !a.Stamp.NoTime)
		if a.Size < 0 { // XATTACH, read already
			a.Size = len(a.Data)
			continue
		}
		data, ok := p.take(a.Size)
		if !ok {
			return NumberUnknownParser, textUnknownParser
		}
		a.Data = data
	}
	return 0, ""
}

// finishStamp sets NoTime, which says something only beside a date.
func finishStamp(s Stamp, timeSeen bool) Stamp {
	s.NoTime = s.Year != 0 && !timeSeen
	if !timeSeen {
		s.Second = 0
	}
	return s
}

// take returns the next n bytes, nil for none.
func (p *parser) take(n int) ([]byte, bool) {
	r := p.r
	if n > len(r.data)-r.pos {
		r.pos = len(r.data)
		return nil, false
	}
	b := r.data[r.pos : r.pos+n : r.pos+n]
	r.pos += n
	return normalData(b), true
}

// nextLine returns the next header line without its terminator. ok is false when there
// is no terminator or the line shows that another one is in use: a CR file read as LF
// is one long line, a CRLF file read as LF has lines that end in CR (error 144,
// Q85055). A CRLF file read as CR has lines that begin with LF; they pass here and fail
// at the token (error 141, Q118533).
func (p *parser) nextLine() (line []byte, ok bool) {
	r := p.r
	p.line++
	rest := r.data[r.pos:]
	i := -1
	if len(r.end) == 1 {
		i = bytes.IndexByte(rest, r.end[0])
	} else {
		i = bytes.Index(rest, []byte(r.end))
	}
	if i < 0 {
		r.pos = len(r.data)
		return rest, false
	}
	r.pos += i + len(r.end)
	line = rest[:i]
	if len(line) > 0 && bytes.IndexByte(line, ':') < 0 {
		return line, false
	}
	if len(line) > 1 && bytes.ContainsAny(line[1:], "\r\n") {
		return line, false
	}
	return line, len(line) > 0
}

// header acts on one header line, which has a colon.
func (p *parser) header(line []byte) (int, string) {
	colon := bytes.IndexByte(line, ':')
	word, tail := line[:colon], line[colon+1:]
	tok, many, ok := lookup(word, p.extended)
	if !ok {
		return NumberMatchToken, textMatchToken + quoted(word) + textHasTail + quoted(tail) + ")"
	}
	if !many && p.seen[tok] {
		return p.unknown(word, tail)
	}
	p.seen[tok] = true
	switch tok {
	case tokTo, tokCc, tokRecipient, tokFrom:
		return p.address(tok, word, tail)
	case tokText:
		n, ok := parseSize(tail)
		if !ok {
			return p.unknown(word, tail)
		}
		p.textSize = n
		return 0, ""
	case tokXText:
		return p.xtext(tail)
	}
	if !p.value(tok, tail) {
		return p.unknown(word, tail)
	}
	return 0, ""
}

func (p *parser) unknown(word, tail []byte) (int, string) {
	return NumberUnknownToken, textUnknownToken + quoted(word) + textWithTail + quoted(tail) + "."
}

func (p *parser) address(tok token, word, tail []byte) (int, string) {
	if len(tail) > maxAddress {
		typ, _, _ := bytes.Cut(tail, []byte(":"))
		return NumberGroupTooBig, textGroup + quoted(word) + textGroupType + quoted(typ) + textGroupTooBig
	}
	a, number := parseAddress(string(tail))
	switch number {
	case NumberUnknownService:
		return number, textUnknownService + quoted([]byte(a.Type))
	case NumberBadAddress:
		return number, textBadAddress
	}
	switch tok {
	case tokTo:
		p.m.To, p.name = append(p.m.To, a), toList
	case tokCc:
		p.m.Cc, p.name = append(p.m.Cc, a), ccList
	case tokRecipient:
		p.m.Recipients, p.name = append(p.m.Recipients, a), recipientList
	case tokFrom:
		p.m.From, p.name = a, originator
	}
	return 0, ""
}

// named returns the address that a NAME line belongs to.
func (p *parser) named() *Address {
	switch p.name {
	case toList:
		return &p.m.To[len(p.m.To)-1]
	case ccList:
		return &p.m.Cc[len(p.m.Cc)-1]
	case recipientList:
		return &p.m.Recipients[len(p.m.Recipients)-1]
	case originator:
		return &p.m.From
	}
	return nil
}

func (p *parser) xtext(tail []byte) (int, string) {
	name := strings.Trim(string(tail), " \t")
	if name == "" || p.r.open == nil {
		return NumberXTextName, textXTextName
	}
	body, err := p.r.open(name)
	if err != nil {
		return NumberXTextOpen, textXTextOpen + quoted([]byte(name)) + "."
	}
	p.external = true
	p.m.Text = normalData(body)
	return 0, ""
}

// value sets one field from its tail; false means the tail is bad.
func (p *parser) value(tok token, tail []byte) bool {
	m := p.m
	switch tok {
	case tokVersion:
		m.Version = strings.Trim(string(tail), " \t")
		return validVersion(m.Version)
	case tokDate:
		return parseDate(&m.Date, tail)
	case tokTime:
		return parseTime(&m.Date, tail)
	case tokSecond:
		return parseSecond(&m.Date, tail)
	case tokSubject:
		m.Subject = string(tail)
		return true
	case tokPriority:
		// Any value passes: reserved letters and digits are only a convention. Q104280
		m.Priority = strings.Trim(string(tail), " \t")
		return true
	case tokFormat:
		return p.format(strings.Trim(string(tail), " \t"))
	case tokID:
		return parseID(&m.ID, tail)
	case tokReceipt:
		return parseFlag(&m.Receipt, tail)
	case tokClass:
		m.Class = strings.Trim(string(tail), " \t")
		return true
	case tokName:
		a := p.named()
		if a == nil {
			return false
		}
		a.Friendly = string(tail)
		return true
	case tokAttachment:
		return p.attachment(tail)
	case tokXAttach:
		return p.xattach(tail)
	}
	if len(m.Attachments) == 0 {
		return false
	}
	a := &m.Attachments[len(m.Attachments)-1]
	switch tok {
	case tokAttDate:
		return parseDate(&a.Stamp, tail)
	case tokAttTime:
		a.Stamp.NoTime = false
		return parseTime(&a.Stamp, tail)
	case tokAttSecond:
		return parseSecond(&a.Stamp, tail)
	case tokAttType:
		a.Type = strings.Trim(string(tail), " \t")
		return true
	case tokAttHidden:
		return parseFlag(&a.Hidden, tail)
	}
	return false
}

func (p *parser) format(name string) bool {
	switch {
	case strings.EqualFold(name, formatExtended):
		p.m.Form = Extended
	case strings.EqualFold(name, formatEncapsulated):
		p.m.Form = Encapsulated
	default:
		return false
	}
	p.extended = true
	return true
}

// attachment reads ATTACHMENT:filename size; the size is the last word.
func (p *parser) attachment(tail []byte) bool {
	i := bytes.LastIndexByte(tail, ' ')
	if i < 0 {
		return false
	}
	size, ok := parseSize(tail[i+1:])
	name := strings.Trim(string(tail[:i]), " \t")
	if !ok || name == "" {
		return false
	}
	p.m.Attachments = append(p.m.Attachments, Attachment{Name: name, Size: size, Stamp: Stamp{NoTime: true}})
	return true
}

// xattach reads XATTACH:physical_filename[logical_filename]. inferred: a blank between
// the two, the list prints none (Q118785). The errors 146 and 147 speak of the text
// body, so a bad file here is an unknown error.
func (p *parser) xattach(tail []byte) bool {
	physical, logical, _ := strings.Cut(strings.Trim(string(tail), " \t"), " ")
	if physical == "" || p.r.open == nil {
		return false
	}
	logical = strings.Trim(logical, " \t")
	if logical == "" {
		logical = physical[strings.LastIndexAny(physical, `\/:`)+1:]
	}
	if logical == "" {
		return false
	}
	data, err := p.r.open(physical)
	if err != nil {
		return false
	}
	p.m.Attachments = append(p.m.Attachments, Attachment{Name: logical, Size: -1, Stamp: Stamp{NoTime: true}, Data: normalData(data)})
	return true
}
