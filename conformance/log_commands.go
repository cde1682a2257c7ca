package conformance

import (
	"fmt"
	"strings"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

// logPath returns the path of a log: a path as given, or the log of the
// program that a PC runs. Q87043, Q112255
func (p *play) logPath(arg string) (string, error) {
	if isDrivePath(arg) {
		return arg, nil
	}
	pc, err := p.pc(arg)
	if err != nil {
		return "", err
	}
	program, words, err := site.SplitCommand(pc.Run)
	if err != nil {
		return "", usagef("%s: %v", arg, err)
	}
	switch program {
	case "SMTPGATE":
		o, err := site.ParseGateway(words, p.site.GatewayVersion)
		if err != nil {
			return "", usagef("%s: %v", arg, err)
		}
		drive := o.Drive
		if drive == 0 {
			drive = 'M'
		}
		return fmt.Sprintf(`%s:%c:\LOG\SMTPGATE.LOG`, pc.Name, drive), nil
	case "EXTERNAL":
		o, err := emulator.ExternalSettingsOf(pc, pc.Run, func(name string) ([]byte, error) { return p.driveFile(pc.Name + ":" + name) })
		if err != nil {
			return "", usagef("%s: EXTERNAL does not start: %v", arg, err)
		}
		if len(o.LogPath) > 2 && o.LogPath[1] == ':' {
			return pc.Name + ":" + strings.ToUpper(o.LogPath), nil
		}
		drive := o.HomeDrive()
		if drive == 0 {
			drive = 'M'
		}
		return fmt.Sprintf(`%s:%c:\LOG\SESSION.LOG`, pc.Name, drive), nil
	}
	return "", usagef("%s: %v", arg, errNoLog)
}

// logText reads a log.
func (p *play) logText(arg string) (path, text string, err error) {
	if path, err = p.logPath(arg); err != nil {
		return "", "", err
	}
	data, err := p.driveFile(path)
	if err != nil {
		return "", "", err
	}
	return path, dosText(data), nil
}

func checkLog(p *play, args []string) (bool, string, error) {
	what := args[1]
	if (what == "count") != (len(args) == 4) {
		return false, "", Find("log").usage()
	}
	var judge func(path, text string) (bool, string, error)
	switch what {
	case "contains":
		judge = func(path, text string) (bool, string, error) {
			return grepLines(path, text, func(l string) bool { return strings.Contains(l, args[2]) })
		}
	case "matches":
		re, err := compile(args[2])
		if err != nil {
			return false, "", err
		}
		judge = func(path, text string) (bool, string, error) { return grepLines(path, text, re.MatchString) }
	case "count":
		q, err := parseCount(args[2])
		if err != nil {
			return false, "", err
		}
		re, err := compile(args[3])
		if err != nil {
			return false, "", err
		}
		judge = func(path, text string) (bool, string, error) {
			n := 0
			for _, l := range lines(text) {
				if re.MatchString(l) {
					n++
				}
			}
			return q.holds(float64(n)), fmt.Sprintf("want %s lines of %s like %s, have %d", args[2], path, args[3], n), nil
		}
	case "lines":
		want, err := p.file(args[2])
		if err != nil {
			return false, "", err
		}
		judge = func(path, text string) (bool, string, error) { return judgeLines(path, args[2], text, want) }
	default:
		return false, "", Find("log").usage()
	}
	path, text, err := p.logText(args[0])
	if err != nil {
		return false, "", err
	}
	return judge(path, text)
}

// judgeLines looks for lines in a log, times masked on both sides.
func judgeLines(path, file, text, want string) (bool, string, error) {
	have, wanted := lines(text), lines(unixLines(want))
	for i := range have {
		have[i] = maskTimes(have[i])
	}
	for i := range wanted {
		wanted[i] = maskTimes(wanted[i])
	}
	ok, best := findLines(have, wanted)
	if ok {
		return true, path + " has the lines of " + file, nil
	}
	if best >= len(wanted) {
		best = len(wanted) - 1
	}
	tail := have[max(0, len(have)-tailShown):]
	return false, fmt.Sprintf("the lines of %s are found up to line %d; not found: %s\n%s (%d lines) ends in:\n%s",
		file, best, wanted[best], path, len(have), strings.Join(tail, "\n")), nil
}

func checkGolden(p *play, args []string) (bool, string, error) {
	path, text, err := p.logText(args[0])
	if err != nil {
		return false, "", err
	}
	// Both sides are masked, so that a log can be copied as an article prints it.
	return p.expect(path, maskLines(text), args[1], maskLines)
}

func maskLines(text string) string {
	var b strings.Builder
	for _, l := range lines(text) {
		b.WriteString(maskTimes(l) + "\n")
	}
	return b.String()
}
