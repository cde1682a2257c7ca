package drive

import "path"

// SizeRule says which sizes a file of the database can have. A right size
// proves nothing: the content may be damaged all the same. Q87465, Q132058
type SizeRule struct {
	Pattern string // of path.Match, in capitals: "KEY/*.KEY"
	Formula string // "4 + 51n": n counts records from 0
	Article string

	base, unit, max int64
	least           int64 // records
}

// Sizes are the documented sizes; the first row whose pattern fits counts.
var Sizes = []SizeRule{
	{"GLB/ACCESS.GLB", "586n", "Q77926", 0, 586, 0, 0},
	{"GLB/ACCESS2.GLB", "69n", "Q77926", 0, 69, 0, 0},
	{"GLB/ACCESS3.GLB", "512n", "Q77926", 0, 512, 0, 0},
	{"GLB/CONTROL.GLB", "8", "Q87388", 8, 0, 0, 0},
	{"GLB/FLAG.GLB", "2", "Q121256", 2, 0, 0, 0},
	{"GLB/GLOBAL.GLB", "512", "Q77926", 512, 0, 0, 0},
	{"GLB/GROUP.GLB", "4 + 51n", "Q77926", 4, 51, 0, 0},
	{"GLB/GRPMEM.GLB", "4 + 128n", "Q77926", 4, 128, 0, 0},
	{"GLB/MASTER.GLB", "176", "Q148666", masterSize, 0, 0, 0},
	{"GLB/MODEM.GLB", "64", "Q77926", 64, 0, 0, 0},
	{"GLB/NETPO.GLB", "4 + 43n", "Q110223", 4, 43, 0, 0},
	{"GLB/NETWORK.GLB", "122n", "Q148666", 0, networkSize, 0, 0},
	{"GLB/PROCESS.GLB", "512 + 197n", "Q77926", 512, 197, 0, 0},
	{"GLB/REQCONF.GLB", "512", "Q123437", 512, 0, 0, 0},
	{"GLB/SERVER.GLB", "181n", "Q77926", 0, 181, 0, 0},
	{"GLB/SRVCONF.GLB", "1024 + 1024n", "Q148705", 1024, 1024, 0, 0},
	{"GLB/TID.GLB", "4", "Q77926", 4, 0, 0, 0},
	{"GLB/RNETSEM.GLB", "4", "Q118946", 4, 0, 0, 0},
	{"KEY/*.KEY", "560", "Q77926", keySize, 0, 0, 0},
	{"MBG/*.MBG", "116n", "Q77926", 0, mailSize, 0, 0},
	{"XTN/*.XTN", "698n", "Q128243", 0, officeSize, 0, 0},
	{"NME/*.NME", "45n", "Q77926", 0, 45, 0, 0},
	{"USR/*.USR", "53n", "Q77926", 0, 53, 0, 0},
	{"GRP/*.GRP", "8n, n at least 1", "Q135932", 0, 8, 0, 1},
	{"MEM/*.MEM", "4n, at most 2000", "Q117895", 0, 4, 2000, 0},
	{"SMTP/SMTPIN.TBL", "264", "Q101461", 264, 0, 0, 0},
	{"SMTP/SMTPOUT.TBL", "264", "Q101461", 264, 0, 0, 0},
}

// InqueueMax is the length of a mailbag whose KEY file has no bit left. Q147253
const InqueueMax = SlotMax * mailSize

// SizeRuleFor returns the row of a file, or nil.
func SizeRuleFor(dosPath string) *SizeRule {
	p := fold(clean(dosPath))
	for i := range Sizes {
		if ok, _ := path.Match(Sizes[i].Pattern, p); ok {
			return &Sizes[i]
		}
	}
	return nil
}

// Allows reports whether a file may have this size in bytes.
func (r *SizeRule) Allows(size int64) bool {
	n := size - r.base
	switch {
	case n < 0, r.max > 0 && size > r.max:
		return false
	case r.unit == 0:
		return n == 0
	}
	return n%r.unit == 0 && n/r.unit >= r.least
}
