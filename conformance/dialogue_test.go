package conformance

import (
	"strings"
	"testing"
)

func TestParseDialogue(t *testing.T) {
	tests := []struct{ name, text, want string }{ // want: the mistake, or "" for none
		{"all forms", "# c\n\n> a\n>= a\n>~ ^a$\n...\n> b\n< c\n<\n<*3 d\n<< e\\r\\n\\x41\\\\\n< @f\nwait 1s\ntimeout 2m\nsilence 3s\nclosewrite\nclosed\n", ""},
		{"refused first", "refused\n", ""},
		{"peer", "accept\n< 220\nclose\naccept\nreset\n", ""},
		{"empty", "# nothing\n", "d: the dialogue is empty"},
		{"unknown word", "> a\nsleep 1s\n", `d:2: bad line "sleep 1s"`},
		{"reply without >", "220 hello\n", `d:1: bad line "220 hello"`},
		{"bad regexp", ">~ (\n", `d:1: bad regular expression "("`},
		{"bad duration", "wait long\n", "d:1: wait: want a duration"},
		{"negative duration", "wait -1s\n", "d:1: wait: want a duration"},
		{"bad count", "<*x a\n", `d:1: bad count in "<*x"`},
		{"too many", "<*100001 a\n", "d:1: bad count"},
		{"bad escape", `<< a\q`, `d:1: unknown escape \q`},
		{"short escape", `<< a\x4`, `d:1: \x wants two hex digits`},
		{"lone backslash", `<< a\`, "d:1: a backslash stands alone"},
		{"argument too many", "closed now\n", "d:1: closed takes no argument"},
		{"nothing after dots", "> a\n...\n< b\n", "d:2: a > line is missing after ..."},
		{"dots at the end", "...\n", "d:1: a > line is missing after ..."},
		{"refused later", "> a\nrefused\n", "d:2: refused is not the first line"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseDialogue("d", tt.text)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestExpectedLines(t *testing.T) {
	hosts := []string{"gw.company.com"}
	tests := []struct {
		want, line string
		ok         bool
	}{
		{"> 220 All set", "220 All set", true},
		{"> 220 All set", "220 gw.company.com All set", true},
		{"> 220 All set", "220 GW.company.com All set", true},
		{"> 220 All set", "220 other.company.com All set", false},
		{"> 220 All set", "250 All set", false},
		{"> 220 All set", "220 All set ", false},
		{"> 250", "250", true},
		{"> 250", "250 gw.company.com", true},
		{"> 250", "250 OK", false},
		{">= 220 All set", "220 gw.company.com All set", false},
		{">~ ^220 .*set$", "220 anything set", true},
		{">~ ^220 .*set$", "250 anything set", false},
	}
	for _, tt := range tests {
		s, err := parseStep(tt.want)
		if err != nil {
			t.Fatal(err)
		}
		if ok := s.accepts(tt.line, hosts); ok != tt.ok {
			t.Errorf("%q accepts %q: %v", tt.want, tt.line, ok)
		}
	}
}

func FuzzParseDialogue(f *testing.F) {
	f.Add("> a\n< b\n<< c\\r\\n\n...\n>~ x\n")
	f.Add("accept\n<*3 x\nwait 1s\nclosed\n")
	f.Fuzz(func(t *testing.T, text string) {
		steps, err := parseDialogue("d", text)
		if err == nil && len(steps) == 0 {
			t.Error("no steps and no mistake")
		}
	})
}
