package postoffice

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/dos"
)

// put submits as SMTPPUT does.
func put(w *world, o *Office, m *Message, to ...string) uint32 {
	w.t.Helper()
	var list []Address
	for _, a := range to {
		x := Address{Addr: a}
		if strings.Contains(a, "@") {
			x.Type = "SMTP"
		}
		list = append(list, x)
	}
	id, err := o.Put(m, list)
	w.ok(err)
	return id
}

func inbound(subject string, to ...string) *Message {
	m := letter(subject, to...)
	m.From = Address{Type: "SMTP", Addr: "sender@far.org", Friendly: "Far Sender"}
	return m
}

func TestMailerDelivers(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	var lines []string
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		put(w, o, inbound("one", "NET/HUB/bob", "NET/HUB/team", "NET/DOWN/carol", "NET/DOWN/dave", "NET/HUB/$SYSTEM", "u@h.org"))
		m := Mailer{Office: o, Routes: r, Program: "External", Receive: true, Line: func(s string) { lines = append(lines, s) }}
		res, err := m.Run()
		w.ok(err)
		if res != (Result{Items: 1, Posted: 5}) {
			t.Errorf("result %+v", res)
		}
		if res, err = m.Run(); err != nil || res != (Result{}) {
			t.Errorf("second run %+v, %v", res, err)
		}
	})
	for _, who := range []string{"alice", "bob", "NET/DOWN", "SMTP"} {
		if got := subjects(t, v, bagOf(t, v, who)); got != "one" {
			t.Errorf("%s has %q", who, got)
		}
	}
	if got := subjects(t, v, System); got != "one" {
		t.Errorf("SYSTEM has %q", got)
	}
	m, err := v.Message(1)
	if err != nil || m.References != 5 {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := v.Envelope(1); err == nil {
		t.Error("the P1 is still there")
	}
	// Q100826
	want := []string{
		`Delivering new mail to NET/HUB.`,
		`Processing received mail queue at: M: NET/HUB.`,
		`INQUEUE file: M:MAI\MA1\00000001.MAI`,
		`Delivering of mail from INQUEUE3 is complete.`,
		`Delivering new mail to NET/HUB.`,
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
	log, err := v.Volume.ReadFile(`\LOG\RECV.LOG`)
	w.ok(err)
	if got := string(log); strings.Count(got, "\r\n") != 4 || !strings.HasPrefix(got, "05-14-93 11:32       ") ||
		!strings.Contains(got, "  SMTP:sender@far.org      NET/HUB/bob\r\n") {
		t.Errorf("RECV.LOG:\n%s", got)
	}
	if infos, err := v.Volume.List(`\P1`); err != nil || len(infos) != 1 {
		t.Errorf("P1 holds %v, %v", infos, err)
	}
}

func TestPostmasterToAdmin(t *testing.T) {
	for _, on := range []bool{false, true} {
		w := newWorld(t)
		v := w.office('M', hub())
		w.do(func(task *dos.Task) {
			o, r := w.login(task, 'M')
			put(w, o, letter("warning", "NET/HUB/Postmaster"), "NET/HUB/Postmaster")
			_, err := (&Mailer{Office: o, Routes: r, Program: "External", PostmasterToAdmin: on}).Run()
			w.ok(err)
		})
		if got := subjects(t, v, "00000000"); (got == "warning") != on {
			t.Errorf("switch %v: Admin has %q", on, got)
		}
	}
}

// A damaged envelope ends an FFAPI program with Insufficient memory, again and again. Q105290
func TestDamagedEnvelopeInFFAPI(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		put(w, o, letter("x", "NET/HUB/bob"), "NET/HUB/bob")
		w.ok(v.Volume.WriteFile(`\P1\00000001.P1`, []byte("garbage"), 0))
		for i := 0; i < 2; i++ {
			if _, err := (&Mailer{Office: o, Routes: r, Program: "SMTPPUT", FFAPI: true}).Run(); !errors.Is(err, ErrMemory) {
				t.Errorf("run %d: %v", i, err)
			}
		}
		if task.Exists(`M:P1\INQUEUE3.0LK`) {
			t.Error("the lock stays")
		}
	})
}

func TestBatchOf50(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		for i := 0; i < 51; i++ {
			put(w, o, letter(fmt.Sprintf("m%d", i), "NET/HUB/bob"), "NET/HUB/bob")
		}
		m := Mailer{Office: o, Routes: r, Program: "SMTPPUT", FFAPI: true, EnvelopeFirst: true, Batch: FFAPIBatch}
		if res, err := m.Run(); err != nil || res != (Result{Items: 50, Posted: 50, Left: 1}) {
			t.Errorf("first run %+v, %v", res, err)
		}
		if got := subjects(t, v, Inqueue3); got != "m50" {
			t.Errorf("left: %s", got)
		}
		if res, err := m.Run(); err != nil || res != (Result{Items: 1, Posted: 1}) {
			t.Errorf("second run %+v, %v", res, err)
		}
	})
	if got := subjects(t, v, bagOf(t, v, "bob")); got != manySubjects(51) {
		t.Errorf("bob has %s", got)
	}
}

// The mailer cannot update the inqueue because a second PC holds its KEY. FFAPI 3.0 has
// deleted the P1 by then and reports [021] at the next pass, though the mail arrived;
// External keeps the P1 and tells nobody anything wrong. Q136379
func TestInqueueUpdateFails(t *testing.T) {
	for _, first := range []bool{true, false} {
		w := newWorld(t)
		v := w.office('M', hub())

		w.start("HOLDER", func(task *dos.Task) {
			task.Sleep(5 * time.Second)
			held, err := task.Open(`M:\KEY\INQUEUE3.KEY`, dos.Read|dos.DenyWrite)
			w.ok(err)
			task.Sleep(30 * time.Second)
			w.ok(held.Close())
		})
		w.start("PC", func(task *dos.Task) {
			o, r := w.login(task, 'M')
			put(w, o, letter("once", "NET/HUB/bob"), "NET/HUB/bob")
			m := Mailer{Office: o, Routes: r, Program: "External", EnvelopeFirst: first}
			task.Sleep(10 * time.Second)
			if _, err := m.Run(); err != nil {
				t.Error(err)
			}
			if got := task.Exists(`M:P1\00000001.P1`); got == first {
				t.Errorf("P1 first %v: it is there: %v", first, got)
			}
			if got := subjects(t, v, Inqueue3); got != "once" {
				t.Errorf("P1 first %v: inqueue %q", first, got)
			}
			task.Sleep(time.Minute)
			if _, err := m.Run(); err != nil {
				t.Error(err)
			}
		})
		w.run()
		if got := subjects(t, v, bagOf(t, v, "bob")); got != "once" {
			t.Errorf("P1 first %v: bob has %q", first, got)
		}
		report, log := subjects(t, v, bagOf(t, v, "alice")), systemLog(v)
		if first != (report == "Mail failure") || first != strings.Contains(log, "[021]") {
			t.Errorf("P1 first %v: alice has %q, SYSTEM.LOG:\n%s", first, report, log)
		}
		if got := subjects(t, v, Inqueue3); got != "" {
			t.Errorf("P1 first %v: in the inqueue: %q", first, got)
		}
		if m, err := v.Message(1); err != nil || m.References != 1 {
			t.Errorf("P1 first %v: message %+v, %v", first, m, err)
		}
	}
}

func TestMailersExcludeEachOther(t *testing.T) {
	for _, lock := range []Locking{LockFile, LockV20} {
		w := newWorld(t)
		v := w.office('M', hub())
		w.do(func(task *dos.Task) {
			o := At(task, 'M')
			for i := 0; i < 5; i++ {
				put(w, o, letter(fmt.Sprintf("m%d", i), "NET/HUB/bob"), "NET/HUB/bob")
			}
		})
		var results [2]Result
		for i := range results {
			w.start(fmt.Sprint("PC", i), func(task *dos.Task) {
				o, r := w.login(task, 'M')
				task.Sleep(time.Duration(i) * 100 * time.Millisecond)
				var err error
				results[i], err = (&Mailer{Office: o, Routes: r, Program: "External", Locking: lock}).Run()
				w.ok(err)
			})
		}
		w.run()
		if !results[1].Busy && results[1].Items > 0 || results[0].Posted != 5 {
			t.Errorf("lock %d: %+v", lock, results)
		}
		if got := subjects(t, v, bagOf(t, v, "bob")); got != manySubjects(5) {
			t.Errorf("lock %d: bob has %s", lock, got)
		}
		if _, err := v.Volume.Stat(`\P1\INQUEUE3.0LK`); err == nil {
			t.Errorf("lock %d: the lock file stays", lock)
		}
	}
}

// Without the same lock on both sides mail is delivered twice or reported as lost. Q103960
func TestMixedLocking(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	w.do(func(task *dos.Task) {
		o := At(task, 'M')
		for i := 0; i < 5; i++ {
			put(w, o, letter(fmt.Sprintf("m%d", i), "NET/HUB/bob"), "NET/HUB/bob")
		}
	})
	for i, lock := range []Locking{LockFile, LockNone} {
		w.start(fmt.Sprint("PC", i), func(task *dos.Task) {
			o, r := w.login(task, 'M')
			_, err := (&Mailer{Office: o, Routes: r, Program: "External", Locking: lock}).Run()
			w.ok(err)
		})
	}
	w.run()
	if got, log := subjects(t, v, bagOf(t, v, "bob")), systemLog(v); got == manySubjects(5) && log == "" {
		t.Error("two mailers at once did no harm")
	}
}

func TestStaleLockDoesNotBlock(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	w.ok(v.Volume.WriteFile(`\P1\INQUEUE3.0LK`, nil, 0)) // Q128913
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		put(w, o, letter("x", "NET/HUB/bob"), "NET/HUB/bob")
		if res, err := (&Mailer{Office: o, Routes: r, Program: "External"}).Run(); err != nil || res.Busy || res.Posted != 1 {
			t.Errorf("%+v, %v", res, err)
		}
	})
	if _, err := v.Volume.Stat(`\P1\INQUEUE3.0LK`); err == nil {
		t.Error("the stale lock file stays")
	}
}

// A second PC holds files that the first needs.
func TestContention(t *testing.T) {
	for _, row := range []struct {
		file string
		mode dos.Mode
		want func(res Result, err error, v View) bool
	}{
		{`M:\KEY\00000003.KEY`, dos.ReadWrite | dos.DenyAll, func(res Result, err error, v View) bool {
			return err == nil && res.Failed == 1 && strings.Contains(systemLog(v), "[008] Failure delivering mail due to mailbag contention.")
		}},
		{`M:\MBG\00000003.MBG`, dos.Read | dos.DenyWrite, func(res Result, err error, v View) bool {
			return err == nil && res.Failed == 1 && strings.Contains(systemLog(v), "[008]")
		}},
		{`M:\KEY\INQUEUE3.KEY`, dos.ReadWrite | dos.DenyAll, func(res Result, err error, v View) bool {
			return IsContention(err) && res.Items == 0 && systemLog(v) == ""
		}},
		{`M:\MAI\MA1\00000001.MAI`, dos.ReadWrite | dos.DenyAll, func(res Result, err error, v View) bool {
			return err == nil && res.Items == 1 && res.Posted == 0 && systemLog(v) == "" // waits for the next pass
		}},
		{`M:\P1\00000001.P1`, dos.ReadWrite | dos.DenyAll, func(res Result, err error, v View) bool {
			return err == nil && res.Posted == 0 && systemLog(v) == ""
		}},
	} {
		w := newWorld(t)
		v := w.office('M', hub())
		w.do(func(task *dos.Task) { put(w, At(task, 'M'), letter("x", "NET/HUB/bob"), "NET/HUB/bob") })
		w.start("HOLDER", func(task *dos.Task) {
			f, err := task.Open(row.file, row.mode)
			w.ok(err)
			task.Sleep(time.Minute)
			w.ok(f.Close())
		})
		w.start("PC", func(task *dos.Task) {
			task.Sleep(time.Second)
			o, r := w.login(task, 'M')
			var lines []string
			res, err := (&Mailer{Office: o, Routes: r, Program: "External", Line: func(s string) { lines = append(lines, s) }}).Run()
			if !row.want(res, err, v) {
				t.Errorf("%s held: %+v, %v, %q\n%s", row.file, res, err, lines, systemLog(v))
			}
			// Q103960
			want := `File I/O: Error opening "M:` + row.file[3:] + `" error code=32`
			if !contains(lines, want) {
				t.Errorf("%s held: no line %q in %q", row.file, want, lines)
			}
			task.Sleep(2 * time.Minute)
			if _, err := (&Mailer{Office: o, Routes: r, Program: "External"}).Run(); err != nil {
				t.Errorf("%s held: after that: %v", row.file, err)
			}
			if got := subjects(t, v, Inqueue3); got != "" {
				t.Errorf("%s held: %q stays in the inqueue", row.file, got)
			}
		})
		w.run()
	}
}

// The mailer of the hub queues mail of a downstream postoffice for the gateway, and only
// the recipients of this hop. Q87416
func TestHubForwards(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	d := w.office('N', down())
	w.do(func(task *dos.Task) {
		src, r := w.login(task, 'N')
		m := letter("out", "u@h.org", "NET/HUB/bob")
		m.From = Address{Addr: "NET/DOWN/carol"}
		sent, err := src.Submit(r, m)
		if err != nil || len(sent.Bags) != 2 {
			t.Errorf("sent %+v, %v", sent, err)
		}
		dst, hr := w.login(task, 'M')
		// What External does with each outbound mailbag.
		for _, bag := range []string{bagOf(t, d, "SMTP"), bagOf(t, d, "NET/HUB")} {
			items, err := src.List(bag)
			w.ok(err)
			for i := range items {
				m, err := src.ReadMessage(items[i].MAI)
				w.ok(err)
				w.ok(src.ReadAttachments(m))
				m.Trace = append(m.Trace, "NET/DOWN")
				_, err = dst.Put(m, r.Pending(m, bag))
				w.ok(err)
				w.ok(src.DeleteItem(bag, &items[i]))
			}
		}
		res, err := (&Mailer{Office: dst, Routes: hr, Program: "External"}).Run()
		if err != nil || res != (Result{Items: 2, Posted: 2}) {
			t.Errorf("%+v, %v", res, err)
		}
		items, err := dst.List(bagOf(t, v, "SMTP"))
		w.ok(err)
		if len(items) != 1 {
			t.Fatalf("SMTP queue %+v", items)
		}
		got, err := dst.ReadMessage(items[0].MAI)
		w.ok(err)
		if p := hr.Pending(got, bagOf(t, v, "SMTP")); len(p) != 1 || p[0].Addr != "u@h.org" {
			t.Errorf("pending %v", p)
		}
	})
	if got := subjects(t, v, bagOf(t, v, "bob")); got != "out" {
		t.Errorf("bob has %q", got)
	}
	if got := dump(t, d); strings.Contains(got, ".MAI") {
		t.Errorf("the source keeps files:\n%s", got)
	}
}
