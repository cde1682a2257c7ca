package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/trial"
	"gwkit/emulator"
	sched "gwkit/emulator/schedule"
	"gwkit/emulator/site"
)

// meaning is what a command does at the beginning of a script.
type meaning struct {
	take func(b *Beginning, s *Script, args []string) error
	does bool // it sends mail or changes something, so that it is missed behind the beginning
}

// beginnings says what a command that is no check means at the beginning of a
// script: it is taken in, or cannot be, or looks at something, which ends the
// beginning as checks do.
var beginnings = map[string]meaning{
	"advance": {(*Beginning).advance, false},
	"digest":  {ends, false},
	"drive":   {(*Beginning).drive, true},
	"explore": {(*Beginning).explore, false},
	"fault":   {(*Beginning).fault, true},
	"heal":    {(*Beginning).heal, true},
	"hold":    {cannot("nobody but the PCs holds a file; a fault sharing-violation refuses one"), true},
	"inject":  {(*Beginning).inject, true},
	"load":    {(*Beginning).load, true},
	"m-attr":  {(*Beginning).attr, true},
	"m-cat":   {ends, false},
	"m-dir":   {ends, false},
	"m-dump":  {ends, false},
	"m-rm":    {(*Beginning).remove, true},
	"m-write": {(*Beginning).write, true},
	"mail-rm": {cannot("users delete no mail"), true},
	"pc":      {(*Beginning).pc, true},
	"peer":    {cannot("the smart hosts of the site answer, and no script in their place"), true},
	"release": {cannot("nobody but the PCs holds a file"), true},
	"replay":  {(*Beginning).replay, false},
	"rest":    {ends, false},
	"session": {(*Beginning).advance, false},
	"set":     {(*Beginning).edit, true},
	"site":    {(*Beginning).site, true},
	"smtp":    {(*Beginning).smtp, true},
	"submit":  {(*Beginning).submit, true},
}

func ends(*Beginning, *Script, []string) error { return errEnds }

func cannot(why string) func(*Beginning, *Script, []string) error {
	return func(*Beginning, *Script, []string) error { return unused(why) }
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
	if slices.Contains(builtins, name) {
		b.moved = l.number
		return unused("it is about the script's own files, which only a run of the script writes")
	}
	if l.neg || Find(name).check != nil {
		return errEnds
	}
	if i := slices.IndexFunc(args, func(a string) bool { return strings.Contains(a, "$") }); i >= 0 {
		const why = "%s has a variable, which only a run of the script knows"
		if name == "site" || name == "replay" {
			return fmt.Errorf(why, args[i])
		}
		return unused(fmt.Sprintf(why, args[i]))
	}
	if name != "site" && name != "replay" && b.Site == nil {
		return errors.New("it stands before the site")
	}
	return beginnings[name].take(b, s, args)
}

// errMoved says that an attached file may not be what it was.
type errMoved struct{ text string }

func (e errMoved) Error() string { return e.text }

// attached returns a file of the script.
func (b *Beginning) attached(s *Script, name string) ([]byte, error) {
	for _, f := range s.archive.Files {
		if f.Name == name {
			if b.moved > 0 {
				return nil, errMoved{fmt.Sprintf("line %d may change %s, which only a run of the script knows", b.moved, name)}
			}
			return f.Data, nil
		}
	}
	if b.moved > 0 {
		return nil, errMoved{fmt.Sprintf("%q is no file of the script, but line %d may make it", name, b.moved)}
	}
	return nil, fmt.Errorf("%q is no file of the script", name)
}

// content is attached for a line that can be left out.
func (b *Beginning) content(s *Script, name string) ([]byte, error) {
	data, err := b.attached(s, name)
	var moved errMoved
	if errors.As(err, &moved) {
		return nil, unused(moved.text)
	}
	return data, err
}

// site begins anew, as it does in a run.
func (b *Beginning) site(s *Script, args []string) error {
	x, err := b.open(s, args[0])
	if err != nil {
		return err
	}
	var notes []note
	if b.Site != nil {
		notes = []note{{line: b.Line, to: b.here - 1, command: "from site on", why: fmt.Sprintf("line %d begins anew with another site", b.here)}}
	}
	*b = Beginning{File: b.File, Site: x, Changed: !isShape(args[0]), Base: args[0], moved: b.moved, here: b.here, notes: notes}
	return nil
}

// open reads a built-in site or a site file of the script.
func (b *Beginning) open(s *Script, name string) (*site.Site, error) {
	if isShape(name) {
		return site.Shape(name)
	}
	text, err := b.attached(s, name)
	var moved errMoved
	if err != nil && !errors.As(err, &moved) {
		return nil, fmt.Errorf("%q is neither a file of the script nor a built-in site", name)
	}
	if err != nil {
		return nil, err
	}
	return emulator.ReadSite(name, text)
}

// advance lets time pass, which is the search's to do.
func (b *Beginning) advance(*Script, []string) error {
	b.passed = b.here
	return unused("time passes as the search lets it, not as the script does")
}

func (b *Beginning) edit(_ *Script, args []string) error { return b.change("set", args[0], args[1]) }

// change sets one value of the site.
func (b *Beginning) change(command, at, value string) error {
	x, err := editSite(b.Site, at, value)
	if err != nil {
		return err
	}
	b.Site, b.Changed = x, true
	b.Edits++
	if at == "timing" || strings.HasPrefix(at, "timing.") {
		b.add(note{command: command, when: searched, why: "operations take no time while schedules are searched"})
	}
	if m := editedPC.FindStringSubmatch(at); m != nil {
		b.about(command, strings.Trim(m[1], `"`))
	}
	return nil
}

func (b *Beginning) pc(_ *Script, args []string) error {
	name := args[0]
	if b.Site.PC(name) == nil {
		return fmt.Errorf("%s: %w", name, errNoPC)
	}
	switch args[1] {
	case "run":
		b.late("pc")
		return b.change("pc", fmt.Sprintf("pcs.%q.run", name), yamlText(strings.Join(args[2:], " ")))
	case "off":
		b.late("pc")
		b.off = append(b.off, name)
		return nil
	case "on":
		b.late("pc")
		b.off = slices.DeleteFunc(b.off, func(off string) bool { return strings.EqualFold(off, name) })
		return nil
	case "screen", "state":
		return errEnds
	case "key":
		return unused("nobody presses keys but --operator")
	}
	return unused("nobody switches a PC off and on; a fault crash takes its power away")
}

func (b *Beginning) fault(_ *Script, args []string) error {
	text, err := faultText(args)
	if err != nil {
		return err
	}
	b.late("fault")
	b.breaks("fault", text)
	return nil
}

// breaks adds a fault.
func (b *Beginning) breaks(command, text string) {
	b.Trial.Faults = append(b.Trial.Faults, text)
	if b.faults == nil {
		b.faults = map[string]int{}
	}
	b.faults[text] = b.here
	if m := faultedPC.FindStringSubmatch(text); m != nil {
		b.about(command, m[1])
	}
}

// heal takes out a fault that no time has passed with; the others stay.
func (b *Beginning) heal(_ *Script, args []string) error {
	want := ""
	if len(args) > 0 {
		var err error
		if want, err = faultText(args); err != nil {
			return err
		}
	}
	return b.heals(func(text string) bool { return want == "" || text == want })
}

func (b *Beginning) heals(which func(text string) bool) error {
	stay := slices.ContainsFunc(b.Trial.Faults, func(text string) bool { return which(text) && b.faults[text] < b.passed })
	if stay {
		return unused("a fault stays from the start to the end, unless its until= or its times= says otherwise")
	}
	b.Trial.Faults = slices.DeleteFunc(b.Trial.Faults, which)
	return nil
}

// alone is said of single messages when the clock runs.
const alone = "single messages are no load that goes on"

func (b *Beginning) inject(*Script, []string) error {
	b.add(note{command: "inject", when: clocked, why: alone})
	b.Trial.In++
	return nil
}

func (b *Beginning) submit(_ *Script, args []string) error {
	last := len(args)
	if i := slices.IndexFunc(args, func(a string) bool { return a == "attach" || a == "hidden" }); i >= 0 {
		last = i
	}
	if last < 3 {
		return Find("submit").usage()
	}
	if !slices.ContainsFunc(args[1:last-1], func(to string) bool { return strings.Contains(to, "@") }) {
		return unused("mail that is followed goes to the Internet or comes from there")
	}
	if last < len(args) {
		b.add(note{command: "submit", part: true, when: searched, why: "the message goes without its attachments"})
	}
	b.add(note{command: "submit", when: clocked, why: alone})
	b.Trial.Out++
	return nil
}

func (b *Beginning) load(_ *Script, args []string) error {
	l, err := parseLoad(args)
	if err != nil {
		return err
	}
	if l.For <= 0 {
		return errors.New("it offers mail over no time")
	}
	b.Trial.In += l.In
	b.Trial.Out += l.Out
	if slices.Contains(args, "size") {
		b.Trial.Size = l.Size
	}
	days := float64(l.For) / float64(24*time.Hour)
	b.Rate.In += float64(l.In) / days
	b.Rate.Out += float64(l.Out) / days
	if b.Rate.Arrivals == "" {
		b.Rate.Arrivals, b.Rate.line = l.Arrivals, b.here
	} else if b.Rate.Arrivals != l.Arrivals {
		b.add(note{command: "load", part: true, when: clocked, why: fmt.Sprintf("it comes as the load of line %d does: %s", b.Rate.line, b.Rate.Arrivals)})
	}
	b.add(note{command: "load", part: true, when: clocked, why: "it goes on for whole days, and users read their mail"})
	why := "all messages are there, and the schedule says when each goes on"
	if l.Read {
		why += "; nobody reads mail"
	}
	b.add(note{command: "load", part: true, when: searched, why: why})
	return nil
}

// smtp counts the messages that a dialogue hands over.
func (b *Beginning) smtp(s *Script, args []string) error {
	rest, _ := sessionArgs(args)
	if rest[0] == "-from" && len(rest) > 2 {
		rest = rest[2:]
	}
	if len(rest) != 2 {
		return Find("smtp").usage()
	}
	text, err := b.content(s, rest[1])
	if err != nil {
		return err
	}
	steps, err := parseDialogue(rest[1], string(text))
	if err != nil {
		return err
	}
	b.passed = b.here
	n := handedOver(steps)
	if n == 0 {
		return unused("nobody plays its dialogue, and no message is handed over in it")
	}
	b.add(note{command: "smtp", when: clocked, why: alone})
	why := "nobody plays its dialogue; its message comes from the smart host"
	if n > 1 {
		why = fmt.Sprintf("nobody plays its dialogue; its %d messages come from the smart host", n)
	}
	b.add(note{command: "smtp", part: true, when: searched, why: why})
	b.Trial.In += n
	return nil
}

// handedOver counts the messages of a dialogue that the other side is expected
// to accept. Of commands that are sent ahead the replies come later, in order.
func handedOver(steps []step) (n int) {
	inData, ended := false, 0 // messages without an answer
	sent := func(l string) {
		switch l = strings.TrimRight(l, "\r"); {
		case inData && l == ".":
			inData = false
			ended++
		case !inData && strings.EqualFold(strings.TrimSpace(l), "DATA"):
			inData = true
		}
	}
	for i := range steps {
		switch s := &steps[i]; s.verb {
		case "<":
			sent(s.text)
		case "<<":
			for l := range strings.SplitSeq(string(s.raw), "\n") {
				sent(l)
			}
		case ">", ">=":
			if s.text == "" {
				continue
			}
			switch code := s.text[0]; {
			case inData && (code == '4' || code == '5'):
				inData = false // DATA is refused
			case ended > 0 && code == '2':
				n++
				ended--
			case ended > 0 && (code == '4' || code == '5'):
				ended--
			}
		}
	}
	return n
}

// explore ends the beginning: what it searches with counts as well.
func (b *Beginning) explore(_ *Script, args []string) error {
	c := trial.Config{Trial: b.Trial}
	if err := parseExplore(&c, args); err != nil {
		return err
	}
	b.Trial = c.Trial
	b.add(note{command: "explore", part: true, when: clocked, why: "of it only the PCs and the operator count"})
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
	b.add(note{command: "replay", part: true, when: searched, why: "the search makes schedules of its own, with the site, the load, the PCs and the faults of this one"})
	b.add(note{command: "replay", part: true, when: clocked, why: "the clock decides; of the schedule only the site, the PCs, the faults and the operator count"})
	return errEnds
}
