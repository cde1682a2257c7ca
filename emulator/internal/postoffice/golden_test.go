package postoffice

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLayoutsAreSound(t *testing.T) {
	for _, l := range Layouts() {
		at := 0
		for _, f := range l.Fields {
			switch {
			case f.Name == "":
				t.Errorf("%s: a row has no name", l.Name)
			case f.Offset < at:
				t.Errorf("%s: %s at 0x%X overlaps the row before", l.Name, f.Name, f.Offset)
			case f.Offset+f.Size > l.Size:
				t.Errorf("%s: %s ends at 0x%X, record at 0x%X", l.Name, f.Name, f.Offset+f.Size, l.Size)
			case f.Kind == Number && f.Size != 1 && f.Size != 2 && f.Size != 4:
				t.Errorf("%s: number %s has %d bytes", l.Name, f.Name, f.Size)
			case !strings.HasPrefix(f.Source, "Q") && !strings.HasPrefix(f.Source, "inferred: ") && !strings.HasPrefix(f.Source, "invented: "):
				t.Errorf("%s: %s has no source: %q", l.Name, f.Name, f.Source)
			}
			at = f.Offset + f.Size
		}
		if !strings.HasPrefix(l.Source, "Q") {
			t.Errorf("%s: the record size has no article", l.Name)
		}
	}
}

// mbgDump is the dump of two records. Q108027
func mbgDump(t *testing.T) []byte {
	rec := func(minute, id, size, dword, subject string) string {
		s := "0000 4D61727469616E00000000 " + hex.EncodeToString([]byte(subject))
		s += strings.Repeat("00", 41-len(subject)) + "0000" + minute + "00 1000 0800 0A00 C907 00"
		s += hex.EncodeToString([]byte(id)) + "00 0000" + size + "0000 000000000000 1800" + strings.Repeat("00", 18) + dword + "00000000"
		return s
	}
	return unhex(t, rec("19", "00000062", "2802", "98C95B00", "This is the subject")+
		rec("1A", "00000063", "2A02", "82546B00", "This is the next subject"))
}

func TestHeaderGolden(t *testing.T) {
	data := mbgDump(t)
	if len(data) != 232 {
		t.Fatalf("the dump has %d bytes, want 232", len(data))
	}
	want := []Header{
		{Sender: "Martian", Subject: "This is the subject", Time: time.Date(1993, 10, 8, 16, 25, 0, 0, time.UTC), MAI: 0x62, Size: 552, Life: 24, ID: 0x005BC998},
		{Sender: "Martian", Subject: "This is the next subject", Time: time.Date(1993, 10, 8, 16, 26, 0, 0, time.UTC), MAI: 0x63, Size: 554, Life: 24, ID: 0x006B5482},
	}
	var out []byte
	for i := range want {
		h, err := DecodeHeader("X.MBG", int64(116*i), data[116*i:116*i+116])
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want[i], h); d != "" {
			t.Errorf("record %d (-want +got):\n%s", i, d)
		}
		out = h.Append(out)
	}
	if !bytes.Equal(out, data) {
		t.Errorf("encoded again:\n%s\nwant:\n%s", headerLayout.Dump(out[:116]), headerLayout.Dump(data[:116]))
	}
	const dump = `002  4D 61 72 74 69 61 6E 00 00 00 00                 sender         "Martian"
00D  54 68 69 73 20 69 73 20 74 68 65 20 73 75 62 6A  subject        "This is the subject"
036  00 00                                            second         0
038  19 00                                            minute         25
03A  10 00                                            hour           16
03C  08 00                                            day            8
03E  0A 00                                            month          10
040  C9 07                                            year           1993
042  00                                               status         0
043  30 30 30 30 30 30 36 32 00                       mai            "00000062"
04C  00 00                                            attachments    0
04E  28 02 00 00                                      size           552
052  00                                               priority
053  00                                               retries        0
058  18 00                                            useful life    24
06C  98 C9 5B 00                                      id             6015384
`
	if d := cmp.Diff(dump, headerLayout.Dump(data[:116])); d != "" {
		t.Errorf("dump (-want +got):\n%s", d)
	}
	// Exactly 54 bytes lie between the first character of the subject and the name. Q108027
	if bytes.Index(data, []byte("00000062"))-bytes.Index(data, []byte("This")) != 54 {
		t.Error("the dump itself is wrong")
	}
}

// The head of the MAI file with 300 recipients, offsets 0x0B to 0x99. Q104423
const maiDump = `
	2C 01 7F 05 32
	20 02 02 00 7F 05 33 20 02 0A 00 7F 05 37 20 02
	0A 00 4C 25 01 02 22 5A 65 57 59 0E 50 74 68 6C
	54 18 65 4A 57 52 6E 48 29 CF C4 D6 DA C3 E0 C9
	D3 C8 F8 E7 FA ED DA A2 F3 4C 82 19 C9 05 02 14
	5A 65 57 59 0E 50 74 68 6C 54 18 65 38 71 29 7C
	B4 D5 B3 F8 02 14 5A 65 57 59 0E 50 74 68 6C 54
	18 65 39 79 28 7D B5 D4 B2 F9 02 14 5A 65 57 59
	0E 50 74 68 6C 54 18 65 39 79 29`

func TestMessageGolden(t *testing.T) {
	want := unhex(t, maiDump)
	m := Message{References: 300, HopLimit: 10, From: Address{Addr: "NETWORK/PO1/Admin", Friendly: "Administrator"}}
	for i := 300; i > 0; i-- {
		m.To = append(m.To, Address{Addr: fmt.Sprintf("NETWORK/PO1/%03d", i)})
	}
	data := m.Encode()
	got := data[0x0B : 0x0B+len(want)]
	if !bytes.Equal(got, want) {
		t.Errorf("head of the file\n got % X\nwant % X", got, want)
	}
	for i, k := range []byte{0x6E, 0x79, 0x68, 0x55, 0x48, 0x61} {
		if stream[12+i] != k {
			t.Errorf("key byte %d is %02X, the dump gives %02X", 12+i, stream[12+i], k)
		}
	}
	back, err := DecodeMessage("X.MAI", data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&m, back); d != "" {
		t.Errorf("decoded (-want +got):\n%s", d)
	}
}

func TestNetworkGolden(t *testing.T) {
	// Record 12 of the sample. Q148666
	data := unhex(t, "01 10 4D534D41494C0000000000 000000000000000000 0000000000000000000000 303030303030324500"+strings.Repeat("00", 0x7A-0x2A))
	list, err := DecodeNetworks("NETWORK.GLB", data)
	if err != nil {
		t.Fatal(err)
	}
	want := []Network{{Active: true, Type: TypeMSMail, Name: "MSMAIL", MBG: "0000002E"}}
	if d := cmp.Diff(want, list); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := list[0].Append(nil); !bytes.Equal(got, data) {
		t.Errorf("encoded again: % X", got)
	}
	data[1+0x21] = 'x'
	if _, err := DecodeNetworks("NETWORK.GLB", data); !IsCorrupt(err) {
		t.Errorf("a mailbag that is no hexid gives %v", err)
	}
}

func TestControlGolden(t *testing.T) {
	// Q122852
	c, err := DecodeControl("CONTROL.GLB", unhex(t, "02000000 4D3C2B1A"))
	if err != nil || c != (Control{2, 0x1A2B3C4D}) {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err := DecodeControl("M:GLB\\CONTROL.GLB", make([]byte, 7)); err == nil || err.Error() != `cannot read M:GLB\CONTROL.GLB at offset 0x7: 7 bytes, must be 8` {
		t.Errorf("short file gives %v", err)
	}
}

func TestXTNOffsets(t *testing.T) {
	// The addresses of record 2 as DEBUG shows them. Q86625 Q148666
	var data []byte
	data = External{Active: true, Name: "FIRST", MBG: "00000003"}.Append(data)
	data = External{Active: true, Name: "SECOND", MBG: "00000004", Indirect: 0x0102}.Append(data)
	const record = 0x2BA
	if got := textOf(data[0x101-0x100+record:][:11]); got != "SECOND" {
		t.Errorf("name at 101h of record 2 is %q", got)
	}
	if got := data[0x389-0x100+record:][:2]; got[0] != 2 || got[1] != 1 {
		t.Errorf("counter at 389h of record 2 is % X", got)
	}
	if got := textOf(data[0x10C-0x100:][:9]); got != "00000003" {
		t.Errorf("mailbag at 10Ch of record 1 is %q", got)
	}
	list, err := DecodeExternals("X.XTN", data)
	if err != nil || len(list) != 2 || list[1].Indirect != 0x0102 {
		t.Errorf("got %+v, %v", list, err)
	}
	// A few junk bytes as old IMPORT appends them. Q128243
	list, err = DecodeExternals("X.XTN", append(data, 1, 2, 3))
	var c *CorruptError
	if len(list) != 2 || !errors.As(err, &c) || c.Offset != 2*record {
		t.Errorf("with junk at the end: %d records, %v", len(list), err)
	}
}

func TestKey(t *testing.T) {
	k, err := DecodeKey("X.KEY", make([]byte, 560)) // a reset KEY is valid. Q104279
	if err != nil {
		t.Fatal(err)
	}
	if k.Live(0) != 0 || k.Live(17) != 17 || k.vacant(17) != -1 {
		t.Errorf("reset key: live %d, vacant %d", k.Live(17), k.vacant(17))
	}
	k.set(9, true)
	k.set(16, true)
	if k.Live(17) != 15 || k.vacant(17) != 9 || k.vacant(9) != -1 {
		t.Errorf("live %d, vacant %d and %d", k.Live(17), k.vacant(17), k.vacant(9))
	}
	k.set(9, false)
	if k.vacant(16) != -1 || k.vacant(17) != 16 {
		t.Errorf("vacant %d and %d", k.vacant(16), k.vacant(17))
	}
	if _, err := DecodeKey("X.KEY", make([]byte, 559)); !IsCorrupt(err) {
		t.Errorf("559 bytes give %v", err)
	}
}

func TestEnvelopeErrors(t *testing.T) {
	e := Envelope{MAI: 0x278, From: Address{Addr: "A/B/C"}, Recipients: []Recipient{{Address{Type: "SMTP", Addr: "u@h.org", Friendly: "U"}, true}}}
	data := e.Encode()
	back, err := DecodeEnvelope("X.P1", data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&e, back); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for n := range data {
		if _, err := DecodeEnvelope("X.P1", data[:n]); !IsCorrupt(err) {
			t.Fatalf("cut to %d bytes it gives %v", n, err)
		}
	}
	e.Recipients = nil
	var none errNoRecipients
	if _, err := DecodeEnvelope("X.P1", e.Encode()); !errors.As(err, &none) {
		t.Errorf("no recipients give %v", err) // Q194549
	}
}

func TestMessageDamage(t *testing.T) {
	m := Message{References: 2, From: Address{Addr: "A/B/C"}, To: []Address{{Addr: "A/B/D"}}, Subject: "s", Text: []byte("body\r")}
	data := m.Encode()
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 0x41
		got, err := DecodeMessage("X.MAI", bad)
		if i == counterOffset || i == counterOffset+1 {
			if err != nil {
				t.Errorf("a changed counter gives %v", err)
			}
			continue
		}
		// Of the head only the length and the first codes are looked at.
		if err == nil && !(i >= 7 && i < counterOffset) {
			t.Errorf("damage at 0x%X passes: %+v", i, got)
		}
	}
}

func TestRestrict(t *testing.T) {
	m := Message{To: []Address{{Addr: "A/B/X"}, {Addr: "A/B/Y"}, {Addr: "A/B/X"}}, Cc: []Address{{Type: "SMTP", Addr: "u@h"}}}
	m.Restrict([]Address{{Addr: "a/b/x"}, {Addr: "A/C/Z"}})
	want := Message{
		To:     []Address{{Addr: "A/B/X"}, {Addr: "A/B/Y", Served: true}, {Addr: "A/B/X", Served: true}},
		Cc:     []Address{{Type: "SMTP", Addr: "u@h", Served: true}},
		Hidden: []Address{{Addr: "A/C/Z"}},
	}
	if d := cmp.Diff(want, m); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestDumpFile(t *testing.T) {
	m := Message{References: 300, HopLimit: 10, From: Address{Addr: "NETWORK/PO1/Admin", Friendly: "Administrator"}, To: []Address{{Addr: "NETWORK/PO1/300"}},
		Subject: "Hi", Text: []byte("body\r")}
	const mai = `000  4D 84 00 00 00 76                                message
006  7F 05 31 20 02 2C 01                             references
00D  7F 05 32 20 02 02 00                             7F 32
014  7F 05 33 20 02 0A 00                             hop limit
01B  7F 05 37 20 02 0A 00                             7F 37
022  4C 25 01 02 22 5A 65 57 59 0E 50 74 68 6C 54 18  from
     "NETWORK/PO1/Admin\x00\x80@Administrator\x00"
049  4C 17 05 02 14 5A 65 57 59 0E 50 74 68 6C 54 18  to
     "NETWORK/PO1/300\x00\x80\x00\x00\x00"
062  4C 05 07 02 02 5C 4F                             subject
     "Hi"
069  4C 08 04 02 05 76 63 61 41 54                    text
     "body\r"
`
	data := m.Encode()
	if d := cmp.Diff(mai, DumpFile(`M:\MAI\MA1\00000001.MAI`, data[:len(data)-9])); d != "" {
		t.Errorf("MAI (-want +got):\n%s", d)
	}
	const control = `record 1 at 0x0
000  02 00 00 00                                      nmailbag       2
004  4D 3C 2B 1A                                      nletter        439041101
`
	if d := cmp.Diff(control, DumpFile(`CONTROL.GLB`, unhex(t, "02000000 4D3C2B1A"))); d != "" {
		t.Errorf("CONTROL.GLB (-want +got):\n%s", d)
	}
	// Damaged and unknown files are printed, too.
	for name, data := range map[string][]byte{`X.MAI`: []byte("garbage garbage"), `GROUP.GLB`: {1, 2}, `X.KEY`: make([]byte, 100), `X.MBG`: make([]byte, 117), `X`: {1, 2, 3}} {
		if DumpFile(name, data) == "" {
			t.Errorf("%s: nothing printed", name)
		}
	}
}
