package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gwkit/emulator"
)

func (a *app) manCommand() *cobra.Command {
	schema := false
	var name string
	cmd := &cobra.Command{
		Use:   "man",
		Short: "print the manual page, or the schema of the summary",
		Long: "Man prints the manual page in roff. With --schema it prints the JSON Schema of what run --format json\n" +
			"writes.",
		Example: "  gwemu man | man -l -\n  gwemu man --schema",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.writeOutput(name, func(w io.Writer) error {
				if schema {
					_, err := w.Write(emulator.SummarySchema())
					return err
				}
				_, err := io.WriteString(w, manual(cmd.Root()))
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of the summary of run")
	cmd.Flags().StringVarP(&name, "output", "o", "", "write to this file instead of standard output")
	return cmd
}

// environment are the variables the program reads.
var environment = []struct{ name, text string }{
	{controlEnv, "The control interface that commands without --control speak to, such as " + controlDefault + "."},
}

// manual prints the command tree as one manual page. It has no date: two
// builds of one revision print the same.
func manual(root *cobra.Command) string {
	m := &roff{}
	m.line(".TH GWEMU 1 \"\" \"gwkit\" \"User Commands\"")
	m.section("NAME")
	m.text("gwemu - " + root.Short)
	m.section("SYNOPSIS")
	m.line(".nf")
	for _, c := range root.Commands() {
		if documented(c) {
			m.line("\\fB" + escapeRoff(c.Root().Name()) + "\\fR " + escapeRoff(strings.TrimPrefix(c.UseLine(), "gwemu ")))
		}
	}
	m.line(".fi")
	m.section("DESCRIPTION")
	m.text(root.Long)
	m.section("COMMANDS")
	for _, c := range root.Commands() {
		if documented(c) {
			m.command(c)
		}
	}
	m.section("EXIT STATUS")
	for _, s := range statuses {
		m.item(fmt.Sprint(s.status), s.text)
	}
	m.section("ENVIRONMENT")
	for _, e := range environment {
		m.item(e.name, e.text)
	}
	m.section("CONTROL INTERFACE")
	m.text("A served deployment answers these requests with JSON, version 1. A request with a body has Content-Type " +
		"application/json; an error is {\"error\": \"...\"}. Host and Origin headers that are not its own get status 403.")
	m.line(".nf")
	for _, r := range (&control{}).routes() {
		m.line(escapeRoff(strings.Replace(r.pattern, "{$}", "", 1)))
	}
	m.line(".fi")
	m.section("SEE ALSO")
	m.text("gwcheck(1)")
	return m.b.String()
}

// documented leaves out what cobra adds for itself.
func documented(c *cobra.Command) bool { return c.IsAvailableCommand() && c.Name() != "help" }

type roff struct{ b strings.Builder }

// line writes a line as it is.
func (m *roff) line(s string) { m.b.WriteString(s + "\n") }

func (m *roff) section(name string) { m.line(".SH " + name) }

// text writes paragraphs, which an empty line divides.
func (m *roff) text(s string) {
	for i, paragraph := range strings.Split(s, "\n\n") {
		if i > 0 {
			m.line(".PP")
		}
		m.line(escapeRoff(strings.Join(strings.Fields(paragraph), " ")))
	}
}

func (m *roff) item(head, text string) {
	m.line(".TP")
	m.line("\\fB" + escapeRoff(head) + "\\fR")
	m.text(text)
}

func (m *roff) command(c *cobra.Command) {
	m.line(".SS " + escapeRoff(strings.TrimPrefix(c.UseLine(), "gwemu ")))
	if c.Long != "" && c.Name() != "completion" {
		m.text(c.Long)
	} else {
		m.text(capital(c.Short) + ".")
	}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		m.item(flagHead(f), flagText(f))
	})
	for _, sub := range c.Commands() {
		if documented(sub) {
			m.item(strings.TrimPrefix(strings.TrimSuffix(sub.UseLine(), " [flags]"), "gwemu "), capital(sub.Short)+".")
		}
	}
	if c.Example != "" {
		m.line(".PP")
		m.line(".nf")
		for _, line := range strings.Split(c.Example, "\n") {
			m.line(escapeRoff(line))
		}
		m.line(".fi")
	}
}

func flagHead(f *pflag.Flag) string {
	kind, _ := pflag.UnquoteUsage(f)
	head := "--" + f.Name
	if f.Shorthand != "" {
		head = "-" + f.Shorthand + ", " + head
	}
	if kind != "" {
		head += " " + kind
	}
	return head
}

func flagText(f *pflag.Flag) string {
	_, text := pflag.UnquoteUsage(f)
	text = capital(text)
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" {
		text += " (default " + f.DefValue + ")"
	}
	return text + "."
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// escapeRoff makes text of roff's own characters: a backslash begins an
// escape, a hyphen would become a dash that cannot be copied, a dot or an
// apostrophe at the start of a line begins a request.
func escapeRoff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
