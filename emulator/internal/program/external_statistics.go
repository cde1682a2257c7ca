package program

import (
	"encoding/binary"
	"errors"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
)

// xtnSize is the record size of an XTN file (Q77926), sentMonth and sentYear
// are the places of its counters.
var xtnSize, sentMonth, sentYear = xtnPlaces()

func xtnPlaces() (size, month, year int) {
	for _, l := range postoffice.Layouts() {
		if l.Name != "XTN" {
			continue
		}
		for i := range l.Fields {
			switch f := &l.Fields[i]; f.Name {
			case "sent month":
				month = f.Offset
			case "sent year":
				year = f.Offset
			}
		}
		return l.Size, month, year
	}
	panic("internal error: postoffice has no layout of XTN")
}

// statistics adds one to the totals of month and year in the XTN record of the
// postoffice that got the mail. The mail counts as sent when that fails.
// Q118448, Q130067
//
// Only the two numbers are written: the rest of the record is ADMIN's.
func (h *hop) statistics() {
	if h.p.lost() {
		return
	}
	name := h.p.office.Path("XTN", h.q.def.XTN, "XTN")
	err := h.addOne(name)
	if err == nil {
		return
	}
	h.x.fault(&postoffice.FileError{Verb: "write", File: name, Err: err})
	h.x.say(extAccess + name + extRights)
	if h.x.o.Verbose {
		h.x.say(extStatistics)
	}
}

var errNoRecord = errors.New("the postoffice has no record")

func (h *hop) addOne(name string) error {
	// Others may read meanwhile. invented: the mode, and that it is tried once.
	f, err := h.x.t.Open(name, dos.ReadWrite|dos.DenyWrite)
	if err != nil {
		return err
	}
	err = h.addIn(f, name)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

func (h *hop) addIn(f *dos.File, name string) error {
	rec := make([]byte, xtnSize)
	if err := h.record(f, name, rec); err != nil {
		return err
	}
	le, def := binary.LittleEndian, h.q.def
	def.SentMonth, def.SentYear = le.Uint32(rec[sentMonth:])+1, le.Uint32(rec[sentYear:])+1
	le.PutUint32(rec[sentMonth:], def.SentMonth)
	le.PutUint32(rec[sentYear:], def.SentYear)
	from, to := min(sentMonth, sentYear), max(sentMonth, sentYear)+4
	_, err := f.WriteAt(rec[from:to], int64(h.q.record*xtnSize+from))
	return err
}

// record reads the record of the definition: where it was the last time, or
// else wherever it is.
func (h *hop) record(f *dos.File, name string, rec []byte) error {
	here := func(i int) bool {
		if n, err := f.ReadAt(rec, int64(i*xtnSize)); n < len(rec) || err != nil {
			return false
		}
		list, err := postoffice.DecodeExternals(name, rec)
		return err == nil && len(list) == 1 && list[0].Active && strings.EqualFold(list[0].Name, h.q.def.Name)
	}
	if h.q.record >= 0 && here(h.q.record) {
		return nil
	}
	for i := 0; i < int(f.Size())/xtnSize; i++ {
		if here(i) {
			h.q.record = i
			return nil
		}
	}
	return errNoRecord
}
