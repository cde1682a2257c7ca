package postoffice

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/dos"
)

// row is one way for delivery to fail.
type failRow struct {
	name   string
	to     []string
	spoil  func(w *world, v View, id uint32)
	mailer func(*Mailer)
	lines  []string // that the report and SYSTEM.LOG must have
	posted int
}

func failures() []failRow {
	remove := func(path string) func(*world, View, uint32) {
		return func(w *world, v View, _ uint32) { w.ok(v.Volume.Remove(path)) }
	}
	overwrite := func(path string, data []byte) func(*world, View, uint32) {
		return func(w *world, v View, _ uint32) { w.ok(v.Volume.WriteFile(path, data, 0)) }
	}
	full := make([]byte, 0, 116*MaxHeaders)
	for i := 0; i < MaxHeaders; i++ {
		full = (&Header{MAI: uint32(i) + 1000}).Append(full)
	}
	ffapi := func(m *Mailer) { m.FFAPI = true }
	return []failRow{
		{name: "unknown user", to: []string{"NET/HUB/zoe", "NET/HUB/bob", "NO/WHERE/x"}, posted: 1,
			lines: []string{"[002] Mail was received that was addressed to unknown addresses. Mail item was not delivered to:", "NET/HUB/zoe", "NO/WHERE/x"}},
		{name: "unknown user, FFAPI", to: []string{"NET/HUB/zoe"}, mailer: ffapi,
			lines: []string{"User mail received addressed to the following unknown addresses:", "NET/HUB/zoe"}},
		{name: "group by name only is served by MEM", to: []string{"NET/HUB/team"}, spoil: remove(`\MEM\00000004.MEM`),
			lines: []string{"[007] Message addressed to group that no longer exists.", "NET/HUB/team"}},
		{name: "full mailbag", to: []string{"NET/HUB/bob"}, spoil: overwrite(`\MBG\00000003.MBG`, full),
			lines: []string{"[008] Failure delivering mail due to mailbag contention.", "Mail item was not delivered to:", "NET/HUB/bob"}},
		{name: "full mailbag, Exchange text", to: []string{"NET/HUB/bob"}, spoil: overwrite(`\MBG\00000003.MBG`, full), mailer: func(m *Mailer) { m.Full17 = true },
			lines: []string{"[017] Unable to deliver user mail due to a full mailbag.", "Message was not delivered to bob (NET/HUB/bob)"}},
		{name: "missing mailbag, FFAPI 3.04.0010", to: []string{"NET/HUB/bob"}, spoil: remove(`\KEY\00000003.KEY`), mailer: ffapi,
			lines: []string{"User mail failed mailing to mailbag (file contention):", "NET/HUB/bob"}},
		{name: "missing message", to: []string{"NET/HUB/bob"}, spoil: remove(`\MAI\MA1\00000001.MAI`),
			lines: []string{"[016] Message was not sent due to missing message file.", "Mail item was not delivered to:", "NET/HUB/bob"}},
		{name: "foreign content under the name", to: []string{"NET/HUB/bob"}, spoil: overwrite(`\MAI\MA1\00000001.MAI`, []byte("something else altogether")),
			lines: []string{"[012] This corrupt message cannot be delivered. Contact your administrator.", "NET/HUB/bob"}},
		{name: "missing envelope", to: []string{"NET/HUB/bob"}, spoil: remove(`\P1\00000001.P1`),
			lines: []string{"[021] Message was not delivered due to missing routing file."}},
		{name: "envelope without recipients", to: []string{"NET/HUB/bob"}, spoil: overwrite(`\P1\00000001.P1`, (&Envelope{MAI: 1, From: Address{Addr: "NET/HUB/alice"}}).Encode()),
			lines: []string{"[024] Message was not delivered: routing file was corrupted."}},
		{name: "damaged envelope", to: []string{"NET/HUB/bob"}, spoil: overwrite(`\P1\00000001.P1`, []byte("garbage")),
			lines: []string{"[024] Message was not delivered: routing file was corrupted."}},
		{name: "route in a circle", to: []string{"NET/DOWN/x", "NET/HUB/bob"}, posted: 1, spoil: func(w *world, v View, id uint32) {
			m, err := v.Message(id)
			w.ok(err)
			m.Trace = []string{"NET/A", "net/hub"}
			w.ok(v.Volume.WriteFile(`\MAI\MA1\00000001.MAI`, m.Encode(), 0))
		}, lines: []string{"[004] Message circular route detected...", "NET/A", "net/hub", "NET/HUB", "while attempting to send to the following addresses:", "NET/DOWN/x"}},
		{name: "too many hops", to: []string{"NET/DOWN/x"}, spoil: func(w *world, v View, id uint32) {
			m, err := v.Message(id)
			w.ok(err)
			m.HopLimit, m.Trace = 3, []string{"NET/A", "NET/B"}
			w.ok(v.Volume.WriteFile(`\MAI\MA1\00000001.MAI`, m.Encode(), 0))
		}, lines: []string{"[003] Message hop count exceeded. Message followed the following route:", "NET/A", "NET/B", "NET/HUB", "NET/DOWN/x"}},
	}
}

func TestMailerReportsFailures(t *testing.T) {
	for _, row := range failures() {
		w := newWorld(t)
		v := w.office('M', hub())
		w.do(func(task *dos.Task) {
			o, r := w.login(task, 'M')
			m := letter("lost", row.to...)
			id := put(w, o, m, row.to...)
			if row.spoil != nil {
				row.spoil(w, v, id)
			}
			mailer := Mailer{Office: o, Routes: r, Program: "External"}
			if row.mailer != nil {
				row.mailer(&mailer)
			}
			res, err := mailer.Run()
			w.ok(err)
			if res.Items != 1 || res.Posted != row.posted || res.Failed == 0 {
				t.Errorf("%s: %+v", row.name, res)
			}
		})
		alice := bagOf(t, v, "alice")
		if got := subjects(t, v, alice); got != "Mail failure" {
			t.Errorf("%s: alice has %q", row.name, got)
			continue
		}
		if got := subjects(t, v, Inqueue3); got != "" {
			t.Errorf("%s: %q stays in the inqueue", row.name, got)
		}
		if infos, _ := v.Volume.List(`\P1`); len(infos) != 1 {
			t.Errorf("%s: P1 holds %v", row.name, infos)
		}
		items, _ := v.Items(alice)
		m, err := v.Message(items[0].MAI)
		if err != nil || m.From.Addr != "NET/HUB/POSTMASTER" {
			t.Errorf("%s: report %+v, %v", row.name, m, err)
			continue
		}
		report, log := strings.Split(string(m.Text), "\r"), systemLog(v)
		for _, line := range row.lines {
			if !contains(report, line) {
				t.Errorf("%s: the report lacks %q:\n%s", row.name, line, strings.Join(report, "\n"))
			}
			if !strings.Contains(log, "\n "+line+"\n") && !strings.Contains(log, "\n"+line+"\n") {
				t.Errorf("%s: SYSTEM.LOG lacks %q:\n%s", row.name, line, log)
			}
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// The names in a report: those of an address list where there are any. Q127919 Q99204 Q111558 Q138054
func TestFailureNames(t *testing.T) {
	friend, plain := Address{Addr: "NET/PO/Admin", Friendly: "Administrator"}, Address{Addr: "NET/PO/bob"}
	for _, row := range []struct {
		code   int
		detail string
		want   []string // the last lines
		log    []string // the same in SYSTEM.LOG; nil: equal
	}{
		{2, "", []string{"Administrator", "NET/PO/bob"}, nil},
		{8, "", []string{notDelivered, "Administrator", "NET/PO/bob"}, nil},
		{16, "", []string{notDelivered, "Administrator", "NET/PO/bob"}, nil},
		{3, "NET/A", []string{"", notDelivered3, "NET/PO/Admin", "NET/PO/bob"}, nil},
		{17, "", []string{"Message was not delivered to Administrator (NET/PO/Admin)", "Message was not delivered to bob (NET/PO/bob)"}, nil},
		{9, "NET /PO", []string{"NET /PO."}, []string{"NET /PO"}},
	} {
		f := Failure{Code: row.code, Addresses: []Address{friend, plain}}
		if row.detail != "" {
			f.Detail = []string{row.detail}
		}
		if row.code == 9 {
			f.Addresses = nil
		}
		lines := f.Lines()
		if d := cmp.Diff(row.want, lines[len(lines)-len(row.want):]); d != "" {
			t.Errorf("[%03d] (-want +got):\n%s", row.code, d)
		}
		if row.log == nil {
			row.log = row.want
		}
		text, names := f.lines()
		if lines = append(text, names...); !cmp.Equal(row.log, lines[len(lines)-len(row.log):]) {
			t.Errorf("[%03d] in the log: %q", row.code, lines)
		}
	}
}

func TestReportLayout(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		put(w, o, letter("lost", "NET/HUB/zoe"), "NET/HUB/zoe")
		_, err := (&Mailer{Office: o, Routes: r, Program: "External"}).Run()
		w.ok(err)
	})
	items, err := v.Items(bagOf(t, v, "alice"))
	w.ok(err)
	m, err := v.Message(items[0].MAI)
	w.ok(err)
	// Q147471
	const report = `FROM: NET/HUB/alice
TO: NET/HUB/zoe
DATE: 05-14-93
TIME: 11:32

SUBJECT: lost

----------------------------------------------------------------

[002] Mail was received that was addressed to unknown addresses. Mail item was not delivered to:
NET/HUB/zoe

----------------------------------------------------------------

text of lost
`
	if d := cmp.Diff(report, strings.ReplaceAll(string(m.Text), "\r", "\n")); d != "" {
		t.Errorf("report (-want +got):\n%s", d)
	}
	// Q99204
	const log = `System log entry on: 05-14-93 11:32
External program has detected a mail problem.

Message data:

From: NET/HUB/alice
Date: 05-14-93
Time: 11:32
Subject: lost
 [002] Mail was received that was addressed to unknown addresses. Mail item was not delivered to:
NET/HUB/zoe

-------------------------------------------------------------------
`
	if d := cmp.Diff(log, systemLog(v)); d != "" {
		t.Errorf("SYSTEM.LOG (-want +got):\n%s", d)
	}
}

// Mail from a postmaster is logged, never answered. Q99204
func TestNoReportToPostmaster(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		m := letter("Mail failure", "NET/HUB/zoe")
		m.From = Address{Addr: "NET/DOWN/Postmaster"}
		put(w, o, m, "NET/HUB/zoe")
		_, err := (&Mailer{Office: o, Routes: r, Program: "External"}).Run()
		w.ok(err)
	})
	if got := subjects(t, v, bagOf(t, v, "NET/DOWN")); got != "" {
		t.Errorf("a report went out: %s", got)
	}
	if log := systemLog(v); !strings.Contains(log, "Failure queuing diagnostic data back to sender due to:\n External program has detected a mail problem.\n") {
		t.Errorf("SYSTEM.LOG:\n%s", log)
	}
}

func TestReportToSMTPSender(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		put(w, o, inbound("lost", "NET/HUB/zoe"), "NET/HUB/zoe")
		_, err := (&Mailer{Office: o, Routes: r, Program: "SMTPPUT", FFAPI: true, EnvelopeFirst: true}).Run()
		w.ok(err)
	})
	if got := subjects(t, v, bagOf(t, v, "SMTP")); got != "Mail failure" {
		t.Errorf("SMTP has %q", got)
	}
}
