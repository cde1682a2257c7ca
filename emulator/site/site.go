// Package site is the installation as plain data: postoffices, PCs and their
// drive maps, the gateway configuration, smart hosts, and the command line of
// each program. It is what a test describes before anything runs.
//
// Goals: one YAML file an administrator can read and edit; every mistake in
// that file reported at once with file, line and column; the files the
// original reads (LOCAL.CFG, ADDR_MAP.CFG) and the command lines it accepts,
// parsed in one place; the deployment shapes of Q132060 ready to start from;
// the index of Knowledge Base articles the project cites.
//
// Non-goals: judging an installation (that is lint: a site that is wrong on
// purpose must parse), running it, and reading files. Parse gets bytes from
// its caller and decides nothing from the environment.
//
// # Use
//
//	s, err := site.Parse("deploy.yaml", data) // err lists every mistake
//	s, err := site.Shape("dedicated")         // a built-in site
//	data := s.Marshal()                       // a site file again
//
// A Site from Parse is complete: defaults are filled in, references are
// known to resolve, lists are in a fixed order. A Site built by hand becomes
// complete by Parse(name, s.Marshal()).
//
// # Why
//
// Anchors, aliases, merge keys and tags are refused because YAML libraries
// disagree about them and a site file has no need of them.
package site

import (
	"strings"
	"time"

	"gwkit/emulator/site/yamlfile"
)

// FileVersion is the only version of the site file so far.
const FileVersion = 1

// nameMax is the length of a network, postoffice and mailbox name: an address
// is 10/10/10. Q107089, Q88779
const nameMax = 10

// groupMax is the number of local members of a group. Q77926
const groupMax = 500

// fullNameMax is the length of a full name in an address list. Q123376
const fullNameMax = 30

// Site is a whole installation. Lists keep the order of the file, except that
// SMTP, Files and the pairs inside a smart host are sorted, because the file
// writes them as mappings.
type Site struct {
	// Name is the file name given to Parse, or the name of a shape. It is
	// not part of the file.
	Name string

	// Version is the version of the file format: FileVersion.
	Version int

	// Start is the virtual time at which a run begins, in a fixed zone:
	// the offset written in the file. Zero is replaced by DefaultStart.
	Start time.Time

	// TZ is the DOS environment variable of every PC that sets none of its
	// own (Q115452). The default is made from the offset of Start.
	TZ string

	// Timing says what the operations of the PCs cost.
	Timing Timing

	Postoffices []Postoffice
	PCs         []PC

	// SMTP is what ADMIN writes to LOCAL.CFG and ADDR_MAP.CFG, at most one
	// per postoffice, sorted by postoffice.
	SMTP []GatewayConfig

	SmartHosts []SmartHost

	// GatewayVersion is one of GatewayVersions. The default is "3.0.9".
	GatewayVersion string

	// Faults are texts that package fault understands. This package only
	// checks that they are not empty; see FaultCheck.
	Faults []string

	// Files replace or remove files on the drives before the run, sorted by
	// postoffice and path.
	Files []FileOverride

	// Positions says where values were written; see Where. It is nil for a
	// site that was built by hand.
	Positions map[string]Pos
}

// Pos, Mistake and Mistakes are the places of a site file and what is wrong
// there.
type (
	Pos      = yamlfile.Pos
	Mistake  = yamlfile.Mistake
	Mistakes = yamlfile.Mistakes
)

// Where returns the position of the value a path names, such as "pcs[0].run",
// "smtp.COMPANY/HUB.smartHost" or "faults[2]". A value that was defaulted has
// the position of the nearest thing around it that was written.
func (s *Site) Where(path string) Pos {
	for {
		if p, ok := s.Positions[path]; ok {
			return p
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return Pos{File: s.Name}
		}
		path = path[:i]
	}
}

// Timing says what operations cost in virtual time.
type Timing struct {
	// Model is TimingBenchmark, TimingNone or TimingCustom.
	Model string

	// PerOperation is the cost of one file operation and PerKilobyte of
	// 1024 bytes moved; used by TimingCustom only.
	PerOperation time.Duration
	PerKilobyte  time.Duration
}

// The timing models.
const (
	TimingBenchmark = "benchmark" // calibrated to the documented figures, Q137043, Q132060
	TimingNone      = "none"      // operations take no time
	TimingCustom    = "custom"    // the two figures given in the file
)

// Postoffice is one postoffice on the network drive.
type Postoffice struct {
	// Network and Name are at most 10 characters each, case kept.
	Network, Name string

	// Users are mailbox names in file order, at most 10 characters each.
	Users []string

	// UserDetails has an entry for each user that was written as a mapping.
	UserDetails []UserDetail

	// Groups are the groups of the postoffice in file order.
	Groups []Group

	// Gateway is "smtp" on a gateway postoffice (it owns the SMTP directory
	// and mailbag) and empty elsewhere.
	Gateway string

	// Via is the NET/PO this postoffice sends its SMTP mail to; empty when
	// there is none. It is the forward postoffice of the access component
	// and a direct external postoffice definition. Q87030, Q123825
	Via string

	// Access says that the SMTP access component is installed; the default
	// is true when Via or Gateway is set. Q87030, Q88778
	Access bool

	Pos Pos
}

// Ref returns NET/PO.
func (p *Postoffice) Ref() string { return p.Network + "/" + p.Name }

// User returns the details of a mailbox, and whether the postoffice has it.
// Mailbox names are compared without case.
func (p *Postoffice) User(name string) (UserDetail, bool) {
	for _, d := range p.UserDetails {
		if strings.EqualFold(d.Name, name) {
			return d, true
		}
	}
	for _, u := range p.Users {
		if strings.EqualFold(u, name) {
			return UserDetail{Name: u}, true
		}
	}
	return UserDetail{}, false
}

// UserDetail is what a user has beyond a mailbox name.
type UserDetail struct {
	Name     string
	FullName string // shown in address lists; empty: the mailbox name

	// NoExternal takes the right to exchange mail with other systems away;
	// a message for such a user is refused with 552. Q99856
	NoExternal bool
}

// Group is a group of users of one postoffice. Mail reaches it by its address,
// which is Name; FullName is what address lists show. Q119685
type Group struct {
	Name     string
	FullName string // empty: the same

	// Members are mailbox names of the postoffice, because only those get what
	// comes from elsewhere. Q87396, Q105525
	Members []string
}

// PC is one MS-DOS computer that runs one program.
type PC struct {
	// Name is at most 15 characters, the length of a NetBIOS name.
	Name string

	// IP is the dotted address; empty for a PC without TCP/IP.
	IP string

	// Drives are sorted by letter.
	Drives []DriveMap

	// Local are the programs on the local disk, in C:\GATE: names from
	// Programs. The default is the program of Run. A program that is not on
	// the Path cannot be spawned. Q132060
	Local []string

	// Path is searched for programs; the default is C:\GATE.
	Path []string

	Config PCConfig

	// Run is the command line at start; empty: the PC stays idle. A file that
	// was parsed has a command line that ParseGateway or ParseExternal takes.
	Run string

	// Loop starts the command again when it ends, as a batch file that
	// calls itself does. Q134371, Q140245
	Loop bool

	// StartAfter is the time from the start of the run to the start of Run.
	StartAfter time.Duration

	// TZ replaces the TZ of the site; empty: the same.
	TZ string

	Pos Pos
}

// Program returns the program of the Run line, such as "SMTPGATE", or "".
func (p *PC) Program() string {
	program, _, _ := SplitCommand(p.Run)
	return program
}

// Drive returns the NET/PO that a drive letter is mapped to, or "".
func (p *PC) Drive(letter byte) string {
	for _, d := range p.Drives {
		if d.Letter == letter {
			return d.Postoffice
		}
	}
	return ""
}

// DriveMap maps an upper-case drive letter to the database of a postoffice.
type DriveMap struct {
	Letter     byte
	Postoffice string // NET/PO
}

// PCConfig is what CONFIG.SYS and AUTOEXEC.BAT set up. A PC without a config
// gets the recommended values, not those of a bare MS-DOS (which has FILES=8).
type PCConfig struct {
	Files      int  // FILES=; default 40. Q128570, Q134949
	Share      bool // SHARE is loaded; default true
	CommandF   bool // COMMAND /F answers critical errors by itself; default false. Q136041
	FreeMemory int  // free conventional memory in bytes; default 440000. Q137042

	// TryPut has the gateway look for SMTPPUT once in each cycle, mail or not, as
	// Q132060 says of a sender that has none; otherwise it is spawned for inbound
	// mail only, as Q137042 says. The default is false.
	TryPut bool

	// Stack is the TCP/IP the gateway runs on, one of Stacks: it says what
	// SMTPGATE logs of a failing read, write or close, and which number the
	// socket of a call has. Empty: what the articles print without naming a
	// stack.
	Stack string
}

// Stacks are the TCP/IP stacks whose errors the articles show: that of LAN
// Manager (Q100708), the same before its TCPTSR.EXE of 2/1/94 (Q123826, Q123827),
// Novell LAN WorkPlace (Q105289), the same with its TCPIP.EXE of 11/13/92
// (Q118970). Others are supported, and nothing is told of them. Q87023
var Stacks = []string{"lanman", "lanman-old", "novell", "novell-old"}

// DefaultConfig is the configuration of a PC that says nothing. invented: such a
// PC has the recommended values and not those of a bare MS-DOS.
var DefaultConfig = PCConfig{Files: 40, Share: true, FreeMemory: 440000}

// GatewayConfig is the content of LOCAL.CFG and ADDR_MAP.CFG of one gateway
// postoffice, as the administrator enters it.
type GatewayConfig struct {
	Postoffice   string // NET/PO that owns the files
	HostName     string // Internet Name Of Gateway
	DomainSuffix string // with a leading dot
	SmartHost    string // IP Address Of SMTP Router

	// Postoffices are the NET/PO served; the default is each postoffice of
	// Map once, in order.
	Postoffices []string

	// Map is the address map; order matters. Q111840
	Map []Mapping

	Pos Pos
}

// Config returns the part that LOCAL.CFG holds.
func (c *GatewayConfig) Config() Config {
	return Config{
		LocalDomain: c.DomainSuffix,
		HostName:    c.HostName,
		SmartHost:   c.SmartHost,
		Postoffices: append([]string(nil), c.Postoffices...),
	}
}

// SmartHost is a UNIX mail host. Inbound mail for a domain of Routes goes to
// the gateway PC named there; an address of Aliases is rewritten first.
type SmartHost struct {
	Name string
	IP   string

	Routes  []Route // sorted by domain
	Aliases []Alias // sorted by address

	Pos Pos
}

// Route sends a domain to a PC, named by PC name or dotted address.
type Route struct{ Domain, To string }

// Alias rewrites an address.
type Alias struct{ Address, To string }

// FileOverride replaces a file of a postoffice before the run, or removes it.
type FileOverride struct {
	Postoffice string // NET/PO
	Path       string // upper case, from the root of the database: \SMTP\ADDR_MAP.CFG

	// Text is the new content, lines ended by LF as YAML has them; on the
	// drive they end in CR LF.
	Text string

	// Absent removes the file; written as null.
	Absent bool

	Pos Pos
}

// DefaultStart is the virtual time of a site that names none: the first line
// of the reference log, in a fixed zone. Q112286
var DefaultStart = time.Date(1993, 2, 23, 8, 50, 3, 0, time.FixedZone("", -8*3600))

// DefaultGatewayVersion is the most common late build. Q101461
const DefaultGatewayVersion = "3.0.9"

// GatewayVersions are the releases of SMTPGATE that the articles describe, in
// order. Q101461, Q112286, Q192054
// inferred: 3.0a of 1998 is a packaging name and follows 3.0.9. Q192054
var GatewayVersions = []string{"3.0", "3.0.1", "3.0.2", "3.0.5", "3.0.6", "3.0.7", "3.0.8", "3.0.9", "3.0a"}

// AtLeast reports whether a gateway version is since or later. An unknown
// version is older than everything.
func AtLeast(version, since string) bool {
	return versionRank(version) >= versionRank(since) && versionRank(version) >= 0
}

func versionRank(version string) int {
	for i, v := range GatewayVersions {
		if v == version {
			return i
		}
	}
	return -1
}

// Programs are the executables a PC may have on its local disk.
var Programs = []string{"EXTERNAL.EXE", "SMTPGATE.EXE", "SMTPGET.EXE", "SMTPPUT.EXE"}

// Postoffice returns the postoffice with a NET/PO, compared without case, or
// nil.
func (s *Site) Postoffice(ref string) *Postoffice {
	for i := range s.Postoffices {
		if strings.EqualFold(s.Postoffices[i].Ref(), ref) {
			return &s.Postoffices[i]
		}
	}
	return nil
}

// PC returns the PC of a name, compared without case, or nil.
func (s *Site) PC(name string) *PC {
	for i := range s.PCs {
		if strings.EqualFold(s.PCs[i].Name, name) {
			return &s.PCs[i]
		}
	}
	return nil
}

// Gateway returns the gateway configuration of a NET/PO, compared without
// case, or nil.
func (s *Site) Gateway(ref string) *GatewayConfig {
	for i := range s.SMTP {
		if strings.EqualFold(s.SMTP[i].Postoffice, ref) {
			return &s.SMTP[i]
		}
	}
	return nil
}

// SmartHost returns the smart host with an IP, or nil.
func (s *Site) SmartHost(ip string) *SmartHost {
	for i := range s.SmartHosts {
		if s.SmartHosts[i].IP == ip {
			return &s.SmartHosts[i]
		}
	}
	return nil
}

// Clone returns a copy that shares nothing with s but the positions.
func (s *Site) Clone() *Site {
	c := *s
	c.Postoffices = append([]Postoffice(nil), s.Postoffices...)
	for i := range c.Postoffices {
		p := &c.Postoffices[i]
		p.Users = append([]string(nil), p.Users...)
		p.UserDetails = append([]UserDetail(nil), p.UserDetails...)
		p.Groups = append([]Group(nil), p.Groups...)
		for j := range p.Groups {
			p.Groups[j].Members = append([]string(nil), p.Groups[j].Members...)
		}
	}
	c.PCs = append([]PC(nil), s.PCs...)
	for i := range c.PCs {
		p := &c.PCs[i]
		p.Drives = append([]DriveMap(nil), p.Drives...)
		p.Local = append([]string(nil), p.Local...)
		p.Path = append([]string(nil), p.Path...)
	}
	c.SMTP = append([]GatewayConfig(nil), s.SMTP...)
	for i := range c.SMTP {
		g := &c.SMTP[i]
		g.Postoffices = append([]string(nil), g.Postoffices...)
		g.Map = append([]Mapping(nil), g.Map...)
	}
	c.SmartHosts = append([]SmartHost(nil), s.SmartHosts...)
	for i := range c.SmartHosts {
		h := &c.SmartHosts[i]
		h.Routes = append([]Route(nil), h.Routes...)
		h.Aliases = append([]Alias(nil), h.Aliases...)
	}
	c.Faults = append([]string(nil), s.Faults...)
	c.Files = append([]FileOverride(nil), s.Files...)
	return &c
}
