package emulator

import (
	"maps"
	"slices"
	"testing"

	"gwkit/emulator/schedule"
	"gwkit/emulator/site"
)

type walk struct{ s uint64 }

func (r *walk) next() uint64 {
	r.s += 0x9e3779b97f4a7c15
	z := r.s
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
func (r *walk) Decide(o []schedule.Option, _ bool) int {
	n := 0
	for i := range o {
		if !o[i].Early {
			n++
		}
	}
	if n == 0 || r.next()%16 == 0 {
		n = len(o)
	}
	return int(r.next() % uint64(n))
}

func BenchmarkTrial(b *testing.B) {
	s, _ := site.Shape("dedicated-shared")
	tr, err := NewTrial(s, TrialOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer tr.Close()
	shared := map[string]bool{}
	for i := 0; i < 100; i++ {
		tr.Run(&walk{uint64(i)}, nil)
		tr.Conflicts(func(n string) { shared[n] = true })
		tr.Watch(slices.Sorted(maps.Keys(shared)))
	}
	b.ResetTimer()
	b.ReportAllocs()
	steps, n := 0, 0
	for i := 0; i < b.N; i++ {
		e, _ := tr.Run(&walk{uint64(i)}, nil)
		steps += int(e.Steps)
		n += e.Decisions
	}
	b.ReportMetric(float64(steps)/float64(b.N), "steps")
	b.ReportMetric(float64(n)/float64(b.N), "decisions")
}
