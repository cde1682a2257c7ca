package postoffice

const (
	nmeFlag = iota
	nmeType
	nmeFull
	nmeTID
	nmePointer
	nmeHexID
)

var nmeLayout = Layout{"NME", 0, 45, "Q77926", []Field{
	nmeFlag:    {"active", 0x00, 1, Number, "Q107767; inferred: place"},
	nmeType:    {"type", 0x01, 1, Number, "Q107767; inferred: place"},
	nmeFull:    {"full name", 0x02, 31, Text, "inferred: from the place of the hexid, Q119563"},
	nmeTID:     {"tid", 0x21, 4, Number, "Q107767; inferred: place"},
	nmePointer: {"pointer", 0x25, 4, Number, "Q107767; inferred: place"},
	nmeHexID:   {"hexid", 0x29, 4, Number, "Q119563"},
}}

// Types of address list entries.
const (
	NameLocal    = 1 // invented: value
	NameExternal = 2 // Q107767
	NameGroup    = 4 // Q107767
)

// Name is one record of an address list.
type Name struct {
	Active   bool
	Type     byte
	FullName string
	TID      uint32
	Pointer  uint32 // byte offset in ADMIN.GRP or NETPO.GLB, or record in ACCESS2.GLB. Q107767
	HexID    uint32 // mailbag of a user
}

// DecodeNames reads an NME file. With an error it returns the records before it.
func DecodeNames(file string, data []byte) ([]Name, error) {
	l := &nmeLayout
	n, err := l.count(file, len(data))
	list := make([]Name, n)
	for i := range list {
		r := l.record(data, i)
		list[i] = Name{l.num(r, nmeFlag) != 0, byte(l.num(r, nmeType)), l.text(r, nmeFull), l.num(r, nmeTID), l.num(r, nmePointer), l.num(r, nmeHexID)}
	}
	return list, err
}

// Append appends the 45 bytes of the record.
func (n Name) Append(dst []byte) []byte {
	l := &nmeLayout
	dst = append(dst, make([]byte, l.Size)...)
	r := dst[len(dst)-l.Size:]
	l.setNum(r, nmeFlag, flag(n.Active))
	l.setNum(r, nmeType, uint32(n.Type))
	l.setText(r, nmeFull, n.FullName)
	l.setNum(r, nmeTID, n.TID)
	l.setNum(r, nmePointer, n.Pointer)
	l.setNum(r, nmeHexID, n.HexID)
	return dst
}

var netpoLayout = Layout{"NETPO.GLB", 4, 43, "Q77926 Q110223", []Field{
	{"active", 0x00, 1, Number, "inferred: the names and a hexid leave one byte"},
	{"network", 0x01, 11, Text, "Q107767; inferred: place"},
	{"postoffice", 0x0C, 11, Text, "Q107767; inferred: place"},
	{"mailbox", 0x17, 11, Text, "Q107767; inferred: place"},
	{"mbg", 0x22, 9, Text, "Q107767; inferred: place"},
}}

// Netpo is one record of NETPO.GLB: an address on another postoffice.
type Netpo struct {
	Active                 bool
	Network, Name, Mailbox string
	MBG                    string
}

// DecodeNetpo reads NETPO.GLB. With an error it returns the records before it.
func DecodeNetpo(file string, data []byte) ([]Netpo, error) {
	l := &netpoLayout
	n, err := l.count(file, len(data))
	list := make([]Netpo, n)
	for i := range list {
		r := l.record(data, i)
		list[i] = Netpo{l.num(r, 0) != 0, l.text(r, 1), l.text(r, 2), l.text(r, 3), l.text(r, 4)}
	}
	return list, err
}

// Append appends the 43 bytes of the record.
func (n Netpo) Append(dst []byte) []byte {
	l := &netpoLayout
	dst = append(dst, make([]byte, l.Size)...)
	r := dst[len(dst)-l.Size:]
	l.setNum(r, 0, flag(n.Active))
	for i, s := range []string{n.Network, n.Name, n.Mailbox, n.MBG} {
		l.setText(r, i+1, s)
	}
	return dst
}
