package emulator

import (
	"runtime"
	"testing"
	"time"

	"gwkit/emulator/heap"
)

// day runs a virtual day of n messages of 8 KB, in and out mixed.
func day(tb testing.TB, n int, o Options) *Summary {
	w := newShape(tb, "single", o)
	if err := w.AddLoad(Load{For: 24 * time.Hour, In: n / 2, Out: n / 2, Size: 8 << 10, Read: true}); err != nil {
		tb.Fatal(err)
	}
	if s := w.Run(24 * time.Hour); s != StopTime {
		tb.Fatalf("Run = %v: %v", s, w.Err())
	}
	return w.Summary()
}

func BenchmarkDay10000x8K(b *testing.B) {
	heap.Let(heap.Room)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		s := day(b, 10000, Options{})
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MB-heap")
		b.ReportMetric(float64(s.Messages.Delivered), "delivered")
		if i == 0 {
			s.Text(testWriter{b})
		}
	}
}

type testWriter struct{ tb testing.TB }

func (t testWriter) Write(p []byte) (int, error) { t.tb.Log(string(p)); return len(p), nil }
