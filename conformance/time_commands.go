package conformance

import (
	"fmt"
	"time"

	"gwkit/conformance/report"
	"gwkit/conformance/target"
)

func runAdvance(p *play, args []string) error {
	d, err := duration(args[0])
	if err != nil {
		return err
	}
	stop, err := p.pass(d)
	if err == nil && stop != target.StopTime {
		p.logf("time stopped early: %s", stop)
	}
	return err
}

func runRest(p *play, args []string) error {
	d, err := duration(args[0])
	if err != nil {
		return err
	}
	clock, err := p.clock()
	if err != nil {
		return err
	}
	end := p.rig.Elapsed() + d
	for {
		before := p.rig.Elapsed()
		slice := longSlice
		if len(p.underWay()) > 0 {
			slice = shortSlice
		}
		stop := clock.RunToRest(min(max(end-before, 0), slice))
		if err := p.checkStop(stop); err != nil {
			return err
		}
		if stop == target.StopRest {
			return nil
		}
		for _, s := range p.underWay() {
			s.advance(min(pollTime, max(end-p.rig.Elapsed(), 0)))
		}
		if now := p.rig.Elapsed(); now >= end || now == before {
			return fmt.Errorf("mail still moves after %s (%s)%s", d, stop, p.pending())
		}
	}
}

// inner returns the check that until waits for.
func inner(args []string) (c *Command, neg bool, rest []string, err error) {
	rest = args[1:]
	if rest[0] == "!" {
		neg, rest = true, rest[1:]
	}
	if len(rest) == 0 {
		return nil, false, nil, Find("until").usage()
	}
	c = Find(rest[0])
	if c == nil {
		return nil, false, nil, unknownCommand(rest[0])
	}
	if c.check == nil || c.Name == "until" {
		return nil, false, nil, usagef("until cannot wait for %s: it is no check", c.Name)
	}
	return c, neg, rest[1:], nil
}

func untilPowers(args []string) (target.Powers, error) {
	c, _, rest, err := inner(args)
	if err != nil {
		return 0, err
	}
	return c.needs(rest)
}

func checkUntil(p *play, args []string) (bool, string, error) {
	limit, err := duration(args[0])
	if err != nil {
		return false, "", err
	}
	c, neg, rest, err := inner(args)
	if err != nil {
		return false, "", err
	}
	if err := c.checkArity(rest); err != nil {
		return false, "", err
	}
	var seen string
	ok, err := p.until(limit, func() (bool, error) {
		holds, now, err := c.check(p, rest)
		if err != nil && verdictOf(err) == report.Fail {
			// What is looked at need not be there yet, a log for example.
			seen = err.Error()
			return false, nil
		}
		seen = now
		return holds != neg, err
	})
	if err != nil {
		return false, "", err
	}
	if ok {
		return true, fmt.Sprintf("after %s: %s", p.rig.Elapsed(), seen), nil
	}
	return false, fmt.Sprintf("not within %s; at last: %s", limit, seen), nil
}

// sessionLimit is how long session waits unless told.
const sessionLimit = 10 * time.Minute

func runSession(p *play, args []string) error {
	limit := sessionLimit
	if len(args) == 2 {
		d, err := duration(args[1])
		if err != nil {
			return err
		}
		limit = d
	}
	var s *session
	for _, other := range p.sessions {
		if other.name == args[0] {
			s = other // the last one of that name
		}
	}
	if s == nil {
		return usagef("there was no session %s", args[0])
	}
	end := p.rig.Elapsed() + limit
	if err := p.converse(func() bool { return s.ended || p.rig.Elapsed() >= end }); err != nil {
		return err
	}
	if !s.ended {
		return fmt.Errorf("it has not ended after %s: it waits at %s", limit, s.where())
	}
	s.asked = true
	return s.err
}

// join plays a session to its end while the others go on.
func (p *play) join(s *session) error {
	if err := p.converse(func() bool { return s.ended }); err != nil {
		return err
	}
	s.asked = true
	return s.err
}
