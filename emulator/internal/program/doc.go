// Package program holds the programs of the deployment as straight-line code
// on a PC of package dos: SMTPGATE, the SMTPGET and SMTPPUT that it spawns,
// and EXTERNAL.
//
// # Goals
//
// One file an executable, or a few with its name in front, told in the order
// of the documented steps. Each message a program prints is a constant with
// its article (messages.go). What differs between the releases of the gateway
// is a row of one table (version.go). All state lives in files on the network
// drive, under the original's fixed names; a program that finds such a file
// believes it is its own, which is all that the shared-directory deadlock of
// Q132060 needs.
//
// # Non-goals
//
// Programs never report success to a checker; what became of a message is
// read from the drives.
//
// # The gateway's files
//
//	inbound   SMTP_IN.ENV -> SMTP_IN.822 -> API_OUT.TMP -> TO_NC.API -> SMTPPUT   Q115493
//	outbound  SMTPGET -> FROM_NC.API -> SMTP_OUT.822, SMTP_OUT.TXT -> smart host  Q108375, Q129713
//	failures  OUTBAD.API                                                          Q129239
package program

import (
	"strings"

	"gwkit/emulator/internal/dos"
)

// Resident sizes in bytes, which a PC must have free to run a program. Q137042
const (
	sizeSMTPGATE = 74655
	sizeSMTPPUT  = 66751
	sizeSMTPGET  = 107251
	sizeEXTERNAL = 275000 // invented: no article gives the size of EXTERNAL 3.2
)

// Table returns the programs of a gateway release, by upper-case file name;
// tryPut and stack are those of a Behaviour.
func Table(version string, tryPut bool, stack string) func(file string) *dos.Program {
	b := VersionOf(version)
	b.TryPut, b.Stack = tryPut, stack
	programs := map[string]*dos.Program{}
	for _, p := range []*dos.Program{
		{Name: "SMTPGATE.EXE", Memory: sizeSMTPGATE, Main: func(t *dos.Task, args []string) int { return SMTPGATE(t, args, b) }},
		{Name: "SMTPGET.EXE", Memory: sizeSMTPGET, Main: SMTPGET},
		{Name: "SMTPPUT.EXE", Memory: sizeSMTPPUT, Main: SMTPPUT},
		{Name: "EXTERNAL.EXE", Memory: sizeEXTERNAL, Main: EXTERNAL},
	} {
		programs[p.Name] = p
	}
	return func(file string) *dos.Program { return programs[strings.ToUpper(file)] }
}
