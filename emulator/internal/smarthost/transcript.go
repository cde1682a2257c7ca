package smarthost

import (
	"fmt"

	"gwkit/emulator/internal/sim"
)

// Line is one line of dialogue, or the body of a message in one.
type Line struct {
	Time    sim.Time
	Session int    // from 1 for each direction
	Call    bool   // the host began the session
	Peer    string // "ip:port"
	Sent    bool   // the host said it
	Text    string // without line end; a body is bodyText, as in the gateway's log
}

// bodyText stands for the text of a message. Q112286
const bodyText = "...message body..."

// String prints the line from the host's side in the form of the gateway's
// log: "[rx] HELO marvgard".
func (l Line) String() string {
	if l.Sent {
		return "[tx] " + l.Text
	}
	return "[rx] " + l.Text
}

// transcript keeps the last lines, up to a limit.
type transcript struct {
	limit int
	lines []Line
	next  int // where the oldest line is once the limit was reached
}

func (t *transcript) add(l Line) {
	if len(t.lines) < t.limit {
		t.lines = append(t.lines, l)
		return
	}
	t.lines[t.next] = l
	t.next = (t.next + 1) % t.limit
}

// Transcript returns the last lines of dialogue, the oldest first; how many
// are kept says Config.Transcript.
func (h *Host) Transcript() []Line {
	t := &h.transcript
	return append(append([]Line(nil), t.lines[t.next:]...), t.lines[:t.next]...)
}

// note keeps what was said, a line at a time.
func (h *Host) note(session int, call bool, peer string, sent bool, text []byte) {
	if h.transcript.limit == 0 {
		return
	}
	for len(text) > 0 {
		line := text
		for i, c := range text {
			if c == '\n' {
				line = text[:i+1]
				break
			}
		}
		text = text[len(line):]
		h.transcript.add(Line{h.k.Now(), session, call, peer, sent, printable(line)})
	}
}

// printable drops the line end and makes control characters visible.
func printable(line []byte) string {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	for _, c := range line {
		if c < ' ' || c >= 0x7F {
			q := fmt.Sprintf("%q", line)
			return q[1 : len(q)-1]
		}
	}
	return string(line)
}
