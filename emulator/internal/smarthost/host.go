package smarthost

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/mhale/smtpd"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
)

// Config describes a smart host. Only Name and IP are required.
type Config struct {
	Name string // Internet name: in replies, in HELO, in the Received field
	IP   string // it listens on port 25 of this address

	Profile  string         // who it sounds like: ProfileSendmail ("") or ProfileLibrary
	Received string         // what it puts before a message: ReceivedSendmail ("" with ProfileSendmail), ReceivedLibrary ("" with ProfileLibrary) or ReceivedNone
	Zone     *time.Location // of the dates it writes; nil: the zone of the run
	Loose    bool           // no sequence of commands and no line length is enforced
	BareLF   string         // a line that ends in LF alone: BareLFPass (""), BareLFRefuse or BareLFLibrary

	MaxSize       int // longest message, in bytes; 0: 64 MB, which is there to protect us and is not announced
	MaxRecipients int // of one message; 0: 100

	Speak        string // dialect of the sessions it begins, a name of fault.Dialects; "": HELO, then in order
	Parallel     int    // sessions to one destination at a time; 0: 1
	SessionLimit int    // messages in one session to a destination; 0: 10

	Routes       []Route
	Aliases      []Alias
	LocalDomains []string // domains whose mailboxes are here, besides Name
	LocalUsers   []string // mailboxes of the local domains; nil: every one exists
	Relay        string   // "ip" or "ip:port" that takes mail for the Internet; "": it rests here, see OnDeliver

	QueueInterval time.Duration // from a failed attempt to the next; 0: 30 minutes
	IntervalMax   time.Duration // the interval doubles with each failure up to this; 0: 4 hours
	RetryLimit    int           // attempts before mail is returned; 0: only MaxAge counts
	MaxAge        time.Duration // mail that waits longer is returned; 0: 3 days
	Timeouts      Timeouts

	Native bool // answer without mhale/smtpd, for explored runs

	Faults     sim.Faults            // asked before each reply and each session; nil: none
	Label      func(*Message) string // name of a message in events; nil: its ID
	Transcript int                   // lines of dialogue to keep; 0: none
}

// Route sends mail for a domain to a gateway PC, as an MX record or a line of
// a hosts file would. Q101459 Q115496
type Route struct {
	Domain string // "hub.company.com"; ".company.com" stands for every domain below it
	IP     string // "ip" or "ip:port"
	Host   string // name of the gateway, which the dialect strict-greeting looks for; may be ""
}

// Alias rewrites a recipient. Case is ignored.
type Alias struct{ Address, To string }

// The names for Config.Profile.
const (
	ProfileSendmail = "sendmail" // a UNIX host of 1993, Sendmail 4.1/SMI-4.1. Q112286
	ProfileLibrary  = "library"  // what mhale/smtpd says itself
)

// The names for Config.Received.
const (
	ReceivedSendmail = "sendmail" // one field of the period, with the message's id
	ReceivedLibrary  = "library"  // the three lines of the library, in virtual time
	ReceivedNone     = "none"
)

// The names for Config.BareLF.
const (
	BareLFPass    = "pass"    // accepted and kept; only CR LF . CR LF ends a message
	BareLFRefuse  = "refuse"  // 500 for a command, 554 after the message
	BareLFLibrary = "library" // as mhale/smtpd: LF . CR LF ends a message too
)

// Message is one mail in the hands of the host. Nobody changes it after it was
// accepted.
type Message struct {
	ID    string // "AA01410"
	Label string // from Config.Label, or the ID
	From  string // reverse-path without brackets; "" in returned mail
	To    []string
	Data  []byte // header and body, lines end in CR LF as they came
	Time  sim.Time
	Peer  string // "ip:port" of the client; "" for mail that was submitted or returned

	Returned bool // made here, about mail that cannot be delivered

	date    time.Time
	holders int // who may still look at Data: see Release
}

// bodiesKept is how many buffers of messages are kept for the next ones.
const bodiesKept = 16

// body returns an empty buffer for a message of so many bytes.
func (h *Host) body(size int) []byte {
	if n := len(h.bodies); n > 0 {
		b := h.bodies[n-1]
		h.bodies = h.bodies[:n-1]
		if cap(b) >= size {
			return b
		}
	}
	return make([]byte, 0, size)
}

// Release says that the caller, who got m from Submit or OnDeliver, holds no
// part of it any more. When the host is done with it too, the memory of its
// Data is used again. Nobody must call it; without it the message lasts.
func (h *Host) Release(m *Message) {
	m.holders--
	if m.holders == 0 && cap(m.Data) <= bufferKept && len(h.bodies) < bodiesKept {
		h.bodies = append(h.bodies, m.Data[:0])
		m.Data = nil
	}
}

// Counters are sums since New.
type Counters struct {
	Sessions  int // incoming sessions
	Received  int // messages accepted over SMTP
	Bytes     int // of their data
	Submitted int // messages that came without SMTP
	Refused   int // commands and messages answered with 4xx or 5xx
	Pipelined int // sessions in which a client did not wait for a reply
	Delivered int // recipients that rest here: local mailboxes and the Internet
	Calls     int // outgoing sessions begun
	LostCalls int // of these, not connected or broken off
	Sent      int // recipients handed to another host
	Deferred  int // times an attempt failed and mail stays in the queue
	Returned  int // messages made for senders whose mail failed
	Dropped   int // failed returned mail, which went to the postmaster here
	Uncertain int // times the connection was lost between final dot and reply
}

// Host is a UNIX smart host in a run.
type Host struct {
	k       *sim.Kernel
	cfg     Config
	name    string
	process string // name of its sessions
	address string // "ip:port" that it listens at
	profile *profile
	zone    *time.Location
	limits  Timeouts

	server   *sim.Foreign
	listener *sim.Listener
	current  *session // the session that the library works for; see serveLibrary
	open     int      // incoming sessions
	sessions int
	port     int // of the latest outgoing session
	serial   int // of the latest message
	closed   bool
	buffers  [][]byte // of sessions that have ended
	calls    []*call  // likewise
	plain    []byte   // a message without the dots; see native
	bodies   [][]byte // of messages that nobody holds

	routes     map[string]*destination // by lower-case domain
	relay      *destination
	byAddress  map[string]*destination
	queues     []*destination // in order of creation
	aliases    map[string]string
	local      map[string]bool
	users      map[string]bool
	onDeliver  func(*Message, string)
	counters   Counters
	transcript transcript
}

// messageMax bounds a message when the site sets no limit.
//
// invented: no article names a limit of the smart host; this one only keeps a
// hostile client from filling our memory.
const messageMax = 64 << 20

// New starts a smart host: it listens at once and accepts mail when the kernel
// runs. Close ends it. The error says which field of cfg is wrong, or is
// sim.ErrInUse when something listens there already.
func New(k *sim.Kernel, cfg Config) (*Host, error) {
	h := &Host{
		k: k, cfg: cfg, name: cfg.Name, zone: cfg.Zone, limits: cfg.Timeouts.withDefaults(),
		routes: map[string]*destination{}, byAddress: map[string]*destination{},
		aliases: map[string]string{}, local: map[string]bool{},
	}
	if err := h.configure(); err != nil {
		return nil, fmt.Errorf("cannot start smart host %q: %w", cfg.Name, err)
	}
	h.process, h.address = h.name+"/smtpd", cfg.IP+":25"
	if err := h.listen(); err != nil {
		return nil, err
	}
	if !cfg.Native {
		h.server = sim.NewForeign(h.serveLibrary)
	}
	k.Go(h.process, h.accept).Daemon()
	return h, nil
}

func (h *Host) listen() error {
	l, err := h.k.Net().Listen(h.address)
	if err != nil {
		return fmt.Errorf("cannot start smart host %q: %w", h.name, err)
	}
	l.Unlimited()
	h.listener = l
	return nil
}

// Restart makes a native host as good as new after the kernel's Reset. What
// OnDeliver set stays.
func (h *Host) Restart() error {
	if h.server != nil {
		return fmt.Errorf("cannot restart smart host %q: only a native one can be", h.name)
	}
	if err := h.listen(); err != nil {
		return err
	}
	h.current, h.closed = nil, false
	h.open, h.sessions, h.port, h.serial = 0, 0, 0, 0
	h.counters = Counters{}
	h.transcript = transcript{limit: h.transcript.limit}
	for _, d := range h.queues {
		clear(d.items)
		d.items, d.active, d.fails, d.notYet, d.armed = d.items[:0], 0, 0, 0, sim.Forever
	}
	h.k.Go(h.process, h.accept).Daemon()
	return nil
}

func (h *Host) configure() error {
	c := &h.cfg
	if c.Name == "" || !plainName(c.Name) {
		return fmt.Errorf("bad name %q", c.Name)
	}
	if net.ParseIP(c.IP) == nil {
		return fmt.Errorf("bad IP address %q", c.IP)
	}
	h.profile = profiles[c.Profile]
	if h.profile == nil {
		return fmt.Errorf("unknown profile %q, want %s or %s", c.Profile, ProfileSendmail, ProfileLibrary)
	}
	switch c.Received {
	case "":
		c.Received = ReceivedSendmail
		if h.profile.own {
			c.Received = ReceivedLibrary
		}
	case ReceivedSendmail, ReceivedLibrary, ReceivedNone:
	default:
		return fmt.Errorf("unknown kind of Received field %q", c.Received)
	}
	switch c.BareLF {
	case "":
		c.BareLF = BareLFPass
	case BareLFPass, BareLFRefuse, BareLFLibrary:
	default:
		return fmt.Errorf("unknown policy for bare LF %q", c.BareLF)
	}
	if c.Speak != "" && !knownDialect(c.Speak) {
		return fmt.Errorf("unknown dialect %q", c.Speak)
	}
	if h.zone == nil {
		h.zone = h.k.Clock().Location()
	}
	orElse(&c.MaxRecipients, 100) // RFC 821 4.5.3
	orElse(&c.Parallel, 1)        // the gateway serves one call at a time. Q132060
	orElse(&c.SessionLimit, 10)
	orElse(&c.QueueInterval, 30*time.Minute)
	orElse(&c.IntervalMax, 4*time.Hour)
	orElse(&c.MaxAge, 72*time.Hour)
	c.IntervalMax = max(c.IntervalMax, c.QueueInterval)
	if h.cfg.Label == nil {
		h.cfg.Label = func(m *Message) string { return m.ID }
	}
	h.transcript.limit = max(c.Transcript, 0)
	return h.configureRoutes()
}

// orElse gives a field that is not positive its default.
func orElse[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// plainName reports whether a text can stand in a reply and in a field.
func plainName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7F || r == '%' || r == '<' || r == '>' })
}

// errRefused makes the library refuse; what the client reads is the session's
// refusal. The text never varies because the library formats it twice.
var errRefused = errors.New("451 refused")

// serveLibrary runs mhale/smtpd. Every field is set because Serve has no
// defaults: without MaxRecipients sessions race for it, without
// DisableReverseDNS one lookup stops all of them. Timeout 0: our table rules.
// MaxSize 0: the library would read the rest of the message as commands.
//
// Its hooks run while the process of h.current waits, at one instant. They
// must not call the kernel.
func (h *Host) serveLibrary(l net.Listener) error { return h.library().Serve(l) }

// library is the server with every field that has a trap behind it set, or left out on
// purpose: no log in, no TLS, no XCLIENT, no size, no time-out of its own.
func (h *Host) library() *smtpd.Server {
	return &smtpd.Server{
		Appname: "smtpd", Hostname: h.name, DisableReverseDNS: true, MaxRecipients: h.cfg.MaxRecipients,
		HandlerRcpt: func(_ net.Addr, _, to string) bool { return h.current.wants(to) },
		Handler: func(_ net.Addr, from string, to []string, data []byte) error {
			return h.current.take(from, to, data)
		},
	}
}

// accept gives each connection a process.
func (h *Host) accept(p *sim.Proc) {
	for {
		s, err := h.listener.Accept(p, -1)
		if err != nil {
			return // Close
		}
		h.sessions++
		h.open++
		h.counters.Sessions++
		x := &session{h: h, s: s, n: h.sessions, peer: s.Remote()}
		h.k.Go(h.process, x.run)
	}
}

// Close ends the listener and the library. Processes of the host that still
// live see their connections closed. It may be called before or after the
// kernel's Close.
func (h *Host) Close() error {
	if h.closed {
		return nil
	}
	h.closed = true
	h.listener.Close(h.k)
	if h.server == nil {
		return nil
	}
	if err := h.server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("cannot close smart host %q: %w", h.name, err)
	}
	return nil
}

// Name returns the host's name, which is also the Who of its events.
func (h *Host) Name() string { return h.name }

// Counters returns the sums so far.
func (h *Host) Counters() Counters { return h.counters }

// OnDeliver sets what is told of each recipient whose mail came to rest here:
// a local mailbox, or the Internet when there is no Relay. The host keeps
// nothing of it. fn must not wait; it holds the message until it calls Release.
func (h *Host) OnDeliver(fn func(m *Message, recipient string)) { h.onDeliver = fn }

// Idle reports that no session is open and no mail waits.
func (h *Host) Idle() bool {
	if h.open > 0 {
		return false
	}
	for _, d := range h.queues {
		if len(d.items) > 0 || d.active > 0 {
			return false
		}
	}
	return true
}

// Submit hands mail to the host without SMTP, as from a program on it or from
// the Internet, and returns it with its ID. Lines of data end in CR LF; the
// host copies it. Any process may call it, and the scheduler. The caller holds
// the message until it calls Release.
func (h *Host) Submit(from string, to []string, data []byte) *Message {
	m := h.message(from, append([]string(nil), to...))
	field := h.received(nil, m, "", "")
	m.Data = append(append(h.body(len(field)+len(data)), field...), data...)
	m.Label = h.cfg.Label(m)
	h.counters.Submitted++
	h.k.Emit(h.name, "submit", m.Label, "", len(m.Data))
	h.route(m)
	return m
}

// message makes a message without data at the present instant. The caller holds
// it.
func (h *Host) message(from string, to []string) *Message {
	h.serial++
	return &Message{ID: queueID(h.serial), From: from, To: to, Time: h.k.Now(), date: h.date(), holders: 1}
}

// effect asks the faults about an operation of the host.
func (h *Host) effect(op, object string) fault.Effect {
	f := h.cfg.Faults
	if f == nil || !f.Active() {
		return fault.Effect{}
	}
	return f.At(&fault.Point{Who: h.name, Op: op, Object: object, Time: int64(h.k.Now().Sub(h.k.Start()))})
}
