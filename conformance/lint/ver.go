package lint

import "strings"

// Rules about the releases of the programs.
var verRules = []Rule{
	{
		ID: "ver.smtpgate", Severity: Warning, Articles: []string{"Q101461", "Q102107", "Q108054", "Q108052", "Q135926", "Q99713"},
		Title:  "SMTPGATE is older than 3.0.9 and has defects that later releases cured",
		Remedy: "install SMTPGATE 3.0.9 with SMTPPUT 3.04.1",
		Inputs: "size or date of SMTPGATE.EXE, or its version",
		check: func(j *Judge) {
			j.copies("SMTPGATE.EXE", func(pc *PC, r *release) {
				if old, known := r.older("3.0.9"); !known {
					j.Missing("the release of SMTPGATE.EXE of %s: %s", pc.Name, r.how)
				} else if old {
					j.Find(r.at, "SMTPGATE of %s is %s%s", pc.Name, r, curedSince(r))
				} else {
					j.Looked()
				}
			})
		},
	},
	{
		ID: "ver.ehlo", Severity: Error, Articles: []string{"Q100352", "Q101461"},
		Title:  "the relay begins with EHLO, and SMTPGATE before 3.0.2 hangs up on it; or the relay sends RSET after a refused EHLO",
		Remedy: "install SMTPGATE 3.0.9, and have the relay begin with HELO towards the gateway",
		Inputs: "release of SMTPGATE; greets and resets of the smart host",
		check:  checkEHLO,
	},
	{
		ID: "ver.vm", Severity: Error, Articles: []string{"Q102107", "Q101461"},
		Title:  "IBM VM SMTP needs host names in the greeting, which SMTPGATE before 3.0.2 leaves out",
		Remedy: "install SMTPGATE 3.0.9",
		Inputs: "release of SMTPGATE; software of the smart host",
		check: func(j *Judge) {
			for _, relay := range j.Relays {
				software := relay.Said["software"]
				if software.Known && !isVM(software.Value) {
					j.Looked()
					continue
				}
				j.copies("SMTPGATE.EXE", func(pc *PC, r *release) {
					switch old, known := r.older("3.0.2"); {
					case known && !old:
						j.Looked()
					case !software.Known:
						j.Missing("software of %s", relay.Name)
					case !known:
						j.Missing("the release of SMTPGATE.EXE of %s: %s", pc.Name, r.how)
					default:
						j.Find(r.at, "SMTPGATE of %s is %s and gives no host name, for which %s (%s) hangs up", pc.Name, r, relay.Name, software.Value)
					}
				})
			}
		},
	},
	{
		ID: "ver.smtpput", Severity: Error, Articles: []string{"Q101461", "Q101458", "Q98050", "Q132693"},
		Title:  "SMTPPUT is older than 3.04.1 although SMTPGATE 3.0.9 or backbone mail needs it",
		Remedy: "replace every copy of SMTPPUT.EXE by 3.04.1 of 04-19-93, 66,751 bytes, also on the server",
		Inputs: "size or date of SMTPPUT.EXE; release of SMTPGATE; backbone postoffices",
		check:  checkPut,
	},
	{
		ID: "ver.smtpget", Severity: Warning, Articles: []string{"Q98050", "Q118562", "GW1034", "Q118398"},
		Title:  "SMTPGET is older than 3.04.6",
		Remedy: "replace every copy of SMTPGET.EXE by 3.04.6, 107,251 bytes",
		Inputs: "size or date of SMTPGET.EXE, or its version",
		check: func(j *Judge) {
			j.copies("SMTPGET.EXE", func(pc *PC, r *release) {
				switch old, known := r.older("3.04.6"); {
				case !known:
					j.Missing("the release of SMTPGET.EXE of %s: %s", pc.Name, r.how)
				case old:
					j.Find(r.at, "SMTPGET of %s is %s", pc.Name, r)
				default:
					j.Looked()
				}
			})
		},
	},
	{
		ID: "ver.adproc", Severity: Warning, Articles: []string{"Q141981", "Q119253", "Q132693"},
		Title:    "SMTPGET.EXE is AT&T's ADPROC.EXE",
		Remedy:   "have AT&T support it, or copy SMTPGET.EXE from the disk of the gateway",
		Inputs:   "what SMTPGET -ver prints (versionText), or the size of SMTPGET.EXE",
		Inferred: "on a postoffice with an AT&T gateway any size that no article knows is suspect",
		check:    checkADPROC,
	},
}

// copies calls fn with each copy of a program on the gateway PCs; it misses
// those of which nothing is known.
func (j *Judge) copies(program string, fn func(*PC, *release)) {
	for _, pc := range j.GatewayPCs() {
		list := j.releases(pc, program)
		if len(list) == 0 {
			if pc.Programs.Known && !needsProgram(pc, program) {
				continue
			}
			j.Missing("%s of %s (inventory, or versions)", program, pc.Name)
		}
		for i := range list {
			fn(pc, &list[i])
		}
	}
}

// needsProgram says whether a PC's role needs a program. Q132060
func needsProgram(pc *PC, program string) bool {
	switch {
	case !pc.Role.Known:
		return true
	case program == "SMTPGET.EXE":
		return pc.Role.Value != RoleReceive
	case program == "SMTPPUT.EXE":
		return pc.Role.Value != RoleSend
	}
	return true
}

// cures are what releases of SMTPGATE cured, from old to new. Q101461
var cures = []struct{ version, what string }{
	{"3.0.1", "replies without host name (Q102107)"},
	{"3.0.2", "hang-up on EHLO (Q100352)"},
	{"3.0.5", "recipients with names (Q101461)"},
	{"3.0.7", "headers cut off behind a stripped address (Q101461)"},
	{"3.0.8", "mail refused for an address in its header (Q108054), commas in comments (Q108052)"},
	{"3.0.9", "error 201 for long aliases (Q135926)"},
}

// curedSince lists what later releases cured, when the release is known.
func curedSince(r *release) string {
	var list []string
	for _, c := range cures {
		if r.exact != "" && versionLess(r.exact, c.version) {
			list = append(list, c.what)
		}
	}
	if list == nil {
		return ""
	}
	return "; cured since then: " + strings.Join(list, ", ")
}

func isVM(software string) bool {
	s := strings.ToLower(software)
	return strings.Contains(s, "vm smtp") || strings.Contains(s, "ibm vm") || strings.Contains(s, "vm tcp")
}

func checkEHLO(j *Judge) {
	for _, relay := range j.Relays {
		greets, resets := relay.Said["greets"], relay.Said["resets"]
		if greets.Known && strings.EqualFold(greets.Value, "helo") {
			j.Looked() // it never sends EHLO
			continue
		}
		if resets.Value == "true" {
			j.Find(resets.At, "%s sends RSET after a refused EHLO, which upsets every release of the gateway", relay.Name)
		}
		j.copies("SMTPGATE.EXE", func(pc *PC, r *release) {
			switch old, known := r.older("3.0.2"); {
			case known && !old && resets.Known:
				j.Looked()
			case known && !old:
				j.Missing("resets of %s: whether it sends RSET after a refused EHLO", relay.Name)
			case !greets.Known:
				j.Missing("greets of %s", relay.Name)
			case !known:
				j.Missing("the release of SMTPGATE.EXE of %s: %s", pc.Name, r.how)
			default:
				j.Find(r.at, "SMTPGATE of %s is %s and hangs up on EHLO, with which %s begins", pc.Name, r, relay.Name)
			}
		})
	}
}

// backbone says whether mail between postoffices passes through the gateway.
func (j *Judge) backbone() (yes, known bool) {
	known = len(j.Postoffices) > 0
	for _, po := range j.Postoffices {
		if po.Backbone.Value {
			return true, true
		}
		known = known && po.Backbone.Known
	}
	return false, known
}

func checkPut(j *Judge) {
	backbone, backboneKnown := j.backbone()
	j.copies("SMTPPUT.EXE", func(pc *PC, r *release) {
		old, known := r.older("3.04.1")
		if r.exact == attVersion {
			old, known = true, true
		}
		if known && !old {
			j.Looked()
			return
		}
		if !known {
			j.Missing("the release of SMTPPUT.EXE of %s: %s", pc.Name, r.how)
			return
		}
		newer, newerKnown := false, false
		for _, g := range j.releases(pc, "SMTPGATE.EXE") {
			if before, ok := g.older("3.0.9"); ok {
				newer, newerKnown = newer || !before, true
			}
		}
		switch {
		case newer:
			j.Find(r.at, "SMTPPUT of %s is %s, and SMTPGATE 3.0.9 needs 3.04.1", pc.Name, r)
		case backbone:
			j.Find(r.at, "SMTPPUT of %s is %s, which makes duplicates of backbone mail", pc.Name, r)
		case !newerKnown:
			j.Missing("the release of SMTPGATE.EXE of %s", pc.Name)
		case !backboneKnown:
			j.Missing("backbone of the postoffices")
		default:
			j.Looked()
		}
	})
}

func checkADPROC(j *Judge) {
	for _, pc := range j.GatewayPCs() {
		if text := pc.Said["versionText.SMTPGET"]; text.Known {
			j.Looked()
			if strings.Contains(strings.ToUpper(text.Value), "ADPROC") {
				j.Find(text.At, "SMTPGET of %s says that it is ADPROC.EXE of the AT&T gateway", pc.Name)
			}
			continue
		}
		list := j.releases(pc, "SMTPGET.EXE")
		if len(list) == 0 && pc.Programs.Known && !needsProgram(pc, "SMTPGET.EXE") {
			continue
		}
		po, att := j.Database(pc), false
		if po != nil {
			att = listHas(po.Said["gateways"].Value, "att")
		}
		for i := range list {
			switch r := &list[i]; {
			case r.build != nil:
				j.Looked()
			case att:
				j.Find(r.at, "SMTPGET of %s (%s) is no build that an article knows, and %s has an AT&T gateway, which replaces it by ADPROC.EXE", pc.Name, r.how, po.Ref())
			default:
				j.Missing("what SMTPGET -ver prints on %s (versionText)", pc.Name)
			}
		}
		if len(list) == 0 {
			j.Missing("SMTPGET.EXE of %s (inventory, or versionText)", pc.Name)
		}
	}
}
