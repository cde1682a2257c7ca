package peer

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Samba is a running smbd that exports one folder, read-only, as MAILDATA.
type Samba struct {
	Port int
	dir  string
}

// StartSamba exports a folder.
func StartSamba(t *testing.T, folder string) *Samba {
	t.Helper()
	program := Find(t, "smbd")
	Find(t, "smbclient")
	needRoot(t, "smbd")
	dir := dirOthersWalk(t, "gwkit-samba-")
	s := &Samba{Port: FreePort(t), dir: dir}
	for _, d := range []string{"lock", "state", "cache", "private", "pid", "log", "ncalrpc"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	conf := filepath.Join(dir, "smb.conf")
	write(t, conf, fmt.Sprintf(`[global]
server role = standalone server
interfaces = lo
bind interfaces only = yes
smb ports = %[2]d
disable netbios = yes
lock directory = %[1]s/lock
state directory = %[1]s/state
cache directory = %[1]s/cache
private dir = %[1]s/private
pid directory = %[1]s/pid
ncalrpc dir = %[1]s/ncalrpc
log file = %[1]s/log/smbd
map to guest = Bad User
guest account = root
load printers = no
printing = bsd
disable spoolss = yes
[MAILDATA]
path = %[3]s
guest ok = yes
read only = yes
`, dir, s.Port, folder))
	background(t, program, "--foreground", "--no-process-group", "--configfile="+conf, "--debug-stdout")
	listens(t, s.Port)
	return s
}

// CopyTo copies the whole share into a folder by smbclient.
func (s *Samba) CopyTo(t *testing.T, folder string) {
	t.Helper()
	cmd := exec.Command(Find(t, "smbclient"), "//127.0.0.1/MAILDATA", "-p", fmt.Sprint(s.Port), "-N", "-s", filepath.Join(s.dir, "smb.conf"),
		"-c", "prompt OFF; recurse ON; lcd "+folder+"; mget *")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("smbclient: %v\n%s", err, out)
	}
}
