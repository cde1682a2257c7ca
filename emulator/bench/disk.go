package main

import (
	"fmt"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/sim"
)

// onDrive runs body as a program on a PC with one network drive that takes no
// time. All operations pass the gate: fault, latency, share modes and event.
func onDrive(body func(t *dos.Task, v *dos.Volume)) error {
	k := sim.New(sim.Options{Start: time.Date(1993, 2, 23, 8, 0, 0, 0, time.UTC)})
	defer k.Close()
	v := dos.NewVolume(dos.VolumeOptions{Clock: k.Clock})
	if err := v.MkdirAll(`\SMTP`, 0o777); err != nil {
		return err
	}
	if err := v.WriteFile(`\SMTP\PROG.EXE`, nil, 0); err != nil {
		return err
	}
	prog := &dos.Program{Name: "PROG.EXE", Main: func(t *dos.Task, _ []string) int { body(t, v); return 0 }}
	pc := dos.NewPC(k, dos.PCOptions{Name: "GW1", Files: 40, Path: []string{`M:\SMTP`}, Programs: func(string) *dos.Program { return prog }})
	pc.Map('M', v)
	pc.Start("PROG.EXE")
	k.Run(sim.Forever)
	if err := k.Err(); err != nil {
		return err
	}
	if s := pc.State(); s.Phase != dos.Ended || s.Code != 0 {
		return fmt.Errorf("the program did not end: %v", s)
	}
	return nil
}

func benchDisk(t *table, _ bool) error {
	var rows []figure
	const n = 100_000
	add := func(name, expected string, limit float64, count int, prepare func(v *dos.Volume), op func(t *dos.Task, v *dos.Volume, i int)) error {
		var err error
		us := median(3, func() float64 {
			ns := 0.0
			e := onDrive(func(task *dos.Task, v *dos.Volume) {
				if prepare != nil {
					prepare(v)
				}
				ns, _ = perStep(count, func() {
					for i := range count {
						op(task, v, i)
					}
				})
			})
			if e != nil {
				err = e
			}
			return ns / 1000
		})
		rows = append(rows, figure{name: name, value: us, unit: "us", expected: expected, limit: limit})
		return err
	}
	body, rec := make([]byte, 8192), make([]byte, 116)
	file := func(name string, size int) func(*dos.Volume) {
		return func(v *dos.Volume) { v.WriteFile(name, make([]byte, size), 0) }
	}
	tree := func(v *dos.Volume) {
		for i := range 10_000 {
			v.WriteFile(fmt.Sprintf(`\SMTP\%08X.MAI`, i), nil, 0)
		}
		v.WriteFile(`\SMTP\A.TMP`, nil, 0)
	}
	for _, err := range []error{
		add("create, write 8 KB, close, remove", "0.6-0.9 us", 1.5, n, nil, func(t *dos.Task, _ *dos.Volume, _ int) {
			f, _ := t.Create(`M:\SMTP\FROM_NC.API`, dos.DenyAll)
			f.Write(body)
			f.Close()
			t.Remove(`M:\SMTP\FROM_NC.API`)
		}),
		add("open, append 116 bytes, close", "0.25-0.5 us", 0.8, n, file(`\SMTP\X.MBG`, 0), func(t *dos.Task, _ *dos.Volume, _ int) {
			f, _ := t.Open(`M:\SMTP\X.MBG`, dos.ReadWrite|dos.DenyWrite)
			f.Seek(0, 2)
			f.Write(rec)
			f.Close()
		}),
		add("open, read 8 KB, close", "0.25-0.5 us", 0.8, n, file(`\SMTP\X.MAI`, 8192), func(t *dos.Task, _ *dos.Volume, _ int) {
			f, _ := t.Open(`M:\SMTP\X.MAI`, dos.Read|dos.DenyNone)
			f.Read(body)
			f.Close()
		}),
		add("rename among 10,000 files", "0.1-0.35 us", 0.6, n, tree, func(t *dos.Task, _ *dos.Volume, i int) {
			if i%2 == 0 {
				t.Rename(`M:\SMTP\A.TMP`, `M:\SMTP\B.TMP`)
			} else {
				t.Rename(`M:\SMTP\B.TMP`, `M:\SMTP\A.TMP`)
			}
		}),
		add("stat", "0.1-0.15 us", 0.3, n, file(`\SMTP\X.MAI`, 1), func(t *dos.Task, _ *dos.Volume, _ int) { t.Stat(`M:\SMTP\X.MAI`) }),
		add("exclusive create that fails", "0.1-0.15 us", 0.3, n, file(`\SMTP\X.MAI`, 1), func(t *dos.Task, _ *dos.Volume, _ int) {
			t.CreateNew(`M:\SMTP\X.MAI`, dos.DenyAll)
		}),
		rollback(&rows),
	} {
		if err != nil {
			return err
		}
	}
	t.group("disk, one task through the gate", rows...)
	return nil
}

// rollback measures the way back after 60 operations, without them.
func rollback(rows *[]figure) error {
	const runs = 5000
	var err error
	us := median(3, func() float64 {
		var total time.Duration
		e := onDrive(func(t *dos.Task, v *dos.Volume) {
			for i := range 1000 {
				v.WriteFile(fmt.Sprintf(`\SMTP\%08X.MAI`, i), make([]byte, 100), 0)
			}
			page := make([]byte, 1000)
			for range runs {
				m := v.Mark()
				for range 10 { // six operations each
					f, _ := t.Create(`M:\SMTP\FROM_NC.API`, dos.DenyAll)
					f.Write(page)
					f.Close()
					t.Rename(`M:\SMTP\FROM_NC.API`, `M:\SMTP\OUT.API`)
					t.Stat(`M:\SMTP\OUT.API`)
					t.Remove(`M:\SMTP\OUT.API`)
				}
				begin := time.Now()
				v.Rollback(m)
				total += time.Since(begin)
			}
		})
		if e != nil {
			err = e
		}
		return float64(total) / runs / 1000
	})
	*rows = append(*rows, figure{name: "roll back 60 operations", value: us, unit: "us", expected: "2-3 us", limit: 6})
	return err
}
