package site

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// commandMax is the longest command tail MS-DOS passes to a program.
const commandMax = 126

// SplitCommand splits a command line into the program and its arguments. The
// program comes back in upper case without directory and without .EXE, so
// "c:\gate\smtpgate.exe -md" is "SMTPGATE". MS-DOS knows no quotes. An empty
// line gives an empty program.
func SplitCommand(run string) (program string, args []string, err error) {
	words := strings.Fields(run)
	if len(words) == 0 {
		return "", nil, nil
	}
	if tail := len(strings.TrimSpace(run)) - len(words[0]); tail > commandMax {
		return "", nil, fmt.Errorf("cannot split command: %d characters of arguments, MS-DOS passes at most %d", tail, commandMax)
	}
	program = strings.ToUpper(words[0])
	if i := strings.LastIndexAny(program, `\:`); i >= 0 {
		program = program[i+1:]
	}
	program = strings.TrimSuffix(program, ".EXE")
	if program == "" {
		return "", nil, fmt.Errorf("cannot split command: %q names no program", words[0])
	}
	return program, words[1:], nil
}

// Break is when a program stops by itself, for a batch file that restarts it.
// The texts are as given and empty when the option is absent; the other
// fields are their meaning.
type Break struct {
	BreakTime     string // -BThh:mm
	BreakDate     string // -BDmm-dd-yy
	BreakRelative string // -BRhh:mm

	BreakAt                         time.Duration // since midnight, of BreakTime
	BreakYear, BreakMonth, BreakDay int           // of BreakDate
	BreakAfter                      time.Duration // of BreakRelative
}

// Deadline returns when a program that starts at start has to stop; ok is
// false without a break option. A deadline that is already past means: stop
// at the next check (Q96203). With several options the earliest counts.
// invented: a date without a time means midnight at its beginning; a program
// with both an absolute and a relative option is not described.
func (b Break) Deadline(start time.Time) (deadline time.Time, ok bool) {
	if b.BreakRelative != "" {
		deadline, ok = start.Add(b.BreakAfter), true
	}
	if b.BreakTime == "" && b.BreakDate == "" {
		return deadline, ok
	}
	// The date defaults to the system date. Q96203
	year, month, day := start.Date()
	if b.BreakDate != "" {
		year, month, day = b.BreakYear, time.Month(b.BreakMonth), b.BreakDay
	}
	at := time.Date(year, month, day, 0, 0, 0, 0, start.Location()).Add(b.BreakAt)
	if !ok || at.Before(deadline) {
		deadline = at
	}
	return deadline, true
}

// parse takes the value of -BT, -BD or -BR.
func (b *Break) parse(letter, value string) error {
	switch letter {
	case "BT":
		at, err := clockValue(value, false)
		if err != nil || at >= 24*time.Hour {
			return errors.New("want a time hh:mm")
		}
		b.BreakTime, b.BreakAt = value, at
	case "BD":
		day, err := time.Parse("1-2-06", value)
		if err != nil {
			return errors.New("want a date mm-dd-yy")
		}
		year := day.Year()
		if year < 1980 { // MS-DOS dates begin in 1980
			year += 100
		}
		b.BreakDate, b.BreakYear, b.BreakMonth, b.BreakDay = value, year, int(day.Month()), day.Day()
	case "BR":
		after, err := clockValue(value, true)
		if err != nil {
			return errors.New("want a span hh:mm")
		}
		b.BreakRelative, b.BreakAfter = value, after
	}
	return nil
}

// clockValue reads hh:mm. A span may have three parts, dd:hh:mm: the manual
// says so and Q135232 uses it for ten minutes, Q96126 says it is wrong. We
// accept both forms by their number of parts. A time of EXTERNAL may have
// seconds, hh:mm:ss. Q96126, Q135232, Q95972
func clockValue(text string, span bool) (time.Duration, error) {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, errors.New("want two or three numbers")
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || v < 0 || len(p) > 3 || p[0] == '+' {
			return 0, errors.New("want numbers")
		}
		n[i] = v
	}
	if span && len(parts) == 3 {
		if n[1] > 23 || n[2] > 59 {
			return 0, errors.New("out of range")
		}
		return time.Duration(n[0])*24*time.Hour + time.Duration(n[1])*time.Hour + time.Duration(n[2])*time.Minute, nil
	}
	if n[1] > 59 || n[2] > 59 {
		return 0, errors.New("out of range")
	}
	return time.Duration(n[0])*time.Hour + time.Duration(n[1])*time.Minute + time.Duration(n[2])*time.Second, nil
}

// numberValue reads a decimal number of at most max.
func numberValue(text string, min, max int) (int, error) {
	n := 0
	if text == "" || len(text) > 6 {
		return 0, fmt.Errorf("want a number from %d to %d", min, max)
	}
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return 0, fmt.Errorf("want a number from %d to %d", min, max)
		}
		n = n*10 + int(text[i]-'0')
	}
	if n < min || n > max {
		return 0, fmt.Errorf("want a number from %d to %d", min, max)
	}
	return n, nil
}

// processValue reads a process number: 01 to FF hexadecimal, with or without
// the leading zero of the examples (-p001, -p010). Q87043
func processValue(text string) (int, error) {
	n, err := strconv.ParseUint(text, 16, 16)
	if err != nil || n < 1 || n > 0xFF || len(text) > 3 {
		return 0, errors.New("want a hexadecimal number from 01 to FF")
	}
	return int(n), nil
}

// letterSet checks that text has only letters of set, in any order and case,
// and returns it in upper case. Q132060, Q112286
func letterSet(text, set string) (string, error) {
	text = strings.ToUpper(text)
	for i := 0; i < len(text); i++ {
		if strings.IndexByte(strings.ToUpper(set), text[i]) < 0 {
			return "", fmt.Errorf("want letters of %q", set)
		}
	}
	return text, nil
}
