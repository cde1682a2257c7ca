package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page says why what was skipped, so progress does not.
func TestGoLiveProgressIsBrief(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "deploy.yaml")
	if err := os.WriteFile(file, []byte("version: 1\nallow: [read]\npostoffices: [{name: A/B, drive: "+dir+"}]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, stdout, stderr := program("golive", file, "--save", filepath.Join(dir, "out"))
	if strings.Contains(stderr, "\nskip") || !strings.Contains(stderr, "fail    live.dbread") || !strings.Contains(stderr, " skip, 0 error\n") {
		t.Errorf("%s\n%s", stderr, stdout)
	}
	run := filepath.Join(dir, "run")
	if _, stdout, _ = program("run", "--target", file, "live.*", "--save", run); !strings.Contains(stdout, "\nskip") {
		t.Errorf("run does not show what it skips:\n%s", stdout)
	}

	// What is written for programs follows its schema.
	code, page, stderr := program("golive", file, "--save", filepath.Join(dir, "again"), "--format", "json")
	if follows(t, "golive", page); code != exitFail {
		t.Errorf("%d %s", code, stderr)
	}
	code, list, stderr := program("diff", run, filepath.Join(dir, "out"), "--format", "json")
	if follows(t, "diff", list); code != exitFail || !strings.Contains(list, `"name": "verdict"`) {
		t.Errorf("%d %s\n%s", code, stderr, list)
	}
}
