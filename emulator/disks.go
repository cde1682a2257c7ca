package emulator

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/site"
)

// programSizes are the executables' documented sizes in bytes.
var programSizes = map[string]int{
	"SMTPGATE.EXE": 71585,  // the LAN Manager build of 3.0.9. Q101461
	"SMTPGET.EXE":  107251, // 3.04.6. Q118562
	"SMTPPUT.EXE":  66751,  // 3.04.1. Q101458
	"EXTERNAL.EXE": 57549,  // 3.5. Q135868
}

// novellBuild is SMTPNVL.EXE of 3.0.9, which a PC with the stack of Novell has as
// SMTPGATE.EXE. Q101461
const novellBuild = 74489

// installLocalPrograms puts copies of the programs on a PC's own disk, in
// C:\GATE. Q132060
func installLocalPrograms(v *dos.Volume, c *site.PC) error {
	if err := v.MkdirAll(`\GATE`, 0o777); err != nil {
		return err
	}
	for _, f := range c.Local {
		size := programSizes[strings.ToUpper(f)]
		if strings.EqualFold(f, "SMTPGATE.EXE") && novell(c) {
			size = novellBuild
		}
		if err := writeProgram(v, `\GATE\`, f, size); err != nil {
			return err
		}
	}
	return nil
}

// installServerPrograms puts the copies that the gateway's installation leaves
// on the server. Q87028, Q101458
func installServerPrograms(v *dos.Volume) error {
	if err := v.MkdirAll(`\MAILEXE`, 0o777); err != nil {
		return err
	}
	for _, f := range []string{"SMTPGATE.EXE", "SMTPGET.EXE", "SMTPPUT.EXE"} {
		if err := writeProgram(v, `\MAILEXE\`, f, programSizes[f]); err != nil {
			return err
		}
	}
	return nil
}

func writeProgram(v *dos.Volume, dir, file string, size int) error {
	file = strings.ToUpper(file)
	if size == 0 {
		return fmt.Errorf("cannot install program %s: unknown", file)
	}
	body := make([]byte, size)
	copy(body, "MZ") // what DOS looks at first
	return v.WriteFile(dir+file, body, dos.Archive)
}

// folderOf names the folder of a postoffice: COMPANY_HUB for COMPANY/HUB.
func folderOf(ref string) string { return strings.ToUpper(strings.ReplaceAll(ref, "/", "_")) }

func openFolder(dir, folder string, o dos.VolumeOptions) (*dos.Volume, error) {
	path := filepath.Join(dir, folder)
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, fmt.Errorf("cannot keep a drive in %s: %w", path, err)
	}
	v, err := dos.OpenHostVolume(path, o)
	if err != nil {
		return nil, fmt.Errorf("cannot open the drive in %s: %w", path, err)
	}
	return v, nil
}

// newFolders holds the drives that are being made in a folder of drives. Nobody who
// looks for postoffices there looks so deep.
const newFolders = ".gwkit-new"

// installFolder makes the drive of a postoffice unless there is one. It takes its
// place when it is complete: a server that ends half-way, or whose disk is full,
// leaves no half postoffice behind.
func installFolder(dir, folder string, o dos.VolumeOptions, install func(*dos.Volume) error) error {
	path := filepath.Join(dir, folder)
	entries, err := os.ReadDir(path)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("cannot keep a drive in %s: %w", path, err)
	}
	if len(entries) > 0 {
		if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.EqualFold(e.Name(), "GLB") }) {
			return nil // whatever else is wrong with it, it is somebody's postoffice
		}
		return fmt.Errorf("cannot keep a drive in %s: it has files but is no postoffice, for it lacks the folder GLB: empty it, or restore the drive", path)
	}
	fresh := filepath.Join(dir, newFolders)
	defer os.RemoveAll(fresh)
	if err := os.RemoveAll(fresh); err != nil { // of a server that ended half-way
		return fmt.Errorf("cannot make a drive in %s: %w", fresh, err)
	}
	v, err := openFolder(fresh, folder, o)
	if err != nil {
		return err
	}
	err = install(v)
	if e := v.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("cannot make the drive for %s: %w", path, err)
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) { // it is empty
		return fmt.Errorf("cannot make the drive for %s: %w", path, err)
	}
	if err := os.Rename(filepath.Join(fresh, folder), path); err != nil {
		return fmt.Errorf("cannot make the drive for %s: %w", path, err)
	}
	return nil
}

// zoneOf reads the TZ variable of a PC: a name, the hours west of Greenwich
// and a name for summer time, such as PST8PDT. Q115452
//
// invented: summer time never begins: no article says by which rule the
// gateway's C library switched, and a run seldom crosses the day.
func zoneOf(tz string, start time.Time) (*time.Location, error) {
	i := strings.IndexAny(tz, "+-0123456789")
	if i < 1 {
		return nil, fmt.Errorf("cannot read TZ %q: want a name and the hours west of Greenwich, such as PST8PDT", tz)
	}
	name, rest := tz[:i], tz[i:]
	sign := 1
	switch rest[0] {
	case '-':
		sign, rest = -1, rest[1:]
	case '+':
		rest = rest[1:]
	}
	field := func() (n int, ok bool) {
		j := 0
		for j < len(rest) && j < 2 && rest[j] >= '0' && rest[j] <= '9' {
			n = 10*n + int(rest[j]-'0')
			j++
		}
		rest = rest[j:]
		return n, j > 0
	}
	hours, ok := field()
	minutes := 0
	if ok && strings.HasPrefix(rest, ":") {
		rest = rest[1:]
		minutes, ok = field()
	}
	if !ok || hours > 24 || minutes > 59 {
		return nil, fmt.Errorf("cannot read TZ %q: want a name and the hours west of Greenwich, such as PST8PDT", tz)
	}
	return time.FixedZone(name, -sign*(hours*3600+minutes*60)), nil
}

// The benchmark timing is fitted so that the documented figures come out of
// the simulation: 2.5 s for a message of 537 bytes either way (Q137043) and
// about 10,000 messages of 8 KB a day through one gateway (Q132060), which
// together make a line of about 2.06 s plus 0.82 s a kilobyte.
//
// invented: how that time is spread. Every file operation on a network drive
// costs the same and so does every kilobyte that it moves; the two figures are
// the best fit to both directions, whose passages differ a little (78 and 76
// operations, 7 and 6 copies of the text).
const (
	benchmarkPerOperation = 11000 * time.Microsecond
	benchmarkPerKilobyte  = 125500 * time.Microsecond
)

func timingOf(t *site.Timing) dos.Timing {
	switch t.Model {
	case site.TimingNone:
		return dos.Timing{}
	case site.TimingCustom:
		return dos.Timing{PerOperation: t.PerOperation, PerKilobyte: t.PerKilobyte}
	}
	return dos.Timing{PerOperation: benchmarkPerOperation, PerKilobyte: benchmarkPerKilobyte}
}
