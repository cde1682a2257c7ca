package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The bounds of what a command line can ask for. They keep a typing error from
// filling the memory of the machine.
const (
	messagesMax = 10_000_000
	sizeMax     = 64 << 20 // bytes of one message
	spanMax     = 100 * 365 * 24 * time.Hour
	speedMax    = 1e6
)

// parseSize reads a number of bytes such as 537, 8k or 5M; k, M and G are
// powers of 1024, in either case, and a B may follow.
func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "kKmMgGbBi")
	var unit int64
	switch strings.ToLower(text[len(digits):]) {
	case "", "b":
		unit = 1
	case "k", "kb", "kib":
		unit = 1 << 10
	case "m", "mb", "mib":
		unit = 1 << 20
	case "g", "gb", "gib":
		unit = 1 << 30
	default:
		return 0, fmt.Errorf("want a size such as 537, 8k or 5M")
	}
	n, err := parseDigits(digits)
	if err != nil || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("want a size such as 537, 8k or 5M")
	}
	return n * unit, nil
}

// parseDigits reads decimal digits and nothing else: no sign, no blank.
func parseDigits(text string) (int64, error) {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("want digits")
		}
	}
	return strconv.ParseInt(text, 10, 64)
}

// parseSpan reads a duration such as 90s, 24h or 1d12h. A day has 24 hours.
func parseSpan(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	var d time.Duration
	if found {
		n, err := parseDigits(days)
		if err != nil || n > int64(spanMax/(24*time.Hour)) {
			return 0, fmt.Errorf("want a span such as 90s, 24h or 7d, at most 100 years")
		}
		d = time.Duration(n) * 24 * time.Hour
	} else {
		rest = text
	}
	if rest != "" {
		t, err := time.ParseDuration(rest)
		if err != nil || strings.ContainsAny(rest, "+-") || t > spanMax {
			return 0, fmt.Errorf("want a span such as 90s, 24h or 7d, at most 100 years")
		}
		d += t
	} else if !found {
		return 0, fmt.Errorf("want a span such as 90s, 24h or 7d")
	}
	if d > spanMax {
		return 0, fmt.Errorf("want a span such as 90s, 24h or 7d, at most 100 years")
	}
	return d, nil
}

// formatSpan prints a span without the zero parts that time.Duration prints.
func formatSpan(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// parseSpeed reads virtual seconds per second; max is 0, as fast as possible.
func parseSpeed(text string) (float64, error) {
	if strings.EqualFold(text, "max") {
		return 0, nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !(x >= 0.001 && x <= speedMax) { // also refuses NaN
		return 0, fmt.Errorf("want virtual seconds per second, such as 1 or 60, or max")
	}
	return x, nil
}

// The types below make a flag from each of these. Their String is what the
// help text shows as the default.

type sizeFlag int64

func (f *sizeFlag) Type() string { return "SIZE" }
func (f *sizeFlag) Set(text string) error {
	n, err := parseSize(text)
	if err == nil && n > sizeMax {
		err = fmt.Errorf("want at most %s", sizeText(sizeMax))
	}
	*f = sizeFlag(n)
	return err
}
func (f *sizeFlag) String() string { return sizeText(int64(*f)) }

// sizeText prints a size so that parseSize reads it back.
func sizeText(n int64) string {
	switch {
	case n != 0 && n%(1<<20) == 0:
		return fmt.Sprintf("%dM", n>>20)
	case n != 0 && n%(1<<10) == 0:
		return fmt.Sprintf("%dk", n>>10)
	}
	return fmt.Sprint(n)
}

type spanFlag time.Duration

func (f *spanFlag) Type() string { return "SPAN" }
func (f *spanFlag) Set(text string) error {
	d, err := parseSpan(text)
	*f = spanFlag(d)
	return err
}
func (f *spanFlag) String() string { return formatSpan(time.Duration(*f)) }

type countFlag int

func (f *countFlag) Type() string { return "N" }
func (f *countFlag) Set(text string) error {
	n, err := parseDigits(text)
	if err != nil || n > messagesMax {
		return fmt.Errorf("want a number from 0 to %d", messagesMax)
	}
	*f = countFlag(n)
	return nil
}
func (f *countFlag) String() string { return strconv.Itoa(int(*f)) }

type speedFlag float64

func (f *speedFlag) Type() string { return "N|max" }
func (f *speedFlag) Set(text string) error {
	x, err := parseSpeed(text)
	*f = speedFlag(x)
	return err
}
func (f *speedFlag) String() string {
	if *f == 0 {
		return "max"
	}
	return strconv.FormatFloat(float64(*f), 'g', -1, 64)
}

// choiceFlag is one word of a list.
type choiceFlag struct {
	value string
	words []string
}

func (f *choiceFlag) Type() string   { return strings.Join(f.words, "|") }
func (f *choiceFlag) String() string { return f.value }
func (f *choiceFlag) Set(text string) error {
	if !slices.Contains(f.words, text) {
		if near := nearest(text, f.words); near != "" {
			return fmt.Errorf("did you mean %s? want one of %s", near, strings.Join(f.words, ", "))
		}
		return fmt.Errorf("want one of %s", strings.Join(f.words, ", "))
	}
	f.value = text
	return nil
}

func formatFlag() *choiceFlag { return &choiceFlag{"text", []string{"text", "json"}} }
