package conformance

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Selection says which scripts to run. Its zero value selects all of them; what
// is given has to hold together, and inside one list any entry will do.
type Selection struct {
	Globs    []string // over ids; an entry without * ? [ must name a script
	Tags     []string
	Articles []string
	Shapes   []string
	IDs      []string // nil: any

	// Shard and Shards take every Shards-th script, beginning with the
	// Shard-th (from 1). Shards 0 takes all. Scripts are dealt out by their
	// place in the whole selection, so all shards together are the selection.
	Shard, Shards int
}

// Select returns the scripts of a selection, in order. It is an error when a
// glob, tag, article or shape selects nothing at all: most often it is spelled
// wrong.
func Select(scripts []*Script, sel Selection) ([]*Script, error) {
	sel.Shapes = joinParameters(sel.Shapes)
	for _, check := range []struct {
		what  string
		want  []string
		match func(*Script, string) bool
	}{
		{"script", sel.Globs, matchGlob},
		{"tag", sel.Tags, hasTag},
		{"article", sel.Articles, hasArticle},
		{"shape", sel.Shapes, hasShape},
	} {
		for _, w := range check.want {
			if _, err := path.Match(w, ""); check.what == "script" && err != nil {
				return nil, fmt.Errorf("cannot select script %q: bad pattern", w)
			}
			if !slices.ContainsFunc(scripts, func(s *Script) bool { return check.match(s, w) }) {
				return nil, fmt.Errorf("cannot select %s %q: no script has it%s", check.what, w, similar(scripts, check.what, w))
			}
		}
	}
	if sel.Shards < 0 || sel.Shards > 0 && (sel.Shard < 1 || sel.Shard > sel.Shards) {
		return nil, fmt.Errorf("cannot select shard %d of %d", sel.Shard, sel.Shards)
	}
	var chosen []*Script
	for _, s := range scripts {
		if meets(sel.Globs, s, matchGlob) && meets(sel.Tags, s, hasTag) && meets(sel.Articles, s, hasArticle) &&
			meets(sel.Shapes, s, hasShape) && (sel.IDs == nil || slices.Contains(sel.IDs, s.ID)) {
			chosen = append(chosen, s)
		}
	}
	if sel.Shards == 0 {
		return chosen, nil
	}
	var dealt []*Script
	for i, s := range chosen {
		if i%sel.Shards == sel.Shard-1 {
			dealt = append(dealt, s)
		}
	}
	return dealt, nil
}

// meets reports whether a script meets one of the entries, or there are none.
func meets(entries []string, s *Script, match func(*Script, string) bool) bool {
	return len(entries) == 0 || slices.ContainsFunc(entries, func(e string) bool { return match(s, e) })
}

func matchGlob(s *Script, glob string) bool {
	ok, err := path.Match(strings.TrimSuffix(glob, ".txtar"), s.ID)
	return err == nil && ok
}

// joinParameters mends names of shapes that a list split at the commas between
// their parameters.
func joinParameters(names []string) (whole []string) {
	for _, name := range names {
		if n := len(whole); n > 0 && strings.Contains(whole[n-1], ":") && strings.Contains(name, "=") && !isShape(name) {
			whole[n-1] += "," + name
			continue
		}
		whole = append(whole, name)
	}
	return whole
}

func hasTag(s *Script, tag string) bool     { return slices.Contains(s.Tags, tag) }
func hasShape(s *Script, shape string) bool { return slices.Contains(s.Shapes, shape) }

// hasArticle takes Q132060, q132060 and 132060.
func hasArticle(s *Script, id string) bool {
	return slices.Contains(s.Articles, "Q"+strings.TrimPrefix(strings.ToUpper(id), "Q"))
}

// similar names a script whose id is spelled like the one wanted.
func similar(scripts []*Script, what, want string) string {
	if what != "script" {
		return ""
	}
	var ids []string
	for _, s := range scripts {
		ids = append(ids, s.ID)
	}
	best := Nearest(want, ids)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}
