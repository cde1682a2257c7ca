package emulator

import (
	"testing"
	"time"

	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// gatewayTime runs one message of size bytes in a direction through the shape
// single and returns how long the gateway is busy with it: inbound from the
// call to the end of the connection, outbound from the start of SMTPGET to the
// removal of FROM_NC.API.
func gatewayTime(tb testing.TB, t site.Timing, dir direction, size int) time.Duration {
	s, _ := site.Shape("single")
	s.Timing = t
	rec := &trace.Recorder{}
	w, err := New(s, Options{Trace: rec})
	if err != nil {
		tb.Fatal(err)
	}
	defer w.Close()
	text := string(loadText(size))
	w.Run(10 * time.Minute)
	if dir == inbound {
		err = w.Inject("root@outside.example", []string{"sparky@hub.company.com"}, []byte("From: root@outside.example\r\nTo: sparky@hub.company.com\r\nSubject: x\r\n\r\n"+text))
	} else {
		err = w.Submit(Mail{From: "COMPANY/HUB/sparky", To: []string{"root@outside.example"}, Subject: "x", Text: text})
	}
	if err != nil {
		tb.Fatal(err)
	}
	w.Run(30 * time.Minute)
	var begin, end int64
	for _, e := range rec.Events() {
		if e.Time < int64(w.k.Start().Add(10*time.Minute)) {
			continue
		}
		if dir == inbound {
			if e.Op == "create" && e.Object == `M:\SMTP\SMTP_IN.ENV` {
				begin = e.Time
			}
			if e.Op == "remove" && e.Object == `M:\SMTP\API_OUT.TMP` {
				end = e.Time
			}
			continue
		}
		if e.Op == "spawn" && e.Who == "GW1/SMTPGATE" && end == 0 {
			begin = e.Time
		}
		if e.Op == "remove" && e.Object == `M:\SMTP\SMTP_OUT.TXT` {
			end = e.Time
		}
	}
	if begin == 0 || end <= begin {
		tb.Fatalf("direction %d, size %d: no passage found", dir, size)
	}
	return time.Duration(end - begin)
}

// The benchmark timing must give the documented figures by itself: 2.5 s for
// 537 bytes either way (Q137043), and 8 KB messages at about 10,000 a day, in
// and out mixed (Q132060).
func TestBenchmarkTimingGivesTheDocumentedFigures(t *testing.T) {
	timing := site.Timing{Model: site.TimingBenchmark}
	near := func(what string, got, want, tolerance float64) {
		t.Helper()
		t.Logf("%s: simulated %.2f, documented %.2f", what, got, want)
		if got < want*(1-tolerance) || got > want*(1+tolerance) {
			t.Errorf("%s: simulated %.2f, documented %.2f, more than %.0f%% apart", what, got, want, 100*tolerance)
		}
	}
	var both float64
	for _, dir := range []direction{inbound, outbound} {
		near([]string{"seconds for 537 bytes in", "seconds for 537 bytes out"}[dir], gatewayTime(t, timing, dir, 537).Seconds(), 2.5, 0.06)
		both += gatewayTime(t, timing, dir, 8<<10).Seconds()
	}
	near("messages of 8 KB a day", 86400/(both/2), 10000, 0.06)
}
