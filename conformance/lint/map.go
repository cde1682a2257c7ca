package lint

import "strings"

// Rules about ADDR_MAP.CFG.
var mapRules = []Rule{
	{
		ID: "map.shadowed", Severity: Warning, Articles: []string{"Q111840"},
		Title:  "an entry of the address map can never be reached, because an earlier one has the same domain",
		Remedy: "remove the entry, or give the postoffice a domain of its own",
		Inputs: "ADDR_MAP.CFG",
		check: func(j *Judge) {
			for _, po := range j.Gateways() {
				lines, ok := Need(j, po.AddrMap, `\SMTP\ADDR_MAP.CFG of %s`, po.Ref())
				if !ok {
					continue
				}
				first := map[string]MapLine{}
				for _, l := range lines {
					domain := strings.ToLower(l.Domain) // case is ignored. Q111840
					if before, again := first[domain]; again {
						j.Find(l.DomainAt, "mail for %s always goes to %s, by line %d; this line is never reached", l.Domain, before.Postoffice, before.At.Line)
						continue
					}
					first[domain] = l
				}
			}
		},
	},
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
