package lint

import (
	"io"
	"strings"

	"gwkit/conformance/drive"
	"gwkit/conformance/names"
	"gwkit/emulator/site"
)

// Fact is one thing about an installation: known, or not.
type Fact[T any] struct {
	Value T
	At    Place
	Known bool
}

// Know makes a known fact.
func Know[T any](value T, at Place) Fact[T] { return Fact[T]{Value: value, At: at, Known: true} }

// Installation is everything that the sources told. Lists keep their order.
type Installation struct {
	Name string
	At   Place // the file that describes it

	Postoffices []*Postoffice
	PCs         []*PC
	Relays      []*Relay // smart hosts and other hosts that send to the gateways

	// Running says that programs may change the drives while rules look at them.
	Running bool

	// Complete says that the lists above are the whole installation, as a
	// site or deployment file promises; a folder of copies does not.
	Complete bool

	// AllPCs says that PCs are all there are: a deployment file that says
	// nothing of them does not say that there are none.
	AllPCs bool

	GatewayVersion Fact[string]   // one of site.GatewayVersions
	Resolver       names.Resolver // nil: there is nobody to ask
	NamesAt        Place          // zone file, hosts file or server
	Zones          []Text         // zone files, as found
	ZoneOrigin     string         // name of the zone, when the file does not say it
	NameServer     string         // host:port of a server to ask
	Hosts          Fact[[]names.HostsLine]

	Volume Fact[Volume] // of the whole installation

	// Logs are copies of SMTPGATE.LOG and, of the same folder, other logs.
	Logs []Log

	Routers Fact[[]Router]
	Peers   Fact[[]Peer]

	// Messages are hand-made messages of FFAPI that are to be looked at.
	Messages []Text

	// TestUsers are mailboxes that marked messages are sent to, NET/PO/USER.
	TestUsers []Fact[string]

	// Off are the rules that the description turns off, with reasons.
	Off map[string]string

	// Fail is the severity that fails, as the description has it; or empty.
	Fail Severity

	// Unread are files and folders that are there and cannot be read.
	Unread []Mistake

	// Said are the descriptions that no file of the gateway holds, by topic
	// (see Topics), such as "network.segment".
	Said map[string]Fact[string]

	memo memo
}

// memo keeps what several rules work out from the facts, which do not change
// once rules look at them.
type memo struct {
	externals []*external
	looked    bool // externals are known
	routes    map[*Postoffice]*routing
	logs      map[string]*logStory // what the logs tell
}

// Volume is a declared load.
type Volume struct {
	In, Out int // messages a day
	Size    int // bytes, mean
}

// Postoffice is one postoffice.
type Postoffice struct {
	Network, Name string
	At            Place
	Gateway       Fact[bool] // has the SMTP gateway installed
	Via           Fact[string]
	Backbone      Fact[bool]
	Users         Fact[[]User]
	Volume        Fact[Volume]

	// SMTP is the listing of the SMTP directory, from a tree or from copies.
	SMTP Fact[[]Entry]

	// LOCAL.CFG and ADDR_MAP.CFG as parsed, each value with its place.
	// Unknown when the file is missing; SMTP says whether it is.
	Local       Fact[LocalCfg]
	AddrMap     Fact[[]MapLine]
	MapMistakes []Mistake // lines of ADDR_MAP.CFG that map nothing

	// Listing has attributes and owners of the files of its database.
	Listing Fact[Text]

	// Tree is its database; nil: not given. A site file gives none, except
	// for the files it overrides.
	Tree *drive.Tree

	// Said are descriptions of this postoffice by topic.
	Said map[string]Fact[string]
}

// Postoffice returns the postoffice with a NET/PO, compared without case, or
// nil.
func (in *Installation) Postoffice(ref string) *Postoffice {
	network, name, _ := strings.Cut(ref, "/")
	for _, p := range in.Postoffices {
		if strings.EqualFold(p.Name, name) && strings.EqualFold(p.Network, network) {
			return p
		}
	}
	return nil
}

// Ref returns NET/PO.
func (p *Postoffice) Ref() string { return p.Network + "/" + p.Name }

// User is a mailbox.
type User struct {
	Name     string
	External bool // may exchange mail with other systems. Q99856
	At       Place
}

// LocalCfg is LOCAL.CFG. A value that is not there is unknown.
type LocalCfg struct {
	At                          Place // of the file
	Domain, HostName, SmartHost Fact[string]
	Postoffices                 []Fact[string] // NET/PO
	Mistakes                    []Mistake      // lines that say nothing
}

// Readable says whether the file told anything. A real LOCAL.CFG may have
// another form than the one we know.
func (c *LocalCfg) Readable() bool {
	return c.Domain.Known || c.HostName.Known || c.SmartHost.Known || len(c.Postoffices) > 0
}

// Mistake is a line that cannot be understood.
type Mistake struct {
	At      Place
	Message string
}

// Entry is a row of a directory listing.
type Entry struct {
	Name string // upper case
	Size int64
	Dir  bool
	At   Place
}

// Log is a log file. Logs may be large, so nobody reads one before a rule does.
type Log struct {
	Name       string // upper case: "SMTPGATE.LOG"
	File       string // as the user can open it
	Postoffice string // NET/PO whose tree it lies in; empty: unknown
	Open       func() (io.ReadCloser, error)
}

// MapLine is a line of ADDR_MAP.CFG.
type MapLine struct {
	Postoffice, Domain string
	At                 Place // of the line; DomainAt of the domain
	DomainAt           Place
}

// Role is what a PC does.
type Role string

// The roles.
const (
	RoleBoth     Role = "both"
	RoleReceive  Role = "receive"
	RoleSend     Role = "send"
	RoleExternal Role = "external"
)

// PC is one computer.
type PC struct {
	Name     string
	At       Place
	Role     Fact[Role] // declared, or as the command line and the routes show
	IP       Fact[string]
	Drives   map[byte]string // letter to NET/PO
	DrivesAt Place

	// Commands are the command lines of gateway and mailer programs, from a
	// run line or from the batch files, in order.
	Commands []Command

	// Files are text files, by DOS name: "CONFIG.SYS", "AUTOEXEC.BAT",
	// "PROTOCOL.INI", "TCPUTILS.INI", "NET.CFG", "EXTERNAL.INI", "HOSTS" and
	// every other batch file by its own name.
	Files map[string]Text

	// Start is what the batch files do from switching on to the start of the
	// gateway and after it, in order.
	Start Fact[[]Statement]

	// Programs is the inventory of executables: those on local disks, which
	// are complete for the directories in Listed.
	Programs Fact[[]Program]
	Listed   []string // DOS directories, upper case

	// What the batch files or a site file set up by the time the program is
	// started.
	Path       Fact[[]string]
	TZ         Fact[string] // empty: not set
	CommandF   Fact[bool]   // runs below COMMAND /F, which answers critical errors. Q136041
	Loop       Fact[bool]   // a batch file starts the program again when it ends
	FilesMax   Fact[int]    // FILES=; 8 when CONFIG.SYS does not say. Q128570
	FreeMemory Fact[int]    // bytes of conventional memory before the start

	// Shares are the network directories that the batch files map, as
	// written: \\SERVER\SHARE, SERVER/VOLUME:DIRECTORY.
	Shares map[byte]Arg

	// Said are descriptions of this PC by topic: "os", "stack".
	Said map[string]Fact[string]
}

// Command returns the first command line of a program, or nil.
func (p *PC) Command(program string) *Command {
	for i := range p.Commands {
		if p.Commands[i].Program == program {
			return &p.Commands[i]
		}
	}
	return nil
}

// Command is one command line.
type Command struct {
	Program  string // "SMTPGATE", "EXTERNAL", "DISPATCH"
	Args     []Arg  // without the program
	Line     string
	At       Place                // of the program's name
	Dir      string               // directory written before the name, upper case; empty: none
	Cwd      string               // current directory at that time, upper case; empty: unknown
	CommandF bool                 // run below COMMAND /F
	Auto     bool                 // comes without a person: from AUTOEXEC.BAT, or from a run line
	Gateway  *site.GatewayOptions // of SMTPGATE, when the line parses
	External *site.ExternalOptions
	Mistake  string // why it does not parse
}

// Arg is a word of a command line.
type Arg struct {
	Text string
	At   Place
}

// Find returns the last argument that is the option of a letter, as the
// program reads it, and its value.
func (c *Command) Find(letter string) (arg Arg, value string, ok bool) {
	for _, a := range c.Args {
		row, known := site.OptionFor(c.Program, a.Text)
		if known && row.Letter == letter {
			arg, value, ok = a, a.Text[1+len(letter):], true
		}
	}
	return arg, value, ok
}

// Text is a text file with its lines.
type Text struct {
	File  string // as the user can open it
	Lines []string

	// Ends is how lines end: "CR LF", "LF", "CR", "mixed", or "" without an
	// end; EndsLine is the first line that ends otherwise than the first.
	Ends     string
	EndsLine int
}

// Program is an executable.
type Program struct {
	Name string // "SMTPGATE.EXE", upper case
	Dir  string // DOS path, upper case: C:\GATE, M:\MAILEXE
	Size int64  // bytes, 0 unknown
	Date string // yyyy-mm-dd, "" unknown
	At   Place
}

// Local says whether the program lies on a disk of the PC itself.
func (p *PC) Local(x Program) bool {
	if len(x.Dir) < 2 || x.Dir[1] != ':' {
		return false
	}
	_, mapped := p.Drives[x.Dir[0]]
	return !mapped && x.Dir[0] <= 'E' // inferred: letters behind E belong to the network
}

// Relay is a host that hands mail to the gateways.
type Relay struct {
	Name    string
	IP      Fact[string]
	At      Place
	Aliases Fact[[]AliasLine]
	Routes  Fact[[]Route]
	RcptLog Fact[Text] // its log of recipients
	Said    map[string]Fact[string]
}

// AliasLine is a line of a relay's alias table.
type AliasLine struct {
	Address, Target string
	At              Place
}

// Route sends a domain to a host.
type Route struct {
	Domain string
	PC     string // name of a PC, or an address
	At     Place
}

// Router lies between gateway and smart host.
type Router struct {
	Name              string
	At                Place
	Product, Firmware Fact[string]
	StaticRoutes      Fact[bool] // has static routes for both hosts
}

// Peer is a system outside that sends mail with attachments.
type Peer struct {
	Name               string
	At                 Place
	Software, Encoding Fact[string]
}

// Topics are the descriptions a person can give because no file of the gateway
// holds them, under the keys of the deployment file. Values are as written
// there; lists are joined with ", ", sizes are in bytes, a list that was given
// and is empty is known and "".
var Topics = []Topic{
	{"visibleDomain", "policy", "the domain that outside sees: a company domain, or postoffice for each its own"},
	{"giveUpAfter", "policy", "the longest time of trying to reach the smart host, such as 12h"},
	{"giveUpBefore", "policy", "the shortest time of it"},
	{"mx", "policy", "where MX records lead: smarthost or gateway"},

	{"backup", "postoffice", `files of which copies are kept: SMTP\LOCAL.CFG`},
	{"gateways", "postoffice", "all gateways installed: smtp, att, fax"},
	{"use", "postoffice", "forms, internet, lists"},
	{"server", "postoffice", "file server: NetWare 3.12"},
	{"segment", "postoffice", "name of the physical network"},
	{"shareable", "postoffice", "files with NetWare's shareable attribute"},
	{"mode", "postoffice", "permissions of the files on an NFS server: 777"},
	{"dirSyncTypes", "postoffice", "gateway types whose addresses Dir-Sync sends"},
	{"internetGroups", "postoffice", "groups that mail from the Internet is sent to"},
	{"clients", "postoffice", "windows, outlook, remote"},
	{"compress", "postoffice", "when mailbags are compressed: never, 03:00"},
	{"specialExport", "postoffice", "what *SPECIAL exports: all or none"},
	{"routeTypes", "postoffice", "route types of its external postoffices, in order"},
	{"autodisconnect", "postoffice", "true: the server disconnects idle sessions"},

	{"shareLocks", "postoffice", "true: the server enforces file locks among computers"},
	{"lowerCase", "postoffice", "true: the server shows names of files in small letters"},
	{"writeBehind", "postoffice", "true: the server or its clients delay writes"},
	{"purge", "postoffice", "directories that NetWare purges at once: P1"},
	{"volumeSize", "postoffice", "size of its volume in MB"},
	{"serialNumber", "postoffice", "serial number of the postoffice"},
	{"hopLimit", "postoffice", "limit of hops that ADMIN shows"},
	{"retryLimit", "postoffice", "limit of retries of its external postoffices"},
	{"dirSyncServer", "postoffice", "Dir-Sync server that creates external postoffices by itself, or none"},
	{"sharedGroups", "postoffice", "groups that other postoffices see"},

	{"os", "pc", "operating system: MS-DOS 6.2"},
	{"stack", "pc", "TCP/IP product and version"},
	{"stackKind", "pc", "16-bit, 32-bit or winsock"},
	{"hardware", "pc", "processor: 386"},
	{"adapter", "pc", "network adapter: 8-bit or 16-bit"},
	{"adapterRam", "pc", "true: the adapter's memory is enabled"},
	{"protocols", "pc", "protocols on the adapter: ipx, tcpip"},
	{"dedicated", "pc", "true: nothing else runs on it"},
	{"segment", "pc", "name of the physical network"},
	{"networkPath", "pc", "real network path of SMTPGATE.EXE when it is run from a server"},
	{"startAt", "pc", "time of day at which the program is started: 07:30"},
	{"account", "pc", "rights of its account on the drives: full, read"},
	{"scan", "pc", "how long EXTERNAL needs to look at all its postoffices: 4m"},
	{"runAs", "pc", "how EXTERNAL is run on Windows NT: program or service"},
	{"clock", "pc", "by how many seconds its clock is fast: -90"},
	{"versions.PROGRAM", "pc", "version of a program, in capitals: versions.SMTPGATE"},
	{"versionText.PROGRAM", "pc", "what the program prints for -ver"},

	{"software", "smartHost", "mail software: sendmail 8.6"},
	{"greets", "smartHost", "ehlo or helo"},
	{"resets", "smartHost", "true: sends RSET after a refused EHLO"},
	{"window", "smartHost", "its TCP window in bytes"},
	{"inbound", "smartHost", "true: mail from the Internet comes through it"},
	{"mime", "smartHost", "true: passes MIME and 8BITMIME on"},
	{"emptyReceiptTo", "smartHost", "true: adds an empty Return-Receipt-To line"},
}

// Topic is a row of Topics.
type Topic struct {
	Name    string // key in the deployment file and in Said
	Of      string // "policy" (Said of the installation), "postoffice", "pc", "smartHost"
	Meaning string // what to write
}
