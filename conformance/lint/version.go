package lint

import "gwkit/emulator/site"

// Build is a known SMTPGATE executable.
type Build struct {
	Name    string // as delivered
	Size    int64
	Version string
	Stack   string
}

// Builds are the executables whose size is printed. The stacks of SMTPWIN and
// SMTPXLN are those of Q101461; Q96244 and Q192054 print them the other way
// round.
var Builds = []Build{
	{"SMTPLMN.EXE", 71585, "3.0.9", "LAN Manager"},
	{"SMTPFTP.EXE", 80567, "3.0.9", "PC/TCP"},
	{"SMTPNVL.EXE", 74489, "3.0.9", "LAN WorkPlace"},
	{"SMTPWIN.EXE", 76041, "3.0.9", "WIN/TCP"},
	{"SMTPXLN.EXE", 80313, "3.0.9", "EXOS"},
	{"SMTPLMN.EXE", 71739, "3.0a", "LAN Manager"},
	{"SMTPFTP.EXE", 80721, "3.0a", "PC/TCP"},
	{"SMTPNVL.EXE", 74643, "3.0a", "LAN WorkPlace"},
	{"SMTPWIN.EXE", 76179, "3.0a", "WIN/TCP"},
	{"SMTPXLN.EXE", 80473, "3.0a", "EXOS"},
}

// BuildOf returns the build that a program is, by its size, or nil.
func BuildOf(p Program) *Build {
	for i := range Builds {
		if p.Size > 0 && Builds[i].Size == p.Size {
			return &Builds[i]
		}
	}
	return nil
}

// gatewayVersion returns the version of SMTPGATE on a PC: as declared, as its
// executable shows by size, or that of the installation.
//
// inferred: a file with a date of a known build or later is that build or
// later, and one with an earlier date is older than 3.0.9. Q101461, Q192054
func (j *Judge) gatewayVersion(pc *PC) (Fact[string], bool) {
	if v, ok := pc.Said["versions.SMTPGATE"]; ok && v.Known {
		j.Looked()
		return v, true
	}
	for _, p := range pc.Programs.Value {
		if b := BuildOf(p); b != nil {
			j.Looked()
			return Know(b.Version, p.At), true
		}
	}
	if j.GatewayVersion.Known {
		j.Looked()
		return j.GatewayVersion, true
	}
	for _, p := range pc.Programs.Value {
		if p.Name != "SMTPGATE.EXE" || p.Date == "" {
			continue
		}
		j.Looked()
		switch {
		case p.Date >= "1998-08-21":
			return Know("3.0a", p.At), true
		case p.Date >= "1995-01-05":
			return Know("3.0.9", p.At), true
		case p.Date >= "1994-06-01":
			return Know("3.0.7", p.At), true
		}
	}
	j.Missing("the version of SMTPGATE on %s: its size, or versions in the deployment file", pc.Name)
	return Fact[string]{}, false
}

// atLeast compares versions of SMTPGATE.
func atLeast(version, since string) bool { return site.AtLeast(version, since) }
