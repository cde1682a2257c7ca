package conformance

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"gwkit/conformance/target"
	"gwkit/emulator/site"
)

// Script is one file of a suite.
type Script struct {
	ID       string // file name without .txtar: topic_behaviour
	File     string // as messages name it
	Summary  string
	Articles []string // of the KB header
	Tags     []string
	Shapes   []string // built-in sites that it uses, sorted; those with parameters also without

	// Powers is what all its lines need; a condition may excuse some.
	Powers target.Powers

	lines   []line // of the command part
	archive *txtar.Archive
	mistake error // found by reading; the verdict is error
}

// line is one line of the command part.
type line struct {
	number   int
	text     string // as testscript gets it
	original string // as the author wrote it
	conds    []string
	neg      bool
	words    []word // command and arguments; empty for blank lines and comments
}

// Load reads all scripts of a folder, sorted by id. dir is put before the file
// names in messages. A script that is wrong is loaded all the same: its verdict
// will be error. Load fails when the folder cannot be read or has no scripts.
func Load(files fs.FS, dir string) ([]*Script, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err // its path is "."
		}
		return nil, fmt.Errorf("cannot read scripts of %s: %w", dir, err)
	}
	var scripts []*Script
	for _, e := range entries {
		if e.IsDir() || path.Ext(e.Name()) != ".txtar" {
			continue
		}
		data, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, fmt.Errorf("cannot read script %s: %w", e.Name(), err)
		}
		name := e.Name()
		if dir != "" {
			name = filepath.ToSlash(filepath.Join(dir, name))
		}
		scripts = append(scripts, Parse(name, data))
	}
	if len(scripts) == 0 {
		return nil, fmt.Errorf("cannot read scripts: no .txtar files in %s", dir)
	}
	return scripts, nil
}

// scriptMax bounds a script: a file this long was not written by a person.
const scriptMax = 4 << 20

// Parse reads one script. Err of the result says what is wrong with it.
func Parse(file string, data []byte) *Script {
	s := &Script{File: file, ID: strings.TrimSuffix(path.Base(filepath.ToSlash(file)), ".txtar")}
	if len(data) > scriptMax {
		s.mistake = fmt.Errorf("%s: longer than %d bytes", file, scriptMax)
		return s
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	if n := emptyMarker(text); n > 0 {
		s.mistake = fmt.Errorf("%s:%d: missing file name in a \"-- NAME --\" line", file, n)
		return s
	}
	s.archive = txtar.Parse([]byte(text))
	s.mistake = errors.Join(s.readHeader(), s.readFiles(), s.readLines())
	return s
}

// emptyMarker returns the line of a file marker without a name, or 0: the
// library (v1.16.0) panics when it meets one.
func emptyMarker(text string) int {
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		if n++; line == "-- --" {
			return n
		}
	}
	return 0
}

// Err returns what is wrong with a script: every mistake, one per line, each
// with file and line.
func (s *Script) Err() error { return s.mistake }

// Suite returns the first word of the id.
func (s *Script) Suite() string {
	suite, _, _ := strings.Cut(s.ID, "_")
	return suite
}

var (
	articleID = regexp.MustCompile(`^Q[0-9]{5,6}$`)
	tagWord   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
)

// readHeader reads the comment lines at the top.
func (s *Script) readHeader() error {
	var mistakes []error
	wrong := func(n int, format string, args ...any) {
		mistakes = append(mistakes, fmt.Errorf("%s:%d: %s", s.File, n, fmt.Sprintf(format, args...)))
	}
	n := 0
	for text := range strings.SplitSeq(string(s.archive.Comment), "\n") {
		n++
		rest, ok := strings.CutPrefix(text, "# ")
		key, value, found := strings.Cut(rest, ":")
		if !ok || !found {
			break // the header ends at the first line that is none
		}
		value = strings.TrimSpace(value)
		switch key {
		case "Summary":
			s.Summary = value
		case "KB":
			s.Articles = strings.Fields(value)
			for _, id := range s.Articles {
				if !articleID.MatchString(id) {
					wrong(n, "bad article id %q: want Q and digits", id)
				}
			}
		case "Tags":
			s.Tags = strings.Fields(value)
			for _, tag := range s.Tags {
				if !tagWord.MatchString(tag) {
					wrong(n, "bad tag %q: want lower-case letters, digits and hyphens", tag)
				}
			}
		default:
			wrong(n, "unknown header %q: want Summary, KB or Tags (a phase comment is put after an empty line)", key)
		}
	}
	if s.Summary == "" {
		wrong(1, "missing header line \"# Summary: what the script shows\"")
	}
	return errors.Join(mistakes...)
}

// readFiles checks the names of the attached files: they are unpacked into a
// private folder and must stay there.
func (s *Script) readFiles() error {
	var mistakes []error
	seen := map[string]bool{}
	for _, f := range s.archive.Files {
		switch {
		case !filepath.IsLocal(f.Name) || strings.ContainsAny(f.Name, `\:$`):
			mistakes = append(mistakes, fmt.Errorf("%s: bad file name %q: want a plain relative name", s.File, f.Name))
		case seen[f.Name]:
			mistakes = append(mistakes, fmt.Errorf("%s: file %q is there twice", s.File, f.Name))
		}
		seen[f.Name] = true
	}
	return errors.Join(mistakes...)
}

// readLines reads the command lines: words, conditions, and the commands they
// name.
func (s *Script) readLines() error {
	var mistakes []error
	n := 0
	for text := range strings.SplitSeq(string(s.archive.Comment), "\n") {
		n++
		l := line{number: n, text: text, original: text}
		if err := s.readLine(&l); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s:%d: %w", s.File, n, err))
		}
		s.lines = append(s.lines, l)
	}
	slices.Sort(s.Shapes)
	s.Shapes = slices.Compact(s.Shapes)
	return errors.Join(mistakes...)
}

func (s *Script) readLine(l *line) error {
	if strings.HasPrefix(l.text, "#") {
		return nil
	}
	words, err := splitWords(l.text)
	if err != nil {
		return err
	}
	for len(words) > 0 && strings.HasPrefix(words[0].text, "[") && strings.HasSuffix(words[0].text, "]") {
		cond := strings.Trim(words[0].text, "[] ")
		if err := checkCondition(cond); err != nil {
			return err
		}
		l.conds = append(l.conds, cond)
		words = words[1:]
		if len(words) == 0 {
			return errors.New("missing command after a condition")
		}
	}
	if len(words) > 0 && words[0].text == "!" {
		l.neg = true
		if words = words[1:]; len(words) == 0 {
			return errors.New("missing command after !")
		}
	}
	if len(words) == 0 {
		return nil
	}
	l.words = words
	if err := redirect(l); err != nil {
		return err
	}
	args := l.args()
	name := l.words[0].text
	if name == "site" && len(args) == 1 && isShape(args[0]) {
		if strings.Contains(args[0], ":") { // a plain name is always good
			if _, err := site.Shape(args[0]); err != nil {
				return err
			}
		}
		s.Shapes = append(s.Shapes, args[0], site.ShapeOf(args[0]).Name)
	}
	if slices.Contains(builtins, name) {
		return nil
	}
	c := Find(name)
	if c == nil {
		return unknownCommand(name)
	}
	powers, err := c.needs(args)
	s.Powers |= powers
	return err
}

// args returns the arguments as they stand in the script.
func (l *line) args() []string {
	args := make([]string, 0, len(l.words))
	for _, w := range l.words[1:] {
		args = append(args, w.text)
	}
	return args
}

// lacks returns why a target cannot run the script, or "".
func (s *Script) lacks(t target.Target, conds conditions) string {
	for i := range s.lines {
		l := &s.lines[i]
		if len(l.words) == 0 || !conds.mayHold(l.conds) {
			continue
		}
		c := Find(l.words[0].text)
		if c == nil {
			continue
		}
		powers, err := c.needs(l.args())
		if missing := powers &^ t.Powers(); err == nil && missing != 0 {
			return fmt.Sprintf("target %s lacks %s, which line %d needs: %s", t.Name(), missing, l.number, l.words[0].text)
		}
	}
	return ""
}

// source returns the script as testscript gets it.
func (s *Script) source() []byte {
	a := *s.archive
	var b strings.Builder
	for i, l := range s.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.text)
	}
	a.Comment = []byte(b.String())
	return txtar.Format(&a)
}
