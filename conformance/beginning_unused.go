package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// unused is why a line of a beginning cannot be taken in. It is no mistake.
type unused string

func (u unused) Error() string { return string(u) }

// occasion is what a beginning is read for.
type occasion int

const (
	always   occasion = iota
	searched          // schedules are
	clocked           // runs by the clock
)

// note is a line of the script that does not do what it does in a run of the
// script, at least not all of it.
type note struct {
	line, to int // to: a span of lines; 0: none
	command  string
	why      string
	part     bool // the rest of the line is used
	when     occasion
	pc       string // it counts only when this PC is off
}

// add notes something about the line that is read.
func (b *Beginning) add(n note) {
	if n.line == 0 {
		n.line = b.here
	}
	b.notes = append(b.notes, n)
}

// late notes that a condition holds from the start though the script lets time
// pass before.
func (b *Beginning) late(command string) {
	if b.passed > 0 {
		b.add(note{command: command, part: true, why: fmt.Sprintf("it is so from the start, not only after line %d let time pass", b.passed)})
	}
}

// about notes that a line is about a PC, which may be off.
func (b *Beginning) about(command, pc string) {
	if p := b.Site.PC(pc); p != nil {
		b.add(note{command: command, pc: p.Name, why: p.Name + " is not switched on, unless --pcs names it"})
	}
}

var (
	editedPC  = regexp.MustCompile(`^pcs\.("[^"]*"|[^.\[]+)`)
	faultedPC = regexp.MustCompile(`(?:^| )who=([^ /*?]+)`)
)

// rest notes the lines behind the beginning.
func (b *Beginning) rest(lines []line) {
	first, last := 0, 0
	var at, does []string
	for i := range lines {
		l := &lines[i]
		if len(l.words) == 0 {
			continue
		}
		if last = l.number; first == 0 {
			first = l.number
		}
		name := l.words[0].text
		if m, ok := beginnings[name]; ok && m.does && !l.neg {
			at = append(at, strconv.Itoa(l.number))
			if !slices.Contains(does, name) {
				does = append(does, name)
			}
		}
	}
	if first == 0 {
		return
	}
	why := "a beginning ends at the first line that judges"
	if b.Ends == "explore" || b.Ends == "replay" {
		why = "a beginning ends at " + b.Ends
	}
	const shown = 8
	switch {
	case len(at) > shown:
		why += fmt.Sprintf("; %d of these lines would send mail or change something (%s)", len(at), strings.Join(does, ", "))
	case len(at) == 1:
		why += fmt.Sprintf("; line %s would send mail or change something (%s)", at[0], does[0])
	case len(at) > 1:
		why += fmt.Sprintf("; lines %s would send mail or change something (%s)", listed(at), strings.Join(does, ", "))
	}
	command := ""
	for i := range lines {
		if lines[i].number == first {
			command = "from " + lines[i].words[0].text + " on"
		}
	}
	b.add(note{line: first, to: last, command: command, why: why})
}

// listed joins words as a sentence does.
func listed(words []string) string {
	n := len(words)
	if n < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
}

// Unused tells which lines a search does not use, or not all of, and why: one
// line of text for each reason. on are the PCs that are switched on.
func (b *Beginning) Unused(on []string) []string { return b.unused(searched, on) }

// UnusedByClock is Unused for runs by the clock.
func (b *Beginning) UnusedByClock(on []string) []string { return b.unused(clocked, on) }

func (b *Beginning) unused(o occasion, on []string) (out []string) {
	counts := func(n *note) bool {
		return (n.when == always || n.when == o) &&
			(n.pc == "" || !slices.ContainsFunc(on, func(pc string) bool { return strings.EqualFold(pc, n.pc) }))
	}
	done := make([]bool, len(b.notes))
	for i := range b.notes {
		n := &b.notes[i]
		if done[i] || !counts(n) {
			continue
		}
		var at []string
		for j := i; j < len(b.notes); j++ { // all lines of which the same is to be said
			m := &b.notes[j]
			same := *m
			same.line, same.to = n.line, n.to
			if same == *n && m.to == 0 && n.to == 0 {
				done[j] = true
				if text := strconv.Itoa(m.line); !slices.Contains(at, text) {
					at = append(at, text)
				}
			}
		}
		where := "line " + listed(at)
		switch {
		case n.to > n.line:
			where = fmt.Sprintf("lines %d to %d", n.line, n.to)
		case n.to > 0:
			where = "line " + strconv.Itoa(n.line)
		case len(at) > 1:
			where = "lines " + listed(at)
		}
		label := "not used"
		if n.part {
			label = "used in part"
		}
		out = append(out, fmt.Sprintf("%s: %s, %s: %s", label, where, n.command, n.why))
	}
	return out
}
