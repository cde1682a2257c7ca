package program

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/mmff"
	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/internal/sim"
	"gwkit/emulator/trace"
)

// ffapiRig is a gateway postoffice on M: and PCs that run SMTPGET and SMTPPUT.
type ffapiRig struct {
	t      *testing.T
	k      *sim.Kernel
	v      *dos.Volume
	view   postoffice.View
	memory int
	last   *dos.PC
	events []trace.Event
}

func (r *ffapiRig) Event(e *trace.Event) { r.events = append(r.events, *e) }

func newFFAPIRig(t *testing.T) *ffapiRig {
	t.Helper()
	r := &ffapiRig{t: t}
	r.k = sim.New(sim.Options{Start: time.Date(1994, 7, 1, 9, 30, 0, 0, time.UTC), Sink: r})
	t.Cleanup(r.k.Close)
	r.v = dos.NewVolume(dos.VolumeOptions{Clock: r.k.Clock})
	r.view = postoffice.View{Volume: r.v}
	err := postoffice.Install(r.v, postoffice.Config{
		Network: "NET", Name: "HUB", SMTP: postoffice.SMTPGateway,
		Users:     []postoffice.User{{Name: "alice", FullName: "Alice Adams"}, {Name: "bob"}},
		Externals: []postoffice.ExternalConfig{{Network: "NET", Name: "DOWN"}, {Network: "BACK", Name: "BONE", Via: "SMTP"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// start boots a PC whose only program is main.
func (r *ffapiRig) start(name string, main func(*dos.Task)) *dos.PC {
	disk := dos.NewVolume(dos.VolumeOptions{Clock: r.k.Clock})
	for _, f := range []string{"TEST.EXE", "SMTPGET.EXE", "SMTPPUT.EXE"} {
		if err := disk.WriteFile(`\`+f, nil, 0); err != nil {
			r.t.Fatal(err)
		}
	}
	programs := map[string]*dos.Program{
		"TEST.EXE":    {Name: "TEST.EXE", Main: func(t *dos.Task, _ []string) int { main(t); return 0 }},
		"SMTPGET.EXE": {Name: "SMTPGET.EXE", Memory: sizeSMTPGET, Main: SMTPGET},
		"SMTPPUT.EXE": {Name: "SMTPPUT.EXE", Memory: sizeSMTPPUT, Main: SMTPPUT},
	}
	pc := dos.NewPC(r.k, dos.PCOptions{Name: name, Files: 20, CommandF: true, Disk: disk, Path: []string{`C:\`}, FreeMemory: r.memory,
		Timing: dos.Timing{PerOperation: 10 * time.Millisecond}, Programs: func(f string) *dos.Program { return programs[f] }})
	pc.Map('M', r.v)
	pc.Start("TEST.EXE")
	r.last = pc
	return pc
}

func (r *ffapiRig) settle() {
	r.t.Helper()
	if stop := r.k.Run(sim.Forever); stop != sim.StopIdle {
		r.t.Fatalf("run stopped: %v, %v, %+v", stop, r.k.Err(), r.k.Waits())
	}
}

func (r *ffapiRig) do(main func(*dos.Task)) {
	r.t.Helper()
	r.start("GW", main)
	r.settle()
}

// spawn runs one program and returns its code and what it printed.
func (r *ffapiRig) spawn(program string, args ...string) (rc int, screen string) {
	r.t.Helper()
	r.do(func(t *dos.Task) {
		var err error
		if rc, err = t.Spawn(program, args...); err != nil {
			r.t.Error(err)
		}
	})
	return rc, strings.TrimRight(strings.Join(r.last.Screen().Text(), "\n"), "\n")
}

const getLine = `-dm -h -j -n1 m:\smtp\from_nc.api` // Q108375

func (r *ffapiRig) get(extra ...string) (int, string) {
	r.t.Helper()
	return r.spawn("SMTPGET", append(extra, strings.Fields(getLine)...)...)
}

// submit sends a message as alice's mail client does.
func (r *ffapiRig) submit(m *postoffice.Message) {
	r.t.Helper()
	m.From = postoffice.Address{Addr: "NET/HUB/alice", Friendly: "Alice Adams"}
	r.do(func(t *dos.Task) {
		o := postoffice.At(t, 'M')
		master, err := o.SignOn()
		if err == nil {
			var routes *postoffice.Routes
			if routes, err = o.LoadRoutes(master); err == nil {
				_, err = o.Submit(routes, m)
			}
		}
		if err != nil {
			r.t.Error(err)
		}
	})
}

func (r *ffapiRig) bag(owner string) string {
	r.t.Helper()
	bags, err := r.view.Mailbags()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, b := range bags {
		if b.Owner == owner {
			return b.Name
		}
	}
	r.t.Fatalf("no mailbag of %s", owner)
	return ""
}

func (r *ffapiRig) subjects(bag string) string {
	r.t.Helper()
	items, err := r.view.Items(bag)
	if err != nil {
		r.t.Error(err)
	}
	var list []string
	for _, it := range items {
		list = append(list, it.Subject)
	}
	return strings.Join(list, ",")
}

// file returns a file's content; ok is false when it is not there.
func (r *ffapiRig) file(path string) (data string, ok bool) {
	b, err := r.v.ReadFile(path)
	return string(b), err == nil
}

// touched lists the files of the last run in the order in which they were opened or
// created on M:, with deletions.
func (r *ffapiRig) touched(program string) []string {
	var list []string
	for _, e := range r.events {
		if e.Who != "GW/"+program || !strings.HasPrefix(e.Object, `M:\`) {
			continue
		}
		switch e.Op {
		case "open", "create", "remove":
			list = append(list, e.Op+" "+e.Object[3:])
		}
	}
	return list
}

func smtpTo(list ...string) []postoffice.Address {
	var out []postoffice.Address
	for _, a := range list {
		x := postoffice.Address{Addr: a}
		if strings.Contains(a, "@") {
			x.Type = "SMTP"
		}
		out = append(out, x)
	}
	return out
}

func TestGetWritesOneMessage(t *testing.T) {
	r := newFFAPIRig(t)
	file := bytes.Repeat([]byte("data"), 30)
	r.submit(&postoffice.Message{Subject: "first", To: smtpTo("u@h.org", "NET/HUB/bob"), Cc: smtpTo("v@h.org"), Priority: '3',
		Text: []byte("line one\rline two\r"), Attachments: []postoffice.Attachment{{Name: "A.TXT", Data: file}}})
	r.submit(&postoffice.Message{Subject: "second", To: smtpTo("u@h.org"), Text: []byte("x\r")})
	r.events = nil
	if rc, screen := r.get("-ms"); rc != 0 || screen != "" {
		t.Errorf("code %d, screen %q", rc, screen)
	}
	// Q85058, with NETWORK.GLB for the mailbag, then the mailer.
	smtp := r.bag("SMTP")
	want := []string{
		`open GLB\ACCESS2.GLB`, `open GLB\ACCESS.GLB`, `open GLB\MASTER.GLB`, `open GLB\C850SORT.GLB`, `create SMTP\FROM_NC.API`,
		`open GLB\ACCESS2.GLB`, `open GLB\GROUP.GLB`, `open GLB\NETWORK.GLB`, `open XTN\00000001.XTN`, `open XTN\00000005.XTN`,
		`open KEY\` + smtp + `.KEY`, `open MBG\` + smtp + `.MBG`, `open MAI\MA2\00000002.MAI`, `open KEY\` + smtp + `.KEY`, `open ATT\AT1\00000001.ATT`,
	}
	got := r.touched("SMTPGET")
	if d := cmp.Diff(want, got[:min(len(got), len(want))]); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	data, ok := r.file(`\SMTP\FROM_NC.API`)
	all, err := mmff.Decode([]byte(data), mmff.CR)
	if !ok || err != nil || len(all) != 1 {
		t.Fatalf("FROM_NC.API: %v, %d messages:\n%s", err, len(all), data)
	}
	m := all[0]
	wantMessage := mmff.Message{Form: mmff.Extended, Version: "3.00", ID: 2, Subject: "first", Priority: "3", Text: []byte("line one\rline two\r"),
		From: mmff.Address{Type: "CSI", Addr: "NET/HUB/alice", Friendly: "Alice Adams"},
		To:   []mmff.Address{{Type: "SMTP", Addr: "u@h.org"}, {Type: "CSI", Addr: "NET/HUB/bob"}}, Cc: []mmff.Address{{Type: "SMTP", Addr: "v@h.org"}},
		Recipients:  []mmff.Address{{Type: "SMTP", Addr: "u@h.org"}, {Type: "SMTP", Addr: "v@h.org"}},
		Date:        m.Date,
		Attachments: []mmff.Attachment{{Name: "A.TXT", Size: len(file), Data: file}}}
	if d := cmp.Diff(wantMessage, m); d != "" {
		t.Errorf("message (-want +got):\n%s", d)
	}
	if m.Date.Year != 1994 || m.Date.NoTime {
		t.Errorf("date %+v", m.Date)
	}
	if !strings.Contains(data, "FROM:CSI:NET/HUB/alice\r") { // Q98159
		t.Errorf("no readable originator:\n%s", data)
	}
	if got := r.subjects(smtp); got != "second" {
		t.Errorf("the queue has %q", got)
	}
	if m, err := r.view.Message(2); err != nil || m.References != 1 {
		t.Errorf("bob's copy: %+v, %v", m, err)
	}
	if log, _ := r.file(`\LOG\SENT.LOG`); strings.Count(log, "\r\n") != 2 || !strings.Contains(log, "NET/HUB/alice") {
		t.Errorf("SENT.LOG:\n%s", log)
	}
}

func TestGetWithoutMail(t *testing.T) {
	r := newFFAPIRig(t)
	if rc, screen := r.get(); rc != 0 || screen != "" {
		t.Errorf("code %d, screen %q", rc, screen)
	}
	if _, ok := r.file(`\SMTP\FROM_NC.API`); ok {
		t.Error("a file without a message stays") // Q85057
	}
}

func TestGetKeeps(t *testing.T) {
	r := newFFAPIRig(t)
	r.submit(&postoffice.Message{Subject: "kept", To: smtpTo("u@h.org")})
	if rc, _ := r.get("-k"); rc != 0 || r.subjects(r.bag("SMTP")) != "kept" {
		t.Errorf("code %d, queue %q", rc, r.subjects(r.bag("SMTP")))
	}
	if _, ok := r.file(`\SMTP\FROM_NC.API`); !ok {
		t.Error("no FROM_NC.API")
	}
}

func TestGetBanner(t *testing.T) {
	r := newFFAPIRig(t)
	rc, screen := r.spawn("SMTPGET", "-ver")
	// Q141981
	const want = `FFAPI: Gateway Get Proc: 094(0)
Revision: 3.00.1072 Release (Mail: 3.0.1100 Coll: 3.0.1100)
Microsoft (R) Mail for PC Networks.
Copyright (C) 1991 Microsoft Corp. All Rights Reserved.
10 - No output file specified in command line.`
	if d := cmp.Diff(want, screen); rc != 10 || d != "" {
		t.Errorf("code %d (-want +got):\n%s", rc, d)
	}
}

// Whatever cannot be opened gives 52; the message stays and no empty file is left. Q128434
func TestGetFileOpenError(t *testing.T) {
	for _, file := range []string{`M:\MAI\MA1\00000001.MAI`, `M:\GLB\NETWORK.GLB`, `M:\GLB\ACCESS.GLB`, `M:\SMTP\FROM_NC.API`, "KEY"} {
		r := newFFAPIRig(t)
		r.submit(&postoffice.Message{Subject: "stuck", To: smtpTo("u@h.org")})
		if file == "KEY" {
			file = `M:\KEY\` + r.bag("SMTP") + `.KEY`
		}
		if strings.HasSuffix(file, ".API") {
			if err := r.v.WriteFile(file[2:], []byte("held"), 0); err != nil {
				t.Fatal(err)
			}
		}
		r.start("HOLDER", func(t *dos.Task) {
			f, err := t.Open(file, dos.ReadWrite|dos.DenyAll)
			if err != nil {
				r.t.Error(err)
				return
			}
			t.Sleep(time.Minute)
			f.Close()
		})
		rc, screen := r.get()
		// The mail file itself conflicts as a critical error, which COMMAND /F fails.
		if rc != 52 || !strings.HasSuffix(screen, "52 - a file open error has occurred") ||
			strings.Contains(screen, "Abort, Retry, Fail?F") != strings.HasSuffix(file, ".API") {
			t.Errorf("%s held: code %d, screen %q", file, rc, screen)
		}
		if got := r.subjects(r.bag("SMTP")); got != "stuck" {
			t.Errorf("%s held: the queue has %q", file, got)
		}
		if data, ok := r.file(`\SMTP\FROM_NC.API`); ok && data == "" {
			t.Errorf("%s held: an empty FROM_NC.API stays", file)
		}
	}
	r := newFFAPIRig(t)
	r.submit(&postoffice.Message{Subject: "gone", To: smtpTo("u@h.org")})
	if err := r.v.Remove(`\MAI\MA1\00000001.MAI`); err != nil {
		t.Fatal(err)
	}
	if rc, _ := r.get(); rc != 52 {
		t.Errorf("missing message: code %d", rc)
	}
}

// Too little memory, and damaged tables, print 20. The former leaves an empty
// FROM_NC.API, which silences the gateway. Q156166 Q111839
func TestGetMemory(t *testing.T) {
	r := newFFAPIRig(t)
	r.submit(&postoffice.Message{Subject: "big", To: smtpTo("u@h.org"), Text: bytes.Repeat([]byte("x"), 5000)})
	r.memory = sizeSMTPGET + 1000
	rc, screen := r.get()
	if rc != 20 || screen != "20 - Insufficient memory" {
		t.Errorf("code %d, screen %q", rc, screen)
	}
	if data, ok := r.file(`\SMTP\FROM_NC.API`); !ok || data != "" {
		t.Errorf("FROM_NC.API: %v %q", ok, data)
	}
	if got := r.subjects(r.bag("SMTP")); got != "big" {
		t.Errorf("the queue has %q", got)
	}

	r = newFFAPIRig(t)
	if err := r.v.WriteFile(`\KEY\`+r.bag("SMTP")+`.KEY`, make([]byte, 100), 0); err != nil {
		t.Fatal(err)
	}
	if rc, _ := r.get(); rc != 20 {
		t.Errorf("damaged KEY: code %d", rc)
	}
	if _, ok := r.file(`\SMTP\FROM_NC.API`); ok {
		t.Error("damaged KEY: an empty FROM_NC.API stays")
	}
}

// Mail for a postoffice behind the gateway is put into an envelope, mail for Internet
// users is not; -RE of the gateway leaves -j out. Q87040
func TestGetEncapsulates(t *testing.T) {
	for _, j := range []string{"-j", ""} {
		r := newFFAPIRig(t)
		r.submit(&postoffice.Message{Subject: "both", To: smtpTo("u@h.org", "BACK/BONE/eve"), Text: []byte("x\r")})
		if rc, screen := r.spawn("SMTPGET", append(strings.Fields("-dm -h -n1 "+j), `m:\smtp\from_nc.api`)...); rc != 0 {
			t.Errorf("code %d, screen %q", rc, screen)
		}
		data, _ := r.file(`\SMTP\FROM_NC.API`)
		all, err := mmff.Decode([]byte(data), mmff.CR)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range all {
			m := &all[i]
			if mmff.IsEnvelope(m) {
				inner, err := mmff.Decapsulate(m)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, "envelope")
				m = &inner
			}
			for _, a := range m.Recipients {
				got = append(got, a.String())
			}
		}
		want := []string{"SMTP:u@h.org", "CSI:BACK/BONE/eve"}
		if j != "" {
			want = []string{"SMTP:u@h.org", "envelope", "CSI:BACK/BONE/eve"}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("option %q (-want +got):\n%s", j, d)
		}
	}
}

// Get runs the mailer as well. Q115490
func TestGetRunsMailer(t *testing.T) {
	for _, md := range []bool{false, true} {
		r := newFFAPIRig(t)
		r.do(func(t *dos.Task) {
			m := &postoffice.Message{Subject: "in", From: smtpTo("u@h.org")[0], To: smtpTo("NET/HUB/bob")}
			if _, err := postoffice.At(t, 'M').Put(m, nil); err != nil {
				r.t.Error(err)
			}
		})
		var extra []string
		if md {
			extra = append(extra, "-MD")
		}
		if rc, screen := r.get(extra...); rc != 0 {
			t.Errorf("code %d, screen %q", rc, screen)
		}
		if got := r.subjects(r.bag("bob")); (got == "in") == md {
			t.Errorf("-MD %v: bob has %q", md, got)
		}
	}
}

func TestGetTakesSeveral(t *testing.T) {
	r := newFFAPIRig(t)
	for _, s := range []string{"a", "b", "c"} {
		m := &postoffice.Message{Subject: s, To: smtpTo("u@h.org")}
		if s == "b" {
			m.Priority = '5'
		}
		r.submit(m)
	}
	r.spawn("SMTPGET", "-h", "-p4", `m:\smtp\one.api`)
	if got := r.subjects(r.bag("SMTP")); got != "a,c" {
		t.Errorf("after -p4 the queue has %q", got)
	}
	r.spawn("SMTPGET", "-h", "-f2", `m:\smtp\two.api`)
	data, _ := r.file(`\SMTP\TWO.API`)
	if all, err := mmff.Decode([]byte(data), mmff.CRLF); err != nil || len(all) != 2 {
		t.Errorf("%d messages, %v", len(all), err)
	}
}
