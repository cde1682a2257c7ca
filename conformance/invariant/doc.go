// Package invariant judges what a run left behind against named guarantees:
// no message lost, none delivered twice, no gateway in the message parts of
// another, no PC for ever at a prompt.
//
// # Goals
//
// Pure checkers: a plain History goes in, a verdict of pass, fail or unknown
// comes out, with violations whose signatures stay the same when times and
// counts change, so that a search can tell one defect from another. A search
// checks thousands of short runs a second, so all checkers share one pass over
// the events and a run that breaks nothing costs no allocation.
//
// # Non-goals
//
// Running anything, or knowing how a History came about: an explored run of
// the emulator, a day in virtual time and a customer's bundle are judged alike.
// No screens, no mail, no report format; Explain gives plain lines to print.
//
// # How to begin
//
// A History with its events is judged in one call:
//
//	for _, r := range h.Check() {
//		fmt.Println(r.Invariant, r.Verdict, r.Reason, r.Violations)
//	}
//
// A search feeds one Checker, which is a trace.Sink, and keeps no events:
//
//	c := invariant.NewChecker(volume)
//	for each run {
//		c.Reset()
//		...                    // the run sends its events to c
//		campaign.Add(c.Check(h), c.Conditions(h))
//	}
//	campaign.Judge()
//
// checker.go is the pass over the events; each invariant has a file of its own
// name and a row in All. conditions.go has what must happen in some run, or a
// search has looked at nothing; campaign.go says so.
//
// # Why
//
// Safety is judged on any run, liveness (progress, prompts) only where the run
// came to an end by itself or was healed and given time: a budget that runs
// out says nothing about the future, so the verdict is unknown.
package invariant
