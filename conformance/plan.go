package conformance

import (
	"strings"

	"gwkit/conformance/target"
)

// Plan lists what a script would open and send on a target that it does not
// ask: the files its lines name and the lines of its dialogues. Of a script
// that the target cannot run it tells why.
func Plan(s *Script, t target.Target) []string {
	list := []string{"# " + s.ID + ": " + s.Summary}
	if err := s.Err(); err != nil {
		return append(list, "# "+err.Error())
	}
	if why := s.lacks(t, conditions{target: t}); why != "" {
		return append(list, "# skipped: "+why)
	}
	for i := range s.lines {
		if len(s.lines[i].words) == 0 {
			continue
		}
		for _, word := range s.lines[i].args() {
			if isDrivePath(word) {
				list = append(list, "open "+word)
			}
		}
	}
	for _, f := range s.archive.Files {
		for line := range strings.SplitSeq(string(f.Data), "\n") {
			if text, ok := strings.CutPrefix(line, "< "); ok {
				list = append(list, "send "+text)
			}
		}
	}
	return list
}
