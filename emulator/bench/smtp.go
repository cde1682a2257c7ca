package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/internal/sim"
	"gwkit/emulator/internal/smarthost"
	"gwkit/emulator/site"
)

const (
	hostIP   = "11.1.16.15"
	clientIP = "11.1.16.16"
)

// letter is a message of about 8 KB in lines, with its final dot.
var letter = append(append([]byte("Subject: x\r\n\r\n"), bytes.Repeat([]byte("The quick brown fox jumps over the lazy dog, 0123456789 times.\r\n"), 128)...), ".\r\n"...)

// virtualSMTP hands n messages over, a session for each, and returns the
// microseconds for one.
func virtualSMTP(n int) (float64, error) {
	k := sim.New(sim.Options{})
	defer k.Close()
	h, err := smarthost.New(k, smarthost.Config{Name: "mail.company.com", IP: hostIP})
	if err != nil {
		return 0, err
	}
	defer h.Close()
	got := 0
	h.OnDeliver(func(m *smarthost.Message, _ string) {
		got++
		h.Release(m) // as a World does that has counted it
	})
	ns, _ := perStep(n, func() {
		k.Go("client", func(p *sim.Proc) {
			buf := make([]byte, 1024)
			for i := range n {
				s, e := k.Net().Dial(p, clientIP+":"+strconv.Itoa(1024+i%60000), hostIP+":25", time.Minute)
				if e != nil {
					err = e
					return
				}
				s.Read(p, buf, time.Minute)
				for _, line := range []string{"HELO gw1\r\n", "MAIL FROM:<a@b.example>\r\n", "RCPT TO:<c@d.example>\r\n", "DATA\r\n"} {
					s.Write(p, []byte(line))
					s.Read(p, buf, time.Minute)
				}
				s.Write(p, letter)
				s.Read(p, buf, time.Minute)
				s.Write(p, []byte("QUIT\r\n"))
				s.Read(p, buf, time.Minute)
				s.Close(p)
			}
		})
		k.Run(sim.Forever)
	})
	if err == nil && got != n {
		err = fmt.Errorf("%d of %d messages arrived", got, n)
	}
	return ns / 1000, err
}

func benchVirtualSMTP(t *table, _ bool) error {
	var err error
	us := median(5, func() float64 {
		x, e := virtualSMTP(4000)
		if e != nil {
			err = e
		}
		return x
	})
	if err != nil {
		return err
	}
	t.group("SMTP in virtual time", figure{name: "8 KB to mhale/smtpd, a session each", value: us, unit: "us", expected: "26-61 us", limit: 90})
	return nil
}

const (
	smtpSource = "/usr/sbin/smtp-source"
	smtpSink   = "/usr/sbin/smtp-sink"
)

// sourceRate sends n messages of 8 KB in parallel sessions, a connection for
// each message, and returns messages a second.
func sourceRate(address string, sessions, n int) (float64, error) {
	begin := time.Now()
	out, err := exec.Command(smtpSource, "-s", strconv.Itoa(sessions), "-l", "8192", "-m", strconv.Itoa(n),
		"-f", "a@outside.example", "-t", "b@elsewhere.example", address).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("smtp-source: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}

// serveHost runs the smart host of the shape single on a loopback port.
func serveHost() (address string, stop func(), err error) {
	s, _ := site.Shape("single")
	w, err := emulator.New(s, emulator.Options{})
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Close()
		return "", nil, err
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		w.Serve(quit, emulator.ServeOptions{SMTP: l, Speed: 1})
		close(done)
	}()
	return l.Addr().String(), func() { close(quit); <-done; w.Close() }, nil
}

// serveSink runs Postfix's sink, which throws mail away, on a loopback port.
func serveSink() (address string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		return "", nil, err
	}
	address = l.Addr().String()
	l.Close()
	args := []string{address, "100"}
	if os.Getuid() == 0 { // which it refuses to run as
		args = append([]string{"-u", "nobody"}, args...)
	}
	cmd := exec.Command(smtpSink, args...)
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() { cmd.Process.Kill(); cmd.Wait() }
	for range 100 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address, stop, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	return "", nil, fmt.Errorf("smtp-sink does not answer at %s", address)
}

func benchServed(t *table, _ bool) error {
	const title = "served on loopback, 8 KB, Postfix smtp-source"
	for _, program := range []string{smtpSource, smtpSink} {
		if _, err := os.Stat(program); err != nil {
			t.skip(title, program+" is not installed")
			return nil
		}
	}
	ours, stopOurs, err := serveHost()
	if err != nil {
		return err
	}
	defer stopOurs()
	theirs, stopTheirs, err := serveSink()
	if err != nil {
		return err
	}
	defer stopTheirs()
	var rows []figure
	for _, r := range []struct {
		sessions, n int
		expected    string
		limit       float64
	}{{1, 1000, "1700 /s", 1200}, {10, 3000, "4600 /s", 3000}} {
		// In turns, so that a busy machine is busy for both.
		var a, b float64
		a = median(3, func() float64 {
			x, e := sourceRate(ours, r.sessions, r.n)
			y, e2 := sourceRate(theirs, r.sessions, r.n)
			for _, e := range []error{e, e2} {
				if e != nil {
					err = e
				}
			}
			b = max(b, y)
			return x
		})
		if err != nil {
			return err
		}
		rows = append(rows,
			figure{name: fmt.Sprintf("smart host, %d at a time", r.sessions), value: a, unit: "/s", expected: r.expected, limit: r.limit, atLeast: true},
			figure{name: fmt.Sprintf("smtp-sink, %d at a time", r.sessions), value: b, unit: "/s", note: fmt.Sprintf("best of 3; smart host %.0f%% of it", 100*a/b)})
	}
	t.group(title, rows...)
	return nil
}
