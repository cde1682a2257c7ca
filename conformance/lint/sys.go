package lint

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// Figures of the environment. Q128570, Q135926, Q156166, Q137042
const (
	filesLeast  = 40
	filesBetter = 50
	freeLeast   = 375 * 1024
	blockLeast  = 40 * 1024
)

// Rules about the set-up of a gateway PC.
var sysRules = []Rule{
	{
		ID: "sys.files", Severity: Error, Articles: []string{"Q128570", "Q134949", "Q135926", "Q156166", "Q127732"},
		Title:  "FILES= of CONFIG.SYS is below 40; below 50 is an advice",
		Remedy: "write FILES=50 in CONFIG.SYS",
		Inputs: "CONFIG.SYS",
		check: func(j *Judge) {
			for _, pc := range j.gatewayPCs() {
				files, ok := Need(j, pc.FilesMax, "CONFIG.SYS of %s", pc.Name)
				switch {
				case !ok:
				case files < filesLeast && pc.FilesMax.At.Line == 0:
					j.Find(pc.FilesMax.At, "%s has no FILES=, so MS-DOS opens %d files at most; want 40, better 50", pc.Name, files)
				case files < filesLeast:
					j.Find(pc.FilesMax.At, "%s has FILES=%d, want 40, better 50", pc.Name, files)
				case files < filesBetter:
					j.FindAs(Info, pc.FilesMax.At, "%s has FILES=%d, which is the least; one article asks for 50", pc.Name, files)
				}
			}
		},
	},
	{
		ID: "sys.memory", Severity: Error, Articles: []string{"Q112761", "Q105290", "Q156166", "Q137042"},
		Title:    "less than 375 KB of conventional memory is free before the start, or less than the programs and the lists of the postoffice take",
		Remedy:   "load drivers high, take resident programs away, or move users off the gateway postoffice",
		Inputs:   "output of MEM, or freeMemory; users, postoffices and address map",
		Inferred: "the largest of the published sizes stands for a program whose size is unknown",
		check:    checkMemory,
	},
	{
		ID: "sys.largest", Severity: Error, Articles: []string{"Q156166", "Q108374", "Q111839"},
		Title:  "the largest free block in an Idling line of the log is below 40 KB",
		Remedy: "free conventional memory, and restart the gateway; a restart every day is a help",
		Inputs: "SMTPGATE.LOG",
		check:  checkLargestBlock,
	},
	{
		ID: "sys.tz", Severity: Warning, Articles: []string{"Q115452"},
		Title:  "TZ is not set, so messages get wrong dates",
		Remedy: "write SET TZ= with the zone in AUTOEXEC.BAT, before the gateway is started",
		Inputs: "AUTOEXEC.BAT",
		check: func(j *Judge) {
			for _, pc := range j.gatewayPCs() {
				tz, ok := Need(j, pc.TZ, "AUTOEXEC.BAT of %s", pc.Name)
				if ok && strings.TrimSpace(tz) == "" {
					j.Find(pc.TZ.At, "TZ is not set when %s starts the gateway", pc.Name)
				}
			}
		},
	},
	{
		ID: "sys.loadorder", Severity: Error, Articles: []string{"Q96244", "Q141663", "Q105288", "Q124801"},
		Title:    "LOAD TCPIP, SOCKETS, the login and SMTPGATE are not all there in this order",
		Remedy:   "write LOAD TCPIP, then SOCKETS, then the login, then SMTPGATE",
		Inputs:   "AUTOEXEC.BAT, start batch; stack of the PC",
		Inferred: "the first two are those of the Microsoft stack, which is told by its files, its commands or its description; NET USE counts as the login when nothing else does",
		check:    checkLoadOrder,
	},
	{
		ID: "sys.comspec", Severity: Info, Articles: []string{"Q136041"},
		Title:  "SMTPGATE is not run under COMMAND.COM /F, so it waits for a key when the drive is lost",
		Remedy: `start it with C:\DOS\COMMAND.COM /F /C SMTPGATE`,
		Inputs: "start batch; CONFIG.SYS",
		check: func(j *Judge) {
			for _, pc := range j.gatewayPCs() {
				f, ok := Need(j, pc.CommandF, "the start batch of %s", pc.Name)
				if ok && !f {
					j.Find(pc.CommandF.At, "%s waits at Abort, Retry, Fail? for somebody to press a key", pc.Name)
				}
			}
		},
	},
}

// Bytes per record that the programs keep in memory. Q137042
const (
	perUser, perNetwork, perPostoffice, perGateway, perMap = 37, 45, 115, 83, 83
	dispatchBytes                                          = 38 + 90
)

// programBytes are the largest published sizes. Q137042, Q101461
var programBytes = map[string]int64{"SMTPGATE.EXE": 80721, "SMTPGET.EXE": 107251, "SMTPPUT.EXE": 66751}

func checkMemory(j *Judge) {
	for _, pc := range j.gatewayPCs() {
		free, ok := Need(j, pc.FreeMemory, "the free memory of %s: the output of MEM (files.memory, freeMemory)", pc.Name)
		if !ok {
			continue
		}
		if free < freeLeast {
			j.Find(pc.FreeMemory.At, "%s has %d KB free before the start, want at least 375 KB", pc.Name, free/1024)
			continue
		}
		po := j.Database(pc)
		users, counted := 0, false
		if po != nil {
			users, counted = po.countUsers()
		}
		if !counted || !po.AddrMap.Known {
			j.Missing("users and address map of the postoffice of %s", pc.Name)
			continue
		}
		networks := map[string]bool{}
		for _, p := range j.Postoffices {
			networks[fold(p.Network)] = true
		}
		lists := int64(users*perUser + len(networks)*perNetwork + (len(j.Postoffices)-1)*perPostoffice + perGateway + len(po.AddrMap.Value)*perMap + dispatchBytes)
		total := lists
		for _, name := range []string{"SMTPGATE.EXE", "SMTPGET.EXE", "SMTPPUT.EXE"} {
			size := programBytes[name]
			for _, p := range pc.Programs.Value {
				// A file of an emulated disk is no program by its size.
				if p.Name == name && p.Size > 20000 {
					size = p.Size
				}
			}
			total += size
		}
		if int64(free) < total {
			j.Find(pc.FreeMemory.At, "%s has %d KB free, programs and lists of %s take %d KB (%s, %s)", pc.Name, free/1024, po.Ref(), (total+1023)/1024,
				count(users, "user"), count(len(j.Postoffices), "postoffice"))
		}
	}
}

// countUsers counts the mailboxes: those that are known, or the records of
// ACCESS2.GLB, 69 bytes each, deleted ones included. Q77926, Q87465
func (p *Postoffice) countUsers() (n int, ok bool) {
	if p.Users.Known {
		return len(p.Users.Value), true
	}
	if p.Tree == nil {
		return 0, false
	}
	e, err := p.Tree.Stat("GLB/ACCESS2.GLB")
	return int(e.Size / 69), err == nil
}

func checkLargestBlock(j *Judge) {
	logs := 0
	for _, log := range j.Logs {
		if log.Name != "SMTPGATE.LOG" {
			continue
		}
		logs++
		low, first, least, err := lowBlocks(j, log)
		if err != nil {
			j.Missing("%s: %v", log.File, err)
			continue
		}
		j.Looked()
		if low > 0 {
			j.Find(Place{File: log.File, Line: first, Column: 1}, "the largest free block is below 40 KB in %s, down to %d bytes", count(low, "line"), least)
		}
	}
	if logs == 0 {
		j.Missing("SMTPGATE.LOG")
	}
}

// lowBlocks counts the Idling lines with too small a block, and returns the
// number of the first one and the smallest block.
func lowBlocks(j *Judge, log Log) (low, first, least int, err error) {
	f, err := log.Open()
	if err != nil {
		return 0, 0, 0, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		line, prefix, err := in.ReadLine()
		if err == io.EOF || j.Context().Err() != nil {
			return low, first, least, nil
		}
		if err != nil {
			return low, first, least, err
		}
		largest, ok := largestBlock(string(line))
		for prefix && err == nil { // the rest of a line without end
			_, prefix, err = in.ReadLine()
		}
		if !ok || largest >= blockLeast {
			continue
		}
		if low == 0 {
			first, least = n, largest
		}
		low, least = low+1, min(least, largest)
	}
}

// largestBlock reads "Idling:  48258 bytes, largest 47234". Q108374
func largestBlock(line string) (int, bool) {
	if !strings.Contains(line, "dling:") {
		return 0, false
	}
	_, rest, ok := strings.Cut(line, "largest")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(firstWord(rest))
	return n, err == nil && n >= 0
}

// step is a stage on the way to the gateway.
type step struct {
	name string
	at   Place
	n    int // number of the statement; -1: never
}

func checkLoadOrder(j *Judge) {
	for _, pc := range j.gatewayPCs() {
		statements, ok := Need(j, pc.Start, "AUTOEXEC.BAT and start batch of %s", pc.Name)
		if !ok {
			continue
		}
		if _, ok := pc.Files["AUTOEXEC.BAT"]; !ok {
			j.Missing("AUTOEXEC.BAT of %s", pc.Name)
			continue
		}
		c := pc.Command("SMTPGATE")
		if c == nil {
			j.Missing("the start batch of %s", pc.Name)
			continue
		}
		tcpip, sockets, login := step{name: "LOAD TCPIP", n: -1}, step{name: "SOCKETS", n: -1}, step{name: "the login", n: -1}
		gate := step{name: "SMTPGATE", at: c.At, n: len(statements)}
		use := step{name: "the login", n: -1}
		for i := range statements {
			s := &statements[i]
			second := ""
			if len(s.Words) > 1 {
				second = strings.ToUpper(s.Words[1].Text)
			}
			switch name := s.Name(); {
			case name == "LOAD" && second == "TCPIP":
				tcpip.set(i, s.At)
			case name == "SOCKETS":
				sockets.set(i, s.At)
			case name == "LOGIN", name == "NET" && (second == "LOGON" || second == "LOGIN"):
				login.set(i, s.At)
			case name == "NET" && second == "USE":
				use.set(i, s.At)
			case mailPrograms[name] == "SMTPGATE" && i < gate.n:
				gate.n, gate.at = i, s.At
			}
		}
		if login.n < 0 {
			login = use
		}
		order := []step{login, gate}
		switch microsoft, known := pc.microsoftStack(); {
		case microsoft:
			order = []step{tcpip, sockets, login, gate}
		case !known:
			j.Missing("the TCP/IP stack of %s (stack)", pc.Name)
			continue
		}
		j.checkOrder(pc, order, c)
	}
}

func (s *step) set(n int, at Place) {
	if s.n < 0 {
		s.n, s.at = n, at
	}
}

// checkOrder reports the first step that is missing or comes too late.
func (j *Judge) checkOrder(pc *PC, order []step, c *Command) {
	for i, s := range order {
		if s.n < 0 {
			j.Find(c.At, "%s starts the gateway without %s before it", pc.Name, s.name)
			continue
		}
		for _, later := range order[i+1:] {
			if later.n >= 0 && later.n < s.n {
				j.Find(s.at, "%s comes after %s, want it before", s.name, later.name)
				break
			}
		}
	}
}

// microsoftStack says whether a PC has the TCP/IP stack of LAN Manager, and
// whether its stack is known at all.
func (p *PC) microsoftStack() (microsoft, known bool) {
	if said := p.Said["stack"]; said.Known {
		s := fold(said.Value)
		return strings.Contains(s, "microsoft") || strings.Contains(s, "lan manager") || strings.Contains(s, "workgroups"), true
	}
	for _, name := range []string{"PROTOCOL.INI", "TCPUTILS.INI"} {
		if _, ok := p.Files[name]; ok {
			return true, true
		}
	}
	for i := range p.Start.Value {
		s := &p.Start.Value[i]
		if name := s.Name(); name == "SOCKETS" || name == "LOAD" && len(s.Words) > 1 && strings.EqualFold(s.Words[1].Text, "TCPIP") {
			return true, true
		}
	}
	_, novell := p.Files["NET.CFG"]
	return false, novell
}
