package postoffice

import (
	"bytes"
	"fmt"
	"strings"
)

// Kind says how the bytes of a field are read.
type Kind uint8

// The kinds. Text is NUL padded and holds at most Size-1 characters; Number is little
// endian (Q122852 Q104423); Raw is kept as it is.
const (
	Raw Kind = iota
	Text
	Number
)

// Field is one row of a layout table.
type Field struct {
	Name   string
	Offset int // from the start of the record, bytes
	Size   int // bytes; a Number has 1, 2 or 4
	Kind   Kind
	Source string // article, or "inferred:" or "invented:" with the reason
}

// Layout is the table of one record type.
type Layout struct {
	Name   string // file the record is found in, such as NETWORK.GLB
	Header int    // bytes before the first record
	Size   int    // bytes of one record
	Source string // article for the size
	Fields []Field
}

// Layouts returns the tables of all fixed-size records.
func Layouts() []*Layout {
	return []*Layout{
		&controlLayout, &tidLayout, &flagLayout, &rnetsemLayout, &masterLayout, &networkLayout, &xtnLayout,
		&keyLayout, &headerLayout, &accessLayout, &access2Layout, &access3Layout,
		&nmeLayout, &netpoLayout, &groupLayout, &grpmemLayout, &grpLayout, &memLayout,
	}
}

// CorruptError is a file whose content breaks its format.
type CorruptError struct {
	File   string // as the program names it, such as M:KEY\00000003.KEY
	Offset int64  // where it was noticed, bytes from the start
	Why    string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("cannot read %s at offset 0x%X: %s", e.File, e.Offset, e.Why)
}

// count returns the number of records in a file of the given size, which must satisfy
// Header + n*Size.
func (l *Layout) count(file string, size int) (int, error) {
	if size < l.Header {
		return 0, &CorruptError{file, int64(size), fmt.Sprintf("%d bytes, header has %d", size, l.Header)}
	}
	if rest := (size - l.Header) % l.Size; rest != 0 {
		return (size - l.Header) / l.Size, &CorruptError{file, int64(size - rest),
			fmt.Sprintf("%d bytes are left over after the last record of %d", rest, l.Size)}
	}
	return (size - l.Header) / l.Size, nil
}

// record returns record i of a file whose count is known to reach it.
func (l *Layout) record(data []byte, i int) []byte {
	off := l.Header + i*l.Size
	return data[off : off+l.Size : off+l.Size]
}

func (l *Layout) bytes(rec []byte, f int) []byte {
	d := &l.Fields[f]
	return rec[d.Offset : d.Offset+d.Size : d.Offset+d.Size]
}

func (l *Layout) num(rec []byte, f int) uint32 {
	var v uint32
	b := l.bytes(rec, f)
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint32(b[i])
	}
	return v
}

func (l *Layout) setNum(rec []byte, f int, v uint32) {
	b := l.bytes(rec, f)
	for i := range b {
		b[i] = byte(v)
		v >>= 8
	}
}

// text leaves the last byte out: it is the NUL of a full field.
func (l *Layout) text(rec []byte, f int) string {
	return string(l.chars(rec, f))
}

func (l *Layout) chars(rec []byte, f int) []byte {
	b := l.bytes(rec, f)
	return upToNUL(b[:len(b)-1])
}

// setText cuts what does not fit.
func (l *Layout) setText(rec []byte, f int, s string) {
	b := l.bytes(rec, f)
	n := copy(b[:len(b)-1], s)
	clear(b[n:])
}

// max is the longest text a field holds.
func (l *Layout) max(f int) int { return l.Fields[f].Size - 1 }

// textOf ends a text at its first NUL.
func textOf(b []byte) string { return string(upToNUL(b)) }

func upToNUL(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// Dump prints one record in rows of offset, bytes, field and value. Bytes that no row
// of the table covers are shown as unknown when they are not zero. A short record is
// printed as far as it goes.
func (l *Layout) Dump(rec []byte) string {
	var b strings.Builder
	at := 0
	gap := func(end int) {
		end = min(end, len(rec))
		for at < end {
			n := min(16, end-at)
			if !zero(rec[at : at+n]) {
				dumpRow(&b, at, rec[at:at+n], "?", "")
			}
			at += n
		}
	}
	for i := range l.Fields {
		f := &l.Fields[i]
		gap(f.Offset)
		if f.Offset+f.Size > len(rec) {
			break
		}
		data := rec[f.Offset : f.Offset+f.Size]
		value := ""
		switch f.Kind {
		case Text:
			value = fmt.Sprintf("%q", textOf(data))
		case Number:
			value = fmt.Sprint(l.num(rec, i))
		}
		if len(data) > 16 {
			if f.Kind == Raw {
				value = fmt.Sprintf("%d bytes", len(data))
			}
			if n := len(textOf(data)); f.Kind == Text && n < 16 {
				data = data[:n+1]
			} else {
				data = data[:16]
			}
		}
		dumpRow(&b, f.Offset, data, f.Name, value)
		at = f.Offset + f.Size
	}
	gap(l.Size)
	return b.String()
}

func dumpRow(b *strings.Builder, off int, data []byte, name, value string) {
	row := fmt.Sprintf("%03X  %-47s  %-14s %s", off, fmt.Sprintf("% X", data), name, value)
	b.WriteString(strings.TrimRight(row, " "))
	b.WriteByte('\n')
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

const hexDigits = "0123456789ABCDEF"

// hexID is the file name prefix of an id: eight hex digits, upper case.
func hexID(id uint32) string {
	var b [8]byte
	for i := 7; i >= 0; i-- {
		b[i] = hexDigits[id&15]
		id >>= 4
	}
	return string(b[:])
}

// parseHexID reads a prefix; lower case passes.
func parseHexID[T string | []byte](s T) (uint32, bool) {
	if len(s) != 8 {
		return 0, false
	}
	var v uint32
	for i := 0; i < 8; i++ {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, false
		}
		v = v<<4 | uint32(c)
	}
	return v, true
}
