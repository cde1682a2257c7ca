// Package golive brings together what was found out about a deployment before
// it goes live: its configuration, the volume it should carry, the live checks
// and the scripts that apply. One page, one verdict.
//
// Goals: the verdict first, then what blocks it, each with where it is and what
// to change; what was not judged and what would make it so; nothing said twice.
//
// Non-goals: finding anything out. What is brought together was judged by
// packages lint, capacity, probe and conformance.
//
// # The verdict
//
// No, when anything blocks: a finding of the severity that fails, a volume that
// is not carried, a live check or a script that failed. Unknown, when nothing
// blocks but mail was not seen to pass in a direction that the deployment has,
// when no direction is known, or when something could not be judged that was tried. Yes otherwise. Rules
// that lacked an input do not make a verdict unknown: nobody has every file of
// a network at hand; they are listed.
package golive

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/capacity"
	"gwkit/conformance/lint"
	"gwkit/conformance/report"
)

// Version is the version of the JSON form.
const Version = 1

// The verdicts.
const (
	Yes     = "yes"
	No      = "no"
	Unknown = "unknown"
)

// Found is what the parts found out.
type Found struct {
	Name, File string
	At         time.Time
	Lint       *lint.Report
	Fail       lint.Severity // the severity that blocks

	Capacity    *capacity.Answer // nil: not judged
	CapacityWhy string           // why not

	Live    []report.Script // rows of the live checks
	Scripts []report.Script // rows of the scripts

	// In and Out are the live checks that see mail pass, of the directions that
	// the deployment has: "live.inbound" and "live.outbound", or "".
	In, Out string

	Results     string // folder with all details; "" none
	WallSeconds float64
	CPUSeconds  float64 // of this program: the rest was waiting
	Interrupted bool
}

// Report is the page.
type Report struct {
	Version int       `json:"version"`
	Name    string    `json:"name"`
	File    string    `json:"file"`
	At      time.Time `json:"at"`
	Verdict string    `json:"verdict"`
	Reason  string    `json:"reason"` // in a sentence

	Blocking []Item `json:"blocking"`
	Warnings []Item `json:"warnings"`
	Open     []Item `json:"open"` // what was tried and could not be judged

	Parts     []Part  `json:"parts"`
	NotJudged []Thing `json:"notJudged"`
	Off       []Off   `json:"off"`

	Results     string  `json:"results"`
	WallSeconds float64 `json:"wallSeconds"`
	CPUSeconds  float64 `json:"cpuSeconds"`
}

// Item is one thing that a reader has to look at.
type Item struct {
	ID       string   `json:"id"`    // rule, live check or script
	Where    string   `json:"where"` // file:line:col, or ""
	Message  string   `json:"message"`
	Change   string   `json:"change"` // what to do, or ""
	Articles []string `json:"articles"`
}

// Part is a line on what was judged.
type Part struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"` // yes, no, unknown, or none when nothing applied
	Summary string `json:"summary"`
}

// Thing is an input that was missing, and who would use it.
type Thing struct {
	What string   `json:"what"`
	For  []string `json:"for"`
}

// Off is a rule that the deployment file turns off.
type Off struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
}

// Compose writes the page from what was found.
func Compose(f *Found) *Report {
	r := &Report{Version: Version, Name: f.Name, File: f.File, At: f.At.UTC().Truncate(time.Second), Results: f.Results, WallSeconds: f.WallSeconds, CPUSeconds: f.CPUSeconds,
		Blocking: []Item{}, Warnings: []Item{}, Open: []Item{}, NotJudged: []Thing{}, Off: []Off{}}
	r.lint(f)
	r.capacity(f)
	r.rows(f, "live checks", f.Live)
	r.rows(f, "scripts", f.Scripts)
	// The inputs that rules lacked are many, and last.
	for _, m := range f.Lint.Missing() {
		r.NotJudged = append(r.NotJudged, Thing{m.Text, m.Rules})
	}
	r.verdict(f)
	return r
}

func (r *Report) lint(f *Found) {
	info := 0
	for i := range f.Lint.Findings {
		x := &f.Lint.Findings[i]
		item := Item{ID: x.Rule.ID, Where: x.Place.String(), Message: x.Message, Change: x.Remedy, Articles: x.Rule.Articles}
		switch {
		case x.Severity.AtLeast(f.Fail):
			r.Blocking = append(r.Blocking, item)
		case x.Severity.AtLeast(lint.Warning):
			r.Warnings = append(r.Warnings, item)
		default:
			info++
		}
	}
	verdict := Yes
	if len(r.Blocking) > 0 {
		verdict = No
	}
	for _, u := range f.Lint.Unread {
		r.Open = append(r.Open, Item{ID: "lint", Where: u.At.String(), Message: "cannot be read: " + u.Message, Articles: []string{}})
		if verdict == Yes {
			verdict = Unknown
		}
	}
	for _, o := range f.Lint.Off {
		r.Off = append(r.Off, Off{o.Rule.ID, o.Reason})
	}
	r.Parts = append(r.Parts, Part{"configuration", verdict, f.Lint.Summary()})
}

func (r *Report) capacity(f *Found) {
	a := f.Capacity
	if a == nil {
		r.Parts = append(r.Parts, Part{"volume", Unknown, "not judged: " + f.CapacityWhy})
		r.NotJudged = append(r.NotJudged, Thing{f.CapacityWhy, []string{"capacity"}})
		return
	}
	atLeast := ""
	if a.AtLeast {
		atLeast = "at least "
	}
	summary := fmt.Sprintf("%d in and %d out a day of %d bytes; the simulated deployment carries %s%d a day of this mix, limited by %s", a.InPerDay, a.OutPerDay, a.SizeBytes, atLeast, a.SimulatedPerDay, a.Bottleneck)
	r.Parts = append(r.Parts, Part{"volume", a.Verdict, summary})
	switch a.Verdict {
	case capacity.No:
		item := Item{ID: "capacity", Message: fmt.Sprintf("%d messages a day are not carried: %s; limited by %s", a.OfferedPerDay, a.Reason, a.Bottleneck), Articles: []string{"Q132060", "Q137043"}}
		if i := slices.IndexFunc(a.Advice, func(x capacity.Advice) bool { return x.Carries }); i >= 0 {
			item.Change = a.Advice[i].Change
		} else if len(a.Advice) > 0 {
			item.Change = "none of the changes that were simulated carries it: " + a.Repeat
		}
		r.Blocking = append(r.Blocking, item)
	case capacity.Unknown:
		r.Open = append(r.Open, Item{ID: "capacity", Message: a.Reason, Articles: []string{}})
	}
}

// rows takes the outcome of live checks or scripts in. A check that blocks
// because of the same cause as a finding is still shown: it is what the users
// would see.
func (r *Report) rows(f *Found, name string, rows []report.Script) {
	if len(rows) == 0 {
		return
	}
	var t report.Totals
	skipped := map[string][]string{}
	var order []string
	var open []Item
	for i := range rows {
		s := &rows[i]
		t.Add(s.Verdict)
		item := Item{ID: s.ID, Message: s.Reason, Articles: s.Articles}
		if item.Articles == nil {
			item.Articles = []string{}
		}
		switch s.Verdict {
		case report.Pass:
			for _, what := range s.NotJudged {
				r.NotJudged = append(r.NotJudged, Thing{what, []string{s.ID}})
			}
		case report.Fail:
			r.Blocking = append(r.Blocking, item)
		case report.Unknown, report.Error:
			open = append(open, item)
		case report.Skip:
			why, _, _ := strings.Cut(s.Reason, ", which line ") // one reason, whatever the line
			if skipped[why] == nil {
				order = append(order, why)
			}
			skipped[why] = append(skipped[why], s.ID)
		}
	}
	r.Open = append(r.Open, grouped(open)...)
	for _, why := range order {
		r.NotJudged = append(r.NotJudged, Thing{why, skipped[why]})
	}
	verdict := Yes
	switch {
	case t.Fail > 0:
		verdict = No
	case t.Unknown+t.Error > 0:
		verdict = Unknown
	case t.Pass == 0:
		verdict = "none" // applies
	}
	r.Parts = append(r.Parts, Part{name, verdict, t.String()})
}

// alike is from how many on items with one reason are one.
const alike = 4

// grouped makes one item of many with one reason, such as those that an
// interrupted run did not begin.
func grouped(list []Item) (out []Item) {
	count := map[string]int{}
	for _, x := range list {
		count[x.Message]++
	}
	for _, x := range list {
		switch n := count[x.Message]; {
		case n >= alike:
			count[x.Message] = 0
			x.ID, x.Articles = fmt.Sprintf("%s and %d more", x.ID, n-1), []string{}
		case n == 0:
			continue // said
		}
		out = append(out, x)
	}
	return out
}

func (r *Report) verdict(f *Found) {
	var unseen []string
	for _, direction := range []struct{ check, name string }{{f.In, "in"}, {f.Out, "out"}} {
		passed := func(s report.Script) bool { return s.ID == direction.check && s.Verdict == report.Pass }
		if direction.check != "" && !slices.ContainsFunc(f.Live, passed) {
			unseen = append(unseen, direction.name)
		}
	}
	switch {
	case len(r.Blocking) > 0:
		r.Verdict, r.Reason = No, plural(len(r.Blocking), "thing blocks it", "things block it")
	case f.Interrupted:
		r.Verdict, r.Reason = Unknown, "it was ended before everything was judged"
	case len(r.Open) > 0:
		r.Verdict, r.Reason = Unknown, plural(len(r.Open), "thing could not be judged", "things could not be judged")
	case f.In == "" && f.Out == "":
		r.Verdict, r.Reason = Unknown, "no mail was seen to pass, and nothing says in which directions it should: no PC with a gateway is named (pcs)"
	case len(unseen) > 0:
		r.Verdict, r.Reason = Unknown, "nothing speaks against it, but no mail was seen to pass "+strings.Join(unseen, " or ")+" (allow, test)"
	default:
		r.Verdict, r.Reason = Yes, "nothing that was judged speaks against it"
		if len(r.Warnings) > 0 {
			r.Reason += ", " + plural(len(r.Warnings), "warning", "warnings")
		}
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
