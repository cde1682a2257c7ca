package invariant

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/trace"
)

// FuzzEvents: no sequence of events makes the checker panic or lose count, and
// a reset checker agrees with a new one.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x01\x01\x00\x00\x02\x02\x00\x00"), "GW1/SMTPGATE", `M:\SMTP\SMTP_IN.XYZ`, "open")
	f.Add([]byte("\x01\x00\x00\x00\x00\x08\x00\x00\x01\x09\x00\x00"), "", "", "")
	f.Add([]byte("\x03\x00\x09\x00\x02\x05\x09\x00"), "/", `[:\SMTP\TO_NC.API`, "rename")
	f.Fuzz(func(t *testing.T, data []byte, who, object, op string) {
		whos := []string{"GW1/SMTPGATE", "GW2/SMTPGATE", "GW1/SMTPGET", "GW3/SMTPPUT", "GW1", "GW2", who}
		ops := []string{"open", "create", "read", "write", "close", "remove", "rename", "find", "power-off", "boot", "prompt", "answer", "truncate", op}
		objects := []string{`M:\SMTP\FROM_NC.API`, `M:\SMTP\SMTP_OUT.TXT`, `m:\smtp\to_nc.api`, `N:\SMTP\OUTBAD.API`, `M:\SMTP\SMTP_IN.BAK`,
			`C:\SMTP\TO_NC.API`, `M:\SMTP\LOCAL.CFG`, `M:\SMTP\*.API`, "", object}
		results := []string{"", "", "file not found", "sharing violation", op}
		h := &History{Volume: shared, Stop: StopBlocked}
		c := NewChecker(shared)
		// An earlier run leaves nothing behind.
		for _, e := range halted("", false).Events {
			c.Event(&e)
		}
		c.Reset()
		for ; len(data) >= 4; data = data[4:] {
			e := trace.Event{Time: int64(len(data)), Who: whos[int(data[0])%len(whos)], Op: ops[int(data[1])%len(ops)],
				Object: objects[int(data[2])%len(objects)], Result: results[int(data[3])%len(results)]}
			h.Events = append(h.Events, e)
			c.Event(&e)
		}
		// The last events also say how PCs may wait.
		for i := range h.Events[:min(len(h.Events), 4)] {
			e := &h.Events[i]
			h.PCs = append(h.PCs, PC{Name: pcOf(e.Who), Program: e.Who, Phase: "prompt", WaitsFor: e.Object, HeldBy: h.Events[len(h.Events)-1-i].Who})
		}
		got := slices.Clone(c.Check(h))
		if d := cmp.Diff(h.Check(), got); d != "" {
			t.Error(d)
		}
		for _, r := range got {
			for _, v := range r.Violations {
				tame(t, v.Signature)
				tame(t, v.Text)
			}
		}
		tame(t, Explain(h, 3))
		var sum, by int32
		for i := range c.vols {
			v := &c.vols[i]
			sum += v.open
			n := int32(0)
			for j := range v.parts {
				n += int32(len(v.parts[j].open))
			}
			if n != v.open {
				t.Errorf("%d handles counted, %d there", v.open, n)
			}
		}
		for i := range c.pcs {
			by += c.pcs[i].open
		}
		if sum != c.open || by != c.open {
			t.Errorf("%d handles by volume, %d by PC, %d in all", sum, by, c.open)
		}
	})
}
