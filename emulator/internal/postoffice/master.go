package postoffice

const (
	masterNetwork = iota
	masterName
	masterPassword
	masterType
	masterVersion
	masterSerial
	masterHops
	masterGateways
	masterSecurity
	masterGAL
	masterDirSync
)

var masterLayout = Layout{"MASTER.GLB", 0, 176, "Q77926 Q148666", []Field{
	masterNetwork:  {"network", 0x00, 11, Text, "invented: place; content Q85058"},
	masterName:     {"postoffice", 0x0B, 11, Text, "invented: place"},
	masterPassword: {"password", 0x16, 9, Text, "invented: place; content Q130322"},
	masterType:     {"type", 0x1F, 1, Number, "invented: place, 1 is internetwork and 0 single; content Q132560"},
	masterVersion:  {"version", 0x20, 6, Text, "invented: place; content Q128358"},
	masterSerial:   {"serial", 0x26, 12, Text, "invented: place; form Q194712"},
	masterHops:     {"hop limit", 0x32, 2, Number, "invented: place; content Q134753"},
	masterGateways: {"gateways", 0x93, 1, Number, "Q148666"},
	masterSecurity: {"security", 0x94, 1, Number, "Q104586"},
	masterGAL:      {"gal", 0x95, 1, Number, "invented: place; content Q134753"},
	masterDirSync:  {"dirsync server", 0x96, 1, Number, "invented: place; content Q131423"},
}}

// Bits of the gateway flag byte.
const (
	GatewayMSMail = 0x10 // Q148666
	// GatewaySMTP: that the bit exists is documented (Q87028). invented: its value,
	// one of those set in the only sample, 71 hex.
	GatewaySMTP = 0x20
)

// Master is MASTER.GLB, which every program reads at its start. Q85058
type Master struct {
	Network, Name string
	Password      string
	Internetwork  bool   // false: a single postoffice, as in workgroup systems. Q132560
	Version       string // programs refuse a postoffice without one. Q128358
	Serial        string // xx-yyyyy. Q194712
	HopLimit      uint16 // 10 unless changed. Q147471
	Gateways      byte
	Security      bool
	GAL           bool
	DirSyncServer bool
}

// DecodeMaster reads MASTER.GLB.
func DecodeMaster(file string, data []byte) (Master, error) {
	l := &masterLayout
	if len(data) != l.Size {
		return Master{}, sizeError(file, len(data), l.Size)
	}
	m := Master{
		Network: l.text(data, masterNetwork), Name: l.text(data, masterName), Password: l.text(data, masterPassword),
		Internetwork: l.num(data, masterType) != 0, Version: l.text(data, masterVersion), Serial: l.text(data, masterSerial),
		HopLimit: uint16(l.num(data, masterHops)), Gateways: byte(l.num(data, masterGateways)),
		Security: l.num(data, masterSecurity) != 0, GAL: l.num(data, masterGAL) != 0,
		DirSyncServer: l.num(data, masterDirSync) != 0,
	}
	if m.Version == "" {
		// The programs say: This program is incompatible with the postoffice. Q128358
		return m, &CorruptError{file, int64(l.Fields[masterVersion].Offset), "no version"}
	}
	return m, nil
}

// Encode returns the 176 bytes.
func (m Master) Encode() []byte {
	l := &masterLayout
	b := make([]byte, l.Size)
	l.setText(b, masterNetwork, m.Network)
	l.setText(b, masterName, m.Name)
	l.setText(b, masterPassword, m.Password)
	l.setNum(b, masterType, flag(m.Internetwork))
	l.setText(b, masterVersion, m.Version)
	l.setText(b, masterSerial, m.Serial)
	l.setNum(b, masterHops, uint32(m.HopLimit))
	l.setNum(b, masterGateways, uint32(m.Gateways))
	l.setNum(b, masterSecurity, flag(m.Security))
	l.setNum(b, masterGAL, flag(m.GAL))
	l.setNum(b, masterDirSync, flag(m.DirSyncServer))
	return b
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
