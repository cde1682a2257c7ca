package lint

import (
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// fixtureTime is the date of files that .dates does not name.
var fixtureTime = time.Date(1993, 2, 23, 8, 50, 0, 0, time.UTC)

// fixture is testdata/<rule>.txtar; the package's documentation tells its form.
type fixture struct {
	name    string
	wants   []string                // "PLACE: REGEXP"
	folders map[string]fstest.MapFS // "bad", "near", "near-2"
}

func readFixture(t *testing.T, file string) *fixture {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{name: strings.TrimSuffix(filepath.Base(file), ".txtar"), folders: map[string]fstest.MapFS{}}
	for i, line := range strings.Split(string(a.Comment), "\n") {
		switch want, ok := strings.CutPrefix(line, "want: "); {
		case ok:
			f.wants = append(f.wants, want)
		case line != "" && line[0] != '#':
			t.Errorf("%s:%d: want a comment that begins with # or an expectation \"want: PLACE: REGEXP\", have %q", file, i+1, line)
		}
	}
	for _, s := range a.Files {
		top, rest, ok := strings.Cut(s.Name, "/")
		if !ok || !strings.HasPrefix(top, "bad") && !strings.HasPrefix(top, "near") {
			t.Errorf("%s: want sections below bad/ and near/, have %q", file, s.Name)
			continue
		}
		if f.folders[top] == nil {
			f.folders[top] = fstest.MapFS{}
		}
		if err := f.add(f.folders[top], rest, s.Data); err != nil {
			t.Errorf("%s: %s: %v", file, s.Name, err)
		}
	}
	for top, folder := range f.folders {
		if dates, ok := folder[".dates"]; ok {
			delete(folder, ".dates")
			if err := setDates(folder, string(dates.Data)); err != nil {
				t.Errorf("%s: %s/.dates: %v", file, top, err)
			}
		}
	}
	return f
}

// add makes a file of a section.
func (f *fixture) add(folder fstest.MapFS, name string, data []byte) error {
	switch {
	case strings.HasSuffix(name, ".hex"):
		name = strings.TrimSuffix(name, ".hex")
		raw, err := fromHex(string(data))
		if err != nil {
			return err
		}
		data = raw
	case strings.HasSuffix(name, ".zeros"):
		name = strings.TrimSuffix(name, ".zeros")
		size, err := strconv.Atoi(strings.TrimSpace(string(data)))
		if err != nil || size < 0 || size > 4<<20 {
			return fmt.Errorf("want a size, have %q", data)
		}
		data = make([]byte, size)
	case dosText(name):
		data = []byte(strings.ReplaceAll(string(data), "\n", "\r\n"))
	}
	if strings.HasSuffix(name, "/") { // a folder that is empty
		folder[strings.TrimSuffix(name, "/")] = &fstest.MapFile{Mode: fs.ModeDir | 0o755, ModTime: fixtureTime}
		return nil
	}
	folder[name] = &fstest.MapFile{Data: data, Mode: 0o644, ModTime: fixtureTime}
	return nil
}

// dosText says whether a file is written with CR LF.
func dosText(name string) bool {
	switch strings.ToUpper(path.Ext(name)) {
	case ".BAT", ".SYS", ".INI", ".CFG", ".LOG", ".TXT", ".LST":
		return true
	}
	return false
}

// fromHex reads bytes in hexadecimal; # begins a remark, "xN" behind a byte
// repeats it, and a text in quotes stands for itself.
func fromHex(text string) ([]byte, error) {
	var out []byte
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
			if line[0] == '"' {
				end := strings.IndexByte(line[1:], '"')
				if end < 0 {
					return nil, fmt.Errorf("line %d: text without an end", i+1)
				}
				out = append(out, line[1:1+end]...)
				line = line[end+2:]
				continue
			}
			word, rest, _ := strings.Cut(line, " ")
			line = rest
			word, times, repeat := strings.Cut(word, "x")
			b, err := hex.DecodeString(word)
			n := 1
			if err == nil && repeat {
				n, err = strconv.Atoi(times)
			}
			if err != nil || n < 0 || n > 1<<20 {
				return nil, fmt.Errorf("line %d: cannot read %q", i+1, word)
			}
			for range n {
				out = append(out, b...)
			}
		}
	}
	return out, nil
}

func setDates(folder fstest.MapFS, text string) error {
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		name, date, _ := strings.Cut(strings.TrimSpace(line), " ")
		at, err := time.Parse("2006-01-02 15:04", strings.TrimSpace(date))
		if err != nil || folder[name] == nil {
			return fmt.Errorf("line %d: want a file and a time such as 1995-01-05 03:00, have %q", i+1, line)
		}
		folder[name].ModTime = at
	}
	return nil
}

func (f *fixture) lint(t *testing.T, top string) *Report {
	t.Helper()
	in, err := FromFolder(f.folders[top], top)
	if err != nil {
		t.Fatalf("%s: %v", top, err)
	}
	for _, u := range in.Unread {
		t.Errorf("%s: cannot read: %s", u.At, u.Message)
	}
	return Run(context.Background(), in, Options{})
}

func TestEachRuleFindsItsFixtureAndSparesTheNearMiss(t *testing.T) {
	for i := range Rules {
		rule := &Rules[i]
		t.Run(rule.ID, func(t *testing.T) {
			file := filepath.Join("testdata", rule.ID+".txtar")
			if _, err := os.Stat(file); err != nil {
				t.Fatalf("rule has no fixture %s", file)
			}
			f := readFixture(t, file)
			var tops []string
			for top := range f.folders {
				tops = append(tops, top)
			}
			sort.Strings(tops)
			bad, near := false, false
			for _, top := range tops {
				r := f.lint(t, top)
				if strings.HasPrefix(top, "bad") {
					bad = true
					checkBad(t, f, top, rule, r)
					continue
				}
				near = true
				checkNear(t, top, rule, r)
			}
			if !bad || !near {
				t.Error("want at least one folder bad/ and one folder near/")
			}
		})
	}
}

// checkBad compares the findings of the rule in one folder with those wanted.
func checkBad(t *testing.T, f *fixture, top string, rule *Rule, r *Report) {
	var wants []string
	for _, w := range f.wants {
		if w == top || strings.HasPrefix(w, top+"/") || strings.HasPrefix(w, top+":") {
			wants = append(wants, w)
		}
	}
	if len(wants) == 0 {
		t.Errorf("%s: no expectation \"want: %s/FILE:LINE:COLUMN: REGEXP\"", top, top)
	}
	for _, found := range r.Findings {
		if found.Rule != rule {
			continue
		}
		text := found.Place.String() + ": " + found.Message
		j := slices.IndexFunc(wants, func(w string) bool {
			place, re, ok := strings.Cut(w, ": ")
			if !ok || place != found.Place.String() {
				return false
			}
			x, err := regexp.Compile(re)
			if err != nil {
				t.Fatalf("bad expectation %q: %v", w, err)
			}
			return x.MatchString(found.Message)
		})
		if j < 0 {
			t.Errorf("finding that was not expected: %s", text)
			continue
		}
		wants = slices.Delete(wants, j, j+1)
	}
	for _, w := range wants {
		t.Errorf("no finding: %s", w)
	}
	if t.Failed() {
		t.Logf("not judged in %s: %s", top, missing(rule, r))
	}
}

// checkNear wants the rule to have looked, lacked nothing and found nothing.
func checkNear(t *testing.T, top string, rule *Rule, r *Report) {
	for _, found := range r.Findings {
		if found.Rule == rule {
			t.Errorf("finding in a near miss: %s: %s", found.Place, found.Message)
		}
	}
	if !slices.Contains(r.Judged, rule) {
		t.Errorf("%s: the rule was not judged", top)
	}
	if m := missing(rule, r); m != "" {
		t.Errorf("%s: the rule lacked %s", top, m)
	}
}

func missing(rule *Rule, r *Report) string {
	var list []string
	for _, n := range r.NotJudged {
		if n.Rule == rule {
			list = append(list, n.Missing)
		}
	}
	return strings.Join(list, "; ")
}

func TestEachFixtureBelongsToARule(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if !slices.ContainsFunc(Rules, func(r Rule) bool { return r.ID == id }) {
			t.Errorf("%s: there is no rule %s", file, id)
		}
	}
}

func TestRulesAreWellFormed(t *testing.T) {
	id := regexp.MustCompile(`^[a-z]+\.[a-z0-9-]+$`)
	seen := map[string]bool{}
	for _, r := range Rules {
		if !id.MatchString(r.ID) || seen[r.ID] {
			t.Errorf("rule id %q is malformed or used twice", r.ID)
		}
		seen[r.ID] = true
		if !slices.Contains(Severities, r.Severity) || len(r.Articles) == 0 || r.Title == "" || r.Remedy == "" || r.Inputs == "" || r.check == nil {
			t.Errorf("%s: severity, articles, title, remedy, inputs and check are required", r.ID)
		}
		for _, text := range []string{r.Title, r.Remedy} {
			if strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q ends with a full stop", r.ID, text)
			}
		}
		for _, a := range r.Articles {
			if !regexp.MustCompile(`^(Q[0-9]+|GW1034)$`).MatchString(a) {
				t.Errorf("%s: %q is no article", r.ID, a)
			}
		}
	}
}

// Each candidate rule is judged by a row of the table, by one of them first.
func TestEveryCandidateRuleIsCovered(t *testing.T) {
	const candidates = 63
	covers := map[string][]string{}
	for _, r := range Rules {
		for _, id := range r.Covers {
			covers[id] = append(covers[id], r.ID)
		}
	}
	for n := 1; n <= candidates; n++ {
		id := fmt.Sprintf("LR%02d", n)
		if len(covers[id]) == 0 {
			t.Errorf("no rule covers %s", id)
		}
		delete(covers, id)
	}
	for id, rules := range covers {
		t.Errorf("%v cover %s, which is no candidate", rules, id)
	}
}
