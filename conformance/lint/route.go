package lint

import (
	"slices"
	"strings"

	"gwkit/conformance/drive"
)

// Rules about the routes between postoffices.
var routeRules = []Rule{
	{
		ID: "route.return", Severity: Error, Articles: []string{"Q96060", "Q87030"}, Covers: []string{"LR23"},
		Title:    "a postoffice defines another as external, but not the reverse: replies and reports have no way back",
		Remedy:   "define each of the two postoffices at the other",
		Inputs:   "NETWORK.GLB and XTN files, or named route types, of all postoffices",
		Inferred: "two postoffices exchange mail when one defines the other",
		check: func(j *Judge) {
			for _, a := range j.Postoffices {
				r := j.routing(a)
				if !r.complete {
					if len(j.Postoffices) > 1 {
						j.Missing("the external postoffices of %s (drive, or routeTypes with names)", a.Ref())
					}
					continue
				}
				for _, x := range r.list {
					b := j.Postoffice(x.to)
					if b == nil {
						continue
					}
					if j.servedThere(a, b) || j.servedThere(b, a) {
						j.Looked()
						continue // po.external tells
					}
					back := j.routing(b)
					if !back.complete {
						continue // told above
					}
					j.Looked()
					if back.to(a.Ref()) == nil {
						j.Find(x.at, "%s defines %s, but %s does not define %s", a.Ref(), b.Ref(), b.Ref(), a.Ref())
					}
				}
			}
		},
	},
	{
		ID: "route.hub", Severity: Error, Articles: []string{"Q169328", "Q96060"}, Covers: []string{"LR23"},
		Title:  "a hub does not define the postoffice that is to be reached through it",
		Remedy: "define at every hub each postoffice that is behind it",
		Inputs: "NETWORK.GLB and XTN files of all postoffices; their route types",
		check: func(j *Judge) {
			j.indirect(func(po *Postoffice, r *routing, x *route) {
				hub := j.Postoffice(x.via)
				if hub == nil || !j.routing(hub).complete {
					j.Missing("the external postoffices of %s (drive, or routeTypes with names)", x.via)
				} else if j.routing(hub).to(x.to) == nil && !strings.EqualFold(x.to, x.via) {
					j.Find(x.at, "%s sends mail for %s to %s, which does not define it", po.Ref(), x.to, x.via)
				}
			})
		},
	},
	{
		ID: "route.via", Severity: Error, Articles: []string{"Q169328", "Q123825"}, Covers: []string{"LR24"},
		Title:  "a postoffice is reached through a hub that is not defined, or not direct",
		Remedy: "define the hub first, with a direct route",
		Inputs: "NETWORK.GLB and XTN files; route types of the external postoffices",
		check: func(j *Judge) {
			j.indirect(func(po *Postoffice, r *routing, x *route) {
				switch hub := r.to(x.via); {
				case hub == nil:
					j.Find(x.at, "%s reaches %s through %s, which it does not define", po.Ref(), x.to, x.via)
				case hub.via != "":
					j.Find(x.at, "%s reaches %s through %s, which is itself indirect, through %s", po.Ref(), x.to, x.via, hub.via)
				}
			})
		},
	},
	{
		ID: "route.cycle", Severity: Error, Articles: []string{"Q128627", "Q103421"}, Covers: []string{"LR25"},
		Title:  "routes lead in a circle: mail comes back with [004], circular route",
		Remedy: "let each hub send the mail nearer to its end",
		Inputs: "forward postoffices; NETWORK.GLB and XTN files, and route types of the external postoffices",
		check:  checkCycles,
	},
	{
		ID: "route.hops", Severity: Warning, Articles: []string{"Q244485", "Q147471"}, Covers: []string{"LR26"},
		Title:    "a way is longer than the limit of hops that clients write into their mail: it comes back with [003]",
		Remedy:   "raise the limit of hops in ADMIN, or shorten the way",
		Inputs:   "clients of the postoffices; limit of hops; route types",
		Inferred: "the postoffice where mail begins counts",
		check:    checkHops,
	},
	{
		ID: "route.hub-type", Severity: Warning, Articles: []string{"Q117199", "Q120449"}, Covers: []string{"LR27"},
		Title:  "a postoffice behind a hub keeps another route type than the hub has: its mail stays in the queue",
		Remedy: "open and save the definition of each postoffice behind the hub in ADMIN",
		Inputs: "NETWORK.GLB and XTN files; route types of the external postoffices",
		check: func(j *Judge) {
			j.indirect(func(po *Postoffice, r *routing, x *route) {
				if hub := r.to(x.via); hub != nil && x.kind != "" && hub.kind != "" && x.kind != hub.kind {
					j.Find(x.at, "at %s the route of %s is still of type %s, that of its hub %s of type %s", po.Ref(), x.to, x.kind, x.via, hub.kind)
				}
			})
		},
	},
	{
		ID: "route.hub-count", Severity: Warning, Articles: []string{"Q86625"}, Covers: []string{"LR28"},
		Title:  "the record of a hub counts another number of postoffices behind it than there are",
		Remedy: "correct the counter in the XTN file, or define the hub and what is behind it anew",
		Inputs: "NETWORK.GLB and XTN files; route types of the external postoffices",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				r := j.routing(po)
				if !r.complete || !slices.ContainsFunc(r.list, func(x route) bool { return x.record }) {
					continue
				}
				if !r.typed {
					// Whatever the routes are, each postoffice is behind one hub
					// at most and a hub behind none.
					hubs, behind := 0, 0
					for _, x := range r.list {
						if x.indirect > 0 {
							hubs, behind = hubs+1, behind+x.indirect
						}
					}
					if behind > len(r.list)-hubs {
						j.Find(hubPlace(r), "records of %s count %s behind hubs, but only %s is defined", po.Ref(), plural(behind, "postoffice"), plural(len(r.list)-hubs, "other postoffice"))
						continue
					}
					j.typedRoutes(po)
					continue
				}
				for _, x := range r.list {
					n := 0
					for _, y := range r.list {
						if strings.EqualFold(y.via, x.to) {
							n++
						}
					}
					if j.Looked(); n != x.indirect {
						j.Find(counterPlace(x), "record of %s at %s counts %s behind it, there are %d", x.to, po.Ref(), plural(x.indirect, "postoffice"), n)
					}
				}
			}
		},
	},
	{
		ID: "route.forward", Severity: Error, Articles: []string{"Q123825", "Q87030", "Q103804"}, Covers: []string{"LR29", "LR31"},
		Title:  "the forward postoffices of a downstream postoffice do not lead to a gateway, or a gateway postoffice forwards its mail",
		Remedy: "give the access component a forward postoffice that is, or leads to, the gateway postoffice, and do not install it on the gateway postoffice itself",
		Inputs: "NETWORK.GLB, or via of the description",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				a, ok := j.forward(po)
				if !ok {
					j.Missing("the forward postoffice of %s (drive, or via)", po.Ref())
					continue
				}
				j.Looked()
				if a.via == "" {
					continue
				}
				if po.Gateway.Known && po.Gateway.Value {
					j.Find(a.at, "%s has the gateway and forwards its SMTP mail to %s all the same", po.Ref(), a.via)
					continue
				}
				first := a.via
				for next, n := po, 0; n < len(j.Postoffices); n++ {
					if next = j.Postoffice(a.via); next == nil {
						j.Missing("postoffice %s, to which the SMTP mail goes of %s (postoffices)", a.via, po.Ref())
						break
					}
					if !next.Gateway.Known {
						j.Missing("the gateways of %s (gateway)", next.Ref())
						break
					}
					if next.Gateway.Value {
						break
					}
					if a, ok = j.forward(next); !ok {
						break // told above
					}
					if a.via == "" {
						j.Find(mustForward(j, po).at, "SMTP mail of %s goes to %s and ends at %s, which has neither the gateway nor a forward postoffice", po.Ref(), first, next.Ref())
						break
					}
				}
			}
		},
	},
	{
		ID: "route.unlisted", Severity: Error, Articles: []string{"Q87030", "Q111840"}, Covers: []string{"LR32"},
		Title:  "a downstream postoffice is in no gateway's list of postoffices: mail from the Internet does not reach it",
		Remedy: "create the postoffice under Gateway, SMTP, Postoffices and give it a line of the address map",
		Inputs: "LOCAL.CFG; forward postoffices",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				if !j.forwards(po) {
					continue
				}
				listed, known := false, j.Complete
				for _, g := range j.Gateways() {
					refs, ok := postofficesOf(j, g)
					known = known && ok
					listed = listed || slices.ContainsFunc(refs, func(ref string) bool { return strings.EqualFold(ref, po.Ref()) })
				}
				switch {
				case listed:
					j.Looked()
				case known && len(j.Gateways()) > 0:
					a := mustForward(j, po)
					j.Find(a.at, "%s sends its SMTP mail to %s, but no gateway has it in its list of postoffices", po.Ref(), a.via)
				}
			}
		},
	},
	{
		ID: "route.autocreate", Severity: Warning, Articles: []string{"Q96060", "Q222651"}, Covers: []string{"LR37"},
		Title:  "Dir-Sync creates external postoffices with the route of its server, but the postoffice reaches others in different ways",
		Remedy: "turn automatic creation off, or correct the route of each postoffice that was created",
		Inputs: "Dir-Sync server; route types of the external postoffices",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				f := po.Said["dirSyncServer"]
				server, ok := Need(j, f, "the Dir-Sync server of %s that creates postoffices by itself (dirSyncServer)", po.Ref())
				if !ok || strings.EqualFold(server, "none") {
					continue
				}
				r, ok := j.typedRoutes(po)
				if !ok {
					continue
				}
				x := r.to(server)
				if x == nil {
					j.Find(f.At, "%s does not define its Dir-Sync server %s", po.Ref(), server)
					continue
				}
				for _, y := range r.list {
					// Behind one hub, that hub itself is direct.
					if y.ffapi || strings.EqualFold(y.to, x.to) || strings.EqualFold(y.to, x.via) {
						continue
					}
					if !strings.EqualFold(y.via, x.via) || y.kind != x.kind {
						j.Find(f.At, "postoffices that Dir-Sync creates at %s get the route of %s, %s; that of %s is %s", po.Ref(), server, x.how(), y.to, y.how())
						break
					}
				}
			}
		},
	},
	{
		ID: "route.groups", Severity: Warning, Articles: []string{"Q87396", "Q117804", "Q107767"}, Covers: []string{"LR38"},
		Title:    "a group that other postoffices see has members elsewhere: mail from outside does not reach them, and nobody is told",
		Remedy:   "keep groups that others see to mailboxes of their own postoffice",
		Inputs:   "sharedGroups of the postoffice; its drive",
		Inferred: "the places of the fields of ADMIN.NME",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				j.eachGroup(po, "sharedGroups", func(name string, at Place, lost bool) {
					if lost {
						j.Find(at, "the members of group %s of %s lead outside of ADMIN.GRP", name, po.Ref())
						return
					}
					j.Find(at, "group %s of %s is seen elsewhere and has a member on another postoffice, who gets mail from %s only", name, po.Ref(), po.Ref())
				})
			}
		},
	},
	{
		ID: "route.ffapi-name", Severity: Error, Articles: []string{"Q96605", "Q109256"}, Covers: []string{"LR39"},
		Title:  "a network of FFAPI has the name of a network of postoffices",
		Remedy: "give the proxy network a name that no network of Microsoft Mail has",
		Inputs: "NETWORK.GLB",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				r := j.knownNetworks(po)
				if r == nil {
					continue
				}
				for _, n := range r.networks {
					if n.Type != drive.TypeFFAPI {
						continue
					}
					for _, other := range j.Postoffices {
						if strings.EqualFold(other.Network, n.Name) {
							j.Find(Place{File: r.file, Offset: n.Offset + drive.NetworkName, InRecord: true}, "network %s of FFAPI has the name of the network of %s", n.Name, other.Ref())
							break
						}
					}
				}
			}
		},
	},
	{
		ID: "route.ffapi-proxy", Severity: Error, Articles: []string{"Q109256"}, Covers: []string{"LR39"},
		Title:  "a proxy postoffice of FFAPI has another name on a downstream postoffice than on the gateway's",
		Remedy: "use the same network and postoffice names for a proxy on all postoffices",
		Inputs: "NETWORK.GLB and XTN files of all postoffices",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				if j.knownNetworks(po) == nil || !j.routing(po).complete {
					continue
				}
				for _, n := range j.routing(po).networks {
					if n.Type == drive.TypeFFAPI {
						j.proxies(po, n.Name)
					}
				}
			}
		},
	},
	{
		ID: "route.special-export", Severity: Warning, Articles: []string{"Q112879", "Q115319"}, Covers: []string{"LR53"},
		Title:  "address lists are exported to all postoffices, a gateway's among them, which bounces them: users appear as those of the gateway",
		Remedy: "export address lists to single postoffices, not to ALL, where a gateway or a proxy of FFAPI is defined",
		Inputs: "what *SPECIAL exports; NETWORK.GLB",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				f := po.Said["specialExport"]
				text, ok := Need(j, f, "the exports by *SPECIAL of %s (specialExport)", po.Ref())
				if !ok || !strings.EqualFold(text, "all") {
					continue
				}
				reason := ""
				if g := j.gatewayOf(po); g != nil && g != po {
					reason = "gateway postoffice " + g.Ref()
				}
				if i := slices.IndexFunc(j.routing(po).list, func(x route) bool { return x.ffapi }); i >= 0 {
					reason = "proxy " + j.routing(po).list[i].to
				}
				if reason != "" {
					j.Find(f.At, "%s exports its lists to all, %s included", po.Ref(), reason)
				}
			}
		},
	},
}

// how says a route in words.
func (x *route) how() string {
	if x.via != "" {
		return "indirect via " + x.via
	}
	return x.kind
}

// indirect calls fn with each route through a hub.
func (j *Judge) indirect(fn func(*Postoffice, *routing, *route)) {
	if len(j.Postoffices) < 2 {
		return
	}
	for _, po := range j.Postoffices {
		r, ok := j.typedRoutes(po)
		if !ok {
			continue
		}
		for i := range r.list {
			if r.list[i].via != "" {
				fn(po, r, &r.list[i])
			}
		}
	}
}

// servedThere reports whether a gateway postoffice, or the next one on the way
// to it, serves another.
func (j *Judge) servedThere(hub, po *Postoffice) bool {
	if po.Via.Value != "" {
		return strings.EqualFold(po.Via.Value, hub.Ref())
	}
	return hub.Gateway.Value && slices.ContainsFunc(hub.Local.Value.Postoffices, func(f Fact[string]) bool { return strings.EqualFold(f.Value, po.Ref()) })
}

func mustForward(j *Judge, po *Postoffice) access {
	a, _ := j.forward(po)
	return a
}

// knownNetworks returns the routing of a postoffice whose NETWORK.GLB was read, or
// reports it as missing.
func (j *Judge) knownNetworks(po *Postoffice) *routing {
	r := j.routing(po)
	if r.smtp == nil {
		j.Missing(`\GLB\NETWORK.GLB of %s`, po.Ref())
		return nil
	}
	j.Looked()
	return r
}

// counterPlace is where the record of an XTN file counts what is behind it.
func counterPlace(x route) Place {
	x.at.Offset += 0x289 // Q86625
	return x.at
}

func hubPlace(r *routing) Place {
	for _, x := range r.list {
		if x.indirect > 0 {
			return counterPlace(x)
		}
	}
	return Place{}
}

// postofficesOf returns the list of postoffices of a gateway; those of the
// address map where the list is not known.
func postofficesOf(j *Judge, g *Postoffice) ([]string, bool) {
	var refs []string
	if g.Local.Known && g.Local.Value.Readable() && len(g.Local.Value.Postoffices) > 0 {
		for _, f := range g.Local.Value.Postoffices {
			refs = append(refs, f.Value)
		}
		return refs, true
	}
	lines, ok := Need(j, g.AddrMap, `\SMTP\LOCAL.CFG and \SMTP\ADDR_MAP.CFG of %s`, g.Ref())
	for _, l := range lines {
		refs = append(refs, l.Postoffice)
	}
	return refs, ok
}

// proxies compares the proxy postoffices that others define in a network of
// FFAPI with those of the postoffice that has it.
func (j *Judge) proxies(po *Postoffice, network string) {
	for _, other := range j.Postoffices {
		r := j.routing(other)
		if other == po || !r.complete {
			continue
		}
		for _, y := range r.list {
			n, _, _ := strings.Cut(y.to, "/")
			if strings.EqualFold(n, network) && !y.ffapi && j.routing(po).to(y.to) == nil {
				j.Find(y.at, "%s defines proxy %s, which %s does not have", other.Ref(), y.to, po.Ref())
			}
		}
		j.Looked()
	}
}
