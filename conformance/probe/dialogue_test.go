package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"gwkit/conformance/deploy"
)

// dialled opens a dialogue with a peer that takes everything, and returns what
// the peer hears.
func dialled(t *testing.T, edit func(*deploy.Deployment)) (*Prober, *Dialogue, *heard) {
	t.Helper()
	got := &heard{}
	address := fake(t, func(conn net.Conn) {
		converse(tee{conn, got}, "220 ready", []string{"HELO", "250 ok", "MAIL", "250 ok", "RCPT", "250 ok", "DATA", "354 go", ".", "250 taken", "QUIT", "221 bye"})
	})
	r := rig{dir: healthy(t), gateway: address, relay: address, patience: "5s", edit: edit}
	p := New(r.deployment(t), Options{Pause: time.Millisecond})
	d, err := p.Dial(context.Background(), "test", address)
	if err != nil {
		t.Fatal(err)
	}
	if line, err := d.Recv(time.Minute); err != nil || line != "220 ready" {
		t.Fatalf("%q, %v", line, err)
	}
	return p, d, got
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

func TestADialogueObeysTheRules(t *testing.T) {
	ask := func(t *testing.T, d *Dialogue, lines ...string) error {
		t.Helper()
		for _, line := range lines {
			if err := d.Send(line); err != nil {
				return err
			}
			if _, err := d.Recv(time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	}
	for _, c := range []struct {
		name string
		edit func(*deploy.Deployment)
		do   func(t *testing.T, d *Dialogue) error
		want string
		not  string // what the peer must not hear
	}{
		{"a strange verb", nil, func(t *testing.T, d *Dialogue) error { return d.Send("TURN") }, "the command TURN", "TURN"},
		{"half a line", nil, func(t *testing.T, d *Dialogue) error { return d.SendRaw([]byte("HEL")) }, "half a line", "HEL"},
		{"two lines in one", nil, func(t *testing.T, d *Dialogue) error { return d.Send("HELO a\r\nRSET") }, "a line break", "RSET"},
		{"half a connection", nil, func(t *testing.T, d *Dialogue) error { return d.CloseWrite() }, "half a connection", "\x00"},
		{"a cut", nil, func(t *testing.T, d *Dialogue) error { return d.Reset() }, "a connection that breaks", "\x00"},
		{"hanging up without QUIT", nil, func(t *testing.T, d *Dialogue) error { return d.Close() }, "without QUIT", "\x00"},
		{"mail to a stranger", nil, func(t *testing.T, d *Dialogue) error {
			return ask(t, d, "HELO me", "MAIL FROM:<out@example.com>", "RCPT TO:<someone@else.example>", "DATA")
		}, "mail to someone@else.example", "DATA"},
		{"mail that is not allowed", func(d *deploy.Deployment) { d.Allow.Message = false }, func(t *testing.T, d *Dialogue) error {
			return ask(t, d, "HELO me", "MAIL FROM:<out@example.com>", "RCPT TO:<box@po.company.com>", "DATA")
		}, "does not allow message", "DATA"},
		{"two Subject lines", nil, func(t *testing.T, d *Dialogue) error {
			if err := ask(t, d, "HELO me", "MAIL FROM:<out@example.com>", "RCPT TO:<box@po.company.com>", "DATA"); err != nil {
				return err
			}
			for _, line := range []string{"Subject: a", "Subject: b", "", "x"} {
				if err := d.Send(line); err != nil {
					return err
				}
			}
			return d.Send(".")
		}, "2 Subject lines", "Subject"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, d, got := dialled(t, c.edit)
			err := c.do(t, d)
			var not NotDone
			if !errors.As(err, &not) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			d.Close()
			if text := got.String(); strings.Contains(text, c.not) || strings.Count(text, "QUIT\r\n") > 1 {
				t.Errorf("the peer heard %q", text)
			}
			if len(p.Transcripts()) != 1 {
				t.Errorf("%d transcripts", len(p.Transcripts()))
			}
		})
	}
}

func TestADialogueMovesLinesAndWholeMessages(t *testing.T) {
	p, d, got := dialled(t, nil)
	if _, err := p.Dial(context.Background(), "second", "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "one call at a time") {
		t.Errorf("a second session: %v", err)
	}
	for _, line := range []string{"HELO me", "MAIL FROM:<out@example.com>", "RCPT TO:<box@po.company.com>", "DATA"} {
		if err := d.Send(line); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Recv(time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.SendRaw([]byte("Subject: a\r\n\r\nx\r\n")); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.String(), "Subject") {
		t.Error("half a message was sent")
	}
	if err := d.Send("."); err != nil {
		t.Fatal(err)
	}
	if line, err := d.Recv(time.Minute); err != nil || line != "250 taken" {
		t.Errorf("%q, %v", line, err)
	}
	if err := d.Send("QUIT"); err != nil {
		t.Fatal(err)
	}
	if line, err := d.Recv(time.Minute); err != nil || line != "221 bye" {
		t.Errorf("%q, %v", line, err)
	}
	if _, err := d.Recv(time.Minute); err != io.EOF {
		t.Errorf("after the end: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	// Now that it is closed, others may call; and who is not allowed may not.
	p.d.Allow.Probe = false
	if _, err := p.Dial(context.Background(), "third", "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "does not allow probe") {
		t.Errorf("%v", err)
	}
}

func TestExpandKeepsValuesInTheirWords(t *testing.T) {
	words, err := expand(`send '--to={to}' {subject} "a b"`, map[string]string{"to": "x y; rm -rf /", "subject": "$(boom) {to}"})
	if err != nil || strings.Join(words, "|") != "send|--to=x y; rm -rf /|$(boom) {to}|a b" {
		t.Errorf("%q, %v", words, err)
	}
	for _, wrong := range []string{"", "  ", "a 'b"} {
		if words, err := expand(wrong, nil); err == nil {
			t.Errorf("%q becomes %q", wrong, words)
		}
	}
}

func TestTheReceiverKeepsWhatItTakes(t *testing.T) {
	r, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", r.l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(conn, "HELO me\r\nDATA\r\nRCPT TO:<a@b>\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nSubject: mark\r\n\r\n..dot\r\n.\r\nVRFY x\r\nQUIT\r\n")
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\r\n") {
		codes = append(codes, line[:3])
	}
	if got := strings.Join(codes, " "); got != "220 250 503 503 250 250 354 250 500 221" {
		t.Errorf("it says %s", got)
	}
	list, err := r.with("mark")
	if err != nil || len(list) != 1 || string(list[0]) != "Subject: mark\r\n\r\n.dot\r\n" {
		t.Errorf("%q, %v", list, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestMbox(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "box", "From a@b Tue\nSubject: one\n\nx\n\nFrom c@d Tue\nSubject: two\n\ny\n")
	for _, c := range []struct {
		word string
		want int
	}{{"one", 1}, {"Subject", 2}, {"three", 0}} {
		list, err := mbox(dir + "/box").with(c.word)
		if err != nil || len(list) != c.want {
			t.Errorf("%s: %q, %v", c.word, list, err)
		}
	}
	if list, err := mbox(dir + "/none").with("x"); err != nil || len(list) != 0 {
		t.Errorf("no file: %q, %v", list, err)
	}
}

func TestADialogueEndsWithItsContext(t *testing.T) {
	address := fake(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	r := rig{dir: healthy(t), gateway: address, relay: address, patience: "10m"}
	p := New(r.deployment(t), Options{})
	ctx, stop := context.WithCancel(context.Background())
	d, err := p.Dial(ctx, "test", address)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, stop)
	began := time.Now()
	if line, err := d.Recv(time.Minute); err == nil {
		t.Errorf("heard %q", line)
	}
	d.Close()
	if spent := time.Since(began); spent > 2*time.Second {
		t.Errorf("it took %s", spent)
	}
}
