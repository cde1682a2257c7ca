package program

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/internal/sim"
	"gwkit/emulator/trace"
)

// mtaWorld is a kernel with postoffices and PCs that run EXTERNAL.
type mtaWorld struct {
	t      testing.TB
	k      *sim.Kernel
	disk   *dos.Volume // C: of every PC
	faults fault.Set
	client func(*dos.Task) int // what MAIL.EXE does
	pcs    int
}

var mtaStart = time.Date(1993, 6, 1, 9, 58, 0, 0, time.UTC)

func newMTAWorld(t testing.TB) *mtaWorld {
	t.Helper()
	w := &mtaWorld{t: t, k: sim.New(sim.Options{Start: mtaStart, MaxSteps: 2e6})}
	t.Cleanup(w.k.Close)
	w.disk = dos.NewVolume(dos.VolumeOptions{Clock: w.k.Clock})
	for _, name := range []string{`\EXTERNAL.EXE`, `\MAIL.EXE`} {
		if err := w.disk.WriteFile(name, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *mtaWorld) install(c postoffice.Config) *dos.Volume {
	w.t.Helper()
	v := dos.NewVolume(dos.VolumeOptions{Clock: w.k.Clock})
	if err := postoffice.Install(v, c); err != nil {
		w.t.Fatal(err)
	}
	return v
}

// pc makes a PC with a name of its own and the drives M:, N:, O: ...
func (w *mtaWorld) pc(o dos.PCOptions, drives ...*dos.Volume) *dos.PC {
	w.pcs++
	o.Name, o.Disk, o.Path = fmt.Sprintf("MTA%d", w.pcs), w.disk, []string{`C:\`}
	if o.Files == 0 {
		o.Files = 30 // Q120220
	}
	o.Faults = &w.faults
	table := Table("", false, "")
	o.Programs = func(file string) *dos.Program {
		if file == "MAIL.EXE" {
			return &dos.Program{Name: file, Main: func(t *dos.Task, _ []string) int { return w.client(t) }}
		}
		return table(file)
	}
	pc := dos.NewPC(w.k, o)
	for i, v := range drives {
		if v != nil {
			pc.Map(byte('M'+i), v)
		}
	}
	return pc
}

// do runs fn as a program on a PC with the volume as M:, to its end.
func (w *mtaWorld) do(v *dos.Volume, fn func(t *dos.Task, o *postoffice.Office, r *postoffice.Routes) error) {
	w.t.Helper()
	var err error
	w.client = func(t *dos.Task) int {
		o := postoffice.At(t, 'M')
		var m postoffice.Master
		var r *postoffice.Routes
		if m, err = o.Master(); err == nil {
			if r, err = o.LoadRoutes(m); err == nil {
				err = fn(t, o, r)
			}
		}
		return 0
	}
	pc := w.pc(dos.PCOptions{}, v)
	pc.Start("MAIL")
	w.run(time.Second)
	if err != nil || pc.State().Phase != dos.Ended {
		w.t.Fatalf("client: %v, %v", err, pc.State())
	}
}

// send has a user of the postoffice send a message to addresses such as
// NET/B/bob or SMTP:bob@host.
func (w *mtaWorld) send(v *dos.Volume, from, subject string, to ...string) {
	w.t.Helper()
	w.submit(v, &postoffice.Message{From: postoffice.Address{Addr: from}, To: addressList(to), Subject: subject, Text: []byte("text of " + subject + "\r")})
}

func (w *mtaWorld) submit(v *dos.Volume, m *postoffice.Message) {
	w.t.Helper()
	w.do(v, func(_ *dos.Task, o *postoffice.Office, r *postoffice.Routes) error {
		_, err := o.Submit(r, m)
		return err
	})
}

func addressList(to []string) []postoffice.Address {
	var list []postoffice.Address
	for _, s := range to {
		var a postoffice.Address
		if rest, ok := strings.CutPrefix(s, "SMTP:"); ok {
			a = postoffice.Address{Type: "SMTP", Addr: rest}
		} else {
			a.Addr = s
		}
		list = append(list, a)
	}
	return list
}

func (w *mtaWorld) run(d time.Duration) {
	w.t.Helper()
	w.k.Run(w.k.Now().Add(d))
	if err := w.k.Err(); err != nil {
		w.t.Fatal(err)
	}
}

// external runs EXTERNAL on a new PC for d.
func (w *mtaWorld) external(d time.Duration, args string, drives ...*dos.Volume) *dos.PC {
	w.t.Helper()
	pc := w.pc(dos.PCOptions{CommandF: true}, drives...)
	pc.Start("EXTERNAL", strings.Fields(args)...)
	w.run(d)
	return pc
}

// box returns "sender: subject" of the items of a mailbag, named as its owner:
// a user, NET/PO, a gateway, or the bag itself.
func (w *mtaWorld) box(v *dos.Volume, owner string) []string {
	w.t.Helper()
	list := []string{}
	for _, it := range w.items(v, owner) {
		list = append(list, it.Sender+": "+it.Subject)
	}
	return list
}

func (w *mtaWorld) bag(v *dos.Volume, owner string) string {
	w.t.Helper()
	bags, err := postoffice.View{Volume: v}.Mailbags()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range bags {
		if b.Name == owner || b.Owner == owner {
			return b.Name
		}
	}
	w.t.Fatalf("no mailbag of %s", owner)
	return ""
}

func (w *mtaWorld) items(v *dos.Volume, owner string) []postoffice.Item {
	w.t.Helper()
	items, err := postoffice.View{Volume: v}.Items(w.bag(v, owner))
	if err != nil {
		w.t.Fatal(err)
	}
	return items
}

func (w *mtaWorld) message(v *dos.Volume, owner string) *postoffice.Message {
	w.t.Helper()
	items := w.items(v, owner)
	if len(items) != 1 {
		w.t.Fatalf("%d items of %s, want one", len(items), owner)
	}
	m, err := postoffice.View{Volume: v}.Message(items[0].MAI)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *mtaWorld) wantBox(v *dos.Volume, owner string, want ...string) {
	w.t.Helper()
	if d := cmp.Diff(append([]string{}, want...), w.box(v, owner)); d != "" {
		w.t.Errorf("mailbag of %s (-want +got):\n%s", owner, d)
	}
}

// wantClean checks that nothing is left behind: no envelope, lock or message
// without a mailbag that points to it.
func (w *mtaWorld) wantClean(v *dos.Volume, letters int) {
	w.t.Helper()
	n := 0
	err := v.Walk(func(path string, i dos.Info) error {
		if i.Attr&dos.Directory != 0 || strings.HasSuffix(path, `\POPULATE.MSM`) {
			return nil
		}
		switch {
		case strings.HasPrefix(path, `\P1\`), strings.HasPrefix(path, `\ATT\`):
			w.t.Errorf("%s is left behind", path)
		case strings.HasPrefix(path, `\MAI\`):
			n++
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if n != letters {
		w.t.Errorf("%d MAI files, want %d", n, letters)
	}
}

func (w *mtaWorld) text(v *dos.Volume, path string) string {
	w.t.Helper()
	b, err := v.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

func (w *mtaWorld) fault(text string) {
	w.t.Helper()
	f, err := fault.Parse(text)
	if err != nil {
		w.t.Fatal(err)
	}
	w.faults.Add(f)
}

// office is a postoffice NET/<name> with user bob and the neighbours given,
// each as B, or B>H for B via H.
func officeConfig(name string, neighbours ...string) postoffice.Config {
	c := postoffice.Config{Network: "NET", Name: name, Users: []postoffice.User{{Name: "bob"}}}
	for _, n := range neighbours {
		po, via, indirect := strings.Cut(n, ">")
		e := postoffice.ExternalConfig{Network: "NET", Name: po}
		if indirect {
			e.Via = "NET/" + via
		}
		c.Externals = append(c.Externals, e)
	}
	return c
}

func TestExternalCarriesMailBothWays(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.send(a, "NET/A/bob", "there", "NET/B/bob", "NET/A/Admin")
	w.send(b, "NET/B/bob", "back", "NET/A/bob")
	pc := w.external(time.Minute, "-p010 -ms -mr", a, b)
	w.wantBox(b, "bob", "bob: there")
	w.wantBox(a, "bob", "bob: back")
	w.wantBox(a, "NET/B")
	w.wantBox(a, "Admin", "bob: there")
	w.wantClean(a, 2) // of Admin and bob
	w.wantClean(b, 1)
	m := w.message(b, "bob")
	if d := cmp.Diff([]string{"NET/A"}, m.Trace); d != "" {
		t.Errorf("trace (-want +got):\n%s", d)
	}
	if string(m.Text) != "text of there\r" || m.From.Addr != "NET/A/bob" {
		t.Errorf("got %q from %s", m.Text, m.From)
	}
	want := regexp.MustCompile(`^06-01-93 09:58 +\d+  NET/A/bob                NET/B/bob\r\n$`)
	if s := w.text(a, `\LOG\SENT.LOG`); !want.MatchString(s) {
		t.Errorf("SENT.LOG of A: %q", s)
	}
	if s := w.text(b, `\LOG\RECV.LOG`); !want.MatchString(s) {
		t.Errorf("RECV.LOG of B: %q", s)
	}
	routes, err := postoffice.View{Volume: a}.Routes()
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := routes.Office("NET/B"); o.SentMonth != 1 || o.SentYear != 1 || o.Retries != 3 {
		t.Errorf("XTN record: %+v", o)
	}
	if n := pc.HandlesMax(); n > 12 {
		t.Errorf("%d handles in use", n)
	}
}

func TestExternalCarriesAttachments(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.submit(a, &postoffice.Message{
		From: postoffice.Address{Addr: "NET/A/bob"}, To: addressList([]string{"NET/B/bob"}), Subject: "files",
		Attachments: []postoffice.Attachment{{Name: "ONE.TXT", Data: []byte("one")}, {Name: "TWO.TXT", Data: []byte("two")}},
	})
	w.external(time.Minute, "", a, b)
	m := w.message(b, "bob")
	if len(m.Attachments) != 2 || string(m.Attachments[0].Data) != "one" || string(m.Attachments[1].Data) != "two" {
		t.Errorf("attachments: %+v", m.Attachments)
	}
	w.wantClean(a, 0)
}

// The log of one hop is that of Q100826, from its first to its last line.
func TestExternalSessionLogOfOneHop(t *testing.T) {
	w := newMTAWorld(t)
	named := func(name, other string) *dos.Volume {
		return w.install(postoffice.Config{Network: "NETWORK", Name: name, Users: []postoffice.User{{Name: "bob"}},
			Externals: []postoffice.ExternalConfig{{Network: "NETWORK", Name: other}}})
	}
	a, b := named("CORPORATE", "MAIL"), named("MAIL", "CORPORATE")
	for v, id := range map[*dos.Volume]uint32{a: 0x116, b: 0x278} {
		control := postoffice.Control{Mailbag: 0x20, Letter: id}
		if err := v.WriteFile(`\GLB\CONTROL.GLB`, control.Encode(), 0); err != nil {
			t.Fatal(err)
		}
	}
	w.send(a, "NETWORK/CORPORATE/bob", "hop", "NETWORK/MAIL/bob")
	w.external(time.Minute, "-dmn -l -v -q1", a, b)
	lines := strings.Split(w.text(a, `\LOG\SESSION.LOG`), "\r\n")
	stamp := regexp.MustCompile(`^06-01-93 \d\d:\d\d `)
	var got []string
	for _, s := range lines[:len(lines)-1] {
		if !stamp.MatchString(s) {
			t.Errorf("no time: %q", s)
		}
		got = append(got, stamp.ReplaceAllString(s, ""))
	}
	want := []string{
		"Options: -dmn -l -v -q1",
		"Testing permanent drive: M:",
		"Testing permanent drive: N:",
		"M: NETWORK/CORPORATE: Checking for dispatch mail...",
		// What follows is the published log.
		"Sending mail (1)",
		"From: NETWORK/CORPORATE",
		"To: NETWORK/MAIL",
		`Transferring mail: mail file is: M:MAI\MA6\00000116.MAI.`,
		"Sending P2...",
		`Target file: N:MAI\MA8\00000278.MAI`,
		"Sending P1...",
		`Target file: N:P1\00000278.P1`,
		"P1 file successfully sent.",
		"Delivering new mail to NETWORK/MAIL.",
		"Processing received mail queue at: N: NETWORK/MAIL.",
		`INQUEUE file: N:MAI\MA8\00000278.MAI`,
		"Delivering of mail from INQUEUE3 is complete.",
		"Delivering new mail to NETWORK/MAIL.",
		"N: NETWORK/MAIL: Checking for dispatch mail...",
		"No mail.",
		"Delivering new mail to NETWORK/CORPORATE.",
		"Delivering new mail to NETWORK/CORPORATE.",
		"Delivering new mail to NETWORK/MAIL.",
		"Delivering new mail to NETWORK/MAIL.",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("SESSION.LOG (-want +got):\n%s", d)
	}
}

func TestExternalTouchesFilesInTheDocumentedOrder(t *testing.T) {
	w := newMTAWorld(t)
	a, b := w.install(officeConfig("A", "B")), w.install(officeConfig("B", "A"))
	w.submit(a, &postoffice.Message{From: postoffice.Address{Addr: "NET/A/bob"}, To: addressList([]string{"NET/B/bob"}), Subject: "order",
		Attachments: []postoffice.Attachment{{Name: "ONE.TXT", Data: []byte("one")}}})
	bag := w.bag(a, "NET/B")
	rec := &trace.Recorder{}
	w.k.SetSink(rec)
	w.external(20*time.Second, "-md -0", a, b)
	got := fileOrder(rec.Events(), `M:\P1\`+bag+`.0LK`)
	want := []string{
		`create M:\P1\` + bag + `.0LK`, `open M:\P1\` + bag + `.0LK`, // Q128913
		`open M:\KEY\` + bag + `.KEY`, // poll
		`create M:\P1\LOCKP1ID.PBB`,
		`open M:\KEY\` + bag + `.KEY`, `open M:\MBG\` + bag + `.MBG`,
		`open M:\MAI\MA*\*.MAI`, `open M:\ATT\AT*\*.ATT`,
		`create M:\P1\*.PBB`,
		`open N:\GLB\CONTROL.GLB`, `create N:\MAI\MA*\*.MAI`,
		`open N:\GLB\CONTROL.GLB`, `create N:\ATT\AT*\*.ATT`,
		`create N:\P1\*.P1`,
		`open N:\KEY\INQUEUE3.KEY`, `open N:\MBG\INQUEUE3.MBG`,
		`open M:\KEY\` + bag + `.KEY`, `open M:\MBG\` + bag + `.MBG`,
		`open M:\XTN\00000001.XTN`,
		`open M:\MAI\MA*\*.MAI`, `remove M:\MAI\MA*\*.MAI`, `remove M:\ATT\AT*\*.ATT`,
		`remove M:\P1\*.PBB`, `remove M:\P1\LOCKP1ID.PBB`, `remove M:\P1\` + bag + `.0LK`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("file operations (-want +got):\n%s", d)
	}
}

// fileOrder returns the opens, creations and removals from the creation of the
// lock to its removal, with the numbers of messages left out.
func fileOrder(events []trace.Event, lock string) []string {
	number := regexp.MustCompile(`(MA|AT)[0-9A-F]\\[0-9A-F]{8}|P1\\[0-9A-F]{8}\.P`)
	var list []string
	for _, e := range events {
		if e.Op != "open" && e.Op != "create" && e.Op != "remove" || len(list) == 0 && e.Object != lock {
			continue
		}
		object := number.ReplaceAllStringFunc(e.Object, func(s string) string {
			if s[:2] == "P1" {
				return `P1\*.P`
			}
			return s[:2] + `*\*`
		})
		list = append(list, e.Op+" "+object)
		if e.Op == "remove" && e.Object == lock {
			break
		}
	}
	return list
}
