package rfc822

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseList(t *testing.T) {
	for _, row := range []struct {
		name, in string
		want     []Address
		err      string
	}{
		{"comment", "root@company.com (Operator)",
			[]Address{{Addr: "root@company.com", Comment: "Operator", Raw: "root@company.com (Operator)"}}, ""},
		{"phrase", `"ROOT (COMPANY)" <root@company.oom>`,
			[]Address{{Phrase: "ROOT (COMPANY)", Addr: "root@company.oom", Raw: `"ROOT (COMPANY)" <root@company.oom>`}}, ""},
		{"comma in comment", "user@dom (Doe, John), b@c",
			[]Address{{Addr: "user@dom", Comment: "Doe, John", Raw: "user@dom (Doe, John)"}, {Addr: "b@c", Raw: "b@c"}}, ""},
		{"comma in quotes", `"Doe, John" <u@d>`,
			[]Address{{Phrase: "Doe, John", Addr: "u@d", Raw: `"Doe, John" <u@d>`}}, ""},
		{"nested comment", `a@b (x (y, z) \) w)`,
			[]Address{{Addr: "a@b", Comment: "x (y, z) ) w", Raw: `a@b (x (y, z) \) w)`}}, ""},
		{"source route", "<@a.com,@b.com:u@d>, x@y",
			[]Address{{Route: "@a.com,@b.com", Addr: "u@d", Raw: "<@a.com,@b.com:u@d>"}, {Addr: "x@y", Raw: "x@y"}}, ""},
		{"percent hack and bangs", "u%h.dom@relay, a!b!u",
			[]Address{{Addr: "u%h.dom@relay", Raw: "u%h.dom@relay"}, {Addr: "a!b!u", Raw: "a!b!u"}}, ""},
		{"group", "list: a@b, C <c@d>; , e@f",
			[]Address{{Addr: "a@b", Group: "list", Raw: "a@b"}, {Phrase: "C", Addr: "c@d", Group: "list", Raw: "C <c@d>"}, {Addr: "e@f", Raw: "e@f"}}, ""},
		{"empty group", "Undisclosed recipients:;", nil, ""},
		{"white space", "  John \t Q . Public  < u . v @ d . e > ",
			[]Address{{Phrase: "John Q . Public", Addr: "u.v@d.e", Raw: "John \t Q . Public  < u . v @ d . e >"}}, ""},
		{"quoted user", `"John  Doe"@d, "a\"b"@c`,
			[]Address{{Addr: `"John  Doe"@d`, Raw: `"John  Doe"@d`}, {Addr: `"a\"b"@c`, Raw: `"a\"b"@c`}}, ""},
		{"bare words", "John Doe", []Address{{Addr: "John Doe", Raw: "John Doe"}}, ""},
		{"two comments", "(a) u@d (b)", []Address{{Addr: "u@d", Comment: "a b", Raw: "(a) u@d (b)"}}, ""},
		{"nothing", " , ,(only words), ", nil, ""},
		{"open comment", "u@d (Doe", []Address{{Addr: "u@d", Comment: "Doe", Raw: "u@d (Doe"}}, "comment without end at offset 4"},
		{"open quote", `"u@d, b@c`, []Address{{Addr: `"u@d`, Raw: `"u@d`}, {Addr: "b@c", Raw: "b@c"}}, "quote without end at offset 0"},
		{"open bracket", "A <u@d, b@c", []Address{{Phrase: "A", Addr: "u@d,b@c", Raw: "A <u@d, b@c"}}, "< without > at offset 2"},
		{"stray bracket", "u@d>", []Address{{Addr: "u@d>", Raw: "u@d>"}}, "> without < at offset 3"},
		{"open group", "l: a@b", []Address{{Addr: "a@b", Group: "l", Raw: "a@b"}}, "group without ; at offset 6"},
	} {
		got, err := ParseList(row.in, CommasKept)
		if d := cmp.Diff(row.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, d)
		}
		if (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
			t.Errorf("%s: %v, want %q", row.name, err, row.err)
		}
	}
}

// Before 3.0.8 a comma in a comment made two addresses. Q108052
func TestCommasInCommentsSplitBefore308(t *testing.T) {
	for _, row := range []struct {
		name, in string
		want     []string
	}{
		{"name", "user@dom (Doe, John), b@c", []string{"user@dom", "John)", "b@c"}},
		{"two commas", "u@d (a,b,c)", []string{"u@d", "b", "c)"}},
		{"no comma", "u@d (John Doe), b@c", []string{"u@d", "b@c"}},
		{"quoted comma", `"Doe, John" <u@d>`, []string{"u@d"}},
	} {
		list, _ := ParseList(row.in, CommasSplit)
		var got []string
		for _, a := range list {
			got = append(got, a.Addr)
		}
		if d := cmp.Diff(row.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, d)
		}
	}
}

func TestSplitAddr(t *testing.T) {
	for _, row := range []struct {
		in, user, domain string
		ok               bool
	}{
		{"admin@mspo1.dept", "admin", "mspo1.dept", true},
		{"u%h@relay", "u%h", "relay", true},
		{"a@b@c", "a@b", "c", true},
		{`"a@b"@c`, `"a@b"`, "c", true},
		{`a\@b`, `a\@b`, "", false},
		{"root@company.com (Operator)", "root", "company.com (Operator)", true},
		{"user", "user", "", false},
	} {
		user, domain, ok := SplitAddr(row.in)
		if user != row.user || domain != row.domain || ok != row.ok {
			t.Errorf("%s: %q, %q, %v", row.in, user, domain, ok)
		}
	}
}

func TestParsePath(t *testing.T) {
	for _, row := range []struct {
		args, keyword string
		want          Path
		noReturn      bool
		err           string
	}{
		{"From:<root@company.com>", "FROM", Path{Addr: "root@company.com", Raw: "<root@company.com>"}, false, ""},
		{"FROM: <a@b> SIZE=10", "FROM", Path{Addr: "a@b", Rest: "SIZE=10", Raw: "<a@b> SIZE=10"}, false, ""},
		{"from:<>", "FROM", Path{Raw: "<>"}, true, ""},
		{"From:a@b", "FROM", Path{Addr: "a@b", Bare: true, Raw: "a@b"}, true, ""},
		{"From:", "FROM", Path{Bare: true}, true, ""},
		{"To : <@a,@b:u@d>", "TO", Path{Route: "@a,@b", Addr: "u@d", Raw: "<@a,@b:u@d>"}, false, ""},
		{`TO:<"a>b"@c>`, "TO", Path{Addr: `"a>b"@c`, Raw: `<"a>b"@c>`}, false, ""},
		{"TO:<u%h@r>", "TO", Path{Addr: "u%h@r", Raw: "<u%h@r>"}, false, ""},
		{"TO:<<u>@d (n)>", "TO", Path{Addr: "<u", Rest: "@d (n)>", Raw: "<<u>@d (n)>"}, false, ""},
		{"TO:<a@b", "TO", Path{}, true, "< without >"},
		{"FROM:<a@b>", "TO", Path{}, true, "no TO:"},
		{"TO <a@b>", "TO", Path{}, true, "no colon"},
		{"", "TO", Path{}, true, "no TO:"},
	} {
		got, err := ParsePath(row.args, row.keyword)
		if got != row.want || got.NoReturnPath() != row.noReturn {
			t.Errorf("%s: %+v", row.args, got)
		}
		if (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
			t.Errorf("%s: %v, want %q", row.args, err, row.err)
		}
	}
}

func TestQuotePhrase(t *testing.T) {
	for in, want := range map[string]string{
		"ROOT (COMPANY)": `"ROOT (COMPANY)"`,
		"John Doe":       "John Doe",
		"John Q. Doe":    `"John Q. Doe"`,
		"":               "",
		`a"b\c`:          `"a\"b\\c"`,
		"a\r\nb":         `"a  b"`,
	} {
		if got := QuotePhrase(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
	for _, c := range `()<>@,;:\".[]` {
		if got := QuotePhrase("x" + string(c)); got[0] != '"' {
			t.Errorf("%c is not quoted", c)
		}
	}
}

func TestLongListsContinueAfter1000Characters(t *testing.T) {
	item := strings.Repeat("x", 95) + "@y.z" // 99, with comma and blank 101
	items := make([]string, 25)
	for i := range items {
		items[i] = item
	}
	out := string(AppendList(nil, "To", items))
	lines := strings.Split(strings.TrimSuffix(out, "\r\n"), "\r\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		if len(line) > 1000 || i < 2 && (len(line) < 900 || !strings.HasSuffix(line, ",")) || i > 0 && !strings.HasPrefix(line, "     x") {
			t.Errorf("line %d: %d characters: %.20s", i, len(line), line)
		}
	}
	fields, _ := Fields([]byte(out))
	list, err := ParseList(fields[0].Unfold(), CommasKept)
	if len(fields) != 1 || len(list) != 25 || err != nil {
		t.Errorf("%d fields, %d addresses, %v", len(fields), len(list), err)
	}
	if got := string(AppendList(nil, "To", []string{"a", "b"})); got != "To: a, b\r\n" {
		t.Errorf("short list %q", got)
	}
	// A line of 1000 characters, its last comma included, is whole; 1001 are not.
	for _, row := range []struct{ item, first int }{{992, 1000}, {993, len("To: b,")}} {
		out := AppendList(nil, "To", []string{"b", strings.Repeat("a", row.item), "c"})
		if first, _, _ := NextLine(out); len(first) != row.first {
			t.Errorf("item of %d: first line has %d characters, want %d", row.item, len(first), row.first)
		}
	}
}

func FuzzParseList(f *testing.F) {
	for _, s := range []string{
		"root@company.com (Operator)", `"ROOT (COMPANY)" <root@company.oom>`, "user@dom (Doe, John), b@c",
		"<@a,@b:u@d>", "list: a@b, C <c@d>;", `a@b (x (y, z) \) w)`, `"a\"b"@c`, "A <u@d, b@c", `\`, `<\`, `("`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		ParseList(value, CommasSplit)
		list, err := ParseList(value, CommasKept)
		if err != nil {
			return
		}
		for _, a := range list {
			if a.Addr == "" || a.Group != "" || strings.ContainsAny(a.Addr, "<>()[];:,\r\n\t \\\"") || strings.ContainsAny(a.Route, "<>()[];:\r\n\t \\\"") {
				continue // no address that could be written again
			}
			if strings.ContainsAny(a.Phrase+a.Comment, "\r\n") {
				continue
			}
			back, err := ParseList(a.String(), CommasKept)
			if err != nil || len(back) != 1 {
				t.Fatalf("%q became %q: %v", value, a.String(), err)
			}
			b := back[0]
			if b.Addr != a.Addr || b.Route != a.Route || b.Phrase != a.Phrase {
				t.Fatalf("%q became %+v", a.String(), b)
			}
		}
	})
}

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"FROM:<a@b>", "FROM:<@a:b@c> X", `FROM:<"`, "FROM", "FROM:<\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, args string) {
		p, err := ParsePath(args, "FROM")
		if err != nil || p.Bare || p.Route != "" {
			return
		}
		q, err := ParsePath("FROM:<"+p.Addr+"> "+p.Rest, "FROM")
		if err != nil || q.Addr != p.Addr || q.Rest != p.Rest {
			t.Fatalf("%q: %+v became %+v, %v", args, p, q, err)
		}
	})
}

func FuzzQuotePhrase(f *testing.F) {
	f.Add("ROOT (COMPANY)")
	f.Add(`\"`)
	f.Fuzz(func(t *testing.T, name string) {
		want := strings.Join(strings.Fields(name), " ")
		if strings.ContainsAny(name, "\r\n") || want == "" {
			return
		}
		list, err := ParseList(QuotePhrase(name)+" <a@b>", CommasKept)
		if err != nil || len(list) != 1 || list[0].Phrase != want || list[0].Addr != "a@b" {
			t.Fatalf("%q: %+v, %v", name, list, err)
		}
	})
}
