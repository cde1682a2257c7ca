package dos

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScreen(t *testing.T) {
	rows := []struct {
		name string
		do   func(s *Screen)
		row  int
		want string
	}{
		{"plain", func(s *Screen) { s.Print("abc") }, 0, "abc"},
		{"CR goes back", func(s *Screen) { s.Print("abc\rX") }, 0, "Xbc"},
		{"LF goes down", func(s *Screen) { s.Print("abc\nX") }, 1, "   X"},
		{"backspace", func(s *Screen) { s.Print("ab\bc\b\b\b\bd") }, 0, "dc"},
		{"tab", func(s *Screen) { s.Print("ab\tc") }, 0, "ab      c"},
		{"bell is mute", func(s *Screen) { s.Print("a\ab") }, 0, "ab"},
		{"control is no command", func(s *Screen) { s.Print("a\x1b[2J") }, 0, "a.[2J"},
		{"wrap", func(s *Screen) { s.Print(strings.Repeat("x", Columns) + "y") }, 1, "y"},
		{"At keeps the cursor", func(s *Screen) { s.At(0, 72, "08:00:00"); s.Print("a") }, 0, "a" + strings.Repeat(" ", 71) + "08:00:00"},
		{"At is cut", func(s *Screen) { s.At(3, 78, "abc"); s.At(99, 0, "x"); s.At(3, -1, "yz") }, 3, "z" + strings.Repeat(" ", 77) + "ab"},
		{"SetCursor stays inside", func(s *Screen) { s.SetCursor(99, -4); s.Print("end") }, Rows - 1, "end"},
		{"scroll", func(s *Screen) { s.Print(strings.Repeat("\r\n", Rows-1) + "last\r\nnext") }, Rows - 2, "last"},
		{"border", func(s *Screen) { s.Border("SMTP"); s.Print("in") }, 1, "║in" + strings.Repeat(" ", 76) + "║"},
		{"border wraps inside", func(s *Screen) { s.Border(""); s.Print(strings.Repeat("x", 78) + "y") }, 2, "║y" + strings.Repeat(" ", 77) + "║"},
		{"scroll within a border", func(s *Screen) { s.Border(""); s.Print(strings.Repeat("\r\n", 22) + "last\r\nnext") }, Rows - 3, "║last" + strings.Repeat(" ", 74) + "║"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var s Screen
			s.Clear()
			row.do(&s)
			if got := s.Text()[row.row]; got != row.want {
				t.Errorf("row %d is %q, want %q", row.row, got, row.want)
			}
			if r, c := s.Cursor(); r < 0 || r >= Rows || c < 0 || c >= Columns {
				t.Errorf("cursor at %d, %d", r, c)
			}
		})
	}
}

func TestScreenHistory(t *testing.T) {
	for _, border := range []bool{false, true} {
		var s Screen
		s.Clear()
		if border {
			s.Border("")
		}
		for i := range historyLines + 60 {
			s.Print(hexName(i) + "\r\n")
		}
		h := s.History()
		visible := Rows - 1
		if border {
			visible = Rows - 3
		}
		first := historyLines + 60 - visible - historyLines
		if len(h) != historyLines || strings.TrimSpace(h[0]) != hexName(first) || strings.TrimSpace(h[historyLines-1]) != hexName(first+historyLines-1) {
			t.Errorf("border %v: %d lines from %q to %q, want to begin with %q", border, len(h), h[0], h[len(h)-1], hexName(first))
		}
	}
}

// What is never drawn must not be missed: a screen that somebody looks at after
// each step shows the same as one that is looked at in the end.
func TestScreenIsDrawnWhenSeen(t *testing.T) {
	for seed := range uint64(24) {
		var often, late Screen
		often.Clear()
		late.Clear()
		r := rand.New(rand.NewPCG(seed, 1))
		for range 400 + 80*int(seed) {
			step := func(*Screen) {}
			switch n := r.IntN(40); {
			case n == 0:
				row, column := r.IntN(Rows+2)-1, r.IntN(Columns+4)-2
				step = func(s *Screen) { s.At(row, column, "12:34:56") }
			case n == 1 && seed%2 == 0:
				row, column := r.IntN(Rows+2)-1, r.IntN(Columns+4)-2
				step = func(s *Screen) { s.SetCursor(row, column) }
			case n == 2 && seed%3 == 0:
				step = func(s *Screen) { s.Border("SMTP") }
			case n == 3 && seed%5 == 0:
				step = func(s *Screen) { s.newLine() }
			case n < 6:
				text := string([]byte{"\n\r\b\t\x07"[r.IntN(5)]})
				step = func(s *Screen) { s.Print(text) }
			default:
				text := ">" + strings.Repeat(string(rune('a'+r.IntN(26)))+"é", r.IntN(60)) + "\r\n"
				step = func(s *Screen) { s.Print(text) }
			}
			step(&often)
			often.Text()
			step(&late)
		}
		if diff := cmp.Diff(often.Text(), late.Text()); diff != "" {
			t.Fatalf("seed %d: the screen differs (-often +late):\n%s", seed, diff)
		}
		if diff := cmp.Diff(often.History(), late.History()); diff != "" {
			t.Fatalf("seed %d: the history differs (-often +late):\n%s", seed, diff)
		}
		r1, c1 := often.Cursor()
		if r2, c2 := late.Cursor(); r1 != r2 || c1 != c2 {
			t.Fatalf("seed %d: cursor %d,%d and %d,%d", seed, r1, c1, r2, c2)
		}
	}
}
