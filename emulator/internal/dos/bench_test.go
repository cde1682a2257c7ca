package dos

import (
	"testing"
	"time"

	"gwkit/emulator/internal/sim"
)

// The figures to hold, on the volume: append 0.8 us, create+write 8 KB+close+
// remove 1.5 us, rename and stat 0.6 us, rollback of 60 operations 6 us.

// benchTask runs body inside a program on a PC with one network drive.
func benchTask(b *testing.B, body func(t *Task, v *Volume)) {
	b.Helper()
	k := sim.New(sim.Options{Start: time.Date(1995, 1, 5, 8, 0, 0, 0, time.UTC)})
	defer k.Close()
	v := NewVolume(VolumeOptions{Clock: k.Clock})
	must(b, v.Mkdir(`\SMTP`, 0))
	must(b, v.WriteFile(`\SMTP\PROG.EXE`, nil, 0))
	ran := false
	prog := &Program{Name: "PROG.EXE", Main: func(t *Task, _ []string) int {
		body(t, v)
		ran = true
		return 0
	}}
	pc := NewPC(k, PCOptions{Name: "GW1", Files: 40, Path: []string{`M:\SMTP`}, Programs: func(string) *Program { return prog }})
	pc.Map('M', v)
	pc.Start("PROG.EXE")
	k.Run(sim.Forever)
	if !ran || k.Err() != nil {
		b.Fatalf("the program did not end: %v %v", pc.State(), k.Err())
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkAppend116(b *testing.B) {
	b.ReportAllocs()
	benchTask(b, func(t *Task, v *Volume) {
		rec := make([]byte, 116)
		must(b, v.WriteFile(`\SMTP\INQUEUE3.MBG`, nil, 0))
		for b.Loop() {
			f, err := t.Open(`M:\SMTP\INQUEUE3.MBG`, ReadWrite|DenyWrite)
			if err != nil {
				b.Fatal(err)
			}
			f.Seek(0, 2)
			f.Write(rec)
			f.Close()
			if f.node.size > 1<<20 {
				v.truncate(f.node, 0)
			}
		}
	})
}

func BenchmarkCreateWrite8KRemove(b *testing.B) {
	b.ReportAllocs()
	benchTask(b, func(t *Task, v *Volume) {
		body := make([]byte, 8192)
		for b.Loop() {
			f, err := t.Create(`M:\SMTP\FROM_NC.API`, DenyAll)
			if err != nil {
				b.Fatal(err)
			}
			f.Write(body)
			f.Close()
			t.Remove(`M:\SMTP\FROM_NC.API`)
		}
	})
}

func BenchmarkOpenRead8K(b *testing.B) {
	b.ReportAllocs()
	benchTask(b, func(t *Task, v *Volume) {
		body := make([]byte, 8192)
		must(b, v.WriteFile(`\SMTP\X.MAI`, body, 0))
		for b.Loop() {
			f, err := t.Open(`M:\SMTP\X.MAI`, Read|DenyNone)
			if err != nil {
				b.Fatal(err)
			}
			f.Read(body)
			f.Close()
		}
	})
}

func BenchmarkRename(b *testing.B) {
	b.ReportAllocs()
	benchTask(b, func(t *Task, v *Volume) {
		for i := 0; i < 10000; i++ {
			must(b, v.WriteFile(`\SMTP\`+hexName(i)+".MAI", nil, 0))
		}
		must(b, v.WriteFile(`\SMTP\A.TMP`, nil, 0))
		for b.Loop() {
			t.Rename(`M:\SMTP\A.TMP`, `M:\SMTP\B.TMP`)
			t.Rename(`M:\SMTP\B.TMP`, `M:\SMTP\A.TMP`)
		}
	})
}

func hexName(i int) string {
	const d = "0123456789ABCDEF"
	b := [8]byte{}
	for j := 7; j >= 0; j-- {
		b[j] = d[i&15]
		i >>= 4
	}
	return string(b[:])
}

func BenchmarkStat(b *testing.B) {
	b.ReportAllocs()
	benchTask(b, func(t *Task, v *Volume) {
		for b.Loop() {
			t.Exists(`M:\SMTP\PROG.EXE`)
		}
	})
}

func BenchmarkStatMissing(b *testing.B) {
	b.ReportAllocs()
	benchTask(b, func(t *Task, v *Volume) {
		for b.Loop() {
			t.Exists(`M:\SMTP\NOTHING.API`)
		}
	})
}

func BenchmarkFreshNames(b *testing.B) {
	b.ReportAllocs()
	benchTask(b, func(t *Task, v *Volume) {
		i := 0
		for b.Loop() {
			name := `M:\SMTP\` + hexName(i) + ".MAI"
			i++
			f, _ := t.Create(name, Compat)
			f.Close()
			t.Remove(name)
		}
	})
}

// BenchmarkRollback undoes a run of 60 operations on a tree of 300 files; the
// run itself is timed apart.
func BenchmarkRollback(b *testing.B) {
	b.ReportAllocs()
	v := NewVolume(VolumeOptions{})
	for i := 0; i < 300; i++ {
		must(b, v.WriteFile(hexName(i)+".MAI", make([]byte, 5000), 0))
	}
	m := v.Mark()
	rec := make([]byte, 116)
	d := v.root
	for b.Loop() {
		b.StopTimer()
		for i := 0; i < 10; i++ {
			n, _ := v.create(d, "T.TMP", 0)
			v.writeAt(n, rec, 0)
			v.closed(n, true)
			v.rename(n, d, "U.TMP")
			k := d.kids[hexNames[i]]
			v.writeAt(k, rec, k.size)
			v.drop(n)
		}
		b.StartTimer()
		v.Rollback(m)
	}
}

// BenchmarkRunAndRollback is the same with the run inside.
func BenchmarkRunAndRollback(b *testing.B) {
	b.ReportAllocs()
	v := NewVolume(VolumeOptions{})
	for i := 0; i < 300; i++ {
		must(b, v.WriteFile(hexName(i)+".MAI", make([]byte, 5000), 0))
	}
	m := v.Mark()
	rec := make([]byte, 116)
	d := v.root
	for b.Loop() {
		for i := 0; i < 10; i++ {
			n, _ := v.create(d, "T.TMP", 0)
			v.writeAt(n, rec, 0)
			v.closed(n, true)
			v.rename(n, d, "U.TMP")
			k := d.kids[hexNames[i]]
			v.writeAt(k, rec, k.size)
			v.drop(n)
		}
		v.Rollback(m)
	}
}

var hexNames = func() (out [10]string) {
	for i := range out {
		out[i] = hexName(i) + ".MAI"
	}
	return out
}()
