package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// submitWait bounds a submitting command.
const submitWait = 2 * time.Minute

// outgoing is a message that a user of a postoffice sends.
type outgoing struct{ from, to, subject, text string }

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

// submit sends a message from a test mailbox the way the deployment file says.
func (p *Prober) submit(ctx context.Context, m outgoing) error {
	if p.o.Submit != nil {
		return p.o.Submit(ctx, m.from, m.to, m.subject, m.text)
	}
	how := p.d.Test.Submit
	if how.Person {
		text := fmt.Sprintf("Please send this message as %s:\n  To:      %s\n  Subject: %s\n  Text:    %s", m.from, m.to, m.subject, m.text)
		if p.o.Plan != nil {
			p.o.Plan("ask a person: " + strings.ReplaceAll(text, "\n", " "))
			return nil
		}
		if p.o.Ask == nil {
			return errors.New("a person is to send it, and nobody is there to be asked")
		}
		p.o.Ask(text)
		return nil
	}
	values := map[string]string{"from": m.from, "to": m.to, "subject": m.subject, "file": "TEXT"}
	if p.o.Plan != nil {
		words, err := expand(how.Command, values)
		if err == nil {
			p.o.Plan("run " + strings.Join(words, " "))
		}
		return err
	}
	f, err := os.CreateTemp("", "gwcheck-*.txt")
	if err != nil {
		return fmt.Errorf("cannot submit: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(strings.TrimSuffix(m.text, "\n") + "\n")
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("cannot submit: %w", err)
	}
	values["file"] = f.Name()
	words, err := expand(how.Command, values)
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
