package peer

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestDNSAnswersWhatItWasTold(t *testing.T) {
	addr := StartDNS(t, "host-record=mail.company.com,11.1.16.15\nmx-host=sales.company.com,mail.company.com,10")
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	mx, err := r.LookupMX(ctx, "sales.company.com")
	if err != nil || len(mx) != 1 || mx[0].Host != "mail.company.com." {
		t.Errorf("MX: %v, %v", mx, err)
	}
	if got, err := r.LookupHost(ctx, "mail.company.com"); err != nil || len(got) != 1 || got[0] != "11.1.16.15" {
		t.Errorf("A: %v, %v", got, err)
	}
	if got, err := r.LookupHost(ctx, "other.company.com"); err == nil {
		t.Errorf("a name it was not told is %v", got)
	}
}

func TestSambaGivesTheFolderUnchanged(t *testing.T) {
	from := dirOthersWalk(t, "gwkit-share-")
	want := []byte("one\r\ntwo\x00\xff")
	if err := os.MkdirAll(filepath.Join(from, "SMTP"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "SMTP", "LOCAL.CFG"), want, 0o644); err != nil {
		t.Fatal(err)
	}
	s := StartSamba(t, from)
	to := t.TempDir()
	s.CopyTo(t, to)
	if got, err := os.ReadFile(filepath.Join(to, "SMTP", "LOCAL.CFG")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}
