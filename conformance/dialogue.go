package conformance

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// step is one line of a dialogue file.
type step struct {
	line   int
	verb   string // see dialogueTable
	text   string
	re     *regexp.Regexp
	raw    []byte
	span   time.Duration
	times  int
	source string // the line as written
}

// dialogueTable describes the lines of a dialogue file, for the README.
var dialogueTable = []struct{ form, summary string }{
	{"> TEXT", "the other side says exactly this line; a gateway's own host name after the reply code is ignored, because no article gives its place (Q102107)"},
	{">= TEXT", "the other side says exactly this line, host name and all"},
	{">~ REGEXP", "the other side says a line in which the regular expression is found"},
	{"...", "any number of lines, up to one that the next > line accepts"},
	{"< TEXT", "send a line; CR LF is added"},
	{"<*N TEXT", "send a line N times"},
	{"<< TEXT", "send these bytes and nothing else; \\r \\n \\t \\0 \\xHH \\\\ are escapes. << HELO x\\n ends in LF alone, << HELO x has no line end"},
	{"< @FILE", "send an attached file, line by line with CR LF; nothing is added or dot-stuffed"},
	{"wait DURATION", "let time pass, whatever the other side says meanwhile stays to be read"},
	{"timeout DURATION", "how long each > line and accept below waits; 5m unless set"},
	{"silence DURATION", "the other side says nothing for so long"},
	{"closed", "the other side closes the connection; lines before that are a mistake"},
	{"close", "close the connection"},
	{"closewrite", "say that nothing more will be sent, and go on reading"},
	{"reset", "break the connection"},
	{"refused", "only as the first line of an smtp dialogue: the connection is refused"},
	{"accept", "only in a peer dialogue: wait for the next connection; the first is waited for anyway"},
	{"# TEXT", "a comment"},
}

const defaultReplyTimeout = 5 * time.Minute

// dialogueMax bounds how often a line is repeated.
const dialogueMax = 100_000

// parseDialogue reads a dialogue file. The error names the line.
func parseDialogue(name, text string) ([]step, error) {
	var steps []step
	for n, l := range strings.Split(unixLines(text), "\n") {
		if strings.TrimSpace(l) == "" || strings.HasPrefix(l, "#") {
			continue
		}
		s, err := parseStep(l)
		if err != nil {
			return nil, usagef("%s:%d: %v", name, n+1, err)
		}
		s.line, s.source = n+1, l
		steps = append(steps, s)
	}
	for i, s := range steps {
		if s.verb == "..." && (i+1 == len(steps) || steps[i+1].verb[0] != '>') {
			return nil, usagef("%s:%d: a > line is missing after ...", name, s.line)
		}
		if s.verb == "refused" && i != 0 {
			return nil, usagef("%s:%d: refused is not the first line", name, s.line)
		}
	}
	if len(steps) == 0 {
		return nil, usagef("%s: the dialogue is empty", name)
	}
	return steps, nil
}

func parseStep(l string) (step, error) {
	word, rest, _ := strings.Cut(l, " ")
	s := step{verb: word, text: rest}
	var err error
	switch {
	case word == ">" || word == ">=":
	case word == ">~":
		if s.re, err = regexp.Compile(rest); err != nil {
			return s, fmt.Errorf("bad regular expression %q", rest)
		}
	case word == "<":
		if file, ok := strings.CutPrefix(rest, "@"); ok && file != "" && !strings.ContainsAny(file, " <>") {
			s.verb, s.text = "<@", file
		}
	case strings.HasPrefix(word, "<*"):
		s.verb = "<*"
		s.times, err = strconv.Atoi(word[2:])
		if err != nil || s.times < 1 || s.times > dialogueMax {
			return s, fmt.Errorf("bad count in %q: want 1 to %d", word, dialogueMax)
		}
	case word == "<<":
		s.raw, err = unescape(rest)
		return s, err
	case word == "wait" || word == "timeout" || word == "silence":
		if s.span, err = parseSpan(strings.TrimSpace(rest)); err != nil {
			return s, fmt.Errorf("%s: %w", word, err)
		}
	case word == "..." || word == "closed" || word == "close" || word == "closewrite" || word == "reset" || word == "refused" || word == "accept":
		if strings.TrimSpace(rest) != "" {
			return s, fmt.Errorf("%s takes no argument", word)
		}
	default:
		return s, fmt.Errorf("bad line %q: want > (expected), < (sent), << (sent as bytes) or one of the words wait, timeout, silence, closed, close, closewrite, reset, refused, accept, ...", l)
	}
	return s, nil
}

// unescape reads the escapes of a << line.
func unescape(text string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			out = append(out, text[i])
			continue
		}
		if i++; i == len(text) {
			return nil, errors.New(`a backslash stands alone at the end; write \\`)
		}
		switch text[i] {
		case 'r':
			out = append(out, '\r')
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case '0':
			out = append(out, 0)
		case '\\':
			out = append(out, '\\')
		case 'x':
			if i+2 >= len(text) {
				return nil, errors.New(`\x wants two hex digits`)
			}
			v, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
			if err != nil {
				return nil, errors.New(`\x wants two hex digits`)
			}
			out = append(out, byte(v))
			i += 2
		default:
			return nil, fmt.Errorf(`unknown escape \%c`, text[i])
		}
	}
	return out, nil
}

// accepts reports whether a line is the expected one. hosts are the host names
// of the site's gateways.
func (s *step) accepts(line string, hosts []string) bool {
	switch s.verb {
	case ">~":
		return s.re.MatchString(line)
	case ">=":
		return line == s.text
	}
	if line == s.text {
		return true
	}
	// inferred: releases from 3.0.1 on put the host name behind the code of
	// a greeting reply. Q102107, Q101461
	code, rest, ok := strings.Cut(line, " ")
	if !ok || len(code) != 3 {
		return false
	}
	host, rest, _ := strings.Cut(rest, " ")
	for _, h := range hosts {
		if strings.EqualFold(h, host) {
			return strings.TrimRight(code+" "+rest, " ") == strings.TrimRight(s.text, " ")
		}
	}
	return false
}
