package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSizes(t *testing.T) {
	for _, row := range []struct {
		text string
		want int64 // -1: refused
	}{
		{"0", 0}, {"537", 537}, {"8k", 8192}, {"8K", 8192}, {"8kb", 8192}, {"8KiB", 8192}, {"5M", 5 << 20}, {"1g", 1 << 30}, {"12b", 12},
		{"", -1}, {"k", -1}, {"-1", -1}, {"+1", -1}, {"8 k", -1}, {"8kk", -1}, {"1.5M", -1}, {"0x10", -1}, {"8ki", -1}, {"9999999999999G", -1}, {"99999999999999999999", -1},
	} {
		got, err := parseSize(row.text)
		if err != nil {
			got = -1
		}
		if got != row.want {
			t.Errorf("parseSize(%q) = %d (%v), want %d", row.text, got, err, row.want)
		}
	}
}

func TestSpans(t *testing.T) {
	for _, row := range []struct {
		text string
		want time.Duration // -1: refused
	}{
		{"90s", 90 * time.Second}, {"24h", 24 * time.Hour}, {"1d", 24 * time.Hour}, {"1d12h", 36 * time.Hour}, {"1h30m", 90 * time.Minute}, {"0s", 0}, {"0", 0},
		{"", -1}, {"d", -1}, {"-1h", -1}, {"1d-1h", -1}, {"5", -1}, {"1.5d", -1}, {"999999d", -1}, {"36500d1h", -1}, {"9999999h", -1}, {"h", -1},
	} {
		got, err := parseSpan(row.text)
		if err != nil {
			got = -1
		}
		if got != row.want {
			t.Errorf("parseSpan(%q) = %v (%v), want %v", row.text, got, err, row.want)
		}
	}
}

func TestSpeeds(t *testing.T) {
	for _, row := range []struct {
		text string
		want float64 // -1: refused
	}{
		{"1", 1}, {"60", 60}, {"0.5", 0.5}, {"max", 0}, {"MAX", 0},
		{"0", -1}, {"-1", -1}, {"NaN", -1}, {"Inf", -1}, {"1e9", -1}, {"", -1}, {"fast", -1},
	} {
		got, err := parseSpeed(row.text)
		if err != nil {
			got = -1
		}
		if got != row.want {
			t.Errorf("parseSpeed(%q) = %v (%v), want %v", row.text, got, err, row.want)
		}
	}
}

func FuzzSize(f *testing.F) {
	for _, s := range []string{"8k", "5M", "", "0", "9223372036854775807", "1gib", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseSize(text)
		if err != nil {
			return
		}
		if n < 0 {
			t.Fatalf("parseSize(%q) = %d", text, n)
		}
		if again, err := parseSize(sizeText(n)); err != nil || again != n {
			t.Fatalf("%q is %d, printed %q, which is %d (%v)", text, n, sizeText(n), again, err)
		}
	})
}

func FuzzSpan(f *testing.F) {
	for _, s := range []string{"24h", "1d12h", "", "0", "1h0m1s", "36500d", "d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseSpan(text)
		if err != nil {
			return
		}
		if d < 0 || d > spanMax {
			t.Fatalf("parseSpan(%q) = %v", text, d)
		}
		if again, err := parseSpan(formatSpan(d)); err != nil || again != d {
			t.Fatalf("%q is %v, printed %q, which is %v (%v)", text, d, formatSpan(d), again, err)
		}
	})
}

func TestScheduleIsRead(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       []int
		err        string
	}{
		{"dots", "0.2.1", []int{0, 2, 1}, ""},
		{"everything", "# found by explore\n0 2,1\r\n\n3.4 # the collision\n", []int{0, 2, 1, 3, 4}, ""},
		{"nothing", "# empty\n", nil, ""},
		{"letter", "0.1\n0.x", nil, "s:2:3: want a decision (a number), have 'x'"},
		{"minus", "-1", nil, "s:1:1: want a decision (a number), have '-'"},
		{"large", "0.99999999999999999999", nil, "s:1:3: decision above 1048576"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := parseSchedule("s", []byte(row.text))
			if !slices.Equal(got, row.want) || err == nil != (row.err == "") || err != nil && err.Error() != row.err {
				t.Errorf("got %v, %v; want %v, %s", got, err, row.want, row.err)
			}
		})
	}
}

func TestInlineScheduleIsToldFromFile(t *testing.T) {
	for text, want := range map[string]bool{"0": true, "0.2.1": true, "": false, "-": false, "./0.2": false, "a.schedule": false, ".5": false} {
		if got := inlineSchedule(text); got != want {
			t.Errorf("inlineSchedule(%q) = %v", text, got)
		}
	}
}

func TestScheduleSaysWhereItDoesNotFit(t *testing.T) {
	s := &schedule{decisions: []int{1, 0, 5, 1}}
	for i, want := range []int{1, 0, 0, 0, 0} { // behind the misfit and the end: the first choice
		if got := s.Choose(2, "who writes"); got != want {
			t.Errorf("decision %d is %d, want %d", i+1, got, want)
		}
	}
	if s.misfit == nil || !strings.Contains(s.misfit.Error(), `decision 3 is 5, but "who writes" has only 2 choices`) {
		t.Errorf("misfit %v", s.misfit)
	}
	fits := &schedule{decisions: []int{1, 1}}
	fits.Choose(2, "x")
	if fits.misfit != nil || fits.unused() != 1 {
		t.Errorf("misfit %v, %d unused", fits.misfit, fits.unused())
	}
}

func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"0.2.1", "# c\n1 2\n", "", "9999999", "0..1,,2", "1\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parseSchedule("s", data)
		if err != nil {
			return
		}
		again, err := parseSchedule("s", []byte(formatSchedule(d)))
		if err != nil || !slices.Equal(again, d) {
			t.Fatalf("%v printed and read is %v (%v)", d, again, err)
		}
	})
}
