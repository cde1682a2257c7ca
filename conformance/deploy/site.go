package deploy

import (
	"fmt"
	"slices"
	"strings"

	"gwkit/conformance/drive"
	"gwkit/emulator/site"
)

// configMax bounds LOCAL.CFG and ADDR_MAP.CFG.
const configMax = 1 << 20

// Gateway returns what LOCAL.CFG and ADDR_MAP.CFG of a postoffice say: the
// deployment file's own words, or what the drive has.
func (d *Deployment) Gateway(po *Postoffice) (*site.GatewayConfig, error) {
	if po.SMTP != nil {
		c := *po.SMTP
		return &c, nil
	}
	if po.Drive == "" {
		return nil, fmt.Errorf("cannot know the gateway configuration of %s: the deployment file gives neither drive nor smtp", po.Ref())
	}
	t := drive.OpenDir(d.Path(po.Drive))
	data, err := t.Read(`SMTP\LOCAL.CFG`, configMax)
	if err != nil {
		return nil, err
	}
	local, err := drive.ParseLocal(data)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", t.At(`SMTP\LOCAL.CFG`), err)
	}
	if data, err = t.Read(`SMTP\ADDR_MAP.CFG`, configMax); err != nil {
		return nil, err
	}
	entries, _ := drive.ParseAddrMap(data)
	c := &site.GatewayConfig{Postoffice: po.Ref(), HostName: local.HostName.Text, DomainSuffix: local.Domain.Text, SmartHost: local.SmartHost.Text}
	for _, v := range local.Postoffices {
		c.Postoffices = append(c.Postoffices, v.Text)
	}
	for _, m := range entries {
		c.Map = append(c.Map, site.Mapping{Postoffice: m.Postoffice.Text, Domain: m.Domain.Text})
	}
	return c, nil
}

// defaultUsers are the mailboxes of a postoffice that says nothing of its
// users. Q128444
var defaultUsers = []string{"ADMIN", "POSTMASTER"}

// Site returns the emulator's site with the configuration of this deployment:
// what the deployment should do if the emulator is right. Users are those that
// are declared, else ADMIN, POSTMASTER and the test mailboxes. What the file
// leaves open has the emulator's default. A configuration that no site can
// have, such as two PCs with one name, is an error with places.
func (d *Deployment) Site() (*site.Site, error) {
	s := &site.Site{Version: site.FileVersion, GatewayVersion: d.GatewayVersion}
	relay := d.SmartHost.IP
	for i := range d.Postoffices {
		p := &d.Postoffices[i]
		po := site.Postoffice{Network: p.Network, Name: p.Name, Gateway: p.Gateway, Via: p.Via, Access: p.Via != "" || p.Gateway != ""}
		for _, u := range p.Users {
			po.Users = append(po.Users, u.Name)
			if u.FullName != "" || u.NoExternal {
				po.UserDetails = append(po.UserDetails, site.UserDetail{Name: u.Name, FullName: u.FullName, NoExternal: u.NoExternal})
			}
		}
		if p.Users == nil {
			po.Users = slices.Clone(defaultUsers)
			for _, m := range d.Test.Mailboxes {
				if strings.EqualFold(m.Postoffice, p.Ref()) && !slices.ContainsFunc(po.Users, func(u string) bool { return strings.EqualFold(u, m.User) }) {
					po.Users = append(po.Users, m.User)
				}
			}
		}
		s.Postoffices = append(s.Postoffices, po)
		if p.Gateway == "" {
			continue
		}
		c, err := d.Gateway(p)
		if err != nil {
			return nil, err
		}
		s.SMTP = append(s.SMTP, *c)
		if relay == "" {
			relay = c.SmartHost
		}
	}
	host := site.SmartHost{Name: d.SmartHost.Name, IP: relay}
	if host.Name == "" {
		host.Name = "smarthost.invalid"
	}
	for i := range d.PCs {
		p := &d.PCs[i]
		c := d.Command(p)
		pc := site.PC{Name: p.Name, IP: p.IP, Drives: p.Drives, Config: site.DefaultConfig, Run: c.Line, TZ: ""}
		if p.FreeMemory > 0 {
			pc.Config.FreeMemory = p.FreeMemory
		}
		role := d.RoleOf(p)
		switch {
		case c.Program == "DISPATCH":
			pc.Run = "EXTERNAL" // DISPATCH runs EXTERNAL, which the emulator has
		case c.Program == "" && role == RoleExternal:
			pc.Run = "EXTERNAL"
		case c.Program == "" && role != "":
			pc.Run = "SMTPGATE"
		}
		switch role {
		case RoleBoth:
			pc.Local = []string{"SMTPGATE.EXE", "SMTPGET.EXE", "SMTPPUT.EXE"}
		case RoleReceive: // Q132060
			pc.Local = []string{"SMTPGATE.EXE", "SMTPPUT.EXE"}
		case RoleSend:
			pc.Local = []string{"SMTPGATE.EXE", "SMTPGET.EXE"}
		}
		if pc.IP == "" && role != RoleExternal && role != "" {
			pc.IP = fmt.Sprintf("10.99.%d.%d", i/250, i%250+1)
		}
		s.PCs = append(s.PCs, pc)
		if role == RoleBoth || role == RoleReceive {
			d.routeTo(s, &host, &pc)
		}
	}
	if relay != "" {
		s.SmartHosts = []site.SmartHost{host}
	}
	name := d.Name + " (emulated)"
	complete, err := site.Parse(name, s.Marshal())
	if err != nil {
		return nil, fmt.Errorf("cannot build a site from %s: %w", d.File, err)
	}
	return complete, nil
}

// routeTo leads the domains of a gateway's address map to its PC, as the mail
// exchangers of a deployment that works do. Q101459
func (d *Deployment) routeTo(s *site.Site, host *site.SmartHost, pc *site.PC) {
	for _, m := range pc.Drives {
		c := s.Gateway(m.Postoffice)
		if c == nil {
			continue
		}
		for _, entry := range c.Map {
			domain := strings.ToLower(entry.Domain)
			if !slices.ContainsFunc(host.Routes, func(r site.Route) bool { return strings.EqualFold(r.Domain, domain) }) {
				host.Routes = append(host.Routes, site.Route{Domain: domain, To: pc.Name})
			}
		}
	}
}
