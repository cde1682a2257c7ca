package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gwkit/conformance/target"
	"gwkit/emulator"
	"gwkit/emulator/site"
)

func runSite(p *play, args []string) error {
	if isShape(args[0]) {
		s, err := site.Shape(args[0])
		if err != nil {
			return usagef("%v", err)
		}
		return p.useSite(s)
	}
	if !p.hasFile(args[0]) {
		var names []string
		for _, row := range site.Shapes {
			names = append(names, row.Name)
		}
		return usagef("%q is neither a file of the script nor a built-in site: want one of: %s", args[0], strings.Join(names, ", "))
	}
	text, err := p.file(args[0])
	if err != nil {
		return err
	}
	s, err := emulator.ReadSite(args[0], []byte(text))
	if err != nil {
		return usagef("%v", err)
	}
	return p.useSite(s)
}

// useSite begins a new run; the one before ends as at the end of the script.
func (p *play) useSite(s *site.Site) error {
	if err := p.finish(); err != nil {
		return err
	}
	p.site = s
	return nil
}

func runSet(p *play, args []string) error {
	if p.site == nil {
		return usagef("the script has no site yet: begin with a line such as: site single")
	}
	if p.rig != nil {
		return usagef("the site runs already: set stands before the first command that looks at it")
	}
	s, err := editSite(p.site, args[0], args[1])
	if err != nil {
		return err
	}
	p.site = s
	return nil
}

func runDrive(p *play, args []string) error {
	if args[1] != "on" && args[1] != "off" {
		return Find("drive").usage()
	}
	f, err := power[target.Faults](p)
	if err != nil {
		return err
	}
	return f.SetDrive(args[0], args[1] == "on")
}

func runDigest(p *play, _ []string) error {
	s, err := power[target.Schedule](p)
	if err != nil {
		return err
	}
	p.print("%016x\n", s.Digest())
	return nil
}

func runLoad(p *play, args []string) error {
	s, err := power[target.Schedule](p)
	if err != nil {
		return err
	}
	l, err := parseLoad(args)
	if err != nil {
		return err
	}
	return s.AddLoad(l)
}

// parseLoad reads the arguments of load.
func parseLoad(args []string) (target.Load, error) {
	span, err := duration(args[0])
	if err != nil {
		return target.Load{}, err
	}
	l := target.Load{For: span, Size: 8192, Arrivals: "even"}
	number := func(key, text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return 0, usagef("bad %s %q: want a number", key, text)
		}
		return n, nil
	}
	for rest := args[1:]; len(rest) > 0; {
		key := rest[0]
		if rest = rest[1:]; key == "read" {
			l.Read = true
			continue
		}
		if len(rest) == 0 {
			return l, Find("load").usage()
		}
		value := rest[0]
		rest = rest[1:]
		switch key {
		case "in":
			l.In, err = number(key, value)
		case "out":
			l.Out, err = number(key, value)
		case "size":
			l.Size, err = number(key, value)
		case "arrivals":
			if l.Arrivals = value; value != "even" && value != "poisson" && value != "burst" {
				err = usagef("bad arrivals %q: want even, poisson or burst", value)
			}
		default:
			err = Find("load").usage()
		}
		if err != nil {
			return l, err
		}
	}
	if l.In+l.Out == 0 {
		return l, usagef("the load has no messages: give in N, out N or both")
	}
	return l, nil
}

func checkSummary(p *play, args []string) (bool, string, error) {
	s, err := power[target.Schedule](p)
	if err != nil {
		return false, "", err
	}
	data, err := s.Report()
	if err != nil {
		return false, "", internalError{err.Error()}
	}
	var document any
	if err := json.Unmarshal(data, &document); err != nil {
		return false, "", internalError{fmt.Sprintf("the summary is no JSON: %v", err)}
	}
	steps, err := splitPath(args[0])
	if err != nil {
		return false, "", err
	}
	value, err := lookUp(document, steps)
	if err != nil {
		return false, "", usagef("cannot find %s in the summary: %v", args[0], err)
	}
	return compareValue(args[0], value, args[1])
}

// lookUp follows a path in a JSON document.
func lookUp(v any, path []string) (any, error) {
	for _, step := range path {
		switch in := v.(type) {
		case map[string]any:
			next, ok := in[step]
			if !ok {
				return nil, fmt.Errorf("want one of %s, have %q", strings.Join(sortedKeys(in), ", "), step)
			}
			v = next
		case []any:
			next, ok := item(in, step)
			if !ok {
				return nil, fmt.Errorf("there is no item %q", step)
			}
			v = next
		default:
			return nil, fmt.Errorf("%q is below a plain value", step)
		}
	}
	return v, nil
}

// item finds an item of a list by its name, its where, or its number.
func item(list []any, step string) (any, bool) {
	for _, v := range list {
		m, ok := v.(map[string]any)
		if !ok {
			continue
		}
		for _, key := range []string{"name", "where"} {
			if name, ok := m[key].(string); ok && strings.EqualFold(name, step) {
				return v, true
			}
		}
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(list) {
		return list[i], true
	}
	return nil, false
}

// compareValue compares a value of JSON with what a script wants.
func compareValue(what string, have any, want string) (bool, string, error) {
	switch v := have.(type) {
	case float64:
		q, err := parseCount(want)
		if err != nil {
			return false, "", err
		}
		return q.holds(v), fmt.Sprintf("want %s %s, have %v", what, want, v), nil
	case string, bool, nil:
		text := fmt.Sprint(v)
		t, err := parsePattern(want)
		if err != nil {
			return false, "", err
		}
		return t.match(text), fmt.Sprintf("want %s %s, have %q", what, want, text), nil
	case []any:
		q, err := parseCount(want)
		if err != nil {
			return false, "", err
		}
		return q.holds(float64(len(v))), fmt.Sprintf("want %s %s items, have %d", what, want, len(v)), nil
	}
	return false, "", usagef("%s is a group of figures: name one of them", what)
}

// power opens the rig and returns one of its powers.
func power[T any](p *play) (T, error) {
	var none T
	rig, err := p.open()
	if err != nil {
		return none, err
	}
	v, ok := rig.(T)
	if !ok {
		return none, internalError{fmt.Sprintf("the target names a power it does not have (%T)", &none)}
	}
	return v, nil
}

var errNoPC = errors.New("the site has no such PC")

// pc returns the PC of a name.
func (p *play) pc(name string) (*site.PC, error) {
	if p.site == nil {
		return nil, usagef("the script has no site yet: begin with a line such as: site single")
	}
	pc := p.site.PC(name)
	if pc == nil {
		return nil, usagef("%s: %v", name, errNoPC)
	}
	return pc, nil
}
