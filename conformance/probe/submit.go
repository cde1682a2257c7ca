package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/message"
)

// submitWait bounds a submitting command.
const submitWait = 2 * time.Minute

// Outgoing is a message that a user of a postoffice sends.
type Outgoing struct {
	From        string // NETWORK/POSTOFFICE/MAILBOX
	To          string
	Subject     string
	Text        string
	Attachments []message.Attachment
}

// attaches reports whether the way of submitting takes files along.
func (p *Prober) attaches() bool {
	return p.o.Submit != nil || p.d.Test.Submit.Attach != ""
}

// command returns the words that submit a message. Its text is in a file, its
// attachments are in a folder.
func command(how deploy.Submit, m *Outgoing, text, dir string) ([]string, error) {
	values := map[string]string{"from": m.From, "to": m.To, "subject": m.Subject, "file": text}
	words, err := expand(how.Command, values)
	for _, a := range m.Attachments {
		if err != nil {
			break
		}
		values["attachment"] = filepath.Join(dir, a.Name)
		var more []string
		more, err = expand(how.Attach, values)
		words = append(words, more...)
	}
	return words, err
}

// expand splits a command template into words, as a shell does with quotes, and
// puts the values in. No shell is involved, so no value can be more than the
// word it stands in.
func expand(template string, values map[string]string) ([]string, error) {
	words, err := splitWords(template)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, errors.New("cannot submit: the command is empty")
	}
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	r := strings.NewReplacer(pairs...)
	for i := range words {
		words[i] = r.Replace(words[i])
	}
	return words, nil
}

func splitWords(text string) (words []string, err error) {
	var word strings.Builder
	inside, quote := false, rune(0)
	for _, c := range text {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, inside = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n'):
			if inside {
				words, inside = append(words, word.String()), false
				word.Reset()
			}
		default:
			inside = true
			word.WriteRune(c)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("cannot submit: the command has an open %c", quote)
	}
	if inside {
		words = append(words, word.String())
	}
	return words, nil
}

// person reports whether a person sends mail from test mailboxes.
func (p *Prober) person() bool { return p.d.Test.Submit.Person && p.o.Submit == nil }

// askFor asks a person to send messages, all of them at once.
func (p *Prober) askFor(list []Outgoing) error {
	var b strings.Builder
	for i, m := range list {
		fmt.Fprintf(&b, "Please send this message as %s:\n  To:      %s\n  Subject: %s\n  Text:    %s", m.From, m.To, m.Subject, m.Text)
		if i < len(list)-1 {
			b.WriteString("\n")
		}
	}
	switch {
	case p.o.Plan != nil:
		for line := range strings.SplitSeq(strings.ReplaceAll(b.String(), "\n  ", "  "), "\n") {
			p.o.Plan("ask a person: " + line)
		}
	case p.o.Ask == nil:
		return errors.New("a person is to send mail, and nobody is there to be asked")
	default:
		p.o.Ask(b.String())
	}
	return nil
}

// submit sends a message from a test mailbox the way the deployment file says.
func (p *Prober) submit(ctx context.Context, m Outgoing) error {
	if p.o.Submit != nil {
		return p.o.Submit(ctx, m)
	}
	how := p.d.Test.Submit
	if p.o.Plan != nil {
		words, err := command(how, &m, "TEXT", "")
		if err == nil {
			p.o.Plan("run " + strings.Join(words, " "))
		}
		return err
	}
	dir, err := os.MkdirTemp("", "gwcheck-")
	if err != nil {
		return fmt.Errorf("cannot submit: %w", err)
	}
	defer os.RemoveAll(dir)
	files := map[string][]byte{"text": []byte(strings.TrimSuffix(m.Text, "\n") + "\n")}
	for _, a := range m.Attachments {
		if _, twice := files[a.Name]; twice || filepath.Base(a.Name) != a.Name {
			return fmt.Errorf("cannot submit: bad name %q of an attachment", a.Name)
		}
		files[a.Name] = a.Data
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return fmt.Errorf("cannot submit: %w", err)
		}
	}
	words, err := command(how, &m, filepath.Join(dir, "text"), dir)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, submitWait)
	defer stop()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(out.String())
		if said != "" {
			said = ": " + printable(said)
		}
		return fmt.Errorf("cannot submit with %q: %w%s", words[0], err, said)
	}
	return nil
}
