package lint

import "strings"

// Rules about the character tables.
var tblRules = []Rule{
	{
		ID: "tbl.pair", Severity: Warning, Articles: []string{"Q101461"},
		Title:    "only one of the two character tables is there",
		Remedy:   "copy SMTPIN.TBL and SMTPOUT.TBL together; with code page 850 SMTPOUT.TBL alone is right",
		Inputs:   "listing of the SMTP directory; code page in CONFIG.SYS or AUTOEXEC.BAT",
		Inferred: "the code page is that of COUNTRY=, CHCP or MODE SELECT",
		check: func(j *Judge) {
			for _, po := range j.Gateways() {
				list, ok := Need(j, po.SMTP, "the SMTP directory of %s", po.Ref())
				in, out := tables(list)
				switch {
				case !ok || (in == nil) == (out == nil):
				case out == nil:
					j.Find(in.At, "%s has SMTPIN.TBL without SMTPOUT.TBL", po.Ref())
				default:
					switch page, known := j.codePage(po); {
					case !known:
						j.Missing("the code page of the gateway of %s (CONFIG.SYS, AUTOEXEC.BAT)", po.Ref())
					case page != "850":
						j.Find(out.At, "%s has SMTPOUT.TBL without SMTPIN.TBL, which is right with code page 850 only", po.Ref())
					}
				}
			}
		},
	},
	{
		ID: "tbl.size", Severity: Error, Articles: []string{"Q101461"},
		Title:  "a character table has not 264 bytes and is not used",
		Remedy: "copy the table from the disk again",
		Inputs: "listing of the SMTP directory",
		check: func(j *Judge) {
			j.smtpFiles(func(po *Postoffice, e Entry) {
				if (e.Name == "SMTPIN.TBL" || e.Name == "SMTPOUT.TBL") && e.Size != 264 {
					j.Find(e.At, "%s of %s has %d bytes, want 264", e.Name, po.Ref(), e.Size)
				}
			})
		},
	},
	{
		ID: "tbl.version", Severity: Error, Articles: []string{"Q101461"},
		Title:  "character tables are there, and SMTPGATE is too old to use them",
		Remedy: "install SMTPGATE 3.0.9",
		Inputs: "listing of the SMTP directory; release of SMTPGATE",
		check: func(j *Judge) {
			for _, po := range j.Gateways() {
				list, ok := Need(j, po.SMTP, "the SMTP directory of %s", po.Ref())
				in, out := tables(list)
				if !ok || in == nil && out == nil {
					continue
				}
				for _, pc := range j.GatewayPCs() {
					if d := j.Database(pc); d != nil && d != po {
						continue
					}
					j.tablesFor(pc, po)
				}
			}
		},
	},
}

func (j *Judge) tablesFor(pc *PC, po *Postoffice) {
	list := j.releases(pc, "SMTPGATE.EXE")
	if len(list) == 0 {
		j.Missing("SMTPGATE.EXE of %s (inventory, or versions)", pc.Name)
	}
	for i := range list {
		r := &list[i]
		none, known := r.older("3.0.6")
		half, halfKnown := r.older("3.0.7")
		switch {
		case known && none:
			j.Find(r.at, "SMTPGATE of %s is %s; the tables of %s are used from 3.0.6 on", pc.Name, r, po.Ref())
		case halfKnown && half:
			j.FindAs(Warning, r.at, "SMTPGATE of %s is %s; the tables of %s are used from 3.0.6 on, or from 3.0.7 as the same article says elsewhere", pc.Name, r, po.Ref())
		case !known:
			j.Missing("the release of SMTPGATE.EXE of %s: %s", pc.Name, r.how)
		}
	}
}

func tables(list []Entry) (in, out *Entry) {
	for i := range list {
		switch list[i].Name {
		case "SMTPIN.TBL":
			in = &list[i]
		case "SMTPOUT.TBL":
			out = &list[i]
		}
	}
	return in, out
}

// codePage returns the code page of a gateway PC on a postoffice, 437 when its
// files name none.
func (j *Judge) codePage(po *Postoffice) (page string, known bool) {
	for _, pc := range j.GatewayPCs() {
		if d := j.Database(pc); d != nil && d != po {
			continue
		}
		config, hasConfig := pc.Files["CONFIG.SYS"]
		if hasConfig {
			page, known = "437", true
			if s, ok := config.Setting("", "COUNTRY"); ok { // COUNTRY=049,850,C:\DOS\COUNTRY.SYS
				if parts := strings.Split(s.Value, ","); len(parts) > 1 && strings.TrimSpace(parts[1]) != "" {
					page = strings.TrimSpace(parts[1])
				}
			}
		}
		for _, s := range pc.Start.Value {
			known = true
			words := strings.ToUpper(s.Line)
			switch {
			case s.Name() == "CHCP" && len(s.Words) > 1:
				page = s.Words[1].Text
			case s.Name() == "MODE" && strings.Contains(words, "SEL"):
				if _, after, ok := strings.Cut(words, "="); ok {
					page = strings.TrimSpace(after)
				}
			}
		}
		if known {
			return page, true
		}
	}
	return "", false
}
