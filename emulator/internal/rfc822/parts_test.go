package rfc822

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBodyParts(t *testing.T) {
	const encoding = "Encoding: 2 TEXT, 29 UUENCODE\r\n"
	const attachment = "X-MS-Attachment: smtptest.doc 1024 07-13-1993 13:20\r\n"
	for _, row := range []struct {
		name, header string
		want         []string // names; nil for no parts
	}{
		{"gateway order", encoding + attachment, []string{"", "smtptest.doc"}},
		{"reordered by a relay", attachment + encoding, []string{"", "ATT1"}},
		{"foreign sender", "Encoding: 2 TEXT, 1 UUENCODE, 3 HEX, 1 UUENCODE\r\n", []string{"", "ATT1", "", "ATT2"}},
		{"one of two named", "Encoding: 2 TEXT, 1 TEXT, 1 UUENCODE\r\n" + attachment, []string{"", "smtptest.doc", "ATT1"}},
		{"first unreadable", "Encoding: 2 TEXT, 1 TEXT, 1 UUENCODE\r\nx-ms-attachment: a.doc\r\n" + attachment, []string{"", "ATT1", "smtptest.doc"}},
		{"too many names", encoding + attachment + attachment, []string{"", "smtptest.doc"}},
		{"old field", encoding + "X-NC-Attachment: a 1 07-13-1993 13:20\r\n", []string{"", "ATT1"}},
		{"no encoding", attachment, nil},
	} {
		fields, _ := Fields([]byte(row.header))
		parts, err := BodyParts(fields, FieldAttachment)
		var got []string
		for _, p := range parts {
			got = append(got, p.Info.Name)
		}
		if d := cmp.Diff(row.want, got); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", row.name, err, d)
		}
	}
	fields, _ := Fields([]byte("Encoding: many\r\n TEXT, 1\r\n"))
	if parts, err := BodyParts(fields, FieldAttachment); err == nil || parts != nil {
		t.Errorf("bad field: %v, %v", parts, err)
	}
}
