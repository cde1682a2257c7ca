package conformance

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// encode writes a uuencoded part the way of the manual page.
func encode(name string, data []byte, zero byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "begin 644 %s\n", name)
	digit := func(v byte) byte {
		if v &= 0x3f; v == 0 {
			return zero
		}
		return v + 0x20
	}
	for len(data) > 0 {
		row := data[:min(45, len(data))]
		data = data[len(row):]
		b.WriteByte(digit(byte(len(row))))
		for i := 0; i < len(row); i += 3 {
			var g [3]byte
			copy(g[:], row[i:])
			b.Write([]byte{digit(g[0] >> 2), digit(g[0]<<4 | g[1]>>4), digit(g[1]<<2 | g[2]>>6), digit(g[2])})
		}
		b.WriteByte('\n')
	}
	b.WriteString(string(zero) + "\nend\n")
	return b.String()
}

func TestReadMessage(t *testing.T) {
	data := bytes.Repeat([]byte{0, 1, 2, 250}, 30)
	text := "Received: from a\r\n\tby b\r\nReceived: from c\r\nSubject: order\r\n\r\nHello.\r\n\r\n" +
		strings.ReplaceAll(encode("ORDER.XLS", data, '`'), "\n", "\r\n") + "\r\nbegin here we go\r\n" +
		"begin 644 CUT.BIN\r\n\"06\r\n"
	m := readMessage([]byte(text))
	if diff := cmp.Diff([]string{"from a by b", "from c"}, m.values("received")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"order"}, m.values("Subject")); diff != "" {
		t.Error(diff)
	}
	if !strings.HasPrefix(m.body, "Hello.\n\nbegin 644 ORDER.XLS\n") {
		t.Errorf("body is %q", m.body)
	}
	if len(m.attachments) != 2 || m.attachments[0].name != "ORDER.XLS" || m.attachments[0].err != "" || !bytes.Equal(m.attachments[0].data, data) {
		t.Errorf("attachments are %+v", m.attachments)
	}
	if m.attachments[1].err != "it has no end line" {
		t.Errorf("the cut attachment is %+v", m.attachments[1])
	}
}

func TestBadAttachmentLine(t *testing.T) {
	m := readMessage([]byte("\nbegin 644 A\n\x01\nend\n"))
	if len(m.attachments) != 1 || !strings.Contains(m.attachments[0].err, "bad line") {
		t.Errorf("attachments are %+v", m.attachments)
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
		m := readMessage([]byte("Subject: x\n\n" + encode("A.BIN", data, zero)))
		if len(m.attachments) != 1 || m.attachments[0].err != "" || !bytes.Equal(m.attachments[0].data, data) {
			t.Errorf("%x becomes %+v", data, m.attachments)
		}
		readMessage(data) // anything may come from mail
	})
}
