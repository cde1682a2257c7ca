package trace

import (
	"bytes"
	"errors"
	"math/bits"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var sample = []Event{
	{Step: 1, Time: 1_000_000_000, Who: "GW1", Op: "boot", Object: "SMTPGATE"},
	{Step: 123, Time: 135_500_000_000, Who: "GW1/SMTPGET", Op: "open", Object: `M:\SMTP\FROM_NC.API`, Result: "sharing violation"},
	{Step: 124, Time: 135_500_000_000, Who: "GW1/SMTPGATE", Op: "send", Object: "11.1.16.15:25", Size: 42},
	{Step: 1234567, Time: 400_000_000_000_000, Who: "WS1/CLIENT", Op: "refused", Object: "line\r\n<b>\x7f", Result: "a\tb"},
}

func TestFormats(t *testing.T) {
	for _, tt := range []struct{ format, want string }{
		{"text", `000001 00:00:00.000 GW1 boot SMTPGATE
000123 00:02:14.500 GW1/SMTPGET open M:\SMTP\FROM_NC.API: sharing violation
000124 00:02:14.500 GW1/SMTPGATE send 11.1.16.15:25 42
1234567 111:06:39.000 WS1/CLIENT refused line\x0d\x0a<b>\x7f: a\x09b
`},
		{"json", `{"version":1,"step":1,"virtualSeconds":0,"who":"GW1","op":"boot","object":"SMTPGATE"}
{"version":1,"step":123,"virtualSeconds":134.5,"who":"GW1/SMTPGET","op":"open","object":"M:\\SMTP\\FROM_NC.API","result":"sharing violation"}
{"version":1,"step":124,"virtualSeconds":134.5,"who":"GW1/SMTPGATE","op":"send","object":"11.1.16.15:25","sizeBytes":42}
{"version":1,"step":1234567,"virtualSeconds":399999,"who":"WS1/CLIENT","op":"refused","object":"line\r\n\u003cb\u003e` + "\x7f" + `","result":"a\tb"}
`},
	} {
		t.Run(tt.format, func(t *testing.T) {
			var b bytes.Buffer
			w, err := NewWriter(&b, tt.format, 1_000_000_000)
			if err != nil {
				t.Fatal(err)
			}
			for i := range sample {
				w.Event(&sample[i])
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, b.String()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAnUnknownFormatIsRefused(t *testing.T) {
	if _, err := NewWriter(nil, "xml", 0); err == nil || !strings.Contains(err.Error(), `"xml"`) {
		t.Errorf("error %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAFailedWriteIsReported(t *testing.T) {
	for _, format := range Formats {
		w, err := NewWriter(failing{}, format, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < 5000; i++ {
			w.Event(&sample[1])
		}
		if err := w.Close(); err == nil || err.Error() != "disk full" {
			t.Errorf("%s: Close = %v", format, err)
		}
	}
}

func TestDigestSeesEveryByteAndTheOrder(t *testing.T) {
	sum := func(parts ...string) uint64 {
		var d Digest
		for _, p := range parts {
			d.String(p)
		}
		return d.Sum()
	}
	seen := map[uint64][]string{}
	for _, parts := range [][]string{{}, {""}, {"a"}, {"b"}, {"a", ""}, {"", "a"}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a\x00"}, {"12345678"}, {"123456789"}, {"12345678", "9"}} {
		h := sum(parts...)
		if other, ok := seen[h]; ok {
			t.Errorf("%q and %q have one digest", parts, other)
		}
		seen[h] = parts
	}
}

// The words of a text are taken in big steps; which bytes they hold is defined here.
func TestDigestIsWhatItIsByteByByte(t *testing.T) {
	const text = "\x01\x80GW1/SMTPGET open M:\\SMTP\\FROM_NC.API"
	for n := range len(text) + 1 {
		s := text[:n]
		d := Digest{h: 12345}
		d.String(s)
		h := uint64(12345) ^ uint64(n)
		for len(s) >= 8 {
			hi, lo := bits.Mul64(h^bytewise(s[:8]), mixA)
			h, s = hi^lo, s[8:]
		}
		hi, lo := bits.Mul64(h^bytewise(s), mixB)
		if want := hi ^ lo ^ h; d.h != want {
			t.Errorf("%d bytes: %x, want %x", n, d.h, want)
		}
	}
}

func bytewise(s string) (x uint64) {
	for i := range len(s) {
		x |= uint64(s[i]) << (8 * i)
	}
	return x
}

func TestRecorderKeepsTheLastEvents(t *testing.T) {
	r := Recorder{Limit: 3}
	for i := 1; i <= 5; i++ {
		r.Event(&Event{Step: uint64(i)})
	}
	var got []uint64
	for _, e := range r.Events() {
		got = append(got, e.Step)
	}
	if d := cmp.Diff([]uint64{3, 4, 5}, got); d != "" {
		t.Error(d)
	}
	var a, b Recorder
	Tee{&a, &b}.Event(&sample[0])
	if len(a.Events()) != 1 || len(b.Events()) != 1 {
		t.Error("a tee lost an event")
	}
}
