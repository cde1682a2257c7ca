package lint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/conformance/names"
)

// reportForTests has one of each thing, some of it hostile.
func reportForTests() *Report {
	rule, other, third := RuleByID("map.shadowed"), RuleByID("sys.files"), RuleByID("deploy.att")
	return &Report{
		Rules: 4,
		Findings: []Finding{
			{rule, Warning, Place{File: "a b/ADDR,MAP.CFG", Line: 3, Column: 17}, "mail for \x1b[31mx goes\n::error::y 100%", rule.Remedy},
			{rule, Warning, Place{File: "a b/ADDR,MAP.CFG", Line: 5, Column: 1}, "second", rule.Remedy},
			{other, Info, Place{File: `\\server\hub\GLB\NETWORK.GLB`, Offset: 122, InRecord: true}, "record <b>", other.Remedy},
			{other, Error, Place{File: `C:\GATE`}, "whole", other.Remedy},
		},
		NotJudged: []NotJudged{{third, "the gateways of COMPANY/HUB (gateways)"}, {third, "the gateways of COMPANY/SALES (gateways)"}},
		Off:       []TurnedOff{{RuleByID("opt.log"), "logs are elsewhere"}},
		Judged:    []*Rule{rule, other},
		Unread:    []Mistake{{Place{File: "x\x07"}, "permission denied"}},
	}
}

func form(t *testing.T, format string, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(format, &b, "name", r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTextIsGroupedByFile(t *testing.T) {
	want := `a b/ADDR,MAP.CFG
  3:17      warning map.shadowed         mail for ?[31mx goes?::error::y 100%
            Q111840: remove the entry, or give the postoffice a domain of its own
  5:1       warning map.shadowed         second

\\server\hub\GLB\NETWORK.GLB
  +0x7a     info    sys.files            record <b>
            Q128570 Q134949 Q135926 Q156166 Q127732: write FILES=50 in CONFIG.SYS

C:\GATE
  -         error   sys.files            whole
            Q128570 Q134949 Q135926 Q156166 Q127732: write FILES=50 in CONFIG.SYS

not judged, or in part only: 1 rule, for want of
  the gateways of COMPANY/HUB and 1 more (gateways): deploy.att
words in parentheses are keys of a deployment file: gwcheck init, gwcheck doc --deploy
turned off: opt.log (logs are elsewhere)

cannot be read:
  x?: permission denied

1 error, 2 warnings, 1 info; of 4 rules 2 judged, 0 in part, 1 not, 0 without a subject, 1 turned off, 1 file could not be read
`
	if diff := cmp.Diff(want, form(t, "text", reportForTests())); diff != "" {
		t.Error(diff)
	}
}

func TestGitHubAnnotationsCannotBeForged(t *testing.T) {
	text := form(t, "github", reportForTests())
	want := []string{
		"::warning file=a b/ADDR%2CMAP.CFG,line=3,col=17,title=map.shadowed Q111840::mail for ?[31mx goes%0A::error::y 100%25%0Aremedy: remove the entry, or give the postoffice a domain of its own",
		"::warning file=a b/ADDR%2CMAP.CFG,line=5,col=1,title=map.shadowed Q111840::second%0Aremedy: remove the entry, or give the postoffice a domain of its own",
		"::notice file=\\\\server\\hub\\GLB\\NETWORK.GLB,title=sys.files Q128570::offset 0x7a: record <b>%0Aremedy: write FILES=50 in CONFIG.SYS",
		"::error file=C%3A\\GATE,title=sys.files Q128570::whole%0Aremedy: write FILES=50 in CONFIG.SYS",
		"::notice title=turned off%3A opt.log::logs are elsewhere",
		"::warning file=x?,title=cannot be read::permission denied",
		"",
		"not judged, or in part only: 1 rule, for want of",
		"  the gateways of COMPANY/HUB and 1 more (gateways): deploy.att",
		"words in parentheses are keys of a deployment file: gwcheck init, gwcheck doc --deploy",
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if diff := cmp.Diff(want, lines[:len(lines)-1]); diff != "" {
		t.Error(diff)
	}
}

// The parts of the SARIF 2.1.0 schema that we write: what is required, of which
// type, and that indexes point at something.
func TestSARIFHasTheShapeOf210(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal([]byte(form(t, "sarif", reportForTests())), &doc); err != nil {
		t.Fatal(err)
	}
	if doc["version"] != "2.1.0" || !strings.Contains(doc["$schema"].(string), "sarif-2.1.0") {
		t.Errorf("version %v, schema %v", doc["version"], doc["$schema"])
	}
	run := doc["runs"].([]any)[0].(map[string]any)
	driver := run["tool"].(map[string]any)["driver"].(map[string]any)
	rules := driver["rules"].([]any)
	if driver["name"] != "gwcheck" || len(rules) != 4 {
		t.Errorf("driver %v", driver)
	}
	for _, r := range rules {
		rule := r.(map[string]any)
		level := rule["defaultConfiguration"].(map[string]any)["level"]
		if rule["shortDescription"].(map[string]any)["text"] == "" || level != "error" && level != "warning" && level != "note" {
			t.Errorf("rule %v", rule)
		}
	}
	results := run["results"].([]any)
	if len(results) != 4 {
		t.Fatalf("%d results", len(results))
	}
	var uris []string
	for _, x := range results {
		result := x.(map[string]any)
		i := int(result["ruleIndex"].(float64))
		if rules[i].(map[string]any)["id"] != result["ruleId"] {
			t.Errorf("index %d is not %v", i, result["ruleId"])
		}
		place := result["locations"].([]any)[0].(map[string]any)["physicalLocation"].(map[string]any)
		uri := place["artifactLocation"].(map[string]any)["uri"].(string)
		uris = append(uris, uri)
		if _, err := url.Parse(uri); err != nil {
			t.Error(err)
		}
		if region, ok := place["region"].(map[string]any); ok {
			_, line := region["startLine"]
			_, offset := region["byteOffset"]
			if line == offset {
				t.Errorf("region %v", region)
			}
		}
	}
	if diff := cmp.Diff([]string{"a%20b/ADDR,MAP.CFG", "a%20b/ADDR,MAP.CFG", "file://server/hub/GLB/NETWORK.GLB", "file:///C:/GATE"}, uris); diff != "" {
		t.Error(diff)
	}
	call := run["invocations"].([]any)[0].(map[string]any)
	if call["executionSuccessful"] != true || len(call["toolConfigurationNotifications"].([]any)) != 4 {
		t.Errorf("invocation %v", call)
	}
}

func TestAnEmptyReportIsWritten(t *testing.T) {
	for _, format := range Formats {
		text := form(t, format, &Report{})
		if text == "" {
			t.Errorf("%s writes nothing", format)
		}
		if format == "json" || format == "sarif" {
			var doc any
			if err := json.Unmarshal([]byte(text), &doc); err != nil || strings.Contains(text, "null") {
				t.Errorf("%s: %v\n%s", format, err, text)
			}
		}
	}
	if err := Write("pdf", &bytes.Buffer{}, "", &Report{}); err == nil {
		t.Error("an unknown format is written")
	}
}

func TestOptionsChooseRules(t *testing.T) {
	in := &Installation{Said: map[string]Fact[string]{}}
	r := Run(context.Background(), in, Options{Only: []string{"map", "sys.tz"}, Off: map[string]string{"map.order": "not wanted", "sys.files": "not asked"}})
	if len(r.Off) != 1 || r.Off[0].Rule.ID != "map.order" || r.Off[0].Reason != "not wanted" {
		t.Errorf("off: %+v", r.Off)
	}
	for _, n := range r.NotJudged {
		if !strings.HasPrefix(n.Rule.ID, "map.") && n.Rule.ID != "sys.tz" {
			t.Errorf("%s was not asked for", n.Rule.ID)
		}
	}
	if len(r.NotJudged) == 0 || len(r.Findings) > 0 {
		t.Errorf("an installation of which nothing is known: %d not judged, %d findings", len(r.NotJudged), len(r.Findings))
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if r := Run(ended, in, Options{}); len(r.NotJudged) != len(Rules) || len(r.Judged) > 0 {
		t.Errorf("an ended run judged %d rules", len(r.Judged))
	}
}

func TestNothingKnownIsNeverClean(t *testing.T) {
	r := Run(context.Background(), &Installation{Said: map[string]Fact[string]{}}, Options{})
	for _, x := range r.Judged {
		t.Errorf("%s is judged although nothing is known", x.ID)
	}
	for _, f := range r.Findings {
		t.Errorf("%s: %s", f.Rule.ID, f.Message)
	}
	for _, x := range r.NoSubject {
		t.Errorf("%s lacks nothing and judges nothing", x.ID)
	}
}

// counting is a resolver that counts what it is asked.
type counting struct {
	asked int
	err   error
}

func (c *counting) Addresses(context.Context, string) ([]string, error) {
	c.asked++
	return []string{"11.1.16.16"}, c.err
}

func (c *counting) Exchangers(context.Context, string) ([]names.MX, error) {
	c.asked++
	return nil, c.err
}

func TestASilentNameServerIsGivenUp(t *testing.T) {
	for _, row := range []struct {
		name string
		err  error
		want int
	}{{"answers", nil, 10}, {"refuses", errors.New("refused"), 10}, {"is silent", context.DeadlineExceeded, failuresMax}} {
		c := &counting{err: row.err}
		p := newPatience(c)
		for i := range 10 {
			for range 2 { // the second time it is known
				if _, err := p.Addresses(context.Background(), fmt.Sprint("host", i)); err != row.err {
					t.Errorf("%s: %v", row.name, err)
				}
			}
		}
		if c.asked != row.want {
			t.Errorf("%s: asked %d times, want %d", row.name, c.asked, row.want)
		}
	}
}

// A rule that saw one PC and lacked another counts once.
func TestSummaryAddsUp(t *testing.T) {
	a, b, c := &Rule{ID: "a"}, &Rule{ID: "b"}, &Rule{ID: "c"}
	r := &Report{Rules: 4, Judged: []*Rule{a, b}, NotJudged: []NotJudged{{b, "x"}, {b, "y"}, {c, "x"}}, NoSubject: []*Rule{{ID: "d"}}}
	const want = "0 errors, 0 warnings, 0 info; of 4 rules 1 judged, 1 in part, 1 not, 1 without a subject"
	if got := r.Summary(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// So do the numbers of the document.
	if x := r.totals(); x.Judged+x.Part+x.NotJudged+x.NoSubject+x.Off != x.Rules {
		t.Errorf("%+v", x)
	}
}
