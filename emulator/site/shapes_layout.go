package site

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// ShapeParam is a number, or a list of numbers, that a shape takes.
type ShapeParam struct {
	Name        string
	Summary     string
	Least, Most int
	Default     string // in words

	list bool // numbers separated by slashes
}

// drivesOfPC is how many postoffices one EXTERNAL PC reaches: M to Z. The
// letters before belong to the disks and the network of the PC. Q103447
const drivesOfPC = 'Z' - 'M' + 1

// invented: the bounds. 99 postoffices are as many as the numbered names have
// room for, and one PC has to reach all gateway postoffices to link the groups.
var (
	downstreamParam  = ShapeParam{"downstream", "downstream postoffices", 1, 99, "2", false}
	downstreamOfEach = ShapeParam{"downstream", "downstream postoffices in all", 2, 99, "2 for each group", false}
	gatewaysParam    = ShapeParam{"gateways", "gateway postoffices, each with its PC", 2, drivesOfPC, "2", false}
	pairsParam       = ShapeParam{"pairs", "pairs of a receiving and a sending PC", 2, drivesOfPC, "2", false}
	volumesParam     = ShapeParam{"volumes", "messages a day of each downstream postoffice, by which they are divided", 0, 1_000_000, "all the same", true}
)

// Range says what values a parameter takes.
func (p *ShapeParam) Range() string {
	if p.list {
		return fmt.Sprintf("numbers from %d to %d separated by slashes", p.Least, p.Most)
	}
	return fmt.Sprintf("a number from %d to %d", p.Least, p.Most)
}

// layout is what the parameters of a shape come to: the downstream postoffices
// of each gateway or pair, and how many transfer PCs there are so far.
type layout struct {
	groups    [][]string
	transfers int
}

// layout reads the parameters behind the colon of a name.
func (row *ShapeInfo) layout(name string) (*layout, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("cannot build shape %s: %s; for example %s", row.Name, fmt.Sprintf(format, args...), row.Example)
	}
	_, text, given := strings.Cut(name, ":")
	numbers, volumes := map[string]int{}, []int(nil)
	for _, field := range strings.Split(text, ",") {
		if !given {
			break
		}
		key, value, _ := strings.Cut(field, "=")
		p := row.param(key)
		if p == nil {
			var names []string
			for _, p := range row.Params {
				names = append(names, p.Name)
			}
			return nil, bad("unknown parameter %q, want %s", key, strings.Join(names, ", "))
		}
		if _, twice := numbers[key]; twice {
			return nil, bad("second %s=%s", key, value)
		}
		words := []string{value}
		if p.list {
			words = strings.Split(value, "/")
		}
		for _, word := range words {
			n, err := strconv.Atoi(word)
			if err != nil || n < p.Least || n > p.Most || strings.HasPrefix(word, "+") {
				return nil, bad("%s=%s, want %s", key, value, p.Range())
			}
			numbers[key] = n
			if p.list {
				volumes = append(volumes, n)
			}
		}
	}
	groups, of := 1, ""
	for _, key := range []string{"gateways", "pairs"} {
		if row.param(key) != nil {
			groups, of = 2, key
			if n, ok := numbers[key]; ok {
				groups = n
			}
		}
	}
	count, counted := numbers["downstream"]
	switch {
	case volumes != nil && counted && count != len(volumes):
		return nil, bad("volumes of %d postoffices and downstream=%d, want as many as there are", len(volumes), count)
	case volumes != nil:
		if count = len(volumes); count > downstreamParam.Most {
			return nil, bad("volumes of %d postoffices, want at most %d", count, downstreamParam.Most)
		}
	case !counted:
		count = 2 * groups
	}
	switch {
	case count < groups && volumes != nil:
		return nil, bad("volumes of %s for %s=%d, want %d to %d of them", plural(count, "postoffice"), of, groups, groups, downstreamParam.Most)
	case count < groups:
		return nil, bad("downstream=%d for %s=%d, want a number from %d to %d", count, of, groups, groups, downstreamParam.Most)
	}
	l := &layout{groups: make([][]string, groups)}
	for i, group := range divide(count, groups, volumes) {
		l.groups[group] = append(l.groups[group], downstreamName(i))
	}
	return l, nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (row *ShapeInfo) param(name string) *ShapeParam {
	for i := range row.Params {
		if row.Params[i].Name == name {
			return &row.Params[i]
		}
	}
	return nil
}

// divide puts postoffices into groups "so that they evenly distribute the
// traffic" (Q132060) and returns the group of each. Without volumes each group
// has as many as the next, neighbours together. With volumes the postoffice
// with most mail goes first, each to the group that has least so far; of equals
// the one with fewer postoffices, then the first. That is not always the best
// division, but at most a third above it, and the same every time.
func divide(count, groups int, volumes []int) []int {
	of := make([]int, count)
	if volumes == nil {
		each, more := count/groups, count%groups // the first groups get one more
		for i, group, room := 0, -1, 0; i < count; i++ {
			if room == 0 {
				group++
				if room = each; group < more {
					room++
				}
			}
			of[i] = group
			room--
		}
		return of
	}
	order := make([]int, count)
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return volumes[order[a]] > volumes[order[b]] })
	load, size := make([]int, groups), make([]int, groups)
	for _, i := range order {
		best := 0
		for g := range load {
			if load[g] < load[best] || load[g] == load[best] && size[g] < size[best] {
				best = g
			}
		}
		of[i] = best
		load[best] += volumes[i]
		size[best]++
	}
	return of
}

// invented: the names of departments and people.
var (
	departments = []string{"SALES", "ENGINEER", "LEGAL", "FINANCE"}
	people      = []string{"margb", "tomk", "annet", "peters"}
)

func downstreamName(i int) string {
	if i < len(departments) {
		return departments[i]
	}
	return fmt.Sprintf("PO%02d", i+1)
}

// userOf is the one user that a downstream postoffice has beside ADMIN.
func userOf(postoffice string) string {
	for i, name := range departments {
		if name == postoffice {
			return people[i]
		}
	}
	return "user" + strings.TrimPrefix(postoffice, "PO")
}

// all lists the downstream postoffices of all groups, group by group.
func (l *layout) all() (names []string) {
	for _, group := range l.groups {
		names = append(names, group...)
	}
	return names
}

// downstream adds the postoffices of a group, which send their SMTP mail to
// via.
func (l *layout) downstream(s *Site, group int, via string) {
	for _, name := range l.groups[group] {
		s.Postoffices = append(s.Postoffices, Postoffice{
			Network: shapeNetwork, Name: name,
			Users:  []string{"ADMIN", userOf(name)},
			Via:    shapeNetwork + "/" + via,
			Access: true,
		})
	}
}

// transfer adds the EXTERNAL PCs that carry mail between gateway postoffices
// and downstream ones. When one PC has not letters enough there are two more for
// each further dozen: one that reaches the gateway postoffices and leaves the
// mailer to others, and one that runs the mailer, so that only one mailer works
// on each postoffice.
func (l *layout) transfer(s *Site, names []string, gateways ...string) {
	room := drivesOfPC - len(gateways)
	first := names[:min(room, len(names))]
	l.addTransferPC(s, "", append(append([]string(nil), gateways...), first...))
	for rest := names[len(first):]; len(rest) > 0; {
		part := rest[:min(room, len(rest))]
		rest = rest[len(part):]
		l.addTransferPC(s, " -md", append(append([]string(nil), gateways...), part...))
		l.addTransferPC(s, "", part)
	}
}

// link adds a PC that carries mail between groups. It leaves the mailer to the
// others so that only one mailer works on each postoffice.
func (l *layout) link(s *Site, names []string) { l.addTransferPC(s, " -md", names) }

// addTransferPC maps its postoffices to M and the letters after it.
func (l *layout) addTransferPC(s *Site, options string, postoffices []string) {
	pc := PC{Name: fmt.Sprint("MTA", l.transfers+1), Run: fmt.Sprintf("EXTERNAL -p%03d%s", 10+l.transfers, options)}
	l.transfers++
	for i, po := range postoffices {
		pc.Drives = append(pc.Drives, DriveMap{'M' + byte(i), shapeNetwork + "/" + po})
	}
	s.PCs = append(s.PCs, pc)
}
