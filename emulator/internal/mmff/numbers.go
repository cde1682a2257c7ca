package mmff

import "strconv"

// Error numbers of the FFAPI programs; they are also the exit codes. Q85043 Q118533
const (
	NumberNoOutputFile     = 10  // Get. Q141981
	NumberMemory           = 20  // Get, Put. Q156166 Q98811
	NumberFileOpen         = 52  // Get. Q128434
	NumberServiceType      = 80  // GTWCFG, ADMIN. Q96605 Q134339
	NumberUnknownToken     = 140 // Put. Q85043
	NumberMatchToken       = 141 // Put. Q85043 Q118533
	NumberBadAddress       = 142 // Put. Q85043 Q106623
	NumberUnknownParser    = 143 // Put. Q85043
	NumberPartition        = 144 // Put. Q85043 Q85055
	NumberGroupTooBig      = 145 // Put. Q85043
	NumberXTextName        = 146 // Put. Q85043
	NumberXTextOpen        = 147 // Put. Q85043
	NumberUnknownService   = 151 // Put. Q106623
	NumberNoAutomaticFiles = 190 // Remote Get and Put 3.0. Q103801
	NumberSubmit           = 201 // Put. Q135926
)

// Texts of the errors that do not come from parsing a file, exactly as printed.
const (
	TextNoOutputFile     = "No output file specified in command line."                       // Q141981
	TextMemory           = "Insufficient memory"                                             // Q156166
	TextFileOpen         = "a file open error has occurred"                                  // Q128434
	TextServiceType      = "Bad Gateway Service Type on Create"                              // Q96605
	TextNoAutomaticFiles = "Automatic File transfer not supported by this version of FFAPI." // Q103801
	TextSubmit           = "Failure submitting message to mail database"                     // Q135926
)

// Texts of the parser. Number 141 has no full stop here: the manual's list ends it
// with one (Q85043), the printed example does not (Q118533), and we follow what was
// seen on a screen.
const (
	textUnknownToken   = "Unknown error processing token "
	textWithTail       = " with tail "
	textMatchToken     = "Cannot match token "
	textHasTail        = " (has tail "
	textBadAddress     = "Bad address."
	textUnknownParser  = "Unknown parser error."
	textPartition      = "Unable to partition line "
	textGroup          = "In group name "
	textGroupType      = " type "
	textGroupTooBig    = ", contents fields too big."
	textXTextName      = "Bad or missing XTEXT file name."
	textXTextOpen      = "Failure opening text body file "
	textUnknownService = "Unknown service "
)

// ParseError is a fault found in a file. Q118533
type ParseError struct {
	Number  int    // error number and exit code
	Message int    // position of the message in the file, from 1; 0 when not known
	Line    int    // line within that message, from 1; 0 when not known
	Text    string // exact program text with its arguments filled in
}

// Error prints 141-1-2 Cannot match token TO (has tail net/po/mailbox). Q118533
func (e *ParseError) Error() string {
	return string(e.Append(nil))
}

// Append appends the printed form to dst.
func (e *ParseError) Append(dst []byte) []byte {
	dst = strconv.AppendInt(dst, int64(e.Number), 10)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, int64(e.Message), 10)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, int64(e.Line), 10)
	dst = append(dst, ' ')
	return append(dst, e.Text...)
}

// quoted is the part of a bad line that an error text shows. Control characters go:
// the example of a file with the wrong terminator prints the token TO although the
// token read was LF, T, O (Q118533). invented: at most 80 characters, because one
// line may be a whole file.
func quoted(b []byte) string {
	const most = 80
	out := make([]byte, 0, min(len(b), most))
	for _, c := range b {
		if len(out) == most {
			break
		}
		if c >= ' ' && c != 0x7F {
			out = append(out, c)
		}
	}
	return string(out)
}
