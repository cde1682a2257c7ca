// Package report has the result of a conformance run and its written forms.
//
// Goals: one model that every form is written from; each writer is a function
// of the model alone, so the same result gives the same bytes; everything that
// came from mail or from a script is escaped for the form it goes into.
//
// Non-goals: running, judging, colours of a progress line, choosing files. A
// writer adds nothing to the result.
//
// # Use
//
//	err := report.Write("junit", w, result)
//	err = report.WriteFile("out.xml", func(w io.Writer) error { ... })
//
// # Why
//
// Script.Seconds is the one value that depends on the wall clock: pipelines
// balance their shards by it. Virtual time stands beside it, and nothing else
// in a report differs between two machines.
package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Version is the version of the JSON form. Keys may be added without a new
// one.
const Version = 1

// Verdict is the outcome of a script.
type Verdict string

// The verdicts.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"    // the target does not behave as the script says
	Unknown Verdict = "unknown" // a budget ran out before it could be judged
	Skip    Verdict = "skip"    // the target lacks a power, or the script says so
	Error   Verdict = "error"   // the harness or the script is wrong; nothing was judged
)

// Result is the outcome of a run of scripts.
type Result struct {
	Version int      `json:"version"`
	Target  string   `json:"target"`
	Seed    uint64   `json:"seed"`
	Totals  Totals   `json:"totals"`
	Scripts []Script `json:"scripts"` // sorted by id
}

// Totals counts verdicts.
type Totals struct {
	Pass    int `json:"pass"`
	Fail    int `json:"fail"`
	Unknown int `json:"unknown"`
	Skip    int `json:"skip"`
	Error   int `json:"error"`
}

// Script is the outcome of one script.
type Script struct {
	ID       string   `json:"id"`
	Summary  string   `json:"summary"`
	Articles []string `json:"articles"`
	Tags     []string `json:"tags"`
	Verdict  Verdict  `json:"verdict"`
	Seconds  float64  `json:"seconds"` // wall clock

	// Reason says in one line why the verdict is not pass.
	Reason string `json:"reason"`

	// Repeat is the command that gives the same verdict again.
	Repeat string `json:"repeat"`

	VirtualSeconds float64 `json:"virtualSeconds"`
	Digest         string  `json:"digest,omitempty"` // of all its runs, 16 hex digits
	File           string  `json:"file,omitempty"`   // as the user can open it, or its name in the suite
	Line           int     `json:"line,omitempty"`   // where it stopped
	Log            string  `json:"log,omitempty"`    // the phase that did not pass

	// Statements are what a live check saw, so that two runs can be compared
	// by more than their verdicts.
	Statements []Statement `json:"statements,omitempty"`

	// NotJudged is what a live check with a verdict could not look at, and
	// what would let it.
	NotJudged []string `json:"notJudged,omitempty"`
}

// Statement is one thing that was seen of a deployment.
type Statement struct {
	Subject string `json:"subject"` // a PC, a postoffice, a host
	Name    string `json:"name"`
	Value   string `json:"value"`

	// Measured is set of what differs from run to run, such as a time.
	Measured bool `json:"measured,omitempty"`
}

// String returns the statement as a sentence of a log.
func (s Statement) String() string { return s.Subject + ": " + s.Name + ": " + s.Value }

// Add counts a verdict.
func (t *Totals) Add(v Verdict) {
	switch v {
	case Pass:
		t.Pass++
	case Fail:
		t.Fail++
	case Unknown:
		t.Unknown++
	case Skip:
		t.Skip++
	default:
		t.Error++
	}
}

// Sum returns the number of scripts.
func (t Totals) Sum() int { return t.Pass + t.Fail + t.Unknown + t.Skip + t.Error }

// String returns the totals line without the number of scripts.
func (t Totals) String() string {
	return fmt.Sprintf("%d pass, %d fail, %d unknown, %d skip, %d error", t.Pass, t.Fail, t.Unknown, t.Skip, t.Error)
}

// New makes a result of scripts that ended in any order.
func New(target string, seed uint64, scripts []Script) *Result {
	r := &Result{Version: Version, Target: target, Seed: seed, Scripts: slices.Clone(scripts)}
	slices.SortFunc(r.Scripts, func(a, b Script) int { return strings.Compare(a.ID, b.ID) })
	if r.Scripts == nil {
		r.Scripts = []Script{} // an empty list is [], not null
	}
	for i := range r.Scripts {
		s := &r.Scripts[i]
		if s.Articles == nil {
			s.Articles = []string{}
		}
		if s.Tags == nil {
			s.Tags = []string{}
		}
		r.Totals.Add(s.Verdict)
	}
	return r
}

// formats are the written forms, sorted by name.
var formats = []struct {
	name  string
	write func(io.Writer, *Result) error
}{
	{"github", writeGitHub},
	{"html", writeHTML},
	{"json", writeJSON},
	{"junit", writeJUnit},
	{"text", writeText},
}

// Formats returns the names of the written forms, sorted.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Write writes a result in the named form.
func Write(format string, w io.Writer, r *Result) error {
	for _, f := range formats {
		if f.name == format {
			return f.write(w, r)
		}
	}
	return fmt.Errorf("cannot write format %q: want one of: %s", format, strings.Join(Formats(), ", "))
}

// WriteFile writes a file under a temporary name in the same folder and
// renames it, so that nobody ever reads half of it.
func WriteFile(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("cannot write %s: %w", name, err)
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil { // CreateTemp makes private files
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
