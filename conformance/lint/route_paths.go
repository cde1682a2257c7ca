package lint

import (
	"slices"
	"strconv"
	"strings"
)

// checkCycles follows forward postoffices and routes from everywhere to
// everywhere. Each circle is told once.
func checkCycles(j *Judge) {
	told := map[string]bool{}
	tell := func(at Place, what string, path []*Postoffice) {
		last := path[len(path)-1]
		circle := path[slices.Index(path, last) : len(path)-1]
		refs := make([]string, len(circle))
		for i, po := range circle {
			refs[i] = po.Ref()
		}
		sorted := slices.Sorted(slices.Values(refs))
		if key := what + strings.Join(sorted, " "); !told[key] {
			told[key] = true
			j.Find(at, "%s goes in a circle: %s and %s again", what, strings.Join(refs, ", "), last.Ref())
		}
	}
	for _, po := range j.Postoffices {
		path := []*Postoffice{po}
		for {
			a, ok := j.forward(path[len(path)-1])
			if !ok {
				j.Missing("the forward postoffice of %s (drive, or via)", path[len(path)-1].Ref())
				break
			}
			j.Looked()
			next := j.Postoffice(a.via)
			if next == nil {
				break
			}
			again := slices.Contains(path, next)
			if path = append(path, next); again {
				tell(a.at, "SMTP mail", path)
				break
			}
		}
	}
	if len(j.Postoffices) < 2 {
		return
	}
	for _, from := range j.Postoffices {
		r, ok := j.typedRoutes(from)
		if !ok {
			continue
		}
		for _, x := range r.list {
			to := j.Postoffice(x.to)
			if to == nil || x.via == "" {
				continue
			}
			if path, again, _ := j.path(from, to); again {
				tell(x.at, "mail for "+to.Ref(), path)
			}
		}
	}
}

// remoteHops is what Remote writes into each message. Q147471
const remoteHops = 10

func checkHops(j *Judge) {
	for _, from := range j.Postoffices {
		clients, ok := Need(j, from.Said["clients"], "the mail clients of %s (clients)", from.Ref())
		if !ok {
			continue
		}
		limit, at := 0, from.Said["clients"].At
		if hasWord(clients, "outlook") {
			if limit, ok = needNumber(j, from.Said["hopLimit"], "the limit of hops of %s (hopLimit)", from.Ref()); !ok {
				continue
			}
			at = from.Said["hopLimit"].At
		}
		if hasWord(clients, "remote") && (limit == 0 || limit > remoteHops) {
			limit, at = remoteHops, from.Said["clients"].At
		}
		if limit == 0 || j.Complete && len(j.Postoffices) <= limit {
			continue // no way without a circle is longer
		}
		var longest []*Postoffice
		for _, to := range j.Postoffices {
			path, again, known := j.path(from, to)
			switch {
			case !known:
				j.typedRoutes(path[len(path)-1])
			case !again && len(path) > len(longest):
				longest = path
			}
		}
		if len(longest) > limit {
			j.Find(at, "mail from %s to %s passes %s postoffices, the limit is %d", from.Ref(), longest[len(longest)-1].Ref(), strconv.Itoa(len(longest)), limit)
		}
	}
}
