package site

import (
	"errors"
	"fmt"
	"strings"
)

// GatewayOptions are the switches of SMTPGATE. The zero value is not a
// default; ParseGateway fills in what the articles give.
type GatewayOptions struct {
	Drive byte // -D: drive of the mail database, 'M'

	// Class has the letters of -C, in lower case: n, e, w, i. The default is
	// unknown; empty here. Debug is -CD. Q87042, Q105130
	Class string
	Debug bool

	// Log and Screen have the letters of -L and -G, in lower case: a, c, n,
	// s, y. LogSet and ScreenSet say that the option was there. Without -L
	// there is no log. Q87043, Q101461
	Log       string
	LogSet    bool
	Screen    string
	ScreenSet bool

	MailerDisable     bool // -MD: inbound mail stays in INQUEUE3.MBG. Q128512
	LogReceived       bool // -MR: RECV.LOG; no effect with MailerDisable. Q128512
	LogSent           bool // -MS: SENT.LOG. Q87042
	HiddenAttachments bool // -HA: send hidden attachments. Q99696
	From822           bool // -F: originator from the From: header. Q99713
	KeepReceived      bool // -T: keep Received lines. Q115493
	CompatV20         bool // -V20: locks of version 2.0. Q131422
	NetBIOSNotify     bool // -X. Q87042
	ZoneNumeric       bool // -Z: zones as +hhmm. Q192054
	NoEncapsulation   bool // -RE. Q87040
	RR                bool // -RR: meaning unknown. Q87042

	Process       string // -P: as given, upper case; empty without. Q87043
	ProcessNumber int    // 1 to 255; 0 without

	Attempts    int // -Q: attempts to reach the smart host, 180. Q99718
	WaitSeconds int // -W: seconds between checks for outbound mail, 120. Q99718

	Break

	Items    int // -I: meaning unknown; 0 without. Q132060
	OutItems int // -O or -0: meaning unknown; 0 without. Q132060

	// Unknown lists arguments that were accepted and have no effect:
	// options nobody has explained or that nothing here depends on, options
	// of a later version, and words that are no option.
	Unknown []string
}

// ParseGateway reads the arguments of SMTPGATE of a version. Letters are
// taken in either case, a value follows its letter directly, and the last of
// several counts. What the program does not know has no effect and is listed.
// The error names every argument with a bad value.
//
// invented: what the original does with a value it cannot read is not
// documented; we refuse the command line.
func ParseGateway(args []string, version string) (GatewayOptions, error) {
	o := GatewayOptions{Drive: 'M', Attempts: 180, WaitSeconds: 120} // Q87041, Q99718
	var faults []error
	for _, arg := range args {
		row, value, ok := matchOption(gate, arg)
		if !ok || !AtLeast(version, row.Since) {
			o.Unknown = append(o.Unknown, arg)
			continue
		}
		if err := o.set(row.Letter, value); err != nil {
			faults = append(faults, fmt.Errorf("cannot read option %q: %w", arg, err))
			continue
		}
		if row.ignored() {
			o.Unknown = append(o.Unknown, arg)
		}
	}
	if len(faults) > 0 {
		return GatewayOptions{}, errors.Join(faults...)
	}
	return o, nil
}

func (o *GatewayOptions) set(letter, value string) (err error) {
	switch letter {
	case "BD", "BR", "BT":
		return o.Break.parse(letter, value)
	case "C":
		// A bare -C would select nothing.
		if value == "" {
			return errors.New(`want letters of "newi"`)
		}
		o.Class, err = letterSet(value, "newi")
		o.Class = strings.ToLower(o.Class)
	case "CD":
		o.Debug = true
	case "D":
		o.Drive, err = driveValue(value)
	case "F":
		o.From822 = true
	case "G":
		o.Screen, err = letterSet(value, "acnsy")
		o.Screen, o.ScreenSet = strings.ToLower(o.Screen), true
	case "HA":
		o.HiddenAttachments = true
	case "I":
		o.Items, err = numberValue(value, 0, 32767)
	case "L":
		o.Log, err = letterSet(value, "acnsy")
		o.Log, o.LogSet = strings.ToLower(o.Log), true
	case "MD":
		o.MailerDisable = true
	case "MR":
		o.LogReceived = true
	case "MS":
		o.LogSent = true
	case "O", "0":
		o.OutItems, err = numberValue(value, 0, 32767)
	case "P":
		o.Process = strings.ToUpper(value)
		o.ProcessNumber, err = processValue(value)
	case "Q":
		o.Attempts, err = numberValue(value, 1, 32767)
	case "RE":
		o.NoEncapsulation = true
	case "RR":
		o.RR = true
	case "T":
		o.KeepReceived = true
	case "V20":
		o.CompatV20 = true
	case "W":
		// The largest value shown is 32767, a signed 16-bit number. Q132060
		o.WaitSeconds, err = numberValue(value, 0, 32767)
	case "X":
		o.NetBIOSNotify = true
	case "Z":
		o.ZoneNumeric = true
	}
	return err
}

// driveValue reads a drive letter, with or without a colon.
func driveValue(text string) (byte, error) {
	text = strings.TrimSuffix(text, ":")
	if len(text) != 1 || !isLetter(text[0]) {
		return 0, errors.New("want a drive letter")
	}
	return text[0] &^ 0x20, nil
}

func isLetter(c byte) bool { return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' }
