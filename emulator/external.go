package emulator

import (
	"errors"
	"strings"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/program"
	"gwkit/emulator/site"
)

// ExternalSettings are the options that EXTERNAL works with. Its HomeDrive is the letter
// of the home postoffice.
type ExternalSettings = program.ExternalSettings

var errNotExternal = errors.New("it does not run EXTERNAL")

// ExternalSettingsOf returns what a command line that runs EXTERNAL comes to on a PC: the
// program itself reads it so, with its EXTERNAL.INI. read returns a file such as
// M:\INI\EXTERNAL.INI. The error says why the program does not start.
func ExternalSettingsOf(c *site.PC, line string, read func(name string) ([]byte, error)) (ExternalSettings, error) {
	name, args, err := site.SplitCommand(line)
	if err == nil && !strings.EqualFold(name, "EXTERNAL") {
		err = errNotExternal
	}
	if err != nil {
		return ExternalSettings{}, err
	}
	mapped := make([]byte, len(c.Drives))
	for i, d := range c.Drives {
		mapped[i] = d.Letter
	}
	return program.ReadExternal(args, string(mapped), read)
}

// external returns the settings of the EXTERNAL that a PC runs; false when it runs another
// program, or does not start.
func (m *machine) external() (ExternalSettings, bool) {
	s, err := ExternalSettingsOf(m.conf, m.line, func(name string) ([]byte, error) {
		v := m.pc.Drive(name[0])
		if v == nil {
			return nil, dos.InvalidDrive
		}
		return v.ReadFile(name[len("M:"):])
	})
	return s, err == nil
}
