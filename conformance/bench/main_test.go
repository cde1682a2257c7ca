package main

import (
	"strings"
	"testing"
)

// The cost of an operation is judged as on the reference machine.
func TestTheCostOfAnOperationIsJudged(t *testing.T) {
	for _, row := range []struct {
		ns, loop, floor float64
		want            string
	}{
		{300, 1, 1, "its own limit 385: kept"},
		{340, 1, 1, ": MISSED, but within its own limit"},
		{400, 1, 1, ": MISSED"},
		{600, 2, 2, ": kept"},
		{600, 1, 2, ": kept by what it is made of, not by the loop"},
	} {
		if _, value, target := costRow(row.ns, row.loop, row.floor); !strings.HasSuffix(target, row.want) || !strings.HasPrefix(target, "327 ns, twice the model's 164; ") {
			t.Errorf("%v: %s, %s", row, value, target)
		}
	}
}
