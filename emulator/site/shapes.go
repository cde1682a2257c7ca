package site

import (
	"fmt"
	"strings"

	"gwkit/emulator/site/yamlfile"
)

// ShapeInfo is a row of Shapes: a built-in site to start from.
type ShapeInfo struct {
	Name    string
	Summary string
	Article string

	// Params are what may stand behind the name: multiple:gateways=3. Without
	// any the shape is the smallest that shows the model.
	Params  []ShapeParam
	Example string // the name with parameters

	build func(*layout) *Site
}

// Shapes are the deployment models of Q132060, from small to large.
var Shapes = []ShapeInfo{
	{"single", "one gateway postoffice carries the mail of all others, up to about 10,000 messages a day", "Q132060",
		[]ShapeParam{downstreamParam}, "single:downstream=8", single},
	{"multiple", "several gateway postoffices, each for its own group of downstream postoffices", "Q132060",
		[]ShapeParam{gatewaysParam, downstreamOfEach, volumesParam}, "multiple:gateways=3,downstream=12", multiple},
	{"dedicated", "one PC receives and one PC sends, each on a gateway postoffice of its own", "Q132060",
		[]ShapeParam{downstreamParam}, "dedicated:downstream=6", dedicated},
	{"dedicated-shared", "one PC receives and one PC sends on the same postoffice: wrong on purpose, mail halts", "Q132060",
		[]ShapeParam{downstreamParam}, "dedicated-shared:downstream=4", dedicatedShared},
	{"multiple-dedicated", "several pairs of receiving and sending PCs, each pair for its own group", "Q132060",
		[]ShapeParam{pairsParam, downstreamOfEach, volumesParam}, "multiple-dedicated:pairs=3,downstream=9", multipleDedicated},
}

// ShapeOf returns the row of Shapes that a name speaks of, with or without
// parameters, or nil.
func ShapeOf(name string) *ShapeInfo {
	name, _, _ = strings.Cut(name, ":")
	for i := range Shapes {
		if Shapes[i].Name == name {
			return &Shapes[i]
		}
	}
	return nil
}

// Shape returns a new copy of a built-in site, complete and with positions in
// its printed form. The name may have parameters behind a colon, such as
// multiple:gateways=3,downstream=12. The error says what there is instead, or
// which parameter is wrong, its range, and an example.
func Shape(name string) (*Site, error) {
	row := ShapeOf(name)
	if row == nil {
		var names []string
		for _, row := range Shapes {
			names = append(names, row.Name)
		}
		base, _, _ := strings.Cut(name, ":")
		return nil, fmt.Errorf("cannot find shape %q%s", base, yamlfile.Suggest(base, names))
	}
	l, err := row.layout(name)
	if err != nil {
		return nil, err
	}
	s, err := Parse(name, row.build(l).Marshal())
	if err != nil {
		panic(fmt.Sprintf("internal error: built-in site %s: %v", name, err))
	}
	return s, nil
}

// The command lines of the gateways; those of the dedicated ones as printed. The
// article spells the zero of -063. Q132060
const (
	bothCommand    = "SMTPGATE -w120 -q180 -md -cd -lacsy -p001"
	receiveCommand = "SMTPGATE  -w32767 -i63 -md -lascy -ci -gascy"
	sendCommand    = "SMTPGATE -w120 -q180 -063 -md -ln -ci -gascy -ms"
)

// The network of every shape, and the smart host of the reference log.
// Q112286
const (
	shapeNetwork = "COMPANY"
	shapeDomain  = ".company.com"
	relayName    = "mail.company.com"
	relayIP      = "11.1.16.15"
)

// Which programs a gateway PC has on its own disk decides what it can do: the
// receiver must not have SMTPGET, the sender not SMTPPUT. Q132060
var (
	bothWays    = []string{"SMTPGATE.EXE", "SMTPGET.EXE", "SMTPPUT.EXE"}
	receiveOnly = []string{"SMTPGATE.EXE", "SMTPPUT.EXE"}
	sendOnly    = []string{"SMTPGATE.EXE", "SMTPGET.EXE"}
)

// single is the small organization.
func single(l *layout) *Site {
	served := prepend("HUB", l.all())
	s := &Site{
		Postoffices: []Postoffice{gatewayPO("HUB", "sparky")},
		PCs:         []PC{gatewayPC(0, "HUB", bothWays, bothCommand)},
		SMTP:        []GatewayConfig{gatewayFiles("HUB", "msmailgwy", served)},
		SmartHosts:  []SmartHost{relay("sparky", "hub", route(0, served))},
	}
	l.downstream(s, 0, "HUB")
	l.transfer(s, l.all(), "HUB")
	return s
}

// multiple divides the downstream postoffices between complete gateways.
func multiple(l *layout) *Site {
	s := &Site{}
	var hubs []string
	var routes [][]Route
	for i, names := range l.groups {
		hub := fmt.Sprint("HUB", i+1)
		hubs = append(hubs, hub)
		s.Postoffices = append(s.Postoffices, gatewayPO(hub))
		s.PCs = append(s.PCs, gatewayPC(i, hub, bothWays, bothCommand))
		s.SMTP = append(s.SMTP, gatewayFiles(hub, fmt.Sprint("msmailgw", i+1), prepend(hub, names)))
		routes = append(routes, route(i, prepend(hub, names)))
	}
	s.Postoffices[0].Users = append(s.Postoffices[0].Users, "sparky")
	s.SmartHosts = []SmartHost{relay("sparky", "hub1", routes...)}
	for i, hub := range hubs {
		l.downstream(s, i, hub)
	}
	if all := l.all(); len(hubs)+len(all) <= drivesOfPC {
		l.transfer(s, all, hubs...)
		return s
	}
	for i, names := range l.groups {
		l.transfer(s, names, hubs[i])
	}
	l.link(s, hubs)
	return s
}

// dedicated gives each direction a PC and a gateway postoffice. Both gateways
// have the same configuration except for the IP address, and the smart host
// keeps its record of the first PC only. Q132060
func dedicated(l *layout) *Site {
	served := prepend("RECEIVE", prepend("SEND", l.all()))
	s := &Site{
		Postoffices: []Postoffice{gatewayPO("RECEIVE"), gatewayPO("SEND")},
		PCs: []PC{
			gatewayPC(0, "RECEIVE", receiveOnly, receiveCommand),
			senderPC(1, "SEND"),
		},
		SMTP:       []GatewayConfig{gatewayFiles("RECEIVE", "msmailgwy", served), gatewayFiles("SEND", "msmailgwy", served)},
		SmartHosts: []SmartHost{relay("margb", "sales", route(0, served))},
	}
	l.downstream(s, 0, "SEND")
	l.transfer(s, l.all(), "RECEIVE", "SEND")
	return s
}

// dedicatedShared is dedicated with both PCs on one postoffice: their
// temporary files have the same names in the same directory. Q132060
func dedicatedShared(l *layout) *Site {
	s := single(l)
	transfers := s.PCs[1:]
	s.PCs = append([]PC{
		gatewayPC(0, "HUB", receiveOnly, receiveCommand),
		gatewayPC(1, "HUB", sendOnly, sendCommand),
	}, transfers...)
	return s
}

// multipleDedicated repeats the pair for each group.
func multipleDedicated(l *layout) *Site {
	s := &Site{}
	var senders []string
	var routes [][]Route
	for i, names := range l.groups {
		receive, send, host := fmt.Sprint("RECEIVE", i+1), fmt.Sprint("SEND", i+1), fmt.Sprint("msmailgw", i+1)
		served := prepend(receive, prepend(send, names))
		s.Postoffices = append(s.Postoffices, gatewayPO(receive), gatewayPO(send))
		l.downstream(s, i, send)
		s.PCs = append(s.PCs,
			gatewayPC(2*i, receive, receiveOnly, receiveCommand),
			senderPC(2*i+1, send))
		s.SMTP = append(s.SMTP, gatewayFiles(receive, host, served), gatewayFiles(send, host, served))
		routes = append(routes, route(2*i, served))
		senders = append(senders, send)
	}
	first := strings.ToLower(l.groups[0][0])
	s.SmartHosts = []SmartHost{relay(userOf(l.groups[0][0]), first, routes...)}
	for i, names := range l.groups {
		l.transfer(s, names, fmt.Sprint("RECEIVE", i+1), senders[i])
	}
	if all := l.all(); len(all) <= drivesOfPC {
		l.link(s, all)
	} else {
		l.link(s, senders)
	}
	return s
}

// gatewayPO has the POSTMASTER that reports of the smart host go to. Q135034
func gatewayPO(name string, users ...string) Postoffice {
	return Postoffice{
		Network: shapeNetwork, Name: name,
		Users:   append([]string{"ADMIN", "POSTMASTER"}, users...),
		Gateway: "smtp",
		Access:  true,
	}
}

func gatewayPC(number int, postoffice string, local []string, run string) PC {
	return PC{
		Name: fmt.Sprint("GW", number+1), IP: fmt.Sprint("11.1.16.", 16+number),
		Drives: []DriveMap{{'M', shapeNetwork + "/" + postoffice}}, // the default drive. Q87041
		Local:  local,
		Path:   []string{gateDir},
		Run:    run,
	}
}

// senderPC meets the failed search for SMTPPUT in each cycle, as the article has
// it. The sender of the shared shape does without: there the two programs that
// share a directory are the subject. Q132060
func senderPC(number int, postoffice string) PC {
	pc := gatewayPC(number, postoffice, sendOnly, sendCommand)
	pc.Config = DefaultConfig
	pc.Config.TryPut = true
	return pc
}

// gatewayFiles gives every postoffice a domain of its own (Q87030): its name
// in lower case under the company's.
func gatewayFiles(postoffice, host string, served []string) GatewayConfig {
	c := GatewayConfig{
		Postoffice:   shapeNetwork + "/" + postoffice,
		HostName:     host + shapeDomain,
		DomainSuffix: shapeDomain,
		SmartHost:    relayIP,
	}
	for _, name := range served {
		c.Map = append(c.Map, Mapping{shapeNetwork + "/" + name, domainOf(name)})
	}
	return c
}

// relay is the smart host, with one alias as an example.
func relay(user, at string, routes ...[]Route) SmartHost {
	h := SmartHost{Name: relayName, IP: relayIP}
	for _, r := range routes {
		h.Routes = append(h.Routes, r...)
	}
	h.Aliases = []Alias{{user + "@" + shapeDomain[1:], user + "@" + domainOf(at)}}
	return h
}

func route(number int, names []string) (list []Route) {
	for _, name := range names {
		list = append(list, Route{domainOf(name), fmt.Sprint("GW", number+1)})
	}
	return list
}

func prepend(first string, rest []string) []string { return append([]string{first}, rest...) }

func domainOf(postoffice string) string { return strings.ToLower(postoffice) + shapeDomain }
