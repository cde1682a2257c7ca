package lint

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Rules about the computers that run EXTERNAL.
var extPCRules = []Rule{
	{
		ID: "ext.files", Severity: Warning, Articles: []string{"Q120220", "Q156166"}, Covers: []string{"LR49"},
		Title:  "the computer of an EXTERNAL has FILES below 30: a delivered message is not taken out of its queue and is sent in each cycle",
		Remedy: "set FILES=30 or more in CONFIG.SYS",
		Inputs: "CONFIG.SYS of the computers that run EXTERNAL",
		check: func(j *Judge) {
			for _, pc := range j.externalPCs() {
				if isNT(pc.Said["os"].Value) {
					continue // FILES= is of MS-DOS
				}
				if n, ok := Need(j, pc.FilesMax, "CONFIG.SYS of %s", pc.Name); ok && n < 30 {
					j.Find(pc.FilesMax.At, "FILES=%d on %s, which runs EXTERNAL; 30 are needed", n, pc.Name)
				}
			}
		},
	},
	{
		ID: "ext.local", Severity: Warning, Articles: []string{"Q101750", "Q134952", "Q156166"}, Covers: []string{"LR50"},
		Title:  "EXTERNAL is run from a server, or its overlay lies elsewhere",
		Remedy: "copy EXTERNAL.EXE and its overlays into one directory of a local disk and start it there",
		Inputs: "programs of the computers that run EXTERNAL",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				if x.command == nil {
					continue
				}
				if d := x.command.Dir; d != "" && !x.pc.Local(Program{Dir: d}) {
					j.Find(x.at, "EXTERNAL is started from %s, which is no local disk", d)
					continue
				}
				list, ok := Need(j, x.pc.Programs, "the programs on the disk of %s: a DIR listing (disk, files.inventory)", x.pc.Name)
				if !ok {
					continue
				}
				exe := program(list, "EXTERNAL.EXE", "")
				switch {
				case exe == nil && x.command.Dir == "":
					j.Find(x.at, "%s has no EXTERNAL.EXE of its own, so the one of a server is run", x.pc.Name)
				case exe != nil && !x.pc.Local(*exe):
					j.Find(exe.At, "EXTERNAL.EXE of %s lies in %s, which is no local disk", x.pc.Name, exe.Dir)
				}
			}
		},
	},
	{
		ID: "ext.overlay", Severity: Warning, Articles: []string{"Q101750", "Q104485", "Q128628"}, Covers: []string{"LR50"},
		Title:    "EXTERNAL.EXE and its overlay are of different releases, or the overlay is missing: error 21 at the start",
		Remedy:   "copy EXTERNAL.EXE and the overlay from the same disk",
		Inputs:   "programs of the computers that run EXTERNAL, overlays included",
		Inferred: "files of one release have one date; the overlay is ASYNC.OVL when CommType names no other",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				if x.command == nil || !x.pc.Programs.Known {
					if x.command != nil {
						j.Missing("the programs on the disk of %s: a DIR listing (disk, files.inventory)", x.pc.Name)
					}
					continue
				}
				exe := program(x.pc.Programs.Value, "EXTERNAL.EXE", "")
				if exe == nil {
					continue
				}
				s, ok := x.option(j, "CommType")
				if !ok {
					continue
				}
				name := overlay(s.value)
				if !slices.ContainsFunc(x.pc.Programs.Value, func(p Program) bool { return path.Ext(p.Name) == ".OVL" }) {
					j.Missing("the overlays (*.OVL) on the disk of %s: a DIR listing (disk, files.inventory)", x.pc.Name)
					continue
				}
				ovl := program(x.pc.Programs.Value, name, exe.Dir)
				switch {
				case ovl == nil:
					j.Find(exe.At, "%s is not beside EXTERNAL.EXE in %s", name, exe.Dir)
				case exe.Date == "" || ovl.Date == "":
					j.Missing("the dates of programs on the disk of %s: a DIR listing (disk, files.inventory)", x.pc.Name)
				case exe.Date != ovl.Date:
					j.Find(ovl.At, "%s is of %s and EXTERNAL.EXE of %s", name, ovl.Date, exe.Date)
				default:
					j.Looked()
				}
			}
		},
	},
	{
		ID: "ext.prefix", Severity: Info, Articles: []string{"Q128627"}, Covers: []string{"LR52"},
		Title:  "a name of nine characters begins one of ten: an EXTERNAL older than 3.2.17 reports a circular route [004] that is none",
		Remedy: "bring EXTERNAL to 3.2.17 or later, or rename one of the two",
		Inputs: "names of the postoffices; version of EXTERNAL",
		check: func(j *Judge) {
			short, long := "", ""
			for _, a := range j.Postoffices {
				for _, b := range j.Postoffices {
					if begins(a.Network, b.Network) && a.Network != "" && begins(a.Name, b.Name) && a.Ref() != b.Ref() {
						short, long = a.Ref(), b.Ref()
					}
				}
			}
			if short == "" {
				if len(j.Postoffices) > 0 {
					j.Looked()
				}
				return
			}
			for _, pc := range j.externalPCs() {
				if v, ok := j.version(pc, "EXTERNAL"); ok && v.before(3, 2, 17) {
					j.Find(pc.At, "EXTERNAL of %s takes %s for %s", pc.Name, short, long)
				}
			}
		},
	},
	{
		ID: "ext.clock", Severity: Warning, Articles: []string{"Q119089", "Q137676"}, Covers: []string{"LR55"},
		Title:  "clocks of the computers that run EXTERNAL and the gateway differ: the time a message was received depends on which of them carried it",
		Remedy: "set the clocks from one server when the computers are started",
		Inputs: "difference of each computer's clock from a common one",
		check: func(j *Judge) {
			var first *PC
			least, most := 0, 0
			for _, pc := range j.PCs {
				if len(pc.Commands) == 0 && !pc.Role.Known {
					continue
				}
				n, ok := needNumber(j, pc.Said["clock"], "the difference of the clock of %s (clock)", pc.Name)
				if !ok {
					continue
				}
				if first == nil {
					first, least, most = pc, n, n
				}
				least, most = min(least, n), max(most, n)
				// Times of messages are in minutes.
				if most-least >= 60 {
					j.Find(pc.Said["clock"].At, "the clock of %s differs from that of others by %d seconds", pc.Name, most-least)
					return
				}
			}
		},
	},
	{
		ID: "ext.nt-box", Severity: Info, Articles: []string{"Q118620", "Q134756"}, Covers: []string{"LR62"},
		Title:  "EXTERNAL for MS-DOS is run on Windows NT",
		Remedy: "run it on MS-DOS, or use the multitasking EXTERNAL for Windows NT",
		Inputs: "operating system and programs of the computers that run EXTERNAL",
		check: func(j *Judge) {
			for _, pc := range j.externalPCs() {
				os, ok := Need(j, pc.Said["os"], "the operating system of %s (os)", pc.Name)
				if !ok || !isNT(os) {
					continue
				}
				if _, ok := Need(j, pc.Programs, "the programs on the disk of %s: a DIR listing (disk, files.inventory)", pc.Name); ok && !multitasking(pc) {
					j.Find(pc.Said["os"].At, "%s runs %s, and its EXTERNAL is not the one for it", pc.Name, os)
				}
			}
		},
	},
	{
		ID: "ext.compress", Severity: Warning, Articles: []string{"Q101749"}, Covers: []string{"LR59"},
		Title:    "mailbags are compressed while EXTERNAL or the gateway runs: mail is lost or repeated",
		Remedy:   "stop EXTERNAL and the gateway before mailbags are compressed, for instance with -BT",
		Inputs:   "time of compression; command lines",
		Inferred: "a program that -BT ends before the compression, and that no batch file starts again, does not run then",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				f := po.Said["compress"]
				text, ok := Need(j, f, "the time of compression of %s (compress)", po.Ref())
				if !ok || strings.EqualFold(text, "never") {
					continue
				}
				at, ok := minuteOfDay(text)
				if !ok {
					j.Missing("the time of compression of %s (compress): %q is no time of day", po.Ref(), text)
					continue
				}
				for _, r := range j.runningOn(po) {
					if end, ok := minuteOfDay(r.stop); ok && end <= at && r.pc.Loop.Known && !r.pc.Loop.Value {
						continue
					}
					j.Find(f.At, "mailbags of %s are compressed at %s while %s may run", po.Ref(), text, r.what)
					break
				}
			}
		},
	},
}

// externalPCs returns the computers that run EXTERNAL, each once.
func (j *Judge) externalPCs() []*PC {
	var list []*PC
	for _, x := range j.externals() {
		if !slices.Contains(list, x.pc) {
			list = append(list, x.pc)
		}
	}
	return list
}

// running is a program that works on a postoffice.
type running struct {
	pc   *PC
	what string
	stop string // time of day of -BT, "" without
}

func (j *Judge) runningOn(po *Postoffice) []running {
	var list []running
	for _, x := range j.externals() {
		v := x.serves(j)
		if !slices.Contains(v.full, po) && !slices.Contains(v.wan, po) {
			continue
		}
		r := running{pc: x.pc, what: "EXTERNAL of " + x.pc.Name}
		if s := x.line["-BT"]; len(s) > 0 {
			r.stop = s[len(s)-1].value
		}
		list = append(list, r)
	}
	for _, pc := range j.PCs {
		if c := pc.Command("SMTPGATE"); c != nil && j.Database(pc) == po {
			_, stop, _ := c.Find("BT")
			list = append(list, running{pc, "SMTPGATE of " + pc.Name, stop})
		}
	}
	return list
}

// program returns the row of a program, in a directory when one is given.
func program(list []Program, name, dir string) *Program {
	for i := range list {
		if list[i].Name == name && (dir == "" || list[i].Dir == dir) {
			return &list[i]
		}
	}
	return nil
}

// overlay is the file that CommType loads. Q101750, Q148246
func overlay(commType string) string {
	switch lower := strings.ToLower(commType); {
	case strings.HasPrefix(lower, "x25eicon"):
		return "X25EICON.OVL"
	case strings.HasPrefix(lower, "x25atlan"):
		return "X25ATLAN.OVL"
	}
	return "ASYNC.OVL"
}

// begins reports whether two names are equal, or one of nine characters begins
// one of ten.
func begins(a, b string) bool {
	a, b = strings.ToUpper(a), strings.ToUpper(b)
	return a == b || len(a) == 9 && len(b) == 10 && strings.HasPrefix(b, a)
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
