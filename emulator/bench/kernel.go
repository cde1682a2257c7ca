package main

import (
	"fmt"
	"runtime"
	"time"

	"gwkit/emulator/internal/sim"
)

// step measures one sleep among n processes that sleep in turns, so that each
// one is a switch.
func step(n, steps int) (ns, allocs float64) {
	k := sim.New(sim.Options{})
	defer k.Close()
	for i := range n {
		k.Go("p", func(p *sim.Proc) {
			p.Sleep(time.Duration(i) * time.Microsecond)
			for {
				p.Sleep(time.Duration(n) * time.Microsecond)
			}
		})
	}
	k.Run(k.Now().Add(3 * time.Duration(n) * time.Microsecond)) // all have begun
	before := k.Steps()
	ns, allocs = perStep(1, func() { k.Run(k.Now().Add(time.Duration(steps) * time.Microsecond)) })
	done := float64(k.Steps() - before)
	return ns / done, allocs / done
}

// spawn measures a process from its start to its end.
func spawn(n int) float64 {
	k := sim.New(sim.Options{})
	defer k.Close()
	ns, _ := perStep(n, func() {
		k.Go("parent", func(p *sim.Proc) {
			for range n {
				k.Go("child", func(*sim.Proc) {})
				p.Sleep(time.Microsecond)
			}
		})
		k.Run(sim.Forever)
	})
	return ns
}

// parked returns the bytes that a waiting process takes.
func parked(n int) float64 {
	k := sim.New(sim.Options{})
	defer k.Close()
	used := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	before := used()
	var c sim.Cond
	for range n {
		k.Go("p", func(p *sim.Proc) { c.Wait(p, sim.Wait{For: "key"}, -1) })
	}
	k.Run(k.Now().Add(time.Second))
	return float64(used()-before) / float64(n)
}

func benchKernel(t *table, _ bool) error {
	var rows []figure
	for _, r := range []struct {
		n, steps int
		expected string
		limit    float64
	}{{10, 1_000_000, "95 ns", 150}, {1000, 1_000_000, "180 ns", 300}, {100_000, 500_000, "1750 ns", 3000}} {
		allocs := 0.0
		ns := median(3, func() float64 {
			d, a := step(r.n, r.steps)
			allocs = a
			return d
		})
		rows = append(rows, figure{name: fmt.Sprintf("step, %d processes", r.n), value: ns, unit: "ns", expected: r.expected, limit: r.limit,
			note: fmt.Sprintf("%.2f allocations", allocs)})
	}
	rows = append(rows,
		figure{name: "spawn and stop a process", value: median(5, func() float64 { return spawn(100_000) }) / 1000, unit: "us", expected: "0.4-0.6 us", limit: 1.5},
		figure{name: "memory of a parked process", value: median(3, func() float64 { return parked(20_000) }) / 1024, unit: "KB", expected: "3 KB", limit: 6, exact: true})
	t.group("kernel", rows...)
	return nil
}
