package fault

import (
	"fmt"
	"slices"
	"strings"
)

// Names are what a fault of one installation can name.
type Names struct {
	PCs       []PC
	Hosts     []string // smart hosts
	Addresses []string // dotted, of PCs and hosts, wherever the installation mentions one
}

// PC is a computer whose operations a fault can hit.
type PC struct {
	Name   string
	Drives string // letters in upper case, the local disk among them
}

// programs are the names that follow the slash of who=, and with .EXE those
// that at= of a spawn can have. RUN is what a workstation of a user runs, which
// is no PC of a site.
var programs = []string{"SMTPGATE", "SMTPGET", "SMTPPUT", "EXTERNAL", "COMMAND", "RUN"}

// verbs are the objects of OpSMTP: the commands that a smart host knows, and
// what is no command.
var verbs = []string{VerbConnect, "HELO", "EHLO", "MAIL", "RCPT", "DATA", VerbBody, "RSET", "QUIT", "NOOP", "HELP", "VRFY", "EXPN", "STARTTLS", "AUTH", VerbUnknown}

// smtpPort is where mail is taken; callers have other ports.
const smtpPort = ":25"

// Check reports a fault that can never strike, because its who= or at= matches
// nothing of that kind that the installation has. Files are looked at as far as
// the drive: they come and go.
func (n *Names) Check(f Fault) error {
	m, ok := f.(interface{ matching() *match })
	if !ok {
		return nil
	}
	return n.check(m.matching())
}

// check looks for one group of operations that somebody who= matches performs
// on an object at= matches.
func (n *Names) check(m *match) error {
	who, at := false, false
	for _, pc := range n.PCs {
		if !n.anyProgram(m, pc.Name) || m.ops&^(hostOps) == 0 {
			continue
		}
		who = true
		at = at || m.at.text == "" || m.ops&fileOps != 0 && m.onDrive(pc.Drives) || m.ops&opOf(OpSpawn) != 0 && m.spawned() || n.address(m)
	}
	for _, host := range n.Hosts {
		if !m.who.matchWho(host) && !m.who.reaches(host+"/") || m.ops&(hostOps|netOps) == 0 {
			continue
		}
		who = true
		at = at || m.at.text == "" || m.ops&opOf(OpSMTP) != 0 && m.verb() || n.address(m)
	}
	switch {
	case !who && m.who.text == "":
		return fmt.Errorf("nobody is there to whom this fault could happen")
	case !who:
		return fmt.Errorf("who=%s names nobody: want %s", quote(m.who.text), n.everybody(m))
	case !at:
		return fmt.Errorf("at=%s names nothing: want %s", quote(m.at.text), n.everything(m))
	}
	return nil
}

// hostOps are the operations of smart hosts alone.
var hostOps = ops(OpSMTP, OpSession)

// anyProgram says whether who= matches a PC or one of its programs.
func (n *Names) anyProgram(m *match, pc string) bool {
	return m.who.matchWho(pc) || slices.ContainsFunc(programs, func(p string) bool { return m.who.matchWho(pc + "/" + p) })
}

func (m *match) onDrive(letters string) bool {
	for i := range letters {
		if m.at.reaches(letters[i:i+1] + `:\`) {
			return true
		}
	}
	return false
}

func (m *match) spawned() bool {
	return slices.ContainsFunc(programs, func(p string) bool { return m.at.match(p + ".EXE") })
}

func (m *match) verb() bool { return slices.ContainsFunc(verbs, m.at.match) }

// address says whether at= is an address of the installation, or one that a
// caller from elsewhere may have once it is connected.
func (n *Names) address(m *match) bool {
	if m.ops&(netOps|opOf(OpSession)) == 0 {
		return false
	}
	if slices.ContainsFunc(n.Addresses, func(ip string) bool { return m.at.reaches(ip + ":") }) {
		return true
	}
	first := m.at.text[0]
	return m.ops&(opOf(OpSend)|opOf(OpRecv)) != 0 && '0' <= first && first <= '9' &&
		strings.Contains(m.at.text, ":") && !strings.HasSuffix(m.at.text, smtpPort)
}

// namesShown bounds a list in an error.
const namesShown = 16

func (n *Names) everybody(m *match) string {
	var list []string
	if m.ops&^hostOps != 0 {
		for _, pc := range n.PCs {
			list = append(list, pc.Name)
		}
	}
	if m.ops&(hostOps|netOps) != 0 {
		list = append(list, n.Hosts...)
	}
	return "one of " + shown(list)
}

func (n *Names) everything(m *match) string {
	var wants []string
	if m.ops&fileOps != 0 {
		var drives []string
		for _, pc := range n.PCs {
			for i := range pc.Drives {
				if d := pc.Drives[i:i+1] + ":"; n.anyProgram(m, pc.Name) && !slices.Contains(drives, d) {
					drives = append(drives, d)
				}
			}
		}
		slices.Sort(drives)
		wants = append(wants, "a file on "+shown(drives))
	}
	if m.ops&opOf(OpSpawn) != 0 {
		wants = append(wants, "a program such as SMTPPUT.EXE")
	}
	if m.ops&(netOps|opOf(OpSession)) != 0 {
		var list []string
		for _, ip := range n.Addresses {
			list = append(list, ip+smtpPort)
		}
		wants = append(wants, "an address of "+shown(list))
	}
	if m.ops&opOf(OpSMTP) != 0 {
		wants = append(wants, "a verb of "+shown(verbs))
	}
	if len(wants) == 0 {
		return "no at=, this fault has no object"
	}
	return strings.Join(wants, ", or ")
}

func shown(list []string) string {
	if len(list) > namesShown {
		return strings.Join(list[:namesShown], ", ") + ", ..."
	}
	return strings.Join(list, ", ")
}
