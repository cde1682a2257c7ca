package lint

import (
	"slices"
	"strings"
)

// Rules about which instance of EXTERNAL works on which postoffice.
var extRules = []Rule{
	{
		ID: "ext.no-mailer", Severity: Error, Articles: []string{"Q104981", "Q148707", "Q128585"}, Covers: []string{"LR01"},
		Title:    "no program delivers what arrives in INQUEUE3 of a postoffice",
		Remedy:   "let one EXTERNAL without MailerDisable serve the postoffice, or run the gateway there without -MD",
		Inputs:   "command lines of all gateways and mailers; EXTERNAL.INI; drives",
		Inferred: "a gateway that only sends is not counted as a mailer: whether SMTPGET delivers is told nowhere",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				instances, all := j.serving(po)
				unsure := false
				mailer := slices.ContainsFunc(j.gatewaysOn(po), func(c *Command) bool {
					unsure = unsure || c.Gateway == nil
					return c.Gateway != nil && !c.Gateway.MailerDisable
				})
				for _, x := range instances {
					runs, ok := x.mailer(j)
					mailer, unsure = mailer || ok && runs, unsure || !ok
				}
				switch {
				case mailer:
					j.Looked()
				case !all:
					j.Missing("all programs that serve the postoffice of %s (pcs)", po.Ref())
				case !unsure && len(instances) == 0:
					j.Find(po.At, "no EXTERNAL and no gateway with a mailer works on %s: INQUEUE3 grows and nobody gets mail", po.Ref())
				case !unsure:
					s := instances[0].all("MailerDisable")
					j.Find(s[len(s)-1].at, "every EXTERNAL of %s runs without its mailer: INQUEUE3 grows and nobody gets mail", po.Ref())
				}
			}
		},
	},
	{
		ID: "ext.wan-only", Severity: Error, Articles: []string{"Q100827", "Q132547", "Q133429"}, Covers: []string{"LR02"},
		Title:  "a postoffice is reached with DrivesWAN only: mail is put into its INQUEUE3, but nobody delivers or collects there",
		Remedy: "run a second EXTERNAL at that site which serves the postoffice without DrivesWAN",
		Inputs: "command lines of EXTERNAL; EXTERNAL.INI; drives",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				v := x.serves(j)
				for _, po := range v.wan {
					switch others, all := j.serving(po); {
					case len(others) > 0:
						j.Looked()
					case !all:
						j.Missing("all programs that serve the postoffice of %s (pcs)", po.Ref())
					default:
						j.Find(v.wide[po], "%s is only sent to by %s and no other EXTERNAL serves it: its users never get the mail", po.Ref(), x.pc.Name)
					}
				}
			}
		},
	},
	{
		ID: "ext.gateway-mailer", Severity: Warning, Articles: []string{"Q136379", "Q156166", "Q135926"}, Covers: []string{"LR03"},
		Title:  "gateway and EXTERNAL both deliver on one postoffice, or EXTERNAL is older than 3.2: false reports [021] after a delivery that succeeded, and error 201",
		Remedy: "run the gateway with -MD and an EXTERNAL of 3.2 or later on its postoffice",
		Inputs: "command lines; version of EXTERNAL",
		check: func(j *Judge) {
			for _, po := range j.Gateways() {
				gateways := j.gatewaysOn(po)
				instances, _ := j.serving(po)
				for _, x := range instances {
					if runs, ok := x.mailer(j); !ok || !runs {
						continue
					}
					for _, c := range gateways {
						if c.Gateway == nil {
							continue
						}
						j.Looked()
						if !c.Gateway.MailerDisable {
							j.Find(c.At, "SMTPGATE without -MD delivers on %s beside EXTERNAL of %s", po.Ref(), x.pc.Name)
						}
					}
					if len(gateways) == 0 {
						continue
					}
					if v, ok := j.version(x.pc, "EXTERNAL"); ok && v.before(3, 2) {
						j.Find(x.at, "EXTERNAL of %s is older than 3.2 and deletes the envelope of a message before INQUEUE3 is updated", x.pc.Name)
					}
				}
			}
		},
	},
	{
		ID: "ext.received-log", Severity: Warning, Articles: []string{"Q128512"}, Covers: []string{"LR04"},
		Title:  "the gateway is to log received messages, but EXTERNAL delivers them and does not log",
		Remedy: "give LogReceive or -MR to the EXTERNAL that serves the gateway postoffice",
		Inputs: "command lines of gateway and EXTERNAL; EXTERNAL.INI",
		check: func(j *Judge) {
			for _, po := range j.Gateways() {
				for _, c := range j.gatewaysOn(po) {
					at, _, wanted := c.Find("MR")
					if c.Gateway == nil || !c.Gateway.MailerDisable || !wanted {
						continue
					}
					instances, _ := j.serving(po)
					logs, known := false, len(instances) > 0
					for _, x := range instances {
						on, ok := x.on(j, "LogReceive")
						logs, known = logs || on, known && ok
					}
					switch {
					case logs:
						j.Looked()
					case known:
						j.Find(at.At, "with -MD the gateway writes no RECV.LOG, and no EXTERNAL of %s has LogReceive", po.Ref())
					}
				}
			}
		},
	},
	{
		ID: "ext.v20", Severity: Error, Articles: []string{"Q103960", "Q131422", "Q87189"}, Covers: []string{"LR05"},
		Title:  "CompatV20 of EXTERNAL.INI holds for some programs of a postoffice and not for others",
		Remedy: "give -V20 or CompatV20 to all programs of the postoffice, or to none",
		Inputs: "EXTERNAL.INI; command lines of all programs of the postoffice",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				instances, _ := j.serving(po)
				var from Place // where an INI file sets it; the rest is seen on command lines
				with, without := 0, ""
				for _, x := range instances {
					s, ok := x.option(j, "CompatV20")
					switch {
					case !ok:
					case s.given && s.value != "0":
						if with++; len(x.line["CompatV20"]) == 0 {
							from = s.at
						}
					default:
						without = "EXTERNAL of " + x.pc.Name
					}
				}
				for _, c := range j.gatewaysOn(po) {
					if c.Gateway == nil {
						continue
					}
					if _, _, ok := c.Find("V20"); !ok {
						without = "SMTPGATE"
					}
				}
				if from.File == "" {
					continue
				}
				j.Looked()
				if without != "" {
					j.Find(from, "EXTERNAL locks as version 2.0 does on %s, but %s does not", po.Ref(), without)
				}
			}
		},
	},
	{
		ID: "ext.v20-needless", Severity: Info, Articles: []string{"Q131422"}, Covers: []string{"LR06"},
		Title:  "EXTERNAL locks as version 2.0 does although no program of that version is there",
		Remedy: "remove CompatV20 or -V20 from all programs of the postoffice",
		Inputs: "command lines; EXTERNAL.INI; versions of EXTERNAL",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				s, ok := x.option(j, "CompatV20")
				if !ok || !s.given || s.value == "0" {
					continue
				}
				old, known := false, true
				for _, po := range x.serves(j).full {
					others, _ := j.serving(po)
					for _, o := range others {
						v, ok := j.version(o.pc, "EXTERNAL")
						known, old = known && ok, old || ok && v.before(2, 1)
					}
				}
				if known && !old {
					j.Find(s.at, "no EXTERNAL of version 2.0 shares a postoffice with %s; its locks only cost time", x.pc.Name)
				}
			}
		},
	},
	{
		ID: "ext.several", Severity: Warning, Articles: []string{"Q103421", "Q119642"}, Covers: []string{"LR07"},
		Title:  "several instances of EXTERNAL serve one postoffice and one is older than 3.2: duplicates and circular routes",
		Remedy: "bring every EXTERNAL of the postoffice to 3.2 or later",
		Inputs: "command lines; drives; versions of EXTERNAL",
		check: func(j *Judge) {
			j.shared2(func(po *Postoffice, x *external, v version) {
				if v.before(3, 2) {
					j.Find(x.at, "EXTERNAL of %s is older than 3.2 and shares %s with another: it locks a queue only after it has collected from it", x.pc.Name, po.Ref())
				}
			})
		},
	},
	{
		ID: "ext.two-way", Severity: Warning, Articles: []string{"Q136004"}, Covers: []string{"LR08"},
		Title:    "several instances of EXTERNAL serve one postoffice, one has a two-way modem line and is older than 3.5.20: lost and doubled messages",
		Remedy:   "bring that EXTERNAL to 3.5.20 or later, or set CommInOnly or CommOutOnly",
		Inputs:   "command lines; EXTERNAL.INI; versions of EXTERNAL",
		Inferred: "an instance has a modem line when an option of one is set; no option at all means a line as well, but then nothing is connected",
		check: func(j *Judge) {
			j.shared2(func(po *Postoffice, x *external, v version) {
				line := false
				for _, key := range []string{"CommType", "CommScript", "AsyncCommPort", "AsyncPort"} {
					line = line || len(x.all(key)) > 0
				}
				for _, key := range []string{"CommDisable", "CommInOnly", "CommOutOnly"} {
					off, ok := x.on(j, key)
					line = line && ok && !off
				}
				if line && v.before(3, 5, 20) {
					j.Find(x.at, "EXTERNAL of %s calls and is called while another instance serves %s too; before 3.5.20 it gives up its lock too early", x.pc.Name, po.Ref())
				}
			})
		},
	},
	{
		ID: "ext.one", Severity: Info, Articles: []string{"Q237695"}, Covers: []string{"LR09"},
		Title:    "not exactly one EXTERNAL of 3.2.18 or later serves a postoffice",
		Remedy:   "let one EXTERNAL of 3.2.18 or later serve each postoffice",
		Inputs:   "command lines; drives; versions of EXTERNAL",
		Inferred: "the advice is given for a later product with the same mailbags",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				instances, _ := j.serving(po)
				if len(instances) > 1 {
					j.Find(instances[1].at, "%d instances of EXTERNAL serve %s", len(instances), po.Ref())
				}
				if len(instances) != 1 {
					continue
				}
				x := instances[0]
				if v, ok := j.version(x.pc, "EXTERNAL"); ok && v.before(3, 2, 18) {
					j.Find(x.at, "EXTERNAL of %s, which serves %s, is older than 3.2.18", x.pc.Name, po.Ref())
				}
			}
		},
	},
	{
		ID: "ext.retries", Severity: Warning, Articles: []string{"Q119884"}, Covers: []string{"LR54"},
		Title:  "several instances of EXTERNAL share a queue and its limit of retries is the one for a single instance: mail is returned within minutes",
		Remedy: "raise the limit of retries of the external postoffices while their route is set to modem, then set the route back",
		Inputs: "command lines; drives; limit of retries of the postoffice",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				instances, _ := j.serving(po)
				n := 0
				for _, x := range instances {
					if off, ok := x.on(j, "DispatchDisable"); ok && !off {
						n++
					}
				}
				if n < 2 {
					if len(instances) > 0 {
						j.Looked()
					}
					continue
				}
				limit, ok := needNumber(j, po.Said["retryLimit"], "the limit of retries of %s (retryLimit)", po.Ref())
				if ok && limit < 3*n { // three cycles of each, as one alone has
					j.Find(po.Said["retryLimit"].At, "%d instances of EXTERNAL try the mail of %s in turn and give up after %d failures together", n, po.Ref(), limit)
				}
			}
		},
	},
	{
		ID: "ext.remote-wan", Severity: Warning, Articles: []string{"Q128828", "Q133429"}, Covers: []string{"LR61"},
		Title:  "remote users have their mailboxes on a postoffice that the EXTERNAL which takes their calls reaches with DrivesWAN: their sign-on is refused",
		Remedy: "serve the home postoffice of remote users without DrivesWAN",
		Inputs: "clients of the postoffices; command lines of EXTERNAL; EXTERNAL.INI",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				v := x.serves(j)
				for _, po := range v.wan {
					clients, ok := Need(j, po.Said["clients"], "the mail clients of %s (clients)", po.Ref())
					if !ok || !hasWord(clients, "remote") {
						continue
					}
					out, ok1 := x.on(j, "CommOutOnly")
					off, ok2 := x.on(j, "CommDisable")
					if ok1 && ok2 && !out && !off {
						j.Find(v.wide[po], "remote users of %s who call %s are refused, because it only sends to their postoffice", po.Ref(), x.pc.Name)
					}
				}
			}
		},
	},
}

// shared2 calls fn with each instance, of a known version, of the postoffices
// that two or more instances serve.
func (j *Judge) shared2(fn func(*Postoffice, *external, version)) {
	done := map[Place]bool{}
	for _, po := range j.Postoffices {
		instances, _ := j.serving(po)
		if len(instances) < 2 {
			continue
		}
		for _, x := range instances {
			if done[x.at] {
				continue
			}
			done[x.at] = true
			if v, ok := j.version(x.pc, "EXTERNAL"); ok {
				fn(po, x, v)
			}
		}
	}
}

// hasWord reports whether a list, words separated by commas or blanks, has a
// word.
func hasWord(list, word string) bool {
	return slices.ContainsFunc(words(list), func(w string) bool { return strings.EqualFold(w, word) })
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' })
}
