package site

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestArticlesAreWellFormed(t *testing.T) {
	list := Articles()
	if len(list) < 150 {
		t.Errorf("only %d articles", len(list))
	}
	if !hasArticle("Q132060") || hasArticle("Q1") {
		t.Error("look-up of an article fails")
	}
}

func TestParseArticlesRefusesBadLines(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"id", "X132060 yes Title\n", `line 1: bad article id "X132060"`},
		{"letters", "Q13206x yes Title\n", `line 1: bad article id "Q13206x"`},
		{"leading zero", "Q0" + "12345 yes Title\n", `line 1: bad article id "Q0` + `12345"`},
		{"short", "Q1 yes Title\n", `line 1: bad article id "Q1"`},
		{"huge", "Q99999999999999999999999 yes Title\n", `line 1: bad article id "Q99999999999999999999999"`},
		{"support", "Q132060 maybe Title\n", `line 1: bad support word "maybe"`},
		{"no title", "Q132060 yes\n", `line 1: bad title ""`},
		{"blank in front", "Q132060 yes  Title\n", `line 1: bad title " Title"`},
		{"twice", "Q132060 yes A\nQ132060 no B\n", `line 2: Q132060 is not after Q132060`},
		{"order", "Q132060 yes A\nQ99204 no B\n", `line 2: Q99204 is not after Q132060`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseArticles(tt.text)
			if err == nil || err.Error() != "cannot read kb.txt: "+tt.want {
				t.Errorf("have %v, want %s", err, tt.want)
			}
		})
	}
}

// Every article that this package cites is in the index. The same check over
// the whole tree belongs to the house rules.
func TestCitedArticlesAreListed(t *testing.T) {
	id := regexp.MustCompile(`\bQ[0-9]{5,6}\b`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range id.FindAllString(string(text), -1) {
			if !hasArticle(q) {
				t.Errorf("%s cites %s, which is not in kb.txt", name, q)
			}
		}
	}
}
