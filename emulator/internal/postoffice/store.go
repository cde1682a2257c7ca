package postoffice

import "gwkit/emulator/internal/dos"

// Order says in which order the files of a message come into being. Both are documented.
type Order bool

const (
	AttachmentsFirst Order = false // clients: the ids of the ATT files stand in the MAI. Q148515
	MessageFirst     Order = true  // FFAPI programs and receivers. Q85058 Q119642
)

// Store writes a message and its attachments and returns the number of the MAI file and
// its size in bytes. m.References must say how many mailbags will point to it. When a
// step fails the files made so far are erased as far as possible.
func (o *Office) Store(m *Message, order Order) (id uint32, size int, err error) {
	var f *dos.File
	if order == MessageFirst {
		// inferred: the file is created first and written when the ids of the
		// attachments are known, for they stand in it. Q85058 Q87379
		if id, f, err = o.createLetter(o.MessagePath); err != nil {
			return 0, 0, err
		}
	}
	for i := range m.Attachments {
		if err = o.storeAttachment(&m.Attachments[i]); err != nil {
			break
		}
	}
	if err == nil && f == nil {
		id, f, err = o.createLetter(o.MessagePath)
	}
	if err == nil {
		o.re.out = m.append(o.re.out[:0])
		size = len(o.re.out)
		err = writeAndClose(f, o.MessagePath(id), o.re.out)
	} else if f != nil {
		f.Close()
	}
	if err != nil {
		if f != nil {
			o.Task.Remove(o.MessagePath(id))
		}
		o.eraseAttachments(m)
		return 0, 0, err
	}
	return id, size, nil
}

func (o *Office) storeAttachment(a *Attachment) error {
	id, f, err := o.createLetter(o.AttachmentPath)
	if err != nil {
		return err
	}
	a.ID, a.Size = id, uint32(len(a.Data))
	data := append(o.re.out[:0], a.Data...)
	o.re.out = data
	scramble(data) // the whole content is encrypted, no header is known. Q87382
	return writeAndClose(f, o.AttachmentPath(id), data)
}

func writeAndClose(f *dos.File, file string, data []byte) error {
	var err error
	if len(data) > 0 {
		err = writeAt(f, file, data, 0)
	}
	if cerr := f.Close(); err == nil && cerr != nil {
		err = &FileError{"close", file, cerr}
	}
	return err
}

func (o *Office) eraseAttachments(m *Message) {
	for i := range m.Attachments {
		if m.Attachments[i].ID != 0 {
			o.Task.Remove(o.AttachmentPath(m.Attachments[i].ID))
		}
	}
}

// ReadMessage reads a MAI file; attachments are named but not loaded. The text is good
// until a program of the same PC reads another message.
func (o *Office) ReadMessage(id uint32) (*Message, error) {
	m, _, err := o.readMessage(id, false)
	return m, err
}

// ReadSealed is ReadMessage for a program that passes the message on and does not look at
// its text: Text stays empty, Store and Reporter know what it would be. All checks are made.
func (o *Office) ReadSealed(id uint32) (*Message, error) {
	m, _, err := o.readMessage(id, true)
	return m, err
}

func (o *Office) readMessage(id uint32, seal bool) (*Message, int, error) {
	file := o.MessagePath(id)
	data, err := o.read(file, modePoll, messageTries, messageWait)
	if err != nil {
		return nil, 0, err
	}
	d := messageDecoder{text: o.re.text[:0], plain: o.re.plain, reuse: true, seal: seal}
	m, err := d.decode(file, data)
	o.re.text, o.re.plain = d.text, d.plain
	return m, len(data), err
}

// ReadAttachments loads the data of the message's attachments.
func (o *Office) ReadAttachments(m *Message) error {
	for i := range m.Attachments {
		a := &m.Attachments[i]
		data, err := o.read(o.AttachmentPath(a.ID), modePoll, messageTries, messageWait)
		if err != nil {
			return err
		}
		a.Data = unscramble(make([]byte, 0, len(data)), data)
	}
	return nil
}

// AddReferences changes the counter of a message by n and returns its new value. It
// does not erase; see Release.
func (o *Office) AddReferences(id uint32, n int) (uint16, error) {
	file := o.MessagePath(id)
	f, err := o.open(file, modeUpdate, messageTries, messageWait)
	if err != nil {
		return 0, err
	}
	var head [bodyOffset]byte
	var refs uint16
	if err = readAt(f, file, head[:], 0); err == nil {
		if refs, err = References(file, head[:]); err == nil {
			refs = uint16(max(0, min(int(refs)+n, 0xFFFF)))
			err = writeAt(f, file, []byte{byte(refs), byte(refs >> 8)}, counterOffset)
		}
	}
	if cerr := f.Close(); err == nil && cerr != nil {
		err = &FileError{"close", file, cerr}
	}
	return refs, err
}

// Release takes n references from a message. Whoever takes the last one erases the MAI
// file and its attachments. Q104423
func (o *Office) Release(id uint32, n int) error {
	file := o.MessagePath(id)
	f, err := o.open(file, modeUpdate, messageTries, messageWait)
	if err != nil {
		return err
	}
	var head [bodyOffset]byte
	var refs uint16
	var data []byte
	if err = readAt(f, file, head[:], 0); err == nil {
		refs, err = References(file, head[:])
	}
	switch {
	case err != nil:
	case int(refs) > n:
		refs -= uint16(n)
		err = writeAt(f, file, []byte{byte(refs), byte(refs >> 8)}, counterOffset)
	default:
		refs = 0
		data, err = o.readAll(f, file)
	}
	if cerr := f.Close(); err == nil && cerr != nil {
		err = &FileError{"close", file, cerr}
	}
	if err != nil || refs > 0 {
		return err
	}
	var m *Message
	var derr error
	if hasAttachments(data) {
		m, derr = DecodeMessage(file, data)
	}
	if err := o.remove(file); err != nil {
		return err
	}
	if m == nil || derr != nil {
		return nil // nobody can say which attachments it had, if any
	}
	for i := range m.Attachments {
		if err := o.remove(o.AttachmentPath(m.Attachments[i].ID)); err != nil && !IsMissing(err) {
			return err
		}
	}
	return nil
}

// DeleteItem removes an item as its owner does: delete bit in the KEY, then one reference
// less, then the files if that was the last. Q104423 A message that is missing already
// is no error.
func (o *Office) DeleteItem(bag string, it *Item) error {
	if err := o.Delete(bag, it); err != nil {
		return err
	}
	if it.Err != nil {
		return nil
	}
	if err := o.Release(it.MAI, 1); err != nil && !IsMissing(err) {
		return err
	}
	return nil
}

// WriteEnvelope writes the P1 file of a message.
func (o *Office) WriteEnvelope(e *Envelope) error {
	file := o.EnvelopePath(e.MAI)
	f, err := o.Task.Create(file, modeCreate)
	if err != nil {
		return &FileError{"create", file, err}
	}
	o.re.out = e.append(o.re.out[:0])
	return writeAndClose(f, file, o.re.out)
}

// ReadEnvelope reads the P1 file of a message.
func (o *Office) ReadEnvelope(id uint32) (*Envelope, error) {
	file := o.EnvelopePath(id)
	data, err := o.read(file, modePoll, messageTries, messageWait)
	if err != nil {
		return nil, err
	}
	return DecodeEnvelope(file, data)
}
