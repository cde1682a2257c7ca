package lint

import (
	"strings"

	"gwkit/emulator/site"
)

// FromSite returns the facts of a site. Source is what the site was read from;
// without it columns behind a quote and lines of overridden files are those of
// the value's beginning.
//
// A site is complete: what it does not say has the defaults of package site.
// Files that a site overrides are read as the files they are.
func FromSite(s *site.Site, source []byte) *Installation {
	r := &siteReader{site: s, source: linesOf(source)}
	in := &Installation{Name: s.Name, At: Place{File: s.Name}, Complete: true, AllPCs: true, Said: map[string]Fact[string]{}}
	in.GatewayVersion = Know(s.GatewayVersion, r.at("gatewayVersion"))
	for i := range s.Postoffices {
		in.Postoffices = append(in.Postoffices, r.postoffice(i))
	}
	for i := range s.PCs {
		in.PCs = append(in.PCs, r.pc(i))
	}
	for i := range s.SmartHosts {
		in.Relays = append(in.Relays, r.relay(i))
	}
	inferRoles(in)
	return in
}

type siteReader struct {
	site   *site.Site
	source []string // lines
}

func (r *siteReader) at(path string) Place { return behindQuote(r.source, r.site.Where(path)) }

// behindQuote returns the place of a value: behind the quote that begins it.
func behindQuote(source []string, p site.Pos) Place {
	place := Place{File: p.File, Line: p.Line, Column: p.Column}
	if place.Line > 0 && place.Line <= len(source) {
		line := source[place.Line-1]
		if c := place.Column - 1; c >= 0 && c < len(line) && (line[c] == '\'' || line[c] == '"') {
			place.Column++
		}
	}
	return place
}

// linesOf splits what a description was read from; nil stays nil.
func linesOf(source []byte) []string {
	if source == nil {
		return nil
	}
	return strings.Split(string(source), "\n")
}

func index(list string, i int) string {
	const digits = "0123456789"
	n := ""
	for v := i; n == "" || v > 0; v /= 10 {
		n = digits[v%10:v%10+1] + n
	}
	return list + "[" + n + "]"
}

func (r *siteReader) postoffice(i int) *Postoffice {
	p := &r.site.Postoffices[i]
	path := index("postoffices", i)
	po := &Postoffice{Network: p.Network, Name: p.Name, At: r.at(path + ".name"), Said: map[string]Fact[string]{}}
	po.Gateway = Know(p.Gateway == "smtp", r.at(path+".gateway"))
	po.Via = Know(p.Via, r.at(path+".via"))
	var users []User
	for j, name := range p.Users {
		u := User{Name: name, External: true, At: r.at(index(path+".users", j))}
		if d, ok := p.User(name); ok {
			u.External = !d.NoExternal
		}
		users = append(users, u)
	}
	po.Users = Know(users, r.at(path+".users"))
	g := r.site.Gateway(p.Ref())
	if g == nil {
		return po
	}
	smtp := "smtp." + g.Postoffice
	local := LocalCfg{
		At:        r.at(smtp),
		Domain:    r.fact(smtp+".domainSuffix", g.DomainSuffix),
		HostName:  r.fact(smtp+".hostName", g.HostName),
		SmartHost: r.fact(smtp+".smartHost", g.SmartHost),
	}
	for j, ref := range g.Postoffices {
		local.Postoffices = append(local.Postoffices, Know(ref, r.at(index(smtp+".postoffices", j))))
	}
	var lines []MapLine
	for j, m := range g.Map {
		at := index(smtp+".map", j)
		lines = append(lines, MapLine{m.Postoffice, m.Domain, r.at(at + ".postoffice"), r.at(at + ".domain")})
	}
	po.Local, po.AddrMap = Know(local, local.At), Know(lines, r.at(smtp+".map"))
	listing := []Entry{
		{Name: "LOCAL.CFG", Size: int64(len(site.FormatLocalCfg(g.Config()))), At: local.At},
		{Name: "ADDR_MAP.CFG", Size: int64(len(site.FormatAddrMap(g.Map))), At: po.AddrMap.At},
	}
	for _, f := range r.site.Files {
		if strings.EqualFold(f.Postoffice, p.Ref()) {
			listing = r.override(po, listing, &f)
		}
	}
	po.SMTP = Know(listing, local.At)
	return po
}

// fact returns a fact that is unknown when nothing was said.
func (r *siteReader) fact(path, value string) Fact[string] {
	return Fact[string]{Value: value, At: r.at(path), Known: value != ""}
}

// override takes account of a file that the site replaces or removes.
func (r *siteReader) override(po *Postoffice, listing []Entry, f *site.FileOverride) []Entry {
	name, ok := strings.CutPrefix(f.Path, `\SMTP\`)
	if !ok || strings.Contains(name, `\`) {
		return listing
	}
	for i := range listing {
		if listing[i].Name == name {
			listing = append(listing[:i:i], listing[i+1:]...)
			break
		}
	}
	text, move := r.overrideText(f)
	if !f.Absent {
		listing = append(listing, Entry{Name: name, Size: int64(len(f.Text) + strings.Count(f.Text, "\n")), At: move(Place{})})
	}
	switch {
	case name == "LOCAL.CFG" && f.Absent:
		po.Local = Fact[LocalCfg]{}
	case name == "LOCAL.CFG":
		c := ReadLocalCfg(text)
		c.At = move(Place{})
		for _, v := range []*Fact[string]{&c.Domain, &c.HostName, &c.SmartHost} {
			v.At = move(v.At)
		}
		for i := range c.Postoffices {
			c.Postoffices[i].At = move(c.Postoffices[i].At)
		}
		for i := range c.Mistakes {
			c.Mistakes[i].At = move(c.Mistakes[i].At)
		}
		po.Local = Know(c, c.At)
	case name == "ADDR_MAP.CFG" && f.Absent:
		po.AddrMap, po.MapMistakes = Fact[[]MapLine]{}, nil
	case name == "ADDR_MAP.CFG":
		lines, mistakes := ReadAddrMap(text)
		for i := range lines {
			lines[i].At, lines[i].DomainAt = move(lines[i].At), move(lines[i].DomainAt)
		}
		for i := range mistakes {
			mistakes[i].At = move(mistakes[i].At)
		}
		po.AddrMap, po.MapMistakes = Know(lines, move(Place{})), mistakes
	}
	return listing
}

// overrideText returns the text of a file and a function that moves a place in
// it to the place in the site file: that of the line when the text is written
// as a block, otherwise that of its beginning.
func (r *siteReader) overrideText(f *site.FileOverride) (Text, func(Place) Place) {
	t := ReadText(f.Pos.File, []byte(f.Text))
	start := Place{File: f.Pos.File, Line: f.Pos.Line, Column: f.Pos.Column}
	block, indent := false, 0
	if f.Pos.Line > 0 && f.Pos.Line < len(r.source) {
		line := strings.TrimSpace(r.source[f.Pos.Line-1])
		block = strings.HasSuffix(line, "|") || strings.HasSuffix(line, "|-") || strings.HasSuffix(line, "|+")
		next := r.source[f.Pos.Line]
		indent = len(next) - len(strings.TrimLeft(next, " "))
	}
	return t, func(p Place) Place {
		if !block || p.Line == 0 {
			return start
		}
		return Place{File: start.File, Line: start.Line + p.Line, Column: p.Column + indent}
	}
}

func (r *siteReader) pc(i int) *PC {
	p := &r.site.PCs[i]
	path := index("pcs", i)
	pc := &PC{
		Name: p.Name, At: r.at(path + ".name"), Drives: map[byte]string{}, DrivesAt: r.at(path + ".drives"),
		Files: map[string]Text{}, Said: map[string]Fact[string]{},
	}
	// A site has no EXTERNAL.INI: its drives stand for DrivesDirectPO.
	pc.Said["externalINI"] = Know("none", r.at(path+".run"))
	pc.IP = r.fact(path+".ip", p.IP)
	for _, d := range p.Drives {
		pc.Drives[d.Letter] = d.Postoffice
	}
	// A PC of a site is a computer with MS-DOS that runs one program.
	pc.Said["os"], pc.Said["dedicated"] = Know("MS-DOS", pc.At), Know("true", pc.At)
	if c, ok := runLine(p.Run, r.at(path+".run")); ok {
		c.CommandF = p.Config.CommandF
		pc.Commands = append(pc.Commands, c)
	}
	// The local disk has one directory with programs.
	var programs []Program
	for j, name := range p.Local {
		programs = append(programs, Program{Name: strings.ToUpper(name), Dir: `C:\GATE`, At: r.at(index(path+".local", j))})
	}
	pc.Programs, pc.Listed = Know(programs, r.at(path+".local")), []string{`C:\GATE`}
	pc.Path = Know(splitPath(strings.Join(p.Path, ";")), r.at(path+".path"))
	tz := p.TZ
	if tz == "" {
		tz = r.site.TZ
	}
	pc.TZ = Know(tz, r.at(path+".tz"))
	pc.CommandF = Know(p.Config.CommandF, r.at(path+".config.commandF"))
	pc.Loop = Know(p.Loop, r.at(path+".loop"))
	pc.FilesMax = Know(p.Config.Files, r.at(path+".config.files"))
	pc.FreeMemory = Know(p.Config.FreeMemory, r.at(path+".config.freeMemory"))
	return pc
}

func (r *siteReader) relay(i int) *Relay {
	h := &r.site.SmartHosts[i]
	path := index("smartHosts", i)
	relay := &Relay{Name: h.Name, IP: r.fact(path+".ip", h.IP), At: r.at(path + ".name"), Said: map[string]Fact[string]{}}
	var aliases []AliasLine
	for _, a := range h.Aliases {
		aliases = append(aliases, AliasLine{a.Address, a.To, r.at(path + ".aliases." + a.Address)})
	}
	relay.Aliases = Know(aliases, r.at(path+".aliases"))
	var routes []Route
	for _, route := range h.Routes {
		routes = append(routes, Route{route.Domain, route.To, r.at(path + ".routes." + route.Domain)})
	}
	relay.Routes = Know(routes, r.at(path+".routes"))
	return relay
}
