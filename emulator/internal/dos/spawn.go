package dos

import (
	"strings"
	"time"

	"gwkit/emulator/fault"
)

const (
	// spawnFailure is how long it takes until a missing program is found to
	// be missing. Q132060
	spawnFailure = 3 * time.Second

	// abortCode is the return code of a program aborted at a critical error.
	// invented: DOS tells the parent the way of ending, which C's spawn drops.
	abortCode = 255
)

// Spawn runs a program to its end and returns its return code. The program is
// looked for in the current directory and then along the PATH; a name without
// extension is tried as .COM and .EXE. FileNotFound comes after about three
// seconds (Q132060), NotEnoughMemory when it does not fit, InvalidFormat when
// the file is no program known here.
func (t *Task) Spawn(program string, args ...string) (rc int, err error) {
	return t.spawn(program, args, spawnFailure)
}

func (t *Task) spawn(program string, args []string, patience time.Duration) (int, error) {
	pc := t.pc
	pc.Spawns++
	begin := pc.k.Now()
	object := pc.spawned[program]
	if object == nil {
		object = &place{full: strings.ToUpper(program)}
		pc.spawned[program] = object
	}
	for {
		var prog *Program
		at := object
		e, _ := t.enter(fault.OpSpawn, object, 0)
		if e == 0 {
			prog, at, e = t.load(program)
		}
		if e == FileNotFound {
			if rest := patience - pc.k.Now().Sub(begin); rest > 0 {
				t.proc.Sleep(rest)
			}
		}
		if t.again(at, &e, false) {
			continue
		}
		if err := t.leave(fault.OpSpawn, at, e, 0); err != nil {
			return -1, err
		}
		return t.run(prog, at.full, args), nil
	}
}

// The extensions that a program is looked for with.
var (
	asNamed = []string{""}
	tried   = []string{".COM", ".EXE"}
)

// load finds the program and reads it. invented: the search is part of the one
// operation and each directory costs the latency of its drive; the articles know
// only the three seconds of a search that fails. Q132060
func (t *Task) load(program string) (*Program, *place, Error) {
	pc := t.pc
	along := pc.o.Path
	if strings.ContainsAny(program, `:\/`) {
		along = nil
	}
	exts := asNamed
	if base := program[strings.LastIndexAny(program, `:\/`)+1:]; !strings.Contains(base, ".") {
		exts = tried
	}
	var store [128]byte
	for i := -1; i < len(along); i++ {
		name := store[:0]
		if i >= 0 { // else the current directory
			name = append(name, along[i]...)
			if n := len(name); n > 0 && name[n-1] != '\\' && name[n-1] != '/' && name[n-1] != ':' {
				name = append(name, '\\')
			}
		}
		name = append(name, program...)
		for _, ext := range exts {
			at := pc.placeOf(append(name, ext...))
			if at.err != 0 {
				continue
			}
			size := 0
			n, e := at.node()
			if e == 0 && !n.isDir() {
				size = int(n.size)
			}
			if at.d.network {
				if pc.timed {
					t.latency(size)
				}
				if at.d.v.offline {
					t.critical = true
					return nil, at, NetworkDeviceGone
				}
			}
			if e != 0 || n.isDir() {
				continue
			}
			var prog *Program
			if pc.o.Programs != nil {
				prog = pc.o.Programs(at.base)
			}
			switch {
			case prog == nil || prog.Main == nil:
				return nil, at, InvalidFormat
			case prog.Memory > pc.memory:
				return nil, at, NotEnoughMemory
			}
			return prog, at, 0
		}
	}
	return nil, &place{full: strings.ToUpper(program)}, FileNotFound
}

// run is the life of a program. What it leaves open DOS closes; after a power
// cut nothing here happens, because the process unwinds past it.
func (t *Task) run(prog *Program, path string, args []string) int {
	pc := t.pc
	c := &Task{pc: pc, proc: t.proc, parent: t, path: path}
	c.who = pc.whos[prog]
	if c.who == "" {
		c.who = pc.o.Name + "/" + programOf("/"+prog.Name)
		pc.whos[prog] = c.who
	}
	c.program = c.who[len(pc.o.Name)+1:]
	pc.memory -= prog.Memory
	pc.task = c
	t.proc.SetName(c.who)
	rc := c.main(prog, args)
	for i := len(pc.files) - 1; i >= 0; i-- {
		if f := pc.files[i]; f.t == c {
			f.forget()
			e := f.close()
			pc.k.Emit(c.who, fault.OpClose, f.at.full, e.trace(), 0)
		}
	}
	pc.memory += prog.Memory + c.memory
	pc.task = t
	t.proc.SetName(t.who)
	pc.k.Emit(c.who, "exit", prog.Name, "", rc)
	return rc
}

// main runs the program and catches its abortion, nothing else: a kill or a
// mistake of ours passes on.
func (t *Task) main(prog *Program, args []string) (rc int) {
	defer func() {
		if !t.aborted || t.proc.Dead() {
			return
		}
		r := recover()
		if a, ok := r.(abortion); !ok || a.t != t {
			panic(r)
		}
		rc = abortCode
	}()
	return prog.Main(t, args)
}

// programOf returns "SMTPGET" for "GW1/SMTPGET" and "/SMTPGET.EXE".
func programOf(who string) string {
	who = who[strings.IndexByte(who, '/')+1:]
	if i := strings.IndexByte(who, '.'); i >= 0 {
		who = who[:i]
	}
	return who
}

// FreeHandles returns how many more files the PC can open: FILES= less those
// of DOS and those in use. Q128570
func (t *Task) FreeHandles() int { return t.pc.o.Files - reservedFiles - len(t.pc.files) }

// FreeMemory returns the free conventional memory in bytes and its largest
// block. invented: memory is never fragmented, so they are equal.
func (t *Task) FreeMemory() (total, largest int) {
	t.alive()
	return t.pc.memory, t.pc.memory
}

// Alloc takes n bytes until Release or the program's end.
func (t *Task) Alloc(n int) error {
	t.alive()
	if n < 0 || n > t.pc.memory {
		return NotEnoughMemory
	}
	t.pc.memory -= n
	t.memory += n
	return nil
}

// Release gives n bytes back; more than Alloc took is cut to that.
func (t *Task) Release(n int) {
	t.alive()
	n = max(min(n, t.memory), 0)
	t.pc.memory += n
	t.memory -= n
}
