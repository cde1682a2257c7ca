package postoffice

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/dos"
)

func TestSubmitReadDelete(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	file := bytes.Repeat([]byte("attached "), 100)
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		m := letter("hello", "NET/HUB/bob", "NET/DOWN/carol", "NET/DOWN/dave", "u@h.org")
		m.Attachments = []Attachment{{Name: "A.TXT", Data: file, Time: testStart}}
		sent, err := o.Submit(r, m)
		w.ok(err)
		// One header a mailbag, however many recipients are behind it. Q77926
		if len(sent.Bags) != 3 || sent.Failed != nil {
			t.Errorf("sent %+v", sent)
		}
	})
	const want = `NET/HUB: next mailbag 0000000A, next letter 00000003
mailbag 00000003 (bob): 1 live of 1
     0 00000002 1993-05-14 11:32:00 new from alice, 1133 bytes, 1 attachments, 0 retries: "hello"
       references 3, NET/HUB/alice -> NET/HUB/bob NET/DOWN/carol NET/DOWN/dave SMTP:u@h.org
       | text of hello
       attachment 00000001 "A.TXT", 900 bytes
`
	if got := dump(t, v); !strings.HasPrefix(got, want) {
		t.Errorf("dump:\n%s\nwant the beginning:\n%s", got, want)
	}
	down, smtp := bagOf(t, v, "NET/DOWN"), bagOf(t, v, "SMTP")
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		items, err := o.List("00000003")
		w.ok(err)
		m, err := o.ReadMessage(items[0].MAI)
		w.ok(err)
		w.ok(o.ReadAttachments(m))
		if !bytes.Equal(m.Attachments[0].Data, file) || string(m.Text) != "text of hello\r" {
			t.Errorf("read %+v", m)
		}
		if p := r.Pending(m, down); len(p) != 2 || p[1].Addr != "NET/DOWN/dave" {
			t.Errorf("behind NET/DOWN: %v", p)
		}
		if p := r.Pending(m, smtp); len(p) != 1 || p[0].Addr != "u@h.org" {
			t.Errorf("behind SMTP: %v", p)
		}
		w.ok(o.MarkRead("00000003", &items[0]))
		if items, _ = o.List("00000003"); !items[0].Read {
			t.Error("still new")
		}
		for i, bag := range []string{"00000003", down, smtp} {
			if waiting, err := o.Waiting(bag); !waiting || err != nil {
				t.Errorf("%s: waiting %v, %v", bag, waiting, err)
			}
			list, err := o.List(bag)
			w.ok(err)
			w.ok(o.DeleteItem(bag, &list[0]))
			if waiting, err := o.Waiting(bag); waiting || err != nil {
				t.Errorf("%s after delete: waiting %v, %v", bag, waiting, err)
			}
			if exists := task.Exists(o.MessagePath(2)); exists != (i < 2) {
				t.Errorf("after %d deletions the message is there: %v", i+1, exists)
			}
			if err := o.DeleteItem(bag, &list[0]); !errors.Is(err, errGone) {
				t.Errorf("second delete: %v", err)
			}
		}
		if task.Exists(o.AttachmentPath(1)) {
			t.Error("the attachment outlives the message")
		}
	})
	if found := v.Check(); found != nil {
		t.Error(found)
	}
}

func TestSubmitRefusesUnknown(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	before := dump(t, v)
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		_, err := o.Submit(r, letter("x", "NET/HUB/bob", "NET/HUB/zoe", "NO/WHERE/x"))
		var u *UnknownError
		if !errors.As(err, &u) || len(u.Addresses) != 2 {
			t.Errorf("got %v", err)
		}
	})
	if got := dump(t, v); got != before {
		t.Errorf("something was written:\n%s", got)
	}
}

func TestSubmitToGroup(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		sent, err := o.Submit(r, letter("all", "NET/HUB/team", "NET/HUB/bob"))
		if err != nil || len(sent.Bags) != 2 {
			t.Errorf("sent %+v, %v", sent, err)
		}
	})
	for _, who := range []string{"alice", "bob"} {
		if got := subjects(t, v, bagOf(t, v, who)); got != "all" {
			t.Errorf("%s has %q", who, got)
		}
	}
}

func TestSlotsAreReused(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	w.do(func(task *dos.Task) {
		o := At(task, 'M')
		for i := 0; i < 10; i++ {
			w.ok(o.Post(System, &Header{Subject: fmt.Sprint(i), MAI: uint32(i + 1)}))
		}
		items, err := o.List(System)
		w.ok(err)
		for _, i := range []int{7, 2} {
			w.ok(o.Delete(System, &items[i]))
		}
		stale := items[2]
		w.ok(o.Post(System, &Header{Subject: "a", MAI: 0x20}))
		// Somebody else's message is now where the list saw another.
		if err := o.Delete(System, &stale); !errors.Is(err, errGone) {
			t.Errorf("stale delete: %v", err)
		}
		w.ok(o.Post(System, &Header{Subject: "b", MAI: 0x21}))
		w.ok(o.Post(System, &Header{Subject: "c", MAI: 0x22}))
		if items, err = o.List(System); err != nil || len(items) != 11 {
			t.Errorf("%d items, %v", len(items), err)
		}
		SortByAge(items)
		if items[10].Subject != "c" {
			t.Errorf("youngest is %q", items[10].Subject)
		}
	})
	if got := subjects(t, v, System); got != "0,1,a,3,4,5,6,b,8,9,c" {
		t.Errorf("slots %s", got)
	}
}

func TestFullMailbag(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	var mbg []byte
	for i := 0; i < MaxHeaders; i++ {
		mbg = (&Header{MAI: uint32(i)}).Append(mbg)
	}
	w.ok(v.Volume.WriteFile(`\MBG\SYSTEM.MBG`, mbg, 0))
	w.do(func(task *dos.Task) {
		o := At(task, 'M')
		if err := o.Post(System, &Header{MAI: 9999}); err != ErrFull {
			t.Errorf("post into a full mailbag: %v", err)
		}
		items, err := o.List(System)
		if err != nil || len(items) != MaxHeaders {
			t.Errorf("%d items, %v", len(items), err)
		}
		w.ok(o.Delete(System, &items[4000]))
		w.ok(o.Post(System, &Header{MAI: 9999}))
		// Components up to 3.04.0000 go on writing. Q147253
		o.Overrun = true
		w.ok(o.Post(System, &Header{MAI: 10000}))
		if _, err := o.List(System); !IsCorrupt(err) {
			t.Errorf("list of an overrun mailbag: %v", err)
		}
	})
	if info, err := v.Volume.Stat(`\MBG\SYSTEM.MBG`); err != nil || info.Size() != 475136+116 {
		t.Errorf("size %v, %v", info, err)
	}
}

// Two PCs that submit at the same time take different names, unless CONTROL.GLB is
// shareable: then they may read the same counter. Q99204
func TestControlRace(t *testing.T) {
	for _, shared := range []bool{false, true} {
		w := newWorld(t)
		v := w.office('M', hub())
		ids := make([]uint32, 2)
		for i := range ids {
			w.start(fmt.Sprint("PC", i), func(task *dos.Task) {
				o := At(task, 'M')
				o.SharedControl = shared
				m := letter(fmt.Sprint(i), "NET/HUB/bob")
				m.References = 1
				// The second comes while the first has read the counter and not yet written it.
				task.Sleep(time.Duration(i) * 15 * time.Millisecond)
				var err error
				if ids[i], _, err = o.Store(m, MessageFirst); err != nil && !shared {
					t.Error(err)
				}
			})
		}
		w.run()
		c, err := v.Control()
		w.ok(err)
		if same := ids[0] == ids[1]; same && !shared {
			t.Errorf("both got %X", ids[0])
		}
		if want := uint32(3); !shared && c.Letter != want {
			t.Errorf("next letter %d, want %d", c.Letter, want)
		}
		if shared && c.Letter != 2 {
			t.Errorf("shareable: next letter %d, the race did not happen (%v)", c.Letter, ids)
		}
	}
}

// A slow PC reads the counter of a shareable CONTROL.GLB, and before it goes on a fast one
// submits a whole message under the same name: one message replaces the other, and the
// mailer finds files missing. Q99204
func TestControlRaceLosesMail(t *testing.T) {
	for _, shared := range []bool{false, true} {
		w := newWorld(t)
		v := w.office('M', hub())
		send := func(subject string, after time.Duration) func(*dos.Task) {
			return func(task *dos.Task) {
				task.Sleep(after)
				o := At(task, 'M')
				o.SharedControl = shared
				put(w, o, letter(subject, "NET/HUB/bob"), "NET/HUB/bob")
			}
		}
		w.latency = 500 * time.Millisecond
		w.start("SLOW", send("slow", 0))
		w.latency = 10 * time.Millisecond
		w.start("FAST", send("fast", 1010*time.Millisecond))
		w.run()
		w.do(func(task *dos.Task) {
			o, r := w.login(task, 'M')
			_, err := (&Mailer{Office: o, Routes: r, Program: "External"}).Run()
			w.ok(err)
		})
		got, log := subjects(t, v, bagOf(t, v, "bob")), systemLog(v)
		if shared && (got != "slow" && got != "fast" || !strings.Contains(log, "[021]")) || !shared && (log != "" || got != "slow,fast" && got != "fast,slow") {
			t.Errorf("shareable %v: bob has %q, SYSTEM.LOG:\n%s", shared, got, log)
		}
	}
}

func TestContendedMailbag(t *testing.T) {
	w := newWorld(t)
	w.office('M', hub())
	w.start("HOLDER", func(task *dos.Task) {
		f, err := task.Open(`M:\KEY\SYSTEM.KEY`, dos.ReadWrite|dos.DenyAll)
		w.ok(err)
		task.Sleep(10 * time.Second)
		w.ok(f.Close())
	})
	w.start("PC", func(task *dos.Task) {
		task.Sleep(time.Second)
		o := At(task, 'M')
		err := o.Post(System, &Header{MAI: 1})
		var fe *FileError
		if !IsContention(err) || !errors.As(err, &fe) || fe.File != `M:KEY\SYSTEM.KEY` {
			t.Errorf("post: %v", err)
		}
		task.Sleep(7500 * time.Millisecond) // the third try comes after the holder left
		w.ok(o.Post(System, &Header{MAI: 1}))
	})
	w.run()
}

func TestDamagedFilesGiveErrors(t *testing.T) {
	for _, row := range []struct {
		file string
		data []byte
		do   func(*Office, *Routes) error
		want string
	}{
		{`\KEY\SYSTEM.KEY`, make([]byte, 100), func(o *Office, _ *Routes) error { return o.Post(System, &Header{}) }, `cannot read M:KEY\SYSTEM.KEY at offset 0x64: 100 bytes, must be 560`},
		{`\MBG\SYSTEM.MBG`, make([]byte, 117), func(o *Office, _ *Routes) error { return o.Post(System, &Header{}) }, `cannot read M:MBG\SYSTEM.MBG at offset 0x74: 1 bytes are left over after the last record of 116`},
		{`\MBG\SYSTEM.MBG`, make([]byte, 117), func(o *Office, _ *Routes) error { _, err := o.List(System); return err }, `cannot read M:MBG\SYSTEM.MBG at offset 0x74: 1 bytes are left over after the last record of 116`},
		{`\GLB\CONTROL.GLB`, nil, func(o *Office, r *Routes) error { _, err := o.Submit(r, letter("x", "NET/HUB/bob")); return err }, `cannot read M:GLB\CONTROL.GLB at offset 0x0: 0 bytes, must be 8`},
		{`\GLB\MASTER.GLB`, nil, func(o *Office, _ *Routes) error { _, err := o.SignOn(); return err }, `cannot read M:GLB\MASTER.GLB at offset 0x0: 0 bytes, must be 176`},
		{`\GLB\MASTER.GLB`, make([]byte, 176), func(o *Office, _ *Routes) error { _, err := o.SignOn(); return err }, `cannot read M:GLB\MASTER.GLB at offset 0x20: no version`},
		{`\GLB\ACCESS2.GLB`, make([]byte, 70), func(o *Office, _ *Routes) error { _, err := o.SignOn(); return err }, `cannot read M:GLB\ACCESS2.GLB at offset 0x45: 1 bytes are left over after the last record of 69`},
		{`\XTN\00000001.XTN`, make([]byte, 701), func(o *Office, _ *Routes) error { _, err := o.LoadRoutes(Master{}); return err }, `cannot read M:XTN\00000001.XTN at offset 0x2BA: 3 bytes are left over after the last record of 698`},
		{`\MAI\MA5\00000005.MAI`, []byte("garbage garbage garbage"), func(o *Office, _ *Routes) error { return o.Release(5, 1) }, `cannot read M:MAI\MA5\00000005.MAI at offset 0x0: no message begins here`},
	} {
		w := newWorld(t)
		v := w.office('M', hub())
		w.do(func(task *dos.Task) {
			o, r := w.login(task, 'M')
			w.ok(v.Volume.WriteFile(row.file, row.data, 0))
			if err := row.do(o, r); err == nil || err.Error() != row.want {
				t.Errorf("%s:\n got %v\nwant %s", row.file, err, row.want)
			}
		})
	}
}

// A damaged record does not hide the others. Q104277
func TestListWithDamagedRecord(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	mbg := (&Header{MAI: 1, Subject: "one"}).Append(nil)
	mbg = append(mbg, bytes.Repeat([]byte{0x55}, 116)...)
	mbg = (&Header{MAI: 3, Subject: "three"}).Append(mbg)
	w.ok(v.Volume.WriteFile(`\MBG\SYSTEM.MBG`, mbg, 0))
	w.do(func(task *dos.Task) {
		items, err := At(task, 'M').List(System)
		if err != nil || len(items) != 3 || items[1].Err == nil || items[2].Subject != "three" {
			t.Errorf("%+v, %v", items, err)
		}
	})
}

func TestFileNames(t *testing.T) {
	o := Office{Drive: 'M'}
	got := []string{o.MessagePath(0x116), o.AttachmentPath(0x278), o.EnvelopePath(0x278), o.Path("KEY", Inqueue3, "KEY")}
	want := []string{`M:MAI\MA6\00000116.MAI`, `M:ATT\AT8\00000278.ATT`, `M:P1\00000278.P1`, `M:KEY\INQUEUE3.KEY`} // Q100826
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// The power fails between every two operations of a submission: mail that is visible is
// whole, and nothing is referred to that does not exist.
func TestPowerCutDuringSubmit(t *testing.T) {
	for after := time.Duration(0); after < 900*time.Millisecond; after += 10 * time.Millisecond {
		w := newWorld(t)
		v := w.office('M', hub())
		pc := w.start("PC", func(task *dos.Task) {
			o, r := w.login(task, 'M')
			m := letter("cut", "NET/HUB/bob")
			m.Attachments = []Attachment{{Name: "A", Data: []byte("data")}}
			o.Submit(r, m)
		})
		w.k.After(after, pc.PowerOff)
		w.run()
		if found := v.Check(); found != nil {
			t.Fatalf("after %v: %v", after, found)
		}
		items, err := v.Items("00000003")
		w.ok(err)
		for _, it := range items {
			m, err := v.Message(it.MAI)
			if err != nil || string(m.Attachments[0].Data) != "data" || m.References != 1 {
				t.Fatalf("after %v: %+v, %v", after, m, err)
			}
		}
	}
}
