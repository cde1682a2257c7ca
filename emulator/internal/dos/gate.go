package dos

import (
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
)

// Names of operations in events and fault points; those that faults know are
// the fault package's own.
const (
	opMkdir    = "mkdir"
	opRmdir    = "rmdir"
	opAttr     = "attr"
	opTruncate = "truncate"
	opUnlock   = "unlock"
	opSpace    = "space"
	opChdir    = "chdir"
)

// abortion unwinds a program that a person aborted at a prompt.
type abortion struct{ t *Task }

// alive stops a program that has no business acting any more.
func (t *Task) alive() {
	if t.aborted {
		panic(abortion{t})
	}
	t.proc.Check()
}

// enter is the first half of the gate: yield, fault, latency. It returns the
// error that keeps the operation from the volume, and how many bytes at the
// end of a write are lost. t.critical says that the error is one for INT 24h.
func (t *Task) enter(op string, at *place, size int) (e Error, cut int) {
	t.alive()
	t.op = op
	if t.pc.k.Explored() {
		t.announce(op, at, t.target)
	} else {
		t.proc.Yield()
	}
	t.critical, t.holder = false, nil
	if f := t.pc.o.Faults; f != nil && f.Active() {
		if e, cut = t.fault(f, op, at, size); e != 0 {
			return e, cut
		}
	}
	if at.d != nil && at.d.network {
		if t.pc.timed {
			t.latency(size)
		}
		if at.d.v.offline {
			t.critical = true
			return NetworkDeviceGone, 0
		}
	}
	return 0, cut
}

func (t *Task) latency(size int) {
	d := t.pc.o.Timing.PerOperation
	if size > 0 {
		d += t.pc.o.Timing.PerKilobyte * time.Duration(size) / 1024
	}
	if d <= 0 {
		return
	}
	if f := t.pc.o.Jitter; f > 0 {
		span := time.Duration(float64(2*d) * f)
		d += t.pc.k.Rand("latency/"+t.pc.o.Name).Duration(span) - (span+1)/2
	}
	t.proc.Sleep(d)
}

// fault asks what goes wrong with an operation.
func (t *Task) fault(f sim.Faults, op string, at *place, size int) (Error, int) {
	p := &t.pc.point
	*p = fault.Point{Who: t.who, Op: op, Object: at.full, Size: size, Time: int64(t.pc.k.Now() - t.pc.k.Start())}
	x := f.At(p)
	if x.Delay > 0 {
		t.proc.Sleep(x.Delay)
	}
	t.crash = x.Crash
	if x.Crash && (op != fault.OpWrite || x.Cut == 0) {
		t.pc.PowerOff()
		t.alive() // unwinds, if the process was not the running one
	}
	t.critical = x.Critical && x.Err != 0
	return Error(x.Err), x.Cut
}

// again decides about an operation that ended with *e. A critical error goes
// to the person at the PC: true means to repeat the operation; on Fail *e
// becomes FailedCritical.
func (t *Task) again(at *place, e *Error, writing bool) bool {
	if *e == 0 || !t.critical {
		return false
	}
	if t.trap != nil {
		if *e != SharingViolation && *e != LockViolation {
			t.trap(Critical{t.letter(at), *e, writing})
			*e = FailedCritical
		}
		return false
	}
	if t.ask(at, *e, writing) == 'R' {
		return true
	}
	*e = FailedCritical
	return false
}

// leave is the last part of the gate: trace.
func (t *Task) leave(op string, at *place, e Error, size int) error {
	t.pc.k.Emit(t.who, op, at.full, e.trace(), size)
	return errOf(e)
}

// Critical is a critical error as a program's own handler sees it.
type Critical struct {
	Drive   byte // letter
	Err     Error
	Writing bool
}

// Trap gives the program a handler of its own for critical errors, INT 24h. None of them
// shows a prompt then: the operation fails, and fn has been told, which must not use the
// disk. A sharing violation comes to the program as such. Q117427 Q132413
func (t *Task) Trap(fn func(Critical)) { t.trap = fn }

func (t *Task) letter(at *place) byte {
	if at.d != nil {
		return at.d.letter
	}
	return 'A' + t.pc.current
}

// ask shows a critical error and returns the answer, R or F. On A it does not
// return: the program is over.
func (t *Task) ask(at *place, e Error, writing bool) byte {
	pc := t.pc
	letter := t.letter(at)
	verb := " reading drive "
	if writing {
		verb = " writing drive "
	}
	text := e.Error() + verb + string(rune(letter))
	pc.Prompts++
	pc.k.EmitPrompt(t.who, t.op, at.full, e.trace())
	pc.screen.newLine()
	if e == NetworkDeviceGone {
		pc.screen.Print(text + " Abort, Retry Fail?") // the words of Q136041, on one line
	} else {
		pc.screen.Print(text + "\r\nAbort, Retry, Fail?")
	}
	answer := byte('F') // COMMAND /F. Q136041
	if !pc.o.CommandF {
		answer = t.answer(at, e, text)
	}
	pc.screen.Print(string(rune(answer)) + "\r\n")
	switch answer {
	case 'A':
		pc.k.Emit(t.who, "answer", at.full, "abort", 0)
		t.aborted = true
		panic(abortion{t})
	case 'R':
		pc.k.Emit(t.who, "answer", at.full, "retry", 0)
	default:
		pc.k.Emit(t.who, "answer", at.full, "fail", 0)
	}
	return answer
}

// answer waits for A, R or F. Keys typed before the prompt do not count: DOS
// empties the buffer first. inferred
func (t *Task) answer(at *place, e Error, text string) byte {
	pc := t.pc
	w := sim.Wait{For: "key", Object: at.full}
	if e == SharingViolation || e == LockViolation {
		w.For = "file"
		if t.holder != nil {
			w.HeldBy = t.holder.who
		}
	}
	pc.phase, pc.prompt, pc.promptOp, pc.promptAt, pc.wait = Prompt, text, t.op, at, w
	pc.keys = pc.keys[:0]
	patient := pc.o.Patient && t.holder != nil
	if patient {
		v := t.holder.v
		v.patient = append(v.patient, pc)
		defer v.leave(pc)
	}
	for {
		for len(pc.keys) > 0 {
			switch k := pc.key() &^ 0x20; k {
			case 'A', 'R', 'F':
				pc.phase = Running
				return k
			}
		}
		if patient && pc.o.Patient && t.holder.gone {
			pc.phase = Running
			return 'R'
		}
		pc.keyed.Wait(t.proc, w, -1)
	}
}

func (pc *PC) key() byte {
	b := pc.keys[0]
	pc.keys = append(pc.keys[:0], pc.keys[1:]...)
	return b
}
