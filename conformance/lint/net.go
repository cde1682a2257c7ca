package lint

import (
	"strings"

	"gwkit/conformance/drive"
)

// Rules about the network between the computers.
var netRules = []Rule{
	{
		ID: "net.odi", Severity: Error, Articles: []string{"Q118562"},
		Title:    "SMTPGET before 3.04.6 loses address lists that are exported over the backbone when the PC has Novell's ODI drivers",
		Remedy:   "install SMTPGET 3.04.6",
		Inputs:   "AUTOEXEC.BAT; release of SMTPGET; backbone and specialExport of the postoffices",
		Inferred: "specialExport none on every postoffice means that no list is exported",
		check:    checkODI,
	},
	{
		ID: "net.nfs", Severity: Error, Articles: []string{"Q127727"},
		Title:    "a postoffice on an NFS server has files with permissions other than 777",
		Remedy:   "set all files of the postoffice to 777",
		Inputs:   "server and mode of the postoffice, or its drive as an NFS mount",
		Inferred: "without mode the permissions that this machine sees are looked at",
		check:    checkNFS,
	},
	{
		ID: "net.igs", Severity: Error, Articles: []string{"Q129140"},
		Title:  "a Cisco IGS router with firmware before 9.0.2 makes the gateway hang behind a message's text",
		Remedy: "install firmware 9.0.2 or later on the router",
		Inputs: "product and firmware of the routers",
		check: func(j *Judge) {
			j.routers(func(r *Router) {
				product, ok := Need(j, r.Product, "product of router %s", r.Name)
				if !ok || !strings.Contains(strings.ToLower(product), "igs") {
					return
				}
				firmware, ok := Need(j, r.Firmware, "firmware of router %s", r.Name)
				if ok && versionLess(firmware, "9.0.2") {
					j.Find(r.Firmware.At, "router %s, %s, has firmware %s, older than 9.0.2", r.Name, product, quoted(firmware))
				}
			})
		},
	},
	{
		ID: "net.segment", Severity: Warning, Articles: []string{"Q131150", "Q137041", "Q134339"},
		Title:  "gateway PC and postoffice server are on different physical networks",
		Remedy: "put the gateway PC on the network of the server",
		Inputs: "segment of the PC and of the postoffice",
		check: func(j *Judge) {
			for _, pc := range j.GatewayPCs() {
				po := j.Database(pc)
				if po == nil {
					j.Missing("the postoffice that %s works on", pc.Name)
					continue
				}
				own, ok := Need(j, pc.Said["segment"], "segment of %s", pc.Name)
				if !ok {
					continue
				}
				other, ok := Need(j, po.Said["segment"], "segment of %s", po.Ref())
				if ok && !strings.EqualFold(own, other) {
					j.Find(pc.Said["segment"].At, "%s is on network %s, and %s on %s", pc.Name, quoted(own), po.Ref(), quoted(other))
				}
			}
		},
	},
	{
		ID: "net.relay", Severity: Warning, Articles: []string{"Q131150", "Q137041"},
		Title:    "mail from outside reaches the gateway without a relay host",
		Remedy:   "let mail from outside come through a relay on the gateway's network",
		Inputs:   "smart host, its routes or inbound; where MX records lead",
		Inferred: "a relay with a route to a gateway PC is one that mail comes through",
		check:    checkRelay,
	},
	{
		ID: "net.static", Severity: Warning, Articles: []string{"Q131150", "Q137041"},
		Title:  "a router between gateway and smart host has no static routes for them",
		Remedy: "enter static routes for both hosts in the router",
		Inputs: "staticRoutes of the routers",
		check: func(j *Judge) {
			j.routers(func(r *Router) {
				if static, ok := Need(j, r.StaticRoutes, "staticRoutes of router %s", r.Name); ok && !static {
					j.Find(r.StaticRoutes.At, "router %s has no static routes for gateway and smart host", r.Name)
				}
			})
		},
	},
	{
		ID: "net.nic", Severity: Warning, Articles: []string{"Q131150", "Q137041"},
		Title:  "the network adapter of a gateway PC has 8 bits, or its memory is enabled",
		Remedy: "use a 16-bit adapter, and disable its memory",
		Inputs: "adapter and adapterRam of the PC",
		check: func(j *Judge) {
			for _, pc := range j.GatewayPCs() {
				if adapter, ok := Need(j, pc.Said["adapter"], "adapter of %s", pc.Name); ok && strings.HasPrefix(adapter, "8") {
					j.Find(pc.Said["adapter"].At, "%s has an 8-bit adapter", pc.Name)
				}
				if ram, ok := Need(j, pc.Said["adapterRam"], "adapterRam of %s", pc.Name); ok && ram == "true" {
					j.Find(pc.Said["adapterRam"].At, "the adapter's memory of %s is enabled", pc.Name)
				}
			}
		},
	},
	{
		ID: "net.protocols", Severity: Info, Articles: []string{"Q131150", "Q137041"},
		Title:    "IPX/SPX and TCP/IP share one adapter",
		Remedy:   "give each protocol an adapter of its own",
		Inputs:   "protocols of the PC, or NET.CFG and the batch files",
		Inferred: "a PC that loads IPXODI or IPX and a TCP/IP stack, with one Link Driver, has both on it",
		check:    checkProtocols,
	},
}

// routers calls fn with the routers between gateway and smart host.
func (j *Judge) routers(fn func(*Router)) {
	if len(j.GatewayPCs()) == 0 && !j.Routers.Known {
		return
	}
	list, ok := Need(j, j.Routers, "the routers of the network")
	if !ok {
		return
	}
	for i := range list {
		fn(&list[i])
	}
}

func checkODI(j *Judge) {
	for _, pc := range j.GatewayPCs() {
		start, ok := Need(j, pc.Start, "AUTOEXEC.BAT of %s", pc.Name)
		if !ok {
			continue
		}
		var odi *Statement
		for i := range start {
			if name := start[i].Name(); name == "IPXODI" || name == "LSL" {
				odi = &start[i]
			}
		}
		if odi == nil {
			continue
		}
		// Without the backbone, or when nothing is exported, no list is lost.
		backbone, known := j.backbone()
		if known && !backbone {
			continue
		}
		exports, exportsKnown := false, len(j.Postoffices) > 0
		for _, po := range j.Postoffices {
			said := po.Said["specialExport"]
			exports = exports || said.Known && !strings.EqualFold(said.Value, "none")
			exportsKnown = exportsKnown && said.Known
		}
		if exportsKnown && !exports {
			continue
		}
		list := j.releases(pc, "SMTPGET.EXE")
		if len(list) == 0 {
			j.Missing("SMTPGET.EXE of %s (inventory, or versions)", pc.Name)
		}
		for i := range list {
			switch old, sure := list[i].older("3.04.6"); {
			case sure && !old:
				j.Looked()
			case !sure:
				j.Missing("the release of SMTPGET.EXE of %s: %s", pc.Name, list[i].how)
			case !known:
				j.Missing("backbone of the postoffices")
			case !exports:
				j.Missing("specialExport of the postoffices")
			default:
				j.Find(odi.At, "%s loads %s, and its SMTPGET is %s: address lists sent over the backbone are lost", pc.Name, odi.Name(), &list[i])
			}
		}
	}
}

func checkNFS(j *Judge) {
	for _, po := range j.Postoffices {
		server, ok := Need(j, po.Said["server"], "server of %s", po.Ref())
		if !ok || !strings.Contains(strings.ToLower(server), "nfs") && !strings.Contains(strings.ToLower(server), "unix") {
			continue
		}
		if mode := po.Said["mode"]; mode.Known {
			if strings.TrimLeft(mode.Value, "0") != "777" {
				j.Find(mode.At, "files of %s on %s have permissions %s, want 777", po.Ref(), server, quoted(mode.Value))
			}
			continue
		}
		if po.Tree == nil {
			j.Missing("mode of %s", po.Ref())
			continue
		}
		f := j.few()
		for _, dir := range []string{"MBG", "KEY"} {
			err := po.Tree.List(dir, func(e drive.Entry) error {
				if e.Err == nil && e.Mode.Perm() != 0o777 {
					f.find(Error, inTree(po.Tree, e.Path), "%s of %s has permissions %03o, want 777", e.Path, po.Ref(), e.Mode.Perm())
				}
				return nil
			})
			if err != nil {
				j.unreadable(err)
			}
		}
		f.end("files of " + po.Ref())
	}
}

func checkRelay(j *Judge) {
	if len(j.GatewayPCs()) == 0 {
		return
	}
	mx := j.Said["mx"]
	switch {
	case mx.Value == "gateway":
		j.Find(mx.At, "MX records lead to the gateway itself, so every host calls it")
	case len(j.Relays) == 0 && j.Complete:
		j.Find(j.At, "there is no smart host, so every host calls the gateway")
	case len(j.Relays) == 0:
		j.Missing("the smart host")
	}
	for _, relay := range j.Relays {
		inbound := relay.Said["inbound"]
		switch {
		case inbound.Value == "false":
			j.Find(inbound.At, "mail from outside does not come through %s", relay.Name)
		case inbound.Known, len(relay.Routes.Value) > 0, mx.Value == "smarthost":
			j.Looked()
		default:
			j.Missing("inbound of %s", relay.Name)
		}
	}
}

func checkProtocols(j *Judge) {
	for _, pc := range j.GatewayPCs() {
		if said := pc.Said["protocols"]; said.Known {
			j.Looked()
			if listHas(said.Value, "ipx") && listHas(said.Value, "tcpip") {
				j.Find(said.At, "%s has %s on its adapter", pc.Name, said.Value)
			}
			continue
		}
		t, ok := pc.Files["NET.CFG"]
		if !ok && !pc.Start.Known {
			j.Missing("protocols of %s, or its NET.CFG and AUTOEXEC.BAT", pc.Name)
			continue
		}
		j.Looked()
		drivers, ipx, tcp := 0, false, stackOf(pc).Known
		for _, s := range t.NetSections() {
			if strings.HasPrefix(strings.ToLower(s.Title), "link driver") {
				drivers++
			}
		}
		at := Place{File: t.File}
		for i := range pc.Start.Value {
			switch s := &pc.Start.Value[i]; s.Name() {
			case "IPXODI", "IPX":
				ipx, at = true, s.At
			case "TCPIP", "TCPTSR":
				tcp = true
			}
		}
		if ipx && tcp && drivers <= 1 {
			j.Find(at, "%s loads IPX/SPX and TCP/IP, and has one adapter", pc.Name)
		}
	}
}
