package program

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/mmff"
	"gwkit/emulator/internal/sim"
	"gwkit/emulator/site"
)

const testGatewayIP, testHostIP = "11.1.16.16", "11.1.16.15"

// gateRig is a gateway PC before a smart host that a test plays by hand.
type gateRig struct {
	*ffapiRig
	pc *dos.PC

	// answer is the host's reply to a verb; "" takes the usual one, "close",
	// "reset" and "stall" say nothing.
	answer   func(verb string) string
	verbs    []string // "MAIL: FROM_NC.API SMTP_OUT.TXT": what the gateway has open when the verb comes
	open     int      // sessions not yet closed by the gateway
	sessions int
}

func newGateRig(t *testing.T) *gateRig {
	r := &gateRig{ffapiRig: newFFAPIRig(t)}
	cfg := site.Config{LocalDomain: ".company.com", HostName: "gw.company.com", SmartHost: testHostIP, Postoffices: []string{"NET/HUB"}}
	r.put(`\SMTP\LOCAL.CFG`, site.FormatLocalCfg(cfg))
	r.put(`\SMTP\ADDR_MAP.CFG`, site.FormatAddrMap([]site.Mapping{{Postoffice: "NET/HUB", Domain: "hub.company.com"}}))
	r.k.Net().PowerOn(testHostIP)
	return r
}

func (r *gateRig) put(path string, data []byte) {
	r.t.Helper()
	if err := r.v.WriteFile(path, data, dos.Archive); err != nil {
		r.t.Fatal(err)
	}
}

// outgoing is a message of alice to somebody outside, as it stands in
// FROM_NC.API.
func outgoing(subject, to string) []byte {
	a, err := mmff.ParseAddress(to)
	if err != nil {
		panic(err)
	}
	return mmff.Append(nil, &mmff.Message{From: mmff.Address{Type: "CSI", Addr: "NET/HUB/alice", Friendly: "Alice Adams"}, To: []mmff.Address{a},
		Subject: subject, Text: []byte("hello\r.dot\r"), Date: mmff.Stamp{Year: 1994, Month: 7, Day: 1}}, mmff.Extended, mmff.CR)
}

// held lists the files of \SMTP that somebody has open.
func (r *gateRig) held() string {
	var out []string
	for _, name := range []string{fileFromNC, fileOutEnv, fileOutText, fileOutBad, fileToNC} {
		for range r.v.Holders(name) {
			out = append(out, strings.TrimPrefix(name, `\SMTP\`))
		}
	}
	return strings.Join(out, " ")
}

// host starts the smart host.
func (r *gateRig) host() {
	l, err := r.k.Net().Listen(testHostIP + ":25")
	if err != nil {
		r.t.Fatal(err)
	}
	r.k.Go("host", func(p *sim.Proc) {
		for {
			s, err := l.Accept(p, -1)
			if err != nil {
				return
			}
			r.sessions++
			r.open++
			r.converse(p, s)
			r.open--
			s.Close(p)
		}
	}).Daemon()
}

func (r *gateRig) converse(p *sim.Proc, s sim.Stream) {
	usual := map[string]string{"CONNECT": "220 host", "DATA": "354 go", "QUIT": "221 bye"}
	say := func(verb string) bool {
		r.verbs = append(r.verbs, strings.TrimSpace(verb+": "+r.held()))
		reply := ""
		if r.answer != nil {
			reply = r.answer(verb)
		}
		switch reply {
		case "":
			if reply = usual[verb]; reply == "" {
				reply = "250 ok"
			}
		case "close":
			return false
		case "reset":
			s.Reset(p)
			return false
		case "stall":
			for {
				if _, err := s.Read(p, make([]byte, 100), -1); err != nil {
					return false
				}
			}
		}
		_, err := s.Write(p, []byte(reply+"\r\n"))
		return err == nil && verb != "QUIT"
	}
	var line lineBuffer
	line.reset(p, s)
	inText := false
	for more := say("CONNECT"); more; {
		b, _, _, err := line.next(-1)
		if err != nil {
			return
		}
		verb := strings.ToUpper(strings.SplitN(string(b), " ", 2)[0])
		if inText && verb != "." {
			continue
		}
		more = say(verb)
		inText = verb == "DATA" && more && (r.answer == nil || r.answer(verb) == "" || r.answer(verb)[0] == '3')
	}
}

// gate runs SMTPGATE until it has done one cycle and waits for a call.
func (r *gateRig) gate() {
	r.t.Helper()
	disk := dos.NewVolume(dos.VolumeOptions{Clock: r.k.Clock})
	for _, f := range []string{"SMTPGATE.EXE", "SMTPGET.EXE", "SMTPPUT.EXE"} {
		if err := disk.WriteFile(`\`+f, nil, 0); err != nil {
			r.t.Fatal(err)
		}
	}
	r.pc = dos.NewPC(r.k, dos.PCOptions{Name: "GW1", IP: testGatewayIP, Files: 20, CommandF: true, Disk: disk, Path: []string{`C:\`}, Retries: -1,
		Programs: Table("3.0.9", false, "")})
	r.pc.Map('M', r.v)
	r.pc.Start("SMTPGATE", "-w30000", "-lascy")
	if stop := r.k.Run(r.k.Now().Add(time.Hour)); stop != sim.StopTime {
		r.t.Fatalf("run stopped: %v, %v", stop, r.k.Err())
	}
	if s := r.pc.State(); s.Phase != dos.Running || s.Program != "SMTPGATE" || r.pc.Cycles["cycle"] != 1 {
		r.t.Fatalf("%+v after %d cycles\n%s", s, r.pc.Cycles["cycle"], strings.Join(r.pc.Screen().Text(), "\n"))
	}
}

// nothingOpen checks that the gateway has closed whatever it had open.
func (r *gateRig) nothingOpen() {
	r.t.Helper()
	r.v.Walk(func(path string, _ dos.Info) error {
		for _, h := range r.v.Holders(path) {
			r.t.Errorf("%s is open: %+v", path, h)
		}
		return nil
	})
	if r.open != 0 {
		r.t.Errorf("%d connections are open", r.open)
	}
}

func (r *gateRig) exists(path string) bool {
	_, err := r.v.Attr(path)
	return err == nil
}

// when lists the operations of these kinds on files of \SMTP that succeeded.
func (r *gateRig) when(ops ...string) []string {
	var out []string
	for i := range r.events {
		e := &r.events[i]
		for _, op := range ops {
			if e.Op == op && strings.HasPrefix(e.Object, `M:\SMTP\`) && e.Result == "" {
				out = append(out, op+" "+strings.TrimPrefix(e.Object, `M:\SMTP\`))
			}
		}
	}
	return out
}

// FROM_NC.API is open until its last message is converted, and SMTP_OUT.TXT until
// FROM_NC.API is deleted. Q132060
func TestGatewayHoldsItsFilesWhileItSends(t *testing.T) {
	for _, row := range []struct {
		name  string
		mail  []byte
		verbs []string
		end   []string
	}{
		{"one message", outgoing("one", "SMTP:root@out.side"),
			[]string{"CONNECT: FROM_NC.API", "HELO: FROM_NC.API", "MAIL:", "RCPT:", "DATA:", ".: SMTP_OUT.TXT", "QUIT: SMTP_OUT.TXT"},
			[]string{"open FROM_NC.API", "close SMTP_OUT.822", "close SMTP_OUT.TXT", "close FROM_NC.API", "open SMTP_OUT.822", "close SMTP_OUT.822", "open SMTP_OUT.TXT",
				"remove FROM_NC.API", "close SMTP_OUT.TXT", "remove SMTP_OUT.822", "remove SMTP_OUT.TXT"}},
		{"two messages", append(outgoing("one", "SMTP:root@out.side"), outgoing("two", "SMTP:root@out.side")...),
			[]string{"CONNECT: FROM_NC.API", "HELO: FROM_NC.API", "MAIL: FROM_NC.API", "RCPT: FROM_NC.API", "DATA: FROM_NC.API", ".: FROM_NC.API SMTP_OUT.TXT", "QUIT: FROM_NC.API SMTP_OUT.TXT",
				"CONNECT: FROM_NC.API", "HELO: FROM_NC.API", "MAIL:", "RCPT:", "DATA:", ".: SMTP_OUT.TXT", "QUIT: SMTP_OUT.TXT"},
			[]string{"open FROM_NC.API", "close SMTP_OUT.822", "close SMTP_OUT.TXT", "open SMTP_OUT.822", "close SMTP_OUT.822", "open SMTP_OUT.TXT", "close SMTP_OUT.TXT",
				"close SMTP_OUT.822", "close SMTP_OUT.TXT", "close FROM_NC.API", "open SMTP_OUT.822", "close SMTP_OUT.822", "open SMTP_OUT.TXT",
				"remove FROM_NC.API", "close SMTP_OUT.TXT", "remove SMTP_OUT.822", "remove SMTP_OUT.TXT"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := newGateRig(t)
			r.host()
			r.put(fileFromNC, row.mail)
			r.gate()
			if d := cmp.Diff(row.verbs, r.verbs); d != "" {
				t.Errorf("verbs (-want +got):\n%s", d)
			}
			ops := r.when("open", "close", "remove")
			from := 0
			for i, s := range ops { // after the configuration
				if s == "open FROM_NC.API" {
					from = i
					break
				}
			}
			if d := cmp.Diff(row.end, ops[from:min(len(ops), from+len(row.end))]); d != "" {
				t.Errorf("operations (-want +got):\n%s", d)
			}
			r.nothingOpen()
		})
	}
}

// Whatever goes wrong on the way out, the gateway goes on with all its files and
// connections closed.
func TestGatewayClosesEverythingAfterAFailure(t *testing.T) {
	const (
		stays = "stays" // FROM_NC.API waits for the next cycle
		gone  = "gone"  // back to the sender
		bad   = "bad"   // in OUTBAD.API
		sent  = "sent"
	)
	type row struct {
		name   string
		to     string // "": somebody outside
		edit   func(r *gateRig)
		answer func(verb string) string
		want   string
	}
	reply := func(verb, reply string) func(string) string {
		return func(v string) string {
			if v == verb {
				return reply
			}
			return ""
		}
	}
	none := func(*gateRig) {}
	rows := []row{
		{"no host", "", none, nil, stays},
		{"host without power", "", func(r *gateRig) { r.k.Net().PowerOff(testHostIP) }, nil, stays},
		{"nothing", "", none, func(string) string { return "" }, sent},
		{"an address that cannot be translated", "MHS:x@y", none, func(string) string { return "" }, bad},
		{"no message file", "", func(r *gateRig) { r.put(fileFromNC, []byte("garbage\r")) }, func(string) string { return "" }, stays},
		{"an empty message file", "", func(r *gateRig) { r.put(fileFromNC, nil) }, func(string) string { return "" }, stays},
		{"read-only text", "", func(r *gateRig) { r.protect(fileOutText) }, func(string) string { return "" }, stays},
		{"read-only envelope", "", func(r *gateRig) { r.protect(fileOutEnv) }, func(string) string { return "" }, stays},
		{"read-only message file", "", func(r *gateRig) { r.v.SetAttr(fileFromNC, dos.ReadOnly) }, func(string) string { return "" }, stays},
		{"read-only file for what failed", "MHS:x@y", func(r *gateRig) { r.protect(fileOutBad) }, func(string) string { return "" }, stays},
		{"no SMTPPUT for the report", "", func(r *gateRig) { r.protect(fileToNC) }, reply("RCPT", "550 no"), bad},
	}
	for _, verb := range []string{"CONNECT", "HELO", "MAIL", "RCPT", "DATA", "."} {
		back := gone
		if verb == "CONNECT" || verb == "HELO" {
			back = stays // no message is refused yet
		}
		for _, x := range []row{{want: stays, name: "451 later"}, {want: stays, name: "421 bye"}, {want: back, name: "554 never"}, {want: stays, name: "eh?"},
			{want: stays, name: "close"}, {want: stays, name: "reset"}, {want: stays, name: "stall"}} {
			if verb == "RCPT" && x.name == "554 never" {
				x.want = gone
			}
			rows = append(rows, row{verb + " " + x.name, "", none, reply(verb, x.name), x.want})
		}
	}
	rows = append(rows, row{"QUIT close", "", none, reply("QUIT", "close"), sent}, row{"QUIT stall", "", none, reply("QUIT", "stall"), sent})
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := newGateRig(t)
			to := row.to
			if to == "" {
				to = "SMTP:root@out.side"
			}
			r.put(fileFromNC, outgoing("one", to))
			row.edit(r)
			r.answer = row.answer
			if row.answer != nil {
				r.host()
			}
			r.gate()
			r.nothingOpen()
			have := gone
			switch {
			case r.exists(fileFromNC):
				have = stays
			case r.exists(fileOutBad):
				have = bad
			case r.pc.Cycles["out"] > 0:
				have = sent
			}
			if have != row.want {
				log, _ := r.v.ReadFile(fileGateLog)
				t.Errorf("the message is %s, want %s; verbs %q\n%s", have, row.want, r.verbs, log)
			}
			if back := fmt.Sprint(r.subjects(r.bag("alice"))); (have == gone) != strings.Contains(back, "Undeliverable: one") {
				t.Errorf("alice has %s", back)
			}
			if row.answer != nil && !strings.Contains(row.name, "file") && r.sessions != 1 {
				t.Errorf("%d sessions", r.sessions)
			}
		})
	}
}

// protect makes a file that can be neither written nor replaced.
func (r *gateRig) protect(path string) {
	r.put(path, nil)
	if err := r.v.SetAttr(path, dos.ReadOnly); err != nil {
		r.t.Fatal(err)
	}
}
