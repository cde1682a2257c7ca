package program

import (
	"bytes"
	"io"
	"time"

	"gwkit/emulator/internal/sim"
)

// lineMax is the longest line the gateway takes in one piece. invented: no
// article gives its limit. A longer command line is cut; a longer line of a
// message is passed on in pieces, without loss.
const lineMax = 4096

// lineBuffer cuts what arrives on a stream into lines.
type lineBuffer struct {
	s    sim.Stream
	p    *sim.Proc
	buf  [2 * lineMax]byte
	r, w int
}

func (b *lineBuffer) reset(p *sim.Proc, s sim.Stream) {
	b.p, b.s, b.r, b.w = p, s, 0, 0
}

// next returns the next line without its end. bare tells a line that ended in
// LF alone (Q99853), part one that is the beginning of an overlong line. A
// last line without end comes before io.EOF. The slice is valid until the
// next call. A negative timeout waits for ever.
func (b *lineBuffer) next(timeout time.Duration) (line []byte, bare, part bool, err error) {
	seen := 0
	for {
		if i := bytes.IndexByte(b.buf[b.r+seen:b.w], '\n'); i >= 0 {
			i += b.r + seen
			line = b.buf[b.r:i]
			b.r = i + 1
			if n := len(line); n > 0 && line[n-1] == '\r' {
				return line[:n-1], false, false, nil
			}
			return line, true, false, nil
		}
		seen = b.w - b.r
		if seen >= lineMax {
			line = b.buf[b.r : b.r+lineMax]
			b.r += lineMax
			return line, false, true, nil
		}
		if b.r > lineMax {
			copy(b.buf[:], b.buf[b.r:b.w])
			b.r, b.w = 0, seen
		}
		n, err := b.s.Read(b.p, b.buf[b.w:], timeout)
		b.w += n
		if n == 0 && err != nil {
			if err == io.EOF && b.w > b.r {
				line = b.buf[b.r:b.w]
				b.r = b.w
				return line, true, false, nil
			}
			return nil, false, false, err
		}
	}
}
