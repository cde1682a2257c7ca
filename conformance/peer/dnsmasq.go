package peer

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
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
	cmd := exec.Command(program, "--conf-file="+conf)
	var log safeBuffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("dnsmasq's log:\n%s", log.String())
		}
	})
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	Eventually(t, 10*time.Second, func() string {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return "dnsmasq does not listen: " + err.Error() + "\n" + log.String()
		}
		c.Close()
		return ""
	})
	return addr
}
