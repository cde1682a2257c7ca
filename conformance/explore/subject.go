package explore

import "gwkit/emulator/schedule"

// Subject is what is explored. Run starts from the same beginning each time, so
// that equal decisions give equal runs. One goroutine uses a Subject. One that is
// an io.Closer is closed at the end by who had it made.
type Subject interface {
	Run(d schedule.Decider) Outcome
}

// Learner is a Subject that makes decision points of shared objects only and
// does not know beforehand which these are. A campaign begins with a few runs
// whose Outcome.Learned it adds up and hands to every Subject; from then on the
// set stays, so that choices keep their meaning. What a later run learns is
// reported (Result.LateShared), and restarts an exhaustive search.
type Learner interface {
	// Learn replaces the set of shared objects by objects, which are sorted by
	// name. Until it is called none is shared, and nothing else changes the set: a
	// Subject that learnt by itself would not repeat a schedule. Do not keep the
	// slice.
	Learn(objects []string)
}

// Outcome is what came of a run.
type Outcome struct {
	Violations []Violation // broken invariants; nil: none
	Sometimes  uint64      // bit i: Config.Sometimes[i] came true in this run
	Steps      int         // of the kernel
	Operations int         // on objects
	Digest     uint64      // of the whole run; equal decisions give equal digests
	State      uint64      // fingerprint of the final state
	Bound      string      // what ended the run before its own end: "", "steps", "rounds"
	Learned    []string    // objects that turned out to be shared and were no decision points
	Err        error       // the run could not be judged; ends the campaign
}

// Violation is a broken invariant.
type Violation struct {
	Invariant string `json:"invariant"` // "no_deadlock"
	Signature string `json:"signature"` // what must stay the same while a schedule is shrunk
	Text      string `json:"text"`      // for people

	// Follows names another invariant that the same run breaks and that tells of
	// this one as well; "": it stands for itself.
	Follows string `json:"follows,omitempty"`
}

// key is the kind of a violation.
type key struct{ invariant, signature, follows string }

func (v *Violation) key() key { return key{v.Invariant, v.Signature, v.Follows} }

// violates finds a violation of the kind of v.
func (o *Outcome) violates(v Violation) (Violation, bool) {
	for _, w := range o.Violations {
		if w.key() == v.key() {
			return w, true
		}
	}
	return Violation{}, false
}
