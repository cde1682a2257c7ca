package postoffice

import (
	"bytes"
	"testing"

	"gwkit/emulator/internal/dos"
)

// What is stored of a message must not depend on how it was read, and a report
// shows the text either way.
func TestSealedMessageIsTheSame(t *testing.T) {
	for _, row := range []struct{ name, text string }{
		{"no text", ""},
		{"one line", "text\r"},
		{"more than the key", string(bytes.Repeat([]byte("twelve bytes\r"), 40))},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t)
			w.office('M', hub())
			w.do(func(task *dos.Task) {
				o, r := w.login(task, 'M')
				m := letter("hello", "NET/HUB/bob")
				m.Text = []byte(row.text)
				sent, err := o.Submit(r, m)
				w.ok(err)
				open, err := o.ReadMessage(sent.MAI)
				w.ok(err)
				want := open.Encode()
				sealed, err := o.ReadSealed(sent.MAI)
				w.ok(err)
				if len(sealed.Text) > 0 {
					t.Errorf("sealed, with the text %q", sealed.Text)
				}
				if got := sealed.Encode(); !bytes.Equal(got, want) {
					t.Errorf("encoded to % X, want % X", got, want)
				}
				p := Reporter{Office: o, Routes: r, Program: "X"}
				if body := p.body(&Failed{Message: sealed}); !bytes.HasSuffix(body, []byte("\r\r"+row.text)) {
					t.Errorf("reported as %q", body)
				}
			})
		})
	}
}

func TestSealedMessageIsChecked(t *testing.T) {
	w := newWorld(t)
	v := w.office('M', hub())
	w.do(func(task *dos.Task) {
		o, r := w.login(task, 'M')
		sent, err := o.Submit(r, letter("hello", "NET/HUB/bob"))
		w.ok(err)
		name := `\` + o.MessagePath(sent.MAI)[len("M:"):]
		data, err := v.Volume.ReadFile(name)
		w.ok(err)
		data[len(data)-12] ^= 1
		w.ok(v.Volume.WriteFile(name, data, 0))
		if _, err := o.ReadSealed(sent.MAI); !IsCorrupt(err) {
			t.Errorf("a damaged text: %v", err)
		}
	})
}
