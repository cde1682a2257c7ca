package lint

import (
	"strings"
)

// Statement is a command of a batch file, in the order in which the computer
// comes to it.
type Statement struct {
	Words []Arg // the first is the command; prefixes such as @, LH and IF are gone
	Line  string
	At    Place // of the command's name

	Conditional bool // behind IF or FOR: may not happen
	CommandF    bool // below COMMAND /F
	Background  bool // loaded high with LH; the command is what is loaded
}

// Name returns the command without directory and extension, in upper case.
func (s *Statement) Name() string {
	name := strings.ToUpper(s.Words[0].Text)
	if i := strings.LastIndexAny(name, `\:/`); i >= 0 && i+1 < len(name) {
		name = name[i+1:]
	}
	for _, ext := range []string{".EXE", ".COM", ".BAT"} {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

// Dir returns the directory written before the command's name in upper case,
// or "".
func (s *Statement) Dir() string {
	name := strings.ToUpper(s.Words[0].Text)
	i := strings.LastIndexAny(name, `\:`)
	switch {
	case i < 0:
		return ""
	case name[i] == ':' || i > 0 && name[i-1] == ':':
		return name[:i+1]
	}
	return name[:i]
}

// Boot is what the batch files of a PC do.
type Boot struct {
	Statements []Statement
	Path       []string // at the first gateway or mailer program, or at the end
	PathAt     Place
	TZ         Fact[string]
	Commands   []Command

	// Loop is where a batch file begins again behind a gateway or mailer
	// program: a GOTO to a label before it, or its own name.
	Loop Fact[bool]
}

// bootMax bounds statements, depthMax batch files that call each other.
const (
	bootMax  = 5000
	callsMax = 8
)

// booter walks batch files.
type booter struct {
	files map[string]Text // upper case names with extension
	boot  Boot
	env   map[string]string
	depth int
	auto  bool
	shell bool // COMMAND /F answers
	cwd   string
	seen  map[string]bool // files that were entered
}

// ReadBoot walks the batch files of a PC: AUTOEXEC.BAT and what it calls, then
// those with a gateway or mailer program that nobody calls, because a person
// does. GOTO is not followed; both branches of an IF are taken.
func ReadBoot(files map[string]Text) Boot {
	b := &booter{files: files, env: map[string]string{}, seen: map[string]bool{}}
	if _, ok := files["AUTOEXEC.BAT"]; ok {
		b.auto = true
		b.file("AUTOEXEC.BAT")
		b.auto = false
	}
	for _, name := range sortedKeys(files) {
		if strings.HasSuffix(name, ".BAT") && !b.seen[name] && startsMail(files[name]) {
			b.file(name)
		}
	}
	if len(b.boot.Commands) == 0 {
		b.boot.Path = splitPath(b.env["PATH"])
	}
	return b.boot
}

// mailPrograms are the names under which gateway and mailer programs are
// started. The builds of SMTPGATE keep their own names until they are copied
// to that one. Q96244, Q101461
var mailPrograms = map[string]string{
	"SMTPGATE": "SMTPGATE", "SMTPLMN": "SMTPGATE", "SMTPFTP": "SMTPGATE", "SMTPNVL": "SMTPGATE",
	"SMTPWIN": "SMTPGATE", "SMTPXLN": "SMTPGATE",
	"EXTERNAL": "EXTERNAL", "DISPATCH": "DISPATCH",
}

// startsMail says whether a batch file names a gateway or mailer program as a
// command.
func startsMail(t Text) bool {
	for i := range t.Lines {
		for _, w := range t.Words(i + 1) {
			s := Statement{Words: []Arg{{Text: strings.TrimLeft(w.Text, "@")}}}
			if s.Words[0].Text != "" && mailPrograms[s.Name()] != "" {
				return true
			}
			if isRemark(strings.TrimSpace(t.Lines[i])) {
				break
			}
		}
	}
	return false
}

// file walks one batch file. It returns false when control went to another
// file for good.
func (b *booter) file(name string) bool {
	b.seen[name] = true
	if b.depth >= callsMax {
		return true
	}
	b.depth++
	defer func() { b.depth-- }()
	t := b.files[name]
	labels := map[string]int{} // label to the number of commands before it
	for i, line := range t.Lines {
		if label, ok := strings.CutPrefix(strings.TrimSpace(line), ":"); ok {
			if f := strings.Fields(label); len(f) > 0 {
				labels[labelName(f[0])] = len(b.boot.Commands)
			}
			continue
		}
		if len(b.boot.Statements) >= bootMax {
			return true
		}
		words := t.Words(i + 1)
		if len(words) == 0 {
			continue
		}
		before := len(b.boot.Commands)
		s, ok := b.statement(words, line)
		if !ok {
			continue
		}
		if !b.perform(s, name, labels, before) {
			return false
		}
	}
	return true
}

// labelName cuts a label: MS-DOS looks at eight characters.
func labelName(text string) string {
	text = strings.ToUpper(text)
	return text[:min(len(text), 8)]
}

// statement strips what stands before a command.
func (b *booter) statement(words []Arg, line string) (Statement, bool) {
	s := Statement{Line: line, CommandF: b.shell}
	drop := func(n int) { words = words[min(n, len(words)):] }
	for len(words) > 0 {
		if w := words[0]; w.Text[0] == '@' {
			words = append([]Arg{{w.Text[1:], Place{w.At.File, w.At.Line, w.At.Column + 1, 0, false}}}, words[1:]...)
			if words[0].Text == "" {
				drop(1)
			}
			continue
		}
		s.Words = words
		switch name := s.Name(); name {
		case "REM":
			return s, false
		case "LH", "LOADHIGH":
			s.Background = true
			drop(1)
			for len(words) > 0 && words[0].Text[0] == '/' { // LH /L:1 /S
				drop(1)
			}
			continue
		case "IF":
			s.Conditional = true
			drop(ifWords(words))
			continue
		case "FOR":
			s.Conditional = true
			n := 1
			for n < len(words) && !strings.EqualFold(words[n].Text, "DO") {
				n++
			}
			drop(n + 1)
			continue
		case "COMMAND":
			rest, f, c := shellWords(words[1:])
			s.CommandF = s.CommandF || f
			if !c {
				// COMMAND /F without /C: the batch goes on in the new shell as
				// far as a reader can tell. Q136041
				b.shell = b.shell || f
				s.CommandF, s.At = b.shell, words[0].At
				return s, true
			}
			words = rest
			continue
		}
		for i, w := range words { // redirection and pipes end a command
			if strings.ContainsAny(w.Text[:1], "<>|") {
				words = words[:i]
				break
			}
		}
		if len(words) == 0 {
			return s, false
		}
		s.Words = append([]Arg(nil), words...)
		s.At = words[0].At
		return s, true
	}
	return s, false
}

// ifWords counts the words of an IF with its condition.
func ifWords(words []Arg) int {
	n := 1
	at := func(i int) string {
		if i < len(words) {
			return strings.ToUpper(words[i].Text)
		}
		return ""
	}
	if at(n) == "NOT" {
		n++
	}
	switch {
	case at(n) == "EXIST" || at(n) == "ERRORLEVEL":
		n += 2
	case strings.Contains(at(n), "==") && !strings.HasSuffix(at(n), "=="), at(n) == "":
		n++
	case strings.HasSuffix(at(n), "=="), strings.HasPrefix(at(n+1), "==") && at(n+1) != "==": // a== b, a ==b
		n += 2
	default: // a == b
		n += 3
	}
	return n
}

// shellWords reads the switches of COMMAND: /F is there, and what follows /C.
// What is no switch before it is the directory of COMMAND.COM.
func shellWords(words []Arg) (rest []Arg, f, c bool) {
	for i, w := range words {
		switch text := strings.ToUpper(w.Text); {
		case text == "/F":
			f = true
		case text == "/C" || text == "/K":
			return words[i+1:], f, true
		case strings.HasPrefix(text, "/C") && len(text) > 2 && text[2] != ':':
			return append([]Arg{{w.Text[2:], Place{w.At.File, w.At.Line, w.At.Column + 2, 0, false}}}, words[i+1:]...), f, true
		}
	}
	return nil, f, false
}

// perform takes account of what a command changes. False: the file that calls
// is not returned to.
func (b *booter) perform(s Statement, file string, labels map[string]int, before int) bool {
	b.boot.Statements = append(b.boot.Statements, s)
	rest := strings.TrimSpace(strings.Join(texts(s.Words[1:]), " "))
	switch name := s.Name(); name {
	case "SET":
		key, value, ok := strings.Cut(rest, "=")
		if ok {
			b.set(strings.ToUpper(strings.TrimSpace(key)), strings.TrimSpace(value), s.At)
		}
		return true
	case "PATH":
		b.set("PATH", strings.TrimSpace(strings.TrimPrefix(rest, "=")), s.At)
		return true
	case "CD", "CHDIR":
		if len(s.Words) > 1 {
			b.chdir(strings.ToUpper(s.Words[1].Text))
		}
		return true
	case "GOTO":
		if len(s.Words) > 1 {
			label := labelName(strings.TrimPrefix(s.Words[1].Text, ":"))
			if at, ok := labels[label]; ok && at < len(b.boot.Commands) {
				b.boot.Loop = Know(true, s.At)
			}
		}
		return true
	case "CALL":
		if len(s.Words) > 1 {
			called := s
			called.Words, called.At = s.Words[1:], s.Words[1].At
			if target, ok := b.batch(&called); ok {
				if b.seen[target] && len(b.boot.Commands) > 0 && target == file {
					b.boot.Loop = Know(true, s.At)
				} else if !b.seen[target] {
					b.file(target)
				}
				return true
			}
			if program := mailPrograms[called.Name()]; program != "" {
				b.command(program, called)
			}
		}
		return true
	default:
		if strings.HasPrefix(strings.ToUpper(name), "PATH=") {
			b.set("PATH", strings.TrimSpace(s.Line[strings.Index(s.Line, "=")+1:]), s.At)
			return true
		}
		if len(s.Words[0].Text) == 2 && s.Words[0].Text[1] == ':' {
			b.cwd = strings.ToUpper(s.Words[0].Text) + `\`
			return true
		}
		if program := mailPrograms[name]; program != "" {
			if _, ok := b.batch(&s); !ok {
				b.command(program, s)
				return true
			}
		}
		if target, ok := b.batch(&s); ok {
			// A batch file that is named without CALL does not come back; one
			// that names itself begins again. Q134371
			if b.seen[target] {
				if len(b.boot.Commands) > 0 {
					b.boot.Loop = Know(true, s.At)
				}
				return s.Conditional
			}
			b.file(target)
			return s.Conditional
		}
	}
	return true
}

// batch finds the batch file that a command means. A program of the same name
// goes before it in the same directory; what is on the disk is not asked here.
func (b *booter) batch(s *Statement) (string, bool) {
	word := strings.ToUpper(s.Words[0].Text)
	if strings.HasSuffix(word, ".EXE") || strings.HasSuffix(word, ".COM") {
		return "", false
	}
	name := s.Name() + ".BAT"
	_, ok := b.files[name]
	return name, ok && (mailPrograms[s.Name()] == "" || strings.HasSuffix(word, ".BAT"))
}

func (b *booter) set(key, value string, at Place) {
	value = b.expand(value)
	b.env[key] = value
	switch key {
	case "PATH":
		if len(b.boot.Commands) == 0 {
			b.boot.PathAt = at
		}
	case "TZ":
		if len(b.boot.Commands) == 0 {
			b.boot.TZ = Know(value, at)
		}
	}
}

// expand replaces %NAME%; what is not set is empty, as in MS-DOS.
func (b *booter) expand(text string) string {
	var out strings.Builder
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			break
		}
		j := strings.IndexByte(text[i+1:], '%')
		if j < 0 {
			break
		}
		out.WriteString(text[:i])
		if out.Len() < 4096 {
			out.WriteString(b.env[strings.ToUpper(text[i+1:i+1+j])])
		}
		text = text[i+j+2:]
	}
	out.WriteString(text)
	return out.String()
}

func (b *booter) chdir(dir string) {
	switch {
	case len(dir) > 1 && dir[1] == ':':
		if b.cwd == "" || b.cwd[0] == dir[0] {
			b.cwd = dir
		}
	case strings.HasPrefix(dir, `\`):
		drive := "C:" // inferred: a PC starts from its hard disk
		if len(b.cwd) > 1 {
			drive = b.cwd[:2]
		}
		b.cwd = drive + dir
	case dir == "." || dir == "":
	case b.cwd != "":
		b.cwd = strings.TrimSuffix(b.cwd, `\`) + `\` + dir
	}
}

// command notes a command line of a gateway or mailer program.
func (b *booter) command(program string, s Statement) {
	if len(b.boot.Commands) == 0 {
		b.boot.Path = splitPath(b.env["PATH"])
	}
	c := parseCommand(program, s.Words, s.Line)
	c.Dir, c.Cwd, c.CommandF, c.Auto = s.Dir(), strings.TrimSuffix(b.cwd, `\`), s.CommandF, b.auto
	b.boot.Commands = append(b.boot.Commands, c)
}

// splitPath splits a search path at semicolons, in upper case and without a
// last backslash.
func splitPath(text string) []string {
	var list []string
	for _, dir := range strings.Split(text, ";") {
		dir = strings.ToUpper(strings.TrimSpace(dir))
		if len(dir) > 3 {
			dir = strings.TrimSuffix(dir, `\`)
		}
		if dir != "" {
			list = append(list, dir)
		}
	}
	return list
}

func texts(words []Arg) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = w.Text
	}
	return list
}
