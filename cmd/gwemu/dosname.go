package main

import (
	"fmt"
	"strings"
)

// checkDOSName says what is wrong with an 8.3 file name. Letters outside ASCII
// are refused although a code page has some: a name must mean the same on the
// computer it came from and on the drive.
func checkDOSName(name string) error {
	base, extension, dot := strings.Cut(name, ".")
	switch {
	case base == "":
		return fmt.Errorf("want a name of 1 to 8 characters before the dot")
	case len(base) > 8:
		return fmt.Errorf("%q has %d characters, want at most 8 before the dot", base, len(base))
	case dot && extension == "":
		return fmt.Errorf("want 1 to 3 characters after the dot")
	case len(extension) > 3:
		return fmt.Errorf("%q has %d characters, want one dot and at most 3 behind it", extension, len(extension))
	}
	for _, r := range base + extension {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'()-@^_`{}~", r)) {
			return fmt.Errorf("%q cannot stand in an 8.3 name", r)
		}
	}
	if deviceName(base) {
		return fmt.Errorf("%s is the name of a device", strings.ToUpper(base))
	}
	return nil
}

// deviceName reports whether DOS and Windows take a name for a device,
// whatever its extension.
func deviceName(base string) bool {
	base = strings.ToUpper(base)
	switch base {
	case "CON", "NUL", "AUX", "PRN", "CLOCK$":
		return true
	}
	return len(base) == 4 && (base[:3] == "COM" || base[:3] == "LPT") && base[3] >= '0' && base[3] <= '9'
}

// savedName is the name under which the n-th attachment, from 1, is saved: its
// own when that is a safe 8.3 name, otherwise a number. A number is appended
// to a name that is taken, as Windows does.
func savedName(name string, n int, taken func(string) bool) (string, error) {
	name = strings.ToUpper(name)
	if checkDOSName(name) != nil {
		name = fmt.Sprintf("ATT%05d.BIN", n%100000)
	}
	base, extension, dot := strings.Cut(name, ".")
	for try := 0; try < 10000; try++ {
		candidate := name
		if try > 0 {
			tail := fmt.Sprintf("~%d", try)
			candidate = base[:min(len(base), 8-len(tail))] + tail
			if dot {
				candidate += "." + extension
			}
		}
		if !taken(candidate) {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("cannot save attachment %s: too many files of that name", name)
}
