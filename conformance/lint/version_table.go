package lint

import (
	"strconv"
	"strings"

	"gwkit/emulator/site"
)

// build is an executable that the articles describe.
type build struct {
	program string
	size    int64
	date    string // yyyy-mm-dd
	version string
	stack   string // key of stacks: of SMTPGATE only
	article string
}

// builds are the sizes by which an executable is known. SMTPWIN and SMTPXLN are
// paired with their stacks in two ways; either is accepted (see sameStack).
// Q101461, Q192054, Q101458, Q98050, Q118562, Q132693
var builds = []build{
	{"SMTPGATE.EXE", 71585, "1995-01-05", "3.0.9", "lanman", "Q101461"},
	{"SMTPGATE.EXE", 80567, "1995-01-05", "3.0.9", "pctcp", "Q101461"},
	{"SMTPGATE.EXE", 74489, "1995-01-05", "3.0.9", "novell", "Q101461"},
	{"SMTPGATE.EXE", 76041, "1995-01-05", "3.0.9", "wintcp", "Q101461"},
	{"SMTPGATE.EXE", 80313, "1995-01-05", "3.0.9", "excelan", "Q101461"},
	{"SMTPGATE.EXE", 71739, "1998-08-21", "3.0a", "lanman", "Q192054"},
	{"SMTPGATE.EXE", 80721, "1998-08-21", "3.0a", "pctcp", "Q192054"},
	{"SMTPGATE.EXE", 74643, "1998-08-21", "3.0a", "novell", "Q192054"},
	{"SMTPGATE.EXE", 76179, "1998-08-21", "3.0a", "wintcp", "Q192054"},
	{"SMTPGATE.EXE", 80473, "1998-08-21", "3.0a", "excelan", "Q192054"},
	{"SMTPPUT.EXE", 66751, "1993-04-19", "3.04.1", "", "Q101458"},
	{"SMTPPUT.EXE", 100435, "", attVersion, "", "Q132693"},
	{"SMTPGET.EXE", 107251, "1994-06-20", "3.04.6", "", "Q118562"},
	{"SMTPGET.EXE", 106897, "1993-02-03", "3.04.0", "", "Q132693"}, // inferred: the number; it is older than 3.04.6
}

// attVersion is the version of a program that came with the AT&T gateway.
const attVersion = "AT&T"

// stacks are the TCP/IP products that SMTPGATE was built for. Q87023, Q96244
var stacks = map[string]string{
	"lanman": "Microsoft LAN Manager TCP/IP", "pctcp": "FTP Software PC/TCP", "novell": "Novell LAN WorkPlace for DOS",
	"wintcp": "Wollongong WIN/TCP", "excelan": "Excelan LAN WorkPlace",
}

// sameStack says whether a build fits a stack. Two articles pair WIN and XLN
// the other way round; we accept both. Q101461, Q96244, Q192054
func sameStack(a, b string) bool {
	pair := func(s string) bool { return s == "wintcp" || s == "excelan" }
	return a == b || pair(a) && pair(b)
}

// release is what is known of the release of one copy of a program.
type release struct {
	exact string // version; "": unknown
	below string // older than this version; "": unknown
	how   string // "71585 bytes"
	build *build // nil: not in the table
	at    Place
}

// older says whether the release is older than a version; known is false when
// that cannot be told.
func (r *release) older(than string) (older, known bool) {
	switch {
	case r.exact == attVersion:
		return false, false
	case r.exact != "":
		return versionLess(r.exact, than), true
	case r.below != "" && !versionLess(than, r.below):
		return true, true
	}
	return false, false
}

// String names the release for a message.
func (r *release) String() string {
	switch {
	case r.exact != "":
		return r.exact + " (" + r.how + ")"
	case r.below != "":
		return "older than " + r.below + " (" + r.how + ")"
	}
	return "an unknown release (" + r.how + ")"
}

// versionLess compares versions such as 3.0.9, 3.0a, 3.04.6 and 9.0(2).
func versionLess(a, b string) bool {
	if site.AtLeast(a, a) && site.AtLeast(b, b) { // both are releases of SMTPGATE
		return !site.AtLeast(a, b)
	}
	x, y := versionNumbers(a), versionNumbers(b)
	for i := range max(len(x), len(y)) {
		p, q := 0, 0
		if i < len(x) {
			p = x[i]
		}
		if i < len(y) {
			q = y[i]
		}
		if p != q {
			return p < q
		}
	}
	return false
}

func versionNumbers(s string) []int {
	var list []int
	for _, part := range strings.FieldsFunc(s, func(c rune) bool { return c < '0' || c > '9' }) {
		n, err := strconv.Atoi(part)
		if err != nil {
			return list
		}
		list = append(list, n)
	}
	return list
}

// releases returns what is known of the copies of a program on a PC: by size,
// by date, as said of the PC, and for SMTPGATE as said of the installation.
func (j *Judge) releases(pc *PC, program string) []release {
	var list []release
	for _, x := range pc.Programs.Value {
		if x.Name == program {
			list = append(list, releaseOf(x))
		}
	}
	said, whole := pc.Said["versions."+strings.TrimSuffix(program, ".EXE")], j.GatewayVersion
	if program != "SMTPGATE.EXE" {
		whole = Fact[string]{}
	}
	for _, f := range []Fact[string]{said, whole} {
		if !f.Known {
			continue
		}
		declared := release{exact: f.Value, how: "as declared", at: f.At}
		if len(list) == 0 {
			return []release{declared}
		}
		for i := range list {
			if list[i].exact == "" && list[i].below == "" {
				declared.build = list[i].build
				list[i] = declared
			}
		}
	}
	return list
}

func releaseOf(x Program) release {
	r := release{at: x.At, how: "neither size nor date known"}
	if x.Date != "" {
		r.how = "dated " + x.Date
	}
	if x.Size > 0 {
		r.how = strconv.FormatInt(x.Size, 10) + " bytes"
		for i := range builds {
			if b := &builds[i]; b.program == x.Name && b.size == x.Size {
				r.build, r.exact = b, b.version
				return r
			}
		}
		if x.Date != "" {
			r.how += ", dated " + x.Date
		}
	}
	// A date tells that a program is older than a release, but not which it is.
	var last *build
	for i := range builds {
		if b := &builds[i]; b.program == x.Name && b.date != "" && b.version != "3.0a" && b.version != "3.04.0" {
			last = b
		}
	}
	if last != nil && x.Date != "" && x.Date < last.date {
		r.below = last.version
	}
	return r
}
