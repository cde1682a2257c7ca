package lint

import (
	"slices"
	"strings"

	"gwkit/emulator/site"
)

// Rules about the command line of SMTPGATE, each by itself or with those of
// the other programs on the postoffice. What is about time is in opt_time.go.
var optRules = []Rule{
	{
		ID: "opt.unknown", Severity: Warning, Articles: []string{"Q132060", "Q87042"},
		Title:    "an option of SMTPGATE is not in the known list, or has a value that it does not take",
		Remedy:   "compare the command line with the documented options: gwcheck list options",
		Inputs:   "command line",
		Inferred: "-063, as printed in an example, is probably meant to be -o63",
		check:    checkUnknownOptions,
	},
	{
		ID: "opt.mr-md", Severity: Warning, Articles: []string{"Q128512"},
		Title:  "-MR has no effect together with -MD",
		Remedy: "give -MR to EXTERNAL, which delivers the mail",
		Inputs: "command line",
		check: eachGateway(func(j *Judge, pc *PC, c *Command) {
			if mr, _, ok := c.Find("MR"); ok {
				if md, _, ok := c.Find("MD"); ok {
					j.Find(mr.At, "%s has no effect with %s; RECV.LOG is not written", mr.Text, md.Text)
				}
			}
		}),
	},
	{
		ID: "opt.p", Severity: Error, Articles: []string{"Q87043"},
		Covers: []string{"LR10"},
		Title:  "two programs on a postoffice have the same process number, or one is no number from 01 to FF",
		Remedy: "give each program on the postoffice a process number of its own with -P001 to -P0FF",
		Inputs: "command lines of all programs on the postoffice",
		check:  checkProcessNumbers,
	},
	{
		ID: "opt.v20", Severity: Error, Articles: []string{"Q131422", "Q103960", "Q135926"},
		Title:  "-V20 is used by some of the programs on a postoffice and not by others",
		Remedy: "use -V20 with all programs on the postoffice or with none",
		Inputs: "command lines of all programs on the postoffice",
		check:  checkLocking,
	},
	{
		ID: "opt.d", Severity: Error, Articles: []string{"Q87041"},
		Title:  "the drive of the mail database is not the one that the gateway uses: M, or that of -D",
		Remedy: "map the root of the gateway postoffice's database to the drive, or name its drive with -D",
		Inputs: "command line; drive mapping",
		check:  checkDatabaseDrive,
	},
	{
		ID: "opt.re", Severity: Warning, Articles: []string{"Q87040", "Q87039"},
		Title:  "-RE turns encapsulation off although there are backbone postoffices",
		Remedy: "take -RE off the command line, or give up backbone mail",
		Inputs: "command line; list of backbone postoffices",
		check: eachGateway(func(j *Judge, pc *PC, c *Command) {
			re, _, ok := c.Find("RE")
			if !ok {
				return
			}
			known := false
			for _, po := range j.Postoffices {
				known = known || po.Backbone.Known
				if po.Backbone.Value {
					j.Find(re.At, "%s turns encapsulation off, and %s exchanges backbone mail", re.Text, po.Ref())
					return
				}
			}
			if !known {
				j.Missing("which postoffices exchange backbone mail (backbone)")
			}
		}),
	},
	{
		ID: "opt.ha", Severity: Info, Articles: []string{"Q99696", "Q126648", "Q107355"},
		Title:  "electronic forms are in use without -HA, or -HA is used for ordinary Internet mail",
		Remedy: "use -HA where electronic forms must arrive, and leave it out where readers have other mail programs",
		Inputs: "command line; what the gateway is used for",
		check: eachGateway(func(j *Judge, pc *PC, c *Command) {
			said := Fact[string]{}
			for _, po := range j.Postoffices {
				if u := po.Said["use"]; u.Known {
					said.At, said.Known, said.Value = u.At, true, said.Value+", "+u.Value
				}
			}
			use, ok := Need(j, said, "what the gateway is used for (use)")
			if !ok {
				return
			}
			ha, _, has := c.Find("HA")
			forms := strings.Contains(fold(use), "forms")
			switch {
			case forms && !has:
				j.Find(c.At, "electronic forms are in use and %s has no -HA; hidden attachments are dropped", pc.Name)
			case has && !forms && strings.Contains(fold(use), "internet"):
				j.Find(ha.At, "%s sends WINMAIL.DAT to Internet readers, and no electronic forms are in use", ha.Text)
			}
		}),
	},
	{
		ID: "opt.f-version", Severity: Error, Articles: []string{"Q99713"},
		Title:  "-F is used with SMTPGATE below 3.0.9, which does not have it",
		Remedy: "install version 3.0.9 or take the option off",
		Inputs: "command line; version of SMTPGATE",
		check: eachGateway(func(j *Judge, pc *PC, c *Command) {
			f, _, ok := c.Find("F")
			if !ok {
				return
			}
			if v, ok := j.gatewayVersion(pc); ok && !atLeast(v.Value, "3.0.9") {
				j.Find(f.At, "%s needs version 3.0.9, %s has %s", f.Text, pc.Name, v.Value)
			}
		}),
	},
	{
		ID: "opt.z", Severity: Warning, Articles: []string{"Q192054"},
		Title:  "-Z is used with a build that does not have it, or the build of August 1998 is used without it",
		Remedy: "install the build of August 1998 and start it with -Z",
		Inputs: "command line; version of SMTPGATE",
		check: eachGateway(func(j *Judge, pc *PC, c *Command) {
			v, ok := j.gatewayVersion(pc)
			if !ok {
				return
			}
			z, _, has := c.Find("Z")
			switch {
			case has && v.Value != "3.0a":
				j.Find(z.At, "%s needs the build of August 1998, %s has %s", z.Text, pc.Name, v.Value)
			case !has && v.Value == "3.0a":
				j.Find(c.At, "%s has the build of August 1998 and no -Z; time zones are sent as hours only", pc.Name)
			}
		}),
	},
	{
		ID: "opt.md", Severity: Info, Articles: []string{"Q135926", "Q156166", "Q136379"},
		Title:    "-MD is absent although an EXTERNAL could deliver inbound mail without contention",
		Remedy:   "start SMTPGATE with -MD and let EXTERNAL deliver",
		Inputs:   "command line; drives of EXTERNAL",
		Inferred: "only where an EXTERNAL serves the postoffice, and for gateways that receive",
		check: eachGateway(func(j *Judge, pc *PC, c *Command) {
			if _, _, ok := c.Find("MD"); ok || pc.Role.Value == RoleSend {
				return
			}
			po := j.Database(pc)
			served := po != nil && slices.ContainsFunc(j.PCs, func(x *PC) bool {
				return (x.Command("EXTERNAL") != nil || x.Role.Value == RoleExternal) && x.serves(po.Ref())
			})
			switch {
			case served:
				j.Find(c.At, "%s runs the mailer itself, and EXTERNAL serves %s", pc.Name, po.Ref())
			case !j.AllPCs:
				j.Missing("all computers: one that runs EXTERNAL on the postoffice of %s", pc.Name)
			}
		}),
	},
	{
		ID: "opt.log", Severity: Info, Articles: []string{"Q87043", "Q114407", "Q115494", "Q105130"},
		Title:  "the log lacks what a diagnosis needs: -CD with -LACSY or -GACSY",
		Remedy: "start SMTPGATE with -CD -LACSY -GACSY when a fault is to be found",
		Inputs: "command line",
		check: eachGateway(func(j *Judge, pc *PC, c *Command) {
			o := c.Gateway
			if o == nil {
				return
			}
			full := hasLetters(o.Log, "acsy") || hasLetters(o.Screen, "acsy")
			var lacks []string
			if !o.Debug {
				lacks = append(lacks, "-CD")
			}
			if !full {
				lacks = append(lacks, "-LACSY")
			}
			if len(lacks) > 0 {
				j.Find(c.At, "%s is started without %s", pc.Name, strings.Join(lacks, " and "))
			}
		}),
	},
}

func hasLetters(have, want string) bool {
	for _, r := range want {
		if !strings.ContainsRune(have, r) {
			return false
		}
	}
	return true
}

// eachGateway makes a check of one of each SMTPGATE command line.
func eachGateway(check func(*Judge, *PC, *Command)) func(*Judge) {
	return func(j *Judge) {
		for _, pc := range j.gatewayPCs() {
			known := false
			for i := range pc.Commands {
				if c := &pc.Commands[i]; c.Program == "SMTPGATE" {
					known = true
					j.Looked()
					check(j, pc, c)
				}
			}
			if !known {
				j.Missing("the command line of %s: its start batch, or run", pc.Name)
			}
		}
	}
}

// ownRules are options whose values have rules of their own.
var ownRules = []string{"BR", "P"}

func checkUnknownOptions(j *Judge) {
	newest := site.GatewayVersions[len(site.GatewayVersions)-1]
	eachGateway(func(j *Judge, pc *PC, c *Command) {
		for _, arg := range c.Args {
			row, ok := site.OptionFor("SMTPGATE", arg.Text)
			switch {
			case !ok:
				j.Find(arg.At, "%s is no documented option of SMTPGATE", quoted(arg.Text))
			case row.Letter == "0":
				j.Find(arg.At, "%s is no documented option of SMTPGATE; probably -o%s was meant", quoted(arg.Text), arg.Text[2:])
			case slices.Contains(ownRules, row.Letter):
			default:
				if _, err := site.ParseGateway([]string{arg.Text}, newest); err != nil {
					j.Find(arg.At, "%s", valueMistake(err, arg.Text))
				}
			}
		}
	})(j)
}

// valueMistake words the error of an option's value.
func valueMistake(err error, arg string) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return quoted(arg) + " has a value that it does not take: " + text
}

// process is a program that works on a postoffice.
type process struct {
	pc *PC
	c  *Command
}

// processes lists the programs on each postoffice by NET/PO.
func (j *Judge) processes() (byPO map[string][]process, order []string) {
	byPO = map[string][]process{}
	add := func(ref string, p process) {
		key := fold(ref)
		if byPO[key] == nil {
			order = append(order, key)
		}
		byPO[key] = append(byPO[key], p)
	}
	for _, pc := range j.PCs {
		for i := range pc.Commands {
			c := &pc.Commands[i]
			switch {
			case c.Program != "SMTPGATE" && c.Program != "EXTERNAL":
			case len(pc.Drives) == 0:
				j.Missing("the postoffices behind the drives of %s (drives)", pc.Name)
			case c.Program == "SMTPGATE":
				letter := byte('M')
				if c.Gateway != nil {
					letter = c.Gateway.Drive
				}
				if ref := pc.Drives[letter]; ref != "" {
					add(ref, process{pc, c})
				}
			default:
				for _, ref := range sortedKeysOf(pc.Drives) {
					if pc.serves(ref) {
						add(ref, process{pc, c})
					}
				}
			}
		}
	}
	if len(order) == 0 {
		j.Missing("the command lines of the programs on a postoffice")
	}
	return byPO, order
}

// sortedKeysOf returns the postoffices of a drive map, each once, sorted.
func sortedKeysOf(drives map[byte]string) []string {
	var refs []string
	for _, ref := range drives {
		if !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	slices.Sort(refs)
	return refs
}

// processNumber returns the value of -P, and whether it is a number from 01
// to FF.
func processNumber(c *Command) (arg Arg, n int, given, good bool) {
	arg, value, ok := c.Find("P")
	if !ok {
		return arg, 0, false, false
	}
	o, err := site.ParseGateway([]string{"-P" + value}, site.DefaultGatewayVersion)
	return arg, o.ProcessNumber, true, err == nil
}

func checkProcessNumbers(j *Judge) {
	said := map[Place]bool{}
	byPO, order := j.processes()
	for _, ref := range order {
		first := map[int]process{}
		for _, p := range byPO[ref] {
			arg, n, given, good := processNumber(p.c)
			if !given {
				continue
			}
			j.Looked()
			other, twice := first[n]
			switch {
			case !good && !said[arg.At]:
				j.Find(arg.At, "%s is no process number, want -P001 to -P0FF", quoted(arg.Text))
				said[arg.At] = true
			case good && twice && !said[arg.At]:
				j.Find(arg.At, "%s of %s has the process number of %s on %s, %02X", p.c.Program, p.pc.Name, other.pc.Name, strings.ToUpper(ref), n)
				said[arg.At] = true
			case good && !twice:
				first[n] = p
			}
		}
	}
	if len(order) > 0 {
		j.Looked()
	}
}

func checkLocking(j *Judge) {
	byPO, order := j.processes()
	said := map[Place]bool{}
	for _, ref := range order {
		var with, without []process
		for _, p := range byPO[ref] {
			if _, _, ok := p.c.Find("V20"); ok {
				with = append(with, p)
			} else {
				without = append(without, p)
			}
		}
		j.Looked()
		if len(with) == 0 || len(without) == 0 {
			continue
		}
		// The fewer are the odd ones.
		arg, _, _ := with[0].c.Find("V20")
		if !said[arg.At] {
			said[arg.At] = true
			j.Find(arg.At, "%s of %s uses %s on %s, %s of %s does not", with[0].c.Program, with[0].pc.Name, arg.Text, strings.ToUpper(ref), without[0].c.Program, without[0].pc.Name)
		}
	}
}

func checkDatabaseDrive(j *Judge) {
	for _, pc := range j.gatewayPCs() {
		c := pc.Command("SMTPGATE")
		if c == nil {
			j.Missing("the command line of %s: its start batch, or run", pc.Name)
			continue
		}
		letter, at, named := byte('M'), c.At, "no -D, so it uses M"
		if arg, value, ok := c.Find("D"); ok && value != "" {
			letter, at, named = value[0]&^0x20, arg.At, arg.Text
		}
		if len(pc.Drives) == 0 && len(pc.Shares) == 0 {
			j.Missing("the drives of %s (drives)", pc.Name)
			continue
		}
		j.Looked()
		ref, mapped := pc.Drives[letter]
		_, shared := pc.Shares[letter]
		if !mapped && !shared {
			j.Find(at, "%s has %s, and drive %c is not mapped; mapped: %s", pc.Name, named, letter, mappedLetters(pc))
			continue
		}
		if po := j.Postoffice(ref); mapped && po != nil && po.Gateway.Known && !po.Gateway.Value {
			j.Find(at, "%s has %s, and drive %c is %s, which has no gateway", pc.Name, named, letter, po.Ref())
		}
	}
}

func mappedLetters(pc *PC) string {
	var letters []string
	for l := byte('A'); l <= 'Z'; l++ {
		_, drive := pc.Drives[l]
		_, share := pc.Shares[l]
		if drive || share {
			letters = append(letters, string(l))
		}
	}
	return strings.Join(letters, " ")
}
