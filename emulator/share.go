package emulator

import (
	"fmt"
	"strings"
)

// picker says whose message the i-th one of a direction is. It is asked in
// order.
type picker func(i int) loadUser

// pickers returns who gets and who sends the messages of a load.
func (w *World) pickers(l *Load) (next [2]picker, err error) {
	users := w.served()
	if l.In+l.Out > 0 && len(users) == 0 {
		return next, fmt.Errorf("cannot make a load: no postoffice with users is in an address map of the site")
	}
	next[inbound] = func(i int) loadUser { return users[i%len(users)] }
	next[outbound] = next[inbound]
	if l.Shares == nil {
		return next, nil
	}
	by := make([][]loadUser, len(l.Shares))
	weights := [2][]int{make([]int, len(l.Shares)), make([]int, len(l.Shares))}
	for i, sh := range l.Shares {
		if by[i] = usersOf(users, sh.Postoffice); len(by[i]) == 0 && sh.In+sh.Out > 0 {
			return next, fmt.Errorf("cannot make a load: postoffice %q has no user whom mail from outside reaches", sh.Postoffice)
		}
		if sh.In < 0 || sh.Out < 0 {
			return next, fmt.Errorf("cannot make a load: postoffice %q has a share below 0", sh.Postoffice)
		}
		weights[inbound][i], weights[outbound][i] = sh.In, sh.Out
	}
	for d, n := range [2]int{inbound: l.In, outbound: l.Out} {
		sum := 0
		for _, x := range weights[d] {
			sum += x
		}
		if n > 0 && sum == 0 {
			return next, fmt.Errorf("cannot make a load: no postoffice has a share of the mail %s", [2]string{"in", "out"}[d])
		}
		next[d] = weighted(by, weights[d])
	}
	return next, nil
}

// usersOf are the users of one postoffice, without ADMIN if there are others.
func usersOf(users []loadUser, ref string) (list []loadUser) {
	var admin []loadUser
	for _, u := range users {
		switch {
		case !strings.EqualFold(u.of.ref, ref):
		case strings.EqualFold(u.name, "ADMIN"):
			admin = append(admin, u)
		default:
			list = append(list, u)
		}
	}
	if list == nil {
		return admin
	}
	return list
}

// weighted gives each group its part as evenly over time as can be: every
// group earns its weight each time, and who has most is served and pays for
// all.
func weighted(by [][]loadUser, weight []int) picker {
	credit, turn := make([]int, len(by)), make([]int, len(by))
	sum := 0
	for _, x := range weight {
		sum += x
	}
	return func(int) loadUser {
		best := -1
		for i := range by {
			credit[i] += weight[i]
			if weight[i] > 0 && (best < 0 || credit[i] > credit[best]) {
				best = i
			}
		}
		credit[best] -= sum
		u := by[best][turn[best]%len(by[best])]
		turn[best]++
		return u
	}
}
