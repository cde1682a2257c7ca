package deploy

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"gwkit/emulator/site"
)

func full(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// zeroes lists the fields that a value leaves empty.
func zeroes(path string, v reflect.Value) (out []string) {
	switch {
	case v.Type() == reflect.TypeOf(site.Pos{}):
		if v.Field(1).Int() == 0 {
			out = append(out, path)
		}
	case v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.Struct:
		return zeroes(path, v.Elem())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			out = append(out, zeroes(path+"."+v.Type().Field(i).Name, v.Field(i))...)
		}
	case v.Kind() == reflect.Slice && v.Len() > 0 && v.Index(0).Kind() == reflect.Struct:
		// What one element lacks another may have.
		missing := map[string]int{}
		for i := range v.Len() {
			for _, z := range zeroes(path, v.Index(i)) {
				missing[z]++
			}
		}
		for z, n := range missing {
			if n == v.Len() {
				out = append(out, z)
			}
		}
	case v.IsZero():
		out = append(out, path)
	}
	return out
}

func TestEveryKeyIsRead(t *testing.T) {
	d, err := Parse("testdata/full.yaml", full(t))
	if err != nil {
		t.Fatal(err)
	}
	got := zeroes("", reflect.ValueOf(*d))
	// These are empty in a file that has every key: one of a choice.
	want := []string{".Test.Submit.Person", ".Test.Catch.Maildir", ".Test.Catch.Mbox", ".Names.Hosts", ".Names.Server", ".Volume.SizeBytes", ".Volume.PeakHour", ".Volume.Attachments"}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare), cmpopts.IgnoreSliceElements(func(s string) bool { return strings.HasSuffix(s, ".Pos") })); diff != "" {
		t.Errorf("fields that no key of full.yaml fills (-want +got):\n%s", diff)
	}
	// And full.yaml has every key of the table.
	var walk func(path string, keys []key)
	walk = func(path string, keys []key) {
		for _, k := range keys {
			at := path + k.name
			if _, ok := d.Positions[at]; !ok && at != "test.submit.person" && at != "test.catch.maildir" && at != "test.catch.mbox" && at != "names.hosts" && at != "names.server" && !strings.Contains(at, "users[1]") &&
				at != "volume.size" && at != "volume.peakHour" && at != "volume.attachments" && at != "postoffices[0].via" {
				t.Errorf("full.yaml lacks %s", at)
			}
			switch k.kind {
			case kindMapping:
				walk(at+".", k.of)
			case kindList:
				walk(at+"[0].", k.of)
			case kindUsers:
				walk(at+"[1].", k.of)
			}
		}
	}
	walk("", fileKeys)
}

func TestValuesAreWhatTheFileSays(t *testing.T) {
	d, err := Parse("testdata/full.yaml", full(t))
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	no := false
	checks := []struct {
		name      string
		got, want any
	}{
		{"allow", d.Allow, Allow{true, true, true, true}},
		{"size", d.Postoffices[0].Volume, Volume{In: 500, Out: 400, SizeBytes: 8192, PeakHour: 0.2, Attachments: 0.1, Declared: true}},
		{"memory", d.PCs[0].FreeMemory, 512000},
		{"drives", d.PCs[0].Drives, []site.DriveMap{{Letter: 'M', Postoffice: "COMPANY/HUB"}, {Letter: 'N', Postoffice: "COMPANY/SALES"}}},
		{"versions", d.PCs[0].Versions, map[string]string{"SMTPGATE": "3.0.9", "SMTPGET": "3.04.6"}},
		{"dedicated", d.PCs[0].Dedicated, &yes},
		{"adapterRam", d.PCs[0].AdapterRAM, &no},
		{"user", d.Postoffices[0].Users[1].NoExternal, true},
		{"mode", d.Postoffices[0].Mode, "777"},
		{"patience", d.Patience, 15 * time.Minute},
		{"program", d.PCs[0].Program(), "SMTPGATE"},
		{"where", d.Where("pcs[0].run").String(), "testdata/full.yaml:55:10"},
		{"relative path", d.Path("drives/hub"), filepath.Join("testdata", "drives", "hub")},
		{"UNC path", d.Path(`\\server\sales`), `\\server\sales`},
		{"Windows drive", d.Path(`M:\`), `M:\`},
	}
	for _, c := range checks {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestDefaults(t *testing.T) {
	d, err := Parse("d.yaml", []byte("version: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !d.Allow.Read || d.Allow.Probe || d.Allow.Message || d.Allow.Write || d.Speed != 1 || d.Patience != DefaultPatience || d.Lint.Fail != "error" {
		t.Errorf("defaults: %+v", d)
	}
	if d, err = Parse("d.yaml", []byte("version: 1\nallow: []\n")); err != nil || d.Allow != (Allow{}) {
		t.Errorf("nothing is allowed, have %+v, %v", d, err)
	}
}

func TestAllMistakesAtOnceWithTheirPlaces(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "f:1:1: the file is empty"},
		{"no mapping", "- a\n", "f:1:1: deployment file: want a mapping, have a list"},
		{"no version", "name: x\n", `f:1:1: missing key "version"`},
		{"wrong version", "version: 2\n", `f:1:10: version: want a number from 1 to 1, have "2"`},
		{"misspelt key", "version: 1\npostofices: []\n", `f:2:1: unknown key "postofices", did you mean "postoffices"?`},
		{"unknown permission", "version: 1\nallow: [read, delete]\n", `f:2:15: allow: unknown word "delete", want one of read, probe, message, write`},
		{"messages without mailboxes", "version: 1\nallow: [message]\n", "f:2:8: marked messages are allowed, but test.mailboxes names none that they may use"},
		{"dangling references", "version: 1\npostoffices: [{name: A/B, via: A/C}]\npcs: [{name: G, drives: {M: A/D}}]\n",
			"f:2:32: unknown postoffice \"A/C\", did you mean \"A/B\"?\nf:3:29: unknown postoffice \"A/D\", did you mean \"A/B\"?"},
		{"via itself", "version: 1\npostoffices: [{name: A/B, via: a/b}]\n", `f:2:32: postoffice "A/B" is via itself`},
		{"two of a name", "version: 1\npostoffices: [{name: A/B}, {name: a/b}]\npcs: [{name: G}, {name: g}]\n",
			"f:2:35: second postoffice \"a/b\", the first is in line 2\nf:3:25: second PC \"g\", the first is in line 3"},
		{"long name", "version: 1\npostoffices: [{name: A/BCDEFGHIJKL}]\n", `f:2:22: bad name "A/BCDEFGHIJKL", want at most 10 characters before and behind the slash`},
		{"role, address, ip", "version: 1\npcs: [{name: G, role: sender, ip: 1.2.3, address: host}]\n",
			"f:2:23: pcs[0].role: unknown word \"sender\", did you mean \"send\"?\nf:2:35: bad IP address \"1.2.3\", want four numbers with dots\nf:2:51: bad address \"host\", want HOST:PORT such as 10.0.0.5:25"},
		{"sizes and shares", "version: 1\nvolume: {size: 8kk, peakHour: 3, in: -1}\nspeed: 0\n",
			"f:2:16: volume.size: want a size such as 8192 or 8k, have \"8kk\"\nf:2:31: volume.peakHour: want a share from 0 to 1, have \"3\"\nf:2:38: volume.in: want a number from 0 to 1073741824, have \"-1\"\nf:3:8: speed: want a number above 0, at most 1000000, have \"0\""},
		{"test", "version: 1\ntest: {outside: 'a b@c', submit: {command: x, person: true}, catch: {listen: '127.0.0.1:1', mbox: y}, mailboxes: [{user: a, address: \"a@b>\\r\\nDATA\"}]}\n",
			"f:2:17: bad address \"a b@c\", want user@domain\nf:2:55: either a command or a person submits mail, not both\nf:2:69: test mail is caught in one place: listen, maildir or mbox\nf:2:115: missing key \"postoffice\"\nf:2:134: bad address \"a@b>\\r\\nDATA\", want user@domain"},
		{"attachments", "version: 1\ntest: {submit: {command: x, attach: '-a FILE'}}\n", `f:2:37: bad words "-a FILE", want {attachment} in them, and test.submit.command, which they belong to`},
		{"attachments of a person", "version: 1\ntest: {submit: {person: true, attach: '{attachment}'}}\n", `f:2:39: bad words "{attachment}", want {attachment} in them, and test.submit.command, which they belong to`},
		{"rule without a reason", "version: 1\nlint: {off: [{rule: opt.p}]}\n", `f:2:14: missing key "reason"`},
		{"blank reason", "version: 1\nlint: {off: [{rule: opt.p, reason: '  '}]}\n", `f:2:36: lint.off[0].reason: want a value, have nothing`},
		{"a word twice", "version: 1\nallow: [read, probe, read]\n", `f:2:22: allow: the word "read" stands there twice`},
		{"numbers", "version: 1\npostoffices: [{name: A/B, drive: 7}]\npcs: [{name: G, run: 12}]\n",
			"f:2:34: postoffices[0].drive: want a path, have the number \"7\"; in quotes it is a text\nf:3:22: pcs[0].run: want a command line, have the number \"12\"; in quotes it is a text"},
		{"no program", "version: 1\npcs: [{name: G, run: SMTPGTAE -w120}]\n", `f:2:22: "SMTPGTAE -w120" starts no program that is known, want SMTPGATE, EXTERNAL or DISPATCH in it`},
		{"two places for names", "version: 1\nnames: {zone: z, server: '1.2.3.4:53'}\n", "f:2:8: names are looked up in one place, have zone and server"},
		{"words in braces", "version: 1\ntest: {submit: {command: 'x {form} {to}', attach: '-a {attachment} {nosuch}'}}\n",
			"f:2:26: unknown word {form}, did you mean \"from\"?\nf:2:51: unknown word {nosuch}, want one of attachment, from, to, subject, file"},
		{"a long test mailbox", "version: 1\npostoffices: [{name: A/B}]\ntest: {mailboxes: [{postoffice: A/B, user: elevenchars}]}\n", `f:3:44: bad mailbox "elevenchars", want at most 10 characters (Q107089)`},
		{"no half a suggestion", "version: 1\npostoffices: [{name: COMPANY/}]\npcs: [{name: G, drives: {M: COMPANY/X}}]\n",
			"f:2:22: want a name of the form NETWORK/POSTOFFICE\nf:3:29: unknown postoffice \"COMPANY/X\""},
		{"shape", "version: 1\nshape: singel\n", `f:2:8: cannot find shape "singel", did you mean "single"?`},
		{"anchors", "version: 1\nname: &a x\n", "f:2:7: anchors are not allowed in a deployment file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := Parse("f", []byte(c.file))
			if err == nil {
				t.Fatalf("no mistake in %+v", d)
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheSchemaTakesWhatTheReaderTakes(t *testing.T) {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("deploy.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("deploy.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text []byte) error {
		data, err := yaml.YAMLToJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		var document any
		if err := json.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		return s.Validate(document)
	}
	if err := validate(full(t)); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"version: 2\n", "name: x\n", "version: 1\nallow: [delete]\n", "version: 1\npcs: [{nam: x}]\n", "version: 1\nvolume: {size: 8kk}\n"} {
		if validate([]byte(wrong)) == nil {
			t.Errorf("the schema takes %q", wrong)
		}
	}
}

func TestReferenceListsEveryKey(t *testing.T) {
	text := Reference()
	for _, want := range []string{"- `version` (number)", "  - `drive` (file)", "    - `autoexec` (file)", "- `lint` (mapping)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the reference lacks %q", want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full(f))
	f.Add([]byte("version: 1\npostoffices: [{name: A/B, users: [a, {name: b}]}]\npcs: [{name: G, drives: {M: A/B}}]\n"))
	f.Add([]byte("version: 1\nvolume: {size: 8k}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse("f", data)
		if (d == nil) == (err == nil) {
			t.Fatalf("%v, %v", d, err)
		}
		if err == nil && (d.Patience <= 0 || d.Speed <= 0 || d.Version != FileVersion) {
			t.Fatalf("an incomplete deployment: %+v", d)
		}
	})
}

// The schema lies in the repository beside the others, for editors; make
// generate writes it.
func TestThePublishedSchemaIsThatOfTheTable(t *testing.T) {
	data, err := os.ReadFile("../report/schema/deploy.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, Schema()) {
		t.Error("conformance/report/schema/deploy.json is stale: make generate")
	}
}
