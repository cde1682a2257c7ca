package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// writeManual prints the manual page, for man -l or a package. It is made from
// the commands themselves; cobra's own generator would bring a Markdown module.
func writeManual(w io.Writer, root *cobra.Command) error {
	var b strings.Builder
	b.WriteString(".TH GWCHECK 1\n.SH NAME\ngwcheck \\- " + roff(root.Short) + "\n.SH SYNOPSIS\n")
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			fmt.Fprintf(&b, ".B gwcheck %s\n.br\n", roff(c.Use))
		}
	}
	long, _, _ := strings.Cut(root.Long, "\n\nExit status:")
	b.WriteString(".SH DESCRIPTION\n" + paragraphs(long))
	b.WriteString(".SH COMMANDS\n")
	for _, c := range root.Commands() {
		if !c.IsAvailableCommand() || c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		fmt.Fprintf(&b, ".SS gwcheck %s\n%s.\n", roff(c.Use), roff(strings.ToUpper(c.Short[:1])+c.Short[1:]))
		if text, _, _ := strings.Cut(c.Long, "\n\nExit status:"); text != "" {
			b.WriteString(".PP\n" + paragraphs(text))
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name == "help" {
				return
			}
			name := "\\-\\-" + roff(f.Name)
			if f.Shorthand != "" {
				name = "\\-" + f.Shorthand + ", " + name
			}
			if kind, _ := pflag.UnquoteUsage(f); kind != "" {
				name += " " + roff(kind)
			}
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", name, roff(f.Usage))
		})
		if c.Example != "" {
			b.WriteString(".PP\nExamples:\n.PP\n.nf\n" + roffLines(c.Example) + "\n.fi\n")
		}
	}
	_, statuses, _ := strings.Cut(exitHelp, "\n")
	b.WriteString(".SH EXIT STATUS\n.nf\n" + roffLines(statuses) + "\n.fi\n")
	b.WriteString(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo colours on a terminal.\n")
	b.WriteString(".SH FILES\n.TP\n.I gwcheck/failed.json\nin the user's cache folder: what did not pass last time.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// roff escapes one line of text.
func roff(s string) string {
	s = strings.ReplaceAll(s, `\`, `\e`)
	s = strings.ReplaceAll(s, "-", `\-`)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

func roffLines(text string) string {
	all := strings.Split(text, "\n")
	for i := range all {
		all[i] = roff(all[i])
	}
	return strings.Join(all, "\n")
}

func paragraphs(text string) string {
	return strings.ReplaceAll(roffLines(strings.TrimSpace(text)), "\n\n", "\n.PP\n") + "\n"
}
