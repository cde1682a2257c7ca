// Package target is the seam between scripts and the thing they judge.
//
// Goals: one small interface that a deployment in process, a served emulator
// and a real installation can all stand behind; powers that say beforehand
// what a target can do, so that a script which needs more is skipped with the
// reason instead of failing half way.
//
// Non-goals: judging anything, reading scripts, speaking SMTP. A Conn moves
// lines; what they should say is the script's business.
//
// # Use
//
//	rig, err := target.Emulator().Open(s, target.Options{Seed: 7})
//	if err != nil { ... }
//	defer rig.Close()
//	if clock, ok := rig.(target.Clock); ok {
//		stop := clock.Run(6 * time.Minute)
//	}
//
// A Rig has the methods of Rig and, for each power its target names, those of
// the interface of that power. The contract test checks that the two agree.
//
// # Why
//
// The values that pass through the seam (mail items, connections, states) are
// those of the emulator under another name. The alternative, a copy of each
// with conversions, was refused: a second kind of target fills the same
// fields, and nothing here depends on how the emulator makes them.
package target

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// Target is one thing that can be judged.
type Target interface {
	Name() string   // "emulator", or the name of the file that describes it
	Powers() Powers // what every Rig of this target can do
	Open(*site.Site, Options) (Rig, error)
}

// Options are the inputs of one run beside the site. The zero value is seed
// 0, the first choice everywhere, and the target's own budget.
type Options struct {
	Seed uint64

	// Chooser decides what the documents leave open; nil always takes the
	// first choice.
	Chooser Chooser

	// Ties asks the chooser about events of one instant as well.
	Ties bool

	// MaxSteps ends a run that does not end by itself; 0 is the target's
	// own budget.
	MaxSteps uint64

	// Trace receives the events of the run; nil keeps only the digest.
	Trace trace.Sink
}

// Chooser answers a question with n answers, 0 to n-1.
type Chooser interface {
	Choose(n int, label string) int
}

// Rig is an opened target: one run of one site. Its methods are called from
// one goroutine.
type Rig interface {
	Close() error
	Now() time.Time         // virtual time, or the wall clock of a live target
	Elapsed() time.Duration // since the run began
	Err() error             // the cause when a Stop is StopInternal
}

// Clock is the power clock: time moves when the script says so.
type Clock interface {
	Run(time.Duration) Stop
	RunUntil(cond func() bool, limit time.Duration) (bool, Stop)
	RunToRest(limit time.Duration) Stop
}

// Files is the power files: the databases of the postoffices can be read.
// Paths are written as `M:\X\Y` for the first gateway PC, `GW1:M:\X\Y` in the
// drive letters of a PC, `COMPANY/HUB:\X\Y` for a postoffice.
type Files interface {
	ReadFile(path string) ([]byte, error)
	FileExists(path string) bool
	ListDir(path string) ([]FileInfo, error)
	Mailbag(postoffice, box string) ([]Item, error)
}

// Write is the power write: the databases can be changed behind the programs'
// backs, and a bystander can hold a file open.
type Write interface {
	WriteFile(path string, data []byte) error
	RemoveFile(path string) error
	SetAttr(path, attrs string) error
	Hold(pc, path, mode string) (release func(), err error)
}

// SMTP is the power smtp: a script can be an SMTP client of the gateway, and
// hand mail to the smart host.
type SMTP interface {
	Dial(fromIP, to string) (Conn, error)
	Inject(from string, to []string, data []byte) error
}

// Sink is the power sink: a script sees what reached the Internet and what
// waits at the smart host, and can take the smart host's place.
type Sink interface {
	Outside() []Delivered
	Queue() []Queued
	Listen(ip string) (Listener, error)
}

// Submit is the power submit: a script acts as a user of a postoffice.
type Submit interface {
	Submit(Mail) error
	DeleteMail(postoffice, box string, slot int) error
}

// Faults is the power faults: things can be made to go wrong.
type Faults interface {
	AddFault(text string) error
	RemoveFault(text string) error
	ClearFaults()
	SetDrive(ref string, online bool) error
}

// Keys is the power keys: the screens and keyboards of the PCs.
type Keys interface {
	Screen(pc string) ([]string, error)
	Key(pc, keys string) error
}

// Reboot is the power reboot: PCs are switched and given command lines.
type Reboot interface {
	Reboot(pc string) error
	PowerOff(pc string) error
	PowerOn(pc string) error
	StartProgram(pc, commandLine string) error
}

// Schedule is the power schedule: the run is repeatable, and its inside can be
// looked at and loaded.
type Schedule interface {
	PCs() []string
	State(pc string) (PCState, error)
	Holders(path string) []string
	Waits() []Waiting
	Digest() uint64
	Steps() uint64
	AddLoad(Load) error
	Report() ([]byte, error) // the summary of the run as JSON
}

// The values that pass through the seam. A Conn and a Listener move virtual
// time while they wait.
type (
	Item       = emulator.Item
	Mail       = emulator.Mail
	Attachment = emulator.Attachment
	Delivered  = emulator.Delivered
	Queued     = emulator.Queued
	Conn       = emulator.Conn
	Listener   = emulator.Listener
	FileInfo   = emulator.FileInfo
	PCState    = emulator.PCState
	Waiting    = emulator.Waiting
	Load       = emulator.Load
)

// Stop says why a run returned.
type Stop string

// The reasons to stop.
const (
	StopTime     Stop = "time reached"
	StopIdle     Stop = "idle"    // nothing will ever happen again
	StopBlocked  Stop = "blocked" // processes wait for one another
	StopRest     Stop = "at rest" // all mail rests
	StopBudget   Stop = "step budget used up"
	StopHalted   Stop = "halted"
	StopInternal Stop = "internal error"
)

// Powers is a set of powers.
type Powers uint16

// The powers.
const (
	PowerFiles Powers = 1 << iota
	PowerWrite
	PowerSMTP
	PowerSink
	PowerSubmit
	PowerClock
	PowerFaults
	PowerKeys
	PowerReboot
	PowerSchedule

	AllPowers = PowerSchedule<<1 - 1
)

// PowerInfo is a row of PowerTable.
type PowerInfo struct {
	Power   Powers
	Name    string
	Summary string

	has func(Rig) bool
}

// PowerTable describes each power, sorted by name.
var PowerTable = []PowerInfo{
	{PowerClock, "clock", "time moves when the script says so", is[Clock]},
	{PowerFaults, "faults", "things can be made to go wrong, and postoffices taken away", is[Faults]},
	{PowerFiles, "files", "the databases of the postoffices can be read: files and mailbags", is[Files]},
	{PowerKeys, "keys", "the screens and keyboards of the PCs", is[Keys]},
	{PowerReboot, "reboot", "PCs are switched on and off and given command lines", is[Reboot]},
	{PowerSchedule, "schedule", "the run is repeatable, and its inside can be looked at and loaded", is[Schedule]},
	{PowerSink, "sink", "what reached the Internet is seen, and the smart host can be replaced", is[Sink]},
	{PowerSMTP, "smtp", "the script can speak SMTP to the gateway and hand mail to the smart host", is[SMTP]},
	{PowerSubmit, "submit", "the script acts as a user of a postoffice", is[Submit]},
	{PowerWrite, "write", "the databases of the postoffices can be changed and held open", is[Write]},
}

func is[T any](r Rig) bool { _, ok := r.(T); return ok }

// Has reports whether all powers of q are in p.
func (p Powers) Has(q Powers) bool { return p&q == q }

// Names returns the names of the powers, sorted.
func (p Powers) Names() []string {
	var names []string
	for _, row := range PowerTable {
		if p.Has(row.Power) {
			names = append(names, row.Name)
		}
	}
	return names
}

// String returns the names separated by blanks.
func (p Powers) String() string { return strings.Join(p.Names(), " ") }

// ParsePower returns the power of a name.
func ParsePower(name string) (Powers, bool) {
	i := slices.IndexFunc(PowerTable, func(row PowerInfo) bool { return row.Name == name })
	if i < 0 {
		return 0, false
	}
	return PowerTable[i].Power, true
}

// kinds are the kinds of targets, sorted by name. A kind is chosen by its name
// or, for what is described by a file, by the file.
var kinds = []struct {
	name string
	open func() Target
}{
	{"emulator", Emulator},
}

// ByName returns the target that a user named.
func ByName(name string) (Target, error) {
	var names []string
	for _, k := range kinds {
		if k.name == name {
			return k.open(), nil
		}
		names = append(names, k.name)
	}
	if IsFile(name) {
		return fromFile(name)
	}
	return nil, fmt.Errorf("cannot use target %q: want one of: %s, or a deployment file", name, strings.Join(names, ", "))
}

// Missing returns the powers that a target names and its rig does not have, or
// the other way round. It is empty for a sound target.
func Missing(t Target, r Rig) []string {
	var wrong []string
	for _, row := range PowerTable {
		if t.Powers().Has(row.Power) != row.has(r) {
			wrong = append(wrong, row.Name)
		}
	}
	return wrong
}
