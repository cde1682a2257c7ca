package conformance

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSelect(t *testing.T) {
	all := []*Script{
		{ID: "inbound_a", Tags: []string{"x"}, Articles: []string{"Q1"}, Shapes: []string{"single"}},
		{ID: "inbound_b", Tags: []string{"x", "y"}, Shapes: []string{"multiple", "single:downstream=3,x=4"}},
		{ID: "outbound_a", Tags: []string{"y"}, Articles: []string{"Q1", "Q2"}},
	}
	tests := []struct {
		name    string
		sel     Selection
		want    string
		mistake string
	}{
		{"all", Selection{}, "inbound_a inbound_b outbound_a", ""},
		{"glob", Selection{Globs: []string{"inbound_*"}}, "inbound_a inbound_b", ""},
		{"names", Selection{Globs: []string{"outbound_a", "inbound_b.txtar"}}, "inbound_b outbound_a", ""},
		{"tag", Selection{Tags: []string{"y"}}, "inbound_b outbound_a", ""},
		{"article without Q", Selection{Articles: []string{"1"}}, "inbound_a outbound_a", ""},
		{"shape", Selection{Shapes: []string{"single"}}, "inbound_a", ""},
		{"shape with parameters, split", Selection{Shapes: []string{"single:downstream=3", "x=4", "multiple"}}, "inbound_b", ""},
		{"together", Selection{Tags: []string{"x"}, Articles: []string{"Q1"}}, "inbound_a", ""},
		{"together none", Selection{Tags: []string{"x"}, Articles: []string{"Q2"}}, "", ""},
		{"ids", Selection{IDs: []string{"inbound_b"}}, "inbound_b", ""},
		{"no ids", Selection{IDs: []string{}}, "", ""},
		{"first shard", Selection{Shard: 1, Shards: 2}, "inbound_a outbound_a", ""},
		{"second shard", Selection{Shard: 2, Shards: 2}, "inbound_b", ""},
		{"unknown name", Selection{Globs: []string{"inbound_c"}}, "", `script "inbound_c": no script has it (did you mean`},
		{"unknown tag", Selection{Tags: []string{"z"}}, "", `tag "z"`},
		{"bad pattern", Selection{Globs: []string{"["}}, "", "bad pattern"},
		{"bad shard", Selection{Shard: 3, Shards: 2}, "", "shard 3 of 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Select(all, tt.sel)
			if tt.mistake != "" {
				if err == nil || !strings.Contains(err.Error(), tt.mistake) {
					t.Errorf("got %v, want %q", err, tt.mistake)
				}
				return
			}
			var ids []string
			for _, s := range got {
				ids = append(ids, s.ID)
			}
			if diff := cmp.Diff(tt.want, strings.Join(ids, " ")); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestSplitWords(t *testing.T) {
	tests := []struct {
		line    string
		want    []string
		mistake bool
	}{
		{"a  b\tc # d", []string{"a", "b", "c"}, false},
		{"pc GW1 run 'SMTPGATE -md'", []string{"pc", "GW1", "run", "SMTPGATE -md"}, false},
		{"x 'it''s' 'a'b", []string{"x", "it's", "ab"}, false},
		{"x ''", []string{"x", ""}, false},
		{"'# no comment'", []string{"# no comment"}, false},
		{"", nil, false},
		{"x 'y", nil, true},
	}
	for _, tt := range tests {
		words, err := splitWords(tt.line)
		var got []string
		for _, w := range words {
			got = append(got, w.text)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != tt.mistake {
			t.Errorf("%q: %v %s", tt.line, err, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("# Summary: x\nsite single\n! exists M:\\X\nuntil 1m ! exists M:\\X\n-- a --\nb\n")
	f.Add("[power:clock] [!shape:single] advance 1m # x\nset a 'b''c'\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := Parse("dir/a_b.txtar", []byte(text))
		if s.archive == nil {
			return
		}
		if strings.Count(string(s.source()), "\n") < strings.Count(string(s.archive.Comment), "\n") {
			t.Error("lines got lost, and with them line numbers")
		}
		if s.Err() != nil && !strings.HasPrefix(s.Err().Error(), s.File) {
			t.Errorf("the mistake does not name the file: %v", s.Err())
		}
	})
}
