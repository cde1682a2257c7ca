package dos

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/sim"
	"gwkit/emulator/schedule"
)

// listener is a Decider that takes the default and notes the operation of the
// process that runs.
type listener struct {
	names []string // of the numbers, from 1
	said  []string
}

// number numbers the files of all volumes.
func (l *listener) number() Number {
	return func(_ *Volume, path string) (int32, string) {
		for i, n := range l.names {
			if n == path {
				return int32(i + 1), "PO:" + path
			}
		}
		l.names = append(l.names, path)
		return int32(len(l.names)), "PO:" + path
	}
}

func (l *listener) name(id int32) string { return l.names[id-1] }

func (l *listener) Decide(options []schedule.Option, running bool) int {
	o := &options[0]
	if !running || o.Op == "go" {
		return 0
	}
	s := o.Op + " " + o.Object + " " + []string{"none", "reads", "writes"}[o.Access]
	if o.ID == 0 {
		s += " no-file"
	} else if "PO:"+l.name(o.ID) != o.Object {
		s += " as " + l.name(o.ID)
	}
	if o.To != 0 {
		s += " to " + l.name(o.To)
	}
	if o.Dir != 0 {
		s += " in " + l.name(o.Dir)
	}
	l.said = append(l.said, s)
	return 0
}

func TestOperationsAnnounceTheirAccess(t *testing.T) {
	with := func(m Mode, do func(*File)) func(*Task) {
		return func(t *Task) {
			f, err := t.Open(`M:\SMTP\X`, m)
			if err != nil {
				panic(err)
			}
			do(f)
		}
	}
	nothing := func(*File) {}
	const x = ` PO:\SMTP\X `
	const gently, roughly = "reads", "writes"
	open := func(a string, more ...string) []string { return append([]string{"open" + x + a}, more...) }
	opened := func(a string) []string { return open(a, "close"+x+a) }
	for _, row := range []struct {
		name string
		do   func(*Task)
		want []string
	}{
		{"open to read, others may", func(t *Task) { with(Read|DenyNone, func(f *File) { f.Close() })(t) }, opened(gently)},
		{"others may read", with(Read|DenyWrite, func(f *File) { f.Close() }), opened(gently)},
		{"compatibility mode", with(Read, func(f *File) { f.Close() }), opened(roughly)},
		{"nobody else may read", with(Read|DenyRead, func(f *File) { f.Close() }), opened(roughly)},
		{"nobody else may", with(Read|DenyAll, func(f *File) { f.Close() }), opened(roughly)},
		{"open to write", with(Write|DenyNone, func(f *File) { f.Close() }), opened(roughly)},
		{"for both", with(ReadWrite|DenyWrite, func(f *File) { f.Close() }), opened(roughly)},
		{"read", with(ReadWrite|DenyNone, func(f *File) { f.ReadAt(make([]byte, 1), 0) }), open(roughly, "read"+x+"reads")},
		{"write", with(ReadWrite|DenyNone, func(f *File) { f.WriteAt([]byte{1}, 0) }), open(roughly, "write"+x+"writes")},
		{"truncate", with(ReadWrite|DenyNone, func(f *File) { f.Truncate(0) }), open(roughly, "truncate"+x+"writes")},
		{"lock", with(ReadWrite|DenyNone, func(f *File) { f.Lock(0, 1); f.Unlock(0, 1) }), open(roughly, "lock"+x+"writes", "unlock"+x+"writes")},
		{"seek and size", with(Read|DenyNone, func(f *File) { f.Seek(0, 0); f.Size() }), open(gently)},
		{"a gentle mode does not make another open gentle", func(t *Task) { with(Read|DenyNone, nothing)(t); t.Create(`M:\SMTP\Y`, Read|DenyNone) },
			open(gently, `create PO:\SMTP\Y writes in \SMTP`)},
		{"nor another close", func(t *Task) {
			with(Read|DenyNone, func(f *File) { with(ReadWrite|DenyNone, nothing)(t); f.Close() })(t)
		}, open(gently, "open"+x+roughly, "close"+x+gently)},
		{"create", func(t *Task) { t.Create(`M:\SMTP\X`, DenyNone) }, []string{`create PO:\SMTP\X writes in \SMTP`}},
		{"create anew", func(t *Task) { t.CreateNew(`M:\NEW`, DenyNone) }, []string{`create PO:\NEW writes in \`}},
		{"remove", func(t *Task) { t.Remove(`m:/smtp/x`) }, []string{`remove PO:\SMTP\X writes in \SMTP`}},
		{"rename", func(t *Task) { t.Rename(`M:\SMTP\X`, `M:\SMTP\Z`) }, []string{`rename PO:\SMTP\X writes to \SMTP\Z in \SMTP`}},
		{"rename to a private drive", func(t *Task) { t.Rename(`M:\SMTP\X`, `C:\Z`) }, []string{`rename PO:\SMTP\X writes in \SMTP`}},
		{"the target of a rename is forgotten", func(t *Task) { t.Rename(`M:\SMTP\X`, `M:\SMTP\Z`); t.Remove(`M:\SMTP\Z`) },
			[]string{`rename PO:\SMTP\X writes to \SMTP\Z in \SMTP`, `remove PO:\SMTP\Z writes in \SMTP`}},
		{"mkdir and rmdir", func(t *Task) { t.Mkdir(`M:\D`); t.Rmdir(`M:\D`) }, []string{`mkdir PO:\D writes in \`, `rmdir PO:\D writes in \`}},
		{"attributes", func(t *Task) { t.SetAttr(`M:\SMTP\X`, ReadOnly) }, []string{`attr PO:\SMTP\X writes`}},
		{"look for one", func(t *Task) { t.Stat(`M:\SMTP\X`); t.Exists(`M:\NONE`) }, []string{`find PO:\SMTP\X reads`, `find PO:\NONE reads`}},
		{"list", func(t *Task) { t.Find(`M:\SMTP\*.*`) }, []string{`find PO:\SMTP\*.* reads no-file in \SMTP`}},
		{"list one", func(t *Task) { t.Find(`M:\SMTP\X`) }, []string{`find PO:\SMTP\X reads no-file in \SMTP`}},
		{"space and directory", func(t *Task) { t.FreeSpace('M'); t.ChangeDir(`M:\SMTP`) }, nil},
		{"relative name", func(t *Task) { t.ChangeDir(`M:\SMTP`); t.SetDrive('M'); t.Stat("X") }, []string{`find PO:\SMTP\X reads`}},
		{"private disk", func(t *Task) {
			t.WriteFile(`C:\X`, []byte("x"), 0)
			t.Find(`C:\*.*`)
			t.Rename(`C:\X`, `C:\Y`)
			t.Remove(`C:\Y`)
		}, nil},
		{"no such drive", func(t *Task) { t.Stat(`Q:\X`); t.Stat(`M:\a|b`) }, nil},
		{"a program of the server", func(t *Task) { t.Spawn(`M:\MAILEXE\NONE.EXE`) }, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t)
			must(t, r.v.WriteFile(`\SMTP\X`, []byte("text"), 0))
			l := &listener{}
			r.k.Explore(&sim.Exploring{Decider: l})
			disk := NewVolume(VolumeOptions{Clock: r.k.Clock})
			ended := false
			r.pc(PCOptions{Name: "GW1", Number: l.number(), Disk: disk}, func(t *Task) int {
				l.said = nil
				row.do(t)
				ended = true
				return 0
			})
			if stop := r.k.Run(sim.Forever); stop != sim.StopIdle || !ended {
				t.Fatalf("Run = %v: %v", stop, r.k.Err())
			}
			if d := cmp.Diff(row.want, l.said); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// In a timed run and without numbers nothing is announced.
func TestNothingIsAnnouncedWithoutNumbers(t *testing.T) {
	r := newRig(t)
	l := &listener{}
	r.k.Explore(&sim.Exploring{Decider: l})
	r.pc(PCOptions{Name: "GW1"}, func(t *Task) int { t.WriteFile(`M:\X`, nil, 0); return 0 })
	r.k.Run(sim.Forever)
	if len(l.said) != 0 {
		t.Error(l.said)
	}
}

// A deletion or a new name meets a file that another PC has open. Q132060
func TestObstructedNames(t *testing.T) {
	for _, row := range []struct {
		name string
		mode Mode
		own  bool // the same PC has it open
		do   func(*Task) error
		want string // error, or "prompt"
	}{
		{"delete, compatibility mode", ReadWrite, false, func(t *Task) error { return t.Remove(`M:\SMTP\X`) }, "prompt"},
		{"delete, compatibility mode to read", Read, false, func(t *Task) error { return t.Remove(`M:\SMTP\X`) }, "prompt"},
		{"delete, deny none", Read | DenyNone, false, func(t *Task) error { return t.Remove(`M:\SMTP\X`) }, "Sharing violation"},
		{"delete, deny all", ReadWrite | DenyAll, false, func(t *Task) error { return t.Remove(`M:\SMTP\X`) }, "Sharing violation"},
		{"delete, own", ReadWrite, true, func(t *Task) error { return t.Remove(`M:\SMTP\X`) }, "Sharing violation"},
		{"rename, compatibility mode", ReadWrite, false, func(t *Task) error { return t.Rename(`M:\SMTP\X`, `M:\Y`) }, "prompt"},
		{"rename, deny write", Read | DenyWrite, false, func(t *Task) error { return t.Rename(`M:\SMTP\X`, `M:\Y`) }, "Sharing violation"},
		{"rename, own", ReadWrite, true, func(t *Task) error { return t.Rename(`M:\SMTP\X`, `M:\Y`) }, "Sharing violation"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newRig(t)
			must(t, r.v.WriteFile(`\SMTP\X`, []byte("text"), 0))
			hold := func(t *Task) {
				if _, err := t.Open(`M:\SMTP\X`, row.mode); err != nil {
					panic(err)
				}
			}
			if !row.own {
				r.pc(PCOptions{Name: "GW2"}, func(t *Task) int { hold(t); t.Sleep(time.Hour); return 0 })
			}
			have := ""
			pc := r.pc(PCOptions{Name: "GW1"}, func(t *Task) int {
				if row.own {
					hold(t)
				}
				t.Sleep(time.Second)
				have = fmt.Sprint(row.do(t))
				return 0
			})
			r.run(time.Minute)
			if s := pc.State(); s.Phase == Prompt {
				have = "prompt"
				if s.Wait.HeldBy != "GW2/GW2" || s.Wait.Object != `M:\SMTP\X` || s.Op != "remove" && s.Op != "rename" {
					t.Errorf("state %+v", s)
				}
				if _, err := r.v.Attr(`\SMTP\X`); err != nil {
					t.Errorf("the file is gone: %v", err)
				}
			}
			if have != row.want {
				t.Errorf("have %q, want %q", have, row.want)
			}
		})
	}
}

// A PC that died is in the way until the server notices.
func TestADeadHolderObstructs(t *testing.T) {
	r := newRig(t)
	must(t, r.v.WriteFile(`\SMTP\X`, nil, 0))
	dead := r.pc(PCOptions{Name: "GW2"}, func(t *Task) int { t.Open(`M:\SMTP\X`, Read); t.Sleep(time.Hour); return 0 })
	pc := r.pc(PCOptions{Name: "GW1", Patient: true}, func(t *Task) int {
		t.Sleep(10 * time.Second)
		if err := t.Remove(`M:\SMTP\X`); err != nil {
			return 1
		}
		return 0
	})
	r.run(5 * time.Second)
	dead.PowerOff()
	r.run(30 * time.Second)
	wantPhase(t, pc, Prompt)
	r.run(SessionTime)
	wantPhase(t, pc, Ended)
	if pc.State().Code != 0 || pc.Prompts != 1 {
		t.Errorf("code %d, %d prompts", pc.State().Code, pc.Prompts)
	}
}

// patience is a PC that wants a file which GW2 holds for a minute and GW3, from
// then on, for another.
func patience(t *testing.T, o PCOptions) (*rig, *PC, *string) {
	r := newRig(t)
	must(t, r.v.WriteFile(`\SMTP\X`, []byte("text"), 0))
	must(t, r.v.WriteFile(`\SMTP\OTHER`, nil, 0))
	r.pc(PCOptions{Name: "GW2"}, func(t *Task) int {
		f, _ := t.Open(`M:\SMTP\X`, Read)
		g, _ := t.Open(`M:\SMTP\OTHER`, Read)
		t.Sleep(30 * time.Second)
		g.Close() // another file becomes free: not what GW1 waits for
		t.Sleep(30 * time.Second)
		f.Close()
		return 0
	})
	have := new(string)
	o.Name, o.Retries = "GW1", -1
	pc := r.pc(o, func(t *Task) int {
		t.Sleep(time.Second)
		b, err := t.ReadFile(`M:\SMTP\X`, Read)
		*have = fmt.Sprintf("%s %s %v", t.PC().k.Clock().Format("04:05"), b, err)
		t.Key(-1)
		return 0
	})
	return r, pc, have
}

func TestAPatientPCRetriesWhenTheFileIsFree(t *testing.T) {
	r, pc, have := patience(t, PCOptions{Patient: true})
	r.run(45 * time.Second)
	wantPhase(t, pc, Prompt)
	if s := pc.State(); s.Wait.HeldBy != "GW2/GW2" || s.Prompt != "Sharing violation reading drive M" {
		t.Errorf("state %+v", s)
	}
	r.run(time.Minute)
	wantPhase(t, pc, Running)
	if *have != "01:01 text <nil>" || pc.Prompts != 1 || len(r.v.patient) != 0 {
		t.Errorf("have %q after %d prompts, %d wait", *have, pc.Prompts, len(r.v.patient))
	}
	if !strings.Contains(strings.Join(pc.Screen().Text(), "\n"), "Abort, Retry, Fail?R") {
		t.Errorf("screen %q", pc.Screen().Text())
	}
	if d := cmp.Diff([]string{`GW1/GW1 M:\SMTP\X: retry`}, r.ops("answer")); d != "" {
		t.Error(d)
	}
}

func TestOthersStayAtTheirPrompt(t *testing.T) {
	r, pc, have := patience(t, PCOptions{})
	r.run(10 * time.Minute)
	wantPhase(t, pc, Prompt)
	pc.SetPatient(true) // too late for a prompt that is there: nobody looks at it
	r.run(10 * time.Minute)
	wantPhase(t, pc, Prompt)
	pc.Key('r')
	r.run(time.Second)
	if *have != "20:01 text <nil>" {
		t.Errorf("have %q", *have)
	}
}

func TestAPatientPCCanBeAnsweredByHand(t *testing.T) {
	for _, row := range []struct {
		name, keys string
		patient    bool // after the keys
		have       string
		phase      Phase
		code       int
	}{
		{"fail", "xf", true, "00:10  Fail on INT 24", Running, 0},
		{"abort", "a", true, "", Ended, abortCode},
		{"retry in vain", "r", true, "01:01 text <nil>", Running, 0},
		{"patience ends", "", false, "", Prompt, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, pc, have := patience(t, PCOptions{Patient: true})
			r.run(10*time.Second - time.Second)
			for i := 0; i < len(row.keys); i++ {
				pc.Key(row.keys[i])
			}
			pc.SetPatient(row.patient)
			r.run(2 * time.Minute)
			wantPhase(t, pc, row.phase)
			if *have != row.have || pc.State().Code != row.code {
				t.Errorf("have %q, code %d", *have, pc.State().Code)
			}
			if row.phase != Prompt && len(r.v.patient) != 0 {
				t.Errorf("%d wait for a file", len(r.v.patient))
			}
		})
	}
}

// Two take turns at a file: the one that is told it is free meets the next
// holder, and waits again.
func TestAPatientPCAsksAgain(t *testing.T) {
	r := newRig(t)
	must(t, r.v.WriteFile(`\SMTP\X`, nil, 0))
	main := func(t *Task) int {
		f, err := t.Open(`M:\SMTP\X`, ReadWrite)
		if err != nil {
			return 1
		}
		t.Sleep(time.Minute)
		f.Close()
		return 0
	}
	var all []*PC
	for _, name := range []string{"GW1", "GW2", "GW3"} {
		all = append(all, r.pc(PCOptions{Name: name, Patient: true, Retries: -1}, main))
	}
	r.run(time.Hour)
	prompts := 0
	for _, pc := range all {
		wantPhase(t, pc, Ended)
		if pc.State().Code != 0 {
			t.Errorf("%s: code %d", pc.Name(), pc.State().Code)
		}
		prompts += pc.Prompts
	}
	if prompts != 3 { // two at first, then the last one once more
		t.Errorf("%d prompts, want 3", prompts)
	}
}

// A run that is thrown away leaves no trace: no open handle, and the next one is
// the same.
func TestDiscard(t *testing.T) {
	r := newRig(t)
	must(t, r.v.WriteFile(`\SMTP\X`, []byte("text"), 0))
	must(t, r.v.WriteFile(`\SMTP\Y`, nil, 0))
	disk := NewVolume(VolumeOptions{Clock: r.k.Clock})
	must(t, disk.WriteFile(`\P`, nil, 0))
	l := &listener{}
	r.k.Explore(&sim.Exploring{Decider: l})
	// GW1 is left at a prompt with two files open, GW2 with another two, in one
	// run without power; GW3 ends.
	one := r.pc(PCOptions{Name: "GW1", IP: "1.1.1.1", Disk: disk, Patient: true, Retries: -1, Number: l.number()}, func(t *Task) int {
		t.PC().Cycles["cycle"]++
		if !t.Exists("P") {
			return 1 // not on C:
		}
		t.ChangeDir(`M:\SMTP`)
		t.SetDrive('M')
		t.Open(`C:\P`, Read)
		t.Open("X", Read)
		t.Print("hello")
		t.Open(`M:\SMTP\Y`, Read)
		return 0
	})
	two := r.pc(PCOptions{Name: "GW2", Number: l.number()}, func(t *Task) int {
		t.Open(`M:\SMTP\Y`, ReadWrite)
		t.Key(time.Minute)
		t.Create(`M:\SMTP\Z`, DenyNone)
		t.Key(-1)
		return 0
	})
	three := r.pc(PCOptions{Name: "GW3"}, func(t *Task) int { return 3 })
	pcs := []*PC{two, one, three}
	fresh := make([]State, len(pcs))
	start := r.k.Now()
	// The rig has started the PCs, which a trial would not have: begin anew.
	r.k.Reset(start)
	for _, pc := range pcs {
		pc.Discard()
	}
	marks := []Mark{r.v.Mark(), disk.Mark()}
	for i, pc := range pcs {
		fresh[i] = pc.State()
		fresh[i].Program = "" // the command line stays
	}
	var want string
	for run := 0; run < 3; run++ {
		l.said = nil
		for _, pc := range pcs {
			pc.Start(pc.Name() + ".EXE")
		}
		two.Key('x')
		r.k.Run(start.Add(10 * time.Second))
		if run == 1 {
			two.PowerOff() // the server keeps its files, and GW1 waits on
			r.k.Run(start.Add(20 * time.Second))
		}
		have := ""
		for _, pc := range pcs {
			have += fmt.Sprintf("%s %+v %d prompts, %d spawns, %v, online %v, %d handles\n%s\n", pc.Name(), pc.State(), pc.Prompts, pc.Spawns, pc.Cycles,
				pc.Online(), pc.HandlesMax(), strings.TrimSpace(strings.Join(pc.Screen().Text(), "\n")))
		}
		have += fmt.Sprintf("%x %q", r.k.Digest(), l.said)
		if run == 0 {
			want = have
			if one.State().Phase != Prompt || len(r.v.Holders(`\SMTP\X`)) != 1 {
				t.Fatalf("the run is not what this test is about: %s", have)
			}
		} else if run == 2 {
			if d := cmp.Diff(want, have); d != "" {
				t.Errorf("run %d (-first +now):\n%s", run, d)
			}
		}
		r.k.Reset(start)
		for i, pc := range pcs {
			pc.Discard()
			s := pc.State()
			s.Program = ""
			if s != fresh[i] || pc.Online() || pc.Prompts+pc.Spawns+len(pc.Cycles)+len(pc.files)+len(pc.keys) != 0 || pc.Proc() != nil {
				t.Errorf("run %d: %s is %+v, online %v", run, pc.Name(), s, pc.Online())
			}
		}
		for _, v := range []*Volume{r.v, disk} {
			if len(v.patient) != 0 {
				t.Errorf("run %d: %d wait for a file", run, len(v.patient))
			}
			must(t, v.Walk(func(path string, _ Info) error {
				if h := v.Holders(path); len(h) > 0 {
					t.Errorf("run %d: %s is open: %+v", run, path, h)
				}
				return nil
			}))
		}
		r.v.Rollback(marks[0])
		disk.Rollback(marks[1])
		if _, err := r.v.Attr(`\SMTP\Z`); err == nil || r.content(`\SMTP\X`) != "text" {
			t.Errorf("run %d: the volume is not as it was", run)
		}
	}
}
