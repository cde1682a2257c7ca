package invariant

import "gwkit/emulator/trace"

// History is what a run left behind, as plain data. The zero value is a run in
// which nothing was seen: no verdict on it is pass.
type History struct {
	// Events in the order of the run. A History whose events went to a Checker
	// as they happened may leave them out; texts then lack what only events
	// tell.
	Events []trace.Event

	// Volume names the volume behind a PC's drive letter (upper case):
	// "COMPANY/HUB"; "" is a disk of the PC's own. Nil: a letter is the same
	// volume on every PC, and C: is the PC's own.
	Volume func(pc string, letter byte) string

	Messages []Message // every message that was offered
	PCs      []PC      // at the end
	Start    int64     // virtual nanoseconds since the Unix epoch; 0: time of the first event
	Untimed  bool      // the clock stood still while much happened: texts name steps of the trace instead

	// Stop is why the run ended: StopRest and so on.
	Stop string

	// Healed: faults were healed and the mail had its time to drain, so that
	// what has not happened by now is held never to happen.
	Healed bool

	// Pending names what is still on its way at the end: "1 message in
	// COMPANY/HUB SMTP".
	Pending []string

	// Together is how often two PCs were inside M:\SMTP of one postoffice at
	// once, for a History without events. The greater of this and what the
	// events show counts.
	Together int
}

// Why a run ended. After StopRest, StopBlocked and StopStalled nothing would
// happen any more; the others are budgets.
const (
	StopRest    = "rest"    // all mail rests and nothing is scheduled but idle cycles
	StopBlocked = "blocked" // every process waits for something that does not come
	StopStalled = "stalled" // mail is on its way and has not moved for so long that it never will
	StopRounds  = "rounds"  // the clock has moved as often as it may
	StopSteps   = "steps"   // the step budget ran out
	StopTime    = "time"    // the time budget ran out
)

// ended reports whether the run came to an end by itself.
func (h *History) ended() bool {
	return h.Stop == StopRest || h.Stop == StopBlocked || h.Stop == StopStalled
}

// cut reports whether a budget ended the run before the mail had its time: what
// a program had in hand then may be nowhere to be seen.
func (h *History) cut() bool {
	return !h.Healed && (h.Stop == StopRounds || h.Stop == StopSteps || h.Stop == StopTime)
}

// Message is one message that somebody offered, and where copies of it are.
type Message struct {
	Token    string
	Inbound  bool   // from the Internet to a user
	Refused  bool   // the sender was told that it was not accepted
	Returned bool   // a report about it reached the sender
	Rests    []Rest // places with a copy
}

// Rest is a place with copies of a message.
type Rest struct {
	Where   string // "COMPANY/HUB sparky", `COMPANY/HUB \SMTP\FROM_NC.API`
	Final   bool   // delivered: a user's mailbag, or the Internet
	Count   int    // copies, at least 1
	Altered string // "" when intact, else how: "text of another message"
}

// PC is the state of a computer at the end. A PC waits at a prompt when Phase
// is PhasePrompt.
type PC struct {
	Name    string // "GW1"
	Program string // innermost program: "SMTPGATE"
	Phase   string // off, booting, running, prompt, ended

	Prompt   string // the critical error: "Sharing violation reading drive M"
	Op       string // operation that waits, "open"; "": "read" or "write", by the prompt
	WaitsFor string // file in the way, `M:\SMTP\FROM_NC.API`; "" when no file is
	HeldBy   string // "GW2/SMTPGATE", "" when nobody holds it
	Since    int64  // when the prompt appeared, virtual nanoseconds since the Unix epoch
}

// PhasePrompt is the phase of a PC that shows a critical error.
const PhasePrompt = "prompt"

// Verdict of an invariant on a History. The zero value is Unknown.
type Verdict uint8

// The verdicts.
const (
	Unknown Verdict = iota // the History does not say
	Pass
	Fail
)

var verdictNames = [...]string{"unknown", "pass", "fail"}

// String returns "pass", "fail" or "unknown".
func (v Verdict) String() string { return verdictNames[min(int(v), 2)] }

// MarshalText gives reports the word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Result is the verdict of one invariant.
type Result struct {
	Invariant  string // its name
	Verdict    Verdict
	Reason     string // of Unknown, in one line
	Violations []Violation
}

// Violation is one way in which a guarantee was broken. What happened many
// times in one run is one Violation with a Count.
type Violation struct {
	Signature string // the same for the same defect whatever the times and counts
	Text      string // the first case, for people
	Event     int    // index of its event in the run, -1 when it is no event
	Count     int    // cases, at least 1
	Cycle     []Wait // of a deadlock: who waits for whom, each for the next
}

// Wait is a PC at a prompt because of a file.
type Wait struct {
	PC        string
	Program   string
	Op        string // "open", or "read" and "write" when only the prompt is known
	File      string // `M:\SMTP\FROM_NC.API`
	HeldBy    string // "GW2/SMTPGATE"
	HeldSince int64  // virtual nanoseconds since the Unix epoch; 0: not known
	Since     int64  // likewise: when the prompt appeared
	HeldStep  uint64 // the open that is in the way, by its step of the trace; 0: not known
	Step      uint64 // likewise: the prompt
}
