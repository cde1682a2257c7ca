// Package timeline draws a run: who had which file open, who waited for whom,
// and the wait cycle in which mail halts.
//
// Goals: one reading of the events (programs, file holds, prompts of critical
// errors, power) and four drawings of it: columns of text, a Mermaid sequence
// diagram, an HTML page that needs no network, and trace-event JSON for
// Perfetto. The same events give the same bytes. Any events are taken, also
// those of a trace that begins in the middle; nothing panics. Memory is bounded
// however long the run is, and every drawing says what it leaves out.
//
// Non-goals: judging. A cycle is shown because the events have it; whether it
// is a fault is for the one who looks, or for an invariant. Nothing here knows
// the World: a trace read from a file is as good as one that is running.
//
// To begin: Build takes a list of events, NewBuilder is the same as a sink for
// a run under way, NewWriter is what a command's --trace-format needs.
//
//	t := timeline.Build(events, timeline.Options{Title: "GW1 and GW2"})
//	for _, e := range t.Cycle() {
//		fmt.Println(e) // GW1/SMTPPUT waits to open M:\SMTP\FROM_NC.API, held by GW2/SMTPGET
//	}
//	err := t.HTML(w)
//
// # How it reads events
//
// A hold begins with an open or create that went well and ends with the close,
// or when the server drops the session of a PC that lost power: at its next
// boot, or SessionTime after the power cut. A PC waits from a prompt to its
// answer or power cut. What it waits for is held by whoever has the file open:
// events do not name the holder, but the holds do. Two names are one file when
// they are equal and lead to one volume, which Options.Drive says. Two PCs that
// wait for files which the other holds are a wait cycle, three in a ring as
// well; it can form at a prompt only, because a PC that waits opens nothing.
//
// # Why
//
// One row an event, time downwards, and not a linear scale: a deadlock is made
// in milliseconds and lasts for hours. The strip above the page's drawing is
// linear and shows where in the run that was.
//
// Events are kept around prompts and at both ends of the run, rather than the
// last ones only: a PC halts in the first hour while the others go on all day.
package timeline
