package message

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// encode writes a uuencoded part; zero stands for the digit 0.
func encode(name string, data []byte, zero byte) string {
	lines := Uuencode(name, data)
	for i := 1; i < len(lines); i++ {
		lines[i] = strings.ReplaceAll(lines[i], "`", string(zero))
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestRead(t *testing.T) {
	data := bytes.Repeat([]byte{0, 1, 2, 250}, 30)
	text := "Received: from a\r\n\tby b\r\nReceived: from c\r\nSubject: order\r\n\r\nHello.\r\n\r\n" +
		strings.ReplaceAll(encode("ORDER.XLS", data, '`'), "\n", "\r\n") + "\r\nbegin here we go\r\n" +
		"begin 644 CUT.BIN\r\n\"06\r\n"
	m := Read([]byte(text))
	if diff := cmp.Diff([]string{"from a by b", "from c"}, m.Values("received")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"order"}, m.Values("Subject")); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(m.Body, "Hello.\n\nbegin 644 ORDER.XLS\n") {
		t.Errorf("body is %q", m.Body)
	}
	if len(m.Attachments) != 2 || m.Attachments[0].Name != "ORDER.XLS" || m.Attachments[0].Err != "" || !bytes.Equal(m.Attachments[0].Data, data) {
		t.Errorf("attachments are %+v", m.Attachments)
	}
	if m.Attachments[1].Err != "it has no end line" {
		t.Errorf("the cut attachment is %+v", m.Attachments[1])
	}
}

// The lines are those of uuencode(1) of sharutils.
func TestUuencode(t *testing.T) {
	data := append(bytes.Repeat([]byte("Ein Käse. "), 5), 0, 0, 0, 0)
	want := []string{"begin 644 A.DAT", "M16EN($O#I'-E+B!%:6X@2\\.D<V4N($5I;B!+PZ1S92X@16EN($O#I'-E+B!%", ".:6X@2\\.D<V4N(```````", "`", "end"}
	if diff := cmp.Diff(want, Uuencode("A.DAT", data)); diff != "" {
		t.Error(diff)
	}
}

func TestBadAttachmentLine(t *testing.T) {
	m := Read([]byte("\nbegin 644 A\n\x01\nend\n"))
	if len(m.Attachments) != 1 || !strings.Contains(m.Attachments[0].Err, "bad line") {
		t.Errorf("attachments are %+v", m.Attachments)
	}
}

func FuzzAttachments(f *testing.F) {
	f.Add([]byte("hello"), false)
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, data []byte, blank bool) {
		zero := byte('`')
		if blank {
			zero = ' '
		}
		m := Read([]byte("Subject: x\n\n" + encode("A.BIN", data, zero)))
		if len(m.Attachments) != 1 || m.Attachments[0].Err != "" || !bytes.Equal(m.Attachments[0].Data, data) {
			t.Errorf("%x becomes %+v", data, m.Attachments)
		}
		Read(data) // anything may come from mail
	})
}
