package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite goldens")

// sample has every verdict, and in its texts what each form has to escape.
func sample() *Result {
	return New("emulator", 7, []Script{
		{ID: "outbound_wrong", Summary: "it <b>fails</b> & says \"so\"", Articles: []string{"Q100703"}, Tags: []string{"outbound"}, Verdict: Fail, Seconds: 0.25,
			VirtualSeconds: 372, Reason: "testdata/scripts/outbound_wrong.txtar:9: outside: 50% of <script>alert(1)</script>\x00",
			Repeat: "gwcheck run --seed 7 outbound_wrong", Digest: "00000000deadbeef", File: "testdata/scripts/outbound_wrong.txtar", Line: 9,
			Log: "# the next cycle\n> outside count 1\nFAIL: testdata/scripts/outbound_wrong.txtar:9: ]]> \x1b[2Jbell\x07\n::error::not ours\n"},
		{ID: "inbound_right", Summary: "it passes", Articles: []string{"Q112286", "Q128512"}, Tags: []string{"inbound", "mailer"}, Verdict: Pass, Seconds: 0.125,
			VirtualSeconds: 3600, Repeat: "gwcheck run --seed 7 inbound_right", Digest: "0123456789abcdef", File: "testdata/scripts/inbound_right.txtar"},
		{ID: "inbound_slow", Summary: "it runs out", Verdict: Unknown, Seconds: 60, VirtualSeconds: 1e6, Reason: "the step budget is used up",
			Repeat: "gwcheck run --seed 7 inbound_slow", File: "testdata/scripts/inbound_slow.txtar"},
		{ID: "fault_absent", Summary: "it needs more", Verdict: Skip, Reason: "target small lacks faults, which line 5 needs: fault", File: "a,b:c.txtar",
			Repeat: "gwcheck run --seed 7 fault_absent"},
		{ID: "fault_broken", Summary: "it is wrong", Verdict: Error, Reason: `x.txtar:4: unknown command "mailbagg"`, Repeat: "gwcheck run --seed 7 fault_broken", Line: 4},
	})
}

func TestGoldens(t *testing.T) {
	for _, format := range Formats() {
		t.Run(format, func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(format, &b, sample()); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("testdata", format+".txtar")
			if *update {
				a := txtar.Archive{Comment: []byte("The sample result in the form " + format + ".\n"), Files: []txtar.File{{Name: "want", Data: b.Bytes()}}}
				if err := os.WriteFile(name, txtar.Format(&a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(a.Files[0].Data), b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
	if err := Write("pdf", io.Discard, sample()); err == nil {
		t.Error("an unknown format is accepted")
	}
}

// validate judges a document by one of the published schemas.
func validate(t *testing.T, name string, document []byte) error {
	t.Helper()
	data, err := Schema(name)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:test", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("urn:test")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Validate(v)
}

func TestJSONFollowsTheSchema(t *testing.T) {
	for _, r := range []*Result{sample(), New("emulator", 0, nil)} {
		var b bytes.Buffer
		if err := Write("json", &b, r); err != nil {
			t.Fatal(err)
		}
		if err := validate(t, "run", b.Bytes()); err != nil {
			t.Error(err)
		}
	}
	for name, spoil := range map[string]func(map[string]any){
		"version":              func(m map[string]any) { m["version"] = 2 },
		"missing totals":       func(m map[string]any) { delete(m, "totals") },
		"unknown verdict":      func(m map[string]any) { m["scripts"].([]any)[0].(map[string]any)["verdict"] = "maybe" },
		"fail without reason":  func(m map[string]any) { m["scripts"].([]any)[0].(map[string]any)["reason"] = "" },
		"seconds are a number": func(m map[string]any) { m["scripts"].([]any)[0].(map[string]any)["seconds"] = "1s" },
	} {
		var b bytes.Buffer
		Write("json", &b, sample())
		var m map[string]any
		if err := json.Unmarshal(b.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		spoil(m)
		spoiled, _ := json.Marshal(m)
		if err := validate(t, "run", spoiled); err == nil {
			t.Errorf("the schema accepts a document with: %s", name)
		}
	}
	if _, err := Schema("nonsense"); err == nil {
		t.Error("an unknown schema is printed")
	}
}

func TestJUnitIsXML(t *testing.T) {
	var b bytes.Buffer
	r := sample()
	for i := range r.Scripts { // every byte there is
		for c := range 256 {
			r.Scripts[i].Log += string([]byte{byte(c)})
		}
		r.Scripts[i].Reason += "\ufffe\x0b"
	}
	if err := Write("junit", &b, r); err != nil {
		t.Fatal(err)
	}
	var read junitSuites
	if err := xml.Unmarshal(b.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if read.Tests != 5 || read.Failures != 1 || read.Errors != 2 || read.Skipped != 1 || len(read.Suites) != 3 {
		t.Errorf("read back: %+v", read)
	}
}

func TestNothingQuotedBecomesACommand(t *testing.T) {
	for format, never := range map[string][]string{
		"text":   {"\x1b", "\x07", "\x00"},
		"html":   {"<script>", "<b>"},
		"github": {"\n::error::not ours", "\x00"},
	} {
		var b bytes.Buffer
		if err := Write(format, &b, sample()); err != nil {
			t.Fatal(err)
		}
		for _, bad := range never {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%s contains %q", format, bad)
			}
		}
	}
}

func TestColor(t *testing.T) {
	var b bytes.Buffer
	if err := (Text{Color: true}).Script(&b, &Script{ID: "a_b", Verdict: Pass}); err != nil {
		t.Fatal(err)
	}
	if want := "\x1b[32mpass   \x1b[0m a_b  0s of virtual time\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestWriteFileIsWholeOrNotThere(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out.txt")
	write := func(text string, err error) error {
		return WriteFile(name, func(w io.Writer) error { io.WriteString(w, text); return err })
	}
	if err := write("first", nil); err != nil {
		t.Fatal(err)
	}
	if err := write("second", errors.New("disk full")); err == nil || !strings.Contains(err.Error(), "out.txt: disk full") {
		t.Errorf("got %v", err)
	}
	data, err := os.ReadFile(name)
	if err != nil || string(data) != "first" {
		t.Errorf("file has %q, %v", data, err)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Errorf("%d files are left", len(entries))
	}
	if err := WriteFile(filepath.Join(dir, "no", "out.txt"), func(io.Writer) error { return nil }); err == nil {
		t.Error("a file in no folder is written")
	}
}

// A live check has no clock but the wall's.
func TestTheTimeOfALiveCheckIsReal(t *testing.T) {
	r := New("d.yaml", 0, []Script{{ID: "live.tcp25", Tags: []string{"live", "probe"}, Verdict: Fail, Reason: "x", Seconds: 3.21}, {ID: "a_b", Verdict: Pass, VirtualSeconds: 7}})
	var b bytes.Buffer
	if err := Write("html", &b, r); err != nil {
		t.Fatal(err)
	}
	if page := b.String(); !strings.Contains(page, ">3.2s<") || !strings.Contains(page, ">7s of virtual time<") || strings.Contains(page, ">0s of") {
		t.Errorf("%s", page)
	}
}
