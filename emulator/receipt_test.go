package emulator

import (
	"strings"
	"testing"
	"time"
)

// A receipt goes to the originator of the envelope, as soon as the field is
// there, and never answers a message without one. Q113824, Q109615
func TestReceiptsGoToTheReturnPath(t *testing.T) {
	for _, tt := range []struct {
		name, from, header string
		want               string // who gets a receipt
	}{
		{"address in the field is not used", "sender@outside.example", "Return-Receipt-To: other@outside.example\r\n", "sender@outside.example"},
		{"an empty field is enough", "sender@outside.example", "Return-Receipt-To:\r\n", "sender@outside.example"},
		{"Rr is the same", "sender@outside.example", "Rr: x\r\n", "sender@outside.example"},
		{"no field, no receipt", "sender@outside.example", "", ""},
		{"nothing to answer", "", "Return-Receipt-To: other@outside.example\r\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, err := New(quickSite(t), Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if err := w.Inject(tt.from, []string{"sparky@hub.company.com"}, []byte(tt.header+"Subject: please\r\n\r\nx\r\n")); err != nil {
				t.Fatal(err)
			}
			if stop := w.RunToRest(2 * time.Hour); stop != StopRest {
				t.Fatalf("RunToRest = %v %v", stop, w.Err())
			}
			got := ""
			for _, d := range w.Outside() {
				got += d.To
				if d.From != "" || !strings.Contains(string(d.Data), "Subject: Return receipt: please") {
					t.Errorf("from %q: %s", d.From, d.Data)
				}
			}
			if got != tt.want {
				t.Errorf("receipts for %q, want %q", got, tt.want)
			}
		})
	}
}
