// Package fault has the faults of a run as printable values: what goes wrong,
// where and when, as one line of text that parses back.
//
//	disk-full at=M: from=10m until=20m
//	smtp-reply reply="451 try again later" at=RCPT times=3
//
// Goals: a fault is data that a site file, a command or a counterexample can
// carry; whoever performs an operation asks At before it and applies the
// Effect; the same operations in the same order give the same effects.
//
// Non-goals: performing the effect (the PC, the network and the smart host do
// that), chance (a fault counts operations or looks at virtual time; a
// schedule of random faults is a list of these), and faults that follow from
// configuration, such as a program missing on a disk or FILES= too low.
//
// # Text
//
// A fault is the name of its kind and then key=value words in any order. A
// value with blanks stands in double quotes with Go's escapes. Keys of every
// kind:
//
//	at=PATTERN   the object: a file (M:\SMTP\*.API), a program for spawn, an
//	             address (11.1.16.15:25), an SMTP verb. Case is ignored, * is any
//	             text, ? one character. A pattern that ends in : or \ stands for
//	             everything below. Without it: every object.
//	who=PATTERN  the PC or PC/program; who=GW1 is every program of GW1.
//	op=a,b       only these operations, of those the kind applies to.
//	from=10m     virtual time since the start of the run, from which
//	until=20m    and before which the fault is there.
//	nth=5        the first matching operation that is hit, counted from 1.
//	every=3      from there on, every third one.
//	times=2      no more than two are hit. 0 is without limit.
//
// A fault whose who= or at= matches nothing that an installation has can never
// strike; Names.Check finds it.
//
// # Why
//
// A fault counts what it has seen, so a value belongs to one run: parse the
// text again for the next one. The alternative, stateless faults with a state
// table in the injector, was refused because each kind would then need two
// types.
package fault

import "time"

// Point is one operation that is about to happen.
type Point struct {
	Who    string // PC and program: "GW1/SMTPGET"; for the smart host its name
	Op     string // one of the Op constants
	Object string // file name with drive, program, address, or SMTP verb
	Size   int    // bytes to be moved; 0 when that is unknown
	Time   int64  // virtual nanoseconds since the start of the run
}

// The operations. A name that is not listed matches a fault without op= whose
// kind applies to every operation.
const (
	OpOpen     = "open"     // open an existing file; Object is its name
	OpCreate   = "create"   // create or truncate a file
	OpRead     = "read"     // read Size bytes
	OpWrite    = "write"    // write Size bytes
	OpRename   = "rename"   // Object is the old name
	OpRemove   = "remove"   // delete a file
	OpClose    = "close"    // close a handle
	OpLock     = "lock"     // lock a range of bytes
	OpUnlock   = "unlock"   // give it back
	OpFind     = "find"     // search a directory, ask about a file
	OpAttr     = "attr"     // change attributes
	OpMkdir    = "mkdir"    // make a directory
	OpRmdir    = "rmdir"    // remove one
	OpTruncate = "truncate" // change the length of an open file
	OpSpawn    = "spawn"    // start a program; Object is its name
	OpConnect  = "connect"  // open a TCP connection; Object is ip:port
	OpSend     = "send"     // send Size bytes; Object is the peer's ip:port
	OpRecv     = "recv"     // wait for bytes
	OpSMTP     = "smtp"     // the smart host answers; Object is the verb
	OpSession  = "session"  // the smart host begins a session as a client
	OpClock    = "clock"    // a PC reads its clock
)

// The SMTP verbs that are no commands of a client.
const (
	VerbConnect = "CONNECT" // the greeting of a new session
	VerbBody    = "."       // the line that ends a message
	VerbUnknown = "UNKNOWN" // whatever is no verb
)

// Effect is what happens to an operation. The zero Effect is nothing.
type Effect struct {
	Err      uint16        // DOS error code of the operation; 0: none
	Critical bool          // Err is a critical error (INT 24): the PC prompts
	Net      string        // one of the Net constants; "": nothing
	Delay    time.Duration // time that passes before the operation
	Reply    string        // SMTP reply to send instead of the own one
	Speak    string        // name of a dialect of Dialects for this session
	Cut      int           // bytes at the end of a write that never reach the disk
	Crash    bool          // power fails on this PC before the operation
	Clock    time.Duration // what to add to the clock that is read
}

// What happens to a network operation.
const (
	NetRefuse      = "refuse"      // connection refused
	NetUnreachable = "unreachable" // no route to the host
	NetReset       = "reset"       // the connection breaks
	NetStall       = "stall"       // nothing moves any more; timeouts are the way out
	NetClose       = "close"       // the peer closes without a reply
)

// DOS error codes of the kinds here.
const (
	errAccessDenied     = 5
	errNotEnoughMemory  = 8
	errWriteProtect     = 19
	errSharingViolation = 32
	errDiskFull         = 39
	errDeviceGone       = 55
)

// Fault is one fault. String returns the text that Parse reads. At says what
// happens to an operation and counts it; it is asked once for each, in order.
type Fault interface {
	String() string
	At(*Point) Effect
}

// Set is the faults of a run, in the order they were added. The zero Set, and
// a nil one, has none and costs nothing to ask.
type Set struct {
	faults []Fault
	ops    opSet
}

// Active reports whether there is any fault, for callers that want to save the
// making of a Point.
func (s *Set) Active() bool { return s != nil && len(s.faults) > 0 }

// Add puts a fault at the end.
func (s *Set) Add(f Fault) {
	s.faults = append(s.faults, f)
	s.ops |= opsOf(f)
}

// Remove takes out the first fault with a text, and reports whether there was
// one.
func (s *Set) Remove(text string) bool {
	for i, f := range s.faults {
		if f.String() == text {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			s.ops = 0
			for _, f := range s.faults {
				s.ops |= opsOf(f)
			}
			return true
		}
	}
	return false
}

// Clear takes out all faults.
func (s *Set) Clear() { *s = Set{} }

// List returns the faults in order.
func (s *Set) List() []Fault {
	if s == nil {
		return nil
	}
	return append([]Fault(nil), s.faults...)
}

// At asks every fault and puts the effects together: delays and clock errors
// add up, the largest cut counts, and of errors, network effects, replies and
// dialects the one of the earliest fault.
func (s *Set) At(p *Point) Effect {
	if s == nil || s.ops&opOf(p.Op) == 0 {
		return Effect{}
	}
	var sum Effect
	for _, f := range s.faults {
		e := f.At(p)
		if e == (Effect{}) {
			continue
		}
		if sum.Err == 0 {
			sum.Err, sum.Critical = e.Err, e.Critical
		}
		if sum.Net == "" {
			sum.Net = e.Net
		}
		if sum.Reply == "" {
			sum.Reply = e.Reply
		}
		if sum.Speak == "" {
			sum.Speak = e.Speak
		}
		sum.Delay += e.Delay
		sum.Clock += e.Clock
		sum.Cut = max(sum.Cut, e.Cut)
		sum.Crash = sum.Crash || e.Crash
	}
	return sum
}

// opsOf is what a fault can match; a Fault of another package may match all.
func opsOf(f Fault) opSet {
	if m, ok := f.(interface{ applies() opSet }); ok {
		return m.applies()
	}
	return anyOp
}
