package program

import (
	"errors"
	"strconv"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
)

// defaultRetries is the limit of a definition that has none. Q119884
const defaultRetries = 3

// hop is one item on its way from p to the target of q.
type hop struct {
	*dispatchPass
	q      *outboundQueue
	it     *postoffice.Item
	m      *postoffice.Message
	to     []postoffice.Address
	suffix string
}

// item sends one item, or counts the attempt against it. stop ends the work on
// this mailbag.
func (d *dispatchPass) item(q *outboundQueue, it *postoffice.Item, suffix string) (done, stop bool) {
	x := d.x
	h := hop{dispatchPass: d, q: q, it: it, suffix: suffix}
	d.sent++
	x.say(extSending, strconv.Itoa(d.sent), ")")
	x.say(extFrom, d.p.name)
	x.say(extTo, q.target.name)
	x.say(extTransfer, d.p.office.MessagePath(it.MAI), ".")
	err := h.read()
	if err == nil {
		var f postoffice.Failure
		if f, err = h.refused(); err == nil && (f.Code != 0 || f.Text != "") {
			d.giveBack(q, it, h.m, f)
			return false, d.p.lost()
		}
	}
	if err == nil && q.target.status == statusFull {
		return false, true
	}
	if err == nil {
		err = h.copy()
	}
	if err == nil {
		h.finish()
		x.moved = true
		return true, d.p.lost()
	}
	switch {
	case x.fault(err):
		// No attempt is counted for a drive in error. inferred: Q118619
		return false, true
	case errors.Is(err, dos.DiskFull):
		// invented: a full source stops its mailbag as well, and counts no attempt.
		if file := fileOf(err); file != "" && file[0] == q.target.drive {
			q.target.status = statusFull
		}
		return false, true
	}
	h.retry(err)
	return false, d.p.lost()
}

// read loads the message (P2) and its attachments, and finds whom this mailbag
// has still to reach.
func (h *hop) read() (err error) {
	o := h.p.office
	if h.m, err = o.ReadSealed(h.it.MAI); err != nil {
		return err
	}
	if err = o.ReadAttachments(h.m); err != nil {
		return err
	}
	h.to = h.p.routes.Pending(h.m, h.q.bag)
	return nil
}

// refused says why an item goes back at once, and looks whether the target has
// room for it, as 3.2 does before each item. Q131852, Q103421
func (h *hop) refused() (f postoffice.Failure, err error) {
	if len(h.to) == 0 {
		// invented: the tables lead nobody of the message here any more.
		return postoffice.Failure{Code: 2}, nil
	}
	size := int64(h.it.Size)
	limit := h.x.o.more.maxSize
	if n := int64(h.q.to.MaxSize); n > 0 && (limit == 0 || n < limit) {
		limit = n
	}
	if limit > 0 && size > limit && !h.system() {
		return postoffice.Failure{Code: 9, Detail: []string{h.q.name()}}, nil // Q131852
	}
	t := h.q.target
	free, err := h.x.t.FreeSpace(t.drive)
	if err != nil {
		return f, &postoffice.FileError{Verb: "read", File: string(rune(t.drive)) + ":", Err: err}
	}
	if free < size || free < h.x.o.more.fullBelow {
		t.status = statusFull
	}
	return f, nil
}

// system says whether the mail is for $SYSTEM only, which no size limit meets.
// Q133719
func (h *hop) system() bool {
	for _, a := range h.to {
		if _, _, box, ok := a.Split(); !ok || !strings.EqualFold(box, "$SYSTEM") {
			return false
		}
	}
	return true
}

// envelope is the name of the envelope at the source: P1\<mai>.PBB.
func (h *hop) envelope() string {
	name := h.p.office.EnvelopePath(h.it.MAI)
	return name[:len(name)-len("P1")] + h.suffix
}

// copy writes envelope, message and attachments in the documented order, and
// hands the message to the inqueue of the target: .PBB at the source; CONTROL,
// MAI, ATT, P1 and INQUEUE3 at the target. Q119642, Q100826
func (h *hop) copy() error {
	x, t := h.x, h.q.target
	name := h.envelope()
	e := postoffice.Envelope{MAI: h.it.MAI, From: h.m.From}
	for _, a := range h.to {
		e.Recipients = append(e.Recipients, postoffice.Recipient{Address: a})
	}
	if err := x.t.WriteFile(name, e.Encode(), dos.DenyAll); err != nil {
		return &postoffice.FileError{Verb: "create", File: name, Err: err}
	}
	x.say(extP2)
	h.m.Restrict(h.to)
	h.m.References = 1
	h.m.Trace = append(h.m.Trace, h.p.name) // each postoffice passed. Q147471
	id, size, err := t.office.Store(h.m, postoffice.MessageFirst)
	if err != nil {
		if fileOf(err) == t.office.Path("GLB", "CONTROL", "GLB") {
			x.say(extPrefix) // Q117152
			x.say(extFailed)
		}
		h.dropEnvelope()
		return err
	}
	x.say(extTarget, t.office.MessagePath(id))
	x.say(extP1)
	file := t.office.EnvelopePath(id)
	x.say(extTarget, file)
	header := postoffice.NewHeader(h.m, id, size)
	header.Time = postoffice.Wall(x.t.Now()) // Q119089
	if err := t.office.PostInqueue(&header, h.m.From, h.to); err != nil {
		x.fileError(err)
		x.say(extP1Failed + file[strings.LastIndexByte(file, '\\')+1:] + " failed") // Q135902
		if !goneOn(err, t) {
			t.office.Release(id, 1)
		}
		h.dropEnvelope()
		return err
	}
	x.say(extP1Sent)
	return nil
}

// goneOn says whether an error tells that the drive of p is lost.
func goneOn(err error, p *servedOffice) bool {
	if !errors.Is(err, dos.FailedCritical) && !errors.Is(err, dos.NetworkDeviceGone) {
		return false
	}
	file := fileOf(err)
	return file != "" && file[0] == p.drive
}

// finish removes a sent item from the source: delete bit, statistics, message
// and attachments, envelope. Without the delete bit the item is sent again next
// time. Q120220, Q130067, Q119642
func (h *hop) finish() {
	x, o := h.x, h.p.office
	h.q.target.sent++
	err := o.Delete(h.q.bag, h.it)
	if err != nil && !x.fault(err) {
		x.fileError(err)
	}
	h.statistics()
	if err == nil && !h.p.lost() {
		if err := o.Release(h.it.MAI, 1); err != nil && !x.fault(err) && !postoffice.IsMissing(err) {
			x.fileError(err)
		}
	}
	if x.o.LogSent && !h.p.lost() {
		for _, a := range h.to {
			// One line a recipient. invented: no sample has two.
			if err := o.LogTransfer("SENT", h.it.Size, h.m.From, a); err != nil {
				x.fault(err)
			}
		}
	}
	h.dropEnvelope()
}

func (h *hop) dropEnvelope() {
	if h.p.lost() {
		return
	}
	name := h.envelope()
	if err := h.x.t.Remove(name); err != nil {
		h.x.fault(&postoffice.FileError{Verb: "delete", File: name, Err: err})
	}
}

// retry counts a failed attempt in the header, where all programs that send
// from this mailbag see it. At the limit of the destination the item goes back:
// [005], and what was missing. Q119884, Q118675, Q136004
func (h *hop) retry(err error) {
	limit := min(int(h.q.to.Retries), 255) // a byte in the header
	if limit == 0 {
		limit = defaultRetries
	}
	file := fileOf(err)
	source := file != "" && file[0] == h.p.drive
	missing := postoffice.IsMissing(err)
	if !source {
		h.q.target.fails()
	}
	if source && missing {
		h.x.say(file + extNotFound) // Q99204
	}
	if n := int(h.it.Retries) + 1; n < limit {
		if err := h.p.office.SetRetries(h.q.bag, h.it, byte(n)); err != nil && !h.x.fault(err) {
			h.x.fileError(err)
		}
		return
	}
	failures := []postoffice.Failure{{Code: 5, Detail: []string{h.q.name()}}}
	switch {
	case source && missing && strings.HasSuffix(file, ".ATT"):
		failures = append(failures, postoffice.Failure{Code: 18}) // Q118675
	case source && missing:
		failures = append(failures, postoffice.Failure{Code: 16, Detail: []string{extMissing + file + "."}}) // Q136004
	case source && postoffice.IsCorrupt(err):
		failures = append(failures, postoffice.Failure{Code: 12}) // inferred: what the mailer says of such a file. Q99204
	case missing && strings.HasSuffix(file, ".KEY"), missing && strings.HasSuffix(file, ".MBG"), postoffice.IsCorrupt(err):
		// The inqueue of the target is not there or damaged. Q264331 invented: that the
		// attempts are counted first.
		failures = []postoffice.Failure{{Code: 1, Detail: []string{extMissingBag + h.q.target.name + " from " + h.p.name}}}
	}
	h.giveBack(h.q, h.it, h.m, failures...)
}
