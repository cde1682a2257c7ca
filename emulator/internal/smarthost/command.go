package smarthost

import (
	"bytes"
	"strconv"
	"strings"

	"gwkit/emulator/fault"
)

// The verbs that reach the library. Everything else, such as XCLIENT, which
// can end the program, is unknown to it and to us.
var verbs = map[string]string{
	"HELO": "HELO", "EHLO": "EHLO", "MAIL": "MAIL", "RCPT": "RCPT", "DATA": "DATA", "RSET": "RSET",
	"NOOP": "NOOP", "QUIT": "QUIT", "HELP": "HELP", "VRFY": "VRFY", "EXPN": "EXPN", "STARTTLS": "STARTTLS", "AUTH": "AUTH",
}

// unknownVerb is what the library gets to read instead of a stranger's bytes.
const unknownVerb = fault.VerbUnknown

// obey performs one command line. bad refuses it whatever it says.
func (s *session) obey(line []byte, bad string) error {
	var word [8]byte
	verb, args := unknownVerb, line[len(line):]
	end := bytes.IndexByte(line, ' ')
	if end < 0 {
		end = len(line)
	}
	if end <= len(word) {
		n := copy(word[:], line[:end])
		for i := range word[:n] {
			if 'a' <= word[i] && word[i] <= 'z' {
				word[i] -= 'a' - 'A'
			}
		}
		if v := verbs[string(word[:n])]; v != "" {
			verb, args = v, bytes.TrimSpace(line[end:])
		}
	}
	s.path, s.reason = "", ""
	s.watch(verb)
	own, err := s.fault(verb)
	if err != nil {
		return err
	}
	good := byte('2')
	if verb == "DATA" {
		good = '3'
	}
	if own != "" && own[0] != good {
		return s.instead(own)
	}
	if bad != "" {
		return s.refuse(bad)
	}
	if !s.h.profile.extended && (verb == "EHLO" || verb == "STARTTLS" || verb == "AUTH") {
		return s.refuse(s.h.profile.no["500"])
	}
	switch verb {
	case "HELO", "EHLO":
		return s.hello(verb, args, own)
	case "MAIL":
		return s.mail(args, own)
	case "RCPT":
		return s.rcpt(args, own)
	case "DATA":
		return s.data(own)
	case "RSET":
		s.sender, s.accepted = false, 0
	case "QUIT":
		if err := s.answer(verb, own, s.pass([]byte("QUIT\r\n"))); err != nil {
			return err
		}
		return errOver
	}
	s.out = append(append(s.out[:0], verb...), '\r', '\n')
	return s.answer(verb, own, s.pass(s.out))
}

// watch reports a client that sends on before it has our reply to verb, which
// no host of the time announced it could take.
func (s *session) watch(verb string) {
	if s.r == s.w || s.pipelined {
		return
	}
	s.pipelined = true
	s.h.counters.Pipelined++
	s.h.k.Emit(s.h.name, "pipeline", s.peer, verb, s.w-s.r)
}

// instead gives the reply of a fault to a command that is not performed. 421
// ends the session.
func (s *session) instead(own string) error {
	if err := s.say(append([]byte(own), '\r', '\n')); err != nil {
		return err
	}
	if strings.HasPrefix(own, "421") {
		return errOver
	}
	return nil
}

func (s *session) hello(verb string, args []byte, own string) error {
	if len(args) == 0 && !s.h.cfg.Loose {
		return s.refuse(refuseName)
	}
	if control(args) {
		return s.refuse(refuseName)
	}
	s.name, s.greeted, s.sender, s.accepted = string(args), true, false, 0
	// The library interprets percent signs in the name of HELO once and
	// in that of EHLO twice.
	name := s.name
	if strings.IndexByte(name, '%') >= 0 {
		double := "%%"
		if verb == "EHLO" {
			double = "%%%%"
		}
		name = strings.ReplaceAll(name, "%", double)
	}
	s.out = append(append(append(append(s.out[:0], verb...), ' '), name...), '\r', '\n')
	said := s.pass(s.out)
	if verb == "EHLO" && s.h.cfg.MaxSize > 0 {
		// Its own limit is off, so the one it announces is ours.
		size := strconv.AppendInt([]byte("250-SIZE "), int64(s.h.cfg.MaxSize), 10)
		said = bytes.Replace(said, []byte("\n250-SIZE 0"), append([]byte("\n"), size...), 1)
	}
	return s.answer(verb, own, said)
}

func (s *session) mail(args []byte, own string) error {
	path, options, ok := cutPath(args, "FROM:")
	switch {
	case !ok:
		return s.refuse(refusePath)
	case !s.greeted && !s.h.cfg.Loose:
		return s.refuse(refuseGreeting)
	case s.sender && !s.h.cfg.Loose:
		return s.refuse(refuseNested)
	}
	if text := s.options(options); text != "" {
		return s.refuse(text)
	}
	s.path = string(path)
	s.sender, s.accepted = false, 0
	s.out = append(append(append(s.out[:0], "MAIL FROM:<"...), path...), ">\r\n"...)
	said := s.pass(s.out)
	s.sender = yes(said)
	return s.answer("MAIL", own, said)
}

// options judges what stands behind the path of MAIL, and returns a refusal.
// The library would take every word for a bad SIZE.
func (s *session) options(text []byte) string {
	for len(text) > 0 {
		word := text
		if i := bytes.IndexByte(text, ' '); i >= 0 {
			word = text[:i]
		}
		text = bytes.TrimLeft(text[len(word):], " ")
		key, value, _ := strings.Cut(strings.ToUpper(string(word)), "=")
		switch key {
		case "SIZE":
			n, err := strconv.ParseUint(value, 10, 63)
			if err != nil {
				return refuseOption
			}
			if n > uint64(s.sizeMax()) {
				return refuseSize
			}
		case "BODY":
			if value != "7BIT" && value != "8BITMIME" {
				return refuseOption
			}
		default:
			return refuseOption
		}
	}
	return ""
}

func (s *session) rcpt(args []byte, own string) error {
	path, options, ok := cutPath(args, "TO:")
	if !ok || len(path) == 0 || len(options) > 0 {
		return s.refuse(refusePath)
	}
	s.path = string(path)
	s.out = append(append(append(s.out[:0], "RCPT TO:<"...), path...), ">\r\n"...)
	said := s.pass(s.out)
	if yes(said) {
		s.accepted++
	}
	return s.answer("RCPT", own, said)
}

// wants is the library's question about a recipient. It runs in the library.
func (s *session) wants(to string) bool { return s.h.exists(to) }

func yes(said []byte) bool { return len(said) > 0 && said[0] == '2' }

// pathMax is RFC 821's length of a path, brackets included.
const pathMax = 256

// cutPath takes the path out of the argument of MAIL or RCPT. Old clients
// leave the brackets out and put a blank before them; both are accepted.
// Q107087
func cutPath(args []byte, key string) (path, options []byte, ok bool) {
	if len(args) < len(key) || !strings.EqualFold(string(args[:len(key)]), key) {
		return nil, nil, false
	}
	args = bytes.TrimLeft(args[len(key):], " ")
	quoted, open := false, len(args) > 0 && args[0] == '<'
	end := -1
	for i := 0; i < len(args) && end < 0; i++ {
		switch c := args[i]; {
		case c < ' ' || c == 0x7F:
			return nil, nil, false
		case c == '\\' && i+1 < len(args):
			i++
			if args[i] < ' ' || args[i] == 0x7F {
				return nil, nil, false
			}
		case c == '"':
			quoted = !quoted
		case quoted:
		case open && c == '>':
			end = i
		case c == '<' && i > 0, c == '>':
			return nil, nil, false
		case !open && c == ' ':
			end = i
		}
	}
	if quoted || open && end < 0 {
		return nil, nil, false
	}
	if end < 0 {
		end = len(args)
	}
	path, options = args[:end], args[end:]
	if open {
		path, options = args[1:end], args[end+1:]
		if len(options) > 0 && options[0] != ' ' {
			return nil, nil, false
		}
	} else if len(path) == 0 {
		return nil, nil, false // the empty path has brackets
	}
	if len(path)+2 > pathMax {
		return nil, nil, false
	}
	return path, bytes.TrimLeft(options, " "), true
}

func control(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7F {
			return true
		}
	}
	return false
}

// sizeMax is the longest message, in bytes.
func (s *session) sizeMax() int {
	if n := s.h.cfg.MaxSize; n > 0 {
		return n
	}
	return messageMax
}
