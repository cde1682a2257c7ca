package invariant

import "fmt"

// Campaign adds up the results of many runs of one site. The zero value is
// ready.
type Campaign struct {
	// Gateways is how many PCs of the site run SMTPGATE. From two on a
	// campaign has looked at nothing unless two of them were at work in \SMTP\
	// at once.
	Gateways int

	Runs      int
	Counts    []Count // of each invariant, in the order of All; nil before the first run
	Sometimes []int   // runs that met each condition, in the order of Conditions; likewise
}

// Count is how many runs gave each verdict.
type Count struct{ Pass, Fail, Unknown int }

// Judgement is the verdict of a campaign on one invariant.
type Judgement struct {
	Invariant string
	Verdict   Verdict
	Reason    string // of unknown, and of a pass that some runs do not support
	Count
}

// Add counts a run: the results of Checker.Check and its conditions.
func (c *Campaign) Add(results []Result, seen Condition) {
	c.room()
	c.Runs++
	for i := range results {
		switch n := &c.Counts[i]; results[i].Verdict {
		case Pass:
			n.Pass++
		case Fail:
			n.Fail++
		default:
			n.Unknown++
		}
	}
	for i := range Conditions {
		if seen.Has(Conditions[i].Bit) {
			c.Sometimes[i]++
		}
	}
}

// Merge adds the runs of another campaign on the same site, as of a parallel
// worker.
func (c *Campaign) Merge(o *Campaign) {
	c.room()
	c.Runs += o.Runs
	for i, n := range o.Counts {
		c.Counts[i].Pass += n.Pass
		c.Counts[i].Fail += n.Fail
		c.Counts[i].Unknown += n.Unknown
	}
	for i, n := range o.Sometimes {
		c.Sometimes[i] += n
	}
}

func (c *Campaign) room() {
	if c.Counts == nil {
		c.Counts, c.Sometimes = make([]Count, len(All)), make([]int, len(Conditions))
	}
}

// Met returns how many runs met a condition.
func (c *Campaign) Met(x Condition) int {
	for i := range c.Sometimes {
		if Conditions[i].Bit == x {
			return c.Sometimes[i]
		}
	}
	return 0
}

// Judge gives the verdict of the campaign on each invariant, in the order of
// All. One failing run is a fail. A campaign that could not have found what it
// looked for is unknown: without runs, without a run that could be judged, or
// with two gateways that were never at work in \SMTP\ at once.
func (c *Campaign) Judge() []Judgement {
	out := make([]Judgement, len(All))
	for i := range All {
		j := &out[i]
		j.Invariant = All[i].Name
		if c.Counts != nil {
			j.Count = c.Counts[i]
		}
		switch {
		case j.Fail > 0:
			j.Verdict = Fail
		case c.Runs == 0:
			j.Reason = "there was no run"
		case j.Pass == 0:
			j.Reason = "no run could be judged"
		case c.Gateways > 1 && c.Met(Together) == 0 && c.Met(Abreast) == 0:
			j.Reason = fmt.Sprintf(`in %d runs no two PCs were inside \SMTP\ at once`, c.Runs)
		default:
			j.Verdict = Pass
			if j.Unknown > 0 {
				j.Reason = fmt.Sprintf("%d of %d runs could not be judged", j.Unknown, c.Runs)
			}
		}
	}
	return out
}

// Verdict is fail when one invariant fails, else unknown when one is, else
// pass.
func (c *Campaign) Verdict() Verdict {
	v := Pass
	for _, j := range c.Judge() {
		switch j.Verdict {
		case Fail:
			return Fail
		case Unknown:
			v = Unknown
		}
	}
	return v
}
