package rfc822

import (
	"strings"
	"testing"
	"time"
)

var pst = time.FixedZone("PST", -8*3600)

func TestSampleDates(t *testing.T) {
	at := time.Date(1993, 2, 23, 8, 58, 22, 0, pst)
	if got := string(AppendReceivedDate(nil, at)); got != "Tue, 23 Feb 93 08:58:22 PST" {
		t.Error(got)
	}
	if got := string(AppendID(nil, at, "marvgard")); got != "<2B8A57AE@marvgard>" {
		t.Error(got)
	}
	const want = "Received: from company.com by marvgard\r\n     id <2B8A57AE@marvgard>; Tue, 23 Feb 93 08:58:22 PST\r\n"
	if got := string(AppendReceived(nil, "company.com", "marvgard", at)); got != want {
		t.Errorf("%q", got)
	}
	back, host, ok := ParseID("<2B8A57AE@marvgard>")
	if !back.Equal(at) || host != "marvgard" || !ok {
		t.Error(back, host, ok)
	}
	for _, id := range []string{"", "<2B8A57AE>", "<2B8A57AG@x>", "2B8A57AE@marvgard", "<9302231655.AA01410@company.com>"} {
		if _, _, ok := ParseID(id); ok {
			t.Errorf("%q is read as reception time", id)
		}
	}
	// The second sample of the documents.
	if back, _, _ := ParseID("<2C431991@x>"); !back.Equal(time.Date(1993, 7, 13, 13, 22, 41, 0, time.FixedZone("PDT", -7*3600))) {
		t.Error(back)
	}
}

func TestZoneIsHoursOnlyUnlessZ(t *testing.T) {
	for _, row := range []struct {
		offset      int
		short, full string
	}{
		{-8 * 3600, "-08", "-0800"},
		{0, "+00", "+0000"},
		{5*3600 + 1800, "+05", "+0530"},
		{-3*3600 - 1800, "-03", "-0330"},
	} {
		at := time.Date(1998, 8, 3, 9, 5, 7, 0, time.FixedZone("X", row.offset))
		const head = "Mon, 03  Aug 1998 09:05:07 "
		if got := string(AppendDate(nil, at, false)); got != head+row.short {
			t.Error(got)
		}
		if got := string(AppendDate(nil, at, true)); got != head+row.full {
			t.Error(got)
		}
	}
	if got := string(AppendReceivedDate(nil, time.Date(1993, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)))); got != "Sat, 02 Jan 93 03:04:05 +0100" {
		t.Error(got)
	}
}

func TestParseDate(t *testing.T) {
	at := time.Date(1993, 2, 23, 16, 55, 16, 0, time.UTC)
	for _, row := range []struct {
		in   string
		want time.Time
	}{
		{"Tue, 23 Feb 93 08:55:16 PST", at},
		{"Tue, 23  Feb 1993 08:55:16 -08", at},
		{"23 feb 1993 08:55:16 -0800 (PST)", at},
		{"Tue,23 Feb 93 16:55:16 GMT", at},
		{"Tue, 23 February 1993 16:55:16", at},
		{"Tue, 23 Feb 93 16:55:16 ZZZ", at},
		{"Tue Feb 23 08:55:16 PST 1993", at},
		{"Tue Feb 23 16:55:16 1993", at},
		{"23 Feb 93 16:55 UT", at.Add(-16 * time.Second)},
		{"1 Jan 00 1:00:60 +0100", time.Date(2000, 1, 1, 0, 0, 59, 0, time.UTC)},
	} {
		got, err := ParseDate(row.in)
		if err != nil || !got.Equal(row.want) {
			t.Errorf("%s: %v, %v", row.in, got, err)
		}
	}
	for _, row := range []struct{ in, want string }{
		{"", "bad form"},
		{"Tue, 23 Feb 93", "bad form"},
		{"Tue, 30 Feb 93 08:55:16 PST", "bad day"},
		{"Tue, 0 Feb 93 08:55:16 PST", "bad day"},
		{"Tue, 23 Fex 93 08:55:16 PST", "bad month"},
		{"Tue, 23 ebm 93 08:55:16 PST", "bad month"},
		{"Tue, 23 Feb 193 08:55:16 PST", "bad year"},
		{"Tue, 23 Feb 93 24:55:16 PST", "bad time"},
		{"Tue, 23 Feb 93 0855 PST", "bad time"},
		{"Tue, 23 Feb 93 08:55:1 PST", "bad time"},
		{"Tue, 23 Feb 93 08:55:16 +080", "bad zone"},
		{"Tue, 23 Feb 93 08:55:16 -99", "bad zone"},
		{"Tue, 23 Feb 93 08:55:16 +0860", "bad zone"},
	} {
		if got, err := ParseDate(row.in); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, %v, want %q", row.in, got, err, row.want)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("Tue, 23 Feb 93 08:55:16 PST")
	f.Add("Tue Feb 23 08:55:16 PST 1993")
	f.Add("23 Feb 1993 08:55 +01")
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ParseDate(s)
		if err != nil {
			return
		}
		back, err := ParseDate(string(AppendDate(nil, at, true)))
		if err != nil || !back.Equal(at) {
			t.Fatalf("%q: %v became %v, %v", s, at, back, err)
		}
		if at.Year() < 1970 || at.Year() > 2069 {
			return // the two-digit year cannot tell
		}
		back, err = ParseDate(string(AppendReceivedDate(nil, at)))
		if err != nil || !back.Equal(at) {
			t.Fatalf("%q: %v became %v, %v", s, at, back, err)
		}
	})
}
