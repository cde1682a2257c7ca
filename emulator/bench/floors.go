package main

import (
	"fmt"
	"iter"
	"math"
	"time"
)

// floors measures what the figures are made of and what no change of ours makes
// faster. The loop of calibrate knows nothing of the cost of switches and of
// memory, in which machines differ more, and busy ones most: a figure that is
// out of bounds by the loop but not by these says something about the machine.
func (t *table) floors() {
	product, n := 1.0, 0
	var rows []figure
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
		ns := median(5, func() float64 {
			begin := time.Now()
			f.run(f.steps)
			return float64(time.Since(begin)) / float64(f.steps)
		})
		product *= ns / f.reference
		n++
		rows = append(rows, figure{name: f.name, value: ns, unit: "ns", expected: number(f.reference) + " ns", note: fmt.Sprintf("x %.2f", ns/f.reference)})
	}
	t.floor = max(math.Pow(product, 1/float64(n)), t.factor)
	t.group(fmt.Sprintf("floors, x %.2f together", t.floor), rows...)
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
