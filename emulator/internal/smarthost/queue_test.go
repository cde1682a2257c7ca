package smarthost

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/sim"
	"gwkit/emulator/trace"
)

func routed(cfg Config) Config {
	cfg.Routes = append(cfg.Routes, Route{"hub.company.com", gatewayIP, "marvgard"}, Route{".sales.company.com", gatewayIP, ""})
	return cfg
}

// The dialogue in which Q112286 shows a smart host calling the gateway.
func TestCallIsThatOfTheArticle(t *testing.T) {
	r := newRig(t, routed(Config{}))
	r.gateway(gatewayIP, &gateway{})
	r.h.Submit("root@company.com", []string{"admin@hub.company.com"}, letter("one"))
	r.run(time.Hour)
	want := `[rx] 220 All set, fire away
[tx] HELO company.com
[rx] 250 Hi there, pleased to meet you
[tx] MAIL From:<root@company.com>
[rx] 250 Sender OK
[tx] RCPT To:<admin@hub.company.com>
[rx] 250 Recipient OK
[tx] DATA
[rx] 354 Start mail input; end with <CRLF>.<CRLF>
[tx] ...message body...
[tx] .
[rx] 250
[tx] QUIT
[rx] 221 See you later
`
	if d := cmp.Diff(want, r.dialogue()); d != "" {
		t.Error(d)
	}
	if !r.h.Idle() {
		t.Error("not idle")
	}
}

func TestMailFindsItsWay(t *testing.T) {
	cfg := Config{
		Routes: []Route{{"hub.company.com", gatewayIP, ""}, {".sales.company.com", gatewayIP, ""},
			{".east.sales.company.com", "11.1.16.17", ""}},
		Aliases:      []Alias{{"sparky@company.com", "sparky@hub.company.com"}, {"all", "Sparky@company.com"}, {"ring@x", "gnir@x"}, {"gnir@x", "ring@x"}},
		LocalDomains: []string{"unix.company.com"},
	}
	tests := []struct{ to, want string }{
		{"a@hub.company.com", gatewayIP + " a@hub.company.com"},
		{"a@HUB.Company.COM", gatewayIP + " a@HUB.Company.COM"},
		{"a@sub.hub.company.com", "here a@sub.hub.company.com"}, // an exact domain stands for itself only
		{"a@sales.company.com", "here a@sales.company.com"},
		{"a@x.sales.company.com", gatewayIP + " a@x.sales.company.com"},
		{"a@x.east.sales.company.com", "11.1.16.17 a@x.east.sales.company.com"},
		{"a@east.sales.company.com", gatewayIP + " a@east.sales.company.com"},
		{"sparky@company.com", gatewayIP + " sparky@hub.company.com"},
		{"ALL", gatewayIP + " sparky@hub.company.com"},
		{"@relay,@other:a@hub.company.com", gatewayIP + " a@hub.company.com"},
		{"root", "here root"},
		{"root@unix.company.com", "here root@unix.company.com"},
		{"a@world.org", "here a@world.org"},
		{"ring@x", "here ring@x"},
		{`"a@hub.company.com"@world.org`, `here "a@hub.company.com"@world.org`},
		{"", "here "},
	}
	for _, tt := range tests {
		t.Run(tt.to, func(t *testing.T) {
			r := newRig(t, cfg)
			r.h.Submit("x@y", []string{tt.to}, letter("one"))
			have := "nowhere"
			if q := r.h.Queue(); len(q) == 1 {
				have = strings.TrimSuffix(q[0].Dest, ":25") + " " + q[0].To[0]
			}
			if len(r.delivered) == 1 {
				have = "here " + strings.TrimSuffix(r.delivered[0], ": one")
			}
			if have != tt.want {
				t.Errorf("have %q, want %q", have, tt.want)
			}
		})
	}
}

func TestInternetMailGoesToTheRelay(t *testing.T) {
	r := newRig(t, routed(Config{Relay: "11.1.16.99"}))
	g := r.gateway("11.1.16.99", &gateway{})
	r.h.Submit("x@y", []string{"a@world.org", "b@company.com"}, letter("one"))
	r.run(time.Hour)
	if d := cmp.Diff([]string{"one"}, g.got); d != "" || len(r.delivered) != 1 {
		t.Errorf("%s delivered %q", d, r.delivered)
	}
}

func TestEqualRecipientsGetOneCopy(t *testing.T) {
	r := newRig(t, routed(Config{Aliases: []Alias{{"sparky@company.com", "sparky@hub.company.com"}}}))
	g := r.gateway(gatewayIP, &gateway{})
	r.h.Submit("x@y", []string{"sparky@company.com", "Sparky@hub.company.com", "b@hub.company.com"}, letter("one"))
	r.run(time.Hour)
	if len(g.got) != 1 || r.h.Counters().Sent != 2 {
		t.Errorf("%q, %s", g.lines, r.counts())
	}
}

func TestDotsAndLineEndsSurvive(t *testing.T) {
	for _, text := range []string{"Subject: x\r\n\r\n.\r\n..\r\na.b\r\n", ".\r\n", "no end", "", strings.Repeat("0123456789.\r\n.x\r\n", 1000)} {
		r := newRig(t, routed(Config{Received: ReceivedNone}))
		g := r.gateway(gatewayIP, &gateway{})
		r.h.Submit("x@y", []string{"a@hub.company.com"}, []byte(text))
		r.run(time.Hour)
		want := strings.ReplaceAll("\n"+text, "\n.", "\n..")[1:] // as it is on the line
		if !strings.HasSuffix(want, "\r\n") && want != "" {
			want += "\r\n"
		}
		if want == "" {
			want = "\r\n" // the fake gateway ends an empty text so
		}
		if len(g.raw) != 1 || g.raw[0] != want {
			t.Errorf("%.40q: have %.80q", text, g.raw)
		}
	}
}

func TestQueueHoldsAcrossDowntime(t *testing.T) {
	r := newRig(t, routed(Config{}))
	send := func(subject string) {
		r.h.Submit("x@y", []string{"a@hub.company.com"}, letter(subject))
	}
	send("one")
	send("two")
	r.run(20 * time.Minute)
	send("three") // the host is known to be down: no attempt for this one
	q := r.h.Queue()
	if len(q) != 3 || q[0].Tries != 1 || q[0].Why != "timed out" || q[1].Tries != 1 || q[2].Tries != 0 || r.h.Idle() {
		t.Fatalf("%+v", q)
	}
	if at := time.Unix(0, int64(q[0].Next)).In(pst).Format("15:04:05"); at != "09:31:37" {
		t.Errorf("next attempt at %s", at)
	}
	r.run(45 * time.Minute) // a second attempt at 09:31, the third one is due an hour later
	g := r.gateway(gatewayIP, &gateway{})
	r.run(3 * time.Hour)
	if d := cmp.Diff([]string{"one", "two", "three"}, g.got); d != "" {
		t.Error(d)
	}
	if g.sessions != 1 || g.at[0] != "10:32:52" || !r.h.Idle() || len(r.delivered) != 0 {
		t.Errorf("%d sessions at %v, idle %v, %q", g.sessions, g.at, r.h.Idle(), r.delivered)
	}
}

func TestRunQueueDoesNotWait(t *testing.T) {
	r := newRig(t, routed(Config{}))
	r.h.Submit("x@y", []string{"a@hub.company.com"}, letter("one"))
	r.run(10 * time.Minute)
	g := r.gateway(gatewayIP, &gateway{})
	r.h.RunQueue()
	r.run(time.Second)
	if len(g.got) != 1 {
		t.Errorf("%+v", r.h.Queue())
	}
}

func TestSessionLimits(t *testing.T) {
	for _, tt := range []struct {
		name                            string
		parallel, limit, sessions, most int
	}{
		{"one at a time", 0, 0, 2, 1},
		{"few messages in a session", 0, 4, 3, 1},
		{"several at a time", 2, 6, 2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, routed(Config{Parallel: tt.parallel, SessionLimit: tt.limit}))
			open, most := 0, 0
			g := r.gateway(gatewayIP, &gateway{many: true, answer: func(line string) string {
				open = 0
				for _, it := range r.h.Queue() {
					if it.Sending {
						open++
					}
				}
				most = max(most, open)
				return ""
			}})
			for i := 0; i < 12; i++ {
				r.h.Submit("x@y", []string{"a@hub.company.com"}, letter(fmt.Sprint(i)))
			}
			r.run(time.Hour)
			if g.sessions != tt.sessions || most != tt.most || len(r.h.Queue()) > 0 {
				t.Errorf("%d sessions, %d at a time, %d wait", g.sessions, most, len(r.h.Queue()))
			}
		})
	}
}

// What the gateway answers to each step, and what becomes of the mail.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name, verb, reply string
		tries             int // refusals before the gateway takes it; 9: always
		sent              int
		returned          string // subject of returned mail
		queue             string // what the queue says after 10 minutes
	}{
		{"unknown recipient", "RCPT To:<b@", "550 Addressee unknown", 9, 1, "Returned mail: User unknown", ""},
		{"recipient later", "RCPT To:<b@", "451 later", 1, 2, "", "b@hub.company.com: 451 later"},
		{"sender refused", "MAIL", "550 no", 9, 0, "Returned mail: Service unavailable", ""},
		{"sender later", "MAIL", "451 net hang reading", 1, 2, "", "a@hub.company.com b@hub.company.com: 451 net hang reading"},
		{"data refused", "DATA", "554 no", 9, 0, "Returned mail: Service unavailable", ""},
		{"data later", "DATA", "451 x", 1, 2, "", "a@hub.company.com b@hub.company.com: 451 x"},
		{"data answered with nonsense", "DATA", "250 x", 1, 2, "", "a@hub.company.com b@hub.company.com: unexpected reply to DATA: 250 x"},
		{"delivery failed", ".", "552 Error in local delivery", 9, 0, "Returned mail: Service unavailable", ""}, // Q115495
		{"delivery later", ".", "452 x", 1, 2, "", "a@hub.company.com b@hub.company.com: 452 x"},
		{"closing at the recipient", "RCPT To:<b@", "421 bye", 1, 2, "", "a@hub.company.com b@hub.company.com: 421 bye"},
		{"closing at the dot", ".", "421 bye", 1, 2, "", "a@hub.company.com b@hub.company.com: 421 bye"},
		{"HELO refused", "HELO", "550 no", 1, 2, "", "a@hub.company.com b@hub.company.com: 550 no"},
		{"no reply but a line", "HELO", "what?", 1, 2, "", "a@hub.company.com b@hub.company.com: bad reply"},
		{"closed at MAIL", "MAIL", "close", 1, 2, "", "a@hub.company.com b@hub.company.com: EOF"},
		{"silent at HELO", "HELO", "stall", 1, 2, "", "a@hub.company.com b@hub.company.com: timed out"},
		{"silent at DATA", "DATA", "stall", 1, 2, "", "a@hub.company.com b@hub.company.com: timed out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, routed(Config{}))
			left := tt.tries
			g := r.gateway(gatewayIP, &gateway{answer: func(line string) string {
				if strings.HasPrefix(line, tt.verb) && left > 0 {
					left--
					return tt.reply
				}
				return ""
			}})
			r.h.Submit("x@y", []string{"a@hub.company.com", "b@hub.company.com"}, letter("one"))
			r.run(10 * time.Minute)
			queue := ""
			for _, it := range r.h.Queue() {
				queue = strings.Join(it.To, " ") + ": " + it.Why
			}
			if queue != tt.queue {
				t.Errorf("queue %q, want %q", queue, tt.queue)
			}
			r.run(24 * time.Hour)
			var returned string
			for _, s := range r.delivered {
				returned = strings.TrimPrefix(s, "x@y: ")
			}
			if c := r.h.Counters(); c.Sent != tt.sent || returned != tt.returned || len(r.h.Queue()) > 0 {
				t.Errorf("sent %d, returned %q, %d wait; gateway read %q", c.Sent, returned, len(r.h.Queue()), g.lines)
			}
		})
	}
}

func TestReturnedMail(t *testing.T) {
	r := newRig(t, routed(Config{}))
	r.gateway(gatewayIP, &gateway{answer: func(line string) string {
		if strings.HasPrefix(line, "RCPT To:<nobody") {
			return "550 Addressee unknown"
		}
		return ""
	}})
	r.h.Submit("x@y.org", []string{"a@hub.company.com", "nobody@hub.company.com"}, letter("one"))
	r.run(time.Hour)
	want := `Received: by company.com (4.1/SMI-4.1)
     id AA00002; Tue, 23 Feb 93 09:00:22 PST
Date: Tue, 23 Feb 93 09:00:22 PST
From: MAILER-DAEMON@company.com (Mail Delivery Subsystem)
Subject: Returned mail: User unknown
Message-Id: <9302231700.AA00002@company.com>
To: x@y.org

   ----- Transcript of session follows -----
While talking to 11.1.16.16:
>>> RCPT To:<nobody@hub.company.com>
<<< 550 Addressee unknown
554 <nobody@hub.company.com>... User unknown

   ----- Unsent message follows -----
Received: by company.com (4.1/SMI-4.1)
     id AA00001; Tue, 23 Feb 93 09:00:22 PST
Subject: one

hello
`
	if len(r.messages) != 1 {
		t.Fatalf("%q", r.delivered)
	}
	m := r.messages[0]
	if d := cmp.Diff(want, strings.ReplaceAll(string(m.Data), "\r\n", "\n")); d != "" {
		t.Error(d)
	}
	if m.From != "" || !m.Returned {
		t.Errorf("from %q, returned %v", m.From, m.Returned)
	}
}

// Mail with the null sender, and returned mail, is not returned again.
func TestReturnedMailIsNotReturned(t *testing.T) {
	for _, from := range []string{"", "nobody@hub.company.com"} {
		r := newRig(t, routed(Config{}))
		r.gateway(gatewayIP, &gateway{answer: func(line string) string {
			if strings.HasPrefix(line, "RCPT") {
				return "550 Addressee unknown"
			}
			return ""
		}})
		r.h.Submit(from, []string{"x@hub.company.com"}, letter("one"))
		r.run(time.Hour)
		if len(r.delivered) != 1 || !strings.HasPrefix(r.delivered[0], "postmaster@company.com: ") || r.h.Counters().Dropped != 1 || !r.h.Idle() {
			t.Errorf("%q: %q, %s", from, r.delivered, r.counts())
		}
	}
}

func TestMailGetsTooOld(t *testing.T) {
	for _, tt := range []struct {
		name, subject string
		cfg           Config
		after         time.Duration // it is returned not before this
	}{
		{"age", "Returned mail: Cannot send message for 3 days", Config{}, 72 * time.Hour},
		{"age set", "Returned mail: Cannot send message for 1 day", Config{MaxAge: 24 * time.Hour}, 24 * time.Hour},
		{"tries", "Returned mail: Cannot send message", Config{RetryLimit: 3}, 30*time.Minute + time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, routed(tt.cfg))
			r.h.Submit("x@y", []string{"a@hub.company.com"}, letter("one"))
			r.run(tt.after)
			if len(r.delivered) != 0 {
				t.Errorf("too early: %q", r.delivered)
			}
			r.run(5 * time.Hour)
			if d := cmp.Diff([]string{"x@y: " + tt.subject}, r.delivered); d != "" || !r.h.Idle() {
				t.Errorf("%s %+v", d, r.h.Queue())
			}
		})
	}
}

// The reply to the final dot is lost: the next attempt makes a second copy.
func TestLostReplyMakesACopy(t *testing.T) {
	r := newRig(t, routed(Config{}))
	rec := &trace.Recorder{}
	r.k.SetSink(rec)
	lost := true
	taken := 0
	r.gateway(gatewayIP, &gateway{answer: func(line string) string {
		if line == "." {
			taken++
			if lost {
				lost = false
				return "close"
			}
		}
		return ""
	}})
	r.h.Submit("x@y", []string{"a@hub.company.com"}, letter("one"))
	r.run(2 * time.Hour)
	if taken != 2 || r.h.Counters().Uncertain != 1 || !r.h.Idle() {
		t.Errorf("taken %d, %s", taken, r.counts())
	}
	var ops []string
	for _, e := range rec.Events() {
		ops = append(ops, e.Op+" "+e.Object+" "+e.Result)
	}
	want := []string{
		"submit AA00001 ", "queue AA00001 a@hub.company.com 11.1.16.16:25", "call 11.1.16.16:25 ",
		"uncertain AA00001 EOF", "lost 11.1.16.16:25 EOF", "defer AA00001 EOF",
		"call 11.1.16.16:25 ", "send AA00001 a@hub.company.com ",
	}
	if d := cmp.Diff(want, ops[:len(want)]); d != "" {
		t.Error(d)
	}
}

func TestMailLoopEnds(t *testing.T) {
	r := newRig(t, routed(Config{}))
	r.gateway(gatewayIP, &gateway{})
	field := "Received: by x\r\n     id 1\r\n"
	r.h.Submit("x@y", []string{"a@hub.company.com"}, append([]byte(strings.Repeat(field, 16)), letter("fine")...))
	r.h.Submit("x@y", []string{"a@hub.company.com"}, append([]byte(strings.Repeat(field, 17)), letter("loop")...))
	r.run(time.Hour)
	if d := cmp.Diff([]string{"x@y: Returned mail: Too many hops"}, r.delivered); d != "" || r.h.Counters().Sent != 1 {
		t.Errorf("%s%s", d, r.counts())
	}
}

// A gateway that loses its power in mid-session is called again later.
func TestPowerCutOfTheGateway(t *testing.T) {
	r := newRig(t, routed(Config{}))
	g := r.gateway(gatewayIP, &gateway{answer: func(line string) string {
		if line == "DATA" {
			r.k.Net().PowerOff(gatewayIP)
		}
		return ""
	}})
	r.h.Submit("x@y", []string{"a@hub.company.com"}, letter("one"))
	r.run(10 * time.Minute)
	if q := r.h.Queue(); len(q) != 1 || q[0].Why != "timed out" || q[0].Sending {
		t.Fatalf("%+v", q)
	}
	r.k.Net().PowerOn(gatewayIP)
	g = r.gateway(gatewayIP, &gateway{})
	r.run(2 * time.Hour)
	if len(g.got) != 1 {
		t.Errorf("%+v", r.h.Queue())
	}
	if stop := r.k.Run(sim.Forever); stop != sim.StopIdle {
		t.Errorf("run stopped: %v", stop)
	}
}
