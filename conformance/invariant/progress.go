package invariant

// progress is judged after faults are healed and a bound has passed; a run in
// which nothing is left to do has made it. Q132060
var progress = Invariant{
	Name:     "progress",
	Sentence: "Once faults are healed all mail comes to rest in time: nothing stays on its way.",
	Article:  "Q132060",
	check: func(_ *Checker, h *History, r *Result) {
		r.Verdict = Pass
		switch {
		case len(h.Pending) == 0 && len(h.Messages) == 0:
			r.unknown("no message was offered")
		case len(h.Pending) > 0 && !h.Healed:
			r.unknown("the run was not healed and drained, and mail is on its way")
		default:
			for _, p := range h.Pending {
				r.broken("pending: "+withoutCount(p), -1, func() string { return "pending: " + plain(p) })
			}
		}
	},
}
