package capacity

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

// Load is what a site is asked to carry.
type Load struct {
	In, Out  int    // messages a day from and to the Internet
	Size     int    // bytes of text of one message
	Arrivals string // "even" (""), "poisson" or "burst"
	Seed     uint64

	// Shares are the volumes of the postoffices, in any unit: only their
	// relation counts. Nil: by the number of users, where ADMIN and POSTMASTER
	// do not count and a postoffice that has nobody else has no mail.
	Shares []Share
}

// Share is the volume of one postoffice.
type Share struct {
	Postoffice string `json:"postoffice"`
	In         int    `json:"in"`
	Out        int    `json:"out"`
}

// ParseShares reads volumes such as COMPANY/SALES=400 or
// COMPANY/SALES=400/250: messages a day both ways, or in and out.
func ParseShares(words []string) ([]Share, error) {
	var list []Share
	for _, word := range words {
		name, text, ok := strings.Cut(word, "=")
		in, out, two := strings.Cut(text, "/")
		if !two {
			out = in
		}
		sh := Share{Postoffice: name}
		if !ok || !strings.Contains(name, "/") || !whole(in, &sh.In) || !whole(out, &sh.Out) {
			return nil, fmt.Errorf("cannot read volume %q: want NETWORK/POSTOFFICE=N or =IN/OUT, numbers up to %d", word, volumeMax)
		}
		if slices.ContainsFunc(list, func(x Share) bool { return strings.EqualFold(x.Postoffice, name) }) {
			return nil, fmt.Errorf("cannot read volume %q: second volume of this postoffice", word)
		}
		list = append(list, sh)
	}
	return list, nil
}

// volumeMax bounds a volume; loadMax a whole load. A message of a run costs
// time and memory, and one gateway carries 10,000. Q132060
const (
	volumeMax = 1_000_000
	loadMax   = 1_000_000
	sizeMax   = 64 << 20
)

func whole(text string, n *int) bool {
	if text == "" || len(text) > 7 {
		return false
	}
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
		*n = *n*10 + int(text[i]-'0')
	}
	return *n <= volumeMax
}

// check says what is wrong with a load, and completes it for a site.
func (l *Load) check(s *site.Site) error {
	switch {
	case l.In < 0 || l.Out < 0 || l.In+l.Out == 0:
		return fmt.Errorf("cannot judge a load of %d messages in and %d out: want some", l.In, l.Out)
	case l.In+l.Out > loadMax:
		return fmt.Errorf("cannot judge a load of %d messages a day: want at most %d", l.In+l.Out, loadMax)
	case l.Size < 1 || l.Size > sizeMax:
		return fmt.Errorf("cannot judge messages of %d bytes: want 1 to %d", l.Size, sizeMax)
	}
	switch l.Arrivals {
	case "", "even", "poisson", "burst":
	default:
		return fmt.Errorf("unknown arrivals %q: want even, poisson or burst", l.Arrivals)
	}
	mapped := func(ref string) bool {
		for i := range s.SMTP {
			for _, m := range s.SMTP[i].Map {
				if strings.EqualFold(m.Postoffice, ref) {
					return true
				}
			}
		}
		return false
	}
	if l.Shares == nil {
		for i := range s.Postoffices {
			p := &s.Postoffices[i]
			if n := people(p); n > 0 && mapped(p.Ref()) {
				l.Shares = append(l.Shares, Share{p.Ref(), n, n})
			}
		}
		if l.Shares == nil {
			return fmt.Errorf("cannot judge site %s: no postoffice in an address map has a user beside ADMIN and POSTMASTER", s.Name)
		}
		return nil
	}
	sums := [2]int{}
	for _, sh := range l.Shares {
		if s.Postoffice(sh.Postoffice) == nil {
			return fmt.Errorf("cannot judge the volume of postoffice %q: the site has none of that name", sh.Postoffice)
		}
		if !mapped(sh.Postoffice) && sh.In+sh.Out > 0 {
			return fmt.Errorf("cannot judge the volume of postoffice %q: no address map has it", sh.Postoffice)
		}
		sums[0] += sh.In
		sums[1] += sh.Out
	}
	if l.In > 0 && sums[0] == 0 || l.Out > 0 && sums[1] == 0 {
		return fmt.Errorf("cannot divide a load of %d messages in and %d out: the volumes add up to %d in and %d out", l.In, l.Out, sums[0], sums[1])
	}
	return nil
}

// people counts the users who have mail. invented: ADMIN writes no mail.
func people(p *site.Postoffice) int {
	n := 0
	for _, u := range p.Users {
		if d, _ := p.User(u); !d.NoExternal && !strings.EqualFold(u, "ADMIN") && !strings.EqualFold(u, "POSTMASTER") {
			n++
		}
	}
	return n
}

// perDay splits the load: messages a day of each share, which add up.
func (l *Load) perDay() []Share {
	in, out := make([]int, len(l.Shares)), make([]int, len(l.Shares))
	for i, sh := range l.Shares {
		in[i], out[i] = sh.In, sh.Out
	}
	in, out = parts(l.In, in), parts(l.Out, out)
	list := make([]Share, len(l.Shares))
	for i, sh := range l.Shares {
		list[i] = Share{sh.Postoffice, in[i], out[i]}
	}
	return list
}

// parts divides n by weights.
func parts(n int, weights []int) []int {
	sum, before := int64(0), int64(0)
	for _, w := range weights {
		sum += int64(w)
	}
	list := make([]int, len(weights))
	for i, w := range weights {
		if sum == 0 {
			break
		}
		// What all up to here have, less what those before it have.
		after := before + int64(w)
		list[i] = int(int64(n)*after/sum - int64(n)*before/sum)
		before = after
	}
	return list
}

// scaled is the same mix in another size.
func (l Load) scaled(f float64) Load {
	l.In, l.Out = int(float64(l.In)*f+0.5), int(float64(l.Out)*f+0.5)
	return l
}

// over is the load of a span with so many messages of a day.
func (l *Load) over(span time.Duration, in, out int, read bool) emulator.Load {
	x := emulator.Load{For: span, In: in, Out: out, Size: l.Size, Arrivals: l.Arrivals, Read: read}
	for _, sh := range l.Shares {
		x.Shares = append(x.Shares, emulator.Share{Postoffice: sh.Postoffice, In: sh.In, Out: sh.Out})
	}
	return x
}
