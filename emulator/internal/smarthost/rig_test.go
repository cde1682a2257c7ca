package smarthost

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
)

var pst = time.FixedZone("PST", -8*3600)

// rig is a smart host in a run of its own, with clients and fake gateways on
// the same kernel.
type rig struct {
	t         *testing.T
	k         *sim.Kernel
	h         *Host
	delivered []string // "recipient: first line of the text, or subject"
	messages  []*Message
	faults    fault.Set
}

const hostIP, gatewayIP = "11.1.16.15", "11.1.16.16"

func newRig(t *testing.T, cfg Config, faults ...string) *rig {
	t.Helper()
	r := &rig{t: t}
	for _, text := range faults {
		f, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		r.faults.Add(f)
	}
	r.k = sim.New(sim.Options{Start: time.Date(1993, 2, 23, 9, 0, 22, 0, pst), Seed: 7})
	if cfg.Name == "" {
		cfg.Name = "company.com"
	}
	if cfg.IP == "" {
		cfg.IP = hostIP
	}
	cfg.Faults = &r.faults
	if cfg.Transcript == 0 {
		cfg.Transcript = 1000
	}
	h, err := New(r.k, cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.h = h
	h.OnDeliver(func(m *Message, to string) {
		r.delivered = append(r.delivered, to+": "+gist(m.Data))
		r.messages = append(r.messages, m)
	})
	t.Cleanup(func() {
		r.k.Close()
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// gist is the subject of a message, or else the first line of its text.
func gist(data []byte) string {
	head, text, _ := strings.Cut(string(data), "\r\n\r\n")
	if _, rest, ok := strings.Cut(head, "Subject: "); ok {
		line, _, _ := strings.Cut(rest, "\r\n")
		return line
	}
	line, _, _ := strings.Cut(text, "\r\n")
	return line
}

func (r *rig) run(d time.Duration) sim.Stop {
	stop := r.k.Run(r.k.Now().Add(d))
	if stop == sim.StopPanic {
		r.t.Fatal(r.k.Err())
	}
	return stop
}

// dialogue is the transcript so far, as text.
func (r *rig) dialogue() string {
	var b strings.Builder
	for _, l := range r.h.Transcript() {
		b.WriteString(l.String())
		b.WriteByte('\n')
	}
	return b.String()
}

func (r *rig) clock() string { return r.k.Clock().Format("15:04:05") }

// client is the peer of a test: it says and reads lines by hand.
type client struct {
	t *testing.T
	p *sim.Proc
	s sim.Stream
	b []byte
}

// client starts a process that is connected to the host.
func (r *rig) client(fn func(*client)) *sim.Proc {
	return r.k.Go("client", func(p *sim.Proc) {
		s, err := r.k.Net().Dial(p, gatewayIP+":1024", hostIP+":25", time.Minute)
		if err != nil {
			r.t.Errorf("dial: %v", err)
			return
		}
		fn(&client{t: r.t, p: p, s: s})
		s.Close(p)
	})
}

// reply reads one reply; an error is its text in brackets.
func (c *client) reply() string {
	var all []string
	for {
		for {
			if i := bytes.IndexByte(c.b, '\n'); i >= 0 {
				line := strings.TrimRight(string(c.b[:i]), "\r")
				c.b = c.b[i+1:]
				all = append(all, line)
				if len(line) > 3 && line[3] == '-' {
					continue
				}
				return strings.Join(all, "|")
			}
			break
		}
		var b [512]byte
		n, err := c.s.Read(c.p, b[:], 24*time.Hour)
		if err != nil {
			return "[" + err.Error() + "]"
		}
		c.b = append(c.b, b[:n]...)
	}
}

func (c *client) send(text string) { c.s.Write(c.p, []byte(text)) }

func (c *client) ask(line string) string {
	c.send(line + "\r\n")
	return c.reply()
}

// want asks and compares.
func (c *client) want(line, reply string) {
	c.t.Helper()
	if have := c.ask(line); have != reply {
		c.t.Errorf("%q: have %q, want %q", line, have, reply)
	}
}

// begin comes as far as an open session after HELO.
func (c *client) begin() {
	c.reply()
	c.ask("HELO marvgard")
}

// mail sends one message and returns the reply to its final dot.
func (c *client) mail(from, to, text string) string {
	for _, line := range []string{"MAIL FROM:<" + from + ">", "RCPT TO:<" + to + ">"} {
		if have := c.ask(line); have[0] != '2' {
			return have
		}
	}
	if have := c.ask("DATA"); have[0] != '3' {
		return have
	}
	return c.ask(text + "\r\n.")
}

// gateway is a fake gateway: a server that answers as its script says and
// keeps what it gets.
type gateway struct {
	answer   func(line string) string // "" takes the usual reply, "close" and "stall" say nothing
	greeting string
	many     bool // serves several calls at once, which the real one cannot
	sessions int
	lines    []string
	got      []string // gist of each message
	raw      []string
	at       []string // when sessions began
	l        *sim.Listener
}

func (r *rig) gateway(ip string, g *gateway) *gateway {
	l, err := r.k.Net().Listen(ip + ":25")
	if err != nil {
		r.t.Fatal(err)
	}
	g.l = l
	if g.greeting == "" {
		g.greeting = "220 All set, fire away"
	}
	r.k.Go("GW1/SMTPGATE", func(p *sim.Proc) {
		for {
			s, err := l.Accept(p, -1)
			if err != nil {
				return
			}
			g.sessions++
			g.at = append(g.at, r.clock())
			if g.many {
				r.k.Go("GW1/call", func(p *sim.Proc) { g.serve(p, s) })
				continue
			}
			g.serve(p, s)
			s.Close(p)
		}
	}).Daemon()
	return g
}

func (g *gateway) serve(p *sim.Proc, s sim.Stream) {
	c := &client{p: p, s: s}
	c.send(g.greeting + "\r\n")
	var text []string
	inText := false
	for {
		line := c.reply()
		if strings.HasPrefix(line, "[") {
			return
		}
		verb := strings.ToUpper(line[:min(4, len(line))])
		if inText && line != "." {
			text = append(text, line)
			continue
		}
		g.lines = append(g.lines, line)
		reply := ""
		if g.answer != nil {
			reply = g.answer(line)
		}
		usual := map[string]string{"HELO": "250 Hi there, pleased to meet you", "MAIL": "250 Sender OK", "RCPT": "250 Recipient OK",
			"DATA": "354 Start mail input; end with <CRLF>.<CRLF>", ".": "250", "QUIT": "221 See you later"}[verb]
		if usual == "" {
			usual = "500 Huh?"
		}
		if reply == "" {
			reply = usual
		}
		switch reply {
		case "close":
			return
		case "stall":
			for c.reply()[0] != '[' {
			}
			return
		}
		if verb == "DATA" && reply[0] == '3' {
			inText, text = true, nil
		}
		if verb == "." {
			inText = false
			if reply[0] == '2' {
				raw := strings.Join(text, "\r\n") + "\r\n"
				g.raw = append(g.raw, raw)
				g.got = append(g.got, gist([]byte(raw)))
			}
		}
		c.send(reply + "\r\n")
		if verb == "QUIT" {
			return
		}
	}
}

// letter is a small message with a subject.
func letter(subject string) []byte {
	return []byte("Subject: " + subject + "\r\n\r\nhello\r\n")
}

func (r *rig) counts() string { return fmt.Sprintf("%+v", r.h.Counters()) }
