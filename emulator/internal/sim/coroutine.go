package sim

import "iter"

// coroutine runs processes, one after the other: an explored run starts the
// same few again some thousand times, and a stack that has grown already is most
// of what a new one costs.
type coroutine struct {
	p     *Proc // that it runs; nil: none, it is among Kernel.spare
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
}

func newCoroutine() *coroutine {
	c := &coroutine{}
	c.next, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		for c.p != nil {
			p := c.p
			p.body(p.fn)
			c.p = nil
			if p.k.explore == nil || !yield(struct{}{}) {
				return
			}
		}
	})
	return c
}

// enter lets p run until it waits or ends, and reports whether it lives on.
func (k *Kernel) enter(p *Proc) bool {
	c := p.c
	if c == nil {
		if n := len(k.spare); n > 0 {
			c, k.spare = k.spare[n-1], k.spare[:n-1]
		} else {
			c = newCoroutine()
		}
		c.p, p.c = p, c
	}
	c.next()
	if c.p == p {
		return true
	}
	p.c, p.fn = nil, nil
	if k.explore != nil {
		k.spare = append(k.spare, c)
	}
	return false
}

// unwind ends a killed process, which panics where it waits.
func (k *Kernel) unwind(p *Proc) {
	if p.c != nil {
		k.enter(p)
	}
}

// dropSpare ends the coroutines that wait for another process.
func (k *Kernel) dropSpare() {
	for _, c := range k.spare {
		c.stop()
	}
	k.spare = nil
}
