package lint

import "strings"

// ExternalINI is EXTERNAL.INI as EXTERNAL reads it.
type ExternalINI struct {
	At       Place // of the file
	Sections []INISection

	// BlankRemarks are remarks that do not begin in the first column: they
	// stop the program. Q108843
	BlankRemarks []Place

	// Unicode says that the file has characters of two bytes; a program that
	// looks for its section does not find it. Q130396
	Unicode bool
}

// INISection is a section of EXTERNAL.INI.
type INISection struct {
	Name     string // as written, without the brackets
	At       Place
	External bool   // [External] or one of an instance; others belong to other programs
	Instance string // of [External-NAME] and [External - NAME]; empty for [External]. Q114031, Q130396
	Keys     []INIKey
}

// INIKey is a line of a section: a key alone, or a key and a value.
type INIKey struct {
	Name, Value string
	Set         bool // has an equals sign
	At, ValueAt Place
}

// ParseExternalINI reads the text of EXTERNAL.INI. A semicolon in the first
// column makes a line a remark, and one behind an option begins a remark.
// Q108843 A line before the first section belongs to a section without a name.
func ParseExternalINI(t Text) *ExternalINI {
	ini := &ExternalINI{At: Place{File: t.File}}
	for i, line := range t.Lines {
		if strings.IndexByte(line, 0) >= 0 || i == 0 && strings.HasPrefix(line, "\u00ff\u00fe") {
			ini.Unicode = true
			return ini
		}
		text := strings.TrimLeft(line, " \t")
		indent := len(line) - len(text)
		switch text = strings.TrimRight(text, " \t"); {
		case text == "" || line[0] == ';':
			continue
		case text[0] == ';':
			ini.BlankRemarks = append(ini.BlankRemarks, t.At(i+1, indent+1))
		case text[0] == '[':
			name, _, _ := strings.Cut(text[1:], "]")
			s := INISection{Name: strings.Trim(name, " \t"), At: t.At(i+1, indent+1)}
			s.External, s.Instance = externalSection(s.Name)
			ini.Sections = append(ini.Sections, s)
		default:
			if len(ini.Sections) == 0 {
				ini.Sections = append(ini.Sections, INISection{At: t.At(i+1, indent+1)})
			}
			s := &ini.Sections[len(ini.Sections)-1]
			s.Keys = append(s.Keys, iniKey(t, i+1, indent, text))
		}
	}
	return ini
}

func iniKey(t Text, line, indent int, text string) INIKey {
	text, _, _ = strings.Cut(text, ";")
	name, value, set := strings.Cut(text, "=")
	k := INIKey{Name: strings.Trim(name, " \t"), Value: strings.Trim(value, " \t"), Set: set, At: t.At(line, indent+1)}
	k.ValueAt = k.At
	if set {
		k.ValueAt = t.At(line, indent+len(name)+2+len(value)-len(strings.TrimLeft(value, " \t")))
	}
	return k
}

// externalSection reads the name of a section: External, or External, a hyphen
// and the name of an instance, with or without blanks around the hyphen.
func externalSection(name string) (external bool, instance string) {
	const global = "External"
	if len(name) < len(global) || !strings.EqualFold(name[:len(global)], global) {
		return false, ""
	}
	rest := strings.Trim(name[len(global):], " \t")
	if rest == "" {
		return true, ""
	}
	if rest[0] != '-' {
		return false, ""
	}
	return true, strings.Trim(rest[1:], " \t")
}

// Section returns the section of an instance, of all instances when the name
// is empty, or nil.
func (ini *ExternalINI) Section(instance string) *INISection {
	for i := range ini.Sections {
		if s := &ini.Sections[i]; s.External && strings.EqualFold(s.Instance, instance) {
			return s
		}
	}
	return nil
}

// externalKey is a long option of EXTERNAL: a key of EXTERNAL.INI, and on the
// command line /Key or /Key=value. Q114031, Q125328, Q145663
type externalKey struct {
	name   string
	letter string // the switch that means the same; empty: none, or no article tells it
}

var externalKeys = []externalKey{
	{"AsyncCommPort", ""}, {"AsyncInt", ""}, {"AsyncPort", ""}, // Q131513, Q118855
	{"ClockRollOver", ""},    // Q112281
	{"CommDisable", "A"},     // Q128628
	{"CommInOnly", "KI"},     // Q125328
	{"CommOutOnly", "KO"},    // Q125328
	{"CommScript", "T"},      // Q114031
	{"CommType", ""},         // Q114031, Q148246
	{"CompatV20", "V20"},     // Q131422
	{"DebugMemoryUsage", ""}, // Q102556
	{"DebugMessages", ""},    // Q116434
	{"DebugP1", ""},          // Q116434
	{"DebugXCSI", ""},        // Q116434
	{"DispatchDisable", ""},  // Q128585
	{"DriveHomePO", "H"},     // Q103447
	{"DrivesDirectPO", "D"},  // Q103447
	{"DrivesDynamic", "F"},   // Q108809
	{"DrivesNovell", ""},     // Q96060
	{"DrivesUNC", ""},        // Q96060
	{"DrivesWAN", "W"},       // Q100827
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
	{"MailerDisable", "MD"},                                                         // Q128585
	{"MaxLanMailSize", ""},                                                          // Q131852
	{"MinKDiskFull", ""},                                                            // Q111558
	{"MinKDiskNotFull", ""},                                                         // Q96060
	{"RebootOnCE", ""},                                                              // Q117427
	{"RemoteRetries", ""},                                                           // Q173203
	{"ScreenBios", ""}, {"ScreenColor", ""}, {"ScreenNone", ""}, {"ScreenSnow", ""}, // Q130231
	{"SendHomeOnly", "AH"},                       // Q114031
	{"X25PortNumber", ""}, {"X25SubAddress", ""}, // Q148246
}

func externalKeyNamed(name string) *externalKey {
	for i := range externalKeys {
		if strings.EqualFold(externalKeys[i].name, name) {
			return &externalKeys[i]
		}
	}
	return nil
}
