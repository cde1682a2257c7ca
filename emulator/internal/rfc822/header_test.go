package rfc822

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFieldsKeepLinesAndOrder(t *testing.T) {
	const message = "Received: from company.com by marvgard\r\n" +
		"     id <2B8A57AE@marvgard>; Tue, 23 Feb 93 08:58:22 PST\r\n" +
		"From: root@company.com (Operator)\n" +
		"SUBJECT : one\r\n" +
		"Subject: two\n\tfolded\r\n with \r\n" +
		"Empty:\r\n" +
		"\r\n" +
		"Body: text\r\n"
	fields, body := Fields([]byte(message))
	var names, lines []string
	var raw []byte
	for _, f := range fields {
		names = append(names, f.Name+"="+f.Unfold())
		for line := range f.Lines {
			lines = append(lines, string(line))
		}
		raw = append(raw, f.Raw...)
	}
	want := []string{
		"Received=from company.com by marvgard     id <2B8A57AE@marvgard>; Tue, 23 Feb 93 08:58:22 PST",
		"From=root@company.com (Operator)",
		"SUBJECT=one",
		"Subject=two\tfolded with",
		"Empty=",
	}
	if d := cmp.Diff(want, names); d != "" {
		t.Errorf("fields (-want +got):\n%s", d)
	}
	if len(lines) != 8 || lines[1] != "     id <2B8A57AE@marvgard>; Tue, 23 Feb 93 08:58:22 PST" || lines[6] != " with " {
		t.Errorf("lines %q", lines)
	}
	if string(body) != "Body: text\r\n" || string(raw)+"\r\n"+string(body) != message {
		t.Errorf("body %q, header %q", body, raw)
	}
	if v, ok := Get(fields, "subject"); v != "one" || !ok {
		t.Errorf("Get = %q, %v, want the first", v, ok)
	}
	if _, ok := Get(fields, "To"); ok {
		t.Error("Get finds a field that is not there")
	}
}

func TestHeaderBoundary(t *testing.T) {
	for _, row := range []struct{ name, in, header, body string }{
		{"CRLF", "A: b\r\n\r\nbody", "A: b\r\n", "body"},
		{"LF", "A: b\n\nbody", "A: b\n", "body"},
		{"no header", "\r\nbody", "", "body"},
		{"no empty line", "A: b\r\n", "A: b\r\n", ""},
		{"blank line is no end", "A: b\r\n \r\nC: d\r\n\r\n", "A: b\r\n \r\nC: d\r\n", ""},
	} {
		header, body := Split([]byte(row.in))
		if string(header) != row.header || string(body) != row.body {
			t.Errorf("%s: %q, %q", row.name, header, body)
		}
	}
	for _, row := range []struct {
		name, in string
		fields   int
		body     string
	}{
		{"line without colon", "A: b\nhello\nC: d\n", 1, "hello\nC: d\n"},
		{"blank in name", "A: b\nFrom x: y\n", 1, "From x: y\n"},
		{"no name", ": b\n", 0, ": b\n"},
		{"continuation first", " b\nA: b\n", 0, " b\nA: b\n"},
		{"8-bit name", "\xe4: b\n", 0, "\xe4: b\n"},
		{"no end", "A: b", 1, ""},
	} {
		fields, body := Fields([]byte(row.in))
		if len(fields) != row.fields || string(body) != row.body {
			t.Errorf("%s: %d fields, body %q", row.name, len(fields), body)
		}
	}
}

func TestLines(t *testing.T) {
	rest := []byte("a\r\nb\nc\rd\n\r\ne")
	var got []string
	for len(rest) > 0 {
		var line []byte
		var end LineEnd
		line, rest, end = NextLine(rest)
		got = append(got, string(line)+"|"+string(rune('0'+int(end))))
	}
	if d := cmp.Diff([]string{"a|1", "b|2", "c\rd|2", "|1", "e|0"}, got); d != "" {
		t.Errorf("NextLine (-want +got):\n%s", d)
	}
	for in, want := range map[string]int{"": 0, "a": 1, "a\r\n": 1, "a\n\nb": 3} {
		if n := CountLines([]byte(in)); n != want {
			t.Errorf("CountLines(%q) = %d", in, n)
		}
	}
}

func TestSevenBits(t *testing.T) {
	for _, row := range []struct {
		name, in string
		want     bool
	}{
		{"text", "hello\r\n\t\f\x7f", true},
		{"empty", "", true},
		{"RTF", `{\rtf1 \'e4}`, true},
		{"code page", "M\x81ller", false},
		{"controls are ASCII", "a\x00b\x1a", true},
		{"first beyond", "\x80", false},
	} {
		if got := Is7Bit([]byte(row.in)); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}

func TestWrap(t *testing.T) {
	x := strings.Repeat("x", 78)
	for _, row := range []struct{ name, in, want string }{
		{"78 fit", x + "\r\n", x + "\r\n"},
		{"79 break", x + "y\r\n", x + "\r\ny\r\n"},
		{"no word care", strings.Repeat("ab ", 27), strings.Repeat("ab ", 26) + "\r\nab "},
		{"twice", x + x + "z", x + "\r\n" + x + "\r\nz"},
		{"CR lines", "a\rb\r\r", "a\r\nb\r\n\r\n"},
		{"LF lines", "\na", "\r\na"},
		{"empty", "", ""},
	} {
		if got := string(AppendWrapped(nil, []byte(row.in))); got != row.want {
			t.Errorf("%s: %q", row.name, got)
		}
	}
}

func TestDotStuffing(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"plain", "a\r\n", "a\r\n"},
		{"dots", ".\r\n..a\r\nb.\r\n.", "..\r\n...a\r\nb.\r\n..\r\n"},
		{"LF stays", "a\n.b\n", "a\n..b\n"},
		{"end supplied", "a", "a\r\n"},
		{"empty", "", ""},
	} {
		got := AppendStuffed(nil, []byte(row.in))
		if string(got) != row.want {
			t.Errorf("%s: %q", row.name, got)
		}
		var back []byte
		for rest := got; len(rest) > 0; {
			line, next, _ := NextLine(rest)
			text, end := Unstuff(line)
			if end {
				t.Errorf("%s: data ends early", row.name)
			}
			back = append(back, text...)
			back = append(back, rest[len(line):len(rest)-len(next)]...)
			rest = next
		}
		if strings.TrimSuffix(string(back), "\r\n") != strings.TrimSuffix(row.in, "\r\n") {
			t.Errorf("%s: came back as %q", row.name, back)
		}
	}
	if _, end := Unstuff([]byte(".")); !end {
		t.Error("a single dot does not end the data")
	}
}

func FuzzFields(f *testing.F) {
	f.Add([]byte("A: b\r\n c\n\nbody"))
	f.Add([]byte(" x\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		fields, body := Fields(data)
		n := 0
		for _, field := range fields {
			if !bytes.Equal(field.Raw, data[n:n+len(field.Raw)]) {
				t.Fatal("raw lines out of place")
			}
			n += len(field.Raw)
			if v := field.Unfold(); strings.ContainsAny(v, "\n") || field.Name == "" {
				t.Fatalf("field %q = %q", field.Name, v)
			}
			lines := 0
			for range field.Lines {
				lines++
			}
			if lines != CountLines(field.Raw) {
				t.Fatal("lines lost")
			}
		}
		if gap := len(data) - n - len(body); gap < 0 || gap > 2 {
			t.Fatalf("%d bytes between header and body", gap)
		}
		Split(data)
		AppendWrapped(nil, data)
	})
}
