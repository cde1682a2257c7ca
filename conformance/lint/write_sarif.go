package lint

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// The parts of SARIF 2.1.0 that are used. The report is one run; the rules are
// those that were asked for, the findings results, and what was not judged
// notifications of the run.
type sarif struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	ColumnKind  string            `json:"columnKind"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
}

type sarifDriver struct {
	Name  string      `json:"name"`
	Rules []sarifRule `json:"rules"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifRule struct {
	ID            string    `json:"id"`
	Short         sarifText `json:"shortDescription"`
	Help          sarifText `json:"help"`
	Configuration struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
	Properties struct {
		Tags []string `json:"tags"`
	} `json:"properties"`
}

type sarifInvocation struct {
	Successful    bool                `json:"executionSuccessful"`
	Notifications []sarifNotification `json:"toolConfigurationNotifications"`
}

type sarifNotification struct {
	Level      string     `json:"level"`
	Message    sarifText  `json:"message"`
	Associated *sarifRef  `json:"associatedRule,omitempty"`
	Locations  []location `json:"locations,omitempty"`
}

type sarifRef struct {
	ID    string `json:"id"`
	Index int    `json:"index"`
}

type sarifResult struct {
	RuleID    string     `json:"ruleId"`
	RuleIndex int        `json:"ruleIndex"`
	Level     string     `json:"level"`
	Message   sarifText  `json:"message"`
	Locations []location `json:"locations"`
}

type location struct {
	Physical physicalLocation `json:"physicalLocation"`
}

type physicalLocation struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
	Region *sarifRegion `json:"region,omitempty"`
}

type sarifRegion struct {
	StartLine   int    `json:"startLine,omitempty"`
	StartColumn int    `json:"startColumn,omitempty"`
	ByteOffset  *int64 `json:"byteOffset,omitempty"`
	ByteLength  *int64 `json:"byteLength,omitempty"`
}

var sarifLevels = map[Severity]string{Error: "error", Warning: "warning", Info: "note"}

// writeSARIF writes SARIF 2.1.0, for code hosts that show findings beside the
// files.
func writeSARIF(w io.Writer, r *Report) error {
	doc := sarif{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: make([]sarifRun, 1)}
	run := &doc.Runs[0]
	run.Tool.Driver = sarifDriver{Name: "gwcheck", Rules: []sarifRule{}}
	run.ColumnKind, run.Results = "unicodeCodePoints", []sarifResult{}
	index := map[*Rule]int{}
	number := func(rule *Rule) int {
		i, ok := index[rule]
		if !ok {
			i = len(run.Tool.Driver.Rules)
			index[rule] = i
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule.sarif())
		}
		return i
	}
	for _, f := range r.Findings {
		run.Results = append(run.Results, sarifResult{f.Rule.ID, number(f.Rule), sarifLevels[f.Severity],
			sarifText{f.Message + ". Remedy: " + f.Remedy + "."}, []location{f.Place.sarif()}})
	}
	notes := []sarifNotification{}
	for _, n := range r.NotJudged {
		notes = append(notes, sarifNotification{Level: "note", Message: sarifText{n.Rule.ID + " was not judged for want of " + n.Missing}, Associated: &sarifRef{n.Rule.ID, number(n.Rule)}})
	}
	for _, o := range r.Off {
		notes = append(notes, sarifNotification{Level: "note", Message: sarifText{o.Rule.ID + " is turned off: " + o.Reason}, Associated: &sarifRef{o.Rule.ID, number(o.Rule)}})
	}
	for _, m := range r.Unread {
		notes = append(notes, sarifNotification{Level: "warning", Message: sarifText{"cannot be read: " + m.Message}, Locations: []location{m.At.sarif()}})
	}
	run.Invocations = []sarifInvocation{{true, notes}}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

func (r *Rule) sarif() sarifRule {
	s := sarifRule{ID: r.ID, Short: sarifText{r.Title}, Help: sarifText{fmt.Sprintf("%s. Needs: %s. Articles: %s.", r.Remedy, r.Inputs, strings.Join(r.Articles, ", "))}}
	s.Configuration.Level = sarifLevels[r.Severity]
	s.Properties.Tags = r.Articles
	return s
}

func (p Place) sarif() location {
	var l location
	l.Physical.Artifact.URI = fileURI(p.File)
	switch {
	case p.InRecord:
		offset, length := p.Offset, int64(0)
		l.Physical.Region = &sarifRegion{ByteOffset: &offset, ByteLength: &length}
	case p.Line > 0:
		l.Physical.Region = &sarifRegion{StartLine: p.Line, StartColumn: p.Column}
	}
	return l
}

// fileURI makes a reference of a path as the user wrote it.
func fileURI(path string) string {
	path = strings.ReplaceAll(path, `\`, "/")
	scheme := ""
	switch {
	case strings.HasPrefix(path, "//"): // \\server\share
		scheme = "file:"
	case strings.HasPrefix(path, "/"):
		scheme = "file://"
	case len(path) > 1 && path[1] == ':':
		scheme, path = "file://", "/"+path
	}
	return scheme + (&url.URL{Path: path}).EscapedPath()
}
