package lint

import "strings"

// ReadLocalCfg reads LOCAL.CFG with the places of its values. A line that
// cannot be understood is a mistake and hides nothing of the others.
//
// invented: no article shows the inside of the file; keys and form are those
// of site.FormatLocalCfg.
func ReadLocalCfg(t Text) LocalCfg {
	c := LocalCfg{At: Place{File: t.File}}
	for i, line := range t.Lines {
		text := strings.TrimSpace(line)
		if text == "" || text[0] == ';' {
			continue
		}
		start := 1 + indent(line)
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			c.Mistakes = append(c.Mistakes, Mistake{t.At(i+1, start), "want key=value, have " + quoted(text)})
			continue
		}
		at := t.At(i+1, 2+len(key)+indent(value))
		fact := Fact[string]{Value: strings.TrimSpace(value), At: at, Known: true}
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "localdomain":
			c.Domain = fact
		case "hostname":
			c.HostName = fact
		case "smarthost":
			c.SmartHost = fact
		case "postoffice":
			c.Postoffices = append(c.Postoffices, fact)
		default:
			c.Mistakes = append(c.Mistakes, Mistake{t.At(i+1, start), "unknown key " + quoted(strings.TrimSpace(key))})
		}
	}
	return c
}

// ReadAddrMap reads ADDR_MAP.CFG: postoffice and domain on each line. Q136116
// Lines of another form are mistakes.
func ReadAddrMap(t Text) (lines []MapLine, mistakes []Mistake) {
	for i := range t.Lines {
		words := t.Words(i + 1)
		if len(words) == 0 || words[0].Text[0] == ';' {
			continue
		}
		network, name, ok := strings.Cut(words[0].Text, "/")
		if len(words) != 2 || !ok || network == "" || name == "" {
			mistakes = append(mistakes, Mistake{words[0].At, "want NETWORK/POSTOFFICE and a domain, have " + quoted(strings.TrimSpace(t.Lines[i]))})
			continue
		}
		lines = append(lines, MapLine{words[0].Text, words[1].Text, words[0].At, words[1].At})
	}
	return lines, mistakes
}

// ReadAliases reads the alias table of a relay: "name: target, target" as
// sendmail has it, or "address target".
func ReadAliases(t Text) []AliasLine {
	var list []AliasLine
	for i, line := range t.Lines {
		if line == "" || line[0] == '#' || isBlank(line[0]) && strings.TrimSpace(line) == "" {
			continue
		}
		words := t.Words(i + 1)
		if len(words) == 0 || words[0].Text[0] == '#' {
			continue
		}
		address := strings.TrimSuffix(words[0].Text, ":")
		rest := words[1:]
		if isBlank(line[0]) { // a continued line belongs to the alias before it
			if len(list) == 0 {
				continue
			}
			address, rest = list[len(list)-1].Address, words
		}
		if j := strings.IndexByte(address, ':'); j > 0 { // name:target without a blank
			rest = append([]Arg{{address[j+1:], t.At(i+1, words[0].At.Column+j+1)}}, rest...)
			address = address[:j]
		}
		for _, w := range rest {
			if target := strings.Trim(w.Text, ","); target != "" && target != ":" {
				for _, one := range strings.Split(target, ",") {
					list = append(list, AliasLine{address, strings.Trim(one, `<>"`), w.At})
				}
			}
		}
	}
	return list
}

// quoted shows a text of a file in a message: short, and without characters
// that a terminal would obey.
func quoted(s string) string {
	const most = 60
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0 {
			r = '?'
		}
		if len(out) == most {
			return `"` + string(out) + `..."`
		}
		out = append(out, r)
	}
	return `"` + string(out) + `"`
}
