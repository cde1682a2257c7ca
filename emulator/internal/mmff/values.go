package mmff

import "bytes"

// validVersion accepts N.NN. Q118785
func validVersion(s string) bool {
	return len(s) == 4 && isDigit(s[0]) && s[1] == '.' && isDigit(s[2]) && isDigit(s[3])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// parseSize reads a byte count of at most nine digits: DOS files of the time are far
// smaller, and the sum of two cannot overflow.
func parseSize(b []byte) (int, bool) {
	return parseNumber(bytes.Trim(b, " \t"), 1, 9)
}

func parseNumber(b []byte, least, most int) (int, bool) {
	if len(b) < least || len(b) > most {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// parseDate reads yyyy-mm-dd. Q118785
func parseDate(s *Stamp, tail []byte) bool {
	b := bytes.Trim(tail, " \t")
	if len(b) != 10 || b[4] != '-' || b[7] != '-' {
		return false
	}
	y, ok1 := parseNumber(b[:4], 4, 4)
	m, ok2 := parseNumber(b[5:7], 2, 2)
	d, ok3 := parseNumber(b[8:], 2, 2)
	if !ok1 || !ok2 || !ok3 || y < 1 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return false
	}
	s.Year, s.Month, s.Day = y, m, d
	return true
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// parseTime reads hh:mm, 24 hours. Q118785
func parseTime(s *Stamp, tail []byte) bool {
	b := bytes.Trim(tail, " \t")
	if len(b) != 5 || b[2] != ':' {
		return false
	}
	h, ok1 := parseNumber(b[:2], 2, 2)
	m, ok2 := parseNumber(b[3:], 2, 2)
	if !ok1 || !ok2 || h > 23 || m > 59 {
		return false
	}
	s.Hour, s.Minute = h, m
	return true
}

func parseSecond(s *Stamp, tail []byte) bool {
	n, ok := parseNumber(bytes.Trim(tail, " \t"), 1, 2)
	if !ok || n > 59 {
		return false
	}
	s.Second = n
	return true
}

func parseFlag(f *bool, tail []byte) bool {
	b := bytes.Trim(tail, " \t")
	if len(b) != 1 || b[0] != '0' && b[0] != '1' {
		return false
	}
	*f = b[0] == '1'
	return true
}

const hexDigits = "0123456789ABCDEF"

// parseID reads a mail identifier of eight hex digits such as 0000008a. Q118787
func parseID(id *uint32, tail []byte) bool {
	b := bytes.Trim(tail, " \t")
	if len(b) != 8 {
		return false
	}
	var n uint32
	for _, c := range b {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return false
		}
		n = n<<4 | uint32(c)
	}
	*id = n
	return true
}

func appendID(dst []byte, id uint32) []byte {
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[id>>shift&15])
	}
	return dst
}

func append2(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10%10), byte('0'+n%10))
}

func appendDate(dst []byte, s Stamp) []byte {
	dst = append2(dst, s.Year/100)
	dst = append2(dst, s.Year%100)
	dst = append(dst, '-')
	dst = append2(dst, s.Month)
	dst = append(dst, '-')
	return append2(dst, s.Day)
}

func appendTime(dst []byte, s Stamp) []byte {
	dst = append2(dst, s.Hour)
	dst = append(dst, ':')
	return append2(dst, s.Minute)
}
