package lint

import (
	"cmp"
	"slices"
	"strings"

	"gwkit/emulator/site"
)

// parseCommand reads the words of a command line; the first is the program.
// It is read as the newest release would, so that a value which no release
// takes is told from an option that only a later one knows.
func parseCommand(program string, words []Arg, line string) Command {
	c := Command{Program: program, Args: words[1:], Line: strings.TrimSpace(line), At: words[0].At}
	args := texts(c.Args)
	switch program {
	case "SMTPGATE":
		o, err := site.ParseGateway(args, site.GatewayVersions[len(site.GatewayVersions)-1])
		if err != nil {
			c.Mistake = err.Error()
		} else {
			c.Gateway = &o
		}
	case "EXTERNAL":
		o, err := site.ParseExternal(args)
		if err != nil {
			c.Mistake = err.Error()
		} else {
			c.External = &o
		}
	}
	return c
}

// runLine reads a run line that stands in one place of a description, such as
// a value of a YAML file. Places of words are right as long as the value is
// written on one line without escapes.
func runLine(run string, at Place) (Command, bool) {
	t := Text{File: at.File, Lines: []string{run}}
	words := t.Words(1)
	if len(words) == 0 {
		return Command{}, false
	}
	for i := range words {
		column := 0
		if at.Column > 0 {
			column = at.Column + words[i].At.Column - 1
		}
		words[i].At = Place{File: at.File, Line: at.Line, Column: column}
	}
	s := Statement{Words: words}
	program := cmp.Or(mailPrograms[s.Name()], s.Name())
	c := parseCommand(program, words, run)
	c.Dir, c.Auto = s.Dir(), true
	return c, true
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
