// Package yardstick says how much slower this machine is, at present, than the
// reference machine that target figures were measured on.
//
// Goals: two factors for the benchmarks of this repository, one by a loop of
// multiplications and one by what our figures are made of. Non-goals: measuring
// anything of ours.
package yardstick

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"time"
)

var sink uint64

// Loop returns how many times longer than on the reference machine, where it
// takes 5.5 ms, a loop of multiplications takes here. The best of several
// counts: the loop has nothing to wait for.
func Loop() float64 {
	best := time.Hour
	for range 15 {
		begin := time.Now()
		x := sink
		for range 5_000_000 {
			x = x*6364136223846793005 + 1
		}
		sink = x
		best = min(best, time.Since(begin))
	}
	return float64(best) / float64(5500*time.Microsecond)
}

// Floor is a cost that no change of ours makes less.
type Floor struct {
	Name                string
	Reference, Measured float64 // ns
}

// Floors measures what the figures are made of. Loop knows nothing of the cost
// of switches and of memory, in which machines differ more, and busy ones most:
// a figure that is out of bounds by the loop but not by these says something
// about the machine.
func Floors() []Floor {
	var out []Floor
	for _, f := range []struct {
		name      string
		reference float64 // ns
		steps     int
		run       func(steps int)
	}{
		{"coroutine switch and back", 63, 300_000, switches},
		{"channel ping-pong", 240, 100_000, pingPong},
		{"allocate 8 KB", 2300, 30_000, allocate},
		{"look-up by string in a map", 11, 2_000_000, lookUp},
	} {
		var all [5]float64
		for i := range all {
			begin := time.Now()
			f.run(f.steps)
			all[i] = float64(time.Since(begin)) / float64(f.steps)
		}
		slices.Sort(all[:])
		out = append(out, Floor{f.name, f.reference, all[len(all)/2]})
	}
	return out
}

// Together is the factor of all floors, but no less than that of the loop.
func Together(floors []Floor, loop float64) float64 {
	product := 1.0
	for _, f := range floors {
		product *= f.Measured / f.Reference
	}
	return max(math.Pow(product, 1/float64(len(floors))), loop)
}

func switches(n int) {
	next, stop := iter.Pull(func(yield func(struct{}) bool) {
		for yield(struct{}{}) {
		}
	})
	defer stop()
	for range n {
		next()
	}
}

func pingPong(n int) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for x := range ping {
			pong <- x
		}
	}()
	for i := range n {
		ping <- i
		<-pong
	}
	close(ping)
}

var page []byte // keeps the compiler from leaving the allocation out

func allocate(n int) {
	for range n {
		page = make([]byte, 8192)
	}
}

var places = func() map[string]int {
	m := map[string]int{}
	for i := range 1000 {
		m[fmt.Sprintf(`M:\MAI\MA%X\%08X.MAI`, i%16, i)] = i
	}
	return m
}()

func lookUp(n int) {
	name := fmt.Sprintf(`M:\MAI\MA%X\%08X.MAI`, 7, 0x107)
	for range n {
		sink += uint64(places[name])
	}
}
