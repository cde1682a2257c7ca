package golive

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/conformance/capacity"
	"gwkit/conformance/lint"
	"gwkit/conformance/report"
)

var update = flag.Bool("update", false, "rewrite goldens")

// found is a deployment that nothing speaks against.
func found() *Found {
	return &Found{
		Name: "Company", File: "deploy.yaml", At: time.Date(2026, 11, 24, 4, 20, 0, 0, time.UTC),
		Lint: &lint.Report{}, Fail: lint.Error,
		Capacity: &capacity.Answer{Verdict: capacity.Yes, InPerDay: 500, OutPerDay: 400, SizeBytes: 8192, OfferedPerDay: 900, SimulatedPerDay: 9700, Bottleneck: "gateway GW1"},
		Live:     []report.Script{row("live.inbound", report.Pass, ""), row("live.outbound", report.Pass, "")},
		In:       "live.inbound", Out: "live.outbound", WallSeconds: 61, CPUSeconds: 1.2,
	}
}

func row(id string, v report.Verdict, reason string) report.Script {
	return report.Script{ID: id, Verdict: v, Reason: reason, Articles: []string{"Q131150"}}
}

func finding(id string, s lint.Severity) lint.Finding {
	return lint.Finding{Rule: lint.RuleByID(id), Severity: s, Place: lint.Place{File: "A.CFG", Line: 2, Column: 3}, Message: "it is <wrong>", Remedy: "change it"}
}

func TestVerdict(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Found)
		want   string
		reason string
	}{
		{"nothing", func(*Found) {}, Yes, "nothing that was judged"},
		{"a warning", func(f *Found) { f.Lint.Findings = []lint.Finding{finding("map.shadowed", lint.Warning)} }, Yes, "1 warning"},
		{"a warning that fails", func(f *Found) {
			f.Lint.Findings = []lint.Finding{finding("map.shadowed", lint.Warning)}
			f.Fail = lint.Warning
		}, No, "1 thing blocks"},
		{"an error", func(f *Found) { f.Lint.Findings = []lint.Finding{finding("deploy.shared-po", lint.Error)} }, No, "1 thing blocks"},
		{"a failed check", func(f *Found) { f.Live[0] = row("live.inbound", report.Fail, "nothing came") }, No, "1 thing blocks"},
		{"a failed script", func(f *Found) { f.Scripts = []report.Script{row("inbound_x", report.Fail, "no")} }, No, "1 thing blocks"},
		{"too much", func(f *Found) { f.Capacity.Verdict, f.Capacity.Reason = capacity.No, "it piles up" }, No, "1 thing blocks"},
		{"mail not tried", func(f *Found) { f.Live[1] = row("live.outbound", report.Skip, "not allowed") }, Unknown, "no mail was seen to pass out"},
		{"no direction", func(f *Found) { f.In, f.Out, f.Live = "", "", nil }, Unknown, "no PC with a gateway is named (pcs)"},
		{"a sender alone", func(f *Found) { f.In, f.Live = "", f.Live[1:] }, Yes, ""},
		{"a check without a verdict", func(f *Found) { f.Live[0] = row("live.inbound", report.Unknown, "interrupted") }, Unknown, "1 thing could not"},
		{"a file that cannot be read", func(f *Found) { f.Lint.Unread = []lint.Mistake{{Message: "no rights"}} }, Unknown, "1 thing could not"},
		{"ended early", func(f *Found) { f.Interrupted = true }, Unknown, "ended before"},
		{"no declared volume", func(f *Found) { f.Capacity, f.CapacityWhy = nil, "no volume is declared (volume)" }, Yes, ""},
		{"scripts that do not apply", func(f *Found) { f.Scripts = []report.Script{row("a_b", report.Skip, "other site")} }, Yes, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := found()
			tt.change(f)
			r := Compose(f)
			if r.Verdict != tt.want || !strings.Contains(r.Reason, tt.reason) {
				t.Errorf("%s: %s, want %s with %q", r.Verdict, r.Reason, tt.want, tt.reason)
			}
			if (r.Verdict == No) != (len(r.Blocking) > 0) {
				t.Errorf("%s with %d blocking", r.Verdict, len(r.Blocking))
			}
		})
	}
}

// full is a page with all its parts.
func full() *Report {
	off := lint.TurnedOff{Rule: lint.RuleByID("opt.log"), Reason: "logs are <kept> elsewhere"}
	f := found()
	f.Lint = &lint.Report{
		Rules:     2,
		Findings:  []lint.Finding{finding("deploy.shared-po", lint.Error), finding("map.shadowed", lint.Warning), finding("opt.log", lint.Info)},
		NotJudged: []lint.NotJudged{{Rule: lint.RuleByID("sys.files"), Missing: "CONFIG.SYS of GW1"}, {Rule: lint.RuleByID("sys.files"), Missing: "CONFIG.SYS of GW2"}},
		Unread:    []lint.Mistake{{At: lint.Place{File: "X"}, Message: "no rights"}},
	}
	f.Live = append(f.Live, row("live.rcpt", report.Fail, "550 for margb\x1b[2J <b>"), row("live.ehlo", report.Skip, "not allowed"))
	f.Scripts = []report.Script{row("inbound_a", report.Pass, ""), row("inbound_b", report.Skip, "other site"), row("inbound_c", report.Skip, "other site")}
	f.Capacity.Verdict, f.Capacity.Reason = capacity.No, "it piles up"
	f.Capacity.Advice = []capacity.Advice{{Change: "other options"}, {Change: "another gateway", Carries: true}}
	f.Results = "results/1"
	f.Lint.Off = append(f.Lint.Off, off)
	return Compose(f)
}

func TestWrittenForms(t *testing.T) {
	for _, format := range Formats {
		t.Run(format, func(t *testing.T) {
			var b strings.Builder
			if err := Write(format, &b, full()); err != nil {
				t.Fatal(err)
			}
			got := b.String()
			if !strings.Contains(got, "elsewhere") {
				t.Error("the reason of a rule that is turned off is lost")
			}
			switch format {
			case "html":
				if strings.Contains(got, "<wrong>") || strings.Contains(got, "<b>") {
					t.Error("the page has text that is not escaped")
				}
			case "json":
				var r Report
				if err := json.Unmarshal([]byte(got), &r); err != nil || r.Verdict != No {
					t.Errorf("%v, %s", err, r.Verdict)
				}
				return
			case "text":
				if strings.Contains(got, "\x1b") {
					t.Error("a control character reaches the terminal")
				}
			}
			golden := filepath.Join("testdata", "page."+format)
			if *update {
				if err := os.MkdirAll("testdata", 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if err := Write("pdf", &strings.Builder{}, full()); err == nil {
		t.Error("an unknown form is written")
	}
}

// What an interrupted run did not begin is one line, not a hundred.
func TestManyOfOneReasonAreOneItem(t *testing.T) {
	f := found()
	f.Interrupted = true
	f.Live[0] = row("live.inbound", report.Unknown, "interrupted; it was in INQUEUE3")
	for i := range 171 {
		f.Scripts = append(f.Scripts, row(fmt.Sprintf("a_%d", i), report.Unknown, "interrupted before it began"))
	}
	r := Compose(f)
	if len(r.Open) != 2 || r.Open[0].ID != "live.inbound" || r.Open[1].ID != "a_0 and 170 more" || r.Open[1].Message != "interrupted before it began" {
		t.Errorf("%+v", r.Open)
	}
}
