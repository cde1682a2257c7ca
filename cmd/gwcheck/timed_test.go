package main

import (
	"strings"
	"testing"
)

func TestExploreByTheClock(t *testing.T) {
	t.Chdir(t.TempDir())
	load := []string{"explore", "--timed", "--schedules", "3", "--per-day", "2000", "--days", "1"}
	for _, row := range []struct {
		name string
		args []string
		code int
		want string // in either output
	}{
		{"it halts", append(load, "dedicated-shared"), exitFail, "halt          in 3 of 3"},
		{"nobody comes", append(load, "dedicated-shared", "--operator", "nobody"), exitFail, "--jitter 0.5 --operator nobody\n"},
		{"it does not halt", append(load, "dedicated", "--schedules", "1"), exitPass, "min not in 1 day "},
		{"nothing", []string{"explore", "--timed"}, exitUsage, "name a site"},
		{"a script", []string{"explore", "--timed", "topology_dedicated"}, exitUsage, "cannot use --timed with script topology_dedicated"},
		{"no seed", []string{"explore", "--timed", "single", "--schedules", "0"}, exitUsage, "cannot run 0 seeds"},
		{"a strategy", []string{"explore", "--timed", "single", "--strategy", "pct"}, exitUsage, "cannot use --strategy with --timed"},
		{"a load of the other kind", []string{"explore", "--timed", "single", "--in", "3"}, exitUsage, "cannot use --in with --timed"},
		{"a merge", []string{"explore", "--timed", "--merge", "."}, exitUsage, "cannot use --merge with --timed"},
		{"days without a clock", []string{"explore", "single", "--days", "3"}, exitUsage, "cannot use --days without --timed"},
		{"a load per day without a clock", []string{"explore", "single", "--per-day", "3"}, exitUsage, "cannot use --per-day without --timed"},
		{"no such operator", []string{"explore", "--timed", "single", "--operator", "me"}, exitUsage, "unknown operator"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := program(row.args...)
			if code != row.code || !strings.Contains(stdout+stderr, row.want) {
				t.Errorf("status %d, want %d with %q:\n%s%s", code, row.code, row.want, stderr, stdout)
			}
		})
	}
	code, stdout, stderr := program(append(load, "dedicated-shared", "--format", "json")...)
	if code != exitFail {
		t.Fatal(code, stderr)
	}
	follows(t, "explore-timed", stdout)
	_, stdout, _ = program(append(load, "dedicated", "--schedules", "1", "--format", "json")...)
	follows(t, "explore-timed", stdout)
}
