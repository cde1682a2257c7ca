package program

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
)

const (
	// sessionFlush is how much text gathers before it is written; the rest is
	// written when a queue or an inqueue is done. invented: a C library's buffer.
	sessionFlush = 4096
	// sessionMost bounds what is kept while the home postoffice's drive is in
	// error. invented
	sessionMost = 65536

	sessionTime = "01-02-06 15:04 " // Q100826
)

// sessionLog is the screen and SESSION.LOG, which stays open for the whole
// run. Q112255
type sessionLog struct {
	t        *dos.Task
	instance string // name in front of each line. Q99139
	name     string
	file     *dos.File // nil without -L
	at       int64
	buf      []byte
	bad      bool // the last write failed: said once
}

// open opens the log, to be continued at its end. Others may read it. It is false when
// EXTERNAL cannot start: where it may not write. Q117152 invented: after any other failure
// it goes on without a log.
func (l *sessionLog) open(name string) bool {
	const mode = dos.ReadWrite | dos.DenyWrite
	f, err := l.t.Open(name, mode)
	if errors.Is(err, dos.FileNotFound) {
		f, err = l.t.CreateNew(name, mode)
	}
	if err != nil {
		if errors.Is(err, dos.AccessDenied) {
			l.t.Print(extLogWrite + "\r\n")
			return false
		}
		l.t.Print(extLogOpen + "\r\n")
		return true
	}
	l.name, l.file, l.at = name, f, f.Size()
	return true
}

// say shows one line, which comes in parts, and logs it as MM-DD-YY hh:mm text.
// Q100826
func (l *sessionLog) say(parts ...string) {
	for _, text := range parts {
		l.t.Print(text)
	}
	l.t.Print("\r\n")
	if l.file == nil || len(l.buf) > sessionMost {
		return
	}
	if l.instance != "" {
		l.buf = fmt.Appendf(l.buf, "%-10.10s ", l.instance) // Q192156, Q99139
	}
	l.buf = l.t.Now().AppendFormat(l.buf, sessionTime)
	for _, text := range parts {
		l.buf = append(l.buf, text...)
	}
	l.buf = append(l.buf, '\r', '\n')
}

// flush writes what has gathered; what cannot be written is kept for the next
// time.
func (l *sessionLog) flush() error {
	if l.file == nil || len(l.buf) == 0 {
		return nil
	}
	n, err := l.file.WriteAt(l.buf, l.at)
	l.at += int64(n)
	l.buf = append(l.buf[:0], l.buf[n:]...)
	if err != nil && !l.bad {
		l.t.Print(extLogWrite + "\r\n") // invented: mail goes on without a log
	}
	l.bad = err != nil
	return err
}

func (x *external) say(parts ...string) {
	x.log.say(parts...)
	if len(x.log.buf) > sessionFlush {
		x.flush()
	}
}

// flush writes the log unless its drive is known to be lost.
func (x *external) flush() {
	if x.logHome != nil && x.logHome.lost() {
		return
	}
	if err := x.log.flush(); err != nil {
		x.fault(&postoffice.FileError{Verb: "write", File: x.log.name, Err: err})
	}
}

// fileError shows a refused operation. Q103960
func (x *external) fileError(err error) {
	var f *postoffice.FileError
	var code dos.Error
	if !errors.As(err, &f) || !errors.As(err, &code) {
		return
	}
	text, end := extFileOpen, extOpenCode
	if postoffice.IsMissing(err) {
		text, end = extFileFind, extFindCode
	}
	x.say(text + f.File + end + strconv.Itoa(int(code)))
}

// table shows what F2 shows: every external postoffice that one of ours
// defines. Q118448
func (x *external) table() {
	x.t.Print(extTable + "\r\n")
	var seen []string
	for _, p := range x.offices {
		if p.routes == nil {
			x.row(p.master.Network, p.master.Name, p, postoffice.External{})
			continue
		}
	next:
		for i := range p.routes.Offices {
			o := &p.routes.Offices[i]
			name := o.Network + "/" + o.Name
			for _, s := range seen {
				if strings.EqualFold(s, name) {
					continue next
				}
			}
			seen = append(seen, name)
			x.row(o.Network, o.Name, x.find(name), o.External)
		}
	}
}

func (x *external) row(network, name string, p *servedOffice, e postoffice.External) {
	status, serial, errs, sent := statusNoRef, "", 0, uint32(0)
	if p != nil {
		status, serial, errs, sent = p.status, p.master.Serial, p.errors, p.sent
	}
	x.t.Print(fmt.Sprintf("%-10s %-10s %-8s %-6s %3d %6d %5d %5d\r\n", network, name, serial, status, errs, sent,
		e.SentMonth, e.SentYear))
}
