package postoffice

const (
	networkFlag = iota
	networkType
	networkName
	networkXTN
	networkMBG
	networkHubNetwork
	networkHubName
	networkHubMBG
)

var networkLayout = Layout{"NETWORK.GLB", 0, 122, "Q77926 Q148666", []Field{
	networkFlag:       {"active", 0x00, 1, Number, "Q148666"},
	networkType:       {"type", 0x01, 1, Number, "Q148666"},
	networkName:       {"name", 0x02, 11, Text, "Q148666"},
	networkXTN:        {"xtn", 0x0D, 9, Text, "Q148666"},
	networkMBG:        {"mbg", 0x21, 9, Text, "Q148666"},
	networkHubNetwork: {"hub network", 0x2A, 11, Text, "Q118561; inferred: place, from the order of fields"},
	networkHubName:    {"hub postoffice", 0x35, 11, Text, "Q118561; inferred: place"},
	networkHubMBG:     {"hub mbg", 0x40, 9, Text, "Q118561; inferred: place"},
}}

// Types of NETWORK.GLB records.
const (
	TypeMail   = 0x01 // invented: a network of Microsoft Mail postoffices
	TypeMSMail = 0x10 // Mail Connection gateway. Q148666
	TypeSMTP   = 0x20 // invented: one bit, like the mask in MASTER.GLB
	TypeFFAPI  = 0x64 // proxy network of FFAPI. Q103820
)

// SMTPName is the name of the SMTP gateway's record; the eight characters of its
// mailbag follow it when NETWORK.GLB is typed. Q87028
const SMTPName = "SMTP"

// Network is one record of NETWORK.GLB: a network with an XTN file of postoffices, or a
// gateway with a mailbag. On a postoffice that reaches the gateway through another, the
// hub fields name that other one. Q87467 Q118561
type Network struct {
	Active              bool // false: deleted, the slot may be used again. Q148666
	Type                byte
	Name                string
	XTN                 string // hexid of the XTN file; empty for gateways without one
	MBG                 string // hexid of a gateway's mailbag
	HubNetwork, HubName string
	HubMBG              string // mailbag of the hub's postoffice record. Q135031
}

// DecodeNetworks reads NETWORK.GLB. With an error it returns the records before it.
func DecodeNetworks(file string, data []byte) ([]Network, error) {
	l := &networkLayout
	n, err := l.count(file, len(data))
	list := make([]Network, n)
	for i := range list {
		r := l.record(data, i)
		list[i] = Network{
			Active: l.num(r, networkFlag) != 0, Type: byte(l.num(r, networkType)), Name: l.text(r, networkName),
			XTN: l.text(r, networkXTN), MBG: l.text(r, networkMBG), HubNetwork: l.text(r, networkHubNetwork),
			HubName: l.text(r, networkHubName), HubMBG: l.text(r, networkHubMBG),
		}
		v := &list[i]
		if v.Active && (!hexOrEmpty(v.XTN) || !hexOrEmpty(v.MBG)) {
			return list[:i], &CorruptError{file, int64(i * l.Size), "record of " + printable(v.Name) + " names a file that is no hexid"}
		}
	}
	return list, err
}

// Append appends the 122 bytes of the record.
func (n Network) Append(dst []byte) []byte {
	l := &networkLayout
	dst = append(dst, make([]byte, l.Size)...)
	r := dst[len(dst)-l.Size:]
	l.setNum(r, networkFlag, flag(n.Active))
	l.setNum(r, networkType, uint32(n.Type))
	l.setText(r, networkName, n.Name)
	l.setText(r, networkXTN, n.XTN)
	l.setText(r, networkMBG, n.MBG)
	l.setText(r, networkHubNetwork, n.HubNetwork)
	l.setText(r, networkHubName, n.HubName)
	l.setText(r, networkHubMBG, n.HubMBG)
	return dst
}

const (
	xtnFlag = iota
	xtnName
	xtnMBG
	xtnRoute
	xtnHubNetwork
	xtnHubName
	xtnHubMBG
	xtnRetries
	xtnMaxSize
	xtnMonth
	xtnYear
	xtnIndirect
)

var xtnLayout = Layout{"XTN", 0, 698, "Q77926 Q128243", []Field{
	xtnFlag:       {"active", 0x000, 1, Number, "Q86625"},
	xtnName:       {"postoffice", 0x001, 11, Text, "Q86625"},
	xtnMBG:        {"mbg", 0x00C, 9, Text, "Q148666"},
	xtnRoute:      {"route", 0x015, 1, Number, "invented: place and values; content Q119884"},
	xtnHubNetwork: {"hub network", 0x016, 11, Text, "invented: place; content Q169328"},
	xtnHubName:    {"hub postoffice", 0x021, 11, Text, "invented: place"},
	xtnHubMBG:     {"hub mbg", 0x02C, 9, Text, "invented: place"},
	xtnRetries:    {"retries", 0x035, 2, Number, "invented: place; content Q119884"},
	xtnMaxSize:    {"max size", 0x037, 4, Number, "invented: place; content Q131852"},
	xtnMonth:      {"sent month", 0x03B, 4, Number, "invented: place; content Q130067"},
	xtnYear:       {"sent year", 0x03F, 4, Number, "invented: place; content Q130067"},
	xtnIndirect:   {"indirect", 0x289, 2, Number, "Q86625"},
}}

// Route says how an external postoffice is reached. The numbers are invented.
type Route byte

// Route types as ADMIN shows them. Q119884 Q148246 Q169328
const (
	RouteDrive    Route = iota // Direct via MS-DOS Drive
	RouteModem                 // Direct via Modem
	RouteX25                   // Direct via X.25
	RouteIndirect              // Indirect via another postoffice
	RouteGateway               // Indirect via a gateway: backbone mail. Q87213 Q87492
)

// External is one record of an XTN file: a postoffice of that network. Q77926
type External struct {
	Active              bool
	Name                string
	MBG                 string // hexid of its outbound mailbag
	Route               Route
	HubNetwork, HubName string // RouteIndirect: the hub. RouteGateway: HubNetwork is the gateway
	HubMBG              string
	Retries             uint16 // 3 unless changed. Q119884
	MaxSize             uint32 // bytes, 0 for none. Q131852
	SentMonth, SentYear uint32 // messages; External rewrites them after each delivery. Q130067
	Indirect            uint16 // postoffices routed through this one. Q86625
}

// DecodeExternals reads an XTN file. With an error it returns the records before it. An
// empty file is a network without postoffices. Q135868
func DecodeExternals(file string, data []byte) ([]External, error) {
	l := &xtnLayout
	n, err := l.count(file, len(data))
	list := make([]External, n)
	for i := range list {
		r := l.record(data, i)
		list[i] = External{
			Active: l.num(r, xtnFlag) != 0, Name: l.text(r, xtnName), MBG: l.text(r, xtnMBG),
			Route: Route(l.num(r, xtnRoute)), HubNetwork: l.text(r, xtnHubNetwork), HubName: l.text(r, xtnHubName),
			HubMBG: l.text(r, xtnHubMBG), Retries: uint16(l.num(r, xtnRetries)), MaxSize: l.num(r, xtnMaxSize),
			SentMonth: l.num(r, xtnMonth), SentYear: l.num(r, xtnYear), Indirect: uint16(l.num(r, xtnIndirect)),
		}
		v := &list[i]
		if v.Active && (v.MBG == "" || !hexOrEmpty(v.MBG)) {
			return list[:i], &CorruptError{file, int64(i * l.Size), "record of " + printable(v.Name) + " names a mailbag that is no hexid"}
		}
	}
	return list, err
}

// Append appends the 698 bytes of the record.
func (x External) Append(dst []byte) []byte {
	l := &xtnLayout
	dst = append(dst, make([]byte, l.Size)...)
	r := dst[len(dst)-l.Size:]
	l.setNum(r, xtnFlag, flag(x.Active))
	l.setText(r, xtnName, x.Name)
	l.setText(r, xtnMBG, x.MBG)
	l.setNum(r, xtnRoute, uint32(x.Route))
	l.setText(r, xtnHubNetwork, x.HubNetwork)
	l.setText(r, xtnHubName, x.HubName)
	l.setText(r, xtnHubMBG, x.HubMBG)
	l.setNum(r, xtnRetries, uint32(x.Retries))
	l.setNum(r, xtnMaxSize, x.MaxSize)
	l.setNum(r, xtnMonth, x.SentMonth)
	l.setNum(r, xtnYear, x.SentYear)
	l.setNum(r, xtnIndirect, uint32(x.Indirect))
	return dst
}

func hexOrEmpty(s string) bool {
	_, ok := parseHexID(s)
	return ok || s == ""
}

// printable keeps control characters of a damaged name out of an error text.
func printable(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return "a damaged name"
		}
	}
	return `"` + s + `"`
}
