package conformance

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gwkit/conformance/target"
)

// drivePath refuses a path that is not on a drive, which is most often a
// forgotten letter.
func drivePath(arg string) error {
	if !isDrivePath(arg) {
		return usagef("%q is no path on a drive: want M:\\X, PC:M:\\X or NET/PO:\\X", arg)
	}
	return nil
}

// driveFile reads a file of a drive.
func (p *play) driveFile(name string) ([]byte, error) {
	if err := drivePath(name); err != nil {
		return nil, err
	}
	f, err := power[target.Files](p)
	if err != nil {
		return nil, err
	}
	data, err := f.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	return data, nil
}

func runCat(p *play, args []string) error {
	p.print("")
	for _, name := range args {
		data, err := p.driveFile(name)
		if err != nil {
			return err
		}
		p.print("%s", dosText(data))
	}
	return nil
}

func checkCmp(p *play, args []string) (bool, string, error) {
	data, err := p.driveFile(args[0])
	if err != nil {
		return false, "", err
	}
	return p.expect(args[0], dosText(data), args[1], nil)
}

func checkGrep(p *play, args []string) (bool, string, error) {
	re, err := compile(args[0])
	if err != nil {
		return false, "", err
	}
	data, err := p.driveFile(args[1])
	if err != nil {
		return false, "", err
	}
	return grepLines(args[1], dosText(data), re.MatchString)
}

// tailShown is how many last lines of a file a failure shows.
const tailShown = 12

// grepLines looks for a line; when there is none it shows the end of the text.
func grepLines(what, text string, match func(string) bool) (bool, string, error) {
	all := lines(text)
	for i, l := range all {
		if match(l) {
			return true, fmt.Sprintf("line %d of %s: %s", i+1, what, visible(l)), nil
		}
	}
	if len(all) == 0 {
		return false, what + " is empty", nil
	}
	tail := all[max(0, len(all)-tailShown):]
	for i := range tail {
		tail[i] = visible(tail[i])
	}
	return false, fmt.Sprintf("no line of %s (%d lines) is like that; it ends in:\n%s", what, len(all), strings.Join(tail, "\n")), nil
}

// checkExists is a check of several files: it holds when all are there, and
// its opposite when none is, so a mixture satisfies neither.
func checkExists(p *play, args []string) (bool, string, error) {
	f, err := power[target.Files](p)
	if err != nil {
		return false, "", err
	}
	var there, absent []string
	for _, name := range args {
		if err := drivePath(name); err != nil {
			return false, "", err
		}
		if f.FileExists(name) {
			there = append(there, name)
		} else {
			absent = append(absent, name)
		}
	}
	if len(there) > 0 && len(absent) > 0 {
		return false, "", fmt.Errorf("%s there, %s absent", strings.Join(there, " "), strings.Join(absent, " "))
	}
	if len(absent) > 0 {
		return false, strings.Join(absent, " ") + " absent", nil
	}
	return true, strings.Join(there, " ") + " there", nil
}

func runDir(p *play, args []string) error {
	if err := drivePath(args[0]); err != nil {
		return err
	}
	f, err := power[target.Files](p)
	if err != nil {
		return err
	}
	entries, err := f.ListDir(args[0])
	if err != nil {
		return fmt.Errorf("cannot list %s: %w", args[0], err)
	}
	p.print("")
	for _, e := range entries {
		attr := e.Attr
		if attr == "" {
			attr = "-"
		}
		p.print("%-12s %9d %-4s %s\n", e.Name, e.Size, attr, e.Time.Format("2006-01-02 15:04:05"))
	}
	return nil
}

func runDump(p *play, args []string) error {
	data, err := p.driveFile(args[0])
	if err != nil {
		return err
	}
	offset, length := 0, len(data)
	for i, to := range []*int{&offset, &length} {
		if i+1 < len(args) {
			n, err := strconv.ParseInt(args[i+1], 0, 32)
			if err != nil || n < 0 {
				return usagef("bad number %q: want an offset such as 116 or 0x74", args[i+1])
			}
			*to = int(n)
		}
	}
	if offset > len(data) {
		return fmt.Errorf("%s has %d bytes", args[0], len(data))
	}
	p.print("%s", hexDump(data[offset:min(len(data), offset+length)], offset))
	return nil
}

// attrPowers: changing attributes needs more than reading them.
func attrPowers(args []string) (target.Powers, error) {
	if len(args) == 2 {
		return target.PowerWrite, nil
	}
	return 0, nil
}

func runAttr(p *play, args []string) error {
	if err := drivePath(args[0]); err != nil {
		return err
	}
	if len(args) == 2 {
		for _, a := range strings.Fields(args[1]) {
			if len(a) != 2 || !strings.ContainsRune("+-", rune(a[0])) || !strings.ContainsRune("rhsaRHSA", rune(a[1])) {
				return usagef("bad attribute %q: want + or - and one of r, h, s, a", a)
			}
		}
		w, err := power[target.Write](p)
		if err != nil {
			return err
		}
		return w.SetAttr(args[0], args[1])
	}
	f, err := power[target.Files](p)
	if err != nil {
		return err
	}
	i := strings.LastIndexByte(args[0], '\\')
	entries, err := f.ListDir(args[0][:i+1])
	if err != nil {
		return fmt.Errorf("cannot list %s: %w", args[0][:i+1], err)
	}
	for _, e := range entries {
		if strings.EqualFold(e.Name, args[0][i+1:]) {
			p.print("%s\n", e.Attr)
			return nil
		}
	}
	return fmt.Errorf("there is no %s", args[0])
}

func runRemove(p *play, args []string) error {
	w, err := power[target.Write](p)
	if err != nil {
		return err
	}
	for _, name := range args {
		if err := drivePath(name); err != nil {
			return err
		}
		if err := w.RemoveFile(name); err != nil {
			return fmt.Errorf("cannot remove %s: %w", name, err)
		}
	}
	return nil
}

func runWrite(p *play, args []string) error {
	mode := ""
	if strings.HasPrefix(args[0], "-") {
		mode, args = args[0], args[1:]
	}
	if len(args) != 2 || mode != "" && mode != "-raw" && mode != "-hex" {
		return Find("m-write").usage()
	}
	if err := drivePath(args[0]); err != nil {
		return err
	}
	text, err := p.file(args[1])
	if err != nil {
		return err
	}
	data := []byte(text)
	switch mode {
	case "":
		data = []byte(crlfLines(text))
	case "-hex":
		if data, err = parseHex(text); err != nil {
			return usagef("%s: %v", args[1], err)
		}
	}
	w, err := power[target.Write](p)
	if err != nil {
		return err
	}
	if err := w.WriteFile(args[0], data); err != nil {
		return fmt.Errorf("cannot write %s: %w", args[0], err)
	}
	return nil
}

// holdMode is what a bystander opens a file with unless told: nobody else gets
// it.
const holdMode = "rw deny-all"

func runHold(p *play, args []string) error {
	if err := drivePath(args[1]); err != nil {
		return err
	}
	mode := holdMode
	if len(args) == 3 {
		mode = args[2]
	}
	name := strings.ToUpper(args[1])
	if p.holds[name] != nil {
		return usagef("%s is held already", args[1])
	}
	w, err := power[target.Write](p)
	if err != nil {
		return err
	}
	release, err := w.Hold(args[0], args[1], mode)
	if err != nil {
		return fmt.Errorf("cannot open %s: %w", args[1], err)
	}
	p.holds[name] = release
	return nil
}

func runRelease(p *play, args []string) error {
	if len(p.holds) == 0 {
		return usagef("nothing is held")
	}
	if args[0] == "all" {
		for _, name := range sortedKeys(p.holds) {
			p.holds[name]()
		}
		clear(p.holds)
		return nil
	}
	name := strings.ToUpper(args[0])
	release := p.holds[name]
	if release == nil {
		return usagef("%s is not held; held: %s", args[0], strings.Join(sortedKeys(p.holds), " "))
	}
	release()
	delete(p.holds, name)
	return nil
}

var errNoLog = errors.New("its program writes no log on a drive")
