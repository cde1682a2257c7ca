package probe

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/drive"
	"gwkit/conformance/message"
)

// asDelivered compares the record of a delivered message, and its files, with
// what was sent. The text is not compared: a drive keeps it encrypted. Q130322
func (e *exam) asDelivered(who string, po *deploy.Postoffice, l *letter, at place) {
	if e.o.Plan != nil {
		e.reading(e.ctx, po, []string{`MAI\MA?\`, `ATT\AT?\`}, nil)
		return
	}
	m := &at.mail
	want := l.subject[:min(len(l.subject), 40)] // Q108027
	e.say(who, "subject", "%s", asSent(m.Subject == want))
	if m.Subject != want {
		e.fail("%s: the subject in the mailbag is %q, want %q", who, printable(m.Subject), want)
	}
	// inferred: that it is the sender's local part, at most 10 characters.
	local, _, _ := strings.Cut(l.from, "@")
	e.say(who, "sender in the mailbag", "%s", asSent(strings.EqualFold(m.Sender, local[:min(len(local), 10)])))
	e.clockOf(who, at)

	if !drive.IsHexID(m.MAI) {
		e.fail("%s: the record in the mailbag names the message file %q, want eight hexadecimal digits (Q100826)", who, printable(m.MAI))
		return
	}
	var mai drive.Entry
	var attached []string
	file := fmt.Sprintf(`MAI\MA%s\%s.MAI`, m.MAI[7:], m.MAI)
	err := e.reading(e.ctx, po, nil, func(t *drive.Tree) (err error) {
		if mai, err = t.Stat(file); err == nil && l.file != nil {
			attached = attachmentsOf(t, m.MAI, mai.ModTime, int64(len(l.file.Data)))
		}
		return err
	})
	e.say(who, "message file", "%s", map[bool]string{true: "there", false: "not there"}[err == nil])
	switch {
	case err != nil:
		e.fail("%s: the mailbag names message %s, and %s cannot be seen: %v (Q100826)", who, printable(m.MAI), file, err)
	case l.file != nil:
		e.say(who, "attachment", "%s", map[bool]string{true: "there", false: "not seen"}[len(attached) > 0])
		if len(attached) == 0 {
			e.unsure("%s: no file in ATT belongs to the message: the attachment may have come as text; look at it with a mail client (Q118487, Q111857, Q118968)", who)
		}
	}
	e.log = append(e.log, who+": not compared: text, names and dates inside the message, which the drive keeps encrypted (Q130322)")
}

func asSent(same bool) string {
	if same {
		return "as sent"
	}
	return "changed"
}

// clockApart is how far the clock reading of a record may be from the time of
// its file: both are rounded, and servers set the clocks of PCs once a day.
const clockApart = 10 * time.Minute

// clockOf compares the clock of the PC that delivered a message with the
// server's, which has stamped the file a moment later. Q119089, Q115452
func (e *exam) clockOf(who string, at place) {
	pc, ok := at.mail.Time(at.bagTime.Location())
	if !ok || at.bagTime.IsZero() {
		return
	}
	// A server tells times of its own zone, or of ours: whole hours and half
	// ones apart prove nothing about a clock that has the right minutes.
	apart := pc.Sub(at.bagTime).Abs()
	minutes := apart % (30 * time.Minute)
	right := min(minutes, 30*time.Minute-minutes) <= clockApart
	e.say(who, "minutes on the clock of the delivering PC", "%s", map[bool]string{true: "those of the server", false: "others"}[right])
	e.measure(who, "clock of the delivering PC", "%s from the server's", round(pc.Sub(at.bagTime)))
}

// attachmentsOf returns the files of ATT that belong to a message: written
// beside it, with a number from the same counter just before or after.
// inferred from Q87388, Q148515 and Q85058, which differ in the order.
func attachmentsOf(t *drive.Tree, message string, written time.Time, size int64) (names []string) {
	const near, beside = 8, 5 * time.Minute
	id, err := strconv.ParseUint(message, 16, 32)
	if err != nil {
		return nil
	}
	for _, x := range "0123456789ABCDEF" {
		_ = t.List(`ATT\AT`+string(x), func(f drive.Entry) error {
			n, err := strconv.ParseUint(strings.TrimSuffix(f.Name, path.Ext(f.Name)), 16, 32)
			if err == nil && path.Ext(f.Name) == ".ATT" && max(n, id)-min(n, id) <= near && f.ModTime.Sub(written).Abs() <= beside && f.Size >= size {
				names = append(names, f.Name)
			}
			return nil
		})
	}
	return names
}

// asReceived compares a message that has left with what was submitted.
func (e *exam) asReceived(who string, sent *Outgoing, have *message.Message) {
	subject := strings.Join(have.Values("Subject"), " ")
	e.say(who, "Subject", "%s", asSent(subject == sent.Subject))
	if subject != sent.Subject {
		e.fail("%s: the message left with the subject %q, want %q", who, printable(subject), sent.Subject)
	}
	to := strings.Join(have.Values("To"), ", ")
	named := strings.Contains(strings.ToLower(to), strings.ToLower(sent.To))
	e.say(who, "To names the recipient", "%s", yes(named))
	if !named {
		e.fail("%s: the message left with To: %q, want %s in it (Q112761)", who, printable(to), sent.To)
	}
	mailbox := sent.From[strings.LastIndexByte(sent.From, '/')+1:]
	e.say(who, "From names the mailbox", "%s", yes(strings.Contains(strings.ToLower(have.First("From")), strings.ToLower(mailbox)+"@")))
	text := strings.Contains(unwrapped(have.Body), sent.Text)
	e.say(who, "text", "%s", asSent(text))
	if !text {
		e.fail("%s: the message left without its text %q", who, sent.Text)
	}
	if len(sent.Attachments) == 0 {
		e.log = append(e.log, who+": not compared: an attachment; the deployment file has no test.submit.attach")
		return
	}
	e.say(who, "Encoding", "%s", yes(have.First("Encoding") != ""))               // Q118530
	e.say(who, "X-MS-Attachment", "%s", yes(have.First("X-MS-Attachment") != "")) // Q118968
	if len(have.Attachments) == 0 {
		e.say(who, "attachment", "%s", "not there")
		e.fail("%s: the message left without its attachment (Q118530, Q99696)", who)
		return
	}
	wrong := difference(&have.Attachments[0], &sent.Attachments[0])
	e.say(who, "attachment", "%s", asSent(wrong == ""))
	if wrong != "" {
		e.fail("%s: attachment %s %s (Q118530, Q111894)", who, printable(have.Attachments[0].Name), wrong)
	}
}

// unwrapped makes one line of a text: the gateway breaks lines after column 78.
// Q111860
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

// difference tells how a file differs from the one that was sent; "" if it does
// not.
func difference(have, sent *message.Attachment) string {
	switch {
	case have.Err != "":
		return "cannot be decoded: " + have.Err
	case !strings.EqualFold(have.Name, sent.Name): // Q111894
		return "has another name, want " + sent.Name
	case len(have.Data) != len(sent.Data):
		return fmt.Sprintf("has %d bytes, want %d", len(have.Data), len(sent.Data))
	}
	for i := range sent.Data {
		if have.Data[i] != sent.Data[i] {
			return fmt.Sprintf("has byte %#02x at %d, want %#02x", have.Data[i], i, sent.Data[i])
		}
	}
	return ""
}
