package rfc822

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// AppendReceivedDate appends the date of Received lines, "Tue, 23 Feb 93 08:58:22 PST":
// year of two digits, name of the zone from TZ. The zone name is that of t's location,
// as from time.FixedZone. Q112286
func AppendReceivedDate(dst []byte, t time.Time) []byte {
	dst = t.AppendFormat(dst, "Mon, 02 Jan 06 15:04:05 ")
	name, offset := t.Zone()
	if name == "" {
		return appendZone(dst, offset, true)
	}
	return append(dst, name...)
}

// AppendDate appends the date of outbound Date fields, DOW, DAY  MMM YYYY HH:MM:SS and
// the zone, with two blanks after the day. The zone is +/-NN, hours only, in 3.0a and
// before; fullZone is the option -Z of the August 1998 build and gives +/-NNNN. Q192054
func AppendDate(dst []byte, t time.Time, fullZone bool) []byte {
	dst = t.AppendFormat(dst, "Mon, 02  Jan 2006 15:04:05 ")
	_, offset := t.Zone()
	return appendZone(dst, offset, fullZone)
}

// appendZone drops the minutes unless full is set.
func appendZone(dst []byte, offset int, full bool) []byte {
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	minutes := offset / 60
	dst = append(dst, sign)
	dst = append2(dst, minutes/60)
	if full {
		dst = append2(dst, minutes%60)
	}
	return dst
}

// AppendID appends an identifier such as <2B8A57AE@marvgard>: seconds since 1970 UTC in
// upper-case hex, and the Internet name of the gateway. Q112286 Two messages of one
// second share it, as there.
func AppendID(dst []byte, t time.Time, host string) []byte {
	const hexDigits = "0123456789ABCDEF"
	dst = append(dst, '<')
	seconds := uint32(t.Unix())
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[seconds>>shift&15])
	}
	dst = append(dst, '@')
	dst = append(dst, host...)
	return append(dst, '>')
}

// AppendReceived appends the Received field that the gateway puts in front of an inbound
// message: from is the HELO argument, by the Internet name of the gateway. Q112286
//
//	Received: from company.com by marvgard
//	     id <2B8A57AE@marvgard>; Tue, 23 Feb 93 08:58:22 PST
func AppendReceived(dst []byte, from, by string, t time.Time) []byte {
	dst = append(dst, "Received: from "...)
	dst = append(dst, from...)
	dst = append(dst, " by "...)
	dst = append(dst, by...)
	dst = append(dst, "\r\n"+continuation+"id "...)
	dst = AppendID(dst, t, by)
	dst = append(dst, "; "...)
	dst = AppendReceivedDate(dst, t)
	return append(dst, '\r', '\n')
}

const monthNames = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"

// zoneHours lists the zones of RFC 822 and a few that hosts of the time wrote.
var zoneHours = []struct {
	name  string
	hours int
}{
	{"UT", 0}, {"GMT", 0}, {"UTC", 0}, {"Z", 0}, {"WET", 0},
	{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
	{"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7},
	{"BST", 1}, {"CET", 1}, {"MET", 1}, {"EET", 2}, {"JST", 9},
}

// ParseDate reads dates of mail headers: weekday, seconds and zone may be absent, years
// have two or four digits (00 to 69 are 2000 to 2069), zones are names, +/-NNNN or the
// gateway's +/-NN (Q192054), comments and extra blanks are skipped. The form of asctime,
// Tue Feb 23 08:50:03 1993, is read too. Without a zone, or with one unknown, the time
// counts as UTC.
func ParseDate(value string) (time.Time, error) {
	bad := func(what string) (time.Time, error) {
		return time.Time{}, fmt.Errorf("cannot read date %q: bad %s", value, what)
	}
	words := strings.Fields(strings.ReplaceAll(dropComments(value), ",", " "))
	if len(words) > 0 && isLetter(words[0][0]) {
		words = words[1:] // weekday
	}
	if len(words) < 4 {
		return bad("form")
	}
	var day, month, clock, year string
	var zone []string
	if isLetter(words[0][0]) { // asctime; some hosts print the zone before the year
		month, day, clock = words[0], words[1], words[2]
		last := len(words) - 1
		year, zone = words[last], words[3:last]
	} else {
		day, month, year, clock, zone = words[0], words[1], words[2], words[3], words[4:]
	}
	d, ok := digits(day, 31)
	if !ok || d < 1 || len(day) > 2 {
		return bad("day")
	}
	m := monthNumber(month)
	if m == 0 {
		return bad("month")
	}
	y, ok := digits(year, 9999)
	if !ok || len(year) != 2 && len(year) != 4 || len(year) == 4 && y < 1 {
		return bad("year")
	}
	if len(year) == 2 {
		if y += 1900; y < 1970 {
			y += 100
		}
	}
	hour, minute, second, ok := parseClock(clock)
	if !ok {
		return bad("time")
	}
	location := time.UTC
	if len(zone) > 0 {
		if location, ok = parseZone(zone[0]); !ok {
			return bad("zone")
		}
	}
	t := time.Date(y, time.Month(m), d, hour, minute, second, 0, location)
	if t.Day() != d {
		return bad("day")
	}
	return t, nil
}

func monthNumber(s string) int {
	if len(s) < 3 {
		return 0
	}
	i := strings.Index(monthNames, upperASCII(s[:3]))
	if i < 0 || i%3 != 0 {
		return 0
	}
	return i/3 + 1
}

func parseClock(s string) (hour, minute, second int, ok bool) {
	h, rest, found := strings.Cut(s, ":")
	m, sec, seconds := strings.Cut(rest, ":")
	if !found || len(h) > 2 || len(m) != 2 {
		return 0, 0, 0, false
	}
	var ok1, ok2 bool
	hour, ok1 = digits(h, 23)
	minute, ok2 = digits(m, 59)
	ok = ok1 && ok2
	if seconds {
		if len(sec) != 2 {
			return 0, 0, 0, false
		}
		second, ok1 = digits(sec, 60)
		ok = ok && ok1
		second = min(second, 59) // a leap second; DOS has none
	}
	return hour, minute, second, ok
}

// parseZone reads a zone; an unknown name counts as UTC, a malformed number is bad.
func parseZone(s string) (*time.Location, bool) {
	if s[0] == '+' || s[0] == '-' {
		n, ok := digits(s[1:], 9999)
		if !ok {
			return nil, false
		}
		var seconds int
		switch len(s) {
		case 3:
			seconds = n * 3600
		case 5:
			seconds = n/100*3600 + n%100*60
		default:
			return nil, false
		}
		if seconds > 24*3600 || len(s) == 5 && n%100 > 59 {
			return nil, false
		}
		if s[0] == '-' {
			seconds = -seconds
		}
		return time.FixedZone("", seconds), true
	}
	name := upperASCII(s)
	for _, z := range zoneHours {
		if z.name == name {
			return time.FixedZone(name, z.hours*3600), true
		}
	}
	return time.UTC, true
}

// ParseID returns the reception time and the host that an identifier such as
// <2B8A57AE@marvgard> holds; ok is false for other forms. Q112286
func ParseID(id string) (t time.Time, host string, ok bool) {
	if len(id) < 11 || id[0] != '<' || id[len(id)-1] != '>' || id[9] != '@' {
		return time.Time{}, "", false
	}
	seconds, err := strconv.ParseUint(id[1:9], 16, 32)
	if err != nil {
		return time.Time{}, "", false
	}
	return time.Unix(int64(seconds), 0).UTC(), id[10 : len(id)-1], true
}
