package deploy

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// key is a row of the tables below: a key of the deployment file. The reader
// takes the names from them, the schema and the reference are printed from
// them, so none of the three can know a key that the others do not.
type key struct {
	name    string
	kind    kind
	summary string
	values  []string // of a word
	of      []key    // of a mapping and of the mappings in a list
}

// kind is the form of a value.
type kind string

const (
	kindText     kind = "text"
	kindFile     kind = "file" // a path, relative to the deployment file
	kindWord     kind = "word" // one of values
	kindTexts    kind = "texts"
	kindWords    kind = "words"    // a list of values
	kindNumber   kind = "number"   // whole, not negative
	kindShare    kind = "share"    // 0 to 1
	kindFactor   kind = "factor"   // more than 0
	kindSize     kind = "size"     // bytes: 8192, 8k, 1m
	kindDuration kind = "duration" // 90s, 15m
	kindBoolean  kind = "boolean"
	kindMap      kind = "map" // name to text
	kindMapping  kind = "mapping"
	kindList     kind = "list" // of mappings
	kindUsers    kind = "users"
)

func names(keys []key) []string {
	list := make([]string, len(keys))
	for i := range keys {
		list[i] = keys[i].name
	}
	return list
}

func lookup(keys []key, name string) *key {
	for i := range keys {
		if keys[i].name == name {
			return &keys[i]
		}
	}
	panic(fmt.Sprintf("internal error: no key %q", name))
}

var (
	allowWords    = []string{"read", "probe", "message", "write"}
	roleWords     = []string{RoleBoth, RoleReceive, RoleSend, RoleExternal}
	severityWords = []string{"error", "warning", "info"}
	stackKinds    = []string{"16-bit", "32-bit", "winsock"}
	useWords      = []string{"forms", "internet", "lists"}
	clientWords   = []string{"windows", "outlook", "remote"}
	encodingWords = []string{"uuencode", "applesingle", "appledouble", "hex", "message"}
)

var volumeKeys = []key{
	{"in", kindNumber, "messages a day from the Internet", nil, nil},
	{"out", kindNumber, "messages a day to the Internet", nil, nil},
	{"size", kindSize, "average size of a message; 8k when not said", nil, nil},
	{"peakHour", kindShare, "share of a day's messages in the busiest hour", nil, nil},
	{"attachments", kindShare, "share of the messages that have an attachment", nil, nil},
}

var userKeys = []key{
	{"name", kindText, "mailbox, at most 10 characters", nil, nil},
	{"fullName", kindText, "name in address lists", nil, nil},
	{"external", kindBoolean, "has the right to exchange mail with other systems (Q99856); true when not said", nil, nil},
}

var mapKeys = []key{
	{"postoffice", kindText, "NETWORK/POSTOFFICE", nil, nil},
	{"domain", kindText, "its domain", nil, nil},
}

var smtpKeys = []key{
	{"hostName", kindText, "Internet Name of Gateway", nil, nil},
	{"domainSuffix", kindText, "Domain Suffix, with a leading dot", nil, nil},
	{"smartHost", kindText, "IP Address of SMTP Router", nil, nil},
	{"postoffices", kindTexts, "postoffices served; those of the map when not said", nil, nil},
	{"map", kindList, "address map, in order (Q111840)", nil, mapKeys},
}

var postofficeKeys = []key{
	{"name", kindText, "NETWORK/POSTOFFICE", nil, nil},
	{"drive", kindFile, "mounted folder, UNC path or Windows drive that holds its database", nil, nil},
	{"gateway", kindWord, "smtp on a gateway postoffice", []string{"smtp"}, nil},
	{"via", kindText, "NETWORK/POSTOFFICE that its SMTP mail goes to (Q87030)", nil, nil},
	{"backbone", kindBoolean, "exchanges encapsulated mail over the Internet (Q87039)", nil, nil},
	{"users", kindUsers, "mailboxes, when they cannot be read from the drive: names, or {name, fullName, external}", nil, userKeys},
	{"smtp", kindMapping, "what LOCAL.CFG and ADDR_MAP.CFG say, when they cannot be read from the drive", nil, smtpKeys},
	{"volume", kindMapping, "declared load of this postoffice", nil, volumeKeys},
	{"server", kindText, "file server, such as NetWare 3.12, LAN Manager 2.2, PC-NFS (Q127727, Q99204)", nil, nil},
	{"segment", kindText, "name of the physical network that the server is on (Q131150)", nil, nil},
	{"gateways", kindTexts, "all gateways installed, such as [smtp, att, fax] (Q119253)", nil, nil},
	{"shareable", kindTexts, "files with the shareable attribute of NetWare (Q99204)", nil, nil},
	{"listing", kindFile, "listing of the database with attributes and owners (Q115495)", nil, nil},
	{"mode", kindText, "permissions of the files on an NFS server, such as 777 (Q127727)", nil, nil},
	{"backup", kindTexts, "files of which copies are kept, such as SMTP\\LOCAL.CFG (Q118564)", nil, nil},
	{"dirSyncTypes", kindTexts, "gateway types whose addresses Dir-Sync sends (Q137865)", nil, nil},
	{"internetGroups", kindTexts, "groups that mail from the Internet is sent to (Q105525)", nil, nil},
	{"use", kindWords, "what the gateway is used for: electronic forms (Q99696), Internet mail, address lists over a backbone (Q118562)", useWords, nil},
	{"clients", kindWords, "mail clients in use: windows (Q96694), outlook, remote (Q244485)", clientWords, nil},
	{"compress", kindText, "when mailbags are compressed: never, or a time such as 03:00 (Q101749)", nil, nil},
	{"specialExport", kindText, "what *SPECIAL exports: all or none (Q112879)", nil, nil},
	{"routeTypes", kindTexts, "routes of its external postoffices, in the order of their definition or each behind its name and a colon: drive, modem, x25, indirect via NETWORK/HUB, modem via NETWORK/HUB (Q117199)", nil, nil},
	{"autodisconnect", kindBoolean, "the server disconnects idle sessions (Q77104)", nil, nil},
	{"shareLocks", kindBoolean, "the server enforces file locks among computers (Q126750)", nil, nil},
	{"lowerCase", kindBoolean, "the server shows names of files in small letters (Q129456)", nil, nil},
	{"writeBehind", kindBoolean, "the server or its clients delay writes (Q129202)", nil, nil},
	{"purge", kindTexts, "directories that NetWare purges at once, such as P1 (Q100828)", nil, nil},
	{"volumeSize", kindNumber, "size of its volume in MB (Q196537)", nil, nil},
	{"serialNumber", kindText, "serial number of the postoffice (Q110762)", nil, nil},
	{"hopLimit", kindNumber, "limit of hops that ADMIN shows (Q134753)", nil, nil},
	{"retryLimit", kindNumber, "limit of retries of its external postoffices (Q119884)", nil, nil},
	{"dirSyncServer", kindText, "NETWORK/POSTOFFICE of the Dir-Sync server that creates external postoffices by itself, or none (Q96060)", nil, nil},
	{"sharedGroups", kindTexts, "groups that other postoffices see (Q87396)", nil, nil},
}

var filesKeys = []key{
	{"autoexec", kindFile, "AUTOEXEC.BAT", nil, nil},
	{"config", kindFile, "CONFIG.SYS", nil, nil},
	{"batch", kindFile, "the batch file that starts the program", nil, nil},
	{"protocol", kindFile, "PROTOCOL.INI of LAN Manager (Q127732)", nil, nil},
	{"tcputils", kindFile, "TCPUTILS.INI (Q128438)", nil, nil},
	{"netcfg", kindFile, "NET.CFG of NetWare (Q105289)", nil, nil},
	{"external", kindFile, "EXTERNAL.INI", nil, nil},
	{"hosts", kindFile, "hosts file of the TCP/IP stack (Q115496)", nil, nil},
	{"inventory", kindFile, "programs on its disk: a DIR listing, or lines \"path size date\"", nil, nil},
	{"memory", kindFile, "what MEM printed before the start (Q112761)", nil, nil},
	{"log", kindFile, "SMTPGATE.LOG, when it is not on the drive", nil, nil},
}

var pcKeys = []key{
	{"name", kindText, "name of the computer, at most 15 characters", nil, nil},
	{"role", kindWord, "what it does (Q132060); from the command line when not said", roleWords, nil},
	{"ip", kindText, "its IP address", nil, nil},
	{"address", kindText, "HOST:PORT where gwcheck reaches its port 25; the IP address and 25 when not said", nil, nil},
	{"drives", kindMap, "drive letters and the postoffices behind them", nil, nil},
	{"run", kindText, "command line; from the start batch when not said", nil, nil},
	{"disk", kindFile, "folder that holds its local disk, or a copy of it", nil, nil},
	{"files", kindMapping, "copies of single files, instead of a disk or besides", nil, filesKeys},
	{"os", kindText, "operating system, such as MS-DOS 6.2 (Q105288)", nil, nil},
	{"stack", kindText, "TCP/IP product and version (Q87023)", nil, nil},
	{"stackKind", kindWord, "how programs reach the stack (Q124801)", stackKinds, nil},
	{"hardware", kindText, "processor, such as 386 (Q101461)", nil, nil},
	{"adapter", kindText, "network adapter, such as 8-bit or 16-bit (Q131150)", nil, nil},
	{"adapterRam", kindBoolean, "the adapter's memory is enabled (Q131150)", nil, nil},
	{"protocols", kindTexts, "protocols on the adapter, such as [ipx, tcpip] (Q131150)", nil, nil},
	{"dedicated", kindBoolean, "nothing else runs on it (Q87024)", nil, nil},
	{"freeMemory", kindSize, "conventional memory that is free before the start (Q112761)", nil, nil},
	{"segment", kindText, "name of the physical network that it is on (Q131150)", nil, nil},
	{"networkPath", kindText, "real network path of SMTPGATE.EXE when it is run from a server (Q100925)", nil, nil},
	{"versions", kindMap, "versions of its programs, such as {SMTPGATE: 3.0.9, EXTERNAL: 3.2.18}", nil, nil},
	{"versionText", kindMap, "what its programs print for -ver (Q141981)", nil, nil},
	{"startAt", kindText, "time of day at which the program is started, such as 07:30 (Q96203)", nil, nil},
	{"account", kindText, "rights of its account on the drives, such as full or read (Q148707)", nil, nil},
	{"scan", kindDuration, "how long EXTERNAL needs to look at all its postoffices (Q148792)", nil, nil},
	{"runAs", kindWord, "how EXTERNAL is run on Windows NT (Q130231)", []string{"program", "service"}, nil},
	{"clock", kindText, "by how many seconds its clock is fast, such as -90 (Q119089)", nil, nil},
}

var smartHostKeys = []key{
	{"name", kindText, "its name", nil, nil},
	{"ip", kindText, "its IP address", nil, nil},
	{"address", kindText, "HOST:PORT where gwcheck reaches it; the IP address and 25 when not said", nil, nil},
	{"software", kindText, "mail software, such as sendmail 8.6, PMDF 3.2 (Q111857), IBM VM SMTP V2R2 (Q102107)", nil, nil},
	{"greets", kindWord, "how it begins a session (Q100352)", []string{"ehlo", "helo"}, nil},
	{"resets", kindBoolean, "sends RSET after a refused EHLO (Q101461)", nil, nil},
	{"aliases", kindFile, "its alias table: lines \"alias: address\" (Q107089)", nil, nil},
	{"log", kindFile, "its log of recipients (Q107089)", nil, nil},
	{"window", kindSize, "its TCP window (Q112237)", nil, nil},
	{"inbound", kindBoolean, "mail from the Internet comes through it (Q131150)", nil, nil},
	{"mime", kindBoolean, "passes MIME and 8BITMIME on unchanged (Q88777)", nil, nil},
	{"emptyReceiptTo", kindBoolean, "adds an empty Return-Receipt-To line (Q113824)", nil, nil},
}

var routerKeys = []key{
	{"name", kindText, "its name", nil, nil},
	{"product", kindText, "product, such as Cisco IGS (Q129140)", nil, nil},
	{"firmware", kindText, "version of its firmware (Q129140)", nil, nil},
	{"staticRoutes", kindBoolean, "has static routes for gateway and smart host (Q131150)", nil, nil},
}

// fileKeys are the keys of the deployment file.
var fileKeys = []key{
	{"version", kindNumber, "version of the file format: 1", nil, nil},
	{"name", kindText, "what the deployment is called in reports", nil, nil},
	{"allow", kindWords, "what gwcheck may do: read files and ask name servers, probe with short SMTP sessions, send marked messages; [read] when not said. write is kept for later: nothing writes to a drive", allowWords, nil},
	{"allowWrite", kindBoolean, "the same as write in allow, which nothing uses yet", nil, nil},
	{"gatewayVersion", kindText, "version of SMTPGATE, if known", nil, nil},
	{"shape", kindText, "built-in site with the same names, so that its scripts apply", nil, nil},
	{"speed", kindFactor, "seconds of the deployment's clock in one second; more than 1 only when it is emulated", nil, nil},
	{"postoffices", kindList, "the postoffices", nil, postofficeKeys},
	{"pcs", kindList, "the computers that run the gateway or EXTERNAL", nil, pcKeys},
	{"smartHost", kindMapping, "the UNIX host that the gateway sends to", nil, smartHostKeys},
	{"names", kindMapping, "where names are looked up", nil, []key{
		{"zone", kindFile, "a zone in master format", nil, nil},
		{"origin", kindText, "name of the zone, when the file does not say it", nil, nil},
		{"hosts", kindFile, "a hosts file (Q115496)", nil, nil},
		{"server", kindText, "HOST:PORT of a name server to ask", nil, nil},
	}},
	{"network", kindMapping, "what lies between the computers", nil, []key{
		{"routers", kindList, "routers between gateway and smart host", nil, routerKeys},
	}},
	{"peers", kindList, "systems outside that send mail with attachments (Q118487)", nil, []key{
		{"name", kindText, "its name", nil, nil},
		{"software", kindText, "mail software", nil, nil},
		{"encoding", kindWord, "how it encodes attachments", encodingWords, nil},
	}},
	{"policy", kindMapping, "what is wanted where the articles leave it open", nil, []key{
		{"visibleDomain", kindText, "the domain that outside sees: a company domain, or postoffice for each its own (Q111840)", nil, nil},
		{"giveUpAfter", kindDuration, "the longest time of trying to reach the smart host (Q99718)", nil, nil},
		{"giveUpBefore", kindDuration, "the shortest time of it", nil, nil},
		{"mx", kindWord, "where MX records lead (Q101459, Q87046)", []string{"smarthost", "gateway"}, nil},
	}},
	{"volume", kindMapping, "declared load of the whole deployment", nil, volumeKeys},
	{"messages", kindTexts, "files: hand-made messages of FFAPI that are to be looked at (Q85055)", nil, nil},
	{"test", kindMapping, "what marked messages use", nil, []key{
		{"mailboxes", kindList, "mailboxes for tests only", nil, []key{
			{"postoffice", kindText, "NETWORK/POSTOFFICE", nil, nil},
			{"user", kindText, "mailbox", nil, nil},
			{"address", kindText, "its Internet address", nil, nil},
		}},
		{"outside", kindText, "Internet address that outbound test mail goes to", nil, nil},
		{"submit", kindMapping, "how mail is sent from a test mailbox", nil, []key{
			{"command", kindText, "command with {from} {to} {subject} {file}; {from} is NETWORK/POSTOFFICE/MAILBOX, {file} holds the text", nil, nil},
			{"attach", kindText, "what the command has more for each file that goes along, with {attachment}; without it no file does", nil, nil},
			{"person", kindBoolean, "a person sends it: gwcheck prints all that is to be sent, and waits for it, 15 minutes at most", nil, nil},
		}},
		{"catch", kindMapping, "where outbound test mail can be seen; one of the three", nil, []key{
			{"listen", kindText, "HOST:PORT: gwcheck listens there itself", nil, nil},
			{"maildir", kindFile, "folder of a maildir", nil, nil},
			{"mbox", kindFile, "an mbox file", nil, nil},
		}},
		{"backbone", kindText, "domain of a backbone postoffice that the relay is asked for (Q136116)", nil, nil},
	}},
	{"patience", kindDuration, "the longest that gwcheck waits for anything; 30m when not said", nil, nil},
	{"lint", kindMapping, "how configuration findings count", nil, []key{
		{"fail", kindWord, "lowest severity that fails; error when not said", severityWords, nil},
		{"off", kindList, "rules that are turned off", nil, []key{
			{"rule", kindText, "id of the rule", nil, nil},
			{"reason", kindText, "why; it appears in the report", nil, nil},
		}},
	}},
}

// Reference returns the keys of the deployment file as a Markdown list.
func Reference() string {
	var b strings.Builder
	var write func(indent string, keys []key)
	write = func(indent string, keys []key) {
		for _, k := range keys {
			fmt.Fprintf(&b, "%s- `%s` (%s", indent, k.name, k.form())
			fmt.Fprintf(&b, "): %s\n", k.summary)
			write(indent+"  ", k.of)
		}
	}
	write("", fileKeys)
	return b.String()
}

// form says in words what a value looks like.
func (k *key) form() string {
	switch k.kind {
	case kindWord:
		return strings.Join(k.values, ", ")
	case kindWords:
		return "list of " + strings.Join(k.values, ", ")
	case kindTexts:
		return "list of texts"
	case kindUsers:
		return "list"
	case kindMap:
		return "mapping of names to texts"
	case kindList:
		return "list of mappings"
	case kindShare:
		return "number from 0 to 1"
	case kindFactor:
		return "number above 0"
	case kindBoolean:
		return "true or false"
	}
	return string(k.kind)
}

// plain reports whether a value is a number where a path or a command line is
// meant: YAML has it so when somebody wrote something else there.
func (k *key) plain(n ast.Node) bool {
	return (k.kind == kindFile || k.name == "run" || k.name == "command") && (n.Type() == ast.IntegerType || n.Type() == ast.FloatType)
}

func (k *key) want() string {
	if k.kind == kindFile {
		return "a path"
	}
	return "a command line"
}
