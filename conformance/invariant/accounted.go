package invariant

import "fmt"

// accounted is about our own books as well: what it finds beside a lost message
// is a mistake of whoever made the History.
var accounted = Invariant{
	Name:     "accounted",
	Sentence: "Every message offered is in the books once: refused, delivered, waiting, or reported to its sender.",
	Article:  "Q129239", // what cannot be sent rests in OUTBAD.API
	check: func(c *Checker, h *History, r *Result) {
		r.Verdict = Pass
		if len(h.Messages) == 0 {
			r.unknown("no message was offered")
		}
		rest, sorted := 0, true
		for i := range h.Messages {
			m := &h.Messages[i]
			sorted = sorted && (i == 0 || h.Messages[i-1].Token < m.Token)
			if m.somewhere() {
				rest++
			}
			for j := range m.Rests {
				if p := &m.Rests[j]; p.Count < 1 || p.Where == "" {
					r.broken(m.signature("has a resting place without name or copy"), -1, func() string {
						return m.text(fmt.Sprintf("has %d copies in %q", p.Count, plain(p.Where)))
					})
				}
			}
		}
		switch {
		case rest == len(h.Messages):
		case h.cut():
			if r.Verdict != Fail {
				r.unknown("not all messages are somewhere, but the run ended by a budget")
			}
		default:
			r.broken("resting places do not add up to the messages offered", -1, func() string {
				return fmt.Sprintf("%d messages were offered and %d are accounted for", len(h.Messages), rest)
			})
		}
		if !sorted {
			h.twice(r)
		}
	},
}

// twice finds messages that are in the books more than once.
func (h *History) twice(r *Result) {
	known := make(map[string]bool, len(h.Messages))
	for i := range h.Messages {
		m := &h.Messages[i]
		if known[m.Token] {
			r.broken(m.signature("is in the books twice"), -1, func() string { return m.text("is in the books twice") })
		}
		known[m.Token] = true
	}
}
