package dos

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/afero"
)

// full prints everything a rollback must bring back, slots included.
func full(t *testing.T, v *Volume) string {
	t.Helper()
	var b strings.Builder
	var walk func(n *node, prefix string)
	walk = func(n *node, prefix string) {
		for slot, k := range n.slots {
			if k == nil {
				continue
			}
			p := prefix + `\` + k.name
			fmt.Fprintf(&b, "%d %s %d %d %d", slot, p, k.attr, k.size, k.mtime)
			if k.isDir() {
				b.WriteByte('\n')
				walk(k, p)
				continue
			}
			c, err := v.ReadFile(p)
			must(t, err)
			fmt.Fprintf(&b, " %d %q\n", len(c), c)
		}
	}
	walk(v.root, "")
	fmt.Fprintf(&b, "free %d\n", v.Free())
	return b.String()
}

// scramble changes a volume by random operations of every kind.
func scramble(v *Volume, seed uint64, count int) {
	for i, s := range randomSteps(seed, count) {
		play(v, s, i)
		switch s.n % 7 {
		case 0:
			v.SetAttr(s.a, Attr(s.n%4)&(ReadOnly|Hidden))
		case 1:
			v.Mkdir(s.a[:len(s.a)-4]+".DIR", 0)
		case 2:
			v.Remove(s.b[:len(s.b)-4] + ".DIR")
		case 3:
			v.Rename(s.a[:len(s.a)-4]+".DIR", s.a[:len(s.a)-4]+".DIS")
		case 4:
			v.RemoveAll(s.b)
		case 5:
			v.Chtimes(s.a, dosEpoch, dosEpoch.AddDate(0, 0, s.n))
		}
	}
}

// hostTree prints what other programs see of a host volume.
func hostTree(t *testing.T, v *Volume) string {
	t.Helper()
	return tree(t, afero.NewBasePathFs(afero.NewOsFs(), v.host.dir), "/")
}

// TestRollback: after any operations a rollback to any mark gives the tree as
// it was, on the host too, and a second time after other operations.
func TestRollback(t *testing.T) {
	onBothStores(t, func(t *testing.T, mk func(VolumeOptions) *Volume) {
		seeds := uint64(25)
		if t.Name() == "TestRollback/host" {
			seeds = 6 // real files are slow
		}
		for seed := uint64(1); seed <= seeds; seed++ {
			v := mk(VolumeOptions{Capacity: 40 * pageSize})
			must(t, v.MkdirAll("/D1/SUB", 0))
			must(t, v.Mkdir("/D2", 0))
			scramble(v, seed, 60)
			var marks []Mark
			var states, files []string
			for i := range uint64(4) {
				marks = append(marks, v.Mark())
				states = append(states, full(t, v))
				if v.host != nil {
					files = append(files, hostTree(t, v))
				}
				scramble(v, seed*100+i, 50)
			}
			if states[0] == full(t, v) {
				t.Fatalf("seed %d changed nothing", seed)
			}
			for i := len(marks) - 1; i >= 0; i-- {
				for again := range uint64(2) {
					v.Rollback(marks[i])
					if d := cmp.Diff(states[i], full(t, v)); d != "" {
						t.Fatalf("seed %d, mark %d, time %d:\n%.2000s", seed, i, again, d)
					}
					if v.host != nil {
						must(t, v.Flush())
						os.Remove(v.host.dir + "/" + sidecar)
						if d := cmp.Diff(files[i], hostTree(t, v)); d != "" {
							t.Fatalf("seed %d, mark %d, host:\n%.2000s", seed, i, d)
						}
					}
					scramble(v, seed*1000+uint64(i)*10+again, 40)
				}
				v.Rollback(marks[i])
			}
			v.DropJournal()
			scramble(v, seed, 20)
			m := v.Mark()
			state := full(t, v)
			scramble(v, seed+7, 20)
			v.Rollback(m)
			if d := cmp.Diff(state, full(t, v)); d != "" {
				t.Fatalf("seed %d after DropJournal:\n%.2000s", seed, d)
			}
		}
	})
}

// TestNoPageIsUsedTwice: whatever rollbacks did, each page has one owner.
func TestNoPageIsUsedTwice(t *testing.T) {
	pool := &Pool{}
	v := NewVolume(VolumeOptions{Pool: pool})
	must(t, v.MkdirAll("/D1/SUB", 0))
	must(t, v.Mkdir("/D2", 0))
	for seed := uint64(1); seed <= 40; seed++ {
		m := v.Mark()
		scramble(v, seed, 30)
		if seed%3 == 0 {
			v.Rollback(m)
		}
		if seed%7 == 0 {
			v.DropJournal()
		}
		owner := map[*page]string{}
		claim := func(p *page, who string) {
			if p == nil {
				return
			}
			if o, taken := owner[p]; taken {
				t.Fatalf("seed %d: a page belongs to %s and %s", seed, o, who)
			}
			owner[p] = who
		}
		for _, p := range pool.free {
			claim(p, "the pool")
		}
		for i := range v.journal.log {
			u := &v.journal.log[i]
			claim(u.page.page, "the journal")
			if u.kind == undoUnlink && !u.node.linked {
				for _, p := range u.node.pages {
					claim(p.page, "a removed file")
				}
			}
		}
		used := int64(0)
		var walk func(n *node)
		walk = func(n *node) {
			for _, k := range n.slots {
				if k != nil {
					for _, p := range k.pages {
						claim(p.page, k.path())
						used++
					}
					walk(k)
				}
			}
		}
		walk(v.root)
		if used != v.used {
			t.Fatalf("seed %d: %d clusters in use, %d counted", seed, used, v.used)
		}
	}
}

func TestSnapshots(t *testing.T) {
	onBothStores(t, func(t *testing.T, mk func(VolumeOptions) *Volume) {
		v := mk(VolumeOptions{})
		v.Snapshot("empty")
		must(t, v.WriteFile("A", []byte("1"), 0))
		v.Snapshot("one")
		must(t, v.WriteFile("A", []byte("2"), 0))
		must(t, v.WriteFile("B", nil, 0))
		v.Snapshot("two")
		must(t, v.Restore("one"))
		if got := dump(v); got != "\\A                       ----a 00:00:00     1 \"1\"\n" {
			t.Errorf("restored %q", got)
		}
		if got := fmt.Sprint(v.Snapshots()); got != "[empty one]" {
			t.Errorf("snapshots %s: later ones are gone, this one stays", got)
		}
		must(t, v.Remove("A"))
		must(t, v.Restore("one"))
		must(t, v.Restore("empty"))
		if got := dump(v); got != "" {
			t.Errorf("restored %q", got)
		}
		if err := v.Restore("one"); err == nil {
			t.Error("a snapshot that is gone was restored")
		}
		m := v.Mark()
		v.DropJournal()
		defer func() {
			if recover() == nil {
				t.Error("a stale mark was rolled back to")
			}
		}()
		v.Rollback(m)
	})
}

func TestRollbackDropsOpens(t *testing.T) {
	v := NewVolume(VolumeOptions{})
	must(t, v.WriteFile("A", []byte("1"), 0))
	m := v.Mark()
	a, err := v.OpenFile("A", os.O_RDWR, 0)
	must(t, err)
	a.Write([]byte("2"))
	b, err := v.Create("B")
	must(t, err)
	v.Rollback(m)
	for _, f := range []afero.File{a, b} {
		if _, err := f.Write([]byte("ghost")); err == nil {
			t.Errorf("%s is still open", f.Name())
		}
	}
	if got, err := v.ReadFile("A"); string(got) != "1" {
		t.Errorf("A holds %q, %v", got, err)
	}
	must(t, v.Remove("A"))
}
