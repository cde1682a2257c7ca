package capacity

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"gwkit/emulator/site"
)

// sparkWidth is how many characters a line of bars has.
const sparkWidth = 48

// editLines is how many lines of a change the text shows.
const editLines = 14

// Text writes an answer for people, on about one screen.
func (a *Answer) Text(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d messages a day, %d in and %d out, of %d bytes\n", a.Shape, a.OfferedPerDay, a.InPerDay, a.OutPerDay, a.SizeBytes)
	fmt.Fprintf(&b, "%s: %s\n\n", strings.ToUpper(a.Verdict), a.Reason)
	if a.Measured.Name != "" {
		fmt.Fprintf(&b, "bottleneck  %s\n            %s\n", a.Measured.Name, strings.ReplaceAll(a.Measured.Evidence, "; ", "\n            "))
	}
	if len(a.Days) > 0 {
		fmt.Fprintf(&b, "capacity    %s by simulation of this mix; by arithmetic %d or %d, by how -W is read\n", a.simulated(), a.Arithmetic.WholeCycle, a.Arithmetic.WaitOnly)
	}
	b.WriteString("\n")
	a.arithmeticText(&b)
	a.daysText(&b)
	a.adviceText(&b)
	if a.Repeat != "" {
		fmt.Fprintf(&b, "repeat      %s\n", a.Repeat)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (a *Answer) simulated() string {
	switch {
	case a.AtLeast:
		return fmt.Sprintf("at least %d a day", a.SimulatedPerDay)
	case a.SimulatedPerDay == 0:
		return "nothing"
	}
	return fmt.Sprintf("about %d a day", a.SimulatedPerDay)
}

func (a *Answer) arithmeticText(b *strings.Builder) {
	r := &a.Arithmetic
	fmt.Fprintf(b, "arithmetic  %.2f s for a message either way, one at a time, %d out in a cycle (Q137043, Q132060)\n", r.MessageSeconds, cycleMessages)
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "            PC\trole\t-W\tdeclared in\tout\tbusy\tin a day\tout, -W the cycle\tout, -W the wait\tout, as printed\t")
	for i := range r.Gateways {
		g := &r.Gateways[i]
		fmt.Fprintf(w, "            %s\t%s\t%d\t%d\t%d\t%.0f %%\t%s\t%s\t%s\t%s\t\n", g.PC, g.Role, g.WaitSeconds, g.In, g.Out, 100*g.Busy,
			count(g.InPerDay), count(g.OutWholeCycle), count(g.OutWaitOnly), count(g.OutPrinted))
	}
	w.Flush()
	for _, text := range r.Nowhere {
		fmt.Fprintf(b, "            no gateway PC takes %s\n", text)
	}
	fmt.Fprintf(b, "            The totals that Q137043 prints do not follow from its factors; the factors count.\n            %s (Q134339)\n\n", r.Class)
}

func count(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func (a *Answer) daysText(b *strings.Builder) {
	if len(a.Days) == 0 {
		return
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "simulated   \t\tmedian\t95 %\tmaximum\tcaught up after\t")
	for _, d := range a.Days {
		for _, x := range []struct {
			name string
			w    *Way
		}{{"in", &d.In}, {"out", &d.Out}} {
			if x.w.Offered == 0 {
				continue
			}
			caught := "-"
			if d.ToSeconds > 0 {
				caught = "not"
				if d.CaughtUp >= 0 {
					caught = span(d.CaughtUp)
				}
			}
			name := "  " + d.Name
			if !d.Carried {
				name = "! " + d.Name
			}
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\t\n", name, x.name, span(x.w.DelaySeconds.Median), span(x.w.DelaySeconds.P95), span(x.w.DelaySeconds.Max), caught)
		}
	}
	w.Flush()
	for _, d := range a.Days {
		most := 0
		sum := make([]int, len(d.Series.In))
		for i := range sum {
			sum[i] = d.Series.In[i] + d.Series.Out[i]
			most = max(most, sum[i])
		}
		fmt.Fprintf(b, "    %-7s |%s| %d on their way at most, in %s\n", d.Name, spark(sum, sparkWidth), most, span(d.VirtualSeconds))
	}
	b.WriteString("    (delays of the mail of the whole day, of the peak hour, of the outage)\n\n")
}

// spark draws counts as a line of bars: each is the most of its part.
func spark(counts []int, width int) string {
	bars := []rune(" ▁▂▃▄▅▆▇█")
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	out := make([]rune, 0, width)
	for i := range width {
		from, to := i*len(counts)/width, (i+1)*len(counts)/width
		n := 0
		for _, c := range counts[min(from, len(counts)):max(to, min(from+1, len(counts)))] {
			n = max(n, c)
		}
		k := 0
		if most > 0 {
			k = (n*(len(bars)-1) + most - 1) / most
		}
		out = append(out, bars[k])
	}
	return string(out)
}

// span prints seconds for people.
func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(time.Second)
	if d >= 10*time.Hour {
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	if d >= time.Hour {
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return d.String()
}

func (a *Answer) adviceText(b *strings.Builder) {
	short := 0 // those that were not simulated after the first
	for i := range a.Advice {
		x := &a.Advice[i]
		simulated := len(x.Days) > 0 || len(x.Steps) > 0 || strings.Contains(x.Why, "limited by")
		switch {
		case x.Carries:
		case simulated || short == 0:
			fmt.Fprintf(b, "not enough  %s: %s\n", x.sentence(), x.Why)
			fallthrough
		default:
			if !simulated {
				short++
			}
		}
	}
	if short > 1 {
		fmt.Fprintf(b, "            and %d more changes that are not possible or excluded by arithmetic: --format json has them\n", short-1)
	}
	best := a.best()
	if best == nil {
		if a.Verdict == No && len(a.Advice) > 0 {
			b.WriteString("change      none was found that carries the load\n")
		}
		return
	}
	fmt.Fprintf(b, "change      %s\n            %s:", best.sentence(), best.Why)
	for i, d := range best.Days {
		sep := ","
		if i == 0 {
			sep = ""
		}
		fmt.Fprintf(b, "%s %s 95 %% within %s in, %s out", sep, d.Name, span(d.In.P95), span(d.Out.P95))
	}
	b.WriteString("\n")
	for _, g := range best.Groups {
		fmt.Fprintf(b, "            %s: %s (%d in, %d out)\n", g.Gateway, strings.Join(g.Postoffices, ", "), g.In, g.Out)
	}
	lines := best.editText(a.Shape)
	if site.ShapeOf(a.Shape) != nil {
		fmt.Fprintf(b, "            lines of: gwemu shapes %s > site.yaml\n", a.Shape)
	}
	for i, line := range lines {
		if i == editLines && len(lines) > editLines+1 {
			fmt.Fprintf(b, "            ... and %d lines more; --write FILE writes the whole site file\n", len(lines)-i)
			break
		}
		fmt.Fprintf(b, "            %s\n", line)
	}
}

// sentence is a change with its steps.
func (x *Advice) sentence() string {
	if x.Kind == kindOptions {
		if len(x.Steps) > 0 {
			return strings.Join(x.Steps, "; ")
		}
		return x.Change
	}
	return strings.Join(append([]string{x.Change}, x.Steps...), "; ")
}

// best is the advice to follow; nil: there is none.
func (a *Answer) best() *Advice {
	for i := range a.Advice {
		if a.Advice[i].Carries {
			return &a.Advice[i]
		}
	}
	return nil
}

// editText are the edits as lines. Line numbers are those of the file before
// the change.
func (x *Advice) editText(name string) (lines []string) {
	for i := range x.Edits {
		e := &x.Edits[i]
		at := fmt.Sprintf("%s:%d", name, e.Line)
		if e.Line == 0 {
			at = name
		}
		switch {
		case e.Line == 0 && e.What != "remove":
			lines = append(append(lines, fmt.Sprintf("%s: %s %s", at, e.What, e.Path)), e.New...)
		case e.What == "remove":
			lines = append(lines, fmt.Sprintf("%s: remove %s: %s", at, e.Path, e.Old))
		case e.What == "change" && len(e.New) == 1:
			lines = append(lines, fmt.Sprintf("%s: change to %s", at, strings.TrimSpace(e.New[0])))
		default:
			verb := ": after this line add"
			if e.What == "change" {
				verb = ": change to"
			}
			lines = append(append(lines, at+verb), e.New...)
		}
	}
	return lines
}
