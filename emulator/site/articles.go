package site

import (
	_ "embed"
	"fmt"
	"strings"
)

// Article is a Knowledge Base article, or another public source, that the
// project cites.
type Article struct {
	ID      string // Q and digits
	Support string // one of the Support words
	Title   string // ours, not the article's
}

// How much of what an article says about the mail path can be seen here.
const (
	SupportYes     = "yes"     // code or a script shows it
	SupportPartial = "partial" // some of it
	SupportPlanned = "planned" // not yet
	SupportNo      = "no"      // cited, and outside the project
)

// kb.txt has one article per line, sorted by number:
//
//	Q132060 yes Gateway shapes for small, medium and large organizations
//
//go:embed kb.txt
var kb string

// Articles returns the index of articles, sorted by number.
func Articles() []Article {
	articles, err := parseArticles(kb)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return articles
}

func parseArticles(text string) ([]Article, error) {
	var list []Article
	last := 0
	for n := 1; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		id, rest, _ := strings.Cut(strings.TrimSuffix(line, "\r"), " ")
		support, title, _ := strings.Cut(rest, " ")
		number := 0
		for _, c := range strings.TrimPrefix(id, "Q") {
			if c < '0' || c > '9' || number > 1_000_000 {
				number = 0
				break
			}
			number = number*10 + int(c-'0')
		}
		switch {
		case !strings.HasPrefix(id, "Q") || number < 10_000 || number > 999_999 || id != fmt.Sprintf("Q%d", number):
			return nil, fmt.Errorf("cannot read kb.txt: line %d: bad article id %q", n, id)
		case number <= last:
			return nil, fmt.Errorf("cannot read kb.txt: line %d: %s is not after Q%d", n, id, last)
		case support != SupportYes && support != SupportPartial && support != SupportPlanned && support != SupportNo:
			return nil, fmt.Errorf("cannot read kb.txt: line %d: bad support word %q", n, support)
		case title == "" || title != strings.TrimSpace(title) || len(title) > 90:
			return nil, fmt.Errorf("cannot read kb.txt: line %d: bad title %q", n, title)
		}
		last = number
		list = append(list, Article{id, support, title})
	}
	return list, nil
}
