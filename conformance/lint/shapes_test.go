package lint

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/site"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestShapesAreCleanOfErrors lists what is found in each built-in site. Of
// these only the one that is wrong on purpose has errors.
func TestShapesAreCleanOfErrors(t *testing.T) {
	var b strings.Builder
	for _, row := range site.Shapes {
		s, err := site.Shape(row.Name)
		if err != nil {
			t.Fatal(err)
		}
		r := Run(context.Background(), FromSite(s, s.Marshal()), Options{})
		fmt.Fprintf(&b, "%s\n", row.Name)
		shared := false
		for _, f := range r.Findings {
			fmt.Fprintf(&b, "  %s %s %s: %s\n", f.Place, f.Severity, f.Rule.ID, f.Message)
			if f.Severity == Error && row.Name != "dedicated-shared" {
				t.Errorf("%s: %s: %s", row.Name, f.Rule.ID, f.Message)
			}
			shared = shared || f.Rule.ID == "deploy.shared-po"
		}
		if shared != (row.Name == "dedicated-shared") {
			t.Errorf("%s: deploy.shared-po fires: %v", row.Name, shared)
		}
		if len(r.Unread) > 0 || len(r.Judged) == 0 {
			t.Errorf("%s: %d rules judged, %d files unread", row.Name, len(r.Judged), len(r.Unread))
		}
	}
	const golden = "testdata/shapes.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("findings of the shapes changed (-want +have):\n%s", diff)
	}
}

// A larger installation of a shape is judged like the small one: each rule that
// fires there fires here, and no other.
func TestMoreGatewaysOfAShapeBringNoNewFindings(t *testing.T) {
	for _, pair := range [][2]string{{"multiple", "multiple:gateways=5"}, {"multiple-dedicated", "multiple-dedicated:pairs=4"}} {
		var rules [2][]string
		for i, name := range pair {
			s, err := site.Shape(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range Run(context.Background(), FromSite(s, s.Marshal()), Options{}).Findings {
				// A larger one needs more than one EXTERNAL, for want of drive letters.
				if f.Rule.ID != "ext.one" && !slices.Contains(rules[i], f.Rule.ID) {
					rules[i] = append(rules[i], f.Rule.ID)
				}
			}
			slices.Sort(rules[i])
		}
		if diff := cmp.Diff(rules[0], rules[1]); diff != "" {
			t.Errorf("%s and %s (-first +second):\n%s", pair[0], pair[1], diff)
		}
	}
}
