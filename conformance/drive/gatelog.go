package drive

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
)

// Class is a kind of line of SMTPGATE.LOG.
type Class string

// The classes.
const (
	Banner   Class = "banner"   // the two lines with a date at the start. Q112286
	Idling   Class = "idling"   // free memory
	Spawning Class = "spawning" // a program is started
	Spawned  Class = "spawned"  // it returned
	Accept   Class = "accept"   // the gateway waits for calls
	Call     Class = "call"     // a call came in
	Sent     Class = "tx"       // a line of the dialogue, sent
	Received Class = "rx"       // a line of the dialogue, received
	Header   Class = "header"   // of a message that came in
	Failure  Class = "error"
	Caution  Class = "warning"
	Other    Class = "other"
	NoLog    Class = "no log" // not a line as this log has them
)

// LogLine is a line of SMTPGATE.LOG.
type LogLine struct {
	Number int
	Offset int64 // bytes
	Column int   // of Text, from 1
	Class  Class
	Text   string // without time and mark

	// Clock is the time of day; ClockKnown is false for lines of the
	// dialogue, which have none.
	Clock      time.Duration
	ClockKnown bool

	// Day is the date that the last banner told, in UTC, moved on at each
	// midnight seen since; zero before the first banner.
	Day time.Time

	Program string // Spawning, Spawned: in capitals, "SMTPGET"
	Code    int    // Spawned: what it returned
	Free    int    // Idling: bytes
	Largest int    // Idling: bytes, -1 if the line tells none
	Timeout int    // Accept: seconds

	Long bool // the line was longer than LogLineMax and is cut
}

// Time returns the moment of a line in UTC as if the gateway's clock showed it.
func (l *LogLine) Time() (time.Time, bool) {
	if !l.ClockKnown || l.Day.IsZero() {
		return time.Time{}, false
	}
	return l.Day.Add(l.Clock), true
}

// LogLineMax is how many bytes of a line are kept. The gateway writes each
// error in one long line, which is nowhere near. Q105289
const LogLineMax = 16 << 10

// ReadLog calls fn with each line of an SMTPGATE.LOG and keeps none: the log
// of a gateway that nobody looked after is as long as its disk. The line's text
// is valid after the call. The error of fn ends the log and is returned.
func ReadLog(r io.Reader, fn func(LogLine) error) error {
	var clock logClock
	return eachLogLine(r, func(n int, offset int64, text string, long bool) error {
		l := parseLogLine(text)
		l.Number, l.Offset, l.Long = n, offset, long
		clock.set(&l)
		return fn(l)
	})
}

// logClock follows the date through midnights.
type logClock struct {
	day  time.Time
	last time.Duration
}

const asctime = "Mon Jan _2 15:04:05 2006"

func (c *logClock) set(l *LogLine) {
	if l.Class == Banner && len(l.Text) >= len(asctime) {
		if t, err := time.Parse(asctime, l.Text[:len(asctime)]); err == nil {
			c.day, c.last = t.Truncate(24*time.Hour), l.Clock
		}
	}
	if l.ClockKnown {
		// The clock of a PC is set by a few minutes, and back as well; only
		// a leap over half a day is a midnight.
		if !c.day.IsZero() && c.last-l.Clock > 12*time.Hour {
			c.day = c.day.AddDate(0, 0, 1)
		}
		c.last = l.Clock
	}
	l.Day = c.day
}

// eachLogLine calls fn with each line without its end.
func eachLogLine(r io.Reader, fn func(n int, offset int64, text string, long bool) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var line []byte
	var offset, next int64
	long := false
	for n := 1; ; {
		part, err := in.ReadSlice('\n')
		next += int64(len(part))
		if keep := LogLineMax - len(line); len(part) > keep {
			long = long || len(strings.TrimRight(string(part[keep:]), "\r\n")) > 0
			part = part[:keep]
		}
		line = append(line, part...)
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil && err != io.EOF {
			return err
		}
		if next > offset {
			if e := fn(n, offset, strings.TrimRight(string(line), "\r\n"), long); e != nil {
				return e
			}
		}
		if err == io.EOF {
			return nil
		}
		line, offset, long = line[:0], next, false
		n++
	}
}

// parseLogLine reads what one line tells by itself. Any indentation is
// accepted, as samples differ; a line that begins with ">" is as the screen
// shows it. Q112286, Q118970, Q107087
func parseLogLine(s string) LogLine {
	l := LogLine{Class: Other, Largest: -1}
	text := strings.TrimLeft(s, " \t")
	switch {
	case strings.HasPrefix(text, "[tx]"):
		l.Class, text = Sent, text[4:]
	case strings.HasPrefix(text, "[rx]"):
		l.Class, text = Received, text[4:]
	case strings.HasPrefix(text, ">"):
		text = text[1:]
	default:
		clock, rest, ok := cutClock(text)
		if !ok {
			l.Class = NoLog
			break
		}
		l.Clock, l.ClockKnown, text = clock, true, rest
	}
	text = strings.TrimLeft(text, " \t")
	l.Column = len(s) - len(text) + 1
	l.Text = strings.TrimRight(text, " \t")
	if l.Class == Other {
		classify(&l)
	}
	return l
}

// cutClock cuts "08:58:04 - " off.
func cutClock(s string) (time.Duration, string, bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return 0, s, false
	}
	h, e1 := strconv.Atoi(s[:2])
	m, e2 := strconv.Atoi(s[3:5])
	sec, e3 := strconv.Atoi(s[6:8])
	rest, ok := strings.CutPrefix(strings.TrimLeft(s[8:], " "), "-")
	if e1 != nil || e2 != nil || e3 != nil || !ok || h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 59 {
		return 0, s, false
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second, rest, true
}

// cutFold cuts a prefix off without regard to case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// classify tells the class of a line with a time. Articles print the words in
// both cases, so case is ignored. Q112286, Q131150
func classify(l *LogLine) {
	if rest, ok := cutFold(l.Text, "Idling:"); ok {
		l.Class = Idling
		free, rest, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
		l.Free = number(free)
		if _, largest, ok := strings.Cut(strings.ToLower(rest), "largest"); ok {
			l.Largest = number(strings.Trim(largest, " ."))
		}
		return
	}
	if rest, ok := cutFold(l.Text, "spawning "); ok {
		l.Class, l.Program = Spawning, fold(strings.TrimSpace(rest))
		return
	}
	if rest, ok := cutFold(l.Text, "spawn("); ok {
		if program, code, ok := strings.Cut(rest, ")="); ok {
			l.Class, l.Program, l.Code = Spawned, fold(program), number(code)
			return
		}
	}
	if rest, ok := cutFold(l.Text, "SMTP_accept("); ok {
		l.Class = Accept
		if _, after, ok := strings.Cut(strings.ToLower(rest), "timeout="); ok {
			l.Timeout = number(strings.TrimRight(after, ") "))
		}
		return
	}
	if _, ok := cutFold(l.Text, "Header:"); ok {
		l.Class = Header
		return
	}
	if _, ok := cutFold(l.Text, "ERROR"); ok {
		l.Class = Failure
		return
	}
	if _, ok := cutFold(l.Text, "WARNING"); ok {
		l.Class = Caution
		return
	}
	if _, ok := cutFold(l.Text, "Connection accepted"); ok {
		l.Class = Call
		return
	}
	if len(l.Text) > len(asctime) && l.Text[3] == ' ' && l.Text[13] == ':' { // cheap to ask, as most lines are no banner
		if _, err := time.Parse(asctime, l.Text[:len(asctime)]); err == nil {
			l.Class = Banner
		}
	}
}

// number reads a decimal number, -1 if it is none.
func number(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return -1
	}
	return n
}

// Whom gwcheck's own probes ask a gateway for. Its log then has an error that is
// no fault of anybody.
const (
	ProbeUser    = "gwcheckprobe" // of 12 characters, more than a mailbox has. Q107089
	ProbeOutside = "gwcheck@nowhere.invalid"
)

// OwnMark reports whether a line was caused by a probe of gwcheck.
func OwnMark(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, ProbeUser) || strings.Contains(text, ProbeOutside)
}

// NotFound returns the program, in capitals, of a line that says that one was
// not found, or "". A gateway of one direction lacks a program on purpose.
// Q100925, Q132060
func NotFound(text string) string {
	rest, ok := cutFold(text, "ERROR Spawn (")
	if !ok {
		return ""
	}
	program, rest, ok := strings.Cut(rest, ")")
	if !ok || !strings.HasPrefix(rest, ": (2)") {
		return ""
	}
	return fold(program)
}
