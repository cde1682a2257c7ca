package drive

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// Problem is a record or line that is not as it must be.
type Problem struct {
	Path   string // DOS path in the tree, "" when bytes were given
	Offset int64  // of the record or field, bytes
	Text   string // lower case, no full stop
}

func (p Problem) String() string { return fmt.Sprintf("%s+%#x: %s", p.Path, p.Offset, p.Text) }

// Sizes of records in bytes. Q77926, Q148666
const (
	networkSize = 122
	officeSize  = 698
	masterSize  = 176
	keySize     = 560
	mailSize    = 116
)

// nameSize is a name of ten characters and its NUL, idSize a hexid of eight
// and its NUL. Q148666, Q86625
const (
	nameSize = 11
	idSize   = 9
)

// field returns the text of a NUL padded field. ok is false when no NUL ends
// it: then the whole field is returned.
func field(b []byte) (string, bool) {
	i := bytes.IndexByte(b, 0)
	if i < 0 {
		return string(b), false
	}
	return string(b[:i]), true
}

// IsHexID reports whether s can be the first part of a file's name in the
// database: eight hexadecimal digits. Small letters are accepted.
func IsHexID(s string) bool {
	if len(s) != 8 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if ('0' > s[i] || s[i] > '9') && ('a' > c || c > 'f') {
			return false
		}
	}
	return true
}

// fields reads the fields of a record and notes those that are not right.
type fields struct {
	b        []byte
	base     int64
	problems []Problem
}

func (f *fields) name(at int, what string) string {
	s, ok := field(f.b[at : at+nameSize])
	if !ok {
		f.bad(at, "%s %q is not ended by a NUL", what, s)
	}
	return s
}

func (f *fields) id(at int, what string) string {
	s, ok := field(f.b[at : at+idSize])
	if !ok || s != "" && !IsHexID(s) {
		f.bad(at, "%s %q is not eight hexadecimal digits", what, s)
	}
	return s
}

func (f *fields) bad(at int, format string, args ...any) {
	f.problems = append(f.problems, Problem{Offset: f.base + int64(at), Text: fmt.Sprintf(format, args...)})
}

// Kinds of records of NETWORK.GLB that articles tell. The codes of other
// gateways, SMTP among them, are in none. Q148666, Q103820
const (
	TypeMSMail = 0x10
	TypeFFAPI  = 0x64
)

// Network is a record of NETWORK.GLB: a network, or a gateway. Q148666
type Network struct {
	Number int   // from 1
	Offset int64 // bytes
	Flag   byte  // 1 in use, 0 deleted; others are noted as problems
	Type   byte
	Name   string
	XTN    string // hexid of the XTN file, "" for a gateway without
	MBG    string // hexid of a gateway's mailbag, "" for a plain network

	// inferred: only the order of the three is told; they fill what is left
	// between known fields. Q118561
	HubNetwork, HubPostoffice, HubMBG string
}

// Offsets of the fields of a Network, bytes from the record's.
const (
	NetworkName   = 0x02
	NetworkXTN    = 0x0D
	NetworkMBG    = 0x21
	NetworkHubMBG = 0x40
)

// Active reports whether the record is in use.
func (n *Network) Active() bool { return n.Flag == 1 }

// DecodeNetworks reads NETWORK.GLB.
func DecodeNetworks(data []byte) ([]Network, []Problem) {
	var list []Network
	var problems []Problem
	for at := 0; at+networkSize <= len(data); at += networkSize {
		f := fields{b: data[at : at+networkSize], base: int64(at)}
		n := Network{Number: at/networkSize + 1, Offset: int64(at), Flag: f.b[0], Type: f.b[1]}
		n.Name, n.XTN, n.MBG = f.name(NetworkName, "name"), f.id(NetworkXTN, "number of the XTN file"), f.id(NetworkMBG, "number of the mailbag")
		n.HubNetwork, n.HubPostoffice, n.HubMBG = f.name(0x2A, "hub network"), f.name(0x35, "hub postoffice"), f.id(NetworkHubMBG, "number of the hub's mailbag")
		if n.Flag > 1 {
			f.bad(0, "flag %#02x is neither 1, in use, nor 0, deleted", n.Flag)
		}
		list = append(list, n)
		if n.Flag != 0 { // what is deleted may be anything
			problems = append(problems, f.problems...)
		}
	}
	return list, append(problems, rest(data, networkSize)...)
}

// rest notes bytes after the last whole record.
func rest(data []byte, size int) []Problem {
	if n := len(data) % size; n != 0 {
		return []Problem{{Offset: int64(len(data) - n), Text: fmt.Sprintf("%d bytes after the last record of %d", n, size)}}
	}
	return nil
}

// Office is a record of an XTN file: an external postoffice. Q86625, Q148666
type Office struct {
	Number   int
	Offset   int64
	Flag     byte // 1 in use, 0 deleted
	Name     string
	MBG      string // hexid of the outbound queue
	Indirect int    // how many postoffices are routed through this one
}

// OfficeMBG is the offset of an Office's mailbag number.
const OfficeMBG = 0x0C

// Active reports whether the record is in use.
func (o *Office) Active() bool { return o.Flag == 1 }

// DecodeOffices reads an XTN file.
func DecodeOffices(data []byte) ([]Office, []Problem) {
	var list []Office
	var problems []Problem
	for at := 0; at+officeSize <= len(data); at += officeSize {
		f := fields{b: data[at : at+officeSize], base: int64(at)}
		o := Office{Number: at/officeSize + 1, Offset: int64(at), Flag: f.b[0], Indirect: int(binary.LittleEndian.Uint16(f.b[0x289:]))}
		o.Name, o.MBG = f.name(1, "name"), f.id(OfficeMBG, "number of the mailbag")
		if o.Flag > 1 {
			f.bad(0, "flag %#02x is neither 1, in use, nor 0, deleted", o.Flag)
		}
		list = append(list, o)
		if o.Flag != 0 {
			problems = append(problems, f.problems...)
		}
	}
	return list, append(problems, rest(data, officeSize)...)
}

// Master is what articles tell of MASTER.GLB; the places of its names, the
// version and the SMTP gateway's own bit are in none.
type Master struct {
	// Gateways is the byte of gateways, of which the bit 10h is the Mail
	// Connection's. Q148666
	Gateways byte

	// Security is 1 with enhanced security. Q104586
	Security byte

	// Texts are all that a NUL ends, of at least two printable characters: the
	// network's and the postoffice's name are among them. Q121735, Q134753
	Texts []string
}

// MasterGateways is the offset of Master.Gateways.
const MasterGateways = 0x93

// DecodeMaster reads MASTER.GLB.
func DecodeMaster(data []byte) (Master, error) {
	if len(data) != masterSize {
		return Master{}, fmt.Errorf("%d bytes, want %d", len(data), masterSize)
	}
	m := Master{Gateways: data[MasterGateways], Security: data[0x94]}
	for _, text := range strings.FieldsFunc(string(data), func(r rune) bool { return r < ' ' || r > '~' }) {
		if len(text) > 1 {
			m.Texts = append(m.Texts, text)
		}
	}
	return m, nil
}

// Control is CONTROL.GLB: the next numbers to use. Q87388, Q122852
type Control struct {
	Mailbag uint32 // of mailbags and other files of a user, gateway or postoffice
	Letter  uint32 // of messages, attachments and envelopes
}

// DecodeControl reads CONTROL.GLB.
func DecodeControl(data []byte) (Control, error) {
	if len(data) != 8 {
		return Control{}, fmt.Errorf("%d bytes, want 8", len(data))
	}
	return Control{binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])}, nil
}

// DecodeTID reads TID.GLB: one number. inferred: its byte order is that of the
// other counters. Q87404
func DecodeTID(data []byte) (uint32, error) {
	if len(data) != 4 {
		return 0, fmt.Errorf("%d bytes, want 4", len(data))
	}
	return binary.LittleEndian.Uint32(data), nil
}

// DecodeFlag reads FLAG.GLB: a number that changes when address lists do.
// inferred: its byte order. Q131670, Q121256
func DecodeFlag(data []byte) (uint16, error) {
	if len(data) != 2 {
		return 0, fmt.Errorf("%d bytes, want 2", len(data))
	}
	return binary.LittleEndian.Uint16(data), nil
}

// listMax bounds a file of definitions that is read as a whole: a hundred
// times what the largest installation can have.
const listMax = 16 << 20

// Networks reads NETWORK.GLB.
func (t *Tree) Networks() ([]Network, []Problem, error) {
	const file = "GLB/NETWORK.GLB"
	data, err := t.Read(file, listMax)
	if err != nil {
		return nil, nil, err
	}
	list, problems := DecodeNetworks(data)
	return list, in(file, problems), nil
}

// Offices reads the XTN file of a hexid.
func (t *Tree) Offices(id string) ([]Office, []Problem, error) {
	if !IsHexID(id) {
		return nil, nil, fmt.Errorf("cannot read XTN file %q: the name is not eight hexadecimal digits", id)
	}
	file := "XTN/" + fold(id) + ".XTN"
	data, err := t.Read(file, listMax)
	if err != nil {
		return nil, nil, err
	}
	list, problems := DecodeOffices(data)
	return list, in(file, problems), nil
}

func in(file string, problems []Problem) []Problem {
	for i := range problems {
		problems[i].Path = file
	}
	return problems
}

// Master reads MASTER.GLB.
func (t *Tree) Master() (Master, error) { return small(t, "GLB/MASTER.GLB", DecodeMaster) }

// Control reads CONTROL.GLB.
func (t *Tree) Control() (Control, error) { return small(t, "GLB/CONTROL.GLB", DecodeControl) }

// TID reads TID.GLB.
func (t *Tree) TID() (uint32, error) { return small(t, "GLB/TID.GLB", DecodeTID) }

// Flag reads FLAG.GLB.
func (t *Tree) Flag() (uint16, error) { return small(t, "GLB/FLAG.GLB", DecodeFlag) }

func small[T any](t *Tree, file string, decode func([]byte) (T, error)) (T, error) {
	data, err := t.Read(file, 1<<16)
	if err != nil {
		var zero T
		return zero, err
	}
	v, err := decode(data)
	if err != nil {
		return v, t.fail("read", file, err)
	}
	return v, nil
}

// records calls fn with each record of a file of fixed records and returns how
// many bytes are left over.
func records(r io.Reader, size int, fn func(number int, offset int64, record []byte) error) (left int, err error) {
	buf := make([]byte, size*256)
	var offset int64
	have := 0
	for number := 1; ; {
		n, err := io.ReadFull(r, buf[have:])
		have += n
		at := 0
		for ; at+size <= have; at += size {
			if err := fn(number, offset, buf[at:at+size]); err != nil {
				return 0, err
			}
			number++
			offset += int64(size)
		}
		have = copy(buf, buf[at:have])
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return have, nil
		}
		if err != nil {
			return have, err
		}
	}
}
