package conformance

import (
	"fmt"
	"strings"

	"gwkit/conformance/target"
)

func runPC(p *play, args []string) error {
	name, verb := args[0], args[1]
	if _, err := p.pc(name); err != nil {
		return err
	}
	switch verb {
	case "run":
		// Before the run begins the PC starts with the line, as if the site
		// file had said so.
		command := strings.Join(args[2:], " ")
		s, err := editSite(p.site, fmt.Sprintf("pcs.%q.run", name), yamlText(command))
		if err != nil {
			return err
		}
		p.site = s
		if p.rig == nil {
			return nil
		}
		r, err := power[target.Reboot](p)
		if err != nil {
			return err
		}
		return r.StartProgram(name, command)
	case "off", "on", "reboot":
		r, err := power[target.Reboot](p)
		if err != nil {
			return err
		}
		do := map[string]func(string) error{"off": r.PowerOff, "on": r.PowerOn, "reboot": r.Reboot}
		return do[verb](name)
	case "key":
		k, err := power[target.Keys](p)
		if err != nil {
			return err
		}
		return k.Key(name, args[2])
	case "screen":
		k, err := power[target.Keys](p)
		if err != nil {
			return err
		}
		screen, err := k.Screen(name)
		if err != nil {
			return err
		}
		for _, l := range screen {
			p.print("%s\n", strings.TrimRight(l, " "))
		}
		return nil
	}
	s, err := power[target.Schedule](p)
	if err != nil {
		return err
	}
	st, err := s.State(name)
	if err != nil {
		return err
	}
	for _, f := range stateFields(st) {
		p.print("%s %v\n", f.name, f.value)
	}
	return nil
}

type stateField struct {
	name  string
	value any // string or float64
}

func stateFields(s target.PCState) []stateField {
	return []stateField{
		{"program", s.Program},
		{"phase", s.Phase},
		{"prompt", s.Prompt},
		{"code", float64(s.Code)},
		{"cycles", float64(s.Cycles)},
		{"spawns", float64(s.Spawns)},
		{"prompts", float64(s.Prompts)},
		{"handles", float64(s.HandlesMax)},
	}
}

func checkState(p *play, args []string) (bool, string, error) {
	if _, err := p.pc(args[0]); err != nil {
		return false, "", err
	}
	s, err := power[target.Schedule](p)
	if err != nil {
		return false, "", err
	}
	st, err := s.State(args[0])
	if err != nil {
		return false, "", err
	}
	var names []string
	for _, f := range stateFields(st) {
		if f.name == args[1] {
			return compareValue(args[0]+" "+f.name, f.value, args[2])
		}
		names = append(names, f.name)
	}
	return false, "", usagef("unknown field %q: want one of: %s", args[1], strings.Join(names, ", "))
}

func checkScreen(p *play, args []string) (bool, string, error) {
	if _, err := p.pc(args[0]); err != nil {
		return false, "", err
	}
	k, err := power[target.Keys](p)
	if err != nil {
		return false, "", err
	}
	re, err := compile(args[1])
	if err != nil {
		return false, "", err
	}
	screen, err := k.Screen(args[0])
	if err != nil {
		return false, "", err
	}
	var shown []string
	for _, l := range screen {
		l = strings.TrimRight(l, " ")
		if re.MatchString(l) {
			return true, "the screen has: " + l, nil
		}
		if l != "" {
			shown = append(shown, l)
		}
	}
	if len(shown) == 0 {
		return false, "the screen is empty", nil
	}
	return false, "no line of the screen matches:\n" + strings.Join(shown, "\n"), nil
}

func checkHolders(p *play, args []string) (bool, string, error) {
	s, err := power[target.Schedule](p)
	if err != nil {
		return false, "", err
	}
	return p.checkAny(s.Holders(args[0]), args[1:], "nobody holds "+args[0])
}

func checkWaits(p *play, args []string) (bool, string, error) {
	s, err := power[target.Schedule](p)
	if err != nil {
		return false, "", err
	}
	var all []string
	for _, w := range s.Waits() {
		all = append(all, waitLine(w))
	}
	return p.checkAny(all, args, "nothing waits")
}

func waitLine(w target.Waiting) string {
	line := w.Process + " waits for " + w.For
	if w.Object != "" {
		line += " " + w.Object
	}
	if w.HeldBy != "" {
		line += " held by " + w.HeldBy
	}
	if !w.Since.IsZero() {
		line += " since " + w.Since.Format("15:04:05")
	}
	return line
}

// checkAny prints a list and looks for a line that matches, or for any line.
func (p *play) checkAny(all, args []string, none string) (bool, string, error) {
	p.out.Reset()
	p.print("")
	for _, l := range all {
		p.print("%s\n", l)
	}
	if len(all) == 0 {
		if len(args) > 0 {
			if _, err := compile(args[0]); err != nil {
				return false, "", err
			}
		}
		return false, none, nil
	}
	if len(args) == 0 {
		return true, strings.Join(all, "\n"), nil
	}
	re, err := compile(args[0])
	if err != nil {
		return false, "", err
	}
	for _, l := range all {
		if re.MatchString(l) {
			return true, l, nil
		}
	}
	return false, "no line matches:\n" + strings.Join(all, "\n"), nil
}

// yamlText writes a text as a YAML scalar.
func yamlText(s string) string { return fmt.Sprintf("%q", s) }
