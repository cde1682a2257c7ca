// Package heap lets a program that simulates leave its garbage alone while
// there is little of it.
//
// A simulated site lives in a few megabytes and throws a few hundred away in a
// virtual day. Go collects when the heap has doubled, so a small one is
// collected dozens of times a second. Let moves the first collection to where
// memory matters; a heap that is large by itself is treated as always.
//
// It acts on the whole process and is for main packages, not for libraries.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Room is how far the heap of the programs and benchmarks may grow, in bytes,
// before it is collected.
const Room = 36 << 20

// mark is garbage at once; its cleanup runs after each collection.
type mark struct{ _ [16]byte }

// Let lets the heap grow to room bytes between collections; where two thirds of
// that live, to twice what lives. GOGC in the environment has the last word.
func Let(room uint64) {
	if os.Getenv("GOGC") == "" {
		adjust(room)
	}
}

func adjust(room uint64) {
	debug.SetGCPercent(percent(room, live()))
	runtime.AddCleanup(new(mark), adjust, room)
}

// live returns the bytes that the last collection left.
func live() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// least is the heap below which Go does not collect when GOGC is 100; it grows
// with GOGC.
const least = 4 << 20

// percent returns the value of GOGC with which a heap of which live bytes live
// grows to room, but not to less than half more. Once that is beyond the room it
// is Go's own.
func percent(room, live uint64) int {
	const usual = 100
	if live >= room*2/3 {
		return usual
	}
	return int(min((room-live)*100/max(live, 1), room*100/least))
}
