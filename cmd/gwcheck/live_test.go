package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"gwkit/conformance/explore"
)

func TestTheLiveLineFitsItsTerminal(t *testing.T) {
	line := progressLine(explore.Progress{Schedules: 1234567, Rate: 4321, Left: 200 * time.Second, Violations: map[string]int{
		"no_deadlock": 1000, "no_duplicate": 200, "no_foreign_part": 3000, "no_prompt_forever": 1000, "progress": 1000}})
	if !strings.HasPrefix(line, "about 3m20s left, 1234567 schedules, 4321 a second, broken: no_deadlock 1000") {
		t.Error(line)
	}
	for _, width := range []int{2, 40, 80, 500} {
		var b bytes.Buffer
		l := &live{out: &b, width: func() int { return width }}
		l.show(line)
		shown, ok := strings.CutPrefix(b.String(), clearLine)
		if !ok || len(shown) != min(len(line), width-1) || !strings.HasPrefix(line, shown) {
			t.Errorf("%d columns: %q", width, b.String())
		}
	}
}

func TestAPipeHearsNowAndThen(t *testing.T) {
	var b bytes.Buffer
	l := newLive(&b)
	l.show("too early")
	l.told = time.Now().Add(-tellEvery)
	l.show("a line")
	l.show("too soon")
	l.clear()
	if b.String() != "a line\n" {
		t.Errorf("%q", b.String())
	}
}
