package lint

import (
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

	// Complete says that the lists above are the whole installation, as a
	// site or deployment file promises; a folder of copies does not.
	Complete bool

	GatewayVersion Fact[string]   // one of site.GatewayVersions
	Resolver       names.Resolver // nil: there is nobody to ask
	NamesAt        Place          // zone file, hosts file or server
	Hosts          Fact[[]names.HostsLine]

	Volume Fact[Volume] // of the whole installation

	// Said are the descriptions that no file of the gateway holds, by topic
	// (see Topics), such as "network.segment".
	Said map[string]Fact[string]
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

	// LOCAL.CFG and ADDR_MAP.CFG as parsed, each value with its place.
	Local   Fact[LocalCfg]
	AddrMap Fact[[]MapLine]

	// Tree is its database; nil: not given. A site file gives none, except
	// for the files it overrides.
	Tree *drive.Tree

	// Said are descriptions of this postoffice by topic.
	Said map[string]Fact[string]
}

// Ref returns NET/PO.
func (p *Postoffice) Ref() string { return p.Network + "/" + p.Name }

// User is a mailbox.
type User struct {
	Name     string
	External bool // may exchange mail with other systems. Q99856
	At       Place
}

// LocalCfg is LOCAL.CFG.
type LocalCfg struct {
	Domain, HostName, SmartHost Fact[string]
	Postoffices                 []Fact[string] // NET/PO
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
	Role     Fact[Role]
	IP       Fact[string]
	Drives   map[byte]string // letter to NET/PO
	DrivesAt Place

	// Commands are the command lines of gateway and mailer programs, from a
	// run line or from the batch files, in order.
	Commands []Command

	// Text files, by DOS name: "CONFIG.SYS", "AUTOEXEC.BAT", "PROTOCOL.INI",
	// "TCPUTILS.INI", "NET.CFG", "EXTERNAL.INI", "HOSTS", and the start batch
	// as "START.BAT".
	Files map[string]Text

	// Programs is the inventory of executables this PC can start: local ones
	// and, with the directory they lie in, those on a server.
	Programs Fact[[]Program]

	// Path is the search path as it is when the gateway starts.
	Path Fact[[]string]

	// Said are descriptions of this PC by topic: "os", "stack", "freeMemory".
	Said map[string]Fact[string]

	// Config is what CONFIG.SYS sets, also known from a site file.
	FilesMax Fact[int] // FILES=
}

// Command is one command line.
type Command struct {
	Program  string // "SMTPGATE", "EXTERNAL"
	Args     []Arg
	Line     string
	At       Place
	Gateway  *site.GatewayOptions // of SMTPGATE, when the line parses
	External *site.ExternalOptions
}

// Arg is a word of a command line.
type Arg struct {
	Text string
	At   Place
}

// Text is a text file with its lines.
type Text struct {
	File  string // as the user can open it
	Lines []string
}

// Program is an executable.
type Program struct {
	Name string // "SMTPGATE.EXE"
	Dir  string // DOS path: C:\GATE, M:\MAILEXE
	Size int64  // bytes, 0 unknown
	Date string // yyyy-mm-dd, "" unknown
	At   Place
}

// Relay is a host that hands mail to the gateways.
type Relay struct {
	Name    string
	IP      Fact[string]
	At      Place
	Aliases Fact[[]AliasLine]
	Said    map[string]Fact[string] // "software", "greets", ...
}

// AliasLine is a line of a relay's alias table.
type AliasLine struct {
	Address, Target string
	At              Place
}

// Topics are the descriptions a person can give because no file of the gateway
// holds them. A rule that lacks one names it.
var Topics = []Topic{}

// Topic is a row of Topics.
type Topic struct {
	Name    string // key in the deployment file
	Of      string // "network", "pc", "postoffice", "smartHost"
	Meaning string // what to write
}
