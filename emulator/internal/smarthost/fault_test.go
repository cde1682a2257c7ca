package smarthost

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
)

// Each fault of the smart host, at each step of the dialogue, as the gateway
// sees it.
var serverFaultTests = []struct {
	name, fault string
	want        string // the last reply of the first attempt, and when it came
	taken       int
}{
	{"refuse the connection", `smtp-reply reply="421 company.com too busy" at=CONNECT`, "09:00:22 421 company.com too busy", 0},
	{"another greeting", `smtp-reply reply="220 hello" at=CONNECT`, "09:00:22 250 Mail accepted", 1},
	{"refuse HELO", `smtp-reply reply="501 Syntax Error. Domain name missing" at=HELO`, "09:00:22 501 Syntax Error. Domain name missing", 0},
	{"refuse MAIL", `smtp-reply reply="451 net hang reading from GW1" at=MAIL`, "09:00:22 451 net hang reading from GW1", 0}, // Q105289
	{"refuse RCPT", `smtp-reply reply="550 no" at=RCPT`, "09:00:22 550 no", 0},
	{"say yes in other words", `smtp-reply reply="250 yes" at=RCPT`, "09:00:22 250 Mail accepted", 1},
	{"refuse DATA", `smtp-reply reply="451 no" at=DATA`, "09:00:22 451 no", 0},
	{"DATA answered with 250", `smtp-reply reply="250 eh" at=DATA`, "09:00:22 250 eh", 0},
	{"refuse the message", `smtp-reply reply="552 {host} full" at=.`, "09:00:22 552 {host} full", 0},
	{"close after the message", `smtp-reply reply="421 bye" at=.`, "09:00:22 421 bye", 0},
	{"another word for accepted", `smtp-reply reply="250" at=.`, "09:00:22 250", 1},
	{"late for HELO", `smtp-delay delay=45s at=HELO`, "09:01:07 250 Mail accepted", 1},
	{"late for the dot", `smtp-delay delay=45s at=.`, "09:01:07 250 Mail accepted", 1},
	{"late everywhere", `smtp-delay delay=1m`, "09:06:22 250 Mail accepted", 1},
	{"drop at CONNECT", `smtp-drop at=CONNECT`, "09:00:22 [EOF]", 0},
	{"drop at DATA", `smtp-drop at=DATA`, "09:00:22 [EOF]", 0},
	{"drop at the dot", `smtp-drop at=.`, "09:00:22 [EOF]", 0},
	{"stall at CONNECT", `smtp-stall at=CONNECT`, "09:00:22+24h [timed out]", 0},
	{"stall at RCPT", `smtp-stall at=RCPT`, "09:00:22+24h [timed out]", 0},
	{"stall at the dot", `smtp-stall at=.`, "09:00:22+24h [timed out]", 0}, // Q129140
	{"not ours", `smtp-drop at=. who=other.com`, "09:00:22 250 Mail accepted", 1},
}

// tryOnce is one attempt to send a message: its last reply, and when it came.
func tryOnce(r *rig, c *client) string {
	start := r.k.Now()
	have := c.reply()
	for _, line := range []string{"HELO gw", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "x\r\n."} {
		if have[0] == '4' || have[0] == '5' || have[0] == '[' || line[0] == 'x' && have[0] != '3' {
			break
		}
		have = c.ask(line)
	}
	long := ""
	if r.k.Now().Sub(start) >= 24*time.Hour {
		long = "+24h"
	}
	return r.clock() + long + " " + have
}

func TestFaultsAtTheServer(t *testing.T) {
	for _, tt := range serverFaultTests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, Config{}, tt.fault)
			have := ""
			r.client(func(c *client) { have = tryOnce(r, c) })
			r.run(48 * time.Hour)
			if have != tt.want || len(r.messages) != tt.taken {
				t.Errorf("have %q, %d messages", have, len(r.messages))
			}
			if !r.h.Idle() {
				t.Error("a session is left open")
			}
		})
	}
}

// What the gateway reads when the host speaks as another kind of host.
func TestDialects(t *testing.T) {
	usual := []string{"HELO company.com", "MAIL From:<x@y.org>", "RCPT To:<a@hub.company.com>", "DATA", ".", "QUIT"}
	with := func(change map[int]string, lines ...string) []string {
		out := append([]string(nil), lines...)
		for i, s := range change {
			out[i] = s
		}
		return out
	}
	tests := []struct {
		speak, greeting string
		answer          map[string]string
		want            []string
		taken           int
	}{
		{"", "", nil, usual, 1},
		{"bare-lf", "", nil, usual, 1}, // see below for its line ends
		{"ehlo", "", nil, append([]string{"EHLO company.com"}, usual...), 1},
		{"ehlo", "", map[string]string{"EHLO": "close"}, []string{"EHLO company.com"}, 0},
		{"ehlo", "", map[string]string{"EHLO": "250 hello"}, append([]string{"EHLO company.com"}, usual[1:]...), 1},
		{"no-brackets", "", nil, with(map[int]string{1: "MAIL From:x@y.org", 2: "RCPT To:a@hub.company.com"}, usual...), 1},
		{"no-helo-name", "", nil, with(map[int]string{0: "HELO"}, usual...), 1},
		{"out-of-order", "", map[string]string{"MAIL": "503 Bad command sequence"}, append([]string{usual[1]}, usual...), 1},
		{"strict-greeting", "", nil, nil, 0},
		{"strict-greeting", "220 marvgard All set, fire away", nil, []string{"HELO company.com"}, 0},
		{"strict-greeting", "220 marvgard All set, fire away", map[string]string{"HELO": "250 marvgard.company.com Hi there"}, usual, 1},
		{"unknown-command", "", nil, append([]string{usual[0], "VERB"}, usual[1:]...), 1},
		{"unknown-command", "", map[string]string{"VERB": "close"}, []string{usual[0], "VERB"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.speak+tt.greeting, func(t *testing.T) {
			var rules []string
			if tt.speak != "" {
				rules = append(rules, "smtp-speak as="+tt.speak)
			}
			r := newRig(t, routed(Config{}), rules...)
			once := map[string]string{}
			for k, v := range tt.answer {
				once[k] = v
			}
			g := r.gateway(gatewayIP, &gateway{greeting: tt.greeting, answer: func(line string) string {
				verb := line[:min(4, len(line))]
				reply := once[verb]
				delete(once, verb)
				return reply
			}})
			r.h.Submit("x@y.org", []string{"a@hub.company.com"}, letter("one"))
			r.run(20 * time.Minute)
			if d := cmp.Diff(tt.want, g.lines); d != "" {
				t.Error(d)
			}
			if len(g.got) != tt.taken || len(r.h.Queue()) != 1-tt.taken {
				t.Errorf("taken %q, queue %+v", g.got, r.h.Queue())
			}
		})
	}
}

func TestBareLFDialectHasNoCR(t *testing.T) {
	r := newRig(t, routed(Config{Speak: "bare-lf", Received: ReceivedNone}))
	var all strings.Builder
	l, err := r.k.Net().Listen(gatewayIP + ":25")
	if err != nil {
		t.Fatal(err)
	}
	r.k.Go("GW1", func(p *sim.Proc) {
		s, _ := l.Accept(p, -1)
		c := &client{p: p, s: s}
		c.send("220 hello\r\n")
		for {
			var b [512]byte
			n, err := s.Read(p, b[:], time.Hour)
			if err != nil {
				return
			}
			all.Write(b[:n])
			switch text := string(b[:n]); {
			case text == "DATA\n":
				c.send("354 go\r\n")
			default:
				c.send("250 ok\r\n")
			}
		}
	})
	r.h.Submit("x@y", []string{"a@hub.company.com"}, []byte("Subject: x\r\n\r\n.dot\r\nend"))
	r.run(time.Hour)
	want := "HELO company.com\nMAIL From:<x@y>\nRCPT To:<a@hub.company.com>\nDATA\nSubject: x\n\n..dot\nend\n.\nQUIT\n"
	if d := cmp.Diff(want, all.String()); d != "" {
		t.Error(d)
	}
}

func TestEveryDialectIsSpoken(t *testing.T) {
	ours := []string{speakBareLF, speakEHLO, speakNoBrackets, speakNoName, speakOutOfOrder, speakStrict, speakUnknown}
	var all []string
	for _, d := range fault.Dialects {
		all = append(all, d.Name)
	}
	if d := cmp.Diff(all, ours); d != "" {
		t.Error(d)
	}
}

func TestTranscriptKeepsTheLastLines(t *testing.T) {
	r := newRig(t, Config{Transcript: 3})
	r.client(func(c *client) {
		c.reply()
		c.ask("HELO a\x01b")
		c.ask("HELO gw")
		c.ask("NOOP")
	})
	r.run(time.Hour)
	want := "[tx] 250 company.com Hello gw ([11.1.16.16]), pleased to meet you\n[rx] NOOP\n[tx] 200 OK\n"
	if d := cmp.Diff(want, r.dialogue()); d != "" {
		t.Error(d)
	}
	if have := printable([]byte("HELO a\x01b\r\n")); have != `HELO a\x01b` {
		t.Error(have)
	}
}
