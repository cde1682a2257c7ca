package heap

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestPercent(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		name string
		live uint64
		want int
	}{
		{"nothing known yet", 0, 450},
		{"a small site", 4 * mb, 450},
		{"a site with mail", 8 * mb, 300},
		{"half of the room", 16 * mb, 100},
		{"a day's log", 20 * mb, 60},
		{"beyond the room", 24 * mb, 100},
		{"far beyond", 1 << 40, 100},
	} {
		if got := percent(32*mb, c.live); got != c.want {
			t.Errorf("%s: percent(32 MB, %d) = %d, want %d", c.name, c.live, got, c.want)
		}
	}
}

var sink []byte

// collections counts those that 256 MB of garbage cost.
func collections() uint32 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 256 << 10 {
		sink = make([]byte, 1<<10)
	}
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

func TestLetCollectsLess(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	t.Setenv("GOGC", "100")
	Let(Room)
	usual := collections()
	t.Setenv("GOGC", "")
	Let(Room)
	if few := collections(); few*2 > usual || few == 0 {
		t.Errorf("%d collections, %d without: want half at most, and some", few, usual)
	}
}
