package site

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every shape, plain and with its example parameters, in every form.
func TestShapesDrawAsTheirGoldenFile(t *testing.T) {
	for _, row := range Shapes {
		t.Run(row.Name, func(t *testing.T) {
			var have bytes.Buffer
			for _, name := range []string{row.Name, row.Example} {
				s, err := Shape(name)
				if err != nil {
					t.Fatal(err)
				}
				for _, form := range Drawings {
					drawing, err := s.Draw(form)
					if err != nil {
						t.Fatal(err)
					}
					have.WriteString("-- " + name + " " + form + " --\n")
					have.Write(drawing)
				}
			}
			golden := filepath.Join("testdata", "draw_"+row.Name+".txtar")
			if *update {
				if err := os.WriteFile(golden, have.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
			if diff := cmp.Diff(string(want), have.String()); diff != "" {
				t.Errorf("drawing differs from %s (-want +have):\n%s", golden, diff)
			}
		})
	}
}

func TestDrawingSaysWhatIsWrong(t *testing.T) {
	for _, row := range []struct {
		name   string
		shape  string
		change func(*Site)
		want   string // empty: nothing is wrong
	}{
		{"pair on two postoffices", "dedicated", func(*Site) {}, ""},
		{"pair on one postoffice", "dedicated-shared", func(*Site) {}, "GW1 and GW2 share COMPANY/HUB"},
		{"other drive of the same postoffice", "dedicated", func(s *Site) {
			s.PC("GW2").Drives = []DriveMap{{'N', "COMPANY/RECEIVE"}}
			s.PC("GW2").Run = "SMTPGATE -dN -w120"
		}, "GW1 and GW2 share COMPANY/RECEIVE"},
		{"one IP number", "dedicated", func(s *Site) { s.PC("GW2").IP = s.PC("GW1").IP }, "GW1 and GW2 both have the IP number 11.1.16.16"},
		{"no gateway postoffice", "dedicated", func(s *Site) { s.PC("GW2").Drives[0].Postoffice = "COMPANY/SALES" }, "GW2 works on no gateway postoffice"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := Shape(row.shape)
			if err != nil {
				t.Fatal(err)
			}
			row.change(s)
			for _, form := range Drawings {
				drawing, _ := s.Draw(form)
				if row.want != "" && !bytes.Contains(drawing, []byte(row.want)) {
					t.Errorf("%s does not say %q:\n%s", form, row.want, drawing)
				}
				if row.want == "" && (bytes.Contains(drawing, []byte("!!")) || bytes.Contains(drawing, []byte("wrong")) || bytes.Contains(drawing, []byte("red"))) {
					t.Errorf("%s warns of something:\n%s", form, drawing)
				}
			}
		})
	}
}

// The direction comes from the programs that a PC finds, wherever they are.
func TestDrawingShowsTheDirection(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*PC)
		want   string
	}{
		{"as it should be", func(*PC) {}, "receiving"},
		{"third program on the local disk", func(pc *PC) { pc.Local = bothWays }, "both ways"},
		{"third program on the server", func(pc *PC) { pc.Path = append(pc.Path, `M:\MAILEXE`) }, "both ways"},
		{"local disk not on the path", func(pc *PC) { pc.Path = []string{`C:\DOS`} }, "no mail"},
		{"only the other program", func(pc *PC) { pc.Local = sendOnly }, "sending"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, _ := Shape("dedicated")
			row.change(s.PC("GW1"))
			drawing, _ := s.Draw("mermaid")
			if want := "GW1<br>" + row.want; !strings.Contains(string(drawing), want) {
				t.Errorf("want %q in\n%s", want, drawing)
			}
		})
	}
}

func TestDrawOddSites(t *testing.T) {
	for _, form := range Drawings {
		if drawing, err := (&Site{}).Draw(form); err != nil {
			t.Errorf("empty site as %s: %v\n%s", form, err, drawing)
		}
	}
	if _, err := (&Site{}).Draw("svg"); err == nil {
		t.Error("draws as svg")
	}
	s := &Site{Postoffices: []Postoffice{
		{Network: "A", Name: "HUB", Gateway: "smtp"}, // no PC, no configuration
		{Network: "A", Name: "LONELY"},
	}}
	drawing, _ := s.Draw("text")
	for _, want := range []string{"no gateway PC", "A/LONELY has no way to SMTP"} {
		if !strings.Contains(string(drawing), want) {
			t.Errorf("want %q in\n%s", want, drawing)
		}
	}
}
