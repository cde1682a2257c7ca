package smarthost

import (
	"bytes"
	"errors"
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
)

// session is one incoming SMTP session: a process that reads the stream,
// passes on to the library (or its stand-in) what our filter lets through, and answers in the
// host's own voice.
type session struct {
	h    *Host
	p    *sim.Proc
	s    sim.Stream
	fc   voice
	n    int
	peer string

	buf  []byte // input: buf[r:w] is unread
	r, w int
	out  []byte // the reply or library command in hand

	greeted   bool // HELO or EHLO was accepted
	sender    bool // MAIL was accepted
	accepted  int  // recipients
	pipelined bool
	name      string // from HELO, as it came
	path      string // of the command in hand
	reason    string // reply that refuses the command or message in hand; "": none
	got       *Message
}

// errOver ends a session for which nothing is left to say.
var errOver = errors.New("session over")

// bufferSize of a fresh session; it grows with the messages that come.
// Buffers up to bufferKept are used again.
const (
	bufferSize = 4096
	bufferKept = 1 << 20
)

func (s *session) run(p *sim.Proc) {
	s.p = p
	h := s.h
	defer func() {
		// Also for a killed process: the library must not stay in mid-session.
		if s.fc != nil {
			s.fc.Hangup()
		}
		h.open--
		if len(s.buf) <= bufferKept {
			h.buffers = append(h.buffers, s.buf)
		}
	}()
	if n := len(h.buffers); n > 0 {
		s.buf, h.buffers = h.buffers[n-1], h.buffers[:n-1]
	} else {
		s.buf = make([]byte, bufferSize)
	}
	h.k.Emit(h.name, "accept", s.peer, "", 0)
	err := s.converse()
	if err == sim.ErrReset || err == sim.ErrTimeout {
		h.k.Emit(h.name, "lost", s.peer, err.Error(), 0)
	}
	s.s.Close(p)
}

// converse holds the session up to its end.
func (s *session) converse() error {
	if s.h.closed {
		return errOver
	}
	own, err := s.fault(fault.VerbConnect)
	if err != nil {
		return err
	}
	if own != "" && own[0] != '2' {
		return s.say(append([]byte(own), '\r', '\n'))
	}
	greeting := sayGreeting
	if s.h.cfg.Native {
		s.fc = &native{s: s}
	} else {
		s.fc, greeting = s.h.server.Dial(s.peer, s.h.address)
	}
	if err := s.answer(fault.VerbConnect, own, greeting); err != nil {
		return err
	}
	for {
		line, bad, err := s.command()
		if err == sim.ErrTimeout {
			out, _ := s.fc.TimeOut(s.p)
			s.answer("", "", out)
			return err
		}
		if err != nil {
			return err
		}
		if err := s.obey(line, bad); err != nil {
			return err
		}
	}
}

// Command lines of RFC 821 have 512 characters, CR LF included; a loose host
// takes longer ones, within reason.
const (
	commandMax      = 512
	commandMaxLoose = 8192
)

// command reads one command line. bad is why it cannot be obeyed, if so.
func (s *session) command() (line []byte, bad string, err error) {
	limit := commandMax
	if s.h.cfg.Loose {
		limit = commandMaxLoose
	}
	deadline := sim.Forever
	if t := s.h.limits.Command; t >= 0 {
		deadline = s.h.k.Now().Add(t)
	}
	for seen := 0; ; {
		if i := bytes.IndexByte(s.buf[s.r+seen:s.w], '\n'); i >= 0 {
			line = s.buf[s.r : s.r+seen+i+1]
			s.r += len(line)
			break
		}
		seen = s.w - s.r
		if seen > limit {
			s.r, seen, bad = s.w, 0, refuseLine // forget it up to its LF
		}
		wait := time.Duration(-1)
		if deadline != sim.Forever {
			wait = max(deadline.Sub(s.h.k.Now()), 0)
		}
		if err := s.fill(wait); err != nil {
			return nil, "", err
		}
	}
	s.h.note(s.n, false, s.peer, false, line)
	n := len(line)
	switch {
	case bad != "" || n > limit:
		bad = refuseLine
	case (n < 2 || line[n-2] != '\r') && s.h.cfg.BareLF == BareLFRefuse:
		bad = refuseCommand
	}
	return bytes.TrimSpace(line), bad, nil
}

// fill reads more input behind what is unread.
func (s *session) fill(wait time.Duration) error {
	if s.r == s.w {
		s.r, s.w = 0, 0
	}
	if s.w == len(s.buf) {
		if s.r > 0 {
			s.w = copy(s.buf, s.buf[s.r:s.w])
			s.r = 0
		} else {
			s.buf = append(s.buf, make([]byte, len(s.buf))...)
		}
	}
	n, err := s.s.Read(s.p, s.buf[s.w:], wait)
	s.w += n
	if n > 0 {
		return nil
	}
	return err
}

// fault lets happen what the faults of the run have for an answer to verb. It
// returns the reply to give instead of ours, if any, and an error when the
// session is over.
func (s *session) fault(verb string) (string, error) {
	e := s.h.effect(fault.OpSMTP, verb)
	if e == (fault.Effect{}) {
		return "", nil
	}
	if e.Delay > 0 {
		s.h.k.Emit(s.h.name, "fault", verb, "delay", 0)
		s.p.Sleep(e.Delay)
	}
	switch e.Net {
	case "":
	case fault.NetStall:
		// Nothing is said any more; the client's patience ends this. Q101682
		s.h.k.Emit(s.h.name, "fault", verb, e.Net, 0)
		s.p.Daemon()
		for {
			s.r, s.w = 0, 0
			if err := s.fill(-1); err != nil {
				return "", err
			}
		}
	case fault.NetReset:
		s.h.k.Emit(s.h.name, "fault", verb, e.Net, 0)
		s.s.Reset(s.p)
		return "", errOver
	default: // the connection is closed without an answer. Q100706
		s.h.k.Emit(s.h.name, "fault", verb, e.Net, 0)
		return "", errOver
	}
	if e.Reply != "" {
		s.h.k.Emit(s.h.name, "fault", verb, e.Reply, 0)
	}
	return e.Reply, nil
}

// say sends bytes as they are.
func (s *session) say(b []byte) error {
	s.h.note(s.n, false, s.peer, true, b)
	if len(b) > 0 && (b[0] == '4' || b[0] == '5') {
		s.h.counters.Refused++
	}
	_, err := s.s.Write(s.p, b)
	return err
}

// refuse sends a reply of our filter, which the library does not know of.
func (s *session) refuse(text string) error {
	s.out = s.expand(s.out[:0], text)
	return s.say(s.out)
}

// answer turns what the library said to verb into what the client reads: the
// reply of a fault, our reason for refusing, the library's own words, or those
// of the profile, in this order.
func (s *session) answer(verb, own string, said []byte) error {
	if len(said) < 3 {
		return errOver // the library hung up; it never does without a word
	}
	pf := s.h.profile
	ok := said[0] < '4'
	switch {
	case own != "":
		s.out = append(append(s.out[:0], own...), '\r', '\n')
	case s.reason != "":
		s.out = s.expand(s.out[:0], s.reason)
		s.reason = ""
	case pf.own:
		return s.say(said)
	case ok:
		s.out = s.expand(s.out[:0], pf.yes[verb])
	default:
		text := pf.no[string(said[:3])]
		if text == "" {
			text = pf.no["500"]
		}
		s.out = s.expand(s.out[:0], text)
	}
	return s.say(s.out)
}

// pass gives the library a command, or the text of a message, and returns its
// answer.
func (s *session) pass(b []byte) []byte {
	s.h.current = s
	out, _ := s.fc.Exchange(s.p, b)
	return out
}
