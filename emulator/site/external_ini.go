package site

import (
	"errors"
	"fmt"
	"strings"
)

// longOption is an option of EXTERNAL under its long name: a key of EXTERNAL.INI,
// and on the command line /Key or /Key=value. Q114031, Q125328, Q145663
type longOption struct {
	name   string
	letter string // the switch that means the same; "Q" with a digit; empty: there is none, or no article tells it
}

// longOptions are sorted by name.
var longOptions = []longOption{
	{"AsyncCommPort", ""}, {"AsyncInt", ""}, {"AsyncPort", ""}, // Q131513, Q118855
	{"ClockRollOver", ""},    // Q112281, Q170391
	{"CommDisable", "A"},     // Q96060, Q128628
	{"CommInOnly", "KI"},     // Q125328
	{"CommOutOnly", "KO"},    // Q125328
	{"CommScript", "T"},      // Q114031
	{"CommType", ""},         // Q114031, Q148246
	{"CompatV20", "V20"},     // Q131422
	{"DebugMemoryUsage", ""}, // Q102556; a screen of letters that is not shown here
	{"DebugMessages", "Q1"},  // Q116434
	{"DebugP1", "Q3"},        // Q116434
	{"DebugXCSI", "Q2"},      // Q116434
	{"DispatchDisable", ""},  // Q128585
	{"DriveHomePO", "H"},     // Q103447
	{"DrivesDirectPO", "D"},  // Q103447
	{"DrivesDynamic", "F"},   // Q108809
	{"DrivesNovell", ""},     // Q96060
	{"DrivesUNC", ""},        // Q96060
	{"DrivesWAN", ""},        // Q100827; the program reads it
	{"IdleProcess", ""},      // Q130231
	{"IdleProcessMaxPeriod", ""}, {"IdleProcessMinPeriod", ""},
	{"InstanceName", ""},                                                            // Q114031
	{"IntervalRegular", "N"},                                                        // Q148707
	{"IntervalUpdate", "U"},                                                         // Q119884
	{"LogMessageVolume", ""},                                                        // Q122852
	{"LogReceive", "MR"},                                                            // Q122852
	{"LogSent", "MS"},                                                               // Q111558
	{"LogSession", "L"},                                                             // Q112255
	{"LogVerbose", "V"},                                                             // Q117802
	{"MailerDisable", "MD"},                                                         // Q148707, Q128585
	{"MaxLanMailSize", ""},                                                          // Q131852
	{"MinKDiskFull", ""},                                                            // Q111558
	{"MinKDiskNotFull", ""},                                                         // Q96060
	{"RebootOnCE", ""},                                                              // Q117427
	{"RemoteRetries", ""},                                                           // Q173203
	{"ScreenBios", ""}, {"ScreenColor", ""}, {"ScreenNone", ""}, {"ScreenSnow", ""}, // Q130231
	{"SendHomeOnly", "AH"},                       // Q114031
	{"X25PortNumber", ""}, {"X25SubAddress", ""}, // Q148246, Q143354
}

// matchLong finds the long option that an argument names.
func matchLong(arg string) (option longOption, value string, ok bool) {
	if len(arg) < 2 || arg[0] != '-' && arg[0] != '/' {
		return longOption{}, "", false
	}
	name, value, _ := strings.Cut(arg[1:], "=")
	for _, o := range longOptions {
		if strings.EqualFold(o.name, name) {
			return o, value, true
		}
	}
	return longOption{}, "", false
}

// ErrNoInstance says that EXTERNAL.INI has no section for an instance.
var ErrNoInstance = errors.New("no section of that instance")

// INIError is a line of EXTERNAL.INI that is no option.
type INIError struct {
	Line int    // from 1
	Text string // without blanks around it
}

func (e *INIError) Error() string { return fmt.Sprintf("line %d: %q is no option", e.Line, e.Text) }

// ParseExternalINI reads EXTERNAL.INI and returns its options as arguments of a
// command line, /Key or /Key=value, those of section [External] first: later ones
// count (Q118813), so the arguments of the real command line go behind them. The
// section [External-NAME] or [External - NAME] is read when instance is NAME
// (Q114031, Q130396); an error says that it is not there, and of a file of two-byte
// characters that is true of every section.
//
// A semicolon in the first column begins a comment, and so does one behind an
// option. A comment that has blanks before it is taken for an option, and is
// none (Q108843). inferred: so is every line that is none.
//
// invented: lines before the first section, and sections of other programs, are
// not looked at; blanks around a line and around its equals sign do not count;
// Ctrl-Z ends the text.
func ParseExternalINI(data []byte, instance string) (args []string, err error) {
	const global, own, other = 0, 1, 2
	var sections [2][]string
	found := instance == ""
	at := other
	text, _, _ := strings.Cut(string(data), "\x1A")
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, " \t\r")
		body := strings.TrimLeft(line, " \t")
		if body == "" || line[0] == ';' {
			continue
		}
		if body[0] == '[' {
			name, _, _ := strings.Cut(body[1:], "]")
			switch external, of := sectionOf(name); {
			case external && of == "":
				at = global
			case external && strings.EqualFold(of, instance):
				at, found = own, true
			default:
				at = other
			}
			continue
		}
		if at == other {
			continue
		}
		key, _, _ := strings.Cut(body, ";")
		name, value, set := strings.Cut(key, "=")
		arg := "/" + strings.TrimRight(name, " \t\r")
		if set {
			arg += "=" + strings.Trim(value, " \t\r")
		}
		if _, _, ok := matchLong(arg); !ok {
			return nil, &INIError{i + 1, body}
		}
		if _, err := ParseExternal([]string{arg}); err != nil {
			return nil, &INIError{i + 1, body} // invented: a bad value is answered as a bad key is
		}
		sections[at] = append(sections[at], arg)
	}
	if !found {
		return nil, ErrNoInstance
	}
	return append(sections[global], sections[own]...), nil
}

// sectionOf reads the name of a section: External, or External, a hyphen and the
// name of an instance.
func sectionOf(name string) (external bool, instance string) {
	const word = "External"
	name = strings.Trim(name, " \t")
	if len(name) < len(word) || !strings.EqualFold(name[:len(word)], word) {
		return false, ""
	}
	rest := strings.Trim(name[len(word):], " \t")
	if rest == "" {
		return true, ""
	}
	instance = strings.Trim(rest[1:], " \t")
	return rest[0] == '-' && instance != "", instance
}
