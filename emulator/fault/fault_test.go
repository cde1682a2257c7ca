package fault

import (
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEveryExampleParsesAndPrintsTheSame(t *testing.T) {
	for _, k := range Kinds {
		t.Run(k.Name, func(t *testing.T) {
			f, err := Parse(k.Example)
			if err != nil {
				t.Fatal(err)
			}
			if f.String() != k.Example {
				t.Errorf("prints as %q, want %q", f.String(), k.Example)
			}
			if !strings.HasPrefix(k.Example, k.Name+" ") || k.Summary == "" || k.Where == "" || k.ops == 0 {
				t.Errorf("row is incomplete: %+v", k)
			}
		})
	}
	if !sort.SliceIsSorted(Kinds, func(i, j int) bool { return Kinds[i].Name < Kinds[j].Name }) {
		t.Error("Kinds are not sorted by name")
	}
	if !sort.SliceIsSorted(Dialects, func(i, j int) bool { return Dialects[i].Name < Dialects[j].Name }) {
		t.Error("Dialects are not sorted by name")
	}
}

func TestEveryOperationHasItsOwnBit(t *testing.T) {
	var all opSet
	for i, name := range opNames {
		if opOf(name) != 1<<i {
			t.Errorf("%s has bit %b, want %d", name, opOf(name), i)
		}
		all |= opOf(name)
	}
	if all&otherOp != 0 || opOf("sing") != otherOp {
		t.Error("an unknown operation has the bit of a known one")
	}
	if diff := cmp.Diff(opNames[:], all.names()); diff != "" {
		t.Error(diff)
	}
}

func TestParseBringsTextsIntoOneForm(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"blanks", "  drive-lost \t at=M:  ", "drive-lost at=M:"},
		{"order", "slow who=GW1 at=M: delay=2s", "slow delay=2s at=M: who=GW1"},
		{"durations", "drive-lost from=60s until=3600s", "drive-lost from=1m until=1h"},
		{"quotes not needed", `drive-lost at="M:"`, "drive-lost at=M:"},
		{"quotes needed", `smtp-reply reply="550 no \"such\" user"`, `smtp-reply reply="550 no \"such\" user"`},
		{"defaults", "drive-lost nth=1 every=1 times=0", "drive-lost"},
		{"default of the kind", "crash times=1", "crash"},
		{"not the default of the kind", "crash times=0", "crash times=0"},
		{"operations", "slow delay=1s op=write,open", "slow delay=1s op=open,write"},
		{"no", "sharing-violation critical=no", "sharing-violation"},
		{"negative", "clock offset=-90m", "clock offset=-1h30m"},
		{"value with equal sign", "drive-lost at=M:\\A=B", "drive-lost at=M:\\A=B"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if f.String() != tt.want {
				t.Errorf("have %q, want %q", f.String(), tt.want)
			}
		})
	}
}

func TestParseNamesTheColumn(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "column 1: want the name of a kind"},
		{"unknown kind", " disk-fool at=M:", `column 2: unknown kind "disk-fool"`},
		{"key first", "at=M: disk-full", "column 1: want the name of a kind before the first key"},
		{"quoted kind", `"disk-full"`, "column 1: want the name of a kind before the first key"},
		{"second kind", "disk-full slow", `column 11: want key=value, have "slow"`},
		{"unknown key", "disk-full fre=10", `column 11: disk-full has no key "fre"`},
		{"key twice", "disk-full at=M: at=N:", `column 17: second "at"`},
		{"no value", "disk-full at=", `column 14: want a value for "at"`},
		{"no key", "disk-full =M:", "column 11: want a key before ="},
		{"open quote", `smtp-reply reply="451`, "column 18: want a text in double quotes"},
		{"after quote", `smtp-reply reply="451 x"y`, "column 25: want a blank after the closing quote"},
		{"control character", "disk-full at=\"\\n\"", "column 11: control characters are not allowed"},
		{"bad duration", "drive-lost from=soon", "column 12: want from to be a duration such as 90s or 10m"},
		{"negative duration", "drive-lost from=-1s", "column 12: want from to be a duration such as 90s or 10m"},
		{"huge duration", "drive-lost from=2000000h", "column 12: want from to be a duration such as 90s or 10m"},
		{"window", "drive-lost from=5m until=5m", "column 20: want until to be after from"},
		{"bad number", "crash nth=0", "column 7: want nth to be a number from 1 to 1000000000"},
		{"operation of another kind", "disk-full op=read", `column 11: disk-full does not apply to operation "read", want some of create,write,mkdir`},
		{"unknown operation", "drive-lost op=eat", `column 12: drive-lost does not apply to operation "eat", want some of open,create,read,write,rename,remove,close,lock,unlock,find,attr,mkdir,rmdir,truncate`},
		{"missing key", "clock who=GW1", "column 14: want offset="},
		{"nothing slow", "slow at=M:", "column 11: want delay= or kilobyte="},
		{"bad reply", "smtp-reply reply=hello", `column 12: want reply to be a code and a text such as "451 try again later"`},
		{"reply code out of range", "smtp-reply reply=199", `column 12: want reply to be a code and a text such as "451 try again later"`},
		{"missing reply", "smtp-reply", "column 11: want reply="},
		{"bad dialect", "smtp-speak as=latin", "column 12: want as to be one of bare-lf, ehlo, no-brackets, no-helo-name, out-of-order, strict-greeting, unknown-command"},
		{"bad flag", "write-protect medium=maybe", "column 15: want medium to be yes or no"},
		{"long", "slow " + strings.Repeat("x", 3000), "3005 bytes, want at most 2000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse(tt.text)
			if err == nil {
				t.Fatalf("parses as %q", f)
			}
			if want := "cannot read fault: " + tt.want; err.Error() != want {
				t.Errorf("have %q\nwant %q", err, want)
			}
		})
	}
}

// write is a write of a size at a time by SMTPGET on GW1.
func write(size int, at time.Duration) Point {
	return Point{Who: "GW1/SMTPGET", Op: OpWrite, Object: `M:\SMTP\FROM_NC.API`, Size: size, Time: int64(at)}
}

func TestMatching(t *testing.T) {
	point := write(10, time.Minute)
	tests := []struct {
		name, text string
		want       bool
	}{
		{"everything", "lost-write", true},
		{"exact", `lost-write at=M:\SMTP\FROM_NC.API`, true},
		{"lower case", `lost-write at=m:\smtp\from_nc.api`, true},
		{"longer", `lost-write at=M:\SMTP\FROM_NC.API2`, false},
		{"shorter", `lost-write at=M:\SMTP\FROM_NC.AP`, false},
		{"drive", `lost-write at=M:`, true},
		{"other drive", `lost-write at=N:`, false},
		{"directory", `lost-write at=M:\SMTP\`, true},
		{"other directory", `lost-write at=M:\LOG\`, false},
		{"star in front", `lost-write at=*.API`, true},
		{"star in the middle", `lost-write at=M:*_NC.api`, true},
		{"star that backtracks", `lost-write at=*M*M*.API`, true},
		{"star that fails", `lost-write at=*X*.API`, false},
		{"question mark", `lost-write at=?:\SMTP\FROM?NC.API`, true},
		{"question mark too many", `lost-write at=M:\SMTP\FROM_NC.API?`, false},
		{"pc", "lost-write who=gw1", true},
		{"pc and program", "lost-write who=GW1/SMTPGET", true},
		{"program on any pc", "lost-write who=*/smtpget", true},
		{"other pc", "lost-write who=GW2", false},
		{"part of a pc", "lost-write who=GW", false},
		{"operation", "slow delay=1s op=write", true},
		{"other operation", "slow delay=1s op=read", false},
		{"kind of another operation", "net-refuse", false},
		{"from", "lost-write from=1m", true},
		{"from later", "lost-write from=61s", false},
		{"until", "lost-write until=61s", true},
		{"until now", "lost-write until=1m", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if have := f.At(&point) != (Effect{}); have != tt.want {
				t.Errorf("strikes: %v, want %v", have, tt.want)
			}
		})
	}
}

func TestCounting(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"always", "lost-write", "xxxxxxxx"},
		{"nth", "lost-write nth=3", "..xxxxxx"},
		{"times", "lost-write times=2", "xx......"},
		{"nth and times", "lost-write nth=3 times=1", "..x....."},
		{"every", "lost-write every=3", "x..x..x."},
		{"all", "lost-write nth=2 every=2 times=3", ".x.x.x.."},
		{"crash strikes once", "crash nth=2", ".x......"},
		{"crash without limit", "crash times=0", "xxxxxxxx"},
		{"torn write that fits", "torn-write keep=100", "........"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			var have strings.Builder
			for i := 0; i < len(tt.want); i++ {
				p := write(10, time.Second)
				if f.At(&p) != (Effect{}) {
					have.WriteByte('x')
				} else {
					have.WriteByte('.')
				}
			}
			if have.String() != tt.want {
				t.Errorf("strikes %s, want %s", have.String(), tt.want)
			}
			if f.String() != tt.text {
				t.Errorf("after use it prints %q", f)
			}
		})
	}
}

func TestEffects(t *testing.T) {
	file := func(op string, size int) Point {
		return Point{Who: "GW1/SMTPGATE", Op: op, Object: `M:\SMTP\X.API`, Size: size}
	}
	net := func(op string, size int) Point {
		return Point{Who: "GW1/SMTPGATE", Op: op, Object: "11.1.16.15:25", Size: size}
	}
	smtp := func(verb string) Point { return Point{Who: "mail.company.com", Op: OpSMTP, Object: verb} }
	tests := []struct {
		name, text string
		points     []Point
		want       []Effect
	}{
		{"disk full", "disk-full", []Point{file(OpWrite, 7), file(OpCreate, 0), file(OpRead, 7)},
			[]Effect{{Err: 39, Cut: 7}, {Err: 39}, {}}},
		{"disk full in the middle of a write", "disk-full free=10",
			[]Point{file(OpCreate, 0), file(OpWrite, 6), file(OpWrite, 6), file(OpWrite, 6)},
			[]Effect{{}, {}, {Err: 39, Cut: 2}, {Err: 39, Cut: 6}}},
		{"read-only", "write-protect", []Point{file(OpRemove, 0), file(OpOpen, 0)}, []Effect{{Err: 5}, {}}},
		{"protected medium", "write-protect medium=yes", []Point{file(OpWrite, 1)}, []Effect{{Err: 19, Critical: true}}},
		{"drive lost", "drive-lost", []Point{file(OpRead, 1), net(OpSend, 1)}, []Effect{{Err: 55, Critical: true}, {}}},
		{"sharing violation", "sharing-violation", []Point{file(OpOpen, 0)}, []Effect{{Err: 32}}},
		{"sharing violation on the screen", "sharing-violation critical=yes", []Point{file(OpOpen, 0)}, []Effect{{Err: 32, Critical: true}}},
		{"any error", "dos-error code=31", []Point{file(OpRead, 1)}, []Effect{{Err: 31}}},
		{"slow", "slow delay=1s kilobyte=2s", []Point{file(OpRead, 512)}, []Effect{{Delay: 2 * time.Second}}},
		{"torn write", "torn-write keep=3", []Point{file(OpWrite, 10), file(OpWrite, 3)}, []Effect{{Cut: 7}, {}}},
		{"lost write", "lost-write", []Point{file(OpWrite, 10)}, []Effect{{Cut: 10}}},
		{"out of memory", "out-of-memory at=SMTPPUT*", []Point{{Op: OpSpawn, Object: "SMTPPUT.EXE"}, {Op: OpSpawn, Object: "SMTPGET.EXE"}}, []Effect{{Err: 8}, {}}},
		{"crash", "crash", []Point{file(OpClose, 0)}, []Effect{{Crash: true}}},
		{"clock", "clock offset=-1h", []Point{{Op: OpClock}, {Op: OpClock}}, []Effect{{Clock: -time.Hour}, {Clock: -time.Hour}}},
		{"refused", "net-refuse at=11.1.16.15:*", []Point{net(OpConnect, 0), net(OpSend, 5)}, []Effect{{Net: NetRefuse}, {}}},
		{"unreachable", "net-unreachable", []Point{net(OpConnect, 0)}, []Effect{{Net: NetUnreachable}}},
		{"reset", "net-reset", []Point{net(OpSend, 5)}, []Effect{{Net: NetReset}}},
		{"reset after bytes", "net-reset after=10", []Point{net(OpSend, 6), net(OpRecv, 0), net(OpSend, 6), net(OpSend, 6)},
			[]Effect{{}, {}, {Net: NetReset}, {}}},
		{"stall", "net-stall", []Point{net(OpRecv, 0)}, []Effect{{Net: NetStall}}},
		{"slow line", "net-slow bps=9600", []Point{net(OpSend, 1200)}, []Effect{{Delay: time.Second}}},
		{"reply", `smtp-reply reply="550 no" at=RCPT`, []Point{smtp("RCPT"), smtp("MAIL")}, []Effect{{Reply: "550 no"}, {}}},
		{"late reply", "smtp-delay delay=3s at=CONNECT", []Point{smtp(VerbConnect)}, []Effect{{Delay: 3 * time.Second}}},
		{"no reply", "smtp-stall at=.", []Point{smtp(VerbBody), smtp("DATA")}, []Effect{{Net: NetStall}, {}}},
		{"hang-up", "smtp-drop", []Point{smtp("DATA")}, []Effect{{Net: NetClose}}},
		{"dialect", "smtp-speak as=bare-lf", []Point{{Op: OpSession}}, []Effect{{Speak: "bare-lf"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			var have []Effect
			for i := range tt.points {
				have = append(have, f.At(&tt.points[i]))
			}
			if diff := cmp.Diff(tt.want, have); diff != "" {
				t.Errorf("effects (-want +have):\n%s", diff)
			}
		})
	}
}

func TestSetPutsEffectsTogether(t *testing.T) {
	var none *Set
	p := write(10, 0)
	if none.Active() || none.At(&p) != (Effect{}) || none.List() != nil {
		t.Error("a nil set is not empty")
	}
	var s Set
	for _, text := range []string{"slow delay=1s", "sharing-violation critical=yes", "disk-full", "slow delay=2s", "torn-write keep=9", "net-refuse"} {
		f, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Add(f)
	}
	want := Effect{Err: 39, Cut: 10, Delay: 3 * time.Second}
	if diff := cmp.Diff(want, s.At(&p)); diff != "" {
		t.Errorf("effect (-want +have):\n%s", diff)
	}
	if s.Remove("slow delay=9s") {
		t.Error("removed a fault that is not there")
	}
	if !s.Remove("disk-full") || len(s.List()) != 5 {
		t.Error("cannot remove a fault")
	}
	if diff := cmp.Diff(Effect{Cut: 1, Delay: 3 * time.Second}, s.At(&p)); diff != "" {
		t.Errorf("effect after Remove (-want +have):\n%s", diff)
	}
	s.Clear()
	if s.Active() || s.At(&p) != (Effect{}) {
		t.Error("a cleared set is not empty")
	}
}

// outside is a Fault of another package.
type outside struct{ asked int }

func (o *outside) String() string   { return "outside" }
func (o *outside) At(*Point) Effect { o.asked++; return Effect{Delay: 1} }

func TestSetAsksFaultsOfOthersAboutEverything(t *testing.T) {
	var s Set
	o := &outside{}
	s.Add(o)
	for _, op := range []string{OpOpen, OpClock, "other"} {
		if e := s.At(&Point{Op: op}); e.Delay != 1 {
			t.Errorf("%s: not asked", op)
		}
	}
}

func TestSetThatIsNotConcernedCostsNoAllocation(t *testing.T) {
	var s Set
	f, _ := Parse(`disk-full at=M:\SMTP\*.API`)
	s.Add(f)
	p := Point{Who: "GW1/SMTPGET", Op: OpWrite, Object: `M:\SMTP\FROM_NC.TXT`, Size: 512}
	if n := testing.AllocsPerRun(100, func() { s.At(&p) }); n != 0 {
		t.Errorf("%v allocations per operation", n)
	}
}

func BenchmarkSetOfOthers(b *testing.B) {
	var s Set
	f, _ := Parse("net-refuse")
	s.Add(f)
	p := write(512, 0)
	for b.Loop() {
		s.At(&p)
	}
}

func BenchmarkSetNearMiss(b *testing.B) {
	var s Set
	f, _ := Parse(`disk-full at=M:\SMTP\*.TMP`)
	s.Add(f)
	p := write(512, 0)
	for b.Loop() {
		s.At(&p)
	}
}

func FuzzParse(f *testing.F) {
	for _, k := range Kinds {
		f.Add(k.Example)
	}
	f.Add(`smtp-reply reply="\x00"`)
	f.Add("slow delay=1ns kilobyte=87600h at=*?*")
	f.Fuzz(func(t *testing.T, text string) {
		x, err := Parse(text)
		if err != nil {
			return
		}
		printed := x.String()
		again, err := Parse(printed)
		if err != nil {
			t.Fatalf("%q prints as %q, which does not parse: %v", text, printed, err)
		}
		if again.String() != printed {
			t.Fatalf("%q prints as %q and then %q", text, printed, again)
		}
		for _, op := range append(opNames[:], "other") {
			p := Point{Who: text, Op: op, Object: text, Size: 1 << 30, Time: 1 << 60}
			if x.At(&p) != again.At(&p) {
				t.Fatalf("%q and %q differ at %s", text, printed, op)
			}
		}
	})
}
