package yamlfile

import (
	"fmt"
	"sort"
	"strings"
)

// Mistake is one thing wrong with a file.
type Mistake struct {
	Pos     Pos
	Message string // lower case, no full stop
}

// Mistakes is the error of a parser: all mistakes of a file, sorted by position.
type Mistakes []Mistake

// Error lists the mistakes one per line as file:line:col: message.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, x := range m {
		lines[i] = x.Pos.String() + ": " + x.Message
	}
	return strings.Join(lines, "\n")
}

// Sort sorts by position.
func (m Mistakes) Sort() {
	sort.SliceStable(m, func(i, j int) bool {
		a, b := m[i].Pos, m[j].Pos
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		if a.Column != b.Column {
			return a.Column < b.Column
		}
		return m[i].Message < m[j].Message
	})
}

// Nearest returns the candidate a misspelt word was probably meant to be, or
// "".
func Nearest(word string, candidates []string) string {
	best, distance := "", 2+len(word)/3
	for _, c := range candidates {
		if d := editDistance(strings.ToLower(word), strings.ToLower(c)); d < distance {
			best, distance = c, d
		}
	}
	return best
}

// Suggest returns `, did you mean "x"?` for the nearest candidate, or the list
// of candidates when none is near and there are few.
func Suggest(word string, candidates []string) string {
	if best := Nearest(word, candidates); best != "" {
		return `, did you mean "` + best + `"?`
	}
	if len(candidates) == 0 || len(candidates) > 12 {
		return ""
	}
	return ", want one of " + strings.Join(candidates, ", ")
}

// editDistance counts insertions, deletions, replacements and swaps of
// neighbours. Words beyond any key are not worth comparing.
func editDistance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return longest
	}
	var before, last, row [longest + 1]int
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// Pos is a position in a file. Line and column count from 1; the zero Pos
// belongs to nothing that was read.
type Pos struct {
	File         string
	Line, Column int
}

// String returns file:line:col, or just the file when there is no line.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}
