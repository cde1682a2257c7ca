package smarthost

import (
	"bytes"
	"strings"

	"gwkit/emulator/fault"
)

// The dialects a session with a gateway can be held in. Each does what its row
// of fault.Dialects says.
const (
	speakBareLF     = "bare-lf"
	speakEHLO       = "ehlo"
	speakNoBrackets = "no-brackets"
	speakNoName     = "no-helo-name"
	speakOutOfOrder = "out-of-order"
	speakStrict     = "strict-greeting"
	speakUnknown    = "unknown-command"
)

func knownDialect(name string) bool {
	for _, d := range fault.Dialects {
		if d.Name == name {
			return true
		}
	}
	return false
}

// names reports whether a greeting shows the host's name, which strict hosts
// want in its first word. Q102107
//
// invented: how they know a name is not documented; a dot in the word, or the
// name in our table, is enough here.
func (c *call) names(greeting string) bool {
	_, text, _ := strings.Cut(greeting, " ")
	word, _, _ := strings.Cut(text, " ")
	if strings.EqualFold(word, c.d.host) && word != "" {
		return true
	}
	word = strings.TrimRight(word, ".,")
	return strings.Contains(word, ".")
}

// lineEnd is what ends a line in this session. Q99853
func (c *call) lineEnd() string {
	if c.speak == speakBareLF {
		return "\n"
	}
	return "\r\n"
}

// path puts an address into its brackets, or not. Q107087
func (c *call) path(address string) string {
	if c.speak == speakNoBrackets && address != "" {
		return address
	}
	return "<" + address + ">"
}

// write appends a part of a message in the form it has on the line: dots at
// the start of a line doubled, line ends as the dialect has them. start says
// that the part begins a line; the result says that of the next part.
func (c *call) write(dst, part []byte, start bool) ([]byte, bool) {
	for len(part) > 0 {
		if start && part[0] == '.' {
			dst = append(dst, '.')
		}
		i := bytes.IndexByte(part, '\n')
		if i < 0 {
			return append(dst, part...), false
		}
		line := part[:i+1]
		if c.speak == speakBareLF && i > 0 && line[i-1] == '\r' {
			dst = append(append(dst, line[:i-1]...), '\n')
		} else {
			dst = append(dst, line...)
		}
		part, start = part[i+1:], true
	}
	return dst, start
}
