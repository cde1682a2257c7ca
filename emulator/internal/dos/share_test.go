package dos

import (
	"strings"
	"testing"
)

// matrix is SHARE's table for one computer as the programmer's references
// print it: rows are the first open, columns the second. Y opens, N is an
// error, C a critical error; 1 opens when the file is read-only and is N
// otherwise; 2 likewise with C.
const matrix = `
               Compat  All     Write   Read    None
               R W RW  R W RW  R W RW  R W RW  R W RW
Compat  R      Y Y Y   N N N   1 N N   N N N   1 N N
Compat  W      Y Y Y   N N N   N N N   N N N   N N N
Compat  RW     Y Y Y   N N N   N N N   N N N   N N N
All     R      C C C   N N N   N N N   N N N   N N N
All     W      C C C   N N N   N N N   N N N   N N N
All     RW     C C C   N N N   N N N   N N N   N N N
Write   R      2 C C   N N N   Y N N   N N N   Y N N
Write   W      C C C   N N N   N N N   Y N N   Y N N
Write   RW     C C C   N N N   N N N   N N N   Y N N
Read    R      C C C   N N N   N Y N   N N N   N Y N
Read    W      C C C   N N N   N N N   N Y N   N Y N
Read    RW     C C C   N N N   N N N   N N N   N Y N
None    R      2 C C   N N N   Y Y Y   N N N   Y Y Y
None    W      C C C   N N N   N N N   Y Y Y   Y Y Y
None    RW     C C C   N N N   N N N   N N N   Y Y Y
`

var (
	shares   = []Mode{Compat, DenyAll, DenyWrite, DenyRead, DenyNone}
	accesses = []Mode{Read, Write, ReadWrite}
)

func TestShareMatrix(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(matrix), "\n")[2:]
	seen := 0
	for i, line := range lines {
		first := shares[i/3] | accesses[i%3]
		for j, cell := range strings.Fields(line)[2:] {
			second := shares[j/3] | accesses[j%3]
			for _, protected := range []bool{false, true} {
				want := map[string]verdict{"Y": allowed, "N": refused, "C": critical, "1": refused, "2": critical}[cell]
				if protected && (cell == "1" || cell == "2") {
					want = allowed
				}
				if got := conflict(first, second, true, protected); got != want {
					t.Errorf("%v, then %v, read-only %v: %v, want %v", first, second, protected, got, want)
				}
				seen++
				// From another PC only compat with compat differs.
				if first.share() == Compat && second.share() == Compat {
					want = critical
					if protected && first == Read && second == Read {
						want = allowed
					}
				}
				if got := conflict(first, second, false, protected); got != want {
					t.Errorf("%v, then from another PC %v, read-only %v: %v, want %v", first, second, protected, got, want)
				}
			}
		}
	}
	if seen != 15*15*2 {
		t.Errorf("the table has %d cells, want %d", seen, 15*15*2)
	}
}

func TestModeText(t *testing.T) {
	for m, want := range map[Mode]string{
		Read: "r compat", ReadWrite | DenyWrite: "rw deny-write", Write | DenyNone: "w deny-none", 3: "invalid", 0x50: "invalid", 0x80: "invalid",
	} {
		if m.String() != want {
			t.Errorf("Mode(%#x) is %q, want %q", uint8(m), m, want)
		}
	}
}

func TestLocks(t *testing.T) {
	r := newRig(t)
	must(t, r.v.WriteFile(`\SMTP\L`, make([]byte, 100), 0))
	type step struct {
		what string
		got  error
		want error
	}
	var steps []step
	r.pc(PCOptions{Name: "GW1", Retries: -1}, func(t *Task) int {
		do := func(what string, got, want error) { steps = append(steps, step{what, got, want}) }
		a, _ := t.Open(`M:\SMTP\L`, ReadWrite|DenyNone)
		b, _ := t.Open(`M:\SMTP\L`, ReadWrite|DenyNone)
		buf := make([]byte, 10)
		read := func(f *File, off int64) error { _, err := f.ReadAt(buf, off); return err }
		write := func(f *File, off int64) error { _, err := f.WriteAt(buf, off); return err }
		do("lock", a.Lock(10, 10), nil)
		do("lock overlapping by the same handle", a.Lock(15, 1), LockViolation)
		do("lock overlapping by another", b.Lock(19, 5), LockViolation)
		do("lock beside", b.Lock(20, 5), nil)
		do("lock beyond the end", a.Lock(1000, 1), nil)
		do("lock nothing", a.Lock(5, 0), InvalidFunction)
		do("lock before the begin", a.Lock(-1, 5), InvalidFunction)
		do("owner reads", read(a, 10), nil)
		do("other reads the range", read(b, 5), LockViolation)
		do("other reads up to it", read(b, 0), nil)
		do("other writes", write(b, 19), LockViolation)
		do("truncation through a lock", b.Truncate(15), LockViolation)
		do("unlock a part", a.Unlock(10, 5), LockViolation)
		do("unlock of another's", b.Unlock(10, 10), LockViolation)
		do("unlock", a.Unlock(10, 10), nil)
		do("other writes now", write(b, 10), nil)
		do("close", b.Close(), nil)
		do("close frees locks", a.Lock(20, 5), nil)
		do("close twice", b.Close(), InvalidHandle)
		do("use after close", read(b, 0), InvalidHandle)
		return 0
	})
	r.run(1e9)
	if len(steps) != 20 {
		t.Fatalf("%d steps ran", len(steps))
	}
	for _, s := range steps {
		if s.got != s.want {
			t.Errorf("%s: %v, want %v", s.what, s.got, s.want)
		}
	}
}

// TestNoShare: without SHARE a PC's own disk judges nothing; the server does.
func TestNoShare(t *testing.T) {
	r := newRig(t)
	disk := NewVolume(VolumeOptions{Clock: r.k.Clock})
	must(t, disk.WriteFile(`\X`, nil, 0))
	must(t, r.v.WriteFile(`\X`, nil, 0))
	var local, server error
	r.pc(PCOptions{Name: "GW1", NoShare: true, Disk: disk, Retries: -1}, func(t *Task) int {
		t.Open(`C:\X`, ReadWrite|DenyAll)
		_, local = t.Open(`C:\X`, ReadWrite|DenyAll)
		t.Open(`M:\X`, ReadWrite|DenyAll)
		_, server = t.Open(`M:\X`, ReadWrite|DenyAll)
		return 0
	})
	r.run(1e9)
	if local != nil || server != SharingViolation {
		t.Errorf("own disk: %v, server: %v", local, server)
	}
}
