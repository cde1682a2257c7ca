package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`

	seconds float64
}

type junitCase struct {
	Name       string           `xml:"name,attr"`
	Class      string           `xml:"classname,attr"`
	File       string           `xml:"file,attr,omitempty"`
	Time       string           `xml:"time,attr"`
	Properties *junitProperties `xml:"properties"` // nil: none
	Failure    *junitMessage    `xml:"failure"`
	Error      *junitMessage    `xml:"error"`
	Skipped    *junitMessage    `xml:"skipped"`
}

type junitProperties struct {
	List []junitProperty `xml:"property"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes one suite per topic, the first word of an id. The dialect
// has no word for unknown; it becomes an error with that type, because a
// pipeline must not go on as if all were well.
func writeJUnit(w io.Writer, r *Result) error {
	all := junitSuites{Name: xmlText("gwcheck " + r.Target), Tests: r.Totals.Sum(), Failures: r.Totals.Fail,
		Errors: r.Totals.Error + r.Totals.Unknown, Skipped: r.Totals.Skip}
	var seconds float64
	for i := range r.Scripts {
		s := &r.Scripts[i]
		topic, _, _ := strings.Cut(s.ID, "_")
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != xmlText(topic) {
			all.Suites = append(all.Suites, junitSuite{Name: xmlText(topic)})
		}
		suite := &all.Suites[len(all.Suites)-1]
		c := junitCase{Name: xmlText(s.ID), Class: xmlText("gwcheck." + topic), File: xmlText(s.File), Time: junitTime(s.Seconds)}
		for _, a := range s.Articles {
			if c.Properties == nil {
				c.Properties = &junitProperties{}
			}
			c.Properties.List = append(c.Properties.List, junitProperty{"article", xmlText(a)})
		}
		message := &junitMessage{Message: xmlText(s.Reason), Text: xmlText(junitBody(s))}
		switch s.Verdict {
		case Pass:
		case Fail:
			suite.Failures++
			c.Failure = message
		case Skip:
			suite.Skipped++
			c.Skipped = &junitMessage{Message: message.Message}
		default:
			suite.Errors++
			message.Type = string(s.Verdict)
			c.Error = message
		}
		suite.Tests++
		suite.seconds += s.Seconds
		suite.Time = junitTime(suite.seconds)
		seconds += s.Seconds
		suite.Cases = append(suite.Cases, c)
	}
	all.Time = junitTime(seconds)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitBody(s *Script) string {
	body := strings.TrimRight(s.Log, "\n")
	if s.Repeat != "" {
		body += "\nrepeat: " + s.Repeat
	}
	return strings.TrimPrefix(body, "\n")
}

func junitTime(seconds float64) string { return strconv.FormatFloat(seconds, 'f', 3, 64) }

// xmlText shows characters that XML 1.0 cannot hold by their numbers; mail
// bodies contain them, and one would make the whole file unreadable.
func xmlText(s string) string {
	legal := func(r rune) bool {
		return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= 0x10ffff
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return !legal(r) }) {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	var b strings.Builder
	for _, r := range s {
		if legal(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\x%02x`, r)
		}
	}
	return b.String()
}
