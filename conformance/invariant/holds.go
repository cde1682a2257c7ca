package invariant

import (
	"strings"
	"time"

	"gwkit/emulator/trace"
)

// sessionTime is how long a server keeps the files of a PC that lost its power.
// invented: the emulator's figure, which no event announces.
const sessionTime = int64(90 * time.Second)

// Hold is a file that somebody has open.
type Hold struct {
	Who    string // "GW1/SMTPGATE"
	Volume string // "COMPANY/HUB"; "GW1 C:" for a disk of the PC's own
	Path   string // `\SMTP\FROM_NC.API`
	Since  int64  // virtual nanoseconds since the Unix epoch
	Event  int    // index of the open
	Stale  bool   // the PC has lost its power and the server has not noticed
	died   int64
}

// Holds lists who has which file open after the last event, oldest open first.
// A close frees the handle whatever its result, an open counts when it
// succeeded. A PC that loses its power leaves its files on servers open until
// it logs on again or the server gives its session up; those of its own disk
// are closed at once.
func (h *History) Holds() []Hold { return Holds(h.Events, h.Volume) }

// Holds is History.Holds for events alone. For volume see History.Volume.
func Holds(events []trace.Event, volume func(pc string, letter byte) string) []Hold {
	var out []Hold
	drop := func(gone func(*Hold) bool) {
		kept := out[:0]
		for i := range out {
			if !gone(&out[i]) {
				kept = append(kept, out[i])
			}
		}
		out = kept
	}
	for i := range events {
		e := &events[i]
		switch e.Op {
		case "open", "create":
			if e.Result == "" && len(e.Object) > 2 && e.Object[1] == ':' {
				out = append(out, Hold{Who: e.Who, Volume: diskOf(volume, e), Path: e.Object[2:], Since: e.Time, Event: i})
			}
		case "close":
			for j := len(out) - 1; j >= 0; j-- {
				o := &out[j]
				if o.Who == e.Who && !o.Stale && len(e.Object) > 2 && e.Object[2:] == o.Path && diskOf(volume, e) == o.Volume {
					out = append(out[:j], out[j+1:]...)
					break
				}
			}
		case "power-off":
			pc := pcOf(e.Who)
			drop(func(o *Hold) bool {
				if pcOf(o.Who) != pc || o.Stale {
					return false
				}
				o.Stale, o.died = true, e.Time
				return strings.HasPrefix(o.Volume, pc+" ")
			})
		case "boot":
			pc := pcOf(e.Who)
			drop(func(o *Hold) bool { return pcOf(o.Who) == pc })
		}
	}
	if len(events) > 0 {
		end := events[len(events)-1].Time
		drop(func(o *Hold) bool { return o.Stale && end-o.died >= sessionTime })
	}
	return out
}

// diskOf names the volume of an event's object.
func diskOf(volume func(string, byte) string, e *trace.Event) string {
	letter := e.Object[0] &^ 0x20
	if name := volumeName(volume, pcOf(e.Who), letter); name != "" {
		return name
	}
	return pcOf(e.Who) + " " + string([]byte{letter, ':'})
}
