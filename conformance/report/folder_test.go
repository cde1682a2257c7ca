package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func liveRun(verdict Verdict, ehlo, seconds string) *Result {
	row := Script{ID: "live.ehlo", Summary: "s", Verdict: verdict, Statements: []Statement{{Subject: "GW1", Name: "answer to EHLO", Value: ehlo}, {Subject: "GW1", Name: "seconds", Value: seconds, Measured: true}}}
	if verdict != Pass {
		row.Reason = "why"
	}
	return New("deploy.yaml", 0, []Script{row, {ID: "live.tcp25", Summary: "t", Verdict: Pass}})
}

func TestAFolderIsReadBackAsItWasWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "run")
	want := liveRun(Fail, "250", "1.0")
	if err := WriteFolder(dir, &Folder{Result: want, Files: map[string][]byte{"transcripts/live.ehlo.txt": []byte("x\n")}}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "result.json")} {
		got, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	for _, name := range []string{"junit.xml", "report.html", "report.txt", "transcripts/live.ehlo.txt"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	// What is there is never written over, and nothing leaves the folder.
	if err := WriteFolder(dir, &Folder{Result: want}); err == nil || !strings.Contains(err.Error(), "it is there already") {
		t.Errorf("written over: %v", err)
	}
	other := filepath.Join(t.TempDir(), "b")
	if err := WriteFolder(other, &Folder{Result: want, Files: map[string][]byte{"../x": nil}}); err == nil || !strings.Contains(err.Error(), "bad name") {
		t.Errorf("a name that leads out is taken: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(other)); err != nil || len(entries) != 0 {
		t.Errorf("half a folder is left: %v, %v", entries, err)
	}
}

func TestResultsThatCannotBeRead(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"not JSON", "{", "unexpected end"},
		{"another version", `{"version":2}`, "version 2 is not 1"},
		{"an unknown verdict", `{"version":1,"scripts":[{"id":"a","verdict":"maybe"}]}`, `unknown verdict "maybe"`},
		{"two of an id", `{"version":1,"scripts":[{"id":"a","verdict":"pass"},{"id":"a","verdict":"pass"}]}`, "want an id of its own"},
	} {
		if _, err := parseResult([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("an empty folder is a result")
	}
}

func TestCompare(t *testing.T) {
	more := liveRun(Pass, "500", "1.0")
	more.Scripts = append(more.Scripts, Script{ID: "live.unknown", Verdict: Pass})
	skipped := liveRun(Skip, "250", "1.0")
	for _, c := range []struct {
		name string
		a, b *Result
		want string
	}{
		{"the same but for a measurement", liveRun(Pass, "500", "1.0"), liveRun(Pass, "500", "9.0"), "0 differences\n"},
		{"another verdict and another answer", liveRun(Pass, "500", "1.0"), liveRun(Fail, "250", "1.0"),
			"live.ehlo  verdict: pass -> fail  (why)\nlive.ehlo  GW1: answer to EHLO: 500 -> 250\n2 differences\n"},
		{"one has a row more", liveRun(Pass, "500", "1.0"), more, "live.unknown  verdict: (nothing) -> pass\n1 difference\n"},
		{"what was skipped says nothing", liveRun(Pass, "500", "1.0"), skipped, "live.ehlo  verdict: pass -> skip  (why)\n1 difference\n"},
	} {
		var b bytes.Buffer
		if err := WriteDifferences(&b, Compare(c.a, c.b)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func FuzzParseResult(f *testing.F) {
	f.Add([]byte(`{"version":1,"scripts":[{"id":"a","verdict":"pass","statements":[{"subject":"x","name":"y","value":"z"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseResult(data)
		if err == nil && len(Compare(r, r)) != 0 {
			t.Fatal("a result differs from itself")
		}
	})
}
