package dos

// readAt copies content from off; fewer bytes than asked for at the end.
func (v *Volume) readAt(n *node, b []byte, off int64) (int, Error) {
	if off >= n.size {
		return 0, 0
	}
	if n.cold {
		if e := v.host.warm(v, n); e != 0 {
			return 0, e
		}
	}
	if rest := n.size - off; int64(len(b)) > rest {
		b = b[:rest]
	}
	done := 0
	for done < len(b) {
		i, o := int(off/pageSize), int(off%pageSize)
		c := copy(b[done:], n.pages[i].page[o:])
		done += c
		off += int64(c)
	}
	return done, 0
}

// writeAt writes b at off; the gap beyond the end is filled with zeros. What
// fits is written when the disk fills up.
func (v *Volume) writeAt(n *node, b []byte, off int64) (int, Error) {
	if len(b) == 0 {
		return 0, 0
	}
	if n.cold {
		if e := v.host.warm(v, n); e != 0 {
			return 0, e
		}
	}
	v.touch(n)
	if off > n.size {
		// invented: zeros; DOS leaves in the gap what the clusters held.
		if e := v.extend(n, off); e != 0 {
			return 0, e
		}
	}
	full := Error(0)
	if last := off + int64(len(b)); last > int64(len(n.pages))*pageSize {
		need := clustersFor(last) - int64(len(n.pages))
		if free := v.capacity - v.used; need > free {
			fits := int64(len(n.pages))*pageSize + max(free, 0)*pageSize - off
			b, full = b[:max(fits, 0)], DiskFull
		}
	}
	if v.host != nil && len(b) > 0 {
		c, e := v.host.write(n, b, off)
		if e != 0 { // nothing is believed that the host did not take
			b, full = b[:c], e
		}
	}
	v.store(n, b, off)
	return len(b), full
}

// store copies b into the pages, which may have to grow.
func (v *Volume) store(n *node, b []byte, off int64) {
	done := 0
	for done < len(b) {
		i, o := int(off/pageSize), int(off%pageSize)
		if i == len(n.pages) {
			n.pages = append(n.pages, pageRef{page: v.pool.get(), epoch: v.journal.epoch})
			v.used++
		} else {
			if off < n.base && v.journal.on {
				v.own(n, i)
			}
			if r := &n.pages[i]; r.shared {
				pg := v.pool.get()
				*pg = *r.page
				r.page, r.shared = pg, false
			}
		}
		c := copy(n.pages[i].page[o:], b[done:])
		done += c
		off += int64(c)
	}
	if off > n.size {
		n.size = off
	}
}

// own makes page i private to the present state, keeping the old one for the
// journal.
func (v *Volume) own(n *node, i int) {
	r := &n.pages[i]
	if r.epoch == v.journal.epoch {
		return
	}
	pg := v.pool.get()
	*pg = *r.page
	v.journal.add(undo{kind: undoPage, node: n, index: i, page: *r})
	*r = pageRef{page: pg, epoch: v.journal.epoch}
}

// fill gives an empty file its content, in pages that volumes share where
// there are such.
func (v *Volume) fill(n *node, b []byte) (int, Error) {
	if v.host != nil || v.journal.on || clustersFor(int64(len(b))) > v.capacity-v.used {
		return v.writeAt(n, b, 0)
	}
	for done := 0; done < len(b); done += pageSize {
		part := b[done:min(done+pageSize, len(b))]
		if pg := v.pool.share(part); pg != nil {
			n.pages = append(n.pages, pageRef{page: pg, epoch: v.journal.epoch, shared: true})
			v.used++
			n.size += int64(len(part))
		} else {
			v.store(n, part, int64(done))
		}
	}
	return len(b), 0
}

var zeros page

// extend fills a file with zeros up to size.
func (v *Volume) extend(n *node, size int64) Error {
	need := clustersFor(size) - int64(len(n.pages))
	if need > v.capacity-v.used {
		return DiskFull
	}
	if v.host != nil {
		if e := v.host.truncate(n, size); e != 0 {
			return e
		}
	}
	for n.size < size {
		c := min(pageSize-n.size%pageSize, size-n.size)
		v.store(n, zeros[:c], n.size)
	}
	return 0
}

// truncate cuts or extends a file.
func (v *Volume) truncate(n *node, size int64) Error {
	if size == n.size {
		return 0
	}
	if n.cold && size > 0 {
		if e := v.host.warm(v, n); e != 0 {
			return e
		}
	}
	v.touch(n)
	if size > n.size {
		return v.extend(n, size)
	}
	if v.host != nil {
		if n.cold && v.journal.on { // the journal needs what is about to go
			if e := v.host.warm(v, n); e != 0 {
				return e
			}
		}
		if e := v.host.truncate(n, size); e != 0 {
			return e
		}
	}
	if n.cold {
		v.used -= n.clusters()
		n.cold = false
	}
	v.cut(n, size)
	return 0
}

func (v *Volume) cut(n *node, size int64) {
	keep := int(clustersFor(size))
	for i := len(n.pages) - 1; i >= keep; i-- {
		v.used--
		if v.journal.on && n.pages[i].epoch != v.journal.epoch && n.born != v.journal.epoch {
			v.journal.add(undo{kind: undoPage, node: n, index: i, page: n.pages[i]})
		} else {
			v.pool.put(n.pages[i])
		}
		n.pages[i] = pageRef{}
	}
	if len(n.pages) > keep {
		n.pages = n.pages[:keep]
	}
	n.size = size
	// A mark may need the bytes behind the new end of the last page; later
	// appends write there without asking.
	if size%pageSize != 0 && v.journal.on && n.born != v.journal.epoch {
		v.own(n, keep-1)
	}
}
