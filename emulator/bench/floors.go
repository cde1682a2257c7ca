package main

import (
	"fmt"

	"gwkit/emulator/bench/yardstick"
)

// floors measures what the figures are made of.
func (t *table) floors() {
	floors := yardstick.Floors()
	var rows []figure
	for _, f := range floors {
		rows = append(rows, figure{name: f.Name, value: f.Measured, unit: "ns", expected: number(f.Reference) + " ns", note: fmt.Sprintf("x %.2f", f.Measured/f.Reference)})
	}
	t.floor = yardstick.Together(floors, t.factor)
	t.group(fmt.Sprintf("floors, x %.2f together", t.floor), rows...)
}
