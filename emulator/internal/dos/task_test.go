package dos

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/sim"
)

// inTask runs body in a program on one PC and waits for its end.
func inTask(t *testing.T, o PCOptions, body func(r *rig, task *Task)) (*rig, *PC) {
	t.Helper()
	r := newRig(t)
	o.Name = "GW1"
	pc := r.pc(o, func(task *Task) int { body(r, task); return 0 })
	r.run(time.Hour)
	wantPhase(t, pc, Ended)
	return r, pc
}

type check struct {
	what      string
	got, want any
}

func verify(t *testing.T, list []check) {
	t.Helper()
	for _, c := range list {
		if d := cmp.Diff(fmt.Sprint(c.want), fmt.Sprint(c.got)); d != "" {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestTaskErrors(t *testing.T) {
	var c []check
	r, _ := inTask(t, PCOptions{}, func(r *rig, t *Task) {
		do := func(what string, err error, want any) { c = append(c, check{what, err, want}) }
		open := func(name string, m Mode) error { _, err := t.Open(name, m); return err }
		fresh := func(name string) error { _, err := t.CreateNew(name, Compat); return err }
		r.v.WriteFile(`\SMTP\RO`, []byte("x"), ReadOnly)
		do("create", t.WriteFile(`M:\SMTP\X`, []byte("abc"), Compat), nil)
		do("missing file", open(`M:\SMTP\NONE`, Read), FileNotFound)
		do("missing directory", open(`M:\NONE\X`, Read), PathNotFound)
		do("no such drive", open(`Q:\X`, Read), InvalidDrive)
		do("no letter", open(`1:\X`, Read), InvalidDrive)
		do("empty name", open("", Read), PathNotFound)
		do("directory", open(`M:\SMTP`, Read), AccessDenied)
		do("root", open(`M:\`, Read), AccessDenied)
		do("bad mode", open(`M:\SMTP\X`, 0x70), InvalidFunction)
		do("read-only for writing", open(`M:\SMTP\RO`, ReadWrite), AccessDenied)
		do("remove read-only", t.Remove(`M:\SMTP\RO`), AccessDenied)
		do("create over read-only", t.WriteFile(`M:\SMTP\RO`, nil, Compat), AccessDenied)
		do("clear read-only", t.SetAttr(`M:\SMTP\RO`, 0), nil)
		do("remove now", t.Remove(`M:\SMTP\RO`), nil)
		do("fresh over old", fresh(`M:\SMTP\X`), FileExists)
		do("a long name is cut", t.WriteFile(`M:\smtp\controller.global`, nil, Compat), nil)
		do("to its 8.3 form", open(`M:\SMTP\CONTROLL.GLO`, Read), nil)
		do("rename open file", t.Rename(`M:\SMTP\CONTROLL.GLO`, `M:\SMTP\C`), SharingViolation)
		do("remove open file", t.Remove(`M:\SMTP\CONTROLL.GLO`), SharingViolation)
		do("rename over a file", t.Rename(`M:\SMTP\X`, `M:\SMTP\CONTROLL.GLO`), SharingViolation)
		do("rename over a directory", t.Rename(`M:\SMTP\X`, `M:\SMTP`), AccessDenied)
		do("rename to another drive", t.Rename(`M:\SMTP\X`, `Q:\X`), InvalidDrive)
		do("mkdir", t.Mkdir(`M:\SMTP\D`), nil)
		do("mkdir again", t.Mkdir(`M:\SMTP\D`), AccessDenied)
		do("chdir", t.ChangeDir(`M:\SMTP\D`), nil)
		do("chdir to a file", t.ChangeDir(`M:\SMTP\X`), PathNotFound)
		do("rmdir of the current", t.Rmdir(`M:\SMTP\D`), CurrentDirectory)
		do("relative name", t.WriteFile(`M:Y`, nil, Compat), nil)
		do("rmdir of a full one", t.Rmdir(`M:\SMTP`), AccessDenied)
		do("chdir up", t.ChangeDir(`M:..`), nil)
		do("remove relative", t.Remove(`D\Y`), nil)
		do("rmdir", t.Rmdir(`D`), nil)
		do("rmdir of nothing", t.Rmdir(`D`), PathNotFound)
		do("free space of no drive", second(t.FreeSpace('Q')), InvalidDrive)
		do("find in no directory", second(t.Find(`M:\NONE\*.*`)), PathNotFound)
		do("find nothing", second(t.Find(`M:\*.ZZZ`)), nil)
		do("no such drive to go to", t.SetDrive('Q'), InvalidDrive)
	})
	verify(t, c)
	if got := names(r.v, `\SMTP`); got != "CONTROLL.GLO X" && got != "X CONTROLL.GLO" {
		t.Errorf("left over: %q", got)
	}
}

func second[T any](_ T, err error) error { return err }

func TestTwoDrives(t *testing.T) {
	r := newRig(t)
	disk := NewVolume(VolumeOptions{})
	must(t, disk.Mkdir("TMP", 0))
	var c []check
	pc := r.pc(PCOptions{Name: "GW1", Disk: disk}, func(t *Task) int {
		c = append(c,
			check{"chdir on C:", t.ChangeDir(`C:\TMP`), nil},
			check{"relative to C:", t.WriteFile(`X`, nil, Compat), nil},
			check{"move across", t.Rename(`X`, `M:\X`), NotSameDevice},
			check{"change drive", t.SetDrive('m'), nil},
			check{"relative to M:", t.WriteFile(`Y`, nil, Compat), nil},
		)
		t.PC().Unmap('M')
		c = append(c, check{"drive is gone", t.Remove(`M:\Y`), InvalidDrive})
		return 0
	})
	r.run(time.Second)
	wantPhase(t, pc, Ended)
	verify(t, append(c, check{"C:", names(disk, `\TMP`), "X"}, check{"M:", names(r.v, `\`), "SMTP MAILEXE Y"}))
}

func TestFile(t *testing.T) {
	var c []check
	inTask(t, PCOptions{}, func(r *rig, t *Task) {
		f, _ := t.Create(`M:\SMTP\X`, DenyAll)
		c = append(c, check{"name", f.Name(), `M:\SMTP\X`})
		f.Write([]byte("hello world"))
		pos, err := f.Seek(-5, io.SeekEnd)
		c = append(c, check{"seek", fmt.Sprint(pos, err), "6 <nil>"})
		b := make([]byte, 10)
		n, err := f.Read(b)
		c = append(c, check{"read", fmt.Sprintf("%s %v", b[:n], err), "world <nil>"})
		n, err = f.Read(b)
		c = append(c, check{"read at the end", fmt.Sprint(n, err), "0 EOF"})
		_, err = f.Seek(-1, io.SeekStart)
		c = append(c, check{"seek before the begin", err, SeekError})
		_, err = f.Seek(0, 9)
		c = append(c, check{"seek from nowhere", err, InvalidFunction})
		n, err = f.ReadAt(b[:5], 0)
		c = append(c, check{"read at", fmt.Sprintf("%s %v", b[:n], err), "hello <nil>"})
		n, err = f.ReadAt(b, 6)
		c = append(c, check{"read at to the end", fmt.Sprintf("%s %v", b[:n], err), "world EOF"})
		_, err = f.ReadAt(b, -1)
		c = append(c, check{"read before the begin", err, InvalidParameter})
		f.Seek(15, io.SeekStart)
		f.Write([]byte("!"))
		c = append(c, check{"truncate", f.Truncate(16), nil}, check{"size", f.Size(), 16}, check{"close", f.Close(), nil}, check{"close again", f.Close(), InvalidHandle})
		got, err := t.ReadFile(`M:\SMTP\X`, Compat)
		c = append(c, check{"gap of zeros", fmt.Sprintf("%q %v", got, err), `"hello world\x00\x00\x00\x00!" <nil>`})
		g, _ := t.Open(`M:\SMTP\X`, Read)
		_, err = g.Write(b)
		c = append(c, check{"write to a read handle", err, AccessDenied}, check{"truncate it", g.Truncate(0), AccessDenied})
		g.Close()
		g, _ = t.Open(`M:\SMTP\X`, Write)
		_, err = g.Read(b)
		c = append(c, check{"read from a write handle", err, AccessDenied})
		g.Close()
		c = append(c, check{"append", t.Append(`M:\SMTP\X`, []byte("?"), Compat), nil},
			check{"append makes the file", t.Append(`M:\SMTP\NEW`, []byte("1"), DenyWrite), nil})
		i, err := t.Stat(`m:\smtp\x`)
		c = append(c, check{"stat", fmt.Sprint(i.Name, i.Size, i.Attr, err), fmt.Sprint("X", 17, Archive, nil)})
		big := bytes.Repeat([]byte("0123456789"), 2000)
		t.WriteFile(`M:\SMTP\BIG`, big, Compat)
		got, _ = t.ReadFile(`M:\SMTP\BIG`, Compat)
		c = append(c, check{"many pages", bytes.Equal(got, big), true})
	})
	verify(t, c)
}

func TestFindHidesHiddenFiles(t *testing.T) {
	var got []string
	inTask(t, PCOptions{}, func(r *rig, t *Task) {
		for i, n := range []string{"B.API", "A.API", "C.TMP", "H.API", "S.API"} {
			r.v.WriteFile(`\SMTP\`+n, nil, []Attr{0, 0, 0, Hidden, System}[i])
		}
		r.v.Mkdir(`\SMTP\D.API`, 0)
		list, _ := t.Find(`M:\SMTP\*.api`)
		for _, i := range list {
			got = append(got, i.Name)
		}
	})
	if d := cmp.Diff([]string{"B.API", "A.API", "D.API"}, got); d != "" {
		t.Error(d)
	}
}

// TestHandleLimit: FILES= less the three of DOS. Q128570
func TestHandleLimit(t *testing.T) {
	for _, files := range []int{8, 20, 40} {
		open, last := 0, error(nil)
		_, pc := inTask(t, PCOptions{Files: files}, func(r *rig, t *Task) {
			var all []*File
			for ; open < 300; open++ {
				f, err := t.Create(`M:\SMTP\`+hexName(open), Compat)
				if last = err; err != nil {
					break
				}
				all = append(all, f)
			}
			all[0].Close()
			if _, err := t.Open(`M:\SMTP\00000000`, Read); err != nil {
				last = fmt.Errorf("after a close: %w", err)
			}
		})
		if open != files-reservedFiles || last != TooManyOpenFiles || pc.HandlesMax() != files {
			t.Errorf("FILES=%d: %d opened, then %v, most %d", files, open, last, pc.HandlesMax())
		}
	}
	if pc := NewPC(sim.New(sim.Options{}), PCOptions{}); pc.o.Files != 8 {
		t.Errorf("FILES= is %d by default", pc.o.Files)
	}
}

func TestSpawn(t *testing.T) {
	var c []check
	child := &Program{Name: "CHILD.EXE", Memory: 100000, Main: func(t *Task, args []string) int {
		t.Print("child " + t.Who())
		return len(args)
	}}
	huge := &Program{Name: "HUGE.EXE", Memory: 1 << 20, Main: child.Main}
	programs := func(f string) *Program { return map[string]*Program{"CHILD.EXE": child, "HUGE.EXE": huge}[f] }
	_, pc := inTask(t, PCOptions{Programs: programs, Path: []string{`Q:\`, `M:\NONE`, `M:\SMTP`}}, func(r *rig, t *Task) {
		for _, n := range []string{"CHILD.EXE", "HUGE.EXE", "ODD.EXE", "TEXT.BAT"} {
			r.v.WriteFile(`\SMTP\`+n, make([]byte, 10240), 0)
		}
		spawn := func(name string, want any) {
			begin := r.k.Now()
			rc, err := t.Spawn(name, "a", "b")
			c = append(c, check{name, fmt.Sprint(rc, " ", err, " ", r.k.Now().Sub(begin)), want})
		}
		spawn("child", "2 <nil> 0s")
		spawn("CHILD.EXE", "2 <nil> 0s")
		spawn(`M:\SMTP\CHILD`, "2 <nil> 0s")
		spawn(`M:\CHILD`, "-1 File not found 3s")
		spawn("SMTPGET", "-1 File not found 3s") // Q132060
		spawn("CHILD.COM", "-1 File not found 3s")
		spawn("HUGE", "-1 Insufficient memory 0s")
		spawn("ODD", "-1 Invalid format 0s")
		total, _ := t.FreeMemory()
		c = append(c, check{"alloc", t.Alloc(1000), nil}, check{"too much", t.Alloc(total), NotEnoughMemory})
		t.Release(5000)
		after, _ := t.FreeMemory()
		c = append(c, check{"free again", after, total}, check{"who", t.Who() + " " + t.Proc().Name(), "GW1/GW1 GW1/GW1"})
		t.PC().Cycles["out"]++
	})
	verify(t, append(c, check{"spawns", pc.Spawns, 9}, check{"screen", pc.Screen().Text()[0], "child GW1/CHILDchild GW1/CHILDchild GW1/CHILD"}))
}

func TestMissingMainProgram(t *testing.T) {
	r := newRig(t)
	pc := NewPC(r.k, PCOptions{Name: "GW1"})
	pc.Map('M', r.v)
	pc.Start("SMTPGATE")
	r.run(time.Second)
	wantPhase(t, pc, Ended)
	if !hasLine(pc.Screen(), "Bad command or file name") || pc.State().Code == 0 {
		t.Errorf("%+v %q", pc.State(), pc.Screen().Text()[0])
	}
}

// TestLatency: network drives take time, a PC's own disk does not.
func TestLatency(t *testing.T) {
	r := newRig(t)
	disk := NewVolume(VolumeOptions{})
	must(t, disk.WriteFile("X", make([]byte, 4096), 0))
	must(t, r.v.WriteFile("X", make([]byte, 4096), 0))
	took := map[string]time.Duration{}
	r.pc(PCOptions{Name: "GW1", Disk: disk, Timing: Timing{10 * time.Millisecond, time.Millisecond}}, func(t *Task) int {
		for _, n := range []string{`C:\X`, `M:\X`} {
			begin := r.k.Now()
			t.ReadFile(n, Read)
			took[n] = r.k.Now().Sub(begin)
		}
		return 0
	})
	r.run(time.Second)
	if took[`C:\X`] != 0 || took[`M:\X`] != 34*time.Millisecond {
		t.Errorf("took %v, want 0 and open, read 4 KB, close", took)
	}
}

func TestClockAndKeys(t *testing.T) {
	var c []check
	heard := 0
	r := newRig(t)
	r.fail("clock offset=1h from=2s")
	pc := r.pc(PCOptions{Name: "GW1", IP: "11.1.16.15", TZ: time.FixedZone("EST", -5*3600)}, func(t *Task) int {
		c = append(c, check{"clock", t.Now().Format("15:04:05 MST"), "03:00:01 EST"})
		t.Work(3 * time.Second)
		c = append(c, check{"wrong clock", t.Now().Format("15:04:05"), "04:00:04"})
		c = append(c, check{"names", fmt.Sprintln(t.Program(), t.PC().Name(), t.PC().IP()), "GW1 GW1 11.1.16.15\n"},
			check{"exists", fmt.Sprintln(t.Exists(`M:\SMTP`), t.Exists(`M:\NONE`)), "true false\n"},
			check{"drives", fmt.Sprintln(t.PC().Drive('m') == r.v, t.PC().Drive('Q'), t.PC().Drive('?')), "true <nil> <nil>\n"},
			check{"process", t.PC().Proc() == t.Proc() && t.Screen() == t.PC().Screen() && r.v.Online(), true})
		c = append(c, check{"path", t.Path(), `M:\MAILEXE\GW1.EXE`})
		t.PC().OnKey(func() { heard++ })
		_, ok := t.Key(time.Second)
		c = append(c, check{"no key", ok, false})
		b, ok := t.Key(-1)
		c = append(c, check{"key", fmt.Sprint(string(rune(b)), " ", ok), "q true"})
		b, _ = t.Key(0)
		c = append(c, check{"next", string(rune(b)), "r"})
		return 0
	})
	r.run(10 * time.Second)
	pc.Key('q')
	pc.Key('r')
	r.run(time.Second)
	wantPhase(t, pc, Ended)
	pc.Key('s') // nobody listens any more
	verify(t, append(c, check{"OnKey", heard, 2}))
}

// TestIdlePCChangesNobody: one more PC on the server leaves the trace of the
// others as it was, and two runs give one digest.
func TestIdlePCChangesNobody(t *testing.T) {
	run := func(idle bool) (string, uint64) {
		r := newRig(t)
		r.pc(PCOptions{Name: "GW1"}, func(t *Task) int {
			for i := range 20 {
				t.WriteFile(`M:\SMTP\`+hexName(i%3), []byte("x"), Compat)
				t.Sleep(time.Second)
			}
			return 0
		})
		if idle {
			r.pc(PCOptions{Name: "IDLE"}, func(t *Task) int { t.Key(-1); return 0 })
		}
		r.run(time.Minute)
		out := ""
		for _, e := range r.rec.Events() {
			if e.Who[:3] == "GW1" {
				out += fmt.Sprintln(e.Time, e.Who, e.Op, e.Object, e.Result, e.Size)
			}
		}
		return out, r.k.Digest()
	}
	a, d1 := run(false)
	b, _ := run(true)
	_, d2 := run(false)
	if d := cmp.Diff(a, b); d != "" || a == "" {
		t.Error(d)
	}
	if d1 != d2 {
		t.Error("two equal runs have different digests")
	}
}
