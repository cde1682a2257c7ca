package dos

// pageSize is also the cluster: the unit in which a volume's capacity counts.
const pageSize = 4096

type page [pageSize]byte

// Pool holds free pages. It belongs to the caller, one for each worker, so
// that many volumes in turn reuse the same memory. The zero value is ready;
// it is not safe for use from several goroutines.
type Pool struct {
	Fresh bool // each page is a new one: the result of a run must not change

	free   []*page
	common []*page // pages of set-up files that many volumes hold; never written to
}

// commonMax bounds the common pages: those that every postoffice is installed
// with come first.
const commonMax = 64

// share returns a common page that begins with b, making one if there is room;
// nil for none.
func (p *Pool) share(b []byte) *page {
	if p.Fresh {
		return nil
	}
	for _, pg := range p.common {
		if string(pg[:len(b)]) == string(b) {
			return pg
		}
	}
	if len(p.common) == commonMax {
		return nil
	}
	pg := new(page)
	copy(pg[:], b)
	p.common = append(p.common, pg)
	return pg
}

// get returns a page with undefined content.
func (p *Pool) get() *page {
	if n := len(p.free); n > 0 {
		pg := p.free[n-1]
		p.free = p.free[:n-1]
		return pg
	}
	return new(page)
}

func (p *Pool) put(r pageRef) {
	if r.page != nil && !r.shared && !p.Fresh {
		p.free = append(p.free, r.page)
	}
}

// pageRef is one page of a file. epoch is the journal epoch in which the page
// became private to the file's present state: then nobody needs its old bytes.
type pageRef struct {
	*page
	epoch  uint32
	shared bool // a common page of the pool: to be copied before it is changed
}
