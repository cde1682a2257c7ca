package mmff

// token is one word before the colon of a header line.
type token int

const (
	tokVersion token = iota
	tokTo
	tokFrom
	tokDate
	tokTime
	tokSubject
	tokPriority
	tokAttachment
	tokXAttach
	tokText
	tokXText
	tokFormat
	tokCc
	tokRecipient
	tokName
	tokSecond
	tokID
	tokReceipt
	tokClass
	tokAttDate
	tokAttTime
	tokAttSecond
	tokAttType
	tokAttHidden
	tokenCount
)

// tokens lists every token. The basic ones are documented (Q118785); the list there
// prints ATTACHMENTS and Date where the sample prints ATTACHMENT and DATE (Q103801), so
// both spellings are read, letters in either case, and the sample's are written.
//
// invented: all tokens of the extended format, including FORMAT which announces it.
// Only what the format carries is known: the parts of the time, address details, and
// name, size, creation date and type of attachments (Q87223). They are laid on top of
// the basic tokens, so that the readable FROM:CSI:NET/PO/BOX line for which
// administrators search is still there (Q98159). Without FORMAT an extended token is an
// unknown one, which gives the error that importing CC into the basic format gives.
// Q87223
var tokens = [...]struct {
	name     string
	token    token
	extended bool // known only after FORMAT:EXTENDED or FORMAT:ENCAPSULATED
	many     bool // may be repeated
}{
	{"VERSION", tokVersion, false, false},
	{"TO", tokTo, false, true},
	{"FROM", tokFrom, false, false},
	{"DATE", tokDate, false, false},
	{"TIME", tokTime, false, false},
	{"SUBJECT", tokSubject, false, false},
	{"PRIORITY", tokPriority, false, false},
	{"ATTACHMENT", tokAttachment, false, true},
	{"ATTACHMENTS", tokAttachment, false, true},
	{"XATTACH", tokXAttach, false, true},
	{"TEXT", tokText, false, false},
	{"XTEXT", tokXText, false, false},

	{"FORMAT", tokFormat, false, false},     // EXTENDED or ENCAPSULATED
	{"CC", tokCc, true, true},               // like TO
	{"RECIPIENT", tokRecipient, true, true}, // like TO
	{"NAME", tokName, true, true},           // friendly name of the address above
	{"SECOND", tokSecond, true, false},      // 0-59
	{"ID", tokID, true, false},              // eight hex digits
	{"RECEIPT", tokReceipt, true, false},    // 0 or 1
	{"CLASS", tokClass, true, false},        // message class
	{"ATTDATE", tokAttDate, true, true},     // yyyy-mm-dd, of the attachment above
	{"ATTTIME", tokAttTime, true, true},     // hh:mm
	{"ATTSECOND", tokAttSecond, true, true}, // 0-59
	{"ATTTYPE", tokAttType, true, true},     // file type
	{"ATTHIDDEN", tokAttHidden, true, true}, // 0 or 1
}

// Values of FORMAT.
const (
	formatExtended     = "EXTENDED"
	formatEncapsulated = "ENCAPSULATED"
)

// lookup finds a token without regard to case. ok is false when the token is unknown in
// this form.
func lookup(word []byte, extended bool) (tok token, many, ok bool) {
	for i := range tokens {
		t := &tokens[i]
		if len(t.name) == len(word) && foldEqual(word, t.name) {
			return t.token, t.many, extended || !t.extended
		}
	}
	return 0, false, false
}

// foldEqual compares ASCII texts of equal length; upper is in capitals.
func foldEqual(word []byte, upper string) bool {
	for i, c := range word {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != upper[i] {
			return false
		}
	}
	return true
}
