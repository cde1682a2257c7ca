package conformance

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/message"
	"gwkit/conformance/target"
)

const (
	mailPredicates    = "Predicates: subject, from, to, cc, priority PATTERN; text FILE (its lines are in the text, one after the other) or text REGEXP; attachment PATTERN [FILE] (with this content); receipt yes|no; size QUANTITY; age QUANTITY of a duration since it was sent; count QUANTITY."
	outsidePredicates = "Predicates: from, to PATTERN of the envelope; host PATTERN of the smart host; subject PATTERN; header NAME PATTERN; text FILE or text REGEXP of the body; attachment PATTERN [FILE] (uuencoded in the body); size QUANTITY; age QUANTITY; count QUANTITY."
)

// mailItem is what the predicates look at: mail in a mailbag, at a smart host,
// or delivered.
type mailItem struct {
	subject     string
	from        []string
	to, cc      []string
	host        string
	priority    string
	reason      string
	receipt     string
	text        string
	size, tries float64
	age         time.Duration
	attachments []message.Attachment
	header      func(name string) []string
	line        string // for people
	slot        int
}

// predicate is one condition of a line.
type predicate struct {
	name  string
	match func(*mailItem) bool
}

// predicateTable says which predicates a command has.
var predicateTable = map[string][]string{
	"mailbag": {"age", "attachment", "cc", "count", "from", "priority", "receipt", "size", "subject", "text", "to"},
	"mail-rm": {"attachment", "cc", "from", "priority", "receipt", "size", "subject", "text", "to"},
	"outside": {"age", "attachment", "count", "from", "header", "host", "size", "subject", "text", "to"},
	"queue":   {"count", "host", "reason", "to", "tries"},
}

// selection is the predicates of a line; count is nil when there is none.
type selection struct {
	predicates []predicate
	count      *quantity[float64]
}

// parsePredicates reads pairs of a name and a value; header and attachment may
// have one value more.
func (p *play) parsePredicates(command string, args []string) (selection, error) {
	var s selection
	known := predicateTable[command]
	for len(args) > 0 {
		name := args[0]
		if !slices.Contains(known, name) {
			return s, usagef("unknown predicate %q: want one of: %s", name, strings.Join(known, ", "))
		}
		if len(args) < 2 {
			return s, usagef("predicate %s has no value", name)
		}
		value := args[1]
		args = args[2:]
		if name == "count" {
			q, err := parseCount(value)
			if err != nil {
				return s, err
			}
			s.count = &q
			continue
		}
		var more string
		switch {
		case name == "header":
			if len(args) == 0 {
				return s, usagef("predicate header wants a name and a pattern")
			}
			more, args = args[0], args[1:]
		case name == "attachment" && len(args) > 0 && !slices.Contains(known, args[0]):
			more, args = args[0], args[1:]
		}
		match, err := p.parsePredicate(name, value, more)
		if err != nil {
			return s, err
		}
		s.predicates = append(s.predicates, predicate{name, match})
	}
	return s, nil
}

func (p *play) parsePredicate(name, value, more string) (func(*mailItem) bool, error) {
	switch name {
	case "size", "tries":
		q, err := parseCount(value)
		return func(m *mailItem) bool { return q.holds(map[string]float64{"size": m.size, "tries": m.tries}[name]) }, err
	case "age":
		q, err := parseAge(value)
		return func(m *mailItem) bool { return q.holds(m.age) }, err
	case "receipt":
		if value != "yes" && value != "no" {
			return nil, usagef("bad receipt %q: want yes or no", value)
		}
		return func(m *mailItem) bool { return m.receipt == value }, nil
	case "text":
		return p.parseText(value)
	case "header":
		t, err := parsePattern(more)
		return func(m *mailItem) bool { return slices.ContainsFunc(m.header(value), t.match) }, err
	case "attachment":
		return p.parseAttachment(value, more)
	}
	t, err := parsePattern(value)
	if err != nil {
		return nil, err
	}
	return func(m *mailItem) bool {
		switch name {
		case "subject":
			return t.match(m.subject)
		case "from":
			return slices.ContainsFunc(m.from, t.match)
		case "to":
			return slices.ContainsFunc(m.to, t.match)
		case "cc":
			return slices.ContainsFunc(m.cc, t.match)
		case "host":
			return t.match(m.host)
		case "reason":
			return t.match(m.reason)
		}
		return t.match(m.priority)
	}, nil
}

func (p *play) parseText(value string) (func(*mailItem) bool, error) {
	if !p.hasFile(value) {
		re, err := compile(strings.TrimSuffix(strings.TrimPrefix(value, "/"), "/"))
		return func(m *mailItem) bool { return re.MatchString(m.text) }, err
	}
	text, err := p.file(value)
	want := trimLines(text)
	return func(m *mailItem) bool {
		ok, _ := findLines(trimLines(m.text), want)
		return ok
	}, err
}

// trimLines returns the lines of a text without blanks at their ends, which
// neither side promises to keep.
func trimLines(text string) []string {
	all := lines(unixLines(text))
	for i, l := range all {
		all[i] = strings.TrimRight(l, " ")
	}
	return all
}

func (p *play) parseAttachment(name, file string) (func(*mailItem) bool, error) {
	t, err := parsePattern(name)
	if err != nil {
		return nil, err
	}
	var want []byte
	if file != "" {
		text, err := p.file(file)
		if err != nil {
			return nil, err
		}
		want = []byte(text)
	}
	return func(m *mailItem) bool {
		return slices.ContainsFunc(m.attachments, func(a message.Attachment) bool {
			return t.match(a.Name) && (file == "" || a.Err == "" && bytes.Equal(a.Data, want))
		})
	}, nil
}

// judge counts the items that meet all predicates.
func (p *play) judgeMail(what string, s selection, all []mailItem) (bool, string, error) {
	n := 0
	for i := range all {
		if s.matches(&all[i]) {
			n++
		}
	}
	var b strings.Builder
	if s.count != nil {
		fmt.Fprintf(&b, "want %s of %d in %s, have %d", s.count.text, len(all), what, n)
	} else {
		fmt.Fprintf(&b, "%d of %d in %s", n, len(all), what)
	}
	const shown = 20
	for i, m := range all {
		if i == shown {
			fmt.Fprintf(&b, "\n... %d more", len(all)-shown)
			break
		}
		b.WriteString("\n" + m.line)
	}
	if s.count == nil && len(s.predicates) == 0 {
		p.out.Reset()
		p.print("")
		for _, m := range all {
			p.print("%s\n", m.line)
		}
		return n > 0, b.String(), nil
	}
	if s.count != nil {
		return s.count.holds(float64(n)), b.String(), nil
	}
	return n > 0, b.String(), nil
}

func (s *selection) matches(m *mailItem) bool {
	for _, p := range s.predicates {
		if !p.match(m) {
			return false
		}
	}
	return true
}

// bag reads a mailbag.
func (p *play) bag(po, box string) ([]mailItem, error) {
	f, err := power[target.Files](p)
	if err != nil {
		return nil, err
	}
	items, err := f.Mailbag(po, box)
	if err != nil {
		return nil, fmt.Errorf("cannot read mailbag %s %s: %w", po, box, err)
	}
	now := p.rig.Now()
	all := make([]mailItem, 0, len(items))
	for _, i := range items {
		if i.Err != nil {
			return nil, fmt.Errorf("cannot read item %d of mailbag %s %s: %w", i.Slot, po, box, i.Err)
		}
		m := mailItem{
			subject: i.Subject, from: []string{i.From}, to: i.To, cc: i.Cc, priority: i.Priority, receipt: "no",
			text: unixLines(i.Text), size: float64(i.Size), age: now.Sub(i.Time), slot: i.Slot,
			header: func(string) []string { return nil },
		}
		if i.Receipt {
			m.receipt = "yes"
		}
		names := ""
		for _, a := range i.Attachments {
			m.attachments = append(m.attachments, message.Attachment{Name: a.Name, Data: a.Data})
			names += " [" + a.Name + "]"
		}
		m.line = fmt.Sprintf("%d %s from %s to %s: %s%s", i.Slot, i.MAI, i.From, strings.Join(i.To, ", "), i.Subject, names)
		all = append(all, m)
	}
	return all, nil
}

func checkMailbag(p *play, args []string) (bool, string, error) {
	s, err := p.parsePredicates("mailbag", args[2:])
	if err != nil {
		return false, "", err
	}
	all, err := p.bag(args[0], args[1])
	if err != nil {
		return false, "", err
	}
	return p.judgeMail(args[0]+" "+args[1], s, all)
}

func runMailRemove(p *play, args []string) error {
	s, err := p.parsePredicates("mail-rm", args[2:])
	if err != nil {
		return err
	}
	all, err := p.bag(args[0], args[1])
	if err != nil {
		return err
	}
	rig, err := power[target.Submit](p)
	if err != nil {
		return err
	}
	removed := 0
	for i := len(all) - 1; i >= 0; i-- { // from the end, so that slots stay valid
		if !s.matches(&all[i]) {
			continue
		}
		if err := rig.DeleteMail(args[0], args[1], all[i].slot); err != nil {
			return err
		}
		removed++
	}
	if removed == 0 {
		return fmt.Errorf("%w in %s %s", errNoMail, args[0], args[1])
	}
	p.logf("%d deleted", removed)
	return nil
}

func checkOutside(p *play, args []string) (bool, string, error) {
	s, err := p.parsePredicates("outside", args)
	if err != nil {
		return false, "", err
	}
	rig, err := power[target.Sink](p)
	if err != nil {
		return false, "", err
	}
	now := p.rig.Now()
	var all []mailItem
	for _, d := range rig.Outside() {
		msg := message.Read(d.Data)
		m := mailItem{
			from: []string{d.From}, to: []string{d.To}, host: d.Host, subject: msg.First("Subject"), text: msg.Body, size: float64(len(d.Data)),
			age: now.Sub(d.Time), attachments: msg.Attachments, header: msg.Values,
		}
		names := ""
		for _, a := range msg.Attachments {
			names += " [" + a.Name + "]"
			if a.Err != "" {
				names += "(" + a.Err + ")"
			}
		}
		m.line = fmt.Sprintf("from %s to %s at %s: %s%s", d.From, d.To, d.Time.Format("15:04:05"), m.subject, names)
		all = append(all, m)
	}
	return p.judgeMail("the Internet", s, all)
}

func checkQueue(p *play, args []string) (bool, string, error) {
	s, err := p.parsePredicates("queue", args)
	if err != nil {
		return false, "", err
	}
	rig, err := power[target.Sink](p)
	if err != nil {
		return false, "", err
	}
	var all []mailItem
	for _, q := range rig.Queue() {
		all = append(all, mailItem{to: []string{q.To}, host: q.Host, reason: q.Reason, tries: float64(q.Tries),
			line: fmt.Sprintf("%s for %s, tried %d times: %s", q.Host, q.To, q.Tries, q.Reason)})
	}
	return p.judgeMail("the queues of smart hosts", s, all)
}
