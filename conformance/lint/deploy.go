package lint

import (
	"slices"
	"strings"
)

// Rules about who works on which postoffice, and what each computer is.
var deployRules = []Rule{
	{
		ID: "deploy.shared-po", Severity: Error, Articles: []string{"Q132060"}, Covers: []string{"LR40"},
		Title:    "two gateways work on the same postoffice, where their temporary files have the same names; sooner or later mail halts in both directions",
		Remedy:   "give each gateway a postoffice of its own; until then run only one of them",
		Inputs:   "postoffice of each gateway PC",
		Inferred: "two computers that map one server directory work on one postoffice",
		check: func(j *Judge) {
			for _, pair := range j.sharedDatabases() {
				c := pair.second.Command("SMTPGATE")
				at := pair.second.At
				if c != nil {
					at = c.At
				}
				j.Find(at, "%s works on %s, as %s does; want a postoffice of its own", pair.second.Name, pair.what, pair.first.Name)
			}
		},
	},
	{
		ID: "deploy.concurrent", Severity: Warning, Articles: []string{"Q132060"},
		Title:  "both computers of a pair start the gateway by themselves while they are still set up on one postoffice",
		Remedy: "take SMTPGATE out of the AUTOEXEC.BAT of one computer until each has a postoffice of its own",
		Inputs: "AUTOEXEC.BAT or run line of both computers; postoffice of each",
		check: func(j *Judge) {
			for _, pair := range j.sharedDatabases() {
				first, ok1 := j.startsItself(pair.first)
				second, ok2 := j.startsItself(pair.second)
				if ok1 && ok2 && first.Value && second.Value {
					j.Find(second.At, "%s starts the gateway by itself on %s, as %s does", pair.second.Name, pair.what, pair.first.Name)
				}
			}
		},
	},
	{
		ID: "deploy.duplicate-ip", Severity: Error, Articles: []string{"Q132060"},
		Title:  "two gateway computers have the same TCP/IP number",
		Remedy: "give the second computer a TCP/IP number of its own",
		Inputs: "PROTOCOL.INI or NET.CFG of the computers, or their declared addresses",
		check: func(j *Judge) {
			first := map[string]*PC{}
			for _, pc := range j.gatewayPCs() {
				ip, ok := Need(j, pc.IP, "the IP address of %s", pc.Name)
				if !ok {
					continue
				}
				if other := first[ip]; other != nil {
					j.Find(pc.IP.At, "%s has the address %s, as %s has", pc.Name, ip, other.Name)
				} else {
					first[ip] = pc
				}
			}
		},
	},
	{
		ID: "deploy.capacity", Severity: Warning, Articles: []string{"Q132060", "Q134339"},
		Covers:   []string{"LR41"},
		Title:    "more messages are expected in a day than the gateways carry, about 10,000 of 8 KB each",
		Remedy:   "add a gateway with its own postoffice, or a dedicated pair; see gwcheck capacity",
		Inputs:   "declared volumes",
		Inferred: "for other sizes the limit follows from the documented times of 537-byte and 8 KB messages",
		check:    checkVolume,
	},
	{
		ID: "deploy.external", Severity: Error, Articles: []string{"Q156166", "Q128512"},
		Title:  "no EXTERNAL serves the gateway postoffice",
		Remedy: "run EXTERNAL on another computer with the gateway postoffice among its drives; with -MD it is what empties INQUEUE3",
		Inputs: "all computers with their drives",
		check:  checkExternalServes,
	},
	{
		ID: "deploy.att", Severity: Error, Articles: []string{"Q119253", "Q141981"},
		Title:  "the AT&T gateway 1.0 is on the same postoffice and takes mail from the same mailbag",
		Remedy: "use the AT&T gateway 1.1 with ADPROC.EXE, or another postoffice",
		Inputs: "gateways of the postoffice",
		check: func(j *Judge) {
			for _, po := range j.gatewayPostoffices() {
				list, ok := Need(j, po.Said["gateways"], "the gateways of %s (gateways)", po.Ref())
				if !ok {
					continue
				}
				for _, g := range strings.Split(list, ",") {
					g = strings.ReplaceAll(fold(strings.TrimSpace(g)), "&", "")
					if strings.HasPrefix(g, "att") && !strings.Contains(g, "1.1") {
						j.Find(po.Said["gateways"].At, "%s has the gateway %q besides SMTP", po.Ref(), strings.TrimSpace(g))
					}
				}
			}
		},
	},
	{
		ID: "deploy.os", Severity: Error, Articles: []string{"Q105288", "Q87023"},
		Title:    "the gateway runs on another operating system than MS-DOS",
		Remedy:   "run it on a computer with MS-DOS and a 16-bit TCP/IP stack",
		Inputs:   "description of the PC",
		Inferred: "PC DOS and DR DOS pass for MS-DOS",
		check: func(j *Judge) {
			for _, pc := range j.gatewayPCs() {
				os, ok := Need(j, pc.Said["os"], "the operating system of %s (os)", pc.Name)
				if ok && (!strings.Contains(fold(os), "dos") || strings.Contains(fold(os), "windows")) {
					j.Find(pc.Said["os"].At, "%s has %s, want MS-DOS", pc.Name, quoted(os))
				}
			}
		},
	},
	{
		ID: "deploy.dedicated", Severity: Warning, Articles: []string{"Q87024", "Q101461"},
		Title:    "the gateway PC does other work, or is less than the gateway asks for",
		Remedy:   "use a computer of its own, a 286 or better from version 3.0.9",
		Inputs:   "description of the PC; version of SMTPGATE",
		Inferred: "3.0a asks for what 3.0.9 does",
		check:    checkDedicated,
	},
}

// sharing is two gateways on one postoffice.
type sharing struct {
	first, second *PC
	what          string // NET/PO or a server directory
}

// sharedDatabases finds the gateway PCs that work on the same postoffice.
func (j *Judge) sharedDatabases() []sharing {
	var list []sharing
	byPO, byShare := map[string]*PC{}, map[string]*PC{}
	for _, pc := range j.gatewayPCs() {
		letter := byte('M')
		if c := pc.Command("SMTPGATE"); c != nil && c.Gateway != nil {
			letter = c.Gateway.Drive
		}
		if ref := pc.Drives[letter]; ref != "" {
			j.Looked()
			if other := byPO[fold(ref)]; other != nil {
				list = append(list, sharing{other, pc, ref})
			} else {
				byPO[fold(ref)] = pc
			}
			continue
		}
		share, ok := pc.Shares[letter]
		if !ok {
			j.Missing("the postoffice of %s: drive %c (drives)", pc.Name, letter)
			continue
		}
		j.Looked()
		if other := byShare[fold(share.Text)]; other != nil {
			list = append(list, sharing{other, pc, share.Text})
		} else {
			byShare[fold(share.Text)] = pc
		}
	}
	return list
}

// startsItself says whether a PC starts the gateway without a person.
func (j *Judge) startsItself(pc *PC) (Fact[bool], bool) {
	c := pc.Command("SMTPGATE")
	if c == nil {
		j.Missing("the command line of %s", pc.Name)
		return Fact[bool]{}, false
	}
	if _, ok := pc.Files["AUTOEXEC.BAT"]; !ok && pc.Start.Known {
		j.Missing("AUTOEXEC.BAT of %s", pc.Name)
		return Fact[bool]{}, false
	}
	j.Looked()
	return Know(c.Auto, c.At), true
}

// gatewayLimit is how many messages of a size one gateway moves in a day:
// 10,000 of 8 KB, and otherwise by the line through 2.5 s for 537 bytes and
// that figure. Q132060, Q137043
func gatewayLimit(size int) int {
	if size <= 0 {
		size = 8192
	}
	const fixed, perKB = 2.06, 0.82 // seconds
	return int(10000 * (fixed + perKB*8) / (fixed + perKB*float64(size)/1024))
}

func checkVolume(j *Judge) {
	declared := j.Volume
	if !declared.Known {
		sum := Volume{}
		for _, po := range j.Postoffices {
			if po.Volume.Known {
				v := po.Volume.Value
				sum.In, sum.Out, sum.Size = sum.In+v.In, sum.Out+v.Out, max(sum.Size, v.Size)
				if !declared.Known {
					declared = Know(sum, po.Volume.At)
				}
				declared.Value = sum
			}
		}
	}
	v, ok := Need(j, declared, "the declared volume (volume)")
	if !ok {
		return
	}
	both, receive, send := 0, 0, 0
	for _, pc := range j.gatewayPCs() {
		switch role, ok := Need(j, pc.Role, "the role of %s (role)", pc.Name); {
		case !ok:
			return
		case role == RoleReceive:
			receive++
		case role == RoleSend:
			send++
		default:
			both++
		}
	}
	limit := gatewayLimit(v.Size)
	// What a dedicated computer cannot take goes to those that do both.
	over := max(0, v.In-receive*limit) + max(0, v.Out-send*limit) - both*limit
	if over > 0 {
		j.Find(declared.At, "%d messages in and %d out in a day are %d more than %s can carry, %d each", v.In, v.Out, over,
			count(both+receive+send, "gateway"), limit)
		return
	}
	// All of them together may carry what one of them cannot.
	for _, pc := range j.GatewayPCs() {
		po := j.Database(pc)
		if po == nil || pc.Role.Value != RoleBoth {
			continue
		}
		sum := 0
		for _, p := range j.Postoffices {
			if p == po || strings.EqualFold(p.Via.Value, po.Ref()) {
				sum += p.Volume.Value.In + p.Volume.Value.Out
			}
		}
		if sum > limit {
			j.Find(pc.At, "%d messages a day go through %s, from %s and those behind it; one gateway carries %d", sum, pc.Name, po.Ref(), limit)
		}
	}
}

func checkExternalServes(j *Judge) {
	var mailers []*PC
	for _, pc := range j.PCs {
		if pc.Command("EXTERNAL") != nil || pc.Role.Value == RoleExternal {
			mailers = append(mailers, pc)
		}
	}
	for _, po := range j.gatewayPostoffices() {
		served := slices.ContainsFunc(mailers, func(pc *PC) bool { return pc.serves(po.Ref()) })
		unsure := slices.ContainsFunc(mailers, func(pc *PC) bool { return len(pc.Drives) == 0 })
		switch {
		case served:
			j.Looked()
		case unsure:
			j.Missing("the drives of the computers that run EXTERNAL (drives)")
		case !j.AllPCs:
			j.Missing("all computers: one that runs EXTERNAL on %s", po.Ref())
		default:
			at, with := po.At, ""
			for _, pc := range j.GatewayPCs() {
				if j.Database(pc) != po {
					continue
				}
				if c := pc.Command("SMTPGATE"); c != nil {
					if arg, _, ok := c.Find("MD"); ok {
						at, with = arg.At, ", and "+pc.Name+" leaves inbound mail to it with "+arg.Text
					}
				}
			}
			j.Find(at, "no EXTERNAL has %s among its drives%s", po.Ref(), with)
		}
	}
}

// serves says whether EXTERNAL on a PC works on a postoffice: it is on a drive
// of -D, or on any drive without the option.
func (p *PC) serves(ref string) bool {
	for letter, po := range p.Drives {
		if !strings.EqualFold(po, ref) {
			continue
		}
		c := p.Command("EXTERNAL")
		if c == nil || c.External == nil || c.External.Drives == "" || strings.IndexByte(c.External.Drives, letter) >= 0 {
			return true
		}
	}
	return false
}

func checkDedicated(j *Judge) {
	for _, pc := range j.gatewayPCs() {
		dedicated, ok := pc.Said["dedicated"], pc.Said["dedicated"].Known
		if ok {
			j.Looked()
			if dedicated.Value != "true" {
				j.Find(dedicated.At, "%s does other work as well, want a dedicated computer", pc.Name)
			}
		}
		hardware := pc.Said["hardware"]
		if !ok && !hardware.Known {
			j.Missing("whether %s is dedicated, and its processor (dedicated, hardware)", pc.Name)
			continue
		}
		if !hardware.Known || !oldProcessor(hardware.Value) {
			continue
		}
		if v, ok := j.gatewayVersion(pc); ok && atLeast(v.Value, "3.0.9") {
			j.Find(hardware.At, "%s is a %s, version %s asks for a 286 or better", pc.Name, hardware.Value, v.Value)
		}
	}
}

func oldProcessor(text string) bool {
	text = strings.ToUpper(text)
	for _, old := range []string{"8086", "8088", "80186", "PC/XT", "V20", "V30"} {
		if strings.Contains(text, old) {
			return true
		}
	}
	return text == "XT" || text == "PC" || strings.HasSuffix(text, " XT")
}
