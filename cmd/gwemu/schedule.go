package main

import (
	"fmt"
	"strings"
)

// The bounds of a schedule: far above what a person or the shrinker writes.
const (
	decisionsMax = 10_000_000
	decisionMax  = 1 << 20
)

// schedule replays the decisions of an earlier run. It implements
// emulator.Chooser.
//
// Behind its last decision the first choice is always taken: the shrinker of
// gwcheck cuts the zeros at the end of what it found.
type schedule struct {
	name      string
	decisions []int
	asked     int   // decisions the run asked for
	misfit    error // the first decision that does not fit
}

// Choose implements emulator.Chooser.
func (s *schedule) Choose(n int, label string) int {
	i := s.asked
	s.asked++
	if i >= len(s.decisions) || s.misfit != nil {
		return 0
	}
	if d := s.decisions[i]; d < n {
		return d
	}
	s.misfit = fmt.Errorf("decision %d is %d, but %q has only %d choices, from 0", i+1, s.decisions[i], label, n)
	return 0
}

// unused returns how many decisions the run did not ask for.
func (s *schedule) unused() int { return max(0, len(s.decisions)-s.asked) }

// inlineSchedule reports whether a --schedule value is the schedule itself,
// such as 0.2.1, instead of the name of a file.
func inlineSchedule(text string) bool {
	return text != "" && strings.Trim(text, "0123456789.") == "" && text[0] != '.'
}

// parseSchedule reads decisions separated by dots, commas, blanks and line
// ends. From # to the end of the line is comment. Errors name
// name:line:column.
func parseSchedule(name string, data []byte) ([]int, error) {
	var out []int
	line, start := 1, 0 // start of the line, for columns
	for i := 0; i < len(data); {
		switch c := data[i]; {
		case c == '\n':
			i++
			line, start = line+1, i
		case c == '.' || c == ',' || c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '#':
			for i < len(data) && data[i] != '\n' {
				i++
			}
		case c >= '0' && c <= '9':
			first, n := i, 0
			for ; i < len(data) && data[i] >= '0' && data[i] <= '9'; i++ {
				if n = n*10 + int(data[i]-'0'); n > decisionMax {
					return nil, fmt.Errorf("%s:%d:%d: decision above %d", name, line, first-start+1, decisionMax)
				}
			}
			if len(out) == decisionsMax {
				return nil, fmt.Errorf("%s:%d:%d: more than %d decisions", name, line, first-start+1, decisionsMax)
			}
			out = append(out, n)
		default:
			return nil, fmt.Errorf("%s:%d:%d: want a decision (a number), have %q", name, line, i-start+1, rune(c))
		}
	}
	return out, nil
}

// formatSchedule prints decisions so that parseSchedule reads them back.
func formatSchedule(decisions []int) string {
	var b strings.Builder
	for i, d := range decisions {
		if i > 0 {
			b.WriteByte('.')
		}
		fmt.Fprint(&b, d)
	}
	return b.String()
}
