package explore

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gwkit/emulator/schedule"
)

// toy is a Subject of a few processes over shared objects, small enough to
// count its schedules by hand.
type toy struct {
	hosts   []script
	names   []string // of objects; ID is the index + 1
	judge   func(t *toy, dead bool) []Violation
	flaky   bool            // not deterministic: the third operation is not shown in each third run
	shared  map[string]bool // not nil: only these are decision points
	maximum int             // steps; 0: 10,000
	runs    int
	closed  *int

	val     []int
	listing int // names that directory 1 has
	holder  []int
	reg     [][4]int
	options []schedule.Option
	by      []int
}

type script struct {
	who string
	ops []op
}

// op is one operation: on an object, and what it does. do returns false when it
// has to wait until somebody writes the object.
type op struct {
	name   string
	object int // index in names; -1: none
	dir    int32
	access schedule.Access
	sleep  int
	do     func(t *toy, me int) bool
}

type toyProc struct {
	pc, state, until int
}

const (
	ready = iota
	waits
	sleeps
	ended
)

func (t *toy) Close() error {
	if t.closed != nil {
		*t.closed++
	}
	return nil
}

func (t *toy) Run(d schedule.Decider) Outcome {
	t.runs++
	n := len(t.hosts)
	if t.val == nil {
		t.val, t.holder, t.reg = make([]int, len(t.names)), make([]int, len(t.names)), make([][4]int, n)
	}
	clear(t.val)
	t.listing = 0
	clear(t.holder)
	clear(t.reg)
	procs := make([]toyProc, n)
	line := make([]int, n) // ready ones, longest first
	for i := range line {
		line[i] = i
	}
	var o Outcome
	users := map[string]int{}
	last, clock := -1, 0
	digest := uint64(1)
	limit := t.maximum
	if limit == 0 {
		limit = 10_000
	}
	for {
		if o.Steps++; o.Steps > limit {
			o.Bound = "steps"
			break
		}
		t.options, t.by = t.options[:0], t.by[:0]
		running := slices.Contains(line, last)
		if running {
			t.offer(procs, last, false)
		}
		for _, p := range line {
			if p != last {
				t.offer(procs, p, false)
			}
		}
		var asleep []int
		for p := range procs {
			if procs[p].state == sleeps {
				asleep = append(asleep, p)
			}
		}
		slices.SortStableFunc(asleep, func(a, b int) int { return procs[a].until - procs[b].until })
		for i, p := range asleep {
			t.offer(procs, p, len(line) > 0 || i > 0)
		}
		if len(t.options) == 0 {
			break
		}
		choice := 0
		if t.private(procs, t.by[0]) {
			// Goes on without a decision: nobody else uses it, or so it seems.
		} else if t.flaky && t.runs%3 == 0 && o.Steps == 3 {
			// The flaw: at times this operation is not shown.
		} else {
			choice = d.Decide(t.options, running)
		}
		me := t.by[choice]
		p := &procs[me]
		last = me
		digest = mix(digest + uint64(me))
		if p.state == sleeps {
			if !t.options[choice].Early {
				clock = p.until
			}
			p.state = ready
			line = append(line, me)
			continue
		}
		do := &t.hosts[me].ops[p.pc]
		o.Operations++
		if do.object >= 0 && t.shared != nil {
			name := t.names[do.object]
			if users[name]&(1<<me) == 0 {
				if users[name] != 0 && !t.shared[name] && !slices.Contains(o.Learned, name) {
					o.Learned = append(o.Learned, name)
				}
				users[name] |= 1 << me
			}
		}
		if do.do != nil && !do.do(t, me) {
			p.state = waits
			line = slices.DeleteFunc(line, func(q int) bool { return q == me })
			continue
		}
		if do.access == schedule.Writes {
			for q := range procs {
				if procs[q].state == waits && t.hosts[q].ops[procs[q].pc].object == do.object {
					procs[q].state = ready
					line = append(line, q)
				}
			}
		}
		p.pc++
		switch {
		case p.pc == len(t.hosts[me].ops):
			p.state = ended
		case do.sleep > 0:
			p.state, p.until = sleeps, clock+do.sleep
		}
		if p.state != ready {
			line = slices.DeleteFunc(line, func(q int) bool { return q == me })
		}
	}
	o.Digest = digest
	dead := false
	for i := range procs {
		dead = dead || procs[i].state == waits
		o.State = mix(o.State + uint64(procs[i].pc))
	}
	for _, v := range t.val {
		o.State = mix(o.State + uint64(v))
	}
	o.Sometimes = uint64(1)
	if dead {
		o.Sometimes |= 2
	}
	if t.judge != nil {
		o.Violations = t.judge(t, dead)
	}
	return o
}

func (t *toy) private(procs []toyProc, p int) bool {
	if t.shared == nil || procs[p].state == sleeps {
		return false
	}
	o := t.hosts[p].ops[procs[p].pc].object
	return o >= 0 && !t.shared[t.names[o]]
}

func (t *toy) offer(procs []toyProc, p int, early bool) {
	o := schedule.Option{Who: t.hosts[p].who, Op: "wake", Proc: p + 1, Early: early}
	if procs[p].state != sleeps {
		do := &t.hosts[p].ops[procs[p].pc]
		o.Op, o.Access, o.Dir = do.name, do.access, do.dir
		if do.object >= 0 {
			o.Object, o.ID = t.names[do.object], int32(do.object+1)
		}
	}
	t.options, t.by = append(t.options, o), append(t.by, p)
}

// toyLearner is a toy that is told what is shared.
type toyLearner struct{ *toy }

func (t toyLearner) Learn(objects []string) {
	t.shared = map[string]bool{}
	for _, o := range objects {
		t.shared[o] = true
	}
}

func read(object, reg int) op {
	return op{name: "read", object: object, access: schedule.Reads, do: func(t *toy, me int) bool { t.reg[me][reg] = t.val[object]; return true }}
}

func write(object, value int) op {
	return op{name: "write", object: object, access: schedule.Writes, do: func(t *toy, _ int) bool { t.val[object] = value; return true }}
}

func increment(object, reg int) op {
	return op{name: "write", object: object, access: schedule.Writes, do: func(t *toy, me int) bool { t.val[object] = t.reg[me][reg] + 1; return true }}
}

func lock(object int) op {
	return op{name: "open", object: object, access: schedule.Writes, do: func(t *toy, me int) bool {
		if t.holder[object] != 0 {
			return false
		}
		t.holder[object] = me + 1
		return true
	}}
}

func unlock(object int) op {
	return op{name: "close", object: object, access: schedule.Writes, do: func(t *toy, me int) bool { t.holder[object] = 0; return true }}
}

func pads(n, object int) []op {
	all := make([]op, n)
	for i := range all {
		all[i] = op{name: "touch", object: object, access: schedule.Reads}
	}
	return all
}

func join(all ...[]op) []op { return slices.Concat(all...) }

// lostUpdate: both read X and write it back one higher.
func lostUpdate() *toy {
	return &toy{names: []string{"X"}, hosts: []script{{"GW1/GATE", []op{read(0, 0), increment(0, 0)}}, {"GW2/GATE", []op{read(0, 0), increment(0, 0)}}},
		judge: func(t *toy, _ bool) []Violation {
			if t.val[0] != 2 {
				return []Violation{{Invariant: "no_lost_update", Signature: "X", Text: fmt.Sprintf("X is %d", t.val[0])}}
			}
			return nil
		}}
}

// philosophers: two PCs take A and B in opposite order, amid pads, while a host
// minds its own business.
func philosophers(padding int) *toy {
	gw := func(who string, a, b, pad int) script {
		return script{who, join(pads(padding, pad), []op{lock(a)}, pads(2, pad), []op{lock(b)}, pads(2, pad), []op{unlock(b), unlock(a)}, pads(padding, pad))}
	}
	return &toy{names: []string{"A", "B", "P1", "P2", "Q"}, judge: judgeDead,
		hosts: []script{gw("GW1/GATE", 0, 1, 2), gw("GW2/GATE", 1, 0, 3), {"HOST/mail", pads(4, 4)}}}
}

func judgeDead(_ *toy, dead bool) []Violation {
	if dead {
		return []Violation{{Invariant: "no_deadlock", Signature: "A B", Text: "all wait"}}
	}
	return nil
}

// ordered is philosophers that take A first, both: correct.
func ordered() *toy {
	t := philosophers(3)
	t.hosts[1].ops = t.hosts[0].ops
	return t
}

// hardened breaks only when GW2 sees A set and then sees it clear: GW1 has to be
// interrupted and then GW2, each in a window of three operations among many.
func hardened() *toy {
	return &toy{names: []string{"A", "P1", "P2"},
		hosts: []script{
			{"GW1/GATE", join(pads(8, 1), []op{write(0, 1)}, pads(2, 1), []op{write(0, 0)}, pads(8, 1))},
			{"GW2/GATE", join(pads(8, 2), []op{read(0, 0)}, pads(2, 2), []op{read(0, 1)}, pads(8, 2))}},
		judge: func(t *toy, _ bool) []Violation {
			if r := t.reg[1]; r[0] == 1 && r[1] == 0 {
				return []Violation{{Invariant: "no_window", Signature: "A1 A0", Text: "GW2 saw both"}}
			}
			return nil
		}}
}

// unsteady is a toy that does not repeat itself: see flaky. No two of its
// operations are alike.
func unsteady() *toy {
	t := &toy{flaky: true}
	for p, who := range []string{"GW1/GATE", "GW2/GATE"} {
		s := script{who: who}
		for i := range 6 {
			t.names = append(t.names, fmt.Sprint(who, i))
			s.ops = append(s.ops, pads(1, 6*p+i)...)
		}
		t.hosts = append(t.hosts, s)
	}
	return t
}

// sleeper: GW2 polls for A, and is wrong when it is woken before GW1 is done.
func sleeper() *toy {
	return &toy{names: []string{"A"}, hosts: []script{
		{"GW1/GATE", join(pads(3, 0), []op{write(0, 1)})},
		{"GW2/GATE", []op{{name: "touch", object: -1, sleep: 10}, read(0, 0)}}},
		judge: func(t *toy, _ bool) []Violation {
			if t.reg[1][0] == 0 {
				return []Violation{{Invariant: "no_early", Signature: "A", Text: "GW2 came too early"}}
			}
			return nil
		}}
}

// loaded builds philosophers that handle messages, for Shrink.
func loaded(l Load) (Subject, error) {
	if len(l.PCs) == 0 || l.Size < 8 {
		return nil, errors.New("no such load")
	}
	t := &toy{names: []string{"A", "B", "P"}, judge: judgeDead}
	for _, pc := range l.PCs {
		a, b := 0, 1
		if pc == "GW2" {
			a, b = 1, 0
		}
		var ops []op
		if strings.HasPrefix(pc, "GW") {
			for range l.In {
				ops = join(ops, pads(l.Size/8, 2), []op{lock(a)}, pads(1, 2), []op{lock(b), unlock(b), unlock(a)})
			}
		}
		t.hosts = append(t.hosts, script{pc + "/GATE", join(ops, pads(l.Out+len(l.Faults)+1, 2))})
	}
	t.hosts = append(t.hosts, script{"HOST/mail", pads(3, 2)})
	return t, nil
}
