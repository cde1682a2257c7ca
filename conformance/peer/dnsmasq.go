package peer

import (
	"fmt"
	"path/filepath"
	"testing"
)

// StartDNS starts dnsmasq with lines of its configuration, such as
// "mx-host=sales.company.com,mail.company.com,10" and
// "host-record=mail.company.com,11.1.16.15", and returns its address. It asks
// nobody else: a name below "local=/company.com/" that it was not told does not
// exist, others it refuses.
func StartDNS(t *testing.T, lines string) string {
	t.Helper()
	program := Find(t, "dnsmasq")
	dir := dirOthersWalk(t, "gwkit-dnsmasq-")
	conf := filepath.Join(dir, "dnsmasq.conf")
	port := FreePort(t)
	write(t, conf, fmt.Sprintf("port=%d\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nno-daemon\nlog-queries\npid-file=\n%s\n", port, lines))
	background(t, program, "--conf-file="+conf)
	listens(t, port) // over TCP, and over UDP from the same moment on
	return fmt.Sprintf("127.0.0.1:%d", port)
}
