package dos

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCanonicalName(t *testing.T) {
	rows := []struct {
		in, set, cut string // "" means refused
	}{
		{"CONTROL.GLB", "CONTROL.GLB", "CONTROL.GLB"},
		{"from_nc.api", "FROM_NC.API", "FROM_NC.API"},
		{"x", "X", "X"},
		{"x.", "X", "X"},
		{"longfilename.text", "", "LONGFILE.TEX"},
		{"a.b.c", "", ""},
		{".x", "", ""},
		{"a b", "", ""},
		{"a+b", "", ""},
		{"a*", "", ""},
		{"tab\t", "", ""},
		{"\x00", "", ""},
		{"", "", ""},
		{"nul", "", ""},
		{"COM1.TXT", "", ""},
		{"COM0", "COM0", "COM0"},
		{"café.txt", "CAFÉ.TXT", "CAFÉ.TXT"},
		{"ägypten", "ÄGYPTEN", "ÄGYPTEN"},
		{"日本", "", ""},
		{"\xff\xfe", "", ""},
		{"ééééééééé", "", "ÉÉÉÉÉÉÉÉ"},
	}
	for _, row := range rows {
		t.Run(row.in, func(t *testing.T) {
			for _, cut := range []bool{false, true} {
				want := row.set
				if cut {
					want = row.cut
				}
				got, ok := canonical(row.in, page437, cut, false)
				if ok != (want != "") || ok && got != want {
					t.Errorf("cut %v: %q %v, want %q", cut, got, ok, want)
				}
			}
		})
	}
}

func TestCodePagesFoldDifferently(t *testing.T) {
	for _, row := range []struct{ in, p437, p850 string }{
		{"père", "PERE", "PÈRE"}, {"ñu", "ÑU", "ÑU"}, {"naïve", "NAIVE", "NAÏVE"}, {"øl", "", "ØL"}, {"ÿ", "Y", "Y"},
	} {
		for cp, want := range map[*codePage]string{page437: row.p437, page850: row.p850} {
			if got, ok := canonical(row.in, cp, false, false); ok != (want != "") || ok && got != want {
				t.Errorf("%q in %v: %q %v, want %q", row.in, cp == page850, got, ok, want)
			}
		}
	}
}

func TestCleanPath(t *testing.T) {
	rows := []struct {
		cwd, in, want string
		err           Error
	}{
		{`\`, `\SMTP\X.Y`, `\SMTP\X.Y`, 0},
		{`\`, `/smtp//x.y`, `\SMTP\X.Y`, 0},
		{`\SMTP`, `x`, `\SMTP\X`, 0},
		{`\SMTP`, `..\x`, `\X`, 0},
		{`\SMTP`, `.`, `\SMTP`, 0},
		{`\`, ``, `\`, 0},
		{`\`, `\A\B\..\..\C`, `\C`, 0},
		{`\`, `..`, ``, PathNotFound},
		{`\`, `\a*\x`, ``, PathNotFound},
		{`\`, `\x*`, ``, FileNotFound},
		{`\`, `\con`, ``, AccessDenied},
		{`\`, `\toolonganame`, `\TOOLONGA`, 0},
		{`\`, strings.Repeat(`\ABCDEFGH`, 40), ``, PathNotFound},
	}
	for _, row := range rows {
		t.Run(row.cwd+" "+row.in, func(t *testing.T) {
			got, e := cleanPath(row.cwd, row.in, page437, true, false)
			if got != row.want || e != row.err {
				t.Errorf("%q, %v; want %q, %v", got, e, row.want, row.err)
			}
		})
	}
}

func TestPattern(t *testing.T) {
	rows := []struct {
		pattern, name string
		want          bool
	}{
		{"*.*", "X", true}, {"*.*", "CONTROL.GLB", true}, {"*", "X", true}, {"*", "X.Y", false},
		{"*.API", "FROM_NC.API", true}, {"*.api", "FROM_NC.APX", false}, {"SMTP_IN.*", "SMTP_IN.001", true},
		{"A?C", "ABC", true}, {"A?C", "AC", false}, {"ABC?", "ABC", true}, {"A*C.X", "ABBB.X", true}, {"????????.MAI", "1.MAI", true},
	}
	for _, row := range rows {
		p, ok := newPattern(row.pattern, page437)
		if !ok {
			t.Errorf("%q is no pattern", row.pattern)
		}
		if got := p.match(row.name); got != row.want {
			t.Errorf("%q matches %q: %v, want %v", row.pattern, row.name, got, row.want)
		}
	}
	if _, ok := newPattern("a.b.*", page437); ok {
		t.Error("a.b.* passed as a pattern")
	}
}

// FuzzCanonical: a canonical name is stable, short, upper case and no path.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"CONTROL.GLB", "x.y", "café", "a.b.c", "..", "nul.txt", "\xff", "ÿ.ß", "~1$", "日", "\x00"} {
		f.Add(s, true, false)
		f.Add(s, false, true)
	}
	f.Fuzz(func(t *testing.T, s string, cut, latin bool) {
		cp := page437
		if latin {
			cp = page850
		}
		name, ok := canonical(s, cp, cut, false)
		if !ok {
			return
		}
		again, ok := canonical(name, cp, false, false)
		if !ok || again != name {
			t.Fatalf("%q becomes %q, which becomes %q %v", s, name, again, ok)
		}
		base, ext, _ := strings.Cut(name, ".")
		if n := utf8.RuneCountInString(base); n < 1 || n > 8 || utf8.RuneCountInString(ext) > 3 {
			t.Fatalf("%q becomes %q", s, name)
		}
		if strings.ContainsAny(name, "\\/:*? \x00") || !utf8.ValidString(name) || device(name) {
			t.Fatalf("%q becomes %q", s, name)
		}
		if p, ok := newPattern(name, cp); !ok || !p.match(name) {
			t.Fatalf("%q does not match itself", name)
		}
	})
}

// FuzzCleanPath: a clean path is stable and stays below the root.
func FuzzCleanPath(f *testing.F) {
	for _, s := range []string{`\SMTP\X.Y`, `a/../../b`, `.`, `..`, `\\\`, `M:\X`, strings.Repeat("a/", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, e := cleanPath(`\A\B`, s, page437, true, false)
		if e != 0 {
			return
		}
		if again, e := cleanPath(`\`, p, page437, false, false); e != 0 || again != p || p[0] != '\\' {
			t.Fatalf("%q becomes %q, which becomes %q %v", s, p, again, e)
		}
		NewVolume(VolumeOptions{}).find(p)
	})
}
