package postoffice

import "math/bits"

const (
	keyNew = iota
	keyUnread
	keyItems
	keyRest
	keyMap
)

var keyLayout = Layout{"KEY", 0, 560, "Q77926", []Field{
	keyNew:    {"new", 0x00, 2, Number, "invented: place; content Q77926"},
	keyUnread: {"unread", 0x02, 2, Number, "invented: place; content Q77926"},
	keyItems:  {"items", 0x04, 2, Number, "invented: live records, so that a poll needs only the KEY as in 3.2, Q100826"},
	keyRest:   {"rest", 0x06, 42, Raw, "inferred: 560 less the bitmap leaves 48; content unknown"},
	keyMap:    {"deleted", 0x30, 512, Raw, "Q119088; inferred: polarity, 1 is deleted; invented: place, low bit first"},
}}

const (
	// MaxHeaders is the number of records a mailbag holds: one bit each. Q119088
	MaxHeaders = 4096
	// maxMBG is the size of a full MBG; beyond it the mailbag is corrupt. Q147253
	maxMBG = MaxHeaders * 116
)

// Key is a KEY file. All zeros is a valid empty mailbag. Q104279
type Key struct {
	New    uint16 // items since the last login. Q77926
	Unread uint16 // Q77926
	Items  uint16 // live records when the KEY was last written
	rest   [42]byte
	Map    [MaxHeaders / 8]byte // 1: record deleted, its place is free
}

// DecodeKey reads a KEY file.
func DecodeKey(file string, data []byte) (*Key, error) {
	if len(data) != keyLayout.Size {
		return nil, sizeError(file, len(data), keyLayout.Size)
	}
	k := &Key{}
	k.decode(data)
	return k, nil
}

func (k *Key) decode(data []byte) {
	l := &keyLayout
	k.New, k.Unread, k.Items = uint16(l.num(data, keyNew)), uint16(l.num(data, keyUnread)), uint16(l.num(data, keyItems))
	copy(k.rest[:], l.bytes(data, keyRest))
	copy(k.Map[:], l.bytes(data, keyMap))
}

// Encode writes the 560 bytes into dst, which is returned.
func (k *Key) Encode(dst []byte) []byte {
	l := &keyLayout
	if len(dst) < l.Size {
		dst = make([]byte, l.Size)
	}
	dst = dst[:l.Size]
	l.setNum(dst, keyNew, uint32(k.New))
	l.setNum(dst, keyUnread, uint32(k.Unread))
	l.setNum(dst, keyItems, uint32(k.Items))
	copy(l.bytes(dst, keyRest), k.rest[:])
	copy(l.bytes(dst, keyMap), k.Map[:])
	return dst
}

// Deleted says whether a record is dead.
func (k *Key) Deleted(slot int) bool { return k.Map[slot>>3]&(1<<(slot&7)) != 0 }

func (k *Key) set(slot int, deleted bool) {
	if deleted {
		k.Map[slot>>3] |= 1 << (slot & 7)
	} else {
		k.Map[slot>>3] &^= 1 << (slot & 7)
	}
}

// vacant returns the first dead record below slots, -1 for none: senders look here
// instead of scanning the MBG. Q77926
func (k *Key) vacant(slots int) int {
	for i := 0; i < len(k.Map) && i*8 < slots; i++ {
		if k.Map[i] != 0 {
			if s := i*8 + bits.TrailingZeros8(k.Map[i]); s < slots {
				return s
			}
		}
	}
	return -1
}

// Live returns how many of the first slots records live.
func (k *Key) Live(slots int) int {
	slots = min(slots, MaxHeaders)
	dead := 0
	for i := 0; i < slots/8; i++ {
		dead += bits.OnesCount8(k.Map[i])
	}
	for s := slots &^ 7; s < slots; s++ {
		if k.Deleted(s) {
			dead++
		}
	}
	return slots - dead
}
