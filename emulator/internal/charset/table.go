package charset

import (
	"encoding/binary"
	"errors"
)

// Table translates byte by byte.
type Table [256]byte

// Apply appends the translation of src to dst and returns the extended buffer. src and
// dst may share memory only when dst is src[:0].
func (t *Table) Apply(dst, src []byte) []byte {
	if n := len(ascii); string(t[:n]) == ascii && plain(src) {
		return append(dst, src...)
	}
	for _, c := range src {
		dst = append(dst, t[c])
	}
	return dst
}

// ascii is what a table begins with that leaves plain text alone.
var ascii = func() string {
	var b [128]byte
	for i := range b {
		b[i] = byte(i)
	}
	return string(b[:])
}()

func plain(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// ApplyString translates a string; one that does not change is returned itself.
func (t *Table) ApplyString(s string) string {
	for i := 0; i < len(s); i++ {
		if t[s[i]] != s[i] {
			b := make([]byte, 0, len(s))
			return string(t.Apply(b, []byte(s)))
		}
	}
	return s
}

// Load errors. The gateway prints them behind "File <f:smtp\smtpout.tbl> ", with the full
// stop, so the texts have it too. Q101461
var (
	ErrHeaderSize = errors.New("header size invalid.")
	ErrChecksum   = errors.New("translation checksum invalid.")
	ErrTableSize  = errors.New("translation table size invalid.")
)

// FileSize is the size of every supplied table file. Q101461
const FileSize = headerSize + tableSize

// Layout of a table file. 264 bytes is documented (Q101461), inferred: 8 of header and
// 256 of table. invented: the fields of the header, which must hold what the three load
// errors check; little-endian as everything on DOS.
//
//	offset  size  field
//	     0     2  header size, 8
//	     2     2  table size, 256
//	     4     4  checksum: sum of the table bytes, each times its position from 1
//	     8   256  table
const (
	headerSize = 8
	tableSize  = 256

	offHeaderSize = 0
	offTableSize  = 2
	offChecksum   = 4
	offTable      = 8
)

// Parse reads a table file. The error is ErrHeaderSize, ErrTableSize or ErrChecksum,
// checked in that order: a sum over a table of the wrong size says nothing. Q101461
func Parse(data []byte) (*Table, error) {
	if len(data) < headerSize || binary.LittleEndian.Uint16(data[offHeaderSize:]) != headerSize {
		return nil, ErrHeaderSize
	}
	if binary.LittleEndian.Uint16(data[offTableSize:]) != tableSize || len(data) != FileSize {
		return nil, ErrTableSize
	}
	var t Table
	copy(t[:], data[offTable:])
	if binary.LittleEndian.Uint32(data[offChecksum:]) != t.checksum() {
		return nil, ErrChecksum
	}
	return &t, nil
}

// AppendFile appends the table file of t to dst, FileSize bytes.
func AppendFile(dst []byte, t *Table) []byte {
	dst = binary.LittleEndian.AppendUint16(dst, headerSize)
	dst = binary.LittleEndian.AppendUint16(dst, tableSize)
	dst = binary.LittleEndian.AppendUint32(dst, t.checksum())
	return append(dst, t[:]...)
}

// checksum weighs every byte with its position, so that swapped entries are noticed.
func (t *Table) checksum() uint32 {
	var sum uint32
	for i, c := range t {
		sum += uint32(i+1) * uint32(c)
	}
	return sum
}
