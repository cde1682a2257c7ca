package lint

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/drive"
)

// Rules about the files of a postoffice that programs of transfer rely on.
var dbRules = []Rule{
	{
		ID: "db.pairs", Severity: Error, Articles: []string{"Q132744", "Q118619"}, Covers: []string{"LR43"},
		Title:  "a mailbag has a KEY file without its MBG file, or the reverse: EXTERNAL puts the drive in error",
		Remedy: "restore the missing file, or create it anew: 560 zero bytes for KEY, an empty file for MBG",
		Inputs: "directories KEY and MBG",
		check: func(j *Judge) {
			j.trees(func(po *Postoffice) {
				keys, ok := j.names(po, "KEY", ".KEY")
				bags, ok2 := j.names(po, "MBG", ".MBG")
				if !ok || !ok2 {
					return
				}
				j.Looked()
				for _, name := range sortedKeys(keys) {
					if !bags[name] && !systemBag(name) {
						j.Find(Place{File: po.Tree.At("KEY/" + name + ".KEY")}, "there is no MBG/%s.MBG", name)
					}
				}
				for _, name := range sortedKeys(bags) {
					if !keys[name] && !systemBag(name) {
						j.Find(Place{File: po.Tree.At("MBG/" + name + ".MBG")}, "there is no KEY/%s.KEY", name)
					}
				}
			})
		},
	},
	{
		ID: "db.system-bags", Severity: Error, Articles: []string{"Q124042", "Q127731", "Q132744"}, Covers: []string{"LR43"},
		Title:  "a mailbag of the system, INQUEUE, INQUEUE3 or SYSTEM, is missing: mail from outside cannot arrive",
		Remedy: "restore both files of the mailbag, or create them anew: 560 zero bytes for KEY, an empty file for MBG",
		Inputs: "directories KEY and MBG",
		check: func(j *Judge) {
			j.trees(func(po *Postoffice) {
				keys, ok := j.names(po, "KEY", ".KEY")
				bags, ok2 := j.names(po, "MBG", ".MBG")
				if !ok || !ok2 {
					return
				}
				j.Looked()
				for _, name := range systemBags {
					if !keys[name] {
						j.Find(Place{File: po.Tree.At("KEY")}, "there is no %s.KEY", name)
					}
					if !bags[name] {
						j.Find(Place{File: po.Tree.At("MBG")}, "there is no %s.MBG", name)
					}
				}
			})
		},
	},
	{
		ID: "db.letter-dirs", Severity: Error, Articles: []string{"Q132744", "Q135902", "Q124042"}, Covers: []string{"LR43"},
		Title:  "one of the 16 directories below MAI or ATT is missing: a sixteenth of all messages cannot be stored",
		Remedy: "create the directories MA0 to MAF and AT0 to ATF",
		Inputs: "directories MAI and ATT",
		check: func(j *Judge) {
			j.trees(func(po *Postoffice) {
				for _, dir := range []string{"MAI", "ATT"} {
					have := map[string]bool{}
					err := po.Tree.List(dir, func(e drive.Entry) error {
						have[e.Name] = e.Dir
						return nil
					})
					if err != nil {
						j.Missing(`directory \%s of %s`, dir, po.Ref())
						continue
					}
					j.Looked()
					var lack []string
					for _, x := range "0123456789ABCDEF" {
						if name := dir[:2] + string(x); !have[name] {
							lack = append(lack, name)
						}
					}
					if lack != nil {
						j.Find(Place{File: po.Tree.At(dir)}, "there is no directory %s", strings.Join(lack, ", "))
					}
				}
			})
		},
	},
	{
		ID: "db.sizes", Severity: Error, Articles: []string{"Q77926", "Q118619", "Q132744"}, Covers: []string{"LR43"},
		Title:  "a file of the database has a size that it cannot have",
		Remedy: "restore the file from a copy, or let Microsoft's tools for mailbags rebuild it",
		Inputs: "directories of the database",
		check: func(j *Judge) {
			j.trees(func(po *Postoffice) {
				for _, dir := range []string{"GLB", "MBG", "XTN", "GRP", "MEM", "NME", "USR"} {
					err := po.Tree.List(dir, func(e drive.Entry) error {
						file := dir + "/" + e.Name
						rule := drive.SizeRuleFor(file)
						if rule == nil || e.Dir || e.Err != nil || j.Context().Err() != nil {
							return nil
						}
						j.Looked()
						switch {
						case !rule.Allows(e.Size):
							j.Find(Place{File: po.Tree.At(e.Path)}, "%d bytes, but the size must be %s (%s)", e.Size, rule.Formula, rule.Article)
						case dir == "MBG" && e.Size > drive.InqueueMax: // Q147253
							j.Find(Place{File: po.Tree.At(e.Path)}, "%d bytes are more than the %d records that a KEY file has bits for", e.Size, drive.SlotMax)
						}
						return nil
					})
					if err != nil && !errors.Is(err, fs.ErrNotExist) {
						j.Missing(`directory \%s of %s: %v`, dir, po.Ref(), err)
					}
				}
			})
		},
	},
	{
		ID: "db.populate", Severity: Warning, Articles: []string{"Q123248", "Q135902"}, Covers: []string{"LR44"},
		Title:  "P1 has no POPULATE.MSM: a backup or copy tool that leaves out empty directories loses P1, and no mail arrives",
		Remedy: "create P1\\POPULATE.MSM with one byte and make it read-only",
		Inputs: "directory P1",
		check: func(j *Judge) {
			j.trees(func(po *Postoffice) {
				if has, err := po.Tree.Has("P1"); err != nil || !has {
					j.Missing(`directory \P1 of %s`, po.Ref())
					return
				}
				has, err := po.Tree.Has("P1/POPULATE.MSM")
				switch {
				case err != nil:
					j.Missing(`directory \P1 of %s: %v`, po.Ref(), err)
				case !has:
					j.Find(Place{File: po.Tree.At("P1")}, "there is no POPULATE.MSM")
				default:
					j.Looked()
				}
			})
		},
	},
	{
		ID: "db.p1-age", Severity: Warning, Articles: []string{"Q148707", "Q156166"}, Covers: []string{"LR44"},
		Title:    "an envelope in P1 is older than one cycle of EXTERNAL: it is left over, or nobody delivers",
		Remedy:   "let one EXTERNAL run through; move envelopes away that are still there when INQUEUE3 is empty",
		Inputs:   "directory P1 with times; cycle of EXTERNAL",
		Inferred: "the present is not before the latest time of a file in P1, KEY, MBG and LOG",
		check: func(j *Judge) {
			j.trees(func(po *Postoffice) {
				j.old(po, func(name string) bool { return strings.HasSuffix(name, ".P1") }, "envelope")
			})
		},
	},
	{
		ID: "db.lock-age", Severity: Warning, Articles: []string{"Q128913", "Q135902"}, Covers: []string{"LR44"},
		Title:    "a lock file in P1 is older than one cycle of EXTERNAL: while the server holds it open its queue is skipped silently",
		Remedy:   "end the session that holds the file, then delete it while no EXTERNAL runs",
		Inputs:   "directory P1 with times; cycle of EXTERNAL",
		Inferred: "the present is not before the latest time of a file in P1, KEY, MBG and LOG",
		check: func(j *Judge) {
			j.trees(func(po *Postoffice) {
				j.old(po, func(name string) bool {
					return strings.HasSuffix(name, ".0LK") || strings.HasPrefix(name, "LOCKP1ID.")
				}, "lock")
			})
		},
	},
	{
		ID: "db.serial", Severity: Warning, Articles: []string{"Q110762", "Q209486", "Q151228"}, Covers: []string{"LR51"},
		Title:    "two postoffices have one serial number, as after copying a postoffice",
		Remedy:   "give the copy the MASTER.GLB of a new installation with a serial number of its own",
		Inputs:   "serial numbers; MASTER.GLB",
		Inferred: "where the number is in MASTER.GLB is told nowhere: two equal files have equal numbers",
		check: func(j *Judge) {
			if len(j.Postoffices) < 2 {
				return
			}
			said := map[string]*Postoffice{}
			var read []*Postoffice
			var masters [][]byte
			for _, po := range j.Postoffices {
				if po.Tree != nil {
					if data, err := po.Tree.Read("GLB/MASTER.GLB", 1<<12); err == nil {
						if i := slices.IndexFunc(masters, func(m []byte) bool { return bytes.Equal(m, data) }); i >= 0 {
							j.Find(Place{File: po.Tree.At("GLB/MASTER.GLB")}, "MASTER.GLB is the same as that of %s", read[i].Ref())
							continue
						}
						read, masters = append(read, po), append(masters, data)
					}
				}
				number, ok := Need(j, po.Said["serialNumber"], "serial number of %s", po.Ref())
				if !ok {
					continue
				}
				if other := said[number]; other != nil {
					j.Find(po.Said["serialNumber"].At, "%s has the serial number of %s", po.Ref(), other.Ref())
				}
				said[number] = po
			}
		},
	},
	{
		ID: "db.network-size", Severity: Warning, Articles: []string{"Q96694"}, Covers: []string{"LR56"},
		Title:  "NETWORK.GLB has more than 8,170 bytes, which is all that older Windows clients read: networks behind that are unknown to them",
		Remedy: "bring the Windows clients up to date, or define fewer networks",
		Inputs: "clients of the postoffice; size of NETWORK.GLB",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				clients, ok := Need(j, po.Said["clients"], "mail clients of %s", po.Ref())
				if !ok || !hasWord(clients, "windows") {
					continue
				}
				if po.Tree == nil {
					j.Missing(`\GLB\NETWORK.GLB of %s`, po.Ref())
					continue
				}
				e, err := po.Tree.Stat("GLB/NETWORK.GLB")
				switch {
				case err != nil:
					j.Missing(`\GLB\NETWORK.GLB of %s`, po.Ref())
				case e.Size > 8170:
					j.Find(Place{File: po.Tree.At("GLB/NETWORK.GLB"), Offset: 66 * 122, InRecord: true}, "%d bytes: Windows clients see the first 66 of %d networks", e.Size, e.Size/122)
				}
			}
		},
	},
	{
		ID: "db.queue", Severity: Warning, Articles: []string{"Q175447", "Q147253"}, Covers: []string{"LR57"},
		Title:    "a mailbag is filled to more than half of the 4,096 records it can hold",
		Remedy:   "find out why it is not emptied: a drive that no EXTERNAL serves, a mailer that is off, a user who does not read",
		Inputs:   "directories MBG and KEY",
		Inferred: "the articles name the limit; half of it is taken as well below",
		check: func(j *Judge) {
			j.trees(func(po *Postoffice) {
				err := po.Tree.List("MBG", func(e drive.Entry) error {
					name, ok := strings.CutSuffix(e.Name, ".MBG")
					if !ok || j.Context().Err() != nil {
						return nil
					}
					j.Looked()
					if e.Size <= drive.InqueueMax/2 {
						return nil
					}
					live := 0
					err := po.Tree.Mailbag(name, func(m drive.Mail) error {
						if !m.Deleted {
							live++
						}
						return nil
					})
					switch {
					case err != nil && live == 0:
						j.Missing("%s of %s: %v", e.Path, po.Ref(), err)
					case live > drive.SlotMax/2:
						j.Find(Place{File: po.Tree.At(e.Path)}, "%d messages are in the mailbag, which holds %d", live, drive.SlotMax)
					}
					return nil
				})
				if err != nil {
					j.Missing(`directory \MBG of %s`, po.Ref())
				}
			})
		},
	},
	{
		ID: "db.put-version", Severity: Warning, Articles: []string{"Q147253"}, Covers: []string{"LR57"},
		Title:  "SMTPPUT older than 3.04.0010 writes into a full INQUEUE3 and destroys it",
		Remedy: "bring SMTPPUT to 3.04.0010 or later",
		Inputs: "version of SMTPPUT",
		check: func(j *Judge) {
			for _, pc := range j.GatewayPCs() {
				if pc.Role.Known && pc.Role.Value == RoleSend {
					continue // has none. Q132060
				}
				if v, ok := j.version(pc, "SMTPPUT"); ok && v.before(3, 4, 10) {
					j.Find(pc.Said["versions.SMTPPUT"].At, "SMTPPUT %s of %s does not stop at the end of INQUEUE3", pc.Said["versions.SMTPPUT"].Value, pc.Name)
				}
			}
		},
	},
}

// systemBags are the mailbags that every postoffice of version 3 has. Q77926
var systemBags = []string{"INQUEUE", "INQUEUE3", "SYSTEM"}

func systemBag(name string) bool { return slices.Contains(systemBags, name) }

// names returns the files of a directory with an extension, without it.
func (j *Judge) names(po *Postoffice, dir, ext string) (map[string]bool, bool) {
	names := map[string]bool{}
	err := po.Tree.List(dir, func(e drive.Entry) error {
		if name, ok := strings.CutSuffix(e.Name, ext); ok && !e.Dir {
			names[name] = true
		}
		return nil
	})
	if err != nil {
		j.Missing(`directory \%s of %s`, dir, po.Ref())
	}
	return names, err == nil
}

// old reports the files of P1 that are older than a cycle of EXTERNAL.
func (j *Judge) old(po *Postoffice, is func(name string) bool, what string) {
	if has, err := po.Tree.Has("P1"); err != nil || !has {
		j.Missing(`directory \P1 of %s`, po.Ref())
		return
	}
	cycle := 5 * time.Minute // Q148707
	instances, _ := j.serving(po)
	for _, x := range instances {
		if n, _, ok := x.number(j, "IntervalRegular", 5); ok && time.Duration(n)*time.Minute > cycle {
			cycle = time.Duration(n) * time.Minute
		}
	}
	var latest time.Time
	var found []drive.Entry
	for _, dir := range []string{"P1", "KEY", "MBG", "LOG"} {
		err := po.Tree.List(dir, func(e drive.Entry) error {
			if e.Dir || e.Err != nil {
				return nil
			}
			if e.ModTime.After(latest) {
				latest = e.ModTime
			}
			if dir == "P1" && is(e.Name) {
				found = append(found, e)
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			j.Missing(`directory \%s of %s: %v`, dir, po.Ref(), err)
		}
	}
	j.Looked()
	for _, e := range found {
		if age := latest.Sub(e.ModTime); age > cycle {
			j.Find(Place{File: po.Tree.At(e.Path)}, "%s of %s is at least %s old, a cycle is %s", what, e.ModTime.Format("2006-01-02 15:04"), age.Round(time.Minute), cycle)
		}
	}
}
