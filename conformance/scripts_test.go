package conformance

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"gwkit/conformance/report"
	"gwkit/emulator/site"
	"gwkit/testdata/scripts"
)

var update = flag.Bool("update", false, "rewrite goldens")

func builtInScripts(t *testing.T) []*Script {
	t.Helper()
	list, err := Load(scripts.FS, scripts.Folder)
	if err != nil {
		t.Fatal(err)
	}
	if !testing.Short() {
		return list
	}
	// Under the race detector a run costs twenty times as much: days of load and
	// searches are for the full tests.
	var out []string
	list = slices.DeleteFunc(list, func(s *Script) bool {
		long := slices.ContainsFunc(s.Tags, func(tag string) bool {
			return slices.Contains([]string{"load", "explore", "capacity", "shared", "topology"}, tag)
		})
		if long {
			out = append(out, s.ID)
		}
		return long
	})
	t.Logf("left out of a short run: %s", strings.Join(out, ", "))
	return list
}

func TestEveryBuiltInScriptPasses(t *testing.T) {
	for _, s := range builtInScripts(t) {
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			r := Run(context.Background(), []*Script{s}, Options{Jobs: 1})
			if got := r.Scripts[0]; got.Verdict != report.Pass {
				t.Errorf("%s: %s\n%s", got.Verdict, got.Reason, got.Log)
			}
		})
	}
}

func TestEveryBuiltInScriptHasOneDigest(t *testing.T) {
	list := builtInScripts(t)
	first := Run(context.Background(), list, Options{Jobs: 2})
	slices.Reverse(list) // another order, another neighbour
	second := Run(context.Background(), list, Options{Jobs: 1})
	for i := range first.Scripts {
		a, b := first.Scripts[i], second.Scripts[i]
		if a.Digest != b.Digest {
			t.Errorf("%s: digests %s and %s", a.ID, a.Digest, b.Digest)
		}
		if a.VirtualSeconds != b.VirtualSeconds {
			t.Errorf("%s: %v and %v virtual seconds", a.ID, a.VirtualSeconds, b.VirtualSeconds)
		}
	}
}

func TestBuiltInScriptHeaders(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)+$`)
	known := map[string]bool{}
	for _, a := range site.Articles() {
		known[a.ID] = true
	}
	for _, s := range builtInScripts(t) {
		if err := s.Err(); err != nil {
			t.Error(err)
		}
		if !name.MatchString(s.ID) {
			t.Errorf("%s: want a name such as topic_behaviour", s.File)
		}
		if len(s.Tags) == 0 {
			t.Errorf("%s: no tags", s.File)
		}
		for _, id := range s.Articles {
			if !known[id] {
				t.Errorf("%s: article %s is not in kb.txt", s.File, id)
			}
		}
	}
}

func TestReadmeIsNotStale(t *testing.T) {
	name := filepath.Join("..", filepath.FromSlash(scripts.Folder), "README.md")
	if *update {
		if err := os.WriteFile(name, []byte(README()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), README()); diff != "" {
		t.Errorf("README.md is stale, run make generate:\n%s", diff)
	}
}

func TestCommandTable(t *testing.T) {
	table := Commands()
	if wrong := clashes(table); len(wrong) > 0 {
		t.Error(wrong)
	}
	if wrong := clashes([]Command{{Name: "exists"}, {Name: "wait"}, {Name: "alpha"}}); len(wrong) != 3 {
		t.Errorf("clashes finds %q, want all three", wrong)
	}
	for _, c := range table {
		if c.Summary == "" || (c.run == nil) == (c.check == nil) {
			t.Errorf("%s: want a summary and either run or check", c.Name)
		}
		if Find(c.Name) == nil {
			t.Errorf("%s cannot be found", c.Name)
		}
		if _, err := c.needs(nil); c.least > 0 && err == nil {
			t.Errorf("%s takes no arguments, and wants %d", c.Name, c.least)
		}
	}
	for command, predicates := range predicateTable {
		if !slices.IsSorted(predicates) || Find(command) == nil {
			t.Errorf("predicates of %s: want them sorted, and the command to exist", command)
		}
	}
}

// testscript silently prefers its own verbs; only asking it tells which it has.
func TestTestscriptLetsEveryCommandThrough(t *testing.T) {
	for _, c := range Commands() {
		called := false
		file := filepath.Join(t.TempDir(), "probe.txtar")
		if err := os.WriteFile(file, []byte(c.Name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		r := &runner{}
		done := make(chan bool)
		go func() {
			defer close(done)
			testscript.RunT(r, testscript.Params{Files: []string{file}, Cmds: map[string]func(*testscript.TestScript, bool, []string){
				c.Name: func(*testscript.TestScript, bool, []string) { called = true },
			}})
		}()
		<-done
		if !called {
			t.Errorf("testscript has a verb %s of its own", c.Name)
		}
	}
}
