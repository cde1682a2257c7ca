package site

import (
	"fmt"
	"strings"
)

// Key is a key of the site file.
type Key struct {
	// Path is where it stands, such as "pcs[].config.files"; a star is a name
	// that the file chooses.
	Path string

	Form    string // what a value looks like
	Default string // "" when it must be written; "none" when nothing is there instead
	Summary string
}

// Keys are all of them, in the order in which Marshal prints them. The reader
// takes the names from here, so that the reference knows every key that there
// is.
var Keys = []Key{
	{"version", "1", "", "version of the file format"},
	{"start", "time with zone", "1993-02-23T08:50:03-08:00", "virtual time at which a run begins; its offset is the time zone of the PCs"},
	{"tz", "NAMEhours, such as PST8PDT", "from start", "TZ of every PC that sets none of its own (Q115452)"},
	{"timing", "benchmark, none or a mapping", "benchmark", "what the operations of the PCs on network drives cost; benchmark gives the documented figures (Q137043, Q132060)"},
	{"timing.perOperation", "duration", "0s", "each file operation"},
	{"timing.perKilobyte", "duration", "0s", "each 1024 bytes read or written"},

	{"postoffices", "list", "none", "the postoffices on the network"},
	{"postoffices[].name", "NETWORK/POSTOFFICE", "", "at most 10 characters each"},
	{"postoffices[].users", "list of names or mappings", "none", "mailboxes, of at most 10 characters; the administrator is added unless named"},
	{"postoffices[].users[].name", "text", "", "the mailbox"},
	{"postoffices[].users[].fullName", "text", "the mailbox", "what address lists show, at most 30 characters"},
	{"postoffices[].users[].external", "true, false", "true", "whether the user may exchange mail with other systems (Q99856)"},
	{"postoffices[].groups", "list", "none", "groups of users of this postoffice"},
	{"postoffices[].groups[].name", "text", "", "the address of the group, at most 10 characters"},
	{"postoffices[].groups[].fullName", "text", "the name", "what address lists show"},
	{"postoffices[].groups[].members", "list", "none", "mailboxes of this postoffice (Q87396)"},
	{"postoffices[].gateway", "smtp", "none", "makes it a gateway postoffice: it has the directory SMTP and the SMTP mailbag"},
	{"postoffices[].via", "NETWORK/POSTOFFICE", "none", "where its SMTP mail goes to: the gateway postoffice, or the next on the way (Q87030, Q123825)"},
	{"postoffices[].access", "true, false", "true with gateway or via", "whether the SMTP access component is installed"},

	{"pcs", "list", "none", "the MS-DOS computers, each with one program"},
	{"pcs[].name", "text", "", "at most 15 characters"},
	{"pcs[].ip", "dotted address", "none", "of two PCs with one address only the first to start is on the network"},
	{"pcs[].drives", "mapping of D to Z to postoffices", "none", "the network drives"},
	{"pcs[].local", "list of programs", "the program of run", "what is on the local disk, in C:\\GATE; a program found nowhere on the path cannot be spawned (Q132060)"},
	{"pcs[].path", "list of directories", "C:\\GATE", "where programs are looked for"},
	{"pcs[].config", "mapping", "none", "what CONFIG.SYS and AUTOEXEC.BAT set up"},
	{"pcs[].config.files", "number", "40", "FILES= (Q128570)"},
	{"pcs[].config.share", "true, false", "true", "whether SHARE is loaded"},
	{"pcs[].config.commandF", "true, false", "false", "whether COMMAND /F answers Fail to every critical error (Q136041)"},
	{"pcs[].config.freeMemory", "bytes", "440000", "free conventional memory (Q137042)"},
	{"pcs[].config.tryPut", "true, false", "false", "whether the gateway looks for SMTPPUT in each cycle, which takes three seconds when it is missing (Q132060)"},
	{"pcs[].config.stack", strings.Join(Stacks, ", "), "none", "the TCP/IP of a gateway: what SMTPGATE.LOG has of a failing read, write or close (Q100708, Q123826, Q105289, Q118970)"},
	{"pcs[].run", "command line", "none", "SMTPGATE or EXTERNAL with its options; without one the PC stays idle"},
	{"pcs[].loop", "true, false", "false", "whether the command starts again when it ends, as from a batch file (Q134371)"},
	{"pcs[].startAfter", "duration", "0s", "when the command starts"},
	{"pcs[].tz", "NAMEhours", "that of the site", "TZ of this PC"},

	{"smtp", "mapping of postoffices", "none", "what ADMIN writes for the gateway of each; every gateway postoffice needs an entry"},
	{"smtp.*.hostName", "domain name", "", "Internet Name Of Gateway, in LOCAL.CFG"},
	{"smtp.*.domainSuffix", "domain name with a leading dot", "none", "in LOCAL.CFG"},
	{"smtp.*.smartHost", "dotted address", "", "IP Address Of SMTP Router, in LOCAL.CFG"},
	{"smtp.*.postoffices", "list", "each of map once", "the postoffices served, in LOCAL.CFG"},
	{"smtp.*.map", "list", "none", "the address map, ADDR_MAP.CFG; its order matters (Q111840)"},
	{"smtp.*.map[].postoffice", "NETWORK/POSTOFFICE", "", ""},
	{"smtp.*.map[].domain", "domain name", "", ""},

	{"smartHosts", "list", "none", "the UNIX mail hosts"},
	{"smartHosts[].name", "domain name", "", ""},
	{"smartHosts[].ip", "dotted address", "", ""},
	{"smartHosts[].routes", "mapping of domains to PCs or addresses", "none", "where it delivers inbound mail"},
	{"smartHosts[].aliases", "mapping of addresses", "none", "addresses that it rewrites first"},

	{"gatewayVersion", strings.Join(GatewayVersions, ", "), DefaultGatewayVersion, "the release of SMTPGATE (Q101461)"},
	{"faults", "list of texts", "none", "what goes wrong from the beginning; see 'gwemu faults'"},
	{"files", "mapping of M:NETWORK/POSTOFFICE:\\PATH to text or null", "none", "files that are written, or removed, before a run"},
}

// keysOf lists the keys of the mapping at a path.
func keysOf(mapping string) (names []string) {
	for i := range Keys {
		rest, ok := strings.CutPrefix(Keys[i].Path, mapping)
		if ok && rest != "" && !strings.ContainsAny(rest, ".[") {
			names = append(names, rest)
		}
	}
	if names == nil {
		panic(fmt.Sprintf("internal error: no keys of %q", mapping))
	}
	return names
}
