package rfc822

import (
	"fmt"
	"strconv"
	"strings"
)

// Names of the header fields that describe attachments.
const (
	FieldEncoding      = "Encoding"        // Q111857
	FieldAttachment    = "X-MS-Attachment" // 3.0 and later. Q118968
	FieldAttachmentOld = "X-NC-Attachment" // 2.1b and earlier. Q118968
)

// Keywords that the gateway decodes; all others stay in the body. Q118487
const (
	KeywordText     = "TEXT"
	KeywordUuencode = "UUENCODE"
)

// ToEnd is the line count of a part that has none and takes the rest of the body.
const ToEnd = -1

// Part is one item of the Encoding field (RFC 1154).
type Part struct {
	Lines   int    // lines of the part without the blank line before it; ToEnd when not given
	Keyword string // upper case
	Options string // further words of the item
}

// maxLines keeps sums of line counts far from overflow.
const maxLines = 99999999

// ParseEncoding reads "2 TEXT, 29 UUENCODE". Comments in parentheses are skipped. Only
// the last item may lack its count (RFC 1154, section 3.2).
func ParseEncoding(value string) ([]Part, error) {
	clean := dropComments(value)
	items := strings.Split(clean, ",")
	parts := make([]Part, 0, len(items))
	for i, item := range items {
		words := strings.Fields(item)
		if len(words) == 0 {
			return nil, fmt.Errorf("cannot read encoding %q: item %d is empty", value, i+1)
		}
		p := Part{Lines: ToEnd}
		if c := words[0][0]; '0' <= c && c <= '9' {
			n, err := strconv.Atoi(words[0])
			if err != nil || n > maxLines {
				return nil, fmt.Errorf("cannot read encoding %q: item %d: bad line count %q", value, i+1, words[0])
			}
			p.Lines = n
			words = words[1:]
		} else if i < len(items)-1 {
			return nil, fmt.Errorf("cannot read encoding %q: item %d has no line count", value, i+1)
		}
		if len(words) == 0 || !isLetter(words[0][0]) {
			return nil, fmt.Errorf("cannot read encoding %q: item %d has no keyword", value, i+1)
		}
		p.Keyword = upperASCII(words[0])
		p.Options = strings.Join(words[1:], " ")
		parts = append(parts, p)
	}
	return parts, nil
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// upperASCII leaves other bytes alone, unlike strings.ToUpper with text that is not
// UTF-8.
func upperASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - ('a' - 'A')
		}
	}
	return string(b)
}

// dropComments replaces comments by a blank; one without end reaches to the end.
func dropComments(s string) string {
	open := strings.IndexByte(s, '(')
	if open < 0 {
		return s
	}
	var b strings.Builder
	for open >= 0 {
		b.WriteString(s[:open])
		b.WriteByte(' ')
		end := commentEnd(s, open)
		if end < 0 {
			return b.String()
		}
		s = s[end:]
		open = strings.IndexByte(s, '(')
	}
	b.WriteString(s)
	return b.String()
}

// AppendEncoding appends the value "2 TEXT, 29 UUENCODE". Q111857
func AppendEncoding(dst []byte, parts []Part) []byte {
	for i, p := range parts {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if p.Lines >= 0 {
			dst = strconv.AppendInt(dst, int64(p.Lines), 10)
			dst = append(dst, ' ')
		}
		dst = append(dst, p.Keyword...)
		if p.Options != "" {
			dst = append(dst, ' ')
			dst = append(dst, p.Options...)
		}
	}
	return dst
}

// CutParts cuts a body by its Encoding field: one slice per part, empty where the body
// is too short, and what is left behind the last one. Parts are separated by a blank
// line that neither count includes (RFC 1154, section 3.2); a missing one is forgiven.
func CutParts(body []byte, parts []Part) (cut [][]byte, rest []byte) {
	rest = body
	for i, p := range parts {
		if i > 0 {
			if line, next, _ := NextLine(rest); len(line) == 0 {
				rest = next
			}
		}
		if p.Lines < 0 {
			cut = append(cut, rest)
			rest = nil
			continue
		}
		from := rest
		for n := 0; n < p.Lines && len(rest) > 0; n++ {
			_, rest, _ = NextLine(rest)
		}
		cut = append(cut, from[:len(from)-len(rest)])
	}
	return cut, rest
}

// AttachmentInfo is the value of an X-MS-Attachment field. Month and Day may be zero:
// later products wrote 0 00-00-1980 00:00 for what they did not know.
type AttachmentInfo struct {
	Name             string
	Size             int // bytes
	Year, Month, Day int
	Hour, Minute     int
}

// ParseAttachment reads "smtptest.doc 1024 07-13-1993 13:20" from the right, because the
// name may contain blanks. Q111857
//
// invented: X-NC-Attachment has the same form; only its name is known. Q118968
func ParseAttachment(value string) (AttachmentInfo, error) {
	bad := func(what string) (AttachmentInfo, error) {
		return AttachmentInfo{}, fmt.Errorf("cannot read attachment field %q: bad %s", value, what)
	}
	var a AttachmentInfo
	rest, clock := cutLastWord(value)
	rest, date := cutLastWord(rest)
	rest, size := cutLastWord(rest)
	var ok bool
	if len(clock) != 5 || clock[2] != ':' {
		return bad("time")
	}
	if a.Hour, ok = digits(clock[:2], 23); !ok {
		return bad("time")
	}
	if a.Minute, ok = digits(clock[3:], 59); !ok {
		return bad("time")
	}
	if len(date) != 10 || date[2] != '-' || date[5] != '-' {
		return bad("date")
	}
	if a.Month, ok = digits(date[:2], 12); !ok {
		return bad("date")
	}
	if a.Day, ok = digits(date[3:5], 31); !ok {
		return bad("date")
	}
	if a.Year, ok = digits(date[6:], 9999); !ok {
		return bad("date")
	}
	if a.Size, ok = digits(size, 999999999); !ok {
		return bad("size")
	}
	if a.Name = strings.Trim(rest, " \t"); a.Name == "" {
		return bad("name")
	}
	return a, nil
}

// cutLastWord cuts the last blank-separated word off s.
func cutLastWord(s string) (rest, word string) {
	s = strings.TrimRight(s, " \t")
	i := strings.LastIndexAny(s, " \t")
	return s[:i+1], s[i+1:]
}

// digits reads a number of at most nine digits up to most.
func digits(s string, most int) (int, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, n <= most
}

// AppendAttachment appends the value of an X-MS-Attachment field: name, size in bytes,
// mm-dd-yyyy, hh:mm. The name keeps its case. Q111857 Q111894
func AppendAttachment(dst []byte, a AttachmentInfo) []byte {
	dst = append(dst, a.Name...)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, int64(a.Size), 10)
	dst = append(dst, ' ')
	dst = append2(dst, a.Month)
	dst = append(dst, '-')
	dst = append2(dst, a.Day)
	dst = append(dst, '-')
	dst = append2(dst, a.Year/100)
	dst = append2(dst, a.Year)
	dst = append(dst, ' ')
	dst = append2(dst, a.Hour)
	dst = append(dst, ':')
	return append2(dst, a.Minute)
}

func append2(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10%10), byte('0'+n%10))
}

// DefaultAttachmentName names the n-th foreign attachment, from 1: ATT1, ATT2. Q99716
func DefaultAttachmentName(n int) string { return "ATT" + strconv.Itoa(n) }
