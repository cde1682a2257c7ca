package timeline

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"gwkit/emulator/trace"
)

// plain makes any text safe to show on one line: control characters, bytes that
// are no UTF-8, and characters that turn the direction of writing are spelled
// out. What has a meaning in a format is that format's own business.
func plain(s string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n <= 1, r < 0x100 && !unicode.IsPrint(r):
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// cut shortens a plain text to at most n characters, n at least 4. Names end
// where they differ, so the end stays.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	tail := min(20, n/2-1)
	return string(r[:n-2-tail]) + ".." + string(r[len(r)-tail:])
}

func width(s string) int { return utf8.RuneCountInString(s) }

// clock prints a time as the trace does, since the start of the run; without
// time it is a step.
func (t *Timeline) clock(at int64) string {
	if t.o.Untimed {
		return fmt.Sprint("step ", at)
	}
	return string(trace.Clock(nil, at-t.start))
}

// timeHead stands above the clocks.
func (t *Timeline) timeHead() string {
	if t.o.Untimed {
		return "step"
	}
	return "time"
}

// line is the event as `--trace-format text` prints it.
func (t *Timeline) line(e *trace.Event) string {
	return plain(string(trace.AppendText(nil, e, t.o.Start.UnixNano())))
}

// lasting prints how long something took, in the unit that says it.
func lasting(ns int64) string {
	switch s := ns / 1e9; {
	case s < 60:
		return fmt.Sprintf("%d.%03d s", s, ns/1e6%1000)
	case s < 3600:
		return fmt.Sprintf("%dm %02ds", s/60, s%60)
	default:
		return fmt.Sprintf("%dh %02dm", s/3600, s/60%60)
	}
}

func number(n uint64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
