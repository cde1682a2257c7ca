package sim

import "time"

// Rand is a stream of random numbers (SplitMix64): small, fast, and the same
// on every platform. A run has one stream a name, so that adding a consumer
// changes nobody else's draws.
type Rand struct{ s uint64 }

// Rand returns the stream of the given name, keyed by the run's seed.
func (k *Kernel) Rand(name string) *Rand {
	r := k.rands[name]
	if r == nil {
		h := k.seed ^ 0x6a09e667f3bcc909
		for i := 0; i < len(name); i++ {
			h = (h ^ uint64(name[i])) * 0x100000001b3
		}
		r = &Rand{h}
		k.rands[name] = r
	}
	return r
}

// Reseed lets every stream that is asked for from now on begin anew, with
// another seed. Who keeps a stream goes on with it.
func (k *Kernel) Reseed(seed uint64) {
	k.seed = seed
	clear(k.rands)
}

// Uint64 returns the next number.
func (r *Rand) Uint64() uint64 {
	r.s += 0x9e3779b97f4a7c15
	z := r.s
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Intn returns a number from 0 to n-1; n must be positive.
func (r *Rand) Intn(n int) int { return int(r.Uint64() % uint64(n)) }

// Float64 returns a number in [0, 1).
func (r *Rand) Float64() float64 { return float64(r.Uint64()>>11) / (1 << 53) }

// Duration returns a span in [0, d).
func (r *Rand) Duration(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(r.Uint64() % uint64(d))
}
