package capacity

import (
	"cmp"
	"slices"
	"strings"

	"gwkit/emulator/site"
)

// tops are the postoffices that hang on a gateway postoffice, and own those
// with users among the gateway postoffices themselves.
func (b *builder) tops() (tops []string, own map[string][]string) {
	own = map[string][]string{}
	for i := range b.s.Postoffices {
		p := &b.s.Postoffices[i]
		if p.Gateway != "" {
			if b.of(p.Ref()) > 0 {
				own[strings.ToUpper(p.Ref())] = []string{p.Ref()}
			}
			continue
		}
		if up := b.s.Postoffice(p.Via); up != nil && up.Gateway != "" {
			tops = append(tops, p.Ref())
		}
	}
	// A former hub keeps what hangs on it apart: it is divided like the others.
	for i := range b.s.Postoffices {
		p := &b.s.Postoffices[i]
		up, was := b.s.Postoffice(p.Via), b.from.Postoffice(p.Via)
		if p.Gateway == "" && up != nil && up.Gateway == "" && was != nil && was.Gateway != "" {
			tops = append(tops, p.Ref())
		}
	}
	return tops, own
}

func (b *builder) of(ref string) int {
	v := b.volume[strings.ToUpper(ref)]
	return v[0] + v[1]
}

// below are a postoffice and all that send their SMTP mail through it, but not
// what hung on a former hub.
func (b *builder) below(top string) (list []string) {
	list = []string{top}
	if was := b.from.Postoffice(top); was != nil && was.Gateway != "" {
		return list
	}
	for i := 0; i < len(list) && i < len(b.s.Postoffices); i++ {
		for k := range b.s.Postoffices {
			p := &b.s.Postoffices[k]
			if strings.EqualFold(p.Via, list[i]) && !slices.Contains(list, p.Ref()) {
				list = append(list, p.Ref())
			}
		}
	}
	return list
}

func (b *builder) tree(top string) (sum int) {
	for _, ref := range b.below(top) {
		sum += b.of(ref)
	}
	return sum
}

func inOrder(s *site.Site, refs []string) []string {
	out := []string{}
	for i := range s.Postoffices {
		if slices.ContainsFunc(refs, func(r string) bool { return strings.EqualFold(r, s.Postoffices[i].Ref()) }) {
			out = append(out, s.Postoffices[i].Ref())
		}
	}
	return out
}

// divide gives each postoffice its unit, so that the mail is evenly spread. base
// is what the units have already.
//
// Two ways are tried: the postoffice with most mail first, each to the unit that
// has least so far; and, from the division as it is, one move after the other
// from the fullest unit to the emptiest as long as that helps. The second moves
// less and is taken unless the first is more even.
func (b *builder) divide(tops []string, base []int, units, old []unit) []int {
	volume := make([]int, len(tops))
	order := make([]int, len(tops))
	for i, top := range tops {
		volume[i], order[i] = b.tree(top), i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(volume[y], volume[x]) })
	fresh, sums := make([]int, len(tops)), slices.Clone(base)
	for _, i := range order {
		fresh[i] = least(sums)
		sums[fresh[i]] += volume[i]
	}
	even := slices.Max(sums)

	kept := make([]int, len(tops))
	sums = slices.Clone(base)
	for i, top := range tops {
		via := b.s.Postoffice(top).Via
		kept[i] = slices.IndexFunc(units, func(u unit) bool { return strings.EqualFold(u.outPO, via) })
		for k := range old {
			if kept[i] < 0 && strings.EqualFold(old[k].outPO, via) {
				kept[i] = k
			}
		}
		if kept[i] < 0 {
			kept[i] = least(sums)
		}
		sums[kept[i]] += volume[i]
	}
	for range tops {
		full, empty := slices.Index(sums, slices.Max(sums)), least(sums)
		best := -1
		after := func(i int) int { return max(sums[full]-volume[i], sums[empty]+volume[i]) }
		for i := range tops {
			if kept[i] == full && volume[i] > 0 && after(i) < sums[full] && (best < 0 || after(i) < after(best)) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		sums[full], sums[empty], kept[best] = sums[full]-volume[best], sums[empty]+volume[best], empty
	}
	if slices.Max(sums) <= even {
		return kept
	}
	return fresh
}

// least is the first of the smallest.
func least(sums []int) int { return slices.Index(sums, slices.Min(sums)) }
