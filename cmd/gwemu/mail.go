package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// office is where mail is read and sent: a served deployment or saved drives.
type office interface {
	// mailboxes lists those of all postoffices, or of one; with an error those that
	// can be read.
	mailboxes(po string) ([]boxView, error)
	items(po, box string) ([]itemView, error)
	only() (string, error) // NET/PO of the only postoffice, or ""
	submit(*mailView) error
}

type boxView struct {
	Postoffice string `json:"postoffice"`
	Box        string `json:"box"`
	Messages   int    `json:"messages"`
}

// office opens what the flags say. Call the function when done.
func (a *app) office(r *reach) (office, func(), error) {
	if r.drive != "" {
		s, err := a.openSaved(r.drive)
		if err != nil {
			return nil, nil, err
		}
		return s, s.close, nil
	}
	c, err := a.client(r)
	return c, func() {}, err
}

type mailFlags struct {
	reach
	read   int
	raw    bool
	dir    string
	format *choiceFlag
}

func (a *app) mailCommand() *cobra.Command {
	f := &mailFlags{format: formatFlag()}
	cmd := &cobra.Command{
		Use:   "mail [POSTOFFICE [MAILBAG]]",
		Short: "list and read the mail of a mailbag",
		Long: "Mail lists a mailbag of a served deployment or of saved drives: a user's, INQUEUE3, SMTP, SYSTEM, or\n" +
			"NET/PO for the queue to another postoffice. Without MAILBAG it counts the mail of all users. POSTOFFICE can\n" +
			"be left out when --drive has only one. Nobody in the deployment notices.",
		Example: "  gwemu mail COMPANY/SALES margb\n  gwemu mail COMPANY/SALES margb --read 1 --save-attachments out\n" +
			"  gwemu mail --drive after.zip COMPANY/HUB SMTP",
		Args: between(0, "POSTOFFICE", "MAILBAG"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("read") && f.read < 1 {
				return usage("cannot read message %d: they are counted from 1", f.read)
			}
			if f.raw && f.read == 0 {
				return usage("cannot print raw mail: --raw wants --read N")
			}
			return a.mail(f, args)
		},
	}
	f.controlFlag(cmd)
	f.driveFlag(cmd, "a folder, or an archive that run --save or snapshot wrote (`DIR|FILE.zip`)")
	cmd.Flags().IntVar(&f.read, "read", 0, "print header and text of message `N` of the list")
	cmd.Flags().BoolVar(&f.raw, "raw", false, "with --read: as the postoffice keeps it, in code page 850 and with control characters, instead of made safe for a terminal")
	cmd.Flags().StringVar(&f.dir, "save-attachments", "", "save attachments in `DIR`, of one message with --read, otherwise of all")
	cmd.Flags().Var(f.format, "format", "form of the output")
	return cmd
}

func (a *app) mail(f *mailFlags, args []string) error {
	from, done, err := a.office(&f.reach)
	if err != nil {
		return err
	}
	defer done()
	if len(args) == 1 && !strings.Contains(args[0], "/") { // a MAILBAG alone
		po, err := from.only()
		if err != nil {
			return err
		}
		if po != "" {
			args = []string{po, args[0]}
		}
	}
	if len(args) < 2 && (f.read > 0 || f.dir != "") {
		return usage("cannot read mail: want POSTOFFICE and MAILBAG")
	}
	if len(args) < 2 {
		po := ""
		if len(args) == 1 {
			po = args[0]
		}
		boxes, err := from.mailboxes(po)
		if len(boxes) == 0 && po != "" && err == nil {
			err = usage("cannot find postoffice %q, or it has no users", po)
		}
		if len(boxes) == 0 && err != nil {
			return err
		}
		return errors.Join(printBoxes(a.out, f.format.value, list(boxes)), err)
	}
	po, box := args[0], args[1]
	items, err := from.items(po, box)
	if err != nil {
		return err
	}
	if f.read > 0 {
		found := items[:0:0]
		for _, it := range items {
			if it.Slot == f.read-1 {
				found = append(found, it)
			}
		}
		if len(found) == 0 {
			return usage("cannot read message %d: mailbag %s/%s has none of that number", f.read, po, box)
		}
		items = found
	}
	if f.dir != "" {
		if err := a.saveAttachments(f.dir, items); err != nil {
			return err
		}
	}
	return errors.Join(a.printMail(f, po, box, items), damage(po, box, items))
}

// damage names the messages that cannot be read.
func damage(po, box string, items []itemView) error {
	var errs []error
	for i := range items {
		if it := &items[i]; it.Error != "" {
			errs = append(errs, usage("cannot read message %d of mailbag %s/%s: %s", it.Slot+1, po, box, it.Error))
		}
	}
	return errors.Join(errs...)
}

func (a *app) printMail(f *mailFlags, po, box string, items []itemView) error {
	switch {
	case f.format.value == "json":
		if f.read == 0 {
			for i := range items { // a list, as the API has it
				items[i].Text = ""
				for j := range items[i].Attachments {
					items[i].Attachments[j].Data = nil
				}
			}
		}
		return printJSON(a.out, mailbagView{1, po, box, list(items)})
	case f.read == 0:
		return printItems(a.out, items)
	case items[0].Error != "":
		return nil
	}
	return printItem(a.out, &items[0], f.raw)
}

func printBoxes(w io.Writer, format string, boxes []boxView) error {
	if format == "json" {
		return printJSON(w, struct {
			Version  int       `json:"version"`
			Mailbags []boxView `json:"mailbags"`
		}{1, boxes})
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, b := range boxes {
		fmt.Fprintf(t, "%s\t%s\t%d\n", printable(b.Postoffice), printable(b.Box), b.Messages)
	}
	return t.Flush()
}

func printItems(w io.Writer, items []itemView) error {
	if len(items) == 0 {
		_, err := fmt.Fprintln(w, "no mail")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "N\tTIME\tFROM\tSUBJECT\tBYTES\tATTACHED")
	for i := range items {
		it := &items[i]
		if it.Error != "" && it.MAI == "" {
			fmt.Fprintf(t, "%d\t(damaged)\t\t\t\t\n", it.Slot+1)
			continue
		}
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%d\t%d\n", it.Slot+1, it.Time.Format("2006-01-02 15:04"), cell(it.From), cell(it.Subject), it.SizeBytes, len(it.Attachments))
	}
	return t.Flush()
}

// printItem prints header and text of a message, raw as the postoffice keeps
// them: in its code page, with every control character.
func printItem(w io.Writer, it *itemView, raw bool) error {
	var b strings.Builder
	oneLine, safe := cell, printable
	if raw {
		oneLine = func(s string) string { return s }
		safe = oneLine
	}
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-10s%s\n", name+":", oneLine(value))
		}
	}
	line("From", it.From)
	line("To", strings.Join(it.To, ", "))
	line("Cc", strings.Join(it.Cc, ", "))
	line("Date", it.Time.Format("2006-01-02 15:04:05")) // a mailbag keeps no zone
	line("Subject", it.Subject)
	line("Priority", it.Priority)
	if it.Receipt {
		line("Receipt", "wanted")
	}
	line("Message", it.MAI)
	for _, a := range it.Attachments {
		hidden := ""
		if a.Hidden {
			hidden = ", hidden"
		}
		line("Attached", fmt.Sprintf("%s (%d bytes%s)", a.Name, a.SizeBytes, hidden))
	}
	b.WriteByte('\n')
	b.WriteString(safe(it.Text))
	if !strings.HasSuffix(it.Text, "\n") {
		b.WriteByte('\n')
	}
	text := b.String()
	if raw {
		// invented: drives are in code page 850; what it lacks becomes a
		// question mark, but then it cannot have been on the drive.
		var err error
		if text, err = encoding.ReplaceUnsupported(charmap.CodePage850.NewEncoder()).String(text); err != nil {
			return fmt.Errorf("cannot print message %s: %w", it.MAI, err)
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

// cell is a text of strangers on one line of output.
func cell(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		return r
	}, printable(s))
}

// printable shows control characters as text: mail must not move the cursor of
// a terminal or write into its title.
func printable(s string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case r == '\n' || r == '\t':
			b.WriteRune(r)
		case r < 0x20:
			b.WriteByte('^')
			b.WriteByte(byte(r) + '@')
		case unicode.IsControl(r): // DEL and 80 to 9F
			fmt.Fprintf(&b, `\x%02x`, r)
		case unicode.Is(unicode.Bidi_Control, r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// saveAttachments writes the attachments of messages below a folder, which is
// made if need be. The folder is opened first and every file through it, so
// that no name can lead elsewhere; nothing is overwritten.
func (a *app) saveAttachments(dir string, items []itemView) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return usage("cannot save attachments: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return usage("cannot save attachments: %w", err)
	}
	defer root.Close()
	taken := func(name string) bool {
		_, err := root.Lstat(name)
		return err == nil
	}
	n := 0
	for _, it := range items {
		for _, x := range it.Attachments {
			n++
			name, err := savedName(x.Name, n, taken)
			if err != nil {
				return usage("%w", err)
			}
			if err := saveOne(root, name, x.Data); err != nil {
				return usage("cannot save attachment %s: %w", name, err)
			}
			fmt.Fprintf(a.errOut, "saved %s (%d bytes)", name, len(x.Data))
			if !strings.EqualFold(name, x.Name) {
				fmt.Fprintf(a.errOut, ", was %s", cell(x.Name))
			}
			fmt.Fprintln(a.errOut)
		}
	}
	return nil
}

// saveOne writes a file under a temporary name that no attachment can have.
func saveOne(root *os.Root, name string, data []byte) error {
	temporary := ".gwemu-" + name + ".tmp"
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = root.Rename(temporary, name)
	}
	if err != nil {
		root.Remove(temporary)
	}
	return err
}
