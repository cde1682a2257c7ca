package peer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// PostfixOptions is what a test wants of a Postfix.
type PostfixOptions struct {
	Relay   map[string]int // domain to the loopback port it is relayed to
	Virtual string         // domain delivered into Maildir; default outside.example
	Main    string         // further lines of main.cf
	SMTPD   string         // further arguments of its smtpd, "-o name=value ..."
}

// Postfix is a running instance.
type Postfix struct {
	Port    int    // its SMTP, on loopback
	Maildir string // of the virtual domain
	Log     string // file
	Conf    string // folder
	program string
}

// StartPostfix starts an instance of its own: SMTP on a loopback port, mail for
// some domains relayed, mail for the virtual domain into a maildir.
func StartPostfix(t *testing.T, o PostfixOptions) *Postfix {
	t.Helper()
	program := Find(t, "postfix")
	needRoot(t, "Postfix")
	uid := uidOf(t, "postfix")
	dir := dirOthersWalk(t, "gwkit-postfix-")
	p := &Postfix{Port: FreePort(t), Conf: filepath.Join(dir, "conf"), Maildir: filepath.Join(dir, "mail", "root"),
		Log: filepath.Join(dir, "data", "mail.log"), program: program}
	for _, d := range []string{"conf", "queue", "data", "mail"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"data", "mail"} {
		if err := os.Chown(filepath.Join(dir, d), uid, -1); err != nil {
			t.Fatal(err)
		}
	}
	if o.Virtual == "" {
		o.Virtual = "outside.example"
	}
	var domains, transports []string
	for domain, port := range o.Relay {
		domains = append(domains, domain)
		transports = append(transports, fmt.Sprintf("{%s = smtp:[127.0.0.1]:%d}", domain, port))
	}
	slices.Sort(domains)
	slices.Sort(transports)
	write(t, filepath.Join(p.Conf, "main.cf"), fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.outside.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
relay_domains = %[2]s
transport_maps = inline:{ %[3]s }
smtp_destination_concurrency_limit = 1
smtp_host_lookup = native
smtp_tls_security_level = none
virtual_mailbox_domains = %[5]s
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = static:root/
virtual_uid_maps = static:%[4]d
virtual_gid_maps = static:%[4]d
virtual_minimum_uid = 1
maillog_file = %[1]s/data/mail.log
maillog_file_prefixes = %[1]s
alias_maps =
message_size_limit = 20000000
minimal_backoff_time = 2s
maximal_backoff_time = 2s
queue_run_delay = 2s
%[6]s
`, dir, strings.Join(domains, " "), strings.Join(transports, " "), uid, o.Virtual, o.Main))
	write(t, filepath.Join(p.Conf, "master.cf"), fmt.Sprintf(`127.0.0.1:%d inet n - n - - smtpd %s
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
local     unix  - n n - - local
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
`, p.Port, o.SMTPD))
	if out, err := exec.Command(program, "-c", p.Conf, "start").CombinedOutput(); err != nil {
		t.Fatalf("postfix start: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			if log, err := os.ReadFile(p.Log); err == nil {
				t.Logf("Postfix's log:\n%s", log)
			}
		}
	})
	listens(t, p.Port)
	return p
}

// Stop ends it; more than once does no harm.
func (p *Postfix) Stop() { exec.Command(p.program, "-c", p.Conf, "stop").Run() }
