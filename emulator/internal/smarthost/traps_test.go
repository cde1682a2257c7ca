package smarthost

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mhale/smtpd"

	"gwkit/emulator/internal/sim"
)

// bare is what the library itself does with some input: no filter of ours in
// front of it.
type bare struct {
	messages []string
	from     []string
}

func (b *bare) talk(t *testing.T, srv *smtpd.Server, input ...string) []string {
	t.Helper()
	srv.Hostname, srv.Appname, srv.DisableReverseDNS = "company.com", "smtpd", true
	if srv.MaxRecipients == 0 {
		srv.MaxRecipients = 100
	}
	if srv.Handler == nil {
		srv.Handler = func(_ net.Addr, from string, _ []string, data []byte) error {
			b.from = append(b.from, from)
			b.messages = append(b.messages, string(data))
			return nil
		}
	}
	f := sim.NewForeign(srv.Serve)
	defer f.Close()
	c, _ := f.Dial("11.1.16.16:1024", "11.1.16.15:25")
	var out []string
	for _, in := range input {
		said, _ := c.Exchange(nil, []byte(in))
		out = append(out, strings.ReplaceAll(strings.TrimSuffix(string(said), "\r\n"), "\r\n", "|"))
	}
	return out
}

// last is the last answer of the library.
func last(s []string) string { return s[len(s)-1] }

// ours is what the host does with the same input, and how many messages it
// took.
func ours(t *testing.T, cfg Config, faults []string, input ...string) (*rig, []string) {
	t.Helper()
	r := newRig(t, cfg, faults...)
	var out []string
	r.client(func(c *client) {
		c.reply()
		for _, in := range input {
			c.send(in)
			answers := []string{c.reply()}
			for len(c.b) > 0 {
				answers = append(answers, c.reply())
			}
			out = append(out, strings.Join(answers, "|"))
		}
	})
	r.run(10 * time.Hour)
	return r, out
}

const (
	helo = "HELO gw\r\n"
	mail = "MAIL FROM:<a@b>\r\n"
	rcpt = "RCPT TO:<c@d>\r\n"
	data = "DATA\r\n"
)

// Traps that show only in races, on a network or in a panic of the library are removed by
// how the server is set up.
func TestSetUpLeavesNoTrap(t *testing.T) {
	r := newRig(t, Config{})
	s := r.h.library()
	for what, ok := range map[string]bool{
		"reverse DNS stops the accept loop":             s.DisableReverseDNS,
		"a lazy MaxRecipients is a data race":           s.MaxRecipients > 0,
		"over MaxSize body lines run as commands":       s.MaxSize == 0,
		"deadlines come from the wall clock":            s.Timeout == 0,
		"log in mechanisms come in random order":        s.AuthHandler == nil && !s.AuthRequired,
		"STARTTLS drops what was buffered":              s.TLSConfig == nil,
		"XCLIENT without an equals sign panics":         len(s.XClientAllowed) == 0,
		"the switch for logging is one for the program": !smtpd.Debug && s.LogRead == nil && s.LogWrite == nil,
		"names are empty unless set":                    s.Hostname != "" && s.Appname != "",
	} {
		if !ok {
			t.Errorf("not removed: %s", what)
		}
	}
}

// Each case shows a trap of the library and that the host does not fall into
// it.
func TestTraps(t *testing.T) {
	library := Config{Profile: ProfileLibrary}
	same := func(t *testing.T, what, have, want string) {
		t.Helper()
		if have != want {
			t.Errorf("%s: have %q, want %q", what, have, want)
		}
	}
	t.Run("EHLO is always known", func(t *testing.T) {
		same(t, "library", (&bare{}).talk(t, &smtpd.Server{}, "EHLO gw\r\n")[0], "250-company.com greets gw|250-SIZE 0|250 ENHANCEDSTATUSCODES")
		_, have := ours(t, Config{}, nil, "EHLO gw\r\n")
		same(t, "ours", have[0], "500 Command unrecognized")
	})
	t.Run("a percent sign in a refusal is mangled", func(t *testing.T) {
		full := &smtpd.Server{Handler: func(net.Addr, string, []string, []byte) error { return errors.New("554 disk 100% full") }}
		same(t, "library", last((&bare{}).talk(t, full, helo, mail, rcpt, data, ".\r\n")), "554 disk 100%!!(MISSING)f(MISSING)ull")
		_, have := ours(t, library, []string{`smtp-reply reply="554 disk 100% full" at=.`}, helo, mail, rcpt, data, ".\r\n")
		same(t, "ours", last(have), "554 disk 100% full")
	})
	t.Run("a percent sign in HELO is mangled", func(t *testing.T) {
		same(t, "library", last((&bare{}).talk(t, &smtpd.Server{}, "HELO g%dw\r\n")), "250 company.com greets g%!d(MISSING)w")
		r, have := ours(t, library, nil, "HELO g%dw\r\n", mail, rcpt, data, ".\r\n", "EHLO g%%dw\r\n")
		same(t, "ours", have[0], "250 company.com greets g%dw")
		same(t, "ours", have[5], "250-company.com greets g%%dw|250-SIZE 0|250 ENHANCEDSTATUSCODES")
		if !strings.HasPrefix(string(r.messages[0].Data), "Received: from g%dw (unknown [11.1.16.16])\r\n") {
			t.Errorf("%q", r.messages[0].Data)
		}
	})
	t.Run("MAIL needs no HELO and may be nested", func(t *testing.T) {
		same(t, "library", last((&bare{}).talk(t, &smtpd.Server{}, mail, mail)), "250 2.1.0 Ok")
		_, have := ours(t, library, nil, mail, helo, mail, mail)
		same(t, "ours", have[0], refuseGreeting)
		same(t, "ours", last(have), refuseNested)
	})
	t.Run("addresses need brackets", func(t *testing.T) {
		same(t, "library", last((&bare{}).talk(t, &smtpd.Server{}, helo, "MAIL FROM:a@b\r\n")), "501 5.5.4 Syntax error in parameters or arguments (invalid FROM parameter)")
		r, have := ours(t, library, nil, helo, "MAIL FROM: a@b\r\n", "RCPT TO:c@d\r\n", data, ".\r\n")
		same(t, "ours", last(have), "250 2.0.0 Ok: queued")
		same(t, "sender", r.messages[0].From, "a@b")
	})
	t.Run("BODY= is taken for a bad SIZE", func(t *testing.T) {
		same(t, "library", last((&bare{}).talk(t, &smtpd.Server{}, helo, "MAIL FROM:<a@b> BODY=8BITMIME\r\n")), "501 5.5.4 Syntax error in parameters or arguments (invalid SIZE parameter)")
		_, have := ours(t, Config{Profile: ProfileLibrary, MaxSize: 1000}, nil, helo, "MAIL FROM:<a@b> X=1\r\n", "MAIL FROM:<a@b> SIZE=x\r\n", "MAIL FROM:<a@b> SIZE=1001\r\n", "MAIL FROM:<a@b> BODY=8BITMIME SIZE=1000\r\n")
		same(t, "ours", strings.Join(have[1:], "|"), refuseOption+"|"+refuseOption+"|"+refuseSize+"|250 2.1.0 Ok")
	})
	t.Run("an address may hold control characters", func(t *testing.T) {
		var b bare
		b.talk(t, &smtpd.Server{}, helo, mail, "RCPT TO:<c\rX-Evil: 1\r@d>\r\n", data, ".\r\n")
		if !strings.Contains(b.messages[0], "c\rX-Evil: 1\r@d") {
			t.Errorf("library: %q", b.messages)
		}
		_, have := ours(t, library, nil, "HELO g\x07w\r\n", helo, "MAIL FROM:<a\x00@b>\r\n", mail, "RCPT TO:<c\rX-Evil: 1\r@d>\r\n")
		same(t, "ours", have[0], refuseName)
		same(t, "ours", have[2], refusePath)
		same(t, "ours", last(have), refusePath)
	})
	t.Run("a refused message leaves its envelope", func(t *testing.T) {
		no := &smtpd.Server{Handler: func(net.Addr, string, []string, []byte) error { return errors.New("554 no") }}
		same(t, "library", last((&bare{}).talk(t, no, helo, mail, rcpt, data, ".\r\n", data)), "354 Start mail input; end with <CR><LF>.<CR><LF>")
		_, have := ours(t, library, []string{`smtp-reply reply="554 no" at=.`}, helo, mail, rcpt, data, ".\r\n", data, mail)
		same(t, "ours", have[5], "503 5.5.1 Bad sequence of commands (MAIL & RCPT required before DATA)")
		same(t, "ours", have[6], "250 2.1.0 Ok")
	})
	t.Run("the rest of a message that is too long runs as commands", func(t *testing.T) {
		long := strings.Repeat("x", 70) + "\r\n"
		// The second write is what the library has not buffered yet.
		have := (&bare{}).talk(t, &smtpd.Server{MaxSize: 100}, helo, mail, rcpt, data, long+long, "RSET\r\n.\r\n")
		same(t, "library", have[4], "552 5.3.4 Requested mail action aborted: exceeded storage allocation (100)")
		same(t, "library", have[5], "250 2.0.0 Ok|500 5.5.2 Syntax error, command unrecognized")
		r, have := ours(t, Config{MaxSize: 100}, nil, helo, mail, rcpt, data, long+long+"RSET\r\n.\r\n", mail, rcpt, data, long+".\r\n")
		same(t, "ours", have[4], refuseSize)
		same(t, "ours", have[8], "250 Mail accepted")
		if len(r.messages) != 1 {
			t.Errorf("%d messages", len(r.messages))
		}
	})
	t.Run("commands have no length", func(t *testing.T) {
		long := "NOOP " + strings.Repeat("x", 600) + "\r\n"
		same(t, "library", last((&bare{}).talk(t, &smtpd.Server{}, long)), "250 2.0.0 Ok")
		_, have := ours(t, library, nil, long, "NOOP "+strings.Repeat("x", 20000)+"\r\n", "NOOP "+strings.Repeat("x", 505)+"\r\n")
		same(t, "ours", strings.Join(have, "|"), refuseLine+"|"+refuseLine+"|250 2.0.0 Ok")
		_, have = ours(t, Config{Loose: true}, nil, long, "NOOP "+strings.Repeat("x", 20000)+"\r\n")
		same(t, "loose", strings.Join(have, "|"), "200 OK|"+refuseLine)
	})
	t.Run("lines of text have no length", func(t *testing.T) {
		long, most := strings.Repeat("x", 999)+"\r\n.\r\n", strings.Repeat("x", 998)+"\r\n.\r\n"
		same(t, "library", last((&bare{}).talk(t, &smtpd.Server{}, helo, mail, rcpt, data, long)), "250 2.0.0 Ok: queued")
		_, have := ours(t, Config{}, nil, helo, mail, rcpt, data, long, mail, rcpt, data, most)
		same(t, "ours", have[4]+"|"+have[8], refuseTextLine+"|250 Mail accepted")
		_, have = ours(t, Config{Loose: true}, nil, helo, mail, rcpt, data, long)
		same(t, "loose", have[4], "250 Mail accepted")
	})
	t.Run("there is no time-out", func(t *testing.T) {
		f := sim.NewForeign((&smtpd.Server{DisableReverseDNS: true, MaxRecipients: 1}).Serve)
		defer f.Close()
		c, hello := f.Dial("11.1.16.16:1024", "11.1.16.15:25")
		same(t, "library", string(hello), "220   ESMTP Service ready\r\n") // and no name either
		if _, open := c.Exchange(nil, nil); !open {
			t.Error("library: closed by itself")
		}
		r := newRig(t, library)
		var said string
		r.client(func(c *client) { c.reply(); said = c.reply() + "|" + c.reply() })
		r.run(5*time.Minute + time.Second)
		same(t, "ours", said, "421 4.4.2 company.com smtpd ESMTP Service closing transmission channel after timeout exceeded|[EOF]")
	})
	t.Run("three Received lines with the real date", func(t *testing.T) {
		var b bare
		b.talk(t, &smtpd.Server{}, helo, mail, rcpt, data, "x\r\n.\r\n")
		if strings.Contains(b.messages[0], "1993") || strings.Count(b.messages[0], "\n") != 4 {
			t.Errorf("library: %q", b.messages)
		}
		r, _ := ours(t, Config{Received: ReceivedNone}, nil, helo, mail, rcpt, data, "x\r\n.\r\n")
		same(t, "none", string(r.messages[0].Data), "x\r\n")
		r, _ = ours(t, Config{Zone: time.UTC}, nil, helo, mail, rcpt, data, "x\r\n.\r\n")
		same(t, "sendmail", string(r.messages[0].Data), "Received: from gw by company.com (4.1/SMI-4.1)\r\n     id AA00001; Tue, 23 Feb 93 17:00:22 UTC\r\nx\r\n")
	})
	t.Run("XCLIENT is accepted from anybody", func(t *testing.T) {
		same(t, "library", last((&bare{}).talk(t, &smtpd.Server{}, "XCLIENT ADDR\r\n")), "250 2.0.0 Ok")
		_, have := ours(t, library, nil, "XCLIENT ADDR\r\n", "STARTTLS\r\n", "AUTH PLAIN\r\n")
		same(t, "ours", strings.Join(have, "|"), "500 5.5.2 Syntax error, command unrecognized|502 5.5.1 Command not implemented|502 5.5.1 Command not implemented")
	})
	t.Run("pipelining passes unnoticed", func(t *testing.T) {
		same(t, "library", last((&bare{}).talk(t, &smtpd.Server{}, helo+mail)), "250 company.com greets gw|250 2.1.0 Ok")
		r, _ := ours(t, library, nil, helo+mail)
		r2, _ := ours(t, library, nil, helo, mail)
		if r.h.Counters().Pipelined != 1 || r2.h.Counters().Pipelined != 0 {
			t.Errorf("pipelined: %d and %d", r.h.Counters().Pipelined, r2.h.Counters().Pipelined)
		}
	})
	t.Run("Shutdown does not wait", func(t *testing.T) {
		srv := &smtpd.Server{DisableReverseDNS: true, MaxRecipients: 1}
		f := sim.NewForeign(srv.Serve)
		defer f.Close()
		c, _ := f.Dial("11.1.16.16:1024", "11.1.16.15:25")
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Errorf("library: %v", err)
		}
		said, open := c.Exchange(nil, []byte("NOOP\r\n"))
		same(t, "library", string(said), "250 2.0.0 Ok\r\n")
		if !open {
			t.Error("library: the session was ended")
		}
		r := newRig(t, library)
		said2 := ""
		r.client(func(c *client) {
			c.begin()
			c.p.Sleep(time.Minute)
			said2 = c.ask("NOOP")
		})
		r.run(time.Second)
		if err := r.h.Close(); err != nil {
			t.Error(err)
		}
		r.run(time.Hour)
		same(t, "ours", said2, "[EOF]")
		if !r.h.Idle() {
			t.Error("ours: a session is left")
		}
	})
	t.Run("an accepted refusal", func(t *testing.T) { // a 2xx error is a success that keeps the envelope
		odd := &smtpd.Server{Handler: func(net.Addr, string, []string, []byte) error { return errors.New("250 fine") }}
		same(t, "library", last((&bare{}).talk(t, odd, helo, mail, rcpt, data, ".\r\n", data)), "354 Start mail input; end with <CR><LF>.<CR><LF>")
		r, have := ours(t, library, []string{`smtp-reply reply="250 fine" at=.`}, helo, mail, rcpt, data, ".\r\n", data)
		same(t, "ours", have[4]+"|"+have[5], "250 fine|503 5.5.1 Bad sequence of commands (MAIL & RCPT required before DATA)")
		if len(r.messages) != 1 {
			t.Error("the message was not taken")
		}
	})
}

func TestBareLF(t *testing.T) {
	const smuggled = "one\n.\r\nMAIL FROM:<evil@x>\r\n.\r\n"
	tests := []struct {
		name, policy, text string
		want               string // text of the messages taken, or the refusal
	}{
		{"pass keeps it", BareLFPass, "a\nb\r\n.\r\n", "a\nb\r\n"},
		{"pass does not end there", BareLFPass, smuggled, "one\n.\r\nMAIL FROM:<evil@x>\r\n"},
		{"pass keeps the dot of a line after it", BareLFPass, "a\n..b\n.c\r\n..d\r\n.\r\n", "a\n..b\n.c\r\n.d\r\n"},
		{"pass takes the dot that begins a real line", BareLFPass, "a\r\n..\nb\r\n.\r\n", "a\r\n.\nb\r\n"},
		{"pass: dot line with bare LF does not end", BareLFPass, "a\r\n.\nb\r\n.\r\n", "a\r\n\nb\r\n"},
		{"refuse", BareLFRefuse, smuggled, refuseText},
		{"refuse takes clean text", BareLFRefuse, "a\r\n..\r\n.\r\n", "a\r\n.\r\n"},
		{"library ends there", BareLFLibrary, "one\n.\r\n", "one\n"},
		{"library drops the dot", BareLFLibrary, "a\n.b\r\n.\n.\r\n", "a\nb\r\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, have := ours(t, Config{BareLF: tt.policy, Received: ReceivedNone}, nil, helo, mail, rcpt, data, tt.text)
			if len(r.messages) == 1 {
				have[4] = string(r.messages[0].Data)
			}
			if have[4] != tt.want {
				t.Errorf("have %q, want %q", have[4], tt.want)
			}
			if tt.policy == BareLFLibrary { // the library itself does the same
				var b bare
				b.talk(t, &smtpd.Server{}, helo, mail, rcpt, data, tt.text)
				if s := string(withoutReceived([]byte(b.messages[0]))); s != tt.want {
					t.Errorf("library: %q", s)
				}
			}
		})
	}
	_, have := ours(t, Config{BareLF: BareLFRefuse}, nil, "HELO gw\n", "NOOP\r\n")
	if have[0] != refuseCommand || have[1] != "200 OK" {
		t.Errorf("command: %q", have)
	}
	_, have = ours(t, Config{}, nil, "NOOP\n")
	if have[0] != "200 OK" {
		t.Errorf("command: %q", have)
	}
}
