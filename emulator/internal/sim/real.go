package sim

import (
	"errors"
	"io"
	"net"
	"time"
)

// pacer ties virtual time to the wall clock. It and the sockets of this file
// are the one place in the emulator with goroutines and the wall clock;
// everything they learn enters the kernel through its inbox.
type pacer struct {
	inbox chan func()
	gone  chan struct{} // closed when Serve has returned: late posts are dropped
	speed float64       // virtual seconds per second; 0: as fast as possible
	wall  time.Time
	base  Time
}

func (r *pacer) now() Time {
	return r.base + Time(float64(time.Since(r.wall))*r.speed)
}

func (r *pacer) post(fn func()) {
	select {
	case r.inbox <- fn:
	case <-r.gone:
	}
}

// Pace prepares the kernel for Serve; ListenReal, RouteReal and Post may be
// called from then on. speed is virtual seconds per second, 0 means as fast
// as possible.
func (k *Kernel) Pace(speed float64) {
	k.real = &pacer{inbox: make(chan func(), 256), gone: make(chan struct{}), speed: speed}
}

// Post hands fn to the scheduler. It may be called from any goroutine after
// Pace; it does nothing once Serve has returned.
func (k *Kernel) Post(fn func()) { k.real.post(fn) }

// Call is Post that waits until fn has run; it reports false when the kernel
// had stopped before.
func (k *Kernel) Call(fn func()) bool {
	done := make(chan struct{})
	k.real.post(func() { fn(); close(done) })
	select {
	case <-done:
		return true
	case <-k.real.gone:
		return false
	}
}

// maxSpeedSlice is how far an unpaced run goes before it looks into the inbox.
const maxSpeedSlice = Time(time.Second)

// Serve runs the kernel paced by the wall clock until stop is closed, Halt is
// called or a process panics.
func (k *Kernel) Serve(stop <-chan struct{}) Stop {
	r := k.real
	r.wall, r.base = time.Now(), k.now
	k.halt = false
	defer close(r.gone)
	alarm := time.NewTimer(time.Hour)
	defer alarm.Stop()
	for {
		select {
		case fn := <-r.inbox:
			k.catchUp()
			fn()
		case <-stop:
			return StopHalted
		default:
		}
		k.reap()
		switch {
		case k.err != nil:
			return StopPanic
		case k.halt:
			return StopHalted
		}
		limit := k.now + maxSpeedSlice
		if r.speed > 0 {
			limit = r.now()
		}
		k.limit = limit
		if t, ok := k.take(limit); ok {
			k.dispatch(t)
			continue
		}
		idle := time.Hour
		if k.timers.len() > 0 {
			if r.speed == 0 {
				k.now = limit
				continue
			}
			idle = time.Duration(float64(k.timers.min().at-limit)/r.speed) + time.Microsecond
		}
		alarm.Reset(idle)
		select {
		case fn := <-r.inbox:
			k.catchUp()
			fn()
		case <-alarm.C:
		case <-stop:
			return StopHalted
		}
	}
}

func (k *Kernel) catchUp() {
	if k.real.speed > 0 {
		k.now = max(k.now, k.real.now())
	}
}

// Await runs fn on a goroutine of its own and parks p until it has returned:
// for the real sockets at the edge.
func (p *Proc) Await(w Wait, fn func()) {
	p.Check()
	k := p.k
	var done Cond
	finished := false
	go func() {
		fn()
		k.real.post(func() {
			finished = true
			done.Broadcast(k)
		})
	}()
	for !finished {
		done.Wait(p, w, -1)
	}
}

// ListenReal lets real connections to l arrive at the simulated address addr,
// where a program of the site listens or not.
func (n *Net) ListenReal(addr string, l net.Listener) {
	n.closers = append(n.closers, l)
	k := n.k
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // closed
			}
			k.real.post(func() { n.arrive(addr, c) })
		}
	}()
}

func (n *Net) arrive(addr string, c net.Conn) {
	l := n.listeners[addr]
	if l == nil || !l.any && len(l.queue) >= backlog {
		// The kernel of a real host would refuse; we can only hang up.
		if t, ok := c.(*net.TCPConn); ok {
			t.SetLinger(0)
		}
		c.Close()
		return
	}
	l.queue = append(l.queue, n.newReal(addr, c))
	l.arrived.Signal(n.k)
}

// RouteReal sends connections to the simulated address addr to a real one.
func (n *Net) RouteReal(addr, real string) { n.real[addr] = real }

func (n *Net) closeReal() {
	for _, c := range n.closers {
		c.Close()
	}
	n.closers = nil
	for len(n.reals) > 0 {
		n.reals[0].hangUp()
	}
}

func (k *Kernel) dialReal(p *Proc, from, to string, timeout time.Duration) (Stream, error) {
	if k.real == nil {
		return nil, ErrUnreachable
	}
	var c net.Conn
	var err error
	wall := k.wall(timeout)
	p.Await(Wait{For: "connect", Object: to}, func() { c, err = net.DialTimeout("tcp", to, wall) })
	if err != nil {
		return nil, netError(err, ErrRefused)
	}
	return k.net.newReal(from, c), nil
}

// wall turns a span of virtual time into one of the wall clock.
func (k *Kernel) wall(d time.Duration) time.Duration {
	if s := k.real.speed; s > 0 {
		return time.Duration(float64(d) / s)
	}
	return d
}

func netError(err, otherwise error) error {
	var ne net.Error
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case errors.As(err, &ne) && ne.Timeout():
		return ErrTimeout
	case errors.Is(err, net.ErrClosed):
		return ErrClosed
	}
	return otherwise
}

// realEnd is a Stream on a real socket. The socket is touched only inside
// Await, with buffers of its own, so that a killed process leaves no writer
// behind in anybody's memory.
type realEnd struct {
	n             *Net
	c             net.Conn
	local, remote string
	buf           []byte // what was read and not yet taken
	store         []byte
	closed        bool
}

func (n *Net) newReal(local string, c net.Conn) *realEnd {
	e := &realEnd{n: n, c: c, local: local, remote: c.RemoteAddr().String(), store: make([]byte, 32<<10)}
	n.reals = append(n.reals, e)
	return e
}

func (e *realEnd) Local() string  { return e.local }
func (e *realEnd) Remote() string { return e.remote }

func (e *realEnd) Read(p *Proc, b []byte, timeout time.Duration) (int, error) {
	p.Check()
	if err := e.n.fault(p, "recv", e.remote, 0); err != nil {
		if err == ErrTimeout {
			p.Sleep(max(timeout, 0))
		} else {
			e.Reset(p)
		}
		return 0, err
	}
	if e.closed {
		return 0, ErrClosed
	}
	if len(e.buf) == 0 {
		var n int
		var err error
		deadline := time.Time{}
		if timeout >= 0 {
			deadline = time.Now().Add(e.n.k.wall(timeout))
		}
		p.Await(Wait{For: "read", Object: e.remote}, func() {
			e.c.SetReadDeadline(deadline)
			n, err = e.c.Read(e.store)
		})
		if n == 0 && err != nil {
			return 0, netError(err, ErrReset)
		}
		e.buf = e.store[:n]
	}
	n := copy(b, e.buf)
	e.buf = e.buf[n:]
	return n, nil
}

func (e *realEnd) Write(p *Proc, b []byte) (int, error) {
	p.Check()
	if err := e.n.fault(p, "send", e.remote, len(b)); err != nil {
		if err == ErrTimeout {
			return len(b), nil
		}
		e.Reset(p)
		return 0, err
	}
	if e.closed {
		return 0, ErrClosed
	}
	own := append([]byte(nil), b...)
	var err error
	p.Await(Wait{For: "write", Object: e.remote}, func() { _, err = e.c.Write(own) })
	if err != nil {
		return 0, netError(err, ErrReset)
	}
	return len(b), nil
}

func (e *realEnd) CloseWrite(p *Proc) error {
	p.Check()
	if t, ok := e.c.(*net.TCPConn); ok {
		return t.CloseWrite()
	}
	return nil
}

func (e *realEnd) Close(p *Proc) error {
	p.Check()
	if e.closed {
		return ErrClosed
	}
	e.hangUp()
	return nil
}

func (e *realEnd) Reset(p *Proc) {
	p.Check()
	if t, ok := e.c.(*net.TCPConn); ok && !e.closed {
		t.SetLinger(0)
	}
	e.hangUp()
}

func (e *realEnd) hangUp() {
	e.closed = true
	e.c.Close()
	for i, x := range e.n.reals {
		if x == e {
			e.n.reals = append(e.n.reals[:i], e.n.reals[i+1:]...)
			break
		}
	}
}

// Do starts something that ends later and waits for it: fn runs on the
// scheduler and hands the finish function to whoever completes the work. In
// virtual time the kernel runs until then, for at most limit; in real time the
// caller, which is not the kernel's goroutine, waits. It reports whether the
// work was finished.
func (k *Kernel) Do(limit time.Duration, fn func(finish func())) bool {
	if k.real == nil {
		finished := false
		fn(func() { finished = true; k.Halt() })
		for until := k.now.Add(limit); !finished; {
			if k.Run(until) != StopHalted {
				break
			}
		}
		return finished
	}
	done := make(chan struct{})
	k.real.post(func() { fn(func() { close(done) }) })
	select {
	case <-done:
		return true
	case <-k.real.gone:
		return false
	}
}
