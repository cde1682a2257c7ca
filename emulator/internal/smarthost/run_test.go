package smarthost

import (
	"fmt"
	"io"
	"net"
	"net/smtp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mhale/smtpd"
	"go.uber.org/goleak"

	"gwkit/emulator/fault"
	"gwkit/emulator/internal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// busy is a run with much going on at once; the digest says all of it.
func busy(t *testing.T) uint64 {
	r := newRig(t, routed(Config{LocalUsers: []string{"root"}}),
		`smtp-delay delay=45s at=. every=3`, `smtp-drop at=DATA nth=5 times=1`, `smtp-reply reply="451 later" at=RCPT every=7`,
		`smtp-speak as=ehlo every=2`, `smtp-stall at=. nth=9 times=1`, `net-reset at=11.1.16.16:25 op=send nth=40 times=1`)
	r.k.Net().Link = sim.Link{Delay: 3 * time.Millisecond, BytesPerSecond: 100000}
	rnd := r.k.Rand("gateway")
	r.gateway(gatewayIP, &gateway{answer: func(line string) string {
		if n := rnd.Intn(12); n < 3 {
			return []string{"452 later", "552 no", "close"}[n]
		}
		return ""
	}})
	for i := 0; i < 8; i++ {
		r.client(func(c *client) {
			c.p.Sleep(rnd.Duration(time.Minute))
			c.begin()
			for j := 0; j < 4; j++ {
				to := []string{"a@hub.company.com", "root@company.com", "nobody@company.com", "b@world.org"}[(i+j)%4]
				c.mail(fmt.Sprintf("u%d@hub.company.com", i), to, strings.Repeat("line\r\n", i*j))
			}
			c.ask("QUIT")
		})
	}
	r.run(100 * time.Hour)
	if !r.h.Idle() {
		t.Errorf("not idle: %+v", r.h.Queue())
	}
	return r.k.Digest()
}

func TestRunsAreTheSame(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	var first uint64
	for i := 0; i < 20; i++ {
		runtime.GOMAXPROCS(1 + i%2)
		switch d := busy(t); {
		case i == 0:
			first = d
		case d != first:
			t.Fatalf("run %d: digest %x, the first had %x", i, d, first)
		}
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	for _, kernelFirst := range []bool{true, false} {
		r := newRig(t, routed(Config{}), `smtp-stall at=DATA`)
		r.gateway(gatewayIP, &gateway{answer: func(string) string { return "stall" }})
		r.client(func(c *client) { c.reply() })
		r.client(func(c *client) { c.begin(); c.mail("a@b", "c@d", "x") })
		r.h.Submit("x@y", []string{"a@hub.company.com"}, letter("one"))
		r.run(time.Minute)
		if r.h.Idle() {
			t.Error("idle in mid-session")
		}
		if kernelFirst {
			r.k.Close()
		}
		if err := r.h.Close(); err != nil {
			t.Error(err)
		}
		if err := r.h.Close(); err != nil {
			t.Error(err)
		}
		if !kernelFirst {
			if stop := r.k.Run(r.k.Now().Add(100 * time.Hour)); stop == sim.StopPanic {
				t.Error(r.k.Err())
			}
		}
	}
	goleakWithin(t)
}

// goleakWithin also catches what a single test leaves.
func goleakWithin(t *testing.T) {
	t.Helper()
	if err := goleak.Find(); err != nil && strings.Contains(err.Error(), "smtpd") {
		t.Error(err)
	}
}

// The same host behind a real socket, with the standard library's client,
// which begins with EHLO.
func TestRealClient(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, Config{})
	r.k.Pace(1)
	r.k.Net().ListenReal(hostIP+":25", l)
	stop := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		defer close(stop)
		done <- smtp.SendMail(l.Addr().String(), nil, "a@b", []string{"c@d"}, letter("one"))
	}()
	if s := r.k.Serve(stop); s != sim.StopHalted {
		t.Errorf("stopped: %v", s)
	}
	if err := <-done; err != nil || len(r.delivered) != 1 || r.delivered[0] != "c@d: one" {
		t.Errorf("%v, delivered %q", err, r.delivered)
	}
}

// FuzzServer sends any bytes in any portions: nothing panics, the session ends
// when the client goes, and what was taken is what a plain reading of the
// protocol gives.
func FuzzServer(f *testing.F) {
	for _, s := range []string{
		"", "\r\n", "HELO gw\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n",
		"HELO %s%d\r\nMAIL FROM:<a%b@c> SIZE=10\r\nRCPT TO:<\"<to:<x>\"@d>\r\nDATA\r\na\n.\r\n..b\r\n.\r\nQUIT\r\n",
		"EHLO x\r\nXCLIENT ADDR\r\nAUTH PLAIN\r\nSTARTTLS\r\nHELP\r\n\x00\xff\r\n", "MAIL FROM:\r\nRCPT TO:<\r\nDATA\r\nDATA",
		strings.Repeat("x", 3000), "helo a\nmail from:a\nrcpt to:b\ndata\n.\n\r\n.\r\n",
	} {
		for n := byte(0); n < 12; n++ {
			f.Add([]byte(s), n)
		}
	}
	policies := []string{BareLFPass, BareLFRefuse, BareLFLibrary}
	f.Fuzz(func(t *testing.T, in []byte, how byte) {
		cfg := Config{BareLF: policies[how%3], Loose: how&4 != 0, MaxSize: 300, Timeouts: Timeouts{Command: time.Minute, Text: time.Minute}}
		if how&8 != 0 {
			cfg.Profile = ProfileLibrary
		}
		r := newRig(t, cfg)
		r.client(func(c *client) {
			portion := 1 + int(how)
			for b := in; len(b) > 0; {
				n := min(portion, len(b))
				c.send(string(b[:n]))
				b = b[n:]
				c.p.Sleep(time.Millisecond)
			}
			if how&16 != 0 {
				for c.reply()[0] != '[' {
				}
			}
		})
		r.run(time.Hour)
		if !r.h.Idle() {
			t.Error("the session did not end")
		}
	})
}

// reading is what the text of a message means: lines end in CR LF and nothing
// else does.
func reading(in string) (text string, ok bool) {
	end := strings.Index("\r\n"+in, "\r\n.\r\n")
	if end < 0 {
		return "", false
	}
	text = in[:end]
	return strings.ReplaceAll("\r\n"+text, "\r\n.", "\r\n")[2:], true
}

// FuzzText compares the text that arrives with what was sent, with bare LF and
// dots anywhere.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", ".", "..", "a\n.\r\nb", "\n..\r\n...\r\n\n.\n.\r", "a\r.\r\n\r\n", "\r\n.\n.\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		in += "\r\n.\r\n"
		want, _ := reading(in)
		r := newRig(t, Config{Loose: true, Received: ReceivedNone})
		r.client(func(c *client) {
			c.begin()
			for _, line := range []string{"MAIL FROM:<>", "RCPT TO:<c@d>", "DATA"} {
				c.ask(line)
			}
			c.send(in)
			c.reply()
		})
		r.run(time.Hour)
		if len(r.messages) != 1 || string(r.messages[0].Data) != want {
			t.Fatalf("sent %q, %d messages, want %q", in, len(r.messages), want)
		}
	})
}

// FuzzReply lets a gateway say anything: the call always ends and the mail is
// somewhere.
func FuzzReply(f *testing.F) {
	for _, s := range []string{"", "220 x\r\n250 x\r\n", "220-a\r\n220-b\r\n220 c\r\n500\r\n", "999 x\r\n", strings.Repeat("220-x\r\n", 100), "220 x\n250\n250\n250\n354\n250\n221\n",
		"220 x\n250\n550 no\n", "220 x\n250\n250\n550 no\n221\n", "220 \x00\xff\n421 \n", strings.Repeat("y", 9000)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := newRig(t, routed(Config{RetryLimit: 3}))
		l, _ := r.k.Net().Listen(gatewayIP + ":25")
		r.k.Go("GW1", func(p *sim.Proc) {
			for {
				s, err := l.Accept(p, -1)
				if err != nil {
					return
				}
				s.Write(p, in)
				var b [4096]byte
				for {
					if _, err := s.Read(p, b[:], 2*time.Minute); err != nil {
						break
					}
				}
				s.Close(p)
			}
		}).Daemon()
		r.h.Submit("x@y", []string{"a@hub.company.com"}, letter("one"))
		r.run(100 * time.Hour)
		if c := r.h.Counters(); !r.h.Idle() || c.Sent+c.Returned != 1 {
			t.Errorf("%s, queue %+v", r.counts(), r.h.Queue())
		}
	})
}

var eight = []byte("Subject: bench\r\n\r\n" + strings.Repeat(strings.Repeat("x", 62)+"\r\n", 128) + ".\r\n")

// benchClient costs as little as a client can.
type benchClient struct {
	p *sim.Proc
	s sim.Stream
	b [512]byte
}

func (c *benchClient) turn(b []byte) {
	c.s.Write(c.p, b)
	if n, err := c.s.Read(c.p, c.b[:], time.Minute); n == 0 {
		panic(err)
	}
}

var benchLines = [][]byte{[]byte("MAIL FROM:<a@b>\r\n"), []byte("RCPT TO:<c@d>\r\n"), []byte("DATA\r\n"), eight}

func benchmarkMessage(b *testing.B, perSession int) {
	k := sim.New(sim.Options{})
	h, err := New(k, Config{Name: "company.com", IP: hostIP, Faults: (*fault.Set)(nil)})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	defer k.Close()
	b.ReportAllocs()
	b.SetBytes(int64(len(eight)))
	k.Go("client", func(p *sim.Proc) {
		for i := 0; i < b.N; {
			s, err := k.Net().Dial(p, gatewayIP+":1024", hostIP+":25", time.Minute)
			if err != nil {
				b.Error(err)
				return
			}
			c := benchClient{p: p, s: s}
			c.turn(nil)
			c.turn([]byte("HELO gw\r\n"))
			for j := 0; j < perSession && i < b.N; i, j = i+1, j+1 {
				p.Sleep(time.Second) // so that old time-outs leave the kernel
				for _, line := range benchLines {
					c.turn(line)
				}
			}
			c.turn([]byte("QUIT\r\n"))
			if _, err := s.Read(p, c.b[:], time.Hour); err != io.EOF {
				b.Error(err)
			}
			s.Close(p)
		}
	})
	k.Run(sim.Forever)
	if h.Counters().Received != b.N {
		b.Errorf("%d of %d received", h.Counters().Received, b.N)
	}
}

func BenchmarkMessage8K(b *testing.B)            { benchmarkMessage(b, 1) }
func BenchmarkMessage8KKeptSession(b *testing.B) { benchmarkMessage(b, 100) }

// BenchmarkLibraryAlone8K is the same dialogue with nothing of ours around the
// library: the floor.
func BenchmarkLibraryAlone8K(b *testing.B) {
	srv := &smtpd.Server{Hostname: "company.com", Appname: "smtpd", DisableReverseDNS: true, MaxRecipients: 100,
		Handler: func(net.Addr, string, []string, []byte) error { return nil }}
	f := sim.NewForeign(srv.Serve)
	defer f.Close()
	b.ReportAllocs()
	b.SetBytes(int64(len(eight)))
	for i := 0; i < b.N; i++ {
		c, _ := f.Dial("11.1.16.16:1024", "11.1.16.15:25")
		c.Exchange(nil, []byte("HELO gw\r\n"))
		for _, line := range benchLines {
			c.Exchange(nil, line)
		}
		c.Exchange(nil, []byte("QUIT\r\n"))
	}
}
