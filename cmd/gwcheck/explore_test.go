package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"gwkit/emulator/site"
)

func follows(t *testing.T, name, document string) {
	t.Helper()
	_, schema, _ := program("doc", "--schema", name)
	s, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:test", s); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("urn:test")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(doc); err != nil {
		t.Error(err)
	}
}

// What a newcomer does: explore, read, repeat the script, the schedule, and ask
// when it was too late.
func TestExploreFindsSavesAndRepeats(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "found")
	code, stdout, stderr := program("explore", "dedicated-shared", "--schedules", "300", "--shrink", "3000", "--save", dir)
	if code != exitFail || !strings.Contains(stdout, "no_deadlock is broken (Q132060)") || !strings.Contains(stdout, "let GW") {
		t.Fatalf("%d %s\n%s", code, stderr, stdout)
	}
	for _, name := range []string{"result.json", "no_deadlock.txt", "no_deadlock.html", "no_deadlock.schedule", "found_no_deadlock.txtar"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if code, stdout, stderr := program("run", "--scripts", dir, "--results", t.TempDir()); code != 0 {
		t.Errorf("the saved scripts do not pass: %d %s\n%s", code, stderr, stdout)
	}
	saved := filepath.Join(dir, "no_deadlock.schedule")
	if code, stdout, _ := program("explore", saved); code != exitFail || !strings.Contains(stdout, "no_deadlock is broken") {
		t.Errorf("%d %s", code, stdout)
	}
	if code, stdout, stderr := program("explore", "--reseed-from", saved, "--points", "3", "--redraws", "20"); code != 0 || !strings.Contains(stdout, "100.0%") {
		t.Errorf("%d %s\n%s", code, stderr, stdout)
	}
	if svg, err := os.ReadFile(filepath.Join(dir, "no_deadlock.svg")); err != nil || !strings.HasPrefix(string(svg), "<svg") {
		t.Errorf("%v %.40s", err, svg)
	}
}

func TestExploreAnswersByStatus(t *testing.T) {
	t.Chdir(t.TempDir())
	file := func(name, text string) string {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	s, err := site.Shape("dedicated-shared")
	if err != nil {
		t.Fatal(err)
	}
	own := file("own.yaml", string(s.Marshal()))
	for _, row := range []struct {
		name string
		args []string
		code int
		want string // in either output
	}{
		{"it holds", []string{"dedicated", "--schedules", "100"}, exitPass, "verdict: pass"},
		{"broken", []string{"dedicated-shared", "--schedules", "100", "--shrink", "0"}, exitFail, "verdict: fail"},
		{"a site file", []string{own, "--schedules", "100"}, exitFail, "saved in own.explore"},
		{"too few to meet", []string{"dedicated-shared", "--strategy", "default", "--schedules", "1"}, exitUnknown, `inside \SMTP\ at once`},
		{"exhaustive", []string{"dedicated", "--strategy", "exhaustive", "--schedules", "0"}, exitPass, "complete within 2 preemptions"},
		{"nothing", nil, exitUsage, "name a site"},
		{"no such site", []string{"nowhere"}, exitUsage, "no built-in site of that name"},
		{"no such strategy", []string{"single", "--strategy", "luck"}, exitUsage, "unknown strategy"},
		{"no such format", []string{"single", "--format", "xml"}, exitUsage, "unknown format"},
		{"no such operator", []string{"single", "--operator", "me"}, exitUsage, "unknown operator"},
		{"no such PC", []string{"single", "--pcs", "GW7"}, exitUsage, "GW7"},
		{"bad fault", []string{"single", "--fault", "nonsense"}, exitUsage, "nonsense"},
		{"bad shard", []string{"single", "--shard", "3/2"}, exitUsage, "3/2"},
		{"wrong flag", []string{"single", "--schedule", "9"}, exitUsage, "did you mean --schedules"},
		{"bad schedule", []string{file("bad.schedule", "gwkit schedule 1\nsite single\nlet\n")}, exitUsage, "bad.schedule:3:"},
		{"misfit", []string{file("misfit.schedule", "gwkit schedule 1\nsite dedicated-shared\nmessages 0 in 1 out\npcs GW1 GW2\nlet GW1 until open X\n")}, exitUsage, "step 1"},
		{"nothing to merge", []string{"--merge", t.TempDir()}, exitUsage, "no result file"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := program(append([]string{"explore"}, row.args...)...)
			if code != row.code || !strings.Contains(stdout+stderr, row.want) {
				t.Errorf("status %d, want %d with %q:\n%s%s", code, row.code, row.want, stderr, stdout)
			}
		})
	}
}

func TestExploreShardsMergeToTheWhole(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, part := range []string{"1/2", "2/2"} {
		dir := filepath.Join("parts", part[:1])
		if code, _, stderr := program("explore", "dedicated-shared", "--schedules", "200", "--shrink", "0", "--shard", part, "--save", dir); code != exitFail {
			t.Fatal(code, stderr)
		}
	}
	code, merged, stderr := program("explore", "--merge", "parts")
	if code != exitFail || !strings.Contains(merged, "dedicated-shared: 200 schedules") {
		t.Fatalf("%d %s %s", code, stderr, merged)
	}
	_, whole, _ := program("explore", "dedicated-shared", "--schedules", "200", "--shrink", "0")
	lines := func(s string) (out []string) {
		for _, l := range strings.Split(s, "\n") {
			if strings.HasPrefix(l, "  broken") || strings.HasPrefix(l, "  sometimes") {
				out = append(out, l)
			}
		}
		return out
	}
	if a, b := lines(merged), lines(whole); strings.Join(a, "\n") != strings.Join(b, "\n") {
		t.Errorf("merged:\n%s\nwhole:\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
}

func TestExploreFollowsItsSchema(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := program("explore", "dedicated-shared", "--schedules", "100", "--shrink", "500", "--format", "json")
	if code != exitFail {
		t.Fatal(code, stderr)
	}
	follows(t, "explore", stdout)
}
