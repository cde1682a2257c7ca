package lint

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

// The folder in which the emulator keeps drives is judged as a real one would
// be: what a working installation leaves there is no error.
func TestTheFolderOfAWorkingInstallationHasNoErrors(t *testing.T) {
	s, err := site.Shape("single")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w, err := emulator.New(s, emulator.Options{Seed: 3, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.AddLoad(emulator.Load{For: 3 * time.Hour, In: 60, Out: 60, Size: 2 << 10, Read: true}); err != nil {
		t.Fatal(err)
	}
	w.Run(3 * time.Hour)
	w.RunToRest(2 * time.Hour)
	w.Close()
	if err := os.WriteFile(filepath.Join(dir, "site.yaml"), s.Marshal(), 0o644); err != nil {
		t.Fatal(err)
	}
	in, err := FromFolder(os.DirFS(dir), "drives")
	if err != nil {
		t.Fatal(err)
	}
	r := Run(context.Background(), in, Options{})
	for _, f := range r.Findings {
		if f.Severity != Info {
			t.Errorf("%s: %s %s: %s", f.Place, f.Severity, f.Rule.ID, f.Message)
		}
	}
	for _, id := range []string{"po.stale", "po.p1", "po.attrs", "po.dirs", "po.sizes", "po.access-orphan", "po.residue", "po.install", "po.external",
		"log.known", "log.repeat", "log.hang", "log.nospawn", "log.memtrend", "log.clock"} {
		if !slices.Contains(r.Judged, RuleByID(id)) {
			t.Errorf("%s was not judged: %s", id, missing(RuleByID(id), r))
		}
		if m := missing(RuleByID(id), r); m != "" && !strings.HasPrefix(id, "log.") {
			t.Errorf("%s lacked %s", id, m)
		}
	}
}
