package site

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestLocalCfgParsesWhatItPrints(t *testing.T) {
	c := Config{LocalDomain: ".company.com", HostName: "marvgard", SmartHost: "11.1.16.15",
		Postoffices: []string{"DEPT/MSPO1", "dept/mspo2"}}
	text := FormatLocalCfg(c)
	want := "LocalDomain=.company.com\r\nHostName=marvgard\r\nSmartHost=11.1.16.15\r\nPostOffice=DEPT/MSPO1\r\nPostOffice=dept/mspo2\r\n"
	if string(text) != want {
		t.Errorf("have\n%s", text)
	}
	again, err := ParseLocalCfg(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, again); diff != "" {
		t.Error(diff)
	}
}

func TestParseLocalCfg(t *testing.T) {
	tests := []struct {
		name, text string
		want       Config
		fails      string
	}{
		{"empty", "", Config{}, ""},
		{"by hand", "; ours\n\n hostname = marvgard \nPOSTOFFICE=A/B\n\x1Arubbish", Config{HostName: "marvgard", Postoffices: []string{"A/B"}}, ""},
		{"value with equal sign", "HostName=a=b\n", Config{HostName: "a=b"}, ""},
		{"all mistakes", "\nwhat\nColour=blue\nPostOffice=AB\nHostName=a\nhostname=b\n", Config{},
			"line 2: want key=value, have \"what\"\nline 3: unknown key \"Colour\"\nline 4: want network/postoffice, have \"AB\"\nline 6: second \"hostname\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			have, err := ParseLocalCfg([]byte(tt.text))
			if tt.fails != "" {
				if err == nil || err.Error() != tt.fails {
					t.Errorf("have error %v, want %s", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, have); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseAddrMap(t *testing.T) {
	tests := []struct {
		name, text string
		want       []Mapping
		fails      string
	}{
		{"empty", "", nil, ""},
		{"as printed", "MYNET/MYPO   mypo.mynet.mycompany.com\r\n", []Mapping{{"MYNET/MYPO", "mypo.mynet.mycompany.com"}}, ""},
		{"order and case", "N/P\tCompany.COM\nN/P po.company.com", []Mapping{{"N/P", "Company.COM"}, {"N/P", "po.company.com"}}, ""},
		{"comment and blank lines", "; x\n\n  ; y z w\nA/B c\n", []Mapping{{"A/B", "c"}}, ""},
		{"end of file mark", "A/B c\n\x1A A/B", []Mapping{{"A/B", "c"}}, ""},
		{"all mistakes", "A/B\nA/B c d\nAB c\n/B c\nA/ c\nA/B ok\n", nil,
			"line 1: want network/postoffice and domain, have \"A/B\"\nline 2: want network/postoffice and domain, have \"A/B c d\"\n" +
				"line 3: want network/postoffice, have \"AB\"\nline 4: want network/postoffice, have \"/B\"\nline 5: want network/postoffice, have \"A/\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			have, err := ParseAddrMap([]byte(tt.text))
			if tt.fails != "" {
				if err == nil || err.Error() != tt.fails {
					t.Errorf("have error %v, want %s", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, have); diff != "" {
				t.Error(diff)
			}
			again, err := ParseAddrMap(FormatAddrMap(have))
			if diff := cmp.Diff(have, again); diff != "" || err != nil {
				t.Errorf("printed and parsed: %v\n%s", err, diff)
			}
		})
	}
}

func FuzzParseLocalCfg(f *testing.F) {
	f.Add([]byte("LocalDomain=.company.com\r\nHostName=marvgard\r\nPostOffice=A/B\r\n"))
	f.Add([]byte("; c\n\x1A"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseLocalCfg(data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Fatalf("error without a line: %v", err)
			}
			return
		}
		again, err := ParseLocalCfg(FormatLocalCfg(c))
		if diff := cmp.Diff(c, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}

func FuzzParseAddrMap(f *testing.F) {
	f.Add([]byte("MYNET/MYPO   mypo.mynet.mycompany.com\r\n; c\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := ParseAddrMap(data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Fatalf("error without a line: %v", err)
			}
			return
		}
		again, err := ParseAddrMap(FormatAddrMap(entries))
		if diff := cmp.Diff(entries, again, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}
