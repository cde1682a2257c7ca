package postoffice

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/sim"
)

var testStart = time.Date(1993, 5, 14, 11, 32, 0, 0, time.UTC)

// world is a kernel with postoffices and PCs that run functions.
type world struct {
	t *testing.T
	k *sim.Kernel
	v map[byte]*dos.Volume // by drive letter, the same on all PCs

	latency time.Duration // of the next PC's operations
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, k: sim.New(sim.Options{Start: testStart}), v: map[byte]*dos.Volume{}, latency: 10 * time.Millisecond}
	t.Cleanup(w.k.Close)
	return w
}

func (w *world) office(letter byte, c Config) View {
	w.t.Helper()
	v := dos.NewVolume(dos.VolumeOptions{Clock: w.k.Clock})
	if err := Install(v, c); err != nil {
		w.t.Fatal(err)
	}
	w.v[letter] = v
	return View{v}
}

// start lets a PC run fn as its one program.
func (w *world) start(name string, fn func(*dos.Task)) *dos.PC {
	disk := dos.NewVolume(dos.VolumeOptions{Clock: w.k.Clock})
	if err := disk.WriteFile(`\TEST.EXE`, nil, 0); err != nil {
		w.t.Fatal(err)
	}
	prog := &dos.Program{Name: "TEST.EXE", Main: func(t *dos.Task, _ []string) int { fn(t); return 0 }}
	pc := dos.NewPC(w.k, dos.PCOptions{Name: name, Files: 20, Disk: disk, Path: []string{`C:\`},
		Timing: dos.Timing{PerOperation: w.latency}, Programs: func(string) *dos.Program { return prog }})
	for letter := byte('A'); letter <= 'Z'; letter++ {
		if v := w.v[letter]; v != nil {
			pc.Map(letter, v)
		}
	}
	pc.Start("TEST.EXE")
	return pc
}

// run runs until nothing moves.
func (w *world) run() {
	w.t.Helper()
	if stop := w.k.Run(sim.Forever); stop != sim.StopIdle {
		w.t.Fatalf("run stopped: %v, %v, %+v", stop, w.k.Err(), w.k.Waits())
	}
}

// do runs fn on a PC of its own and waits for its end.
func (w *world) do(fn func(*dos.Task)) {
	w.t.Helper()
	w.start("PC", fn)
	w.run()
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Error(err)
	}
}

// dump returns the state of a postoffice.
func dump(t *testing.T, v View) string {
	t.Helper()
	var b strings.Builder
	if err := v.Dump(&b); err != nil {
		t.Error(err)
	}
	return b.String()
}

// subjects lists the live items of a mailbag.
func subjects(t *testing.T, v View, bag string) string {
	t.Helper()
	items, err := v.Items(bag)
	if err != nil {
		t.Error(err)
	}
	var list []string
	for _, it := range items {
		list = append(list, it.Subject)
	}
	return strings.Join(list, ",")
}

// bagOf finds the mailbag of a user, postoffice or gateway.
func bagOf(t *testing.T, v View, owner string) string {
	t.Helper()
	bags, err := v.Mailbags()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bags {
		if b.Owner == owner {
			return b.Name
		}
	}
	t.Fatalf("nobody is called %s", owner)
	return ""
}

// login opens a postoffice and its tables.
func (w *world) login(t *dos.Task, letter byte) (*Office, *Routes) {
	o := At(t, letter)
	m, err := o.SignOn()
	if err != nil {
		w.t.Error(err)
		return o, &Routes{}
	}
	r, err := o.LoadRoutes(m)
	if err != nil {
		w.t.Error(err)
		return o, &Routes{}
	}
	return o, r
}

func letter(subject string, to ...string) *Message {
	m := &Message{From: Address{Addr: "NET/HUB/alice", Friendly: "Alice"}, Subject: subject, Text: []byte("text of " + subject + "\r")}
	for _, a := range to {
		address := Address{Addr: a}
		if strings.Contains(a, "@") {
			address.Type = "SMTP"
		}
		m.To = append(m.To, address)
	}
	return m
}

func hub() Config {
	c := Config{Network: "NET", Name: "HUB", SMTP: SMTPGateway,
		Users:     []User{{Name: "alice", FullName: "Alice Adams"}, {Name: "bob", FullName: "Bob Brown"}},
		Groups:    []GroupConfig{{Name: "team", Members: []string{"alice", "bob"}}, {Name: "nobody"}},
		Externals: []ExternalConfig{{Network: "NET", Name: "DOWN"}, {Network: "FAR", Name: "AWAY", Via: "NET/DOWN"}, {Network: "BACK", Name: "BONE", Via: "SMTP"}}}
	return c
}

func down() Config {
	return Config{Network: "NET", Name: "DOWN", SMTP: SMTPAccess, Forward: "NET/HUB",
		Users:     []User{{Name: "carol"}},
		Externals: []ExternalConfig{{Network: "NET", Name: "HUB"}}}
}

func systemLog(v View) string {
	b, _ := v.Volume.ReadFile(`\LOG\SYSTEM.LOG`)
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

func manySubjects(n int) string {
	var list []string
	for i := 0; i < n; i++ {
		list = append(list, fmt.Sprintf("m%d", i))
	}
	return strings.Join(list, ",")
}
