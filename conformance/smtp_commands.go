package conformance

import (
	"errors"
	"strings"

	"gwkit/conformance/target"
)

// sessionArgs takes a trailing &NAME off the arguments.
func sessionArgs(args []string) (rest []string, name string) {
	last := args[len(args)-1]
	if name, ok := strings.CutPrefix(last, "&"); ok && name != "" {
		return args[:len(args)-1], name
	}
	return args, ""
}

func runSMTP(p *play, args []string) error {
	c := Find("smtp")
	rest, name := sessionArgs(args)
	from := ""
	if rest[0] == "-from" && len(rest) > 2 {
		from, rest = rest[1], rest[2:]
	}
	if len(rest) != 2 {
		return c.usage()
	}
	to, file := rest[0], rest[1]
	steps, err := p.dialogue(file)
	if err != nil {
		return err
	}
	rig, err := power[target.SMTP](p)
	if err != nil {
		return err
	}
	if from == "" {
		if len(p.site.SmartHosts) == 0 {
			return usagef("the site has no smart host to call from: give -from IP")
		}
		from = p.site.SmartHosts[0].IP
	}
	foreground := name == ""
	if foreground {
		name = "smtp " + to
	}
	s := &session{name: name, file: file, steps: steps, dial: func() (target.Conn, error) { return rig.Dial(from, to) }}
	if err := p.startSession(s); err != nil {
		return err
	}
	if foreground {
		return p.join(s)
	}
	s.advance(pollTime) // so that it is connected when the next command runs
	return nil
}

func runPeer(p *play, args []string) error {
	rest, name := sessionArgs(args)
	if len(rest) != 2 {
		return Find("peer").usage()
	}
	ip, file := rest[0], rest[1]
	if name == "" {
		name = ip
	}
	steps, err := p.dialogue(file)
	if err != nil {
		return err
	}
	rig, err := power[target.Sink](p)
	if err != nil {
		return err
	}
	s := &session{name: name, file: file, steps: steps}
	if err := p.startSession(s); err != nil {
		return err
	}
	if s.listener, err = rig.Listen(ip); err != nil {
		p.sessions = p.sessions[:len(p.sessions)-1]
		return err
	}
	return nil
}

func (p *play) dialogue(file string) ([]step, error) {
	text, err := p.file(file)
	if err != nil {
		return nil, err
	}
	return parseDialogue(file, text)
}

func runInject(p *play, args []string) error {
	from, to, file := strings.Trim(args[0], "<>"), args[1:len(args)-1], args[len(args)-1]
	text, err := p.file(file)
	if err != nil {
		return err
	}
	rig, err := power[target.SMTP](p)
	if err != nil {
		return err
	}
	return rig.Inject(from, to, []byte(crlfLines(text)))
}

func runSubmit(p *play, args []string) error {
	m := target.Mail{From: args[0]}
	rest := args[1:]
	plain := rest
	for i, a := range rest {
		if a == "attach" || a == "hidden" {
			plain = rest[:i]
			break
		}
	}
	if len(plain) < 2 || (len(rest)-len(plain))%3 != 0 {
		return Find("submit").usage()
	}
	m.To = plain[:len(plain)-1]
	text, err := p.file(plain[len(plain)-1])
	if err != nil {
		return err
	}
	if err := readNote(&m, text); err != nil {
		return err
	}
	for rest = rest[len(plain):]; len(rest) > 0; rest = rest[3:] {
		if rest[0] != "attach" && rest[0] != "hidden" {
			return Find("submit").usage()
		}
		data, err := p.file(rest[2])
		if err != nil {
			return err
		}
		m.Attachments = append(m.Attachments, target.Attachment{Name: rest[1], Data: []byte(data), Hidden: rest[0] == "hidden"})
	}
	rig, err := power[target.Submit](p)
	if err != nil {
		return err
	}
	return rig.Submit(m)
}

// readNote reads the lines at the head of a note for submit. A text without
// them, and without the empty line after them, is all text.
func readNote(m *target.Mail, text string) error {
	head, body, found := strings.Cut(text, "\n\n")
	first, _, _ := strings.Cut(head, ":")
	if !found || !isNoteField(first) {
		m.Text = text
		return nil
	}
	for l := range strings.SplitSeq(head, "\n") {
		name, value, _ := strings.Cut(l, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "Subject":
			m.Subject = value
		case "Cc":
			m.Cc = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		case "Priority":
			m.Priority = value
		case "Receipt":
			m.Receipt = value == "yes"
			if value != "yes" && value != "no" {
				return usagef("bad receipt %q: want yes or no", value)
			}
		default:
			return usagef("unknown field %q: want Subject, Cc, Priority or Receipt", name)
		}
	}
	m.Text = body
	return nil
}

func isNoteField(name string) bool {
	return name == "Subject" || name == "Cc" || name == "Priority" || name == "Receipt"
}

var errNoMail = errors.New("no such mail")
