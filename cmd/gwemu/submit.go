package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// check refuses what the deployment could not send, in the words of the person
// who wrote it.
func (m *mailView) check() error {
	if _, _, ok := cutBox(m.From); !ok {
		return fmt.Errorf("cannot send mail from %q: want NETWORK/POSTOFFICE/MAILBOX", m.From)
	}
	if len(m.To) == 0 {
		return errors.New("cannot send mail without a recipient")
	}
	for _, to := range append(append([]string{}, m.To...), m.Cc...) {
		if _, _, ok := cutBox(to); !ok && !strings.ContainsAny(to, "@:") {
			return fmt.Errorf("cannot send mail to %q: want user@domain or NETWORK/POSTOFFICE/MAILBOX", to)
		}
	}
	for _, a := range m.Attachments {
		if err := checkDOSName(a.Name); err != nil {
			return fmt.Errorf("cannot attach %s: %w", a.Name, err)
		}
	}
	return nil
}

// cutBox splits NETWORK/POSTOFFICE/MAILBOX.
func cutBox(address string) (po, box string, ok bool) {
	parts := strings.Split(address, "/")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return "", "", false
	}
	return parts[0] + "/" + parts[1], parts[2], true
}

type submitFlags struct {
	reach
	mailView
	text   string
	attach []string
}

func (a *app) submitCommand() *cobra.Command {
	f := &submitFlags{}
	cmd := &cobra.Command{
		Use:   "submit",
		Short: "send a message as a user of a postoffice",
		Long: "Submit sends a message as a user's mail program does, through the drive of the user's postoffice. An\n" +
			"attachment needs an 8.3 name; --attach FILE=NAME.EXT gives it another one.",
		Example: "  gwemu submit --from COMPANY/SALES/margb --to user@example.com --subject Hello --text hello.txt\n" +
			"  echo hello | gwemu submit --from COMPANY/SALES/margb --to COMPANY/HUB/sparky --text - --attach report-1993.xls=REPORT93.XLS",
		Args: exactly(),
		RunE: func(*cobra.Command, []string) error { return a.submit(f) },
	}
	f.controlFlag(cmd)
	f.driveFlag(cmd, "a folder (`DIR`)")
	flags := cmd.Flags()
	flags.StringVar(&f.From, "from", "", "sender (`NET/PO/MAILBOX`)")
	flags.StringArrayVar(&f.To, "to", nil, "recipient: user@domain or NET/PO/MAILBOX; repeatable (`ADDRESS`)")
	flags.StringArrayVar(&f.Cc, "cc", nil, "recipient of a copy; repeatable (`ADDRESS`)")
	flags.StringVar(&f.Subject, "subject", "", "subject")
	flags.StringVar(&f.text, "text", "", "text of the message: a `FILE`, or - for standard input")
	flags.StringArrayVar(&f.attach, "attach", nil, "attach a file; repeatable (`FILE[=NAME.EXT]`)")
	flags.StringVar(&f.Priority, "priority", "", "priority, 1 to 5 or a letter")
	flags.BoolVar(&f.Receipt, "receipt", false, "ask for a receipt")
	return cmd
}

func (a *app) submit(f *submitFlags) error {
	if f.From == "" {
		return usage("cannot send mail: want --from NET/PO/MAILBOX")
	}
	m := f.mailView
	if f.text != "" {
		data, err := a.readInput(f.text)
		if err != nil {
			return usage("cannot read the text: %w", err)
		}
		m.Text = strings.ToValidUTF8(string(data), "?")
	}
	for _, arg := range f.attach {
		x, err := a.attachment(arg)
		if err != nil {
			return err
		}
		m.Attachments = append(m.Attachments, x)
	}
	if err := m.check(); err != nil {
		return usage("%w", err)
	}
	to, done, err := a.office(&f.reach)
	if err != nil {
		return err
	}
	defer done()
	return to.submit(&m)
}

// attachment reads FILE or FILE=NAME.EXT. A file whose own name has an = in it
// is taken as it is.
func (a *app) attachment(arg string) (attachmentView, error) {
	file, name := arg, filepath.Base(arg)
	if i := strings.LastIndexByte(arg, '='); i > 0 && !exists(arg) {
		file, name = arg[:i], arg[i+1:]
	}
	if err := checkDOSName(name); err != nil {
		hint := ""
		if file == arg {
			hint = "; give it another name with --attach " + quoteWord(file) + "=NAME.EXT"
		}
		return attachmentView{}, usage("cannot attach %s: %w%s", file, err, hint)
	}
	data, err := a.readInput(file)
	if err != nil {
		var where *fs.PathError
		if errors.As(err, &where) {
			err = where.Err
		}
		return attachmentView{}, usage("cannot attach %s: %w", file, err)
	}
	return attachmentView{Name: strings.ToUpper(name), SizeBytes: len(data), Data: data}, nil
}
