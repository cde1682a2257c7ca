// Package schedule is the vocabulary of explored runs: the options of a
// decision, who decides, and schedules as people read them.
//
// Goals: one small interface between the kernel, which knows what could happen
// next, and whoever decides (a seed, an exhaustive search, a replay); a text
// form in which a schedule is a handful of lines such as
//
//	GW1 until remove COMPANY/HUB:\SMTP\FROM_NC.API
//	GW2 until create COMPANY/HUB:\SMTP\SMTP_OUT.TXT
//
// that still fits when an unrelated operation comes or goes.
//
// Non-goals: strategies, which live in conformance/explore; and the schedules
// of ties in timed runs, which are plain lists of numbers.
//
// # Why
//
// Segments instead of the list of all choices: a list breaks with the first
// operation that a later version adds, and nobody can read it.
package schedule

import "strings"

// Access is what an operation does to its object.
type Access uint8

// A listing of a directory conflicts with whatever adds or removes a name in
// it; two changes of names in one directory do not conflict with one another.
const (
	None   Access = iota // it only goes on
	Reads                // of content, name or attributes
	Writes               // changes them
)

// Option is a process that may run next, with the operation that it is about
// to do.
type Option struct {
	Who    string // "GW1/SMTPGATE"
	Op     string // "open", "connect"; "start" or "wake" for one that only goes on
	Object string // `COMPANY/HUB:\SMTP\FROM_NC.API`, "11.1.16.16:25", or ""
	Proc   int    // number of the process in this run, from 1 in order of creation
	ID     int32  // number of the object, the same in all runs of one trial; 0: none
	To     int32  // number of a second object with the same access, the new name of a rename; 0: none
	Dir    int32  // number of the directory whose names change or are listed; 0: none
	Access Access // to the object
	Early  bool   // it sleeps, and would be woken before its time
}

// PC is the part of a process name before the program: "GW1" of
// "GW1/SMTPGATE".
func PC(who string) string {
	if i := strings.IndexByte(who, '/'); i >= 0 {
		return who[:i]
	}
	return who
}

// Decider makes the decisions of an explored run: the index of the option that
// runs next. Option 0 is the default: the process that ran last when it can go
// on (running says so), else the one that has been ready longest, else the one
// whose sleep ends first. The slice is good until Decide returns.
//
// With one option there is nothing to decide, and no decision is counted. The
// kernel calls Decide all the same, so that who decides sees every operation on
// a shared object: a search that leaves out equivalent runs needs that.
type Decider interface {
	Decide(options []Option, running bool) int
}

// Default is the Decider that always takes the default: no process is
// interrupted while it can go on.
type Default struct{}

// Decide implements Decider.
func (Default) Decide([]Option, bool) int { return 0 }
