package program

import (
	"strconv"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/site"
)

// externalSwitches are options of EXTERNAL that package site keeps among the
// unknown ones: what a site with LAN routes only seldom needs.
type externalSwitches struct {
	wan             string // -W: letters of postoffices that are only sent to. Q100827, Q132547
	dispatchDisable bool   // /DispatchDisable. Q128585
	fullBelow       int64  // /MinKDiskFull, bytes; 0 before 3.2.9. Q111558
	openAbove       int64  // /MinKDiskNotFull, bytes. Q96060
	maxSize         int64  // /MaxLanMailSize, bytes. Q131852; invented: that its unit is K
	ignored         []string
}

// parseSwitches reads the INI keys that are written as switches. Q114031
func parseSwitches(unknown []string) externalSwitches {
	var s externalSwitches
	for _, arg := range unknown {
		if len(arg) < 2 || arg[0] != '-' && arg[0] != '/' {
			s.ignored = append(s.ignored, arg)
			continue
		}
		key, value, _ := strings.Cut(strings.ToUpper(arg[1:]), "=")
		k, err := strconv.ParseUint(value, 10, 22)
		bytes := int64(k) * 1024
		switch {
		case key == "DISPATCHDISABLE" && value == "":
			s.dispatchDisable = true
		case key == "MINKDISKFULL" && err == nil:
			s.fullBelow = bytes
		case key == "MINKDISKNOTFULL" && err == nil:
			s.openAbove = bytes
		case key == "MAXLANMAILSIZE" && err == nil:
			s.maxSize = bytes
		case key == "DRIVESWAN" && letters(value) != "":
			s.wan = letters(value) // the last counts, as with the others. Q118813
		case strings.HasPrefix(key, "W") && value == "" && letters(key[1:]) != "":
			s.wan = letters(key[1:])
		default:
			s.ignored = append(s.ignored, arg)
		}
	}
	return s
}

// letters writes a range of drive letters out; "" when it is none.
func letters(r string) string {
	if len(r) < 1 || len(r) > 2 {
		return ""
	}
	var b []byte
	for c := int(r[0]); c <= int(r[len(r)-1]); c++ {
		if c < 'A' || c > 'Z' {
			return ""
		}
		b = append(b, byte(c))
	}
	return string(b)
}

// directRange returns the drive letters of the postoffices that are served. What
// the documents have without -D and DrivesDirectPO is M alone, and so it is where
// somebody wrote an EXTERNAL.INI. Q124857
//
// invented: otherwise all mapped drives are served: the drive map of the PC stands
// for the file that a site need not have. A to C, the PC's own, are not among them.
func directRange(mapped string, o *site.ExternalOptions, wan string, written bool) (drives string, chosen bool) {
	if o.Drives != "" {
		return o.Drives, true
	}
	if written {
		return "M", true
	}
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(wan, c) {
			return -1
		}
		return c
	}, mapped), false
}

// networkDrives returns the letters of the mapped drives.
func networkDrives(pc *dos.PC) string {
	var b []byte
	for c := byte('D'); c <= 'Z'; c++ {
		if pc.Drive(c) != nil {
			b = append(b, c)
		}
	}
	return string(b)
}
