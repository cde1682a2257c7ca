package invariant

import (
	"fmt"
	"io"
	"sort"
)

// Invariant is a guarantee.
type Invariant struct {
	Name     string // "no_loss", as in `violates no_loss`
	Sentence string // what is guaranteed
	Article  string // that describes what happens when it does not hold

	check func(c *Checker, h *History, r *Result)
}

// All are the invariants, sorted by name. Results come in this order.
var All = []Invariant{
	accounted,
	noAlteration,
	noDeadlock,
	noDuplicate,
	noForeignPart,
	noLoss,
	noPromptForever,
	progress,
}

// Find returns an invariant by name, nil when there is none.
func Find(name string) *Invariant {
	i := sort.Search(len(All), func(i int) bool { return All[i].Name >= name })
	if i < len(All) && All[i].Name == name {
		return &All[i]
	}
	return nil
}

// Check judges one guarantee.
func (in *Invariant) Check(h *History) Result {
	c := h.checker()
	r := Result{Invariant: in.Name}
	in.check(c, h, &r)
	return r
}

// Check judges all guarantees, in the order of All.
func (h *History) Check() []Result { return h.checker().Check(h) }

// Conditions tells which conditions the run met.
func (h *History) Conditions() Condition { return h.checker().Conditions(h) }

func (h *History) checker() *Checker {
	c := NewChecker(h.Volume)
	for i := range h.Events {
		c.Event(&h.Events[i])
	}
	return c
}

// WriteMarkdown prints the tables of invariants and conditions.
func WriteMarkdown(w io.Writer) error {
	var b []byte
	b = append(b, "| invariant | guarantee | article |\n| --- | --- | --- |\n"...)
	for i := range All {
		b = fmt.Appendf(b, "| %s | %s | %s |\n", All[i].Name, All[i].Sentence, All[i].Article)
	}
	b = append(b, "\n| condition | what happened in some run |\n| --- | --- |\n"...)
	for i := range Conditions {
		b = fmt.Appendf(b, "| %s | %s |\n", Conditions[i].Name, Conditions[i].Sentence)
	}
	_, err := w.Write(b)
	return err
}

// broken adds a case to the violation of its signature.
func (r *Result) broken(signature string, event int, text func() string) *Violation {
	r.Verdict, r.Reason = Fail, ""
	for i := range r.Violations {
		if v := &r.Violations[i]; v.Signature == signature {
			v.Count++
			return v
		}
	}
	r.Violations = append(r.Violations, Violation{Signature: signature, Text: text(), Event: event, Count: 1})
	return &r.Violations[len(r.Violations)-1]
}

func (r *Result) unknown(reason string) { r.Verdict, r.Reason = Unknown, reason }
