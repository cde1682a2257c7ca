package emulator

import (
	"fmt"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/site"
)

// The set-up files of a PC describe on its own disk what the site says of it,
// so that whoever looks at the disk finds what an administrator finds: FILES=
// (Q128570), TZ (Q115452), the stack before SOCKETS before the login before
// the gateway (Q96244, Q141663), COMMAND /F (Q136041), the values of the
// reference configuration (Q127732). Nothing reads them back: the site is what
// counts, and it is written anew at each start.
//
// invented: the directories \DOS and \LANMAN, the name of the server and the
// name of the batch file; no article prints the whole of a gateway PC's disk.
const (
	stackDir = `C:\LANMAN`
	startBat = `C:\GATE\START.BAT`
)

// setupFiles returns the files of a PC by path.
func setupFiles(c *site.PC, s *site.Site) map[string]string {
	tz := s.TZ
	if c.TZ != "" {
		tz = c.TZ
	}
	files := map[string]string{
		`\CONFIG.SYS`:     configSys(c),
		`\AUTOEXEC.BAT`:   autoexecBat(c, tz),
		`\GATE\START.BAT`: startBatch(c, s),
	}
	if microsoft(c) {
		files[`\LANMAN\PROTOCOL.INI`] = protocolIni(c)
		files[`\LANMAN\TCPUTILS.INI`] = "[TCPGLOBAL]\nHOSTNAME = " + strings.ToUpper(c.Name) + "\n" // Q128438
	}
	return files
}

// microsoft says whether a PC has TCP/IP of LAN Manager, whose set-up is that of
// the reference configuration; for one without a name that stands in.
func microsoft(c *site.PC) bool { return c.IP != "" && !novell(c) }

// novell says whether a PC has TCP/IP of Novell. Its set-up is not written out: no
// article prints a whole one.
func novell(c *site.PC) bool { return c.IP != "" && strings.HasPrefix(c.Config.Stack, "novell") }

// installSetup writes the set-up files of a PC to its local disk.
func installSetup(v *dos.Volume, c *site.PC, s *site.Site) error {
	if microsoft(c) {
		if err := v.MkdirAll(`\LANMAN`, 0o777); err != nil {
			return err
		}
	}
	files := setupFiles(c, s)
	for _, path := range []string{`\CONFIG.SYS`, `\AUTOEXEC.BAT`, `\GATE\START.BAT`, `\LANMAN\PROTOCOL.INI`, `\LANMAN\TCPUTILS.INI`} {
		text, ok := files[path]
		if !ok {
			continue
		}
		if err := v.WriteFile(path, []byte(strings.ReplaceAll(text, "\n", "\r\n")), dos.Archive); err != nil {
			return err
		}
	}
	return nil
}

func configSys(c *site.PC) string {
	var b strings.Builder
	fmt.Fprintf(&b, "FILES=%d\nBUFFERS=15,0\nLASTDRIVE=Z\n", c.Config.Files) // Q127732
	if microsoft(c) {
		b.WriteString("DEVICE=" + stackDir + `\DRIVERS\PROTMAN\PROTMAN.DOS /I:` + stackDir + "\n")
		b.WriteString("DEVICE=" + stackDir + `\DRIVERS\PROTOCOL\TCPIP\TCPDRV.DOS /I:` + stackDir + "\n")
		b.WriteString("DEVICE=" + stackDir + `\DRIVERS\PROTOCOL\TCPIP\NEMM.DOS` + "\n")
	}
	return b.String()
}

func autoexecBat(c *site.PC, tz string) string {
	var b strings.Builder
	b.WriteString("@ECHO OFF\nPROMPT $P$G\n")
	path := `C:\DOS;` + strings.Join(c.Path, ";")
	if microsoft(c) {
		path += ";" + stackDir + `\NETPROG`
	}
	b.WriteString("PATH " + path + "\nSET TZ=" + tz + "\n")
	if c.Config.Share {
		b.WriteString("SHARE\n")
	}
	switch {
	case novell(c):
		b.WriteString("LSL\nIPXODI\nTCPIP\n") // Q118970; inferred: the order
	case c.IP != "":
		// The TCP drivers, LOAD TCPIP, SOCKETS, the login, then the gateway.
		// Q96244, Q105288, Q141663
		b.WriteString("NETBIND\nLOAD TCPIP\nSOCKETS\n")
	}
	b.WriteString("NET START WORKSTATION\nNET LOGON " + strings.ToUpper(c.Name) + "\n")
	for _, d := range c.Drives {
		fmt.Fprintf(&b, "NET USE %c: \\\\SERVER\\%s\n", d.Letter, folderOf(d.Postoffice))
	}
	if c.Run != "" {
		b.WriteString("CALL " + startBat + "\n")
	}
	return b.String()
}

func startBatch(c *site.PC, s *site.Site) string {
	run := c.Run
	if run == "" {
		return "@ECHO OFF\n"
	}
	run += drivesOption(c, s)
	if c.Config.CommandF {
		run = `C:\DOS\COMMAND.COM /F /C ` + run // Q136041
	}
	text := "@ECHO OFF\nC:\nCD \\GATE\n"
	if c.Loop {
		// A batch file that starts the program again. Q134371, Q140245
		return text + ":AGAIN\n" + run + "\nGOTO AGAIN\n"
	}
	return text + run + "\n"
}

// externalINI is where EXTERNAL finds its settings. Q77926
const externalINI = `\INI\EXTERNAL.INI`

// drivesOption writes out what the emulator reads into a command line of
// EXTERNAL without -D: that it serves all mapped drives. Without the option the
// real one would serve M alone. Q103447, Q124857
//
// Where somebody wrote an EXTERNAL.INI nothing is added: the emulator reads it as
// the real one does.
func drivesOption(c *site.PC, s *site.Site) string {
	program, args, err := site.SplitCommand(c.Run)
	if err != nil || program != "EXTERNAL" || len(c.Drives) == 0 {
		return ""
	}
	for _, f := range s.Files {
		if f.Path == externalINI && !f.Absent && strings.EqualFold(f.Postoffice, c.Drives[0].Postoffice) {
			return ""
		}
	}
	if o, err := site.ParseExternal(args); err != nil || o.Drives != "" {
		return ""
	}
	first, last := c.Drives[0].Letter, c.Drives[len(c.Drives)-1].Letter
	if first == last {
		return fmt.Sprintf(" -D%c", first)
	}
	return fmt.Sprintf(" -D%c%c", first, last) // a range. Q96060
}

// protocolIni has the values of the reference configuration. Q127732, Q100709
func protocolIni(c *site.PC) string {
	address := strings.ReplaceAll(c.IP, ".", " ")
	return "[TCPIP]\nDRIVERNAME = TCPIP$\nIPADDRESS0 = " + address + "\nSUBNETMASK0 = 255 0 0 0\n" +
		"NBSESSIONS = 2\nTCPSEGMENTSIZE = 1450\nTCPWINDOWSIZE = 1450\nFORCEPUSHBIT = 1\n\n" +
		"[SOCKETS]\nDRIVERNAME = SOCKETS$\nNUMSOCKETS = 4\nNUMTHREADS = 32\nPOOLSIZE = 3200\nMAXSENDSIZE = 1024\n"
}
