package dos

// pageSize is also the cluster: the unit in which a volume's capacity counts.
const pageSize = 4096

type page [pageSize]byte

// Pool holds free pages. It belongs to the caller, one for each worker, so
// that many volumes in turn reuse the same memory. The zero value is ready;
// it is not safe for use from several goroutines.
type Pool struct {
	free []*page
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

func (p *Pool) put(pg *page) {
	if pg != nil {
		p.free = append(p.free, pg)
	}
}

// pageRef is one page of a file. epoch is the journal epoch in which the page
// became private to the file's present state: then nobody needs its old bytes.
type pageRef struct {
	*page
	epoch uint32
}
