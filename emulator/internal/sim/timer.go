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
type timerHeap struct{ v []timer }

func (h *timerHeap) len() int    { return len(h.v) }
func (h *timerHeap) min() *timer { return &h.v[0] }

func (t *timer) before(u *timer) bool {
	return t.at < u.at || t.at == u.at && t.seq < u.seq
}

func (h *timerHeap) push(t timer) {
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
	if n == 0 {
		return top
	}
	i := 0
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
		if !h.v[best].before(&last) {
			break
		}
		h.v[i] = h.v[best]
		i = best
	}
	h.v[i] = last
	return top
}
