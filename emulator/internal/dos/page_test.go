package dos

import (
	"bytes"
	"testing"
)

// Volumes of one pool share what set-up wrote to all of them; a change stays
// with the volume that makes it.
func TestSetUpPagesAreSharedUntilTheyAreChanged(t *testing.T) {
	pool := &Pool{}
	body := bytes.Repeat([]byte("0123456789"), 1000) // two pages and a part
	var vs []*Volume
	for range 3 {
		v := NewVolume(VolumeOptions{Pool: pool})
		must(t, v.WriteFile(`\A.DAT`, body, 0))
		must(t, v.WriteFile(`\B.DAT`, body[:5], 0))
		vs = append(vs, v)
	}
	if n := len(pool.common); n != 3 {
		t.Errorf("%d common pages, want 3: one for each page of A.DAT, the first for B.DAT too", n)
	}
	f, err := vs[0].OpenFile(`\A.DAT`, 2, 0)
	must(t, err)
	for _, off := range []int64{0, 5000, 9999} {
		if _, err := f.WriteAt([]byte("XY"), off); err != nil {
			t.Fatal(err)
		}
	}
	must(t, f.Close())
	want := append(append([]byte(nil), body...), 0)
	for _, off := range []int{0, 5000, 9999} {
		copy(want[off:], "XY")
	}
	got, err := vs[0].ReadFile(`\A.DAT`)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Error("the changed file is not what was written")
	}
	must(t, vs[1].Remove(`\A.DAT`)) // gives nothing to the pool that others still read
	must(t, vs[1].WriteFile(`\C.DAT`, bytes.Repeat([]byte("z"), 20000), 0))
	m := vs[1].Mark()
	g, err := vs[1].OpenFile(`\B.DAT`, 2, 0)
	must(t, err)
	g.WriteAt([]byte("!"), 2)
	g.WriteAt([]byte("more"), 5)
	must(t, g.Close())
	vs[1].Rollback(m)
	for i, v := range vs[1:] {
		if got, err := v.ReadFile(`\B.DAT`); err != nil || string(got) != "01234" {
			t.Errorf("volume %d: B.DAT is %q, %v", i+1, got, err)
		}
	}
	if got, err := vs[2].ReadFile(`\A.DAT`); err != nil || !bytes.Equal(got, body) {
		t.Errorf("another volume's file changed too (%v)", err)
	}
	for _, p := range pool.free {
		for _, c := range pool.common {
			if p == c {
				t.Fatal("a common page is in the pool of free ones")
			}
		}
	}
}
