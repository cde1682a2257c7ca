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
// before it is collected. The adjustment lags by up to a collection, so that a
// heap that grows goes a little further.
const Room = 32 << 20

// mark is garbage at once; its cleanup runs after each collection.
type mark struct{ _ [16]byte }

// Let lets the heap grow to room bytes between collections; where three quarters of
// that live, to twice what lives. GOGC in the environment has the last word.
func Let(room uint64) {
	if os.Getenv("GOGC") == "" {
		adjust(room)
	}
}

func adjust(room uint64) {
	debug.SetGCPercent(percent(room, lasting()))
	runtime.AddCleanup(new(mark), adjust, room)
}

// lasting returns what GOGC is a percentage of: the bytes that the last
// collection left, and the roots.
func lasting() (bytes uint64) {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(s)
	for i := range s {
		bytes += s[i].Value.Uint64()
	}
	return bytes
}

// percent returns the value of GOGC with which a heap of which so many bytes
// last grows to room, but not by less than a third. Once that is beyond the
// room it is Go's own.
func percent(room, lasting uint64) int {
	const usual, most = 100, 450
	if lasting >= room*3/4 {
		return usual
	}
	return int(min((room-lasting)*100/max(lasting, 1), most))
}
