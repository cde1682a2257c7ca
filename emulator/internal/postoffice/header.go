package postoffice

import "time"

const (
	headerSender = iota
	headerSubject
	headerSecond
	headerMinute
	headerHour
	headerDay
	headerMonth
	headerYear
	headerStatus
	headerMAI
	headerAttachments
	headerSize
	headerPriority
	headerRetries
	headerLife
	headerID
)

var headerLayout = Layout{"MBG", 0, 116, "Q77926 Q87417", []Field{
	headerSender:      {"sender", 0x02, 11, Text, "inferred: from the dump of Q108027"},
	headerSubject:     {"subject", 0x0D, 41, Text, "Q108027; inferred: length"},
	headerSecond:      {"second", 0x36, 2, Number, "invented: unknown bytes before the minute; the time has seconds, Q87223"},
	headerMinute:      {"minute", 0x38, 2, Number, "inferred: from the dump of Q108027"},
	headerHour:        {"hour", 0x3A, 2, Number, "inferred: as above"},
	headerDay:         {"day", 0x3C, 2, Number, "inferred: as above"},
	headerMonth:       {"month", 0x3E, 2, Number, "inferred: as above"},
	headerYear:        {"year", 0x40, 2, Number, "inferred: as above"},
	headerStatus:      {"status", 0x42, 1, Number, "invented: bit 0 is read"},
	headerMAI:         {"mai", 0x43, 9, Text, "Q108027"},
	headerAttachments: {"attachments", 0x4C, 2, Number, "invented: unknown bytes"},
	headerSize:        {"size", 0x4E, 4, Number, "inferred: plausible in the dump of Q108027"},
	headerPriority:    {"priority", 0x52, 1, Raw, "invented: unknown bytes"},
	headerRetries:     {"retries", 0x53, 1, Number, "invented: place; that the queue holds it Q119884"},
	headerLife:        {"useful life", 0x58, 2, Number, "inferred: the dump's 24 is the default of Q173203"},
	headerID:          {"id", 0x6C, 4, Number, "inferred: no time, perhaps an id as in Q131523"},
}}

// Header is one MBG record: what the Inbox shows of a message, and the name of its MAI
// file. It has no delete mark; that is the KEY's. Q77926 Q119088
type Header struct {
	Sender      string    // mailbox name of the originator, at most 10 characters
	Subject     string    // at most 40 characters
	Time        time.Time // clock of the delivering agent, as wall time in UTC. Q119089
	Read        bool
	MAI         uint32 // names the MAI file; in the inqueue also the P1 file
	Attachments uint16
	Size        uint32 // bytes of message and attachments
	Priority    byte   // as in Message; 0 is ordinary
	Retries     byte   // attempts to send on. Q119884
	Life        uint16 // hours. Q173203
	ID          uint32
}

// DecodeHeader reads one record; offset is its place in file, for errors.
func DecodeHeader(file string, offset int64, rec []byte) (Header, error) {
	l := &headerLayout
	if len(rec) != l.Size {
		return Header{}, &CorruptError{file, offset, "a record is cut off"}
	}
	id, ok := parseHexID(l.chars(rec, headerMAI))
	if !ok {
		// A garbage name crashed the original. Q173099
		return Header{}, &CorruptError{file, offset + int64(l.Fields[headerMAI].Offset), "message name is no hexid"}
	}
	return Header{
		Sender: l.text(rec, headerSender), Subject: l.text(rec, headerSubject),
		Time: wallTime(int(l.num(rec, headerYear)), int(l.num(rec, headerMonth)), int(l.num(rec, headerDay)),
			int(l.num(rec, headerHour)), int(l.num(rec, headerMinute)), int(l.num(rec, headerSecond))),
		Read: l.num(rec, headerStatus)&1 != 0, MAI: id, Attachments: uint16(l.num(rec, headerAttachments)),
		Size: l.num(rec, headerSize), Priority: byte(l.num(rec, headerPriority)), Retries: byte(l.num(rec, headerRetries)),
		Life: uint16(l.num(rec, headerLife)), ID: l.num(rec, headerID),
	}, nil
}

// Append appends the 116 bytes of the record.
func (h *Header) Append(dst []byte) []byte {
	l := &headerLayout
	var zeros [116]byte
	dst = append(dst, zeros[:]...)
	r := dst[len(dst)-l.Size:]
	l.setText(r, headerSender, h.Sender)
	l.setText(r, headerSubject, h.Subject)
	if t := h.Time; !t.IsZero() {
		l.setNum(r, headerSecond, uint32(t.Second()))
		l.setNum(r, headerMinute, uint32(t.Minute()))
		l.setNum(r, headerHour, uint32(t.Hour()))
		l.setNum(r, headerDay, uint32(t.Day()))
		l.setNum(r, headerMonth, uint32(t.Month()))
		l.setNum(r, headerYear, uint32(t.Year()))
	}
	l.setNum(r, headerStatus, flag(h.Read))
	l.setText(r, headerMAI, hexID(h.MAI))
	l.setNum(r, headerAttachments, uint32(h.Attachments))
	l.setNum(r, headerSize, h.Size)
	l.setNum(r, headerPriority, uint32(h.Priority))
	l.setNum(r, headerRetries, uint32(h.Retries))
	l.setNum(r, headerLife, uint32(h.Life))
	l.setNum(r, headerID, h.ID)
	return dst
}

// wallTime is the zero time when the numbers are no date, as in a damaged record that
// shows all fives. Q123319
func wallTime(year, month, day, hour, minute, second int) time.Time {
	if year < 1980 || year > 2107 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if t.Day() != day {
		return time.Time{}
	}
	return t
}

// Wall returns the digits of t's clock as a time in UTC, to the second: files hold what
// the PC's clock showed, without a zone.
func Wall(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}
