package dos

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gwkit/emulator/internal/sim"
	"gwkit/emulator/trace"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata")

// TestTranscripts plays the files of testdata: commands in the part "in",
// what came of them in the part "want". A command is printed with the events
// it caused; it runs for two seconds of virtual time.
//
//	PC: open H NAME [ACCESS [SHARE]]   the same with create, createnew
//	PC: read H N | write H TEXT | lock H OFF N | unlock H OFF N | close H
//	PC: remove NAME | rename OLD NEW | mkdir NAME | rmdir NAME | find PATTERN
//	key PC LETTER | reboot PC | off PC | wait SPAN | offline | online
//	fault TEXT | state | screen PC | dump
//
// PCs are GW1 and GW2; a PC that waits at a prompt gets no further command
// until it is answered.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there are no transcripts")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			must(t, err)
			// A txtar file of two parts.
			comment, rest, ok := strings.Cut(string(text), "-- in --\n")
			in, want, ok2 := strings.Cut(rest, "-- want --\n")
			if !ok || !ok2 {
				t.Fatalf("%s: want the parts in and want", file)
			}
			got := transcript(t, in)
			if *update {
				must(t, os.WriteFile(file, []byte(comment+"-- in --\n"+in+"-- want --\n"+got), 0o644))
				return
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s (-want +got; -update rewrites):\n%s", file, d)
			}
		})
	}
}

// shell is the program of a transcript's PC: it does what it is told.
type shell struct {
	todo    []string
	more    sim.Cond
	handles map[string]*File
}

func (s *shell) main(t *Task) int {
	s.handles = map[string]*File{}
	for {
		for len(s.todo) > 0 {
			line := s.todo[0]
			s.todo = s.todo[1:]
			s.do(t, strings.Fields(line))
		}
		s.more.Wait(t.Proc(), sim.Wait{For: "command"}, -1)
	}
}

func (s *shell) do(t *Task, w []string) {
	modes := map[string]Mode{"r": Read, "w": Write, "rw": ReadWrite, "all": DenyAll, "write": DenyWrite, "read": DenyRead, "none": DenyNone}
	num := func(i int) int64 { n, _ := strconv.ParseInt(w[i], 10, 64); return n }
	switch w[0] {
	case "open", "create", "createnew":
		m := Compat
		for _, x := range w[3:] {
			m |= modes[x]
		}
		open := map[string]func(string, Mode) (*File, error){"open": t.Open, "create": t.Create, "createnew": t.CreateNew}[w[0]]
		if f, err := open(w[2], m); err == nil {
			s.handles[w[1]] = f
		}
	case "read":
		s.handles[w[1]].Read(make([]byte, num(2)))
	case "write":
		s.handles[w[1]].Write([]byte(w[2]))
	case "lock":
		s.handles[w[1]].Lock(num(2), num(3))
	case "unlock":
		s.handles[w[1]].Unlock(num(2), num(3))
	case "close":
		s.handles[w[1]].Close()
	case "remove":
		t.Remove(w[1])
	case "rename":
		t.Rename(w[1], w[2])
	case "mkdir":
		t.Mkdir(w[1])
	case "rmdir":
		t.Rmdir(w[1])
	case "find":
		t.Find(w[1])
	default:
		panic("unknown command " + w[0])
	}
}

func transcript(t *testing.T, in string) string {
	r := newRig(t)
	shells := map[string]*shell{"GW1": {}, "GW2": {}}
	pcs := map[string]*PC{}
	for _, n := range []string{"GW1", "GW2"} {
		pcs[n] = r.pc(PCOptions{Name: n, Files: 8}, shells[n].main)
	}
	r.run(0)
	var out strings.Builder
	seen, start := len(r.rec.Events()), int64(r.k.Start())
	for _, line := range strings.Split(strings.TrimSpace(in), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		fmt.Fprintf(&out, "> %s\n", line)
		w := strings.Fields(line)
		pause := 2 * time.Second
		if name, cmd, ok := strings.Cut(line, ": "); ok {
			shells[name].todo = append(shells[name].todo, cmd)
			shells[name].more.Broadcast(r.k)
		} else {
			switch w[0] {
			case "key":
				pcs[w[1]].Key(w[2][0])
			case "reboot":
				shells[w[1]].todo = nil
				pcs[w[1]].Reboot()
			case "off":
				pcs[w[1]].PowerOff()
			case "wait":
				var err error
				pause, err = time.ParseDuration(w[1])
				must(t, err)
			case "offline", "online":
				r.v.SetOnline(w[0] == "online")
			case "fault":
				r.fail(strings.TrimPrefix(line, "fault "))
			case "state":
				for _, n := range []string{"GW1", "GW2"} {
					s := pcs[n].State()
					fmt.Fprintf(&out, "%s %v", n, s.Phase)
					if s.Phase == Prompt {
						fmt.Fprintf(&out, " %q waits for %s, held by %q", s.Prompt, s.Wait.Object, s.Wait.HeldBy)
					}
					out.WriteByte('\n')
				}
			case "screen":
				out.WriteString(strings.TrimRight(strings.Join(pcs[w[1]].Screen().Text(), "\n"), "\n") + "\n")
			case "dump":
				out.WriteString(dump(r.v))
				r.v.Walk(func(path string, _ Info) error {
					for _, h := range r.v.Holders(path) {
						fmt.Fprintf(&out, "open %s by %s/%s %v stale %v\n", path, h.PC, h.Program, h.Mode, h.Stale)
					}
					return nil
				})
			default:
				t.Fatalf("unknown command %q", line)
			}
		}
		r.run(pause)
		for _, e := range r.rec.Events()[seen:] {
			e.Step = uint64(len(r.rec.Events()))
			text := string(trace.AppendText(nil, &e, start))
			fmt.Fprintln(&out, strings.TrimSpace(text[strings.IndexByte(text, ' '):]))
		}
		seen = len(r.rec.Events())
	}
	return out.String()
}
