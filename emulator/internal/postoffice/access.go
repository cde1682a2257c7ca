package postoffice

const (
	accessFlag = iota
	accessMailbox
	accessPassword
	accessRights
	accessLife
)

var accessLayout = Layout{"ACCESS.GLB", 0, 586, "Q87465", []Field{
	accessFlag:     {"active", 0x00, 1, Number, "invented: place"},
	accessMailbox:  {"mailbox", 0x01, 11, Text, "invented: place"},
	accessPassword: {"password", 0x0C, 9, Text, "invented: place; content Q130322"},
	accessRights:   {"privileges", 0x15, 2, Number, "invented: place and values; content Q87402"},
	accessLife:     {"useful life", 0x17, 2, Number, "invented: place; content Q173203"},
}}

// rightExternal is the privilege to receive mail from outside. Q99856; invented: its bit.
const rightExternal = 0x0001

const (
	access2Flag = iota
	access2Mailbox
	access2Full
	access2MBG
	access2TID
)

var access2Layout = Layout{"ACCESS2.GLB", 0, 69, "Q87465", []Field{
	access2Flag:    {"active", 0x00, 1, Number, "invented: place; content Q107767"},
	access2Mailbox: {"mailbox", 0x01, 11, Text, "invented: place; content Q87402"},
	access2Full:    {"full name", 0x0C, 31, Text, "invented: place; content Q107767, length Q96003"},
	access2MBG:     {"mbg", 0x2B, 9, Text, "invented: place; content Q87402"},
	access2TID:     {"tid", 0x34, 4, Number, "invented: place"},
}}

const (
	access3Flag = iota
	access3Mailbox
	access3Remote
)

var access3Layout = Layout{"ACCESS3.GLB", 0, 512, "Q87465", []Field{
	access3Flag:    {"active", 0x00, 1, Number, "invented: place"},
	access3Mailbox: {"mailbox", 0x01, 11, Text, "invented: place"},
	access3Remote:  {"remote", 0x0C, 1, Number, "invented: place; content Q134753"},
}}

// Access is record i of the three ACCESS files, which belong together. Q87402
type Access struct {
	Active   bool
	Mailbox  string // at most 10 characters. Q96003
	FullName string // at most 30 characters. Q96003
	MBG      string // hexid of the mailbag
	TID      uint32
	Password string
	External bool // may receive mail from outside. Q99856
	Remote   bool
	Life     uint16 // hours. Q173203
}

// DecodeAccess2 reads ACCESS2.GLB, the part that login and the routing tables need; the
// fields of the other two files stay empty. With an error it returns the records before
// it.
func DecodeAccess2(file string, data []byte) ([]Access, error) {
	l := &access2Layout
	n, err := l.count(file, len(data))
	list := make([]Access, n)
	for i := range list {
		r := l.record(data, i)
		list[i] = Access{
			Active: l.num(r, access2Flag) != 0, Mailbox: l.text(r, access2Mailbox), FullName: l.text(r, access2Full),
			MBG: l.text(r, access2MBG), TID: l.num(r, access2TID),
		}
		if list[i].Active && (list[i].MBG == "" || !hexOrEmpty(list[i].MBG)) {
			return list[:i], &CorruptError{file, int64(i * l.Size), "record of " + printable(list[i].Mailbox) + " names a mailbag that is no hexid"}
		}
	}
	return list, err
}

// decodeAccess adds the privileges of ACCESS.GLB to the records of ACCESS2.GLB. Files
// that are out of step make no error here; programs meet them elsewhere. Q168736
func decodeAccess(file string, data []byte, list []Access) error {
	l := &accessLayout
	n, err := l.count(file, len(data))
	for i := 0; i < min(n, len(list)); i++ {
		r := l.record(data, i)
		list[i].External = l.num(r, accessRights)&rightExternal != 0
		list[i].Life = uint16(l.num(r, accessLife))
		list[i].Password = l.text(r, accessPassword)
	}
	return err
}

// appendAccess appends one record to each of the three files.
func appendAccess(a1, a2, a3 []byte, a *Access) (b1, b2, b3 []byte) {
	b1 = append(a1, make([]byte, accessLayout.Size)...)
	r := b1[len(a1):]
	accessLayout.setNum(r, accessFlag, flag(a.Active))
	accessLayout.setText(r, accessMailbox, a.Mailbox)
	accessLayout.setText(r, accessPassword, a.Password)
	rights := uint32(0)
	if a.External {
		rights |= rightExternal
	}
	accessLayout.setNum(r, accessRights, rights)
	accessLayout.setNum(r, accessLife, uint32(a.Life))

	b2 = append(a2, make([]byte, access2Layout.Size)...)
	r = b2[len(a2):]
	access2Layout.setNum(r, access2Flag, flag(a.Active))
	access2Layout.setText(r, access2Mailbox, a.Mailbox)
	access2Layout.setText(r, access2Full, a.FullName)
	access2Layout.setText(r, access2MBG, a.MBG)
	access2Layout.setNum(r, access2TID, a.TID)

	b3 = append(a3, make([]byte, access3Layout.Size)...)
	r = b3[len(a3):]
	access3Layout.setNum(r, access3Flag, flag(a.Active))
	access3Layout.setText(r, access3Mailbox, a.Mailbox)
	access3Layout.setNum(r, access3Remote, flag(a.Remote))
	return b1, b2, b3
}
