package conformance

import (
	"fmt"
	"slices"
	"strings"

	"gwkit/conformance/target"
)

// Command is one verb of a script. A command with check says whether something
// is so and can be waited for with until; any other does something.
type Command struct {
	Name    string
	Usage   string // its arguments
	Summary string
	Detail  string // for the README: paragraphs and examples, may be empty
	Powers  target.Powers
	Verbs   []Verb // when the second argument chooses what happens

	least, most int // number of arguments; most < 0: any number

	run   func(*play, []string) error
	check func(*play, []string) (ok bool, seen string, err error)

	// nested returns the powers of a command inside the arguments.
	nested func([]string) (target.Powers, error)
}

// Verb is a form of a command with powers of its own.
type Verb struct {
	Word    string
	Usage   string
	Summary string
	Powers  target.Powers

	least, most int
}

// IsCheck reports whether until can wait for the command.
func (c *Command) IsCheck() bool { return c.check != nil }

// Find returns a command by name, or nil.
func Find(name string) *Command {
	table := Commands()
	i, ok := slices.BinarySearchFunc(table, name, func(c Command, name string) int { return strings.Compare(c.Name, name) })
	if !ok {
		return nil
	}
	return &table[i]
}

// usage returns the error every command answers a wrong number of arguments
// with.
func (c *Command) usage() error { return usagef("usage: %s %s", c.Name, c.Usage) }

// checkArity refuses a wrong number of arguments, and an unknown verb.
func (c *Command) checkArity(args []string) error {
	least, most := c.least, c.most
	if len(c.Verbs) > 0 && len(args) >= 2 {
		v := c.verb(args[1])
		if v == nil {
			return c.usage()
		}
		if least, most = v.least, v.most; len(args) < least || most >= 0 && len(args) > most {
			return usagef("usage: %s %s", c.Name, v.Usage)
		}
		return nil
	}
	if len(args) < least || most >= 0 && len(args) > most {
		return c.usage()
	}
	return nil
}

func (c *Command) verb(word string) *Verb {
	for i := range c.Verbs {
		if c.Verbs[i].Word == word {
			return &c.Verbs[i]
		}
	}
	return nil
}

// needs returns the powers that the command needs with these arguments, and
// refuses a wrong number of them.
func (c *Command) needs(args []string) (target.Powers, error) {
	if err := c.checkArity(args); err != nil {
		return 0, err
	}
	powers := c.Powers
	if len(c.Verbs) > 0 {
		powers |= c.verb(args[1]).Powers
	}
	if c.nested != nil {
		more, err := c.nested(args)
		return powers | more, err
	}
	return powers, nil
}

// The powers, short for the table.
const (
	files    = target.PowerFiles
	write    = target.PowerWrite
	smtp     = target.PowerSMTP
	sink     = target.PowerSink
	submit   = target.PowerSubmit
	clock    = target.PowerClock
	faults   = target.PowerFaults
	keys     = target.PowerKeys
	reboot   = target.PowerReboot
	schedule = target.PowerSchedule
)

// Commands returns the table of all commands, sorted by name. It is a function
// because until looks commands up in it.
func Commands() []Command {
	return []Command{
		{Name: "advance", Usage: "DURATION", Summary: "let virtual time pass", Powers: clock, least: 1, most: 1, run: runAdvance,
			Detail: "Background sessions go on meanwhile. Time stops early, without an error, when nothing can ever happen again or when all programs wait for one another; use waits to see that."},
		{Name: "digest", Usage: "", Summary: "print the digest of the run so far", Powers: schedule, run: runDigest,
			Detail: "Sixteen hex digits on standard output:\n\n\tdigest\n\tcp stdout before"},
		{Name: "drive", Usage: "NET/PO off|on", Summary: "take the server of a postoffice away, or bring it back", Powers: faults, least: 2, most: 2, run: runDrive},
		{Name: "explore", Usage: "[schedules N] [in N] [out N] [strategy NAME] [preemptions N] [operator retry|nobody] [pcs A,B]", Summary: "run the site under many schedules and judge each run", Powers: schedule, most: -1, run: runExplore,
			Detail: "Two PCs that use one file do so in every order that a schedule can make. One message each way and 300 schedules unless told otherwise; what was broken is printed, and violates asks for it:\n\n\tsite dedicated-shared\n\texplore schedules 500\n\tviolates no_deadlock\n\nStrategies are those of gwcheck explore; exhaustive has to be complete within its preemptions. gwcheck explore ID searches with more schedules what a script begins with, and saves what it finds."},
		{Name: "fault", Usage: "TEXT...", Summary: "make something go wrong from now on", Powers: faults, least: 1, most: -1, run: runFault,
			Detail: "The words are joined by blanks; gwcheck list faults has all kinds. A text with double quotes or a # stands in single quotes:\n\n\tfault net-refuse at=11.1.16.15:25 until=30m\n\tfault 'smtp-reply reply=\"451 try again later\" at=RCPT times=3'\n\nTimes inside a fault count from the start of the run, not from this line."},
		{Name: "golden", Usage: "PC|PATH FILE", Summary: "check that a whole log equals a file, times masked", Powers: files, least: 2, most: 2, check: checkGolden,
			Detail: "Every time of day stands as TIME in the file, the date of the banner as DATE, and dialogue lines without their indentation. gwcheck run --scripts DIR --update writes the file."},
		{Name: "heal", Usage: "[TEXT...]", Summary: "take all faults out, or the one with this text", Powers: faults, most: -1, run: runHeal},
		{Name: "hold", Usage: "PC PATH [MODE]", Summary: "let a bystander open a file on a drive and keep it open", Powers: write, least: 2, most: 3, run: runHold,
			Detail: "MODE is what DOS calls access and sharing, \"rw deny-all\" unless given:\n\n\thold GW1 M:\\SMTP\\FROM_NC.API 'r deny-write'"},
		{Name: "holders", Usage: "PATH [REGEXP]", Summary: "check that somebody holds a file open", Powers: schedule, least: 1, most: 2, check: checkHolders,
			Detail: "Each holder is a line such as: GW1/SMTPPUT rw compat since 08:58:22. Without REGEXP any holder will do. The lines are on standard output as well."},
		{Name: "inject", Usage: "FROM TO... FILE", Summary: "hand a message from the Internet to the first smart host", Powers: smtp, least: 3, most: -1, run: runInject,
			Detail: "FILE is the whole message, header and body. FROM may be '<>'."},
		{Name: "load", Usage: "DURATION [in N] [out N] [size BYTES] [arrivals even|poisson|burst] [read]", Summary: "offer messages from now on, spread over a time", Powers: schedule, least: 1, most: 10, run: runLoad,
			Detail: "in comes from the Internet, out from users. read lets users read and delete their mail. Time does not pass; use advance or rest."},
		{Name: "log", Usage: "PC|PATH contains TEXT | matches REGEXP | lines FILE | count N REGEXP", Summary: "check what a log says", Powers: files, least: 3, most: 4, check: checkLog,
			Detail: "A PC stands for the SMTPGATE.LOG, or SESSION.LOG of EXTERNAL, of the drive it works on. contains wants the text in one line, matches wants the regular expression in one line, count counts such lines. lines wants the lines of FILE in this order, one right after the other except where a line \"...\" lets any number pass; times are masked on both sides, so they may be copied from a real log:\n\n\tlog GW1 contains 'spawn(SMTPPUT)=0'\n\tlog GW1 lines want.txt\n\tlog COMPANY/HUB:\\LOG\\RECV.LOG count '>=2' sparky\n\t! log GW1 matches '^[0-9:]+ - ERROR'"},
		{Name: "m-attr", Usage: "PATH [ATTRIBUTES]", Summary: "print the attributes of a file, or change them: +r -h", Powers: files, least: 1, most: 2, run: runAttr, nested: attrPowers},
		{Name: "m-cat", Usage: "PATH...", Summary: "print files of a drive", Powers: files, least: 1, most: -1, run: runCat,
			Detail: "Lines end in LF whatever they ended in, and code page 850 becomes UTF-8, so stdout and cp can take it from there:\n\n\tm-cat M:\\SMTP\\LOCAL.CFG\n\tstdout msmailgwy"},
		{Name: "m-cmp", Usage: "PATH FILE", Summary: "check that a file of a drive equals one of the script", Powers: files, least: 2, most: 2, check: checkCmp,
			Detail: "As text, see m-cat. cmp with a path on a drive means this."},
		{Name: "m-dir", Usage: "PATH", Summary: "print a directory: name, size, attributes, time", Powers: files, least: 1, most: 1, run: runDir},
		{Name: "m-dump", Usage: "PATH [OFFSET [LENGTH]]", Summary: "print the bytes of a file in hex", Powers: files, least: 1, most: 3, run: runDump},
		{Name: "m-exists", Usage: "PATH...", Summary: "check that all these files are on the drive", Powers: files, least: 1, most: -1, check: checkExists,
			Detail: "With ! none of them is. exists with a path on a drive means this."},
		{Name: "m-grep", Usage: "REGEXP PATH", Summary: "check that a line of a file matches", Powers: files, least: 2, most: 2, check: checkGrep,
			Detail: "grep with a path on a drive means this."},
		{Name: "m-rm", Usage: "PATH...", Summary: "remove files from a drive", Powers: write, least: 1, most: -1, run: runRemove,
			Detail: "rm with a path on a drive means this."},
		{Name: "m-write", Usage: "[-raw|-hex] PATH FILE", Summary: "write a file of the script to a drive", Powers: write, least: 2, most: 3, run: runWrite,
			Detail: "Lines end in CR LF on the drive. -raw copies the bytes, -hex reads them as pairs of hex digits with # comments."},
		{Name: "mail-rm", Usage: "NET/PO BOX [PREDICATE VALUE]...", Summary: "delete mail as its user does", Powers: submit | files, least: 2, most: -1, run: runMailRemove,
			Detail: "The predicates are those of mailbag, without count and age. It is an error when none is found."},
		{Name: "mailbag", Usage: "NET/PO BOX [PREDICATE VALUE]...", Summary: "check what is in a mailbag", Powers: files, least: 2, most: -1, check: checkMailbag,
			Detail: "BOX is a user, INQUEUE3, SMTP, SYSTEM, or NET/PO for the queue of an external postoffice. Items that meet all predicates are counted; without count at least one has to be there. Without any predicate the mailbag is printed.\n\n" + mailPredicates + "\n\n\tmailbag COMPANY/HUB INQUEUE3 count 1\n\tmailbag COMPANY/HUB sparky subject 'hello' from /root@/ text body.txt\n\t! mailbag COMPANY/HUB sparky subject 'hello'\n\tmailbag COMPANY/HUB SMTP age '>1h' count 0"},
		{Name: "outside", Usage: "[PREDICATE VALUE]...", Summary: "check what smart hosts delivered to the Internet", Powers: sink, most: -1, check: checkOutside,
			Detail: "One item per recipient. " + outsidePredicates + "\n\n\toutside to root@company.com count 1\n\toutside header From /Sparky/ attachment ORDER.XLS order.bin\n\toutside count 0"},
		{Name: "pc", Usage: "NAME run COMMANDLINE | off | on | reboot | key KEYS | screen | state", Summary: "do something to a PC", least: 2, most: -1, run: runPC, Verbs: []Verb{
			{"key", "NAME key KEYS", "press keys, for example A at Abort, Retry, Fail?", keys, 3, 3},
			{"off", "NAME off", "switch off", reboot, 2, 2},
			{"on", "NAME on", "switch on", reboot, 2, 2},
			{"reboot", "NAME reboot", "switch off and on", reboot, 2, 2},
			{"run", "NAME run COMMANDLINE", "give the PC this command line; before the first command that needs the running site it is there from the start, later the PC is rebooted with it now", reboot, 3, -1},
			{"screen", "NAME screen", "print the 25 lines of the screen", keys, 2, 2},
			{"state", "NAME state", "print the state of its program", schedule, 2, 2},
		}},
		{Name: "peer", Usage: "IP FILE [&NAME]", Summary: "take the place of the host with this address and play a dialogue in the background", Powers: smtp | sink, least: 2, most: 3, run: runPeer,
			Detail: "> lines are what the gateway says, < lines what the scripted host says. The dialogue goes on whenever time passes; ask for its end with session:\n\n\tpeer 11.1.16.15 relay.txt &relay\n\tsubmit COMPANY/HUB/sparky root@company.com note.txt\n\tsession relay 10m\n\nThe name is the address unless given."},
		{Name: "queue", Usage: "[PREDICATE VALUE]...", Summary: "check what waits at smart hosts", Powers: sink, most: -1, check: checkQueue,
			Detail: "Predicates: count N, to PATTERN, host PATTERN, reason PATTERN, tries N. Without any the queue is printed."},
		{Name: "release", Usage: "PATH|all", Summary: "let go of what hold holds", Powers: write, least: 1, most: 1, run: runRelease},
		{Name: "replay", Usage: "FILE", Summary: "run a site under a schedule, as gwcheck explore saved it", Powers: schedule, least: 1, most: 1, run: runReplay,
			Detail: "FILE is a schedule of the script. It names the site, a shape or a file of the script, unless a site line stands before it. Afterwards the script goes on with the site as the schedule left it, by the clock: screen, pc key, pc reboot, advance, mailbag. It fails at the first decision that does not fit."},
		{Name: "rest", Usage: "DURATION", Summary: "let time pass until all mail rests, at most so long", Powers: clock | schedule, least: 1, most: 1, run: runRest,
			Detail: "Fails, and says what is pending, when mail still moves at the end. ! rest demands just that."},
		{Name: "screen", Usage: "PC REGEXP", Summary: "check that a line of a screen matches", Powers: keys, least: 2, most: 2, check: checkScreen},
		{Name: "session", Usage: "NAME [DURATION]", Summary: "wait until a background session has ended well", Powers: smtp, least: 1, most: 2, run: runSession,
			Detail: "The limit is 10m unless given. ! session wants it to have gone wrong. A session that goes wrong, or has not ended when the script does, fails the script."},
		{Name: "set", Usage: "PATH VALUE", Summary: "change the site before it runs", least: 2, most: 2, run: runSet,
			Detail: "PATH is a place in the site file; an item of a list is named or numbered. VALUE is YAML, null takes a key away, and an index one past the end appends:\n\n\tset gatewayVersion 3.0\n\tset pcs.GW1.config.files 8\n\tset pcs.GW1.local '[SMTPGATE.EXE, SMTPPUT.EXE]'\n\tset smtp.COMPANY/HUB.map[0].domain company.com\n\tset timing none"},
		{Name: "site", Usage: "SHAPE|FILE", Summary: "say what installation the script is about", least: 1, most: 1, run: runSite,
			Detail: "SHAPE is a built-in site, FILE a site file of the script. Nothing runs yet: set, pc run and drive maps can still be changed until the first command that looks at the site or lets time pass. A second site line ends the run and begins a new one."},
		{Name: "smtp", Usage: "[-from IP] PC FILE [&NAME]", Summary: "connect to a gateway PC or smart host and play a dialogue", Powers: smtp, least: 2, most: 5, run: runSMTP,
			Detail: "> lines are what the gateway says, < lines what the script sends; see Dialogues. The caller's address is that of the first smart host unless given. With &NAME the session goes on in the background whenever time passes, and session asks for its end; that is how several callers meet:\n\n\tsmtp GW1 slow.txt &slow\n\tsmtp -from 10.1.1.9 GW1 other.txt\n\tsession slow"},
		{Name: "state", Usage: "PC FIELD VALUE", Summary: "check the state of a PC's program", Powers: schedule, least: 3, most: 3, check: checkState,
			Detail: "FIELD is program, phase or prompt, and VALUE a pattern; or code, cycles, spawns, prompts or handles, and VALUE a number:\n\n\tuntil 10m state GW1 phase idle\n\tstate GW1 prompts 0\n\tstate GW1 prompt /Abort, Retry/"},
		{Name: "submit", Usage: "NET/PO/USER TO... FILE [attach|hidden NAME FILE]...", Summary: "send mail as a user of a postoffice", Powers: submit, least: 3, most: -1, run: runSubmit,
			Detail: "TO is NET/PO/USER or user@domain. FILE may begin with lines Subject:, Cc:, Priority: and Receipt: yes, then an empty line and the text; a file that does not is all text. NAME is the DOS name of an attachment:\n\n\tsubmit COMPANY/HUB/sparky root@company.com COMPANY/SALES/margb note.txt attach ORDER.XLS order.bin"},
		{Name: "summary", Usage: "FIELD VALUE", Summary: "check a figure of the run's summary", Powers: schedule, least: 2, most: 2, check: checkSummary,
			Detail: "FIELD is a path in the JSON of gwemu run, items of lists named by name or where, or numbered:\n\n\tsummary messages.lost 0\n\tsummary directions.in.perDay '>=9000'\n\tsummary pcs.GW1.cycles '>10'"},
		{Name: "until", Usage: "DURATION [!] CHECK...", Summary: "let time pass until a check holds, at most so long", Powers: clock, least: 2, most: -1, check: checkUntil, nested: untilPowers,
			Detail: "CHECK is any command marked as a check. When it fails the last observation is shown. ! until demands that it does not come to hold.\n\n\tuntil 10m mailbag COMPANY/HUB sparky count 1\n\tuntil 2h ! m-exists M:\\SMTP\\FROM_NC.API"},
		{Name: "violates", Usage: "INVARIANT [REGEXP]", Summary: "check that the last explore or replay broke a guarantee", Powers: schedule, least: 1, most: 2, check: checkViolates,
			Detail: "gwcheck doc --invariants lists them. With REGEXP the text of the violation matches. ! violates demands that it holds, and fails when too little was searched to say so."},
		{Name: "waits", Usage: "[REGEXP]", Summary: "check that something waits", Powers: schedule, most: 1, check: checkWaits,
			Detail: "Each wait is a line such as: GW1/SMTPGATE waits for file M:\\SMTP\\TO_NC.API held by GW2/SMTPGET since 09:12:40. Without REGEXP any wait will do. The lines are on standard output as well."},
	}
}

// clashes returns the commands that testscript would not let through, because
// it knows a verb of that name; it says nothing about those by itself.
func clashes(table []Command) []string {
	var wrong []string
	for i, c := range table {
		_, isRefused := refused[c.Name]
		if isRefused || slices.Contains(builtins, c.Name) {
			wrong = append(wrong, fmt.Sprintf("%s is a verb of testscript", c.Name))
		}
		if i > 0 && table[i-1].Name >= c.Name {
			wrong = append(wrong, fmt.Sprintf("%s is not after %s", c.Name, table[i-1].Name))
		}
	}
	return wrong
}
