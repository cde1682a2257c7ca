package lint

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"gwkit/conformance/drive"
)

const networkFile = "GLB/NETWORK.GLB"

// checkIdentity compares the names of a description with those on the drive:
// MASTER.GLB has them, NETWORK.GLB the network, and an XTN file only others.
func checkIdentity(j *Judge) {
	j.trees(func(po *Postoffice) {
		if po.At.Line == 0 {
			return // named by the folder
		}
		master, err := po.Tree.Master()
		if err != nil || len(master.Texts) == 0 {
			j.Missing(`\GLB\MASTER.GLB of %s`, po.Ref())
			return
		}
		j.Looked()
		has := func(name string) bool {
			return slices.ContainsFunc(master.Texts, func(s string) bool { return strings.EqualFold(s, name) })
		}
		if !has(po.Network) || !has(po.Name) {
			j.Find(po.At, "%s says that it is %s and not %s", po.Tree.At("GLB/MASTER.GLB"), quoted(strings.Join(master.Texts[:min(len(master.Texts), 2)], "/")), po.Ref())
			return
		}
		for _, r := range j.routing(po).list {
			if r.record && strings.EqualFold(r.to, po.Ref()) {
				j.Find(po.At, "%s has %s as an external postoffice, which no postoffice has of itself", r.at, po.Ref())
			}
		}
	})
}

// networks reads NETWORK.GLB; what cannot be read is reported as missing.
func (j *Judge) networks(po *Postoffice) ([]drive.Network, bool) {
	list, _, err := po.Tree.Networks()
	if err != nil {
		j.unreadable(err)
		return nil, false
	}
	return list, true
}

// smtpRecord returns the active record of the SMTP gateway, or nil. Q87028
func smtpRecord(list []drive.Network) *drive.Network {
	for i := range list {
		if list[i].Active() && strings.EqualFold(list[i].Name, "SMTP") {
			return &list[i]
		}
	}
	return nil
}

// definition is how a postoffice is defined at another one.
type definition struct {
	network drive.Network
	office  drive.Office
	file    string
}

// define looks for a postoffice in the lists of another one.
func (j *Judge) define(at *Postoffice, network, name string) (d definition, found, ok bool) {
	networks, ok := j.networks(at)
	if !ok {
		return d, false, false
	}
	for _, n := range networks {
		if !n.Active() || n.XTN == "" {
			continue
		}
		offices, _, err := at.Tree.Offices(n.XTN)
		if err != nil {
			if strings.EqualFold(n.Name, network) {
				j.unreadable(err)
				return d, false, false
			}
			continue
		}
		for _, o := range offices {
			if o.Active() && strings.EqualFold(n.Name, network) && strings.EqualFold(o.Name, name) {
				return definition{n, o, "XTN/" + strings.ToUpper(n.XTN) + ".XTN"}, true, true
			}
		}
	}
	return d, false, true
}

// downstream calls fn with the postoffices that have a drive and an SMTP
// record that names a hub: those with the access component.
func (j *Judge) downstream(fn func(*Postoffice, *drive.Network)) {
	for _, po := range j.Postoffices {
		switch {
		case po.Gateway.Known && po.Gateway.Value, po.Via.Known && po.Via.Value == "":
			continue
		case po.Tree == nil:
			if po.Via.Value != "" {
				j.Missing("the drive of %s", po.Ref())
			}
			continue
		}
		list, ok := j.networks(po)
		if !ok {
			continue
		}
		if r := smtpRecord(list); r != nil && r.HubPostoffice != "" {
			fn(po, r)
		}
	}
}

func checkIndirect(j *Judge) {
	j.downstream(func(po *Postoffice, r *drive.Network) {
		if _, ok := Need(j, po.Said["routeTypes"], "routeTypes of %s", po.Ref()); !ok {
			return
		}
		// Where it is not defined at all po.access-orphan tells.
		if x := j.routing(po).to(r.HubNetwork + "/" + r.HubPostoffice); x != nil && x.indirectly {
			j.Find(x.at, "%s reaches %s/%s, to which it hands its SMTP mail, indirectly", po.Ref(), r.HubNetwork, r.HubPostoffice)
		}
	})
}

func checkOrphan(j *Judge) {
	j.downstream(func(po *Postoffice, r *drive.Network) {
		d, found, ok := j.define(po, r.HubNetwork, r.HubPostoffice)
		at := inRecord(po.Tree, networkFile, r.Offset+drive.NetworkHubMBG)
		switch {
		case !ok:
		case !found:
			j.Find(at, "the SMTP record of %s hands its mail to %s/%s, which is not in its list of postoffices: mail stays without an error", po.Ref(), r.HubNetwork, r.HubPostoffice)
		case !strings.EqualFold(d.office.MBG, r.HubMBG):
			j.Find(at, "the SMTP record of %s has mailbag %s for %s/%s, %s has %s: mail stays without an error", po.Ref(), r.HubMBG, r.HubNetwork, r.HubPostoffice, d.file, d.office.MBG)
		default:
			j.Looked()
		}
	})
}

func checkResidue(j *Judge) {
	j.trees(func(po *Postoffice) {
		if po.Gateway.Known && po.Gateway.Value {
			return
		}
		list, ok := j.networks(po)
		if !ok {
			return
		}
		if smtp, err := po.Tree.Has("SMTP"); smtp || err != nil {
			return
		}
		j.Looked()
		if r := smtpRecord(list); r != nil && r.HubPostoffice == "" {
			j.Find(inRecord(po.Tree, networkFile, r.Offset), "NETWORK.GLB of %s has a record of the SMTP gateway (mailbag %s), but there is no SMTP directory and no hub for it", po.Ref(), r.MBG)
		}
	})
}

func checkInstall(j *Judge) {
	for _, po := range j.Gateways() {
		if po.Tree == nil {
			j.Missing("the drive of %s", po.Ref())
			continue
		}
		if list, ok := j.networks(po); ok {
			j.installed(po, smtpRecord(list))
		}
	}
	for _, pc := range j.GatewayPCs() {
		po := j.Database(pc)
		if po == nil || !po.Gateway.Known {
			continue
		}
		j.Looked()
		if !po.Gateway.Value {
			at := pc.DrivesAt
			if c := pc.Command("SMTPGATE"); c != nil {
				at = c.At
			}
			j.Find(at, "%s runs a gateway on %s, where none is installed: a downstream postoffice has the access component only", pc.Name, po.Ref())
		}
	}
}

// installed looks for what the installation leaves. Q87028, Q86933
func (j *Judge) installed(po *Postoffice, r *drive.Network) {
	j.Looked()
	if r == nil {
		j.Find(inTree(po.Tree, networkFile), "NETWORK.GLB of %s has no active record SMTP", po.Ref())
		return
	}
	at := inRecord(po.Tree, networkFile, r.Offset+drive.NetworkMBG)
	if !drive.IsHexID(r.MBG) {
		j.Find(at, "the SMTP record of %s names no mailbag", po.Ref())
		return
	}
	bag := strings.ToUpper(r.MBG)
	for _, file := range []string{"MBG/" + bag + ".MBG", "KEY/" + bag + ".KEY"} {
		if has, err := po.Tree.Has(file); err != nil {
			j.unreadable(err)
		} else if !has {
			j.Find(at, "%s of %s, the queue of SMTP mail, is missing", file, po.Ref())
		}
	}
	if c, err := po.Tree.Control(); err != nil {
		j.unreadable(err)
	} else if id, err := strconv.ParseUint(bag, 16, 32); err == nil && uint32(id) >= c.Mailbag {
		j.Find(inRecord(po.Tree, "GLB/CONTROL.GLB", 0), "the next mailbag of %s is %08X, but SMTP has %s already: it will be given away again", po.Ref(), c.Mailbag, bag)
	}
	for _, file := range []string{"SMTP/LOCAL.CFG", "SMTP/ADDR_MAP.CFG"} {
		if has, err := po.Tree.Has(file); err == nil && !has {
			j.Find(inTree(po.Tree, file), "%s of %s is missing", file, po.Ref())
		}
	}
	for _, file := range []string{"GLB/SMTP.GLB", "NME/SMTP.NME"} {
		if has, err := po.Tree.Has(file); err == nil && !has {
			j.FindAs(Warning, inTree(po.Tree, file), "%s of %s is missing: the access component is not installed, so ADMIN shows no SMTP menu", file, po.Ref())
		}
	}
}

func checkDefinitions(j *Judge) {
	for _, po := range j.Postoffices {
		// Downstream postoffices name their gateway postoffice.
		if via := po.Via.Value; via != "" {
			j.definedAt(po, via, po.Via.At)
			if hub := j.Postoffice(via); hub != nil {
				j.definedAt(hub, po.Ref(), po.At)
			}
			continue
		}
		// The gateway postoffice names the ones it serves.
		if !po.Gateway.Value || !po.Local.Known {
			continue
		}
		for _, ref := range po.Local.Value.Postoffices {
			if strings.EqualFold(ref.Value, po.Ref()) {
				continue
			}
			if d := j.Postoffice(ref.Value); d != nil && d.Via.Value != "" {
				continue // asked above, perhaps behind another hub
			}
			j.definedAt(po, ref.Value, ref.At)
		}
	}
}

// definedAt reports a postoffice that another one does not know.
func (j *Judge) definedAt(at *Postoffice, ref string, place Place) {
	if at.Tree == nil {
		j.Missing("the drive of %s", at.Ref())
		return
	}
	network, name, _ := strings.Cut(ref, "/")
	_, found, ok := j.define(at, network, name)
	if !ok {
		return
	}
	j.Looked()
	if !found {
		j.Find(place, "%s is not defined in External-Admin of %s", ref, at.Ref())
	}
}

// Fields of a record of ADMIN.NME. inferred: from the size of 45, the name of
// 30 characters and the order in which an article names the rest. Q107767,
// Q119563
const (
	nmeSize     = 45
	nmeType     = 1
	nmeName     = 2
	nmeTID      = 33
	nmePointer  = 37
	nmeGroup    = 4
	nmeExternal = 2
)

// membersMax bounds a chain of members.
const membersMax = 100_000

func checkGroups(j *Judge) {
	for _, po := range j.Gateways() {
		j.eachGroup(po, "internetGroups", func(name string, at Place, lost bool) {
			if lost {
				j.Find(at, "the members of group %s of %s lead outside of ADMIN.GRP", name, po.Ref())
				return
			}
			j.Find(at, "group %s of %s gets Internet mail and has a member on another postoffice, who does not get it", name, po.Ref())
		})
	}
}

// eachGroup looks at the groups that a description names and calls fn with
// those that have an external member, at its place, and with those whose
// members are lost.
func (j *Judge) eachGroup(po *Postoffice, topic string, fn func(name string, at Place, lost bool)) {
	groups, ok := Need(j, po.Said[topic], topic+" of %s", po.Ref())
	if !ok || groups == "" {
		return
	}
	if po.Tree == nil {
		j.Missing("the drive of %s", po.Ref())
		return
	}
	names, err := po.Tree.Read("NME/ADMIN.NME", 16<<20)
	if err == nil {
		var chain []byte
		if chain, err = po.Tree.Read("GRP/ADMIN.GRP", 16<<20); err == nil {
			for _, g := range strings.Split(groups, ",") {
				j.group(po, strings.TrimSpace(g), names, chain, fn)
			}
		}
	}
	if err != nil {
		j.unreadable(err)
	}
}

// group looks for external members of one group. Q107767
func (j *Judge) group(po *Postoffice, name string, names, chain []byte, fn func(name string, at Place, lost bool)) {
	record := -1
	kinds := map[uint32]byte{} // by TID
	for at := 0; at+nmeSize <= len(names); at += nmeSize {
		r := names[at : at+nmeSize]
		full, _, _ := strings.Cut(string(r[nmeName:nmeTID]), "\x00")
		if r[nmeType] == nmeGroup && strings.EqualFold(full, name) {
			record = at
		}
		kinds[binary.LittleEndian.Uint32(r[nmeTID:])] = r[nmeType]
	}
	if record < 0 {
		j.Missing("the group %s in ADMIN.NME of %s", name, po.Ref())
		return
	}
	j.Looked()
	next := binary.LittleEndian.Uint32(names[record+nmePointer:])
	for n := 0; next != 0 && n < membersMax; n++ {
		if int64(next)+8 > int64(len(chain)) {
			fn(name, inRecord(po.Tree, "NME/ADMIN.NME", int64(record)), true)
			return
		}
		if kinds[binary.LittleEndian.Uint32(chain[next:])] == nmeExternal {
			fn(name, inRecord(po.Tree, "GRP/ADMIN.GRP", int64(next)), false)
			return
		}
		next = binary.LittleEndian.Uint32(chain[next+4:])
	}
}
