package dos

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Size of the text screen.
const (
	Columns = 80
	Rows    = 25
)

// historyLines is how many lines that scrolled off are kept.
const historyLines = 200

type screenRow [Columns]rune

// linesKept is how many lines, from the last, decide all that can be seen of
// a screen and its history, with room to spare for where the cursor stood.
const linesKept = 2 * (Rows + historyLines)

// textKept is how many bytes wait to be drawn, at most.
const textKept = 32 << 10

// Screen is an 80x25 text screen in one colour.
//
// Programs print thousands of lines that nobody looks at. So text is only
// gathered, and drawn when somebody looks; what has scrolled out of the history
// by then is never drawn.
type Screen struct {
	text     []byte // not drawn yet
	overlays []overlay
	store    []*screenRow // all rows ever needed; a scroll moves numbers, no pointers
	used     int          // of them, since the screen was cleared
	rows     [Rows]uint8  // numbers in store
	row, col int
	top      int // first row that scrolls: Border protects those above
	left     int
	bottom   int // last row that scrolls
	right    int
	past     []uint8 // ring of rows that scrolled off
	oldest   int
}

// overlay is a text set at a place while others were still to be drawn.
type overlay struct {
	after       int // so many bytes of the text
	row, column int
	text        string
}

// Clear empties the screen, its border and its history.
func (s *Screen) Clear() {
	*s = Screen{text: s.text[:0], overlays: s.overlays[:0], store: s.store, past: s.past[:0], bottom: Rows - 1, right: Columns - 1}
	for i := range s.rows {
		s.rows[i] = s.blankRow()
	}
}

// blankRow makes a row: at most those of the screen and of the history.
func (s *Screen) blankRow() uint8 {
	if s.used == len(s.store) {
		s.store = append(s.store, new(screenRow))
	}
	*s.store[s.used] = blanks
	s.used++
	return uint8(s.used - 1)
}

// at returns a row of the screen.
func (s *Screen) at(row int) *screenRow { return s.store[s.rows[row]] }

var blanks = func() (r screenRow) {
	for i := range r {
		r[i] = ' '
	}
	return r
}()

func (r *screenRow) blank(from, to int) {
	copy(r[from:to+1], blanks[from:])
}

// Print writes at the cursor. CR, LF, TAB and BS do what they do; BEL makes no
// sound. The last column wraps, the last row scrolls.
func (s *Screen) Print(text string) {
	if s.text = append(s.text, text...); len(s.text) > textKept {
		s.draw()
	}
}

// draw draws all that waits for it.
func (s *Screen) draw() {
	from := 0
	if len(s.text) > textKept/2 {
		from = s.skip()
	}
	for _, o := range s.overlays {
		if o.after > from {
			s.print(s.text[from:o.after])
			from = o.after
		}
		s.overlay(o.row, o.column, o.text)
	}
	s.print(s.text[from:])
	s.text, s.overlays = s.text[:0], s.overlays[:0]
}

// skip returns where the last linesKept lines of the text begin and puts the
// cursor to the begin of a line, or 0.
func (s *Screen) skip() int {
	at := len(s.text)
	for n := 0; ; n++ {
		if at = bytes.LastIndexByte(s.text[:at], '\n'); at <= 0 {
			return 0
		}
		if n >= linesKept && s.text[at-1] == '\r' {
			s.col = s.left
			return at + 1
		}
	}
}

func (s *Screen) print(text []byte) {
	for len(text) > 0 {
		// What is plain ASCII, most of the time all, goes row by row. There is no room
		// where the cursor was set upon the border.
		room := s.at(s.row)[min(s.col, s.right+1) : s.right+1]
		plain := text[:min(len(text), len(room))]
		room = room[:len(plain)]
		n := 0
		for n < len(plain) && ' ' <= plain[n] && plain[n] < 0x7f {
			room[n] = rune(plain[n])
			n++
		}
		if n == 0 {
			c, size := utf8.DecodeRune(text)
			s.control(c)
			text = text[size:]
			continue
		}
		text = text[n:]
		if s.col += n; s.col > s.right {
			s.col = s.left
			s.lineFeed()
		}
	}
}

// control does what a character that is no plain letter does.
func (s *Screen) control(c rune) {
	switch c {
	case '\r':
		s.col = s.left
	case '\n':
		s.lineFeed()
	case '\b':
		if s.col > s.left {
			s.col--
		}
	case '\a':
	case '\t':
		for {
			s.put(' ')
			if (s.col-s.left)%8 == 0 {
				break
			}
		}
	default:
		s.put(c)
	}
}

func (s *Screen) put(c rune) {
	if c < ' ' || c == 0x7f {
		c = '.' // invented: DOS shows a picture for each; a terminal must not obey them
	}
	s.at(s.row)[s.col] = c
	if s.col++; s.col > s.right {
		s.col = s.left
		s.lineFeed()
	}
}

func (s *Screen) lineFeed() {
	if s.row != s.bottom {
		s.row = min(s.row+1, Rows-1)
		return
	}
	first := s.rows[s.top]
	if s.left == 0 && s.right == Columns-1 {
		var spare uint8
		if len(s.past) < historyLines {
			s.past = append(s.past, first)
			spare = s.blankRow()
		} else {
			spare, s.past[s.oldest] = s.past[s.oldest], first
			s.oldest = (s.oldest + 1) % historyLines
			*s.store[spare] = blanks
		}
		copy(s.rows[s.top:s.bottom], s.rows[s.top+1:s.bottom+1])
		s.rows[s.bottom] = spare
		return
	}
	// Within a border only the inner columns move.
	var kept uint8
	if len(s.past) < historyLines {
		kept = s.blankRow()
		s.past = append(s.past, kept)
	} else {
		kept = s.past[s.oldest]
		*s.store[kept] = blanks
		s.oldest = (s.oldest + 1) % historyLines
	}
	copy(s.store[kept][s.left:s.right+1], s.store[first][s.left:s.right+1])
	for i := s.top; i < s.bottom; i++ {
		copy(s.at(i)[s.left:s.right+1], s.at(i + 1)[s.left:s.right+1])
	}
	s.at(s.bottom).blank(s.left, s.right)
}

// newLine begins a new line unless the cursor is at the begin of one.
func (s *Screen) newLine() {
	if s.draw(); s.col != s.left {
		s.Print("\r\n")
	}
}

// At writes from row and column (both from 0) to the right without moving the
// cursor, over a border too; what lies outside is dropped.
func (s *Screen) At(row, column int, text string) {
	switch {
	case row < 0 || row >= Rows:
	case len(s.text) == 0:
		s.overlay(row, column, text)
	default:
		s.overlays = append(s.overlays, overlay{len(s.text), row, column, text})
	}
}

func (s *Screen) overlay(row, column int, text string) {
	for _, c := range text {
		if column >= 0 && column < Columns {
			if c < ' ' || c == 0x7f {
				c = '.'
			}
			s.at(row)[column] = c
		}
		column++
	}
}

// Cursor returns the position at which Print goes on.
func (s *Screen) Cursor() (row, column int) {
	s.draw()
	return s.row, s.col
}

// SetCursor moves the cursor, within the screen.
func (s *Screen) SetCursor(row, column int) {
	s.draw()
	s.row = max(min(row, Rows-1), 0)
	s.col = max(min(column, Columns-1), 0)
}

// Border draws a double line around the screen with a title in its top line.
// From then on Print stays inside.
func (s *Screen) Border(title string) {
	s.draw()
	line := strings.Repeat("═", Columns-2)
	s.At(0, 0, "╔"+line+"╗")
	s.At(Rows-1, 0, "╚"+line+"╝")
	for r := 1; r < Rows-1; r++ {
		s.At(r, 0, "║")
		s.At(r, Columns-1, "║")
	}
	if title != "" {
		s.At(0, 2, " "+title+" ")
	}
	s.top, s.left, s.bottom, s.right = 1, 1, Rows-2, Columns-2
	s.row, s.col = max(s.row, 1), max(s.col, 1)
}

// Text returns the 25 rows without the blanks at their right.
func (s *Screen) Text() []string {
	s.draw()
	out := make([]string, Rows)
	for i := range s.rows {
		out[i] = s.at(i).text()
	}
	return out
}

// History returns the lines that scrolled off, oldest first, at most 200.
func (s *Screen) History() []string {
	s.draw()
	out := make([]string, 0, len(s.past))
	for i := range s.past {
		out = append(out, s.store[s.past[(s.oldest+i)%len(s.past)]].text())
	}
	return out
}

func (r *screenRow) text() string { return strings.TrimRight(string(r[:]), " ") }
