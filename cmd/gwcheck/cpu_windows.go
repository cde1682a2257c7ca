package main

import "golang.org/x/sys/windows"

// cpuSeconds is the processor time of this process so far.
func cpuSeconds() float64 {
	var created, exited, kernel, user windows.Filetime
	if windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user) != nil {
		return 0
	}
	ticks := func(t windows.Filetime) int64 { return int64(t.HighDateTime)<<32 | int64(t.LowDateTime) } // of 100 ns
	return float64(ticks(kernel)+ticks(user)) / 1e7
}
