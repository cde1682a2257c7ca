package postoffice

const (
	groupFlag = iota
	groupName
	groupAddress
	groupTID
	groupPointer
)

var groupLayout = Layout{"GROUP.GLB", 4, 51, "Q77926 Q112886", []Field{
	groupFlag:    {"active", 0x00, 1, Number, "Q107767; inferred: place"},
	groupName:    {"name", 0x01, 31, Text, "Q107767; inferred: place, length of an alias"},
	groupAddress: {"address", 0x20, 11, Text, "Q107767; inferred: place"},
	groupTID:     {"tid", 0x2B, 4, Number, "Q107767; inferred: place"},
	groupPointer: {"pointer", 0x2F, 4, Number, "Q107767; inferred: place; into ADMIN.GRP"},
}}

// Group is one record of GROUP.GLB. Mail reaches it by its address, not by its name.
// Q119685
type Group struct {
	Active  bool
	Name    string
	Address string // like a mailbox name
	TID     uint32 // as hexid it names the MEM file. Q107767
	Pointer uint32
}

// DecodeGroups reads GROUP.GLB. With an error it returns the records before it.
func DecodeGroups(file string, data []byte) ([]Group, error) {
	l := &groupLayout
	n, err := l.count(file, len(data))
	list := make([]Group, n)
	for i := range list {
		r := l.record(data, i)
		list[i] = Group{l.num(r, groupFlag) != 0, l.text(r, groupName), l.text(r, groupAddress), l.num(r, groupTID), l.num(r, groupPointer)}
	}
	return list, err
}

// Append appends the 51 bytes of the record; a new file begins with four zero bytes.
// Q104562
func (g Group) Append(dst []byte) []byte {
	l := &groupLayout
	dst = append(dst, make([]byte, l.Size)...)
	r := dst[len(dst)-l.Size:]
	l.setNum(r, groupFlag, flag(g.Active))
	l.setText(r, groupName, g.Name)
	l.setText(r, groupAddress, g.Address)
	l.setNum(r, groupTID, g.TID)
	l.setNum(r, groupPointer, g.Pointer)
	return dst
}

var grpmemLayout = Layout{"GRPMEM.GLB", 4, 128, "Q77926", []Field{
	{"active", 0x00, 1, Number, "Q102669, 1 is not deleted; inferred: place"},
	{"mailbag", 0x01, 4, Number, "Q107767; invented: place"},
	{"groups", 0x05, 123, Raw, "Q107767, pointers to MEM files; invented: place"},
}}

const (
	grpTID = iota
	grpNext
)

var grpLayout = Layout{"GRP", 0, 8, "Q77926", []Field{
	grpTID:  {"tid", 0x00, 4, Number, "Q107767"},
	grpNext: {"next", 0x04, 4, Number, "Q107767, byte offset, 0 ends the list"},
}}

// Member is one record of ADMIN.GRP; the first is all zeros. Q107767
type Member struct{ TID, Next uint32 }

// DecodeMembers reads a GRP file, which has at least one record. Q135932
func DecodeMembers(file string, data []byte) ([]Member, error) {
	l := &grpLayout
	n, err := l.count(file, len(data))
	if err == nil && n == 0 {
		err = &CorruptError{file, 0, "no record"}
	}
	list := make([]Member, n)
	for i := range list {
		r := l.record(data, i)
		list[i] = Member{l.num(r, grpTID), l.num(r, grpNext)}
	}
	return list, err
}

// Append appends the eight bytes of the record.
func (m Member) Append(dst []byte) []byte {
	l := &grpLayout
	dst = append(dst, make([]byte, l.Size)...)
	r := dst[len(dst)-l.Size:]
	l.setNum(r, grpTID, m.TID)
	l.setNum(r, grpNext, m.Next)
	return dst
}

var memLayout = Layout{"MEM", 0, 4, "Q77926", []Field{
	{"mailbag", 0x00, 4, Number, "Q87396"},
}}

// maxMembers is the number of local members of a group: 2000 bytes. Q77926
const maxMembers = 500

// DecodeMEM reads the mailbag numbers of a group's local members. Q87396
func DecodeMEM(file string, data []byte) ([]uint32, error) {
	n, err := memLayout.count(file, len(data))
	if err != nil {
		return nil, err
	}
	if n > maxMembers {
		return nil, &CorruptError{file, maxMembers * 4, "more than 500 members"}
	}
	list := make([]uint32, n)
	for i := range list {
		list[i] = memLayout.num(memLayout.record(data, i), 0)
	}
	return list, nil
}

func appendMEM(dst []byte, mailbag uint32) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	memLayout.setNum(dst[at:], 0, mailbag)
	return dst
}
