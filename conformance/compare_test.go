package conformance

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQuantity(t *testing.T) {
	tests := []struct {
		text    string
		value   float64
		holds   bool
		mistake bool
	}{
		{"3", 3, true, false},
		{"3", 4, false, false},
		{"=3", 3, true, false},
		{">=3", 3, true, false},
		{">3", 3, false, false},
		{"<3", 2, true, false},
		{"<=3", 4, false, false},
		{"2..5", 2, true, false},
		{"2..5", 5, true, false},
		{"2..5", 6, false, false},
		{"", 0, false, true},
		{"many", 0, false, true},
		{">", 0, false, true},
		{"2..x", 0, false, true},
	}
	for _, tt := range tests {
		q, err := parseCount(tt.text)
		if (err != nil) != tt.mistake {
			t.Errorf("%q: %v", tt.text, err)
		} else if err == nil && q.holds(tt.value) != tt.holds {
			t.Errorf("%q of %v: %v", tt.text, tt.value, !tt.holds)
		}
	}
	if q, err := parseAge(">=90s"); err != nil || !q.holds(2*time.Minute) || q.holds(time.Minute) {
		t.Errorf("age >=90s: %v", err)
	}
}

func TestFindLines(t *testing.T) {
	have := strings.Fields("a b c a b d e")
	tests := []struct {
		want string
		ok   bool
		best int
	}{
		{"a b", true, 2},
		{"a b d", true, 3},
		{"a c", false, 1},
		{"a ... d", true, 3},
		{"c ... b ... e", true, 5},
		{"d ... a", false, 2},
		{"... e", true, 2},
		{"e f", false, 1},
	}
	for _, tt := range tests {
		ok, best := findLines(have, strings.Fields(tt.want))
		if ok != tt.ok || best != tt.best {
			t.Errorf("%q: got %v %d, want %v %d", tt.want, ok, best, tt.ok, tt.best)
		}
	}
}

func TestMaskTimes(t *testing.T) {
	for in, want := range map[string]string{
		"08:50:03 - Tue Feb 23 08:50:03 1993 Microsoft Mail": "TIME - DATE Microsoft Mail",
		"  [tx] 220 All set":                           "[tx] 220 All set",
		"08:50:04 -   Local Domain = \".company.com\"": "TIME -   Local Domain = \".company.com\"",
		"  indented": "  indented",
		"08:58:23 - Header: id AA; Tue, 23 Feb 93 08:55:16 PST": "TIME - Header: id AA; Tue, 23 Feb 93 TIME PST",
	} {
		if got := maskTimes(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestDiffShowsWhatCannotBeSeen(t *testing.T) {
	got := diffLines("a\nb\nc \nd\n", "a\nb\nc\nd\x01\n")
	want := "  (2 equal)\n- c\\x20\n- d\n+ c\n+ d\\x01"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDOSText(t *testing.T) {
	if got := dosText([]byte("a\r\nb\rc\nd\x84\x1a\x00")); got != "a\nb\nc\ndä" {
		t.Errorf("got %q", got)
	}
}

func TestHex(t *testing.T) {
	data, err := parseHex("# a record\n01 02ff # three\n00\n")
	if err != nil || !bytes.Equal(data, []byte{1, 2, 255, 0}) {
		t.Errorf("got % x, %v", data, err)
	}
	for _, bad := range []string{"1", "0g", "012"} {
		if _, err := parseHex(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if got := hexDump([]byte("AB\x00"), 16); got != "000010  41 42 00"+strings.Repeat(" ", 41)+"AB.\n" {
		t.Errorf("got %q", got)
	}
}

func TestPattern(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		ok            bool
	}{{"hello", "hello", true}, {"hello", "hello!", false}, {"/ell/", "hello", true}, {"/^ell/", "hello", false}, {"/", "/", true}} {
		p, err := parsePattern(tt.pattern)
		if err != nil || p.match(tt.text) != tt.ok {
			t.Errorf("%q matches %q: %v, %v", tt.pattern, tt.text, !tt.ok, err)
		}
	}
	if _, err := parsePattern("/(/"); err == nil {
		t.Error("a bad regular expression is accepted")
	}
}
