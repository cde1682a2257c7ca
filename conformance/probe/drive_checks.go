package probe

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gwkit/conformance/deploy"
	"gwkit/conformance/drive"
)

// mainDirs are the directories of a database that live.dbread lists. All but
// SMTP are among the main ones. Q77926, Q87028
var mainDirs = []string{"GLB", "KEY", "LOG", "MBG", "P1", "XTN"}

// queueMax is the size of INQUEUE3.MBG beyond which mail is refused or lost:
// 4096 records. Q147253
const queueMax = 475136

// state is what was seen of one postoffice.
type state struct {
	missing   []string
	unseen    int      // entries that only this computer or account cannot read
	unseenWhy string   // of the first
	problems  []string // sizes that cannot be, unreadable entries
	files     map[string]int
	stale     []string
	fromNC    int64 // -1: not there
	fromNCAge time.Duration
	outbad    bool
	waiting   int // records of INQUEUE3 that nobody has delivered
	queueAge  time.Duration
	queueSize int64
	p1        int
	newest    time.Time
	log       time.Time // SMTPGATE.LOG
	work      time.Time // newest in SMTP
	others    time.Time // newest of all else
}

// entriesMax bounds how many files of a directory are looked at.
const entriesMax = 2_000_000

// look lists the directories of a postoffice. Nothing but KEY and INQUEUE3.MBG
// is opened, and those for reading only. Q135926
func look(t *drive.Tree, gateway bool, cycle, external time.Duration) (*state, error) {
	s := &state{fromNC: -1, files: map[string]int{}}
	dirs := slices.Clone(mainDirs)
	if gateway {
		dirs = append(dirs, "SMTP")
	}
	type aged struct {
		name string
		at   time.Time
	}
	var temporary []aged
	var fromNC, queue time.Time
	for _, dir := range dirs {
		err := t.List(dir, func(e drive.Entry) error {
			s.files[dir]++
			switch {
			case s.files[dir] > entriesMax:
				return fs.SkipAll
			case !utf8.ValidString(e.Name) || errors.Is(e.Err, fs.ErrPermission):
				// Neither is a fault of the deployment.
				if s.unseen++; s.unseen == 1 {
					s.unseenWhy = fmt.Sprintf(`%s\%s has a name in a code page that this computer does not know of (mount the drive with iocharset and codepage)`, dir, printable(e.Name))
					if utf8.ValidString(e.Name) {
						s.unseenWhy = fmt.Sprintf(`%s\%s: this account may not read it`, dir, e.Name)
					}
				}
				return nil
			case e.Err != nil:
				s.problems = append(s.problems, fmt.Sprintf(`%s\%s cannot be looked at: %v`, dir, e.Name, e.Err))
				return nil
			case e.Dir:
				return nil
			}
			s.newest = later(s.newest, e.ModTime)
			switch {
			case dir == "LOG" && e.Name == "SMTPGATE.LOG":
				s.log = e.ModTime
			case dir == "SMTP":
				s.work = later(s.work, e.ModTime)
			default:
				s.others = later(s.others, e.ModTime)
			}
			if rule := drive.SizeRuleFor(dir + "/" + e.Name); rule != nil && !rule.Allows(e.Size) && len(s.problems) < 20 {
				s.problems = append(s.problems, fmt.Sprintf(`%s\%s has %d bytes, want %s (%s)`, dir, e.Name, e.Size, rule.Formula, rule.Article))
			}
			switch {
			case dir == "SMTP" && e.Name == "FROM_NC.API":
				s.fromNC, fromNC = e.Size, e.ModTime
				temporary = append(temporary, aged{e.Name, e.ModTime})
			case dir == "SMTP" && e.Name == "OUTBAD.API":
				s.outbad = true
			case dir == "SMTP" && e.Name == "SMTP_IN.ENV":
				// Whoever hangs up before DATA leaves it, and nobody reads it.
			case dir == "SMTP" && (path.Ext(e.Name) == ".API" || strings.HasPrefix(e.Name, "SMTP_")):
				temporary = append(temporary, aged{e.Name, e.ModTime})
			case dir == "MBG" && e.Name == "INQUEUE3.MBG":
				s.queueSize, queue = e.Size, e.ModTime
			case dir == "P1" && path.Ext(e.Name) == ".P1":
				s.p1++
			}
			return nil
		})
		switch {
		case errors.Is(err, fs.ErrNotExist):
			s.missing = append(s.missing, dir)
		case err != nil && !errors.Is(err, fs.SkipAll):
			return s, err
		}
	}
	// The server's clock may be years from ours, so the newest file tells
	// what it shows, unless the deployment has been still for long.
	now := time.Now()
	if age := now.Sub(s.newest); age > 24*time.Hour || age < 0 {
		now = s.newest
	}
	for _, f := range temporary {
		if now.Sub(f.at) > cycle {
			s.stale = append(s.stale, f.name)
		}
	}
	slices.Sort(s.stale)
	s.fromNCAge, s.queueAge = now.Sub(fromNC), now.Sub(queue)
	if s.queueSize > 0 {
		_ = t.Mailbag("INQUEUE3", func(m drive.Mail) error {
			if m.DeletedKnown && !m.Deleted {
				s.waiting++
			}
			return nil
		})
	}
	return s, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// listed are the directories that look lists.
func listed(gateway bool) (list []string) {
	for _, dir := range mainDirs {
		list = append(list, dir+`\`)
	}
	if gateway {
		list = append(list, `SMTP\`)
	}
	return list
}

func dbread(e *exam) {
	if len(e.d.Postoffices) == 0 {
		e.skip("the deployment file names no postoffice")
	}
	external, _ := e.external()
	for i := range e.d.Postoffices {
		po := &e.d.Postoffices[i]
		ref := po.Ref()
		cycle := 2 * (e.waitOf(ref) + busy) // of the original's clock, as are the times of files
		if e.ctx.Err() != nil {
			return
		}
		plan := []string{`MBG\INQUEUE3.MBG`, `KEY\INQUEUE3.KEY`}
		plan = append(plan, listed(po.Gateway != "")...)
		var s *state
		err := e.reading(e.ctx, po, plan, func(t *drive.Tree) (err error) {
			s, err = look(t, po.Gateway != "", cycle, external)
			return err
		})
		switch {
		case e.o.Plan != nil:
			continue
		case errors.Is(err, errNoDrive):
			e.skip("%s: %v", ref, err)
			continue
		case e.ctx.Err() != nil:
			return
		case errors.Is(err, fs.ErrPermission):
			e.unsure("%s: this account may not read it: %v", ref, err)
			continue
		case err != nil:
			e.fail("%s cannot be read: %v (Q136041)", ref, err)
			continue
		}
		e.tell(po, s, external)
	}
}

// tell turns what was seen into statements and findings.
func (e *exam) tell(po *deploy.Postoffice, s *state, external time.Duration) {
	ref := po.Ref()
	if len(s.missing) > 0 {
		e.say(ref, "missing directories", "%s", strings.Join(s.missing, " "))
		e.fail("%s lacks the directories %s: is the drive the root of the database? (Q77926, Q87028)", ref, strings.Join(s.missing, ", "))
		return
	}
	e.say(ref, "directories", "all there")
	e.measure(ref, "files in MBG", "%d", s.files["MBG"])
	for _, p := range s.problems {
		e.fail("%s: %s", ref, p)
	}
	if s.unseen > 0 {
		e.skip("%s: %d files that cannot be seen from here, the first %s", ref, s.unseen, s.unseenWhy)
	}
	e.say(ref, "sizes", "%s", map[bool]string{true: "as documented", false: "wrong"}[len(s.problems) == 0])
	if s.queueSize > queueMax {
		e.fail(`%s: MBG\INQUEUE3.MBG has %d bytes, more than 4096 messages: mail is lost (Q147253)`, ref, s.queueSize)
	}
	e.measure(ref, "messages in INQUEUE3", "%d", s.waiting)
	if s.waiting > 0 && s.queueAge > 2*external+time.Minute {
		e.fail("%s: INQUEUE3.MBG holds %d messages and has not changed for %s: no mailer empties it; with -MD an EXTERNAL must serve this postoffice (Q128512, Q156166)", ref, s.waiting, round(s.queueAge))
	}
	if po.Gateway == "" {
		return
	}
	switch {
	case s.fromNC == 0 && s.fromNCAge > time.Minute:
		e.say(ref, "FROM_NC.API", "empty")
		e.fail(`%s: SMTP\FROM_NC.API has no bytes: the gateway believes that it is mail of its own and fetches none; delete it while the gateway is down (Q111839)`, ref)
	case slices.Contains(s.stale, "FROM_NC.API"):
		e.say(ref, "FROM_NC.API", "stale")
		e.fail(`%s: SMTP\FROM_NC.API is %s old: a message that cannot be sent blocks all others (Q98159, Q99852)`, ref, round(s.fromNCAge))
	default:
		e.say(ref, "FROM_NC.API", "not stale")
	}
	if others := slices.DeleteFunc(slices.Clone(s.stale), func(n string) bool { return n == "FROM_NC.API" }); len(others) > 0 {
		e.fail(`%s: SMTP\ has files older than a cycle: %s (Q115493, Q100703)`, ref, strings.Join(others, ", "))
	}
	e.say(ref, "OUTBAD.API", "%s", map[bool]string{true: "there", false: "not there"}[s.outbad])
	if s.outbad {
		e.fail(`%s: SMTP\OUTBAD.API keeps a message that could not be sent (Q129239, Q129713)`, ref)
	}
}

// logMax bounds how much of a log is read, from its end.
const logMax = 8 << 20

// knownErrors are lines of the log and what they mean. The whole table is one
// of lint; these are those that stop mail while a gateway seems to run.
var knownErrors = []struct{ text, means string }{
	{"ERROR socket: (123)", "TCP/IP or SOCKETS is not loaded (Q96244, Q124801)"},
	{"Error bind (110)", "port 25 is taken (Q115491)"},
	{"ERROR connection to smart host failed", "the smart host cannot be reached (Q99852)"},
	{"ERROR connect: (121)", "the smart host cannot be reached (Q99852)"},
	{"network_read: timed out", "the smart host stops answering (Q101682)"},
	{"retry count exceeded", "a message was given up and is in OUTBAD.API (Q129239)"},
	{"MMFF protocol error", "a message cannot be read (Q100703)"},
	{"translating message to SMTP", "a damaged message blocks the queue (Q98159, Q129713)"},
	{"SMTPPUT: 201", "FILES= is too low, or the database refuses mail (Q128570, Q135926)"},
	{"SMTPPUT returned 201", "FILES= is too low, or the database refuses mail (Q128570, Q135926)"},
	{"20 - Insufficient memory", "too little memory (Q156166)"},
	{"ERROR Spawn", "a program is not on the PATH (Q100925)"},
	{"52 a file open error", "a file of the queue is missing or locked (Q128434)"},
	{"ERROR SMTPPUT", "inbound mail is refused with 552 (Q115495)"},
	{"Lost network connection", "the peer hangs up (Q100709, Q102107)"},
	{"SMTP_recv: system error", "TCP/IP fails while receiving (Q100512)"},
}

func gatewayLog(e *exam) {
	any := false
	for i := range e.d.Postoffices {
		po := &e.d.Postoffices[i]
		if po.Gateway == "" {
			continue
		}
		any = true
		e.readLog(po)
	}
	if !any {
		e.skip("no gateway postoffice is named")
	}
}

// findings of a log.
type logState struct {
	lines, idle, calls int
	classes            map[string]int // of knownErrors
	repeated           string         // an error that two cycles in a row have
	deaf               int            // cycles at the end in which SMTPGET was started and nothing else done
	waits              bool           // the last line is that the gateway idles, or waits for calls
}

// deafCycles are enough to call a gateway hung. inferred: Q131150 shows the
// three lines "repeated".
const deafCycles = 5

// promise is what the command line of a gateway lets its log show.
type promise struct {
	pc, role, line string
	known          bool // one gateway, and its command line
	file, idling   bool
}

// logOf returns what the log of a postoffice can show: what the only gateway
// that works on it was told.
func (e *exam) logOf(ref string) promise {
	list := gatewaysOf(e.d, ref)
	if len(list) != 1 {
		return promise{}
	}
	c := e.d.Command(list[0])
	l := promise{pc: list[0].Name, role: e.d.RoleOf(list[0]), line: c.Line, known: c.Program == "SMTPGATE"}
	o := e.gatewayOptions(list[0])
	// inferred: -LN is "no log"; without -L there is none. Q87043, Q132060
	l.file, l.idling = strings.ContainsAny(o.Log, "acsy"), o.Debug
	return l
}

// lacksOnPurpose reports whether a line says that a program was not found which
// a gateway of this role is not to have. Q132060
func lacksOnPurpose(role, text string) bool {
	program := drive.NotFound(text)
	return role == deploy.RoleReceive && program == "SMTPGET" || role == deploy.RoleSend && program == "SMTPPUT"
}

func (e *exam) readLog(po *deploy.Postoffice) {
	ref := po.Ref()
	var s *logState
	var files *state
	external, _ := e.external()
	wait := e.waitOf(ref)
	still := 2 * (wait + busy)
	log := e.logOf(ref)
	plan := append([]string{`LOG\SMTPGATE.LOG`, `MBG\INQUEUE3.MBG`, `KEY\INQUEUE3.KEY`}, listed(true)...)
	read := func() error {
		return e.reading(e.ctx, po, plan, func(t *drive.Tree) (err error) {
			// Times first: what is written meanwhile makes the log newer, not older.
			if files, err = look(t, true, still, external); err == nil {
				s, err = parseLog(t, log.role)
			}
			return err
		})
	}
	// Both times are the server's, so no clock of ours matters. A gateway that
	// works on a long message has newer files in SMTP.
	stopped := func() bool {
		return s.waits && files.others.Sub(files.log) > still && files.others.Sub(files.work) > still
	}
	err := read()
	if err == nil && e.o.Plan == nil && stopped() {
		// A file that is being made may have another time for a moment.
		sleep(e.ctx, poll)
		err = read()
	}
	switch {
	case e.o.Plan != nil || e.ctx.Err() != nil:
		return
	case errors.Is(err, errNoDrive):
		e.skip("%s: %v", ref, err)
		return
	case errors.Is(err, fs.ErrNotExist):
		if log.known && !log.file {
			e.skip(`%s: the gateway of %s keeps no log (%s): -LACSY and -CD give one that shows whether it goes on (Q87043)`, ref, log.pc, log.line)
			return
		}
		e.say(ref, "SMTPGATE.LOG", "not there")
		e.unsure(`%s has no LOG\SMTPGATE.LOG: run the gateway with -CD and -LACSY (Q87043)`, ref)
		return
	case err != nil:
		e.fail("%s: %v", ref, err)
		return
	}
	e.say(ref, "SMTPGATE.LOG", "there")
	e.measure(ref, "lines of SMTPGATE.LOG", "%d", s.lines)
	e.say(ref, "idle lines", "%s", yes(s.idle > 0))
	switch {
	case s.idle > 0:
	case log.known && !log.idling:
		e.skip("%s: whether the gateway of %s idles or hangs, for its log has no Idling: lines without -CD (%s) (Q87043, Q108374)", ref, log.pc, log.line)
	default:
		e.unsure("%s: SMTPGATE.LOG has no Idling: lines: -CD and -LACSY give them (Q87043, Q108374)", ref)
	}
	var known []string
	for _, k := range knownErrors {
		if n := s.classes[k.text]; n > 0 {
			known = append(known, fmt.Sprintf("%q %d times: %s", k.text, n, k.means))
		}
	}
	e.measure(ref, "known errors", "%d", len(known))
	for _, k := range known {
		e.log = append(e.log, ref+": "+k)
	}
	if s.repeated != "" {
		e.fail("%s: the last two cycles have the same error: %s", ref, s.repeated)
	}
	e.measure(ref, "calls accepted", "%d", s.calls)
	// A restart of the gateway begins the row anew. Q131150, Q137041
	e.say(ref, "waits for calls", "%s", yes(s.deaf < deafCycles))
	if s.deaf >= deafCycles {
		e.fail("%s: in its last %d cycles the gateway started SMTPGET and idled, and never waited for calls: it hangs and refuses mail (Q131150, Q137041)", ref, s.deaf)
	}
	if stopped() {
		e.fail("%s: SMTPGATE.LOG ends with the gateway at rest and is %s older than other files of the postoffice, where a line is due every %s: the gateway is off, hangs, or waits at a prompt on its screen (Q131150, Q136041, Q105289)",
			ref, round(files.others.Sub(files.log)), round(wait+busy))
	}
}

func parseLog(t *drive.Tree, role string) (*logState, error) {
	f, entry, err := t.OpenFile(`LOG\SMTPGATE.LOG`)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if seeker, ok := f.(interface {
		Seek(int64, int) (int64, error)
	}); ok && entry.Size > logMax {
		if _, err := seeker.Seek(entry.Size-logMax, 0); err != nil {
			return nil, err
		}
	}
	s := &logState{classes: map[string]int{}}
	var cycle, before []string
	var begun, spawned, other bool // of the cycle under way: it was seen from its begin, SMTPGET was started, and more done
	err = drive.ReadLog(f, func(l drive.LogLine) error {
		s.lines++
		if s.lines > 4_000_000 {
			return fs.SkipAll
		}
		switch l.Class {
		case drive.Banner:
			s.deaf, begun, spawned, other = 0, false, false, false
		case drive.Idling:
			s.idle++
			s.repeated = common(before, cycle)
			before, cycle = cycle, nil
			switch {
			case !begun:
			case spawned && !other:
				s.deaf++
			default:
				s.deaf = 0
			}
			begun, spawned, other = true, false, false
		case drive.Spawning, drive.Spawned:
			spawned = spawned || l.Program == "SMTPGET"
		default:
			if l.Class == drive.Call {
				s.calls++
			}
			other = true
		}
		s.waits = l.Class == drive.Idling || l.Class == drive.Accept
		if lacksOnPurpose(role, l.Text) || drive.OwnMark(l.Text) {
			return nil
		}
		for _, k := range knownErrors {
			if strings.Contains(l.Text, k.text) {
				s.classes[k.text]++
				cycle = append(cycle, fmt.Sprintf("%q: %s", k.text, k.means))
				break
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.SkipAll) {
		return nil, err
	}
	if len(cycle) > 0 {
		s.repeated = common(before, cycle)
	}
	if other {
		s.deaf = 0 // the cycle under way waits for calls, or sends
	}
	return s, nil
}

// common returns a text that both lists have, or "".
func common(a, b []string) string {
	for _, x := range a {
		if slices.Contains(b, x) {
			return x
		}
	}
	return ""
}
