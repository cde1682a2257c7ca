package emulator

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gwkit/emulator/site"
)

// The rules of the house, as tests. Each has its reason.

// sources parses every Go file below the project's root that fn wants.
func sources(t *testing.T, want func(path string) bool, fn func(path string, fset *token.FileSet, f *ast.File)) {
	t.Helper()
	n := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path = filepath.ToSlash(path)
		rel := strings.TrimPrefix(path, "../")
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || rel == "dist" || rel == "bin" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") || !want(rel) {
			return nil
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		n++
		fn(rel, fset, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Fatal("no file was looked at")
	}
}

func isTest(path string) bool { return strings.HasSuffix(path, "_test.go") }

// notDeterministic names what a simulated world must not use: the same site,
// load, seed and schedule give the same digest on every machine.
var notDeterministic = map[string]string{
	"time.Now": "virtual time only", "time.Sleep": "virtual time only", "time.After": "virtual time only",
	"time.Since": "virtual time only", "time.NewTimer": "virtual time only", "time.Tick": "virtual time only",
	"os.Getenv": "no environment", "os.Hostname": "no host name",
}

var notImported = map[string]string{
	"sync": "one thread of work", "sync/atomic": "one thread of work", "context": "virtual time only",
	"math/rand": "random streams are keyed by seed and name", "math/rand/v2": "random streams are keyed by seed and name",
}

// edge are the files where the wall clock and goroutines of others enter.
var edge = map[string]string{
	"emulator/internal/sim/real.go":    "the one place with real sockets and the wall clock",
	"emulator/internal/sim/foreign.go": "drives a server made of goroutines in lock-step",
	"emulator/serve.go":                "takes the channel that ends a served World",
	"emulator/heap/heap.go":            "sets the collector of the whole process; no World sees it",
	"emulator/drive.go":                "opens a tree outside of any run; mail submitted there is dated by the wall clock",
}

func TestTheEmulatorIsDeterministicByConstruction(t *testing.T) {
	sources(t, func(p string) bool {
		return strings.HasPrefix(p, "emulator/") && !isTest(p) && !strings.HasPrefix(p, "emulator/bench/") && edge[p] == ""
	}, func(path string, fset *token.FileSet, f *ast.File) {
		for _, im := range f.Imports {
			name, _ := strconv.Unquote(im.Path.Value)
			if why := notImported[name]; why != "" {
				t.Errorf("%s imports %s: %s", fset.Position(im.Pos()), name, why)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
				t.Errorf("%s: goroutines and channels belong to the kernel's edge", fset.Position(n.Pos()))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok {
					if why := notDeterministic[x.Name+"."+n.Sel.Name]; why != "" {
						t.Errorf("%s: %s.%s: %s", fset.Position(n.Pos()), x.Name, n.Sel.Name, why)
					}
				}
			}
			return true
		})
	})
}

// mayImport lists which packages of ours a package may use, by prefix.
var mayImport = []struct {
	pkg  string
	uses []string
	why  string
}{
	{"emulator/site/yamlfile", nil, "a reader of files knows no file"},
	{"emulator/site", []string{"emulator/site/yamlfile"}, "the installation is plain data"},
	{"emulator/fault", nil, "faults are plain data"},
	{"emulator/trace/timeline", []string{"emulator/trace"}, "a drawing knows events and nothing else"},
	{"emulator/trace", nil, "events are plain data"},
	{"emulator/schedule", nil, "schedules are plain data"},
	{"emulator/internal/mmff", nil, "a codec of bytes"},
	{"emulator/internal/rfc822", nil, "a codec of bytes"},
	{"emulator/internal/charset", nil, "a codec of bytes"},
	{"emulator/internal/sim", []string{"emulator/fault", "emulator/trace", "emulator/schedule"}, "the kernel knows no DOS and no mail"},
	{"emulator/internal/dos", []string{"emulator/internal/sim", "emulator/fault", "emulator/trace", "emulator/schedule"}, "a drive knows no mail"},
	{"emulator/internal/smarthost", []string{"emulator/internal/sim", "emulator/fault", "emulator/trace"}, "a UNIX host knows no postoffice"},
	{"emulator/internal/postoffice", []string{"emulator/internal/dos", "emulator/internal/sim"}, "files through handles"},
	{"emulator/internal/program", []string{"emulator/internal", "emulator/site", "emulator/fault", "emulator/schedule"}, "programs do not see the World"},
	{"emulator", []string{"emulator"}, "the emulator never imports what judges it"},
	{"conformance/report", []string{"emulator/trace", "conformance/report"}, "a checker never sees the World"},
	{"conformance/explore", []string{"emulator/schedule", "conformance/explore"}, "a search knows no mail and no DOS"},
	{"conformance/invariant", []string{"emulator/trace"}, "a checker never sees the World"},
	{"conformance/drive", nil, "what judges a tree shares no code with what writes it"},
	{"conformance/message", nil, "what judges mail shares no code with what writes it"},
	{"conformance/names", nil, "names are asked for by anybody"},
	{"conformance/trial", []string{"emulator", "conformance/explore", "conformance/invariant"}, "brings search, checkers and World together"},
	{"conformance/deploy", []string{"emulator/site", "conformance/drive"}, "a description is plain data"},
	{"conformance/lint", []string{"emulator/site", "conformance/drive", "conformance/names", "conformance/deploy"}, "what judges a configuration never sees the World"},
	{"conformance/probe", []string{"conformance/deploy", "conformance/drive", "conformance/message", "conformance/names", "conformance/report", "emulator/site"}, "what looks at a real deployment shares no protocol code with the emulator"},
	{"conformance/golive", []string{"conformance/capacity", "conformance/lint", "conformance/report"}, "brings together what others found"},
	{"conformance/capacity", []string{"emulator", "emulator/site", "emulator/trace"}, "reckons and simulates a site; it knows no files of deployments and writes none"},
	{"conformance/target", []string{"conformance/deploy", "conformance/drive", "conformance/message", "conformance/probe", "emulator", "emulator/site", "emulator/fault", "emulator/trace", "emulator/schedule"}, "targets are the only way to the World"},
	{"conformance", []string{"conformance", "emulator", "emulator/site", "emulator/fault", "emulator/trace", "emulator/schedule", "testdata/scripts"}, "the engine works through targets"},
	{"cmd/gwemu", []string{"emulator", "emulator/site", "emulator/fault", "emulator/trace", "cmd/gwemu"}, "flags and wiring"},
	{"cmd/gwcheck", []string{"conformance", "emulator/heap", "emulator/site", "emulator/trace", "emulator/schedule", "testdata/scripts", "cmd/gwcheck"}, "flags and wiring"},
}

// foreignHomes says where a library of others may be used.
var foreignHomes = []struct{ module, home, why string }{
	{"github.com/mhale/smtpd", "emulator/internal/smarthost", "its traps are removed in one place"},
	{"github.com/spf13/afero", "emulator/internal/dos", "programs see DOS rules only"},
	{"github.com/rogpeppe/go-internal/testscript", "conformance", "scripts belong to the engine"},
	{"github.com/spf13/cobra", "cmd", "command lines belong to the commands"},
	{"github.com/chromedp/chromedp", "no package but tests", "a browser looks at pages in tests only"},
	{"github.com/miekg/dns", "conformance/names", "a rule asks for names and does not speak DNS"},
	{"github.com/goccy/go-yaml", "emulator/site,conformance", "the site file is read in one place, and edited by scripts in another"},
}

func TestPackagesUseOnlyWhatTheyMay(t *testing.T) {
	sources(t, func(p string) bool { return !isTest(p) }, func(path string, fset *token.FileSet, f *ast.File) {
		dir := filepath.ToSlash(filepath.Dir(path))
		for _, im := range f.Imports {
			name, _ := strconv.Unquote(im.Path.Value)
			if own, ok := strings.CutPrefix(name, "gwkit/"); ok {
				for _, rule := range mayImport {
					if dir != rule.pkg && !strings.HasPrefix(dir, rule.pkg+"/") {
						continue
					}
					if own != dir && !slices.ContainsFunc(rule.uses, func(u string) bool { return own == u || strings.HasPrefix(own, u+"/") }) {
						t.Errorf("%s imports %s: %s", fset.Position(im.Pos()), own, rule.why)
					}
					break
				}
			}
			for _, h := range foreignHomes {
				at := slices.ContainsFunc(strings.Split(h.home, ","), func(home string) bool { return dir == home || strings.HasPrefix(dir, home+"/") })
				if (name == h.module || strings.HasPrefix(name, h.module+"/")) && !at {
					t.Errorf("%s imports %s outside %s: %s", fset.Position(im.Pos()), h.module, h.home, h.why)
				}
			}
		}
	})
}

var articleID = regexp.MustCompile(`\bQ[0-9]{5,6}\b`)

func TestEveryCitedArticleIsInTheIndex(t *testing.T) {
	known := map[string]bool{}
	for _, a := range site.Articles() {
		known[a.ID] = true
	}
	cited := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if ext := filepath.Ext(path); ext != ".go" && ext != ".txtar" && ext != ".md" || strings.HasSuffix(path, "kb.txt") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, id := range articleID.FindAllString(string(data), -1) {
			if cited[id] == "" {
				cited[id] = path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, path := range cited {
		if !known[id] {
			t.Errorf("%s cites %s, which emulator/site/kb.txt does not have", path, id)
		}
	}
	for _, a := range site.Articles() {
		if a.Support == "yes" && cited[a.ID] == "" {
			t.Errorf("kb.txt says yes for %s, but no code and no script cites it", a.ID)
		}
	}
}
