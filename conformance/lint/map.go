package lint

import (
	"slices"
	"strings"
)

// Rules about ADDR_MAP.CFG. Letters are compared without case. Q111840
var mapRules = []Rule{
	{
		ID: "map.syntax", Severity: Warning, Articles: []string{"Q136116", "Q111840"},
		Title:    "a line of ADDR_MAP.CFG is no postoffice and domain",
		Remedy:   "write NETWORK/POSTOFFICE, blanks and one domain on each line",
		Inputs:   "ADDR_MAP.CFG",
		Inferred: "the form is known from printed lines; what the gateway does with others is not",
		check: func(j *Judge) {
			for _, po := range j.gatewayPostoffices() {
				if _, ok := j.addrMap(po); ok {
					for _, m := range po.MapMistakes {
						j.Find(m.At, "%s", m.Message)
					}
				}
			}
		},
	},
	{
		ID: "map.missing-po", Severity: Error, Articles: []string{"Q100705", "Q87030", "Q78833", "Q101459"},
		Title:  "the postoffice list of LOCAL.CFG and the address map do not name the same postoffices",
		Remedy: "enter the postoffice in both lists of ADMIN, Gateway, SMTP: Postoffices and Address Map",
		Inputs: "LOCAL.CFG; ADDR_MAP.CFG",
		check: func(j *Judge) {
			for _, po := range j.gatewayPostoffices() {
				local, ok := j.local(po)
				lines, mapped := j.addrMap(po)
				if ok && mapped {
					comparePostoffices(j, po, local, lines)
				}
			}
		},
	},
	{
		ID: "map.duplicate-domain", Severity: Warning, Articles: []string{"Q87030", "Q111840"},
		Title:    "a domain is mapped to more than one postoffice",
		Remedy:   "give each postoffice a domain of its own; only a company domain that is shown outside may be shared, as the first entry of postoffices that have another of their own",
		Inputs:   "ADDR_MAP.CFG",
		Inferred: "a shared domain is that of the company when it is the first entry of each postoffice and each has another alone",
		check: func(j *Judge) {
			for _, po := range j.gatewayPostoffices() {
				lines, ok := j.addrMap(po)
				if !ok {
					continue
				}
				m := newDomains(lines)
				for i, l := range lines {
					owners := m.owners[fold(l.Domain)]
					if len(owners) > 1 && owners[0] != fold(l.Postoffice) && !m.outboundOnly(lines, i) {
						j.Find(l.DomainAt, "%s is mapped to %s as well as to %s", l.Domain, l.Postoffice, m.first(lines, l.Domain).Postoffice)
					}
				}
			}
		},
	},
	{
		ID: "map.no-unique", Severity: Error, Articles: []string{"Q111840", "Q87030"},
		Title:  "a postoffice has no domain that belongs to it alone, so mail from outside cannot reach it",
		Remedy: "add an entry with a domain that no other postoffice has",
		Inputs: "ADDR_MAP.CFG",
		check: func(j *Judge) {
			for _, po := range j.gatewayPostoffices() {
				lines, ok := j.addrMap(po)
				if !ok {
					continue
				}
				m := newDomains(lines)
				seen := map[string]bool{}
				for _, l := range lines {
					if ref := fold(l.Postoffice); !seen[ref] && !m.alone[ref] {
						j.Find(l.At, "%s has only domains that other postoffices have too", l.Postoffice)
					}
					seen[fold(l.Postoffice)] = true
				}
			}
		},
	},
	{
		ID: "map.order", Severity: Warning, Articles: []string{"Q111840"},
		Covers: []string{"LR33"},
		Title:  "the first entry of a postoffice, which outside sees, is not the domain that the policy wants",
		Remedy: "edit ADDR_MAP.CFG so that the visible domain comes first and the other second",
		Inputs: "ADDR_MAP.CFG; policy.visibleDomain",
		check:  checkMapOrder,
	},
	{
		ID: "map.shadowed", Severity: Warning, Articles: []string{"Q111840"},
		Title:    "an entry of the address map can never be reached, because an earlier one has the same domain",
		Remedy:   "remove the entry, or give the postoffice a domain of its own",
		Inputs:   "ADDR_MAP.CFG",
		Inferred: "the first entry of a postoffice serves as its name outside, and is spared when the postoffice has a domain of its own",
		check: func(j *Judge) {
			for _, po := range j.gatewayPostoffices() {
				lines, ok := j.addrMap(po)
				if !ok {
					continue
				}
				m := newDomains(lines)
				for i, l := range lines {
					before := m.first(lines, l.Domain)
					if before.At != l.At && !m.outboundOnly(lines, i) {
						j.Find(l.DomainAt, "mail for %s always goes to %s, by line %d; this line is never reached", l.Domain, before.Postoffice, before.At.Line)
					}
				}
			}
		},
	},
	{
		ID: "map.backbone", Severity: Error, Articles: []string{"Q136116"},
		Covers:   []string{"LR34"},
		Title:    "a backbone postoffice has no domain down to the postoffice, so the relay resolves XXENC itself",
		Remedy:   "give the postoffice an explicit domain such as mypo.mynet.mycompany.com",
		Inputs:   "ADDR_MAP.CFG; list of backbone postoffices",
		Inferred: "a domain is the organisation's when it is the Domain Suffix without its dot",
		check:    checkMapBackbone,
	},
	{
		ID: "map.mx-missing", Severity: Error, Articles: []string{"Q100705", "Q101459", "Q87030"},
		Covers:   []string{"LR35"},
		Title:    "a mapped domain has no MX record, line of a hosts file or route",
		Remedy:   "add an MX record for the domain that leads to the smart host, and a route there to the gateway PC",
		Inputs:   "ADDR_MAP.CFG; DNS zone or server, hosts file, or routes of the smart host",
		Inferred: "a route of a site's smart host stands for an MX record and its hosts line",
		check:    checkMapExchangers,
	},
}

func fold(s string) string { return strings.ToLower(s) }

// domains tells who has which domain in one address map.
type domains struct {
	owners map[string][]string // domain to postoffices, in order
	alone  map[string]bool     // postoffices with a domain that is theirs alone
	line   map[string]int      // domain to its first line
	name   map[string]int      // postoffice to its first line
}

func newDomains(lines []MapLine) *domains {
	m := &domains{map[string][]string{}, map[string]bool{}, map[string]int{}, map[string]int{}}
	for i, l := range lines {
		domain, ref := fold(l.Domain), fold(l.Postoffice)
		if !slices.Contains(m.owners[domain], ref) {
			m.owners[domain] = append(m.owners[domain], ref)
		}
		if _, ok := m.line[domain]; !ok {
			m.line[domain] = i
		}
		if _, ok := m.name[ref]; !ok {
			m.name[ref] = i
		}
	}
	for _, owners := range m.owners {
		if len(owners) == 1 {
			m.alone[owners[0]] = true
		}
	}
	return m
}

// first returns the line that mail for a domain is delivered by. Q111840
func (m *domains) first(lines []MapLine, domain string) MapLine { return lines[m.line[fold(domain)]] }

// outboundOnly says whether a line is there for outbound mail: the first of its
// postoffice, which has another domain alone. Q111840
func (m *domains) outboundOnly(lines []MapLine, i int) bool {
	ref := fold(lines[i].Postoffice)
	return m.name[ref] == i && m.alone[ref]
}

func comparePostoffices(j *Judge, po *Postoffice, local *LocalCfg, lines []MapLine) {
	switch {
	case len(lines) == 0:
		j.Find(po.AddrMap.At, "the address map of %s is empty; ADMIN reports error 137", po.Ref())
		return
	case len(local.Postoffices) == 0:
		j.Find(local.At, "the postoffice list of %s is empty; ADMIN reports error 138", po.Ref())
		return
	}
	listed, mapped := map[string]bool{}, map[string]bool{}
	for _, p := range local.Postoffices {
		listed[fold(p.Value)] = true
	}
	for _, l := range lines {
		if ref := fold(l.Postoffice); !listed[ref] && !mapped[ref] {
			j.Find(l.At, "%s is in the address map and not in the postoffice list of LOCAL.CFG", l.Postoffice)
		}
		mapped[fold(l.Postoffice)] = true
	}
	for _, p := range local.Postoffices {
		if !mapped[fold(p.Value)] {
			j.Find(p.At, "%s is in the postoffice list and has no entry in the address map; its mail is refused with 550", p.Value)
		}
	}
}

func checkMapOrder(j *Judge) {
	for _, po := range j.gatewayPostoffices() {
		lines, ok := j.addrMap(po)
		if !ok {
			continue
		}
		m := newDomains(lines)
		for i, l := range lines {
			ref := fold(l.Postoffice)
			second := slices.IndexFunc(lines[i+1:], func(x MapLine) bool { return fold(x.Postoffice) == ref })
			if m.name[ref] != i || second < 0 {
				continue
			}
			want, ok := Need(j, j.Said["visibleDomain"], "the domain that outside should see (policy.visibleDomain)")
			if !ok {
				return
			}
			own := len(m.owners[fold(l.Domain)]) == 1
			switch {
			case fold(want) == "postoffice":
				if other := lines[i+1+second]; !own && len(m.owners[fold(other.Domain)]) == 1 {
					j.Find(l.DomainAt, "outside sees %s at %s, the policy wants the domain of the postoffice, %s, first", l.Postoffice, l.Domain, other.Domain)
				}
			case fold(want) != fold(l.Domain):
				if k := slices.IndexFunc(lines, func(x MapLine) bool { return fold(x.Postoffice) == ref && fold(x.Domain) == fold(want) }); k >= 0 {
					j.Find(l.DomainAt, "outside sees %s at %s, the policy wants %s, which is in line %d", l.Postoffice, l.Domain, want, lines[k].At.Line)
				}
			}
		}
	}
}

func checkMapBackbone(j *Judge) {
	known := slices.ContainsFunc(j.Postoffices, func(p *Postoffice) bool { return p.Backbone.Known })
	if !known {
		j.Missing("which postoffices exchange backbone mail (backbone)")
		return
	}
	for _, po := range j.gatewayPostoffices() {
		lines, ok := j.addrMap(po)
		if !ok {
			continue
		}
		m := newDomains(lines)
		organisation := fold(strings.TrimPrefix(po.Local.Value.Domain.Value, "."))
		for i, l := range lines {
			ref := fold(l.Postoffice)
			if m.name[ref] != i {
				continue
			}
			p := j.Postoffice(l.Postoffice)
			if p == nil || !p.Backbone.Value {
				continue
			}
			own := slices.ContainsFunc(lines, func(x MapLine) bool {
				d := fold(x.Domain)
				return fold(x.Postoffice) == ref && len(m.owners[d]) == 1 && d != organisation
			})
			if !own {
				j.Find(l.DomainAt, "backbone postoffice %s is known as %s, want a domain down to the postoffice", l.Postoffice, l.Domain)
			}
		}
	}
}

func checkMapExchangers(j *Judge) {
	routes := map[string]bool{}
	routed := false
	for _, r := range j.Relays {
		if r.Routes.Known {
			routed = true
			for _, x := range r.Routes.Value {
				routes[fold(x.Domain)] = true
			}
		}
	}
	hosts := map[string]bool{}
	for _, h := range j.Hosts.Value {
		for _, n := range h.Names {
			hosts[fold(n)] = true
		}
	}
	if j.Resolver == nil && !j.Hosts.Known && !routed {
		j.Missing("a DNS zone or server, or a hosts file (names)")
		return
	}
	asked := map[string]bool{}
	for _, po := range j.gatewayPostoffices() {
		lines, ok := j.addrMap(po)
		if !ok {
			continue
		}
		for _, l := range lines {
			domain := fold(l.Domain)
			if asked[domain] || routes[domain] || hosts[domain] {
				continue
			}
			asked[domain] = true
			if j.Resolver == nil {
				j.Find(l.DomainAt, "%s, mapped to %s, is in no %s", l.Domain, l.Postoffice, whereNames(j, routed))
				continue
			}
			list, err := j.Resolver.Exchangers(j.Context(), l.Domain)
			if err != nil {
				j.Missing("an answer for %s: %v", l.Domain, err)
			} else if len(list) == 0 {
				j.Find(l.DomainAt, "%s, mapped to %s, has no MX record in %s", l.Domain, l.Postoffice, j.NamesAt.File)
			}
		}
	}
}

func whereNames(j *Judge, routed bool) string {
	if j.Hosts.Known {
		return "line of the hosts file " + j.Hosts.At.File
	}
	if routed {
		return "route of the smart host"
	}
	return "name service"
}

// Gateways returns the postoffices that have the gateway installed.
func (in *Installation) Gateways() []*Postoffice {
	var list []*Postoffice
	for _, po := range in.Postoffices {
		if po.Gateway.Known && po.Gateway.Value {
			list = append(list, po)
		}
	}
	return list
}
