package dos

import (
	"testing"
	"time"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
	"gwkit/emulator/trace"
)

// rig is a server volume and the PCs on it.
type rig struct {
	t      testing.TB
	k      *sim.Kernel
	v      *Volume
	faults fault.Set
	rec    trace.Recorder
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t}
	r.k = sim.New(sim.Options{Start: time.Date(1995, 1, 5, 8, 0, 1, 0, time.UTC), Sink: &r.rec})
	r.v = NewVolume(VolumeOptions{Clock: r.k.Clock})
	must(t, r.v.Mkdir(`\SMTP`, 0))
	must(t, r.v.Mkdir(`\MAILEXE`, 0))
	t.Cleanup(r.k.Close)
	return r
}

// pc starts a PC that runs main as PROG.EXE from M:\MAILEXE.
func (r *rig) pc(o PCOptions, main func(t *Task) int) *PC {
	file := o.Name + ".EXE"
	must(r.t, r.v.WriteFile(`\MAILEXE\`+file, nil, 0))
	own := &Program{Name: file, Memory: 1000, Main: func(t *Task, _ []string) int { return main(t) }}
	others := o.Programs
	o.Programs = func(f string) *Program {
		if f == file {
			return own
		}
		if others != nil {
			return others(f)
		}
		return nil
	}
	if o.Files == 0 {
		o.Files = 40
	}
	o.Path = append(o.Path, `M:\MAILEXE`)
	o.Faults = &r.faults
	pc := NewPC(r.k, o)
	pc.Map('M', r.v)
	pc.Start(file)
	return pc
}

// fail adds a fault.
func (r *rig) fail(text string) {
	f, err := fault.Parse(text)
	must(r.t, err)
	r.faults.Add(f)
}

// run lets d pass.
func (r *rig) run(d time.Duration) {
	r.t.Helper()
	if r.k.Run(r.k.Now().Add(d)) == sim.StopPanic {
		r.t.Fatal(r.k.Err())
	}
}

// ops returns the trace as "who op object: result" lines of one op.
func (r *rig) ops(op string) []string {
	var out []string
	for _, e := range r.rec.Events() {
		if e.Op == op {
			s := e.Who + " " + e.Object
			if e.Result != "" {
				s += ": " + e.Result
			}
			out = append(out, s)
		}
	}
	return out
}

func (r *rig) content(path string) string {
	r.t.Helper()
	b, err := r.v.ReadFile(path)
	must(r.t, err)
	return string(b)
}

func wantPhase(t *testing.T, pc *PC, want Phase) {
	t.Helper()
	if got := pc.State().Phase; got != want {
		t.Fatalf("%s is %v, want %v (%+v)", pc.Name(), got, want, pc.State())
	}
}
