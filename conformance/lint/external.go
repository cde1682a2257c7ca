package lint

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"gwkit/emulator/site"
)

// external is an instance of EXTERNAL: a command line and the EXTERNAL.INI
// that it reads.
type external struct {
	pc       *PC
	command  *Command // nil: the PC is declared to run one, but not how
	at       Place
	dispatch bool // started by DISPATCH as its idle process. Q96060

	ini      *ExternalINI // nil: there is none, or nobody knows
	iniKnown bool
	mapped   bool    // a description of drives stands for the option that names them
	instance setting // of /InstanceName

	line map[string][]setting // of the command line, by key

	serve *served
}

// setting is an option with its value and where it was given.
type setting struct {
	value string
	at    Place
	given bool
}

// externals returns the instances of EXTERNAL, in the order of the PCs.
func (j *Judge) externals() []*external {
	if !j.memo.looked {
		j.memo.externals, j.memo.looked = j.findExternals(), true
	}
	return j.memo.externals
}

func (j *Judge) findExternals() []*external {
	var list []*external
	for _, pc := range j.PCs {
		n := len(list)
		for i := range pc.Commands {
			switch c := &pc.Commands[i]; c.Program {
			case "EXTERNAL":
				list = append(list, j.external(pc, c))
			case "DISPATCH":
				if idle := idleProcess(c); idle != nil {
					x := j.external(pc, idle)
					x.dispatch = true
					list = append(list, x)
				}
			}
		}
		if len(list) == n && pc.Role.Known && pc.Role.Value == RoleExternal && pc.Command("DISPATCH") == nil {
			list = append(list, &external{pc: pc, at: pc.At})
		}
	}
	return list
}

// idleProcess returns the command line of EXTERNAL in -I"external ..." of
// DISPATCH, or nil. Q96060
func idleProcess(c *Command) *Command {
	for i, a := range c.Args {
		if len(a.Text) < 3 || !strings.EqualFold(a.Text[1:2], "I") || a.Text[2] != '"' {
			continue
		}
		idle := Command{Program: "EXTERNAL", Line: c.Line, At: a.At, Dir: c.Dir, Cwd: c.Cwd}
		name := strings.ToUpper(strings.Trim(a.Text[3:], `"`))
		if j := strings.LastIndexAny(name, `\:`); j >= 0 {
			name = name[j+1:]
		}
		if strings.TrimSuffix(name, ".EXE") != "EXTERNAL" {
			return nil
		}
		for _, b := range c.Args[i+1:] {
			if strings.HasSuffix(a.Text[3:], `"`) {
				break
			}
			end := strings.HasSuffix(b.Text, `"`)
			b.Text = strings.TrimSuffix(b.Text, `"`)
			idle.Args = append(idle.Args, b)
			if end {
				break
			}
		}
		return &idle
	}
	return nil
}

// iniBytes bounds EXTERNAL.INI.
const iniBytes = 1 << 18

func (j *Judge) external(pc *PC, c *Command) *external {
	x := &external{pc: pc, command: c, at: c.At, line: map[string][]setting{}}
	for i := 0; i < len(c.Args); i++ {
		a := c.Args[i]
		if len(a.Text) < 2 || a.Text[0] != '/' && a.Text[0] != '-' {
			continue
		}
		name, value, _ := strings.Cut(a.Text[1:], "=")
		if k := externalKeyNamed(name); k != nil {
			x.add(k.name, value, a.At)
			continue
		}
		o, ok := site.OptionFor("EXTERNAL", a.Text)
		if !ok {
			x.add("-"+strings.ToUpper(a.Text[1:2]), a.Text[2:], a.At)
			continue
		}
		value = a.Text[1+len(o.Letter):]
		if o.Letter[0] == 'B' && value == "" && i+1 < len(c.Args) { // Q95972
			i++
			value = c.Args[i].Text
		}
		key := "-" + o.Letter
		for _, k := range externalKeys {
			if k.letter == o.Letter {
				key = k.name
			}
		}
		x.add(key, value, a.At)
	}
	x.readINI(j)
	if s := x.line["InstanceName"]; len(s) > 0 {
		x.instance = s[len(s)-1]
	}
	return x
}

func (x *external) add(key, value string, at Place) {
	x.line[key] = append(x.line[key], setting{value, at, true})
}

// readINI finds EXTERNAL.INI: among the files of the PC, or in the directory
// INI of the home postoffice, where it is by default. Q77926, Q135868
func (x *external) readINI(j *Judge) {
	if t, ok := x.pc.Files["EXTERNAL.INI"]; ok {
		x.ini, x.iniKnown = ParseExternalINI(t), true
		return
	}
	if x.pc.Said["externalINI"].Value == "none" {
		x.iniKnown, x.mapped = true, true
		return
	}
	home := byte('M') // Q124857
	if s := x.line["DriveHomePO"]; len(s) > 0 && s[len(s)-1].value != "" {
		home = upperByte(s[len(s)-1].value[0])
	} else if s := x.line["DrivesDirectPO"]; len(s) > 0 && s[len(s)-1].value != "" {
		home = upperByte(s[len(s)-1].value[0]) // Q103447
	}
	po := j.Postoffice(x.pc.Drives[home])
	if po == nil || po.Tree == nil {
		return
	}
	const file = "INI/EXTERNAL.INI"
	if has, err := po.Tree.Has(file); err != nil {
		return
	} else if !has {
		x.iniKnown = true
		return
	}
	data, err := po.Tree.Read(file, iniBytes)
	if err != nil {
		return
	}
	x.ini, x.iniKnown = ParseExternalINI(ReadText(po.Tree.At(file), data)), true
}

// all returns what is set for a key, the weakest first: the section of all
// instances, that of this one, the command line. inferred: the order is told
// for modem scripts. Q118813
func (x *external) all(key string) []setting {
	var list []setting
	if x.ini != nil {
		names := []string{""}
		if x.instance.given {
			names = append(names, x.instance.value)
		}
		for _, name := range names {
			s := x.ini.Section(name)
			if s == nil {
				continue
			}
			for _, k := range s.Keys {
				if strings.EqualFold(k.Name, key) {
					list = append(list, setting{k.Value, k.ValueAt, true})
				}
			}
		}
	}
	return append(list, x.line[key]...)
}

// option returns what holds for a key. Where neither the command line says it
// nor EXTERNAL.INI is known, that is reported as missing.
func (x *external) option(j *Judge, key string) (setting, bool) {
	if list := x.all(key); len(list) > 0 {
		j.Looked()
		return list[len(list)-1], true
	}
	switch {
	case x.command == nil:
		j.Missing("the command line of %s: its start batch, or run", x.pc.Name)
		return setting{}, false
	case !x.iniKnown:
		j.Missing("EXTERNAL.INI of %s (files.external)", x.pc.Name)
		return setting{}, false
	}
	j.Looked()
	return setting{}, true
}

// on reports whether a key without a value, or with one that is not 0, is set.
func (x *external) on(j *Judge, key string) (on, ok bool) {
	s, ok := x.option(j, key)
	return s.given && s.value != "0", ok
}

// number returns the number of a key, or its default.
func (x *external) number(j *Judge, key string, byDefault int) (n int, at Place, ok bool) {
	s, ok := x.option(j, key)
	if !ok {
		return 0, Place{}, false
	}
	if n, err := strconv.Atoi(s.value); err == nil && s.given {
		return n, s.at, true
	}
	return byDefault, x.at, true
}

// letters reads a range of drives: one letter or two. Q103447
func letters(text string) string {
	if len(text) < 1 || len(text) > 2 {
		return ""
	}
	var b []byte
	for c := upperByte(text[0]); c <= upperByte(text[len(text)-1]) && c <= 'Z'; c++ {
		if c >= 'A' {
			b = append(b, c)
		}
	}
	return string(b)
}

func upperByte(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// served is what an instance works on.
type served struct {
	full []*Postoffice // collects there and runs the mailer there
	wan  []*Postoffice // is only sent to. Q100827
	wide map[*Postoffice]Place
	all  bool // nothing is left out because nobody knows what it is
}

// serves returns the postoffices of an instance. Where neither the command
// line nor EXTERNAL.INI is known to name drives, all that are mapped count:
// inferred, for a description of drives stands for the option.
func (x *external) serves(j *Judge) served {
	if x.serve == nil {
		v := x.work(j)
		x.serve = &v
	}
	return *x.serve
}

func (x *external) work(j *Judge) served {
	v := served{wide: map[*Postoffice]Place{}, all: true}
	if x.command == nil || len(x.pc.Drives) == 0 {
		v.all = false
	}
	wan := map[byte]bool{}
	for _, s := range x.all("DrivesWAN") {
		for _, c := range []byte(letters(s.value)) {
			wan[c] = true
			if po := j.Postoffice(x.pc.Drives[c]); po != nil {
				v.wan, v.wide[po] = append(v.wan, po), s.at
			} else {
				v.all = false
			}
		}
		if letters(s.value) == "" {
			v.all = false // a server's name, or what DrivesUNC lists
		}
	}
	direct := x.all("DrivesDirectPO")
	text := "M" // Q124857
	switch {
	case len(direct) > 0:
		text = letters(direct[len(direct)-1].value)
	case !x.iniKnown, x.mapped:
		text = ""
		for _, c := range sortedLetters(x.pc.Drives) {
			text += string(c)
		}
	}
	for _, c := range []byte(text) {
		if po := j.Postoffice(x.pc.Drives[c]); po != nil && !wan[c] && !slices.Contains(v.full, po) {
			v.full = append(v.full, po)
		}
	}
	for _, s := range slices.Concat(x.all("DrivesUNC"), x.all("DrivesNovell")) {
		if po := j.shared(s.value); po != nil && !slices.Contains(v.full, po) {
			v.full = append(v.full, po)
		} else if po == nil {
			v.all = false
		}
	}
	return v
}

func sortedLetters(drives map[byte]string) []byte {
	list := make([]byte, 0, len(drives))
	for c := range drives {
		list = append(list, c)
	}
	slices.Sort(list)
	return list
}

// shared returns the postoffice of \\SERVER\SHARE or SERVER/VOLUME:, when a
// batch file of some PC maps it to a letter, or nil.
func (j *Judge) shared(value string) *Postoffice {
	share, _, _ := strings.Cut(strings.TrimSpace(value), " ")
	for _, pc := range j.PCs {
		for _, c := range sortedLetters(pc.Drives) {
			if a, ok := pc.Shares[c]; ok && share != "" && strings.EqualFold(a.Text, share) {
				return j.Postoffice(pc.Drives[c])
			}
		}
	}
	return nil
}

// mailer reports whether the instance delivers on the postoffices it serves.
func (x *external) mailer(j *Judge) (runs, ok bool) {
	off, ok := x.on(j, "MailerDisable")
	return !off, ok
}

// serving returns the instances that serve a postoffice in full.
func (j *Judge) serving(po *Postoffice) (list []*external, all bool) {
	all = j.AllPCs
	for _, x := range j.externals() {
		v := x.serves(j)
		if slices.Contains(v.full, po) {
			list = append(list, x)
		}
		all = all && v.all
	}
	return list, all
}

// interval returns the longest time between two cycles of the instances that
// serve a postoffice, 0 where there is none. Q148707
func (j *Judge) interval(po *Postoffice) time.Duration {
	most := 0
	instances, _ := j.serving(po)
	for _, x := range instances {
		n := 5
		if list := x.all("IntervalRegular"); len(list) > 0 {
			if v, err := strconv.Atoi(list[len(list)-1].value); err == nil {
				n = v
			}
		}
		most = max(most, min(n, 1<<15))
	}
	return time.Duration(most) * time.Minute
}

// gatewaysOn returns the command lines of SMTPGATE that work on a postoffice.
func (j *Judge) gatewaysOn(po *Postoffice) []*Command {
	var list []*Command
	for _, pc := range j.PCs {
		if c := pc.Command("SMTPGATE"); c != nil && j.Database(pc) == po {
			list = append(list, c)
		}
	}
	return list
}

// version is a version of a mail program: numbers, such as 3 2 18.
type version []int

// version returns the version of a program of a PC, or reports it as missing.
func (j *Judge) version(pc *PC, program string) (version, bool) {
	text, ok := Need(j, pc.Said["versions."+program], "the version of %s of %s (versions)", program, pc.Name)
	if !ok {
		return nil, false
	}
	v, ok := parseVersion(text)
	if !ok {
		j.Missing("the version of %s of %s (versions): %q is none", program, pc.Name, text)
	}
	return v, ok
}

// parseVersion reads "3.2.18". "3.2a" is Mail 3.2a, whose EXTERNAL is 3.2.9.
// Q111558 Letters behind other numbers are left out.
func parseVersion(text string) (version, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "3.2a" {
		text = "3.2.9"
	}
	var v version
	for _, part := range strings.Split(text, ".") {
		n, err := strconv.Atoi(strings.TrimRight(part, "abcdefghijklmnopqrstuvwxyz"))
		if err != nil {
			return nil, false
		}
		v = append(v, n)
	}
	return v, len(v) > 1
}

// before reports whether v is older than the numbers.
func (v version) before(than ...int) bool {
	return slices.Compare(v.padded(), version(than).padded()) < 0
}

func (v version) padded() version { return append(slices.Clone(v), make(version, max(0, 4-len(v)))...) }
