package emulator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gwkit/emulator/site"
)

func TestThePCsDisksDescribeThem(t *testing.T) {
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	gw := s.PC("GW1")
	gw.Config.Files, gw.Config.CommandF, gw.TZ = 20, true, "EST5EDT"
	dir := t.TempDir()
	w, err := New(s, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(string(data), "\n") != strings.Count(string(data), "\r\n") {
			t.Errorf("%s has lines that do not end as those of MS-DOS do", name)
		}
		return strings.ReplaceAll(string(data), "\r\n", "\n")
	}
	if text := read("PC_GW1/CONFIG.SYS"); !strings.HasPrefix(text, "FILES=20\n") {
		t.Errorf("CONFIG.SYS does not have the site's FILES=:\n%s", text)
	}
	text := read("PC_GW1/AUTOEXEC.BAT")
	at := -1
	for _, line := range []string{"SET TZ=EST5EDT\n", "\nSHARE\n", "\nLOAD TCPIP\n", "\nSOCKETS\n", "\nNET LOGON GW1\n", "\nNET USE M: \\\\SERVER\\COMPANY_HUB\n", "\nCALL C:\\GATE\\START.BAT\n"} {
		i := strings.Index(text, line)
		if i <= at {
			t.Errorf("AUTOEXEC.BAT: %q is missing or comes too early:\n%s", line, text)
		}
		at = i
	}
	if text := read("PC_GW1/GATE/START.BAT"); !strings.Contains(text, `COMMAND.COM /F /C `+gw.Run+"\n") {
		t.Errorf("START.BAT does not run the gateway as the site says:\n%s", text)
	}
	if text := read("PC_MTA1/GATE/START.BAT"); !strings.Contains(text, "\nEXTERNAL -p010 -DMO\n") {
		t.Errorf("START.BAT does not say which drives EXTERNAL serves:\n%s", text)
	}
	if text := read("PC_GW1/LANMAN/PROTOCOL.INI"); !strings.Contains(text, "IPADDRESS0 = 11 1 16 16\n") || !strings.Contains(text, "FORCEPUSHBIT = 1\n") {
		t.Errorf("PROTOCOL.INI:\n%s", text)
	}
	if text := read("PC_GW1/LANMAN/TCPUTILS.INI"); !strings.Contains(text, "HOSTNAME = GW1\n") {
		t.Errorf("TCPUTILS.INI:\n%s", text)
	}
	// A PC without TCP/IP loads none.
	for i := range s.PCs {
		if s.PCs[i].IP == "" {
			name := "PC_" + s.PCs[i].Name + "/"
			if text := read(name + "AUTOEXEC.BAT"); strings.Contains(text, "TCPIP") {
				t.Errorf("%s loads a stack it does not have:\n%s", s.PCs[i].Name, text)
			}
			if _, err := os.Stat(filepath.Join(dir, name, "LANMAN")); err == nil {
				t.Errorf("%s has files of a stack", s.PCs[i].Name)
			}
		}
	}
}

// The settings of a file that somebody wrote are EXTERNAL's own business.
func TestTheBatchFileLeavesDrivesToExternalINI(t *testing.T) {
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	s.Files = []site.FileOverride{{Postoffice: "COMPANY/HUB", Path: externalINI, Text: "[External]\nDrivesDirectPO=MN\n"}}
	if text := startBatch(s.PC("MTA1"), s); !strings.Contains(text, "\nEXTERNAL -p010\n") {
		t.Errorf("START.BAT:\n%s", text)
	}
}

func TestAPCWithNovellsStackHasNoLANManagerFiles(t *testing.T) {
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	gw := s.PC("GW1")
	gw.Config.Stack = "novell"
	files := setupFiles(gw, s)
	for path := range files {
		if strings.Contains(path, "LANMAN") {
			t.Errorf("%s is there", path)
		}
	}
	if text := files[`\AUTOEXEC.BAT`]; strings.Contains(text, "SOCKETS") || !strings.Contains(text, "\nTCPIP\n") {
		t.Errorf("AUTOEXEC.BAT:\n%s", text)
	}
	dir := t.TempDir()
	w, err := New(s, Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "PC_GW1", "GATE", "SMTPGATE.EXE")); err != nil || info.Size() != novellBuild {
		t.Errorf("SMTPGATE.EXE: %v, %v", info, err)
	}
}
