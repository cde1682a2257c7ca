package probe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/names"
	"gwkit/conformance/peer"
	"gwkit/conformance/report"
)

func TestMain(m *testing.M) {
	code := m.Run()
	peer.RemoveBuilt()
	os.Exit(code)
}

// served is an emulated deployment in another process, and its description.
type served struct {
	g    *peer.Gwemu
	dir  string
	file string
}

const zoneText = `$ORIGIN company.com.
$TTL 3600
@ IN SOA ns.company.com. admin.company.com. 1 3600 600 86400 3600
msmailgwy IN A 11.1.16.16
mail IN A 11.1.16.15
hub IN MX 10 mail
sales IN MX 10 mail
engineer IN MX 10 mail
`

func serve(t *testing.T) *served {
	t.Helper()
	s := &served{dir: t.TempDir()}
	smtp, gateway, sink := peer.FreePort(t), peer.FreePort(t), peer.FreePort(t)
	drives := filepath.Join(s.dir, "drives")
	s.g = peer.Serve(t, "single", "--drive", drives, "--speed", "60", "--smtp", fmt.Sprint("127.0.0.1:", smtp),
		"--gateway", fmt.Sprint("GW1=127.0.0.1:", gateway), "--relay", fmt.Sprint("127.0.0.1:", sink))
	s.file = filepath.Join(s.dir, "deploy.yaml")
	text := fmt.Sprintf(`version: 1
allow: [read, probe, message]
gatewayVersion: 3.0.9
shape: single
speed: 60
postoffices:
  - {name: COMPANY/HUB, drive: drives/COMPANY_HUB, gateway: smtp}
  - {name: COMPANY/SALES, drive: drives/COMPANY_SALES, via: COMPANY/HUB}
  - {name: COMPANY/ENGINEER, drive: drives/COMPANY_ENGINEER, via: COMPANY/HUB}
pcs:
  - {name: GW1, ip: 11.1.16.16, address: '127.0.0.1:%d', drives: {M: COMPANY/HUB}, disk: drives/PC_GW1}
  - {name: MTA1, drives: {M: COMPANY/HUB, N: COMPANY/SALES, O: COMPANY/ENGINEER}, disk: drives/PC_MTA1}
smartHost: {name: mail.company.com, ip: 11.1.16.15, address: '127.0.0.1:%d'}
test:
  mailboxes:
    - {postoffice: COMPANY/HUB, user: sparky, address: sparky@hub.company.com}
    - {postoffice: COMPANY/SALES, user: margb, address: margb@sales.company.com}
  outside: probe@example.com
  submit: {command: '%s submit --control %s --from {from} --to {to} --subject {subject} --text {file}', attach: '--attach {attachment}'}
  catch: {listen: '127.0.0.1:%d'}
patience: 1m
`, gateway, smtp, s.g.Program, s.g.Control, sink)
	if err := os.WriteFile(s.file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	// A gateway that has run for a while has written its log.
	peer.Eventually(t, 30*time.Second, func() string {
		if _, err := os.Stat(filepath.Join(filepath.Dir(s.file), "drives", "COMPANY_HUB", "LOG", "SMTPGATE.LOG")); err != nil {
			return err.Error()
		}
		return ""
	})
	return s
}

func (s *served) deployment(t *testing.T) *deploy.Deployment {
	t.Helper()
	data, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := deploy.Parse(s.file, data)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// checksum is of the names, sizes, times and contents of a tree.
func checksum(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %v %d %d\n", path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		if d.IsDir() {
			return nil
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(h, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func show(t *testing.T, rows []report.Script, p *Prober) {
	for _, r := range rows {
		t.Logf("%s %s %s (%.1fs)\n%s", r.Verdict, r.ID, r.Reason, r.Seconds, r.Log)
	}
	for _, s := range p.Transcripts() {
		t.Log(s.String())
	}
}

func TestAllLiveChecksPassOnAServedEmulator(t *testing.T) {
	if testing.Short() {
		t.Skip("not run: starts a server")
	}
	s := serve(t)
	d := s.deployment(t)
	zone, err := names.ParseZone("zone", []byte(zoneText), "")
	if err != nil {
		t.Fatal(err)
	}
	// The relay of this deployment takes any address.
	d.Test.Backbone = "far.example"
	p := New(d, Options{Resolver: zone, Pause: time.Millisecond})
	defer p.Close()
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	defer stop()
	rows := p.Run(ctx, Checks)
	for _, r := range rows {
		if r.Verdict != report.Pass {
			t.Errorf("%s: %s: %s", r.ID, r.Verdict, r.Reason)
		}
	}
	if t.Failed() || testing.Verbose() {
		show(t, rows, p)
	}
	whatADryRunTold(t, d, p)
	for _, tr := range p.Transcripts() {
		quits := 0
		for _, l := range tr.Lines {
			if l.From == "us" && strings.HasPrefix(l.Text, "QUIT") {
				quits++
			}
		}
		closed := len(tr.Lines) > 1 && strings.Contains(tr.String(), "hangs up")
		if quits != 1 && !closed {
			t.Errorf("a session has %d QUIT:\n%s", quits, tr.String())
		}
	}
}

// announced reports whether a dry run has told of something: verb and object,
// where * and ? stand for anything.
func announced(plan []string, verb, object string) bool {
	return slices.ContainsFunc(plan, func(line string) bool {
		rest, ok := strings.CutPrefix(line, verb+" ")
		rest, _, _ = strings.Cut(rest, " (only if")
		rest, _, _ = strings.Cut(rest, " (attributes")
		pattern := "^" + strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(strings.TrimSuffix(strings.ReplaceAll(rest, `\`, "/"), "/"))) + "/?$"
		return ok && regexp.MustCompile("(?i)"+pattern).MatchString(object)
	})
}

// whatADryRunTold fails for each file that was opened and each command that was
// sent of which a dry run of the same deployment did not tell.
func whatADryRunTold(t *testing.T, d *deploy.Deployment, p *Prober) {
	t.Helper()
	plan := map[string][]string{} // check -> lines
	var all []string
	check := ""
	New(d, Options{Resolver: p.o.Resolver, Plan: func(line string) {
		if id, _, ok := strings.Cut(strings.TrimPrefix(line, "# "), ": "); ok && Lookup(id) != nil {
			check = id
		}
		plan[check], all = append(plan[check], line), append(all, line)
	}}).Run(context.Background(), Checks)
	for _, name := range p.Opened() {
		name = strings.TrimSuffix(name, ".")
		if !announced(all, "open", name) && !announced(all, "list", name) {
			t.Errorf("%s was opened unannounced", name)
		}
	}
	for _, tr := range p.Transcripts() {
		if !announced(plan[tr.Check], "connect", tr.Address) {
			t.Errorf("%s: %s was called unannounced", tr.Check, tr.Address)
		}
		for _, l := range tr.Lines {
			text := l.Text
			if i := strings.Index(text, "Subject: "); i > 0 {
				text = "the message: " + strings.TrimSuffix(text[i:], ")")
			}
			if l.From == "us" && !announced(plan[tr.Check], "send", text) {
				t.Errorf("%s: %q was sent unannounced", tr.Check, text)
			}
		}
	}
	if t.Failed() {
		t.Logf("announced:\n%s", strings.Join(all, "\n"))
	}
}

func TestReadingChangesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("not run: starts a server")
	}
	s := serve(t)
	d := s.deployment(t)
	s.g.Stop() // a deployment that runs changes by itself
	drives := filepath.Join(s.dir, "drives")
	before := checksum(t, drives)
	p := New(d, Options{})
	defer p.Close()
	d.Allow = deploy.Allow{Read: true}
	rows := p.Run(context.Background(), Checks)
	if after := checksum(t, drives); after != before {
		t.Error("the drives have changed")
	}
	var b bytes.Buffer
	for _, r := range rows {
		fmt.Fprintf(&b, "%s %s %s\n", r.Verdict, r.ID, r.Reason)
	}
	if !strings.Contains(b.String(), "pass live.dbread") || !strings.Contains(b.String(), "skip live.tcp25 not allowed") {
		t.Errorf("rows:\n%s", &b)
	}
	if len(p.Opened()) == 0 || len(p.Transcripts()) != 0 {
		t.Errorf("opened %v, called %v", p.Opened(), p.Transcripts())
	}
}
