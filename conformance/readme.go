package conformance

import (
	"fmt"
	"strings"

	"gwkit/conformance/target"
)

// README returns the guide to writing scripts, which stands beside them as
// README.md. Its tables are those the engine works with.
func README() string {
	var b strings.Builder
	b.WriteString(readmeHead)

	b.WriteString("\n## Commands\n\nA **check** says whether something is so: `until` can wait for it, and `!` before it demands the opposite. ")
	b.WriteString("Any other command does something, and `!` before it demands that it is refused; `stderr REGEXP` in the next line looks at the reason. A mistake in the script itself is one with `!` as well.\n\n")
	b.WriteString("| Command | | Needs |\n| --- | --- | --- |\n")
	table := Commands()
	for i := range table {
		c := &table[i]
		check := ""
		if c.IsCheck() {
			check = " (check)"
		}
		fmt.Fprintf(&b, "| [`%s`](#%s)%s | %s | %s |\n", c.Name, c.Name, check, cell(c.Summary), commandPowers(c))
	}
	for i := range table {
		b.WriteString("\n### " + table[i].Name + "\n\n" + commandHelp(&table[i], "`", "    "))
	}

	b.WriteString("\n## Dialogues\n\n")
	b.WriteString(readmeDialogues)
	b.WriteString("\n| Line | |\n| --- | --- |\n")
	for _, row := range dialogueTable {
		fmt.Fprintf(&b, "| `%s` | %s |\n", cell(row.form), cell(row.summary))
	}
	b.WriteString(readmeDialogueExample)

	b.WriteString("\n## Conditions\n\nA line that begins with a condition runs only where it holds; `[!power:clock]` where it does not. Several may stand in a row.\n\n| Condition | |\n| --- | --- |\n")
	for _, row := range conditionTable {
		fmt.Fprintf(&b, "| `%s` | %s |\n", row.form, row.summary)
	}

	b.WriteString("\n## Powers\n\nA target says what it can do. Before a script runs, the needs of its lines are added up (lines that a `[power:...]` or `[target:...]` condition excludes do not count); what the target lacks makes the script a visible skip.\n\n| Power | |\n| --- | --- |\n")
	for _, row := range target.PowerTable {
		fmt.Fprintf(&b, "| %s | %s |\n", row.Name, row.Summary)
	}

	b.WriteString("\n## Built-in verbs\n\n")
	fmt.Fprintf(&b, "These verbs of testscript work on the folder the script is unpacked into: %s. ", codeList(builtins))
	b.WriteString("`stdout REGEXP` and `stderr REGEXP` look at what the last command printed, `cp stdout FILE` keeps it, `cmp A B` compares two files, `stop` ends the script well, `skip REASON` skips it.\n\n")
	b.WriteString("With a path on a drive, four of them mean a command above, on the same line number:\n\n| Written | Means |\n| --- | --- |\n")
	for _, name := range sortedKeys(onDrive) {
		fmt.Fprintf(&b, "| `%s ... M:\\X` | `%s` |\n", name, onDrive[name])
	}
	b.WriteString("\nNot available, because a verdict does not depend on the host: ")
	b.WriteString(codeList(sortedKeys(refused)) + ", and the conditions of testscript.\n")
	b.WriteString(readmeTail)
	return b.String()
}

// commandHelp prints the help of one command. code surrounds code, and block
// begins the lines of an example.
func commandHelp(c *Command, code, block string) string {
	var b strings.Builder
	usage := strings.TrimSpace(c.Name + " " + c.Usage)
	fmt.Fprintf(&b, "%s%s%s\n\n%s.\n", code, usage, code, sentence(c.Summary))
	for _, v := range c.Verbs {
		fmt.Fprintf(&b, "\n- %s%s %s%s: %s. Needs %s.", code, c.Name, v.Usage, code, v.Summary, v.Powers)
	}
	if len(c.Verbs) > 0 {
		b.WriteByte('\n')
	}
	if c.Detail != "" {
		b.WriteByte('\n')
		for l := range strings.SplitSeq(c.Detail, "\n") {
			if rest, ok := strings.CutPrefix(l, "\t"); ok {
				l = block + rest
			} else if code == "`" {
				l = escapeMarkdown(l)
			}
			b.WriteString(l + "\n")
		}
	}
	return b.String()
}

// Explain returns the help of one command as plain text, for a terminal.
func (c *Command) Explain() string {
	text := commandHelp(c, "", "    ")
	if p := commandPowers(c); p != "" {
		text += "\nNeeds: " + p + "\n"
	}
	return text
}

func commandPowers(c *Command) string {
	if len(c.Verbs) > 0 {
		var powers target.Powers
		for _, v := range c.Verbs {
			powers |= v.Powers
		}
		return strings.ReplaceAll(powers.String(), " ", " or ")
	}
	switch c.Name {
	case "until":
		return c.Powers.String() + ", and what the check needs"
	case "m-attr":
		return c.Powers.String() + ", write to change"
	}
	return strings.ReplaceAll(c.Powers.String(), " ", ", ")
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// cell makes a text safe for a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// escapeMarkdown keeps the angle brackets, stars and underscores of a paragraph.
func escapeMarkdown(s string) string {
	return strings.NewReplacer("<", `\<`, ">", `\>`, "*", `\*`, "_", `\_`).Replace(s)
}

func codeList(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

const readmeHead = `# Scripts

Generated from the command table by ` + "`make generate`" + `; do not edit.

Every ` + "`.txtar`" + ` file here is one script: what a gateway deployment does, in the words of the field, with the
article that says so. ` + "`gwcheck run`" + ` runs all of them; ` + "`gwcheck run 'inbound_*'`" + ` some; ` + "`gwcheck run --scripts DIR`" + `
those of your own. Read two or three before you write one.

    # Summary: an incoming message waits in INQUEUE3 until EXTERNAL runs when the mailer is disabled
    # KB: Q128512
    # Tags: inbound mailer
    site single
    pc GW1 run 'SMTPGATE -md -mr -lacsy'
    smtp GW1 session.txt
    mailbag COMPANY/HUB INQUEUE3 count 1
    ! exists M:\LOG\RECV.LOG
    advance 6m
    mailbag COMPANY/HUB sparky subject 'hello'
    -- session.txt --
    > 220 All set, fire away
    < HELO relay.company.com
    > 250 Hi there, pleased to meet you
    (and so on)

## Writing one

- The file name is the id: topic, underscore, behaviour: ` + "`inbound_mailer_disabled.txtar`" + `. The topic is the suite.
- It begins with header lines: ` + "`# Summary:`" + ` is one sentence in the present tense (required), ` + "`# KB:`" + ` the ids of the
  articles that say so, ` + "`# Tags:`" + ` words to select by. They end at the first other line; put an empty line before a phase
  comment.
- ` + "`site`" + ` comes first: a built-in site (` + "`gwemu shapes`" + ` prints them) or a site file attached to the script. Then ` + "`set`" + ` and
  ` + "`pc NAME run`" + ` change it. The deployment starts with the first command that looks at it or lets time pass.
- A line that begins with ` + "`#`" + ` begins a phase. Of a script that fails only the failing phase is shown, so a phase should
  say what it is about.
- A command line is words separated by blanks. Single quotes group, doubled inside: ` + "`'it''s'`" + `. ` + "`#`" + ` outside quotes begins
  a comment, ` + "`$NAME`" + ` is a variable (` + "`$WORK`" + ` is the script's folder). Quote what has blanks, ` + "`#`" + ` or ` + "`$`" + `.
- Files attached to the script stand after ` + "`-- NAME --`" + ` lines. They end in a line end, and a line of that form cannot be
  inside one. For bytes use annotated hex and ` + "`m-write -hex`" + `.
- Nothing happens between two commands: time passes only in ` + "`advance`, `until`, `rest`, `session`" + `, in dialogues, and
  briefly in ` + "`submit`, `mail-rm` and `inject`" + `. Prefer ` + "`until`" + ` with a generous limit to an exact ` + "`advance`" + `: it ends as soon
  as its check holds, and says what it saw when it does not.
- Assert what the articles say, documented misbehaviour included. Do not assert what is invented: host names in greeting
  replies, times, SMTPGATE.LOG lines that no article prints, sizes nobody gives.
- The log of a gateway is written when the gateway gets to it: ` + "`until 1m log GW1 contains ...`" + `, not a bare ` + "`log`" + `.
- A script runs twice in the tests, and both runs must give one trace digest. It can use nothing of the host.

## Paths and values

A file on a drive is written ` + "`M:\\X\\Y`" + ` (letters of the first gateway PC), ` + "`GW1:M:\\X\\Y`" + ` (letters of a PC) or
` + "`COMPANY/HUB:\\X\\Y`" + ` (a postoffice). A name without ` + "`:\\`" + ` is a file of the script.

| Word | Form |
| --- | --- |
| DURATION | ` + "`90s` `6m` `24h` `1h30m`" + ` |
| QUANTITY | ` + "`3` `=3` `>=3` `<=3` `>3` `<3` `2..5`" + `, of numbers or durations |
| PATTERN | a text that has to be equal, or ` + "`/regexp/`" + ` that has to be found |
| REGEXP | Go regular expression that has to be found; ` + "`^` and `$`" + ` match at lines |
| FILE | a file of the script, or ` + "`stdout`" + ` of the command before |
| NET/PO | ` + "`COMPANY/HUB`" + ` |
`

const readmeDialogues = `A dialogue file is played by ` + "`smtp`" + ` (the script calls a gateway) or by ` + "`peer`" + ` (the gateway calls the script). ` + "`>`" + ` is
what the thing under test says and ` + "`<`" + ` what the script says, in both. Lines that the other side says are taken one by
one; a line that was not expected fails the session with what was expected. When the file ends the connection is closed.
Empty lines are ignored: an empty line of a message is ` + "`<`" + ` alone.
`

const readmeDialogueExample = `
A scripted smart host that is slow, answers a recipient with a temporary refusal, and then takes the message on the next
connection:

    timeout 10m
    accept
    wait 45s
    < 220 relay ready
    > HELO msmailgwy.company.com
    < 250 hello
    >~ ^MAIL FROM:
    < 250 ok
    >~ ^RCPT TO:
    < 451 try again later
    ...
    > QUIT
    < 221 bye
    accept
    < 220 relay ready

A client that breaks the rules:

    > 220 All set, fire away
    << HELO x\n
    > 250 Hi there, pleased to meet you
    << NOOP\r\nMAIL From:<a@b.c>\r\n
    ...
    > 250 Sender OK
    << RCPT To:<half
    silence 30s
    << >\r\n
    > 550 Addressee unknown
    reset
`

const readmeTail = `
## Verdicts

| Verdict | |
| --- | --- |
| pass | every line held |
| fail | the target does not behave as the script says |
| unknown | a budget (wall clock, steps) ran out before it could be judged |
| skip | the target lacks a power, or the script says so |
| error | the script or the harness is wrong: unknown command, wrong number of arguments, internal error |

A script that is not pass ends with the command that repeats it, seed and schedule included. ` + "`gwcheck run -v`" + ` shows every
phase and the last events of the trace.
`
