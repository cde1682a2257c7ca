package smarthost

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Memory of messages that nobody holds is used again, also while others wait,
// are returned or are kept: no reader may ever see another message's text.
func TestReleasedMemoryIsNobodysText(t *testing.T) {
	r := newRig(t, routed(Config{RetryLimit: 2, QueueInterval: time.Minute}))
	r.gateway(gatewayIP, &gateway{answer: func(line string) string {
		switch {
		case strings.HasPrefix(line, "RCPT To:<nobody"):
			return "550 Addressee unknown"
		case strings.HasPrefix(line, "RCPT To:<later"):
			return "450 Try again"
		}
		return ""
	}})
	kept := map[string]string{} // the gist as it came, to what it must still be
	var messages []*Message
	r.h.OnDeliver(func(m *Message, to string) {
		if strings.HasPrefix(to, "drop") {
			r.h.Release(m)
			return
		}
		kept[m.ID] = string(m.Data)
		messages = append(messages, m)
	})
	for _, to := range [][]string{
		{"drop@else.org"}, {"keep@else.org", "drop@else.org"}, {"a@hub.company.com"},
		{"a@hub.company.com", "nobody@hub.company.com"}, {"later@hub.company.com", "nobody@hub.company.com"},
		{"drop@else.org", "a@hub.company.com"}, {"keep@else.org"}, {"drop@else.org"},
	} {
		r.h.Release(r.h.Submit("x@y.org", to, letter(strings.Join(to, " "))))
	}
	q := r.h.Queue()
	was := make([]string, len(q))
	for i := range q {
		was[i] = string(q[i].Message.Data)
	}
	r.run(time.Hour)
	for range 20 {
		r.h.Release(r.h.Submit("z@y.org", []string{"drop@else.org"}, letter(strings.Repeat("z", 30))))
	}
	for _, m := range messages {
		if d := cmp.Diff(kept[m.ID], string(m.Data)); d != "" {
			t.Errorf("kept message changed: %s", d)
		}
		if m.Returned && !strings.Contains(string(m.Data), "Unsent message follows -----\r\nReceived: ") {
			t.Errorf("returned without its text: %s", m.Data)
		}
	}
	for i := range q {
		if d := cmp.Diff(was[i], string(q[i].Message.Data)); d != "" {
			t.Errorf("listed message changed: %s", d)
		}
	}
	if c := r.h.Counters(); c.Returned != 3 || len(messages) != 2+3 || len(q) != 4 {
		t.Errorf("%d kept, %d listed: %+v", len(messages), len(q), c)
	}
	a := r.h.Submit("z@y.org", []string{"drop@else.org"}, letter("a"))
	at := &a.Data[0]
	r.h.Release(a)
	if b := r.h.Submit("z@y.org", []string{"drop@else.org"}, letter("b")); &b.Data[0] != at {
		t.Error("released memory is not used again")
	}
}
