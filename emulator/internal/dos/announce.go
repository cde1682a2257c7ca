package dos

import (
	"gwkit/emulator/fault"
	"gwkit/emulator/schedule"
)

// Number gives the files and directories of an explored run their numbers,
// which are the same in each of its repetitions, and the names they have for
// everybody: `COMPANY/HUB:\SMTP\FROM_NC.API` whatever letter a PC has for it.
type Number func(v *Volume, path string) (id int32, object string)

// announce tells the kernel of an explored run what comes next. Only files on
// network drives can be met by others.
//
// Two opens that both only read and let others read cannot be told apart in
// their order; any other open or close changes what SHARE answers. to is the
// new name of a rename, else nil.
func (t *Task) announce(op string, at, to *place) {
	if !at.numbered(t.pc.o.Number) {
		return
	}
	id, dir, access := at.id, int32(0), schedule.Writes
	second := int32(0)
	if to != nil && to.numbered(t.pc.o.Number) {
		second = to.id
	}
	switch op {
	case fault.OpFind:
		access = schedule.Reads
		if at.wild {
			id, dir = 0, at.dirID
		}
	case fault.OpRead:
		access = schedule.Reads
	case fault.OpOpen, fault.OpClose:
		if t.gentle {
			access = schedule.Reads
		}
	case fault.OpCreate, fault.OpRemove, fault.OpRename, opMkdir, opRmdir:
		dir = at.dirID
	case opSpace, opChdir:
		return
	}
	t.proc.At(op, at.object, id, second, dir, access)
}

// numbered gives a place its numbers, if others can meet it.
func (p *place) numbered(number Number) bool {
	if number == nil || p.d == nil || !p.d.network || p.err != 0 {
		return false
	}
	if p.object == "" {
		dir, _ := splitPath(p.clean)
		p.dirID, _ = number(p.d.v, dir)
		p.id, p.object = number(p.d.v, p.clean)
	}
	return true
}

// gentle reports whether opens of this mode disturb no other reader.
func (m Mode) gentle() bool {
	return m.access() == Read && (m.share() == DenyNone || m.share() == DenyWrite)
}
