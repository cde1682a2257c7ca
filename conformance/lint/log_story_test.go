package lint

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// endless is a log of some length that is made while it is read.
type endless struct {
	cycle []byte
	left  int64
	at    int
}

func (e *endless) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(b) && e.left > 0 {
		c := copy(b[n:min(len(b), n+int(min(e.left, 1<<20)))], e.cycle[e.at:])
		e.at = (e.at + c) % len(e.cycle)
		e.left -= int64(c)
		n += c
	}
	return n, nil
}

func (e *endless) Close() error { return nil }

// readLogs judges the rules of logs on one log.
func readLogs(log func() (io.ReadCloser, error)) *Report {
	in := &Installation{Said: map[string]Fact[string]{}, Logs: []Log{{Name: "SMTPGATE.LOG", File: "big.log", Open: log}}}
	return Run(context.Background(), in, Options{Only: []string{"log"}})
}

func TestALongLogIsNotHeldInMemory(t *testing.T) {
	const size = 64 << 20
	cycle := strings.Repeat("08:58:04 - Idling:  48258 bytes, largest 47234\r\n08:58:04 - spawning SMTPGET\r\n08:58:05 - spawn(SMTPGET)=0\r\n08:58:05 - SMTP_accept(socket=256, timeout=120)\r\n  [rx] "+strings.Repeat("x", 300)+"\r\n", 50) +
		"08:58:06 - ERROR connect: (121) network error\r\n"
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := readLogs(func() (io.ReadCloser, error) { return &endless{cycle: []byte(cycle), left: size}, nil })
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("%d bytes more are in use after a log of %d", grown, size)
	}
	if len(r.Findings) != 1 || r.Findings[0].Rule.ID != "log.known" || !strings.Contains(r.Findings[0].Message, "times") {
		t.Errorf("findings %+v", r.Findings)
	}
}

func TestALogOfErrorsWithoutEndIsBounded(t *testing.T) {
	var b bytes.Buffer
	for i := range 20000 {
		fmt.Fprintf(&b, "08:58:04 - Idling:  48258 bytes, largest 47234\n08:58:05 - SMTP_accept(socket=256, timeout=120)\n08:58:06 - spawning SMTPGET\n08:58:06 - ERROR number %d\n", i/2)
	}
	r := readLogs(func() (io.ReadCloser, error) { return io.NopCloser(&b), nil })
	if n := r.Count(Error); n > errorsMax || n < 10 {
		t.Errorf("%d findings, want some and at most %d", n, errorsMax)
	}
}

func TestALogThatCannotBeReadIsNotJudged(t *testing.T) {
	r := readLogs(func() (io.ReadCloser, error) { return nil, io.ErrUnexpectedEOF })
	if len(r.Findings) != 0 || len(r.Judged) != 0 || len(r.NotJudged) != 6 {
		t.Errorf("findings %v, judged %d, not judged %v", r.Findings, len(r.Judged), r.NotJudged)
	}
}

func TestAnEndedRunStopsReadingALog(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	in := &Installation{Logs: []Log{{Name: "SMTPGATE.LOG", File: "big.log", Open: func() (io.ReadCloser, error) {
		cancel()
		return &endless{cycle: []byte("08:58:04 - spawning SMTPGET\n"), left: 1 << 50}, nil
	}}}}
	r := Run(ctx, in, Options{Only: []string{"log.known"}})
	if len(r.NotJudged) != 1 || !strings.Contains(r.NotJudged[0].Missing, "canceled") {
		t.Errorf("not judged %v", r.NotJudged)
	}
}

func TestEveryKnownLineIsReached(t *testing.T) {
	// As articles print them.
	for text, article := range map[string]string{
		"ERROR MMFF protocol error":                                                      "Q100703",
		"ERROR translating message to SMTP: protocol error":                              "Q129713",
		`Warning SMTP output retry count exceeded saving to m:\SMTP\outbad.api`:          "Q129239",
		"Error SMTPGet 52 a file open error has occurred":                                "Q128434",
		"ERROR Spawn (SMTPget): (2) No such file or directory":                           "Q100925",
		"ERROR socket: (123) network error":                                              "Q96244",
		"socket error (123)":                                                             "Q96244",
		"Error bind (110) smtp_listen system error":                                      "Q115491",
		"ERROR connect: (121) network error":                                             "Q99852",
		"ERROR connection to smart host failed":                                          "Q99852",
		"ERROR network_read: timed out":                                                  "Q101682",
		"ERROR SMTP_get_response:getline () <=0":                                         "Q101682",
		"ERROR Network_read: Lost network connection":                                    "Q100709",
		"Error (116) Network Read Error":                                                 "Q123826",
		"Error (119) Network Write Error":                                                "Q123827",
		"ERROR read: (52) Network dropped connection or reset":                           "Q100706",
		"ERROR write: (57) Socket is not connected":                                      "Q100707",
		"ERROR write: (119) network error":                                               "Q100708",
		"ERROR write: (1) (null)":                                                        "Q99857",
		"ERROR write: (9) Bad file number":                                               "Q105289",
		"ERROR Invalid response to MAIL: 451 net hang reading from SMTP_GATEWAY_MACHINE": "Q105289",
		"ERROR close: (9) Bad file number":                                               "Q118970",
		"SMTP_recv: system error":                                                        "Q100512",
		"SMTP_recv: protocol error":                                                      "Q100704",
		"ERROR 14403LUTYX is an invalid Courier Mailbox":                                 "Q107089",
		"ERROR Translating message to Microsoft Mail: out of memory":                     "Q108054",
		"ERROR SMTPPUT: 201- X - X - Failure submitting message to mail database":        "Q135926",
		"SMTPPUT returned 201":                                                           "Q135926",
		"Error SMTPPUT: 20 - Insufficient memory":                                        "Q156166",
		"Insufficient memory":                                                            "Q105290",
		"ERROR SMTPPUT":                                                                  "Q115495",
		"WARNING Incoming SMTP mail from unknown host":                                   "Q105130",
		"WARNING No return path":                                                         "Q107087",
		"WARNING getline: NL with no CR":                                                 "Q99853",
		`File <f:smtp\smtpout.tbl> header size invalid.`:                                 "Q101461",
		`File <f:smtp\smtpout.tbl> translation checksum invalid.`:                        "Q101461",
		`File <f:smtp\smtpout.tbl> translation table size invalid.`:                      "Q101461",
	} {
		i := -1
		r := readLogs(func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("08:50:04 - " + text + "\r\n")), nil
		})
		for _, f := range r.Findings {
			if f.Rule.ID == "log.known" {
				i = strings.Index(f.Message, article)
			}
		}
		if i < 0 {
			t.Errorf("%q: %+v, want one of %s", text, r.Findings, article)
		}
	}
	for _, text := range []string{"Gateway initialized", "spawn(SMTPGET)=52", "SMTP_close(socket=257)", "Mapped to \"Admin@mspo1.dept\""} {
		if i := knownLine(text); i >= 0 {
			t.Errorf("%q is taken for %v", text, knownLines[i].parts)
		}
	}
}

func TestReadTZ(t *testing.T) {
	for _, tt := range []struct {
		tz       string
		hours    float64
		daylight bool
		ok       bool
	}{{"PST8PDT", 8, true, true}, {"CET-1", -1, false, true}, {"GMT0BST", 0, true, true}, {"", 0, false, false}, {"PST", 0, false, false}, {"PSTx", 0, false, false}, {"PST99", 0, false, false}} {
		west, daylight, ok := readTZ(tt.tz)
		if ok != tt.ok || ok && (west.Hours() != tt.hours || daylight != tt.daylight) {
			t.Errorf("%q: %v %v %v", tt.tz, west, daylight, ok)
		}
	}
}
