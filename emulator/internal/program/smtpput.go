package program

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/mmff"
	"gwkit/emulator/internal/postoffice"
)

// SMTPPUT submits the messages of a file to the postoffice and then runs the mailer:
//
//	SMTPPUT -d<m> [-md] [-mr] [-f<n>] m:\smtp\to_nc.api
//
// The return code is 0, or the number of the error it prints: 20, 52, 201 or one of the
// parser's. The file is deleted after success. Q85058 Without a file only the mailer
// runs. Q115490
func SMTPPUT(t *dos.Task, args []string) int { return ComponentsPut.SMTPPUT(t, args) }

// SMTPPUT is the program of this release. It follows the order of Q85058: mail file,
// ACCESS2, ACCESS, MASTER, C850SORT, ACCESS2, GROUP, NETWORK and XTN; for each message
// CONTROL, MAI, ATT, P1, INQUEUE3; then the mailer; then the mail file is closed and
// deleted.
func (c Components) SMTPPUT(t *dos.Task, args []string) int {
	g := newFFAPI(t, args, c)
	if g.o.banner {
		// inferred: from the banner of Get; SMTPPUT -VER is only said to print the version. Q101461 Q141981
		t.Print("FFAPI: Gateway Put Proc: 094(0)\r\nRevision: " + c.Version + " Release\r\nMicrosoft (R) Mail for PC Networks.\r\n" +
			"Copyright (C) 1991 Microsoft Corp. All Rights Reserved.\r\n")
		if g.o.file == "" {
			return 0
		}
	}
	if g.o.file == "" {
		return g.putError(g.run(), 1, 0)
	}
	f, err := t.Open(g.o.file, dos.ReadWrite)
	switch {
	case postoffice.IsContention(err):
		return g.putError(err, 1, 0)
	case err != nil:
		// invented: the number for a missing input file; 52 is Get's. Q128434
		return g.say(mmff.NumberFileOpen, "", mmff.TextFileOpen)
	}
	rc := g.put(f)
	f.Close()
	if rc == 0 && !g.o.keep {
		if err := t.Remove(g.o.file); err != nil {
			return g.putError(err, 1, 0)
		}
	}
	return rc
}

// run delivers without submitting.
func (g *ffapi) run() error {
	err := g.signOn()
	if err == nil {
		err = g.load()
	}
	if err == nil && !g.o.noMailer {
		err = g.deliver("SMTPPUT")
	}
	return err
}

// putError prints an error of the database. Whatever goes wrong with its files is 201:
// contention, a full disk, missing directories or rights, handles, the network. Q135926
// message is the position of the message in the file, line the last line read of it.
func (g *ffapi) putError(err error, message, line int) int {
	switch {
	case err == nil:
		return 0
	case isMemory(err):
		return g.say(mmff.NumberMemory, "", mmff.TextMemory) // Q156166
	}
	return g.say(mmff.NumberSubmit, strconv.Itoa(message)+" - "+strconv.Itoa(line)+" - ", mmff.TextSubmit)
}

// putHandles is how many files SMTPPUT wants to be able to open. invented: the
// number; with the 8 of a bare DOS it fails with 201, with 40 it works. Q128570
const putHandles = 12

func (g *ffapi) put(f *dos.File) int {
	if g.t.FreeHandles() < putHandles {
		return g.putError(dos.TooManyOpenFiles, 1, 0)
	}
	err := g.signOn()
	if err == nil {
		err = g.load()
	}
	if err != nil {
		return g.putError(err, 1, 0)
	}
	size := int(f.Size())
	data := slices.Grow(g.re.in[:0], size)[:size]
	g.re.in = data
	if n, err := f.ReadAt(data, 0); n < len(data) {
		return g.putError(err, 1, 0)
	}
	r := mmff.NewReader(data, g.o.term, func(name string) ([]byte, error) {
		return g.t.ReadFile(name, dos.Read|dos.DenyWrite)
	})
	m := &g.re.m
	for ordinal := 1; ; ordinal++ {
		err := r.Next(m)
		if err == io.EOF {
			break
		}
		var bad *mmff.ParseError
		if errors.As(err, &bad) {
			g.t.Print(bad.Error() + "\r\n")
			return bad.Number
		}
		start, end := r.Offsets()
		if err == nil {
			err = g.submit(m)
		}
		if err != nil {
			return g.putError(err, ordinal, countLines(data[start:end], g.o.term))
		}
	}
	if g.o.noMailer {
		return 0 // Q128512
	}
	return g.putError(g.deliver("SMTPPUT"), 1, 0)
}

// countLines gives the third number of an error: read as the line of the message at
// which Put stopped. Q135926
func countLines(b []byte, term mmff.Terminator) int {
	return bytes.Count(b, []byte(term.String()))
}

// submit puts one message into INQUEUE3. An envelope of the backbone is opened first.
// inferred: by Put, because Get made it. Q87223
func (g *ffapi) submit(m *mmff.Message) error {
	if mmff.IsEnvelope(m) {
		if inner, err := mmff.Decapsulate(m); err == nil {
			inner.Text = mmff.InLines(inner.Text, mmff.CR)
			m = &inner
		}
	}
	for i := range m.Recipients {
		// inferred: the database refuses it, because the gateway of 3.0.8 hands over
		// such a name and the error is then 201. Q135926
		if _, _, box, ok := m.Recipients[i].CSI(); ok && len(box) > mailboxMax {
			return errLongMailbox
		}
	}
	n := min(len(m.Text), textBuffer) + bytesRecipient*(len(m.To)+len(m.Cc)+len(m.Recipients))
	if err := g.t.Alloc(n); err != nil {
		return err
	}
	defer g.t.Release(n)
	out := g.fromMMFF(m)
	var recipients []postoffice.Address
	if len(m.Recipients) > 0 {
		recipients = fromAddresses(m.Recipients)
	}
	_, err := g.office.Put(out, recipients)
	return err
}

// mailboxMax is the length of a mailbox name. Q107089, Q88779
const mailboxMax = 10

var errLongMailbox = errors.New("cannot submit: mailbox name longer than 10 characters")

func fromAddress(a mmff.Address) postoffice.Address {
	t := a.Type
	if t == "CSI" {
		t = ""
	}
	return postoffice.Address{Type: t, Addr: a.Addr, Friendly: a.Friendly}
}

func fromAddresses(list []mmff.Address) []postoffice.Address {
	var out []postoffice.Address
	for _, a := range list {
		out = append(out, fromAddress(a))
	}
	return out
}

// fromStamp completes a date with the present time where the file names none. Q118785
func (g *ffapi) fromStamp(s mmff.Stamp) time.Time {
	now := postoffice.Wall(g.t.Now())
	if s.Year == 0 {
		return now
	}
	if s.NoTime {
		s.Hour, s.Minute, s.Second = now.Hour(), now.Minute(), now.Second()
	}
	return time.Date(s.Year, time.Month(s.Month), s.Day, s.Hour, s.Minute, s.Second, 0, time.UTC)
}

func (g *ffapi) fromMMFF(m *mmff.Message) *postoffice.Message {
	out := &postoffice.Message{
		From: fromAddress(m.From), To: fromAddresses(m.To), Cc: fromAddresses(m.Cc), Date: g.fromStamp(m.Date),
		Subject: m.Subject, Text: mmff.InLines(m.Text, mmff.CR), Receipt: m.Receipt, Class: m.Class, HopLimit: g.routes.HopLimit,
	}
	if m.Priority != "" {
		out.Priority = m.Priority[0]
	}
	for i := range m.Attachments {
		a := &m.Attachments[i]
		b := postoffice.Attachment{Name: a.Name, Type: a.Type, Hidden: a.Hidden, Data: a.Data}
		if a.Stamp.Year != 0 {
			b.Time = g.fromStamp(a.Stamp)
		}
		out.Attachments = append(out.Attachments, b)
	}
	return out
}
