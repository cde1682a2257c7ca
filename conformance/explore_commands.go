package conformance

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gwkit/conformance/explore"
	"gwkit/conformance/invariant"
	"gwkit/conformance/target"
	"gwkit/conformance/trial"
	"gwkit/emulator"
	sched "gwkit/emulator/schedule"
	"gwkit/emulator/site"
)

// explored is what the last replay or explore of a script found.
type explored struct {
	violations []explore.Violation
	unknown    string // why nothing can be said of what was not found
}

// exploreSchedules of a script: enough for what is easy to find, and short.
const exploreSchedules = 300

func runExplore(p *play, args []string) error {
	if p.site == nil {
		return usagef("the script has no site yet: begin with a line such as: site dedicated-shared")
	}
	if p.rig != nil {
		return usagef("the site runs already: explore stands before the first command that looks at it")
	}
	c := trial.Config{Site: p.site}
	c.Search = explore.Config{Schedules: exploreSchedules, Workers: 1, Check: 20, Preemptions: 2, Seed: p.options.Seed}
	if err := parseExplore(&c, args); err != nil {
		return err
	}
	a, err := trial.Explore(p.ctx, c)
	if err != nil {
		return err
	}
	p.explored = &explored{}
	for _, v := range a.Result.Violations {
		p.explored.violations = append(p.explored.violations, v.Violation)
	}
	if a.Verdict == invariant.Unknown {
		p.explored.unknown = a.Reason
	}
	if c.Search.Strategy == explore.Exhaustive && !a.Result.Complete {
		p.explored.unknown = "the search is not complete: " + a.Result.Missing
	}
	p.print("%d schedules\n", a.Result.Schedules)
	for _, v := range a.Result.Violations {
		p.print("%s in %d, first in %d: %s\n", v.Invariant, v.Count, v.Index+1, v.Text)
	}
	return p.checkBudget()
}

// parseExplore reads the arguments of explore.
func parseExplore(c *trial.Config, args []string) error {
	for ; len(args) > 0; args = args[2:] {
		if len(args) < 2 {
			return Find("explore").usage()
		}
		key, value := args[0], args[1]
		number := map[string]*int{"schedules": &c.Search.Schedules, "in": &c.Trial.In, "out": &c.Trial.Out, "preemptions": &c.Search.Preemptions}[key]
		switch {
		case number != nil:
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 {
				return usagef("bad %s %q: want a number", key, value)
			}
			*number = n
		case key == "strategy":
			c.Search.Strategy = value
		case key == "operator":
			c.Trial.Operator = value
		case key == "pcs":
			c.Trial.PCs = strings.Split(value, ",")
		default:
			return Find("explore").usage()
		}
	}
	return nil
}

func runReplay(p *play, args []string) error {
	text, err := p.file(args[0])
	if err != nil {
		return err
	}
	sc, err := sched.Parse(args[0], []byte(text))
	if err != nil {
		return usagef("%v", err)
	}
	s := p.site
	switch {
	case p.rig != nil:
		return usagef("the site runs already: replay stands before the first command that looks at it")
	case s != nil:
	case isShape(sc.Site):
		if s, err = site.Shape(sc.Site); err != nil {
			return usagef("%v", err)
		}
	default:
		if text, err = p.file(sc.Site); err != nil {
			return err
		}
		if s, err = emulator.ReadSite(sc.Site, []byte(text)); err != nil {
			return usagef("%v", err)
		}
	}
	r, err := trial.Replay(s, sc, emulator.TrialOptions{})
	if err != nil {
		return err
	}
	p.explored = &explored{}
	for _, x := range r.Results {
		if x.Verdict != invariant.Fail {
			continue
		}
		for _, v := range x.Violations {
			p.explored.violations = append(p.explored.violations, explore.Violation{Invariant: x.Invariant, Signature: v.Signature, Text: v.Text})
			p.print("%s: %s\n", x.Invariant, v.Text)
		}
	}
	// What follows in the script acts on the site as the schedule left it.
	r.Trial().Resume()
	p.site, p.rig = s, target.OfWorld(r.World())
	return nil
}

func checkViolates(p *play, args []string) (bool, string, error) {
	if p.explored == nil {
		return false, "", usagef("nothing was explored yet: begin with explore or replay")
	}
	if invariant.Find(args[0]) == nil {
		var names []string
		for i := range invariant.All {
			names = append(names, invariant.All[i].Name)
		}
		return false, "", usagef("unknown invariant %q: want one of: %s", args[0], strings.Join(names, ", "))
	}
	want := regexp.MustCompile("")
	if len(args) > 1 {
		var err error
		if want, err = regexp.Compile(args[1]); err != nil {
			return false, "", usagef("bad pattern: %v", err)
		}
	}
	var seen strings.Builder
	for _, v := range p.explored.violations {
		if v.Invariant == args[0] && (want.MatchString(v.Text) || want.MatchString(v.Signature)) {
			return true, v.Text, nil
		}
		fmt.Fprintf(&seen, "%s: %s\n", v.Invariant, v.Text)
	}
	if p.explored.unknown != "" {
		return false, "", fmt.Errorf("cannot say whether %s is broken: %s", args[0], p.explored.unknown)
	}
	if seen.Len() == 0 {
		return false, "no invariant is broken", nil
	}
	return false, "broken are:\n" + seen.String(), nil
}
