package sim

import (
	"errors"
	"io"
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/schedule"
)

// Errors of the network. A program maps them to the numbers its stack shows.
var (
	ErrRefused     = errors.New("connection refused")
	ErrUnreachable = errors.New("host unreachable")
	ErrReset       = errors.New("connection reset by peer")
	ErrTimeout     = errors.New("timed out")
	ErrClosed      = errors.New("connection closed")
	ErrInUse       = errors.New("address in use")
	ErrInterrupted = errors.New("interrupted")
)

// Stream is one end of a connection between two hosts, simulated or real.
// Reads block the process for at most timeout (negative: for ever) and return
// io.EOF after the peer closed its side, ErrReset, ErrTimeout or ErrClosed.
type Stream interface {
	Read(p *Proc, b []byte, timeout time.Duration) (int, error)
	Write(p *Proc, b []byte) (int, error)
	CloseWrite(p *Proc) error // half close: the peer reads io.EOF, we still read
	Close(p *Proc) error
	Reset(p *Proc)
	Local() string  // "ip:port"
	Remote() string // "ip:port"
}

// Link is the line between two hosts.
type Link struct {
	Delay          time.Duration // one way
	BytesPerSecond int           // charged to the writer; 0: no limit
}

// backlog is how many connections wait at a listener before further ones are
// refused. invented: no article tells the stacks' backlog; five is BSD's
// classic SOMAXCONN.
const backlog = 5

// Net connects the hosts of a run by address. Addresses are "ip:port" texts;
// nothing is looked up.
type Net struct {
	k         *Kernel
	Link      Link                 // of every pair of hosts
	listeners map[string]*Listener // by "ip:port"
	down      map[string]bool      // hosts without power, by ip
	owners    map[string]string    // host that has an ip
	real      map[string]string    // simulated address -> real one to dial
	ends      map[string][]*end    // open ends by local ip, to cut on power loss
	free      [][]byte             // segment buffers
	closers   []io.Closer          // real listeners
	reals     []*realEnd           // open real connections
}

func newNet(k *Kernel) *Net {
	return &Net{k: k, listeners: map[string]*Listener{}, down: map[string]bool{}, owners: map[string]string{}, real: map[string]string{}, ends: map[string][]*end{}}
}

// reset forgets all listeners, connections and hosts.
func (n *Net) reset() {
	clear(n.listeners)
	clear(n.down)
	clear(n.owners)
	for ip, ends := range n.ends {
		clear(ends)
		n.ends[ip] = ends[:0]
	}
}

func hostOf(addr string) string {
	for i := len(addr) - 1; i >= 0; i-- {
		if addr[i] == ':' {
			return addr[:i]
		}
	}
	return addr
}

// Listener accepts connections at one address.
type Listener struct {
	n       *Net
	addr    string
	queue   []Stream
	arrived Cond
	closed  bool
	any     bool // no backlog limit: a UNIX host
	broken  bool // Interrupt was called
}

// Listen opens a listener at "ip:port"; ErrInUse when there is one.
func (n *Net) Listen(addr string) (*Listener, error) {
	if n.listeners[addr] != nil {
		return nil, ErrInUse
	}
	l := &Listener{n: n, addr: addr}
	n.listeners[addr] = l
	return l, nil
}

// Unlimited lifts the backlog limit, for a host that serves many at once.
func (l *Listener) Unlimited() { l.any = true }

// Pending returns how many connections wait to be accepted.
func (l *Listener) Pending() int { return len(l.queue) }

// Accept returns the next connection; ErrTimeout after timeout (negative:
// never), ErrClosed when the listener was closed, ErrInterrupted after
// Interrupt.
func (l *Listener) Accept(p *Proc, timeout time.Duration) (Stream, error) {
	deadline := deadlineOf(p, timeout)
	for {
		p.Check()
		if l.closed {
			return nil, ErrClosed
		}
		if l.broken {
			l.broken = false
			return nil, ErrInterrupted
		}
		if len(l.queue) > 0 {
			s := l.queue[0]
			l.queue = append(l.queue[:0], l.queue[1:]...)
			return s, nil
		}
		if !l.arrived.Wait(p, Wait{For: "accept", Object: l.addr}, remaining(p, deadline)) {
			return nil, ErrTimeout
		}
	}
}

// Close closes the listener and resets what was not accepted.
func (l *Listener) Close(k *Kernel) {
	if l.closed {
		return
	}
	l.closed = true
	delete(l.n.listeners, l.addr)
	for _, s := range l.queue {
		if e, ok := s.(*end); ok {
			e.abort()
		}
	}
	l.queue = nil
	l.arrived.Broadcast(k)
}

// Unlisten closes whatever listens at an address, so that another host can
// take its place.
func (n *Net) Unlisten(addr string) {
	if l := n.listeners[addr]; l != nil {
		l.Close(n.k)
	}
}

// Interrupt makes a pending Accept return at once: a program that waits for a
// call or a key, whichever comes first.
func (l *Listener) Interrupt() {
	if l.arrived.Waiters() > 0 {
		l.broken = true
		l.arrived.Broadcast(l.n.k)
	}
}

func deadlineOf(p *Proc, timeout time.Duration) Time {
	if timeout < 0 {
		return Forever
	}
	return p.k.now.Add(timeout)
}

func remaining(p *Proc, deadline Time) time.Duration {
	if deadline == Forever {
		return -1
	}
	return max(deadline.Sub(p.k.now), 0)
}

// Dial connects the host with address from to the address to. It fails with
// ErrRefused when nobody listens there, and with ErrTimeout after timeout when
// the host is unknown or without power.
func (n *Net) Dial(p *Proc, from, to string, timeout time.Duration) (Stream, error) {
	p.Check()
	if err := n.fault(p, "connect", to, 0); err != nil {
		if err == ErrTimeout {
			p.Sleep(timeout)
		}
		return nil, err
	}
	if real, ok := n.real[to]; ok {
		return n.k.dialReal(p, from, real, timeout)
	}
	p.AtAddress("connect", to, schedule.Reads)
	l := n.listeners[to]
	if l == nil && (n.down[hostOf(to)] || !n.known(hostOf(to))) {
		p.Sleep(timeout)
		return nil, ErrTimeout
	}
	p.Sleep(2 * n.Link.Delay)
	if l = n.listeners[to]; l == nil || !l.any && len(l.queue) >= backlog {
		return nil, ErrRefused
	}
	a := &end{n: n, local: from, remote: to}
	b := &end{n: n, local: to, remote: from, peer: a}
	a.peer = b
	n.track(a)
	n.track(b)
	l.queue = append(l.queue, b)
	l.arrived.Signal(n.k)
	return a, nil
}

// known reports whether a host has ever listened or is powered: a host that
// was switched on with PowerOn answers, with a refusal, for ports nobody has.
func (n *Net) known(ip string) bool {
	if _, ok := n.down[ip]; ok {
		return true
	}
	for a := range n.listeners { // existence only: order does not matter
		if hostOf(a) == ip {
			return true
		}
	}
	return false
}

func (n *Net) track(e *end) {
	ip := hostOf(e.local)
	n.ends[ip] = append(n.ends[ip], e)
}

func (n *Net) untrack(e *end) {
	ip := hostOf(e.local)
	ends := n.ends[ip]
	for i, x := range ends {
		if x == e {
			n.ends[ip] = append(ends[:i], ends[i+1:]...)
			return
		}
	}
}

// Claim takes an address for a host until its PowerOff, and says whether it has
// got it.
//
// invented: a host that comes up and hears another answer for its address stays
// away from the network, and the other does not notice. No article tells what
// two PCs of one number do to each other.
func (n *Net) Claim(ip, host string) bool {
	owner, taken := n.owners[ip]
	if taken && owner != host {
		return false
	}
	n.owners[ip] = host
	return true
}

// PowerOn makes a host answer; connections from before a power cut are reset
// now, because the rebooted host no longer knows them.
func (n *Net) PowerOn(ip string) {
	n.down[ip] = false
	for _, e := range n.ends[ip] {
		if e.silent {
			e.peer.reset = true
			e.peer.arrived.Broadcast(n.k)
		}
	}
	n.ends[ip] = nil
}

// PowerOff takes a host away without a word: its listeners vanish, its
// connections fall silent, and the peers learn of it by time-out or when the
// host is switched on again.
func (n *Net) PowerOff(ip string) {
	n.down[ip] = true
	delete(n.owners, ip)
	for _, e := range n.ends[ip] {
		e.silent, e.closed = true, true
	}
	for _, e := range append([]*realEnd(nil), n.reals...) {
		if hostOf(e.local) == ip {
			e.hangUp()
		}
	}
	for a, l := range n.listeners { // each one is closed: order does not matter
		if hostOf(a) == ip {
			l.queue = nil
			l.closed = true
			delete(n.listeners, a)
		}
	}
}

// fault asks for the fault of one network operation and lets its delay pass.
func (n *Net) fault(p *Proc, op, object string, size int) error {
	f := n.k.faults
	if f == nil || !f.Active() {
		return nil
	}
	e := f.At(&fault.Point{Who: p.name, Op: op, Object: object, Size: size, Time: int64(n.k.now - n.k.start)})
	if e.Delay > 0 {
		p.Sleep(e.Delay)
	}
	switch e.Net {
	case "refuse":
		return ErrRefused
	case "reset":
		return ErrReset
	case "unreachable":
		return ErrUnreachable
	case "stall":
		return ErrTimeout
	}
	return nil
}

type segment struct {
	b   []byte
	off int
	at  Time
}

// end is one end of a simulated connection. Bytes travel in segments with a
// time of arrival; order never changes.
type end struct {
	n             *Net
	local, remote string
	peer          *end
	in            []segment
	first         [1]segment // where in begins: a dialogue has one under way at most
	arrived       Cond
	last          Time // arrival of the latest segment, so that none overtakes it
	eof           bool
	eofAt         Time
	closed        bool
	reset         bool
	silent        bool // host lost power: nothing leaves
}

func (e *end) Local() string  { return e.local }
func (e *end) Remote() string { return e.remote }

func (e *end) Read(p *Proc, b []byte, timeout time.Duration) (int, error) {
	p.Check()
	if err := e.n.fault(p, "recv", e.remote, 0); err != nil {
		if err == ErrTimeout { // a stalled line: wait as long as the reader would
			if timeout < 0 {
				(&Cond{}).Wait(p, Wait{For: "read", Object: e.remote}, -1)
			}
			p.Sleep(timeout)
			return 0, err
		}
		e.abort()
		return 0, err
	}
	deadline := deadlineOf(p, timeout)
	for {
		p.Check()
		switch {
		case e.closed:
			return 0, ErrClosed
		case e.reset:
			return 0, ErrReset
		}
		if len(e.in) > 0 {
			s := &e.in[0]
			if s.at <= p.k.now {
				n := copy(b, s.b[s.off:])
				s.off += n
				if s.off == len(s.b) {
					e.n.free = append(e.n.free, s.b[:0])
					e.in = append(e.in[:0], e.in[1:]...)
				}
				return n, nil
			}
			if s.at > deadline {
				p.Sleep(deadline.Sub(p.k.now))
				return 0, ErrTimeout
			}
			p.Sleep(s.at.Sub(p.k.now))
			continue
		}
		if e.eof {
			if e.eofAt > p.k.now {
				p.Sleep(e.eofAt.Sub(p.k.now))
				continue
			}
			return 0, io.EOF
		}
		if !e.arrived.Wait(p, Wait{For: "read", Object: e.remote}, remaining(p, deadline)) {
			return 0, ErrTimeout
		}
	}
}

func (e *end) Write(p *Proc, b []byte) (int, error) {
	p.Check()
	if err := e.n.fault(p, "send", e.remote, len(b)); err != nil {
		if err == ErrTimeout { // the bytes are lost on a stalled line
			return len(b), nil
		}
		e.abort()
		return 0, err
	}
	switch {
	case e.closed:
		return 0, ErrClosed
	case e.reset:
		return 0, ErrReset
	}
	if bps := e.n.Link.BytesPerSecond; bps > 0 {
		p.Sleep(time.Duration(len(b)) * time.Second / time.Duration(bps))
	}
	if e.silent || e.peer.silent {
		return len(b), nil
	}
	if e.peer.closed {
		e.reset = true
		return 0, ErrReset
	}
	if len(b) == 0 {
		return 0, nil
	}
	q := e.peer
	at := max(p.k.now.Add(e.n.Link.Delay), q.last)
	q.last = at
	if n := len(q.in); n > 0 && q.in[n-1].at == at && len(q.in[n-1].b)+len(b) <= 64<<10 {
		q.in[n-1].b = append(q.in[n-1].b, b...)
	} else {
		var buf []byte
		if n := len(e.n.free); n > 0 {
			buf, e.n.free = e.n.free[n-1], e.n.free[:n-1]
		}
		if q.in == nil {
			q.in = q.first[:0]
		}
		q.in = append(q.in, segment{b: append(buf, b...), at: at})
	}
	q.arrived.Signal(p.k)
	return len(b), nil
}

func (e *end) CloseWrite(p *Proc) error {
	p.Check()
	if e.closed {
		return ErrClosed
	}
	e.fin(p)
	return nil
}

func (e *end) fin(p *Proc) {
	q := e.peer
	if e.silent || q.silent || q.eof {
		return
	}
	q.eof = true
	q.eofAt = max(p.k.now.Add(e.n.Link.Delay), q.last)
	q.arrived.Broadcast(p.k)
}

func (e *end) Close(p *Proc) error {
	p.Check()
	if e.closed {
		return ErrClosed
	}
	if len(e.in) > 0 { // TCP resets a peer whose bytes nobody read
		e.abort()
		return nil
	}
	e.closed = true
	e.fin(p)
	e.n.untrack(e)
	return nil
}

func (e *end) Reset(p *Proc) {
	p.Check()
	e.abort()
}

func (e *end) abort() {
	if e.closed && !e.silent {
		return
	}
	e.closed = true
	e.n.untrack(e)
	if !e.silent && !e.peer.closed {
		e.peer.reset = true
		e.peer.arrived.Broadcast(e.n.k)
	}
}
