package invariant

// A gateway that finds a part under the fixed name takes it for its own. To
// ask whether a file is there is not to process it, nor is an open that fails;
// a part that was removed and made anew belongs to who made it anew. Q132060
var noForeignPart = Invariant{
	Name:     "no_foreign_part",
	Sentence: `No PC opens, overwrites, renames or removes a message part in \SMTP\ that another PC made.`,
	Article:  "Q132060",
	check: func(c *Checker, h *History, r *Result) {
		r.Verdict = Pass
		if c.events == 0 {
			r.unknown("there are no events")
		}
		for i := range c.foreign {
			f := &c.foreign[i]
			what := plain(c.whos[f.who].name) + " " + f.verb + " "
			v := r.broken(what+c.partName(f.part)+" of "+plain(c.whos[f.maker].name), f.event, func() string {
				return what + plain(c.vols[f.vol].name) + ` \SMTP\` + c.partName(f.part) + ", which " + plain(c.whos[f.maker].name) + " made"
			})
			v.Count += f.count - 1
		}
	},
}
