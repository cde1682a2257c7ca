package lint

import (
	"strings"
	"time"

	"gwkit/conformance/drive"
)

// Bounds of what a log has to show before it is a finding. inferred
const (
	hangCycles    = 5
	nospawnCycles = 3
	trendFalls    = 4
)

// logStory is what one reading of an SMTPGATE.LOG found. Its size does not
// depend on the length of the log.
type logStory struct {
	err      error
	modified time.Time // of the file; zero: unknown
	lastTime time.Time // of the last line with a time, behind a banner
	lastAt   Place

	cycles  int
	known   map[int]*seenLine // by index of knownLines
	repeats []seenLine        // errors in at least two cycles in a row, the longest row of each
	deaf    seenLine          // longest row of cycles of nothing but SMTPGET's start and end
	mute    seenLine          // longest row of cycles without SMTPGET
	leak    fallRow

	// LargestMin is the smallest "largest" of an "Idling:" line; -1: none.
	LargestMin int
	LargestAt  Place
}

// seenLine is a line, or a row of cycles.
type seenLine struct {
	text        string
	at          Place
	count, last int // last: line
}

// fallRow is a row of free memory that never rises.
type fallRow struct {
	at       Place
	from, to int
	falls    int
	last     int
}

// story returns what a log tells; the rules of one run share it.
func (j *Judge) story(l *Log) *logStory {
	if s := j.Installation.memo.logs[l.File]; s != nil {
		return s
	}
	s := readStory(l, j.ctx.Err)
	if j.Installation.memo.logs == nil {
		j.Installation.memo.logs = map[string]*logStory{}
	}
	j.Installation.memo.logs[l.File] = s
	return s
}

// teller follows a log line by line.
type teller struct {
	s    *logStory
	file string

	begun         bool // a cycle is under way
	cycleAt       Place
	spawned, busy bool             // SMTPGET was started; there is another line than of its start and end
	errors        map[string]Place // of this cycle
	rows          map[string]*seenLine
	longest       map[string]*seenLine
	deaf, mute    seenLine
	leak          fallRow
}

// errorsMax bounds the different errors that are followed: a damaged log has
// any number.
const errorsMax = 500

func readStory(l *Log, ended func() error) *logStory {
	s := &logStory{known: map[int]*seenLine{}, LargestMin: -1}
	f, err := l.Open()
	if err != nil {
		s.err = err
		return s
	}
	defer f.Close()
	if st, ok := f.(stater); ok {
		if info, err := st.Stat(); err == nil {
			s.modified = info.ModTime()
		}
	}
	t := &teller{s: s, file: l.File, errors: map[string]Place{}, rows: map[string]*seenLine{}, longest: map[string]*seenLine{}}
	s.err = drive.ReadLog(f, func(line drive.LogLine) error {
		if line.Number&0xFFFF == 0 {
			if err := ended(); err != nil {
				return err
			}
		}
		t.line(&line)
		return nil
	})
	if t.begun { // the cycle under way may still do what the others did
		t.spawned, t.busy = true, true
		t.endCycle()
		s.cycles--
	}
	for _, text := range sortedKeys(t.longest) {
		s.repeats = append(s.repeats, *t.longest[text])
	}
	return s
}

func (t *teller) at(l *drive.LogLine) Place {
	return Place{File: t.file, Line: l.Number, Column: l.Column}
}

func (t *teller) line(l *drive.LogLine) {
	if when, ok := l.Time(); ok {
		t.s.lastTime, t.s.lastAt = when, t.at(l)
	}
	switch l.Class {
	case drive.Banner:
		// A start ends every row: the gateway was restarted.
		t.endCycle()
		t.begun, t.rows = false, map[string]*seenLine{}
		t.deaf, t.mute, t.leak = seenLine{}, seenLine{}, fallRow{}
	case drive.Idling:
		t.endCycle()
		t.begin(l)
		t.memory(l)
	case drive.Spawning, drive.Spawned:
		t.spawned = t.spawned || l.Program == "SMTPGET"
	default:
		t.busy = true
	}
	if drive.OwnMark(l.Text) {
		return
	}
	switch l.Class {
	case drive.Sent, drive.Received, drive.Header, drive.NoLog:
		return // what others wrote proves nothing
	case drive.Failure, drive.Caution:
		t.failure(l)
	}
	t.look(l)
}

func (t *teller) begin(l *drive.LogLine) {
	t.begun, t.cycleAt = true, t.at(l)
	t.spawned, t.busy = false, false
	clear(t.errors)
}

// endCycle counts the cycle that began with an "Idling:" line.
func (t *teller) endCycle() {
	if !t.begun {
		return
	}
	t.begun = false
	t.s.cycles++
	row(&t.deaf, &t.s.deaf, t.spawned && !t.busy, t.cycleAt)
	row(&t.mute, &t.s.mute, !t.spawned, t.cycleAt)
	for text := range t.rows {
		if _, again := t.errors[text]; !again {
			delete(t.rows, text)
		}
	}
	for text, at := range t.errors {
		r := t.rows[text]
		if r == nil {
			if len(t.rows) >= errorsMax {
				continue
			}
			r = &seenLine{text: text, at: at}
			t.rows[text] = r
		}
		r.count++
		if best := t.longest[text]; r.count >= 2 && (best == nil || r.count > best.count) && (best != nil || len(t.longest) < errorsMax) {
			copied := *r
			t.longest[text] = &copied
		}
	}
}

// row makes a row of cycles longer or ends it, and keeps the longest.
func row(now, longest *seenLine, goesOn bool, at Place) {
	if !goesOn {
		*now = seenLine{}
		return
	}
	if now.count++; now.count == 1 {
		now.at = at
	}
	if now.count > longest.count {
		*longest = *now
	}
}

func (t *teller) memory(l *drive.LogLine) {
	if l.Largest >= 0 && (t.s.LargestMin < 0 || l.Largest < t.s.LargestMin) {
		t.s.LargestMin, t.s.LargestAt = l.Largest, t.at(l)
	}
	if l.Free < 0 {
		return
	}
	if t.leak.at.File == "" || l.Free > t.leak.to {
		t.leak = fallRow{at: t.at(l), from: l.Free, to: l.Free}
	} else if l.Free < t.leak.to {
		t.leak.falls++
		t.leak.to, t.leak.last = l.Free, l.Number
	}
	if t.leak.falls > t.s.leak.falls {
		t.s.leak = t.leak
	}
}

// failure notes an error of this cycle.
func (t *teller) failure(l *drive.LogLine) {
	if l.Class != drive.Failure {
		return
	}
	text := l.Text
	if len(text) > 200 {
		text = text[:200]
	}
	if _, again := t.errors[text]; !again && len(t.errors) < errorsMax {
		t.errors[text] = t.at(l)
	}
}

// look compares a line with those that articles explain.
func (t *teller) look(l *drive.LogLine) {
	if l.Class != drive.Failure && l.Class != drive.Caution && !tellsTrouble(l.Text) {
		return
	}
	i := knownLine(l.Text)
	if i < 0 {
		return
	}
	seen := t.s.known[i]
	if seen == nil {
		seen = &seenLine{text: l.Text, at: t.at(l)}
		t.s.known[i] = seen
	}
	seen.count++
	seen.last = l.Number
}

// tellsTrouble keeps the ordinary lines, which are most of a log, away from the
// table: those of it that do not begin with a word of severity have one of
// these.
func tellsTrouble(text string) bool {
	for _, word := range []string{"error", "invalid", "memory", "returned"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// knownLines are the lines that articles explain. A line is the first row all
// of whose parts it holds, in their order and without regard to case.
var knownLines = []struct {
	parts    []string
	severity Severity
	articles []string
	means    string
}{
	{[]string{"mmff protocol error"}, Error, []string{"Q100703"}, "FROM_NC.API could not be made, as a message file is damaged or the server is in trouble; delete FROM_NC.API and have the mail sent again"},
	{[]string{"translating message to smtp", "protocol error"}, Error, []string{"Q129713", "Q98159"}, "a damaged message cannot be turned into SMTP; it goes to OUTBAD.API or blocks the queue"},
	{[]string{"retry count exceeded"}, Warning, []string{"Q129239"}, "the smart host was not reached as often as -Q allows; the message is in OUTBAD.API"},
	{[]string{"smtpget", " 52"}, Error, []string{"Q128434"}, "a file that SMTPGET needs is open or locked, or old temporary files are in the way"},
	{[]string{"spawn (smtp", "(2)"}, Error, []string{"Q100925"}, "the program is not on the search path, or its network path is too long"},
	{[]string{"socket", "(123)"}, Error, []string{"Q96244", "Q124801"}, "TCP/IP or SOCKETS is not loaded, or SMTPGATE.EXE is the build for another stack"},
	{[]string{"bind (110)"}, Error, []string{"Q115491"}, "port 25 is taken, or a caller came before the gateway was ready; restart it, and update TCPTSR.EXE"},
	{[]string{"connect", "(121)"}, Warning, []string{"Q99852"}, "the smart host was not reached"},
	{[]string{"connection to smart host failed"}, Warning, []string{"Q99852"}, "the smart host was not reached"},
	{[]string{"network_read", "timed out"}, Warning, []string{"Q101682"}, "the smart host did not answer in time"},
	{[]string{"smtp_get_response"}, Warning, []string{"Q101682"}, "the smart host did not answer in time"},
	{[]string{"lost network connection"}, Warning, []string{"Q100709", "Q102107"}, "the other host hung up, the network failed, or the host needs the PUSH bit"},
	{[]string{"error (116)"}, Warning, []string{"Q123826", "Q100709"}, "TCP/IP failed while reading; the other host may need the PUSH bit"},
	{[]string{"error (119)"}, Warning, []string{"Q123827", "Q100709"}, "TCP/IP failed while writing; the other host may need the PUSH bit"},
	{[]string{"read", "(52)"}, Warning, []string{"Q100706"}, "the other host or the network dropped the connection"},
	{[]string{"write", "(57)"}, Warning, []string{"Q100707"}, "the stack refused data: the connection is gone"},
	{[]string{"write", "(119)"}, Warning, []string{"Q100708"}, "TCP/IP failed while writing"},
	{[]string{"write", "(1)", "(null)"}, Warning, []string{"Q99857"}, "packets cannot be sent to the router"},
	{[]string{"write", "(9)"}, Error, []string{"Q105289"}, "LAN WorkPlace breaks packets up; update it, and set its packet size to 632"},
	{[]string{"451 net hang"}, Error, []string{"Q105289"}, "LAN WorkPlace breaks packets up; update it, and set its packet size to 632"},
	{[]string{"close", "(9)"}, Info, []string{"Q118970"}, "TCPIP.EXE of LAN WorkPlace is of 11/13/92, or NET.CFG has too many frames; mail is not affected"},
	{[]string{"smtp_recv", "system error"}, Warning, []string{"Q100512"}, "TCP/IP failed while a message came in"},
	{[]string{"smtp_recv", "protocol error"}, Warning, []string{"Q100704"}, "TCP/IP failed while a message came in"},
	{[]string{"invalid courier mailbox"}, Warning, []string{"Q107089", "Q99856", "Q108054"}, "the mailbox is longer than 10 characters, does not exist, or has no right to exchange mail with other systems"},
	{[]string{"translating message to microsoft mail"}, Error, []string{"Q108054", "Q99856"}, "an address in the header cannot be resolved; releases before 3.0.8 refuse the whole message"},
	{[]string{"201", "failure submitting message"}, Error, []string{"Q135926", "Q128570"}, "SMTPPUT could not write to the database: handles, locks, attributes, directories or disk space"},
	{[]string{"smtpput returned 201"}, Error, []string{"Q135926", "Q128570"}, "SMTPPUT could not write to the database: handles, locks, attributes, directories or disk space"},
	{[]string{"20 - insufficient memory"}, Error, []string{"Q156166"}, "the program has too little memory: free 375 KB before the start, and look at P1 and NETWORK.GLB"},
	{[]string{"insufficient memory"}, Error, []string{"Q105290"}, "more than 300 recipients, too little memory, or a damaged envelope in P1"},
	{[]string{"error smtpput"}, Error, []string{"Q115495"}, "SMTPPUT could not deliver: look at the attributes of the database files"},
	{[]string{"unknown host"}, Info, []string{"Q105130"}, "the other host gave no name with HELO; mail is accepted"},
	{[]string{"no return path"}, Info, []string{"Q107087"}, "a report of another host, with an empty return path; mail is accepted"},
	{[]string{"getline", "no cr"}, Info, []string{"Q99853"}, "the other host ends lines by LF only; mail is accepted"},
	{[]string{"header size invalid"}, Warning, []string{"Q101461"}, "the character table is damaged and not used"},
	{[]string{"translation checksum invalid"}, Warning, []string{"Q101461"}, "the character table is damaged and not used"},
	{[]string{"translation table size invalid"}, Warning, []string{"Q101461"}, "the character table is damaged and not used"},
}

// knownLine returns the index of the row that explains a line, or -1.
func knownLine(text string) int {
	lower := strings.ToLower(text)
next:
	for i := range knownLines {
		rest := lower
		for _, part := range knownLines[i].parts {
			_, after, ok := strings.Cut(rest, part)
			if !ok {
				continue next
			}
			rest = after
		}
		return i
	}
	return -1
}
