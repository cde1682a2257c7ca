package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Folder is a run as it is kept on disk: the result in the forms that people
// and pipelines read, and what it was made from.
type Folder struct {
	Result *Result
	Files  map[string][]byte // name below the folder, with slashes -> content
}

// resultFile is the file of a folder that Read reads.
const resultFile = "result.json"

// Reserve makes an empty folder for a run, so that a run whose result cannot be
// kept is refused before it begins. An empty name is one of the time in
// gwcheck-results, with a number where another run has it. Whoever does not
// write the folder removes it with os.Remove.
func Reserve(dir string, at time.Time) (string, error) {
	fixed := dir != ""
	if !fixed {
		dir = filepath.Join("gwcheck-results", at.Format("20060102-150405"))
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(dir)), 0o755); err != nil {
		return "", fmt.Errorf("cannot keep results: %w", err)
	}
	for n, name := 1, dir; ; name = fmt.Sprintf("%s-%d", dir, n) {
		err := os.Mkdir(name, 0o755)
		switch n++; {
		case err == nil:
			return name, nil
		case !errors.Is(err, fs.ErrExist) || n > 1000:
			return "", fmt.Errorf("cannot keep results: %w", err)
		case fixed:
			return "", fmt.Errorf("cannot keep results in %s: it is there already", name)
		}
	}
}

// WriteFolder writes a run to a folder that must be empty, as Reserve makes
// it, or not exist yet. It appears under its name when it is complete.
func WriteFolder(dir string, f *Folder) (err error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot write %s: it is there already", dir)
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("cannot write %s: %w", dir, err)
	}
	temporary, err := os.MkdirTemp(parent, ".gwcheck-*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			os.RemoveAll(temporary)
		}
	}()
	for name, format := range map[string]string{resultFile: "json", "junit.xml": "junit", "report.html": "html", "report.txt": "text"} {
		if err := WriteFile(filepath.Join(temporary, name), func(w io.Writer) error { return Write(format, w, f.Result) }); err != nil {
			return err
		}
	}
	for name, data := range f.Files {
		if !filepath.IsLocal(name) {
			return fmt.Errorf("cannot write %s: bad name %q", dir, name)
		}
		path := filepath.Join(temporary, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("cannot write %s: %w", dir, err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return fmt.Errorf("cannot write %s: %w", dir, err)
		}
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return fmt.Errorf("cannot write %s: %w", dir, err)
	}
	os.Remove(dir) // the reserved one, if it is still empty
	if err := os.Rename(temporary, dir); err != nil {
		return fmt.Errorf("cannot write %s: %w", dir, err)
	}
	return nil
}

// resultMax bounds a result that is read.
const resultMax = 64 << 20

// Read reads the result of a run: a folder of WriteFolder, or a file in the
// form json.
func Read(path string) (*Result, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, resultFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read result: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, resultMax+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read result %s: %w", path, err)
	}
	if len(data) > resultMax {
		return nil, fmt.Errorf("cannot read result %s: more than %d bytes", path, resultMax)
	}
	r, err := parseResult(data)
	if err != nil {
		return nil, fmt.Errorf("cannot read result %s: %w", path, err)
	}
	return r, nil
}

func parseResult(data []byte) (*Result, error) {
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("offset %d: %w", syntax.Offset, err)
		}
		return nil, err
	}
	if r.Version != Version {
		return nil, fmt.Errorf("version %d is not %d", r.Version, Version)
	}
	seen := map[string]bool{}
	for i := range r.Scripts {
		s := &r.Scripts[i]
		switch {
		case s.ID == "" || seen[s.ID]:
			return nil, fmt.Errorf("entry %d: want an id of its own, have %q", i+1, s.ID)
		case !slices.Contains([]Verdict{Pass, Fail, Unknown, Skip, Error}, s.Verdict):
			return nil, fmt.Errorf("entry %d, %s: unknown verdict %q", i+1, s.ID, s.Verdict)
		}
		seen[s.ID] = true
	}
	return &r, nil
}

// Difference is one thing that two runs do not agree about. A side that does
// not have it is "".
type Difference struct {
	ID      string `json:"id"`
	Subject string `json:"subject,omitempty"` // of a statement
	Name    string `json:"name"`              // of a statement, or "verdict"
	First   string `json:"first"`
	Second  string `json:"second"`
	Reason  string `json:"reason,omitempty"` // of the verdict that is not pass
}

// Compare returns how two runs differ: verdicts, and statements that are not
// measurements. Statements are compared where both runs judged.
func Compare(a, b *Result) []Difference {
	list := []Difference{}
	rows := func(r *Result) map[string]*Script {
		m := map[string]*Script{}
		for i := range r.Scripts {
			m[r.Scripts[i].ID] = &r.Scripts[i]
		}
		return m
	}
	first, second := rows(a), rows(b)
	var ids []string
	for id := range first {
		ids = append(ids, id)
	}
	for id := range second {
		if first[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		x, y := first[id], second[id]
		var vx, vy, reason string
		if x != nil {
			vx, reason = string(x.Verdict), x.Reason
		}
		if y != nil {
			vy = string(y.Verdict)
			if y.Reason != "" {
				reason = y.Reason
			}
		}
		if vx != vy {
			list = append(list, Difference{ID: id, Name: "verdict", First: vx, Second: vy, Reason: reason})
		}
		if x != nil && y != nil && x.Verdict != Skip && y.Verdict != Skip {
			list = append(list, statements(id, x.Statements, y.Statements)...)
		}
	}
	return list
}

func statements(id string, a, b []Statement) (list []Difference) {
	type place struct{ subject, name string }
	values := func(s []Statement) (order []place, m map[place]string) {
		m = map[place]string{}
		for _, x := range s {
			if x.Measured {
				continue
			}
			p := place{strings.ToUpper(x.Subject), x.Name}
			if _, ok := m[p]; !ok {
				order = append(order, p)
			}
			m[p] = x.Value
		}
		return order, m
	}
	order, first := values(a)
	more, second := values(b)
	for _, p := range more {
		if _, ok := first[p]; !ok {
			order = append(order, p)
		}
	}
	for _, p := range order {
		if first[p] != second[p] {
			list = append(list, Difference{ID: id, Subject: p.subject, Name: p.name, First: first[p], Second: second[p]})
		}
	}
	return list
}

// WriteDifferences writes differences for people, one line each.
func WriteDifferences(w io.Writer, list []Difference) error {
	var b strings.Builder
	for _, d := range list {
		name := d.Name
		if d.Subject != "" {
			name = d.Subject + ": " + name
		}
		side := func(s string) string {
			if s == "" {
				return "(nothing)"
			}
			return printable(s)
		}
		fmt.Fprintf(&b, "%s  %s: %s -> %s", printable(d.ID), printable(name), side(d.First), side(d.Second))
		if d.Reason != "" {
			fmt.Fprintf(&b, "  (%s)", printable(d.Reason))
		}
		b.WriteByte('\n')
	}
	noun := "differences"
	if len(list) == 1 {
		noun = "difference"
	}
	fmt.Fprintf(&b, "%d %s\n", len(list), noun)
	_, err := io.WriteString(w, b.String())
	return err
}
