package program

import (
	"fmt"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/site"
)

// class is the severity of a log line, selected by -C.
//
// invented: which line has which class. The articles only say that -Ci reports
// the documented classes and that Idling, the dialogue and the address lines
// need -CD (Q108374, Q105130, Q107087); without -C we report as with -Ci. Q107089
// has the gateway's refusal with -Ci as well, so that reply has class info.
type class uint8

const (
	classError class = iota
	classWarning
	classInfo
	classDebug
)

// gateLog writes SMTPGATE.LOG and the screen. Lines are gathered and appended
// to the file when the gateway comes to a point where it waits for others, so
// that the file is open only for a moment.
//
// invented: that moment, and that the log is opened to share; a log held open
// would keep two gateways from ever starting on one postoffice, which Q132060
// does not report.
type gateLog struct {
	t      *dos.Task
	name   string
	file   bool // -L with any of a, c, s, y
	screen bool // -G likewise
	level  class
	buf    []byte
	bad    bool // the last write failed: said once
}

// wants says whether the letters of -L or -G ask for output. invented: the
// single letters are unexplained; any of a, c, s and y means all, n alone
// means none. Q87042, Q132060
func wants(letters string) bool { return strings.ContainsAny(letters, "acsy") }

// begin makes l the log of a gateway that starts; its buffer is kept.
func (l *gateLog) begin(t *dos.Task, o *site.GatewayOptions) {
	*l = gateLog{t: t, name: string(o.Drive) + ":" + fileGateLog, level: classInfo, buf: l.buf[:0]}
	l.file = o.LogSet && wants(o.Log)
	l.screen = !o.ScreenSet || wants(o.Screen)
	switch {
	case strings.Contains(o.Class, "i"):
	case strings.Contains(o.Class, "w"):
		l.level = classWarning
	case strings.Contains(o.Class, "e"):
		l.level = classError
	case strings.Contains(o.Class, "n") && !o.Debug:
		l.file, l.screen = false, false // inferred: none, as the n of -L. Q87042
	}
	if o.Debug {
		l.level = classDebug
	}
}

// say logs one line: "HH:MM:SS - text" in the file, ">text" on the screen. The
// text comes in parts, which nobody has to join. Q112286, Q107087
func (l *gateLog) say(c class, parts ...string) {
	if c > l.level {
		return
	}
	if l.file {
		h, m, s := l.t.Now().Clock()
		l.buf = append(l.buf, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+s/10), byte('0'+s%10), ' ', '-', ' ')
		for _, text := range parts {
			l.buf = append(l.buf, text...)
		}
		l.buf = append(l.buf, '\r', '\n')
	}
	if l.screen {
		l.t.Print(">")
		s := l.t.Screen()
		for _, text := range parts {
			s.Print(text)
		}
		s.Print("\r\n")
	}
}

func (l *gateLog) sayf(c class, format string, args ...any) {
	if c <= l.level && (l.file || l.screen) {
		l.say(c, fmt.Sprintf(format, args...))
	}
}

// dialogue logs a line of the SMTP conversation, which carries no time. Q112286
func (l *gateLog) dialogue(c class, tag, text string) {
	if c > l.level {
		return
	}
	if l.file {
		l.buf = append(l.buf, tag...)
		l.buf = append(l.buf, text...)
		l.buf = append(l.buf, '\r', '\n')
	}
	if l.screen {
		l.t.Print(strings.TrimLeft(tag, " "))
		l.t.Print(text)
		l.t.Print("\r\n")
	}
}

func (l *gateLog) tx(text string) { l.dialogue(classDebug, "  [tx] ", text) }
func (l *gateLog) rx(text string) { l.dialogue(classDebug, "  [rx] ", text) }

// refuse logs a reply that refuses what the peer wants. Q107089
func (l *gateLog) refuse(text string) { l.dialogue(classInfo, "  [tx] ", text) }

// clockColumn is where the time stands in the top line of the screen. Q118784
const clockColumn = 72

// flush appends the gathered lines to the file and shows the time at the top
// right corner of the screen.
func (l *gateLog) flush() {
	if l.screen {
		h, m, s := l.t.Now().Clock()
		l.t.Screen().At(0, clockColumn, string([]byte{byte('0' + h/10), byte('0' + h%10), ':', byte('0' + m/10), byte('0' + m%10), ':', byte('0' + s/10), byte('0' + s%10)}))
	}
	if len(l.buf) == 0 {
		return
	}
	err := l.t.Append(l.name, l.buf, dos.Write|dos.DenyNone)
	l.buf = l.buf[:0]
	if err != nil && !l.bad {
		// invented: the mail goes on without a log.
		l.t.Print("ERROR open: " + l.name + ": " + err.Error() + "\r\n")
	}
	l.bad = err != nil
}
