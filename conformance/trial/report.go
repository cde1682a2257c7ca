package trial

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"gwkit/conformance/explore"
	"gwkit/conformance/invariant"
	"gwkit/emulator"
)

// The ways out of a halt that are tried, in order: a key at one prompt or at
// both, a reboot of one PC, of one after the other, of all that are off together.
type wayOut struct {
	name string
	do   func(w *emulator.World) error
}

func waysOut(pcs []string) []wayOut {
	out := []wayOut{{"nobody comes", func(*emulator.World) error { return nil }}}
	for _, key := range []struct{ letter, word string }{{"R", "Retry"}, {"A", "Abort"}, {"F", "Fail"}} {
		for _, pc := range pcs {
			out = append(out, wayOut{key.word + " on " + pc, func(w *emulator.World) error { return w.Key(pc, key.letter) }})
		}
	}
	for _, pc := range pcs {
		out = append(out, wayOut{"reboot " + pc, func(w *emulator.World) error { return w.Reboot(pc) }})
	}
	if len(pcs) > 1 {
		out = append(out, wayOut{"reboot " + strings.Join(pcs, ", then "), func(w *emulator.World) error {
			for _, pc := range pcs {
				if err := w.Reboot(pc); err != nil {
					return err
				}
				w.Run(rebootGap)
			}
			return nil
		}})
		out = append(out, wayOut{"reboot " + strings.Join(pcs, " and "), func(w *emulator.World) error {
			for _, pc := range pcs {
				if err := w.PowerOff(pc); err != nil {
					return err
				}
			}
			for _, pc := range pcs {
				w.Run(rebootGap)
				if err := w.PowerOn(pc); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	return out
}

// WayOut is what one intervention brought: a new message each way was offered
// after it.
type WayOut struct {
	Name    string
	In, Out bool     // mail flows again in this direction
	Waiting []string // PCs that still wait at a prompt
	Lost    int      // of the messages of the halt: nowhere any more
	Twice   int      // arrived more than once
	Arrived int      // arrived once
	Others  int      // somewhere on their way
}

// rebootGap lies between switching all off, one on, and the next: one person
// goes from PC to PC. invented: the time; it is longer than a server keeps the
// files of a PC that is gone.
const rebootGap = 2 * time.Minute

// healSpan is how long mail has after an intervention.
const healSpan = 3 * time.Hour

// WaysOut repeats a finding and tries each intervention on it.
func (c *Config) WaysOut(f *Finding) ([]WayOut, error) {
	var pcs []string
	for _, w := range f.Cycle {
		pcs = append(pcs, w.PC)
	}
	var out []WayOut
	for _, way := range waysOut(pcs) {
		r, err := c.Replay(f)
		if err != nil {
			return nil, err
		}
		x, err := r.try(way)
		r.Close()
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func (r *Run) try(way wayOut) (WayOut, error) {
	t := r.Trial()
	x := WayOut{Name: way.name}
	old := len(r.Ending.Messages)
	t.Resume()
	if err := way.do(t.World()); err != nil {
		return x, err
	}
	// The PCs come up before the new mail is there.
	t.World().Run(5 * time.Minute)
	if err := t.Offer(); err != nil {
		return x, err
	}
	t.World().Run(healSpan)
	e := t.Look()
	for i := range e.Messages {
		m := &e.Messages[i]
		if i >= old {
			x.In = x.In || m.Inbound && m.Copies > 0
			x.Out = x.Out || !m.Inbound && m.Copies > 0
			continue
		}
		switch {
		case m.Copies > 1:
			x.Twice++
		case m.Copies == 1:
			x.Arrived++
		case len(m.Places) > 0 || m.Returned:
			x.Others++
		default:
			x.Lost++
		}
	}
	for i := range e.PCs {
		if e.PCs[i].Phase == invariant.PhasePrompt {
			x.Waiting = append(x.Waiting, e.PCs[i].Name)
		}
	}
	return x, nil
}

// historyShown is how many operations of each PC a report shows.
const historyShown = 8

// Report writes a finding for people: what happened, under which schedule, who
// waits for whom, what the screens show, where the mail is, and which way out
// lets it flow again.
func (c *Config) Report(w io.Writer, f *Finding) error {
	r, err := c.Replay(f)
	if err != nil {
		return err
	}
	defer r.Close()
	var b strings.Builder
	fmt.Fprintf(&b, "%s is broken", f.Invariant)
	if f.Article != "" {
		fmt.Fprintf(&b, " (%s)", f.Article)
	}
	fmt.Fprintf(&b, "\nguarantee  %s\nhappened   %s\nwith       %s, %s in and %d out, operator %s\n", f.Sentence, f.Text, f.Schedule.Site,
		messages(f.Schedule.In), f.Schedule.Out, f.Schedule.Operator)
	b.WriteString("\nschedule\n")
	for _, s := range f.Schedule.Steps {
		fmt.Fprintf(&b, "  let %s\n", s)
	}
	switch {
	case f.Schedule.Choices.Deviations() > 0:
		fmt.Fprintf(&b, "  choices %s\n  then nobody is interrupted\n", f.Schedule.Choices)
		b.WriteString("  (the number of the option taken at each decision, in this version of gwcheck: no steps were found, or looked for, that say it)\n")
	case len(f.Schedule.Steps) == 0:
		b.WriteString("  nobody is interrupted\n")
	default:
		b.WriteString("  then nobody is interrupted\n")
	}
	b.WriteString("\n" + invariant.Explain(r.History, historyShown))
	if len(f.Cycle) == 0 {
		_, err := io.WriteString(w, b.String())
		return err
	}
	for _, x := range f.Cycle {
		screen, err := r.World().Screen(x.PC)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "\nscreen of %s\n", x.PC)
		for _, line := range lastLines(screen, 8) {
			fmt.Fprintf(&b, "  | %s\n", line)
		}
	}
	b.WriteString("\nmail\n")
	for i := range r.Ending.Messages {
		m := &r.Ending.Messages[i]
		where := strings.Join(m.Places, ", ")
		switch {
		case m.Copies > 0 && where != "":
			where = fmt.Sprintf("arrived at %s, and still in %s", arrived(m.Inbound), where)
		case m.Copies > 0:
			where = "arrived at " + arrived(m.Inbound)
		case where == "":
			where = "nowhere"
		}
		fmt.Fprintf(&b, "  %s %s  %s\n", m.Token, direction(m.Inbound), where)
	}
	ways, err := c.WaysOut(f)
	if err != nil {
		return err
	}
	fmt.Fprintf(&b, "\nways out (each tried alone; then a new message each way has %v)\n", healSpan)
	fmt.Fprintf(&b, "  %-24s %-8s %-8s %-22s %s\n", "", "inbound", "outbound", "mail of the halt", "still at a prompt")
	for _, x := range ways {
		fmt.Fprintf(&b, "  %-24s %-8s %-8s %-22s %s\n", x.Name, flows(x.In), flows(x.Out), x.mail(), strings.Join(x.Waiting, ", "))
	}
	b.WriteString(verdictOnWays(ways))
	_, err = io.WriteString(w, b.String())
	return err
}

func schedules(n int) string {
	if n == 1 {
		return "1 schedule"
	}
	return grouped(n) + " schedules"
}

// grouped prints 1000000 as "1,000,000".
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// each prints a load.
func each(in, out int) string {
	if in == out {
		return messages(in) + " each way"
	}
	return fmt.Sprintf("%s in and %d out", messages(in), out)
}

// violations says how many schedules break something.
func violations(r *explore.Result) string {
	n := 0
	for i := range r.Strategies {
		n += r.Strategies[i].Violating
	}
	if n == 0 {
		return "0 violations"
	}
	return "violations in " + grouped(n)
}

func messages(n int) string {
	if n == 1 {
		return "1 message"
	}
	return fmt.Sprintf("%d messages", n)
}

func direction(in bool) string {
	if in {
		return "in "
	}
	return "out"
}

func flows(ok bool) string {
	if ok {
		return "flows"
	}
	return "halted"
}

func (x *WayOut) mail() string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{x.Arrived, "arrived"}, {x.Twice, "twice"}, {x.Lost, "lost"}, {x.Others, "waiting"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	return strings.Join(parts, ", ")
}

// verdictOnWays compares with the article, which asks for a reboot of both.
func verdictOnWays(ways []WayOut) string {
	var less []string
	all := false
	for i := range ways {
		x := &ways[i]
		if !x.In || !x.Out {
			continue
		}
		if strings.Contains(x.Name, " and ") {
			all = true
		} else {
			less = append(less, x.Name)
		}
	}
	switch {
	case all && len(less) == 0:
		return "Q132060 asks for a reboot of both gateways: nothing less lets mail flow both ways.\n" + offTogether
	case all:
		return "Q132060 asks for a reboot of both gateways. Here less is enough: " + strings.Join(less, ", ") +
			".\nA PC that gives its file up lets the wait of the other one end.\n"
	}
	return "Q132060 asks for a reboot of both gateways; here it does not let mail flow both ways.\n"
}

// offTogether says what a reboot of both is. The article does not say in which
// order; the model does: the server keeps the files of a PC without power for a
// while, and two that come up at once meet again.
var offTogether = fmt.Sprintf("Both must be off together: they were for %g minutes, until the server gave up their files, and came on\none after the other with as much between.\n", rebootGap.Minutes())

// lastLines are the last n lines of a screen that are not empty.
func lastLines(screen []string, n int) []string {
	end := len(screen)
	for end > 0 && strings.TrimSpace(screen[end-1]) == "" {
		end--
	}
	var out []string
	for _, l := range screen[max(0, end-n):end] {
		out = append(out, strings.TrimRight(l, " "))
	}
	return out
}

// Timeline draws a finding as one page of HTML.
func (c *Config) Timeline(w io.Writer, f *Finding) error {
	r, err := c.Replay(f)
	if err != nil {
		return err
	}
	defer r.Close()
	return r.Draw(w, "html", f.Schedule.Site+": "+f.Text, false)
}

// Script writes a script for gwcheck run that repeats a finding. site is the
// text of the site file, "" for a built-in shape.
func (f *Finding) Script(site string) []byte {
	var b strings.Builder
	article := f.Article
	if article == "" {
		article = "Q132060"
	}
	sc := f.Schedule
	if site != "" {
		sc.Site = "site.yaml"
	}
	fmt.Fprintf(&b, "# Summary: %s breaks %s under this schedule\n# KB: %s\n# Tags: explore\nreplay found.schedule\nviolates %s\n", f.Schedule.Site, f.Invariant, article, f.Invariant)
	fmt.Fprintf(&b, "-- found.schedule --\n%s", sc.Marshal())
	if site != "" {
		fmt.Fprintf(&b, "-- site.yaml --\n%s", site)
	}
	return []byte(b.String())
}

// Text writes the figures of a campaign for people.
func (a *Answer) Text(w io.Writer) error {
	r := a.Result
	s := &r.Statistics
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s, %s, %s\n", r.Site, schedules(r.Schedules), r.Strategy, each(r.In, r.Out), violations(r))
	if r.Strategy == explore.Exhaustive {
		switch {
		case r.Complete && r.Within == "":
			b.WriteString("  complete: all schedules\n")
		case r.Complete:
			fmt.Fprintf(&b, "  complete within %s\n", r.Within)
		default:
			fmt.Fprintf(&b, "  not complete: %s\n", r.Missing)
		}
	}
	fmt.Fprintf(&b, "  %-12s %s, operator %s\n", "switched on", strings.Join(r.PCs, ", "), r.Operator)
	if len(r.Off) > 0 {
		fmt.Fprintf(&b, "  %-12s %s\n", "left out", strings.Join(r.Off, ", "))
	}
	for _, f := range r.Faults {
		fmt.Fprintf(&b, "  %-12s %s\n", "fault", f)
	}
	fmt.Fprintf(&b, "  %-12s %.1f s, %.0f schedules a second\n", "took", r.Wall, r.Rate)
	if len(r.NoShards) > 0 {
		fmt.Fprintf(&b, "  %-12s shards %s\n", "missing", strings.Join(r.NoShards, ", "))
	}
	switch {
	case r.Stopped == explore.Cancelled:
		fmt.Fprintf(&b, "  %-12s %s\n", "stopped", Interrupted(r))
	case r.Stopped == "time" && r.Quota() > 0:
		fmt.Fprintf(&b, "  %-12s the time was over after %s of %s\n", "stopped", grouped(r.Schedules), schedules(r.Quota()))
	}
	row := func(name string, d *explore.Distribution) {
		fmt.Fprintf(&b, "  %-12s min %d, median %d, max %d\n", name, d.Min, d.Median(), d.Max)
	}
	row("steps", &s.Steps)
	row("operations", &s.Operations)
	row("decisions", &s.Decisions)
	fmt.Fprintf(&b, "  %-12s %s\n", "used by two", list(r.Shared))
	for _, o := range r.LateShared {
		fmt.Fprintf(&b, "  %-12s %s, which was no decision point\n", "found late", o)
	}
	states, exact := s.States.Count()
	traces, exact2 := s.Traces.Count()
	fmt.Fprintf(&b, "  %-12s %s end states, %s orders of conflicting operations\n", "distinct", about(states, exact), about(traces, exact2))
	for _, x := range s.Bounds {
		fmt.Fprintf(&b, "  %-12s %s ended %d runs (%.1f %%)\n", "bound", x.Bound, x.Count, 100*x.Share)
	}
	fmt.Fprintf(&b, "  %-12s %d run twice, %d differed\n", "repeated", r.Checks.Done, r.Checks.Mismatched)
	for _, m := range r.Checks.Mismatches {
		fmt.Fprintf(&b, "  %-12s schedule %d %s\n", "", m.Index+1, differs(&m))
	}
	for _, x := range r.Sometimes {
		if x.Count > 0 {
			fmt.Fprintf(&b, "  %-12s %s in %d\n", "sometimes", x.Name, x.Count)
		}
	}
	if r.First != nil {
		fmt.Fprintf(&b, "  %-12s after %d schedules, %.3f s\n", "first fault", r.First.Schedules, r.First.Wall)
	}
	for i := range r.Violations {
		if v := &r.Violations[i]; v == r.Find(v.Invariant) {
			fmt.Fprintf(&b, "  %-12s %-18s in %s, first in %d (%s)\n", "broken", v.Invariant, schedules(r.Broke(v.Invariant)), v.Index+1, v.By)
		}
	}
	fmt.Fprintf(&b, "verdict: %s", a.Verdict)
	if a.Reason != "" {
		fmt.Fprintf(&b, ": %s", a.Reason)
	}
	b.WriteByte('\n')
	if a.Verdict != invariant.Fail && r.Repeat != "" { // a violation has its own
		fmt.Fprintf(&b, "repeat: %s\n", r.Repeat)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// differs says where a repeated run left the path of the first.
func differs(m *explore.Mismatch) string {
	if m.Decision == 0 {
		return "made the same decisions and ended in another way"
	}
	was, is := m.Was, m.Is
	switch {
	case was == is:
		return fmt.Sprintf("first differs at decision %d: %s, but others could go on", m.Decision, was)
	case was == "":
		was = "it was over"
	case is == "":
		is = "it was over"
	}
	return fmt.Sprintf("first differs at decision %d: %s; when repeated %s", m.Decision, was, is)
}

// list prints a few names.
func list(names []string) string {
	const shown = 6
	switch {
	case len(names) == 0:
		return "nothing"
	case len(names) > shown:
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more", len(names)-shown)
	}
	return strings.Join(names, ", ")
}

func about(n int, exact bool) string {
	if exact {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("about %d", n)
}
