package timeline

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Mermaid refuses diagrams of more than 50,000 characters and draws long ones
// badly.
const (
	mermaidRows = 150
	mermaidText = 160 // characters of one message
)

// Mermaid draws the run as a Mermaid sequence diagram: a participant for each
// PC and each volume, an arrow for each operation, a note for what happens to
// a PC.
func (t *Timeline) Mermaid(w io.Writer) error {
	v := t.view(mermaidRows, true)
	b := bufio.NewWriter(w)
	b.WriteString("sequenceDiagram\n")
	say := func(format string, args ...any) { fmt.Fprintf(b, "    "+format+"\n", args...) }
	say("title %s", mermaid(t.o.Title))
	names := map[string]string{}
	for i, l := range v.lanes {
		names[l.name] = fmt.Sprint("p", i+1)
		say("participant p%d as %s", i+1, mermaid(l.name))
	}
	first, last := "p1", fmt.Sprint("p", len(v.lanes))
	if len(v.lanes) == 0 {
		say("participant p1 as nobody")
		last = "p1"
	}
	volumes := map[string]string{}
	for i := range v.rows {
		if x := v.rows[i].x; x != nil && x.file != nil && x.Op != "prompt" && x.Op != "answer" {
			if name := x.file.volume(); volumes[name] == "" {
				volumes[name] = fmt.Sprint("v", len(volumes)+1)
				say("participant %s as %s", volumes[name], mermaid(name))
				last = volumes[name]
			}
		}
	}
	over := first
	if last != first {
		over = first + "," + last
	}
	say("Note over %s: %s", over, mermaid(t.summary(v)))
	for _, n := range t.notes {
		say("Note over %s: %s", over, mermaid(n))
	}
	for i := range v.rows {
		r := &v.rows[i]
		if r.left > 0 {
			say("Note over %s: %s", over, mermaid(t.leftWords(r)))
		}
		at := t.clock(r.time) + " "
		if r.x == nil {
			if r.cycle != nil {
				say("rect rgba(206, 44, 49, 0.15)")
				for _, e := range r.cycle.Edges {
					say("Note over %s: %s", over, mermaid("WAIT CYCLE: "+e.String()))
				}
				say("end")
				continue
			}
			say("Note over %s: %s", over, mermaid(at+r.mark))
			continue
		}
		from := names[r.x.lane.name]
		switch x := r.x; {
		case x.Op == "prompt":
			if x.wait.holder != nil && x.wait.holder.lane != x.lane {
				say("%s-x%s: %s", from, names[x.wait.holder.lane.name], mermaid(at+r.words()))
			} else {
				say("Note over %s: %s", from, mermaid(at+r.words()))
			}
		case x.file == nil || x.anchor():
			say("Note over %s: %s", from, mermaid(at+r.words()))
		case r.last().Result != "":
			say("%s--x%s: %s", from, volumes[x.file.volume()], mermaid(at+r.words()))
		default:
			say("%s->>%s: %s", from, volumes[x.file.volume()], mermaid(at+r.words()))
		}
	}
	return b.Flush()
}

// volume names where the file is: "COMPANY/HUB".
func (f *file) volume() string {
	name, _, _ := strings.Cut(f.key, "|\\")
	if f.own {
		return strings.ReplaceAll(name, "|", " ") + ":"
	}
	return name
}

// mermaid makes a text safe inside a diagram: # and ; end a statement or begin
// a character by number, %% begins a comment, brackets begin a directive, angle
// brackets are markup, and \n is a line break wherever it stands.
func mermaid(s string) string {
	s = cut(plain(s), mermaidText)
	var b strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune("#;%{}<>\"&`", r),
			r == '\\' && i+1 < len(s) && s[i+1] == 'n':
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	s = strings.TrimSpace(b.String())
	switch strings.ToLower(s) {
	case "":
		return "-"
	case "end": // a word of the language
		return fmt.Sprintf("#%d;", s[0]) + s[1:]
	}
	return s
}
