package invariant

import "fmt"

// Copies on the way do not count: a message that waits for its second attempt
// is in two places only until the run goes on.
var noDuplicate = Invariant{
	Name:     "no_duplicate",
	Sentence: "A message is delivered once.",
	Article:  "Q130066", // names duplicate mail as what two gateways on one postoffice make
	check: func(_ *Checker, h *History, r *Result) {
		r.Verdict = Pass
		if len(h.Messages) == 0 {
			r.unknown("no message was offered")
		}
		for i := range h.Messages {
			m := &h.Messages[i]
			if copies, where := m.delivered(); copies > 1 {
				r.broken(m.signature("is delivered more than once"), -1, func() string {
					return m.text(fmt.Sprintf("was delivered %d times, last to %s", copies, plain(where)))
				})
			}
		}
	},
}

// delivered counts the copies that have arrived, and says where the last is.
func (m *Message) delivered() (copies int, where string) {
	for i := range m.Rests {
		if rest := &m.Rests[i]; rest.Final && rest.Count > 0 {
			copies += rest.Count
			where = rest.Where
		}
	}
	return copies, where
}
