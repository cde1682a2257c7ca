package postoffice

// mainDirectories are those below the root. Q77926 Q132744
var mainDirectories = [...]string{
	"ATT", "CAL", "FOLDERS", "GLB", "GRP", "HLP", "INF", "INI", "KEY", "LOG", "MAI", "MBG", "MEM", "MMF", "NME", "P1", "TPL", "USR", "XTN",
}

// directories returns every directory of a new postoffice, parents first: the main ones,
// 16 below ATT, 16 below MAI, and the administrator's folders. Q132744 Q135868
func directories() []string {
	var list []string
	for _, d := range mainDirectories {
		list = append(list, `\`+d)
		if d == "ATT" || d == "MAI" {
			for _, x := range hexDigits {
				list = append(list, `\`+d+`\`+d[:2]+string(x))
			}
		}
	}
	return append(list, `\FOLDERS\LOC`, `\FOLDERS\LOC\00000000`, `\FOLDERS\PUB`)
}

// fixedFile is a file whose content programs of ours never read.
type fixedFile struct {
	path     string
	size     int
	readOnly bool
}

// fixedFiles are as an installation of 3.5 leaves them. Q135868 Read-only ones: Q127954
var fixedFiles = [...]fixedFile{
	{`\FOLDERS\SERIALNO.IDX`, 4, false},
	{`\FOLDERS\LOC\00000000\00000000.IDX`, 100, false},
	{`\FOLDERS\PUB\FOLDROOT.IDX`, 100, false},
	{`\GLB\MODEM.GLB`, 64, false},
	{`\GLB\GLOBAL.GLB`, 512, false},
	{`\GLB\REQCONF.GLB`, 512, false},
	{`\GLB\PROCESS.GLB`, 512, false},
	{`\GLB\REQTRANS.GLB`, 0, false},
	{`\GLB\SRVTRANS.GLB`, 0, false},
	{`\GLB\USRTRANS.GLB`, 0, false},
	{`\GLB\GWTRANS.GLB`, 0, false},
	{`\GLB\NMETRANS.GLB`, 0, false},
	{`\GLB\ANSISORT.GLB`, 795, true},
	{`\GLB\C850SORT.GLB`, 795, true},
	{`\GLB\DS_MSG.GLB`, 32512, true},
	{`\GLB\TRANSFIL.GLB`, 1603, true},
	{`\GLB\WELCOME.GLB`, 609, true},
	{`\GLB\ERRORADM.GLB`, 22272, true},
	{`\GLB\ERRORDYN.GLB`, 1920, true},
	{`\GLB\ENGMAI.GLB`, 18304, true},
	{`\GLB\ENGMON.GLB`, 4096, true},
	{`\INI\EXTERNAL.INI`, 3, false},
	{`\NME\VIEW.NME`, 0, false},
}

// sizedFile is a file of which only name and size matter.
type sizedFile struct {
	name string
	size int
}

// templates are the TPL files with their sizes. Q135868
var templates = [...]sizedFile{
	{"ALIAS", 23}, {"COUREXT", 131}, {"COURIER", 148}, {"COUR_ALI", 50}, {"COUR_EX", 24}, {"EXAMPLE", 451}, {"FAX", 93},
	{"FAXATT", 126}, {"FAXCOV", 1037}, {"FAXSTD", 53}, {"MCIABT", 102}, {"MCIFAX", 230}, {"MCIPAP", 308}, {"MCIREM", 210},
	{"MCISTD", 53}, {"MCITEL", 171}, {"MCIUSE", 77}, {"MHS", 28}, {"MHSABT", 102}, {"MHSSTD", 53}, {"MSMAIL", 53},
	{"MSMAILAB", 103}, {"MSMAILST", 57}, {"NETCOUR", 72}, {"OV", 46}, {"OV_AI", 136}, {"OV_ALI", 75}, {"OV_EX", 118},
	{"PROFS", 46}, {"PROFS_AI", 138}, {"PROFS_EX", 120}, {"PROF_ALI", 75}, {"SMTP", 29}, {"SMTPABT", 112}, {"SMTPCFG", 144},
	{"SMTPSTD", 54}, {"SNADS", 80}, {"SNADS_AI", 172}, {"SNADS_EX", 154}, {"SNAD_ALI", 106}, {"X400STD", 55}, {"X400_1", 112},
	{"X400_2", 511}, {"X400_3", 28}, {"X400_4", 114}, {"X400_5", 141}, {"X400_6", 38}, {"X400_7", 168},
}

// helpFiles are the HLP files with their sizes. Q135868
var helpFiles = [...]sizedFile{
	{"ADMIN", 163546}, {"AFAX", 12487}, {"AMCI", 17764}, {"AMHS", 6808}, {"AMSM", 5526}, {"AOV", 21671}, {"APROFS", 18055},
	{"AREM", 31473}, {"ASMTP", 9442}, {"ASNADS", 24005}, {"AX400", 17150}, {"DYNADMIN", 16302}, {"ENGMAI", 185807},
	{"ENGMON", 30143}, {"ENGOPE", 10839}, {"ENGDIS", 14392},
}

// smtpHelpSize is that of SMTP.HLP, which comes with the access component. invented
const smtpHelpSize = 1024

// modemFiles and scriptFiles are the MDM and SCR files with their sizes. Q135868
var modemFiles = [...]sizedFile{
	{"BUSY", 1466}, {"CREDCARD", 7730}, {"DEFAULT", 6224}, {"HAYES12", 6048}, {"HAYES24", 6189}, {"IBM5853", 9333},
	{"MICROCOM", 7628}, {"MULTITEC", 8125}, {"NULLMODM", 3767}, {"TELEBIT", 7327}, {"ULTRA96", 7657}, {"USGNERIC", 8795},
	{"USRHST", 8717}, {"V42SERIE", 7525}, {"VSERIES", 7252}, {"X25", 14516},
}

var scriptFiles = [...]sizedFile{
	{"BUSY", 297}, {"DEFAULT", 2059}, {"HAYES12", 1939}, {"HAYES24", 1990}, {"IBM5853", 2909}, {"MICROCOM", 2988},
	{"MULTITEC", 2969}, {"NULLMODM", 667}, {"TELEBIT", 2513}, {"ULTRA96", 2737}, {"USGNERIC", 2044}, {"USRHST", 3323},
	{"V42SERIE", 2827}, {"VSERIES", 2567}, {"X25", 3105},
}

// filler is the content of all files that are only weighed. One text serves all: a site
// may have 500 postoffices.
var filler = makeFiller(185807)

func makeFiller(n int) []byte {
	const line = "gwkit stands in for the content of this file.\r\n"
	b := make([]byte, 0, n+len(line))
	for len(b) < n {
		b = append(b, line...)
	}
	return b[:n:n]
}

// sizeRules are the formulas that MAILINT and PODIAG check: header + n records. Q132744 Q77926
var sizeRules = [...]struct {
	pattern string // a path, or \DIR\*.EXT
	header  int
	record  int // 0: exactly header
}{
	{`\GLB\ACCESS.GLB`, 0, 586}, {`\GLB\ACCESS2.GLB`, 0, 69}, {`\GLB\ACCESS3.GLB`, 0, 512}, {`\GLB\CONTROL.GLB`, 8, 0},
	{`\GLB\FLAG.GLB`, 2, 0}, {`\GLB\GLOBAL.GLB`, 512, 0}, {`\GLB\GROUP.GLB`, 4, 51}, {`\GLB\GRPMEM.GLB`, 4, 128},
	{`\GLB\MASTER.GLB`, 176, 0}, {`\GLB\MODEM.GLB`, 64, 0}, {`\GLB\NETPO.GLB`, 4, 43}, {`\GLB\NETWORK.GLB`, 0, 122},
	{`\GLB\PROCESS.GLB`, 512, 197}, {`\GLB\REQCONF.GLB`, 512, 0}, {`\GLB\TID.GLB`, 4, 0}, {`\GLB\RNETSEM.GLB`, 4, 0},
	{`\GRP\*.GRP`, 8, 8}, {`\KEY\*.KEY`, 560, 0}, {`\MBG\*.MBG`, 0, 116}, {`\MEM\*.MEM`, 0, 4}, {`\NME\*.NME`, 0, 45},
	{`\USR\*.USR`, 0, 53}, {`\XTN\*.XTN`, 0, 698},
}
