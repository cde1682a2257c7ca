package postoffice

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// again checks that what a decoder accepted is decoded from its encoding unchanged.
func again[T any](t *testing.T, first T, encode func(T) []byte, decode func([]byte) (T, error), opts ...cmp.Option) {
	t.Helper()
	second, err := decode(encode(first))
	if err != nil {
		t.Fatalf("cannot decode what was encoded: %v", err)
	}
	if d := cmp.Diff(first, second, append(opts, cmpopts.EquateEmpty())...); d != "" {
		t.Fatalf("(-first +second):\n%s", d)
	}
}

func FuzzKey(f *testing.F) {
	f.Add(make([]byte, 560))
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := DecodeKey("X", b)
		if err != nil {
			return
		}
		if !bytes.Equal(k.Encode(nil), b) {
			t.Fatal("encoded differently")
		}
		for _, n := range []int{0, 1, 100, MaxHeaders} {
			if live := k.Live(n); live < 0 || live > n || live == n != (k.vacant(n) < 0) {
				t.Fatalf("%d live of %d, vacant %d", live, n, k.vacant(n))
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	h := Header{Sender: "x", Subject: "y", MAI: 1, Time: time.Date(1994, 1, 2, 3, 4, 5, 0, time.UTC)}
	f.Add(h.Append(nil))
	f.Add(bytes.Repeat([]byte("5"), 116)) // Q123319
	full := h.Append(nil)
	copy(full[0x02:], "ELEVENCHARS") // no NUL
	f.Add(full)
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := DecodeHeader("X", 0, b)
		if err != nil {
			return
		}
		again(t, h, func(h Header) []byte { return h.Append(nil) }, func(b []byte) (Header, error) { return DecodeHeader("X", 0, b) })
	})
}

func FuzzMessage(f *testing.F) {
	m := Message{References: 1, HopLimit: 10, Trace: []string{"A/B"}, From: Address{Addr: "A/B/C", Friendly: "F"},
		To: []Address{{Type: "SMTP", Addr: "u@h"}}, Cc: []Address{{Addr: "A/B/D", Served: true}}, Hidden: []Address{{Addr: "A/B/E"}},
		Date: time.Date(1994, 1, 2, 3, 4, 5, 0, time.UTC), Priority: '2', Subject: "s", Receipt: true, Class: "IPM",
		Attachments: []Attachment{{ID: 7, Name: "A.TXT", Size: 3, Time: time.Date(1993, 1, 2, 3, 4, 6, 0, time.UTC), Type: "t", Hidden: true}},
		Text:        bytes.Repeat([]byte("line\r"), 60)}
	f.Add(m.Encode()[6:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		DecodeMessage("X", b)
		DumpFile("X.MAI", b)
		// Mutations hardly ever get past length and checksum, so they are put right.
		data := append([]byte{elementMessage, 0x84, 0, 0, 0, 0}, b...)
		if len(data) < bodyOffset {
			return
		}
		data = append(data, elementVendor, 7, vendorSum, elementInteger, 4, 0, 0, 0, 0)
		n, end := uint32(len(data)-6), len(data)-9
		data[2], data[3], data[4], data[5] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
		s := checksum(data[bodyOffset:end])
		data[end+5], data[end+6], data[end+7], data[end+8] = byte(s), byte(s>>8), byte(s>>16), byte(s>>24)
		m, err := DecodeMessage("X", data)
		if err != nil {
			return
		}
		m.Encode() // drops what cannot be stored, such as NULs
		again(t, m, (*Message).Encode, func(b []byte) (*Message, error) { return DecodeMessage("X", b) })
	})
}

func FuzzEnvelope(f *testing.F) {
	e := Envelope{MAI: 1, From: Address{Addr: "A/B/C"}, Recipients: []Recipient{{Address: Address{Addr: "A/B/D"}, Done: true}, {Address: Address{Type: "SMTP", Addr: "u@h", Friendly: "U"}}}}
	f.Add(e.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := DecodeEnvelope("X", b)
		if err != nil {
			return
		}
		e.Encode()
		again(t, e, (*Envelope).Encode, func(b []byte) (*Envelope, error) { return DecodeEnvelope("X", b) })
	})
}

func FuzzTables(f *testing.F) {
	f.Add(Network{Active: true, Name: "SMTP", MBG: "00000003", HubNetwork: "N", HubName: "P", HubMBG: "00000004"}.Append(nil))
	f.Add(External{Active: true, Name: "PO", MBG: "00000005", Route: RouteIndirect}.Append(nil))
	f.Add([]byte{1, 0, 0, 0, 2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, l := range Layouts() {
			l.Dump(b)
			DumpFile(l.Name, b)
		}
		if list, err := DecodeNetworks("X", b); err == nil {
			again(t, list, func(list []Network) (b []byte) {
				for _, n := range list {
					b = n.Append(b)
				}
				return b
			}, func(b []byte) ([]Network, error) { return DecodeNetworks("X", b) })
		}
		if list, err := DecodeExternals("X", b); err == nil {
			again(t, list, func(list []External) (b []byte) {
				for _, n := range list {
					b = n.Append(b)
				}
				return b
			}, func(b []byte) ([]External, error) { return DecodeExternals("X", b) })
		}
		if c, err := DecodeControl("X", b); err == nil && !bytes.Equal(c.Encode(), b) {
			t.Fatal("CONTROL.GLB encoded differently")
		}
		if m, err := DecodeMaster("X", b); err == nil {
			again(t, m, Master.Encode, func(b []byte) (Master, error) { return DecodeMaster("X", b) })
		}
		if list, err := DecodeAccess2("X", b); err == nil {
			if err := decodeAccess("X", b, list); err == nil {
				var b1, b2, b3 []byte
				for i := range list {
					b1, b2, b3 = appendAccess(b1, b2, b3, &list[i])
				}
				if len(b2) != 69*len(list) || len(b1) != 586*len(list) || len(b3) != 512*len(list) {
					t.Fatal("sizes of the ACCESS files differ")
				}
			}
		}
		DecodeNames("X", b)
		DecodeNetpo("X", b)
		DecodeGroups("X", b)
		DecodeMembers("X", b)
		DecodeMEM("X", b)
		DecodeFlag("X", b)
	})
}
