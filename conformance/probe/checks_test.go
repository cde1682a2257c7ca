package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/message"
	"gwkit/conformance/names"
	"gwkit/conformance/report"
)

const original = "220 All set, fire away"

// healthy is a small database with nothing wrong in it.
func healthy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"ATT/AT1", "ATT/AT2", "GLB", "KEY", "LOG", "MAI/MA1", "MBG", "P1", "XTN", "SMTP"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, "SMTP/LOCAL.CFG", "LocalDomain=.company.com\r\nHostName=gw.company.com\r\nSmartHost=10.0.0.2\r\nPostOffice=NET/PO\r\n")
	put(t, dir, "SMTP/ADDR_MAP.CFG", "NET/PO   po.company.com\r\n")
	put(t, dir, "LOG/SMTPGATE.LOG", "08:50:03 - Idling:  48258 bytes, largest 47234\r\n08:50:03 - spawning SMTPGET\r\n08:50:03 - spawn(SMTPGET)=0\r\n08:50:03 - SMTP_accept(socket=256, timeout=120)\r\n")
	put(t, dir, "MBG/INQUEUE3.MBG", "")
	put(t, dir, "KEY/INQUEUE3.KEY", string(make([]byte, 560)))
	put(t, dir, "GLB/MASTER.GLB", string(make([]byte, 176)))
	return dir
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// deafCycle are the lines of Q131150.
const deafCycle = "08:50:03 - Idling: 48258 bytes, largest 47234\r\n08:50:03 - Spawning SMTPGET\r\n08:50:03 - Spawn(SMTPGET)=0\r\n"

// old makes files 20 hours older than all others.
func old(t *testing.T, dir string, names ...string) {
	t.Helper()
	now := time.Now().Truncate(time.Second)
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		when := now
		if name, _ := filepath.Rel(dir, path); slices.Contains(names, filepath.ToSlash(name)) {
			when = now.Add(-20 * time.Hour)
		}
		return os.Chtimes(path, when, when)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// record is a record of a mailbag with a subject. Q108027
func record(subject string) string {
	b := make([]byte, 116)
	copy(b[0x0D:], subject)
	copy(b[0x43:], "00000001")
	return string(b)
}

type zone map[string][]string // name -> addresses, or "MX host"

func (z zone) Addresses(_ context.Context, name string) (out []string, err error) {
	for _, v := range z[name] {
		if v == "broken" {
			return nil, errors.New("server failure")
		}
		if !strings.HasPrefix(v, "MX ") {
			out = append(out, v)
		}
	}
	return out, nil
}

func (z zone) Exchangers(_ context.Context, name string) (out []names.MX, err error) {
	for _, v := range z[name] {
		if host, ok := strings.CutPrefix(v, "MX "); ok {
			out = append(out, names.MX{Preference: 10, Host: host})
		}
	}
	return out, nil
}

var goodNames = zone{"gw.company.com": {"10.0.0.1"}, "po.company.com": {"MX mail.company.com"}, "mail.company.com": {"10.0.0.2"}}

// rig is a deployment of one gateway, with fakes for what a test does not say.
type rig struct {
	gateway, relay string
	version        string
	backbone       string
	patience       string
	dir            string
	zone           names.Resolver
	edit           func(*deploy.Deployment)
	submit         func(ctx context.Context, m Outgoing) error
}

func (r rig) deployment(t *testing.T) *deploy.Deployment {
	t.Helper()
	if r.patience == "" {
		r.patience = "400ms"
	}
	if r.version == "" {
		r.version = "3.0"
	}
	text := fmt.Sprintf(`version: 1
allow: [read, probe, message]
gatewayVersion: %s
postoffices: [{name: NET/PO, drive: '%s', gateway: smtp}]
pcs:
  - {name: GW1, ip: 10.0.0.1, address: '%s', role: both, drives: {M: NET/PO}, run: SMTPGATE -w1 -p001}
  - {name: SENDER, ip: 10.0.0.3, role: send, drives: {M: NET/PO}, run: SMTPGATE -w1 -p002}
smartHost: {ip: 10.0.0.2, address: '%s'}
test:
  mailboxes: [{postoffice: NET/PO, user: box, address: box@po.company.com}]
  outside: out@example.com
  submit: {command: none}
  backbone: '%s'
patience: %s
`, r.version, r.dir, r.gateway, r.relay, r.backbone, r.patience)
	d, err := deploy.Parse("d.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if r.edit != nil {
		r.edit(d)
	}
	return d
}

func TestEachLiveCheckRejectsSomething(t *testing.T) {
	closed := func(t *testing.T) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}
	esmtp := []string{"EHLO", "250-mx.example\r\n250 PIPELINING", "HELO\x00", "", "HELO ", "250 mx.example", "HELO", "501 Syntax: HELO hostname", "MAIL", "250 2.1.0 Ok", "RCPT", "250 2.1.5 Ok",
		"DATA", "354 End data", ".", "554 no recipients", "RSET", "250 ok", "QUIT", "221 Bye", "", "502 5.5.2 Error: command not recognized"}
	postfix := func(t *testing.T) string { return answers(t, "220 mx.example ESMTP Postfix (Debian/GNU)", esmtp...) }
	gateway := func(rows ...string) func(*testing.T) string {
		return func(t *testing.T) string {
			return answers(t, original, append(rows, "HELO", "250 Hi there, pleased to meet you", "MAIL", "250 Sender OK", "RCPT TO:<BOX@PO.", "250 Recipient OK", "RCPT", "550 Addressee unknown",
				"DATA", "503 Bad command sequence", "QUIT", "221 See you later")...)
		}
	}
	relay := func(rows ...string) func(*testing.T) string {
		return func(t *testing.T) string {
			return answers(t, "220 relay ready", append(rows, "HELO", "250 ok", "MAIL", "250 ok", "RCPT", "250 ok", "DATA", "354 go", ".", "250 taken", "QUIT", "221 bye")...)
		}
	}
	for _, c := range []struct {
		name    string
		check   string
		gateway func(*testing.T) string
		relay   func(*testing.T) string
		rig     rig
		drive   func(t *testing.T, dir string)
		want    report.Verdict
		reason  string
	}{
		{name: "nobody listens", check: "live.tcp25", gateway: closed, want: report.Fail, reason: "nothing listens there: the gateway is down, or hangs silently"},
		{name: "silence", check: "live.tcp25", gateway: func(t *testing.T) string { return fake(t, func(c net.Conn) { c.Read(make([]byte, 100)) }) }, want: report.Fail, reason: "another call is in progress"},
		{name: "a web server", check: "live.tcp25", gateway: func(t *testing.T) string { return answers(t, "HTTP/1.1 400 Bad Request") }, want: report.Fail, reason: "is no such gateway: it says what is no SMTP"},
		{name: "554 at once", check: "live.tcp25", gateway: func(t *testing.T) string { return answers(t, "554 no") }, want: report.Fail, reason: "want 220"},
		{name: "QUIT is not understood", check: "live.tcp25", gateway: gateway("QUIT", "500 Huh?"), want: report.Fail, reason: "answers QUIT with"},
		{name: "the original", check: "live.tcp25", gateway: gateway(), want: report.Pass},
		{name: "Postfix", check: "live.banner", gateway: postfix, want: report.Fail, reason: "is no such gateway but Postfix: it greets with"},
		{name: "an unknown greeting", check: "live.banner", gateway: func(t *testing.T) string { return answers(t, "220 welcome", "HELO", "250 x", "QUIT", "221 x") }, want: report.Unknown, reason: "which no article prints"},
		{name: "a version that names hosts", check: "live.banner", gateway: gateway(), rig: rig{version: "3.0.9"}, want: report.Fail, reason: "before 3.0.1"},
		{name: "the original", check: "live.banner", gateway: gateway(), want: report.Pass},
		{name: "Postfix", check: "live.ehlo", gateway: postfix, want: report.Fail, reason: "speaks ESMTP"},
		{name: "hangs up as old ones do", check: "live.ehlo", gateway: func(t *testing.T) string {
			return fake(t, func(c net.Conn) {
				fmt.Fprintf(c, "%s\r\n", original)
				c.Read(make([]byte, 100))
				fmt.Fprint(c, "550 Huh?\r\n")
			})
		}, rig: rig{version: "3.0.9"}, want: report.Fail, reason: "hangs up after EHLO as versions before 3.0.2 do"},
		{name: "HELO is no longer taken", check: "live.ehlo", gateway: gateway("HELO", "503 Bad command sequence"), rig: rig{version: "3.0.9"}, want: report.Fail, reason: "answers HELO after a refused EHLO"},
		{name: "the original", check: "live.ehlo", gateway: gateway(), rig: rig{version: "3.0.9"}, want: report.Pass},
		{name: "Postfix", check: "live.unknown", gateway: postfix, want: report.Fail, reason: "the original says \"500 Huh?\""},
		{name: "the original", check: "live.unknown", gateway: gateway(), want: report.Pass},
		{name: "Postfix", check: "live.sequence", gateway: postfix, want: report.Fail, reason: "answers HELO without a name with"},
		{name: "DATA begins a message", check: "live.sequence", gateway: gateway("DATA", "354 go", ".", "250 ok"), want: report.Fail, reason: "answers DATA before MAIL with"},
		{name: "the original", check: "live.sequence", gateway: gateway(), want: report.Pass},
		{name: "refused", check: "live.nullsender", gateway: gateway("MAIL", "501 sender required"), want: report.Fail, reason: "answers MAIL FROM:<> with"},
		{name: "the original", check: "live.nullsender", gateway: gateway(), want: report.Pass},
		{name: "an open relay", check: "live.rcpt", gateway: gateway("RCPT", "250 ok"), want: report.Fail, reason: "the domain is in no address map"},
		{name: "the test mailbox is missing", check: "live.rcpt", gateway: gateway("RCPT", "550 Addressee unknown"), want: report.Fail, reason: "a mailbox for tests must be reachable"},
		{name: "the original", check: "live.rcpt", gateway: gateway(), want: report.Pass},
		{name: "nobody listens", check: "live.smarthost", relay: closed, want: report.Fail, reason: "outbound mail waits"},
		{name: "silence", check: "live.smarthost", relay: func(t *testing.T) string { return fake(t, func(c net.Conn) { c.Read(make([]byte, 100)) }) }, want: report.Fail, reason: "says nothing for"},
		{name: "EHLO only", check: "live.smarthost", relay: relay("HELO", "502 use EHLO"), want: report.Fail, reason: "the gateway knows no EHLO"},
		{name: "good", check: "live.smarthost", relay: relay(), want: report.Pass},
		{name: "XXENC is unknown", check: "live.backbone", relay: relay("RCPT", "550 unknown user"), rig: rig{backbone: "far.example"}, want: report.Fail, reason: "encapsulated mail does not reach"},
		{name: "no backbone", check: "live.backbone", relay: relay(), want: report.Skip, reason: "no test.backbone"},
		{name: "good", check: "live.backbone", relay: relay(), rig: rig{backbone: "far.example"}, want: report.Pass},
		{name: "nobody to ask", check: "live.dns", want: report.Skip, reason: "no zone, no hosts file and no name server"},
		{name: "no address", check: "live.dns", rig: rig{zone: zone{}}, want: report.Fail, reason: "has no address"},
		{name: "another address", check: "live.dns", rig: rig{zone: zone{"gw.company.com": {"10.9.9.9"}, "po.company.com": {"MX mail.company.com"}, "mail.company.com": {"10.0.0.2"}}}, want: report.Fail, reason: "and the gateway has 10.0.0.1"},
		{name: "the wrong exchanger", check: "live.dns", rig: rig{zone: zone{"gw.company.com": {"10.0.0.1"}, "po.company.com": {"MX other.example"}, "other.example": {"192.0.2.1"}}}, want: report.Fail, reason: "neither the smart host"},
		{name: "an exchanger that only sends", check: "live.dns", rig: rig{zone: zone{"gw.company.com": {"10.0.0.1"}, "po.company.com": {"MX s.company.com"}, "s.company.com": {"10.0.0.3"}}}, want: report.Fail, reason: "which only sends (Q132060)"},
		{name: "no exchanger", check: "live.dns", rig: rig{zone: zone{"gw.company.com": {"10.0.0.1"}}}, want: report.Fail, reason: "neither a mail exchanger nor an address"},
		{name: "the server fails", check: "live.dns", rig: rig{zone: zone{"gw.company.com": {"broken"}, "po.company.com": {"MX mail.company.com"}, "mail.company.com": {"10.0.0.2"}}}, want: report.Unknown, reason: "server failure"},
		{name: "good", check: "live.dns", rig: rig{zone: goodNames}, want: report.Pass},
		{name: "an empty FROM_NC.API", check: "live.dbread", drive: func(t *testing.T, dir string) { put(t, dir, "SMTP/FROM_NC.API", ""); old(t, dir, "SMTP/FROM_NC.API") }, want: report.Fail, reason: "has no bytes"},
		{name: "a stale FROM_NC.API", check: "live.dbread", drive: func(t *testing.T, dir string) { put(t, dir, "SMTP/FROM_NC.API", "x"); old(t, dir, "SMTP/FROM_NC.API") }, want: report.Fail, reason: "blocks all others"},
		{name: "stale temporaries", check: "live.dbread", drive: func(t *testing.T, dir string) { put(t, dir, "SMTP/SMTP_IN.TXT", "x"); old(t, dir, "SMTP/SMTP_IN.TXT") }, want: report.Fail, reason: "files older than a cycle: SMTP_IN.TXT"},
		{name: "OUTBAD.API", check: "live.dbread", drive: func(t *testing.T, dir string) { put(t, dir, "SMTP/OUTBAD.API", "x") }, want: report.Fail, reason: "keeps a message that could not be sent"},
		{name: "a size that cannot be", check: "live.dbread", drive: func(t *testing.T, dir string) { put(t, dir, "KEY/00000001.KEY", "x") }, want: report.Fail, reason: "has 1 bytes"},
		{name: "the wrong folder", check: "live.dbread", drive: func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "XTN")) }, want: report.Fail, reason: "is the drive the root of the database?"},
		{name: "no drive at all", check: "live.dbread", drive: func(t *testing.T, dir string) { os.RemoveAll(dir) }, want: report.Fail, reason: "is not there"},
		{name: "an inqueue that nobody empties", check: "live.dbread", drive: func(t *testing.T, dir string) {
			put(t, dir, "MBG/INQUEUE3.MBG", record("a")+record("b"))
			old(t, dir, "MBG/INQUEUE3.MBG")
		}, want: report.Fail, reason: "holds 2 messages and has not changed"},
		{name: "good", check: "live.dbread", want: report.Pass},
		{name: "the same error twice", check: "live.log", drive: func(t *testing.T, dir string) {
			cycle := "08:50:03 - Idling:  48258 bytes, largest 47234\r\n08:50:03 - ERROR connection to smart host failed\r\n"
			put(t, dir, "LOG/SMTPGATE.LOG", cycle+cycle)
		}, want: report.Fail, reason: "the smart host cannot be reached (Q99852)"},
		{name: "a hang without a word", check: "live.log", drive: func(t *testing.T, dir string) {
			put(t, dir, "LOG/SMTPGATE.LOG", strings.Repeat(deafCycle, deafCycles+1))
		}, want: report.Fail, reason: "in its last 5 cycles"},
		{name: "four cycles are no hang", check: "live.log", drive: func(t *testing.T, dir string) { put(t, dir, "LOG/SMTPGATE.LOG", strings.Repeat(deafCycle, deafCycles)) }, want: report.Pass},
		{name: "a hang that is over", check: "live.log", drive: func(t *testing.T, dir string) {
			put(t, dir, "LOG/SMTPGATE.LOG", strings.Repeat(deafCycle, 9)+"08:50:03 - SMTP_accept(socket=256, timeout=120)\r\n")
		}, want: report.Pass},
		{name: "a hang before the start", check: "live.log", drive: func(t *testing.T, dir string) {
			put(t, dir, "LOG/SMTPGATE.LOG", strings.Repeat(deafCycle, 9)+"08:50:03 - Tue Feb 23 08:50:03 1993 Microsoft Mail Gateway to SMTP V3.0\r\n"+deafCycle)
		}, want: report.Pass},
		{name: "a log that stands still", check: "live.log", drive: func(t *testing.T, dir string) { old(t, dir, "LOG/SMTPGATE.LOG", "SMTP/LOCAL.CFG", "SMTP/ADDR_MAP.CFG") }, want: report.Fail, reason: "is 20h0m0s older than other files of the postoffice"},
		{name: "a long message comes in", check: "live.log", drive: func(t *testing.T, dir string) {
			old(t, dir, "LOG/SMTPGATE.LOG", "SMTP/LOCAL.CFG", "SMTP/ADDR_MAP.CFG")
			put(t, dir, "SMTP/SMTP_IN.TXT", "x")
		}, want: report.Pass},
		{name: "it stands still in a session", check: "live.log", drive: func(t *testing.T, dir string) {
			put(t, dir, "LOG/SMTPGATE.LOG", "08:50:03 - Idling:  48258 bytes, largest 47234\r\n  [tx] DATA\r\n")
			old(t, dir, "LOG/SMTPGATE.LOG", "SMTP/LOCAL.CFG", "SMTP/ADDR_MAP.CFG")
		}, want: report.Pass},
		{name: "nobody works", check: "live.log", drive: func(t *testing.T, dir string) {
			old(t, dir, "LOG/SMTPGATE.LOG", "SMTP/LOCAL.CFG", "SMTP/ADDR_MAP.CFG", "MBG/INQUEUE3.MBG", "KEY/INQUEUE3.KEY", "GLB/MASTER.GLB")
		}, want: report.Pass},
		{name: "no log", check: "live.log", drive: func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "LOG/SMTPGATE.LOG")) }, want: report.Unknown, reason: "run the gateway with -CD and -LACSY"},
		{name: "a log without debug lines", check: "live.log", drive: func(t *testing.T, dir string) { put(t, dir, "LOG/SMTPGATE.LOG", "08:50:03 - x\r\n") }, want: report.Unknown, reason: "no Idling: lines"},
		{name: "good", check: "live.log", want: report.Pass},
		{name: "the relay refuses it", check: "live.inbound", relay: relay("RCPT", "550 relaying denied"), want: report.Fail, reason: "refuses a message for box@po.company.com"},
		{name: "the relay is down", check: "live.inbound", relay: closed, want: report.Fail, reason: "no message could be sent through it"},
		{name: "it never arrives", check: "live.inbound", relay: relay(), want: report.Fail, reason: "it is on no drive that can be seen"},
		{name: "it cannot be submitted", check: "live.outbound", rig: rig{submit: func(context.Context, Outgoing) error { return errors.New("APPPUT failed") }}, want: report.Unknown, reason: "APPPUT failed"},
		{name: "it never leaves", check: "live.outbound", rig: rig{submit: func(context.Context, Outgoing) error { return nil }}, want: report.Fail, reason: "has not arrived at"},
	} {
		t.Run(c.check+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			r := c.rig
			r.dir = healthy(t)
			r.gateway, r.relay = "127.0.0.1:1", "127.0.0.1:1"
			if c.gateway != nil {
				r.gateway = c.gateway(t)
			}
			if c.relay != nil {
				r.relay = c.relay(t)
			}
			if c.drive != nil {
				c.drive(t, r.dir)
			}
			d := r.deployment(t)
			d.Test.Catch.Maildir = t.TempDir()
			p := New(d, Options{Resolver: r.zone, Submit: r.submit, Pause: time.Millisecond})
			defer p.Close()
			began := time.Now()
			row := p.Run(context.Background(), []Check{*Lookup(c.check)})[0]
			if row.Verdict != c.want || !strings.Contains(row.Reason, c.reason) {
				t.Errorf("%s: %s, want %s with %q\n%s", row.Verdict, row.Reason, c.want, c.reason, row.Log)
				for _, tr := range p.Transcripts() {
					t.Log(tr.String())
				}
			}
			if (row.Verdict == report.Pass) != (row.Reason == "") {
				t.Errorf("the verdict %s has the reason %q", row.Verdict, row.Reason)
			}
			if spent := time.Since(began); spent > 15*time.Second {
				t.Errorf("it took %s", spent)
			}
		})
	}
}

// TestWhereMailStopped puts a message where a broken deployment leaves it and
// wants the cause named.
func TestWhereMailStopped(t *testing.T) {
	for _, c := range []struct {
		name, file, reason string
		outbound           bool
		verdict            report.Verdict
	}{
		{"delivered", "MBG/00000007.MBG", "", false, report.Pass},
		{"in INQUEUE3", "MBG/INQUEUE3.MBG", "no mailer empties it", false, report.Fail},
		{"before SMTPPUT", "SMTP/TO_NC.API", "SMTPPUT has not put it into the database", false, report.Fail},
		{"given up", "SMTP/OUTBAD.API", "it could not be sent and was given up", true, report.Fail},
		{"fetched and not sent", "SMTP/FROM_NC.API", "cannot send it to the smart host", true, report.Fail},
		{"in the queue of the gateway", "MBG/00000009.MBG", "the gateway does not fetch it", true, report.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := rig{dir: healthy(t), gateway: "127.0.0.1:1", patience: "1500ms"}
			place := func(mark string) {
				if strings.HasPrefix(c.file, "MBG/") {
					put(t, r.dir, "MAI/MA1/00000001.MAI", "text")
					put(t, r.dir, "ATT/AT2/00000002.ATT", strings.Repeat("x", 256))
					put(t, r.dir, c.file, record(mark))
				} else {
					put(t, r.dir, c.file, "subject "+mark)
				}
			}
			check := "live.outbound"
			r.submit = func(_ context.Context, m Outgoing) error { place(m.Subject); return nil }
			r.relay = "127.0.0.1:1"
			if !c.outbound {
				check = "live.inbound"
				r.relay = delivering(t, place)
			}
			d := r.deployment(t)
			d.Test.Catch.Maildir = t.TempDir()
			p := New(d, Options{Submit: r.submit, Pause: time.Millisecond})
			defer p.Close()
			row := p.Run(context.Background(), []Check{*Lookup(check)})[0]
			if row.Verdict != c.verdict || !strings.Contains(row.Reason, c.reason) {
				t.Errorf("%s: %s, want %s with %q\n%s", row.Verdict, row.Reason, c.verdict, c.reason, row.Log)
			}
		})
	}
}

// TestMailThatArrivesWrongly delivers a message by hand and looks at it.
func TestMailThatArrivesWrongly(t *testing.T) {
	const mai, att = "MAI/MA1/00000001.MAI", "ATT/AT2/00000002.ATT"
	for _, c := range []struct {
		name    string
		edit    func(record []byte)
		mai     string
		att     string
		size    int
		age     time.Duration // of the attachment
		verdict report.Verdict
		reason  string
	}{
		{name: "as documented", mai: mai, att: att, size: 256, verdict: report.Pass},
		{name: "a larger attachment", mai: mai, att: att, size: 512, verdict: report.Pass},
		{name: "another subject", edit: func(b []byte) { copy(b[0x0D:], "Re: "+string(b[0x0D:0x0D+30])) }, mai: mai, att: att, size: 256, verdict: report.Fail, reason: `the subject in the mailbag is "Re:`},
		{name: "no name", edit: func(b []byte) { copy(b[0x43:], `..\..\XY`) }, mai: mai, verdict: report.Fail, reason: "names the message file"},
		{name: "no message file", att: att, size: 256, verdict: report.Fail, reason: `the mailbag names message 00000001, and MAI\MA1\00000001.MAI cannot be seen`},
		{name: "no attachment", mai: mai, verdict: report.Unknown, reason: "no file in ATT belongs to the message"},
		{name: "an attachment of another message", mai: mai, att: "ATT/AT1/00000101.ATT", size: 256, verdict: report.Unknown, reason: "no file in ATT belongs to the message"},
		{name: "an older attachment", mai: mai, att: att, size: 256, age: time.Hour, verdict: report.Unknown, reason: "no file in ATT belongs to the message"},
		{name: "an attachment cut short", mai: mai, att: att, size: 255, verdict: report.Unknown, reason: "no file in ATT belongs to the message"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := rig{dir: healthy(t), gateway: "127.0.0.1:1", patience: "1500ms"}
			r.relay = delivering(t, func(mark string) {
				for _, name := range []string{mai, att} {
					if err := os.Remove(filepath.Join(r.dir, name)); err != nil && !os.IsNotExist(err) {
						t.Error(err)
					}
				}
				if c.mai != "" {
					put(t, r.dir, c.mai, "text")
				}
				if c.att != "" {
					put(t, r.dir, c.att, strings.Repeat("x", c.size))
					when := time.Now().Add(-c.age)
					if err := os.Chtimes(filepath.Join(r.dir, c.att), when, when); err != nil {
						t.Error(err)
					}
				}
				b := []byte(record(mark))
				if c.edit != nil {
					c.edit(b)
				}
				put(t, r.dir, "MBG/00000007.MBG", string(b))
			})
			p := New(r.deployment(t), Options{Pause: time.Millisecond})
			defer p.Close()
			row := p.Run(context.Background(), []Check{*Lookup("live.inbound")})[0]
			if row.Verdict != c.verdict || !strings.Contains(row.Reason, c.reason) {
				t.Errorf("%s: %s, want %s with %q\n%s", row.Verdict, row.Reason, c.verdict, c.reason, row.Log)
			}
		})
	}
}

// delivering is a relay that takes a message and gives its subject on.
func delivering(t *testing.T, place func(mark string)) string {
	return fake(t, func(conn net.Conn) {
		var got heard
		converse(tee{conn, &got}, "220 relay", []string{"HELO", "250 ok", "MAIL", "250 ok", "RCPT", "250 ok", "DATA", "354 go", ".", "250 taken", "QUIT", "221 bye"})
		if _, rest, ok := strings.Cut(got.text.String(), "Subject: "); ok {
			mark, _, _ := strings.Cut(rest, "\r\n")
			place(mark)
		}
	})
}

type tee struct {
	net.Conn
	to *heard
}

func (c tee) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.to.Write(p[:n])
	return n, err
}

// TestMailThatLeavesWrongly catches messages and looks at them.
func TestMailThatLeavesWrongly(t *testing.T) {
	const text = "This message was sent by gwcheck to see whether mail leaves."
	file := strings.Join(message.Uuencode("GWCHECK.DAT", testFile().Data), "\n")
	sound := "Received: by relay\nFrom: <box@po.company.com>\nTo: <out@example.com>\nDate: Tue, 23 Feb 93 09:02:52 -0800\nSubject:\n MARK\nEncoding: 1 TEXT, 9 UUENCODE\n\n\n" + text + "\n\n" + file + "\n"
	for _, c := range []struct {
		name     string
		old, new string // what is different
		copies   int
		verdict  report.Verdict
		reason   string
	}{
		{"as documented", "", "", 1, report.Pass, ""},
		{"from another domain", "box@po.company.com", "box@company.com", 1, report.Fail, "mail leaves from the domain company.com, want po.company.com"},
		{"twice", "", "", 2, report.Fail, "2 copies of one message have left"},
		{"another subject", " MARK", " Re: MARK", 1, report.Fail, `left with the subject "Re: gwck`},
		{"to somebody else", "out@example.com", "ann@example.com", 1, report.Fail, `To: "<ann@example.com>", want out@example.com in it`},
		{"another text", text, "This message was sent by gwcheck.", 1, report.Fail, "left without its text"},
		{"a text that was wrapped", "was sent by", "was sent\nby", 1, report.Pass, ""},
		{"no attachment", file, "", 1, report.Fail, "left without its attachment (Q118530"},
		{"another name", "GWCHECK.DAT", "FILE1.DAT", 1, report.Fail, "attachment FILE1.DAT has another name, want GWCHECK.DAT"},
		{"a name in small letters", "GWCHECK.DAT", "gwcheck.dat", 1, report.Pass, ""},
		{"another byte", "M``$", "M`0$", 1, report.Fail, "attachment GWCHECK.DAT has byte 0x01 at 0, want 0x00"},
		{"a line too few", file[strings.Index(file, "\nM") : strings.Index(file, "\nM")+62], "", 1, report.Fail, "attachment GWCHECK.DAT has 211 bytes, want 256"},
		{"a line that is cut", "5UA9\nM", "\nM", 1, report.Fail, "attachment GWCHECK.DAT has byte 0x00 at 87"},
		{"no last line", "\n`\nend", "\nend", 1, report.Pass, ""},
		{"no end", "\nend", "", 1, report.Fail, "cannot be decoded: it has no end line"},
		{"characters of another code", "M``$", "M`é$", 1, report.Fail, "cannot be decoded: it has a bad line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(sound, c.old) {
				t.Fatalf("%q is not in\n%s", c.old, sound)
			}
			maildir := t.TempDir()
			if err := os.Mkdir(filepath.Join(maildir, "new"), 0o755); err != nil {
				t.Fatal(err)
			}
			r := rig{dir: healthy(t), gateway: "127.0.0.1:1", relay: "127.0.0.1:1", patience: "5s"}
			r.submit = func(_ context.Context, m Outgoing) error {
				if m.Text != text {
					t.Errorf("the text is %q", m.Text)
				}
				message := strings.Replace(sound, c.old, c.new, 1)
				for i := range c.copies {
					put(t, maildir, fmt.Sprint("new/", i), strings.Replace(message, "MARK", m.Subject, 1))
				}
				return nil
			}
			d := r.deployment(t)
			d.Test.Catch.Maildir = maildir
			p := New(d, Options{Submit: r.submit, Pause: time.Millisecond})
			defer p.Close()
			row := p.Run(context.Background(), []Check{*Lookup("live.outbound")})[0]
			if row.Verdict != c.verdict || !strings.Contains(row.Reason, c.reason) {
				t.Errorf("%s: %s\n%s", row.Verdict, row.Reason, row.Log)
			}
		})
	}
}

func TestAllChecksAreComplete(t *testing.T) {
	if len(Checks) != 14 {
		t.Errorf("%d live checks, want 14", len(Checks))
	}
	seen := map[string]bool{}
	for _, c := range Checks {
		if c.ID == "" || seen[c.ID] || c.Sentence == "" || c.Safety == "" || c.Needs == "" || len(c.Articles) == 0 || c.run == nil || permission[c.Kind] == "" {
			t.Errorf("row %q is not complete", c.ID)
		}
		seen[c.ID] = true
	}
}

func TestADryRunAsksNobody(t *testing.T) {
	touched := make(chan struct{}, 100)
	address := fake(t, func(net.Conn) { touched <- struct{}{} })
	r := rig{dir: filepath.Join(t.TempDir(), "not there"), gateway: address, relay: address, backbone: "far.example"}
	d := r.deployment(t)
	d.Test.Catch.Listen = address // taken: listening would fail
	var plan []string
	p := New(d, Options{Resolver: zone{}, Plan: func(line string) { plan = append(plan, line) }})
	p.Run(context.Background(), Checks)
	if len(touched) > 0 || len(p.Opened()) > 0 || len(p.Transcripts()) > 0 {
		t.Errorf("somebody was asked: %d calls, opened %v", len(touched), p.Opened())
	}
	text := strings.Join(plan, "\n")
	for _, want := range []string{"connect " + address, "send RCPT TO:<XXENC@far.example>", "send MAIL FROM:<out@example.com>", "send DATA", "send the message: Subject: gwck", `MBG\*.MBG`, `LOG\SMTPGATE.LOG`, "run none"} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan lacks %q:\n%s", want, text)
		}
	}
	if n, m := strings.Count(text, "connect "), strings.Count(text, "send QUIT"); n != m {
		t.Errorf("%d sessions and %d QUIT:\n%s", n, m, text)
	}
}

func TestCtrlCEndsAWaitWithWhatIsKnown(t *testing.T) {
	r := rig{dir: healthy(t), gateway: "127.0.0.1:1", patience: "10m"}
	r.relay = answers(t, "220 relay", "HELO", "250 ok", "MAIL", "250 ok", "RCPT", "250 ok", "DATA", "354 go", ".", "250 taken", "QUIT", "221 bye")
	d := r.deployment(t)
	d.Test.Catch.Maildir = t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var ended time.Time
	p := New(d, Options{Waiting: func(w Pending) {
		if ended.IsZero() {
			ended = time.Now()
			stop()
		}
	}})
	defer p.Close()
	rows := p.Run(ctx, []Check{*Lookup("live.smarthost"), *Lookup("live.inbound"), *Lookup("live.outbound")})
	if spent := time.Since(ended); ended.IsZero() || spent > 2*time.Second {
		t.Errorf("it took %s", spent)
	}
	if rows[0].Verdict != report.Pass || rows[1].Verdict != report.Unknown || !strings.Contains(rows[1].Reason, "interrupted while the message was nowhere to be seen") || rows[2].Verdict != report.Unknown {
		t.Errorf("%s %s; %s %s; %s %s", rows[0].Verdict, rows[0].Reason, rows[1].Verdict, rows[1].Reason, rows[2].Verdict, rows[2].Reason)
	}
}

// A gateway of one direction logs that it lacks a program, as it is meant to.
// Q132060
func TestLogOfADedicatedPair(t *testing.T) {
	lacks := func(program string) string {
		return strings.Repeat("08:50:03 - Idling:  48258 bytes, largest 47234\r\n08:50:03 - ERROR Spawn ("+program+"): (2) No such file or directory\r\n08:50:07 - SMTP_accept(socket=256, timeout=120)\r\n", 3)
	}
	const quiet = "08:50:03 - Gateway initialized\r\n08:53:39 - Connection accepted.\r\n"
	for _, tt := range []struct {
		name, role, run, log string
		verdict              report.Verdict
		want                 string // in the reason or in what is not judged
	}{
		{"a receiver without SMTPGET", "receive", "SMTPGATE -w120 -md -cd -lacsy -p001", lacks("SMTPget"), report.Pass, ""},
		{"a sender without SMTPPUT", "send", "SMTPGATE -w120 -md -cd -lacsy -p001", lacks("SMTPput"), report.Pass, ""},
		{"a receiver without SMTPPUT", "receive", "SMTPGATE -w120 -md -cd -lacsy -p001", lacks("SMTPput"), report.Fail, "not on the PATH"},
		{"both without SMTPGET", "both", "SMTPGATE -w120 -md -cd -lacsy -p001", lacks("SMTPget"), report.Fail, "not on the PATH"},
		{"the printed receiver", "receive", "SMTPGATE -w32767 -i63 -md -lascy -ci -gascy", quiet, report.Pass, "no Idling: lines without -CD"},
		{"the printed sender", "send", "SMTPGATE -w120 -q180 -063 -md -ln -ci -gascy -ms", "", report.Skip, "GW1 keeps no log"},
		{"a log that should have them", "receive", "SMTPGATE -w120 -cd -lacsy", quiet, report.Unknown, "no Idling: lines"},
		{"a log that should be there", "both", "SMTPGATE -w120 -lacsy", "", report.Unknown, "has no LOG"},
		{"an unknown command line", "both", "", quiet, report.Unknown, "no Idling: lines"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := healthy(t)
			if tt.log == "" {
				os.Remove(filepath.Join(dir, "LOG", "SMTPGATE.LOG"))
			} else {
				put(t, dir, "LOG/SMTPGATE.LOG", tt.log)
			}
			d := (rig{gateway: "127.0.0.1:1", relay: "127.0.0.1:1", dir: dir}).deployment(t)
			d.PCs = d.PCs[:1]
			d.PCs[0].Role, d.PCs[0].Run = tt.role, tt.run
			row := New(d, Options{}).Run(context.Background(), []Check{*Lookup("live.log")})[0]
			told := row.Reason + strings.Join(row.NotJudged, "; ")
			if row.Verdict != tt.verdict || !strings.Contains(told, tt.want) {
				t.Errorf("%s: %s, want %s with %q", row.Verdict, told, tt.verdict, tt.want)
			}
		})
	}
}

// The long wait of a dedicated receiver is nobody's who waits for outbound
// mail, and mail from outside is looked for where it comes in. Q132060
func TestPatienceWithADedicatedPair(t *testing.T) {
	d, err := deploy.Parse("d.yaml", []byte(`version: 1
postoffices:
  - {name: A/IN, drive: in, gateway: smtp}
  - {name: A/OUT, drive: out, gateway: smtp}
  - {name: A/PO, drive: po, via: A/OUT}
pcs:
  - {name: R, role: receive, drives: {M: A/IN}, run: SMTPGATE -w32767 -md}
  - {name: S, role: send, drives: {M: A/OUT}, run: SMTPGATE -w120 -md}
  - {name: X, drives: {M: A/IN, N: A/OUT, O: A/PO}, run: EXTERNAL -p010}
patience: 40h
`))
	if err != nil {
		t.Fatal(err)
	}
	p := New(d, Options{})
	if got := p.patience("A/PO", true).String(); !strings.Contains(got, "-W 2m0s") {
		t.Errorf("outbound: %s", got)
	}
	var refs []string
	for _, po := range inRoute(d, d.Postoffice("A/PO")) {
		refs = append(refs, po.Ref())
	}
	if got := strings.Join(refs, " "); got != "A/PO A/OUT A/IN" {
		t.Errorf("inbound mail is looked for at %s", got)
	}
}

// A person is asked for all messages at once. Who sends none has broken
// nothing; who sends late is waited for.
func TestAPersonIsAskedAtOnceAndMayBeLate(t *testing.T) {
	dir := healthy(t)
	outside := filepath.Join(t.TempDir(), "mbox")
	d := (rig{gateway: "127.0.0.1:1", relay: "127.0.0.1:1", dir: dir, patience: "1500ms"}).deployment(t)
	d.Speed = 1e6
	d.Test.Submit = deploy.Submit{Person: true}
	d.Test.Catch = deploy.Catch{Mbox: outside}
	d.Postoffices = append(d.Postoffices, deploy.Postoffice{Network: "NET", Name: "PO2", Via: "NET/PO"})
	d.Test.Mailboxes = append(d.Test.Mailboxes, deploy.Mailbox{Postoffice: "NET/PO2", User: "box2", Address: "box2@po.company.com"})
	var asked []string
	run := func(ask func(string)) report.Script {
		asked = nil
		return New(d, Options{Pause: time.Millisecond, Ask: func(text string) { asked = append(asked, text); ask(text) }}).Run(context.Background(), []Check{*Lookup("live.outbound")})[0]
	}
	row := run(func(string) {})
	if row.Verdict != report.Unknown || strings.Count(row.Reason, "was not sent yet") != 2 || len(asked) != 1 || strings.Count(asked[0], "Subject: gwck") != 2 {
		t.Errorf("nobody sends: %s: %s\nasked %q", row.Verdict, row.Reason, asked)
	}
	subject := regexp.MustCompile(`gwck[0-9a-f]+`)
	row = run(func(text string) { // the second is sent, after a while
		mark := subject.FindAllString(text, -1)[1]
		go func() {
			time.Sleep(300 * time.Millisecond)
			os.WriteFile(outside, []byte("From x\nFrom: box2@po.company.com\nTo: out@example.com\nSubject: "+mark+"\n\nThis message was sent by gwcheck to see whether mail leaves.\n"), 0o644)
		}()
	})
	if row.Verdict != report.Unknown || strings.Count(row.Reason, "was not sent yet") != 1 || !slices.Contains(row.Statements, report.Statement{Subject: "NET/PO2/box2", Name: "left", Value: "yes"}) {
		t.Errorf("one is sent: %s: %s\n%s", row.Verdict, row.Reason, row.Log)
	}
}

// What the countdown knew is known when the run is ended.
func TestInterruptedMailIsWhereItWasSeenLast(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	e := &exam{Prober: New(&deploy.Deployment{}, Options{}), ctx: ctx, check: Lookup("live.inbound")}
	looks := 0
	where, ok := e.wait("mail", time.Minute, func() (bool, string) {
		if looks++; looks == 1 {
			time.AfterFunc(50*time.Millisecond, stop)
			return false, "in INQUEUE3"
		}
		return false, "" // a drive is not read any more
	})
	if ok || where != "in INQUEUE3" {
		t.Errorf("%v %q", ok, where)
	}
}

// A pipe in place of a file keeps whoever opens it for ever.
func TestAPipeIsNotOpened(t *testing.T) {
	dir := healthy(t)
	name := filepath.Join(dir, "SMTP", "LOCAL.CFG")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("mkfifo", name).Run(); err != nil {
		t.Skipf("no pipes here: %v", err)
	}
	began := time.Now()
	row := New((rig{gateway: "127.0.0.1:1", relay: "127.0.0.1:1", dir: dir}).deployment(t), Options{Resolver: goodNames}).Run(context.Background(), []Check{*Lookup("live.dns")})[0]
	if row.Verdict != report.Skip || !strings.Contains(row.Reason, "not a plain file") || time.Since(began) > 5*time.Second {
		t.Errorf("%s: %s after %s", row.Verdict, row.Reason, time.Since(began))
	}
}

// A name of another code page is told of, and is no fault of the deployment.
func TestANameThatCannotBeReadHereIsNotJudged(t *testing.T) {
	dir := healthy(t)
	if err := os.WriteFile(filepath.Join(dir, "MBG", "\x84\x94\x81.MBG"), nil, 0o644); err != nil {
		t.Skipf("no such names here: %v", err)
	}
	row := New((rig{gateway: "127.0.0.1:1", relay: "127.0.0.1:1", dir: dir}).deployment(t), Options{}).Run(context.Background(), []Check{*Lookup("live.dbread")})[0]
	if row.Verdict != report.Pass || len(row.NotJudged) != 1 || !strings.Contains(row.NotJudged[0], `MBG\\x84\x94\x81.MBG has a name in a code page`) {
		t.Errorf("%s: %s %q", row.Verdict, row.Reason, row.NotJudged)
	}
}

// Three sessions that are not held are one reason.
func TestAReasonIsToldOnce(t *testing.T) {
	d := (rig{gateway: "127.0.0.1:1", relay: "127.0.0.1:1", dir: healthy(t)}).deployment(t)
	rows := New(d, Options{Pause: time.Millisecond}).Run(context.Background(), []Check{*Lookup("live.tcp25"), *Lookup("live.sequence")})
	if got := rows[1]; got.Verdict != report.Skip || got.Reason != "GW1 cannot be called (see live.tcp25)" {
		t.Errorf("%s: %s", got.Verdict, got.Reason)
	}
}
