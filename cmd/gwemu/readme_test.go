package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// wallTime is the one thing in a summary that differs from run to run.
var wallTime = regexp.MustCompile(` in [0-9.]+ s,`)

// The README shows what the program prints, not what it once printed.
func TestTheReadmeShowsTheRealSummary(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "$ go run ./cmd/gwemu run ")
	if !ok {
		t.Fatal("the README runs nothing")
	}
	line, rest, _ := strings.Cut(rest, "\n")
	want, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the README's block has no end")
	}
	a := newTestApp("")
	if status := a.main(append([]string{"run"}, strings.Fields(line)...)); status != statusOK {
		t.Fatalf("exit status %d: %s", status, a.errOut)
	}
	if got, want := wallTime.ReplaceAllString(a.out.String(), ","), wallTime.ReplaceAllString(want, ","); got != want {
		t.Errorf("the README shows\n%s\nthe program prints\n%s", want, got)
	}
}
