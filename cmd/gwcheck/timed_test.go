package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gwkit/emulator/site"
)

func TestExploreByTheClock(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"own.txtar":  "# Summary: x\nsite dedicated-shared\npc GW2 off\nload 48h in 200 out 0 size 900\nfault drive-lost at=M: who=GW1\nexplore operator nobody\n",
		"off.txtar":  "# Summary: x\nsite single\npc GW1 off\n",
		"much.txtar": "# Summary: x\nsite single\nload 1s in 1000\n",
		"s.schedule": "gwkit schedule 1\nsite single\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	load := []string{"explore", "--timed", "--schedules", "3", "--per-day", "2000", "--days", "1"}
	for _, row := range []struct {
		name string
		args []string
		code int
		want string // in either output
	}{
		{"it halts", append(load, "dedicated-shared"), exitFail, "halt          in 3 of 3"},
		{"nobody comes", append(load, "dedicated-shared", "--operator", "nobody"), exitFail, "--jitter 0.5 --operator nobody\n"},
		{"it does not halt", append(load, "dedicated", "--schedules", "1"), exitPass, "first prompt  in none of 1 within 1 day\n"},
		{"they never met", []string{"explore", "--timed", "dedicated-shared", "--per-day", "1", "--days", "1", "--schedules", "3"}, exitUnknown,
			"verdict: unknown: in 3 seeds of 1 day no two PCs were inside \\SMTP\\ at once"},
		{"they met", append(load, "dedicated-shared"), exitFail, "two PCs inside \\SMTP\\ at once in 3 of 3\n"},
		{"nothing", []string{"explore", "--timed"}, exitUsage, "name a site"},
		{"a script", []string{"explore", "--timed", "shared_load_halts", "--schedules", "2", "--days", "1"}, exitFail, "\nrepeat: gwemu run dedicated-shared --for 1d --seed 1 --in 4000 --out 4000 --size 8192 --arrivals poisson"},
		{"a script with another load", append(load, "shared_load_halts"), exitFail, "lines 4 to 5: site dedicated-shared, load 2000 in and 2000 out a day\n"},
		{"a script says what is not used", []string{"explore", "--timed", "topology_dedicated", "--schedules", "1", "--days", "1"}, exitPass, "line 6, submit: single messages are no load that goes on\n"},
		{"a script without a load", []string{"explore", "--timed", "topology_dedicated", "--schedules", "1", "--days", "1"}, exitPass, "load 500 in and 500 out a day (the script has no load line before it judges)\n"},
		{"a script of one's own", []string{"explore", "--timed", "own.txtar", "--schedules", "1"}, exitFail, "100 messages in and 0 out a day, 900 bytes"},
		{"its conditions", []string{"explore", "--timed", "own.txtar", "--schedules", "1"}, exitFail, "  switched on   GW1, MTA1\n  fault         drive-lost at=M: who=GW1\n"},
		{"its operator", []string{"explore", "--timed", "own.txtar", "--schedules", "1"}, exitFail, "operator nobody"},
		{"no operator of its own", []string{"explore", "--timed", "own.txtar", "--schedules", "1", "--operator", "retry"}, exitFail, "operator retry"},
		{"its gateway is off", []string{"explore", "--timed", "off.txtar"}, exitUsage, "off.txtar:3: cannot explore the script: cannot wait for a halt: no PC of single that is switched on runs SMTPGATE"},
		{"too much of a load", []string{"explore", "--timed", "much.txtar"}, exitUsage, "want at most 1000000 a day each way"},
		{"a fault", append(load, "dedicated-shared", "--fault", "net-refuse at=11.1.16.15:25 until=1h"), exitFail, "\nrepeat: gwemu run dedicated-shared.explore/timed.yaml --for 1d "},
		{"a bad fault", append(load, "dedicated-shared", "--fault", "nonsense"), exitUsage, `unknown kind "nonsense"`},
		{"some PCs", append(load, "dedicated-shared", "--pcs", "GW1,MTA1", "--schedules", "1"), exitPass, "  switched on   GW1, MTA1\n"},
		{"no such PC", append(load, "dedicated-shared", "--pcs", "GW7"), exitUsage, `the site has no PC "GW7"`},
		{"a schedule", []string{"explore", "--timed", "s.schedule"}, exitUsage, "cannot use --timed with schedule s.schedule"},
		{"no seed", []string{"explore", "--timed", "single", "--schedules", "0"}, exitUsage, "cannot run 0 seeds"},
		{"a strategy", []string{"explore", "--timed", "single", "--strategy", "pct"}, exitUsage, "cannot use --strategy with --timed"},
		{"a load of the other kind", []string{"explore", "--timed", "single", "--in", "3"}, exitUsage, "cannot use --in with --timed: the load goes on for days; give --per-day"},
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
	_, stdout, _ = program("explore", "--timed", "dedicated-shared", "--per-day", "1", "--days", "1", "--schedules", "1", "--format", "json")
	follows(t, "explore-timed", stdout)
	_, stdout, stderr = program("explore", "--timed", "own.txtar", "--schedules", "1", "--format", "json", "--save", "here")
	follows(t, "explore-timed", stdout)
	if !strings.HasPrefix(stderr, "from own.txtar, lines 2 to 6: ") {
		t.Error(stderr)
	}
	// The saved site has all that the repeat command cannot say.
	text, err := os.ReadFile(filepath.Join("here", "timed.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := site.Parse("timed.yaml", text)
	if err != nil || len(s.Faults) != 1 || s.PC("GW2").Run != "" || s.PC("GW1").Run == "" {
		t.Errorf("%v\n%s", err, text)
	}
}
