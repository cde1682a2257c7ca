package conformance

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// quantity is a comparison such as 3, =3, >=3, <10 or 2..5 of numbers or
// durations.
type quantity[T cmp.Ordered] struct {
	op       string
	low, top T
	text     string
}

func parseQuantity[T cmp.Ordered](text string, parse func(string) (T, error)) (q quantity[T], err error) {
	q.text = text
	rest := text
	for _, op := range []string{">=", "<=", "=", ">", "<"} {
		if after, ok := strings.CutPrefix(text, op); ok {
			q.op, rest = op, after
			break
		}
	}
	low, top, between := strings.Cut(rest, "..")
	if between && q.op == "" {
		q.op = ".."
		if q.top, err = parse(top); err != nil {
			return q, usagef("bad value %q: %v", text, err)
		}
		rest = low
	}
	if q.low, err = parse(rest); err != nil {
		return q, usagef("bad value %q: want a value such as %s", text, "3, >=3, <3 or 2..5")
	}
	return q, nil
}

func (q quantity[T]) holds(v T) bool {
	switch q.op {
	case ">=":
		return v >= q.low
	case "<=":
		return v <= q.low
	case ">":
		return v > q.low
	case "<":
		return v < q.low
	case "..":
		return q.low <= v && v <= q.top
	}
	return v == q.low
}

func parseCount(text string) (quantity[float64], error) {
	return parseQuantity(text, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
}

func parseAge(text string) (quantity[time.Duration], error) {
	return parseQuantity(text, parseSpan)
}

// parseSpan reads a duration that is not negative.
func parseSpan(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("want a duration such as 90s, 6m or 24h, have %q", text)
	}
	return d, nil
}

// duration reads an argument of a command.
func duration(text string) (time.Duration, error) {
	d, err := parseSpan(text)
	if err != nil {
		return 0, usagef("%v", err)
	}
	return d, nil
}

// pattern is a text that has to be equal, or /regexp/ that has to be found.
type pattern struct {
	text string
	re   *regexp.Regexp
}

func parsePattern(text string) (pattern, error) {
	if len(text) < 2 || text[0] != '/' || text[len(text)-1] != '/' {
		return pattern{text: text}, nil
	}
	re, err := compile(text[1 : len(text)-1])
	return pattern{text, re}, err
}

func (t pattern) match(s string) bool {
	if t.re != nil {
		return t.re.MatchString(s)
	}
	return s == t.text
}

// compile compiles a regular expression in which ^ and $ match at lines, as in
// testscript.
func compile(text string) (*regexp.Regexp, error) {
	re, err := regexp.Compile("(?m)" + text)
	if err != nil {
		return nil, usagef("bad regular expression %q: %v", text, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return re, nil
}

// dosText is a DOS file as a person reads it: lines end in LF whatever they
// ended in on the drive (MMFF files of the gateway have CR alone, Q85055), the
// end-of-file character is gone, and characters are those of code page 850, as in mail.
func dosText(data []byte) string {
	if i := strings.IndexByte(string(data), 0x1a); i >= 0 && len(data)-i <= 128 {
		data = data[:i]
	}
	text := unixLines(string(data))
	for i := range len(text) {
		if text[i] >= 0x80 {
			decoded, err := charmap.CodePage850.NewDecoder().String(text)
			if err != nil {
				return text
			}
			return decoded
		}
	}
	return text
}

// unixLines makes LF of CR LF, and of CR alone.
func unixLines(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.ReplaceAll(text, "\r", "\n")
}

// crlfLines makes CR LF of LF.
func crlfLines(text string) string {
	return strings.ReplaceAll(unixLines(text), "\n", "\r\n")
}

// lines splits a text into lines; a last line end adds none.
func lines(text string) []string {
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// Times of day and the dates of the banner depend on the timing model; a log
// is compared without them. Q112286
var (
	bannerDate = regexp.MustCompile(`[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}`)
	timeOfDay  = regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`)
)

// maskTimes replaces times by TIME. The indentation of dialogue lines differs
// between printed logs and is taken away. Q112286, Q118970
func maskTimes(line string) string {
	line = bannerDate.ReplaceAllString(line, "DATE")
	line = timeOfDay.ReplaceAllString(line, "TIME")
	if trimmed := strings.TrimLeft(line, " "); strings.HasPrefix(trimmed, "[tx]") || strings.HasPrefix(trimmed, "[rx]") {
		line = trimmed
	}
	return strings.TrimRight(line, " ")
}

// findLines looks for wanted lines in the order given. They follow one another
// directly unless a line "..." stands between them, which is any number of
// lines. It returns how many wanted lines the best attempt matched.
func findLines(have, want []string) (ok bool, best int) {
	// A line of the form "..." only moves the start of the next block, so
	// blocks are placed greedily: the earliest place leaves most room.
	start, matched := 0, 0
	for block := range splitBlocks(want) {
		found := false
		for ; start+len(block) <= len(have); start++ {
			n := 0
			for n < len(block) && have[start+n] == block[n] {
				n++
			}
			best = max(best, matched+n)
			if n == len(block) {
				found = true
				start += n
				break
			}
		}
		if !found {
			for from := start; from < len(have); from++ { // the tail may hold a part
				n := 0
				for n < len(block) && from+n < len(have) && have[from+n] == block[n] {
					n++
				}
				best = max(best, matched+n)
			}
			return false, best
		}
		matched += len(block) + 1
		best = max(best, matched)
	}
	return true, len(want)
}

// splitBlocks yields the runs of lines between "..." lines.
func splitBlocks(want []string) func(func([]string) bool) {
	return func(yield func([]string) bool) {
		from := 0
		for i := 0; i <= len(want); i++ {
			if i < len(want) && strings.TrimSpace(want[i]) != "..." {
				continue
			}
			if i > from && !yield(want[from:i]) {
				return
			}
			from = i + 1
		}
	}
}

// diffMax bounds the lines that are compared by diffLines: its cost is their
// product.
const diffMax = 2000

// diffLines prints the difference of two texts, line by line, with what cannot
// be seen made visible.
func diffLines(want, have string) string {
	a, b := lines(want), lines(have)
	if len(a) > diffMax || len(b) > diffMax {
		return fmt.Sprintf("want %d lines, have %d lines", len(a), len(b))
	}
	// Longest common subsequence, from the end.
	length := make([][]int32, len(a)+1)
	for i := range length {
		length[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var out []string
	same := 0
	add := func(sign, line string) {
		if sign == "  " {
			same++
			return
		}
		if same > 0 {
			out = append(out, fmt.Sprintf("  (%d equal)", same))
			same = 0
		}
		out = append(out, sign+visible(line))
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			add("  ", a[i])
			i, j = i+1, j+1
		case j >= len(b) || i < len(a) && length[i+1][j] >= length[i][j+1]:
			add("- ", a[i])
			i++
		default:
			add("+ ", b[j])
			j++
		}
	}
	if len(out) == 0 {
		return "the texts differ in the line end of the last line"
	}
	const shown = 60
	if len(out) > shown {
		out = append(out[:shown], fmt.Sprintf("... %d more", len(out)-shown))
	}
	return strings.Join(out, "\n")
}

// visible shows control characters and blanks at the end of a line.
func visible(line string) string {
	quoted := strconv.Quote(line)
	quoted = quoted[1 : len(quoted)-1]
	quoted = strings.ReplaceAll(quoted, `\"`, `"`)
	quoted = strings.ReplaceAll(quoted, `\\`, `\`)
	if strings.HasSuffix(quoted, " ") {
		quoted = strings.TrimSuffix(quoted, " ") + `\x20`
	}
	return quoted
}

// hexDump prints bytes with offsets, 16 in a line.
func hexDump(data []byte, offset int) string {
	var b strings.Builder
	for at := 0; at < len(data); at += 16 {
		row := data[at:min(at+16, len(data))]
		fmt.Fprintf(&b, "%06x ", offset+at)
		for _, c := range row {
			fmt.Fprintf(&b, " %02x", c)
		}
		fmt.Fprintf(&b, "%*s", 2+3*(16-len(row)), "")
		for _, c := range row {
			if c < 0x20 || c > 0x7e {
				c = '.'
			}
			b.WriteByte(c)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// parseHex reads annotated hex: bytes as pairs of digits, in groups of any
// even length, # to the end of the line is a comment.
func parseHex(text string) ([]byte, error) {
	var data []byte
	for n, l := range strings.Split(text, "\n") {
		l, _, _ = strings.Cut(l, "#")
		for _, group := range strings.Fields(l) {
			if len(group)%2 != 0 {
				return nil, usagef("line %d: odd number of hex digits in %q", n+1, group)
			}
			for i := 0; i < len(group); i += 2 {
				v, err := strconv.ParseUint(group[i:i+2], 16, 8)
				if err != nil {
					return nil, usagef("line %d: bad hex digits %q", n+1, group)
				}
				data = append(data, byte(v))
			}
		}
	}
	return data, nil
}
