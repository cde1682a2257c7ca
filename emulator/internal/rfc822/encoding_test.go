package rfc822

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncoding(t *testing.T) {
	for _, row := range []struct {
		in   string
		want []Part
		out  string // "" is in
	}{
		{"2 TEXT, 29 UUENCODE", []Part{{2, "TEXT", ""}, {29, "UUENCODE", ""}}, ""},
		{"2 TEXT, 391 HEX", []Part{{2, "TEXT", ""}, {391, "HEX", ""}}, ""},
		{" 1 text (note, well) ,uuencode x  y", []Part{{1, "TEXT", ""}, {ToEnd, "UUENCODE", "x y"}}, "1 TEXT, UUENCODE x y"},
	} {
		got, err := ParseEncoding(row.in)
		if d := cmp.Diff(row.want, got); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", row.in, err, d)
		}
		if row.out == "" {
			row.out = row.in
		}
		if out := string(AppendEncoding(nil, got)); out != row.out {
			t.Errorf("%s: written %q", row.in, out)
		}
	}
	for _, row := range []struct{ in, want string }{
		{"", "item 1 is empty"},
		{"2 TEXT,", "item 2 is empty"},
		{"TEXT, 2 UUENCODE", "item 1 has no line count"},
		{"2", "item 1 has no keyword"},
		{"2 2", "item 1 has no keyword"},
		{"2 TEXT, 100000000 HEX", "item 2: bad line count"},
		{"2x TEXT", "item 1: bad line count"},
	} {
		if got, err := ParseEncoding(row.in); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v, %v, want %q", row.in, got, err, row.want)
		}
	}
}

func TestCutParts(t *testing.T) {
	for _, row := range []struct {
		name, encoding, body string
		want                 []string
		rest                 string
	}{
		{"separated", "2 TEXT, 1 HEX", "a\r\nb\r\n\r\nFF\r\nrest", []string{"a\r\nb\r\n", "FF\r\n"}, "rest"},
		{"separator missing", "1 TEXT, 1 HEX", "a\nFF\n", []string{"a\n", "FF\n"}, ""},
		{"to the end", "1 TEXT, HEX", "a\n\nFF\nEE\n", []string{"a\n", "FF\nEE\n"}, ""},
		{"body short", "5 TEXT, 5 HEX", "a\n", []string{"a\n", ""}, ""},
	} {
		parts, err := ParseEncoding(row.encoding)
		if err != nil {
			t.Fatal(err)
		}
		cut, rest := CutParts([]byte(row.body), parts)
		var got []string
		for _, b := range cut {
			got = append(got, string(b))
		}
		if d := cmp.Diff(row.want, got); d != "" || string(rest) != row.rest {
			t.Errorf("%s: rest %q (-want +got):\n%s", row.name, rest, d)
		}
	}
}

func TestAttachmentField(t *testing.T) {
	for _, row := range []struct {
		in   string
		want AttachmentInfo
	}{
		{"smtptest.doc 1024 07-13-1993 13:20", AttachmentInfo{"smtptest.doc", 1024, 1993, 7, 13, 13, 20}},
		{"project team update 031298.doc 0 00-00-1980 00:00", AttachmentInfo{"project team update 031298.doc", 0, 1980, 0, 0, 0, 0}},
	} {
		got, err := ParseAttachment(row.in)
		if got != row.want || err != nil {
			t.Errorf("%s: %+v, %v", row.in, got, err)
		}
		if out := string(AppendAttachment(nil, got)); out != row.in {
			t.Errorf("%s: written %q", row.in, out)
		}
	}
	for _, row := range []struct{ in, want string }{
		{"", "bad time"},
		{"a.doc 1 07-13-1993 24:00", "bad time"},
		{"a.doc 1 07-13-1993 1320", "bad time"},
		{"a.doc 1 13-13-1993 13:20", "bad date"},
		{"a.doc 1 1993-07-13 13:20", "bad date"},
		{"a.doc x 07-13-1993 13:20", "bad size"},
		{"1 07-13-1993 13:20", "bad name"},
	} {
		if got, err := ParseAttachment(row.in); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %+v, %v, want %q", row.in, got, err, row.want)
		}
	}
	if DefaultAttachmentName(1) != "ATT1" || DefaultAttachmentName(12) != "ATT12" {
		t.Error("foreign attachments are not ATT1, ATT12")
	}
}

// The sample counts 29 lines for 1024 bytes, 23 of them data. Q111857
func TestPartOf1024BytesHas29Lines(t *testing.T) {
	if UuencodeLines(1024) != 26 || PartLines(1024) != 29 {
		t.Errorf("%d, %d, want 26, 29", UuencodeLines(1024), PartLines(1024))
	}
	for _, size := range []int{0, 1, 44, 45, 46, 1024} {
		data := bytes.Repeat([]byte{0xE4}, size)
		part := AppendPart(nil, "a.doc", data)
		if CountLines(part) != PartLines(size) {
			t.Errorf("%d bytes: %d lines, PartLines %d", size, CountLines(part), PartLines(size))
		}
		body := append([]byte("text\r\nmore\r\n\r\n"), part...)
		parts := []Part{{2, KeywordText, ""}, {PartLines(size), KeywordUuencode, ""}}
		cut, rest := CutParts(body, parts)
		f, _, err := Uudecode(cut[1])
		if err != nil || !bytes.Equal(f.Data, data) || f.Name != "a.doc" || f.Mode != "644" || len(rest) != 0 {
			t.Errorf("%d bytes: %+v, %v, rest %q", size, f, err, rest)
		}
	}
}

func TestUuencodeKnownText(t *testing.T) {
	const want = "begin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n"
	if got := string(AppendUuencode(nil, "cat.txt", []byte("Cat"))); got != want {
		t.Errorf("%q", got)
	}
}

func TestUudecode(t *testing.T) {
	for _, row := range []struct{ name, in, data, file, rest, err string }{
		{"LF lines", "begin 644 cat.txt\n#0V%T\n`\nend\nrest", "Cat", "cat.txt", "rest", ""},
		{"text before, blank for zero", "Dear begin\nbegin all\r\nbegin 0644  a b.doc\r\n#0V%T\r\n \r\nend \r\n", "Cat", "a b.doc", "", ""},
		{"zero-length line lost its blank", "begin 644 x\n#0V%T\n\nend\n", "Cat", "x", "", ""},
		{"no zero-length line", "begin 644 x\n#0V%T\nend\n", "Cat", "x", "", ""},
		{"checksum characters", "begin 644 x\n#0V%TZ\n`\nend\n", "Cat", "x", "", ""},
		{"blanks inside", "begin 644 x\n#   !\n`\nend\n", "\x00\x00\x01", "x", "", ""},
		{"one byte", "begin 644 x\n!0P``\n`\nend\n", "C", "x", "", ""},
		{"no begin", "hello\nBEGIN 644 x\n", "", "", "", "no begin line in 2 lines"},
		{"begin without name", "begin 644\n", "", "", "", "no begin line"},
		{"no end", "begin 644 x\n#0V%T\n", "Cat", "x", "", "line 3: data ends without end"},
		{"short line", "begin 644 x\n#0V%T\n$0V%T\nend\n", "Cat", "x", "end\n", "line 3: bad length: 4 bytes need 8 characters, found 4"},
		{"length character", "begin 644 x\nhello\nend\n", "", "x", "end\n", `line 2: bad length character 'h'`},
		{"bad character", "begin 644 x\n#0v%T\nend\n", "", "x", "end\n", `line 2: bad character 'v' in column 3`},
	} {
		f, rest, err := Uudecode([]byte(row.in))
		if string(f.Data) != row.data || f.Name != row.file || string(rest) != row.rest {
			t.Errorf("%s: %+v, rest %q", row.name, f, rest)
		}
		if (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
			t.Errorf("%s: %v, want %q", row.name, err, row.err)
		}
	}
}

// Prose between a BEGIN line and an END line is taken for a file. Q118595
func TestBeginEndScan(t *testing.T) {
	for _, row := range []struct{ name, in, before, section, after string }{
		{"prose", "Hello\r\nBegin the work\r\nwith care\r\nEndeavor to\r\nfinish\r\n",
			"Hello\r\n", "Begin the work\r\nwith care\r\nEndeavor to\r\n", "finish\r\n"},
		{"real", "a\nbegin 644 cat.txt\n#0V%T\n`\nend\nb", "a\n", "begin 644 cat.txt\n#0V%T\n`\nend\n", "b"},
		{"END before BEGIN", "end\nbegin 1\nx\n", "end\nbegin 1\nx\n", "", ""},
		{"no blank", "beginning\nend\n", "beginning\nend\n", "", ""},
		{"not at line start", " begin x\nend\n", " begin x\nend\n", "", ""},
		{"END not at line start", "begin x\nthe end\n", "begin x\nthe end\n", "", ""},
		{"same line", "begin end\n", "begin end\n", "", ""},
	} {
		before, section, after, ok := FindBeginEnd([]byte(row.in))
		if string(before) != row.before || string(section) != row.section || string(after) != row.after || ok != (row.section != "") {
			t.Errorf("%s: %q, %q, %q, %v", row.name, before, section, after, ok)
		}
	}
	for _, row := range []struct{ name, in, data, file string }{
		{"real", "begin 644 cat.txt\n#0V%T\n`\nend\n", "Cat", "cat.txt"},
		{"capitals", "BEGIN 644 cat.txt\r\n#0V%T\r\n`\r\nEND\r\n", "Cat", "cat.txt"},
		{"lost blanks", "begin 644 x\n!0P\nend\n", "C", "x"},
		{"short", "begin 644 x\nM0V%T\nend\n", "Cat", "x"},
	} {
		f := UudecodeSection([]byte(row.in))
		if string(f.Data) != row.data || f.Name != row.file {
			t.Errorf("%s: %+v", row.name, f)
		}
	}
	prose := UudecodeSection([]byte("Begin the work\r\nwith care and more\r\nEndeavor to\r\n"))
	if len(prose.Data) == 0 || prose.Name != "" || bytes.Contains(prose.Data, []byte("care")) {
		t.Errorf("prose became %+v, want garbage", prose)
	}
}

func FuzzEncoding(f *testing.F) {
	for _, s := range []string{"2 TEXT, 29 UUENCODE", "1 a (b), c d e", "(", ",", "999999999999 x"} {
		f.Add(s, []byte("a\n\nb\r\n"))
	}
	f.Fuzz(func(t *testing.T, s string, body []byte) {
		parts, err := ParseEncoding(s)
		if err != nil {
			return
		}
		back, err := ParseEncoding(string(AppendEncoding(nil, parts)))
		if d := cmp.Diff(parts, back); d != "" || err != nil {
			t.Fatalf("%v (-want +got):\n%s", err, d)
		}
		cut, rest := CutParts(body, parts)
		n := len(rest)
		for _, b := range cut {
			n += len(b)
		}
		if len(cut) != len(parts) || n > len(body) {
			t.Fatalf("%d parts of %d bytes from %d", len(cut), n, len(body))
		}
	})
}

func FuzzAttachmentField(f *testing.F) {
	f.Add("smtptest.doc 1024 07-13-1993 13:20")
	f.Add("a b 0 00-00-1980 00:00")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAttachment(s)
		if err != nil {
			return
		}
		if b, err := ParseAttachment(string(AppendAttachment(nil, a))); b != a || err != nil {
			t.Fatalf("%+v became %+v, %v", a, b, err)
		}
	})
}

func FuzzUuencode(f *testing.F) {
	f.Add([]byte("Cat"), "cat.txt")
	f.Add(bytes.Repeat([]byte{0}, 100), "a b")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		part := AppendPart([]byte("text\r\n"), name, data)
		got, _, err := Uudecode(part)
		if strings.Trim(name, " \t\r\n") != "" {
			if err != nil || !bytes.Equal(got.Data, data) {
				t.Fatalf("%q became %q, %v", data, got.Data, err)
			}
		}
		// Only the documented rule can cut a proper file short: a data line that
		// starts with END. Q118595
		_, section, _, ok := FindBeginEnd(part)
		if !ok {
			t.Fatal("own part not found")
		}
		if loose := UudecodeSection(section); !bytes.HasPrefix(data, loose.Data) {
			t.Fatalf("%q became %q", data, loose.Data)
		}
	})
}

func FuzzUudecode(f *testing.F) {
	f.Add([]byte("begin 644 cat.txt\n#0V%T\n`\nend\n"))
	f.Add([]byte("Begin the work\r\nwith care\r\nEndeavor to\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, rest, err := Uudecode(data)
		if len(file.Data) > len(data) || len(rest) > len(data) {
			t.Fatal("more than was there")
		}
		if err == nil && file.Name != "" {
			back, _, err := Uudecode(AppendUuencode(nil, file.Name, file.Data))
			if err != nil || !bytes.Equal(back.Data, file.Data) || back.Name != file.Name {
				t.Fatalf("%+v became %+v, %v", file, back, err)
			}
		}
		before, section, after, ok := FindBeginEnd(data)
		if n := len(before) + len(section) + len(after); n != len(data) {
			t.Fatalf("%d bytes of %d", n, len(data))
		}
		if ok {
			saved := bytes.Clone(data)
			if f := UudecodeSection(section); len(f.Data) > len(section) {
				t.Fatal("more than was there")
			}
			if !bytes.Equal(saved, data) {
				t.Fatal("input changed")
			}
		}
	})
}

func ExampleAppendPart() {
	fmt.Printf("%q\n", AppendPart(nil, "cat.txt", []byte("Cat")))
	// Output: "\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n\r\n\r\n"
}
