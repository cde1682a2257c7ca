// Package explore searches the schedules of a Subject for broken invariants:
// it runs the Subject again and again, each time with other decisions about who
// goes on, and keeps what it finds small and repeatable.
//
// Goals: schedule i of a campaign is the same whatever worker runs it, in
// whatever order and on whatever machine, so that a number repeats it; what was
// searched is said exactly (how many schedules, how many of them different,
// complete or why not); a failure comes down to a handful of lines that a
// person reads (Shrink), with the decision after which nothing could save the
// run (Doom). It knows nothing of mail or of DOS: the caller brings a Subject
// and says what its objects and invariants are.
//
// Non-goals: timed runs, whose latencies decide; proofs about programs without
// bounds; search for the worst case of a figure.
//
// # A run
//
// The Subject offers the processes that may run next, each with the operation
// that it is about to do, and a schedule.Decider picks one (package schedule has
// the words). Only operations on shared objects are worth a decision:
//
//   - connect, listen and files that more than one process uses are;
//   - reads and writes of streams are not. Each stream has one reader and one
//     writer and delivers in order, so a reader sees the same bytes whoever runs
//     first, and runs that differ only there end alike;
//   - operations on private files are not. Which files are private is learnt:
//     see Learner.
//
// # Why stateless re-execution
//
// Processes are coroutines, whose stacks cannot be copied, so no state is ever
// saved: every schedule starts from the beginning, and a schedule is nothing but
// its list of choices. The alternative, programs written as state machines that
// can be saved and restored, would make each of them unreadable. A run takes
// some 50 microseconds; saving would not be worth it.
//
// # Strategies
//
// "default" never interrupts a process that can go on: a control, which should
// find little. "random" draws among the ready ones at each decision. "sticky"
// stays with the running process nine times out of ten. "pct" (probabilistic
// concurrency testing) gives each process a random priority and lowers that of
// the first at one to three drawn decisions: it finds a fault that needs d
// orderings among n processes and k decisions with a probability of at least
// 1/(n k^(d-1)). "delay" takes the default order and passes over the first
// process at one to four drawn decisions. "portfolio" mixes all of them by the
// number of the schedule in a fixed pattern, and says which one found what.
// "exhaustive" enumerates every schedule within a bound.
//
// # What complete means
//
// Complete says of an exhaustive search: each schedule within the bounds was
// run, or is equivalent to one that was, equivalent being equal but for the
// order of operations that do not conflict. Two operations conflict when they
// touch the same object and one writes, or the same directory and one lists it
// while the other changes its names. The bounds are part of the claim and are
// printed with it: preemptions, decisions, and what ended runs from within (the
// "rounds" of a Subject). A run that ran out of "steps" voids the claim. So do
// more than 64 options at one decision, a Subject that does not repeat itself,
// and an end of time.
//
// The claim rests on what the Subject tells. Every operation on a shared object
// is shown, also the forced ones (see schedule.Decider), with its true access.
// Operations take no time: the clock moves when a sleeper wakes, and no other
// way, and an option that does so has the operation "wake" and no object. What
// processes tell each other by other means (streams, the end of a child) does
// not depend on who runs first. And two states are taken for equal when hashes
// of 64 bits are.
package explore
