package probe

import (
	"bufio"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fake is a peer on loopback; talk is one connection.
func fake(t *testing.T, talk func(conn net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(20 * time.Second))
				talk(conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return l.Addr().String()
}

// answers is a peer that greets and answers each command with the first row
// whose beginning fits. An answer of "" hangs up; "..." says nothing.
func answers(t *testing.T, greeting string, rows ...string) string {
	return fake(t, func(conn net.Conn) { converse(conn, greeting, rows) })
}

func converse(conn net.Conn, greeting string, rows []string) {
	if greeting == "" {
		return
	}
	io.WriteString(conn, greeting+"\r\n")
	in := bufio.NewReader(conn)
	data := false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if data && line != "." {
			continue
		}
		data = false
		reply := "500 Huh?"
		for i := 0; i+1 < len(rows); i += 2 {
			if strings.HasPrefix(strings.ToUpper(line), rows[i]) {
				reply = rows[i+1]
				break
			}
		}
		switch reply {
		case "":
			return
		case "...":
			continue
		}
		io.WriteString(conn, reply+"\r\n")
		data = strings.HasPrefix(reply, "354")
		if strings.HasPrefix(reply, "221") {
			return
		}
	}
}

var brief = Wait{Greeting: 300 * time.Millisecond, Reply: 300 * time.Millisecond, Session: time.Second}

func TestWhatMustNotBeSentIsRefused(t *testing.T) {
	address := answers(t, "220 ready", "HELO", "250 ok", "MAIL", "250 ok", "RCPT", "250 ok", "QUIT", "221 bye")
	for _, c := range []struct{ name, line string }{
		{"a line break within a command", "HELO a\r\nDATA"},
		{"a bare LF within a command", "HELO a\nDATA"},
		{"a NUL", "HELO a\x00"},
		{"a command beyond RFC 821's length", "HELO " + strings.Repeat("a", 600)},
		{"a verb that is on no list", "TURN"},
		{"half a verb", "HEL"},
		{"nothing", ""},
		{"a dot", "."},
	} {
		t.Run(c.name, func(t *testing.T) {
			var heard Reply
			var c0 caller
			err := c0.call(context.Background(), "test", address, brief, func(s *Session) error {
				if _, err := s.greeting(); err != nil {
					return err
				}
				var err error
				heard, err = s.ask(c.line, 250)
				return err
			})
			var rule errRule
			if !errors.As(err, &rule) || heard.Code != 0 {
				t.Errorf("sent it: %v, answer %v", err, heard)
			}
			for _, l := range c0.saved[0].Lines {
				if l.From == "us" && l.Text != "QUIT" {
					t.Errorf("sent %q", l.Text)
				}
			}
		})
	}
}

func TestAtMostNineRecipientsInASession(t *testing.T) {
	address := answers(t, "220 ready", "RCPT", "250 ok", "QUIT", "221 bye")
	var c caller
	n := 0
	err := c.call(context.Background(), "test", address, brief, func(s *Session) error {
		s.greeting()
		for ; n < 20; n++ {
			if _, err := s.ask("RCPT TO:<a@b>", 250); err != nil {
				return err
			}
		}
		return nil
	})
	if n != rcptMax || err == nil {
		t.Errorf("%d RCPT were sent, %v", n, err)
	}
}

func TestMessagesThatWouldHarmAreRefused(t *testing.T) {
	good := (&letter{from: "a@b", to: "c@d", subject: "s", body: []string{"x", ".", "..y"}, date: time.Unix(0, 0).UTC()}).data()
	if err := checkData(good); err != nil {
		t.Fatalf("%v:\n%s", err, good)
	}
	if !strings.Contains(string(good), "\r\n..\r\n...y\r\n.\r\n") {
		t.Errorf("dots are not doubled: %q", good)
	}
	for _, c := range []struct{ name, data string }{
		{"two Subject lines", "Subject: a\r\nSUBJECT: b\r\n\r\nx\r\n.\r\n"},
		{"no Subject line", "From: a\r\n\r\nSubject: b\r\n.\r\n"},
		{"no end", "Subject: a\r\n\r\nx\r\n"},
		{"a bare LF", "Subject: a\r\n\r\nx\n.\r\n"},
		{"a second command behind it", "Subject: a\r\n\r\nx\r\n.\r\nQUIT\r\n.\r\n"},
		{"a NUL", "Subject: a\r\n\r\nx\x00\r\n.\r\n"},
		{"too long", "Subject: a\r\n\r\n" + strings.Repeat("x", letterMax) + "\r\n.\r\n"},
	} {
		if err := checkData([]byte(c.data)); err == nil {
			t.Errorf("%s: taken", c.name)
		}
	}
	// And nobody but those the file names gets mail.
	s := &Session{dry: func(string) {}, open: true, notes: &Transcript{}}
	if _, err := s.deliver(&letter{to: "someone@else.example", subject: "s"}, "me", func(string) bool { return false }); err == nil {
		t.Error("mail to anybody is sent")
	}
}

func TestOneSessionAtATime(t *testing.T) {
	var open, most atomic.Int32
	address := fake(t, func(conn net.Conn) {
		if n := open.Add(1); n > most.Load() {
			most.Store(n)
		}
		converse(conn, "220 ready", []string{"QUIT", "221 bye"})
		open.Add(-1)
	})
	c := caller{pause: 20 * time.Millisecond}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c.call(context.Background(), "test", address, brief, func(s *Session) error {
				_, err := s.greeting()
				return err
			})
		})
	}
	wg.Wait()
	if most.Load() != 1 {
		t.Errorf("%d sessions at once", most.Load())
	}
	// And not without end: no load.
	var rule errRule
	for range sessionsMax {
		err := c.call(context.Background(), "test", address, brief, func(s *Session) error { return nil })
		if errors.As(err, &rule) {
			return
		}
	}
	t.Error("any number of sessions is made")
}

// heard keeps what a peer was sent.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func TestPeersThatDoNotAnswerCostBoundedTimeAndGetQUIT(t *testing.T) {
	for _, c := range []struct {
		name string
		talk func(net.Conn)
		want Trouble
		cut  bool // the peer has gone before a QUIT can reach it
	}{
		{"silence", func(net.Conn) {}, Silent, false},
		{"garbage", func(conn net.Conn) { io.WriteString(conn, "\xff\xfe\x00\x01 what?\r\n") }, Garbage, false},
		{"HTTP", func(conn net.Conn) { io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n") }, Garbage, false},
		{"10 MB line", func(conn net.Conn) { conn.Write(make([]byte, 10<<20)) }, Flood, true},
		{"lines without end", func(conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, "220-more\r\n"); err != nil {
					return
				}
			}
		}, Flood, true},
		{"a byte a time", func(conn net.Conn) {
			for {
				if _, err := io.WriteString(conn, "2"); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}, Silent, true},
		{"half a line", func(conn net.Conn) { io.WriteString(conn, "220 re") }, Silent, false},
		{"hangs up", func(conn net.Conn) { conn.Close() }, Unreachable, true}, // whoever has not greeted is not there
		{"hangs up in a line", func(conn net.Conn) { io.WriteString(conn, "220 re"); conn.Close() }, Closed, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got heard
			address := fake(t, func(conn net.Conn) {
				done := make(chan struct{})
				go func() { io.Copy(&got, conn); close(done) }()
				c.talk(conn)
				<-done
			})
			var phone caller
			began := time.Now()
			err := phone.call(context.Background(), "test", address, brief, func(s *Session) error {
				_, err := s.greeting()
				return err
			})
			if trouble(err) != c.want {
				t.Errorf("have %v, want %s", err, c.want)
			}
			if c.name == "a byte a time" && !strings.Contains(err.Error(), "no end of the line") {
				t.Errorf("who drips is told %v", err)
			}
			if spent := time.Since(began); spent > 4*time.Second {
				t.Errorf("it took %s", spent)
			}
			if !c.cut {
				end := time.Now().Add(2 * time.Second)
				for {
					got.mu.Lock()
					text := got.text.String()
					got.mu.Unlock()
					if text == "QUIT\r\n" {
						break
					}
					if time.Now().After(end) {
						t.Fatalf("the peer was sent %q, want QUIT", text)
					}
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
}

func TestAnInterruptedSessionEndsAtOnceWithQUIT(t *testing.T) {
	var got heard
	address := fake(t, func(conn net.Conn) {
		io.WriteString(conn, "220 ready\r\n")
		io.Copy(&got, conn)
	})
	ctx, stop := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, stop)
	var c caller
	began := time.Now()
	err := c.call(ctx, "test", address, Wait{time.Minute, time.Minute, time.Minute}, func(s *Session) error {
		s.greeting()
		_, err := s.ask("HELO me", 250)
		return err
	})
	if trouble(err) != Interrupted || time.Since(began) > 1500*time.Millisecond {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	if s := c.saved[0].String(); !strings.Contains(s, "< HELO me") || !strings.Contains(s, "< QUIT") {
		t.Errorf("the transcript:\n%s", s)
	}
}

func TestSplitReply(t *testing.T) {
	for _, c := range []struct {
		line string
		code int
		text string
		more bool
		ok   bool
	}{
		{"220 All set", 220, "All set", false, true},
		{"250", 250, "", false, true},
		{"250-PIPELINING", 250, "PIPELINING", true, true},
		{"250 ", 250, "", false, true},
		{"25", 0, "", false, false},
		{"2500 x", 0, "", false, false},
		{"099 x", 99, "x", false, false},
		{"x50 y", 0, "", false, false},
		{"", 0, "", false, false},
	} {
		code, text, more, ok := splitReply(c.line)
		if ok != c.ok || ok && (code != c.code || text != c.text || more != c.more) {
			t.Errorf("%q: %d %q %v %v", c.line, code, text, more, ok)
		}
	}
}

// TestNothingIsOpenedForWriting reads the sources: the only file that this
// package makes is the text of a message for the submitting command, in the
// folder for temporary files.
func TestNothingIsOpenedForWriting(t *testing.T) {
	writers := map[string]bool{"Create": true, "CreateTemp": true, "OpenFile": true, "WriteFile": true, "Remove": true, "RemoveAll": true, "Rename": true,
		"Mkdir": true, "MkdirAll": true, "MkdirTemp": true, "Truncate": true, "Chmod": true, "Chtimes": true, "Link": true, "Symlink": true}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if x, is := func() (*ast.Ident, bool) {
				if !ok {
					return nil, false
				}
				x, is := sel.X.(*ast.Ident)
				return x, is
			}(); is && x.Name == "os" && writers[sel.Sel.Name] {
				found++
				if name != "submit.go" {
					t.Errorf("%s uses os.%s", fset.Position(n.Pos()), sel.Sel.Name)
				}
			}
			return true
		})
	}
	if found == 0 {
		t.Error("the text of a message is in no file: is this test still looking at the right things?")
	}
	if _, err := os.Stat("submit.go"); err != nil {
		t.Error(err)
	}
}

func FuzzSplitReply(f *testing.F) {
	f.Add("220 All set, fire away")
	f.Add("250-")
	f.Fuzz(func(t *testing.T, line string) {
		code, _, _, ok := splitReply(line)
		if ok && (code < 200 || code > 599) {
			t.Fatalf("%q is the code %d", line, code)
		}
	})
}
