package lint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListingsOfAttributes(t *testing.T) {
	text := `  A          M:\MAILDATA\GLB\CONTROL.GLB
  A  SHR     M:\MBG\INQUEUE3.MBG
  A          M:\AUTOEXEC.BAT
File not found - M:\KEY\X.KEY

SERVER/SYS:MAILDATA\KEY
Files:              Size    Last Updated      Flags              Owner
  INQUEUE3 KEY       560  2-23-93   8:50a  [Ro-A--------]  SUPERVISOR
  00000010.KEY       560  2-23-93   8:50a  [RwSAH-------]
Directory of M:\GLB
  TID      GLB         4  2-23-93   8:50a  [RwSA--------]  N/A
`
	var got []string
	for _, l := range readAttributes(ReadText("x", []byte(text))) {
		got = append(got, fmt.Sprintf("%d %s %q shareable=%v ownerless=%v", l.at.Line, l.path, l.attr.String(), l.shareable, l.ownerless))
	}
	want := []string{
		`1 GLB\CONTROL.GLB "" shareable=false ownerless=false`,
		`2 MBG\INQUEUE3.MBG "RH" shareable=false ownerless=false`,
		`8 KEY\INQUEUE3.KEY "R" shareable=false ownerless=false`,
		`9 KEY\00000010.KEY "H" shareable=true ownerless=true`,
		`11 GLB\TID.GLB "" shareable=true ownerless=true`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzAttributes(f *testing.F) {
	f.Add("SERVER/SYS:MAILDATA\\KEY\n  INQUEUE3 KEY       560  2-23-93   8:50a  [RwSA--------]  SUPERVISOR\n  A  R  M:\\GLB\\TID.GLB\n")
	f.Fuzz(func(t *testing.T, text string) {
		list := ReadText("x", []byte(text))
		for _, l := range readAttributes(list) {
			if l.path == "" || l.at.Line < 1 || l.at.Line > len(list.Lines) || strings.Contains(l.path, "/") && !strings.Contains(text, "/") {
				t.Fatalf("%+v", l)
			}
		}
	})
}

func FuzzVersions(f *testing.F) {
	f.Add("3.0.9", "3.0a")
	f.Add("9.0(2)", "9.0.2")
	f.Fuzz(func(t *testing.T, a, b string) {
		if versionLess(a, b) && versionLess(b, a) {
			t.Fatalf("%q and %q are each older than the other", a, b)
		}
		if versionLess(a, a) {
			t.Fatalf("%q is older than itself", a)
		}
	})
}
