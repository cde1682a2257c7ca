package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Text writes the form for people. The zero value writes plain lines.
type Text struct {
	Color bool // mark verdicts by terminal colours
	Width int  // of the id column; 0: as wide as each id
}

// ANSI colours of the verdicts.
var colors = map[Verdict]string{
	Pass:    "\x1b[32m",
	Fail:    "\x1b[31m",
	Unknown: "\x1b[33m",
	Skip:    "\x1b[36m",
	Error:   "\x1b[35m",
}

func writeText(w io.Writer, r *Result) error {
	var t Text
	for i := range r.Scripts {
		t.Width = max(t.Width, len(r.Scripts[i].ID))
	}
	for i := range r.Scripts {
		if err := t.Script(w, &r.Scripts[i]); err != nil {
			return err
		}
	}
	return t.Totals(w, r.Totals)
}

// Script writes the line of one script and, unless it passed, what a stranger
// needs to see why and to repeat it.
func (t Text) Script(w io.Writer, s *Script) error {
	var b strings.Builder
	verdict := fmt.Sprintf("%-7s", string(s.Verdict))
	if t.Color && colors[s.Verdict] != "" {
		verdict = colors[s.Verdict] + verdict + "\x1b[0m"
	}
	fmt.Fprintf(&b, "%s %-*s", verdict, t.Width, printable(s.ID))
	switch s.Verdict {
	case Pass:
		fmt.Fprintf(&b, "  %s", took(*s))
		if len(s.NotJudged) > 0 {
			fmt.Fprintf(&b, ", not judged: %s", printable(strings.Join(s.NotJudged, "; ")))
		}
	default:
		fmt.Fprintf(&b, "  %s", printable(s.Reason))
	}
	b.WriteByte('\n')
	if s.Log != "" {
		for line := range strings.SplitSeq(strings.TrimRight(s.Log, "\n"), "\n") {
			fmt.Fprintf(&b, "        %s\n", printable(line))
		}
	}
	if s.Verdict != Pass && s.Verdict != Skip && s.Repeat != "" {
		fmt.Fprintf(&b, "        repeat: %s\n", printable(s.Repeat))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Totals writes the last line.
func (t Text) Totals(w io.Writer, totals Totals) error {
	noun := "scripts"
	if totals.Sum() == 1 {
		noun = "script"
	}
	_, err := fmt.Fprintf(w, "%d %s: %s\n", totals.Sum(), noun, totals)
	return err
}

// took is the time of a script on its clock: of a live check that is the wall
// clock.
func took(s Script) string {
	if slices.Contains(s.Tags, "live") || len(s.Statements) > 0 {
		return fmt.Sprintf("%.1fs", s.Seconds)
	}
	return virtual(s.VirtualSeconds)
}

// virtual prints virtual seconds as a duration without fractions that nobody
// reads.
func virtual(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	return d.String() + " of virtual time"
}

// printable replaces what could steer a terminal: what scripts quote may come
// from mail.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f) {
			return r
		}
		return '\ufffd'
	}, s)
}
