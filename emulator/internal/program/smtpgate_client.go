package program

import (
	"bytes"
	"io"
	"strings"
	"time"

	"gwkit/emulator/internal/charset"
	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/rfc822"
	"gwkit/emulator/internal/sim"
)

// Time-outs of the client. invented: the log shows only that there is one
// (Q101682).
const (
	connectTimeout = 30 * time.Second
	replyTimeout   = 2 * time.Minute
)

// outCall is one connection to the smart host.
type outCall struct {
	*gate
	s      sim.Stream
	p      *sim.Proc
	broken bool // nothing more can be said on it
}

// connect opens the connection to the only destination there is. Q87047, Q99852
func (g *gate) connect() (*outCall, bool) {
	p := g.t.Proc()
	s, err := p.Kernel().Net().Dial(p, g.t.PC().IP()+":1024", g.cfg.SmartHost+smtpPort, connectTimeout)
	if err != nil {
		g.log.say(classError, msgConnect)
		g.log.say(classError, msgConnectLost)
		g.log.say(classError, msgNCUnavail)
		return nil, false
	}
	g.log.sayf(classInfo, msgOpen, g.stack.socket)
	g.line.reset(p, s)
	return &outCall{gate: g, s: s, p: p}, true
}

// send writes one command.
func (c *outCall) send(line string) bool {
	c.log.tx(line)
	return c.write(append(append(c.buf[:0], line...), '\r', '\n'))
}

func (c *outCall) write(b []byte) bool {
	if c.broken {
		return false
	}
	if _, err := c.s.Write(c.p, b); err != nil {
		c.writeFailed(err)
		c.drop()
		return false
	}
	return true
}

// answer reads one reply; of several lines the last counts.
func (c *outCall) answer() (code int, text string, ok bool) {
	for !c.broken {
		line, _, part, err := c.line.next(replyTimeout)
		if err != nil {
			c.noAnswer(err)
			return 0, "", false
		}
		for part {
			if _, _, part, err = c.line.next(replyTimeout); err != nil {
				c.noAnswer(err)
				return 0, "", false
			}
		}
		text := string(line)
		c.log.rx(text)
		if len(text) >= 4 && text[3] == '-' {
			continue
		}
		code := 0
		if len(text) >= 3 {
			for i := 0; i < 3; i++ {
				if text[i] < '0' || text[i] > '9' {
					return 0, text, true
				}
				code = 10*code + int(text[i]-'0')
			}
		}
		return code, text, true
	}
	return 0, "", false
}

// noAnswer logs a read that failed and ends the connection with the odd
// second attempt of the sample log. Q101682
func (c *outCall) noAnswer(err error) {
	for i := 0; i < 2; i++ {
		switch err {
		case sim.ErrTimeout:
			c.log.say(classError, msgTimedOut)
		case io.EOF:
			c.log.say(classError, msgLost) // Q100709
		default:
			c.log.say(classError, c.stack.read)
		}
		c.log.say(classError, msgResponse)
		if i == 0 {
			c.log.tx("Quit") // mixed case, as printed. Q101682
			if _, e := c.s.Write(c.p, []byte("Quit\r\n")); e != nil {
				err = sim.ErrReset
			} else if err == sim.ErrTimeout {
				_, _, _, err = c.line.next(replyTimeout)
				if err == nil {
					break
				}
			}
		}
	}
	c.log.sayf(classError, msgCloseLost, c.stack.socket)
	c.close()
	c.log.say(classError, msgNCSystem2)
}

func (c *outCall) close() {
	if !c.broken {
		c.broken = true
		c.s.Close(c.p)
		c.closed()
	}
}

// drop ends a connection that failed while writing.
func (c *outCall) drop() {
	c.log.sayf(classError, msgCloseLost, c.stack.socket)
	c.close()
	c.log.say(classError, msgNCSystem2)
}

// greet waits for the greeting and introduces the gateway by its host name.
// Q112286, Q101461
func (c *outCall) greet() bool {
	code, text, ok := c.answer()
	if !ok {
		return false
	}
	if code != 220 {
		c.log.sayf(classError, msgInvalid, "greeting", text) // inferred from Q105289
		return false
	}
	if !c.send("HELO " + c.cfg.HostName) {
		return false
	}
	code, text, ok = c.answer()
	if ok && code != 250 {
		c.log.sayf(classError, msgInvalid, "HELO", text)
	}
	return ok && code == 250
}

// giveUp ends a connection without having sent the message.
func (c *outCall) giveUp(o outcome) outcome {
	if !c.broken {
		c.quit()
	}
	return o
}

func (c *outCall) quit() {
	if c.send("QUIT") {
		if _, _, ok := c.answer(); !ok {
			return
		}
		c.log.sayf(classInfo, msgClose, c.stack.socket)
		c.close()
		c.log.say(classInfo, msgClosed)
	}
}

// transfer sends envelope and text from the two files.
//
// invented: the reaction to refusals, which no article tells. A 4xx, or any
// reply that is none, leaves the message for the next cycle; a 5xx goes back
// to the sender, for a recipient alone when others were taken.
func (c *outCall) transfer(o *outMessage) outcome {
	env, err := c.readFile(&c.content, fileOutEnv)
	if err != nil {
		c.fileError(fileOutEnv, err)
		return tryLater
	}
	taken := 0
	for len(env) > 0 {
		line, rest, _ := rfc822.NextLine(env)
		env = rest
		text := string(line)
		if !c.send(text) {
			return tryLater
		}
		code, reply, ok := c.answer()
		verb, _, _ := strings.Cut(text, " ")
		switch {
		case !ok:
			return tryLater
		case code/100 == 2:
			if verb == "RCPT" {
				taken++
			}
		case code/100 == 5 && verb == "RCPT":
			c.log.sayf(classError, msgInvalid, verb, reply)
			_, to, _ := strings.Cut(text, ":")
			o.failed = append(o.failed, refusal{to, reply})
		default:
			c.log.sayf(classError, msgInvalid, verb, reply) // Q105289
			return c.refuse(o, code, reply)
		}
	}
	if taken == 0 {
		return refused
	}
	if !c.send("DATA") {
		return tryLater
	}
	code, reply, ok := c.answer()
	if !ok {
		return tryLater
	}
	if code != 354 {
		c.log.sayf(classError, msgInvalid, "DATA", reply)
		return c.refuse(o, code, reply)
	}
	if !c.sendText(o.files) {
		return tryLater
	}
	c.log.tx(".")
	code, reply, ok = c.answer()
	switch {
	case !ok:
		return tryLater // it may have been accepted: a duplicate is possible
	case code/100 != 2:
		c.log.sayf(classError, msgInvalid, "DATA", reply)
		return c.refuse(o, code, reply)
	case len(o.failed) > 0:
		return refused
	}
	return sent
}

// refuse decides about a refusal of the whole message.
func (c *outCall) refuse(o *outMessage, code int, reply string) outcome {
	if code/100 != 5 {
		return tryLater
	}
	o.failed = o.failed[:0]
	for _, to := range o.to {
		o.failed = append(o.failed, refusal{"<" + to + ">", reply})
	}
	return refused
}

// sendText copies SMTP_OUT.TXT to the connection, dots doubled, in pieces of
// whole lines.
func (c *outCall) sendText(files *outFiles) bool {
	f, err := c.t.Open(c.path(fileOutText), dos.Read)
	if err != nil {
		c.fileError(fileOutText, err)
		c.close() // without the final dot the host drops what it has
		return false
	}
	files.text = f
	c.log.tx(msgBody)
	in, out := c.content[:0], c.buf2[:0]
	defer func() { c.content = in }()
	for {
		if cap(in)-len(in) < chunk {
			in = append(make([]byte, 0, 2*cap(in)+2*chunk), in...)
		}
		n, err := f.Read(in[len(in) : len(in)+chunk])
		if err != nil && err != io.EOF {
			c.fileError(fileOutText, err)
			c.close()
			return false
		}
		in = in[:len(in)+n]
		whole := bytes.LastIndexByte(in, '\n') + 1
		if n < chunk {
			whole = len(in)
		}
		out = rfc822.AppendStuffed(out[:0], in[:whole])
		in = in[:copy(in, in[whole:])]
		if n < chunk {
			out = append(out, ".\r\n"...)
		}
		c.buf2 = out
		if !c.write(out) {
			return false
		}
		if n < chunk {
			return true
		}
	}
}

// sevenBitName reduces a friendly name by the internal table. Q101461
func sevenBitName(name string) string { return charset.Names.ApplyString(name) }
