package emulator

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

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

// A run is the same whatever ran before it in the trial.
func TestTrialRunsDependOnNothingBefore(t *testing.T) {
	runs := 60
	if testing.Short() {
		runs = 8
	}
	for _, row := range []struct {
		shape string
		o     TrialOptions
	}{
		{"dedicated-shared", TrialOptions{}},
		{"dedicated-shared", TrialOptions{In: 2, Out: 2, Operator: OperatorNobody}},
		{"multiple", TrialOptions{Out: 2, Size: 3000, Faults: []string{"net-reset every=7"}}},
		{"single", TrialOptions{In: 2, Faults: []string{"smtp-reply reply=\"451 later\" at=RCPT times=1"}}},
	} {
		t.Run(row.shape, func(t *testing.T) {
			s, err := site.Shape(row.shape)
			if err != nil {
				t.Fatal(err)
			}
			begin := func() *Trial {
				tr, err := NewTrial(s, row.o)
				if err != nil {
					t.Fatal(err)
				}
				return tr
			}
			run := func(tr *Trial, seed int) Ending {
				e, err := tr.Run(&walk{uint64(seed)}, nil)
				if err != nil {
					t.Fatal(err)
				}
				return e
			}
			used := begin()
			defer used.Close()
			shared := map[string]bool{}
			for i := 0; i < 20; i++ {
				run(used, -i)
				used.Conflicts(func(n string) { shared[n] = true })
			}
			names := slices.Sorted(maps.Keys(shared))
			used.Watch(names)
			digests := map[uint64]bool{}
			for i := 0; i < runs; i++ {
				fresh := begin()
				fresh.Watch(names)
				want := run(fresh, i)
				fresh.Close()
				if diff := cmp.Diff(want, run(used, i)); diff != "" {
					t.Fatalf("run %d differs after others (-alone +later):\n%s", i, diff)
				}
				digests[want.Digest] = true
			}
			if len(digests) < 2 && row.shape == "dedicated-shared" {
				t.Errorf("%d schedules gave one digest: they prove nothing", runs)
			}
		})
	}
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
