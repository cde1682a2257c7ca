package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The table in the README is what the shapes carry today.
func TestCapacityTableIsNotStale(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	document := strings.ReplaceAll(string(data), "\r\n", "\n")
	_, rest, ok := strings.Cut(document, tableBegin)
	want, _, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the table")
	}
	if testing.Short() {
		t.Skip("several seconds of simulation")
	}
	have, err := shapeTable()
	if err != nil {
		t.Fatal(err)
	}
	if have != want {
		t.Errorf("run make capacity; README.md has\n%sand it is\n%s", want, have)
	}
}

func TestReplaceTable(t *testing.T) {
	have, err := replaceTable("a\n"+tableBegin+"old\n"+tableEnd+"b\n", "new\n")
	if err != nil || have != "a\n"+tableBegin+"new\n"+tableEnd+"b\n" {
		t.Errorf("have %q, %v", have, err)
	}
	for _, document := range []string{"", tableBegin, tableEnd, tableEnd + tableBegin} {
		if have, err := replaceTable(document, "new\n"); err == nil {
			t.Errorf("%q becomes %q", document, have)
		}
	}
}
