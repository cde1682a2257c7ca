package lint

import "strconv"

// count returns a number with its noun.
func count(n int, noun string) string {
	return strconv.Itoa(n) + " " + noun + plural(n, "", "s")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
