package probe

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/names"
	"gwkit/conformance/report"
)

// Kind says how much a check does.
type Kind string

// The kinds, from what only looks to what sends mail.
const (
	Passive Kind = "passive" // reads files and asks name servers
	Probe   Kind = "probe"   // opens short sessions; no mail
	Message Kind = "message" // sends a marked message
)

// Check is a row of Checks.
type Check struct {
	ID       string
	Kind     Kind
	Sentence string   // what holds when it passes
	Articles []string // what it speaks of
	Safety   string   // why it does no harm
	Needs    string   // what the deployment file must say

	run func(*exam)
}

// Options are the inputs of a Prober beside the deployment. The zero value
// asks nobody and shows nothing.
type Options struct {
	// Resolver answers questions about names; nil: live.dns has nobody to
	// ask.
	Resolver names.Resolver

	// Ask tells a person what to do. nil: nobody is there.
	Ask func(text string)

	// Submit replaces what the deployment file says of test.submit.
	Submit func(ctx context.Context, m Outgoing) error

	// Waiting is called about once a second while a check waits.
	Waiting func(Pending)

	// Plan receives what would be done, one line each, instead of doing it.
	Plan func(line string)

	// Ended is called after each check.
	Ended func(report.Script)

	// Pause replaces the time between two sessions, for tests; 0: 200 ms. A
	// second copy of a message is looked for as long as copiesWait of them.
	Pause time.Duration
}

// Pending is a wait under way.
type Pending struct {
	Check, For string        // what is waited for, and where it is now
	Left, Of   time.Duration // of our clock
}

// Prober looks at one deployment. Its methods are called from one goroutine.
type Prober struct {
	d     *deploy.Deployment
	o     Options
	phone caller
	helo  string
	files files
	sink  sink

	announced map[string]bool   // of a dry run, in this check
	dead      map[string]string // addresses and drives that gave nothing, and why
}

// New returns a prober of a deployment.
func New(d *deploy.Deployment, o Options) *Prober {
	p := &Prober{d: d, o: o, dead: map[string]string{}, helo: ownName()}
	p.phone.pause = o.Pause
	if o.Pause == 0 {
		p.phone.pause = pauseAfter
	}
	p.phone.dry = o.Plan
	return p
}

// ownName is how we introduce ourselves: the name of this machine if it can
// stand in a command.
func ownName() string {
	name, err := os.Hostname()
	if err != nil || name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	}) {
		return "gwcheck.invalid"
	}
	return name
}

// Transcripts returns the sessions so far.
func (p *Prober) Transcripts() []Transcript {
	p.phone.kept.Lock()
	defer p.phone.kept.Unlock()
	return slices.Clone(p.phone.saved)
}

// Opened returns the files that were opened so far.
func (p *Prober) Opened() []string {
	p.files.mu.Lock()
	defer p.files.mu.Unlock()
	return slices.Clone(p.files.list)
}

// Lookup returns the row of Checks with an id, or nil.
func Lookup(id string) *Check {
	for i := range Checks {
		if Checks[i].ID == id {
			return &Checks[i]
		}
	}
	return nil
}

// Run does the checks one after the other and returns a row for each. When ctx
// ends the check under way says what it knows so far and the others are
// unknown.
func (p *Prober) Run(ctx context.Context, checks []Check) []report.Script {
	var rows []report.Script
	for i := range checks {
		row := p.one(ctx, &checks[i])
		rows = append(rows, row)
		if p.o.Ended != nil {
			p.o.Ended(row)
		}
	}
	return rows
}

// exam is one check under way.
type exam struct {
	*Prober
	ctx   context.Context
	check *Check

	statements []report.Statement
	failed     []string
	unknown    []string
	skipped    []string
	log        []string
	looked     bool // something was judged
}

func (p *Prober) one(ctx context.Context, c *Check) report.Script {
	row := report.Script{ID: c.ID, Summary: c.Sentence, Articles: c.Articles, Tags: []string{"live", string(c.Kind)}, Repeat: "gwcheck run --target " + p.d.File + " " + c.ID}
	began := time.Now()
	e := &exam{Prober: p, ctx: ctx, check: c}
	switch {
	case !p.allows(c.Kind):
		row.Verdict, row.Reason = report.Skip, fmt.Sprintf("not allowed: the deployment file says allow: [%s], this needs %s", strings.Join(p.d.Allow.Names(), ", "), permission[c.Kind])
		return row
	case ctx.Err() != nil:
		row.Verdict, row.Reason = report.Unknown, "interrupted before it began"
		return row
	}
	if p.o.Plan != nil {
		p.announced = map[string]bool{}
		p.o.Plan("# " + c.ID + ": " + c.Sentence)
	}
	c.run(e)
	row.Seconds = time.Since(began).Seconds()
	row.Statements = e.statements
	row.Log = strings.Join(e.log, "\n")
	switch {
	case len(e.failed) > 0:
		row.Verdict, row.Reason = report.Fail, strings.Join(e.failed, "; ")
	case ctx.Err() != nil:
		row.Verdict, row.Reason = report.Unknown, strings.Join(append([]string{"interrupted"}, e.unknown...), "; ")
	case len(e.unknown) > 0:
		row.Verdict, row.Reason = report.Unknown, strings.Join(e.unknown, "; ")
	case !e.looked:
		if len(e.skipped) == 0 {
			e.skipped = []string{"needs " + c.Needs}
		}
		row.Verdict, row.Reason = report.Skip, strings.Join(e.skipped, "; ")
	default:
		row.Verdict = report.Pass
	}
	if len(e.skipped) > 0 && e.looked {
		row.NotJudged = e.skipped
		e.log = append(e.log, "not judged: "+strings.Join(e.skipped, "; "))
		row.Log = strings.Join(e.log, "\n")
	}
	return row
}

// permission is the word of allow that a kind needs.
var permission = map[Kind]string{Passive: "read", Probe: "probe", Message: "message"}

func (p *Prober) allows(k Kind) bool {
	switch k {
	case Passive:
		return p.d.Allow.Read
	case Probe:
		return p.d.Allow.Probe
	}
	return p.d.Allow.Message
}

// say keeps a statement: something that was seen, in words that can be
// compared with those of another run.
func (e *exam) say(subject, name, format string, args ...any) {
	e.looked = true
	s := report.Statement{Subject: subject, Name: name, Value: fmt.Sprintf(format, args...)}
	e.statements = append(e.statements, s)
	e.log = append(e.log, s.String())
}

// measure keeps a statement whose value differs from run to run.
func (e *exam) measure(subject, name, format string, args ...any) {
	e.say(subject, name, format, args...)
	e.statements[len(e.statements)-1].Measured = true
}

func (e *exam) fail(format string, args ...any) {
	e.looked = true
	e.failed = append(e.failed, fmt.Sprintf(format, args...))
	e.log = append(e.log, "FAIL "+e.failed[len(e.failed)-1])
}

func (e *exam) unsure(format string, args ...any) {
	e.unknown = append(e.unknown, fmt.Sprintf(format, args...))
}

func (e *exam) skip(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(e.skipped, text) {
		e.skipped = append(e.skipped, text)
	}
}

// mark is a new token; a dry run says only what one looks like.
func (p *Prober) mark() string {
	if p.o.Plan != nil {
		return "gwck*"
	}
	return newToken()
}

// newToken is a word that no other message has.
func newToken() string {
	var b [5]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("no random numbers: " + err.Error())
	}
	return "gwck" + hex.EncodeToString(b[:])
}

// gateway is a PC whose port 25 can be called.
type gateway struct {
	*deploy.PC
	address string
}

// gateways returns the PCs that receive mail.
func (p *Prober) gateways() (list []gateway) {
	for i := range p.d.PCs {
		pc := &p.d.PCs[i]
		role := p.d.RoleOf(pc)
		if role != deploy.RoleBoth && role != deploy.RoleReceive {
			continue
		}
		address := pc.Address
		if address == "" && pc.IP != "" {
			address = net.JoinHostPort(pc.IP, "25")
		}
		if address != "" {
			list = append(list, gateway{pc, address})
		}
	}
	return list
}

// relay returns the address of the smart host, or "".
func (p *Prober) relay() string {
	h := &p.d.SmartHost
	if h.Address != "" || h.IP == "" {
		return h.Address
	}
	return net.JoinHostPort(h.IP, "25")
}
