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

// ExternalSettings are the options that EXTERNAL works with: those of its
// EXTERNAL.INI, and behind them those of the command line.
type ExternalSettings struct {
	site.ExternalOptions
	Direct          string // letters of the postoffices that it serves
	WAN             string // letters of those that it only sends to
	DispatchDisable bool   // it takes nothing out of outbound mailbags

	chosen bool // somebody asked for Direct
	more   externalSwitches
	shown  []string // the options that -V and -Q1 show
	unread error    // why the file cannot be read; nil also when there is none
}

// HomeDrive is the letter of the home postoffice, 0 when no drive leads to one.
// Q103447
func (s *ExternalSettings) HomeDrive() byte {
	switch {
	case s.Home != 0:
		return s.Home
	case s.Direct != "":
		return s.Direct[0]
	}
	return 0
}

// ReadExternal puts the options of EXTERNAL.INI before those of the command line,
// which therefore win (Q118813), and reads them together. The file is that of the
// home postoffice: inferred, as the command line names it, because the file could
// only name it once it is found. mapped are the letters of the PC's network drives;
// read returns a file such as M:\INI\EXTERNAL.INI.
//
// An error is one with which EXTERNAL does not start: *site.INIError for a line of
// the file, site.ErrNoInstance, or what is wrong with an option.
func ReadExternal(args []string, mapped string, read func(name string) ([]byte, error)) (s ExternalSettings, err error) {
	if s.ExternalOptions, err = site.ParseExternal(args); err != nil {
		return s, err
	}
	written := false
	finish := func() {
		s.more = parseSwitches(s.Unknown)
		s.WAN, s.DispatchDisable = s.more.wan, s.more.dispatchDisable
		s.Direct, s.chosen = directRange(mapped, &s.ExternalOptions, s.WAN, written)
	}
	s.shown = args
	finish()
	home := s.HomeDrive()
	if home == 0 {
		return s, nil
	}
	var options []string
	data, err := read(string(rune(home)) + `:\` + fileINI)
	switch {
	case err == nil && len(data) != iniShipped:
		written = true
		options, err = site.ParseExternalINI(data, s.Instance)
	case err == nil, postoffice.IsMissing(err):
		// No error is printed. Q124857
		if err = nil; s.Instance != "" {
			err = site.ErrNoInstance
		}
	default:
		s.unread = err
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if s.ExternalOptions, err = site.ParseExternal(slices.Concat(options, args)); err != nil {
		return s, err
	}
	// 3.2 does not show the disk limits of the file, only those of the command line. Q105166
	options = slices.DeleteFunc(options, func(s string) bool { return strings.HasPrefix(strings.ToUpper(s), "/MINKDISK") })
	s.shown = slices.Concat(options, args)
	finish()
	return s, nil
}

// configure reads the settings, and prints what is wrong with them.
//
// The texts are those of the Windows NT version. inferred: that MS-DOS has the
// same, and that EXTERNAL goes on after a warning and ends after an error.
func (x *external) configure(args []string) bool {
	s, err := ReadExternal(args, networkDrives(x.t.PC()), func(name string) ([]byte, error) { return x.t.ReadFile(name, dos.Read|dos.DenyNone) })
	x.o = s
	var bad *site.INIError
	switch {
	case errors.As(err, &bad):
		x.t.Print(extBadINI + " " + bad.Text + "\r\n")
	case errors.Is(err, site.ErrNoInstance):
		x.t.Print(extNoInstance + "\r\n")
	case err != nil:
		x.t.Print(err.Error() + "\r\n")
	}
	switch unread := s.unread; {
	case unread == nil, errors.Is(unread, dos.FailedCritical), errors.Is(unread, dos.NetworkDeviceGone):
		// Start finds a drive in error.
	default:
		x.t.Print(extNoINI + "\r\n") // Q131678
	}
	return err == nil
}
