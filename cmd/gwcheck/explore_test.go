package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

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

// Nobody answers prompts, or no run is spent on steps: a finding that only its
// choices tell has a script like any other.
func TestEveryFindingHasAScript(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, row := range []struct {
		name string
		args []string
		want string // has only choices
	}{
		{"none looked for", []string{"--schedules", "200", "--shrink", "0"}, "no_deadlock"},
		{"no time to find any", []string{"--schedules", "3000", "--in", "1", "--out", "2", "--seed", "1", "--shrink", "20"}, "no_duplicate"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := os.Mkdir(row.want, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(row.want, "found_of_old.txtar"), []byte("# Summary: x\nsite single\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := program(append([]string{"explore", "dedicated-shared", "--operator", "nobody", "--save", row.want}, row.args...)...)
			if code != exitFail || !strings.Contains(stdout, "which also runs what was there before: found_of_old.txtar\n") {
				t.Fatal(code, stderr, stdout)
			}
			text, err := os.ReadFile(filepath.Join(row.want, row.want+".schedule"))
			if err != nil || !strings.Contains(string(text), "\nchoices ") {
				t.Errorf("%v\n%s", err, text)
			}
			reports, _ := filepath.Glob(filepath.Join(row.want, "*.txt"))
			scripts, _ := filepath.Glob(filepath.Join(row.want, "found_*.txtar"))
			if len(reports) < 2 || len(scripts) != len(reports)+1 {
				t.Errorf("reports %v, scripts %v", reports, scripts)
			}
			if code, stdout, stderr := program("run", "--scripts", row.want, "--results", t.TempDir()); code != exitPass {
				t.Errorf("the saved scripts do not pass: %d %s\n%s", code, stderr, stdout)
			}
			if code, stdout, stderr := program("explore", filepath.Join(row.want, row.want+".schedule")); code != exitFail || !strings.Contains(stdout, row.want+" is broken") || !strings.Contains(stdout, "\n  choices ") {
				t.Errorf("%d %s\n%s", code, stderr, stdout)
			}
		})
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
		{"a site file", []string{own, "--schedules", "100"}, exitFail, "saved in own.yaml.explore"},
		{"too few to meet", []string{"dedicated-shared", "--strategy", "default", "--schedules", "1"}, exitUnknown, `inside \SMTP\ at once`},
		{"exhaustive", []string{"dedicated", "--strategy", "exhaustive", "--schedules", "0"}, exitPass, "complete within 2 preemptions"},
		{"nothing", nil, exitUsage, "name a site"},
		{"no such site", []string{"nowhere"}, exitUsage, "no built-in site, no file and no script; built-in sites are: single, "},
		{"no such strategy", []string{"single", "--strategy", "luck"}, exitUsage, "unknown strategy"},
		{"no such format", []string{"single", "--format", "xml"}, exitUsage, "unknown format"},
		{"no such operator", []string{"single", "--operator", "me"}, exitUsage, "unknown operator"},
		{"no such PC", []string{"single", "--pcs", "GW7"}, exitUsage, "GW7"},
		{"bad fault", []string{"single", "--fault", "nonsense"}, exitUsage, "nonsense"},
		{"bad shard", []string{"single", "--shard", "3/2"}, exitUsage, "3/2"},
		{"wrong flag", []string{"single", "--schedule", "9"}, exitUsage, "did you mean --schedules"},
		{"bad schedule", []string{file("bad.schedule", "gwkit schedule 1\nsite single\nlet\n")}, exitUsage, "bad.schedule:3:"},
		{"misfit", []string{file("misfit.schedule", "gwkit schedule 1\nsite dedicated-shared\nmessages 0 in 1 out\npcs GW1 GW2\nlet GW1 until open X\n")}, exitUsage, "step 1"},
		{"no bound of preemptions", []string{"single", "--strategy", "exhaustive", "--preemptions", "-1", "--out", "1"}, exitPass, "\n  complete: all schedules\n"},
		{"preemptions of another strategy", []string{"single", "--preemptions", "3"}, exitUsage, "cannot use --preemptions with --strategy portfolio"},
		{"fewer than no preemptions", []string{"single", "--strategy", "exhaustive", "--preemptions", "-7"}, exitUsage, "bad --preemptions -7: want at least -1"},
		{"time that is over", []string{"single", "--time", "-5s"}, exitUsage, "bad --time -5s: want at least 0"},
		{"negative shrinking", []string{"single", "--shrink", "-1"}, exitUsage, "bad --shrink -1"},
		{"no job", []string{"single", "-j", "0"}, exitUsage, "bad --jobs 0: want at least 1"},
		{"more jobs than work", []string{"single", "-j", "100000", "--schedules", "200"}, exitPass, "verdict: pass"},
		{"jobs without end", []string{"single", "-j", "100000", "--schedules", "0", "--time", "1s"}, exitPass, "verdict: pass"},
		{"no message", []string{"single", "--in", "0", "--out", "0"}, exitUsage, "cannot explore without a message"},
		{"no message in", []string{"single", "--in", "0"}, exitUsage, "cannot explore without a message"},
		{"an exhaustive search of many jobs", []string{"single", "--strategy", "exhaustive", "-j", "2"}, exitUsage, "there is one run at once"},
		{"a divided exhaustive search", []string{"single", "--strategy", "exhaustive", "--shard", "1/2"}, exitUsage, "it cannot be divided"},
		{"redraws of nothing", []string{"single", "--redraws", "20"}, exitUsage, "cannot use --redraws without --reseed-from"},
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

// A site file that has the name of a shape, or a script that has the name of a
// site file, saves in a folder of its own.
func TestWhatIsFoundOfAFileLiesApart(t *testing.T) {
	t.Chdir(t.TempDir())
	s, err := site.Shape("dedicated-shared")
	if err != nil {
		t.Fatal(err)
	}
	put(t, "dedicated-shared.yaml", string(s.Marshal()))
	put(t, "dedicated-shared", string(s.Marshal()))
	put(t, "dedicated-shared.txtar", "# Summary: x\nsite dedicated-shared\nload 1h in 1 out 1\n")
	for word, folder := range map[string]string{
		"dedicated-shared":       "dedicated-shared.explore",
		"./dedicated-shared":     "dedicated-shared.file.explore",
		"dedicated-shared.yaml":  "dedicated-shared.yaml.explore",
		"dedicated-shared.txtar": "dedicated-shared.txtar.explore",
	} {
		code, stdout, stderr := program("explore", word, "--schedules", "100", "--shrink", "0")
		if code != exitFail || !strings.Contains(stdout, "\nsaved in "+folder+"\n") {
			t.Errorf("%s: %d %s\n%s", word, code, stderr, stdout)
		}
	}
}

// Ctrl-C keeps what was found, prints it and exits by the verdict.
func TestExploreAnswersWhenInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process can be sent an interrupt there")
	}
	for _, row := range []struct {
		site string
		code int
		want []string
	}{
		{"dedicated-shared", exitFail, []string{"no_deadlock is broken", "interrupted after ", " of 10,000,000 schedules", "verdict: fail"}},
		{"dedicated", exitUnknown, []string{"interrupted after ", " of 10,000,000 schedules", "verdict: unknown"}},
	} {
		t.Run(row.site, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "found")
			cmd := exec.Command(os.Args[0], "explore", row.site, "--schedules", "10000000", "--save", dir)
			cmd.Env = append(os.Environ(), "GWCHECK_IS_THE_TEST=1", "GORACE=atexit_sleep_ms=0")
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			saved := filepath.Join(dir, "no_deadlock.schedule")
			for limit := time.Now().Add(time.Minute); row.code == exitFail; time.Sleep(10 * time.Millisecond) {
				// On disk while the search goes on.
				if _, err := os.Stat(saved); err == nil {
					break
				}
				if time.Now().After(limit) {
					t.Fatal("nothing is saved while it searches")
				}
			}
			time.Sleep(time.Second)
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != row.code {
				t.Errorf("status %d, want %d", code, row.code)
			}
			for _, w := range row.want {
				if !strings.Contains(out.String(), w) {
					t.Errorf("it does not say %q:\n%s", w, out.String())
				}
			}
			if row.code == exitFail {
				if code, stdout, stderr := program("run", "--scripts", dir, "--results", t.TempDir()); code != exitPass {
					t.Errorf("the saved scripts do not pass: %d %s\n%s", code, stderr, stdout)
				}
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
	if code, text, stderr := program("explore", "--merge", filepath.Join("parts", "1")); code != exitFail || !strings.Contains(text, "  missing      shards 2/2\n") {
		t.Errorf("half of it: %d %s %s", code, stderr, text)
	}
	for _, row := range []struct{ change, want string }{
		{"--operator nobody", `operator "nobody", not "retry"`},
		{"--in 2 --out 1", "messages in 2, not 1"},
		{"--schedules 300", "schedules in all 300, not 200"},
		{"--pcs GW1", `PCs "GW1", not "GW1" "GW2"`},
		{"--fault smtp-drop", `faults "smtp-drop", not none`},
		{"--max-steps 70000", "step limit 70000, not 0"},
		{"--shard 2/3", "number of shards 3, not 2"},
		{"--shard 1/2", "is shard 1/2, and so is"},
	} {
		args := []string{"explore", "dedicated-shared", "--schedules", "200", "--shrink", "0", "--shard", "2/2", "--save", filepath.Join("mixed", "2")}
		args = append(args, strings.Fields(row.change)...)
		if code, _, stderr := program(args...); code == exitUsage {
			t.Fatal(row.change, stderr)
		}
		if err := os.CopyFS(filepath.Join("mixed", "1"), os.DirFS(filepath.Join("parts", "1"))); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := program("explore", "--merge", "mixed"); code != exitUsage || !strings.Contains(stderr, row.want) || strings.Count(stderr, "cannot merge") != 1 {
			t.Errorf("%s: %d %s, want %q", row.change, code, stderr, row.want)
		}
		if err := os.RemoveAll("mixed"); err != nil {
			t.Fatal(err)
		}
	}
	// A site file of the same name with another text.
	for i, ip := range []string{"11.1.16.99", "11.1.16.98"} {
		s, err := site.Shape("dedicated-shared")
		if err != nil {
			t.Fatal(err)
		}
		s.PCs[1].IP = ip
		if err := os.WriteFile("own.yaml", s.Marshal(), 0o644); err != nil {
			t.Fatal(err)
		}
		part := fmt.Sprint(i + 1)
		if code, _, stderr := program("explore", "own.yaml", "--schedules", "200", "--shrink", "0", "--shard", part+"/2", "--save", filepath.Join("own", part)); code != exitFail {
			t.Fatal(code, stderr)
		}
	}
	if code, _, stderr := program("explore", "--merge", "own"); code != exitUsage || !strings.Contains(stderr, "the site's text has the sum") {
		t.Errorf("two sites of one name: %d %s", code, stderr)
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
	for _, want := range []string{`"verdict": "fail"`, `"in": 1`, `"out": 1`, `"repeat": "gwcheck explore dedicated-shared --schedules 100 --shrink 500"`} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %s in %s", want, stdout)
		}
	}
}

// The statement of a pass names what was tried and who took part, and who did not.
func TestAPassSaysWhatWasTried(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := program("explore", "dedicated", "--in", "3", "--out", "3", "--schedules", "1000", "--fault", "smtp-drop times=1")
	for _, want := range []string{"dedicated: 1,000 schedules, portfolio, 3 messages each way, 0 violations\n", "\n  switched on  GW1, GW2, operator retry\n",
		"\n  left out     MTA1/EXTERNAL\n", "\n  fault        smtp-drop times=1\n", "\nrepeat: gwcheck explore dedicated --fault 'smtp-drop times=1' --in 3 --out 3 --schedules 1000\n"} {
		if code != exitPass || !strings.Contains(stdout, want) {
			t.Errorf("%d %s: no %q in\n%s", code, stderr, want, stdout)
		}
	}
	// The one way that is not there is none.
	if _, stdout, _ := program("explore", "single", "--out", "1", "--schedules", "10"); !strings.Contains(stdout, "0 messages in and 1 out, 0 violations") {
		t.Error(stdout)
	}
}

func TestExploreTakesTheBeginningOfAScript(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("own_load.txtar", []byte("# Summary: x\nsite dedicated-shared\nload 1h in 0 out 1\nadvance 1h\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"files.txtar":   "# Summary: x\nsite dedicated\nm-write M:\\SMTP\\X.TXT x\n-- x --\nx\n",
		"nowhere.txtar": "# Summary: x\nsite dedicated\nm-write M:\\NODIR\\X.TXT x\n-- x --\nx\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const built = "from testdata/scripts/"
	for _, row := range []struct {
		name string
		args []string
		code int
		want string // in either output
	}{
		{"it breaks", []string{"shared_deadlock", "--shrink", "0"}, exitFail, built + "shared_deadlock.txtar, line 4: site dedicated-shared, load 0 in and 1 out, PCs GW1 GW2\n"},
		{"what is not used is said", []string{"shared_deadlock", "--shrink", "0"}, exitFail, "\n  not used: lines 5 to 45, from violates on: "},
		{"what comes after time passed", []string{"inbound_begin_end"}, exitPass, "line 9, smtp: nobody plays its dialogue; its message comes from the smart host\n"},
		{"what one direction lacks", []string{"inbound_begin_end"}, exitPass, "load 1 in and 0 out\n"},
		{"PCs that are off", []string{"external_disk_full"}, exitPass, "line 5, set: MTA1 is not switched on, unless --pcs names it\n"},
		{"it does not", []string{"topology_dedicated"}, exitPass, built + "topology_dedicated.txtar, lines 4 to 6: site dedicated, load 1 in and 1 out\n"},
		{"another load", []string{"topology_dedicated_shared_quiet", "--out", "1", "--shrink", "0"}, exitFail, "load 0 in and 1 out\n"},
		{"a file", []string{"own_load.txtar", "--shrink", "0"}, exitFail, "from own_load.txtar, lines 2 to 3: site dedicated-shared, load 0 in and 1 out\n"},
		{"a search cannot do it", []string{"golden_q112286"}, exitUsage, "testdata/scripts/golden_q112286.txtar:5: cannot explore the script: cannot explore with mail from the Internet"},
		{"a search does without", []string{"golden_q112286", "--out", "1"}, exitPass, "not used: line 6, peer: the smart hosts of the site answer"},
		{"too much", []string{"shared_load_halts"}, exitUsage, "testdata/scripts/shared_load_halts.txtar:5: cannot explore the script: 2000 messages are too many"},
		{"its site cannot do it", []string{"topology_dedicated", "--pcs", "GW2"}, exitUsage, "testdata/scripts/topology_dedicated.txtar:6: cannot explore the script: "},
		{"a file on its drive", []string{"files.txtar"}, exitPass, "lines 2 to 3: site dedicated with 1 change, load 1 in and 1 out"},
		{"a file that cannot be", []string{"nowhere.txtar"}, exitUsage, "nowhere.txtar:3: cannot explore the script: "},
		{"nearly a script", []string{"shared_deadlok"}, exitUsage, "no script; near are: shared_deadlock\n"},
		{"nearly a site", []string{"dedicatd"}, exitUsage, "near are: dedicated\n"},
		{"part of some", []string{"deadlock"}, exitUsage, "near are: shared_deadlock\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := program(append([]string{"explore", "--schedules", "200"}, row.args...)...)
			if code != row.code || !strings.Contains(stdout+stderr, row.want) || code != exitUsage && !strings.HasPrefix(stdout, "from ") {
				t.Errorf("status %d, want %d with %q:\n%s%s", code, row.code, row.want, stderr, stdout)
			}
		})
	}
	// A file comes before a built-in script, a shape before both.
	for _, name := range []string{"shared_deadlock", "dedicated"} {
		if err := os.WriteFile(name, []byte("version: nonsense\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, stderr := program("explore", "shared_deadlock"); code != exitUsage || !strings.Contains(stderr, "cannot read site shared_deadlock") {
		t.Errorf("%d %s", code, stderr)
	}
	if code, _, stderr := program("explore", "dedicated", "--schedules", "10"); code != exitPass {
		t.Errorf("%d %s", code, stderr)
	}
}

// A script that changes its site: what is found carries the changes, and
// repeats.
func TestWhatAScriptFindsCarriesItsSite(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := program("explore", "shared_command_f", "--schedules", "300", "--shrink", "3000")
	if code != exitFail || !strings.HasPrefix(stdout, "from testdata/scripts/shared_command_f.txtar, lines 4 to 7: site dedicated-shared with 2 changes, load 1 in and 1 out") {
		t.Fatalf("%d %s\n%s", code, stderr, stdout)
	}
	dir := "shared_command_f.explore"
	if text, err := os.ReadFile(filepath.Join(dir, "site.yaml")); err != nil || strings.Count(string(text), "commandF: true") != 2 {
		t.Errorf("the saved site: %v\n%s", err, text)
	}
	if code, stdout, stderr := program("run", "--scripts", dir, "--results", t.TempDir()); code != 0 || !strings.Contains(stdout, "found_no_duplicate") {
		t.Errorf("the saved scripts do not pass: %d %s\n%s", code, stderr, stdout)
	}
	if code, stdout, stderr := program("explore", filepath.Join(dir, "no_duplicate.schedule")); code != exitFail || !strings.Contains(stdout, "no_duplicate is broken") {
		t.Errorf("%d %s%s", code, stderr, stdout)
	}
	// The saved script is one whose schedules can be searched again.
	code, stdout, stderr = program("explore", filepath.Join(dir, "found_no_duplicate.txtar"), "--schedules", "300", "--shrink", "0", "--format", "json", "--save", "again")
	if code != exitFail || !strings.HasPrefix(stdout, "{") || !strings.Contains(stderr, "site site.yaml, load 0 in and 1 out") {
		t.Errorf("%d %s", code, stderr)
	}
}
