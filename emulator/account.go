package emulator

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/internal/sim"
	"gwkit/emulator/internal/smarthost"
)

// The load generator writes a token into the subject and the first line of
// each message: "gwemu-" and seven digits. Where the token is found, the
// message is. Programs know nothing of it.
const tokenMark = "gwemu-"

const tokenDigits = 7

func appendToken(dst []byte, n int) []byte {
	dst = append(dst, tokenMark...)
	at := len(dst)
	for dst = strconv.AppendInt(dst, int64(n), 10); len(dst)-at < tokenDigits; {
		dst = slices.Insert(dst, at, '0')
	}
	return dst
}

// tokenAt reads the token that text begins with.
func tokenAt[T string | []byte](text T) (int, bool) {
	if len(text) < len(tokenMark)+tokenDigits || string(text[:len(tokenMark)]) != tokenMark {
		return 0, false
	}
	n, err := strconv.Atoi(string(text[len(tokenMark) : len(tokenMark)+tokenDigits]))
	return n, err == nil
}

// eachToken calls fn for the first token of each line that has one.
func eachToken(data []byte, fn func(n int)) {
	for {
		i := bytes.Index(data, []byte(tokenMark))
		if i < 0 {
			return
		}
		if n, ok := tokenAt(data[i:]); ok {
			fn(n)
		}
		data = data[i+len(tokenMark):]
	}
}

type direction uint8

const (
	inbound  direction = iota // from the Internet to a user
	outbound                  // from a user to the Internet
)

// tracked is one message of the load.
type tracked struct {
	dir       direction
	refused   bool // the client could not send it
	returned  bool // a report about it reached the sender
	leaving   bool // its reader is deleting it: seen, but maybe still there
	delivered uint16
	at        sim.Time // offered
	delay     time.Duration
	size      int32
}

// account knows every message of the load and what was seen of it.
type account struct {
	w    *World
	msgs []tracked
}

func (a *account) init(w *World) { a.w = w }

func (a *account) offer(dir direction, size int) int {
	a.msgs = append(a.msgs, tracked{dir: dir, at: a.w.k.Now(), size: int32(size)})
	return len(a.msgs) - 1
}

func (a *account) get(n int) *tracked {
	if n < 0 || n >= len(a.msgs) {
		return nil // somebody else's text looks like a token
	}
	return &a.msgs[n]
}

// labelOf names a message in the events of a smart host.
func (a *account) labelOf(m *smarthost.Message) string {
	head := m.Data[:min(len(m.Data), 4<<10)]
	if i := bytes.Index(head, []byte("Subject: "+tokenMark)); i >= 0 {
		return string(head[i+len("Subject: ") : min(len(head), i+len("Subject: ")+len(tokenMark)+tokenDigits)])
	}
	return m.ID
}

// outside sees a message that reached the Internet and says whether it was
// one of the load.
func (a *account) outside(data []byte, now sim.Time) bool {
	head := data[:min(len(data), 16<<10)]
	if i := bytes.Index(head, []byte("\nSubject: ")); i >= 0 || bytes.HasPrefix(head, []byte("Subject: ")) {
		if i >= 0 {
			i++
		} else {
			i = 0
		}
		if n, ok := tokenAt(head[i+len("Subject: "):]); ok {
			if t := a.get(n); t != nil && t.dir == outbound {
				t.delivered++
				if t.delivered == 1 {
					t.delay = now.Sub(t.at)
				}
				return true
			}
		}
	}
	found := false
	eachToken(head, func(n int) { // a report about it
		if t := a.get(n); t != nil && t.dir == inbound {
			t.returned, found = true, true
		}
	})
	return found
}

// inside sees an item of a user's mailbag.
func (a *account) inside(h *postoffice.Header, text func() []byte) bool {
	if n, ok := tokenAt(h.Subject); ok {
		if t := a.get(n); t != nil {
			if t.leaving {
				return true
			}
			t.delivered++
			if t.delivered == 1 {
				t.delay = max(a.wall(h.Time).Sub(t.at), 0)
			}
			return true
		}
	}
	if !strings.HasPrefix(h.Subject, "Undeliverable:") && !strings.EqualFold(h.Subject, "Mail failure") {
		return false
	}
	found := false
	eachToken(text(), func(n int) {
		if t := a.get(n); t != nil {
			t.returned, found = true, true
		}
	})
	return found
}

// leaving says whether a reader who was counted as having an item is deleting
// it. A run may end meanwhile, or the deletion may fail: whoever sees the item
// then must not count it again.
func (a *account) leaving(h *postoffice.Header, on bool) {
	if n, ok := tokenAt(h.Subject); ok {
		if t := a.get(n); t != nil {
			t.leaving = on
		}
	}
}

// wall turns a time of a mailbag, which has no zone, into virtual time.
func (a *account) wall(t time.Time) sim.Time {
	return sim.Time(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, a.w.zone).UnixNano())
}
