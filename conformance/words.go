package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// word is one argument of a line as testscript will see it, before variables
// are replaced. A variable never splits into several words.
type word struct {
	text  string
	start int // offset in the line
}

// splitWords splits a line by the rules of testscript: blanks separate, single
// quotes group and are doubled inside, # begins a comment.
func splitWords(text string) ([]word, error) {
	var (
		words  []word
		b      strings.Builder
		start  = -1
		quoted = false
	)
	for i := 0; i <= len(text); i++ {
		end := i == len(text)
		if !quoted && (end || strings.IndexByte(" \t\r#", text[i]) >= 0) {
			if start >= 0 {
				words = append(words, word{b.String(), start})
				b.Reset()
				start = -1
			}
			if end || text[i] == '#' {
				return words, nil
			}
			continue
		}
		if end {
			return nil, errors.New("unterminated quoted argument")
		}
		if start < 0 {
			start = i
		}
		switch {
		case text[i] != '\'':
			b.WriteByte(text[i])
		case quoted && i+1 < len(text) && text[i+1] == '\'':
			b.WriteByte('\'')
			i++
		default:
			quoted = !quoted
		}
	}
	return words, nil
}

// builtins are the verbs of testscript that scripts may use. They work on the
// folder the script was unpacked into.
var builtins = []string{
	"cd", "cmp", "cmpenv", "cp", "env", "exists", "grep", "mkdir", "mv", "rm",
	"skip", "stderr", "stdout", "stop", "unix2dos", "unquote",
}

// refused are the verbs of testscript that scripts may not use, and why.
var refused = map[string]string{
	"chmod":   "a verdict does not depend on the host",
	"exec":    "scripts start no programs of the host",
	"kill":    "scripts start no programs of the host",
	"stdin":   "scripts start no programs of the host",
	"symlink": "a verdict does not depend on the host",
	"ttyin":   "scripts start no programs of the host",
	"ttyout":  "scripts start no programs of the host",
	"wait":    "scripts start no programs of the host; see until, session and advance",
}

// onDrive gives the verb that does to a file on a drive what a built-in verb
// does to one in the script's folder.
var onDrive = map[string]string{
	"cmp":    "m-cmp",
	"exists": "m-exists",
	"grep":   "m-grep",
	"rm":     "m-rm",
}

// isDrivePath reports whether an argument names a file on a drive:
// M:\X, GW1:M:\X or COMPANY/HUB:\X.
func isDrivePath(arg string) bool { return strings.Contains(arg, `:\`) }

// redirect hands a built-in verb with a path on a drive to ours, in place: the
// line number stays.
func redirect(l *line) error {
	at := 0
	if l.words[0].text == "until" { // the check it waits for is a command as well
		if at = 2; len(l.words) > at && l.words[at].text == "!" {
			at++
		}
		if len(l.words) <= at {
			return nil
		}
		if _, ok := onDrive[l.words[at].text]; !ok {
			return nil
		}
	}
	verb := l.words[at]
	if why, ok := refused[verb.text]; ok {
		return fmt.Errorf("%s is not available: %s", verb.text, why)
	}
	if !slices.Contains(builtins, verb.text) || verb.text == "env" || verb.text == "skip" || verb.text == "stop" {
		return nil
	}
	paths := l.words[at+1:]
	if verb.text == "grep" || verb.text == "stdout" || verb.text == "stderr" {
		// The pattern may look like a path; only what follows it is one.
		if len(paths) > 0 {
			paths = paths[len(paths)-1:]
		}
		if verb.text != "grep" {
			return nil
		}
	}
	if !slices.ContainsFunc(paths, func(w word) bool { return isDrivePath(w.text) }) {
		return nil
	}
	name, ok := onDrive[verb.text]
	if !ok {
		return fmt.Errorf("%s cannot reach a drive: use m-cat, m-write or m-rm", verb.text)
	}
	l.text = l.text[:verb.start] + name + l.text[verb.start+len(verb.text):]
	l.words[at].text = name
	return nil
}

// unknownCommand names the commands that are spelled like a wrong one.
func unknownCommand(name string) error {
	if strings.HasPrefix(name, "!") && len(name) > 1 {
		return fmt.Errorf("unknown command %q (did you mean \"! %s\"?)", name, name[1:])
	}
	if best := Nearest(name, commandNames()); best != "" {
		return fmt.Errorf("unknown command %q (did you mean %q?)", name, best)
	}
	return fmt.Errorf("unknown command %q", name)
}

// commandNames returns every verb a script may use, sorted.
func commandNames() []string {
	names := slices.Clone(builtins)
	for _, c := range Commands() {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

// Nearest returns the word that another was probably meant to be: the one with
// the fewest letters wrong, if those are few. It returns "" when none is near.
func Nearest(word string, among []string) string {
	best, distance := "", len(word)/3+2
	for _, known := range among {
		if d := editDistance(word, known); d < distance {
			best, distance = known, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions and replacements between two
// short words.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
