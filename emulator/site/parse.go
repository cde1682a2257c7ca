package site

import (
	"fmt"
	"net/netip"
	"sort"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"gwkit/emulator/site/yamlfile"
)

// FaultCheck says what is wrong with the text of a fault, and, unless s is nil,
// with what it names of a site.
type FaultCheck func(text string, s *Site) error

// Parse reads a site file. The name is used in positions and becomes
// Site.Name. The error, if any, is Mistakes: all of them, in order. What the
// texts under faults mean is the business of package fault: a caller that wants
// them looked at as well brings a check along.
func Parse(name string, data []byte, faults ...FaultCheck) (*Site, error) {
	r := &reader{yamlfile.NewReader(name, "site file"), faults}
	s := &Site{Name: name, Positions: r.Positions}
	switch body := r.Document(data).(type) {
	case nil:
	case *ast.MappingNode, *ast.MappingValueNode:
		r.site(s, body)
		complete(s)
		r.check(s)
	default:
		r.Mapping("site file", body, false) // says what is there instead
	}
	if len(r.Mistakes) > 0 {
		r.Mistakes.Sort()
		return nil, r.Mistakes
	}
	return s, nil
}

// reader reads the keys of a site file.
type reader struct {
	*yamlfile.Reader
	faults []FaultCheck
}

// The keys of each mapping.
var (
	siteKeys       = keysOf("")
	timingKeys     = keysOf("timing.")
	postofficeKeys = keysOf("postoffices[].")
	userKeys       = keysOf("postoffices[].users[].")
	groupKeys      = keysOf("postoffices[].groups[].")
	pcKeys         = keysOf("pcs[].")
	configKeys     = keysOf("pcs[].config.")
	gatewayKeys    = keysOf("smtp.*.")
	mappingKeys    = keysOf("smtp.*.map[].")
	smartHostKeys  = keysOf("smartHosts[].")
)

func (r *reader) site(s *Site, n ast.Node) {
	versioned := false // a key without a value is as good as none
	r.Fields("", n, siteKeys, func(key, path string, n ast.Node) {
		switch key {
		case "version":
			versioned = true
			s.Version, _ = r.Number(path, n, FileVersion, FileVersion)
		case "start":
			s.Start = r.start(path, n)
		case "tz":
			s.TZ, _ = r.Text(path, n)
		case "timing":
			s.Timing = r.timing(path, n)
		case "postoffices":
			r.Items(path, n, func(path string, n ast.Node) {
				s.Postoffices = append(s.Postoffices, r.postoffice(path, n))
			})
		case "pcs":
			r.Items(path, n, func(path string, n ast.Node) {
				s.PCs = append(s.PCs, r.pc(path, n))
			})
		case "smtp":
			for _, f := range r.Mapping(path, n, true) {
				r.Positions[yamlfile.Join(path, f.Key)] = f.At
				s.SMTP = append(s.SMTP, r.gateway(yamlfile.Join(path, f.Key), f))
			}
			sort.Slice(s.SMTP, func(i, j int) bool { return s.SMTP[i].Postoffice < s.SMTP[j].Postoffice })
		case "smartHosts":
			r.Items(path, n, func(path string, n ast.Node) {
				s.SmartHosts = append(s.SmartHosts, r.smartHost(path, n))
			})
		case "gatewayVersion":
			s.GatewayVersion, _ = r.Text(path, n)
		case "faults":
			s.Faults = r.Texts(path, n)
		case "files":
			s.Files = r.files(path, n)
		}
	})
	if !versioned && !r.Meant["version"] {
		r.Fail(r.PosOf(n), "missing key \"version\"")
	}
}

func (r *reader) start(path string, n ast.Node) time.Time {
	text, ok := r.Text(path, n)
	if !ok {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1980 || t.Year() > 2099 {
		r.Fail(r.PosOf(n), "%s: want a time from 1980 to 2099 such as 1993-02-23T08:50:03-08:00, have %q", path, text)
		return time.Time{}
	}
	// Parse prefers the zone of this machine when the offset fits; a site
	// must not depend on that.
	_, offset := t.Zone()
	return t.In(time.FixedZone("", offset))
}

func (r *reader) timing(path string, n ast.Node) (t Timing) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		t.Model = TimingCustom
		r.Fields(path, n, timingKeys, func(key, path string, n ast.Node) {
			switch key {
			case "perOperation":
				t.PerOperation, _ = r.Duration(path, n)
			case "perKilobyte":
				t.PerKilobyte, _ = r.Duration(path, n)
			}
		})
		return t
	}
	text, _ := yamlfile.ScalarText(n)
	if text != TimingBenchmark && text != TimingNone {
		r.Fail(r.PosOf(n), "%s: want benchmark, none or {perOperation: 20ms, perKilobyte: 800ms}, have %s", path, yamlfile.Describe(n))
	}
	return Timing{Model: text}
}

func (r *reader) postoffice(path string, n ast.Node) (p Postoffice) {
	p.Pos = r.PosOf(n)
	access := false
	r.Fields(path, n, postofficeKeys, func(key, path string, n ast.Node) {
		switch key {
		case "name":
			text, ok := r.Text(path, n)
			if ok {
				p.Network, p.Name, _ = strings.Cut(text, "/")
			}
		case "users":
			r.Items(path, n, func(path string, n ast.Node) { r.user(&p, path, n) })
		case "groups":
			r.Items(path, n, func(path string, n ast.Node) {
				var g Group
				r.Fields(path, n, groupKeys, func(key, path string, n ast.Node) {
					switch key {
					case "name":
						g.Name, _ = r.Text(path, n)
					case "fullName":
						g.FullName, _ = r.Text(path, n)
					case "members":
						g.Members = r.Texts(path, n)
					}
				})
				p.Groups = append(p.Groups, g)
			})
		case "gateway":
			p.Gateway, _ = r.Text(path, n)
		case "via":
			p.Via, _ = r.Text(path, n)
		case "access":
			p.Access, access = r.Boolean(path, n)
		}
	})
	if !access {
		p.Access = p.Via != "" || p.Gateway != ""
	}
	return p
}

func (r *reader) user(p *Postoffice, path string, n ast.Node) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		var d UserDetail
		r.Fields(path, n, userKeys, func(key, path string, n ast.Node) {
			switch key {
			case "name":
				d.Name, _ = r.Text(path, n)
			case "fullName":
				d.FullName, _ = r.Text(path, n)
			case "external":
				external, ok := r.Boolean(path, n)
				d.NoExternal = ok && !external
			}
		})
		p.Users = append(p.Users, d.Name)
		if d.FullName != "" || d.NoExternal {
			p.UserDetails = append(p.UserDetails, d)
		}
	default:
		name, _ := r.Text(path, n)
		p.Users = append(p.Users, name)
	}
}

func (r *reader) pc(path string, n ast.Node) (p PC) {
	p.Pos = r.PosOf(n)
	p.Config = DefaultConfig
	r.Fields(path, n, pcKeys, func(key, path string, n ast.Node) {
		switch key {
		case "name":
			p.Name, _ = r.Text(path, n)
		case "ip":
			p.IP, _ = r.Text(path, n)
		case "drives":
			p.Drives = r.drives(path, n)
		case "local":
			p.Local = upper(r.Texts(path, n))
			if p.Local == nil {
				p.Local = []string{}
			}
		case "path":
			p.Path = upper(r.Texts(path, n))
			if p.Path == nil {
				p.Path = []string{}
			}
		case "config":
			r.Fields(path, n, configKeys, func(key, path string, n ast.Node) {
				switch key {
				case "files":
					p.Config.Files, _ = r.Number(path, n, 8, 255)
				case "share":
					p.Config.Share, _ = r.Boolean(path, n)
				case "commandF":
					p.Config.CommandF, _ = r.Boolean(path, n)
				case "freeMemory":
					p.Config.FreeMemory, _ = r.Number(path, n, 0, 1<<20)
				case "tryPut":
					p.Config.TryPut, _ = r.Boolean(path, n)
				case "stack":
					p.Config.Stack, _ = r.Text(path, n)
				}
			})
		case "run":
			p.Run, _ = r.Text(path, n)
		case "loop":
			p.Loop, _ = r.Boolean(path, n)
		case "startAfter":
			p.StartAfter, _ = r.Duration(path, n)
		case "tz":
			p.TZ, _ = r.Text(path, n)
		}
	})
	return p
}

// drives reads a mapping of drive letters; a letter may have its colon.
func (r *reader) drives(path string, n ast.Node) (list []DriveMap) {
	seen := map[byte]bool{}
	for _, f := range r.Mapping(path, n, true) {
		letter, err := driveValue(f.Key)
		if err != nil || letter < 'D' {
			// A and B are diskettes, C is the local disk.
			r.Fail(f.At, "bad drive letter %q, want D to Z", f.Key)
			continue
		}
		if seen[letter] {
			r.Fail(f.At, "second drive letter %q", f.Key)
			continue
		}
		seen[letter] = true
		sub := yamlfile.Join(path, string(letter))
		r.At(sub, f.Value)
		if ref, ok := r.Text(sub, f.Value); ok {
			list = append(list, DriveMap{letter, ref})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Letter < list[j].Letter })
	return list
}

func (r *reader) gateway(path string, f yamlfile.Pair) (c GatewayConfig) {
	c.Pos, c.Postoffice = f.At, f.Key
	r.Fields(path, f.Value, gatewayKeys, func(key, path string, n ast.Node) {
		switch key {
		case "hostName":
			c.HostName, _ = r.Text(path, n)
		case "domainSuffix":
			c.DomainSuffix, _ = r.Text(path, n)
		case "smartHost":
			c.SmartHost, _ = r.Text(path, n)
		case "postoffices":
			c.Postoffices = r.Texts(path, n)
			if c.Postoffices == nil {
				c.Postoffices = []string{}
			}
		case "map":
			r.Items(path, n, func(path string, n ast.Node) {
				var m Mapping
				r.Fields(path, n, mappingKeys, func(key, path string, n ast.Node) {
					switch key {
					case "postoffice":
						m.Postoffice, _ = r.Text(path, n)
					case "domain":
						m.Domain, _ = r.Text(path, n)
					}
				})
				c.Map = append(c.Map, m)
			})
		}
	})
	return c
}

func (r *reader) smartHost(path string, n ast.Node) (h SmartHost) {
	h.Pos = r.PosOf(n)
	r.Fields(path, n, smartHostKeys, func(key, path string, n ast.Node) {
		switch key {
		case "name":
			h.Name, _ = r.Text(path, n)
		case "ip":
			h.IP, _ = r.Text(path, n)
		case "routes":
			r.pairs(path, n, func(from, to string) { h.Routes = append(h.Routes, Route{from, to}) })
			sort.Slice(h.Routes, func(i, j int) bool { return h.Routes[i].Domain < h.Routes[j].Domain })
		case "aliases":
			r.pairs(path, n, func(from, to string) { h.Aliases = append(h.Aliases, Alias{from, to}) })
			sort.Slice(h.Aliases, func(i, j int) bool { return h.Aliases[i].Address < h.Aliases[j].Address })
		}
	})
	return h
}

// pairs reads a mapping of text to text whose keys are compared without case.
func (r *reader) pairs(path string, n ast.Node, f func(from, to string)) {
	for _, e := range r.Mapping(path, n, true) {
		sub := yamlfile.Join(path, e.Key)
		r.Positions[sub] = e.At
		if to, ok := r.Text(sub, e.Value); ok {
			f(e.Key, to)
		}
	}
}

// files reads overrides whose keys are 'M:NET/PO:\PATH'.
func (r *reader) files(path string, n ast.Node) (list []FileOverride) {
	seen := map[string]bool{}
	for _, e := range r.Mapping(path, n, true) {
		o := FileOverride{Pos: e.At}
		parts := strings.SplitN(e.Key, ":", 3)
		if len(parts) != 3 || len(parts[0]) != 1 || !isLetter(parts[0][0]) {
			r.Fail(e.At, "bad file %q, want 'M:NETWORK/POSTOFFICE:\\DIR\\NAME.EXT'", e.Key)
			continue
		}
		o.Postoffice, o.Path = parts[1], strings.ToUpper(parts[2])
		if err := checkPath(o.Path); err != nil {
			r.Fail(e.At, "bad file %q: %v", e.Key, err)
			continue
		}
		sub := yamlfile.Join(path, o.Postoffice+":"+o.Path)
		if seen[strings.ToUpper(sub)] {
			r.Fail(e.At, "second file %q", e.Key)
			continue
		}
		seen[strings.ToUpper(sub)] = true
		r.Positions[sub] = e.At
		if _, null := e.Value.(*ast.NullNode); null || e.Value == nil {
			o.Absent = true
		} else if o.Text, _ = r.Text(sub, e.Value); !printable(o.Text, true) {
			r.Fail(e.At, "file %q: want text of printable characters", e.Key)
		}
		list = append(list, o)
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Postoffice != list[j].Postoffice {
			return list[i].Postoffice < list[j].Postoffice
		}
		return list[i].Path < list[j].Path
	})
	return list
}

// checkPath wants a path from the root with 8.3 names in upper case.
func checkPath(path string) error {
	if !strings.HasPrefix(path, `\`) {
		return fmt.Errorf("want a path that begins with a backslash")
	}
	for _, part := range strings.Split(path[1:], `\`) {
		base, ext, _ := strings.Cut(part, ".")
		if len(base) < 1 || len(base) > 8 || len(ext) > 3 || strings.ContainsAny(part, "/:*?\"<>|+,;=[] ") || strings.Contains(ext, ".") || !printable(part, false) {
			return fmt.Errorf("%q is no name of the form 8.3", part)
		}
	}
	return nil
}

// complete fills in the defaults of values that were not written.
func complete(s *Site) {
	if s.Start.IsZero() {
		s.Start = DefaultStart
	}
	if s.TZ == "" {
		s.TZ = defaultTZ(s.Start)
	}
	if s.Timing.Model == "" {
		s.Timing.Model = TimingBenchmark
	}
	if s.GatewayVersion == "" {
		s.GatewayVersion = DefaultGatewayVersion
	}
	for i := range s.PCs {
		p := &s.PCs[i]
		if p.Local == nil {
			p.Local = defaultLocal(p)
		}
		if p.Path == nil {
			p.Path = []string{gateDir}
		}
	}
	for i := range s.SMTP {
		c := &s.SMTP[i]
		if c.Postoffices == nil {
			c.Postoffices = mapped(c.Map)
		}
	}
}

// gateDir is where the programs of a PC are.
// invented: the articles say "the local hard drive" (Q132060); the directory
// name is ours.
const gateDir = `C:\GATE`

// defaultLocal is the program that the PC runs.
func defaultLocal(p *PC) []string {
	if name := p.Program() + ".EXE"; yamlfile.Contains(Programs, name) {
		return []string{name}
	}
	return []string{}
}

// mapped lists the postoffices of an address map once each, in order.
func mapped(entries []Mapping) []string {
	list := []string{}
	for _, m := range entries {
		if !containsFold(list, m.Postoffice) {
			list = append(list, m.Postoffice)
		}
	}
	return list
}

// defaultTZ makes the environment variable from an offset: PST8 for -08:00.
// invented: a zone without a usual North American name is called LCL; there
// is no summer time, because the offset of a site is fixed.
func defaultTZ(t time.Time) string {
	_, offset := t.Zone()
	name, minutes := "LCL", -offset/60
	switch minutes {
	case 0:
		name = "GMT"
	case 300:
		name = "EST"
	case 360:
		name = "CST"
	case 420:
		name = "MST"
	case 480:
		name = "PST"
	}
	sign := ""
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	if minutes%60 == 0 {
		return fmt.Sprintf("%s%s%d", name, sign, minutes/60)
	}
	return fmt.Sprintf("%s%s%d:%02d", name, sign, minutes/60, minutes%60)
}

func upper(list []string) []string {
	for i, s := range list {
		list[i] = strings.ToUpper(s)
	}
	return list
}

func containsFold(list []string, s string) bool {
	for _, x := range list {
		if strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}

// validIP reports whether text is a dotted IPv4 address.
func validIP(text string) bool {
	a, err := netip.ParseAddr(text)
	return err == nil && a.Is4()
}

// printable reports whether a text has only characters that a DOS text shows;
// with lines, also LF and tab.
func printable(text string, lines bool) bool {
	for _, c := range text {
		if c == '\uFFFD' || c < ' ' && !(lines && (c == '\n' || c == '\t')) || c == 0x7F || c > 0x7F && c < 0xA0 {
			return false
		}
	}
	return true
}
