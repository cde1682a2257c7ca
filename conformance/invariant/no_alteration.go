package invariant

// The pipeline copies the text from file to file and changes its lines only.
// Q115493
var noAlteration = Invariant{
	Name:     "no_alteration",
	Sentence: "A message has the text that its sender wrote, wherever it is.",
	Article:  "Q115493",
	check: func(_ *Checker, h *History, r *Result) {
		r.Verdict = Pass
		if len(h.Messages) == 0 {
			r.unknown("no message was offered")
		}
		for i := range h.Messages {
			m := &h.Messages[i]
			for j := range m.Rests {
				if rest := &m.Rests[j]; rest.Altered != "" && rest.Count > 0 {
					r.broken(m.signature("is altered: "+numberless(rest.Altered)), -1, func() string {
						return m.text("in " + plain(rest.Where) + " is altered: " + plain(rest.Altered))
					})
				}
			}
		}
	},
}
