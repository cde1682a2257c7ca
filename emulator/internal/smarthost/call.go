package smarthost

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
)

// call is one session that the host begins with a gateway or its relay. It is
// written by hand: the library has no client, and the dialogue of the time is
// short.
type call struct {
	h     *Host
	p     *sim.Proc
	d     *destination
	s     sim.Stream
	n     int
	speak string

	in    []byte // what was read and not used
	out   []byte
	store [1024]byte
	said  string // last command, for the sender's eyes
}

// Errors of a session.
var (
	errBadReply   = errors.New("bad reply")
	errNoHostName = errors.New("no host name in greeting")
	errGoodbye    = errors.New("the host is closing")
)

// replyLines and replyBytes bound a reply of a strange host.
const (
	replyLines = 64
	replyBytes = 4096
)

// takeCall returns a call for a sender, which gives it back to keepCall.
func (h *Host) takeCall() *call {
	n := len(h.calls)
	if n == 0 {
		return &call{}
	}
	c := h.calls[n-1]
	h.calls = h.calls[:n-1]
	return c
}

func (h *Host) keepCall(c *call) {
	if cap(c.out) <= bufferKept {
		h.calls = append(h.calls, c)
	}
}

// begin makes c a new call that keeps its buffers.
func (c *call) begin(h *Host, p *sim.Proc, d *destination) {
	c.h, c.p, c.d, c.s = h, p, d, nil
	c.n, c.speak, c.said = 0, "", ""
	c.in, c.out = nil, c.out[:0]
}

// session calls the destination and hands over what is due, up to the limit of
// one session. On return at least one item has moved on, or the destination
// has been put off.
func (c *call) session() {
	h, d := c.h, c.d
	c.speak = h.cfg.Speak
	e := h.effect(fault.OpSession, d.address)
	if e.Delay > 0 {
		c.p.Sleep(e.Delay)
	}
	if e.Speak != "" {
		c.speak = e.Speak
		h.k.Emit(h.name, "fault", "session", e.Speak, 0)
	}
	h.counters.Calls++
	c.n = h.counters.Calls
	h.port++
	from := h.cfg.IP + ":" + strconv.Itoa(1024+(h.port-1)%64000)
	s, err := h.k.Net().Dial(c.p, from, d.address, h.limits.Connect)
	if err != nil {
		h.hostFailed(d, err.Error())
		return
	}
	h.k.Emit(h.name, "call", d.address, "", 0)
	c.s = s
	defer s.Close(c.p)
	if err := c.greet(); err != nil {
		if err == errNoHostName {
			h.k.Emit(h.name, "refuse", d.address, err.Error(), 0)
		}
		h.hostFailed(d, err.Error())
		return
	}
	for i := 0; i < h.cfg.SessionLimit; i++ {
		it := d.due(h.k.Now())
		if it == nil {
			break
		}
		it.busy = true
		ok, err := c.transaction(it)
		it.busy = false
		if err != nil {
			h.hostFailed(d, err.Error())
			return
		}
		d.fails = 0
		if !ok {
			break // invented: another session for the rest, because few hosts like RSET. Q101461
		}
	}
	// What the other side says to QUIT changes nothing any more.
	c.ask(h.limits.Quit, "QUIT")
}

// greet comes as far as the answer to HELO.
func (c *call) greet() error {
	code, text, err := c.reply(c.h.limits.Greeting)
	if err != nil {
		return err
	}
	if code/100 != 2 {
		return errors.New(text)
	}
	if c.speak == speakStrict && !c.names(text) {
		return errNoHostName // hangs up without QUIT. Q102107
	}
	if c.speak == speakEHLO {
		code, _, err = c.ask(c.h.limits.Reply, "EHLO ", c.h.name)
		if err != nil {
			return err // the gateway may have hung up: there is no falling back. Q100352
		}
		if code/100 == 2 {
			return nil
		}
	}
	if c.speak == speakOutOfOrder {
		it := c.d.due(c.h.k.Now())
		if it == nil {
			return nil
		}
		// The gateway refuses and waits for another command. Q99855
		_, _, err = c.ask(c.h.limits.Reply, "MAIL From:", c.path(it.msg.From))
		if err != nil {
			return err
		}
	}
	if c.speak == speakNoName {
		code, text, err = c.ask(c.h.limits.Reply, "HELO") // Q105130
	} else {
		code, text, err = c.ask(c.h.limits.Reply, "HELO ", c.h.name)
	}
	if err != nil {
		return err
	}
	if code/100 != 2 {
		return errors.New(text)
	}
	if c.speak == speakStrict && !c.names(text) {
		return errNoHostName
	}
	if c.speak == speakUnknown {
		// invented: VERB, which Sendmail knows. The gateway usually hangs up. Q99854
		if _, _, err = c.ask(c.h.limits.Reply, "VERB"); err != nil {
			return err
		}
	}
	return nil
}

// transaction hands one message over and moves its item on. ok says that the
// session can take another one; an error that it is lost and the item still
// waits.
func (c *call) transaction(it *item) (ok bool, err error) {
	h := c.h
	var failed []failure
	var given, later []string
	why := ""
	code, text, err := c.ask(h.limits.Reply, "MAIL From:", c.path(it.msg.From))
	if err != nil {
		return false, err
	}
	if code/100 != 2 {
		return false, c.settle(it, code, text, it.to, nil, nil, "")
	}
	for i, to := range it.to {
		code, text, err = c.ask(h.limits.Reply, "RCPT To:", c.path(to))
		switch {
		case err != nil:
			return false, err
		case code == 421:
			later = append(append(given, later...), it.to[i:]...)
			return false, c.settle(it, code, text, nil, failed, later, text)
		case code/100 == 2:
			given = append(given, to)
		case code/100 == 5:
			failed = append(failed, failure{to, c.said, text})
		default:
			later, why = append(later, to), text
		}
	}
	if len(given) == 0 {
		return false, c.settle(it, 0, "", nil, failed, later, why)
	}
	code, text, err = c.ask(h.limits.Data, "DATA")
	if err != nil {
		return false, err
	}
	if code != 354 {
		if code/100 < 4 {
			code, text = 451, "unexpected reply to DATA: "+text
		}
		return false, c.settle(it, code, text, given, failed, later, why)
	}
	if err = c.body(it.msg.Data); err != nil {
		return false, err
	}
	code, text, err = c.reply(h.limits.Dot)
	if err != nil {
		// The other side may have accepted it, so the next attempt can make a
		// second copy. Losing mail would be worse.
		h.counters.Uncertain++
		h.k.Emit(h.name, "uncertain", it.msg.Label, err.Error(), len(it.msg.Data))
		return false, err
	}
	return code/100 == 2, c.settle(it, code, text, given, failed, later, why)
}

// settle says what a reply means for the recipients it is about, and what was
// decided for the others before. An item without recipients leaves the queue.
// The error is for 421: the other side is closing.
func (c *call) settle(it *item, code int, text string, reached []string, failed []failure, later []string, why string) error {
	h, d := c.h, c.d
	it.msg.holders++
	defer h.Release(it.msg)
	switch {
	case len(reached) == 0:
	case code/100 == 2:
		for _, to := range reached {
			h.counters.Sent++
			h.k.Emit(h.name, "send", about(it.msg, to), "", len(it.msg.Data))
		}
	case code/100 == 5:
		for _, to := range reached {
			failed = append(failed, failure{to, c.said, text})
		}
	default:
		later, why = append(later, reached...), text
	}
	it.to = later
	if len(later) > 0 {
		h.defers(d, it, why)
	} else {
		d.remove(it)
		h.Release(it.msg) // the queue's hold
	}
	if len(failed) > 0 {
		h.giveBack(it.msg, subjectOf(failed), hostPart(d.address), failed)
	}
	if code == 421 {
		return errGoodbye
	}
	return nil
}

// ask sends a command and reads the reply.
func (c *call) ask(limit time.Duration, parts ...string) (code int, text string, err error) {
	c.out = c.out[:0]
	for _, s := range parts {
		c.out = append(c.out, s...)
	}
	c.said = string(c.out)
	c.out = append(c.out, c.lineEnd()...)
	c.h.note(c.n, true, c.d.address, true, c.out)
	if _, err = c.s.Write(c.p, c.out); err != nil {
		return 0, "", err
	}
	return c.reply(limit)
}

// reply reads a reply, of several lines if need be, and returns its last line.
func (c *call) reply(limit time.Duration) (code int, text string, err error) {
	deadline := sim.Forever
	if limit >= 0 {
		deadline = c.h.k.Now().Add(limit)
	}
	for lines := 0; lines < replyLines; lines++ {
		line, err := c.line(deadline)
		if err != nil {
			return 0, "", err
		}
		c.h.note(c.n, true, c.d.address, false, line)
		line = bytes.TrimRight(line, "\r\n")
		if len(line) < 3 || line[0] < '1' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9' {
			return 0, "", errBadReply
		}
		if len(line) > 3 && line[3] == '-' {
			continue
		}
		code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
		return code, printable(line), nil
	}
	return 0, "", errBadReply
}

// line reads one line with its end.
func (c *call) line(deadline sim.Time) ([]byte, error) {
	for {
		if i := bytes.IndexByte(c.in, '\n'); i >= 0 {
			line := c.in[:i+1]
			c.in = c.in[i+1:]
			return line, nil
		}
		if len(c.in) >= replyBytes {
			return nil, errBadReply
		}
		wait := time.Duration(-1)
		if deadline != sim.Forever {
			wait = max(deadline.Sub(c.h.k.Now()), 0)
		}
		n, err := c.s.Read(c.p, c.store[:], wait)
		if n > 0 {
			c.in = append(append([]byte(nil), c.in...), c.store[:n]...)
			continue
		}
		if err != nil {
			return nil, err
		}
	}
}

// blockSize is how much of a message goes out in one write, so that a line can
// fail in the middle of it.
const blockSize = 4096

// body sends a message and its final dot.
func (c *call) body(data []byte) error {
	c.said = "."
	start := true
	for {
		n := min(len(data), blockSize)
		c.out, start = c.write(c.out[:0], data[:n], start)
		data = data[n:]
		if len(data) == 0 {
			if !start {
				c.out = append(c.out, c.lineEnd()...)
			}
			c.out = append(append(c.out, '.'), c.lineEnd()...)
		}
		if len(data) == 0 && c.h.transcript.limit > 0 {
			c.h.note(c.n, true, c.d.address, true, []byte(bodyText))
			c.h.note(c.n, true, c.d.address, true, []byte("."))
		}
		if _, err := c.s.Write(c.p, c.out); err != nil {
			return err
		}
		if len(data) == 0 {
			return nil
		}
	}
}
