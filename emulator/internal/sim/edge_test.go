package sim

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

// lineServer is a foreign server of the kind the bridge is for: one goroutine
// a session, blocking only in its connection.
func lineServer(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			fmt.Fprintf(c, "hello %s\n", c.RemoteAddr())
			r := bufio.NewReader(c)
			for {
				line, err := r.ReadString('\n')
				switch {
				case err != nil:
					fmt.Fprintf(c, "gone: %v\n", err)
					return
				case line == "quit\n":
					fmt.Fprint(c, "bye\n")
					return
				case line == "slow\n":
					c.(*ForeignConn).Sleep(time.Minute)
				}
				fmt.Fprintf(c, "you said %s", line)
			}
		}()
	}
}

func TestForeignServerRunsInLockStep(t *testing.T) {
	before := runtime.NumGoroutine()
	var first []string
	for run := 0; run < 50; run++ {
		f := NewForeign(lineServer)
		k, tr := newTest(Options{})
		for i := 0; i < 3; i++ {
			k.Go(fmt.Sprint("c", i), func(p *Proc) {
				c, hello := f.Dial(p.Name()+":1", "srv:25")
				tr.say("%s %q", p.Name(), hello)
				p.Sleep(time.Second)
				for _, in := range []string{"one\n", "two\nthree\n", "slow\n", "quit\n"} {
					out, open := c.Exchange(p, []byte(in))
					tr.say("%s %q %v", p.Name(), out, open)
				}
				if out, open := c.Exchange(p, []byte("more\n")); open || out != nil {
					t.Errorf("closed session answered %q", out)
				}
			})
		}
		k.Run(Forever)
		c, _ := f.Dial("x:1", "srv:25")
		if out, open := c.TimeOut(nil); open || string(out) != "gone: i/o timeout\n" {
			t.Errorf("after a time-out: %q, open %v", out, open)
		}
		f.Dial("left open:1", "srv:25")
		if err := f.Close(); err != net.ErrClosed {
			t.Errorf("Close = %v", err)
		}
		if run == 0 {
			first = tr.lines
			if len(first) != 15 || first[14] != `1m1s c2 "bye\n" false` {
				t.Errorf("transcript %q", first)
			}
		} else {
			tr.want(t, first...)
		}
	}
	// The goroutines of the server end by themselves, a moment after their last
	// word to the kernel.
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines before, %d after", before, n)
	}
}

func TestRealSocketsMeetSimulatedPrograms(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	out, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	k := New(Options{Start: time.Date(1993, 2, 23, 8, 50, 3, 0, time.UTC)})
	k.Pace(1000)
	k.net.ListenReal("11.1.16.16:25", l)
	k.net.RouteReal("11.1.16.15:25", out.Addr().String())
	gw, _ := k.net.Listen("11.1.16.16:25")
	k.Go("gateway", func(p *Proc) {
		for {
			s, err := gw.Accept(p, -1)
			if err != nil {
				return
			}
			s.Write(p, []byte("220 ready\r\n"))
			var b [64]byte
			n, err := s.Read(p, b[:], time.Hour)
			if err != nil {
				t.Errorf("gateway read: %v", err)
			}
			// Forward to the real host behind the simulated address.
			up, err := k.net.Dial(p, "11.1.16.16:1024", "11.1.16.15:25", time.Hour)
			if err != nil {
				t.Errorf("dial: %v", err)
				return
			}
			up.Write(p, b[:n])
			up.Close(p)
			s.Close(p)
		}
	})
	stop := make(chan struct{})
	ended := make(chan Stop)
	go func() { ended <- k.Serve(stop) }()
	for i := 0; i < 3; i++ {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || line != "220 ready\r\n" {
			t.Fatalf("greeting %q, %v", line, err)
		}
		fmt.Fprintf(c, "message %d", i)
		u, err := out.Accept()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(u)
		if want := fmt.Sprintf("message %d", i); err != nil || string(got) != want {
			t.Errorf("forwarded %q, %v; want %q", got, err, want)
		}
		u.Close()
		c.Close()
	}
	var now Time
	if !k.Call(func() { now = k.Now() }) || now <= k.Start() {
		t.Errorf("virtual time did not move: %v", now)
	}
	close(stop)
	if s := <-ended; s != StopHalted {
		t.Errorf("Serve = %v", s)
	}
	if k.Call(func() {}) {
		t.Error("Call succeeded after Serve had returned")
	}
	k.Close()
}

func TestUnpacedServeJumpsAndStillListensToPosts(t *testing.T) {
	k := New(Options{})
	k.Pace(0)
	ticks := 0
	k.Go("ticker", func(p *Proc) {
		for {
			p.Sleep(time.Hour)
			ticks++
		}
	})
	stop := make(chan struct{})
	ended := make(chan Stop)
	go func() { ended <- k.Serve(stop) }()
	seen := 0
	for seen < 24 {
		if !k.Call(func() { seen = ticks }) {
			t.Fatal("the kernel stopped")
		}
	}
	close(stop)
	<-ended
	k.Close()
}

func BenchmarkStep(b *testing.B) {
	for _, n := range []int{10, 1000, 100000} {
		b.Run(fmt.Sprintf("procs=%d", n), func(b *testing.B) {
			k := New(Options{})
			defer k.Close()
			for i := 0; i < n; i++ {
				k.Go("p", func(p *Proc) {
					for {
						p.Sleep(time.Second)
					}
				})
			}
			k.Run(k.Now())
			b.ReportAllocs()
			b.ResetTimer()
			k.maxSteps = k.steps + uint64(b.N)
			k.Run(Forever)
		})
	}
}

func BenchmarkSpawnStop(b *testing.B) {
	k := New(Options{})
	defer k.Close()
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		k.Go("p", func(p *Proc) {})
		k.Run(Forever)
	}
}

func BenchmarkEmit(b *testing.B) {
	k := New(Options{})
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		k.Emit("GW1/SMTPGET", "open", `M:\SMTP\FROM_NC.API`, "", 0)
	}
}

func BenchmarkForeignExchange(b *testing.B) {
	f := NewForeign(lineServer)
	c, _ := f.Dial("x:1", "srv:25")
	in := []byte("one\n")
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		c.Exchange(nil, in)
	}
	f.Close()
}
