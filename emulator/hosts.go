package emulator

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"gwkit/emulator/internal/sim"
	"gwkit/emulator/internal/smarthost"
)

// Delivered is a message that left the site for the Internet.
type Delivered struct {
	From, To string
	Data     []byte
	Time     time.Time
	Host     string
}

// Queued is a message that waits at a smart host.
type Queued struct {
	Host, To, Reason string
	Tries            int
}

// outsideMax bounds what Outside keeps of the load's mail: messages of the
// load generator are counted and dropped, all others are kept.
const outsideMax = 10000

// deliveredOutside sees a message that reached the Internet and says whether it
// is kept.
func (w *World) deliveredOutside(host string, m *smarthost.Message, rcpt string) bool {
	if w.trial != nil {
		w.trial.outside(m.Data)
	}
	if w.account.outside(m.Data, w.k.Now()) || len(w.outside) >= outsideMax {
		return false
	}
	w.outside = append(w.outside, Delivered{From: m.From, To: rcpt, Data: m.Data, Time: w.k.Clock(), Host: host})
	return true
}

// Outside lists the messages that reached the Internet, those of a Load left
// out, in order; at most the first 10,000.
func (w *World) Outside() (out []Delivered) {
	w.do(func() { out = append(out, w.outside...) })
	return out
}

// Inject puts a message from the Internet into the first smart host.
func (w *World) Inject(from string, to []string, data []byte) error {
	if len(w.hosts) == 0 {
		return errors.New("cannot inject mail: the site has no smart host")
	}
	if len(to) == 0 {
		return errors.New("cannot inject mail without a recipient")
	}
	w.do(func() { w.hosts[0].Submit(from, to, data) })
	return nil
}

// Queue lists what waits at the smart hosts.
func (w *World) Queue() (out []Queued) {
	w.do(func() {
		for _, h := range w.hosts {
			for _, it := range h.Queue() {
				out = append(out, Queued{Host: h.Name(), To: strings.Join(it.To, ", "), Reason: it.Why, Tries: it.Tries})
			}
		}
	})
	return out
}

// Conn is one connection of a scripted host. Its calls let virtual time pass
// until they return.
type Conn interface {
	Send(line string) error                     // CR LF is added
	SendRaw(b []byte) error                     // as it is
	Recv(timeout time.Duration) (string, error) // one line without its end; io.EOF after the last
	CloseWrite() error
	Close() error
	Reset() error
}

// Listener is a scripted host that takes calls.
type Listener interface {
	Accept(timeout time.Duration) (Conn, error)
	Close() error
}

// actor is a process outside the site that does one thing after the other for
// a script.
type actor struct {
	w     *World
	queue []func(p *sim.Proc)
	wake  sim.Cond
}

func (w *World) newActor(name string) *actor {
	a := &actor{w: w}
	w.k.Go(name, func(p *sim.Proc) {
		p.Daemon()
		for {
			for len(a.queue) == 0 {
				a.wake.Wait(p, sim.Wait{For: "work"}, -1)
			}
			fn := a.queue[0]
			a.queue = append(a.queue[:0], a.queue[1:]...)
			fn(p)
		}
	})
	return a
}

// do has the actor do something that takes at most limit of virtual time.
func (a *actor) do(limit time.Duration, fn func(p *sim.Proc)) error {
	if !a.w.k.Do(limit+time.Second, func(finish func()) {
		a.queue = append(a.queue, func(p *sim.Proc) { fn(p); finish() })
		a.wake.Signal(a.w.k)
	}) {
		if err := a.w.k.Err(); err != nil {
			return err
		}
		return fmt.Errorf("nothing came within %v", limit)
	}
	return nil
}

// actionLimit bounds what should take no time.
const actionLimit = time.Hour

type scriptConn struct {
	*actor
	s   sim.Stream
	buf []byte
	err error
}

func (c *scriptConn) SendRaw(b []byte) error {
	var err error
	if e := c.do(actionLimit, func(p *sim.Proc) { _, err = c.s.Write(p, b) }); e != nil {
		return e
	}
	return err
}

func (c *scriptConn) Send(line string) error { return c.SendRaw([]byte(line + "\r\n")) }

func (c *scriptConn) Recv(timeout time.Duration) (line string, err error) {
	e := c.do(timeout, func(p *sim.Proc) {
		deadline := p.Now().Add(timeout)
		var part [2048]byte
		for {
			if i := strings.IndexByte(string(c.buf), '\n'); i >= 0 {
				line = strings.TrimSuffix(string(c.buf[:i]), "\r")
				c.buf = c.buf[i+1:]
				return
			}
			if c.err != nil {
				line, err = string(c.buf), c.err
				if c.buf = nil; line != "" && err == io.EOF {
					err = nil
				}
				return
			}
			n, rerr := c.s.Read(p, part[:], max(deadline.Sub(p.Now()), 0))
			c.buf = append(c.buf, part[:n]...)
			switch {
			case rerr == sim.ErrTimeout:
				err = fmt.Errorf("no line within %v", timeout)
				return
			case rerr != nil:
				c.err = rerr
			}
		}
	})
	if e != nil {
		return "", e
	}
	return line, err
}

func (c *scriptConn) CloseWrite() (err error) {
	if e := c.do(actionLimit, func(p *sim.Proc) { err = c.s.CloseWrite(p) }); e != nil {
		return e
	}
	return err
}

func (c *scriptConn) Close() (err error) {
	if e := c.do(actionLimit, func(p *sim.Proc) { err = c.s.Close(p) }); e != nil {
		return e
	}
	return err
}

func (c *scriptConn) Reset() error { return c.do(actionLimit, func(p *sim.Proc) { c.s.Reset(p) }) }

// dialTimeout is how long a scripted client tries to connect.
const dialTimeout = 30 * time.Second

// Dial connects a scripted client with address fromIP to a PC, a smart host,
// or "ip" or "ip:port"; the port is 25 unless given.
func (w *World) Dial(fromIP, to string) (Conn, error) {
	addr := to
	if m, err := w.machine(to); err == nil {
		addr = m.conf.IP
	}
	for _, h := range w.site.SmartHosts {
		if strings.EqualFold(h.Name, to) {
			addr = h.IP
		}
	}
	if _, _, err := net.SplitHostPort(addr); err != nil {
		addr = net.JoinHostPort(addr, "25")
	}
	if !w.serving {
		w.Run(0) // what starts at this instant has started before somebody calls
	}
	var c *scriptConn
	w.do(func() {
		w.conns++
		c = &scriptConn{actor: w.newActor(fmt.Sprintf("%s/client%d", fromIP, w.conns))}
	})
	var err error
	port := 1024 + w.conns
	if e := c.do(dialTimeout, func(p *sim.Proc) {
		c.s, err = w.k.Net().Dial(p, fmt.Sprintf("%s:%d", fromIP, port), addr, dialTimeout)
	}); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, fmt.Errorf("cannot connect to %s: %w", to, err)
	}
	return c, nil
}

type scriptListener struct {
	*actor
	l  *sim.Listener
	ip string
}

// Listen takes the place of the host with address ip: a smart host of the
// site there stops listening.
func (w *World) Listen(ip string) (Listener, error) {
	var out *scriptListener
	var err error
	w.do(func() {
		w.k.Net().Unlisten(ip + ":25")
		var l *sim.Listener
		if l, err = w.k.Net().Listen(ip + ":25"); err != nil {
			err = fmt.Errorf("cannot listen at %s: %w", ip, err)
			return
		}
		l.Unlimited()
		w.conns++
		out = &scriptListener{actor: w.newActor(fmt.Sprintf("%s/server%d", ip, w.conns)), l: l, ip: ip}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (l *scriptListener) Accept(timeout time.Duration) (Conn, error) {
	var s sim.Stream
	var err error
	if e := l.do(timeout, func(p *sim.Proc) { s, err = l.l.Accept(p, timeout) }); e != nil {
		return nil, e
	}
	if err == sim.ErrTimeout {
		return nil, fmt.Errorf("no call within %v", timeout)
	}
	if err != nil {
		return nil, err
	}
	c := &scriptConn{s: s}
	l.w.do(func() {
		l.w.conns++
		c.actor = l.w.newActor(fmt.Sprintf("%s/peer%d", l.ip, l.w.conns))
	})
	return c, nil
}

func (l *scriptListener) Close() error {
	l.w.do(func() { l.l.Close(l.w.k) })
	return nil
}
