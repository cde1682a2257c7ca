package site

import (
	"errors"
	"fmt"
	"strings"
)

// ExternalOptions are the switches of EXTERNAL.EXE that matter on a LAN. The
// zero value is not a default; ParseExternal fills in what the articles give.
type ExternalOptions struct {
	// Drives are the letters of -D, in order, a range written out; empty
	// without the option. The documented default is M alone (Q103447).
	// invented: where nobody has written an EXTERNAL.INI, the drive map of the
	// PC stands for its DrivesDirectPO line, so empty means all mapped drives.
	Drives string

	Home byte // -H: drive of the home postoffice; 0: the first of Drives. Q103447

	WaitMinutes   int // -N: minutes between cycles, 5. Q148707
	UpdateMinutes int // -U: minutes between refreshes of routing data, 5; 0 never. Q119884

	MailerDisable bool // -MD or /MailerDisable: no mailer. Q134952, Q128585

	LogSession bool   // -L: SESSION.LOG. Q112255
	LogPath    string // path of -L; empty: LOG\SESSION.LOG of the home postoffice
	Verbose    bool   // -V. Q117802
	Debug      string // digits of -Q: 1 messages, 2 protocol, 3 P1 files, 4 memory. Q116434

	LogSent     bool // -MS: SENT.LOG. Q111558
	LogReceived bool // -MR: RECV.LOG. Q122852

	Process       string // -P: as given, upper case; empty without. Q119642
	ProcessNumber int    // 1 to 255; 0 without
	CompatV20     bool   // -V20. Q131422
	OnePass       bool   // -0: one cycle, then end. Q96060

	// Instance is the name of /InstanceName=, which chooses a section of
	// EXTERNAL.INI; empty without. Q114031
	Instance string

	Break

	// Unknown lists arguments that were accepted and have no effect here:
	// modem and screen options, and words that are no option.
	Unknown []string
}

// ParseExternal reads the arguments of EXTERNAL. The rules are those of
// ParseGateway; as its articles print them, the value of a break option may
// also be the next word (Q95972), and options have long names besides (Q114031).
func ParseExternal(args []string) (ExternalOptions, error) {
	o := ExternalOptions{WaitMinutes: 5, UpdateMinutes: 5} // Q148707, Q119884
	var faults []error
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if long, value, ok := matchLong(arg); ok {
			known, err := o.setLong(long, value)
			if err != nil {
				faults = append(faults, fmt.Errorf("cannot read option %q: %w", arg, err))
			} else if !known {
				o.Unknown = append(o.Unknown, arg)
			}
			continue
		}
		row, value, ok := matchOption(external, arg)
		if !ok || longSwitch(arg) {
			o.Unknown = append(o.Unknown, arg)
			continue
		}
		if row.Letter[0] == 'B' && value == "" && i+1 < len(args) {
			i++
			arg, value = arg+" "+args[i], args[i]
		}
		known, err := o.set(row.Letter, value)
		known = known && !row.ignored()
		if err != nil {
			faults = append(faults, fmt.Errorf("cannot read option %q: %w", arg, err))
		} else if !known {
			o.Unknown = append(o.Unknown, arg)
		}
	}
	if len(faults) > 0 {
		return ExternalOptions{}, errors.Join(faults...)
	}
	return o, nil
}

// longSwitch tells a long name that nobody knows (/Xyzzy=100) from a letter with a
// value.
func longSwitch(arg string) bool {
	return len(arg) > 4 && arg[0] == '/' && strings.Contains(arg, "=")
}

// setLong takes one option by its long name, as set does. One that takes no value
// has no effect with one.
func (o *ExternalOptions) setLong(long longOption, value string) (known bool, err error) {
	switch {
	case long.name == "InstanceName":
		if value == "" {
			return false, errors.New("want the name of an instance")
		}
		o.Instance = value
		return true, nil
	case long.letter == "":
		return false, nil
	case long.letter[0] == 'Q' && value == "":
		if digit := long.letter[1:]; !strings.Contains(o.Debug, digit) {
			o.Debug += digit
		}
		return true, nil
	}
	row, ok := OptionFor(external, "-"+long.letter)
	if !ok || row.Letter != long.letter || row.Argument == "" && value != "" {
		return false, nil
	}
	return o.set(long.letter, value)
}

// set takes one option; known is false for one that has no effect on a LAN.
func (o *ExternalOptions) set(letter, value string) (known bool, err error) {
	switch letter {
	case "0":
		o.OnePass = true
	case "BD", "BR", "BT":
		err = o.Break.parse(letter, value)
	case "D":
		o.Drives, err = driveRange(value)
	case "H":
		o.Home, err = driveValue(value)
	case "L":
		o.LogSession, o.LogPath = true, value
	case "MD":
		o.MailerDisable = true
	case "MR":
		o.LogReceived = true
	case "MS":
		o.LogSent = true
	case "N":
		o.WaitMinutes, err = numberValue(value, 0, 32767)
	case "P":
		o.Process = strings.ToUpper(value)
		o.ProcessNumber, err = processValue(value)
	case "Q":
		// Combined levels such as -Q123Z are printed; Z is unexplained. Q179305
		o.Debug, err = letterSet(value, "12345Z")
	case "U":
		o.UpdateMinutes, err = numberValue(value, 0, 32767)
	case "V":
		o.Verbose = true
	case "V20":
		o.CompatV20 = true
	default:
		return false, nil
	}
	return true, err
}

// driveRange reads the value of -D: one letter, or two letters that are the
// ends of a range (-dmp is M to P). Q103447
func driveRange(text string) (string, error) {
	bad := errors.New("want one drive letter, or two that are a range")
	if len(text) < 1 || len(text) > 2 || !isLetter(text[0]) || !isLetter(text[len(text)-1]) {
		return "", bad
	}
	first, last := text[0]&^0x20, text[len(text)-1]&^0x20
	if first > last {
		return "", bad
	}
	var letters []byte
	for c := first; c <= last; c++ {
		letters = append(letters, c)
	}
	return string(letters), nil
}
