package smarthost

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// outcome is all that a run of a host shows.
func outcome(t *testing.T, cfg Config, faults []string, play func(*rig, *client)) string {
	t.Helper()
	r := newRig(t, cfg, faults...)
	ended := false
	r.client(func(c *client) { play(r, c); ended = true })
	r.run(72 * time.Hour)
	var b strings.Builder
	fmt.Fprintf(&b, "%sended %v, idle %v, %s\n", r.dialogue(), ended, r.h.Idle(), r.counts())
	for _, d := range r.delivered {
		b.WriteString(d + "\n")
	}
	for _, m := range r.messages {
		fmt.Fprintf(&b, "%s %q %q %s %d %q\n", m.ID, m.From, m.To, m.Peer, m.Time, m.Data)
	}
	fmt.Fprintf(&b, "digest %016x", r.k.Digest())
	return b.String()
}

// sameVoice plays a dialogue to a host with the library and to one without.
func sameVoice(t *testing.T, cfg Config, faults []string, play func(*rig, *client)) string {
	t.Helper()
	library := outcome(t, cfg, faults, play)
	cfg.Native = true
	native := outcome(t, cfg, faults, play)
	if d := cmp.Diff(library, native); d != "" {
		t.Errorf("-library +native:\n%s", d)
	}
	return native
}

// Nobody can tell from what a host says, keeps and counts whether the library
// is behind it.
func TestNativeAnswersAsTheLibrary(t *testing.T) {
	for _, tt := range replyTests {
		t.Run(tt.name, func(t *testing.T) {
			sameVoice(t, tt.cfg, nil, func(_ *rig, c *client) { askAll(t, tt.lines)(c) })
		})
	}
	for _, tt := range serverFaultTests {
		t.Run(tt.name, func(t *testing.T) {
			have := ""
			sameVoice(t, Config{}, []string{tt.fault}, func(r *rig, c *client) { have = tryOnce(r, c) })
			if have != tt.want {
				t.Errorf("have %q", have)
			}
		})
	}
}

func TestNativeTakesTextsAsTheLibrary(t *testing.T) {
	const head = "HELO gw\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"
	const again = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nagain\r\n.\r\nQUIT\r\n"
	line := strings.Repeat("x", 998)
	many := func(n int) string {
		var b strings.Builder
		for i := 0; i < n; i++ {
			fmt.Fprintf(&b, "RCPT TO:<user%d@d>\r\n", i)
		}
		return b.String()
	}
	tests := []struct {
		name   string
		cfg    Config
		faults []string
		lines  string // all that the client says
		want   string // part of the outcome; "": the client goes without waiting for any
	}{
		{"dots", Config{}, nil, head + "DATA\r\n..\r\n.one\r\n...\r\nx.\r\n \r\n..\r\n.\r\n" + again, `\r\n.\r\none\r\n..\r\nx.\r\n \r\n.\r\n"`},
		{"empty", Config{}, nil, head + "DATA\r\n.\r\n" + again, "250 Mail accepted"},
		{"bare LF", Config{}, nil, head + "DATA\r\na\nb\n.\r\n.c\n..\n.\n.d\r\n.\r\n" + again, `a\nb\n.\r\nc\n..\n.\n.d\r\n"`},
		{"bare LF before the dot", Config{}, nil, head + "DATA\r\na\n.\n.\r\nb\r\n.\r\n" + again, `a\n.\n.\r\nb\r\n"`},
		{"bare LF refused", Config{BareLF: BareLFRefuse}, nil, head + "DATA\r\na\nb\r\n.\r\n" + again, refuseText},
		{"bare LF as the library", Config{BareLF: BareLFLibrary}, nil, head + "DATA\r\na\n.b\n..\n.\r\n" + again, `a\nb\n.\n"`},
		{"bare CR", Config{}, nil, head + "DATA\r\na\r.\rb\r\r\n.\r.\r\n.\r\n" + again, `a\r.\rb\r\r\n\r.\r\n"`},
		{"bare LF commands", Config{}, nil, strings.ReplaceAll(head, "\r", "") + "DATA\nx\r\n.\r\n" + again, "250 Mail accepted"},
		{"longest line", Config{}, nil, head + "DATA\r\n" + line + "\r\n.\r\n" + again, line + `\r\n"`},
		{"longest line with its dot", Config{}, nil, head + "DATA\r\n." + line[1:] + "\r\n.\r\n" + again, "250 Mail accepted"},
		{"long line", Config{}, nil, head + "DATA\r\n" + line + "x\r\n.\r\n" + again, refuseTextLine},
		{"long line, loose", Config{Loose: true}, nil, head + "DATA\r\n" + line + line + line + line + line + "\r\n.\r\n" + again, line + line + `\r\n"`},
		{"long command", Config{}, nil, "HELO gw\r\nNOOP " + line + "\r\n" + again, refuseLine},
		{"longer than a buffer", Config{}, nil, head + "DATA\r\n" + strings.Repeat("..row\r\n", 3000) + ".\r\n" + again, `\r\n.row\r\n`},
		{"too large", Config{MaxSize: 100}, nil, head + "DATA\r\n" + line + "\r\n.\r\n" + again, "552 Message exceeds maximum fixed size"},
		{"announced too large", Config{MaxSize: 100}, nil, "HELO gw\r\nMAIL FROM:<a@b> SIZE=101\r\n" + again, "552 Message exceeds maximum fixed size"},
		{"100 recipients", Config{}, nil, "HELO gw\r\nMAIL FROM:<a@b>\r\n" + many(100) + "DATA\r\nx\r\n.\r\n" + again, "user99@d: "},
		{"101 recipients", Config{}, nil, "HELO gw\r\nMAIL FROM:<a@b>\r\n" + many(101) + "DATA\r\nx\r\n.\r\n" + again, "452 Too many recipients"},
		{"more at one of a thousand", Config{MaxRecipients: 1000}, nil, "HELO gw\r\nMAIL FROM:<a@b>\r\n" + many(101) + "DATA\r\nx\r\n.\r\n" + again, "user100@d: "},
		{"one unknown of three", Config{LocalUsers: []string{"root"}}, nil,
			"HELO gw\r\nMAIL FROM:<a@b>\r\nRCPT TO:<root@company.com>\r\nRCPT TO:<no@company.com>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n" + again, "550 <no@company.com>... User unknown"},
		{"only an unknown one", Config{LocalUsers: []string{"root"}}, nil, "HELO gw\r\nMAIL FROM:<a@b>\r\nRCPT TO:<no@company.com>\r\nDATA\r\nRSET\r\n" + again, "503 Bad sequence of commands"},
		{"RSET after an error", Config{}, []string{`smtp-reply reply="552 full" at=. times=1`}, head + "DATA\r\nx\r\n.\r\nRSET\r\n" + again, "250 Reset state"},
		{"on after an error", Config{}, []string{`smtp-reply reply="552 full" at=. times=1`}, head + "DATA\r\nx\r\n.\r\nRCPT TO:<e@f>\r\nDATA\r\n" + again, "503 Bad sequence of commands"},
		{"on after a refused text", Config{BareLF: BareLFRefuse}, nil, head + "DATA\r\na\nb\r\n.\r\nDATA\r\n" + again, "503 Bad sequence of commands"},
		{"recipients do not outlast RSET", Config{}, nil, head + "RSET\r\nMAIL FROM:<a@b>\r\nDATA\r\nRCPT TO:<e@f>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n", `["e@f"]`},
		{"nor HELO", Config{}, nil, head + "HELO gw\r\nDATA\r\n" + again, "503 Bad sequence of commands"},
		{"nor a new MAIL of a loose host", Config{Loose: true}, nil, head + "MAIL FROM:<e@f>\r\nDATA\r\nRCPT TO:<g@h>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n", `"e@f" ["g@h"]`},
		{"a second MAIL", Config{}, nil, head + "MAIL FROM:<e@f>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n", refuseNested},
		{"HELP, EXPN and others", Config{}, nil, "HELP\r\nEXPN all\r\nVRFY x\r\nNOOP y\r\nRSET z\r\nSTARTTLS\r\nAUTH LOGIN\r\nTURN\r\nQUIT now\r\n", "502 Command not implemented"},
		{"paths without brackets", Config{}, nil, "HELO gw\r\nMAIL FROM: a@b\r\nRCPT TO:c@d\r\nDATA\r\nx\r\n.\r\nQUIT\r\n", `"a@b" ["c@d"]`},
		{"odd paths", Config{}, nil, "HELO 100%d\r\nMAIL FROM:<\"a\\\"<b>\"@c>\r\nRCPT TO:<\"x <to:<y>> z\"@c>\r\nRCPT TO:<@r:a%b@c>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n", `["\"x <to:<y>> z\"@c" "@r:a%b@c"]`},
		{"null sender", Config{}, nil, "HELO gw\r\nMAIL FROM:<>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n", `"" ["c@d"]`},
		{"hang up between commands", Config{}, nil, head, ""},
		{"hang up in a text", Config{}, nil, head + "DATA\r\nhalf a mess", "354 Enter mail"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, pieces := range []int{len(tt.lines), 7} {
				have := sameVoice(t, tt.cfg, tt.faults, func(r *rig, c *client) {
					c.reply()
					for rest := tt.lines; len(rest) > 0; {
						n := min(pieces, len(rest))
						c.send(rest[:n])
						rest = rest[n:]
					}
					if tt.want == "" {
						return
					}
					c.s.CloseWrite(c.p)
					for c.reply()[0] != '[' {
					}
				})
				if !strings.Contains(have, tt.want) {
					t.Errorf("no %q in:\n%.3000s", tt.want, have)
				}
			}
		})
	}
}

func TestNativeTimesOutAsTheLibrary(t *testing.T) {
	for _, lines := range []string{"", "HELO gw\r\nMAIL FR", "HELO gw\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhalf a mess"} {
		have := sameVoice(t, Config{Timeouts: Timeouts{Text: 2 * time.Minute}}, nil, func(r *rig, c *client) {
			c.send(lines)
			for c.reply()[0] != '[' {
			}
		})
		if !strings.Contains(have, "421 company.com timeout waiting for input") {
			t.Errorf("%q: %s", lines, have)
		}
	}
}

// Whatever a client says, both answer the same.
func FuzzNative(f *testing.F) {
	f.Add([]byte("HELO gw\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n..x\n.y\r\n.\r\nQUIT\r\n"), uint8(0))
	f.Add([]byte("MAIL FROM:a@b\nRCPT TO:<\"a>\"@d>\nRCPT TO:<no@company.com>\nRSET\nDATA\nRCPT TO:<a>\nDATA\n.\n.\r\nHELP\nVRFY x\n"), uint8(7))
	f.Fuzz(func(t *testing.T, said []byte, how uint8) {
		if len(said) > 5000 {
			return
		}
		cfg := Config{Loose: how&1 != 0, MaxRecipients: 2, MaxSize: 2000, LocalUsers: []string{"root"}}
		switch {
		case how&2 != 0:
			cfg.BareLF = BareLFRefuse
		case how&4 != 0:
			cfg.BareLF = BareLFLibrary
		}
		sameVoice(t, cfg, nil, func(_ *rig, c *client) {
			c.send(string(said))
			c.s.CloseWrite(c.p)
			for c.reply()[0] != '[' {
			}
		})
	})
}
