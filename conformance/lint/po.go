package lint

import (
	"errors"
	"io/fs"
	"strings"
	"time"
)

// Rules about the database of a postoffice.
var poRules = []Rule{
	{
		ID: "po.fromnc-zero", Severity: Error, Articles: []string{"Q111839", "Q156166"},
		Title:    "FROM_NC.API has no bytes, so the gateway does not look for outbound mail any more",
		Remedy:   "stop the gateway, delete FROM_NC.API, and see to it that 40 KB of memory are free in one piece",
		Inputs:   "listing of the SMTP directory",
		Inferred: "in a deployment that runs, a file that goes away or gets bytes within five seconds is being written",
		check: func(j *Judge) {
			j.smtpFiles(func(po *Postoffice, e Entry) {
				if e.Name == "FROM_NC.API" && e.Size == 0 && !j.atWork(po, `SMTP\FROM_NC.API`) {
					j.Find(e.At, "FROM_NC.API of %s has 0 bytes: SMTPGET is not started while it is there, and no error is logged", po.Ref())
				}
			})
		},
	},
	{
		ID: "po.outbad", Severity: Warning, Articles: []string{"Q129239", "Q129713", "Q98159"},
		Title:    "messages that the gateway gave up lie in OUTBAD.API",
		Remedy:   "read the senders in OUTBAD.API, have the messages sent again, and remove the file",
		Inputs:   "listing of the SMTP directory",
		Inferred: "a file without bytes holds no message and is left alone",
		check: func(j *Judge) {
			j.smtpFiles(func(po *Postoffice, e Entry) {
				if e.Name == "OUTBAD.API" && e.Size > 0 {
					j.Find(e.At, "OUTBAD.API of %s holds %d bytes of mail that was not sent", po.Ref(), e.Size)
				}
			})
		},
	},
	{
		ID: "po.stale", Severity: Warning, Articles: []string{"Q115493", "Q100703", "Q128434", "Q98159"},
		Title:    "a temporary file of the gateway is older than one cycle",
		Remedy:   "stop the gateway, look into the file, and rename or delete SMTP_*.* and *.API",
		Inputs:   "times of the files of the database; -W",
		Inferred: "the present is the newest time of the database's own files; a cycle is -W and five minutes for a call",
		check:    checkStale,
	},
	{
		ID: "po.p1", Severity: Warning, Articles: []string{"Q105290", "Q156166", "Q148707", "Q123248"}, Covers: []string{"LR44"},
		Title:    "envelopes are left in P1 although no mailer works on them",
		Remedy:   "run EXTERNAL until P1 is empty; what stays is damaged or an orphan and can be moved away",
		Inputs:   "listing of P1 with times",
		Inferred: "the present is the newest time of the database's own files; a cycle is at least fifteen minutes",
		check:    checkP1,
	},
	{
		ID: "po.attrs", Severity: Error, Articles: []string{"Q115495", "Q135926", "Q100925", "Q127954", "Q117646"}, Covers: []string{"LR48"},
		Title:    "a file that mail programs write is hidden, read-only or without an owner",
		Remedy:   "clear the attributes with ATTRIB or FLAG, and give files without an owner one",
		Inputs:   "attributes of the files: a Windows drive, a served folder, or a listing of ATTRIB or NDIR",
		Inferred: "a file that nobody on the host may write to is read-only for DOS",
		check:    checkAttributes,
	},
	{
		ID: "po.dirs", Severity: Error, Articles: []string{"Q135926", "Q77926", "Q132744"}, Covers: []string{"LR43"},
		Title:    "a directory of the database is missing",
		Remedy:   "make the directory; copy databases with a program that keeps empty directories, such as XCOPY /S /E",
		Inputs:   "the drive of the postoffice",
		Inferred: "two names that differ only in the case of letters are reported here: DOS sees one of them",
		check:    checkDirectories,
	},
	{
		ID: "po.identity", Severity: Error, Articles: []string{"Q121735", "Q148666"},
		Title:    "the drive is the database of another postoffice than the description says",
		Remedy:   "correct name or drive of the postoffice in the description",
		Inputs:   "the drive of the postoffice; its name in a description",
		Inferred: "where MASTER.GLB has the names is in no article: any text of it counts; one without texts tells nothing",
		check:    checkIdentity,
	},
	{
		ID: "po.names", Severity: Warning, Articles: []string{"Q129456", "Q126750"},
		Title:    "a file has a name that this computer cannot read as the server wrote it, so nobody looked into it",
		Remedy:   "mount the drive with the server's code page: iocharset=utf8,codepage=cp850 for CIFS and FAT, and rename what no DOS program wrote",
		Inputs:   "the drive of the postoffice",
		Inferred: "a name that is no UTF-8 is one of a code page; DOS programs name files of a database by letters and digits only",
		check:    checkNames,
	},
	{
		ID: "po.sizes", Severity: Error, Articles: []string{"Q156166", "Q147253", "Q175447", "Q77926", "Q118619"}, Covers: []string{"LR43", "LR57"},
		Title:    "a database file has a size that it cannot have",
		Remedy:   "restore the file from a backup or repair it with the postoffice's own tools; replace a KEY and its MBG only together",
		Inputs:   "the drive of the postoffice",
		Inferred: "an XTN file without bytes is right for the first network, which may have no other postoffice",
		check:    checkSizes,
	},
	{
		ID: "po.control", Severity: Error, Articles: []string{"Q99204", "Q135926", "Q134952"}, Covers: []string{"LR45"},
		Title:  "CONTROL.GLB, TID.GLB, FLAG.GLB or MASTER.GLB is shareable on a NetWare server",
		Remedy: "take NetWare's shareable attribute away from these four files",
		Inputs: "shareable files (shareable of the postoffice, or a listing of NDIR); server",
		check:  checkShareable,
	},
	{
		ID: "po.postmaster", Severity: Warning, Articles: []string{"Q98067", "Q135034", "Q136116", "Q128444"}, Covers: []string{"LR36"},
		Title:    "a gateway postoffice has no Postmaster mailbox",
		Remedy:   "create a mailbox named POSTMASTER",
		Inputs:   "users",
		Inferred: "on a downstream postoffice it is advice",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				gateway := po.Gateway.Known && po.Gateway.Value
				if !gateway && po.Via.Value == "" {
					continue
				}
				users, ok := Need(j, po.Users, "the users of %s", po.Ref())
				if !ok || hasUser(users, "POSTMASTER") {
					continue
				}
				severity, at := j.rule.Severity, po.Users.At
				if !gateway {
					severity = Info
				}
				if at.File == "" {
					at = po.At
				}
				j.FindAs(severity, at, "%s has no mailbox POSTMASTER: reports of other hosts reach the administrator or nobody", po.Ref())
			}
		},
	},
	{
		ID: "po.indirect", Severity: Error, Articles: []string{"Q123825", "Q87030"}, Covers: []string{"LR29"},
		Title:    "a downstream postoffice reaches its gateway postoffice indirectly",
		Remedy:   "make the relation of the two postoffices direct; a chain of direct ones is right",
		Inputs:   "drive of the downstream postoffice; its route types (routeTypes)",
		Inferred: "the place of the route type in a record is in no article, so it must be said",
		check:    checkIndirect,
	},
	{
		ID: "po.access-orphan", Severity: Error, Articles: []string{"Q135031", "Q118561"}, Covers: []string{"LR30"},
		Title:    "the SMTP record of a downstream postoffice names another mailbag for its gateway postoffice than the list of postoffices does",
		Remedy:   "remove the access component with install -r and install it again; do not change NETWORK.GLB by hand",
		Inputs:   "drive of the downstream postoffice",
		Inferred: "the place of the hub in the record follows from its neighbours",
		check:    checkOrphan,
	},
	{
		ID: "po.residue", Severity: Error, Articles: []string{"Q264265", "Q87028"},
		Title:    "a record of the SMTP gateway is left although the gateway is not installed",
		Remedy:   "do not install again over it: the remains have to be repaired in the GLB directory first",
		Inputs:   "drive of the postoffice",
		Inferred: "only the record of NETWORK.GLB is looked at: the SMTP bit's place in MASTER.GLB is in no article",
		check:    checkResidue,
	},
	{
		ID: "po.install", Severity: Error, Articles: []string{"Q87028", "Q88778", "Q86933"}, Covers: []string{"LR31"},
		Title:    "something that the installation of the gateway makes is missing, or a gateway is set up on a downstream postoffice",
		Remedy:   "install the gateway, or on a downstream postoffice the access component, once more",
		Inputs:   "drive of the postoffice; drives of the gateway PCs",
		Inferred: "the access component's lists are needed on the gateway postoffice for ADMIN only, so their absence is a warning",
		check:    checkInstall,
	},
	{
		ID: "po.dirsync", Severity: Warning, Articles: []string{"Q137865", "Q87038", "Q123856"},
		Title:  "SMTP addresses are sent in directory synchronization",
		Remedy: "set SMTP to No in the requestor's address types",
		Inputs: "dirSyncTypes of the postoffice",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				if !po.Gateway.Value && po.Via.Value == "" {
					continue
				}
				types, ok := Need(j, po.Said["dirSyncTypes"], "dirSyncTypes of %s", po.Ref())
				if ok && listHas(types, "smtp") {
					j.Find(po.Said["dirSyncTypes"].At, "%s sends SMTP addresses in directory synchronization, which damages address lists elsewhere", po.Ref())
				}
			}
		},
	},
	{
		ID: "po.external", Severity: Error, Articles: []string{"Q87030", "Q99856"},
		Title:  "a downstream postoffice is not defined at its gateway postoffice, or the other way round",
		Remedy: "define each of the two postoffices in External-Admin of the other",
		Inputs: "drives of both postoffices; LOCAL.CFG",
		check:  checkDefinitions,
	},
	{
		ID: "po.groups", Severity: Warning, Articles: []string{"Q105525", "Q87396", "Q107767"}, Covers: []string{"LR38"},
		Title:    "a group that Internet mail is sent to has members on other postoffices, who do not get it",
		Remedy:   "have the members addressed one by one, or keep the group to mailboxes of this postoffice",
		Inputs:   "internetGroups of the postoffice; its drive",
		Inferred: "the places of the fields of ADMIN.NME, from the sizes and the order in which an article names them",
		check:    checkGroups,
	},
}

// smtpFiles calls fn with each entry of the SMTP directories.
func (j *Judge) smtpFiles(fn func(*Postoffice, Entry)) {
	for _, po := range j.Gateways() {
		list, ok := Need(j, po.SMTP, "the SMTP directory of %s", po.Ref())
		if !ok {
			continue
		}
		for _, e := range list {
			fn(po, e)
		}
	}
}

// trees calls fn with the postoffices that have a drive; it misses the others.
func (j *Judge) trees(fn func(*Postoffice)) {
	for _, po := range j.Postoffices {
		if po.Tree == nil {
			j.Missing("the drive of %s", po.Ref())
			continue
		}
		fn(po)
	}
}

// atWorkFor is how long SMTPGET may need for the first bytes of a file: MS-DOS
// shows no size before a file is closed.
const atWorkFor = 5 * time.Second

// atWork reports whether a file without bytes is being written at this moment.
func (j *Judge) atWork(po *Postoffice, file string) bool {
	if !j.Running || po.Tree == nil {
		return false
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	end := time.After(atWorkFor)
	for {
		select {
		case <-tick.C:
			if e, err := po.Tree.Stat(file); errors.Is(err, fs.ErrNotExist) || err == nil && e.Size > 0 {
				return true
			}
		case <-end:
			return false
		case <-j.ctx.Done():
			return false
		}
	}
}

// unreadable reports what could not be read as missing. A file that is not
// there is so as well: other rules say that it must be.
func (j *Judge) unreadable(err error) { j.Missing("%v", err) }

func hasUser(users []User, name string) bool {
	for _, u := range users {
		if strings.EqualFold(u.Name, name) {
			return true
		}
	}
	return false
}

// listHas reports whether a list as Said holds it has a word.
func listHas(list, word string) bool {
	for _, x := range strings.Split(list, ",") {
		if strings.EqualFold(strings.TrimSpace(x), word) {
			return true
		}
	}
	return false
}
