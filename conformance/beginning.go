package conformance

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gwkit/conformance/target"
	"gwkit/conformance/trial"
	sched "gwkit/emulator/schedule"
	"gwkit/emulator/site"
)

// Beginning is what a script sets up before its first line that judges or lets
// time pass: the installation and the mail whose schedules gwcheck explore
// searches.
type Beginning struct {
	File string // of the script
	Line int    // of the site, or of the replay that names it
	Last int    // the last line that says something

	// Site is a built-in one as it is, or else bears the name of the script's
	// file: Changed, by Edits lines or because the script brings it.
	Site    *site.Site
	Changed bool
	Edits   int
	Base    string // the site before the changes

	// Trial has the load, the faults, and the PCs and the operator as far as
	// the script names them. A search sends messages of its own, so many each
	// way.
	Trial trial.Options

	Ends string // the command that ends it; empty: the script has no more

	off   []string // PCs that are switched off
	moved int      // line after which an attached file need not be what it was
}

// loadMax bounds the messages of a script whose schedules are searched: the run
// is repeated thousands of times.
const loadMax = 100

// errEnds is what the first line that judges or lets time pass answers with.
var errEnds = errors.New("the beginning ends here")

// beginnings says what a command that is no check means at the beginning of a
// script. Checks end it.
var beginnings = map[string]func(b *Beginning, s *Script, args []string) error{
	"advance": ends,
	"digest":  ends,
	"drive":   refuses("a search cannot take a drive away"),
	"explore": (*Beginning).explore,
	"fault":   (*Beginning).fault,
	"heal":    refuses("in a search faults stay from the start to the end"),
	"hold":    refuses("in a search nobody but the PCs holds a file"),
	"inject":  (*Beginning).inject,
	"load":    (*Beginning).load,
	"m-attr":  refuses("a search begins with the drives as they were installed"),
	"m-cat":   ends,
	"m-dir":   ends,
	"m-dump":  ends,
	"m-rm":    refuses("a search begins with the drives as they were installed"),
	"m-write": refuses("a search begins with the drives as they were installed"),
	"mail-rm": refuses("in a search users do not delete mail"),
	"pc":      (*Beginning).pc,
	"peer":    refuses("in a search the smart hosts of the site answer, and nobody else"),
	"release": refuses("in a search nobody but the PCs holds a file"),
	"replay":  (*Beginning).replay,
	"rest":    ends,
	"session": ends,
	"set":     (*Beginning).set,
	"site":    (*Beginning).site,
	"smtp":    (*Beginning).smtp,
	"submit":  (*Beginning).submit,
}

func ends(*Beginning, *Script, []string) error { return errEnds }

func refuses(why string) func(*Beginning, *Script, []string) error {
	return func(*Beginning, *Script, []string) error { return errors.New(why) }
}

// Beginning reads the site and the load that schedules of the script are
// searched with. It is an error, with file and line, when there is none or when
// a search cannot do what a line asks for.
func (s *Script) Beginning() (*Beginning, error) {
	if s.mistake != nil {
		return nil, s.mistake
	}
	b := &Beginning{File: s.File}
	wrong := func(line int, format string, args ...any) error {
		b.Last = line
		return b.Errorf(format, args...)
	}
	number := 1
	for i := range s.lines {
		l := &s.lines[i]
		if len(l.words) == 0 {
			continue
		}
		number = l.number
		name := l.words[0].text
		holds, err := b.holds(l.conds)
		if err != nil {
			return nil, wrong(number, "%w", err)
		}
		if !holds {
			continue
		}
		if err := b.take(s, l); err == errEnds {
			b.Ends = name
			break
		} else if err != nil {
			return nil, wrong(number, "%s: %w", name, err)
		}
	}
	if b.Site == nil {
		return nil, wrong(number, "it names no site before it judges or lets time pass")
	}
	if len(b.off) > 0 && b.Trial.PCs == nil {
		b.Trial.PCs = slices.DeleteFunc(trial.Gateways(b.Site), func(pc string) bool {
			return slices.ContainsFunc(b.off, func(off string) bool { return strings.EqualFold(off, pc) })
		})
	}
	if b.Changed {
		b.Site = b.Site.Clone()
		b.Site.Name, b.Site.Positions = path.Base(filepath.ToSlash(s.File)), nil
	}
	return b, nil
}

// CheckLoad refuses the load of a script that is too much for a search.
func (b *Beginning) CheckLoad() error {
	if n := b.Trial.In + b.Trial.Out; n > loadMax {
		return b.Errorf("%d messages are too many for a run that is repeated thousands of times: want at most %d, or give --in and --out", n, loadMax)
	}
	return nil
}

// Errorf makes an error about the beginning as a whole.
func (b *Beginning) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: cannot explore the script: %w", b.File, b.Last, fmt.Errorf(format, args...))
}

// holds judges the conditions of a line for a search, which is about the
// emulator.
func (b *Beginning) holds(conds []string) (bool, error) {
	c := conditions{target: target.Emulator(), site: func() *site.Site { return b.Site }}
	for _, cond := range conds {
		plain := strings.TrimSpace(strings.TrimPrefix(cond, "!"))
		if ok, err := c.holds(plain); err != nil || ok == strings.HasPrefix(cond, "!") {
			return false, err
		}
	}
	return true, nil
}

// take reads one line.
func (b *Beginning) take(s *Script, l *line) error {
	name, args := l.words[0].text, l.args()
	switch name {
	case "cmp", "cmpenv", "exists", "grep", "stderr", "stdout", "stop":
		return errEnds
	case "skip":
		return errors.New("the script is skipped")
	}
	if slices.Contains(builtins, name) { // about the script's own files
		b.moved = l.number
		return nil
	}
	if l.neg || Find(name).check != nil {
		return errEnds
	}
	if i := slices.IndexFunc(args, func(a string) bool { return strings.Contains(a, "$") }); i >= 0 {
		return fmt.Errorf("%s has a variable, which only a run of the script knows", args[i])
	}
	if name != "site" && name != "replay" && b.Site == nil {
		return errors.New("it stands before the site")
	}
	err := beginnings[name](b, s, args)
	if err == nil || err == errEnds && (name == "explore" || name == "replay") {
		b.Last = l.number
		if b.Line == 0 || name == "site" {
			b.Line = l.number
		}
	}
	return err
}

// attached returns a file of the script.
func (b *Beginning) attached(s *Script, name string) ([]byte, error) {
	for _, f := range s.archive.Files {
		if f.Name == name {
			if b.moved > 0 {
				return nil, fmt.Errorf("line %d may change %s, which only a run of the script knows", b.moved, name)
			}
			return f.Data, nil
		}
	}
	return nil, fmt.Errorf("%q is neither a file of the script nor a built-in site", name)
}

// site begins anew, as it does in a run.
func (b *Beginning) site(s *Script, args []string) error {
	x, err := b.open(s, args[0])
	if err != nil {
		return err
	}
	*b = Beginning{File: b.File, Site: x, Changed: !isShape(args[0]), Base: args[0], moved: b.moved}
	return nil
}

// open reads a built-in site or a site file of the script.
func (b *Beginning) open(s *Script, name string) (*site.Site, error) {
	if isShape(name) {
		return site.Shape(name)
	}
	text, err := b.attached(s, name)
	if err != nil {
		return nil, err
	}
	return site.Parse(name, text)
}

func (b *Beginning) set(_ *Script, args []string) error {
	x, err := editSite(b.Site, args[0], args[1])
	if err != nil {
		return err
	}
	b.Site, b.Changed = x, true
	b.Edits++
	return nil
}

func (b *Beginning) pc(s *Script, args []string) error {
	name := args[0]
	if b.Site.PC(name) == nil {
		return fmt.Errorf("%s: %w", name, errNoPC)
	}
	switch args[1] {
	case "run":
		return b.set(s, []string{fmt.Sprintf("pcs.%q.run", name), yamlText(strings.Join(args[2:], " "))})
	case "off":
		b.off = append(b.off, name)
		return nil
	case "screen", "state":
		return errEnds
	}
	return fmt.Errorf("in a search nobody does %s to a PC before it runs", args[1])
}

func (b *Beginning) fault(_ *Script, args []string) error {
	text, err := faultText(args)
	if err != nil {
		return err
	}
	b.Trial.Faults = append(b.Trial.Faults, text)
	return nil
}

func (b *Beginning) inject(*Script, []string) error {
	b.Trial.In++
	return nil
}

func (b *Beginning) submit(_ *Script, args []string) error {
	if slices.Contains(args, "attach") || slices.Contains(args, "hidden") {
		return errors.New("the messages of a search have no attachments")
	}
	if !slices.ContainsFunc(args[1:len(args)-1], func(to string) bool { return strings.Contains(to, "@") }) {
		return errors.New("the messages of a search go to the Internet or come from there")
	}
	b.Trial.Out++
	return nil
}

func (b *Beginning) load(_ *Script, args []string) error {
	l, err := parseLoad(args)
	if err != nil {
		return err
	}
	b.Trial.In += l.In
	b.Trial.Out += l.Out
	if slices.Contains(args, "size") {
		b.Trial.Size = l.Size
	}
	return nil
}

// smtp lets time pass unless it goes on in the background.
func (b *Beginning) smtp(_ *Script, args []string) error {
	if strings.HasPrefix(args[len(args)-1], "&") {
		return errors.New("in a search the smart hosts of the site call, and nobody else")
	}
	return errEnds
}

// explore ends the beginning: what it searches with counts as well.
func (b *Beginning) explore(_ *Script, args []string) error {
	c := trial.Config{Trial: b.Trial}
	if err := parseExplore(&c, args); err != nil {
		return err
	}
	b.Trial = c.Trial
	return errEnds
}

// replay ends the beginning as well: the schedule names a load, and a site
// unless the script did.
func (b *Beginning) replay(s *Script, args []string) error {
	text, err := b.attached(s, args[0])
	if err != nil {
		return err
	}
	sc, err := sched.Parse(args[0], text)
	if err != nil {
		return err
	}
	if b.Site == nil {
		x, err := b.open(s, sc.Site)
		if err != nil {
			return err
		}
		b.Site, b.Changed, b.Base = x, !isShape(sc.Site), sc.Site
	}
	b.Trial = trial.Options{In: sc.In, Out: sc.Out, Size: sc.Size, PCs: sc.PCs, Faults: sc.Faults, Operator: sc.Operator}
	return errEnds
}

// String says what was taken from where, in one line.
func (b *Beginning) String() string {
	in, out := b.Trial.In, b.Trial.Out
	if in+out == 0 {
		in, out = 1, 1
	}
	var t strings.Builder
	fmt.Fprintf(&t, "from %s, line", b.File)
	if b.Line != b.Last {
		fmt.Fprintf(&t, "s %d to %d", b.Line, b.Last)
	} else {
		t.WriteString(" " + strconv.Itoa(b.Line))
	}
	t.WriteString(": site " + b.Base)
	if b.Edits > 0 {
		fmt.Fprintf(&t, " with %d change", b.Edits)
		if b.Edits > 1 {
			t.WriteByte('s')
		}
	}
	fmt.Fprintf(&t, ", load %d in and %d out", in, out)
	if b.Trial.In+b.Trial.Out == 0 {
		t.WriteString(" (the script sends nothing before it judges)")
	}
	if len(b.Trial.PCs) > 0 {
		t.WriteString(", PCs " + strings.Join(b.Trial.PCs, " "))
	}
	for _, f := range b.Trial.Faults {
		t.WriteString(", fault " + f)
	}
	return t.String()
}
