package postoffice

import (
	"bytes"
	"testing"
)

// The scrambling is defined byte by byte; eight at a time must not differ,
// wherever a string ends.
func TestScrambleIsWhatItIsByteByByte(t *testing.T) {
	for n := range 300 {
		plain := make([]byte, n)
		for i := range plain {
			plain[i] = byte(i*i*7 + n)
		}
		want := make([]byte, n)
		last := byte(0)
		for i, c := range plain {
			last ^= c ^ stream[i%len(stream)]
			want[i] = last
		}
		got := bytes.Clone(plain)
		scramble(got)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: scrambled to % X, want % X", n, got, want)
		}
		if back := unscramble([]byte("x"), got); back[0] != 'x' || !bytes.Equal(back[1:], plain) {
			t.Fatalf("%d bytes: % X back, want % X", n, back[1:], plain)
		}
	}
}
