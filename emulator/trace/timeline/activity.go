package timeline

import "time"

// activityBins is how finely the overview tells when a PC was busy.
const activityBins = 480

// activity counts events per lane over a time whose end is not known yet: when
// it outgrows the bins, two become one.
type activity struct {
	width int64 // nanoseconds of a bin, 0: nothing yet
	lanes [][]uint32
	max   uint32
}

func (a *activity) add(lane int, at int64) {
	if a.width == 0 {
		a.width = int64(10 * time.Millisecond)
	}
	at = max(at, 0)
	for at/a.width >= activityBins {
		a.halve()
	}
	for len(a.lanes) <= lane {
		a.lanes = append(a.lanes, make([]uint32, activityBins))
	}
	bin := &a.lanes[lane][at/a.width]
	if *bin++; *bin > a.max {
		a.max = *bin
	}
}

func (a *activity) halve() {
	a.width *= 2
	a.max = 0
	for _, bins := range a.lanes {
		for i := range activityBins / 2 {
			bins[i] = bins[2*i] + bins[2*i+1]
			a.max = max(a.max, bins[i])
		}
		clear(bins[activityBins/2:])
	}
}
