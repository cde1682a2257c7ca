package lint

import (
	"slices"
	"strings"
)

// Rules about name service around the gateway.
var dnsRules = []Rule{
	{
		ID: "dns.mx-to-gateway", Severity: Warning, Articles: []string{"Q87046", "Q101459"},
		Title:    "the MX record of a mapped domain leads to the gateway PC instead of the smart host, so that any host may call the gateway and hang it",
		Remedy:   "let the MX record lead to the smart host, which hands the mail on",
		Inputs:   "DNS zone or server; ADDR_MAP.CFG; addresses of the gateway PCs",
		Inferred: "one article says both; its note is followed, and policy.mx: gateway turns it round",
		check:    checkExchangersLeadToSmartHost,
	},
}

func checkExchangersLeadToSmartHost(j *Judge) {
	if j.Resolver == nil {
		j.Missing("a DNS zone or server (names)")
		return
	}
	if strings.EqualFold(j.Said["mx"].Value, "gateway") {
		j.Looked()
		return
	}
	gateways := map[string]string{} // address or name to PC
	for _, pc := range j.gatewayPCs() {
		if ip, ok := Need(j, pc.IP, "the IP address of %s", pc.Name); ok {
			gateways[ip] = pc.Name
		}
	}
	for _, po := range j.Gateways() {
		if h := po.Local.Value.HostName; h.Known {
			gateways[fold(h.Value)] = po.Ref() + "'s gateway"
		}
	}
	asked := map[string]bool{}
	for _, po := range j.gatewayPostoffices() {
		lines, ok := j.addrMap(po)
		if !ok {
			continue
		}
		for _, l := range lines {
			if asked[fold(l.Domain)] {
				continue
			}
			asked[fold(l.Domain)] = true
			list, err := j.Resolver.Exchangers(j.Context(), l.Domain)
			if err != nil {
				j.Missing("an answer for %s: %v", l.Domain, err)
				continue
			}
			for _, mx := range list {
				who := gateways[fold(mx.Host)]
				if who == "" {
					addresses, _ := j.Resolver.Addresses(j.Context(), mx.Host)
					for _, a := range addresses {
						if gateways[a] != "" {
							who = gateways[a]
						}
					}
				}
				if who != "" {
					j.Find(l.DomainAt, "the MX record of %s leads to %s, which is %s; want the smart host", l.Domain, mx.Host, who)
				}
			}
		}
	}
}

var hostsRules = []Rule{
	{
		ID: "hosts.missing", Severity: Error, Articles: []string{"Q115496", "Q87030"},
		Title:    "the gateway's name or a mapped domain is not in the hosts file, or has another address than the gateway PC",
		Remedy:   "give the hosts file one line with the gateway PC's address for the gateway and for each mapped domain",
		Inputs:   "hosts file of the smart host; LOCAL.CFG; ADDR_MAP.CFG; addresses of the gateway PCs",
		Inferred: "a route of a site's smart host stands for a line of its hosts file",
		check:    checkHosts,
	},
}

func checkHosts(j *Judge) {
	if !j.Hosts.Known {
		// With name service nobody needs a hosts file. Q115496
		if j.Resolver == nil && !checkRoutes(j) {
			j.Missing("the hosts file of the smart host (names.hosts)")
		}
		return
	}
	type entry struct {
		ip           string
		line, column int
	}
	file := map[string]entry{}
	for _, h := range j.Hosts.Value {
		for _, n := range h.Names {
			if _, twice := file[fold(n)]; !twice { // the first line counts
				file[fold(n)] = entry{h.IP, h.Line, h.Column}
			}
		}
	}
	done := map[string]bool{}
	for _, po := range j.gatewayPostoffices() {
		host, ok := j.hostName(po)
		if !ok {
			continue
		}
		want, ok := j.addressesOf(host.Value)
		lines, mapped := j.addrMap(po)
		if !ok || !mapped {
			continue
		}
		names := []MapLine{{Domain: host.Value, DomainAt: host.At}}
		for _, n := range append(names, lines...) {
			name := fold(n.Domain)
			if done[name] {
				continue
			}
			done[name] = true
			e, ok := file[name]
			switch {
			case !ok && j.Resolver != nil: // the name server may know it
			case !ok:
				j.Find(n.DomainAt, "%s is not in the hosts file %s, want a line with %s", n.Domain, j.Hosts.At.File, strings.Join(want, " or "))
			case !slices.Contains(want, e.ip):
				j.Find(Place{File: j.Hosts.At.File, Line: e.line, Column: e.column}, "%s has the address %s, want the gateway PC's %s", n.Domain, e.ip, strings.Join(want, " or "))
			}
		}
	}
}

// checkRoutes judges the routes of a site's smart hosts in place of a hosts
// file: each must lead to a gateway PC that receives. It returns false when no
// routes are known.
func checkRoutes(j *Judge) bool {
	known := false
	for _, relay := range j.Relays {
		known = known || relay.Routes.Known
		for _, route := range relay.Routes.Value {
			j.Looked()
			to := slices.IndexFunc(j.GatewayPCs(), func(pc *PC) bool {
				return strings.EqualFold(pc.Name, route.PC) || pc.IP.Known && pc.IP.Value == route.PC
			})
			switch {
			case to < 0:
				j.Find(route.At, "%s is routed to %s, which runs no gateway", route.Domain, route.PC)
			case j.GatewayPCs()[to].Role.Value == RoleSend:
				j.Find(route.At, "%s is routed to %s, which is to send only", route.Domain, route.PC)
			}
		}
	}
	return known
}
