package report

import (
	"fmt"
	"io"
	"strings"
)

// writeGitHub writes workflow commands: an annotation for each script that did
// not pass, then a line with the totals.
func writeGitHub(w io.Writer, r *Result) error {
	var b strings.Builder
	for i := range r.Scripts {
		s := &r.Scripts[i]
		level := "error"
		switch s.Verdict {
		case Pass:
			continue
		case Skip:
			level = "notice"
		case Unknown:
			level = "warning"
		}
		fmt.Fprintf(&b, "::%s ", level)
		if s.File != "" {
			fmt.Fprintf(&b, "file=%s,", githubProperty(s.File))
			if s.Line > 0 {
				fmt.Fprintf(&b, "line=%d,", s.Line)
			}
		}
		body := s.Reason
		if s.Verdict != Skip && s.Repeat != "" {
			body += "\nrepeat: " + s.Repeat
		}
		fmt.Fprintf(&b, "title=%s::%s\n", githubProperty(string(s.Verdict)+" "+s.ID), githubText(body))
	}
	fmt.Fprintf(&b, "%d scripts: %s\n", r.Totals.Sum(), r.Totals)
	_, err := io.WriteString(w, b.String())
	return err
}

// A line of output that begins with two colons is a command, so nothing quoted
// may begin a line.
var (
	githubTextEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubPropertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// githubText escapes a message, each line made harmless for the terminal that
// shows it.
func githubText(s string) string {
	all := strings.Split(s, "\n")
	for i := range all {
		all[i] = printable(all[i])
	}
	return githubTextEscapes.Replace(strings.Join(all, "\n"))
}

func githubProperty(s string) string { return githubPropertyEscapes.Replace(printable(s)) }
