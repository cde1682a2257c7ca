package mmff

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sampleText and sampleFile are body and attachment of the printed program output.
// Q103801
const sampleText = `Automatic File Transfer
-----------------------

Use Attachments/Save or FFAPI AppGet -w to save.

Attached files:
---------------

config.sys
`

const sampleFile = `DEVICE=C:\WIN\HIMEM.SYS
DOS=HIGH,UMB
FILES=35
BUFFERS=20
LASTDRIVE=Z

DEVICE=C:\WIN\EMM386.EXE NoEMS x=d800-dfff
devicehigh=c:\dos\ansi.sys

STACKS=9,256
FCBS=20,0

device=C:\WIN\protman.dos /i:C:\WIN
device=C:\WIN\workgrp.sys
device=C:\WIN\ubnei.dos
device=C:\WIN\ubxps.dos
`

const sampleHeader = `VERSION:3.00
TO:CSI:COMPANY/DEPT/jsmith
FROM:CSI:COMPANY/DEPT/sjones
DATE:1992-11-29
TIME:23:44
SUBJECT:Automatic File Transfer (1 files)
PRIORITY:F
ATTACHMENT:config.sys 291
TEXT:152
`

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
func cr(s string) string   { return strings.ReplaceAll(s, "\n", "\r") }

func sample() Message {
	return Message{
		Version:  "3.00",
		To:       []Address{{Type: "CSI", Addr: "COMPANY/DEPT/jsmith"}},
		From:     Address{Type: "CSI", Addr: "COMPANY/DEPT/sjones"},
		Date:     Stamp{Year: 1992, Month: 11, Day: 29, Hour: 23, Minute: 44},
		Subject:  "Automatic File Transfer (1 files)",
		Priority: "F",
		Attachments: []Attachment{
			{Name: "config.sys", Size: 291, Data: []byte(crlf(sampleFile))},
		},
		Text: []byte(crlf(sampleText)),
	}
}

func TestPrintedSampleIsReadAndWrittenByteForByte(t *testing.T) {
	file := crlf(sampleHeader + sampleText + sampleFile)
	got, err := Decode([]byte(file), CRLF)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Message{sample()}, got); d != "" {
		t.Errorf("Decode (-want +got):\n%s", d)
	}
	if len(got[0].Text) != 152 || len(got[0].Attachments[0].Data) != 291 {
		t.Errorf("sizes %d, %d, want 152, 291", len(got[0].Text), len(got[0].Attachments[0].Data))
	}
	if d := cmp.Diff(file, string(Append(nil, &got[0], Basic, CRLF))); d != "" {
		t.Errorf("Append (-want +got):\n%s", d)
	}
}

// full uses every field.
func full() Message {
	return Message{
		Version:    "3.00",
		To:         []Address{{"CSI", "NET/PO/ann", "Ann, of PO"}, {"SMTP", "u%h@relay.com", ""}},
		From:       Address{"CSI", "NET/PO/box", "The Box"},
		Date:       Stamp{Year: 1993, Month: 2, Day: 23, Hour: 8, Minute: 58, Second: 22},
		Subject:    " with: colon and blanks ",
		Priority:   "R",
		Cc:         []Address{{"Fax", "Recipient^0DLocation^0D", "Fax: one"}},
		Recipients: []Address{{"SMTP", "u%h@relay.com", "U"}},
		ID:         0x6AA,
		Receipt:    true,
		Class:      "IPM.Microsoft Schedule.MtgReq",
		Attachments: []Attachment{
			{Name: "a b.doc", Size: 3, Stamp: Stamp{Year: 1993, Month: 7, Day: 13, NoTime: true}, Type: "WORD", Data: []byte("\r\n\x00")},
			{Name: "EMPTY", Stamp: Stamp{Hour: 1, Second: 2}},
			{Name: "WINMAIL.DAT", Size: 4, Hidden: true, Stamp: Stamp{Year: 1993, Month: 7, Day: 13, Hour: 13, Minute: 20, Second: 59}, Data: []byte("VERS")},
		},
		Text: []byte("\r\nhello\rVERSION:3.00\r"),
	}
}

func TestExtendedFile(t *testing.T) {
	m := full()
	want := cr(`VERSION:3.00
FORMAT:EXTENDED
TO:CSI:NET/PO/ann
NAME:Ann, of PO
TO:SMTP:u%h@relay.com
CC:Fax:Recipient^0DLocation^0D
NAME:Fax: one
FROM:CSI:NET/PO/box
NAME:The Box
RECIPIENT:SMTP:u%h@relay.com
NAME:U
DATE:1993-02-23
TIME:08:58
SECOND:22
SUBJECT: with: colon and blanks `+`
PRIORITY:R
ID:000006AA
RECEIPT:1
CLASS:IPM.Microsoft Schedule.MtgReq
ATTACHMENT:a b.doc 3
ATTDATE:1993-07-13
ATTTYPE:WORD
ATTACHMENT:EMPTY 0
ATTTIME:01:00
ATTSECOND:02
ATTACHMENT:WINMAIL.DAT 4
ATTDATE:1993-07-13
ATTTIME:13:20
ATTSECOND:59
ATTHIDDEN:1
TEXT:21
`) + "\r\nhello\rVERSION:3.00\r" + "\r\n\x00" + "VERS"
	if d := cmp.Diff(want, string(Append(nil, &m, Extended, CR))); d != "" {
		t.Errorf("Append (-want +got):\n%s", d)
	}
}

func TestDecodeOfAppendIsNormalize(t *testing.T) {
	plain := Message{To: []Address{{Addr: "N/P/U"}}, From: Address{Addr: "N/P/V"}}
	odd := Message{
		Version:     "three",
		To:          []Address{{"smtp", "  u@d  ", "x\r\ny"}},
		From:        Address{"X400", "c=us;a=att", ""},
		Date:        Stamp{Month: 3, Hour: 4, NoTime: true},
		Subject:     "a\rb\nc",
		Priority:    " 1 ",
		Attachments: []Attachment{{Name: " ", Size: 99}, {Name: "x\ny"}},
		Class:       " ",
	}
	noTime := plain
	noTime.Date = Stamp{Year: 2000, Month: 2, Day: 29, NoTime: true}
	for _, row := range []struct {
		name string
		m    Message
	}{{"plain", plain}, {"odd", odd}, {"no time", noTime}, {"sample", sample()}, {"full", full()}} {
		for _, form := range []Form{Basic, Extended, Encapsulated} {
			for _, term := range []Terminator{CR, LF, CRLF} {
				// Twice in one file, as in OUTBAD.API.
				file := Append(nil, &row.m, form, term)
				once := len(file)
				file = Append(file, &row.m, form, term)
				all, err := Decode(file, term)
				if err != nil || len(all) != 2 {
					t.Errorf("%s, form %d, terminator %d: %d messages, %v", row.name, form, term, len(all), err)
					continue
				}
				if !bytes.Equal(file[:once], file[once:]) {
					t.Errorf("%s: the second copy differs", row.name)
				}
				got := all[1]
				if form == Encapsulated {
					if got, err = Decapsulate(&all[1]); err != nil {
						t.Errorf("%s: %v", row.name, err)
						continue
					}
				}
				if d := cmp.Diff(Normalize(&row.m, form), got); d != "" {
					t.Errorf("%s, form %d, terminator %d (-want +got):\n%s", row.name, form, term, d)
				}
			}
		}
	}
}

func TestBasicExportTurnsCcIntoTo(t *testing.T) {
	m := full()
	file := string(Append(nil, &m, Basic, CR))
	if !strings.Contains(file, "\rTO:Fax:Recipient^0DLocation^0D\r") || strings.Contains(file, "CC:") || strings.Contains(file, "NAME:") {
		t.Errorf("basic file:\n%s", strings.ReplaceAll(file, "\r", "\n"))
	}
}

func TestEnvelope(t *testing.T) {
	m := full()
	m.To = []Address{{"CSI", "NET/PO/ann", "Ann"}, {"CSI", "net/po/bob", ""}, {"CSI", "NET/PO2/carl", ""}}
	m.Cc = []Address{{"SMTP", "dan@alias.com", "Dan"}}
	m.Recipients = nil
	outer := Encapsulate(&m)
	want := []Address{{Type: "CSI", Addr: "NET/PO/XXENC"}, {Type: "CSI", Addr: "NET/PO2/XXENC"}, {Type: "SMTP", Addr: "XXENC@alias.com"}}
	if d := cmp.Diff(want, outer.To); d != "" {
		t.Errorf("recipients (-want +got):\n%s", d)
	}
	if len(outer.Attachments) != 1 || outer.Attachments[0].Name != "000006AA.ENC" || outer.Subject != m.Subject {
		t.Errorf("envelope %+v", outer)
	}
	m.Recipients = []Address{{"CSI", "NET/PO2/carl", ""}}
	if got := Encapsulate(&m).To; len(got) != 1 || got[0].Addr != "NET/PO2/XXENC" {
		t.Errorf("recipients %v, want only the file's", got)
	}
	// What SMTPGATE writes on the other side: extended, no longer marked.
	received := Message{To: []Address{{"CSI", "NET/PO/xxenc", ""}}, From: m.From, Attachments: outer.Attachments}
	received.Attachments[0].Name = "000006aa.enc"
	if !IsEnvelope(&received) {
		t.Error("received envelope is not one")
	}
	for _, row := range []struct {
		name string
		edit func(*Message)
		want string
	}{
		{"other recipient", func(m *Message) { m.To = []Address{{"CSI", "NET/PO/xxen", ""}} }, "no recipient XXENC"},
		{"other file", func(m *Message) { m.Attachments = []Attachment{{Name: "000006AG.ENC"}} }, "no recipient XXENC"},
		{"damaged", func(m *Message) { m.Attachments = []Attachment{{Name: "000006AA.ENC", Data: []byte("TO:x\r")}} }, "142-1-1 Bad address."},
		{"empty", func(m *Message) { m.Attachments = []Attachment{{Name: "000006AA.ENC"}} }, "holds 0 messages"},
	} {
		bad := received
		row.edit(&bad)
		if _, err := Decapsulate(&bad); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
}

func TestTokensMayBeTypedByHand(t *testing.T) {
	file := "version: 3.00\rto: net/po/$system \rTo:smtp:User\rfrom:csi:net/po/me\rDate:1994-04-04\r" +
		"attachments:a.txt  2\rtext: 3\rhi\rxy\r\n\x1A"
	got, err := Decode([]byte(file), CR)
	want := []Message{{
		Version:     "3.00",
		To:          []Address{{Type: "CSI", Addr: "net/po/$system"}, {Type: "SMTP", Addr: "User"}},
		From:        Address{Type: "CSI", Addr: "net/po/me"},
		Date:        Stamp{Year: 1994, Month: 4, Day: 4, NoTime: true},
		Attachments: []Attachment{{Name: "a.txt", Size: 2, Data: []byte("xy")}},
		Text:        []byte("hi\r"),
	}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestErrors(t *testing.T) {
	const ok = "TO:n/p/u\rFROM:n/p/v\rTEXT:0\r"
	long := strings.Repeat("x", 2000)
	for _, row := range []struct {
		name, file, want string
		term             Terminator
	}{
		{"CRLF file read as CR", "VERSION:3.00\r\nTO:net/po/mailbox\r\n", "141-1-2 Cannot match token TO (has tail net/po/mailbox)", CR},
		{"LF file read as CR", "VERSION:3.00\nTO:n/p/u\n", "144-1-1 Unable to partition line VERSION:3.00TO:n/p/u.", CR},
		{"CR file read as LF", "VERSION:3.00\rTO:n/p/u\r", "144-1-1 Unable to partition line VERSION:3.00TO:n/p/u.", LF},
		{"CRLF file read as LF", "VERSION:3.00\r\nTO:n/p/u\r\n", "144-1-1 Unable to partition line VERSION:3.00.", LF},
		{"CR file read as CRLF", "VERSION:3.00\rTO:n/p/u\r", "144-1-1 Unable to partition line VERSION:3.00TO:n/p/u.", CRLF},
		{"LF file with a CR read as CR", "VERSION:3.00\nTEXT:1\n\r", "144-1-1 Unable to partition line VERSION:3.00TEXT:1.", CR},
		{"empty line", "VERSION:3.00\r\rTO:n/p/u\r", "144-1-2 Unable to partition line .", CR},
		{"no colon", "hello\r" + ok, "144-1-1 Unable to partition line hello.", CR},
		{"long line is cut", long, "144-1-1 Unable to partition line " + long[:80] + ".", CR},
		{"unknown token", "FORM:x\r", "141-1-1 Cannot match token FORM (has tail x)", CR},
		{"CC in basic", "TO:n/p/u\rCC:n/p/w\rFROM:n/p/v\rTEXT:0\r", "141-1-2 Cannot match token CC (has tail n/p/w)", CR},
		{"unknown format", "FORMAT:SMALL\r", "140-1-1 Unknown error processing token FORMAT with tail SMALL.", CR},
		{"version twice", "VERSION:3.00\rVERSION:3.00\r", "140-1-2 Unknown error processing token VERSION with tail 3.00.", CR},
		{"bad version", "VERSION:3\r", "140-1-1 Unknown error processing token VERSION with tail 3.", CR},
		{"blank To", "TO:\r", "142-1-1 Bad address.", CR},
		{"two parts", "TO:net/po\r", "142-1-1 Bad address.", CR},
		{"four parts", "TO:CSI:n/p/u/x\r", "142-1-1 Bad address.", CR},
		{"type only", "TO:SMTP:\r", "142-1-1 Bad address.", CR},
		{"PCM", "TO:PCM:net/po/user\r", "151-1-1 Unknown service PCM", CR},
		{"MS", "TO:n/p/u\rFROM:MS:n/p/u\r", "151-1-2 Unknown service MS", CR},
		{"address too big", "TO:SMTP:" + long + "\r", "145-1-1 In group name TO type SMTP, contents fields too big.", CR},
		{"two originators", "FROM:n/p/u\rFROM:n/p/u\r", "140-1-2 Unknown error processing token FROM with tail n/p/u.", CR},
		{"no recipient", "FROM:n/p/v\rTEXT:0\r", "143-1-2 Unknown parser error.", CR},
		{"no originator", "TO:n/p/v\rTEXT:0\r", "143-1-2 Unknown parser error.", CR},
		{"no text", "TO:n/p/v\rFROM:n/p/u\r", "144-1-3 Unable to partition line .", CR},
		{"body short", "TO:n/p/u\rFROM:n/p/v\rTEXT:4\rabc", "143-1-3 Unknown parser error.", CR},
		{"huge size", "TEXT:9999999999999999999\r", "140-1-1 Unknown error processing token TEXT with tail 9999999999999999999.", CR},
		{"negative size", "TEXT:-1\r", "140-1-1 Unknown error processing token TEXT with tail -1.", CR},
		{"attachment short", "TO:n/p/u\rFROM:n/p/v\rATTACHMENT:a 999999999\rTEXT:3\rabcd", "143-1-4 Unknown parser error.", CR},
		{"attachment without size", "ATTACHMENT:a.txt\r", "140-1-1 Unknown error processing token ATTACHMENT with tail a.txt.", CR},
		{"attachment without name", "ATTACHMENT: 5\r", "140-1-1 Unknown error processing token ATTACHMENT with tail  5.", CR},
		{"bad date", "DATE:1993-02-29\r", "140-1-1 Unknown error processing token DATE with tail 1993-02-29.", CR},
		{"bad time", "TIME:24:00\r", "140-1-1 Unknown error processing token TIME with tail 24:00.", CR},
		{"name of nobody", "FORMAT:EXTENDED\rNAME:x\r", "140-1-2 Unknown error processing token NAME with tail x.", CR},
		{"type of no attachment", "FORMAT:EXTENDED\rATTTYPE:x\r", "140-1-2 Unknown error processing token ATTTYPE with tail x.", CR},
		{"bad flag", "FORMAT:EXTENDED\rRECEIPT:2\r", "140-1-2 Unknown error processing token RECEIPT with tail 2.", CR},
		{"bad id", "FORMAT:EXTENDED\rID:6AA\r", "140-1-2 Unknown error processing token ID with tail 6AA.", CR},
		{"second too big", "FORMAT:EXTENDED\rSECOND:60\r", "140-1-2 Unknown error processing token SECOND with tail 60.", CR},
		{"second message", ok + "TO:n/p/u\rFROM:n/p\r", "142-2-2 Bad address.", CR},
		{"extended does not last", "FORMAT:EXTENDED\r" + ok + "CC:n/p/u\r", "141-2-1 Cannot match token CC (has tail n/p/u)", CR},
		{"XTEXT without files", "XTEXT:body.txt\r", "146-1-1 Bad or missing XTEXT file name.", CR},
		{"XATTACH without files", "XATTACH:body.txt\r", "140-1-1 Unknown error processing token XATTACH with tail body.txt.", CR},
	} {
		_, err := Decode([]byte(row.file), row.term)
		var parse *ParseError
		if !errors.As(err, &parse) || err.Error() != row.want {
			t.Errorf("%s: %v\nwant %s", row.name, err, row.want)
		}
	}
	if all, err := Decode([]byte(ok+"x"), CR); len(all) != 1 || err == nil {
		t.Errorf("messages before a bad one: %d, %v", len(all), err)
	}
	if all, err := Decode(nil, CR); len(all) != 0 || err != nil {
		t.Errorf("empty file: %d, %v", len(all), err)
	}
}

func TestExternalFiles(t *testing.T) {
	open := func(name string) ([]byte, error) {
		if strings.HasPrefix(name, `C:\`) {
			return []byte(name), nil
		}
		return nil, io.ErrUnexpectedEOF
	}
	const head = "TO:n/p/u\rFROM:n/p/v\r"
	var m Message
	file := head + "XATTACH:C:\\OUT\\A.DOC\rATTACHMENT:in.txt 2\rXATTACH:C:\\B  REPORT.DOC\rXTEXT:C:\\BODY\rhi" + "TO:n/p/w\r"
	r := NewReader([]byte(file), CR, open)
	if err := r.Next(&m); err != nil {
		t.Fatal(err)
	}
	want := []Attachment{
		{Name: "A.DOC", Size: 12, Data: []byte(`C:\OUT\A.DOC`)},
		{Name: "in.txt", Size: 2, Data: []byte("hi")},
		{Name: "REPORT.DOC", Size: 4, Data: []byte(`C:\B`)},
	}
	if d := cmp.Diff(want, m.Attachments); d != "" || string(m.Text) != `C:\BODY` {
		t.Errorf("text %q, attachments (-want +got):\n%s", m.Text, d)
	}
	if start, end := r.Offsets(); start != 0 || file[end:] != "TO:n/p/w\r" {
		t.Errorf("offsets %d, %d", start, end)
	}
	err := r.Next(&m)
	if again := r.Next(&m); err == nil || again != err {
		t.Errorf("error %v, then %v", err, again)
	}
	for _, row := range []struct{ name, file, want string }{
		{"no name", head + "XTEXT: \r", "146-1-3 Bad or missing XTEXT file name."},
		{"missing file", head + "XTEXT:D:\\X.TXT\r", `147-1-3 Failure opening text body file D:\X.TXT.`},
		{"missing attachment", head + "XATTACH:D:\\X.TXT\r", `140-1-3 Unknown error processing token XATTACH with tail D:\X.TXT.`},
		{"attachment is a folder", head + "XATTACH:C:\\\r", `140-1-3 Unknown error processing token XATTACH with tail C:\.`},
	} {
		if err := NewReader([]byte(row.file), CR, open).Next(&m); err == nil || err.Error() != row.want {
			t.Errorf("%s: %v, want %s", row.name, err, row.want)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for _, row := range []struct {
		in   string
		want Address
		err  string
	}{
		{"CSI:net/po/box", Address{Type: "CSI", Addr: "net/po/box"}, ""},
		{"net/po/box", Address{Type: "CSI", Addr: "net/po/box"}, ""},
		{"fax:a^0Db", Address{Type: "Fax", Addr: "a^0Db"}, ""},
		{"SMTP:@a,@b:u@d", Address{Type: "SMTP", Addr: "@a,@b:u@d"}, ""},
		{"xxx:a", Address{}, "151-0-0 Unknown service xxx"},
		{"box", Address{}, "142-0-0 Bad address."},
	} {
		got, err := ParseAddress(row.in)
		if got != row.want || (err == nil) != (row.err == "") || err != nil && err.Error() != row.err {
			t.Errorf("%s: %v, %v", row.in, got, err)
		}
	}
}

func TestLines(t *testing.T) {
	for _, row := range []struct {
		in, want string
		term     Terminator
	}{
		{"a\r\nb\nc\rd", "a\rb\rc\rd", CR},
		{"\n\r\r\n", "\r\n\r\n\r\n", CRLF},
		{"a\r", "a\n", LF},
		{"", "", LF},
	} {
		if got := string(Lines(nil, []byte(row.in), row.term)); got != row.want {
			t.Errorf("%q: %q, want %q", row.in, got, row.want)
		}
	}
}

func TestReaderReusesLists(t *testing.T) {
	m := sample()
	file := Append(nil, &m, Basic, CR)
	var got Message
	buf := make([]byte, 0, 2*len(file))
	if n := testing.AllocsPerRun(100, func() {
		buf = Append(buf[:0], &m, Basic, CR)
	}); n != 0 {
		t.Errorf("Append allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		if NewReader(file, CR, nil).Next(&got) != nil {
			t.Fatal("unreadable")
		}
	}); n > 8 { // the reader and one string per text field
		t.Errorf("Next allocates %v times", n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range []Message{sample(), full()} {
		for _, form := range []Form{Basic, Extended, Encapsulated} {
			f.Add(Append(nil, &m, form, CR), uint8(CR))
			f.Add(Append(nil, &m, form, CRLF), uint8(CRLF))
		}
	}
	f.Add([]byte("TO:x/y/z\nFROM:SMTP:a@b\nXTEXT:f\n"), uint8(LF))
	f.Fuzz(func(t *testing.T, data []byte, number uint8) {
		term := Terminator(number % 3)
		all, err := Decode(data, term)
		var parse *ParseError
		if err != nil && !errors.As(err, &parse) {
			t.Fatalf("error of type %T", err)
		}
		for i := range all {
			m := &all[i]
			form := m.Form
			if form == Encapsulated {
				if inner, err := Decapsulate(m); err == nil {
					_ = Append(nil, &inner, Extended, term)
				}
				m.Form, form = Extended, Extended
			}
			back, err := Decode(Append(nil, m, form, term), term)
			if err != nil || len(back) != 1 {
				t.Fatalf("%d messages, %v", len(back), err)
			}
			if d := cmp.Diff(*m, back[0]); d != "" {
				t.Fatalf("changed (-want +got):\n%s", d)
			}
		}
	})
}

func FuzzAppend(f *testing.F) {
	f.Add("NET/PO/u", "Friendly", "Subject", "F", "CLASS", "a.txt", "TYPE", []byte("body\r"), []byte("data"), uint32(0x6AA), uint8(5))
	f.Add("a/b/c ", "\r", "\n", " ", "", " ", "\t", []byte{}, []byte{0}, uint32(0), uint8(0xFF))
	f.Fuzz(func(t *testing.T, addr, friendly, subject, priority, class, name, typ string, text, data []byte, id uint32, bits uint8) {
		if _, err := ParseAddress("CSI:" + clean(addr)); err != nil || len(addr) > maxAddress-4 {
			return
		}
		a := Address{"CSI", addr, friendly}
		stamp := Stamp{Year: 1993 * int(bits>>7), Month: 12, Day: 31, Hour: int(bits % 24), Minute: 59, Second: int(bits % 60), NoTime: bits&64 != 0}
		m := Message{
			To: []Address{a}, Cc: []Address{a, a}, From: a, Recipients: []Address{a}, Date: stamp,
			Subject: subject, Priority: priority, Class: class, ID: id, Receipt: bits&32 != 0, Text: text,
			Attachments: []Attachment{{Name: name, Type: typ, Stamp: stamp, Hidden: bits&16 != 0, Data: data}, {Data: text}},
		}
		for _, form := range []Form{Basic, Extended, Encapsulated} {
			term := Terminator(bits % 3)
			all, err := Decode(Append(nil, &m, form, term), term)
			if err != nil || len(all) != 1 {
				t.Fatalf("form %d: %d messages, %v", form, len(all), err)
			}
			got := all[0]
			if form == Encapsulated {
				if got, err = Decapsulate(&got); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(Normalize(&m, form), got); d != "" {
				t.Fatalf("form %d (-want +got):\n%s", form, d)
			}
		}
	})
}
