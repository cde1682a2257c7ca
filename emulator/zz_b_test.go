package emulator
import "testing"
func BenchmarkZZ8000(b *testing.B) { for i := 0; i < b.N; i++ { day(b, 8000, Options{}) } }
