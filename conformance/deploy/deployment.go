package deploy

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"gwkit/emulator/site"
	"gwkit/emulator/site/yamlfile"
)

// FileVersion is the only version of the deployment file so far.
const FileVersion = 1

// Deployment is a real installation as its administrator describes it. The
// zero value of a field means that nothing was said about it; what that hides
// is reported as not judged, never as clean.
type Deployment struct {
	// File is the name given to Parse. Paths are relative to its folder.
	File string

	Version        int
	Name           string
	Allow          Allow
	GatewayVersion string  // one of site.GatewayVersions, or empty
	Shape          string  // a built-in shape with the same names, or empty
	Speed          float64 // seconds of the deployment's clock in one of ours; 1 unless it is emulated

	Postoffices []Postoffice
	PCs         []PC
	SmartHost   SmartHost
	Names       Names
	Network     Network
	Peers       []Peer
	Policy      Policy
	Volume      Volume // of the whole deployment
	Messages    []string
	Test        Test
	Patience    time.Duration // upper bound of any wait; DefaultPatience
	Lint        Lint

	// Positions says where values were written; see Where.
	Positions map[string]site.Pos
}

// DefaultPatience bounds a wait of a deployment that says nothing: three
// cycles of the gateway with its default options, and three of EXTERNAL.
const DefaultPatience = 30 * time.Minute

// Allow is what gwcheck may do to a deployment.
type Allow struct {
	Read    bool // read files and ask name servers
	Probe   bool // open short SMTP sessions that transfer no mail
	Message bool // send marked messages to and from the test mailboxes
	Write   bool // change database files: only on a deployment that is no real one
}

// Names lists what is allowed, in the words of the file.
func (a Allow) Names() []string {
	var list []string
	for i, yes := range []bool{a.Read, a.Probe, a.Message, a.Write} {
		if yes {
			list = append(list, allowWords[i])
		}
	}
	return list
}

// Postoffice is one postoffice and the drive that it is on.
type Postoffice struct {
	Network, Name string // at most 10 characters each
	Drive         string // mounted folder, UNC path or Windows drive; see Path
	Gateway       string // "smtp" on a gateway postoffice
	Via           string // NET/PO that its SMTP mail goes to
	Backbone      bool
	Users         []User // nil: to be read from the drive

	// SMTP is a description of LOCAL.CFG and ADDR_MAP.CFG, for a drive
	// that cannot be read or whose files have another form. nil: the drive.
	SMTP *site.GatewayConfig

	Volume Volume

	Server    string   // file server: "NetWare 3.12", "LAN Manager 2.2", "PC-NFS"
	Segment   string   // name of the physical network
	Gateways  []string // all gateways installed: smtp, att, fax
	Shareable []string // files with NetWare's shareable attribute; nil: not said
	Listing   string   // file: a listing with attributes and owners
	Mode      string   // permissions of the files on an NFS server: "777"
	Backup    []string // files of which copies are kept; nil: not said

	DirSyncTypes   []string // gateway types that the Dir-Sync requestor sends; nil: not said
	InternetGroups []string // groups that Internet mail is sent to; nil: not said
	Use            []string // forms, internet, lists
	Clients        []string // windows, outlook, remote
	Compress       string   // when mailbags are compressed: "never", "03:00"
	SpecialExport  string   // what *SPECIAL exports: "all", "none"
	RouterTypes    []string // route types of its external postoffices; nil: the drive
	Autodisconnect *bool    // server disconnects idle sessions; nil: not said
	ShareLocks     *bool    // server enforces locks; nil: not said
	LowerCase      *bool    // server shows names in small letters; nil: not said
	WriteBehind    *bool    // writes are delayed; nil: not said
	Purge          []string // directories that NetWare purges at once; nil: not said
	VolumeSize     int      // MB; 0: not said
	SerialNumber   string
	HopLimit       int      // 0: not said
	RetryLimit     int      // 0: not said
	DirSyncServer  string   // NET/PO of the server that creates external postoffices, or "none"
	SharedGroups   []string // groups that others see; nil: not said

	Pos site.Pos
}

// Ref returns NET/PO.
func (p *Postoffice) Ref() string { return p.Network + "/" + p.Name }

// User is a mailbox.
type User struct {
	Name       string
	FullName   string
	NoExternal bool // has no right to exchange mail with other systems. Q99856
	Pos        site.Pos
}

// The roles of a PC. Q132060
const (
	RoleBoth     = "both"     // a gateway that sends and receives
	RoleReceive  = "receive"  // a dedicated receiving gateway
	RoleSend     = "send"     // a dedicated sending gateway
	RoleExternal = "external" // EXTERNAL, or DISPATCH with it
)

// PC is one computer of the deployment.
type PC struct {
	Name    string
	Role    string // one of the roles; from the command line when not said
	IP      string // its own address in the company's network
	Address string // host:port where gwcheck reaches its port 25; from IP when not said
	Drives  []site.DriveMap
	Run     string // command line; from the start batch when not said

	Disk  string // folder that holds its local disk, or a copy of it
	Files Files  // single files instead of a disk

	OS          string            // "MS-DOS 6.2"
	Stack       string            // "LAN Manager 2.1 TCP/IP"
	StackKind   string            // 16-bit, 32-bit, winsock
	Hardware    string            // "386", "286"
	Adapter     string            // network adapter: "8-bit", "16-bit"
	AdapterRAM  *bool             // the adapter's memory is enabled; nil: not said
	Protocols   []string          // protocols on the adapter: ipx, tcpip, netbeui
	Dedicated   *bool             // nothing else runs there; nil: not said
	FreeMemory  int               // bytes of conventional memory before the start; 0: not said
	Segment     string            // name of the physical network
	NetworkPath string            // real network path of SMTPGATE.EXE, when it is run from a server
	Versions    map[string]string // program in upper case -> version: SMTPGATE: 3.0.9
	VersionText map[string]string // program in upper case -> what it prints for -ver
	StartAt     string            // time of day at which it is started: "07:30"
	Account     string            // rights of the account: "full", "read"
	Scan        time.Duration     // of EXTERNAL over all its postoffices; 0: not said
	RunAs       string            // program or service
	Clock       string            // seconds by which it is fast: "-90"

	Pos site.Pos
}

// Program returns the program of the command line in upper case, or "".
func (p *PC) Program() string {
	program, _, _ := site.SplitCommand(p.Run)
	return program
}

// Files are copies of single files of a PC, as paths; empty: there is none.
type Files struct {
	Autoexec  string // AUTOEXEC.BAT
	Config    string // CONFIG.SYS
	Batch     string // the batch file that starts the gateway
	Protocol  string // PROTOCOL.INI
	TCPUtils  string // TCPUTILS.INI
	NetCfg    string // NET.CFG
	External  string // EXTERNAL.INI
	Hosts     string // the hosts file of its TCP/IP stack
	Inventory string // programs: a DIR listing, or lines "path size date"
	Memory    string // what MEM printed before the start
	Log       string // SMTPGATE.LOG, when it is not on the drive
}

// SmartHost is the UNIX host that the gateway sends to and, as a rule,
// receives from.
type SmartHost struct {
	Name     string
	IP       string
	Address  string // host:port where gwcheck reaches it; from IP when not said
	Software string // "sendmail 8.6", "PMDF 3.2", "IBM VM SMTP V2R2"
	Greets   string // ehlo or helo: what it begins a session with
	Resets   *bool  // sends RSET after a refused EHLO
	Aliases  string // file: its alias table
	Log      string // file: its log of recipients
	Window   int    // TCP window in bytes; 0: not said
	Inbound  *bool  // mail from outside comes through it
	MIME     *bool  // passes MIME and 8BITMIME on unchanged
	EmptyRRT *bool  // adds an empty Return-Receipt-To line

	Pos site.Pos
}

// Names is where names are looked up: a zone, a hosts file or a name server,
// one of them.
type Names struct {
	Zone   string // file: a zone in master format
	Origin string // name of the zone
	Hosts  string // file: a hosts file
	Server string // host:port
}

// Network describes what lies between the computers.
type Network struct{ Routers []Router }

// Router is a router between gateway and smart host.
type Router struct {
	Name         string
	Product      string // "Cisco IGS"
	Firmware     string // "9.0.2"
	StaticRoutes *bool  // has static routes for both hosts
	Pos          site.Pos
}

// Peer is a sender of mail with attachments.
type Peer struct {
	Name     string
	Software string // "cc:Mail Link to SMTP"
	Encoding string // uuencode, applesingle, appledouble, hex, message
	Pos      site.Pos
}

// Policy is what the administrator wants where the articles leave it open.
type Policy struct {
	Visible     string        // the domain that outside sees: a company domain, or "postoffice"
	GiveUpMin   time.Duration // shortest and longest time of trying to reach the smart host
	GiveUpMax   time.Duration
	ReceiveMail string // "smarthost" or "gateway": where MX records lead
}

// Volume is a declared load.
type Volume struct {
	In, Out     int     // messages a day
	SizeBytes   int     // average size of a message
	PeakHour    float64 // share of a day that the busiest hour carries, 0 to 1
	Declared    bool    // something was said
	Attachments float64 // share of messages with one, 0 to 1
}

// Test is what marked messages use.
type Test struct {
	Mailboxes []Mailbox
	Outside   string // address that outbound test mail goes to
	Submit    Submit
	Catch     Catch
	Backbone  string // alias of a backbone postoffice that XXENC is asked for
}

// Mailbox is a mailbox that may receive and send marked messages.
type Mailbox struct {
	Postoffice string // NET/PO
	User       string
	Address    string // its Internet address
	Pos        site.Pos
}

// Submit is how mail is sent from a test mailbox: by a command, or by a
// person who is told what to send.
type Submit struct {
	Command string // with {from} {to} {subject} {file}
	Attach  string // words more for each attachment, with {attachment}; "": none can go along
	Person  bool
}

// Catch is where outbound test mail can be seen: a sink of gwcheck's own, or
// a mailbox of the host that receives it.
type Catch struct {
	Listen  string // host:port
	Maildir string // folder
	Mbox    string // file
}

// Lint is how configuration findings count.
type Lint struct {
	Fail string // lowest severity that fails: error, warning, info
	Off  []RuleOff
}

// RuleOff turns a rule off; the reason appears in the report.
type RuleOff struct {
	Rule, Reason string
	Pos          site.Pos
}

// Where returns the position of the value a path names, such as "pcs[0].run".
// A value that was not written has the position of the nearest thing around
// it that was.
func (d *Deployment) Where(path string) site.Pos {
	for {
		if p, ok := d.Positions[path]; ok {
			return p
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return site.Pos{File: d.File}
		}
		path = path[:i]
	}
}

// Path returns a path of the file as this machine opens it: relative ones
// begin at the folder of the deployment file. UNC paths (\\server\share) and
// Windows drives are left alone.
func (d *Deployment) Path(path string) string {
	switch {
	case path == "" || filepath.IsAbs(path) || strings.HasPrefix(path, `\\`):
		return path
	case len(path) > 1 && path[1] == ':' && (path[0]|0x20) >= 'a' && (path[0]|0x20) <= 'z':
		return path
	}
	return filepath.Join(filepath.Dir(d.File), filepath.FromSlash(path))
}

// Postoffice returns the postoffice with a NET/PO, compared without case, or
// nil.
func (d *Deployment) Postoffice(ref string) *Postoffice {
	for i := range d.Postoffices {
		if strings.EqualFold(d.Postoffices[i].Ref(), ref) {
			return &d.Postoffices[i]
		}
	}
	return nil
}

// PC returns the PC of a name, compared without case, or nil.
func (d *Deployment) PC(name string) *PC {
	for i := range d.PCs {
		if strings.EqualFold(d.PCs[i].Name, name) {
			return &d.PCs[i]
		}
	}
	return nil
}

// Parse reads a deployment file. The name is used in positions and as the
// place that relative paths begin at. The error, if any, is site.Mistakes: all
// of them, in order. No other file is opened.
func Parse(name string, data []byte) (*Deployment, error) {
	r := &reader{yamlfile.NewReader(name, "deployment file")}
	d := &Deployment{File: name, Positions: r.Positions}
	switch body := r.Document(data).(type) {
	case nil:
	case *ast.MappingNode, *ast.MappingValueNode:
		r.deployment(d, body)
		r.complete(d)
		r.check(d)
	default:
		r.Mapping(r.Kind, body, false) // says what is there instead
	}
	if len(r.Mistakes) > 0 {
		r.Mistakes.Sort()
		return nil, r.Mistakes
	}
	return d, nil
}
