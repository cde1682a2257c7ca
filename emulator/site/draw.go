package site

import (
	"fmt"
	"strings"

	"gwkit/emulator/site/yamlfile"
)

// Drawings are the forms that Draw knows: text is a drawing in characters in
// the manner of Q132060, mermaid a flowchart, dot a graph for Graphviz.
var Drawings = []string{"text", "mermaid", "dot"}

// Draw draws a site: postoffices, the PCs between them with the direction in
// which each gateway PC can move mail, and the smart hosts. What must not be,
// such as two gateway PCs on one postoffice, is said in the drawing. It fails
// on a form that is not one of Drawings only.
func (s *Site) Draw(form string) ([]byte, error) {
	p := s.plan()
	switch form {
	case "text":
		return drawText(p), nil
	case "mermaid":
		return drawMermaid(p), nil
	case "dot":
		return drawDot(p), nil
	}
	return nil, fmt.Errorf("cannot draw as %q%s", form, yamlfile.Suggest(form, Drawings))
}

// plan is a site as the drawings see it.
type plan struct {
	site     *Site
	groups   []group
	alone    []string // NET/PO without a way to SMTP
	hosts    []SmartHost
	transfer []transferView
	warnings []string
}

// group is some gateway postoffices and the downstream ones they serve.
type group struct {
	downstream []string // NET/PO
	gateways   []gatewayView
}

// gatewayView is one gateway postoffice and the PCs at work there.
type gatewayView struct {
	ref      string
	pcs      []pcView
	in, out  bool
	hostName string
	host     string // IP of its smart host
}

// pcView is one gateway PC. in and out say what it can do.
type pcView struct {
	name, ip string
	in, out  bool
}

type transferView struct {
	name   string
	drives []DriveMap
	mailer bool
}

// direction says what a PC with these programs can do. Q132060
func direction(in, out bool) string {
	switch {
	case in && out:
		return "both ways"
	case in:
		return "receiving"
	case out:
		return "sending"
	}
	return "no mail"
}

// finds reports whether a gateway PC finds a program when it spawns it: on its
// own disk or among those of a gateway postoffice's server, if the path leads
// there. Q132060
func (s *Site) finds(pc *PC, program string) bool {
	for _, dir := range pc.Path {
		dir = strings.TrimSuffix(dir, `\`)
		if strings.EqualFold(dir, gateDir) && yamlfile.Contains(pc.Local, program) {
			return true
		}
		if len(dir) < 2 || !strings.EqualFold(dir[1:], `:\MAILEXE`) {
			continue
		}
		if po := s.Postoffice(pc.Drive(dir[0] &^ 0x20)); po != nil && po.Gateway != "" {
			return true
		}
	}
	return false
}

func (s *Site) plan() *plan {
	p := &plan{site: s, hosts: s.SmartHosts}
	views := map[string]*gatewayView{} // by upper-case NET/PO
	for i := range s.Postoffices {
		po := &s.Postoffices[i]
		if po.Gateway == "" {
			continue
		}
		v := &gatewayView{ref: po.Ref()}
		if g := s.Gateway(po.Ref()); g != nil {
			v.host, v.hostName = g.SmartHost, g.HostName
		}
		views[strings.ToUpper(po.Ref())] = v
	}
	byIP := map[string]string{}
	for i := range s.PCs {
		pc := &s.PCs[i]
		if first := byIP[pc.IP]; pc.IP != "" && first != "" {
			p.warn("%s and %s both have the IP number %s: only one of them is on the network", first, pc.Name, pc.IP)
		}
		byIP[pc.IP] = pc.Name
		program, args, err := SplitCommand(pc.Run)
		if err != nil {
			continue
		}
		switch program {
		case gate:
			o, err := ParseGateway(args, s.GatewayVersion)
			if err != nil {
				continue
			}
			v := views[strings.ToUpper(pc.Drive(o.Drive))]
			if v == nil {
				p.warn("%s works on no gateway postoffice", pc.Name)
				continue
			}
			x := pcView{pc.Name, pc.IP, s.finds(pc, "SMTPPUT.EXE"), s.finds(pc, "SMTPGET.EXE")}
			v.in, v.out = v.in || x.in, v.out || x.out
			v.pcs = append(v.pcs, x)
		case external:
			o, err := ParseExternal(args)
			if err != nil {
				continue
			}
			p.transfer = append(p.transfer, transferView{pc.Name, pc.Drives, !o.MailerDisable})
		}
	}
	for i := range s.Postoffices {
		v := views[strings.ToUpper(s.Postoffices[i].Ref())]
		if v == nil {
			continue
		}
		if n := len(v.pcs); n > 1 {
			var names []string
			for _, pc := range v.pcs {
				names = append(names, pc.name)
			}
			p.warn("%s and %s share %s: their temporary files have the same names, mail will halt both ways",
				strings.Join(names[:n-1], ", "), names[n-1], v.ref) // Q132060
		}
	}
	p.group(views)
	return p
}

func (p *plan) warn(format string, args ...any) {
	p.warnings = append(p.warnings, fmt.Sprintf(format, args...))
}

// group joins gateway postoffices that serve the same downstream ones, by the
// way out (via) or by the way in (the address map).
func (p *plan) group(views map[string]*gatewayView) {
	list := p.site.Postoffices
	of := make([]int, len(list)) // group of each postoffice: the least number it is joined with
	for i := range of {
		of[i] = i
	}
	join := func(a, b string) {
		i, j := p.site.indexOf(a), p.site.indexOf(b)
		if i < 0 || j < 0 || of[i] == of[j] {
			return
		}
		low, high := min(of[i], of[j]), max(of[i], of[j])
		for k := range of {
			if of[k] == high {
				of[k] = low
			}
		}
	}
	for i := range list {
		po := &list[i]
		if po.Via != "" {
			join(po.Ref(), po.Via)
		}
		g := p.site.Gateway(po.Ref())
		if g == nil {
			continue
		}
		for _, m := range g.Map {
			// A map that names another gateway's postoffice is a route of its
			// own, not a common group, unless the two are a pair.
			if to := p.site.Postoffice(m.Postoffice); to != nil && to.Gateway == "" {
				join(po.Ref(), m.Postoffice)
			}
		}
	}
	at := map[int]int{} // number of the group -> place in p.groups
	for i := range list {
		ref := list[i].Ref()
		v := views[strings.ToUpper(ref)]
		k, known := at[of[i]]
		if !known {
			k = len(p.groups)
			at[of[i]] = k
			p.groups = append(p.groups, group{})
		}
		if v != nil {
			p.groups[k].gateways = append(p.groups[k].gateways, *v)
		} else {
			p.groups[k].downstream = append(p.groups[k].downstream, ref)
		}
	}
	var served []group
	for _, g := range p.groups {
		if len(g.gateways) == 0 {
			p.alone = append(p.alone, g.downstream...)
			continue
		}
		served = append(served, g)
	}
	p.groups = served
}

func (s *Site) indexOf(ref string) int {
	for i := range s.Postoffices {
		if strings.EqualFold(s.Postoffices[i].Ref(), ref) {
			return i
		}
	}
	return -1
}

// hostText names a smart host for a drawing.
func (p *plan) hostText(ip string) string {
	for i := range p.hosts {
		if p.hosts[i].IP == ip {
			return p.hosts[i].Name
		}
	}
	return "not in the site"
}
