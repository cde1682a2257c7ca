package postoffice

import (
	"fmt"
	"strings"

	"gwkit/emulator/internal/dos"
)

// User is a local mailbox.
type User struct {
	Name     string // mailbox, at most 10 characters. Q96003
	FullName string // at most 30; empty is Name
	NoMail   bool   // lacks the EXTERNAL privilege: no mail from outside. Q99856
	Remote   bool
	Password string
}

// GroupConfig is a local group; only local members count. Q87396
type GroupConfig struct {
	Name     string // its address, at most 10 characters
	FullName string // shown in address lists; empty is Name
	Members  []string
}

// ExternalConfig is the definition of another postoffice.
type ExternalConfig struct {
	Network, Name string
	Via           string // "" direct; NETWORK/PO indirect; a gateway's name such as SMTP: backbone
	Retries       int    // 0 is 3. Q119884
	MaxSize       int    // bytes, 0 for none
}

// SMTPRole says what of the SMTP gateway is installed.
type SMTPRole uint8

const (
	SMTPNone    SMTPRole = iota
	SMTPGateway          // the gateway itself, with the access component. Q87028
	SMTPAccess           // the access component of a downstream postoffice. Q87030
)

// Config describes a postoffice as ADMIN and the installation programs leave it. Only
// the two names are needed.
type Config struct {
	Network, Name string // at most 10 characters each. Q96003
	Users         []User // the administrator Admin is added in front unless named here
	Groups        []GroupConfig
	Externals     []ExternalConfig // in any order
	SMTP          SMTPRole
	Forward       string // SMTPAccess: NETWORK/PO of the gateway postoffice or next hop; must be direct. Q123825
	Serial        string // xx-yyyyy; empty is made up
	Version       string // empty is 3.5
	HopLimit      int    // 0 is 10. Q147471
	// LocalCFG and AddrMapCFG are the gateway's configuration files, empty unless given:
	// the default copies (Q87028) are not public.
	LocalCFG, AddrMapCFG []byte
}

const adminName = "Admin"

// installer collects the tables before it writes them.
type installer struct {
	v                         *dos.Volume
	c                         *Config
	control                   Control
	tid                       uint32
	access1, access2, access3 []byte
	names, members            []byte
	groups                    []byte
	networks                  []Network
	externals                 [][]External // beside networks
	master                    Master
	err                       error
}

// Install builds the tree. The volume should be empty. Without users, groups, other
// postoffices and gateways the files are those of a new installation (Q135868); with any
// of them also those that appear when ADMIN first runs (Q131670). RNETSEM.GLB is not among
// them: the first run of EXTERNAL makes it (Q118946).
func Install(v *dos.Volume, c Config) error {
	in := &installer{v: v, c: &c, control: Control{firstMailbag, firstLetter}, tid: 1}
	if err := in.install(); err != nil {
		return fmt.Errorf("cannot install postoffice %s/%s: %w", c.Network, c.Name, err)
	}
	return nil
}

func (in *installer) install() error {
	c := in.c
	for _, s := range []string{c.Network, c.Name} {
		if s == "" || len(s) > 10 || strings.ContainsAny(s, "/:\x00") {
			return fmt.Errorf("bad name %q: 1 to 10 characters", s) // Q94410
		}
	}
	in.tree()
	in.users()
	in.addGroups()
	in.routes()
	in.smtp()
	in.tables()
	return in.err
}

func (in *installer) fail(format string, args ...any) {
	if in.err == nil {
		in.err = fmt.Errorf(format, args...)
	}
}

func (in *installer) file(path string, data []byte, a dos.Attr) {
	if in.err == nil {
		in.err = in.v.WriteFile(path, data, a)
	}
}

func (in *installer) mkdir(path string) {
	if in.err == nil {
		in.err = in.v.Mkdir(path, 0)
	}
}

func (in *installer) tree() {
	for _, d := range directories() {
		in.mkdir(d)
		in.file(d+`\POPULATE.MSM`, filler[:1], dos.ReadOnly) // Q127954
	}
	for _, f := range fixedFiles {
		a := dos.Attr(0)
		if f.readOnly {
			a = dos.ReadOnly
		}
		in.file(f.path, filler[:f.size], a)
	}
	for _, list := range [...]struct {
		dir, ext string
		files    []sizedFile
	}{{"TPL", "TPL", templates[:]}, {"HLP", "HLP", helpFiles[:]}, {"GLB", "MDM", modemFiles[:]}, {"GLB", "SCR", scriptFiles[:]}} {
		for _, f := range list.files {
			in.file(`\`+list.dir+`\`+f.name+`.`+list.ext, filler[:f.size], dos.ReadOnly)
		}
	}
	for _, bag := range []string{Inqueue, Inqueue3, System} {
		in.mailbag(bag)
	}
	in.file(`\GLB\NETPO.GLB`, make([]byte, 4), 0)
	in.file(`\GLB\GRPMEM.GLB`, make([]byte, 4), 0)
}

// mailbag creates a pair. All KEY files have their full length from birth, all MBG files
// start empty. Q135868
func (in *installer) mailbag(bag string) {
	in.file(`\KEY\`+bag+`.KEY`, make([]byte, keyLayout.Size), 0)
	in.file(`\MBG\`+bag+`.MBG`, nil, 0)
}

func (in *installer) newID() string {
	in.control.Mailbag++
	return hexID(in.control.Mailbag - 1)
}

func (in *installer) users() {
	users := in.c.Users
	first := -1
	for i := range users {
		if strings.EqualFold(users[i].Name, adminName) {
			first = i
		}
	}
	// The administrator is the first record and owns the mailbag 00000000. Q135868
	if first < 0 {
		in.user(User{Name: adminName, FullName: "Administrator"}, hexID(0))
	} else {
		in.user(users[first], hexID(0))
	}
	for i := range users {
		if i != first {
			in.user(users[i], in.newID())
		}
	}
}

func (in *installer) user(u User, bag string) {
	if u.Name == "" || len(u.Name) > 10 || strings.ContainsAny(u.Name, "/: \x00") {
		in.fail("bad mailbox name %q: 1 to 10 characters without blanks", u.Name) // Q199676
	}
	if u.FullName == "" {
		u.FullName = u.Name
	}
	a := Access{Active: true, Mailbox: u.Name, FullName: u.FullName, MBG: bag, TID: in.tid, Password: u.Password,
		External: !u.NoMail, Remote: u.Remote, Life: lifeOrdinary}
	record := len(in.access2) / access2Layout.Size
	in.access1, in.access2, in.access3 = appendAccess(in.access1, in.access2, in.access3, &a)
	id, _ := parseHexID(bag)
	in.names = Name{Active: true, Type: NameLocal, FullName: u.FullName, TID: in.tid, Pointer: uint32(record), HexID: id}.Append(in.names)
	in.tid++
	in.mailbag(bag)
	in.file(`\NME\`+bag+`.NME`, nil, 0)
	in.file(`\GRP\`+bag+`.GRP`, make([]byte, grpLayout.Size), 0)
}

func (in *installer) addGroups() {
	in.members = Member{}.Append(nil) // the first record is all zeros. Q107767
	in.groups = make([]byte, groupLayout.Header)
	users, _ := DecodeAccess2("ACCESS2.GLB", in.access2)
	for _, g := range in.c.Groups {
		if g.Name == "" || len(g.Name) > 10 || len(g.Members) > maxMembers {
			in.fail("bad group %q: name of 1 to 10 characters, at most %d members", g.Name, maxMembers)
			return
		}
		var mem []byte
		pointer := uint32(0)
		if len(g.Members) > 0 {
			pointer = uint32(len(in.members))
		}
		for i, name := range g.Members {
			found := false
			for _, u := range users {
				if strings.EqualFold(u.Mailbox, name) {
					id, _ := parseHexID(u.MBG)
					mem = appendMEM(mem, id)
					next := uint32(0)
					if i < len(g.Members)-1 {
						next = uint32(len(in.members) + grpLayout.Size)
					}
					in.members = Member{u.TID, next}.Append(in.members)
					found = true
					break
				}
			}
			if !found {
				in.fail("group %s has an unknown member %s", g.Name, name)
			}
		}
		if g.FullName == "" {
			g.FullName = g.Name
		}
		in.names = Name{Active: true, Type: NameGroup, FullName: g.FullName, TID: in.tid, Pointer: pointer}.Append(in.names)
		in.groups = Group{Active: true, Name: g.FullName, Address: g.Name, TID: in.tid, Pointer: pointer}.Append(in.groups)
		in.file(`\MEM\`+hexID(in.tid)+`.MEM`, mem, 0) // Q107767
		in.tid++
	}
}

// routes defines networks and postoffices. The local network's XTN is 00000001. Q135868
func (in *installer) routes() {
	c := in.c
	in.networks = []Network{{Active: true, Type: TypeMail, Name: c.Network, XTN: hexID(1)}}
	in.externals = [][]External{nil}
	for _, x := range c.Externals {
		if x.Name == "" || len(x.Name) > 10 || x.Network == "" || len(x.Network) > 10 {
			in.fail("bad name %q of an external postoffice: 1 to 10 characters for each part", x.Network+"/"+x.Name)
		}
		if strings.EqualFold(x.Network, c.Network) && strings.EqualFold(x.Name, c.Name) {
			in.fail("cannot add local postoffice name to external list") // ADMIN error 38. Q78833
		}
		if in.find(x.Network+"/"+x.Name) != nil {
			in.fail("duplicate postoffice name %s/%s", x.Network, x.Name) // Q78833
		}
		n := -1
		for i := range in.networks {
			if strings.EqualFold(in.networks[i].Name, x.Network) {
				n = i
			}
		}
		if n < 0 {
			n = len(in.networks)
			in.networks = append(in.networks, Network{Active: true, Type: TypeMail, Name: x.Network, XTN: in.newID()})
			in.externals = append(in.externals, nil)
		}
		r := External{Active: true, Name: x.Name, MBG: in.newID(), Retries: uint16(x.Retries), MaxSize: uint32(x.MaxSize)}
		if r.Retries == 0 {
			r.Retries = 3 // Q119884
		}
		in.mailbag(r.MBG)
		in.externals[n] = append(in.externals[n], r)
	}
	for _, x := range c.Externals {
		if x.Via == "" || in.err != nil {
			continue
		}
		r := in.find(x.Network + "/" + x.Name)
		if !strings.Contains(x.Via, "/") {
			r.Route, r.HubNetwork = RouteGateway, x.Via
			continue
		}
		hub := in.find(x.Via)
		if hub == nil {
			in.fail("postoffice %s/%s is indirect via %s, which is not defined", x.Network, x.Name, x.Via) // Q169328
			return
		}
		if in.indirect(x.Via) {
			in.fail("cannot use indirect postoffice %s to forward mail", x.Via) // ADMIN error 52. Q78833
			return
		}
		r.Route, r.HubMBG = RouteIndirect, hub.MBG
		r.HubNetwork, r.HubName, _ = strings.Cut(x.Via, "/")
		hub.Indirect++ // Q86625
	}
}

func (in *installer) find(name string) *External {
	network, po, _ := strings.Cut(name, "/")
	for i := range in.networks {
		for j := range in.externals[i] {
			if strings.EqualFold(in.networks[i].Name, network) && strings.EqualFold(in.externals[i][j].Name, po) {
				return &in.externals[i][j]
			}
		}
	}
	return nil
}

func (in *installer) indirect(name string) bool {
	for _, x := range in.c.Externals {
		if strings.EqualFold(x.Network+"/"+x.Name, name) {
			return x.Via != ""
		}
	}
	return false
}

// smtp installs the gateway or the access component. Q87028 Q87030 Q99172
func (in *installer) smtp() {
	c := in.c
	if c.SMTP == SMTPNone || in.err != nil {
		return
	}
	n := Network{Active: true, Type: TypeSMTP, Name: SMTPName, MBG: in.newID()}
	in.mailbag(n.MBG)
	if c.SMTP == SMTPGateway {
		in.master.Gateways |= GatewaySMTP
		in.mkdir(`\SMTP`)
		in.file(`\SMTP\LOCAL.CFG`, c.LocalCFG, 0)
		in.file(`\SMTP\ADDR_MAP.CFG`, c.AddrMapCFG, 0)
	} else {
		hub := in.find(c.Forward)
		if hub == nil {
			in.fail("forward postoffice %q of the SMTP access component is not defined", c.Forward)
			return
		}
		if in.indirect(c.Forward) {
			in.fail("can not use indirect postoffice %s to forward mail", c.Forward) // Q123825
			return
		}
		n.HubNetwork, n.HubName, _ = strings.Cut(c.Forward, "/")
		n.HubMBG = hub.MBG // goes stale when the hub is defined anew. Q135031
	}
	in.networks = append(in.networks, n)
	in.externals = append(in.externals, nil)
	in.file(`\HLP\SMTP.HLP`, filler[:smtpHelpSize], dos.ReadOnly)
	// inferred: 4 and 0 bytes, as the X.400 access component starts its list. Q102300
	in.file(`\GLB\SMTP.GLB`, make([]byte, 4), 0)
	in.file(`\NME\SMTP.NME`, nil, 0)
}

func (in *installer) tables() {
	c := in.c
	m := &in.master
	m.Network, m.Name, m.Internetwork = c.Network, c.Name, true
	m.Serial, m.Version, m.HopLimit = c.Serial, c.Version, uint16(c.HopLimit)
	if m.Serial == "" {
		m.Serial = "22-00001" // invented; the form is xx-yyyyy. Q194712
	}
	if m.Version == "" {
		m.Version = "3.5"
	}
	if m.HopLimit == 0 {
		m.HopLimit = defaultHops
	}
	var networks []byte
	for i := range in.networks {
		networks = in.networks[i].Append(networks)
		if in.networks[i].XTN == "" {
			continue
		}
		var xtn []byte
		for _, x := range in.externals[i] {
			xtn = x.Append(xtn)
		}
		in.file(`\XTN\`+in.networks[i].XTN+`.XTN`, xtn, 0)
	}
	in.file(`\GLB\MASTER.GLB`, m.Encode(), 0)
	in.file(`\GLB\NETWORK.GLB`, networks, 0)
	in.file(`\GLB\ACCESS.GLB`, in.access1, 0)
	in.file(`\GLB\ACCESS2.GLB`, in.access2, 0)
	in.file(`\GLB\ACCESS3.GLB`, in.access3, 0)
	in.file(`\GLB\GROUP.GLB`, in.groups, 0)
	in.file(`\GLB\CONTROL.GLB`, in.control.Encode(), 0)
	in.file(`\GLB\TID.GLB`, []byte{byte(in.tid), byte(in.tid >> 8), byte(in.tid >> 16), byte(in.tid >> 24)}, 0)
	in.file(`\NME\ADMIN.NME`, in.names, 0)
	in.file(`\GRP\ADMIN.GRP`, in.members, 0)
	if len(c.Users)+len(c.Groups)+len(c.Externals) > 0 || c.SMTP != SMTPNone {
		in.file(`\GLB\FLAG.GLB`, EncodeFlag(1), 0) // Q131670
		in.file(`\NME\ADMINSHD.NME`, in.names, 0)  // Q132744
		in.file(`\GRP\ADMINSHD.GRP`, in.members, 0)
	}
}
