package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Bounds of one session. A gateway serves one call at a time, and other
// senders wait meanwhile. Q87046
const (
	lineMax     = 2000     // bytes of a reply line; RFC 821 allows 512
	sessionMax  = 64 << 10 // bytes a peer may send in a session
	replyLines  = 100      // lines of one reply
	commandMax  = 510      // bytes of a command, without CR LF
	rcptMax     = 9        // forward-paths in a session
	sessionsMax = 40       // sessions with one address in a run: no load
	farewell    = 2 * time.Second
	pauseAfter  = 200 * time.Millisecond // the gateway has other callers
)

// Wait bounds a session in time: how long to wait for the greeting, for a
// reply, and for all of it.
type Wait struct{ Greeting, Reply, Session time.Duration }

// Transcript is what was said in one session.
type Transcript struct {
	Check   string `json:"check"`
	Address string `json:"address"`
	Lines   []Line `json:"lines"`
}

// Line is one line of a transcript.
type Line struct {
	Seconds float64 `json:"seconds"` // since the call began
	From    string  `json:"from"`    // "us", "peer", or "note" for what happened
	Text    string  `json:"text"`    // control characters escaped
}

// String prints a transcript as scripts write dialogues: > is heard, < is
// sent.
func (t *Transcript) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, %s\n", t.Check, t.Address)
	for _, l := range t.Lines {
		mark := "# "
		switch l.From {
		case "us":
			mark = "< "
		case "peer":
			mark = "> "
		}
		fmt.Fprintf(&b, "%7.3f %s%s\n", l.Seconds, mark, l.Text)
	}
	return b.String()
}

// Reply is an answer of the peer.
type Reply struct {
	Code int
	Text string // of the first line, behind the code
	More []string
}

// String returns the first line.
func (r Reply) String() string { return strings.TrimSpace(fmt.Sprintf("%03d %s", r.Code, r.Text)) }

// PeerError says what a peer did instead of answering.
type PeerError struct {
	Kind Trouble
	Text string // for people
}

// Error returns the text.
func (e *PeerError) Error() string { return e.Text }

// Trouble is a kind of PeerError.
type Trouble string

// The kinds.
const (
	Unreachable Trouble = "unreachable" // nobody listens, or the host is not there
	Silent      Trouble = "silent"      // accepts the call and says nothing
	Closed      Trouble = "closed"      // hung up
	Garbage     Trouble = "garbage"     // says what is no SMTP
	Flood       Trouble = "flood"       // says more than anybody should
	Interrupted Trouble = "interrupted" // we were told to stop
)

func trouble(err error) Trouble {
	var p *PeerError
	if errors.As(err, &p) {
		return p.Kind
	}
	return ""
}

// errRule is a broken rule of ours: a check wanted to do what must not be
// done. It is never the peer's fault.
type errRule struct{ text string }

func (e errRule) Error() string { return "internal error: refused to " + e.text }

// caller makes sessions, one after the other.
type caller struct {
	mu    sync.Mutex // held for the whole of a session
	count map[string]int
	pause time.Duration
	dry   func(string) // not nil: tell instead of doing

	kept  sync.Mutex
	saved []Transcript
}

// Session is a call that is under way.
type Session struct {
	conn  net.Conn
	ctx   context.Context
	wait  Wait
	end   time.Time // of the whole session
	began time.Time
	buf   []byte // received and not yet used
	got   int
	rcpts int
	open  bool
	quit  bool
	dry   func(string)
	notes *Transcript
	eof   bool
}

// call connects, runs fn, says QUIT and hangs up. Whoever asks for a second
// call meanwhile waits until the first one has ended.
func (c *caller) call(ctx context.Context, check, address string, w Wait, fn func(*Session) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		c.count = map[string]int{}
	}
	if c.count[address]++; c.count[address] > sessionsMax {
		return errRule{fmt.Sprintf("call %s more than %d times", address, sessionsMax)}
	}
	s := &Session{ctx: ctx, wait: w, began: time.Now(), notes: &Transcript{Check: check, Address: address}, dry: c.dry}
	if c.dry != nil {
		c.dry("connect " + address)
		s.open = true
		err := fn(s)
		s.farewell()
		return err
	}
	s.end = s.began.Add(w.Session)
	defer func() {
		c.kept.Lock()
		c.saved = append(c.saved, *s.notes)
		c.kept.Unlock()
	}()
	if err := s.connect(address); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { s.conn.SetDeadline(time.Now()) })
	defer stop()
	err := fn(s)
	s.farewell()
	s.conn.Close()
	s.note("note", "closed")
	sleep(ctx, c.pause)
	return err
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (s *Session) connect(address string) error {
	dialer := net.Dialer{Timeout: min(s.wait.Greeting, s.wait.Session)}
	conn, err := dialer.DialContext(s.ctx, "tcp", address)
	switch {
	case err == nil:
		s.conn, s.open = conn, true
		s.note("note", "connected")
		return nil
	case s.ctx.Err() != nil:
		err = &PeerError{Interrupted, "interrupted"}
	case errors.Is(err, syscall.ECONNREFUSED):
		err = &PeerError{Unreachable, "refuses the connection: nothing listens there"}
	case isTimeout(err):
		err = &PeerError{Unreachable, fmt.Sprintf("does not answer a connection within %s", dialer.Timeout)}
	default:
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err // the address is told by whoever tells this
		}
		err = &PeerError{Unreachable, "cannot be reached: " + err.Error()}
	}
	s.note("note", err.Error())
	return err
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// verbs are the commands that may be sent to a real host.
var verbs = map[string]bool{"HELO": true, "EHLO": true, "XTST": true, "MAIL": true, "RCPT": true, "DATA": true, "RSET": true, "QUIT": true}

// check refuses what must never be sent.
func (s *Session) check(line string) error {
	verb, _, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	switch {
	case strings.ContainsAny(line, "\r\n\x00"):
		return errRule{"send a line break within a command"}
	case len(line) > commandMax:
		return errRule{fmt.Sprintf("send a command of %d bytes", len(line))}
	case !verbs[verb]:
		return errRule{"send the command " + verb}
	case s.quit:
		return errRule{"send " + verb + " after QUIT"}
	}
	if verb == "RCPT" {
		if s.rcpts++; s.rcpts > rcptMax {
			return errRule{fmt.Sprintf("send more than %d RCPT in a session", rcptMax)}
		}
	}
	return nil
}

// greeting waits for the first line.
func (s *Session) greeting() (Reply, error) {
	if s.dry != nil {
		return Reply{Code: 220}, nil
	}
	return s.reply(s.wait.Greeting)
}

// ask sends a command and waits for its answer. expect is what a dry run takes
// for the answer.
func (s *Session) ask(line string, expect int) (Reply, error) {
	return s.askEnded(line, "\r\n", expect)
}

func (s *Session) askEnded(line, lineEnd string, expect int) (Reply, error) {
	if err := s.check(line); err != nil {
		return Reply{}, err
	}
	if s.dry != nil {
		s.quit = s.quit || strings.EqualFold(line, "QUIT")
		if lineEnd == "\n" {
			line += " (ended by LF alone)"
		}
		s.dry("send " + line)
		return Reply{Code: expect}, nil
	}
	shown := line
	if lineEnd == "\n" {
		shown += " (ended by LF alone)"
	}
	if err := s.send([]byte(line+lineEnd), shown); err != nil {
		return Reply{}, err
	}
	if strings.EqualFold(line, "QUIT") {
		s.quit = true
	}
	return s.reply(s.wait.Reply)
}

// send writes all of it at once: half a command makes a gateway wait for ever.
// Q105289
func (s *Session) send(data []byte, shown string) error {
	if !s.open {
		return &PeerError{Closed, "the peer has hung up"}
	}
	s.note("us", shown)
	s.conn.SetWriteDeadline(s.deadline(s.wait.Reply))
	if s.ctx.Err() != nil { // the deadline of AfterFunc has just been overwritten
		return &PeerError{Interrupted, "interrupted"}
	}
	if _, err := s.conn.Write(data); err != nil {
		return s.broken(err, s.wait.Reply)
	}
	return nil
}

// deadline bounds a step by the session as well.
func (s *Session) deadline(d time.Duration) time.Time {
	t := time.Now().Add(d)
	if t.After(s.end) {
		return s.end
	}
	return t
}

// reply reads one reply, of several lines if the peer sends so.
func (s *Session) reply(wait time.Duration) (Reply, error) {
	var r Reply
	for n := 0; ; n++ {
		line, err := s.line(wait)
		if err != nil {
			return r, err
		}
		code, text, more, ok := splitReply(line)
		if !ok {
			return r, s.fault(Garbage, fmt.Sprintf("says what is no SMTP: %q", clip(line)))
		}
		if n == 0 {
			r.Code, r.Text = code, text
		} else {
			r.More = append(r.More, text)
		}
		if !more {
			return r, nil
		}
		if n == replyLines {
			return r, s.fault(Flood, fmt.Sprintf("answers with more than %d lines", replyLines))
		}
	}
}

// splitReply reads three digits and what follows them.
func splitReply(line string) (code int, text string, more, ok bool) {
	if len(line) < 3 {
		return 0, "", false, false
	}
	for i := range 3 {
		if line[i] < '0' || line[i] > '9' {
			return 0, "", false, false
		}
		code = code*10 + int(line[i]-'0')
	}
	if len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, "", false, false
	}
	if len(line) > 4 {
		text = line[4:]
	}
	return code, text, len(line) > 3 && line[3] == '-', code >= 200 && code < 600
}

// line reads one line of bounded length.
func (s *Session) line(wait time.Duration) (string, error) {
	if !s.open {
		return "", &PeerError{Closed, "the peer has hung up"}
	}
	until := s.deadline(wait)
	var chunk [1024]byte
	for {
		if i := bytes.IndexByte(s.buf, '\n'); i >= 0 {
			line := strings.TrimSuffix(string(s.buf[:i]), "\r")
			s.buf = s.buf[i+1:]
			s.note("peer", line)
			return line, nil
		}
		if len(s.buf) > lineMax {
			return "", s.fault(Flood, fmt.Sprintf("sends a line of more than %d bytes", lineMax))
		}
		if s.got > sessionMax {
			return "", s.fault(Flood, fmt.Sprintf("sends more than %d bytes", sessionMax))
		}
		if s.eof {
			s.open = false
			text := "hangs up"
			if s.got == 0 {
				text = "takes the connection and hangs up without a greeting"
			} else if len(s.buf) > 0 {
				text = fmt.Sprintf("hangs up in the middle of the line %q", clip(string(s.buf)))
			}
			return "", s.fault(s.gone(), text)
		}
		s.conn.SetReadDeadline(until)
		if s.ctx.Err() != nil {
			return "", s.fault(Interrupted, "interrupted")
		}
		n, err := s.conn.Read(chunk[:])
		s.buf = append(s.buf, chunk[:n]...)
		s.got += n
		switch {
		case n > 0: // an error comes again
		case errors.Is(err, io.EOF):
			s.eof = true
		case err != nil:
			return "", s.broken(err, wait)
		}
	}
}

// broken turns an error of the connection into a PeerError.
func (s *Session) broken(err error, wait time.Duration) error {
	switch {
	case s.ctx.Err() != nil:
		return s.fault(Interrupted, "interrupted")
	case isTimeout(err) && len(s.buf) > 0:
		return s.fault(Silent, fmt.Sprintf("has sent %d bytes, %q, and no end of the line within %s", len(s.buf), clip(string(s.buf)), round(wait)))
	case isTimeout(err) && !time.Now().Before(s.end) && time.Since(s.began) > wait:
		return s.fault(Silent, fmt.Sprintf("has not come to an end of the session within %s", round(s.wait.Session)))
	case isTimeout(err):
		return s.fault(Silent, fmt.Sprintf("says nothing for %s", round(wait)))
	}
	s.open = false
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	if s.got == 0 {
		return s.fault(Unreachable, "takes the connection and breaks it without a greeting: "+err.Error())
	}
	return s.fault(Closed, "breaks the connection: "+err.Error())
}

// gone is the trouble of a peer that has hung up: whoever has not even greeted
// is not there, though a stack or a forwarder takes his calls.
func (s *Session) gone() Trouble {
	if s.got == 0 {
		return Unreachable
	}
	return Closed
}

func (s *Session) fault(kind Trouble, text string) error {
	s.note("note", text)
	return &PeerError{kind, text}
}

// endData ends a transfer that should not have begun, with an empty message.
func (s *Session) endData() (Reply, error) {
	if s.dry != nil {
		s.dry("send . (only if DATA was answered with 354)")
		return Reply{Code: 250}, nil
	}
	if err := s.send([]byte(".\r\n"), "."); err != nil {
		return Reply{}, err
	}
	return s.reply(s.wait.Reply)
}

// hungUp waits a moment and reports whether the peer has closed the
// connection.
func (s *Session) hungUp(wait time.Duration) bool {
	if s.dry != nil {
		return false
	}
	if !s.open {
		return true
	}
	_, err := s.line(wait)
	return trouble(err) == Closed
}

// farewell says QUIT on a connection that is still open, whatever happened
// before, and waits a moment for the answer.
func (s *Session) farewell() {
	if s.quit || !s.open {
		return
	}
	s.quit = true
	if s.dry != nil {
		s.dry("send QUIT")
		return
	}
	s.conn.SetDeadline(time.Now().Add(farewell))
	if s.ctx.Err() != nil {
		s.conn.SetDeadline(time.Now().Add(farewell / 4))
	}
	s.note("us", "QUIT")
	if _, err := io.WriteString(s.conn, "QUIT\r\n"); err != nil {
		return
	}
	var answer [512]byte
	n, _ := s.conn.Read(answer[:])
	if line, _, ok := strings.Cut(string(answer[:n]), "\n"); ok {
		s.note("peer", strings.TrimSuffix(line, "\r"))
	}
}

// linesKept bounds a transcript.
const linesKept = 500

func (s *Session) note(from, text string) {
	if len(s.notes.Lines) == linesKept {
		return
	}
	s.notes.Lines = append(s.notes.Lines, Line{Seconds: time.Since(s.began).Seconds(), From: from, Text: printable(text)})
}

// printable escapes what a terminal would obey and cuts what nobody reads.
func printable(text string) string {
	text = clip(text)
	quoted := fmt.Sprintf("%q", text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

func clip(text string) string {
	const most = 400
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

func round(d time.Duration) time.Duration {
	if d >= 10*time.Second {
		return d.Round(time.Second)
	}
	return d.Round(10 * time.Millisecond)
}
