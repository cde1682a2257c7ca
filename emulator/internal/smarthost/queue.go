package smarthost

import (
	"time"

	"gwkit/emulator/internal/sim"
)

// destination is the mail for one other host, in order of arrival.
type destination struct {
	address string // "ip:port"
	host    string // its name, if known
	process string // name of its senders
	items   []*item
	active  int      // sessions
	fails   int      // of the host in a row: refused, silent, broken off
	notYet  sim.Time // no session before this
	armed   sim.Time // when the earliest timer that is set goes off
}

// item is a message with those of its recipients that still wait for this
// destination.
type item struct {
	msg   *Message
	to    []string
	why   string
	tries int
	since sim.Time
	next  sim.Time
	busy  bool
}

// Item is mail that waits in the queue.
type Item struct {
	Message *Message
	To      []string // recipients that still wait for it
	Dest    string   // "ip:port"
	Why     string   // what went wrong last; "" before the first attempt
	Tries   int
	Since   sim.Time
	Next    sim.Time // no attempt before this
	Sending bool
}

// Queue returns what waits, destination by destination, the oldest first.
func (h *Host) Queue() []Item {
	var out []Item
	for _, d := range h.queues {
		for _, it := range d.items {
			it.msg.holders++ // the caller's, for ever
			out = append(out, Item{it.msg, append([]string(nil), it.to...), d.address, it.why, it.tries, it.since, max(it.next, d.notYet), it.busy})
		}
	}
	return out
}

// Lengths calls fn for each destination with how many messages wait for it, and
// how many of these are put off until a later attempt. Unlike Queue it holds
// nothing.
func (h *Host) Lengths(fn func(dest string, waiting, later int)) {
	now := h.k.Now()
	for _, d := range h.queues {
		later := 0
		for _, it := range d.items {
			if !it.busy && max(it.next, d.notYet) > now {
				later++
			}
		}
		fn(d.address, len(d.items), later)
	}
}

// RunQueue tries all mail again now, as the administrator's "sendmail -q".
func (h *Host) RunQueue() {
	for _, d := range h.queues {
		d.notYet = 0
		for _, it := range d.items {
			it.next = 0
		}
		h.work(d)
	}
}

// add queues a recipient and reports whether the message is new here.
func (d *destination) add(m *Message, to string) bool {
	if n := len(d.items); n > 0 && d.items[n-1].msg == m {
		d.items[n-1].to = append(d.items[n-1].to, to)
		return false
	}
	m.holders++
	d.items = append(d.items, &item{msg: m, to: []string{to}, since: m.Time})
	return true
}

// due returns the first item whose time has come.
func (d *destination) due(now sim.Time) *item {
	if now < d.notYet {
		return nil
	}
	for _, it := range d.items {
		if !it.busy && it.next <= now {
			return it
		}
	}
	return nil
}

// remove takes an item out of the queue, whose hold on the message goes on
// until the caller releases it.
func (d *destination) remove(it *item) {
	for i, x := range d.items {
		if x == it {
			d.items = append(d.items[:i], d.items[i+1:]...)
			return
		}
	}
}

// work starts senders for what is due, and a timer for what is not.
func (h *Host) work(d *destination) {
	now := h.k.Now()
	waiting, next := 0, sim.Forever
	for _, it := range d.items {
		switch at := max(it.next, d.notYet); {
		case it.busy:
		case at <= now:
			waiting++
		case at < next:
			next = at
		}
	}
	if h.closed {
		return
	}
	for d.active < h.cfg.Parallel && waiting > 0 {
		d.active++
		waiting -= h.cfg.SessionLimit
		h.k.Go(d.process, func(p *sim.Proc) { h.send(p, d) })
	}
	if next < d.armed {
		d.armed = next
		h.k.At(next, func() {
			if d.armed == next {
				d.armed = sim.Forever
			}
			h.work(d)
		})
	}
}

// send is the process that holds sessions with a destination while something
// is due.
func (h *Host) send(p *sim.Proc, d *destination) {
	c := h.takeCall()
	defer h.keepCall(c)
	for !h.closed && d.due(h.k.Now()) != nil {
		c.begin(h, p, d)
		c.session()
	}
	d.active--
	h.work(d) // for what came while we were busy, and what is to be tried later
}

// interval is the time from the n-th failure in a row to the next attempt: the
// interval of the queue, then twice as long each time up to the maximum.
//
// invented: Sendmail runs its whole queue at one interval; doubling keeps the
// log of a long night short.
func (h *Host) interval(n int) time.Duration {
	d := h.cfg.QueueInterval
	for ; n > 1 && d < h.cfg.IntervalMax; n-- {
		d *= 2
	}
	return min(d, h.cfg.IntervalMax)
}

// defers keeps an item for later, or returns it when it has waited too long.
func (h *Host) defers(d *destination, it *item, why string) {
	it.why = why
	it.tries++
	now := h.k.Now()
	it.next = now.Add(h.interval(it.tries))
	h.counters.Deferred++
	h.k.Emit(h.name, "defer", it.msg.Label, why, len(it.msg.Data))
	age := now.Sub(it.since)
	if age < h.cfg.MaxAge && (h.cfg.RetryLimit == 0 || it.tries < h.cfg.RetryLimit) {
		return
	}
	d.remove(it)
	subject := "Cannot send message for " + days(h.cfg.MaxAge)
	if age < h.cfg.MaxAge {
		subject = "Cannot send message"
	}
	var failed []failure
	for _, to := range it.to {
		failed = append(failed, failure{to, "", "554 <" + to + ">... " + why})
	}
	h.giveBack(it.msg, subject, hostPart(d.address), failed)
	h.Release(it.msg) // the queue's hold
}

// hostFailed puts off everything for a destination that does not answer. New
// mail waits as well: one attempt for each would only ask the same again.
func (h *Host) hostFailed(d *destination, why string) {
	d.fails++
	now := h.k.Now()
	d.notYet = now.Add(h.interval(d.fails))
	h.counters.LostCalls++
	h.k.Emit(h.name, "lost", d.address, why, 0)
	for _, it := range append([]*item(nil), d.items...) {
		if !it.busy && it.next <= now {
			h.defers(d, it, why)
			it.next = d.notYet
		}
	}
}
