package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gwkit/emulator/site"
)

// RoleOf returns what a PC does: what the file says, or what follows from its
// command line; "" when neither says it. A gateway is taken for one that sends
// and receives: a dedicated one has to be said. Q132060
func (d *Deployment) RoleOf(pc *PC) string {
	if pc.Role != "" {
		return pc.Role
	}
	switch d.Command(pc).Program {
	case "SMTPGATE":
		return RoleBoth
	case "EXTERNAL", "DISPATCH":
		return RoleExternal
	}
	return ""
}

// Command is the command line of a PC and where it was found.
type Command struct {
	Line    string
	Program string // in upper case, without directory and .EXE
	Args    []string
	Pos     site.Pos // of the line
}

// batchMax bounds a start batch.
const batchMax = 64 << 10

// Command returns the command line of a PC: what the file says, or the last
// line of the start batch that starts SMTPGATE or EXTERNAL. It reads the batch
// from Files.Batch, or the disk's START.BAT, in any case.
func (d *Deployment) Command(pc *PC) Command {
	if pc.Run != "" {
		program, args, _ := site.SplitCommand(pc.Run)
		for i := range d.PCs {
			if &d.PCs[i] == pc {
				return Command{pc.Run, program, args, d.Where("pcs[" + strconv.Itoa(i) + "].run")}
			}
		}
		return Command{Line: pc.Run, Program: program, Args: args}
	}
	for _, name := range d.batches(pc) {
		if c := commandOf(name); c.Program != "" {
			return c
		}
	}
	return Command{}
}

// batches are the files that may start a PC's program.
func (d *Deployment) batches(pc *PC) (list []string) {
	if pc.Files.Batch != "" {
		list = append(list, d.Path(pc.Files.Batch))
	}
	if pc.Disk != "" {
		for _, name := range []string{"GATE/START.BAT", "START.BAT", "AUTOEXEC.BAT"} {
			if path, ok := findFold(d.Path(pc.Disk), name); ok {
				list = append(list, path)
			}
		}
	}
	if pc.Files.Autoexec != "" {
		list = append(list, d.Path(pc.Files.Autoexec))
	}
	return list
}

// findFold finds a file below a folder without regard to case.
func findFold(dir, name string) (string, bool) {
	for _, part := range strings.Split(name, "/") {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return "", false
		}
		found := ""
		for _, e := range entries {
			if strings.EqualFold(e.Name(), part) {
				found = e.Name()
				break
			}
		}
		if found == "" {
			return "", false
		}
		dir = filepath.Join(dir, found)
	}
	return dir, true
}

// commandOf reads the last command line that a batch file has.
func commandOf(file string) (c Command) {
	data, err := readBounded(file, batchMax)
	if err != nil {
		return c
	}
	for n, line := range strings.Split(string(data), "\n") {
		words := strings.Fields(line)
		for i, word := range words {
			if i == 0 && (strings.EqualFold(word, "REM") || word[0] == ':') {
				break
			}
			// The program may stand behind COMMAND /F /C. Q136041
			program, args, err := site.SplitCommand(strings.Join(words[i:], " "))
			if err == nil && (program == "SMTPGATE" || program == "EXTERNAL" || program == "DISPATCH") {
				c = Command{strings.Join(words[i:], " "), program, args, site.Pos{File: file, Line: n + 1, Column: strings.Index(line, word) + 1}}
				break
			}
		}
	}
	return c
}

// readBounded reads a file of at most max bytes.
func readBounded(name string, max int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > max {
		return nil, fmt.Errorf("cannot read %s: want a plain file of at most %d bytes", name, max)
	}
	return os.ReadFile(name)
}
