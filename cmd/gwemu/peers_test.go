package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gwkit/conformance/peer"
)

// The programs of others that talk to a served deployment, on loopback only:
// swaks hands mail to Postfix, Postfix relays it to the gateway; the gateway's
// own mail goes to Postfix, which delivers it to a maildir, and uudecode
// restores what was attached. In CI (GWKIT_PEERS=required) a missing program
// is a failure.

// servedBesidePostfix serves the shape single at 60 virtual seconds a second,
// its relay and its smart host a Postfix. It returns the folder of the drives.
func servedBesidePostfix(t *testing.T) (*peer.Gwemu, *peer.Postfix, string) {
	gateway := peer.FreePort(t)
	p := peer.StartPostfix(t, peer.PostfixOptions{Relay: map[string]int{
		"hub.company.com": gateway, "sales.company.com": gateway, "engineer.company.com": gateway}})
	drives := filepath.Join(t.TempDir(), "drives")
	g := peer.Serve(t, "single", "--drive", drives, "--smtp", "127.0.0.1:0", "--gateway", fmt.Sprintf("GW1=127.0.0.1:%d", gateway),
		"--relay", fmt.Sprintf("127.0.0.1:%d", p.Port), "--speed", "60")
	return g, p, drives
}

func TestSwaksAndPostfixReachADownstreamUser(t *testing.T) {
	swaks := peer.Find(t, "swaks")
	s, p, drives := servedBesidePostfix(t)
	body := "first line\n.a line with a dot\n\ncaf\xe9 with an 8-bit letter\nlast line"
	cmd := exec.Command(swaks, "--server", "127.0.0.1", "--port", fmt.Sprint(p.Port), "--from", "root@outside.example",
		"--to", "margb@sales.company.com", "--header", "Subject: from swaks", "--body", body)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("swaks: %v\n%s", err, out)
	}
	read := []string{"mail", "COMPANY/SALES", "margb", "--read", "1"}
	var got string
	peer.Eventually(t, 60*time.Second, func() string {
		out, err := s.Run(read...)
		if err != nil {
			return err.Error()
		}
		got = out
		if !strings.Contains(out, "from swaks") {
			return "the mailbag has: " + out
		}
		return ""
	})
	// Without a table the byte E9 is what code page 850 has there. Q101461
	want := strings.ReplaceAll(body, "\xe9", "Ú")
	if !strings.Contains(got, want) {
		t.Errorf("the message differs:\n%q\nwant in it:\n%q", got, want)
	}
	// The tree that is left behind is whole: the same message without a server.
	s.Stop()
	out, err := s.Run("mail", "--drive", drives, "COMPANY/SALES", "margb", "--read", "1")
	_, text, _ := strings.Cut(got, "\n\n") // the date above is shown in another zone
	if err != nil || !strings.HasSuffix(out, text) {
		t.Errorf("after the end: %v\n%q\nwant\n%q", err, out, got)
	}
}

func TestAttachmentsReachAMaildirAndUudecodeRestoresThem(t *testing.T) {
	uudecode := peer.Find(t, "uudecode")
	s, p, _ := servedBesidePostfix(t)
	dir := t.TempDir()
	binary := make([]byte, 5000)
	for i := range binary {
		binary[i] = byte(i * 7)
	}
	text := []byte("a text attachment\r\nof two lines\r\n")
	for name, data := range map[string][]byte{"DATA.BIN": binary, "NOTES.TXT": text} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "body"), []byte("see attached\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run("submit", "--from", "COMPANY/SALES/margb", "--to", "root@outside.example", "--subject", "two files",
		"--text", filepath.Join(dir, "body"), "--attach", filepath.Join(dir, "NOTES.TXT"), "--attach", filepath.Join(dir, "DATA.BIN")); err != nil {
		t.Fatal(err)
	}
	var mail []byte
	peer.Eventually(t, 90*time.Second, func() string {
		files, _ := filepath.Glob(filepath.Join(p.Maildir, "new", "*"))
		if len(files) == 0 {
			return "the maildir is empty"
		}
		var err error
		if mail, err = os.ReadFile(files[0]); err != nil {
			return err.Error()
		}
		return ""
	})
	for _, want := range []string{"Subject: two files\n", "Encoding: 1 TEXT, 2 TEXT, ", "X-MS-Attachment: NOTES.TXT 33 ", "X-MS-Attachment: DATA.BIN 5000 ",
		"see attached\n", "a text attachment\nof two lines\n", "From: "} {
		if !bytes.Contains(mail, []byte(want)) {
			t.Errorf("the mail lacks %q:\n%s", want, mail)
		}
	}
	in := filepath.Join(dir, "mail")
	if err := os.WriteFile(in, mail, 0o644); err != nil {
		t.Fatal(err)
	}
	restored := filepath.Join(dir, "restored")
	if out, err := exec.Command(uudecode, "-o", restored, in).CombinedOutput(); err != nil {
		t.Fatalf("uudecode: %v\n%s", err, out)
	}
	if got, err := os.ReadFile(restored); err != nil || !bytes.Equal(got, binary) {
		t.Errorf("uudecode gave %d bytes, %v; want the %d that were sent", len(got), err, len(binary))
	}
}
