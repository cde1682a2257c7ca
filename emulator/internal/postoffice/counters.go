package postoffice

import (
	"encoding/binary"
	"strconv"
)

const (
	controlMailbag = iota
	controlLetter
)

var controlLayout = Layout{"CONTROL.GLB", 0, 8, "Q87388", []Field{
	controlMailbag: {"nmailbag", 0x00, 4, Number, "Q87388"},
	controlLetter:  {"nletter", 0x04, 4, Number, "Q87388 Q122852"},
}}

var tidLayout = Layout{"TID.GLB", 0, 4, "Q77926", []Field{
	{"tid", 0x00, 4, Number, "Q87404; inferred: byte order as in CONTROL.GLB"},
}}

var flagLayout = Layout{"FLAG.GLB", 0, 2, "Q77926", []Field{
	{"changes", 0x00, 2, Number, "Q136598; invented: a counter, only that it changes is known"},
}}

var rnetsemLayout = Layout{"RNETSEM.GLB", 0, 4, "Q118946", []Field{
	{"rebuilds", 0x00, 4, Number, "Q118946"},
}}

// Control is CONTROL.GLB: the next free ids. Q87388
type Control struct {
	Mailbag uint32 // next prefix for MBG, KEY, XTN, USR and the like
	Letter  uint32 // next prefix for MAI, ATT and P1
}

// DecodeControl reads CONTROL.GLB; file names it in errors.
func DecodeControl(file string, data []byte) (Control, error) {
	if len(data) != controlLayout.Size {
		return Control{}, sizeError(file, len(data), controlLayout.Size)
	}
	return Control{controlLayout.num(data, controlMailbag), controlLayout.num(data, controlLetter)}, nil
}

// Encode returns the eight bytes.
func (c Control) Encode() []byte {
	b := make([]byte, controlLayout.Size)
	controlLayout.setNum(b, controlMailbag, c.Mailbag)
	controlLayout.setNum(b, controlLetter, c.Letter)
	return b
}

func sizeError(file string, got, want int) error {
	return &CorruptError{file, int64(min(got, want)), strconv.Itoa(got) + " bytes, must be " + strconv.Itoa(want)}
}

// DecodeFlag reads the change counter of FLAG.GLB, by which External sees that its
// lists are old. Q136598 Q103421
func DecodeFlag(file string, data []byte) (uint16, error) {
	if len(data) != flagLayout.Size {
		return 0, sizeError(file, len(data), flagLayout.Size)
	}
	return binary.LittleEndian.Uint16(data), nil
}

// EncodeFlag returns the two bytes of FLAG.GLB.
func EncodeFlag(changes uint16) []byte {
	return binary.LittleEndian.AppendUint16(nil, changes)
}
