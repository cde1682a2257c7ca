package site

import (
	"strings"

	"gwkit/emulator/site/yamlfile"
)

// check looks at the values and references of a site that has been read and
// completed. A value that was not written has the position of what is around
// it. An empty value that failed before is not reported again.
func (r *reader) check(s *Site) {
	if !yamlfile.Contains(GatewayVersions, s.GatewayVersion) {
		r.bad(s, "gatewayVersion", "unknown gateway version %q%s", s.GatewayVersion, yamlfile.Suggest(s.GatewayVersion, GatewayVersions))
	}
	r.checkTZ(s, "tz", s.TZ)
	r.checkPostoffices(s)
	r.checkPCs(s)
	for i := range s.SMTP {
		r.checkGateway(s, &s.SMTP[i])
	}
	r.checkSmartHosts(s)
	r.checkFaults(s)
	for _, f := range s.Files {
		r.reference(s, "files."+f.Postoffice+":"+f.Path, f.Postoffice)
	}
}

func (r *reader) bad(s *Site, path, format string, args ...any) {
	r.Fail(s.Where(path), format, args...)
}

// reported says whether a mistake was already found at the position of a path,
// so that a value of the wrong type is not called missing as well.
func (r *reader) reported(path string) bool {
	p, written := r.Positions[path]
	if !written {
		return false
	}
	for _, m := range r.Mistakes {
		if m.Pos == p {
			return true
		}
	}
	return false
}

// required reports an empty value, unless something else has been said about
// it or about what it belongs to.
func (r *reader) required(s *Site, path, value string) bool {
	if value != "" {
		return true
	}
	dot := strings.LastIndexByte(path, '.')
	switch _, written := r.Positions[path]; {
	case r.reported(path) || r.Meant[path]:
	case written:
		r.bad(s, path, "%s: want a value, have nothing", path)
	case !r.reported(path[:dot]):
		r.bad(s, path, "missing key %q", path[dot+1:])
	}
	return false
}

// reference reports a NET/PO that no postoffice has.
func (r *reader) reference(s *Site, path, ref string) bool {
	if s.Postoffice(ref) != nil {
		return true
	}
	if ref == "" && r.reported(path) || r.Meant["postoffices"] {
		return false
	}
	names := make([]string, len(s.Postoffices))
	for i := range s.Postoffices {
		names[i] = s.Postoffices[i].Ref()
	}
	r.bad(s, path, "unknown postoffice %q%s", ref, yamlfile.Suggest(ref, names))
	return false
}

// checkFaults looks at the texts. What they name is looked at only when the
// lists they name things of are there as they were meant.
func (r *reader) checkFaults(s *Site) {
	known := s
	if r.Meant["postoffices"] || r.Meant["pcs"] || r.Meant["smtp"] || r.Meant["smartHosts"] {
		known = nil
	}
	for i, f := range s.Faults {
		at := index("faults", i)
		if strings.TrimSpace(f) == "" || !printable(f, false) {
			if !r.reported(at) {
				r.bad(s, at, "want the text of a fault, have %q", f)
			}
			continue
		}
		for _, check := range r.faults {
			if err := check(f, known); err != nil {
				r.bad(s, at, "%v", err)
			}
		}
	}
}

func (r *reader) checkTZ(s *Site, path, tz string) {
	if strings.ContainsAny(tz, " \t=") || !printable(tz, false) || len(tz) > 32 {
		r.bad(s, path, "bad time zone %q, want a DOS value such as PST8PDT", tz)
	}
}

// checkName reports a network, postoffice or mailbox name that does not fit.
func (r *reader) checkName(s *Site, path, kind, name string) {
	switch {
	case len(name) > nameMax:
		r.bad(s, path, "%s name %q has %d characters, want at most %d", kind, name, len(name), nameMax)
	case !alphanumeric(name):
		r.bad(s, path, "bad %s name %q, want letters and digits", kind, name)
	}
}

// alphanumeric reports whether a name is what ADMIN takes for a network, a
// postoffice or a mailbox. Q96003, Q199676
func alphanumeric(name string) bool {
	for i := 0; i < len(name); i++ {
		if !isLetter(name[i]) && (name[i] < '0' || name[i] > '9') {
			return false
		}
	}
	return name != ""
}

// plainName reports whether a name has only characters that separate nothing
// in a site file or a report.
func plainName(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`/\:@"<>,;()[]`, c) >= 0 {
			return false
		}
	}
	return name != ""
}

// plainDomain reports whether a domain or host name has no characters that
// would split a line of a configuration file or an address.
func plainDomain(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`/\@"<>,;()`, c) >= 0 {
			return false
		}
	}
	return name != ""
}

func (r *reader) checkPostoffices(s *Site) {
	seen := map[string]int{}
	for i := range s.Postoffices {
		p := &s.Postoffices[i]
		path := index("postoffices", i)
		if p.Network == "" || p.Name == "" {
			if _, written := r.Positions[path+".name"]; !written {
				r.required(s, path+".name", "")
			} else if !r.reported(path + ".name") {
				r.bad(s, path+".name", "want a name of the form NETWORK/POSTOFFICE")
			}
		} else {
			r.checkName(s, path+".name", "network", p.Network)
			r.checkName(s, path+".name", "postoffice", p.Name)
			ref := strings.ToUpper(p.Ref())
			if first, dup := seen[ref]; dup {
				r.bad(s, path+".name", "second postoffice %q, the first is in line %d", p.Ref(), s.Where(index("postoffices", first)+".name").Line)
			} else {
				seen[ref] = i
			}
		}
		r.checkUsers(s, p, path)
		r.checkGroups(s, p, path)
		if p.Gateway != "" && p.Gateway != "smtp" {
			r.bad(s, path+".gateway", "unknown gateway %q, want smtp", p.Gateway)
		}
		if p.Gateway == "smtp" && s.Gateway(p.Ref()) == nil {
			r.bad(s, path+".gateway", "gateway postoffice %q has no entry under smtp", p.Ref())
		}
		if p.Via != "" && r.reference(s, path+".via", p.Via) && strings.EqualFold(p.Via, p.Ref()) {
			r.bad(s, path+".via", "postoffice %q is via itself", p.Ref())
		}
	}
}

func (r *reader) checkUsers(s *Site, p *Postoffice, path string) {
	seen := map[string]bool{}
	for j, user := range p.Users {
		at := index(path+".users", j)
		if user == "" {
			if !r.reported(at) && !r.reported(at+".name") {
				r.required(s, at+".name", "")
			}
			continue
		}
		r.checkName(s, at, "user", user)
		if seen[strings.ToUpper(user)] {
			r.bad(s, at, "second user %q of postoffice %q", user, p.Ref())
		}
		seen[strings.ToUpper(user)] = true
		if d, _ := p.User(user); !printable(d.FullName, false) || len(d.FullName) > fullNameMax {
			r.bad(s, at, "bad full name %q, want at most %d printable characters", d.FullName, fullNameMax)
		}
	}
}

// administrator is a mailbox that every postoffice has. Q135868
const administrator = "Admin"

// checkGroups wants a name that no user has, because mail goes by it, and members
// that are users of the postoffice.
func (r *reader) checkGroups(s *Site, p *Postoffice, path string) {
	users := p.Users
	if !containsFold(users, administrator) {
		users = append([]string{administrator}, users...)
	}
	seen := map[string]bool{}
	for i := range p.Groups {
		g := &p.Groups[i]
		at := index(path+".groups", i)
		if r.required(s, at+".name", g.Name) {
			r.checkName(s, at+".name", "group", g.Name)
			if name := strings.ToUpper(g.Name); seen[name] {
				r.bad(s, at+".name", "second group %q of postoffice %q", g.Name, p.Ref())
			} else if seen[name] = true; containsFold(users, g.Name) {
				r.bad(s, at+".name", "group %q has the name of a user", g.Name)
			}
		}
		if !printable(g.FullName, false) || len(g.FullName) > fullNameMax {
			r.bad(s, at+".fullName", "bad full name %q, want at most %d printable characters", g.FullName, fullNameMax)
		}
		if len(g.Members) > groupMax {
			r.bad(s, at+".members", "%d members, want at most %d", len(g.Members), groupMax)
		}
		for j, name := range g.Members {
			switch member := index(at+".members", j); {
			case name == "" && r.reported(member) || r.Meant[path+".users"]:
			case !containsFold(users, name):
				r.bad(s, member, "group %q has the member %q, who is no user of postoffice %q%s", g.Name, name, p.Ref(), yamlfile.Suggest(name, users))
			case containsFold(g.Members[:j], name):
				r.bad(s, member, "second member %q of group %q", name, g.Name)
			}
		}
	}
}

func (r *reader) checkPCs(s *Site) {
	seen := map[string]int{}
	for i := range s.PCs {
		p := &s.PCs[i]
		path := index("pcs", i)
		if r.required(s, path+".name", p.Name) {
			if len(p.Name) > pcNameMax || !plainName(p.Name) {
				r.bad(s, path+".name", "bad PC name %q, want at most %d letters and digits", p.Name, pcNameMax)
			}
			if first, dup := seen[strings.ToUpper(p.Name)]; dup {
				r.bad(s, path+".name", "second PC %q, the first is in line %d", p.Name, s.Where(index("pcs", first)+".name").Line)
			} else {
				seen[strings.ToUpper(p.Name)] = i
			}
		}
		if p.IP != "" && !validIP(p.IP) {
			r.bad(s, path+".ip", "bad IP address %q, want four numbers with dots", p.IP)
		}
		for _, d := range p.Drives {
			r.reference(s, path+".drives."+string(d.Letter), d.Postoffice)
		}
		programs := map[string]bool{}
		for j, name := range p.Local {
			at := index(path+".local", j)
			if !yamlfile.Contains(Programs, name) {
				r.bad(s, at, "unknown program %q%s", name, yamlfile.Suggest(name, Programs))
			} else if programs[name] {
				r.bad(s, at, "second program %q", name)
			}
			programs[name] = true
		}
		for j, dir := range p.Path {
			if len(dir) < 3 || !isLetter(dir[0]) || dir[1] != ':' || dir[2] != '\\' || len(dir) > 3 && checkPath(dir[2:]) != nil {
				r.bad(s, index(path+".path", j), "bad directory %q, want one such as C:\\GATE", dir)
			}
		}
		if stack := p.Config.Stack; stack != "" && !yamlfile.Contains(Stacks, stack) {
			r.bad(s, path+".config.stack", "unknown TCP/IP stack %q%s", stack, yamlfile.Suggest(stack, Stacks))
		}
		r.checkTZ(s, path+".tz", p.TZ)
		r.checkRun(s, p, path+".run")
	}
}

// pcNameMax is the length of a NetBIOS computer name.
const pcNameMax = 15

func (r *reader) checkRun(s *Site, p *PC, path string) {
	program, args, err := SplitCommand(p.Run)
	switch {
	case err != nil:
		r.bad(s, path, "%v", err)
		return
	case !printable(p.Run, false):
		r.bad(s, path, "bad command line %q", p.Run)
		return
	case program == gate:
		version := s.GatewayVersion
		if versionRank(version) < 0 {
			version = DefaultGatewayVersion // a bad version hides no bad option
		}
		_, err = ParseGateway(args, version)
	case program == external:
		_, err = ParseExternal(args)
	case program != "":
		r.bad(s, path, "cannot run %q%s", program, yamlfile.Suggest(program, []string{gate, external}))
	}
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			r.bad(s, path, "%s", line)
		}
	}
}

func (r *reader) checkGateway(s *Site, c *GatewayConfig) {
	path := "smtp." + c.Postoffice
	if r.reference(s, path, c.Postoffice) {
		if po := s.Postoffice(c.Postoffice); po.Gateway == "" && !r.gatewayReported(s, po) {
			r.bad(s, path, "postoffice %q is no gateway postoffice, it needs \"gateway: smtp\"", c.Postoffice)
		}
	}
	if r.required(s, path+".hostName", c.HostName) && !plainDomain(c.HostName) {
		r.bad(s, path+".hostName", "bad host name %q", c.HostName)
	}
	if c.DomainSuffix != "" && (c.DomainSuffix[0] != '.' || !plainDomain(c.DomainSuffix)) {
		r.bad(s, path+".domainSuffix", "bad domain suffix %q, want one that begins with a dot", c.DomainSuffix)
	}
	if r.required(s, path+".smartHost", c.SmartHost) && !validIP(c.SmartHost) {
		// The gateway looks no names up. Q87047, Q101459
		r.bad(s, path+".smartHost", "bad IP address %q, want four numbers with dots", c.SmartHost)
	}
	if _, written := r.Positions[path+".postoffices"]; written {
		seen := map[string]bool{}
		for i, ref := range c.Postoffices {
			at := index(path+".postoffices", i)
			r.reference(s, at, ref)
			if seen[strings.ToUpper(ref)] {
				r.bad(s, at, "second postoffice %q", ref)
			}
			seen[strings.ToUpper(ref)] = true
		}
	}
	for i, m := range c.Map {
		at := index(path+".map", i)
		if r.required(s, at+".postoffice", m.Postoffice) {
			r.reference(s, at+".postoffice", m.Postoffice)
		}
		if r.required(s, at+".domain", m.Domain) && !plainDomain(m.Domain) {
			r.bad(s, at+".domain", "bad domain %q", m.Domain)
		}
	}
}

func (r *reader) checkSmartHosts(s *Site) {
	names, ips := map[string]bool{}, map[string]bool{}
	for i := range s.SmartHosts {
		h := &s.SmartHosts[i]
		path := index("smartHosts", i)
		if r.required(s, path+".name", h.Name) {
			if !plainDomain(h.Name) {
				r.bad(s, path+".name", "bad host name %q", h.Name)
			}
			if names[strings.ToLower(h.Name)] {
				r.bad(s, path+".name", "second smart host %q", h.Name)
			}
			names[strings.ToLower(h.Name)] = true
		}
		if r.required(s, path+".ip", h.IP) {
			if !validIP(h.IP) {
				r.bad(s, path+".ip", "bad IP address %q, want four numbers with dots", h.IP)
			} else if ips[h.IP] {
				r.bad(s, path+".ip", "second smart host with IP address %q", h.IP)
			}
			ips[h.IP] = true
		}
		for _, route := range h.Routes {
			at := path + ".routes." + route.Domain
			if !plainDomain(route.Domain) {
				r.bad(s, at, "bad domain %q", route.Domain)
			}
			r.checkRoute(s, at, route.To)
		}
		for _, a := range h.Aliases {
			at := path + ".aliases." + a.Address
			for _, address := range []string{a.Address, a.To} {
				if user, domain, ok := strings.Cut(address, "@"); !ok || user == "" || strings.ContainsAny(user, " \t<>") || !printable(user, false) || !plainDomain(domain) {
					r.bad(s, at, "bad address %q, want user@domain", address)
				}
			}
		}
	}
}

// gatewayReported says whether the gateway of a postoffice was written, but
// wrongly.
func (r *reader) gatewayReported(s *Site, po *Postoffice) bool {
	for i := range s.Postoffices {
		if &s.Postoffices[i] == po {
			return r.reported(index("postoffices", i) + ".gateway")
		}
	}
	return false
}

// checkRoute wants an IP address, or a PC that has one.
func (r *reader) checkRoute(s *Site, path, to string) {
	if validIP(to) {
		return
	}
	if pc := s.PC(to); pc != nil {
		if pc.IP == "" {
			r.bad(s, path, "PC %q has no ip to send mail to", to)
		}
		return
	}
	names := make([]string, len(s.PCs))
	for i := range s.PCs {
		names[i] = s.PCs[i].Name
	}
	r.bad(s, path, "unknown PC %q%s", to, yamlfile.Suggest(to, names))
}
