package conformance

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/target"
)

// session is a dialogue under way: a client of the gateway, or a scripted host
// in the place of a smart host. It moves on whenever time passes in the
// script; nothing of it runs by itself.
type session struct {
	name  string
	file  string
	steps []step
	at    int
	dial  func() (target.Conn, error)
	hosts []string // names that > lines ignore

	listener target.Listener // nil for a client
	conn     target.Conn     // nil before it is there

	elapsed func() time.Duration
	read    func(string) (string, error) // an attached file
	log     func(string, ...any)

	began   bool
	since   time.Duration // when the step at began
	timeout time.Duration
	skipped []string // lines that a "..." has passed over

	ended bool
	asked bool // somebody looked at how it ended
	err   error
}

// pollTime is how much virtual time one look at a session may take when
// several share the time.
const pollTime = 10 * time.Millisecond

// soloTime is how much when it is alone.
const soloTime = time.Hour

// where names the step it is at.
func (s *session) where() string {
	if s.at >= len(s.steps) {
		return s.file + ": its end"
	}
	return fmt.Sprintf("%s:%d: %s", s.file, s.steps[s.at].line, s.steps[s.at].source)
}

// abort closes what is open, as the end of a script does.
func (s *session) abort() {
	if s.conn != nil {
		s.conn.Reset()
		s.conn = nil
	}
	if s.listener != nil {
		s.listener.Close()
		s.listener = nil
	}
	s.ended = true
}

// advance performs steps until one has to wait for more than the given time.
// It reports whether it got on.
func (s *session) advance(most time.Duration) (moved bool) {
	for !s.ended {
		if !s.began {
			s.begin()
			moved = true
			continue
		}
		if s.at == len(s.steps) {
			s.end(nil)
			return true
		}
		done, err := s.perform(&s.steps[s.at], most)
		if err != nil {
			s.end(fmt.Errorf("%s:%d: %w", s.file, s.steps[s.at].line, err))
			return true
		}
		if !done {
			return moved
		}
		moved = true
		s.next()
	}
	return moved
}

// idle returns how long the session has nothing to do for certain.
func (s *session) idle() time.Duration {
	if s.at < len(s.steps) && s.steps[s.at].verb == "wait" {
		return s.steps[s.at].span - (s.elapsed() - s.since)
	}
	return 0
}

func (s *session) next() {
	s.at++
	s.since = s.elapsed()
}

// begin connects a client, or gets a host ready for its first connection.
func (s *session) begin() {
	s.began = true
	s.timeout = defaultReplyTimeout
	s.since = s.elapsed()
	if s.dial == nil {
		first := slices.IndexFunc(s.steps, func(st step) bool { return st.verb != "timeout" })
		if first < 0 || s.steps[first].verb != "accept" {
			s.steps = append([]step{{line: s.steps[0].line, verb: "accept", source: "accept"}}, s.steps...)
		}
		return
	}
	conn, err := s.dial()
	refused := s.steps[0].verb == "refused"
	switch {
	case err != nil && isInternal(err):
		s.end(err)
	case err != nil && refused:
		s.log("%s: refused: %v", s.name, err)
		s.next()
	case err != nil:
		s.end(fmt.Errorf("%s:%d: cannot connect: %w", s.file, s.steps[0].line, err))
	case refused:
		s.conn = conn
		s.end(fmt.Errorf("%s:%d: the connection was accepted, and should have been refused", s.file, s.steps[0].line))
	default:
		s.conn = conn
	}
}

func (s *session) end(err error) {
	s.err = err
	if err == nil && s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
	s.abort()
	if err != nil {
		s.log("%s: %v", s.name, err)
	}
}

// perform tries one step. done is false while it waits.
func (s *session) perform(st *step, most time.Duration) (done bool, err error) {
	if s.conn == nil && strings.ContainsAny(st.verb[:1], "<>.") || s.conn == nil && (st.verb == "closewrite" || st.verb == "silence" || st.verb == "closed") {
		return false, errors.New("there is no connection")
	}
	left := s.timeout - (s.elapsed() - s.since)
	switch st.verb {
	case ">", ">=", ">~":
		return s.hear(st, left, most)
	case "...":
		return true, nil // hear looks back at it
	case "<":
		s.log("%s < %s", s.name, st.text)
		return true, s.sent(s.conn.Send(st.text))
	case "<*":
		s.log("%s < %s (%d times)", s.name, st.text, st.times)
		for range st.times {
			if err := s.sent(s.conn.Send(st.text)); err != nil {
				return false, err
			}
		}
		return true, nil
	case "<<":
		s.log("%s << %q", s.name, st.raw)
		return true, s.sent(s.conn.SendRaw(st.raw))
	case "<@":
		text, err := s.read(st.text)
		if err != nil {
			return false, err
		}
		s.log("%s < %s", s.name, st.source[2:])
		return true, s.sent(s.conn.SendRaw([]byte(crlfLines(text))))
	case "wait":
		return s.elapsed()-s.since >= st.span, nil
	case "timeout":
		s.timeout = st.span
		return true, nil
	case "silence":
		left = st.span - (s.elapsed() - s.since)
		if left <= 0 {
			return true, nil
		}
		line, state, err := s.recv(min(left, most))
		switch state {
		case heardLine:
			return false, fmt.Errorf("want silence for %s, have %q", st.span, line)
		case heardEnd:
			return false, fmt.Errorf("want silence for %s, and the connection is closed: %w", st.span, err)
		}
		return s.elapsed()-s.since >= st.span, nil
	case "closed":
		if left <= 0 {
			return false, fmt.Errorf("the connection is still open after %s", s.timeout)
		}
		line, state, _ := s.recv(min(left, most))
		if state == heardLine {
			return false, fmt.Errorf("want the connection closed, have %q", line)
		}
		return state == heardEnd, nil
	case "close":
		if s.conn == nil {
			return true, nil
		}
		err := s.conn.Close()
		s.conn = nil
		return true, err
	case "closewrite":
		return true, s.conn.CloseWrite()
	case "reset":
		var err error
		if s.conn != nil {
			err = s.conn.Reset()
			s.conn = nil
		}
		return true, err
	case "refused":
		return true, nil
	case "accept":
		return s.accept(left, most)
	}
	return false, internalError{"unknown dialogue step " + st.verb}
}

func (s *session) sent(err error) error {
	if err != nil {
		return fmt.Errorf("cannot send: %w", err)
	}
	return nil
}

// hear waits for an expected line. A "..." before it lets other lines pass.
func (s *session) hear(st *step, left, most time.Duration) (bool, error) {
	lenient := s.at > 0 && s.steps[s.at-1].verb == "..."
	for {
		want := st.verb + " " + st.text
		if left <= 0 {
			return false, fmt.Errorf("want %q, have nothing for %s%s", want, s.timeout, s.passed())
		}
		line, state, err := s.recv(min(left, most))
		switch state {
		case heardNothing:
			return false, nil
		case heardEnd:
			return false, fmt.Errorf("want %q, and the connection is closed: %w%s", want, err, s.passed())
		}
		s.log("%s > %s", s.name, visible(line))
		if st.accepts(line, s.hosts) {
			s.skipped = nil
			return true, nil
		}
		if !lenient {
			return false, fmt.Errorf("want %q, have %q", want, line)
		}
		if s.skipped = append(s.skipped, line); len(s.skipped) > dialogueMax {
			return false, fmt.Errorf("want %q, and %d other lines came", want, dialogueMax)
		}
		left = s.timeout - (s.elapsed() - s.since)
	}
}

func (s *session) passed() string {
	if len(s.skipped) == 0 {
		return ""
	}
	return fmt.Sprintf(" after %d other lines, the last %q", len(s.skipped), s.skipped[len(s.skipped)-1])
}

func (s *session) accept(left, most time.Duration) (bool, error) {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
	if s.listener == nil {
		return false, errors.New("accept stands in the dialogue of a client")
	}
	if left <= 0 {
		return false, fmt.Errorf("nobody has connected for %s", s.timeout)
	}
	wait := min(left, most)
	before := s.elapsed()
	conn, err := s.listener.Accept(wait)
	if err != nil {
		if isTimeout(err) || s.elapsed()-before >= wait {
			return false, nil
		}
		return false, fmt.Errorf("cannot accept: %w", err)
	}
	s.conn = conn
	s.log("%s: connected", s.name)
	return true, nil
}

type heard int

const (
	heardLine heard = iota
	heardNothing
	heardEnd
)

// recv waits for a line.
func (s *session) recv(wait time.Duration) (string, heard, error) {
	before := s.elapsed()
	line, err := s.conn.Recv(wait)
	switch {
	case err == nil:
		return line, heardLine, nil
	case errors.Is(err, io.EOF):
		return "", heardEnd, err
	case isTimeout(err) || s.elapsed()-before >= wait:
		return "", heardNothing, nil
	}
	return "", heardEnd, err
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// startSession puts a new session among those under way.
func (p *play) startSession(s *session) error {
	for _, other := range p.sessions {
		if other.name == s.name && !other.ended {
			return usagef("session %s is still under way: give this one another name with &NAME", s.name)
		}
	}
	s.elapsed = p.rig.Elapsed
	s.read = p.file
	s.log = p.logf
	if s.dial != nil {
		for _, g := range p.site.SMTP {
			s.hosts = append(s.hosts, g.HostName)
		}
	}
	p.sessions = append(p.sessions, s)
	return nil
}

// underWay returns the sessions that have not ended.
func (p *play) underWay() []*session {
	var open []*session
	for _, s := range p.sessions {
		if !s.ended {
			open = append(open, s)
		}
	}
	return open
}

// converse lets the sessions move on until done says so. Each moves in turn,
// in the order they were begun.
func (p *play) converse(done func() bool) error {
	for !done() {
		if err := p.checkBudget(); err != nil {
			return err
		}
		open := p.underWay()
		most := pollTime
		if len(open) == 1 {
			most = soloTime
		}
		moved := false
		before := p.rig.Elapsed()
		for _, s := range open {
			moved = s.advance(most) || moved
		}
		if err := p.rig.Err(); err != nil {
			return internalError{err.Error()}
		}
		if moved || done() || p.rig.Elapsed() > before {
			continue
		}
		// All wait for time to pass, and looking at them took none.
		if clock, ok := p.rig.(target.Clock); ok {
			slice := pollTime
			if len(open) == 1 {
				slice = max(slice, open[0].idle())
			}
			stop := clock.Run(slice)
			if err := p.checkStop(stop); err != nil {
				return err
			}
			if p.rig.Elapsed() == before {
				return fmt.Errorf("time stands still (%s) while a session waits at %s", stop, open[0].where())
			}
		} else {
			time.Sleep(pollTime)
		}
	}
	return nil
}
