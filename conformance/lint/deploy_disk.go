package lint

import (
	"slices"
	"strings"
)

// Rules about what lies on the disks of the gateway computers.
var deployDiskRules = []Rule{
	{
		ID: "deploy.recv-exe", Severity: Error, Articles: []string{"Q132060"},
		Title:  "a dedicated receiving gateway has SMTPGET.EXE on its local disk, so it sends as well",
		Remedy: "delete SMTPGET.EXE from the local disk",
		Inputs: "inventory of programs; role",
		check:  func(j *Judge) { checkDedicatedDisk(j, RoleReceive, "SMTPGET.EXE") },
	},
	{
		ID: "deploy.send-exe", Severity: Error, Articles: []string{"Q132060"},
		Title:  "a dedicated sending gateway has SMTPPUT.EXE on its local disk, so it receives as well",
		Remedy: "delete SMTPPUT.EXE from the local disk",
		Inputs: "inventory of programs; role",
		check:  func(j *Judge) { checkDedicatedDisk(j, RoleSend, "SMTPPUT.EXE") },
	},
	{
		ID: "deploy.required-exe", Severity: Error, Articles: []string{"Q132060"},
		Title:  "a dedicated gateway lacks a local copy of SMTPGATE.EXE or of the program that it needs: SMTPPUT.EXE to receive, SMTPGET.EXE to send",
		Remedy: "copy the program to the local disk",
		Inputs: "inventory of programs; role",
		check:  checkRequiredPrograms,
	},
	{
		ID: "deploy.server-path", Severity: Error, Articles: []string{"Q132060"},
		Title:    "the PATH of a dedicated gateway has the server's program directory, where it finds the program that it must not have",
		Remedy:   "take the server's directory out of PATH",
		Inputs:   "AUTOEXEC.BAT, start batch; role",
		Inferred: "the server's directory is one on the drive of a postoffice, one named MAILEXE, or one on the network that has the program",
		check:    checkServerPath,
	},
	{
		ID: "deploy.exe-dir", Severity: Error, Articles: []string{"Q101461", "Q100925"},
		Title:    "SMTPGATE.EXE, SMTPGET.EXE and SMTPPUT.EXE are neither in one directory nor all on the PATH",
		Remedy:   "put the three into one directory on the local disk, and start the gateway there",
		Inputs:   "inventory of programs; PATH; role",
		Inferred: "dedicated gateways are exempt (Q132060)",
		check:    checkOneDirectory,
	},
	{
		ID: "deploy.exe-local", Severity: Warning, Articles: []string{"Q156166"},
		Title:  "SMTPGATE.EXE is run from the server instead of the local disk",
		Remedy: "copy SMTPGATE.EXE to the local disk and start it there",
		Inputs: "start batch; inventory of programs",
		check: func(j *Judge) {
			for _, pc := range j.gatewayPCs() {
				c, dir, ok := j.gatewayDir(pc)
				if ok && !pc.Local(Program{Dir: dir}) {
					j.Find(c.At, "SMTPGATE is run from %s, want the local disk", dir)
				}
			}
		},
	},
	{
		ID: "deploy.path-length", Severity: Error, Articles: []string{"Q100925"},
		Title:  "the real network path of SMTPGATE.EXE is longer than 64 characters, so it cannot start SMTPGET",
		Remedy: "run SMTPGATE.EXE from the local disk, or from a shorter path",
		Inputs: "network mapping; start batch",
		check:  checkPathLength,
	},
}

// pathMax is the longest path of SMTPGATE.EXE. Q100925
const pathMax = 64

// role returns the role of a gateway PC.
func (j *Judge) role(pc *PC) (Role, bool) {
	return Need(j, pc.Role, "the role of %s (role)", pc.Name)
}

// programs returns the inventory of a PC.
func (j *Judge) programs(pc *PC) ([]Program, bool) {
	return Need(j, pc.Programs, "the programs on the disk of %s: a DIR listing (disk, files.inventory)", pc.Name)
}

func checkDedicatedDisk(j *Judge, want Role, unwanted string) {
	for _, pc := range j.gatewayPCs() {
		role, ok := j.role(pc)
		if !ok || role != want {
			continue
		}
		list, ok := j.programs(pc)
		if !ok {
			continue
		}
		for _, p := range list {
			if p.Name == unwanted && pc.Local(p) {
				j.Find(p.At, `%s is to %s only and has %s\%s`, pc.Name, want, strings.TrimSuffix(p.Dir, `\`), p.Name)
			}
		}
	}
}

func checkRequiredPrograms(j *Judge) {
	needs := map[Role][]string{RoleReceive: {"SMTPGATE.EXE", "SMTPPUT.EXE"}, RoleSend: {"SMTPGATE.EXE", "SMTPGET.EXE"}}
	for _, pc := range j.gatewayPCs() {
		role, ok := j.role(pc)
		if !ok || needs[role] == nil {
			continue
		}
		list, ok := j.programs(pc)
		if !ok {
			continue
		}
		for _, name := range needs[role] {
			if !slices.ContainsFunc(list, func(p Program) bool { return p.Name == name && pc.Local(p) }) {
				j.Find(pc.Programs.At, "%s is to %s and has no local %s", pc.Name, role, name)
			}
		}
	}
}

func checkServerPath(j *Judge) {
	for _, pc := range j.gatewayPCs() {
		role, ok := j.role(pc)
		if !ok || role != RoleReceive && role != RoleSend {
			continue
		}
		path, ok := Need(j, pc.Path, "the PATH of %s: AUTOEXEC.BAT", pc.Name)
		if !ok {
			continue
		}
		unwanted := "SMTPGET.EXE"
		if role == RoleSend {
			unwanted = "SMTPPUT.EXE"
		}
		for _, dir := range path {
			_, database := pc.Drives[dir[0]]
			holds := slices.ContainsFunc(pc.Programs.Value, func(p Program) bool { return p.Name == unwanted && p.Dir == dir })
			if local := pc.Local(Program{Dir: dir}); !local && (database || holds || strings.HasSuffix(dir, "MAILEXE")) {
				j.Find(pc.Path.At, "PATH of %s has %s, where it finds %s; it is to %s only", pc.Name, dir, unwanted, role)
			}
		}
	}
}

func checkOneDirectory(j *Judge) {
	want := []string{"SMTPGATE.EXE", "SMTPGET.EXE", "SMTPPUT.EXE"}
	for _, pc := range j.gatewayPCs() {
		role, ok := j.role(pc)
		if !ok || role != RoleBoth {
			continue
		}
		list, ok := j.programs(pc)
		if !ok {
			continue
		}
		dirs := map[string]int{}
		found := map[string]bool{}
		for _, p := range list {
			if slices.Contains(want, p.Name) {
				// A folder of the server counts when the PC looks there.
				if pc.Local(p) || slices.Contains(pc.Path.Value, p.Dir) {
					dirs[p.Dir]++
				}
				found[p.Name+" "+p.Dir] = true
			}
		}
		together := false
		for _, n := range dirs {
			together = together || n >= len(want)
		}
		if together {
			continue
		}
		path, ok := Need(j, pc.Path, "the PATH of %s: AUTOEXEC.BAT", pc.Name)
		if !ok {
			continue
		}
		var lost []string
		for _, name := range want {
			if !slices.ContainsFunc(path, func(dir string) bool { return found[name+" "+dir] }) {
				lost = append(lost, name)
			}
		}
		if len(lost) > 0 && len(path) > 0 && !j.listed(pc, path) {
			continue
		}
		if len(lost) > 0 {
			j.Find(pc.Programs.At, "%s has the three programs in no one directory, and not on PATH: %s", pc.Name, strings.Join(lost, ", "))
		}
	}
}

// listed says whether the inventory is complete for the directories of PATH
// that are on the server: a program may be there.
func (j *Judge) listed(pc *PC, path []string) bool {
	for _, dir := range path {
		if !pc.Local(Program{Dir: dir}) && !slices.Contains(pc.Listed, dir) {
			j.Missing("the programs in %s, which is on the PATH of %s", dir, pc.Name)
			return false
		}
	}
	return true
}

// gatewayDir returns the directory that SMTPGATE is started from: the one
// written, the current one, or the first of PATH that has it.
func (j *Judge) gatewayDir(pc *PC) (*Command, string, bool) {
	c := pc.Command("SMTPGATE")
	if c == nil {
		j.Missing("the command line of %s", pc.Name)
		return nil, "", false
	}
	dir := c.Dir
	if strings.HasSuffix(dir, ":") || strings.HasPrefix(dir, `\`) { // M:SMTPGATE, \GATE\SMTPGATE
		if strings.HasPrefix(dir, `\`) {
			drive := "C:"
			if len(c.Cwd) > 1 && c.Cwd[1] == ':' {
				drive = c.Cwd[:2]
			}
			dir = drive + dir
		} else {
			dir += `\`
		}
	}
	if dir == "" {
		name := programName(c)
		in := func(dir string) bool {
			return slices.ContainsFunc(pc.Programs.Value, func(p Program) bool { return p.Name == name && strings.EqualFold(p.Dir, dir) })
		}
		search := pc.Path.Value
		if c.Cwd != "" {
			search = append([]string{c.Cwd}, search...)
		}
		for _, d := range search {
			if in(d) {
				dir = d
				break
			}
		}
		if dir == "" && pc.Programs.Known && len(search) > 0 {
			// Not on a local disk that is known: the first directory of the
			// search that is not is where it comes from.
			i := slices.IndexFunc(search, func(d string) bool { return !slices.Contains(pc.Listed, d) && !pc.Local(Program{Dir: d}) })
			if i >= 0 {
				dir = search[i]
			}
		}
	}
	if dir == "" {
		j.Missing("where %s starts SMTPGATE from: PATH and the programs on its disk", pc.Name)
		return c, "", false
	}
	j.Looked()
	return c, dir, true
}

// programName is the executable that a command line starts.
func programName(c *Command) string {
	fields := strings.Fields(strings.ToUpper(c.Line))
	for _, f := range fields {
		if i := strings.LastIndexAny(f, `\:@`); i >= 0 {
			f = f[i+1:]
		}
		f = strings.TrimSuffix(f, ".EXE")
		if mailPrograms[f] == c.Program {
			return f + ".EXE"
		}
	}
	return c.Program + ".EXE"
}

func checkPathLength(j *Judge) {
	for _, pc := range j.gatewayPCs() {
		if said := pc.Said["networkPath"]; said.Known {
			j.Looked()
			if len(said.Value) > pathMax {
				j.Find(said.At, "the network path of SMTPGATE.EXE has %d characters, want at most %d", len(said.Value), pathMax)
			}
			continue
		}
		c, dir, ok := j.gatewayDir(pc)
		if !ok {
			continue
		}
		real := dir
		if !pc.Local(Program{Dir: dir}) && len(dir) > 1 && dir[1] == ':' {
			share, ok := pc.Shares[dir[0]]
			if !ok {
				j.Missing("what drive %c of %s is mapped to (networkPath)", dir[0], pc.Name)
				continue
			}
			real = strings.TrimSuffix(share.Text, `\`) + dir[2:]
		}
		real = strings.TrimSuffix(real, `\`) + `\` + programName(c)
		if len(real) > pathMax {
			j.Find(c.At, "SMTPGATE.EXE is run from %s, %d characters; want at most %d", real, len(real), pathMax)
		}
	}
}
