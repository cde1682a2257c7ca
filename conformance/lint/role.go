package lint

import "strings"

// longWait is the wait from which a gateway's outbound checks are so rare that
// it is meant to receive. Q132060 uses 32767 seconds.
const longWait = 3600

// inferRoles gives a role to the PCs for which none was declared.
//
// inferred: no file holds the role of a computer. One that runs EXTERNAL alone
// is a mailer. A gateway that has no other beside it works in both directions.
// Of several, one with a long wait receives (Q132060); one to which no smart
// host routes anything, although routes are known, sends; otherwise it works in
// both directions. A folder of copies may lack computers, so there a gateway
// works in both directions only when it has both programs for it.
func inferRoles(in *Installation) {
	var gateways []*PC
	for _, pc := range in.PCs {
		switch {
		case pc.Command("SMTPGATE") != nil:
			gateways = append(gateways, pc)
		case len(pc.Commands) > 0 && !pc.Role.Known:
			pc.Role = Know(RoleExternal, pc.Commands[0].At)
		}
	}
	routed, known := map[string]bool{}, false
	for _, relay := range in.Relays {
		for _, route := range relay.Routes.Value {
			routed[strings.ToUpper(route.PC)], known = true, true
		}
	}
	for _, pc := range gateways {
		if pc.Role.Known {
			continue
		}
		c := pc.Command("SMTPGATE")
		role := RoleBoth
		switch {
		case len(gateways) == 1:
		case c.Gateway != nil && c.Gateway.WaitSeconds >= longWait:
			role = RoleReceive
		case known && !routed[strings.ToUpper(pc.Name)] && !(pc.IP.Known && routed[pc.IP.Value]):
			role = RoleSend
		}
		if !in.AllPCs && role == RoleBoth && !(pc.has("SMTPGET.EXE") && pc.has("SMTPPUT.EXE")) {
			continue
		}
		pc.Role = Know(role, c.At)
	}
}

// has says whether a program is anywhere in the inventory.
func (p *PC) has(name string) bool {
	for _, x := range p.Programs.Value {
		if x.Name == name {
			return true
		}
	}
	return false
}

// Database returns the postoffice that a gateway PC works on: the drive of -D,
// M without it. Q87041 Nil: unknown.
func (in *Installation) Database(pc *PC) *Postoffice {
	c := pc.Command("SMTPGATE")
	if c == nil {
		return nil
	}
	letter := byte('M')
	if c.Gateway != nil {
		letter = c.Gateway.Drive
	}
	return in.Postoffice(pc.Drives[letter])
}

// GatewayPCs returns the PCs that start the gateway.
func (in *Installation) GatewayPCs() []*PC {
	var list []*PC
	for _, pc := range in.PCs {
		if pc.Command("SMTPGATE") != nil || pc.Role.Known && pc.Role.Value != RoleExternal {
			list = append(list, pc)
		}
	}
	return list
}
