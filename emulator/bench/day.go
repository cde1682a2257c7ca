package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
	"gwkit/emulator/trace"
)

// run is a load on the shape single.
type run struct {
	messages int // half in, half out
	size     int // bytes; 0: 8 KB
	span     time.Duration
	quiet    bool // -ln: no SMTPGATE.LOG
	trace    bool
	memory   bool // look what is left at the end
	procs    int  // GOMAXPROCS meanwhile; 0: as it is. Not for runs side by side
}

// result is what came of it. Memory is of the whole process, in bytes.
type result struct {
	wall    time.Duration
	alloc   uint64 // allocated on the way
	peak    uint64 // heap at most, with garbage
	live    uint64 // heap at the end, without
	log     uint64 // of this, SMTPGATE.LOG
	summary *emulator.Summary
}

// single returns the shape single.
func single(quiet bool) *site.Site {
	s, err := site.Shape("single")
	if err != nil {
		panic("internal error: " + err.Error())
	}
	if quiet {
		for i := range s.PCs {
			s.PCs[i].Run = strings.Replace(s.PCs[i].Run, "-lacsy", "-ln", 1)
		}
	}
	return s
}

func (r run) do() (res result, err error) {
	if r.size == 0 {
		r.size = 8 << 10
	}
	if r.procs > 0 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(r.procs))
	}
	o := emulator.Options{}
	if r.trace {
		o.Trace = &trace.Recorder{Limit: 10_000}
	}
	var m runtime.MemStats
	if r.memory {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	allocated := m.TotalAlloc
	begin := time.Now()
	w, err := emulator.New(single(r.quiet), o)
	if err != nil {
		return res, err
	}
	defer w.Close()
	if err := w.AddLoad(emulator.Load{For: r.span, In: r.messages / 2, Out: r.messages / 2, Size: r.size, Read: true}); err != nil {
		return res, err
	}
	// In parts, to look at the heap in between.
	const look = 20 * time.Minute
	for left := r.span; left > 0; left -= look {
		if s := w.Run(min(look, left)); s != emulator.StopTime {
			return res, fmt.Errorf("the run stopped: %v: %v", s, w.Err())
		}
		runtime.ReadMemStats(&m)
		res.peak = max(res.peak, m.HeapAlloc)
	}
	res.wall = time.Since(begin)
	res.alloc = m.TotalAlloc - allocated
	res.summary = w.Summary()
	if r.memory {
		runtime.GC()
		runtime.ReadMemStats(&m)
		res.live = m.HeapAlloc
		log, _ := w.ReadFile(`M:\LOG\SMTPGATE.LOG`) // absent with -ln
		res.log = uint64(len(log))
	}
	return res, nil
}

const (
	virtualDay = 24 * time.Hour
	megabyte   = 1 << 20
)

func benchDay(t *table, _ bool) error {
	day := func(messages int, quiet, traced bool) run {
		return run{messages: messages, span: virtualDay, quiet: quiet, trace: traced, memory: true}
	}
	var times, heaps []figure
	for _, r := range []struct {
		name  string
		times int
		run
	}{
		{"10,000 x 8 KB", 3, day(10_000, false, false)},
		{"10,000 x 8 KB, GOMAXPROCS=1", 1, run{messages: 10_000, span: virtualDay, memory: true, procs: 1}},
		{"10,000 x 8 KB, trace on", 1, day(10_000, false, true)},
		{"10,000 x 8 KB, -ln", 3, day(10_000, true, false)},
		{"8,000 x 8 KB", 1, day(8_000, false, false)},
		{"8,000 x 8 KB, -ln", 1, day(8_000, true, false)},
		{"8,000 x 8 KB, -ln, GOMAXPROCS=1", 1, run{messages: 8_000, span: virtualDay, quiet: true, memory: true, procs: 1}},
	} {
		var x result
		var err error
		var peaks []uint64
		s := median(r.times, func() float64 {
			y, e := r.do()
			if e != nil {
				err = e
			}
			x = y
			peaks = append(peaks, y.peak)
			return y.wall.Seconds()
		})
		if err != nil {
			return err
		}
		// One run says little: what is seen depends on when the collector came.
		slices.Sort(peaks)
		x.peak = peaks[len(peaks)/2]
		m := x.summary.Messages
		times = append(times, figure{name: r.name, value: s, unit: "s", expected: "0.3-0.65 s", limit: 1.0,
			note: fmt.Sprintf("%d delivered, %d waiting; %d steps, %.0f MB allocated", m.Delivered, m.Waiting, x.summary.Steps, float64(x.alloc)/megabyte)})
		heaps = append(heaps, heapOf(r.name, x))
	}
	t.group("a virtual day of the shape single, real SMTP server", times...)

	one, err := run{messages: 2000, span: virtualDay, quiet: true, memory: true}.do()
	if err != nil {
		return err
	}
	week, err := run{messages: 7 * 2000, span: 7 * virtualDay, quiet: true, memory: true}.do()
	if err != nil {
		return err
	}
	t.group("heap at most", append(heaps, heapOf("7 days of 2,000 x 8 KB, -ln", week),
		figure{name: "live heap after 7 days, above that after 1", value: (float64(week.live) - float64(one.live)) / megabyte, unit: "MB", expected: "0", limit: 2, exact: true,
			note: "the account of 12,000 messages is 0.5 of it"})...)
	return nil
}

func heapOf(name string, x result) figure {
	return figure{name: name, value: float64(x.peak) / megabyte, unit: "MB", expected: "12-15 MB, mail drained", limit: 40, exact: true,
		note: fmt.Sprintf("%.1f MB live at the end: SMTPGATE.LOG %.1f, %d messages wait", float64(x.live)/megabyte, float64(x.log)/megabyte, x.summary.Messages.Waiting)}
}

func benchMany(t *table, full bool) error {
	// Equal small runs.
	const equal = 1000
	small := run{messages: 4, size: 537, span: 10 * time.Minute, quiet: true}
	digests := map[string]int{}
	begin := time.Now()
	if err := parallel(equal, 2, small, func(x result) { digests[x.summary.Digest]++ }); err != nil {
		return err
	}
	rows := []figure{{name: "distinct digests of 1,000 equal runs", value: float64(len(digests)), expected: "1", limit: 1, exact: true,
		note: fmt.Sprintf("%.1f ms a run", time.Since(begin).Seconds()*1000*2/equal)}}

	// Two simulations at a time.
	var err error
	one := run{messages: 2000, span: virtualDay, quiet: true}
	gain := median(3, func() float64 {
		var a, b time.Duration
		for _, r := range []struct {
			workers int
			d       *time.Duration
		}{{1, &a}, {2, &b}} {
			begin := time.Now()
			if e := parallel(2, r.workers, one, func(result) {}); e != nil {
				err = e
			}
			*r.d = time.Since(begin)
		}
		return a.Seconds() / b.Seconds()
	})
	if err != nil {
		return err
	}
	rows = append(rows, figure{name: "two simulations on two processors", value: gain, unit: "x", expected: "1.7-2.0 x", limit: 1.5, atLeast: true, exact: true})

	// A million messages.
	sites, scale := 10, 10.0
	if full {
		sites, scale = 100, 1
	}
	delivered := 0
	begin = time.Now()
	if err := parallel(sites, 2, run{messages: 10_000, span: virtualDay, quiet: true}, func(x result) { delivered += x.summary.Messages.Delivered }); err != nil {
		return err
	}
	s := time.Since(begin).Seconds() * scale
	note := fmt.Sprintf("%d sites run, %d of %d delivered in their day", sites, delivered, sites*10_000)
	if !full {
		note += "; measured on a tenth"
	}
	rows = append(rows, figure{name: "1,000,000 messages, 100 sites on two processors", value: s, unit: "s", expected: "9.3 s", limit: 20, note: note})
	t.group("many runs", rows...)
	return nil
}

// parallel does n equal runs on so many workers and shows each result to see,
// one at a time.
func parallel(n, workers int, r run, see func(result)) error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var first error
	for worker := range workers {
		wg.Go(func() {
			for i := worker; i < n; i += workers {
				x, err := r.do()
				mu.Lock()
				if err != nil && first == nil {
					first = err
				}
				if err == nil {
					see(x)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return first
}
