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
	"gwkit/emulator/site"
)

// Beginning is what a script sets up before its first line that judges: the
// installation, what is wrong there, and the mail. gwcheck explore searches its
// schedules, or with --timed lets the clock run.
//
// No line is dropped in silence: Unused tells what could not be taken in.
type Beginning struct {
	File string // of the script
	Line int    // of the site, or of the replay that names it
	Last int    // the last line that is used

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

	// Rate is what the load lines bring in a day, for runs by the clock.
	Rate Rate

	Ends string // the command that ends it; empty: the script has no more

	notes  []note
	here   int            // the line that is read
	off    []string       // PCs that are switched off
	faults map[string]int // of Trial.Faults, the line that set it
	passed int            // the last line that let time pass; 0: none did
	moved  int            // line after which an attached file need not be what it was
}

// Rate is a load that goes on.
type Rate struct {
	In, Out  float64 // messages a day
	Arrivals string  // as in Load; "": no line says
	line     int
}

// loadMax bounds the messages of a script whose schedules are searched: the run
// is repeated thousands of times.
const loadMax = 100

// errEnds is what the first line that judges answers with.
var errEnds = errors.New("the beginning ends here")

// Beginning reads the site, the conditions and the load that a script begins
// with. It is an error, with file and line, when there is no site, or when a
// line is wrong.
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
		b.here = number
		err = b.take(s, l)
		var no unused
		switch {
		case errors.As(err, &no):
			b.add(note{command: name, why: string(no)})
			continue
		case err != nil && err != errEnds:
			return nil, wrong(number, "%s: %w", name, err)
		case err == nil || name == "explore" || name == "replay":
			b.Last = number
			if b.Line == 0 || name == "site" {
				b.Line = number
			}
		}
		if err == errEnds {
			b.Ends = name
			if b.Last == number {
				i++
			}
			b.rest(s.lines[i:])
			break
		}
	}
	if b.Site == nil {
		return nil, wrong(number, "it names no site before it judges")
	}
	if len(b.off) > 0 && b.Trial.PCs == nil {
		b.Trial.PCs = slices.DeleteFunc(trial.Gateways(b.Site), b.isOff)
	}
	if b.Changed {
		b.Site = b.Site.Clone()
		b.Site.Name, b.Site.Positions = path.Base(filepath.ToSlash(s.File)), nil
	}
	return b, nil
}

func (b *Beginning) isOff(pc string) bool {
	return slices.ContainsFunc(b.off, func(off string) bool { return strings.EqualFold(off, pc) })
}

// On lists the PCs that are on when the clock runs: all but those that the
// script switches off, and of those with a gateway only the ones it names.
func (b *Beginning) On() (on []string) {
	for i := range b.Site.PCs {
		pc := &b.Site.PCs[i]
		named := b.Trial.PCs == nil || pc.Program() != "SMTPGATE" ||
			slices.ContainsFunc(b.Trial.PCs, func(n string) bool { return strings.EqualFold(n, pc.Name) })
		if named && !b.isOff(pc.Name) {
			on = append(on, pc.Name)
		}
	}
	return on
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

// String says in one line what was taken from where for a search.
func (b *Beginning) String() string {
	in, out := b.Trial.In, b.Trial.Out
	if in+out == 0 {
		in, out = 1, 1
	}
	load := fmt.Sprintf("load %d in and %d out", in, out)
	if b.Trial.In+b.Trial.Out == 0 {
		load += " (the script sends nothing before it judges)"
	}
	return b.describe(load, b.Trial.PCs)
}

// Clocked is String for runs by the clock under so many messages a day, with
// these PCs switched on; nil: all.
func (b *Beginning) Clocked(in, out int, pcs []string) string {
	load := fmt.Sprintf("load %d in and %d out a day", in, out)
	if b.Rate.In+b.Rate.Out == 0 {
		load += " (the script has no load line before it judges)"
	}
	return b.describe(load, pcs)
}

func (b *Beginning) describe(load string, pcs []string) string {
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
	t.WriteString(", " + load)
	if len(pcs) > 0 {
		t.WriteString(", PCs " + strings.Join(pcs, " "))
	}
	for _, f := range b.Trial.Faults {
		t.WriteString(", fault " + f)
	}
	return t.String()
}
