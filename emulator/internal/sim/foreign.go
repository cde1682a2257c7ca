package sim

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Foreign drives a server that was written for goroutines and net.Conn, such
// as mhale/smtpd, in lock-step: the server runs only inside Dial, Exchange and
// the other calls of its connections, and each of them returns when the server
// is parked again in Read, in Accept or in Close. So a foreign session is one
// more deterministic function of its input, at one instant of virtual time.
//
// Demands on the server: one goroutine a session, which blocks only in its
// connection or in ForeignConn.Sleep.
type Foreign struct {
	offer    chan *ForeignConn
	waiting  chan struct{} // the acceptor is parked in Accept
	quit     chan struct{}
	quitOnce sync.Once
	finished chan error
	conns    []*ForeignConn
}

// NewForeign starts the server on its own listener and returns when it is
// parked in its first Accept.
func NewForeign(serve func(net.Listener) error) *Foreign {
	f := &Foreign{offer: make(chan *ForeignConn), waiting: make(chan struct{}), quit: make(chan struct{}), finished: make(chan error, 1)}
	go func() { f.finished <- serve(foreignListener{f}) }()
	select {
	case <-f.waiting:
	case err := <-f.finished: // never came to Accept
		f.finished <- err
	}
	return f
}

// Close hangs up on every session, ends the server and returns its error.
func (f *Foreign) Close() error {
	for len(f.conns) > 0 {
		f.conns[0].Hangup()
	}
	f.quitOnce.Do(func() { close(f.quit) })
	return <-f.finished
}

type foreignListener struct{ f *Foreign }

func (l foreignListener) Accept() (net.Conn, error) {
	select {
	case l.f.waiting <- struct{}{}:
	case <-l.f.quit:
		return nil, net.ErrClosed
	}
	select {
	case c := <-l.f.offer:
		return c, nil
	case <-l.f.quit:
		return nil, net.ErrClosed
	}
}

func (l foreignListener) Close() error {
	l.f.quitOnce.Do(func() { close(l.f.quit) })
	return nil
}

func (l foreignListener) Addr() net.Addr { return Addr("0.0.0.0:25") }

// Addr is a net.Addr made of its text. A server that asks for the IP of its
// peer gets what stands before the colon.
type Addr string

// Network implements net.Addr.
func (a Addr) Network() string { return "tcp" }
func (a Addr) String() string  { return string(a) }

// ForeignConn is one session of a foreign server, seen from the kernel; the
// server sees the same value as its net.Conn.
type ForeignConn struct {
	f             *Foreign
	local, remote Addr
	parked        chan struct{}
	grant         chan error
	in, out       []byte
	want          time.Duration
	closed        bool // by the server
	Data          any  // for the server's handler to leave something for the kernel side
}

// Dial opens a session and returns it with the bytes the server greets with.
func (f *Foreign) Dial(remote, local string) (*ForeignConn, []byte) {
	c := &ForeignConn{f: f, local: Addr(local), remote: Addr(remote), parked: make(chan struct{}), grant: make(chan error)}
	f.conns = append(f.conns, c)
	f.offer <- c
	<-f.waiting
	<-c.parked
	return c, c.take()
}

// Exchange gives the server some bytes and returns what it writes until it
// wants more; open is false when it has closed the session. p sleeps where the
// server asked for virtual time.
func (c *ForeignConn) Exchange(p *Proc, in []byte) (out []byte, open bool) {
	if c.closed {
		return nil, false
	}
	c.in = in
	c.step(p, nil)
	return c.take(), !c.closed
}

// TimeOut lets the server's pending read fail with a time-out.
func (c *ForeignConn) TimeOut(p *Proc) (out []byte, open bool) {
	if !c.closed {
		c.step(p, os.ErrDeadlineExceeded)
	}
	return c.take(), !c.closed
}

// Hangup lets the server's reads fail as after a lost connection, until it
// gives up.
func (c *ForeignConn) Hangup() {
	for !c.closed {
		c.want = 0
		c.grant <- io.EOF
		<-c.parked
	}
	c.take()
}

func (c *ForeignConn) step(p *Proc, err error) {
	for {
		c.grant <- err
		<-c.parked
		if c.want <= 0 || c.closed {
			return
		}
		d := c.want
		c.want, err = 0, nil
		p.Sleep(d)
	}
}

func (c *ForeignConn) take() []byte {
	out := c.out
	c.out = c.out[len(c.out):]
	if c.closed {
		for i, x := range c.f.conns {
			if x == c {
				c.f.conns = append(c.f.conns[:i], c.f.conns[i+1:]...)
				break
			}
		}
	}
	return out
}

// Sleep asks for virtual time from within a handler of the server.
func (c *ForeignConn) Sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	c.want = d
	c.parked <- struct{}{}
	<-c.grant
}

// Read implements net.Conn for the server.
func (c *ForeignConn) Read(b []byte) (int, error) {
	for len(c.in) == 0 {
		c.parked <- struct{}{}
		if err := <-c.grant; err != nil {
			return 0, err
		}
	}
	n := copy(b, c.in)
	c.in = c.in[n:]
	return n, nil
}

// Write implements net.Conn for the server. It never blocks.
func (c *ForeignConn) Write(b []byte) (int, error) {
	c.out = append(c.out, b...)
	return len(b), nil
}

// Close implements net.Conn for the server.
func (c *ForeignConn) Close() error {
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	c.parked <- struct{}{}
	return nil
}

// LocalAddr implements net.Conn.
func (c *ForeignConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *ForeignConn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn; the kernel side decides about time-outs.
func (c *ForeignConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn like SetDeadline.
func (c *ForeignConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn like SetDeadline.
func (c *ForeignConn) SetWriteDeadline(time.Time) error { return nil }
