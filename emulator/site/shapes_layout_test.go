package site

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultParametersChangeNothing(t *testing.T) {
	for _, row := range []struct{ plain, full string }{
		{"single", "single:downstream=2"},
		{"multiple", "multiple:gateways=2,downstream=4"},
		{"dedicated", "dedicated:downstream=2"},
		{"dedicated-shared", "dedicated-shared:downstream=2"},
		{"multiple-dedicated", "multiple-dedicated:downstream=4,pairs=2"},
	} {
		a, err := Shape(row.plain)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Shape(row.full)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(a.Marshal()), string(b.Marshal())); diff != "" {
			t.Errorf("%s:\n%s", row.full, diff)
		}
	}
}

func TestDivide(t *testing.T) {
	for _, row := range []struct {
		name          string
		count, groups int
		volumes       []int
		want          string
	}{
		{"even", 4, 2, nil, "[0 0 1 1]"},
		{"the first groups get what is left", 7, 3, nil, "[0 0 0 1 1 2 2]"},
		{"one each", 3, 3, nil, "[0 1 2]"},
		{"one large, many small", 5, 2, []int{900, 200, 300, 200, 200}, "[0 1 1 1 1]"},
		{"largest first, wherever it stands", 4, 2, []int{10, 10, 30, 20}, "[1 0 0 1]"},
		{"equal volumes", 4, 2, []int{5, 5, 5, 5}, "[0 1 0 1]"},
		{"nothing at all still goes to every group", 3, 3, []int{0, 0, 0}, "[0 1 2]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if have := fmt.Sprint(divide(row.count, row.groups, row.volumes)); have != row.want {
				t.Errorf("have %s, want %s", have, row.want)
			}
		})
	}
}

func TestBadParameters(t *testing.T) {
	for _, row := range []struct{ name, want string }{
		{"triple:gateways=3", `cannot find shape "triple"`},
		{"multiple:gateways=1", "gateways=1, want a number from 2 to 14; for example multiple:gateways=3,downstream=12"},
		{"multiple:gateways=15", "gateways=15, want a number from 2 to 14"},
		{"multiple:gateways", "gateways=, want a number"},
		{"multiple:gateways=+3", "gateways=+3, want a number"},
		{"multiple:gateways=3,gateways=3", "second gateways=3"},
		{"multiple:gateways=3,downstream=2", "downstream=2 for gateways=3, want a number from 3 to 99"},
		{"multiple:pairs=2", `unknown parameter "pairs", want gateways, downstream, volumes`},
		{"multiple:volumes=1/x", "volumes=1/x, want numbers from 0 to 1000000 separated by slashes"},
		{"multiple:volumes=1", "volumes of 1 postoffice for gateways=2, want 2 to 99 of them"},
		{"multiple:volumes=1/2/3,downstream=2", "volumes of 3 postoffices and downstream=2"},
		{"multiple:volumes=1" + strings.Repeat("/1", 99), "volumes of 100 postoffices, want at most 99"},
		{"single:", `unknown parameter "", want downstream; for example single:downstream=8`},
		{"single:downstream=0", "downstream=0, want a number from 1 to 99"},
		{"single:downstream=100", "downstream=100, want"},
		{"dedicated:volumes=1", `unknown parameter "volumes", want downstream`},
		{"multiple-dedicated:pairs=99999999999999999999", "pairs=99999999999999999999, want a number from 2 to 14"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if s, err := Shape(row.name); err == nil || s != nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("have %v, want %s", err, row.want)
			}
		})
	}
}

// Every size of every shape has letters enough, one mailer on each postoffice,
// and a PC between each downstream postoffice and its gateway postoffices.
func TestShapesOfEverySize(t *testing.T) {
	names := []string{"single:downstream=1", "single:downstream=13", "single:downstream=14", "single:downstream=99",
		"dedicated:downstream=12", "dedicated:downstream=13", "dedicated:downstream=99", "dedicated-shared:downstream=27",
		"multiple:gateways=14,downstream=99", "multiple:gateways=2,downstream=12", "multiple:gateways=2,downstream=13",
		"multiple:volumes=900/200/300/200/200", "multiple-dedicated:pairs=14,downstream=99", "multiple-dedicated:pairs=7",
		"multiple-dedicated:pairs=2,downstream=14", "multiple-dedicated:pairs=2,downstream=15", "multiple-dedicated:volumes=9/1/1/1"}
	for _, row := range Shapes {
		names = append(names, row.Name, row.Example)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			s, err := Shape(name)
			if err != nil {
				t.Fatal(err)
			}
			mailers := map[string][]string{}
			processes := map[string]bool{}
			together := func(a, b string) bool {
				for i := range s.PCs {
					has := 0
					for _, d := range s.PCs[i].Drives {
						if d.Postoffice == a || d.Postoffice == b {
							has++
						}
					}
					if s.PCs[i].Program() == external && has == 2 {
						return true
					}
				}
				return false
			}
			for i := range s.PCs {
				pc := &s.PCs[i]
				if pc.Program() != external {
					continue
				}
				if processes[pc.Run] {
					t.Errorf("second %s", pc.Run)
				}
				processes[pc.Run] = true
				_, args, _ := SplitCommand(pc.Run)
				o, err := ParseExternal(args)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range pc.Drives {
					if d.Letter < 'M' || d.Letter > 'Z' {
						t.Errorf("%s has drive %c", pc.Name, d.Letter)
					}
					if !o.MailerDisable {
						mailers[d.Postoffice] = append(mailers[d.Postoffice], pc.Name)
					}
				}
			}
			for i := range s.Postoffices {
				po := &s.Postoffices[i]
				if len(mailers[po.Ref()]) != 1 {
					t.Errorf("mailers of %s: %v", po.Ref(), mailers[po.Ref()])
				}
				if po.Via != "" && !together(po.Ref(), po.Via) {
					t.Errorf("no PC reaches %s and %s", po.Ref(), po.Via)
				}
			}
			for _, g := range s.SMTP {
				for _, m := range g.Map {
					if m.Postoffice != g.Postoffice && !together(m.Postoffice, g.Postoffice) {
						t.Errorf("no PC reaches %s and %s of its map", g.Postoffice, m.Postoffice)
					}
				}
			}
		})
	}
}

func FuzzShape(f *testing.F) {
	for _, row := range Shapes {
		f.Add(row.Name)
		f.Add(row.Example)
	}
	f.Add("multiple:volumes=1/2/3,gateways=3")
	f.Add("single:downstream=-1,,=")
	f.Fuzz(func(t *testing.T, name string) {
		s, err := Shape(name)
		if (s == nil) == (err == nil) {
			t.Fatalf("site %v, error %v", s, err)
		}
		if err == nil {
			for _, form := range Drawings {
				s.Draw(form)
			}
		}
	})
}
