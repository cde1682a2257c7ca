package drive

import (
	"io"
	"strconv"
	"strings"
	"time"
)

// MailLine is a line of RECV.LOG or SENT.LOG. The columns follow from one
// sample; the sibling program for PCs writes the same and adds numbers of
// messages. Q192156, Q151215
type MailLine struct {
	Number   int
	Offset   int64
	Time     time.Time // in UTC, as if the PC's clock showed it
	Size     int64     // bytes
	From, To string
	MAI      []string // hexids, where told: of the source, then of the target
}

// ReadMailLog calls fn with each line of a RECV.LOG or SENT.LOG that tells of a
// message. Other lines, headings among them, go to other, which may be nil.
func ReadMailLog(r io.Reader, fn func(MailLine) error, other func(n int, text string) error) error {
	return eachLogLine(r, func(n int, offset int64, text string, long bool) error {
		m, ok := parseMailLine(text)
		if ok && !long {
			m.Number, m.Offset = n, offset
			return fn(m)
		}
		if other != nil && strings.TrimSpace(text) != "" {
			return other(n, text)
		}
		return nil
	})
}

func parseMailLine(s string) (MailLine, bool) {
	var m MailLine
	w := strings.Fields(s)
	if len(w) < 5 {
		return m, false
	}
	t, ok := mailTime(w[0], w[1])
	size, err := strconv.ParseInt(w[2], 10, 64)
	if !ok || err != nil || size < 0 || !isAddress(w[3]) || !isAddress(w[4]) {
		return m, false
	}
	m = MailLine{Time: t, Size: size, From: w[3], To: w[4]}
	for _, x := range w[5:] {
		if IsHexID(x) {
			m.MAI = append(m.MAI, x)
		}
	}
	return m, true
}

// isAddress accepts NET/PO/MAILBOX and TYPE:address.
func isAddress(s string) bool { return strings.ContainsAny(s, "/:@") }

// mailTime reads the forms that articles print: with slashes the month is
// first, with dashes a sample has the day first and other logs of the same
// programs have the month. inferred: the order is that of the PC's country; we
// take the one that is a date, and the month first where both are. After 1999 a
// program may write the year as 100 or as 10. Q192156, Q151215, Q191942, Q99204
func mailTime(date, clock string) (time.Time, bool) {
	sep := "-"
	if strings.Contains(date, "/") {
		sep = "/"
	}
	p := strings.Split(date, sep)
	h, min, ok := strings.Cut(clock, ":")
	if len(p) != 3 || !ok {
		return time.Time{}, false
	}
	n := [5]int{}
	for i, s := range []string{p[0], p[1], p[2], h, min} {
		v, err := strconv.Atoi(s)
		if err != nil || v < 0 || v > 9999 {
			return time.Time{}, false
		}
		n[i] = v
	}
	month, day, year := n[0], n[1], n[2]
	if sep == "-" && month > 12 {
		month, day = day, month
	}
	switch {
	case year < 70:
		year += 2000
	case year < 1000:
		year += 1900
	}
	if month < 1 || month > 12 || n[3] > 23 || n[4] > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, n[3], n[4], 0, 0, time.UTC)
	return t, t.Day() == day
}
