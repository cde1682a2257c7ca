package conformance

import (
	"strings"

	"gwkit/conformance/target"
)

// planner is a target that can tell beforehand what it does when it is opened
// for a script whose site is written so: in lines, or why it would not be.
type planner interface {
	Plan(site []string) (lines []string, beyond string)
}

// Plan lists what a script would open and send on a target that it does not
// ask: the files its lines name, the lines of the dialogues in which it is the
// client, and the mail that it hands over. Of a script that the target cannot
// run it tells why.
func Plan(s *Script, t target.Target) []string {
	list := []string{"# " + s.ID + ": " + s.Summary}
	if err := s.Err(); err != nil {
		return append(list, "# "+err.Error())
	}
	if why := s.lacks(t, conditions{target: t}); why != "" {
		return append(list, "# skipped: "+why)
	}
	for i := range s.lines {
		l := &s.lines[i]
		if len(l.words) == 0 {
			continue
		}
		args := l.args()
		switch l.words[0].text {
		case "site":
			if p, ok := t.(planner); ok {
				lines, beyond := p.Plan(args)
				if beyond != "" {
					return append(list, "# skipped: "+beyond)
				}
				list = append(list, lines...)
			}
		case "smtp":
			rest, _ := sessionArgs(args)
			if len(rest) > 1 {
				list = append(list, "connect "+rest[len(rest)-2])
				list = append(list, said(s, rest[len(rest)-1])...)
			}
		case "inject":
			list = append(list, "connect the smart host", "send HELO ...", "send MAIL FROM:<"+strings.Trim(args[0], "<>")+">")
			for _, to := range args[1:max(1, len(args)-1)] {
				list = append(list, "send RCPT TO:<"+to+">")
			}
			list = append(list, "send DATA", "send the message "+args[len(args)-1], "send QUIT")
		case "submit":
			list = append(list, "submit a message of "+args[0])
		}
		for _, word := range args {
			if isDrivePath(word) && !strings.HasPrefix(word, "^") { // else it is a pattern
				list = append(list, "open "+word)
			}
		}
	}
	return list
}

// said are the lines that the client of a dialogue sends.
func said(s *Script, file string) (list []string) {
	for _, f := range s.archive.Files {
		if f.Name != file {
			continue
		}
		for line := range strings.SplitSeq(string(f.Data), "\n") {
			if text, ok := strings.CutPrefix(line, "< "); ok {
				list = append(list, "send "+text)
			}
		}
	}
	return list
}
