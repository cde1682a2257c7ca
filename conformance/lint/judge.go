package lint

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Place is where something was read. Line and Column count from 1, 0 is
// unknown; Offset is in bytes and only meaningful when InRecord is set.
type Place struct {
	File         string
	Line, Column int
	Offset       int64
	InRecord     bool
}

// String returns file:line:col, or file+0x1F2 for a record of a database file.
func (p Place) String() string {
	switch {
	case p.InRecord:
		return fmt.Sprintf("%s+%#x", p.File, p.Offset)
	case p.Line > 0 && p.Column > 0:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	case p.Line > 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return p.File
}

// Finding is one place where a rule fired.
type Finding struct {
	Rule     *Rule
	Severity Severity // of the rule, or milder for a milder case of it
	Place    Place
	Message  string // what is there and what was expected; lower case, no full stop
	Remedy   string // of the rule, or one that names the thing
}

// NotJudged says that a rule lacked an input.
type NotJudged struct {
	Rule    *Rule
	Missing string // "the EXE inventory of GW2"; how it can be given
}

// TurnedOff is a rule that the user turned off.
type TurnedOff struct {
	Rule   *Rule
	Reason string
}

// Options choose what is run.
type Options struct {
	Only []string          // ids or families ("map"); empty: all
	Off  map[string]string // id to reason
}

// Report is the outcome of Run. Findings are sorted by place, then rule.
type Report struct {
	Findings  []Finding
	NotJudged []NotJudged // sorted by rule, each Missing once
	Off       []TurnedOff
	Judged    []*Rule // rules that lacked nothing for at least one subject
	NoSubject []*Rule // rules about something that is not here
	Rules     int     // that were asked for, those turned off included

	// Unread are files that are there and cannot be read.
	Unread []Mistake
}

// Judge is what a check sees: the facts, and where it reports to.
type Judge struct {
	*Installation
	ctx     context.Context
	rule    *Rule
	report  *Report
	looked  bool
	missing map[string]bool
}

// Context ends a check that asks the network.
func (j *Judge) Context() context.Context { return j.ctx }

// Find reports a finding.
func (j *Judge) Find(at Place, format string, args ...any) {
	j.FindAs(j.rule.Severity, at, format, args...)
}

// FindAs reports a finding of another severity than the rule's.
func (j *Judge) FindAs(s Severity, at Place, format string, args ...any) {
	j.looked = true
	j.report.Findings = append(j.report.Findings, Finding{Rule: j.rule, Severity: s, Place: at, Message: harmless(fmt.Sprintf(format, args...)), Remedy: j.rule.Remedy})
}

// harmless replaces what a terminal would obey: names of files and records are
// whatever somebody wrote there.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, text)
}

// Missing reports that an input was not there. The text names it and whose it
// is: "CONFIG.SYS of GW1".
func (j *Judge) Missing(format string, args ...any) {
	text := harmless(fmt.Sprintf(format, args...))
	if !j.missing[text] {
		j.missing[text] = true
		j.report.NotJudged = append(j.report.NotJudged, NotJudged{j.rule, text})
	}
}

// Looked says that the rule had what it needed for one subject. A rule that
// neither looked nor missed anything had no subject; unless the installation is
// complete, that means that what it is about was not given.
func (j *Judge) Looked() { j.looked = true }

// Need returns the value of a fact. Unknown, it reports the input as missing.
func Need[T any](j *Judge, f Fact[T], format string, args ...any) (T, bool) {
	if !f.Known {
		j.Missing(format, args...)
		return f.Value, false
	}
	j.looked = true
	return f.Value, true
}

// Run judges an installation by the rules. It ends early when ctx does: rules
// that were not reached are not judged.
func Run(ctx context.Context, in *Installation, o Options) *Report {
	r := &Report{Unread: in.Unread}
	if in.Resolver != nil {
		patient := *in
		patient.Resolver = newPatience(in.Resolver)
		in = &patient
	}
	for i := range Rules {
		rule := &Rules[i]
		if !o.selects(rule) {
			continue
		}
		r.Rules++
		if reason, off := o.turnsOff(rule); off {
			r.Off = append(r.Off, TurnedOff{rule, reason})
			continue
		}
		if ctx.Err() != nil {
			r.NotJudged = append(r.NotJudged, NotJudged{rule, "time: the run was ended"})
			continue
		}
		j := &Judge{Installation: in, ctx: ctx, rule: rule, report: r, missing: map[string]bool{}}
		rule.check(j)
		switch {
		case j.looked:
			r.Judged = append(r.Judged, rule)
		case len(j.missing) == 0 && in.Complete && in.AllPCs:
			r.NoSubject = append(r.NoSubject, rule)
		case len(j.missing) == 0:
			// Copies of files do not promise that this is all there is.
			r.NotJudged = append(r.NotJudged, NotJudged{rule, rule.Inputs})
		}
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line),
			cmp.Compare(a.Place.Column, b.Place.Column), cmp.Compare(a.Place.Offset, b.Place.Offset), cmp.Compare(a.Rule.ID, b.Rule.ID))
	})
	return r
}

// turnsOff returns why a rule is turned off, by its id or one that it covers.
func (o *Options) turnsOff(r *Rule) (reason string, off bool) {
	for _, id := range append([]string{r.ID}, r.Covers...) {
		if reason, off = o.Off[id]; off {
			return reason, true
		}
	}
	return "", false
}

func (o *Options) selects(r *Rule) bool {
	if len(o.Only) == 0 {
		return true
	}
	return slices.ContainsFunc(o.Only, func(want string) bool {
		return want == r.ID || len(r.ID) > len(want) && r.ID[:len(want)+1] == want+"." || slices.Contains(r.Covers, want)
	})
}

// Count returns how many findings have a severity.
func (r *Report) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}
