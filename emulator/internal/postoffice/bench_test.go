package postoffice

import (
	"testing"

	"gwkit/emulator/internal/dos"
)

func BenchmarkInstall(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if err := Install(dos.NewVolume(dos.VolumeOptions{}), hub()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMessage(b *testing.B) {
	m := letter("subject", "NET/HUB/bob", "u@h.org")
	m.Text = make([]byte, 2000)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if _, err := DecodeMessage("X", m.Encode()); err != nil {
			b.Fatal(err)
		}
	}
}
