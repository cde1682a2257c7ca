package drive

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// Mail is a record of a mailbag. The place of the subject and of the number of
// the message are documented, the others follow from one printed pair of
// records. Q108027
type Mail struct {
	Slot    int    // from 1
	Offset  int64  // of the record, bytes
	Sender  string // inferred: mailbox name
	Subject string // the first 40 characters, bytes as stored
	MAI     string // hexid of the message
	Size    uint32 // inferred: bytes
	Hours   int    // inferred: useful life

	// inferred: the clock reading of the program that delivered it, in
	// numbers as stored: a broken record may hold any.
	Year, Month, Day, Hour, Minute int

	// Deleted is what the KEY file says; DeletedKnown is false where it
	// could not be read.
	Deleted, DeletedKnown bool

	// Problems are the fields that cannot be so, each with its offset in
	// the file.
	Problems []Problem
}

// Offsets of the fields of a Mail. Q108027
const (
	MailSubject = 0x0D
	MailMAI     = 0x43
)

const subjectSize = 41

// Time returns the clock reading in a zone; ok is false when the numbers are no
// date.
func (m *Mail) Time(zone *time.Location) (t time.Time, ok bool) {
	if m.Month < 1 || m.Month > 12 || m.Day < 1 || m.Hour > 23 || m.Minute > 59 {
		return time.Time{}, false
	}
	t = time.Date(m.Year, time.Month(m.Month), m.Day, m.Hour, m.Minute, 0, 0, zone)
	return t, t.Day() == m.Day
}

// DecodeMail reads one record of 116 bytes.
func DecodeMail(record []byte, slot int, offset int64) (Mail, error) {
	if len(record) != mailSize {
		return Mail{}, fmt.Errorf("%d bytes, want %d", len(record), mailSize)
	}
	f := fields{b: record, base: offset}
	word := func(at int) int { return int(binary.LittleEndian.Uint16(record[at:])) }
	m := Mail{
		Slot: slot, Offset: offset,
		Sender: f.name(0x02, "sender"), MAI: f.id(MailMAI, "number of the message"),
		Size: binary.LittleEndian.Uint32(record[0x4E:]), Hours: word(0x58),
		Minute: word(0x38), Hour: word(0x3A), Day: word(0x3C), Month: word(0x3E), Year: word(0x40),
	}
	var ended bool
	if m.Subject, ended = field(record[MailSubject : MailSubject+subjectSize]); !ended {
		f.bad(MailSubject, "subject is not ended by a NUL")
	}
	if _, ok := m.Time(time.UTC); !ok {
		f.bad(0x38, "%d-%d-%d %d:%02d is no date", m.Year, m.Month, m.Day, m.Hour, m.Minute)
	}
	m.Problems = f.problems
	return m, nil
}

// Key is a KEY file: which records of the mailbag are deleted. Q77926, Q119088
//
// invented: no article tells whether the counters precede the bitmap, nor the
// order of its bits; we read counters first and the lowest bit first. inferred:
// a set bit is a deleted record, because External sets it after delivery and
// 560 zero bytes are a valid empty mailbag. Q120220, Q104279
type Key struct {
	Counters [48]byte
	Bits     [512]byte
}

// DecodeKey reads a KEY file.
func DecodeKey(data []byte) (Key, error) {
	var k Key
	if len(data) != keySize {
		return k, fmt.Errorf("%d bytes, want %d", len(data), keySize)
	}
	copy(k.Counters[:], data)
	copy(k.Bits[:], data[len(k.Counters):])
	return k, nil
}

// SlotMax is how many records the bitmap of a KEY file has bits for. Q77926
const SlotMax = 4096

// Deleted reports whether a slot, counted from 1, is marked.
func (k *Key) Deleted(slot int) bool {
	i := slot - 1
	return i >= 0 && i < SlotMax && k.Bits[i/8]>>(i%8)&1 == 1
}

// Zero reports whether every byte is zero, as in a mailbag that was never used.
func (k *Key) Zero() bool { return *k == Key{} }

// Key reads the KEY file of a mailbag: a hexid, or INQUEUE3 and the like.
func (t *Tree) Key(bag string) (Key, error) { return small(t, "KEY/"+bag+".KEY", DecodeKey) }

// Mailbag calls fn with each record of a mailbag, a hexid or a name such as
// INQUEUE3, in the order of the file. A mailbag may change while it is read:
// ask again. Bytes after the last record are an error after the records.
func (t *Tree) Mailbag(bag string, fn func(Mail) error) error {
	file := "MBG/" + bag + ".MBG"
	key, keyErr := t.Key(bag)
	f, _, err := t.OpenFile(file)
	if err != nil {
		return err
	}
	defer f.Close()
	var own error
	left, err := ReadMailbag(f, func(m Mail) error {
		m.Deleted, m.DeletedKnown = keyErr == nil && key.Deleted(m.Slot), keyErr == nil
		for i := range m.Problems {
			m.Problems[i].Path = file
		}
		own = fn(m)
		return own
	})
	switch {
	case own != nil:
		return own
	case err != nil:
		return t.fail("read", file, err)
	case left != 0:
		return t.fail("read", file, fmt.Errorf("%d bytes after the last record of %d", left, mailSize))
	}
	return nil
}

// ReadMailbag calls fn with each record and returns how many bytes are left
// over. Deleted is not known to it.
func ReadMailbag(r io.Reader, fn func(Mail) error) (left int, err error) {
	return records(r, mailSize, func(number int, offset int64, record []byte) error {
		m, err := DecodeMail(record, number, offset)
		if err != nil {
			return err
		}
		return fn(m)
	})
}
