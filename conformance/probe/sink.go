package probe

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gwkit/conformance/deploy"
)

// Bounds of what is caught.
const (
	caughtMax  = 1 << 20 // bytes of one message
	caughtKept = 200     // messages
	sinkWait   = 5 * time.Minute
	mboxMax    = 64 << 20 // bytes that are read from the end of an mbox
)

// sink shows the mail that has reached the outside.
type sink interface {
	// with returns the messages that have a word in them.
	with(word string) ([][]byte, error)
	where() string
	Close() error
}

// openSink opens what the deployment file names; nil: nothing is named.
func openSink(d *deploy.Deployment) (sink, error) {
	switch c := d.Test.Catch; {
	case c.Listen != "":
		return listen(c.Listen)
	case c.Maildir != "":
		return maildir(d.Path(c.Maildir)), nil
	case c.Mbox != "":
		return mbox(d.Path(c.Mbox)), nil
	}
	return nil, nil
}

// receiver is a small SMTP server of our own: it takes any mail for anybody,
// passes nothing on and keeps the last few messages. It serves one connection
// at a time, which is what a sink needs and no more.
type receiver struct {
	l net.Listener

	mu   sync.Mutex
	kept [][]byte
	done chan struct{}
	conn net.Conn
}

func listen(address string) (*receiver, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot catch mail: %w", err)
	}
	r := &receiver{l: l, done: make(chan struct{})}
	go r.serve()
	return r, nil
}

func (r *receiver) where() string { return "own receiver at " + r.l.Addr().String() }

// Close ends it; a connection under way is cut.
func (r *receiver) Close() error {
	err := r.l.Close()
	r.mu.Lock()
	if r.conn != nil {
		r.conn.Close()
	}
	r.mu.Unlock()
	<-r.done
	return err
}

func (r *receiver) with(word string) (list [][]byte, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.kept {
		if bytes.Contains(m, []byte(word)) {
			list = append(list, m)
		}
	}
	return list, nil
}

func (r *receiver) serve() {
	defer close(r.done)
	for {
		conn, err := r.l.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.conn = conn
		r.mu.Unlock()
		conn.SetDeadline(time.Now().Add(sinkWait))
		r.talk(conn)
		conn.Close()
	}
}

// talk is one session. Lines are bounded by the reader's buffer.
func (r *receiver) talk(conn net.Conn) {
	in := bufio.NewReaderSize(conn, 8<<10)
	say := func(text string) bool { _, err := io.WriteString(conn, text+"\r\n"); return err == nil }
	if !say("220 gwcheck sink, all mail ends here") {
		return
	}
	sender, recipients := false, 0
	for n := 0; n < 1000; n++ {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return // also a line that is too long
		}
		verb := strings.ToUpper(strings.TrimSpace(string(line)))
		if i := strings.IndexByte(verb, ' '); i > 0 {
			verb = verb[:i]
		}
		ok := true
		switch verb {
		case "HELO", "EHLO":
			sender, recipients, ok = false, 0, say("250 sink")
		case "MAIL":
			sender, recipients, ok = true, 0, say("250 ok")
		case "RCPT":
			if !sender {
				ok = say("503 MAIL first")
				break
			}
			recipients++
			ok = say("250 ok")
		case "DATA":
			if recipients == 0 {
				ok = say("503 RCPT first")
				break
			}
			if !say("354 go on") {
				return
			}
			data, complete := readData(in)
			if !complete {
				return
			}
			if len(data) > caughtMax {
				ok = say("552 too long")
				break
			}
			r.keep(data)
			sender, recipients, ok = false, 0, say("250 kept")
		case "RSET":
			sender, recipients, ok = false, 0, say("250 ok")
		case "NOOP":
			ok = say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			ok = say("500 unknown")
		}
		if !ok {
			return
		}
	}
}

func (r *receiver) keep(data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) == caughtKept {
		r.kept = append(r.kept[:0], r.kept[1:]...)
	}
	r.kept = append(r.kept, data)
}

// readData reads up to the line with a dot alone, and keeps at most a little
// more than is allowed.
func readData(in *bufio.Reader) (data []byte, complete bool) {
	begin := true
	for total := 0; total < 16*caughtMax; {
		chunk, err := in.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return nil, false
		}
		total += len(chunk)
		if begin {
			if s := string(chunk); s == ".\r\n" || s == ".\n" {
				return data, true
			}
			chunk = bytes.TrimPrefix(chunk, []byte("."))
		}
		if len(data) <= caughtMax {
			data = append(data, chunk...)
		}
		begin = err == nil
	}
	return nil, false
}

// maildir is a folder where another program delivers.
type maildir string

func (m maildir) where() string { return "maildir " + string(m) }
func (m maildir) Close() error  { return nil }

func (m maildir) with(word string) (list [][]byte, err error) {
	for _, sub := range []string{"new", "cur"} {
		dir, err := os.Open(filepath.Join(string(m), sub))
		if os.IsNotExist(err) {
			continue // made with the first message
		}
		if err != nil {
			return nil, fmt.Errorf("cannot watch %s: %w", m.where(), err)
		}
		entries, err := dir.ReadDir(100_000)
		dir.Close()
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("cannot watch %s: %w", m.where(), err)
		}
		for _, e := range entries {
			if !e.Type().IsRegular() {
				continue
			}
			data, err := readSome(filepath.Join(string(m), sub, e.Name()), caughtMax)
			if err == nil && bytes.Contains(data, []byte(word)) && len(list) < caughtKept {
				list = append(list, data)
			}
		}
	}
	return list, nil
}

// mbox is a file where another program appends.
type mbox string

func (m mbox) where() string { return "mbox " + string(m) }
func (m mbox) Close() error  { return nil }

func (m mbox) with(word string) (list [][]byte, err error) {
	info, err := os.Stat(string(m))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot watch %s: not a plain file", m.where())
	}
	f, err := os.Open(string(m))
	if err != nil {
		return nil, fmt.Errorf("cannot watch %s: %w", m.where(), err)
	}
	defer f.Close()
	if info.Size() > mboxMax {
		f.Seek(info.Size()-mboxMax, io.SeekStart)
	}
	data, err := io.ReadAll(io.LimitReader(f, mboxMax))
	if err != nil {
		return nil, fmt.Errorf("cannot watch %s: %w", m.where(), err)
	}
	for _, part := range bytes.Split(append([]byte("\n"), data...), []byte("\nFrom ")) {
		if bytes.Contains(part, []byte(word)) && len(list) < caughtKept {
			_, part, _ = bytes.Cut(part, []byte("\n")) // the rest of the From line
			list = append(list, part)
		}
	}
	return list, nil
}

// readSome reads the beginning of a file.
func readSome(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}
