package lint

import (
	"strings"

	"gwkit/conformance/drive"
)

// listed is a line of a listing of attributes.
type listed struct {
	path      string // below the database, upper case: GLB\CONTROL.GLB
	attr      drive.Attr
	shareable bool
	ownerless bool
	at        Place
}

// readAttributes reads what ATTRIB of MS-DOS prints, "  A  SHR  M:\GLB\X.GLB",
// and what NDIR of NetWare does: lines with a name, the flags in brackets and
// the owner, below a line with the directory. Other lines are left out.
//
// invented: the widths of NDIR's columns are in no article; flags are read
// anywhere in brackets, two letters each as NetWare writes them.
func readAttributes(t Text) []listed {
	var list []listed
	dir := ""
	for i, line := range t.Lines {
		if d, ok := directoryLine(line); ok {
			dir = d
			continue
		}
		words := t.Words(i + 1)
		if len(words) == 0 {
			continue
		}
		if l, ok := ndirLine(line, words, dir); ok {
			list = append(list, l)
		} else if l, ok := attribLine(words); ok {
			list = append(list, l)
		}
	}
	return list
}

// directoryLine reads "SERVER/SYS:MAILDATA\GLB" and "Directory of M:\GLB",
// alone on their line, and returns the directories of the database in it.
func directoryLine(line string) (string, bool) {
	text := strings.ToUpper(strings.TrimSpace(line))
	text = strings.TrimSpace(strings.TrimPrefix(text, "DIRECTORY OF "))
	i := strings.IndexByte(text, ':')
	if i < 1 || strings.ContainsAny(text, " \t[") || strings.Contains(text[i:], ".") {
		return "", false
	}
	return belowDatabase(text[i+1:]), true
}

// belowDatabase keeps what is below the root of the database: from the first
// main directory on.
func belowDatabase(path string) string {
	parts := strings.FieldsFunc(strings.ToUpper(path), func(c rune) bool { return c == '\\' || c == '/' })
	for i, p := range parts {
		if contains(mainDirs, p) || p == "SMTP" {
			return strings.Join(parts[i:], `\`)
		}
	}
	return ""
}

func ndirLine(line string, words []Arg, dir string) (listed, bool) {
	open, end := strings.IndexByte(line, '['), strings.IndexByte(line, ']')
	if open < 0 || end < open || dir == "" {
		return listed{}, false
	}
	name := strings.ToUpper(words[0].Text)
	// NDIR prints name and extension in columns; three letters follow.
	if len(words) > 1 && !strings.Contains(name, ".") && words[1].At.Column < open && len(words[1].Text) <= 3 && strings.Trim(words[1].Text, "0123456789,") != "" {
		name += "." + strings.ToUpper(words[1].Text)
	}
	l := listed{path: dir + `\` + name, at: words[0].At}
	flags := line[open+1 : end]
	switch {
	case strings.Contains(flags, "Ro"):
		l.attr |= drive.ReadOnly
	}
	rest := strings.NewReplacer("Ro", "", "Rw", "", "Sy", "", "Di", "", "Ri", "", "Ci", "", "Ra", "", "Wa", "").Replace(flags)
	l.shareable = strings.Contains(rest, "S")
	if strings.Contains(rest, "H") {
		l.attr |= drive.Hidden
	}
	owner := strings.TrimSpace(line[end+1:])
	l.ownerless = owner == "" || strings.EqualFold(owner, "N/A") || strings.HasPrefix(strings.ToUpper(owner), "UNKNOWN")
	return l, true
}

func attribLine(words []Arg) (listed, bool) {
	last := words[len(words)-1]
	path := strings.ToUpper(last.Text)
	if len(path) < 4 || path[1] != ':' || path[2] != '\\' {
		return listed{}, false
	}
	l := listed{path: belowDatabase(path[2:]), at: last.At}
	if l.path == "" {
		return listed{}, false
	}
	for _, w := range words[:len(words)-1] {
		for _, c := range strings.ToUpper(w.Text) {
			switch c {
			case 'R':
				l.attr |= drive.ReadOnly
			case 'H':
				l.attr |= drive.Hidden
			case 'S', 'A':
			default:
				return listed{}, false
			}
		}
	}
	return l, true
}
