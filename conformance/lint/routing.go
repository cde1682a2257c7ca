package lint

import (
	"cmp"
	"slices"
	"strings"

	"gwkit/conformance/drive"
)

// route is how a postoffice reaches another.
type route struct {
	to string // NET/PO
	at Place  // of the definition

	// How, where typed is set: only a person tells it, for no article says
	// where an XTN file keeps it.
	typed bool
	kind  string // drive, modem, x25 or gateway; empty for indirect alone
	via   string // NET/PO of the hub; empty: direct, or a hub that was not named

	indirectly bool // through a hub, named or not

	record   bool // read from an XTN file
	indirect int  // postoffices that are routed through it, as its record says. Q86625
	ffapi    bool // a proxy of FFAPI
}

// routing is all that is defined at a postoffice.
type routing struct {
	list     []route
	complete bool    // nothing is defined that the list lacks
	typed    bool    // all of the list are typed
	smtp     *access // the record of the SMTP gateway, where NETWORK.GLB is known
	networks []drive.Network
	file     string // NETWORK.GLB, as the user can open it
}

// access is where a postoffice sends its SMTP mail.
type access struct {
	via string // NET/PO; empty: to its own gateway, or nowhere
	at  Place
}

// routing returns what is defined at a postoffice.
func (j *Judge) routing(po *Postoffice) *routing {
	if r, ok := j.memo.routes[po]; ok {
		return r
	}
	r := &routing{}
	if po.Tree != nil {
		r.read(po.Tree)
	}
	if f := po.Said["routeTypes"]; f.Known {
		r.describe(f)
	}
	r.typed = r.complete && !slices.ContainsFunc(r.list, func(x route) bool { return !x.typed })
	if j.memo.routes == nil {
		j.memo.routes = map[*Postoffice]*routing{}
	}
	j.memo.routes[po] = r
	return r
}

// smtpName is the name of the SMTP gateway's record. Q87028
const smtpName = "SMTP"

// read takes the definitions of NETWORK.GLB and the XTN files, which EXTERNAL
// takes in the order of their hexids. Q199800
func (r *routing) read(t *drive.Tree) {
	networks, _, err := t.Networks()
	if err != nil {
		return
	}
	r.complete, r.smtp = true, &access{}
	r.file = t.At("GLB/NETWORK.GLB")
	for _, n := range networks {
		if !n.Active() {
			continue
		}
		r.networks = append(r.networks, n)
		if n.XTN == "" && strings.EqualFold(n.Name, smtpName) {
			r.smtp.at = Place{File: r.file, Offset: n.Offset, InRecord: true}
			if n.HubNetwork != "" || n.HubPostoffice != "" {
				r.smtp.via = n.HubNetwork + "/" + n.HubPostoffice
			}
		}
	}
	byID := slices.Clone(r.networks)
	slices.SortStableFunc(byID, func(a, b drive.Network) int {
		return cmp.Compare(strings.ToUpper(a.XTN), strings.ToUpper(b.XTN))
	})
	for _, n := range byID {
		if n.XTN == "" {
			continue
		}
		offices, _, err := t.Offices(n.XTN)
		if err != nil {
			r.complete = false
			continue
		}
		file := t.At("XTN/" + strings.ToUpper(n.XTN) + ".XTN")
		for _, o := range offices {
			if o.Active() {
				r.list = append(r.list, route{to: n.Name + "/" + o.Name, at: Place{File: file, Offset: o.Offset, InRecord: true},
					record: true, indirect: o.Indirect, ffapi: n.Type == drive.TypeFFAPI})
			}
		}
	}
}

// describe takes what a person says of the routes: in the order of the
// definitions, or each behind the name of its postoffice. What does not fit to
// the definitions is left out, so that routes stay untyped.
func (r *routing) describe(f Fact[string]) {
	items := strings.Split(f.Value, ",")
	var rest []route
	for _, item := range items {
		to, how, named := strings.Cut(item, ":")
		if !named {
			how = item
		}
		x, ok := parseRoute(how)
		if !ok {
			if strings.TrimSpace(item) != "" {
				return
			}
			continue
		}
		x.at = f.At
		if !named {
			rest = append(rest, x)
			continue
		}
		x.to = strings.TrimSpace(to)
		i := slices.IndexFunc(r.list, func(y route) bool { return strings.EqualFold(x.to, y.to) })
		switch {
		case i >= 0:
			r.list[i].set(x)
		case !r.complete:
			r.list = append(r.list, x)
		}
	}
	switch {
	case len(rest) == len(r.list) && r.complete:
		for i, x := range rest {
			r.list[i].set(x)
		}
	case len(rest) == 0 && !r.complete && len(r.networks) == 0:
		r.complete = true // all of them are named
	}
}

func (x *route) set(said route) {
	x.typed, x.kind, x.via, x.indirectly = said.typed, said.kind, said.via, said.indirectly
}

// parseRoute reads "drive", "indirect via NET/HUB", "modem via NET/HUB".
func parseRoute(text string) (route, bool) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return route{}, false
	}
	x := route{typed: true}
	switch kind := strings.ToLower(words[0]); kind {
	case "drive", "direct", "lan":
		x.kind = "drive"
	case "modem", "gateway":
		x.kind = kind
	case "x25", "x.25":
		x.kind = "x25"
	case "indirect":
		x.indirectly, x.typed = true, len(words) > 1 // without its hub a route cannot be followed
	default:
		return route{}, false
	}
	switch {
	case len(words) == 3 && strings.EqualFold(words[1], "via"):
		x.via, x.indirectly = words[2], true
	case len(words) != 1:
		return route{}, false
	}
	return x, true
}

// to returns the definition of a postoffice, or nil.
func (r *routing) to(ref string) *route {
	for i := range r.list {
		if strings.EqualFold(r.list[i].to, ref) {
			return &r.list[i]
		}
	}
	return nil
}

// typedRoutes returns the routing of a postoffice when all its routes are
// known, or reports what is missing. A postoffice that defines no other is known.
func (j *Judge) typedRoutes(po *Postoffice) (*routing, bool) {
	r := j.routing(po)
	if !r.typed {
		if f := po.Said["routeTypes"]; f.Known {
			j.Missing("the route types of %s, as many as external postoffices, with their hubs (routeTypes)", po.Ref())
		} else {
			j.Missing("the route types of %s (routeTypes)", po.Ref())
		}
		return nil, false
	}
	j.Looked()
	return r, true
}

// forward returns where a postoffice sends its SMTP mail: what NETWORK.GLB
// says, else what the description says.
func (j *Judge) forward(po *Postoffice) (access, bool) {
	if r := j.routing(po); r.smtp != nil {
		return *r.smtp, true
	}
	if po.Via.Known {
		return access{po.Via.Value, po.Via.At}, true
	}
	return access{}, false
}

// gatewayOf follows the forward postoffices to the gateway postoffice; nil when
// they do not lead to one.
func (j *Judge) gatewayOf(po *Postoffice) *Postoffice {
	for range j.Postoffices {
		a, ok := j.forward(po)
		if !ok || a.via == "" {
			break
		}
		if po = j.Postoffice(a.via); po == nil {
			return nil
		}
	}
	if po.Gateway.Known && po.Gateway.Value {
		return po
	}
	return nil
}

// forwards reports whether a postoffice sends its SMTP mail to another.
func (j *Judge) forwards(po *Postoffice) bool {
	a, ok := j.forward(po)
	return ok && a.via != ""
}

// path returns the postoffices that mail from one to another passes, both
// ends included. It ends early where a route is missing or a postoffice comes
// again; then that one is the last.
func (j *Judge) path(from, to *Postoffice) (path []*Postoffice, again, known bool) {
	path = []*Postoffice{from}
	for cur := from; cur != to; {
		r := j.routing(cur)
		if !r.typed {
			return path, false, false
		}
		x := r.to(to.Ref())
		if x == nil {
			return path, false, true
		}
		next := to
		if x.via != "" {
			if next = j.Postoffice(x.via); next == nil {
				return path, false, true
			}
		}
		if again = slices.Contains(path, next); again {
			return append(path, next), true, true
		}
		path, cur = append(path, next), next
	}
	return path, false, true
}
