package smarthost

import (
	"bytes"
	"strings"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
)

// textLineMax is RFC 821's length of a line of text, CR LF included.
const textLineMax = 1000

// data performs DATA: the text is read to its end before the library sees any
// of it, so whatever is wrong with it is said after the final dot and no line
// of it is ever taken for a command.
func (s *session) data(own string) error {
	said := s.pass([]byte("DATA\r\n"))
	if err := s.answer("DATA", own, said); err != nil || len(said) < 1 || said[0] != '3' {
		return err
	}
	t, err := s.text()
	if err != nil {
		if err == sim.ErrTimeout {
			out, _ := s.fc.TimeOut(s.p)
			s.answer("", "", out)
		}
		return err
	}
	if s.h.transcript.limit > 0 {
		s.h.note(s.n, false, s.peer, false, []byte(bodyText))
		s.h.note(s.n, false, s.peer, false, []byte("."))
	}
	s.watch(fault.VerbBody)
	own, err = s.fault(fault.VerbBody)
	if err != nil {
		return err
	}
	switch {
	case own != "" && own[0] != '2':
		s.reason = own
	case t.size > s.sizeMax():
		s.reason = refuseSize
	case t.bare && s.h.cfg.BareLF == BareLFRefuse:
		s.reason = refuseText
	case t.long && !s.h.cfg.Loose:
		s.reason = refuseTextLine
	}
	refused := s.reason != ""
	if refused {
		if s.reason != own {
			own = "" // no fault can say yes to what was refused
		}
		said = s.pass([]byte(".\r\n")) // an empty message, which take refuses
	} else {
		said = s.pass(s.feed(t))
	}
	if m := s.got; m != nil {
		s.got = nil
		m.Label = s.h.cfg.Label(m)
		s.h.counters.Received++
		s.h.counters.Bytes += len(m.Data)
		s.h.k.Emit(s.h.name, "receive", m.Label, "", len(m.Data))
		s.h.route(m)
		s.h.Release(m)
	} else {
		// The library keeps sender and recipients after an error; RFC 821 does not.
		s.h.k.Emit(s.h.name, "refuse", s.peer, s.reason, t.size)
		s.pass([]byte("RSET\r\n"))
		said = []byte("451")
	}
	s.sender, s.accepted = false, 0
	over := strings.HasPrefix(own, "421")
	if err := s.answer(fault.VerbBody, own, said); err != nil {
		return err
	}
	if over {
		return errOver
	}
	return nil
}

// take is called by the library with a whole message. It runs in the library
// and must copy what it keeps.
func (s *session) take(from string, to []string, data []byte) error {
	if s.reason != "" {
		return errRefused
	}
	s.keep(from, to, withoutReceived(data))
	return nil
}

// keep makes the message that was received.
func (s *session) keep(from string, to []string, data []byte) {
	h := s.h
	m := h.message(from, to)
	m.Peer = s.peer
	s.out = h.received(s.out[:0], m, s.name, s.peer)
	m.Data = append(append(h.body(len(s.out)+len(data)), s.out...), data...)
	s.got = m
}

// text is the body of a message as it came, up to and with its final dot.
type text struct {
	raw     []byte // valid until the next read; incomplete when size is too large
	size    int    // bytes without the doubled dots and the final line
	bare    bool   // has a line that ends in LF alone
	long    bool   // has a line of more than 1000 characters
	restuff bool   // the library would misread it: see feed
}

// text reads up to the final dot, however long that takes.
func (s *session) text() (t text, err error) {
	var (
		max   = s.sizeMax()
		lib   = s.h.cfg.BareLF == BareLFLibrary
		start = 0     // of the present line, behind s.r
		seen  = 0     // bytes behind s.r that have been looked at
		first = true  // the line before ended in CR LF
		cut   = false // the beginning of the present line was dropped
		over  = false // too long already: drop what comes
	)
	for {
		for {
			i := bytes.IndexByte(s.buf[s.r+seen:s.w], '\n')
			if i < 0 {
				seen = s.w - s.r
				break
			}
			seen += i + 1
			line := s.buf[s.r+start : s.r+seen]
			n := len(line)
			crlf := n >= 2 && line[n-2] == '\r'
			if line[0] == '.' && !cut {
				if n == 3 && crlf && (first || lib) {
					t.raw = s.buf[s.r : s.r+seen]
					s.r += seen
					return t, nil
				}
				if first || lib {
					t.size--
				} else {
					t.restuff = true
				}
			}
			t.size += n
			t.bare = t.bare || !crlf
			t.long = t.long || n > textLineMax
			first, cut = crlf, false
			over = over || t.size > max
			if over {
				s.r += seen
				seen = 0
			}
			start = seen
		}
		// Three bytes without an LF are no final dot.
		if pending := seen - start; pending > 2 && (over || t.size+pending > max) {
			over = true
			t.size += pending - 1
			t.long = t.long || pending > textLineMax
			s.r, seen, start, cut = s.w-1, 0, 0, true // the last byte may be the CR
		}
		if err = s.fill(s.h.limits.Text); err != nil {
			return t, err
		}
	}
}

// feed makes the library read the text that we read. It takes LF for the end
// of a line, so where a line after a bare LF starts with a dot it would drop
// the dot, or end the message; such a dot is doubled.
func (s *session) feed(t text) []byte {
	if !t.restuff {
		return t.raw
	}
	out := make([]byte, 0, len(t.raw)+64)
	first := true
	for rest := t.raw; len(rest) > 0; {
		n := bytes.IndexByte(rest, '\n') + 1
		if rest[0] == '.' && !first {
			out = append(out, '.')
		}
		first = n >= 2 && rest[n-2] == '\r'
		out = append(out, rest[:n]...)
		rest = rest[n:]
	}
	return out
}
