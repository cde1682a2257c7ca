package emulator

import (
	"fmt"
	"hash/fnv"
	"testing"
	"time"

	"gwkit/emulator/internal/dos"
)

// everything is the state that a run leaves behind: its events, every byte on
// every drive, every screen, and what left the site.
func everything(t *testing.T, shape string, size int, o Options) string {
	t.Helper()
	w := newShape(t, shape, o)
	for _, f := range []string{"smtp-reply reply=\"451 later\" at=RCPT times=3", "sharing-violation at=M:\\KEY\\INQUEUE3.KEY every=7"} {
		if err := w.AddFault(f); err != nil {
			t.Fatal(err)
		}
	}
	sender := w.offices[len(w.offices)-1]
	out := Mail{From: sender.ref + "/" + sender.po.Users[len(sender.po.Users)-1], To: []string{"root@outside.example"}, Subject: "files", Text: "one\ntwo\n",
		Attachments: []Attachment{{Name: "A.TXT", Data: loadText(5000)}, {Name: "B.DAT", Data: make([]byte, 3000)}}}
	if err := w.Submit(out); err != nil {
		t.Fatal(err)
	}
	if err := w.AddLoad(Load{For: 2 * time.Hour, In: 60, Out: 60, Size: size, Arrivals: "poisson", Read: true}); err != nil {
		t.Fatal(err)
	}
	w.Run(time.Hour)
	w.PowerOff("GW1")
	w.Run(time.Minute)
	w.PowerOn("GW1")
	w.Run(2 * time.Hour)
	h := fnv.New64a()
	for _, of := range w.offices {
		of.volume.Walk(func(path string, i dos.Info) error {
			fmt.Fprintln(h, path, i.Size, i.Time, i.Attr)
			if i.Attr&dos.Directory != 0 {
				return nil
			}
			b, err := of.volume.ReadFile(path)
			h.Write(b)
			return err
		})
	}
	for _, m := range w.pcs {
		fmt.Fprintln(h, m.pc.Screen().History(), m.pc.Screen().Text())
	}
	for _, d := range w.Outside() {
		fmt.Fprintf(h, "%s %s %v %q\n", d.From, d.To, d.Time, d.Data)
	}
	return fmt.Sprintf("%016x after %d steps, state %016x, %+v", w.Digest(), w.Steps(), h.Sum64(), w.Summary().Messages)
}

// What programs keep between their runs, and what drives share, saves time and
// changes nothing.
func TestReuseChangesNothing(t *testing.T) {
	for _, row := range []struct {
		shape string
		size  int
	}{{"single", 8 << 10}, {"multiple", 700}, {"dedicated-shared", 3000}} {
		t.Run(row.shape, func(t *testing.T) {
			kept := everything(t, row.shape, row.size, Options{Seed: 3})
			if fresh := everything(t, row.shape, row.size, Options{Seed: 3, fresh: true}); kept != fresh {
				t.Errorf("kept:  %s\nfresh: %s", kept, fresh)
			}
		})
	}
}
