package postoffice

import (
	"slices"
	"sort"

	"gwkit/emulator/internal/dos"
)

// Names of the mailbags that belong to nobody. Q77926
const (
	Inqueue3 = "INQUEUE3"
	Inqueue  = "INQUEUE"
	System   = "SYSTEM"
)

// Item is one live record of a mailbag.
type Item struct {
	Header
	Slot int   // place in the MBG, from 0
	Err  error // set when the record is damaged; only Slot is valid then
}

// List returns the live items in slot order. It opens KEY, then MBG, and disturbs nobody.
// With an error about the MBG's size it returns the whole records all the same.
func (o *Office) List(bag string) ([]Item, error) {
	l, err := o.Scan(bag, 0)
	return l.all(), err
}

// Scan is List for a program that needs at most so many items, 0 for all: only their part
// of the MBG is read, or a long queue would cost more with each item. Records are decoded
// when Next comes to them. The listing is good until a program of the same PC lists
// another mailbag.
func (o *Office) Scan(bag string, most int) (*Listing, error) {
	name := o.bagFiles(bag)
	key, err := o.open(name.key, modePoll, mailbagTries, mailbagWait)
	if err != nil {
		return nil, err
	}
	defer key.Close()
	mbg, err := o.open(name.mbg, modePoll, mailbagTries, mailbagWait)
	if err != nil {
		return nil, err
	}
	defer mbg.Close()
	return o.listing(key, mbg, name.key, name.mbg, most)
}

// Listing is the part of an MBG that has live records, and its KEY.
type Listing struct {
	key         Key
	file        string
	data        []byte // from record first up to last
	first, last int
	next        int
	left        int // live records behind last
}

// Next decodes the next live record; false after the last.
func (l *Listing) Next(it *Item) bool {
	if l == nil {
		return false
	}
	for l.next < l.last && l.key.Deleted(l.next) {
		l.next++
	}
	if l.next == l.last {
		return false
	}
	s := l.next
	l.next++
	off := (s - l.first) * headerLayout.Size
	h, err := DecodeHeader(l.file, int64(s*headerLayout.Size), l.data[off:off+headerLayout.Size])
	*it = Item{h, s, err}
	return true
}

// all decodes what is left; nil when the listing is empty.
func (l *Listing) all() []Item {
	if l == nil || l.first == l.last {
		return nil
	}
	list := make([]Item, 0, l.key.Live(l.last)-l.key.Live(l.first))
	var it Item
	for l.Next(&it) {
		list = append(list, it)
	}
	return list
}

func (o *Office) listing(key, mbg *dos.File, keyFile, mbgFile string, most int) (*Listing, error) {
	k, err := o.readKey(key, keyFile)
	if err != nil {
		return nil, err
	}
	size := mbg.Size()
	slots, sizeErr := mbgSlots(mbgFile, size)
	first, last := 0, slots
	for first < slots && k.Deleted(first) {
		first++
	}
	for last > first && k.Deleted(last-1) {
		last--
	}
	if first == last {
		return nil, sizeErr
	}
	end := last
	for s, live := first, 0; most > 0 && s < last; s++ {
		if !k.Deleted(s) {
			if live++; live == most {
				last = s + 1
			}
		}
	}
	n := (last - first) * headerLayout.Size
	l := &o.re.scan
	*l = Listing{key: *k, file: mbgFile, data: slices.Grow(l.data[:0], n)[:n], first: first, last: last, next: first, left: k.Live(end) - k.Live(last)}
	if err := readAt(mbg, mbgFile, l.data, int64(first*headerLayout.Size)); err != nil {
		return nil, err
	}
	return l, sizeErr
}

// mbgSlots returns the number of records, at most 4096, and an error when the size is
// not one of a sound MBG.
func mbgSlots(file string, size int64) (int, error) {
	n, err := headerLayout.count(file, int(size))
	if size > maxMBG {
		return MaxHeaders, &CorruptError{file, maxMBG, "more than 4096 records"} // Q147253
	}
	return n, err
}

// readKey reads a KEY, which is good until the next one is read.
func (o *Office) readKey(f *dos.File, file string) (*Key, error) {
	size := int(f.Size())
	if size != keyLayout.Size {
		return nil, sizeError(file, size, keyLayout.Size)
	}
	if err := readAt(f, file, o.re.raw[:], 0); err != nil {
		return nil, err
	}
	o.re.key.decode(o.re.raw[:])
	return &o.re.key, nil
}

// SortByAge puts items in the order in which External 3.2 sends them, oldest first.
// Q103421; inferred: age is the time stamp, then the number of the message.
func SortByAge(items []Item) {
	sort.SliceStable(items, func(i, j int) bool {
		a, b := &items[i], &items[j]
		if !a.Time.Equal(b.Time) {
			return a.Time.Before(b.Time)
		}
		return a.MAI < b.MAI
	})
}

// Waiting says whether a mailbag has mail, from its KEY alone, as External 3.2 polls.
// Q100826
func (o *Office) Waiting(bag string) (bool, error) {
	file := o.bagFiles(bag).key
	f, err := o.open(file, modePoll, 1, 0)
	if err != nil {
		return false, err
	}
	k, err := o.readKey(f, file)
	if cerr := f.Close(); err == nil && cerr != nil {
		err = &FileError{"close", file, cerr}
	}
	if err != nil {
		return false, err
	}
	return k.Items > 0, nil
}

// Post adds a header to a mailbag: KEY to find a free record, MBG to write it, KEY to
// count it and to take its delete bit away. Q85058 Q77926
func (o *Office) Post(bag string, h *Header) error {
	return o.update(bag, true, func(k *Key, mbg *dos.File, file string, slots int) error {
		slot := k.vacant(slots)
		if slot < 0 {
			slot = slots
			if slots >= MaxHeaders {
				if !o.Overrun {
					return ErrFull
				}
				slot = int(mbg.Size()) / headerLayout.Size // Q147253
			}
		}
		o.buf = h.Append(o.buf[:0])
		if err := writeAt(mbg, file, o.buf, int64(slot*headerLayout.Size)); err != nil {
			return err
		}
		if slot < MaxHeaders {
			k.set(slot, false)
		}
		k.New++
		k.Unread++
		k.Items = uint16(k.Live(max(slots, slot+1)))
		return nil
	})
}

// update opens KEY and MBG for writing, lets fn work on both, closes the MBG, and
// writes the KEY.
func (o *Office) update(bag string, write bool, fn func(k *Key, mbg *dos.File, file string, slots int) error) error {
	name := o.bagFiles(bag)
	keyFile, mbgFile := name.key, name.mbg
	key, err := o.open(keyFile, modeUpdate, mailbagTries, mailbagWait)
	if err != nil {
		return err
	}
	err = o.updateKey(key, keyFile, func(k *Key) error {
		mode := modePoll
		if write {
			mode = modeUpdate
		}
		mbg, err := o.open(mbgFile, mode, mailbagTries, mailbagWait)
		if err != nil {
			return err
		}
		slots, err := mbgSlots(mbgFile, mbg.Size())
		if err == nil || write && o.Overrun && slots == MaxHeaders {
			err = fn(k, mbg, mbgFile, slots)
		}
		if cerr := mbg.Close(); err == nil && cerr != nil {
			err = &FileError{"close", mbgFile, cerr}
		}
		return err
	})
	if cerr := key.Close(); err == nil && cerr != nil {
		err = &FileError{"close", keyFile, cerr}
	}
	return err
}

func (o *Office) updateKey(key *dos.File, keyFile string, fn func(k *Key) error) error {
	k, err := o.readKey(key, keyFile)
	if err != nil {
		return err
	}
	if err := fn(k); err != nil {
		return err
	}
	return writeAt(key, keyFile, k.Encode(o.re.raw[:]), 0)
}

// Delete sets the delete bit of an item. The message stays; see DeleteItem. An item that
// is no longer there gives an error and changes nothing.
func (o *Office) Delete(bag string, it *Item) error {
	return o.update(bag, false, func(k *Key, mbg *dos.File, file string, slots int) error {
		return o.drop(k, it, mbg, file, slots)
	})
}

// deleteHeld is Delete for a program that holds the MBG open itself.
func (o *Office) deleteHeld(bag string, it *Item, mbg *dos.File, mbgFile string) error {
	keyFile := o.bagFiles(bag).key
	key, err := o.open(keyFile, modeUpdate, mailbagTries, mailbagWait)
	if err != nil {
		return err
	}
	err = o.updateKey(key, keyFile, func(k *Key) error {
		slots, _ := mbgSlots(mbgFile, mbg.Size())
		return o.drop(k, it, mbg, mbgFile, slots)
	})
	if cerr := key.Close(); err == nil && cerr != nil {
		err = &FileError{"close", keyFile, cerr}
	}
	return err
}

// drop makes sure that the record is still that of the item: another program may have
// deleted it and a third one used its place. invented: no document says that programs
// look twice; without it one would lose a message that it never saw.
func (o *Office) drop(k *Key, it *Item, mbg *dos.File, file string, slots int) error {
	if it.Slot >= slots || k.Deleted(it.Slot) {
		return errGone
	}
	if it.Err == nil {
		rec, err := o.record(mbg, file, it.Slot)
		if err != nil {
			return err
		}
		if h, err := DecodeHeader(file, 0, rec); err != nil || h.MAI != it.MAI {
			return errGone
		}
	}
	k.set(it.Slot, true)
	if k.Unread > 0 && !it.Read {
		k.Unread--
	}
	k.Items = uint16(k.Live(slots))
	return nil
}

func (o *Office) record(mbg *dos.File, file string, slot int) ([]byte, error) {
	if cap(o.buf) < headerLayout.Size {
		o.buf = make([]byte, headerLayout.Size)
	}
	rec := o.buf[:headerLayout.Size]
	return rec, readAt(mbg, file, rec, int64(slot*headerLayout.Size))
}

// MarkRead marks an item as read, in its record and in the KEY's counters.
func (o *Office) MarkRead(bag string, it *Item) error {
	return o.change(bag, it, func(k *Key, h *Header) {
		if !h.Read && k.Unread > 0 {
			k.Unread--
		}
		h.Read = true
		it.Read = true
	})
}

// SetRetries writes the retry counter of an item, which all that send from this mailbag
// share. Q119884
func (o *Office) SetRetries(bag string, it *Item, n byte) error {
	return o.change(bag, it, func(_ *Key, h *Header) { h.Retries, it.Retries = n, n })
}

func (o *Office) change(bag string, it *Item, fn func(*Key, *Header)) error {
	return o.update(bag, true, func(k *Key, mbg *dos.File, file string, slots int) error {
		if it.Slot >= slots || k.Deleted(it.Slot) {
			return errGone
		}
		rec, err := o.record(mbg, file, it.Slot)
		if err != nil {
			return err
		}
		h, err := DecodeHeader(file, int64(it.Slot*headerLayout.Size), rec)
		if err != nil {
			return err
		}
		if h.MAI != it.MAI {
			return errGone
		}
		fn(k, &h)
		o.buf = h.Append(o.buf[:0])
		return writeAt(mbg, file, o.buf, int64(it.Slot*headerLayout.Size))
	})
}

// MarkSeen counts an item as read in the KEY only, as FFAPI Get does. Q85058
func (o *Office) MarkSeen(bag string) error {
	file := o.bagFiles(bag).key
	f, err := o.open(file, modeUpdate, mailbagTries, mailbagWait)
	if err != nil {
		return err
	}
	err = o.updateKey(f, file, func(k *Key) error {
		k.New = 0
		return nil
	})
	if cerr := f.Close(); err == nil && cerr != nil {
		err = &FileError{"close", file, cerr}
	}
	return err
}
