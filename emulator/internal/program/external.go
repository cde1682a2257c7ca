package program

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/internal/sim"
	"gwkit/emulator/site"
)

// external is one running EXTERNAL.
type external struct {
	t   *dos.Task
	o   ExternalSettings
	log sessionLog

	offices []*servedOffice // in drive order, those of -W last
	home    *servedOffice
	logHome *servedOffice // whose drive holds SESSION.LOG; nil: another drive
	debug   bool          // -Q1
	mute    bool          // the next line of the mailer is not shown

	critical dos.Critical // the last one that was trapped
	update   sim.Time     // when the lists are looked at again
	deadline time.Time
	breaks   bool
	moved    bool // mail moved in this cycle
}

// servedOffice is a postoffice behind a drive letter, with the tables that
// External keeps in memory. Q104026
type servedOffice struct {
	drive    byte
	wan      bool // only sent to: no mailer, no dispatch. Q132547
	office   *postoffice.Office
	status   officeStatus
	errors   int // R#, 0 to 255. Q118448
	sent     uint32
	master   postoffice.Master
	name     string // NETWORK/PO; "" until MASTER.GLB has been read
	routes   *postoffice.Routes
	flag     uint16 // FLAG.GLB when the tables were read
	queues   []outboundQueue
	checking string // the line of each cycle
	mailers  [2]postoffice.Mailer
}

// lost says whether the drive is in error, so that nothing is tried on it.
func (p *servedOffice) lost() bool { return p.status == statusError || p.status == statusFailed }

// reads says whether the tables are there; a full disk can still be sent from.
func (p *servedOffice) reads() bool { return p.status == statusOK || p.status == statusFull }

func (p *servedOffice) fails() {
	if p.errors < 255 {
		if p.errors++; p.errors == 255 {
			p.status = statusError // Q118448
		}
	}
}

// EXTERNAL is EXTERNAL.EXE 3.2 for postoffices on the LAN: it takes mail from
// the outbound mailbags of every postoffice it serves to the inqueue of the
// next one (Dispatch), and delivers what the inqueues hold (Mailer). Between
// two turns it sleeps. Q100826, Q148707
func EXTERNAL(t *dos.Task, args []string) int {
	for _, arg := range args {
		if arg == "/?" || strings.EqualFold(arg, "/h") {
			t.Print(extBanner + "\r\n") // Q128628; invented: nothing else, and that it ends
			return 0
		}
	}
	if _, err := site.ParseExternal(args); err != nil {
		t.Print(err.Error() + "\r\n")
		return exitError
	}
	x := &external{t: t}
	t.Trap(func(c dos.Critical) { x.critical = c }) // Q117427
	t.Print(extBanner + "\r\n")
	code, stop := 0, !x.configure(args)
	x.debug = strings.Contains(x.o.Debug, "1")
	x.log.t, x.log.instance = t, x.o.Instance
	stop = stop || !x.start()
	if stop {
		code = exitError
	}
	for !stop {
		if code, stop = x.expired(); stop {
			break
		}
		if code, stop = x.cycle(); stop {
			break
		}
		if code, stop = exitCycles, x.o.OnePass; !stop { // Q96060
			code, stop = x.rest()
		}
	}
	x.flush()
	return code
}

// start finds the postoffices and reads their tables. Q131680
func (x *external) start() bool {
	x.deadline, x.breaks = x.o.Break.Deadline(x.t.Now())
	for i := 0; i < len(x.o.Direct); i++ {
		x.serve(x.o.Direct[i], x.o.chosen, false)
	}
	if x.home = x.at(x.o.Home); x.o.Home == 0 && len(x.offices) > 0 {
		x.home = x.offices[0] // Q103447
	}
	if x.home == nil {
		letter := x.o.Home
		if letter == 0 {
			letter = 'M' // Q124857
		}
		x.say(extNoDrive + string(rune(letter)) + ":")
		return false
	}
	for i := 0; i < len(x.o.WAN); i++ {
		if x.at(x.o.WAN[i]) == nil {
			x.serve(x.o.WAN[i], true, true)
		}
	}
	if x.o.LogSession {
		name := x.o.LogPath
		if name == "" {
			name = string(rune(x.home.drive)) + ":" + fileSession
		}
		if len(name) > 1 && name[1] == ':' {
			x.logHome = x.at(name[0] &^ 0x20)
		}
		if !x.log.open(name) {
			return false
		}
	}
	if (x.o.Verbose || x.debug) && len(x.o.shown) > 0 {
		x.say(extOptions + strings.Join(x.o.shown, " ")) // Q117802
	}
	for _, s := range x.o.more.ignored {
		x.say(s + extIgnored)
	}
	for _, p := range x.offices {
		x.test(p)
	}
	x.link()
	x.nextUpdate()
	x.flush()
	return true
}

// serve adds the postoffice of a drive. A drive that nobody asked for counts
// only when it holds a postoffice: invented, it comes with taking all mapped
// drives for the range.
func (x *external) serve(letter byte, asked, wan bool) {
	p := &servedOffice{drive: letter, wan: wan, office: postoffice.At(x.t, letter)}
	p.office.DenyDefinitions = true // Q117562
	if !asked {
		if _, err := x.t.Stat(p.office.Path("GLB", "MASTER", "GLB")); postoffice.IsMissing(err) {
			return
		}
	}
	x.offices = append(x.offices, p)
}

func (x *external) at(letter byte) *servedOffice {
	for _, p := range x.offices {
		if p.drive == letter {
			return p
		}
	}
	return nil
}

// find returns the postoffice of that name, NETWORK/PO, nil if no drive leads
// to it.
func (x *external) find(name string) *servedOffice {
	for _, p := range x.offices {
		if p.name != "" && strings.EqualFold(p.name, name) {
			return p
		}
	}
	return nil
}

// test connects to a postoffice as at the start: MASTER and RNETSEM (START),
// then ACCESS2, GROUP, NETWORK and all XTN files (UNINIT). Q131680, Q132878,
// Q104026
func (x *external) test(p *servedOffice) {
	x.say(extTesting + string(rune(p.drive)) + ":")
	p.status = statusStart
	master, err := p.office.Master()
	if err == nil {
		err = x.semaphore(p)
	}
	if err != nil {
		x.fault(err)
		return
	}
	p.master, p.name = master, master.Network+"/"+master.Name
	p.checking = string(rune(p.drive)) + ": " + p.name + extChecking
	p.status = statusUninit
	x.load(p)
}

// semaphore reads RNETSEM.GLB, which is made if it is absent. Q118946
func (x *external) semaphore(p *servedOffice) error {
	name := p.office.Path("GLB", "RNETSEM", "GLB")
	_, err := x.t.ReadFile(name, dos.Read|dos.DenyNone)
	if errors.Is(err, dos.FileNotFound) {
		err = x.t.WriteFile(name, make([]byte, 4), dos.DenyNone)
	}
	if err != nil {
		return &postoffice.FileError{Verb: "open", File: name, Err: err}
	}
	return nil
}

// load reads the routing tables. A postoffice whose tables are damaged is left
// alone until they can be read. Q121735, Q103421
func (x *external) load(p *servedOffice) {
	flag, _ := x.changes(p)
	routes, err := p.office.LoadRoutes(p.master)
	switch {
	case err == nil:
		p.flag, p.routes, p.status = flag, routes, statusOK
		p.setMailers(x)
		return
	case x.fault(err):
		return
	case p.routes != nil && postoffice.IsContention(err):
		return // invented: the old lists serve until the next look
	}
	p.status = statusUninit
	p.fails()
	if file := fileOf(err); (x.o.Verbose || x.debug) && strings.HasSuffix(file, ".XTN") {
		x.say(extXTN + file[strings.LastIndexByte(file, '\\')+1:len(file)-4]) // Q103383
	}
	if x.debug {
		x.say(extList + p.name)
	}
}

// fileOf returns the file that an error is about, "" for none.
func fileOf(err error) string {
	var f *postoffice.FileError
	var c *postoffice.CorruptError
	switch {
	case errors.As(err, &f):
		return f.File
	case errors.As(err, &c):
		return c.File
	}
	return ""
}

// changes reads FLAG.GLB, which ADMIN changes with the lists. ADMIN may hold
// it for hours: then there is nothing new to see yet. Q136598, Q131670
func (x *external) changes(p *servedOffice) (uint16, bool) {
	name := p.office.Path("GLB", "FLAG", "GLB")
	data, err := x.t.ReadFile(name, dos.Read|dos.DenyNone)
	if err != nil {
		x.fault(&postoffice.FileError{Verb: "open", File: name, Err: err})
		return 0, false
	}
	flag, err := postoffice.DecodeFlag(name, data)
	return flag, err == nil
}

func (p *servedOffice) setMailers(x *external) {
	for i, queue := range [...]string{postoffice.Inqueue3, postoffice.Inqueue} {
		m := &p.mailers[i]
		m.Office, m.Routes, m.Program, m.Queue = p.office, p.routes, extProgram, queue
		m.Receive, m.Line = x.o.LogReceived, x.mailerLine
		if x.o.CompatV20 {
			m.Locking = postoffice.LockV20 // Q103960
		}
	}
}

func (x *external) mailerLine(text string) {
	if x.mute {
		x.mute = false
		return
	}
	x.say(text)
}

// nextUpdate sets when the lists are looked at again; with -U0 never. Q119884
func (x *external) nextUpdate() {
	x.update = sim.Forever
	if x.o.UpdateMinutes > 0 {
		x.update = x.t.Proc().Now().Add(time.Duration(x.o.UpdateMinutes) * time.Minute)
	}
}

// refresh retries what is not ready and reads tables that have changed: those
// of a postoffice whose FLAG.GLB did. Q103421, Q121735, Q135487
func (x *external) refresh() {
	for _, p := range x.offices {
		if !p.reads() {
			x.retest(p)
			continue
		}
		if flag, ok := x.changes(p); ok && flag != p.flag {
			x.load(p)
		}
		if p.status == statusFull {
			x.recheck(p)
		}
	}
	x.link()
	x.nextUpdate()
}

// retest tries a postoffice again. invented: its error count starts anew, or
// one with 255 would never return.
func (x *external) retest(p *servedOffice) {
	x.test(p)
	if p.status == statusOK {
		p.errors = 0
	}
}

// recheck opens a full postoffice again when there is room. 3.2 looks at the
// update interval. Q103421, Q111558
func (x *external) recheck(p *servedOffice) {
	free, err := x.t.FreeSpace(p.drive)
	if err != nil {
		x.fault(&postoffice.FileError{Verb: "read", File: string(rune(p.drive)) + ":", Err: err})
		return
	}
	if free > max(x.o.more.fullBelow, x.o.more.openAbove) {
		p.status = statusOK
	}
}

// fault puts the drive in error when DOS met a critical error on it: nothing
// is tried there until it is tested again. Q118619, Q131680 With -U0 it never
// is: FAILED. invented: the use of that word, explained as given up.
func (x *external) fault(err error) bool {
	if !errors.Is(err, dos.FailedCritical) && !errors.Is(err, dos.NetworkDeviceGone) {
		return false
	}
	if file := fileOf(err); file != "" {
		if p := x.at(file[0]); p != nil && !p.lost() {
			p.fails()
			p.status = statusError
			x.sayCritical()
			if x.o.UpdateMinutes == 0 {
				p.status = statusFailed
			}
			x.inError(p)
		}
	}
	return true
}

// sayCritical shows what the handler of INT 24h was given. Q132413
func (x *external) sayCritical() {
	c := x.critical
	if c.Err == 0 {
		return
	}
	// The samples are 1005 for reading drive F, 19FE for a file that was to be changed.
	// Q132413 Q260962
	how := 0x10
	if c.Writing {
		how = 0x19
	}
	device := 0x0C // general failure; a lost network drive mostly gives it
	if c.Err >= dos.WriteProtect && c.Err <= dos.GeneralFailure {
		device = int(c.Err - dos.WriteProtect)
	}
	x.say(extCriticalCE)
	x.say(fmt.Sprintf(extCriticalCode, how, c.Drive-'A', device))
	x.critical = dos.Critical{}
}

func (x *external) inError(p *servedOffice) { x.say(extInError + string(rune(p.drive)) + ":") }

// cycle is one turn: for each postoffice its outbound mailbags, then for each
// its inqueues. So mail that was in an inqueue before leaves one turn later.
// Q100826, Q96060
func (x *external) cycle() (code int, stop bool) {
	x.t.PC().Cycles["cycle"]++
	if x.t.Proc().Now() >= x.update {
		x.refresh()
	}
	x.moved = false
	for _, p := range x.offices {
		if code, stop = x.key(0); stop {
			return code, stop
		}
		if p.reads() && !p.wan && !x.o.DispatchDisable {
			x.dispatch(p)
			x.flush()
		}
	}
	for _, p := range x.offices {
		if code, stop = x.key(0); stop {
			return code, stop
		}
		x.deliver(p)
	}
	if x.moved {
		for _, p := range x.offices {
			if p.status == statusError {
				x.retest(p) // Q118619
				x.link()
			}
		}
	}
	x.flush()
	return 0, false
}

// deliver runs the mailer on the inqueues of a postoffice: INQUEUE3, and the
// older INQUEUE. Both print "Delivering new mail to" (Q102492, Q148707).
// inferred: the second line needs -Q1, as in the log of Q102492.
func (x *external) deliver(p *servedOffice) {
	if x.o.MailerDisable || p.wan || !p.reads() {
		return
	}
	for i := range p.mailers {
		x.mute = i > 0 && !x.debug
		res, err := p.mailers[i].Run()
		x.mute = false
		if err != nil && !x.fault(err) {
			p.fails()
		}
		x.moved = x.moved || res.Posted > 0
		if p.lost() {
			break
		}
	}
	x.flush()
}

// minimumRest keeps -N0 from turning for ever at one instant. invented
const minimumRest = time.Second

// rest sleeps until the next turn. invented: the interval counts from the end
// of the turn, as that of modem calls does (Q77545).
func (x *external) rest() (code int, stop bool) {
	until := x.t.Proc().Now().Add(max(time.Duration(x.o.WaitMinutes)*time.Minute, minimumRest))
	for {
		left := until.Sub(x.t.Proc().Now())
		if x.breaks {
			if code, stop = x.expired(); stop {
				return code, stop
			}
			left = min(left, x.deadline.Sub(x.t.Now()))
		}
		if left <= 0 {
			return 0, false
		}
		if code, stop = x.key(left); stop {
			return code, stop
		}
	}
}

// expired looks at the break options. A time that has passed ends the program
// at once. Q140245, Q96203
func (x *external) expired() (code int, stop bool) {
	if !x.breaks || x.t.Now().Before(x.deadline) {
		return 0, false
	}
	b := &x.o.Break
	switch {
	case b.BreakTime != "" && b.BreakDate != "":
		code = exitBreakTimeDate
	case b.BreakTime != "":
		code = exitBreakAbsolute
	case b.BreakDate != "":
		code = exitBreakDate
	default:
		code = exitBreakRelative
	}
	return code, true
}

// Second bytes of the function keys, which follow a zero.
const (
	keyF2 = 0x3C
	keyF3 = 0x3D
)

// key waits for a key. F2 and F3 show the status table (Q131680); any other
// asks whether to end.
func (x *external) key(timeout time.Duration) (code int, stop bool) {
	b, ok := x.t.Key(timeout)
	if !ok {
		return 0, false
	}
	if b == 0 {
		if b, _ = x.t.Key(time.Second); b == keyF2 || b == keyF3 {
			x.table()
		}
		return 0, false
	}
	x.say(extAskExit)
	x.flush()
	for {
		switch b, _ := x.t.Key(-1); b {
		case 'y', 'Y':
			x.say(extShutDown)
			return exitOperator, true
		case 'n', 'N':
			return 0, false
		}
	}
}
