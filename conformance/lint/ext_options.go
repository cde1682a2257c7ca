package lint

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rules about the options of an EXTERNAL and about EXTERNAL.INI.
var extOptionRules = []Rule{
	{
		ID: "ext.update", Severity: Warning, Articles: []string{"Q131116", "Q121735"}, Covers: []string{"LR11"},
		Title:  "EXTERNAL never looks for changed routes and addresses",
		Remedy: "set IntervalUpdate to 5 or more minutes, not to 0",
		Inputs: "command line of EXTERNAL; EXTERNAL.INI",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				if n, at, ok := x.number(j, "IntervalUpdate", 5); ok && n == 0 {
					j.Find(at, "with an IntervalUpdate of 0 new users are unknown to %s and failed postoffices stay so until it is restarted", x.pc.Name)
				}
			}
		},
	},
	{
		ID: "ext.interval", Severity: Warning, Articles: []string{"Q148792", "Q119884"}, Covers: []string{"LR12"},
		Title:  "the interval of EXTERNAL is shorter than one scan of its postoffices: calls come late",
		Remedy: "make IntervalRegular longer than a scan takes, or give the instance fewer postoffices",
		Inputs: "command line of EXTERNAL; EXTERNAL.INI; measured length of a scan",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				n, at, ok := x.number(j, "IntervalRegular", 5) // minutes. Q148707
				if !ok {
					continue
				}
				text, ok := Need(j, x.pc.Said["scan"], "the length of a scan of %s (scan)", x.pc.Name)
				if !ok {
					continue
				}
				scan, err := time.ParseDuration(text)
				if err != nil {
					j.Missing("the length of a scan of %s (scan): %q is no duration such as 7m", x.pc.Name, text)
				} else if scan >= time.Duration(n)*time.Minute {
					j.Find(at, "a scan of %s takes %s, which is not less than the interval of %d minutes", x.pc.Name, text, n)
				}
			}
		},
	},
	{
		ID: "ext.section", Severity: Error, Articles: []string{"Q124857"}, Covers: []string{"LR13"},
		Title:  "EXTERNAL.INI has no section [External] and no option names the drives: only M is served, without an error",
		Remedy: "add the section [External] with DrivesDirectPO, or -D to the command line",
		Inputs: "EXTERNAL.INI; command line of EXTERNAL; drives",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				if x.command == nil || len(x.pc.Drives) == 0 {
					continue
				}
				if _, ok := x.option(j, "DrivesDirectPO"); !ok {
					continue
				}
				j.Looked()
				if x.ini == nil || x.ini.Section("") != nil || len(x.all("DrivesDirectPO")) > 0 {
					continue
				}
				for _, c := range sortedLetters(x.pc.Drives) {
					if c != 'M' && j.Postoffice(x.pc.Drives[c]) != nil {
						j.Find(x.ini.At, "without a section [External] %s serves M only; %s on %c is left alone", x.pc.Name, x.pc.Drives[c], c)
						break
					}
				}
			}
		},
	},
	{
		ID: "ext.instance", Severity: Error, Articles: []string{"Q130396", "Q114031", "Q99139"}, Covers: []string{"LR13"},
		Title:  "InstanceName names no section of EXTERNAL.INI, is longer than 10 characters, or the file is in Unicode",
		Remedy: "write a section [External-NAME] for the instance, with a name of at most 10 characters, in a plain text file",
		Inputs: "EXTERNAL.INI; command line of EXTERNAL",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				if !x.instance.given {
					continue
				}
				if len(x.instance.value) > 10 { // a column of the log. Q99139
					j.Find(x.instance.at, "name %q of the instance has more than 10 characters", x.instance.value)
				}
				switch {
				case !x.iniKnown:
					j.Missing("EXTERNAL.INI of %s (files.external)", x.pc.Name)
				case x.ini == nil:
					j.Find(x.instance.at, "there is no EXTERNAL.INI with a section for instance %s", x.instance.value)
				case x.ini.Unicode:
					j.Find(x.ini.At, "the file is in Unicode: the section of instance %s is not found", x.instance.value)
				case x.ini.Section(x.instance.value) == nil:
					j.Find(x.instance.at, "%s has no section [External-%s]", x.ini.At.File, x.instance.value)
				default:
					j.Looked()
				}
			}
		},
	},
	{
		ID: "ext.comment", Severity: Error, Articles: []string{"Q108843"}, Covers: []string{"LR14"},
		Title:  "a remark of EXTERNAL.INI begins with a blank: EXTERNAL stops with an invalid option",
		Remedy: "write the semicolon into the first column",
		Inputs: "EXTERNAL.INI",
		check: func(j *Judge) {
			seen := map[string]bool{}
			for _, x := range j.externals() {
				switch {
				case !x.iniKnown:
					j.Missing("EXTERNAL.INI of %s (files.external)", x.pc.Name)
				case x.ini != nil && !seen[x.ini.At.File]:
					seen[x.ini.At.File] = true
					j.Looked()
					for _, at := range x.ini.BlankRemarks {
						j.Find(at, "remark does not begin in the first column")
					}
				}
			}
		},
	},
	{
		ID: "ext.home", Severity: Error, Articles: []string{"Q103447"}, Covers: []string{"LR15"},
		Title:  "the drive of the home postoffice is not among the drives that EXTERNAL serves directly",
		Remedy: "name a drive of DrivesDirectPO in DriveHomePO",
		Inputs: "command line of EXTERNAL; EXTERNAL.INI",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				home, ok := x.option(j, "DriveHomePO")
				direct, ok2 := x.option(j, "DrivesDirectPO")
				if !ok || !ok2 {
					continue
				}
				j.Looked()
				drives := "M" // Q124857
				if direct.given {
					drives = letters(direct.value)
				}
				if home.given && (home.value == "" || !strings.Contains(drives, strings.ToUpper(home.value[:1]))) {
					j.Find(home.at, "home drive %q is not in the range %s", home.value, drives)
				}
			}
		},
	},
	{
		ID: "ext.drives", Severity: Error, Articles: []string{"Q108809", "Q137866", "Q131827"}, Covers: []string{"LR16"},
		Title:  "drive letters for connections on demand are used twice on one computer, mapped already, or beyond LASTDRIVE",
		Remedy: "give each instance a range of DrivesDynamic of its own, below LASTDRIVE and free",
		Inputs: "command lines of EXTERNAL and DISPATCH; EXTERNAL.INI; CONFIG.SYS; drives",
		check:  checkDynamicDrives,
	},
	{
		ID: "ext.wan-version", Severity: Warning, Articles: []string{"Q135487"}, Covers: []string{"LR17"},
		Title:  "postoffices over a slow link are connected on demand by an EXTERNAL older than 3.5.23: it loses the drive",
		Remedy: "bring EXTERNAL to 3.5.23 or later, or map the drives permanently",
		Inputs: "command line of EXTERNAL; EXTERNAL.INI; version of EXTERNAL",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				dynamic, ok := x.option(j, "DrivesDynamic")
				wan, ok2 := x.option(j, "DrivesWAN")
				if !ok || !ok2 {
					continue
				}
				j.Looked()
				if !dynamic.given || !wan.given {
					continue
				}
				if v, ok := j.version(x.pc, "EXTERNAL"); ok && v.before(3, 5, 23) {
					j.Find(wan.at, "DrivesWAN together with DrivesDynamic needs EXTERNAL 3.5.23 on a slow link")
				}
			}
		},
	},
	{
		ID: "ext.netbios", Severity: Warning, Articles: []string{"Q130068", "Q111558"}, Covers: []string{"LR18"},
		Title:    "notices of new mail over NetBIOS together with DrivesWAN hang an EXTERNAL older than 3.2.18",
		Remedy:   "bring EXTERNAL to 3.2.18 or later, or take one of the two options away",
		Inputs:   "command line of EXTERNAL; EXTERNAL.INI; version of EXTERNAL",
		Inferred: "the option is -X as on the gateways; no article prints its letter for EXTERNAL",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				wan, ok := x.option(j, "DrivesWAN")
				if !ok {
					continue
				}
				j.Looked()
				notice := x.line["-X"]
				if !wan.given || len(notice) == 0 {
					continue
				}
				if v, ok := j.version(x.pc, "EXTERNAL"); ok && v.before(3, 2, 18) {
					j.Find(notice[0].at, "-X together with DrivesWAN needs EXTERNAL 3.2.18")
				}
			}
		},
	},
	{
		ID: "ext.home-only", Severity: Info, Articles: []string{"Q114031"}, Covers: []string{"LR19"},
		Title:  "EXTERNAL 3.2.5 ignores SendHomeOnly of EXTERNAL.INI",
		Remedy: "give -AH on the command line",
		Inputs: "EXTERNAL.INI; version of EXTERNAL",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				s, ok := x.option(j, "SendHomeOnly")
				if !ok {
					continue
				}
				j.Looked()
				if !s.given || len(x.line["SendHomeOnly"]) > 0 {
					continue
				}
				if v, ok := j.version(x.pc, "EXTERNAL"); ok && !v.before(3, 2, 5) && v.before(3, 2, 6) {
					j.Find(s.at, "this version ignores SendHomeOnly in EXTERNAL.INI")
				}
			}
		},
	},
	{
		ID: "ext.disk-full", Severity: Warning, Articles: []string{"Q111558", "Q196537"}, Covers: []string{"LR20"},
		Title:  "a limit of free disk space is missing where EXTERNAL older than 3.2.9 has none, or stands on a volume above 4 GB",
		Remedy: "set MinKDiskFull=100 with EXTERNAL older than 3.2.9, and keep postoffices on volumes of at most 4 GB where it is used",
		Inputs: "EXTERNAL.INI; version of EXTERNAL; size of the volumes",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				s, ok := x.option(j, "MinKDiskFull")
				v, ok2 := j.version(x.pc, "EXTERNAL")
				if !ok || !ok2 {
					continue
				}
				if !s.given && v.before(3, 2, 9) {
					j.Find(x.at, "this EXTERNAL does not stop before a postoffice's disk is full, because MinKDiskFull is not set")
				}
				if s.value == "0" || !s.given && v.before(3, 2, 9) {
					continue
				}
				for _, po := range x.serves(j).full {
					size, ok := needNumber(j, po.Said["volumeSize"], "the size of the volume of %s (volumeSize)", po.Ref())
					if ok && size > 4096 {
						j.Find(po.Said["volumeSize"].At, "the volume of %s has more than 4 GB: %s, once it finds it full, never sees it free again", po.Ref(), x.pc.Name)
					}
				}
			}
		},
	},
	{
		ID: "ext.break", Severity: Warning, Articles: []string{"Q96203", "Q140245", "Q95972"}, Covers: []string{"LR21"},
		Title:  "a time at which EXTERNAL is to stop can be past when it starts, or is given although DISPATCH starts it",
		Remedy: "use -BR, or -BT with -BD; below DISPATCH give none of the three",
		Inputs: "command line of EXTERNAL; time of start",
		check: func(j *Judge) {
			for _, x := range j.externals() {
				if x.command == nil {
					continue
				}
				stop, date := x.line["-BT"], x.line["-BD"]
				if x.dispatch {
					j.Looked()
					for _, s := range append(stop[:len(stop):len(stop)], date...) {
						j.Find(s.at, "DISPATCH says when its idle process ends; with -BT or -BD EXTERNAL ends with exit code -1")
					}
					continue
				}
				if len(stop) == 0 || len(date) > 0 {
					j.Looked()
					continue
				}
				start, ok := Need(j, x.pc.Said["startAt"], "the time of day of the start of %s (startAt)", x.pc.Name)
				if !ok {
					continue
				}
				from, ok1 := minuteOfDay(start)
				to, ok2 := minuteOfDay(stop[len(stop)-1].value)
				switch {
				case !ok1:
					j.Missing("the time of day of the start of %s (startAt): %q is none", x.pc.Name, start)
				case ok2 && to <= from:
					j.Find(stop[len(stop)-1].at, "%s is past when EXTERNAL is started at %s: it ends at once", stop[len(stop)-1].value, start)
				}
			}
		},
	},
	{
		ID: "ext.service", Severity: Error, Articles: []string{"Q130231", "Q131676"}, Covers: []string{"LR22"},
		Title:  "EXTERNAL on Windows NT has options that it cannot use, or there are more than seven services",
		Remedy: "take the options out of EXTERNAL.INI, and run at most seven services on a computer",
		Inputs: "operating system; EXTERNAL.INI; how the program is run",
		check: func(j *Judge) {
			count := map[*PC]int{}
			for _, x := range j.externals() {
				os, ok := Need(j, x.pc.Said["os"], "the operating system of %s (os)", x.pc.Name)
				if !ok || !isNT(os) || !multitasking(x.pc) {
					continue
				}
				if count[x.pc]++; count[x.pc] == 8 {
					j.Find(x.at, "%s runs more than seven instances", x.pc.Name)
				}
				keys := unusableOnNT
				if hasWord(x.pc.Said["runAs"].Value, "service") {
					keys = append(keys[:len(keys):len(keys)], unusableAsService...)
				} else if !x.pc.Said["runAs"].Known {
					j.Missing("how EXTERNAL is run, of %s (runAs)", x.pc.Name)
				}
				for _, key := range keys {
					if s, ok := x.option(j, key); ok && s.given {
						j.Find(s.at, "%s cannot be used there", key)
					}
				}
			}
		},
	},
}

// Keys that the multitasking EXTERNAL for Windows NT does not take. Q130231
var (
	unusableOnNT = []string{"AsyncInt", "AsyncPort", "DrivesNovell", "IdleProcess", "IdleProcessMinPeriod", "IdleProcessMaxPeriod",
		"ScreenBios", "ScreenColor", "ScreenSnow", "ScreenNone"}
	unusableAsService = []string{"DriveHomePO", "DrivesDirectPO", "DrivesDynamic", "DrivesWAN"}
)

func isNT(os string) bool {
	os = strings.ToUpper(os)
	return strings.Contains(os, "WINDOWS NT") || strings.HasPrefix(os, "NT ")
}

// multitasking reports whether a PC has the EXTERNAL made for Windows NT: its
// wrapper is among the programs. Q134756
func multitasking(pc *PC) bool { return pc.has("XTSRV32.EXE") }

func checkDynamicDrives(j *Judge) {
	type use struct {
		who string
		at  Place
	}
	taken := map[*PC]map[byte]use{}
	for _, x := range j.externals() {
		s, ok := x.option(j, "DrivesDynamic")
		if !ok {
			continue
		}
		j.Looked()
		if !s.given || s.value == "" {
			continue
		}
		if taken[x.pc] == nil {
			taken[x.pc] = map[byte]use{}
		}
		last, lastKnown := byte('E'), false // DOS without LASTDRIVE
		if t, ok := x.pc.Files["CONFIG.SYS"]; ok {
			lastKnown = true
			if v, ok := t.Setting("", "LASTDRIVE"); ok && v.Value != "" {
				last = upperByte(v.Value[0])
			}
		} else {
			j.Missing("CONFIG.SYS of %s", x.pc.Name)
		}
		for _, c := range []byte(letters(s.value)) {
			switch before, again := taken[x.pc][c]; {
			case again:
				j.Find(s.at, "drive %c is used by %s as well", c, before.who)
			case x.pc.Drives[c] != "":
				j.Find(s.at, "drive %c is mapped already, to %s", c, x.pc.Drives[c])
			case lastKnown && c > last:
				j.Find(s.at, "drive %c is beyond LASTDRIVE=%c", c, last)
			default:
				taken[x.pc][c] = use{fmt.Sprintf("the instance of %s", x.at), s.at}
				continue
			}
			break // one finding for a range
		}
	}
}

// minuteOfDay reads hh:mm or hh:mm:ss.
func minuteOfDay(text string) (int, bool) {
	parts := strings.Split(strings.TrimSpace(text), ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	h, err := strconv.Atoi(parts[0])
	m, err2 := strconv.Atoi(parts[1])
	if err != nil || err2 != nil || h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, false
	}
	return 60*h + m, true
}

// needNumber returns the number of a description, or reports it as missing.
func needNumber(j *Judge, f Fact[string], format string, args ...any) (int, bool) {
	text, ok := Need(j, f, format, args...)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		j.Missing(format+": %q is no number", append(args, text)...)
	}
	return n, err == nil
}
