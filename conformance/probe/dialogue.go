package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"gwkit/conformance/deploy"
)

// NotDone says that something is not done to a real deployment, and why. It
// is no failure of the deployment.
type NotDone struct{ Why string }

// Error returns the reason.
func (e NotDone) Error() string { return "not done on a real deployment: " + e.Why }

// Beyond marks the error for those that judge.
func (e NotDone) Beyond() string { return e.Error() }

// Dialogue is a connection that somebody else speaks on, such as a script. The
// rules of a Session hold: what breaks them is NotDone and is not sent.
type Dialogue struct {
	p       *Prober
	s       *Session
	letter  []byte // lines of a message that is not complete yet
	data    bool   // the peer waits for a message
	foreign string // an accepted forward-path that is no test mailbox
	asked   string // forward-path under way
	quiet   time.Duration
	unhook  func() bool // of the context that ends a wait
}

// Dial connects to a host. Until the Dialogue is closed nobody else is called.
func (p *Prober) Dial(ctx context.Context, who, address string) (*Dialogue, error) {
	if !p.d.Allow.Probe {
		return nil, NotDone{"the deployment file does not allow probe"}
	}
	if !p.phone.mu.TryLock() {
		return nil, NotDone{"two sessions at once; a gateway serves one call at a time (Q87046)"}
	}
	w := p.session()
	w.Session = max(w.Session, 2*time.Minute)
	s := &Session{ctx: ctx, wait: w, began: time.Now(), notes: &Transcript{Check: who, Address: address}}
	s.end = s.began.Add(w.Session)
	if err := s.connect(address); err != nil {
		p.phone.mu.Unlock()
		return nil, err
	}
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })
	return &Dialogue{p: p, s: s, unhook: stop}, nil
}

// Send sends a line. Lines of a message are kept until it is complete and are
// then sent at once.
func (d *Dialogue) Send(line string) error {
	if d.data {
		if strings.ContainsAny(line, "\r\n") {
			return NotDone{"a line break within a line"}
		}
		d.letter = append(append(d.letter, line...), "\r\n"...)
		if line != "." {
			return nil
		}
		letter := d.letter
		d.data, d.letter = false, nil
		if err := checkData(letter); err != nil {
			// The peer waits for a message; it gets an empty one, and none
			// of its recipients is real.
			return errors.Join(NotDone{why(err)}, d.s.send([]byte(".\r\n"), "."))
		}
		return d.s.send(letter, fmt.Sprintf("(message of %d bytes)", len(letter)))
	}
	if err := d.s.check(line); err != nil {
		return NotDone{why(err)}
	}
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "QUIT":
		d.s.quit = true
	case "RCPT":
		d.asked = pathOf(rest)
	case "DATA":
		switch {
		case !d.p.d.Allow.Message:
			return NotDone{"the deployment file does not allow message"}
		case d.foreign != "":
			return NotDone{"mail to " + d.foreign + ", which is no test mailbox of the deployment file"}
		}
	}
	return d.s.send([]byte(line+"\r\n"), line)
}

func why(err error) string {
	var rule errRule
	if errors.As(err, &rule) {
		return strings.TrimPrefix(rule.text, "send ")
	}
	return err.Error()
}

// pathOf returns the address between the brackets of TO:<...>.
func pathOf(text string) string {
	_, text, _ = strings.Cut(text, "<")
	text, _, _ = strings.Cut(text, ">")
	return text
}

// SendRaw sends whole lines.
func (d *Dialogue) SendRaw(b []byte) error {
	text, ok := strings.CutSuffix(string(b), "\r\n")
	if !ok {
		return NotDone{"half a line, or one that does not end with CR LF (Q105289)"}
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if err := d.Send(line); err != nil {
			return err
		}
	}
	return nil
}

// quietMax is how long a session may be silent, of the original's clock.
const quietMax = 2 * time.Minute

// Recv returns one line, io.EOF when the peer has closed the connection, and
// os.ErrDeadlineExceeded after timeout of the deployment's clock.
func (d *Dialogue) Recv(timeout time.Duration) (string, error) {
	if d.quiet > quietMax {
		return "", NotDone{"silence inside a session (Q105289)"}
	}
	t := min(timeout, quietMax)
	began := time.Now()
	line, err := d.s.line(max(time.Duration(float64(t)/d.p.d.Speed), time.Millisecond))
	switch trouble(err) {
	case "":
	case Silent:
		d.quiet += time.Duration(float64(time.Since(began)) * d.p.d.Speed)
		return "", os.ErrDeadlineExceeded
	case Closed:
		return "", io.EOF
	default:
		return "", err
	}
	d.quiet = 0
	code, _, _, ok := splitReply(line)
	if ok {
		if d.asked != "" {
			if code/100 == 2 && !d.p.may(d.asked) {
				d.foreign = d.asked
			}
			d.asked = ""
		}
		d.data = code == 354
	}
	return line, nil
}

// CloseWrite would leave half a connection.
func (d *Dialogue) CloseWrite() error { return NotDone{"half a connection"} }

// Reset ends the dialogue politely all the same, and says so.
func (d *Dialogue) Reset() error {
	if d.s == nil {
		return nil
	}
	d.Close()
	return NotDone{"a connection that breaks"}
}

// Close hangs up, after QUIT if that has not been said; then it is not what
// whoever called it had in mind.
func (d *Dialogue) Close() error {
	if d.s == nil {
		return nil
	}
	var polite error
	if d.s.open && !d.s.quit && !d.s.eof {
		polite = NotDone{"hanging up without QUIT"}
	}
	if d.data {
		d.s.send([]byte(".\r\n"), ".")
	}
	d.unhook()
	d.s.farewell()
	err := d.s.conn.Close()
	d.s.note("note", "closed")
	d.p.phone.kept.Lock()
	d.p.phone.saved = append(d.p.phone.saved, *d.s.notes)
	d.p.phone.kept.Unlock()
	d.s = nil
	d.p.phone.mu.Unlock()
	return errors.Join(polite, err)
}

// GatewayAddress returns where port 25 of a PC is called, by name or IP
// address; "" when nobody says.
func (p *Prober) GatewayAddress(who string) string {
	for _, g := range p.gateways() {
		if strings.EqualFold(g.Name, who) || g.IP == who {
			return g.address
		}
	}
	if h := &p.d.SmartHost; strings.EqualFold(h.Name, who) && who != "" || h.IP == who && who != "" {
		return p.relay()
	}
	return ""
}

// Inject hands a message to the smart host, as mail from outside comes in.
func (p *Prober) Inject(ctx context.Context, who, from string, to []string, data []byte) error {
	if !p.d.Allow.Message {
		return NotDone{"the deployment file does not allow message"}
	}
	for _, address := range append([]string{from}, to...) {
		if !p.may(address) {
			return NotDone{"mail with the address " + address + ", which the deployment file does not name"}
		}
	}
	address := p.relay()
	if address == "" {
		return NotDone{"the deployment file gives no address of a smart host"}
	}
	d, err := p.Dial(ctx, who, address)
	if err != nil {
		return err
	}
	defer d.Close()
	lines := []string{"", "HELO " + p.helo, "MAIL FROM:<" + from + ">"}
	for _, address := range to {
		lines = append(lines, "RCPT TO:<"+address+">")
	}
	for _, line := range append(lines, "DATA") {
		if line != "" {
			if err := d.Send(line); err != nil {
				return err
			}
		}
		r, err := d.s.reply(d.s.wait.Reply)
		if err != nil {
			return err
		}
		if r.Code >= 400 {
			return fmt.Errorf("the smart host answers %q with %q", line, r)
		}
		d.data = r.Code == 354
	}
	text := strings.TrimSuffix(strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n", "\r\n"), "\r\n")
	for line := range strings.SplitSeq(text, "\r\n") {
		if strings.HasPrefix(line, ".") {
			line = "." + line
		}
		if err := d.Send(line); err != nil {
			return err
		}
	}
	if err := d.Send("."); err != nil {
		return err
	}
	r, err := d.s.reply(d.s.wait.Reply)
	if err == nil && r.Code >= 400 {
		err = fmt.Errorf("the smart host refuses the message: %q", r)
	}
	return err
}

// Send sends a message as a user of a test mailbox.
func (p *Prober) Send(ctx context.Context, m Outgoing) error {
	ok := false
	for _, box := range p.d.Test.Mailboxes {
		ok = ok || strings.EqualFold(box.Postoffice+"/"+box.User, m.From)
	}
	switch {
	case !p.d.Allow.Message:
		return NotDone{"the deployment file does not allow message"}
	case !ok:
		return NotDone{"mail from " + m.From + ", which is no test mailbox of the deployment file"}
	case !p.may(m.To):
		return NotDone{"mail to " + m.To + ", which the deployment file does not name"}
	case p.d.Test.Submit == (deploy.Submit{}):
		return NotDone{"the deployment file says nothing of test.submit"}
	case p.person():
		return NotDone{"a person sends mail, who is not asked for that of scripts"}
	case len(m.Attachments) > 0 && !p.attaches():
		return NotDone{"mail with an attachment: the deployment file has no test.submit.attach"}
	}
	return p.submit(ctx, m)
}

// Caught returns the mail that the sink of the deployment file has.
func (p *Prober) Caught() ([][]byte, error) {
	s, err := p.sinkOf()
	if err != nil || s == nil {
		return nil, err
	}
	return s.with("")
}
