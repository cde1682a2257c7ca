package emulator

import (
	"testing"
	"time"

	"gwkit/emulator/site"
)

// quickSite is the shape single without timing, so that a run is short.
func quickSite(tb testing.TB) *site.Site {
	s, err := site.Shape("single")
	if err != nil {
		tb.Fatal(err)
	}
	s.Timing = site.Timing{Model: site.TimingNone}
	return s
}

// FuzzSession sends arbitrary bytes to the gateway: it must neither panic nor
// stop serving the next caller.
func FuzzSession(f *testing.F) {
	for _, s := range []string{
		"HELO a\r\nMAIL From:<a@b>\r\nRCPT To:<sparky@hub.company.com>\r\nDATA\r\nSubject: x\r\n\r\nbody\r\n.\r\nQUIT\r\n",
		"EHLO a\r\nRSET\r\nHELO\r\nMAIL From:<>\r\nRCPT To:<sparky@hub.company.com>\r\nDATA\r\n\n..\n.\n\r\n.\r\n",
		"HELO a\nMAIL FROM:x\nRCPT TO:<@a,@b:sparky@hub.company.com>\nDATA\nEncoding: 1 TEXT, 3 UUENCODE\nX-MS-Attachment: A B 1 1-1-93 1:1\n\nt\n\nbegin 644 A\n#AAAA\nend\n.\n",
		"HELO a\r\nMAIL From:<a@b>\r\nRCPT To:<sparky@hub.company.com>\r\nDATA\r\n\r\nBEGIN what\r\nENDEAVOR\r\n.\r\n",
		"\x00\xff\r\n\r\n", "DATA\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		w, err := New(quickSite(t), Options{MaxSteps: 2_000_000})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		c, err := w.Dial("10.1.1.1", "GW1")
		if err != nil {
			t.Fatal(err)
		}
		c.SendRaw(in) // a call the gateway has ended refuses the rest
		c.CloseWrite()
		for {
			if _, err := c.Recv(time.Minute); err != nil {
				break
			}
		}
		c.Close()
		if w.Err() != nil {
			t.Fatal(w.Err())
		}
		if c, err = w.Dial("10.1.1.1", "GW1"); err != nil {
			t.Fatal(err)
		}
		if line, err := c.Recv(10 * time.Minute); err != nil || len(line) < 3 || line[:3] != "220" {
			t.Errorf("the next caller got %q, %v (%v)", line, err, w.Err())
		}
	})
}

// driveFiles are files a program reads.
var driveFiles = []string{
	`\SMTP\LOCAL.CFG`, `\SMTP\ADDR_MAP.CFG`, `\SMTP\SMTPIN.TBL`, `\SMTP\SMTPOUT.TBL`, `\SMTP\FROM_NC.API`, `\SMTP\TO_NC.API`,
	`\SMTP\SMTP_IN.822`, `\SMTP\API_OUT.TMP`, `\SMTP\OUTBAD.API`, `\GLB\CONTROL.GLB`, `\GLB\MASTER.GLB`, `\GLB\NETWORK.GLB`,
	`\GLB\ACCESS.GLB`, `\GLB\ACCESS2.GLB`, `\GLB\GROUP.GLB`, `\GLB\FLAG.GLB`, `\GLB\RNETSEM.GLB`, `\GLB\C850SORT.GLB`,
	`\XTN\00000001.XTN`, `\KEY\INQUEUE3.KEY`, `\MBG\INQUEUE3.MBG`, `\KEY\00000000.KEY`, `\MBG\00000000.MBG`, `\MBG\SYSTEM.MBG`,
	`\P1\00000001.P1`, `\MAI\MA1\00000001.MAI`, `\LOG\SMTPGATE.LOG`,
}

// FuzzDriveFile puts arbitrary bytes in place of a file of the gateway
// postoffice while mail goes both ways: no panic, and the run ends.
func FuzzDriveFile(f *testing.F) {
	for i := range driveFiles {
		f.Add(uint8(i), []byte(nil))
		f.Add(uint8(i), []byte("\x01\x02garbage\r\nof any kind\x00"))
	}
	f.Add(uint8(4), []byte("VERSION:3.00\rTO:SMTP:a@b\rFROM:CSI:COMPANY/HUB/sparky\rTEXT:3\rabc"))
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		w, err := New(quickSite(t), Options{MaxSteps: 2_000_000})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		path := "COMPANY/HUB:" + driveFiles[int(which)%len(driveFiles)]
		w.Run(time.Second)
		if err := w.WriteFile(path, data); err != nil {
			t.Fatal(err)
		}
		w.Inject("a@outside.example", []string{"sparky@hub.company.com"}, []byte("Subject: in\r\n\r\nx\r\n"))
		w.Submit(Mail{From: "COMPANY/HUB/sparky", To: []string{"a@outside.example"}, Subject: "out", Text: "x"}) // may fail: the file is broken
		w.Run(10 * time.Minute)
		w.Reboot("GW1")
		w.Reboot("MTA1")
		w.Run(10 * time.Minute)
		w.Mailbag("COMPANY/HUB", "sparky")
		w.Summary()
		if w.Err() != nil {
			t.Fatal(w.Err())
		}
	})
}
