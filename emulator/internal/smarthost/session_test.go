package smarthost

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The dialogue of Q112286, line by line, with the host's side of the
// transcript.
func TestDialogueIsThatOfTheArticle(t *testing.T) {
	r := newRig(t, Config{})
	r.client(func(c *client) {
		c.reply()
		c.ask("HELO marvgard")
		c.mail("Admin@mspo1.dept", "root@company.company.com", "Subject: test\r\n\r\nhello")
		c.ask("QUIT")
	})
	r.run(time.Hour)
	want := `[tx] 220 company.com Sendmail 4.1/SMI-4.1 ready at Tue, 23 Feb 93 09:00:22 PST
[rx] HELO marvgard
[tx] 250 company.com Hello marvgard ([11.1.16.16]), pleased to meet you
[rx] MAIL FROM:<Admin@mspo1.dept>
[tx] 250 <Admin@mspo1.dept>... Sender ok
[rx] RCPT TO:<root@company.company.com>
[tx] 250 <root@company.company.com>... Recipient ok
[rx] DATA
[tx] 354 Enter mail, end with "." on a line by itself
[rx] ...message body...
[rx] .
[tx] 250 Mail accepted
[rx] QUIT
[tx] 221 company.com delivering mail
`
	if d := cmp.Diff(want, r.dialogue()); d != "" {
		t.Error(d)
	}
	if len(r.messages) != 1 {
		t.Fatalf("%d messages delivered", len(r.messages))
	}
	m := r.messages[0]
	text := "Received: from marvgard by company.com (4.1/SMI-4.1)\r\n     id AA00001; Tue, 23 Feb 93 09:00:22 PST\r\nSubject: test\r\n\r\nhello\r\n"
	if d := cmp.Diff(text, string(m.Data)); d != "" {
		t.Error(d)
	}
	if m.From != "Admin@mspo1.dept" || m.Peer != gatewayIP+":1024" || !r.h.Idle() {
		t.Errorf("from %q, peer %q, idle %v", m.From, m.Peer, r.h.Idle())
	}
}

func TestLibraryProfileSpeaksItsOwnWords(t *testing.T) {
	r := newRig(t, Config{Profile: ProfileLibrary, MaxSize: 5000})
	r.client(func(c *client) {
		if have := c.reply(); have != "220 company.com smtpd ESMTP Service ready" {
			t.Error(have)
		}
		c.want("EHLO marvgard", "250-company.com greets marvgard|250-SIZE 5000|250 ENHANCEDSTATUSCODES")
		c.want("HELO marvgard", "250 company.com greets marvgard")
		c.want("MAIL FROM:<a@b>", "250 2.1.0 Ok")
		c.want("RCPT TO:<c@d>", "250 2.1.5 Ok")
		c.want("DATA", "354 Start mail input; end with <CR><LF>.<CR><LF>")
		c.want("x\r\n.", "250 2.0.0 Ok: queued")
		c.want("VRFY x", "502 5.5.1 Command not implemented")
		c.want("HUH", "500 5.5.2 Syntax error, command unrecognized")
		c.want("RCPT TO:<c@d>", "503 5.5.1 Bad sequence of commands (MAIL required before RCPT)")
		c.want("QUIT", "221 2.0.0 company.com smtpd ESMTP Service closing transmission channel")
	})
	r.run(time.Hour)
	want := "Received: from marvgard (unknown [11.1.16.16])\r\n        by company.com (smtpd) with SMTP\r\n" +
		"        for <c@d>; Tue, 23 Feb 1993 09:00:22 -0800 (PST)\r\nx\r\n"
	if len(r.messages) != 1 || string(r.messages[0].Data) != want {
		t.Errorf("have %d messages, the first %q", len(r.messages), r.messages[0].Data)
	}
}

var replyTests = []struct {
	name  string
	cfg   Config
	lines []string // command, reply, command, reply ...
}{
	{"a host of the time knows no EHLO", Config{}, []string{"EHLO gw", "500 Command unrecognized", "HELO gw", "250 company.com Hello gw ([11.1.16.16]), pleased to meet you"}},
	{"HELO wants a name", Config{}, []string{"HELO", refuseName}},
	{"a loose host does not", Config{Loose: true}, []string{"HELO", "250 company.com Hello  ([11.1.16.16]), pleased to meet you"}},
	{"MAIL before HELO", Config{}, []string{"MAIL FROM:<a@b>", refuseGreeting}},
	{"MAIL before HELO, loose", Config{Loose: true}, []string{"MAIL FROM:<a@b>", "250 <a@b>... Sender ok"}},
	{"RCPT before MAIL", Config{}, []string{"HELO gw", "", "RCPT TO:<a@b>", "503 Bad sequence of commands"}},
	{"DATA before RCPT", Config{}, []string{"HELO gw", "", "MAIL FROM:<a@b>", "", "DATA", "503 Bad sequence of commands"}},
	{"RSET ends a transaction", Config{}, []string{"HELO gw", "", "MAIL FROM:<a@b>", "", "RSET", "250 Reset state", "MAIL FROM:<c@d>", "250 <c@d>... Sender ok"}},
	{"NOOP", Config{}, []string{"NOOP", "200 OK"}},
	{"verbs in any case", Config{}, []string{"helo gw", "", "mail from:<a@b>", "250 <a@b>... Sender ok", "rcpt to:<c@d>", "250 <c@d>... Recipient ok"}},
	{"null sender", Config{}, []string{"HELO gw", "", "MAIL FROM:<>", "250 <>... Sender ok"}},
	{"null recipient", Config{}, []string{"HELO gw", "", "MAIL FROM:<>", "", "RCPT TO:<>", refusePath}},
	{"quoted bracket in a path", Config{}, []string{"HELO gw", "", `MAIL FROM:<"a>b"@c>`, `250 <"a>b"@c>... Sender ok`, `RCPT TO:<"a <to:<x>> b"@c>`, `250 <"a <to:<x>> b"@c>... Recipient ok`}},
	{"open bracket", Config{}, []string{"HELO gw", "", "MAIL FROM:<a@b", refusePath}},
	{"open quote", Config{}, []string{"HELO gw", "", `MAIL FROM:<"a@b>`, refusePath}},
	{"words behind RCPT", Config{}, []string{"HELO gw", "", "MAIL FROM:<>", "", "RCPT TO:<a@b> X=1", refusePath}},
	{"unknown user here", Config{LocalUsers: []string{"root"}}, []string{"HELO gw", "", "MAIL FROM:<>", "",
		"RCPT TO:<Root@Company.com>", "250 <Root@Company.com>... Recipient ok",
		"RCPT TO:<nobody@company.com>", "550 <nobody@company.com>... User unknown",
		"RCPT TO:<nobody@elsewhere.com>", "250 <nobody@elsewhere.com>... Recipient ok",
		"RCPT TO:<postmaster>", "250 <postmaster>... Recipient ok"}},
	{"too many recipients", Config{MaxRecipients: 1}, []string{"HELO gw", "", "MAIL FROM:<>", "", "RCPT TO:<a@b>", "", "RCPT TO:<c@d>", "452 Too many recipients"}},
	{"unknown command", Config{}, []string{"HUH", "500 Command unrecognized", "", "500 Command unrecognized", "XCLIENT ADDR", "500 Command unrecognized"}},
	{"VRFY", Config{}, []string{"VRFY root", "502 Command not implemented"}},
}

// askAll plays the dialogue of a row of replyTests.
func askAll(t *testing.T, lines []string) func(*client) {
	return func(c *client) {
		c.t = t
		c.reply()
		for i := 0; i < len(lines); i += 2 {
			if lines[i+1] == "" {
				c.ask(lines[i])
			} else {
				c.want(lines[i], lines[i+1])
			}
		}
	}
}

func TestReplies(t *testing.T) {
	for _, tt := range replyTests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.cfg)
			done := false
			r.client(func(c *client) {
				askAll(t, tt.lines)(c)
				done = true
			})
			r.run(time.Hour)
			if !done {
				t.Error("the client did not come to its end")
			}
		})
	}
}

func TestSilentClientIsHungUpOn(t *testing.T) {
	for _, tt := range []struct{ name, lines, want string }{
		{"between commands", "", "09:05:22 421 company.com timeout waiting for input"},
		{"half a command", "MAIL FR", "09:05:22 421 company.com timeout waiting for input"}, // as in Q105289
		{"in the text", "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhalf a mess", "09:02:22 421 company.com timeout waiting for input"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, Config{Timeouts: Timeouts{Text: 2 * time.Minute}})
			var last string
			r.client(func(c *client) {
				c.begin()
				c.send(tt.lines)
				for s := ""; s != "[EOF]"; {
					last, s = s, c.reply()
					if s[0] == '4' {
						last = r.clock() + " " + s
						break
					}
				}
			})
			r.run(time.Hour)
			if last != tt.want || !r.h.Idle() || len(r.messages) != 0 {
				t.Errorf("last %q, idle %v, %d messages", last, r.h.Idle(), len(r.messages))
			}
		})
	}
}

func TestConfigMistakesAreNamed(t *testing.T) {
	ok := Config{Name: "company.com", IP: hostIP}
	tests := []struct {
		name string
		edit func(*Config)
		want string
	}{
		{"no name", func(c *Config) { c.Name = "" }, `cannot start smart host "": bad name ""`},
		{"percent sign in name", func(c *Config) { c.Name = "a%db" }, `cannot start smart host "a%db": bad name "a%db"`},
		{"ip", func(c *Config) { c.IP = "mail" }, `cannot start smart host "company.com": bad IP address "mail"`},
		{"profile", func(c *Config) { c.Profile = "exim" }, `cannot start smart host "company.com": unknown profile "exim", want sendmail or library`},
		{"received", func(c *Config) { c.Received = "x" }, `cannot start smart host "company.com": unknown kind of Received field "x"`},
		{"bare LF", func(c *Config) { c.BareLF = "x" }, `cannot start smart host "company.com": unknown policy for bare LF "x"`},
		{"dialect", func(c *Config) { c.Speak = "x" }, `cannot start smart host "company.com": unknown dialect "x"`},
		{"route domain", func(c *Config) { c.Routes = []Route{{"", gatewayIP, ""}} }, `cannot start smart host "company.com": route: bad domain ""`},
		{"route ip", func(c *Config) { c.Routes = []Route{{"a.b", "GW1", ""}} }, `cannot start smart host "company.com": route of "a.b": bad IP address "GW1"`},
		{"route twice", func(c *Config) { c.Routes = []Route{{"a.b", gatewayIP, ""}, {"A.B", gatewayIP, ""}} }, `cannot start smart host "company.com": route: second entry for "A.B"`},
		{"alias", func(c *Config) { c.Aliases = []Alias{{"a@b", ""}} }, `cannot start smart host "company.com": alias "a@b" to "": want two addresses`},
		{"alias twice", func(c *Config) { c.Aliases = []Alias{{"a", "b"}, {"A@company.com", "c"}} }, `cannot start smart host "company.com": alias: second entry for "A@company.com"`},
		{"relay", func(c *Config) { c.Relay = "here:x" }, `cannot start smart host "company.com": relay: bad IP address "here:x"`},
		{"address taken", func(c *Config) {}, `cannot start smart host "company.com": address in use`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, ok)
			cfg := ok
			tt.edit(&cfg)
			if _, err := New(r.k, cfg); err == nil || err.Error() != tt.want {
				t.Errorf("have %v, want %s", err, tt.want)
			}
		})
	}
}
