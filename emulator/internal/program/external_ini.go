package program

import (
	"errors"
	"slices"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/site"
)

const (
	fileINI = `INI\EXTERNAL.INI` // on the home postoffice. Q77926, Q135868

	// iniShipped is the length of the file as it is installed. Q135868
	// inferred: nobody has written such a file, and it sets nothing.
	iniShipped = 3
)

// configure puts the options of EXTERNAL.INI before those of the command line,
// which therefore win (Q118813), and reads them together. The file is that of the
// home postoffice: inferred, as the command line names it, because the file could
// only name it once it is found.
//
// The texts are those of the Windows NT version. inferred: that MS-DOS has the
// same, and that EXTERNAL goes on after a warning and ends after an error.
func (x *external) configure(args []string) bool {
	letter := x.o.Home
	if letter == 0 {
		drives, _ := directRange(x.t.PC(), &x.o, x.s.wan, false)
		if drives == "" {
			return true // start says so
		}
		letter = drives[0]
	}
	var options []string
	data, err := x.t.ReadFile(string(rune(letter))+`:\`+fileINI, dos.Read|dos.DenyNone)
	switch {
	case err == nil && len(data) != iniShipped:
		x.written = true
		options, err = site.ParseExternalINI(data, x.o.Instance)
	case err == nil, postoffice.IsMissing(err):
		// No error is printed. Q124857
		if err = nil; x.o.Instance != "" {
			err = site.ErrNoInstance
		}
	case errors.Is(err, dos.FailedCritical), errors.Is(err, dos.NetworkDeviceGone):
		return true // start finds the drive in error
	default:
		x.t.Print(extNoINI + "\r\n") // Q131678
		return true
	}
	var bad *site.INIError
	switch {
	case errors.As(err, &bad):
		x.t.Print(extBadINI + " " + bad.Text + "\r\n")
		return false
	case err != nil:
		x.t.Print(extNoInstance + "\r\n")
		return false
	}
	if x.o, err = site.ParseExternal(slices.Concat(options, args)); err != nil {
		x.t.Print(err.Error() + "\r\n")
		return false
	}
	x.s = parseSwitches(x.o.Unknown)
	// 3.2 does not show the disk limits of the file, only those of the command line. Q105166
	options = slices.DeleteFunc(options, func(s string) bool { return strings.HasPrefix(strings.ToUpper(s), "/MINKDISK") })
	x.shown = slices.Concat(options, args)
	return true
}
