package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The two gateways of one postoffice, run until one waits at a prompt, in
// every form that --trace-format knows. Q132060
func TestTheForbiddenShapeIsDrawnInEveryFormat(t *testing.T) {
	dir := t.TempDir()
	run := func(name string, more ...string) string {
		a := newTestApp("")
		args := append([]string{"run", "dedicated-shared", "--seed", "4", "--for", "1h", "--arrivals", "poisson", "--in", "200", "--out", "200",
			"--trace", filepath.Join(dir, name)}, more...)
		a.main(args) // fails: mail waits
		if !strings.Contains(a.errOut.String(), "waits for a key: Sharing violation") {
			t.Fatalf("no prompt: %s", a.errOut)
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for _, row := range []struct {
		format, begin string
		want          []string
	}{
		{"text", "000001 ", []string{" prompt M:\\SMTP\\"}},
		{"json", `{"version":1`, []string{`"op":"prompt"`}},
		{"columns", "gwemu run dedicated-shared ", []string{"*** GW", "WAITS for M:\\SMTP\\", ", held by GW", "*** wait cycle: GW2 > GW1 > GW2", "left out"}},
		{"mermaid", "sequenceDiagram\n", []string{"participant p1 as GW", "WAITS for M:\\SMTP\\", "left out", "as COMPANY/HUB"}},
		{"html", "<!DOCTYPE html>", []string{`class="arrow wait cycle"`, `WAITS for M:\SMTP\`, "wait cycle"}},
		{"chrome", "[\n", []string{`"cat":"hold"`, `"cat":"prompt"`, `"cat":"program"`}},
	} {
		t.Run(row.format, func(t *testing.T) {
			got := run(row.format, "--trace-format", row.format)
			if !strings.HasPrefix(got, row.begin) {
				t.Errorf("it begins with %.80q", got)
			}
			for _, want := range row.want {
				if !strings.Contains(got, want) {
					t.Errorf("it lacks %q", want)
				}
			}
			if row.format == "chrome" && !json.Valid([]byte(got)) {
				t.Error("it is no JSON")
			}
			if again := run(row.format, "--trace-format", row.format); again != got {
				t.Error("a second run gives another drawing")
			}
		})
	}
	if short, all := run("short", "--trace-format", "columns"), run("all", "--trace-format", "columns", "--trace-all"); strings.Contains(short, " spawn ") || !strings.Contains(all, " spawn ") {
		t.Error("--trace-all does not draw what one PC does alone")
	}
}
