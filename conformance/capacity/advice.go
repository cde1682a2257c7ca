package capacity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"gwkit/emulator/site"
)

// Advice is one change that was tried, from small to large. Only one that
// carries is advice to follow; the others say why they are not.
type Advice struct {
	Kind    string   `json:"kind"`    // options, gateways, pairs
	Change  string   `json:"change"`  // in a sentence
	Steps   []string `json:"steps"`   // what it consists of
	Carries bool     `json:"carries"` // all three days were simulated
	Why     string   `json:"why"`     // what came of it
	Groups  []Group  `json:"groups"`
	Edits   []Edit   `json:"edits"` // of the site file; [] unless it carries
	Days    []Brief  `json:"days"`

	changed *site.Site
}

// Brief is one day of a change.
type Brief struct {
	Name     string  `json:"name"`
	Carried  bool    `json:"carried"`
	In       Delay   `json:"inDelaySeconds"`
	Out      Delay   `json:"outDelaySeconds"`
	CaughtUp float64 `json:"caughtUpSeconds"`
}

// The kinds of changes.
const (
	kindOptions  = "options"
	kindGateways = "gateways"
	kindPairs    = "pairs"
)

// plan is a change of the site to begin with; the options are found on the way.
type plan struct {
	kind  string
	what  string
	build func() (*site.Site, []Group, error)
}

// The bounds of the search: plans, units of a plan, and steps within one.
const (
	plansMax    = 6
	unitsMax    = 8
	stepsOfPlan = 16
)

// plans are the changes in the order of what they cost: none, then by the number
// of PCs that are added.
func (j *judge) plans(s *site.Site) (list []plan) {
	daily := j.l.perDay()
	list = append(list, plan{kindOptions, "other options", func() (*site.Site, []Group, error) {
		c, err := complete(s)
		return c, []Group{}, err
	}})
	units := unitsOf(s)
	pcs := 0
	for i := range s.PCs {
		if _, ok := gatewayOptions(s, &s.PCs[i]); ok {
			pcs++
		}
	}
	shared := slices.ContainsFunc(units, func(u unit) bool { return u.pair() && u.inPO == u.outPO })
	for add := 0; add <= unitsMax; add++ {
		if n := len(units) + add; add > 0 && !slices.ContainsFunc(units, func(u unit) bool { return u.pair() }) {
			what := fmt.Sprintf("%d more gateways, %d in all, each on a postoffice of its own", add, n)
			if add == 1 {
				what = fmt.Sprintf("another gateway, %d in all, each on a postoffice of its own", n)
			}
			list = append(list, plan{kindGateways, what, func() (*site.Site, []Group, error) { return withGateways(s, daily, n) }})
		}
		if n := pcs + add; n%2 == 0 && n/2 >= max(len(units), 1) && (add > 0 || shared) {
			what := fmt.Sprintf("%d dedicated pairs of a receiving and a sending PC", n/2)
			switch {
			case n == 2 && shared:
				what = "a dedicated pair with a postoffice for each of its PCs"
			case n == 2:
				what = "a dedicated pair of a receiving and a sending PC"
			}
			list = append(list, plan{kindPairs, what, func() (*site.Site, []Group, error) { return withPairs(s, daily, n/2) }})
		}
	}
	return list
}

// advise looks for the smallest change that carries the load. Plans that the
// arithmetic excludes are not simulated; the others are, side by side, and the
// first in their order that carries is the answer.
func (j *judge) advise(a *Answer, s *site.Site) error {
	var tried []*Advice
	var sites []*site.Site
	var open []int // of tried, those to be simulated
	for _, p := range j.plans(s) {
		if len(open) == plansMax {
			break
		}
		c, groups, err := p.build()
		x := &Advice{Kind: p.kind, Change: p.what, Steps: []string{}, Groups: groups, Edits: []Edit{}, Days: []Brief{}}
		if x.Groups == nil {
			x.Groups = []Group{}
		}
		switch {
		case err != nil && p.kind == kindOptions:
			return err
		case err != nil:
			x.Why = "not possible: " + err.Error()
		default:
			if why := excluded(c, &j.l); why != "" {
				x.Why = "excluded by arithmetic: " + why
			} else {
				open = append(open, len(tried))
			}
		}
		tried, sites = append(tried, x), append(sites, c)
	}
	errs := make([]error, len(open))
	stop := make([]context.CancelFunc, len(open))
	ctxs := make([]context.Context, len(open))
	for i := range open {
		ctxs[i], stop[i] = context.WithCancel(j.ctx)
		defer stop[i]()
	}
	// The first plan alone, then as many at once as there are jobs: a later one is
	// begun only when the earlier ones are under way.
	var wg sync.WaitGroup
	next := make(chan int, len(open))
	for i := range open {
		next <- i
	}
	close(next)
	work := func(i int) {
		x := tried[open[i]]
		if errs[i] = j.search(ctxs[i], sites[open[i]], x); errs[i] == nil && x.Carries {
			for k := i + 1; k < len(open); k++ {
				stop[k]()
			}
		}
	}
	if len(open) > 0 {
		work(<-next) // the cheapest is often enough
	}
	for range min(cap(j.sem), len(open)) {
		wg.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	wg.Wait()
	for i, at := range open {
		if errs[i] != nil {
			return errs[i] // nothing before it carried
		}
		if x := tried[at]; x.Carries {
			for _, y := range tried[:at+1] {
				a.Advice = append(a.Advice, *y)
			}
			x.Edits = edits(s, x.changed)
			a.Advice[len(a.Advice)-1].Edits = x.Edits
			a.Changed = x.changed
			return nil
		}
	}
	for _, y := range tried {
		a.Advice = append(a.Advice, *y)
	}
	return nil
}

// excluded says why a site cannot carry a load by arithmetic alone: a PC would
// need much more than a day for a day's mail. -W counts for nothing here, because
// it can be changed.
func excluded(s *site.Site, l *Load) string {
	// A tenth more than the arithmetic gives is left to the simulation.
	const most = 1.1
	a := reckon(s, l)
	if len(a.Nowhere) > 0 {
		return "no gateway takes " + strings.Join(a.Nowhere, ", ")
	}
	for i := range a.Gateways {
		if g := &a.Gateways[i]; g.Busy > most {
			return fmt.Sprintf("%s would be at work for %.0f %% of the day", g.PC, 100*g.Busy)
		}
	}
	return ""
}

// search changes a site where it limits until it carries the load, or nothing
// is left to change.
func (j *judge) search(ctx context.Context, s *site.Site, x *Advice) error {
	begin := s
	for range stepsOfPlan {
		what := x.Change
		if n := len(x.Steps); n > 0 {
			what += ", " + x.Steps[n-1]
		}
		d, err := j.probe(ctx, s, &j.l, what)
		if err != nil {
			return err
		}
		if d.Carried {
			days, err := j.days(ctx, s, what)
			if err != nil {
				return err
			}
			x.Days = briefs(days)
			x.Carries = true
			for _, day := range days {
				if !day.Carried {
					x.Carries, d = false, day
					break
				}
			}
			if x.Carries {
				if s, err = j.smaller(ctx, begin, s, x); err != nil {
					return err
				}
				x.Why = "carries the load on all three days"
				x.changed, x.Steps = s, stepsOf(begin, s)
				if len(x.Steps) > 0 && x.Kind == kindOptions {
					x.Change = strings.Join(x.Steps, "; ")
				}
				return nil
			}
		}
		b := d.bottleneck(s)
		x.Why = fmt.Sprintf("%s: %s; limited by %s", d.Name, d.Reason, b.Name)
		if d.Name == "probe" {
			x.Why = fmt.Sprintf("%s; limited by %s", d.Reason, b.Name)
		}
		next := j.improve(s, &b, d)
		if next == nil {
			return nil
		}
		if s, err = complete(next); err != nil {
			return err
		}
		x.Steps = stepsOf(begin, s)
	}
	return nil
}

// smaller takes back what a change does not need: one PC after the other as it
// was, or not there at all.
func (j *judge) smaller(ctx context.Context, begin, s *site.Site, x *Advice) (*site.Site, error) {
	if len(stepsOf(begin, s)) < 2 {
		return s, nil
	}
	for i := range s.PCs {
		pc := &s.PCs[i]
		less := s.Clone()
		if old := begin.PC(pc.Name); old == nil {
			less.PCs = slices.Delete(less.PCs, i, i+1)
		} else if old.Run != pc.Run {
			less.PCs[i].Run = old.Run
		} else {
			continue
		}
		what := x.Change + ", without the change of " + pc.Name
		d, err := j.probe(ctx, less, &j.l, what)
		if err != nil {
			return nil, err
		}
		if !d.Carried {
			continue
		}
		days, err := j.days(ctx, less, what)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(days, func(d *Day) bool { return !d.Carried }) {
			continue
		}
		if less, err = complete(less); err != nil {
			return nil, err
		}
		x.Days = briefs(days)
		return j.smaller(ctx, begin, less, x)
	}
	return s, nil
}

func briefs(days []*Day) (list []Brief) {
	for _, d := range days {
		list = append(list, Brief{d.Name, d.Carried, d.In.DelaySeconds, d.Out.DelaySeconds, d.CaughtUp})
	}
	return list
}

// stepsOf are the options and PCs by which a site differs from the beginning of
// its plan.
func stepsOf(begin, s *site.Site) []string {
	list := []string{}
	for i := range s.PCs {
		pc := &s.PCs[i]
		old := begin.PC(pc.Name)
		if old == nil {
			list = append(list, fmt.Sprintf("another EXTERNAL PC, %s: %s", pc.Name, pc.Run))
			continue
		}
		was := strings.Fields(old.Run)
		var words []string
		for _, w := range strings.Fields(pc.Run) {
			if !slices.Contains(was, w) {
				words = append(words, w)
			}
		}
		if words != nil {
			list = append(list, pc.Name+" "+strings.Join(words, " "))
		}
	}
	return list
}

// The rungs of the options that make a cycle shorter. -W below 5 seconds leaves
// no time for a call to be noticed, and an EXTERNAL turn without rest would keep
// the network busy all day. invented: the values tried.
var (
	waitRungs = []int{60, 30, 15, 5}
	restRungs = []int{2, 1}
)

// transfersMax is how many EXTERNAL PCs a search adds.
const transfersMax = 3

// improve changes what limits, by the smallest step there is; nil: by none.
func (j *judge) improve(s *site.Site, b *Bottleneck, d *Day) *site.Site {
	busy := 0.0
	for i := range d.PCs {
		if d.PCs[i].PC == b.PC {
			busy = d.PCs[i].Busy
		}
	}
	s = s.Clone()
	pc := s.PC(b.PC)
	if pc == nil {
		return nil
	}
	switch b.Kind {
	case kindOutbound:
		if busy > 0.97 {
			return nil // it has no time to wait as it is
		}
		return shorterWait(s, pc, &j.l)
	case kindGivenUp:
		return moreAttempts(s, pc, j.o.Outage)
	case kindTransfer, kindMailer:
		if _, ok := externalOptions(pc); !ok {
			return nil
		}
		if busy < 0.9 {
			if next := shorterRest(s, b.PC); next != nil {
				return next
			}
		}
		return anotherTransfer(s, pc)
	}
	return nil
}

// shorterWait lowers -W, and raises -Q so that the gateway tries as long as
// before. Q99718
func shorterWait(s *site.Site, pc *site.PC, l *Load) *site.Site {
	o, ok := gatewayOptions(s, pc)
	if !ok {
		return nil
	}
	out := 0
	for _, sh := range l.perDay() {
		if slices.Contains(sendersOf(s, sh.Postoffice), pc.Name) {
			out += sh.Out
		}
	}
	for i, w := range waitRungs {
		if w >= o.WaitSeconds {
			continue
		}
		// No call ends the wait of a PC that only sends: a cycle that is too long by
		// arithmetic need not be tried.
		last := i == len(waitRungs)-1
		if roleOf(pc) == RoleSend && !last && daySeconds/(float64(w)+cycleMessages*secondsFor(l.Size))*cycleMessages < 0.95*float64(out) {
			continue
		}
		q := min((o.WaitSeconds*o.Attempts+w-1)/w, 32767)
		pc.Run = withOption(withOption(pc.Run, "w", w), "q", q)
		return s
	}
	return nil
}

// moreAttempts lets a gateway try for six hours, as with its defaults (Q99718),
// or half as long again as the outage lasts.
func moreAttempts(s *site.Site, pc *site.PC, outage time.Duration) *site.Site {
	o, ok := gatewayOptions(s, pc)
	span := max(180*120, int(1.5*outage.Seconds()))
	if !ok || o.WaitSeconds == 0 || o.WaitSeconds*o.Attempts >= span {
		return nil
	}
	q := min((span+o.WaitSeconds-1)/o.WaitSeconds, 32767)
	pc.Run = withOption(pc.Run, "q", q)
	return s
}

// shorterRest lowers -N of every EXTERNAL PC that works beside one.
func shorterRest(s *site.Site, name string) *site.Site {
	like := s.PC(name)
	o, _ := externalOptions(like)
	for _, n := range restRungs {
		if n >= o.WaitMinutes {
			continue
		}
		for i := range s.PCs {
			pc := &s.PCs[i]
			if x, ok := externalOptions(pc); ok && x.WaitMinutes > n && sharesDrive(pc, like) {
				pc.Run = withOption(pc.Run, "n", n)
			}
		}
		return s
	}
	return nil
}

func sharesDrive(a, b *site.PC) bool {
	return slices.ContainsFunc(a.Drives, func(d site.DriveMap) bool { return reaches(b, d.Postoffice) })
}

// anotherTransfer adds an EXTERNAL PC that takes turns with one: the locks of the
// outbound mailbags let several work (Q103421). The mailer stays with the first,
// so that one works on each postoffice.
func anotherTransfer(s *site.Site, like *site.PC) *site.Site {
	same := 0
	for i := range s.PCs {
		if o, ok := externalOptions(&s.PCs[i]); ok && o.MailerDisable && drivesText(&s.PCs[i]) == drivesText(like) {
			same++
		}
	}
	if same == transfersMax {
		return nil
	}
	pc := freshTransfer(s, like, false)
	// Not all at the same time on the same mailbags.
	pc.StartAfter += 150 * 1e9
	s.PCs = append(s.PCs, pc)
	return s
}

// freshTransfer is an EXTERNAL PC like one, with a name and a process number of
// its own, which runs the mailer or leaves it to others.
func freshTransfer(s *site.Site, like *site.PC, mailer bool) site.PC {
	pc := *like
	pc.Drives, pc.Local, pc.Path = slices.Clone(pc.Drives), slices.Clone(pc.Local), slices.Clone(pc.Path)
	base := strings.TrimRight(pc.Name, "0123456789")
	for n := 1; ; n++ {
		if pc.Name = fmt.Sprint(base, n); s.PC(pc.Name) == nil {
			break
		}
	}
	o, _ := externalOptions(&pc)
	if n := o.ProcessNumber; n > 0 {
		numbers := map[int]bool{}
		for i := range s.PCs {
			if o, ok := externalOptions(&s.PCs[i]); ok {
				numbers[o.ProcessNumber] = true
			}
		}
		for numbers[n] && n < 0xFF {
			n++
		}
		pc.Run = withText(pc.Run, "p", fmt.Sprintf("%03X", n))
	}
	switch {
	case !mailer && !o.MailerDisable:
		pc.Run += " -md"
	case mailer && o.MailerDisable:
		pc.Run = without(pc.Run, "md")
	}
	return pc
}

// without takes an option off a command line.
func without(run, option string) string {
	words := strings.Fields(run)
	return strings.Join(slices.DeleteFunc(words, func(w string) bool {
		return (w[0] == '-' || w[0] == '/') && strings.EqualFold(w[1:], option)
	}), " ")
}

// withOption gives a command line an option with a number in place of the one
// that it has.
func withOption(run, letter string, n int) string { return withText(run, letter, fmt.Sprint(n)) }

func withText(run, letter, value string) string {
	words := strings.Fields(run)
	for i, w := range words {
		if i == 0 || len(w) < 2 || w[0] != '-' && w[0] != '/' || !strings.EqualFold(w[1:2], letter) {
			continue
		}
		if digits := strings.Trim(w[2:], "0123456789ABCDEFabcdef"); digits == "" && w[2:] != "" {
			words[i] = w[:2] + value
			return strings.Join(words, " ")
		}
	}
	return strings.Join(append(words, "-"+letter+value), " ")
}

// interrupted says whether an error is the end of a budget or a wish.
func interrupted(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errSteps) || errors.Is(err, errMemory)
}
