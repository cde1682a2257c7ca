package smarthost

import (
	"bytes"

	"gwkit/emulator/internal/sim"
)

// voice answers what the filter of a session lets through: the library, or
// ours in explored runs.
type voice interface {
	Exchange(p *sim.Proc, in []byte) (out []byte, open bool)
	TimeOut(p *sim.Proc) (out []byte, open bool)
	Hangup()
}

// native is a voice without the library, at a tenth of its cost. The filter
// has checked every command, so it only keeps the envelope; what a client reads
// is the profile's own text. Explored runs use it, because they re-execute the
// same dialogue some thousand times a second.
type native struct {
	s    *session
	from string
	to   []string
	text bool // DATA was answered: a message comes
}

var (
	sayGreeting = []byte("220")
	sayYes      = []byte("250")
	sayText     = []byte("354")
	sayBye      = []byte("221")
	sayNo       = []byte("451")
	sayOrder    = []byte("503")
	sayUnknown  = []byte("500")
	sayPatience = []byte("421")
)

// Exchange implements voice.
func (n *native) Exchange(_ *sim.Proc, in []byte) ([]byte, bool) {
	if n.text {
		n.text = false
		return n.message(in), true
	}
	verb, args, _ := bytes.Cut(bytes.TrimRight(in, "\r\n"), []byte(" "))
	switch string(verb) {
	case "QUIT":
		return sayBye, false
	case "HELO", "EHLO", "RSET":
		n.reset()
	case "MAIL":
		n.reset()
		n.from = pathOf(args)
	case "RCPT":
		to := pathOf(args)
		switch {
		case !n.s.sender:
			return sayOrder, true
		case len(n.to) >= n.s.h.cfg.MaxRecipients:
			return []byte("452"), true
		case !n.s.wants(to):
			return []byte("550"), true
		}
		n.to = append(n.to, to)
	case "DATA":
		if !n.s.sender || len(n.to) == 0 {
			return sayOrder, true
		}
		n.text = true
		return sayText, true
	case "NOOP":
	case "HELP", "VRFY", "EXPN":
		return []byte("502"), true
	default:
		return sayUnknown, true
	}
	return sayYes, true
}

func (n *native) reset() { n.from, n.to = "", nil }

func pathOf(args []byte) string {
	i, j := bytes.IndexByte(args, '<'), bytes.LastIndexByte(args, '>')
	return string(args[i+1 : j])
}

// message takes the dots of a text away and hands it over.
func (n *native) message(in []byte) []byte {
	data := n.s.h.plain[:0]
	for len(in) > 0 {
		i := bytes.IndexByte(in, '\n') + 1
		line := in[:i]
		in = in[i:]
		if line[0] == '.' {
			if line = line[1:]; len(in) == 0 {
				break // the final dot
			}
		}
		data = append(data, line...)
	}
	n.s.h.plain = data
	if n.s.reason != "" {
		return sayNo
	}
	n.s.keep(n.from, n.to, data)
	n.reset()
	return sayYes
}

// TimeOut implements voice.
func (n *native) TimeOut(*sim.Proc) ([]byte, bool) { return sayPatience, false }

// Hangup implements voice.
func (n *native) Hangup() {}
