package program

// Behaviour is what a release of SMTPGATE does differently from others.
type Behaviour struct {
	Version string

	EHLOCloses          bool // EHLO is answered 550 Huh? and the call ended. Q100352
	HelloAccepted       bool // the verb "hello" is taken for HELO. Q107087
	ReplyHost           bool // greeting replies carry the gateway's host name. Q102107
	FriendlyInPath      bool // recipient built as <<user>@<domain> (<name>)>. Q101461
	Tables              bool // SMTPIN.TBL and SMTPOUT.TBL are loaded. Q101461
	FalseEndOfHeader    bool // a stripped recipient ends the header early. Q101461
	CommaSplits         bool // a comma in a comment splits an address. Q108052
	HeaderMustTranslate bool // a bad header address fails the whole message. Q108054
	LongAliasFails      bool // an alias of more than 10 characters gives 201. Q135926
	From822             bool // knows -F. Q99713
	ZoneOption          bool // knows -Z. Q192054

	// TryPut looks for SMTPPUT once in each cycle, not for inbound mail only. The
	// articles disagree, so no release has it and a PC may. Q132060 Q137042
	TryPut bool

	// Stack is the TCP/IP that SMTPGATE was built for; a PC has it as well.
	Stack string
}

// versions has one row a release, oldest first.
//
// inferred: 3.0.3 and 3.0.4 are never described; 3.0a is 3.0.9 plus -Z. Q192054
var versions = []Behaviour{
	{Version: "3.0", EHLOCloses: true, HelloAccepted: true, FriendlyInPath: true, FalseEndOfHeader: true, CommaSplits: true, HeaderMustTranslate: true},
	{Version: "3.0.1", EHLOCloses: true, ReplyHost: true, FriendlyInPath: true, FalseEndOfHeader: true, CommaSplits: true, HeaderMustTranslate: true},
	{Version: "3.0.2", ReplyHost: true, FriendlyInPath: true, FalseEndOfHeader: true, CommaSplits: true, HeaderMustTranslate: true},
	{Version: "3.0.5", ReplyHost: true, FalseEndOfHeader: true, CommaSplits: true, HeaderMustTranslate: true},
	{Version: "3.0.6", ReplyHost: true, Tables: true, FalseEndOfHeader: true, CommaSplits: true, HeaderMustTranslate: true},
	{Version: "3.0.7", ReplyHost: true, Tables: true, CommaSplits: true, HeaderMustTranslate: true},
	{Version: "3.0.8", ReplyHost: true, Tables: true, LongAliasFails: true},
	{Version: "3.0.9", ReplyHost: true, Tables: true, From822: true},
	{Version: "3.0a", ReplyHost: true, Tables: true, From822: true, ZoneOption: true},
}

// VersionOf returns the row of a release; an unknown one behaves as 3.0.9.
func VersionOf(version string) Behaviour {
	var latest Behaviour
	for _, v := range versions {
		if v.Version == version {
			return v
		}
		if v.Version == "3.0.9" {
			latest = v
		}
	}
	return latest
}
