package lint

import (
	"net/netip"
	"strings"
)

// Rules about LOCAL.CFG and the SMTP directory.
var cfgRules = []Rule{
	{
		ID: "cfg.local", Severity: Error, Articles: []string{"Q127733", "Q87028"},
		Title:  "LOCAL.CFG, ADDR_MAP.CFG or the SMTP directory is missing, empty or not accessible",
		Remedy: "restore the file from a copy or let ADMIN write it again, and check the rights of the gateway's account",
		Inputs: "listing of the SMTP directory",
		check: func(j *Judge) {
			for _, po := range j.gatewayPostoffices() {
				list, ok := Need(j, po.SMTP, "the SMTP directory of %s", po.Ref())
				if !ok {
					continue
				}
				if len(list) == 0 {
					j.Find(po.SMTP.At, `%s has no SMTP directory with files; ADMIN reports error 134`, po.Ref())
					continue
				}
				for _, name := range []string{"LOCAL.CFG", "ADDR_MAP.CFG"} {
					j.wantFile(po, list, name)
				}
			}
		},
	},
	{
		ID: "cfg.backup", Severity: Info, Articles: []string{"Q118564"},
		Title:  "no copy is kept of the configuration files, which a new installation or an upgrade loses",
		Remedy: `copy SMTP\*.CFG, and export the SMTP address list, before every change`,
		Inputs: "list of what is copied",
		check: func(j *Judge) {
			for _, po := range j.gatewayPostoffices() {
				said, ok := Need(j, po.Said["backup"], "what is copied of %s (backup)", po.Ref())
				if !ok {
					continue
				}
				kept := strings.ToUpper(said)
				for _, name := range []string{"LOCAL.CFG", "ADDR_MAP.CFG"} {
					if !strings.Contains(kept, name) && !strings.Contains(kept, "*.CFG") {
						j.Find(po.Said["backup"].At, `no copy is kept of \SMTP\%s of %s`, name, po.Ref())
					}
				}
			}
		},
	},
	{
		ID: "cfg.gwname-length", Severity: Warning, Articles: []string{"Q115555"},
		Title:  "the Internet Name of Gateway has 254 or more characters, which damages the gateway's screen",
		Remedy: "shorten the name",
		Inputs: "LOCAL.CFG",
		check: func(j *Judge) {
			for _, po := range j.gatewayPostoffices() {
				name, ok := j.hostName(po)
				if ok && len(name.Value) >= 254 {
					j.Find(name.At, "Internet Name of Gateway has %d characters, want fewer than 254", len(name.Value))
				}
			}
		},
	},
	{
		ID: "cfg.gwname-a", Severity: Error, Articles: []string{"Q101459"},
		Title:    "the Internet Name of Gateway is not the name of an A record with the gateway PC's address",
		Remedy:   "make the A record and the Internet Name of Gateway agree; a dedicated pair needs the record of its receiving computer only",
		Inputs:   "LOCAL.CFG; DNS zone or server; addresses of the gateway PCs",
		Inferred: "of a pair with one name the address is that of the receiving computer (Q132060)",
		check:    checkGatewayAddress,
	},
	{
		ID: "cfg.router-ip", Severity: Error, Articles: []string{"Q87046", "Q99852", "Q78833"},
		Title:  "the IP Address of SMTP Router is missing or is no dotted IP number",
		Remedy: "enter the address of the smart host in ADMIN, Gateway, SMTP, Setup; a name is not looked up",
		Inputs: "LOCAL.CFG",
		check: func(j *Judge) {
			for _, po := range j.gatewayPostoffices() {
				local, ok := j.local(po)
				switch {
				case !ok:
				case !local.SmartHost.Known || local.SmartHost.Value == "":
					j.Find(local.At, "%s has no IP Address of SMTP Router; nothing can be sent", po.Ref())
				case !dotted(local.SmartHost.Value):
					j.Find(local.SmartHost.At, "IP Address of SMTP Router is %s, want four numbers with dots", quoted(local.SmartHost.Value))
				}
			}
		},
	},
}

func checkGatewayAddress(j *Judge) {
	for _, po := range j.gatewayPostoffices() {
		name, ok := j.hostName(po)
		if !ok {
			continue
		}
		if j.Resolver == nil {
			j.Missing("a DNS zone or server (names)")
			continue
		}
		want, ok := j.addressesOf(name.Value)
		if !ok {
			continue
		}
		have, err := j.Resolver.Addresses(j.Context(), name.Value)
		switch {
		case err != nil:
			j.Missing("an answer for %s: %v", name.Value, err)
		case len(have) == 0:
			j.Find(name.At, "Internet Name of Gateway is %s, which has no A record in %s; want %s", name.Value, j.NamesAt.File, strings.Join(want, " or "))
		case !overlap(have, want):
			j.Find(name.At, "the A record of %s is %s, want the gateway PC's address %s", name.Value, strings.Join(have, ", "), strings.Join(want, " or "))
		default:
			j.Looked()
		}
	}
}

// addressesOf returns the addresses that a gateway's name may have: those of
// the computers that receive with this name, or of all when none does.
func (j *Judge) addressesOf(name string) ([]string, bool) {
	var receive, all []string
	for _, pc := range j.GatewayPCs() {
		po := j.Database(pc)
		if po == nil {
			// A folder of copies may not tell which drive is which.
			if len(j.GatewayPCs()) > 1 {
				continue
			}
		} else if !strings.EqualFold(po.Local.Value.HostName.Value, name) {
			continue
		}
		ip, ok := Need(j, pc.IP, "the IP address of %s", pc.Name)
		if !ok {
			continue
		}
		all = append(all, ip)
		if pc.Role.Value != RoleSend {
			receive = append(receive, ip)
		}
	}
	if receive == nil {
		receive = all
	}
	if receive == nil {
		j.Missing("the address of the gateway PC of %s", name)
	}
	return receive, receive != nil
}

func overlap(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}

// dotted says whether a text is four numbers with dots.
func dotted(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && a.Is4() && a.String() == text
}

// gatewayPostoffices returns the gateway postoffices. None is an input that is
// missing.
func (j *Judge) gatewayPostoffices() []*Postoffice {
	list := j.Gateways()
	if len(list) == 0 {
		j.Missing("a gateway postoffice")
	}
	return list
}

// gatewayPCs returns the PCs that start the gateway. None is an input that is
// missing.
func (j *Judge) gatewayPCs() []*PC {
	list := j.GatewayPCs()
	if len(list) == 0 {
		j.Missing("a gateway PC: its start batch or command line")
	}
	return list
}

// local returns LOCAL.CFG of a gateway postoffice in a form that can be read.
func (j *Judge) local(po *Postoffice) (*LocalCfg, bool) {
	c, ok := Need(j, po.Local, `\SMTP\LOCAL.CFG of %s`, po.Ref())
	if !ok {
		return nil, false
	}
	if !c.Readable() {
		j.Missing(`\SMTP\LOCAL.CFG of %s in a form that is known; describe it in the deployment file (smtp)`, po.Ref())
		return nil, false
	}
	return &c, true
}

// hostName returns the Internet Name of Gateway.
func (j *Judge) hostName(po *Postoffice) (Fact[string], bool) {
	local, ok := j.local(po)
	if !ok {
		return Fact[string]{}, false
	}
	if !local.HostName.Known || local.HostName.Value == "" {
		j.Missing("the Internet Name of Gateway of %s", po.Ref())
		return Fact[string]{}, false
	}
	return local.HostName, true
}

// addrMap returns ADDR_MAP.CFG of a gateway postoffice.
func (j *Judge) addrMap(po *Postoffice) ([]MapLine, bool) {
	return Need(j, po.AddrMap, `\SMTP\ADDR_MAP.CFG of %s`, po.Ref())
}

// wantFile finds a file of the SMTP directory that is missing or empty.
func (j *Judge) wantFile(po *Postoffice, list []Entry, name string) {
	for _, e := range list {
		if e.Name != name {
			continue
		}
		if e.Size == 0 {
			j.Find(e.At, `\SMTP\%s of %s is empty`, name, po.Ref())
		}
		for _, u := range j.Unread {
			if u.At.File == e.At.File && e.At.Line == 0 {
				j.Find(e.At, `\SMTP\%s of %s cannot be read: %s`, name, po.Ref(), u.Message)
			}
		}
		return
	}
	at := po.SMTP.At
	j.Find(at, `%s has no \SMTP\%s`, po.Ref(), name)
}
