package postoffice

import (
	"bytes"
	"slices"
	"strings"
)

// Routes are the tables that FFAPI programs and External keep in memory: who is local,
// which postoffices and gateways are known, and which mailbag leads there. Q85058 Q104026
type Routes struct {
	Network, Name string // of this postoffice
	HopLimit      uint16
	Users         []Access
	Groups        []Group
	Networks      []Network
	Offices       []OfficeRoute

	users, groups, offices map[string]int // upper case
}

// TargetKind says what an address leads to.
type TargetKind uint8

const (
	Unknown   TargetKind = iota
	ToUser               // local mailbag
	ToGroup              // local group, members in its MEM file
	ToSystem             // SYSTEM mailbag. Q87416
	ToSpecial            // *SPECIAL: handled by the mailer, no mailbag. Q112879
	ToOffice             // outbound mailbag of another postoffice
	ToGateway            // gateway mailbag
)

// Target is where a recipient's mail goes.
type Target struct {
	Kind TargetKind
	Bag  string // mailbag; empty for Unknown, ToGroup and ToSpecial
	Name string // NETWORK/PO of ToOffice, gateway name of ToGateway
	TID  uint32 // of ToGroup
}

// LoadRoutes reads ACCESS2, GROUP, NETWORK and every XTN. Q85058 Q115518
func (o *Office) LoadRoutes(m Master) (*Routes, error) {
	return loadRoutes(m, o.TableFile, o.re)
}

// loadRoutes reads the tables in the documented order. What re knows is not decoded again;
// the lists of users, groups, networks and postoffices are shared with it and must not be changed.
func loadRoutes(m Master, table func(dir, name, ext string) (string, []byte, error), re *reuse) (*Routes, error) {
	t := tables{re: re}
	r := &Routes{Network: m.Network, Name: m.Name, HopLimit: m.HopLimit}
	file, data, err := table("GLB", "ACCESS2", "GLB")
	if err == nil {
		r.Users, err = decodePart(&t, file, data, DecodeAccess2)
	}
	if err != nil {
		return nil, err
	}
	if file, data, err = table("GLB", "GROUP", "GLB"); err == nil {
		r.Groups, err = decodePart(&t, file, data, DecodeGroups)
	}
	if err != nil {
		return nil, err
	}
	if file, data, err = table("GLB", "NETWORK", "GLB"); err == nil {
		r.Networks, err = decodePart(&t, file, data, DecodeNetworks)
	}
	if err != nil {
		return nil, err
	}
	var store [8][]External
	lists := store[:0]
	for i := range r.Networks {
		n := &r.Networks[i]
		if !n.Active || n.XTN == "" {
			continue
		}
		var list []External
		if file, data, err = table("XTN", n.XTN, "XTN"); err == nil {
			list, err = decodePart(&t, file, data, DecodeExternals)
		}
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	if re != nil && !t.fresh && re.known != nil && t.n == len(re.parts) {
		r.Offices, r.users, r.groups, r.offices = re.known.Offices, re.known.users, re.known.groups, re.known.offices
		return r, nil
	}
	r.addOffices(lists)
	r.index()
	if re != nil {
		re.known = r
		re.parts = re.parts[:t.n]
	}
	return r, nil
}

// addOffices takes the postoffices from the XTN files, one for each active network that
// has one.
func (r *Routes) addOffices(lists [][]External) {
	for i := range r.Networks {
		n := &r.Networks[i]
		if !n.Active || n.XTN == "" {
			continue
		}
		for _, x := range lists[0] {
			if x.Active {
				r.Offices = append(r.Offices, OfficeRoute{n.Name, n.XTN, x})
			}
		}
		lists = lists[1:]
	}
}

// LoadRights adds the privileges of ACCESS.GLB to the users.
func (o *Office) LoadRights(r *Routes) error {
	file, data, err := o.TableFile("GLB", "ACCESS", "GLB")
	if err != nil {
		return err
	}
	if known := o.re.rights(data, r.Users); known != nil {
		r.Users = known
		return nil
	}
	plain := r.Users
	r.Users = slices.Clone(r.Users)
	if err = decodeAccess(file, data, r.Users); err == nil {
		o.re.access = rights{bytes.Clone(data), plain, r.Users}
	}
	return err
}

func (r *Routes) index() {
	r.users = make(map[string]int, len(r.Users))
	for i := range r.Users {
		if r.Users[i].Active {
			putOnce(r.users, r.Users[i].Mailbox, i)
		}
	}
	r.groups = make(map[string]int, len(r.Groups))
	for i := range r.Groups {
		if r.Groups[i].Active {
			putOnce(r.groups, r.Groups[i].Address, i)
		}
	}
	r.offices = make(map[string]int, len(r.Offices))
	for i := range r.Offices {
		putOnce(r.offices, r.Offices[i].Network+"/"+r.Offices[i].Name, i)
	}
}

func putOnce(m map[string]int, name string, i int) {
	name = strings.ToUpper(name)
	if _, ok := m[name]; !ok {
		m[name] = i
	}
}

func lookup(m map[string]int, name string) (int, bool) {
	i, ok := m[name]
	if !ok {
		i, ok = m[strings.ToUpper(name)]
	}
	return i, ok
}

// Local returns NETWORK/PO of this postoffice.
func (r *Routes) Local() string { return r.Network + "/" + r.Name }

// User returns a local user by mailbox name.
func (r *Routes) User(mailbox string) (Access, bool) {
	if i, ok := lookup(r.users, mailbox); ok {
		return r.Users[i], true
	}
	return Access{}, false
}

// Office returns the definition of another postoffice, named NETWORK/PO.
func (r *Routes) Office(name string) (OfficeRoute, bool) {
	if i, ok := lookup(r.offices, name); ok {
		return r.Offices[i], true
	}
	return OfficeRoute{}, false
}

// Gateway returns the record of a gateway. One with a hub is the access component of a
// downstream postoffice: External takes its mail to the hub. Q118561 Q135031
func (r *Routes) Gateway(name string) (Network, bool) {
	for _, n := range r.Networks {
		if n.Active && n.MBG != "" && strings.EqualFold(n.Name, name) {
			return n, true
		}
	}
	return Network{}, false
}

// Resolve says where mail for an address goes.
func (r *Routes) Resolve(a Address) Target {
	if a.Type != "" {
		return r.gateway(a.Type)
	}
	network, name, box, ok := a.Split()
	if !ok {
		return Target{}
	}
	if !strings.EqualFold(network, r.Network) || !strings.EqualFold(name, r.Name) {
		x, ok := r.Office(a.Addr[:len(a.Addr)-len(box)-1])
		switch {
		case !ok:
			return Target{}
		case x.Route == RouteGateway:
			return r.gateway(x.HubNetwork) // backbone mail. Q87213
		}
		// An indirect postoffice has a mailbag of its own; where that is taken to is
		// found out at dispatch. Q77926 Q135031
		return Target{Kind: ToOffice, Bag: x.MBG, Name: x.Network + "/" + x.External.Name}
	}
	switch {
	case strings.EqualFold(box, "$SYSTEM"):
		return Target{Kind: ToSystem, Bag: System} // Q87416
	case strings.EqualFold(box, "*SPECIAL"):
		return Target{Kind: ToSpecial}
	}
	if i, ok := lookup(r.users, box); ok {
		return Target{Kind: ToUser, Bag: r.Users[i].MBG, Name: r.Users[i].Mailbox}
	}
	if i, ok := lookup(r.groups, box); ok {
		return Target{Kind: ToGroup, Name: r.Groups[i].Address, TID: r.Groups[i].TID}
	}
	return Target{}
}

func (r *Routes) gateway(name string) Target {
	if n, ok := r.Gateway(name); ok {
		return Target{Kind: ToGateway, Bag: n.MBG, Name: n.Name}
	}
	return Target{}
}

// Pending returns the recipients that an item in an outbound mailbag still has to
// reach. Such an item has no P1, so they follow from the addresses in the MAI and from
// the tables. Q128913 Q119642
func (r *Routes) Pending(m *Message, bag string) []Address {
	var list []Address
	m.Recipients(func(a *Address) {
		if !a.Served && r.Resolve(*a).Bag == bag {
			list = append(list, *a)
		}
	})
	return list
}

// Memory is what the tables take in an FFAPI program, bytes: 35 a user, 31 a group, 90
// an access component and 100.5 a postoffice. Q115518
func (r *Routes) Memory() int {
	n := 35*len(r.users) + 31*len(r.groups) + 201*len(r.offices)/2
	for i := range r.Networks {
		if r.Networks[i].Active && r.Networks[i].MBG != "" {
			n += 90
		}
	}
	return n
}

// OfficeRoute is the definition of another postoffice and where it stands.
type OfficeRoute struct {
	Network string
	XTN     string // hexid of the file with the record
	External
}
