package emulator

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Mail as it comes from the real world passes whole, or shows the documented
// symptom.

func TestShapesOfInboundMailArriveUnaltered(t *testing.T) {
	big := strings.Repeat("0123456789 abcdefghijklmnopqrstuvwxyz 0123456789 ABCDEFGHIJKLM\n", 5<<20/64)
	mime := "--xyz\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\ncaf=C3=A9\n--xyz\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\nAAECAwQF\n--xyz--\n"
	for _, tt := range []struct {
		name   string
		header string
		body   string
		want   string // what the user's text must hold behind the rule; "" is body
	}{
		{"plain", "Subject: plain\n", "one\ntwo\n", ""},
		{"no header at all", "", "body without any header\n", ""},
		{"empty body", "Subject: empty\n", "", ""},
		{"leading dots", "Subject: dots\n", ".\n..\n...three\n", ""},
		{"8-bit text", "Subject: eight\n", "na\x8bve caf\x82\n", "naïve café\n"},
		{"a line of 10,000 characters", "Subject: long\n", strings.Repeat("x", 10000) + "\nend\n", ""},
		{"a header of 2,000 characters", "Subject: h\nX-Long: " + strings.Repeat("y", 2000) + "\n", "b\n", ""},
		{"folded fields", "Subject: folded\n\tsubject\nTo: sparky@hub.company.com,\n   other@outside.example\n", "b\n", ""},
		{"comments with commas", "Subject: c\nFrom: doe@outside.example (Doe, John)\nCc: a@outside.example (A, B, C)\n", "b\n", ""},
		{"MIME is text", "Subject: m\nMime-Version: 1.0\nContent-Type: multipart/mixed; boundary=xyz\n", mime, ""},
		{"5 MB", "Subject: big\n", big, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := quickSite(t)
			w, err := New(s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			data := tt.header + "\n" + tt.body
			if err := w.Inject("root@outside.example", []string{"sparky@hub.company.com"}, []byte(strings.ReplaceAll(data, "\n", "\r\n"))); err != nil {
				t.Fatal(err)
			}
			if stop := w.RunToRest(2 * time.Hour); stop != StopRest {
				t.Fatalf("RunToRest = %v %v %+v", stop, w.Err(), w.Queue())
			}
			items, err := w.Mailbag("COMPANY/HUB", "sparky")
			if err != nil || len(items) != 1 {
				t.Fatalf("%d items, %v, outside %+v", len(items), err, w.Outside())
			}
			_, text, ok := strings.Cut(items[0].Text, strings.Repeat("-", 78)+"\n")
			want := tt.want
			if want == "" {
				want = tt.body
			}
			if !ok || text != want {
				t.Errorf("the text has %d bytes, want %d:\n%.300q\nwant\n%.300q", len(text), len(want), text, want)
			}
		})
	}
}

func TestBareLFPassesWithAWarning(t *testing.T) {
	w, err := New(quickSite(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	c, err := w.Dial("10.1.1.1", "GW1")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SendRaw([]byte("HELO a\nMAIL From:<a@b>\nRCPT To:<sparky@hub.company.com>\nDATA\nSubject: x\n\none\n..two\n.\nQUIT\n")); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for {
		line, err := c.Recv(time.Minute)
		if err != nil {
			break
		}
		codes = append(codes, strings.Fields(line)[0])
	}
	if got := strings.Join(codes, " "); got != "220 250 250 250 354 250 221" {
		t.Errorf("replies %s", got)
	}
	w.RunToRest(time.Hour)
	items, err := w.Mailbag("COMPANY/HUB", "sparky")
	if err != nil || len(items) != 1 || !strings.HasSuffix(items[0].Text, "\none\n.two\n") {
		t.Errorf("%+v, %v", items, err)
	}
	log, err := w.ReadFile(`M:\LOG\SMTPGATE.LOG`)
	if err != nil || !bytes.Contains(log, []byte("WARNING getline: NL with no CR")) {
		t.Errorf("the log has no warning, %v", err)
	}
}

// 300 recipients pass, their list goes on in further lines. Q112761
func TestThreeHundredRecipientsLeaveInOneMessage(t *testing.T) {
	w, err := New(quickSite(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	m := Mail{From: "COMPANY/SALES/margb", Subject: "many", Text: "x\n"}
	for i := 0; i < 300; i++ {
		m.To = append(m.To, fmt.Sprintf("user%03d@outside.example", i))
	}
	if err := w.Submit(m); err != nil {
		t.Fatal(err)
	}
	if stop := w.RunToRest(3 * time.Hour); stop != StopRest {
		t.Fatalf("RunToRest = %v %v %+v", stop, w.Err(), w.Queue())
	}
	out := w.Outside()
	got := map[string]int{}
	for _, d := range out {
		got[d.To]++
	}
	for _, to := range m.To {
		if got[to] != 1 {
			t.Errorf("%s got %d messages", to, got[to])
		}
	}
	if len(out) == 0 {
		t.Fatal("nothing left")
	}
	for _, line := range strings.Split(string(out[0].Data), "\r\n") {
		if len(line) > 1000 {
			t.Errorf("a line of %d characters", len(line))
		}
	}
}

// What goes out comes back byte for byte: attachments, text and binary, a
// name in each case, across gateway, smart host and gateway again.
func TestAttachmentsSurviveTheRoundTrip(t *testing.T) {
	w, err := New(quickSite(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	binary := make([]byte, 70000)
	for i := range binary {
		binary[i] = byte(i>>8 ^ i*31)
	}
	want := []Attachment{
		{Name: "NOTES.TXT", Data: []byte("line one\r\nBEGIN of nothing\r\nEND\r\n")},
		{Name: "prog.exe", Data: binary},
		{Name: "EMPTY.DAT", Data: nil},
		{Name: "ODD.TXT", Data: []byte("no line end")},
	}
	if err := w.Submit(Mail{From: "COMPANY/SALES/margb", To: []string{"sparky@hub.company.com"}, Subject: "files", Text: "body\n", Attachments: want}); err != nil {
		t.Fatal(err)
	}
	if stop := w.RunToRest(3 * time.Hour); stop != StopRest {
		t.Fatalf("RunToRest = %v %v %+v", stop, w.Err(), w.Queue())
	}
	items, err := w.Mailbag("COMPANY/HUB", "sparky")
	if err != nil || len(items) != 1 {
		t.Fatalf("%+v, %v", items, err)
	}
	got := items[0].Attachments
	if len(got) != len(want) {
		t.Fatalf("%d attachments, want %d; text %q", len(got), len(want), items[0].Text)
	}
	for i := range want {
		if !strings.EqualFold(got[i].Name, want[i].Name) || !bytes.Equal(got[i].Data, want[i].Data) {
			t.Errorf("attachment %d is %s with %d bytes, want %s with %d", i, got[i].Name, len(got[i].Data), want[i].Name, len(want[i].Data))
		}
	}
}
