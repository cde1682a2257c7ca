package lint

import (
	"strconv"
	"strings"
)

// Rules about the TCP/IP stack of a gateway PC.
var tcpRules = []Rule{
	{
		ID: "tcp.stack", Severity: Error, Articles: []string{"Q96244", "Q101461", "Q192054"},
		Title:  "SMTPGATE.EXE is the build for another TCP/IP stack",
		Remedy: "copy the SMTPxxx.EXE of the stack to SMTPGATE.EXE",
		Inputs: "size of SMTPGATE.EXE; stack of the PC",
		check: func(j *Judge) {
			for _, pc := range j.GatewayPCs() {
				have, ok := Need(j, stackOf(pc), "stack of %s", pc.Name)
				if !ok {
					continue
				}
				known := false
				for _, r := range j.releases(pc, "SMTPGATE.EXE") {
					if r.build == nil {
						continue
					}
					known = true
					if !sameStack(r.build.stack, have) {
						j.Find(r.at, "SMTPGATE.EXE of %s (%s) is the build for %s, and the PC has %s", pc.Name, r.how, stacks[r.build.stack], stackName(pc, have))
					}
				}
				if !known {
					j.Missing("the size of SMTPGATE.EXE of %s", pc.Name)
				}
			}
		},
	},
	{
		ID: "tcp.32bit", Severity: Error, Articles: []string{"Q124801", "Q105288", "Q137046", "Q87023"},
		Title:  "the TCP/IP stack is a 32-bit or Winsock one, which the gateway cannot use",
		Remedy: "install a 16-bit stack for MS-DOS, such as that of LAN Manager or WFWTCP, and SOCKETS",
		Inputs: "stack and stackKind of the PC",
		check: func(j *Judge) {
			for _, pc := range j.GatewayPCs() {
				kind, stack := pc.Said["stackKind"], pc.Said["stack"]
				text := strings.ToLower(kind.Value + " " + stack.Value)
				at := kind.At
				if !kind.Known {
					at = stack.At
				}
				switch {
				case strings.Contains(text, "32") && strings.Contains(text, "bit") || strings.Contains(text, "winsock") || strings.Contains(text, "tcp/ip-32"):
					j.Find(at, "%s has %q: programs of MS-DOS cannot reach it", pc.Name, strings.TrimSpace(stack.Value+" "+kind.Value))
				case kind.Known, stackOf(pc).Known && stackOf(pc).Value != "":
					j.Looked()
				default:
					j.Missing("stack and stackKind of %s", pc.Name)
				}
			}
		},
	},
	{
		ID: "tcp.version", Severity: Warning, Articles: []string{"Q87023", "Q137046"},
		Title:    "the TCP/IP stack, or its version, is not one that the gateway supports",
		Remedy:   "use LAN Manager TCP/IP, PC/TCP 2.05, LAN WorkPlace 4.0 or 5.0, WIN/TCP 4.1 or Excelan LAN WorkPlace 3.4",
		Inputs:   "stack of the PC",
		Inferred: "the number in a name of LAN Manager is that of LAN Manager, so any is accepted",
		check:    checkStackVersion,
	},
	{
		ID: "tcp.hostname", Severity: Error, Articles: []string{"Q127732", "Q128438"},
		Title:  "TCPUTILS.INI has no hostname in [TCPGLOBAL], so SOCKETS does not load",
		Remedy: "add the line hostname=NAME to [TCPGLOBAL] of TCPUTILS.INI",
		Inputs: "TCPUTILS.INI",
		check: func(j *Judge) {
			j.lanman(func(pc *PC) {
				t, ok := pc.Files["TCPUTILS.INI"]
				if !ok {
					j.Missing("TCPUTILS.INI of %s", pc.Name)
					return
				}
				j.Looked()
				if s, ok := t.Setting("TCPGLOBAL", "hostname"); !ok {
					j.Find(sectionPlace(&t, "TCPGLOBAL"), "TCPUTILS.INI of %s has no hostname in [TCPGLOBAL]", pc.Name)
				} else if s.Value == "" {
					j.Find(s.At, "TCPUTILS.INI of %s has an empty hostname", pc.Name)
				}
			})
		},
	},
	{
		ID: "tcp.forcepush", Severity: Warning, Articles: []string{"Q100709", "Q123826", "Q123827", "Q127732"},
		Title:  "ForcePushBit is not 1 in PROTOCOL.INI",
		Remedy: "set FORCEPUSHBIT = 1 in the section of TCP/IP of PROTOCOL.INI",
		Inputs: "PROTOCOL.INI",
		check: func(j *Judge) {
			j.lanman(func(pc *PC) {
				t, ok := pc.Files["PROTOCOL.INI"]
				if !ok {
					j.Missing("PROTOCOL.INI of %s", pc.Name)
					return
				}
				j.Looked()
				if s, ok := t.Setting("TCPIP", "ForcePushBit"); !ok {
					j.Find(sectionPlace(&t, "TCPIP"), "PROTOCOL.INI of %s does not set ForcePushBit", pc.Name)
				} else if s.Value != "1" {
					j.Find(s.ValueAt, "ForcePushBit of %s is %s, want 1", pc.Name, quoted(s.Value))
				}
			})
		},
	},
	{
		ID: "tcp.tcptsr", Severity: Warning, Articles: []string{"Q100709", "Q123826", "Q123827", "Q115491"},
		Title:    "TCPTSR.EXE is older than 2/1/94, or than 09/06/95 where the log shows bind (110)",
		Remedy:   "install TCPTSR.EXE of 09/06/95, 66,816 bytes",
		Inputs:   "inventory of the PC; SMTPGATE.LOG",
		Inferred: "without a date the two sizes that articles print are known",
		check:    checkTCPTSR,
	},
	{
		ID: "tcp.window", Severity: Warning, Articles: []string{"Q112237", "Q127732"},
		Title:    "the TCP windows of gateway and smart host differ widely",
		Remedy:   "give both the same window, the smallest that is allowed",
		Inputs:   "TCPWINDOWSIZE in PROTOCOL.INI; window of the smart host",
		Inferred: "more than twice as large is widely",
		check: func(j *Judge) {
			j.lanman(func(pc *PC) {
				t, ok := pc.Files["PROTOCOL.INI"]
				if !ok {
					j.Missing("PROTOCOL.INI of %s", pc.Name)
					return
				}
				s, ok := t.Setting("TCPIP", "TCPWINDOWSIZE")
				own, err := strconv.Atoi(s.Value)
				if !ok || err != nil || own <= 0 {
					j.Missing("TCPWINDOWSIZE in PROTOCOL.INI of %s", pc.Name)
					return
				}
				for _, relay := range j.Relays {
					text, ok := Need(j, relay.Said["window"], "window of %s", relay.Name)
					other, err := strconv.Atoi(text)
					if !ok || err != nil || other <= 0 {
						continue
					}
					if own > 2*other || other > 2*own {
						j.Find(s.ValueAt, "the TCP window of %s is %d bytes, that of %s %d", pc.Name, own, relay.Name, other)
					}
				}
			})
		},
	},
	{
		ID: "tcp.novell", Severity: Warning, Articles: []string{"Q105289", "Q118970"},
		Title:    "LAN WorkPlace has the TCPIP.EXE of 11/13/92, several frames on one driver, or a packet size other than 632",
		Remedy:   "install TCPIP.EXE of 9/28/93, leave one frame in the Link Driver section of NET.CFG, and set the packet size to 632",
		Inputs:   "NET.CFG; inventory of the PC",
		Inferred: "the packet size is looked for in lines of NET.CFG that name packets or buffers; the article names no line",
		check:    checkNovell,
	},
}

// stackOf returns the key of stacks that a PC has, as said or as its files
// show; "" for a product that is none of them.
func stackOf(pc *PC) Fact[string] {
	if said := pc.Said["stack"]; said.Known {
		return Know(stackKey(said.Value), said.At)
	}
	if t, ok := pc.Files["NET.CFG"]; ok {
		for _, s := range t.NetSections() {
			if strings.EqualFold(s.Title, "Protocol TCPIP") {
				return Know("novell", s.At)
			}
		}
	}
	for _, name := range []string{"PROTOCOL.INI", "TCPUTILS.INI"} {
		if t, ok := pc.Files[name]; ok {
			for _, s := range t.Settings() {
				if strings.EqualFold(s.Key, "DRIVERNAME") && strings.EqualFold(s.Value, "TCPIP$") || strings.EqualFold(s.Section, "TCPGLOBAL") {
					return Know("lanman", s.At)
				}
			}
		}
	}
	return Fact[string]{}
}

func stackKey(text string) string {
	t := strings.ToLower(text)
	for _, x := range []struct{ word, key string }{
		{"pc/tcp", "pctcp"}, {"ftp software", "pctcp"}, {"win/tcp", "wintcp"}, {"wollongong", "wintcp"}, {"excelan", "excelan"}, {"exos", "excelan"},
		{"lan workplace", "novell"}, {"novell", "novell"}, {"lan manager", "lanman"}, {"lanman", "lanman"}, {"msclient", "lanman"},
		{"ms-client", "lanman"}, {"wfwtcp", "lanman"}, {"microsoft tcp/ip 1.0", "lanman"},
	} {
		if strings.Contains(t, x.word) {
			return x.key
		}
	}
	return ""
}

func stackName(pc *PC, key string) string {
	if said := pc.Said["stack"]; said.Known {
		return said.Value
	}
	return stacks[key]
}

// lanman calls fn with the gateway PCs that have the stack of LAN Manager, or
// the files of it; it misses the stack of those that show none.
func (j *Judge) lanman(fn func(*PC)) {
	for _, pc := range j.GatewayPCs() {
		switch f := stackOf(pc); {
		case !f.Known:
			j.Missing("stack of %s", pc.Name)
		case f.Value == "lanman":
			fn(pc)
		}
	}
}

// sectionPlace returns the place of a section's title, or the file's.
func sectionPlace(t *Text, section string) Place {
	for i, line := range t.Lines {
		text := strings.TrimSpace(line)
		if len(text) > 1 && text[0] == '[' && len(text) > len(section) && strings.EqualFold(text[1:1+len(section)], section) {
			return t.At(i+1, 1+strings.IndexByte(line, '['))
		}
	}
	return Place{File: t.File}
}

// supported are the versions of stacks that articles name; a stack without a
// row may have any. Q87023
var supported = map[string][]string{"pctcp": {"2.05"}, "novell": {"4.0", "5.0"}, "wintcp": {"4.1"}, "excelan": {"3.4"}}

func checkStackVersion(j *Judge) {
	for _, pc := range j.GatewayPCs() {
		said, ok := Need(j, pc.Said["stack"], "stack of %s", pc.Name)
		if !ok {
			continue
		}
		at, key := pc.Said["stack"].At, stackKey(said)
		want := supported[key]
		switch version := dottedNumber(said); {
		case key == "":
			j.Find(at, "%s has %s, which is not in the list of supported stacks", pc.Name, quoted(said))
		case len(want) == 0:
		case version == "":
			j.Missing("the version of the stack of %s, %s", pc.Name, quoted(said))
		case !contains(want, version):
			j.Find(at, "%s has %s; of this product %s is supported", pc.Name, quoted(said), strings.Join(want, " or "))
		}
	}
}

// dottedNumber returns the first number with a point in a text.
func dottedNumber(s string) string {
	for _, word := range strings.FieldsFunc(s, func(c rune) bool { return (c < '0' || c > '9') && c != '.' }) {
		if word = strings.Trim(word, "."); strings.Contains(word, ".") {
			return word
		}
	}
	return ""
}

func checkTCPTSR(j *Judge) {
	bind := map[string]bool{} // articles that the log shows
	for i := range j.Logs {
		if j.Logs[i].Name == "SMTPGATE.LOG" {
			for k := range j.story(&j.Logs[i]).known {
				bind[knownLines[k].articles[0]] = true
			}
		}
	}
	j.lanman(func(pc *PC) {
		found := false
		for _, x := range pc.Programs.Value {
			if x.Name != "TCPTSR.EXE" {
				continue
			}
			found = true
			date := x.Date
			switch {
			case date != "":
			case x.Size == 42716:
				date = "1994-02-01"
			case x.Size == 66816:
				date = "1995-09-06"
			default:
				j.Missing("the date of TCPTSR.EXE of %s", pc.Name)
				continue
			}
			switch {
			case date < "1994-02-01":
				j.Find(x.At, "TCPTSR.EXE of %s is of %s, older than 2/1/94: it does not know ForcePushBit", pc.Name, date)
			case date < "1995-09-06" && bind["Q115491"]:
				j.Find(x.At, "TCPTSR.EXE of %s is of %s, older than 09/06/95, and the log shows bind (110)", pc.Name, date)
			default:
				j.Looked()
			}
		}
		if !found {
			j.Missing("TCPTSR.EXE in the inventory of %s", pc.Name)
		}
	})
}

func checkNovell(j *Judge) {
	for _, pc := range j.GatewayPCs() {
		f := stackOf(pc)
		if !f.Known {
			j.Missing("stack of %s", pc.Name)
			continue
		}
		if f.Value != "novell" {
			continue
		}
		tcpip := false
		for _, x := range pc.Programs.Value {
			if x.Name != "TCPIP.EXE" || x.Date == "" {
				continue
			}
			tcpip = true
			if x.Date <= "1992-11-13" {
				j.Find(x.At, "TCPIP.EXE of %s is of %s; the release of 9/28/93 closes sockets without errors", pc.Name, x.Date)
			}
		}
		if !tcpip {
			j.Missing("the date of TCPIP.EXE of %s", pc.Name)
		}
		t, ok := pc.Files["NET.CFG"]
		if !ok {
			j.Missing("NET.CFG of %s", pc.Name)
			continue
		}
		j.Looked()
		j.netCfg(pc, &t)
	}
}

// netCfg looks for surplus frames and the packet size. Q118970, Q105289
func (j *Judge) netCfg(pc *PC, t *Text) {
	size, sizeAt := 0, Place{File: t.File}
	for _, s := range t.NetSections() {
		driver := strings.HasPrefix(strings.ToLower(s.Title), "link driver")
		frames := 0
		for _, o := range s.Options {
			name := strings.ToLower(o.Name)
			if driver && name == "frame" {
				if frames++; frames > 1 {
					j.Find(o.At, "%s of %s has a second frame: %s", s.Title, pc.Name, quoted(o.Value))
				}
			}
			line := name + " " + strings.ToLower(o.Value)
			if strings.Contains(line, "packet") || name == "buffers" {
				words := strings.Fields(line)
				if n, err := strconv.Atoi(words[len(words)-1]); err == nil && (name != "buffers" || len(words) == 3) {
					size, sizeAt = n, o.At
				}
			}
		}
	}
	switch size {
	case 632:
	case 0:
		j.Find(sizeAt, "NET.CFG of %s sets no packet size; the default of 2048 bytes makes the gateway hang", pc.Name)
	default:
		j.Find(sizeAt, "the packet size of %s is %d bytes, want 632", pc.Name, size)
	}
}
