package lint

import (
	"strconv"
	"strings"
)

// ReadInventory reads a list of programs: the output of DIR of MS-DOS, for as
// many directories as it holds, or lines "path size date". Dirs are the
// directories that DIR listed completely, in upper case.
func ReadInventory(t Text) (programs []Program, dirs []string) {
	dir := ""
	for i, line := range t.Lines {
		words := t.Words(i + 1)
		if len(words) == 0 {
			continue
		}
		if j := strings.Index(strings.ToUpper(line), "DIRECTORY OF "); j >= 0 {
			dir = strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(line[j+len("DIRECTORY OF "):])), `\`)
			if strings.HasSuffix(dir, ":") {
				dir += `\`
			}
			dirs = append(dirs, dir)
			continue
		}
		p := Program{At: words[0].At}
		name := strings.ToUpper(words[0].Text)
		rest := words[1:]
		switch {
		case strings.HasSuffix(name, ".EXE") || strings.HasSuffix(name, ".COM") || strings.HasSuffix(name, ".OVL"):
			// SMTPGATE.EXE 71585 ..., also with a directory before it
			if k := strings.LastIndexByte(name, '\\'); k >= 0 {
				p.Dir, name = strings.TrimSuffix(name[:k], `\`), name[k+1:]
				if strings.HasSuffix(p.Dir, ":") {
					p.Dir += `\`
				}
			} else {
				p.Dir = dir
			}
		case len(rest) > 0 && dir != "" && (strings.EqualFold(rest[0].Text, "EXE") || strings.EqualFold(rest[0].Text, "COM") || strings.EqualFold(rest[0].Text, "OVL")):
			// SMTPGATE EXE 71585 ...
			name += "." + strings.ToUpper(rest[0].Text)
			rest, p.Dir = rest[1:], dir
		default:
			continue
		}
		p.Name = name
		for _, w := range rest {
			if date, ok := dosDate(w.Text); ok {
				p.Date = date
			} else if size, ok := dosSize(w.Text); ok && p.Size == 0 {
				p.Size = size
			}
		}
		programs = append(programs, p)
	}
	return programs, dirs
}

// dosSize reads 71585, 71,585 or 71.585.
func dosSize(text string) (int64, bool) {
	digits := strings.NewReplacer(",", "", ".", "").Replace(text)
	if digits == "" || len(digits) > 12 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

// dosDate reads a date as DIR prints it and returns yyyy-mm-dd. Of two numbers
// before the year the first is the month, as the articles print dates, unless
// it is more than 12 or points separate them. 1998-08-21 is read as well.
func dosDate(text string) (string, bool) {
	sep := ""
	for _, s := range []string{"-", "/", "."} {
		if strings.Count(text, s) == 2 {
			sep = s
		}
	}
	if sep == "" {
		return "", false
	}
	var n [3]int
	for i, part := range strings.Split(text, sep) {
		v, err := strconv.Atoi(part)
		if err != nil || v < 0 || len(part) > 4 || part[0] == '+' {
			return "", false
		}
		n[i] = v
	}
	year, month, day := n[2], n[0], n[1]
	switch {
	case n[0] > 31:
		year, month, day = n[0], n[1], n[2]
	case month > 12 || sep == ".":
		month, day = day, month
	}
	switch {
	case year >= 80 && year < 100:
		year += 1900
	case year < 80:
		year += 2000
	}
	if month < 1 || month > 12 || day < 1 || day > 31 || year < 1980 || year > 2099 {
		return "", false
	}
	pad := func(v int) string { return string([]byte{'0' + byte(v/10), '0' + byte(v%10)}) }
	return strconv.Itoa(year) + "-" + pad(month) + "-" + pad(day), true
}
