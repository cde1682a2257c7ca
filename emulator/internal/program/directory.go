package program

import (
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
)

// directory is what the gateway loads of the postoffice's tables. Q105290
type directory struct{ *postoffice.Routes }

func (d *directory) load(t *dos.Task, drive byte) error {
	o := postoffice.At(t, drive)
	m, err := o.Master()
	if err != nil {
		return err
	}
	if d.Routes, err = o.LoadRoutes(m); err != nil {
		return err
	}
	return o.LoadRights(d.Routes)
}

// isLocal splits an address NET/PO/box of the gateway's own postoffice.
func (d *directory) isLocal(csi string) (box string, ok bool) {
	i := strings.LastIndexByte(csi, '/')
	return csi[i+1:], i > 0 && strings.EqualFold(csi[:i], d.Local())
}

// mayExist says whether an address can be taken at RCPT: a user or group of
// the own postoffice that exists, or anybody elsewhere.
func (d *directory) mayExist(csi string) bool {
	box, ok := d.isLocal(csi)
	if !ok || strings.EqualFold(box, encapsulationUser) {
		return true
	}
	return d.Resolve(postoffice.Address{Addr: csi}).Kind != postoffice.Unknown ||
		strings.EqualFold(box, postmaster) // a virtual name. Q175447
}

// mayReceive says whether a user of the own postoffice has the external
// right; other addresses are not ours to judge. Q99856
func (d *directory) mayReceive(csi string) bool {
	box, ok := d.isLocal(csi)
	if !ok {
		return true
	}
	u, ok := d.User(box)
	return !ok || u.External
}

// tableBytes is the memory of the tables. Q137042
func (d *directory) tableBytes() int {
	n := 0
	for i := range d.Users {
		if d.Users[i].Active {
			n += bytesUser
		}
	}
	for i := range d.Networks {
		switch {
		case !d.Networks[i].Active:
		case d.Networks[i].MBG != "":
			n += bytesGateway
		default:
			n += bytesNetwork
		}
	}
	return n + bytesOffice*len(d.Offices) + bytesGroup*len(d.Groups)
}
