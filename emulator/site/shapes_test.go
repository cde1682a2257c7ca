package site

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// ignorePositions compares sites as data.
var ignorePositions = cmp.Options{
	cmpopts.IgnoreTypes(Pos{}),
	cmpopts.IgnoreFields(Site{}, "Positions", "Name"),
	cmpopts.EquateEmpty(),
}

func TestShapesPrintAsTheirGoldenFile(t *testing.T) {
	for _, row := range Shapes {
		t.Run(row.Name, func(t *testing.T) {
			s, err := Shape(row.Name)
			if err != nil {
				t.Fatal(err)
			}
			have := s.Marshal()
			golden := filepath.Join("testdata", "shape_"+row.Name+".yaml")
			if *update {
				if err := os.WriteFile(golden, have, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
			if diff := cmp.Diff(string(want), string(have)); diff != "" {
				t.Errorf("printed shape differs from %s (-want +have):\n%s", golden, diff)
			}
			again, err := Parse(row.Name, have)
			if err != nil {
				t.Fatalf("the printed shape does not parse:\n%v", err)
			}
			if diff := cmp.Diff(s, again, ignorePositions); diff != "" {
				t.Errorf("parsing the printed shape changes it:\n%s", diff)
			}
		})
	}
}

func TestShapeIsUnknown(t *testing.T) {
	if s, err := Shape("triple"); err == nil || s != nil {
		t.Errorf("have a shape %v", s)
	}
}

func TestDedicatedShapesRunTheCommandsAsPrinted(t *testing.T) {
	for _, name := range []string{"dedicated", "dedicated-shared", "multiple-dedicated"} {
		s, _ := Shape(name)
		if have, want := s.PC("GW1").Run, "SMTPGATE  -w32767 -i63 -md -lascy -ci -gascy"; have != want {
			t.Errorf("%s: receiver runs %q, want %q", name, have, want)
		}
		if have, want := s.PC("GW2").Run, "SMTPGATE -w120 -q180 -063 -md -ln -ci -gascy -ms"; have != want {
			t.Errorf("%s: sender runs %q, want %q", name, have, want)
		}
		shared := s.PC("GW1").Drive('M') == s.PC("GW2").Drive('M')
		if shared != (name == "dedicated-shared") {
			t.Errorf("%s: both gateways on one postoffice: %v", name, shared)
		}
	}
}

func TestShapesAreCopies(t *testing.T) {
	a, _ := Shape("dedicated")
	a.PCs[0].Local[0] = "CHANGED"
	c := a.Clone()
	c.Postoffices[0].Users[0] = "CHANGED"
	if b, _ := Shape("dedicated"); b.PCs[0].Local[0] == "CHANGED" || a.Postoffices[0].Users[0] == "CHANGED" {
		t.Error("a change of one copy shows in another")
	}
}
