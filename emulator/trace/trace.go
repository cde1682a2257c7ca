// Package trace holds the events of a run, their digest and their text forms.
//
// Goals: one small value per thing that happened, the same on every machine;
// a running digest that costs a few nanoseconds an event, so it is always on;
// writers for people (text) and programs (JSON lines). Package timeline below
// draws them.
//
// Non-goals: logging. Nothing here knows the wall clock, real paths or host
// names, so two runs of the same site, load, seed and schedule give the same
// bytes.
package trace

import (
	"math/bits"
	"time"
)

// Event is one thing that happened. Strings are shared, not copied: a sink
// that keeps an event keeps the struct.
type Event struct {
	Step   uint64 // ordinal of the event in the run, from 1
	Time   int64  // virtual nanoseconds since the Unix epoch
	Who    string // "GW1/SMTPGET", "mail.company.com/smtpd"
	Op     string // "open", "read", "send", "prompt", ...
	Object string // `M:\SMTP\FROM_NC.API`, "11.1.16.15:25", a token
	Result string // "" when all went well
	Size   int    // bytes moved, or 0
	During string // of a prompt: the operation that met the error, "remove"; it is no part of the digest
}

// Sink receives the events of a run in order.
type Sink interface{ Event(*Event) }

// Digest is a running 64-bit hash of a run. The zero value is ready.
//
// It is a multiply-and-fold hash with fixed constants: not cryptographic, but
// equal inputs give equal digests on every platform.
type Digest struct {
	h uint64
	n uint64
}

const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0xd1b54a32d192ed03
)

// Uint mixes one number into the digest.
func (d *Digest) Uint(x uint64) {
	hi, lo := bits.Mul64(d.h^x^mixA, mixB^x)
	d.h = hi ^ lo
	d.n++
}

// String mixes a text into the digest, eight bytes at a time.
func (d *Digest) String(s string) {
	h := d.h ^ uint64(len(s))
	i := 0
	for ; i+8 <= len(s); i += 8 {
		hi, lo := bits.Mul64(h^word(s[i:]), mixA)
		h = hi ^ lo
	}
	var x uint64 // the rest, in one load or two that overlap
	switch n := len(s); {
	case i == n:
	case i > 0:
		x = word(s[n-8:]) >> (8 * (8 - (n - i)))
	case n >= 4:
		x = half(s) | half(s[n-4:])<<(8*(n-4))
	default:
		x = uint64(s[0]) | uint64(s[n/2])<<(8*(n/2)) | uint64(s[n-1])<<(8*(n-1))
	}
	hi, lo := bits.Mul64(h^x, mixB)
	d.h = hi ^ lo ^ h
	d.n++
}

// Reset makes the digest as good as new.
func (d *Digest) Reset() { *d = Digest{} }

// word reads the first eight bytes of s, low byte first.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// half reads the first four.
func half(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

// Sum returns the digest so far.
func (d *Digest) Sum() uint64 { return bits.RotateLeft64(d.h, 17) ^ d.n*mixA }

// Recorder keeps events in memory, at most Limit of them (0: all). When the
// limit is reached the oldest are dropped, so that the last ones before a
// failure are there.
type Recorder struct {
	Limit  int
	events []Event
	start  int
}

// Event implements Sink.
func (r *Recorder) Event(e *Event) {
	if r.Limit > 0 && len(r.events) == r.Limit {
		r.events[r.start] = *e
		r.start = (r.start + 1) % r.Limit
		return
	}
	r.events = append(r.events, *e)
}

// Events returns what is kept, oldest first.
func (r *Recorder) Events() []Event {
	out := make([]Event, 0, len(r.events))
	out = append(out, r.events[r.start:]...)
	return append(out, r.events[:r.start]...)
}

// Tee sends each event to all sinks, in order.
type Tee []Sink

// Event implements Sink.
func (t Tee) Event(e *Event) {
	for _, s := range t {
		s.Event(e)
	}
}

// Clock prints a virtual time as hours, minutes, seconds and milliseconds
// since the start of the run.
func Clock(dst []byte, ns int64) []byte {
	neg := ns < 0
	if neg {
		ns = -ns
		dst = append(dst, '-')
	}
	ms := ns / int64(time.Millisecond)
	h, m, s, f := ms/3600000, ms/60000%60, ms/1000%60, ms%1000
	if h < 10 {
		dst = append(dst, '0')
	}
	dst = appendInt(dst, h)
	dst = append(dst, ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10), '.')
	return append(dst, byte('0'+f/100), byte('0'+f/10%10), byte('0'+f%10))
}

func appendInt(dst []byte, n int64) []byte {
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return append(dst, b[i:]...)
		}
	}
}
