package target

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/drive"
	"gwkit/conformance/message"
	"gwkit/conformance/probe"
	"gwkit/emulator/site"
)

// NotHere is the error of what a target cannot do or must not do although it
// has the power: a script that needs it is skipped with the reason.
type NotHere struct{ Why string }

// Error returns the reason.
func (e NotHere) Error() string { return e.Why }

// Beyond marks the error for the engine.
func (e NotHere) Beyond() string { return e.Why }

// Beyond returns why an error is no failure of the target but beyond what is
// done to it, or "".
func Beyond(err error) string {
	var b interface{ Beyond() string }
	if errors.As(err, &b) {
		return b.Beyond()
	}
	return ""
}

// Ours is the error of something that the checker itself needs and does not
// get, such as a port to catch mail on: it says nothing about the target.
type Ours struct{ Err error }

// Error returns the cause.
func (e Ours) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e Ours) Unwrap() error { return e.Err }

// Deployment is a real installation, as far as its description allows: its
// drives are read, its gateway is called, its clock is the wall clock. Waits
// end with ctx.
func Deployment(ctx context.Context, d *deploy.Deployment) Target {
	return deployment{ctx, d, &sessions{}}
}

type deployment struct {
	ctx context.Context
	d   *deploy.Deployment
	s   *sessions
}

// sessions are those of the scripts that have ended.
type sessions struct {
	mu   sync.Mutex
	list []probe.Transcript
}

// Transcripts returns the sessions of the scripts that have ended.
func (t deployment) Transcripts() []probe.Transcript {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	return slices.Clone(t.s.list)
}

func (t deployment) Name() string { return t.d.File }

// Powers follow from what is allowed, in the order of the words: what allows
// messages allows sessions.
func (t deployment) Powers() Powers {
	p := PowerFiles | PowerClock
	if t.d.Allow.Probe || t.d.Allow.Message {
		p |= PowerSMTP
	}
	if t.d.Allow.Message {
		p |= PowerSink | PowerSubmit
	}
	return p
}

// Plan tells what Open would read for a script with a site line of these words,
// or why the script is beyond this deployment.
func (t deployment) Plan(words []string) (lines []string, beyond string) {
	switch {
	case t.d.Shape == "":
		return nil, noShape
	case len(words) != 1 || words[0] != t.d.Shape:
		return nil, fmt.Sprintf(otherShape, t.d.Shape)
	case !t.d.Allow.Read:
		return nil, noRead
	}
	for i := range t.d.Postoffices {
		if po := &t.d.Postoffices[i]; po.Drive != "" {
			dir := t.d.Path(po.Drive)
			lines = append(lines, "list "+dir+`/LOG\`, "open "+dir+`/MBG\INQUEUE3.MBG`, "open "+dir+`/KEY\INQUEUE3.KEY`)
		}
	}
	return lines, ""
}

// Why a script is beyond a deployment.
const (
	noShape    = "the deployment file names no shape, so no script applies"
	otherShape = "the script's site is not the shape %s of the deployment"
	noRead     = "the deployment file does not allow read"
)

// Open takes the deployment for the site of a script. The script's site must
// be the shape that the deployment file names, without edits: only then do its
// names mean the same things.
func (t deployment) Open(s *site.Site, _ Options) (Rig, error) {
	if t.d.Shape == "" {
		return nil, NotHere{noShape}
	}
	shape, err := site.Shape(t.d.Shape)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(shape.Marshal(), s.Marshal()) {
		return nil, NotHere{fmt.Sprintf(otherShape, t.d.Shape)}
	}
	if !t.d.Allow.Read {
		return nil, NotHere{noRead}
	}
	r := &deploymentRig{ctx: t.ctx, d: t.d, s: t.s, p: probe.New(t.d, probe.Options{}), began: time.Now(), logs: map[string]int64{}, waiting: map[string]bool{}, caught: map[[32]byte]int{}}
	r.remember()
	switch {
	case t.Powers().Has(PowerSubmit):
		before, err := r.p.Caught()
		if err != nil {
			return nil, Ours{err}
		}
		for _, data := range before {
			r.caught[sha256.Sum256(data)]++
		}
		return messageRig{probeRig{r}}, nil
	case t.Powers().Has(PowerSMTP):
		return probeRig{r}, nil
	}
	return r, nil
}

// deploymentRig reads drives and waits.
type deploymentRig struct {
	ctx   context.Context
	d     *deploy.Deployment
	s     *sessions
	p     *probe.Prober
	began time.Time

	// What was there before the script: a deployment has a past that the
	// script does not know.
	logs    map[string]int64 // path -> size
	waiting map[string]bool  // messages of INQUEUE3, by postoffice and number
	caught  map[[32]byte]int // messages of the sink, by hash
}

// Close ends the rig; what was said is kept for the report.
func (r *deploymentRig) Close() error {
	r.s.mu.Lock()
	r.s.list = append(r.s.list, r.p.Transcripts()...)
	r.s.mu.Unlock()
	return r.p.Close()
}

func (r *deploymentRig) Now() time.Time         { return time.Now() }
func (r *deploymentRig) Err() error             { return nil }
func (r *deploymentRig) Elapsed() time.Duration { return r.scaled(time.Since(r.began)) }

func (r *deploymentRig) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * r.d.Speed)
}

// step is how often a condition is looked at.
const step = 500 * time.Millisecond

// Run waits. It is bounded by the patience of the deployment file.
func (r *deploymentRig) Run(d time.Duration) Stop {
	_, stop := r.RunUntil(func() bool { return false }, d)
	return stop
}

// RunUntil waits for a condition.
func (r *deploymentRig) RunUntil(cond func() bool, limit time.Duration) (bool, Stop) {
	end := time.Now().Add(min(time.Duration(float64(limit)/r.d.Speed), r.d.Patience))
	for {
		if cond() {
			return true, StopTime
		}
		left := time.Until(end)
		if left <= 0 || r.ctx.Err() != nil {
			return false, StopTime
		}
		t := time.NewTimer(min(left, step))
		select {
		case <-t.C:
		case <-r.ctx.Done():
			t.Stop()
		}
	}
}

// RunToRest only waits: nobody can see from outside when all mail rests.
func (r *deploymentRig) RunToRest(limit time.Duration) Stop { return r.Run(limit) }

// tree returns the drive and the path on it of a text such as M:\X,
// GW1:M:\X or COMPANY/HUB:\X.
func (r *deploymentRig) tree(path string) (*drive.Tree, string, error) {
	head, rest, ok := strings.Cut(path, ":")
	if !ok {
		return nil, "", fmt.Errorf("cannot find %q: want a drive, such as M:\\SMTP\\FROM_NC.API or COMPANY/HUB:\\SMTP", path)
	}
	ref := head
	if !strings.Contains(head, "/") {
		pc := r.firstGateway()
		letter := head
		if len(head) != 1 {
			if pc = r.d.PC(head); pc == nil {
				return nil, "", fmt.Errorf("cannot find %q: unknown PC %s", path, head)
			}
			if letter, rest, ok = strings.Cut(rest, ":"); !ok {
				letter = "C"
			}
		}
		if strings.EqualFold(letter, "C") {
			if pc == nil || pc.Disk == "" {
				return nil, "", NotHere{"the deployment file names no local disk"}
			}
			return drive.OpenDir(r.d.Path(pc.Disk)), rest, nil
		}
		ref = ""
		if pc != nil && len(letter) == 1 {
			for _, m := range pc.Drives {
				if strings.EqualFold(string(m.Letter), letter) {
					ref = m.Postoffice
				}
			}
		}
	}
	po := r.d.Postoffice(ref)
	switch {
	case po == nil:
		return nil, "", fmt.Errorf("cannot find %q: no such drive", path)
	case po.Drive == "":
		return nil, "", NotHere{"the deployment file names no drive of " + po.Ref()}
	}
	return drive.OpenDir(r.d.Path(po.Drive)), rest, nil
}

func (r *deploymentRig) firstGateway() *deploy.PC {
	for i := range r.d.PCs {
		if role := r.d.RoleOf(&r.d.PCs[i]); role != "" && role != deploy.RoleExternal {
			return &r.d.PCs[i]
		}
	}
	return nil
}

// fileMax bounds a file that a script looks at.
const fileMax = 16 << 20

// isLog reports whether a file grows for ever: what a script sees of it begins
// where it was when the script began.
func isLog(path string) bool {
	return strings.HasSuffix(strings.ToUpper(path), ".LOG")
}

func (r *deploymentRig) remember() {
	for i := range r.d.Postoffices {
		po := &r.d.Postoffices[i]
		if po.Drive == "" {
			continue
		}
		t := drive.OpenDir(r.d.Path(po.Drive))
		t.List("LOG", func(e drive.Entry) error {
			r.logs[strings.ToUpper(t.At(`LOG\`+e.Name))] = e.Size
			return nil
		})
		t.Mailbag("INQUEUE3", func(m drive.Mail) error {
			r.waiting[po.Ref()+m.MAI] = true
			return nil
		})
	}
}

// ReadFile reads a file.
func (r *deploymentRig) ReadFile(path string) ([]byte, error) {
	t, rest, err := r.tree(path)
	if err != nil {
		return nil, err
	}
	data, err := t.Read(rest, fileMax)
	if err != nil {
		return nil, err
	}
	if before := r.logs[strings.ToUpper(t.At(rest))]; isLog(rest) && before <= int64(len(data)) {
		data = data[before:]
	}
	return data, nil
}

// FileExists reports whether a file is there; a log that has not grown since
// the script began is not.
func (r *deploymentRig) FileExists(path string) bool {
	t, rest, err := r.tree(path)
	if err != nil {
		return false
	}
	e, err := t.Stat(rest)
	if err != nil {
		return false
	}
	before, was := r.logs[strings.ToUpper(t.At(rest))]
	return !isLog(rest) || !was || e.Size > before
}

// ListDir lists a directory.
func (r *deploymentRig) ListDir(path string) (list []FileInfo, err error) {
	t, rest, err := r.tree(path)
	if err != nil {
		return nil, err
	}
	err = t.List(rest, func(e drive.Entry) error {
		attr := ""
		if e.Dir {
			attr = "d"
		}
		list = append(list, FileInfo{Name: e.Name, Size: e.Size, Attr: attr + strings.ToLower(e.Attr.String()), Time: e.ModTime})
		return nil
	})
	return list, err
}

// Mailbag lists what has come into INQUEUE3 since the script began. No article
// tells which mailbag belongs to which user, so those cannot be listed.
func (r *deploymentRig) Mailbag(ref, box string) (items []Item, err error) {
	po := r.d.Postoffice(ref)
	switch {
	case po == nil:
		return nil, fmt.Errorf("unknown postoffice %q", ref)
	case po.Drive == "":
		return nil, NotHere{"the deployment file names no drive of " + ref}
	case !strings.EqualFold(box, "INQUEUE3"):
		return nil, NotHere{"which mailbag belongs to " + box + " cannot be read from outside"}
	}
	err = drive.OpenDir(r.d.Path(po.Drive)).Mailbag("INQUEUE3", func(m drive.Mail) error {
		if !m.Deleted && !r.waiting[po.Ref()+m.MAI] {
			items = append(items, Item{Slot: m.Slot, MAI: m.MAI, From: m.Sender, Subject: m.Subject, Size: int(m.Size)})
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return items, err
}

// probeRig calls the gateway as well.
type probeRig struct{ *deploymentRig }

// Dial connects to a gateway or the smart host. From which address is not ours
// to choose.
func (r probeRig) Dial(_, to string) (Conn, error) {
	host := to
	if h, _, err := net.SplitHostPort(to); err == nil {
		host = h
	}
	address := r.p.GatewayAddress(host)
	if address == "" {
		return nil, NotHere{"the deployment file gives no address of " + to}
	}
	c, err := r.p.Dial(r.ctx, "script", address)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Inject hands mail to the smart host.
func (r probeRig) Inject(from string, to []string, data []byte) error {
	return r.p.Inject(r.ctx, "script", from, to, data)
}

// messageRig sends mail as users do and sees what has left.
type messageRig struct{ probeRig }

// Outside lists the mail that the sink has got since the script began.
func (r messageRig) Outside() (list []Delivered) {
	caught, err := r.p.Caught()
	if err != nil {
		return nil
	}
	before := maps.Clone(r.caught)
	for _, data := range caught {
		if h := sha256.Sum256(data); before[h] > 0 {
			before[h]--
			continue
		}
		d := Delivered{Data: data}
		if m, err := mail.ReadMessage(bytes.NewReader(data)); err == nil {
			d.From, d.To = address(m.Header.Get("From")), address(m.Header.Get("To"))
		}
		list = append(list, d)
	}
	return list
}

func address(text string) string {
	if a, err := mail.ParseAddress(text); err == nil {
		return a.Address
	}
	return text
}

// Queue is empty: nobody sees what waits at a real smart host.
func (r messageRig) Queue() []Queued { return nil }

// Listen is refused: the place of a real smart host is taken.
func (r messageRig) Listen(string) (Listener, error) {
	return nil, NotHere{"nobody takes the place of a real smart host"}
}

// Submit sends a message as a user.
func (r messageRig) Submit(m Mail) error {
	if len(m.To) != 1 || len(m.Cc) > 0 || m.Receipt || m.Priority != "" || slices.ContainsFunc(m.Attachments, func(a Attachment) bool { return a.Hidden }) {
		return NotHere{"mail is submitted with one recipient, a text and attachments that are seen, nothing else"}
	}
	out := probe.Outgoing{From: m.From, To: m.To[0], Subject: m.Subject, Text: m.Text}
	for _, a := range m.Attachments {
		out.Attachments = append(out.Attachments, message.Attachment{Name: a.Name, Data: a.Data})
	}
	return r.p.Send(r.ctx, out)
}

// DeleteMail is refused: nothing is deleted from a real mailbox.
func (r messageRig) DeleteMail(string, string, int) error {
	return NotHere{"nothing is deleted from a real mailbox"}
}

// IsFile reports whether a target's name is that of a file.
func IsFile(name string) bool { return strings.ContainsAny(name, `./\`) }

// deploymentMax bounds a deployment file.
const deploymentMax = 2 << 20

// fromFile returns the target that a file describes.
func fromFile(name string) (Target, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot use target: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, deploymentMax))
	if err != nil {
		return nil, fmt.Errorf("cannot use target: %w", err)
	}
	d, err := deploy.Parse(name, data)
	if err != nil {
		return nil, err
	}
	return Deployment(context.Background(), d), nil
}

// FreeAddress returns a loopback address that nobody listens on.
func FreeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
