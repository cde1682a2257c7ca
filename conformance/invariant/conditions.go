package invariant

// Condition is a set of things that happened in a run.
type Condition uint16

// The conditions.
const (
	Together       Condition = 1 << iota // two PCs inside \SMTP\ of one postoffice at once
	Abreast                              // two PCs inside \SMTP\ of two postoffices at once
	SawForeignPart                       // a PC met a message part that another PC made
	PromptShown
	PromptAnswered
	MessageRefused
	BothDirections // mail was delivered in both directions

	conditionsEnd
)

// ConditionRow describes one condition.
type ConditionRow struct {
	Bit      Condition
	Name     string
	Sentence string
}

// Conditions are what a search should meet in some runs, sorted by name.
var Conditions = []ConditionRow{
	{Abreast, "abreast", `a PC worked in \SMTP\ of its postoffice while another PC had a message part open on another`},
	{BothDirections, "both_directions", "mail was delivered in both directions in one run"},
	{MessageRefused, "message_refused", "a message was refused"},
	{PromptAnswered, "prompt_answered", "a person answered a critical error"},
	{PromptShown, "prompt_shown", "a PC showed a critical error"},
	{SawForeignPart, "saw_foreign_part", "a PC met a message part that another PC had made"},
	{Together, "together", `a PC worked in \SMTP\ while another PC had a message part open there`},
}

// Has reports whether all of x happened.
func (s Condition) Has(x Condition) bool { return s&x == x }

// Conditions tells which conditions the run met.
func (c *Checker) Conditions(h *History) Condition {
	s := c.seen
	if h.Together > 0 {
		s |= Together
	}
	var in, out bool
	for i := range h.Messages {
		m := &h.Messages[i]
		if m.Refused {
			s |= MessageRefused
		}
		if copies, _ := m.delivered(); copies > 0 {
			in = in || m.Inbound
			out = out || !m.Inbound
		}
	}
	if in && out {
		s |= BothDirections
	}
	return s
}
