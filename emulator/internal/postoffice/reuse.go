package postoffice

import (
	"bytes"
	"slices"
)

// reuse is what the postoffice code of one PC uses again: an FFAPI program lives for one
// message, and the buffers for that would be most of its cost. Each buffer is good until
// the next use of its kind; none is in use while a program of the same PC starts.
type reuse struct {
	file  []byte // file that was read last
	out   []byte // file that is written next
	text  []byte // text of the message that was read last
	plain []byte // string that was decoded last
	raw   [560]byte
	key   Key
	scan  Listing
	names map[bagName]bagFiles
	files map[string]string // other names, each under itself
	parts []part            // of the routing tables read last, in the order of reading
	known *Routes

	access rights
	master masterRead
}

func newReuse() any { return &reuse{names: map[bagName]bagFiles{}, files: map[string]string{}} }

type bagName struct {
	drive byte
	bag   string
}

// bagFiles are the names of a mailbag's two files.
type bagFiles struct{ key, mbg string }

func (o *Office) bagFiles(bag string) bagFiles {
	id := bagName{o.Drive, bag}
	f, ok := o.re.names[id]
	if !ok {
		f = bagFiles{o.Path("KEY", bag, "KEY"), o.Path("MBG", bag, "MBG")}
		o.re.names[id] = f
	}
	return f
}

// part is one of the routing tables: what it was decoded from, and the result. A program
// reads all of them at each start, and they seldom change: the same bytes are not decoded
// again.
type part struct {
	file string
	data []byte
	list any
}

// masterRead is a MASTER.GLB with what it was decoded from.
type masterRead struct {
	data []byte
	is   Master
}

// rights are the users of one list with the privileges that one ACCESS.GLB gives them.
type rights struct {
	data        []byte
	plain, with []Access
}

// rights returns the users with their privileges, nil when they are not known.
func (re *reuse) rights(data []byte, plain []Access) []Access {
	k := &re.access
	if len(plain) == 0 || len(plain) != len(k.plain) || &plain[0] != &k.plain[0] || !bytes.Equal(k.data, data) {
		return nil
	}
	return k.with
}

// tables decodes the parts of one load of the routing tables.
type tables struct {
	re    *reuse // nil: nothing is remembered
	n     int    // parts so far
	fresh bool   // one of them was not known
}

func decodePart[T any](t *tables, file string, data []byte, decode func(string, []byte) ([]T, error)) ([]T, error) {
	if t.re == nil {
		t.fresh = true
		return decode(file, data)
	}
	i := t.n
	t.n++
	if i < len(t.re.parts) {
		if p := &t.re.parts[i]; p.file == file && bytes.Equal(p.data, data) {
			if list, ok := p.list.([]T); ok {
				return list, nil
			}
		}
	}
	t.fresh = true
	t.re.known = nil
	list, err := decode(file, data)
	t.re.parts = t.re.parts[:i]
	if err == nil {
		t.re.parts = append(t.re.parts, part{file, slices.Clone(data), list})
	}
	return list, err
}
