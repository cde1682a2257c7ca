package program

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/mmff"
	"gwkit/emulator/internal/postoffice"
)

const toNC = `\SMTP\TO_NC.API`

// inbound writes TO_NC.API with one message a subject.
func (r *ffapiRig) inbound(to string, subjects ...string) {
	r.t.Helper()
	var b []byte
	for _, s := range subjects {
		m := mmff.Message{From: mmff.Address{Type: "SMTP", Addr: "u@h.org"}, Subject: s, Text: []byte("one\rtwo\r"),
			To: []mmff.Address{{Type: "CSI", Addr: "NET/HUB/alice"}, {Type: "SMTP", Addr: "other@h.org"}}, Recipients: []mmff.Address{{Type: "CSI", Addr: to}}}
		b = mmff.Append(b, &m, mmff.Extended, mmff.CR)
	}
	if err := r.v.WriteFile(toNC, b, 0); err != nil {
		r.t.Fatal(err)
	}
}

func (r *ffapiRig) put(extra ...string) (int, string) {
	r.t.Helper()
	return r.spawn("SMTPPUT", append(append([]string{"-dM"}, extra...), `M:`+toNC)...)
}

func TestPutDelivers(t *testing.T) {
	r := newFFAPIRig(t)
	r.inbound("NET/HUB/bob", "hello")
	r.events = nil
	if rc, screen := r.put("-mr"); rc != 0 || screen != "" {
		t.Errorf("code %d, screen %q", rc, screen)
	}
	bob := r.bag("bob")
	if r.subjects(bob) != "hello" || r.subjects(r.bag("alice")) != "" || r.subjects(r.bag("SMTP")) != "" {
		t.Errorf("bob %q, alice %q, SMTP %q", r.subjects(bob), r.subjects(r.bag("alice")), r.subjects(r.bag("SMTP")))
	}
	if _, ok := r.file(toNC); ok {
		t.Error("TO_NC.API stays")
	}
	log, _ := r.file(`\LOG\RECV.LOG`)
	if !strings.Contains(log, "NET/HUB/bob\r\n") {
		t.Errorf("RECV.LOG: %q", log)
	}
	m, err := r.view.Message(1)
	if err != nil || m.References != 1 || string(m.Text) != "one\rtwo\r" || m.From.String() != "SMTP:u@h.org" {
		t.Errorf("message %+v, %v", m, err)
	}
	// Q85058, with INQUEUE3 of 3.0 (Q135926), the lock file of the mailer (Q103960) and the
	// message's counter.
	want := []string{
		`open SMTP\TO_NC.API`,
		`open GLB\ACCESS2.GLB`, `open GLB\ACCESS.GLB`, `open GLB\MASTER.GLB`, `open GLB\C850SORT.GLB`,
		`open GLB\ACCESS2.GLB`, `open GLB\GROUP.GLB`, `open GLB\NETWORK.GLB`, `open XTN\00000001.XTN`, `open XTN\00000005.XTN`,
		`open GLB\CONTROL.GLB`, `create MAI\MA1\00000001.MAI`, `create P1\00000001.P1`,
		`open KEY\INQUEUE3.KEY`, `open MBG\INQUEUE3.MBG`,
		`create P1\INQUEUE3.0LK`, `open KEY\INQUEUE3.KEY`, `open MBG\INQUEUE3.MBG`, `open P1\00000001.P1`, `open MAI\MA1\00000001.MAI`,
		`open MAI\MA1\00000001.MAI`, `open KEY\` + bob + `.KEY`, `open MBG\` + bob + `.MBG`, `open LOG\RECV.LOG`, `create LOG\RECV.LOG`,
		`remove P1\00000001.P1`, `open KEY\INQUEUE3.KEY`, `open MAI\MA1\00000001.MAI`,
		`remove P1\INQUEUE3.0LK`, `remove SMTP\TO_NC.API`,
	}
	if d := cmp.Diff(want, r.touched("SMTPPUT")); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

// With -md the message waits in INQUEUE3 and -mr writes nothing. Q128512
func TestPutWithoutMailer(t *testing.T) {
	r := newFFAPIRig(t)
	r.inbound("NET/HUB/bob", "hello")
	if rc, screen := r.put("-md", "-mr"); rc != 0 {
		t.Errorf("code %d, screen %q", rc, screen)
	}
	if got := r.subjects(postoffice.Inqueue3); got != "hello" || r.subjects(r.bag("bob")) != "" {
		t.Errorf("inqueue %q, bob %q", got, r.subjects(r.bag("bob")))
	}
	if e, err := r.view.Envelope(1); err != nil || len(e.Recipients) != 1 || e.Recipients[0].Addr != "NET/HUB/bob" || e.From.Addr != "u@h.org" {
		t.Errorf("envelope %+v, %v", e, err)
	}
	if _, ok := r.file(`\LOG\RECV.LOG`); ok {
		t.Error("RECV.LOG was written")
	}
	// Put again, without a file, delivers. Q115490
	if rc, screen := r.spawn("SMTPPUT", "-dm", "-mr"); rc != 0 || r.subjects(r.bag("bob")) != "hello" {
		t.Errorf("code %d, screen %q, bob %q", rc, screen, r.subjects(r.bag("bob")))
	}
}

// Every cause of 201 leaves the file where it is and nothing behind. Q135926
func TestPut201(t *testing.T) {
	hold := func(file string, mode dos.Mode) func(*ffapiRig) {
		return func(r *ffapiRig) {
			r.start("HOLDER", func(t *dos.Task) {
				f, err := t.Open(file, mode)
				if err != nil {
					r.t.Error(err)
					return
				}
				t.Sleep(time.Minute)
				f.Close()
			})
		}
	}
	remove := func(path string) func(*ffapiRig) {
		return func(r *ffapiRig) {
			if err := r.v.RemoveAll(path); err != nil {
				r.t.Error(err)
			}
		}
	}
	for name, row := range map[string]struct {
		spoil func(*ffapiRig)
		line  string
	}{
		"INQUEUE3.MBG locked":           {hold(`M:\MBG\INQUEUE3.MBG`, dos.ReadWrite|dos.DenyAll), "1 - 10"},
		"INQUEUE3.MBG locked by -V20":   {hold(`M:\MBG\INQUEUE3.MBG`, dos.Read|dos.DenyRead), "1 - 10"},
		"INQUEUE3.KEY locked":           {hold(`M:\KEY\INQUEUE3.KEY`, dos.ReadWrite|dos.DenyAll), "1 - 10"},
		"CONTROL.GLB locked":            {hold(`M:\GLB\CONTROL.GLB`, dos.ReadWrite|dos.DenyAll), "1 - 10"},
		"TO_NC.API locked":              {hold(`M:`+toNC, dos.ReadWrite|dos.DenyAll), "1 - 0"},
		"MAI directory missing":         {remove(`\MAI\MA1`), "1 - 10"},
		"P1 directory missing":          {remove(`\P1`), "1 - 10"},
		"GROUP.GLB missing":             {remove(`\GLB\GROUP.GLB`), "1 - 0"},
		"NETWORK.GLB hidden or missing": {remove(`\GLB\NETWORK.GLB`), "1 - 0"},
	} {
		r := newFFAPIRig(t)
		r.inbound("NET/HUB/bob", "hello")
		row.spoil(r)
		rc, screen := r.put()
		if want := "201 - " + row.line + " - Failure submitting message to mail database"; rc != 201 || !strings.HasSuffix(screen, want) {
			t.Errorf("%s: code %d, screen %q, want %q", name, rc, screen, want)
		}
		if _, ok := r.file(toNC); !ok {
			t.Errorf("%s: TO_NC.API is gone", name)
		}
		var b strings.Builder
		if err := r.view.Dump(&b); err == nil && (strings.Contains(b.String(), ".MAI") || strings.Contains(b.String(), ".P1")) {
			t.Errorf("%s: something is left:\n%s", name, b.String())
		}
	}
}

func TestPutParseErrors(t *testing.T) {
	for _, row := range []struct {
		args []string
		text string
		rc   int
		want string
	}{
		{nil, "FROM:net/po/mailbox\rTO:net/po\rTEXT:0\r", 142, "142-1-2 Bad address."},
		{nil, "FROM:a/b/c\r\nTO:net/po/mailbox\r\nTEXT:0\r\n", 141, "141-1-2 Cannot match token TO (has tail net/po/mailbox)"}, // Q118533
		{[]string{"-f2"}, "FROM:PCM:a/b/c\r\n", 151, "151-1-1 Unknown service PCM"},
		{nil, "", 0, ""},
	} {
		r := newFFAPIRig(t)
		if err := r.v.WriteFile(toNC, []byte(row.text), 0); err != nil {
			t.Fatal(err)
		}
		rc, screen := r.put(row.args...)
		if rc != row.rc || screen != row.want {
			t.Errorf("%q: code %d, screen %q, want %d, %q", row.text, rc, screen, row.rc, row.want)
		}
		if _, ok := r.file(toNC); ok == (row.rc == 0) {
			t.Errorf("%q: the file is there: %v", row.text, ok)
		}
	}
	r := newFFAPIRig(t)
	if rc, screen := r.put(); rc != 52 || screen != "52 - a file open error has occurred" {
		t.Errorf("missing file: code %d, screen %q", rc, screen)
	}
}

// One run delivers 50; the rest waits without an error. Q115490
func TestPut51(t *testing.T) {
	r := newFFAPIRig(t)
	var subjects []string
	for i := 0; i < 51; i++ {
		subjects = append(subjects, fmt.Sprintf("m%d", i))
	}
	r.inbound("NET/HUB/bob", subjects...)
	if rc, screen := r.put(); rc != 0 || screen != "" {
		t.Errorf("code %d, screen %q", rc, screen)
	}
	if got := r.subjects(postoffice.Inqueue3); got != "m50" {
		t.Errorf("the inqueue has %q", got)
	}
	if got := r.subjects(r.bag("bob")); got != strings.Join(subjects[:50], ",") {
		t.Errorf("bob has %q", got)
	}
	if rc, _ := r.get(); rc != 0 || r.subjects(postoffice.Inqueue3) != "" { // a Get run takes it up
		t.Errorf("code %d, the inqueue has %q", rc, r.subjects(postoffice.Inqueue3))
	}
}

func TestPutMemory(t *testing.T) {
	r := newFFAPIRig(t)
	r.inbound("NET/HUB/bob", "hello")
	r.memory = sizeSMTPPUT + 100
	if rc, screen := r.put(); rc != 20 || screen != "20 - Insufficient memory" {
		t.Errorf("code %d, screen %q", rc, screen)
	}
	r = newFFAPIRig(t) // a damaged P1 looks the same. Q105290
	r.inbound("NET/HUB/bob", "hello")
	r.put("-md")
	if err := r.v.WriteFile(`\P1\00000001.P1`, []byte("garbage"), 0); err != nil {
		t.Fatal(err)
	}
	if rc, screen := r.spawn("SMTPPUT", "-dm"); rc != 20 || screen != "20 - Insufficient memory" {
		t.Errorf("damaged P1: code %d, screen %q", rc, screen)
	}
}

// A full inqueue is written past its end by old components, and refused by newer ones.
// Q147253
func TestPutIntoFullInqueue(t *testing.T) {
	for _, c := range []Components{Components304, ComponentsPut} {
		r := newFFAPIRig(t)
		var mbg []byte
		for i := 0; i < postoffice.MaxHeaders; i++ {
			mbg = (&postoffice.Header{MAI: uint32(i) + 1000}).Append(mbg)
		}
		if err := r.v.WriteFile(`\MBG\INQUEUE3.MBG`, mbg, 0); err != nil {
			t.Fatal(err)
		}
		r.inbound("NET/HUB/bob", "hello")
		var rc int
		r.do(func(t *dos.Task) { rc = c.SMTPPUT(t, []string{"-dm", "-md", `M:` + toNC}) })
		info, err := r.v.Stat(`\MBG\INQUEUE3.MBG`)
		if err != nil {
			t.Fatal(err)
		}
		if c.Overrun && (rc != 0 || info.Size() <= 475136) || !c.Overrun && (rc != 201 || info.Size() != 475136) {
			t.Errorf("%s: code %d, %d bytes", c.Version, rc, info.Size())
		}
	}
}

// What Get encapsulates Put takes apart: the message of one postoffice arrives whole at
// another. Q87039
func TestBackboneRoundTrip(t *testing.T) {
	r := newFFAPIRig(t)
	m := &postoffice.Message{Subject: "whole", To: smtpTo("BACK/BONE/eve"), Cc: smtpTo("NET/HUB/bob"), Priority: '5', Text: []byte("body\r"),
		Attachments: []postoffice.Attachment{{Name: "A.BIN", Data: bytes.Repeat([]byte{0, 1, 13, 10}, 20)}}}
	r.submit(m)
	if rc, screen := r.get(); rc != 0 {
		t.Fatalf("code %d, screen %q", rc, screen)
	}
	data, _ := r.file(`\SMTP\FROM_NC.API`)

	far := newFFAPIRig(t)
	far.v = dos.NewVolume(dos.VolumeOptions{Clock: far.k.Clock})
	far.view = postoffice.View{Volume: far.v}
	err := postoffice.Install(far.v, postoffice.Config{Network: "BACK", Name: "BONE", SMTP: postoffice.SMTPGateway, Users: []postoffice.User{{Name: "eve"}},
		Externals: []postoffice.ExternalConfig{{Network: "NET", Name: "HUB", Via: "SMTP"}}})
	if err == nil {
		err = far.v.WriteFile(toNC, []byte(data), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	if rc, screen := far.put(); rc != 0 {
		t.Fatalf("code %d, screen %q", rc, screen)
	}
	items, err := far.view.Items(far.bag("eve"))
	if err != nil || len(items) != 1 {
		t.Fatalf("eve has %+v, %v", items, err)
	}
	got, err := far.view.Message(items[0].MAI)
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "whole" || got.Priority != '5' || string(got.Text) != "body\r" || !bytes.Equal(got.Attachments[0].Data, m.Attachments[0].Data) ||
		got.From.String() != "NET/HUB/alice" || len(got.Cc) != 1 || got.Cc[0].Addr != "NET/HUB/bob" || !got.Cc[0].Served {
		t.Errorf("got %+v", got)
	}
	// Nobody else is served: bob, a local user of the other side, is only shown.
	if got := far.subjects(far.bag("SMTP")); got != "" {
		t.Errorf("the far gateway queue has %q", got)
	}
}
