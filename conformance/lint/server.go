package lint

import (
	"slices"
	"strings"
)

// Rules about the file servers that postoffices are on.
var serverRules = []Rule{
	{
		ID: "server.locks", Severity: Error, Articles: []string{"Q126750"}, Covers: []string{"LR58"},
		Title:    "the file server does not enforce locks: two programs work on INQUEUE3 at once, messages are lost and false reports are sent",
		Remedy:   "mount the drive with locking, such as /ms of PC-NFS, and run the locking service",
		Inputs:   "file server; whether it enforces locks",
		Inferred: "servers of the makers of DOS networks enforce locks; one over NFS must say so",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				f := po.Said["shareLocks"]
				switch {
				case f.Known && f.Value == "false":
					j.Find(f.At, "the server of %s does not enforce locks", po.Ref())
				case f.Known || dosServer(po):
					j.Looked()
				default:
					j.Missing("the locks of the server of %s (shareLocks, server)", po.Ref())
				}
			}
		},
	},
	{
		ID: "server.names", Severity: Error, Articles: []string{"Q129456"}, Covers: []string{"LR58"},
		Title:    "the file server shows names in small letters: EXTERNAL takes its own lock for another's and dispatches nothing",
		Remedy:   "let the server keep the case of names or show capitals",
		Inputs:   "file server; how it shows names",
		Inferred: "servers of the makers of DOS networks show capitals",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				f := po.Said["lowerCase"]
				switch {
				case f.Known && f.Value == "true":
					j.Find(f.At, "the server of %s shows names in small letters", po.Ref())
				case f.Known || dosServer(po):
					j.Looked()
				default:
					j.Missing("the letters of names on the server of %s (lowerCase, server)", po.Ref())
				}
			}
		},
	},
	{
		ID: "server.write-behind", Severity: Error, Articles: []string{"Q129202", "Q163401"}, Covers: []string{"LR58"},
		Title:    "writes are delayed between programs and the file server: one program reads what another has replaced",
		Remedy:   "turn write-behind, opportunistic locks and caching of closed files off for the mail share",
		Inputs:   "whether server or clients delay writes",
		Inferred: "the requirement is written for a later product with the same files",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				if text, ok := Need(j, po.Said["writeBehind"], "the delay of writes to the server of %s (writeBehind)", po.Ref()); ok && text == "true" {
					j.Find(po.Said["writeBehind"].At, "writes to the server of %s are delayed", po.Ref())
				}
			}
		},
	},
	{
		ID: "server.purge", Severity: Warning, Articles: []string{"Q100828"}, Covers: []string{"LR46"},
		Title:  "P1 on a NetWare server is not purged at once: lock files that come and go at each poll use up the space for deleted files",
		Remedy: "flag P1 for immediate purge, with FLAGDIR P1 NP",
		Inputs: "file server; directories that it purges at once",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				server, ok := Need(j, po.Said["server"], "the file server of %s (server)", po.Ref())
				if !ok || !isNetWare(server) {
					continue
				}
				dirs, ok := Need(j, po.Said["purge"], "the directories of %s that NetWare purges at once (purge)", po.Ref())
				if ok && !slices.ContainsFunc(words(dirs), func(d string) bool {
					return strings.EqualFold(strings.Trim(d, `\/`), "P1")
				}) {
					j.Find(po.Said["purge"].At, "P1 of %s is not among the directories that are purged at once", po.Ref())
				}
			}
		},
	},
	{
		ID: "server.rights", Severity: Error, Articles: []string{"Q148707", "Q103901", "Q131117"}, Covers: []string{"LR47"},
		Title:  "the account of EXTERNAL or of the gateway lacks rights in the database: queues are skipped silently",
		Remedy: "give the account all rights in all directories of the database, P1 above all",
		Inputs: "rights of the accounts of the computers",
		check: func(j *Judge) {
			for _, pc := range j.PCs {
				if len(pc.Commands) == 0 && !pc.Role.Known {
					continue
				}
				f := pc.Said["account"]
				text, ok := Need(j, f, "the rights of the account of %s (account)", pc.Name)
				if !ok {
					continue
				}
				switch lack, ok := lackingRights(text); {
				case !ok:
					j.Missing("the rights of the account of %s (account): %q is neither full, read nor letters such as RWCEMF", pc.Name, text)
				case lack != "":
					j.Find(f.At, "the account of %s has the rights %s; it lacks %s", pc.Name, text, lack)
				}
			}
		},
	},
	{
		ID: "server.autodisconnect", Severity: Info, Articles: []string{"Q77104"}, Covers: []string{"LR60"},
		Title:  "the file server disconnects idle sessions, which damages what looks like files",
		Remedy: "turn automatic disconnection off for the drives of the gateway and of EXTERNAL",
		Inputs: "whether the server disconnects idle sessions",
		check: func(j *Judge) {
			for _, po := range j.Postoffices {
				if text, ok := Need(j, po.Said["autodisconnect"], "the disconnection of idle sessions by the server of %s (autodisconnect)", po.Ref()); ok && text == "true" {
					j.Find(po.Said["autodisconnect"].At, "the server of %s disconnects idle sessions", po.Ref())
				}
			}
		},
	},
}

func isNetWare(server string) bool { return strings.Contains(strings.ToUpper(server), "NETWARE") }

// dosServer reports whether the file server is known to be of a maker of DOS
// networks.
func dosServer(po *Postoffice) bool {
	server := strings.ToUpper(po.Said["server"].Value)
	if strings.Contains(server, "UNIX") || strings.Contains(server, "NFS") {
		return false
	}
	for _, name := range []string{"NETWARE", "LAN MANAGER", "LAN SERVER", "VINES", "WINDOWS NT"} {
		if strings.Contains(server, name) {
			return true
		}
	}
	return false
}

// lackingRights returns the rights of NetWare that a description such as
// "RWCEM" or "read" does not have. ok is false for one that is not understood.
func lackingRights(text string) (lack string, ok bool) {
	have := strings.ToUpper(strings.Trim(text, "[] "))
	switch have {
	case "FULL", "ALL":
		return "", true
	case "READ":
		have = "RF"
	}
	if have == "" || strings.Trim(have, "SRWCEMFA") != "" {
		return "", false
	}
	for _, c := range "RWCEMF" { // Q148707, Q103901
		if !strings.ContainsRune(have, c) {
			lack += string(c)
		}
	}
	return lack, true
}
