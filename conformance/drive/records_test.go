package drive

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// record builds a record of a size from fields at offsets.
func record(size int, fields map[int]string) []byte {
	b := make([]byte, size)
	for at, s := range fields {
		copy(b[at:], s)
	}
	return b
}

// The pair of records that Q108027 prints, as far as it prints them.
func printedMail(subject, id string, minute byte) []byte {
	return record(mailSize, map[int]string{
		0x02: "Martian", 0x0D: subject, 0x38: string([]byte{minute, 0, 0x10, 0, 8, 0, 10, 0, 0xC9, 7}),
		0x43: id, 0x4E: "\x28\x02", 0x58: "\x18",
	})
}

func TestMailbagAsPrinted(t *testing.T) {
	bag := append(printedMail("This is the subject", "00000062", 25), printedMail("This is the next subject", "00000063", 26)...)
	key := make([]byte, keySize)
	key[48] = 0x02
	tree := Open(fstest.MapFS{"MBG/0000002E.MBG": {Data: bag}, "KEY/0000002E.KEY": {Data: key}}, "m")
	var list []Mail
	if err := tree.Mailbag("0000002e", func(m Mail) error { list = append(list, m); return nil }); err != nil {
		t.Fatal(err)
	}
	want := []Mail{
		{Slot: 1, Sender: "Martian", Subject: "This is the subject", MAI: "00000062", Size: 552, Hours: 24, Year: 1993, Month: 10, Day: 8, Hour: 16, Minute: 25, DeletedKnown: true},
		{Slot: 2, Offset: 116, Sender: "Martian", Subject: "This is the next subject", MAI: "00000063", Size: 552, Hours: 24, Year: 1993, Month: 10, Day: 8, Hour: 16, Minute: 26, Deleted: true, DeletedKnown: true},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	if at, ok := list[0].Time(time.UTC); !ok || at.Format("2006-01-02 15:04") != "1993-10-08 16:25" {
		t.Errorf("Time = %v, %v", at, ok)
	}
}

func TestABrokenMailRecordSaysWhere(t *testing.T) {
	b := bytes.Repeat([]byte{0x55}, mailSize)
	m, err := DecodeMail(b, 3, 232)
	if err != nil {
		t.Fatal(err)
	}
	var at []string
	for _, p := range m.Problems {
		at = append(at, fmt.Sprintf("%#x", p.Offset))
	}
	if diff := cmp.Diff([]string{"0xea", "0x12b", "0xf5", "0x120"}, at); diff != "" {
		t.Error(diff)
	}
	if _, ok := m.Time(time.UTC); ok {
		t.Error("all fives are a date")
	}
}

func TestBytesAfterTheLastMailAreAnError(t *testing.T) {
	tree := Open(fstest.MapFS{"MBG/X.MBG": {Data: append(printedMail("s", "00000001", 1), 0)}}, "m")
	n := 0
	err := tree.Mailbag("X", func(m Mail) error {
		n++
		if m.DeletedKnown {
			t.Error("no KEY file, and yet it is known what is deleted")
		}
		return nil
	})
	if n != 1 || text(err) != "cannot read m/MBG/X.MBG: 1 bytes after the last record of 116" {
		t.Errorf("%d records, %v", n, err)
	}
}

// The twelfth record of a NETWORK.GLB as Q148666 prints it.
func TestNetworkAsPrinted(t *testing.T) {
	head, err := hex.DecodeString("01104D534D41494C0000000000" + strings.Repeat("00", 9+11) + "303030303030324500")
	if err != nil {
		t.Fatal(err)
	}
	data := append(make([]byte, 11*networkSize), record(networkSize, map[int]string{0: string(head)})...)
	list, problems := DecodeNetworks(data)
	if len(list) != 12 || len(problems) != 0 {
		t.Fatalf("%d records, %v", len(list), problems)
	}
	want := Network{Number: 12, Offset: 0x53E, Flag: 1, Type: TypeMSMail, Name: "MSMAIL", MBG: "0000002E"}
	if diff := cmp.Diff(want, list[11]); diff != "" {
		t.Error(diff)
	}
	if list[0].Active() || !list[11].Active() {
		t.Error("in use and deleted are mixed up")
	}
}

func TestProblemsOfRecords(t *testing.T) {
	for _, tt := range []struct {
		name   string
		decode func([]byte) []Problem
		data   []byte
		want   []string
	}{
		{"a network with a bad number and a bad flag", networkProblems, record(networkSize, map[int]string{0: "\x07", 2: "NET", 0x0D: "0000000G"}), []string{
			`+0xd: number of the XTN file "0000000G" is not eight hexadecimal digits`, "+0x0: flag 0x07 is neither 1, in use, nor 0, deleted"}},
		{"a deleted network may be anything", networkProblems, record(networkSize, map[int]string{2: "ABCDEFGHIJKLMNOP"}), nil},
		{"a name without an end", networkProblems, record(networkSize, map[int]string{0: "\x01", 2: "ABCDEFGHIJK"}), []string{`+0x2: name "ABCDEFGHIJK" is not ended by a NUL`}},
		{"bytes after the last network", networkProblems, make([]byte, networkSize+3), []string{"+0x7a: 3 bytes after the last record of 122"}},
		{"junk that old IMPORT left", officeProblems, make([]byte, officeSize*2+4), []string{"+0x574: 4 bytes after the last record of 698"}},
		{"a postoffice with a short number", officeProblems, record(officeSize, map[int]string{0: "\x01PO", 0x0C: "12"}), []string{`+0xc: number of the mailbag "12" is not eight hexadecimal digits`}},
	} {
		var got []string
		for _, p := range tt.decode(tt.data) {
			got = append(got, p.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
}

func networkProblems(b []byte) []Problem { _, p := DecodeNetworks(b); return p }
func officeProblems(b []byte) []Problem  { _, p := DecodeOffices(b); return p }

func TestOfficeFields(t *testing.T) {
	list, problems := DecodeOffices(record(officeSize, map[int]string{0: "\x01SALES", 0x0C: "00000003", 0x289: "\x02\x01"}))
	want := []Office{{Number: 1, Flag: 1, Name: "SALES", MBG: "00000003", Indirect: 258}}
	if diff := cmp.Diff(want, list); diff != "" || problems != nil {
		t.Error(diff, problems)
	}
}

func TestSmallDatabases(t *testing.T) {
	tree := Open(fstest.MapFS{
		"GLB/CONTROL.GLB": file("\x02\x00\x00\x00\x4D\x3C\x2B\x1A"), // the sample of Q122852
		"GLB/TID.GLB":     file("\x03\x00\x00\x00"),
		"GLB/FLAG.GLB":    file("\x01\x02"),
		"GLB/MASTER.GLB":  {Data: record(masterSize, map[int]string{0x93: "\x71\x01"})},
	}, "m")
	c, err := tree.Control()
	if err != nil || c != (Control{2, 0x1A2B3C4D}) {
		t.Errorf("Control = %+v, %v", c, err)
	}
	if v, err := tree.TID(); err != nil || v != 3 {
		t.Errorf("TID = %v, %v", v, err)
	}
	if v, err := tree.Flag(); err != nil || v != 0x201 {
		t.Errorf("Flag = %v, %v", v, err)
	}
	if m, err := tree.Master(); err != nil || m.Gateways != 0x71 || m.Security != 1 {
		t.Errorf("Master = %+v, %v", m, err)
	}
	short := Open(fstest.MapFS{"GLB/CONTROL.GLB": file("123"), "GLB/MASTER.GLB": file("")}, "m")
	if _, err := short.Control(); text(err) != "cannot read m/GLB/CONTROL.GLB: 3 bytes, want 8" {
		t.Errorf("Control = %v", err)
	}
	if _, err := short.Master(); text(err) != "cannot read m/GLB/MASTER.GLB: 0 bytes, want 176" {
		t.Errorf("Master = %v", err)
	}
}

func TestKeyBits(t *testing.T) {
	data := make([]byte, keySize)
	if k, err := DecodeKey(data); err != nil || !k.Zero() {
		t.Errorf("560 zero bytes: %v", err)
	}
	data[keySize-1] = 0x80
	k, err := DecodeKey(data)
	if err != nil || !k.Deleted(SlotMax) || k.Deleted(1) || k.Deleted(0) || k.Deleted(SlotMax+1) || k.Zero() {
		t.Errorf("the last bit is not the last slot: %v", err)
	}
	if _, err := DecodeKey(data[1:]); err == nil {
		t.Error("559 bytes are a KEY file")
	}
}
