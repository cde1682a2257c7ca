package postoffice

import "encoding/binary"

// A P1 file is our own format; of the original only its use is known. It holds the
// recipients to be served at the postoffice where it lies (Q100826) and the sender
// (Q124794).
//
// invented:
//
//	offset  size  field
//	0x00    4     "P1" 1A 01
//	0x04    2     number of recipients
//	0x06    9     MAI hexid, NUL
//	0x0F    1     zero
//	0x10          sender: length (2), address in the form of the MAI, scrambled
//	              each recipient: mark (1, 0 pending, 1 done), length (2), address
var envelopeMagic = [4]byte{'P', '1', 0x1A, 0x01}

const envelopeHead = 0x10

// Envelope is the content of a P1 file.
type Envelope struct {
	MAI        uint32
	From       Address
	Recipients []Recipient
}

// Recipient is one line of an envelope.
type Recipient struct {
	Address
	Done bool // posted already; kept across passes when the inqueue could not be updated
}

// errNoRecipients is an envelope with an empty list, which is illegal. Q194549
type errNoRecipients struct{ file string }

func (e errNoRecipients) Error() string { return "cannot use " + e.file + ": it names no recipients" }

// Encode returns the P1 file. NULs in addresses are dropped.
func (e *Envelope) Encode() []byte {
	return e.append(make([]byte, 0, envelopeHead+48*(1+len(e.Recipients))))
}

// append puts the file into b, which is empty.
func (e *Envelope) append(b []byte) []byte {
	e.From.withoutNUL()
	for i := range e.Recipients {
		e.Recipients[i].withoutNUL()
	}
	var head [envelopeHead]byte
	b = append(b, head[:]...)
	copy(b, envelopeMagic[:])
	binary.LittleEndian.PutUint16(b[4:], uint16(len(e.Recipients)))
	copy(b[6:], hexID(e.MAI))
	b = appendEnvelopeAddress(b, &e.From)
	for i := range e.Recipients {
		r := &e.Recipients[i]
		b = append(b, byte(flag(r.Done)))
		b = appendEnvelopeAddress(b, &r.Address)
	}
	return b
}

func appendEnvelopeAddress(b []byte, a *Address) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(a.storedLen()))
	at := len(b)
	b = a.appendPlain(b)
	scramble(b[at:])
	return b
}

// DecodeEnvelope reads a P1 file. The error says whether it is damaged (*CorruptError)
// or merely names nobody.
func DecodeEnvelope(file string, data []byte) (*Envelope, error) {
	bad := func(off int, why string) (*Envelope, error) {
		return nil, &CorruptError{file, int64(off), why}
	}
	if len(data) < envelopeHead || [4]byte(data[:4]) != envelopeMagic {
		return bad(0, "no envelope begins here")
	}
	id, ok := parseHexID(textOf(data[6:15]))
	if !ok {
		return bad(6, "message name is no hexid")
	}
	e := &Envelope{MAI: id}
	off := envelopeHead
	address := func() (Address, bool) {
		if off+2 > len(data) {
			return Address{}, false
		}
		n := int(binary.LittleEndian.Uint16(data[off:]))
		if off+2+n > len(data) {
			return Address{}, false
		}
		a, ok := decodePlain(unscramble(make([]byte, 0, n), data[off+2:off+2+n]))
		off += 2 + n
		return a, ok
	}
	if e.From, ok = address(); !ok {
		return bad(off, "bad sender")
	}
	count := int(binary.LittleEndian.Uint16(data[4:]))
	for i := 0; i < count; i++ {
		if off >= len(data) || data[off] > 1 {
			return bad(off, "bad recipient")
		}
		done := data[off] == 1
		off++
		a, ok := address()
		if !ok {
			return bad(off, "bad recipient")
		}
		e.Recipients = append(e.Recipients, Recipient{a, done})
	}
	if off != len(data) {
		return bad(off, "bytes after the last recipient")
	}
	if count == 0 {
		return e, errNoRecipients{file}
	}
	return e, nil
}
