package site

import (
	"fmt"
	"strings"
)

// ShapeInfo is a row of Shapes: a built-in site to start from.
type ShapeInfo struct {
	Name    string
	Summary string
	Article string
	build   func() *Site
}

// Shapes are the deployment models of Q132060, from small to large.
var Shapes = []ShapeInfo{
	{"single", "one gateway postoffice carries the mail of all others, up to about 10,000 messages a day", "Q132060", single},
	{"multiple", "several gateway postoffices, each for its own group of downstream postoffices", "Q132060", multiple},
	{"dedicated", "one PC receives and one PC sends, each on a gateway postoffice of its own", "Q132060", dedicated},
	{"dedicated-shared", "one PC receives and one PC sends on the same postoffice: wrong on purpose, mail halts", "Q132060", dedicatedShared},
	{"multiple-dedicated", "several pairs of receiving and sending PCs, each pair for its own group", "Q132060", multipleDedicated},
}

// Shape returns a new copy of a built-in site, complete and with positions in
// its printed form; ok is false when there is none of that name.
func Shape(name string) (s *Site, ok bool) {
	for _, row := range Shapes {
		if row.Name != name {
			continue
		}
		s, err := Parse(name, row.build().Marshal())
		if err != nil {
			panic(fmt.Sprintf("internal error: built-in site %s: %v", name, err))
		}
		return s, true
	}
	return nil, false
}

// The command lines of the dedicated gateways, as printed. The article spells
// the zero of -063. Q132060
const (
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
func single() *Site {
	return &Site{
		Postoffices: []Postoffice{
			gatewayPO("HUB", "sparky"),
			downstreamPO("SALES", "HUB", "margb"),
			downstreamPO("ENGINEER", "HUB", "tomk"),
		},
		PCs: []PC{
			gatewayPC("GW1", "11.1.16.16", "HUB", bothWays, "SMTPGATE -w120 -q180 -md -cd -lacsy -p001"),
			transferPC("MTA1", "EXTERNAL -p010", "HUB", "SALES", "ENGINEER"),
		},
		SMTP:       []GatewayConfig{gatewayFiles("HUB", "msmailgwy", "HUB", "SALES", "ENGINEER")},
		SmartHosts: []SmartHost{relay("sparky", "hub", route("GW1", "hub", "sales", "engineer"))},
	}
}

// multiple divides the downstream postoffices between two complete gateways.
func multiple() *Site {
	return &Site{
		Postoffices: []Postoffice{
			gatewayPO("HUB1", "sparky"),
			gatewayPO("HUB2"),
			downstreamPO("SALES", "HUB1", "margb"),
			downstreamPO("ENGINEER", "HUB1", "tomk"),
			downstreamPO("LEGAL", "HUB2", "annet"),
			downstreamPO("FINANCE", "HUB2", "peters"),
		},
		PCs: []PC{
			gatewayPC("GW1", "11.1.16.16", "HUB1", bothWays, "SMTPGATE -w120 -q180 -md -cd -lacsy -p001"),
			gatewayPC("GW2", "11.1.16.17", "HUB2", bothWays, "SMTPGATE -w120 -q180 -md -cd -lacsy -p001"),
			transferPC("MTA1", "EXTERNAL -p010", "HUB1", "HUB2", "SALES", "ENGINEER", "LEGAL", "FINANCE"),
		},
		SMTP: []GatewayConfig{
			gatewayFiles("HUB1", "msmailgw1", "HUB1", "SALES", "ENGINEER"),
			gatewayFiles("HUB2", "msmailgw2", "HUB2", "LEGAL", "FINANCE"),
		},
		SmartHosts: []SmartHost{relay("sparky", "hub1",
			route("GW1", "hub1", "sales", "engineer"),
			route("GW2", "hub2", "legal", "finance"))},
	}
}

// dedicated gives each direction a PC and a gateway postoffice. Both gateways
// have the same configuration except for the IP address, and the smart host
// keeps its record of the first PC only. Q132060
func dedicated() *Site {
	return &Site{
		Postoffices: []Postoffice{
			gatewayPO("RECEIVE"),
			gatewayPO("SEND"),
			downstreamPO("SALES", "SEND", "margb"),
			downstreamPO("ENGINEER", "SEND", "tomk"),
		},
		PCs: []PC{
			gatewayPC("GW1", "11.1.16.16", "RECEIVE", receiveOnly, receiveCommand),
			gatewayPC("GW2", "11.1.16.17", "SEND", sendOnly, sendCommand),
			transferPC("MTA1", "EXTERNAL -p010", "RECEIVE", "SEND", "SALES", "ENGINEER"),
		},
		SMTP: []GatewayConfig{
			gatewayFiles("RECEIVE", "msmailgwy", "RECEIVE", "SEND", "SALES", "ENGINEER"),
			gatewayFiles("SEND", "msmailgwy", "RECEIVE", "SEND", "SALES", "ENGINEER"),
		},
		SmartHosts: []SmartHost{relay("margb", "sales", route("GW1", "receive", "send", "sales", "engineer"))},
	}
}

// dedicatedShared is dedicated with both PCs on one postoffice: their
// temporary files have the same names in the same directory. Q132060
func dedicatedShared() *Site {
	return &Site{
		Postoffices: []Postoffice{
			gatewayPO("HUB", "sparky"),
			downstreamPO("SALES", "HUB", "margb"),
			downstreamPO("ENGINEER", "HUB", "tomk"),
		},
		PCs: []PC{
			gatewayPC("GW1", "11.1.16.16", "HUB", receiveOnly, receiveCommand),
			gatewayPC("GW2", "11.1.16.17", "HUB", sendOnly, sendCommand),
			transferPC("MTA1", "EXTERNAL -p010", "HUB", "SALES", "ENGINEER"),
		},
		SMTP:       []GatewayConfig{gatewayFiles("HUB", "msmailgwy", "HUB", "SALES", "ENGINEER")},
		SmartHosts: []SmartHost{relay("sparky", "hub", route("GW1", "hub", "sales", "engineer"))},
	}
}

// multipleDedicated repeats the pair for each group. A third transfer PC
// carries mail between the groups; it leaves the mailer to the others so that
// only one mailer works on each postoffice.
func multipleDedicated() *Site {
	return &Site{
		Postoffices: []Postoffice{
			gatewayPO("RECEIVE1"),
			gatewayPO("SEND1"),
			downstreamPO("SALES", "SEND1", "margb"),
			downstreamPO("ENGINEER", "SEND1", "tomk"),
			gatewayPO("RECEIVE2"),
			gatewayPO("SEND2"),
			downstreamPO("LEGAL", "SEND2", "annet"),
			downstreamPO("FINANCE", "SEND2", "peters"),
		},
		PCs: []PC{
			gatewayPC("GW1", "11.1.16.16", "RECEIVE1", receiveOnly, receiveCommand),
			gatewayPC("GW2", "11.1.16.17", "SEND1", sendOnly, sendCommand),
			gatewayPC("GW3", "11.1.16.18", "RECEIVE2", receiveOnly, receiveCommand),
			gatewayPC("GW4", "11.1.16.19", "SEND2", sendOnly, sendCommand),
			transferPC("MTA1", "EXTERNAL -p010", "RECEIVE1", "SEND1", "SALES", "ENGINEER"),
			transferPC("MTA2", "EXTERNAL -p011", "RECEIVE2", "SEND2", "LEGAL", "FINANCE"),
			transferPC("MTA3", "EXTERNAL -p012 -md", "SALES", "ENGINEER", "LEGAL", "FINANCE"),
		},
		SMTP: []GatewayConfig{
			gatewayFiles("RECEIVE1", "msmailgw1", "RECEIVE1", "SEND1", "SALES", "ENGINEER"),
			gatewayFiles("RECEIVE2", "msmailgw2", "RECEIVE2", "SEND2", "LEGAL", "FINANCE"),
			gatewayFiles("SEND1", "msmailgw1", "RECEIVE1", "SEND1", "SALES", "ENGINEER"),
			gatewayFiles("SEND2", "msmailgw2", "RECEIVE2", "SEND2", "LEGAL", "FINANCE"),
		},
		SmartHosts: []SmartHost{relay("margb", "sales",
			route("GW1", "receive1", "send1", "sales", "engineer"),
			route("GW3", "receive2", "send2", "legal", "finance"))},
	}
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

func downstreamPO(name, via string, users ...string) Postoffice {
	return Postoffice{
		Network: shapeNetwork, Name: name,
		Users:  append([]string{"ADMIN"}, users...),
		Via:    shapeNetwork + "/" + via,
		Access: true,
	}
}

func gatewayPC(name, ip, postoffice string, local []string, run string) PC {
	return PC{
		Name: name, IP: ip,
		Drives: []DriveMap{{'M', shapeNetwork + "/" + postoffice}}, // the default drive. Q87041
		Local:  local,
		Path:   []string{gateDir},
		Run:    run,
	}
}

// transferPC maps its postoffices to M and the letters after it.
func transferPC(name, run string, postoffices ...string) PC {
	pc := PC{Name: name, Run: run}
	for i, po := range postoffices {
		pc.Drives = append(pc.Drives, DriveMap{'M' + byte(i), shapeNetwork + "/" + po})
	}
	return pc
}

// gatewayFiles gives every postoffice a domain of its own (Q87030): its name
// in lower case under the company's.
func gatewayFiles(postoffice, host string, served ...string) GatewayConfig {
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

func route(pc string, names ...string) (list []Route) {
	for _, name := range names {
		list = append(list, Route{domainOf(name), pc})
	}
	return list
}

func domainOf(postoffice string) string { return strings.ToLower(postoffice) + shapeDomain }
