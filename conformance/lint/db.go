package lint

import (
	"bytes"
	"slices"
	"strings"

	"gwkit/conformance/drive"
)

// Rules about files of a postoffice that programs of transfer rely on; sizes,
// pairs and directories are those of the family po.
var dbRules = []Rule{
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
				number, ok := Need(j, po.Said["serialNumber"], "the serial number of %s (serialNumber)", po.Ref())
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
				clients, ok := Need(j, po.Said["clients"], "the mail clients of %s (clients)", po.Ref())
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
					j.Missing(`the directory \MBG of %s`, po.Ref())
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
