package program

import (
	"fmt"
	"strings"
	"time"

	"gwkit/emulator/internal/charset"
	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/sim"
	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
)

// outboundBatch is how many messages leave in one cycle at most. Q137043
const outboundBatch = 6

// smtpPort is where the gateway listens and connects. Q87046, Q101459
const smtpPort = ":25"

// exit codes of the gateway. inferred: the X.400 gateway and its siblings
// print these numbers; none is documented for SMTPGATE. Q107098, Q105566
const (
	exitBreakAbsolute = 60
	exitBreakRelative = 63
	exitError         = 65
	exitOperator      = 66
)

// gate is one running SMTPGATE.
type gate struct {
	t     *dos.Task
	o     site.GatewayOptions
	v     Behaviour
	stack *stack
	log   *gateLog
	cfg   site.Config
	amap  addressMap
	dir   directory
	in    *charset.Table // SMTPIN.TBL
	out   *charset.Table // SMTPOUT.TBL
	lis   *sim.Listener
	drive string // "M:"

	deadline time.Time // of the break options
	breaks   bool

	attempts int // to reach the smart host, for the message in FROM_NC.API. Q99718
	leaked   int // bytes of first subjects never released. Q134371
	memory   nearHeap

	*gateReuse
}

// SMTPGATE is the resident program of the gateway PC: it listens for calls and
// looks for outgoing mail in turns, one message at any moment. Q132060, Q137042
func SMTPGATE(t *dos.Task, args []string, v Behaviour) int {
	re := t.Keep("SMTPGATE", newGateReuse).(*gateReuse)
	o, err := re.parseOptions(args, v.Version)
	if err != nil {
		t.Print(oneLine(err.Error()) + "\r\n")
		return exitError
	}
	g := &gate{t: t, o: o, v: v, stack: stackOf(v.Stack), drive: string(o.Drive) + ":", gateReuse: re}
	g.log = &re.logged
	g.log.begin(t, &g.o)
	g.amap.log = g.log
	defer g.stop()
	if !g.start() {
		return exitError
	}
	return g.run()
}

func (g *gate) stop() {
	if g.t.Proc().Dead() {
		return
	}
	g.log.flush()
	if g.lis != nil {
		g.lis.Close(g.t.Proc().Kernel())
	}
}

// start is the start-up sequence in the order of the sample log. Q112286
func (g *gate) start() bool {
	now := g.t.Now()
	stamp := now.Format(time.ANSIC) + " "
	g.log.say(classInfo, stamp, msgBanner)
	g.log.say(classInfo, stamp, msgCopyright)
	g.log.say(classInfo, msgRunning, g.t.Path())
	for _, u := range g.o.Unknown {
		// invented: the line; options that nobody explains have no effect.
		g.log.say(classInfo, "Option "+u+" has no effect")
	}
	g.deadline, g.breaks = g.o.Break.Deadline(now)

	// inferred: the socket is opened before the gateway is initialised.
	g.t.Proc().AtAddress("listen", g.t.PC().IP()+smtpPort, schedule.Writes)
	lis, err := g.t.Proc().Kernel().Net().Listen(g.t.PC().IP() + smtpPort)
	switch {
	case g.t.PC().IP() == "":
		g.log.say(classError, msgSocket)
		g.log.say(classError, msgListen)
		return false
	case err != nil || !g.t.PC().Online():
		if err == nil {
			lis.Close(g.t.Proc().Kernel())
		}
		g.log.say(classError, msgBind)
		return false
	}
	g.lis = lis
	g.t.PC().OnKey(func() { lis.Interrupt() })

	name := g.lowerPath(fileLocalCfg)
	g.log.say(classInfo, msgLocalCfg, name)
	data, err := g.readConfig(name)
	if err != nil {
		return g.cannotStart(name, err)
	}
	if g.cfg, err = g.parseLocalCfg(data); err != nil {
		return g.cannotStart(name, err)
	}
	g.log.say(classInfo, msgDomain, g.cfg.LocalDomain, `"`)
	g.log.say(classInfo, msgHostName, g.cfg.HostName, `"`)
	g.log.say(classInfo, msgSmartHost, g.cfg.SmartHost, `"`)

	// The file is read a second time for the postoffices. Q112286
	g.log.say(classInfo, msgLocalPOs, name)
	if _, err = g.readConfig(name); err != nil {
		return g.cannotStart(name, err)
	}
	for _, po := range g.cfg.Postoffices {
		g.log.say(classInfo, msgLocalPO, po, `"`)
	}

	name = g.lowerPath(fileAddrMap)
	g.log.say(classInfo, msgAddrMap, name)
	if data, err = g.readConfig(name); err != nil {
		return g.cannotStart(name, err)
	}
	if g.amap.entries, err = g.parseAddrMap(data); err != nil {
		return g.cannotStart(name, err)
	}
	for _, e := range g.amap.entries {
		g.log.say(classInfo, msgMapping, e.Postoffice, `" to "`, e.Domain, `"`)
	}
	g.amap.suffix, g.amap.local, g.amap.inside = g.cfg.LocalDomain, g.cfg.Postoffices, g.v.FriendlyInPath

	// NETWORK.GLB, all XTN files, GROUP.GLB and ACCESS2.GLB come into memory. Q105290
	if err := g.dir.load(g.t, g.o.Drive); err != nil {
		return g.cannotStart(g.drive+`\GLB`, err)
	}
	g.memory = nearHeap{tables: g.dir.tableBytes() + 83*len(g.amap.entries)}

	g.in, g.out = charset.DefaultIn, charset.DefaultOut
	if g.v.Tables {
		// inferred: after the maps; the log fragment has no context. Q101461
		g.in = g.table(fileTableIn, charset.DefaultIn)
		g.out = g.table(fileTableOut, charset.DefaultOut)
	}
	g.log.say(classInfo, msgReady)
	return true
}

// cannotStart reports a configuration file that cannot be read. invented: the
// text; the articles know only ADMIN's error 134 for it (Q127733).
func (g *gate) cannotStart(name string, err error) bool {
	g.log.say(classError, "ERROR reading "+name+": "+oneLine(err.Error()))
	return false
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "; ") }

// table loads a character table or falls back to the built-in one. Q101461
func (g *gate) table(file string, builtIn *charset.Table) *charset.Table {
	name := g.lowerPath(file)
	data, err := g.readConfig(name)
	if err != nil {
		before, after, _ := strings.Cut(msgTableMissing, "%s")
		g.log.say(classInfo, before, name, after)
		g.log.say(classInfo, name, strings.TrimPrefix(msgTableDefault, "%s"))
		return builtIn
	}
	tbl, err := g.parseTable(file, data)
	if err != nil {
		g.log.sayf(classError, msgTableBad, name, err)
		g.log.sayf(classInfo, msgTableDefault, name)
		return builtIn
	}
	g.log.sayf(classInfo, msgTableLoaded, name)
	return tbl
}

// run is the main cycle: send what waits, at most six messages, then answer
// calls for -W seconds. Q137043, Q112286
func (g *gate) run() int {
	for {
		g.t.PC().Cycles["cycle"]++
		if code, stop := g.idle(); stop {
			return code
		}
		for sent := 0; g.sendOne(); {
			if sent++; sent == outboundBatch {
				break
			}
			if code, stop := g.idle(); stop {
				return code
			}
		}
		if g.v.TryPut {
			g.tryPut()
		}
		g.log.sayf(classDebug, msgAccept, g.o.WaitSeconds)
		g.log.flush()
		g.t.PC().Cycles["wait"]++
		if code, stop := g.answer(); stop {
			return code
		}
	}
}

// tryPut looks for SMTPPUT when there is nothing to submit, as Q132060 says of a
// gateway that only sends: about three seconds, an error on the screen, and on.
//
// invented: the place in the cycle, after the outbound phase; and that a program
// that is found is asked for its version, so that it touches no mail.
func (g *gate) tryPut() { g.spawn("SMTPPUT", "-ver") }

// idle logs the memory that is left and looks at the break options, which
// take effect only here. Q96126, Q96203
func (g *gate) idle() (code int, stop bool) {
	if g.log.level >= classDebug {
		free, largest := g.memory.free(g.leaked)
		g.log.sayf(classDebug, msgIdling, free, largest)
	}
	if g.breaks && !g.t.Now().Before(g.deadline) {
		g.log.flush()
		if g.o.BreakRelative != "" {
			return exitBreakRelative, true
		}
		return exitBreakAbsolute, true
	}
	return 0, false
}

// answer waits for one call and serves it; a key asks whether to end.
func (g *gate) answer() (code int, stop bool) {
	deadline := g.t.Proc().Now().Add(time.Duration(g.o.WaitSeconds) * time.Second)
	for {
		if _, ok := g.t.Key(0); ok {
			return g.askExit()
		}
		left := max(deadline.Sub(g.t.Proc().Now()), 0)
		s, err := g.lis.Accept(g.t.Proc(), left)
		switch err {
		case nil:
			g.serve(s)
			return 0, false
		case sim.ErrInterrupted:
		default:
			return 0, false
		}
	}
}

// askExit is the dialogue after a key: another Idling line, the question, and
// an answer. Q112286
func (g *gate) askExit() (code int, stop bool) {
	if code, stop := g.idle(); stop {
		return code, stop
	}
	g.log.say(classError, msgExit)
	g.log.say(classError, msgExitKeys)
	g.log.flush()
	for {
		b, ok := g.t.Key(-1)
		switch {
		case !ok:
			return 0, false
		case b == 'y' || b == 'Y':
			return exitOperator, true
		case b == 'n' || b == 'N':
			return 0, false
		}
	}
}

// spawn runs SMTPGET or SMTPPUT beside the gateway, looked up along PATH.
// Q137042
func (g *gate) spawn(name string, args ...string) (rc int, ok bool) {
	g.log.say(classInfo, msgSpawn, name)
	g.log.flush()
	rc, err := g.t.Spawn(name+".EXE", args...)
	if err != nil {
		number, text := spawnErrno(err)
		// The name is printed half in capitals: SMTPget. Q100925
		g.log.sayf(classError, msgSpawnFailed, name[:4]+strings.ToLower(name[4:]), number, text)
		return 0, false
	}
	g.log.sayf(classInfo, msgSpawned, name, rc)
	return rc, true
}

// spawnErrno gives the C library's number and text for a failed spawn. Q100925
func spawnErrno(err error) (int, string) {
	switch err {
	case dos.NotEnoughMemory:
		return 12, "Not enough core" // inferred: ENOMEM of the same library
	case dos.FileNotFound, dos.PathNotFound:
		return 2, "No such file or directory"
	}
	return 5, fmt.Sprint("I/O error: ", err) // invented: any other DOS error
}
