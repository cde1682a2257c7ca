package program

import (
	"io"
	"net"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/rfc822"
	"gwkit/emulator/internal/sim"
)

// sessionState is where an inbound call stands.
type sessionState uint8

const (
	stateConnected sessionState = iota // 220 sent
	stateGreeted                       // HELO taken
	stateSender                        // MAIL taken
	stateRecipient                     // at least one RCPT taken
)

// recipient of an inbound message.
type recipient struct {
	csi string // NET/PO/mailbox
}

// call is one inbound SMTP connection.
type call struct {
	*gate
	s     sim.Stream
	p     *sim.Proc
	state sessionState
	peer  string // argument of HELO
	env   *dos.File

	from    rfc822.Path // reverse-path
	fromCSI string      // when the map knows it
	to      []recipient
	receipt bool   // a return receipt is wanted
	subject string // of the message, for the receipt
	done    bool
}

// serve answers one call; further messages of the same connection are taken
// without limit. Q137043
func (g *gate) serve(s sim.Stream) {
	p := g.t.Proc()
	g.t.PC().Cycles["call"]++
	g.log.say(classInfo, msgAccepted)
	host, _, err := net.SplitHostPort(s.Remote())
	if err != nil {
		host = s.Remote()
	}
	g.log.sayf(classInfo, msgIncoming, host)
	g.log.sayf(classInfo, msgCall, g.stack.socket)
	c := &call{gate: g, s: s, p: p}
	g.line.reset(p, s)
	c.greet("220", replyGreeting)
	for !c.done {
		// The gateway waits for a packet without a time-out. Q105289
		line, bare, part, err := g.line.next(-1)
		if err != nil {
			c.lost(err, msgRecv)
			break
		}
		if bare {
			g.log.say(classWarning, msgBareLF)
		}
		for part { // the rest of an overlong command line has no meaning
			if _, _, part, err = g.line.next(-1); err != nil {
				break
			}
		}
		text := string(line)
		g.log.rx(text)
		c.command(text)
	}
	c.closeEnvelope()
	if c.state >= stateSender {
		c.dropInbound()
	}
	g.log.sayf(classInfo, msgClosing, g.stack.socket)
	s.Close(p)
	g.closed()
	g.log.say(classInfo, msgClosed)
	g.log.flush()
}

// lost logs a connection that ended without QUIT; hungUp is what becomes of the
// call when the peer closed it.
func (c *call) lost(err error, hungUp string) {
	switch err {
	case io.EOF:
		c.log.say(classError, msgLost) // the peer hung up. Q102107
		c.log.say(classError, hungUp)  // Q100709
	default:
		c.log.say(classError, c.stack.read)
		c.log.say(classError, msgRecv) // Q100706
	}
}

func (c *call) reply(text string) {
	if text[0] == '5' {
		c.log.refuse(text)
	} else {
		c.log.tx(text)
	}
	c.buf = append(append(c.buf[:0], text...), '\r', '\n')
	if _, err := c.s.Write(c.p, c.buf); err != nil && !c.done {
		c.done = true
		c.writeFailed(err)
	}
}

// greet sends one of the three replies that name the host since 3.0.1.
// inferred: where the name stands; the articles say only that it is there.
// Q102107, Q101461
func (c *call) greet(code, text string) {
	if c.v.ReplyHost {
		c.reply(code + " " + c.cfg.HostName + " " + text)
		return
	}
	c.reply(code + " " + text)
}

func (c *call) command(line string) {
	verb, arg, _ := strings.Cut(line, " ")
	arg = strings.TrimSpace(arg)
	switch verb = strings.ToUpper(verb); verb {
	case "HELO", "HELLO":
		if verb == "HELLO" && !c.v.HelloAccepted {
			c.unknown()
			return
		}
		if arg == "" {
			c.log.say(classWarning, msgUnknownHost) // Q105130
		}
		c.abandon() // inferred: a second HELO starts anew, as in RFC 821
		c.peer, c.state = arg, stateGreeted
		c.greet("250", replyHello)
	case "EHLO":
		if c.v.EHLOCloses {
			c.reply(replyEHLO)
			c.done = true // Q100352
			return
		}
		c.reply(replyUnknown) // the connection stays open. Q100352, Q101461
	case "MAIL":
		if c.state != stateGreeted {
			c.reply(replySequence)
			return
		}
		c.mail(arg)
	case "RCPT":
		if c.state < stateSender {
			c.reply(replySequence)
			return
		}
		c.rcpt(arg)
	case "DATA":
		if c.state != stateRecipient {
			c.reply(replySequence)
			return
		}
		c.data()
	case "QUIT":
		c.greet("221", replyBye)
		c.done = true
	case "RSET":
		// After a refused EHLO a RSET still upsets the peer: it comes before
		// HELO. inferred: 503. Q101461
		if c.state == stateConnected {
			c.reply(replySequence)
			return
		}
		c.abandon()
		c.state = stateGreeted
		c.reply(replyOK)
	case "NOOP":
		c.reply(replyOK)
	default:
		c.unknown()
	}
}

// unknown answers a verb nobody knows. The connection is usually closed
// afterwards; invented: always. Q99854
func (c *call) unknown() {
	c.reply(replyUnknown)
	c.done = true
}

// abandon forgets a message that was not completed.
func (c *call) abandon() {
	if c.state >= stateSender {
		c.closeEnvelope()
		c.dropInbound()
	}
	c.to = c.to[:0]
}

func (c *call) closeEnvelope() {
	if c.env != nil {
		c.env.Close()
		c.env = nil
	}
}

// dropInbound removes the files of a message that was not taken over.
// inferred: the gateway does it itself.
func (c *call) dropInbound() {
	for _, f := range []string{fileEnvelope, fileInbound, fileAPIOut} {
		if name := c.path(f); c.t.Exists(name) {
			c.t.Remove(name)
		}
	}
}

// mail takes the originator. An empty path, or one without brackets, gets a
// warning and is taken. Q107087
func (c *call) mail(arg string) {
	path, err := rfc822.ParsePath(arg, "FROM")
	if err != nil {
		c.reply(replyUnknown) // invented: a MAIL without From: is not a command
		return
	}
	if path.NoReturnPath() {
		c.log.say(classWarning, msgNoReturn)
	}
	if !c.record("MAIL From:", path.Raw, true) {
		return
	}
	c.from, c.fromCSI = path, ""
	if path.Addr != "" {
		if csi, ok := c.amap.inbound(msgRemote, path.Addr); ok {
			c.fromCSI = csi // a remote originator that matches is mapped too. Q118970
		}
	}
	c.to = c.to[:0]
	c.state = stateSender
	c.reply(replySender)
}

// record writes one line of the envelope to SMTP_IN.ENV. Q115493
func (c *call) record(what, path string, first bool) bool {
	var err error
	if first {
		c.closeEnvelope()
		c.env, err = c.t.Create(c.path(fileEnvelope), dos.Write)
	}
	if err == nil {
		_, err = c.env.Write([]byte(what + path + "\r\n"))
	}
	if err != nil {
		c.fileError(fileEnvelope, err)
		c.closeEnvelope()
		c.state = stateGreeted
		c.reply(replyFailed)
		return false
	}
	return true
}

// fileError logs a temporary file that cannot be used. invented: the line; the
// numbers are DOS's own.
func (c *gate) fileError(file string, err error) {
	number := 0
	if e, ok := err.(dos.Error); ok {
		number = int(e)
	}
	c.log.sayf(classError, "ERROR file %s%s: (%d) %v", strings.ToLower(c.drive), strings.ToLower(file[1:]), number, err)
}

// rcpt takes a recipient: the domain must be in the map, the mailbox must be
// legal, and on the gateway's own postoffice it must exist. Q107089, Q100705
//
// inferred: users of downstream postoffices are not checked, because the
// gateway only loads the users of its own (Q105290).
func (c *call) rcpt(arg string) {
	path, err := rfc822.ParsePath(arg, "TO")
	if err != nil || path.Addr == "" {
		c.reply(replyNoUser)
		return
	}
	csi, ok := c.amap.inbound(msgLocal, path.Addr)
	if !ok {
		c.reply(replyNoUser)
		return
	}
	box := csi[strings.LastIndexByte(csi, '/')+1:]
	if !validMailbox(box) || !c.dir.mayExist(csi) {
		c.log.sayf(classError, msgInvalidBox, box)
		c.reply(replyNoUser)
		return
	}
	if !c.record("RCPT To:", path.Raw, false) {
		return
	}
	c.to = append(c.to, recipient{csi: csi})
	c.state = stateRecipient
	c.reply(replyRecipient)
}

// data receives a message into SMTP_IN.822 and delivers it.
func (c *call) data() {
	c.closeEnvelope()
	c.reply(replyData)
	if c.done {
		return
	}
	err := c.receive()
	c.log.rx(msgBody)
	if err == nil {
		c.log.flush()
		err = c.deliver()
	}
	if ne, ok := err.(netError); ok {
		// inferred: the words of Q100704 against those of Q100512 and Q100709, which
		// give one cause for all: the end where more of a message was due.
		c.lost(ne.error, msgRecvProtocol)
		c.done = true
		return
	}
	if err != nil {
		if _, ok := err.(deliveryError); !ok {
			c.fileError(fileInbound, err)
		}
		c.reply(replyFailed)
	} else {
		c.t.PC().Cycles["in"]++
		c.reply(replyStored)
		if c.receipt && c.from.Addr != "" {
			c.sendReceipt()
		}
	}
	c.dropInbound()
	c.to = c.to[:0]
	c.state = stateGreeted
}

// netError is a connection that broke in the middle of a message, deliveryError
// a message that cannot be delivered and whose reason is logged already.
type netError struct{ error }
type deliveryError struct{ error }

// chunk is how much of a file moves in one operation. invented: the buffer of
// the original is unknown.
const chunk = 4096

// receive writes everything after DATA to SMTP_IN.822, the gateway's own
// Return-Path and Received lines first. Q115493, Q112286
func (c *call) receive() error {
	f, err := c.t.Create(c.path(fileInbound), dos.Write)
	buf := c.buf2[:0]
	if err == nil {
		path := c.from.Addr
		buf = append(buf, "Return-Path: <"+path+">\r\n"...)
		peer := c.peer
		if peer == "" {
			peer = "unknown" // invented: HELO without a name
		}
		buf = rfc822.AppendReceived(buf, peer, c.cfg.HostName, c.t.Now())
	}
	// A file that cannot be written does not stop the peer: the rest of the
	// message must be read before the refusal.
	failed := err
	warned := false
	for {
		line, bare, part, err := c.line.next(-1)
		if err != nil {
			if f != nil {
				f.Close()
			}
			c.buf2 = buf
			return netError{err}
		}
		if bare && !warned {
			// invented: once a message, so that a body of bare LF does not
			// fill the log.
			c.log.say(classWarning, msgBareLF)
			warned = true
		}
		text, end := rfc822.Unstuff(line)
		if end && !part {
			break
		}
		buf = append(buf, text...)
		for part {
			if line, _, part, err = c.line.next(-1); err != nil {
				if f != nil {
					f.Close()
				}
				c.buf2 = buf
				return netError{err}
			}
			buf = append(buf, line...)
		}
		buf = append(buf, '\r', '\n')
		if len(buf) >= chunk && failed == nil {
			n := len(buf) / chunk * chunk
			if _, failed = f.Write(buf[:n]); failed == nil {
				buf = buf[:copy(buf, buf[n:])]
			}
		}
		if failed != nil {
			buf = buf[:0]
		}
	}
	if failed == nil && len(buf) > 0 {
		_, failed = f.Write(buf)
	}
	c.buf2 = buf
	if f != nil {
		if err := f.Close(); failed == nil {
			failed = err
		}
	}
	return failed
}
