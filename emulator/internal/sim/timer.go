package sim

// timer is one queued event: a process to resume or a function to call.
type timer struct {
	at  Time
	seq uint64
	p   *Proc
	gen uint32
	fn  func()
}

// stale reports whether the process was resumed or woken since the timer was
// set.
func (t *timer) stale() bool {
	return t.p != nil && (t.gen != t.p.gen || t.p.ended || t.p.dead)
}

// timerHeap is a 4-ary heap of values ordered by time, then sequence. Values
// and four children: half the depth of a binary heap and no allocation.
//
// A wait that ended before its time-out leaves a stale timer behind. They are
// swept out when the heap has doubled since the last sweep, so that they never
// outnumber the live ones for long.
type timerHeap struct {
	v     []timer
	bound int // sweep at this length
}

// sweepMin is the length below which stale timers do not matter.
const sweepMin = 64

func (h *timerHeap) len() int    { return len(h.v) }
func (h *timerHeap) min() *timer { return &h.v[0] }

func (t *timer) before(u *timer) bool {
	return t.at < u.at || t.at == u.at && t.seq < u.seq
}

// sweep takes all stale timers out. The order of the others is their own.
func (h *timerHeap) sweep() {
	live := h.v[:0]
	for i := range h.v {
		if !h.v[i].stale() {
			live = append(live, h.v[i])
		}
	}
	clear(h.v[len(live):])
	h.v = live
	for i := (len(live) - 2) / 4; i >= 0 && len(live) > 1; i-- {
		h.down(i, live[i])
	}
	h.bound = max(sweepMin, 2*len(live))
}

func (h *timerHeap) push(t timer) {
	if len(h.v) >= h.bound {
		h.sweep()
	}
	h.v = append(h.v, t)
	i := len(h.v) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !t.before(&h.v[up]) {
			break
		}
		h.v[i] = h.v[up]
		i = up
	}
	h.v[i] = t
}

func (h *timerHeap) pop() timer {
	top := h.v[0]
	n := len(h.v) - 1
	last := h.v[n]
	h.v[n] = timer{}
	h.v = h.v[:n]
	if n > 0 {
		h.down(0, last)
	}
	return top
}

// down puts t, which belongs at i or below, into its place.
func (h *timerHeap) down(i int, t timer) {
	n := len(h.v)
	for {
		c := 4*i + 1
		if c >= n {
			break
		}
		best := c
		for j := c + 1; j < min(c+4, n); j++ {
			if h.v[j].before(&h.v[best]) {
				best = j
			}
		}
		if !h.v[best].before(&t) {
			break
		}
		h.v[i] = h.v[best]
		i = best
	}
	h.v[i] = t
}
