package drive

import (
	"bytes"
	"testing"
)

// A log of 500 MB, as of a gateway that nobody looked after for years, is read
// in seconds.
func BenchmarkReadLog(b *testing.B) {
	data := bytes.Repeat([]byte(sampleLog), 1000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		if err := ReadLog(bytes.NewReader(data), func(LogLine) error { n++; return nil }); err != nil || n < 16000 {
			b.Fatal(n, err)
		}
	}
}
